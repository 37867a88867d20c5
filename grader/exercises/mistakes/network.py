"""The mistakes that people make in the pieces of lab 5's network, in the whole, and in training it.

The network, its gradients and an epoch are each written once, right but for `wrong`, the name of
the one mistake that is made.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from grader.exercises.cases.network import HPARAMETERS_POOL
from grader.exercises.mistakes import Mistake
from grader.fastconv import conv_backward, conv_forward, pool_backward, pool_forward

Array = np.ndarray[Any, Any]
Parameters = dict[str, Array]
NAMES = ("W1", "b1", "W2", "b2")

# ------------------------------------------------------------------------------ labels and ReLU


def _one_hot(labels: Array, num_classes: int) -> Array:
    return np.eye(num_classes)[labels.ravel()]


def _one_hot_by_first_axis(labels: Array, num_classes: int) -> Array:
    m = labels.shape[0]
    Y = np.zeros((m, num_classes))
    Y[np.arange(m), labels] = 1
    return Y


def _one_hot_for_every_image(labels: Array, num_classes: int) -> Array:
    Y = np.zeros((labels.size, num_classes))
    Y[:, labels.ravel()] = 1
    return Y


ONE_HOT_ENCODE = (
    Mistake(
        "rows_from_first_axis",
        _one_hot_by_first_axis,
        "con etiquetas de forma (1, m), labels.shape[0] es 1 y las m filas se vuelven una "
        "sola; con (m, 1), cada fila se llena de unos. Aplana primero: labels = "
        "labels.reshape(-1)",
    ),
    Mistake(
        "one_row_a_class",
        lambda labels, num_classes: _one_hot(labels, num_classes).T,
        "te quedó una fila por clase: va una fila por imagen y una columna por clase, forma "
        "(m, num_classes)",
    ),
    Mistake(
        "fills_whole_columns",
        _one_hot_for_every_image,
        "Y[:, labels] = 1 llena columnas enteras: cada imagen quedó en todas las clases. Indica "
        "también la fila, Y[np.arange(m), labels] = 1",
    ),
    Mistake(
        "counts_classes_that_appear",
        lambda labels, num_classes: _one_hot(labels, min(num_classes, int(labels.max()) + 1)),
        "la cantidad de columnas salió de las etiquetas que aparecen: usa num_classes, porque "
        "en un lote puede faltar una clase",
    ),
    Mistake(
        "ones_and_zeros_swapped",
        lambda labels, num_classes: 1 - _one_hot(labels, num_classes),
        "los unos y los ceros están al revés: el 1 va en la clase de la imagen",
    ),
    Mistake(
        "label_instead_of_one",
        lambda labels, num_classes: _one_hot(labels, num_classes) * labels.reshape(-1, 1),
        "pusiste la etiqueta donde va un 1: las filas de la clase 0 quedaron en ceros",
    ),
    Mistake(
        "classes_reversed",
        lambda labels, num_classes: _one_hot(labels, num_classes)[:, ::-1],
        "las columnas están en orden inverso: la columna 0 es la clase 0",
    ),
)


def _leaky(Z: Array) -> tuple[Array, Array]:
    return np.where(Z > 0, Z, 0.01 * Z), Z


def _mask_relu(Z: Array) -> tuple[Array, Array]:
    return (Z > 0).astype(Z.dtype), Z


def _relu_caches_output(Z: Array) -> tuple[Array, Array]:
    A = np.maximum(Z, 0)
    return A, A


def _relu_caches_mask(Z: Array) -> tuple[Array, Array]:
    return np.maximum(Z, 0), Z > 0


RELU = (
    Mistake("leaky", _leaky, "eso es una leaky ReLU: los negativos se vuelven 0, no 0.01·Z"),
    Mistake(
        "absolute_value",
        lambda Z: (np.abs(Z), Z),
        "eso es el valor absoluto: los negativos se vuelven 0, no positivos",
    ),
    Mistake(
        "returns_mask",
        _mask_relu,
        "devolviste la máscara Z > 0 (unos y ceros): eso es la derivada; la salida conserva el "
        "valor de los positivos",
    ),
    Mistake(
        "keeps_negatives",
        lambda Z: (np.minimum(Z, 0), Z),
        "te quedaste con los negativos: es np.maximum, no np.minimum",
    ),
    Mistake(
        "clips_at_one",
        lambda Z: (np.clip(Z, 0, 1), Z),
        "recortaste también por arriba: los positivos pasan sin cambio, aunque sean mayores que 1",
    ),
    Mistake(
        "sigmoid",
        lambda Z: (1 / (1 + np.exp(-Z)), Z),
        "eso es la sigmoide: ReLU es max(0, Z)",
    ),
    Mistake(
        "caches_output",
        _relu_caches_output,
        "cache guarda A y debe guardar la entrada Z. Si escribiste Z[Z < 0] = 0, cambiaste la "
        "propia Z: np.maximum(Z, 0) hace un array nuevo",
    ),
    Mistake("caches_mask", _relu_caches_mask, "cache guarda la máscara Z > 0 y debe guardar Z"),
)


RELU_BACKWARD = (
    Mistake(
        "passes_everything",
        lambda dA, cache: dA.copy() if cache.size else dA,
        "dejaste pasar todo el gradiente: donde Z < 0 la salida no se mueve y el gradiente es 0",
    ),
    Mistake(
        "masks_by_gradient",
        lambda dA, cache: dA * (dA > 0) + 0 * cache,
        "la máscara sale de Z (cache), no del signo del gradiente que llega",
    ),
    Mistake(
        "multiplies_by_Z",
        lambda dA, cache: dA * np.maximum(cache, 0),
        "multiplicaste por la salida de la ReLU: se multiplica por su derivada, que es 1 donde "
        "Z > 0 y 0 donde no",
    ),
    Mistake(
        "mask_reversed",
        lambda dA, cache: dA * (cache < 0),
        "la máscara está al revés: el gradiente pasa donde Z > 0",
    ),
    Mistake(
        "returns_mask",
        lambda dA, cache: (cache > 0) * np.ones_like(dA),
        "devolviste la derivada de la ReLU: falta multiplicarla por dA",
    ),
    Mistake(
        "passes_at_zero",
        lambda dA, cache: dA * (cache >= 0),
        "donde Z es exactamente 0 el gradiente es 0 (así lo hace PyTorch): usa Z > 0, no Z >= 0",
    ),
    Mistake(
        "applies_relu_to_gradient_and_mask",
        lambda dA, cache: np.maximum(dA, 0) * (cache > 0),
        "el gradiente que llega puede ser negativo: no le apliques ReLU, solo la máscara Z > 0",
    ),
)

# ------------------------------------------------------------------- softmax and cross-entropy


def _softmax(Z: Array) -> Array:
    exponentials = np.exp(Z - Z.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def _softmax_overflows(Z: Array) -> Array:
    return np.asarray(np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True))


def _softmax_of_all(Z: Array) -> Array:
    exponentials = np.exp(Z - Z.max())
    return np.asarray(exponentials / exponentials.sum())


def _softmax_of_columns(Z: Array) -> Array:
    return np.ascontiguousarray(_softmax(Z.T).T)


def _softmax_one_maximum(Z: Array) -> Array:
    exponentials = np.exp(Z - Z.max())
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


SOFTMAX = (
    Mistake(
        "over_the_batch",
        _softmax_of_columns,
        "normalizaste cada columna: las probabilidades de una imagen están en su fila, así que se "
        "suma en axis=1",
    ),
    Mistake(
        "over_everything",
        _softmax_of_all,
        "la suma es de todo el array: va una por imagen, con axis=1 y keepdims=True",
    ),
    Mistake(
        "overflows",
        _softmax_overflows,
        "np.exp de un número grande es infinito, e infinito entre infinito es NaN: resta "
        "primero el máximo de cada fila, que no cambia el resultado",
    ),
    Mistake(
        "one_maximum_for_all",
        _softmax_one_maximum,
        "restaste el máximo de todo el lote: las filas lejanas se vuelven 0 entre 0. Resta a cada "
        "fila el suyo, Z.max(axis=1, keepdims=True)",
    ),
    Mistake(
        "not_normalised",
        lambda Z: np.exp(Z - Z.max(axis=1, keepdims=True)),
        "falta dividir entre la suma de la fila",
    ),
    Mistake(
        "log_softmax",
        lambda Z: (
            Z
            - Z.max(1, keepdims=True)
            - np.log(np.exp(Z - Z.max(1, keepdims=True)).sum(1, keepdims=True))
        ),
        "devolviste el logaritmo de las probabilidades",
    ),
    Mistake(
        "sigmoid",
        lambda Z: 0.5 + 0.5 * np.tanh(Z / 2),
        "eso es la sigmoide de cada valor: las probabilidades de una fila deben sumar 1",
    ),
    Mistake(
        "divides_by_sum_of_scores",
        lambda Z: Z / Z.sum(axis=1, keepdims=True),
        "dividiste los puntajes entre su suma: faltan las exponenciales",
    ),
    Mistake(
        "picks_the_winner",
        lambda Z: np.eye(Z.shape[1])[Z.argmax(axis=1)],
        "devolviste 1 para la clase ganadora y 0 para las demás: se piden probabilidades",
    ),
)


def _log(A: Array) -> Array:
    return np.asarray(np.log(np.maximum(A, 1e-12)))


def _cost(A: Array, Y: Array) -> float:
    return float(-np.sum(Y * _log(A)) / len(Y))


CROSS_ENTROPY = (
    Mistake(
        "forgets_batch_mean",
        lambda A, Y: -float(np.sum(Y * _log(A))),
        "es la suma de todas las imágenes: falta dividir entre m",
    ),
    Mistake(
        "mean_of_everything",
        lambda A, Y: -float(np.mean(Y * _log(A))),
        "np.mean divide entre m por la cantidad de clases: suma todo y divide solo entre m",
    ),
    Mistake(
        "forgets_sign", lambda A, Y: -_cost(A, Y), "falta el signo menos: el costo es positivo"
    ),
    Mistake(
        "log_of_zero",
        lambda A, Y: float(-np.sum(Y * np.log(A)) / len(Y)),
        "el logaritmo de 0 es −infinito, y 0 por infinito es NaN: recorta antes, "
        "np.log(np.maximum(A, 1e-12))",
    ),
    Mistake(
        "binary_on_both_columns",
        lambda A, Y: float(-np.sum(Y * _log(A) + (1 - Y) * _log(1 - A)) / len(Y)),
        "sumaste también (1 − Y)·log(1 − A): con softmax solo cuenta la probabilidad de la clase "
        "correcta",
    ),
    Mistake(
        "swaps_arguments",
        lambda A, Y: float(-np.sum(A * _log(Y)) / len(Y)),
        "el logaritmo va sobre A, las probabilidades, no sobre Y",
    ),
    Mistake(
        "forgets_logarithm",
        lambda A, Y: float(-np.sum(Y * A) / len(Y)),
        "falta el logaritmo de las probabilidades",
    ),
    Mistake(
        "squared_error",
        lambda A, Y: float(np.sum((A - Y) ** 2) / len(Y)),
        "eso es el error cuadrático: la entropía cruzada es −log de la probabilidad correcta",
    ),
    Mistake(
        "logarithm_in_base_2",
        lambda A, Y: _cost(A, Y) / float(np.log(2)),
        "usaste el logaritmo en base 2: es el natural, np.log",
    ),
    Mistake(
        "cost_of_each_image",
        lambda A, Y: -np.sum(Y * _log(A), axis=1),
        "devolviste un costo por imagen: se pide un solo número, su promedio",
    ),
)

SOFTMAX_CROSS_ENTROPY_BACKWARD = (
    Mistake(
        "forgets_batch_mean",
        lambda A, Y: A - Y,
        "falta dividir entre m: el costo es un promedio sobre el lote, y su gradiente también",
    ),
    Mistake(
        "softmax_twice",
        lambda A, Y: (A - Y) / len(Y) * A * (1 - A),
        "multiplicaste otra vez por la derivada de la softmax: A − Y ya la incluye",
    ),
    Mistake(
        "sign_reversed",
        lambda A, Y: (Y - A) / len(Y),
        "el signo está al revés: es A − Y. Con Y − A la red aprendería a equivocarse",
    ),
    Mistake(
        "gradient_by_probabilities",
        lambda A, Y: -Y / A / len(Y),
        "eso es la derivada respecto a las probabilidades A: se pide respecto a Z, antes de la "
        "softmax, y ahí todo se simplifica a (A − Y)/m",
    ),
    Mistake(
        "divides_by_every_entry",
        lambda A, Y: (A - Y) / Y.size,
        "dividiste entre m por la cantidad de clases: es solo entre m",
    ),
    Mistake(
        "only_the_right_class",
        lambda A, Y: (A - 1) * Y / len(Y),
        "pusiste 0 en las clases incorrectas: también ahí hay gradiente, A − 0",
    ),
)

# ----------------------------------------------------------------------- fully connected layer

FULLY_CONNECTED_FORWARD = (
    Mistake("forgets_bias", lambda A_prev, W, b: (A_prev @ W, (A_prev, W, b)), "falta sumar b"),
    Mistake(
        "subtracts_bias",
        lambda A_prev, W, b: (A_prev @ W - b, (A_prev, W, b)),
        "el bias se suma, no se resta",
    ),
    Mistake(
        "applies_softmax",
        lambda A_prev, W, b: (_softmax(A_prev @ W + b), (A_prev, W, b)),
        "aplicaste softmax dentro de la capa: devuelve Z; la softmax va después",
    ),
    Mistake(
        "applies_relu",
        lambda A_prev, W, b: (np.maximum(A_prev @ W + b, 0), (A_prev, W, b)),
        "aplicaste ReLU dentro de la capa: devuelve Z tal cual",
    ),
    Mistake(
        "transposes_product",
        lambda A_prev, W, b: ((A_prev @ W + b).T, (A_prev, W, b)),
        "te quedó una columna por imagen: con una imagen por fila, el producto es A_prev @ W",
    ),
    Mistake(
        "bias_for_each_weight",
        lambda A_prev, W, b: (A_prev @ (W + b), (A_prev, W, b)),
        "sumaste b a cada peso: primero el producto y después b, una sola vez",
    ),
    Mistake(
        "caches_output",
        lambda A_prev, W, b: (A_prev @ W + b, (A_prev @ W + b, W, b)),
        "cache guarda Z en lugar de A_prev: el regreso necesita la entrada",
    ),
    Mistake(
        "cache_without_bias",
        lambda A_prev, W, b: (A_prev @ W + b, (A_prev, W)),
        "cache debe guardar las tres cosas, (A_prev, W, b)",
    ),
)


def _dense_backward(dZ: Array, cache: tuple[Array, ...], *, wrong: str) -> tuple[Array, ...]:
    """Return the layer's gradients, right but for `wrong`."""
    A_prev, W, _ = cache
    m = len(dZ)
    dA_prev, dW, db = dZ @ W.T, A_prev.T @ dZ, dZ.sum(axis=0, keepdims=True)
    results = {
        "divides_input": (dA_prev / m, dW, db),
        "divides_weights": (dA_prev, dW / m, db),
        "means_bias": (dA_prev, dW, db / m),
        "flat_bias": (dA_prev, dW, db[0]),
        "sums_all_bias": (dA_prev, dW, np.full_like(db, dZ.sum())),
        "bias_of_first_image": (dA_prev, dW, dZ[:1]),
        "weights_transposed": (dA_prev, dW.T, db),
        "first_image_only": (dA_prev, A_prev[:1].T @ dZ[:1], db),
        "swaps_gradients": (dW, dA_prev, db),
        "input_by_sums": (np.outer(dZ.sum(axis=1), W.sum(axis=1)), dW, db),
    }
    return results[wrong]


