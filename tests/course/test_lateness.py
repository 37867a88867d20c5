"""What lateness costs follows from the gradebook as it is now, and nothing is graded again for it."""

import csv
import json
from datetime import timedelta

import pytest
from nbgrader.api import Gradebook
from tiny import LAB, labkit

from grader.course.gradebook import RECORD
from grader.course.lateness import DAY, LatePolicy

HANDED_IN = "2030-01-02 10:00:00 UTC"
A_TENTH = "\nc.LatePolicy.share_a_day = 0.1\n"


def penalty(policy, days, score=50):
    """Return what so many days late cost."""
    return policy.late_submission_penalty("ana", score, days * DAY)


def test_a_day_that_has_begun_counts():
    """Each day costs its share of what was earned, from its first second on, and never more than all."""
    policy = LatePolicy(share_a_day=0.2)
    assert [penalty(policy, days) for days in (1e-5, 1, 1.01, 2, 99)] == [10, 10, 20, 20, 50]


def test_grace_costs_nothing_and_days_count_from_its_end():
    """Who is late by no more than the time of grace loses nothing; then the first day begins."""
    policy = LatePolicy(share_a_day=0.2, grace_minutes=60)
    hour = 1 / 24
    assert [penalty(policy, days) for days in (hour, 1.1 * hour, 1 + hour, 1.01 + hour)] == [
        *(None, 10, 10, 20)
    ]


def test_the_floor_stays():
    """However late a submission is, the share that the floor says is kept."""
    policy = LatePolicy(share_a_day=0.3, floor=0.4)
    assert [penalty(policy, days) for days in (1, 2, 50)] == [15, 30, 30]


def test_nothing_is_lost_until_a_course_says_so():
    """Without a share a day there is no penalty; nbgrader's own method is heard."""
    assert penalty(LatePolicy(), 3) is None
    assert penalty(LatePolicy(penalty_method="zero"), 3) == 50


@pytest.fixture
def late(course, hand_in):
    """The tiny course with a policy, in which ana handed in; what she has is to be asked for."""
    path = course / "nbgrader_config.py"
    path.write_text(path.read_text() + A_TENTH)
    (hand_in("ana").parent / "timestamp.txt").write_text(HANDED_IN)
    assert labkit(course, "autograde", LAB)[0] == 0
    return course


def due(course, when):
    """Set the lab's deadline, as `nbgrader db assignment add` does."""
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        book.update_or_create_assignment(LAB, duedate=when)


def exported(course):
    """Return what is exported of ana: raw score, penalty and score."""
    code, said = labkit(course, "export", "--log-level=ERROR")
    assert code == 0, said
    with (course / "grades.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    return [float(row[name]) for name in ("raw_score", "late_submission_penalty", "score")]


def test_a_deadline_set_after_grading_counts_and_an_extended_one_forgives(late):
    """Export goes by the deadline that there is now; nobody grades in between."""
    found = []
    for when in (
        None,
        "2030-01-01 10:00:00 UTC",
        "2029-12-31 09:00:00 UTC",
        "2030-01-03 10:00:00 UTC",
    ):
        due(late, when)
        found.append(exported(late))
    assert found == [[3, 0, 3], [3, 0.3, 2.7], [3, 0.9, 2.1], [3, 0, 3]]


def test_an_extension_of_one_student_forgives(late):
    """An extension that is granted after grading takes its penalty away."""
    due(late, "2030-01-01 10:00:00 UTC")
    assert exported(late)[1] == 0.3
    with Gradebook(f"sqlite:///{late}/gradebook.db") as book:
        book.find_submission(LAB, "ana").extension = timedelta(days=2)
        book.db.commit()
    assert exported(late)[1] == 0


def test_a_mark_by_hand_is_penalised_too(late):
    """The penalty is a share of all marks, those that a person gave after grading as well."""
    due(late, "2030-01-01 10:00:00 UTC")
    with Gradebook(f"sqlite:///{late}/gradebook.db") as book:
        book.find_grade("question_why", LAB, LAB, "ana").manual_score = 2
        book.db.commit()
    assert exported(late) == [5, 0.5, 4.5]


def test_grading_again_with_nothing_to_grade_settles_penalties(late):
    """`labkit autograde` that skips an unchanged submission brings its penalty up to date and says so."""
    due(late, "2030-01-01 10:00:00 UTC")
    code, said = labkit(late, "autograde", LAB)
    assert code == 0
    assert "0 graded, 1 unchanged and skipped" in said
    assert "late penalties of 1 submitted notebook brought up to date" in said
    with Gradebook(f"sqlite:///{late}/gradebook.db") as book:
        assert book.find_submission(LAB, "ana").late_submission_penalty == 0.3
    assert "brought up to date" not in labkit(late, "autograde", LAB)[1]


@pytest.mark.slow
def test_stock_nbgrader_writes_the_record_that_labkit_does(late):
    """What formgrader's button runs leaves the same record, and labkit takes it as its own."""
    from nbgrader.apps import AutogradeApp

    path = late / "autograded" / "ana" / LAB / RECORD
    ours = json.loads(path.read_text())
    due(late, "2030-01-01 10:00:00 UTC")
    path.unlink()
    code, said = labkit_stock(late, AutogradeApp, LAB, "--student=ana", "--force")
    assert code == 0, said
    theirs = json.loads(path.read_text())
    for clock in ("seconds", "timings"):
        del ours[clock], theirs[clock]
    assert theirs == ours
    assert exported(late) == [3, 0.3, 2.7]
    assert "1 unchanged and skipped" in labkit(late, "autograde", LAB)[1]


def labkit_stock(course, app, *arguments):
    """Run one of nbgrader's own applications in a course, in a process of its own."""
    import subprocess
    import sys

    command = f"from nbgrader.apps import {app.__name__} as A; A.launch_instance()"
    ran = subprocess.run(
        [sys.executable, "-c", command, *arguments],
        cwd=course,
        check=False,
        capture_output=True,
        text=True,
    )
    return ran.returncode, ran.stdout + ran.stderr
