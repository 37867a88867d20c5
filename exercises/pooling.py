"""Lab 2 (NHWC): pool_forward, create_mask_from_window, distribute_value and pool_backward.

Images are (m, n_H, n_W, n_C), windows f × f, and the output size is floor((n - f) / stride) + 1. No
two values of a window are equal: which of several maxima gets the gradient is left open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from grader.exercise import Case, Exercise, Group, Mistake, Output

from .tools import (
    CORNERS,
    ENDS_AT_F,
    ENDS_TOO_SOON,
    FIRST_ROW,
    FIRST_VALUE,
    FIXED_STRIDE,
    LATE,
    ONE_ROW,
    ONE_VALUE,
    SHORT,
    STARTS_WITHOUT_STRIDE,
    STEPS_BY_STRIDE,
    STORES_AT_START,
    SWAPPED_CORNERS,
    WINDOWS_FROM_F,
    between,
    single,
    strided,
    tensor,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.random import Generator

    from .tools import Array

IMAGE_AXES = ("imagen del lote", "alto", "ancho", "canal")
WINDOW_AXES = ("fila", "columna")
MEMORY = "otros tipos de dato y orden en memoria"


def _distinct(rng: Generator, shape: tuple[int, ...]) -> Array:
    """Draw values around 0, all of them different, also as float32 or as bytes.

    >>> len(np.unique(np.floor(_distinct(np.random.default_rng(0), (4, 5)))))
    20
    """
    size = int(np.prod(shape))
    values = rng.permutation(size) - size // 2 + rng.uniform(0.1, 0.9, size)
    return values.reshape(shape)


def _same(array: Array) -> Array:
    return array


def _tiny(array: Array) -> Array:
    return 1e-9 * array


def _bytes(array: Array) -> Array:
    whole = np.floor(array)
    return np.asarray(whole - whole.min(), dtype=np.uint8)


# ------------------------------------------------------------------- pool_forward and pool_backward


class Size(NamedTuple):
    """The sizes of one pooling."""

    m: int
    n_H: int
    n_W: int
    n_C: int
    f: int
    stride: int

    def output(self) -> tuple[int, int, int, int]:
        """The shape of A."""
        n_H, n_W = ((n - self.f) // self.stride + 1 for n in (self.n_H, self.n_W))
        return self.m, n_H, n_W, self.n_C


def _draw(
    rng: Generator,
    f: int,
    stride: int = 1,
    steps: tuple[int, int] = (0, 0),
    *,
    rest: int = 0,
    more: tuple[int, int] = (0, 0),
) -> Size:
    """Draw a size with windows that move `steps` times, `rest` pixels over, and `more` on each side."""
    side = f + stride * between(rng, *steps) + rest
    return Size(between(rng, 2, 3), side + more[0], side + more[1], between(rng, 2, 3), f, stride)


def _on_one_side(rng: Generator, pixels: int) -> tuple[int, int]:
    return (pixels, 0) if between(rng, 0, 1) else (0, pixels)


def _one_window(rng: Generator) -> list[Size]:
    return [_draw(rng, between(rng, 2, 4)), _draw(rng, between(rng, 6, 12), between(rng, 2, 4))]


def _overlapping(rng: Generator) -> list[Size]:
    return [
        # As many channels as rows in a window, which tells apart what raises the same elsewhere.
        _draw(rng, 2, steps=(2, 4))._replace(n_C=2),
        _draw(rng, between(rng, 3, 4), steps=(2, 2)),
        _draw(rng, between(rng, 3, 6), steps=(1, 1)),
    ]


def _remainders(rng: Generator) -> Iterator[Size]:
    for side, stride in ((2, 2), (3, between(rng, 2, 3))):
        yield _draw(rng, side, stride, rest=between(rng, 1, stride - 1))
    # Here one pixel more is no window more, and half the stride is one.
    yield _draw(rng, between(rng, 8, 9), 4, rest=2)


def _rectangles(rng: Generator) -> Iterator[Size]:
    yield _draw(rng, 1, steps=(1, 5), more=(between(rng, 1, 4), 0))
    yield _draw(rng, 1, steps=(1, 5), more=(0, between(rng, 1, 4)))
    # Who returns the input passes those: here one window fits, and the longer side has a rest.
    # It is much larger than its stride, so that the maxima lie beyond a window of stride by stride.
    yield _draw(rng, between(rng, 7, 8), 3, more=_on_one_side(rng, 2))


def _combined(rng: Generator) -> Iterator[Size]:
    for f, stride, rest in ((3, 2, 1), (4, 3, 2), (2, 3, 1), (between(rng, 5, 6), 4, 3)):
        more = _on_one_side(rng, stride * between(rng, 1, 2))
        yield _draw(rng, f, stride, (1, 2), rest=between(rng, 1, rest), more=more)
    # An output that is square, of an image that isn't.
    yield _draw(rng, 4, 3, (1, 2), more=_on_one_side(rng, between(rng, 1, 2)))
    # One image of one channel, of bytes: who makes the answer of the input's type loses its decimals.
    yield _draw(rng, 2, 1, (2, 3), more=_on_one_side(rng, 1))._replace(m=1, n_C=1)


# Each group turns one thing only: where one window fits, neither stride nor overlap matters, and
# nor do they with windows of 1×1 on images that aren't square. So whoever forgets to accumulate
# loses the windows that overlap and nothing else, and whoever forgets the stride loses the strides.
# "combined" alone turns everything at once.
_SIZES: dict[str, Callable[[Generator], Any]] = {
    "basic": _one_window,
    "average": _one_window,
    "overlap": _overlapping,
    "overlap_average": _overlapping,
    "stride": lambda rng: [
        _draw(rng, 2, 2, (2, 3)),
        _draw(rng, 3, 3, (1, 2)),
        _draw(rng, 4, 4, (1, 1)),
    ],
    "remainder": _remainders,
    "rectangular": _rectangles,
    "memory": lambda rng: [_draw(rng, f) for f in (2, 3, between(rng, 2, 3))],
    "combined": _combined,
    "cache": lambda rng: [_draw(rng, between(rng, 3, 4), 2), _draw(rng, 2, 3)],
}
_MODES = {
    "average": ("average",) * 2,
    "overlap_average": ("average",) * 3,
    "combined": ("max", "average", "max", "average", "max", "average"),
}
_TITLES = {
    "basic": "una sola ventana en modo max",
    "average": "una sola ventana en modo average",
    "overlap": "ventanas que se traslapan en modo max",
    "overlap_average": "ventanas que se traslapan en modo average",
    "stride": "stride mayor que 1",
    "remainder": "filas y columnas que sobran",
    "rectangular": "imágenes que no son cuadradas",
    "memory": MEMORY,
    "combined": "todo a la vez",
    "cache": "lo que guarda cache",
}


def _images(rng: Generator, shape: tuple[int, ...]) -> Array:
    """Draw images with one channel, of the first, that is negative throughout."""
    images = _distinct(rng, shape)
    images[0, ..., 0] -= images.size
    return images


def _layers(
    group: str, rng: Generator, forms: tuple[Callable[[Array], Array], ...]
) -> Iterator[tuple[Array, dict[str, int], str, Size, str]]:
    """Yield an input, its hyperparameters, a mode, the size and a note for each size of `group`."""
    sizes = list(_SIZES[group](rng))
    modes = _MODES.get(group, ("max",) * len(sizes))
    chosen = forms if group == "memory" else (_same,) * len(sizes)
    if group == "combined":
        chosen = (*chosen[:-1], _bytes)
    for size, mode, form in zip(sizes, modes, chosen, strict=True):
        A_prev = form(_images(rng, size[:4]))
        note = f"A_prev {A_prev.shape}, f={size.f}, stride={size.stride}, mode='{mode}'"
        if form is not _same:
            note += f", {A_prev.dtype}" + ("" if A_prev.flags.c_contiguous else " no contiguo")
        yield A_prev, {"f": size.f, "stride": size.stride}, mode, size, note


def _forward_group(group: str) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for A_prev, hparameters, mode, _, note in _layers(group, rng, (strided, single, _bytes)):
            yield Case((A_prev, hparameters, mode), note)

    return Group(_TITLES[group], make, outputs=("cache",) if group == "cache" else ())


def _backward_group(group: str) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for A_prev, hparameters, mode, size, note in _layers(group, rng, (strided, single, _same)):
            # As large as the values of A_prev, so that who adds it to them changes which one wins.
            dA = 20 * rng.standard_normal(size.output())
            dA = dA.astype(np.result_type(A_prev, np.float32))
            yield Case((dA, (A_prev, hparameters), mode), f"dA {dA.shape}, {note}")

    return Group(_TITLES[group], make)


def _pool(A_prev: torch.Tensor, hparameters: dict[str, int], mode: str) -> torch.Tensor:
    """Pool NHWC images by way of torch's NCHW."""
    pool = F.max_pool2d if mode == "max" else F.avg_pool2d
    A = pool(A_prev.permute(0, 3, 1, 2), hparameters["f"], stride=hparameters["stride"])
    return A.permute(0, 2, 3, 1)