FULLY_CONNECTED_BACKWARD = tuple(
    Mistake(name, partial(_dense_backward, wrong=name), hint)
    for name, hint in (
        (
            "divides_input",
            (
                "dividiste dA_prev entre m, y dZ ya viene dividido: el 1/m va una sola vez, en el "
                "costo"
            ),
        ),
        (
            "divides_weights",
            "dividiste dW entre m, y dZ ya viene dividido: así queda entre m²",
        ),
        (
            "means_bias",
            (
                "promediaste db: b se suma en todas las imágenes, así que su gradiente es la suma "
                "de dZ"
            ),
        ),
        (
            "flat_bias",
            "db perdió un eje: debe tener la forma de b, (1, n); usa keepdims=True en la suma",
        ),
        (
            "sums_all_bias",
            "sumaste dZ entero: va una suma por salida, sobre las imágenes (axis=0)",
        ),
        ("bias_of_first_image", "tomaste solo la primera imagen para db: se suman todas"),
        ("weights_transposed", "dW está transpuesto: debe tener la forma de W, (n_prev, n)"),
        ("first_image_only", "usaste solo la primera imagen para dW: el producto suma todas"),
        ("swaps_gradients", "devolviste dW donde va dA_prev: el orden es dA_prev, dW, db"),
        (
            "input_by_sums",
            "sumaste las salidas antes de multiplicar: dA_prev es el producto dZ @ W.T",
        ),
    )
)

