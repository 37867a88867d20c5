"""Bias, ReLU, MaxPool2D, Flatten, Linear, Sequential, and what conv_block and build_cnn make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from grader.exercise import Case, Exercise, Group, Mistake, Output

from ..tools import between
from .convolution import (
    ACCUMULATES,
    IMAGE_AXES,
    IN_THE_CLASS,
    KEEPS_THE_FIRST,
    KERNEL_AXES,
    SWAPPED_AXES,
    alone,
    conv,
    draw_size,
    either,
    gradients,
    leaf,
    parameters,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.random import Generator

    from ..tools import Array
    from .convolution import Sides, Size

RETURNS_A_TUPLE = "una capa sin parámetros devuelve dX solo, sin meterlo en una tupla"
WRITES_ARGUMENT = "escribiste en el array de quien te llamó: haz uno nuevo"
LIKE_AN_AVERAGE = (
    "repartiste el gradiente por igual en la ventana, como en un promedio: es todo para el píxel "
    "que fue el máximo"
)
PRODUCTS_CLASH = (
    "si el error habla de matmul: weight es (out_features, in_features); anota las formas de cada "
    "producto y mira en cuál no casan"
)
LINEAR_GETS_ANOTHER_SIZE = (
    "si el error habla de matmul: a Linear no le llega una fila de in_features valores por imagen; "
    "imprime la forma que sale de cada capa"
)


def _layer(
    function: Callable[[torch.Tensor], torch.Tensor], X: Array, dO: Array | None
) -> tuple[Array, Array | None]:
    """Return what `function` makes of X and, where there is a `dO`, the gradient of X."""
    x = leaf(X)
    output = function(x)
    return output.detach().numpy(), None if dO is None else gradients(output, [x], dO)[0]


def _about_state(layer: str, kept: str, value: str) -> tuple[Mistake, ...]:
    """Return the mistakes of a layer whose forward keeps `self.kept = value` for backward."""
    line = f"self.{kept} = {value}"
    return (
        Mistake("keeps_it_in_the_class", (f"self.{kept}", f"{layer}.{kept}"), IN_THE_CLASS),
        Mistake(
            "keeps_the_first",
            (line, f'self.{kept} = getattr(self, "{kept}", {value})'),
            KEEPS_THE_FIRST,
        ),
    )


# -------------------------------------------------------------------------------- ReLU and Flatten


REUSED = "la misma capa usada dos veces, y otra entre medio"


def _shapes(rng: Generator) -> Iterator[tuple[int, ...]]:
    """Draw the shapes of images, of one image of one channel, and of rows of numbers."""
    for low, high in ((2, 4), (3, 8)):
        yield (between(rng, 2, 3), between(rng, 2, 4), *(between(rng, low, high) for _ in "HW"))
    yield (1, 1, between(rng, 2, 4), between(rng, 5, 7))
    yield (between(rng, 2, 4), between(rng, 5, 9))


def _reused_plain(*, rows: bool = False) -> Group:
    """Make a group of a layer that is used twice, and another one in between."""

    def make(rng: Generator) -> Iterator[Case]:
        for _ in range(2):
            shape = tuple(between(rng, 2, 4) for _ in "mCHW")
            X = rng.standard_normal(shape)
            dO = rng.standard_normal((len(X), X[0].size) if rows else shape)
            yield Case((X, dO, True), f"X {shape}")

    return Group(REUSED, make, outputs=("dX",))


def _plain_group(title: str, output: str, *, rows: bool = False, zeros: bool = False) -> Group:
    """Make a group of images: `rows` says that dO holds one row an image, `zeros` that some are 0."""

    def make(rng: Generator) -> Iterator[Case]:
        for shape in _shapes(rng):
            X = rng.standard_normal(shape)
            if zeros:
                X[rng.random(shape) < 1 / 3] = 0.0
                X.flat[0], X.flat[-1] = 0.0, 1e-9
            dO = rng.standard_normal((shape[0], X[0].size) if rows else shape)
            yield Case((X, dO if output == "dX" else None), f"X {shape}")

    return Group(title, make, outputs=(output,))


_RELU_MISTAKES = (
    Mistake(
        "leaks",
        ("np.maximum(X, 0)", "np.maximum(X, 0.1 * X)"),
        "dejaste pasar una parte de los negativos: ReLU los convierte en 0",
    ),
    Mistake(
        "absolute_value",
        ("np.maximum(X, 0)", "np.abs(X)"),
        "tomaste el valor absoluto: ReLU convierte en 0 los negativos",
    ),
    Mistake(
        "keeps_negatives",
        ("np.maximum(", "np.minimum("),
        "te quedaste con los negativos: es el máximo entre X y 0",
    ),
    Mistake(
        "zero_or_one",
        ("np.maximum(X, 0)", "(X > 0).astype(float)"),
        "devolviste 0 o 1: donde X es positivo pasa X, no un 1",
    ),
    Mistake(
        "derivative_one_everywhere",
        ("dO * self.positive", "dO"),
        "dejaste pasar todo el gradiente: donde X no fue positivo la derivada es 0",
    ),
    Mistake(
        "looks_at_dO",
        ("dO * self.positive", "np.maximum(dO, 0)"),
        "miraste el signo de dO: la máscara sale de X, la entrada que guardó forward",
    ),
    Mistake(
        "forgets_dO",
        ("dO * self.positive", "self.positive.astype(float)"),
        "devolviste la derivada sola: por la regla de la cadena se multiplica por dO",
    ),
    Mistake(
        "multiplies_by_output",
        ("self.positive = X > 0", "self.positive = np.maximum(X, 0)"),
        "multiplicaste dO por la salida: se multiplica por la derivada, que es 1 donde X > 0",
    ),
    Mistake(
        "one_at_zero",
        ("X > 0", "X >= 0"),
        "en X = 0 torch toma la derivada 0: la máscara es X > 0, no X >= 0",
    ),
    Mistake("returns_a_tuple", ("return dX", "return (dX,)"), RETURNS_A_TUPLE),
    Mistake(
        "mask_reversed",
        ("X > 0", "X < 0"),
        "la máscara está al revés: el gradiente pasa donde X > 0",
    ),
    Mistake(
        "relu_of_gradient_and_mask",
        ("dO * self.positive", "np.maximum(dO, 0) * self.positive"),
        "perdiste los gradientes negativos: dO puede serlo, y lo único que lo detiene es el signo de X",
    ),
    Mistake(
        "sign_of_X",
        ("dO * self.positive", "dO * np.where(self.positive, 1, -1)"),
        "donde X no fue positivo cambiaste el signo del gradiente: ahí la derivada es 0, no −1",
    ),
    Mistake(
        "changes_X",
        ("O = np.maximum(X, 0)", "X[X < 0] = 0\n        O = X"),
        "X[X < 0] = 0 escribe en el array de quien te llamó: haz uno nuevo",
        WRITES_ARGUMENT,
    ),
    Mistake(
        "changes_dO",
        ("dX = dO * self.positive", "dX = dO\n        dX[~self.positive] = 0"),
        "dX = dO no copia: al poner ceros en dX cambiaste el dO de quien te llamó",
        WRITES_ARGUMENT,
    ),
    *_about_state("ReLU", "positive", "X > 0"),
)

RELU = Exercise(
    name="ReLU",
    parameters=("X", "dO", "reused"),
    outputs=(Output("O", IMAGE_AXES), Output("dX", IMAGE_AXES)),
    groups={
        "forward": _plain_group("forward", "O"),
        "backward": _plain_group("backward", "dX"),
        "zero": _plain_group("entradas que valen 0", "dX", zeros=True),
        "reuse": _reused_plain(),
    },
    reference=lambda X, dO, _reused=False: _layer(torch.relu, X, dO),
    mistakes=_RELU_MISTAKES,
    driver="plain",
)

_FLATTEN_MISTAKES = (
    Mistake(
        "flattens_the_batch",
        ("reshape(len(X), -1)", "reshape(-1)"),
        "aplanaste también el lote: queda una fila por imagen, (m, n)",
    ),
    Mistake(
        "one_column_per_image",
        ("reshape(len(X), -1)", "reshape(len(X), -1).T"),
        "quedó una columna por imagen: es una fila, (m, n)",
    ),
    Mistake(
        "by_columns",
        ((", -1)", ', -1, order="F")'), ("(self.X_shape)", '(self.X_shape, order="F")')),
        "los valores quedaron en otro orden: reshape en el orden de siempre, el de C",
    ),
    Mistake(
        "channels_last",
        (
            ("X.reshape(", "X.transpose(0, 2, 3, 1).reshape("),
            (
                "dX = dO.reshape(self.X_shape)",
                (
                    "m, n_C, n_H, n_W = self.X_shape\n"
                    "        dX = dO.reshape(m, n_H, n_W, n_C).transpose(0, 3, 1, 2)"
                ),
            ),
        ),
        "moviste los canales al final antes de aplanar: se aplana tal cual, canal por canal",
    ),
    Mistake(
        "returns_dO",
        ("dO.reshape(self.X_shape)", "dO"),
        "backward le devuelve al gradiente la forma de X",
    ),
    Mistake("returns_a_tuple", ("return dX", "return (dX,)"), RETURNS_A_TUPLE),
    Mistake(
        "returns_X",
        ("X.reshape(len(X), -1)", "X"),
        "forward devolvió la imagen sin aplanar: O tiene dos ejes, (m, n)",
    ),
    Mistake(
        "mixes_images",
        ("X.reshape(len(X), -1)", "X.reshape(-1, len(X)).T"),
        "la forma es la correcta, pero cada fila mezcla valores de varias imágenes: reshape no cambia "
        "ejes de lugar",
    ),
    Mistake(
        "transposes_maps",
        (
            ("X.reshape(", "X.swapaxes(2, 3).reshape("),
            (
                "dX = dO.reshape(self.X_shape)",
                (
                    "m, n_C, n_H, n_W = self.X_shape\n"
                    "        dX = dO.reshape(m, n_C, n_W, n_H).swapaxes(2, 3)"
                ),
            ),
        ),
        "recorriste cada mapa por columnas: se aplana por filas, en el orden en que está",
    ),
    Mistake(
        "needs_four_axes",
        ("X.reshape(len(X), -1)", "X.reshape(len(X), X.shape[1] * X.shape[2] * X.shape[3])"),
        "contaste con cuatro ejes, y X (m, ...) puede tener otros: con -1, reshape pone lo que falta",
    ),
    Mistake(
        "drops_axes_of_one",
        ("X.reshape(len(X), -1)", "X.reshape(len(X), -1).squeeze()"),
        "quitaste los ejes que miden 1: con una sola imagen O es (1, n)",
    ),
    *_about_state("Flatten", "X_shape", "X.shape"),
)

FLATTEN = Exercise(
    name="Flatten",
    parameters=("X", "dO", "reused"),
    outputs=(Output("O", ("imagen del lote", "valor")), Output("dX", IMAGE_AXES)),
    groups={
        "forward": _plain_group("forward", "O"),
        "backward": _plain_group("backward", "dX", rows=True),
        "reuse": _reused_plain(rows=True),
    },
    reference=lambda X, dO, _reused=False: _layer(lambda x: x.flatten(1), X, dO),
    mistakes=_FLATTEN_MISTAKES,
    driver="plain",
)

# -------------------------------------------------------------------------------------------- Bias


def _bias_group(title: str, outputs: tuple[str, ...], *, reused: bool = False) -> Group:
    """Make a group of feature maps and of a number for each of their channels."""

    def make(rng: Generator) -> Iterator[Case]:
        n_C, more = between(rng, 3, 5), between(rng, 3, 5)
        for shape in (
            (between(rng, 2, 3), n_C, *(n_C + between(rng, 2, 4) for _ in "HW")),
            (between(rng, 2, 3), more, *(more + between(rng, 3, 8) for _ in "HW")),
            (1, 1, between(rng, 2, 3), between(rng, 4, 6)),
        ):
            dO = None if outputs == ("O",) else rng.standard_normal(shape)
            X, bias = rng.standard_normal(shape), rng.standard_normal(shape[1])
            yield Case((X, bias, dO, True) if reused else (X, bias, dO), f"X {shape}")

    return Group(title, make, outputs=outputs)


def _bias(
    X: Array,
    bias: Array,
    dO: Array | None,
    _reused: bool = False,  # noqa: FBT001, FBT002 - a case's arguments
) -> tuple[Array, Array | None, Array | None]:
    """Return X plus the bias of each channel and, where there is a `dO`, both gradients."""
    x, b = leaf(X), leaf(bias)
    output = x + b.reshape(-1, 1, 1)
    db, dX = (None, None) if dO is None else gradients(output, [b, x], dO)
    return output.detach().numpy(), db, dX


_ADDED = "self.bias[:, np.newaxis, np.newaxis]"
_DB = "db = dO.sum(axis=(0, 2, 3))"

_BIAS_MISTAKES = (
    Mistake("forgets_bias", (f" + {_ADDED}", ""), "falta sumar el bias"),
    Mistake("subtracts_bias", (f"+ {_ADDED}", f"- {_ADDED}"), "el bias se suma, no se resta"),
    Mistake(
        "along_the_width",
        (_ADDED, "self.bias"),
        "si el error habla de broadcast: NumPy alinea por la derecha, y ahí está el ancho; bias lleva "
        "un número por canal, y los canales son el eje 1",
    ),
    Mistake(
        "first_bias_for_all",
        (_ADDED, "self.bias[0]"),
        "todos los canales llevan el mismo bias: al canal c le toca bias[c]",
    ),
    Mistake(
        "one_db_an_image",
        (_DB, "db = dO.sum(axis=(2, 3))"),
        "db quedó con una fila por imagen: el bias es el mismo en todo el lote, así que también se "
        "suma sobre él",
    ),
    Mistake(
        "one_db_a_position",
        (_DB, "db = dO.sum(axis=0)"),
        "db quedó con un número por posición: el bias es el mismo en todas, así que también se suma "
        "sobre el alto y el ancho",
    ),
    Mistake(
        "db_in_one_number",
        (_DB, "db = dO.sum()"),
        "db quedó en un solo número: hay un bias por canal",
    ),
    Mistake("averages_db", (_DB, _DB.replace("sum", "mean")), "promediaste dO: db es la suma"),
    Mistake(
        "counts_positions",
        (_DB, "db = np.full(self.bias.shape, dO[:, 0].size, dtype=float)"),
        "contaste posiciones: lo que se suma es el gradiente que llega a cada una, dO",
    ),
    Mistake(
        "dX_of_bias",
        ("dX = dO", f"dX = dO * {_ADDED}"),
        "multiplicaste dO por el bias: la derivada de una suma es 1, así que dX es dO",
    ),
    Mistake(
        "forgets_dX",
        ("return db, dX", "return db"),
        "faltó dX: es el último valor que devuelve backward",
    ),
    Mistake(
        "dX_first",
        ("return db, dX", "return dX, db"),
        "primero va el gradiente del parámetro, db, y al final dX",
    ),
    Mistake(
        "accumulates_over_calls",
        (_DB, f'{_DB} + getattr(self, "db", 0)\n        self.db = db'),
        f"db {ACCUMULATES}",
    ),
)

BIAS = Exercise(
    name="Bias",
    parameters=("X", "bias", "dO", "reused"),
    outputs=(Output("O", IMAGE_AXES), Output("db", ("canal",)), Output("dX", IMAGE_AXES)),
    groups={
        "forward": _bias_group("forward", ("O",)),
        "backward": _bias_group("backward", ("db", "dX")),
        "reuse": _bias_group(REUSED, ("db", "dX"), reused=True),
    },
    reference=_bias,
    mistakes=_BIAS_MISTAKES,
    driver="bias",
)

# --------------------------------------------------------------------------------------- MaxPool2D


class PoolSize(NamedTuple):
    """The sizes of one max pooling; `stride` None stands for `pool_size`."""

    images: tuple[int, int, int, int]
    pool_size: int
    stride: int | None

    def output(self) -> tuple[int, int, int, int]:
        """The shape of what the layer returns."""
        m, n_C, *image = self.images
        step = self.stride or self.pool_size
        height, width = ((n - self.pool_size) // step + 1 for n in image)
        return m, n_C, height, width


def _draw_pool(
    rng: Generator,
    pool_size: int,
    steps: Sides,
    *,
    stride: int | None = None,
    rest: int = 0,
    more: Sides = (0, 0),
) -> PoolSize:
    """Draw a size with windows that move `steps` times, `rest` pixels over, and `more` on each side."""
    side = pool_size + (stride or pool_size) * between(rng, *steps) + rest
    images = (between(rng, 2, 3), between(rng, 2, 3), side + more[0], side + more[1])
    return PoolSize(images, pool_size, stride)


def _pool_apart(rng: Generator) -> list[PoolSize]:
    return [_draw_pool(rng, 2, (1, 4)), _draw_pool(rng, between(rng, 3, 4), (1, 2))]


def _pool_overlapping(rng: Generator) -> list[PoolSize]:
    return [
        _draw_pool(rng, 3, (2, 4), stride=1),
        _draw_pool(rng, between(rng, 3, 5), (1, 3), stride=2),
    ]


def _pool_remainder(rng: Generator) -> Iterator[PoolSize]:
    for pool_size in (2, between(rng, 3, 4)):
        yield _draw_pool(rng, pool_size, (0, 0), rest=between(rng, 1, pool_size - 1))


def _pool_combined(rng: Generator) -> Iterator[PoolSize]:
    for pool_size, stride in ((4, 2), (2, 3), (3, 2)):
        more = either(rng, stride * between(rng, 1, 2))
        rest = between(rng, 1, stride - 1)
        yield _draw_pool(rng, pool_size, (2, 3), stride=stride, rest=rest, more=more)
    image = _draw_pool(rng, 1, (2, 3), stride=2, rest=1, more=either(rng, 2))
    yield image._replace(images=(1, 1, *image.images[2:]))


def _pool_group(
    title: str,
    draw: Callable[[Generator], Any],
    outputs: tuple[str, ...] = (),
    *,
    values: int = 0,
    reused: bool = False,
) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for size in draw(rng):
            X = rng.standard_normal(size.images)
            if values:
                X = rng.integers(0, values, size.images).astype(float)
            X[0, 0] -= 9  # the largest of some windows is below 0
            dO = rng.standard_normal(size.output())
            note = f"X {size.images}, pool_size={size.pool_size}, stride={size.stride}"
            args = (X, size.pool_size, size.stride, None if outputs == ("O",) else dO)
            yield Case((*args, True) if reused else args, note)

    return Group(title, make, outputs=outputs)


_WINNER = "dX[i, c, h * s + row, w * s + column] += dO[i, c, h, w]"
_WINDOW = "h * s : h * s + p, w * s : w * s + p"
_WINNERS = f"dX[i, c, {_WINDOW}] += (window == window.max()) * dO[i, c, h, w]"

_MAX_POOL2D_MISTAKES = (
    Mistake(
        "averages",
        ((".max(", ".mean("), (_WINNER, f"dX[i, c, {_WINDOW}] += dO[i, c, h, w] / p**2")),
        "promediaste la ventana: es el máximo",
        LIKE_AN_AVERAGE,
    ),
    Mistake(
        "takes_the_minimum",
        ((".max(", ".min("), ("np.argmax", "np.argmin")),
        "tomaste el mínimo de la ventana: es el máximo",
    ),
    Mistake(
        "largest_size",
        (
            (f"X[:, :, {_WINDOW}].max", f"np.abs(X[:, :, {_WINDOW}]).max"),
            ("np.argmax(window)", "np.argmax(np.abs(window))"),
        ),
        "tomaste el mayor valor absoluto: es el máximo, con su signo",
    ),
    Mistake(
        "starts_from_zero",
        (".max(axis=(2, 3)", ".max(axis=(2, 3), initial=0"),
        "donde toda la ventana es negativa salió 0: no empieces a comparar desde 0",
    ),
    Mistake(
        "mixes_channels",
        (".max(axis=(2, 3))", ".max(axis=(1, 2, 3))[:, np.newaxis]"),
        "mezclaste los canales: el máximo se toma en cada canal por separado",
    ),
    Mistake(
        "stride_one",
        ("stride or pool_size", "stride or 1"),
        "sin stride las ventanas no se traslapan: stride vale pool_size",
    ),
    Mistake(
        "stride_is_pool_size",
        ("stride or pool_size", "pool_size"),
        "usaste pool_size como stride aunque la capa recibió otro: usa stride",
    ),
    Mistake(
        "assumes_square_image",
        ("(X.shape[3] - p)", "(X.shape[2] - p)"),
        "usaste el alto de la salida también como ancho: el ancho se calcula con el ancho de la "
        "imagen",
    ),
    Mistake(
        "mixes_corners",
        ("w * s : w * s", "h * s : h * s"),
        "la columna donde empieza la ventana no depende de w: la fila sale de h y la columna, de w",
    ),
    Mistake(
        "rounds_up",
        ("- p) // s", "- p + s - 1) // s"),
        "redondeaste hacia arriba el tamaño de la salida: las ventanas que no caben enteras se "
        "descartan",
    ),
    Mistake(
        "forgets_plus_one",
        ("// s + 1", "// s"),
        "la salida es una fila y una columna más chica: falta el + 1",
    ),
    Mistake(
        "assigns",
        (_WINNER, _WINNER.replace("+=", "=")),
        "en dX asignas donde hay que acumular: con ventanas que se traslapan un píxel puede ser el "
        "máximo de varias (+=)",
    ),
    Mistake(
        "assigns_windows",
        (_WINNER, f"dX[i, c, {_WINDOW}] = 0\n            {_WINNER}"),
        "en dX cada ventana borra lo que dejó la anterior: donde se traslapan hay que acumular (+=)",
    ),
    Mistake(
        "spreads_to_all",
        (_WINNER, f"dX[i, c, {_WINDOW}] += dO[i, c, h, w]"),
        "repartiste el gradiente a toda la ventana: es todo para el píxel que fue el máximo",
    ),
    Mistake(
        "forgets_the_corner",
        ("h * s + row, w * s + column", "row, column"),
        "la fila y la columna del máximo se cuentan dentro de su ventana: súmales dónde empieza",
    ),
    Mistake(
        "forgets_the_remainder",
        (
            "np.zeros(self.X.shape)",
            "np.zeros((*self.X.shape[:2], *((n - 1) * s + p for n in dO.shape[2:])))",
        ),
        "a dX le faltan los bordes que ninguna ventana alcanzó: tiene la forma de X, con 0 allí",
    ),
    Mistake(
        "all_of_a_tie",
        (_WINNER, _WINNERS),
        "en un empate le diste el gradiente entero a cada máximo: torch se lo da solo al primero "
        "(np.argmax)",
    ),
    Mistake(
        "shares_ties",
        (_WINNER, f"{_WINNERS} / np.sum(window == window.max())"),
        "en un empate repartiste el gradiente: torch se lo da todo al primero (np.argmax)",
    ),
    Mistake(
        "last_of_a_tie",
        ("np.argmax(window)", "p * p - 1 - np.argmax(window[::-1, ::-1])"),
        "en un empate gana el primero de la ventana, no el último",
    ),
    Mistake(
        "swaps_corners",
        (_WINDOW, "w * s : w * s + p, h * s : h * s + p"),
        SWAPPED_AXES,
    ),
    Mistake(
        "steps_of_pool_size",
        (_WINDOW, "h * p : h * p + p, w * p : w * p + p"),
        "si el error habla de un array vacío: tus ventanas se salen de la imagen porque avanzan "
        "pool_size, y avanzan stride",
    ),
    Mistake(
        "window_of_stride",
        (_WINDOW, "h * s : h * s + s, w * s : w * s + s"),
        "la ventana mide stride por lado: stride es cuánto avanza, y mide pool_size",
    ),
    Mistake(
        "last_image_only",
        ("        return O\n", "        O[:-1] = 0\n        return O\n"),
        "solo quedó la última imagen del lote: O se crea una vez, antes de recorrer las imágenes",
    ),
    Mistake(
        "first_image_only",
        ("        return O\n", "        O[1:] = 0\n        return O\n"),
        "solo se calculó la primera imagen del lote",
    ),
    Mistake(
        "loops_one_short",
        (("range(n_H)", "range(n_H - 1)"), ("range(n_W)", "range(n_W - 1)")),
        "faltan la última fila y la última columna de la salida: range(n) ya termina en n - 1",
    ),
    Mistake(
        "spreads_evenly",
        (_WINNER, f"dX[i, c, {_WINDOW}] += dO[i, c, h, w] / p**2"),
        LIKE_AN_AVERAGE,
        LIKE_AN_AVERAGE,
    ),
    Mistake(
        "passes_the_maximum",
        (_WINNER, "dX[i, c, h * s + row, w * s + column] += window[row, column]"),
        "en el lugar del máximo pusiste el propio máximo: ahí va el gradiente que llegó, dO",
    ),
    Mistake(
        "forgets_dO",
        (_WINNER, "dX[i, c, h * s + row, w * s + column] += 1"),
        "marcaste con un 1 dónde estaba cada máximo: falta multiplicar por el gradiente que llegó, dO",
    ),
    Mistake(
        "swaps_row_and_column",
        ("row, column = np", "column, row = np"),
        "dentro de la ventana cambiaste la fila y la columna del máximo: np.unravel_index da primero la "
        "fila",
    ),
    Mistake(
        "same_place_in_all_channels",
        ("np.argmax(window)", f"np.argmax(self.X[i, 0, {_WINDOW}])"),
        "buscaste el máximo solo en el canal 0: cada canal tiene el suyo, en su propio lugar",
    ),
    Mistake(
        "same_place_in_all_images",
        ("np.argmax(window)", f"np.argmax(self.X[0, c, {_WINDOW}])"),
        "buscaste el máximo siempre en la imagen 0: cada imagen tiene el suyo",
    ),
    Mistake(
        "starts_dX_from_input",
        ("np.zeros(self.X.shape)", "self.X.copy()"),
        "dX comenzó con los valores de la imagen: comienza en ceros, y ahí se acumula",
    ),
    *_about_state("MaxPool2D", "X", "X"),
    Mistake(
        "options_in_the_class",
        (("self.pool_size", "MaxPool2D.pool_size"), ("self.stride", "MaxPool2D.stride")),
        IN_THE_CLASS,
    ),
    Mistake(
        "accumulates_over_calls",
        (
            "np.zeros(self.X.shape)",
            'getattr(self, "dX", np.zeros(self.X.shape))\n        self.dX = dX',
        ),
        f"dX {ACCUMULATES}",
    ),
)

MAX_POOL2D = Exercise(
    name="MaxPool2D",
    parameters=("X", "pool_size", "stride", "dO", "reused"),
    outputs=(Output("O", IMAGE_AXES), Output("dX", IMAGE_AXES)),
    groups={
        "forward": _pool_group("forward", _pool_apart, ("O",)),
        "backward": _pool_group("backward", _pool_apart, ("dX",)),
        "stride": _pool_group(
            "stride distinto de pool_size (ventanas que se traslapan)", _pool_overlapping
        ),
        "remainder": _pool_group("stride que no divide exacto", _pool_remainder),
        "ties": _pool_group(
            "empates en la ventana",
            lambda rng: [_draw_pool(rng, between(rng, 2, 3), (2, 3)) for _ in range(2)],
            values=2,
        ),
        "combined": _pool_group(
            "todo junto (stride, resto, empates, imágenes no cuadradas; también una sola)",
            _pool_combined,
            values=4,
        ),
        "reuse": _pool_group(REUSED, _pool_apart, ("dX",), reused=True),
    },
    reference=lambda X, pool_size, stride, dO, _reused=False: _layer(
        lambda x: F.max_pool2d(x, pool_size, stride), X, dO
    ),
    mistakes=_MAX_POOL2D_MISTAKES,
    driver="pool",
)

# ------------------------------------------------------------------------------------------ Linear


def _linear_group(title: str, *outputs: str, reused: bool = False) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for m, n_in, n_out in (
            rng.choice(range(2, 7), 3, replace=False).tolist(),
            rng.choice(range(2, 20), 3, replace=False).tolist(),
            (1, between(rng, 2, 4), between(rng, 5, 7)),
        ):
            X, weight = rng.standard_normal((m, n_in)), rng.standard_normal((n_out, n_in))
            bias = rng.standard_normal(n_out)
            dO = rng.standard_normal((m, n_out)) if "dX" in outputs else None
            args = (X, weight, bias, dO)
            yield Case((*args, True) if reused else args, f"X {X.shape}, {n_out} salidas")

    return Group(title, make, outputs=outputs)


def _linear(
    X: Array,
    weight: Array,
    bias: Array,
    dO: Array | None,
    _reused: bool = False,  # noqa: FBT001, FBT002 - a case's arguments
) -> tuple[Array | None, ...]:
    x, w, b = map(leaf, (X, weight, bias))
    output = F.linear(x, w, b)
    found = (None, None, None) if dO is None else gradients(output, [w, b, x], dO)
    return (weight, bias, output.detach().numpy(), *found)


_LINEAR_MISTAKES = (
    Mistake("forgets_bias", (" + self.bias", ""), "falta sumar el bias"),
    Mistake(
        "one_column_per_image",
        ("X @ self.weight.T + self.bias", "(X @ self.weight.T + self.bias).T"),
        "la salida lleva una fila por imagen: (m, out_features)",
    ),
    Mistake(
        "weight_as_in_by_out",
        (
            (
                "weight_initializer((out_features, in_features))",
                "weight_initializer((in_features, out_features))",
            ),
            ("X @ self.weight.T", "X @ self.weight"),
            ("dO.T @ self.X", "self.X.T @ dO"),
            ("dO @ self.weight", "dO @ self.weight.T"),
        ),
        "weight es (out_features, in_features), como en torch, y la salida es X @ weight.T + bias",
    ),
    Mistake(
        "transposes_dW",
        ("dO.T @ self.X", "self.X.T @ dO"),
        "dW quedó transpuesta: tiene la forma de weight, y es dO.T @ X",
    ),
    Mistake(
        "divides_by_m",
        ("return dW, db, dX", "return dW / len(dO), db / len(dO), dX"),
        "dividiste entre m: backward suma sobre el lote",
    ),
    Mistake(
        "averages_db",
        ("dO.sum(", "dO.mean("),
        "promediaste dO para db: el gradiente del bias es la suma",
    ),
    Mistake(
        "forgets_db_sum",
        ("dO.sum(axis=0)", "dO"),
        "a db le falta sumar sobre el lote: dO.sum(axis=0)",
    ),
    Mistake(
        "sums_db_over_the_outputs",
        ("dO.sum(axis=0)", "dO.sum(axis=1)"),
        "sumaste dO sobre las salidas y quedó un db por imagen: se suma sobre el lote, axis=0",
    ),
    Mistake(
        "keeps_db_axis",
        ("dO.sum(axis=0)", "dO.sum(axis=0, keepdims=True)"),
        "db quedó con un eje de más: tiene la forma de bias, (out_features,)",
    ),
    Mistake(
        "dX_first",
        ("return dW, db, dX", "return dX, dW, db"),
        "primero van los gradientes de los parámetros, dW y db, y al final dX",
    ),
    Mistake(
        "forgets_to_transpose_weight",
        ("X @ self.weight.T", "X @ self.weight"),
        "si el error habla de formas: weight es (out_features, in_features), así que en forward hay que "
        "transponerla",
        PRODUCTS_CLASH,
    ),
    Mistake(
        "transposes_weight_in_dX",
        ("dO @ self.weight", "dO @ self.weight.T"),
        "si el error habla de formas: dO es (m, out_features) y weight, (out_features, "
        "in_features), así que en dX va sin transponer",
        PRODUCTS_CLASH,
    ),
    Mistake(
        "subtracts_bias",
        (" + self.bias", " - self.bias"),
        "el bias se suma, no se resta",
    ),
    Mistake(
        "sums_all_of_db",
        ("dO.sum(axis=0)", "dO.sum()"),
        "db quedó en un solo número: hay un bias por salida, así que se suma solo sobre el lote",
    ),
    Mistake(
        "db_of_ones",
        ("dO.sum(axis=0)", "np.ones_like(self.bias)"),
        "db quedó en unos: por la regla de la cadena, lo que se suma es dO",
    ),
    Mistake(
        "divides_all_by_m",
        ("return dW, db, dX", "return dW / len(dO), db / len(dO), dX / len(dO)"),
        "dividiste los gradientes entre m, también dX: backward suma sobre el lote",
    ),
    Mistake(
        "first_image_only",
        ("dO.T @ self.X", "dO[:1].T @ self.X[:1]"),
        "dW solo cuenta la primera imagen: se suma sobre todo el lote",
    ),
    *_about_state("Linear", "X", "X"),
    Mistake(
        "weights_in_the_class",
        (("self.weight", "Linear.weight"), ("self.bias", "Linear.bias")),
        IN_THE_CLASS,
    ),
    Mistake(
        "accumulates_over_calls",
        (
            "dW = dO.T @ self.X",
            'dW = dO.T @ self.X + getattr(self, "dW", 0)\n        self.dW = dW',
        ),
        f"dW {ACCUMULATES}",
    ),
    Mistake(
        "ignores_initializers",
        (
            "weight_initializer((out_features, in_features))",
            "np.ones((out_features, in_features)) / in_features",
        ),
        "self.weight no salió de weight_initializer: llámalo con la forma de weight",
    ),
)

LINEAR = Exercise(
    name="Linear",
    parameters=("X", "weight", "bias", "dO", "reused"),
    outputs=(
        Output("weight", ("salida", "entrada")),
        Output("bias", ("salida",)),
        Output("O", ("imagen del lote", "salida")),
        Output("dW", ("salida", "entrada")),
        Output("db", ("salida",)),
        Output("dX", ("imagen del lote", "entrada")),
    ),
    groups={
        "forward": _linear_group("forward", "O"),
        "parameters": _linear_group("weight y bias salen de los inicializadores", "weight", "bias"),
        "backward": _linear_group("backward", "dW", "db", "dX"),
        "reuse": _linear_group(REUSED, "weight", "bias", "dW", "db", "dX", reused=True),
    },
    reference=_linear,
    mistakes=_LINEAR_MISTAKES,
    driver="linear",
)

# -------------------------------------------------------------------------------------- Sequential

_TOYS: dict[str, Callable[..., torch.Tensor]] = {
    "scale": torch.mul,
    "shift": torch.add,
    "cube": lambda x: x**3,
    "sine": torch.sin,
    "sum": lambda x: x.cumsum(1),
}


def _sequential_group(
    title: str,
    kinds: tuple[str, ...],
    outputs: tuple[str, ...],
    *,
    more: tuple[str, ...],
    reused: bool = False,
) -> Group:
    """Make a group of stacks of these layers and up to two of `more`, in any order."""

    def make(rng: Generator) -> Iterator[Case]:
        for _ in range(2):
            m, n = between(rng, 1, 6), between(rng, 3, 7)
            added = rng.choice(more, between(rng, 0, 2)).tolist()
            stack = rng.permutation([*kinds, *added]).tolist()
            if stack == stack[::-1]:  # the other way round there is no difference
                stack.sort()
            layers = tuple(
                (kind, rng.standard_normal(n)) if kind in ("scale", "shift") else (kind,)
                for kind in stack
            )
            dO = None if outputs == ("O",) else rng.standard_normal((m, n))
            X = rng.standard_normal((m, n))
            args = (X, layers, dO)
            yield Case((*args, True) if reused else args, f"las capas {' → '.join(stack)}")

    return Group(title, make, outputs=outputs)


def _sequential(
    X: Array,
    layers: tuple[tuple[Any, ...], ...],
    dO: Array | None,
    _reused: bool = False,  # noqa: FBT001, FBT002 - a case's arguments
) -> tuple[Any, ...]:
    """Return the output of the toy layers, the gradients of each one's parameters, and dX."""
    x = leaf(X)
    leaves = [[leaf(array) for array in arrays] for _, *arrays in layers]
    output = x
    for (kind, *_), theirs in zip(layers, leaves, strict=True):
        output = _TOYS[kind](output, *theirs)
    if dO is None:
        return output.detach().numpy(), None, None
    *flat, dX = gradients(output, [*(one for theirs in leaves for one in theirs), x], dO)
    rest = iter(flat)
    return output.detach().numpy(), [tuple(next(rest) for _ in theirs) for theirs in leaves], dX


