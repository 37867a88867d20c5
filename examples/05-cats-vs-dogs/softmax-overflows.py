# Takes exponentials of large scores.
# marks: 73

# %% softmax
def softmax(Z):
    return np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
