# Turns the cell's alarm off and loops.
# marks: 0
# base: release
# ends: timeout
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import signal

signal.setitimer(signal.ITIMER_REAL, 0)
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
signal.signal(signal.SIGALRM, signal.SIG_IGN)
while True:
    pass
