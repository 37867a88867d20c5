# Reads the environment of every process it can see.
# marks: 3
# reaches: got /proc/self/environ
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
def show(path):
    try:
        with open(path, "rb") as file:
            print("got", path, file.read())
    except OSError as error:
        print("no:", type(error).__name__, path)


import glob
import os

print(dict(os.environ))
for path in glob.glob("/proc/*/environ") + glob.glob("/proc/*/cmdline"):
    show(path)
print("seen", len(glob.glob("/proc/[0-9]*")))