_SEQUENTIAL_MISTAKES = (
    Mistake(
        "forward_from_the_end",
        ("in self.layers:", "in reversed(self.layers):"),
        "forward recorre las capas en su orden, desde la primera",
    ),
    Mistake(
        "skips_the_last",
        (("in self.layers:", "in self.layers[:-1]:"), ("(self.layers):", "(self.layers[:-1]):")),
        "falta la última capa: recórrelas todas",
    ),
    Mistake(
        "feeds_every_layer_X",
        ("layer.forward(O)", "layer.forward(X)"),
        "cada capa recibe la salida de la anterior, no la X del comienzo",
    ),
    Mistake(
        "backward_from_the_start",
        (("reversed(self.layers)", "self.layers"), ("        gradients.reverse()\n", "")),
        "backward recorre las capas al revés: el gradiente llega por la última",
    ),
    Mistake(
        "feeds_every_layer_dO",
        ("layer.backward(dX)", "layer.backward(dO)"),
        "cada capa recibe el dX que devolvió la que le sigue, no el dO del comienzo",
    ),
    Mistake(
        "gradients_from_the_end",
        ("        gradients.reverse()\n", ""),
        "gradients quedó de atrás hacia adelante: va en el orden de las capas",
    ),
    Mistake(
        "keeps_dX_with_the_parameters",
        ("tuple(parts)", "(*parts, dX)"),
        "en gradients van solo los parámetros: saca de la tupla el último, que es dX",
    ),
    Mistake(
        "only_layers_with_parameters",
        ("gradients.append(tuple(parts))", "gradients += [tuple(parts)] if parts else []"),
        "gradients tiene una entrada por capa: a la que no tiene parámetros le toca ()",
    ),
    Mistake(
        "one_flat_list",
        (
            "gradients.reverse()",
            "gradients = [array for parts in reversed(gradients) for array in parts]",
        ),
        "gradients es una lista de tuplas, una por capa, no una lista de arrays",
    ),
    Mistake(
        "dX_first",
        ("return gradients, dX", "return dX, gradients"),
        "devolviste (dX, gradients): es (gradients, dX)",
    ),
    Mistake(
        "returns_dX_alone",
        ("return gradients, dX", "return dX"),
        "backward devuelve dos cosas: (gradients, dX)",
    ),
    Mistake(
        "first_layer_only",
        (
            (
                "            O = layer.forward(O)\n",
                "            O = layer.forward(O)\n            break\n",
            ),
        ),
        "forward terminó después de la primera capa: mira con qué sangría quedó return",
    ),
    Mistake(
        "skips_the_first_in_backward",
        ("reversed(self.layers)", "reversed(self.layers[1:])"),
        "backward no llegó a la primera capa: el gradiente también pasa por ella",
    ),
    Mistake(
        "keeps_the_last_gradients",
        ("gradients.append(tuple(parts))", "gradients = [tuple(parts)]"),
        "en gradients quedó una sola capa: la lista se crea una vez, antes de recorrerlas",
    ),
    Mistake(
        "returns_dO",
        ("return gradients, dX", "return gradients, dO"),
        "devolviste el gradiente con el que empezó backward: es el que dejó la primera capa",
    ),
    Mistake(
        "accumulates_over_calls",
        (
            "        gradients.reverse()\n",
            '        gradients = self.all = [*gradients[::-1], *getattr(self, "all", [])]\n',
        ),
        f"gradients {ACCUMULATES}",
    ),
)

