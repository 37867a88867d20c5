"""Attacks on the notebook's file: its cells, its metadata, its JSON, and how much of it there is."""

import json
import time

import arena
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_output

from grader.course.grading import GRADED, NEEDS_A_PERSON

pytestmark = pytest.mark.slow

GOOD = arena.SOURCE.cells[2].source
NOTHING = None
TESTS = ("test_zero_pad_basic", "test_zero_pad_no_padding")


def cell_of(notebook, name):
    """Return the cell with this id."""
    return next(cell for cell in notebook.cells if cell.get("id") == name)


def points_1000(notebook):
    """Make each cell worth a thousand points."""
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.points = 1000


def blocks_of_1000(notebook):
    """Make each marks block award a thousand points."""
    for name in TESTS:
        cell = cell_of(notebook, name)
        cell.source = cell.source.replace("marks(2", "marks(1000").replace(
            "marks(1,", "marks(1000,"
        )


def edited_tests(notebook):
    """Replace what each test cell does by nothing."""
    for name in TESTS:
        cell_of(notebook, name).source = "pass"


def deleted_tests(notebook):
    """Delete the test cells."""
    notebook.cells = [cell for cell in notebook.cells if cell.get("id") not in TESTS]


def moved_tests(notebook):
    """Put the test cells above the solution, and a solution that undoes itself below it."""
    tests = [cell_of(notebook, name) for name in TESTS]
    rest = [cell for cell in notebook.cells if cell not in tests]
    notebook.cells = [*rest[:2], *tests, *rest[2:]]


def copied_tests_to_the_front(notebook):
    """Copy each test cell before the solution, names and all, emptied."""
    copies = []
    for name in TESTS:
        copy = nbformat.from_dict(cell_of(notebook, name))
        copy.source = "pass"
        copies.append(copy)
    notebook.cells[2:2] = copies


def repeated_tests(notebook):
    """Paste each test cell a second time, as it is."""
    notebook.cells += [nbformat.from_dict(cell_of(notebook, name)) for name in TESTS]


def swapped_names(notebook):
    """Exchange the names of the two test cells."""
    one, other = (cell_of(notebook, name) for name in TESTS)
    one.metadata, other.metadata = other.metadata, one.metadata
    one.id, other.id = other.id, one.id


def claimed_tests(notebook):
    """Say in the metadata that test cells are the student's, and aren't graded."""
    for name in TESTS:
        cell_of(notebook, name).metadata.nbgrader.update(
            solution=True, locked=False, grade=False, points=0
        )
        cell_of(notebook, name).source = "pass"


def muted_tests(notebook):
    """Turn the test cells into text."""
    for name in TESTS:
        cell = cell_of(notebook, name)
        cell.cell_type = "markdown"
        cell.pop("outputs", None)
        cell.pop("execution_count", None)


def own_limits(notebook):
    """Ask for torch, and for more memory and time, in the notebook's metadata."""
    notebook.metadata["labkit"] = {"torch": True, "limits": {"memory_mb": 1 << 20, "cell_s": 1e6}}
    notebook.metadata["kernelspec"] = {"name": "bash", "display_name": "Bash", "language": "bash"}


def passed_before(notebook):
    """Hand in outputs that say that all tests were passed."""
    shown = new_output("display_data", data={"text/plain": "✓ [2/2 puntos] zero_pad/basic"})
    for name in TESTS:
        cell_of(notebook, name).outputs = [shown]


def same_ids(notebook):
    """Give all cells one id."""
    for cell in notebook.cells:
        cell["id"] = "same"


def names_that_are_no_text(notebook):
    """Give names, tags and ids that are lists, numbers and null."""
    for at, cell in enumerate(notebook.cells):
        cell["metadata"] = [{"nbgrader": 5}, {"nbgrader": {"grade_id": [1]}}, {"tags": 7}, {}][
            at % 4
        ]
        cell["id"] = [None, 5, "../../etc", "x" * 999][at % 4]


CHANGES = [
    (points_1000, NOTHING, 0),
    (points_1000, GOOD, 3),
    (blocks_of_1000, GOOD, 3),
    (edited_tests, NOTHING, 0),
    (deleted_tests, NOTHING, 0),
    (deleted_tests, GOOD, 3),
    (moved_tests, GOOD, 3),
    (copied_tests_to_the_front, NOTHING, 0),
    (copied_tests_to_the_front, GOOD, 3),
    (repeated_tests, GOOD, 3),
    (swapped_names, GOOD, 3),
    (claimed_tests, NOTHING, 0),
    (muted_tests, NOTHING, 0),
    (muted_tests, GOOD, 3),
    (own_limits, "import torch\n" + GOOD, 0),
    (passed_before, NOTHING, 0),
    (same_ids, GOOD, 3),
    (names_that_are_no_text, GOOD, 3),
]


@pytest.mark.parametrize(
    ("change", "solution", "marks"),
    [pytest.param(*one, id=f"{one[0].__name__}-{one[2]}") for one in CHANGES],
)
def test_what_was_done_to_the_cells_changes_no_mark(change, solution, marks, ground):
    """However cells and their metadata were changed, the instructor's tests decide."""
    graded = ground.fight(arena.notebook(solution, change))
    assert (graded.status, graded.score) == (GRADED, marks), graded.reason


