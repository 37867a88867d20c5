# Sums dH over the positions but not over the batch, so that dbias has a row an image.
# marks: 59
# %% weights_backward
def weights_backward(dH, X_col, W_shape):
    C_out, K = dH.shape[1], X_col.shape[1]
    dH_row = dH.permute(1, 0, 2, 3).reshape(C_out, -1)
    X_row = X_col.permute(1, 0, 2).reshape(K, -1)
    dW = (dH_row @ X_row.T).reshape(W_shape)
    dbias = dH.sum(dim=(2, 3))
    return dW, dbias
