"""`labkit autograde` grades a class, records it once, and no submission stops another's."""

import json
import os
import pickle
import re
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from nbgrader.api import Gradebook
from tiny import GOOD, LAB, MINUS_PAD, labkit

from grader.course import apps
from grader.course.cluster import WorkerDiedError
from grader.course.grading import kit_digest

pytestmark = pytest.mark.slow


def scores(course):
    """Return each student's automatic score in the gradebook."""
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        return {s.student.id: s.score for s in book.assignment_submissions(LAB)}


def record(course, student):
    """Return the record in a student's autograded folder."""
    return json.loads((course / "autograded" / student / LAB / "labkit.json").read_text())


def test_a_class_is_graded_and_recorded(course, hand_in):
    """Marks reach the gradebook, the graded notebook and the record, and the summary says so."""
    hand_in("ana")
    hand_in("beto", MINUS_PAD)
    code, said = labkit(course, "autograde", LAB, "--workers=1")
    assert code == 0
    assert "2 graded, 0 unchanged and skipped, 0 flagged, 0 need a person" in said
    assert scores(course) == {"ana": 3, "beto": 2}
    assert "zero_pad/no_padding" in (course / f"autograded/beto/{LAB}/{LAB}.ipynb").read_text()
    assert record(course, "beto")["lost"][0]["mistakes"] == ["slices_with_minus_pad"]


def test_who_needs_a_person_is_told_until_somebody_decides(course, hand_in):
    """A run that skips a submission that couldn't be graded still names it, and ends with 1."""
    hand_in("ana")
    path = hand_in("eva")
    path.write_text(path.read_text()[:90])
    first = labkit(course, "autograde", LAB, "--workers=1")
    again = labkit(course, "autograde", LAB, "--workers=1")
    assert "2 unchanged and skipped" in again[1]
    for code, said in (first, again):
        assert code == 1
        assert "needs a person: eva: “tiny.ipynb: el archivo no es un notebook" in said


def test_unchanged_submissions_are_skipped_by_content(course, hand_in):
    """A second run grades what changed, whatever the files' dates, and --force grades all."""
    path = hand_in("ana")
    hand_in("beto")
    labkit(course, "autograde", LAB, "--workers=1")
    os.utime(path, (1, 1))
    hand_in("beto", MINUS_PAD)
    _, said = labkit(course, "autograde", LAB, "--workers=1")
    assert "1 graded, 1 unchanged and skipped" in said
    assert scores(course) == {"ana": 3, "beto": 2}
    _, said = labkit(course, "autograde", LAB, "--workers=1", "--force")
    assert "2 graded, 0 unchanged and skipped" in said


def test_a_kit_that_changed_grades_anew(tmp_path, monkeypatch):
    """Any of the kit's code counts, what draws data too, also below a folder that is called data."""
    package = tmp_path / "data" / "grader"
    (package / "data").mkdir(parents=True)
    (package / "__init__.py").touch()
    monkeypatch.setattr("grader.__file__", str(package / "__init__.py"))
    seen = set()
    for name in ("marks.py", "data/draw.py"):
        for text in ("x = 1", "x = 2"):
            (package / name).write_text(text)
            seen.add(kit_digest.__wrapped__())
    assert len(seen) == 4


def test_a_bad_submission_does_not_stop_the_class(course, hand_in):
    """A cut notebook, a link and an empty folder need a person; the rest is graded; exit is 1."""
    hand_in("ana")
    hand_in("cut", b'{"cells": [')
    (course / "submitted" / "empty" / LAB).mkdir(parents=True)
    link = course / "submitted" / "link" / LAB
    link.mkdir(parents=True)
    (link / f"{LAB}.ipynb").symlink_to(course / "source" / LAB / f"{LAB}.ipynb")
    code, said = labkit(course, "autograde", LAB, "--workers=1")
    assert code == 1
    assert "1 graded" in said
    assert "3 need a person" in said
    assert "link: “tiny.ipynb es un enlace" in said
    assert scores(course) == {"ana": 3}


class Deadly(ThreadPoolExecutor):
    """Workers of which one dies whenever it is handed eva's submission."""

    def submit(self, function, *arguments, **named):
        """Hand on everything but eva's submission."""
        if arguments[1].student == "eva":
            future = Future()
            future.set_exception(WorkerDiedError())
            return future
        return super().submit(function, *arguments, **named)


