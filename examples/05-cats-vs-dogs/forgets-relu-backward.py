# Goes back from the pooling to the convolution as if there were no ReLU between them, and leaves predict for later.
# marks: 56

# %% backward_propagation
def backward_propagation(A, Y, caches):
    cache_conv, cache_relu, cache_pool, cache_fc = caches
    dZ2 = softmax_cross_entropy_backward(A, Y)
    dflat, dW2, db2 = fully_connected_backward(dZ2, cache_fc)
    m, n_H, n_W, n_C = cache_relu.shape
    dA1 = pool_backward(dflat.reshape(m, n_H // 2, n_W // 2, n_C), cache_pool)
    _, dW1, db1 = conv_backward(dA1, cache_conv)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}

# %% predict
def predict(images):
    raise NotImplementedError()
