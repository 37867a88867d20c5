"""Training and evaluation, and what is kept of a trained network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import nn

from grader.exercise import Case, Exercise, Group, Mistake, Output

from ..tools import between, tensor
from .drivers import REFUSED, SMOOTHING, UNHINDERED, build_toy, make_batches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.random import Generator

    from ..tools import Array

# ----------------------------------------------------------------- train_one_epoch and evaluate


def _hits(X: Array, y: Array, weight: Array, bias: Array) -> int:
    return int(((X.reshape(len(X), -1) @ weight.T + bias).argmax(axis=1) == y).sum())


def _run_group(
    title: str,
    outputs: tuple[str, ...],
    *batches: tuple[int, bool],
    rate: float = 0.5,
    extra: str = "",
    augment: bool = False,
    used: bool = False,
) -> Group:
    """Make a group of runs over so many whole batches and, if so, a smaller last one."""

    def make(rng: Generator) -> Iterator[Case]:
        for whole, rest in batches:
            # Odd numbers of images: of two classes, who counts the wrong one counts another number.
            batch_size = 2 * between(rng, 2, 4) + 1
            n = whole * batch_size + rest * 2 * between(rng, 1, batch_size // 2)
            side = between(rng, 2, 4)
            weight, bias = rng.standard_normal((2, 3 * side * side)), rng.standard_normal(2)
            while True:
                X, y = rng.standard_normal((n, 3, side, side)), rng.permutation(n) % 2
                if 1 < _hits(X, y, weight, bias) < n - 1:
                    break
            options = {"batch_size": batch_size, "rate": rate, "extra": extra, "augment": augment}
            note = f"{n} imágenes en lotes de {batch_size}"
            if used:
                note += ", con label_smoothing y con gradientes de antes"
            yield Case((X, y, weight, bias, options | {"used": used}), note)

    return Group(title, make, outputs)


def _train_one_epoch(
    X: Array, y: Array, weight: Array, bias: Array, options: dict[str, Any]
) -> tuple[Any, ...]:
    model = build_toy(weight, bias, options["extra"]).train()
    parameters = list(model.parameters())
    total = 0.0
    for images, labels in make_batches(X, y, options["batch_size"]):
        logits = model(-images if options["augment"] else images)
        loss = F.cross_entropy(logits, labels, label_smoothing=SMOOTHING * options["used"])
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for part, gradient in zip(parameters, gradients, strict=True):
                part.sub_(options["rate"] * gradient)
        total += loss.item() * len(labels)
    return total / len(y), model[-1].weight, model[-1].bias, True, False, "train"


_LOSS, _WEIGHTS = "la pérdida media", ("los pesos después", "el bias después")
_MOVED, _NOTES = "los pesos cambian", "la pérdida trae notas de autograd"
_LEFT = "el modo en que queda el modelo"
_DIVIDE = "mean_loss = total / len(loader.dataset)"

TRAIN_ONE_EPOCH = Exercise(
    name="train_one_epoch",
    parameters=("X", "y", "weight", "bias", "options"),
    outputs=tuple(Output(name) for name in (_LOSS, *_WEIGHTS, _MOVED, _NOTES, _LEFT)),
    groups={
        "step": _run_group("un lote, un paso", _WEIGHTS, (1, False), (1, False)),
        "batches": _run_group("varios lotes", _WEIGHTS, (3, False), (4, False)),
        # Steps so small that the loss says nothing about them; who takes none is told so.
        "loss": _run_group(
            "la pérdida media, con un último lote más pequeño",
            (_LOSS, _MOVED, _NOTES),
            (1, True),
            (3, True),
            rate=1e-10,
        ),
        "train_mode": _run_group(
            "un modelo con batch norm que llega en modo eval",
            (*_WEIGHTS, _LEFT),
            (1, False),
            extra="norm",
        ),
        "augment": _run_group("con augment", _WEIGHTS, (1, False), (1, False), augment=True),
        "combined": _run_group(
            "todo junto (varios lotes, batch norm, augment y una red que ya se usó)",
            (_LOSS, *_WEIGHTS),
            (3, True),
            (1, True),
            extra="norm",
            augment=True,
            used=True,
        ),
    },
    reference=_train_one_epoch,
    driver="train_toy",
    facts="training_facts",
    mistakes=(
        Mistake(
            "forgets_zero_grad",
            ("optimizer.zero_grad()", "pass"),
            "falta optimizer.zero_grad() en cada lote: backward suma los gradientes a los del lote "
            "anterior",
        ),
        Mistake(
            "clears_after_the_step",
            (
                ("        optimizer.zero_grad()\n", ""),
                (
                    "        optimizer.step()\n",
                    "        optimizer.step()\n        optimizer.zero_grad()\n",
                ),
            ),
            "borras los gradientes después del paso, y al primero de la época se le sumaron los que "
            "la red ya traía: optimizer.zero_grad() va antes de backward",
        ),
        Mistake(
            "a_loss_of_its_own",
            ("loss_function(model(images), labels)", "F.cross_entropy(model(images), labels)"),
            "no usaste la loss_function que recibes: puede ser otra que la entropía cruzada de siempre, "
            "por ejemplo con label_smoothing",
        ),
        Mistake(
            "leaves_eval_mode",
            ("    mean_loss =", "    model.eval()\n    mean_loss ="),
            "dejaste el modelo en modo eval: al terminar queda en train, y quien evalúe lo cambia",
        ),
        Mistake(
            "keeps_the_graph",
            ("loss.item() * len(labels)", "loss * len(labels)"),
            "sumaste tensores y no números: con cada loss se quedan en memoria todas las notas de "
            "autograd de su lote. Usa loss.item()",
        ),
        Mistake(
            "never_steps",
            ("optimizer.step()", "pass"),
            "los pesos no cambian: revisa que a cada lote le toquen backward y optimizer.step(), y que "
            "zero_grad no borre los gradientes entre uno y otro",
        ),
        Mistake(
            "steps_once",
            (
                ("        optimizer.zero_grad()\n", ""),
                ("        optimizer.step()\n", ""),
                ("    mean_loss =", "    optimizer.step()\n    mean_loss ="),
            ),
            "diste un solo paso en toda la época: zero_grad, backward y step van dentro del "
            "ciclo, una vez por lote",
        ),
        Mistake(
            "forgets_train_mode",
            ("model.train()", "pass"),
            "falta model.train() al comienzo: el modelo llegó en modo eval, y ahí batch norm y "
            "dropout se comportan distinto",
        ),
        Mistake(
            "mean_of_batches",
            (
                ("loss.item() * len(labels)", "loss.item()"),
                (_DIVIDE, "mean_loss = total / len(loader)"),
            ),
            "promedias los lotes por igual, y el último es más pequeño: suma loss.item() * "
            "len(labels) y divide entre el total de imágenes",
        ),
        Mistake(
            "sum_of_losses",
            (("loss.item() * len(labels)", "loss.item()"), (_DIVIDE, "mean_loss = total")),
            "devuelves la suma de las pérdidas: falta dividir",
        ),
        Mistake(
            "sum_over_images",
            (_DIVIDE, "mean_loss = total"),
            "devuelves la suma de las pérdidas de todas las imágenes: falta dividir entre cuántas hay",
        ),
        Mistake(
            "sum_over_batches",
            (_DIVIDE, "mean_loss = total / len(loader)"),
            "sumas por imagen y divides entre el número de lotes: divide entre el total de imágenes",
        ),
        Mistake(
            "mean_over_images_of_means",
            ("loss.item() * len(labels)", "loss.item()"),
            "loss ya es la media del lote: antes de dividir entre el total de imágenes, "
            "multiplícala por len(labels)",
        ),
        Mistake(
            "last_loss",
            (_DIVIDE, "mean_loss = loss.item()"),
            "devuelves la pérdida del último lote, no la media de la época",
        ),
        Mistake(
            "ignores_augment",
            ("images = augment(images)", "pass"),
            "recibiste augment y no lo aplicaste a las imágenes antes de darlas al modelo",
        ),
        Mistake(
            "softmax_before_loss",
            (
                "loss_function(model(images), labels)",
                "loss_function(model(images).softmax(dim=1), labels)",
            ),
            "aplicaste softmax antes de la pérdida, y CrossEntropyLoss ya la aplica: dale los logits",
        ),
        Mistake(
            "item_before_backward",
            ("labels)\n        loss.backward()", "labels).item()\n        loss.backward()"),
            "si el error dice que float no tiene backward: .item() saca un número de Python, del "
            "que no se puede derivar; úsalo al sumar, no antes",
        ),
        Mistake(
            "returns_in_the_loop",
            (
                "total += loss.item() * len(labels)",
                "total += loss.item() * len(labels)\n        break",
            ),
            "la época terminó después del primer lote: mira con qué sangría quedó return",
        ),
        Mistake(
            "builds_its_own_optimizer",
            (
                "    total = 0.0\n",
                "    optimizer = torch.optim.Adam(model.parameters())\n    total = 0.0\n",
            ),
            "hiciste un optimizador nuevo: usa el que recibes, que trae su tasa y recuerda los pasos "
            "anteriores",
        ),
        Mistake(
            "steps_twice",
            ("        optimizer.step()\n", "        optimizer.step()\n        optimizer.step()\n"),
            "cada paso salió al doble: o diste dos con el mismo gradiente (es un optimizer.step() por "
            "lote), o llamaste backward dos veces, y los gradientes se suman",
        ),
        Mistake(
            "counts_batches_of_the_largest",
            (_DIVIDE, "mean_loss = total / (len(loader) * loader.batch_size)"),
            "dividiste como si todos los lotes estuvieran completos: el último es más pequeño, así que "
            "cuenta las imágenes",
        ),
    ),
)


def _evaluate(
    X: Array, y: Array, weight: Array, bias: Array, options: dict[str, Any]
) -> tuple[Any, ...]:
    model = build_toy(weight, bias, options["extra"]).eval()
    labels = torch.tensor(y)
    with torch.no_grad():
        Z = model(tensor(X))
    accuracy = (Z.argmax(dim=1) == labels).double().mean()
    measured = F.cross_entropy(Z, labels).item(), accuracy.item()
    return *measured, Z.numpy(), False, UNHINDERED, "eval"


_MEASURES = ("loss", "accuracy")
_ANSWERS, _NOTED = "lo que contestó el modelo", "autograd toma nota"
_HINDERED = "lo que impide seguir entrenando"

EVALUATE = Exercise(
    name="evaluate",
    parameters=("X", "y", "weight", "bias", "options"),
    outputs=(
        *(Output(name) for name in _MEASURES),
        Output(_ANSWERS, ("imagen",)),
        *(Output(name) for name in (_NOTED, _HINDERED, _LEFT)),
    ),
    groups={
        "measures": _run_group(
            "pérdida y exactitud, también con un último lote más pequeño",
            _MEASURES,
            (3, False),
            (1, True),
            (3, True),
        ),
        "eval_mode": _run_group(
            "un modelo con batch norm que llega en modo train",
            ("loss", _LEFT),
            (3, False),
            extra="norm",
        ),
        # Who never asks the model takes no notes either: its answers are compared too.
        "no_grad": _run_group("sin autograd", (_ANSWERS, _NOTED, _HINDERED), (3, False)),
    },
    reference=_evaluate,
    driver="evaluate_toy",
    facts="evaluation_facts",
    mistakes=(
        Mistake(
            "forgets_eval_mode",
            ("model.eval()", "pass"),
            "falta model.eval(): en modo train, batch norm usa las estadísticas del lote y "
            "dropout apaga neuronas",
        ),
        Mistake(
            "forgets_no_grad",
            ("with torch.inference_mode():", "if True:"),
            "falta with torch.inference_mode(), o no_grad(): autograd guarda todo lo que haría falta "
            "para un backward que no va a haber, y se acaba la memoria",
        ),
        Mistake(
            "turns_autograd_off",
            ("with torch.inference_mode():", "torch.set_grad_enabled(False)\n    if True:"),
            "apagaste autograd para todo lo que venga después, y ya no se puede entrenar: con with "
            "torch.inference_mode() se apaga solo adentro",
        ),
        Mistake(
            "freezes_the_model",
            ("model.eval()", "model.eval().requires_grad_(False)"),
            "dejaste los pesos con requires_grad=False, y ya no se pueden entrenar: evaluar no cambia "
            "la red. Usa with torch.inference_mode()",
        ),
        Mistake(
            "back_to_training",
            ("    loss, accuracy =", "    model.train()\n    loss, accuracy ="),
            "dejaste el modelo en modo train: al terminar queda en eval, y quien entrene lo cambia",
        ),
        Mistake(
            "mean_of_batches",
            (
                (', reduction="sum"', ""),
                (".sum().item()", ".double().mean().item()"),
                ("count += len(labels)", "count += 1"),
            ),
            "promedias los lotes por igual, y el último es más pequeño: suma por imagen y divide entre "
            "cuántas hay",
        ),
        Mistake(
            "divides_twice",
            (', reduction="sum"', ""),
            "cross_entropy ya promedió el lote, y después divides otra vez: con reduction='sum' "
            "suma por imagen",
        ),
        Mistake(
            "counts",
            ("hits / count", "hits"),
            "la exactitud es una proporción: aciertos entre total de imágenes",
        ),
        Mistake(
            "per_cent",
            ("hits / count", "100 * hits / count"),
            "la exactitud va de 0 a 1, no de 0 a 100",
        ),
        Mistake(
            "swapped",
            ("return loss, accuracy", "return accuracy, loss"),
            "devuelves (exactitud, pérdida): es al revés",
        ),
        Mistake(
            "last_batch",
            (("total +=", "total ="), ("hits +=", "hits ="), ("count +=", "count =")),
            "solo mediste el último lote: hay que sumar los de todos",
        ),
        Mistake(
            "least_likely",
            ("argmax", "argmin"),
            "contaste los errores: la clase predicha es la del logit más grande (argmax, no "
            "argmin), y se cuenta donde es igual a la etiqueta",
        ),
        Mistake(
            "softmax_before_loss",
            ("F.cross_entropy(logits,", "F.cross_entropy(logits.softmax(dim=1),"),
            "aplicaste softmax antes de la entropía cruzada, que ya la aplica: dale los logits",
        ),
        Mistake(
            "argmax_over_the_batch",
            ("argmax(dim=1)", "argmax(dim=0)"),
            "si el error habla de formas: argmax en el eje 0 busca entre las imágenes del lote; "
            "la clase de cada una está en el eje 1",
        ),
        Mistake(
            "divides_by_batches",
            ("hits / count", "hits / len(loader)"),
            "dividiste los aciertos entre el número de lotes: es entre el total de imágenes",
        ),
        Mistake(
            "returns_in_the_loop",
            (
                "            count += len(labels)\n",
                "            count += len(labels)\n            break\n",
            ),
            "solo mediste el primer lote: mira con qué sangría quedó return",
        ),
        Mistake(
            "sums_the_loss",
            ("total / count", "total"),
            "devuelves la suma de las pérdidas: falta dividir entre cuántas imágenes hay",
        ),
    ),
)

# ------------------------------------------------------------------------------ save and load


def _network(rng: Generator) -> tuple[Array, ...]:
    """Draw the weights of a network with a batch norm: weight, bias, statistics and scale."""
    features = 3 * between(rng, 2, 4) ** 2
    weight, bias = rng.standard_normal((2, features)), rng.standard_normal(2)
    return weight, bias, rng.standard_normal(features), rng.uniform(0.5, 2, features)


def _save_cases(rng: Generator) -> Iterator[Case]:
    yield Case(_network(rng), "")


def _load_group(title: str, outputs: tuple[str, ...], *, dangerous: bool = False) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        network = _network(rng)
        side = round((len(network[2]) / 3) ** 0.5)
        X = rng.standard_normal((between(rng, 3, 6), 3, side, side))
        yield Case((*network, X, dangerous), "")

    return Group(title, make, outputs)


def _save_weights(weight: Array, bias: Array, statistics: Array, scale: Array) -> dict[str, Any]:
    return {
        "1.weight": tensor(scale),
        "1.bias": torch.zeros(len(statistics)).double(),
        "1.running_mean": tensor(statistics),
        "1.running_var": tensor(statistics) ** 2 + 1,
        "1.num_batches_tracked": torch.tensor(0),
        "2.weight": tensor(weight),
        "2.bias": tensor(bias),
    }


def _load_weights(
    weight: Array,
    bias: Array,
    statistics: Array,
    scale: Array,
    X: Array,
    dangerous: bool,  # noqa: FBT001
) -> tuple[Any, ...]:
    standard = (tensor(X).flatten(1) - tensor(statistics)) / torch.sqrt(
        tensor(statistics) ** 2 + 1 + nn.BatchNorm1d(1).eps
    )
    Z = standard * tensor(scale) @ tensor(weight).T + tensor(bias)
    return Z, "eval", tensor(scale), REFUSED if dangerous else None, True


SAVE_WEIGHTS = Exercise(
    name="save_weights",
    parameters=("weight", "bias", "statistics", "scale"),
    outputs=(Output("lo guardado"),),
    groups={"basic": Group("el state_dict completo", _save_cases)},
    reference=_save_weights,
    driver="save_toy",
    mistakes=(
        Mistake(
            "saves_the_module",
            ("model.state_dict()", "model"),
            "guardaste el modelo entero, que arrastra código: guarda sus pesos, model.state_dict()",
        ),
        Mistake(
            "saves_parameters",
            ("model.state_dict()", "list(model.parameters())"),
            "guardaste una lista de parámetros, sin nombres y sin los buffers de batch norm: guarda "
            "model.state_dict()",
        ),
        Mistake(
            "forgets_buffers",
            ("model.state_dict()", "dict(model.named_parameters())"),
            "guardaste los parámetros pero no los buffers (la media y la varianza que acumuló "
            "batch norm): model.state_dict() trae todo",
        ),
        Mistake(
            "saves_nothing",
            ("torch.save(model.state_dict(), path)", "model.state_dict()"),
            "no escribiste ningún archivo en path: falta torch.save(..., path)",
        ),
        Mistake(
            "wraps",
            ("model.state_dict()", '{"model": model.state_dict()}'),
            "metiste el state_dict dentro de otro diccionario: guárdalo tal cual",
        ),
        Mistake(
            "saves_the_last_layer",
            ("model.state_dict()", "model[-1].state_dict()"),
            "guardaste una sola capa: el state_dict del modelo completo es model.state_dict()",
        ),
    ),
)

_READ = 'torch.load(path, weights_only=True, map_location="cpu")'
_FIRST = "los pesos de la primera capa"


def _without(condition: str) -> tuple[str, str]:
    """Edit what is loaded: leave out the entries that don't meet a condition."""
    return _READ, f"{{n: v for n, v in {_READ}.items() if {condition}}}, strict=False"


