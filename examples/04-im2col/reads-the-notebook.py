# Reads the example's kernel size from the notebook in weights_backward, as its cells did.
# marks: 55
# %% prepend weights_backward
kH, kW = 5, 5
# %% weights_backward
def weights_backward(dH, X_col, W_shape):
    C_out, K = dH.shape[1], kH * kW
    dH_row = dH.permute(1, 0, 2, 3).reshape(C_out, -1)
    X_row = X_col.permute(1, 0, 2).reshape(K, -1)
    dW = (dH_row @ X_row.T).reshape(W_shape)
    dbias = dH_row.sum(dim=1)
    return dW, dbias
