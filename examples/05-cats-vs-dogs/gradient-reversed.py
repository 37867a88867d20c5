# Takes the truth minus what the network said, so that it learns to be wrong.
# marks: 59

# %% softmax_cross_entropy_backward
def softmax_cross_entropy_backward(A, Y):
    return (Y - A) / len(Y)
