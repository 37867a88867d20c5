"""From the loss back to the image: head_backward to conv_im2col_backward."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from grader.exercise import Case, Exercise, Group, Mistake, Output

from ..tools import between
from .layers import (
    CROSSES_THE_OFFSETS,
    FILTER_AXES,
    MAP_AXES,
    PIXELS_BY_COLUMN,
    ROW_AXES,
    TITLES,
    WINDOW_AXES,
    Layer,
    basic_layers,
    draw,
    group,
    groups,
    several_layers,
    tensor,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.random import Generator

    from ..tools import Array
    from .layers import Pair

# ----------------------------------------------------------------------------------- head_backward


def _head_group(title: str, shapes: Callable[[Generator], list[tuple[int, ...]]]) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for shape in shapes(rng):
            y = (rng.permutation(shape[0]) % 2).astype(float).reshape(-1, 1)
            Z = rng.standard_normal((shape[0], 1))
            flat = rng.standard_normal((shape[0], int(np.prod(shape[1:]))))
            W_fc = rng.standard_normal((flat.shape[1], 1))
            yield Case((Z, y, flat, W_fc, shape), f"M_shape={shape}")

    return Group(title, make)


def _head_backward(
    Z: Array, y: Array, flat: Array, W_fc: Array, M_shape: tuple[int, ...]
) -> tuple[torch.Tensor, ...]:
    """Return the gradients of the loss: dZ (N, 1), dW_fc, db_fc (1,), dflat and dM."""
    M = tensor(flat).reshape(M_shape).requires_grad_()
    weights = tensor(W_fc).requires_grad_()
    bias = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    flattened = M.flatten(1)
    logits = flattened @ weights + bias
    shifted = logits + (tensor(Z) - logits.detach())  # the logits are the Z that was given
    loss = F.binary_cross_entropy_with_logits(shifted, tensor(y))
    return torch.autograd.grad(loss, (shifted, weights, bias, flattened, M))


DIVIDES_AGAIN = "dividiste otra vez entre N: ese 1/N ya viene dentro de dZ, y aquí se suma"
_UNFLATTEN = "dflat.reshape(M_shape)"

HEAD_BACKWARD = Exercise(
    name="head_backward",
    parameters=("Z", "y", "flat", "W_fc", "M_shape"),
    outputs=(
        Output("dZ", ROW_AXES),
        Output("dW_fc", ("entrada", "salida")),
        Output("db_fc", ("salida",)),
        Output("dflat", ROW_AXES),
        Output("dM", MAP_AXES),
    ),
    groups={
        # Maps of 2×2, as in the worked example, so that who wrote that down loses "sizes" alone.
        "basic": _head_group(
            "caso básico (una imagen)",
            lambda rng: [(1, between(rng, 2, 4), 2, 2), (1, between(rng, 5, 30), 2, 2)],
        ),
        "batch": _head_group(
            TITLES["batch"],
            lambda rng: [(between(rng, 2, 4), 2, 2, 2), (between(rng, 5, 9), 3, 2, 2)],
        ),
        "sizes": _head_group(
            "mapas de otros tamaños",
            lambda rng: [
                (1, between(rng, 2, 3), 3, between(rng, 3, 7)),
                (1, between(rng, 3, 5), 2, between(rng, 3, 5)),
                (1, 1, 1, between(rng, 2, 4)),
            ],
        ),
    },
    reference=_head_backward,
    mistakes=(
        Mistake(
            "forgets_the_mean",
            (" / Z.shape[0]", ""),
            "la pérdida es el promedio del lote, así que dZ lleva 1/N: (sigmoid(Z) − y) / N; con "
            "una sola imagen no se nota",
        ),
        Mistake(
            "subtracts_backwards",
            ("torch.sigmoid(Z) - y", "y - torch.sigmoid(Z)"),
            "el signo de dZ está al revés: es sigmoid(Z) − y",
        ),
        Mistake(
            "forgets_sigmoid",
            ("torch.sigmoid(Z)", "Z"),
            "falta la sigmoide: dZ es sigmoid(Z) − y y no Z − y",
        ),
        Mistake(
            "sigmoid_twice",
            ("- y)", "- y) * torch.sigmoid(Z) * (1 - torch.sigmoid(Z))"),
            "multiplicaste además por la derivada de la sigmoide: al derivar la entropía cruzada "
            "por el logit ya se canceló",
        ),
        Mistake(
            "flips_W_fc",
            ("W_fc.T", "W_fc.flip(0).T"),
            "W_fc quedó al revés: dflat es dZ @ W_fc.T",
        ),
        Mistake(
            "forgets_W_fc",
            ("dZ @ W_fc.T", "dZ.expand(-1, len(W_fc))"),
            "dflat es igual en todas las entradas: falta multiplicar por W_fc.T (en el ejemplo son "
            "unos y no se nota)",
        ),
        Mistake(
            "divides_parameters_again",
            (("flat.T @ dZ", "flat.T @ dZ / len(dZ)"), ("dZ.sum(dim=0)", "dZ.mean(dim=0)")),
            "dividiste dW_fc y db_fc entre N: ese 1/N ya viene dentro de dZ; aquí se suma",
            DIVIDES_AGAIN,
        ),
        Mistake(
            "one_bias_gradient_an_image",
            ("dZ.sum(dim=0)", "dZ.flatten()"),
            "db_fc quedó con un número por imagen: el bias es el mismo en todas, así que se suma "
            "sobre el lote",
        ),
        Mistake(
            "bias_gradient_keeps_an_axis",
            ("dZ.sum(dim=0)", "dZ.sum(dim=0, keepdim=True)"),
            "db_fc lleva la misma forma que b_fc, (1,): quita keepdim",
        ),
        Mistake(
            "dW_fc_of_W_fc",
            ("flat.T @ dZ", "W_fc @ dZ.sum(dim=0, keepdim=True)"),
            "en dW_fc multiplicaste por W_fc: la derivada respecto a un peso es la entrada que lo "
            "multiplica, que está en flat",
        ),
        Mistake(
            "unflattens_as_nhwc",
            (_UNFLATTEN, "dflat.reshape(M_shape[0], *M_shape[2:], M_shape[1]).permute(0, 3, 1, 2)"),
            "al deshacer el flatten pusiste los canales al final: dflat.reshape(M_shape) es el "
            "inverso exacto del flatten",
        ),
        Mistake(
            "always_two_by_two",
            (_UNFLATTEN, "dflat.reshape(M_shape[0], -1, 2, 2)"),
            "la forma 2×2 está escrita a mano: el mapa puede tener otro tamaño, usa M_shape",
        ),
        Mistake(
            "keeps_it_flat",
            ("return dZ, dW_fc, db_fc, dflat, dM", "return dZ, dW_fc, db_fc, dflat, dflat"),
            "dM sigue aplanado: falta dflat.reshape(M_shape)",
        ),
        Mistake(
            "swaps_outputs",
            ("return dZ, dW_fc, db_fc, dflat, dM", "return dZ, dflat, dM, dW_fc, db_fc"),
            "devolviste los gradientes en otro orden: es dZ, dW_fc, db_fc, dflat, dM",
        ),
        Mistake(
            "transposes_dW_fc",
            ("flat.T @ dZ", "dZ.T @ flat"),
            "dW_fc quedó acostado: tiene la forma de W_fc, (C·H·W, 1)",
        ),
        Mistake(
            "averages_the_bias",
            ("dZ.sum(dim=0)", "dZ.mean(dim=0)"),
            "promediaste dZ para db_fc: el 1/N ya viene dentro de dZ; aquí se suma",
            DIVIDES_AGAIN,
        ),
        Mistake(
            "divides_the_weights",
            ("flat.T @ dZ", "flat.T @ dZ / len(dZ)"),
            "dividiste dW_fc entre N: ese 1/N ya viene dentro de dZ",
            DIVIDES_AGAIN,
        ),
        Mistake(
            "divides_dZ_twice",
            (" / Z.shape[0]", " / Z.shape[0] ** 2"),
            "dividiste dZ dos veces entre N: la pérdida es un promedio, y eso da un solo 1/N",
        ),
        Mistake(
            "first_image_only",
            ("flat.T @ dZ", "flat[:1].T @ dZ[:1]"),
            "dW_fc solo cuenta la primera imagen: se suma sobre todo el lote",
        ),
        Mistake(
            "unflattens_by_columns",
            (
                _UNFLATTEN,
                "dflat.reshape(*M_shape[:2], M_shape[3], M_shape[2]).transpose(2, 3)",
            ),
            "al deshacer el flatten llenaste cada mapa por columnas: dflat.reshape(M_shape) es el "
            "inverso exacto del flatten",
        ),
        Mistake(
            "rounds_the_probability",
            ("torch.sigmoid(Z)", "(Z > 0).to(Z.dtype)"),
            "restaste la clase elegida, 0 o 1: dZ usa la probabilidad, sigmoid(Z)",
        ),
        Mistake(
            "derivative_by_probability",
            (
                "torch.sigmoid(Z) - y",
                "(torch.sigmoid(Z) - y) / (torch.sigmoid(Z) * (1 - torch.sigmoid(Z)))",
            ),
            "esa es la derivada respecto a la probabilidad: se pide respecto al logit, y ahí se "
            "simplifica",
        ),
    ),
    driver="on_tensors",
)

# ------------------------------------------------------------------------------------ pool_scatter


def _scatter_case(layer: Layer, rng: Generator) -> Case:
    """Make the gradient of a pooling's output, and a place in each of its windows."""
    (kH, kW), dM = layer.kernel, rng.standard_normal((layer.N, layer.C_in, *layer.output))
    indices = rng.integers(0, kH * kW, (*dM.shape[:2], dM[0, 0].size))
    return Case((dM, indices, layer.kernel), f"dM {dM.shape}, ventana {kH}×{kW}")


