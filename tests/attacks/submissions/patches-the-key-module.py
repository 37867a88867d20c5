# Replaces how a key calls a function, what is made of it, and how a driver's module is made.
# marks: 0
# base: release
# reaches: key's methods replaced
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import types

from grader import key as keys

right = types.SimpleNamespace(__getattr__=lambda name: lambda *_: True)
keys._module = lambda *_: right
keys.Key.facts = lambda self, brief, args, observed: np.zeros(1)
keys.Key.call = lambda self, brief, function, args, **_: np.zeros_like(args[0])
keys.Key.audit = lambda *_: ("", "")
keys.Prints = lambda *_, **__: None
print("key's methods replaced")
