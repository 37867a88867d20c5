# Makes the session use a seed whose answers were prepared.
# marks: 0
# base: release
# reaches: prepared
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
from grader.exercises.cases import find
from grader.session import Session, current_session, use_session

use_session(Session(seed=2023, judge=current_session().judge))
ANSWERS = {}
for group in ("basic", "no_padding"):
    for case in find("zero_pad").cases(group, 2023):
        X, pad = case.args
        ANSWERS[X.tobytes(), pad] = np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
print("prepared", len(ANSWERS))

# %% zero_pad
def zero_pad(X, pad):
    return ANSWERS[X.tobytes(), pad]
