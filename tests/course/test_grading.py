"""A submission goes in, marks and messages come out, whatever the submission is."""

import copy
import json
import subprocess
import sys
from dataclasses import replace

import nbformat
import pytest
from tiny import GOOD, LAB, MINUS_PAD, tiny_lab

from grader.course.grading import (
    GRADED,
    NEEDS_A_PERSON,
    Lab,
    LabNotebook,
    Submission,
    grade,
)
from grader.course.labs import total_marks

SOURCE = tiny_lab()
RELEASE = copy.deepcopy(SOURCE)
RELEASE.cells[2].source = "def zero_pad(X, pad):\n    raise NotImplementedError()"
TINY = Lab(LAB, {LAB: LabNotebook(nbformat.writes(SOURCE), nbformat.writes(RELEASE))})


def handed_in(solution, extra=""):
    """Return a submission whose solution cell holds `solution`, then a cell with `extra`."""
    notebook = copy.deepcopy(RELEASE)
    notebook.cells[2].source = solution
    if extra:
        notebook.cells.insert(3, nbformat.v4.new_code_cell(extra, id="extra"))
    return Submission("ana", {f"{LAB}.ipynb": nbformat.writes(notebook).encode()}, 11, 12)


def test_a_correct_solution_gets_every_mark():
    """The reference solution earns what the lab's blocks add up to."""
    graded = grade(TINY, handed_in(GOOD))
    assert (graded.status, graded.score) == (GRADED, total_marks(SOURCE)) == (GRADED, 3)


def test_what_a_submission_cost_is_told():
    """Restoring, each step of the run and judging have their times, none of them nothing."""
    timings = grade(TINY, handed_in(GOOD)).timings
    steps = ("restore_ms", "fork_ms", "confine_ms", "run_ms", "cpu_ms", "judge_ms")
    assert all(timings[step] > 0 for step in steps)


def test_an_unfilled_release_gets_nothing():
    """A stub earns 0, and the student is told that it isn't implemented."""
    notebook = RELEASE.cells[2].source
    graded = grade(TINY, handed_in(notebook))
    assert graded.score == 0
    messages = graded.notebooks[LAB].blocks["test_zero_pad_basic"][0].messages
    assert "todavía no está implementada" in messages[0]


def test_a_student_loses_the_marks_of_one_group_alone():
    """A solution that fails at pad 0 loses that block's mark and is told why."""
    graded = grade(TINY, handed_in(MINUS_PAD))
    assert dict(graded.notebooks[LAB].scores) == {
        "test_zero_pad_basic": 2,
        "test_zero_pad_no_padding": 0,
    }
    (block,) = graded.notebooks[LAB].blocks["test_zero_pad_no_padding"]
    assert block.mistakes == ("slices_with_minus_pad",)


def test_the_graded_notebook_shows_the_verdicts():
    """Each test cell's outputs hold ✓ or ✗, the marks and the message, as HTML and as text."""
    graded = grade(TINY, handed_in(MINUS_PAD))
    notebook = nbformat.reads(graded.notebooks[LAB].text, as_version=4)
    nbformat.validate(notebook)
    shown = {
        cell.id: cell.outputs[-1].data["text/plain"]
        for cell in notebook.cells
        if cell.id.startswith("test_")
    }
    assert shown["test_zero_pad_basic"] == "✓ [2/2 puntos] zero_pad/basic"
    assert shown["test_zero_pad_no_padding"].startswith("✗ [0/1 puntos] zero_pad/no_padding\n")


def test_what_a_cell_put_out_is_kept():
    """Outputs of the student's own cells are in the graded notebook."""
    graded = grade(TINY, handed_in(GOOD, "print('hola')"))
    cells = nbformat.reads(graded.notebooks[LAB].text, as_version=4).cells
    extra = next(cell for cell in cells if cell.id == "extra")
    assert extra.outputs[0].text == "hola\n"


def test_a_warning_costs_nothing():
    """A solution that writes to stderr keeps its marks."""
    loud = "import sys, warnings\n" + GOOD.replace(
        "return", "warnings.warn('mm'); print('x', file=sys.stderr); return"
    )
    assert grade(TINY, handed_in(loud)).score == 3


def test_an_endless_loop_loses_its_own_cell_only():
    """A cell that runs out of time earns nothing, says so, and the next one still runs."""
    stuck = GOOD.replace("return", "\n    while pad == 0: pass\n    return")
    graded = grade(TINY, handed_in(stuck))
    assert dict(graded.notebooks[LAB].scores) == {
        "test_zero_pad_basic": 2,
        "test_zero_pad_no_padding": 0,
    }
    assert "se quedó sin tiempo" in graded.notebooks[LAB].text