def _pool_scatter(dM: Array, indices: Array, kernel_size: Pair) -> torch.Tensor:
    """Put dM (N, C, H_pool, W_pool) at `indices` (N, C, L) of zeros (N, C, kH * kW, L)."""
    chosen = F.one_hot(torch.tensor(indices), kernel_size[0] * kernel_size[1]).movedim(-1, 2)
    return chosen * tensor(dM).flatten(2).unsqueeze(2)


_SCATTER = "dP_col.scatter_(2, indices.unsqueeze(2), dM.reshape(N, C, 1, L))"

POOL_SCATTER = Exercise(
    name="pool_scatter",
    parameters=("dM", "indices", "kernel_size"),
    outputs=(Output("dP_col", WINDOW_AXES),),
    groups={
        "basic": group(
            "caso básico (una imagen)",
            lambda rng: [
                draw(rng, C_in=2, kernel=(2, 2), steps=(1, 3)),
                draw(rng, C_in=3, kernel=(2, 2), steps=(4, 8)),
            ],
            _scatter_case,
        ),
        "batch": group(
            TITLES["batch"],
            lambda rng: [draw(rng, N=3, C_in=2, steps=(1, 3)), draw(rng, N=2, C_in=3)],
            _scatter_case,
        ),
        "rectangular": group(
            TITLES["rectangular"],
            lambda rng: [
                draw(rng, C_in=2, wide=between(rng, 1, 3)),
                draw(rng, C_in=2, kernel=(2, between(rng, 3, 4)), wide=-1),
                draw(rng, C_in=2, kernel=(between(rng, 3, 4), 1)),
                draw(rng, kernel=(1, 2), wide=1),
            ],
            _scatter_case,
        ),
    },
    reference=_pool_scatter,
    mistakes=(
        Mistake(
            "writes_ones",
            ("dM.reshape(N, C, 1, L)", "torch.ones_like(dM).reshape(N, C, 1, L)"),
            "pusiste unos: en el lugar del máximo va el gradiente que llega, dM (en el ejemplo "
            "vale 1 y no se nota)",
        ),
        Mistake(
            "shares_equally",
            (_SCATTER, "dP_col += dM.reshape(N, C, 1, L) / (kH * kW)"),
            "repartiste el gradiente entre toda la ventana: eso es el promedio; con max lo recibe"
            " solo el máximo",
        ),
        Mistake(
            "everyone_gets_all",
            (_SCATTER, "dP_col += dM.reshape(N, C, 1, L)"),
            "todas las posiciones reciben el gradiente: solo lo recibe la que indica indices",
        ),
        Mistake(
            "always_first_place",
            (_SCATTER, "dP_col[:, :, 0] = dM.reshape(N, C, L)"),
            "el gradiente cae siempre en la primera posición de la ventana: usa indices",
        ),
        Mistake(
            "counts_from_the_end",
            ("indices.unsqueeze(2)", "kH * kW - 1 - indices.unsqueeze(2)"),
            "las posiciones quedaron contadas desde el final de la ventana",
        ),
        Mistake(
            "transposes_dM",
            ("dM.reshape(", "dM.transpose(2, 3).reshape("),
            "recorriste dM por columnas: las ventanas van por filas, como las deja reshape",
        ),
        Mistake(
            "first_image_only",
            (
                _SCATTER,
                "dP_col[:1].scatter_(2, indices[:1].unsqueeze(2), dM[:1].reshape(1, C, 1, L))",
            ),
            "solo la primera imagen recibió gradiente: scatter_ trabaja con todo el lote",
        ),
        Mistake(
            "joins_channels",
            ("return dP_col", "return dP_col.reshape(N, C * kH * kW, L)"),
            "juntaste los canales: dP_col queda con cuatro ejes, (N, C, kH·kW, L); se juntan "
            "después, antes de col2im",
        ),
        Mistake(
            "square_window",
            ("C, kH * kW, L", "C, kW * kW, L"),
            "la ventana no siempre es cuadrada: tiene kH·kW posiciones, no kW·kW",
        ),
        Mistake(
            "single_precision_zeros",
            ("dM.new_zeros(", "torch.zeros("),
            "si el error habla de dtype: torch.zeros crea float32 y dM es float64; usa "
            "dM.new_zeros(...), que hereda su dtype",
        ),
        Mistake(
            "first_channel_only",
            (
                _SCATTER,
                "dP_col[:, :1].scatter_(2, indices[:, :1].unsqueeze(2), dM[:, :1].reshape(N, 1, 1, L))",
            ),
            "solo el primer canal recibió gradiente: scatter_ trabaja con todos los canales",
        ),
        Mistake(
            "same_place_in_all_channels",
            ("indices.unsqueeze(2)", "indices[:, :1].unsqueeze(2).expand(-1, C, -1, -1)"),
            "usaste en todos los canales el lugar del máximo del canal 0: cada canal tiene el suyo",
        ),
        Mistake(
            "windows_before_places",
            ("return dP_col", "return dP_col.transpose(2, 3)"),
            "cambiaste los dos últimos ejes: dP_col es (N, C, kH·kW, L), con las ventanas al final",
        ),
        Mistake(
            "writes_the_place",
            ("dM.reshape(N, C, 1, L)", "indices.to(dM.dtype).reshape(N, C, 1, L)"),
            "escribiste el número de la posición: en ella va el gradiente que llega, dM",
        ),
        Mistake(
            "places_by_column",
            ("indices.unsqueeze(2)", "(indices % kW * kH + indices // kW).unsqueeze(2)"),
            "contaste las posiciones de la ventana por columnas: van por filas",
        ),
    ),
    driver="on_tensors",
)

