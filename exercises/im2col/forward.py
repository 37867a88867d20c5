"""From the image to the loss: calculate_out to head_forward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F

from grader.exercise import Case, Exercise, Group, Mistake, Output

from ..tools import between
from .layers import (
    COLUMN_AXES,
    CROSSES_THE_OFFSETS,
    JOINS_THE_BATCH,
    MAP_AXES,
    ONE_SIDE,
    PIXELS_BY_COLUMN,
    ROW_AXES,
    TITLES,
    VIEW,
    Layer,
    as_nhwc,
    draw,
    group,
    groups,
    tensor,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.random import Generator

    from ..tools import Array
    from .layers import Pair

# ----------------------------------------------------------------------------------- calculate_out


def _far(rng: Generator, **options: Any) -> Layer:
    """Draw sizes of every order: a formula costs the same for all."""
    side = between(rng, 2, 7)
    return draw(rng, **{"kernel": (side, side), "steps": (5, 60), **options})


def _sides(rng: Generator) -> tuple[int, int]:
    """Draw a window that isn't square."""
    first, more = between(rng, 2, 4), between(rng, 1, 3)
    return (first, first + more) if rng.random() < 0.5 else (first + more, first)  # noqa: PLR2004


def _out_stride(rng: Generator) -> list[Layer]:
    # What is left over tells apart each way to round: stride - 1, nothing, and what is between.
    first, last = between(rng, 2, 5), between(rng, 3, 6)
    return [
        _far(rng, stride=first, rest=first - 1),
        _far(rng, stride=between(rng, 2, 4)),
        _far(rng, stride=last, rest=between(rng, 1, last - 2)),
    ]


def _out_combined(rng: Generator) -> list[Layer]:
    stride, more = between(rng, 3, 5), between(rng, 1, 4)
    some = {"padding": between(rng, 3, 5), "dilation": between(rng, 2, 4)}
    return [
        _far(rng, wide=between(rng, 1, 50)),
        _far(rng, kernel=_sides(rng), wide=-between(rng, 1, 4)),
        _far(rng, kernel=_sides(rng), stride=2, padding=4, dilation=6, steps=(9, 60), wide=more),
        _far(rng, kernel=_sides(rng), stride=stride, rest=stride - 1, wide=-more, **some),
        _far(rng, kernel=_sides(rng), stride=stride, rest=1, wide=more, **some),
    ]


def _out_options(rng: Generator) -> list[Layer]:
    """Draw layers that turn nothing, then padding alone, stride alone and dilation alone."""
    return [
        _far(rng, steps=(1, 9)),
        _far(rng, steps=(20, 200)),
        _far(rng, padding=between(rng, 2, 3)),
        _far(rng, padding=between(rng, 4, 9), steps=(20, 90)),
        *_out_stride(rng),
        _far(rng, dilation=between(rng, 2, 3)),
        # With a window of 2 there is one gap, and who counts one gap for all is right.
        _far(rng, dilation=between(rng, 3, 6), kernel=(between(rng, 3, 7),) * 2),
    ]


def _out_case(layer: Layer, _: Generator) -> Case:
    (H, W), (kH, kW) = layer.size, layer.kernel
    stride, padding, dilation = layer.options
    note = f"entrada {H}×{W}, filtro {kH}×{kW}, {stride=}, {padding=}, {dilation=}"
    return Case((layer.size, layer.kernel, *layer.options), note)


def _calculate_out(
    size: Pair, kernel_size: Pair, stride: int, padding: int, dilation: int
) -> tuple[int, int]:
    """Return the height and width that torch gives a convolution of an image of that size."""
    image, kernel = (torch.empty(1, 1, *sides, device="meta") for sides in (size, kernel_size))
    H_out, W_out = F.conv2d(image, kernel, None, stride, padding, dilation).shape[2:]
    return H_out, W_out


_REACH = "dilation * (k - 1) - 1"

