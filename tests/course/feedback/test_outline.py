"""What a student is told of stands under the lab's own titles."""

import nbformat
import pytest
from course import LABS, source_lab
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from tiny import graded, tiny_lab

from grader.course.feedback.outline import CODE, TEST, TEXT, Item, outline
from grader.course.submissions.originals import grade_id


def lab_of(*cells):
    """Return the outline of a notebook."""
    return outline(nbformat.writes(new_notebook(cells=list(cells))))


def solution(name):
    """Return a cell in which a student writes code."""
    return new_code_cell("pass", metadata=graded(0, solution=True, grade_id=name))


def test_a_title_is_what_the_heading_says_without_its_marks():
    """The first great heading is the lab's title, the last one above a cell that cell's section's."""
    found = lab_of(
        new_markdown_cell("# Laboratorio `9`\n\n## Cómo trabajar"),
        new_markdown_cell("# Primera parte\n\n## Ejercicio 1 · `f` (8 puntos)\n\n### Detalles"),
        new_markdown_cell("```python\n# Esto no es un título\n```"),
        solution("f"),
        new_markdown_cell("## Ejercicio 2 · `g` (1 punto) ##"),
        solution("g"),
    )
    assert found.title == "Laboratorio `9`"
    assert [one.title for one in found.sections] == ["Ejercicio 1 · `f`", "Ejercicio 2 · `g`"]


def test_each_cell_is_of_its_kind_and_a_test_has_its_title():
    """Code, tests and answers are told apart; cells that a student isn't told of are left out."""
    (section,) = outline(nbformat.writes(tiny_lab())).sections
    assert section.items == (
        Item("zero_pad", CODE),
        Item("test_zero_pad_basic", TEST),
        Item("test_zero_pad_no_padding", TEST),
        Item("question_why", TEXT),
    )
    test = graded(2, grade=True, locked=True, grade_id="test_f")
    titled = new_code_cell("# f · sin padding: dW (2 puntos)\nwith marks(2): ...", metadata=test)
    assert lab_of(titled).sections[0].items == (Item("test_f", TEST, "sin padding: dW"),)


@pytest.mark.parametrize("name", LABS)
def test_every_cell_with_marks_of_our_labs_is_told_of_under_a_title(name):
    """No graded cell of a lab is left out, no section lacks a title, and no test lacks one."""
    (mine,) = source_lab(name).notebooks.values()
    found = outline(mine.source)
    items = [item for section in found.sections for item in section.items]
    cells = nbformat.reads(mine.source, as_version=4).cells
    worth = {grade_id(c) for c in cells if c.metadata.get("nbgrader", {}).get("grade")}
    assert worth <= {item.name for item in items}
    assert all(section.title and "puntos" not in section.title for section in found.sections)
    assert all(item.title for item in items if item.kind == TEST)
    assert found.title.startswith("Laboratorio")
