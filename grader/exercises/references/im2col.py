"""Torch oracles of lab 4: torch's own operations on NCHW tensors, and autograd for gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from grader.exercises.cases.im2col import as_nchw

Array = np.ndarray[Any, Any]
Pair = tuple[int, int]


def tensor(argument: Any) -> torch.Tensor:
    """Return an array of a case, in whatever order it is stored, as a float64 tensor of its own."""
    return torch.tensor(np.ascontiguousarray(as_nchw(argument)), dtype=torch.float64)


def calculate_out(
    size: Pair, kernel_size: Pair, stride: int, padding: int, dilation: int
) -> tuple[int, int]:
    """Return the height and width that torch gives a convolution of an empty image of that size."""
    image, kernel = torch.zeros(1, 1, *size), torch.zeros(1, 1, *kernel_size)
    H_out, W_out = F.conv2d(image, kernel, None, stride, padding, dilation).shape[2:]
    return H_out, W_out


def conv_naive(
    X: Array, W: Array, b: Array, stride: int, padding: int, dilation: int
) -> torch.Tensor:
    """Convolve X (N, C_in, H, W) with W (C_out, C_in, kH, kW) and add b (C_out,)."""
    return F.conv2d(tensor(X), tensor(W), tensor(b), stride, padding, dilation)


def im2col(X: Array, kernel_size: Pair, stride: int, padding: int, dilation: int) -> torch.Tensor:
    """Return the windows of X (N, C, H, W) as columns (N, C * kH * kW, L)."""
    return F.unfold(tensor(X), kernel_size, dilation, padding, stride)


def conv_im2col(
    X: Array, W: Array, b: Array, stride: int, padding: int, dilation: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the convolution H (N, C_out, H_out, W_out) and the columns of X."""
    kernel_size = tensor(W).shape[2:]
    X_col = im2col(X, (kernel_size[0], kernel_size[1]), stride, padding, dilation)
    return conv_naive(X, W, b, stride, padding, dilation), X_col


def max_pool_im2col(H: Array, kernel_size: Pair, stride: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return each window's maximum (N, C, H_pool, W_pool) and its place in it (N, C, L)."""
    M, place_in_map = F.max_pool2d(tensor(H), kernel_size, stride, return_indices=True)
    first_row = torch.arange(M.shape[2]).reshape(-1, 1) * stride
    first_column = torch.arange(M.shape[3]) * stride
    row, column = place_in_map // H.shape[3], place_in_map % H.shape[3]
    place = (row - first_row) * kernel_size[1] + (column - first_column)
    return M, place.flatten(2)


def flatten_linear(M: Array, W_fc: Array, b_fc: Array) -> tuple[torch.Tensor, torch.Tensor]:
    """Return f (N, C * H * W) and the logits Z (N, 1) for W_fc (C * H * W, 1) and b_fc (1,)."""
    f = tensor(M).flatten(1)
    return f, F.linear(f, tensor(W_fc).T, tensor(b_fc))


def bce_with_logits(Z: Array, y: Array) -> float:
    """Return the mean binary cross-entropy of logits Z and labels y, both (N, 1)."""
    return float(F.binary_cross_entropy_with_logits(tensor(Z), tensor(y)))


def head_backward(
    Z: Array, y: Array, W_fc: Array, M_shape: tuple[int, ...]
) -> tuple[torch.Tensor, ...]:
    """Return the gradients dZ (N, 1), df (N, C * H * W) and dM (N, C, H, W) of the loss."""
    M = torch.zeros(M_shape, dtype=torch.float64, requires_grad=True)
    f = M.flatten(1)
    logits = f @ tensor(W_fc)
    shifted = logits + (tensor(Z) - logits.detach())  # the logits are the Z that was given
    loss = F.binary_cross_entropy_with_logits(shifted, tensor(y))
    dZ, df, dM = torch.autograd.grad(loss, (shifted, f, M))
    return dZ, df, dM


def pool_scatter(dM: Array, indices: Array, kernel_size: Pair) -> torch.Tensor:
    """Put dM (N, C, H_pool, W_pool) at `indices` (N, C, L) of zeros (N, C, kH * kW, L)."""
    chosen = F.one_hot(torch.tensor(indices), kernel_size[0] * kernel_size[1]).movedim(-1, 2)
    return chosen * tensor(dM).flatten(2).unsqueeze(2)


def col2im(
    cols: Array, output_size: Pair, kernel_size: Pair, stride: int, padding: int, dilation: int
) -> torch.Tensor:
    """Add columns (N, C * kH * kW, L) up where they came from in maps (N, C, *output_size)."""
    return F.fold(tensor(cols), output_size, kernel_size, dilation, padding, stride)


def weights_backward(
    dH: Array, X_col: Array, W_shape: tuple[int, ...]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return dW (W_shape) and dbias (C_out,) of sum(dH * H), where H is W @ X_col + b."""
    W = torch.zeros(W_shape, dtype=torch.float64, requires_grad=True)
    b = torch.zeros(W_shape[0], dtype=torch.float64, requires_grad=True)
    H_col = W.flatten(1) @ tensor(X_col) + b.reshape(-1, 1)
    dW, dbias = torch.autograd.grad(H_col, (W, b), tensor(dH).flatten(2))
    return dW, dbias


def input_backward(
    dH: Array, W: Array, input_size: Pair, stride: int, padding: int, dilation: int
) -> torch.Tensor:
    """Return dX (N, C_in, *input_size) of sum(dH * H), where H is X convolved with W."""
    kernels = tensor(W)
    shape = (len(dH), kernels.shape[1], *input_size)
    X = torch.zeros(shape, dtype=torch.float64, requires_grad=True)
    H = F.conv2d(X, kernels, None, stride, padding, dilation)
    (dX,) = torch.autograd.grad(H, X, tensor(dH))
    return dX
