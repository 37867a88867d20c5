# Imports the named mistakes and the judge.
# marks: 0
# base: release
# reaches: no: No module named 'grader.judging'
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% zero_pad
import importlib

for name in ("grader.judging", "grader.exercises.mistakes", "grader.running", "grader.course"):
    try:
        importlib.import_module(name)
        print("CANARY imported", name)
    except ImportError as error:
        print("no:", error)


def zero_pad(X, pad):
    from grader.judging.diagnosis import reference_of
    from grader.exercises.cases import find

    return np.asarray(reference_of(find("zero_pad"))(X, pad))
