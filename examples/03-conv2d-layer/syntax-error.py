# Leaves a parenthesis open in Conv2D, so that cell never runs.
# marks: 31

# %% Conv2D
class Conv2D:
    def __init__(self, in_channels, filters, kernel_size, stride=1, padding="valid", bias=True,
                 kernel_initializer=uniform, bias_initializer=np.zeros):
        self.kernel = kernel_initializer((filters, in_channels, kernel_size, kernel_size)
        self.bias = bias_initializer((filters,))
