"""The whole network, its gradients, and its training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from grader.exercise import Case, Exercise, Group, Mistake, Output

from ..tools import between, tensor
from .drivers import NOTHING
from .pieces import (
    ROW_AXES,
    WEIGHT_AXES,
    fully_connected_backward,
    softmax_cross_entropy_backward,
    targets,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.random import Generator

    from ..tools import Array

    Parameters = dict[str, Array]
    Leaves = dict[str, torch.Tensor]

NAMES = ("W1", "b1", "W2", "b2")
HPARAMETERS_CONV = {"stride": 1, "pad": 1}
HPARAMETERS_POOL = {"f": 2, "stride": 2}
FILTER_AXES = ("fila del filtro", "columna del filtro", "canal de entrada", "filtro")
OTHER_SIZES = "imágenes no cuadradas, otros canales y otras clases"

# --------------------------------------------------------------------------------- what torch makes


def _convolved(images: Array, W: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return Z1 (NHWC), the network's convolution."""
    nchw = F.conv2d(
        tensor(images).permute(0, 3, 1, 2),
        W.permute(3, 2, 0, 1).contiguous(),  # of one filter, torch takes no other
        b.flatten(),
        stride=HPARAMETERS_CONV["stride"],
        padding=HPARAMETERS_CONV["pad"],
    )
    return nchw.permute(0, 2, 3, 1)


def _pooled(A1: torch.Tensor) -> torch.Tensor:
    """Return the flat maps (m, n) after the network's max pooling of A1 (NHWC)."""
    nchw = A1.permute(0, 3, 1, 2)
    pooled = F.max_pool2d(nchw, HPARAMETERS_POOL["f"], HPARAMETERS_POOL["stride"])
    return pooled.permute(0, 2, 3, 1).flatten(1)


def forward(images: Array, leaves: Leaves) -> tuple[torch.Tensor, ...]:
    """Return Z1, A1 (both NHWC), the flat maps and the scores of the network."""
    Z1 = _convolved(images, leaves["W1"], leaves["b1"])
    A1 = F.relu(Z1)
    flat = _pooled(A1)
    return Z1, A1, flat, flat @ leaves["W2"] + leaves["b2"]


def leaves_of(parameters: Parameters) -> Leaves:
    """Return the parameters as float64 tensors that autograd follows."""
    return {name: tensor(parameters[name]).requires_grad_() for name in NAMES}


def _plain(leaves: Leaves) -> Parameters:
    return {name: leaf.detach().numpy() for name, leaf in leaves.items()}


def _simple_cnn_model(images: Array, parameters: Parameters) -> tuple[Array, tuple[Any, ...]]:
    """Return the probabilities A (m, classes) and the caches of the four layers."""
    with torch.no_grad():
        Z1, A1, flat, scores = forward(images, leaves_of(parameters))
    caches = (
        (images, parameters["W1"], parameters["b1"], dict(HPARAMETERS_CONV)),
        Z1.numpy(),
        (A1.numpy(), dict(HPARAMETERS_POOL)),
        (flat.numpy(), parameters["W2"], parameters["b2"]),
    )
    return scores.softmax(1).numpy(), caches


def _backward_propagation(A: Array, Y: Array, caches: tuple[Any, ...]) -> tuple[Array, ...]:
    """Return dW1, db1, dW2 and db2, by autograd of each layer from what its cache holds."""
    (images, W1, b1, _), cached_Z1, _, cache_dense = caches
    dscores = softmax_cross_entropy_backward(A, Y)
    dflat, dW2, db2 = fully_connected_backward(dscores, cache_dense)
    Z1 = tensor(cached_Z1).requires_grad_()
    (dZ1,) = torch.autograd.grad(_pooled(F.relu(Z1)), Z1, tensor(dflat))
    filters = [tensor(array).requires_grad_() for array in (W1, b1)]
    dW1, db1 = torch.autograd.grad(_convolved(images, *filters), filters, dZ1)
    return dW1.numpy(), db1.numpy(), dW2, db2


