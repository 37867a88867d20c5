# Returns the probabilities of both classes where one label is asked for.
# marks: 63

# %% predict
def predict(images):
    A, _ = simple_cnn_model(normalize(images), parameters)
    return A
