"""Cases of lab 4: convolution as a matrix product, and its gradients by hand (torch, NCHW).

Images are (N, C, H, W), filters (C_out, C_in, kH, kW), biases (C_out,), and columns are laid out as
`torch.nn.functional.unfold` does: (N, C * kH * kW, L) for L windows. A case holds NumPy arrays; the
student's function gets float64 tensors on the same memory, so that a change of an argument shows.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from grader.exercises.base import Case, Exercise, Group, Output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.random import Generator

    Array = np.ndarray[Any, Any]
    Pair = tuple[int, int]

MAP_AXES = ("imagen del lote", "canal", "alto", "ancho")
FILTER_AXES = ("filtro", "canal de entrada", "fila del filtro", "columna del filtro")
COLUMN_AXES = ("imagen del lote", "fila: canal y posición en la ventana", "ventana")
WINDOW_AXES = ("imagen del lote", "canal", "posición en la ventana", "ventana")
ROW_AXES = ("imagen del lote", "columna")


def as_nchw(argument: Any) -> Any:
    """Return `{"nhwc": array}` as a view (N, C, H, W), not contiguous, and anything else as it is.

    The mark survives the trip to the sandbox, where an array's order in memory would not.

    >>> as_nchw({"nhwc": np.zeros((2, 5, 6, 3))}).shape
    (2, 3, 5, 6)
    """
    return np.moveaxis(argument["nhwc"], -1, 1) if isinstance(argument, dict) else argument


def call_on_tensors(function: Callable[..., Any], case: Case) -> Any:
    """Call `function` with a tensor for each array of the case, in torch's inference mode.

    In that mode autograd records nothing: gradients have to be worked out.
    """
    # By name: this room needs no torch, only whoever calls a function on tensors does.
    torch = importlib.import_module("torch")
    arguments = [as_nchw(argument) for argument in case.args]
    with torch.inference_mode():
        return function(
            *(torch.from_numpy(a) if isinstance(a, np.ndarray) else a for a in arguments)
        )


def windows_along(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """Count the windows that fit along one axis.

    >>> windows_along(7, 3, 2, 0, 1)
    3
    """
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


class Layer(NamedTuple):
    """The sizes of one convolution. The defaults are those of the lab's worked example."""

    N: int = 1
    C_in: int = 1
    size: Pair = (6, 6)
    kernel: Pair = (3, 3)
    C_out: int = 2
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    @property
    def options(self) -> tuple[int, int, int]:
        """Stride, padding and dilation, in the order in which every function takes them."""
        return self.stride, self.padding, self.dilation

    @property
    def output(self) -> Pair:
        """Height and width of the output."""
        (H, W), (kH, kW) = self.size, self.kernel
        return windows_along(H, kH, *self.options), windows_along(W, kW, *self.options)

    def images(self, rng: Generator) -> Array:
        """Make images X (N, C_in, H, W)."""
        return rng.standard_normal((self.N, self.C_in, *self.size))

    def filters(self, rng: Generator) -> Array:
        """Make filters W (C_out, C_in, kH, kW)."""
        return rng.standard_normal((self.C_out, self.C_in, *self.kernel))

    def columns(self, rng: Generator) -> Array:
        """Make columns (N, C_in * kH * kW, L)."""
        return rng.standard_normal(
            (self.N, self.C_in * int(np.prod(self.kernel)), int(np.prod(self.output)))
        )

    def maps(self, rng: Generator) -> Array:
        """Make feature maps (N, C_out, H_out, W_out)."""
        return rng.standard_normal((self.N, self.C_out, *self.output))

    def __str__(self) -> str:
        """Describe the layer to a student."""
        shape, (kH, kW) = (self.N, self.C_in, *self.size), self.kernel
        stride, padding, dilation = self.options
        return f"X {shape}, filtro {kH}×{kW}, {stride=}, {padding=}, {dilation=}"


