"""Lab 1 (NHWC): zero_pad, conv_single_step, conv_forward and conv_backward.

Images are (m, n_H, n_W, n_C), filters W are (f, f, n_C_prev, n_C), biases b are (1, 1, 1, n_C), and
"convolution" is cross-correlation with output size floor((n + 2 pad - f) / stride) + 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch.nn.functional as F
from torch.autograd import grad

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
    SWAPPED_CORNERS,
    WINDOWS_FROM_F,
    between,
    single,
    strided,
    tensor,
)

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
    yield _pad_case(rng.standard_normal((1, between(rng, 2, 3), between(rng, 4, 5), 1)), 1)


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


_PADDED = "np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))"


def _filled(part: str, values: str = "X") -> tuple[str, str]:
    """Write the edit of a frame of zeros in which `values` are put into a `part`."""
    return (
        f"X_pad = {_PADDED}",
        (
            "m, n_H, n_W, n_C = X.shape\n"
            "    X_pad = np.zeros((m, n_H + 2 * pad, n_W + 2 * pad, n_C), X.dtype)\n"
            f"    X_pad[:, {part}, :] = {values}"
        ),
    )


# What is true of all that look alike.
OF_THE_IMAGE = "el marco está hecho de píxeles de la imagen: se piden ceros"
OF_NO_ZEROS = "el marco no es de ceros: mira con qué valor se rellena"

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
        OF_THE_IMAGE,
    ),
    Mistake(
        "pads_with_ones",
        ("(0, 0)))", "(0, 0)), constant_values=1)"),
        "el marco es de unos: se piden ceros (constant_values=0)",
        OF_NO_ZEROS,
    ),
    Mistake(
        "slices_with_minus_pad",
        _filled("pad:-pad, pad:-pad"),
        "con pad = 0, x[pad:-pad] es x[0:0], que está vacío: usa np.pad, o escribe el final del "
        "corte como pad + n_H",
    ),
    Mistake(
        "ends_slice_at_n_H",
        _filled("pad:n_H, pad:n_W"),
        "el hueco donde pones X es más chico que X: si empieza en pad, ¿en qué fila y en qué "
        "columna tiene que terminar para que quepan n_H filas y n_W columnas?",
    ),
    Mistake(
        "places_in_corner",
        _filled(":n_H, :n_W"),
        "la imagen quedó pegada arriba a la izquierda: el tamaño está bien, pero el marco va por "
        "los cuatro lados, así que X empieza en la fila pad y la columna pad",
    ),
    Mistake(
        "leaves_only_zeros",
        _filled("pad : pad + n_H, pad : pad + n_W", "0 * X"),
        "el tamaño está bien, pero todo quedó en ceros: falta poner X adentro del marco",
    ),
    Mistake(
        "pads_width_only",
        ("(0, 0), (pad, pad), (pad", "(0, 0), (0, 0), (pad"),
        "rellenaste el ancho y olvidaste el alto",
    ),
    Mistake(
        "pads_before_only",
        ("(pad, pad)", "(pad, 0)"),
        "rellenaste solo arriba y a la izquierda: el marco va por los cuatro lados",
    ),
    Mistake(
        "gives_two_pairs",
        ("((0, 0), (pad, pad), (pad, pad), (0, 0))", "((pad, pad), (pad, pad))"),
        "X tiene cuatro ejes y a np.pad no le diste cuatro pares: dale uno por eje, también para "
        "los que no se rellenan",
    ),
    Mistake(
        "hard_codes_pad_one",
        ("(pad, pad)", "(1, 1)"),
        "el marco salió siempre de 1: su ancho es el argumento pad",
    ),
    Mistake(
        "hard_codes_pad_two",
        ("(pad, pad)", "(2, 2)"),
        "el marco salió siempre de 2: su ancho es el argumento pad",
    ),
    Mistake(
        "pads_with_reflection",
        ("(0, 0)))", '(0, 0)), mode="reflect")'),
        "el marco es un reflejo de la imagen: se piden ceros",
        OF_THE_IMAGE,
    ),
    Mistake(
        "returns_input",
        ("return X_pad", "return X"),
        "devolviste X sin el marco de ceros",
    ),
    Mistake(
        "pads_with_symmetric",
        ("(0, 0)))", '(0, 0)), mode="symmetric")'),
        "el marco es la imagen vista en un espejo: se piden ceros",
        OF_THE_IMAGE,
    ),
    Mistake(
        "pads_with_wrap",
        ("(0, 0)))", '(0, 0)), mode="wrap")'),
        "el marco trae los píxeles del otro lado de la imagen: se piden ceros",
        OF_THE_IMAGE,
    ),
    Mistake(
        "fills_with_pad",
        ("(0, 0)))", "(0, 0)), constant_values=pad)"),
        "el marco se llenó con el número pad: pad es su ancho, y su valor es 0",
        OF_NO_ZEROS,
    ),
    Mistake(
        "halves_pad",
        ("(pad, pad)", "(pad // 2, pad // 2)"),
        "el marco salió de la mitad: pad es lo que se agrega a cada lado",
    ),
    Mistake(
        "blanks_border",
        (
            f"X_pad = {_PADDED}",
            (
                "X_pad = X.copy()\n"
                "    X_pad[:, :pad] = X_pad[:, -pad:] = 0\n"
                "    X_pad[:, :, :pad] = X_pad[:, :, -pad:] = 0"
            ),
        ),
        "pusiste ceros encima de la orilla de X: el marco va por fuera, así que X_pad es más grande",
    ),
    Mistake(
        "assumes_square",
        (
            f"X_pad = {_PADDED}",
            (
                "m, n_H, n_W, n_C = X.shape\n"
                "    X_pad = np.zeros((m, n_H + 2 * pad, n_H + 2 * pad, n_C), X.dtype)\n"
                "    X_pad[:, pad : pad + n_H, pad : pad + n_W] = X"
            ),
        ),
        "X_pad se creó tan ancho como alto: su ancho es n_W + 2·pad",
    ),
)

ZERO_PAD = Exercise(
    name="zero_pad",
    parameters=("X", "pad"),
    outputs=(Output("X_pad", IMAGE_AXES),),
    groups={
        "basic": Group("caso básico", _pad_basic),
        "rectangular": Group("imágenes que no son cuadradas", _pad_rectangular),
        "no_padding": Group("pad = 0, y pad = 1 para comparar", _pad_none),
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
        "matrix_product_as_it_is",
        ("a_slice_prev * W", "a_slice_prev @ W"),
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
        "sums_the_first_axis",
        ("W) + b.item()", "W, axis=0) + b"),
        "con axis=0 sumaste solo el primer eje: la suma es de todos los productos (np.sum sin axis)",
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
    Mistake(
        "flips_channels_too",
        ("* W)", "* W[::-1, ::-1, ::-1])"),
        "volteaste el filtro, canales incluidos: aquí se usa tal cual",
    ),
    Mistake(
        "transposes_filter",
        ("* W)", "* np.swapaxes(W, 0, 1))"),
        "cambiaste las filas del filtro por sus columnas: cada peso va con el valor que tiene "
        "enfrente",
    ),
    Mistake(
        "adds_filter",
        ("a_slice_prev * W", "a_slice_prev + W"),
        "sumaste la ventana y el filtro: sus valores se multiplican uno a uno, y después se suma "
        "todo",
    ),
    Mistake(
        "forgets_filter",
        ("a_slice_prev * W", "a_slice_prev"),
        "el resultado no depende de W: la ventana se multiplica por el filtro antes de sumar",
    ),
    Mistake(
        "multiplies_sums",
        ("np.sum(a_slice_prev * W)", "np.sum(a_slice_prev) * np.sum(W)"),
        "sumaste antes de multiplicar: primero se multiplica casilla por casilla y después se suma",
    ),
    Mistake(
        "multiplies_by_bias",
        ("+ b", "* b"),
        "multiplicaste por el bias: b se suma al final",
    ),
    Mistake(
        "uses_dot",
        ("np.sum(a_slice_prev * W)", "np.sum(np.dot(a_slice_prev, W))"),
        "np.dot (o @) es un producto de matrices: aquí cada valor se multiplica con el que tiene "
        "enfrente, y eso lo hace *",
    ),
    Mistake(
        "loses_decimals",
        ("np.sum(a_slice_prev * W) + b.item()", "int(np.sum(a_slice_prev * W) + b.item())"),
        "el resultado perdió los decimales: si conviertes Z en un número, que sea con float y no "
        "con int",
    ),
    Mistake(
        "truncates_bias",
        ("b.item()", "int(b.item())"),
        "el bias perdió los decimales: si lo conviertes en un número, que sea con float o .item(), y no "
        "con int",
    ),
    Mistake(
        "transposes_every_axis",
        ("* W)", "* W.T)"),
        "W.T invierte el orden de todos los ejes del filtro: cada peso va con el valor que tiene "
        "enfrente, así que W se usa tal cual",
    ),
    Mistake(
        "sums_each_channel",
        ("W) + b.item()", "W, axis=(0, 1)) + b.item()"),
        "quedó un número por canal: los canales también se suman (np.sum sin axis)",
    ),
    Mistake(
        "sums_channels_only",
        ("W) + b.item()", "W, axis=2) + b.item()"),
        "sumaste solo los canales: el alto y el ancho de la ventana también se suman (np.sum sin axis)",
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
    steps: tuple[int, int] = (2, 3),
    square: bool = True,
    f: int = 3,
) -> Size:
    """Draw a size with windows that move `steps` times and leave `rest` pixels over."""
    n_H_prev = f + stride * between(rng, *steps) + rest - 2 * pad
    more = 0 if square else stride * between(rng, 1, 2)
    n_C_prev = between(rng, 2, 3)
    return Size(
        m=between(rng, 2, 3),
        n_H_prev=n_H_prev,
        n_W_prev=n_H_prev + more,
        n_C_prev=n_C_prev,
        f=f,
        # More filters than channels, so that one number in the place of the other shows.
        n_C=n_C_prev + between(rng, 1, 2),
        pad=pad,
        stride=stride,
    )


def _sizes(group: str, rng: Generator) -> list[Size]:
    """Draw the sizes of a group. Each turns one thing only, and "combined" all at once."""
    some = between(rng, 2, 3)
    return {
        "basic": lambda: [_draw(rng), _draw(rng, pad=2, steps=(4, 5))],
        "no_padding": lambda: [
            _draw(rng, pad=0),
            _draw(rng, pad=0, f=2, steps=(2, 4)),
            _draw(rng, pad=0, steps=(0, 0)),
        ],
        "stride": lambda: [
            _draw(rng, stride=2),
            _draw(rng, stride=3, f=2),
            # No window of 1×1 is cut short, and one filter a channel hides mixed up axes: this tells
            # apart what raises the same elsewhere.
            _one_filter_a_channel(_draw(rng, stride=2, f=1)),
        ],
        "remainder": lambda: [
            _draw(rng, stride=2, rest=1),
            _draw(rng, stride=3, rest=1, f=4),
        ],
        "rectangular": lambda: [
            _draw(rng, square=False),
            _swapped(_draw(rng, square=False, f=2)),
            _draw(rng, square=False, f=1, steps=(3, 4)),
        ],
        "combined": lambda: [
            _swapped(_draw(rng, pad=2, stride=some, rest=1, square=False, steps=(3, 3))),
            # f isn't the stride here, so that one in the place of the other shows.
            _draw(rng, pad=0, stride=3, rest=1, square=False, f=2),
            # One image, one channel and one filter of 1×1.
            _draw(rng, stride=2, square=False, f=1)._replace(m=1, n_C_prev=1, n_C=1),
        ],
        "memory": lambda: [_draw(rng), _draw(rng), _draw(rng)],
        "cache": lambda: [_draw(rng), _draw(rng, pad=2, stride=2)],
    }[group]()


def _swapped(size: Size) -> Size:
    return size._replace(n_H_prev=size.n_W_prev, n_W_prev=size.n_H_prev)


def _one_filter_a_channel(size: Size) -> Size:
    return size._replace(n_C=size.n_C_prev)


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
    forms = (strided, single, _same) if group == "memory" else (_same,) * len(sizes)
    for size, form in zip(sizes, forms, strict=True):
        A_prev = form(rng.standard_normal(size[:4]))
        if group == "memory" and form is _same:  # pixels, as photographs have them
            A_prev = rng.integers(0, 9, size[:4]).astype("uint8")
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
            dZ = rng.standard_normal(size.output()).astype(layer[1].dtype)
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
_SWAPPED_KEYS = ('["stride"], hparameters["pad"]', '["pad"], hparameters["stride"]')

# What is true of all that look alike.
SMALLER = (
    "a la salida le faltan filas y columnas: compara tu tamaño con ⌊(n + 2p − f)/s⌋ + 1, con los "
    "números de este caso"
)
SHAPES = (
    "lo que multiplicas no tiene la forma del filtro: imprime la forma de cada ventana y la del "
    "filtro justo antes, y mira cuál es la primera que no cuadra"
)
EDGES = (
    "quedaron orillas sin calcular, en ceros: imprime qué valores toman h y w, y cuenta cuántas "
    "ventanas debería haber"
)
ONE_IMAGE = "solo una de las imágenes del lote está bien: mira dónde interviene i, y dónde no"

SWAPPED_KEYS = (
    "cambiaste stride por pad: uno es cuánto avanza la ventana y el otro el ancho del marco; "
    "búscalos en hparameters por su nombre"
)
STARTS_AT_F = (
    "las ventanas avanzan de f en f, una al lado de la otra: f es su tamaño, y lo que avanzan es "
    "otra cosa"
)
DOUBLED_STRIDE = "las ventanas avanzan el doble de lo que dice stride"
BY_TWO = "las ventanas avanzan de 2 en 2: imprime stride donde lo usas, y compáralo con el del caso"
FIXED_PAD = "pad salió siempre 1: su valor está en hparameters"
NCHW = (
    "leíste los arrays como (m, n_C, n_H, n_W): en este laboratorio los canales van al final, "
    "(m, n_H, n_W, n_C)"
)
ENDS_AT_STRIDE = (
    "la ventana mide stride por lado: stride es cuánto avanza, y su tamaño es el del filtro"
)
ENDS_WITHOUT_STRIDE = (
    "las ventanas no miden todas lo mismo: revisa que el final se cuente desde donde empieza esa "
    "ventana, que con stride mayor que 1 no es h ni w"
)
SHORT_LOOPS = (
    "la última fila y la última columna quedaron en ceros: range(n) ya termina en n − 1, no hace "
    "falta restarle otro 1"
)
LATE_LOOPS = (
    "la primera fila y la primera columna quedaron en ceros: los índices empiezan en 0, y "
    "range(n) ya comienza ahí"
)
NO_PADDING = (
    "las ventanas de la orilla salen incompletas: calculaste con pad, pero las cortas de una "
    "imagen que no tiene su marco de ceros"
)
FIRST_IMAGE_READ = (
    "las ventanas de todas las imágenes salieron de la primera: la imagen i se busca con i"
)
SECOND_IMAGE_READ = (
    "las ventanas de todas las imágenes salieron de la segunda, con el índice 1: la imagen i se "
    "busca con i"
)
BIAS_IN_PRODUCTS = (
    "sumaste el bias a cada producto: se suma una sola vez por valor de la salida, después de la "
    "suma"
)

OUT_OF_Z = (
    "escribiste en una posición que Z no tiene: imprime sus índices junto a Z.shape, y mira con qué "
    "tamaños se creó"
)
_STEP = "conv_single_step(a_slice_prev, W[:, :, :, c], b[:, :, :, c])"
_ROUNDED_SIZE = tuple(
    (
        f"{n} = ({n}_prev + 2 * pad - f) // stride + 1",
        f"{n} = int(({n}_prev + 2 * pad - f) / stride + 1.5)",
    )
    for n in ("n_H", "n_W")
)

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
        SHAPES,
    ),
    Mistake(
        "forgets_plus_one",
        ("// stride + 1", "// stride"),
        "a la salida le falta una fila y una columna: en ⌊(n + 2p − f)/s⌋ + 1 el + 1 es la primera "
        "ventana, la que empieza en 0",
        SMALLER,
    ),
    Mistake(
        "adds_one_before_dividing",
        ("- f) // stride + 1", "- f + 1) // stride"),
        "sumaste 1 antes de dividir: con stride 1 da lo mismo y con otro no; ¿qué cuenta ese 1, "
        "píxeles o ventanas?",
        SMALLER,
    ),
    Mistake(
        "counts_padding_once",
        ("+ 2 * pad", "+ pad"),
        "en el tamaño de la salida contaste el padding una sola vez: ¿en cuántos lados de la "
        "imagen lo hay?",
        SMALLER,
    ),
    Mistake(
        "forgets_padding_in_size",
        (" + 2 * pad", ""),
        "en el tamaño de la salida no contaste el padding: las ventanas recorren la imagen con su "
        "marco",
        SMALLER,
    ),
    Mistake(
        "stride_instead_of_pad_in_size",
        ("2 * pad", "2 * stride"),
        "en el tamaño de la salida usaste stride donde va pad: compáralo con ⌊(n + 2p − f)/s⌋ + "
        "1, letra por letra",
        SHAPES,
    ),
    Mistake(
        "counts_padding_twice",
        ("2 * pad", "4 * pad"),
        "en el tamaño de la salida contaste el padding dos veces: si ya mediste la imagen con su "
        "marco, no se vuelve a sumar",
        SHAPES,
    ),
    Mistake(
        "forgets_parentheses_in_size",
        (
            ("(n_H_prev + 2 * pad - f) // stride", "n_H_prev - f + 2 * pad // stride"),
            ("(n_W_prev + 2 * pad - f) // stride", "n_W_prev - f + 2 * pad // stride"),
        ),
        "al tamaño de la salida le faltan paréntesis: // se calcula antes que + y −, y aquí "
        "stride divide a todo n + 2p − f",
        SHAPES,
    ),
    Mistake(
        "ignores_stride_in_size",
        (") // stride + 1", ") + 1"),
        "el tamaño de la salida no depende de stride, y las últimas ventanas se salen de la imagen",
        SHAPES,
    ),
    Mistake(
        "size_is_a_float",
        ("// stride", "/ stride"),
        "el tamaño de la salida salió con decimales (float), y np.zeros y range piden enteros: "
        "mira con qué operador divides",
    ),
    Mistake(
        "swaps_sides",
        ("n_H_prev, n_W_prev, _ =", "n_W_prev, n_H_prev, _ ="),
        "leíste el ancho de A_prev como alto y el alto como ancho: los ejes son (m, n_H, n_W, n_C)",
        SHAPES,
    ),
    Mistake(
        "swaps_sides_of_Z",
        ("(m, n_H, n_W, n_C)", "(m, n_W, n_H, n_C)"),
        "Z se creó con el ancho antes que el alto: sus ejes son (m, n_H, n_W, n_C)",
        SHAPES,
    ),
    Mistake(
        "takes_size_of_input",
        ("np.zeros((m, n_H, n_W, n_C))", "np.zeros((m, n_H_prev, n_W_prev, n_C))"),
        "Z se creó con el alto y el ancho de A_prev: los suyos son n_H y n_W, que solo a veces "
        "coinciden",
    ),
    Mistake(
        "takes_channels_of_input",
        (("n_W_prev, _ =", "n_W_prev, n_C ="), ("f, _, _, n_C =", "f, _, _, _ =")),
        "Z salió con tantos canales como A_prev: tiene uno por filtro, y cuántos filtros hay lo "
        "dice el último eje de W",
    ),
    Mistake(
        "mixes_corners",
        ("horiz_start = w", "horiz_start = h"),
        "la columna donde empieza la ventana no depende de w: revisa de qué índice sale "
        "horiz_start",
        SHAPES,
    ),
    Mistake(
        "starts_rows_at_w",
        (CORNERS, "horiz_start:horiz_end, horiz_start:horiz_end"),
        "la fila donde empieza la ventana no depende de h: revisa de qué índice sale vert_start",
        SHAPES,
    ),
    Mistake(
        "swaps_corners",
        SWAPPED_CORNERS,
        "cambiaste filas por columnas, al cortar la ventana o al guardar en Z, y la salida quedó como "
        "transpuesta: h y vert_start van con el eje 1, w y horiz_start con el 2",
        SHAPES,
    ),
    Mistake("starts_windows_at_f", WINDOWS_FROM_F, STARTS_AT_F, SHAPES),
    Mistake("ends_windows_at_stride", ("start + f", "start + stride"), ENDS_AT_STRIDE, SHAPES),
    Mistake(
        "ends_windows_without_stride",
        (("vert_start + f", "h + f"), ("horiz_start + f", "w + f")),
        ENDS_WITHOUT_STRIDE,
        SHAPES,
    ),
    Mistake("ends_windows_at_f", ("start + f", "start * 0 + f"), ENDS_AT_F, SHAPES),
    Mistake("ends_windows_too_soon", ("start + f", "start + f - 1"), ENDS_TOO_SOON, SHAPES),
    Mistake("ends_rows_too_soon", ("vert_start + f", "vert_start + f - 1"), ENDS_TOO_SOON, SHAPES),
    Mistake(
        "takes_whole_image",
        (f"[i, {CORNERS}, :]", "[i]"),
        "no cortaste la ventana: le pasaste a conv_single_step la imagen completa",
        SHAPES,
    ),
    Mistake(
        "sums_all_images",
        ("A_prev_pad[i,", "A_prev_pad[:,"),
        "la ventana incluye todas las imágenes del lote, y cada salida las suma: córtala de una "
        "sola",
    ),
    Mistake("forgets_to_pad", ("zero_pad(A_prev, pad)", "A_prev"), NO_PADDING, SHAPES),
    Mistake(
        "pads_twice",
        ("zero_pad(A_prev, pad)", "zero_pad(zero_pad(A_prev, pad), pad)"),
        "A_prev quedó con el doble de marco: se rellena una sola vez, y dentro de este ejercicio",
    ),
    Mistake("hard_codes_pad_one", (', hparameters["pad"]', ", 1"), FIXED_PAD),
    Mistake("hard_codes_stride_two", ('hparameters["stride"],', "2,"), FIXED_STRIDE, BY_TWO),
    Mistake(
        "doubles_stride",
        ('hparameters["stride"]', '2 * hparameters["stride"]'),
        DOUBLED_STRIDE,
        BY_TWO,
    ),
    Mistake("swaps_hyperparameters", _SWAPPED_KEYS, SWAPPED_KEYS),
    Mistake("reads_first_image", ("A_prev_pad[i,", "A_prev_pad[0,"), FIRST_IMAGE_READ, ONE_IMAGE),
    Mistake("reads_second_image", ("A_prev_pad[i,", "A_prev_pad[1,"), SECOND_IMAGE_READ, ONE_IMAGE),
    Mistake(
        "keeps_last_image",
        ("for i in range(m):", "for i in range(m):\n        Z = np.zeros((m, n_H, n_W, n_C))"),
        "solo quedó la última imagen y las demás están en ceros: mira dónde se crea Z, que es una "
        "sola para todo el lote",
        ONE_IMAGE,
    ),
    Mistake("loops_one_short", SHORT, SHORT_LOOPS, EDGES),
    Mistake("loops_from_one", LATE, LATE_LOOPS, EDGES),
    Mistake("stops_after_first_row", ONE_ROW, FIRST_ROW),
    Mistake("stops_after_first_value", ONE_VALUE, FIRST_VALUE),
    Mistake(
        "stays_at_zero",
        ("Z[i, h, w, c] =", "Z[i, h, w, c] *="),
        "toda la salida está en ceros: lo que calculas no llega a Z, o lo multiplicas por el cero "
        "que había ahí",
    ),
    Mistake(
        "same_bias_for_all",
        ("b[:, :, :, c]", "b[:, :, :, 0]"),
        "todos los canales de salida usan el bias del filtro 0: cada filtro tiene el suyo",
    ),
    Mistake(
        "passes_every_bias",
        ("b[:, :, :, c]", "b"),
        "le pasaste a conv_single_step los bias de todos los filtros, y necesita el de uno solo",
    ),
    Mistake(
        "adds_bias_to_each_product",
        (
            "conv_single_step(a_slice_prev, W[:, :, :, c], b[:, :, :, c])",
            "np.sum(a_slice_prev * W[:, :, :, c] + b[:, :, :, c])",
        ),
        BIAS_IN_PRODUCTS,
    ),
    Mistake(
        "mixes_filter_axes",
        ("W[:, :, :, c]", "W[:, :, c, :]"),
        "tomaste un canal de entrada de W donde iba un filtro: W es (f, f, n_C_prev, n_C), y c "
        "numera filtros",
        SHAPES,
    ),
    Mistake(
        "takes_filter_by_row",
        ("W[:, :, :, c]", "W[c]"),
        "W[c] es la fila c de todos los filtros: W es (f, f, n_C_prev, n_C), y el filtro c está "
        "en su último eje",
        SHAPES,
    ),
    Mistake(
        "sums_filters",
        ("Z[i, h, w, c] =", "Z[i, h, w] +="),
        "cada canal de salida es la suma de todos los filtros: el filtro c da solo el canal c",
    ),
    Mistake(
        "applies_relu",
        ("cache = (", "Z = np.maximum(Z, 0)\n    cache = ("),
        "los valores negativos salieron 0: la convolución no lleva activación, Z se devuelve tal "
        "cual",
    ),
    Mistake(
        "reads_as_nchw",
        (
            ("m, n_H_prev, n_W_prev, _ =", "m, _, n_H_prev, n_W_prev ="),
            (f"[i, {CORNERS}, :]", f"[i, :, {CORNERS}]"),
            ("np.zeros((m, n_H, n_W, n_C))", "np.zeros((m, n_C, n_H, n_W))"),
            ("Z[i, h, w, c]", "Z[i, c, h, w]"),
        ),
        NCHW,
        SHAPES,
    ),
    Mistake(
        "caches_padded_input",
        ("cache = (A_prev,", "cache = (A_prev_pad,"),
        "cache guarda A_prev ya con padding: guarda la A_prev original, que conv_backward la "
        "vuelve a rellenar",
    ),
    Mistake(
        "caches_output",
        ("cache = (A_prev,", "cache = (Z,"),
        "cache guarda la salida Z donde va la entrada: para el paso hacia atrás hace falta A_prev",
    ),
    Mistake(
        "caches_too_little",
        ("cache = (A_prev, W, b, hparameters)", "cache = (A_prev, W, b)"),
        "cache no guarda hparameters: conv_backward necesita saber con qué stride y qué pad se "
        "calculó Z",
    ),
    Mistake(
        "caches_in_another_order",
        ("cache = (A_prev, W, b, hparameters)", "cache = (A_prev, hparameters, W, b)"),
        "cache lleva lo que debe, pero en otro orden: es (A_prev, W, b, hparameters)",
    ),
    Mistake(
        "loops_columns_over_rows",
        ("range(n_W)", "range(n_H)"),
        "recorriste el ancho con el alto: el ciclo de w llega hasta n_W, que en una imagen que no es "
        "cuadrada es otro número",
        SHAPES,
    ),
    Mistake(
        "steps_by_stride",
        *STEPS_BY_STRIDE,
    ),
    Mistake(
        "starts_windows_without_stride",
        *STARTS_WITHOUT_STRIDE,
        SHAPES,
    ),
    Mistake(
        "loops_f_too_few",
        (("range(n_H)", "range(n_H - f + 1)"), ("range(n_W)", "range(n_W - f + 1)")),
        "los ciclos terminan antes de tiempo y el final de Z quedó en ceros: n_H y n_W ya son el tamaño "
        "de la salida, y no se les quita nada más",
    ),
    Mistake(
        "loops_over_input",
        (("range(n_H)", "range(n_H_prev)"), ("range(n_W)", "range(n_W_prev)")),
        "los ciclos recorren el tamaño de A_prev: h y w son posiciones de la salida",
        SHAPES,
    ),
    Mistake(
        "pads_with_two",
        ("zero_pad(A_prev, pad)", "zero_pad(A_prev, 2)"),
        "rellenaste siempre con 2: cuánto se rellena está en hparameters",
        SHAPES,
    ),
    Mistake(
        "divides_by_stride_plus_one",
        ("// stride + 1", "// (stride + 1)"),
        "en el tamaño de la salida el + 1 va después de dividir: compáralo con ⌊(n + 2p − f)/s⌋ + 1",
        SHAPES,
    ),
    Mistake(
        "swaps_signs_in_size",
        ("+ 2 * pad - f", "- 2 * pad + f"),
        "en el tamaño de la salida cambiaste dos signos: el padding agranda y el filtro quita",
        SHAPES,
    ),
    Mistake(
        "adds_filter_in_size",
        ("- f) // stride", "+ f) // stride"),
        "en el tamaño de la salida sumaste f, y el filtro quita: compáralo con ⌊(n + 2p − f)/s⌋ + 1",
        SHAPES,
        alone=True,
    ),
    Mistake(
        "forgets_filter_in_size",
        (" - f) // stride", ") // stride"),
        "en el tamaño de la salida no restaste f: compáralo con ⌊(n + 2p − f)/s⌋ + 1",
        SHAPES,
        alone=True,
    ),
    Mistake(
        "divides_size_by_stride_only",
        (" - f) // stride + 1", ") // stride"),
        "el tamaño de la salida no depende de f: compáralo con ⌊(n + 2p − f)/s⌋ + 1",
        SHAPES,
        alone=True,
    ),
    Mistake(
        "adds_two_to_pad",
        ("2 * pad", "2 + pad"),
        "en el tamaño de la salida escribiste 2 + pad: el marco está en dos lados, y son 2 * pad",
        SHAPES,
        alone=True,
    ),
    Mistake(
        "forgets_options_in_size",
        (
            ("(n_H_prev + 2 * pad - f) // stride + 1", "n_H_prev - f + 1"),
            ("(n_W_prev + 2 * pad - f) // stride + 1", "n_W_prev - f + 1"),
        ),
        "el tamaño de la salida no depende de pad ni de stride: compáralo con ⌊(n + 2p − f)/s⌋ + 1",
        SMALLER,
    ),
    Mistake(
        "keeps_size_of_input",
        (
            ("(n_H_prev + 2 * pad - f) // stride + 1", "n_H_prev"),
            ("(n_W_prev + 2 * pad - f) // stride + 1", "n_W_prev"),
        ),
        "hiciste la salida tan alta y ancha como A_prev: eso pasa solo con cierto padding, compáralo "
        "con ⌊(n + 2p − f)/s⌋ + 1",
        SHAPES,
        alone=True,
    ),
    Mistake(
        "rounds_to_nearest",
        _ROUNDED_SIZE,
        "redondeaste el tamaño de la salida al entero más cercano: las ventanas que no caben enteras se "
        "descartan (división entera, //)",
        SHAPES,
        alone=True,
    ),
    Mistake(
        "starts_after_padding",
        (("h * stride", "h * stride + pad"), ("w * stride", "w * stride + pad")),
        "las ventanas empiezan después del marco: la primera lo incluye, así que empieza en 0",
        SHAPES,
        alone=True,
    ),
    Mistake(
        "starts_before_padding",
        (("h * stride", "h * stride - pad"), ("w * stride", "w * stride - pad")),
        "la primera ventana empieza en −pad: la imagen rellena ya trae su marco, y empieza en 0",
        SHAPES,
        alone=True,
    ),
    Mistake(
        "adds_stride_to_start",
        (("h * stride", "h + stride"), ("w * stride", "w + stride")),
        "sumaste stride al índice: la ventana h empieza en h * stride, y la primera, en 0",
        SHAPES,
        alone=True,
    ),
    Mistake(
        "ends_windows_too_late",
        ("start + f", "start + f + 1"),
        "a las ventanas les sobra una fila y una columna: el final de un corte no se incluye, así que "
        "no hace falta sumarle 1",
        SHAPES,
        alone=True,
    ),
    Mistake(
        "passes_every_filter",
        ("W[:, :, :, c]", "W"),
        "le pasaste a conv_single_step los filtros de todos los canales, y necesita uno solo, el c",
        SHAPES,
        alone=True,
    ),
    Mistake(
        "passes_every_filter_and_bias",
        (("W[:, :, :, c]", "W"), ("b[:, :, :, c]", "b")),
        "le pasaste a conv_single_step W y b enteros: necesita los de un solo filtro, el c",
        SHAPES,
        alone=True,
    ),
    Mistake(
        "transposes_filter",
        ("W[:, :, :, c]", "W[:, :, :, c].T"),
        ".T invierte el orden de los ejes del filtro: se usa tal cual, W[:, :, :, c]",
        SHAPES,
        alone=True,
    ),
    Mistake(
        "matrix_product",
        (_STEP, "np.sum(np.dot(a_slice_prev, W[:, :, :, c])) + b[0, 0, 0, c]"),
        "np.dot (o @) es un producto de matrices: aquí cada valor de la ventana se multiplica con el "
        "que tiene enfrente, y eso lo hace *",
        alone=True,
    ),
    Mistake(
        "averages",
        (_STEP, "np.mean(a_slice_prev * W[:, :, :, c]) + b[0, 0, 0, c]"),
        "promediaste los productos de la ventana: se suman",
    ),
    Mistake(
        "takes_one_channel",
        ("conv_single_step(a_slice_prev,", "conv_single_step(a_slice_prev[:, :, c],"),
        "cortaste el canal c de la ventana: c numera filtros, y cada filtro lleva todos los canales de "
        "entrada",
        SHAPES,
        alone=True,
    ),
    Mistake(
        "pads_every_axis",
        ("zero_pad(A_prev, pad)", "np.pad(A_prev, pad)"),
        "np.pad con un solo número rellena los cuatro ejes: el marco va solo en alto y ancho, y para "
        "eso está zero_pad",
        SHAPES,
        alone=True,
    ),
    Mistake(
        "pads_with_edge",
        (
            "zero_pad(A_prev, pad)",
            'np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)), mode="edge")',
        ),
        "el marco repite los píxeles del borde: se rellena con ceros (zero_pad)",
    ),
    Mistake(
        "loops_over_input_channels",
        ("range(n_C)", "range(W.shape[2])"),
        "el ciclo de c recorre los canales de A_prev y no los filtros: a Z le faltan canales",
    ),
    Mistake(
        "swaps_loops",
        (("range(n_H)", "range(n)"), ("range(n_W)", "range(n_H)"), ("range(n)", "range(n_W)")),
        "los ciclos están cruzados: h recorre n_H y w recorre n_W, que pueden ser distintos",
        SHAPES,
        alone=True,
    ),
    Mistake(
        "creates_Z_as_nchw",
        ("np.zeros((m, n_H, n_W, n_C))", "np.zeros((m, n_C, n_H, n_W))"),
        "Z se creó como (m, n_C, n_H, n_W): los canales van al final",
        OUT_OF_Z,
        alone=True,
    ),
    Mistake(
        "creates_Z_with_input_channels",
        ("np.zeros((m, n_H, n_W, n_C))", "np.zeros((m, n_H, n_W, W.shape[2]))"),
        "Z se creó con los canales de A_prev: tiene uno por filtro, n_C",
        OUT_OF_Z,
        alone=True,
    ),
    Mistake(
        "stores_transposed",
        ("Z[i, h, w, c]", "Z[i, w, h, c]"),
        "guardaste en Z con la fila y la columna cambiadas: es Z[i, h, w, c]",
        OUT_OF_Z,
    ),
    Mistake(
        "swaps_filter_sides",
        ("W[:, :, :, c]", "W[:, :, :, c].swapaxes(0, 1)"),
        "el filtro quedó transpuesto: sus filas van con las filas de la ventana, y sus columnas con las "
        "columnas",
    ),
    Mistake(
        "reshapes_filters",
        ("W[:, :, :, c]", "W.reshape(n_C, f, f, -1)[c]"),
        "al cambiar la forma de W se mezclaron los filtros: n_C es su último eje, así que aplanados van "
        "en las columnas de W.reshape(-1, n_C)",
    ),
    Mistake(
        "reshapes_Z",
        ("cache = (", "Z = Z.reshape(m, n_C, n_H, n_W).transpose(0, 2, 3, 1)\n    cache = ("),
        "acomodaste la salida como (m, n_C, n_H, n_W), y sus valores ya venían como (m, n_H, n_W, n_C): "
        "reshape no mueve ejes",
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

SHAPES_BACK = (
    "lo que sumas no tiene la forma del pedazo al que lo sumas: imprime las formas de da_slice, "
    "a_slice, W[:, :, :, c] y dW[:, :, :, c], y mira cuál es la primera que no cuadra"
)
NO_PADDING_BACK = (
    "no usaste hparameters['pad']: las ventanas de la ida se cortaron de la imagen rellena, y las "
    "del regreso son las mismas"
)

OUT_OF_DZ = (
    "buscaste en dZ una posición que no tiene: imprime sus índices junto a dZ.shape, y mira de "
    "dónde sale cada uno"
)

CROP = (
    "lo que guardas en dA_prev no tiene su forma: ¿de dónde a dónde va el recorte, para que queden "
    "n_H_prev filas y n_W_prev columnas?"
)
_CROPPED = "dA_prev = dA_prev_pad[:, pad : pad + n_H_prev, pad : pad + n_W_prev, :]"
_INTO_ZEROS = "dA_prev = np.zeros(A_prev.shape)\n    dA_prev[...] = "

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
        SHAPES_BACK,
    ),
    Mistake(
        "crops_too_much",
        ("pad : pad + n_H_prev, pad : pad + n_W_prev", "pad:n_H_prev, pad:n_W_prev"),
        "recortaste dA_prev de más: si el corte empieza en pad, ¿dónde termina para que queden "
        "n_H_prev filas?",
    ),
    Mistake(
        "crops_height_only",
        (", pad : pad + n_W_prev, :]", "]"),
        "a dA_prev le quitaste el padding de arriba y de abajo, y todavía trae el de los lados",
    ),
    Mistake(
        "accumulates_without_padding",
        (
            ("np.zeros(A_prev_pad.shape)", "np.zeros(A_prev.shape)"),
            ("[:, pad : pad + n_H_prev, pad : pad + n_W_prev, :]", ""),
        ),
        "acumulas en un array sin padding con las posiciones de la imagen rellena: acumula en uno "
        "del tamaño de A_prev_pad y recórtalo al final",
        SHAPES_BACK,
    ),
    Mistake("ignores_padding", (', hparameters["pad"]', ", 0"), NO_PADDING_BACK, SHAPES_BACK),
    Mistake("hard_codes_pad_one", (', hparameters["pad"]', ", 1"), FIXED_PAD, SHAPES_BACK),
    Mistake("swaps_hyperparameters", _SWAPPED_KEYS, SWAPPED_KEYS, SHAPES_BACK),
    Mistake("hard_codes_stride_two", ('hparameters["stride"],', "2,"), FIXED_STRIDE, SHAPES_BACK),
    Mistake(
        "doubles_stride",
        ('hparameters["stride"]', '2 * hparameters["stride"]'),
        DOUBLED_STRIDE,
        SHAPES_BACK,
    ),
    Mistake("starts_windows_at_f", WINDOWS_FROM_F, STARTS_AT_F, SHAPES_BACK),
    Mistake("ends_windows_at_stride", ("start + f", "start + stride"), ENDS_AT_STRIDE, SHAPES_BACK),
    Mistake(
        "ends_windows_without_stride",
        (("vert_start + f", "h + f"), ("horiz_start + f", "w + f")),
        ENDS_WITHOUT_STRIDE,
        SHAPES_BACK,
    ),
    Mistake("ends_windows_at_f", ("start + f", "start * 0 + f"), ENDS_AT_F, SHAPES_BACK),
    Mistake("ends_windows_too_soon", ("start + f", "start + f - 1"), ENDS_TOO_SOON, SHAPES_BACK),
    Mistake(
        "takes_whole_image",
        (f"[i, {CORNERS}, :]", "[i]"),
        "no cortaste la ventana: sumas en la imagen completa",
        SHAPES_BACK,
    ),
    Mistake(
        "mixes_corners",
        ("horiz_start = w", "horiz_start = h"),
        "la columna donde empieza la ventana no depende de w: revisa de qué índice sale "
        "horiz_start",
    ),
    Mistake(
        "starts_rows_at_w",
        (CORNERS, "horiz_start:horiz_end, horiz_start:horiz_end"),
        "la fila donde empieza la ventana no depende de h: revisa de qué índice sale vert_start",
    ),
    Mistake(
        "swaps_corners",
        SWAPPED_CORNERS,
        "cambiaste filas por columnas al cortar las ventanas: h y vert_start van con el eje 1, w y "
        "horiz_start con el 2",
        SHAPES_BACK,
    ),
    Mistake(
        "swaps_corners_of_dA",
        (f"dA_prev_pad[i, {CORNERS}", "dA_prev_pad[i, horiz_start:horiz_end, vert_start:vert_end"),
        "dW está bien y dA_prev cambia filas por columnas: su ventana es la misma que la de "
        "A_prev_pad",
        SHAPES_BACK,
    ),
    Mistake(
        "swaps_rows_and_columns",
        ("dZ[i, h, w, c]", "dZ[i, w, h, c]"),
        "leíste dZ con la fila y la columna cambiadas: sus ejes son (m, n_H, n_W, n_C)",
        OUT_OF_DZ,
    ),
    Mistake(
        "reads_dZ_at_window_start",
        ("dZ[i, h, w, c]", "dZ[i, vert_start, horiz_start, c]"),
        "leíste dZ con las posiciones de la entrada: dZ tiene una casilla por ventana",
        OUT_OF_DZ,
    ),
    Mistake(
        "reads_first_channel_of_dZ",
        ("dZ[i, h, w, c]", "dZ[i, h, w, 0]"),
        "a todos los filtros les llegó el gradiente del canal 0 de dZ: cada filtro tiene su canal",
    ),
    Mistake(
        "forgets_channel_of_dZ",
        ("dZ[i, h, w, c]", "dZ[i, h, w]"),
        "multiplicas por los gradientes de todos los filtros a la vez: a esta ventana y este "
        "filtro les toca un solo número de dZ",
        SHAPES_BACK,
    ),
    Mistake(
        "same_filter_for_all",
        ("da_slice += W[:, :, :, c]", "da_slice += W[:, :, :, 0]"),
        "dA_prev se armó solo con el filtro 0: cada canal de dZ regresa por su propio filtro",
    ),
    Mistake(
        "mixes_filter_axes",
        ("W[:, :, :, c]", "W[:, :, c, :]"),
        "tomaste un canal de entrada de W y dW donde iba un filtro: son (f, f, n_C_prev, n_C), y "
        "c numera filtros",
        SHAPES_BACK,
    ),
    Mistake(
        "swaps_products",
        (
            ("dW[:, :, :, c] += a_slice", "dW[:, :, :, c] += W[:, :, :, c]"),
            ("da_slice += W[:, :, :, c]", "da_slice += a_slice"),
        ),
        "cambiaste un factor por el otro: la derivada respecto a la entrada lleva los pesos, y "
        "respecto a los pesos, la entrada",
    ),
    Mistake(
        "forgets_dA",
        ("da_slice += W[:, :, :, c] * dZ[i, h, w, c]", "pass"),
        "dA_prev quedó en ceros: o no le sumas nada, o lo que sumas no llega al array que "
        "devuelves",
    ),
    Mistake(
        "forgets_dW",
        ("dW[:, :, :, c] += a_slice * dZ[i, h, w, c]", "pass"),
        "dW quedó en ceros: falta sumarle lo que aporta cada ventana",
    ),
    Mistake(
        "stays_at_zero",
        ("+= ", "*= "),
        "los tres gradientes quedaron en ceros: multiplicas por el cero con que empezaron, y hay "
        "que sumarles",
    ),
    Mistake(
        "assigns_db",
        ("db[:, :, :, c] +=", "db[:, :, :, c] ="),
        "en db asignas donde hay que acumular: el bias de un filtro interviene en todas las "
        "ventanas",
    ),
    Mistake(
        "adds_all_channels_to_db",
        ("db[:, :, :, c] +=", "db +="),
        "todos los valores de db salieron iguales: a cada uno le toca solo lo que llega por su "
        "filtro",
    ),
    Mistake(
        "starts_from_input",
        ("np.zeros(A_prev_pad.shape)", "A_prev_pad.astype(float)"),
        "dA_prev comenzó con los valores de A_prev: un gradiente que se acumula comienza en ceros",
    ),
    Mistake(
        "writes_into_input",
        ("np.zeros(A_prev_pad.shape)", "A_prev_pad"),
        "dA_prev y A_prev rellena son el mismo array: al sumar en uno cambia el otro, y con él "
        "dW; crea uno aparte, en ceros",
    ),
    Mistake(
        "starts_from_ones",
        ("np.zeros(A_prev_pad.shape)", "np.ones(A_prev_pad.shape)"),
        "dA_prev comenzó en unos: un gradiente que se acumula comienza en ceros",
    ),
    Mistake(
        "starts_dW_from_W",
        ("np.zeros(W.shape)", "W.astype(float)"),
        "dW comenzó con los valores de W: tiene su forma, pero comienza en ceros",
    ),
    Mistake(
        "keeps_last_dA",
        (
            "for i in range(m):",
            "for i in range(m):\n        dA_prev_pad = np.zeros(A_prev_pad.shape)",
        ),
        "en dA_prev solo quedó la última imagen: se crea una vez, antes del ciclo sobre el lote",
    ),
    Mistake(
        "keeps_last_db",
        ("for i in range(m):", "for i in range(m):\n        db = np.zeros(b.shape)"),
        "db se reinicia en cada imagen: se crea una vez, antes del ciclo sobre el lote",
    ),
    Mistake(
        "keeps_last_of_all",
        (
            "for i in range(m):",
            (
                "for i in range(m):\n"
                "        dA_prev_pad = np.zeros(A_prev_pad.shape)\n"
                "        dW = np.zeros(W.shape)\n"
                "        db = np.zeros(b.shape)"
            ),
        ),
        "los tres gradientes se reinician en cada imagen: se crean una vez, antes del ciclo sobre "
        "el lote",
    ),
    Mistake(
        "first_image_only",
        ("range(m)", "range(1)"),
        "solo se recorrió la primera imagen del lote: revisa el ciclo sobre i y que el return "
        "esté después de él",
    ),
    Mistake(
        "reads_first_image",
        ("a_slice = A_prev_pad[i,", "a_slice = A_prev_pad[0,"),
        FIRST_IMAGE_READ,
    ),
    Mistake(
        "reads_second_image",
        ("a_slice = A_prev_pad[i,", "a_slice = A_prev_pad[1,"),
        SECOND_IMAGE_READ,
    ),
    Mistake(
        "writes_first_image",
        ("dA_prev_pad[i,", "dA_prev_pad[0,"),
        "todo el gradiente se acumuló en la primera imagen de dA_prev: cada imagen recibe el suyo",
    ),
    Mistake(
        "reads_first_image_of_dZ",
        ("dZ[i,", "dZ[0,"),
        "usaste el gradiente de la primera imagen para todas: dZ también se recorre con i",
    ),
    Mistake(
        "loops_one_short",
        SHORT,
        "faltan las ventanas de la última fila y de la última columna: range(n) ya termina en n − "
        "1",
    ),
    Mistake(
        "loops_from_one",
        LATE,
        "faltan las ventanas de la primera fila y de la primera columna: los índices empiezan en 0",
    ),
    Mistake(
        "stops_after_first_row",
        ONE_ROW,
        "solo contó la primera fila de ventanas de la primera imagen: mira con qué sangría están "
        "el recorte y el return",
    ),
    Mistake(
        "stops_after_first_value",
        ONE_VALUE,
        "solo contó el primer valor de dZ: mira con qué sangría están el recorte y el return",
    ),
    Mistake(
        "assumes_square",
        ("range(n_W)", "range(n_H)"),
        "recorriste tantas columnas como filas: el alto y el ancho de dZ pueden ser distintos",
        OUT_OF_DZ,
    ),
    Mistake(
        "loops_over_input",
        ("n_H, n_W, n_C = dZ.shape", "n_H, n_W, _ = A_prev.shape\n    n_C = dZ.shape[3]"),
        "recorriste tantas posiciones como píxeles tiene A_prev: hay una ventana por casilla de dZ",
        OUT_OF_DZ,
    ),
    Mistake(
        "divides_everything_by_m",
        ("return dA_prev, dW, db", "return dA_prev / m, dW / m, db / m"),
        "dividiste los tres gradientes entre m: ese 1/m ya viene dentro de dZ, desde el costo",
    ),
    Mistake(
        "reads_as_nchw",
        (
            ("m, n_H_prev, n_W_prev, _ =", "m, _, n_H_prev, n_W_prev ="),
            ("_, n_H, n_W, n_C =", "_, n_C, n_H, n_W ="),
            (f"[i, {CORNERS}, :]", f"[i, :, {CORNERS}]"),
            ("dZ[i, h, w, c]", "dZ[i, c, h, w]"),
            (
                "[:, pad : pad + n_H_prev, pad : pad + n_W_prev, :]",
                "[:, :, pad : pad + n_H_prev, pad : pad + n_W_prev]",
            ),
        ),
        NCHW,
        SHAPES_BACK,
    ),
    Mistake(
        "swaps_outputs",
        ("return dA_prev, dW, db", "return dW, dA_prev, db"),
        "devolviste los gradientes en otro orden: es dA_prev, dW, db",
    ),
    Mistake(
        "steps_by_stride",
        *STEPS_BY_STRIDE,
    ),
    Mistake(
        "starts_windows_without_stride",
        *STARTS_WITHOUT_STRIDE,
        SHAPES_BACK,
    ),
    Mistake(
        "returns_dA_last",
        ("return dA_prev, dW, db", "return dW, db, dA_prev"),
        "devolviste los gradientes en otro orden: es dA_prev, dW, db",
    ),
    Mistake(
        "window_into_dA",
        ("da_slice += W[:, :, :, c]", "da_slice += a_slice"),
        "en dA_prev multiplicaste por la ventana: la derivada respecto a la entrada lleva los pesos",
    ),
    Mistake(
        "window_and_weights_into_dA",
        ("da_slice += W[:, :, :, c]", "da_slice += a_slice * W[:, :, :, c]"),
        "en dA_prev sobra un factor: la derivada respecto a la entrada lleva los pesos y dZ, y no la "
        "ventana",
    ),
    Mistake(
        "weights_into_dW",
        ("dW[:, :, :, c] += a_slice", "dW[:, :, :, c] += W[:, :, :, c]"),
        "en dW multiplicaste por los pesos: la derivada respecto a ellos lleva la ventana",
    ),
    Mistake(
        "assigns_all",
        (
            ("da_slice += W", "da_slice[...] = W"),
            ("dW[:, :, :, c] += a", "dW[:, :, :, c] = a"),
            ("db[:, :, :, c] +=", "db[:, :, :, c] ="),
        ),
        "en los tres gradientes asignas donde hay que acumular (+=): cada ventana aporta su parte",
    ),
    Mistake(
        "transposes_filter",
        ("da_slice += W[:, :, :, c]", "da_slice += W[:, :, :, c].swapaxes(0, 1)"),
        "en dA_prev el filtro quedó transpuesto: W se usa tal cual",
    ),
    Mistake(
        "sums_channels_of_dZ",
        ("W[:, :, :, c] * dZ[i, h, w, c]", "W[:, :, :, c] * dZ[i, h, w].sum()"),
        "en dA_prev cada filtro lleva la suma de los canales de dZ: al filtro c le toca el canal c",
    ),
    Mistake(
        "every_channel_of_dZ_into_dW",
        ("a_slice * dZ[i, h, w, c]", "a_slice * dZ[i, h, w]"),
        "en dW multiplicas por los gradientes de todos los filtros: al filtro c le toca dZ[i, h, w, c]",
        SHAPES_BACK,
        alone=True,
    ),
    Mistake(
        "stores_another_size",
        (_CROPPED, f"{_INTO_ZEROS}dA_prev_pad"),
        CROP,
        alone=True,
    ),
    Mistake(
        "reads_sizes_as_nchw",
        ("_, n_H, n_W, n_C = dZ.shape", "_, n_C, n_H, n_W = dZ.shape"),
        "leíste la forma de dZ como (m, n_C, n_H, n_W): los canales van al final",
        OUT_OF_DZ,
        alone=True,
    ),
    Mistake(
        "crops_what_has_no_padding",
        (
            ("np.zeros(A_prev_pad.shape)", "np.zeros(A_prev.shape)"),
            (_CROPPED, _CROPPED.replace("dA_prev = ", _INTO_ZEROS)),
        ),
        "acumulas en un array sin padding con las posiciones de la imagen rellena: acumula en uno del "
        "tamaño de A_prev_pad y recórtalo al final",
        SHAPES_BACK,
        alone=True,
    ),
    Mistake(
        "rotates_filter",
        ("da_slice += W[:, :, :, c]", "da_slice += np.rot90(W[:, :, :, c])"),
        "giraste el filtro 90°: cuando repartes W * dZ ventana por ventana, W se usa tal cual",
    ),
    Mistake(
        "transposes_every_axis",
        ("da_slice += W[:, :, :, c]", "da_slice += W[:, :, :, c].T"),
        ".T invierte el orden de los ejes del filtro: en dA_prev se usa tal cual",
        SHAPES_BACK,
        alone=True,
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
    pairs=32,  # the true one is nearly always among the first
    mistakes=_CONV_BACKWARD_MISTAKES,
    helpers=("zero_pad",),
)

EXERCISES = (ZERO_PAD, CONV_SINGLE_STEP, CONV_FORWARD, CONV_BACKWARD)