# ------------------------------------------------------------------------------------------ col2im


def _tiles(
    rng: Generator,
    side: int,
    *,
    N: int = 1,
    C_in: int = 1,
    padding: int = 0,
    gap: int = 0,
    rest: int = 0,
    steps: tuple[int, int] = (1, 3),
    wide: int = 0,
) -> Layer:
    """Draw windows that stand side by side: no pixel falls in two of them."""
    return draw(
        rng,
        N=N,
        C_in=C_in,
        padding=padding,
        rest=rest,
        steps=steps,
        wide=wide,
        kernel=(side, side),
        stride=side + gap,
    )


def _spread_tiles(rng: Generator, side: int, dilation: int) -> Layer:
    """Draw windows with holes that the next ones fill exactly."""
    return draw(rng, kernel=(side, side), dilation=dilation, steps=(dilation - 1, dilation - 1))


def _one_row(rng: Generator, kH: int, kW: int) -> Layer:
    """Draw a row of windows that aren't square, side by side."""
    return draw(rng, kernel=(kH, kW), stride=kW, steps=(0, 0), wide=between(rng, 2, 4))


# In all groups but "overlap" and "combined" no pixel falls in two windows: who assigns where windows
# should add up fails those alone.
_TILED: dict[str, tuple[str, Callable[[Generator], list[Layer]]]] = {
    "basic": (
        "caso básico (ventanas que no se traslapan)",
        lambda rng: [_tiles(rng, 2), _tiles(rng, 3, steps=(2, 4))],
    ),
    "overlap": (
        "ventanas que se traslapan",
        lambda rng: [draw(rng), draw(rng, kernel=(2, 2), steps=(3, 7))],
    ),
    "batch_channels": (
        TITLES["batch_channels"],
        lambda rng: [_tiles(rng, 2, N=2, C_in=3), _tiles(rng, 2, N=3, C_in=2)],
    ),
    "padding": (
        TITLES["padding"],
        lambda rng: [
            _tiles(rng, 2, padding=1, steps=(2, 4)),
            _tiles(rng, 3, padding=between(rng, 1, 2), steps=(2, 3)),
        ],
    ),
    "gaps": (
        "píxeles que ninguna ventana alcanza",
        lambda rng: [
            _tiles(rng, 2, rest=1),
            _tiles(rng, 2, gap=between(rng, 1, 2), rest=between(rng, 0, 2), steps=(1, 2)),
        ],
    ),
    "dilation": (
        TITLES["dilation"],
        lambda rng: [_spread_tiles(rng, between(rng, 2, 3), 2), _spread_tiles(rng, 2, 3)],
    ),
    "rectangular": (
        TITLES["rectangular"],
        lambda rng: [
            _tiles(rng, 2, wide=between(rng, 1, 2)),
            _one_row(rng, 3, 2),
            _one_row(rng, 3, between(rng, 1, 2)).swapped(),
        ],
    ),
}


