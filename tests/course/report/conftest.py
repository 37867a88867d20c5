"""A small class in a gradebook, as graded as a test wants it, without running anything."""

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGrader
from tiny import GOOD, LAB

from grader.course.folders import read_files, read_lab
from grader.course.gradebook import Entry, Recorder
from grader.course.grading import GRADED, Graded, GradedNotebook, digest
from grader.course.report.standings import read_book
from grader.judging import BlockVerdict

TESTS = ("test_zero_pad_basic", "test_zero_pad_no_padding")
BLOCKS = ("zero_pad/basic", "zero_pad/no_padding")
HINT = "escribe el final del corte"


@pytest.fixture
def app(course, monkeypatch):
    """The application of the tiny course."""
    monkeypatch.chdir(course)
    found = NbGrader()
    found.initialize([])
    return found


@pytest.fixture
def record(app, course, hand_in):
    """Record a student with such scores of the two tests; what was lost was lost to a mistake."""
    given = nbformat.read(course / "release" / LAB / f"{LAB}.ipynb", as_version=4)

    def record(student, *scores, code=GOOD, answer="Sí.", mistake="minus_pad", when=None, **more):
        folder = hand_in(student, code).parent
        files = read_files(folder)
        notebook = nbformat.from_dict(given)
        for cell in notebook.cells:
            cell.source = {"zero_pad": code, "question_why": answer}.get(cell.id, cell.source)
        blocks = {
            test: (_block(block, points, score, mistake),)
            for test, block, points, score in zip(TESTS, BLOCKS, (2, 1), scores, strict=True)
        }
        one = GradedNotebook(
            nbformat.writes(notebook), dict(zip(TESTS, scores, strict=True)), blocks, **more
        )
        graded = Graded(student, LAB, GRADED, notebooks={LAB: one})
        with Recorder(app.coursedir, read_lab(app.coursedir, LAB), parent=app) as recorder:
            assert recorder.record([Entry(graded, "1", {}, when, digest(files))]) == {}

    return record


def _block(name, points, score, mistake):
    if score:
        return BlockVerdict(name, points, score)
    message = f"zero_pad, caso: está mal. Pista: {HINT}."
    return BlockVerdict(name, points, 0, (message,), hints=(HINT,), mistakes=(mistake,))


@pytest.fixture
def gradebook(app):
    """The course's gradebook, as nbgrader's API has it."""
    with Gradebook(app.coursedir.db_url) as book:
        yield book


@pytest.fixture
def read(app, gradebook):
    """Read where everybody stands, by their ids."""

    def read():
        gradebook.db.expire_all()
        found = read_book(app.coursedir, gradebook, LAB)
        return {one.student: one for one in found.standings}

    return read