def _update_parameters(
    parameters: Parameters, gradients: Parameters, learning_rate: float
) -> tuple[Parameters, str]:
    """Return the parameters after one step of torch's SGD; what came in stays as it was."""
    leaves = leaves_of(parameters)
    for name, leaf in leaves.items():
        leaf.grad = tensor(gradients[f"d{name}"])
    torch.optim.SGD(list(leaves.values()), lr=learning_rate).step()
    return _plain(leaves), NOTHING


def _train_epoch(
    images: Array,
    Y: Array,
    parameters: Parameters,
    learning_rate: float,
    batch_size: int,
    order: Array,
) -> tuple[Parameters, float]:
    """Train once through the images in `order`, in batches, with torch's autograd and SGD."""
    leaves = leaves_of(parameters)
    optimizer = torch.optim.SGD(list(leaves.values()), lr=learning_rate)
    total = 0.0
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        optimizer.zero_grad()
        *_, scores = forward(images[chosen], leaves)
        cost = F.cross_entropy(scores, tensor(Y[chosen]))
        cost.backward()
        optimizer.step()
        total += cost.item() * len(chosen)
    return _plain(leaves), total / len(order)


# -------------------------------------------------------------------------------- what a case holds


class Size(NamedTuple):
    """The sizes of a network and of the images that it is given."""

    m: int
    n_H: int
    n_W: int
    n_C_prev: int
    n_C: int
    classes: int

    def __str__(self) -> str:
        """Describe the network to a student."""
        return f"images de forma {tuple(self[:4])}, {self.n_C} filtros, {self.classes} clases"


def _size(rng: Generator, m: int = 0, *, sides: tuple[int, int] = (2, 3)) -> Size:
    """Draw the sizes of square colour images and a network of two classes."""
    n = 2 * between(rng, *sides)
    return Size(m or between(rng, 2, 3), n, n, 3, between(rng, 3, 6), 2)


def _basic(rng: Generator) -> list[Size]:
    return [_size(rng), _size(rng, sides=(4, 7))]


def _one(rng: Generator) -> list[Size]:
    return [_size(rng, 1), _size(rng, 1, sides=(4, 8))]


def _others(rng: Generator) -> list[Size]:
    short, long = 2 * between(rng, 2, 3), 2 * between(rng, 4, 8)
    return [
        _size(rng, 1)._replace(n_H=short, n_W=long, n_C_prev=1),
        _size(rng)._replace(n_H=long, n_W=short, n_C_prev=between(rng, 2, 5), classes=4),
        _size(rng, 1)._replace(n_C=1),
    ]


def _parameters(rng: Generator, size: Size) -> Parameters:
    inputs = size.n_H // 2 * (size.n_W // 2) * size.n_C
    # The first filters are mostly off, the last mostly on: without windows that are all negative,
    # who forgets the ReLU on the way back would get the right gradient.
    b1 = np.linspace(-2, 0.5, size.n_C)
    return {
        "W1": rng.standard_normal((3, 3, size.n_C_prev, size.n_C)) / 3,
        "b1": b1 + rng.standard_normal((1, 1, 1, size.n_C)) / 3,
        "W2": rng.standard_normal((inputs, size.classes)) / np.sqrt(inputs),
        "b2": rng.standard_normal((1, size.classes)) - 1,
    }


def _images(rng: Generator, size: Size) -> Array:
    return rng.standard_normal(size[:4])


def _caches(rng: Generator, size: Size) -> tuple[Array, tuple[Any, ...]]:
    """Draw probabilities and the caches of a forward pass, each by itself.

    They needn't agree with each other, because going back only reads them.
    """
    parameters = _parameters(rng, size)
    # Some windows are all negative, as in _parameters.
    Z1 = rng.standard_normal((*size[:3], size.n_C)) + np.linspace(-2, 0.5, size.n_C)
    flat = np.abs(rng.standard_normal((size.m, len(parameters["W2"]))))
    cache_conv = (_images(rng, size), parameters["W1"], parameters["b1"], HPARAMETERS_CONV)
    cache_pool = (np.maximum(Z1, 0), HPARAMETERS_POOL)
    A = rng.dirichlet(np.ones(size.classes), size.m)
    return A, (cache_conv, Z1, cache_pool, (flat, parameters["W2"], parameters["b2"]))


