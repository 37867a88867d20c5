"""The instructor's copy of a notebook: what each cell is, and how to know it again in a student's.

A cell is known by what nbgrader calls it, by the function that it defines, by the marks blocks that
it holds, and by its text, whole or within another cell.
"""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.course.starting import START
from grader.course.submissions.texts import (
    LONG,
    blocks_in,
    chunks_of,
    defined_in,
    is_code,
    lines_of,
    run_in,
)

if TYPE_CHECKING:
    from nbformat import NotebookNode

SHOW_ONLY = "show-only"
"""Cell tag: the instructor's cell only shows something, so an unchanged one isn't run for a grade."""


def grade_id(cell: NotebookNode) -> str:
    """Return the nbgrader id of a cell, or an empty string if it has none."""
    found = cell["metadata"].get("nbgrader")  # by key: restoring asks thousands of times
    name = found.get("grade_id", "") if isinstance(found, dict) else ""
    return name if isinstance(name, str) else ""


def is_solution(cell: NotebookNode) -> bool:
    """Tell whether a student writes in this cell of the instructor's notebook."""
    return bool(grade_id(cell) and cell.metadata.nbgrader.get("solution"))


def is_locked(cell: NotebookNode) -> bool:
    """Tell whether this cell of the instructor's is put back as it is: a test, or a given one."""
    return bool(grade_id(cell)) and not is_solution(cell)


def is_graded_code(cell: NotebookNode) -> bool:
    """Tell whether this cell of the instructor's is a test cell that the judge awards marks for."""
    return (
        cell.cell_type == "code" and is_locked(cell) and bool(cell.metadata.nbgrader.get("grade"))
    )


@dataclass
class Original:
    """One named cell of the instructor's: as it is in `source` and as it was released."""

    name: str
    at: int
    mine: NotebookNode
    given: NotebookNode
    lines: tuple[str, ...]
    defines: set[str] = field(default_factory=set)
    blocks: frozenset[str] = frozenset()
    chunks: set[str] = field(default_factory=set)

    @property
    def locked(self) -> bool:
        """Tell whether it is put back as it is, whatever a student did to it."""
        return is_locked(self.mine)

    @property
    def code(self) -> bool:
        """Tell whether it is a code cell."""
        return bool(self.mine.cell_type == "code")

    def untouched(self, source: str) -> bool:
        """Tell whether a cell says what was released."""
        return lines_of(source) == self.lines

    def tested_in(self, cell: NotebookNode) -> bool:
        """Tell whether a cell holds a test of this exercise, by the names of its marks blocks."""
        ids = blocks_in(cell.source)
        return any(block.partition("/")[0] in self.defines | {self.name} for block in ids)

    def cell(self) -> NotebookNode:
        """Return the instructor's cell with the metadata that was released, which has its checksum."""
        cell = copy.deepcopy(self.mine)
        cell.metadata = copy.deepcopy(self.given.metadata)
        if not self.locked:
            cell.source = ""  # never the instructor's answer
        return cell


