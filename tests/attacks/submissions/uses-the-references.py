# Imports the judge's own reference, wherever it might be, and calls it.
# marks: 0
# base: release
# reaches: no: No module named 'exercises'
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% zero_pad
import importlib
import sys

PLACES = ("exercises.convolution", "grader.exercises.references.convolution", "grader.exercise")
MADE = [name for name in sys.modules if name.startswith("labkit_exercises")]


def found():
    for place in (*PLACES, *MADE):
        try:
            module = importlib.import_module(place)
        except ImportError as error:
            print("no:", error)
            continue
        print("CANARY imported", place)
        for exercise in getattr(module, "EXERCISES", ()):
            if exercise.name == "zero_pad":
                return exercise.reference


def zero_pad(X, pad):
    return np.asarray(found()(X, pad))

# %% append zero_pad
found()
