# Sends empty outputs without end.
# marks: 0
# base: release
# ends: limit
# stock: skip: it is about the sandbox's channel
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
@DIG@
import os

blob = b"\0\0\0\x02O{}" * 1000
while True:
    os.write(pipe, blob)