def _pool_forward(
    A_prev: Array, hparameters: dict[str, int], mode: str
) -> tuple[Array, tuple[Any, ...]]:
    return _pool(tensor(A_prev), hparameters, mode).numpy(), (A_prev, hparameters)


def _pool_backward(dA: Array, cache: tuple[Any, ...], mode: str) -> Array:
    """Return the gradient dA_prev of sum(dA * A), by autograd."""
    A_prev, hparameters = cache
    leaf = tensor(A_prev).requires_grad_()
    (gradient,) = torch.autograd.grad(_pool(leaf, hparameters, mode), leaf, tensor(dA))
    return gradient.numpy()


_WITHOUT_STRIDE = (("h * stride", "h"), ("w * stride", "w"))
_SWAPPED_KEYS = (
    'hparameters["f"], hparameters["stride"]',
    'hparameters["stride"], hparameters["f"]',
)
_DOUBLED = ('hparameters["stride"]', '2 * hparameters["stride"]')
_STRIDE_TWO = (', hparameters["stride"]', ", 2")
_F_TWO = ('hparameters["f"],', "2,")
_MIXED_CORNERS = ("horiz_start = w", "horiz_start = h")
_ROWS_AT_W = (CORNERS, "horiz_start:horiz_end, horiz_start:horiz_end")
_END_AT_STRIDE = ("start + f", "start + stride")
_END_WITHOUT_STRIDE = (("vert_start + f", "h + f"), ("horiz_start + f", "w + f"))
_END_AT_F = ("start + f", "start * 0 + f")
_END_TOO_SOON = ("start + f", "start + f - 1")

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
SWAPPED_KEYS = "cambiaste f por stride: f es el lado de la ventana, y stride cuánto avanza"
MIXED_CORNERS = (
    "la columna donde empieza la ventana no depende de w: vert_start sale de h y horiz_start, de w"
)
ROWS_AT_W = "la fila donde empieza la ventana no depende de h: revisa de qué índice sale vert_start"
DOUBLED_STRIDE = "las ventanas avanzan el doble: de una a la siguiente hay stride píxeles"
FIXED_F = "f salió siempre 2: su valor está en hparameters"
ENDS_AT_STRIDE = "la ventana mide stride por lado: stride es cuánto avanza, y su lado es f"
ENDS_WITHOUT_STRIDE = (
    "las ventanas no miden todas lo mismo: con stride mayor que 1 la ventana no empieza en h ni "
    "en w, y su final se cuenta desde donde empieza"
)
SWAPPED_MODES = "cambiaste un modo por el otro: 'max' es el máximo y 'average' el promedio"
SECOND_IMAGE = (
    "todas las ventanas se cortaron de la segunda imagen, con el índice 1: la imagen i se busca "
    "con i"
)
NCHW = "leíste los arrays como (m, n_C, n_H, n_W): en este laboratorio los canales van al final"

