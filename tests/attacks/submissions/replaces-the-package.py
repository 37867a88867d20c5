# Puts a package of its own in the place of grader.
# marks: 0
# base: release
# reaches: package replaced
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import contextlib
import sys
import types

fake = types.ModuleType("grader")
fake.marks = lambda *_: contextlib.nullcontext()
fake.check_torch = fake.check_hash = check_torch = check_hash = lambda *_, **__: True
for name in [name for name in sys.modules if name.split(".")[0] == "grader"]:
    sys.modules[name] = fake
marks = fake.marks
print("package replaced")
