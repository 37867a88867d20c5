# Does what comes first, up to the pooling, and hands the rest in as it came.
# marks: 27
# base: release
# %% calculate_out
def calculate_out(size, kernel_size, stride=1, padding=0, dilation=1):
    H_out, W_out = (
        (n + 2 * padding - dilation * (k - 1) - 1) // stride + 1
        for n, k in zip(size, kernel_size)
    )
    return H_out, W_out
# %% im2col
def im2col(X, kernel_size, stride=1, padding=0, dilation=1):
    N, C, H_in, W_in = X.shape
    kH, kW = kernel_size
    H_out, W_out = calculate_out((H_in, W_in), kernel_size, stride, padding, dilation)
    X_pad = F.pad(X, (padding, padding, padding, padding))
    patches = X.new_zeros(N, C, kH, kW, H_out, W_out)
    for u in range(kH):
        for v in range(kW):
            top, left = u * dilation, v * dilation
            rows = slice(top, top + stride * (H_out - 1) + 1, stride)
            columns = slice(left, left + stride * (W_out - 1) + 1, stride)
            patches[:, :, u, v] = X_pad[:, :, rows, columns]
    X_col = patches.reshape(N, C * kH * kW, H_out * W_out)
    return X_col
# %% conv_im2col
def conv_im2col(X, W, b, stride=1, padding=0, dilation=1):
    N, _, H_in, W_in = X.shape
    C_out, _, kH, kW = W.shape
    H_out, W_out = calculate_out((H_in, W_in), (kH, kW), stride, padding, dilation)
    X_col = im2col(X, (kH, kW), stride, padding, dilation)
    W_row = W.reshape(C_out, -1)
    H_col = W_row @ X_col + b.reshape(-1, 1)
    H = H_col.reshape(N, C_out, H_out, W_out)
    return H, X_col
# %% max_pool_im2col
def max_pool_im2col(H, kernel_size, stride):
    N, C, H_in, W_in = H.shape
    kH, kW = kernel_size
    H_pool, W_pool = calculate_out((H_in, W_in), kernel_size, stride)
    h_col = im2col(H, kernel_size, stride).reshape(N, C, kH * kW, -1)
    M_flat, indices = h_col.max(dim=2)
    M = M_flat.reshape(N, C, H_pool, W_pool)
    return M, indices
