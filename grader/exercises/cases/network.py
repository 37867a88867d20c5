"""Cases of lab 5: a small convolutional network (NHWC), its training, and the cats and dogs.

The network is conv 3×3 (stride 1, pad 1) -> ReLU -> max pool 2×2 -> fully connected -> softmax. Its
parameters are W1 (3, 3, n_C_prev, n_C), b1 (1, 1, 1, n_C), W2 (n_H/2 * n_W/2 * n_C, classes) and
b2 (1, classes). Its caches are those of the four layers: (images, W1, b1, hparameters), Z1,
(A1, hparameters) and (flat, W2, b2).
"""

from __future__ import annotations

import copy
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.data import draw
from grader.exercises.base import Case, Exercise, Group, Output
from grader.exercises.cases.convolution import strided

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.random import Generator

    Array = np.ndarray[Any, Any]
    Parameters = dict[str, Array]
    Size = tuple[int, int, int, int, int, int]

HPARAMETERS_CONV = {"stride": 1, "pad": 1}
HPARAMETERS_POOL = {"f": 2, "stride": 2}
ROW_AXES = ("imagen del lote", "clase")
FEATURE_AXES = ("imagen del lote", "entrada")
WEIGHT_AXES = ("entrada", "salida")
FILTER_AXES = ("fila del filtro", "columna del filtro", "canal de entrada", "filtro")


def _single(array: Array) -> Array:
    return array.astype(np.float32)


# ------------------------------------------------------------------------------ labels and ReLU


def _labels(rng: Generator, m: int, num_classes: int) -> Array:
    """Return labels with every class in them, where there is room for all."""
    labels = np.concatenate([np.arange(num_classes), rng.integers(0, num_classes, m)])[:m]
    return rng.permutation(labels)


def _one_hot_basic(rng: Generator) -> Iterator[Case]:
    for m, num_classes in ((6, 2), (9, 4)):
        labels = _labels(rng, m, num_classes)
        yield Case((labels, num_classes), f"labels de forma ({m},), num_classes={num_classes}")


def _one_hot_shapes(rng: Generator) -> Iterator[Case]:
    for m, num_classes, row in ((5, 2, True), (7, 3, False)):
        labels = _labels(rng, m, num_classes).reshape((1, m) if row else (m, 1))
        yield Case((labels, num_classes), f"labels de forma {labels.shape}")


def _one_hot_absent(rng: Generator) -> Iterator[Case]:
    yield Case((np.zeros(4, dtype=np.int64), 2), "puros gatos, num_classes=2")
    yield Case((_labels(rng, 5, 3), 5), "num_classes=5 y nadie de las últimas dos")


ONE_HOT_ENCODE = Exercise(
    name="one_hot_encode",
    parameters=("labels", "num_classes"),
    outputs=(Output("Y", ROW_AXES),),
    groups={
        "basic": Group("caso básico", _one_hot_basic),
        "shapes": Group("etiquetas de forma (1, m) y (m, 1)", _one_hot_shapes),
        "absent": Group("clases sin ninguna imagen", _one_hot_absent),
    },
)


def _relu_case(Z: Array, note: str = "") -> Case:
    return Case((Z,), f"Z de forma {Z.shape}{note}")


def _relu_basic(rng: Generator) -> Iterator[Case]:
    for shape in ((3, 4), (2, 3, 3, 2)):
        yield _relu_case(rng.standard_normal(shape) * 3)


RELU = Exercise(
    name="relu",
    parameters=("Z",),
    outputs=(Output("A"), Output("cache")),
    compared=("A",),
    groups={
        "basic": Group("caso básico", _relu_basic),
        "cache": Group("lo que guarda cache", _relu_basic, outputs=("cache",)),
    },
)


def _relu_backward_case(rng: Generator, Z: Array, note: str = "") -> Case:
    dA = np.asarray(rng.standard_normal(Z.shape), dtype=Z.dtype)
    return Case((dA, Z), f"dA y Z de forma {Z.shape}{note}")


def _relu_backward_basic(rng: Generator) -> Iterator[Case]:
    for shape in ((3, 4), (2, 3, 3, 2)):
        yield _relu_backward_case(rng, rng.standard_normal(shape) * 3)


def _relu_backward_zeros(rng: Generator) -> Iterator[Case]:
    Z = rng.standard_normal((6, 7))
    Z[::2, 1::2] = 0
    yield _relu_backward_case(rng, Z, ", con ceros")


def _relu_backward_memory(rng: Generator) -> Iterator[Case]:
    yield _relu_backward_case(rng, strided(rng.standard_normal((3, 4))), ", no contiguo en memoria")
    yield _relu_backward_case(rng, _single(rng.standard_normal((2, 5))), ", float32")


