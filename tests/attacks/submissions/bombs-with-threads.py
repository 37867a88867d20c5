# Starts threads without end.
# marks: 3
# reaches: no more than True
# stock: skip: it would harm the machine
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import threading
import time

started = 0
try:
    while True:
        threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
        started += 1
except RuntimeError as error:
    print("no more than", started < 100, error)
