# Says cat to everything.
# marks: 63

# %% predict
def predict(images):
    return np.zeros(len(images), dtype=int)
