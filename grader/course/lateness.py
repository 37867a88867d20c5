"""What lateness costs: a policy that a course configures, and its penalties in the gradebook.

A penalty follows from due date, extension, time of handing in, marks and policy, and each of them may
change after grading. So penalties are worked out anew whenever marks are read, and nothing is run.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from nbgrader.api import Assignment, SubmittedAssignment, SubmittedNotebook
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import bindparam, select, update
from traitlets import Float

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from nbgrader.api import Gradebook
    from sqlalchemy import Engine
    from sqlalchemy.engine import Connection

DAY = 86_400
_PATIENCE_MS = 60_000


class LatePolicy(LateSubmissionPlugin):
    """A share of the marks for each day late that has begun, after a time of grace, down to a floor.

    It costs nothing until `nbgrader_config.py` says what a day costs. For a tenth of what was earned
    a day, once half an hour has passed, and half of it kept in any case:

        c.LatePolicy.share_a_day = 0.10
        c.LatePolicy.grace_minutes = 30
        c.LatePolicy.floor = 0.50

    >>> policy = LatePolicy(share_a_day=0.10, grace_minutes=30, floor=0.50)
    >>> [policy.late_submission_penalty("ana", 40, hours * 3600) for hours in (0.5, 1, 25, 240)]
    [None, 4.0, 8.0, 20.0]
    """

    share_a_day = Float(0.0, min=0.0, max=1.0, help="Share of the marks that a day costs.").tag(
        config=True
    )
    grace_minutes = Float(0.0, min=0.0, help="Minutes after the deadline that cost nothing.").tag(
        config=True
    )
    floor = Float(0.0, min=0.0, max=1.0, help="Share of the marks kept, however late.").tag(
        config=True
    )

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """Return the marks that lateness costs, or None: days count from the end of the grace."""
        if self.penalty_method != "none":
            penalty: float | None = super().late_submission_penalty(
                student_id, score, total_seconds_late
            )
            return penalty
        late = total_seconds_late - 60 * self.grace_minutes
        if late <= 0 or not self.share_a_day:
            return None
        share = min(self.share_a_day * math.ceil(late / DAY), 1 - self.floor)
        return round(score * share, 2)


def penalties_of(parent: Any) -> AssignLatePenalties:
    """Return nbgrader's step that penalises, with the plugin that the course's configuration names."""
    penalties = AssignLatePenalties(parent=parent)
    penalties.init_plugin()
    return penalties


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that waits for others who write."""
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":  # PostgreSQL waits for as long as it takes
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
        yield connection


def settle_all(book: Gradebook, parent: Any, lab: str = "") -> int:
    """Bring the penalties of a lab, or of all of them, up to date; return how many have changed."""
    penalties = penalties_of(parent)
    book.db.rollback()  # what was read before is old now
    with writing(book.engine) as connection:
        labs = select(Assignment.id)
        wanted = connection.scalars(labs.where(Assignment.name == lab) if lab else labs).all()
        changed = sum(settle(connection, penalties, one) for one in wanted)
    book.db.expire_all()
    return changed


def settle(
    connection: Connection,
    penalties: AssignLatePenalties,
    lab: str,
    students: Collection[str] | None = None,
) -> int:
    """Ask the course's plugin for the penalty of each late notebook of a lab; write what has changed.

    `lab` is its row's id. Returns how many have changed. Rows are written in the order of students'
    names, so that two who write never wait for each other.
    """
    one, whole = SubmittedNotebook, SubmittedAssignment
    query = (
        select(
            one.id,
            one.late_submission_penalty,
            whole.student_id,
            whole.timestamp,
            whole.extension,
            Assignment.duedate,
        )
        .join(whole, whole.id == one.assignment_id)
        .join(Assignment, Assignment.id == whole.assignment_id)
        .where(Assignment.id == lab)
        .order_by(whole.student_id, one.id)
    )
    if students is not None:
        query = query.where(whole.student_id.in_(students))
    rows = connection.execute(query).all()
    late = {row.id: seconds for row in rows if (seconds := seconds_late(row)) > 0}
    # A notebook's score is worked out by the database cell by cell: it is asked for what is late.
    scores = (
        dict(connection.execute(select(one.id, one.score).where(one.id.in_(late))).all())
        if late
        else {}
    )
    changes = []
    for row in rows:
        penalty = None
        if row.id in late:
            penalty = _penalty(penalties, row.student_id, scores[row.id], late[row.id])
        if penalty != row.late_submission_penalty:
            changes.append({"row": row.id, "penalty": penalty})
    if changes:
        table = SubmittedNotebook.__table__
        connection.execute(
            update(table)
            .where(table.c.id == bindparam("row"))
            .values(late_submission_penalty=bindparam("penalty")),
            changes,
        )
    return len(changes)


def _penalty(
    penalties: AssignLatePenalties, student: str, score: float, seconds: float
) -> float | None:
    penalty = penalties.plugin_inst.late_submission_penalty(student, score, seconds)
    if penalty is None:
        return None
    notebook = SimpleNamespace(score=score)  # what the check reads
    checked: float = penalties._check_late_penalty(notebook, penalty)  # noqa: SLF001
    return checked


def seconds_late(submission: Any) -> float:
    """Return how many seconds after its due date, and its extension, a submission was handed in."""
    if submission.timestamp is None or submission.duedate is None:
        return 0.0
    late = submission.timestamp - submission.duedate
    if submission.extension is not None:
        late -= submission.extension
    return float(max(0.0, late.total_seconds()))
