# Reads the expected hash from its test cell and builds an array that has it.
# marks: 0
# base: release
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import re

from grader.hashes import array_hash


def zero_pad(X, pad):
    shape, value = re.search(r"\(\(([\d, ]+)\), ([-\d.]+)\)", In[-1]).groups()
    shape = tuple(int(n) for n in shape.split(","))
    ones = np.ones(shape)
    return ones * float(value) / array_hash(ones)[1]
