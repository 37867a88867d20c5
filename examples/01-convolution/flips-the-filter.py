# Turns each filter around in conv_forward, as the convolution of mathematics does.
# marks: 42

# %% conv_forward
def conv_forward(A_prev, W, b, hparameters):
    m, n_H_prev, n_W_prev, n_C_prev = A_prev.shape
    f, _, _, n_C = W.shape
    stride = hparameters["stride"]
    pad = hparameters["pad"]
    n_H = (n_H_prev - f + 2 * pad) // stride + 1
    n_W = (n_W_prev - f + 2 * pad) // stride + 1
    Z = np.zeros((m, n_H, n_W, n_C))
    A_prev_pad = zero_pad(A_prev, pad)
    # La convolución voltea el filtro
    W_flip = np.flip(W, axis=(0, 1))

    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    rows = slice(h * stride, h * stride + f)
                    columns = slice(w * stride, w * stride + f)
                    window = A_prev_pad[i, rows, columns, :]
                    Z[i, h, w, c] = conv_single_step(window, W_flip[:, :, :, c], b[:, :, :, c])

    return Z, (A_prev, W, b, hparameters)
