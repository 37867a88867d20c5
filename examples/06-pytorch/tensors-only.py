# Solves the tensors, and stops where the data begin.
# marks: 10
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
