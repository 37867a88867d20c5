"""What is known of the instructor's notebook serves for a whole class."""

import nbformat
from tiny import GOOD, MINUS_PAD, tiny_lab

from grader.course.submissions.originals import Originals
from grader.course.submissions.restore import restore


def submitted(answer):
    """Return a notebook with an answer, its first test deleted and its imports too, as bytes."""
    notebook = tiny_lab()
    notebook.cells[2].source = answer
    del notebook.cells[4], notebook.cells[1]
    return nbformat.writes(notebook).encode()


def test_a_notebook_that_is_restored_shares_nothing_with_the_next():
    """Whatever is done to one student's restored notebook, the next one gets the same cells."""
    lab = Originals(tiny_lab(), tiny_lab())
    first = restore(submitted(GOOD), lab)
    before = nbformat.writes(first.notebook)
    for cell in first.notebook.cells:
        cell.source = "spoilt"
        cell.metadata.clear()
        cell.metadata["nbgrader"] = {"points": 1000}
    first.notebook.metadata.labkit.limits.clear()
    other = restore(submitted(MINUS_PAD), lab)
    assert next(c for c in other.notebook.cells if c.id == "zero_pad").source == MINUS_PAD
    again = restore(submitted(GOOD), lab)
    assert nbformat.writes(again.notebook) == before
    assert again.repairs == first.repairs
