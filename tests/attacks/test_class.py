"""Hostile files are their own submission's matter: a class with them is graded as one without."""

import json

import arena
import hostile
import nbformat
import pytest
from tiny import LAB, MINUS_PAD, begin_course, labkit

from grader.course import answers
from grader.course.clerks import grade_apart
from grader.course.folders import course_secret
from grader.course.grading import GRADED, NEEDS_A_PERSON, Submission, submission

ANSWERS = (hostile.GOOD, MINUS_PAD, arena.RELEASE.cells[2].source, "def zero_pad(X, pad): return X")
HONEST = {f"{number:02}-honest": ANSWERS[number % len(ANSWERS)] for number in range(24)}
GUESTS = (
    *("ids that loop", "marks of conflicts", "a deep path", "a function in pieces", "braces"),
    *("nested metadata", "backslashes", "notebooks", "names that are no text", "many arrays"),
)


@pytest.mark.parametrize("name", hostile.HOSTILE)
def test_a_hostile_file_is_a_status(name):
    """What is made to take all of a grader's time or memory is graded, or is a person's, with why."""
    one = Submission("mallory", hostile.HOSTILE[name](), 1, 2)
    graded = answers.from_bytes(grade_apart(arena.ATTACKED, one), arena.ATTACKED, "mallory")
    assert graded.status in (GRADED, NEEDS_A_PERSON)
    assert (graded.status == NEEDS_A_PERSON) == bool(graded.reason)
    assert "el calificador falló" not in graded.reason
    assert "se pasó" not in graded.reason


def test_others_in_a_class_have_the_marks_that_they_have_alone(tmp_path):
    """Among ten hostile files everybody's marks and messages are those of a class without them."""
    begin_course(tmp_path)
    (tmp_path / "source" / LAB).mkdir(parents=True)
    nbformat.write(arena.SOURCE, tmp_path / "source" / LAB / arena.FILE)
    assert labkit(tmp_path, "generate_assignment", LAB, "--log-level=ERROR")[0] == 0
    class_ = {name: {arena.FILE: arena.notebook(text).encode()} for name, text in HONEST.items()}
    for number, name in enumerate(GUESTS):
        files = hostile.HOSTILE[name]()
        class_[f"{2 * number:02}-guest"] = {n: d for n, d in files.items() if "\ud800" not in n}
    for student, files in class_.items():
        for name, data in files.items():
            path = tmp_path / "submitted" / student / LAB / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.is_dir():
                path.write_bytes(data)
    _, said = labkit(tmp_path, "autograde", LAB, "--workers=2")
    secret = course_secret(tmp_path)
    for student in HONEST:
        alone = answers.from_bytes(
            grade_apart(arena.ATTACKED, submission(secret, LAB, student, class_[student])),
            arena.ATTACKED,
            student,
        )
        path = tmp_path / "autograded" / student / LAB
        assert path.is_dir(), said
        record = json.loads((path / "labkit.json").read_text())
        blocks = [one for cell in alone.notebooks[LAB].blocks.values() for one in cell]
        assert record["score"] == alone.score
        assert [lost["messages"] for lost in record["lost"]] == [
            list(block.messages) for block in blocks if block.messages
        ]