# What is true of all that look alike.
AT_ZERO = (
    "toda la salida está en ceros: mira si los ciclos llegan a correr, si este modo entra en "
    "algún if (imprime mode) y si lo que calculas llega a A"
)
MODES = "este modo dio lo que le toca al otro: imprime mode, y mira en qué rama del if/elif entra"
DIVISOR = (
    "en modo 'average' dividiste entre otro número: ¿cuántos valores hay en una ventana de lado f?"
)
ALL_CHANNELS = "la ventana incluyó todos los canales: cada canal se agrupa por separado"
STEPS = (
    "las ventanas no avanzan lo que dice stride: imprime dónde empieza y dónde termina cada una, y "
    "compáralo con los f y stride de este caso"
)
SHORTER = (
    "a la salida le faltan filas y columnas: compara tu tamaño con ⌊(n − f)/s⌋ + 1, con los "
    "números de este caso"
)
WINDOWS = (
    "alguna ventana se sale de la imagen, o no mide f por f: imprime dónde empieza y dónde "
    "termina cada una, junto a A_prev.shape"
)
ONE_AXIS = (
    "con axis redujiste un solo eje y quedó un valor por columna: de cada ventana sale un número"
)
_POOL_FORWARD_MISTAKES = (
    Mistake(
        "ignores_stride_in_windows",
        _WITHOUT_STRIDE,
        "la ventana avanza stride pasos cada vez: vert_start es h * stride y horiz_start es w * "
        "stride",
    ),
    Mistake(
        "hard_codes_stride_one",
        (', hparameters["stride"]', ", 1"),
        "no usaste hparameters['stride']: el tamaño de la salida y el comienzo de cada ventana "
        "dependen de él",
    ),
    Mistake("uses_f_as_stride", (', hparameters["stride"]', ', hparameters["f"]'), STRIDE_IS_F),
    Mistake(
        "starts_windows_at_f",
        WINDOWS_FROM_F,
        "la salida tiene el tamaño correcto, pero las ventanas avanzan de f en f: empiezan cada "
        "stride píxeles",
    ),
    Mistake(
        "doubles_stride",
        _DOUBLED,
        DOUBLED_STRIDE,
        STEPS,
    ),
    Mistake(
        "hard_codes_stride_two",
        _STRIDE_TWO,
        FIXED_STRIDE,
        STEPS,
    ),
    Mistake("hard_codes_f_two", _F_TWO, FIXED_F),
    Mistake(
        "swaps_hyperparameters",
        _SWAPPED_KEYS,
        SWAPPED_KEYS,
        WINDOWS,
    ),
    Mistake("always_max", ("np.mean(", "np.max("), ALWAYS_MAX, MODES),
    Mistake("always_average", ("np.max(", "np.mean("), ALWAYS_AVERAGE, MODES),
    Mistake(
        "swaps_modes",
        (('mode == "max"', 'mode == "M"'), ('"average"', '"max"'), ('"M"', '"average"')),
        SWAPPED_MODES,
        MODES,
    ),
    Mistake(
        "misspells_average",
        ('"average"', '"mean"'),
        "en modo 'average' todo quedó en ceros: compara letra por letra el modo que buscas en el "
        "if con los que anuncia la función",
        AT_ZERO,
    ),
    Mistake(
        "misspells_max",
        ('"max"', '"maximum"'),
        "en modo 'max' todo quedó en ceros: compara letra por letra el modo que buscas en el if "
        "con los que anuncia la función",
        AT_ZERO,
    ),
    Mistake(
        "takes_median",
        ("np.mean(", "np.median("),
        "en modo 'average' salió la mediana: se pide el promedio",
    ),
    Mistake(
        "divides_by_stride",
        ("np.mean(a_slice)", "np.sum(a_slice) / stride**2"),
        "en modo 'average' dividiste entre stride·stride: ¿cuántos valores hay en una ventana de "
        "lado f?",
        DIVISOR,
    ),
    Mistake(
        "divides_by_windows",
        ("np.mean(a_slice)", "np.sum(a_slice) / (n_H * n_W)"),
        "en modo 'average' dividiste entre el número de ventanas, n_H · n_W: el promedio es entre "
        "los valores de una sola",
        DIVISOR,
    ),
    Mistake(
        "averages_all_channels",
        ("np.mean(a_slice)", f"np.mean(A_prev[i, {CORNERS}])"),
        "en modo 'average' la ventana incluyó todos los canales: cada canal se promedia por "
        "separado",
        ALL_CHANNELS,
    ),
    Mistake(
        "reduces_one_axis",
        (
            ("np.max(a_slice)", "np.max(a_slice, axis=0)"),
            ("np.mean(a_slice)", "np.mean(a_slice, axis=0)"),
        ),
        ONE_AXIS,
        ONE_AXIS,
    ),
    Mistake(
        "reduces_one_axis_in_max",
        ("np.max(a_slice)", "np.max(a_slice, axis=0)"),
        ONE_AXIS,
        ONE_AXIS,
    ),
    Mistake(
        "returns_position",
        ("np.max(a_slice)", "np.argmax(a_slice)"),
        "en modo 'max' guardaste dónde está el máximo (np.argmax), y se pide cuánto vale",
    ),
    Mistake(
        "stays_at_zero",
        ("A[i, h, w, c] =", "A[i, h, w, c] *="),
        "toda la salida está en ceros, en los dos modos: lo que calculas no llega a A, o lo "
        "multiplicas por el cero que había ahí",
        AT_ZERO,
    ),
    Mistake(
        "sums_instead_of_averaging",
        ("np.mean(", "np.sum("),
        "en modo 'average' sumaste la ventana y falta dividir entre f·f (o usa np.mean)",
        DIVISOR,
    ),
    Mistake(
        "divides_by_one_side",
        ("np.mean(a_slice)", "np.sum(a_slice) / f"),
        "en modo 'average' dividiste entre f: la ventana tiene f·f valores (o usa np.mean)",
        DIVISOR,
    ),
    Mistake(
        "pools_all_channels",
        ("horiz_end, c]", "horiz_end]"),
        "la ventana incluyó todos los canales: cada canal se agrupa por separado, así que el corte "
        "termina en c",
        ALL_CHANNELS,
    ),
    Mistake(
        "first_channel_only",
        ("horiz_end, c]", "horiz_end, 0]"),
        "todos los canales salieron del canal 0: la ventana se corta en el canal c",
    ),
    Mistake(
        "rounds_up",
        ("- f) // stride", "- f + stride - 1) // stride"),
        "redondeaste hacia arriba el tamaño de la salida: las ventanas que no caben enteras se "
        "descartan (división entera, //)",
        WINDOWS,
    ),
    Mistake(
        "forgets_plus_one",
        ("// stride + 1", "// stride"),
        "a la salida le falta una fila y una columna: en ⌊(n − f)/s⌋ + 1 el + 1 es la primera "
        "ventana, la que empieza en 0",
        SHORTER,
    ),
    Mistake(
        "adds_one_before_dividing",
        ("- f) // stride + 1", "- f + 1) // stride"),
        "sumaste 1 antes de dividir: con stride 1 da lo mismo y con otro no; ¿qué cuenta ese 1, "
        "píxeles o ventanas?",
        SHORTER,
    ),
    Mistake(
        "divides_by_f_in_size",
        (") // stride", ") // f"),
        "en el tamaño de la salida dividiste entre f: entre una ventana y la siguiente hay stride "
        "píxeles",
    ),
    Mistake(
        "forgets_parentheses_in_size",
        (("(n_H_prev - f) //", "n_H_prev - f //"), ("(n_W_prev - f) //", "n_W_prev - f //")),
        "al tamaño de la salida le faltan paréntesis: // se calcula antes que −, y aquí stride "
        "divide a todo n − f",
        WINDOWS,
    ),
    Mistake(
        "ignores_stride_in_size",
        (") // stride + 1", ") + 1"),
        "el tamaño de la salida no depende de stride, y las últimas ventanas se salen de la imagen",
        WINDOWS,
    ),
    Mistake(
        "keeps_size_of_input",
        ("A = np.zeros((m, n_H, n_W, n_C))", "A = np.zeros(A_prev.shape)"),
        "A se creó con la forma de A_prev: su alto y su ancho son n_H y n_W",
    ),
    Mistake(
        "reads_pad",
        ("(n_H_prev - f)", '(n_H_prev + 2 * hparameters["pad"] - f)'),
        "buscaste 'pad' en hparameters, como en la convolución: aquí no hay padding, y solo trae "
        "'f' y 'stride'",
    ),
    Mistake(
        "swaps_sides",
        ("n_H_prev, n_W_prev, n_C =", "n_W_prev, n_H_prev, n_C ="),
        "leíste el ancho de A_prev como alto y el alto como ancho: los ejes son (m, n_H, n_W, n_C)",
        WINDOWS,
    ),
    Mistake(
        "swaps_sides_of_A",
        ("np.zeros((m, n_H, n_W, n_C))", "np.zeros((m, n_W, n_H, n_C))"),
        "A se creó con el ancho antes que el alto: sus ejes son (m, n_H, n_W, n_C)",
        WINDOWS,
    ),
    Mistake(
        "forgets_f_in_size",
        (("(n_H_prev - f)", "(n_H_prev - 1)"), ("(n_W_prev - f)", "(n_W_prev - 1)")),
        "contaste un lugar por cada stride píxeles, aunque allí la ventana ya no quepa: al tamaño "
        "hay que restarle f antes de dividir",
        WINDOWS,
    ),
    Mistake(
        "size_is_a_float",
        ("// stride", "/ stride"),
        "el tamaño de la salida salió con decimales (float): np.zeros y range piden enteros, así "
        "que divide con //",
    ),
    Mistake(
        "loops_one_short",
        SHORT,
        "la última fila y la última columna quedaron en ceros: range(n) ya termina en n − 1, no "
        "hace falta restarle otro 1",
        AT_ZERO,
    ),
    Mistake(
        "loops_from_one",
        LATE,
        "la primera fila y la primera columna quedaron en ceros: los índices empiezan en 0, y "
        "range(n) ya comienza ahí",
        AT_ZERO,
    ),
    Mistake("stops_after_first_row", ONE_ROW, FIRST_ROW, FIRST_IMAGE),
    Mistake("stops_after_first_value", ONE_VALUE, FIRST_VALUE),
    Mistake(
        "assumes_square",
        ("(n_W_prev - f)", "(n_H_prev - f)"),
        "usaste el alto de salida también como ancho: n_W se calcula con n_W_prev",
    ),
    Mistake("mixes_corners", _MIXED_CORNERS, MIXED_CORNERS),
    Mistake("starts_rows_at_w", _ROWS_AT_W, ROWS_AT_W),
    Mistake(
        "ends_windows_at_stride",
        _END_AT_STRIDE,
        ENDS_AT_STRIDE,
        WINDOWS,
    ),
    Mistake(
        "ends_windows_without_stride",
        _END_WITHOUT_STRIDE,
        ENDS_WITHOUT_STRIDE,
        WINDOWS,
    ),
    Mistake(
        "ends_windows_at_f",
        _END_AT_F,
        ENDS_AT_F,
        WINDOWS,
    ),
    Mistake(
        "ends_windows_too_soon",
        _END_TOO_SOON,
        ENDS_TOO_SOON,
        WINDOWS,
    ),
    Mistake(
        "swaps_corners",
        SWAPPED_CORNERS,
        "cortaste la ventana con filas y columnas cambiadas: el eje 1 es el alto y lleva "
        "vert_start:vert_end; el 2, el ancho",
        WINDOWS,
    ),
    Mistake(
        "reads_as_nchw",
        (
            ("m, n_H_prev, n_W_prev, n_C = ", "m, n_C, n_H_prev, n_W_prev = "),
            (
                "[i, vert_start:vert_end, horiz_start:horiz_end, c]",
                "[i, c, vert_start:vert_end, horiz_start:horiz_end]",
            ),
        ),
        "leíste A_prev como (m, n_C, n_H, n_W): en este laboratorio los canales van al final",
    ),
    Mistake(
        "takes_minimum",
        ("np.max(", "np.min("),
        "tomaste el mínimo de la ventana: en modo 'max' va el máximo (np.max)",
    ),
    Mistake(
        "takes_largest_magnitude",
        ("np.max(a_slice)", "np.max(np.abs(a_slice))"),
        "tomaste el valor absoluto antes del máximo: entre −5 y 2, el máximo es 2",
    ),
    Mistake(
        "starts_from_zero",
        ("np.max(a_slice)", "np.max(a_slice, initial=0)"),
        "donde toda la ventana es negativa salió 0: no empieces a comparar desde 0, usa np.max",
    ),
    Mistake(
        "pools_whole_image",
        ("vert_start:vert_end, horiz_start:horiz_end", ":, :"),
        "todas las ventanas son la imagen completa: corta el pedazo que va de vert_start a vert_end"
        " y de horiz_start a horiz_end",
    ),
    Mistake("first_image_only", ("range(m)", "range(1)"), FIRST_IMAGE, FIRST_IMAGE),
    Mistake(
        "reads_first_image",
        ("A_prev[i,", "A_prev[0,"),
        "todas las imágenes salieron iguales a la primera: la ventana se corta de A_prev[i]",
    ),
    Mistake("reads_second_image", ("A_prev[i,", "A_prev[1,"), SECOND_IMAGE),
    Mistake(
        "last_channel_everywhere",
        ("A[i, h, w, c] =", "A[i, h, w] ="),
        "todos los canales quedaron con el resultado del último: cada uno se guarda en su lugar",
    ),
    Mistake(
        "keeps_last_image",
        ("for i in range(m):", "for i in range(m):\n        A = np.zeros((m, n_H, n_W, n_C))"),
        "solo quedó la última imagen: A se crea una vez, antes del ciclo sobre el lote",
    ),
    Mistake(
        "caches_output",
        ("cache = (A_prev,", "cache = (A,"),
        "cache guarda la salida A: pool_backward necesita la entrada, así que es "
        "(A_prev, hparameters)",
    ),
    Mistake(
        "caches_too_little",
        ("cache = (A_prev, hparameters)", "cache = A_prev"),
        "cache no guarda hparameters: pool_backward necesita saber con qué f y qué stride se "
        "calculó A",
    ),
    Mistake(
        "caches_too_much",
        ("cache = (A_prev, hparameters)", "cache = (A_prev, hparameters, mode)"),
        "cache guarda algo de más: son dos cosas, (A_prev, hparameters), y mode se le vuelve a "
        "dar a pool_backward",
    ),
    Mistake(
        "loops_columns_over_rows",
        ("range(n_W)", "range(n_H)"),
        "recorriste el ancho con el alto: el ciclo de w llega hasta n_W, que en una imagen que no es "
        "cuadrada es otro número",
    ),
    Mistake(
        "steps_by_stride",
        *STEPS_BY_STRIDE,
    ),
    Mistake(
        "starts_windows_without_stride",
        *STARTS_WITHOUT_STRIDE,
    ),
    Mistake(
        "pools_whole_batch",
        (
            "A_prev[i, vert_start:vert_end, horiz_start:horiz_end, c]",
            "A_prev[:, vert_start:vert_end, horiz_start:horiz_end, :]",
        ),
        "la ventana incluye todas las imágenes y todos los canales: es de la imagen i y del canal c",
    ),
    Mistake("stores_at_window_start", *STORES_AT_START),
    Mistake(
        "pools_every_image",
        ("A_prev[i, vert", "A_prev[:, vert"),
        "la ventana incluye todas las imágenes del lote: se corta de la imagen i",
    ),
    Mistake(
        "uses_python_max",
        ("np.max(a_slice)", "max(a_slice)"),
        "max(...), el de Python, compara filas enteras: usa el de NumPy, np.max",
    ),
    Mistake(
        "one_channel_only",
        ("n_W_prev, n_C = A_prev.shape", "n_W_prev, _ = A_prev.shape\n    n_C = 1"),
        "a la salida le faltan canales: tiene los mismos que A_prev",
    ),
    Mistake(
        "takes_f_from_stride",
        ('hparameters["f"],', 'hparameters["stride"],'),
        "la ventana mide stride por lado, también en el tamaño de la salida: su lado es f",
        WINDOWS,
    ),
)

