"""Lab 1 (NHWC): zero_pad, conv_single_step, conv_forward and conv_backward.

Images are (m, n_H, n_W, n_C), filters W are (f, f, n_C_prev, n_C), biases b are (1, 1, 1, n_C), and
"convolution" is cross-correlation with output size floor((n + 2 pad - f) / stride) + 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch.nn.functional as F
from torch.autograd import grad

from grader.exercise import Case, Exercise, Group, Mistake, Output

from .tools import between, single, strided, tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import torch
    from numpy.random import Generator

    from .tools import Array

IMAGE_AXES = ("imagen del lote", "alto", "ancho", "canal")
FILTER_AXES = ("fila del filtro", "columna del filtro", "canal de entrada", "filtro")
BIAS_AXES = ("", "", "", "filtro")
MEMORY = "otros tipos de dato y orden en memoria"

# ---------------------------------------------------------------------------------------- zero_pad


def _pad_case(X: Array, pad: int, note: str = "") -> Case:
    return Case((X, pad), f"X de forma {X.shape}, pad={pad}{note}")


def _images(rng: Generator, n: int, *, square: bool = True) -> Array:
    """Draw images of about `n` pixels a side."""
    width = n if square else n + between(rng, 1, 3)
    shape = (between(rng, 2, 4), n, width, between(rng, 2, 4))
    return rng.standard_normal(shape)


def _pad_basic(rng: Generator) -> Iterator[Case]:
    for pad, n in ((1, 4), (2, between(rng, 3, 6)), (3, between(rng, 5, 10))):
        yield _pad_case(_images(rng, n), pad)


def _pad_rectangular(rng: Generator) -> Iterator[Case]:
    for pad in (1, 2):
        X = _images(rng, between(rng, 2, 7), square=False)
        yield _pad_case(X if pad == 1 else X.swapaxes(1, 2).copy(), pad)


def _pad_none(rng: Generator) -> Iterator[Case]:
    # Who always returns X passes the first case: the second is there for that.
    for pad in (0, 1):
        yield _pad_case(_images(rng, between(rng, 3, 8), square=False), pad)


def _pad_memory(rng: Generator) -> Iterator[Case]:
    yield _pad_case(strided(_images(rng, between(rng, 3, 6))), 1, ", no contiguo en memoria")
    yield _pad_case(single(_images(rng, between(rng, 3, 6))), 2, ", float32")
    shape = _images(rng, between(rng, 3, 6)).shape
    yield _pad_case(rng.integers(1, 255, shape).astype("uint8"), 1, ", uint8")


def _zero_pad(X: Array, pad: int) -> Array:
    return F.pad(tensor(X), (0, 0, pad, pad, pad, pad)).numpy()


_ZERO_PAD_MISTAKES = (
    Mistake(
        "pads_channels_too",
        ("(0, 0)))", "(pad, pad)))"),
        "también rellenaste el eje de los canales: el marco de ceros va solo en alto y ancho, así"
        " que el último par de np.pad es (0, 0)",
    ),
    Mistake(
        "pads_batch_too",
        ("((0, 0), (pad", "((pad, pad), (pad"),
        "también rellenaste el eje del lote y aparecieron imágenes vacías: el primer par de "
        "np.pad es (0, 0)",
    ),
    Mistake(
        "pads_every_axis",
        ("((0, 0), (pad, pad), (pad, pad), (0, 0))", "pad"),
        "rellenaste los cuatro ejes: np.pad con un solo número rellena todos; dale un par por eje"
        " y deja (0, 0) en el lote y en los canales",
    ),
    Mistake(
        "pads_batch_and_height",
        ("(0, 0), (pad, pad), (pad, pad), (0, 0)", "(pad, pad), (pad, pad), (0, 0), (0, 0)"),
        "rellenaste los ejes 0 y 1, como si X fuera una sola imagen: el eje 0 es el lote, y el "
        "alto y el ancho son los ejes 1 y 2",
    ),
    Mistake(
        "pads_as_nchw",
        ("(0, 0), (pad, pad), (pad, pad), (0, 0)", "(0, 0), (0, 0), (pad, pad), (pad, pad)"),
        "rellenaste los ejes 2 y 3, como si X fuera (m, n_C, n_H, n_W): aquí los canales van al "
        "final, y el alto y el ancho son los ejes 1 y 2",
    ),
    Mistake(
        "pads_one_side",
        ("(pad, pad)", "(0, pad)"),
        "rellenaste solo abajo y a la derecha: el marco va por los cuatro lados, (pad, pad) en "
        "alto y en ancho",
    ),
    Mistake(
        "pads_height_only",
        ("(pad, pad), (0, 0)", "(0, 0), (0, 0)"),
        "rellenaste el alto y olvidaste el ancho",
    ),
    Mistake(
        "pads_twice",
        ("(pad, pad)", "(2 * pad, 2 * pad)"),
        "el marco salió del doble: pad es lo que se agrega a cada lado, no 2·pad",
    ),
    Mistake(
        "pads_with_edge",
        ("(0, 0)))", '(0, 0)), mode="edge")'),
        "el marco repite los píxeles del borde: se piden ceros (mode='constant')",
    ),
    Mistake(
        "pads_with_ones",
        ("(0, 0)))", "(0, 0)), constant_values=1)"),
        "el marco es de unos: se piden ceros (constant_values=0)",
    ),
    Mistake(
        "slices_with_minus_pad",
        (
            "X_pad = np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))",
            (
                "m, n_H, n_W, n_C = X.shape\n"
                "    X_pad = np.zeros((m, n_H + 2 * pad, n_W + 2 * pad, n_C), X.dtype)\n"
                "    X_pad[:, pad:-pad, pad:-pad, :] = X"
            ),
        ),
        "con pad = 0, x[pad:-pad] es x[0:0], que está vacío: usa np.pad, o escribe el final del "
        "corte como pad + n_H",
    ),
    Mistake(
        "returns_input",
        ("return X_pad", "return X"),
        "devolviste X sin el marco de ceros",
    ),
)

ZERO_PAD = Exercise(
    name="zero_pad",
    parameters=("X", "pad"),
    outputs=(Output("X_pad", IMAGE_AXES),),
    groups={
        "basic": Group("caso básico", _pad_basic),
        "rectangular": Group("imágenes que no son cuadradas", _pad_rectangular),
        "no_padding": Group("pad = 0", _pad_none),
        "memory": Group(MEMORY, _pad_memory),
    },
    reference=_zero_pad,
    mistakes=_ZERO_PAD_MISTAKES,
)

# -------------------------------------------------------------------------------- conv_single_step


def _step_case(rng: Generator, f: int, n_C_prev: int, form: Callable[[Array], Array]) -> Case:
    shape = (f, f, n_C_prev)
    a_slice_prev, W = (form(rng.standard_normal(shape)) for _ in range(2))
    b = form(rng.standard_normal((1, 1, 1)) * 3)
    return Case((a_slice_prev, W, b), f"ventana de forma {shape}")


def _same(array: Array) -> Array:
    return array


def _step_basic(rng: Generator) -> Iterator[Case]:
    for f in (3, between(rng, 4, 7)):
        yield _step_case(rng, f, between(rng, 2, 4), _same)


def _step_sizes(rng: Generator) -> Iterator[Case]:
    for f, n_C_prev in ((1, between(rng, 2, 6)), (2, 1), (between(rng, 4, 8), between(rng, 3, 8))):
        yield _step_case(rng, f, n_C_prev, _same)


def _step_memory(rng: Generator) -> Iterator[Case]:
    for form in (strided, single):
        yield _step_case(rng, between(rng, 2, 5), between(rng, 2, 5), form)


def _conv_single_step(a_slice_prev: Array, W: Array, b: Array) -> float:
    return float((tensor(a_slice_prev) * tensor(W)).sum() + tensor(b).sum())


STEP_FLIPPED = (
    "volteaste el filtro: en aprendizaje profundo la «convolución» es correlación cruzada y el "
    "filtro se usa tal cual"
)

_CONV_SINGLE_STEP_MISTAKES = (
    Mistake(
        "forgets_bias",
        (" + b.item()", ""),
        "falta sumar el bias b",
    ),
    Mistake(
        "adds_bias_to_each_product",
        ("W) + b.item()", "W + b)"),
        "sumaste b a cada producto, y así entra f·f·n_C_prev veces: primero suma los productos y "
        "después agrega b una sola vez",
    ),
    Mistake(
        "subtracts_bias",
        ("+ b", "- b"),
        "el bias se suma, no se resta",
    ),
    Mistake(
        "flips_filter",
        ("* W)", "* W[::-1, ::-1])"),
        STEP_FLIPPED,
    ),
    Mistake(
        "averages",
        ("np.sum", "np.mean"),
        "promediaste los productos: se suman (np.sum)",
    ),
    Mistake(
        "matrix_product",
        ("a_slice_prev * W", "a_slice_prev @ np.swapaxes(W, 1, 2)"),
        "usaste un producto de matrices: aquí cada valor se multiplica con el que tiene enfrente "
        "(a_slice_prev * W)",
    ),
    Mistake(
        "sums_one_axis",
        ("W) + b.item()", "W, axis=0) + b[0]"),
        "sumaste un solo eje y quedó una matriz: la suma es de todos los productos (np.sum sin "
        "axis)",
    ),
    Mistake(
        "forgets_sum",
        ("np.sum(a_slice_prev * W) + b.item()", "a_slice_prev * W + b"),
        "falta sumar los productos: la salida de un paso es un solo número",
    ),
    Mistake(
        "first_channel_only",
        ("a_slice_prev * W", "a_slice_prev[..., 0] * W[..., 0]"),
        "usaste solo el primer canal: la suma recorre todos los canales",
    ),
)

CONV_SINGLE_STEP = Exercise(
    name="conv_single_step",
    parameters=("a_slice_prev", "W", "b"),
    outputs=(Output("Z"),),
    groups={
        "basic": Group("caso básico", _step_basic),
        "sizes": Group("filtros de otros tamaños", _step_sizes),
        "memory": Group(MEMORY, _step_memory),
    },
    reference=_conv_single_step,
    mistakes=_CONV_SINGLE_STEP_MISTAKES,
)

# ------------------------------------------------------------------- conv_forward and conv_backward


class Size(NamedTuple):
    """The sizes of one convolution."""

    m: int
    n_H_prev: int
    n_W_prev: int
    n_C_prev: int
    f: int
    n_C: int
    pad: int
    stride: int

    def output(self) -> tuple[int, int, int, int]:
        """The shape of Z."""
        n_H, n_W = (
            (n + 2 * self.pad - self.f) // self.stride + 1 for n in (self.n_H_prev, self.n_W_prev)
        )
        return self.m, n_H, n_W, self.n_C


def _draw(
    rng: Generator,
    *,
    pad: int = 1,
    stride: int = 1,
    rest: int = 0,
    steps: tuple[int, int] = (3, 5),
    square: bool = True,
    f: int = 3,
) -> Size:
    """Draw a size with windows that move `steps` times and leave `rest` pixels over."""
    n_H_prev = f + stride * between(rng, *steps) + rest - 2 * pad
    more = 0 if square else stride * between(rng, 1, 3)
    return Size(
        m=between(rng, 2, 3),
        n_H_prev=n_H_prev,
        n_W_prev=n_H_prev + more,
        n_C_prev=between(rng, 2, 3),
        f=f,
        n_C=between(rng, 2, 4),
        pad=pad,
        stride=stride,
    )


def _sizes(group: str, rng: Generator) -> list[Size]:
    """Draw the sizes of a group. Each turns one thing only, and "combined" all at once."""
    some = between(rng, 2, 3)
    return {
        "basic": lambda: [_draw(rng), _draw(rng, pad=2, steps=(6, 9))],
        "no_padding": lambda: [_draw(rng, pad=0), _draw(rng, pad=0, f=2, steps=(2, 6))],
        "stride": lambda: [
            _draw(rng, stride=2, steps=(2, 3)),
            _draw(rng, stride=3, f=2, steps=(2, 3)),
        ],
        "remainder": lambda: [
            _draw(rng, stride=2, rest=1, steps=(2, 3)),
            _draw(rng, stride=3, rest=some - 1, f=4, steps=(1, 3)),
        ],
        "rectangular": lambda: [
            _draw(rng, square=False),
            _swapped(_draw(rng, square=False, f=2)),
            _draw(rng, square=False, f=1, steps=(4, 6)),
        ],
        "combined": lambda: [
            _swapped(_draw(rng, pad=2, stride=some, rest=1, square=False, steps=(3, 5))),
            # f isn't the stride here, so that one in the place of the other shows.
            _draw(rng, pad=0, stride=3, rest=1, square=False, f=2, steps=(2, 4)),
        ],
        "memory": lambda: [_draw(rng), _draw(rng)],
        "cache": lambda: [_draw(rng, steps=(2, 4))],
    }[group]()


def _swapped(size: Size) -> Size:
    return size._replace(n_H_prev=size.n_W_prev, n_W_prev=size.n_H_prev)


_TITLES = {
    "basic": "caso básico (stride 1, con padding)",
    "no_padding": "sin padding (pad = 0)",
    "stride": "stride mayor que 1",
    "remainder": "stride que no divide exacto",
    "rectangular": "imágenes no cuadradas y filtros de otros tamaños",
    "combined": "todo junto (padding, stride, resto e imágenes no cuadradas)",
    "memory": MEMORY,
    "cache": "lo que guarda cache",
}


def _layers(group: str, rng: Generator) -> Iterator[tuple[tuple[Any, ...], Size, str]]:
    sizes = _sizes(group, rng)
    forms = (strided, single) if group == "memory" else (_same,) * len(sizes)
    for size, form in zip(sizes, forms, strict=True):
        A_prev = form(rng.standard_normal(size[:4]))
        W = form(rng.standard_normal((size.f, size.f, size.n_C_prev, size.n_C)))
        b = form(rng.standard_normal((1, 1, 1, size.n_C)))
        note = (
            f"A_prev {A_prev.shape}, {size.n_C} filtros de {size.f}×{size.f}, "
            f"stride={size.stride}, pad={size.pad}"
        )
        yield (A_prev, W, b, {"stride": size.stride, "pad": size.pad}), size, note


def _forward_group(group: str) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for layer, _, note in _layers(group, rng):
            yield Case(layer, note)

    return Group(_TITLES[group], make, outputs=("cache",) if group == "cache" else ())


def _backward_group(group: str) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for layer, size, note in _layers(group, rng):
            dZ = rng.standard_normal(size.output()).astype(layer[0].dtype)
            yield Case((dZ, layer), f"dZ {dZ.shape}, {note}")

    return Group(_TITLES[group], make)


def _conv(
    A_prev: torch.Tensor, W: torch.Tensor, b: torch.Tensor, hparameters: dict[str, int]
) -> torch.Tensor:
    """Convolve NHWC images with (f, f, n_C_prev, n_C) filters by way of torch's NCHW."""
    Z = F.conv2d(
        A_prev.permute(0, 3, 1, 2),
        W.permute(3, 2, 0, 1),
        b.flatten(),
        stride=hparameters["stride"],
        padding=hparameters["pad"],
    )
    return Z.permute(0, 2, 3, 1)


