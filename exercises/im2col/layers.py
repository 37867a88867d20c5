"""The convolutions that lab 4's cases are made of, drawn from a seed, and groups of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from grader.exercise import Case, Group, Mistake

from ..tools import between
from .drivers import as_nchw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.random import Generator

    from ..tools import Array

    Pair = tuple[int, int]

MAP_AXES = ("imagen del lote", "canal", "alto", "ancho")
FILTER_AXES = ("filtro", "canal de entrada", "fila del filtro", "columna del filtro")
COLUMN_AXES = ("imagen del lote", "fila: canal y posición en la ventana", "ventana")
WINDOW_AXES = ("imagen del lote", "canal", "posición en la ventana", "ventana")
ROW_AXES = ("imagen del lote", "columna")

ONE_SIDE = (
    "los ceros quedaron solo abajo y a la derecha: F.pad(X, (p, p, p, p)) rellena los cuatro lados"
)
PIXELS_BY_COLUMN = (
    "los píxeles de cada ventana quedaron por columnas: van por filas, así que el (u, v) es el "
    "u·kW + v"
)
CROSSES_THE_OFFSETS = Mistake(
    "crosses_the_offsets",
    ("u * dilation, v * dilation", "v * dilation, u * dilation"),
    "dentro de la ventana, la fila salió de v y la columna, de u: u recorre las filas",
    PIXELS_BY_COLUMN,
)
JOINS_THE_BATCH = "juntaste todas las imágenes en una matriz: el eje 0 sigue siendo el lote"
VIEW = (
    "si el error habla de view: .view exige que el tensor sea contiguo en memoria; .reshape hace "
    "lo mismo y copia cuando hace falta"
)


def tensor(argument: Any) -> torch.Tensor:
    """Return an array of a case, in whatever order it is stored, as a float64 tensor of its own."""
    return torch.tensor(np.ascontiguousarray(as_nchw(argument)), dtype=torch.float64)


def as_nhwc(array: Array) -> dict[str, Array]:
    """Store an array (N, C, H, W) in the order NHWC, marked so that it is given back as NCHW."""
    return {"nhwc": np.ascontiguousarray(np.moveaxis(array, 1, -1))}


@dataclass(frozen=True)
class Layer:
    """The sizes of one convolution: `size` is the image's, `output` that of what comes out."""

    N: int
    C_in: int
    size: Pair
    kernel: Pair
    output: Pair
    C_out: int
    stride: int
    padding: int
    dilation: int

    @property
    def options(self) -> tuple[int, int, int]:
        """Stride, padding and dilation, in the order in which every function takes them."""
        return self.stride, self.padding, self.dilation

    def images(self, rng: Generator) -> Array:
        """Make images X (N, C_in, H, W)."""
        return rng.standard_normal((self.N, self.C_in, *self.size))

    def filters(self, rng: Generator) -> Array:
        """Make filters W (C_out, C_in, kH, kW)."""
        return rng.standard_normal((self.C_out, self.C_in, *self.kernel))

    def columns(self, rng: Generator) -> Array:
        """Make columns (N, C_in * kH * kW, L)."""
        rows = self.C_in * int(np.prod(self.kernel))
        return rng.standard_normal((self.N, rows, int(np.prod(self.output))))

    def maps(self, rng: Generator) -> Array:
        """Make feature maps (N, C_out, H_out, W_out)."""
        return rng.standard_normal((self.N, self.C_out, *self.output))

    def swapped(self) -> Layer:
        """Return the layer with height and width exchanged."""
        turned = {name: getattr(self, name)[::-1] for name in ("size", "kernel", "output")}
        return replace(self, **turned)

    def __str__(self) -> str:
        """Describe the layer to a student."""
        shape, (kH, kW) = (self.N, self.C_in, *self.size), self.kernel
        stride, padding, dilation = self.options
        return f"X {shape}, filtro {kH}×{kW}, {stride=}, {padding=}, {dilation=}"


def draw(
    rng: Generator,
    *,
    N: int = 1,
    C_in: int = 1,
    kernel: Pair | None = None,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    rest: int = 0,
    steps: Pair | None = None,
    wide: int = 0,
) -> Layer:
    """Draw a layer whose windows move `steps` times down and `wide` more across.

    `rest` pixels are left over. Unless told otherwise there are more windows than a window has
    rows, so that columns are never square.
    """
    side = between(rng, 2, 3)
    kernel = kernel or (side, side)
    down = between(rng, *(steps or (max(kernel), max(kernel) + 2)))
    moves = (down, down + wide)
    size = [
        dilation * (k - 1) + 1 + stride * move + rest - 2 * padding
        for k, move in zip(kernel, moves, strict=True)
    ]
    output = (moves[0] + 1, moves[1] + 1)
    C_out = between(rng, 2, 4)
    return Layer(N, C_in, (size[0], size[1]), kernel, output, C_out, stride, padding, dilation)


