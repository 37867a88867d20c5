# Returns an object that says that it is a float, an ndarray and a Tensor.
# marks: 0
# base: release
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% zero_pad
class Anything:
    __class__ = np.ndarray
    shape = (2, 5, 5, 2)
    dtype = np.dtype(float)

    def __array__(self, *_, **__):
        return np.zeros(self.shape)

    def __getattr__(self, name):
        return lambda *_, **__: self

    def __eq__(self, other):
        return True


def zero_pad(X, pad):
    return Anything()
