"""The mistakes that people make in lab 6: with tensors, data, a network's modes and its training."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from grader.exercises.mistakes import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable

Array = np.ndarray[Any, Any]
Tensor = torch.Tensor

# -------------------------------------------------------------------------------------- tensors


def _scaled(images: Array) -> Tensor:
    return torch.from_numpy(images).float() / 127.5 - 1


TO_TENSOR = (
    Mistake(
        "keeps_nhwc",
        _scaled,
        "los canales siguen al final: con .permute(0, 3, 1, 2) pasas de (N, H, W, C) a (N, C, H, W)",
    ),
    Mistake(
        "reshapes",
        lambda images: _scaled(images).reshape(len(images), 3, *images.shape[1:3]),
        "reshape da la forma (N, C, H, W) pero revuelve los píxeles: para mover un eje hace falta "
        "permute(0, 3, 1, 2)",
    ),
    Mistake(
        "swaps_height_and_width",
        lambda images: _scaled(images).permute(0, 3, 2, 1),
        "la imagen quedó acostada: permute(0, 3, 2, 1) intercambia alto y ancho, y lo que quieres es "
        "permute(0, 3, 1, 2)",
    ),
    Mistake(
        "from_zero_to_one",
        lambda images: torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255,
        "tus valores van de 0 a 1 y se piden de −1 a 1: divide entre 127.5 y resta 1",
    ),
    Mistake(
        "not_scaled",
        lambda images: torch.from_numpy(images).permute(0, 3, 1, 2).float(),
        "tus valores van de 0 a 255: divide entre 127.5 y resta 1 para que vayan de −1 a 1",
    ),
    Mistake(
        "float64",
        lambda images: (torch.from_numpy(images).double() / 127.5 - 1).permute(0, 3, 1, 2),
        "los pesos de una red son float32 y PyTorch no mezcla tipos en una convolución: convierte con "
        ".float()",
    ),
)


def _lit(X: Tensor, factors: Tensor) -> Tensor:
    return (X + 1) * factors.view(-1, 1, 1, 1) - 1


CHANGE_BRIGHTNESS = (
    Mistake(
        "factor_by_column",
        lambda X, factors: ((X + 1) * factors - 1).clamp(-1, 1),
        "el broadcasting alinea las formas desde la derecha: un tensor (N,) se reparte por columnas. "
        "Dale la forma (N, 1, 1, 1) para que haya un factor por imagen",
    ),
    Mistake(
        "black_is_zero",
        lambda X, factors: (X * factors.view(-1, 1, 1, 1)).clamp(-1, 1),
        "aquí el negro vale −1: multiplicar X directamente cambia el contraste, no la luz. Suma 1, "
        "multiplica y resta 1",
    ),
    Mistake(
        "no_clamp",
        _lit,
        "con un factor mayor que 1 hay valores que pasan de 1, más blancos que el blanco: córtalos con "
        ".clamp(-1, 1)",
    ),
    Mistake(
        "clamps_at_zero",
        lambda X, factors: _lit(X, factors).clamp(0, 1),
        "cortaste en 0, y aquí el negro vale −1: es .clamp(-1, 1)",
    ),
    Mistake(
        "adds",
        lambda X, factors: (X + factors.view(-1, 1, 1, 1) - 1).clamp(-1, 1),
        "sumaste el factor en lugar de multiplicar la luz, que es X + 1",
    ),
    Mistake(
        "one_factor_for_all",
        lambda X, factors: ((X + 1) * factors[0] - 1).clamp(-1, 1),
        "usaste el mismo factor en todas las imágenes, y cada una tiene el suyo",
    ),
)


def _accumulates(f: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Any]:
    x.requires_grad_()
    value = f(x)
    value.backward()  # type: ignore[no-untyped-call]
    return value.detach(), None if x.grad is None else x.grad.clone()


def _marks_its_argument(f: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    value = f(x.requires_grad_())
    return value.detach(), torch.autograd.grad(value, x)[0]


def _forgets_requires_grad(f: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Any]:
    value = f(x.clone())
    value.backward()  # type: ignore[no-untyped-call]
    return value, x.grad


def _asks_a_copy(f: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Any]:
    leaf = x.clone().requires_grad_()
    value = f(leaf)
    value.backward()  # type: ignore[no-untyped-call]
    return value.detach(), x.grad


def _gradient(f: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    leaf = x.clone().requires_grad_()
    value = f(leaf)
    return value.detach(), torch.autograd.grad(value, leaf)[0]


def _sums(f: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    value, gradient = _gradient(f, x)
    return value, gradient.sum()


def _coarse_differences(f: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    step, value = 1e-3, f(x)
    moved = torch.eye(x.numel(), dtype=x.dtype).view(-1, *x.shape) * step
    return value, torch.stack([(f(x + move) - value) / step for move in moved]).view(x.shape)


VALUE_AND_GRADIENT = (
    Mistake(
        "accumulates",
        _accumulates,
        "backward SUMA en .grad, no lo reemplaza: la segunda llamada encontró el gradiente de la "
        "primera. Trabaja sobre una copia, x.detach().clone(), que empieza sin gradiente",
    ),
    Mistake(
        "marks_its_argument",
        _marks_its_argument,
        "dejaste el x de quien te llamó con requires_grad=True, y de ahí en adelante autograd toma "
        "nota de todo lo que se haga con él: trabaja sobre x.detach().clone()",
    ),
    Mistake(
        "forgets_requires_grad",
        _forgets_requires_grad,
        "autograd solo toma nota de lo que se hace con tensores que tienen requires_grad=True: "
        "márcalo con .requires_grad_() antes de calcular f",
    ),
    Mistake(
        "asks_the_wrong_tensor",
        _asks_a_copy,
        "el gradiente quedó en la copia que entró a f, y devolviste el .grad de otro tensor, que es "
        "None",
    ),
    Mistake(
        "swapped",
        lambda f, x: _gradient(f, x)[::-1],
        "devuelves el gradiente y luego el valor: es al revés, (value, gradient)",
    ),
    Mistake(
        "sums_the_gradient",
        _sums,
        "el gradiente tiene la forma de x, una derivada por valor: no lo sumes",
    ),
    Mistake(
        "finite_differences",
        _coarse_differences,
        "parece que aproximas la derivada con diferencias finitas: autograd da la exacta",
    ),
)

# -------------------------------------------------------------------------- shapes and parameters

CONV_OUTPUT_SIZE = (
    Mistake(
        "forgets_plus_one",
        lambda n, f, s, p: (n + 2 * p - f) // s,
        "falta el + 1: además de los pasos que da la ventana está la posición de la que parte",
    ),
    Mistake(
        "pads_one_side",
        lambda n, f, s, p: (n + p - f) // s + 1,
        "el padding va a los dos lados: suma 2 * padding",
    ),
    Mistake(
        "ignores_padding",
        lambda n, f, s, _: (n - f) // s + 1,
        "no usaste padding: la ventana se mueve sobre una fila de n + 2 * padding",
    ),
    Mistake(
        "ignores_stride",
        lambda n, f, _, p: n + 2 * p - f + 1,
        "no usaste stride: divide entre stride lo que la ventana puede avanzar",
    ),
    Mistake(
        "rounds_up",
        lambda n, f, s, p: math.ceil((n + 2 * p - f) / s) + 1,
        "redondeas hacia arriba: un paso que no cabe entero se descarta, y eso hace //",
    ),
    Mistake(
        "true_division",
        lambda n, f, s, p: (n + 2 * p - f) / s + 1,
        "dividiste con /, que deja decimales: una salida tiene un número entero de posiciones, usa //",
    ),
    Mistake(
        "plus_one_inside",
        lambda n, f, s, p: (n + 2 * p - f + 1) // s,
        "el + 1 va después de dividir, no adentro",
    ),
)


def _count(
    layer: dict[str, Any],
    *,
    sides: int = 2,
    inputs: bool = True,
    outputs: bool = True,
    bias: bool | None = None,
    norm: int = 2,
    others: int = 0,
) -> int:
    """Count parameters as count_parameters should, but for the keywords; `bias` None is right."""
    kind = layer["type"]
    if kind == "BatchNorm2d":
        return norm * int(layer["num_features"])
    if kind not in ("Conv2d", "Linear"):
        return others * int(layer.get("kernel_size", 0)) ** 2
    words = ("in_channels", "out_channels") if kind == "Conv2d" else ("in_features", "out_features")
    n_in, n_out = (layer[word] for word in words)
    window = layer["kernel_size"] ** sides if kind == "Conv2d" else 1
    weights = window * (n_in if inputs else 1) * (n_out if outputs else 1)
    return int(weights + (n_out if (layer["bias"] if bias is None else bias) else 0))


def _counting(name: str, hint: str, **wrong: Any) -> Mistake:
    return Mistake(name, partial(_count, **wrong), hint)


COUNT_PARAMETERS = (
    _counting("forgets_bias", "faltan los bias: uno por filtro, o uno por salida", bias=False),
    _counting(
        "always_bias", "sumas el bias aunque la capa diga bias=False: míralo en layer", bias=True
    ),
    _counting(
        "forgets_input_channels",
        "cada filtro mira todos los canales de entrada (y cada salida, todas las entradas): sus pesos "
        "se multiplican por ellos",
        inputs=False,
    ),
    _counting(
        "one_filter", "contaste los pesos de un solo filtro (o de una sola salida)", outputs=False
    ),
    _counting(
        "kernel_not_squared",
        "un filtro de f×f tiene f² pesos por canal, y contaste f",
        sides=1,
    ),
    _counting(
        "counts_running_statistics",
        "en batch norm la media y la varianza acumuladas no son parámetros: no se entrenan. Quedan dos "
        "por canal, γ y β",
        norm=4,
    ),
    _counting(
        "norm_has_one", "en batch norm hay dos parámetros por canal: γ (escala) y β (bias)", norm=1
    ),
    _counting("norm_has_none", "batch norm sí se entrena: γ y β, dos por canal", norm=0),
    _counting(
        "pooling_has_weights",
        "max pooling solo elige el mayor de la ventana: no tiene nada que aprender",
        others=1,
    ),
)

_SHAPES: dict[str, tuple[int, ...]] = {
    "conv1": (8, 16, 16),
    "pool1": (8, 7, 7),
    "conv2": (16, 5, 5),
    "norm2": (16, 5, 5),
    "flatten": (400,),
    "fc": (2,),
}
_COUNTS = {"conv1": 608, "pool1": 0, "conv2": 1152, "norm2": 32, "flatten": 0, "fc": 802}


def _table(name: str, hint: str, shapes: dict[str, Any] | None = None, **counts: int) -> Mistake:
    wrong = _SHAPES | (shapes or {}), _COUNTS | counts
    return Mistake(name, lambda: wrong, hint)


TABLE_BY_HAND = (
    _table(
        "conv1_without_padding",
        "conv1 tiene padding=2: (32 + 2·2 − 5) // 2 + 1",
        {"conv1": (8, 14, 14)},
    ),
    _table(
        "pool1_rounds_up",
        "pool1 no alcanza a cubrir la última columna: (16 − 3) // 2 + 1 = 7",
        {"pool1": (8, 8, 8)},
    ),
    _table(
        "channels_last",
        "en PyTorch los canales van primero: (C, H, W)",
        {name: (*s[1:], s[0]) for name, s in _SHAPES.items() if len(s) > 1},
    ),
    _table("conv1_without_bias", "a conv1 le faltan sus 8 bias", conv1=600),
    _table(
        "conv2_with_bias", "conv2 tiene bias=False: el β de batch norm hace ese papel", conv2=1168
    ),
    _table("conv1_one_channel", "cada filtro de conv1 mira los 3 canales: 5·5·3 pesos", conv1=208),
    _table("norm_statistics", "en norm2 solo se entrenan γ y β: 2 por canal", norm2=64),
    _table("fc_without_bias", "a fc le faltan sus 2 bias", fc=800),
)

# ------------------------------------------------------------------------------------------ data


class _Dataset(torch.utils.data.Dataset[Any]):
    """PetDataset, right but for `wrong`."""

    def __init__(
        self, images: Array, labels: Array, transform: Any = None, *, wrong: str = ""
    ) -> None:
        self.images = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1
        self.labels = torch.from_numpy(labels)
        self.transform, self.wrong = transform, wrong
        if wrong == "keeps_bytes":
            self.images = torch.from_numpy(images).permute(0, 3, 1, 2)
        elif wrong == "keeps_nhwc":
            self.images = self.images.permute(0, 2, 3, 1)
        elif wrong == "float_labels":
            self.labels = self.labels.float()
        elif wrong == "one_hot_labels":
            self.labels = F.one_hot(self.labels)

    def __len__(self) -> int:
        return self.images.shape[-1] if self.wrong == "counts_columns" else len(self.images)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if self.wrong == "off_by_one":
            index = max(index - 1, 0)
        image, label = self.images[index], self.labels[index]
        if self.transform is not None and self.wrong != "ignores_transform":
            image = self.transform(image)
        return (label, image) if self.wrong == "label_first" else (image, label)


def _dataset(name: str, hint: str) -> Mistake:
    return Mistake(name, partial(_Dataset, wrong=name), hint)


PET_DATASET = (
    _dataset("ignores_transform", "guardaste transform, pero __getitem__ no lo aplica a la imagen"),
    _dataset("keeps_bytes", "la imagen sigue en bytes de 0 a 255: pásala por to_tensor"),
    _dataset("keeps_nhwc", "los canales de la imagen van primero: (3, H, W)"),
    _dataset("label_first", "el orden es (imagen, etiqueta)"),
    _dataset("float_labels", "la entropía cruzada pide clases enteras (int64), no decimales"),
    _dataset("one_hot_labels", "no hace falta one-hot: la entropía cruzada recibe la clase, 0 o 1"),
    _dataset("counts_columns", "__len__ es cuántas imágenes hay: len(self.images)"),
    _dataset("off_by_one", "el ejemplo index es el que está en la posición index, desde 0"),
)

Loader = torch.utils.data.DataLoader


def _with_replacement(dataset: Any, batch_size: int, training: bool) -> Any:  # noqa: FBT001
    sampler = torch.utils.data.RandomSampler(dataset, replacement=True) if training else None
    return Loader(dataset, batch_size, sampler=sampler)


MAKE_LOADER = (
    Mistake(
        "never_shuffles",
        lambda dataset, size, _: Loader(dataset, size),
        "para entrenar hay que revolver los ejemplos en cada época: shuffle=training",
    ),
    Mistake(
        "always_shuffles",
        lambda dataset, size, _: Loader(dataset, size, shuffle=True),
        "para evaluar no hace falta revolver, y en orden es más fácil saber qué imagen falló: "
        "shuffle=training",
    ),
    Mistake(
        "drops_the_last",
        lambda dataset, size, training: Loader(dataset, size, shuffle=training, drop_last=True),
        "con drop_last=True dejas fuera el último lote cuando es más pequeño",
    ),
    Mistake(
        "ignores_batch_size",
        lambda dataset, _, training: Loader(dataset, shuffle=training),
        "no le pasaste batch_size al DataLoader, que entonces hace lotes de 1",
    ),
    Mistake(
        "shuffles_once",
        lambda dataset, size, training: list(Loader(dataset, size, shuffle=training)),
        "revolviste una sola vez: devuelve el DataLoader, que revuelve de nuevo en cada época, no una "
        "lista de sus lotes",
    ),
    Mistake(
        "with_replacement",
        _with_replacement,
        "tus ejemplos salen con repetición: en una época cada uno aparece exactamente una vez",
    ),
)


def _choose(X: Tensor, which: Tensor, changed: Tensor) -> Tensor:
    return torch.where(which.view(-1, 1, 1, 1), changed, X)


FLIP_IMAGES = (
    Mistake(
        "upside_down",
        lambda X, which: _choose(X, which, X.flip(2)),
        "las pusiste de cabeza: el eje 2 es el alto. El espejo voltea el ancho, el eje 3",
    ),
    Mistake("flips_all", lambda X, _: X.flip(3), "volteaste todas: solo las que dice which"),
    Mistake("flips_none", lambda X, _: X.clone(), "no volteaste ninguna"),
    Mistake(
        "inverted",
        lambda X, which: _choose(X.flip(3), which, X),
        "volteaste las que no eran: en torch.where primero va lo que se toma donde hay True",
    ),
    Mistake(
        "reverses_the_batch",
        lambda X, which: _choose(X, which, X.flip(0)),
        "el eje 0 es el de las imágenes del lote: el espejo voltea el ancho, el eje 3",
    ),
    Mistake(
        "swaps_colours",
        lambda X, which: _choose(X, which, X.flip(1)),
        "el eje 1 es el de los canales, y cambiaste los colores: el espejo voltea el ancho, el eje 3",
    ),
)


def _shift(X: Tensor, dy: Tensor, dx: Tensor, *, value: float = 0.0) -> Tensor:
    moves = zip(X, dy.tolist(), dx.tolist(), strict=True)
    return torch.stack([F.pad(x, (r, -r, d, -d), value=value) for x, d, r in moves])


def _roll(X: Tensor, dy: Tensor, dx: Tensor) -> Tensor:
    moves = zip(X, dy.tolist(), dx.tolist(), strict=True)
    return torch.stack([x.roll((down, right), (1, 2)) for x, down, right in moves])


SHIFT_IMAGES = (
    Mistake(
        "rolls",
        _roll,
        "lo que sale por un lado entró por el otro: roll da la vuelta, y aquí deben entrar ceros",
    ),
    Mistake(
        "swaps_axes",
        lambda X, dy, dx: _shift(X, dx, dy),
        "intercambiaste los ejes: dy mueve filas (eje 2) y dx columnas (eje 3). Ojo con F.pad, que "
        "empieza por el último eje: (izquierda, derecha, arriba, abajo)",
    ),
    Mistake(
        "wrong_way",
        lambda X, dy, dx: _shift(X, -dy, -dx),
        "las moviste al revés: dy positivo es hacia abajo y dx positivo, hacia la derecha",
    ),
    Mistake(
        "first_for_all",
        lambda X, dy, dx: _shift(X, dy[:1].expand_as(dy), dx[:1].expand_as(dx)),
        "moviste todas como a la primera: cada imagen tiene su dy y su dx",
    ),
    Mistake(
        "fills_with_black",
        lambda X, dy, dx: _shift(X, dy, dx, value=-1.0),
        "lo que entra vale −1 y se piden ceros",
    ),
    Mistake(
        "forward_only",
        lambda X, dy, dx: _shift(X, dy.clamp(min=0), dx.clamp(min=0)),
        "no mueves hacia arriba ni hacia la izquierda: dy y dx pueden ser negativos",
    ),
)

# ------------------------------------------------------------------------- the student's network


class _Net(nn.Module):
    """A network that works, but for `wrong`."""

    def __init__(self, size: int, wrong: str = "") -> None:
        super().__init__()
        self.wrong = wrong
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1)
        self.conv2 = nn.Conv2d(4, 8, 3, padding=1)
        if wrong == "layers_in_a_list":
            self.hidden = [self.conv1, self.conv2]
            del self.conv1, self.conv2
        self.norm = nn.BatchNorm2d(8, track_running_stats=wrong != "batch_statistics")
        side = 32 if wrong == "only_32" else size
        classes = 1 if wrong == "one_output" else 2
        self.fc = nn.Linear(8 * (side // 4) ** 2, classes)
        if wrong == "unused_layer":
            self.fc2 = nn.Linear(64, 2)
        if wrong == "zeros":
            for part in self.parameters():
                nn.init.zeros_(part)

    def forward(self, X: Tensor) -> Tensor:
        if self.wrong == "detaches":
            with torch.no_grad():
                X = self._features(X)
        else:
            X = self._features(X)
        X = X.flatten(1)
        if self.wrong == "always_drops":
            X = F.dropout(X, 0.3)
        Z: Tensor = self.fc(X)
        return {"softmax": Z.softmax, "log_softmax": Z.log_softmax}.get(self.wrong, lambda _: Z)(1)

    def _features(self, X: Tensor) -> Tensor:
        conv1, conv2 = self.hidden if hasattr(self, "hidden") else (self.conv1, self.conv2)
        X = F.max_pool2d(F.relu(conv1(X)), 2)
        return F.max_pool2d(F.relu(self.norm(conv2(X))), 2)


class _Linear(nn.Module):
    """A network without convolutions."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.fc = nn.Linear(3 * size * size, 2)

    def forward(self, X: Tensor) -> Tensor:
        Z: Tensor = self.fc(X.flatten(1))
        return Z


