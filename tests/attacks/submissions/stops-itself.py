# Stops its own process, which then neither runs nor ends.
# marks: 0
# base: release
# ends: timeout
# stock: skip: it stops nbgrader for good
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import os
import signal
import threading

for pid in (os.getppid(), os.getpid()):
    if pid:
        os.kill(pid, signal.SIGSTOP)
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
threading.Event().wait()
