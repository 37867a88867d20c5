"""The same class on a Dask cluster, in PostgreSQL, and killed again and again: the same gradebook."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from servers import free_port, running
from tiny import GOOD, LAB, MINUS_PAD, labkit
from waiting import HANGS, until

pytestmark = pytest.mark.slow

KILLS = 8
LABKIT = str(Path(sys.executable).with_name("labkit"))
DASK = str(Path(sys.executable).with_name("dask"))


def gradebook(url):
    """Return every grade of the class, and how many rows of each kind there are."""
    with Gradebook(url) as book:
        submissions = book.assignment_submissions(LAB)
        return sorted(
            (s.student.id, g.name, g.auto_score, g.needs_manual_grade)
            for s in submissions
            for n in s.notebooks
            for g in n.grades
        )


def sqlite(course):
    """Return the address of a course's own gradebook."""
    return f"sqlite:///{course}/gradebook.db"


@pytest.fixture
def graded_class(course, hand_in):
    """A class of five, and the gradebook that grading it on this machine gives."""
    for number in range(5):
        hand_in(f"student-{number}", (GOOD, MINUS_PAD)[number % 2])
    labkit(course, "autograde", LAB, "--workers=2")
    expected = gradebook(sqlite(course))
    assert len(expected) == 15
    shutil.rmtree(course / "autograded")
    with Gradebook(sqlite(course)) as book:
        for number in range(5):
            book.remove_submission(LAB, f"student-{number}")
    return course, expected


def test_a_cluster_gives_the_same_gradebook(graded_class, tmp_path):
    """Workers that share no folder with the course grade it alike, also when one dies half-way."""
    course, expected = graded_class
    address = f"tcp://127.0.0.1:{free_port()}"
    scheduler = (DASK, "scheduler", "--host", address, "--no-dashboard")
    worker = (DASK, "worker", address, "--nthreads=1", "--no-dashboard")
    with (
        running(*scheduler, cwd=tmp_path / "scheduler"),
        running(*worker, cwd=tmp_path / "one") as doomed,
        running(*worker, cwd=tmp_path / "two"),
    ):
        grading = subprocess.Popen(
            [LABKIT, "autograde", LAB, f"--scheduler={address}"],
            cwd=course,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        until(lambda: grading.poll() is not None or list(course.glob("autograded/*")))
        os.killpg(doomed.pid, signal.SIGKILL)
        said, _ = grading.communicate(timeout=HANGS)
    assert grading.returncode == 0, said
    assert "5 graded" in said
    assert gradebook(sqlite(course)) == expected


def test_no_scheduler_is_said_plainly(graded_class):
    """An address where nothing listens is one sentence and exit code 1."""
    course, _ = graded_class
    code, said = labkit(course, "autograde", LAB, f"--scheduler=tcp://127.0.0.1:{free_port()}")
    assert code == 1
    assert "no Dask scheduler answers at tcp://127.0.0.1" in said


def test_postgresql_holds_the_same_grades(graded_class, postgres):
    """`db_url` may name a PostgreSQL database: generating, grading and exporting work with it."""
    course, expected = graded_class
    db = f"--db={postgres}"
    assert labkit(course, "generate_assignment", LAB, "--force", db, "--log-level=ERROR")[0] == 0
    code, said = labkit(course, "autograde", LAB, "--workers=2", db)
    assert code == 0, said
    assert gradebook(postgres) == expected
    assert labkit(course, "export", db, "--log-level=ERROR")[0] == 0
    assert "student-0" in (course / "grades.csv").read_text()


def test_killed_at_any_moment_nothing_is_lost_or_doubled(graded_class):
    """A run killed with SIGKILL at random moments, again and again, ends in the same gradebook."""
    course, expected = graded_class
    moments = random.Random(7)  # noqa: S311 - the same moments each time
    for _ in range(KILLS):
        run = subprocess.Popen(
            [LABKIT, "autograde", LAB, "--workers=1", "--force"],
            cwd=course,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            run.wait(timeout=moments.uniform(1, 6))
        run.kill()
        run.wait()
    code, said = labkit(course, "autograde", LAB, "--workers=1")
    assert code == 0, said
    assert gradebook(sqlite(course)) == expected
    folders = sorted(p.name for p in course.glob("autograded/*/*"))
    assert folders == [LAB] * 5
    hidden = [p for p in course.glob("autograded/*/.*") if p.name.startswith(f".{LAB}")]
    assert hidden == []