def nested(depth):
    """Return JSON nested this deep."""
    return b'{"a":' * depth + b"1" + b"}" * depth


def bytes_of(change=None):
    """Return the bytes of an honest notebook."""
    return arena.notebook(GOOD, change).encode()


def with_metadata(raw):
    """Return an honest notebook whose first cell has this metadata, in JSON."""
    return bytes_of().replace(b'"metadata": {}', b'"metadata": ' + raw, 1)


def many_cells(count, source):
    """Return an honest notebook with many more cells."""

    def add(notebook):
        notebook.cells[4:4] = [new_code_cell(source(n), id=f"more-{n}") for n in range(count)]

    return bytes_of(add)


FILES = {
    "zip-bomb": (b"PK\x03\x04" + bytes(1 << 20), NEEDS_A_PERSON),
    "gzip": (b"\x1f\x8b\x08" + bytes(1000), NEEDS_A_PERSON),
    "noise": (bytes(range(256)) * 1000, NEEDS_A_PERSON),
    "endless-brackets": (b"[" * 10_000_000, NEEDS_A_PERSON),
    "endless-json": (b'{"cells": ' + nested(100_000) + b"}", NEEDS_A_PERSON),
    "no-cells": (b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', None),
    "cells-of-nothing": (b'{"cells": [' + b"[]," * 1_000_000 + b"[]]}", None),
    "a-number-of-5000-digits": (with_metadata(b'{"n": ' + b"9" * 5000 + b"}"), None),
    "metadata-900-deep": (with_metadata(nested(900)), None),
    "half-a-surrogate-in-a-text": (bytes_of().replace(b"# Mini", b"# \\ud800"), GRADED),
    "half-a-surrogate-in-the-solution": (
        bytes_of().replace(b"Agrega ceros", b"\\ud800\\udfff \\udead"),
        GRADED,
    ),
    "half-a-surrogate-in-metadata": (
        with_metadata(b'{"\\udead": 1, "nbgrader": {"grade_id": "\\udead"}}'),
        GRADED,
    ),
    "null-characters": (bytes_of().replace(b"# Mini", b"\\u0000"), GRADED),
    "outputs-of-300-megabytes": (
        bytes_of(
            lambda notebook: notebook.cells[3].update(
                outputs=[new_output("stream", text="x" * (300 << 20))]
            )
        ),
        GRADED,
    ),
    "outputs-of-ten-million-lists": (
        bytes_of().replace(b'"outputs": []', b'"outputs": [' + b"[]," * 3_000_000 + b"[]]", 1),
        None,
    ),
    "six-thousand-cells": (many_cells(6_000, lambda n: f"x{n} = {n}"), None),
    "cells-that-are-almost-tests": (
        many_cells(1_000, lambda n: "".join(sorted(arena.HASHED)) + str(n)),
        None,
    ),
    "old-format-damaged": (
        b'{"worksheets": [{"cells": [5, {"cell_type": 7}]}, 3], "nbformat": 3}',
        None,
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_no_file_stops_the_batch_or_takes_long(name, ground):
    """Whatever bytes are handed in, they get a status and marks or a reason, soon."""
    data, status = FILES[name]
    started = time.process_time()
    graded = ground.fight(data)
    assert time.process_time() - started < 15
    assert status in (None, graded.status), (graded.status, graded.reason)
    assert graded.status == GRADED or graded.reason
    for one in graded.notebooks.values():
        one.text.encode()  # it can be written to a file
        nbformat.validate(nbformat.reads(one.text, as_version=4))
    if status == GRADED:
        assert graded.score == arena.FULL


SOLUTIONS = {
    "attributes-of-attributes": f"if 0:\n    x{'.a' * 2000}",
    "attributes-of-something-long": f"if 0:\n    [{'1,' * 20_000}]{'.a' * 150}",
    "one-name-of-a-megabyte": f"if 0:\n    {'a' * (1 << 20)}.eval",
    "parentheses": f"if 0:\n    {'(' * 150}1{')' * 150}",
    "a-sum-of-many": f"if 0:\n    1{'+1' * 1500}",
    "a-product-of-powers": "if 0:\n    9 ** 9 ** 9 * 'a' * 10**10",
    "many-names": "if 0:\n    " + "; ".join(f"a{n}.b.c" for n in range(20_000)),
    "an-endless-string": f"if 0:\n    '{'x' * (1 << 20)}'",
}


@pytest.mark.parametrize("name", SOLUTIONS)
def test_no_source_text_hangs_or_breaks_whoever_reads_it(name, ground):
    """Code that is hard to parse, and never runs, costs its author nothing and us little."""
    started = time.process_time()
    graded = ground.fight(arena.notebook(f"{GOOD}\n{SOLUTIONS[name]}\n"))
    assert time.process_time() - started < 10
    assert (graded.status, graded.score) == (GRADED, arena.FULL), graded.reason
    assert len(json.dumps([one.flags for one in graded.notebooks.values()], default=str)) < 100_000
