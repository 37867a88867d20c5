"""The pieces of the network: labels, ReLU, softmax and cross-entropy, the fully connected layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from grader.exercise import Case, Exercise, Group, Mistake, Output

from ..tools import between, single, strided, tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.random import Generator

    from ..tools import Array

ROW_AXES = ("imagen del lote", "clase")
WEIGHT_AXES = ("entrada", "salida")
MEMORY = "otros tipos de dato y orden en memoria"

# ------------------------------------------------------------------------------ labels and ReLU


def labels_of_all(rng: Generator, m: int, num_classes: int) -> Array:
    """Return labels with every class in them, where there is room for all."""
    labels = np.concatenate([np.arange(num_classes), rng.integers(0, num_classes, m)])[:m]
    return rng.permutation(labels)


def targets(rng: Generator, m: int, num_classes: int) -> Array:
    """Draw the rows Y (m, num_classes) of m labels."""
    return np.eye(num_classes)[labels_of_all(rng, m, num_classes)]


def _one_hot_basic(rng: Generator) -> Iterator[Case]:
    m = between(rng, 5, 9)
    # Twice the same sizes: who fills the array of the call before finds its ones there.
    for n, num_classes in ((m, 2), (m, 2), (between(rng, 20, 90), between(rng, 4, 9))):
        labels = labels_of_all(rng, n, num_classes)
        yield Case((labels, num_classes), f"labels de forma ({n},), num_classes={num_classes}")


def _one_hot_shapes(rng: Generator) -> Iterator[Case]:
    # One image, too: who squeezes away whatever axes measure 1 is left with none.
    for m, num_classes, row in (
        (between(rng, 5, 12), 2, True),
        (between(rng, 5, 12), 3, False),
        (1, between(rng, 2, 4), True),
    ):
        labels = labels_of_all(rng, m, num_classes).reshape((1, m) if row else (m, 1))
        yield Case((labels, num_classes), f"labels de forma {labels.shape}")


def _one_hot_absent(rng: Generator) -> Iterator[Case]:
    yield Case((np.zeros(between(rng, 3, 6), dtype=np.int64), 2), "puros gatos, num_classes=2")
    labels = labels_of_all(rng, between(rng, 6, 12), 3)
    yield Case((labels, 5), "num_classes=5 y nadie de las últimas dos")


def _one_hot_encode(labels: Array, num_classes: int) -> Array:
    # As numbers of any kind: who fills an array of zeros has floats.
    return F.one_hot(torch.tensor(labels.ravel()), num_classes).double().numpy()


ONE_HOT_ENCODE = Exercise(
    name="one_hot_encode",
    parameters=("labels", "num_classes"),
    outputs=(Output("Y", ROW_AXES),),
    groups={
        "basic": Group("caso básico", _one_hot_basic),
        "shapes": Group("etiquetas de forma (1, m) y (m, 1)", _one_hot_shapes),
        "absent": Group("clases sin ninguna imagen", _one_hot_absent),
    },
    reference=_one_hot_encode,
    mistakes=(
        Mistake(
            "squeezes",
            ("labels.reshape(-1)", "np.squeeze(labels)"),
            "squeeze quita todos los ejes que miden 1, y con una sola imagen no deja ninguno: "
            "labels.reshape(-1) deja siempre uno",
        ),
        Mistake(
            "rows_from_first_axis",
            ("    labels = labels.reshape(-1)\n", ""),
            "con etiquetas de forma (1, m), labels.shape[0] es 1 y las m filas se vuelven una "
            "sola; con (m, 1), cada fila se llena de unos. Aplana primero: labels = "
            "labels.reshape(-1)",
        ),
        Mistake(
            "one_row_a_class",
            ("return Y", "return Y.T"),
            "te quedó una fila por clase: va una fila por imagen y una columna por clase, forma "
            "(m, num_classes)",
        ),
        Mistake(
            "fills_whole_columns",
            ("np.arange(m), labels", ":, labels"),
            "Y[:, labels] = 1 llena columnas enteras: cada imagen quedó en todas las clases. "
            "Indica también la fila, Y[np.arange(m), labels] = 1",
        ),
        Mistake(
            "counts_classes_that_appear",
            ("(m, num_classes))", "(m, labels.max() + 1))"),
            "la cantidad de columnas salió de las etiquetas que aparecen: usa num_classes, porque"
            " en un lote puede faltar una clase",
        ),
        Mistake(
            "ones_and_zeros_swapped",
            ("return Y", "return 1 - Y"),
            "los unos y los ceros están al revés: el 1 va en la clase de la imagen",
        ),
        Mistake(
            "label_instead_of_one",
            ("labels] = 1", "labels] = labels"),
            "pusiste la etiqueta donde va un 1: las filas de la clase 0 quedaron en ceros",
        ),
        Mistake(
            "classes_reversed",
            ("return Y", "return Y[:, ::-1]"),
            "las columnas están en orden inverso: la columna 0 es la clase 0",
        ),
        Mistake(
            "counts_from_one",
            ("np.arange(m), labels", "np.arange(m), labels - 1"),
            "a la clase 0 le pusiste el 1 en la última columna: las clases se cuentan desde 0, y "
            "no se les resta nada",
        ),
        Mistake(
            "as_many_columns_as_images",
            ("(m, num_classes))", "(m, m))"),
            "hiciste una columna por imagen: va una por clase, num_classes",
        ),
        Mistake(
            "takes_the_first_row",
            ("labels = labels.reshape(-1)", "labels = labels[0]"),
            "con labels[0] supones que la forma es (1, m): también puede ser (m,) o (m, 1), así que "
            "aplánala",
        ),
        Mistake(
            "one_image_only",
            ("np.arange(m), labels] = 1", "0, labels[0]] = 1"),
            "solo la primera imagen tiene su 1: hace falta uno en cada fila",
        ),
    ),
)


def _any_shapes(rng: Generator) -> list[tuple[int, ...]]:
    """Draw the shape of some scores, and that of some images."""
    return [
        (between(rng, 3, 6), between(rng, 4, 9)),
        (between(rng, 2, 4), between(rng, 3, 9), between(rng, 3, 9), between(rng, 2, 6)),
        (1, between(rng, 4, 9)),
    ]


def _relu_basic(rng: Generator) -> Iterator[Case]:
    for shape in _any_shapes(rng):
        yield Case((rng.standard_normal(shape) * 3,), f"Z de forma {shape}")


def _relu(Z: Array) -> tuple[Array, Array]:
    return F.relu(tensor(Z)).numpy(), Z


_MAXIMUM = "np.maximum(Z, 0)"
CACHES_ANOTHER = "cache no es la Z que llegó: le faltan los negativos"

RELU = Exercise(
    name="relu",
    parameters=("Z",),
    outputs=(Output("A"), Output("cache")),
    compared=("A",),
    groups={
        "basic": Group("caso básico", _relu_basic),
        # With A beside it: who returns Z and nothing else hasn't solved a thing.
        "cache": Group("lo que guarda cache", _relu_basic, outputs=("A", "cache")),
    },
    reference=_relu,
    mistakes=(
        Mistake(
            "leaky",
            (_MAXIMUM, "np.maximum(Z, 0.01 * Z)"),
            "eso es una leaky ReLU: los negativos se vuelven 0, no 0.01·Z",
        ),
        Mistake(
            "absolute_value",
            (_MAXIMUM, "np.abs(Z)"),
            "eso es el valor absoluto: los negativos se vuelven 0, no positivos",
        ),
        Mistake(
            "returns_mask",
            (_MAXIMUM, "(Z > 0).astype(Z.dtype)"),
            "devolviste la máscara Z > 0 (unos y ceros): eso es la derivada; la salida conserva "
            "el valor de los positivos",
        ),
        Mistake(
            "keeps_negatives",
            ("np.maximum", "np.minimum"),
            "te quedaste con los negativos: es np.maximum, no np.minimum",
        ),
        Mistake(
            "clips_at_one",
            (_MAXIMUM, "np.clip(Z, 0, 1)"),
            "recortaste también por arriba: los positivos pasan sin cambio, aunque sean mayores "
            "que 1",
        ),
        Mistake(
            "sigmoid",
            (_MAXIMUM, "1 / (1 + np.exp(-Z))"),
            "eso es la sigmoide: ReLU es max(0, Z)",
        ),
        Mistake(
            "caches_output",
            ("cache = Z", "cache = A"),
            "cache guarda A y debe guardar la entrada Z. Si escribiste Z[Z < 0] = 0, cambiaste la"
            " propia Z: np.maximum(Z, 0) hace un array nuevo",
            CACHES_ANOTHER,
        ),
        Mistake(
            "caches_mask",
            ("cache = Z", "cache = Z > 0"),
            "cache guarda la máscara Z > 0 y debe guardar Z",
        ),
        Mistake(
            "changes_its_argument",
            (f"A = {_MAXIMUM}", "Z[Z < 0] = 0\n    A = Z"),
            "Z[Z < 0] = 0 escribe en el array de quien te llamó, y A y cache acaban siendo el "
            "mismo: haz uno nuevo",
            CACHES_ANOTHER,
        ),
        Mistake(
            "sign_reversed",
            (_MAXIMUM, "np.maximum(-Z, 0)"),
            "dejaste pasar los negativos con el signo cambiado: pasan los positivos, tal cual",
        ),
        Mistake(
            "nothing_below_one",
            (_MAXIMUM, "np.where(Z > 1, Z, 0)"),
            "también borraste los valores entre 0 y 1: solo los negativos se vuelven 0",
        ),
        Mistake(
            "caches_a_tuple",
            ("cache = Z", "cache = (Z,)"),
            "cache es Z, sin meterla en una tupla",
        ),
        Mistake(
            "swaps_outputs",
            ("return A, cache", "return cache, A"),
            "el orden es A, cache",
        ),
    ),
)


def _relu_backward_case(rng: Generator, Z: Array, note: str = "") -> Case:
    dA = np.asarray(rng.standard_normal(Z.shape), dtype=Z.dtype)
    return Case((dA, Z), f"dA y Z de forma {Z.shape}{note}")


def _relu_backward_basic(rng: Generator) -> Iterator[Case]:
    for shape in _any_shapes(rng):
        yield _relu_backward_case(rng, rng.standard_normal(shape) * 3)


def _relu_backward_zeros(rng: Generator) -> Iterator[Case]:
    Z = rng.standard_normal((between(rng, 6, 12), between(rng, 6, 12)))
    Z[::2, 1::2] = 0
    yield _relu_backward_case(rng, Z, ", con ceros")


def _relu_backward_memory(rng: Generator) -> Iterator[Case]:
    first, second = (rng.standard_normal(shape) for shape in (_any_shapes(rng)[0], (3, 8)))
    yield _relu_backward_case(rng, strided(first), ", no contiguo en memoria")
    yield _relu_backward_case(rng, single(second), ", float32")


def _relu_backward(dA: Array, cache: Array) -> Array:
    """Return the gradient by Z of sum(dA * relu(Z)), where the cache is Z."""
    Z = tensor(cache).requires_grad_()
    (dZ,) = torch.autograd.grad(F.relu(Z), Z, tensor(dA))
    return dZ.numpy()


RELU_BACKWARD = Exercise(
    name="relu_backward",
    parameters=("dA", "cache"),
    outputs=(Output("dZ"),),
    groups={
        "basic": Group("caso básico", _relu_backward_basic),
        "zeros": Group("donde Z es exactamente 0", _relu_backward_zeros),
        "memory": Group(MEMORY, _relu_backward_memory),
    },
    reference=_relu_backward,
    mistakes=(
        Mistake(
            "passes_everything",
            ("dA * (Z > 0)", "dA"),
            "dejaste pasar todo el gradiente: donde Z < 0 la salida no se mueve y el gradiente es"
            " 0",
        ),
        Mistake(
            "masks_by_gradient",
            ("Z > 0", "dA > 0"),
            "la máscara sale de Z (cache), no del signo del gradiente que llega",
        ),
        Mistake(
            "multiplies_by_Z",
            ("(Z > 0)", _MAXIMUM),
            "multiplicaste por la salida de la ReLU: se multiplica por su derivada, que es 1 "
            "donde Z > 0 y 0 donde no",
        ),
        Mistake(
            "mask_reversed",
            ("Z > 0", "Z < 0"),
            "la máscara está al revés: el gradiente pasa donde Z > 0",
        ),
        Mistake(
            "returns_mask",
            ("dA * (Z > 0)", "(Z > 0) * np.ones_like(dA)"),
            "devolviste la derivada de la ReLU: falta multiplicarla por dA",
        ),
        Mistake(
            "passes_at_zero",
            ("Z > 0", "Z >= 0"),
            "donde Z es exactamente 0 el gradiente es 0 (así lo hace PyTorch): usa Z > 0, no Z >="
            " 0",
        ),
        Mistake(
            "applies_relu_to_gradient_and_mask",
            ("dA * (", "np.maximum(dA, 0) * ("),
            "el gradiente que llega puede ser negativo: no le apliques ReLU, solo la máscara Z > 0",
        ),
        Mistake(
            "sign_of_Z",
            ("dA * (Z > 0)", "dA * np.sign(Z)"),
            "donde Z < 0 cambiaste el signo del gradiente: ahí la derivada es 0, no −1",
        ),
        Mistake(
            "leaks",
            ("dA * (Z > 0)", "dA * np.where(Z > 0, 1, 0.01)"),
            "eso es la derivada de una leaky ReLU: donde Z < 0 la de la ReLU es 0",
        ),
        Mistake(
            "changes_dA",
            ("dZ = dA * (Z > 0)", "dZ = dA\n    dZ[Z <= 0] = 0"),
            "dZ = dA no copia: al poner ceros en dZ cambiaste el dA de quien te llamó",
        ),
        Mistake(
            "multiplies_by_Z_itself",
            ("(Z > 0)", "Z"),
            "multiplicaste por Z: se multiplica por la derivada, que es 1 donde Z > 0 y 0 donde no",
        ),
    ),
)

# ------------------------------------------------------------------- softmax and cross-entropy


def _softmax_group(
    title: str, shapes: Callable[[Generator], Iterable[tuple[int, int]]], *, far: bool = False
) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        scale = rng.uniform(1500, 2500) if far else 2.0
        for shape in shapes(rng):
            note = f"Z de forma {shape}" + (f", valores de ±{scale:.0f}" if far else "")
            # The rows lie far apart, so that each needs a maximum of its own.
            centres = scale * (np.arange(shape[0]) - shape[0] // 2).reshape(-1, 1)
            Z = centres + rng.standard_normal(shape) * 2
            if far:  # and one row is so wide that its mean is no help
                Z[rng.integers(1, shape[0]), 0] -= 2 * scale
            yield Case((Z,), note)

    return Group(title, make)


def _softmax(Z: Array) -> Array:
    return tensor(Z).softmax(1).numpy()


_ROW_MAXIMUM = "Z.max(axis=1, keepdims=True)"
_SUM = "exponentials.sum(axis=1, keepdims=True)"
_NORMALISED = f"exponentials / {_SUM}"

SOFTMAX = Exercise(
    name="softmax",
    parameters=("Z",),
    outputs=(Output("A", ROW_AXES),),
    groups={
        "basic": _softmax_group(
            "dos clases", lambda rng: [(between(rng, 3, 5), 2), (between(rng, 9, 30), 2)]
        ),
        "classes": _softmax_group(
            "más clases, o una sola imagen",
            lambda rng: [(3, between(rng, 4, 7)), (1, between(rng, 3, 6)), (between(rng, 5, 9), 3)],
        ),
        "large": _softmax_group(
            "valores muy grandes", lambda rng: [(3, 2), (between(rng, 4, 6), 3)], far=True
        ),
    },
    reference=_softmax,
    mistakes=(
        Mistake(
            "subtracts_the_mean",
            (_ROW_MAXIMUM, "Z.mean(axis=1, keepdims=True)"),
            "restaste la media de la fila: un puntaje que la pasa por más de 709 se desborda igual. "
            "Resta el máximo de la fila, y el exponente más grande será 0",
        ),
        Mistake(
            "over_the_batch",
            ("axis=1", "axis=0"),
            "normalizaste cada columna: las probabilidades de una imagen están en su fila, así "
            "que se suma en axis=1",
        ),
        Mistake(
            "over_everything",
            ((_ROW_MAXIMUM, "Z.max()"), (_SUM, "exponentials.sum()")),
            "la suma es de todo el array: va una por imagen, con axis=1 y keepdims=True",
        ),
        Mistake(
            "forgets_keepdims",
            (", keepdims=True", ""),
            "sin keepdims=True, el máximo y la suma de cada fila quedan de forma (m,) y NumPy no "
            "los empareja con las filas de Z",
        ),
        Mistake(
            "overflows",
            (f" - {_ROW_MAXIMUM}", ""),
            "np.exp de un número grande es infinito, e infinito entre infinito es NaN: resta "
            "primero el máximo de cada fila, que no cambia el resultado",
        ),
        Mistake(
            "one_maximum_for_all",
            (_ROW_MAXIMUM, "Z.max()"),
            "restaste el máximo de todo el lote: las filas lejanas se vuelven 0 entre 0. Resta a "
            "cada fila el suyo, Z.max(axis=1, keepdims=True)",
        ),
        Mistake(
            "not_normalised",
            (_NORMALISED, "exponentials"),
            "falta dividir entre la suma de la fila",
        ),
        Mistake(
            "log_softmax",
            (_NORMALISED, f"Z - {_ROW_MAXIMUM} - np.log({_SUM})"),
            "devolviste el logaritmo de las probabilidades",
        ),
        Mistake(
            "sigmoid",
            (_NORMALISED, "0.5 + 0.5 * np.tanh(Z / 2)"),
            "eso es la sigmoide de cada valor: las probabilidades de una fila deben sumar 1",
        ),
        Mistake(
            "divides_by_sum_of_scores",
            (_NORMALISED, "Z / Z.sum(axis=1, keepdims=True)"),
            "dividiste los puntajes entre su suma: faltan las exponenciales",
        ),
        Mistake(
            "picks_the_winner",
            (_NORMALISED, "np.eye(Z.shape[1])[Z.argmax(axis=1)]"),
            "devolviste 1 para la clase ganadora y 0 para las demás: se piden probabilidades",
        ),
        Mistake(
            "sums_everything",
            (_SUM, "exponentials.sum()"),
            "dividiste entre la suma de todo el lote: cada imagen se divide entre la suma de su fila",
        ),
        Mistake(
            "maximum_of_each_column",
            (_ROW_MAXIMUM, "Z.max(axis=0, keepdims=True)"),
            "restaste el máximo de cada columna, y eso cambia el resultado: se resta el mismo "
            "número a toda la fila",
        ),
        Mistake(
            "sign_reversed",
            ("np.exp(Z - ", "np.exp(Z.min(axis=1, keepdims=True) - Z + 0 * "),
            "al mayor puntaje le diste la menor probabilidad: el exponente lleva Z, no −Z",
        ),
        Mistake(
            "starts_maximum_at_zero",
            (_ROW_MAXIMUM, "Z.max(axis=1, keepdims=True, initial=0)"),
            "empezaste a buscar el máximo desde 0, y en una fila de negativos queda 0: empieza por el "
            "primer valor de la fila, o usa Z.max(axis=1, keepdims=True)",
        ),
        Mistake(
            "normalises_sigmoids",
            (f"np.exp(Z - {_ROW_MAXIMUM})", "1 / (1 + np.exp(-Z))"),
            "repartiste sigmoides: softmax lleva exponenciales, np.exp",
        ),
        Mistake(
            "power_of_two",
            ("np.exp(", "np.exp2("),
            "usaste potencias de 2: son de e, np.exp",
        ),
    ),
)


def _unsure(rng: Generator, m: int, num_classes: int = 2) -> Array:
    """Return probabilities that aren't near 0, so that guarding the logarithm changes nothing."""
    weights = rng.uniform(0.5, 1.7, (m, num_classes))
    return weights / weights.sum(axis=1, keepdims=True)


