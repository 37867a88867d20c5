"""How the exercises of lab 6 are called, and what the data that comes of it says (torch, NCHW).

A driver takes the student's function or class and then a case's arguments, and returns data: logits,
weights, gradients, the order of examples. What that data shows is read by the `..._facts`, which take
the case's arguments and what was observed; they run where verdicts are made. No answer is in here.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import warnings
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, default_collate

from grader.observation import ObservationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Array = np.ndarray[Any, Any]


@contextlib.contextmanager
def _seeded(seed: int) -> Iterator[None]:
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


def _array(value: Any) -> Array:
    """Return the array of an observed tensor, or of whatever came instead of one."""
    return np.asarray(getattr(value, "array", value))


def _tensor(value: Any) -> Any:
    """Return an observed tensor as a tensor, and whatever came instead of one as it is."""
    return torch.from_numpy(value.array) if hasattr(value, "array") else value


def _dtype(value: Any) -> str:
    """Name the dtype of an observed tensor; what is none has not the right one."""
    return str(value.array.dtype) if hasattr(value, "array") else "no es un tensor"


def on_tensors(function: Callable[..., Any], *args: Any) -> Any:
    """Call `function` with a tensor, on the same memory, for each array of the case."""
    return function(*(torch.from_numpy(a) if isinstance(a, np.ndarray) else a for a in args))


# ------------------------------------------------------------------------------------- tensors


def tensor_facts(args: Sequence[Any], observed: Any) -> tuple[Any, str, int]:
    """Return a tensor, its dtype, and how many different tones there are in it."""
    del args
    tones = np.unique(_array(observed)).size if observed is not None else 0
    return _tensor(observed), _dtype(observed), int(tones)


EXPRESSIONS: dict[str, Callable[[Any], Any]] = {
    "la suma de x²": lambda x: (x**2).sum(),
    "la suma de x · sin(x)": lambda x: (x * x.sin()).sum(),
    "la media de tanh(x)³": lambda x: (x.tanh() ** 3).mean(),
}
"""What is differentiated in the exercise on autograd, by what a student reads."""

UNTOUCHED = "como llegó"


def take_gradient(
    function: Callable[..., Any], expression: str, array: Array, times: int
) -> tuple[Any, Any, dict[str, Any]]:
    """Ask for a value and a gradient `times` times; return the last ones, and what became of x."""
    x = torch.from_numpy(array)
    value, gradient = None, None
    for _ in range(times):
        value, gradient = function(EXPRESSIONS[expression], x)
    return value, gradient, {"requires_grad": x.requires_grad, "grad": x.grad, "values": x}


def gradient_facts(args: Sequence[Any], observed: Any) -> tuple[Any, Any, str]:
    """Return the value, the gradient, and in which ways x isn't as it came."""
    value, gradient, x = observed
    marks = ["requires_grad=True"] if x["requires_grad"] else []
    marks += ["x.grad con valores"] if x["grad"] is not None else []
    marks += [] if np.array_equal(_array(x["values"]), args[1]) else ["otros valores"]
    return _tensor(value), _tensor(gradient), " y ".join(marks) or UNTOUCHED


# ---------------------------------------------------------------------------------------- data


class Changing:
    """A transform that mirrors an image and darkens it, more each time that it is asked."""

    def __init__(self) -> None:
        """Begin with an image as light as it is."""
        self.calls = 0

    def __call__(self, x: Any) -> Any:
        """Return the image x (3, H, W) in a mirror, divided by how often this was called."""
        self.calls += 1
        return x.flip(-1) / self.calls


