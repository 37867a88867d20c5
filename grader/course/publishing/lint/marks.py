"""Marks: in the prose, in the metadata and in `marks()` they are the same."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from grader.course.publishing.lint.book import (
    HEADING,
    WHOLE,
    Book,
    called,
    calls_in,
    dotted,
    tree_of,
)
from grader.course.publishing.lint.statements import stated
from grader.course.submissions.originals import is_graded_code

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nbformat import NotebookNode

    from grader.course.publishing.lint.book import Findings


_POINTS = re.compile(r"\((\d+(?:[.,]\d+)?) puntos?\)")
_TOTAL = re.compile(r"vale (\d+(?:[.,]\d+)?) puntos?")
_PARTS = re.compile(r"(\d+(?:[.,]\d+)?) automáticos?(?: y (\d+(?:[.,]\d+)?))?")


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def disagreeing_marks(book: Book) -> Findings:
    """Yield marks that are one thing here and another there."""
    for cell in book.graded:
        yield from _marks_of_cell(book, cell)
    yield from _marks_of_sections(book)
    if len(book.blocks) == len(book.graded):  # what a cell that can't be read is worth isn't known
        yield from _marks_of_whole(book)


def _marks_of_cell(book: Book, cell: NotebookNode) -> Findings:
    name = called(cell)
    points = book.points(cell)
    if name in book.blocks:
        earned = sum(block.points for block in book.blocks[name])
        if earned != points:
            yield (
                name,
                (
                    f"nbgrader's metadata says {points:g} points and marks() {earned:g}: make "
                    "them equal"
                ),
            )
    first = cell.source.partition("\n")[0]
    told = _POINTS.search(first) if first.startswith("#") else None
    if told and _number(told[1]) != points:
        yield (
            name,
            (
                f"its first line says {told[1]} puntos and nbgrader's metadata {points:g}: make "
                "them equal"
            ),
        )


def _marks_of_sections(book: Book) -> Findings:
    """Compare each heading that says its points with the graded cells that follow it."""
    open_sections: list[tuple[int, str, str, float, list[float]]] = []
    done = []
    for cell in book.cells:
        if cell.cell_type == "markdown" and not book.points(cell):
            for line in cell.source.splitlines():
                heading, told = HEADING.match(line), _POINTS.search(line)
                if heading and told:
                    level = len(heading[1])
                    while open_sections and open_sections[-1][0] >= level:
                        done.append(open_sections.pop())
                    title = line.lstrip("# ")
                    open_sections.append((level, called(cell), title, _number(told[1]), []))
            yield from _marks_of_items(cell)
        elif book.points(cell) and not open_sections:
            yield (
                called(cell),
                (
                    f"no heading above it says its {book.points(cell):g} points: write "
                    "`## Ejercicio N · name (P puntos)`"
                ),
            )
        for section in open_sections:
            section[-1].append(book.points(cell))
    for _, name, title, points, found in [*done, *open_sections]:
        if sum(found) != points:
            yield (
                name,
                f"`{title}`, and the graded cells below add up to {sum(found):g}: make them equal",
            )


def _marks_of_items(cell: NotebookNode) -> Findings:
    """Compare the points of a heading with those of the items of its own cell, if they have any."""
    lines = cell.source.splitlines()
    heading = next(
        (m for line in lines if HEADING.match(line) and (m := _POINTS.search(line))), None
    )
    items = [m for line in lines if not HEADING.match(line) for m in _POINTS.finditer(line)]
    if heading and items and sum(_number(m[1]) for m in items) != _number(heading[1]):
        total = sum(_number(m[1]) for m in items)
        yield (
            called(cell),
            (
                f"its items add up to {total:g} puntos and its heading says "
                f"{heading[1]}: make them equal"
            ),
        )


def _marks_of_whole(book: Book) -> Findings:
    manual = sum(book.points(cell) for cell in book.cells if not is_graded_code(cell))
    automatic = sum(book.points(cell) for cell in book.graded)
    worth: dict[str, float] = {}
    for blocks in book.blocks.values():
        for block in blocks:
            exercise = block.id.partition("/")[0]
            worth[exercise] = worth.get(exercise, 0) + block.points
    lines = [
        (called(cell), line)
        for cell in book.cells
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
    ]
    totals = [
        (name, line)
        for name, line in lines
        if _TOTAL.search(line) and "laboratorio" in line.lower()
    ]
    if not totals and automatic + manual:
        yield (
            WHOLE,
            (
                "no line says what it is worth: write `**Este laboratorio vale "
                f"{automatic + manual:g} puntos**` at the top"
            ),
        )
    for name, line in totals:
        yield from ((name, problem) for problem in _wrong_total(line, automatic, manual))
    for one in stated(book):
        if one.said != one.meant:
            what = (
                f"{one.what}, which is worth {one.meant:g}"
                if one.what
                else "an exercise that isn't"
            )
            yield one.cell, f"it says {one.said:g} for {what}: make them equal"
    for cell in book.code:
        yield from _marks_of_plan(cell, worth)


def _wrong_total(line: str, automatic: float, manual: float) -> Iterator[str]:
    """Compare a line such as `vale 65 puntos: 60 automáticos y 5 de una pregunta` with the cells."""
    said = [*_TOTAL.findall(line), *(part for parts in _PARTS.findall(line) for part in parts)]
    meant = (
        ("the lab", automatic + manual),
        ("what is graded by itself", automatic),
        ("what is graded by hand", manual),
    )
    for number, (what, points) in zip(said, meant, strict=False):
        if number and _number(number) != points:
            yield f"it says {number} for {what}, and the cells add up to {points:g}: make them equal"


def _marks_of_plan(cell: NotebookNode, worth: Mapping[str, float]) -> Findings:
    for call in calls_in(tree_of(cell.source)):
        if dotted(call.func) == "summary" and call.args:
            try:
                plan = ast.literal_eval(call.args[0])
            except ValueError:
                yield called(cell), "summary() needs a literal, such as {'zero_pad': 8}"
                continue
            for name in sorted(plan.keys() | worth.keys()):
                said, found = plan.get(name, 0), worth.get(name, 0)
                if said != found:
                    yield (
                        called(cell),
                        (
                            f"summary() says {said:g} for {name!r}, and its blocks add up "
                            f"to {found:g}: make them equal"
                        ),
                    )
