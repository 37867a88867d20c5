"""A partner has the marks, comments and feedback of the submission that names them."""

import json
import re

import nbformat
import pytest
from nbgrader.api import Gradebook, MissingEntry
from tiny import GOOD, LAB, MINUS_PAD, labkit, tiny_lab

from grader.course.pairs import pairs_of
from grader.course.submissions.whose import People, Person

PEOPLE = People(
    [
        Person("a1", "Ana", "Pérez"),
        Person("b1", "Beto", "Paz"),
        Person("c1", "Carla", "Gil"),
        Person("d1", "Ana", "Perez"),
    ]
)


def named(*people, digest="x"):
    """Return the record of a submission that names these people."""
    return {"people": [list(one) for one in people], "digest": digest}


@pytest.mark.parametrize(
    ("records", "partners", "notes"),
    [
        ({"c1": named(("c1", "Carla Gil"), ("b1", "Beto Paz"))}, {"b1": "c1"}, {}),
        ({"c1": named(("b1", ""), ("", "GIL Carla"))}, {"b1": "c1"}, {}),
        ({"c1": named(("c1", "Carla Gil"))}, {}, {}),
        ({"c1": {}}, {}, {}),
        ({"c1": named(("c1", ""), ("z9", "Zoe"))}, {}, {"c1": "«Zoe z9», que no está en la lista"}),
        ({"c1": named(("c1", ""), ("", "Ana Pérez"))}, {}, {"c1": "que puede ser a1 o d1"}),
        ({"c1": named(("c1", ""), ("b1", "Carla Gil"))}, {}, {"c1": "que puede ser b1 o c1"}),
        ({"c1": named(("b1", "Beto Paz"))}, {}, {"c1": "dice que es de b1, y la entregó c1"}),
        (
            {"c1": named(("c1", ""), ("b1", "")), "b1": named(("b1", ""), digest="y")},
            {},
            {"c1": "nombra a b1, que entregó aparte"},
        ),
        ({"c1": named(("c1", ""), ("b1", "")), "b1": named(("c1", ""), ("b1", ""))}, {}, {}),
        (
            {"c1": named(("c1", ""), ("b1", "")), "a1": named(("a1", ""), ("b1", ""))},
            {},
            {"c1": "b1 está en más de una entrega (c1, a1)", "a1": "no recibe la nota de ninguna"},
        ),
    ],
)
def test_who_is_whose_partner(records, partners, notes):
    """Whom one submission alone names is a partner; what nobody can tell is said, and gives nothing."""
    pairs = pairs_of(records, PEOPLE)
    assert pairs.partners == partners
    assert pairs.notes.keys() == notes.keys()
    for student, said in notes.items():
        assert said in pairs.notes[student]


def test_without_a_roster_nobody_has_a_partner():
    """Where nobody knows who is in the course, that a partner is named is said."""
    pairs = pairs_of({"c1": named(("", "Carla"), ("", "Beto"))}, People())
    assert pairs.partners == {}
    assert "labkit roster" in pairs.notes["c1"]
    assert pairs_of({"c1": named(("", "Carla"))}, People()).notes == {}


def handed_in(names, text=GOOD):
    """Return the tiny lab as a student hands it in, with the identification that the labs ask for."""
    lab = tiny_lab()
    lab.cells[2].source = text
    lab.cells.insert(1, nbformat.v4.new_code_cell(names, id="identification"))
    return nbformat.writes(lab).encode()


@pytest.fixture
def pair(course, hand_in):
    """A course of three, in which Ana has handed in with Beto."""
    path = course / "alumnos.csv"
    path.write_text("id,first_name,last_name\na1,Ana,Paz\nb1,Beto,Gil\nc1,Carla,Ruiz\n")
    assert labkit(course, "roster", str(path))[0] == 0
    hand_in("a1", handed_in('carne_1 = "a1"\nnombre_1 = "Ana Paz"\ncarne_2 = "b1"', MINUS_PAD))
    (course / "submitted" / "a1" / LAB / "timestamp.txt").write_text("2026-03-04 12:00:00 UTC")
    return course


