"""Torch oracles of lab 3: padding, Conv2D and the layers around it, with gradients by autograd."""

# ruff: noqa: N802 - an oracle is called as its exercise is, and these exercises are classes

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

from grader.exercises.cases.layer import EXPLAINED, NO_ERROR, WITHOUT_BIAS

Array = np.ndarray[Any, Any]


def tensor(array: Array) -> torch.Tensor:
    """Return `array` as a float64 tensor of its own."""
    return torch.tensor(np.ascontiguousarray(array), dtype=torch.float64)


def _leaf(array: Array) -> torch.Tensor:
    return tensor(array).requires_grad_()


def _gradients(
    output: torch.Tensor, leaves: Sequence[torch.Tensor], dO: Array
) -> tuple[Array, ...]:
    """Return the gradients of sum(dO * output) by the leaves."""
    return tuple(gradient.numpy() for gradient in torch.autograd.grad(output, leaves, tensor(dO)))


def _refusal(padding: Any, kernel_size: Any, stride: int) -> str:
    """Return how torch's own layer answers to these arguments."""
    try:
        torch.nn.Conv2d(1, 1, kernel_size, stride=stride, padding=padding)
    except ValueError:
        return EXPLAINED
    return NO_ERROR


def _conv(
    X: torch.Tensor, kernel: torch.Tensor, bias: torch.Tensor | None, options: dict[str, Any]
) -> torch.Tensor:
    with warnings.catch_warnings():
        # Torch warns that an even kernel with "same" needs a copy; that is what the lab is about.
        warnings.simplefilter("ignore", UserWarning)
        return F.conv2d(X, kernel, bias, stride=options["stride"], padding=options["padding"])


def resolve_padding(
    padding: Any, kernel_size: tuple[int, int], stride: int
) -> tuple[tuple[tuple[int, int], ...] | None, str]:
    """Return ((top, bottom), (left, right)) as torch's own output shows them, and any error.

    A kernel that copies its first pixel shifts the image by the padding that comes before it; the
    output's size tells what comes after.
    """
    error = _refusal(padding, kernel_size, stride)
    if error != NO_ERROR:
        return None, error
    n = 32
    kernel = torch.zeros((1, 1, *kernel_size), dtype=torch.float64)
    kernel[0, 0, 0, 0] = 1
    image = torch.ones((1, 1, n, n), dtype=torch.float64)
    shifted = _conv(image, kernel, None, {"stride": 1, "padding": padding})[0, 0]
    pads = []
    for axis, k in enumerate(kernel_size):
        profile = shifted.amax(dim=1 - axis)
        before = int(profile.argmax())
        pads.append((before, len(profile) + k - 1 - n - before))
    return tuple(pads), error


def Conv2D(X: Array, kernel: Array, bias: Array | None, options: dict[str, Any]) -> tuple[Any, ...]:
    """Return the layer's parameters, its output, and any error of its construction."""
    error = _refusal(options["padding"], options["kernel_size"], options["stride"])
    if error != NO_ERROR:
        return None, None, None, error
    b = None if bias is None else tensor(bias)
    return kernel, bias, _conv(tensor(X), tensor(kernel), b, options).numpy(), error


def Conv2D_backward(
    X: Array, kernel: Array, bias: Array | None, options: dict[str, Any], dO: Array
) -> tuple[Any, ...]:
    """Return dF, db (`WITHOUT_BIAS` if there is none) and dX."""
    leaves = [_leaf(array) for array in (X, kernel, bias) if array is not None]
    output = _conv(leaves[0], leaves[1], None if bias is None else leaves[2], options)
    dX, dF, *db = _gradients(output, leaves, dO)
    return dF, db[0] if db else WITHOUT_BIAS, dX


def dilate(dO: Array, stride: int) -> Array:
    """Put stride - 1 zeros between neighbours: a transposed convolution with a 1x1 kernel of 1."""
    channels = dO.shape[1]
    ones = torch.ones((channels, 1, 1, 1), dtype=torch.float64)
    return np.asarray(F.conv_transpose2d(tensor(dO), ones, stride=stride, groups=channels).numpy())


def _layer(
    function: Callable[[torch.Tensor], torch.Tensor], X: Array, dO: Array | None
) -> tuple[Array, Array | None]:
    """Return what `function` makes of X and, where there is a `dO`, the gradient of X."""
    x = _leaf(X)
    output = function(x)
    return output.detach().numpy(), None if dO is None else _gradients(output, [x], dO)[0]


def ReLU(X: Array, dO: Array | None) -> tuple[Array, Array | None]:
    """Return max(X, 0) and its gradient, which is 0 where X is 0."""
    return _layer(torch.relu, X, dO)


def Flatten(X: Array, dO: Array | None) -> tuple[Array, Array | None]:
    """Return X (m, ...) as (m, n), and the gradient in the shape of X."""
    return _layer(lambda x: x.flatten(1), X, dO)


def MaxPool2D(
    X: Array, pool_size: int, stride: int | None, dO: Array | None
) -> tuple[Array, Array | None]:
    """Return the largest value of each window, and the gradient, which its first position gets."""
    return _layer(lambda x: F.max_pool2d(x, pool_size, stride), X, dO)


def Linear(X: Array, weight: Array, bias: Array, dO: Array | None) -> tuple[Array | None, ...]:
    """Return X @ weight.T + bias, and the gradients dW, db and dX."""
    x, w, b = map(_leaf, (X, weight, bias))
    output = F.linear(x, w, b)
    gradients = (None, None, None) if dO is None else _gradients(output, [w, b, x], dO)
    return (output.detach().numpy(), *gradients)


_TOYS: dict[str, Callable[..., torch.Tensor]] = {
    "scale": torch.mul,
    "shift": torch.add,
    "cube": lambda x: x**3,
    "sine": torch.sin,
}


def Sequential(X: Array, layers: tuple[tuple[Any, ...], ...], dO: Array | None) -> tuple[Any, ...]:
    """Return the output of the toy layers, the gradients of each one's parameters, and dX."""
    x = _leaf(X)
    parameters = [[_leaf(array) for array in arrays] for _, *arrays in layers]
    output = x
    for (kind, *_), leaves in zip(layers, parameters, strict=True):
        output = _TOYS[kind](output, *leaves)
    if dO is None:
        return output.detach().numpy(), None, None
    *flat, dX = _gradients(output, [*(leaf for leaves in parameters for leaf in leaves), x], dO)
    rest = iter(flat)
    gradients = [tuple(next(rest) for _ in leaves) for leaves in parameters]
    return output.detach().numpy(), gradients, dX


def build_cnn(
    X: Array,
    kernel: Array,
    kernel_bias: Array,
    weight: Array,
    weight_bias: Array,
    options: dict[str, Any],
    dO: Array | None,
) -> tuple[Any, ...]:
    """Return the output of conv, ReLU, max pooling, flatten and linear, and all gradients."""
    leaves = [_leaf(array) for array in (kernel, kernel_bias, weight, weight_bias, X)]
    k, kb, w, wb, x = leaves
    pooled = F.max_pool2d(torch.relu(_conv(x, k, kb, options)), options["pool_size"])
    output = F.linear(pooled.flatten(1), w, wb)
    gradients = (None,) * 5 if dO is None else _gradients(output, leaves, dO)
    return (output.detach().numpy(), *gradients)