# -------------------------------------------------------------------------------- simple_cnn_model


def _model_group(
    title: str, sizes: Callable[[Generator], list[Size]], outputs: tuple[str, ...] = ()
) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for size in sizes(rng):
            yield Case((_images(rng, size), _parameters(rng, size)), str(size))

    return Group(title, make, outputs)


_DENSE = 'fully_connected_forward(flat, parameters["W2"], parameters["b2"])'

SIMPLE_CNN_MODEL = Exercise(
    name="simple_cnn_model",
    parameters=("images", "parameters"),
    outputs=(Output("A", ROW_AXES), Output("caches")),
    compared=("A",),
    groups={
        "basic": _model_group(
            "la salida de la red", lambda rng: [_size(rng, sides=(4, 7)), _size(rng)]
        ),
        "sizes": _model_group(OTHER_SIZES, _others),
        "caches": _model_group(
            "lo que guarda caches", lambda rng: [_size(rng, sides=(2, 4))], outputs=("caches",)
        ),
    },
    reference=_simple_cnn_model,
    mistakes=(
        Mistake(
            "forgets_relu",
            ("relu(Z1)", "Z1, Z1"),
            "falta la ReLU: sin ella la red no es más que una función lineal y un max pooling",
        ),
        Mistake(
            "forgets_conv_bias",
            ('parameters["b1"]', '0 * parameters["b1"]'),
            "falta b1 en la convolución",
        ),
        Mistake(
            "forgets_dense_bias",
            (_DENSE, 'flat @ parameters["W2"], (flat, parameters["W2"], parameters["b2"])'),
            "falta b2 en la capa densa",
        ),
        Mistake(
            "average_pooling",
            ("HPARAMETERS_POOL)", 'HPARAMETERS_POOL, "average")'),
            "usaste pooling promedio: aquí es max pooling",
        ),
        Mistake(
            "maps_of_another_size",
            ("HPARAMETERS_CONV)", '{"stride": 1, "pad": 0})'),
            "los mapas aplanados no tienen tantos valores como filas W2: revisa que la "
            "convolución lleve pad = 1 (conserva el alto y el ancho) y que no falte el max "
            "pooling (los parte en dos)",
        ),
        Mistake(
            "flattens_channels_first",
            ("P1.reshape(", "P1.transpose(0, 3, 1, 2).reshape("),
            "aplanaste con los canales primero: en NHWC basta P1.reshape(m, -1)",
        ),
        Mistake(
            "flattens_by_columns",
            ("P1.shape[0], -1)", 'P1.shape[0], -1, order="F")'),
            "aplanaste en orden de columnas (order='F'): usa el orden normal, P1.reshape(m, -1)",
        ),
        Mistake(
            "relu_on_scores",
            ("softmax(Z2)", "softmax(relu(Z2)[0])"),
            "aplicaste ReLU a los puntajes: la capa densa va directo a la softmax",
        ),
        Mistake(
            "returns_scores",
            ("softmax(Z2)", "Z2"),
            "devolviste los puntajes Z2: falta la softmax",
        ),
        Mistake(
            "softmax_twice",
            ("softmax(Z2)", "softmax(softmax(Z2))"),
            "aplicaste softmax dos veces",
        ),
        Mistake(
            "softmax_over_the_batch",
            ("softmax(Z2)", "softmax(Z2.T).T"),
            "la softmax quedó sobre el lote: las probabilidades de cada imagen (cada fila) suman 1",
        ),
        Mistake(
            "caches_activation",
            ("caches = (cache_conv, cache_relu,", "caches = (cache_conv, A1,"),
            "guardaste A1 donde va el cache de la ReLU, que es Z1",
        ),
        Mistake(
            "caches_maps_unflattened",
            ("cache_pool, cache_fc)\n", "cache_pool, (P1, *cache_fc[1:]))\n"),
            "el cache de la capa densa guarda los mapas sin aplanar: guarda lo que devuelve "
            "fully_connected_forward",
        ),
        Mistake(
            "caches_without_relu",
            ("caches = (cache_conv, cache_relu,", "caches = (cache_conv,"),
            "caches tiene cuatro partes: convolución, ReLU, pooling y capa densa",
        ),
        Mistake(
            "caches_reversed",
            ("return A, caches", "return A, caches[::-1]"),
            "caches está en orden inverso: va de la primera capa a la última",
        ),
        Mistake(
            "pools_before_relu",
            (
                (
                    "A1, cache_relu = relu(Z1)\n    P1, cache_pool = pool_forward(A1, HPARAMETERS_POOL)"
                ),
                (
                    "A1, cache_pool = pool_forward(Z1, HPARAMETERS_POOL)\n    P1, cache_relu = relu(A1)"
                ),
            ),
            "hiciste el pooling antes que la ReLU: A sale igual, pero los cachés son otros; va "
            "convolución, ReLU y pooling",
        ),
        Mistake(
            "normalises_again",
            ("conv_forward(images,", "conv_forward(images / 127.5 - 1,"),
            "normalizaste dentro de la red: las imágenes ya llegan como la red las quiere",
        ),
        Mistake(
            "flattens_width_first",
            ("P1.reshape(", "P1.transpose(0, 2, 1, 3).reshape("),
            "aplanaste con el ancho antes que el alto: basta P1.reshape(m, -1)",
        ),
        Mistake(
            "mixes_images",
            ("P1.reshape(P1.shape[0], -1)", "P1.reshape(-1, P1.shape[0]).T"),
            "al aplanar mezclaste las imágenes: cada una es una fila, y reshape no cambia ejes de lugar",
        ),
        Mistake(
            "swaps_outputs",
            ("return A, caches", "return caches, A"),
            "el orden es A, caches",
        ),
        Mistake(
            "caches_pooled_maps",
            ("cache_relu, cache_pool, cache_fc)", "cache_relu, (P1, HPARAMETERS_POOL), cache_fc)"),
            "en el caché del pooling guardaste su salida: va lo que devuelve pool_forward, con su "
            "entrada",
        ),
    ),
    helpers=("relu", "fully_connected_forward", "softmax"),
)

