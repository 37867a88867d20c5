# Multiplies in place in conv_single_step, which spoils the windows that conv_forward reads next.
# marks: 53

# %% conv_single_step
def conv_single_step(a_slice_prev, W, b):
    a_slice_prev *= W
    return np.sum(a_slice_prev) + b.item()
