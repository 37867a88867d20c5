# Makes a square kernel of the first of the two sizes that kernel_size may hold.
# marks: 54

# %% Conv2D
class Conv2D:
    def __init__(self, in_channels, filters, kernel_size, stride=1, padding="valid", bias=True,
                 kernel_initializer=uniform, bias_initializer=np.zeros):
        if not isinstance(kernel_size, int):
            kernel_size = kernel_size[0]
        self.stride = stride
        self.pads = resolve_padding(padding, (kernel_size, kernel_size), stride)
        self.kernel = kernel_initializer((filters, in_channels, kernel_size, kernel_size))
        self.bias = bias_initializer((filters,)) if bias else None

    def forward(self, X):
        k = self.kernel.shape[2]
        s = self.stride
        self.X_shape = X.shape
        self.X_pad = np.pad(X, ((0, 0), (0, 0), *self.pads))
        n_H = (self.X_pad.shape[2] - k) // s + 1
        n_W = (self.X_pad.shape[3] - k) // s + 1
        O = np.zeros((len(X), len(self.kernel), n_H, n_W))
        for h in range(n_H):
            for w in range(n_W):
                window = self.X_pad[:, :, h * s : h * s + k, w * s : w * s + k]
                O[:, :, h, w] = np.einsum("mcij,fcij->mf", window, self.kernel)
        if self.bias is not None:
            O += self.bias[:, np.newaxis, np.newaxis]
        return O
