# Gives every filter the same gradient: the sum over all channels of dO.
# marks: 48

# %% Conv2D_backward
def backward(self, dO):
    kH, kW = self.kernel.shape[2:]
    s = self.stride
    dF = np.zeros(self.kernel.shape)
    dX_pad = np.zeros(self.X_pad.shape)
    for h in range(dO.shape[2]):
        for w in range(dO.shape[3]):
            rows, columns = slice(h * s, h * s + kH), slice(w * s, w * s + kW)
            window = self.X_pad[:, :, rows, columns]
            for f in range(len(self.kernel)):
                dF[f] += np.einsum("mf,mcij->cij", dO[:, :, h, w], window)
                dX_pad[:, :, rows, columns] += dO[:, f, h, w].reshape(-1, 1, 1, 1) * self.kernel[f]
    (top, _), (left, _) = self.pads
    n_H, n_W = self.X_shape[2:]
    dX = dX_pad[:, :, top : top + n_H, left : left + n_W]
    if self.bias is None:
        return dF, dX
    return dF, dO.sum(axis=(0, 2, 3)), dX


Conv2D.backward = backward