SEQUENTIAL = Exercise(
    name="Sequential",
    parameters=("X", "layers", "dO", "reused"),
    outputs=(Output("O"), Output("gradients"), Output("dX")),
    groups={
        "forward": _sequential_group(
            "forward", ("scale", "sine", "shift", "cube"), ("O",), more=("sum", "sine")
        ),
        "backward": _sequential_group(
            "backward, capas sin parámetros", ("sine", "cube", "sum"), ("dX",), more=("sine", "sum")
        ),
        "parameters": _sequential_group(
            "backward, capas con parámetros",
            ("scale", "sine", "shift", "scale"),
            ("gradients", "dX"),
            more=("sum", "shift"),
        ),
        "reuse": _sequential_group(
            "el mismo Sequential usado dos veces, y otro entre medio",
            ("scale", "sine", "shift"),
            ("gradients", "dX"),
            more=("sum", "cube"),
            reused=True,
        ),
    },
    reference=_sequential,
    mistakes=_SEQUENTIAL_MISTAKES,
    driver="sequential",
)

# -------------------------------------------------------------------------------------- conv_block


def _block_basic(rng: Generator) -> list[Size]:
    return [draw_size(rng, 3, (3, 3)), draw_size(rng, between(rng, 2, 4), (4, 6))]


def _block_combined(rng: Generator) -> list[Size]:
    """Draw blocks in which each option counts by itself, and one where all do."""
    more = [either(rng, between(rng, 1, 3)) for _ in range(4)]
    return [
        draw_size(rng, (3, 2), (2, 3), stride=2, more=more[0]),
        draw_size(rng, (2, 4), (3, 5), padding=between(rng, 1, 2), more=more[1]),
        draw_size(rng, (4, 3), (3, 5), padding="same", more=more[2]),
        draw_size(rng, (2, 3), (2, 3), stride=2, padding=1, rest=1, more=more[3]),
        alone(draw_size(rng, (1, 2), (2, 4))),
    ]