def _net(name: str, hint: str) -> Mistake:
    return Mistake(name, partial(_Net, wrong=name), hint)


PET_NET = (
    _net(
        "softmax",
        "tu red termina en softmax, y nn.CrossEntropyLoss ya lo aplica: doble softmax aprende muy "
        "despacio. Devuelve los logits, lo que sale de la última capa lineal",
    ),
    _net(
        "log_softmax",
        "tu red termina en log_softmax, y nn.CrossEntropyLoss ya lo aplica: devuelve los logits",
    ),
    _net("one_output", "la red devuelve un valor por imagen y hay dos clases: forma (N, 2)"),
    _net(
        "only_32",
        "tu red solo sirve para imágenes de 32×32: calcula las entradas de la capa lineal a partir de "
        "size (o usa nn.AdaptiveAvgPool2d)",
    ),
    _net(
        "always_drops",
        "F.dropout apaga neuronas siempre, también al evaluar: usa nn.Dropout, que conoce el modo, o "
        "F.dropout(x, p, training=self.training)",
    ),
    _net(
        "batch_statistics",
        "tu batch norm usa las estadísticas del lote también al evaluar, y la respuesta de una imagen "
        "depende de sus vecinas: deja track_running_stats=True, que es como viene",
    ),
    _net(
        "layers_in_a_list",
        "guardaste capas en una lista de Python, y nn.Module no las encuentra ahí: el optimizador no "
        "las entrena. Usa nn.Sequential o nn.ModuleList",
    ),
    _net("unused_layer", "definiste una capa que forward no usa: no le llega gradiente"),
    _net(
        "detaches",
        "dentro de forward hay algo que corta el camino del gradiente (no_grad, detach o .data), y las "
        "primeras capas no aprenden",
    ),
    _net(
        "zeros",
        "todos tus pesos empiezan en 0: las neuronas de una capa reciben el mismo gradiente y nunca "
        "se distinguen. Deja la inicialización de PyTorch",
    ),
    Mistake(
        "no_convolution",
        _Linear,
        "tu red no tiene ninguna convolución (nn.Conv2d), y de eso trata este curso",
    ),
)

