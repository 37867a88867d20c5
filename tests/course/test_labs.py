"""The course's own labs run, their marks agree, and their samples get what they deserve."""

import ast
import os
import re
import shutil
import subprocess
import sys
from functools import cache

import nbclient
import nbformat
import pytest
from nbgrader.coursedir import CourseDirectory
from tiny import ROOT

from grader.course.folders import read_lab
from grader.course.grading import GRADED, grade, submission
from grader.course.labs import lab_options, total_marks
from grader.course.samples import build, samples
from grader.course.submissions.originals import grade_id, is_graded_code, is_solution
from grader.judging import Code, forbidden_names, read_blocks

pytestmark = pytest.mark.slow

LABS = sorted(path.name for path in (ROOT / "source").glob("*") if path.is_dir())
SAMPLES = [(lab, sample) for lab in LABS for sample in samples(ROOT / "examples" / lab)]
STUDENT = "sample"


@cache
def notebook(step, lab):
    """Read a lab's notebook in `source` or `release`."""
    return nbformat.read(ROOT / step / lab / f"{lab}.ipynb", as_version=4)


@cache
def whole_lab(lab):
    """Return a lab as grading takes it."""
    return read_lab(CourseDirectory(root=str(ROOT)), lab)


def test_what_several_labs_hand_out_is_the_same_in_each():
    """A module of one name, such as labs 5 and 6 come with, is one module, copied."""
    modules = {}
    for path in sorted(ROOT.glob("source/*/*.py")):
        modules.setdefault(path.name, []).append(path.read_bytes())
    assert len(modules["fastconv.py"]) > 1
    assert all(len(set(copies)) == 1 for copies in modules.values())


def graded_cells(lab):
    """Return the graded code cells of a lab."""
    return [cell for cell in notebook("source", lab).cells if is_graded_code(cell)]


def prose(lab):
    """Return all the text of a lab that isn't code."""
    return "\n".join(c.source for c in notebook("source", lab).cells if c.cell_type == "markdown")


def manual_marks(lab):
    """Return the marks of a lab that a person gives."""
    return sum(
        cell.metadata.nbgrader.points
        for cell in notebook("source", lab).cells
        if grade_id(cell) and cell.metadata.nbgrader.grade and cell.metadata.nbgrader.solution
    )


def marks_by_exercise(lab):
    """Return the marks of each exercise, as the marks blocks award them."""
    marks = {}
    for cell in graded_cells(lab):
        for block in read_blocks(cell.source):
            exercise = block.id.partition("/")[0]
            marks[exercise] = marks.get(exercise, 0) + block.points
    return marks


@pytest.mark.parametrize("lab", LABS)
def test_a_cells_points_are_what_its_block_awards(lab):
    """Each graded cell has one marks block, whose points are the cell's."""
    for cell in graded_cells(lab):
        (block,) = read_blocks(cell.source)
        assert block.points == cell.metadata.nbgrader.points, grade_id(cell)


@pytest.mark.parametrize("lab", LABS)
def test_marks_in_prose_are_the_marks_awarded(lab):
    """The total, and each exercise's heading, say the marks that blocks and metadata add up to."""
    text = prose(lab)
    total, automatic = map(
        int, re.search(r"vale (\d+) puntos\*\*: (\d+) automáticos", text).groups()
    )
    assert automatic == total_marks(notebook("source", lab)) == sum(marks_by_exercise(lab).values())
    assert total == automatic + manual_marks(lab)
    headings = re.findall(r"^## Ejercicio \d+ · .*\((\d+) puntos\)$", text, re.MULTILINE)
    assert sum(map(int, headings)) == automatic


@pytest.mark.parametrize("lab", LABS)
def test_the_summary_counts_every_mark(lab):
    """The plan that the last cell gives to `summary` is what the blocks of each exercise award."""
    code = [cell.source for cell in notebook("source", lab).cells if cell.cell_type == "code"]
    (call,) = [
        node
        for source in code
        if "summary(" in source
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "summary"
    ]
    assert ast.literal_eval(call.args[0]) == marks_by_exercise(lab)


