"""The mistakes that people make in pooling: forward, the mask, the share, and backward."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.exercises.mistakes import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable

Array = np.ndarray[Any, Any]
Hyper = dict[str, int]
Cache = tuple[Array, Hyper]

REDUCE: dict[str, Callable[[Array], Any]] = {"max": np.max, "average": np.mean}


def _forward(  # noqa: PLR0913 - each flag is one way to be wrong
    A_prev: Array,
    hparameters: Hyper,
    mode: str = "max",
    *,
    reduce: dict[str, Callable[[Array], Any]] = REDUCE,
    mode_used: str = "",
    use_stride: bool = True,
    step_windows: bool = True,
    stride_is_f: bool = False,
    ceil: bool = False,
    square: bool = False,
    off_by_one: int = 0,
    all_channels: bool = False,
    one_image: bool = False,
) -> tuple[Array, Cache]:
    """Pool as pool_forward should, but for the flags."""
    f = hparameters["f"]
    stride = hparameters["stride"] if use_stride else 1
    if stride_is_f:
        stride = f
    extra = stride - 1 if ceil else 0
    n_H, n_W = ((n - f + extra) // stride + 1 - off_by_one for n in A_prev.shape[1:3])
    if square:
        n_W = n_H
    move = stride if step_windows else 1
    A = np.zeros((len(A_prev), n_H, n_W, A_prev.shape[3]))
    for i, h, w, c in np.ndindex(A.shape):
        rows, columns = (slice(k * move, k * move + f) for k in (h, w))
        window = A_prev[i, rows, columns, :] if all_channels else A_prev[i, rows, columns, c]
        A[i, h, w, c] = reduce[mode_used or mode](window)
    if one_image:
        A[1:] = 0
    return A, (A_prev, hparameters)


def _caches_output(A_prev: Array, hparameters: Hyper, mode: str = "max") -> tuple[Array, Cache]:
    A, _ = _forward(A_prev, hparameters, mode)
    return A, (A, hparameters)


IGNORED_STRIDE = (
    "la ventana avanza stride pasos cada vez: vert_start es h * stride y horiz_start es w * stride"
)
STRIDE_IS_F = (
    "usaste f como stride: son dos números distintos, y cuando stride es menor que f las ventanas "
    "se traslapan"
)
ALWAYS_MAX = "en modo 'average' también usaste el máximo: revisa el if/elif sobre mode"
ALWAYS_AVERAGE = "en modo 'max' usaste el promedio: revisa el if/elif sobre mode"
FIRST_IMAGE = (
    "solo se calculó la primera imagen del lote: revisa el ciclo sobre i y que el return esté "
    "después de él"
)

POOL_FORWARD = (
    Mistake("ignores_stride_in_windows", partial(_forward, step_windows=False), IGNORED_STRIDE),
    Mistake(
        "hard_codes_stride_one",
        partial(_forward, use_stride=False),
        "no usaste hparameters['stride']: el tamaño de la salida y el comienzo de cada ventana "
        "dependen de él",
    ),
    Mistake("uses_f_as_stride", partial(_forward, stride_is_f=True), STRIDE_IS_F),
    Mistake("always_max", partial(_forward, mode_used="max"), ALWAYS_MAX),
    Mistake("always_average", partial(_forward, mode_used="average"), ALWAYS_AVERAGE),
    Mistake(
        "sums_instead_of_averaging",
        partial(_forward, reduce={**REDUCE, "average": np.sum}),
        "en modo 'average' sumaste la ventana y falta dividir entre f·f (o usa np.mean)",
    ),
    Mistake(
        "divides_by_one_side",
        partial(_forward, reduce={**REDUCE, "average": lambda x: x.sum() / len(x)}),
        "en modo 'average' dividiste entre f: la ventana tiene f·f valores (o usa np.mean)",
    ),
    Mistake(
        "pools_all_channels",
        partial(_forward, all_channels=True),
        "la ventana incluyó todos los canales: cada canal se agrupa por separado, así que el corte "
        "termina en c",
    ),
    Mistake(
        "rounds_up",
        partial(_forward, ceil=True),
        "redondeaste hacia arriba el tamaño de la salida: las ventanas que no caben enteras se "
        "descartan (división entera, //)",
    ),
    Mistake(
        "forgets_plus_one",
        partial(_forward, off_by_one=1),
        "la salida es una fila y una columna más chica: al tamaño le falta el + 1",
    ),
    Mistake(
        "assumes_square",
        partial(_forward, square=True),
        "usaste el alto de salida también como ancho: n_W se calcula con n_W_prev",
    ),
    Mistake(
        "takes_minimum",
        partial(_forward, reduce={**REDUCE, "max": np.min}),
        "tomaste el mínimo de la ventana: en modo 'max' va el máximo (np.max)",
    ),
    Mistake(
        "takes_largest_magnitude",
        partial(_forward, reduce={**REDUCE, "max": lambda x: np.max(np.abs(x))}),
        "tomaste el valor absoluto antes del máximo: entre −5 y 2, el máximo es 2",
    ),
    Mistake(
        "starts_from_zero",
        partial(_forward, reduce={**REDUCE, "max": lambda x: max(x.max(), 0)}),
        "donde toda la ventana es negativa salió 0: no empieces a comparar desde 0, usa np.max",
    ),
    Mistake("first_image_only", partial(_forward, one_image=True), FIRST_IMAGE),
    Mistake(
        "caches_output",
        _caches_output,
        "cache guarda la salida A: pool_backward necesita la entrada, así que es "
        "(A_prev, hparameters)",
    ),
)

CREATE_MASK_FROM_WINDOW = (
    Mistake(
        "marks_each_row",
        lambda x: x == x.max(axis=1, keepdims=True),
        "marcaste el máximo de cada fila: el máximo es uno solo, el de toda la ventana (np.max "
        "sin axis)",
    ),
    Mistake(
        "marks_each_column",
        lambda x: x == x.max(axis=0, keepdims=True),
        "marcaste el máximo de cada columna: el máximo es uno solo, el de toda la ventana (np.max "
        "sin axis)",
    ),
    Mistake(
        "keeps_value",
        lambda x: x * (x == x.max()),
        "la máscara dice dónde está el máximo, no cuánto vale: ahí va un 1 (o True)",
    ),
    Mistake(
        "returns_maximum",
        lambda x: x.max(),
        "devolviste el máximo: falta compararlo con x, casilla por casilla (x == ...)",
    ),
    Mistake(
        "returns_position",
        lambda x: int(np.argmax(x)),
        "devolviste el índice del máximo (np.argmax): se pide un array con la forma de x",
    ),
    Mistake(
        "returns_row_and_column",
        lambda x: tuple(int(i) for i in np.unravel_index(np.argmax(x), x.shape)),
        "devolviste la fila y la columna del máximo: se pide un array con la forma de x",
    ),
    Mistake(
        "inverts_mask",
        lambda x: x != x.max(),
        "la máscara está al revés: lleva 1 (o True) en el máximo y 0 (o False) en lo demás",
    ),
    Mistake("marks_minimum", lambda x: x == x.min(), "marcaste el mínimo: se pide el máximo"),
    Mistake(
        "marks_largest_magnitude",
        lambda x: np.abs(x) == np.abs(x).max(),
        "tomaste el valor absoluto antes del máximo: entre −5 y 2, el máximo es 2",
    ),
    Mistake(
        "marks_positives",
        lambda x: x > 0,
        "marcaste los valores positivos: esa es la máscara de ReLU, y aquí va la del máximo",
    ),
    Mistake(
        "flattens",
        lambda x: (x == x.max()).ravel(),
        "la máscara perdió la forma de la ventana: lleva la misma que x",
    ),
)


def _full(shape: tuple[int, int], value: float) -> Array:
    return np.ones(shape) * value


def _keeps_integers(dz: float, shape: tuple[int, int]) -> Array:
    a = np.full(shape, dz)
    a[...] = dz / a.size
    return a


DISTRIBUTE_VALUE = (
    Mistake(
        "forgets_to_divide",
        lambda dz, shape: _full(shape, dz),
        "cada casilla recibió dz entero: falta dividirlo entre el número de casillas, n_H · n_W",
    ),
    Mistake(
        "divides_by_rows",
        lambda dz, shape: _full(shape, dz / shape[0]),
        "dividiste entre n_H: las casillas son n_H · n_W",
    ),
    Mistake(
        "squares_rows",
        lambda dz, shape: _full(shape, dz / shape[0] ** 2),
        "dividiste entre n_H · n_H: si la ventana no es cuadrada, las casillas son n_H · n_W",
    ),
    Mistake(
        "divides_by_sum",
        lambda dz, shape: _full(shape, dz / sum(shape)),
        "dividiste entre n_H + n_W: las casillas son n_H · n_W",
    ),
    Mistake(
        "whole_division",
        lambda dz, shape: _full(shape, dz // (shape[0] * shape[1])),
        "la división perdió los decimales: // es división entera y aquí va /",
    ),
    Mistake(
        "keeps_integers",
        _keeps_integers,
        "con dz entero el array salió de enteros y perdió los decimales: créalo con np.ones(shape) "
        "(float64) y no con el tipo de dz",
    ),
    Mistake(
        "returns_number",
        lambda dz, shape: dz / (shape[0] * shape[1]),
        "devolviste un número: se pide un array de forma shape con ese número en cada casilla",
    ),
    Mistake(
        "swaps_shape",
        lambda dz, shape: _full(shape[::-1], dz / (shape[0] * shape[1])),
        "el array salió de forma (n_W, n_H): shape ya viene como (n_H, n_W), úsala tal cual",
    ),
    Mistake(
        "fills_one_corner",
        lambda dz, shape: np.pad([[float(dz)]], ((0, shape[0] - 1), (0, shape[1] - 1))),
        "pusiste todo dz en una casilla: se reparte por igual entre todas",
    ),
    Mistake(
        "flattens",
        lambda dz, shape: np.full(shape[0] * shape[1], dz / (shape[0] * shape[1])),
        "el array perdió su forma: lleva la de shape, (n_H, n_W)",
    ),
)


def _mask(window: Array) -> Array:
    return np.asarray(window == window.max())


def _backward(  # noqa: PLR0913 - each flag is one way to be wrong
    dA: Array,
    cache: Cache,
    mode: str = "max",
    *,
    mask: Callable[[Array, Any], Array] = lambda x, g: _mask(x) * g,
    share: Callable[[Array, Any], Array] = lambda x, g: np.full(x.shape, g / max(x.size, 1)),
    mode_used: str = "",
    assign: bool = False,
    step: str = "stride",
    read: str = "output",
    size: str = "input",
    square: bool = False,
    all_channels: bool = False,
    one_image: bool = False,
) -> Array:
    """Go backward as pool_backward should, but for the flags."""
    A_prev, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    move = {"stride": stride, "one": 1, "f": f}[step]
    m, n_H, n_W, n_C = dA.shape
    visited = (m, (n_H - 1) * stride + f, (n_W - 1) * stride + f, n_C)
    dA_prev = np.zeros({"input": A_prev.shape, "output": dA.shape, "visited": visited}[size])
    for i, h, w, c in np.ndindex(m, n_H, n_H if square else n_W, n_C):
        rows, columns = (slice(k * move, k * move + f) for k in (h, w))
        channels = slice(None) if all_channels else c
        place = {"output": (h, w), "swapped": (w, h), "input": (h * stride, w * stride)}[read]
        g = dA[(i, *place, c)]
        window = A_prev[i, rows, columns, channels]
        part = mask(window, g) if (mode_used or mode) == "max" else share(window, g)
        target = dA_prev[i, rows, columns, channels]
        target[...] = part if assign else target + part
    if one_image:
        dA_prev[1:] = 0
    return dA_prev


POOL_BACKWARD = (
    Mistake(
        "assigns",
        partial(_backward, assign=True),
        "asignas (=) donde hay que acumular (+=): cuando las ventanas se traslapan, un mismo píxel "
        "recibe gradiente de varias y sus partes se suman",
    ),
    Mistake(
        "ignores_stride",
        partial(_backward, step="one"),
        "las ventanas avanzan de 1 en 1: usa el mismo vert_start = h * stride y horiz_start = "
        "w * stride que en pool_forward",
    ),
    Mistake("uses_f_as_stride", partial(_backward, step="f"), STRIDE_IS_F),
    Mistake("always_max", partial(_backward, mode_used="max"), ALWAYS_MAX),
    Mistake("always_average", partial(_backward, mode_used="average"), ALWAYS_AVERAGE),
    Mistake(
        "forgets_dA",
        partial(_backward, mask=lambda x, _: _mask(x)),
        "en modo 'max' pusiste la máscara sola: multiplícala por dA[i, h, w, c], que es el "
        "gradiente que llegó a esa ventana",
    ),
    Mistake(
        "multiplies_by_window",
        partial(_backward, mask=lambda x, g: x * _mask(x) * g),
        "en modo 'max' multiplicaste por los valores de A_prev: la derivada del máximo respecto a "
        "la entrada que ganó es 1, no su valor",
    ),
    Mistake(
        "forgets_to_divide",
        partial(_backward, share=lambda x, g: np.full(x.shape, g)),
        "en modo 'average' cada píxel recibió el gradiente entero: se reparte, y a cada uno le "
        "toca dA / (f·f) (distribute_value)",
    ),
    Mistake(
        "divides_by_one_side",
        partial(_backward, share=lambda x, g: np.full(x.shape, g / max(len(x), 1))),
        "en modo 'average' dividiste entre f: la ventana tiene f·f píxeles",
    ),
    Mistake(
        "masks_all_channels",
        partial(_backward, all_channels=True),
        "la ventana incluyó todos los canales: cada canal tiene su propio máximo, así que el corte "
        "termina en c",
    ),
    Mistake(
        "reads_dA_at_window_start",
        partial(_backward, read="input"),
        "leíste dA con las coordenadas de la entrada (vert_start, horiz_start): dA tiene una "
        "casilla por ventana, dA[i, h, w, c]",
    ),
    Mistake(
        "swaps_rows_and_columns",
        partial(_backward, read="swapped"),
        "leíste dA con la fila y la columna cambiadas: es dA[i, h, w, c]",
    ),
    Mistake(
        "takes_shape_of_dA",
        partial(_backward, size="output"),
        "dA_prev tiene la forma de dA: es el gradiente de la entrada, así que lleva la forma de "
        "A_prev",
    ),
    Mistake(
        "drops_leftovers",
        partial(_backward, size="visited"),
        "dA_prev solo cubre hasta la última ventana: lleva la forma de A_prev, y las filas y "
        "columnas que ninguna ventana tocó se quedan en 0",
    ),
    Mistake(
        "assumes_square",
        partial(_backward, square=True),
        "recorriste tantas columnas como filas: n_H y n_W salen de dA.shape y pueden ser distintos",
    ),
    Mistake("first_image_only", partial(_backward, one_image=True), FIRST_IMAGE),
)

MISTAKES = {
    "pool_forward": POOL_FORWARD,
    "create_mask_from_window": CREATE_MASK_FROM_WINDOW,
    "distribute_value": DISTRIBUTE_VALUE,
    "pool_backward": POOL_BACKWARD,
}