# ------------------------------------------------------------------------ training and evaluation


def _train(
    model: nn.Module,
    loader: Any,
    loss_function: Any,
    optimizer: torch.optim.Optimizer,
    augment: Any = None,
    *,
    wrong: str = "",
) -> float:
    """Train as train_one_epoch should, but for `wrong`."""
    if wrong != "forgets_train_mode":
        model.train()
    total, last = 0.0, 0.0
    seen = []
    optimizer.zero_grad()
    for images, labels in loader:
        X = augment(images) if augment is not None and wrong != "ignores_augment" else images
        if wrong not in ("forgets_zero_grad", "steps_once"):
            optimizer.zero_grad()
        loss = loss_function(model(X), labels)
        loss.backward()
        if wrong not in ("never_steps", "steps_once"):
            optimizer.step()
        last = loss.item()
        total += last * len(labels)
        seen.append(last)
    if wrong == "steps_once":
        optimizer.step()
    losses: dict[str, float] = {
        "mean_of_batches": sum(seen) / len(seen),
        "sum_of_losses": sum(seen),
        "last_loss": last,
    }
    return losses.get(wrong, total / len(loader.dataset))


def _training(name: str, hint: str) -> Mistake:
    return Mistake(name, partial(_train, wrong=name), hint)


TRAIN_ONE_EPOCH = (
    _training(
        "forgets_zero_grad",
        "falta optimizer.zero_grad() en cada lote: backward suma los gradientes a los del lote "
        "anterior",
    ),
    _training("never_steps", "falta optimizer.step(): los pesos no cambian"),
    _training(
        "steps_once",
        "diste un solo paso en toda la época: zero_grad, backward y step van dentro del ciclo, una vez "
        "por lote",
    ),
    _training(
        "forgets_train_mode",
        "falta model.train() al comienzo: el modelo llegó en modo eval, y ahí batch norm y dropout se "
        "comportan distinto",
    ),
    _training(
        "mean_of_batches",
        "promedias los lotes por igual, y el último es más pequeño: suma loss.item() * len(labels) y "
        "divide entre el total de imágenes",
    ),
    _training("sum_of_losses", "devuelves la suma de las pérdidas: falta dividir"),
    _training("last_loss", "devuelves la pérdida del último lote, no la media de la época"),
    _training(
        "ignores_augment",
        "recibiste augment y no lo aplicaste a las imágenes antes de darlas al modelo",
    ),
)