_SAME = "es el modelo que llegó"

LOAD_WEIGHTS = Exercise(
    name="load_weights",
    parameters=("weight", "bias", "statistics", "scale", "X", "dangerous"),
    outputs=(
        Output("la salida"),
        Output("el modo"),
        Output(_FIRST),
        Output("un archivo con código"),
        Output(_SAME),
    ),
    # Who loads nothing may be in eval mode, and opens no file that holds code.
    groups={
        "basic": _load_group("el modelo con sus pesos", ("la salida", _SAME)),
        "eval_mode": _load_group("listo para predecir", ("el modo", _FIRST)),
        "safe": _load_group(
            "un archivo que trae código", ("un archivo con código", _FIRST), dangerous=True
        ),
    },
    reference=_load_weights,
    driver="load_toy",
    facts="loading_facts",
    mistakes=(
        Mistake(
            "unsafe",
            ("weights_only=True", "weights_only=False"),
            "con weights_only=False (o sin decirlo, en las versiones viejas de PyTorch), abrir "
            "un archivo ajeno puede correr cualquier programa que traiga: usa torch.load(path, "
            "weights_only=True)",
        ),
        Mistake(
            "stays_in_training",
            ("model.eval()", "pass"),
            "falta model.eval() para que el modelo quede listo para predecir",
        ),
        Mistake(
            "never_loads",
            (f"model.load_state_dict({_READ})", _READ),
            "leíste el archivo, pero no le diste los pesos al modelo: load_state_dict",
        ),
        Mistake(
            "loads_into_a_copy",
            (
                f"    model.load_state_dict({_READ})",
                f"    import copy\n    model = copy.deepcopy(model)\n    model.load_state_dict({_READ})",
            ),
            "pusiste los pesos en una copia: el modelo de quien te llamó sigue con los de antes",
        ),
        Mistake("forgets_return", ("return model", "return None"), "falta devolver el modelo"),
        Mistake(
            "returns_the_weights",
            ("return model", f"return {_READ}"),
            "devuelves los pesos, y se pide el modelo con ellos puestos",
        ),
        Mistake(
            "forgets_the_head",
            _without("not n.startswith('2.')"),
            "los pesos de la última capa no llegaron al modelo",
        ),
        Mistake(
            "parameters_only",
            _without("'running' not in n"),
            "faltan los buffers: la media y la varianza de batch norm",
        ),
    ),
)

