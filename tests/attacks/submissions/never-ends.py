# Loops for ever when it is called.
# marks: 2
# reaches: se quedó sin tiempo
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% zero_pad
def zero_pad(X, pad):
    while pad == 0:
        pass
    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
