# Crops the frame with [p:-p] in col2im, which is empty where there is no padding; uses F.fold after that.
# marks: 51
# %% col2im
def col2im(cols, output_size, kernel_size, stride=1, padding=0, dilation=1):
    N = cols.shape[0]
    (H_in, W_in), (kH, kW) = output_size, kernel_size
    C = cols.shape[1] // (kH * kW)
    H_out, W_out = calculate_out(output_size, kernel_size, stride, padding, dilation)
    patches = cols.reshape(N, C, kH, kW, H_out, W_out)
    dX_pad = cols.new_zeros(N, C, H_in + 2 * padding, W_in + 2 * padding)
    for u in range(kH):
        for v in range(kW):
            top, left = u * dilation, v * dilation
            rows = slice(top, top + stride * (H_out - 1) + 1, stride)
            columns = slice(left, left + stride * (W_out - 1) + 1, stride)
            dX_pad[:, :, rows, columns] += patches[:, :, u, v]
    dX = dX_pad[:, :, padding:-padding, padding:-padding]
    return dX
# %% conv_im2col_backward
def conv_im2col_backward(dH, X_col, W, input_size, stride=1, padding=0, dilation=1):
    N, C_out = dH.shape[:2]
    dH_row = dH.permute(1, 0, 2, 3).reshape(C_out, -1)
    X_row = X_col.permute(1, 0, 2).reshape(X_col.shape[1], -1)
    dW = (dH_row @ X_row.T).reshape(W.shape)
    db = dH_row.sum(dim=1)

    dH_col = dH.reshape(N, C_out, -1)
    dX_col = W.reshape(C_out, -1).T @ dH_col
    dX = F.fold(dX_col, input_size, tuple(W.shape[2:]), dilation, padding, stride)
    return dW, db, dX
