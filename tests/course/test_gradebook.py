"""The recorder asks the database for a submission as a whole."""

from nbgrader.apps import NbGrader
from sqlalchemy import event
from sqlalchemy.engine import Engine
from tiny import LAB

from grader.course.folders import read_files, read_lab
from grader.course.gradebook import Recorder
from grader.course.grading import grade, submission


def test_cells_are_not_asked_for_one_by_one(course, hand_in, monkeypatch):
    """Recording asks for the names of all cells at once, so it doesn't slow down with their number."""
    path = hand_in("ana")
    monkeypatch.chdir(course)
    app = NbGrader()
    app.initialize([])
    lab = read_lab(app.coursedir, LAB)
    graded = grade(lab, submission(b"secret", LAB, "ana", read_files(path.parent)))
    said = []
    with Recorder(app.coursedir, lab) as recorder:
        recorder.record(graded, digest="1", files={}, timestamp=None)
        event.listen(Engine, "before_cursor_execute", lambda *about: said.append(about[2]))
        recorder.record(graded, digest="2", files={}, timestamp=None)
    assert sum("FROM grade" in one for one in said) == 1
    assert not [one for one in said if "WHERE base_cell.id =" in one]
    assert recorder.recorded("ana")["digest"] == "2"
