"""What is exported is what the gradebook says, and what each system's import reads of it."""

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
    """Raw score, penalty and score are nbgrader's; who handed nothing in has no mark, which isn't 0."""
    assert labkit(names, "export", "--log-level=ERROR")[0] == 0
    found = {row["student_id"]: row for row in rows(names)}
    ana, other = found["ana"], found["two rows"]
    marks = ("raw_score", "late_submission_penalty", "score", "max_score")
    assert [float(ana[name]) for name in marks] == [2, 1, 1, 5]
    assert [other[name] for name in marks] == ["", "", "", "5.0"]
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


# ------------------------------------------------------------ what Moodle, Canvas and people import

ROSTER = {
    "2024-1": ("Ñúñez", "Ana", "ana@uni.edu", "101"),
    "2024-2": ("Pérez", "Luis", "luis@uni.edu", "102"),
    "2024-3": ("=cmd", "+Eva", "eva@uni.edu", "103"),
    "2024-4": ("Mora", "José", "jose@uni.edu", "104"),
}


def graded(book, lab, student, score, *, late=False, open_answer=False):
    """Grade a submission in the gradebook: all of its first cell, or with an answer left open."""
    when = {"timestamp": "2030-01-01 10:00:00 UTC"} if late else {}
    one = book.update_or_create_submission(lab, student, **when)
    (notebook,) = one.notebooks
    for grade in notebook.grades:
        grade.auto_score = None if open_answer and grade.cell.name == "question_why" else 0
    notebook.grades[0].auto_score = score
    book.db.commit()


@pytest.fixture
def roster(course):
    """A course of two labs: Ana is late in one, Luis has an answer open, Eva 0, José nothing."""
    config = course / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.LatePolicy.share_a_day = 0.25\n")
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        for student, (last, first, email, lms) in ROSTER.items():
            about = {"last_name": last, "first_name": first, "email": email}
            book.add_student(student, **about, lms_user_id=lms)
        book.add_assignment("second")
        book.add_notebook("second", "second")
        book.add_grade_cell("q", "second", "second", max_score=10, cell_type="code")
        book.update_or_create_assignment(LAB, duedate="2030-01-01 09:00:00 UTC")
        graded(book, LAB, "2024-1", 2, late=True)
        graded(book, LAB, "2024-2", 1, open_answer=True)
        graded(book, LAB, "2024-3", 0)
        graded(book, "second", "2024-1", 10)
        book.add_submission(LAB, "2024-4")  # filed, and nothing of it graded
        book.db.commit()
    return course


def export(course, *options):
    """Export, and return what the command said."""
    code, said = labkit(course, "export", *options, "--log-level=ERROR")
    assert code == 0, said
    return said


def moodle_import(path, field, items):
    """Read a file as Moodle's import does: marks by student and item, who is found by one field.

    As in its source: an empty cell of that field leaves the row to the student before, a student
    whom it doesn't know ends everything, and for a new item an empty mark is 0.
    """
    known = {
        "ID number": {student: student for student in ROSTER},
        "Email address": {email: student for student, (_, _, email, _) in ROSTER.items()},
    }[field]
    marks, student = {}, None
    with path.open(encoding="utf-8", newline="") as file:
        titles, *rows = csv.reader(file, strict=True)
    for row in rows:
        if value := row[titles.index(field)].strip():
            student = known[value]
        for title in set(titles) & {LAB, "second", "course"}:
            value = row[titles.index(title)].strip()
            if value != "-" and (value or title not in items):
                marks[student, title] = float(value or 0)
    return marks


def canvas_import(path):
    """Read a file as Canvas's import does: marks by its own number for students, and points."""
    by_sis = {student: lms for student, (_, _, _, lms) in ROSTER.items()}
    with path.open(encoding="utf-8", newline="") as file:
        titles, points, *rows = csv.reader(file, strict=True)
    assert "Student" in titles[0]
    assert titles[1:5] == ["ID", "SIS User ID", "SIS Login ID", "Section"]
    assert "Points Possible" in points[0]
    marks = {}
    for row in rows:
        student = row[1] if row[1] in by_sis.values() else by_sis[row[2]]
        marks |= {
            (student, title): float(value)
            for title, value in zip(titles[5:], row[5:], strict=True)
            if value.strip()
        }
    return marks, dict(zip(titles[5:], map(float, points[5:]), strict=True))


SCORES = {
    ("2024-1", LAB): 1.5,
    ("2024-2", LAB): 1.0,
    ("2024-3", LAB): 0.0,
    ("2024-1", "second"): 10.0,
}