def look_at_dataset(
    build: Callable[..., Any],
    images: Array,
    labels: Array,
    indices: Sequence[int],
    transformed: bool,  # noqa: FBT001
) -> tuple[Any, ...]:
    """Return the length of a dataset and some examples, stacked as a DataLoader would.

    Another dataset is built before it is asked: each keeps its own images.
    """
    dataset = build(images, labels, Changing()) if transformed else build(images, labels)
    build(images[::-1].copy(), labels[::-1].copy())
    items = [dataset[index] for index in indices]
    X, y = (default_collate([item[place] for item in items]) for place in (0, 1))
    return len(dataset), sorted({len(item) for item in items}), X, y


def dataset_facts(args: Sequence[Any], observed: Any) -> tuple[Any, ...]:
    """Return the length, how many parts an example has, the images, the labels and their dtype."""
    del args
    length, parts, X, y = observed
    return length, parts, _tensor(X), _tensor(y), _dtype(y)


def two_epochs(
    function: Callable[..., Any],
    numbers: Array,
    batch_size: int,
    training: bool,  # noqa: FBT001
) -> list[list[Any]]:
    """Return the batches of numbers that a student's loader gives in each of two epochs."""
    dataset = TensorDataset(torch.from_numpy(numbers))
    with _seeded(0):
        loader = function(dataset, batch_size, training)
        return [[batch for (batch,) in loader] for _ in range(2)]


def loader_facts(args: Sequence[Any], observed: Any) -> tuple[Any, ...]:
    """Return the batch sizes, the examples in order, and whether they came shuffled, and anew."""
    epochs = [[np.atleast_1d(_array(batch)) for batch in epoch] for epoch in observed]
    first, second = (np.concatenate([args[0][:0], *epoch]) for epoch in epochs)
    in_order = np.sort(first)
    sizes = [len(batch) for batch in epochs[0]]
    return sizes, in_order, not np.array_equal(first, in_order), np.array_equal(first, second)


# ------------------------------------------------------------------------- the student's network

FEWEST, MOST = 1_000, 2_000_000
"""How many parameters a network may have: enough to see, few enough to train in a notebook."""
STEPS, FEW_STEPS, RATE = 40, 5, 2e-3
HEAP = 8
"""How many new images of one pattern are shown together."""
SAMPLE = 4096
"""How many values of one parameter are looked at."""
ENOUGH = 0.8
SAME = 1e-3
IDLE = 0.02
"""The share of what a network answers that must be owed to its convolutions."""

PLACE, REGISTERED = "dónde están sus capas", "en el modelo"
KINDS = {"list": list, "tuple": tuple, "dict": dict}
HIDDEN = {
    "list": "en una lista de Python, donde PyTorch no las encuentra",
    "tuple": "en una tupla de Python, donde PyTorch no las encuentra",
    "dict": "en un diccionario de Python, donde PyTorch no las encuentra",
}
FOLLOWS = "responde según la imagen"
CONVOLVES = "tiene convoluciones (nn.Conv2d)"
COUNTS = "lo que responde depende de sus convoluciones"
LIMITS = "tiene entre mil y dos millones de parámetros"
WITHOUT_GRADIENT = "parámetros sin gradiente"
SAVED = "su state_dict guarda todos sus pesos"
UNCHANGED = "parámetros que no cambian"
FALLS = "la pérdida baja"
HEAPS = f"el patrón de cada montón de {HEAP} imágenes nuevas"
STEADY = "dos pasadas dan lo mismo"
ALONE = "una imagen sola da lo mismo que en un lote"
LEFT = "predecir deja el modelo como estaba"
LOGITS, NONE = "logits", "ninguno"


def _sample(tensor: Any) -> Any:
    """Return up to `SAMPLE` values of a tensor, always at the same places; None where there is none."""
    if tensor is None:
        return None
    flat = tensor.detach().flatten()
    if flat.numel() <= SAMPLE:
        return flat.clone()
    places = torch.Generator().manual_seed(0)
    return flat[torch.randint(flat.numel(), (SAMPLE,), generator=places)]


def _samples(named: Any) -> dict[str, Any]:
    return {name: _sample(tensor) for name, tensor in named}


