# Believes the guides that say the stride is always 1 on the way back.
# marks: 57

# %% Conv2D_backward
def backward(self, dO):
    kH, kW = self.kernel.shape[2:]
    dF = np.zeros(self.kernel.shape)
    dX_pad = np.zeros(self.X_pad.shape)
    for h in range(dO.shape[2]):
        for w in range(dO.shape[3]):
            g = dO[:, :, h, w]
            window = self.X_pad[:, :, h : h + kH, w : w + kW]
            dF += np.einsum("mf,mcij->fcij", g, window)
            dX_pad[:, :, h : h + kH, w : w + kW] += np.einsum("mf,fcij->mcij", g, self.kernel)
    (top, _), (left, _) = self.pads
    n_H, n_W = self.X_shape[2:]
    dX = dX_pad[:, :, top : top + n_H, left : left + n_W]
    if self.bias is None:
        return dF, dX
    return dF, dO.sum(axis=(0, 2, 3)), dX


Conv2D.backward = backward