def _probabilities(title: str, sizes: Callable[[Generator], Iterable[tuple[int, int]]]) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for m, num_classes in sizes(rng):
            Y = targets(rng, m, num_classes)
            yield Case((_unsure(rng, m, num_classes), Y), f"A y Y de forma {Y.shape}")

    return Group(title, make)


def _certain(rng: Generator) -> Iterator[Case]:
    # The sure rows are right, and others weigh more: any usual guard of the logarithm, up to
    # Keras's 1e-7 on both sides, stays within the tolerance.
    for sure, unsure in ((1, between(rng, 3, 4)), (2, between(rng, 5, 8))):
        certain = np.eye(2)[rng.permutation(2)[:sure]]
        Y = np.vstack([certain, targets(rng, unsure, 2)])
        right = rng.uniform(0.02, 0.2, (unsure, 1))
        A = np.vstack([certain, np.where(Y[sure:] == 1, right, 1 - right)])
        yield Case((A, Y), "algunas probabilidades exactamente 0 y 1")


def _cross_entropy(A: Array, Y: Array) -> float:
    return float(-torch.xlogy(tensor(Y), tensor(A)).sum() / len(A))


_LOG = "np.log(np.maximum(A, 1e-12))"
_COST = f"-np.sum(Y * {_LOG}) / m"

