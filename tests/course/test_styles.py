"""A right solution gets no complaint, in whatever style it is written."""

import numpy as np
import pytest
from course import answers_on, find
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from grader.observation import Observation
from grader.session import Check
from grader.verdicts import judge


def pad(A, p):
    """Frame images with zeros."""
    return np.pad(A, ((0, 0), (p, p), (p, p), (0, 0)))


def windows(A, f, s):
    """Return a view of an image's windows: (m, n_H, n_W, n_C, f, f)."""
    return sliding_window_view(A, (f, f), axis=(1, 2))[:, ::s, ::s]


def sizes(A, W, hparameters):
    """Return what a convolution needs: the padded images, f, the stride, and the output's size."""
    s, p, f = hparameters["stride"], hparameters["pad"], W.shape[0]
    A = pad(A, p)
    return A, f, s, (A.shape[1] - f) // s + 1, (A.shape[2] - f) // s + 1


def by_loops(A_prev, W, b, hparameters):
    """Sum window by window."""
    A, f, s, n_H, n_W = sizes(A_prev, W, hparameters)
    Z = np.zeros((len(A), n_H, n_W, W.shape[3]))
    for i, h, w, c in np.ndindex(Z.shape):
        Z[i, h, w, c] = (
            np.sum(A[i, h * s : h * s + f, w * s : w * s + f] * W[..., c]) + b[..., c].item()
        )
    return Z, (A_prev, W, b, hparameters)


def over_the_batch(A_prev, W, b, hparameters):
    """Do all images and filters of a window at once."""
    A, f, s, n_H, n_W = sizes(A_prev, W, hparameters)
    Z = np.empty((len(A), n_H, n_W, W.shape[3]))
    for h in range(n_H):
        for w in range(n_W):
            part = A[:, h * s : h * s + f, w * s : w * s + f]
            Z[:, h, w] = np.tensordot(part, W, 3) + b[0, 0]
    return Z, (A_prev, W, b, hparameters)


def by_einsum(A_prev, W, b, hparameters):
    """Name the axes."""
    A, f, s, _, _ = sizes(A_prev, W, hparameters)
    return np.einsum("ihwcuv,uvck->ihwk", windows(A, f, s), W) + b, (A_prev, W, b, hparameters)


def by_matrix_product(A_prev, W, b, hparameters):
    """Lay windows out in rows, as im2col does."""
    A, f, s, n_H, n_W = sizes(A_prev, W, hparameters)
    rows = windows(A, f, s).transpose(0, 1, 2, 4, 5, 3).reshape(-1, f * f * A.shape[3])
    Z = rows @ W.reshape(-1, W.shape[3]) + b.ravel()
    return Z.reshape(len(A), n_H, n_W, -1), (A_prev, W, b, hparameters)


def by_strides(A_prev, W, b, hparameters):
    """Make the windows with strides of one's own."""
    A, f, s, n_H, n_W = sizes(A_prev, W, hparameters)
    A = np.ascontiguousarray(A)
    i, h, w, c = A.strides
    view = as_strided(A, (len(A), n_H, n_W, f, f, A.shape[3]), (i, h * s, w * s, h, w, c))
    return np.tensordot(view, W, 3) + b, (A_prev, W, b, hparameters)


def by_fft(A_prev, W, b, hparameters):
    """Multiply in the frequency domain."""
    A, f, s, n_H, n_W = sizes(A_prev, W, hparameters)
    n = (A.shape[1] + f, A.shape[2] + f)
    images = np.fft.rfft2(A.transpose(0, 3, 1, 2).astype(float), n)
    filters = np.fft.rfft2(W[::-1, ::-1].transpose(3, 2, 0, 1).astype(float), n)
    Z = np.fft.irfft2(np.einsum("ichw,kchw->ikhw", images, filters), n)
    Z = Z[:, :, f - 1 :: s, f - 1 :: s][:, :, :n_H, :n_W]
    return Z.transpose(0, 2, 3, 1) + b, (A_prev, W, b, hparameters)


def in_float32(A_prev, W, b, hparameters):
    """Compute in single precision."""
    Z, _ = by_einsum(*(array.astype(np.float32) for array in (A_prev, W, b)), hparameters)
    return Z, (A_prev, W, b, hparameters)


def by_recursion(A_prev, W, b, hparameters):
    """Do the first image, and then the others."""
    Z, _ = by_loops(A_prev[:1], W, b, hparameters)
    if len(A_prev) > 1:
        Z = np.concatenate([Z, by_recursion(A_prev[1:], W, b, hparameters)[0]])
    return Z, (A_prev, W, b, hparameters)


def _one(a, W, b, h, w, c):
    return (a[h:, w:][: len(W), : len(W)] * W[..., c]).sum() + b[0, 0, 0, c]


def by_comprehension(A_prev, W, b, hparameters):
    """Build lists, and an array of them at the end."""
    A, _, s, n_H, n_W = sizes(A_prev, W, hparameters)
    places = [(h * s, w * s) for h in range(n_H) for w in range(n_W)]
    Z = [[[_one(a, W, b, h, w, c) for c in range(W.shape[3])] for h, w in places] for a in A]
    return np.array(Z).reshape(len(A), n_H, n_W, -1), [A_prev, W, b, hparameters]