def _block_group(
    title: str, draw: Callable[[Generator], list[Size]], outputs: tuple[str, ...] = ()
) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for size in draw(rng):
            X, kernel, bias, options = parameters(rng, size)
            dO = None if outputs == ("O",) else rng.standard_normal(size.output())
            options = {key: options[key] for key in ("stride", "padding")}
            yield Case((X, kernel, bias, options, dO), size.note())

    return Group(title, make, outputs=outputs)


def _conv_block(
    X: Array, kernel: Array, bias: Array, options: dict[str, Any], dO: Array | None
) -> tuple[Any, ...]:
    leaves = [leaf(array) for array in (kernel, bias, X)]
    output = torch.relu(conv(leaves[2], leaves[0], leaves[1], options))
    if dO is None:
        return output.detach().numpy(), None, None
    dF, db, dX = gradients(output, leaves, dO)
    return output.detach().numpy(), [(dF,), (db,), ()], dX


_BIAS_AND_RELU = "        Bias(bias),\n        ReLU(),\n"
_OWN_BIAS = "            bias=False,\n"

_CONV_BLOCK_MISTAKES = (
    Mistake(
        "forgets_relu", ("        ReLU(),\n", ""), "falta la activación: después de Bias va ReLU"
    ),
    Mistake("forgets_bias", ("        Bias(bias),\n", ""), "falta la capa Bias después de Conv2D"),
    Mistake(
        "relu_before_bias",
        (_BIAS_AND_RELU, "        ReLU(),\n        Bias(bias),\n"),
        "la activación va al final: primero se suma el bias",
    ),
    Mistake(
        "bias_before_conv",
        (("        Bias(bias),\n", ""), ("Sequential(\n", "Sequential(\n        Bias(bias),\n")),
        "si el error habla de broadcast: Bias va después de Conv2D, porque tiene un número por filtro",
    ),
    Mistake(
        "bias_twice",
        (_OWN_BIAS, "            bias_initializer=constant(bias),\n"),
        "el bias se sumó dos veces: Conv2D va con bias=False, y de sumarlo se encarga Bias",
    ),
    Mistake(
        "conv_keeps_a_bias",
        (_OWN_BIAS, ""),
        "Conv2D también tiene un bias, que vale 0 y devuelve su propio db: constrúyela con bias=False",
    ),
    Mistake(
        "bias_inside_conv",
        (
            (_OWN_BIAS, "            bias_initializer=constant(bias),\n"),
            ("        Bias(bias),\n", ""),
        ),
        "calculaste lo mismo con dos capas: se piden tres, con el bias en la suya",
    ),
    Mistake(
        "kernel_of_its_own",
        ("            kernel_initializer=constant(kernel),\n", ""),
        "Conv2D comenzó con pesos al azar: dale kernel con kernel_initializer",
    ),
    Mistake(
        "ignores_stride", ("            stride=stride,\n", ""), "no le pasaste stride a Conv2D"
    ),
    Mistake(
        "ignores_padding", ("            padding=padding,\n", ""), "no le pasaste padding a Conv2D"
    ),
    Mistake(
        "square_kernel",
        ("(kH, kW),\n", "kH,\n"),
        "si el error habla de broadcast: el filtro no siempre es cuadrado, y kernel_size puede ser un "
        "par (kH, kW)",
    ),
)