# ----------------------------------------------------------------------------- convert_weights


def _weights_group(title: str, outputs: tuple[str, ...]) -> Group:
    def make(rng: Generator) -> Iterator[Case]:
        for _ in range(2):
            f, inputs, filters = between(rng, 2, 4), between(rng, 2, 4), between(rng, 3, 7)
            n_H = between(rng, 2, 4)
            n_W = n_H + between(rng, 1, 2)
            W1 = rng.standard_normal((f, f, inputs, filters))
            b1 = rng.standard_normal((1, 1, 1, filters))
            W2, b2 = rng.standard_normal((n_H * n_W * filters, 2)), rng.standard_normal((1, 2))
            note = f"W1 {W1.shape}, W2 {W2.shape}, n_H={n_H}, n_W={n_W}"
            yield Case((W1, b1, W2, b2, n_H, n_W), note)

    return Group(title, make, outputs)


def _convert_weights(
    W1: Array, b1: Array, W2: Array, b2: Array, n_H: int, n_W: int
) -> tuple[torch.Tensor, ...]:
    rows = tensor(W2).reshape(n_H, n_W, W1.shape[3], 2)
    return (
        torch.einsum("hwcf->fchw", tensor(W1)),
        tensor(b1).flatten(),
        torch.einsum("hwco->ochw", rows).flatten(1),
        tensor(b2).flatten(),
    )


