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
NOTHING = "nada"


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


def _beside_conv(layer: Callable[..., Any], kernel: Array, options: dict[str, Any]) -> Any:
    """Build another Conv2D, of other sizes, weights and options."""
    filters, in_channels = kernel.shape[:2]
    return layer(
        in_channels + 1,
        filters + 1,
        2,
        stride=options["stride"] + 1,
        padding=1,
        kernel_initializer=lambda shape: np.full(shape, 0.25),
        bias_initializer=lambda shape: np.full(shape, 3.0),
    )


def conv_forward(
    layer: Callable[..., Any], X: Array, kernel: Array, bias: Array | None, options: dict[str, Any]
) -> tuple[Any, ...]:
    """Return the layer's parameters and its output, or `only` what the case is about.

    Where it is about parameters, or the options ask for it, another layer is built `beside` it.
    """
    only = options.get("only")
    if only == "errors":
        error = _attempt(lambda: _build_conv(layer, kernel, bias, options))[1]
        return None, None, None, error, NOTHING
    built = _build_conv(layer, kernel, bias, options)
    before = _held_by_the_class(built)
    if only == "parameters" or "beside" in options:
        _beside_conv(layer, kernel, options)
    output = None if only == "parameters" else built.forward(X)
    held = _held_by_the_class(built)
    shared = ", ".join(name for name in held if held[name] != before.get(name)) or NOTHING
    return getattr(built, "kernel", None), getattr(built, "bias", None), output, NO_ERROR, shared


def _held_by_the_class(built: Any) -> dict[str, Any]:
    """Tell by name which objects a layer's class holds, and which are in its lists and dicts."""
    held = {}
    for name, value in vars(type(built)).items():
        parts = value.values() if isinstance(value, dict) else value
        inside = isinstance(value, dict | list | set)
        held[name] = id(value), [id(part) for part in parts] if inside else []
    return held


def conv_backward(
    layer: Callable[..., Any],
    X: Array,
    kernel: Array,
    bias: Array | None,
    options: dict[str, Any],
    dO: Array,
) -> Any:
    """Return the layer's gradients; where the options give what came `before`, of a layer in use."""
    built = _build_conv(layer, kernel, bias, options)
    if "before" in options:
        _use(built, options["before"])
        built.forward(X)
        built.backward(dO + 1)
    built.forward(X)
    if "before" in options:
        before = options["before"]
        _use(_beside_conv(layer, kernel, options), np.concatenate((before, before[:, :1]), axis=1))
    gradients = built.backward(dO)
    if bias is None and isinstance(gradients, tuple | list) and len(gradients) == 2:  # noqa: PLR2004
        return gradients[0], WITHOUT_BIAS, gradients[1]
    return gradients


def _use(layer: Any, X: Array) -> None:
    """Go forward and backward once."""
    layer.backward(np.ones_like(layer.forward(X)))


def _there_and_back(
    layer: Any, X: Array, dO: Array | None, beside: tuple[Any, Array] | None = None
) -> tuple[Any, Any]:
    """Return the layer's output and what its backward returns; None without a `dO`.

    Given another layer `beside` it, and an input of that one, the layer has been used before, with
    another input and with the same, and the other one is used between forward and backward.
    """
    if beside is None or dO is None:
        output = layer.forward(X)
        return output, None if dO is None else layer.backward(dO)
    _use(layer, np.concatenate((X[:1] + 1, X)))
    layer.forward(X)
    layer.backward(dO + 1)
    output = layer.forward(X)
    _use(*beside)
    return output, layer.backward(dO)


def plain(
    layer: Callable[..., Any],
    X: Array,
    dO: Array | None,
    reused: bool = False,  # noqa: FBT001, FBT002 - a case's arguments
) -> tuple[Any, Any]:
    """Drive a layer that is built without arguments."""
    built = layer()
    return _there_and_back(built, X, dO, (layer(), 2 * X[..., 1:] - 1) if reused else None)


def bias(
    layer: Callable[..., Any],
    X: Array,
    values: Array,
    dO: Array | None,
    reused: bool = False,  # noqa: FBT001, FBT002 - a case's arguments
) -> Any:
    """Drive a layer that adds `values`, one a channel."""
    built = layer(values)
    beside = (layer(values[:1] + 1), 2 * X[:, :1]) if reused else None
    output, gradients = _there_and_back(built, X, dO, beside)
    if dO is None:
        return output, None, None
    return (output, *gradients) if isinstance(gradients, tuple | list) else gradients


def pool(
    layer: Callable[..., Any],
    X: Array,
    pool_size: int,
    stride: int | None,
    dO: Array | None,
    reused: bool = False,  # noqa: FBT001, FBT002 - a case's arguments
) -> tuple[Any, Any]:
    """Drive a pooling layer, built without a stride where that is None."""
    built = layer(pool_size) if stride is None else layer(pool_size, stride=stride)
    return _there_and_back(built, X, dO, (layer(1, stride=3), -X[:, :1]) if reused else None)


def linear(
    layer: Callable[..., Any],
    X: Array,
    weight: Array,
    bias: Array,
    dO: Array | None,
    reused: bool = False,  # noqa: FBT001, FBT002 - a case's arguments
) -> Any:
    """Drive a dense layer whose initializers give `weight` and `bias`, and return these, too."""
    built = _build_linear(layer, weight, bias)
    beside = (_build_linear(layer, weight[1:, 1:] + 1, bias[1:]), -X[:, 1:])
    output, gradients = _there_and_back(built, X, dO, beside if reused else None)
    parameters = getattr(built, "weight", None), getattr(built, "bias", None)
    if dO is None:
        return (*parameters, output, None, None, None)
    if isinstance(gradients, tuple | list):
        return (*parameters, output, *gradients)
    return gradients


def _build_linear(layer: Callable[..., Any], weight: Array, bias: Array) -> Any:
    out_features, in_features = weight.shape
    return layer(
        in_features,
        out_features,
        weight_initializer=lambda shape: np.resize(weight, shape),
        bias_initializer=lambda shape: np.resize(bias, shape),
    )


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
    stack: Callable[..., Any],
    X: Array,
    layers: tuple[tuple[Any, ...], ...],
    dO: Array | None,
    reused: bool = False,  # noqa: FBT001, FBT002 - a case's arguments
) -> Any:
    """Drive a stack of toy layers, so that it stands or falls alone."""
    built = stack(*(TOYS[kind](*arrays) for kind, *arrays in layers))
    return _stacked(built, X, dO, (stack(Cube(), Sine()), 2 * X) if reused else None)


def _stacked(
    built: Any, X: Array, dO: Array | None, beside: tuple[Any, Array] | None = None
) -> tuple[Any, ...]:
    """Return a stack's output, the gradients of each layer's parameters, and dX."""
    output, result = _there_and_back(built, X, dO, beside)
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
    """Build a convolution, its bias and its activation with these weights, and drive them.

    Another one is built beside them.
    """
    built = function(kernel, bias, **options)
    function(kernel[:, :, :1, :1] + 1, bias + 1)
    return _stacked(built, X, dO)


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
    """Build a network with these weights, and another one beside it, and drive it."""
    built = function(kernel, kernel_bias, weight, weight_bias, **options)
    function(kernel + 1, kernel_bias + 1, weight[:, :1], weight_bias)
    output, result = _there_and_back(built, X, dO)
    if dO is None:
        return output, *[None] * 5
    gradients, dX = result
    return (output, *(gradient for layer in gradients for gradient in layer), dX)
