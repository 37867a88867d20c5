"""The recorder writes many submissions at once, as nbgrader reads them, and loses nobody's."""

import contextlib
import multiprocessing
import os
import signal
import threading
from datetime import datetime

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGrader
from nbgrader.apps.api import NbGraderAPI
from nbgrader.plugins import BasePlugin
from sqlalchemy import event
from sqlalchemy.engine import Engine
from tiny import LAB, labkit

from grader.course.folders import read_lab
from grader.course.gradebook import Entry, Recorder
from grader.course.grading import GRADED, NEEDS_A_PERSON, Graded, GradedNotebook

TESTS = ("test_zero_pad_basic", "test_zero_pad_no_padding")


@pytest.fixture
def app(course, monkeypatch):
    """The application of the tiny course, which the recorder asks for folders and database."""
    monkeypatch.chdir(course)
    found = NbGrader()
    found.initialize([])
    return found


@pytest.fixture
def entry(course):
    """Make what is recorded of a student: scores of the two tests, and an answer in words."""
    given = nbformat.read(course / "release" / LAB / f"{LAB}.ipynb", as_version=4)

    def entry(student, *scores, answer=None, digest="1", when=None):
        notebook = nbformat.from_dict(given)
        if answer is not None:
            for cell in notebook.cells:
                if cell.id in ("zero_pad", "question_why"):
                    cell.source = answer
        graded = GradedNotebook(
            nbformat.writes(notebook), dict(zip(TESTS, scores, strict=True)), {}
        )
        return Entry(Graded(student, LAB, GRADED, notebooks={LAB: graded}), digest, {}, when)

    return entry


def recorder(app, **options):
    """Return a recorder of the tiny lab."""
    return Recorder(app.coursedir, read_lab(app.coursedir, LAB), parent=app, **options)


def book_of(app):
    """Open nbgrader's gradebook of the course."""
    return Gradebook(app.coursedir.db_url)


def at(hour):
    """Return a time of one day as nbgrader has it: UTC, and not saying so."""
    return datetime(2030, 1, 1, hour)  # noqa: DTZ001


def rows(book):
    """Return every grade in the gradebook as nbgrader reads it."""
    return sorted(
        (s.student.id, g.name, g.auto_score, g.needs_manual_grade)
        for s in book.assignment_submissions(LAB)
        for n in s.notebooks
        for g in n.grades
    )


def shape(submission):
    """Return what nbgrader reads of a submission but the student's name and the rows' ids."""

    def plain(one):
        return {k: v for k, v in one.to_dict().items() if k not in ("id", "student")}

    (notebook,) = submission.notebooks
    cells = sorted((plain(one) for one in notebook.grades), key=lambda one: one["name"])
    said = sorted((plain(one) for one in notebook.comments), key=lambda one: one["name"])
    return plain(submission), plain(notebook), notebook.flagged, cells, said


def test_rows_are_those_that_nbgrader_makes(app, entry):
    """A submission reads through nbgrader's API as one that its API made and filled in."""
    with recorder(app) as writer:
        assert (
            writer.record([entry("ana", 2, 0, answer="Por los bordes."), entry("beto", 2, 1)]) == {}
        )
    with book_of(app) as book:
        book.add_student("api")
        (theirs,) = book.add_submission(LAB, "api").notebooks
        for grade in theirs.grades:
            grade.auto_score = dict(zip(TESTS, (2, 0), strict=True)).get(grade.name)
            grade.needs_manual_grade = grade.auto_score is None
        book.db.commit()
        book.db.expire_all()
        assert shape(book.find_submission(LAB, "ana")) == shape(book.find_submission(LAB, "api"))
        assert book.find_submission(LAB, "beto").score == 3
        assert book.find_comment("question_why", LAB, LAB, "beto").auto_comment == "No response."


def test_formgrader_reads_what_was_recorded(app, entry, hand_in):
    """What formgrader asks nbgrader for shows the submission as autograded, with its score."""
    (hand_in("ana").parent / "timestamp.txt").write_text("2030-01-01 00:00:00 UTC")
    with recorder(app) as writer:
        writer.record([entry("ana", 2, 0, answer="Sí.", when=at(0))])
    found = NbGraderAPI(app.coursedir).get_submission(LAB, "ana")
    told = {key: found[key] for key in ("autograded", "score", "max_score", "needs_manual_grade")}
    assert told == {"autograded": True, "score": 2, "max_score": 5, "needs_manual_grade": True}
    assert found["timestamp"] == "2030-01-01T00:00:00"