def test_grading_again_gives_the_same():
    """The same submission from the same seed has the same result, timings aside."""
    one, other = (grade(TINY, handed_in(MINUS_PAD)) for _ in range(2))
    assert one.notebooks[LAB].text == other.notebooks[LAB].text
    assert one.notebooks[LAB].blocks == other.notebooks[LAB].blocks


def test_a_forbidden_name_is_flagged_with_its_line():
    """`eval` in a solution cell changes no mark and is flagged to the instructor."""
    graded = grade(TINY, handed_in(GOOD.replace("return", "eval('1'); return")))
    assert graded.score == 3
    (flag,) = graded.notebooks[LAB].flags
    assert (flag.cell, flag.line) == ("zero_pad", 2)


def test_all_that_a_student_wrote_is_read_for_forbidden_names():
    """A cell of one's own, a given cell that was changed and a Python file are flagged; ours aren't."""
    one = handed_in(GOOD, "%%time\ngo = eval")
    notebook = nbformat.reads(one.files[f"{LAB}.ipynb"].decode(), as_version=4)
    seen = next(cell for cell in notebook.cells if cell.id == "see-it")
    seen.source += "\neval('1')"
    files = {f"{LAB}.ipynb": nbformat.writes(notebook).encode(), "mine.py": b"\nexec('1')"}
    graded = grade(TINY, Submission("ana", files, 11, 12))
    assert graded.score == 3
    assert [(flag.cell, flag.line) for flag in graded.notebooks[LAB].flags] == [
        ("mine.py", 2),
        ("code cell 3", 2),
        ("see-it", 2),
    ]
    source = copy.deepcopy(SOURCE)
    next(cell for cell in source.cells if cell.id == "see-it").source = seen.source
    ours = Lab(LAB, {LAB: LabNotebook(nbformat.writes(source), nbformat.writes(RELEASE))})
    del files["mine.py"]
    (flag,) = grade(ours, Submission("ana", files, 11, 12)).notebooks[LAB].flags
    assert flag.cell == "code cell 3"


def test_a_module_given_to_another_lab_cannot_be_imported():
    """The fast layers that lab 5 gives its students are out of reach unless a lab hands them out."""
    borrowed = "from fastconv import conv_forward\n" + GOOD
    assert grade(TINY, handed_in(borrowed)).score == 0
    lab = replace(TINY, files={"fastconv.py": b"def conv_forward(): ..."})
    assert grade(lab, handed_in(borrowed)).score == 3


def test_answers_depend_on_the_seed():
    """The sandbox's cases come from the submission's seed: a solution that knows others' fails."""
    canned = "import grader\n" + GOOD.replace(
        "return", "X = X * (abs(float(X.flat[0]) - 0.2913959466886625) < 1e-12); return"
    )
    assert grade(TINY, handed_in(canned)).score == 0


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "se esperaba tiny.ipynb y se entregó nada"),
        ({"Tarea.pdf": b"x"}, "se esperaba tiny.ipynb y se entregó Tarea.pdf"),
        ({"tiny.ipynb": b"{"}, "tiny.ipynb: el archivo no es un notebook"),
    ],
)
def test_what_cannot_be_graded_needs_a_person(files, said):
    """A missing or unreadable notebook is a status with its reason, not an exception."""
    graded = grade(TINY, Submission("ana", files, 1, 2))
    assert graded.status == NEEDS_A_PERSON
    assert said in graded.reason


def test_repairs_are_told():
    """What restoring had to mend is in the result."""
    notebook = copy.deepcopy(RELEASE)
    notebook.cells[2].source = GOOD
    notebook.cells = [c for c in notebook.cells if c.id != "test_zero_pad_basic"]
    data = json.dumps(notebook).encode()
    graded = grade(TINY, Submission("ana", {f"{LAB}.ipynb": data}, 1, 2))
    assert graded.score == 3
    assert graded.notebooks[LAB].repairs == (
        "celdas borradas, se vuelven a poner: test_zero_pad_basic",
    )