def _shake(model: Any) -> Any:
    """Add random numbers to the parameters: where they began is another group's business."""
    with torch.no_grad():
        for part in model.parameters():
            inputs = part[0].numel() if part.ndim else 1
            part.add_(torch.randn_like(part) * max(inputs, 100) ** -0.5)
    return model


def _hidden_layers(model: Any) -> list[str]:
    """Name the containers of Python's own in which attributes hold layers which learn."""
    known = {id(part) for part in model.modules()}

    def hides(value: Any) -> bool:
        if isinstance(value, nn.Module):
            return id(value) not in known and any(True for _ in value.parameters())
        inner = value.values() if isinstance(value, dict) else value
        return isinstance(value, list | tuple | dict) and any(map(hides, inner))

    hiding = (v for part in model.modules() for v in vars(part).values() if hides(v))
    return sorted(
        {name for value in hiding for name, kind in KINDS.items() if isinstance(value, kind)}
    )


def _ask_each(model: Any, X: Any) -> Any:
    """Return the answers to the images one by one, each with the same random numbers."""
    answers = []
    for i in range(len(X)):
        with _seeded(1), torch.no_grad():
            answers.append(model.eval()(X[i : i + 1]))
    return torch.cat(answers)


def _learn(model: Any, X: Any, y: Any, steps: int) -> Any:
    """Train `model` on one batch with Adam."""
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    for _ in range(steps):
        model.train()
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(X), y).backward()
        optimizer.step()
    return model


def _ask(model: Any, X: Any) -> Any:
    with torch.no_grad():
        return model.eval()(X)


def _look_at_answers(build: Callable[[], Any], X: Any, y: Any, new: Any) -> dict[str, Any]:
    del X, y
    model = _shake(build())
    return {"batch": _ask(model, new), "each": _ask_each(model, new)}


def _look_at_parameters(build: Callable[[], Any], X: Any, y: Any, new: Any) -> dict[str, Any]:
    model, other = _shake(build()), build()
    other.load_state_dict(model.state_dict())
    seen = {
        "hidden": _hidden_layers(model),
        "shapes": {name: list(part.shape) for name, part in model.named_parameters()},
        "each": _ask_each(model, new),
        "restored": _ask_each(other, new),
    }
    nn.functional.cross_entropy(model.train()(X), y).backward()
    gradients = {name: part.grad for name, part in model.named_parameters()}
    convolutions = [(n, m) for n, m in other.named_modules() if isinstance(m, nn.Conv2d)]
    with torch.no_grad():
        for _, convolution in convolutions:
            for part in convolution.parameters():
                part.zero_()
    return seen | {
        "gradients": _samples(gradients.items()),
        "convolutions": [name for name, _ in convolutions],
        "without": _ask_each(other, new),
    }


def _look_at_learning(build: Callable[[], Any], X: Any, y: Any, new: Any) -> dict[str, Any]:
    model = build()
    before = {"logits": _ask(model, X), "parameters": _samples(model.named_parameters())}
    _learn(model, X, y, STEPS)
    after = {"logits": _ask(model, X), "parameters": _samples(model.named_parameters())}
    hidden = _hidden_layers(model)
    return {"hidden": hidden, "before": before, "after": after, "new": _ask(model, new)}


def _look_at_modes(build: Callable[[], Any], X: Any, y: Any, new: Any) -> dict[str, Any]:
    # A few steps, so that the running statistics of a batch norm are the data's.
    model = _learn(_shake(build()), X, y, FEW_STEPS).eval()
    before = _samples(model.state_dict().items())
    passes = [_ask(model, new) for _ in range(2)]
    alone = torch.cat([_ask(model, new[i : i + 1]) for i in range(len(new))])
    after = _samples(model.state_dict().items())
    hidden = _hidden_layers(model)
    return {"hidden": hidden, "before": before, "after": after, "passes": passes, "alone": alone}


