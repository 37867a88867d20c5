# Multiplies by the derivative of the softmax once more, as the first model did, and leaves predict for later.
# marks: 59

# %% softmax_cross_entropy_backward
def softmax_cross_entropy_backward(A, Y):
    return (A - Y) * A * (1 - A) / len(Y)

# %% predict
def predict(images):
    raise NotImplementedError()
