"""Cases of zero_pad, conv_single_step, conv_forward and conv_backward (NHWC, as in lab 1).

Images are (m, n_H, n_W, n_C), filters W are (f, f, n_C_prev, n_C), biases b are (1, 1, 1, n_C), and
"convolution" is cross-correlation with output size floor((n + 2 pad - f) / stride) + 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from grader.exercises.base import Case, Exercise, Group, Output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.random import Generator

    Array = np.ndarray[Any, Any]
    Size = tuple[int, int, int, int, int, int, int, int]

IMAGE_AXES = ("imagen del lote", "alto", "ancho", "canal")
FILTER_AXES = ("fila del filtro", "columna del filtro", "canal de entrada", "filtro")
BIAS_AXES = ("", "", "", "filtro")


def strided(array: Array) -> Array:
    """Return the same values in an array that isn't contiguous in memory.

    >>> strided(np.ones((2, 3))).flags.c_contiguous
    False
    """
    return np.repeat(array, 2, axis=-1)[..., ::2]


def _pad_case(x: Array, pad: int, note: str = "") -> Case:
    extra = f", {note}" if note else ""
    return Case((x, pad), f"X de forma {x.shape}, pad={pad}{extra}")


def _pad_basic(rng: Generator) -> Iterator[Case]:
    for pad in (1, 2, 3):
        yield _pad_case(rng.standard_normal((3, 4, 4, 2)), pad)


def _pad_rectangular(rng: Generator) -> Iterator[Case]:
    yield _pad_case(rng.standard_normal((1, 3, 6, 3)), 1)
    yield _pad_case(rng.standard_normal((2, 5, 2, 1)), 2)


def _pad_none(rng: Generator) -> Iterator[Case]:
    yield _pad_case(rng.standard_normal((2, 4, 5, 3)), 0)


def _pad_memory(rng: Generator) -> Iterator[Case]:
    yield _pad_case(strided(rng.standard_normal((2, 4, 4, 3))), 1, "no contiguo en memoria")
    yield _pad_case(rng.standard_normal((2, 3, 3, 2)).astype(np.float32), 2, "float32")
    yield _pad_case(rng.integers(1, 255, (2, 4, 4, 3)).astype(np.uint8), 1, "uint8")


ZERO_PAD = Exercise(
    name="zero_pad",
    parameters=("X", "pad"),
    outputs=(Output("X_pad", IMAGE_AXES),),
    groups={
        "basic": Group("caso básico", _pad_basic),
        "rectangular": Group("imágenes que no son cuadradas", _pad_rectangular),
        "no_padding": Group("pad = 0", _pad_none),
        "memory": Group("otros tipos de dato y orden en memoria", _pad_memory),
    },
)


def _step_case(rng: Generator, f: int, n_C_prev: int, *, make: Callable[[Array], Array]) -> Case:
    shape = (f, f, n_C_prev)
    a_slice_prev, W = (make(rng.standard_normal(shape)) for _ in range(2))
    b = make(rng.standard_normal((1, 1, 1)) * 3)
    return Case((a_slice_prev, W, b), f"ventana de forma {shape}")


def _same(array: Array) -> Array:
    return array


def _step_basic(rng: Generator) -> Iterator[Case]:
    for f in (3, 5):
        yield _step_case(rng, f, 3, make=_same)


def _step_sizes(rng: Generator) -> Iterator[Case]:
    for f, n_C_prev in ((1, 4), (2, 1), (4, 6)):
        yield _step_case(rng, f, n_C_prev, make=_same)


def _step_memory(rng: Generator) -> Iterator[Case]:
    yield _step_case(rng, 3, 4, make=strided)
    yield _step_case(rng, 3, 2, make=lambda a: a.astype(np.float32))


CONV_SINGLE_STEP = Exercise(
    name="conv_single_step",
    parameters=("a_slice_prev", "W", "b"),
    outputs=(Output("Z"),),
    groups={
        "basic": Group("caso básico", _step_basic),
        "sizes": Group("filtros de otros tamaños", _step_sizes),
        "memory": Group("otros tipos de dato y orden en memoria", _step_memory),
    },
)

# m, n_H_prev, n_W_prev, n_C_prev, f, n_C, pad, stride. Each group turns one thing only, so that a
# student who fails at pad 0, at a stride or on images that aren't square loses those marks alone.
_SIZES: dict[str, tuple[Size, ...]] = {
    "basic": ((2, 5, 5, 3, 3, 4, 1, 1), (3, 4, 4, 2, 3, 2, 2, 1)),
    "no_padding": ((2, 5, 5, 3, 3, 4, 0, 1), (1, 4, 4, 2, 2, 3, 0, 1)),
    "stride": ((2, 5, 5, 2, 3, 3, 1, 2), (2, 6, 6, 2, 2, 3, 1, 3), (1, 6, 6, 3, 2, 2, 1, 2)),
    "remainder": ((2, 6, 6, 2, 3, 3, 1, 2), (1, 7, 7, 2, 4, 2, 1, 3), (2, 5, 5, 1, 2, 3, 1, 2)),
    "rectangular": ((1, 4, 7, 2, 3, 3, 1, 1), (2, 6, 3, 3, 1, 4, 1, 1), (2, 3, 8, 1, 2, 2, 1, 1)),
    "memory": ((2, 4, 4, 3, 3, 4, 1, 1), (2, 5, 5, 3, 3, 2, 1, 1)),
    "cache": ((2, 4, 4, 3, 3, 2, 1, 1),),
}
_TITLES = {
    "basic": "caso básico (stride 1, con padding)",
    "no_padding": "sin padding (pad = 0)",
    "stride": "stride mayor que 1",
    "remainder": "stride que no divide exacto",
    "rectangular": "imágenes no cuadradas y filtros de otros tamaños",
    "memory": "otros tipos de dato y orden en memoria",
    "cache": "lo que guarda cache",
}
_MEMORY_FORMS = (strided, lambda array: array.astype(np.float32))


def _layer(rng: Generator, size: Size, form: Callable[[Array], Array]) -> tuple[Any, ...]:
    m, n_H_prev, n_W_prev, n_C_prev, f, n_C, pad, stride = size
    A_prev = form(rng.standard_normal((m, n_H_prev, n_W_prev, n_C_prev)))
    W = form(rng.standard_normal((f, f, n_C_prev, n_C)))
    b = form(rng.standard_normal((1, 1, 1, n_C)))
    return A_prev, W, b, {"stride": stride, "pad": pad}


def _layers(group: str, rng: Generator) -> Iterator[tuple[tuple[Any, ...], Size, str]]:
    forms = _MEMORY_FORMS if group == "memory" else (_same,) * len(_SIZES[group])
    for size, form in zip(_SIZES[group], forms, strict=True):
        layer = _layer(rng, size, form)
        _, _, _, _, f, n_C, pad, stride = size
        note = f"A_prev {layer[0].shape}, {n_C} filtros de {f}×{f}, stride={stride}, pad={pad}"
        yield layer, size, note


def _forward_group(group: str) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for layer, _, note in _layers(group, rng):
            yield Case(layer, note)

    return Group(_TITLES[group], make, outputs=("cache",) if group == "cache" else ())


def _backward_group(group: str) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for layer, size, note in _layers(group, rng):
            m, n_H_prev, n_W_prev, _, f, n_C, pad, stride = size
            n_H, n_W = ((n + 2 * pad - f) // stride + 1 for n in (n_H_prev, n_W_prev))
            dZ = rng.standard_normal((m, n_H, n_W, n_C)).astype(layer[0].dtype)
            yield Case((dZ, layer), f"dZ {dZ.shape}, {note}")

    return Group(_TITLES[group], make)


CONV_FORWARD = Exercise(
    name="conv_forward",
    parameters=("A_prev", "W", "b", "hparameters"),
    outputs=(Output("Z", IMAGE_AXES), Output("cache")),
    compared=("Z",),
    groups={group: _forward_group(group) for group in _SIZES},
    helpers=("zero_pad", "conv_single_step"),
)

CONV_BACKWARD = Exercise(
    name="conv_backward",
    parameters=("dZ", "cache"),
    outputs=(
        Output("dA_prev", IMAGE_AXES),
        Output("dW", FILTER_AXES),
        Output("db", BIAS_AXES),
    ),
    groups={group: _backward_group(group) for group in _SIZES if group != "cache"},
    helpers=("zero_pad",),
)

EXERCISES = (ZERO_PAD, CONV_SINGLE_STEP, CONV_FORWARD, CONV_BACKWARD)