def look_at_network(
    network: Callable[..., Any], what: str, size: int, X: Array, labels: Array, new: Array
) -> dict[str, Any]:
    """Build, ask and train networks as `what` needs it, and return what they answered and hold."""
    images, y, others = (torch.from_numpy(array) for array in (X, labels, new))

    def build() -> Any:
        model = network(size)
        _ask(model, others)  # lazy layers take their sizes from what they see first
        return model

    looks = {
        "parameters": _look_at_parameters,
        "learning": _look_at_learning,
        "eval_mode": _look_at_modes,
    }
    with _seeded(0):
        return looks.get(what, _look_at_answers)(build, images, y, others)


def network_facts(args: Sequence[Any], observed: Any) -> dict[str, Any]:
    """Return what the data of a network shows of what `what` asks."""
    what, _, X, labels, new = args
    facts: dict[str, Callable[[], dict[str, Any]]] = {
        "shapes": partial(_shape_facts, observed, new),
        "logits": partial(_logit_facts, observed, new),
        "parameters": partial(_parameter_facts, observed, new),
        "learning": partial(_learning_facts, observed, X, labels),
        "eval_mode": partial(_mode_facts, observed, new),
    }
    return facts[what]()


def _names(names: Any) -> str:
    return ", ".join(names) or NONE


def _gap(one: Any, other: Any) -> float:
    """Return the largest difference of two answers, as a share of the largest value."""
    a, b = _array(one).astype(float), _array(other).astype(float)
    return float(np.abs(a - b).max() / max(np.abs(a).max(), 1e-30))


def _follows(X: Array, answers: Any) -> bool:
    """Tell whether the same image got the same answer each time, and other images other ones."""
    Z = _array(answers).astype(float)
    if len(Z) != len(X):
        return False
    near = SAME * np.abs(Z).max()
    pairs = [(i, j) for i in range(len(X)) for j in range(i)]
    gaps = {(i, j): np.abs(Z[i] - Z[j]).max() for i, j in pairs}
    return all(
        gaps[i, j] <= near if np.array_equal(X[i], X[j]) else gaps[i, j] > 0 for i, j in pairs
    )


def _where_layers_hide(facts: dict[str, Any], hidden: Sequence[str]) -> dict[str, Any]:
    """Return facts of which the first says why the others aren't worth reading."""
    return dict.fromkeys(facts) | {PLACE: "; ".join(HIDDEN[kind] for kind in hidden)}


def _shape_facts(seen: Any, new: Array) -> dict[str, Any]:
    Z = _array(seen["batch"])
    return {
        "forma de la salida": Z.shape,
        "dtype": str(Z.dtype),
        "todos los valores son finitos": bool(np.isfinite(Z).all()),
        FOLLOWS: _follows(new, seen["each"]),
    }


_LOOK_LIKE = {"probabilidades, de softmax": "sum", "logaritmos, de log_softmax": "logsumexp"}


def _logit_facts(seen: Any, new: Array) -> dict[str, Any]:
    Z = _array(seen["each"]).astype(float)
    known = {"sum": Z.sum(axis=1) - 1, "logsumexp": np.logaddexp.reduce(Z, axis=1)}
    found = [name for name, key in _LOOK_LIKE.items() if np.abs(known[key]).max() < SAME]
    return {FOLLOWS: _follows(new, Z), "sus salidas son": found[0] if found else LOGITS}


def _parameter_facts(seen: Any, new: Array) -> dict[str, Any]:
    count = sum(int(np.prod(shape)) for shape in seen["shapes"].values())
    spread, rest = (
        Z - Z.mean(axis=0) for Z in (_array(seen[key]).astype(float) for key in ("each", "without"))
    )
    facts = {
        PLACE: REGISTERED,
        CONVOLVES: bool(seen["convolutions"]),
        COUNTS: bool(np.linalg.norm(spread - rest) > IDLE * np.linalg.norm(spread)),
        LIMITS: FEWEST <= count <= MOST,
        WITHOUT_GRADIENT: _names(n for n in seen["shapes"] if seen["gradients"][n] is None),
        SAVED: _gap(seen["each"], seen["restored"]) < SAME,
        FOLLOWS: _follows(new, seen["each"]),
    }
    return _where_layers_hide(facts, seen["hidden"]) if seen["hidden"] else facts


