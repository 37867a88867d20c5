"""Where two arrays differ, as a small picture and in words.

The picture has a map of height × width for each image and channel, the worst first. It shows places
and never a value, so that graded feedback can show it too.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.comparison import differing
from grader.fingerprints import LARGEST
from grader.observation import Tensor
from grader.session import Panel
from grader.words import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.comparison import Output
    from grader.observation import Value

    Mask = np.ndarray[Any, np.dtype[np.bool_]]

_REAL_KINDS = "biuf"


def panels(
    expected: Value, got: Value, output: Output, *, single: bool = False
) -> tuple[Panel, ...]:
    """Return where two arrays of one shape differ, as a panel; none where there is nothing to show.

    `output` names them and their axes; `single` says that float32 inputs were given.

    >>> from grader.comparison import Output
    >>> wrong = np.zeros((2, 3, 3))
    >>> wrong[1] = 1
    >>> panels(np.zeros((2, 3, 3)), wrong, Output("Z", ("canal", "alto", "ancho")))[0].text
    'En Z difiere por completo el canal 1, y lo demás coincide.'
    """
    mask = _mask(expected, got, single=single)
    if mask is None or not mask.any():
        return ()
    where = Where(mask, output)
    text = where.told()
    return (Panel(text, _drawn(where, text)),)


def _mask(expected: Value, got: Value, *, single: bool) -> Mask | None:
    one, other = (v.array if isinstance(v, Tensor) else v for v in (expected, got))
    if not isinstance(one, np.ndarray) or not isinstance(other, np.ndarray):
        return None
    if one.shape != other.shape or not 1 < one.size <= LARGEST:
        return None
    if one.dtype.kind not in _REAL_KINDS or other.dtype.kind not in _REAL_KINDS:
        return None
    with np.errstate(all="ignore"):  # numbers too large for a float become infinite
        return differing(one, other, single=single)


_ROWS = ("alto", "fila")
_COLUMNS = ("ancho", "columna")


@dataclass(frozen=True)
class Where:
    """The positions of an array that differ: `mask` is true there. Some do."""

    mask: Mask
    output: Output

    # ---------------------------------------------------------------------------------- its maps

    @cached_property
    def plane(self) -> tuple[int, ...]:
        """The axes of height and width: those so called, or else the last ones longer than one."""
        shape = self.mask.shape
        named = [
            [axis for axis in range(len(shape)) if self._kind(axis).startswith(names)]
            for names in (_ROWS, _COLUMNS)
        ]
        if all(len(axes) == 1 for axes in named):
            (row,), (column,) = named
            if shape[row] * shape[column] > 1:
                return row, column
        return tuple([axis for axis, size in enumerate(shape) if size > 1][-2:])

    @cached_property
    def others(self) -> tuple[int, ...]:
        """The axes of which each index has a map of its own."""
        return tuple(axis for axis in range(self.mask.ndim) if axis not in self.plane)

    @cached_property
    def maps(self) -> Mask:
        """The maps, of shape (maps, height, width)."""
        height = self.mask.shape[self.plane[0]] if len(self.plane) > 1 else 1
        turned = self.mask.transpose(*self.others, *self.plane)
        return turned.reshape(-1, height, self.mask.shape[self.plane[-1]])

    def caption(self, number: int) -> str:
        """Write which map this is, as its index is written in NumPy."""
        if len(self.maps) == 1:
            return ""
        sizes = [self.mask.shape[axis] for axis in self.others]
        index = dict(zip(self.others, np.unravel_index(number, sizes), strict=True))
        return f"[{', '.join(str(index.get(axis, ':')) for axis in range(self.mask.ndim))}]"

    # ---------------------------------------------------------------------------------- in words

    def told(self) -> str:
        """Say in a sentence where the array differs: nothing in it is more, or less, than is true."""
        name, count = self.output.name, int(self.mask.sum())
        if count == self.mask.size:
            return _("En {name} difieren todas las posiciones.").format(name=name)
        axes = range(self.mask.ndim)
        full, some = _slices(self.mask, axes)
        if np.array_equal(_any_of(full, self.mask.shape), self.mask):
            return self._whole_slices(full)
        if count == 1:
            said = _("En {name} solo difiere la posición {index}.")
            return said.format(name=name, index=self._index(self.mask))
        if np.array_equal(_all_of(some, self.mask.shape), self.mask):
            said = _("En {name} difiere lo que está {where}, y lo demás coincide.")
            return said.format(name=name, where=self._within(some))
        return self._alike_in_maps() or self._bounded(some, count)

    def _whole_slices(self, full: Mapping[int, Mask]) -> str:
        """Speak of an array of which whole rows, channels… differ, and nothing else."""
        name = self.output.name
        full = {axis: those for axis, those in full.items() if those.any()}
        if border := self._border(full):
            return border
        count = sum(int(those.sum()) for those in full.values())
        alike = {axis: ~those for axis, those in full.items()}
        count_alike = sum(int(those.sum()) for those in alike.values())
        if (~self.mask).sum() == 1:
            said = _("En {name} solo coincide la posición {index}.")
            return said.format(name=name, index=self._index(~self.mask))
        if count_alike < count and len(alike) > 1:
            said = _("En {name} solo coincide lo que está {where}.")
            return said.format(name=name, where=self._within(alike))
        if count_alike < count:
            said = ngettext(
                "En {name} solo coincide {places}.",
                "En {name} solo coinciden {places}.",
                count_alike,
            )
            return said.format(name=name, places=self._places(alike))
        if len(self.maps) == 1 and len(self.plane) == 1:
            said = ngettext(
                "En {name} difiere {places}, y lo demás coincide.",
                "En {name} difieren {places}, y lo demás coincide.",
                count,
            )
        else:
            said = ngettext(
                "En {name} difiere por completo {places}, y lo demás coincide.",
                "En {name} difieren por completo {places}, y lo demás coincide.",
                count,
            )
        return said.format(name=name, places=self._places(full))

    def _border(self, full: Mapping[int, Mask], where: str = "") -> str:
        """Speak of rows and columns that differ, if they are an even border; in some maps, if told."""
        row, column = self.plane[0], self.plane[-1]
        named = self._kind(row).startswith(_ROWS) and self._kind(column).startswith(_COLUMNS)
        if not named or set(full) != {row, column}:
            return ""
        width = int(np.argmin(full[row]))
        for those in full.values():
            edge = np.ones_like(those)
            edge[width : those.size - width] = False
            if not width or not np.array_equal(edge, those):
                return ""
        if where:
            said = ngettext(
                "En {name}, solo {where}, difiere todo el borde ({places}), y lo demás coincide.",
                "En {name}, solo {where}, difiere todo un borde de {n} de ancho ({places}), y lo demás "
                "coincide.",
                width,
            )
        else:
            said = ngettext(
                "En {name} difiere todo el borde ({places}), y lo demás coincide.",
                "En {name} difiere todo un borde de {n} de ancho ({places}), y lo demás coincide.",
                width,
            )
        name, places = self.output.name, self._places({row: full[row], column: full[column]})
        return said.format(name=name, where=where, places=places, n=width)

    def _alike_in_maps(self) -> str:
        """Speak of maps that differ in the same places, if those that differ at all do."""
        name, height_width = self.output.name, self.maps[0].shape
        differ = np.asarray(self.maps.any(axis=(1, 2)))
        common = np.asarray(self.maps.any(axis=0))
        if len(self.maps) == 1 or not np.array_equal(differ[:, None, None] & common, self.maps):
            return ""
        places, some = _slices(common, range(2))
        if differ.all():
            values = {"name": name, "n": int(common.sum()), "all": common.size}
            proper = {self.plane[axis]: those for axis, those in some.items() if not those.all()}
            if not proper:
                said = _(
                    "En todos los mapas de {name} difieren las mismas {n} de {all} posiciones."
                )
                return said.format(**values)
            said = _(
                "En todos los mapas de {name} difieren las mismas {n} de {all} posiciones, que están "
                "{where}."
            )
            return said.format(**values, where=self._within(proper))
        sizes = [self.mask.shape[axis] for axis in self.others]
        _full, which = _slices(differ.reshape(sizes), range(len(sizes)))
        if not np.array_equal(_all_of(which, sizes).ravel(), differ):
            return ""
        if not np.array_equal(_any_of(places, height_width), common):
            return ""
        where = self._within({self.others[axis]: those for axis, those in which.items()})
        full = {self.plane[axis]: those for axis, those in places.items() if those.any()}
        said = ngettext(
            "En {name}, solo {where}, difiere por completo {places}, y lo demás coincide.",
            "En {name}, solo {where}, difieren por completo {places}, y lo demás coincide.",
            sum(int(those.sum()) for those in full.values()),
        )
        said = said.format(name=name, where=where, places=self._places(full))
        return self._border(full, where) or said

    def _bounded(self, some: Mapping[int, Mask], count: int) -> str:
        """Speak of positions of no simple form: how many, and what holds them all."""
        values = {"name": self.output.name, "n": count, "all": self.mask.size}
        if all(those.all() for those in some.values()):
            said = _("En {name} difieren {n} de {all} posiciones, repartidas por todo el array.")
            return said.format(**values)
        said = _("En {name} difieren {n} de {all} posiciones, y todas están {where}.")
        return said.format(**values, where=self._within(some))

    def _within(self, sets: Mapping[int, Mask]) -> str:
        """Say what is in all of these sets of indices, one an axis, at once."""
        proper = {axis: those for axis, those in sets.items() if not those.all()}
        said = _("donde se cruzan {places}") if len(proper) > 1 else _("en {places}")
        return said.format(places=self._places(proper))

    def _places(self, sets: Mapping[int, Mask]) -> str:
        named = [self._named(axis, those) for axis, those in sets.items()]
        return _listed(named)

    def _named(self, axis: int, those: Mask) -> str:
        """Name some of an axis's indices."""
        where = [int(i) for i in np.flatnonzero(those)]
        kind = self._kind(axis)
        if axis in self.plane:
            kind = next((names[1] for names in (_ROWS, _COLUMNS) if kind.startswith(names)), kind)
        said = _noun(kind, len(where), last=where == [those.size - 1])
        return said.format(list=_numbers(where), axis=axis)

    def _kind(self, axis: int) -> str:
        return self.output.axes[axis] if axis < len(self.output.axes) else ""

    def _index(self, mask: Mask) -> str:
        return f"[{', '.join(str(int(i)) for i in np.argwhere(mask)[0])}]"


