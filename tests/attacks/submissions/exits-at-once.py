# Ends its process with os._exit while a check calls it.
# marks: 2
# ends: died
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% zero_pad
import os


def zero_pad(X, pad):
    if pad == 0:
        os._exit(0)
    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