def _loss(logits: Any, labels: Array) -> float:
    """Return the mean cross-entropy of logits."""
    Z = _array(logits).astype(float)
    return float(np.mean(np.logaddexp.reduce(Z, axis=1) - Z[np.arange(len(labels)), labels]))


def _heap(Z: Array, near: float) -> str:
    """Return the class that a network sees in nearly all of some images; "?" if there is none."""
    gap = Z[:, 1] - Z[:, 0]
    shares = {"0": np.mean(gap < -near), "1": np.mean(gap > near)}
    return next((label for label, share in shares.items() if share > ENOUGH), "?")


def _learning_facts(seen: Any, X: Array, labels: Array) -> dict[str, Any]:
    before, after, Z = seen["before"], seen["after"], _array(seen["new"]).astype(float)
    kept = (
        name
        for name, values in before["parameters"].items()
        if np.array_equal(_array(values), _array(after["parameters"][name]))
    )
    near = SAME * np.abs(Z).max()
    heaps = [_heap(Z[i : i + HEAP], near) for i in range(0, len(Z), HEAP)]
    facts = {
        PLACE: REGISTERED,
        UNCHANGED: _names(kept),
        FALLS: _loss(after["logits"], labels) < ENOUGH * _loss(before["logits"], labels),
        FOLLOWS: _follows(X, after["logits"]),
        HEAPS: ", ".join(heaps),
    }
    return _where_layers_hide(facts, seen["hidden"]) if seen["hidden"] else facts


def _mode_facts(seen: Any, new: Array) -> dict[str, Any]:
    once, again = seen["passes"]
    before, after = seen["before"], seen["after"]
    facts = {
        PLACE: REGISTERED,
        STEADY: _gap(once, again) <= SAME,
        ALONE: _gap(once, seen["alone"]) <= SAME,
        LEFT: all(np.array_equal(_array(before[name]), _array(after[name])) for name in before),
        FOLLOWS: _follows(new, once),
    }
    # A list of layers is no fault of this group's, unless something else is wrong because of it.
    return (
        _where_layers_hide(facts, seen["hidden"])
        if seen["hidden"] and not all(facts.values())
        else facts
    )


# ----------------------------------------------------------------------- training and evaluation


def build_toy(weight: Array, bias: Array, extra: str = "") -> Any:
    """Build a network flatten -> (`extra`) -> linear in float64, with these weights."""
    outputs, inputs = weight.shape
    norm = [nn.BatchNorm1d(inputs)] if extra == "norm" else []
    model = nn.Sequential(nn.Flatten(), *norm, nn.Linear(inputs, outputs)).double()
    with torch.no_grad():
        model[-1].weight.copy_(torch.from_numpy(weight))
        model[-1].bias.copy_(torch.from_numpy(bias))
    return model


def make_batches(X: Array, y: Array, batch_size: int) -> Any:
    """Return a loader of the images and labels, in order."""
    return DataLoader(TensorDataset(torch.tensor(X), torch.tensor(y)), batch_size=batch_size)


def negative(X: Any) -> Any:
    """Return the photographic negative of X: the augmentation that the driver asks for."""
    return -X


SMOOTHING = 0.2
"""Of the loss that a network which was used before is trained with."""


