"""The tiny lab: a whole lab in a few cells, for tests of what happens around a notebook."""

import contextlib
import io
import os
import shutil
from pathlib import Path

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).parents[2]
LAB = "tiny"

SOLUTION = '''def zero_pad(X, pad):
    """Agrega ceros."""
    ### BEGIN SOLUTION
    X_pad = np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    ### END SOLUTION
    return X_pad
'''
GOOD = """def zero_pad(X, pad):
    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))"""
MINUS_PAD = """def zero_pad(X, pad):
    m, h, w, c = X.shape
    out = np.zeros((m, h + 2 * pad, w + 2 * pad, c), dtype=X.dtype)
    out[:, pad:-pad, pad:-pad] = X
    return out"""


def graded(points, **flags):
    """Return nbgrader's metadata of a cell."""
    about = {"grade": False, "solution": False, "locked": False, "task": False, **flags}
    return {"nbgrader": {**about, "schema_version": 3} | ({"points": points} if points else {})}


def test_cell(group, points):
    """Return the source of a test cell of one block."""
    return f'with marks({points}, "zero_pad/{group}"):\n    check_torch(zero_pad, "{group}")'


def tiny_lab():
    """Return the instructor's notebook of the tiny lab: 3 marks in two test cells, 2 by hand."""
    solution = graded(0, solution=True, grade_id="zero_pad")
    cells = [
        new_markdown_cell("# Mini", id="intro"),
        new_code_cell("import numpy as np\nfrom grader import check_torch, marks", id="imports"),
        new_code_cell(SOLUTION, id="zero_pad", metadata=solution),
        new_code_cell("zero_pad(np.ones((1, 1, 1, 1)), 1).shape", id="see-it"),
    ]
    for group, points in (("basic", 2), ("no_padding", 1)):
        about = graded(points, grade=True, locked=True, grade_id=f"test_zero_pad_{group}")
        name = f"test_zero_pad_{group}"
        cells.append(new_code_cell(test_cell(group, points), id=name, metadata=about))
    about = graded(2, grade=True, solution=True, grade_id="question_why")
    cells.append(new_markdown_cell("Porque sí.", id="question_why", metadata=about))
    notebook = new_notebook(cells=cells)
    notebook.metadata.kernelspec = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    notebook.metadata.labkit = {"torch": False, "limits": {"cell_s": 5, "notebook_s": 20}}
    return notebook


def begin_course(root):
    """Lay out a course without labs at `root`: our configuration and our exercises."""
    root.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    shutil.copytree(
        ROOT / "exercises", root / "exercises", ignore=shutil.ignore_patterns("__pycache__")
    )


def labkit(root, *arguments):
    """Run a labkit command in the course at `root`; return exit code and what it said."""
    from grader.course.cli import main

    said = io.StringIO()
    with _inside(root):
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                main([*arguments])
        except SystemExit as end:
            return (end.code or 0), said.getvalue()
    return 0, said.getvalue()


@contextlib.contextmanager
def _inside(root):
    """Stand in a folder; contextlib.chdir isn't in Python 3.10."""
    before = Path.cwd()
    os.chdir(root)
    try:
        yield
    finally:
        os.chdir(before)