POOL_FORWARD = Exercise(
    name="pool_forward",
    parameters=("A_prev", "hparameters", "mode"),
    outputs=(Output("A", IMAGE_AXES), Output("cache")),
    compared=("A",),
    groups={group: _forward_group(group) for group in _TITLES},
    reference=_pool_forward,
    mistakes=_POOL_FORWARD_MISTAKES,
)

ASSIGNS = (
    "asignas (=) donde hay que acumular (+=): cuando las ventanas se traslapan, un mismo píxel "
    "recibe gradiente de varias y sus partes se suman"
)
NO_ROOM = (
    "alguna ventana se sale de la imagen o queda incompleta, o lo que le sumas no tiene su forma: "
    "imprime las dos; de dA le toca a cada una un solo número, y de A_prev un solo canal"
)
SHARE = (
    "en modo 'average' a cada píxel de la ventana le llegó otra cantidad: ¿cuánto le toca a cada "
    "uno si dA[i, h, w, c] se reparte entre los de una ventana de lado f?"
)
STARTS_FROM_INPUT = (
    "dA_prev comenzó con los valores de A_prev: es un array aparte, y comienza en ceros"
)
AT_ZERO_BACK = (
    "todo dA_prev está en ceros: mira si los ciclos llegan a correr, si este modo entra en algún "
    "if (imprime mode) y si lo que calculas se le suma"
)

