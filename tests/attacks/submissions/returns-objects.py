# Returns object arrays, structured arrays and masked arrays.
# marks: 0
# base: release
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% zero_pad
class Evil:
    def __reduce__(self):
        return (print, ("CANARY unpickled",))


RESULTS = [
    np.array([Evil()] * 4, dtype=object),
    np.zeros(3, dtype=[("a", float)]),
    np.ma.masked_all((2, 5, 5, 2)),
    np.array(["x"] * 3),
]


def zero_pad(X, pad):
    return RESULTS[pad % 4]
