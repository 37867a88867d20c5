# Forgets to add the bias in conv_single_step: conv_forward, which calls it, is right all the same.
# marks: 53

# %% conv_single_step
def conv_single_step(a_slice_prev, W, b):
    s = a_slice_prev * W
    Z = np.sum(s)
    return Z
