"""Torch oracles of lab 5: each piece of the network, all of it by autograd, and its training."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from grader.exercises.cases.network import HPARAMETERS_CONV, HPARAMETERS_POOL
from grader.exercises.references.convolution import tensor

Array = np.ndarray[Any, Any]
Parameters = dict[str, Array]
Leaves = dict[str, torch.Tensor]
NAMES = ("W1", "b1", "W2", "b2")


def one_hot_encode(labels: Array, num_classes: int) -> Array:
    """Return Y (m, num_classes) for m labels, whatever shape they come in."""
    return np.asarray(F.one_hot(torch.tensor(labels.ravel()), num_classes).numpy())


def relu(Z: Array) -> tuple[Array, Array]:
    """Return max(Z, 0), and Z for the way back."""
    return F.relu(tensor(Z)).numpy(), Z


def relu_backward(dA: Array, cache: Array) -> Array:
    """Return the gradient by Z of sum(dA * relu(Z)), where the cache is Z."""
    Z = tensor(cache).requires_grad_()
    (dZ,) = torch.autograd.grad(F.relu(Z), Z, tensor(dA))
    return np.asarray(dZ.numpy())


def softmax(Z: Array) -> Array:
    """Return the softmax of each row of Z (m, classes)."""
    return np.asarray(tensor(Z).softmax(1).numpy())


def cross_entropy(A: Array, Y: Array) -> float:
    """Return the mean over the images of -log of the probability of the right class."""
    return float(-torch.xlogy(tensor(Y), tensor(A)).sum() / len(A))


def softmax_cross_entropy_backward(A: Array, Y: Array) -> Array:
    """Return the gradient of the cost by the scores Z whose softmax is A."""
    Z = tensor(A).log().requires_grad_()
    (dZ,) = torch.autograd.grad(F.cross_entropy(Z, tensor(Y)), Z)
    return np.asarray(dZ.numpy())


def fully_connected_forward(A_prev: Array, W: Array, b: Array) -> tuple[Array, tuple[Array, ...]]:
    """Return Z (m, n) and the cache (A_prev, W, b)."""
    return F.linear(tensor(A_prev), tensor(W).T, tensor(b)[0]).numpy(), (A_prev, W, b)


def fully_connected_backward(dZ: Array, cache: tuple[Array, ...]) -> tuple[Array, ...]:
    """Return the gradients dA_prev, dW and db of sum(dZ * Z), by autograd."""
    leaves = [tensor(array).requires_grad_() for array in cache]
    A_prev, W, b = leaves
    gradients = torch.autograd.grad(A_prev @ W + b, leaves, tensor(dZ))
    return tuple(gradient.numpy() for gradient in gradients)


def _convolved(images: Array, W: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return Z1 (NHWC), the network's convolution."""
    nchw = F.conv2d(
        tensor(images).permute(0, 3, 1, 2),
        W.permute(3, 2, 0, 1),
        b.flatten(),
        stride=HPARAMETERS_CONV["stride"],
        padding=HPARAMETERS_CONV["pad"],
    )
    return nchw.permute(0, 2, 3, 1)


def _pooled(A1: torch.Tensor) -> torch.Tensor:
    """Return the flat maps (m, n) after the network's max pooling of A1 (NHWC)."""
    nchw = A1.permute(0, 3, 1, 2)
    pooled = F.max_pool2d(nchw, HPARAMETERS_POOL["f"], HPARAMETERS_POOL["stride"])
    return pooled.permute(0, 2, 3, 1).flatten(1)


def _forward(images: Array, leaves: Leaves) -> tuple[torch.Tensor, ...]:
    """Return Z1, A1 (both NHWC), the flat maps and the scores of the network."""
    Z1 = _convolved(images, leaves["W1"], leaves["b1"])
    A1 = F.relu(Z1)
    flat = _pooled(A1)
    return Z1, A1, flat, flat @ leaves["W2"] + leaves["b2"]


def _leaves(parameters: Parameters) -> Leaves:
    return {name: tensor(parameters[name]).requires_grad_() for name in NAMES}


def simple_cnn_model(images: Array, parameters: Parameters) -> tuple[Array, tuple[Any, ...]]:
    """Return the probabilities A (m, classes) and the caches of the four layers."""
    with torch.no_grad():
        Z1, A1, flat, scores = _forward(images, _leaves(parameters))
    caches = (
        (images, parameters["W1"], parameters["b1"], dict(HPARAMETERS_CONV)),
        Z1.numpy(),
        (A1.numpy(), dict(HPARAMETERS_POOL)),
        (flat.numpy(), parameters["W2"], parameters["b2"]),
    )
    return scores.softmax(1).numpy(), caches


def backward_propagation(A: Array, Y: Array, caches: tuple[Any, ...]) -> tuple[Array, ...]:
    """Return dW1, db1, dW2 and db2, by autograd of each layer from what its cache holds."""
    (images, W1, b1, _), cached_Z1, _, cache_dense = caches
    dscores = softmax_cross_entropy_backward(A, Y)
    dflat, dW2, db2 = fully_connected_backward(dscores, cache_dense)
    Z1 = tensor(cached_Z1).requires_grad_()
    (dZ1,) = torch.autograd.grad(_pooled(F.relu(Z1)), Z1, tensor(dflat))
    filters = [tensor(array).requires_grad_() for array in (W1, b1)]
    dW1, db1 = torch.autograd.grad(_convolved(images, *filters), filters, dZ1)
    return dW1.numpy(), db1.numpy(), dW2, db2


def update_parameters(
    parameters: Parameters, gradients: Parameters, learning_rate: float
) -> tuple[Parameters, bool]:
    """Return the parameters after one step of torch's SGD; what came in stays as it was."""
    leaves = _leaves(parameters)
    for name, leaf in leaves.items():
        leaf.grad = tensor(gradients[f"d{name}"])
    torch.optim.SGD(list(leaves.values()), lr=learning_rate).step()
    return _plain(leaves), True


def train_epoch(
    images: Array,
    Y: Array,
    parameters: Parameters,
    learning_rate: float,
    batch_size: int,
    order: Array,
) -> tuple[Parameters, float]:
    """Train once through the images in `order`, in batches, with torch's autograd and SGD."""
    leaves = _leaves(parameters)
    optimizer = torch.optim.SGD(list(leaves.values()), lr=learning_rate)
    total = 0.0
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        optimizer.zero_grad()
        *_, scores = _forward(images[chosen], leaves)
        cost = F.cross_entropy(scores, tensor(Y[chosen]))
        cost.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        total += cost.item() * len(chosen)
    return _plain(leaves), total / len(order)


def _plain(leaves: Leaves) -> Parameters:
    return {name: leaf.detach().numpy() for name, leaf in leaves.items()}
