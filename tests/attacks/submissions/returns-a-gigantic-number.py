# Returns an integer of four thousand digits.
# marks: 0
# base: release
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% zero_pad
def zero_pad(X, pad):
    return 10**4000 if pad else 10**5000
