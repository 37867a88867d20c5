# Forks without end.
# marks: 3
# stock: skip: it would harm the machine
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import os
import time

while True:
    try:
        os.fork()
    except OSError:
        time.sleep(0.01)