def basic_layers(rng: Generator) -> list[Layer]:
    """Draw two layers with one image and one channel, of few and of more windows."""
    return [draw(rng), draw(rng, steps=(5, 12))]


def several_layers(rng: Generator) -> list[Layer]:
    """Draw two layers with several images and several channels."""
    return [draw(rng, N=2, C_in=3), draw(rng, N=3, C_in=2)]


def _options(rng: Generator) -> list[Layer]:
    """Draw one layer for each option, and nothing but that option away from the simplest."""
    padding = between(rng, 1, 2)
    return [
        draw(rng, stride=between(rng, 2, 3), steps=(2, 4)),
        draw(rng, padding=padding, steps=(4, 6)),
        draw(rng, dilation=between(rng, 2, 3)),
    ]


def _combined(rng: Generator) -> list[Layer]:
    """Draw layers with every option at once; in the first one, windows overlap."""
    more, stride = between(rng, 1, 3), between(rng, 2, 3)
    first = draw(
        rng, N=2, C_in=2, kernel=(2, 3), stride=2, padding=1, dilation=2, rest=1, wide=more
    )
    some = {"padding": between(rng, 1, 2), "dilation": between(rng, 2, 3)}
    second = draw(rng, N=3, C_in=3, kernel=(2, 3), stride=stride, rest=stride - 1, wide=1, **some)
    # One image, one channel and one filter, of 1×1.
    alone = draw(rng, kernel=(1, 1), stride=2, rest=1, steps=(2, 3), wide=1)
    return [first, second.swapped(), replace(alone, C_out=1)]


# Each group turns one thing only, and "combined" all at once.
_LAYERS: dict[str, tuple[str, Callable[[Generator], list[Layer]]]] = {
    "basic": ("caso básico (stride 1, sin padding)", basic_layers),
    "channels": ("varios canales", lambda rng: [draw(rng, C_in=2), draw(rng, C_in=3)]),
    "batch": ("varias imágenes en el lote", lambda rng: [draw(rng, N=2), draw(rng, N=3)]),
    "batch_channels": ("varias imágenes y varios canales", several_layers),
    "padding": (
        "con padding",
        lambda rng: [draw(rng, padding=1), draw(rng, padding=2, steps=(4, 6))],
    ),
    "stride": (
        "stride mayor que 1, también cuando no divide exacto",
        lambda rng: [
            draw(rng, stride=2, steps=(2, 3), kernel=(3, 3)),
            draw(rng, stride=3, rest=between(rng, 1, 2), steps=(2, 3)),
            draw(rng, stride=between(rng, 4, 5), rest=2, steps=(3, 3)),
        ],
    ),
    "dilation": (
        "con dilation",
        lambda rng: [draw(rng, dilation=2), draw(rng, dilation=between(rng, 3, 4))],
    ),
    "options": ("stride, padding y dilation, de uno en uno", _options),
    "rectangular": (
        "imágenes y ventanas que no son cuadradas",
        lambda rng: [
            draw(rng, wide=between(rng, 1, 3)),
            draw(rng, kernel=(3, 2), wide=between(rng, 1, 2)).swapped(),
            draw(rng, kernel=(3, 1), wide=2),
        ],
    ),
    "combined": ("todo junto (stride, padding, dilation y nada cuadrado)", _combined),
    "memory": (
        "tensores guardados como NHWC (no contiguos)",
        lambda rng: [draw(rng, C_in=2), draw(rng, C_in=3)],
    ),
}
TITLES = {name: title for name, (title, _) in _LAYERS.items()}


def group(
    title: str,
    draw_layers: Callable[[Generator], Iterable[Layer]],
    case: Callable[[Layer, Generator], Case],
    outputs: tuple[str, ...] = (),
) -> Group:
    """Return the group of `case` on each of the layers that are drawn."""

    def make(rng: Generator) -> Iterator[Case]:
        for layer in draw_layers(rng):
            yield case(layer, rng)

    return Group(title, make, outputs)


def groups(
    case: Callable[[Layer, Generator], Case], *names: str, outputs: tuple[str, ...] = ()
) -> dict[str, Group]:
    """Make the groups called `names`: `case` on each of their layers."""
    return {name: group(*_LAYERS[name], case, outputs) for name in names}
