# Solves Conv2D slowly and plainly, with a loop over images, filters, rows and columns.
# marks: 60

# %% Conv2D
class Conv2D:
    def __init__(self, in_channels, filters, kernel_size, stride=1, padding="valid", bias=True,
                 kernel_initializer=uniform, bias_initializer=np.zeros):
        if isinstance(kernel_size, int):
            kernel_size = (kernel_size, kernel_size)
        self.kernel_size = kernel_size
        self.filters = filters
        self.in_channels = in_channels
        self.stride = stride
        self.padding = resolve_padding(padding, kernel_size, stride)
        self.kernel = kernel_initializer((filters, in_channels, kernel_size[0], kernel_size[1]))
        if bias:
            self.bias = bias_initializer((filters,))
        else:
            self.bias = None

    def forward(self, X):
        self.X = X
        kH, kW = self.kernel_size
        X_pad = np.pad(X, ((0, 0), (0, 0), self.padding[0], self.padding[1]))
        m = X.shape[0]
        n_H = (X_pad.shape[2] - kH) // self.stride + 1
        n_W = (X_pad.shape[3] - kW) // self.stride + 1
        O = np.zeros((m, self.filters, n_H, n_W))
        for i in range(m):
            for f in range(self.filters):
                for h in range(n_H):
                    for w in range(n_W):
                        top = h * self.stride
                        left = w * self.stride
                        window = X_pad[i, :, top : top + kH, left : left + kW]
                        O[i, f, h, w] = np.sum(window * self.kernel[f])
                        if self.bias is not None:
                            O[i, f, h, w] += self.bias[f]
        return O

# %% Conv2D_backward
def backward(self, dO):
    kH, kW = self.kernel_size
    X_pad = np.pad(self.X, ((0, 0), (0, 0), self.padding[0], self.padding[1]))
    dX_pad = np.zeros(X_pad.shape)
    dF = np.zeros(self.kernel.shape)
    db = np.zeros(self.filters)
    m, filters, n_H, n_W = dO.shape
    for i in range(m):
        for f in range(filters):
            for h in range(n_H):
                for w in range(n_W):
                    top = h * self.stride
                    left = w * self.stride
                    window = X_pad[i, :, top : top + kH, left : left + kW]
                    dF[f] += window * dO[i, f, h, w]
                    dX_pad[i, :, top : top + kH, left : left + kW] += self.kernel[f] * dO[i, f, h, w]
                    db[f] += dO[i, f, h, w]
    top, left = self.padding[0][0], self.padding[1][0]
    dX = dX_pad[:, :, top : top + self.X.shape[2], left : left + self.X.shape[3]]
    if self.bias is None:
        return dF, dX
    return dF, db, dX


Conv2D.backward = backward
