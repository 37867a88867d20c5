# Writes .view everywhere, and fails where a tensor isn't contiguous.
# marks: 58
# %% conv_im2col
def conv_im2col(X, W, b, stride=1, padding=0, dilation=1):
    N, _, H_in, W_in = X.shape
    C_out, _, kH, kW = W.shape
    H_out, W_out = calculate_out((H_in, W_in), (kH, kW), stride, padding, dilation)
    X_col = im2col(X, (kH, kW), stride, padding, dilation)
    W_row = W.view(C_out, -1)
    H_col = W_row @ X_col + b.reshape(-1, 1)
    H = H_col.reshape(N, C_out, H_out, W_out)
    return H, X_col
# %% head_forward
def head_forward(M, W_fc, b_fc, y):
    flat = M.view(M.shape[0], -1)
    Z = flat @ W_fc + b_fc
    loss = (Z.clamp(min=0) - Z * y + torch.log1p(torch.exp(-Z.abs()))).mean()
    return flat, Z, loss