RELU_BACKWARD = Exercise(
    name="relu_backward",
    parameters=("dA", "cache"),
    outputs=(Output("dZ"),),
    groups={
        "basic": Group("caso básico", _relu_backward_basic),
        "zeros": Group("donde Z es exactamente 0", _relu_backward_zeros),
        "memory": Group("otros tipos de dato y orden en memoria", _relu_backward_memory),
    },
)

# ------------------------------------------------------------------- softmax and cross-entropy


def _softmax_group(title: str, *shapes: tuple[int, int], scale: float = 2.0) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for shape in shapes:
            note = f"Z de forma {shape}" + (f", valores de ±{scale:g}" if scale > 100 else "")  # noqa: PLR2004
            # The rows lie far apart, so that each needs a maximum of its own.
            centres = scale * (np.arange(shape[0]) - shape[0] // 2).reshape(-1, 1)
            yield Case((centres + rng.standard_normal(shape) * 2,), note)

    return Group(title, make)


SOFTMAX = Exercise(
    name="softmax",
    parameters=("Z",),
    outputs=(Output("A", ROW_AXES),),
    groups={
        "basic": _softmax_group("dos clases", (4, 2), (3, 2)),
        "classes": _softmax_group("más clases, o una sola imagen", (3, 5), (1, 4), (4, 3)),
        "large": _softmax_group("valores muy grandes", (3, 2), (4, 3), scale=2000.0),
    },
)


def _unsure(rng: Generator, m: int, num_classes: int = 2) -> Array:
    """Return probabilities that aren't near 0, so that guarding the logarithm changes nothing."""
    weights = rng.uniform(0.5, 1.7, (m, num_classes))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _targets(rng: Generator, m: int, num_classes: int) -> Array:
    """Draw the rows Y (m, num_classes) of m labels."""
    return np.eye(num_classes)[_labels(rng, m, num_classes)]


def _probabilities(title: str, *sizes: tuple[int, int]) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for m, num_classes in sizes:
            Y = _targets(rng, m, num_classes)
            yield Case((_unsure(rng, m, num_classes), Y), f"A y Y de forma {Y.shape}")

    return Group(title, make)


def _certain(rng: Generator) -> Iterator[Case]:
    A = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    yield Case((A, A.copy()), "una red segura y acertada: A igual a Y")
    A = np.vstack([A, _unsure(rng, 2)])
    Y = np.vstack([A[:3], _targets(rng, 2, 2)])
    yield Case((A, Y), "algunas probabilidades exactamente 0 y 1")


CROSS_ENTROPY = Exercise(
    name="cross_entropy",
    parameters=("A", "Y"),
    outputs=(Output("cost"),),
    groups={
        "basic": _probabilities("dos clases", (4, 2), (7, 2)),
        "classes": _probabilities("más clases", (5, 4), (6, 3)),
        "certain": Group("probabilidades de 0 y de 1", _certain),
    },
)

SOFTMAX_CROSS_ENTROPY_BACKWARD = Exercise(
    name="softmax_cross_entropy_backward",
    parameters=("A", "Y"),
    outputs=(Output("dZ", ROW_AXES),),
    groups={
        "one_image": _probabilities("una sola imagen", (1, 2), (1, 3)),
        "batch": _probabilities("un lote", (4, 2), (7, 3)),
    },
)

# ----------------------------------------------------------------------- fully connected layer

_DENSE = ((3, 6, 2), (4, 5, 3))


def _dense(rng: Generator, size: tuple[int, int, int], form: Callable[[Array], Array]) -> Any:
    m, n_prev, n = size
    A_prev, W, b = (
        form(rng.standard_normal(shape)) for shape in ((m, n_prev), (n_prev, n), (1, n))
    )
    return (A_prev, W, b), f"A_prev {A_prev.shape}, W {W.shape}"


def _dense_forward(
    title: str, forms: tuple[Callable[[Array], Array], ...], outputs: tuple[str, ...] = ()
) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for size, form in zip(_DENSE, forms, strict=True):
            yield Case(*_dense(rng, size, form))

    return Group(title, make, outputs)


def _dense_backward(title: str, outputs: tuple[str, ...]) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for size in _DENSE:
            layer, note = _dense(rng, size, np.asarray)
            dZ = rng.standard_normal((size[0], size[2]))
            yield Case((dZ, layer), f"dZ {dZ.shape}, {note}")

    return Group(title, make, outputs)


_PLAIN = (np.asarray, np.asarray)

FULLY_CONNECTED_FORWARD = Exercise(
    name="fully_connected_forward",
    parameters=("A_prev", "W", "b"),
    outputs=(Output("Z", ("imagen del lote", "salida")), Output("cache")),
    compared=("Z",),
    groups={
        "basic": _dense_forward("caso básico", _PLAIN),
        "memory": _dense_forward("otros tipos de dato y orden en memoria", (strided, _single)),
        "cache": _dense_forward("lo que guarda cache", _PLAIN, ("cache",)),
    },
)

FULLY_CONNECTED_BACKWARD = Exercise(
    name="fully_connected_backward",
    parameters=("dZ", "cache"),
    outputs=(
        Output("dA_prev", FEATURE_AXES),
        Output("dW", WEIGHT_AXES),
        Output("db", ("", "salida")),
    ),
    groups={
        "input": _dense_backward("dA_prev, lo que regresa a la capa anterior", ("dA_prev",)),
        "weights": _dense_backward("dW, el gradiente de los pesos", ("dW",)),
        "bias": _dense_backward("db, el gradiente del bias", ("db",)),
    },
)

# ------------------------------------------------------------------------------ the whole network

# m, n_H, n_W, n_C_prev, n_C, classes
_BASIC: tuple[Size, ...] = ((3, 4, 4, 3, 4, 2), (2, 6, 6, 3, 3, 2))
_SIZES: tuple[Size, ...] = ((2, 4, 8, 1, 3, 2), (3, 6, 4, 2, 5, 3))
_ONE: tuple[Size, ...] = ((1, 4, 4, 3, 4, 2), (1, 6, 6, 3, 2, 2))


def _parameters(rng: Generator, size: Size) -> Parameters:
    _, n_H, n_W, n_C_prev, n_C, classes = size
    inputs = n_H // 2 * (n_W // 2) * n_C
    # The first filters are mostly off, the last mostly on: without windows that are all negative,
    # who forgets the ReLU on the way back would get the right gradient.
    b1 = np.linspace(-2, 0.5, n_C)
    return {
        "W1": rng.standard_normal((3, 3, n_C_prev, n_C)) / 3,
        "b1": b1 + rng.standard_normal((1, 1, 1, n_C)) / 3,
        "W2": rng.standard_normal((inputs, classes)) / np.sqrt(inputs),
        "b2": rng.standard_normal((1, classes)) - 1,
    }


def _images(rng: Generator, size: Size) -> Array:
    return rng.standard_normal(size[:4])


def _caches(rng: Generator, size: Size) -> tuple[Array, tuple[Any, ...]]:
    """Draw probabilities and the caches of a forward pass, each by itself.

    They needn't agree with each other, because going back only reads them; and whoever computed them
    here would leave the lab's solution where a student's code can find it.
    """
    m, n_H, n_W, _, n_C, classes = size
    parameters = _parameters(rng, size)
    # Some windows are all negative, as in _parameters.
    Z1 = rng.standard_normal((m, n_H, n_W, n_C)) + np.linspace(-2, 0.5, n_C)
    flat = np.abs(rng.standard_normal((m, len(parameters["W2"]))))
    cache_conv = (_images(rng, size), parameters["W1"], parameters["b1"], HPARAMETERS_CONV)
    cache_pool = (np.maximum(Z1, 0), HPARAMETERS_POOL)
    A = rng.dirichlet(np.ones(classes), m)
    return A, (cache_conv, Z1, cache_pool, (flat, parameters["W2"], parameters["b2"]))


def _model_group(title: str, sizes: tuple[Size, ...], outputs: tuple[str, ...] = ()) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for size in sizes:
            parameters = _parameters(rng, size)
            yield Case(
                (_images(rng, size), parameters),
                f"images de forma {size[:4]}, {size[4]} filtros, {size[5]} clases",
            )

    return Group(title, make, outputs)


SIMPLE_CNN_MODEL = Exercise(
    name="simple_cnn_model",
    parameters=("images", "parameters"),
    outputs=(Output("A", ROW_AXES), Output("caches")),
    compared=("A",),
    groups={
        "basic": _model_group("la salida de la red", _BASIC),
        "sizes": _model_group("imágenes no cuadradas, otros canales y otras clases", _SIZES),
        "caches": _model_group("lo que guarda caches", _BASIC[:1], ("caches",)),
    },
    helpers=("relu", "fully_connected_forward", "softmax"),
)

GRADIENTS = ("dW1", "db1", "dW2", "db2")


def call_for_gradients(function: Callable[..., Any], case: Case) -> Any:
    """Call a student's function and put the gradients of the dictionary that came back in order."""
    gradients = function(*case.args)
    if isinstance(gradients, dict):
        return tuple(gradients[name] for name in GRADIENTS)
    return gradients


def _gradients_group(title: str, sizes: tuple[Size, ...], outputs: tuple[str, ...] = ()) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for size in sizes:
            A, caches = _caches(rng, size)
            Y = _targets(rng, size[0], size[5])
            yield Case((A, Y, caches), f"images de forma {size[:4]}, {size[4]} filtros")

    return Group(title, make, outputs)


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
        "output_layer": _gradients_group("la capa densa: dW2 y db2", _BASIC, ("dW2", "db2")),
        "filters": _gradients_group("la convolución: dW1 y db1", _BASIC, ("dW1", "db1")),
        "one_image": _gradients_group("una sola imagen", _ONE),
        "sizes": _gradients_group("imágenes no cuadradas, otros canales y otras clases", _SIZES),
    },
    helpers=("relu_backward", "fully_connected_backward", "softmax_cross_entropy_backward"),
    call=call_for_gradients,
)