# ---------------------------------------------------------------------------- backward_propagation


def _gradients_group(
    title: str, sizes: Callable[[Generator], list[Size]], outputs: tuple[str, ...] = ()
) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for size in sizes(rng):
            A, caches = _caches(rng, size)
            yield Case((A, targets(rng, size.m, size.classes), caches), str(size))

    return Group(title, make, outputs)


DIVIDES_AGAIN = "dividiste dos veces entre m: el 1/m ya va en (A − Y)/m"
_FIRST = "softmax_cross_entropy_backward(A, Y)"

BACKWARD_PROPAGATION = Exercise(
    name="backward_propagation",
    parameters=("A", "Y", "caches"),
    outputs=(
        Output("dW1", FILTER_AXES),
        Output("db1", ("", "", "", "filtro")),
        Output("dW2", WEIGHT_AXES),
        Output("db2", ("", "clase")),
    ),
    groups={
        "output_layer": _gradients_group("la capa densa: dW2 y db2", _basic, ("dW2", "db2")),
        "filters": _gradients_group("la convolución: dW1 y db1", _basic, ("dW1", "db1")),
        "one_image": _gradients_group("una sola imagen", _one),
        "sizes": _gradients_group(OTHER_SIZES, _others),
    },
    reference=_backward_propagation,
    mistakes=(
        Mistake(
            "forgets_to_unflatten",
            ("dflat.reshape(m, n_H // 2, n_W // 2, n_C)", "dflat"),
            "le diste a pool_backward el gradiente aplanado: antes hay que devolverle la forma que "
            "tenían los mapas al salir del pooling, (m, n_H/2, n_W/2, n_C)",
        ),
        Mistake(
            "forgets_batch_mean",
            (_FIRST, "A - Y"),
            "falta el 1/m: el primer gradiente es (A − Y)/m",
        ),
        Mistake(
            "softmax_twice",
            (_FIRST, f"{_FIRST} * A * (1 - A)"),
            "multiplicaste otra vez por la derivada de la softmax: (A − Y)/m ya la incluye",
        ),
        Mistake(
            "sign_reversed",
            (_FIRST, "(Y - A) / Y.shape[0]"),
            "el signo está al revés: es (A − Y)/m, no (Y − A)/m",
        ),
        Mistake(
            "divides_dense_again",
            ('"dW2": dW2, "db2": db2', '"dW2": dW2 / m, "db2": db2 / m'),
            "dW2 y db2 quedaron divididos dos veces entre m: el 1/m ya va en (A − Y)/m",
            DIVIDES_AGAIN,
        ),
        Mistake(
            "divides_conv_again",
            ('"dW1": dW1, "db1": db1', '"dW1": dW1 / m, "db1": db1 / m'),
            "dW1 y db1 quedaron divididos dos veces entre m: el 1/m ya va en (A − Y)/m",
            DIVIDES_AGAIN,
        ),
        Mistake(
            "forgets_relu",
            ("relu_backward(dA1, cache_relu)", "dA1"),
            "falta el regreso por la ReLU entre el pooling y la convolución: el gradiente pasa "
            "solo donde Z1 > 0",
        ),
        Mistake(
            "relu_of_gradient",
            ("relu_backward(dA1, cache_relu)", "np.maximum(dA1, 0)"),
            "aplicaste ReLU al gradiente: se multiplica por la máscara Z1 > 0, que sale del cache",
        ),
        Mistake(
            "averages_in_pooling",
            ("pool_backward(dP1, cache_pool)", 'pool_backward(dP1, cache_pool, "average")'),
            "regresaste por un pooling promedio: a la ida fue max, y el gradiente va al máximo",
        ),
        Mistake(
            "reshapes_channels_first",
            (
                "dflat.reshape(m, n_H // 2, n_W // 2, n_C)",
                "dflat.reshape(m, n_C, n_H // 2, n_W // 2).transpose(0, 2, 3, 1)",
            ),
            "al desaplanar pusiste los canales primero: la forma es la de la salida del pooling, "
            "(m, n_H/2, n_W/2, n_C)",
        ),
        Mistake(
            "names_without_d",
            ('"d', '"'),
            "el diccionario lleva las llaves 'dW1', 'db1', 'dW2' y 'db2'",
        ),
        Mistake(
            "divides_all_again",
            (
                '"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2',
                '"dW1": dW1 / m, "db1": db1 / m, "dW2": dW2 / m, "db2": db2 / m',
            ),
            "dividiste dos veces entre m los cuatro gradientes: el 1/m ya va en (A − Y)/m",
            DIVIDES_AGAIN,
        ),
        Mistake(
            "reshapes_by_columns",
            ("n_H // 2, n_W // 2, n_C)", 'n_H // 2, n_W // 2, n_C, order="F")'),
            "desaplanaste en orden de columnas (order='F'): es el inverso exacto del reshape de la ida",
        ),
        Mistake(
            "reshapes_width_first",
            (
                "dflat.reshape(m, n_H // 2, n_W // 2, n_C)",
                "dflat.reshape(m, n_W // 2, n_H // 2, n_C).transpose(0, 2, 1, 3)",
            ),
            "al desaplanar pusiste el ancho antes que el alto: la forma es (m, n_H/2, n_W/2, n_C)",
        ),
        Mistake(
            "mask_reversed",
            ("relu_backward(dA1, cache_relu)", "relu_backward(dA1, -cache_relu)"),
            "en la ReLU pasó el gradiente donde Z1 < 0: pasa donde fue positivo",
        ),
        Mistake(
            "swaps_biases",
            (('"db1": db1', '"db1": db2'), ('"db2": db2}', '"db2": db1}')),
            "cambiaste db1 y db2 de lugar en el diccionario",
        ),
        Mistake(
            "gradient_of_probabilities",
            (_FIRST, "-Y / A / len(Y)"),
            "empezaste con la derivada respecto a las probabilidades: el primer gradiente es "
            "respecto a los puntajes, (A − Y)/m",
        ),
    ),
    helpers=("relu_backward", "fully_connected_backward", "softmax_cross_entropy_backward"),
    driver="gradients_in_order",
)