def _evaluate(model: nn.Module, loader: Any, *, wrong: str = "") -> Any:
    """Evaluate as evaluate should, but for `wrong`."""
    if wrong != "forgets_eval_mode":
        model.eval()
    losses, hits, sizes = [], [], []
    with torch.set_grad_enabled(wrong == "forgets_no_grad"):
        for images, labels in loader:
            Z = model(images)
            losses.append(F.cross_entropy(Z, labels).item())
            guesses = Z.argmin(dim=1) if wrong == "least_likely" else Z.argmax(dim=1)
            hits.append(int((guesses == labels).sum()))
            sizes.append(len(labels))
    n = sum(sizes)
    loss = sum(value * size for value, size in zip(losses, sizes, strict=True)) / n
    results = {
        "mean_of_batches": (
            sum(losses) / len(losses),
            sum(hit / size for hit, size in zip(hits, sizes, strict=True)) / len(sizes),
        ),
        "counts": (loss, sum(hits)),
        "per_cent": (loss, 100 * sum(hits) / n),
        "swapped": (sum(hits) / n, loss),
        "last_batch": (losses[-1], hits[-1] / sizes[-1]),
    }
    return results.get(wrong, (loss, sum(hits) / n))


def _evaluating(name: str, hint: str) -> Mistake:
    return Mistake(name, partial(_evaluate, wrong=name), hint)


