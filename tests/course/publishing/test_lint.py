"""Each thing that would hurt a student is found in a source that was seeded with it, and named."""

import pytest
from clean import clean_notebook
from sown import (
    CONFIG,
    TEST,
    add,
    findings,
    grading,
    of_cell,
    of_notebook,
    renamed,
    swap,
    twice,
)
from tiny import ROOT

from grader.catalogue import Catalogue, read_sources
from grader.course.publishing.disk import read_folder
from grader.course.publishing.lint import KINDS, lint_notebook
from grader.course.publishing.release import lint_files
from grader.hashes import array_hash, scalar_hash, string_hash

LABS = sorted(path.name for path in (ROOT / "source").glob("*") if path.is_dir())


ARRAY = [[1.5, 2.5, 3.5], [4.5, 5.5, 7.25]]
RIGHT = "    Z = X - np.mean(X, axis=0) + bias"
SOLVED = f"### BEGIN SOLUTION\n{RIGHT}\n    ### END SOLUTION"
HIDDEN = "### BEGIN HIDDEN TESTS\nassert centre(X, 1.0).shape[1] > 2, 'secreto'"

# The kind, where it is found, a word of what is told, and the seed.
SEEDS = {
    "grade_id twice": ("duplicate-id", TEST, "2 cells have this grade_id", twice),
    "cell id twice": ("duplicate-id", "title", "cell id", renamed("summary", "title")),
    "block id twice": (
        "duplicate-id",
        "centre/basic",
        "marks block",
        swap("test_centre_memory", "centre/memory", "centre/basic"),
    ),
    "random grade_id": (
        "unreadable-id",
        "cell-3f2a9c81d0",
        "nobody can read",
        renamed(TEST, "cell-3f2a9c81d0", "cell-3f2a9c81d0"),
    ),
    "random cell id": ("unreadable-id", "a1b2c3d4", "nobody", renamed("summary", "a1b2c3d4")),
    "two names": ("unreadable-id", TEST, "make it", renamed(TEST, "padding-test")),
    "points of metadata": ("marks-disagree", TEST, "marks() 3", grading(TEST, points=4)),
    "points of the block": ("marks-disagree", TEST, "marks() 2", swap(TEST, "marks(3", "marks(2")),
    "points of the first line": (
        "marks-disagree",
        TEST,
        "first line says 5",
        swap(TEST, "(3 puntos)", "(5 puntos)"),
    ),
    "points of a heading": (
        "marks-disagree",
        "exercise-centre",
        "add up to 6",
        swap("exercise-centre", "(6 puntos)", "(7 puntos)"),
    ),
    "no heading": (
        "marks-disagree",
        TEST,
        "no heading",
        swap("exercise-centre", "(6 puntos)", ""),
    ),
    "points of items": (
        "marks-disagree",
        "open-question",
        "items add up to 3",
        add("open-question", "1. Una. (1 punto)\n2. Otra. (2 puntos)"),
    ),
    "total": ("marks-disagree", "title", "says 9", swap("title", "vale 8 puntos", "vale 9 puntos")),
    "automatic total": (
        "marks-disagree",
        "title",
        "graded by itself",
        swap("title", "6 automáticos", "5 automáticos"),
    ),
    "no total": (
        "marks-disagree",
        "(notebook)",
        "no line says",
        swap("title", "**Este laboratorio vale 8 puntos**", "Suerte"),
    ),
    "table": ("marks-disagree", "title", "says 5 for exercise 1", swap("title", "| 6 |", "| 5 |")),
    "summary": ("marks-disagree", "summary", "summary() says 5", swap("summary", ": 6", ": 5")),
    "a computed expected value": (
        "unjudgeable",
        TEST,
        "literal",
        add(TEST, "    check_hash(centre(X, 1.0), (X.shape, 1.0))"),
    ),
    "an unknown group": (
        "unknown-check",
        TEST,
        "basik",
        swap(TEST, 'check_torch(centre, "basic")', 'check_torch(centre, "basik")'),
    ),
    "no block": (
        "no-observation",
        TEST,
        "holds no marks block",
        of_cell(TEST, source="assert True"),
    ),
    "no check": (
        "no-observation",
        TEST,
        "makes no check",
        lambda cells, _: cells[TEST].update(
            source=cells[TEST]["source"].partition("    check")[0] + "    assert centre"
        ),
    ),
    "a hash alone": (
        "lone-hash",
        TEST,
        "check_hash stands",
        swap(
            TEST,
            'check_torch(centre, "basic")',
            "check_hash(centre(X, 1.0), ((1, 2, 3, 4), 5.5))",
        ),
    ),
    "a hash first": (
        "lone-hash",
        TEST,
        "check_scalar stands",
        swap(TEST, "    check_torch", '    check_scalar(X[0, 0], "0x1")\n    check_torch'),
    ),
    "numpy's generator": ("unseeded", TEST, "numpy.random.randn", add(TEST, "np.random.randn(3)")),
    "a generator without a seed": (
        "unseeded",
        TEST,
        "no fixed seed",
        add(TEST, "rng = np.random.default_rng()"),
    ),
    "a seed that is the time": (
        "unseeded",
        TEST,
        "no fixed seed",
        add(TEST, "import time\nnp.random.seed(int(time.time()))"),
    ),
    "torch's generator": ("unseeded", TEST, "torch.rand", add(TEST, "import torch\ntorch.rand(3)")),
    "python's generator": (
        "unseeded",
        TEST,
        "random.random",
        add(TEST, "from random import random as draw\ndraw()"),
    ),
    "the machine's": ("unseeded", TEST, "os.urandom", add(TEST, "import os\nos.urandom(3)")),
    "no END": ("markers", "centre", "never closed", swap("centre", "### END SOLUTION", "")),
    "no BEGIN": (
        "markers",
        "centre",
        "closes nothing",
        swap("centre", "### BEGIN SOLUTION", ""),
    ),
    "nested": (
        "markers",
        "centre",
        "nested",
        swap("centre", RIGHT, f"    ### BEGIN SOLUTION\n{RIGHT}"),
    ),
    "no markers": ("markers", "centre", "lose the whole", swap("centre", SOLVED, RIGHT.strip())),
    "not a solution cell": (
        "markers",
        "imports",
        "isn't a solution cell",
        add("imports", "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"),
    ),
    "misspelt": (
        "markers",
        "centre",
        "isn't a marker",
        swap("centre", "### BEGIN SOLUTION", "### Begin solución"),
    ),
    "hidden tests never closed": ("markers", TEST, "never closed", add(TEST, HIDDEN)),
    "the solution in the text": (
        "survives",
        "title",
        "hidden in 'centre'",
        add("title", RIGHT),
    ),
    "the solution in another cell": (
        "survives",
        "see-centre",
        "hidden",
        add("see-centre", RIGHT),
    ),
    "the answer in the text": (
        "survives",
        "how-to-work",
        "hidden in 'question_one_row'",
        lambda cells, _: cells["how-to-work"].update(source=cells["question_one_row"]["source"]),
    ),
    "hidden tests elsewhere": (
        "survives",
        "imports",
        "hidden in 'test_centre_basic'",
        lambda cells, _: (
            add(TEST, f"{HIDDEN}\n### END HIDDEN TESTS")(cells, None),
            add("imports", HIDDEN.partition("\n")[2])(cells, None),
        ),
    ),
    "the array behind a hash": (
        "survives",
        "see-centre",
        "whose hash check_hash",
        lambda cells, _: (
            add(TEST, f"    check_hash(centre(X, 1.0), {array_hash(ARRAY)})")(cells, None),
            add("see-centre", f"# \nnp.array({ARRAY})")(cells, None),
        ),
    ),
    "the number behind a hash": (
        "survives",
        "title",
        "whose hash check_scalar",
        lambda cells, _: (
            add(TEST, f'    check_scalar(X.sum(), "{scalar_hash(17.154767)}")')(cells, None),
            add("title", "Debe dar 17.154767.")(cells, None),
        ),
    ),
    "the text behind a hash": (
        "survives",
        "identification",
        "whose hash check_str",
        lambda cells, _: (
            add("see-centre", f'check_str(answer, "{string_hash("gato")}")')(cells, None),
            add("identification", 'answer = "gato"')(cells, None),
        ),
    ),
    "a hash made before students": (
        "survives",
        "see-centre",
        "makes the hash",
        add("see-centre", "array_hash(centre(X, 1.0))"),
    ),
    "outputs": (
        "leftovers",
        "imports",
        "clear them",
        of_cell("imports", outputs=[{"output_type": "stream", "name": "stdout", "text": "x"}]),
    ),
    "an execution count": ("leftovers", "imports", "clear", of_cell("imports", execution_count=3)),
    "a path": ("absolute-path", "imports", "/home/ana", add("imports", 'open("/home/ana/x.csv")')),
    "a path of Windows": ("absolute-path", "title", "C:", add("title", r"Está en C:\Users\ana.")),
    "half a function": (
        "broken-stub",
        "centre",
        "isn't Python",
        swap("centre", "    ### BEGIN", "  ### BEGIN"),
    ),
    "no docstring": (
        "no-docstring",
        "centre",
        "centre has no docstring",
        lambda cells, _: cells["centre"].update(
            source=f"def centre(X, bias):\n    {SOLVED}\n    return Z"
        ),
    ),
    "an image that isn't there": (
        "broken-link",
        "title",
        "images/cat.png",
        add("title", "![un gato](images/cat.png)"),
    ),
    "an image as a tag": ("broken-link", "title", "cat.png", add("title", '<img src="cat.png">')),
    "an anchor to nothing": ("broken-link", "title", "#Nada", add("title", "[aquí](#Nada)")),
    "an attachment lost": (
        "broken-link",
        "title",
        "attachment",
        add("title", "![](attachment:a.png)"),
    ),
    "another kernel": (
        "kernel",
        "(notebook)",
        "'ir'",
        of_notebook(kernelspec={"name": "ir", "display_name": "R"}),
    ),
    "no kernel": (
        "kernel",
        "(notebook)",
        "missing",
        lambda _cells, notebook: notebook["metadata"].pop("kernelspec"),
    ),
    "an unknown option": ("option", "(notebook)", "labkit.troch", of_notebook(labkit={"troch": 1})),
    "never closed": ("open-formula", "title", "$$", add("title", "$$ x")),
    "the stub of another course": ("other-stub", "title", "YOUR", add("title", "YOUR CODE HERE")),
    "a test that can be changed": ("not-locked", TEST, "read-only", grading(TEST, locked=False)),
    "another test's variable": (
        "leans",
        "test_centre_bias",
        "only the test",
        add("test_centre_bias", "X.sum()"),
    ),
    "a group without a test": (
        "unchecked",
        "centre",
        "'memory'",
        lambda cells, notebook: notebook["cells"].remove(cells["test_centre_memory"]),
    ),
    "a heavy notebook": ("too-heavy", "(notebook)", "5.2 MB", add("title", "A" * 5_200_000)),
    "a figure without a word": (
        "no-alt",
        "see-centre",
        "gallery",
        add("see-centre", "gallery([X])"),
    ),
    "a line that is cut off": ("too-wide", "see-centre", "71", add("see-centre", "#" * 71)),
    "no use_key": ("no-key", "(notebook)", "use_key", swap("imports", 'use_key("clean")', "")),
    "an unusable limit": (
        "option",
        "(notebook)",
        "limits",
        of_notebook(labkit={"limits": {"cell_s": 0}}),
    ),
}