def _noun(kind: str, n: int, *, last: bool) -> str:
    """Return the noun of an axis's indices, of one or of `n`, where it is one of those in use."""
    nouns = {
        "fila": _("la fila {list} (la última)")
        if last
        else ngettext("la fila {list}", "las filas {list}", n),
        "columna": _("la columna {list} (la última)")
        if last
        else ngettext("la columna {list}", "las columnas {list}", n),
        "imagen": ngettext("la imagen {list}", "las imágenes {list}", n),
        "imagen del lote": ngettext("la imagen {list}", "las imágenes {list}", n),
        "canal": ngettext("el canal {list}", "los canales {list}", n),
        "canal de entrada": ngettext(
            "el canal de entrada {list}", "los canales de entrada {list}", n
        ),
        "filtro": ngettext("el filtro {list}", "los filtros {list}", n),
        "clase": ngettext("la clase {list}", "las clases {list}", n),
        "entrada": ngettext("la entrada {list}", "las entradas {list}", n),
        "salida": ngettext("la salida {list}", "las salidas {list}", n),
        "ventana": ngettext("la ventana {list}", "las ventanas {list}", n),
        "ejemplo": ngettext("el ejemplo {list}", "los ejemplos {list}", n),
    }
    other = ngettext("el índice {list} del eje {axis}", "los índices {list} del eje {axis}", n)
    return nouns.get(kind, other)


