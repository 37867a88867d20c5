# Changes its argument, and every like array in its callers' variables, to hide it.
# marks: 0
# base: release
# reaches: changed 1
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% zero_pad
import sys

_changed = []


def zero_pad(X, pad):
    result = np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    frame = sys._getframe(1)
    while frame:
        for value in list(frame.f_locals.values()):
            for one in (value, *getattr(value, "args", ())):
                if isinstance(one, np.ndarray) and one.shape == X.shape:
                    one[...] = 7
                    _changed.append(one)
        frame = frame.f_back
    X[...] = 7
    return result

# %% append zero_pad
_mine = np.ones((1, 1, 1, 1))
zero_pad(_mine, 1)
print("changed", int(len(_changed) > 0))