_CONV, _LINEAR = ("conv.weight", "conv.bias"), ("fc.weight", "fc.bias")
_ROWS = "torch.from_numpy(W2).reshape(n_H, n_W, C_out, 2).permute(3, 2, 0, 1).reshape(2, -1)"
_FILTERS = "torch.from_numpy(W1).permute(3, 2, 0, 1)"

CONVERT_WEIGHTS = Exercise(
    name="convert_weights",
    parameters=("W1", "b1", "W2", "b2", "n_H", "n_W"),
    outputs=(
        Output(
            "conv.weight",
            ("filtro", "canal de entrada", "fila del filtro", "columna del filtro"),
        ),
        Output("conv.bias", ("filtro",)),
        Output("fc.weight", ("salida", "entrada")),
        Output("fc.bias", ("salida",)),
    ),
    groups={
        "conv": _weights_group("la convolución", _CONV),
        "linear": _weights_group("la capa lineal", _LINEAR),
    },
    reference=_convert_weights,
    mistakes=(
        Mistake(
            "keeps_nhwc_rows",
            (_ROWS, "torch.from_numpy(W2).T"),
            "W2.T tiene la forma correcta, pero sus columnas siguen el orden de la imagen "
            "aplanada en NHWC (alto, ancho, canal), y PyTorch aplana (canal, alto, ancho): "
            "sepáralas en (n_H, n_W, n_C, 2), permuta y vuelve a aplanar",
        ),
        Mistake(
            "transposes_filters",
            (_FILTERS, "torch.from_numpy(W1).permute(3, 2, 1, 0)"),
            "los filtros quedaron acostados: de (fila, columna, entrada, filtro) a (filtro, "
            "entrada, fila, columna) se llega con permute(3, 2, 0, 1)",
        ),
        Mistake(
            "reshapes_filters",
            (_FILTERS, "torch.from_numpy(W1).reshape(C_out, W1.shape[2], *W1.shape[:2])"),
            "reshape revuelve los pesos de los filtros: para mover ejes, permute(3, 2, 0, 1)",
        ),
        Mistake(
            "reshapes_rows",
            (_ROWS, "torch.from_numpy(W2).reshape(2, -1)"),
            "W2.reshape(2, -1) no es la transpuesta: revuelve los pesos",
        ),
        Mistake(
            "transposes_maps",
            ("2).permute(3, 2, 0, 1)", "2).permute(3, 2, 1, 0)"),
            "al aplanar pusiste el ancho antes que el alto: el orden es (canal, alto, ancho)",
        ),
        Mistake(
            "keeps_bias_shape",
            (".reshape(-1)", ""),
            "en PyTorch el bias es un vector: aplánalo con .reshape(-1)",
        ),
        Mistake(
            "keeps_filters",
            (_FILTERS, "torch.from_numpy(W1)"),
            "los filtros siguen en el orden de NHWC: de (fila, columna, entrada, filtro) hay que "
            "llegar a (filtro, entrada, fila, columna)",
        ),
        Mistake(
            "swaps_filter_channels",
            (_FILTERS, "torch.from_numpy(W1).permute(2, 3, 0, 1)"),
            "pusiste la entrada antes que el filtro: la forma es (C_out, C_in, f, f)",
        ),
        Mistake(
            "rotates_filters",
            (_FILTERS, f"{_FILTERS}.flip(2, 3)"),
            "giraste los filtros 180°: las dos redes hacen correlación cruzada, así que van tal cual",
        ),
        Mistake(
            "keeps_rows_by_outputs",
            (_ROWS, f"{_ROWS}.T"),
            "fc_weight quedó acostado: en PyTorch la forma es (salidas, entradas)",
        ),
        Mistake(
            "swaps_biases",
            (
                "return conv_weight, conv_bias, fc_weight, fc_bias",
                "return conv_weight, fc_bias, fc_weight, conv_bias",
            ),
            "cambiaste los bias de lugar: el orden es conv_weight, conv_bias, fc_weight, fc_bias",
        ),
    ),
)

EXERCISES = (TRAIN_ONE_EPOCH, EVALUATE, SAVE_WEIGHTS, LOAD_WEIGHTS, CONVERT_WEIGHTS)