def _conv_forward(
    A_prev: Array, W: Array, b: Array, hparameters: dict[str, int]
) -> tuple[Array, tuple[Any, ...]]:
    Z = _conv(tensor(A_prev), tensor(W), tensor(b), hparameters)
    return Z.numpy(), (A_prev, W, b, hparameters)


def _conv_backward(dZ: Array, cache: tuple[Any, ...]) -> tuple[Array, ...]:
    """Return the gradients dA_prev, dW and db of sum(dZ * Z), by autograd."""
    *arrays, hparameters = cache
    leaves = [tensor(array).requires_grad_() for array in arrays]
    Z = _conv(leaves[0], leaves[1], leaves[2], hparameters)
    return tuple(gradient.numpy() for gradient in grad(Z, leaves, tensor(dZ)))


_WITHOUT_STRIDE = (("h * stride", "h"), ("w * stride", "w"))

_CONV_FORWARD_MISTAKES = (
    Mistake(
        "forgets_bias",
        ("b[:, :, :, c])", "0 * b[:, :, :, c])"),
        "falta sumar el bias de cada filtro, b[0, 0, 0, c]",
    ),
    Mistake(
        "ignores_stride_in_windows",
        _WITHOUT_STRIDE,
        "la salida tiene el tamaño correcto, pero las ventanas avanzan de 1 en 1: vert_start es h"
        " * stride y horiz_start es w * stride",
    ),
    Mistake(
        "hard_codes_stride_one",
        ('hparameters["stride"],', "1,"),
        "no usaste hparameters['stride']: el tamaño de la salida y el comienzo de cada ventana "
        "dependen de él",
    ),
    Mistake(
        "ignores_padding",
        (', hparameters["pad"]', ", 0"),
        "no usaste hparameters['pad']: primero se rellena A_prev con zero_pad y sobre eso se "
        "deslizan las ventanas",
    ),
    Mistake(
        "flips_filter",
        ("W[:, :, :, c]", "W[::-1, ::-1, :, c]"),
        STEP_FLIPPED,
    ),
    Mistake(
        "same_filter_for_all",
        ("W[:, :, :, c]", "W[:, :, :, 0]"),
        "todos los canales de salida usan el filtro 0: para el canal c va W[:, :, :, c]",
    ),
    Mistake(
        "last_filter_everywhere",
        ("Z[i, h, w, c] =", "Z[i, h, w] ="),
        "todos los canales de salida quedaron con el resultado del último filtro: asigna a Z[i, "
        "h, w, c], no a Z[i, h, w]",
    ),
    Mistake(
        "first_image_only",
        ("range(m)", "range(1)"),
        "solo se calculó la primera imagen del lote; revisa el ciclo sobre i y que el return esté"
        " después de él",
    ),
    Mistake(
        "first_channel_only",
        (("horiz_end, :]", "horiz_end, :1]"), ("W[:, :, :, c]", "W[:, :, :1, c]")),
        "usaste solo el primer canal de entrada: la ventana lleva todos los canales",
    ),
    Mistake(
        "assumes_square",
        ("n_W = (n_W_prev", "n_W = (n_H_prev"),
        "usaste el alto de salida también como ancho: n_W se calcula con n_W_prev",
    ),
    Mistake(
        "rounds_up",
        ("- f) // stride", "- f + stride - 1) // stride"),
        "redondeaste hacia arriba el tamaño de la salida: las ventanas que no caben enteras se "
        "descartan (división entera, //)",
    ),
    Mistake(
        "forgets_plus_one",
        ("// stride + 1", "// stride"),
        "la salida es una fila y una columna más chica: al tamaño le falta el + 1",
    ),
    Mistake(
        "caches_padded_input",
        ("cache = (A_prev,", "cache = (A_prev_pad,"),
        "cache guarda A_prev ya con padding: guarda la A_prev original, que conv_backward la "
        "vuelve a rellenar",
    ),
)

