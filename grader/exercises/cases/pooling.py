"""Cases of pool_forward, create_mask_from_window, distribute_value and pool_backward (NHWC).

Images are (m, n_H, n_W, n_C), windows f × f, and the output size is floor((n - f) / stride) + 1. No
two values of an image are equal, so that every window has one maximum: which of several gets the
gradient is left open by the exercise.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.exercises.base import Case, Exercise, Group, Output
from grader.exercises.cases.convolution import IMAGE_AXES, strided

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.random import Generator

    Array = np.ndarray[Any, Any]
    Size = tuple[int, int, int, int, int, int]

WINDOW_AXES = ("fila", "columna")


def distinct(rng: Generator, shape: tuple[int, ...]) -> Array:
    """Return random values around 0, all of them different, also as float32 or as bytes.

    >>> values = distinct(np.random.default_rng(0), (4, 5))
    >>> len(np.unique(np.floor(values)))
    20
    """
    size = int(np.prod(shape))
    values = rng.permutation(size) - size // 2 + rng.uniform(0.1, 0.9, size)
    return values.reshape(shape)


def _same(array: Array) -> Array:
    return array


def _single(array: Array) -> Array:
    return array.astype(np.float32)


def _bytes(array: Array) -> Array:
    whole = np.floor(array)
    return np.asarray(whole - whole.min(), dtype=np.uint8)


# m, n_H_prev, n_W_prev, n_C, f, stride. Each group turns one thing only: where one window fits,
# neither stride nor overlap matters, and nor do they with windows of 1×1 on images that aren't
# square. So whoever forgets to accumulate loses the windows that overlap and nothing else, and
# whoever forgets the stride loses the strides. "combined" alone turns everything at once.
_ONE_WINDOW: tuple[Size, ...] = ((2, 2, 2, 3, 2, 1), (3, 3, 3, 2, 3, 1))
_OVERLAPPING: tuple[Size, ...] = ((2, 5, 5, 2, 2, 1), (1, 4, 4, 3, 3, 1))
_SIZES: dict[str, tuple[Size, ...]] = {
    "basic": _ONE_WINDOW,
    "average": _ONE_WINDOW,
    "overlap": _OVERLAPPING,
    "overlap_average": _OVERLAPPING,
    "stride": ((2, 4, 4, 3, 2, 2), (1, 6, 6, 2, 3, 3)),
    "remainder": ((2, 3, 3, 2, 2, 2), (1, 5, 5, 3, 4, 2), (2, 5, 5, 2, 3, 3)),
    "rectangular": ((2, 3, 5, 2, 1, 1), (1, 6, 2, 3, 1, 1)),
    "memory": (*_ONE_WINDOW, (2, 4, 4, 2, 4, 1)),
    "combined": ((2, 8, 5, 2, 3, 2), (1, 5, 8, 3, 2, 3), (1, 7, 8, 2, 3, 2)),
    "cache": ((2, 4, 4, 2, 2, 2),),
}
_MODES = {
    "average": ("average", "average"),
    "overlap_average": ("average", "average"),
    "combined": ("max", "average", "max"),
}
_TITLES = {
    "basic": "una sola ventana en modo max",
    "average": "una sola ventana en modo average",
    "overlap": "ventanas que se traslapan en modo max",
    "overlap_average": "ventanas que se traslapan en modo average",
    "stride": "stride mayor que 1",
    "remainder": "filas y columnas que sobran",
    "rectangular": "imágenes que no son cuadradas",
    "memory": "otros tipos de dato y orden en memoria",
    "combined": "todo a la vez",
    "cache": "lo que guarda cache",
}


def _layers(
    group: str, rng: Generator, forms: tuple[Callable[[Array], Array], ...]
) -> Iterator[tuple[Array, dict[str, int], str, str]]:
    """Yield an input, its hyperparameters, a mode and a note for each size of `group`."""
    sizes = _SIZES[group]
    modes = _MODES.get(group, ("max",) * len(sizes))
    chosen = forms if group == "memory" else (_same,) * len(sizes)
    for (m, n_H, n_W, n_C, f, stride), mode, form in zip(sizes, modes, chosen, strict=True):
        A_prev = form(distinct(rng, (m, n_H, n_W, n_C)))
        note = f"A_prev {A_prev.shape}, f={f}, stride={stride}, mode='{mode}'"
        if group == "memory":
            note += f", {A_prev.dtype}" + ("" if A_prev.flags.c_contiguous else " no contiguo")
        yield A_prev, {"f": f, "stride": stride}, mode, note


def _forward_group(group: str) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for A_prev, hparameters, mode, note in _layers(group, rng, (strided, _single, _bytes)):
            yield Case((A_prev, hparameters, mode), note)

    return Group(_TITLES[group], make, outputs=("cache",) if group == "cache" else ())


def _backward_group(group: str) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for A_prev, hparameters, mode, note in _layers(group, rng, (strided, _single, _same)):
            m, n_H_prev, n_W_prev, n_C = A_prev.shape
            f, stride = hparameters["f"], hparameters["stride"]
            n_H, n_W = ((n - f) // stride + 1 for n in (n_H_prev, n_W_prev))
            dA = rng.standard_normal((m, n_H, n_W, n_C)).astype(A_prev.dtype)
            yield Case((dA, (A_prev, hparameters), mode), f"dA {dA.shape}, {note}")

    return Group(_TITLES[group], make)


POOL_FORWARD = Exercise(
    name="pool_forward",
    parameters=("A_prev", "hparameters", "mode"),
    outputs=(Output("A", IMAGE_AXES), Output("cache")),
    compared=("A",),
    groups={group: _forward_group(group) for group in _SIZES},
)


def _windows(
    title: str,
    *shapes: tuple[int, int],
    forms: tuple[Callable[[Array], Array], ...] = (_same,),
    shifts: tuple[float, ...] = (0,),
) -> Group:
    """Make a group of windows: of each shape in each form, or of each shape moved by its shift."""

    def make(rng: Generator) -> Iterator[Case]:
        for shape, shift in zip(shapes, itertools.cycle(shifts), strict=False):
            for form in forms:
                x = form(distinct(rng, shape) + shift)
                contiguous = "" if x.flags.c_contiguous else ", no contigua en memoria"
                yield Case((x,), f"x de forma {shape}, {x.dtype}{contiguous}")

    return Group(title, make)


CREATE_MASK_FROM_WINDOW = Exercise(
    name="create_mask_from_window",
    parameters=("x",),
    outputs=(Output("mask", WINDOW_AXES),),
    groups={
        "basic": _windows("caso básico", (2, 2), (3, 3), (4, 4)),
        "rectangular": _windows("ventanas que no son cuadradas", (2, 3), (4, 2), (1, 5), (3, 1)),
        "signs": _windows(
            "solo valores negativos, o solo positivos", (3, 3), (4, 4), shifts=(-20, 20)
        ),
        "memory": _windows(
            "otros tipos de dato y orden en memoria", (3, 3), forms=(strided, _single, _bytes)
        ),
    },
)


def _shares(
    title: str, *shapes: tuple[int, int], make_dz: Callable[[Generator], float | int]
) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for shape in shapes:
            dz = make_dz(rng)
            yield Case((dz, shape), f"dz={dz:.4g}, shape={shape}")

    return Group(title, make)


def _real(rng: Generator) -> float:
    return float(rng.choice([-1, 1]) * rng.uniform(1, 5))


def _integer(rng: Generator) -> int:
    return int(rng.choice([-11, -7, -5]))


DISTRIBUTE_VALUE = Exercise(
    name="distribute_value",
    parameters=("dz", "shape"),
    outputs=(Output("a", WINDOW_AXES),),
    groups={
        "basic": _shares("ventanas cuadradas", (2, 2), (3, 3), (5, 5), make_dz=_real),
        "rectangular": _shares(
            "ventanas que no son cuadradas", (2, 3), (4, 1), (3, 5), make_dz=_real
        ),
        "integers": _shares("dz entero", (3, 3), (4, 4), make_dz=_integer),
    },
)

POOL_BACKWARD = Exercise(
    name="pool_backward",
    parameters=("dA", "cache", "mode"),
    outputs=(Output("dA_prev", IMAGE_AXES),),
    groups={group: _backward_group(group) for group in _SIZES if group != "cache"},
    helpers=("create_mask_from_window", "distribute_value"),
)

EXERCISES = (POOL_FORWARD, CREATE_MASK_FROM_WINDOW, DISTRIBUTE_VALUE, POOL_BACKWARD)
