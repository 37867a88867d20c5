"""Torch oracles of lab 1: padding, one step, the layer forward, and its gradients by autograd."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

Array = np.ndarray[Any, Any]


def tensor(array: Array) -> torch.Tensor:
    """Return `array` as a float64 tensor of its own."""
    return torch.tensor(np.ascontiguousarray(array), dtype=torch.float64)


def zero_pad(X: Array, pad: int) -> Array:
    """Pad height and width of X (m, n_H, n_W, n_C) with `pad` zeros on each side."""
    return np.asarray(F.pad(tensor(X), (0, 0, pad, pad, pad, pad)).numpy())


def conv_single_step(a_slice_prev: Array, W: Array, b: Array) -> float:
    """Sum a_slice_prev * W, both (f, f, n_C_prev), and add the bias b (1, 1, 1)."""
    return float((tensor(a_slice_prev) * tensor(W)).sum() + tensor(b).sum())


def _conv(
    A_prev: torch.Tensor, W: torch.Tensor, b: torch.Tensor, hparameters: dict[str, int]
) -> torch.Tensor:
    """Convolve NHWC images with (f, f, n_C_prev, n_C) filters by way of torch's NCHW."""
    Z = F.conv2d(
        A_prev.permute(0, 3, 1, 2),
        W.permute(3, 2, 0, 1),
        b.flatten(),
        stride=hparameters["stride"],
        padding=hparameters["pad"],
    )
    return Z.permute(0, 2, 3, 1)


def conv_forward(
    A_prev: Array, W: Array, b: Array, hparameters: dict[str, int]
) -> tuple[Array, tuple[Any, ...]]:
    """Return Z (m, n_H, n_W, n_C) and the cache (A_prev, W, b, hparameters)."""
    Z = _conv(tensor(A_prev), tensor(W), tensor(b), hparameters)
    return Z.numpy(), (A_prev, W, b, hparameters)


def conv_backward(dZ: Array, cache: tuple[Any, ...]) -> tuple[Array, ...]:
    """Return the gradients dA_prev, dW and db of sum(dZ * Z), by autograd."""
    *arrays, hparameters = cache
    leaves = [tensor(array).requires_grad_() for array in arrays]
    Z = _conv(leaves[0], leaves[1], leaves[2], hparameters)
    gradients = torch.autograd.grad(Z, leaves, tensor(dZ))
    return tuple(gradient.numpy() for gradient in gradients)
