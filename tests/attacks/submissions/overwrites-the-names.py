# Binds marks and the checks to functions that agree with everything.
# marks: 0
# base: release
# reaches: names overwritten
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import contextlib


def marks(points, name):
    return contextlib.nullcontext()


def check_torch(*_, **__):
    return True


check_hash = check_torch
print("names overwritten")
