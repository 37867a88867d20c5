"""Tensors, and what can be said of a network before it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from grader.exercise import Case, Exercise, Group, Mistake, Output

from ..tools import between, tensor
from .drivers import EXPRESSIONS, UNTOUCHED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.random import Generator

    from ..tools import Array

IMAGE_AXES = ("imagen del lote", "canal", "alto", "ancho")


def pixels(rng: Generator, *shape: int) -> Array:
    """Draw bytes."""
    return rng.integers(0, 256, shape, dtype=np.uint8)


def images(rng: Generator, *shape: int) -> Array:
    """Draw images for a network: float32 from -1 to 1."""
    return rng.uniform(-1, 1, shape).astype(np.float32)


def scaled(images: Array) -> torch.Tensor:
    """Return images (N, H, W, 3) of bytes as a tensor (N, 3, H, W) from -1 to 1."""
    return torch.einsum("nhwc->nchw", tensor(images)) / 127.5 - 1


# ----------------------------------------------------------------------------------- to_tensor


def _pixel_cases(rng: Generator, *, square: bool) -> Iterator[Case]:
    for n in (between(rng, 2, 4), between(rng, 1, 6)):
        height = between(rng, 4, 9)
        width = height if square else height + int(rng.choice([-2, -1, 1, 2, 3]))
        X = pixels(rng, n, height, width, 3)
        yield Case((X,), f"images {X.shape}")


def _square(rng: Generator) -> Iterator[Case]:
    return _pixel_cases(rng, square=True)


def _rectangular(rng: Generator) -> Iterator[Case]:
    return _pixel_cases(rng, square=False)


def _to_tensor(images: Array) -> tuple[torch.Tensor, str, int]:
    return scaled(images), "float32", int(np.unique(images).size)


_SCALING = " / 127.5 - 1"
_PERMUTE = ".permute(0, 3, 1, 2)"

TO_TENSOR = Exercise(
    name="to_tensor",
    parameters=("images",),
    outputs=(Output("X", IMAGE_AXES), Output("dtype"), Output("cuántos tonos distintos hay")),
    groups={
        "basic": Group("forma y valores", _square, outputs=("X",)),
        "rectangular": Group("imágenes que no son cuadradas", _rectangular, outputs=("X",)),
        # Zeros of the right dtype have one tone.
        "dtype": Group(
            "el tipo de los números", _square, outputs=("dtype", "cuántos tonos distintos hay")
        ),
    },
    reference=_to_tensor,
    facts="tensor_facts",
    mistakes=(
        Mistake(
            "keeps_nhwc",
            (_PERMUTE, ""),
            "los canales siguen al final: con .permute(0, 3, 1, 2) pasas de (N, H, W, C) a (N, C, H, W)",
        ),
        Mistake(
            "reshapes",
            (_PERMUTE, ".reshape(len(images), 3, *images.shape[1:3])"),
            "reshape da la forma (N, C, H, W) pero revuelve los píxeles: para mover un eje hace falta "
            "permute(0, 3, 1, 2)",
        ),
        Mistake(
            "swaps_height_and_width",
            (_PERMUTE, ".permute(0, 3, 2, 1)"),
            "la imagen quedó acostada: permute(0, 3, 2, 1) intercambia alto y ancho, y lo que "
            "quieres es permute(0, 3, 1, 2)",
        ),
        Mistake(
            "from_zero_to_one",
            (_SCALING, " / 255"),
            "tus valores van de 0 a 1 y se piden de −1 a 1: divide entre 127.5 y resta 1",
        ),
        Mistake(
            "not_scaled",
            (_SCALING, ""),
            "tus valores van de 0 a 255: divide entre 127.5 y resta 1 para que vayan de −1 a 1",
        ),
        Mistake(
            "keeps_the_middle_at_one",
            (_SCALING, " / 127.5"),
            "tus valores van de 0 a 2: falta restar 1, para que el cero quede en medio",
        ),
        Mistake(
            "float64",
            (".float()", ".double()"),
            "los pesos de una red son float32 y PyTorch no mezcla tipos en una convolución: "
            "convierte con .float()",
        ),
        Mistake(
            "centres_without_stretching",
            (_SCALING, " / 255 - 0.5"),
            "tus valores van de −0.5 a 0.5: se piden de −1 a 1",
        ),
        Mistake(
            "divides_by_128",
            (_SCALING, " / 128 - 1"),
            "el blanco no llega a 1: los bytes van de 0 a 255, y su mitad es 127.5",
        ),
        Mistake(
            "normalises_with_its_own_statistics",
            ((_SCALING, ""), ("return X", "return (X - X.mean()) / X.std()")),
            "normalizaste con la media y la desviación de lo que llegó, así que la misma imagen "
            "da otra cosa en otro lote: los números son siempre los mismos, 127.5 y 1",
        ),
        Mistake(
            "swaps_colours",
            (_PERMUTE, f"{_PERMUTE}.flip(1)"),
            "los canales quedaron en otro orden, azul, verde y rojo: aquí es rojo, verde y azul",
        ),
        Mistake(
            "images_last",
            (_PERMUTE, ".permute(3, 1, 2, 0)"),
            "el eje 0 tiene que seguir siendo el de las imágenes: (N, C, H, W)",
        ),
    ),
)

# --------------------------------------------------------------------------- change_brightness


def _light_group(title: str, low: float, high: float, *, same_size: bool = False) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for _ in range(2):
            n, height = between(rng, 2, 5), between(rng, 3, 8)
            width = n if same_size else n + between(rng, 1, 4)
            factors = rng.uniform(low, high, n).astype(np.float32)
            X = images(rng, n, 3, height, width)
            yield Case((X, factors), f"X {X.shape}, factors {factors.shape}")

    return Group(title, make)


def _change_brightness(X: Array, factors: Array) -> torch.Tensor:
    lit = torch.einsum("nchw,n->nchw", tensor(X) + 1, tensor(factors)) - 1
    return lit.clamp(-1, 1)


_VIEW = "factors.view(-1, 1, 1, 1)"

CHANGE_BRIGHTNESS = Exercise(
    name="change_brightness",
    parameters=("X", "factors"),
    outputs=(Output("X_new", IMAGE_AXES),),
    groups={
        "basic": _light_group("un factor por imagen", 0.3, 0.9),
        "same_size": _light_group("tantas imágenes como columnas", 0.3, 0.9, same_size=True),
        "clamp": _light_group("factores mayores que 1", 1.5, 3.0),
    },
    reference=_change_brightness,
    driver="on_tensors",
    mistakes=(
        Mistake(
            "factor_by_column",
            (_VIEW, "factors"),
            "el broadcasting alinea las formas desde la derecha: un tensor (N,) se reparte por "
            "columnas. Dale la forma (N, 1, 1, 1) para que haya un factor por imagen",
        ),
        Mistake(
            "black_is_zero",
            (f"(X + 1) * {_VIEW} - 1", f"X * {_VIEW}"),
            "aquí el negro vale −1: multiplicar X directamente cambia el contraste, no la luz. Suma 1, "
            "multiplica y resta 1",
        ),
        Mistake(
            "no_clamp",
            (".clamp(-1, 1)", ""),
            "con un factor mayor que 1 hay valores que pasan de 1, más blancos que el blanco: "
            "córtalos con .clamp(-1, 1)",
        ),
        Mistake(
            "clamps_at_zero",
            (".clamp(-1, 1)", ".clamp(0, 1)"),
            "cortaste en 0, y aquí el negro vale −1: es .clamp(-1, 1)",
        ),
        Mistake(
            "adds",
            (f"(X + 1) * {_VIEW} - 1", f"X + {_VIEW} - 1"),
            "sumaste el factor en lugar de multiplicar la luz, que es X + 1",
        ),
        Mistake(
            "forgets_to_come_back",
            (f"{_VIEW} - 1", _VIEW),
            "después de multiplicar la luz, que es X + 1, falta restar 1 para volver a la escala "
            "de −1 a 1",
        ),
        Mistake(
            "one_factor_for_all",
            (_VIEW, "factors[0]"),
            "usaste el mismo factor en todas las imágenes, y cada una tiene el suyo",
        ),
        Mistake(
            "clamps_too_early",
            (" - 1).clamp(-1, 1)", ").clamp(-1, 1) - 1"),
            "cortaste antes de restar 1: ahí la luz va de 0 a 2, y el corte entre −1 y 1 es de la "
            "imagen",
        ),
        Mistake(
            "changes_X",
            ("(X + 1)", "X.add_(1)"),
            "una operación que termina en _ escribe en el propio tensor: cambiaste la X de quien "
            "te llamó",
        ),
        Mistake(
            "divides",
            (f"* {_VIEW}", f"/ {_VIEW}"),
            "dividiste la luz entre el factor: se multiplica",
        ),
    ),
)

# -------------------------------------------------------------------------- value_and_gradient


def _gradient_group(title: str, times: int, outputs: tuple[str, ...] = ()) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for expression, axes in zip(EXPRESSIONS, (1, 2, 2), strict=True):
            shape = tuple(between(rng, 2, 5) for _ in range(axes))
            again = "" if times == 1 else f", llamada {times} veces con el mismo x"
            note = f"f = {expression}, x de forma {shape}{again}"
            yield Case((expression, rng.standard_normal(shape), times), note)

    return Group(title, make, outputs)


def _value_and_gradient(expression: str, x: Array, times: int) -> tuple[Any, ...]:
    del times
    leaf = tensor(x).requires_grad_()
    value = EXPRESSIONS[expression](leaf)
    (gradient,) = torch.autograd.grad(value, leaf)
    return value.item(), gradient, UNTOUCHED


ADDS_GRADIENTS = "backward SUMA en .grad, y al gradiente se le sumó otro"
_LEAF = "leaf = x.detach().clone().requires_grad_()"
_LEFT = "x después de la llamada"

VALUE_AND_GRADIENT = Exercise(
    name="value_and_gradient",
    parameters=("f", "x", "times"),
    outputs=(Output("valor"), Output("gradiente"), Output(_LEFT)),
    compared=("valor", "gradiente"),
    groups={
        "basic": _gradient_group("valor y gradiente", 1),
        "twice": _gradient_group("dos llamadas seguidas", 2),
        # Who computes no gradient leaves x alone too, and has earned nothing by it.
        "untouched": _gradient_group("x queda como llegó", 1, ("gradiente", _LEFT)),
    },
    reference=_value_and_gradient,
    driver="take_gradient",
    facts="gradient_facts",
    mistakes=(
        Mistake(
            "accumulates",
            ((_LEAF, "leaf = x.requires_grad_()"), ("leaf.grad", "leaf.grad.clone()")),
            "backward SUMA en .grad, no lo reemplaza: la segunda llamada encontró el gradiente de la "
            "primera. Trabaja sobre una copia, x.detach().clone(), que empieza sin gradiente",
            ADDS_GRADIENTS,
        ),
        Mistake(
            "marks_its_argument",
            (
                (_LEAF, "leaf = x.requires_grad_()"),
                ("value.backward()", "(gradient,) = torch.autograd.grad(value, leaf)"),
                ("leaf.grad", "gradient"),
            ),
            "dejaste el x de quien te llamó con requires_grad=True, y de ahí en adelante autograd toma "
            "nota de todo lo que se haga con él: trabaja sobre x.detach().clone()",
        ),
        Mistake(
            "forgets_requires_grad",
            (".requires_grad_()", ""),
            "autograd solo toma nota de lo que se hace con tensores que tienen requires_grad=True: "
            "márcalo con .requires_grad_() antes de calcular f",
        ),
        Mistake(
            "asks_the_wrong_tensor",
            ("leaf.grad", "x.grad"),
            "el gradiente quedó en la copia que entró a f, y devolviste el .grad de otro tensor, que es "
            "None",
        ),
        Mistake(
            "swapped",
            ("return value, gradient", "return gradient, value"),
            "devuelves el gradiente y luego el valor: es al revés, (value, gradient)",
        ),
        Mistake(
            "sums_the_gradient",
            ("leaf.grad", "leaf.grad.sum()"),
            "el gradiente tiene la forma de x, una derivada por valor: no lo sumes",
        ),
        Mistake(
            "finite_differences",
            (
                ("    value.backward()\n", ""),
                (
                    "leaf.grad",
                    (
                        "torch.stack([(f(x + 1e-3 * e.view(x.shape)) - f(x)) / 1e-3\n"
                        "        for e in torch.eye(x.numel(), dtype=x.dtype)]).view(x.shape)"
                    ),
                ),
            ),
            "parece que aproximas la derivada con diferencias finitas: autograd da la exacta",
        ),
        Mistake(
            "doubles_the_gradient",
            (
                "    value.backward()\n",
                "    value.backward(retain_graph=True)\n    value.backward()\n",
            ),
            "llamaste backward dos veces y .grad suma: el gradiente salió al doble",
            ADDS_GRADIENTS,
        ),
        Mistake(
            "value_is_the_point",
            ("return value, gradient", "return leaf.detach(), gradient"),
            "devolviste x en lugar de f(x): el valor es lo que devuelve f",
        ),
        Mistake(
            "sign_reversed",
            ("leaf.grad", "-leaf.grad"),
            "el signo del gradiente está al revés: se pide la derivada, no el paso que baja",
        ),
    ),
)

# ---------------------------------------------------------------------------- conv_output_size


def _size_case(
    rng: Generator, kernel_size: int, stride: int = 1, padding: int = 0, rest: int = 0
) -> Case:
    """Draw an axis on which `rest` pixels are left over."""
    # At least one step on the axis as it is, and a size that padding doesn't make up alone.
    steps = between(rng, 2 + 2 * padding // stride, 40 + 2 * padding // stride)
    n = steps * stride + rest + kernel_size - 2 * padding
    return Case((n, kernel_size, stride, padding), f"{n=}, {kernel_size=}, {stride=}, {padding=}")


def _size_basic(rng: Generator) -> Iterator[Case]:
    for _ in range(3):
        yield _size_case(rng, between(rng, 2, 11))


def _size_padding(rng: Generator) -> Iterator[Case]:
    # With a padding of 1, one side too few is the + 1 forgotten.
    for padding in (1, between(rng, 2, 4), between(rng, 5, 9)):
        yield _size_case(rng, between(rng, 2, 11), padding=padding)


def _rests(rng: Generator, stride: int) -> tuple[int, int, int]:
    # With stride - 1 left over, (n - f + 1) // stride is right; with fewer, (n - f) // stride + 1 alone.
    return stride - 1, 0, between(rng, 1, stride - 2)


def _size_stride(rng: Generator) -> Iterator[Case]:
    stride = between(rng, 3, 7)
    for rest in _rests(rng, stride):
        yield _size_case(rng, between(rng, 2, 11), stride, rest=rest)


def _size_combined(rng: Generator) -> Iterator[Case]:
    for place in range(3):
        stride = between(rng, 3, 6)
        # So much padding that half of it is missed by more than one position.
        padding = between(rng, 2 * stride, 3 * stride)
        rest = _rests(rng, stride)[place]
        yield _size_case(rng, between(rng, 2, 11), stride, padding, rest)


def _conv_output_size(n: int, kernel_size: int, stride: int, padding: int) -> int:
    row, kernel = torch.zeros(1, 1, n), torch.zeros(1, 1, kernel_size)
    return int(F.conv1d(row, kernel, None, stride, padding).shape[2])


FORGETS_PLUS_ONE = "falta el + 1, y revisa aparte cuánto suma el padding"
_SIZE = "(n + 2 * padding - kernel_size) // stride + 1"

CONV_OUTPUT_SIZE = Exercise(
    name="conv_output_size",
    parameters=("n", "kernel_size", "stride", "padding"),
    outputs=(Output("n_out"),),
    groups={
        "basic": Group("stride 1, sin padding", _size_basic),
        "padding": Group("con padding", _size_padding),
        "stride": Group("stride mayor que 1, también cuando no divide exacto", _size_stride),
        "combined": Group("todo junto (padding y stride a la vez)", _size_combined),
    },
    reference=_conv_output_size,
    mistakes=(
        Mistake(
            "forgets_plus_one",
            ("// stride + 1", "// stride"),
            "falta el + 1: además de los pasos que da la ventana está la posición de la que parte",
            FORGETS_PLUS_ONE,
        ),
        Mistake(
            "pads_one_side",
            ("2 * padding", "padding"),
            "el padding va a los dos lados: suma 2 * padding",
        ),
        Mistake(
            "ignores_padding",
            (" + 2 * padding", ""),
            "no usaste padding: la ventana se mueve sobre una fila de n + 2 * padding",
        ),
        Mistake(
            "ignores_stride",
            (" // stride", ""),
            "no usaste stride: divide entre stride lo que la ventana puede avanzar",
        ),
        Mistake(
            "rounds_up",
            (_SIZE, "-((kernel_size - n - 2 * padding) // stride) + 1"),
            "redondeas hacia arriba: un paso que no cabe entero se descarta, y eso hace //",
        ),
        Mistake(
            "true_division",
            ("//", "/"),
            "dividiste con /, que deja decimales: una salida tiene un número entero de "
            "posiciones, usa //",
        ),
        Mistake(
            "plus_one_inside",
            (_SIZE, "(n + 2 * padding - kernel_size + 1) // stride"),
            "el + 1 va después de dividir, no adentro",
        ),
        Mistake(
            "pads_the_output",
            (_SIZE, "(n - kernel_size) // stride + 1 + 2 * padding"),
            "el padding agranda la entrada: va adentro, antes de dividir entre stride",
        ),
        Mistake(
            "swaps_kernel_and_stride",
            (_SIZE, "(n + 2 * padding - stride) // kernel_size + 1"),
            "intercambiaste kernel_size y stride: se resta lo que mide la ventana y se divide entre lo "
            "que avanza",
        ),
        Mistake(
            "pads_and_forgets_plus_one",
            (_SIZE, "(n + padding - kernel_size) // stride"),
            "faltan dos cosas: el padding va a los dos lados, 2 * padding, y al final se suma 1",
            FORGETS_PLUS_ONE,
        ),
        Mistake(
            "adds_the_kernel",
            ("- kernel_size", "+ kernel_size"),
            "sumaste lo que mide la ventana: se resta, porque tiene que caber entera",
        ),
        Mistake(
            "subtracts_padding",
            ("+ 2 * padding", "- 2 * padding"),
            "restaste el padding: agranda la entrada, así que se suma",
        ),
        Mistake(
            "counts_the_start_twice",
            ("// stride + 1", "// stride + 2"),
            "sobra una posición: a los pasos que da la ventana se les suma solo la de partida",
        ),
    ),
)

# ---------------------------------------------------------------------------- count_parameters


def _layer_case(rng: Generator, kind: str, *, bias: bool = True) -> Case:
    inputs, outputs, kernel = between(rng, 9, 30), between(rng, 31, 70), between(rng, 2, 7)
    known: dict[str, dict[str, Any]] = {
        "Conv2d": {
            "in_channels": inputs,
            "out_channels": outputs,
            "kernel_size": kernel,
            "bias": bias,
        },
        "Linear": {"in_features": inputs, "out_features": outputs, "bias": bias},
        "BatchNorm2d": {"num_features": inputs},
        "MaxPool2d": {"kernel_size": kernel},
        "Dropout": {"p": 0.25},
    }
    layer = {"type": kind, **known.get(kind, {})}
    return Case((layer,), ", ".join(f"{key}={value!r}" for key, value in layer.items()))


def _layer_group(title: str, *kinds: str, bias: bool = True) -> Group:
    return Group(title, lambda rng: (_layer_case(rng, kind, bias=bias) for kind in kinds))


def _count_parameters(layer: dict[str, Any]) -> int:
    options = {name: value for name, value in layer.items() if name != "type"}
    built: nn.Module = getattr(nn, layer["type"])(**options)
    return sum(parameter.numel() for parameter in built.parameters())


_WITHOUT = ("ReLU", "Flatten", "MaxPool2d", "Dropout")

COUNT_PARAMETERS = Exercise(
    name="count_parameters",
    parameters=("layer",),
    outputs=(Output("parámetros"),),
    groups={
        "conv": _layer_group("convoluciones", "Conv2d", "Conv2d"),
        "linear": _layer_group("capas lineales", "Linear", "Linear"),
        "no_bias": _layer_group("capas sin bias", "Conv2d", "Linear", bias=False),
        "others": _layer_group("batch norm, y capas sin parámetros", "BatchNorm2d", *_WITHOUT),
    },
    reference=_count_parameters,
    mistakes=(
        Mistake(
            "forgets_bias",
            (' + outputs * layer["bias"]', ""),
            "faltan los bias: uno por filtro, o uno por salida",
        ),
        Mistake(
            "always_bias",
            (' * layer["bias"]', ""),
            "sumas el bias aunque la capa diga bias=False: míralo en layer",
        ),
        Mistake(
            "bias_per_input",
            (
                (
                    '["in_channels"] * outputs + outputs',
                    '["in_channels"] * outputs + layer["in_channels"]',
                ),
                (
                    '["in_features"] * outputs + outputs',
                    '["in_features"] * outputs + layer["in_features"]',
                ),
            ),
            "hay un bias por canal de salida (o por salida), y contaste uno por cada entrada",
        ),
        Mistake(
            "forgets_input_channels",
            (
                ('layer["in_channels"] * outputs', "outputs"),
                ('layer["in_features"] * outputs', "outputs"),
            ),
            "cada filtro mira todos los canales de entrada (y cada salida, todas las entradas): "
            "sus pesos se multiplican por ellos",
        ),
        Mistake(
            "one_filter",
            (" * outputs + ", " + "),
            "contaste los pesos de un solo filtro (o de una sola salida)",
        ),
        Mistake(
            "kernel_not_squared",
            (" ** 2", ""),
            "un filtro de f×f tiene f² pesos por canal, y contaste f",
        ),
        Mistake(
            "counts_running_statistics",
            ('2 * layer["num', '4 * layer["num'),
            "en batch norm la media y la varianza acumuladas no son parámetros: no se entrenan. "
            "Quedan dos por canal, γ y β",
        ),
        Mistake(
            "norm_has_one",
            ('2 * layer["num', 'layer["num'),
            "en batch norm hay dos parámetros por canal: γ (escala) y β (bias)",
        ),
        Mistake(
            "norm_has_none",
            ('2 * layer["num', '0 * layer["num'),
            "batch norm sí se entrena: γ y β, dos por canal",
        ),
        Mistake(
            "pooling_has_weights",
            ("count = 0", 'count = layer.get("kernel_size", 0) ** 2'),
            "max pooling solo elige el mayor de la ventana: no tiene nada que aprender",
        ),
        Mistake(
            "adds_the_channels",
            ('layer["in_channels"] * outputs', '(layer["in_channels"] + outputs)'),
            "sumaste los canales de entrada y de salida: cada filtro tiene los suyos, así que se "
            "multiplican",
        ),
        Mistake(
            "one_bias",
            ("+ outputs * layer", "+ layer"),
            "contaste un solo bias en la capa: hay uno por filtro, o uno por salida",
        ),
        Mistake(
            "dropout_has_weights",
            ("count = 0", 'count = int("p" in layer)'),
            "dropout no tiene nada que aprender: p lo eliges tú",
        ),
    ),
)

# ------------------------------------------------------------------------------- table_by_hand


def _one_case(rng: Generator) -> Iterator[Case]:
    del rng  # the network of the table is always the same one
    yield Case((), "")


def _table_by_hand() -> tuple[dict[str, tuple[int, ...]], dict[str, int]]:
    layers: dict[str, nn.Module] = {
        "conv1": nn.Conv2d(3, 8, 5, stride=2, padding=2),
        "pool1": nn.MaxPool2d(3, stride=2),
        "conv2": nn.Conv2d(8, 16, 3, bias=False),
        "norm2": nn.BatchNorm2d(16),
        "flatten": nn.Flatten(),
        "fc": nn.Linear(400, 2),
    }
    shapes = {}
    X = torch.zeros(2, 3, 32, 32)
    for name, layer in layers.items():
        X = layer(X)
        shapes[name] = tuple(X.shape[1:])
    return shapes, {name: sum(p.numel() for p in one.parameters()) for name, one in layers.items()}


def _cell(name: str, old: str, new: str, hint: str) -> Mistake:
    return Mistake(name, (old, new), hint)


TABLE_BY_HAND = Exercise(
    name="table_by_hand",
    parameters=(),
    outputs=(Output("shapes"), Output("parameters")),
    groups={
        "shapes": Group("la forma de cada salida", _one_case, outputs=("shapes",)),
        "parameters": Group("los parámetros de cada capa", _one_case, outputs=("parameters",)),
    },
    reference=_table_by_hand,
    mistakes=(
        _cell(
            "conv1_without_padding",
            "(8, 16, 16)",
            "(8, 14, 14)",
            "conv1 tiene padding=2: (32 + 2·2 − 5) // 2 + 1",
        ),
        _cell(
            "pool1_rounds_up",
            "(8, 7, 7)",
            "(8, 8, 8)",
            "pool1 no alcanza a cubrir la última columna: (16 − 3) // 2 + 1 = 7",
        ),
        Mistake(
            "channels_last",
            (
                ("(8, 16, 16)", "(16, 16, 8)"),
                ("(8, 7, 7)", "(7, 7, 8)"),
                ("(16, 5, 5)", "(5, 5, 16)"),
            ),
            "en PyTorch los canales van primero: (C, H, W)",
        ),
        _cell("conv1_without_bias", "608", "600", "a conv1 le faltan sus 8 bias"),
        _cell(
            "conv2_with_bias",
            "1152",
            "1168",
            "conv2 tiene bias=False: el β de batch norm hace ese papel",
        ),
        _cell(
            "conv1_one_channel",
            "608",
            "208",
            "cada filtro de conv1 mira los 3 canales: 5·5·3 pesos",
        ),
        _cell(
            "norm_statistics",
            '"norm2": 32',
            '"norm2": 64',
            "en norm2 solo se entrenan γ y β: 2 por canal",
        ),
        _cell("fc_without_bias", "802", "800", "a fc le faltan sus 2 bias"),
        _cell(
            "conv1_without_stride",
            "(8, 16, 16)",
            "(8, 32, 32)",
            "conv1 avanza de 2 en 2: la salida mide la mitad",
        ),
        _cell(
            "conv2_with_padding",
            '"conv2": (16, 5, 5)',
            '"conv2": (16, 7, 7)',
            "conv2 no lleva padding: un filtro de 3×3 le quita dos filas y dos columnas",
        ),
        _cell(
            "flatten_forgets_the_channels",
            "(400,)",
            "(25,)",
            "flatten junta también los canales: 16·5·5 valores",
        ),
        _cell(
            "pool1_has_weights",
            '"pool1": 0',
            '"pool1": 9',
            "max pooling solo elige el mayor de la ventana: no tiene nada que aprender",
        ),
        _cell(
            "conv2_one_channel",
            "1152",
            "144",
            "cada filtro de conv2 mira los 8 canales que salen de conv1: 3·3·8 pesos",
        ),
    ),
)

EXERCISES = (
    TO_TENSOR,
    CHANGE_BRIGHTNESS,
    VALUE_AND_GRADIENT,
    CONV_OUTPUT_SIZE,
    COUNT_PARAMETERS,
    TABLE_BY_HAND,
)
