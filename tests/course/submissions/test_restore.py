"""Restoring gives the instructor's cells back, whatever happened to a student's notebook."""

import copy
import json

import nbformat
import pytest
from tiny import GOOD, LAB, MINUS_PAD, labkit, tiny_lab

from grader.course.submissions.originals import Originals, grade_id
from grader.course.submissions.reading import RestoreError
from grader.course.submissions.restore import restore

SOURCE = tiny_lab()
RELEASE = copy.deepcopy(SOURCE)
RELEASE.cells[
    2
].source = 'def zero_pad(X, pad):\n    """Agrega ceros."""\n    raise NotImplementedError()'
RELEASE.cells[-1].source = "ESCRIBE TU RESPUESTA AQUÍ"
LAB_CELLS = Originals(SOURCE, RELEASE)
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
    result = restore(data, LAB_CELLS)
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
    result = restore(nbformat.writes(notebook).encode(), LAB_CELLS)
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
    result = restore(nbformat.writes(notebook).encode(), LAB_CELLS)
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
    assert "reconocidas por la función que definen: zero_pad" in "".join(repairs)


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
    result = restore(nbformat.writes(notebook).encode(), LAB_CELLS)
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


def test_a_name_is_believed_unless_another_cell_defines_the_function():
    """A named cell that doesn't define the function gives way to an unnamed one that does."""
    notebook = student()
    notebook.cells[2].source = "# lo escribí más abajo"
    notebook.cells.insert(6, nbformat.v4.new_code_cell(GOOD, id="mine"))
    cells, repairs = restored(notebook)
    assert cells["zero_pad"].source == GOOD
    assert repairs[0] == (
        "celdas que habían perdido sus datos, reconocidas por la función que definen: zero_pad"
    )


def test_of_two_definitions_the_named_one_is_the_answer():
    """A first attempt in another cell isn't taken for the answer that carries the name."""
    notebook = student()
    notebook.cells.insert(3, nbformat.v4.new_code_cell(MINUS_PAD, id="mine"))
    cells, repairs = restored(notebook)
    assert cells["zero_pad"].source == GOOD
    assert repairs == ()


def test_of_two_unnamed_definitions_the_last_before_the_tests_is_the_answer():
    """Without names, what the tests saw when the student ran them is what they see now."""
    notebook = student()
    notebook.cells[2].metadata, notebook.cells[2].id = {}, "x"
    notebook.cells.insert(2, nbformat.v4.new_code_cell(MINUS_PAD, id="early"))
    notebook.cells.append(nbformat.v4.new_code_cell(MINUS_PAD, id="late"))
    cells, _ = restored(notebook)
    assert cells["zero_pad"].source == GOOD


def test_an_answer_in_words_is_found_by_its_place():
    """A text that lost its name is known by its neighbours, whatever it says."""
    notebook = student()
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell("Mis notas", id="mine"))
    notebook.cells[-1].metadata, notebook.cells[-1].id = {}, "x"
    cells, repairs = restored(notebook)
    assert cells["question_why"].source == "Mi respuesta"
    assert repairs == (
        "celdas que habían perdido sus datos, reconocidas por su lugar: question_why",
    )


def test_the_stub_below_an_answer_does_not_undo_it():
    """A copy of the stub is dropped wherever it stands: run, it would replace the answer."""
    notebook = student()
    notebook.cells.append(nbformat.v4.new_code_cell(RELEASE.cells[2].source, id="stub"))
    result = restore(nbformat.writes(notebook).encode(), LAB_CELLS)
    assert not any("NotImplementedError" in cell.source for cell in result.notebook.cells)


def test_a_split_test_is_one_again():
    """The pieces of a test are one cell, where they were, and nothing of them is left over."""
    notebook = student()
    lines = notebook.cells[4].source.splitlines()
    notebook.cells[4].source = lines[0]
    notebook.cells.insert(5, nbformat.v4.new_code_cell(lines[1], id="mine"))
    result = restore(nbformat.writes(notebook).encode(), LAB_CELLS)
    assert [cell.id for cell in result.notebook.cells] == [cell.id for cell in SOURCE.cells]
    assert result.repairs == (f"celdas de prueba partidas, se vuelven a unir: {TESTS[0]}",)


def test_a_split_answer_is_one_again_also_with_magics():
    """The body that was split off a function is put back, though a magic isn't Python."""
    notebook = student()
    head, body = GOOD.splitlines()
    notebook.cells[2].source = f"%matplotlib inline\n{head}"
    notebook.cells.insert(3, nbformat.v4.new_code_cell(body, id="mine"))
    cells, repairs = restored(notebook)
    assert cells["zero_pad"].source == f"%matplotlib inline\n{GOOD}"
    assert repairs == ("soluciones partidas en dos celdas, se unen: zero_pad",)