@pytest.mark.parametrize("field", ["ID number", "Email address"])
@pytest.mark.parametrize("items", [(LAB, "second"), ()], ids=["items there", "new items"])
def test_moodle_reads_the_marks_that_there_are(roster, field, items):
    """By either field, into old items or new ones: marks less their penalties, and no other 0."""
    export(roster, "--to", "moodle")
    assert moodle_import(roster / "grades-moodle.csv", field, items) == SCORES


def test_moodle_never_gives_marks_to_the_student_before(roster):
    """A column of ids that isn't filled for everybody is left out, and the command says so."""
    with Gradebook(f"sqlite:///{roster}/gradebook.db") as book:
        book.find_student("2024-2").email = None
        book.db.commit()
    assert "no email of 2024-2" in export(roster, "--to", "moodle")
    titles = (roster / "grades-moodle.csv").read_text().splitlines()[0].split(",")
    assert titles == ["First name", "Last name", "User ID", "ID number", "second", LAB]
    assert moodle_import(roster / "grades-moodle.csv", "ID number", ()) == SCORES


@pytest.mark.parametrize("numbers", [True, False], ids=["own numbers", "SIS ids"])
def test_canvas_reads_the_marks_that_there_are(roster, numbers):
    """Students are found by Canvas's number, or by their id; each lab says its points."""
    if not numbers:
        with Gradebook(f"sqlite:///{roster}/gradebook.db") as book:
            for student in book.students:
                student.lms_user_id = "not-a-number"
            book.db.commit()
    export(roster, "--to", "canvas")
    marks, points = canvas_import(roster / "grades-canvas.csv")
    assert marks == {(ROSTER[s][3], lab): mark for (s, lab), mark in SCORES.items()}
    assert points == {LAB: 5, "second": 10}


@pytest.mark.parametrize("system", ["moodle", "canvas", "csv"])
def test_no_name_is_a_formula_in_any_of_them(roster, system):
    """Names that begin as formulas do are text to a spreadsheet, and every row has every column."""
    export(roster, "--to", system)
    text = (roster / f"grades-{system}.csv").read_text(encoding="utf-8-sig")
    table = [*csv.reader(text.splitlines(), strict=True)]
    assert {len(row) for row in table} == {len(table[0])}
    cells = {value for row in table for value in row} - {"-"}
    assert not any(value.startswith(("=", "+", "-", "@")) for value in cells)
    assert any("'=cmd" in value for value in cells)


def test_the_courses_mark_weighs_the_labs(roster):
    """Weights are the configuration's; a lab left out counts 0, and who did nothing has no mark."""
    with (roster / "nbgrader_config.py").open("a") as file:
        file.write(f'\nc.LabExport.weights = {{"{LAB}": 1, "second": 3}}\n')
    said = export(roster, "--to=csv", "--grades=course", "--output=final.csv")
    assert "counts as 0" in said
    text = (roster / "final.csv").read_text(encoding="utf-8-sig")
    found = {row["id"]: row for row in csv.DictReader(text.splitlines())}
    marks = {student: row["course (100)"] for student, row in found.items()}
    assert marks == {"2024-1": "82.5", "2024-2": "5", "2024-3": "0", "2024-4": ""}
    assert found["2024-1"][f"{LAB} (5)"] == "1.5"
    assert text.splitlines()[0].startswith("id,last_name,first_name,email,lms_user_id")


def test_one_lab_alone(roster):
    """--grades names a lab, and so does an argument; only its column is there."""
    for asked in (["--grades", "second"], ["second"]):
        export(roster, "--to", "canvas", *asked)
        marks, points = canvas_import(roster / "grades-canvas.csv")
        assert (marks, points) == ({("101", "second"): 10.0}, {"second": 10.0})


def test_open_answers_are_told_and_can_be_left_out(roster):
    """Who has an answer that waits for a person has what was earned so far, or no mark at all."""
    assert "1 have answers that a person must still grade" in export(roster, "--to", "canvas")
    export(roster, "--to", "canvas", "--final")
    marks, _ = canvas_import(roster / "grades-canvas.csv")
    assert ("102", LAB) not in marks
    assert marks["101", LAB] == 1.5


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--to", "blackboard"], "moodle, canvas, csv, or a file's name"),
        (["--to", "moodle", "--grades", "third"], "no lab 'third'; it has"),
        (["--grades", "course"], "say for whom"),
        (["--to", "moodle", "--output", "no/such/folder.csv"], "can't be written"),
    ],
)
def test_what_cannot_be_exported_is_said(roster, options, told):
    """A mistake is a sentence and exit code 1."""
    code, said = labkit(roster, "export", *options)
    assert code == 1
    assert told in said
