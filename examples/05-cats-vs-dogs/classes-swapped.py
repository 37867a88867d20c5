# Calls cats dogs and dogs cats.
# marks: 63

# %% predict
def predict(images):
    A, _ = simple_cnn_model(normalize(images), parameters)
    return 1 - A.argmax(axis=1)