def _col2im_case(layer: Layer, rng: Generator) -> Case:
    case = (layer.columns(rng), layer.size, layer.kernel, *layer.options)
    return Case(case, f"columnas de {layer}")


def _col2im(
    cols: Array, output_size: Pair, kernel_size: Pair, stride: int, padding: int, dilation: int
) -> torch.Tensor:
    """Add columns (N, C * kH * kW, L) up where they came from in maps (N, C, *output_size)."""
    return F.fold(tensor(cols), output_size, kernel_size, dilation, padding, stride)


_PATCHES = "cols.reshape(N, C, kH, kW, H_out, W_out)"
_CROP = "padding : padding + H_in, padding : padding + W_in"
_ADD = "dX_pad[:, :, rows, columns] += patches[:, :, u, v]"

COL2IM = Exercise(
    name="col2im",
    parameters=("cols", "output_size", "kernel_size", "stride", "padding", "dilation"),
    outputs=(Output("dX", MAP_AXES),),
    groups={
        **{name: group(*described, _col2im_case) for name, described in _TILED.items()},
        **groups(_col2im_case, "combined"),
    },
    reference=_col2im,
    mistakes=(
        Mistake(
            "assigns",
            ("columns] += patches", "columns] = patches"),
            "asignas donde hay que acumular: un píxel que cae en varias ventanas recibe la suma "
            "de lo que traen todas (+=)",
        ),
        Mistake(
            "averages",
            (
                ("    for u in", "    times = torch.zeros_like(dX_pad)\n    for u in"),
                (_ADD, f"{_ADD}\n            times[:, :, rows, columns] += 1"),
                ("dX = dX_pad[", "dX = (dX_pad / times.clamp(min=1))["),
            ),
            "promediaste lo que llega a cada píxel: los gradientes se suman",
        ),
        Mistake(
            "crops_with_minus_padding",
            (_CROP, "padding:-padding, padding:-padding"),
            "con padding = 0, x[p:-p] es x[0:0], que está vacío: escribe el final del corte como "
            "p + H y p + W",
        ),
        Mistake(
            "forgets_to_crop",
            (f"[:, :, {_CROP}]", ""),
            "el resultado todavía trae el marco del padding: recorta las p filas y columnas de "
            "cada borde",
        ),
        Mistake(
            "crops_from_the_corner",
            (_CROP, ":H_in, :W_in"),
            "recortaste desde la esquina: el marco está en los cuatro lados, así que el corte va "
            "de p a p + H",
        ),
        Mistake(
            "windows_by_column",
            (_PATCHES, "cols.reshape(N, C, kH, kW, W_out, H_out).transpose(4, 5)"),
            "recorriste las ventanas de arriba abajo: la columna l es la ventana (l // W_out, l %"
            " W_out)",
        ),
        Mistake(
            "pixels_by_column",
            (_PATCHES, "cols.reshape(N, C, kW, kH, H_out, W_out).transpose(2, 3)"),
            "dentro de cada columna los píxeles van por filas: primero reshape(..., kH, kW, ...),"
            " sin transponer",
            PIXELS_BY_COLUMN,
        ),
        Mistake(
            "channel_last",
            (_PATCHES, "cols.reshape(N, kH, kW, C, H_out, W_out).permute(0, 3, 1, 2, 4, 5)"),
            "en cada columna va primero el canal 0 completo: el reshape es (N, C, kH, kW, H_out, "
            "W_out)",
        ),
        Mistake(
            "first_image_only",
            (_ADD, "dX_pad[:1, :, rows, columns] += patches[:1, :, u, v]"),
            "solo la primera imagen quedó llena: trabaja con todo el lote, dX[:, :, ...]",
        ),
        Mistake(
            "ignores_stride",
            (("stride * (", "("), ("+ 1, stride)", "+ 1)")),
            "no usaste stride: la ventana (i, j) empieza en (i·stride, j·stride), igual que en "
            "im2col",
        ),
        Mistake(
            "ignores_dilation",
            ("u * dilation, v * dilation", "u, v"),
            "no usaste dilation: los píxeles de una ventana están a dilation de distancia, igual "
            "que en im2col",
        ),
        Mistake(
            "counts_windows_by_height",
            (
                f"patches = {_PATCHES}",
                (
                    "patches = cols.new_zeros(N, C, kH, kW, H_out, W_out)\n"
                    "    for i in range(H_out):\n"
                    "        for j in range(W_out):\n"
                    "            patches[..., i, j] = cols[:, :, i * H_out + j].reshape(N, C, kH, kW)"
                ),
            ),
            "la ventana (i, j) está en la columna i·W_out + j: con H_out en su lugar, las de una "
            "imagen que no es cuadrada se enciman o se salen",
        ),
        CROSSES_THE_OFFSETS,
        Mistake(
            "flips_windows",
            ("patches[:, :, u, v]", "patches[:, :, kH - 1 - u, kW - 1 - v]"),
            "los píxeles de cada ventana volvieron de atrás hacia adelante: el primero de la "
            "columna es el de la esquina de arriba a la izquierda",
        ),
        Mistake(
            "forgets_the_remainder",
            (
                (
                    "cols.new_zeros(N, C, H_in + 2 * padding, W_in + 2 * padding)",
                    (
                        "cols.new_zeros(N, C, (H_out - 1) * stride + dilation * (kH - 1) + 1,\n"
                        "                            (W_out - 1) * stride + dilation * (kW - 1) + 1)"
                    ),
                ),
                (
                    _CROP,
                    (
                        "padding : dX_pad.shape[2] - padding,\n"
                        "                padding : dX_pad.shape[3] - padding"
                    ),
                ),
            ),
            "a dX le faltan los bordes que ninguna ventana alcanzó: tiene el tamaño output_size, "
            "con 0 allí",
        ),
        Mistake(
            "forgets_the_frame",
            (
                ("H_in + 2 * padding, W_in + 2 * padding", "H_in, W_in"),
                (f"dX_pad[:, :, {_CROP}]", "dX_pad"),
            ),
            "si el error habla de formas: las columnas vienen de la imagen rellena; acumula en "
            "una de H + 2p por W + 2p y recorta al final",
        ),
        Mistake(
            "swaps_output_size",
            ("(H_in, W_in), (kH, kW) = output_size,", "(W_in, H_in), (kH, kW) = output_size,"),
            "output_size es (alto, ancho): los tomaste al revés",
        ),
        Mistake(
            "loops_one_short",
            (
                _ADD,
                _ADD.replace("rows, columns]", "rows, columns][:, :, :-1, :-1]").replace(
                    "u, v]", "u, v, :-1, :-1]"
                ),
            ),
            "faltan las ventanas de la última fila y de la última columna: range(n) ya termina en n − 1",
        ),
        Mistake(
            "last_image_only",
            ("    return dX", "    dX = dX.clone()\n    dX[:-1] = 0\n    return dX"),
            "solo quedó la última imagen del lote: dX se crea una vez, antes de recorrer las imágenes",
        ),
        Mistake(
            "adds_the_channels",
            (
                _ADD,
                f"{_ADD.replace('patches[:, :, u, v]', 'patches[:, :, u, v].sum(1, keepdim=True)')}",
            ),
            "a cada canal le llegó la suma de todos: el canal c de dX recibe solo lo del canal c",
        ),
    ),
    helpers=("calculate_out",),
    driver="on_tensors",
    forbidden=("fold", "Fold"),
)

