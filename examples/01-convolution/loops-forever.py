# Never leaves a while loop in conv_backward; what was solved before it still counts.
# marks: 35

# %% conv_backward
def conv_backward(dZ, cache):
    A_prev, W, b, hparameters = cache
    m, n_H, n_W, n_C = dZ.shape
    db = np.zeros(b.shape)
    i = 0
    while i < m:
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    db[:, :, :, c] += dZ[i, h, w, c]
    i = i + 1
    return np.zeros(A_prev.shape), np.zeros(W.shape), db