CONV_FORWARD = Exercise(
    name="conv_forward",
    parameters=("A_prev", "W", "b", "hparameters"),
    outputs=(Output("Z", IMAGE_AXES), Output("cache")),
    compared=("Z",),
    groups={group: _forward_group(group) for group in _TITLES},
    reference=_conv_forward,
    mistakes=_CONV_FORWARD_MISTAKES,
    helpers=("zero_pad", "conv_single_step"),
)

_CONV_BACKWARD_MISTAKES = (
    Mistake(
        "crops_with_minus_pad",
        (
            "dA_prev = dA_prev_pad[:, pad : pad + n_H_prev, pad : pad + n_W_prev, :]",
            "dA_prev = np.zeros(A_prev.shape)\n    dA_prev[...] = dA_prev_pad[:, pad:-pad, pad:-pad, :]",
        ),
        "con pad = 0, dA_prev_pad[pad:-pad] es [0:0], que está vacío: escribe el final del corte "
        "como pad + n_H_prev y pad + n_W_prev, que sirve para cualquier pad",
    ),
    Mistake(
        "ignores_stride",
        _WITHOUT_STRIDE,
        "las ventanas avanzan de 1 en 1: usa el mismo vert_start = h * stride y horiz_start = w *"
        " stride que en conv_forward",
    ),
    Mistake(
        "assigns_dA",
        ("da_slice += W", "da_slice[...] = W"),
        "en dA_prev asignas donde hay que acumular: un mismo píxel cae en varias ventanas y en "
        "todos los filtros, y sus gradientes se suman (+=)",
    ),
    Mistake(
        "assigns_dW",
        ("dW[:, :, :, c] += a", "dW[:, :, :, c] = a"),
        "en dW asignas donde hay que acumular: cada filtro se usa en todas las ventanas y sus "
        "gradientes se suman (+=)",
    ),
    Mistake(
        "keeps_last_image",
        ("for i in range(m):", "for i in range(m):\n        dW = np.zeros(W.shape)"),
        "dW se reinicia en cada imagen: inicialízalo una vez, antes del ciclo sobre el lote",
    ),
    Mistake(
        "crops_to_nothing",
        ("pad : pad + n_H_prev, pad : pad + n_W_prev", "pad:-pad, pad:-pad"),
        "con pad = 0, dA_prev_pad[pad:-pad] es [0:0], que está vacío: escribe el final del corte "
        "como pad + n_H_prev y pad + n_W_prev, que sirve para cualquier pad",
    ),
    Mistake(
        "forgets_to_crop",
        ("[:, pad : pad + n_H_prev, pad : pad + n_W_prev, :]", ""),
        "dA_prev todavía trae el padding: recorta las pad filas y columnas de cada borde",
    ),
    Mistake(
        "crops_from_the_start",
        ("pad : pad + n_H_prev, pad : pad + n_W_prev", ":n_H_prev, :n_W_prev"),
        "recortaste dA_prev desde la esquina: el padding está en los cuatro lados, así que el "
        "corte va de pad a pad + n_H_prev",
    ),
    Mistake(
        "flips_filter",
        ("+= W[:, :, :, c]", "+= W[::-1, ::-1, :, c]"),
        "volteaste el filtro: cuando repartes W * dZ ventana por ventana, W se usa tal cual (el "
        "giro aparece solo si escribes dA_prev como una convolución)",
    ),
    Mistake(
        "divides_by_m",
        ("return dA_prev, dW, db", "return dA_prev, dW / m, db / m"),
        "dividiste dW y db entre m: ese 1/m ya viene dentro de dZ, desde el costo",
    ),
    Mistake(
        "averages_db",
        ("return dA_prev, dW, db", "return dA_prev, dW, dZ.mean((0, 1, 2)).reshape(b.shape)"),
        "promediaste dZ para db: el gradiente del bias es la suma",
    ),
    Mistake(
        "forgets_db",
        ("db[:, :, :, c] += dZ[i, h, w, c]", "pass"),
        "db quedó en ceros: falta sumarle dZ",
    ),
    Mistake(
        "flattens_db",
        ("return dA_prev, dW, db", "return dA_prev, dW, db.reshape(-1)"),
        "db perdió su forma: lleva la misma que b, (1, 1, 1, n_C)",
    ),
    Mistake(
        "slices_unpadded_input",
        ("a_slice = A_prev_pad[", "a_slice = A_prev["),
        "para dW cortaste las ventanas de A_prev sin padding: córtalas de la versión rellena, "
        "como en conv_forward",
    ),
    Mistake(
        "swaps_outputs",
        ("return dA_prev, dW, db", "return dW, dA_prev, db"),
        "devolviste los gradientes en otro orden: es dA_prev, dW, db",
    ),
)

CONV_BACKWARD = Exercise(
    name="conv_backward",
    parameters=("dZ", "cache"),
    outputs=(
        Output("dA_prev", IMAGE_AXES),
        Output("dW", FILTER_AXES),
        Output("db", BIAS_AXES),
    ),
    groups={group: _backward_group(group) for group in _TITLES if group != "cache"},
    reference=_conv_backward,
    mistakes=_CONV_BACKWARD_MISTAKES,
    helpers=("zero_pad",),
)

EXERCISES = (ZERO_PAD, CONV_SINGLE_STEP, CONV_FORWARD, CONV_BACKWARD)