def test_the_pictures_of_an_answer_are_kept():
    """An answer that is a photo is still there for the person who grades it."""
    notebook = student()
    notebook.cells[-1].attachments = {"a.png": {"image/png": "iVBO"}}
    cells, _ = restored(notebook)
    assert cells["question_why"].attachments == {"a.png": {"image/png": "iVBO"}}


def test_repeated_ids_stay_ids():
    """Cells of one long id get others of their own, no longer than an id may be."""
    notebook = student()
    for at in (3, 3):
        notebook.cells.insert(at, nbformat.v4.new_code_cell("mine = 1", id="x" * 64))
    result = restore(json.dumps(notebook).encode(), LAB_CELLS)
    ids = [cell.id for cell in result.notebook.cells]
    assert len(set(ids)) == len(ids)
    nbformat.validate(result.notebook)


def test_a_merged_cell_loses_the_test_and_keeps_the_rest():
    """An answer, a test and a note in one cell are the answer and the note, and the test alone."""
    notebook = student()
    notebook.cells[2].source = f"{GOOD}\n\n{notebook.cells[4].source}\n# mi nota\nx = 1"
    del notebook.cells[4]
    result = restore(nbformat.writes(notebook).encode(), LAB_CELLS)
    texts = [cell.source for cell in result.notebook.cells if cell.cell_type == "code"]
    assert texts[1:3] == [GOOD, "# mi nota\nx = 1"]
    assert result.repairs == (f"celdas pegadas a otras, se separan: {TESTS[0]}",)


def test_a_function_written_into_a_test_cell_is_kept():
    """When a student wipes a test and writes a function there, both come through."""
    notebook = student()
    notebook.cells[4].source = "def helper(x):\n    return x"
    result = restore(nbformat.writes(notebook).encode(), LAB_CELLS)
    assert "def helper(x):\n    return x" in [cell.source for cell in result.notebook.cells]


def test_only_the_cell_that_is_out_of_place_moves():
    """A test at the end of the notebook goes back, and the others stay among the student's cells."""
    notebook = student()
    notebook.cells.insert(5, nbformat.v4.new_code_cell("mine = 1", id="mine"))
    notebook.cells.append(notebook.cells.pop(4))
    result = restore(nbformat.writes(notebook).encode(), LAB_CELLS)
    ids = [cell.id for cell in result.notebook.cells]
    assert ids == ["intro", "imports", "zero_pad", "see-it", TESTS[0], "mine", *ids[6:]]
    assert result.repairs == (f"celdas de prueba fuera de lugar, vuelven al suyo: {TESTS[0]}",)


def test_given_cells_that_the_tests_need_come_back():
    """Deleted imports are put back above the answers; imports that a student rewrote are left."""
    notebook = student()
    del notebook.cells[1]
    result = restore(nbformat.writes(notebook).encode(), LAB_CELLS)
    assert [cell.id for cell in result.notebook.cells][1] == "imports"
    notebook = student()
    notebook.cells[1].source = "import numpy as np, os\nfrom grader import marks, check_torch"
    result = restore(nbformat.writes(notebook).encode(), LAB_CELLS)
    assert result.repairs == ()


def test_a_foreign_notebook_is_refused():
    """A notebook without any cell of the lab isn't graded as if all had been deleted."""
    other = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Otro")])
    with pytest.raises(RestoreError, match="ninguna celda de este laboratorio"):
        restore(nbformat.writes(other).encode(), LAB_CELLS)


def test_an_answer_with_a_conflict_in_it_is_refused():
    """Which of two versions is the student's isn't guessed."""
    notebook = student()
    notebook.cells[2].source = "<<<<<<< HEAD\na = 1\n=======\na = 2\n>>>>>>> x\n" + GOOD
    with pytest.raises(RestoreError, match="la celda zero_pad trae marcas"):
        restore(nbformat.writes(notebook).encode(), LAB_CELLS)


def test_the_command_tells_repairs_and_grades_nothing(course, hand_in):
    """`labkit restore` prints a line a repair, what needs a person, and exits with 1 for those."""
    hand_in("ana")
    hand_in("beto").rename(course / "submitted" / "beto" / LAB / "Copia de tiny (1).ipynb")
    hand_in("eva", b"{")
    (course / "submitted" / "leo" / LAB).mkdir(parents=True)
    code, said = labkit(course, "restore", LAB)
    assert code == 1
    assert "ana: nothing to repair" in said
    assert (
        "beto:\n  “el archivo se llamaba Copia de tiny (1).ipynb: se toma como tiny.ipynb" in said
    )
    assert "eva:\n  needs a person: “tiny.ipynb: el archivo no es un notebook" in said
    assert "leo:\n  needs a person: “se esperaba tiny.ipynb y se entregó nada" in said
    assert not (course / "autograded").exists()
    code, said = labkit(course, "restore", LAB, "--student=ana")
    assert (code, said.split()) == (0, ["ana:", "nothing", "to", "repair"])