CROSS_ENTROPY = Exercise(
    name="cross_entropy",
    parameters=("A", "Y"),
    outputs=(Output("cost"),),
    groups={
        "basic": _probabilities(
            "dos clases", lambda rng: [(between(rng, 9, 90), 2), (between(rng, 3, 6), 2)]
        ),
        "classes": _probabilities(
            "más clases", lambda rng: [(5, between(rng, 4, 6)), (between(rng, 6, 60), 3), (1, 4)]
        ),
        "certain": Group("probabilidades de 0 y de 1", _certain),
    },
    reference=_cross_entropy,
    mistakes=(
        Mistake(
            "forgets_batch_mean",
            (" / m", ""),
            "es la suma de todas las imágenes: falta dividir entre m",
        ),
        Mistake(
            "mean_of_everything",
            (_COST, f"-np.mean(Y * {_LOG})"),
            "np.mean divide entre m por la cantidad de clases: suma todo y divide solo entre m",
        ),
        Mistake(
            "forgets_sign",
            ("-np.sum", "np.sum"),
            "falta el signo menos: el costo es positivo",
        ),
        Mistake(
            "log_of_zero",
            (_LOG, "np.log(A)"),
            "el logaritmo de 0 es −infinito, y 0 por infinito es NaN: recorta antes, "
            "np.log(np.maximum(A, 1e-12))",
        ),
        Mistake(
            "binary_on_both_columns",
            (_LOG, f"{_LOG} + (1 - Y) * np.log(np.maximum(1 - A, 1e-12))"),
            "sumaste también (1 − Y)·log(1 − A): con softmax solo cuenta la probabilidad de la "
            "clase correcta",
        ),
        Mistake(
            "swaps_arguments",
            (f"Y * {_LOG}", "A * np.log(np.maximum(Y, 1e-12))"),
            "el logaritmo va sobre A, las probabilidades, no sobre Y",
        ),
        Mistake(
            "forgets_logarithm",
            (_LOG, "A"),
            "falta el logaritmo de las probabilidades",
        ),
        Mistake(
            "squared_error",
            (_COST, "np.sum((A - Y) ** 2) / m"),
            "eso es el error cuadrático: la entropía cruzada es −log de la probabilidad correcta",
        ),
        Mistake(
            "logarithm_in_base_2",
            ("np.log(", "np.log2("),
            "usaste el logaritmo en base 2: es el natural, np.log",
        ),
        Mistake(
            "cost_of_each_image",
            (_COST, f"-np.sum(Y * {_LOG}, axis=1)"),
            "devolviste un costo por imagen: se pide un solo número, su promedio",
        ),
        Mistake(
            "logarithm_in_base_10",
            ("np.log(", "np.log10("),
            "usaste el logaritmo en base 10: es el natural, np.log",
        ),
        Mistake(
            "cost_of_each_class",
            (_COST, f"-np.sum(Y * {_LOG}, axis=0) / m"),
            "devolviste un costo por clase: se pide un solo número, la suma de todos entre m",
        ),
        Mistake(
            "looks_at_the_other_classes",
            (f"Y * {_LOG}", f"(1 - Y) * {_LOG}"),
            "sumaste los logaritmos de las clases incorrectas: cuenta el de la correcta, donde Y vale 1",
        ),
        Mistake(
            "all_classes",
            (f"Y * {_LOG}", _LOG),
            "sumaste los logaritmos de todas las clases: Y deja solo el de la correcta",
        ),
        Mistake(
            "divides_by_classes",
            (" / m", " / Y.shape[1]"),
            "dividiste entre la cantidad de clases: se promedia sobre las m imágenes",
        ),
        Mistake(
            "logarithm_of_the_sum",
            (_COST, "-np.log(np.maximum(np.sum(Y * A), 1e-12)) / m"),
            "sumaste las probabilidades y después tomaste el logaritmo: primero el logaritmo de "
            "cada una",
        ),
    ),
)