EVALUATE = (
    _evaluating(
        "forgets_eval_mode",
        "falta model.eval(): en modo train, batch norm usa las estadísticas del lote y dropout apaga "
        "neuronas",
    ),
    _evaluating(
        "forgets_no_grad",
        "falta with torch.no_grad(): autograd guarda todo lo que haría falta para un backward que no "
        "va a haber, y se acaba la memoria",
    ),
    _evaluating(
        "mean_of_batches",
        "promedias los lotes por igual, y el último es más pequeño: suma por imagen y divide entre "
        "cuántas hay",
    ),
    _evaluating("counts", "la exactitud es una proporción: aciertos entre total de imágenes"),
    _evaluating("per_cent", "la exactitud va de 0 a 1, no de 0 a 100"),
    _evaluating("swapped", "devuelves (exactitud, pérdida): es al revés"),
    _evaluating("last_batch", "solo mediste el último lote: hay que sumar los de todos"),
    _evaluating("least_likely", "la clase predicha es la del logit más grande: argmax, no argmin"),
)

# -------------------------------------------------------------------------------- save and convert

SAVE_WEIGHTS = (
    Mistake(
        "saves_the_module",
        torch.save,
        "guardaste el modelo entero, que arrastra código: guarda sus pesos, model.state_dict()",
    ),
    Mistake(
        "saves_parameters",
        lambda model, path: torch.save(list(model.parameters()), path),
        "guardaste una lista de parámetros, sin nombres y sin los buffers de batch norm: guarda "
        "model.state_dict()",
    ),
    Mistake(
        "forgets_buffers",
        lambda model, path: torch.save(dict(model.named_parameters()), path),
        "guardaste los parámetros pero no los buffers (la media y la varianza que acumuló batch norm): "
        "model.state_dict() trae todo",
    ),
    Mistake(
        "saves_nothing",
        lambda model, path: (model, path),
        "no escribiste ningún archivo en path: falta torch.save(..., path)",
    ),
    Mistake(
        "wraps",
        lambda model, path: torch.save({"model": model.state_dict()}, path),
        "metiste el state_dict dentro de otro diccionario: guárdalo tal cual",
    ),
    Mistake(
        "saves_the_last_layer",
        lambda model, path: torch.save(model[-1].state_dict(), path),
        "guardaste una sola capa: el state_dict del modelo completo es model.state_dict()",
    ),
)