def test_a_clean_notebook_has_no_findings():
    """The notebook that `labkit new` writes has nothing to mend."""
    notebook, _ = clean_notebook()
    assert findings(notebook) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seeded_source_is_found(seed):
    """What was seeded is found, in its cell, and the finding says what it is."""
    kind, cell, word, sow = SEEDS[seed]
    notebook, cells = clean_notebook()
    sow(cells, notebook)
    found = findings(notebook)
    assert any(f.kind == kind and f.cell == cell and word in f.what for f in found), found


def test_every_kind_of_finding_is_seeded():
    """No kind of finding is without a source that shows it."""
    assert {kind for kind, *_ in SEEDS.values()} == set(KINDS)


@pytest.mark.parametrize("lab", LABS)
def test_the_labs_are_clean(lab):
    """The course's own labs have nothing to mend."""
    catalogue = Catalogue(read_sources(ROOT / "exercises"))
    found = lint_files(read_folder(ROOT / "source" / lab), CONFIG, catalogue, lab)
    assert [str(finding) for finding in found] == []


@pytest.mark.parametrize(
    "text", ["<html>", "[]", '{"cells": 3}', '{"cells": [], "metadata": {}, "nbformat": 3}']
)
def test_a_file_that_is_no_notebook_is_one_finding(text):
    """What can't be read as a notebook of format 4 is told once, and nothing else is looked at."""
    assert [finding.kind for finding in lint_notebook("lab.ipynb", text)] == ["format"]


def test_what_follows_a_test_may_use_its_result():
    """A result whose hash was checked may be the given input of an exercise further down."""
    notebook, cells = clean_notebook()
    add(TEST, f"    check_hash(centre(X, 1.0), {array_hash(ARRAY)})")(cells, None)
    add("test_centre_memory", f"Y = np.array({ARRAY})")(cells, None)
    assert findings(notebook) == []


def test_a_seed_before_drawing_is_enough():
    """A graded cell that seeds, and draws afterwards, is as it should be."""
    notebook, cells = clean_notebook()
    add(TEST, "np.random.seed(2023)\nnp.random.randn(3)\nnp.random.default_rng(7).normal()")(
        cells, None
    )
    assert findings(notebook) == []


def test_links_that_lead_somewhere_are_left_alone():
    """A file of the lab, a heading, the web, and what stands in code or formulas aren't findings."""
    notebook, cells = clean_notebook()
    text = (
        "![gato](images/cat.png) [arriba](#Cómo-trabajar) [web](https://example.org) "
        "`a[0](nada.png)` $[x](y)$ ![gato](<images/cat.png>)"
    )
    add("title", text)(cells, None)
    assert findings(notebook, {"images/cat.png": b"\0png"}) == []
