"""Datasets and loaders, and the augmentation of images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F

from grader.exercise import Case, Exercise, Group, Mistake, Output

from ..tools import between, tensor
from .tensors import IMAGE_AXES, images, pixels, scaled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.random import Generator

    from ..tools import Array

# ---------------------------------------------------------------------------------- PetDataset


def _dataset_group(
    title: str,
    outputs: tuple[str, ...],
    ask: Callable[[Generator, int], Sequence[int]],
    *,
    transformed: bool = False,
) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for _ in range(2):
            # More images than columns, so that the axes can't be taken for each other.
            n, height, width = between(rng, 9, 14), between(rng, 3, 8), between(rng, 4, 8)
            X, labels = pixels(rng, n, height, width, 3), rng.permutation(n) % 2
            note = f"images {X.shape}" + (" y un transform" if transformed else "")
            yield Case((X, labels, tuple(ask(rng, n)), transformed), note)

    return Group(title, make, outputs)


def _some(rng: Generator, n: int) -> list[int]:
    """Draw two places and the last one, and ask for the first of them twice."""
    first, second = (int(i) for i in rng.permutation(np.arange(1, n - 1))[:2])
    return [first, second, n - 1, first]


def _pet_dataset(
    images: Array,
    labels: Array,
    indices: Sequence[int],
    transformed: bool,  # noqa: FBT001
) -> tuple[Any, ...]:
    X, y = scaled(images[list(indices)]), torch.tensor(labels[list(indices)])
    if transformed:
        # The driver's transform divides by how often it was asked.
        X = X.flip(-1) / torch.arange(1, len(indices) + 1).view(-1, 1, 1, 1)
    return len(images), [2], X, y, "int64"


_PARTS = "cuántas partes tiene un ejemplo"
_IMAGES, _LABELS = "to_tensor(images)", "torch.from_numpy(labels)"

PET_DATASET = Exercise(
    name="PetDataset",
    parameters=("images", "labels", "indices", "transformed"),
    outputs=(
        Output("len(dataset)"),
        Output(_PARTS),
        Output("X", IMAGE_AXES),
        Output("y", ("imagen del lote",)),
        Output("el dtype de y"),
    ),
    groups={
        # An array of images has a length too, but no pairs.
        "length": _dataset_group("cuántos ejemplos hay", ("len(dataset)", _PARTS), lambda *_: (0,)),
        "image": _dataset_group("la imagen de un ejemplo", ("X",), _some),
        "label": _dataset_group(
            "la etiqueta de un ejemplo", ("y", "el dtype de y"), lambda _, n: range(n)
        ),
        "transform": _dataset_group("el transform", ("X",), _some, transformed=True),
    },
    reference=_pet_dataset,
    helpers=("to_tensor",),
    driver="look_at_dataset",
    facts="dataset_facts",
    mistakes=(
        Mistake(
            "ignores_transform",
            ("image = self.transform(image)", "pass"),
            "guardaste transform, pero __getitem__ no lo aplica a la imagen",
        ),
        Mistake(
            "transforms_once",
            (
                "self.transform = transform",
                (
                    "if transform is not None:\n"
                    "            self.images = torch.stack([transform(x) for x in self.images])\n"
                    "        self.transform = None"
                ),
            ),
            "aplicaste transform al construir el objeto: si cambia las imágenes al azar, todas "
            "las épocas verían la misma versión. Aplícalo en __getitem__, cada vez que se pide "
            "un ejemplo",
        ),
        Mistake(
            "keeps_bytes",
            (_IMAGES, "torch.from_numpy(images).permute(0, 3, 1, 2)"),
            "la imagen sigue en bytes de 0 a 255: pásala por to_tensor",
        ),
        Mistake(
            "keeps_nhwc",
            (_IMAGES, f"{_IMAGES}.permute(0, 2, 3, 1)"),
            "los canales de la imagen van primero: (3, H, W)",
        ),
        Mistake(
            "label_first",
            ("return image, self.labels[index]", "return self.labels[index], image"),
            "el orden es (imagen, etiqueta)",
        ),
        Mistake(
            "float_labels",
            (_LABELS, f"{_LABELS}.float()"),
            "la entropía cruzada pide clases enteras (int64), no decimales",
        ),
        Mistake(
            "one_hot_labels",
            (_LABELS, f"F.one_hot({_LABELS})"),
            "no hace falta one-hot: la entropía cruzada recibe la clase, 0 o 1",
        ),
        Mistake(
            "counts_columns",
            ("len(self.images)", "self.images.shape[-1]"),
            "__len__ es cuántas imágenes hay: len(self.images)",
        ),
        Mistake(
            "off_by_one",
            (
                ("self.images[index]", "self.images[max(index - 1, 0)]"),
                ("self.labels[index]", "self.labels[max(index - 1, 0)]"),
            ),
            "el ejemplo index es el que está en la posición index, desde 0",
        ),
        Mistake(
            "normalises_with_its_own_statistics",
            (_IMAGES, f"(lambda X: (X - X.mean()) / X.std())({_IMAGES})"),
            "normalizaste con la media y la desviación de estas imágenes, y las de validación "
            "quedarían en otra escala: to_tensor ya las dejó de −1 a 1",
        ),
        Mistake(
            "keeps_the_transformed",
            ("image = self.transform(image)", "image = self.images[index] = self.transform(image)"),
            "guardaste la imagen transformada sobre la original: la próxima vez se transformaría "
            "dos veces",
        ),
        Mistake(
            "labels_of_32_bits",
            (_LABELS, f"{_LABELS}.int()"),
            "la entropía cruzada pide clases enteras de 64 bits (int64), y las tuyas son de 32",
        ),
        Mistake(
            "adds_a_batch_axis",
            ("image = self.images[index]", "image = self.images[index : index + 1]"),
            "cada ejemplo trae un eje de lote de más: la imagen es (3, H, W), y el lote lo arma "
            "DataLoader",
        ),
    ),
)

# --------------------------------------------------------------------------------- make_loader


def _loader_group(title: str, *, training: bool) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for rest in (False, True):
            batch_size = between(rng, 5, 16)
            n = batch_size * between(rng, 4, 6) + rest * between(rng, 1, batch_size - 1)
            numbers = np.sort(rng.choice(1000, n, replace=False))
            note = f"{n} ejemplos, batch_size={batch_size}, training={training}"
            yield Case((numbers, batch_size, training), note)

    return Group(title, make)


def _make_loader(numbers: Array, batch_size: int, training: bool) -> tuple[Any, ...]:  # noqa: FBT001
    sizes = [len(part) for part in torch.tensor(numbers).split(batch_size)]
    return sizes, numbers, training, not training


SHUFFLES = "cuándo se revuelve depende de training: al entrenar sí, y al evaluar no"
_LOADER = "DataLoader(dataset, batch_size=batch_size, shuffle=training)"

MAKE_LOADER = Exercise(
    name="make_loader",
    parameters=("dataset", "batch_size", "training"),
    outputs=(
        Output("los tamaños de los lotes"),
        Output("los ejemplos de una época", ("ejemplo",)),
        Output("el orden se revuelve"),
        Output("dos épocas tienen el mismo orden"),
    ),
    groups={
        "evaluation": _loader_group("para evaluar", training=False),
        "training": _loader_group("para entrenar", training=True),
    },
    reference=_make_loader,
    driver="two_epochs",
    facts="loader_facts",
    mistakes=(
        Mistake(
            "never_shuffles",
            (", shuffle=training", ""),
            "para entrenar hay que revolver los ejemplos en cada época: shuffle=training",
            SHUFFLES,
        ),
        Mistake(
            "always_shuffles",
            ("shuffle=training", "shuffle=True"),
            "para evaluar no hace falta revolver, y en orden es más fácil saber qué imagen falló: "
            "shuffle=training",
            SHUFFLES,
        ),
        Mistake(
            "drops_the_last",
            ("shuffle=training", "shuffle=training, drop_last=True"),
            "con drop_last=True dejas fuera el último lote cuando es más pequeño",
        ),
        Mistake(
            "ignores_batch_size",
            ("batch_size=batch_size, ", ""),
            "no le pasaste batch_size al DataLoader, que entonces hace lotes de 1",
        ),
        Mistake(
            "shuffles_once",
            (_LOADER, f"list({_LOADER})"),
            "revolviste una sola vez: devuelve el DataLoader, que revuelve de nuevo en cada "
            "época, no una lista de sus lotes",
        ),
        Mistake(
            "with_replacement",
            (
                "shuffle=training",
                (
                    "sampler=torch.utils.data.RandomSampler(dataset, replacement=True) if training "
                    "else None"
                ),
            ),
            "tus ejemplos salen con repetición: en una época cada uno aparece exactamente una vez",
        ),
        Mistake(
            "inverted",
            ("shuffle=training", "shuffle=not training"),
            "revuelves al evaluar y no al entrenar: es al revés",
            SHUFFLES,
        ),
        Mistake(
            "everything_in_one_batch",
            ("batch_size=batch_size", "batch_size=len(dataset)"),
            "pusiste todos los ejemplos en un solo lote: usa batch_size",
        ),
    ),
)

# --------------------------------------------------------------------------------- flip_images


def _flip_case(rng: Generator, which: Array) -> Case:
    X = images(rng, len(which), 3, between(rng, 3, 7), between(rng, 3, 9))
    return Case((X, which), f"X {X.shape}, which={which.tolist()}")


def _flip_some(rng: Generator) -> Iterator[Case]:
    for _ in range(2):
        # The first and the last differ, so that turning the batch around shows.
        middle = rng.random(between(rng, 1, 5)) < 0.5  # noqa: PLR2004 - a coin
        ends = rng.permutation([True, False])
        yield _flip_case(rng, np.concatenate([ends[:1], middle, ends[1:]]))


def _flip_extremes(rng: Generator) -> Iterator[Case]:
    for which in (True, False):
        yield _flip_case(rng, np.full(between(rng, 2, 6), which))


def _flip_images(X: Array, which: Array) -> torch.Tensor:
    flipped = [
        torch.from_numpy(x[..., ::-1].copy() if chosen else x)
        for x, chosen in zip(X.astype(float), which, strict=True)
    ]
    return torch.stack(flipped)


EACH_IMAGE = "hiciste lo mismo con todas las imágenes: which dice de cada una si se voltea"

FLIP_IMAGES = Exercise(
    name="flip_images",
    parameters=("X", "which"),
    outputs=(Output("X_new", IMAGE_AXES),),
    groups={
        "basic": Group("algunas imágenes", _flip_some),
        "extremes": Group("todas o ninguna", _flip_extremes),
    },
    reference=_flip_images,
    driver="on_tensors",
    mistakes=(
        Mistake(
            "upside_down",
            ("X.flip(3)", "X.flip(2)"),
            "las pusiste de cabeza: el eje 2 es el alto. El espejo voltea el ancho, el eje 3",
        ),
        Mistake(
            "turns_around",
            ("X.flip(3)", "X.flip(2, 3)"),
            "las giraste media vuelta: el espejo voltea un solo eje, el ancho (el eje 3)",
        ),
        Mistake(
            "flips_all",
            ("torch.where(which.view(-1, 1, 1, 1), X.flip(3), X)", "X.flip(3)"),
            "volteaste todas: solo las que dice which",
            EACH_IMAGE,
        ),
        Mistake("flips_none", ("X.flip(3)", "X"), "no volteaste ninguna", EACH_IMAGE),
        Mistake(
            "inverted",
            ("X.flip(3), X", "X, X.flip(3)"),
            "volteaste las que no eran: en torch.where primero va lo que se toma donde hay True",
        ),
        Mistake(
            "reverses_the_batch",
            ("X.flip(3)", "X.flip(0)"),
            "el eje 0 es el de las imágenes del lote: el espejo voltea el ancho, el eje 3",
        ),
        Mistake(
            "swaps_colours",
            ("X.flip(3)", "X.flip(1)"),
            "el eje 1 es el de los canales, y cambiaste los colores: el espejo voltea el ancho, "
            "el eje 3",
        ),
        Mistake(
            "changes_X",
            (
                "X_new = torch.where(which.view(-1, 1, 1, 1), X.flip(3), X)",
                "X[which] = X[which].flip(3)\n    X_new = X",
            ),
            "escribiste en la X de quien te llamó: trabaja sobre una copia, X.clone()",
        ),
        Mistake(
            "only_the_flipped",
            ("torch.where(which.view(-1, 1, 1, 1), X.flip(3), X)", "X[which].flip(3)"),
            "faltan las imágenes que no se voltean: también van en la salida, en su lugar",
        ),
        Mistake(
            "first_image_decides",
            ("which.view(-1, 1, 1, 1)", "which[0]"),
            "hiciste con todas lo que which dice de la primera: cada imagen tiene lo suyo",
            EACH_IMAGE,
        ),
    ),
)

# -------------------------------------------------------------------------------- shift_images


def _shift_case(rng: Generator, dy: Sequence[int], dx: Sequence[int]) -> Case:
    X = images(rng, len(dy), 3, between(rng, 6, 9), between(rng, 6, 11))
    return Case(
        (X, np.array(dy), np.array(dx)),
        f"X {X.shape}, dy={[int(d) for d in dy]}, dx={[int(d) for d in dx]}",
    )


def _two_moves(rng: Generator) -> tuple[int, int]:
    """Draw two different numbers of pixels."""
    small = between(rng, 1, 3)
    return (small, small + between(rng, 1, 2)) if rng.random() < 0.5 else (small + 1, small)  # noqa: PLR2004


def _shift_all(sign: int) -> Callable[[Generator], Iterator[Case]]:
    def make(rng: Generator) -> Iterator[Case]:
        for down, right in ((1, 0), (0, 1), (1, 1)):
            n, (dy, dx) = between(rng, 2, 4), _two_moves(rng)
            yield _shift_case(rng, [sign * down * dy] * n, [sign * right * dx] * n)

    return make


def _shift_each(rng: Generator) -> Iterator[Case]:
    for n in (between(rng, 3, 5), between(rng, 2, 4)):
        # The first of all moves isn't the others', nor the same to both sides.
        dy, dx = rng.permutation(5)[:n], rng.permutation(5)[:n]
        yield _shift_case(rng, dy, np.where(dx == dy, dx + 1, dx))


def _shift_combined(rng: Generator) -> Iterator[Case]:
    signs = rng.permutation([(1, 1), (1, -1), (-1, 1), (-1, -1)])
    for more in (0, between(rng, 1, 3)):
        moves = np.array([_two_moves(rng) for _ in range(4 + more)])
        moves[:4] *= signs
        yield _shift_case(rng, moves[:, 0], moves[:, 1])


def _shift_images(X: Array, dy: Array, dx: Array) -> torch.Tensor:
    moves = zip(tensor(X), dy.tolist(), dx.tolist(), strict=True)
    return torch.stack([F.pad(x, (right, -right, down, -down)) for x, down, right in moves])


NEGATIVE_MOVES = "dy negativo es hacia arriba y dx negativo, hacia la izquierda"
_PAD, _MOVES = "F.pad(x, (right, -right, down, -down))", "dy.tolist(), dx.tolist()"

SHIFT_IMAGES = Exercise(
    name="shift_images",
    parameters=("X", "dy", "dx"),
    outputs=(Output("X_new", IMAGE_AXES),),
    groups={
        "basic": Group("todas hacia abajo o hacia la derecha", _shift_all(1)),
        "negative": Group("todas hacia arriba o hacia la izquierda", _shift_all(-1)),
        "each": Group("cada imagen a su manera", _shift_each),
        "combined": Group("todo junto (cada imagen hacia su propio lado)", _shift_combined),
    },
    reference=_shift_images,
    driver="on_tensors",
    mistakes=(
        Mistake(
            "rolls",
            (_PAD, "x.roll((down, right), (1, 2))"),
            "lo que sale por un lado entró por el otro: roll da la vuelta, y aquí deben entrar ceros",
        ),
        Mistake(
            "swaps_axes",
            (_PAD, "F.pad(x, (down, -down, right, -right))"),
            "intercambiaste los ejes: dy mueve filas (eje 2) y dx columnas (eje 3). Ojo con F.pad, que "
            "empieza por el último eje: (izquierda, derecha, arriba, abajo)",
        ),
        Mistake(
            "wrong_way",
            (_PAD, "F.pad(x, (-right, right, -down, down))"),
            "las moviste al revés: dy positivo es hacia abajo y dx positivo, hacia la derecha",
            NEGATIVE_MOVES,
        ),
        Mistake(
            "rows_only",
            (_PAD, "F.pad(x, (0, 0, down, -down))"),
            "las moviste hacia abajo y hacia arriba, pero no hacia los lados: falta dx",
        ),
        Mistake(
            "columns_only",
            (_PAD, "F.pad(x, (right, -right, 0, 0))"),
            "las moviste hacia los lados, pero no hacia abajo ni hacia arriba: falta dy",
        ),
        Mistake(
            "first_for_all",
            (_MOVES, "[int(dy[0])] * len(X), [int(dx[0])] * len(X)"),
            "moviste todas como a la primera: cada imagen tiene su dy y su dx",
        ),
        Mistake(
            "fills_with_black",
            (_PAD, "F.pad(x, (right, -right, down, -down), value=-1.0)"),
            "lo que entra vale −1 y se piden ceros",
        ),
        Mistake(
            "forward_only",
            (_MOVES, "dy.clamp(min=0).tolist(), dx.clamp(min=0).tolist()"),
            "no mueves hacia arriba ni hacia la izquierda: dy y dx pueden ser negativos",
        ),
        Mistake(
            "wrong_way_down",
            (_PAD, "F.pad(x, (right, -right, -down, down))"),
            "hacia los lados está bien, pero dy positivo es hacia abajo y las moviste hacia arriba",
        ),
        Mistake(
            "wrong_way_right",
            (_PAD, "F.pad(x, (-right, right, down, -down))"),
            "hacia arriba y abajo está bien, pero dx positivo es hacia la derecha y las moviste a la "
            "izquierda",
        ),
        Mistake(
            "forgets_the_sign",
            (_MOVES, "dy.abs().tolist(), dx.abs().tolist()"),
            "las moviste siempre hacia abajo y a la derecha: un número negativo va hacia el otro lado",
            NEGATIVE_MOVES,
        ),
        Mistake(
            "rolls_the_channels",
            (_PAD, "x.roll((down, right), (0, 1))"),
            "x ya no trae el lote: sus ejes son (canal, alto, ancho), y moviste los dos primeros",
        ),
    ),
)

EXERCISES = (PET_DATASET, MAKE_LOADER, FLIP_IMAGES, SHIFT_IMAGES)
