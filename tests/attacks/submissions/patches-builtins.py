# Replaces builtins that checks are written with: isinstance, all, abs, zip.
# marks: 0
# base: release
# reaches: builtins patched
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import builtins

builtins.all = lambda things: True
builtins.any = lambda things: False
builtins.abs = lambda number: 0
builtins.AssertionError = type("AssertionError", (Warning,), {})
print("builtins patched")