# ---------------------------------------------------------------------------- conv_im2col_backward


def _conv_case(layer: Layer, rng: Generator) -> Case:
    case = (layer.maps(rng), layer.columns(rng), layer.filters(rng), layer.size, *layer.options)
    return Case(case, f"dH {case[0].shape}, {layer}")


def _conv_backward(
    dH: Array,
    X_col: Array,
    W: Array,
    input_size: Pair,
    stride: int,
    padding: int,
    dilation: int,
) -> tuple[torch.Tensor, ...]:
    """Return dW, db and dX (N, C_in, *input_size) of sum(dH * H), where H is W @ X_col + b."""
    kernels = tensor(W).requires_grad_()
    b = torch.zeros(len(W), dtype=torch.float64, requires_grad=True)
    H_col = kernels.flatten(1) @ tensor(X_col) + b.reshape(-1, 1)
    dW, db = torch.autograd.grad(H_col, (kernels, b), tensor(dH).flatten(2))
    shape = (len(dH), W.shape[1], *input_size)
    X = torch.zeros(shape, dtype=torch.float64, requires_grad=True)
    H = F.conv2d(X, kernels.detach(), None, stride, padding, dilation)
    (dX,) = torch.autograd.grad(H, X, tensor(dH))
    return dW, db, dX


