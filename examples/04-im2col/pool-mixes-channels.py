# Takes the maximum of all channels of a window together.
# marks: 53
# %% max_pool_im2col
def max_pool_im2col(H, kernel_size, stride):
    N, C, H_in, W_in = H.shape
    kH, kW = kernel_size
    H_pool, W_pool = calculate_out((H_in, W_in), kernel_size, stride)
    h_col = im2col(H, kernel_size, stride).reshape(N, 1, C * kH * kW, -1)
    M_flat, indices = h_col.max(dim=2)
    M = M_flat.reshape(N, 1, H_pool, W_pool)
    return M, indices
