# Marks the maximum of each row in create_mask_from_window, which pool_backward uses.
# marks: 54

# %% create_mask_from_window
def create_mask_from_window(x):
    return x == np.max(x, axis=1, keepdims=True)
