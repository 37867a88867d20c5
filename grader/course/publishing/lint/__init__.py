"""Read the instructor's notebooks before anybody runs them, and say what would hurt a student.

Each finding names the notebook, the cell and what to do. Nothing is run: cells are parsed, and what
students would get of them is asked of nbgrader's own preprocessors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import nbformat
from nbformat.validator import iter_validate
from traitlets.config import Config

from grader.catalogue import Catalogue
from grader.course.publishing.lint.book import WHOLE, Book, Finding
from grader.course.publishing.lint.given import (
    absolute_paths,
    bad_markers,
    broken_links,
    broken_stubs,
    leftovers,
    missing_docstrings,
    open_formulas,
    other_stubs,
    surviving,
)
from grader.course.publishing.lint.graded import (
    lone_hashes,
    observing_nothing,
    unjudgeable,
    unseeded,
)
from grader.course.publishing.lint.leaning import (
    leaning_cells,
    unchecked_groups,
    unknown_checks,
    unlocked_tests,
)
from grader.course.publishing.lint.marks import disagreeing_marks
from grader.course.publishing.lint.notebook import (
    duplicate_ids,
    missing_keys,
    other_kernel,
    unknown_options,
    unreadable_ids,
)
from grader.course.publishing.lint.seen import silent_figures, wide_code
from grader.course.publishing.lint.weight import heavy_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from grader.course.publishing.lint.book import Findings

KINDS: dict[str, Callable[[Book], Findings]] = {
    "duplicate-id": duplicate_ids,
    "unreadable-id": unreadable_ids,
    "marks-disagree": disagreeing_marks,
    "unjudgeable": unjudgeable,
    "no-observation": observing_nothing,
    "lone-hash": lone_hashes,
    "unseeded": unseeded,
    "markers": bad_markers,
    "survives": surviving,
    "leftovers": leftovers,
    "absolute-path": absolute_paths,
    "broken-stub": broken_stubs,
    "no-docstring": missing_docstrings,
    "broken-link": broken_links,
    "open-formula": open_formulas,
    "other-stub": other_stubs,
    "not-locked": unlocked_tests,
    "leans": leaning_cells,
    "unchecked": unchecked_groups,
    "unknown-check": unknown_checks,
    "too-heavy": heavy_parts,
    "no-alt": silent_figures,
    "too-wide": wide_code,
    "no-key": missing_keys,
    "kernel": other_kernel,
    "option": unknown_options,
}
"""Every kind of finding, and the function that looks for it."""


def lint_notebook(
    name: str,
    text: str,
    files: Mapping[str, bytes] | None = None,
    config: Config | None = None,
    catalogue: Catalogue | None = None,
    lab: str = "",
) -> list[Finding]:
    """Return what is to be mended in the source notebook `name` whose JSON is `text`.

    `files` are the lab's other files, by relative name; `config` is the course's configuration,
    which says what a stub looks like; `catalogue` are the course's exercises, and `lab` is
    what the lab is called. Nothing to mend is an empty list.

    >>> [finding.kind for finding in lint_notebook("01.ipynb", "<html>")]
    ['format']
    """
    try:
        notebook = nbformat.v4.reads(text)
        problem = next(iter_validate(notebook), None)
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        problem = error
        notebook = None
    if notebook is None or problem is not None:
        first = str(problem).partition("\n")[0]
        what = f"it isn't a notebook of format 4 ({first}): save it again with a present Jupyter"
        return [Finding("format", name, WHOLE, what)]
    book = Book(name, notebook, files or {}, config or Config(), catalogue or Catalogue({}), lab)
    return [
        Finding(kind, name, cell, what) for kind, look in KINDS.items() for cell, what in look(book)
    ]


__all__ = ["KINDS", "Finding", "lint_notebook"]