def _load(model: nn.Module, path: str, *, wrong: str = "") -> Any:
    """Load as load_weights should, but for `wrong`."""
    state = torch.load(path, weights_only=wrong != "unsafe")
    if wrong == "returns_the_weights":
        return state
    if wrong == "forgets_the_head":
        state = {name: value for name, value in state.items() if not name.startswith("2.")}
    if wrong == "parameters_only":
        state = {name: value for name, value in state.items() if "running" not in name}
    if wrong != "never_loads":
        model.load_state_dict(state, strict=False)
    if wrong != "stays_in_training":
        model.eval()
    return None if wrong == "forgets_return" else model


def _loading(name: str, hint: str) -> Mistake:
    return Mistake(name, partial(_load, wrong=name), hint)


LOAD_WEIGHTS = (
    _loading(
        "unsafe",
        "con weights_only=False, abrir un archivo ajeno puede correr cualquier programa que traiga: "
        "usa torch.load(path, weights_only=True)",
    ),
    _loading(
        "stays_in_training", "falta model.eval() para que el modelo quede listo para predecir"
    ),
    _loading(
        "never_loads", "leíste el archivo, pero no le diste los pesos al modelo: load_state_dict"
    ),
    _loading("forgets_return", "falta devolver el modelo"),
    _loading("returns_the_weights", "devuelves los pesos, y se pide el modelo con ellos puestos"),
    _loading("forgets_the_head", "los pesos de la última capa no llegaron al modelo"),
    _loading("parameters_only", "faltan los buffers: la media y la varianza de batch norm"),
)


