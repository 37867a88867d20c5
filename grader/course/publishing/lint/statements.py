"""Where prose says what something is worth: in the table of marks, and in sentences."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.course.publishing.lint.book import HEADING, Book, called

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbformat import NotebookNode

_WORDS = [
    "cero",
    "uno",
    "dos",
    "tres",
    "cuatro",
    "cinco",
    "seis",
    "siete",
    "ocho",
    "nueve",
    "diez",
    "once",
    "doce",
    "trece",
    "catorce",
    "quince",
    "dieciséis",
    "diecisiete",
    "dieciocho",
    "diecinueve",
    "veinte",
]
_SAID = rf"(?:\*\*)?(?P<said>\d+(?:[.,]\d+)?|un|{'|'.join(_WORDS)})(?:\*\*)?"
_BY_HAND = r"(?:de|por) las? (?:\w+ )?preguntas? abiertas?"
_SENTENCES = tuple(
    (re.compile(pattern.replace(" ", r"\s+"), re.IGNORECASE), of)
    for pattern, of in (
        (rf"\b{_SAID} puntos? {_BY_HAND}", "by hand"),
        (
            rf"\b(?:preguntas? abiertas?|parte manual) (?:valen?|dan?|suman?|son) {_SAID} puntos?",
            "by hand",
        ),
        (rf"\b{_SAID} puntos? (?:manuales|a mano)\b", "by hand"),
        (rf"\b{_SAID} puntos? automáticos?\b", "by itself"),
        (rf"\b(?:nota|calificación|laboratorio|todo) es sobre {_SAID}(?! ?%)", "the lab"),
        (rf"\bun total de {_SAID} puntos?", "the lab"),
        (rf"\b(?:de los|los) {_SAID} puntos? (?:del|de este) laboratorio", "the lab"),
        (rf"\b(?:este ejercicio|esta pregunta) vale {_SAID} puntos?", "the section"),
        (rf"\besta celda vale {_SAID} puntos?", "the next cell"),
    )
)
_NUMBERED = re.compile(r"#+ Ejercicio (\d+)\b")
_CELL = re.compile(r"[^|]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


@dataclass(frozen=True)
class Stated:
    """Something that prose says: where it stands in a cell, what is said, and what it should be."""

    of: NotebookNode
    start: int
    end: int
    said: float
    meant: float
    what: str

    @property
    def cell(self) -> str:
        """The name of the cell."""
        return called(self.of)


def stated(book: Book) -> Iterator[Stated]:
    """Yield the marks that tables and sentences of a notebook say."""
    sections = _sections(book)
    exercises = {
        match[1]: points
        for cell, points in sections.items()
        for line in book.cells[cell].source.splitlines()
        if (match := _NUMBERED.match(line))
    }
    automatic = sum(map(book.points, book.graded))
    whole = sum(map(book.points, book.cells))
    worth = {"by hand": whole - automatic, "by itself": automatic, "the lab": whole}
    for at, cell in enumerate(book.cells):
        if cell.cell_type != "markdown" or book.points(cell):
            continue
        following = book.points(book.cells[at + 1]) if at + 1 < len(book.cells) else 0.0
        here = {**worth, "the section": sections.get(at), "the next cell": following}
        for pattern, of in _SENTENCES:
            for match in pattern.finditer(cell.source):
                meant = here[of]
                if meant is not None:
                    yield Stated(cell, *match.span("said"), _value(match["said"]), meant, of)
        yield from _rows(cell, exercises, worth)


def _value(text: str) -> float:
    word = text.lower()
    if word[0].isdigit():
        return float(word.replace(",", "."))
    return float(_WORDS.index("uno" if word == "un" else word))


def _sections(book: Book) -> dict[int, float]:
    """Return what the graded cells below each heading add up to, by the heading's cell."""
    worth: dict[int, float] = {}
    at = None
    for place, cell in enumerate(book.cells):
        if cell.cell_type == "markdown" and not book.points(cell):
            lines = cell.source.splitlines()
            if any(HEADING.match(line) and "punto" in line for line in lines):
                at = place
                worth[at] = 0.0
        elif at is not None:
            worth[at] += book.points(cell)
    return worth


def _rows(
    cell: NotebookNode, exercises: dict[str, float], worth: dict[str, float]
) -> Iterator[Stated]:
    """Yield what the rows of a table with a column of marks say."""
    column = None
    by_hand = []
    place = 0
    for line in cell.source.splitlines(keepends=True):
        fields = (
            list(_CELL.finditer(line.strip().strip("|"))) if line.lstrip().startswith("|") else []
        )
        shift = place + line.index("|") + 1 if fields else 0
        place += len(line)
        if not fields:
            column = None
            continue
        titles = [field[0].strip(" *`").lower() for field in fields]
        if column is None:
            column = next((at for at, one in enumerate(titles) if one in ("puntos", "pts")), None)
            column = len(fields) if column is None else column
            continue
        number = _NUMBER.search(fields[column][0]) if column < len(fields) else None
        if number is None:
            continue
        start = shift + fields[column].start() + number.start()
        span = (start, start + len(number[0]), _value(number[0]))
        label = " ".join(title for at, title in enumerate(titles) if at != column)
        first = titles[0].rstrip(".")
        if re.search(r"\btotal", label):
            of = "by itself" if "autom" in label else "by hand" if "mano" in label else "the lab"
            yield Stated(cell, *span, worth[of], of)
        elif first in exercises:
            yield Stated(cell, *span, exercises[first], f"exercise {first}")
        elif "pregunta" in label or "a mano" in label:
            by_hand.append(span)
        elif first.isdigit():
            yield Stated(cell, *span, 0.0, "")
    if len(by_hand) == 1:
        yield Stated(cell, *by_hand[0], worth["by hand"], "by hand")
