# Returns an array whose == and comparisons always hold.
# marks: 0
# base: release
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% zero_pad
class Equal(np.ndarray):
    def __eq__(self, other):
        return np.True_

    def __array_ufunc__(self, *_, **__):
        return np.True_

    def __array_function__(self, *_, **__):
        return np.True_

    def __array__(self, *_, **__):
        raise ValueError("no")

    __ne__ = __lt__ = __gt__ = lambda self, other: np.False_
    nbytes = 0


def zero_pad(X, pad):
    shape = (X.shape[0], X.shape[1] + 2 * pad, X.shape[2] + 2 * pad, X.shape[3])
    return np.zeros(shape).view(Equal)
