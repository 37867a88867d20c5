"""resolve_padding, Conv2D, dilate and Conv2D's backward."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
import torch.nn.functional as F

from grader.exercise import Case, Exercise, Group, Mistake, Output

from ..tools import between, single, strided, tensor
from .drivers import EXPLAINED, NO_ERROR, NOTHING, WITHOUT_BIAS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.random import Generator

    from ..tools import Array

IMAGE_AXES = ("imagen del lote", "canal", "alto", "ancho")
OUTPUT_AXES = ("imagen del lote", "filtro", "alto", "ancho")
KERNEL_AXES = ("filtro", "canal de entrada", "fila del filtro", "columna del filtro")

Sides = tuple[int, int]


def leaf(array: Array) -> torch.Tensor:
    """Return `array` as a tensor that gradients are taken of."""
    return tensor(array).requires_grad_()


def gradients(output: torch.Tensor, leaves: Sequence[torch.Tensor], dO: Array) -> tuple[Array, ...]:
    """Return the gradients of sum(dO * output) by the leaves."""
    return tuple(gradient.numpy() for gradient in torch.autograd.grad(output, leaves, tensor(dO)))


def either(rng: Generator, pixels: int) -> Sides:
    """Return `pixels` for one side and none for the other."""
    return (pixels, 0) if between(rng, 0, 1) else (0, pixels)


# --------------------------------------------------------------------------------- resolve_padding


def _padding_case(padding: str | int, kernel_size: Sides, stride: int, *, errors: bool) -> Case:
    note = f"padding={padding!r}, kernel_size={kernel_size}, stride={stride}"
    return Case((padding, kernel_size, stride, errors), note)


def _paddings(
    draw: Callable[[Generator], Iterator[tuple[str | int, Sides, int]]], *, errors: bool = False
) -> Callable[[Generator], Iterator[Case]]:
    def make(rng: Generator) -> Iterator[Case]:
        for arguments in draw(rng):
            yield _padding_case(*arguments, errors=errors)

    return make


def _kernel(rng: Generator) -> Sides:
    return between(rng, 1, 30), between(rng, 1, 30)


def _odd(rng: Generator) -> int:
    return 2 * between(rng, 1, 14) + 1


def _even(rng: Generator) -> int:
    return 2 * between(rng, 1, 15)


def _words(rng: Generator) -> tuple[str, str]:
    """Draw two words that are no padding: one in other letters, as other libraries write it, and any."""
    made_up = "".join(rng.choice(list("abcdeilmnorsuv"), between(rng, 4, 8)))
    other_letters = str(rng.choice(["SAME", "VALID", "Same", "Valid"]))
    return other_letters, str(rng.choice(["full", "reflect", "zeros", "igual", made_up, made_up]))


Drawn = tuple[str | int, Sides, int]


def _padding_basic(rng: Generator) -> Iterator[Drawn]:
    yield "valid", _kernel(rng), between(rng, 1, 9)
    for stride in (1, between(rng, 2, 9)):
        yield between(rng, 1, 40), _kernel(rng), stride


def _padding_same(rng: Generator) -> Iterator[Drawn]:
    for k in (_odd(rng), _odd(rng), 1):
        yield "same", (k, k), 1


def _padding_even(rng: Generator) -> Iterator[Drawn]:
    for k in (2, _even(rng), _even(rng)):
        yield "same", (k, k), 1


def _padding_rectangular(rng: Generator) -> Iterator[Drawn]:
    k = _odd(rng)
    yield "same", (k, k + 2 * between(rng, 1, 5)), 1
    k = _odd(rng)
    yield "same", (k + 2 * between(rng, 1, 5), k), 1


def _padding_errors(rng: Generator) -> Iterator[Drawn]:
    yield "same", _kernel(rng), between(rng, 2, 9)
    for word in _words(rng):
        yield word, _kernel(rng), 1
    # Who refuses everything passes those.
    yield "same", _kernel(rng), 1
    yield between(rng, 1, 40), _kernel(rng), between(rng, 2, 9)
    yield "valid", _kernel(rng), between(rng, 2, 9)


def _padding_combined(rng: Generator) -> Iterator[Drawn]:
    yield "same", (_even(rng), _odd(rng)), 1
    yield "same", (_odd(rng), _even(rng)), 1
    yield from _padding_errors(rng)


def _refusal(padding: str | int, kernel_size: int | Sides, stride: int) -> str:
    """Return how torch's own layer answers to these arguments."""
    try:
        torch.nn.Conv2d(1, 1, kernel_size, stride=stride, padding=padding, device="meta")
    except ValueError:
        return EXPLAINED
    return NO_ERROR


def conv(
    X: torch.Tensor, kernel: torch.Tensor, bias: torch.Tensor | None, options: dict[str, Any]
) -> torch.Tensor:
    """Return torch's convolution of X."""
    with warnings.catch_warnings():
        # Torch warns that an even kernel with "same" needs a copy; that is what the lab is about.
        warnings.simplefilter("ignore", UserWarning)
        return F.conv2d(X, kernel, bias, stride=options["stride"], padding=options["padding"])


def _resolve_padding(
    padding: str | int,
    kernel_size: Sides,
    stride: int,
    errors: bool,  # noqa: ARG001, FBT001 - a case's arguments
) -> tuple[tuple[Sides, ...] | None, str]:
    """Return ((top, bottom), (left, right)) as torch's own output shows them, and any error.

    A kernel that copies its first pixel shifts a column by the padding that comes before it; the
    output's size tells what comes after.
    """
    error = _refusal(padding, kernel_size, stride)
    if error != NO_ERROR:
        return None, error
    n = 32
    pads = []
    for k in kernel_size:
        kernel = torch.zeros((1, 1, k, 1), dtype=torch.float64)
        kernel[0, 0, 0, 0] = 1
        column = torch.ones((1, 1, n, 1), dtype=torch.float64)
        options = {"stride": 1, "padding": padding}
        shifted = conv(column, kernel, None, options)[0, 0].amax(dim=1)
        before = int(shifted.argmax())
        pads.append((before, len(shifted) + k - 1 - n - before))
    return tuple(pads), error


_SAME_PADS = "((kH - 1) // 2, kH // 2), ((kW - 1) // 2, kW // 2)"
_INTEGER_PADS = "(padding, padding), (padding, padding)"

OF_EACH_SIDE = "un entero es cuántos ceros van a cada lado, y no en total"

