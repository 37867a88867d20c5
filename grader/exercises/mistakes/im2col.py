"""The mistakes that people make in lab 4's functions, from calculate_out to input_backward."""

from __future__ import annotations

from functools import partial
from operator import floordiv, truediv
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor

from grader.exercises.mistakes import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable

Pair = tuple[int, int]


def _out(  # noqa: PLR0913 - each flag is one way to be wrong
    size: Pair,
    kernel_size: Pair,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    *,
    sides: int = 2,
    plus_one: bool = True,
    rounding: Callable[[int, int], Any] = floordiv,
    reach: Callable[[int, int], int] = lambda k, dilation: dilation * (k - 1) + 1,
    square: bool = False,
) -> Pair:
    """Find the output's size as calculate_out should, but for the flags."""
    H_out, W_out = (
        rounding(n + sides * padding - reach(k, dilation), stride) + plus_one
        for n, k in zip(size, kernel_size, strict=True)
    )
    return H_out, (H_out if square else W_out)


def _swapped_out(*arguments: Any) -> Pair:
    H_out, W_out = _out(*arguments)
    return W_out, H_out


CALCULATE_OUT = (
    Mistake(
        "forgets_plus_one",
        partial(_out, plus_one=False),
        "al tamaño le falta el + 1: además de los pasos que da la ventana está la posición de la "
        "que parte",
    ),
    Mistake(
        "pads_one_side",
        partial(_out, sides=1),
        "el padding va a los dos lados: se suma 2·padding a cada eje",
    ),
    Mistake(
        "ignores_padding",
        partial(_out, sides=0),
        "no usaste padding: la ventana se desliza sobre la imagen ya rellena, de tamaño n + "
        "2·padding",
    ),
    Mistake(
        "ignores_stride",
        lambda size, kernel, _, *options: _out(size, kernel, 1, *options),
        "no usaste stride: divide los pasos posibles entre stride",
    ),
    Mistake(
        "rounds_up",
        partial(_out, rounding=lambda n, stride: -(-n // stride)),
        "redondeaste hacia arriba: una ventana que no cabe entera se descarta, así que la "
        "división es entera hacia abajo (//)",
    ),
    Mistake(
        "divides_last",
        partial(_out, rounding=lambda n, stride: (n + 1) // stride - 1),
        "el + 1 va fuera de la división: n // stride + 1, no (n + 1) // stride",
    ),
    Mistake(
        "forgets_to_round",
        partial(_out, rounding=truediv),
        "el tamaño salió con decimales: usa la división entera (//), que descarta la ventana que "
        "no cabe",
    ),
    Mistake(
        "ignores_dilation",
        partial(_out, reach=lambda k, _: k),
        "no usaste dilation: con huecos, el filtro abarca dilation·(k − 1) + 1 píxeles y no k",
    ),
    Mistake(
        "stretches_too_far",
        partial(_out, reach=lambda k, dilation: dilation * k),
        "con dilation el filtro no abarca dilation·k píxeles: entre k valores hay k − 1 huecos, "
        "así que abarca dilation·(k − 1) + 1",
    ),
    Mistake(
        "assumes_square",
        partial(_out, square=True),
        "usaste el alto también como ancho: W_out se calcula con el segundo número de size y de "
        "kernel_size",
    ),
    Mistake(
        "swaps_height_and_width",
        _swapped_out,
        "devolviste (W_out, H_out): primero va el alto y después el ancho",
    ),
)

FLIPPED = (
    "volteaste el filtro: en aprendizaje profundo la «convolución» es correlación cruzada y el "
    "filtro se usa tal cual"
)


def _pad_one_side(X: Tensor, padding: int) -> Tensor:
    return F.pad(X, (0, padding, 0, padding))


def _conv(  # noqa: PLR0913 - each flag is one way to be wrong
    X: Tensor,
    W: Tensor,
    b: Tensor,
    stride: int,
    padding: int,
    dilation: int,
    *,
    bias: bool = True,
    flip: bool = False,
    fixed: tuple[str, ...] = (),
    step_windows: bool = True,
    last_bias: bool = False,
    one_channel: bool = False,
    one_image: bool = False,
    one_filter: bool = False,
    one_side: bool = False,
    crop_square: bool = False,
) -> Tensor:
    """Convolve as conv_naive should, but for the flags; `fixed` are options that are ignored."""
    stride = 1 if "stride" in fixed else stride
    padding = 0 if "padding" in fixed else padding
    dilation = 1 if "dilation" in fixed else dilation
    X, W, b = (t.double() for t in (X, W, b))
    if one_side:
        X, padding = _pad_one_side(X, 2 * padding), 0
    if one_channel:
        X, W = X[:, :1], W[:, :1]
    if one_filter:
        W = W[:1].expand_as(W)
    if last_bias:
        b = b[-1:].expand_as(b)
    kernel = W.flip(2, 3) if flip else W
    result = F.conv2d(X, kernel, b if bias else None, stride, padding, dilation)
    if not step_windows:
        near = F.conv2d(X, kernel, b, 1, padding, dilation)
        result = near[:, :, : result.shape[2], : result.shape[3]]
    if one_image:
        result[1:] = 0
    if crop_square:
        side = min(result.shape[2:])
        square = result.new_zeros(*result.shape[:2], result.shape[2], result.shape[2])
        square[:, :, :, :side] = result[:, :, :, :side]
        result = square
    return result


CONV_NAIVE = (
    Mistake(
        "forgets_bias", partial(_conv, bias=False), "falta sumar el bias de cada filtro, b[co]"
    ),
    Mistake("flips_filter", partial(_conv, flip=True), FLIPPED),
    Mistake(
        "last_bias_for_all",
        partial(_conv, last_bias=True),
        "todos los canales de salida llevan el mismo bias: al canal co le toca b[co]",
    ),
    Mistake(
        "same_filter_for_all",
        partial(_conv, one_filter=True),
        "todos los canales de salida usan el filtro 0: para el canal co va W[co]",
    ),
    Mistake(
        "first_image_only",
        partial(_conv, one_image=True),
        "solo se calculó la primera imagen del lote: revisa el ciclo sobre n y que el return esté "
        "después de él",
    ),
    Mistake(
        "first_channel_only",
        partial(_conv, one_channel=True),
        "usaste solo el primer canal de entrada: el parche lleva todos los canales, X[n, :, ...], "
        "y la suma también",
    ),
    Mistake(
        "pads_one_side",
        partial(_conv, one_side=True),
        "los ceros quedaron solo abajo y a la derecha: F.pad(X, (p, p, p, p)) rellena los cuatro "
        "lados",
    ),
    Mistake(
        "ignores_padding",
        partial(_conv, fixed=("padding",)),
        "no usaste padding: rellena X con ceros antes de deslizar la ventana",
    ),
    Mistake(
        "ignores_stride_in_windows",
        partial(_conv, step_windows=False),
        "la salida tiene el tamaño correcto, pero las ventanas avanzan de 1 en 1: la ventana (i, "
        "j) empieza en (i·stride, j·stride)",
    ),
    Mistake(
        "ignores_stride",
        partial(_conv, fixed=("stride",)),
        "no usaste stride: de él dependen el tamaño de la salida y dónde empieza cada ventana",
    ),
    Mistake(
        "ignores_dilation",
        partial(_conv, fixed=("dilation",)),
        "no usaste dilation: el corte del parche va de dilation en dilation, inicio : inicio + "
        "dilation·(k − 1) + 1 : dilation",
    ),
    Mistake(
        "assumes_square",
        partial(_conv, crop_square=True),
        "usaste H_out también como ancho de la salida: el ciclo sobre j llega hasta W_out",
    ),
)


def _im2col(  # noqa: PLR0913 - each flag is one way to be wrong
    X: Tensor,
    kernel_size: Pair,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    *,
    fixed: tuple[str, ...] = (),
    one_image: bool = False,
    one_channel: bool = False,
    one_side: bool = False,
    order: str = "",
) -> Tensor:
    """Lay windows out as im2col should, but for the flags."""
    stride = 1 if "stride" in fixed else stride
    padding = 0 if "padding" in fixed else padding
    dilation = 1 if "dilation" in fixed else dilation
    if one_side:
        X, padding = _pad_one_side(X, 2 * padding), 0
    if one_channel:
        X = X[:, :1]
    cols = F.unfold(X, kernel_size, dilation, padding, stride)
    if one_image:
        cols[1:] = 0
    return _reordered(cols, X, kernel_size, (stride, padding, dilation), order)


def _reordered(
    cols: Tensor, X: Tensor, kernel_size: Pair, options: tuple[int, int, int], order: str
) -> Tensor:
    N, C, (kH, kW) = len(X), X.shape[1], kernel_size
    H_out, W_out = _out((X.shape[2], X.shape[3]), kernel_size, *options)
    if order == "windows in rows":
        return cols.transpose(1, 2)
    if order == "windows by column":
        return cols.reshape(N, -1, H_out, W_out).transpose(2, 3).reshape(N, cols.shape[1], -1)
    if order == "pixels by column":
        return cols.reshape(N, C, kH, kW, -1).transpose(2, 3).reshape(N, cols.shape[1], -1)
    if order == "channel last":
        return cols.reshape(N, C, kH * kW, -1).transpose(1, 2).reshape(N, cols.shape[1], -1)
    if order == "reshaped":
        return cols.permute(2, 0, 1).reshape(cols.shape)
    if order == "joined":
        return cols.permute(1, 0, 2).reshape(cols.shape[1], -1)
    return cols


IM2COL = (
    Mistake(
        "windows_in_rows",
        partial(_im2col, order="windows in rows"),
        "cada ventana quedó como fila y debe ser una columna: la forma es (N, C·kH·kW, L), así "
        "que faltó transponer los dos últimos ejes",
    ),
    Mistake(
        "reshapes_instead_of_permuting",
        partial(_im2col, order="reshaped"),
        "la forma es correcta, pero los números se mezclaron: reshape no cambia ejes de lugar; "
        "junta los parches con permute (o torch.stack(..., dim=-1)) y solo al final usa reshape",
    ),
    Mistake(
        "windows_by_column",
        partial(_im2col, order="windows by column"),
        "recorriste las ventanas de arriba abajo: van por filas, primero j avanza y después i",
    ),
    Mistake(
        "pixels_by_column",
        partial(_im2col, order="pixels by column"),
        "dentro de cada ventana los píxeles van por filas: la posición (ki, kj) es la fila ki·kW "
        "+ kj de la columna",
    ),
    Mistake(
        "channel_last",
        partial(_im2col, order="channel last"),
        "los canales quedaron intercalados: en cada columna va primero el canal 0 completo (kH·kW "
        "valores), después el canal 1, y así",
    ),
    Mistake(
        "joins_the_batch",
        partial(_im2col, order="joined"),
        "juntaste todas las imágenes en una matriz: el eje 0 sigue siendo el lote",
    ),
    Mistake(
        "first_image_only",
        partial(_im2col, one_image=True),
        "solo la primera imagen tiene columnas: corta X[:, :, ...] para todo el lote a la vez",
    ),
    Mistake(
        "first_channel_only",
        partial(_im2col, one_channel=True),
        "usaste solo el primer canal: cada columna lleva los C canales de su ventana",
    ),
    Mistake(
        "pads_one_side",
        partial(_im2col, one_side=True),
        "los ceros quedaron solo abajo y a la derecha: F.pad(X, (p, p, p, p)) rellena los cuatro "
        "lados",
    ),
    Mistake(
        "ignores_padding",
        partial(_im2col, fixed=("padding",)),
        "no usaste padding: rellena X con F.pad antes de cortar ventanas",
    ),
    Mistake(
        "ignores_stride",
        partial(_im2col, fixed=("stride",)),
        "no usaste stride: la ventana (i, j) empieza en (i·stride, j·stride)",
    ),
    Mistake(
        "ignores_dilation",
        partial(_im2col, fixed=("dilation",)),
        "no usaste dilation: dentro de la ventana los píxeles se toman de dilation en dilation",
    ),
    Mistake(
        "swaps_kernel_sides",
        lambda X, kernel_size, *options: _im2col(X, kernel_size[::-1], *options),
        "intercambiaste kH y kW: kernel_size es (alto, ancho)",
    ),
)


def _conv_columns(  # noqa: PLR0913 - each flag is one way to be wrong
    X: Tensor,
    W: Tensor,
    b: Tensor,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    *,
    bias: bool = True,
    flip: bool = False,
    options: bool = True,
    rows: str = "",
    mix: bool = False,
    shape: str = "",
) -> tuple[Tensor, Tensor]:
    """Convolve as conv_im2col should, but for the flags."""
    if rows == "view":
        W.view(len(W), -1)
    X, W, b = (t.double() for t in (X, W, b))
    kernel_size = (W.shape[2], W.shape[3])
    settings = (stride, padding, dilation) if options else (1, 0, 1)
    X_col = _im2col(X, kernel_size, *settings)
    H_out, W_out = _out((X.shape[2], X.shape[3]), kernel_size, *settings)
    kernel = W.flip(2, 3) if flip else W
    W_row = kernel.reshape(len(W), -1)
    if rows == "reshaped":
        W_row = kernel.reshape(-1, len(W)).T
    H_col = W_row @ X_col + (b.reshape(-1, 1) if bias else 0)
    if mix:
        H_col = H_col.permute(1, 0, 2)
    if shape == "columns":
        return H_col, X_col
    if shape == "square":
        side = int(H_col.shape[-1] ** 0.5)
        H_out, W_out = side, side
    if shape == "swapped":
        H_out, W_out = W_out, H_out
    H = H_col.reshape(len(X), len(W), H_out, W_out)
    return (X_col, H) if shape == "backwards" else (H, X_col)


CONV_IM2COL = (
    Mistake(
        "forgets_bias",
        partial(_conv_columns, bias=False),
        "falta sumar el bias: b.reshape(-1, 1) es una columna, y se suma a todas las ventanas",
    ),
    Mistake("flips_filter", partial(_conv_columns, flip=True), FLIPPED),
    Mistake(
        "reshape_is_not_transpose",
        partial(_conv_columns, rows="reshaped"),
        "W.reshape(-1, C_out).T mezcla los filtros: cada filtro es una fila, W.reshape(C_out, -1)",
    ),
    Mistake(
        "mixes_images",
        partial(_conv_columns, mix=True),
        "las imágenes del lote se mezclaron: si trabajas con (C_out, N·L), regresa con "
        "reshape(C_out, N, L).permute(1, 0, 2) antes de dar la forma final; más simple: W_row @ "
        "X_col ya opera imagen por imagen",
    ),
    Mistake(
        "ignores_options",
        partial(_conv_columns, options=False),
        "stride, padding o dilation no llegan: pásalos a im2col y a calculate_out",
    ),
    Mistake(
        "takes_a_square_root",
        partial(_conv_columns, shape="square"),
        "L no siempre es un cuadrado: H_out y W_out salen de calculate_out y no de la raíz de L",
    ),
    Mistake(
        "swaps_height_and_width",
        partial(_conv_columns, shape="swapped"),
        "intercambiaste H_out y W_out al dar la forma final",
    ),
    Mistake(
        "keeps_columns",
        partial(_conv_columns, shape="columns"),
        "H sigue en columnas, (N, C_out, L): falta el reshape a (N, C_out, H_out, W_out)",
    ),
    Mistake(
        "swaps_outputs",
        partial(_conv_columns, shape="backwards"),
        "devolviste los resultados en otro orden: es H, X_col",
    ),
    Mistake(
        "views_filters",
        partial(_conv_columns, rows="view"),
        "si el error habla de view: .view exige que el tensor sea contiguo en memoria; .reshape "
        "hace lo mismo y copia cuando hace falta",
    ),
)


def _pool(
    H: Tensor,
    kernel_size: Pair,
    stride: int,
    *,
    reduce: str = "max",
    use_stride: bool = True,
    rows: str = "",
    indices: str = "",
    shape: str = "",
) -> tuple[Tensor, Tensor]:
    """Pool as max_pool_im2col should, but for the flags."""
    N, C, (kH, kW) = len(H), H.shape[1], kernel_size
    step = (stride, stride) if use_stride else kernel_size
    H_pool, W_pool = (
        (n - k) // s + 1 for n, k, s in zip(H.shape[2:], kernel_size, step, strict=True)
    )
    h_col = F.unfold(H, kernel_size, stride=step)
    h_col = (
        h_col.reshape(N, kH * kW, C, -1).transpose(1, 2)
        if rows == "interleaved"
        else h_col.reshape(N, C, kH * kW, -1)
    )
    if rows == "mixed":
        h_col = h_col.reshape(N, 1, C * kH * kW, -1)
    sign = -1 if reduce == "min" else 1
    flat, place = (h_col.abs() if reduce == "abs" else sign * h_col).max(dim=2)
    flat = h_col.mean(2) if reduce == "mean" else sign * flat
    if indices == "last":
        place = kH * kW - 1 - h_col.flip(2).argmax(2)
    if indices == "map":
        place = F.max_pool2d(H, kernel_size, step, return_indices=True)[1].flatten(2)
    if shape == "columns":
        return flat, place
    M = (
        flat.reshape(N, -1, W_pool, H_pool)
        if shape == "swapped"
        else flat.reshape(N, -1, H_pool, W_pool)
    )
    if shape == "maps":
        place = place.reshape(M.shape)
    return (place, M) if shape == "backwards" else (M, place)


MAX_POOL_IM2COL = (
    Mistake(
        "mixes_channels",
        partial(_pool, rows="mixed"),
        "el máximo salió de todos los canales juntos: primero separa los canales, reshape(N, C, "
        "kH·kW, L), y toma el máximo en dim=2",
    ),
    Mistake(
        "interleaves_channels",
        partial(_pool, rows="interleaved"),
        "separaste los canales en el orden equivocado: en cada columna el canal 0 va completo "
        "antes que el canal 1, así que la forma es (N, C, kH·kW, L) y no (N, kH·kW, C, L)",
    ),
    Mistake(
        "takes_the_minimum", partial(_pool, reduce="min"), "tomaste el mínimo: se pide el máximo"
    ),
    Mistake("averages", partial(_pool, reduce="mean"), "promediaste la ventana: se pide el máximo"),
    Mistake(
        "compares_magnitudes",
        partial(_pool, reduce="abs"),
        "comparaste valores absolutos: −5 es menor que 1",
    ),
    Mistake(
        "ignores_stride",
        partial(_pool, use_stride=False),
        "las ventanas avanzan el tamaño del kernel y no stride: pasa stride a im2col y a "
        "calculate_out",
    ),
    Mistake(
        "indices_of_the_map",
        partial(_pool, indices="map"),
        "tus índices cuentan píxeles del mapa entero: se pide la posición dentro de la ventana, "
        "de 0 a kH·kW − 1, que es la que da .max(dim=2)",
    ),
    Mistake(
        "last_of_equals",
        partial(_pool, indices="last"),
        "cuando el máximo se repite cuenta el primero: .max(dim=2) ya lo hace así",
    ),
    Mistake(
        "swaps_height_and_width",
        partial(_pool, shape="swapped"),
        "intercambiaste H_pool y W_pool al dar la forma final",
    ),
    Mistake(
        "keeps_columns",
        partial(_pool, shape="columns"),
        "M sigue en columnas, (N, C, L): falta el reshape a (N, C, H_pool, W_pool)",
    ),
    Mistake(
        "indices_as_maps",
        partial(_pool, shape="maps"),
        "los índices se quedan en columnas, (N, C, L): así los necesita el scatter del gradiente",
    ),
    Mistake("swaps_outputs", partial(_pool, shape="backwards"), "el orden es M, indices"),
)


def _flatten(
    M: Tensor,
    W_fc: Tensor,
    b_fc: Tensor,
    *,
    flat: Callable[[Tensor], Tensor] = lambda M: M.flatten(1),
    bias: int = 1,
) -> tuple[Tensor, Tensor]:
    """Flatten and go through a linear layer as flatten_linear should, but for the flags."""
    f = flat(M)
    return f, f @ W_fc + bias * b_fc


FLATTEN_LINEAR = (
    Mistake("forgets_bias", partial(_flatten, bias=0), "falta sumar b_fc"),
    Mistake("subtracts_bias", partial(_flatten, bias=-1), "el bias se suma, no se resta"),
    Mistake(
        "flattens_as_nhwc",
        partial(_flatten, flat=lambda M: M.permute(0, 2, 3, 1).flatten(1)),
        "pusiste los canales al final antes de aplanar: aquí M es (N, C, H, W) y se aplana tal "
        "cual",
    ),
    Mistake(
        "flattens_the_batch",
        partial(_flatten, flat=lambda M: M.reshape(1, -1)),
        "si el error habla de formas: aplanaste también el lote; cada imagen es una fila, "
        "M.reshape(N, -1)",
    ),
    Mistake(
        "mixes_images",
        partial(_flatten, flat=lambda M: M.reshape(-1, len(M)).T),
        "M.reshape(-1, N).T mezcla las imágenes: cada imagen es una fila, M.reshape(N, -1)",
    ),
    Mistake(
        "views_M",
        partial(_flatten, flat=lambda M: M.view(len(M), -1)),
        "si el error habla de view: .view exige que el tensor sea contiguo en memoria; .reshape "
        "hace lo mismo y copia cuando hace falta",
    ),
    Mistake(
        "swaps_outputs",
        lambda M, W_fc, b_fc: _flatten(M, W_fc, b_fc)[::-1],
        "devolviste los resultados en otro orden: es f, Z",
    ),
)


def _bce(Z: Tensor, y: Tensor) -> Tensor:
    """Return each image's loss, in the form that no logit breaks."""
    return Z.clamp(min=0) - Z * y + torch.log1p(torch.exp(-Z.abs()))


def _bce_of_probability(Z: Tensor, y: Tensor, least: float = 0) -> Tensor:
    p = torch.sigmoid(Z).clamp(least, 1 - least)
    return -(y * torch.log(p) + (1 - y) * torch.log(1 - p)).mean()


BCE_WITH_LOGITS = (
    Mistake(
        "logarithm_of_sigmoid",
        _bce_of_probability,
        "con logits grandes sigmoid(Z) es 0 o 1 exactos y su logaritmo es infinito: usa la forma "
        "estable max(Z, 0) − Z·y + log(1 + exp(−|Z|))",
    ),
    Mistake(
        "clamps_probability",
        partial(_bce_of_probability, least=1e-12),
        "recortar sigmoid(Z) evita el infinito, pero ya no es la misma función: la pérdida de un "
        "logit 40 equivocado es 40; usa max(Z, 0) − Z·y + log(1 + exp(−|Z|))",
    ),
    Mistake(
        "overflowing_exponential",
        lambda Z, y: (torch.log(1 + torch.exp(Z)) - Z * y).mean(),
        "exp(Z) se desborda con logits grandes: en max(Z, 0) − Z·y + log(1 + exp(−|Z|)) el "
        "exponente nunca es positivo",
    ),
    Mistake(
        "overflowing_negative_exponential",
        lambda Z, y: (torch.log(1 + torch.exp(-Z)) + Z * (1 - y)).mean(),
        "exp(−Z) se desborda con logits muy negativos: usa max(Z, 0) − Z·y + log(1 + exp(−|Z|))",
    ),
    Mistake("sums", lambda Z, y: _bce(Z, y).sum(), "sumaste: la pérdida es el promedio del lote"),
    Mistake(
        "one_loss_an_image",
        _bce,
        "devolviste una pérdida por imagen: falta el promedio (.mean())",
    ),
    Mistake(
        "negated",
        lambda Z, y: -_bce(Z, y).mean(),
        "el signo está al revés: la pérdida no es negativa",
    ),
    Mistake(
        "swaps_classes",
        lambda Z, y: _bce(Z, 1 - y).mean(),
        "intercambiaste las clases: y = 1 castiga los logits negativos",
    ),
    Mistake(
        "applies_sigmoid_twice",
        lambda Z, y: _bce(torch.sigmoid(Z), y).mean(),
        "Z ya son logits: la forma estable recibe Z y no sigmoid(Z)",
    ),
    Mistake(
        "squared_error",
        lambda Z, y: ((torch.sigmoid(Z) - y) ** 2).mean(),
        "eso es el error cuadrático: se pide la entropía cruzada binaria",
    ),
)


def _head(  # noqa: PLR0913 - each flag is one way to be wrong
    Z: Tensor,
    y: Tensor,
    W_fc: Tensor,
    M_shape: tuple[int, ...],
    *,
    delta: Callable[[Tensor, Tensor], Tensor] = lambda p, y: p - y,
    average: bool = True,
    probability: Callable[[Tensor], Tensor] = torch.sigmoid,
    through: Callable[[Tensor, Tensor], Tensor] = lambda dZ, W_fc: dZ @ W_fc.T,
    unflatten: Callable[[Tensor, tuple[int, ...]], Tensor] = lambda df, shape: df.reshape(shape),
    order: slice = slice(None),
) -> tuple[Tensor, ...]:
    """Go from the loss back to M as head_backward should, but for the flags."""
    dZ = delta(probability(Z), y) / (len(y) if average else 1)
    df = through(dZ, W_fc)
    gradients: tuple[Tensor, ...] = (dZ, df, unflatten(df, M_shape))
    return gradients[order]


HEAD_BACKWARD = (
    Mistake(
        "forgets_the_mean",
        partial(_head, average=False),
        "la pérdida es el promedio del lote, así que dZ lleva 1/N: (sigmoid(Z) − y) / N; con una "
        "sola imagen no se nota",
    ),
    Mistake(
        "subtracts_backwards",
        partial(_head, delta=lambda p, y: y - p),
        "el signo de dZ está al revés: es sigmoid(Z) − y",
    ),
    Mistake(
        "forgets_sigmoid",
        partial(_head, probability=lambda Z: Z),
        "falta la sigmoide: dZ es sigmoid(Z) − y y no Z − y",
    ),
    Mistake(
        "sigmoid_twice",
        partial(_head, delta=lambda p, y: (p - y) * p * (1 - p)),
        "multiplicaste además por la derivada de la sigmoide: al derivar la entropía cruzada por "
        "el logit ya se canceló",
    ),
    Mistake(
        "flips_W_fc",
        partial(_head, through=lambda dZ, W_fc: dZ @ W_fc.flip(0).T),
        "W_fc quedó al revés: df es dZ @ W_fc.T",
    ),
    Mistake(
        "forgets_W_fc",
        partial(_head, through=lambda dZ, W_fc: dZ.expand(-1, len(W_fc))),
        "df es igual en todas las entradas: falta multiplicar por W_fc.T (en el ejemplo son unos "
        "y no se nota)",
    ),
    Mistake(
        "unflattens_as_nhwc",
        partial(
            _head,
            unflatten=lambda df, shape: df.reshape(shape[0], *shape[2:], shape[1]).permute(
                0, 3, 1, 2
            ),
        ),
        "al deshacer el flatten pusiste los canales al final: df.reshape(M_shape) es el inverso "
        "exacto del flatten",
    ),
    Mistake(
        "always_two_by_two",
        partial(
            _head,
            unflatten=lambda df, shape: (
                df.reshape(shape[0], -1, 2, 2) if df.numel() % 4 == 0 else df
            ),
        ),
        "la forma 2×2 está escrita a mano: el mapa puede tener otro tamaño, usa M_shape",
    ),
    Mistake(
        "keeps_it_flat",
        partial(_head, unflatten=lambda df, _: df),
        "dM sigue aplanado: falta df.reshape(M_shape)",
    ),
    Mistake(
        "swaps_outputs",
        partial(_head, order=slice(None, None, -1)),
        "devolviste los gradientes en otro orden: es dZ, df, dM",
    ),
)


def _scatter(
    dM: Tensor,
    indices: Tensor,
    kernel_size: Pair,
    *,
    values: Callable[[Tensor], Tensor] = lambda dM: dM.flatten(2),
    where: Callable[[Tensor, int], Tensor] = lambda indices, _: indices,
    sides: Pair = (0, 1),
    join: bool = False,
    single: bool = False,
) -> Tensor:
    """Scatter as pool_scatter should, but for the flags."""
    size = kernel_size[sides[0]] * kernel_size[sides[1]]
    N, C = dM.shape[:2]
    dh_col = torch.zeros(N, C, size, indices.shape[-1], dtype=torch.float if single else dM.dtype)
    dh_col.scatter_(2, where(indices, size).unsqueeze(2), values(dM).unsqueeze(2))
    return dh_col.reshape(N, C * size, -1) if join else dh_col


def _first_image(dM: Tensor, indices: Tensor, kernel_size: Pair) -> Tensor:
    dh_col = _scatter(dM, indices, kernel_size)
    dh_col[1:] = 0
    return dh_col


POOL_SCATTER = (
    Mistake(
        "writes_ones",
        partial(_scatter, values=lambda dM: torch.ones_like(dM).flatten(2)),
        "pusiste unos: en el lugar del máximo va el gradiente que llega, dM (en el ejemplo vale 1 "
        "y no se nota)",
    ),
    Mistake(
        "shares_equally",
        lambda dM, _, k: (
            (dM.flatten(2) / (k[0] * k[1])).unsqueeze(2).expand(-1, -1, k[0] * k[1], -1)
        ),
        "repartiste el gradiente entre toda la ventana: eso es el promedio; con max lo recibe "
        "solo el máximo",
    ),
    Mistake(
        "everyone_gets_all",
        lambda dM, _, k: dM.flatten(2).unsqueeze(2).expand(-1, -1, k[0] * k[1], -1),
        "todas las posiciones reciben el gradiente: solo lo recibe la que indica indices",
    ),
    Mistake(
        "always_first_place",
        partial(_scatter, where=lambda indices, _: torch.zeros_like(indices)),
        "el gradiente cae siempre en la primera posición de la ventana: usa indices",
    ),
    Mistake(
        "counts_from_the_end",
        partial(_scatter, where=lambda indices, size: size - 1 - indices),
        "las posiciones quedaron contadas desde el final de la ventana",
    ),
    Mistake(
        "transposes_dM",
        partial(_scatter, values=lambda dM: dM.transpose(2, 3).flatten(2)),
        "recorriste dM por columnas: las ventanas van por filas, como las deja reshape",
    ),
    Mistake(
        "first_image_only",
        _first_image,
        "solo la primera imagen recibió gradiente: scatter_ trabaja con todo el lote",
    ),
    Mistake(
        "joins_channels",
        partial(_scatter, join=True),
        "juntaste los canales: dh_col queda con cuatro ejes, (N, C, kH·kW, L); se juntan después, "
        "antes de col2im",
    ),
    Mistake(
        "square_window",
        partial(_scatter, sides=(1, 1)),
        "la ventana no siempre es cuadrada: tiene kH·kW posiciones, no kW·kW",
    ),
    Mistake(
        "single_precision_zeros",
        partial(_scatter, single=True),
        "si el error habla de dtype: torch.zeros crea float32 y dM es float64; usa "
        "dM.new_zeros(...), que hereda su dtype",
    ),
)


def _col2im(  # noqa: PLR0913 - each flag is one way to be wrong
    cols: Tensor,
    output_size: Pair,
    kernel_size: Pair,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    *,
    fixed: tuple[str, ...] = (),
    assign: bool = False,
    divide: bool = False,
    crop: str = "exact",
    order: str = "",
    one_image: bool = False,
) -> Tensor:
    """Add columns up as col2im should, but for the flags."""
    step = 1 if "stride" in fixed else stride
    spread = 1 if "dilation" in fixed else dilation
    (H, W), (kH, kW), N = output_size, kernel_size, len(cols)
    H_out, W_out = _out(output_size, kernel_size, stride, padding, dilation)
    C = cols.shape[1] // (kH * kW)
    if order == "windows by column":
        patches = cols.reshape(N, C, kH, kW, W_out, H_out).transpose(4, 5)
    elif order == "channel last":
        patches = cols.reshape(N, kH, kW, C, H_out, W_out).permute(0, 3, 1, 2, 4, 5)
    elif order == "pixels by column":
        patches = cols.reshape(N, C, kW, kH, H_out, W_out).transpose(2, 3)
    else:
        patches = cols.reshape(N, C, kH, kW, H_out, W_out)
    padded = cols.new_zeros(N, C, H + 2 * padding, W + 2 * padding)
    times = torch.zeros_like(padded)
    for i in range(H_out):
        for j in range(W_out):
            top, left = i * step, j * step
            place = (
                slice(0, 1 if one_image else N),
                slice(None),
                slice(top, top + spread * (kH - 1) + 1, spread),
                slice(left, left + spread * (kW - 1) + 1, spread),
            )
            patch = patches[place[0], ..., i, j]
            padded[place] = patch if assign else padded[place] + patch
            times[place] += 1
    if divide:
        padded = padded / times.clamp(min=1)
    if crop == "minus":
        return padded[:, :, padding:-padding, padding:-padding]
    if crop == "never":
        return padded
    start = 0 if crop == "corner" else padding
    return padded[:, :, start : start + H, start : start + W]


COL2IM = (
    Mistake(
        "assigns",
        partial(_col2im, assign=True),
        "asignas donde hay que acumular: un píxel que cae en varias ventanas recibe la suma de lo "
        "que traen todas (+=)",
    ),
    Mistake(
        "averages",
        partial(_col2im, divide=True),
        "promediaste lo que llega a cada píxel: los gradientes se suman",
    ),
    Mistake(
        "crops_with_minus_padding",
        partial(_col2im, crop="minus"),
        "con padding = 0, x[p:-p] es x[0:0], que está vacío: escribe el final del corte como p + "
        "H y p + W",
    ),
    Mistake(
        "forgets_to_crop",
        partial(_col2im, crop="never"),
        "el resultado todavía trae el marco del padding: recorta las p filas y columnas de cada "
        "borde",
    ),
    Mistake(
        "crops_from_the_corner",
        partial(_col2im, crop="corner"),
        "recortaste desde la esquina: el marco está en los cuatro lados, así que el corte va de p "
        "a p + H",
    ),
    Mistake(
        "windows_by_column",
        partial(_col2im, order="windows by column"),
        "recorriste las ventanas de arriba abajo: la columna l es la ventana (l // W_out, l % "
        "W_out)",
    ),
    Mistake(
        "pixels_by_column",
        partial(_col2im, order="pixels by column"),
        "dentro de cada columna los píxeles van por filas: primero reshape(..., kH, kW, ...), sin "
        "transponer",
    ),
    Mistake(
        "channel_last",
        partial(_col2im, order="channel last"),
        "en cada columna va primero el canal 0 completo: el reshape es (N, C, kH, kW, H_out, "
        "W_out)",
    ),
    Mistake(
        "first_image_only",
        partial(_col2im, one_image=True),
        "solo la primera imagen quedó llena: trabaja con todo el lote, dX[:, :, ...]",
    ),
    Mistake(
        "ignores_stride",
        partial(_col2im, fixed=("stride",)),
        "no usaste stride: la ventana (i, j) empieza en (i·stride, j·stride), igual que en im2col",
    ),
    Mistake(
        "ignores_dilation",
        partial(_col2im, fixed=("dilation",)),
        "no usaste dilation: los píxeles de una ventana están a dilation de distancia, igual que "
        "en im2col",
    ),
)


def _weights(  # noqa: PLR0913 - each flag is one way to be wrong
    dH: Tensor,
    X_col: Tensor,
    W_shape: tuple[int, ...],
    *,
    rows: Callable[[Tensor], Tensor] = lambda dH: dH.transpose(0, 1).flatten(1),
    columns: Callable[[Tensor], Tensor] = lambda X_col: X_col.transpose(0, 1).flatten(1),
    bias: Callable[[Tensor], Tensor] = lambda dH: dH.sum((0, 2, 3)),
    divide: Callable[[Tensor], int] = lambda _: 1,
    flat: bool = False,
    swap: bool = False,
) -> tuple[Tensor, Tensor]:
    """Return the gradients of filters and bias as weights_backward should, but for the flags."""
    dW = rows(dH) @ columns(X_col).T / divide(dH)
    dW = dW if flat else dW.reshape(W_shape)
    return (bias(dH), dW) if swap else (dW, bias(dH))


WEIGHTS_BACKWARD = (
    Mistake(
        "reshapes_X_col",
        partial(_weights, columns=lambda X_col: X_col.reshape(X_col.shape[1], -1)),
        "X_col.reshape(C·kH·kW, -1) mezcla las imágenes cuando N > 1: antes hay que llevar el "
        "lote al lado de las ventanas, X_col.permute(1, 0, 2).reshape(C·kH·kW, -1); con N = 1 no "
        "se nota",
    ),
    Mistake(
        "reshapes_dH",
        partial(_weights, rows=lambda dH: dH.reshape(dH.shape[1], -1)),
        "dH.reshape(C_out, -1) mezcla las imágenes cuando N > 1: primero permute(1, 0, 2, 3)",
    ),
    Mistake(
        "reshapes_both",
        partial(
            _weights,
            rows=lambda dH: dH.reshape(dH.shape[1], -1),
            columns=lambda X_col: X_col.reshape(X_col.shape[1], -1),
        ),
        "los dos reshape mezclan las imágenes cuando N > 1: a los dos les falta antes un permute "
        "que ponga el lote al lado de las ventanas",
    ),
    Mistake(
        "first_image_only",
        partial(_weights, rows=lambda dH: dH[0].flatten(1), columns=lambda X_col: X_col[0]),
        "solo la primera imagen aporta a dW: el filtro es el mismo en todas y sus gradientes se "
        "suman",
    ),
    Mistake(
        "divides_by_N",
        partial(_weights, divide=len, bias=lambda dH: dH.sum((0, 2, 3)) / len(dH)),
        "dividiste entre N: ese 1/N ya viene dentro de dH, desde la pérdida",
    ),
    Mistake(
        "averages_windows",
        partial(
            _weights,
            divide=lambda dH: dH[:, 0].numel(),
            bias=lambda dH: dH.mean((0, 2, 3)),
        ),
        "promediaste sobre las ventanas: los gradientes de todas se suman",
    ),
    Mistake(
        "bias_for_each_image",
        partial(_weights, bias=lambda dH: dH.sum((2, 3))),
        "dbias quedó con una fila por imagen: el bias es el mismo en todo el lote, así que "
        "también se suma sobre N",
    ),
    Mistake(
        "bias_of_each_channel_kept",
        partial(_weights, bias=lambda dH: dH.sum((0, 2, 3), keepdim=True)),
        "dbias lleva la misma forma que b, (C_out,): quita keepdim",
    ),
    Mistake(
        "bias_in_one_number",
        partial(_weights, bias=lambda dH: dH.sum()),
        "dbias quedó en un solo número: hay un bias por filtro, la suma deja el eje de los canales",
    ),
    Mistake(
        "keeps_it_flat",
        partial(_weights, flat=True),
        "dW sigue aplanado, (C_out, C·kH·kW): falta reshape(W_shape)",
    ),
    Mistake(
        "flips_windows",
        partial(_weights, columns=lambda X_col: X_col.flip(1).transpose(0, 1).flatten(1)),
        "dW salió girado: no hay que voltear nada, dH por las columnas transpuestas ya es el "
        "gradiente",
    ),
    Mistake("swaps_outputs", partial(_weights, swap=True), "el orden es dW, dbias"),
)


def _input(  # noqa: PLR0913 - each flag is one way to be wrong
    dH: Tensor,
    W: Tensor,
    input_size: Pair,
    stride: int,
    padding: int,
    dilation: int,
    *,
    rows: Callable[[Tensor], Tensor] = lambda W: W.flatten(1).T,
    maps: Callable[[Tensor], Tensor] = lambda dH: dH,
    assign: bool = False,
    crop: str = "exact",
    fixed: tuple[str, ...] = (),
    keep: bool = False,
) -> Tensor:
    """Return the gradient of the image as input_backward should, but for the flags."""
    dX_col = rows(W) @ maps(dH).flatten(2)
    if keep:
        return dX_col
    kernel_size = (W.shape[2], W.shape[3])
    options = (stride, padding, dilation)
    return _col2im(dX_col, input_size, kernel_size, *options, assign=assign, crop=crop, fixed=fixed)


INPUT_BACKWARD = (
    Mistake(
        "reshape_is_not_transpose",
        partial(_input, rows=lambda W: W.reshape(-1, len(W))),
        "W.reshape(-1, C_out) no es la transpuesta: es W.reshape(C_out, -1).T",
    ),
    Mistake(
        "flips_filter",
        partial(_input, rows=lambda W: W.flip(2, 3).flatten(1).T),
        "volteaste el filtro: con columnas se usa tal cual, W_row.T @ dH_col (el giro aparece "
        "solo si escribes dX como otra convolución)",
    ),
    Mistake(
        "assigns",
        partial(_input, assign=True),
        "las ventanas se traslapan y sus gradientes se suman: revisa el += de col2im",
    ),
    Mistake(
        "transposes_dH",
        partial(_input, maps=lambda dH: dH.transpose(2, 3)),
        "recorriste dH por columnas: las ventanas van por filas, dH.reshape(N, C_out, -1)",
    ),
    Mistake(
        "divides_by_N",
        partial(_input, maps=lambda dH: dH / len(dH)),
        "dividiste entre N: ese 1/N ya viene dentro de dH, desde la pérdida",
    ),
    Mistake(
        "first_channel_only",
        partial(_input, maps=lambda dH: dH * (torch.arange(dH.shape[1]) == 0).reshape(1, -1, 1, 1)),
        "solo el primer filtro devuelve gradiente: cada píxel lo recibe de los C_out filtros",
    ),
    Mistake(
        "keeps_columns",
        partial(_input, keep=True),
        "dX sigue en columnas: falta col2im, que las suma en su lugar",
    ),
    Mistake(
        "forgets_to_crop",
        partial(_input, crop="never"),
        "dX todavía trae el marco del padding: recórtalo en col2im",
    ),
    Mistake(
        "ignores_stride_and_dilation",
        partial(_input, fixed=("stride", "dilation")),
        "las ventanas no volvieron a su lugar: pasa a col2im el mismo stride y la misma dilation",
    ),
)

MISTAKES = {
    "calculate_out": CALCULATE_OUT,
    "conv_naive": CONV_NAIVE,
    "im2col": IM2COL,
    "conv_im2col": CONV_IM2COL,
    "max_pool_im2col": MAX_POOL_IM2COL,
    "flatten_linear": FLATTEN_LINEAR,
    "bce_with_logits": BCE_WITH_LOGITS,
    "head_backward": HEAD_BACKWARD,
    "pool_scatter": POOL_SCATTER,
    "col2im": COL2IM,
    "weights_backward": WEIGHTS_BACKWARD,
    "input_backward": INPUT_BACKWARD,
}