def _convert(
    W1: Array, b1: Array, W2: Array, b2: Array, n_H: int, n_W: int, *, wrong: str = ""
) -> tuple[Tensor, ...]:
    """Convert as convert_weights should, but for `wrong`."""
    filters = W1.shape[3]
    axes = (3, 2, 1, 0) if wrong == "transposes_filters" else (3, 2, 0, 1)
    kernel = np.transpose(W1, axes)
    if wrong == "reshapes_filters":
        kernel = W1.reshape(filters, *W1.shape[:3])
    rows = W2.reshape(n_H, n_W, filters, 2)
    weight = np.transpose(rows, (3, 2, 0, 1)).reshape(2, -1)
    if wrong == "keeps_nhwc_rows":
        weight = W2.T
    elif wrong == "reshapes_rows":
        weight = W2.reshape(2, -1)
    elif wrong == "transposes_maps":
        weight = np.transpose(rows, (3, 2, 1, 0)).reshape(2, -1)
    bias = b1 if wrong == "keeps_bias_shape" else b1.reshape(-1)
    parts = (kernel, bias, weight, b2 if wrong == "keeps_bias_shape" else b2.reshape(-1))
    return tuple(torch.tensor(part.copy()) for part in parts)


def _converting(name: str, hint: str) -> Mistake:
    return Mistake(name, partial(_convert, wrong=name), hint)


