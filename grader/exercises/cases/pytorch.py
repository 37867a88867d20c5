"""Cases of lab 6: tensors, data, a network of the student's own design, its training (torch, NCHW).

Images come from disk as uint8 (N, H, W, 3) and go into a network as float32 (N, 3, H, W) from -1 to
1. Cases hold NumPy arrays; the drivers below turn them into tensors on the same memory, so that a
change of an argument shows.

Training and evaluation run on small networks that the drivers build, so that every number can be
compared. Of the student's own network only facts are observed that hold for any sensible one: the
shape of what it returns, which of its parameters learn, what it makes of patterns that nobody has
seen before.
"""

from __future__ import annotations

import contextlib
import importlib
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.exercises.base import Case, Exercise, Group, Output
from grader.exercises.cases.network import held_out_pets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.random import Generator

    Array = np.ndarray[Any, Any]
    Make = Callable[[Generator], Iterator[Case]]

IMAGE_AXES = ("imagen del lote", "canal", "alto", "ancho")
ROW_AXES = ("salida", "entrada")


def _torch() -> Any:
    """Import torch by name: this room needs none, only whoever calls a driver does."""
    return importlib.import_module("torch")


@contextlib.contextmanager
def _seeded(torch: Any, seed: int) -> Iterator[None]:
    """Seed torch inside, on one thread, and give back the notebook's own random numbers after.

    Small networks gain nothing from more threads, and lose much where the machine is busy.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)


def _pixels(rng: Generator, *shape: int) -> Array:
    return rng.integers(0, 256, shape, dtype=np.uint8)


def _images(rng: Generator, *shape: int) -> Array:
    """Make images for a network: float32 from -1 to 1."""
    return rng.uniform(-1, 1, shape).astype(np.float32)


def _on_tensors(function: Callable[..., Any], case: Case) -> Any:
    """Call `function` with a tensor for each array of the case."""
    torch = _torch()
    return function(*(torch.from_numpy(a) if isinstance(a, np.ndarray) else a for a in case.args))


def _dtype(value: Any) -> str:
    return str(getattr(value, "dtype", "ninguno")).removeprefix("torch.")


# ------------------------------------------------------------------------------------- tensors


def _call_to_tensor(function: Callable[..., Any], case: Case) -> tuple[Any, str]:
    X = function(*case.args)
    return X, _dtype(X)


def _pixel_cases(*shapes: tuple[int, int, int]) -> Make:
    def make(rng: Generator) -> Iterator[Case]:
        for shape in shapes:
            images = _pixels(rng, *shape, 3)
            yield Case((images,), f"images {images.shape}")

    return make


TO_TENSOR = Exercise(
    name="to_tensor",
    parameters=("images",),
    outputs=(Output("X", IMAGE_AXES), Output("dtype")),
    groups={
        "basic": Group("forma y valores", _pixel_cases((2, 4, 4), (3, 5, 5)), outputs=("X",)),
        "rectangular": Group(
            "imágenes que no son cuadradas", _pixel_cases((2, 3, 5), (1, 6, 4)), outputs=("X",)
        ),
        "dtype": Group("el tipo de los números", _pixel_cases((2, 4, 4)), outputs=("dtype",)),
    },
    call=_call_to_tensor,
)


def _light_cases(low: float, high: float, *shapes: tuple[int, int, int, int]) -> Make:
    def make(rng: Generator) -> Iterator[Case]:
        for shape in shapes:
            factors = rng.uniform(low, high, shape[0]).astype(np.float32)
            yield Case((_images(rng, *shape), factors), f"X {shape}, factors {factors.shape}")

    return make


CHANGE_BRIGHTNESS = Exercise(
    name="change_brightness",
    parameters=("X", "factors"),
    outputs=(Output("X_new", IMAGE_AXES),),
    groups={
        "basic": Group("un factor por imagen", _light_cases(0.3, 0.9, (2, 3, 4, 4), (4, 3, 5, 6))),
        "same_size": Group(
            "tantas imágenes como columnas", _light_cases(0.3, 0.9, (4, 3, 4, 4), (5, 3, 2, 5))
        ),
        "clamp": Group("factores mayores que 1", _light_cases(1.5, 3.0, (3, 3, 4, 4))),
    },
    call=_on_tensors,
)

EXPRESSIONS: dict[str, Callable[[Any], Any]] = {
    "la suma de x²": lambda x: (x**2).sum(),
    "la suma de x · sin(x)": lambda x: (x * x.sin()).sum(),
    "la media de tanh(x)³": lambda x: (x.tanh() ** 3).mean(),
}
"""What is differentiated in the exercise on autograd, by what a student reads."""

UNTOUCHED = "como llegó"


def _call_gradient(function: Callable[..., Any], case: Case) -> tuple[Any, Any, str]:
    torch = _torch()
    expression, array, times = case.args
    x = torch.from_numpy(array)
    value, gradient = None, None
    for _ in range(times):
        value, gradient = function(EXPRESSIONS[expression], x)
    marks = ["requires_grad=True"] if x.requires_grad else []
    marks += ["x.grad con valores"] if x.grad is not None else []
    return value, gradient, " y ".join(marks) or UNTOUCHED


def _gradient_cases(times: int) -> Make:
    def make(rng: Generator) -> Iterator[Case]:
        for expression, shape in zip(EXPRESSIONS, ((4,), (2, 3), (3, 2)), strict=True):
            again = "" if times == 1 else f", llamada {times} veces con el mismo x"
            note = f"f = {expression}, x de forma {shape}{again}"
            yield Case((expression, rng.standard_normal(shape), times), note)

    return make


VALUE_AND_GRADIENT = Exercise(
    name="value_and_gradient",
    parameters=("f", "x", "times"),
    outputs=(Output("valor"), Output("gradiente"), Output("x después de la llamada")),
    compared=("valor", "gradiente"),
    groups={
        "basic": Group("valor y gradiente", _gradient_cases(1)),
        "twice": Group("dos llamadas seguidas", _gradient_cases(2)),
        "untouched": Group(
            "x queda como llegó", _gradient_cases(1), outputs=("x después de la llamada",)
        ),
    },
    call=_call_gradient,
)


# ------------------------------------------------------------------------- shapes and parameters


def _size_cases(*arguments: tuple[int, int, int, int]) -> Make:
    def make(rng: Generator) -> Iterator[Case]:
        more = int(rng.integers(0, 20))
        for n, kernel_size, stride, padding in arguments:
            # Whole strides more, so that what divides evenly still does.
            size = n + more * stride
            yield Case(
                (size, kernel_size, stride, padding),
                f"n={size}, {kernel_size=}, {stride=}, {padding=}",
            )

    return make


CONV_OUTPUT_SIZE = Exercise(
    name="conv_output_size",
    parameters=("n", "kernel_size", "stride", "padding"),
    outputs=(Output("n_out"),),
    groups={
        "basic": Group("stride 1, sin padding", _size_cases((32, 3, 1, 0), (11, 5, 1, 0))),
        "padding": Group("con padding", _size_cases((32, 3, 1, 1), (9, 5, 1, 2), (8, 2, 1, 1))),
        "stride": Group(
            "stride mayor que 1, también cuando no divide exacto",
            _size_cases((8, 2, 2, 0), (32, 3, 2, 0), (30, 4, 3, 0)),
        ),
    },
)

LAYERS_WITHOUT = ("ReLU", "Flatten", "MaxPool2d", "Dropout")


def _layer_cases(*kinds: str, bias: bool = True) -> Make:
    def make(rng: Generator) -> Iterator[Case]:
        for kind in kinds:
            inputs, outputs, kernel = (int(rng.integers(*span)) for span in _SPANS)
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
            yield Case((layer,), ", ".join(f"{key}={value!r}" for key, value in layer.items()))

    return make


_SPANS = ((3, 9), (10, 20), (2, 6))

COUNT_PARAMETERS = Exercise(
    name="count_parameters",
    parameters=("layer",),
    outputs=(Output("parámetros"),),
    groups={
        "conv": Group("convoluciones", _layer_cases("Conv2d", "Conv2d")),
        "linear": Group("capas lineales", _layer_cases("Linear", "Linear")),
        "no_bias": Group("capas sin bias", _layer_cases("Conv2d", "Linear", bias=False)),
        "others": Group(
            "batch norm, y capas sin parámetros", _layer_cases("BatchNorm2d", *LAYERS_WITHOUT)
        ),
    },
)


def _one_case(rng: Generator) -> Iterator[Case]:
    del rng  # the network of the table is always the same one
    yield Case((), "")


TABLE_BY_HAND = Exercise(
    name="table_by_hand",
    parameters=(),
    outputs=(Output("shapes"), Output("parameters")),
    groups={
        "shapes": Group("la forma de cada salida", _one_case, outputs=("shapes",)),
        "parameters": Group("los parámetros de cada capa", _one_case, outputs=("parameters",)),
    },
)


# ---------------------------------------------------------------------------------------- data


def mirrored(x: Any) -> Any:
    """Return the image x (3, H, W) seen in a mirror: the transform that the driver asks for."""
    return x.flip(-1)


def _call_dataset(build: Callable[..., Any], case: Case) -> tuple[Any, ...]:
    torch = _torch()
    images, labels, indices, transformed = case.args
    dataset = build(images, labels, mirrored) if transformed else build(images, labels)
    if not indices:
        return len(dataset), None, None, None
    items = [dataset[index] for index in indices]
    y = torch.utils.data.default_collate([item[1] for item in items])
    # Stacked as a DataLoader would, into tensors whatever they were.
    return len(dataset), torch.utils.data.default_collate([i[0] for i in items]), y, _dtype(y)


def _dataset_cases(*indices: int, transformed: bool = False) -> Make:
    def make(rng: Generator) -> Iterator[Case]:
        for n, height, width in ((6, 4, 4), (9, 3, 5)):
            images, labels = _pixels(rng, n, height, width, 3), rng.permutation(n) % 2
            note = f"images {images.shape}" + (" y un transform" if transformed else "")
            yield Case((images, labels, indices, transformed), note)

    return make


PET_DATASET = Exercise(
    name="PetDataset",
    parameters=("images", "labels", "indices", "transformed"),
    outputs=(
        Output("len(dataset)"),
        Output("X", IMAGE_AXES),
        Output("y", ("imagen del lote",)),
        Output("el dtype de y"),
    ),
    groups={
        "length": Group("cuántos ejemplos hay", _dataset_cases(), outputs=("len(dataset)",)),
        "image": Group("la imagen de un ejemplo", _dataset_cases(0, 3, 5), outputs=("X",)),
        "label": Group(
            "la etiqueta de un ejemplo",
            _dataset_cases(0, 1, 2, 4, 5),
            outputs=("y", "el dtype de y"),
        ),
        "transform": Group("el transform", _dataset_cases(1, 4, transformed=True), outputs=("X",)),
    },
    helpers=("to_tensor",),
    call=_call_dataset,
)


def _call_loader(function: Callable[..., Any], case: Case) -> tuple[Any, ...]:
    torch = _torch()
    numbers, batch_size, training = case.args
    dataset = torch.utils.data.TensorDataset(torch.from_numpy(numbers))
    with _seeded(torch, 0):
        loader = function(dataset, batch_size, training)
        epochs = [[batch for (batch,) in loader] for _ in range(2)]
    sizes = [len(batch) for batch in epochs[0]]
    first, second = (torch.cat(epoch) for epoch in epochs)
    shuffled = not torch.equal(first, torch.sort(first)[0])
    return sizes, torch.sort(first)[0], shuffled, bool(torch.equal(first, second))


def _loader_cases(*, training: bool) -> Make:
    def make(rng: Generator) -> Iterator[Case]:
        for n, batch_size in ((48, 16), (50, 8)):
            numbers = np.sort(rng.choice(1000, n, replace=False))
            note = f"{n} ejemplos, batch_size={batch_size}, training={training}"
            yield Case((numbers, batch_size, training), note)

    return make


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
        "evaluation": Group("para evaluar", _loader_cases(training=False)),
        "training": Group("para entrenar", _loader_cases(training=True)),
    },
    call=_call_loader,
)


def _flip_cases(*chosen: tuple[bool, ...]) -> Make:
    def make(rng: Generator) -> Iterator[Case]:
        for which in chosen:
            X = _images(rng, len(which), 3, 4, 5)
            yield Case((X, np.array(which)), f"X {X.shape}, which={list(which)}")

    return make


FLIP_IMAGES = Exercise(
    name="flip_images",
    parameters=("X", "which"),
    outputs=(Output("X_new", IMAGE_AXES),),
    groups={
        "basic": Group(
            "algunas imágenes", _flip_cases((True, False, True), (False, True, True, False))
        ),
        "extremes": Group(
            "todas o ninguna", _flip_cases((True, True, True), (False, False, False))
        ),
    },
    call=_on_tensors,
)


def _shift_cases(*moves: tuple[tuple[int, ...], tuple[int, ...]]) -> Make:
    def make(rng: Generator) -> Iterator[Case]:
        for dy, dx in moves:
            X = _images(rng, len(dy), 3, 5, 6)
            yield Case(
                (X, np.array(dy), np.array(dx)), f"X {X.shape}, dy={list(dy)}, dx={list(dx)}"
            )

    return make


SHIFT_IMAGES = Exercise(
    name="shift_images",
    parameters=("X", "dy", "dx"),
    outputs=(Output("X_new", IMAGE_AXES),),
    groups={
        "basic": Group(
            "todas hacia abajo o hacia la derecha",
            _shift_cases(((2, 2), (0, 0)), ((0, 0, 0), (3, 3, 3)), ((1, 1), (2, 2))),
        ),
        "negative": Group(
            "todas hacia arriba o hacia la izquierda",
            _shift_cases(((-2, -2), (0, 0)), ((0, 0), (-1, -1)), ((-1, -1), (-3, -3))),
        ),
        "each": Group(
            "cada imagen a su manera", _shift_cases(((1, 0, 2, 3), (2, 1, 0, 4)), ((0, 2), (1, 0)))
        ),
    },
    call=_on_tensors,
)


# ------------------------------------------------------------------------- the student's network

FEWEST, MOST = 1_000, 2_000_000
"""How many parameters a network may have: enough to see, few enough to train in a notebook."""
LIMITS = "tiene entre mil y dos millones de parámetros"

STEPS = 40
FEW_STEPS = 5
RATE = 2e-3
BATCH = 16
ENOUGH = 0.8
SAME = 1e-3


NONE = "ninguno"


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or NONE


def _learn(torch: Any, model: Any, X: Any, y: Any, steps: int = STEPS) -> tuple[float, float]:
    """Train `model` on one batch with Adam; return its loss, evaluated, before and after."""
    loss_function = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)

    def measured() -> float:
        model.eval()
        with torch.no_grad():
            return float(loss_function(model(X), y))

    before = measured()
    for _ in range(steps):
        model.train()
        optimizer.zero_grad()
        loss_function(model(X), y).backward()
        optimizer.step()
    return before, measured()


def _shape_facts(torch: Any, build: Callable[[], Any], X: Any, y: Any) -> dict[str, Any]:
    del y
    model = build().eval()
    with torch.no_grad():
        Z = model(X)
    return {
        "forma de la salida": tuple(Z.shape),
        "dtype": _dtype(Z),
        "todos los valores son finitos": bool(torch.isfinite(Z).all()),
    }


LOGITS = "logits"
_LOOK_LIKE = {"probabilidades, de softmax": "sum", "logaritmos, de log_softmax": "logsumexp"}


def _logit_facts(torch: Any, build: Callable[[], Any], X: Any, y: Any) -> dict[str, Any]:
    del y
    model = build().eval()
    with torch.no_grad():
        Z = model(X).double()
    known = {"sum": Z.sum(dim=1) - 1, "logsumexp": Z.logsumexp(dim=1)}
    found = [name for name, key in _LOOK_LIKE.items() if float(known[key].abs().max()) < SAME]
    return {"sus salidas son": found[0] if found else LOGITS}


def _parameter_facts(torch: Any, build: Callable[[], Any], X: Any, y: Any) -> dict[str, Any]:
    model, other = build(), build()
    model.train()
    torch.nn.CrossEntropyLoss()(model(X), y).backward()
    named = list(model.named_parameters())
    count = sum(parameter.numel() for _, parameter in named)
    convolutions = [part for part in model.modules() if isinstance(part, torch.nn.Conv2d)]
    other.load_state_dict(model.state_dict())
    outputs = []
    for one in (model.eval(), other.eval()):
        with _seeded(torch, 1), torch.no_grad():
            outputs.append(one(X))
    gap = float((outputs[0] - outputs[1]).abs().max())
    return {
        "tiene convoluciones (nn.Conv2d)": bool(convolutions),
        LIMITS: FEWEST <= count <= MOST,
        "parámetros sin gradiente": _names(name for name, part in named if part.grad is None),
        "su state_dict guarda todos sus pesos": gap < SAME,
    }


def _learning_facts(torch: Any, build: Callable[[], Any], X: Any, y: Any) -> dict[str, Any]:
    model = build()
    start = {name: part.detach().clone() for name, part in model.named_parameters()}
    # The first images are for learning; the others show what was learned.
    before, after = _learn(torch, model, X[:BATCH], y[:BATCH])
    named = dict(model.named_parameters())
    with torch.no_grad():
        share = float((model(X[BATCH:]).argmax(dim=1) == y[BATCH:]).double().mean())
    return {
        "parámetros que no cambian": _names(n for n in start if torch.equal(start[n], named[n])),
        "la pérdida baja": after < ENOUGH * before,
        "reconoce el patrón en imágenes nuevas": share > ENOUGH,
    }


def _mode_facts(torch: Any, build: Callable[[], Any], X: Any, y: Any) -> dict[str, Any]:
    model = build()
    # A few steps, so that the running statistics of a batch norm are the data's.
    _learn(torch, model, X[:BATCH], y[:BATCH], FEW_STEPS)
    model.eval()
    kept = {name: value.clone() for name, value in model.state_dict().items()}
    with torch.no_grad():
        once, again = model(X), model(X)
        alone = torch.cat([model(X[i : i + 1]) for i in range(4)])
    near = SAME * float(once.abs().max())
    state = model.state_dict()
    return {
        "dos pasadas dan lo mismo": float((once - again).abs().max()) <= near,
        "una imagen sola da lo mismo que en un lote": float((once[:4] - alone).abs().max()) <= near,
        "predecir deja el modelo como estaba": all(torch.equal(kept[n], state[n]) for n in kept),
    }


_FACTS: dict[str, Callable[..., dict[str, Any]]] = {
    "shapes": _shape_facts,
    "logits": _logit_facts,
    "parameters": _parameter_facts,
    "learning": _learning_facts,
    "eval_mode": _mode_facts,
}


def _call_network(build: Callable[..., Any], case: Case) -> dict[str, Any]:
    torch = _torch()
    what, size, X, y = case.args
    with _seeded(torch, 0):
        return _FACTS[what](torch, partial(build, size), torch.from_numpy(X), torch.from_numpy(y))


def patterns(rng: Generator, n: int, size: int) -> tuple[Array, Array]:
    """Make n noisy images (n, 3, size, size) of two patterns drawn at random, and which it is.

    Nobody can know the patterns beforehand: to tell them apart is to have learned them.
    """
    cells = rng.choice([-0.6, 0.6], (2, 3, 4, 4)).astype(np.float32)
    coarse = np.repeat(np.repeat(cells, size // 4, axis=2), size // 4, axis=3)
    labels = rng.permutation(n) % 2
    noise = 0.3 * rng.standard_normal((n, 3, size, size))
    return np.clip(coarse[labels] + noise, -1, 1).astype(np.float32), labels


def _network_cases(what: str, *sizes: tuple[int, int]) -> Make:
    def make(rng: Generator) -> Iterator[Case]:
        for n, size in sizes:
            X, labels = patterns(rng, n, size)
            yield Case((what, size, X, labels), f"PetNet({size}) y {n} imágenes de {size}×{size}")

    return make


PET_NET = Exercise(
    name="PetNet",
    parameters=("what", "size", "X", "labels"),
    outputs=(Output("tu red"),),
    groups={
        "shapes": Group(
            "la forma de la salida", _network_cases("shapes", (5, 32), (1, 32), (2, 64))
        ),
        "logits": Group("la salida son logits", _network_cases("logits", (8, 32))),
        "parameters": Group("los parámetros", _network_cases("parameters", (8, 32))),
        "learning": Group(
            f"{STEPS} pasos de Adam con dos patrones nuevos",
            _network_cases("learning", (3 * BATCH, 32)),
        ),
        "eval_mode": Group("en modo eval", _network_cases("eval_mode", (BATCH, 32))),
    },
    call=_call_network,
)


# ----------------------------------------------------------------------- training and evaluation


def build_toy(weight: Array, bias: Array, extra: str = "") -> Any:
    """Build a network flatten -> (`extra`) -> linear in float64, with these weights."""
    torch = _torch()
    outputs, inputs = weight.shape
    layers = [torch.nn.Flatten()]
    if extra == "norm":
        layers.append(torch.nn.BatchNorm1d(inputs))
    linear = torch.nn.Linear(inputs, outputs)
    model = torch.nn.Sequential(*layers, linear).double()
    with torch.no_grad():
        linear.weight.copy_(torch.from_numpy(weight))
        linear.bias.copy_(torch.from_numpy(bias))
    return model


def make_batches(X: Array, y: Array, batch_size: int) -> Any:
    """Return a loader of the images and labels, in order."""
    torch = _torch()
    dataset = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(y))
    return torch.utils.data.DataLoader(dataset, batch_size=batch_size)


def negative(X: Any) -> Any:
    """Return the photographic negative of X: the augmentation that the driver asks for."""
    return -X


def _call_train(function: Callable[..., Any], case: Case) -> tuple[Any, ...]:
    torch = _torch()
    X, y, weight, bias, options = case.args
    model = build_toy(weight, bias, options["extra"])
    model.train(not options["extra"])
    optimizer = torch.optim.SGD(model.parameters(), lr=options["rate"])
    more = (negative,) if options["augment"] else ()
    batches = make_batches(X, y, options["batch_size"])
    loss = function(model, batches, torch.nn.CrossEntropyLoss(), optimizer, *more)
    return loss, model[-1].weight, model[-1].bias


def _train_cases(
    n: int, batch_size: int, *, rate: float = 0.5, extra: str = "", augment: bool = False
) -> Make:
    def make(rng: Generator) -> Iterator[Case]:
        for side in (2, 3):
            X = rng.standard_normal((n, 3, side, side))
            y = rng.permutation(n) % 2
            weight, bias = rng.standard_normal((2, 3 * side * side)), rng.standard_normal(2)
            options = {"batch_size": batch_size, "rate": rate, "extra": extra, "augment": augment}
            note = f"{n} imágenes en lotes de {batch_size}"
            yield Case((X, y, weight, bias, options), note)

    return make


_WEIGHTS = ("los pesos después", "el bias después")

TRAIN_ONE_EPOCH = Exercise(
    name="train_one_epoch",
    parameters=("X", "y", "weight", "bias", "options"),
    outputs=(Output("la pérdida media"), *(Output(name) for name in _WEIGHTS)),
    groups={
        "step": Group("un lote, un paso", _train_cases(8, 8), outputs=_WEIGHTS),
        "batches": Group("varios lotes", _train_cases(12, 4), outputs=_WEIGHTS),
        # Without a step the loss says nothing about the steps.
        "loss": Group(
            "la pérdida media, con un último lote más pequeño",
            _train_cases(10, 8, rate=0.0),
            outputs=("la pérdida media",),
        ),
        "train_mode": Group(
            "un modelo con batch norm que llega en modo eval",
            _train_cases(8, 8, extra="norm"),
            outputs=_WEIGHTS,
        ),
        "augment": Group("con augment", _train_cases(8, 8, augment=True), outputs=_WEIGHTS),
    },
    call=_call_train,
)


def _call_evaluate(function: Callable[..., Any], case: Case) -> tuple[Any, ...]:
    torch = _torch()
    X, y, weight, bias, options = case.args
    model = build_toy(weight, bias, options["extra"])
    model.train(bool(options["extra"]))
    recorded: list[bool] = []
    model.register_forward_hook(lambda *_: recorded.append(torch.is_grad_enabled()))
    loss, accuracy = function(model, make_batches(X, y, options["batch_size"]))
    return loss, accuracy, any(recorded)


_MEASURES = ("loss", "accuracy")

EVALUATE = Exercise(
    name="evaluate",
    parameters=("X", "y", "weight", "bias", "options"),
    outputs=(Output("loss"), Output("accuracy"), Output("autograd toma nota")),
    groups={
        "basic": Group("lotes del mismo tamaño", _train_cases(9, 3), outputs=_MEASURES),
        "uneven": Group("un último lote más pequeño", _train_cases(11, 8), outputs=_MEASURES),
        "eval_mode": Group(
            "un modelo con batch norm que llega en modo train",
            _train_cases(12, 4, extra="norm"),
            outputs=("loss",),
        ),
        "no_grad": Group("sin autograd", _train_cases(8, 4), outputs=("autograd toma nota",)),
    },
    call=_call_evaluate,
)


# ------------------------------------------------------------------------------ save and convert


def _toy_with_memory(weight: Array, bias: Array, statistics: Array) -> Any:
    """Build a network with a batch norm that has seen data: its buffers hold `statistics`."""
    torch = _torch()
    model = build_toy(weight, bias, "norm")
    with torch.no_grad():
        model[1].running_mean.copy_(torch.from_numpy(statistics))
        model[1].running_var.copy_(torch.from_numpy(statistics**2 + 1))
    return model


def _call_save(function: Callable[..., Any], case: Case) -> Any:
    torch = _torch()
    model = _toy_with_memory(*case.args)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "model.pt"))
        function(model, path)
        saved = torch.load(path, weights_only=True)
    return dict(saved) if isinstance(saved, dict) else saved


REFUSED, OPENED = "se negó a abrirlo", "lo abrió, y corrió el código que traía"


class Trap:
    """An object that runs code, harmless here, in whoever unpickles it."""

    sprung = 0

    def __reduce__(self) -> tuple[Callable[..., None], tuple[()]]:
        return _spring, ()


def _spring() -> None:
    Trap.sprung += 1


def _call_load(function: Callable[..., Any], case: Case) -> tuple[Any, ...]:
    torch = _torch()
    weight, bias, statistics, X, dangerous = case.args
    saved = _toy_with_memory(weight, bias, statistics)
    model = _toy_with_memory(weight + 1, bias + 1, statistics + 1)
    model.train()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "model.pt"))
        torch.save(saved.state_dict(), path)
        loaded = function(model, path)
        if not isinstance(loaded, torch.nn.Module):
            return (f"{type(loaded).__name__}, que no es un modelo",) * 3
        mode = "train" if loaded.training else "eval"
        with torch.no_grad():
            Z = loaded.eval()(torch.from_numpy(X))
        return Z, mode, _opens(function, model, path) if dangerous else None


def _opens(function: Callable[..., Any], model: Any, path: str) -> str:
    """Say what `function` does with a file that holds code to run instead of weights."""
    _torch().save({"0.weight": Trap()}, path)
    before = Trap.sprung
    with contextlib.suppress(Exception):
        function(model, path)
    return OPENED if Trap.sprung > before else REFUSED


def _file_cases(*, load: bool, dangerous: bool = False) -> Make:
    def make(rng: Generator) -> Iterator[Case]:
        weight, bias = rng.standard_normal((2, 12)), rng.standard_normal(2)
        statistics = rng.standard_normal(12)
        more = (rng.standard_normal((4, 3, 2, 2)), dangerous) if load else ()
        yield Case((weight, bias, statistics, *more), "")

    return make


SAVE_WEIGHTS = Exercise(
    name="save_weights",
    parameters=("weight", "bias", "statistics"),
    outputs=(Output("lo guardado"),),
    groups={"basic": Group("el state_dict completo", _file_cases(load=False))},
    call=_call_save,
)

LOAD_WEIGHTS = Exercise(
    name="load_weights",
    parameters=("weight", "bias", "statistics", "X", "dangerous"),
    outputs=(Output("la salida"), Output("el modo"), Output("un archivo con código")),
    groups={
        "basic": Group("el modelo con sus pesos", _file_cases(load=True), outputs=("la salida",)),
        "eval_mode": Group("listo para predecir", _file_cases(load=True), outputs=("el modo",)),
        "safe": Group(
            "un archivo que trae código",
            _file_cases(load=True, dangerous=True),
            outputs=("un archivo con código",),
        ),
    },
    call=_call_load,
)


def _weight_cases(*sizes: tuple[int, int, int]) -> Make:
    def make(rng: Generator) -> Iterator[Case]:
        for filters, n_H, n_W in sizes:
            W1, b1 = (
                rng.standard_normal((3, 3, 3, filters)),
                rng.standard_normal((1, 1, 1, filters)),
            )
            W2, b2 = rng.standard_normal((n_H * n_W * filters, 2)), rng.standard_normal((1, 2))
            note = f"W1 {W1.shape}, W2 {W2.shape}, n_H={n_H}, n_W={n_W}"
            yield Case((W1, b1, W2, b2, n_H, n_W), note)

    return make


CONVERTED = ("conv.weight", "conv.bias", "fc.weight", "fc.bias")
CONVERT_WEIGHTS = Exercise(
    name="convert_weights",
    parameters=("W1", "b1", "W2", "b2", "n_H", "n_W"),
    outputs=tuple(
        Output(name, axes)
        for name, axes in zip(
            CONVERTED,
            (
                ("filtro", "canal de entrada", "fila del filtro", "columna del filtro"),
                ("filtro",),
                ROW_AXES,
                ("salida",),
            ),
            strict=True,
        )
    ),
    groups={
        "conv": Group("la convolución", _weight_cases((4, 3, 3), (5, 2, 2)), outputs=CONVERTED[:2]),
        "linear": Group(
            "la capa lineal", _weight_cases((4, 3, 3), (5, 2, 3)), outputs=CONVERTED[2:]
        ),
    },
)


# ------------------------------------------------------------------------------------- held out

CATS_VS_DOGS_TORCH = Exercise(
    name="cats_vs_dogs_torch",
    parameters=("images",),
    outputs=(Output("labels", ("imagen",)),),
    groups={"held_out": held_out_pets(1000, "imágenes que nadie ha visto")},
    sealed=True,
)

EXERCISES = (
    TO_TENSOR,
    CHANGE_BRIGHTNESS,
    VALUE_AND_GRADIENT,
    CONV_OUTPUT_SIZE,
    COUNT_PARAMETERS,
    TABLE_BY_HAND,
    PET_DATASET,
    MAKE_LOADER,
    FLIP_IMAGES,
    SHIFT_IMAGES,
    PET_NET,
    TRAIN_ONE_EPOCH,
    EVALUATE,
    SAVE_WEIGHTS,
    LOAD_WEIGHTS,
    CONVERT_WEIGHTS,
    CATS_VS_DOGS_TORCH,
)