def _slices(mask: Mask, axes: Sequence[int]) -> tuple[dict[int, Mask], dict[int, Mask]]:
    """Return by axis which of its indices are true everywhere, and which somewhere."""
    rest = {axis: tuple(other for other in axes if other != axis) for axis in axes}
    every = {axis: np.asarray(mask.all(axis=others)) for axis, others in rest.items()}
    return every, {axis: np.asarray(mask.any(axis=others)) for axis, others in rest.items()}


def _spread(those: Mask, axis: int, axes: int) -> Mask:
    return those.reshape([-1 if one == axis else 1 for one in range(axes)])


def _any_of(sets: Mapping[int, Mask], shape: Sequence[int]) -> Mask:
    """Return where at least one of the sets of indices, one an axis, has its index."""
    found = np.zeros(shape, bool)
    for axis, those in sets.items():
        found |= _spread(those, axis, len(shape))
    return found


def _all_of(sets: Mapping[int, Mask], shape: Sequence[int]) -> Mask:
    """Return where all of the sets of indices, one an axis, have their index."""
    return ~_any_of({axis: ~those for axis, those in sets.items()}, shape)


_SHORT = 6  # pieces of a list of numbers that are all told
_FIRST = 3  # pieces of a longer one


def _numbers(numbers: Sequence[int]) -> str:
    """Write increasing numbers as a list in which those that follow each other are a range.

    >>> _numbers([0, 1, 2, 3, 5, 7, 8])
    '0 a 3, 5, 7 y 8'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    pieces: list[str] = []
    for run in runs:
        if len(run) > 2:  # noqa: PLR2004 - two numbers are no shorter as a range
            pieces.append(_("{first} a {last}").format(first=run[0], last=run[-1]))
        else:
            pieces += map(str, run)
    if len(pieces) > _SHORT:
        said = _("{first}… ({n} en total)")
        return said.format(first=", ".join(pieces[:_FIRST]), n=len(numbers))
    return _listed(pieces)


def _listed(pieces: Sequence[str]) -> str:
    if len(pieces) == 1:
        return pieces[0]
    return _("{first} y {last}").format(first=", ".join(pieces[:-1]), last=pieces[-1])


# ------------------------------------------------------------------------------------ as a picture

DIFFERS = "#d55e00"
EQUAL = "#808080"
"""Colours that stand out on white and on a dark theme; a square isn't a dot without them either."""