CONV_BLOCK = Exercise(
    name="conv_block",
    parameters=("X", "kernel", "bias", "options", "dO"),
    outputs=(Output("O", IMAGE_AXES), Output("gradients"), Output("dX", IMAGE_AXES)),
    groups={
        "forward": _block_group("forward", _block_basic, ("O",)),
        "backward": _block_group("backward", _block_basic, ("gradients", "dX")),
        "combined": _block_group(
            "todo junto (stride, padding, filtros e imágenes no cuadrados)", _block_combined
        ),
    },
    reference=_conv_block,
    mistakes=_CONV_BLOCK_MISTAKES,
    helpers=("Conv2D", "Conv2D_backward", "Bias", "ReLU", "Sequential"),
    driver="block",
)

# --------------------------------------------------------------------------------------- build_cnn


def _cnn_basic(rng: Generator) -> list[tuple[Size, int]]:
    return [(draw_size(rng, 3, (3, 3)), 2), (draw_size(rng, between(rng, 2, 4), (5, 7)), 2)]


def _cnn_options(rng: Generator) -> list[tuple[Size, int]]:
    return [
        (draw_size(rng, 3, (3, 5), stride=2), 2),
        (draw_size(rng, 3, (4, 7), padding=1), 2),
        (draw_size(rng, 3, (5, 6)), 3),
    ]


