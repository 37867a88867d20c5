# Trains a good network, and then calls everything a dog.
# marks: 52

# %% predict
def predict(images):
    return np.ones(len(images), dtype=np.int64)
