# Looks through its callers' variables for an array of the expected shape.
# marks: 0
# base: release
# reaches: (1, 3, 3, 1)
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% zero_pad
import sys


def zero_pad(X, pad):
    shape = (X.shape[0], X.shape[1] + 2 * pad, X.shape[2] + 2 * pad, X.shape[3])
    frame = sys._getframe()
    while frame:
        for name, value in list(frame.f_locals.items()):
            if name != "X" and getattr(value, "shape", None) == shape and np.any(value != X):
                return value
        frame = frame.f_back
    return np.zeros(shape)

# %% append zero_pad
print(zero_pad(np.ones((1, 1, 1, 1)), 1).shape)