_POOL_BACKWARD_MISTAKES = (
    Mistake(
        "assigns",
        ("+= share", "= share"),
        ASSIGNS,
        ASSIGNS,
    ),
    Mistake(
        "ignores_stride",
        _WITHOUT_STRIDE,
        "las ventanas avanzan de 1 en 1: usa el mismo vert_start = h * stride y horiz_start = "
        "w * stride que en pool_forward",
    ),
    Mistake("uses_f_as_stride", WINDOWS_FROM_F, STRIDE_IS_F),
    Mistake("swaps_hyperparameters", _SWAPPED_KEYS, SWAPPED_KEYS),
    Mistake(
        "always_max",
        ('if mode == "max"', "if True"),
        ALWAYS_MAX,
        MODES,
    ),
    Mistake(
        "always_average",
        (('if mode == "max"', "if False"), ('elif mode == "average"', "else")),
        ALWAYS_AVERAGE,
        MODES,
    ),
    Mistake(
        "forgets_dA",
        (" * dA[i, h, w, c]", ""),
        "en modo 'max' pusiste la máscara sola: multiplícala por dA[i, h, w, c], que es el "
        "gradiente que llegó a esa ventana",
    ),
    Mistake(
        "multiplies_by_window",
        ("(a_slice) * dA", "(a_slice) * a_slice * dA"),
        "en modo 'max' multiplicaste por los valores de A_prev: la derivada del máximo respecto a "
        "la entrada que ganó es 1, no su valor",
    ),
    Mistake(
        "window_instead_of_dA",
        ("(a_slice) * dA[i, h, w, c]", "(a_slice) * a_slice"),
        "en modo 'max' multiplicaste la máscara por la ventana: lo que regresa es el gradiente de "
        "esa ventana, que está en dA",
    ),
    Mistake(
        "spreads_to_all",
        ("create_mask_from_window(a_slice) *", "np.ones((f, f)) *"),
        "en modo 'max' le diste el gradiente a toda la ventana: va solo al píxel que ganó "
        "(create_mask_from_window)",
    ),
    Mistake(
        "forgets_to_divide",
        ("distribute_value(dA[i, h, w, c], (f, f))", "dA[i, h, w, c]"),
        "en modo 'average' cada píxel recibió el gradiente entero: se reparte, y a cada uno le "
        "toca dA / (f·f) (distribute_value)",
        SHARE,
    ),
    Mistake(
        "divides_by_one_side",
        ("distribute_value(dA[i, h, w, c], (f, f))", "dA[i, h, w, c] / f"),
        "en modo 'average' dividiste entre f: la ventana tiene f·f píxeles",
        SHARE,
    ),
    Mistake(
        "divides_twice",
        ("c], (f, f))", "c], (f, f)) / f**2"),
        "en modo 'average' dividiste dos veces: distribute_value ya reparte entre f·f",
        SHARE,
    ),
    Mistake(
        "distributes_whole_dA",
        ("distribute_value(dA[i, h, w, c]", "distribute_value(dA"),
        "en modo 'average' repartiste todo dA en cada ventana: a una ventana le toca un solo "
        "número",
        NO_ROOM,
    ),
    Mistake(
        "masks_whole_dA",
        ("(a_slice) * dA[i, h, w, c]", "(a_slice) * dA"),
        "en modo 'max' multiplicaste la máscara por todo dA: a una ventana le toca un solo número",
        NO_ROOM,
    ),
    Mistake(
        "forgets_channel_of_dA",
        ("dA[i, h, w, c]", "dA[i, h, w]"),
        "dA[i, h, w] trae los gradientes de todos los canales: a esta ventana le toca el de uno",
        NO_ROOM,
    ),
    Mistake(
        "reads_first_channel_of_dA",
        ("dA[i, h, w, c]", "dA[i, h, w, 0]"),
        "a todos los canales les llegó el gradiente del canal 0 de dA: cada uno tiene el suyo",
    ),
    Mistake(
        "reads_first_image_of_dA",
        ("dA[i,", "dA[0,"),
        "usaste el gradiente de la primera imagen para todas: dA también se recorre con i",
    ),
    Mistake(
        "distributes_over_output",
        ("(f, f))", "(n_H, n_W))"),
        "en modo 'average' repartiste en la forma de dA: el gradiente de una ventana se reparte "
        "entre los píxeles de esa ventana",
        NO_ROOM,
    ),
    Mistake(
        "divides_by_windows",
        ("distribute_value(dA[i, h, w, c], (f, f))", "dA[i, h, w, c] / (n_H * n_W)"),
        "en modo 'average' dividiste entre el número de ventanas: a cada una llega su gradiente, "
        "y se reparte entre sus píxeles",
        SHARE,
    ),
    Mistake(
        "writes_all_channels",
        ("horiz_end, c] += share", "horiz_end, :] += share"),
        "el gradiente de un canal se sumó en todos: dA_prev también se corta en el canal c",
        NO_ROOM,
    ),
    Mistake(
        "masks_dA_prev",
        ("a_slice = A_prev[i", "a_slice = dA_prev[i"),
        "en modo 'max' buscaste el máximo en dA_prev, que se está llenando: el que ganó a la ida "
        "está en A_prev",
    ),
    Mistake(
        "masks_all_channels",
        ("horiz_end, c]\n", "horiz_end]\n"),
        "en modo 'max' la máscara se hizo con todos los canales: cada canal tiene su propio máximo",
        NO_ROOM,
    ),
    Mistake(
        "keeps_all_channels",
        ("horiz_end, c]", "horiz_end]"),
        "la ventana incluyó todos los canales: cada canal tiene su propio máximo, así que el corte "
        "termina en c",
        NO_ROOM,
    ),
    Mistake(
        "reads_dA_at_window_start",
        ("dA[i, h, w, c]", "dA[i, vert_start, horiz_start, c]"),
        "leíste dA con las coordenadas de la entrada (vert_start, horiz_start): dA tiene una "
        "casilla por ventana, dA[i, h, w, c]",
    ),
    Mistake(
        "swaps_rows_and_columns",
        ("dA[i, h, w, c]", "dA[i, w, h, c]"),
        "leíste dA con la fila y la columna cambiadas: es dA[i, h, w, c]",
    ),
    Mistake("mixes_corners", _MIXED_CORNERS, MIXED_CORNERS),
    Mistake("starts_rows_at_w", _ROWS_AT_W, ROWS_AT_W),
    Mistake(
        "swaps_corners",
        SWAPPED_CORNERS,
        "cortaste las ventanas con filas y columnas cambiadas: h y vert_start van con el eje 1; w "
        "y horiz_start, con el 2",
        NO_ROOM,
    ),
    Mistake(
        "ends_windows_at_stride",
        _END_AT_STRIDE,
        ENDS_AT_STRIDE,
        NO_ROOM,
    ),
    Mistake(
        "ends_windows_without_stride",
        _END_WITHOUT_STRIDE,
        ENDS_WITHOUT_STRIDE,
        NO_ROOM,
    ),
    Mistake(
        "ends_windows_at_f",
        _END_AT_F,
        ENDS_AT_F,
        NO_ROOM,
    ),
    Mistake(
        "ends_windows_too_soon",
        _END_TOO_SOON,
        ENDS_TOO_SOON,
        NO_ROOM,
    ),
    Mistake(
        "doubles_stride",
        _DOUBLED,
        DOUBLED_STRIDE,
        NO_ROOM,
    ),
    Mistake(
        "hard_codes_stride_two",
        _STRIDE_TWO,
        FIXED_STRIDE,
        NO_ROOM,
    ),
    Mistake("hard_codes_f_two", _F_TWO, FIXED_F),
    Mistake(
        "swaps_modes",
        (('mode == "max"', 'mode == "M"'), ('"average"', '"max"'), ('"M"', '"average"')),
        "cambiaste un modo por el otro: con 'max' el gradiente va al que ganó, y con 'average' se "
        "reparte",
        MODES,
    ),
    Mistake(
        "misspells_average",
        ("distribute_value(dA[i, h, w, c], (f, f))", "0"),
        "en modo 'average' todo quedó en ceros: compara letra por letra el modo que buscas en el "
        "if con los que anuncia la función",
        AT_ZERO_BACK,
    ),
    Mistake(
        "assigns_in_max",
        (
            "+= share",
            f'= share + (0 if mode == "max" else dA_prev[i, {CORNERS}, c])',
        ),
        ASSIGNS,
        ASSIGNS,
    ),
    Mistake(
        "assigns_in_average",
        (
            "+= share",
            f'= share + (0 if mode != "max" else dA_prev[i, {CORNERS}, c])',
        ),
        ASSIGNS,
        ASSIGNS,
    ),
    Mistake(
        "stays_at_zero",
        ("+= share", "*= share"),
        "dA_prev quedó en ceros, en los dos modos: multiplicas por el cero con que empezó, y hay "
        "que sumarle",
        AT_ZERO_BACK,
    ),
    Mistake(
        "loops_one_short",
        SHORT,
        "faltan las ventanas de la última fila y de la última columna: range(n) ya termina en n − "
        "1",
        AT_ZERO_BACK,
    ),
    Mistake(
        "loops_from_one",
        LATE,
        "faltan las ventanas de la primera fila y de la primera columna: los índices empiezan en 0",
        AT_ZERO_BACK,
    ),
    Mistake("stops_after_first_row", ONE_ROW, FIRST_ROW, FIRST_IMAGE),
    Mistake("stops_after_first_value", ONE_VALUE, FIRST_VALUE),
    Mistake(
        "takes_shape_of_dA",
        ("np.zeros(A_prev.shape)", "np.zeros(dA.shape)"),
        "dA_prev tiene la forma de dA: es el gradiente de la entrada, así que lleva la forma de "
        "A_prev",
        NO_ROOM,
    ),
    Mistake(
        "drops_leftovers",
        ("A_prev.shape", "(m, (n_H - 1) * stride + f, (n_W - 1) * stride + f, n_C)"),
        "dA_prev solo cubre hasta la última ventana: lleva la forma de A_prev, y las filas y "
        "columnas que ninguna ventana tocó se quedan en 0",
    ),
    Mistake(
        "starts_from_input",
        ("np.zeros(A_prev.shape)", "A_prev.astype(float)"),
        "dA_prev comenzó con los valores de A_prev: comienza en ceros, y ahí se acumula",
        STARTS_FROM_INPUT,
    ),
    Mistake(
        "starts_from_ones",
        ("np.zeros(A_prev.shape)", "np.ones(A_prev.shape)"),
        "dA_prev comenzó en unos: comienza en ceros, y ahí se acumula",
    ),
    Mistake(
        "loops_over_input",
        ("= dA.shape", "= A_prev.shape"),
        "recorriste tantas posiciones como píxeles tiene A_prev: hay una ventana por casilla de dA,"
        " así que n_H y n_W salen de dA.shape",
        NO_ROOM,
    ),
    Mistake(
        "assumes_square",
        ("range(n_W)", "range(n_H)"),
        "recorriste tantas columnas como filas: n_H y n_W salen de dA.shape y pueden ser distintos",
    ),
    Mistake("first_image_only", ("range(m)", "range(1)"), FIRST_IMAGE, FIRST_IMAGE),
    Mistake(
        "keeps_last_image",
        ("for i in range(m):", "for i in range(m):\n        dA_prev = np.zeros(A_prev.shape)"),
        "solo quedó la última imagen: dA_prev se crea una vez, antes del ciclo sobre el lote",
    ),
    Mistake(
        "reads_first_image",
        ("a_slice = A_prev[i,", "a_slice = A_prev[0,"),
        "buscaste los máximos siempre en la primera imagen: la ventana se corta de A_prev[i]",
    ),
    Mistake("reads_second_image", ("a_slice = A_prev[i,", "a_slice = A_prev[1,"), SECOND_IMAGE),
    Mistake(
        "writes_first_image",
        ("dA_prev[i,", "dA_prev[0,"),
        "todo el gradiente se acumuló en la primera imagen de dA_prev: cada imagen recibe el suyo",
    ),
    Mistake(
        "writes_into_input",
        ("np.zeros(A_prev.shape)", "A_prev"),
        "dA_prev y A_prev son el mismo array: al sumar en uno cambia el otro; crea uno aparte, en "
        "ceros",
        STARTS_FROM_INPUT,
    ),
    Mistake(
        "swaps_cache",
        ("A_prev, hparameters = cache", "hparameters, A_prev = cache"),
        "sacaste las cosas de cache en otro orden: es (A_prev, hparameters)",
    ),
    Mistake(
        "reads_as_nchw",
        (
            ("m, n_H, n_W, n_C =", "m, n_C, n_H, n_W ="),
            (f"[i, {CORNERS}, c]", f"[i, c, {CORNERS}]"),
            ("dA[i, h, w, c]", "dA[i, c, h, w]"),
        ),
        NCHW,
        NO_ROOM,
    ),
    Mistake(
        "steps_by_stride",
        *STEPS_BY_STRIDE,
    ),
    Mistake(
        "starts_windows_without_stride",
        *STARTS_WITHOUT_STRIDE,
    ),
    Mistake(
        "cuts_dA_with_the_window",
        ("* dA[i, h, w, c]", "* dA[i, vert_start:vert_end, horiz_start:horiz_end, c]"),
        "cortaste dA con la ventana: a cada ventana le toca un solo número, dA[i, h, w, c]",
    ),
    Mistake(
        "masks_whole_image",
        (f"a_slice = A_prev[i, {CORNERS}, c]", "a_slice = A_prev[i]"),
        "en modo 'max' la máscara se hizo con la imagen completa: es la de una ventana",
        NO_ROOM,
    ),
    Mistake(
        "every_channel_of_dA",
        ("(a_slice) * dA[i, h, w, c]", "(a_slice) * dA[i, h, w]"),
        "en modo 'max' multiplicas por los gradientes de todos los canales: a la ventana le toca un "
        "solo número, dA[i, h, w, c]",
        NO_ROOM,
    ),
    Mistake(
        "distributes_over_image",
        ("(f, f))", "A_prev[i].shape)"),
        "en modo 'average' repartiste en la forma de la imagen: es la de la ventana, (f, f)",
    ),
    Mistake(
        "distributes_over_stride",
        ("(f, f))", "(stride, stride))"),
        "en modo 'average' repartiste en stride por stride casillas: la ventana mide f por f",
        NO_ROOM,
    ),
    Mistake(
        "cuts_dA_in_both_modes",
        (
            ("* dA[i, h, w, c]", f"* dA[i, {CORNERS}, c]"),
            ("distribute_value(dA[i, h, w, c]", f"distribute_value(np.sum(dA[i, {CORNERS}, c])"),
        ),
        "en los dos modos cortaste dA con la ventana: a cada ventana le toca un solo número, "
        "dA[i, h, w, c]",
    ),
)