CALCULATE_OUT = Exercise(
    name="calculate_out",
    parameters=("size", "kernel_size", "stride", "padding", "dilation"),
    outputs=(Output("H_out"), Output("W_out")),
    groups={
        "options": group(TITLES["options"], _out_options, _out_case),
        "combined": group(TITLES["combined"], _out_combined, _out_case),
    },
    reference=_calculate_out,
    mistakes=(
        Mistake(
            "forgets_plus_one",
            (" + 1\n", "\n"),
            "al tamaño le falta el + 1: además de los pasos que da la ventana está la posición de"
            " la que parte",
        ),
        Mistake(
            "pads_one_side",
            ("2 * padding", "padding"),
            "el padding va a los dos lados: se suma 2·padding a cada eje",
        ),
        Mistake(
            "ignores_padding",
            (" + 2 * padding", ""),
            "no usaste padding: la ventana se desliza sobre la imagen ya rellena, de tamaño n + "
            "2·padding",
        ),
        Mistake(
            "pads_outside_the_division",
            (("(n + 2 * padding -", "(n -"), (" + 1\n", " + 1 + 2 * padding\n")),
            "sumaste el padding después de dividir: primero se rellena la imagen, n + 2·padding, "
            "y sobre ese tamaño la ventana avanza de stride en stride",
        ),
        Mistake(
            "ignores_stride",
            (" // stride", ""),
            "no usaste stride: divide los pasos posibles entre stride",
        ),
        Mistake(
            "rounds_up",
            ("- 1) // stride", "- 1 + stride - 1) // stride"),
            "redondeaste hacia arriba: una ventana que no cabe entera se descarta, así que la "
            "división es entera hacia abajo (//)",
        ),
        Mistake(
            "divides_last",
            ("- 1) // stride + 1", ") // stride"),
            "el + 1 va fuera de la división: n // stride + 1, no (n + 1) // stride",
        ),
        Mistake(
            "forgets_to_round",
            ("// stride", "/ stride"),
            "el tamaño salió con decimales: usa la división entera (//), que descarta la ventana "
            "que no cabe",
        ),
        Mistake(
            "ignores_dilation",
            (_REACH, "k"),
            "no usaste dilation: con huecos, el filtro abarca dilation·(k − 1) + 1 píxeles y no k",
        ),
        Mistake(
            "stretches_too_far",
            (_REACH, "dilation * k"),
            "con dilation el filtro no abarca dilation·k píxeles: entre k valores hay k − 1 "
            "huecos, así que abarca dilation·(k − 1) + 1",
        ),
        Mistake(
            "assumes_square",
            ("return H_out, W_out", "return H_out, H_out"),
            "usaste el alto también como ancho: W_out se calcula con el segundo número de size y "
            "de kernel_size",
        ),
        Mistake(
            "assumes_square_window",
            ("zip(size, kernel_size)", "zip(size, (kernel_size[0], kernel_size[0]))"),
            "usaste kH en los dos ejes: el ancho se calcula con kW, el segundo número de "
            "kernel_size",
        ),
        Mistake(
            "swaps_height_and_width",
            ("return H_out, W_out", "return W_out, H_out"),
            "devolviste (W_out, H_out): primero va el alto y después el ancho",
        ),
        Mistake(
            "stretches_once",
            (_REACH, "(k + dilation - 1)"),
            "con un filtro de 2 no se nota, pero dilation aparta a todos los vecinos y no solo a "
            "dos: con k valores hay k − 1 huecos, así que el filtro abarca dilation·(k − 1) + 1",
        ),
        Mistake(
            "returns_floats",
            ("// stride + 1", "// stride + 1.0"),
            "el tamaño salió como float: aunque valga 3.0, range y reshape piden un entero; divide con "
            "// o conviértelo con int(...)",
        ),
        Mistake(
            "crosses_kernel_sides",
            ("zip(size, kernel_size)", "zip(size, kernel_size[::-1])"),
            "al alto le restaste kW y al ancho, kH: kernel_size es (alto, ancho)",
        ),
    ),
)

# ------------------------------------------------------------------------------------------ im2col


def _im2col_case(layer: Layer, rng: Generator) -> Case:
    return Case((layer.images(rng), layer.kernel, *layer.options), str(layer))


def _im2col(X: Array, kernel_size: Pair, stride: int, padding: int, dilation: int) -> torch.Tensor:
    """Return the windows of X (N, C, H, W) as columns (N, C * kH * kW, L)."""
    return F.unfold(tensor(X), kernel_size, dilation, padding, stride)


_PAD = "(padding, padding, padding, padding)"
_PAD_ONE_SIDE = (_PAD, "(0, 2 * padding, 0, 2 * padding)")
_JOIN = "X_col = patches.reshape(N, C * kH * kW, H_out * W_out)"
_STEPS_OF_ONE = (("stride * (", "("), ("+ 1, stride)", "+ 1)"))
_OPTIONS = "kernel_size, stride, padding, dilation)"

