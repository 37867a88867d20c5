"""The mistakes that people make in zero_pad, conv_single_step, conv_forward and conv_backward."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from grader.exercises.mistakes import Mistake

Array = np.ndarray[Any, Any]
Hyper = dict[str, int]


def _pad(X: Array, pad: int, widths: tuple[int, ...] = (0, 1, 1, 0), **options: Any) -> Array:
    return np.pad(X, [(pad * w, pad * w) for w in widths], **options)


def _pad_after(X: Array, pad: int) -> Array:
    return np.pad(X, ((0, 0), (0, pad), (0, pad), (0, 0)))


def _pad_slice(X: Array, pad: int) -> Array:
    m, n_H, n_W, n_C = X.shape
    X_pad = np.zeros((m, n_H + 2 * pad, n_W + 2 * pad, n_C), dtype=X.dtype)
    X_pad[:, pad:-pad, pad:-pad, :] = X
    return X_pad


ZERO_PAD = (
    Mistake(
        "pads_channels_too",
        partial(_pad, widths=(0, 1, 1, 1)),
        "también rellenaste el eje de los canales: el marco de ceros va solo en alto y ancho, así "
        "que el último par de np.pad es (0, 0)",
    ),
    Mistake(
        "pads_batch_too",
        partial(_pad, widths=(1, 1, 1, 0)),
        "también rellenaste el eje del lote y aparecieron imágenes vacías: el primer par de np.pad "
        "es (0, 0)",
    ),
    Mistake(
        "pads_every_axis",
        partial(_pad, widths=(1, 1, 1, 1)),
        "rellenaste los cuatro ejes: np.pad con un solo número rellena todos; dale un par por eje y "
        "deja (0, 0) en el lote y en los canales",
    ),
    Mistake(
        "pads_batch_and_height",
        partial(_pad, widths=(1, 1, 0, 0)),
        "rellenaste los ejes 0 y 1, como si X fuera una sola imagen: el eje 0 es el lote, y el alto "
        "y el ancho son los ejes 1 y 2",
    ),
    Mistake(
        "pads_as_nchw",
        partial(_pad, widths=(0, 0, 1, 1)),
        "rellenaste los ejes 2 y 3, como si X fuera (m, n_C, n_H, n_W): aquí los canales van al "
        "final, y el alto y el ancho son los ejes 1 y 2",
    ),
    Mistake(
        "pads_one_side",
        _pad_after,
        "rellenaste solo abajo y a la derecha: el marco va por los cuatro lados, (pad, pad) en alto "
        "y en ancho",
    ),
    Mistake(
        "pads_height_only",
        partial(_pad, widths=(0, 1, 0, 0)),
        "rellenaste el alto y olvidaste el ancho",
    ),
    Mistake(
        "pads_twice",
        partial(_pad, widths=(0, 2, 2, 0)),
        "el marco salió del doble: pad es lo que se agrega a cada lado, no 2·pad",
    ),
    Mistake(
        "pads_with_edge",
        partial(_pad, mode="edge"),
        "el marco repite los píxeles del borde: se piden ceros (mode='constant')",
    ),
    Mistake(
        "pads_with_ones",
        partial(_pad, constant_values=1),
        "el marco es de unos: se piden ceros (constant_values=0)",
    ),
    Mistake(
        "slices_with_minus_pad",
        _pad_slice,
        "con pad = 0, x[pad:-pad] es x[0:0], que está vacío: usa np.pad, o escribe el final del "
        "corte como pad + n_H",
    ),
    Mistake(
        "returns_input",
        partial(_pad, widths=(0, 0, 0, 0)),
        "devolviste X sin el marco de ceros",
    ),
)

STEP_FLIPPED = (
    "volteaste el filtro: en aprendizaje profundo la «convolución» es correlación cruzada y el "
    "filtro se usa tal cual"
)

CONV_SINGLE_STEP = (
    Mistake(
        "forgets_bias",
        lambda a, W, b: float(np.sum(a * W) + 0 * b.sum()),
        "falta sumar el bias b",
    ),
    Mistake(
        "adds_bias_to_each_product",
        lambda a, W, b: float(np.sum(a * W + b)),
        "sumaste b a cada producto, y así entra f·f·n_C_prev veces: primero suma los productos y "
        "después agrega b una sola vez",
    ),
    Mistake(
        "subtracts_bias",
        lambda a, W, b: float(np.sum(a * W) - b.sum()),
        "el bias se suma, no se resta",
    ),
    Mistake(
        "flips_filter", lambda a, W, b: float(np.sum(a * W[::-1, ::-1]) + b.sum()), STEP_FLIPPED
    ),
    Mistake(
        "averages",
        lambda a, W, b: float(np.mean(a * W) + b.sum()),
        "promediaste los productos: se suman (np.sum)",
    ),
    Mistake(
        "matrix_product",
        lambda a, W, b: float(np.sum(np.matmul(a, np.swapaxes(W, 1, 2))) + b.sum()),
        "usaste un producto de matrices: aquí cada valor se multiplica con el que tiene enfrente "
        "(a_slice_prev * W)",
    ),
    Mistake(
        "sums_one_axis",
        lambda a, W, b: np.sum(a * W, axis=0) + b[0],
        "sumaste un solo eje y quedó una matriz: la suma es de todos los productos (np.sum sin axis)",
    ),
    Mistake(
        "forgets_sum",
        lambda a, W, b: a * W + b,
        "falta sumar los productos: la salida de un paso es un solo número",
    ),
    Mistake(
        "first_channel_only",
        lambda a, W, b: float(np.sum(a[..., 0] * W[..., 0]) + b.sum()),
        "usaste solo el primer canal: la suma recorre todos los canales",
    ),
)


def _forward(  # noqa: PLR0913 - each flag is one way to be wrong
    A_prev: Array,
    W: Array,
    b: Array,
    hparameters: Hyper,
    *,
    bias: float = 1,
    flip: bool = False,
    use_pad: bool = True,
    use_stride: bool = True,
    step_windows: bool = True,
    square: bool = False,
    ceil: bool = False,
    one_filter: bool = False,
    one_image: bool = False,
    one_channel: bool = False,
    off_by_one: int = 0,
    overwrite: bool = False,
) -> tuple[Array, tuple[Any, ...]]:
    """Convolve as conv_forward should, but for the flags."""
    stride = hparameters["stride"] if use_stride else 1
    pad = hparameters["pad"] if use_pad else 0
    f, n_C = W.shape[0], W.shape[3]
    A_pad = _pad(A_prev, pad)
    extra = stride - 1 if ceil else 0
    n_H, n_W = ((n - f + extra) // stride + 1 - off_by_one for n in A_pad.shape[1:3])
    if square:
        n_W = n_H
    Z = np.zeros((len(A_prev), n_H, n_W, n_C))
    kernel = W[::-1, ::-1] if flip else W
    if one_filter:
        kernel = np.repeat(kernel[..., :1], n_C, axis=3)
    if one_channel:
        A_pad, kernel = A_pad[..., :1], kernel[:, :, :1]
    move = stride if step_windows else 1
    for h in range(n_H):
        for w in range(n_W):
            window = A_pad[:, h * move : h * move + f, w * move : w * move + f, :]
            k = kernel[: window.shape[1], : window.shape[2]]
            Z[:, h, w] = np.tensordot(window, k, 3) + bias * b[0, 0, 0]
    if one_image:
        Z[1:] = 0
    if overwrite:
        Z[...] = Z[..., -1:]
    return Z, (A_prev, W, b, hparameters)


def _returns_padded_cache(A_prev: Array, W: Array, b: Array, hparameters: Hyper) -> Any:
    Z, _ = _forward(A_prev, W, b, hparameters)
    return Z, (_pad(A_prev, hparameters["pad"]), W, b, hparameters)


CONV_FORWARD = (
    Mistake(
        "forgets_bias",
        partial(_forward, bias=0),
        "falta sumar el bias de cada filtro, b[0, 0, 0, c]",
    ),
    Mistake(
        "ignores_stride_in_windows",
        partial(_forward, step_windows=False),
        "la salida tiene el tamaño correcto, pero las ventanas avanzan de 1 en 1: vert_start es "
        "h * stride y horiz_start es w * stride",
    ),
    Mistake(
        "hard_codes_stride_one",
        partial(_forward, use_stride=False),
        "no usaste hparameters['stride']: el tamaño de la salida y el comienzo de cada ventana "
        "dependen de él",
    ),
    Mistake(
        "ignores_padding",
        partial(_forward, use_pad=False),
        "no usaste hparameters['pad']: primero se rellena A_prev con zero_pad y sobre eso se deslizan "
        "las ventanas",
    ),
    Mistake("flips_filter", partial(_forward, flip=True), STEP_FLIPPED),
    Mistake(
        "same_filter_for_all",
        partial(_forward, one_filter=True),
        "todos los canales de salida usan el filtro 0: para el canal c va W[:, :, :, c]",
    ),
    Mistake(
        "last_filter_everywhere",
        partial(_forward, overwrite=True),
        "todos los canales de salida quedaron con el resultado del último filtro: asigna a "
        "Z[i, h, w, c], no a Z[i, h, w]",
    ),
    Mistake(
        "first_image_only",
        partial(_forward, one_image=True),
        "solo se calculó la primera imagen del lote; revisa el ciclo sobre i y que el return esté "
        "después de él",
    ),
    Mistake(
        "first_channel_only",
        partial(_forward, one_channel=True),
        "usaste solo el primer canal de entrada: la ventana lleva todos los canales",
    ),
    Mistake(
        "assumes_square",
        partial(_forward, square=True),
        "usaste el alto de salida también como ancho: n_W se calcula con n_W_prev",
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
        "caches_padded_input",
        _returns_padded_cache,
        "cache guarda A_prev ya con padding: guarda la A_prev original, que conv_backward la vuelve "
        "a rellenar",
    ),
)


def _backward(  # noqa: C901, PLR0913 - each flag is one way to be wrong
    dZ: Array,
    cache: tuple[Any, ...],
    *,
    use_stride: bool = True,
    crop: str = "exact",
    assign_dA: bool = False,
    assign_dW: bool = False,
    flip: bool = False,
    divide: bool = False,
    mean_db: bool = False,
    last_image_dW: bool = False,
    no_bias: bool = False,
    flat_db: bool = False,
    unpadded_slice: bool = False,
    swap: bool = False,
) -> tuple[Array, ...]:
    """Go backward as conv_backward should, but for the flags."""
    A_prev, W, b, hparameters = cache
    pad = hparameters["pad"]
    stride = hparameters["stride"] if use_stride else 1
    f = W.shape[0]
    dA_prev, dW, db = (np.zeros(array.shape) for array in (A_prev, W, b))
    A_pad = A_prev if unpadded_slice else _pad(A_prev, pad)
    dA_pad = _pad(dA_prev, pad)
    kernel = W[::-1, ::-1] if flip else W
    m = slice(-1, None) if last_image_dW or assign_dW else slice(None)  # the images that dW keeps
    c = slice(-1, None) if assign_dA else slice(None)  # the filters that a window of dA_prev keeps
    for h in range(dZ.shape[1]):
        for w in range(dZ.shape[2]):
            rows = slice(h * stride, h * stride + f)
            columns = slice(w * stride, w * stride + f)
            window, g = A_pad[:, rows, columns], dZ[:, h, w]
            share = np.tensordot(g[:, c], kernel[..., c], (1, 3))
            dA_pad[:, rows, columns] = share + (0 if assign_dA else dA_pad[:, rows, columns])
            fits = dW[: window.shape[1], : window.shape[2]]
            fits[...] = np.tensordot(window[m], g[m], (0, 0)) + (0 if assign_dW else fits)
    if not no_bias:
        db += dZ.sum((0, 1, 2))
    if crop == "minus_pad":
        dA_prev[...] = dA_pad[:, pad:-pad, pad:-pad]
    if crop == "exact":
        dA_prev = dA_pad[:, pad : pad + A_prev.shape[1], pad : pad + A_prev.shape[2]]
    elif crop == "start":
        dA_prev = dA_pad[:, : A_prev.shape[1], : A_prev.shape[2]]
    elif crop == "never":
        dA_prev = dA_pad
    if divide:
        dW, db = dW / len(dZ), db / len(dZ)
    if mean_db:
        db = dZ.mean((0, 1, 2)).reshape(b.shape)
    if flat_db:
        db = db.reshape(-1)
    return (dW, dA_prev, db) if swap else (dA_prev, dW, db)


CONV_BACKWARD = (
    Mistake(
        "crops_with_minus_pad",
        partial(_backward, crop="minus_pad"),
        "con pad = 0, da_prev_pad[pad:-pad] es [0:0], que está vacío: escribe el final del corte "
        "como pad + n_H_prev y pad + n_W_prev, que sirve para cualquier pad",
    ),
    Mistake(
        "ignores_stride",
        partial(_backward, use_stride=False),
        "las ventanas avanzan de 1 en 1: usa el mismo vert_start = h * stride y horiz_start = "
        "w * stride que en conv_forward",
    ),
    Mistake(
        "assigns_dA",
        partial(_backward, assign_dA=True),
        "en dA_prev asignas donde hay que acumular: un mismo píxel cae en varias ventanas y en todos "
        "los filtros, y sus gradientes se suman (+=)",
    ),
    Mistake(
        "assigns_dW",
        partial(_backward, assign_dW=True),
        "en dW asignas donde hay que acumular: cada filtro se usa en todas las ventanas y sus "
        "gradientes se suman (+=)",
    ),
    Mistake(
        "keeps_last_image",
        partial(_backward, last_image_dW=True),
        "dW se reinicia en cada imagen: inicialízalo una vez, antes del ciclo sobre el lote",
    ),
    Mistake(
        "forgets_to_crop",
        partial(_backward, crop="never"),
        "dA_prev todavía trae el padding: recorta las pad filas y columnas de cada borde",
    ),
    Mistake(
        "crops_from_the_start",
        partial(_backward, crop="start"),
        "recortaste dA_prev desde la esquina: el padding está en los cuatro lados, así que el corte "
        "va de pad a pad + n_H_prev",
    ),
    Mistake(
        "flips_filter",
        partial(_backward, flip=True),
        "volteaste el filtro: cuando repartes W * dZ ventana por ventana, W se usa tal cual (el giro "
        "aparece solo si escribes dA_prev como una convolución)",
    ),
    Mistake(
        "divides_by_m",
        partial(_backward, divide=True),
        "dividiste dW y db entre m: ese 1/m ya viene dentro de dZ, desde el costo",
    ),
    Mistake(
        "averages_db",
        partial(_backward, mean_db=True),
        "promediaste dZ para db: el gradiente del bias es la suma",
    ),
    Mistake("forgets_db", partial(_backward, no_bias=True), "db quedó en ceros: falta sumarle dZ"),
    Mistake(
        "flattens_db",
        partial(_backward, flat_db=True),
        "db perdió su forma: lleva la misma que b, (1, 1, 1, n_C)",
    ),
    Mistake(
        "slices_unpadded_input",
        partial(_backward, unpadded_slice=True),
        "para dW cortaste las ventanas de A_prev sin padding: córtalas de la versión rellena, como "
        "en conv_forward",
    ),
    Mistake(
        "swaps_outputs",
        partial(_backward, swap=True),
        "devolviste los gradientes en otro orden: es dA_prev, dW, db",
    ),
)

MISTAKES = {
    "zero_pad": ZERO_PAD,
    "conv_single_step": CONV_SINGLE_STEP,
    "conv_forward": CONV_FORWARD,
    "conv_backward": CONV_BACKWARD,
}