# ------------------------------------------------------------------------------ the whole network


def _model(images: Array, parameters: Parameters, *, wrong: str) -> tuple[Array, tuple[Any, ...]]:
    """Run the network, right but for `wrong`."""
    W1, b1, W2, b2 = (parameters[name] for name in NAMES)
    if wrong == "forgets_conv_bias":
        b1 = np.zeros_like(b1)
    hparameters = {"stride": 1, "pad": 0 if wrong == "maps_of_another_size" else 1}
    Z1, cache_conv = conv_forward(images, W1, b1, hparameters)
    A1 = Z1 if wrong == "forgets_relu" else np.maximum(Z1, 0)
    mode = "average" if wrong == "average_pooling" else "max"
    P1, cache_pool = pool_forward(A1, HPARAMETERS_POOL, mode)
    if wrong == "flattens_channels_first":
        P1 = P1.transpose(0, 3, 1, 2)
    flat = P1.reshape(len(images), -1)
    if wrong == "flattens_by_columns":
        flat = P1.reshape(len(images), -1, order="F")
    Z2 = flat @ W2 if wrong == "forgets_dense_bias" else flat @ W2 + b2
    if wrong == "relu_on_scores":
        Z2 = np.maximum(Z2, 0)
    A = _softmax_of_columns(Z2) if wrong == "softmax_over_the_batch" else _softmax(Z2)
    if wrong == "returns_scores":
        A = Z2
    if wrong == "softmax_twice":
        A = _softmax(A)
    cache_dense = (flat, W2, b2)
    caches = (cache_conv, Z1, cache_pool, cache_dense)
    wrong_caches: dict[str, tuple[Any, ...]] = {
        "caches_activation": (cache_conv, A1, cache_pool, cache_dense),
        "caches_maps_unflattened": (cache_conv, Z1, cache_pool, (P1, W2, b2)),
        "caches_without_relu": (cache_conv, cache_pool, cache_dense),
        "caches_reversed": caches[::-1],
    }
    return A, wrong_caches.get(wrong, caches)


