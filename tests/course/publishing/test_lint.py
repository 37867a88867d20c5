"""Each thing that would hurt a student is found in a source that was seeded with it, and named."""

import json

import pytest
from clean import clean_notebook
from tiny import ROOT
from traitlets.config import PyFileConfigLoader

from grader.course.publishing.lint import KINDS, lint_notebook
from grader.course.publishing.release import lint_files, read_folder
from grader.hashes import array_hash, scalar_hash, string_hash

LABS = sorted(path.name for path in (ROOT / "source").glob("*") if path.is_dir())
TEST = "test_zero_pad_basic"


def findings(notebook, files=None):
    """Lint a notebook given as a dictionary."""
    return lint_notebook("lab.ipynb", json.dumps(notebook), files)


def about(cell):
    """Return a cell's nbgrader metadata."""
    return cell["metadata"]["nbgrader"]


def swap(name, old, new):
    """Seed: replace a text in a cell, which must have it."""

    def seed(cells, _notebook):
        assert old in cells[name]["source"]
        cells[name]["source"] = cells[name]["source"].replace(old, new)

    return seed


def add(name, text):
    """Seed: add lines at the end of a cell."""

    def seed(cells, _notebook):
        cells[name]["source"] += f"\n{text}"

    return seed


def grading(name, **values):
    """Seed: change a cell's nbgrader metadata."""
    return lambda cells, _notebook: about(cells[name]).update(values)


def renamed(name, cell_id, grade_id=None):
    """Seed: give a cell another id, and another grade_id if it has one."""

    def seed(cells, _notebook):
        cells[name]["id"] = cell_id
        if grade_id:
            about(cells[name])["grade_id"] = grade_id

    return seed


def twice(cells, notebook):
    """Seed: the same cell again."""
    notebook["cells"].append(json.loads(json.dumps(cells[TEST])))


def of_cell(name, **values):
    """Seed: change a cell itself."""
    return lambda cells, _notebook: cells[name].update(values)


def of_notebook(**values):
    """Seed: change the notebook's metadata."""
    return lambda _cells, notebook: notebook["metadata"].update(values)


ARRAY = [[1.5, 2.5, 3.5], [4.5, 5.5, 7.25]]
PAD = "    Z = np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))"
SOLVED = f"### BEGIN SOLUTION\n{PAD}\n    ### END SOLUTION"
HIDDEN = "### BEGIN HIDDEN TESTS\nassert zero_pad(X, 1).shape[1] > 2, 'secreto'"

# The kind, where it is found, a word of what is told, and the seed.
SEEDS = {
    "grade_id twice": ("duplicate-id", TEST, "2 cells have this grade_id", twice),
    "cell id twice": ("duplicate-id", "title", "cell id", renamed("summary", "title")),
    "block id twice": (
        "duplicate-id",
        "zero_pad/basic",
        "marks block",
        swap("test_zero_pad_memory", "zero_pad/memory", "zero_pad/basic"),
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
        "exercise-zero-pad",
        "add up to 6",
        swap("exercise-zero-pad", "(6 puntos)", "(7 puntos)"),
    ),
    "no heading": (
        "marks-disagree",
        TEST,
        "no heading",
        swap("exercise-zero-pad", "(6 puntos)", ""),
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
    "table": ("marks-disagree", "title", "table says 5", swap("title", "| 6 |", "| 5 |")),
    "summary": ("marks-disagree", "summary", "summary() says 5", swap("summary", ": 6", ": 5")),
    "a computed expected value": (
        "unjudgeable",
        TEST,
        "literal",
        add(TEST, "    check_hash(zero_pad(X, 1), (X.shape, 1.0))"),
    ),
    "an unknown group": (
        "unjudgeable",
        TEST,
        "basik",
        swap(TEST, 'check_torch(zero_pad, "basic")', 'check_torch(zero_pad, "basik")'),
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
        swap(TEST, 'check_torch(zero_pad, "basic")', "assert zero_pad"),
    ),
    "a hash alone": (
        "lone-hash",
        TEST,
        "check_hash stands",
        swap(
            TEST,
            'check_torch(zero_pad, "basic")',
            "check_hash(zero_pad(X, 1), ((1, 2, 3, 4), 5.5))",
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
    "no END": ("markers", "zero_pad", "never closed", swap("zero_pad", "### END SOLUTION", "")),
    "no BEGIN": (
        "markers",
        "zero_pad",
        "closes nothing",
        swap("zero_pad", "### BEGIN SOLUTION", ""),
    ),
    "nested": (
        "markers",
        "zero_pad",
        "nested",
        swap("zero_pad", PAD, f"    ### BEGIN SOLUTION\n{PAD}"),
    ),
    "no markers": ("markers", "zero_pad", "lose the whole", swap("zero_pad", SOLVED, PAD.strip())),
    "not a solution cell": (
        "markers",
        "imports",
        "isn't a solution cell",
        add("imports", "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"),
    ),
    "misspelt": (
        "markers",
        "zero_pad",
        "isn't a marker",
        swap("zero_pad", "### BEGIN SOLUTION", "### Begin solución"),
    ),
    "hidden tests never closed": ("markers", TEST, "never closed", add(TEST, HIDDEN)),
    "the solution in the text": (
        "survives",
        "title",
        "hidden in 'zero_pad'",
        add("title", PAD),
    ),
    "the solution in another cell": (
        "survives",
        "see-zero-pad",
        "hidden",
        add("see-zero-pad", PAD),
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
        "hidden in 'test_zero_pad_basic'",
        lambda cells, _: (
            add(TEST, f"{HIDDEN}\n### END HIDDEN TESTS")(cells, None),
            add("imports", HIDDEN.partition("\n")[2])(cells, None),
        ),
    ),
    "the array behind a hash": (
        "survives",
        "see-zero-pad",
        "whose hash check_hash",
        lambda cells, _: (
            add(TEST, f"    check_hash(zero_pad(X, 1), {array_hash(ARRAY)})")(cells, None),
            add("see-zero-pad", f"# \nnp.array({ARRAY})")(cells, None),
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
            add("see-zero-pad", f'check_str(answer, "{string_hash("gato")}")')(cells, None),
            add("identification", 'answer = "gato"')(cells, None),
        ),
    ),
    "a hash made before students": (
        "survives",
        "see-zero-pad",
        "makes the hash",
        add("see-zero-pad", "array_hash(zero_pad(X, 1))"),
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
        "zero_pad",
        "isn't Python",
        swap("zero_pad", "    ### BEGIN", "  ### BEGIN"),
    ),
    "no docstring": (
        "no-docstring",
        "zero_pad",
        "zero_pad has no docstring",
        lambda cells, _: cells["zero_pad"].update(
            source=f"def zero_pad(X, pad):\n    {SOLVED}\n    return Z"
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
    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    found = lint_files(read_folder(ROOT / "source" / lab), config)
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
    add(TEST, f"    check_hash(zero_pad(X, 1), {array_hash(ARRAY)})")(cells, None)
    add("test_zero_pad_memory", f"Y = np.array({ARRAY})")(cells, None)
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
        "`a[0](nada.png)` $[x](y)$ ![](<images/cat.png>)"
    )
    add("title", text)(cells, None)
    assert findings(notebook, {"images/cat.png": b"\0png"}) == []