# ---------------------------------------------------------------------------------------- training


def call_and_look_back(function: Callable[..., Any], case: Case) -> Any:
    """Call a student's update on copies; return its result, and whether the copies stayed the same.

    Without copies, whoever updates in place would lose every group and not that one alone.
    """
    copied = copy.deepcopy(case.args)
    result = function(*copied)
    before, after = case.args[0], copied[0]
    same = all(np.array_equal(before[name], after[name]) for name in before)
    return result, same


def _update_group(title: str, *rates: float, outputs: tuple[str, ...] = ("parameters",)) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for rate in rates:
            parameters = _parameters(rng, _BASIC[0])
            gradients = {f"d{n}": rng.standard_normal(p.shape) for n, p in parameters.items()}
            yield Case((parameters, gradients, rate), f"learning_rate={rate:g}")

    return Group(title, make, outputs)


UPDATE_PARAMETERS = Exercise(
    name="update_parameters",
    parameters=("parameters", "gradients", "learning_rate"),
    outputs=(Output("parameters"), Output("los parámetros que recibe siguen igual")),
    groups={
        "basic": _update_group("un paso de descenso por gradiente", 1.0),
        "rate": _update_group("distintas tasas de aprendizaje", 0.1, 0.01),
        "untouched": _update_group(
            "sin cambiar el diccionario que recibe",
            0.5,
            outputs=("los parámetros que recibe siguen igual",),
        ),
    },
    call=call_and_look_back,
)


