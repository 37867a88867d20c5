"""Where each value of an output comes from: a window that slides, and what several layers see.

Both draw SVG, which moves by CSS alone: it needs no network and no script, and stays still for who
asked for less motion, in print, and in a program that knows no CSS. What is drawn is given: nothing
here works out what a window gives. The alternative text says the same in words.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.figures import INK, LINES, image_tag, short
from grader.words import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import ArrayLike

    Array = np.ndarray[Any, Any]

MOST_WINDOWS = 100
MOST_CELLS = 1600
MOST_SEEN = 500
SECONDS = 1.2
"""How long the window stays at each place."""

WHOLE = 100  # percent
REST = 2
"""Places' time that the whole output stays before it begins anew."""

CELL = 36
GAP = 40
MARGIN = 10
LETTERS = 4
"""Of a number that fits into a cell as it is; a longer one is written smaller."""

SHRINKING = 14 * LETTERS
TITLE = 24
CAPTION = 30
ORANGE = "#ff7f0e"
GREEN = "#2ca02c"
BLUE = "#1f77b4"
FRAME = "#eceff2"
WEIGHT = "#8a3b00"
"""Of the weights in the window: dark enough to be read on its tint."""


@dataclass(frozen=True)
class _Place:
    """A window's place: its output, and where it begins in the image with its frame."""

    h: int
    w: int
    top: int
    left: int


def sliding_window(
    image: ArrayLike,
    window: int | ArrayLike,
    output: ArrayLike,
    *,
    pad: int = 0,
    stride: int = 1,
) -> None:
    """Show how a window slides over an image, and which value of the output comes from where.

    `image` has shape (n_H, n_W). `window` is a square filter of shape (f, f), whose weights then
    stand small in the window, or its side f alone. `output` has shape (n_H_out, n_W_out): what the
    notebook computed, or a figure gives; it is shown value by value. `pad` is the width of the frame
    of zeros, and `stride` the step.

    Raises `ValueError` where a window would leave the image, or there are too many to watch.

    >>> image = [[1, 2, 0], [3, 1, 1], [0, 2, 4]]
    >>> sliding_window(image, [[1, -1], [0, 2]], [[1, 4], [6, 8]])
    <IPython.core.display.HTML object>
    """
    from IPython.display import HTML, display

    moving = _Moving(_matrix(image), _matrix(output), *_side_and_weights(window), pad, stride)
    label = _("Animación: ciérrala para detenerla")
    picture = image_tag(moving.svg().encode(), "svg+xml", moving.alt())
    display(HTML(f"<details open><summary>{html.escape(label)}</summary>{picture}</details>"))


def receptive_field(layers: Sequence[tuple[int, int]]) -> None:
    """Show what one value sees through several layers, on a side: its receptive field.

    `layers` holds (f, stride) of each layer, the one that reads the image first. Each row of the
    figure is what the value above all sees of a layer, and the last row, what it sees of the image.

    >>> receptive_field([(3, 1), (3, 2)])
    <IPython.core.display.HTML object>
    """
    from IPython.display import HTML, display

    display(HTML(image_tag(_tower(layers).encode(), "svg+xml", _tower_alt(layers))))


