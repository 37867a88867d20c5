# Returns Z as nested Python lists, with the right numbers in them.
# marks: 42

# %% conv_forward
def conv_forward(A_prev, W, b, hparameters):
    m, n_H_prev, n_W_prev, n_C_prev = A_prev.shape
    f, n_C = W.shape[0], W.shape[3]
    s, pad = hparameters["stride"], hparameters["pad"]
    n_H = (n_H_prev - f + 2 * pad) // s + 1
    n_W = (n_W_prev - f + 2 * pad) // s + 1
    padded = zero_pad(A_prev, pad)
    Z = []
    for i in range(m):
        image = []
        for h in range(n_H):
            row = []
            for w in range(n_W):
                window = padded[i, h * s : h * s + f, w * s : w * s + f, :]
                row.append([conv_single_step(window, W[..., c], b[..., c]) for c in range(n_C)])
            image.append(row)
        Z.append(image)
    return Z, (A_prev, W, b, hparameters)
