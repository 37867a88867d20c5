# Assigns in col2im where windows overlap, which conv_im2col_backward, right itself, calls.
# marks: 55
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
            dX_pad[:, :, rows, columns] = patches[:, :, u, v]
    dX = dX_pad[:, :, padding : padding + H_in, padding : padding + W_in]
    return dX
