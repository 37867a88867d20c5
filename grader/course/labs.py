"""A lab as the instructor has it: its notebooks, its files, and the exercises that it brings along."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

import grader
from grader.catalogue import Catalogue, read_sources
from grader.course.errors import CourseError
from grader.course.submissions.originals import Originals, grade_id, is_graded_code, is_solution
from grader.judging.answers import Answers
from grader.judging.cells import groups_asked, read_blocks
from grader.key import write_key
from grader.session import PUBLIC_SEED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nbformat import NotebookNode


BESIDE = Path(grader.__file__).parents[1] / "exercises"


@dataclass(frozen=True)
class LabNotebook:
    """One notebook of a lab as the instructor has it, and as students were given it, in JSON."""

    source: str
    release: str


@dataclass(frozen=True)
class Lab:
    """The instructor's copy of a lab: all that grading a submission of it takes.

    `exercises` are the sources of the course's `exercises/`, by their paths in it; where nobody says
    which, they are those that stand beside the engine, in a clone of the kit.
    """

    name: str
    notebooks: Mapping[str, LabNotebook]
    files: Mapping[str, bytes] = field(default_factory=dict)
    exercises: Mapping[str, str] = field(default_factory=lambda: read_sources(BESIDE))

    @property
    def catalogue(self) -> Catalogue:
        """The exercises, with this lab's solutions to make mistakes of."""
        modules = {
            name.removesuffix(".py"): data.decode()
            for name, data in self.files.items()
            if name.endswith(".py") and name.removesuffix(".py").isidentifier()
        }
        sources = tuple(notebook.source for notebook in self.notebooks.values())
        return _catalogue(
            tuple(sorted(self.exercises.items())), sources, tuple(sorted(modules.items()))
        )


@lru_cache(maxsize=8)  # a class comes with the same lab over and over
def _catalogue(
    exercises: tuple[tuple[str, str], ...],
    notebooks: tuple[str, ...],
    modules: tuple[tuple[str, str], ...],
) -> Catalogue:
    solutions = {
        grade_id(cell): cell.source
        for text in notebooks
        for cell in read_notebook(text).cells
        if cell.cell_type == "code" and is_solution(cell)
    }
    return Catalogue(dict(exercises), solutions, dict(modules))


def read_notebook(text: str) -> NotebookNode:
    """Read a notebook of the instructor's."""
    notebook: NotebookNode = nbformat.reads(text, as_version=4)
    return notebook


@lru_cache(maxsize=8)
def originals(mine: LabNotebook) -> Originals:
    """Return what the instructor's copy of a notebook tells of its cells; it is never changed."""
    try:
        return Originals(read_notebook(mine.source), read_notebook(mine.release))
    except KeyError as error:
        raise CourseError(
            f"the release of this lab has no cell {error}, which its source has: it was made from an "
            "older one, so run `labkit release`"
        ) from None


def groups_wanted(lab: Lab, mine: LabNotebook) -> tuple[tuple[str, str], ...]:
    """Name the exercises and groups that a notebook's checks ask for, their helpers' too."""
    return _groups_wanted(lab.catalogue, mine.source)


@lru_cache(maxsize=8)
def _groups_wanted(catalogue: Catalogue, source: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(set(_wanted(catalogue, source))))


def _wanted(catalogue: Catalogue, source: str) -> Iterator[tuple[str, str]]:
    for cell in read_notebook(source).cells:
        if cell.cell_type != "code":
            continue
        for name, group in groups_asked(cell.source):
            brief = catalogue.find(name).brief
            groups = brief.groups_of(group)
            yield from ((name, one) for one in groups)
            for helper in brief.helpers:
                theirs = catalogue.find(helper).brief
                yield from ((helper, one) for one in theirs.groups_as_helper(groups))


def has_sealed_cases(lab: Lab) -> bool:
    """Tell whether a lab has cases whose seed the sandbox isn't told."""
    return any(
        lab.catalogue.find(name).sealed
        for mine in lab.notebooks.values()
        for name, _ in groups_wanted(lab, mine)
    )


USE_KEY = re.compile(r"""use_key\(\s*["']([^"']+)["']\s*\)""")
"""How a source notebook asks for its key, whose edition is filled in when it is released."""


def make_key(lab: Lab) -> bytes:
    """Make the key that students get with a lab, for the public seed."""
    wanted = {pair for mine in lab.notebooks.values() for pair in groups_wanted(lab, mine)}
    return _key(lab.catalogue, tuple(sorted(wanted)))


@lru_cache(maxsize=8)
def _key(catalogue: Catalogue, wanted: tuple[tuple[str, str], ...]) -> bytes:
    return write_key(Answers(catalogue, PUBLIC_SEED).for_students(wanted))


def lab_options(source: NotebookNode) -> dict[str, Any]:
    """Return what a lab's notebook declares of itself: `torch`, `limits`, `forbidden`."""
    return dict(source.metadata.get("labkit", {}))


def total_marks(source: NotebookNode) -> float:
    """Return the automatic marks of an instructor's notebook, as its marks blocks award them."""
    return sum(
        block.points
        for cell in source.cells
        if is_graded_code(cell)
        for block in read_blocks(cell.source)
    )
