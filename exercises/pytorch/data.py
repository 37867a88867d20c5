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
            "keeps_them_in_the_class",
            (
                ("self.images = ", "PetDataset.images = "),
                ("self.labels = ", "PetDataset.labels = "),
            ),
            "guardaste los datos en la clase, PetDataset.images, y son de todos sus objetos: el que se "
            "construye después cambia los del anterior. Guárdalos en self",
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

# --------------------------------------------------------------------------------- move_images


def _move_case(X: Array, which: Array, moves: Array) -> Case:
    dy, dx = moves.T
    note = f"X {X.shape}, which={which.tolist()}, dy={dy.tolist()}, dx={dx.tolist()}"
    return Case((X, which, dy.copy(), dx.copy()), note)


def _some_images(rng: Generator, n: int) -> Array:
    # Of any number of channels but 3, which whoever writes it down gets wrong.
    return images(rng, n, int(rng.choice([1, 2, 4])), between(rng, 6, 9), between(rng, 6, 11))


def _some_flipped(rng: Generator, n: int) -> Array:
    """Choose images; the first and the last differ, so that turning the batch around shows."""
    ends = rng.permutation([True, False])
    return np.concatenate([ends[:1], rng.random(n - 2) < 0.5, ends[1:]])  # noqa: PLR2004 - a coin


def _moves(rng: Generator, n: int) -> Array:
    """Draw (dy, dx) of n >= 4 images: one goes to each corner, and no two numbers of one are alike."""
    small = rng.integers(1, 4, (n, 1))
    moves = rng.permuted(np.hstack([small, small + rng.integers(1, 3, (n, 1))]), axis=1)
    moves[:4] *= rng.permutation([(1, 1), (1, -1), (-1, 1), (-1, -1)])
    return moves


def _flip_cases(rng: Generator) -> Iterator[Case]:
    for n in (between(rng, 3, 5), between(rng, 4, 7)):
        still = np.zeros((n, 2), np.int64)
        yield _move_case(_some_images(rng, n), _some_flipped(rng, n), still)


def _shift_cases(rng: Generator) -> Iterator[Case]:
    for n in (4, between(rng, 5, 7)):
        X = _some_images(rng, n)
        # Images that look the same in a mirror: who flips wrongly loses nothing here.
        symmetric = (X + X[..., ::-1]) / 2
        yield _move_case(symmetric, np.zeros(n, bool), _moves(rng, n))


def _move_cases(rng: Generator) -> Iterator[Case]:
    for n in (4, between(rng, 5, 7)):
        yield _move_case(_some_images(rng, n), _some_flipped(rng, n), _moves(rng, n))


def _move_images(X: Array, which: Array, dy: Array, dx: Array) -> torch.Tensor:
    moved = []
    for x, flipped, down, right in zip(tensor(X), which, dy.tolist(), dx.tolist(), strict=True):
        seen = x.flip(-1) if flipped else x
        moved.append(F.pad(seen, (right, -right, down, -down)))
    return torch.stack(moved)


EACH_IMAGE = "hiciste lo mismo con todas las imágenes: which dice de cada una si se voltea"
NEGATIVE_MOVES = "dy negativo es hacia arriba y dx negativo, hacia la izquierda"
_WHERE = "torch.where(which.view(-1, 1, 1, 1), X.flip(3), X)"
_PAD, _MOVES = "F.pad(x, (right, -right, down, -down))", "dy.tolist(), dx.tolist()"

MOVE_IMAGES = Exercise(
    name="move_images",
    parameters=("X", "which", "dy", "dx"),
    outputs=(Output("X_new", IMAGE_AXES),),
    groups={
        "flip": Group("espejo de algunas imágenes, sin correrlas", _flip_cases),
        "shift": Group("cada imagen corrida hacia su propio lado, sin espejo", _shift_cases),
        "combined": Group("todo junto (primero el espejo y luego el corrimiento)", _move_cases),
    },
    reference=_move_images,
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
            (_WHERE, "X.flip(3)"),
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
                f"X = {_WHERE}",
                "X[which] = X[which].flip(3)",
            ),
            "escribiste en la X de quien te llamó: trabaja sobre una copia, X.clone()",
        ),
        Mistake(
            "first_image_decides",
            ("which.view(-1, 1, 1, 1)", "which[0]"),
            "hiciste con todas lo que which dice de la primera: cada imagen tiene lo suyo",
            EACH_IMAGE,
        ),
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
        Mistake(
            "flips_last",
            (
                (f"    X = {_WHERE}\n", ""),
                (
                    "    return X_new",
                    ("    return torch.where(which.view(-1, 1, 1, 1), X_new.flip(3), X_new)"),
                ),
            ),
            "corriste antes de voltear, y el espejo también voltea el corrimiento: primero el espejo",
        ),
    ),
)

EXERCISES = (PET_DATASET, MAKE_LOADER, MOVE_IMAGES)
