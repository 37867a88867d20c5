"""Write a lab's marks everywhere from one place: what its marks blocks are worth.

They stand in each test's points and first line, in the heading of each exercise, in the table and the
total at the top, and in the plan that `summary` gets.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from grader.course.publishing.lint.book import HEADING, Book, called
from grader.course.publishing.lint.statements import stated

if TYPE_CHECKING:
    from nbformat import NotebookNode

_NUMBER = r"\d+(?:[.,]\d+)?"
_POINTS = re.compile(rf"\({_NUMBER} puntos?\)")
_EXERCISE = re.compile(rf"(#+ Ejercicio (\d+)\b.*)\({_NUMBER} puntos?\)")
_TOTAL = re.compile(
    rf"(vale )({_NUMBER})( puntos?)(\**: )?({_NUMBER})?( automáticos?)?( y )?({_NUMBER})?"
)
_PLAN = re.compile(r"summary\((\{.*?\})\)", re.DOTALL)
_LONG = 90  # letters of a line


def sync_marks(notebook: NotebookNode) -> list[str]:
    """Write the marks of a source notebook anew; return the names of the cells that changed.

    Open questions keep their points, and the blocks theirs. The cells' order says which test
    belongs to which exercise.
    """
    book = Book("", notebook, {})
    before = {called(cell): (cell.source, _points(cell)) for cell in notebook.cells}
    for cell in book.graded:
        blocks = book.blocks.get(called(cell), ())
        if blocks:
            cell.metadata.nbgrader.points = _whole(sum(block.points for block in blocks))
            first, newline, rest = cell.source.partition("\n")
            if first.startswith("#"):
                cell.source = _POINTS.sub(_told(_points(cell)), first) + newline + rest
    _sync_headings(book)
    _sync_totals(book)
    return [
        called(cell)
        for cell in notebook.cells
        if before[called(cell)] != (cell.source, _points(cell))
    ]


def _points(cell: NotebookNode) -> float:
    about = cell.metadata.get("nbgrader", {})
    return float(about.get("points", 0)) if about.get("grade") else 0.0


def _whole(points: float) -> float:
    return int(points) if points == int(points) else points


def _told(points: float) -> str:
    return f"({points:g} punto{'' if points == 1 else 's'})"


def _sync_headings(book: Book) -> None:
    """Write each exercise's heading."""
    at = None
    worth: dict[int, float] = {}
    for place, cell in enumerate(book.cells):
        if cell.cell_type == "markdown" and not _points(cell):
            if any(_EXERCISE.match(line) for line in cell.source.splitlines()):
                at = place
                worth[at] = 0.0
            elif any(
                HEADING.match(line) and _POINTS.search(line) for line in cell.source.splitlines()
            ):
                at = None  # a section of another kind, such as the open question
        elif at is not None:
            worth[at] += _points(cell)
    for place, points in worth.items():
        cell = book.cells[place]
        lines = cell.source.split("\n")
        for number, line in enumerate(lines):
            heading = _EXERCISE.match(line)
            if heading:
                lines[number] = _EXERCISE.sub(lambda m: m[1] + _told(points), line)  # noqa: B023 - used at once
        cell.source = "\n".join(lines)


def _sync_totals(book: Book) -> None:
    automatic = sum(map(_points, book.graded))
    manual = sum(_points(cell) for cell in book.cells) - automatic
    worth: dict[str, float] = {}
    for blocks in book.blocks.values():
        for block in blocks:
            exercise = block.id.partition("/")[0]
            worth[exercise] = worth.get(exercise, 0) + block.points

    def total(match: re.Match[str]) -> str:
        parts = [match[1], f"{automatic + manual:g}", match[3], match[4]]
        parts += [f"{automatic:g}" if match[5] else "", match[6], match[7]]
        return "".join(part or "" for part in [*parts, f"{manual:g}" if match[8] else ""])

    for cell in book.prose:
        cell.source = "\n".join(
            _TOTAL.sub(total, line) if "laboratorio" in line.lower() else line
            for line in cell.source.split("\n")
        )
    wrong = [one for one in stated(book) if one.said != one.meant]
    for one in sorted(wrong, key=lambda one: one.start, reverse=True):
        text = one.of.source
        one.of.source = f"{text[: one.start]}{one.meant:g}{text[one.end :]}"
    for cell in book.code:
        found = _PLAN.search(cell.source)
        if found and ast.literal_eval(found[1]) != worth:
            cell.source = cell.source.replace(found[1], _written(worth))


def _written(plan: dict[str, float]) -> str:
    """Write a plan in a line, or one entry a line where it is long."""
    entries = [f'"{name}": {points:g}' for name, points in plan.items()]
    short = f"{{{', '.join(entries)}}}"
    return (
        short if len(short) < _LONG else "\n    ".join(["{", *(f"{e}," for e in entries)]) + "\n}"
    )