def train_toy(
    function: Callable[..., Any],
    X: Array,
    y: Array,
    weight: Array,
    bias: Array,
    options: dict[str, Any],
) -> tuple[Any, ...]:
    """Train a small network for one epoch; return what came back, and the network after it.

    One that is `used` has gradients of before, and is trained with another loss.
    """
    model = build_toy(weight, bias, options["extra"])
    model.train(not options["extra"])
    optimizer = torch.optim.SGD(model.parameters(), lr=options["rate"])
    more = (negative,) if options["augment"] else ()
    batches = make_batches(X, y, options["batch_size"])
    if options["used"]:
        for part in model.parameters():
            part.grad = torch.ones_like(part)
    loss_function = nn.CrossEntropyLoss(label_smoothing=SMOOTHING * options["used"])
    loss = function(model, batches, loss_function, optimizer, *more)
    noted = isinstance(loss, torch.Tensor) and loss.requires_grad
    return loss, model[-1].weight, model[-1].bias, noted, model.training


def training_facts(args: Sequence[Any], observed: Any) -> tuple[Any, ...]:
    """Return the loss, the weights and the bias, whether they changed at all, and what is left."""
    loss, weight, bias, noted, training = observed
    moved = not np.array_equal(_array(weight), args[2])
    return _tensor(loss), _tensor(weight), _tensor(bias), moved, noted, mode(training=training)


def mode(*, training: bool) -> str:
    """Return what torch calls a model's mode."""
    return "train" if training else "eval"


UNHINDERED = "nada"
"""What is to keep a network from being trained after it was evaluated."""


def evaluate_toy(
    function: Callable[..., Any],
    X: Array,
    y: Array,
    weight: Array,
    bias: Array,
    options: dict[str, Any],
) -> tuple[Any, ...]:
    """Evaluate a small network; return what came back, and what the network was asked on the way."""
    model = build_toy(weight, bias, options["extra"])
    model.train(bool(options["extra"]))
    answers: list[Any] = []
    model.register_forward_hook(
        lambda _, __, Z: answers.append((Z.detach().clone(), Z.requires_grad))
    )
    with torch.enable_grad():  # whoever turns it off for good does so for nobody else
        loss, accuracy = function(model, make_batches(X, y, options["batch_size"]))
        hindrances = {
            "autograd está apagado": not torch.is_grad_enabled(),
            "los pesos están congelados": not all(p.requires_grad for p in model.parameters()),
        }
    noted = [noted for _, noted in answers]
    hindered = [name for name, there in hindrances.items() if there]
    return loss, accuracy, [Z for Z, _ in answers], noted, hindered, model.training


def evaluation_facts(args: Sequence[Any], observed: Any) -> tuple[Any, ...]:
    """Return loss and accuracy, the network's answers to all images, and whether autograd noted."""
    loss, accuracy, answers, noted, hindered, training = observed
    Z = np.concatenate([np.empty((0, 2)), *map(_array, answers)])
    measured = _tensor(loss), _tensor(accuracy), Z[: len(args[0])]
    return *measured, any(noted), ", ".join(hindered) or UNHINDERED, mode(training=training)


# ------------------------------------------------------------------------------ save and load


def toy_with_memory(weight: Array, bias: Array, statistics: Array, scale: Array) -> Any:
    """Build a network with a batch norm that has seen data: its buffers hold `statistics`."""
    model = build_toy(weight, bias, "norm")
    norm = model[1]
    with torch.no_grad():
        norm.weight.copy_(torch.from_numpy(scale))
        norm.running_mean.copy_(torch.from_numpy(statistics))
        norm.running_var.copy_(torch.from_numpy(statistics**2 + 1))
    return model


def save_toy(function: Callable[..., Any], *network: Array) -> Any:
    """Save a small network, and return what its file holds."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "model.pt"))
        function(toy_with_memory(*network), path)
        saved = torch.load(path, weights_only=True)
    return dict(saved) if isinstance(saved, dict) else saved


REFUSED, OPENED = "se negó a abrirlo", "lo abrió, y corrió el código que traía"
SPRUNG = "sprung"


class Trap:
    """An object that runs code in whoever unpickles it: it makes a folder, which shows."""

    def __init__(self, folder: str) -> None:
        """Say where the folder is made."""
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what unpickling calls."""
        return os.mkdir, (self.folder,)


