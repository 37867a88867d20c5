# Divides the gradients of the dense layer by m once more, and leaves predict for later.
# marks: 58

# %% fully_connected_backward
def fully_connected_backward(dZ, cache):
    A_prev, W, b = cache
    m = dZ.shape[0]
    return dZ @ W.T, A_prev.T @ dZ / m, np.sum(dZ, axis=0, keepdims=True) / m

# %% predict
def predict(images):
    raise NotImplementedError()
