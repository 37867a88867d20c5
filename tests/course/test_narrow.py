"""Labs are read in a narrow window, too: that no line of code is cut off there is a rule of lint's."""

import nbformat
import pytest
from course import LABS
from sown import CONFIG
from tiny import ROOT

from grader.course.publishing.lint.book import Book

COMMENT_LINES = 2


@pytest.fixture(params=LABS)
def code(request):
    """Return what students get of each code cell of a lab, by its id."""
    path = ROOT / "source" / request.param / f"{request.param}.ipynb"
    book = Book(path.name, nbformat.read(path, as_version=4), {}, CONFIG)
    cells = zip(book.cells, book.released, strict=True)
    return {cell.id: text for cell, text in cells if cell.cell_type == "code"}


def test_what_is_to_be_read_stands_in_prose(code):
    """A comment of three lines or more is a text, which wraps in a Markdown cell and not in code."""
    runs = {name: longest_comment(text) for name, text in code.items()}
    assert {name: run for name, run in runs.items() if run > COMMENT_LINES} == {}


def longest_comment(text):
    """Return how many lines of comments follow each other at most."""
    longest = run = 0
    for line in text.splitlines():
        run = run + 1 if line.lstrip().startswith("#") else 0
        longest = max(longest, run)
    return longest
