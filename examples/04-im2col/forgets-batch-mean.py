# Derives the loss of one image and forgets the 1/N of the batch's mean.
# marks: 58
# %% head_backward
def head_backward(Z, y, W_fc, M_shape):
    dZ = torch.sigmoid(Z) - y
    df = dZ @ W_fc.T
    dM = df.reshape(M_shape)
    return dZ, df, dM
