"""A class's pages: written side by side, each when something of it has changed, and at no one's cost."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from tiny import GOOD, LAB, MINUS_PAD, labkit

from grader.course import pages as page_module
from grader.course.feedback import writing
from grader.course.feedback.marks import standings
from grader.course.folders import read_source

pytestmark = pytest.mark.slow

PNG = "iVBORw0KGgo="
FILE = f"{LAB}.ipynb"
PAGE = f"{LAB}.html"


@pytest.fixture(scope="module")
def graded_class(tiny_course, tmp_path_factory):
    """The tiny course with a graded class: three pictures, two of them strange, and a mistake."""
    root = tmp_path_factory.mktemp("graded") / "course"
    shutil.copytree(tiny_course, root)
    answers = {
        "fine": ("![f](attachment:f.png)", {"f.png": {"image/png": PNG}}),
        "missing": ("![f](attachment:f.png)", None),
        "accent": ("![f](attachment:cu%C3%A1nto%201.png)", {"cuánto 1.png": {"image/png": PNG}}),
        "beside": ("![f](foto.png) ![g](../fine/foto.png) ![h](labkit.json)", None),
    }
    for student, (answer, attachments) in answers.items():
        notebook = nbformat.read(root / "source" / LAB / FILE, as_version=4)
        notebook.cells[2].source = MINUS_PAD if student == "fine" else GOOD
        notebook.cells[-1].source = answer
        if attachments:
            notebook.cells[-1]["attachments"] = attachments
        folder = root / "submitted" / student / LAB
        folder.mkdir(parents=True)
        (folder / FILE).write_text(nbformat.writes(notebook), encoding="utf-8")
        (folder / "timestamp.txt").write_text("2030-01-02 10:00:00 UTC")
        (folder / "submission_secret.txt").write_text(f"secret of {student}")
        (folder / "foto.png").write_bytes(b"\x89PNG\r\n\x1a\n" + student.encode())
    code, said = labkit(root, "autograde", LAB)
    assert code == 0, said
    return root


@pytest.fixture
def course(graded_class, tmp_path):
    """A copy of that course, to be written to, with its pages."""
    root = tmp_path / "course"
    shutil.copytree(graded_class, root)
    code, said = labkit(root, "generate_feedback", LAB)
    assert code == 0, said
    assert "4 pages written, 0 unchanged" in said
    return root


def pages(root):
    """Return each student's page, and when it was written."""
    found = sorted(root.glob(f"feedback/*/{LAB}/{PAGE}"))
    return {path.parts[-3]: (path.read_text(), path.stat().st_mtime_ns) for path in found}


def by_hand(root, change):
    """Let a person change the gradebook."""
    with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
        change(book)
        book.db.commit()


def test_every_student_gets_a_page_whatever_their_pictures(course):
    """A picture that is missing, has an accent, or lies beside the notebook, costs nobody a page."""
    shown = {student: text for student, (text, _) in pages(course).items()}
    assert sorted(shown) == ["accent", "beside", "fine", "missing"]
    for student in ("fine", "accent"):
        assert f"data:image/png;base64,{PNG}" in shown[student]
    assert "(falta la imagen f.png)" in shown["missing"]
    assert shown["beside"].count("data:image/png") == 1
    assert "Pista:" in shown["fine"]


def test_only_what_changed_is_written_anew(course):
    """A mark and a comment given by hand are in the page after the next run; others keep theirs."""
    before = pages(course)
    code, said = labkit(course, "generate_feedback", LAB)
    assert (code, pages(course)) == (0, before)
    assert "0 pages written, 4 unchanged" in said

    def mark(book):
        book.find_grade("question_why", LAB, LAB, "fine").manual_score = 1.5
        book.find_comment("question_why", LAB, LAB, "fine").manual_comment = "COMENTARIO NUEVO"

    by_hand(course, mark)
    assert labkit(course, "generate_feedback", LAB)[0] == 0
    after = pages(course)
    assert [student for student in before if before[student] != after[student]] == ["fine"]
    assert "COMENTARIO NUEVO" in after["fine"][0]
    assert "(puestos a mano)" in after["fine"][0]


def test_a_page_that_would_say_the_same_is_not_made(course, monkeypatch):
    """Nothing is made where nothing changed; a page that somebody touched, or took away, is."""
    monkeypatch.setattr(writing, "_pool", lambda _workers: pytest.fail("pages were made"))
    assert "0 pages written, 4 unchanged" in labkit(course, "generate_feedback", LAB)[1]
    monkeypatch.undo()
    before = pages(course)
    (course / "feedback" / "fine" / LAB / PAGE).write_text("another page")
    (course / "feedback" / "accent" / LAB / PAGE).unlink()
    assert "2 pages written, 2 unchanged" in labkit(course, "generate_feedback", LAB)[1]
    after = pages(course)
    assert {who: page for who, (page, _) in after.items()} == {
        who: page for who, (page, _) in before.items()
    }


def test_a_deadline_is_in_the_page_after_the_next_run(course):
    """Late penalties are those of the gradebook as it is now; an extension takes them off again."""
    config = course / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.LatePolicy.share_a_day = 0.5\n")
    by_hand(
        course, lambda book: book.update_or_create_assignment(LAB, duedate="2030-01-02 08:00:00")
    )
    assert labkit(course, "generate_feedback", LAB)[0] == 0
    assert "menos 1.5 por entregar tarde" in pages(course)["missing"][0]
    by_hand(
        course, lambda book: book.update_or_create_assignment(LAB, duedate="2030-01-03 08:00:00")
    )
    assert labkit(course, "generate_feedback", LAB)[0] == 0
    assert "tarde" not in pages(course)["missing"][0]