def seen(layers: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Return what one value sees, from its own layer down to the image: places on a side.

    Raises `ValueError` where there is no layer, one isn't (f, stride), or too much is seen to be drawn.

    >>> [len(places) for places in seen([(3, 1), (3, 1)])]
    [1, 3, 5]
    """
    numbers = np.array(layers, dtype=float).reshape(-1)
    if not numbers.size or (numbers < 1).any():
        sentence = _(
            "receptive_field necesita capas (f, stride), de enteros positivos, y llegó {got}"
        )
        raise ValueError(sentence.format(got=repr(layers)[:99]))
    rows = [[0]]
    for f, stride in reversed(layers):
        if len(rows[-1]) * f > MOST_SEEN:
            sentence = _(
                "se verían más de {most} píxeles, y no caben: usa menos capas o filtros menores"
            )
            raise ValueError(sentence.format(most=MOST_SEEN))
        rows.append(sorted({at * stride + step for at in rows[-1] for step in range(f)}))
    return rows


def _matrix(values: ArrayLike) -> Array:
    matrix = np.asarray(values)
    if matrix.ndim != 2 or matrix.size == 0:  # noqa: PLR2004 - rows and columns
        sentence = _(
            "sliding_window necesita matrices de dos ejes y llegó un array de forma {shape}"
        )
        raise ValueError(sentence.format(shape=matrix.shape))
    return matrix


def _side_and_weights(window: int | ArrayLike) -> tuple[int, Array | None]:
    if np.ndim(window) == 0:
        return int(np.asarray(window)), None
    weights = _matrix(window)
    if weights.shape[0] != weights.shape[1]:
        sentence = _("sliding_window necesita un filtro cuadrado y llegó uno de forma {shape}")
        raise ValueError(sentence.format(shape=weights.shape))
    return weights.shape[0], weights


@dataclass(frozen=True)
class _Moving:
    """One animation: what it is made of, and how it is written."""

    image: Array
    output: Array
    f: int
    weights: Array | None
    pad: int
    stride: int

    def __post_init__(self) -> None:
        """Refuse what can't be watched."""
        if self.stride < 1 or self.pad < 0:
            sentence = _(
                "el stride debe ser 1 o más y llegó {stride}; el pad, 0 o más y llegó {pad}"
            )
            raise ValueError(sentence.format(stride=self.stride, pad=self.pad))
        if self.output.size > MOST_WINDOWS:
            sentence = _(
                "son {n} ventanas y la animación muestra {most} como mucho: usa una imagen más pequeña, "
                "menos pad o más stride"
            )
            raise ValueError(sentence.format(n=self.output.size, most=MOST_WINDOWS))
        rows, columns = self._framed
        if rows * columns > MOST_CELLS:
            sentence = _(
                "la imagen con su marco mide {rows}×{columns}, y la animación muestra {most} píxeles "
                "como mucho: usa una imagen más pequeña o menos pad"
            )
            raise ValueError(sentence.format(rows=rows, columns=columns, most=MOST_CELLS))
        last = self.places[-1]
        if last.top + self.f > rows or last.left + self.f > columns:
            sentence = _(
                "la ventana de la salida [{h}, {w}] empezaría en la fila {top} y la columna {left}, y "
                "con f = {f} se sale de la imagen, que con su marco mide {rows}×{columns}: la salida "
                "es demasiado grande para este stride y este pad"
            )
            about = {**vars(last), "f": self.f, "rows": rows, "columns": columns}
            raise ValueError(sentence.format(**about))

    @property
    def _framed(self) -> tuple[int, int]:
        rows, columns = self.image.shape
        return rows + 2 * self.pad, columns + 2 * self.pad

    @property
    def places(self) -> list[_Place]:
        """The window's places, in the order in which it visits them."""
        rows, columns = self.output.shape
        s = self.stride
        return [_Place(h, w, h * s, w * s) for h in range(rows) for w in range(columns)]

    def alt(self) -> str:
        """Say in words what is seen."""
        sentence = _(
            "Animación. Una ventana de {f}×{f} recorre una imagen de {rows}×{columns}, de {stride} en "
            "{stride} píxeles. Se detiene en {down} filas y {across} columnas, y da: {values}."
        )
        if self.pad:
            sentence = _(
                "Animación. Una ventana de {f}×{f} recorre una imagen de {rows}×{columns} con un marco "
                "de {pad} de ceros, de {stride} en {stride} píxeles. Se detiene en {down} filas y "
                "{across} columnas, y da: {values}."
            )
        return sentence.format(
            f=self.f,
            rows=self.image.shape[0],
            columns=self.image.shape[1],
            pad=self.pad,
            stride=self.stride,
            down=self.output.shape[0],
            across=self.output.shape[1],
            values="; ".join(" ".join(map(short, row)) for row in self.output.tolist()),
        )

    def svg(self) -> str:
        """Write the animation."""
        rows, columns = self._framed
        blocks = [columns, *([self.f] if self.weights is not None else []), self.output.shape[1]]
        tall = max(rows, self.output.shape[0]) * CELL
        top = MARGIN + TITLE
        starts = [MARGIN + sum(blocks[:at]) * CELL + at * GAP for at in range(len(blocks))]
        size = (starts[-1] + blocks[-1] * CELL + MARGIN, top + tall + CAPTION)
        (left, *between, right) = starts
        parts = [*self._image_cells(left, top), *self._window(left, top)]
        if self.weights is not None:
            parts += _titled(_("filtro"), between[0], top, self.f)
            parts += _grid(self.weights, between[0], top)
        parts += [*self._output_cells(right, top), *self._captions(size[0] / 2, top + tall)]
        return _svg(size, self._style(), parts)

    def _image_cells(self, left: float, top: float) -> Iterator[str]:
        rows, columns = self._framed
        title = _("imagen, con pad = {pad}").format(pad=self.pad) if self.pad else _("imagen")
        yield from _titled(title, left, top, columns)
        for row in range(rows):
            for column in range(columns):
                inside = self.pad <= row < rows - self.pad
                inside = inside and self.pad <= column < columns - self.pad
                x, y = left + column * CELL, top + row * CELL
                number = short(self.image[row - self.pad, column - self.pad]) if inside else "0"
                yield _cell(x, y, number, fill="#fff" if inside else FRAME)

    def _window(self, left: float, top: float) -> Iterator[str]:
        parts = [_frame(left, top, self.f, self.f, ORANGE)]
        if self.weights is not None:
            for (row, column), weight in np.ndenumerate(self.weights):
                x, y = left + (column + 1) * CELL - 3, top + (row + 1) * CELL - 4
                parts.append(_tag("text", f"×{short(weight)}", x=x, y=y, class_="weight"))
        yield _tag("g", "".join(parts), class_="at")

    def _output_cells(self, left: float, top: float) -> Iterator[str]:
        yield from _titled(_("salida"), left, top, self.output.shape[1])
        for at, place in enumerate(self.places):
            x, y = left + place.w * CELL, top + place.h * CELL
            yield _cell(x, y, html.escape(short(self.output[place.h, place.w])), name=f"z{at}")
        yield _tag("g", _frame(left, top, 1, 1, GREEN), class_="out")

    def _captions(self, middle: float, bottom: float) -> Iterator[str]:
        sentence = _("salida[{h}, {w}]: filas {top}:{below}, columnas {left}:{right}")
        for at, place in enumerate(self.places):
            ends = {"below": place.top + self.f, "right": place.left + self.f}
            said = sentence.format(**vars(place), **ends)
            yield _tag("text", html.escape(said), x=middle, y=bottom + 21, class_=f"said c{at}")

    def _style(self) -> str:
        """Write what moves, unless less motion is asked for; then all stays at the first place."""
        share = WHOLE / (len(self.places) + REST)
        starts = [round(at * share, 3) for at in range(len(self.places))]
        ends = [*starts[1:], WHOLE]
        leaves = [*(round(end - share / 4, 3) for end in starts[1:]), WHOLE]
        spans = list(zip(self.places, starts, leaves, strict=True))
        slides = [(place.left, place.top, a, b) for place, a, b in spans]
        moves = [(place.w, place.h, a, b) for place, a, b in spans]
        seconds = round((len(self.places) + REST) * SECONDS, 2)
        parts = [
            ".said{opacity:0}.c0{opacity:1}",
            "@media screen and (prefers-reduced-motion:no-preference){",
            f".at,.out,[class^=z],.said{{animation:{seconds}s infinite}}",
            *(_travel("at", slides), _travel("out", moves)),
            *(_seen(f"z{at}", start, WHOLE) for at, start in enumerate(starts)),
            *(_seen(f"c{at}", *span) for at, span in enumerate(zip(starts, ends, strict=True))),
            "}",
        ]
        return "".join(parts)


def _travel(name: str, steps: Iterable[tuple[int, int, float, float]]) -> str:
    """Move what has a name to the right and down, in cells, from one moment to another, in percent."""
    stops = [(f"{x * CELL}px, {y * CELL}px", a, b) for x, y, a, b in steps]
    keys = "".join(f"{a}%,{b}%{{transform:translate({where})}}" for where, a, b in stops)
    return f".{name}{{animation-name:{name}}}@keyframes {name}{{{keys}}}"


def _seen(name: str, start: float, end: float) -> str:
    """Show what has a name from one moment to another, in percent."""
    keys = [f"0%,{start}%{{opacity:0}}"] if start else []
    keys.append(f"{round(start + 0.01, 3) if start else 0}%,{end}%{{opacity:1}}")
    if end < WHOLE:
        keys.append(f"{round(end + 0.01, 3)}%,{WHOLE}%{{opacity:0}}")
    return f".{name}{{animation-name:{name}}}@keyframes {name}{{{''.join(keys)}}}"


def _titled(title: str, left: float, top: float, columns: int) -> list[str]:
    x = left + columns * CELL / 2
    return [_tag("text", html.escape(title), x=x, y=top - 8, class_="title")]


def _grid(matrix: Array, left: float, top: float) -> Iterator[str]:
    for (row, column), value in np.ndenumerate(matrix):
        yield _cell(left + column * CELL, top + row * CELL, short(value))


def _cell(x: float, y: float, text: str, *, fill: str = "#fff", name: str = "") -> str:
    size = f"font-size:{SHRINKING / len(text):.0f}px" if len(text) > LETTERS else ""
    middle: dict[str, Any] = {"x": x + CELL / 2, "y": y + CELL / 2 + 5}
    square = _tag("rect", x=x, y=y, width=CELL, height=CELL, fill=fill, stroke=LINES)
    return square + _tag("text", text, **middle, class_=name, style=size)


def _frame(x: float, y: float, rows: int, columns: int, color: str) -> str:
    size: dict[str, Any] = {"width": columns * CELL, "height": rows * CELL}
    return _tag(
        "rect", x=x, y=y, **size, fill=color, fill_opacity=0.22, stroke=color, stroke_width=3
    )


def _tag(name: str, inside: str = "", **about: Any) -> str:
    """Write an element; an attribute that is empty is left out.

    >>> _tag("rect", x=3, fill_opacity=0.5, class_="z1", style="")
    '<rect x="3" fill-opacity="0.5" class="z1"></rect>'
    """
    given = [f' {_dashed(key)}="{value}"' for key, value in about.items() if value != ""]
    return f"<{name}{''.join(given)}>{inside}</{name}>"


def _dashed(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _svg(size: tuple[float, float], style: str, parts: Iterable[str]) -> str:
    width, height = size
    look = (
        f"text{{font:14px sans-serif;fill:{INK};text-anchor:middle}}"
        f".weight{{font-size:10px;fill:{WEIGHT};text-anchor:end}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><style>{look}{style}</style>'
        f'<rect width="{width}" height="{height}" fill="#fff"/>{"".join(parts)}</svg>'
    )


SMALL = 26
BETWEEN = 62
LABELS = 190


def _tower(layers: Sequence[tuple[int, int]]) -> str:
    """Write the rows of what one value sees, each cell above the middle of its window."""
    rows = seen(layers)
    steps, middles = _steps_and_middles(layers)
    middle = MARGIN + LABELS + len(rows[-1]) * SMALL / 2
    shift = middle - middles[0] * SMALL
    parts, lines = [], []
    for depth, (places, label) in enumerate(zip(rows, _labels(rows), strict=True)):
        y = MARGIN + depth * BETWEEN
        color = GREEN if depth == 0 else ORANGE if depth == len(layers) else BLUE
        parts.append(_tag("text", html.escape(label), x=MARGIN, y=y + 18, class_="label"))
        for at in places:
            x = shift + (at * steps[depth] + middles[depth]) * SMALL
            square: dict[str, Any] = {"x": x - SMALL / 2, "y": y, "width": SMALL, "height": SMALL}
            parts.append(_tag("rect", **square, fill=color, fill_opacity=0.35, stroke=color))
            for below, side in _edges(at, layers, depth):
                end = shift + (below * steps[depth + 1] + middles[depth + 1]) * SMALL
                path = f"M{x + side * SMALL / 2} {y + SMALL}L{end + side * SMALL / 2} {y + BETWEEN}"
                lines.append(_tag("path", d=path, stroke=LINES))
    size = (2 * MARGIN + LABELS + len(rows[-1]) * SMALL, MARGIN * 2 + SMALL + BETWEEN * len(layers))
    return _svg(size, ".label{text-anchor:start}", [*lines, *parts])


def _edges(at: int, layers: Sequence[tuple[int, int]], depth: int) -> list[tuple[int, int]]:
    """Return the first and the last that a value sees of the layer below, and on which side each is."""
    if depth == len(layers):
        return []
    f, stride = layers[-1 - depth]
    return [(at * stride, -1), (at * stride + f - 1, 1)]


def _steps_and_middles(layers: Sequence[tuple[int, int]]) -> tuple[list[int], list[float]]:
    """Return, of each row, how far apart its cells are in pixels, and the middle of its first window."""
    steps, middles = [1], [0.0]
    for f, stride in layers:
        middles.append(middles[-1] + (f - 1) / 2 * steps[-1])
        steps.append(steps[-1] * stride)
    return steps[::-1], middles[::-1]


def _labels(rows: list[list[int]]) -> list[str]:
    return [
        _("imagen: {n} píxeles").format(n=len(places))
        if depth == len(rows) - 1
        else ngettext("capa {layer}: {n} valor", "capa {layer}: {n} valores", len(places)).format(
            layer=len(rows) - 1 - depth, n=len(places)
        )
        for depth, places in enumerate(rows)
    ]


def _tower_alt(layers: Sequence[tuple[int, int]]) -> str:
    sentence = _(
        "Lo que ve un solo valor, por lado. {rows}. Filtros, de la imagen hacia arriba: {layers}."
    )
    return sentence.format(
        rows="; ".join(_labels(seen(layers))),
        layers=", ".join(_("f = {f} y stride {s}").format(f=f, s=s) for f, s in layers),
    )