POOL_BACKWARD = Exercise(
    name="pool_backward",
    parameters=("dA", "cache", "mode"),
    outputs=(Output("dA_prev", IMAGE_AXES),),
    groups={group: _backward_group(group) for group in _TITLES if group != "cache"},
    reference=_pool_backward,
    mistakes=_POOL_BACKWARD_MISTAKES,
    helpers=("create_mask_from_window", "distribute_value"),
)

# ------------------------------------------------------------------------- create_mask_from_window


def _windows(
    title: str,
    draw: Callable[[Generator], list[tuple[int, int]]],
    *,
    forms: tuple[Callable[[Array], Array], ...] = (_same,),
    signs: tuple[int, ...] = (0,),
) -> Group:
    """Make a group of windows of drawn shapes: each in each form, and moved to each sign."""

    def make(rng: Generator) -> Iterator[Case]:
        for shape in draw(rng):
            for form in forms:
                for sign in signs:
                    # One more, so that the largest is the largest magnitude too.
                    window = _distinct(rng, shape) + 1
                    x = form(window + sign * (window.size + 1))
                    contiguous = "" if x.flags.c_contiguous else ", no contigua en memoria"
                    yield Case((x,), f"x de forma {shape}, {x.dtype}{contiguous}")

    return Group(title, make)


