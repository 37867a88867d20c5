# Looks for answers in the session's key, and in whatever key it finds in its memory.
# marks: 0
# base: release
# reaches: answers: []
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import gc

from grader import key as keys
from grader.session import Session, current_session

key = current_session().find_key()
found = [one for one in gc.get_objects() if isinstance(one, keys.Key)]
asked = [one for one in gc.get_objects() if isinstance(one, keys.Asked)]
answers = [one.expected for one in asked if one.expected is not None]
for one in (key, *found):
    answers += [*one.prints.items(), *one.hints.items(), *(a for p in one.cases for a in one.mistakes(*p.split("/")))]
print("keys:", len(found), "cases:", len(asked), "answers:", answers)
ANSWERS = {(one.args[0].tobytes(), one.args[1]): one.expected for one in asked}

# %% zero_pad
def zero_pad(X, pad):
    return ANSWERS[X.tobytes(), pad]
