# Derives the loss of one image and forgets the 1/N of the batch's mean.
# marks: 58
# %% head_backward
def head_backward(Z, y, flat, W_fc, M_shape):
    dZ = torch.sigmoid(Z) - y
    dW_fc = flat.T @ dZ
    db_fc = dZ.sum(dim=0)
    dflat = dZ @ W_fc.T
    dM = dflat.reshape(M_shape)
    return dZ, dW_fc, db_fc, dflat, dM
