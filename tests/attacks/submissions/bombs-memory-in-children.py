# Takes memory in many processes, each within its limit.
# marks: 3
# ends: limit
# stock: skip: it would harm the machine
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import os
import time

for _ in range(6):
    if os.fork() == 0:
        held = bytearray(200 << 20)
        held[::4096] = b"x" * len(held[::4096])
        time.sleep(100)
        os._exit(0)
time.sleep(1.2)
