"""The notebook itself: its ids, its kernel, its options."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from grader.course.labs import USE_KEY, lab_options
from grader.course.publishing.lint.book import WHOLE, Book
from grader.course.submissions.originals import grade_id
from grader.running.limits import Limits

if TYPE_CHECKING:
    from grader.course.publishing.lint.book import Told

_READABLE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_RANDOM = re.compile(r"(?:cell-)?(?=[0-9a-f-]*[0-9])[0-9a-f]{6,}(?:-[0-9a-f]+)*")


def duplicate_ids(book: Book) -> Told:
    """Yield names that two cells or blocks have."""
    for what, names in (
        ("grade_id", [grade_id(cell) for cell in book.cells if grade_id(cell)]),
        ("cell id", [cell.id for cell in book.cells]),
        ("marks block", [block.id for blocks in book.blocks.values() for block in blocks]),
    ):
        for name, times in Counter(names).items():
            if times > 1:
                yield name, f"{times} cells have this {what}: give each its own"


def unreadable_ids(book: Book) -> Told:
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


def other_kernel(book: Book) -> Told:
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


def missing_keys(book: Book) -> Told:
    """Yield a notebook whose checks need a key, and that asks for none."""
    asks = any(USE_KEY.search(cell.source) for cell in book.code)
    checks = any(
        "group" in check.arguments
        for blocks in book.blocks.values()
        for block in blocks
        for check in block.checks
    )
    if checks and not asks:
        yield (
            WHOLE,
            (
                'its checks need the lab\'s key and nothing says which: write use_key("LAB") below '
                "the imports, as `labkit new` does"
            ),
        )


OPTIONS = ("torch", "limits", "forbidden")
"""What `metadata.labkit` of a notebook may say."""


def unknown_options(book: Book) -> Told:
    """Yield options of the lab that mean nothing."""
    options = lab_options(book.notebook)
    for name in sorted(options.keys() - set(OPTIONS)):
        yield WHOLE, f"metadata.labkit.{name} means nothing: there are {', '.join(OPTIONS)}"
    try:
        Limits(**options.get("limits", {}))
    except (TypeError, ValueError) as error:
        yield WHOLE, f"metadata.labkit.limits can't be used ({error}): see grader/running/limits.py"
