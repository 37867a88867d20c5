"""Oracles of lab 6: torch's own answers, and the facts that hold for any sensible network."""

# ruff: noqa: N802 - an oracle is called as its exercise is, and some exercises are classes

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from grader.exercises.cases.pytorch import (
    EXPRESSIONS,
    LIMITS,
    LOGITS,
    NONE,
    REFUSED,
    UNTOUCHED,
    build_toy,
    make_batches,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

Array = np.ndarray[Any, Any]


def _tensor(array: Array) -> torch.Tensor:
    return torch.tensor(array, dtype=torch.float64)


def _pixels(images: Array) -> torch.Tensor:
    """Return images (N, H, W, 3) of bytes as a tensor (N, 3, H, W) from -1 to 1."""
    return torch.einsum("nhwc->nchw", _tensor(images)) / 127.5 - 1


def to_tensor(images: Array) -> tuple[torch.Tensor, str]:
    """Return the images as a network takes them, and the dtype that they should have."""
    return _pixels(images), "float32"


def change_brightness(X: Array, factors: Array) -> torch.Tensor:
    """Multiply each image's light, where -1 is black, and cut it at white."""
    lit = torch.einsum("nchw,n->nchw", _tensor(X) + 1, _tensor(factors)) - 1
    return lit.clamp(-1, 1)


def value_and_gradient(expression: str, x: Array, times: int) -> tuple[Any, ...]:
    """Return the value and the gradient of an expression, the same however often it is asked."""
    del times
    leaf = _tensor(x).requires_grad_()
    value = EXPRESSIONS[expression](leaf)
    (gradient,) = torch.autograd.grad(value, leaf)
    return value.item(), gradient, UNTOUCHED


def conv_output_size(n: int, kernel_size: int, stride: int, padding: int) -> int:
    """Return the size that torch gives the convolution of a row of n zeros."""
    row, kernel = torch.zeros(1, 1, n), torch.zeros(1, 1, kernel_size)
    return int(F.conv1d(row, kernel, None, stride, padding).shape[2])


def count_parameters(layer: dict[str, Any]) -> int:
    """Build the layer in torch and count."""
    options = {name: value for name, value in layer.items() if name != "type"}
    built: nn.Module = getattr(nn, layer["type"])(**options)
    return sum(parameter.numel() for parameter in built.parameters())


def table_by_hand() -> tuple[dict[str, tuple[int, ...]], dict[str, int]]:
    """Build the network of the table and measure each layer's output and parameters."""
    layers: dict[str, nn.Module] = {
        "conv1": nn.Conv2d(3, 8, 5, stride=2, padding=2),
        "pool1": nn.MaxPool2d(3, stride=2),
        "conv2": nn.Conv2d(8, 16, 3, bias=False),
        "norm2": nn.BatchNorm2d(16),
        "flatten": nn.Flatten(),
        "fc": nn.Linear(400, 2),
    }
    shapes = {}
    X = torch.zeros(2, 3, 32, 32)
    for name, layer in layers.items():
        X = layer(X)
        shapes[name] = tuple(X.shape[1:])
    return shapes, {
        name: sum(p.numel() for p in layer.parameters()) for name, layer in layers.items()
    }


def PetDataset(
    images: Array,
    labels: Array,
    indices: Sequence[int],
    transformed: bool,  # noqa: FBT001
) -> tuple[Any, ...]:
    """Return the length, and the images and labels of some examples, mirrored if so asked."""
    if not indices:
        return len(images), None, None, None
    X = _pixels(images[list(indices)])
    return (
        len(images),
        X.flip(-1) if transformed else X,
        torch.tensor(labels[list(indices)]),
        "int64",
    )


def make_loader(numbers: Array, batch_size: int, training: bool) -> tuple[Any, ...]:  # noqa: FBT001
    """Return the batch sizes, all examples, whether they are shuffled, and always the same way."""
    sizes = [len(numbers[i : i + batch_size]) for i in range(0, len(numbers), batch_size)]
    return sizes, torch.tensor(numbers), training, not training


def flip_images(X: Array, which: Array) -> torch.Tensor:
    """Mirror the chosen images, one by one."""
    flipped = [
        torch.from_numpy(x[..., ::-1].copy() if chosen else x)
        for x, chosen in zip(X.astype(float), which, strict=True)
    ]
    return torch.stack(flipped)


def shift_images(X: Array, dy: Array, dx: Array) -> torch.Tensor:
    """Shift each image by its dy down and its dx to the right, with zeros coming in."""
    moves = zip(_tensor(X), dy.tolist(), dx.tolist(), strict=True)
    return torch.stack([F.pad(x, (right, -right, down, -down)) for x, down, right in moves])


def PetNet(what: str, size: int, X: Array, labels: Array) -> dict[str, Any]:
    """Return the facts of a network that works, whatever its layers."""
    del size, labels
    facts: dict[str, dict[str, Any]] = {
        "shapes": {
            "forma de la salida": (len(X), 2),
            "dtype": "float32",
            "todos los valores son finitos": True,
        },
        "logits": {"sus salidas son": LOGITS},
        "parameters": {
            "tiene convoluciones (nn.Conv2d)": True,
            LIMITS: True,
            "parámetros sin gradiente": NONE,
            "su state_dict guarda todos sus pesos": True,
        },
        "learning": {
            "parámetros que no cambian": NONE,
            "la pérdida baja": True,
            "reconoce el patrón en imágenes nuevas": True,
        },
        "eval_mode": {
            "dos pasadas dan lo mismo": True,
            "una imagen sola da lo mismo que en un lote": True,
            "predecir deja el modelo como estaba": True,
        },
    }
    return facts[what]


def train_one_epoch(
    X: Array, y: Array, weight: Array, bias: Array, options: dict[str, Any]
) -> tuple[Any, ...]:
    """Return the mean loss of an epoch, and the weights after a step of SGD for each batch."""
    model = build_toy(weight, bias, options["extra"]).train()
    parameters = list(model.parameters())
    total = 0.0
    for images, labels in make_batches(X, y, options["batch_size"]):
        loss = F.cross_entropy(model(-images if options["augment"] else images), labels)
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for part, gradient in zip(parameters, gradients, strict=True):
                part.sub_(options["rate"] * gradient)
        total += loss.item() * len(labels)
    return total / len(y), model[-1].weight, model[-1].bias


def evaluate(
    X: Array, y: Array, weight: Array, bias: Array, options: dict[str, Any]
) -> tuple[float, float, bool]:
    """Return the loss and the accuracy on all images at once, and that autograd was off."""
    model = build_toy(weight, bias, options["extra"]).eval()
    labels = torch.tensor(y)
    with torch.no_grad():
        Z = model(_tensor(X))
    accuracy = (Z.argmax(dim=1) == labels).double().mean()
    return F.cross_entropy(Z, labels).item(), accuracy.item(), False


def save_weights(weight: Array, bias: Array, statistics: Array) -> dict[str, Any]:
    """Return the names and values of a full state_dict."""
    return {
        "1.weight": torch.ones(len(statistics)).double(),
        "1.bias": torch.zeros(len(statistics)).double(),
        "1.running_mean": _tensor(statistics),
        "1.running_var": _tensor(statistics) ** 2 + 1,
        "1.num_batches_tracked": torch.tensor(0),
        "2.weight": _tensor(weight),
        "2.bias": _tensor(bias),
    }


def load_weights(
    weight: Array,
    bias: Array,
    statistics: Array,
    X: Array,
    dangerous: bool,  # noqa: FBT001
) -> tuple[Any, ...]:
    """Return what the saved network makes of X, its mode, and what becomes of a file with code."""
    standard = (_tensor(X).flatten(1) - _tensor(statistics)) / torch.sqrt(
        _tensor(statistics) ** 2 + 1 + nn.BatchNorm1d(1).eps
    )
    Z = standard @ _tensor(weight).T + _tensor(bias)
    return Z, "eval", REFUSED if dangerous else None


def convert_weights(
    W1: Array, b1: Array, W2: Array, b2: Array, n_H: int, n_W: int
) -> tuple[torch.Tensor, ...]:
    """Return the weights of lab 5's network (NHWC) in the order in which torch has them."""
    filters = W1.shape[3]
    rows = _tensor(W2).reshape(n_H, n_W, filters, 2)
    return (
        torch.einsum("hwcf->fchw", _tensor(W1)),
        _tensor(b1).flatten(),
        torch.einsum("hwco->ochw", rows).flatten(1),
        _tensor(b2).flatten(),
    )
