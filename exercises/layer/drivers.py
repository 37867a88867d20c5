"""How lab 3's functions and layers are called: what a student wrote, on a case's arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    Array = np.ndarray[Any, Any]

NO_ERROR = "ninguno"
EXPLAINED = "ValueError"
UNEXPLAINED = "ValueError sin mensaje"
WITHOUT_BIAS = "sin db"


def _attempt(make: Callable[[], Any]) -> tuple[Any, str]:
    """Return what `make` returns, and whether it raised a `ValueError` instead."""
    try:
        return make(), NO_ERROR
    except ValueError as error:
        return None, EXPLAINED if str(error).strip() else UNEXPLAINED


def resolve(
    function: Callable[..., Any],
    padding: str | int,
    kernel_size: tuple[int, int],
    stride: int,
    errors: bool,  # noqa: FBT001 - a case's arguments
) -> tuple[Any, str]:
    """Return the pads; where the case is about `errors`, also whether there was one."""
    if not errors:
        return function(padding, kernel_size, stride), NO_ERROR
    return _attempt(lambda: function(padding, kernel_size, stride))


def _build_conv(
    layer: Callable[..., Any], kernel: Array, bias: Array | None, options: dict[str, Any]
) -> Any:
    """Build a student's Conv2D whose initializers give `kernel` and `bias` (None: without bias).

    The initializers fill whatever shape they are asked for, so a layer that asks for another one
    has another kernel, and doesn't crash here.
    """
    filters, in_channels = kernel.shape[:2]
    return layer(
        in_channels,
        filters,
        options["kernel_size"],
        stride=options["stride"],
        padding=options["padding"],
        bias=bias is not None,
        kernel_initializer=lambda shape: np.resize(kernel, shape),
        bias_initializer=lambda shape: np.resize(1.0 if bias is None else bias, shape),
    )


def conv_forward(
    layer: Callable[..., Any], X: Array, kernel: Array, bias: Array | None, options: dict[str, Any]
) -> tuple[Any, ...]:
    """Return the layer's parameters and its output, or `only` what the case is about."""
    only = options.get("only")
    if only == "errors":
        return None, None, None, _attempt(lambda: _build_conv(layer, kernel, bias, options))[1]
    built = _build_conv(layer, kernel, bias, options)
    output = None if only == "parameters" else built.forward(X)
    return getattr(built, "kernel", None), getattr(built, "bias", None), output, NO_ERROR


def conv_backward(
    layer: Callable[..., Any],
    X: Array,
    kernel: Array,
    bias: Array | None,
    options: dict[str, Any],
    dO: Array,
) -> Any:
    """Return the layer's gradients, after another call of it if the options give a `before`."""
    built = _build_conv(layer, kernel, bias, options)
    if "before" in options:
        built.backward(np.ones_like(built.forward(options["before"])))
    built.forward(X)
    gradients = built.backward(dO)
    if bias is None and isinstance(gradients, tuple | list) and len(gradients) == 2:  # noqa: PLR2004
        return gradients[0], WITHOUT_BIAS, gradients[1]
    return gradients


def _there_and_back(layer: Any, X: Array, dO: Array | None) -> tuple[Any, Any]:
    """Return the layer's output and what its backward returns; None without a `dO`."""
    output = layer.forward(X)
    return output, None if dO is None else layer.backward(dO)


def plain(layer: Callable[..., Any], X: Array, dO: Array | None) -> tuple[Any, Any]:
    """Drive a layer that is built without arguments."""
    return _there_and_back(layer(), X, dO)


def bias(layer: Callable[..., Any], X: Array, values: Array, dO: Array | None) -> Any:
    """Drive a layer that adds `values`, one a channel."""
    output, gradients = _there_and_back(layer(values), X, dO)
    if dO is None:
        return output, None, None
    return (output, *gradients) if isinstance(gradients, tuple | list) else gradients


def pool(
    layer: Callable[..., Any], X: Array, pool_size: int, stride: int | None, dO: Array | None
) -> tuple[Any, Any]:
    """Drive a pooling layer, built without a stride where that is None."""
    built = layer(pool_size) if stride is None else layer(pool_size, stride=stride)
    return _there_and_back(built, X, dO)


