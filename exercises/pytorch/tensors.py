"""Tensors: what a network is given, broadcasting, and autograd."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

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


def _pixel_cases(rng: Generator) -> Iterator[Case]:
    # The last is a batch of one, as often when predicting.
    for n, square in ((between(rng, 2, 6), True), (between(rng, 2, 6), False), (1, False)):
        height = between(rng, 4, 9)
        width = height if square else height + int(rng.choice([-2, -1, 1, 2, 3]))
        X = pixels(rng, n, height, width, 3)
        yield Case((X,), f"images {X.shape}")


def _to_tensor(images: Array) -> tuple[torch.Tensor, str, int]:
    return scaled(images), "float32", int(np.unique(images).size)


_SCALING = " / 127.5 - 1"
_PERMUTE = ".permute(0, 3, 1, 2)"

TO_TENSOR = Exercise(
    name="to_tensor",
    parameters=("images",),
    outputs=(Output("X", IMAGE_AXES), Output("dtype"), Output("cuántos tonos distintos hay")),
    groups={
        "basic": Group("forma y valores", _pixel_cases, outputs=("X",)),
        # Zeros of the right dtype have one tone.
        "dtype": Group(
            "el tipo de los números", _pixel_cases, outputs=("dtype", "cuántos tonos distintos hay")
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


def _light_group(title: str, low: float, high: float) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        # As many images as columns: who broadcasts along the width gets no error there.
        for same_size in (False, True):
            n, height = between(rng, 2, 5), between(rng, 3, 8)
            width = n if same_size else n + between(rng, 1, 4)
            factors = rng.uniform(low, high, n).astype(np.float32)
            X = images(rng, n, 3 if same_size else between(rng, 1, 2), height, width)
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
        "each": _light_group("un factor por imagen", 0.3, 0.9),
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
        # Twice the same shape: who keeps the leaf of the call before would answer for it.
        table = between(rng, 2, 5), between(rng, 2, 5)
        for expression, shape in zip(EXPRESSIONS, (table[:1], table, table), strict=True):
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

EXERCISES = (TO_TENSOR, CHANGE_BRIGHTNESS, VALUE_AND_GRADIENT)
