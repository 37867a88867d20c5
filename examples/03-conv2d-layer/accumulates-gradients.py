# Keeps dF in the layer and adds to it in every call of backward.
# marks: 57

# %% Conv2D_backward
def backward(self, dO):
    kH, kW = self.kernel.shape[2:]
    s = self.stride
    if not hasattr(self, "dF"):
        self.dF = np.zeros(self.kernel.shape)
    dX_pad = np.zeros(self.X_pad.shape)
    for h in range(dO.shape[2]):
        for w in range(dO.shape[3]):
            g = dO[:, :, h, w]
            rows, columns = slice(h * s, h * s + kH), slice(w * s, w * s + kW)
            self.dF += np.einsum("mf,mcij->fcij", g, self.X_pad[:, :, rows, columns])
            dX_pad[:, :, rows, columns] += np.einsum("mf,fcij->mcij", g, self.kernel)
    (top, _), (left, _) = self.pads
    n_H, n_W = self.X_shape[2:]
    dX = dX_pad[:, :, top : top + n_H, left : left + n_W]
    if self.bias is None:
        return self.dF, dX
    return self.dF, dO.sum(axis=(0, 2, 3)), dX


Conv2D.backward = backward