IM2COL = Exercise(
    name="im2col",
    parameters=("X", "kernel_size", "stride", "padding", "dilation"),
    outputs=(Output("X_col", COLUMN_AXES),),
    groups=groups(
        _im2col_case,
        *("basic", "channels", "batch", "padding", "stride", "dilation", "rectangular", "combined"),
    ),
    reference=_im2col,
    mistakes=(
        Mistake(
            "windows_in_rows",
            ("return X_col", "return X_col.transpose(1, 2)"),
            "cada ventana quedó como fila y debe ser una columna: la forma es (N, C·kH·kW, L), "
            "así que faltó transponer los dos últimos ejes",
        ),
        Mistake(
            "reshapes_instead_of_permuting",
            ("patches.reshape(", "patches.flatten(4).movedim(-1, 0).reshape("),
            "la forma es correcta, pero los números se mezclaron: reshape no cambia ejes de "
            "lugar; junta los parches con permute (o torch.stack(..., dim=-1)) y solo al final "
            "usa reshape",
        ),
        Mistake(
            "reshapes_instead_of_transposing",
            ("return X_col", "return X_col.transpose(1, 2).reshape(X_col.shape)"),
            "tenías las ventanas en filas, (N, L, C·kH·kW), y reshape no cambia ejes de lugar: así los "
            "números se mezclan; transpón los dos últimos ejes",
        ),
        Mistake(
            "windows_by_column",
            ("patches.reshape(", "patches.transpose(4, 5).reshape("),
            "recorriste las ventanas de arriba abajo: van por filas, primero j avanza y después i",
        ),
        Mistake(
            "counts_windows_by_height",
            (
                _JOIN,
                (
                    "X_col = X.new_zeros(N, C * kH * kW, H_out * W_out)\n"
                    "    for i in range(H_out):\n"
                    "        for j in range(W_out):\n"
                    "            X_col[:, :, i * H_out + j] = patches[..., i, j].reshape(N, -1)"
                ),
            ),
            "el número de la ventana (i, j) es i·W_out + j: con H_out en su lugar, las ventanas "
            "de una imagen que no es cuadrada se enciman o se salen",
        ),
        Mistake(
            "pixels_by_column",
            ("patches.reshape(", "patches.transpose(2, 3).reshape("),
            "dentro de cada ventana los píxeles van por filas: la posición (ki, kj) es la fila "
            "ki·kW + kj de la columna",
            PIXELS_BY_COLUMN,
        ),
        Mistake(
            "channel_last",
            ("patches.reshape(", "patches.permute(0, 2, 3, 1, 4, 5).reshape("),
            "los canales quedaron intercalados: en cada columna va primero el canal 0 completo "
            "(kH·kW valores), después el canal 1, y así",
        ),
        Mistake(
            "joins_the_batch",
            (_JOIN, "X_col = patches.movedim(0, 3).reshape(C * kH * kW, -1)"),
            JOINS_THE_BATCH,
            JOINS_THE_BATCH,
        ),
        Mistake(
            "first_image_only",
            (("patches[:, :,", "patches[:1, :,"), ("X_pad[:, :,", "X_pad[:1, :,")),
            "solo la primera imagen tiene columnas: corta X[:, :, ...] para todo el lote a la vez",
        ),
        Mistake(
            "first_channel_only",
            ("N, C, H_in, W_in = X.shape", "X = X[:, :1]\n    N, C, H_in, W_in = X.shape"),
            "usaste solo el primer canal: cada columna lleva los C canales de su ventana",
        ),
        Mistake("pads_one_side", _PAD_ONE_SIDE, ONE_SIDE),
        Mistake(
            "ignores_padding",
            ((_PAD, "(0, 0, 0, 0)"), (_OPTIONS, "kernel_size, stride, 0, dilation)")),
            "no usaste padding: rellena X con F.pad antes de cortar ventanas",
        ),
        Mistake(
            "ignores_stride",
            (*_STEPS_OF_ONE, (_OPTIONS, "kernel_size, 1, padding, dilation)")),
            "no usaste stride: la ventana (i, j) empieza en (i·stride, j·stride)",
        ),
        Mistake(
            "ignores_stride_in_windows",
            _STEPS_OF_ONE,
            "hay tantas columnas como deben, pero las ventanas avanzan de 1 en 1: la ventana (i, "
            "j) empieza en (i·stride, j·stride)",
        ),
        Mistake(
            "ignores_dilation",
            (
                ("u * dilation, v * dilation", "u, v"),
                (_OPTIONS, "kernel_size, stride, padding, 1)"),
            ),
            "no usaste dilation: dentro de la ventana los píxeles se toman de dilation en dilation",
        ),
        Mistake(
            "ignores_dilation_in_windows",
            ("u * dilation, v * dilation", "u, v"),
            "hay tantas columnas como deben, pero dentro de la ventana los píxeles van seguidos: "
            "se toman de dilation en dilation",
        ),
        Mistake(
            "swaps_kernel_sides",
            (
                ("kH, kW = kernel_size", "kW, kH = kernel_size"),
                (_OPTIONS, "(kH, kW), stride, padding, dilation)"),
            ),
            "intercambiaste kH y kW: kernel_size es (alto, ancho)",
        ),
        Mistake(
            "counts_pixels_by_height",
            (
                _JOIN,
                (
                    "X_col = X.new_zeros(N, C, kH * kW, H_out * W_out)\n"
                    "    for u in range(kH):\n"
                    "        for v in range(kW):\n"
                    "            X_col[:, :, u * kH + v] = patches[:, :, u, v].flatten(2)\n"
                    "    X_col = X_col.flatten(1, 2)"
                ),
            ),
            "el píxel (u, v) de la ventana es el u·kW + v: con kH en su lugar, los de una ventana "
            "que no es cuadrada se enciman o se salen",
        ),
        CROSSES_THE_OFFSETS,
        Mistake(
            "joins_the_batch_by_window",
            (_JOIN, "X_col = patches.permute(1, 2, 3, 4, 5, 0).reshape(C * kH * kW, -1)"),
            "pusiste el lote al final y lo juntaste con las ventanas: X_col tiene tres ejes y el "
            "primero es el lote",
            JOINS_THE_BATCH,
        ),
        Mistake(
            "loops_one_short",
            (
                "patches[:, :, u, v] = X_pad[:, :, rows, columns]",
                "patches[:, :, u, v, :-1, :-1] = X_pad[:, :, rows, columns][:, :, :-1, :-1]",
            ),
            "quedaron en cero las ventanas de la última fila y de la última columna: range(n) ya "
            "termina en n − 1",
        ),
        Mistake(
            "first_window_everywhere",
            (_JOIN, f"{_JOIN}[:, :, :1].expand(-1, -1, H_out * W_out)"),
            "todas las columnas son la primera ventana: dónde empieza cada una depende de i y de j",
        ),
        Mistake(
            "flips_windows",
            ("patches.reshape(", "patches.flip(2, 3).reshape("),
            "los píxeles de cada ventana quedaron de atrás hacia adelante: se leen como en la imagen",
        ),
        Mistake(
            "last_channel_everywhere",
            ("X_pad[:, :, rows", "X_pad[:, -1:, rows"),
            "todos los canales de tus columnas traen el último: al canal c le toca X[:, c]",
        ),
        Mistake(
            "one_channel_a_column",
            (
                _JOIN,
                f"{_JOIN.replace('(N, C * kH * kW, H_out * W_out)', '(N, kH * kW, C * H_out * W_out)')}",
            ),
            "cada columna trae un solo canal: lleva su ventana entera, con los C canales uno "
            "debajo de otro",
        ),
    ),
    helpers=("calculate_out",),
    driver="on_tensors",
    forbidden=("unfold", "Unfold"),
)

