# Puts a judge into the session that finds everything right.
# marks: 0
# base: release
# reaches: judge replaced
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
from grader.session import Session, Verdict, current_session, use_session

use_session(Session(seed=current_session().seed, judge=lambda *_: Verdict(passed=True)))
print("judge replaced")