# Each group turns one thing only, away from the worked example's.
_LAYERS: dict[str, tuple[Layer, ...]] = {
    "basic": (Layer(), Layer(size=(5, 5), kernel=(2, 2), C_out=3)),
    "channels": (Layer(C_in=2), Layer(C_in=3, size=(4, 4))),
    "batch": (Layer(N=2), Layer(N=3, size=(4, 4), C_out=3)),
    "batch_channels": (Layer(N=2, C_in=3, C_out=4), Layer(N=3, C_in=2, size=(4, 4), C_out=3)),
    "padding": (Layer(size=(4, 4), padding=1), Layer(size=(5, 5), padding=2)),
    "stride": (Layer(size=(7, 7), stride=2), Layer(size=(8, 8), stride=2), Layer(stride=4)),
    "dilation": (Layer(size=(7, 7), dilation=2), Layer(kernel=(2, 2), dilation=3)),
    "options": (Layer(stride=2), Layer(padding=1), Layer(dilation=2)),
    "rectangular": (
        Layer(size=(4, 7)),
        Layer(size=(6, 4), kernel=(2, 3)),
        Layer(size=(5, 5), kernel=(3, 1)),
    ),
    "memory": (Layer(C_in=2), Layer(C_in=3, size=(5, 5), C_out=3)),
}
# In all groups but one no pixel falls in two windows: who assigns where windows should add up
# fails that one alone.
_TILES = Layer(kernel=(2, 2), stride=2)
_TILED_LAYERS: dict[str, tuple[Layer, ...]] = {
    "basic": (_TILES, Layer(stride=3)),
    "overlap": _LAYERS["basic"],
    "batch_channels": (_TILES._replace(N=2, C_in=3), _TILES._replace(N=3, C_in=2, size=(4, 4))),
    "padding": (_TILES._replace(size=(4, 4), padding=1), Layer(size=(7, 7), stride=3, padding=1)),
    "gaps": (_TILES._replace(size=(5, 5)), _TILES._replace(size=(7, 7), stride=3)),
    "dilation": (
        Layer(size=(4, 4), kernel=(2, 2), dilation=2),
        Layer(kernel=(2, 2), dilation=3),
    ),
    "rectangular": (
        _TILES._replace(size=(4, 6)),
        _TILES._replace(size=(3, 8), kernel=(3, 2)),
        _TILES._replace(size=(8, 3), kernel=(2, 3)),
    ),
}
_TITLES = {
    "basic": "caso básico (stride 1, sin padding)",
    "channels": "varios canales",
    "batch": "varias imágenes en el lote",
    "batch_channels": "varias imágenes y varios canales",
    "padding": "con padding",
    "stride": "stride mayor que 1, también cuando no divide exacto",
    "dilation": "con dilation",
    "options": "stride, padding y dilation, de uno en uno",
    "rectangular": "imágenes y ventanas que no son cuadradas",
    "memory": "tensores guardados como NHWC (no contiguos)",
}
_TILED_TITLES = {
    **_TITLES,
    "basic": "caso básico (ventanas que no se traslapan)",
    "overlap": "ventanas que se traslapan",
    "gaps": "píxeles que ninguna ventana alcanza",
}


def _group(
    title: str,
    layers: tuple[Layer, ...],
    case: Callable[[Layer, Generator], Case],
    outputs: tuple[str, ...] = (),
) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for layer in layers:
            yield case(layer, rng)

    return Group(title, make, outputs)


def _groups(
    case: Callable[[Layer, Generator], Case], *names: str, outputs: tuple[str, ...] = ()
) -> dict[str, Group]:
    """Make the groups called `names`: `case` on each of their layers."""
    return {name: _group(_TITLES[name], _LAYERS[name], case, outputs) for name in names}


def _size_case(layer: Layer, _: Generator) -> Case:
    (H, W), (kH, kW) = layer.size, layer.kernel
    stride, padding, dilation = layer.options
    note = f"entrada {H}×{W}, filtro {kH}×{kW}, {stride=}, {padding=}, {dilation=}"
    return Case((layer.size, layer.kernel, *layer.options), note)