def _squares(*sides: tuple[int, int]) -> Callable[[Generator], list[tuple[int, int]]]:
    return lambda rng: [(between(rng, *side),) * 2 for side in sides]


def _wide_and_tall(rng: Generator) -> list[tuple[int, int]]:
    """Draw two wide shapes and two tall ones; one of each is a single row or column."""
    wide = [(n, n + between(rng, 1, 5)) for n in (1, between(rng, 2, 6))]
    tall = [(n + between(rng, 1, 5), n) for n in (1, between(rng, 2, 6))]
    return wide + tall


def _create_mask_from_window(x: Array) -> Array:
    window = tensor(x)
    return (window == window.max()).numpy()


_MASK_MISTAKES = (
    Mistake(
        "marks_each_row",
        ("np.max(x)", "np.max(x, axis=1, keepdims=True)"),
        "marcaste el máximo de cada fila: el máximo es uno solo, el de toda la ventana (np.max "
        "sin axis)",
    ),
    Mistake(
        "marks_each_column",
        ("np.max(x)", "np.max(x, axis=0)"),
        "marcaste el máximo de cada columna: el máximo es uno solo, el de toda la ventana (np.max "
        "sin axis)",
    ),
    Mistake(
        "keeps_value",
        ("x == np.max(x)", "x * (x == np.max(x))"),
        "la máscara dice dónde está el máximo, no cuánto vale: ahí va un 1 (o True)",
    ),
    Mistake(
        "returns_maximum",
        ("x == ", ""),
        "devolviste el máximo: falta compararlo con x, casilla por casilla (x == ...)",
    ),
    Mistake(
        "returns_position",
        ("x == np.max(x)", "np.argmax(x)"),
        "devolviste el índice del máximo (np.argmax): se pide un array con la forma de x",
    ),
    Mistake(
        "returns_row_and_column",
        ("x == np.max(x)", "np.unravel_index(np.argmax(x), x.shape)"),
        "devolviste la fila y la columna del máximo: se pide un array con la forma de x",
    ),
    Mistake(
        "inverts_mask",
        ("==", "!="),
        "la máscara está al revés: lleva 1 (o True) en el máximo y 0 (o False) en lo demás",
    ),
    Mistake("marks_minimum", ("np.max(", "np.min("), "marcaste el mínimo: se pide el máximo"),
    Mistake(
        "marks_largest_magnitude",
        ("x == np.max(x)", "np.abs(x) == np.max(np.abs(x))"),
        "tomaste el valor absoluto antes del máximo: entre −5 y 2, el máximo es 2",
    ),
    Mistake(
        "marks_positives",
        ("== np.max(x)", "> 0"),
        "marcaste los valores positivos: esa es la máscara de ReLU, y aquí va la del máximo",
    ),
    Mistake(
        "flattens",
        ("x == np.max(x)", "(x == np.max(x)).ravel()"),
        "la máscara perdió la forma de la ventana: lleva la misma que x",
    ),
    Mistake(
        "uses_python_max",
        ("np.max(x)", "max(x)"),
        "max(x), el de Python, compara filas enteras: usa el de NumPy, np.max",
    ),
    Mistake(
        "marks_everything",
        ("==", "<="),
        "marcaste todas las casillas: con <= entran también las menores que el máximo",
    ),
    Mistake(
        "marks_above_mean",
        ("== np.max(x)", "> np.mean(x)"),
        "marcaste los valores mayores que el promedio: la máscara marca uno solo, el máximo",
    ),
    Mistake(
        "indexes_with_argmax",
        ("x == np.max(x)", "np.zeros(x.shape)\n    mask[np.argmax(x)] = 1"),
        "np.argmax da la posición en x aplanada, y como índice de la máscara marca una fila: o la "
        "conviertes en fila y columna, o comparas x con su máximo",
    ),
    Mistake(
        "divides_by_maximum",
        ("x == np.max(x)", "x / np.max(x)"),
        "dividiste entre el máximo: la máscara no lleva proporciones, solo 1 (o True) y 0 (o "
        "False)",
    ),
    Mistake(
        "compares_with_true",
        ("x == np.max(x)", "True == np.max(x)"),
        "comparaste el máximo con True, y salió un solo valor: se pregunta qué casillas de x valen eso",
    ),
    Mistake(
        "compares_with_position",
        ("np.max(x)", "np.argmax(x)"),
        "comparaste x con la posición del máximo (np.argmax): se compara con su valor (np.max)",
    ),
)

