# Solves the first two exercises and leaves the others unfilled.
# marks: 15
# base: release

# %% identification
carne_1 = "20417"
nombre_1 = "Lucía Barrios"

carne_2 = ""
nombre_2 = ""

# %% zero_pad
def zero_pad(X, pad):
    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)), mode="constant", constant_values=0)

# %% conv_single_step
def conv_single_step(a_slice_prev, W, b):
    s = np.multiply(a_slice_prev, W)
    Z = np.sum(s)
    return Z + b.squeeze()
