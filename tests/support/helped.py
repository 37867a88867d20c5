"""A small lab in which a function calls others: two helpers, and the layer that needs both."""

import copy

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from tiny import ROOT, graded

from grader.course.grading import Lab, LabNotebook, Submission

LAB = "helped"
PAD = "return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))"
STEP = "return float(np.sum(a_slice_prev * W) + b.item())"
FORWARD = """stride, pad = hparameters["stride"], hparameters["pad"]
    f, n_C = W.shape[0], W.shape[3]
    padded = zero_pad(A_prev, pad)
    n_H, n_W = ((n - f) // stride + 1 for n in padded.shape[1:3])
    Z = np.zeros((len(A_prev), n_H, n_W, n_C))
    for i, h, w, c in np.ndindex(Z.shape):
        window = padded[i, h * stride : h * stride + f, w * stride : w * stride + f]
        Z[i, h, w, c] = conv_single_step(window, W[..., c], b[..., c])
    return Z, (A_prev, W, b, hparameters)"""
SIGNATURES = {
    "zero_pad": "def zero_pad(X, pad):",
    "conv_single_step": "def conv_single_step(a_slice_prev, W, b):",
    "conv_forward": "def conv_forward(A_prev, W, b, hparameters):",
}
BODIES = {"zero_pad": PAD, "conv_single_step": STEP, "conv_forward": FORWARD}
GROUPS = {
    "zero_pad": ("basic",),
    "conv_single_step": ("basic",),
    "conv_forward": ("basic", "stride"),
}
CANARY = "the_instructors_own_words"


def test_of(exercise, group):
    """Return the source of a test cell, worth a mark."""
    return f'with marks(1, "{exercise}/{group}"):\n    check_torch({exercise}, "{group}")'


LESSON = nbformat.read(ROOT / "source/01-convolution/01-convolution.ipynb", as_version=4)
"""Lab 1, whose solutions the exercises' mistakes are edits of."""


def solution(exercise):
    """Return the instructor's solution cell of an exercise."""
    text = next(cell.source for cell in LESSON.cells if cell.id == exercise)
    begin = "### BEGIN SOLUTION\n"
    return text.replace(begin, f"{begin}    {CANARY} = 1\n")


def helped_lab():
    """Return the instructor's notebook: 4 marks, and each exercise's tests below it."""
    first = "import numpy as np\nfrom grader import check_torch, marks"
    cells = [new_code_cell(first, id="imports")]
    for exercise, groups in GROUPS.items():
        about = graded(0, solution=True, grade_id=exercise)
        cells.append(new_code_cell(solution(exercise), id=exercise, metadata=about))
        for group in groups:
            name = f"test_{exercise}_{group}"
            about = graded(1, grade=True, locked=True, grade_id=name)
            cells.append(new_code_cell(test_of(exercise, group), id=name, metadata=about))
    notebook = new_notebook(cells=cells)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata.kernelspec = kernel
    notebook.metadata.labkit = {"torch": False, "limits": {"cell_s": 2, "notebook_s": 30}}
    return notebook


SOURCE = helped_lab()
RELEASE = copy.deepcopy(SOURCE)
for _cell in RELEASE.cells:
    if _cell.id in SIGNATURES:
        _cell.source = f"{SIGNATURES[_cell.id]}\n    raise NotImplementedError()"
HELPED = Lab(LAB, {LAB: LabNotebook(nbformat.writes(SOURCE), nbformat.writes(RELEASE))})


def handed_in(after="", **cells):
    """Return a submission: right but for the solution cells that are given, and code at its end."""
    notebook = copy.deepcopy(RELEASE)
    for cell in notebook.cells:
        if cell.id in SIGNATURES:
            right = f"{SIGNATURES[cell.id]}\n    {BODIES[cell.id]}"
            cell.source = cells.get(cell.id, right)
    if after:
        notebook.cells.append(new_code_cell(after, id="after"))
    return Submission("ana", {f"{LAB}.ipynb": nbformat.writes(notebook).encode()}, 11, 12)
