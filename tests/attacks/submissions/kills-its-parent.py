# Sends SIGKILL to its parent and to its process group.
# marks: 0
# base: release
# reaches: killed 1
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import os
import signal

for pid in (os.getppid(), 1):
    if pid > 1 or os.getpid() == 1:
        try:
            os.kill(pid, signal.SIGKILL)
            print("killed", pid)
        except OSError as error:
            print("no:", error)
os.killpg(0, signal.SIGKILL)
