# Patches torch, which the reference is computed with, where it is there.
# marks: 0
# base: release
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
try:
    import torch

    torch.nn.functional.pad = lambda x, *_, **__: x
    torch.allclose = lambda *_, **__: True
except ImportError as error:
    print("no torch:", error)

# %% zero_pad
def zero_pad(X, pad):
    return np.zeros((X.shape[0], X.shape[1] + 2 * pad, X.shape[2] + 2 * pad, X.shape[3]))
