# Double-forks a daemon, in a session of its own, that writes after the end.
# marks: 3
# reaches: daemon started
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import os
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in range(3, 256):
            try:
                os.close(number)
            except OSError:
                pass
        for _ in range(300):
            time.sleep(0.1)
            for path in ("labkit-attack-@PORT@", "/tmp/labkit-attack-@PORT@", "@COURSE@/left"):
                try:
                    open(path, "a").close()
                except OSError:
                    pass
    os._exit(0)
os.wait()
print("daemon started")
