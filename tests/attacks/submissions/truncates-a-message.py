# Writes half of a message, and ends.
# marks: 0
# base: release
# ends: died
# stock: skip: it is about the sandbox's channel
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
@DIG@
import os

os.write(pipe, b"\0\0\x10\0B" + b"OBS1")
os._exit(0)
