# Solves everything in its own way: identity matrix, np.where, einsum, float64, batches in predict.
# marks: 75

# %% one_hot_encode
def one_hot_encode(labels, num_classes):
    return np.eye(num_classes)[np.ravel(labels)]

# %% relu_backward
def relu_backward(dA, cache):
    return np.where(cache > 0, dA, 0)

# %% cross_entropy
def cross_entropy(A, Y):
    return float(np.mean(-np.log(np.clip((A * Y).sum(axis=1), 1e-15, None))))

# %% fully_connected_backward
def fully_connected_backward(dZ, cache):
    A_prev, W, b = cache
    dW = np.einsum("ij,ik->jk", A_prev, dZ)
    return np.einsum("ik,jk->ij", dZ, W), dW, dZ.sum(axis=0)[np.newaxis]

# %% train_epoch
def train_epoch(images, Y, parameters, learning_rate, batch_size, order):
    costs = np.zeros(len(order))
    for chosen in np.array_split(order, np.arange(batch_size, len(order), batch_size)):
        A, caches = simple_cnn_model(images[chosen], parameters)
        costs[chosen] = cross_entropy(A, Y[chosen])
        gradients = backward_propagation(A, Y[chosen], caches)
        parameters = update_parameters(parameters, gradients, learning_rate)
    return parameters, costs.mean()

# %% predict
def predict(images):
    parts = np.array_split(images.astype(float) / 127.5 - 1, 10)
    return np.concatenate([simple_cnn_model(part, parameters)[0][:, 1] > 0.5 for part in parts]).astype(int)
