# Writes dX as a convolution with the kernel as it is, without rotating it.
# marks: 48

# %% Conv2D_backward
def backward(self, dO):
    kH, kW = self.kernel.shape[2:]
    windows_of = np.lib.stride_tricks.sliding_window_view
    spread = dilate(dO, self.stride)
    height, width = spread.shape[2:]
    used = self.X_pad[:, :, : height + kH - 1, : width + kW - 1]
    dF = np.einsum("mcijhw,mfhw->fcij", windows_of(used, (height, width), axis=(2, 3)), spread)

    rest_H = self.X_pad.shape[2] - used.shape[2]
    rest_W = self.X_pad.shape[3] - used.shape[3]
    framed = np.pad(spread, ((0, 0), (0, 0), (kH - 1, kH - 1 + rest_H), (kW - 1, kW - 1 + rest_W)))
    dX_pad = np.einsum("mfhwij,fcij->mchw", windows_of(framed, (kH, kW), axis=(2, 3)), self.kernel)

    top, left = self.pads[0][0], self.pads[1][0]
    dX = dX_pad[:, :, top : top + self.X_shape[2], left : left + self.X_shape[3]]
    return (dF, dX) if self.bias is None else (dF, dO.sum(axis=(0, 2, 3)), dX)


Conv2D.backward = backward
