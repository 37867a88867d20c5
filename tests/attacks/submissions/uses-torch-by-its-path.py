# Loads torch's files around the import that is refused.
# marks: 0
# base: release
# reaches: no: 
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% zero_pad
import importlib.machinery
import sys


def load():
    sys.meta_path[:] = [importlib.machinery.PathFinder]
    import torch

    return torch


def zero_pad(X, pad):
    return load().nn.functional.pad(load().tensor(X), (0, 0, pad, pad, pad, pad)).numpy()

# %% append zero_pad
try:
    load().nn
except (ImportError, OSError, AttributeError) as error:
    print("no:", type(error).__name__)