# ------------------------------------------------------------------------------- update_parameters


def _update_group(
    title: str,
    rates: Callable[[Generator], tuple[float, ...]],
    outputs: tuple[str, ...] = ("parameters",),
) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for rate in rates(rng):
            parameters = _parameters(rng, _size(rng, sides=(2, 9)))
            gradients = {f"d{n}": rng.standard_normal(p.shape) for n, p in parameters.items()}
            yield Case((parameters, gradients, rate), f"learning_rate={rate:g}")

    return Group(title, make, outputs)


def _rate(rng: Generator, low: float, high: float) -> float:
    return round(rng.uniform(low, high), 4)


_UNTOUCHED = "lo que cambió de lo que recibe"
_STEP = 'learning_rate * gradients["d" + name]'

UPDATE_PARAMETERS = Exercise(
    name="update_parameters",
    parameters=("parameters", "gradients", "learning_rate"),
    outputs=(Output("parameters"), Output(_UNTOUCHED)),
    groups={
        # Only "rate" minds how the rate comes in.
        "basic": _update_group("un paso de descenso por gradiente", lambda _: (1.0,)),
        "rate": _update_group(
            "distintas tasas de aprendizaje",
            lambda rng: (_rate(rng, 0.05, 0.5), _rate(rng, 0.002, 0.008)),
        ),
        # With the result beside it: who does nothing changes nothing either.
        "untouched": _update_group(
            "sin cambiar el diccionario que recibe",
            lambda rng: (_rate(rng, 0.2, 0.9),),
            outputs=("parameters", _UNTOUCHED),
        ),
    },
    reference=_update_parameters,
    mistakes=(
        Mistake(
            "climbs",
            ("p - learning", "p + learning"),
            "sumaste: para bajar el costo se resta learning_rate por el gradiente",
        ),
        Mistake(
            "ignores_rate",
            ("learning_rate * ", ""),
            "falta multiplicar el gradiente por learning_rate",
        ),
        Mistake(
            "fixed_rate",
            ("learning_rate * ", "0.01 * "),
            "usaste una tasa fija de 0.01: usa el argumento learning_rate",
        ),
        Mistake(
            "returns_steps",
            ("p - learning", "learning"),
            "devolviste el paso, learning_rate por gradiente: réstalo al parámetro",
        ),
        Mistake(
            "forgets_biases",
            (_STEP, f'{_STEP} * (name[0] == "W")'),
            "no actualizaste b1 ni b2: también se aprenden",
        ),
        Mistake(
            "forgets_first_layer",
            (_STEP, f'{_STEP} * (name[1] == "2")'),
            "no actualizaste W1 ni b1: también se aprenden",
        ),
        Mistake(
            "divides_by_rate",
            (_STEP, 'gradients["d" + name] / learning_rate'),
            "dividiste entre learning_rate: se multiplica",
        ),
        Mistake(
            "returns_the_same",
            ("return updated", "return parameters"),
            "devolviste los parámetros sin cambiar",
        ),
        Mistake(
            "in_place",
            ("return updated", "parameters.update(updated)\n    return parameters"),
            "cambiaste los parámetros que recibiste (-= cambia el propio array): escribe en un "
            "diccionario nuevo parameters[k] - learning_rate * gradients['d' + k]",
        ),
        Mistake(
            "scales_the_gradients",
            (
                "    updated = {",
                (
                    "    for gradient in gradients.values():\n        gradient *= learning_rate\n"
                    "    learning_rate = 1\n    updated = {"
                ),
            ),
            "cambiaste los gradientes que recibiste (*= cambia el propio array): calcula el paso en un "
            "array nuevo, learning_rate * gradients['d' + k]",
        ),
        Mistake(
            "forgets_the_gradient",
            (_STEP, "learning_rate"),
            "restaste learning_rate a secas: lo que se resta es learning_rate por el gradiente",
        ),
        Mistake(
            "drops_the_biases",
            ("parameters.items()}", 'parameters.items() if name[0] == "W"}'),
            "devolviste un diccionario sin b1 ni b2: lleva las cuatro llaves",
        ),
        Mistake(
            "drops_the_first_layer",
            ("parameters.items()}", 'parameters.items() if name[1] == "2"}'),
            "devolviste un diccionario sin W1 ni b1: lleva las cuatro llaves",
        ),
        Mistake(
            "names_with_d",
            ("{name: p", '{"d" + name: p'),
            "las llaves del diccionario son las de parameters, sin la d de los gradientes",
        ),
        Mistake(
            "sign_of_the_gradient",
            (_STEP, 'learning_rate * np.sign(gradients["d" + name])'),
            "diste pasos del mismo tamaño para todos: el gradiente cuenta entero y no solo su signo",
        ),
        Mistake(
            "shrinks_the_parameters",
            (_STEP, f"{_STEP} * p"),
            "multiplicaste además por el parámetro: el paso es learning_rate por el gradiente",
        ),
    ),
    driver="look_back",
)