SIMPLE_CNN_MODEL = tuple(
    Mistake(name, partial(_model, wrong=name), hint)
    for name, hint in (
        (
            "forgets_relu",
            "falta la ReLU: sin ella la red no es más que una función lineal y un max pooling",
        ),
        ("forgets_conv_bias", "falta b1 en la convolución"),
        ("forgets_dense_bias", "falta b2 en la capa densa"),
        ("average_pooling", "usaste pooling promedio: aquí es max pooling"),
        (
            "maps_of_another_size",
            (
                "los mapas aplanados no tienen tantos valores como filas W2: revisa que la "
                "convolución lleve pad = 1 (conserva el alto y el ancho) y que no falte el max "
                "pooling (los parte en dos)"
            ),
        ),
        (
            "flattens_channels_first",
            "aplanaste con los canales primero: en NHWC basta P1.reshape(m, -1)",
        ),
        (
            "flattens_by_columns",
            "aplanaste en orden de columnas (order='F'): usa el orden normal, P1.reshape(m, -1)",
        ),
        ("relu_on_scores", "aplicaste ReLU a los puntajes: la capa densa va directo a la softmax"),
        ("returns_scores", "devolviste los puntajes Z2: falta la softmax"),
        ("softmax_twice", "aplicaste softmax dos veces"),
        (
            "softmax_over_the_batch",
            "la softmax quedó sobre el lote: las probabilidades de cada imagen (cada fila) suman 1",
        ),
        (
            "caches_activation",
            "guardaste A1 donde va el cache de la ReLU, que es Z1",
        ),
        (
            "caches_maps_unflattened",
            (
                "el cache de la capa densa guarda los mapas sin aplanar: guarda lo que devuelve "
                "fully_connected_forward"
            ),
        ),
        (
            "caches_without_relu",
            "caches tiene cuatro partes: convolución, ReLU, pooling y capa densa",
        ),
        ("caches_reversed", "caches está en orden inverso: va de la primera capa a la última"),
    )
)