def test_a_worker_that_dies_is_replaced(course, hand_in, monkeypatch):
    """What was with a worker that died is tried again; what kills it twice waits for a person."""
    for student in ("ana", "beto", "eva", "zoe"):
        hand_in(student)
    monkeypatch.setattr(apps, "clerks_executor", Deadly)
    code, said = labkit(course, "autograde", LAB, "--workers=1")
    assert code == 1
    assert "3 graded" in said
    assert "needs a person: eva: “el proceso que la calificaba murió dos veces" in said
    assert scores(course) == {"ana": 3, "beto": 3, "zoe": 3}
    assert record(course, "eva")["status"] == "needs a person"


class Lying(ThreadPoolExecutor):
    """Workers that answer eva's submission with what somebody else made up."""

    answer: object = None

    def submit(self, function, *arguments, **named):
        """Hand on everything but eva's submission."""
        if arguments[1].student == "eva":
            future = Future()
            future.set_result(self.answer)
            return future
        return super().submit(function, *arguments, **named)


@pytest.mark.parametrize("answer", [b"", b"{}", b"[" * 10**5, pickle.dumps(print), None, 5])
def test_an_answer_that_is_no_result_is_that_submissions(course, hand_in, monkeypatch, answer):
    """What a worker says that isn't a result is a reason for a person, and nobody else's matter."""
    hand_in("ana")
    hand_in("eva")
    monkeypatch.setattr(apps, "clerks_executor", type("Liar", (Lying,), {"answer": answer}))
    code, said = labkit(course, "autograde", LAB, "--workers=1")
    assert code == 1
    assert "needs a person: eva: “el calificador no dio un resultado" in said
    assert scores(course) == {"ana": 3}


def test_a_worker_is_told_no_sealed_seed_that_it_does_not_need(course, hand_in, monkeypatch):
    """A lab without sealed cases is graded without the seed of any."""
    hand_in("ana")
    told = []

    class Curious(ThreadPoolExecutor):
        def submit(self, function, *arguments, **named):
            told.append(arguments[1].sealed_seed)
            return super().submit(function, *arguments, **named)

    monkeypatch.setattr(apps, "clerks_executor", Curious)
    assert labkit(course, "autograde", LAB, "--workers=1")[0] == 0
    assert told == [0]


def test_a_folder_whose_name_is_no_text_needs_a_person(course, hand_in):
    """A folder that can't be a student's id is named with what to do, and stops nobody."""
    hand_in("ana")
    shutil.copytree(course / "submitted/ana", course / "submitted" / os.fsdecode(b"caf\xe9"))
    code, said = labkit(course, "autograde", LAB, "--workers=1")
    assert code == 1
    assert "needs a person: caf_: “el nombre de su carpeta no es texto" in said
    assert scores(course) == {"ana": 3}


@pytest.mark.parametrize("kind", ["not a date", "fifo", "link", "terabyte", "far path"])
def test_a_timestamp_that_cannot_be_read_is_a_note(course, hand_in, kind):
    """Whatever timestamp.txt is, its submission is graded, and a note says that it has no date."""
    hand_in("ana")
    path = course / "submitted" / "ana" / LAB / "timestamp.txt"
    make = {
        "fifo": os.mkfifo,
        "link": lambda path: path.symlink_to("/dev/zero"),
        "terabyte": lambda path: (path.touch(), os.truncate(path, 1 << 40)),
        "far path": lambda path: path.write_text("2030-01-01 00:00:00 ../../etc/passwd"),
    }
    make.get(kind, lambda path: path.write_text(kind))(path)
    code, said = labkit(course, "autograde", LAB, "--workers=1")
    assert code == 0, said
    assert "note: ana: timestamp.txt holds no date" in said
    assert scores(course) == {"ana": 3}


def test_a_manual_grade_is_kept(course, hand_in):
    """Regrading leaves a person's grade and asks for a look where there is one."""
    hand_in("ana")
    labkit(course, "autograde", LAB, "--workers=1")
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        grade = book.find_grade("question_why", LAB, LAB, "ana")
        assert grade.needs_manual_grade
        grade.manual_score = 1.5
        book.db.commit()
    labkit(course, "autograde", LAB, "--workers=1", "--force")
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        assert book.find_grade("question_why", LAB, LAB, "ana").manual_score == 1.5
        assert book.find_submission(LAB, "ana").score == 4.5


def test_an_unanswered_question_is_zero(course, hand_in):
    """An untouched manual cell gets 0 and the comment that nbgrader gives it."""
    path = hand_in("ana")
    release = json.loads((course / "release" / LAB / f"{LAB}.ipynb").read_text())
    path.write_text(json.dumps(release))
    labkit(course, "autograde", LAB, "--workers=1")
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        assert book.find_grade("question_why", LAB, LAB, "ana").auto_score == 0
        assert book.find_comment("question_why", LAB, LAB, "ana").auto_comment == "No response."


