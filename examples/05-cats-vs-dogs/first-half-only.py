# Stops before the network: solves the pieces, and neither the model nor what follows.
# marks: 35

# %% simple_cnn_model
def simple_cnn_model(images, parameters):
    raise NotImplementedError()

# %% backward_propagation
def backward_propagation(A, Y, caches):
    raise NotImplementedError()

# %% update_parameters
def update_parameters(parameters, gradients, learning_rate):
    raise NotImplementedError()

# %% train_epoch
def train_epoch(images, Y, parameters, learning_rate, batch_size, order):
    raise NotImplementedError()

# %% predict
def predict(images):
    raise NotImplementedError()