CREATE_MASK_FROM_WINDOW = Exercise(
    name="create_mask_from_window",
    parameters=("x",),
    outputs=(Output("mask", WINDOW_AXES),),
    groups={
        "basic": _windows("caso básico", _squares((2, 2), (3, 5), (6, 12))),
        "rectangular": _windows("ventanas que no son cuadradas", _wide_and_tall),
        "signs": _windows(
            "solo valores negativos, o solo positivos; también muy pequeños",
            _squares((2, 3), (4, 7)),
            signs=(-1, 1),
            forms=(_same, _tiny),
        ),
        "memory": _windows(MEMORY, _squares((2, 6)), forms=(strided, single, _bytes)),
    },
    reference=_create_mask_from_window,
    mistakes=_MASK_MISTAKES,
)

# -------------------------------------------------------------------------------- distribute_value


def _shares(
    title: str,
    draw: Callable[[Generator], list[tuple[int, int]]],
    make_dz: Callable[[Generator], float | int],
) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for shape in draw(rng):
            dz = make_dz(rng)
            yield Case((dz, shape), f"dz={dz:.4g}, shape={shape}")

    return Group(title, make)


def _real(rng: Generator) -> float:
    return float(rng.choice([-1, 1]) * rng.uniform(1, 5))


def _integer(rng: Generator) -> int:
    """Draw a number below 0 whose share isn't whole in windows of up to 9 × 9."""
    return int(rng.choice([-101, -89, -13, -11]))


def _distribute_value(dz: float, shape: tuple[int, int]) -> Array:
    share = torch.full(shape, float(dz), dtype=torch.float64) / (shape[0] * shape[1])
    return share.numpy()


ONE_SIDE = "dividiste entre un solo lado: las casillas son n_H · n_W"

_DISTRIBUTE_VALUE_MISTAKES = (
    Mistake(
        "forgets_to_divide",
        ("dz / (n_H * n_W)", "dz"),
        "cada casilla recibió dz entero: falta dividirlo entre el número de casillas, n_H · n_W",
    ),
    Mistake(
        "divides_by_rows",
        ("(n_H * n_W)", "n_H"),
        "dividiste entre n_H: las casillas son n_H · n_W",
        ONE_SIDE,
    ),
    Mistake(
        "squares_rows",
        ("n_H * n_W", "n_H * n_H"),
        "dividiste entre n_H · n_H: si la ventana no es cuadrada, las casillas son n_H · n_W",
    ),
    Mistake(
        "divides_by_sum",
        ("n_H * n_W", "n_H + n_W"),
        "dividiste entre n_H + n_W: las casillas son n_H · n_W",
    ),
    Mistake(
        "whole_division",
        ("dz / ", "dz // "),
        "la división perdió los decimales: // es división entera y aquí va /",
    ),
    Mistake(
        "keeps_integers",
        (
            "np.ones(shape) * (dz / (n_H * n_W))",
            "np.full(shape, dz)\n    a[...] = dz / (n_H * n_W)",
        ),
        "con dz entero el array salió de enteros y perdió los decimales: créalo con np.ones(shape) "
        "(float64) y no con el tipo de dz",
    ),
    Mistake(
        "returns_number",
        ("np.ones(shape) * ", ""),
        "devolviste un número: se pide un array de forma shape con ese número en cada casilla",
    ),
    Mistake(
        "swaps_shape",
        ("np.ones(shape)", "np.ones((n_W, n_H))"),
        "el array salió de forma (n_W, n_H): shape ya viene como (n_H, n_W), úsala tal cual",
    ),
    Mistake(
        "fills_one_corner",
        ("np.ones(shape) * (dz / (n_H * n_W))", "np.zeros(shape)\n    a[0, 0] = dz"),
        "pusiste todo dz en una casilla: se reparte por igual entre todas",
    ),
    Mistake(
        "flattens",
        ("np.ones(shape)", "np.ones(n_H * n_W)"),
        "el array perdió su forma: lleva la de shape, (n_H, n_W)",
    ),
    Mistake(
        "multiplies_zeros",
        ("np.ones(shape)", "np.zeros(shape)"),
        "todas las casillas quedaron en 0: multiplicaste por un array de ceros",
    ),
    Mistake(
        "divides_by_columns",
        ("(n_H * n_W)", "n_W"),
        "dividiste entre n_W: las casillas son n_H · n_W",
        ONE_SIDE,
    ),
    Mistake(
        "divides_by_axes",
        ("(n_H * n_W)", "len(shape)"),
        "dividiste entre 2, que es cuántos números hay en shape: ¿cuántas casillas tiene la "
        "ventana?",
    ),
    Mistake(
        "multiplies",
        ("dz / ", "dz * "),
        "multiplicaste dz por el número de casillas: al repartir, lo que le toca a cada una es "
        "menos, y todas juntas suman dz",
    ),
    Mistake(
        "divides_by_tuple",
        ("(n_H * n_W)", "shape"),
        "dividiste entre shape, que es una tupla: hace falta un número, el de casillas",
    ),
    Mistake(
        "divides_twice",
        ("(n_H * n_W)", "(n_H * n_W) ** 2"),
        "dividiste dos veces entre el número de casillas: todas juntas tienen que sumar dz",
    ),
    Mistake(
        "takes_square_window",
        ("np.ones(shape)", "np.ones((n_H, n_H))"),
        "la ventana que devuelves siempre es cuadrada: su forma es shape, (n_H, n_W)",
    ),
    Mistake(
        "fills_diagonal",
        ("np.ones(shape)", "np.eye(n_H, n_W)"),
        "solo llenaste la diagonal: todas las casillas llevan lo mismo (np.ones)",
    ),
    Mistake(
        "inverts_share",
        ("* (dz / (n_H * n_W))", "/ (dz / (n_H * n_W))"),
        "quedó al revés, (n_H · n_W) / dz: a cada casilla le toca dz entre el número de casillas",
    ),
    Mistake(
        "cuts_decimals",
        ("(dz / (n_H * n_W))", "int(dz / (n_H * n_W))"),
        "lo que le toca a cada casilla perdió los decimales: no lo conviertas en entero",
    ),
)

DISTRIBUTE_VALUE = Exercise(
    name="distribute_value",
    parameters=("dz", "shape"),
    outputs=(Output("a", WINDOW_AXES),),
    groups={
        "basic": _shares("ventanas cuadradas", _squares((3, 3), (4, 6), (7, 12)), _real),
        "rectangular": _shares("ventanas que no son cuadradas", _wide_and_tall, _real),
        "integers": _shares("dz entero", _squares((3, 5), (4, 9)), _integer),
    },
    reference=_distribute_value,
    mistakes=_DISTRIBUTE_VALUE_MISTAKES,
)

EXERCISES = (POOL_FORWARD, CREATE_MASK_FROM_WINDOW, DISTRIBUTE_VALUE, POOL_BACKWARD)
