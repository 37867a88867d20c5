# Joins the images of a batch with reshape alone, which only N = 1 forgives.
# marks: 58
# %% weights_backward
def weights_backward(dH, X_col, W_shape):
    C_out, K = dH.shape[1], X_col.shape[1]
    dH_row = dH.permute(1, 0, 2, 3).reshape(C_out, -1)
    X_row = X_col.reshape(K, -1)
    dW = (dH_row @ X_row.T).reshape(W_shape)
    dbias = dH_row.sum(dim=1)
    return dW, dbias
