"""What is shown: a student who can't see a figure hears what it shows, and no window cuts off code."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from grader.course.publishing.lint.book import Book, called, calls_in, dotted, tree_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbformat import NotebookNode

    from grader.course.publishing.lint.book import Findings

COLUMNS = 70
"""How long a line of code may be, unless `LabRelease.columns` says: a window of 700 pixels shows it."""

_HELPERS = ("gallery", "number_grid", "number_grids")
_PYPLOT = "matplotlib.pyplot"
_SILENT = re.compile(r"!\[\s*\]\(|<img\b(?![^>]*\balt\s*=\s*[\"']?[^\"'\s>])[^>]*>", re.IGNORECASE)


def silent_figures(book: Book) -> Findings:
    """Yield figures and images that have no alternative text."""
    pyplot = _pyplot(book.code)
    for cell in book.code:
        for what in _silent(tree_of(cell.source), pyplot):
            yield called(cell), what
    for cell in book.prose:
        if _SILENT.search(cell.source):
            yield called(cell), "an image has no alternative text: say in words what it shows"


def wide_code(book: Book) -> Findings:
    """Yield cells with a line of code that a narrow window cuts off, of what students get of them."""
    most = int(book.config.LabRelease.get("columns", COLUMNS))
    for cell, text in zip(book.cells, book.released, strict=True):
        if cell.cell_type == "code" and text is not None:
            longest = max(text.splitlines(), key=len, default="")
            if len(longest) > most:
                yield (
                    called(cell),
                    (
                        f"a line of {len(longest)} columns ({longest.strip()[:40]}...) is cut off "
                        f"in a narrow window: wrap at {most}, or set c.LabRelease.columns"
                    ),
                )


def _silent(tree: ast.Module, pyplot: set[str]) -> Iterator[str]:
    """Say which figures of a cell are drawn without a word."""
    calls = [(dotted(call.func), call) for call in calls_in(tree)]
    for name, call in calls:
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        helper = name.rpartition(".")[2]
        if helper in _HELPERS and "axes" not in given and _says_nothing(given.get("alt")):
            yield f"{helper} has no alternative text: say in alt= what its figure shows"
    drawn = any(name.partition(".")[0] in pyplot for name, _ in calls)
    if drawn and not any(_says_something(name, call) for name, call in calls):
        yield "it draws with pyplot and says of it nothing: end with describe() and what it shows"


def _says_nothing(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and not str(value.value or "").strip())


def _says_something(name: str, call: ast.Call) -> bool:
    return name.rpartition(".")[2] == "describe" and not _says_nothing(next(iter(call.args), None))


def _pyplot(cells: list[NotebookNode]) -> set[str]:
    """Return the names that pyplot has in a notebook."""
    names = set()
    for cell in cells:
        for node in ast.walk(tree_of(cell.source)):
            if isinstance(node, ast.Import):
                names |= {one.asname or one.name for one in node.names if one.name == _PYPLOT}
            elif isinstance(node, ast.ImportFrom) and node.module == "matplotlib":
                names |= {one.asname or one.name for one in node.names if one.name == "pyplot"}
    return {name.partition(".")[0] for name in names}
