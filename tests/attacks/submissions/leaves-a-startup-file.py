# Writes files that another notebook's start would read.
# marks: 3
# reaches: writing
# stock: skip: it leaves files in the home folder
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import os

print("writing")
for folder in ("~/.ipython/profile_default/startup", "~/.config/matplotlib", "~", "/tmp", "."):
    folder = os.path.expanduser(folder)
    os.makedirs(folder, exist_ok=True)
    for name in ("labkit-attack-@PORT@.py", "usercustomize.py", "numpy.py"):
        with open(f"{folder}/{name}", "w") as file:
            file.write("raise SystemExit")
