"""The mistakes that people make in Conv2D and in the layers around it.

Each class below is right but for `wrong`, the name of the one mistake that it makes.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.exercises.cases.layer import is_refused
from grader.exercises.mistakes import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Array = np.ndarray[Any, Any]
Pads = tuple[tuple[int, int], tuple[int, int]]


def _same(k: int) -> tuple[int, int]:
    return (k - 1) // 2, k // 2


_SAME: dict[str, Callable[[int], tuple[int, int]]] = {
    "same_pads_nothing": lambda _: (0, 0),
    "extra_at_the_start": lambda k: (k // 2, (k - 1) // 2),
    "drops_the_extra": lambda k: ((k - 1) // 2, (k - 1) // 2),
    "rounds_up_both": lambda k: (k // 2, k // 2),
}


def _integer(padding: int, wrong: str) -> tuple[int, int]:
    if wrong == "pads_one_side":
        return 0, padding
    if wrong == "splits_integer":
        return padding // 2, padding - padding // 2
    return padding, padding


def _pads(padding: Any, kernel_size: tuple[int, int], stride: int, *, wrong: str = "") -> Any:
    """Resolve a padding as resolve_padding should, but for `wrong`."""
    if is_refused(padding, stride) and wrong != "accepts_anything":
        raise ValueError("" if wrong == "raises_without_message" else "refused")
    kH, kW = kernel_size
    if wrong == "height_for_both":
        kW = kH
    elif wrong == "swaps_axes":
        kH, kW = kW, kH
    pads: Pads = ((0, 0), (0, 0))
    if isinstance(padding, int):
        pads = (_integer(padding, wrong), _integer(padding, wrong))
    elif padding != "valid":
        rule = _SAME.get(wrong, _same)
        pads = (rule(kH), rule(kW))
    return (*pads[0], *pads[1]) if wrong == "returns_flat" else pads


def _padding(name: str, hint: str) -> Mistake:
    return Mistake(name, partial(_pads, wrong=name), hint)


RESOLVE_PADDING = (
    _padding(
        "same_pads_nothing",
        'con "same" no agregaste ningún cero: hacen falta k - 1 por eje para que la salida mida lo '
        "mismo que la entrada",
    ),
    _padding(
        "extra_at_the_start",
        "con un filtro par sobra una fila y una columna de ceros: torch la pone al final (abajo "
        "y a la derecha), y tú al comienzo",
    ),
    _padding(
        "drops_the_extra",
        "con un filtro par k - 1 es impar: pusiste (k - 1) // 2 de cada lado y falta un cero. Al "
        "final va lo que queda, k - 1 - (k - 1) // 2",
    ),
    _padding(
        "rounds_up_both",
        "pusiste k // 2 de cada lado: con un filtro par son k ceros, y la salida crece en uno. "
        "En total son k - 1",
    ),
    _padding(
        "height_for_both",
        "usaste el alto del filtro para los dos ejes: izquierda y derecha dependen de kW",
    ),
    _padding("swaps_axes", "cambiaste los ejes: primero (arriba, abajo), con kH, y luego kW"),
    _padding(
        "pads_one_side",
        "un entero es cuántos ceros van a cada lado: (padding, padding) en los dos ejes",
    ),
    _padding(
        "splits_integer",
        "repartiste el entero entre los dos lados: padding es lo que va a cada lado, no el total",
    ),
    _padding(
        "returns_flat",
        "devolviste los cuatro números juntos: son dos pares, ((arriba, abajo), (izquierda, "
        "derecha))",
    ),
    _padding(
        "accepts_anything",
        'falta rechazar lo que no tiene sentido: "same" con un stride distinto de 1, y cualquier '
        "otra palabra, con raise ValueError(...)",
    ),
    _padding(
        "raises_without_message",
        "el ValueError no dice qué pasó: dale un mensaje que ayude a quien lo lea",
    ),
)


class _Conv2D:
    """The layer, right but for `wrong`."""

    def __init__(  # noqa: PLR0913 - the lab's signature
        self,
        in_channels: int,
        filters: int,
        kernel_size: int | tuple[int, int],
        stride: int = 1,
        padding: str | int = "valid",
        bias: bool = True,  # noqa: FBT001, FBT002 - the lab's signature
        kernel_initializer: Callable[[tuple[int, ...]], Array] = np.ones,
        bias_initializer: Callable[[tuple[int, ...]], Array] = np.zeros,
        *,
        wrong: str = "",
    ) -> None:
        kH, kW = (kernel_size,) * 2 if isinstance(kernel_size, int) else kernel_size
        self.wrong = wrong
        self.stride = stride
        rule = wrong if wrong == "extra_at_the_start" else ""
        if wrong == "accepts_same_with_stride":
            rule = "accepts_anything"
        self.pads: Pads = _pads(padding, (kH, kW), stride, wrong=rule)
        shape = (filters, in_channels, kH, kW)
        if wrong == "swaps_kernel_channels":
            shape = (in_channels, filters, kH, kW)
        elif wrong == "kernel_channels_last":
            shape = (kH, kW, in_channels, filters)
        elif wrong == "assumes_square_kernel":
            shape = (filters, in_channels, kH, kH)
        self.kernel = kernel_initializer(shape)
        if wrong == "ignores_kernel_initializer":
            self.kernel = np.zeros(shape)
        keeps = bias or wrong in ("bias_despite_false", "returns_db_without_bias")
        self.bias = bias_initializer((filters,)) if keeps else None
        if wrong == "one_bias_for_all" and bias:
            self.bias = bias_initializer((1,))
        elif wrong == "zeros_for_no_bias" and not bias:
            self.bias = np.zeros(filters)
        self.sums: list[Array] = []
        self.x: Array | None = None

    def _windows(self, X: Array) -> tuple[Array, int, Array]:
        """Return the padded X, the stride, and the kernel, as the mistake has them."""
        wrong = self.wrong
        pads = ((0, 0), (0, 0)) if wrong == "ignores_padding" else self.pads
        stride = 1 if wrong == "hard_codes_stride_one" else self.stride
        kernel = self.kernel
        if wrong == "flips_filter":
            kernel = kernel[:, :, ::-1, ::-1]
        elif wrong == "swaps_kernel_channels":
            kernel = np.swapaxes(kernel, 0, 1)
        elif wrong == "kernel_channels_last":
            kernel = kernel.transpose(3, 2, 0, 1)
        elif wrong == "transposes_filter":
            kernel = np.swapaxes(kernel, 2, 3)
        elif wrong == "same_filter_for_all":
            kernel = np.broadcast_to(kernel[:1], kernel.shape)
        elif wrong == "last_filter_everywhere":
            kernel = np.broadcast_to(kernel[-1:], kernel.shape)
        return np.pad(X, ((0, 0), (0, 0), *pads)), stride, kernel

    def forward(self, X: Array) -> Array:
        wrong = self.wrong
        X_pad, stride, kernel = self._windows(X)
        self.x = X if wrong != "keeps_first_input" or self.x is None else self.x
        kH, kW = kernel.shape[2:]
        extra = stride - 1 if wrong == "rounds_up" else 0
        lost = 1 if wrong == "forgets_plus_one" else 0
        spans = zip(X_pad.shape[2:], (kH, kW), strict=True)
        n_H, n_W = ((n - k + extra) // stride + 1 - lost for n, k in spans)
        if wrong == "assumes_square_image":
            n_W = n_H
        move = 1 if wrong == "ignores_stride_in_windows" else stride
        out = np.zeros((len(X), len(kernel), n_H, n_W))
        for h in range(n_H):
            for w in range(n_W):
                window = X_pad[:, :, h * move : h * move + kH, w * move : w * move + kW]
                used = kernel[:, :, : window.shape[2], : window.shape[3]]
                window = window[:, :, : used.shape[2], : used.shape[3]]
                if wrong == "first_channel_only":
                    window, used = window[:, :1], used[:, :1]
                out[:, :, h, w] = np.einsum("mcij,fcij->mf", window, used)
        if self.bias is not None and wrong != "forgets_bias":
            times = X.shape[1] if wrong == "adds_bias_per_channel" else 1
            out += times * self.bias[:, None, None]
        if wrong == "averages":
            out /= kernel[0].size
        elif wrong == "first_image_only":
            out[1:] = 0
        return out.transpose(0, 2, 3, 1) if wrong == "channels_last" else out

    def backward(self, dO: Array) -> tuple[Array, ...]:
        wrong = self.wrong
        assert self.x is not None  # noqa: S101 - for the type checker: forward came first
        X = self.x
        dF, dX_pad = self._scatter(X, dO)
        db = dO.sum((0, 2, 3))
        if wrong == "mixes_filters":
            dF = np.broadcast_to(dF.sum(0), dF.shape)
        elif wrong == "divides_by_m":
            dF, db = dF / len(X), db / len(X)
        elif wrong == "averages_db":
            db = dO.mean((0, 2, 3))
        elif wrong == "sums_db_over_the_batch_only":
            db = dO.sum(0)
        elif wrong == "db_like_lab_1":
            db = db.reshape(1, 1, 1, -1)
        elif wrong == "forgets_db":
            db = np.zeros_like(db)
        elif wrong == "swaps_dF_channels":
            dF = np.swapaxes(dF, 0, 1)
        dX = self._crop(X, dX_pad, dO)
        if wrong == "accumulates_over_calls":
            self.sums.append(dF)
            dF = np.sum(self.sums, axis=0)
        if self.bias is None:
            return (dX, dF) if wrong == "dX_first" else (dF, dX)
        return (dX, dF, db) if wrong == "dX_first" else (dF, db, dX)

    def _scatter(self, X: Array, dO: Array) -> tuple[Array, Array]:
        """Return dF, and dX with its padding."""
        wrong = self.wrong
        X_pad, stride, kernel = self._windows(X)
        if wrong == "rotates_kernel":
            kernel = kernel[:, :, ::-1, ::-1]
        elif wrong == "spreads_the_same_filter":
            kernel = np.broadcast_to(kernel[:1], kernel.shape)
        step_F = 1 if wrong in ("ignores_stride", "ignores_stride_in_dF") else stride
        step_X = 1 if wrong in ("ignores_stride", "ignores_stride_in_dX") else stride
        seen = X if wrong == "unpadded_windows" else X_pad
        dF, dX_pad = np.zeros(kernel.shape), np.zeros(X_pad.shape)
        kH, kW = kernel.shape[2:]
        for h in range(dO.shape[2]):
            for w in range(dO.shape[3]):
                g = dO[:, :, h, w]
                window = seen[:, :, h * step_F : h * step_F + kH, w * step_F : w * step_F + kW]
                if wrong == "last_image_only":
                    window = window * (np.arange(len(X)) == len(X) - 1)[:, None, None, None]
                part = dF[:, :, : window.shape[2], : window.shape[3]]
                products = np.einsum("mf,mcij->fcij", g, window)
                part[...] = products + (0 if wrong == "assigns_dF" else part)
                target = dX_pad[:, :, h * step_X : h * step_X + kH, w * step_X : w * step_X + kW]
                share = np.einsum("mf,fcij->mcij", g, kernel)
                target[...] = share + (0 if wrong == "assigns_dX" else target)
        return dF, dX_pad

    def _crop(self, X: Array, dX_pad: Array, dO: Array) -> Array:
        """Return dX without its padding."""
        wrong = self.wrong
        (top, bottom), (left, right) = self.pads
        n_H, n_W = X.shape[2:]
        if wrong == "never_crops":
            return dX_pad
        if wrong == "crops_from_the_corner":
            return dX_pad[:, :, :n_H, :n_W]
        if wrong == "crops_with_minus_pad":
            return dX_pad[:, :, top:-bottom, left:-right]
        if wrong == "crops_the_same_on_both_sides":
            height, width = dX_pad.shape[2:]
            return dX_pad[:, :, top : height - top, left : width - left]
        if wrong == "forgets_the_remainder":
            kernel = self.kernel.shape[2:]
            height, width = (
                (n - 1) * self.stride + k for n, k in zip(dO.shape[2:], kernel, strict=True)
            )
            return dX_pad[:, :, top : height - bottom, left : width - right]
        return dX_pad[:, :, top : top + n_H, left : left + n_W]


def _conv(name: str, hint: str) -> Mistake:
    return Mistake(name, partial(_Conv2D, wrong=name), hint)


CONV2D = (
    _conv("forgets_bias", "falta sumar el bias de cada filtro"),
    _conv(
        "adds_bias_per_channel",
        "el bias entró una vez por canal de entrada: se suma una sola vez, después de sumar los "
        "productos de todos los canales",
    ),
    _conv(
        "bias_despite_false",
        "con bias=False la capa no lleva bias: self.bias es None y forward no suma nada",
    ),
    _conv(
        "zeros_for_no_bias",
        "con bias=False guarda None en self.bias, como torch: un bias de ceros se podría entrenar",
    ),
    _conv(
        "one_bias_for_all", "hay un bias por filtro: bias_initializer recibe la forma (filters,)"
    ),
    _conv(
        "ignores_kernel_initializer",
        "self.kernel no salió de kernel_initializer: llámalo con la forma del kernel",
    ),
    _conv(
        "swaps_kernel_channels",
        "la forma del kernel lleva primero los filtros: (filters, in_channels, kH, kW)",
    ),
    _conv(
        "kernel_channels_last",
        "esa forma es la del laboratorio 1: aquí el kernel es (filters, in_channels, kH, kW), "
        "como en torch",
    ),
    _conv(
        "flips_filter",
        "volteaste el filtro: en forward se usa tal cual (correlación cruzada); el giro aparece en "
        "backward, y solo para dX",
    ),
    _conv(
        "transposes_filter", "transpusiste el filtro: sus ejes son (fila, columna), como la ventana"
    ),
    _conv(
        "hard_codes_stride_one",
        "no usaste stride: el tamaño de la salida y el comienzo de cada ventana dependen de él",
    ),
    _conv(
        "ignores_stride_in_windows",
        "la salida tiene el tamaño correcto, pero las ventanas avanzan de 1 en 1: la ventana (h, "
        "w) empieza en (h * stride, w * stride)",
    ),
    _conv(
        "ignores_padding",
        "no rellenaste la imagen: aplica np.pad con los pares de resolve_padding antes de "
        "deslizar las ventanas",
    ),
    _conv(
        "extra_at_the_start",
        "con un filtro par, la fila y la columna de ceros que sobran van al final, como en torch",
    ),
    _conv(
        "assumes_square_kernel",
        "usaste el alto del filtro también como ancho: kernel_size puede ser un par (kH, kW)",
    ),
    _conv(
        "assumes_square_image",
        "usaste el alto de la salida también como ancho: el ancho se calcula con el ancho de la "
        "imagen",
    ),
    _conv(
        "rounds_up",
        "redondeaste hacia arriba el tamaño de la salida: las ventanas que no caben enteras se "
        "descartan (división entera, //)",
    ),
    _conv("forgets_plus_one", "la salida es una fila y una columna más chica: falta el + 1"),
    _conv(
        "first_channel_only",
        "usaste solo el primer canal: cada filtro suma los productos de todos los canales de "
        "entrada",
    ),
    _conv("same_filter_for_all", "todos los canales de salida usan el filtro 0"),
    _conv(
        "last_filter_everywhere",
        "todos los canales de salida quedaron con el resultado del último filtro: asigna a "
        "O[:, f, h, w], no a O[:, :, h, w]",
    ),
    _conv("first_image_only", "solo se calculó la primera imagen del lote"),
    _conv("averages", "promediaste los productos: se suman"),
    _conv(
        "channels_last",
        "los canales quedaron al final: aquí la salida es (m, filters, n_H, n_W), como en torch",
    ),
    _conv(
        "accepts_same_with_stride",
        'padding="same" con stride distinto de 1 se rechaza al construir la capa: llama a '
        "resolve_padding en __init__ y deja pasar su ValueError",
    ),
)

CONV2D_BACKWARD = (
    _conv(
        "ignores_stride",
        "hiciste el backward con stride 1: entre un gradiente y el siguiente hay stride píxeles. O "
        "repartes en las mismas ventanas de forward, o dilatas dO antes de convolucionar",
    ),
    _conv(
        "ignores_stride_in_dF",
        "dF se calculó con ventanas de 1 en 1: son las mismas de forward, que empiezan en h * "
        "stride",
    ),
    _conv(
        "ignores_stride_in_dX",
        "dX se repartió de 1 en 1: cada dO[h, w] cae en la ventana que empieza en h * stride",
    ),
    _conv(
        "rotates_kernel",
        "el filtro quedó al revés en dX: si repartes ventana por ventana va tal cual; si lo "
        "escribes como convolución de dO, va girado 180°",
    ),
    _conv(
        "assigns_dX",
        "en dX asignas donde hay que acumular: un píxel está en varias ventanas y sus gradientes "
        "se suman (+=)",
    ),
    _conv(
        "assigns_dF",
        "en dF asignas donde hay que acumular: cada peso se usa en todas las ventanas y sus "
        "gradientes se suman (+=)",
    ),
    _conv(
        "mixes_filters",
        "todos los filtros recibieron el mismo gradiente: a dF[f] le toca solo dO[:, f], no la "
        "suma de todos los canales de dO",
    ),
    _conv(
        "spreads_the_same_filter",
        "para dX usaste el filtro 0 en todos los canales de dO: con dO[:, f] va kernel[f]",
    ),
    _conv(
        "assumes_square_kernel",
        "usaste el alto del filtro también como ancho: kernel_size puede ser un par (kH, kW)",
    ),
    _conv("last_image_only", "dF solo cuenta la última imagen: se suma sobre todo el lote"),
    _conv(
        "never_crops",
        "dX todavía trae el padding: recórtalo para que tenga la forma de X",
    ),
    _conv(
        "crops_with_minus_pad",
        "con 0 ceros de relleno, x[0:-0] está vacío: escribe el final del corte como top + n_H y "
        "left + n_W",
    ),
    _conv(
        "crops_from_the_corner",
        "recortaste dX desde la esquina: empieza después del padding, en (top, left)",
    ),
    _conv(
        "crops_the_same_on_both_sides",
        'recortaste lo mismo de los dos lados: con "same" y un filtro par, al final hay un cero '
        "más",
    ),
    _conv(
        "forgets_the_remainder",
        "a dX le faltan los bordes que ninguna ventana alcanzó: tiene la forma de X, con 0 allí",
    ),
    _conv(
        "unpadded_windows",
        "para dF cortaste las ventanas de X sin padding: son las de la imagen rellena, como en "
        "forward",
    ),
    _conv(
        "divides_by_m",
        "dividiste dF y db entre m: backward suma, y el 1/m ya viene dentro de dO, desde el costo",
    ),
    _conv("averages_db", "promediaste dO para db: el gradiente del bias es la suma"),
    _conv(
        "sums_db_over_the_batch_only",
        "sumaste dO solo sobre el lote: el bias también se usa en cada posición, así que suma "
        "además el alto y el ancho, axis=(0, 2, 3)",
    ),
    _conv("db_like_lab_1", "db tiene la forma de bias, (filters,), no (1, 1, 1, filters)"),
    _conv("forgets_db", "db quedó en ceros: es la suma de dO"),
    _conv("swaps_dF_channels", "dF tiene la forma del kernel: (filters, in_channels, kH, kW)"),
    _conv(
        "dX_first",
        "devolviste los gradientes en otro orden: primero dF, luego db (si hay bias) y al final dX",
    ),
    _conv("returns_db_without_bias", "con bias=False no hay db: backward devuelve solo dF y dX"),
    _conv(
        "accumulates_over_calls",
        "dF todavía trae la llamada anterior: cada backward empieza de cero",
    ),
    _conv(
        "keeps_first_input",
        "backward usó la entrada de una llamada anterior: forward guarda cada vez la suya",
    ),
)


def _dilate(dO: Array, stride: int, *, wrong: str) -> Array:
    if wrong == "repeats_values":
        return dO.repeat(stride, axis=2).repeat(stride, axis=3)
    if wrong == "returns_input":
        return dO
    gap = stride + 1 if wrong == "stride_zeros_between" else stride
    m, n_C, n_H, n_W = dO.shape
    steps = [gap, gap]
    if wrong == "rows_only":
        steps[1] = 1
    elif wrong == "columns_only":
        steps[0] = 1
    shape = [(n - 1) * step + 1 for n, step in zip((n_H, n_W), steps, strict=True)]
    if wrong == "zeros_after_the_last":
        shape = [n_H * gap, n_W * gap]
    dilated = np.zeros((m, n_C, *shape))
    dilated[:, :, :: steps[0], :: steps[1]] = dO
    if wrong == "zeros_around":
        dilated = np.pad(dilated, ((0, 0), (0, 0), (1, 1), (1, 1)))
    return dilated


def _dilation(name: str, hint: str) -> Mistake:
    return Mistake(name, partial(_dilate, wrong=name), hint)


DILATE = (
    _dilation(
        "zeros_after_the_last",
        "pusiste ceros también después del último: solo van entre vecinos, y el tamaño es "
        "(n - 1) * stride + 1",
    ),
    _dilation("stride_zeros_between", "entre dos vecinos van stride - 1 ceros, y pusiste stride"),
    _dilation("repeats_values", "repetiste los valores: entre uno y otro van ceros"),
    _dilation("zeros_around", "los ceros van entre los valores, no alrededor"),
    _dilation("rows_only", "separaste las filas y faltan las columnas"),
    _dilation("columns_only", "separaste las columnas y faltan las filas"),
    _dilation("returns_input", "devolviste dO sin ceros entre sus valores"),
)


class _ReLU:
    def __init__(self, *, wrong: str) -> None:
        self.wrong = wrong

    def forward(self, X: Array) -> Array:
        self.X = X
        wrong = self.wrong
        if wrong == "absolute_value":
            return np.abs(X)
        if wrong == "keeps_negatives":
            return np.minimum(X, 0)
        if wrong == "zero_or_one":
            return (X > 0).astype(float)
        return np.maximum(X, 0.1 * X if wrong == "leaks" else 0)

    def backward(self, dO: Array) -> Any:
        wrong = self.wrong
        positive = self.X > 0
        if wrong == "derivative_one_everywhere":
            return dO.copy()
        if wrong == "looks_at_dO":
            return np.where(dO > 0, dO, 0.0)
        if wrong == "forgets_dO":
            return positive.astype(float)
        if wrong == "multiplies_by_output":
            return dO * np.maximum(self.X, 0)
        if wrong == "one_at_zero":
            return dO * (self.X >= 0)
        if wrong == "returns_a_tuple":
            return (dO * positive,)
        return dO * positive


def _relu(name: str, hint: str) -> Mistake:
    return Mistake(name, partial(_ReLU, wrong=name), hint)


RELU = (
    _relu("leaks", "dejaste pasar una parte de los negativos: ReLU los vuelve 0"),
    _relu("absolute_value", "tomaste el valor absoluto: ReLU vuelve 0 los negativos"),
    _relu("keeps_negatives", "te quedaste con los negativos: es el máximo entre X y 0"),
    _relu("zero_or_one", "devolviste 0 o 1: donde X es positivo pasa X, no un 1"),
    _relu(
        "derivative_one_everywhere",
        "dejaste pasar todo el gradiente: donde X no fue positivo la derivada es 0",
    ),
    _relu(
        "looks_at_dO",
        "miraste el signo de dO: la máscara sale de X, la entrada que guardó forward",
    ),
    _relu(
        "forgets_dO", "devolviste la derivada sola: por la regla de la cadena se multiplica por dO"
    ),
    _relu(
        "multiplies_by_output",
        "multiplicaste dO por la salida: se multiplica por la derivada, que es 1 donde X > 0",
    ),
    _relu("one_at_zero", "en X = 0 torch toma la derivada 0: la máscara es X > 0, no X >= 0"),
    _relu("returns_a_tuple", "una capa sin parámetros devuelve dX solo, sin meterlo en una tupla"),
)


class _MaxPool2D:
    def __init__(self, pool_size: int, stride: int | None = None, *, wrong: str = "") -> None:
        self.wrong = wrong
        self.pool_size = pool_size
        self.stride = stride or pool_size
        if wrong == "stride_one":
            self.stride = stride or 1
        elif wrong == "stride_is_pool_size":
            self.stride = pool_size

    def _size(self, X: Array) -> tuple[int, int]:
        extra = self.stride - 1 if self.wrong == "rounds_up" else 0
        n_H, n_W = ((n - self.pool_size + extra) // self.stride + 1 for n in X.shape[2:])
        return n_H, n_H if self.wrong == "assumes_square_image" else n_W

    def _spans(self, size: tuple[int, ...]) -> Iterator[tuple[int, int, slice, slice]]:
        p, s = self.pool_size, self.stride
        for h, w in np.ndindex(*size):
            yield h, w, slice(h * s, h * s + p), slice(w * s, w * s + p)

    def forward(self, X: Array) -> Array:
        self.X = X
        size = self._size(X)
        out = np.zeros((*X.shape[:2], *size))
        for h, w, rows, columns in self._spans(size):
            window = X[:, :, rows, columns]
            if self.wrong == "averages":
                out[:, :, h, w] = window.mean((2, 3))
            elif self.wrong == "takes_the_minimum":
                out[:, :, h, w] = window.min((2, 3))
            elif self.wrong == "largest_size":
                out[:, :, h, w] = np.abs(window).max((2, 3))
            elif self.wrong == "mixes_channels":
                out[:, :, h, w] = window.max((1, 2, 3))[:, None]
            elif window.size:
                out[:, :, h, w] = window.max((2, 3))
        return out

    def backward(self, dO: Array) -> Array:
        wrong = self.wrong
        dX = np.zeros(self.X.shape)
        for h, w, rows, columns in self._spans(dO.shape[2:]):
            window = self.X[:, :, rows, columns]
            if not window.size:
                continue
            g = dO[:, :, h, w][:, :, None, None]
            if wrong == "averages":
                share = np.broadcast_to(g / window[0, 0].size, window.shape)
            elif wrong == "spreads_to_all":
                share = np.broadcast_to(g, window.shape)
            else:
                share = self._mask(window) * g
            dX[:, :, rows, columns] = share + (0 if wrong == "assigns" else dX[:, :, rows, columns])
        if wrong == "forgets_the_remainder":
            height, width = ((n - 1) * self.stride + self.pool_size for n in dO.shape[2:])
            dX = dX[:, :, :height, :width]
        return dX

    def _mask(self, window: Array) -> Array:
        """Tell where the gradient of each window goes."""
        wrong = self.wrong
        flat = window.reshape(*window.shape[:2], -1)
        if wrong == "takes_the_minimum":
            flat = -flat
        elif wrong == "largest_size":
            flat = np.abs(flat)
        largest = flat == flat.max(-1, keepdims=True)
        if wrong == "shares_ties":
            largest = largest / largest.sum(-1, keepdims=True)
        elif wrong == "last_of_a_tie":
            largest = largest & (np.cumsum(largest[..., ::-1], -1)[..., ::-1] == 1)
        elif wrong != "all_of_a_tie":
            largest = largest & (np.cumsum(largest, -1) == 1)
        return np.asarray(largest.reshape(window.shape))


def _pool(name: str, hint: str) -> Mistake:
    return Mistake(name, partial(_MaxPool2D, wrong=name), hint)


MAX_POOL2D = (
    _pool("averages", "promediaste la ventana: es el máximo"),
    _pool("takes_the_minimum", "tomaste el mínimo de la ventana: es el máximo"),
    _pool("largest_size", "tomaste el mayor valor absoluto: es el máximo, con su signo"),
    _pool("mixes_channels", "mezclaste los canales: el máximo se toma en cada canal por separado"),
    _pool("stride_one", "sin stride las ventanas no se traslapan: stride vale pool_size"),
    _pool(
        "stride_is_pool_size",
        "usaste pool_size como stride aunque la capa recibió otro: usa stride",
    ),
    _pool(
        "assumes_square_image",
        "usaste el alto de la salida también como ancho: el ancho se calcula con el ancho de la "
        "imagen",
    ),
    _pool(
        "rounds_up",
        "redondeaste hacia arriba el tamaño de la salida: las ventanas que no caben enteras se "
        "descartan",
    ),
    _pool(
        "assigns",
        "en dX asignas donde hay que acumular: con ventanas que se traslapan un píxel puede ser el "
        "máximo de varias (+=)",
    ),
    _pool(
        "spreads_to_all",
        "repartiste el gradiente a toda la ventana: es todo para el píxel que fue el máximo",
    ),
    _pool(
        "forgets_the_remainder",
        "a dX le faltan los bordes que ninguna ventana alcanzó: tiene la forma de X, con 0 allí",
    ),
    _pool(
        "all_of_a_tie",
        "en un empate le diste el gradiente entero a cada máximo: torch se lo da solo al primero "
        "(np.argmax)",
    ),
    _pool(
        "shares_ties",
        "en un empate repartiste el gradiente: torch se lo da todo al primero (np.argmax)",
    ),
    _pool("last_of_a_tie", "en un empate gana el primero de la ventana, no el último"),
)


class _Flatten:
    def __init__(self, *, wrong: str) -> None:
        self.wrong = wrong

    def forward(self, X: Array) -> Array:
        self.X = X
        if self.wrong == "flattens_the_batch":
            return X.ravel()
        if self.wrong == "channels_last":
            return X.transpose(0, 2, 3, 1).reshape(len(X), -1)
        if self.wrong == "by_columns":
            return X.reshape(len(X), -1, order="F")
        if self.wrong == "one_column_per_image":
            return X.reshape(len(X), -1).T
        return X.reshape(len(X), -1)

    def backward(self, dO: Array) -> Any:
        shape = self.X.shape
        if self.wrong == "returns_dO":
            return dO.copy()
        if self.wrong == "by_columns":
            return dO.reshape(shape, order="F")
        if self.wrong == "channels_last":
            m, n_C, n_H, n_W = shape
            return dO.reshape(m, n_H, n_W, n_C).transpose(0, 3, 1, 2)
        if self.wrong == "returns_a_tuple":
            return (dO.reshape(shape),)
        return dO.reshape(shape)


def _flatten(name: str, hint: str) -> Mistake:
    return Mistake(name, partial(_Flatten, wrong=name), hint)


FLATTEN = (
    _flatten("flattens_the_batch", "aplanaste también el lote: queda una fila por imagen, (m, n)"),
    _flatten("one_column_per_image", "quedó una columna por imagen: es una fila, (m, n)"),
    _flatten(
        "by_columns", "los valores quedaron en otro orden: reshape en el orden de siempre, el de C"
    ),
    _flatten(
        "channels_last",
        "moviste los canales al final antes de aplanar: se aplana tal cual, canal por canal",
    ),
    _flatten("returns_dO", "backward le devuelve al gradiente la forma de X"),
    _flatten(
        "returns_a_tuple", "una capa sin parámetros devuelve dX solo, sin meterlo en una tupla"
    ),
)


class _Linear:
    def __init__(
        self,
        in_features: int,
        out_features: int,
        weight_initializer: Callable[[tuple[int, ...]], Array] = np.ones,
        bias_initializer: Callable[[tuple[int, ...]], Array] = np.zeros,
        *,
        wrong: str = "",
    ) -> None:
        self.wrong = wrong
        shape = (out_features, in_features)
        self.weight = weight_initializer(shape)
        if wrong == "weight_as_in_by_out":
            self.weight = weight_initializer(shape[::-1]).T
        self.bias = bias_initializer((out_features,))

    def forward(self, X: Array) -> Array:
        self.X = X
        if self.wrong == "forgets_bias":
            return np.asarray(X @ self.weight.T)
        if self.wrong == "one_column_per_image":
            return np.asarray((X @ self.weight.T + self.bias).T)
        return np.asarray(X @ self.weight.T + self.bias)

    def backward(self, dO: Array) -> tuple[Array, ...]:
        wrong = self.wrong
        m = len(dO)
        dW, db, dX = dO.T @ self.X, dO.sum(0), dO @ self.weight
        if wrong in ("weight_as_in_by_out", "transposes_dW"):
            dW = dW.T
        elif wrong == "divides_by_m":
            dW, db = dW / m, db / m
        elif wrong == "averages_db":
            db = db / m
        elif wrong == "forgets_db_sum":
            db = dO
        elif wrong == "keeps_db_axis":
            db = db[None]
        elif wrong == "dX_first":
            return dX, dW, db
        return dW, db, dX


def _linear(name: str, hint: str) -> Mistake:
    return Mistake(name, partial(_Linear, wrong=name), hint)


LINEAR = (
    _linear("forgets_bias", "falta sumar el bias"),
    _linear("one_column_per_image", "la salida lleva una fila por imagen: (m, out_features)"),
    _linear(
        "weight_as_in_by_out",
        "weight es (out_features, in_features), como en torch, y la salida es X @ weight.T + bias",
    ),
    _linear("transposes_dW", "dW quedó transpuesta: tiene la forma de weight, y es dO.T @ X"),
    _linear("divides_by_m", "dividiste entre m: backward suma sobre el lote"),
    _linear("averages_db", "promediaste dO para db: el gradiente del bias es la suma"),
    _linear("forgets_db_sum", "a db le falta sumar sobre el lote: dO.sum(axis=0)"),
    _linear("keeps_db_axis", "db quedó con un eje de más: tiene la forma de bias, (out_features,)"),
    _linear("dX_first", "primero van los gradientes de los parámetros, dW y db, y al final dX"),
)


class _Sequential:
    def __init__(self, *layers: Any, wrong: str = "") -> None:
        self.layers = layers
        self.wrong = wrong

    def forward(self, X: Array) -> Array:
        layers = self.layers
        if self.wrong == "forward_from_the_end":
            layers = layers[::-1]
        elif self.wrong == "skips_the_last":
            layers = layers[:-1]
        out = X
        for layer in layers:
            result = layer.forward(X if self.wrong == "feeds_every_layer_X" else out)
            out = np.asarray(result)
        return out

    def backward(self, dO: Array) -> Any:
        wrong = self.wrong
        forwards = wrong == "backward_from_the_start"
        gradients = []
        dX = dO
        layers = self.layers[:-1] if wrong == "skips_the_last" else self.layers
        for layer in layers if forwards else layers[::-1]:
            result = layer.backward(dO if wrong == "feeds_every_layer_dO" else dX)
            parts = result if isinstance(result, tuple) else (result,)
            dX = parts[-1]
            gradients.append(parts if wrong == "keeps_dX_with_the_parameters" else parts[:-1])
        if not forwards and wrong != "gradients_from_the_end":
            gradients.reverse()
        if wrong == "only_layers_with_parameters":
            gradients = [part for part in gradients if part]
        if wrong == "one_flat_list":
            gradients = [array for part in gradients for array in part]
        if wrong == "returns_dX_alone":
            return dX
        return (dX, gradients) if wrong == "dX_first" else (gradients, dX)


def _sequential(name: str, hint: str) -> Mistake:
    return Mistake(name, partial(_Sequential, wrong=name), hint)


SEQUENTIAL = (
    _sequential("forward_from_the_end", "forward recorre las capas en su orden, desde la primera"),
    _sequential("skips_the_last", "falta la última capa: recórrelas todas"),
    _sequential(
        "feeds_every_layer_X", "cada capa recibe la salida de la anterior, no la X del comienzo"
    ),
    _sequential(
        "backward_from_the_start",
        "backward recorre las capas al revés: el gradiente llega por la última",
    ),
    _sequential(
        "feeds_every_layer_dO",
        "cada capa recibe el dX que devolvió la que le sigue, no el dO del comienzo",
    ),
    _sequential(
        "gradients_from_the_end",
        "gradients quedó de atrás hacia adelante: va en el orden de las capas",
    ),
    _sequential(
        "keeps_dX_with_the_parameters",
        "en gradients van solo los parámetros: saca de la tupla el último, que es dX",
    ),
    _sequential(
        "only_layers_with_parameters",
        "gradients tiene una entrada por capa: a la que no tiene parámetros le toca ()",
    ),
    _sequential(
        "one_flat_list", "gradients es una lista de tuplas, una por capa, no una lista de arrays"
    ),
    _sequential("dX_first", "devolviste (dX, gradients): es (gradients, dX)"),
    _sequential("returns_dX_alone", "backward devuelve dos cosas: (gradients, dX)"),
)


def _cnn(
    kernel: Array,
    kernel_bias: Array,
    weight: Array,
    weight_bias: Array,
    stride: int = 1,
    padding: str | int = "valid",
    pool_size: int = 2,
    *,
    wrong: str,
) -> _Sequential:
    def constant(array: Array) -> Callable[[tuple[int, ...]], Array]:
        return lambda shape: np.resize(array, shape)

    filters, in_channels, kH, kW = kernel.shape
    conv = _Conv2D(
        in_channels,
        filters,
        (kH, kW),
        stride=1 if wrong == "ignores_stride" else stride,
        padding="valid" if wrong == "ignores_padding" else padding,
        kernel_initializer=constant(kernel),
        bias_initializer=np.zeros if wrong == "forgets_kernel_bias" else constant(kernel_bias),
    )
    classes, features = weight.shape
    linear = _Linear(
        features,
        classes,
        weight_initializer=constant(weight),
        bias_initializer=np.zeros if wrong == "forgets_weight_bias" else constant(weight_bias),
    )
    pool = _MaxPool2D(
        2 if wrong == "fixed_pool_size" else pool_size,
        wrong="averages" if wrong == "average_pooling" else "",
    )
    relu, flatten = _ReLU(wrong=""), _Flatten(wrong="")
    if wrong == "forgets_relu":
        return _Sequential(conv, pool, flatten, linear)
    if wrong == "relu_before_conv":
        return _Sequential(relu, conv, pool, flatten, linear)
    if wrong == "relu_at_the_end":
        return _Sequential(conv, relu, pool, flatten, linear, _ReLU(wrong=""))
    return _Sequential(conv, relu, pool, flatten, linear)


def _network(name: str, hint: str) -> Mistake:
    return Mistake(name, partial(_cnn, wrong=name), hint)


BUILD_CNN = (
    _network("forgets_relu", "falta la ReLU después de Conv2D"),
    _network("relu_before_conv", "la ReLU va después de Conv2D, no antes"),
    _network(
        "relu_at_the_end",
        "sobra una ReLU al final: la salida de Linear son los puntajes y pueden ser negativos",
    ),
    _network("average_pooling", "el pooling es de máximo: usa tu MaxPool2D"),
    _network("ignores_stride", "no le pasaste stride a Conv2D"),
    _network("ignores_padding", "no le pasaste padding a Conv2D"),
    _network("fixed_pool_size", "no le pasaste pool_size a MaxPool2D"),
    _network(
        "forgets_kernel_bias", "no le diste kernel_bias a Conv2D: pásalo con bias_initializer"
    ),
    _network(
        "forgets_weight_bias", "no le diste weight_bias a Linear: pásalo con bias_initializer"
    ),
)

MISTAKES = {
    "resolve_padding": RESOLVE_PADDING,
    "Conv2D": CONV2D,
    "dilate": DILATE,
    "Conv2D_backward": CONV2D_BACKWARD,
    "ReLU": RELU,
    "MaxPool2D": MAX_POOL2D,
    "Flatten": FLATTEN,
    "Linear": LINEAR,
    "Sequential": SEQUENTIAL,
    "build_cnn": BUILD_CNN,
}