@contextlib.contextmanager
def statements():
    """Note what databases are told: statements and their parameters."""
    said = []

    def note(*about):
        said.append(about[2:4])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_a_class_takes_as_many_statements_as_one_student(app, entry):
    """Neither submissions nor cells are asked for or written one by one."""
    counts = []
    with recorder(app) as writer:
        for students in (["ana"], ["ana"], [f"student-{n}" for n in range(7)]):
            with statements() as said:
                writer.record([entry(student, 2, 1) for student in students])
            counts.append(len(said))
    assert len(set(counts)) == 1, counts


def test_who_records_the_same_class_asks_in_the_same_order(app, entry):
    """Students are written by name, whoever is done first, so that two never wait for each other."""
    students = ["zoe", "ana", "eva"]
    with recorder(app) as writer, statements() as said:
        writer.record([entry(student, 2, 1) for student in students])
    orders = [
        [one for row in rows for one in row if one in students]
        for statement, rows in said
        if statement.startswith(("INSERT INTO student ", "INSERT INTO submitted_assignment "))
    ]
    assert orders == [["ana", "eva", "zoe"]] * 2


def test_what_a_person_wrote_is_kept(app, entry):
    """Manual scores, extra credit, comments and flags survive regrading, which asks for a look."""
    with recorder(app) as writer:
        writer.record([entry("ana", 0, 1, answer="Sí.")])
        with book_of(app) as book:
            grade = book.find_grade(TESTS[0], LAB, LAB, "ana")
            grade.manual_score, grade.extra_credit = 1.5, 0.5
            book.find_comment("zero_pad", LAB, LAB, "ana").manual_comment = "¡Bien!"
            book.find_submission_notebook(LAB, LAB, "ana").flagged = True
            book.db.commit()
        writer.record([entry("ana", 2, 1, answer="Sí.", digest="2")])
        assert writer.recorded("ana")["digest"] == "2"
    with book_of(app) as book:
        grade = book.find_grade(TESTS[0], LAB, LAB, "ana")
        assert (grade.auto_score, grade.manual_score, grade.score) == (2, 1.5, 2)
        assert grade.needs_manual_grade
        assert book.find_comment("zero_pad", LAB, LAB, "ana").comment == "¡Bien!"
        assert book.find_submission_notebook(LAB, LAB, "ana").flagged
        assert book.find_submission(LAB, "ana").score == 3


def test_a_notebook_that_is_missing_is_zero(app, entry):
    """A notebook that wasn't handed in scores 0 in each cell, and nobody has to look at it."""
    with recorder(app) as writer:
        writer.record([entry("ana", 2, 1, answer="Sí.")])
        writer.record([Entry(Graded("ana", LAB, GRADED), "2", {})])
    with book_of(app) as book:
        assert {(score, look) for _, _, score, look in rows(book)} == {(0, False)}


def test_a_task_waits_for_a_person(app, course, entry):
    """A task cell has no automatic score, and a comment that is the person's to write."""
    path = course / "source" / LAB / f"{LAB}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    task = nbformat.v4.new_markdown_cell("Dibuja.\n### BEGIN MARK SCHEME\n2\n### END MARK SCHEME")
    about = {"grade_id": "draw", "points": 2, "task": True, "locked": True, "schema_version": 3}
    task.metadata.nbgrader = {**about, "grade": False, "solution": False}
    task.id = "draw"
    notebook.cells.append(task)
    nbformat.write(notebook, path)
    code, said = labkit(course, "generate_assignment", LAB, "--force", "--log-level=ERROR")
    assert code == 0, said
    one = entry("ana", 2, 1)
    one.graded.notebooks[LAB] = GradedNotebook(path.read_text(), dict.fromkeys(TESTS, 1), {})
    with recorder(app) as writer:
        assert writer.record([one]) == {}
    with book_of(app) as book:
        grade = book.find_grade("draw", LAB, LAB, "ana")
        assert (grade.auto_score, grade.needs_manual_grade) == (None, True)
        assert book.find_comment("draw", LAB, LAB, "ana").auto_comment is None


def test_who_can_not_be_recorded_costs_nobody_else(app, entry):
    """A name that no database holds is a problem of its own; the others are recorded."""
    with recorder(app) as writer:
        problems = writer.record([entry(name, 2, 1) for name in ("ana", "\udce9va", "zoe")])
        assert list(problems) == ["\udce9va"]
        assert writer.recorded("zoe")["digest"] == "1"
        assert writer.recorded("\udce9va") is None
    with book_of(app) as book:
        assert {name for name, *_ in rows(book)} == {"ana", "zoe"}


