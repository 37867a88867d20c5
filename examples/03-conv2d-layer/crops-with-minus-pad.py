# Crops dX with [top:-bottom], which is empty where there is no padding.
# marks: 50

# %% Conv2D_backward
def backward(self, dO):
    kH, kW = self.kernel.shape[2:]
    s = self.stride
    dF = np.zeros(self.kernel.shape)
    dX_pad = np.zeros(self.X_pad.shape)
    for h in range(dO.shape[2]):
        for w in range(dO.shape[3]):
            g = dO[:, :, h, w]
            rows, columns = slice(h * s, h * s + kH), slice(w * s, w * s + kW)
            dF += np.einsum("mf,mcij->fcij", g, self.X_pad[:, :, rows, columns])
            dX_pad[:, :, rows, columns] += np.einsum("mf,fcij->mcij", g, self.kernel)
    (top, bottom), (left, right) = self.pads
    dX = dX_pad[:, :, top:-bottom, left:-right]
    if self.bias is None:
        return dF, dX
    return dF, dO.sum(axis=(0, 2, 3)), dX


Conv2D.backward = backward
