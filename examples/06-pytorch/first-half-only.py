# Solves the tensors and the counting by hand, and stops where the data begin.
# marks: 18
# base: release

# %% to_tensor
def to_tensor(images):
    return torch.tensor(np.moveaxis(images, -1, 1) / 127.5 - 1, dtype=torch.float32)

# %% change_brightness
def change_brightness(X, factors):
    return torch.clip((X + 1) * factors[:, None, None, None] - 1, -1, 1)

# %% value_and_gradient
def value_and_gradient(f, x):
    leaf = x.detach().clone().requires_grad_(True)
    value = f(leaf)
    (gradient,) = torch.autograd.grad(value, leaf)
    return value, gradient

# %% conv_output_size
def conv_output_size(n, kernel_size, stride=1, padding=0):
    return int(np.floor((n + 2 * padding - kernel_size) / stride)) + 1

# %% count_parameters
def count_parameters(layer):
    if layer["type"] == "Conv2d":
        weights = layer["kernel_size"] ** 2 * layer["in_channels"] * layer["out_channels"]
        return weights + (layer["out_channels"] if layer["bias"] else 0)
    if layer["type"] == "Linear":
        return layer["in_features"] * layer["out_features"] + (layer["out_features"] if layer["bias"] else 0)
    return 2 * layer["num_features"] if layer["type"] == "BatchNorm2d" else 0

# %% table_by_hand
def table_by_hand():
    shapes = {"conv1": (8, 16, 16), "pool1": (8, 7, 7), "conv2": (16, 5, 5), "norm2": (16, 5, 5),
              "flatten": (400,), "fc": (2,)}
    parameters = {"conv1": 608, "pool1": 0, "conv2": 1152, "norm2": 32, "flatten": 0, "fc": 802}
    return shapes, parameters
