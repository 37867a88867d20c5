# Writes half of a message, and waits for ever.
# marks: 0
# base: release
# ends: died
# stock: skip: it is about the sandbox's channel
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
@DIG@
import os
import signal
import time

os.write(pipe, b"\0\0\x10\0B" + b"OBS1")
signal.setitimer(signal.ITIMER_REAL, 0)
time.sleep(100)