class Originals:
    """What the instructor's notebook, `source`, tells of its cells.

    `release` is the notebook that students were given: it tells a stub that was left alone from a
    student's answer, and what each cell looked like. Nothing here changes once it is made, so one
    serves for a whole class: what is put into a student's notebook is always a copy.
    """

    def __init__(self, source: NotebookNode, release: NotebookNode) -> None:
        given = {grade_id(cell): cell for cell in release.cells if grade_id(cell)}
        self.source = source
        self.named = {
            name: Original(name, at, cell, given[name], lines_of(given[name].source))
            for at, cell in enumerate(source.cells)
            if (name := grade_id(cell))
        }
        self.ids = {one.mine.get("id"): one.name for one in self.named.values()}
        self.tests = [one for one in self.named.values() if one.locked and one.code]
        self.solutions = [one for one in self.named.values() if not one.locked]
        for test in self.tests:
            test.blocks = blocks_in(test.mine.source)
            test.chunks = {chunk.strip() for chunk in chunks_of(test.given.source)} - {""}
        counts = Counter(
            n for one in self.solutions if one.code for n in set(defined_in(one.given.source))
        )
        for one in self.solutions:
            if one.code:
                # A name that two exercises define tells neither from the other.
                one.defines = {n for n in defined_in(one.given.source) if counts[n] == 1}
        self.functions = {name for one in self.solutions for name in one.defines}
        self._starts = {
            lines_of(cell.source)
            for cell in release.cells
            if START in cell.metadata.get("tags", ())
        }
        self._given_ids: dict[str, int] = {}
        self._given_texts: dict[tuple[str, ...], int] = {}
        for at, cell in enumerate(source.cells):
            if not grade_id(cell):
                self._given_ids[cell.get("id")] = at
                self._given_texts[(cell.cell_type, *lines_of(cell.source))] = at
        self.given_code = {
            at: (lines_of(cell.source), {chunk.strip() for chunk in chunks_of(cell.source)} - {""})
            for at, cell in enumerate(source.cells)
            if cell.cell_type == "code" and not grade_id(cell)
        }

    def answers(self) -> set[str]:
        """Name the cells that a student writes in."""
        return {one.name for one in self.solutions}

    def given_at(self, cell: NotebookNode) -> int | None:
        """Return where in `source` a cell stands that was given, isn't named, and may be changed."""
        if grade_id(cell):
            return None
        text = (cell.cell_type, *lines_of(cell.source))
        return self._given_texts.get(text, self._given_ids.get(cell.get("id", "")))

    def only_starts(self, cell: NotebookNode) -> bool:
        """Tell whether a cell is one that the release alone has, to start elsewhere, unchanged."""
        return lines_of(cell.source) in self._starts

    def given_as_it_was(self, cell: NotebookNode) -> bool:
        """Tell whether a cell is one that was given, unchanged."""
        return (cell.cell_type, *lines_of(cell.source)) in self._given_texts

    def place_of(self, cell: NotebookNode) -> int:
        """Return where in `source` a cell stands, or -1 if it is the student's own."""
        one = self.named.get(grade_id(cell))
        at = one.at if one is not None else self.given_at(cell)
        return -1 if at is None else at

    def test_of(self, source: str) -> str:
        """Name the test that a text is a copy of, word for word."""
        lines = lines_of(source)
        return next((one.name for one in self.tests if one.lines == lines), "")

    def test_in(self, source: str) -> str:
        """Name a test that a text is a copy of, with or without changes, and nothing else."""
        if len(source) > LONG or not blocks_in(source):
            return self.test_of(source)
        cut = self.cut(source)
        return cut.tests[0] if cut.tests and not is_code(cut.mine) else ""

    def cut(self, source: str) -> Cut:
        """Cut a cell into what the student wrote and what was given."""
        ids = blocks_in(source)
        lines = lines_of(source)
        tests = [one for one in self.tests if one.blocks & ids or run_in(one.lines, lines)]
        given = {
            at: chunks for at, (text, chunks) in self.given_code.items() if run_in(text, lines)
        }
        if not tests and not (given and self.functions.intersection(defined_in(source))):
            return Cut([source], [])
        owners = {chunk: at for at, chunks in given.items() for chunk in chunks}
        dropped = {chunk for one in tests for chunk in one.chunks}
        blocks = {block for one in tests for block in one.blocks}
        piece: list[str] = []
        pieces: list[list[str] | int] = [piece]
        placed: set[int] = set()
        for chunk in chunks_of(source):
            text = chunk.strip()
            if text and (text in dropped or blocks & blocks_in(chunk)):
                pieces.append(piece := [])
            elif text in owners:
                if owners[text] not in placed:
                    placed.add(owners[text])
                    pieces.append(owners[text])
                pieces.append(piece := [])
            else:
                piece.append(chunk)
        kept = ["".join(one).strip("\n") if isinstance(one, list) else one for one in pieces]
        return Cut([one for one in kept if one != ""], [one.name for one in tests])

    def stub_in(self, cell: NotebookNode) -> str:
        """Name the exercise whose stub a cell is a copy of: it would undo an answer above it."""
        same = (
            one.name
            for one in self.solutions
            if one.mine.cell_type == cell.cell_type
            and one.untouched(cell.source)
            and (one.defines or grade_id(cell) == one.name)
        )
        return next(same, "")


@dataclass
class Cut:
    """A cell cut where its text changes hands: the student's pieces, and given cells by their place.

    `tests` names the tests that were in it; their text isn't in `pieces`.
    """

    pieces: list[str | int]
    tests: list[str]

    @property
    def mine(self) -> str:
        """The student's text, all together."""
        return "\n".join(piece for piece in self.pieces if isinstance(piece, str))
