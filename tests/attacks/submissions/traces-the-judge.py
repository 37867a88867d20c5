# Watches every call by sys.settrace for a comparison with the expected value.
# marks: 0
# base: release
# reaches: tracing
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import sys

FOUND = []


def trace(frame, event, argument):
    for name in ("expected", "reference", "answer"):
        if isinstance(frame.f_locals.get(name), np.ndarray):
            FOUND.append(frame.f_locals[name])
            frame.f_locals.update(got=frame.f_locals[name])
    return trace


sys.settrace(trace)
print("tracing")

# %% zero_pad
def zero_pad(X, pad):
    sys.settrace(trace)
    if FOUND:
        return FOUND[-1]
    return np.zeros((X.shape[0], X.shape[1] + 2 * pad, X.shape[2] + 2 * pad, X.shape[3]))