MOST_MAPS = 6
MOST_CELLS = 32  # along a side
_MOST_BYTES = 4_000  # of maps; what is around them is small
_WIDTH = 300  # in pixels: a narrow window has room for it
_SIDE = (120, 240)  # of a map among others, and of one alone
_CELL = (4, 14)  # the smallest, and the largest
_GAP = 12
_LINE = 15
_LETTER = 6.7  # of a monospaced font of 11 pixels


def _drawn(where: Where, text: str) -> str:
    """Draw the maps that differ most: a square where they differ, a dot where they don't."""
    maps = where.maps
    worst = np.argsort(-maps.sum(axis=(1, 2)), kind="stable")[:MOST_MAPS]
    steps = [-(-size // MOST_CELLS) for size in maps.shape[1:]]
    cells = maps[worst]
    for axis, step in enumerate(steps, 1):
        cells = np.logical_or.reduceat(cells, np.arange(0, cells.shape[axis], step), axis=axis)
    runs = [_runs(one) for one in cells]
    dots = _dots(*cells.shape[1:])
    shown = 1
    while shown < len(runs) and sum(map(len, runs[: shown + 1])) + shown * len(dots) < _MOST_BYTES:
        shown += 1
    captions = [where.caption(int(number)) for number in worst[:shown]]
    notes = []
    if shown < len(maps):
        said = _("{n} de {all} mapas, el que más difiere primero")
        notes.append(said.format(n=shown, all=len(maps)))
    if max(steps) > 1:
        said = _("cada cuadro son {rows} × {columns} posiciones")
        notes.append(said.format(rows=steps[0], columns=steps[1]))
    return _svg(cells[0].shape, runs[:shown], dots, captions, notes, text)


def _svg(
    shape: Sequence[int],
    runs: Sequence[str],
    dots: str,
    captions: Sequence[str],
    notes: Sequence[str],
    text: str,
) -> str:
    smallest, largest = _CELL
    cell = min(largest, max(smallest, _SIDE[len(runs) == 1] // max(shape)))
    height, width = (size * cell for size in shape)
    pitch = max(width, round(_LETTER * max(map(len, captions)))) + _GAP
    columns = max(1, min(len(runs), _WIDTH // pitch))
    step = height + _GAP + (_LINE if any(captions) else 0)
    corners = [(1 + at % columns * pitch, 1 + at // columns * step) for at in range(len(runs))]
    below = -(-len(runs) // columns) * step
    labels = [
        f'<text x="{x}" y="{y + height + 12}">{caption}</text>'
        for (x, y), caption in zip(corners, captions, strict=True)
        if caption
    ]
    # The legend: a square, its word, a dot, its word, each an item of a row.
    labels += [
        f'<text x="16" y="{below + 10}">{html.escape(_("difiere"))}</text>',
        f'<text x="106" y="{below + 10}">{html.escape(_("coincide"))}</text>',
    ]
    for number, note in enumerate(notes, 1):
        labels.append(f'<text x="0" y="{below + 10 + number * _LINE}">{html.escape(note)}</text>')
    frames = [f'<path d="M{x} {y}h{width}v{height}h-{width}z"/>' for x, y in corners]
    at = [f"translate({x + cell / 2:g} {y + cell / 2:g})scale({cell})" for x, y in corners]
    legend = [f"translate({x} {below + 6})scale(10)" for x in (6, 96)]
    squares = [
        f'<path transform="{place}" d="{d}"/>'
        for place, d in zip([*at, legend[0]], [*runs, "M-.43 0h.86"], strict=True)
    ]
    points = [
        f'<path transform="{place}" d="{d}"/>'
        for place, d in zip([*at, legend[1]], [*([dots] * len(at)), "M0 0h.1"], strict=True)
    ]
    whole = max(pitch * columns - _GAP + 2, *(round(_LETTER * len(note)) for note in notes), 170)
    tall = below + _LINE * (1 + len(notes))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{html.escape(text)}" '
        f'viewBox="0 0 {whole} {tall}" width="{whole}" height="{tall}" fill="none" '
        'style="max-width:100%;height:auto">'
        f'<g stroke="{EQUAL}">{"".join(frames)}</g>'
        f'<g stroke="{EQUAL}" stroke-width=".25" stroke-linecap="round" stroke-dasharray="0 1">'
        f"{''.join(points)}</g>"
        f'<g stroke="{DIFFERS}" stroke-width=".86" stroke-dasharray=".86 .14">'
        f"{''.join(squares)}</g>"
        f'<g fill="currentColor" font-family="monospace" font-size="11">{"".join(labels)}</g></svg>'
    )


def _dots(rows: int, columns: int) -> str:
    """Return a path that goes through the middle of each cell, to and fro; each is one further."""
    across = columns - 1
    there = [f"h{across if row % 2 == 0 else -across}" if across else "" for row in range(rows)]
    return f"M0 0{'v1'.join(there)}h.1"


def _runs(cells: Mask) -> str:
    """Return a path with a line through each run of cells that differ; dashes make squares of it."""
    edges = np.diff(cells.astype(np.int8), axis=1, prepend=0, append=0)
    begins, ends = np.argwhere(edges == 1), np.argwhere(edges == -1)
    d = ["M-.43 0"]
    x = y = 0
    for (row, first), (_row, end) in zip(begins.tolist(), ends.tolist(), strict=True):
        across, down = first - x, row - y
        d.append(f"m{across} {down}h{end - first}")
        x, y = end, row
    return "".join(d)
