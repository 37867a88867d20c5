# Copies the size formula without dilation, and uses it in every other function, which are right.
# marks: 58
# %% calculate_out
def calculate_out(size, kernel_size, stride=1, padding=0, dilation=1):
    H_out = (size[0] + 2 * padding - kernel_size[0]) // stride + 1
    W_out = (size[1] + 2 * padding - kernel_size[1]) // stride + 1
    return H_out, W_out
