# Leaves out a colon in conv_backward, so that the function is never defined.
# marks: 35

# %% conv_backward
def conv_backward(dZ, cache)
    A_prev, W, b, hparameters = cache
    dA_prev = np.zeros(A_prev.shape)
    dW = np.zeros(W.shape)
    db = np.sum(dZ, axis=(0, 1, 2), keepdims=True)
    return dA_prev, dW, db
