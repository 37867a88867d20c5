# Returns a tiny array that looks like eighty gigabytes, and endless nests of lists.
# marks: 0
# base: release
# reaches: demasiado
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% zero_pad
def zero_pad(X, pad):
    if pad:
        return np.broadcast_to(np.float64(0), (100_000, 100_000))
    nest = []
    nest.append(nest)
    return nest