def softmax_cross_entropy_backward(A: Array, Y: Array) -> Array:
    """Return the gradient of the cost by the scores Z whose softmax is A, by autograd."""
    Z = tensor(A).log().requires_grad_()
    (dZ,) = torch.autograd.grad(F.cross_entropy(Z, tensor(Y)), Z)
    return dZ.numpy()


_DZ = "(A - Y) / m"
DIVIDES_BY_CLASSES = "la cantidad de clases no entra en la división: es solo entre m"

SOFTMAX_CROSS_ENTROPY_BACKWARD = Exercise(
    name="softmax_cross_entropy_backward",
    parameters=("A", "Y"),
    outputs=(Output("dZ", ROW_AXES),),
    groups={
        "one_image": _probabilities(
            "una sola imagen", lambda rng: [(1, 2), (1, between(rng, 3, 9))]
        ),
        "batch": _probabilities(
            "un lote", lambda rng: [(between(rng, 3, 6), 2), (between(rng, 7, 30), 3)]
        ),
    },
    reference=softmax_cross_entropy_backward,
    mistakes=(
        Mistake(
            "forgets_batch_mean",
            (_DZ, "A - Y"),
            "falta dividir entre m: el costo es un promedio sobre el lote, y su gradiente también",
        ),
        Mistake(
            "softmax_twice",
            (_DZ, f"{_DZ} * A * (1 - A)"),
            "multiplicaste otra vez por la derivada de la softmax: A − Y ya la incluye",
        ),
        Mistake(
            "sign_reversed",
            (_DZ, "(Y - A) / m"),
            "el signo está al revés: es A − Y. Con Y − A la red aprendería a equivocarse",
        ),
        Mistake(
            "gradient_by_probabilities",
            (_DZ, "-Y / A / m"),
            "eso es la derivada respecto a las probabilidades A: se pide respecto a Z, antes de "
            "la softmax, y ahí todo se simplifica a (A − Y)/m",
        ),
        Mistake(
            "divides_by_every_entry",
            (_DZ, "(A - Y) / Y.size"),
            "dividiste entre m por la cantidad de clases: es solo entre m",
            DIVIDES_BY_CLASSES,
        ),
        Mistake(
            "only_the_right_class",
            (_DZ, "(A - 1) * Y / m"),
            "pusiste 0 en las clases incorrectas: también ahí hay gradiente, A − 0",
        ),
        Mistake(
            "divides_twice",
            (_DZ, "(A - Y) / m**2"),
            "dividiste dos veces entre m: el costo es un promedio, y eso da un solo 1/m",
        ),
        Mistake(
            "averages_the_images",
            (_DZ, "(A - Y).mean(axis=0, keepdims=True)"),
            "promediaste las imágenes y quedó una fila: dZ tiene la forma de A, con un gradiente "
            "por imagen",
        ),
        Mistake(
            "divides_by_classes",
            (_DZ, "(A - Y) / Y.shape[1]"),
            "dividiste entre la cantidad de clases: es entre m, la cantidad de imágenes",
            DIVIDES_BY_CLASSES,
        ),
        Mistake(
            "rounds_the_probabilities",
            (_DZ, "(np.eye(A.shape[1])[A.argmax(axis=1)] - Y) / m"),
            "restaste la clase elegida, de unos y ceros: dZ usa las probabilidades, A",
        ),
        Mistake(
            "multiplies_by_A",
            (_DZ, "A * (A - Y) / m"),
            "multiplicaste además por A: la derivada de la softmax ya está dentro de A − Y",
        ),
    ),
)

