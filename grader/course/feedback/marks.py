"""What the gradebook says of a lab's submissions: marks, a person's too, comments, lateness.

It is read anew each time, all of a class in a few queries: what a page was made of before doesn't count.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from sqlalchemy import select

from grader.course.lateness import seconds_late

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Engine

_SILENT = "No response."
"""nbgrader's comment on an answer that was left as it was given."""


@dataclass(frozen=True)
class Mark:
    """What one cell is worth and was given: by the judge, or else by a person, who may add to it."""

    points: float
    automatic: float | None
    by_hand: float | None
    extra: float

    @property
    def score(self) -> float:
        """What counts: what a person said goes before what the judge did."""
        given = self.automatic if self.by_hand is None else self.by_hand
        # As nbgrader has it, nothing is added to what nobody has marked yet.
        return 0.0 if given is None else given + self.extra

    @property
    def is_waiting(self) -> bool:
        """Whether a person has still to mark it."""
        return self.automatic is None and self.by_hand is None


@dataclass(frozen=True)
class Comments:
    """A cell's comment: a person's, or else whether it was left unanswered."""

    by_hand: str = ""
    is_unanswered: bool = False


@dataclass(frozen=True)
class Standing:
    """What the gradebook says of one notebook of a submission; cells go by their names."""

    student: str
    name: str
    notebook: str
    timestamp: datetime | None
    late: timedelta | None
    penalty: float
    marks: Mapping[str, Mark]
    comments: Mapping[str, Comments]

    @property
    def points(self) -> float:
        """What the notebook is worth."""
        return sum(mark.points for mark in self.marks.values())

    @property
    def score(self) -> float:
        """What it was given, less the penalty for being late."""
        return max(0.0, sum(mark.score for mark in self.marks.values()) - self.penalty)


def standings(gradebook: Gradebook, lab: str) -> dict[tuple[str, str], Standing]:
    """Return what the gradebook says of a lab's submissions, by student and notebook."""
    engine: Engine = gradebook.engine
    with engine.connect() as connection:
        rows = connection.execute(
            select(
                SubmittedNotebook.id,
                SubmittedNotebook.late_submission_penalty,
                Notebook.name,
                Student.id.label("student"),
                Student.first_name,
                Student.last_name,
                SubmittedAssignment.timestamp,
                SubmittedAssignment.extension,
                Assignment.duedate,
            )
            .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
            .join(Student, Student.id == SubmittedAssignment.student_id)
            .where(Assignment.name == lab)
        ).all()
        ours = (
            select(SubmittedNotebook.id)
            .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .where(Assignment.name == lab)
        )
        points: dict[str, float] = {
            cell: value
            for kind in (GradeCell.__table__, TaskCell.__table__)
            for cell, value in connection.execute(select(kind.c.id, kind.c.max_score))
        }
        grade = Grade.__table__
        marks: dict[str, dict[str, Mark]] = defaultdict(dict)
        for notebook, cell, name, automatic, by_hand, extra in connection.execute(
            select(
                grade.c.notebook_id,
                grade.c.cell_id,
                BaseCell.name,
                grade.c.auto_score,
                grade.c.manual_score,
                grade.c.extra_credit,
            )
            .join(BaseCell, BaseCell.id == grade.c.cell_id)
            .where(grade.c.notebook_id.in_(ours))
        ):
            marks[notebook][name] = Mark(points.get(cell, 0.0), automatic, by_hand, extra or 0.0)
        comment = Comment.__table__
        comments: dict[str, dict[str, Comments]] = defaultdict(dict)
        for notebook, name, automatic, by_hand in connection.execute(
            select(
                comment.c.notebook_id,
                BaseCell.name,
                comment.c.auto_comment,
                comment.c.manual_comment,
            )
            .join(BaseCell, BaseCell.id == comment.c.cell_id)
            .where(comment.c.notebook_id.in_(ours))
        ):
            comments[notebook][name] = Comments(by_hand or "", automatic == _SILENT)
    return {
        (row.student, row.name): Standing(
            student=row.student,
            name=" ".join(filter(None, [row.first_name, row.last_name])),
            notebook=row.name,
            timestamp=row.timestamp,
            late=timedelta(seconds=late) if (late := seconds_late(row)) > 0 else None,
            penalty=row.late_submission_penalty or 0.0,
            marks=marks[row.id],
            comments=comments[row.id],
        )
        for row in rows
    }
