# Reads address 0: a segmentation fault.
# marks: 2
# ends: died
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% zero_pad
import ctypes


def zero_pad(X, pad):
    if pad == 0:
        ctypes.string_at(0)
    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
