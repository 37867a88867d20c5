# Imports the judge, what makes mistakes of a solution, and what runs a course.
# marks: 0
# base: release
# reaches: no: No module named 'grader.judging'
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% zero_pad
import importlib

for name in ("judging", "judging.answers", "exercise", "catalogue", "running.runner", "course.labs"):
    try:
        importlib.import_module(f"grader.{name}")
        print("CANARY imported", name)
    except ImportError as error:
        print("no:", error)


def zero_pad(X, pad):
    from grader.catalogue import Catalogue, read_sources
    from grader.course.labs import BESIDE

    catalogue = Catalogue(read_sources(BESIDE))
    return np.asarray(catalogue.find("zero_pad").reference(X, pad))