CALCULATE_OUT = Exercise(
    name="calculate_out",
    parameters=("size", "kernel_size", "stride", "padding", "dilation"),
    outputs=(Output("H_out"), Output("W_out")),
    groups=_groups(_size_case, "basic", "padding", "stride", "dilation", "rectangular"),
)


def _conv_case(layer: Layer, rng: Generator) -> Case:
    X, W, b = layer.images(rng), layer.filters(rng), rng.standard_normal(layer.C_out) * 3
    return Case((X, W, b, *layer.options), f"{layer}, {layer.C_out} filtros")


def _conv_memory_case(layer: Layer, rng: Generator) -> Case:
    case = _conv_case(layer, rng)
    X, W, b, *options = case.args
    stored = ({"nhwc": np.ascontiguousarray(np.moveaxis(array, 1, -1))} for array in (X, W))
    return Case((*stored, b, *options), f"{case.note}; X y W no contiguos")


CONV_PARAMETERS = ("X", "W", "b", "stride", "padding", "dilation")

CONV_NAIVE = Exercise(
    name="conv_naive",
    parameters=CONV_PARAMETERS,
    outputs=(Output("O", MAP_AXES),),
    groups=_groups(
        _conv_case, "basic", "batch_channels", "padding", "stride", "dilation", "rectangular"
    ),
    helpers=("calculate_out",),
    call=call_on_tensors,
)


def _im2col_case(layer: Layer, rng: Generator) -> Case:
    return Case((layer.images(rng), layer.kernel, *layer.options), str(layer))


IM2COL = Exercise(
    name="im2col",
    parameters=("X", "kernel_size", "stride", "padding", "dilation"),
    outputs=(Output("X_col", COLUMN_AXES),),
    groups=_groups(
        _im2col_case, "basic", "channels", "batch", "padding", "stride", "dilation", "rectangular"
    ),
    helpers=("calculate_out",),
    call=call_on_tensors,
    forbidden=("unfold", "Unfold"),
)

CONV_IM2COL = Exercise(
    name="conv_im2col",
    parameters=CONV_PARAMETERS,
    outputs=(Output("H", MAP_AXES), Output("X_col", COLUMN_AXES)),
    groups={
        **_groups(_conv_case, "basic", "batch_channels", "options", "rectangular"),
        **_groups(_conv_memory_case, "memory"),
    },
    helpers=("calculate_out", "im2col"),
    call=call_on_tensors,
)


def _pool_group(title: str, *layers: Layer, ties: bool = False) -> Group:
    """Make maps (N, C, H, W) to pool; with `ties`, of few values, so that a maximum comes twice."""

    def make(rng: Generator) -> Iterator[Case]:
        for layer in layers:
            H = layer.images(rng)
            if ties:
                H = rng.integers(0, 3, H.shape).astype(float)
            kH, kW = layer.kernel
            note = f"H {H.shape}, ventana {kH}×{kW}, stride={layer.stride}"
            yield Case((H, layer.kernel, layer.stride), note)

    return Group(title, make)


_POOL = Layer(C_in=2, size=(4, 4), kernel=(2, 2), stride=2)

MAX_POOL_IM2COL = Exercise(
    name="max_pool_im2col",
    parameters=("H", "kernel_size", "stride"),
    outputs=(
        Output("M", MAP_AXES),
        Output("indices", ("imagen del lote", "canal", "ventana")),
    ),
    groups={
        "basic": _pool_group(
            "caso básico (una imagen, ventanas de 2×2 que no se traslapan)",
            _POOL,
            _POOL._replace(C_in=3, size=(6, 6)),
        ),
        "batch": _pool_group(_TITLES["batch"], _POOL._replace(N=3), _POOL._replace(N=2, C_in=3)),
        "overlap": _pool_group(
            "ventanas que se traslapan o dejan bordes fuera",
            _POOL._replace(stride=1),
            _POOL._replace(size=(7, 7), kernel=(3, 3)),
            _POOL._replace(size=(5, 5)),
        ),
        "rectangular": _pool_group(
            _TITLES["rectangular"],
            _POOL._replace(size=(4, 8)),
            _POOL._replace(size=(3, 6), kernel=(3, 2)),
        ),
        "ties": _pool_group("máximos repetidos", _POOL._replace(size=(6, 6)), _POOL, ties=True),
    },
    helpers=("calculate_out", "im2col"),
    call=call_on_tensors,
)


