"""Lab 5's network: an epoch in NumPy, against the same in torch, and against the loops of lab 1.

    python benchmarks/training.py [--images 1000] [--batch 16] [--repeats 3] [--looped 4]

An epoch is forward, cost, backward and update over all images in mini-batches, float32, on one
thread. Both start from the same parameters, and their last costs must agree. The loops of labs 1 and
2 are timed on ``--looped`` images and scaled up: a whole epoch of theirs takes minutes.
"""

# ruff: noqa: E402 - one thread must be asked for before NumPy is imported
from __future__ import annotations

import os

for _name in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{_name}_NUM_THREADS"] = "1"

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F

from grader.data import draw

sys.path.insert(
    0, str(Path(__file__).parents[1] / "source" / "05-cats-vs-dogs")
)  # what it hands out
from fastconv import conv_backward, conv_forward, pool_backward, pool_forward

if TYPE_CHECKING:
    from collections.abc import Callable

Array = np.ndarray[Any, Any]
Parameters = dict[str, Array]
SIDE, FILTERS, CLASSES = 32, 16, 2
CONV, POOL = {"stride": 1, "pad": 1}, {"f": 2, "stride": 2}
RATE = 0.05
WITHIN = 4.0
FASTER = 50.0
AGREEMENT = 1e-3


