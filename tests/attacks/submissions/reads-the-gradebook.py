# Reads gradebook.db and the course's secret.
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


for name in ("gradebook.db", ".labkit-secret", "nbgrader_config.py"):
    show("@COURSE@/" + name)
    show("../../../" + name)
    show("/proc/1/root@COURSE@/" + name)
    show("/proc/1/cwd/" + name)
