"""Torch oracles of lab 2: pooling, the mask of a maximum, a value shared out, and the gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from grader.exercises.references.convolution import tensor

Array = np.ndarray[Any, Any]
Hyper = dict[str, int]


def _pool(A_prev: torch.Tensor, hparameters: Hyper, mode: str) -> torch.Tensor:
    """Pool NHWC images by way of torch's NCHW."""
    images = A_prev.permute(0, 3, 1, 2)
    f, stride = hparameters["f"], hparameters["stride"]
    if mode == "max":
        return F.max_pool2d(images, f, stride=stride).permute(0, 2, 3, 1)
    return F.avg_pool2d(images, f, stride=stride).permute(0, 2, 3, 1)


def pool_forward(
    A_prev: Array, hparameters: Hyper, mode: str = "max"
) -> tuple[Array, tuple[Array, Hyper]]:
    """Return A (m, n_H, n_W, n_C) and the cache (A_prev, hparameters)."""
    return _pool(tensor(A_prev), hparameters, mode).numpy(), (A_prev, hparameters)


def create_mask_from_window(x: Array) -> Array:
    """Return an array of x's shape that is True where x (n_H, n_W) has its maximum."""
    window = tensor(x)
    return np.asarray((window == window.max()).numpy())


def distribute_value(dz: float, shape: tuple[int, int]) -> Array:
    """Return an array of `shape`, all of its entries equal, that sum to dz."""
    share = torch.full(shape, float(dz), dtype=torch.float64) / (shape[0] * shape[1])
    return np.asarray(share.numpy())


def pool_backward(dA: Array, cache: tuple[Array, Hyper], mode: str = "max") -> Array:
    """Return the gradient dA_prev of sum(dA * A), by autograd."""
    A_prev, hparameters = cache
    leaf = tensor(A_prev).requires_grad_()
    (gradient,) = torch.autograd.grad(_pool(leaf, hparameters, mode), leaf, tensor(dA))
    return np.asarray(gradient.numpy())