# ----------------------------------------------------------------------- fully connected layer

_PLAIN = (np.asarray,) * 3


def _dense(
    rng: Generator, forms: tuple[Callable[[Array], Array], ...]
) -> Iterator[tuple[tuple[Array, ...], tuple[int, int], str]]:
    """Draw A_prev (m, n_prev), W (n_prev, n) and b (1, n), small ones and larger ones."""
    sizes = (
        (3, between(rng, 5, 8), 2),
        (between(rng, 6, 12), between(rng, 14, 80), between(rng, 3, 5)),
        (1, between(rng, 5, 8), 3),
    )
    for (m, n_prev, n), form in zip(sizes, forms, strict=False):
        shapes = ((m, n_prev), (n_prev, n), (1, n))
        A_prev, W, b = (form(rng.standard_normal(shape)) for shape in shapes)
        yield (A_prev, W, b), (m, n), f"A_prev {A_prev.shape}, W {W.shape}"


def _dense_forward(
    title: str, forms: tuple[Callable[[Array], Array], ...], outputs: tuple[str, ...] = ()
) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for layer, _, note in _dense(rng, forms):
            yield Case(layer, note)

    return Group(title, make, outputs)


def _dense_backward(title: str, outputs: tuple[str, ...]) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for layer, shape, note in _dense(rng, _PLAIN):
            yield Case((rng.standard_normal(shape), layer), f"dZ {shape}, {note}")

    return Group(title, make, outputs)


