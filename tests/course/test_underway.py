"""Who reads marks while a lab is graded is told that more are to come."""

import subprocess
import sys
import textwrap

import pytest
from nbgrader.coursedir import CourseDirectory
from tiny import LAB, labkit
from waiting import until

from grader.course.underway import is_graded_now

GRADES = textwrap.dedent("""
    import sys
    from nbgrader.coursedir import CourseDirectory
    from grader.course.underway import grading
    with grading(CourseDirectory(root=sys.argv[1]), sys.argv[2]):
        print("grading", flush=True)
        sys.stdin.read()
""")


@pytest.fixture
def grading(course):
    """Another process that grades the lab until it is ended."""
    with subprocess.Popen(
        [sys.executable, "-c", GRADES, str(course), LAB],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "grading\n"
        yield process
        process.kill()


@pytest.mark.parametrize("command", [["export"], ["export", "--to=csv"], ["report", LAB]])
def test_a_reader_is_told_while_another_process_grades(course, grading, command):
    """Report and export say so for as long as it grades, also if it is killed, and no longer."""
    assert f"{LAB}" in (said := labkit(course, *command)[1])
    assert "being graded right now" in said
    grading.kill()
    until(lambda: not is_graded_now(CourseDirectory(root=str(course)), LAB))
    assert "right now" not in labkit(course, *command)[1]


def test_a_class_that_is_graded_holds_the_lock(course, hand_in, monkeypatch):
    """`labkit autograde` is seen to grade while it does, in no other lab; Ctrl-C is a sentence."""
    hand_in("ana")
    seen = []

    def looked(*_args, **_options):
        here = CourseDirectory(root=str(course))
        seen.append((is_graded_now(here, LAB), is_graded_now(here, "02-other")))
        raise KeyboardInterrupt

    monkeypatch.setattr("grader.course.apps.grade_class", looked)
    code, said = labkit(course, "autograde", LAB)
    assert (code, "interrupted" in said, "Traceback" in said) == (1, True, False)
    assert seen == [(True, False)]