# ------------------------------------------------------------------------------------- train_epoch


def _order(rng: Generator, m: int, batch_size: int) -> Array:
    """Draw a permutation whose first batch isn't that of the images as they come."""
    while True:
        order = rng.permutation(m)
        if order[:batch_size].max() >= batch_size:
            return order


FEW = 2
"""Of how many whole batches the shorter epoch is."""


def _epoch_group(title: str, outputs: tuple[str, ...], *, rest: bool = False) -> Group:
    """Return epochs of a few images and of more; with `rest`, the last batch is smaller."""

    def make(rng: Generator) -> Iterator[Case]:
        for batch_size, batches in ((between(rng, 3, 5), FEW), (between(rng, 3, 6), 2 * FEW)):
            # The shorter epoch's last batch is one image.
            left = 0 if not rest else 1 if batches == FEW else between(rng, 1, batch_size - 1)
            m = batch_size * batches + left
            size = Size(m, 4, 4, 2, 3, 2)
            # Small values keep probabilities away from 0, where guards of the logarithm differ.
            parameters = {name: array / 3 for name, array in _parameters(rng, size).items()}
            images, Y = _images(rng, size) / 2, targets(rng, m, 2)
            rate, order = _rate(rng, 0.05, 0.3), _order(rng, m, batch_size)
            note = f"{m} imágenes en lotes de {batch_size}, learning_rate={rate:g}"
            yield Case((images, Y, parameters, rate, batch_size, order), note)

    return Group(title, make, outputs)