def initial(seed: int) -> Parameters:
    """Return parameters as the lab initializes them."""
    rng = np.random.default_rng(seed)
    inputs = (SIDE // 2) ** 2 * FILTERS
    parameters = {
        "W1": rng.standard_normal((3, 3, 3, FILTERS)) * np.sqrt(2 / 27),
        "b1": np.zeros((1, 1, 1, FILTERS)),
        "W2": rng.standard_normal((inputs, CLASSES)) * 0.01,
        "b2": np.zeros((1, CLASSES)),
    }
    return {name: array.astype(np.float32) for name, array in parameters.items()}


def numpy_epoch(
    images: Array,
    Y: Array,
    parameters: Parameters,
    batch: int,
    layers: tuple[Callable[..., Any], ...] = (
        conv_forward,
        pool_forward,
        pool_backward,
        conv_backward,
    ),
) -> float:
    """Train an epoch in place, as the lab's reference does; return the last batch's cost."""
    forward, pool, unpool, backward = layers
    cost = 0.0
    for start in range(0, len(images), batch):
        x, y = images[start : start + batch], Y[start : start + batch]
        Z1, conv_cache = forward(x, parameters["W1"], parameters["b1"], CONV)
        P1, pool_cache = pool(np.maximum(Z1, 0), POOL)
        flat = P1.reshape(len(x), -1)
        scores = flat @ parameters["W2"] + parameters["b2"]
        A = np.exp(scores - scores.max(axis=1, keepdims=True))
        A /= A.sum(axis=1, keepdims=True)
        cost = float(-np.sum(y * np.log(np.maximum(A, 1e-12))) / len(x))
        dZ2 = (A - y) / len(x)
        dP1 = (dZ2 @ parameters["W2"].T).reshape(P1.shape)
        dZ1 = unpool(dP1, pool_cache) * (Z1 > 0)
        _, dW1, db1 = backward(dZ1, conv_cache)
        gradients = {"W1": dW1, "b1": db1, "W2": flat.T @ dZ2, "b2": dZ2.sum(0, keepdims=True)}
        for name in parameters:
            parameters[name] = parameters[name] - RATE * gradients[name]
    return cost


def torch_epoch(
    images: torch.Tensor, labels: torch.Tensor, leaves: list[torch.Tensor], batch: int
) -> float:
    """Train an epoch of the same network with torch's layers, autograd and SGD (NCHW)."""
    W1, b1, W2, b2 = leaves
    optimizer = torch.optim.SGD(leaves, lr=RATE)
    cost = torch.zeros(())
    for start in range(0, len(images), batch):
        x, y = images[start : start + batch], labels[start : start + batch]
        maps = F.max_pool2d(F.relu(F.conv2d(x, W1, b1, padding=1)), 2)
        cost = F.cross_entropy(F.linear(maps.flatten(1), W2, b2), y)
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
    return cost.item()


def as_torch(parameters: Parameters) -> list[torch.Tensor]:
    """Return the parameters as torch lays them out: filters first, features channel by channel."""
    half = SIDE // 2
    W2 = parameters["W2"].reshape(half, half, FILTERS, CLASSES).transpose(3, 2, 0, 1)
    arrays = (
        parameters["W1"].transpose(3, 2, 0, 1),
        parameters["b1"].ravel(),
        W2.reshape(CLASSES, -1),
        parameters["b2"].ravel(),
    )
    return [torch.tensor(np.ascontiguousarray(array)).requires_grad_() for array in arrays]


def looped_conv_forward(A_prev: Array, W: Array, b: Array, hparameters: dict[str, int]) -> Any:
    """Convolve window by window, as lab 1 does."""
    pad, f = hparameters["pad"], len(W)
    padded = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    Z = np.zeros((*A_prev.shape[:3], W.shape[3]))
    for i, h, w, c in np.ndindex(*Z.shape):
        Z[i, h, w, c] = np.sum(padded[i, h : h + f, w : w + f] * W[..., c]) + b[0, 0, 0, c]
    return Z, (A_prev, W, b, hparameters)


def looped_conv_backward(dZ: Array, cache: tuple[Any, ...]) -> tuple[Array, Array, Array]:
    """Give each window its gradients back, as lab 1 does."""
    A_prev, W, b, hparameters = cache
    pad, f = hparameters["pad"], len(W)
    padded = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    dA_prev, dW, db = np.zeros(padded.shape), np.zeros(W.shape), np.zeros(b.shape)
    for i, h, w, c in np.ndindex(*dZ.shape):
        dA_prev[i, h : h + f, w : w + f] += W[..., c] * dZ[i, h, w, c]
        dW[..., c] += padded[i, h : h + f, w : w + f] * dZ[i, h, w, c]
        db[..., c] += dZ[i, h, w, c]
    return dA_prev[:, pad:-pad, pad:-pad], dW, db


def looped_pool_forward(A_prev: Array, hparameters: dict[str, int]) -> Any:
    """Take each window's largest value, as lab 2 does."""
    f = hparameters["f"]
    m, n_H, n_W, n_C = A_prev.shape
    A = np.zeros((m, n_H // f, n_W // f, n_C))
    for i, h, w, c in np.ndindex(*A.shape):
        A[i, h, w, c] = np.max(A_prev[i, f * h : f * h + f, f * w : f * w + f, c])
    return A, (A_prev, hparameters)


def looped_pool_backward(dA: Array, cache: tuple[Any, ...]) -> Array:
    """Give each window's largest value its gradient, as lab 2 does."""
    A_prev, hparameters = cache
    f = hparameters["f"]
    dA_prev = np.zeros(A_prev.shape)
    for i, h, w, c in np.ndindex(*dA.shape):
        place = (i, slice(f * h, f * h + f), slice(f * w, f * w + f), c)
        dA_prev[place] += (A_prev[place] == np.max(A_prev[place])) * dA[i, h, w, c]
    return dA_prev


LOOPS = (looped_conv_forward, looped_pool_forward, looped_pool_backward, looped_conv_backward)


def timed(run: Callable[[], float]) -> tuple[float, float]:
    """Return the seconds that `run` took, and what it returned."""
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result


def main() -> None:
    """Print seconds an epoch and ratios, a line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--looped", type=int, default=4)
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    pixels, labels = draw(arguments.images, SIDE, 2023)
    images = pixels.astype(np.float32) / np.float32(127.5) - np.float32(1)
    Y = np.eye(CLASSES, dtype=np.float32)[labels]
    x = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))
    y = torch.from_numpy(labels)

    ours, theirs = [], []
    gap = 0.0
    for seed in range(arguments.repeats):  # in turns, so that a busy machine is busy for both
        parameters = initial(seed)
        leaves = as_torch(parameters)
        seconds, cost = timed(lambda p=parameters: numpy_epoch(images, Y, p, arguments.batch))
        ours.append(seconds)
        seconds, other = timed(lambda t=leaves: torch_epoch(x, y, t, arguments.batch))
        theirs.append(seconds)
        gap = max(gap, abs(cost - other))
    few = slice(0, arguments.looped)
    parameters = initial(0)
    looped, _ = timed(
        lambda: numpy_epoch(images[few], Y[few], parameters, arguments.batch, layers=LOOPS)
    )
    looped *= arguments.images / arguments.looped

    print(f"one epoch, {arguments.images} images of {SIDE}x{SIDE} in batches of {arguments.batch}")
    names = ("NumPy, vectorised", "torch, one thread", "NumPy, loops (scaled up)")
    for name, value in zip(names, (min(ours), min(theirs), looped), strict=True):
        print(f"  {name:25} {value:8.2f} s")
    ratio, gain = min(ours) / min(theirs), looped / min(ours)
    pairs = ", ".join(f"{a / b:.2f}" for a, b in zip(ours, theirs, strict=True))
    print(f"  NumPy / torch  {ratio:6.2f}  (wanted <= {WITHIN:g}; each repeat: {pairs})")
    print(f"  loops / NumPy  {gain:6.0f}  (wanted >= {FASTER:g})")
    print(f"  last costs differ by {gap:.1e}  (wanted <= {AGREEMENT:g})")


if __name__ == "__main__":
    main()
