# Replaces the functions inside grader.checks by ones that agree.
# marks: 0
# base: release
# reaches: checks patched
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import grader
import grader.checks

for name in ("check_torch", "check_hash", "_report", "_check_values", "observe", "freeze"):
    setattr(grader.checks, name, lambda *_, **__: True)
grader.check_torch = grader.check_hash = lambda *_, **__: True
print("checks patched")
