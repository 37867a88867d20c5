"""Cases of lab 3: Conv2D and the layers around it, as classes with forward and backward (NCHW).

Images are (m, n_C, n_H, n_W) and kernels (filters, in_channels, kH, kW), as in torch. A layer's
backward returns the gradients of its parameters and then dX; a layer without parameters returns dX
alone. Every case is plain data: the calls below build the student's layer with weights that
initializers hand over, and drive it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from grader.exercises.base import Case, Exercise, Group, Output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.random import Generator

    Array = np.ndarray[Any, Any]

IMAGE_AXES = ("imagen del lote", "canal", "alto", "ancho")
OUTPUT_AXES = ("imagen del lote", "filtro", "alto", "ancho")
KERNEL_AXES = ("filtro", "canal de entrada", "fila del filtro", "columna del filtro")

NO_ERROR = "ninguno"
EXPLAINED = "ValueError"
UNEXPLAINED = "ValueError sin mensaje"


def is_refused(padding: Any, stride: int) -> bool:
    """Tell whether torch refuses this padding: an unknown word, or "same" with a stride.

    >>> is_refused("same", 2), is_refused("same", 1), is_refused(1, 2)
    (True, False, False)
    """
    return isinstance(padding, str) and padding != "valid" and (padding, stride) != ("same", 1)


def _explained(error: ValueError) -> str:
    return EXPLAINED if str(error).strip() else UNEXPLAINED


# --- resolve_padding ---


def _call_padding(function: Callable[..., Any], case: Case) -> tuple[Any, str]:
    padding, _, stride = case.args
    try:
        return function(*case.args), NO_ERROR
    except ValueError as error:
        if not is_refused(padding, stride):
            raise
        return None, _explained(error)


def _paddings(
    *arguments: tuple[Any, tuple[int, int], int],
) -> Callable[[Generator], Iterator[Case]]:
    def make(rng: Generator) -> Iterator[Case]:
        del rng  # all there is to know is listed
        for padding, kernel_size, stride in arguments:
            note = f"padding={padding!r}, kernel_size={kernel_size}, stride={stride}"
            yield Case((padding, kernel_size, stride), note)

    return make


RESOLVE_PADDING = Exercise(
    name="resolve_padding",
    parameters=("padding", "kernel_size", "stride"),
    outputs=(Output("pads"), Output("error")),
    compared=("pads",),
    groups={
        "basic": Group(
            'padding "valid" o entero',
            _paddings(("valid", (3, 3), 1), ("valid", (5, 5), 2), (1, (3, 3), 2), (2, (4, 4), 1)),
        ),
        "same": Group(
            'padding "same", filtro impar',
            _paddings(("same", (3, 3), 1), ("same", (5, 5), 1), ("same", (1, 1), 1)),
        ),
        "same_even": Group(
            'padding "same", filtro par',
            _paddings(("same", (2, 2), 1), ("same", (4, 4), 1), ("same", (6, 6), 1)),
        ),
        "rectangular": Group(
            "filtros que no son cuadrados", _paddings(("same", (3, 7), 1), ("same", (5, 1), 1))
        ),
        "errors": Group(
            "lo que se rechaza",
            _paddings(("same", (3, 3), 2), ("same", (2, 2), 3), ("full", (3, 3), 1)),
            outputs=("error",),
        ),
    },
    call=_call_padding,
)


# --- Conv2D ---


class Size(NamedTuple):
    """The sizes of one convolution: images (m, in_channels, height, width) and its options."""

    images: tuple[int, int, int, int]
    filters: int
    kernel_size: int | tuple[int, int]
    stride: int = 1
    padding: str | int = "valid"
    bias: bool = True

    @property
    def kernel(self) -> tuple[int, int]:
        """The kernel's height and width."""
        size = self.kernel_size
        return (size, size) if isinstance(size, int) else size

    def output(self) -> tuple[int, int, int, int]:
        """The shape of what the layer returns."""
        kernel = self.kernel
        if self.padding == "same":
            totals = [k - 1 for k in kernel]
        else:
            totals = [2 * self.padding if isinstance(self.padding, int) else 0] * 2
        spans = zip(self.images[2:], totals, kernel, strict=True)
        height, width = ((n + total - k) // self.stride + 1 for n, total, k in spans)
        return self.images[0], self.filters, height, width


# Each group turns one thing only, away from "basic"; "combined" turns several at once.
_SIZES: dict[str, tuple[Size, ...]] = {
    "basic": (Size((2, 3, 5, 5), 4, 3), Size((3, 2, 4, 4), 3, 3)),
    "padding": (Size((2, 2, 4, 4), 3, 3, padding=1), Size((2, 3, 3, 3), 2, 3, padding=2)),
    "same": (Size((2, 2, 5, 5), 3, 3, padding="same"), Size((2, 2, 6, 6), 3, 5, padding="same")),
    "same_even": (
        Size((2, 2, 5, 5), 3, 2, padding="same"),
        Size((2, 3, 6, 6), 2, 4, padding="same"),
    ),
    "rectangular": (
        Size((2, 2, 4, 7), 3, (2, 3)),
        Size((2, 3, 6, 4), 2, (3, 2)),
        Size((2, 2, 5, 6), 3, 2),
    ),
    "stride": (Size((2, 2, 5, 5), 3, 3, stride=2), Size((2, 3, 8, 8), 2, 2, stride=3)),
    "remainder": (Size((2, 2, 6, 6), 3, 3, stride=2), Size((2, 3, 7, 7), 2, 2, stride=3)),
    "no_bias": (Size((2, 2, 4, 4), 3, 3, bias=False), Size((3, 3, 5, 5), 2, 3, bias=False)),
    "combined": (
        Size((2, 2, 6, 7), 3, (3, 2), stride=2, padding=1),
        Size((2, 3, 7, 5), 2, (2, 4), stride=3, padding=2),
    ),
    "memory": (Size((2, 3, 4, 4), 2, 3), Size((2, 2, 5, 5), 3, 3)),
    "parameters": (
        Size((2, 3, 4, 4), 2, 3),
        Size((2, 2, 4, 5), 3, (3, 2)),
        Size((2, 2, 4, 4), 3, 2, bias=False),
    ),
    "errors": (Size((2, 2, 6, 6), 3, 3, stride=2, padding="same"),),
    "reuse": (Size((2, 2, 4, 4), 3, 3), Size((3, 3, 5, 5), 2, 3)),
}
_TITLES = {
    "basic": 'caso básico (stride 1, "valid")',
    "padding": "padding entero",
    "same": 'padding "same", filtro impar',
    "same_even": 'padding "same", filtro par',
    "rectangular": "imágenes y filtros que no son cuadrados",
    "stride": "stride mayor que 1",
    "remainder": "stride que no divide exacto",
    "no_bias": "sin bias (bias=False)",
    "combined": "todo junto: padding, stride, resto y rectángulos",
    "memory": "otros tipos de dato y orden en memoria",
    "parameters": "kernel y bias salen de los inicializadores",
    "errors": 'padding "same" con stride',
    "reuse": "la misma capa usada dos veces",
}
_FORWARD_GROUPS = [group for group in _SIZES if group != "reuse"]
_BACKWARD_GROUPS = [g for g in _SIZES if g not in ("same", "memory", "parameters", "errors")]
_OUTPUTS_COMPARED = {"parameters": ("kernel", "bias"), "errors": ("error",)}


def strided(array: Array) -> Array:
    """Return the same values in an array that isn't contiguous in memory.

    >>> strided(np.ones((2, 3))).flags.c_contiguous
    False
    """
    return np.repeat(array, 2, axis=-1)[..., ::2]


def _single(array: Array) -> Array:
    return array.astype(np.float32)


def _parameters(rng: Generator, size: Size) -> tuple[Array, Array, Array | None, dict[str, Any]]:
    X = rng.standard_normal(size.images)
    kernel = rng.standard_normal((size.filters, size.images[1], *size.kernel))
    bias = rng.standard_normal(size.filters) if size.bias else None
    options = {"kernel_size": size.kernel_size, "stride": size.stride, "padding": size.padding}
    return X, kernel, bias, options


def _note(size: Size) -> str:
    parts = [
        f"X {size.images}",
        f"filters={size.filters}",
        f"kernel_size={size.kernel_size}",
        f"stride={size.stride}",
        f"padding={size.padding!r}",
    ]
    return ", ".join(parts if size.bias else [*parts, "bias=False"])


def build_conv(
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


def _call_conv_forward(layer: Callable[..., Any], case: Case) -> tuple[Any, ...]:
    X, kernel, bias, options = case.args
    if is_refused(options["padding"], options["stride"]):
        try:
            build_conv(layer, kernel, bias, options)
        except ValueError as error:
            return None, None, None, _explained(error)
        return None, None, None, NO_ERROR
    built = build_conv(layer, kernel, bias, options)
    output = built.forward(X)
    return getattr(built, "kernel", None), getattr(built, "bias", None), output, NO_ERROR


WITHOUT_BIAS = "sin db"


def _call_conv_backward(layer: Callable[..., Any], case: Case) -> Any:
    X, kernel, bias, options, dO = case.args
    built = build_conv(layer, kernel, bias, options)
    before = options.get("before")
    if before is not None:
        built.backward(np.ones_like(built.forward(before)))
    built.forward(X)
    gradients = built.backward(dO)
    if bias is None and isinstance(gradients, tuple | list) and len(gradients) == 2:  # noqa: PLR2004
        return gradients[0], WITHOUT_BIAS, gradients[1]
    return gradients


def _conv_forward_group(group: str) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for index, size in enumerate(_SIZES[group]):
            X, kernel, bias, options = _parameters(rng, size)
            if group == "memory":
                form = (strided, _single)[index]
                X, kernel, bias = form(X), form(kernel), None if bias is None else form(bias)
            yield Case((X, kernel, bias, options), _note(size))

    return Group(_TITLES[group], make, outputs=_OUTPUTS_COMPARED.get(group, ()))


def _conv_backward_group(group: str) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for size in _SIZES[group]:
            X, kernel, bias, options = _parameters(rng, size)
            if group == "reuse":
                options["before"] = rng.standard_normal(size.images)
            dO = rng.standard_normal(size.output())
            yield Case((X, kernel, bias, options, dO), f"dO {dO.shape}, {_note(size)}")

    return Group(_TITLES[group], make)


CONV2D = Exercise(
    name="Conv2D",
    parameters=("X", "kernel", "bias", "options"),
    outputs=(
        Output("kernel", KERNEL_AXES),
        Output("bias", ("filtro",)),
        Output("O", OUTPUT_AXES),
        Output("error"),
    ),
    compared=("O",),
    groups={group: _conv_forward_group(group) for group in _FORWARD_GROUPS},
    helpers=("resolve_padding",),
    call=_call_conv_forward,
)

CONV2D_BACKWARD = Exercise(
    name="Conv2D_backward",
    parameters=("X", "kernel", "bias", "options", "dO"),
    outputs=(
        Output("dF", KERNEL_AXES),
        Output("db", ("filtro",)),
        Output("dX", IMAGE_AXES),
    ),
    groups={group: _conv_backward_group(group) for group in _BACKWARD_GROUPS},
    helpers=("resolve_padding",),
    call=_call_conv_backward,
)


# --- dilate ---


def _dilations(*sizes: tuple[tuple[int, ...], int]) -> Callable[[Generator], Iterator[Case]]:
    def make(rng: Generator) -> Iterator[Case]:
        for shape, stride in sizes:
            note = f"dO {shape}, stride={stride}"
            yield Case((rng.standard_normal(shape), stride), note)

    return make


DILATE = Exercise(
    name="dilate",
    parameters=("dO", "stride"),
    outputs=(Output("dO_dilated", OUTPUT_AXES),),
    groups={
        "basic": Group("stride 2 y 3", _dilations(((2, 3, 3, 3), 2), ((2, 2, 4, 4), 3))),
        "stride_one": Group("stride 1", _dilations(((2, 3, 3, 3), 1))),
        "rectangular": Group(
            "dO que no es cuadrado", _dilations(((2, 2, 2, 5), 2), ((2, 3, 4, 1), 2))
        ),
    },
)


# --- The layers without a convolution ---


def _forward_and_backward(layer: Any, X: Array, dO: Array | None) -> tuple[Any, Any]:
    """Return the layer's output and what its backward returns; None without a `dO`."""
    output = layer.forward(X)
    return output, None if dO is None else layer.backward(dO)


def _call_plain_layer(layer: Callable[..., Any], case: Case) -> tuple[Any, Any]:
    X, dO = case.args
    return _forward_and_backward(layer(), X, dO)


def _plain_cases(
    X_shapes: tuple[tuple[int, ...], ...],
    dO_shape: Callable[[tuple[int, ...]], tuple[int, ...]] | None,
    *,
    zeros: bool = False,
) -> Callable[[Generator], Iterator[Case]]:
    def make(rng: Generator) -> Iterator[Case]:
        for shape in X_shapes:
            X = rng.standard_normal(shape)
            if zeros:
                X[rng.random(shape) < 1 / 3] = 0.0
                X.flat[0] = 0.0
            dO = None if dO_shape is None else rng.standard_normal(dO_shape(shape))
            yield Case((X, dO), f"X {shape}")

    return make


def _as_input(shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape


def _as_rows(shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape[0], int(np.prod(shape[1:]))


_SHAPES = ((2, 3, 4, 4), (3, 2, 3, 5))

RELU = Exercise(
    name="ReLU",
    parameters=("X", "dO"),
    outputs=(Output("O", IMAGE_AXES), Output("dX", IMAGE_AXES)),
    groups={
        "forward": Group("forward", _plain_cases(_SHAPES, None), outputs=("O",)),
        "backward": Group("backward", _plain_cases(_SHAPES, _as_input), outputs=("dX",)),
        "zero": Group(
            "entradas que valen 0", _plain_cases(_SHAPES, _as_input, zeros=True), outputs=("dX",)
        ),
    },
    call=_call_plain_layer,
)

FLATTEN = Exercise(
    name="Flatten",
    parameters=("X", "dO"),
    outputs=(Output("O", ("imagen del lote", "valor")), Output("dX", IMAGE_AXES)),
    groups={
        "forward": Group("forward", _plain_cases(_SHAPES, None), outputs=("O",)),
        "backward": Group("backward", _plain_cases(_SHAPES, _as_rows), outputs=("dX",)),
    },
    call=_call_plain_layer,
)


class PoolSize(NamedTuple):
    """The sizes of one max pooling; `stride` None stands for `pool_size`."""

    images: tuple[int, int, int, int]
    pool_size: int
    stride: int | None = None

    def output(self) -> tuple[int, int, int, int]:
        """The shape of what the layer returns."""
        m, n_C, *image = self.images
        step = self.stride or self.pool_size
        height, width = ((n - self.pool_size) // step + 1 for n in image)
        return m, n_C, height, width


def _call_pool(layer: Callable[..., Any], case: Case) -> tuple[Any, Any]:
    X, pool_size, stride, dO = case.args
    built = layer(pool_size) if stride is None else layer(pool_size, stride=stride)
    return _forward_and_backward(built, X, dO)


def _pool_cases(
    *sizes: PoolSize, backward: bool = True, ties: bool = False
) -> Callable[[Generator], Iterator[Case]]:
    def make(rng: Generator) -> Iterator[Case]:
        for size in sizes:
            X = rng.standard_normal(size.images)
            if ties:
                X = rng.integers(0, 2, size.images).astype(float)
            dO = rng.standard_normal(size.output()) if backward else None
            note = f"X {size.images}, pool_size={size.pool_size}, stride={size.stride}"
            yield Case((X, size.pool_size, size.stride, dO), note)

    return make


MAX_POOL2D = Exercise(
    name="MaxPool2D",
    parameters=("X", "pool_size", "stride", "dO"),
    outputs=(Output("O", IMAGE_AXES), Output("dX", IMAGE_AXES)),
    groups={
        "forward": Group(
            "forward",
            _pool_cases(PoolSize((2, 3, 4, 6), 2), PoolSize((2, 2, 6, 6), 3), backward=False),
            outputs=("O",),
        ),
        "backward": Group(
            "backward",
            _pool_cases(PoolSize((2, 3, 4, 6), 2), PoolSize((2, 2, 6, 6), 3)),
            outputs=("dX",),
        ),
        "stride": Group(
            "stride distinto de pool_size (ventanas que se traslapan)",
            _pool_cases(PoolSize((2, 3, 5, 5), 3, 1), PoolSize((2, 2, 7, 5), 3, 2)),
        ),
        "remainder": Group(
            "stride que no divide exacto",
            _pool_cases(PoolSize((2, 3, 5, 7), 2), PoolSize((2, 2, 8, 7), 3)),
        ),
        "ties": Group("empates en la ventana", _pool_cases(PoolSize((2, 3, 6, 6), 3), ties=True)),
    },
    call=_call_pool,
)


def _call_linear(layer: Callable[..., Any], case: Case) -> Any:
    X, weight, bias, dO = case.args
    out_features, in_features = weight.shape
    built = layer(
        in_features,
        out_features,
        weight_initializer=lambda shape: np.resize(weight, shape),
        bias_initializer=lambda shape: np.resize(bias, shape),
    )
    output, gradients = _forward_and_backward(built, X, dO)
    if dO is None:
        return output, None, None, None
    return (output, *gradients) if isinstance(gradients, tuple | list) else gradients


def _linear_cases(*, backward: bool) -> Callable[[Generator], Iterator[Case]]:
    def make(rng: Generator) -> Iterator[Case]:
        for m, in_features, out_features in ((3, 5, 2), (4, 3, 6)):
            X = rng.standard_normal((m, in_features))
            weight = rng.standard_normal((out_features, in_features))
            bias = rng.standard_normal(out_features)
            dO = rng.standard_normal((m, out_features)) if backward else None
            yield Case((X, weight, bias, dO), f"X {X.shape}, {out_features} salidas")

    return make


LINEAR = Exercise(
    name="Linear",
    parameters=("X", "weight", "bias", "dO"),
    outputs=(
        Output("O", ("imagen del lote", "salida")),
        Output("dW", ("salida", "entrada")),
        Output("db", ("salida",)),
        Output("dX", ("imagen del lote", "entrada")),
    ),
    groups={
        "forward": Group("forward", _linear_cases(backward=False), outputs=("O",)),
        "backward": Group("backward", _linear_cases(backward=True), outputs=("dW", "db", "dX")),
    },
    call=_call_linear,
)


# --- Sequential, on layers of ours so that it stands or falls alone ---


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
        return np.asarray(np.sin(X))

    def backward(self, dO: Array) -> Array:
        """Return the gradient of X, alone."""
        return np.asarray(np.cos(self.X) * dO)


TOY_LAYERS: dict[str, Callable[..., Any]] = {
    "scale": Scale,
    "shift": Shift,
    "cube": Cube,
    "sine": Sine,
}


def _call_sequential(sequential: Callable[..., Any], case: Case) -> Any:
    X, layers, dO = case.args
    built = sequential(*(TOY_LAYERS[kind](*arrays) for kind, *arrays in layers))
    output, result = _forward_and_backward(built, X, dO)
    if dO is None:
        return output, None, None
    return (output, *result) if isinstance(result, tuple | list) else (output, result, None)


def _sequential_cases(*kinds: str, backward: bool) -> Callable[[Generator], Iterator[Case]]:
    def make(rng: Generator) -> Iterator[Case]:
        m, n = 3, 4
        X = rng.standard_normal((m, n))
        layers = tuple(
            (kind, rng.standard_normal(n)) if kind in ("scale", "shift") else (kind,)
            for kind in kinds
        )
        dO = rng.standard_normal((m, n)) if backward else None
        yield Case((X, layers, dO), f"las capas {' → '.join(kinds)}")

    return make


SEQUENTIAL = Exercise(
    name="Sequential",
    parameters=("X", "layers", "dO"),
    outputs=(Output("O"), Output("gradients"), Output("dX")),
    groups={
        "forward": Group(
            "forward",
            _sequential_cases("scale", "sine", "shift", "cube", backward=False),
            outputs=("O",),
        ),
        "backward": Group(
            "backward, capas sin parámetros",
            _sequential_cases("sine", "cube", "sine", backward=True),
            outputs=("dX",),
        ),
        "parameters": Group(
            "backward, capas con parámetros",
            _sequential_cases("scale", "sine", "shift", "scale", backward=True),
            outputs=("gradients", "dX"),
        ),
    },
    call=_call_sequential,
)


# --- build_cnn ---


def _call_cnn(function: Callable[..., Any], case: Case) -> Any:
    X, kernel, kernel_bias, weight, weight_bias, options, dO = case.args
    built = function(kernel, kernel_bias, weight, weight_bias, **options)
    output, result = _forward_and_backward(built, X, dO)
    if dO is None:
        return output, *[None] * 5
    gradients, dX = result
    return (output, *(gradient for layer in gradients for gradient in layer), dX)


def _cnn_cases(
    *sizes: tuple[Size, int], backward: bool = True
) -> Callable[[Generator], Iterator[Case]]:
    def make(rng: Generator) -> Iterator[Case]:
        for size, pool_size in sizes:
            X, kernel, kernel_bias, options = _parameters(rng, size)
            _, filters, *image = size.output()
            pooled = [n // pool_size for n in image]
            classes = 3
            weight = rng.standard_normal((classes, filters * pooled[0] * pooled[1]))
            weight_bias = rng.standard_normal(classes)
            dO = rng.standard_normal((size.images[0], classes)) if backward else None
            options = {
                "stride": options["stride"],
                "padding": options["padding"],
                "pool_size": pool_size,
            }
            note = f"{_note(size)}, pool_size={pool_size}"
            yield Case((X, kernel, kernel_bias, weight, weight_bias, options, dO), note)

    return make


_CNN_SIZE = (Size((2, 3, 6, 6), 4, 3), 2)

BUILD_CNN = Exercise(
    name="build_cnn",
    parameters=("X", "kernel", "kernel_bias", "weight", "weight_bias", "options", "dO"),
    outputs=(
        Output("O", ("imagen del lote", "clase")),
        Output("dF", KERNEL_AXES),
        Output("db", ("filtro",)),
        Output("dW", ("clase", "entrada")),
        Output("dc", ("clase",)),
        Output("dX", IMAGE_AXES),
    ),
    groups={
        "forward": Group("forward", _cnn_cases(_CNN_SIZE, backward=False), outputs=("O",)),
        "backward": Group("backward", _cnn_cases(_CNN_SIZE)),
        "options": Group(
            "otros stride, padding y pool_size",
            _cnn_cases(
                (Size((2, 2, 7, 7), 3, 3, stride=2), 3),
                (Size((2, 3, 5, 5), 2, 3, padding=1), 3),
            ),
        ),
    },
    helpers=("Conv2D", "ReLU", "MaxPool2D", "Flatten", "Linear", "Sequential"),
    call=_call_cnn,
)

EXERCISES = (
    RESOLVE_PADDING,
    CONV2D,
    DILATE,
    CONV2D_BACKWARD,
    RELU,
    MAX_POOL2D,
    FLATTEN,
    LINEAR,
    SEQUENTIAL,
    BUILD_CNN,
)
