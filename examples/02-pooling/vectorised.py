# Solves everything without loops over pixels, with a mask of integers.
# marks: 60

# %% pool_forward
def windows_of(A_prev, hparameters):
    f, stride = hparameters["f"], hparameters["stride"]
    views = np.lib.stride_tricks.sliding_window_view(A_prev, (f, f), axis=(1, 2))
    return views[:, ::stride, ::stride]


def pool_forward(A_prev, hparameters, mode="max"):
    windows = windows_of(A_prev, hparameters)
    A = windows.max(axis=(4, 5)) if mode == "max" else windows.mean(axis=(4, 5))
    return A, (A_prev, hparameters)

# %% create_mask_from_window
def create_mask_from_window(x):
    mask = np.zeros(x.shape, dtype=int)
    mask[np.unravel_index(np.argmax(x), x.shape)] = 1
    return mask

# %% distribute_value
def distribute_value(dz, shape):
    return np.full(shape, dz / np.prod(shape))

# %% pool_backward
def pool_backward(dA, cache, mode="max"):
    A_prev, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    n_H, n_W = dA.shape[1:3]
    winners = windows_of(A_prev, hparameters).reshape(*dA.shape, f * f).argmax(axis=-1)
    dA_prev = np.zeros(A_prev.shape)
    for k in range(f * f):
        u, v = divmod(k, f)
        share = dA * (winners == k) if mode == "max" else dA / (f * f)
        rows = slice(u, u + n_H * stride, stride)
        columns = slice(v, v + n_W * stride, stride)
        dA_prev[:, rows, columns][:, :n_H, :n_W] += share
    return dA_prev
