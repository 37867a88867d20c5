# Writes files without end, to every folder it may write to.
# marks: 3
# reaches: little True
# stock: skip: it would harm the machine
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import os
import tempfile

written = 0
for folder in (".", tempfile.gettempdir(), os.path.expanduser("~"), "/dev/shm"):
    try:
        with open(folder + "/filler", "wb") as file:
            while True:
                file.write(b"x" * (1 << 20))
                file.flush()
                written += 1
    except OSError as error:
        print("no:", error.strerror)
for folder in (".", tempfile.gettempdir(), "/dev/shm"):
    if os.path.exists(folder + "/filler"):
        os.unlink(folder + "/filler")
print("little", written < 100)
