# Closes the pipe, and opens another file in its place.
# marks: 0
# base: release
# ends: died
# stock: skip: it is about the sandbox's channel
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
@DIG@
import os

os.close(pipe)
os.open("instead", os.O_CREAT | os.O_RDWR)