def _backward(A: Array, Y: Array, caches: tuple[Any, ...], *, wrong: str) -> Parameters:
    """Return the network's gradients, right but for `wrong`."""
    cache_conv, Z1, cache_pool, (flat, W2, _) = caches
    m = len(Y)
    dZ2 = (A - Y) if wrong == "forgets_batch_mean" else (A - Y) / m
    if wrong == "softmax_twice":
        dZ2 = dZ2 * A * (1 - A)
    if wrong == "sign_reversed":
        dZ2 = -dZ2
    divisor = m if wrong == "divides_dense_again" else 1
    dW2, db2 = flat.T @ dZ2 / divisor, dZ2.sum(axis=0, keepdims=True) / divisor
    dA1_pooled = (dZ2 @ W2.T).reshape(m, *(n // 2 for n in Z1.shape[1:3]), Z1.shape[3])
    if wrong == "reshapes_channels_first":
        _, n_H, n_W, n_C = dA1_pooled.shape
        dA1_pooled = (dZ2 @ W2.T).reshape(m, n_C, n_H, n_W).transpose(0, 2, 3, 1)
    mode = "average" if wrong == "averages_in_pooling" else "max"
    dA1 = pool_backward(dA1_pooled, cache_pool, mode)
    if wrong == "forgets_relu":
        dZ1 = dA1
    elif wrong == "relu_of_gradient":
        dZ1 = np.maximum(dA1, 0)
    else:
        dZ1 = dA1 * (Z1 > 0)
    _, dW1, db1 = conv_backward(dZ1, cache_conv)
    if wrong == "divides_conv_again":
        dW1, db1 = dW1 / m, db1 / m
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def _backward_with_names(*arguments: Any, rename: str) -> dict[str, Array]:
    found = _backward(*arguments, wrong="")
    return {name.replace("d", rename, 1): gradient for name, gradient in found.items()}


BACKWARD_PROPAGATION = (
    *(
        Mistake(name, partial(_backward, wrong=name), hint)
        for name, hint in (
            ("forgets_batch_mean", "falta el 1/m: el primer gradiente es (A − Y)/m"),
            (
                "softmax_twice",
                "multiplicaste otra vez por la derivada de la softmax: (A − Y)/m ya la incluye",
            ),
            ("sign_reversed", "el signo está al revés: es (A − Y)/m, no (Y − A)/m"),
            (
                "divides_dense_again",
                "dW2 y db2 quedaron divididos dos veces entre m: el 1/m ya va en (A − Y)/m",
            ),
            (
                "divides_conv_again",
                "dW1 y db1 quedaron divididos dos veces entre m: el 1/m ya va en (A − Y)/m",
            ),
            (
                "forgets_relu",
                (
                    "falta el regreso por la ReLU entre el pooling y la convolución: el gradiente "
                    "pasa solo donde Z1 > 0"
                ),
            ),
            (
                "relu_of_gradient",
                (
                    "aplicaste ReLU al gradiente: se multiplica por la máscara Z1 > 0, que sale "
                    "del cache"
                ),
            ),
            (
                "averages_in_pooling",
                "regresaste por un pooling promedio: a la ida fue max, y el gradiente va al máximo",
            ),
            (
                "reshapes_channels_first",
                (
                    "al desaplanar pusiste los canales primero: la forma es la de la salida del "
                    "pooling, (m, n_H/2, n_W/2, n_C)"
                ),
            ),
        )
    ),
    Mistake(
        "names_without_d",
        partial(_backward_with_names, rename=""),
        "el diccionario lleva las llaves 'dW1', 'db1', 'dW2' y 'db2'",
    ),
)

# ---------------------------------------------------------------------------------------- training


def _update(
    parameters: Parameters, gradients: Parameters, learning_rate: float, *, wrong: str = ""
) -> Parameters:
    """Take one step of gradient descent, right but for `wrong`."""
    rates = {"climbs": -learning_rate, "ignores_rate": 1.0, "fixed_rate": 0.01}
    rates["divides_by_rate"] = 1 / learning_rate
    rate = rates.get(wrong, learning_rate)
    left = {"forgets_biases": ("b1", "b2"), "forgets_first_layer": ("W1", "b1")}.get(wrong, ())
    steps: dict[str, Any] = {n: 0.0 if n in left else rate * gradients[f"d{n}"] for n in parameters}
    if wrong == "returns_steps":
        return steps
    if wrong == "returns_the_same":
        return dict(parameters)
    updated = {n: p - steps[n] for n, p in parameters.items()}
    if wrong == "in_place":
        parameters.update(updated)
    return updated


UPDATE_PARAMETERS = tuple(
    Mistake(name, partial(_update, wrong=name), hint)
    for name, hint in (
        ("climbs", "sumaste: para bajar el costo se resta learning_rate por el gradiente"),
        ("ignores_rate", "falta multiplicar el gradiente por learning_rate"),
        ("fixed_rate", "usaste una tasa fija de 0.01: usa el argumento learning_rate"),
        ("returns_steps", "devolviste el paso, learning_rate por gradiente: réstalo al parámetro"),
        ("forgets_biases", "no actualizaste b1 ni b2: también se aprenden"),
        ("forgets_first_layer", "no actualizaste W1 ni b1: también se aprenden"),
        ("divides_by_rate", "dividiste entre learning_rate: se multiplica"),
        ("returns_the_same", "devolviste los parámetros sin cambiar"),
        (
            "in_place",
            (
                "cambiaste los parámetros que recibiste (-= cambia el propio array): escribe en un "
                "diccionario nuevo parameters[k] - learning_rate * gradients['d' + k]"
            ),
        ),
    )
)


def _epoch(
    images: Array,
    Y: Array,
    parameters: Parameters,
    learning_rate: float,
    batch_size: int,
    order: Array,
    *,
    wrong: str,
) -> tuple[Parameters, float]:
    """Train one epoch, right but for `wrong`."""
    m = len(images)
    if wrong == "ignores_order":
        order = np.arange(m)
    first = parameters
    stop = m - m % batch_size if wrong == "drops_last_batch" else m
    if wrong == "one_batch_only":
        stop = batch_size
    costs, sizes = [], []
    for start in range(0, stop, batch_size):
        chosen = order[start : start + batch_size]
        x, y = images[chosen], Y[chosen]
        if wrong == "shuffles_only_images":
            y = Y[start : start + batch_size]
        used = first if wrong == "always_the_first_parameters" else parameters
        A, caches = _model(x, used, wrong="")
        gradients = _backward(A, y, caches, wrong="")
        parameters = _update(parameters, gradients, learning_rate)
        costs.append(_cost(_model(x, parameters, wrong="")[0] if wrong == "cost_after" else A, y))
        sizes.append(len(chosen))
    if wrong == "returns_first_parameters":
        parameters = first
    if wrong == "sums_costs":
        return parameters, float(np.sum(costs))
    if wrong == "last_cost":
        return parameters, costs[-1]
    return parameters, float(np.dot(costs, sizes) / np.sum(sizes))


TRAIN_EPOCH = tuple(
    Mistake(name, partial(_epoch, wrong=name), hint)
    for name, hint in (
        ("ignores_order", "no usaste order: los lotes se toman de la permutación que llega"),
        (
            "shuffles_only_images",
            "revolviste las imágenes y no sus etiquetas: indexa las dos con los mismos números",
        ),
        (
            "drops_last_batch",
            (
                "el último lote, más pequeño, se quedó sin usar: order[start : start + batch_size] "
                "ya se corta solo al final"
            ),
        ),
        ("one_batch_only", "entrenaste con un solo lote: la época pasa por todas las imágenes"),
        (
            "always_the_first_parameters",
            (
                "cada lote calculó su gradiente con los parámetros del comienzo: usa los que dejó "
                "el lote anterior"
            ),
        ),
        (
            "returns_first_parameters",
            (
                "devolviste los parámetros con los que empezaste: guarda lo que devuelve "
                "update_parameters"
            ),
        ),
        ("sums_costs", "sumaste los costos de los lotes: se pide su promedio por imagen"),
        ("last_cost", "devolviste el costo del último lote: se pide el promedio de la época"),
        (
            "cost_after",
            "mediste el costo después de actualizar: es el de la ida, antes de dar el paso",
        ),
    )
)


MISTAKES = {
    "one_hot_encode": ONE_HOT_ENCODE,
    "relu": RELU,
    "relu_backward": RELU_BACKWARD,
    "softmax": SOFTMAX,
    "cross_entropy": CROSS_ENTROPY,
    "softmax_cross_entropy_backward": SOFTMAX_CROSS_ENTROPY_BACKWARD,
    "fully_connected_forward": FULLY_CONNECTED_FORWARD,
    "fully_connected_backward": FULLY_CONNECTED_BACKWARD,
    "simple_cnn_model": SIMPLE_CNN_MODEL,
    "backward_propagation": BACKWARD_PROPAGATION,
    "update_parameters": UPDATE_PARAMETERS,
    "train_epoch": TRAIN_EPOCH,
    "cats_vs_dogs": (),
}
