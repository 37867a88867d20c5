"""What the kit itself holds of a lab: its solution, and the sample class of `examples/LAB/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.course.labs import originals
from grader.course.samples import Sample, SampleError, samples
from grader.course.shapes import pieces_from, solutions_of

if TYPE_CHECKING:
    from pathlib import Path

    from grader.course.labs import Lab
    from grader.course.shapes import Piece

SOLUTION = "the solution"


def kit_works(lab: Lab, folder: Path) -> dict[str, dict[str, Piece]]:
    """Return the solution's pieces, and of each sample those that aren't the solution's."""
    solved = solutions_of(lab)
    works = {SOLUTION: _pieces(lab, solved)}
    for sample in _samples(folder):
        written = {one.cell: one.source for one in sample.steps if one.action == "replace"}
        pieces = _pieces(lab, {name: text for name, text in written.items() if name in solved})
        mine = works[SOLUTION]
        own = {n: one for n, one in pieces.items() if n not in mine or one.shapes != mine[n].shapes}
        if own:
            works[f"the sample {sample.name}"] = own
    return works


def _samples(folder: Path) -> list[Sample]:
    try:
        return samples(folder)
    except (OSError, SampleError):
        return []


def _pieces(lab: Lab, sources: dict[str, str]) -> dict[str, Piece]:
    pieces: dict[str, Piece] = {}
    for notebook in lab.notebooks.values():
        named = originals(notebook).named
        here = {name: text for name, text in sources.items() if name in named}
        pieces |= pieces_from(here, notebook)
    return pieces