def grade(course):
    """Grade the class; return what was said."""
    code, said = labkit(course, "autograde", LAB, "--workers=1")
    assert code == 0, said
    return said


def rows(book, student):
    """Return a student's scores and comments, by cell."""
    (notebook,) = book.find_submission(LAB, student).notebooks
    grades = {
        one.name: (one.auto_score, one.manual_score, one.needs_manual_grade)
        for one in notebook.grades
    }
    return grades | {f"{one.name}!": one.comment for one in notebook.comments}


@pytest.mark.slow
def test_a_partner_has_the_same(pair):
    """Marks, time, what a person gave to either, the report and the feedback are both's."""
    said = grade(pair)
    assert "pair: b1 has the marks of a1" in said
    with Gradebook(f"sqlite:///{pair}/gradebook.db") as book:
        assert rows(book, "a1") == rows(book, "b1")
        assert book.find_submission(LAB, "b1").score == 2
        assert str(book.find_submission(LAB, "b1").timestamp) == "2026-03-04 12:00:00"
        (notebook,) = book.find_submission(LAB, "b1").notebooks
        grade_, comment = (
            next(one for one in kind if one.name == "question_why")
            for kind in (notebook.grades, notebook.comments)
        )
        grade_.manual_score, grade_.needs_manual_grade = 1.5, False
        comment.manual_comment = "Casi."
        book.db.commit()
    grade(pair)
    with Gradebook(f"sqlite:///{pair}/gradebook.db") as book:
        assert rows(book, "a1") == rows(book, "b1")
        assert rows(book, "a1")["question_why"][1:] == (1.5, False)
        assert rows(book, "a1")["question_why!"] == "Casi."
    _, said = labkit(pair, "report", LAB)
    assert "b1 handed in with a1" in said
    assert labkit(pair, "report", LAB, "--html")[0] == 0
    page = (pair / "report" / f"{LAB}.html").read_text()
    _, _, told = page.partition("Handed in by two <b>1</b>")
    told = re.sub(r"<.*?>", " ", told.partition("</details>")[0])
    assert re.search(r"Beto.*with.*Ana", " ".join(told.split()))
    assert labkit(pair, "generate_feedback", LAB, "--log-level=ERROR")[0] == 0
    pages = [(pair / "feedback" / one / LAB / f"{LAB}.html").read_text() for one in ("a1", "b1")]
    assert "Casi." in pages[1]
    assert not (pair / "submitted" / "b1").exists()


@pytest.mark.slow
def test_who_hands_in_later_has_marks_of_their_own(pair, hand_in):
    """A partner's own submission is graded as theirs, and that another names them is said."""
    grade(pair)
    hand_in("b1", GOOD)
    said = grade(pair)
    assert "note: a1: “nombra a b1, que entregó aparte" in said
    assert "pair:" not in said
    record = json.loads((pair / "autograded" / "b1" / LAB / "labkit.json").read_text())
    assert (record["score"], record.get("pair_of")) == (3, None)


@pytest.mark.slow
def test_who_is_no_longer_named_is_told(pair, hand_in):
    """A partner who is named no more keeps the record until a person decides, and it is said."""
    grade(pair)
    hand_in("a1", handed_in('carne_1 = "a1"'))
    assert "note: b1: “tiene todavía la nota de a1" in grade(pair)


@pytest.mark.slow
def test_a_submission_that_waits_is_shared_with_nobody(pair, hand_in):
    """What needs a person gives no marks, neither to its student nor to a partner."""
    hand_in("a1", b"{}")
    labkit(pair, "autograde", LAB, "--workers=1")
    with Gradebook(f"sqlite:///{pair}/gradebook.db") as book, pytest.raises(MissingEntry):
        book.find_submission(LAB, "b1")