def call_on_copies(function: Callable[..., Any], case: Case) -> Any:
    """Call a student's function on copies: an update in place isn't this exercise's business."""
    return function(*copy.deepcopy(case.args))


def _epoch_group(title: str, *runs: tuple[int, int], outputs: tuple[str, ...]) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for m, batch_size in runs:
            size = (m, 4, 4, 2, 3, 2)
            # Small values keep probabilities away from 0, where guards of the logarithm differ.
            parameters = {name: array / 3 for name, array in _parameters(rng, size).items()}
            images = _images(rng, size) / 2
            Y = _targets(rng, m, 2)
            note = f"{m} imágenes en lotes de {batch_size}"
            yield Case((images, Y, parameters, 0.1, batch_size, rng.permutation(m)), note)

    return Group(title, make, outputs)


TRAIN_EPOCH = Exercise(
    name="train_epoch",
    parameters=("images", "Y", "parameters", "learning_rate", "batch_size", "order"),
    outputs=(Output("parameters"), Output("cost")),
    groups={
        "whole": _epoch_group("lotes completos", (8, 4), (9, 3), outputs=("parameters",)),
        "remainder": _epoch_group(
            "un último lote más pequeño", (7, 3), (5, 4), outputs=("parameters",)
        ),
        "cost": _epoch_group("el costo promedio de la época", (8, 4), (6, 2), outputs=("cost",)),
    },
    helpers=("simple_cnn_model", "cross_entropy", "backward_propagation", "update_parameters"),
    call=call_on_copies,
)

# -------------------------------------------------------------------------------- cats and dogs

SIDE = 32


@lru_cache(maxsize=2)
def _drawn(count: int, seed: int) -> tuple[Array, Array]:
    return draw(count, SIDE, seed)


def held_out_pets(count: int, title: str) -> Group:
    """Return a group whose one case holds `count` new pictures, with their labels as its answer."""

    def make(rng: Generator) -> Iterator[Case]:
        images, labels = _drawn(count, int(rng.integers(2**63)))
        note = f"{count} imágenes nuevas de {SIDE}×{SIDE}"
        yield Case((images.copy(),), note, answer=labels)

    return Group(title, make)


CATS_VS_DOGS = Exercise(
    name="cats_vs_dogs",
    parameters=("images",),
    outputs=(Output("labels", ("imagen",)),),
    groups={"held_out": held_out_pets(500, "imágenes nuevas")},
    sealed=True,
)

EXERCISES = (
    ONE_HOT_ENCODE,
    RELU,
    RELU_BACKWARD,
    SOFTMAX,
    CROSS_ENTROPY,
    SOFTMAX_CROSS_ENTROPY_BACKWARD,
    FULLY_CONNECTED_FORWARD,
    FULLY_CONNECTED_BACKWARD,
    SIMPLE_CNN_MODEL,
    BACKWARD_PROPAGATION,
    UPDATE_PARAMETERS,
    TRAIN_EPOCH,
    CATS_VS_DOGS,
)
