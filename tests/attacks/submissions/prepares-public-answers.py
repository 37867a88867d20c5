# Has the answers for the public seed, 2023, and nothing else.
# marks: 0
# base: release
# reaches: prepared
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
from grader.exercises.cases import find

ANSWERS = {}
for group in ("basic", "no_padding"):
    for case in find("zero_pad").cases(group, 2023):
        X, pad = case.args
        ANSWERS[X.tobytes(), pad] = np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
A = np.random.default_rng(1).standard_normal((2, 3, 3, 2))
ANSWERS[A.tobytes(), 1] = np.pad(A, ((0, 0), (1, 1), (1, 1), (0, 0)))
print("prepared", len(ANSWERS))

# %% zero_pad
def zero_pad(X, pad):
    return ANSWERS[X.tobytes(), pad]
