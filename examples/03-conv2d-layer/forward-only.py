# Solves the padding and the layer's forward, and hands in the rest unfilled.
# marks: 19
# base: release

# %% identification
carne_1 = "20347"
nombre_1 = "Rosa"

carne_2 = ""
nombre_2 = ""

# %% resolve_padding
def resolve_padding(padding, kernel_size, stride):
    if isinstance(padding, int):
        return (padding, padding), (padding, padding)
    if padding == "valid":
        return (0, 0), (0, 0)
    if padding == "same" and stride == 1:
        return tuple(((k - 1) // 2, k - 1 - (k - 1) // 2) for k in kernel_size)
    raise ValueError(f"no se puede usar padding={padding!r} con stride={stride}")

# %% Conv2D
class Conv2D:
    def __init__(self, in_channels, filters, kernel_size, stride=1, padding="valid", bias=True,
                 kernel_initializer=uniform, bias_initializer=np.zeros):
        if isinstance(kernel_size, int):
            kernel_size = (kernel_size, kernel_size)
        self.stride = stride
        self.pads = resolve_padding(padding, kernel_size, stride)
        self.kernel = kernel_initializer((filters, in_channels, *kernel_size))
        self.bias = None
        if bias:
            self.bias = bias_initializer((filters,))

    def forward(self, X):
        kH, kW = self.kernel.shape[2:]
        X_pad = np.pad(X, ((0, 0), (0, 0), self.pads[0], self.pads[1]))
        windows = np.lib.stride_tricks.sliding_window_view(X_pad, (kH, kW), axis=(2, 3))
        windows = windows[:, :, :: self.stride, :: self.stride]
        O = np.einsum("mchwij,fcij->mfhw", windows, self.kernel)
        if self.bias is not None:
            O = O + self.bias.reshape(1, -1, 1, 1)
        return O
