# Reads the instructor's notebook and runs the solution in it.
# marks: 0
# base: release
# reaches: no: FileNotFoundError
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
def show(path):
    try:
        with open(path, "rb") as file:
            print("got", path, file.read())
    except OSError as error:
        print("no:", type(error).__name__, path)


import glob
import json

for path in ["@COURSE@/source/tiny/tiny.ipynb", *glob.glob("/**/source/tiny/*.ipynb")]:
    show(path)
for up in range(8):
    show("../" * up + "source/tiny/tiny.ipynb")
try:
    cells = json.load(open("@COURSE@/source/tiny/tiny.ipynb"))["cells"]
    solution = next("".join(c["source"]) for c in cells if c["id"] == "zero_pad")
except OSError as error:
    solution = "def zero_pad(X, pad): return X * 0"

# %% zero_pad
exec(solution)