def _linear_group(title: str, *shapes: tuple[int, ...], nhwc: bool = False) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for shape in shapes:
            M = rng.standard_normal(shape)
            W_fc, b_fc = rng.standard_normal((M[0].size, 1)), rng.standard_normal(1)
            stored = {"nhwc": np.ascontiguousarray(np.moveaxis(M, 1, -1))} if nhwc else M
            note = f"M {shape}" + (" no contiguo" if nhwc else "")
            yield Case((stored, W_fc, b_fc), note)

    return Group(title, make)


FLATTEN_LINEAR = Exercise(
    name="flatten_linear",
    parameters=("M", "W_fc", "b_fc"),
    outputs=(Output("f", ROW_AXES), Output("Z", ROW_AXES)),
    groups={
        "basic": _linear_group("caso básico (una imagen)", (1, 2, 2, 2), (1, 3, 4, 2)),
        "batch": _linear_group(_TITLES["batch"], (3, 2, 2, 2), (4, 3, 2, 3)),
        "memory": _linear_group(_TITLES["memory"], (1, 2, 2, 2), (1, 3, 2, 4), nhwc=True),
    },
    call=call_on_tensors,
)


def _bce_basic(rng: Generator) -> Iterator[Case]:
    for y in (0.0, 1.0):
        yield Case((rng.standard_normal((1, 1)) * 2, np.array([[y]])), f"una imagen, y={y:g}")


def _bce_batch(rng: Generator) -> Iterator[Case]:
    for N in (3, 6):
        y = (np.arange(N) % 2).astype(float).reshape(N, 1)
        yield Case((rng.standard_normal((N, 1)) * 2, y), f"{N} imágenes")


def _bce_extreme(rng: Generator) -> Iterator[Case]:
    for sign in (1, -1):
        for size in (40, 900):
            Z = sign * (size + rng.uniform(0, 10, (2, 1)))
            yield Case((Z, np.array([[0.0], [1.0]])), f"logits cerca de {sign * size}")


BCE_WITH_LOGITS = Exercise(
    name="bce_with_logits",
    parameters=("Z", "y"),
    outputs=(Output("loss"),),
    groups={
        "basic": Group("caso básico (una imagen)", _bce_basic),
        "batch": Group(_TITLES["batch"], _bce_batch),
        "extreme": Group("logits muy grandes y muy negativos", _bce_extreme),
    },
    call=call_on_tensors,
    forbidden=("binary_cross_entropy_with_logits", "BCEWithLogitsLoss"),
)


def _head_group(title: str, *shapes: tuple[int, ...]) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for N, *rest in shapes:
            shape = (N, *rest)
            y = (rng.permutation(N) % 2).astype(float).reshape(N, 1)
            W_fc = rng.standard_normal((int(np.prod(rest)), 1))
            yield Case((rng.standard_normal((N, 1)), y, W_fc, shape), f"M_shape={shape}")

    return Group(title, make)


HEAD_BACKWARD = Exercise(
    name="head_backward",
    parameters=("Z", "y", "W_fc", "M_shape"),
    outputs=(Output("dZ", ROW_AXES), Output("df", ROW_AXES), Output("dM", MAP_AXES)),
    groups={
        "basic": _head_group("caso básico (una imagen)", (1, 2, 2, 2), (1, 3, 2, 2)),
        "batch": _head_group(_TITLES["batch"], (3, 2, 2, 2), (4, 3, 2, 2)),
        "sizes": _head_group("mapas de otros tamaños", (1, 2, 3, 3), (1, 3, 2, 4)),
    },
    call=call_on_tensors,
)


