"""A source notebook, what the rules want to know of it, and what they find."""

from __future__ import annotations

import ast
import copy
import logging
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from IPython.core.inputtransformer2 import TransformerManager
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, ClearSolutions
from traitlets.config import Config

from grader.catalogue import Catalogue
from grader.course.submissions.originals import grade_id, is_graded_code
from grader.judging import CellError, read_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nbformat import NotebookNode

    from grader.judging.cells import BlockPlan

    Findings = Iterator[tuple[str, str]]


_QUIET = logging.getLogger(__name__)
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False


@dataclass(frozen=True)
class Finding:
    """Something to mend in a source notebook: its kind, where it is, and what to do.

    >>> print(Finding("kernel", "01.ipynb", "(notebook)", "the kernel is R: choose python3"))
    01.ipynb, (notebook): the kernel is R: choose python3 [kernel]
    """

    kind: str
    notebook: str
    cell: str
    what: str

    def __str__(self) -> str:
        """Write the finding in a line."""
        return f"{self.notebook}, {self.cell}: {self.what} [{self.kind}]"


WHOLE = "(notebook)"


@dataclass(frozen=True)
class Book:
    """A source notebook, and what the checks want to know of it."""

    name: str
    notebook: NotebookNode
    files: Mapping[str, bytes]
    config: Config = field(default_factory=Config)
    catalogue: Catalogue = field(default_factory=lambda: Catalogue({}))
    lab: str = ""

    @cached_property
    def cells(self) -> list[NotebookNode]:
        """All cells."""
        return list(self.notebook.cells)

    @cached_property
    def code(self) -> list[NotebookNode]:
        """The code cells."""
        return [cell for cell in self.cells if cell.cell_type == "code"]

    @cached_property
    def graded(self) -> list[NotebookNode]:
        """The test cells that the judge awards marks for."""
        return [cell for cell in self.code if is_graded_code(cell)]

    @cached_property
    def prose(self) -> list[NotebookNode]:
        """The Markdown cells."""
        return [cell for cell in self.cells if cell.cell_type == "markdown"]

    @cached_property
    def markers(self) -> dict[str, tuple[str, str]]:
        """What opens and closes each kind of region that students don't get."""
        solutions, tests, scheme = self._clearers
        return {
            "solution": (solutions.begin_solution_delimeter, solutions.end_solution_delimeter),
            "hidden tests": (tests.begin_test_delimeter, tests.end_test_delimeter),
            "mark scheme": (
                scheme.begin_mark_scheme_delimeter,
                scheme.end_mark_scheme_delimeter,
            ),
        }

    @cached_property
    def _clearers(self) -> tuple[Any, Any, Any]:
        return tuple(
            clear(config=self.config, log=_QUIET)
            for clear in (ClearSolutions, ClearHiddenTests, ClearMarkScheme)
        )

    @property
    def stubs(self) -> tuple[str, ...]:
        """What students find where a solution was."""
        solutions, _, _ = self._clearers
        return (solutions.code_stub["python"], solutions.text_stub)

    @cached_property
    def released(self) -> list[str | None]:
        """What students get of each cell; None where nbgrader refuses its markers."""
        return [self._released(cell) for cell in self.cells]

    def _released(self, cell: NotebookNode) -> str | None:
        cleared = copy.deepcopy(cell)
        try:
            for clearer in self._clearers:
                cleared, _ = clearer.preprocess_cell(cleared, {"language": "python"}, 0)
        except RuntimeError:
            return None
        return str(cleared.source)

    @cached_property
    def blocks(self) -> dict[str, tuple[BlockPlan, ...]]:
        """The marks blocks of each graded code cell, without those of cells that can't be read."""
        read = {called(cell): blocks_of(cell.source) for cell in self.graded}
        return {name: found for name, found in read.items() if not isinstance(found, CellError)}

    def points(self, cell: NotebookNode) -> float:
        """Return the points of a cell, 0 if it isn't graded."""
        about = cell.metadata.get("nbgrader", {})
        return float(about.get("points", 0)) if about.get("grade") else 0.0


HEADING = re.compile(r"(#{1,6}) ")


def blocks_of(source: str) -> tuple[BlockPlan, ...] | CellError:
    """Read a test cell's marks blocks, or say why they can't be read."""
    try:
        return read_blocks(source)
    except CellError as error:
        return error


def called(cell: NotebookNode) -> str:
    """Return what an instructor knows a cell by: its grade_id, or its id."""
    return grade_id(cell) or str(cell.get("id", "")) or "(a cell without an id)"


def calls_in(tree: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls in a tree."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def dotted(node: ast.expr) -> str:
    """Write a name as it stands in the code, such as np.random.seed."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def parse(source: str) -> ast.Module:
    """Parse a cell as IPython would run it, its magics too."""
    return ast.parse(TransformerManager().transform_cell(source))


def tree_of(source: str) -> ast.Module:
    """Parse a cell; one that isn't Python is an empty module."""
    try:
        return parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module(body=[], type_ignores=[])
