"""Convolution and pooling of labs 1 and 2, vectorised: the same answers, hundreds of times sooner.

Images are NHWC, (m, n_H, n_W, n_C), and the arguments, results and caches are those that the labs
ask for. A convolution lays out each window as a row of a matrix and multiplies that matrix by the
filters, once; pooling compares whole images, shifted, instead of windows. NumPy only.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from collections.abc import Iterator

Array = np.ndarray[Any, Any]
Hyper = dict[str, int]
ConvCache = tuple[Array, Array, Array, Hyper]
PoolCache = tuple[Array, Hyper]


def conv_forward(A_prev: Array, W: Array, b: Array, hparameters: Hyper) -> tuple[Array, ConvCache]:
    """Convolve A_prev (m, n_H_prev, n_W_prev, n_C_prev) with the filters W (f, f, n_C_prev, n_C).

    `b` has shape (1, 1, 1, n_C) and `hparameters` holds "stride" and "pad". Returns Z, of shape
    (m, n_H, n_W, n_C) with n_H = floor((n_H_prev + 2 pad - f) / stride) + 1, and the cache
    (A_prev, W, b, hparameters) that `conv_backward` takes.

    >>> A_prev, W, b = np.ones((1, 4, 4, 3)), np.ones((3, 3, 3, 16)), np.zeros((1, 1, 1, 16))
    >>> Z, cache = conv_forward(A_prev, W, b, {"stride": 1, "pad": 1})
    >>> Z.shape, Z[0, :2, :2, 0].tolist()
    ((1, 4, 4, 16), [[12.0, 18.0], [18.0, 27.0]])
    """
    n_C = W.shape[3]
    windows = _windows(A_prev, len(W), hparameters)
    Z = _rows(windows) @ W.reshape(-1, n_C) + b.reshape(n_C)
    return Z.reshape(*windows.shape[:3], n_C), (A_prev, W, b, hparameters)


def conv_backward(dZ: Array, cache: ConvCache) -> tuple[Array, Array, Array]:
    """Return the gradients (dA_prev, dW, db) of a cost whose gradient by Z is dZ.

    `cache` is what `conv_forward` returned. Each gradient has the shape of what it is taken by.

    >>> A_prev, W, b = np.ones((2, 4, 4, 3)), np.ones((3, 3, 3, 16)), np.zeros((1, 1, 1, 16))
    >>> Z, cache = conv_forward(A_prev, W, b, {"stride": 1, "pad": 1})
    >>> [gradient.shape for gradient in conv_backward(Z, cache)]
    [(2, 4, 4, 3), (3, 3, 3, 16), (1, 1, 1, 16)]
    """
    A_prev, W, b, hparameters = cache
    f, pad, stride, n_C = len(W), hparameters["pad"], hparameters["stride"], W.shape[3]
    by_window = dZ.reshape(-1, n_C)
    dW = _rows(_windows(A_prev, f, hparameters)).T @ by_window
    db = by_window.sum(axis=0)

    # What goes back to the pixel (u, v) of every window; windows overlap, so it adds up. With the
    # channels first, each sum runs along whole rows of an image instead of a few channels.
    m, n_H_prev, n_W_prev, n_C_prev = A_prev.shape
    parts = (W.reshape(-1, n_C) @ by_window.T).reshape(f, f, n_C_prev, *dZ.shape[:3])
    padded = np.zeros((n_C_prev, m, n_H_prev + 2 * pad, n_W_prev + 2 * pad), dtype=parts.dtype)
    for (u, v), (rows, columns) in _places(dZ.shape, f, stride):
        padded[:, :, rows, columns] += parts[u, v]
    dA_prev = padded[:, :, pad : pad + n_H_prev, pad : pad + n_W_prev].transpose(1, 2, 3, 0)
    return dA_prev, dW.reshape(W.shape), db.reshape(b.shape)


def pool_forward(A_prev: Array, hparameters: Hyper, mode: str = "max") -> tuple[Array, PoolCache]:
    """Take the largest or the mean value ("max", "average") of each f × f window of each channel.

    `hparameters` holds "f" and "stride". Returns A, of shape (m, n_H, n_W, n_C) with
    n_H = floor((n_H_prev - f) / stride) + 1, and the cache (A_prev, hparameters).

    >>> A_prev = np.arange(16.0).reshape(1, 4, 4, 1)
    >>> pool_forward(A_prev, {"f": 2, "stride": 2})[0][0, :, :, 0].tolist()
    [[5.0, 7.0], [13.0, 15.0]]
    """
    f, stride = hparameters["f"], hparameters["stride"]
    m, n_H_prev, n_W_prev, n_C = A_prev.shape
    shape = (m, (n_H_prev - f) // stride + 1, (n_W_prev - f) // stride + 1, n_C)
    corners = [A_prev[:, rows, columns] for _, (rows, columns) in _places(shape, f, stride)]
    if mode == "max":
        return reduce(np.maximum, corners), (A_prev, hparameters)
    return reduce(np.add, corners) / f**2, (A_prev, hparameters)


def pool_backward(dA: Array, cache: PoolCache, mode: str = "max") -> Array:
    """Return dA_prev: each value of dA goes to the largest of its window, or a part to each.

    `cache` is what `pool_forward` returned. Of several largest values the first one gets it all, as
    in torch.

    >>> A, cache = pool_forward(np.arange(16.0).reshape(1, 4, 4, 1), {"f": 2, "stride": 2})
    >>> pool_backward(A, cache)[0, :, :, 0].tolist()[1]
    [0.0, 5.0, 0.0, 7.0]
    """
    A_prev, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    dA_prev = np.zeros(A_prev.shape, dtype=np.result_type(dA, np.float32))
    places = [place for _, place in _places(dA.shape, f, stride)]
    if mode == "average":
        for rows, columns in places:
            dA_prev[:, rows, columns] += dA / f**2
        return dA_prev
    A, _ = pool_forward(A_prev, hparameters)
    waiting = np.ones(A.shape, dtype=bool)  # windows whose largest value hasn't come by
    for rows, columns in places:
        won = waiting & (A_prev[:, rows, columns] == A)
        dA_prev[:, rows, columns] += dA * won
        waiting &= ~won
    return dA_prev


def _windows(A_prev: Array, f: int, hparameters: Hyper) -> Array:
    """Return a view of every window, of shape (m, n_H, n_W, f, f, n_C_prev); nothing is copied."""
    pad, stride = hparameters["pad"], hparameters["stride"]
    padded = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    every = sliding_window_view(padded, (f, f), axis=(1, 2))  # type: ignore[call-overload]
    strided: Array = every[:, ::stride, ::stride].transpose(0, 1, 2, 4, 5, 3)
    return strided


def _rows(windows: Array) -> Array:
    """Lay out each window as one row of a matrix: (m * n_H * n_W, f * f * n_C_prev)."""
    return windows.reshape(int(np.prod(windows.shape[:3])), -1)


def _places(
    shape: tuple[int, ...], f: int, stride: int
) -> Iterator[tuple[tuple[int, int], tuple[slice, slice]]]:
    """Yield each place (u, v) of a window, and the rows and columns of all pixels that stand there.

    `shape` is the output's: the pixels' entry (h, w) is the pixel (u, v) of the window (h, w).
    """
    _, n_H, n_W, _ = shape
    for u in range(f):
        for v in range(f):
            rows = slice(u, u + stride * (n_H - 1) + 1, stride)
            columns = slice(v, v + stride * (n_W - 1) + 1, stride)
            yield (u, v), (rows, columns)