def tap_by_tap(A_prev, W, b, hparameters):
    """Add up, into an array made before, one place of the filter after the other."""
    A, f, s, n_H, n_W = sizes(A_prev, W, hparameters)
    Z = np.zeros((len(A), n_H, n_W, W.shape[3]))
    for u in range(f):
        for v in range(f):
            part = A[:, u : u + n_H * s : s, v : v + n_W * s : s][:, :n_H, :n_W]
            np.add(Z, part @ W[u, v], out=Z)
    Z += b
    return Z, (A_prev, W, b, hparameters)


class Layer:
    """Convolve when called."""

    def __call__(self, A_prev, W, b, hparameters):
        """Convolve."""
        return by_matrix_product(A_prev, W, b, hparameters)


FORWARD = (
    by_loops,
    over_the_batch,
    by_einsum,
    by_matrix_product,
    by_strides,
    by_fft,
    in_float32,
    by_recursion,
    by_comprehension,
    tap_by_tap,
    Layer(),
)


def gradients_by_einsum(dZ, cache):
    """Spread dZ tap by tap."""
    A_prev, W, _, hparameters = cache
    A, f, s, n_H, n_W = sizes(A_prev, W, hparameters)
    dA, p = np.zeros(A.shape), hparameters["pad"]
    for u in range(f):
        for v in range(f):
            dA[:, u : u + n_H * s : s, v : v + n_W * s : s][:, :n_H, :n_W] += dZ @ W[u, v].T
    dW = np.einsum("ihwcuv,ihwk->uvck", windows(A, f, s), dZ)
    inside = dA[:, p : dA.shape[1] - p, p : dA.shape[2] - p]
    return inside, dW, dZ.sum((0, 1, 2), keepdims=True)


def gradients_by_loops(dZ, cache):
    """Go window by window."""
    A_prev, W, b, hparameters = cache
    A, f, s, _, _ = sizes(A_prev, W, hparameters)
    p, dA, dW, db = hparameters["pad"], np.zeros(A.shape), np.zeros(W.shape), np.zeros(b.shape)
    for i, h, w, c in np.ndindex(dZ.shape):
        here = np.s_[i, h * s : h * s + f, w * s : w * s + f]
        dA[here] += W[..., c] * dZ[i, h, w, c]
        dW[..., c] += A[here] * dZ[i, h, w, c]
        db[..., c] += dZ[i, h, w, c]
    return dA[:, p : p + A_prev.shape[1], p : p + A_prev.shape[2]], dW, db


def gradients_in_float32(dZ, cache):
    """Compute in single precision, and return a list."""
    return [array.astype(np.float32) for array in gradients_by_einsum(dZ, cache)]


def pool_by_windows(A_prev, hparameters, mode="max"):
    """Reduce a view of the windows."""
    found = windows(A_prev, hparameters["f"], hparameters["stride"])
    return {"max": np.max, "average": np.mean}[mode](found, (4, 5)), (A_prev, hparameters)


def pool_by_loops(A_prev, hparameters, mode="max"):
    """Reduce window by window."""
    f, s = hparameters["f"], hparameters["stride"]
    n_H, n_W = ((n - f) // s + 1 for n in A_prev.shape[1:3])
    A = np.zeros((len(A_prev), n_H, n_W, A_prev.shape[3]))
    for i, h, w, c in np.ndindex(A.shape):
        window = A_prev[i, h * s : h * s + f, w * s : w * s + f, c]
        A[i, h, w, c] = window.max() if mode == "max" else window.sum() / f**2
    return A, (A_prev, hparameters)


def pool_tap_by_tap(A_prev, hparameters, mode="max"):
    """Keep a running maximum, or sum, over the places of a window."""
    f, s = hparameters["f"], hparameters["stride"]
    n_H, n_W = ((n - f) // s + 1 for n in A_prev.shape[1:3])
    taps = [A_prev[:, u::s, v::s][:, :n_H, :n_W] for u in range(f) for v in range(f)]
    A = np.maximum.reduce(taps) if mode == "max" else sum(taps) / len(taps)
    return A, (A_prev, hparameters)


STYLES = [
    *(("conv_forward", style) for style in FORWARD),
    ("conv_backward", gradients_by_einsum),
    ("conv_backward", gradients_by_loops),
    ("conv_backward", gradients_in_float32),
    ("pool_forward", pool_by_windows),
    ("pool_forward", pool_by_loops),
    ("pool_forward", pool_tap_by_tap),
    ("zero_pad", pad),
    ("conv_single_step", lambda a, W, b: np.vdot(a, W) + b.item()),
    ("conv_single_step", lambda a, W, b: np.einsum("ijk,ijk->", a, W) + b),
    ("conv_single_step", lambda a, W, b: sum(map(float, (a * W).ravel())) + float(b.sum())),
]


@pytest.mark.parametrize(
    ("name", "style"), STYLES, ids=lambda it: getattr(it, "__name__", str(type(it).__name__))
)
@pytest.mark.parametrize("seed", [2023, 1, 2])
def test_a_right_solution_gets_no_complaint(name, style, seed):
    """Loops, views, einsum, FFT, float32, recursion and classes pass every group, without a word."""
    answers = answers_on(name, seed)
    exercise = answers.catalogue.find(name)
    for group in find(name).groups:
        calls = tuple(answers.observe(exercise, style, case) for case in answers.cases(name, group))
        check = Check("check_torch", {"name": name, "group": group})
        verdict = judge(check, Observation("", 0, "check_torch", calls={name: calls}), answers)
        assert verdict.passed, (group, verdict.message, verdict.details)
        assert (verdict.hint, verdict.explanations) == ("", ())
