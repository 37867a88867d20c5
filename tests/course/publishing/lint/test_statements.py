"""Marks that prose says: where they disagree it is found, and `sync_marks` mends it."""

import json

import nbformat
import pytest
from clean import clean_notebook
from sown import add, both, findings, swap

from grader.course.publishing.sync import sync_marks

SAID = {
    "a closing sentence": swap("summary-text", "Los 2 puntos", "Los 3 puntos"),
    "a number in letters": swap("summary-text", "Los 2 puntos", "Los cinco puntos"),
    "over two lines": swap("summary-text", "Los 2 puntos de la", "Los 3\npuntos de\nla"),
    "what a question gives": add("how-to-work", "\nLa pregunta abierta da 4 puntos."),
    "by itself": add("summary-text", "\nEn total puedes ganar 7 puntos automáticos."),
    "out of": add("summary-text", "\nTu nota es sobre 10."),
    "in all": add("summary-text", "\nSon un total de 9 puntos."),
    "an exercise": add("exercise-centre", "\nEste ejercicio vale 7 puntos."),
    "a question": add("open-question", "\nEsta pregunta vale 3 puntos."),
    "a cell": swap("identification-text", "vale 0 puntos", "vale 1 punto"),
    "the row of an exercise": swap("title", "`centre` | 6 |", "`centre` | **5** |"),
    "a row with a unit": swap("title", "`centre` | 6 |", "`centre` | 5 puntos |"),
    "the row of the question": swap("title", "abierta | 2 |", "abierta | 3 |"),
    "a row without a number": swap("title", "| 2 | Pregunta abierta | 2 |", "| – | Pregunta | 3 |"),
    "a total": add("title", "| | **Total** | **9** |"),
    "a total first": add("title", "| Total | | 9 |"),
    "a total by itself": add("title", "| | Total automático | 9 |"),
}


@pytest.mark.parametrize("seed", SAID)
def test_marks_that_disagree_are_found_and_written_anew(seed):
    """A number that isn't what the cells add up to is found, and after `sync_marks` nothing is."""
    notebook, cells = clean_notebook()
    SAID[seed](cells, notebook)
    assert {finding.kind for finding in findings(notebook)} == {"marks-disagree"}
    book = nbformat.from_dict(notebook)
    assert sync_marks(book)
    assert findings(json.loads(nbformat.writes(book))) == []


def test_what_agrees_is_left_as_it_is():
    """True sentences, other numbers and other tables are no finding, and nothing is written."""
    notebook, cells = clean_notebook()
    both(
        add("title", "| | **Total** | **8** |\n\n| n | f |\n| --- | --- |\n| 1 | 3 |"),
        add("summary-text", "\nLa pregunta abierta vale dos puntos, y hay 60 puntos en la figura."),
    )(cells, notebook)
    assert findings(notebook) == []
    assert sync_marks(nbformat.from_dict(notebook)) == []


def test_a_row_of_no_exercise_is_found():
    """A row for an exercise that the notebook doesn't have is found."""
    notebook, cells = clean_notebook()
    add("title", "| 3 | Otro | 4 |")(cells, notebook)
    assert {finding.kind for finding in findings(notebook)} == {"marks-disagree"}


def test_new_points_of_a_block_reach_every_place():
    """From the blocks' points come the cells', headings, the table, totals and the plan."""
    notebook, cells = clean_notebook()
    swap("test_centre_bias", 'marks(2, "', 'marks(4, "')(cells, notebook)
    book = nbformat.from_dict(notebook)
    assert set(sync_marks(book)) == {"title", "exercise-centre", "test_centre_bias", "summary"}
    assert findings(json.loads(nbformat.writes(book))) == []
