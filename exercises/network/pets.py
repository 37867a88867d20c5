"""Cats and dogs: pictures that nobody has seen, and a look at the network that labels them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from grader.exercise import Audit, Exercise, Output

from ..tools import held_out_pets, photographs_elsewhere
from .whole import NAMES, forward, leaves_of

if TYPE_CHECKING:
    from grader.exercise import Case

    from ..tools import Array

    Parameters = dict[str, Array]

SIDE = 32
SEEDS = 1000
"""The notebook's `train` takes a seed under this one, so that where a network began can be found."""

MOST_FILTERS = 256
FLOATS = ("float16", "float32", "float64")  # which torch has, too
BATCH = 50
NEAR_TIE = 1e-3
"""Scores that are this close, relative to the largest, may fall either way in float32."""

MOST_OTHERS = 0.05
"""The share of labels that may not be the network's own. Who averages over a picture and its mirror
image changes 2 %."""

# Measured on networks trained with 16 settings (SGD, momentum, Adam, weight decay, 2 to 40 epochs):
# filters stay within 0.72 of where they began and move by 0.5 % or more; W2 within 0.14. Unrelated
# numbers of these sizes come to 0.2 (the best of 1000 seeds) and 0.03.
LIKE_FIRST_FILTERS = 0.4
MOVED = 1e-5
LIKE_FIRST_WEIGHTS = 0.05

ASKED = (
    "check_accuracy(predict, ..., model=parameters) espera en parameters el diccionario de la red"
)
RETRAIN = (
    "entrena con train y tu train_epoch, a partir de initialize_parameters y con un seed de 0 a "
    f"{SEEDS - 1}"
)


def audit(case: Case, observed: Any) -> Audit:
    """Tell whether the labels are those of the lab's network, and whether it was trained.

    `observed` holds "labels" and "parameters". The network runs here, with those parameters, on the
    pictures of the case.
    """
    if not isinstance(observed, dict):
        return Audit()
    (images,) = case.args
    parameters = observed.get("parameters")
    problem = _misshapen(parameters, images.shape[1]) or _untrained(parameters)
    if problem:
        return Audit(problem=problem)
    others = _others(images, parameters, observed.get("labels"))
    told = (
        f"predict no responde lo que dice tu red en {others} de {len(images)} imágenes: con tus "
        "parameters, al calificar corremos la red aparte, sobre las imágenes normalizadas"
    )
    if others > MOST_OTHERS * len(images):
        return Audit(
            problem=f"{told}. Devuelve el argmax de simple_cnn_model(normalize(images), parameters)"
        )
    if others:
        return Audit(flag=told)
    if not parameters["b1"].any():
        return Audit(flag="b1 sigue en ceros después de entrenar: ¿se entrenó la convolución?")
    return Audit(flag=photographs_elsewhere(observed))


def _misshapen(parameters: Any, side: int) -> str:
    """Say what keeps these from being the parameters of the lab's network."""
    if not isinstance(parameters, dict) or not all(name in parameters for name in NAMES):
        return f"{ASKED}, con W1, b1, W2 y b2"
    if not all(
        isinstance(parameters[n], np.ndarray) and parameters[n].dtype in FLOATS for n in NAMES
    ):
        return f"{ASKED}, con cuatro arrays de números reales"
    n_C = parameters["W1"].shape[-1] if parameters["W1"].ndim else 0
    if not 1 <= n_C <= MOST_FILTERS:
        return f"{ASKED}: la red tiene de 1 a {MOST_FILTERS} filtros, y W1 dice que son {n_C}"
    wanted = {
        "W1": (3, 3, 3, n_C),
        "b1": (1, 1, 1, n_C),
        "W2": ((side // 2) ** 2 * n_C, 2),
        "b2": (1, 2),
    }
    for name in NAMES:
        if parameters[name].shape != wanted[name]:
            return (
                f"{ASKED}: {name} tiene forma {parameters[name].shape} y se esperaba {wanted[name]}"
            )
        if not np.isfinite(parameters[name]).all() or np.abs(parameters[name]).max() > 1e6:  # noqa: PLR2004
            return f"{name} tiene valores que no son números finitos, o son enormes: {RETRAIN}"
    return ""


def _untrained(parameters: Parameters) -> str:
    """Say why these numbers can't have come from training what `initialize_parameters` returns."""
    W1, W2 = (parameters[name].astype(float) for name in ("W1", "W2"))
    alike, seed = _beginning(W1.tobytes(), W1.size)
    if alike < LIKE_FIRST_FILTERS:
        return f"los filtros W1 no salieron de initialize_parameters: {RETRAIN}"
    rng = np.random.default_rng(seed)
    first_W1, first_W2 = rng.standard_normal(W1.shape), rng.standard_normal(W2.shape)
    if _distance(W1, first_W1) < MOVED:
        return (
            "los filtros W1 siguen como empezaron: el entrenamiento no los movió. Revisa que "
            f"update_parameters cambie también W1 y b1; después {RETRAIN}"
        )
    if _cosine(W2, first_W2) < LIKE_FIRST_WEIGHTS:
        return f"los pesos W2 no salieron de initialize_parameters: {RETRAIN}"
    return ""


@lru_cache(maxsize=8)
def _beginning(W1: bytes, size: int) -> tuple[float, int]:
    """Return how alike W1 is to the filters of the seed that it is most like, and that seed."""
    filters = np.frombuffer(W1)
    return max(
        (_cosine(filters, np.random.default_rng(seed).standard_normal(size)), seed)
        for seed in range(SEEDS)
    )


def _cosine(one: Array, other: Array) -> float:
    lengths = np.linalg.norm(one) * np.linalg.norm(other)
    return float(np.vdot(one, other) / lengths) if lengths else 0.0


def _distance(one: Array, other: Array) -> float:
    """Return how far `one` is from any multiple of `other`, relative to its length."""
    return float(np.sqrt(max(0.0, 1 - _cosine(one, other) ** 2)))


def _others(images: Array, parameters: Parameters, labels: Any) -> int:
    """Count the labels that aren't those of the network; where its scores nearly tie, any will do.

    What can't be labels is for the comparison to say.
    """
    try:
        given = np.asarray(labels)
    except ValueError:
        return 0
    if given.size != len(images) or given.dtype.kind not in "biuf":
        return 0
    leaves = leaves_of(parameters)
    with torch.no_grad():
        scores = np.concatenate(
            [
                forward(images[start : start + BATCH] / 127.5 - 1, leaves)[-1].numpy()
                for start in range(0, len(images), BATCH)
            ]
        )
    clear = np.abs(scores[:, 1] - scores[:, 0]) > NEAR_TIE * np.abs(scores).max()
    return int(np.sum((given.ravel() != scores.argmax(axis=1)) & clear))


CATS_VS_DOGS = Exercise(
    name="cats_vs_dogs",
    parameters=("images",),
    outputs=(Output("labels", ("imagen",)),),
    groups={"held_out": held_out_pets(500, SIDE)},
    driver="with_model",
    facts="labels_alone",
    audit=audit,
    sealed=True,
)

EXERCISES = (CATS_VS_DOGS,)
