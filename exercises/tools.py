"""What several topics draw and compute with."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from grader.data import Recipe
from grader.exercise import Case, Group

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.random import Generator

Array = np.ndarray[Any, Any]


def between(rng: Generator, low: int, high: int) -> int:
    """Draw a whole number from `low` to `high`, both included."""
    return int(rng.integers(low, high + 1))


def strided(array: Array) -> Array:
    """Return the same values in an array that isn't contiguous in memory.

    >>> strided(np.ones((2, 3))).flags.c_contiguous
    False
    """
    return np.repeat(array, 2, axis=-1)[..., ::2]


def single(array: Array) -> Array:
    """Return the array in float32."""
    return array.astype(np.float32)


def tensor(array: Array) -> torch.Tensor:
    """Return `array` as a float64 tensor of its own."""
    return torch.tensor(np.ascontiguousarray(array), dtype=torch.float64)


_drawn = lru_cache(maxsize=2)(Recipe.draw)


def held_out_pets(count: int, side: int) -> Group:
    """Return a group whose one case holds `count` new pictures, with their labels as its answer."""

    def make(rng: Generator) -> Iterator[Case]:
        recipe = Recipe(count, side, int(rng.integers(2**63)))
        images, labels = _drawn(recipe)
        note = f"{count} imágenes nuevas de {side}×{side}"
        yield Case((images.copy(),), note, answer=labels, recipe=recipe)

    return Group("imágenes nuevas", make)


def photographs_elsewhere(observed: dict[str, Any]) -> str:
    """Say that the photographs which a notebook asks for aren't here, if that is so."""
    if "absent" not in observed:
        return ""
    return (
        f"DATA_FOLDER es {str(observed['absent'])[:200]!r}, que aquí no está: la red aprendió de los "
        "dibujos, y lo que el texto diga de fotos no se ve en estas salidas"
    )


# What loops over windows get wrong in several topics: the edits, and the hint.
STEPS_BY_STRIDE = (
    (
        ("range(n_H)", "range(0, n_H, stride)"),
        ("range(n_W)", "range(0, n_W, stride)"),
        ("h * stride", "h"),
        ("w * stride", "w"),
    ),
    (
        "los ciclos ya saltan de stride en stride, y así h y w no son posiciones de la salida: muchas "
        "quedan sin calcular"
    ),
)
STARTS_WITHOUT_STRIDE = (
    (
        ("vert_end = vert_start + f", "vert_end = h * stride + f"),
        ("horiz_end = horiz_start + f", "horiz_end = w * stride + f"),
        ("vert_start = h * stride", "vert_start = h"),
        ("horiz_start = w * stride", "horiz_start = w"),
    ),
    "las ventanas no miden f: su comienzo no depende de stride y su final sí",
)

STORES_AT_START = (
    (
        ("range(n_H)", "range(0, n_H_prev - f + 1, stride)"),
        ("range(n_W)", "range(0, n_W_prev - f + 1, stride)"),
        ("h * stride", "h"),
        ("w * stride", "w"),
    ),
    (
        "guardas cada resultado donde empieza su ventana: la salida tiene un lugar por ventana, y con "
        "stride mayor que 1 no es el mismo número"
    ),
)

# Edits, and hints, of the same loops.
WINDOWS_FROM_F = (("h * stride", "h * f"), ("w * stride", "w * f"))
CORNERS = "vert_start:vert_end, horiz_start:horiz_end"
SWAPPED_CORNERS = (CORNERS, "horiz_start:horiz_end, vert_start:vert_end")
SHORT = (("range(n_H)", "range(n_H - 1)"), ("range(n_W)", "range(n_W - 1)"))
LATE = (("range(n_H)", "range(1, n_H)"), ("range(n_W)", "range(1, n_W)"))
ONE_ROW = (("range(m)", "range(1)"), ("range(n_H)", "range(1)"))
ONE_VALUE = (*ONE_ROW, ("range(n_W)", "range(1)"), ("range(n_C)", "range(1)"))
FIXED_STRIDE = "stride salió siempre 2: su valor está en hparameters"
ENDS_AT_F = (
    "solo la primera ventana está completa: el final no puede ser el mismo para todas, se cuenta "
    "desde donde empieza cada una"
)
ENDS_TOO_SOON = (
    "a las ventanas les falta una fila y una columna: el final de un corte no se incluye, así que "
    "no hace falta restarle 1"
)
FIRST_ROW = (
    "solo se calculó la primera fila de la primera imagen: mira con qué sangría está el return, "
    "que va después de todos los ciclos"
)
FIRST_VALUE = (
    "solo se calculó el primer valor: mira con qué sangría está el return, que va después de "
    "todos los ciclos"
)
