# Forgets to add the bias in conv_single_step, so conv_forward is wrong too and only its cache is right.
# marks: 35

# %% conv_single_step
def conv_single_step(a_slice_prev, W, b):
    s = a_slice_prev * W
    Z = np.sum(s)
    return Z