def _fully_connected_forward(A_prev: Array, W: Array, b: Array) -> tuple[Array, tuple[Array, ...]]:
    return F.linear(tensor(A_prev), tensor(W).T, tensor(b)[0]).numpy(), (A_prev, W, b)


_PRODUCT = "A_prev @ W + b"

FULLY_CONNECTED_FORWARD = Exercise(
    name="fully_connected_forward",
    parameters=("A_prev", "W", "b"),
    outputs=(Output("Z", ("imagen del lote", "salida")), Output("cache")),
    compared=("Z",),
    groups={
        "basic": _dense_forward("caso básico", _PLAIN),
        "memory": _dense_forward(MEMORY, (strided, single)),
        "cache": _dense_forward("lo que guarda cache", _PLAIN, ("cache",)),
    },
    reference=_fully_connected_forward,
    mistakes=(
        Mistake("forgets_bias", (_PRODUCT, "A_prev @ W"), "falta sumar b"),
        Mistake("subtracts_bias", (_PRODUCT, "A_prev @ W - b"), "el bias se suma, no se resta"),
        Mistake(
            "applies_softmax",
            (
                f"Z = {_PRODUCT}",
                (
                    f"E = np.exp({_PRODUCT} - ({_PRODUCT}).max(axis=1, keepdims=True))\n"
                    "    Z = E / E.sum(axis=1, keepdims=True)"
                ),
            ),
            "aplicaste softmax dentro de la capa: devuelve Z; la softmax va después",
        ),
        Mistake(
            "applies_relu",
            (_PRODUCT, f"np.maximum({_PRODUCT}, 0)"),
            "aplicaste ReLU dentro de la capa: devuelve Z tal cual",
        ),
        Mistake(
            "transposes_product",
            ("return Z, cache", "return Z.T, cache"),
            "te quedó una columna por imagen: con una imagen por fila, el producto es A_prev @ W",
        ),
        Mistake(
            "bias_for_each_weight",
            (_PRODUCT, "A_prev @ (W + b)"),
            "sumaste b a cada peso: primero el producto y después b, una sola vez",
        ),
        Mistake(
            "caches_output",
            ("cache = (A_prev,", "cache = (Z,"),
            "cache guarda Z en lugar de A_prev: el regreso necesita la entrada",
        ),
        Mistake(
            "cache_without_bias",
            ("cache = (A_prev, W, b)", "cache = (A_prev, W)"),
            "cache debe guardar las tres cosas, (A_prev, W, b)",
        ),
        Mistake(
            "transposes_W",
            (_PRODUCT, "A_prev @ W.T + b"),
            "si el error habla de matmul: W ya es (n_prev, n), no hay que transponerla",
        ),
        Mistake(
            "bias_as_a_column",
            (_PRODUCT, "A_prev @ W + b.T"),
            "si el error habla de formas: b es una fila, (1, n), y así se suma a cada imagen; no la "
            "transpongas",
        ),
        Mistake(
            "one_bias_for_all",
            (_PRODUCT, "A_prev @ W + b[0, 0]"),
            "sumaste el mismo bias en todas las salidas: cada una tiene el suyo",
        ),
        Mistake(
            "caches_weights_first",
            ("cache = (A_prev, W, b)", "cache = (W, A_prev, b)"),
            "cache lleva primero la entrada: (A_prev, W, b)",
        ),
        Mistake(
            "caches_everything",
            ("cache = (A_prev, W, b)", "cache = (A_prev, W, b, Z)"),
            "cache lleva tres cosas, (A_prev, W, b): Z sobra",
        ),
    ),
)