def test_given_cells_that_only_show_are_not_run_unless_changed():
    """An unchanged cell tagged show-only is skipped; the same cell, edited, is run."""
    source = copy.deepcopy(SOURCE)
    source.cells[3].metadata.tags = ["show-only"]
    lab = Lab(LAB, {LAB: LabNotebook(nbformat.writes(source), nbformat.writes(RELEASE))})
    for text, ran in ((source.cells[3].source, False), ("1 + 1", True)):
        notebook = copy.deepcopy(RELEASE)
        notebook.cells[2].source = GOOD
        notebook.cells[3].source = text
        data = nbformat.writes(notebook).encode()
        graded = grade(lab, Submission("ana", {f"{LAB}.ipynb": data}, 1, 2))
        cells = nbformat.reads(graded.notebooks[LAB].text, as_version=4).cells
        assert (cells[3].execution_count is not None) is ran
        assert graded.score == 3


# ------------------------------------------------------------------------- a mark is for the function

BUSY = "import time\nend = time.process_time() + 0.8\nwhile time.process_time() < end:\n    pass"
SCRATCH = (
    "sum = 0; marks = 60; np = None",
    "%reset -f",
    "zero_pad = zero_pad(np.ones((1, 1, 1, 1)), 1)",
    "import os; os._exit(1)",
    "while True:\n    try:\n        while True: sum(range(99))\n    except BaseException: pass",
    "!sleep 100\n!sleep 100",
    "!pip install torch",
    "%cd /content/drive/MyDrive",
)


def with_limits(**limits):
    """Return the tiny lab with other limits."""
    source = copy.deepcopy(SOURCE)
    source.metadata.labkit["limits"] = limits
    return Lab(LAB, {LAB: LabNotebook(nbformat.writes(source), nbformat.writes(RELEASE))})


@pytest.mark.parametrize("scratch", SCRATCH)
def test_a_scratch_cell_costs_itself(scratch):
    """Whatever a cell of the student's does, the functions keep their marks."""
    lab = with_limits(cell_s=1, notebook_s=20)
    graded = grade(lab, handed_in(GOOD, scratch))
    assert graded.score == 3, graded.notebooks[LAB].flags


@pytest.mark.parametrize("line", ["import torch", "%matplotlib widget", "import os; os._exit(1)"])
def test_a_line_above_the_imports_costs_nothing(line):
    """The imports hold, whatever the student put in their cell."""
    notebook = copy.deepcopy(RELEASE)
    notebook.cells[1].source = f"{line}\n{notebook.cells[1].source}"
    notebook.cells[2].source = GOOD
    files = {f"{LAB}.ipynb": nbformat.writes(notebook).encode()}
    assert grade(TINY, Submission("ana", files, 11, 12)).score == 3


@pytest.fixture
def busy():
    """Have 16 processes want the processors too."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(16)]
    yield
    for loop in loops:
        loop.kill()
        loop.wait()


def test_a_submission_gets_the_same_mark_beside_busy_loops(request):
    """What ran within its limit on this machine runs within it when others want it too."""
    lab = with_limits(cell_s=2, notebook_s=10)
    one = handed_in(GOOD, BUSY)
    alone = grade(lab, one).notebooks[LAB]
    assert sum(alone.scores.values()) == 3
    request.getfixturevalue("busy")
    beside = grade(lab, one).notebooks[LAB]
    assert dict(beside.scores) == dict(alone.scores)
    assert [flag.what for flag in beside.flags] == [flag.what for flag in alone.flags]


def test_a_cell_that_had_to_be_ended_is_flagged():
    """The instructor reads in which cell the process ended, and how."""
    (flag,) = grade(TINY, handed_in(GOOD, "import os\nos._exit(3)")).notebooks[LAB].flags
    assert "died" in flag.what
    assert "code 3" in flag.what


def test_losing_nearly_everything_to_an_error_is_flagged_with_the_cell():
    """A solution cell that fails before it defines anything is named, with its error."""
    (flag,) = grade(TINY, handed_in(f"import cv2\n{GOOD}")).notebooks[LAB].flags
    assert flag.cell == "zero_pad"
    assert "ModuleNotFoundError: No module named 'cv2'" in flag.what


@pytest.mark.parametrize(
    ("solution", "extra"), [(RELEASE.cells[2].source, "1 / 0"), ("def zero_pad(X, pad): 1", "")]
)
def test_losing_everything_to_wrong_answers_is_not_flagged(solution, extra):
    """A stub, or a wrong function, is nobody's business, also beside a cell that fails."""
    assert grade(TINY, handed_in(solution, extra)).notebooks[LAB].flags == ()
