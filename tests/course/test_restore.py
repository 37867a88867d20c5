"""Restoring gives the instructor's cells back, whatever happened to a student's notebook."""

import copy
import json

import nbformat
import pytest
from tiny import GOOD, tiny_lab

from grader.course.restore import RestoreError, grade_id, read_notebook, restore

SOURCE = tiny_lab()
RELEASE = copy.deepcopy(SOURCE)
RELEASE.cells[2].source = (
    'def zero_pad(X, pad):\n    """Agrega ceros."""\n    raise NotImplementedError()'
)
RELEASE.cells[-1].source = "ESCRIBE TU RESPUESTA AQUÍ"
TESTS = ["test_zero_pad_basic", "test_zero_pad_no_padding"]


def student():
    """Return a student's notebook with a solution and an answer of their own."""
    notebook = copy.deepcopy(RELEASE)
    notebook.cells[2].source = GOOD
    notebook.cells[-1].source = "Mi respuesta"
    return notebook


def restored(notebook):
    """Restore a notebook and return its cells by grade_id, in order, and the repairs."""
    data = notebook if isinstance(notebook, bytes) else nbformat.writes(notebook).encode()
    result = restore(data, SOURCE, RELEASE)
    nbformat.validate(result.notebook)
    cells = {grade_id(cell): cell for cell in result.notebook.cells if grade_id(cell)}
    assert list(cells) == ["zero_pad", *TESTS, "question_why"] or "order" in notebook.metadata
    for name in TESTS:
        mine = next(cell for cell in SOURCE.cells if grade_id(cell) == name)
        assert cells[name].source == mine.source
    return cells, result.repairs


def test_an_untouched_shape_needs_no_repair():
    """A notebook whose cells are where they were keeps the student's answers and needs no repair."""
    cells, repairs = restored(student())
    assert cells["zero_pad"].source == GOOD
    assert cells["question_why"].source == "Mi respuesta"
    assert repairs == ()


def test_student_cells_stay_where_they_were():
    """Cells that a student added, and given ones, keep their places."""
    notebook = student()
    notebook.cells.insert(3, nbformat.v4.new_code_cell("mine = 1", id="mine"))
    result = restore(nbformat.writes(notebook).encode(), SOURCE, RELEASE)
    assert [cell.id for cell in result.notebook.cells] == [cell.id for cell in notebook.cells]


def test_deleted_test_cells_come_back_after_the_solution():
    """A deleted test cell is put back behind the cells that it came after, and that is told."""
    notebook = student()
    notebook.cells = [cell for cell in notebook.cells if grade_id(cell) not in TESTS]
    _, repairs = restored(notebook)
    assert repairs == (f"celdas borradas, se vuelven a poner: {', '.join(TESTS)}",)


def test_an_edited_test_cell_is_the_instructors_again():
    """Changed code and changed points in a test cell are replaced by the instructor's."""
    notebook = student()
    notebook.cells[4].source = "pass"
    notebook.cells[4].metadata.nbgrader.points = 1000
    cells, repairs = restored(notebook)
    assert cells[TESTS[0]].metadata.nbgrader.points == 2
    assert repairs == (f"celdas de prueba cambiadas, se usan las originales: {TESTS[0]}",)


def test_a_repeated_test_cell_stays_once():
    """Copies of a test cell are dropped."""
    notebook = student()
    notebook.cells.insert(1, copy.deepcopy(notebook.cells[4]))
    notebook.cells[1].id = "copy"
    result = restore(nbformat.writes(notebook).encode(), SOURCE, RELEASE)
    assert [grade_id(c) for c in result.notebook.cells].count(TESTS[0]) == 1


def test_test_cells_moved_to_the_top_go_back():
    """A test cell that was moved before its solution runs after it again."""
    notebook = student()
    notebook.cells.insert(0, notebook.cells.pop(4))
    _, repairs = restored(notebook)
    assert repairs == (f"celdas de prueba fuera de lugar, vuelven al suyo: {TESTS[0]}",)


def test_of_two_solution_cells_the_answered_one_is_graded():
    """When the stub and an answer carry one id, the answer is the student's solution."""
    notebook = student()
    notebook.cells.insert(3, copy.deepcopy(RELEASE.cells[2]))
    notebook.cells[3].id = "copy"
    cells, repairs = restored(notebook)
    assert cells["zero_pad"].source == GOOD
    assert "celdas repetidas" in repairs[0]


def test_lost_metadata_is_found_by_id_function_and_likeness():
    """Without any nbgrader metadata and ids, cells are known by what they define or look like."""
    notebook = student()
    for number, cell in enumerate(notebook.cells):
        cell.metadata = {}
        cell.id = f"other-{number}"
    cells, repairs = restored(notebook)
    assert cells["zero_pad"].source == GOOD
    assert any("zero_pad: " in line and "la función que define" in line for line in repairs)


def test_a_deleted_solution_is_empty_never_the_instructors():
    """When a solution cell is gone, an empty one stands there, not the instructor's answer."""
    notebook = student()
    del notebook.cells[2]
    cells, _ = restored(notebook)
    assert cells["zero_pad"].source == ""


def test_the_kernel_is_the_instructors():
    """A notebook that says it is in another language is run as the instructor's."""
    notebook = student()
    notebook.metadata = {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}}
    result = restore(nbformat.writes(notebook).encode(), SOURCE, RELEASE)
    assert result.notebook.metadata.kernelspec.name == "python3"


def test_bom_and_crlf_are_read():
    """A byte order mark and Windows line ends don't matter."""
    text = nbformat.writes(student()).replace("\\n", "\\r\\n")
    cells, repairs = restored(b"\xef\xbb\xbf" + text.encode())
    assert cells["zero_pad"].source == GOOD
    assert repairs == ()


def test_an_old_format_is_upgraded():
    """A notebook of format 3 is read with its code and text."""
    old = nbformat.convert(student(), 3)
    cells, _ = restored(nbformat.writes(old, version=3).encode())
    assert cells["zero_pad"].source == GOOD


def test_cells_without_ids_or_outputs_are_read():
    """A notebook of format 4.0, with lists of lines and no ids, is read."""
    raw = json.loads(nbformat.writes(student()))
    raw["nbformat_minor"] = 0
    for cell in raw["cells"]:
        del cell["id"]
        cell["source"] = cell["source"] if isinstance(cell["source"], list) else [cell["source"]]
        cell.pop("outputs", None)
    cells, _ = restored(json.dumps(raw).encode())
    assert cells["zero_pad"].source == GOOD


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "parece cortado"),
        (b"\xff\xfe\x00", "no es texto en UTF-8"),
        (b"hello", "no es JSON"),
        (nbformat.writes(SOURCE).encode()[:-200], "el archivo no es un notebook"),
        (b"[1, 2]", "no es un notebook: no tiene celdas"),
        (b'{"a": 1}', "no es un notebook: no tiene celdas"),
        (b'{"cells": 3}', "no es un notebook: no tiene celdas"),
        (b"[" * 100_000, "anidado sin fin"),
        (b"{\n<<<<<<< HEAD\n1\n=======\n2\n>>>>>>> x\n}", "conflicto de git"),
    ],
)
def test_what_is_no_notebook_says_why(data, said):
    """Empty, foreign, cut, nested or conflicted files are a RestoreError with a reason to act on."""
    with pytest.raises(RestoreError, match=said):
        read_notebook(data)
