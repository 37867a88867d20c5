"""What happens outside of the kit is told in a sentence, by whatever command meets it."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import LAB, ROOT, labkit

PROGRAM = "from grader.course.cli import main; main()"


def damage(book):
    """Write something else over a gradebook."""
    book.write_bytes(b"no gradebook at all" * 1000)


def cut(book):
    """Lose the end of a gradebook, as a copy that was broken off."""
    book.write_bytes(book.read_bytes()[: book.stat().st_size // 2])


def age(book):
    """Take away a column that nbgrader came to need."""
    with sqlite3.connect(book) as base:
        base.execute("ALTER TABLE assignment DROP COLUMN duedate")
    base.close()


def hide(book):
    """Put a folder in its place."""
    book.unlink()
    book.mkdir()


@pytest.mark.parametrize(
    ("command", "harm", "told"),
    [
        (["report", LAB], damage, "is damaged"),
        (["autograde", LAB], cut, "is damaged"),
        (["export", "--to", "csv"], age, "nbgrader db upgrade"),
        (["generate_feedback", LAB], hide, "opened"),
    ],
)
def test_a_gradebook_that_cannot_be_read(course, hand_in, command, harm, told):
    """A damaged, older or missing gradebook is a sentence and exit code 1, whatever reads it."""
    hand_in("ana")
    harm(course / "gradebook.db")
    code, said = labkit(course, *command)
    assert code == 1
    assert said.splitlines()[-1].startswith("labkit: the gradebook")
    assert told in said
    assert "Traceback" not in said


def test_a_gradebook_that_somebody_keeps(course):
    """A gradebook that another program doesn't let go is a sentence that says to try again."""
    with sqlite3.connect(course / "gradebook.db") as other:
        other.execute("BEGIN EXCLUSIVE")
        code, said = labkit(course, "report", LAB)
    other.close()
    assert (code, "try again" in said) == (1, True), said


@pytest.fixture
def report(course, hand_in):
    """Run `labkit report` on a graded course, in a process whose output goes elsewhere."""
    hand_in("ana", "def zero_pad(X, pad):\n    return X")
    assert labkit(course, "autograde", LAB)[0] == 0

    def report(stdout, **variables):
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, "report", LAB],
            cwd=course,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", **variables},
            check=False,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
        )

    return report


def test_output_that_cannot_be_written(report):
    """A full disk is a sentence, a reader that has gone is none, and few letters are no error."""
    with Path("/dev/full").open("w") as full:
        ran = report(full)
    assert (ran.returncode, ran.stderr) == (1, "labkit: the disk is full\n")
    reader = subprocess.Popen(["true"], stdin=subprocess.PIPE)
    reader.wait()
    ran = report(reader.stdin)
    reader.stdin.close()
    assert (ran.returncode, ran.stderr) == (1, "")
    ran = report(subprocess.PIPE, PYTHONIOENCODING="ascii")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "ana" in ran.stdout


@pytest.mark.parametrize(
    ("name", "line", "told"),
    [
        (
            "nbgrader_config.py",
            "c.LatePolicy.share_a_day = ",
            ", line 99 can't be read: SyntaxError",
        ),
        ("nbgrader_config.py", "import nothing_of_that_name", ", line 99 can't be read: ModuleNot"),
        ("nbgrader_config.py", "c.LatePolicy.share_a_day = 10", "isn't what it must be"),
        ("nbgrader_config.json", '{"LatePolicy": {', "can't be read: JSONDecodeError"),
    ],
)
def test_a_configuration_that_cannot_be_used_stops_a_command(course, hand_in, name, line, told):
    """Marks are exported with the course's penalties, or not at all."""
    hand_in("ana")
    config = course / name
    before = config.read_text() if config.exists() else ""
    start = before + "\nc = get_config()\n" * (config.suffix == ".py")
    config.write_text(start + line)
    told = told.replace("99", str(start.count("\n") + 1))
    # In a process of its own: traitlets decides when it is imported.
    unread = [["grade", "x.zip", LAB]] if "can't be read" in told else []
    for command in (["export", "--to", "csv"], ["report", LAB], *unread):
        ran = subprocess.run(
            [sys.executable, "-c", PROGRAM, *command],
            cwd=course,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
            check=False,
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 1
        assert told in ran.stderr.splitlines()[-1]
        assert "Traceback" not in ran.stderr
    assert not list(course.glob("grades*"))