def _scatter_group(title: str, *layers: Layer) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for layer in layers:
            dM = rng.standard_normal((layer.N, layer.C_in, *layer.size))
            kH, kW = layer.kernel
            flat = (layer.N, layer.C_in, int(np.prod(layer.size)))
            note = f"dM {dM.shape}, ventana {kH}×{kW}"
            yield Case((dM, rng.integers(0, kH * kW, flat), layer.kernel), note)

    return Group(title, make)


_MAX = Layer(C_in=2, size=(2, 2), kernel=(2, 2))

POOL_SCATTER = Exercise(
    name="pool_scatter",
    parameters=("dM", "indices", "kernel_size"),
    outputs=(Output("dh_col", WINDOW_AXES),),
    groups={
        "basic": _scatter_group(
            "caso básico (una imagen)", _MAX, _MAX._replace(C_in=3, size=(3, 3))
        ),
        "batch": _scatter_group(_TITLES["batch"], _MAX._replace(N=3), _MAX._replace(N=2, C_in=3)),
        "rectangular": _scatter_group(
            _TITLES["rectangular"],
            _MAX._replace(size=(2, 4)),
            _MAX._replace(kernel=(2, 3)),
            _MAX._replace(kernel=(3, 1)),
        ),
    },
    call=call_on_tensors,
)


def _col2im_case(layer: Layer, rng: Generator) -> Case:
    case = (layer.columns(rng), layer.size, layer.kernel, *layer.options)
    return Case(case, f"columnas de {layer}")


COL2IM = Exercise(
    name="col2im",
    parameters=("cols", "output_size", "kernel_size", "stride", "padding", "dilation"),
    outputs=(Output("dX", MAP_AXES),),
    groups={
        name: _group(_TILED_TITLES[name], layers, _col2im_case)
        for name, layers in _TILED_LAYERS.items()
    },
    helpers=("calculate_out",),
    call=call_on_tensors,
    forbidden=("fold", "Fold"),
)


def _weights_case(layer: Layer, rng: Generator) -> Case:
    W_shape = (layer.C_out, layer.C_in, *layer.kernel)
    dH, X_col = layer.maps(rng), layer.columns(rng)
    return Case((dH, X_col, W_shape), f"dH {dH.shape}, X_col {X_col.shape}, {W_shape=}")


WEIGHTS_BACKWARD = Exercise(
    name="weights_backward",
    parameters=("dH", "X_col", "W_shape"),
    outputs=(Output("dW", FILTER_AXES), Output("dbias", ("filtro",))),
    groups={
        **_groups(_weights_case, "basic", "batch_channels", "rectangular", outputs=("dW",)),
        "bias": _group(
            "el gradiente del bias", _LAYERS["batch_channels"], _weights_case, ("dbias",)
        ),
    },
    call=call_on_tensors,
)


def _input_case(layer: Layer, rng: Generator) -> Case:
    dH, W = layer.maps(rng), layer.filters(rng)
    return Case((dH, W, layer.size, *layer.options), f"dH {dH.shape}, {layer}")


INPUT_BACKWARD = Exercise(
    name="input_backward",
    parameters=("dH", "W", "input_size", "stride", "padding", "dilation"),
    outputs=(Output("dX", MAP_AXES),),
    groups=_groups(_input_case, "basic", "batch_channels", "options", "rectangular"),
    helpers=("col2im",),
    call=call_on_tensors,
)

EXERCISES = (
    CALCULATE_OUT,
    CONV_NAIVE,
    IM2COL,
    CONV_IM2COL,
    MAX_POOL_IM2COL,
    FLATTEN_LINEAR,
    BCE_WITH_LOGITS,
    HEAD_BACKWARD,
    POOL_SCATTER,
    COL2IM,
    WEIGHTS_BACKWARD,
    INPUT_BACKWARD,
)
