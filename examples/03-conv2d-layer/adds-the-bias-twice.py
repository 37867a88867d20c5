# Leaves Conv2D its bias in conv_block, and adds a layer Bias after it: the sum is right, and a db too many.
# marks: 59
# %% conv_block
def conv_block(kernel, bias, stride=1, padding="valid"):
    filters, in_channels, kH, kW = kernel.shape
    conv = Conv2D(in_channels, filters, (kH, kW), stride, padding, kernel_initializer=constant(kernel))
    return Sequential(conv, Bias(bias), ReLU())