def _bias_layers(rng: Generator) -> list[Layer]:
    return [draw(rng, N=between(rng, 2, 5), C_in=2), draw(rng, N=3, steps=(5, 7))]


AVERAGES_DB = "promediaste dH para db: el gradiente del bias es la suma"
DIVIDES_BY_N = "dividiste entre N: ese 1/N ya viene dentro de dH, desde la pérdida"
_RETURN = "return dW, db, dX"
_BIAS = "dH_row.sum(dim=1)"
_RIGHT_BIAS = (_BIAS, "dH.sum(dim=(0, 2, 3))")  # for who gets dW alone wrong
_RESHAPED_X = ("X_col.permute(1, 0, 2)", "X_col")
_RESHAPED_H = ("dH.permute(1, 0, 2, 3)", "dH")
_JOINED_DX = "dX_col = (W.reshape(C_out, -1).T @ dH_col).reshape(N, W[0].numel(), -1)"
_CALL = "dX = col2im(dX_col, input_size, tuple(W.shape[2:]), stride, padding, dilation)"


def _put_back(sign: str, stride: str, dilation: str) -> tuple[str, str]:
    """Return the edit that puts the columns back by hand, in a wrong way."""
    rows = f"u * {dilation} : u * {dilation} + {stride} * (dH.shape[2] - 1) + 1 : {stride}"
    columns = f"v * {dilation} : v * {dilation} + {stride} * (dH.shape[3] - 1) + 1 : {stride}"
    return _CALL, (
        "(H, W_in), (kH, kW), p = input_size, W.shape[2:], padding\n"
        "    patches = dX_col.reshape(N, -1, kH, kW, *dH.shape[2:])\n"
        "    dX = dH.new_zeros(N, W.shape[1], H + 2 * p, W_in + 2 * p)\n"
        "    for u in range(kH):\n"
        "        for v in range(kW):\n"
        f"            dX[:, :, {rows}, {columns}] {sign} patches[:, :, u, v]\n"
        "    dX = dX[:, :, p : p + H, p : p + W_in]"
    )


