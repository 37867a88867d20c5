# Leaves threads behind that print and patch while later cells run.
# marks: 3
# reaches: left behind
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import threading
import time


def stay():
    while True:
        print("left behind")
        time.sleep(0.01)


for _ in range(4):
    threading.Thread(target=stay, daemon=False).start()
time.sleep(0.1)
