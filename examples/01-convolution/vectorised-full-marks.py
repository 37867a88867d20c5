# Solves everything without loops over images or filters, in another way than the model solution.
# marks: 60

# %% zero_pad
def zero_pad(X, pad):
    m, n_H, n_W, n_C = X.shape
    X_pad = np.zeros((m, n_H + 2 * pad, n_W + 2 * pad, n_C), dtype=X.dtype)
    X_pad[:, pad : pad + n_H, pad : pad + n_W] = X
    return X_pad

# %% conv_single_step
def conv_single_step(a_slice_prev, W, b):
    return np.vdot(a_slice_prev, W) + b[0, 0, 0]

# %% conv_forward
from numpy.lib.stride_tricks import sliding_window_view


def windows_of(A_prev, f, hparameters):
    s = hparameters["stride"]
    views = sliding_window_view(zero_pad(A_prev, hparameters["pad"]), (f, f), axis=(1, 2))
    return views[:, ::s, ::s]


def conv_forward(A_prev, W, b, hparameters):
    Z = np.einsum("ihwkuv,uvkc->ihwc", windows_of(A_prev, W.shape[0], hparameters), W) + b
    return Z, (A_prev, W, b, hparameters)

# %% conv_backward
def conv_backward(dZ, cache):
    A_prev, W, b, hparameters = cache
    f, s, pad = W.shape[0], hparameters["stride"], hparameters["pad"]
    n_H, n_W = dZ.shape[1:3]
    dW = np.einsum("ihwkuv,ihwc->uvkc", windows_of(A_prev, f, hparameters), dZ)
    db = dZ.sum(axis=(0, 1, 2), keepdims=True)
    dA = np.zeros(zero_pad(A_prev, pad).shape)
    for u in range(f):
        for v in range(f):
            dA[:, u : u + s * n_H : s, v : v + s * n_W : s] += dZ @ W[u, v].T
    return dA[:, pad : pad + A_prev.shape[1], pad : pad + A_prev.shape[2]], dW, db
