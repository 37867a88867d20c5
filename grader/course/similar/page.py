"""The page that shows pairs side by side: one file without scripts, pictures or network."""

from __future__ import annotations

import io
import tokenize
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from grader.course.plain import line as one_line
from grader.course.plain import student as shown
from grader.course.similar import rarity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.course.shapes import Piece
    from grader.course.similar import Alike, Comparison, Pair, Work

MOST_SHOWN = 60
"""Pairs whose code is shown; the list holds them all."""

MOST_LINES = 400
"""Lines of a piece that are shown."""

LONGEST_LINE = 300
"""Characters of a line that are shown."""

STRONG, FAINT = 4.0, 1.5
"""Bits from which on a line is marked as rare, and from which on it is marked at all."""


@dataclass(frozen=True)
class Line:
    """A line of code: its text, the comment at its end, and what it has in common."""

    text: str
    comment: str
    label: str = ""
    mark: str = ""
    about: str = ""


@dataclass(frozen=True)
class SideBySide:
    """An exercise of a pair: how alike it is, and both texts."""

    alike: Alike
    verdict: str
    first: Sequence[Line]
    second: Sequence[Line]


@dataclass(frozen=True)
class ShownPair:
    """A pair as the page shows it."""

    number: int
    pair: Pair
    exercises: Sequence[SideBySide]


class Page:
    """Lays a comparison out; students are called by number where names are hidden."""

    def __init__(
        self,
        lab: str,
        comparison: Comparison,
        works: Mapping[str, Work],
        kit: Mapping[str, Work],
        unread: Mapping[str, str],
    ) -> None:
        self.lab = lab
        self.comparison = comparison
        self.unread = {student: one_line(why, 300) for student, why in unread.items()}
        self._works = works
        self._kit = kit
        everybody = sorted({*comparison.students, *unread})
        self._alias = {student: f"Student {at}" for at, student in enumerate(everybody, 1)}

    @cached_property
    def pairs(self) -> list[ShownPair]:
        """The pairs whose code is shown."""
        return [
            ShownPair(number, pair, [*self._side_by_side(pair)])
            for number, pair in enumerate(self.comparison.pairs[:MOST_SHOWN], 1)
        ]

    def name(self, student: str) -> str:
        """Return what a student, or something of the kit's, is called."""
        return shown(student)

    def alias(self, student: str) -> str:
        """Return what a student is called where names are hidden."""
        return self._alias.get(student, shown(student))

    def html(self) -> str:
        """Return the whole page."""
        loader = PackageLoader("grader.course.similar", "templates")
        environment = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        return environment.get_template("similar.html.j2").render(page=self)

    def _side_by_side(self, pair: Pair) -> list[SideBySide]:
        found = []
        for alike in sorted(pair.exercises, key=lambda one: (not one.counts, -one.bits)):
            first = self._works[pair.first][alike.exercise]
            others = self._kit if pair.with_kit else self._works
            second = others[pair.second][alike.exercise]
            labels = _labels(first, alike)
            of = self._written(alike.exercise)
            texts = [_lines(piece, alike, labels, of) for piece in (first, second)]
            found.append(SideBySide(alike, self._verdict(alike), *texts))
        return found

    def _written(self, exercise: str) -> int:
        return next(one.written for one in self.comparison.told if one.exercise == exercise)

    def _verdict(self, alike: Alike) -> str:
        kept = f"{alike.kept} of {alike.of} statements"
        if not alike.counts:
            return f"{kept}: no more than chance, so it doesn't count"
        enough = "enough" if alike.bits >= self.comparison.least_bits else "too little"
        return f"{kept}, {alike.bits:.0f} bits: {enough} alone"


def _labels(piece: Piece, alike: Alike) -> dict[str, str]:
    """Number what both wrote, in the order of the first text."""
    inside = [shape for shape in alike.holders if shape in piece.shapes]
    inside.sort(key=lambda shape: (piece.shapes[shape], shape))
    return {shape: str(number) for shape, number in zip(inside, count(1), strict=False)}


def _lines(piece: Piece, alike: Alike, labels: Mapping[str, str], of: int) -> list[Line]:
    texts = piece.source.expandtabs(4).splitlines()
    comments = _comments(piece.source)
    marks: dict[int, tuple[str, str, str]] = {}
    for shape, label in labels.items():
        first, last = piece.shapes[shape]
        holders = alike.holders[shape]
        bits = rarity(max(0, holders - 2), max(0, of - 2))
        mark = "rare" if bits >= STRONG else "some" if bits >= FAINT else "common"
        about = f"{holders} of {of} wrote this: {bits:.1f} bits"
        for number in range(first, min(last, len(texts)) + 1):
            marks.setdefault(number, (label if number == first else "", mark, about))
    lines = []
    for number, text in enumerate(texts[:MOST_LINES], 1):
        at = comments.get(number, len(text))
        plain = "".join(c if c.isprintable() else "�" for c in text)
        cut = plain[:LONGEST_LINE] + "…" * (len(plain) > LONGEST_LINE)
        lines.append(Line(cut[:at], cut[at:], *marks.get(number, ("", "", ""))))
    if len(texts) > MOST_LINES:
        lines.append(Line("", f"… {len(texts) - MOST_LINES} lines more"))
    return lines


def _comments(source: str) -> dict[int, int]:
    """Return where the comment of each line begins, as far as the text can be read."""
    found: dict[int, int] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(source.expandtabs(4)).readline):
            if token.type == tokenize.COMMENT:
                found[token.start[0]] = token.start[1]
    except (tokenize.TokenError, SyntaxError, ValueError):
        pass
    return found
