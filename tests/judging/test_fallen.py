"""A cell that failed is known by its name, its line and what it would have defined."""

import pytest

from grader.judging.fallen import Fallen, fallen, why_silent, why_undefined
from grader.observation import Call, Failure, Observation


def error(ename, evalue, *traceback):
    """Return a notebook's output of an exception."""
    return {"output_type": "error", "ename": ename, "evalue": evalue, "traceback": [*traceback]}


SOURCE = "import numpy as np\nimport cv2\ndef zero_pad(X, pad):\n    return X"
TRACE = "\x1b[0;32m----> 2\x1b[0m x\nCell \x1b[0;32mIn[3], line 2\x1b[0m\n"


def test_an_exception_is_told_with_its_line():
    """The line's number is read off the traceback, whatever its colours, and its text off the cell."""
    cell = fallen(
        "zero_pad", SOURCE, [error("ModuleNotFoundError", "No module named 'cv2'", TRACE)]
    )
    assert str(cell).startswith(
        "La celda `zero_pad` falló: ModuleNotFoundError: No module named 'cv2', línea 2: `import cv2`"
    )


def test_a_syntax_error_is_told_with_its_line():
    """The line of a cell that isn't Python is read off its message, which is shown without it."""
    source = "x = 1\ndef zero_pad(X pad):\n    return X"
    message = "invalid syntax (1234.py, line 2)"
    cell = fallen("zero_pad", source, [error("SyntaxError", message)])
    assert str(cell) == (
        "La celda `zero_pad` falló: SyntaxError: invalid syntax, línea 2: `def zero_pad(X pad):`"
    )


def test_a_cell_without_a_name_is_known_by_its_first_line():
    """A student's own cell has no name: its first line stands for it."""
    cell = fallen("", "\n\nx = 1 / 0", [error("ZeroDivisionError", "division by zero")])
    assert str(cell).startswith("La celda que empieza con `x = 1 / 0` falló")


def test_a_cell_that_did_not_fail_is_none():
    """Texts, figures and values are no failure."""
    assert fallen("zero_pad", SOURCE, [{"output_type": "stream", "text": "Traceback"}]) is None


@pytest.mark.parametrize(
    "output",
    [
        error("E", "m", "no line at all"),
        error("E", "m", "Cell In[1], line 999999999"),
        {"output_type": "error"},
        error("E" * 10_000, "(" * 10_000, "line" * 10_000),
        error("SyntaxError", "x (a.py, line 99)"),
        error("SyntaxError", f"x (a.py, line {'9' * 5_000})"),
        error("SyntaxError", f"(line {'9' * 3_000})"),
        error("E", "m", f"Cell In[1], line {'9' * 5_000}"),
        error("E", " " * 1_000_000),  # in linear time
        error("ValueError", "remapped shapes " * 100_000),
    ],
)
def test_a_traceback_that_says_nothing_is_no_trouble(output):
    """Whatever a student's exception puts into its traceback, a short sentence comes out."""
    cell = fallen("zero_pad", SOURCE, [output])
    assert "línea" not in str(cell)
    assert len(str(cell)) < 500


@pytest.mark.parametrize("source", [SOURCE, SOURCE + "\n  )", "import a.b as np\n" + SOURCE])
def test_what_a_cell_defines_is_known_whether_it_parses_or_not(source):
    """The functions of a cell are found in one that isn't Python too."""
    assert "zero_pad" in Fallen("zero_pad", source, "E", "").defines


def test_an_undefined_name_is_explained_by_the_cell_that_should_define_it():
    """A NameError of a block, or of a call, finds the last cell that failed and holds the name."""
    cells = [Fallen("old", SOURCE, "E", ""), Fallen("zero_pad", SOURCE, "E", "")]
    failure = Failure("NameError", "name 'zero_pad' is not defined")
    ending = Observation("a/b", 0, "marks", failure=failure)
    called = Observation("a/b", 0, "check_torch", calls={"f": (Call(failure=failure),)})
    other = Observation("a/b", 0, "marks", failure=Failure("NameError", "name 'x' is not defined"))
    assert why_undefined([ending], cells) == {"zero_pad": cells[1]}
    assert why_undefined([called], cells) == {"zero_pad": cells[1]}
    assert why_undefined([other], cells) == {}


def test_a_silent_test_cell_says_why():
    """A test cell that failed before its block gives its own error, or the cell that caused it."""
    test = Fallen(
        "test_zero_pad", "with marks(1, 'a/b'): pass", "NameError", "name 'np' is not defined"
    )
    assert why_silent(test, [test]).startswith("La celda `test_zero_pad` falló: NameError")
    cause = Fallen("imports", SOURCE, "ModuleNotFoundError", "No module named 'cv2'", 2)
    assert why_silent(test, [cause, test]).startswith("La celda `imports` falló: ModuleNotFound")
