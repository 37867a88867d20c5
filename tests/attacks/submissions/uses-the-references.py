# Imports the judge's own reference and calls it.
# marks: 0
# base: release
# reaches: no: No module named 'grader.exercises.references'
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% zero_pad
def zero_pad(X, pad):
    from grader.exercises.references.convolution import zero_pad as reference

    return np.asarray(reference(X, pad))

# %% append zero_pad
try:
    zero_pad(np.ones((1, 1, 1, 1)), 1)
    print("got it")
except ImportError as error:
    print("no:", error)