CONVERT_WEIGHTS = (
    _converting(
        "keeps_nhwc_rows",
        "W2.T tiene la forma correcta, pero sus columnas siguen el orden de la imagen aplanada en NHWC "
        "(alto, ancho, canal), y PyTorch aplana (canal, alto, ancho): sepáralas en (n_H, n_W, n_C, 2), "
        "permuta y vuelve a aplanar",
    ),
    _converting(
        "transposes_filters",
        "los filtros quedaron acostados: de (fila, columna, entrada, filtro) a (filtro, entrada, fila, "
        "columna) se llega con permute(3, 2, 0, 1)",
    ),
    _converting(
        "reshapes_filters",
        "reshape revuelve los pesos de los filtros: para mover ejes, permute(3, 2, 0, 1)",
    ),
    _converting("reshapes_rows", "W2.reshape(2, -1) no es la transpuesta: revuelve los pesos"),
    _converting(
        "transposes_maps",
        "al aplanar pusiste el ancho antes que el alto: el orden es (canal, alto, ancho)",
    ),
    _converting("keeps_bias_shape", "en PyTorch el bias es un vector: aplánalo con .reshape(-1)"),
)

MISTAKES: dict[str, tuple[Mistake, ...]] = {
    "to_tensor": TO_TENSOR,
    "change_brightness": CHANGE_BRIGHTNESS,
    "value_and_gradient": VALUE_AND_GRADIENT,
    "conv_output_size": CONV_OUTPUT_SIZE,
    "count_parameters": COUNT_PARAMETERS,
    "table_by_hand": TABLE_BY_HAND,
    "PetDataset": PET_DATASET,
    "make_loader": MAKE_LOADER,
    "flip_images": FLIP_IMAGES,
    "shift_images": SHIFT_IMAGES,
    "PetNet": PET_NET,
    "train_one_epoch": TRAIN_ONE_EPOCH,
    "evaluate": EVALUATE,
    "save_weights": SAVE_WEIGHTS,
    "load_weights": LOAD_WEIGHTS,
    "convert_weights": CONVERT_WEIGHTS,
    "cats_vs_dogs_torch": (),  # how many it gets right is all that a sealed exercise tells
}