def test_a_late_submission_gets_the_courses_penalty(course, hand_in):
    """The late plugin that the course configures is asked, and its penalty recorded."""
    hand_in("ana")
    folder = course / "submitted" / "ana" / LAB
    (folder / "timestamp.txt").write_text("2030-01-02 00:00:00 UTC")
    with (course / "nbgrader_config.py").open("a") as config:
        config.write('\nc.LateSubmissionPlugin.penalty_method = "zero"\n')
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        book.update_or_create_assignment(LAB, duedate="2030-01-01 00:00:00 UTC")
    labkit(course, "autograde", LAB, "--workers=1")
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        assert book.find_submission(LAB, "ana").late_submission_penalty == 3


def test_json_is_one_record_a_student(course, hand_in):
    """--json prints a line a student: status, score, marks by exercise, flags, seconds."""
    hand_in("ana")
    hand_in("beto", MINUS_PAD)
    _, said = labkit(course, "autograde", LAB, "--workers=1", "--json")
    found = {r["student"]: r for r in map(json.loads, filter(_is_json, said.splitlines()))}
    assert found["ana"]["marks"] == {"zero_pad": 3}
    assert found["beto"]["score"] == 2
    assert found["beto"]["status"] == "graded"
    assert {"flags", "seconds", "repairs"} <= found["ana"].keys()


def test_names_and_reasons_are_shown_and_not_obeyed(course, hand_in):
    """An id with escapes and a new line prints as one line wherever it is told, and isn't recorded."""
    nasty = "eva\x1b[2J\x9b\nadmin: 60"
    hand_in(nasty, b"{")
    hand_in("ana", GOOD + "\neval('1')")
    for command in ("autograde", "restore", "report"):
        flags = ("--workers=1", "--json") if command == "autograde" else ()
        _, said = labkit(course, command, LAB, *flags)
        assert "eva" in said
        assert not any(c in said for c in ("\x1b", "\x9b"))
        assert not any(row.startswith("admin") for row in said.splitlines())
        if command == "autograde":
            records = map(json.loads, filter(_is_json, said.splitlines()))
            assert {record["student"] for record in records} == {"ana"}
            assert not (course / "autograded" / nasty).exists()


def _is_json(line):
    return line.startswith("{")


def test_killed_between_the_gradebook_and_the_folder(course, hand_in):
    """A submission in the gradebook without its folder is graded again, to the same marks, once."""
    hand_in("ana")
    labkit(course, "autograde", LAB, "--workers=1")
    shutil.rmtree(course / "autograded" / "ana")
    _, said = labkit(course, "autograde", LAB, "--workers=1")
    assert "1 graded" in said
    assert scores(course) == {"ana": 3}
    with sqlite3.connect(course / "gradebook.db") as database:
        assert database.execute("select count(*) from submitted_assignment").fetchone() == (1,)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["autograde", "02-nothing"], "there is no lab '02-nothing'.*the labs here are tiny"),
        (["autograde"], "takes one lab"),
        (["autograde", LAB], "nobody handed in tiny: expected a folder"),
        (["report", LAB], "nothing is graded yet"),
        (["autogrde", LAB], "there is no command 'autogrde'"),
    ],
)
def test_a_command_that_cannot_run_says_what_to_do(course, arguments, said):
    """An unknown lab or command, or an empty class, is one sentence and an exit code."""
    code, output = labkit(course, *arguments)
    assert code != 0
    assert re.search(said, output)
    assert "Traceback" not in output


def test_a_lab_that_changed_since_it_was_generated_is_refused(course, hand_in):
    """Points that differ between source/ and the gradebook are an error that names the cell."""
    hand_in("ana")
    path = course / "source" / LAB / f"{LAB}.ipynb"
    path.write_text(path.read_text().replace('"points": 1,', '"points": 7,'))
    code, said = labkit(course, "autograde", LAB)
    assert code == 1
    assert "has changed since it was generated (tiny/test_zero_pad_no_padding)" in said


def test_stock_nbgrader_gives_the_same_grades(course, hand_in):
    """`nbgrader autograde` with the course's configuration records the same scores."""
    hand_in("ana")
    hand_in("beto", MINUS_PAD)
    labkit(course, "autograde", LAB, "--workers=1")
    ours = scores(course)
    shutil.rmtree(course / "autograded")
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        for student in ours:
            book.remove_submission(LAB, student)
    command = [sys.executable, "-m", "nbgrader", "autograde", LAB, "--log-level=ERROR"]
    subprocess.run(command, cwd=course, check=True)
    assert scores(course) == ours == {"ana": 3, "beto": 2}
