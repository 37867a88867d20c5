"""The student's own network: facts that hold for any sensible one, and what it makes of new images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from grader.exercise import Audit, Case, Exercise, Group, Mistake, Output

from ..tools import between, held_out_pets, photographs_elsewhere
from .drivers import (
    ALONE,
    CONVOLVES,
    COUNTS,
    FALLS,
    FOLLOWS,
    HEAP,
    HEAPS,
    LEFT,
    LIMITS,
    LOGITS,
    NONE,
    PLACE,
    REGISTERED,
    SAVED,
    STEADY,
    STEPS,
    UNCHANGED,
    WITHOUT_GRADIENT,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.random import Generator

    from ..tools import Array

# -------------------------------------------------------------------------------------- PetNet

BATCH = 16
GRID = 4


def _coarse(cells: Array, size: int) -> Array:
    """Stretch images of `GRID` × `GRID` cells."""
    return np.repeat(np.repeat(cells, size // GRID, axis=2), size // GRID, axis=3)


def _rounded(X: Array) -> Array:
    """Return images of few different values: a key holds them in little space."""
    return (np.round(np.clip(X, -1, 1) * 32) / 32).astype(np.float32)


def _noisy(rng: Generator, cells: Array, labels: Array, size: int) -> Array:
    """Draw a noisy image of the pattern that each label names."""
    noise = 0.3 * rng.standard_normal((len(labels), 3, size, size))
    return _rounded(_coarse(cells[labels], size) + noise)


def _scenes(rng: Generator, n: int, size: int) -> Array:
    """Draw n images, all different; where there are several, one of them twice."""
    X = _rounded(_coarse(rng.uniform(-1, 1, (n, 3, GRID, GRID)), size))
    first, second = rng.permutation(n)[[0, -1]]
    X[first] = X[second]
    return X


def _patterns(rng: Generator) -> Array:
    """Draw the cells of two patterns.

    Nobody can know them beforehand: to tell them apart is to have learned them.
    """
    return rng.choice([-0.6, 0.6], (2, 3, GRID, GRID))


def _case(what: str, size: int, X: Array, labels: Array, new: Array) -> Case:
    return Case(
        (what, size, X, labels, new), f"PetNet({size}) y {len(new)} imágenes de {size}×{size}"
    )


def _training(rng: Generator, cells: Array, size: int) -> tuple[Array, Array]:
    labels = rng.permutation(BATCH) % 2
    return _noisy(rng, cells, labels, size), labels


def _untrained(rng: Generator, what: str, *sizes: tuple[int, int]) -> Iterator[Case]:
    for n, size in sizes:
        nothing = np.zeros((0, 3, size, size), np.float32), np.zeros(0, np.int64)
        yield _case(what, size, *nothing, _scenes(rng, n, size))


def _shapes(rng: Generator) -> Iterator[Case]:
    yield from _untrained(
        rng, "shapes", (between(rng, 4, 7), 32), (1, 32), (between(rng, 3, 4), 64)
    )


def _logits(rng: Generator) -> Iterator[Case]:
    yield from _untrained(rng, "logits", (between(rng, 5, 9), 32))


def _trained(what: str) -> Callable[[Generator], Iterator[Case]]:
    def make(rng: Generator) -> Iterator[Case]:
        X, labels = _training(rng, _patterns(rng), 32)
        yield _case(what, 32, X, labels, _scenes(rng, between(rng, 5, 8), 32))

    return make


def _learning(rng: Generator) -> Iterator[Case]:
    cells = _patterns(rng)
    X, labels = _training(rng, cells, 32)
    heaps = rng.permutation([0, 1, *rng.integers(0, 2, 2)])
    yield _case("learning", 32, X, labels, _noisy(rng, cells, np.repeat(heaps, HEAP), 32))


def _told_apart(X: Array, labels: Array, new: Array) -> str:
    """Say which pattern each heap shows: the one whose mean image is nearer."""
    means = np.stack([X[labels == label].mean(axis=0) for label in (0, 1)])
    heaps = new.reshape(-1, HEAP, *new.shape[1:]).mean(axis=1)
    gaps = ((heaps[:, np.newaxis] - means) ** 2).sum(axis=(2, 3, 4))
    return ", ".join(map(str, gaps.argmin(axis=1)))


def _pet_net(what: str, size: int, X: Array, labels: Array, new: Array) -> dict[str, Any]:
    """Return the facts of a network that works, whatever its layers."""
    del size
    facts: dict[str, dict[str, Any]] = {
        "shapes": {
            "forma de la salida": (len(new), 2),
            "dtype": "float32",
            "todos los valores son finitos": True,
            FOLLOWS: True,
        },
        "logits": {FOLLOWS: True, "sus salidas son": LOGITS},
        "parameters": {
            PLACE: REGISTERED,
            CONVOLVES: True,
            COUNTS: True,
            LIMITS: True,
            WITHOUT_GRADIENT: NONE,
            SAVED: True,
            FOLLOWS: True,
        },
        "learning": {PLACE: REGISTERED, UNCHANGED: NONE, FALLS: True, FOLLOWS: True},
        "eval_mode": {PLACE: REGISTERED, STEADY: True, ALONE: True, LEFT: True, FOLLOWS: True},
    }
    heaps = {HEAPS: _told_apart(X, labels, new)} if what == "learning" else {}
    return facts[what] | heaps


_ASKED = "return self.head(self.features(X))"
_HEAD = "nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(channels[-1], 2)"
NEIGHBOURS = "la respuesta de una imagen depende de sus vecinas del lote"
_FEATURES = "self.features = nn.Sequential(*blocks)"

PET_NET = Exercise(
    name="PetNet",
    parameters=("what", "size", "X", "labels", "new"),
    outputs=(Output("tu red"),),
    groups={
        "shapes": Group("la forma de la salida", _shapes),
        "logits": Group("la salida son logits", _logits),
        "parameters": Group("los parámetros", _trained("parameters")),
        "learning": Group(
            f"{STEPS} pasos de Adam con dos patrones nuevos", _learning, explained=False
        ),
        "eval_mode": Group("en modo eval", _trained("eval_mode")),
    },
    reference=_pet_net,
    driver="look_at_network",
    pairs=0,
    facts="network_facts",
    mistakes=(
        Mistake(
            "softmax",
            (_ASKED, f"{_ASKED}.softmax(1)"),
            "tu red termina en softmax, y nn.CrossEntropyLoss ya lo aplica: doble softmax aprende muy "
            "despacio. Devuelve los logits, lo que sale de la última capa lineal",
        ),
        Mistake(
            "log_softmax",
            (_ASKED, f"{_ASKED}.log_softmax(1)"),
            "tu red termina en log_softmax, y nn.CrossEntropyLoss ya lo aplica: devuelve los logits",
        ),
        Mistake(
            "one_output",
            ("(channels[-1], 2)", "(channels[-1], 1)"),
            "la red devuelve un valor por imagen y hay dos clases: forma (N, 2)",
        ),
        Mistake(
            "only_32",
            (_HEAD, "nn.Flatten(), nn.Dropout(0.3), nn.Linear(128 * 2 * 2, 2)"),
            "tu red solo sirve para imágenes de 32×32: calcula las entradas de la capa lineal a "
            "partir de size (o usa nn.AdaptiveAvgPool2d)",
        ),
        Mistake(
            "always_drops",
            ((" nn.Dropout(0.3),", ""), ("self.features(X)", "F.dropout(self.features(X), 0.3)")),
            "F.dropout apaga neuronas siempre, también al evaluar: usa nn.Dropout, que conoce el "
            "modo, o F.dropout(x, p, training=self.training)",
        ),
        Mistake(
            "batch_statistics",
            ("nn.BatchNorm2d(n_out)", "nn.BatchNorm2d(n_out, track_running_stats=False)"),
            "tu batch norm usa las estadísticas del lote también al evaluar, y la respuesta de "
            "una imagen depende de sus vecinas: deja track_running_stats=True, que es como viene",
            NEIGHBOURS,
        ),
        Mistake(
            "layers_in_a_list",
            (
                (_FEATURES, "self.features = blocks"),
                (
                    _ASKED,
                    "for layer in self.features:\n            X = layer(X)\n        return self.head(X)",
                ),
            ),
            "guardaste capas en una lista de Python, y nn.Module no las encuentra ahí: el "
            "optimizador no las entrena. Usa nn.Sequential o nn.ModuleList",
        ),
        Mistake(
            "layers_in_a_dictionary",
            (
                (_FEATURES, "self.features = dict(enumerate(blocks))"),
                (
                    _ASKED,
                    (
                        "for layer in self.features.values():\n            X = layer(X)\n"
                        "        return self.head(X)"
                    ),
                ),
            ),
            "guardaste capas en un diccionario de Python, y nn.Module no las encuentra ahí: el "
            "optimizador no las entrena. Usa nn.ModuleDict o nn.Sequential",
        ),
        Mistake(
            "softmax_over_the_batch",
            (_ASKED, f"{_ASKED}.softmax(0)"),
            "tu red termina en una softmax que además va sobre el lote, y la respuesta de una "
            "imagen depende de sus vecinas: devuelve los logits",
            NEIGHBOURS,
        ),
        Mistake(
            "stays_in_training",
            (_ASKED, f"self.train()\n        {_ASKED}"),
            "forward vuelve a poner el modelo en modo train: eso lo decide quien lo usa",
        ),
        Mistake(
            "unused_layer",
            (_FEATURES, f"{_FEATURES}\n        self.fc2 = nn.Linear(64, 2)"),
            "definiste una capa que forward no usa: no le llega gradiente",
        ),
        Mistake(
            "detaches",
            ("self.features(X))", "self.features(X).detach())"),
            "algo corta el camino del gradiente (no_grad, detach o .data dentro de forward, o "
            "requires_grad en False), y las primeras capas no aprenden",
        ),
        Mistake(
            "zeros",
            (
                f"{_HEAD}\n        )",
                (
                    f"{_HEAD}\n        )\n        for part in self.parameters():\n"
                    "            nn.init.zeros_(part)"
                ),
            ),
            "todos tus pesos empiezan en 0: las neuronas de una capa reciben el mismo gradiente y nunca "
            "se distinguen. Deja la inicialización de PyTorch",
        ),
        Mistake(
            "no_convolution",
            (
                (_FEATURES, "self.features = nn.Identity()"),
                (_HEAD, "nn.Flatten(), nn.Linear(3 * size * size, 2)"),
            ),
            "tu red no tiene ninguna convolución (nn.Conv2d), y de eso trata este curso",
        ),
        Mistake(
            "idle_convolution",
            (
                (_FEATURES, "self.features = nn.Conv2d(3, 1, 1)"),
                (_HEAD, "nn.Flatten(), nn.Linear(3 * size * size, 2)"),
                (_ASKED, "return self.head(X) + 1e-6 * self.features(X).mean()"),
            ),
            "tu red tiene convoluciones, pero lo que responde casi no depende de ellas: lo que "
            "sale de una convolución es lo que entra a la capa siguiente",
        ),
    ),
)

# ------------------------------------------------------------------------------------- held out

SIDE = 32
HELD_OUT = 1000
FEW_AGREE, MUCH_BETTER = 0.95, 0.05
"""How seldom `predict` says what the network does, and how much better it does, to look odd."""


def _through_the_model(case: Case, observed: Any) -> Audit:
    """Flag a `predict` that does better than the network that it should ask."""
    if not isinstance(observed, dict) or not {"labels", "logits"} <= set(observed):
        return Audit()  # predict failed, and is told so
    logits = getattr(observed["logits"], "array", observed["logits"])
    if not isinstance(logits, np.ndarray):
        return Audit(flag=f"predict can't be compared with the notebook's `model`: {logits}")
    logits = np.atleast_1d(logits)
    said = np.ravel(getattr(observed["labels"], "array", observed["labels"]))[: len(logits)]
    if logits.ndim != 2 or logits.shape[1] != 2 or len(said) != len(logits) or not len(said):  # noqa: PLR2004
        return Audit(flag=f"the notebook's `model` answers in shape {logits.shape}, not (n, 2)")
    seen, truth = logits.argmax(axis=1), case.answer[: len(logits)]
    agree, mine, its = ((a == b).mean() for a, b in ((said, seen), (said, truth), (seen, truth)))
    if agree >= FEW_AGREE or mine <= its + MUCH_BETTER:
        return Audit(flag=photographs_elsewhere(observed))
    return Audit(
        flag=f"predict doesn't go through `model`: of {len(said)} held-out images it gets {mine:.0%} "
        f"right, the network that the notebook trained {its:.0%}"
    )


CATS_VS_DOGS_TORCH = Exercise(
    name="cats_vs_dogs_torch",
    parameters=("images",),
    outputs=(Output("labels", ("imagen",)),),
    groups={"held_out": held_out_pets(HELD_OUT, SIDE)},
    driver="predict_beside_model",
    facts="predicted_labels",
    audit=_through_the_model,
    solution="predict",
    sealed=True,
)

EXERCISES = (PET_NET, CATS_VS_DOGS_TORCH)
