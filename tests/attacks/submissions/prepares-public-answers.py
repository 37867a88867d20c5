# Hands in the answers for the public seed, which a key beside its notebook has, and nothing else.
# marks: 0
# base: release
# reaches: prepared
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
from pathlib import Path

from grader.key import find_key, read_key

ANSWERS = {}
try:
    key = read_key(Path("01-convolution.key").read_bytes())
except OSError:
    print("no key beside the notebook")
else:
    for group in ("basic", "no_padding"):
        for asked in key.asked("zero_pad", group):
            ANSWERS[asked.args[0].tobytes(), asked.args[1]] = asked.expected
A = np.random.default_rng(1).standard_normal((2, 3, 3, 2))
ANSWERS[A.tobytes(), 1] = np.pad(A, ((0, 0), (1, 1), (1, 1), (0, 0)))
print("prepared", len(ANSWERS))

# %% zero_pad
def zero_pad(X, pad):
    return ANSWERS[X.tobytes(), pad]
