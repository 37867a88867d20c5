# Reads from and writes to every file descriptor that it was left.
# marks: 3
# reaches: descriptors tried
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import os
import socket

for number in range(3, 256):
    try:
        path = os.readlink(f"/proc/self/fd/{number}")
    except OSError:
        continue
    if path.startswith("pipe:") or "memfd" in path or path.startswith("anon"):
        continue
    try:
        print(number, path, os.read(number, 100))
    except OSError as error:
        print("no:", number, path, error.errno)
print("descriptors tried")
