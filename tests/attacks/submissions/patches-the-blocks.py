# Makes every marks block say that it passed, and show it.
# marks: 0
# base: release
# reaches: blocks patched
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import grader.marks
from grader.session import Verdict


def record(self, check, observation):
    self.verdicts.append(Verdict(passed=True))
    return self.verdicts[-1]


grader.marks.Block.record = record
print("blocks patched")
