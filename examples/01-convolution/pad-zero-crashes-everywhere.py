# Fills a frame of zeros with [pad:-pad] in zero_pad, and crops with it too: whatever has pad 0 crashes.
# marks: 53

# %% zero_pad
def zero_pad(X, pad):
    m, n_H, n_W, n_C = X.shape
    X_pad = np.zeros((m, n_H + 2 * pad, n_W + 2 * pad, n_C))
    X_pad[:, pad:-pad, pad:-pad, :] = X
    return X_pad

# %% conv_backward
def conv_backward(dZ, cache):
    A_prev, W, b, hparameters = cache
    stride, pad = hparameters["stride"], hparameters["pad"]
    m, n_H, n_W, n_C = dZ.shape
    f = W.shape[0]

    A_prev_pad = zero_pad(A_prev, pad)
    dA_prev_pad = np.zeros_like(A_prev_pad)
    dW = np.zeros_like(W)
    db = np.sum(dZ, axis=(0, 1, 2), keepdims=True)
    for h in range(n_H):
        for w in range(n_W):
            rows = slice(h * stride, h * stride + f)
            columns = slice(w * stride, w * stride + f)
            for i in range(m):
                for c in range(n_C):
                    dA_prev_pad[i, rows, columns] += W[..., c] * dZ[i, h, w, c]
                    dW[..., c] += A_prev_pad[i, rows, columns] * dZ[i, h, w, c]
    return dA_prev_pad[:, pad:-pad, pad:-pad, :], dW, db