_RESOLVE_PADDING_MISTAKES = (
    Mistake(
        "same_pads_nothing",
        (_SAME_PADS, "(0, 0), (0, 0)"),
        'con "same" no agregaste ningún cero: hacen falta k - 1 por eje para que la salida mida lo '
        "mismo que la entrada",
    ),
    Mistake(
        "extra_at_the_start",
        (_SAME_PADS, "(kH // 2, (kH - 1) // 2), (kW // 2, (kW - 1) // 2)"),
        "con un filtro par sobra una fila y una columna de ceros: torch la pone al final (abajo "
        "y a la derecha), y tú al comienzo",
    ),
    Mistake(
        "drops_the_extra",
        (_SAME_PADS, "((kH - 1) // 2, (kH - 1) // 2), ((kW - 1) // 2, (kW - 1) // 2)"),
        "con un filtro par k - 1 es impar: pusiste (k - 1) // 2 de cada lado y falta un cero. Al "
        "final va lo que queda, k - 1 - (k - 1) // 2",
    ),
    Mistake(
        "rounds_up_both",
        (_SAME_PADS, "(kH // 2, kH // 2), (kW // 2, kW // 2)"),
        "pusiste k // 2 de cada lado: con un filtro par son k ceros, y la salida crece en uno. "
        "En total son k - 1",
    ),
    Mistake(
        "pads_the_total_on_each_side",
        (_SAME_PADS, "(kH - 1, kH - 1), (kW - 1, kW - 1)"),
        "pusiste k - 1 ceros de cada lado: k - 1 es el total, que se reparte entre los dos",
    ),
    Mistake(
        "height_for_both",
        ("kH, kW = kernel_size", "kH = kW = kernel_size[0]"),
        "usaste el alto del filtro para los dos ejes: izquierda y derecha dependen de kW",
    ),
    Mistake(
        "swaps_axes",
        ("kH, kW = kernel_size", "kW, kH = kernel_size"),
        "cambiaste los ejes: primero (arriba, abajo), con kH, y luego kW",
    ),
    Mistake(
        "pads_one_side",
        (_INTEGER_PADS, "(0, padding), (0, padding)"),
        "un entero es cuántos ceros van a cada lado: (padding, padding) en los dos ejes",
        OF_EACH_SIDE,
    ),
    Mistake(
        "splits_integer",
        ("(padding, padding)", "(padding // 2, padding - padding // 2)"),
        "repartiste el entero entre los dos lados: padding es lo que va a cada lado, no el total",
        OF_EACH_SIDE,
    ),
    Mistake(
        "returns_flat",
        (
            (_SAME_PADS, "(kH - 1) // 2, kH // 2, (kW - 1) // 2, kW // 2"),
            (_INTEGER_PADS, "padding, padding, padding, padding"),
            ("(0, 0), (0, 0)", "0, 0, 0, 0"),
        ),
        "devolviste los cuatro números juntos: son dos pares, ((arriba, abajo), (izquierda, "
        "derecha))",
    ),
    Mistake(
        "accepts_anything",
        (('if padding != "same"', "if False"), ("if stride != 1", "if False")),
        'falta rechazar lo que no tiene sentido: "same" con un stride distinto de 1, y cualquier '
        "otra palabra, con raise ValueError(...)",
    ),
    Mistake(
        "accepts_same_with_stride",
        ("if stride != 1", "if False"),
        'falta rechazar "same" con un stride distinto de 1, con raise ValueError(...)',
    ),
    Mistake(
        "accepts_other_words",
        ('if padding != "same"', "if False"),
        'falta rechazar las palabras que no son "valid" ni "same", con raise ValueError(...)',
    ),
    Mistake(
        "rejects_every_stride",
        (
            "if isinstance(padding, int)",
            'if stride != 1:\n        raise ValueError("stride")\n    if isinstance(padding, int)',
        ),
        'rechazaste todo stride distinto de 1: solo "same" lo necesita; con "valid" o un entero '
        "cualquiera sirve",
    ),
    Mistake(
        "raises_without_message",
        (
            ('(f\'padding es "valid", "same" o un entero, y llegó {padding!r}\')', ""),
            ("(f'padding=\"same\" necesita stride=1, y llegó stride={stride}')", ""),
        ),
        "el ValueError no dice qué pasó: dale un mensaje que ayude a quien lo lea",
    ),
    Mistake(
        "groups_by_side",
        (_SAME_PADS, "((kH - 1) // 2, (kW - 1) // 2), (kH // 2, kW // 2)"),
        "agrupaste los comienzos en un par y los finales en otro: cada par es de un eje, (arriba, "
        "abajo) y (izquierda, derecha)",
    ),
    Mistake(
        "same_is_one",
        (_SAME_PADS, "(1, 1), (1, 1)"),
        'con "same" pusiste siempre un cero por lado: eso solo conserva el tamaño con un filtro de 3×3; '
        "cuántos son depende de k",
    ),
    Mistake(
        "halves_with_a_slash",
        (_SAME_PADS, "((kH - 1) / 2, (kH - 1) / 2), ((kW - 1) / 2, (kW - 1) / 2)"),
        "la mitad salió como float, y np.pad pide enteros: divide con //",
    ),
    Mistake(
        "valid_is_one",
        ("(0, 0), (0, 0)", "(1, 1), (1, 1)"),
        '"valid" no rellena: son cero ceros por lado',
    ),
)

RESOLVE_PADDING = Exercise(
    name="resolve_padding",
    parameters=("padding", "kernel_size", "stride", "errors"),
    outputs=(Output("pads"), Output("error")),
    compared=("pads",),
    groups={
        "basic": Group('padding "valid" o entero', _paddings(_padding_basic)),
        "same": Group('padding "same", filtro impar', _paddings(_padding_same)),
        "same_even": Group('padding "same", filtro par', _paddings(_padding_even)),
        "rectangular": Group("filtros que no son cuadrados", _paddings(_padding_rectangular)),
        "errors": Group(
            "lo que se rechaza", _paddings(_padding_errors, errors=True), outputs=("error",)
        ),
        "combined": Group(
            "todo junto (las tres maneras, filtros que no son cuadrados y lo que se rechaza)",
            _paddings(_padding_combined, errors=True),
            outputs=("pads", "error"),
        ),
    },
    reference=_resolve_padding,
    mistakes=_RESOLVE_PADDING_MISTAKES,
    driver="resolve",
)

# ------------------------------------------------------------------------- Conv2D and its backward


IN_THE_CLASS = (
    "lo guardaste en la clase, y así todas las capas comparten lo de la última: cada una guarda lo suyo "
    "en self"
)
KEEPS_THE_FIRST = "backward usó la entrada de una llamada anterior: forward guarda cada vez la suya"
ACCUMULATES = "trae además lo de la llamada anterior: cada backward empieza de cero"


