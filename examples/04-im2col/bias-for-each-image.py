# Sums dH over the positions but not over the batch, so that db has a row an image.
# marks: 57
# %% conv_im2col_backward
def conv_im2col_backward(dH, X_col, W, input_size, stride=1, padding=0, dilation=1):
    N, C_out = dH.shape[:2]
    dH_row = dH.permute(1, 0, 2, 3).reshape(C_out, -1)
    X_row = X_col.permute(1, 0, 2).reshape(X_col.shape[1], -1)
    dW = (dH_row @ X_row.T).reshape(W.shape)
    db = dH.sum(dim=(2, 3))

    dH_col = dH.reshape(N, C_out, -1)
    dX_col = W.reshape(C_out, -1).T @ dH_col
    dX = col2im(dX_col, input_size, tuple(W.shape[2:]), stride, padding, dilation)
    return dW, db, dX