def fully_connected_backward(dZ: Array, cache: tuple[Array, ...]) -> tuple[Array, ...]:
    """Return the gradients dA_prev, dW and db of sum(dZ * Z), by autograd."""
    leaves = [tensor(array).requires_grad_() for array in cache]
    A_prev, W, b = leaves
    gradients = torch.autograd.grad(A_prev @ W + b, leaves, tensor(dZ))
    return tuple(gradient.numpy() for gradient in gradients)


DIVIDES_AGAIN = "dividiste entre m, y dZ ya viene dividido: el 1/m va una sola vez, en el costo"
_DB = "np.sum(dZ, axis=0, keepdims=True)"

FULLY_CONNECTED_BACKWARD = Exercise(
    name="fully_connected_backward",
    parameters=("dZ", "cache"),
    outputs=(
        Output("dA_prev", ("imagen del lote", "entrada")),
        Output("dW", WEIGHT_AXES),
        Output("db", ("", "salida")),
    ),
    groups={
        "input": _dense_backward("dA_prev, lo que regresa a la capa anterior", ("dA_prev",)),
        "weights": _dense_backward("dW, el gradiente de los pesos", ("dW",)),
        "bias": _dense_backward("db, el gradiente del bias", ("db",)),
    },
    reference=fully_connected_backward,
    mistakes=(
        Mistake(
            "divides_input",
            ("dZ @ W.T", "dZ @ W.T / dZ.shape[0]"),
            "dividiste dA_prev entre m, y dZ ya viene dividido: el 1/m va una sola vez, en el "
            "costo",
            DIVIDES_AGAIN,
        ),
        Mistake(
            "divides_weights",
            ("A_prev.T @ dZ", "A_prev.T @ dZ / dZ.shape[0]"),
            "dividiste dW entre m, y dZ ya viene dividido: así queda entre m²",
            DIVIDES_AGAIN,
        ),
        Mistake(
            "means_bias",
            ("np.sum(", "np.mean("),
            "promediaste db: b se suma en todas las imágenes, así que su gradiente es la suma de "
            "dZ",
            DIVIDES_AGAIN,
        ),
        Mistake(
            "flat_bias",
            (", keepdims=True", ""),
            "db perdió un eje: debe tener la forma de b, (1, n); usa keepdims=True en la suma",
        ),
        Mistake(
            "sums_all_bias",
            (_DB, "np.full_like(b, np.sum(dZ))"),
            "sumaste dZ entero: va una suma por salida, sobre las imágenes (axis=0)",
        ),
        Mistake(
            "bias_of_first_image",
            (_DB, "dZ[:1]"),
            "tomaste solo la primera imagen para db: se suman todas",
        ),
        Mistake(
            "weights_transposed",
            ("A_prev.T @ dZ", "dZ.T @ A_prev"),
            "dW está transpuesto: debe tener la forma de W, (n_prev, n)",
        ),
        Mistake(
            "first_image_only",
            ("A_prev.T @ dZ", "A_prev[:1].T @ dZ[:1]"),
            "usaste solo la primera imagen para dW: el producto suma todas",
        ),
        Mistake(
            "swaps_gradients",
            ("return dA_prev, dW, db", "return dW, dA_prev, db"),
            "devolviste dW donde va dA_prev: el orden es dA_prev, dW, db",
        ),
        Mistake(
            "input_by_sums",
            ("dZ @ W.T", "np.outer(dZ.sum(axis=1), W.sum(axis=1))"),
            "sumaste las salidas antes de multiplicar: dA_prev es el producto dZ @ W.T",
        ),
        Mistake(
            "divides_all",
            (
                "return dA_prev, dW, db",
                "return dA_prev / len(dZ), dW / len(dZ), db / len(dZ)",
            ),
            "dividiste los tres gradientes entre m, y dZ ya viene dividido: el 1/m va una sola vez",
            DIVIDES_AGAIN,
        ),
        Mistake(
            "divides_parameters",
            ("return dA_prev, dW, db", "return dA_prev, dW / len(dZ), db / len(dZ)"),
            "dividiste dW y db entre m, y dZ ya viene dividido: así quedan entre m²",
            DIVIDES_AGAIN,
        ),
        Mistake(
            "sums_over_the_outputs",
            ("np.sum(dZ, axis=0,", "np.sum(dZ, axis=1,"),
            "sumaste dZ sobre las salidas y quedó un db por imagen: se suma sobre el lote, axis=0",
        ),
        Mistake(
            "forgets_to_sum_bias",
            (_DB, "dZ"),
            "a db le falta sumar sobre el lote: tiene la forma de b, (1, n)",
        ),
        Mistake(
            "weights_of_the_weights",
            ("A_prev.T @ dZ", "W * dZ.sum(axis=0)"),
            "en dW multiplicaste por W: la derivada respecto a un peso es la entrada que lo "
            "multiplica, que está en A_prev",
        ),
        Mistake(
            "gives_back_the_input",
            ("dZ @ W.T", "A_prev"),
            "en dA_prev devolviste A_prev: es lo que regresa de dZ por los pesos",
        ),
    ),
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
)