class Size(NamedTuple):
    """The sizes of one convolution: images (m, in_channels, height, width) and its options."""

    images: tuple[int, int, int, int]
    filters: int
    kernel_size: int | Sides
    stride: int
    padding: str | int
    bias: bool

    @property
    def kernel(self) -> Sides:
        """The kernel's height and width."""
        size = self.kernel_size
        return (size, size) if isinstance(size, int) else size

    def output(self) -> tuple[int, int, int, int]:
        """The shape of what the layer returns."""
        sides = zip(self.images[2:], self.kernel, strict=True)
        height, width = ((n + _total(self.padding, k) - k) // self.stride + 1 for n, k in sides)
        return self.images[0], self.filters, height, width

    def note(self) -> str:
        """What a student reads of it."""
        bias = "" if self.bias else ", bias=False"
        return (
            f"X {self.images}, filters={self.filters}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}, padding={self.padding!r}{bias}"
        )


def _total(padding: str | int, k: int) -> int:
    """Return how many zeros a padding adds along an axis."""
    return 2 * padding if isinstance(padding, int) else k - 1 if padding == "same" else 0


def draw_size(
    rng: Generator,
    kernel_size: int | Sides,
    steps: Sides,
    *,
    stride: int = 1,
    padding: str | int = "valid",
    bias: bool = True,
    rest: int = 0,
    more: Sides = (0, 0),
) -> Size:
    """Draw a size with windows that move `steps` times, `rest` pixels over, and `more` on each side."""
    moves = stride * between(rng, *steps) + rest
    kernel = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    sides = (k + moves - _total(padding, k) + n for k, n in zip(kernel, more, strict=True))
    in_channels, filters = rng.choice(range(2, 5), 2, replace=False).tolist()
    images = (between(rng, 2, 3), in_channels, *sides)
    return Size(images, filters, kernel_size, stride, padding, bias)


def alone(size: Size) -> Size:
    """Return the same size with one image, one channel and one filter."""
    return size._replace(images=(1, 1, *size.images[2:]), filters=1)


def _combined(rng: Generator) -> Iterator[Size]:
    yield draw_size(
        rng, (3, 2), (2, 3), stride=2, padding=1, rest=1, more=either(rng, 2 * between(rng, 1, 2))
    )
    yield draw_size(
        rng,
        (2, between(rng, 4, 5)),
        (2, 3),
        stride=3,
        padding=2,
        rest=1,
        more=either(rng, 3),
        bias=False,
    )
    yield draw_size(rng, (4, 3), (4, 6), padding="same", more=either(rng, between(rng, 1, 3)))
    yield alone(draw_size(rng, (1, 2), (2, 3), stride=2, padding=1, rest=1, more=either(rng, 2)))
    yield draw_size(rng, 2, (1, 2), stride=3, rest=between(rng, 1, 2), more=either(rng, 3))
    yield draw_size(rng, 3, (2, 3), stride=2, padding=1, rest=1, more=either(rng, 2))


# Each group turns one thing only, away from "basic": where one window fits, what is left over
# matters and the stride doesn't. "combined" turns everything at once.
_SIZES: dict[str, Callable[[Generator], Any]] = {
    "basic": lambda rng: [draw_size(rng, 3, (1, 3)), draw_size(rng, between(rng, 2, 5), (4, 7))],
    "padding": lambda rng: [
        draw_size(rng, 3, (2, 4), padding=1),
        draw_size(rng, between(rng, 2, 4), (5, 7), padding=between(rng, 2, 3)),
    ],
    "same": lambda rng: [
        draw_size(rng, 3, (2, 5), padding="same"),
        draw_size(rng, 2 * between(rng, 2, 3) + 1, (3, 6), padding="same"),
    ],
    "same_even": lambda rng: [
        draw_size(rng, 2, (2, 5), padding="same"),
        draw_size(rng, 2 * between(rng, 2, 3), (3, 6), padding="same"),
    ],
    "rectangular": lambda rng: [
        draw_size(rng, (2, between(rng, 3, 4)), (2, 3), more=(0, between(rng, 1, 3))),
        draw_size(rng, (between(rng, 3, 4), 2), (2, 3), more=(between(rng, 1, 3), 0)),
        draw_size(rng, 2, (2, 4), more=either(rng, between(rng, 1, 3))),
    ],
    "stride": lambda rng: [
        draw_size(rng, 3, (1, 3), stride=2),
        draw_size(rng, 2, (1, 2), stride=between(rng, 3, 4)),
    ],
    "remainder": lambda rng: [
        draw_size(rng, 3, (0, 0), stride=2, rest=1),
        draw_size(rng, between(rng, 2, 4), (0, 0), stride=4, rest=between(rng, 1, 2)),
    ],
    "no_bias": lambda rng: [
        draw_size(rng, 3, (1, 3), bias=False),
        draw_size(rng, between(rng, 2, 4), (2, 4), bias=False),
    ],
    "combined": _combined,
    "memory": lambda rng: [draw_size(rng, k, (1, 3)) for k in (3, between(rng, 2, 3), 2)],
    "parameters": lambda rng: [
        draw_size(rng, 3, (1, 2)),
        draw_size(rng, (3, 2), (1, 2)),
        draw_size(rng, 2, (1, 2), bias=False),
    ],
    "errors": lambda rng: [
        draw_size(rng, 3, (2, 4), stride=between(rng, 2, 4), padding="same"),
        # Who refuses everything passes that one.
        draw_size(rng, between(rng, 2, 4), (2, 4), padding="same"),
        draw_size(rng, 3, (2, 4), stride=between(rng, 2, 4)),
    ],
    "self": lambda rng: [draw_size(rng, 3, (1, 3))],
    "reuse": lambda rng: [draw_size(rng, 3, (1, 3)), draw_size(rng, between(rng, 2, 3), (1, 4))],
}
_TITLES = {
    "basic": 'caso básico (stride 1, "valid")',
    "padding": "padding entero",
    "same": 'padding "same", filtro impar',
    "same_even": 'padding "same", filtro par',
    "rectangular": "imágenes y filtros que no son cuadrados",
    "stride": "stride mayor que 1",
    "remainder": "stride que no divide exacto",
    "no_bias": "sin bias (bias=False)",
    "combined": "todo junto (padding, stride, resto, rectángulos; también con un canal y un filtro)",
    "memory": "otros tipos de dato y orden en memoria",
    "parameters": "kernel y bias de cada capa salen de sus inicializadores",
    "errors": 'padding "same" con stride',
    "self": "cada capa guarda lo suyo, en self",
    "reuse": "la misma capa usada dos veces, y otra entre medio",
}
_FORWARD_OUTPUTS = {
    "parameters": ("kernel", "bias"),
    "errors": ("error",),
    "self": ("lo que forward guardó en la clase",),
}
# A wrong db costs its own mark, that of "combined" and that of check_gradient, and no other.
_WITH_DB = ("basic", "no_bias", "combined")


def parameters(
    rng: Generator, size: Size
) -> tuple[Array, Array, Array | None, dict[str, int | str | Sides]]:
    """Draw X, a kernel, a bias and the options of a layer of that size."""
    X = rng.standard_normal(size.images)
    kernel = rng.standard_normal((size.filters, size.images[1], *size.kernel))
    bias = rng.standard_normal(size.filters) if size.bias else None
    options = {"kernel_size": size.kernel_size, "stride": size.stride, "padding": size.padding}
    return X, kernel, bias, options


_FORMS = (strided, single)


def _forward_group(group: str) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for index, size in enumerate(_SIZES[group](rng)):
            X, kernel, bias, options = parameters(rng, size)
            if group == "memory":
                if index == len(_FORMS):
                    X = rng.integers(0, 9, size.images).astype("uint8")
                else:
                    X, kernel, bias = map(_FORMS[index], (X, kernel, bias))
            elif group in ("errors", "parameters"):
                options["only"] = group
            elif group == "combined":
                options["beside"] = True
            yield Case((X, kernel, bias, options), size.note())

    return Group(_TITLES[group], make, outputs=_FORWARD_OUTPUTS.get(group, ()))


def _backward_group(group: str) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for index, size in enumerate(_SIZES[group](rng)):
            X, kernel, bias, options = parameters(rng, size)
            if group == "reuse" or (group == "combined" and index == 0):
                options["before"] = rng.standard_normal(size.images)
            dO = rng.standard_normal(size.output())
            yield Case((X, kernel, bias, options, dO), f"dO {dO.shape}, {size.note()}")

    return Group(_TITLES[group], make, outputs=() if group in _WITH_DB else ("dF", "dX"))


def _conv2d(
    X: Array, kernel: Array, bias: Array | None, options: dict[str, Any]
) -> tuple[Any, ...]:
    """Return the layer's parameters, its output, and any error of its construction."""
    if options.get("only") == "errors":
        refusal = _refusal(options["padding"], options["kernel_size"], options["stride"])
        return None, None, None, refusal, NOTHING
    b = None if bias is None else tensor(bias)
    return kernel, bias, conv(tensor(X), tensor(kernel), b, options).numpy(), NO_ERROR, NOTHING


def _conv2d_backward(
    X: Array, kernel: Array, bias: Array | None, options: dict[str, Any], dO: Array
) -> tuple[Any, ...]:
    leaves = [leaf(array) for array in (X, kernel, bias) if array is not None]
    output = conv(leaves[0], leaves[1], None if bias is None else leaves[2], options)
    dX, dF, *db = gradients(output, leaves, dO)
    return dF, db[0] if db else WITHOUT_BIAS, dX


_WINDOW = "h * s : h * s + kH, w * s : w * s + kW"
_ADDS_BIAS = "O += self.bias[:, np.newaxis, np.newaxis]"
MIXED_CORNERS = (
    "la columna donde empieza la ventana no depende de w: la fila sale de h y la columna, de w"
)

SHAPES_CLASH = (
    "si el error habla de formas, NumPy no pudo emparejar dos de ellas: imprime .shape de lo que operas "
    "en esa línea"
)
SWAPPED_AXES = (
    "tu salida se confunde entre filas y columnas: con imágenes cuadradas queda transpuesta; h cuenta "
    "filas y w, columnas, al leer y al escribir"
)
ONE_BIAS = "todos los filtros llevan el mismo bias, y hay uno por filtro"
UNFINISHED = "quedaron posiciones de la salida sin calcular, en 0 o con el bias solo"
SIZE_WITHOUT_PADDING = "el tamaño de la salida no cuenta el relleno"
TOO_SMALL = (
    "la salida es más chica de lo debido: compara tu tamaño con ⌊(n + ceros − k) / stride⌋ + 1"
)
_PRODUCTS = 'np.einsum("mcij,fcij->mf", window, self.kernel)'
# Written so that what goes wrong is what NumPy says to who multiplies a window by the kernel.
_MULTIPLIED = (_PRODUCTS, "(window[:, np.newaxis] * self.kernel).sum(axis=(2, 3, 4))")

_CONV2D_MISTAKES = (
    Mistake("forgets_bias", (_ADDS_BIAS, "pass"), "falta sumar el bias de cada filtro"),
    Mistake(
        "adds_bias_per_channel",
        ("O += self.bias", "O += X.shape[1] * self.bias"),
        "el bias entró una vez por canal de entrada: se suma una sola vez, después de sumar los "
        "productos de todos los canales",
    ),
    Mistake(
        "bias_despite_false",
        (" if bias else None", ""),
        "con bias=False la capa no lleva bias: self.bias es None y forward no suma nada",
    ),
    Mistake(
        "zeros_for_no_bias",
        ("if bias else None", "if bias else np.zeros(filters)"),
        "con bias=False guarda None en self.bias, como torch: un bias de ceros se podría entrenar",
    ),
    Mistake(
        "one_bias_for_all",
        ("bias_initializer((filters,))", "bias_initializer((1,))"),
        "hay un bias por filtro: bias_initializer recibe la forma (filters,)",
        ONE_BIAS,
    ),
    Mistake(
        "ignores_kernel_initializer",
        ("kernel_initializer((filters", "np.ones((filters"),
        "self.kernel no salió de kernel_initializer: llámalo con la forma del kernel",
    ),
    Mistake(
        "swaps_kernel_channels",
        (
            ("initializer((filters, in_channels,", "initializer((in_channels, filters,"),
            ("len(self.kernel)", "self.kernel.shape[1]"),
            ("fcij->mf", "cfij->mf"),
        ),
        "la forma del kernel lleva primero los filtros: (filters, in_channels, kH, kW)",
    ),
    Mistake(
        "kernel_channels_last",
        (
            (
                "initializer((filters, in_channels, kH, kW",
                "initializer((kH, kW, in_channels, filters",
            ),
            ("self.kernel.shape[2:]", "self.kernel.shape[:2]"),
            ("len(self.kernel)", "self.kernel.shape[3]"),
            ("fcij->mf", "ijcf->mf"),
        ),
        "esa forma es la del laboratorio 1: aquí el kernel es (filters, in_channels, kH, kW), "
        "como en torch",
    ),
    Mistake(
        "needs_a_pair",
        (
            "(kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size",
            "kernel_size",
        ),
        "kernel_size también puede ser un entero, y entonces el filtro es cuadrado: (k, k)",
    ),
    Mistake(
        "needs_a_number",
        (" if isinstance(kernel_size, int) else kernel_size", ""),
        "kernel_size también puede ser un par (kH, kW): mira de qué tipo es antes de repetirlo",
    ),
    Mistake(
        "flips_filter",
        ("window, self.kernel)", "window, self.kernel[:, :, ::-1, ::-1])"),
        "volteaste el filtro: en forward se usa tal cual (correlación cruzada); el giro aparece en "
        "backward, y solo para dX",
    ),
    Mistake(
        "transposes_filter",
        ("fcij->mf", "fcji->mf"),
        "transpusiste el filtro: sus ejes son (fila, columna), como la ventana",
    ),
    Mistake(
        "hard_codes_stride_one",
        ("self.stride = stride", "self.stride = 1"),
        "no usaste stride: el tamaño de la salida y el comienzo de cada ventana dependen de él",
    ),
    Mistake(
        "ignores_stride_in_windows",
        (_WINDOW, "h : h + kH, w : w + kW"),
        "la salida tiene el tamaño correcto, pero las ventanas avanzan de 1 en 1: la ventana (h, "
        "w) empieza en (h * stride, w * stride)",
    ),
    Mistake("mixes_corners", (_WINDOW, "h * s : h * s + kH, h * s : h * s + kW"), MIXED_CORNERS),
    Mistake(
        "ignores_padding",
        (", *self.pads)", ", (0, 0), (0, 0))"),
        "no rellenaste la imagen: aplica np.pad con los pares de resolve_padding antes de "
        "deslizar las ventanas",
        SIZE_WITHOUT_PADDING,
    ),
    Mistake(
        "pads_the_channels",
        ("(0, 0), (0, 0), *self.pads", "(0, 0), *self.pads, (0, 0)"),
        "rellenaste los ejes 1 y 2, como en el laboratorio 1: aquí el 1 es el canal, y el alto y "
        "el ancho son los ejes 2 y 3",
    ),
    Mistake(
        "extra_at_the_start",
        ("*self.pads)", "*(pair[::-1] for pair in self.pads))"),
        "con un filtro par, la fila y la columna de ceros que sobran van al final, como en torch",
    ),
    Mistake(
        "assumes_square_kernel",
        ("in_channels, kH, kW))", "in_channels, kH, kH))"),
        "usaste el alto del filtro también como ancho: kernel_size puede ser un par (kH, kW)",
    ),
    Mistake(
        "assumes_square_image",
        ("n_W = (self.X_pad.shape[3] - kW) // s + 1", "n_W = n_H"),
        "usaste el alto de la salida también como ancho: el ancho se calcula con el ancho de la "
        "imagen",
    ),
    Mistake(
        "rounds_up",
        (("- kH) // s", "- kH + s - 1) // s"), ("- kW) // s", "- kW + s - 1) // s")),
        "redondeaste hacia arriba el tamaño de la salida: las ventanas que no caben enteras se "
        "descartan (división entera, //)",
    ),
    Mistake(
        "forgets_plus_one",
        ("// s + 1", "// s"),
        "la salida es una fila y una columna más chica: falta el + 1",
        TOO_SMALL,
    ),
    Mistake(
        "size_is_a_float",
        ("// s + 1", "/ s + 1"),
        "el tamaño de la salida salió con decimales (float): np.zeros y range piden enteros, así "
        "que divide con //",
    ),
    Mistake(
        "loops_one_short",
        (("range(n_H)", "range(n_H - 1)"), ("range(n_W)", "range(n_W - 1)")),
        "faltan la última fila y la última columna de la salida: range(n) ya termina en n - 1",
        UNFINISHED,
    ),
    Mistake(
        "first_channel_only",
        ("window, self.kernel)", "window[:, :1], self.kernel[:, :1])"),
        "usaste solo el primer canal: cada filtro suma los productos de todos los canales de "
        "entrada",
    ),
    Mistake(
        "same_filter_for_all",
        ("window, self.kernel)", "window, self.kernel[:1])"),
        "todos los canales de salida usan el filtro 0",
    ),
    Mistake(
        "last_filter_everywhere",
        ("window, self.kernel)", "window, self.kernel[-1:])"),
        "todos los canales de salida quedaron con el resultado del último filtro: asigna a "
        "O[:, f, h, w], no a O[:, :, h, w]",
    ),
    Mistake(
        "first_image_only",
        (_ADDS_BIAS, f"{_ADDS_BIAS}\n        O[1:] = 0"),
        "solo se calculó la primera imagen del lote",
    ),
    Mistake(
        "averages",
        ("window, self.kernel)", "window, self.kernel) / self.kernel[0].size"),
        "promediaste los productos: se suman",
    ),
    Mistake(
        "channels_last",
        ("return O", "return O.transpose(0, 2, 3, 1)"),
        "los canales quedaron al final: aquí la salida es (m, filters, n_H, n_W), como en torch",
    ),
    Mistake(
        "accepts_same_with_stride",
        ("(kH, kW), stride)", "(kH, kW), 1)"),
        'padding="same" con stride distinto de 1 se rechaza al construir la capa: llama a '
        "resolve_padding en __init__ y deja pasar su ValueError",
    ),
    Mistake(
        "swaps_corners",
        (_WINDOW, "w * s : w * s + kH, h * s : h * s + kW"),
        "la fila donde empieza la ventana salió de w y la columna, de h: h recorre el alto, que es el "
        "penúltimo eje",
        SWAPPED_AXES,
    ),
    Mistake(
        "swaps_output_axes",
        ("O[:, :, h, w]", "O[:, :, w, h]"),
        "escribiste en O[:, :, w, h]: primero va la fila y luego la columna, como en la ventana",
        SWAPPED_AXES,
    ),
    Mistake(
        "swaps_window_sides",
        ((_WINDOW, "h * s : h * s + kW, w * s : w * s + kH"), _MULTIPLIED),
        "si el error habla de formas: la ventana mide kW × kH y el filtro, kH × kW; con un filtro "
        "cuadrado no se nota",
        SHAPES_CLASH,
    ),
    Mistake(
        "swaps_image_sides",
        (
            ("n_H = (self.X_pad.shape[2]", "n_H = (self.X_pad.shape[3]"),
            ("n_W = (self.X_pad.shape[3]", "n_W = (self.X_pad.shape[2]"),
            _MULTIPLIED,
        ),
        "si el error habla de formas: calculaste el alto de la salida con el ancho de la imagen; en "
        "NCHW el eje 2 es el alto y el 3, el ancho",
        SHAPES_CLASH,
    ),
    Mistake(
        "windows_side_by_side",
        ((_WINDOW, "h * kH : h * kH + kH, w * kW : w * kW + kW"), _MULTIPLIED),
        "si el error habla de formas: tus ventanas se salen de la imagen porque avanzan lo que mide el "
        "filtro, y avanzan stride",
        SHAPES_CLASH,
    ),
    Mistake(
        "ignores_stride_in_size",
        (("// s + 1", "+ 1"), _MULTIPLIED),
        "si el error habla de formas: tus ventanas se salen de la imagen; su comienzo depende de "
        "stride, y el tamaño de la salida también",
        SHAPES_CLASH,
    ),
    Mistake(
        "ignores_stride_in_columns",
        (_WINDOW, "h * s : h * s + kH, w : w + kW"),
        "usaste stride en las filas y no en las columnas: los dos ejes avanzan igual",
    ),
    Mistake(
        "loops_with_stride",
        (("range(n_H)", "range(0, n_H, s)"), ("range(n_W)", "range(0, n_W, s)")),
        "quedaron posiciones de la salida sin calcular: h y w la recorren toda, de 1 en 1, y stride va "
        "en dónde empieza la ventana",
        UNFINISHED,
    ),
    Mistake(
        "plus_one_inside",
        (("- kH) // s + 1", "- kH + 1) // s"), ("- kW) // s + 1", "- kW + 1) // s")),
        "sumaste el 1 antes de dividir entre stride: va después, porque cuenta la posición de la que "
        "parte la ventana",
        TOO_SMALL,
    ),
    Mistake(
        "windows_of_the_unpadded_image",
        (("window = self.X_pad[", "window = X["), _MULTIPLIED),
        "si el error habla de formas: calculaste el tamaño con la imagen rellena y cortas las ventanas "
        "de la que no lo está",
        SHAPES_CLASH,
    ),
    Mistake(
        "forgets_padding_in_size",
        (
            ("n_H = (self.X_pad.shape", "n_H = (X.shape"),
            ("n_W = (self.X_pad.shape", "n_W = (X.shape"),
        ),
        "el tamaño de la salida no cuenta el relleno: la ventana recorre la imagen ya rellena",
        SIZE_WITHOUT_PADDING,
    ),
    Mistake(
        "pads_one_always",
        ("*self.pads)", "(1, 1), (1, 1))"),
        "rellenaste siempre con un cero por lado: cuántos son lo dice resolve_padding, y puede ser "
        "ninguno",
    ),
    Mistake(
        "swaps_pads",
        ("*self.pads)", "*self.pads[::-1])"),
        "al alto le diste el relleno del ancho: resolve_padding devuelve primero (arriba, abajo)",
    ),
    Mistake(
        "pads_with_two_pairs",
        ("((0, 0), (0, 0), *self.pads)", "self.pads"),
        "np.pad pide un par por cada eje, y X tiene cuatro: el lote y los canales también llevan el "
        "suyo",
    ),
    Mistake(
        "adds_bias_along_the_width",
        (_ADDS_BIAS, "O = O + self.bias"),
        "si el error habla de formas: NumPy empareja las formas desde la derecha, y así bias, "
        "(filters,), cae sobre el ancho y no sobre los filtros",
        SHAPES_CLASH,
    ),
    Mistake(
        "first_bias_for_all",
        ("self.bias[:, np.newaxis, np.newaxis]", "self.bias[0]"),
        "sumaste bias[0] a todos los canales de salida: al canal f le toca bias[f]",
        ONE_BIAS,
    ),
    Mistake(
        "last_image_only",
        (_ADDS_BIAS, f"{_ADDS_BIAS}\n        O[:-1] = 0"),
        "solo quedó la última imagen del lote: O se crea una vez, antes de recorrer las imágenes",
    ),
    Mistake(
        "last_channel_only",
        ("window, self.kernel)", "window[:, -1:], self.kernel[:, -1:])"),
        "solo quedó el último canal de entrada: los productos de los canales se acumulan, y tú asignas "
        "los de uno sobre los de otro",
    ),
    Mistake(
        "accumulates_over_filters",
        (_PRODUCTS, f"{_PRODUCTS}.cumsum(axis=1)"),
        "cada filtro trae además lo que sumaron los anteriores: la suma empieza de cero en cada uno",
    ),
    Mistake(
        "last_window_everywhere",
        (
            f"O[:, :, h, w] = {_PRODUCTS}",
            f"O[:] = {_PRODUCTS}[:, :, np.newaxis, np.newaxis]",
        ),
        "toda la salida vale lo que dio la última ventana: asigna solo a la posición (h, w)",
    ),
    Mistake(
        "names_the_kernel_otherwise",
        ("self.kernel", "self.filters"),
        "la capa no tiene `kernel`: el docstring dice con qué nombre se guarda, self.kernel, y así lo "
        "buscan backward y las pruebas",
    ),
    Mistake(
        "weights_in_the_class",
        (("self.kernel", "Conv2D.kernel"), ("self.bias", "Conv2D.bias")),
        IN_THE_CLASS,
        IN_THE_CLASS,
    ),
    Mistake(
        "options_in_the_class",
        (("self.stride", "Conv2D.stride"), ("self.pads", "Conv2D.pads")),
        IN_THE_CLASS,
        IN_THE_CLASS,
    ),
    Mistake(
        "input_in_the_class",
        (("self.X_pad", "Conv2D.X_pad"), ("self.X_shape", "Conv2D.X_shape")),
        IN_THE_CLASS,
        IN_THE_CLASS,
    ),
    Mistake(
        "drops_axes_of_one",
        ("        return O", "        O = O.squeeze()\n        return O"),
        "quitaste los ejes que miden 1: con una sola imagen o un solo filtro la salida sigue teniendo "
        "cuatro",
    ),
    Mistake(
        "first_row_only",
        (_ADDS_BIAS, f"{_ADDS_BIAS}\n        O[:, :, 1:] = 0"),
        "solo se calculó la primera fila de la salida: mira con qué sangría quedó return",
        UNFINISHED,
    ),
)

CONV2D = Exercise(
    name="Conv2D",
    parameters=("X", "kernel", "bias", "options"),
    outputs=(
        Output("kernel", KERNEL_AXES),
        Output("bias", ("filtro",)),
        Output("O", OUTPUT_AXES),
        Output("error"),
        Output("lo que forward guardó en la clase"),
    ),
    compared=("O",),
    groups={group: _forward_group(group) for group in _TITLES if group != "reuse"},
    reference=_conv2d,
    mistakes=_CONV2D_MISTAKES,
    helpers=("resolve_padding",),
    driver="conv_forward",
)

_CROP = "top : top + n_H, left : left + n_W"
_ALL_PADS = ("(top, _), (left, _)", "(top, bottom), (left, right)")
_UNITS = "h : h + kH, w : w + kW"
_CORNERS = "slice(h * s, h * s + kH), slice(w * s, w * s + kW)"
_INTO_DF = 'np.einsum("mf,mcij->fcij", g, self.X_pad[:, :, rows, columns])'
_INTO_DX = 'np.einsum("mf,fcij->mcij", g, self.kernel)'
_OF_EACH_IMAGE = "g.sum(axis=1)[:, np.newaxis, np.newaxis, np.newaxis]"
OVERWRITES_DF = "dF no acumula: se suma sobre todas las imágenes y todas las ventanas (+=)"
OVERWRITES_DX = "dX no acumula: se suma sobre todos los filtros y todas las ventanas (+=)"
CROSSED_AXES = (
    "se confunden filas y columnas: h recorre el alto (el eje 2) y w, el ancho (el 3), en dO y en las "
    "ventanas"
)

_CONV2D_BACKWARD_MISTAKES = (
    Mistake(
        "ignores_stride",
        ("s = self.stride", "s = 1"),
        "hiciste el backward con stride 1: entre un gradiente y el siguiente hay stride píxeles. O "
        "repartes en las mismas ventanas de forward, o dilatas dO antes de convolucionar",
    ),
    Mistake(
        "ignores_stride_in_dF",
        ("self.X_pad[:, :, rows, columns]", f"self.X_pad[:, :, {_UNITS}]"),
        "dF se calculó con ventanas de 1 en 1: son las mismas de forward, que empiezan en h * "
        "stride",
    ),
    Mistake(
        "ignores_stride_in_dX",
        ("dX_pad[:, :, rows, columns]", f"dX_pad[:, :, {_UNITS}]"),
        "dX se repartió de 1 en 1: cada dO[h, w] cae en la ventana que empieza en h * stride",
    ),
    Mistake("mixes_corners", ("slice(w * s, w * s", "slice(h * s, h * s"), MIXED_CORNERS),
    Mistake(
        "swaps_rows_and_columns",
        ("dO[:, :, h, w]", "dO[:, :, w, h]"),
        "leíste dO con la fila y la columna cambiadas: es dO[:, :, h, w]",
        CROSSED_AXES,
    ),
    Mistake(
        "forgets_dO",
        ("dO[:, :, h, w]", "np.ones(dO.shape[:2])"),
        "repartiste sin multiplicar por dO: por la regla de la cadena, cada ventana lleva el "
        "gradiente que llegó a su salida",
    ),
    Mistake(
        "rotates_kernel",
        ("g, self.kernel)", "g, self.kernel[:, :, ::-1, ::-1])"),
        "el filtro quedó al revés en dX: si repartes ventana por ventana va tal cual; si lo "
        "escribes como convolución de dO, va girado 180°",
    ),
    Mistake(
        "assigns_dX",
        ("columns] +=", "columns] ="),
        "en dX asignas donde hay que acumular: un píxel está en varias ventanas y sus gradientes "
        "se suman (+=)",
        OVERWRITES_DX,
    ),
    Mistake(
        "assigns_dF",
        ("dF +=", "dF ="),
        "en dF asignas donde hay que acumular: cada peso se usa en todas las ventanas y sus "
        "gradientes se suman (+=)",
        OVERWRITES_DF,
    ),
    Mistake(
        "starts_dX_from_input",
        ("np.zeros(self.X_pad.shape)", "self.X_pad.copy()"),
        "dX comenzó con los valores de la imagen: comienza en ceros, y ahí se acumula",
    ),
    Mistake(
        "mixes_filters",
        ("mf,mcij->fcij", "mf,mcij->cij"),
        "todos los filtros recibieron el mismo gradiente: a dF[f] le toca solo dO[:, f], no la "
        "suma de todos los canales de dO",
    ),
    Mistake(
        "spreads_the_same_filter",
        ("g, self.kernel)", "g.sum(axis=1, keepdims=True), self.kernel[:1])"),
        "para dX usaste el filtro 0 en todos los canales de dO: con dO[:, f] va kernel[f]",
    ),
    Mistake(
        "assumes_square_kernel",
        ("kH, kW = self.kernel.shape[2:]", "kH = kW = self.kernel.shape[2]"),
        "la ventana no mide lo que el filtro cuando no es cuadrado: son kH filas y kW columnas",
    ),
    Mistake(
        "last_image_only",
        ("g, self.X_pad[:,", "g[-1:], self.X_pad[-1:,"),
        "dF solo cuenta la última imagen: se suma sobre todo el lote",
        OVERWRITES_DF,
    ),
    Mistake(
        "never_crops",
        (f"[:, :, {_CROP}]", ""),
        "dX todavía trae el padding: recórtalo para que tenga la forma de X",
    ),
    Mistake(
        "crops_with_minus_pad",
        (_ALL_PADS, (_CROP, "top:-bottom, left:-right")),
        "con 0 ceros de relleno, x[0:-0] está vacío: escribe el final del corte como arriba + n_H y "
        "izquierda + n_W",
    ),
    Mistake(
        "crops_as_much_at_the_end",
        (_ALL_PADS, (_CROP, "top:-top, left:-left")),
        "con 0 ceros de relleno, x[0:-0] está vacío, y al final puede haber otros que al comienzo: "
        "escribe el final del corte como arriba + n_H y izquierda + n_W",
    ),
    Mistake(
        "crops_from_the_corner",
        (_CROP, ":n_H, :n_W"),
        "recortaste dX desde la esquina: empieza después del padding, en (arriba, izquierda)",
    ),
    Mistake(
        "crops_the_same_on_both_sides",
        (_CROP, "top : dX_pad.shape[2] - top, left : dX_pad.shape[3] - left"),
        'recortaste lo mismo de los dos lados: con "same" y un filtro par, al final hay un cero '
        "más",
    ),
    Mistake(
        "forgets_the_remainder",
        (
            _ALL_PADS,
            (
                _CROP,
                "top : (dO.shape[2] - 1) * s + kH - bottom, left : (dO.shape[3] - 1) * s + kW - right",
            ),
        ),
        "a dX le faltan los bordes que ninguna ventana alcanzó: tiene la forma de X, con 0 allí",
    ),
    Mistake(
        "unpadded_windows",
        (
            ("g, self.X_pad[", "g, X["),
            (
                "s = self.stride",
                (
                    "s = self.stride\n"
                    "    (top, _), (left, _) = self.pads\n"
                    "    X = self.X_pad[:, :, top:, left:][:, :, : self.X_shape[2], : self.X_shape[3]]"
                ),
            ),
        ),
        "para dF cortaste las ventanas de X sin padding: son las de la imagen rellena, como en "
        "forward",
        SHAPES_CLASH,
    ),
    Mistake(
        "divides_by_m",
        (
            ("return dF, dX", "return dF / len(dO), dX"),
            ("return dF, db,", "return dF / len(dO), db / len(dO),"),
        ),
        "dividiste dF y db entre m: backward suma, y el 1/m ya viene dentro de dO, desde el costo",
    ),
    Mistake(
        "averages_db",
        ("dO.sum(", "dO.mean("),
        "promediaste dO para db: el gradiente del bias es la suma",
    ),
    Mistake(
        "sums_db_over_the_batch_only",
        ("(axis=(0, 2, 3))", "(axis=0)"),
        "sumaste dO solo sobre el lote: el bias también se usa en cada posición, así que suma "
        "además el alto y el ancho, axis=(0, 2, 3)",
    ),
    Mistake(
        "sums_db_over_the_positions_only",
        ("(axis=(0, 2, 3))", "(axis=(2, 3))"),
        "quedó un db por imagen: el bias se usa en todas, así que suma también sobre el lote, "
        "axis=(0, 2, 3)",
    ),
    Mistake(
        "sums_db_over_lab_1s_axes",
        ("(axis=(0, 2, 3))", "(axis=(0, 1, 2))"),
        "sumaste los ejes 0, 1 y 2, como en el laboratorio 1: aquí los filtros son el eje 1, que es el "
        "que queda",
    ),
    Mistake(
        "gives_None_for_db",
        ("return dF, dX", "return dF, None, dX"),
        "si la capa no tiene bias no hay db que devolver: son dos, dF y dX",
    ),
    Mistake(
        "db_like_lab_1",
        ("(axis=(0, 2, 3))", "(axis=(0, 2, 3)).reshape(1, 1, 1, -1)"),
        "db tiene la forma de bias, (filters,), no (1, 1, 1, filters)",
    ),
    Mistake(
        "forgets_db",
        ("dO.sum(axis=(0, 2, 3))", "np.zeros(len(self.bias))"),
        "db quedó en ceros: es la suma de dO",
    ),
    Mistake(
        "swaps_dF_channels",
        ("return dF,", "return dF.swapaxes(0, 1),"),
        "dF tiene la forma del kernel: (filters, in_channels, kH, kW)",
    ),
    Mistake(
        "dX_first",
        (("return dF, dX", "return dX, dF"), ("return dF, db, dX", "return dX, dF, db")),
        "devolviste los gradientes en otro orden: primero dF, luego db (si hay bias) y al final dX",
    ),
    Mistake(
        "returns_db_without_bias",
        ("    if self.bias is None:\n        return dF, dX\n", ""),
        "con bias=False no hay db: backward devuelve solo dF y dX",
    ),
    Mistake(
        "accumulates_over_calls",
        (
            "dF = np.zeros(self.kernel.shape)",
            'dF = self.dF = getattr(self, "dF", np.zeros(self.kernel.shape))',
        ),
        "dF todavía trae la llamada anterior: cada backward empieza de cero",
    ),
    Mistake(
        "keeps_first_input",
        (
            "s = self.stride",
            's = self.stride\n    self.X_pad = self.first = getattr(self, "first", self.X_pad)',
        ),
        KEEPS_THE_FIRST,
    ),
    Mistake(
        "swaps_corners",
        (_CORNERS, "slice(w * s, w * s + kH), slice(h * s, h * s + kW)"),
        "la fila donde empieza la ventana salió de w y la columna, de h: es al revés",
        CROSSED_AXES,
    ),
    Mistake(
        "assigns_dX_over_filters",
        (f"+= {_INTO_DX}", '= np.einsum("mf,fcij->mcij", g[:, -1:], self.kernel[-1:])'),
        "en dX cada filtro borra lo que dejó el anterior: a un píxel le llega gradiente de todos los "
        "filtros y de todas las ventanas en que está",
        OVERWRITES_DX,
    ),
    Mistake(
        "last_filter_into_dX",
        (_INTO_DX, 'np.einsum("mf,fcij->mcij", g[:, -1:], self.kernel[-1:])'),
        "a dX solo le llega el gradiente del último filtro: se suman los de todos",
        OVERWRITES_DX,
    ),
    Mistake(
        "assigns_dF_over_images",
        (
            f"dF += {_INTO_DF}",
            'dF = np.einsum("mf,mcij->fcij", g[-1:], self.X_pad[-1:, :, rows, columns])',
        ),
        "en dF cada imagen y cada ventana borran lo que dejó la anterior: se acumula (+=)",
        OVERWRITES_DF,
    ),
    Mistake(
        "same_image_for_all",
        (_INTO_DF, 'np.einsum("mf,cij->fcij", g, self.X_pad[0, :, rows, columns])'),
        "para dF cortaste siempre la ventana de la imagen 0: con dO[i] va la ventana de X[i]",
    ),
    Mistake(
        "same_channel_for_all",
        (_INTO_DF, 'np.einsum("mf,mij->fij", g, self.X_pad[:, 0, rows, columns])[:, np.newaxis]'),
        "dF es igual en todos los canales de entrada: al canal c del filtro le toca el canal c de la "
        "ventana",
    ),
    Mistake(
        "multiplies_dF_by_kernel",
        (_INTO_DF, "g.sum(axis=0)[:, np.newaxis, np.newaxis, np.newaxis] * self.kernel"),
        "en dF multiplicaste por el filtro: la derivada respecto a un peso es el píxel al que "
        "multiplicó, que está en la ventana",
    ),
    Mistake(
        "multiplies_dX_by_window",
        (_INTO_DX, f"{_OF_EACH_IMAGE} * self.X_pad[:, :, rows, columns]"),
        "en dX multiplicaste por la ventana: la derivada respecto a un píxel es el peso que lo "
        "multiplicó, que está en el filtro",
    ),
    Mistake(
        "forgets_kernel",
        (_INTO_DX, _OF_EACH_IMAGE),
        "a dX llegó dO sin multiplicar por el filtro: cada píxel recibe dO por el peso que lo tocó",
    ),
    Mistake(
        "rotates_dF",
        ("rows, columns])", "rows, columns][:, :, ::-1, ::-1])"),
        "dF salió girado: el giro de 180° es del filtro y para dX; para dF la ventana va tal cual",
    ),
    Mistake(
        "transposes_kernel",
        (_INTO_DX, 'np.einsum("mf,fcij->mcij", g, self.kernel.swapaxes(2, 3))'),
        "en dX el filtro quedó transpuesto: si querías girarlo 180°, eso invierte los dos ejes "
        "([::-1, ::-1]) y no los intercambia",
    ),
    Mistake(
        "starts_dF_from_kernel",
        ("np.zeros(self.kernel.shape)", "self.kernel.copy()"),
        "dF comenzó con los valores del filtro: comienza en ceros, y ahí se acumula",
    ),
    Mistake(
        "loops_one_short",
        (("range(dO.shape[2])", "range(dO.shape[2] - 1)"), ("(dO.shape[3])", "(dO.shape[3] - 1)")),
        "quedó fuera el gradiente de la última fila y la última columna de dO: range(n) ya termina en "
        "n - 1",
    ),
    Mistake(
        "shifts_dX",
        (
            "dX = dX_pad[",
            "dX_pad = np.pad(dX_pad, ((0, 0), (0, 0), (1, 1), (1, 1)))\n    dX = dX_pad[",
        ),
        "dX quedó corrido una fila y una columna: si enmarcas dO para convolucionarlo, el marco es de "
        "k − 1 ceros por lado, no de k",
    ),
    Mistake(
        "forgets_padding",
        (
            ("np.zeros(self.X_pad.shape)", "np.zeros(self.X_shape)"),
            ("dX = dX_pad[:, :, top : top + n_H, left : left + n_W]", "dX = dX_pad"),
        ),
        "si el error habla de formas: dX se acumula en una imagen rellena, como la de forward, y "
        "al final se recorta",
        SHAPES_CLASH,
    ),
    Mistake(
        "assigns_db",
        ("dO.sum(axis=(0, 2, 3))", "dO[-1, :, -1, -1]"),
        "db se quedó con el último valor de dO: se suman todos los de su filtro (+=)",
    ),
    Mistake(
        "sums_db_over_the_filters",
        ("(axis=(0, 2, 3))", "(axis=(1, 2, 3))"),
        "sumaste dO sobre los filtros y quedó un db por imagen: el eje que queda es el 1, que es el de "
        "los filtros",
    ),
    Mistake(
        "db_is_one_number",
        ("dO.sum(axis=(0, 2, 3))", "dO.sum()"),
        "db quedó en un solo número: hay un bias por filtro, así que el eje de los filtros no se suma",
    ),
    Mistake(
        "keeps_db_axes",
        ("(axis=(0, 2, 3))", "(axis=(0, 2, 3), keepdims=True)"),
        "db tiene la forma de bias, (filters,): sobran los ejes que dejó keepdims",
    ),
    Mistake(
        "divides_all_by_m",
        (
            ("return dF, dX", "return dF / len(dO), dX / len(dO)"),
            ("return dF, db, dX", "return dF / len(dO), db / len(dO), dX / len(dO)"),
        ),
        "dividiste los gradientes entre m, también dX: el 1/m ya viene dentro de dO, desde el costo",
    ),
)

CONV2D_BACKWARD = Exercise(
    name="Conv2D_backward",
    parameters=("X", "kernel", "bias", "options", "dO"),
    outputs=(Output("dF", KERNEL_AXES), Output("db", ("filtro",)), Output("dX", IMAGE_AXES)),
    groups={
        group: _backward_group(group)
        for group in _TITLES
        if group not in ("same", "memory", "parameters", "errors", "self")
    },
    reference=_conv2d_backward,
    mistakes=_CONV2D_BACKWARD_MISTAKES,
    helpers=("resolve_padding", "Conv2D"),
    driver="conv_backward",
    binds="Conv2D",
)

# ------------------------------------------------------------------------------------------ dilate


def _dilation(rng: Generator, sides: Sides, stride: int) -> Case:
    dO = rng.standard_normal((between(rng, 2, 3), between(rng, 2, 4), *sides))
    return Case((dO, stride), f"dO {dO.shape}, stride={stride}")


def _dilate_basic(rng: Generator) -> Iterator[Case]:
    for n, stride in ((3, 2), (between(rng, 2, 4), 3), (between(rng, 5, 9), 2)):
        yield _dilation(rng, (n, n), stride)


def _dilate_stride_one(rng: Generator) -> Iterator[Case]:
    # Who returns dO passes the first case: the second is there for that.
    for stride in (1, 2):
        n = between(rng, 2, 6)
        yield _dilation(rng, (n, n), stride)


def _dilate_rectangular(rng: Generator) -> Iterator[Case]:
    yield _dilation(rng, (between(rng, 2, 3), between(rng, 4, 8)), between(rng, 2, 5))
    yield _dilation(rng, (between(rng, 3, 8), 1), between(rng, 3, 5))


def _dilate(dO: Array, stride: int) -> Array:
    """Put stride - 1 zeros between neighbours: a transposed convolution with a 1x1 kernel of 1."""
    channels = dO.shape[1]
    ones = torch.ones((channels, 1, 1, 1), dtype=torch.float64)
    return F.conv_transpose2d(tensor(dO), ones, stride=stride, groups=channels).numpy()


_WIDE, _HIGH = "(n_W - 1) * stride + 1", "(n_H - 1) * stride + 1"

_DILATE_MISTAKES = (
    Mistake(
        "zeros_after_the_last",
        ((_HIGH, "n_H * stride"), (_WIDE, "n_W * stride")),
        "pusiste ceros también después del último: solo van entre vecinos, y el tamaño es "
        "(n - 1) * stride + 1",
    ),
    Mistake(
        "stride_zeros_between",
        ("    m, filters", "    stride += 1\n    m, filters"),
        "entre dos vecinos van stride - 1 ceros, y pusiste stride",
    ),
    Mistake(
        "repeats_values",
        (
            "dO_dilated[:, :, ::stride, ::stride] = dO",
            "dO_dilated = dO.repeat(stride, axis=2).repeat(stride, axis=3)",
        ),
        "repetiste los valores: entre uno y otro van ceros",
    ),
    Mistake(
        "ones_between",
        ("np.zeros(", "np.ones("),
        "los huecos quedaron en 1: entre los valores van ceros",
    ),
    Mistake(
        "zeros_around",
        ("return dO_dilated", "return np.pad(dO_dilated, ((0, 0), (0, 0), (1, 1), (1, 1)))"),
        "los ceros van entre los valores, no alrededor",
    ),
    Mistake(
        "rows_only",
        ((_WIDE, "n_W"), ("::stride, ::stride", "::stride, :")),
        "separaste las filas y faltan las columnas",
    ),
    Mistake(
        "columns_only",
        ((_HIGH, "n_H"), ("::stride, ::stride", ":, ::stride")),
        "separaste las columnas y faltan las filas",
    ),
    Mistake(
        "returns_input",
        ("return dO_dilated", "return dO"),
        "devolviste dO sin ceros entre sus valores",
    ),
    Mistake(
        "dilates_the_channels",
        (
            (
                "(m, filters, (n_H - 1) * stride + 1, (n_W - 1) * stride + 1)",
                "(m, (filters - 1) * stride + 1, (n_H - 1) * stride + 1, n_W)",
            ),
            (":, :, ::stride, ::stride", ":, ::stride, ::stride, :"),
        ),
        "separaste los ejes 1 y 2, como si los canales fueran al final: aquí el alto y el ancho son los "
        "ejes 2 y 3",
    ),
    Mistake(
        "one_too_many",
        ((_HIGH, "n_H * stride - 1"), (_WIDE, "n_W * stride - 1")),
        "sobran ceros al final: con stride 2 no se nota, pero entre n valores hay n - 1 huecos de "
        "stride - 1 ceros",
    ),
    Mistake(
        "zeros_before_the_first",
        (
            (_HIGH, "n_H * stride"),
            (_WIDE, "n_W * stride"),
            ("::stride, ::stride", "stride - 1 :: stride, stride - 1 :: stride"),
        ),
        "pusiste ceros también antes del primero: solo van entre vecinos, y el tamaño es (n - 1) * "
        "stride + 1",
    ),
)

DILATE = Exercise(
    name="dilate",
    parameters=("dO", "stride"),
    outputs=(Output("dO_dilated", OUTPUT_AXES),),
    groups={
        "basic": Group("stride 2 y 3", _dilate_basic),
        "stride_one": Group("stride 1", _dilate_stride_one),
        "rectangular": Group("dO que no es cuadrado", _dilate_rectangular),
    },
    reference=_dilate,
    mistakes=_DILATE_MISTAKES,
)