def test_a_folder_that_cannot_be_read_costs_its_own_page(course):
    """The others' pages are written; whose is missing, and why, is told, and the exit code says so."""
    (course / "autograded" / "fine" / LAB / FILE).write_text("{")
    shutil.rmtree(course / "feedback")
    code, said = labkit(course, "generate_feedback", LAB)
    assert code == 1
    assert "no page: fine: JSONDecodeError" in said
    assert sorted(pages(course)) == ["accent", "beside", "missing"]


class Deadly:
    """Something that ends the process which reads it."""

    def __reduce__(self):
        return os._exit, (3,)


def test_a_process_that_dies_costs_one_page(course):
    """Whatever ends a worker is told of its page alone; what else it may have held is tried again."""
    where = CourseDirectory(root=str(course))
    lab = read_source(where, LAB)
    with Gradebook(where.db_url) as book:
        jobs = [*writing._jobs(where, lab, standings(book, LAB))]
    shutil.rmtree(course / "feedback")
    jobs[1] = replace(jobs[1], about=Deadly())
    done = {job.standing.student: what for job, what in writing._worked_off(jobs, 2)}
    assert done.pop(jobs[1].standing.student) == "the process that made the page died"
    assert done == {job.standing.student: True for job in jobs if job is not jobs[1]}


def test_a_text_that_takes_too_long_is_shown_as_it_was_typed(course, monkeypatch):
    """Nobody waits for a text on which Markdown's parser goes on and on: its page is written."""

    def forever(_text):
        while True:
            pass

    monkeypatch.setattr(page_module, "PATIENCE_S", 0.05)
    monkeypatch.setattr(page_module, "_markdown", lambda _formulas: forever)
    where = CourseDirectory(root=str(course))
    with Gradebook(where.db_url) as book:
        (job, *_) = writing._jobs(where, read_source(where, LAB), standings(book, LAB))
    assert writing._write(job) is True
    assert "<pre>![f](attachment:cu%C3%A1nto%201.png)</pre>" in pages(course)["accent"][0]


def test_a_picture_that_is_too_large_is_missing(tmp_path):
    """A file beside the notebook that is no picture of anybody's isn't read whole."""
    picture = tmp_path / "foto.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    assert writing._picture(tmp_path, "foto.png").startswith("data:image/png")
    os.truncate(picture, 1 << 40)
    assert writing._picture(tmp_path, "foto.png") == ""


def test_one_student_can_be_asked_for(course):
    """--student writes that student's page and no other."""
    shutil.rmtree(course / "feedback")
    assert labkit(course, "generate_feedback", LAB, "--student=fine")[0] == 0
    assert sorted(pages(course)) == ["fine"]


def test_a_page_of_what_is_not_graded_any_more_is_taken_away(course):
    """Who hands in anew what only a person can grade has no page that says something else."""
    (course / "submitted" / "fine" / LAB / FILE).write_text("{")
    assert labkit(course, "autograde", LAB)[0] == 1
    code, said = labkit(course, "generate_feedback", LAB)
    assert code == 0
    assert "1 taken away" in said
    assert sorted(pages(course)) == ["accent", "beside", "missing"]


def test_nothing_graded_is_an_error_with_its_remedy(tiny_course, tmp_path):
    """Before anything is graded, the command says what to run."""
    root = tmp_path / "course"
    shutil.copytree(tiny_course, root)
    code, said = labkit(root, "generate_feedback", LAB)
    assert code == 1
    assert f"labkit autograde {LAB}" in said


def nbgrader(root, *arguments):
    """Run a command of nbgrader's own in a course; return what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HOME": str(root)},
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_stock_nbgrader_writes_the_same_page(course):
    """`nbgrader generate_feedback`, which formgrader's button runs, writes what labkit writes."""
    ours = {student: text for student, (text, _) in pages(course).items()}
    shutil.rmtree(course / "feedback")
    nbgrader(course, "generate_feedback", LAB)
    assert {student: text for student, (text, _) in pages(course).items()} == ours
    by_hand(
        course,
        lambda book: setattr(
            book.find_comment("question_why", LAB, LAB, "fine"), "manual_comment", "NUEVO"
        ),
    )
    nbgrader(course, "generate_feedback", LAB)
    assert "NUEVO" in pages(course)["fine"][0]


def test_nbgraders_exchange_releases_a_page_as_its_own(course, tmp_path):
    """`nbgrader release_feedback` finds the pages, and hands each out under its submission's secret."""
    exchange = tmp_path / "exchange"
    exchange.mkdir(mode=0o777)
    exchange.chmod(0o777)
    nbgrader(course, "release_feedback", LAB, f"--Exchange.root={exchange}")
    released = [path.read_text() for path in exchange.glob("*/feedback/*.html")]
    assert sorted(released) == sorted(text for text, _ in pages(course).values())


def test_a_page_is_readable_by_whoever_may_read_it(course):
    """A page is written with the permissions that nbgrader gives it, and holds nothing of the record."""
    page = course / "feedback" / "fine" / LAB / PAGE
    assert page.stat().st_mode & 0o777 == 0o644
    assert sorted(path.name for path in Path(page.parent).iterdir()) == sorted(
        [PAGE, "timestamp.txt", "submission_secret.txt"]
    )
    record = json.loads((course / "autograded" / "fine" / LAB / "labkit.json").read_text())
    assert record["digest"] not in page.read_text()
