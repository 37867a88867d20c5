# Spoils what somebody else handed in and what was graded of it.
# marks: 3
# reaches: no: 
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import os

for folder in ("submitted", "autograded", "feedback", "source", "release"):
    for root in ("@COURSE@/", "../../../"):
        path = root + folder + "/victim/tiny/tiny.ipynb"
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write("spoilt")
            print("spoilt", path)
        except OSError as error:
            print("no:", type(error).__name__)
