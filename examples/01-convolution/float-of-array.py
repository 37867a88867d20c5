# Turns b into a number with float(b), which NumPy warns about and still does.
# marks: 60

# %% conv_single_step
def conv_single_step(a_slice_prev, W, b):
    s = np.multiply(a_slice_prev, W)
    Z = np.sum(s)
    Z = Z + float(b)
    return Z