CONV_IM2COL_BACKWARD = Exercise(
    name="conv_im2col_backward",
    parameters=("dH", "X_col", "W", "input_size", "stride", "padding", "dilation"),
    outputs=(Output("dW", FILTER_AXES), Output("db", ("filtro",)), Output("dX", MAP_AXES)),
    groups={
        "dW": group("dW con una imagen", basic_layers, _conv_case, ("dW",)),
        "batch": group(
            "dW con varias imágenes y varios canales", several_layers, _conv_case, ("dW",)
        ),
        "db": group("el gradiente del bias", _bias_layers, _conv_case, ("db",)),
        "dX": group("dX", lambda rng: basic_layers(rng) + several_layers(rng), _conv_case, ("dX",)),
        **groups(_conv_case, "options", outputs=("dX",)),
        **groups(_conv_case, "rectangular", "combined"),
    },
    reference=_conv_backward,
    mistakes=(
        Mistake(
            "reshapes_X_col",
            _RESHAPED_X,
            "X_col.reshape(C·kH·kW, -1) mezcla las imágenes cuando N > 1: antes hay que llevar el"
            " lote al lado de las ventanas, X_col.permute(1, 0, 2).reshape(C·kH·kW, -1); con N = "
            "1 no se nota",
        ),
        Mistake(
            "reshapes_dH",
            (_RESHAPED_H, _RIGHT_BIAS),
            "dH.reshape(C_out, -1) mezcla las imágenes cuando N > 1: primero permute(1, 0, 2, 3)",
        ),
        Mistake(
            "reshapes_dH_for_dW_and_db",
            _RESHAPED_H,
            "dH.reshape(C_out, -1) mezcla las imágenes cuando N > 1, y dW y db salen de ahí: primero "
            "permute(1, 0, 2, 3)",
        ),
        Mistake(
            "reshapes_all",
            (_RESHAPED_X, _RESHAPED_H),
            "los dos reshape mezclan las imágenes cuando N > 1, y de ahí salen dW y db: a los dos les "
            "falta antes un permute que ponga el lote al lado de las ventanas",
        ),
        Mistake(
            "joins_the_batch_for_dX",
            (
                ("dH_col = dH.reshape(N, C_out, -1)", "dH_col = dH_row"),
                ("dX_col = W.reshape(C_out, -1).T @ dH_col", _JOINED_DX),
            ),
            "para dX juntaste las imágenes en una matriz, y reshape no las vuelve a separar: con "
            "dH.reshape(N, C_out, -1) el producto ya va imagen por imagen",
        ),
        Mistake(
            "reshapes_both",
            (_RESHAPED_X, _RESHAPED_H, _RIGHT_BIAS),
            "los dos reshape mezclan las imágenes cuando N > 1: a los dos les falta antes un "
            "permute que ponga el lote al lado de las ventanas",
        ),
        Mistake(
            "dW_of_the_first_image",
            (_RIGHT_BIAS, ("X_col.permute", "X_col[:1].permute"), ("dH.permute", "dH[:1].permute")),
            "solo la primera imagen aporta a dW: el filtro es el mismo en todas y sus gradientes "
            "se suman",
        ),
        Mistake(
            "divides_by_N",
            (_RETURN, "return dW / len(dH), db / len(dH), dX"),
            DIVIDES_BY_N,
            DIVIDES_BY_N,
        ),
        Mistake(
            "averages_windows",
            (_RETURN, "return dW / dH_row.shape[1], db / dH_row.shape[1], dX"),
            "promediaste sobre las ventanas: los gradientes de todas se suman",
            AVERAGES_DB,
        ),
        Mistake(
            "bias_for_each_image",
            (_BIAS, "dH.sum(dim=(2, 3))"),
            "db quedó con una fila por imagen: el bias es el mismo en todo el lote, así que "
            "también se suma sobre N",
        ),
        Mistake(
            "bias_of_each_channel_kept",
            (_BIAS, "dH.sum(dim=(0, 2, 3), keepdim=True)"),
            "db lleva la misma forma que b, (C_out,): quita keepdim",
        ),
        Mistake(
            "bias_in_one_number",
            (_BIAS, "dH.sum()"),
            "db quedó en un solo número: hay un bias por filtro, la suma deja el eje de los "
            "canales",
        ),
        Mistake(
            "keeps_dW_flat",
            (".reshape(W.shape)", ""),
            "dW sigue aplanado, (C_out, C·kH·kW): falta reshape(W.shape)",
        ),
        Mistake(
            "flips_windows",
            ("X_col.permute", "X_col.flip(1).permute"),
            "dW salió girado: no hay que voltear nada, dH por las columnas transpuestas ya es el "
            "gradiente",
        ),
        Mistake(
            "swaps_outputs",
            (_RETURN, "return dX, dW, db"),
            "el orden es dW, db, dX",
        ),
        Mistake(
            "transposes_dW_by_reshape",
            ("(dH_row @ X_row.T).reshape", "(X_row @ dH_row.T).reshape"),
            "tu producto es (C·kH·kW, C_out), y reshape no lo transpone: así se revuelven los "
            "pesos de los filtros",
        ),
        Mistake(
            "dW_of_the_last_image",
            (
                _RIGHT_BIAS,
                ("X_col.permute", "X_col[-1:].permute"),
                ("dH.permute", "dH[-1:].permute"),
            ),
            "a dW solo aportó la última imagen: los gradientes de todas se acumulan (+=)",
        ),
        Mistake(
            "averages_the_images",
            (_RETURN, "return dW / len(dH), db, dX"),
            "promediaste dW sobre el lote: ese 1/N ya viene dentro de dH, desde la pérdida",
            DIVIDES_BY_N,
        ),
        Mistake(
            "averages_the_bias",
            (_BIAS, "dH_row.mean(dim=1)"),
            AVERAGES_DB,
            AVERAGES_DB,
        ),
        Mistake(
            "bias_for_each_window",
            (_BIAS, "dH.sum(dim=0).flatten(1)"),
            "db quedó con un número por ventana: el bias es el mismo en todas, así que también se "
            "suma sobre ellas",
        ),
        Mistake(
            "same_dW_for_all",
            ("(dH_row @ X_row.T)", "(dH_row.sum(0, keepdim=True) @ X_row.T).expand(C_out, -1)"),
            "todos los filtros recibieron el mismo gradiente: al filtro f le toca solo la fila f "
            "de dH_row",
        ),
        Mistake(
            "transposes_windows",
            ("dH.permute(1, 0, 2, 3)", "dH.permute(1, 0, 3, 2)"),
            "recorriste dH por columnas: las ventanas van por filas, como en X_col",
        ),
        Mistake(
            "reshape_is_not_transpose",
            ("W.reshape(C_out, -1).T", "W.reshape(-1, C_out)"),
            "W.reshape(-1, C_out) no es la transpuesta: es W.reshape(C_out, -1).T",
        ),
        Mistake(
            "flips_filter",
            ("W.reshape(", "W.flip(2, 3).reshape("),
            "volteaste el filtro: con columnas se usa tal cual, W_row.T @ dH_col (el giro aparece"
            " solo si escribes dX como otra convolución)",
        ),
        Mistake(
            "assigns",
            _put_back("=", "stride", "dilation"),
            "las ventanas se traslapan y sus gradientes se suman: revisa el += de col2im",
        ),
        Mistake(
            "transposes_dH_for_dX",
            ("dH.reshape(N", "dH.transpose(2, 3).reshape(N"),
            "recorriste dH por columnas: las ventanas van por filas, dH.reshape(N, C_out, -1)",
        ),
        Mistake(
            "divides_dX_by_N",
            (_RETURN, "return dW, db, dX / N"),
            "dividiste entre N: ese 1/N ya viene dentro de dH, desde la pérdida",
        ),
        Mistake(
            "first_channel_only",
            (("W.reshape(C_out, -1)", "W[:1].reshape(1, -1)"), ("T @ dH_col", "T @ dH_col[:, :1]")),
            "solo el primer filtro devuelve gradiente: cada píxel lo recibe de los C_out filtros",
        ),
        Mistake(
            "keeps_dX_in_columns",
            (_RETURN, "return dW, db, dX_col"),
            "dX sigue en columnas: falta col2im, que las suma en su lugar",
        ),
        Mistake(
            "forgets_to_crop",
            (
                (
                    "col2im(dX_col, input_size",
                    "col2im(dX_col, [n + 2 * padding for n in input_size]",
                ),
                (" padding, dilation)", " 0, dilation)"),
            ),
            "dX todavía trae el marco del padding: recórtalo en col2im",
        ),
        Mistake(
            "ignores_stride_and_dilation",
            _put_back("+=", "1", "1"),
            "las ventanas no volvieron a su lugar: pasa a col2im el mismo stride y la misma "
            "dilation",
        ),
        Mistake(
            "ignores_stride",
            _put_back("+=", "1", "dilation"),
            "las ventanas volvieron pegadas unas a otras: la (i, j) empieza en (i·stride, j·stride)",
        ),
        Mistake(
            "ignores_dilation",
            _put_back("+=", "stride", "1"),
            "los píxeles de cada ventana volvieron juntos: están a dilation de distancia",
        ),
        Mistake(
            "transposes_filter",
            ("W.reshape(", "W.transpose(2, 3).reshape("),
            "aplanaste cada filtro por columnas: va por filas, como los píxeles de una columna",
        ),
        Mistake(
            "filter_channels_last",
            ("W.reshape(", "W.permute(0, 2, 3, 1).reshape("),
            "al aplanar el filtro pusiste los canales al final: en cada columna va primero el "
            "canal 0 completo",
        ),
        Mistake(
            "drops_dilation",
            ("stride, padding, dilation)", "stride, padding)"),
            "si el error habla de formas: col2im necesita la misma dilation con que se hizo la "
            "convolución",
        ),
        Mistake(
            "mixes_images",
            ("dH.reshape(N", "dH.transpose(0, 1).reshape(N"),
            "dH quedó revuelto: cambiaste de lugar el lote y los filtros, y reshape no los regresa",
        ),
        Mistake(
            "passes_no_options",
            (
                "input_size, tuple(W.shape[2:]), stride, padding, dilation)",
                "input_size, tuple(W.shape[2:]))",
            ),
            "si el error habla de formas: col2im necesita el mismo stride, el mismo padding y la misma "
            "dilation con que se hizo la convolución",
        ),
        Mistake(
            "same_filter_for_dX",
            ("W.reshape(C_out, -1)", "W[:1].expand_as(W).reshape(C_out, -1)"),
            "devolviste todo por el filtro 0: lo de dH[:, f] pasa por W[f]",
        ),
        Mistake(
            "dX_of_the_first_image",
            (_RETURN, f"dX = dX.clone()\n    dX[1:] = 0\n    {_RETURN}"),
            "solo la primera imagen tiene gradiente: el producto y col2im trabajan con todo el lote",
        ),
    ),
    helpers=("col2im",),
    driver="on_tensors",
)

EXERCISES = (POOL_SCATTER, HEAD_BACKWARD, COL2IM, CONV_IM2COL_BACKWARD)
