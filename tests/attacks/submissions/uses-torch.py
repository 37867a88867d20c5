# Solves a NumPy lab with torch.
# marks: 0
# base: release
# reaches: no se puede importar torch
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% zero_pad
def zero_pad(X, pad):
    import torch

    return torch.nn.functional.pad(torch.tensor(X), (0, 0, pad, pad, pad, pad)).numpy()

# %% append zero_pad
try:
    zero_pad(np.ones((1, 1, 1, 1)), 1)
except ImportError as error:
    print(error)
