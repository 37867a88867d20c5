"""The notebook itself: its ids, its kernel, its options."""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import TYPE_CHECKING

from grader.course.labs import USE_KEY, lab_options
from grader.course.publishing.lint.book import WHOLE, Book, called, dotted, tree_of
from grader.course.submissions.originals import SHOW_ONLY, grade_id
from grader.judging.cells import groups_asked
from grader.running.limits import Limits

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from grader.course.publishing.lint.book import Findings

_READABLE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_RANDOM = re.compile(r"(?:cell-)?(?=[0-9a-f-]*[0-9])[0-9a-f]{6,}(?:-[0-9a-f]+)*")


def duplicate_ids(book: Book) -> Findings:
    """Yield names that two cells or blocks have."""
    for what, names in (
        ("grade_id", [grade_id(cell) for cell in book.cells if grade_id(cell)]),
        ("cell id", [cell.id for cell in book.cells]),
        ("marks block", [block.id for blocks in book.blocks.values() for block in blocks]),
    ):
        for name, times in Counter(names).items():
            if times > 1:
                yield name, f"{times} cells have this {what}: give each its own"


def unreadable_ids(book: Book) -> Findings:
    """Yield ids that nobody can read, or that aren't the cell's name."""
    for at, cell in enumerate(book.cells, 1):
        name = grade_id(cell)
        if name and cell.id != name:
            yield (
                name,
                (
                    f"its cell id is {cell.id!r}: make it {name!r} too, so that a cell that loses "
                    "its metadata is known by it"
                ),
            )
        for one in {name, cell.id} - {""}:
            if not _READABLE.fullmatch(one) or _RANDOM.fullmatch(one):
                yield (
                    one,
                    (
                        f"nobody can read this id of cell {at}: name it after what it does, such "
                        "as test_zero_pad_basic"
                    ),
                )


def other_kernel(book: Book) -> Findings:
    """Yield a kernel that not every machine has."""
    found = book.notebook.metadata.get("kernelspec", {}).get("name", "")
    if found != "python3":
        yield (
            WHOLE,
            (
                f"its kernel is {found or 'missing'!r}: choose `Python 3 (ipykernel)`, whose name "
                "is python3 on every machine"
            ),
        )


def missing_keys(book: Book) -> Findings:
    """Yield a notebook whose checks need a key, and that doesn't ask for the lab's own before them."""
    checks = [at for at, cell in enumerate(book.code) if groups_asked(cell.source)]
    asks = [at for at, cell in enumerate(book.code) if _asks(cell, book.lab)]
    if checks and (not asks or asks[0] > checks[0]):
        yield (
            WHOLE,
            (
                "its checks need the lab's key and nothing that always runs before them says which: "
                f'write use_key("{book.lab or "LAB"}") below the imports, as `labkit new` does'
            ),
        )
    elif checks and not any(_imports_use_key(cell) for cell in book.code[: asks[0] + 1]):
        yield called(book.code[asks[0]]), "it calls use_key, which no cell before it imports"


def _asks(cell: NotebookNode, lab: str) -> bool:
    """Tell whether a cell asks for the key in a statement of its own, as the release fills it in."""
    if SHOW_ONLY in cell.metadata.get("tags", ()):
        return False
    return any(
        isinstance(one, ast.Expr)
        and isinstance(one.value, ast.Call)
        and dotted(one.value.func).rpartition(".")[2] == "use_key"
        and (match := USE_KEY.fullmatch(ast.unparse(one).rpartition(".")[2]))
        and match[1] == (lab or match[1])
        for one in tree_of(cell.source).body
    )


def _imports_use_key(cell: NotebookNode) -> bool:
    return any(
        alias.name in ("use_key", "*", "grader")
        for node in ast.walk(tree_of(cell.source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    )


OPTIONS = ("torch", "limits", "forbidden")
"""What `metadata.labkit` of a notebook may say."""


def unknown_options(book: Book) -> Findings:
    """Yield options of the lab that mean nothing."""
    options = lab_options(book.notebook)
    for name in sorted(options.keys() - set(OPTIONS)):
        yield WHOLE, f"metadata.labkit.{name} means nothing: there are {', '.join(OPTIONS)}"
    try:
        Limits(**options.get("limits", {}))
    except (TypeError, ValueError) as error:
        yield WHOLE, f"metadata.labkit.limits can't be used ({error}): see grader/running/limits.py"
