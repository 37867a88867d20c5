# Forgets the 1/m of the gradient, so that each step is sixteen times too long.
# marks: 60

# %% softmax_cross_entropy_backward
def softmax_cross_entropy_backward(A, Y):
    return A - Y