@pytest.mark.parametrize("lab", LABS)
def test_a_source_notebook_carries_no_outputs(lab):
    """Outputs and execution counts stay out of the repository, and every cell has a readable id."""
    for step in ("source", "release"):
        for cell in notebook(step, lab).cells:
            assert re.fullmatch(r"[A-Za-z][\w-]+", cell.id)
            if cell.cell_type == "code":
                assert (cell.outputs, cell.execution_count) == ([], None)


@pytest.mark.parametrize("lab", LABS)
def test_torch_is_lent_only_where_answers_are_written_with_it(lab):
    """A lab whose answers are NumPy runs without torch, which could do the exercises."""
    cells = [c for c in notebook("source", lab).cells if c.cell_type == "code" and is_solution(c)]
    uses = forbidden_names([Code(c.id, c.source) for c in cells], ["torch"])
    assert bool(lab_options(notebook("source", lab)).get("torch")) == bool(uses)


def needs_torch(lab):
    """Tell whether a lab is done with torch."""
    return bool(lab_options(notebook("source", lab)).get("torch"))


NEVER_TORCH = """
import sys
class Never:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in ("torch", "nbgrader"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Never())
"""


@pytest.mark.parametrize("lab", LABS)
def test_the_solution_passes_at_home(lab, tmp_path):
    """With its key a lab is done at home, every check of it, and a lab in NumPy without torch."""
    if not needs_torch(lab):
        (tmp_path / "sitecustomize.py").write_text(NEVER_TORCH, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "at_home.py"), lab],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = int(re.search(r": (\d+) passed, 0 failed", done.stdout)[1])
    assert passed >= len(graded_cells(lab))


def test_the_first_lab_runs_in_a_kernel(tmp_path):
    """In a student's own Jupyter nothing raises, figures and all, and every block is ✓."""
    lab = LABS[0]
    solved = nbformat.from_dict(notebook("source", lab))
    for path in (ROOT / "release" / lab).iterdir():  # the key, and what the lab hands out
        if path.suffix != ".ipynb":
            shutil.copy(path, tmp_path)
    client = nbclient.NotebookClient(
        solved,
        startup_timeout=600,
        timeout=1200,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute()
    shown = [
        output.data["text/plain"]
        for cell in solved.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "display_data" and " puntos] " in output.data.get("text/plain", "")
    ]
    assert sum(line.startswith("✓") for line in shown) == len(shown)
    assert len(shown) >= len(graded_cells(lab))


@pytest.mark.parametrize(("lab", "sample"), SAMPLES, ids=lambda x: getattr(x, "name", x))
def test_a_sample_gets_the_marks_that_it_deserves(lab, sample):
    """Each submission of the sample class earns exactly the marks that its first lines state."""
    text = build(sample, notebook("source", lab), notebook("release", lab))
    handed_in = submission(b"test", lab, STUDENT, {f"{lab}.ipynb": text.encode()})
    graded = grade(whole_lab(lab), handed_in)
    lost = {b.id: b.messages for b in _blocks(graded) if b.messages}
    assert graded.score == sample.marks, lost
    assert (graded.status == GRADED) is not bool(sample.raw)


def _blocks(graded):
    return [b for one in graded.notebooks.values() for cell in one.blocks.values() for b in cell]


@pytest.mark.parametrize("lab", LABS)
def test_the_sample_class_is_a_class(lab):
    """Every lab has eight samples or more, full marks and a blank among them, and most lose some."""
    marks = {sample.name: sample.marks for sample in samples(ROOT / "examples" / lab)}
    full = total_marks(notebook("source", lab))
    assert len(marks) >= 8
    assert marks["full-marks"] == full
    assert marks["blank"] == 0
    assert sum(0 < value < full for value in marks.values()) >= 4
