# Makes every verdict a passed one, by its class.
# marks: 0
# base: release
# reaches: verdicts patched
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
from grader.session import Verdict

Verdict.passed = property(lambda self: True, lambda self, value: None)
Verdict.__init__ = lambda self, **_: None
Verdict.message = ""
print("verdicts patched")
