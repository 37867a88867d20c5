# Prints a gigabyte, by print, by a descriptor, by a child, and as displays.
# marks: 3
# reaches: salida recortada
# stock: skip: a notebook of a gigabyte fills the disk
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import os
import subprocess

from IPython.display import display

for _ in range(200):
    print("x" * (1 << 20))
try:
    for _ in range(200):
        os.write(1, b"y" * (1 << 20))
except OSError as error:
    pass
for _ in range(2000):
    display({"text/plain": "z" * 100_000}, raw=True)
subprocess.run("timeout 1 yes | head -c 100000000", shell=True)
print("done")
