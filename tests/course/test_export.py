"""`grades.csv` holds what the gradebook does, a row a student, whatever they are called."""

import csv
import subprocess
import sys

import pytest
from nbgrader.api import Gradebook
from tiny import LAB, labkit

pytestmark = pytest.mark.slow

NAMES = {
    "ana": ("García, Ana", "=HYPERLINK(A1)", "ana@uni.edu"),
    "=cmd|' /C calc'!A0": ("+1", "-1", "@x"),
    "two\nrows": ('a"b', "a;=1+1", None),
    "esc\x1b[2J": ("\u202ex", None, None),
}


@pytest.fixture
def names(course):
    """Put students with such names into the gradebook; ana has handed in late, on paper."""
    config = course / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.LatePolicy.share_a_day = 0.5\n")
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        for student, (last, first, email) in NAMES.items():
            book.add_student(student, last_name=last, first_name=first, email=email)
        book.update_or_create_assignment(LAB, duedate="2030-01-01 09:00:00 UTC")
        book.add_submission(LAB, "ana", timestamp="2030-01-01 10:00:00 UTC")
        for notebook in book.find_submission(LAB, "ana").notebooks:
            notebook.grades[0].manual_score = 2
        book.db.commit()
    return course


def rows(course):
    """Read the file as a spreadsheet does."""
    with (course / "grades.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


@pytest.mark.parametrize("stock", [False, True], ids=["labkit", "nbgrader"])
def test_a_row_a_student_and_no_formula(names, stock):
    """Both commands write a line for each student, and no cell of it is computed."""
    if stock:
        command = [sys.executable, "-m", "nbgrader", "export", "--log-level=ERROR"]
        subprocess.run(command, cwd=names, check=True)
    else:
        assert labkit(names, "export", "--log-level=ERROR")[0] == 0
    assert len((names / "grades.csv").read_text().splitlines()) == 1 + len(NAMES)
    found = rows(names)
    ids = {row["student_id"] for row in found}
    assert ids == {"ana", "'=cmd|' /C calc'!A0", "two rows", "esc�[2J"}
    for row in found:
        assert None not in row
        for value in row.values():
            assert value.isprintable()
            assert not value.startswith(("=", "+", "-", "@"))


def test_the_marks_are_the_gradebooks(names):
    """Raw score, penalty and score are nbgrader's; who handed nothing in has 0 of the same total."""
    assert labkit(names, "export", "--log-level=ERROR")[0] == 0
    found = {row["student_id"]: row for row in rows(names)}
    ana, other = found["ana"], found["two rows"]
    marks = ("raw_score", "late_submission_penalty", "score", "max_score")
    assert [float(ana[name]) for name in marks] == [2, 1, 1, 5]
    assert [float(other[name]) for name in marks] == [0, 0, 0, 5]
    assert ana["timestamp"].startswith("2030-01-01 10:00:00")
    assert (ana["last_name"], other["timestamp"]) == ("García, Ana", "")


def test_what_is_exported_can_be_chosen(names):
    """--to, --student and --assignment do as they do with nbgrader."""
    options = ("--to=one.csv", "--student=ana", "--log-level=ERROR")
    assert labkit(names, "export", *options)[0] == 0
    assert [line.split(",")[0] for line in (names / "one.csv").read_text().splitlines()[1:]] == [
        LAB
    ]
    assert labkit(names, "export", "--assignment=other", "--log-level=ERROR")[0] == 0
    assert rows(names) == []
