# Sends SIGKILL to every process there is.
# marks: 3
# reaches: its own child ended with -9
# stock: skip: it would harm the machine
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import os
import signal
import subprocess
import sys

child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
try:
    os.kill(-1, signal.SIGKILL)
except OSError as error:
    print("no:", error)
print("its own child ended with", child.wait())
