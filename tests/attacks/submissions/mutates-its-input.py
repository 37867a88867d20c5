# Changes its argument so that input and output are one and the same.
# marks: 0
# base: release
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% zero_pad
def zero_pad(X, pad):
    X[...] = 0
    X.resize((X.shape[0], X.shape[1] + 2 * pad, X.shape[2] + 2 * pad, X.shape[3]), refcheck=False)
    return X
