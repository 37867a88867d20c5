"""Marks are the gradebook's, whoever wrote them; reasons are told only of these very marks."""

import json

import pytest
from nbgrader.api import Gradebook
from tiny import LAB

from grader.course.errors import CourseError
from grader.course.folders import read_lab
from grader.course.gradebook import RECORD, Entry, Recorder
from grader.course.grading import GRADED, NEEDS_A_PERSON, Graded
from grader.course.report.standings import BY_HAND, MISSING, NOT_GRADED, read_book

Q = (LAB, "question_why")


def test_marks_by_hand_and_penalties_are_the_gradebooks(record, read, gradebook):
    """What formgrader writes counts at once: a mark by hand, extra credit and a penalty."""
    record("ana", 2, 0)
    ana = read()["ana"]
    assert (ana.state, ana.score, ana.waiting) == (GRADED, 2, (Q,))
    grade = gradebook.find_grade("question_why", LAB, LAB, "ana")
    grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 1.5, 0.5, False
    gradebook.find_submission_notebook(LAB, LAB, "ana").late_submission_penalty = 1
    gradebook.db.commit()
    ana = read()["ana"]
    assert (ana.raw, ana.penalty, ana.score, ana.waiting) == (4, 1, 3, ())
    assert [one["block"] for one in ana.lost()] == ["zero_pad/no_padding"]
    assert ana.notes == ()


def test_marks_without_a_record_are_shown_and_no_reason_is_made_up(record, read, course):
    """Where another grader left no record, the marks stand, and it is said that reasons are wanting."""
    record("ana", 2, 0)
    (course / "autograded" / "ana" / LAB / RECORD).unlink()
    ana = read()["ana"]
    assert (ana.state, ana.score, ana.record, ana.lost()) == (GRADED, 2, None, [])
    assert "no record goes with these marks" in ana.notes[0]


def test_a_record_of_other_marks_is_not_believed(record, read, gradebook):
    """Where the gradebook's automatic marks aren't the record's, its reasons aren't told."""
    record("ana", 2, 0)
    gradebook.find_grade("test_zero_pad_basic", LAB, LAB, "ana").auto_score = 1
    gradebook.db.commit()
    ana = read()["ana"]
    assert (ana.score, ana.lost()) == (1, [])
    assert "the record is of other marks" in ana.notes[0]


def test_who_handed_in_again_is_told(record, read, hand_in):
    """Marks of a submission that was replaced since stay, and it is said that they are of before."""
    record("ana", 2, 0)
    hand_in("ana", "otra cosa")
    ana = read()["ana"]
    assert (ana.score, len(ana.lost())) == (2, 1)
    assert "handed in again since" in ana.notes[0]


def test_a_pair_goes_by_the_partners_submission(record, read, course):
    """A record that is a partner's is compared with what the partner handed in."""
    record("ana", 2, 0)
    record("eva", 2, 0)
    path = course / "autograded" / "eva" / LAB / RECORD
    (course / "submitted" / "eva" / LAB / f"{LAB}.ipynb").unlink()
    told = json.loads(path.read_text())
    told |= {
        "pair_of": "ana",
        "handed": json.loads((path.parents[2] / "ana" / LAB / RECORD).read_text())["handed"],
    }
    path.write_text(json.dumps(told))
    assert read()["eva"].notes == ()


def test_what_needs_a_person_keeps_the_marks_of_before(record, read, app, hand_in):
    """A later submission that can't be graded has its reason; the marks are said to be of before."""
    record("ana", 2, 1)
    hand_in("beto", b"{")
    with Recorder(app.coursedir, read_lab(app.coursedir, LAB), parent=app) as recorder:
        for student in ("ana", "beto"):
            why = Graded(student, LAB, NEEDS_A_PERSON, "está cortado")
            recorder.record([Entry(why, "2", {})])
    found = read()
    assert (found["ana"].state, found["ana"].score) == (NEEDS_A_PERSON, 3)
    assert found["ana"].notes == ("the marks are of an earlier submission",)
    assert (found["beto"].state, found["beto"].score) == (NEEDS_A_PERSON, None)
    assert found["beto"].record["reason"] == "está cortado"


def test_everybody_in_the_course_is_there(record, read, hand_in, gradebook):
    """Who handed nothing in is missing, and who wasn't graded isn't; a row without scores is no mark."""
    record("ana", 2, 1)
    gradebook.add_student("beto", first_name="Beto", last_name="Ríos")
    hand_in("eva")
    gradebook.add_student("zoe")
    gradebook.add_submission(LAB, "zoe")  # as stock nbgrader leaves it where grading failed
    hand_in("zoe")
    found = read()
    assert {name: one.state for name, one in found.items()} == {
        "ana": GRADED,
        "beto": MISSING,
        "eva": NOT_GRADED,
        "zoe": NOT_GRADED,
    }
    assert (found["beto"].name, found["zoe"].score) == ("Beto Ríos", None)
    assert f"labkit autograde {LAB}" in found["eva"].notes[0]


def test_items_stand_in_the_labs_order_by_exercise(record, app, gradebook):
    """Groups are those of the lab's marks blocks, and what a person grades stands last by itself."""
    book = read_book(app.coursedir, gradebook, LAB)
    assert [(item.exercise, item.label, item.points) for item in book.items] == [
        ("zero_pad", "basic", 2),
        ("zero_pad", "no_padding", 1),
        (BY_HAND, "question_why", 2),
    ]
    assert book.most == 5


def test_a_lab_whose_source_is_gone_is_read_all_the_same(record, app, gradebook, course):
    """Without source/ the gradebook's own names of cells stand for groups."""
    (course / "source" / LAB / f"{LAB}.ipynb").unlink()
    book = read_book(app.coursedir, gradebook, LAB)
    assert {item.label for item in book.items if not item.by_hand} == {
        "test_zero_pad_basic",
        "test_zero_pad_no_padding",
    }


def test_a_lab_that_the_gradebook_does_not_know_is_named(app):
    """An unknown lab is an error that says which there are."""
    with (
        Gradebook(app.coursedir.db_url) as book,
        pytest.raises(CourseError, match=rf"'other'.*{LAB}"),
    ):
        read_book(app.coursedir, book, "other")