def linear(
    layer: Callable[..., Any], X: Array, weight: Array, bias: Array, dO: Array | None
) -> Any:
    """Drive a dense layer whose initializers give `weight` and `bias`."""
    out_features, in_features = weight.shape
    built = layer(
        in_features,
        out_features,
        weight_initializer=lambda shape: np.resize(weight, shape),
        bias_initializer=lambda shape: np.resize(bias, shape),
    )
    output, gradients = _there_and_back(built, X, dO)
    if dO is None:
        return output, None, None, None
    return (output, *gradients) if isinstance(gradients, tuple | list) else gradients


class Scale:
    """Multiply each feature by a weight."""

    def __init__(self, weight: Array) -> None:
        self.weight = weight

    def forward(self, X: Array) -> Array:
        """Return X (m, n) times the weights (n,)."""
        self.X = X
        return X * self.weight

    def backward(self, dO: Array) -> tuple[Array, Array]:
        """Return the gradients of the weights and of X."""
        return (dO * self.X).sum(axis=0), dO * self.weight


class Shift:
    """Add a bias to each feature."""

    def __init__(self, bias: Array) -> None:
        self.bias = bias

    def forward(self, X: Array) -> Array:
        """Return X (m, n) plus the biases (n,)."""
        return X + self.bias

    def backward(self, dO: Array) -> tuple[Array, Array]:
        """Return the gradients of the biases and of X."""
        return dO.sum(axis=0), dO


class Cube:
    """Raise to the third power: a layer without parameters."""

    def forward(self, X: Array) -> Array:
        """Return X cubed."""
        self.X = X
        return X**3

    def backward(self, dO: Array) -> Array:
        """Return the gradient of X, alone."""
        return 3 * self.X**2 * dO


class Sine:
    """Take the sine: another layer without parameters."""

    def forward(self, X: Array) -> Array:
        """Return sin(X)."""
        self.X = X
        return np.sin(X)

    def backward(self, dO: Array) -> Array:
        """Return the gradient of X, alone."""
        return np.cos(self.X) * dO


class Sum:
    """Sum each feature and those before it: a layer that doesn't commute with the others."""

    def forward(self, X: Array) -> Array:
        """Return the sums along X's features."""
        return X.cumsum(axis=1)

    def backward(self, dO: Array) -> Array:
        """Return the gradient of X, alone."""
        return dO[:, ::-1].cumsum(axis=1)[:, ::-1]


TOYS: dict[str, Callable[..., Any]] = {
    "scale": Scale,
    "shift": Shift,
    "cube": Cube,
    "sine": Sine,
    "sum": Sum,
}


def sequential(
    stack: Callable[..., Any], X: Array, layers: tuple[tuple[Any, ...], ...], dO: Array | None
) -> Any:
    """Drive a stack of toy layers, so that it stands or falls alone."""
    return _stacked(stack(*(TOYS[kind](*arrays) for kind, *arrays in layers)), X, dO)


def _stacked(built: Any, X: Array, dO: Array | None) -> tuple[Any, ...]:
    """Return a stack's output, the gradients of each layer's parameters, and dX."""
    output, result = _there_and_back(built, X, dO)
    if dO is None:
        return output, None, None
    return (output, *result) if isinstance(result, tuple | list) else (output, result, None)


def block(
    function: Callable[..., Any],
    X: Array,
    kernel: Array,
    bias: Array,
    options: dict[str, Any],
    dO: Array | None,
) -> tuple[Any, ...]:
    """Build a convolution, its bias and its activation with these weights, and drive them."""
    return _stacked(function(kernel, bias, **options), X, dO)


def cnn(
    function: Callable[..., Any],
    X: Array,
    kernel: Array,
    kernel_bias: Array,
    weight: Array,
    weight_bias: Array,
    options: dict[str, Any],
    dO: Array | None,
) -> Any:
    """Build a network with these weights, and drive it."""
    built = function(kernel, kernel_bias, weight, weight_bias, **options)
    output, result = _there_and_back(built, X, dO)
    if dO is None:
        return output, *[None] * 5
    gradients, dX = result
    return (output, *(gradient for layer in gradients for gradient in layer), dX)