def test_an_unknown_student_is_refused_where_the_course_says_so(app, entry):
    """With create_student off, who isn't in the gradebook is named, and the others recorded."""
    with book_of(app) as book:
        book.add_student("ana")
    with recorder(app, create_student=False) as writer:
        problems = writer.record([entry("ana", 2, 1), entry("eva", 2, 1)])
    assert problems == {"eva": "the gradebook doesn't know the student eva"}
    with book_of(app) as book:
        assert {name for name, *_ in rows(book)} == {"ana"}
        assert [student.id for student in book.students] == ["ana"]


def test_what_needs_a_person_has_a_folder_and_no_marks(app):
    """A submission that couldn't be graded leaves its record, and nothing in the gradebook."""
    with recorder(app) as writer:
        writer.record([Entry(Graded("ana", LAB, NEEDS_A_PERSON, "cortado"), "1", {})])
        assert writer.recorded("ana")["reason"] == "cortado"
    with book_of(app) as book:
        assert rows(book) == []


class Two(BasePlugin):
    """A course's late plugin: two marks an hour, also where there are fewer to lose."""

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        """Return the penalty."""
        assert (student_id, score) == ("ana", 3)
        return 2 * total_seconds_late / 3600


def test_the_courses_plugin_says_what_lateness_costs(app, entry):
    """It is told how late, less an extension; it can't take more than the score; it is asked anew."""
    app.config.AssignLatePenalties.plugin_class = Two
    with book_of(app) as book:
        book.update_or_create_assignment(LAB, duedate=at(0))
    found = []
    with recorder(app) as writer, book_of(app) as book:
        for hour in (1, 5, 0):
            writer.record([entry("ana", 2, 1, when=at(hour))])
            book.db.expire_all()
            found.append(book.find_submission(LAB, "ana").late_submission_penalty)
        book.grant_extension(LAB, "ana", hours=4)
        writer.record([entry("ana", 2, 1, when=at(5))])
        writer.record([entry("ana", 2, 1)])  # a regrade that finds no timestamp keeps the old one
        book.db.expire_all()
        found.append(book.find_submission(LAB, "ana").late_submission_penalty)
    assert found == [2, 3, 0, 2]


def record_and_die(app, entries, statement):
    """Record, and be killed just before the database is told its `statement`th statement."""
    left = iter(range(statement))

    def count(*_about):
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    with recorder(app) as writer:
        event.listen(Engine, "before_cursor_execute", count)
        event.listen(Engine, "commit", count)
        writer.record(entries)


def test_killed_at_any_statement_all_is_there_or_nothing(app, entry):
    """A writer killed anywhere leaves all rows or none, no folder without rows, and can be redone."""
    entries = [entry(student, 2, 1) for student in ("ana", "beto")]
    forks = multiprocessing.get_context("fork")
    for statement in range(50):
        one = forks.Process(target=record_and_die, args=(app, entries, statement))
        one.start()
        one.join()
        with book_of(app) as book:
            assert {name for name, *_ in rows(book)} == (
                {"ana", "beto"} if not one.exitcode else set()
            )
            assert len(book.students) == (0 if one.exitcode else 2)
        if not one.exitcode:
            break
    assert statement > 5
    with recorder(app) as writer:
        assert all(writer.recorded(student) for student in ("ana", "beto"))


def write_at_once(app, entries, pairs, rounds=4):
    """Record the same class in two recorders at once, in opposite orders, and return errors."""
    errors = []
    together = threading.Barrier(2)

    def write(step):
        try:
            with recorder(app) as writer:
                for _ in range(rounds):
                    together.wait()
                    errors.extend(writer.record(entries[::step]).items())
                    errors.extend(filter(None, (writer.share(*pair) for pair in pairs[::step])))
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            errors.append(error)
            together.abort()

    threads = [threading.Thread(target=write, args=(step,)) for step in (1, -1)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return errors


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_two_may_record_at_once(app, entry, database, request):
    """Two that record the same class at the same time fail neither, and each row is there once.

    So it is with partners, who have the rows of whom they handed in with.
    """
    if database == "postgresql":
        app.coursedir.db_url = request.getfixturevalue("postgres")
        db = f"--db={app.coursedir.db_url}"
        command = ("generate_assignment", LAB, "--force", db, "--log-level=ERROR")
        assert labkit(app.coursedir.root, *command)[0] == 0
    with book_of(app) as book:
        for n in range(5):
            book.add_student(f"partner-{n}")
    pairs = [(f"student-{n}", f"partner-{n}") for n in range(5)]
    assert write_at_once(app, [entry(f"student-{n}", 2, 1) for n in range(30)], pairs) == []
    with book_of(app) as book:
        assert len(rows(book)) == 105
        assert {s.score for s in book.assignment_submissions(LAB)} == {3}