def load_toy(
    function: Callable[..., Any],
    weight: Array,
    bias: Array,
    statistics: Array,
    scale: Array,
    X: Array,
    dangerous: bool,  # noqa: FBT001
) -> tuple[Any, ...]:
    """Load a small network; return its answers, its mode, a layer, and what lies in the folder."""
    saved = toy_with_memory(weight, bias, statistics, scale)
    model = toy_with_memory(weight + 1, bias + 1, statistics + 1, scale + 1).train()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "model.pt"))
        torch.save(saved.state_dict(), path)
        loaded = function(model, path)
        if not isinstance(loaded, nn.Module):
            return (f"{type(loaded).__name__}, que no es un modelo",) * 5
        left = mode(training=loaded.training)
        Z = _ask(loaded, torch.from_numpy(X))
        first = loaded.state_dict()["1.weight"]
        if dangerous:
            _open_trap(function, model, path)
        names = sorted(path.name for path in Path(folder).iterdir())
        return Z, left, first, names, loaded is model


def _open_trap(function: Callable[..., Any], model: Any, path: str) -> None:
    """Give `function` a file that holds code instead of weights, as an older torch would read it.

    Where nothing is said of `weights_only`, torch took False until 2.6; this variable asks for that.
    """
    torch.save({"0.weight": Trap(str(Path(path).with_name(SPRUNG)))}, path)
    variable = "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"
    before = os.environ.get(variable)
    os.environ[variable] = "1"
    try:
        with warnings.catch_warnings(), contextlib.suppress(Exception):
            warnings.simplefilter("ignore")
            function(model, path)
    finally:
        del os.environ[variable]
        if before is not None:
            os.environ[variable] = before


def loading_facts(args: Sequence[Any], observed: Any) -> tuple[Any, ...]:
    """Return the answers, the mode and a layer, and what became of a file with code."""
    Z, left, first, found, same = observed
    if isinstance(found, str):
        return observed
    return (
        _tensor(Z),
        left,
        _tensor(first),
        (OPENED if SPRUNG in found else REFUSED) if args[-1] else None,
        same,
    )


# ------------------------------------------------------------------------------------- held out

AUDITED = 250
"""Of how many held-out images the notebook's own network is asked too."""


def predict_beside_model(
    predict: Callable[..., Any],
    images: Array,
    *,
    model: Any = None,
    to_tensor: Any = None,
    folder: Any = None,
    photos: bool = False,
) -> dict[str, Any]:
    """Return the labels that `predict` gives, and the logits of the notebook's `model` beside them.

    The network is asked through the student's own `to_tensor`. Whatever goes wrong there costs
    nothing; what went wrong takes the place of the logits. A network that learned from the
    photographs in `folder` knows no drawings, and is told so by name; where the folder isn't there,
    and it learned from drawings, that stands beside the labels.
    """
    labels = predict(images)
    if photos:
        raise ObservationError(
            f"tu red aprendió de las fotos de «{folder}», y aquí se le muestran dibujos, que no "
            "conoce: pon DATA_FOLDER = None, corre todo de nuevo y entrega eso"
        )
    try:
        device = next(model.parameters()).device
        logits = _ask(model, to_tensor(images[:AUDITED]).to(device)).cpu()
    except Exception as error:  # noqa: BLE001 - a network and a function of the student's
        logits = f"{type(error).__name__}: {error}"[:200]
    absent = {} if folder is None else {"absent": str(folder)}
    return {"labels": labels, "logits": logits, **absent}


def predicted_labels(args: Sequence[Any], observed: Any) -> Any:
    """Return the labels alone: the accuracy is theirs."""
    del args
    return _tensor(observed["labels"])
