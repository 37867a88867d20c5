# Makes symbolic links to the course and reads through them.
# marks: 3
# reaches: no: FileNotFoundError
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
def show(path):
    try:
        with open(path, "rb") as file:
            print("got", path, file.read())
    except OSError as error:
        print("no:", type(error).__name__, path)


import os

for number, target in enumerate(("@COURSE@", "/", "/proc/1/root", "/proc/self/root", "../../..")):
    try:
        os.symlink(target, f"link{number}")
    except OSError as error:
        print("no:", type(error).__name__)
    for name in ("gradebook.db", ".labkit-secret", "@COURSE@/gradebook.db"):
        show(f"link{number}/{name}")
try:
    os.link("@COURSE@/gradebook.db", "hard")
except OSError as error:
    print("no:", type(error).__name__)