_TOTAL = "        total += cross_entropy(A, Y[chosen]) * len(chosen)\n"
FORGETS_STEPS = "cada lote empieza con los parámetros que dejó el paso del lote anterior"
UNEVEN_COST = "el costo no es el promedio por imagen de la época: compara con uno hecho a mano"
_KEEPS_FIRST = ("total = 0.0", "total, first = 0.0, parameters")

TRAIN_EPOCH = Exercise(
    name="train_epoch",
    parameters=("images", "Y", "parameters", "learning_rate", "batch_size", "order"),
    outputs=(Output("parameters"), Output("cost")),
    groups={
        "whole": _epoch_group("lotes completos", ("parameters",)),
        "remainder": _epoch_group("un último lote más pequeño", ("parameters",), rest=True),
        "cost": _epoch_group("el costo promedio de la época", ("cost",)),
        "combined": _epoch_group(
            "todo junto (los parámetros y el costo, con un último lote más pequeño)",
            ("parameters", "cost"),
            rest=True,
        ),
    },
    reference=_train_epoch,
    mistakes=(
        Mistake(
            "forgets_what_the_update_returns",
            ("parameters = update_parameters(", "update_parameters("),
            "update_parameters devuelve un diccionario nuevo y no lo guardaste, así que la red nunca "
            "cambió: parameters = update_parameters(...)",
        ),
        Mistake(
            "ignores_order",
            ("order[start : start + batch_size]", "np.arange(m)[start : start + batch_size]"),
            "no usaste order: los lotes se toman de la permutación que llega",
        ),
        Mistake(
            "shuffles_only_images",
            ("Y[chosen]", "Y[start : start + batch_size]"),
            "revolviste las imágenes y no sus etiquetas: indexa las dos con los mismos números",
        ),
        Mistake(
            "drops_last_batch",
            ("range(0, m, batch_size)", "range(0, m - m % batch_size, batch_size)"),
            "el último lote, más pequeño, se quedó sin usar: order[start : start + batch_size] ya"
            " se corta solo al final",
        ),
        Mistake(
            "one_batch_only",
            ("range(0, m, batch_size)", "range(0, batch_size, batch_size)"),
            "entrenaste con un solo lote: la época pasa por todas las imágenes",
        ),
        Mistake(
            "always_the_first_parameters",
            (_KEEPS_FIRST, ("images[chosen], parameters", "images[chosen], first")),
            "cada lote calculó su gradiente con los parámetros del comienzo: usa los que dejó el "
            "lote anterior",
            FORGETS_STEPS,
        ),
        Mistake(
            "returns_first_parameters",
            (_KEEPS_FIRST, ("return parameters, cost", "return first, cost")),
            "devolviste los parámetros con los que empezaste: guarda lo que devuelve "
            "update_parameters",
        ),
        Mistake(
            "sums_costs",
            ((" * len(chosen)", ""), ("total / m", "total")),
            "sumaste los costos de los lotes: se pide su promedio por imagen",
            UNEVEN_COST,
        ),
        Mistake(
            "averages_batches",
            ((" * len(chosen)", ""), ("total / m", "total / len(range(0, m, batch_size))")),
            "promediaste los costos de los lotes como si todos fueran iguales: el último es más "
            "pequeño, y el promedio es por imagen",
            UNEVEN_COST,
        ),
        Mistake(
            "last_cost",
            ("total / m", "cross_entropy(A, Y[chosen])"),
            "devolviste el costo del último lote: se pide el promedio de la época",
        ),
        Mistake(
            "cost_after",
            (
                (_TOTAL, ""),
                (
                    "gradients, learning_rate)\n",
                    (
                        "gradients, learning_rate)\n"
                        f"        A, _ = simple_cnn_model(images[chosen], parameters)\n{_TOTAL}"
                    ),
                ),
            ),
            "mediste el costo después de actualizar: es el de la ida, antes de dar el paso",
        ),
        Mistake(
            "moves_one_by_one",
            ("range(0, m, batch_size)", "range(m)"),
            "avanzaste de imagen en imagen: cada lote empieza batch_size después del anterior",
        ),
        Mistake(
            "shuffles_only_labels",
            ("images[chosen]", "images[start : start + batch_size]"),
            "revolviste las etiquetas y no sus imágenes: indexa las dos con los mismos números",
        ),
        Mistake(
            "divides_the_cost_twice",
            (" * len(chosen)", ""),
            "cross_entropy ya promedió el lote, y dividiste otra vez: antes de sumar, multiplica "
            "por cuántas imágenes hay en él",
            UNEVEN_COST,
        ),
        Mistake(
            "updates_once",
            (
                (
                    "        parameters = update_parameters(parameters, gradients, learning_rate)\n",
                    "",
                ),
                (
                    "    cost =",
                    (
                        "    parameters = update_parameters(parameters, gradients, learning_rate)\n"
                        "    cost ="
                    ),
                ),
            ),
            "diste un solo paso en toda la época, con el gradiente del último lote: es uno por lote",
            FORGETS_STEPS,
        ),
        Mistake(
            "drops_the_first_batch",
            ("range(0, m, batch_size)", "range(batch_size, m, batch_size)"),
            "el primer lote se quedó sin usar: empieza en 0",
        ),
        Mistake(
            "steps_per_image",
            ("gradients, learning_rate)", "gradients, learning_rate * len(chosen))"),
            "diste un paso len(lote) veces más grande: el gradiente ya es un promedio, y el paso es "
            "learning_rate",
        ),
        Mistake(
            "swaps_outputs",
            ("return parameters, cost", "return cost, parameters"),
            "el orden es parameters, cost",
        ),
    ),
    helpers=("simple_cnn_model", "cross_entropy", "backward_propagation", "update_parameters"),
    driver="on_copies",
)

EXERCISES = (SIMPLE_CNN_MODEL, BACKWARD_PROPAGATION, UPDATE_PARAMETERS, TRAIN_EPOCH)