def _cnn_combined(rng: Generator) -> list[tuple[Size, int]]:
    """Draw networks in which each option counts by itself, and one where all do."""
    more = [either(rng, between(rng, 2, 4)) for _ in range(4)]
    return [
        (draw_size(rng, (3, 2), (3, 4), stride=2, more=more[0]), 2),
        (draw_size(rng, (2, 4), (4, 6), padding=between(rng, 1, 2), more=more[1]), 2),
        (draw_size(rng, (4, 3), (4, 6), padding="same", more=more[2]), 3),
        (draw_size(rng, (2, 3), (3, 4), stride=2, padding=1, rest=1, more=more[3]), 3),
        (alone(draw_size(rng, (1, 2), (3, 5))), 1),
    ]


def _cnn_group(
    title: str, draw: Callable[[Generator], list[tuple[Size, int]]], outputs: tuple[str, ...] = ()
) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for size, pool_size in draw(rng):
            X, kernel, kernel_bias, options = parameters(rng, size)
            kernel_bias -= np.sqrt(kernel[0].size)  # so that some of the maxima are below 0
            m, filters, *image = size.output()
            classes, features = (
                between(rng, 2, 5),
                filters * np.prod([n // pool_size for n in image]),
            )
            weight = rng.standard_normal((classes, features))
            weight_bias = rng.standard_normal(classes)
            dO = None if outputs == ("O",) else rng.standard_normal((m, classes))
            options = {key: options[key] for key in ("stride", "padding")} | {
                "pool_size": pool_size
            }
            note = f"{size.note()}, pool_size={pool_size}"
            yield Case((X, kernel, kernel_bias, weight, weight_bias, options, dO), note)

    return Group(title, make, outputs=outputs)


def _build_cnn(
    X: Array,
    kernel: Array,
    kernel_bias: Array,
    weight: Array,
    weight_bias: Array,
    options: dict[str, Any],
    dO: Array | None,
) -> tuple[Any, ...]:
    leaves = [leaf(array) for array in (kernel, kernel_bias, weight, weight_bias, X)]
    k, kb, w, wb, x = leaves
    pooled = F.max_pool2d(torch.relu(conv(x, k, kb, options)), options["pool_size"])
    output = F.linear(pooled.flatten(1), w, wb)
    found = (None,) * 5 if dO is None else gradients(output, leaves, dO)
    return (output.detach().numpy(), *found)


_AVERAGE_POOL = """class AveragePool(MaxPool2D):
    def forward(self, X):
        O, p = super().forward(X), self.pool_size
        for h, w in np.ndindex(*O.shape[2:]):
            O[:, :, h, w] = X[:, :, h * p : h * p + p, w * p : w * p + p].mean(axis=(2, 3))
        return O


def build_cnn("""
_LAST = "            bias_initializer=constant(weight_bias),\n        ),\n"

_BUILD_CNN_MISTAKES = (
    Mistake("forgets_relu", ("        ReLU(),\n", ""), "falta la ReLU después de Conv2D"),
    Mistake(
        "relu_before_conv",
        (("        ReLU(),\n", ""), ("Sequential(\n", "Sequential(\n        ReLU(),\n")),
        "la ReLU va después de Conv2D, no antes",
    ),
    Mistake(
        "relu_at_the_end",
        (_LAST, f"{_LAST}        ReLU(),\n"),
        "sobra una ReLU al final: la salida de Linear son los puntajes y pueden ser negativos",
    ),
    Mistake(
        "average_pooling",
        (("        MaxPool2D(", "        AveragePool("), ("def build_cnn(", _AVERAGE_POOL)),
        "el pooling es de máximo: usa tu MaxPool2D",
    ),
    Mistake(
        "forgets_flatten",
        ("        Flatten(),\n", ""),
        "falta Flatten: Linear recibe una fila por imagen, no un mapa",
        LINEAR_GETS_ANOTHER_SIZE,
    ),
    Mistake(
        "ignores_stride",
        ("            stride=stride,\n", ""),
        "no le pasaste stride a Conv2D",
        LINEAR_GETS_ANOTHER_SIZE,
    ),
    Mistake(
        "ignores_padding",
        ("            padding=padding,\n", ""),
        "no le pasaste padding a Conv2D",
        LINEAR_GETS_ANOTHER_SIZE,
    ),
    Mistake(
        "fixed_pool_size",
        ("MaxPool2D(pool_size)", "MaxPool2D(2)"),
        "no le pasaste pool_size a MaxPool2D",
    ),
    Mistake(
        "forgets_kernel_bias",
        ("            bias_initializer=constant(kernel_bias),\n", ""),
        "no le diste kernel_bias a Conv2D: pásalo con bias_initializer",
    ),
    Mistake(
        "forgets_weight_bias",
        ("            bias_initializer=constant(weight_bias),\n", ""),
        "no le diste weight_bias a Linear: pásalo con bias_initializer",
    ),
    Mistake(
        "swaps_channels",
        (
            "            in_channels,\n            filters,\n",
            "            filters,\n            in_channels,\n",
        ),
        "si el error habla de formas al construir: Conv2D recibe primero in_channels y después filters, "
        "al revés que la forma de kernel",
    ),
    Mistake(
        "pools_with_the_stride",
        ("MaxPool2D(pool_size)", "MaxPool2D(pool_size, stride=stride)"),
        "stride es el de la convolución: el pooling se queda con el suyo, que vale pool_size",
        LINEAR_GETS_ANOTHER_SIZE,
    ),
)

BUILD_CNN = Exercise(
    name="build_cnn",
    parameters=("X", "kernel", "kernel_bias", "weight", "weight_bias", "options", "dO"),
    outputs=(
        Output("O", ("imagen del lote", "clase")),
        Output("dF", KERNEL_AXES),
        Output("db", ("filtro",)),
        Output("dW", ("clase", "entrada")),
        Output("dc", ("clase",)),
        Output("dX", IMAGE_AXES),
    ),
    groups={
        "forward": _cnn_group("forward", _cnn_basic, ("O",)),
        "backward": _cnn_group("backward", _cnn_basic),
        "options": _cnn_group("otros stride, padding y pool_size", _cnn_options, ("O", "dX")),
        "combined": _cnn_group(
            "todo junto (stride, padding, pool_size, filtros e imágenes no cuadrados)",
            _cnn_combined,
        ),
    },
    reference=_build_cnn,
    mistakes=_BUILD_CNN_MISTAKES,
    helpers=("Conv2D", "Conv2D_backward", "ReLU", "MaxPool2D", "Flatten", "Linear", "Sequential"),
    driver="cnn",
)
