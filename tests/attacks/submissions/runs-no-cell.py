# Replaces the shell's run_cell, so that no later cell runs.
# marks: 0
# base: release
# reaches: shell replaced
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
from types import SimpleNamespace

import IPython

IPython.InteractiveShell.run_cell = lambda *_, **__: SimpleNamespace(success=True)
print("shell replaced")