# ------------------------------------------------------------------------------------- conv_im2col


def _conv_case(layer: Layer, rng: Generator) -> Case:
    X, W, b = layer.images(rng), layer.filters(rng), rng.standard_normal(layer.C_out) * 3
    return Case((X, W, b, *layer.options), f"{layer}, {layer.C_out} filtros")


def _conv_memory_case(layer: Layer, rng: Generator) -> Case:
    case = _conv_case(layer, rng)
    X, W, *others = case.args
    return Case((as_nhwc(X), as_nhwc(W), *others), f"{case.note}; X y W no contiguos")


def _conv_im2col(
    X: Array, W: Array, b: Array, stride: int, padding: int, dilation: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the convolution H (N, C_out, H_out, W_out) and the columns of X."""
    kH, kW = tensor(W).shape[2:]
    H = F.conv2d(tensor(X), tensor(W), tensor(b), stride, padding, dilation)
    return H, _im2col(X, (kH, kW), stride, padding, dilation)


CONV_IM2COL = Exercise(
    name="conv_im2col",
    parameters=("X", "W", "b", "stride", "padding", "dilation"),
    outputs=(Output("H", MAP_AXES), Output("X_col", COLUMN_AXES)),
    groups={
        **groups(_conv_case, "basic", "batch_channels", "options", "rectangular", "combined"),
        **groups(_conv_memory_case, "memory"),
    },
    reference=_conv_im2col,
    mistakes=(
        Mistake(
            "forgets_bias",
            (" + b.reshape(-1, 1)", ""),
            "falta sumar el bias: b.reshape(-1, 1) es una columna, y se suma a todas las ventanas",
        ),
        Mistake(
            "bias_as_row",
            ("b.reshape(-1, 1)", "b"),
            "b tiene forma (C_out,) y así se sumaría a lo largo de las ventanas: hay un bias por "
            "filtro, es decir, por fila de H_col",
        ),
        Mistake(
            "flips_filter",
            ("W.reshape(", "W.flip(2, 3).reshape("),
            "volteaste el filtro: en aprendizaje profundo la «convolución» es correlación cruzada y "
            "el filtro se usa tal cual",
        ),
        Mistake(
            "reshape_is_not_transpose",
            ("W.reshape(C_out, -1)", "W.reshape(-1, C_out).T"),
            "W.reshape(-1, C_out).T mezcla los filtros: cada filtro es una fila, W.reshape(C_out,"
            " -1)",
        ),
        Mistake(
            "mixes_images",
            ("H_col.reshape(", "H_col.permute(1, 0, 2).reshape("),
            "las imágenes del lote se mezclaron: si trabajas con (C_out, N·L), regresa con "
            "reshape(C_out, N, L).permute(1, 0, 2) antes de dar la forma final; más simple: W_row"
            " @ X_col ya opera imagen por imagen",
        ),
        Mistake(
            "ignores_options",
            ("(kH, kW), stride, padding, dilation)", "(kH, kW))"),
            "stride, padding o dilation no llegan: pásalos a im2col y a calculate_out",
        ),
        Mistake(
            "takes_a_square_root",
            ("C_out, H_out, W_out)", "C_out, *[int(H_col.shape[2] ** 0.5)] * 2)"),
            "L no siempre es un cuadrado: H_out y W_out salen de calculate_out y no de la raíz de"
            " L",
        ),
        Mistake(
            "swaps_height_and_width",
            ("C_out, H_out, W_out)", "C_out, W_out, H_out)"),
            "intercambiaste H_out y W_out al dar la forma final",
        ),
        Mistake(
            "keeps_columns",
            ("return H, X_col", "return H_col, X_col"),
            "H sigue en columnas, (N, C_out, L): falta el reshape a (N, C_out, H_out, W_out)",
        ),
        Mistake(
            "swaps_outputs",
            ("return H, X_col", "return X_col, H"),
            "devolviste los resultados en otro orden: es H, X_col",
        ),
        Mistake("views_filters", ("W.reshape(", "W.view("), VIEW),
        Mistake(
            "reshapes_without_transposing",
            (
                (
                    "H_col = W_row @ X_col + b.reshape(-1, 1)",
                    "H_col = X_col.transpose(1, 2) @ W_row.T + b",
                ),
            ),
            "la forma es correcta, pero los números se mezclaron: tu producto es (N, L, C_out), y "
            "reshape no cambia ejes de lugar; antes hay que transponer",
        ),
        Mistake(
            "transposes_filter",
            ("W.reshape(", "W.transpose(2, 3).reshape("),
            "aplanaste cada filtro por columnas: va por filas, como los píxeles de X_col",
        ),
        Mistake(
            "filter_channels_last",
            ("W.reshape(", "W.permute(0, 2, 3, 1).reshape("),
            "al aplanar el filtro pusiste los canales al final: en X_col va primero el canal 0 completo",
        ),
        Mistake(
            "subtracts_bias",
            ("+ b.reshape", "- b.reshape"),
            "el bias se suma, no se resta",
        ),
        Mistake(
            "same_filter_for_all",
            ("W.reshape(C_out, -1)", "W[:1].expand_as(W).reshape(C_out, -1)"),
            "todos los canales de salida usan el filtro 0: cada fila de W_row es un filtro distinto",
        ),
        Mistake(
            "first_image_only",
            ("    return H, X_col", "    H[1:] = 0\n    return H, X_col"),
            "solo se calculó la primera imagen del lote: W_row @ X_col ya opera con todas",
        ),
        Mistake(
            "joins_the_batch",
            (
                (
                    "H_col = W_row @ X_col + b.reshape(-1, 1)",
                    "H_col = W_row @ X_col.reshape(W_row.shape[1], -1) + b.reshape(-1, 1)",
                ),
            ),
            "X_col.reshape(K, -1) mezcla las imágenes cuando N > 1: W_row @ X_col ya opera imagen por "
            "imagen",
        ),
        Mistake(
            "drops_dilation",
            (("(kH, kW), stride, padding, dilation)", "(kH, kW), stride, padding)"),),
            "dilation no llega: pásala a im2col y a calculate_out",
        ),
        Mistake(
            "windows_by_column",
            (
                "H_col.reshape(N, C_out, H_out, W_out)",
                "H_col.reshape(N, C_out, W_out, H_out).transpose(2, 3)",
            ),
            "acomodaste las ventanas por columnas: la ventana l está en la fila l // W_out",
        ),
    ),
    helpers=("calculate_out", "im2col"),
    driver="on_tensors",
)

# --------------------------------------------------------------------------------- max_pool_im2col


def _pool_case(layer: Layer, rng: Generator) -> Case:
    H, (kH, kW) = layer.images(rng), layer.kernel
    H[0, 0] -= 9  # the largest of some windows is below 0
    note = f"H {H.shape}, ventana {kH}×{kW}, stride={layer.stride}"
    return Case((H, layer.kernel, layer.stride), note)


def _ties_case(layer: Layer, rng: Generator) -> Case:
    """Make maps of few values, so that a maximum comes twice."""
    case = _pool_case(layer, rng)
    H = rng.integers(0, 3, case.args[0].shape).astype(float)
    return Case((H, *case.args[1:]), case.note)


def _pool(rng: Generator, **options: Any) -> Layer:
    """Draw maps to pool: by default with windows of 2×2 that stand side by side."""
    default = {"C_in": between(rng, 2, 3), "kernel": (2, 2), "stride": 2, "steps": (2, 4)}
    return draw(rng, **{**default, **options})


def _max_pool_im2col(H: Array, kernel_size: Pair, stride: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return each window's maximum (N, C, H_pool, W_pool) and its place in it (N, C, L)."""
    M, place_in_map = F.max_pool2d(tensor(H), kernel_size, stride, return_indices=True)
    first_row = torch.arange(M.shape[2]).reshape(-1, 1) * stride
    first_column = torch.arange(M.shape[3]) * stride
    row, column = place_in_map // H.shape[3], place_in_map % H.shape[3]
    place = (row - first_row) * kernel_size[1] + (column - first_column)
    return M, place.flatten(2)


_RETURN_M = "return M, indices"
_ROWS = "reshape(N, C, kH * kW, -1)"
_WINDOWS_CLASH = (
    "si el error habla de formas: separa las columnas en (N, C, kH·kW, L) y toma el máximo en el eje "
    "2, entre las posiciones de cada ventana"
)

MAX_POOL_IM2COL = Exercise(
    name="max_pool_im2col",
    parameters=("H", "kernel_size", "stride"),
    outputs=(
        Output("M", MAP_AXES),
        Output("indices", ("imagen del lote", "canal", "ventana")),
    ),
    groups={
        "basic": group(
            "caso básico (una imagen, ventanas de 2×2 que no se traslapan)",
            lambda rng: [_pool(rng), _pool(rng, steps=(5, 9))],
            _pool_case,
        ),
        "batch": group(TITLES["batch"], lambda rng: [_pool(rng, N=3), _pool(rng, N=2)], _pool_case),
        "overlap": group(
            "ventanas que se traslapan o dejan bordes fuera",
            lambda rng: [
                _pool(rng, stride=1),
                _pool(rng, kernel=(3, 3), stride=2, rest=between(rng, 0, 1)),
                _pool(rng, rest=1),
            ],
            _pool_case,
        ),
        "rectangular": group(
            TITLES["rectangular"],
            lambda rng: [
                _pool(rng, wide=between(rng, 1, 3)),
                _pool(rng, kernel=(3, 2), wide=between(rng, 1, 2)),
            ],
            _pool_case,
        ),
        "combined": group(
            "todo junto (lote, traslapes, bordes fuera y nada cuadrado)",
            lambda rng: [
                _pool(rng, N=2, kernel=(3, 4), rest=1, wide=between(rng, 1, 2)),
                _pool(rng, N=3, kernel=(4, 2), stride=3, rest=2, wide=-1),
                _pool(rng, C_in=1, kernel=(2, 3), stride=1, wide=1),
            ],
            _pool_case,
        ),
        "ties": group(
            "máximos repetidos",
            lambda rng: [_pool(rng, steps=(3, 5)), _pool(rng, steps=(3, 5))],
            _ties_case,
        ),
    },
    reference=_max_pool_im2col,
    mistakes=(
        Mistake(
            "mixes_channels",
            (
                (_ROWS, "reshape(N, 1, C * kH * kW, -1)"),
                ("M_flat.reshape(N, C,", "M_flat.reshape(N, 1,"),
            ),
            "el máximo salió de todos los canales juntos: primero separa los canales, reshape(N, "
            "C, kH·kW, L), y toma el máximo en dim=2",
        ),
        Mistake(
            "interleaves_channels",
            (_ROWS, "reshape(N, kH * kW, C, -1).transpose(1, 2)"),
            "separaste los canales en el orden equivocado: en cada columna el canal 0 va completo"
            " antes que el canal 1, así que la forma es (N, C, kH·kW, L) y no (N, kH·kW, C, L)",
        ),
        Mistake(
            "takes_the_minimum",
            ("P_col.max(", "P_col.min("),
            "tomaste el mínimo: se pide el máximo",
        ),
        Mistake(
            "averages",
            ("M = M_flat.", "M = P_col.mean(dim=2)."),
            "promediaste la ventana: se pide el máximo",
        ),
        Mistake(
            "compares_magnitudes",
            ("P_col.max(", "P_col.abs().max("),
            "comparaste valores absolutos: −5 es menor que 1",
        ),
        Mistake(
            "ignores_stride",
            (
                ("P_col = im2col(H, kernel_size, stride)", "P_col = im2col(H, kernel_size, kH)"),
                ("W_in), kernel_size, stride)", "W_in), kernel_size, kH)"),
            ),
            "las ventanas avanzan el tamaño del kernel y no stride: pasa stride a im2col y a "
            "calculate_out",
        ),
        Mistake(
            "indices_of_the_map",
            (
                _RETURN_M,
                (
                    "return M, F.max_pool2d(H, kernel_size, stride, return_indices=True)[1]."
                    "flatten(2)"
                ),
            ),
            "tus índices cuentan píxeles del mapa entero: se pide la posición dentro de la "
            "ventana, de 0 a kH·kW − 1, que es la que da .max(dim=2)",
        ),
        Mistake(
            "last_of_equals",
            (_RETURN_M, "return M, kH * kW - 1 - P_col.flip(2).argmax(dim=2)"),
            "cuando el máximo se repite cuenta el primero: .max(dim=2) ya lo hace así",
        ),
        Mistake(
            "swaps_height_and_width",
            ("C, H_pool, W_pool)", "C, W_pool, H_pool)"),
            "intercambiaste H_pool y W_pool al dar la forma final",
        ),
        Mistake(
            "keeps_columns",
            (_RETURN_M, "return M_flat, indices"),
            "M sigue en columnas, (N, C, L): falta el reshape a (N, C, H_pool, W_pool)",
        ),
        Mistake(
            "indices_as_maps",
            (_RETURN_M, "return M, indices.reshape(M.shape)"),
            "los índices se quedan en columnas, (N, C, L): así los necesita el scatter del "
            "gradiente",
        ),
        Mistake("swaps_outputs", (_RETURN_M, "return indices, M"), "el orden es M, indices"),
        Mistake(
            "windows_by_column",
            (
                "M_flat.reshape(N, C, H_pool, W_pool)",
                "M_flat.reshape(N, C, W_pool, H_pool).transpose(2, 3)",
            ),
            "acomodaste los máximos por columnas: la ventana l está en la fila l // W_pool",
        ),
        Mistake(
            "same_place_in_all_channels",
            (
                "M_flat, indices = P_col.max(dim=2)",
                (
                    "indices = P_col[:, :1].argmax(dim=2).expand(-1, C, -1)\n"
                    "    M_flat = P_col.gather(2, indices.unsqueeze(2)).squeeze(2)"
                ),
            ),
            "buscaste el máximo solo en el canal 0 y usaste su lugar en todos: cada canal tiene el suyo",
        ),
        Mistake(
            "first_image_only",
            (_RETURN_M, f"M[1:] = 0\n    {_RETURN_M}"),
            "solo se calculó la primera imagen del lote",
        ),
        Mistake(
            "indices_as_floats",
            (_RETURN_M, "return M, indices.to(H.dtype)"),
            "indices salió con decimales: son posiciones, y scatter y gather piden enteros (int64)",
        ),
        Mistake(
            "flattens_M",
            (_RETURN_M, "return M.flatten(), indices"),
            "M quedó aplanado del todo: falta el reshape a (N, C, H_pool, W_pool)",
        ),
        Mistake(
            "counts_places_from_one",
            (_RETURN_M, "return M, indices + 1"),
            "contaste las posiciones desde 1: en Python la primera de la ventana es la 0",
        ),
        Mistake(
            "starts_from_zero",
            (
                "M_flat, indices = P_col.max(dim=2)",
                "M_flat, indices = P_col.clamp(min=0).max(dim=2)",
            ),
            "donde toda la ventana es negativa salió 0: no empieces a comparar desde 0",
        ),
        Mistake(
            "square_window",
            (_ROWS, "reshape(N, C, kH * kH, -1)"),
            "si el error habla de formas: la ventana tiene kH·kW posiciones y no kH·kH",
            _WINDOWS_CLASH,
        ),
        Mistake(
            "over_the_windows",
            ("P_col.max(dim=2)", "P_col.max(dim=3)"),
            "si el error habla de formas: tomaste el máximo entre ventanas, y es entre las "
            "posiciones de cada una",
            _WINDOWS_CLASH,
        ),
    ),
    helpers=("calculate_out", "im2col"),
    driver="on_tensors",
)

# ------------------------------------------------------------------------------------ head_forward


def _head_case(
    rng: Generator, shape: tuple[int, ...], *, logits: float = 0.0, nhwc: bool = False
) -> Case:
    """Make maps, a linear layer and labels of both classes; logits are near `logits`, if given."""
    M = rng.standard_normal(shape)
    W_fc = rng.standard_normal((M[0].size, 1))
    y = (rng.permutation(max(2, shape[0]))[: shape[0]] % 2).astype(float).reshape(-1, 1)
    note = f"M {shape}"
    if logits:
        W_fc, note = W_fc / M[0].size, f"logits cerca de {logits:g}"
    elif nhwc:
        note += " no contiguo"
    b_fc = np.array([logits]) if logits else rng.standard_normal(1)
    return Case((as_nhwc(M) if nhwc else M, W_fc, b_fc, y), note)


def _map_shape(rng: Generator, N: int, most: int = 4) -> tuple[int, ...]:
    return N, between(rng, 2, most), between(rng, 2, most), between(rng, 2, most)


def _head_batch(rng: Generator) -> Iterator[Case]:
    for N in (3, between(rng, 4, 9)):
        yield _head_case(rng, _map_shape(rng, N))


def _head_linear(rng: Generator) -> Iterator[Case]:
    yield _head_case(rng, _map_shape(rng, 1, most=9))
    yield _head_case(rng, (1, 1, 1, between(rng, 2, 4)))
    yield from _head_batch(rng)


def _head_memory(rng: Generator) -> Iterator[Case]:
    for N in (1, 2):
        yield _head_case(rng, _map_shape(rng, N), nhwc=True)


def _one_loss(rng: Generator) -> Iterator[Case]:
    # Logits of both signs with both labels: parts of the stable form are right for one of them.
    for y in (0.0, 1.0):
        for sign in (1, -1):
            M, W_fc, *_ = _head_case(rng, _map_shape(rng, 1)).args
            b_fc = sign * rng.uniform(0.5, 3) - M.ravel() @ W_fc
            yield Case((M, W_fc, b_fc, np.array([[y]])), f"una imagen, y={y:g}")


def _extreme(rng: Generator) -> Iterator[Case]:
    for sign in (1, -1):
        for size in (40, 900):
            yield _head_case(
                rng, _map_shape(rng, 2), logits=sign * float(size + between(rng, 0, 9))
            )


def _head_forward(
    M: Array, W_fc: Array, b_fc: Array, y: Array
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return flat (N, C * H * W), the logits Z (N, 1) and the mean loss of M's labels y (N, 1)."""
    flat = tensor(M).flatten(1)
    Z = F.linear(flat, tensor(W_fc).T, tensor(b_fc))
    return flat, Z, F.binary_cross_entropy_with_logits(Z, tensor(y))


_LINEAR, _LOSS_ONLY = ("flat", "Z"), ("loss",)
_ROWS_CLASH = "si el error habla de formas: flat tiene una fila por imagen, con sus C·H·W valores"
_RETURN_HEAD = "return flat, Z, loss"
_LOSS = "(Z.clamp(min=0) - Z * y + torch.log1p(torch.exp(-Z.abs()))).mean()"
_OF_PROBABILITY = "-(y * torch.log(p) + (1 - y) * torch.log(1 - p)).mean()"
_SIGMOID_OF_Z = "usaste sigmoid(Z) donde van los logits: la forma estable recibe Z"

HEAD_FORWARD = Exercise(
    name="head_forward",
    parameters=("M", "W_fc", "b_fc", "y"),
    outputs=(Output("flat", ROW_AXES), Output("Z", ROW_AXES), Output("loss")),
    groups={
        "linear": Group("flat y Z, una y varias imágenes", _head_linear, _LINEAR),
        "memory": Group(TITLES["memory"], _head_memory, _LINEAR),
        "loss": Group("la pérdida de una imagen", _one_loss, _LOSS_ONLY),
        "mean": Group("la pérdida de varias imágenes", _head_batch, _LOSS_ONLY),
        "extreme": Group("logits muy grandes y muy negativos", _extreme, _LOSS_ONLY),
    },
    reference=_head_forward,
    mistakes=(
        Mistake("forgets_bias", (" + b_fc", ""), "falta sumar b_fc"),
        Mistake("subtracts_bias", ("+ b_fc", "- b_fc"), "el bias se suma, no se resta"),
        Mistake(
            "flattens_as_nhwc",
            ("M.reshape(", "M.permute(0, 2, 3, 1).reshape("),
            "pusiste los canales al final antes de aplanar: aquí M es (N, C, H, W) y se aplana "
            "tal cual",
        ),
        Mistake(
            "flattens_the_batch",
            ("(M.shape[0], -1)", "(1, -1)"),
            "si el error habla de formas: aplanaste también el lote; cada imagen es una fila, "
            "M.reshape(N, -1)",
            _ROWS_CLASH,
        ),
        Mistake(
            "mixes_images",
            ("M.reshape(M.shape[0], -1)", "M.reshape(-1, M.shape[0]).T"),
            "M.reshape(-1, N).T mezcla las imágenes: cada imagen es una fila, M.reshape(N, -1)",
        ),
        Mistake("views_M", ("M.reshape(", "M.view("), VIEW),
        Mistake(
            "swaps_outputs",
            (_RETURN_HEAD, "return Z, flat, loss"),
            "devolviste los resultados en otro orden: es flat, Z, loss",
        ),
        Mistake(
            "flattens_by_columns",
            ("M.reshape(", "M.transpose(2, 3).reshape("),
            "aplanaste cada mapa por columnas: se aplana por filas, en el orden en que está",
        ),
        Mistake(
            "drops_an_axis",
            (_RETURN_HEAD, "return flat, Z.squeeze(1), loss"),
            "Z perdió un eje: es (N, 1), como y, para que al restarlos no se crucen todos con todos",
        ),
        Mistake(
            "applies_sigmoid",
            ("flat @ W_fc + b_fc", "torch.sigmoid(flat @ W_fc + b_fc)"),
            "aplicaste la sigmoide: Z son los logits, y la pérdida se encarga de lo demás",
            _SIGMOID_OF_Z,
        ),
        Mistake(
            "averages_the_map",
            ("flat = M.reshape(M.shape[0], -1)", "flat = M.mean(dim=(2, 3))"),
            "si el error habla de formas: promediaste cada mapa, y se aplana entero, C·H·W valores por "
            "imagen",
            _ROWS_CLASH,
        ),
        Mistake(
            "bias_for_each_input",
            ("flat @ W_fc + b_fc", "(flat + b_fc) @ W_fc"),
            "sumaste b_fc a las entradas: va después del producto, una sola vez",
        ),
        Mistake(
            "logarithm_of_sigmoid",
            (f"loss = {_LOSS}", f"p = torch.sigmoid(Z)\n    loss = {_OF_PROBABILITY}"),
            "con logits grandes sigmoid(Z) es 0 o 1 exactos y su logaritmo es infinito: usa la "
            "forma estable max(Z, 0) − Z·y + log(1 + exp(−|Z|))",
        ),
        Mistake(
            "clamps_probability",
            (
                f"loss = {_LOSS}",
                f"p = torch.sigmoid(Z).clamp(1e-12, 1 - 1e-12)\n    loss = {_OF_PROBABILITY}",
            ),
            "recortar sigmoid(Z) evita el infinito, pero ya no es la misma función: la pérdida de"
            " un logit 40 equivocado es 40; usa max(Z, 0) − Z·y + log(1 + exp(−|Z|))",
        ),
        Mistake(
            "overflowing_exponential",
            (_LOSS, "(torch.log(1 + torch.exp(Z)) - Z * y).mean()"),
            "exp(Z) se desborda con logits grandes: en max(Z, 0) − Z·y + log(1 + exp(−|Z|)) el "
            "exponente nunca es positivo",
        ),
        Mistake(
            "overflowing_negative_exponential",
            (_LOSS, "(torch.log(1 + torch.exp(-Z)) + Z * (1 - y)).mean()"),
            "exp(−Z) se desborda con logits muy negativos: usa max(Z, 0) − Z·y + log(1 + exp("
            "−|Z|))",
        ),
        Mistake("sums", ("mean()", "sum()"), "sumaste: la pérdida es el promedio del lote"),
        Mistake(
            "one_loss_an_image",
            (".mean()", ""),
            "devolviste una pérdida por imagen: falta el promedio (.mean())",
        ),
        Mistake(
            "negated",
            ("loss = (", "loss = -("),
            "el signo está al revés: la pérdida no es negativa",
        ),
        Mistake(
            "swaps_classes",
            ("Z * y", "Z * (1 - y)"),
            "intercambiaste las clases: y = 1 castiga los logits negativos",
        ),
        Mistake(
            "applies_sigmoid_twice",
            (_LOSS, _LOSS.replace("Z", "torch.sigmoid(Z)")),
            "Z ya son logits: la forma estable recibe Z y no sigmoid(Z)",
            _SIGMOID_OF_Z,
        ),
        Mistake(
            "squared_error",
            (_LOSS, "((torch.sigmoid(Z) - y) ** 2).mean()"),
            "eso es el error cuadrático: se pide la entropía cruzada binaria",
        ),
        Mistake(
            "forgets_the_absolute_value",
            ("-Z.abs()", "-Z"),
            "falta el valor absoluto: con logits positivos no se nota, y con negativos el "
            "exponente crece",
        ),
        Mistake(
            "crosses_all_with_all",
            ("Z * y", "Z * y.reshape(-1)"),
            "(N, 1) por (N,) da una tabla de N×N: cruzaste cada logit con todas las etiquetas; "
            "que los dos tengan la misma forma",
        ),
        Mistake(
            "logarithm_in_base_2",
            ("torch.log1p(torch.exp(-Z.abs()))", "torch.log2(1 + torch.exp(-Z.abs()))"),
            "usaste el logaritmo en base 2: es el natural",
        ),
        Mistake(
            "one_class_only",
            (_LOSS, "(y * (Z.clamp(min=0) - Z + torch.log1p(torch.exp(-Z.abs())))).mean()"),
            "solo contaste las imágenes con y = 1: las de y = 0 también pierden",
        ),
        Mistake(
            "forgets_the_positive_part",
            ("Z.clamp(min=0) - Z * y", "-Z * y"),
            "falta max(Z, 0): con logits negativos no se nota",
        ),
    ),
    driver="on_tensors",
    forbidden=(
        "binary_cross_entropy_with_logits",
        "BCEWithLogitsLoss",
        "binary_cross_entropy",
        "BCELoss",
    ),
)

EXERCISES = (CALCULATE_OUT, IM2COL, CONV_IM2COL, MAX_POOL_IM2COL, HEAD_FORWARD)
