"""Marks as rows of nbgrader's own tables, for many submissions in one transaction.

nbgrader's `Gradebook` makes and reads the same rows, one by one. These are the tables:

    student               who is in the course
    submitted_assignment  a student's submission of a lab, and when it was handed in
    submitted_notebook    one notebook of it, and its late penalty
    grade                 the score of one graded cell of that: the automatic one, and a person's
    comment               what is said there of one answer: by nbgrader, and by a person

The lab's own cells are in `base_cell`, and what each kind has besides in `grade_cells`,
`solution_cells` and `task_cells`. An answer that a person grades is there twice, as what is graded
and as what is solved, under one name; so it gets a grade and a comment. A person's scores and
comments have columns of their own, which are never written here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import nbformat
from nbgrader import utils
from nbgrader.api import (
    Assignment,
    Comment,
    Grade,
    Gradebook,
    InvalidEntry,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from grader.course.errors import CourseError
from grader.course.lateness import settle, writing
from grader.course.submissions.originals import grade_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from nbgrader.preprocessors import AssignLatePenalties
    from sqlalchemy import Engine
    from sqlalchemy.engine import Connection

    from grader.course.grading import Graded, GradedNotebook

    Row = dict[str, Any]

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True)
class _Sheet:
    """A notebook of the lab: its row's id, and the ids of its cells' rows, by the cells' names."""

    id: str
    graded: Mapping[str, str]
    commented: Mapping[str, str]


class Rows:
    """Writes the rows of one lab's submissions, into SQLite or PostgreSQL."""

    def __init__(
        self,
        engine: Engine,
        assignment: Assignment,
        penalties: AssignLatePenalties,
        *,
        create_student: bool,
    ) -> None:
        if engine.dialect.name not in _INSERTS:
            raise CourseError(
                f"db_url names a database of {engine.dialect.name}, and labkit writes to "
                f"{' and '.join(_INSERTS)}: use one of them, or `nbgrader autograde`"
            )
        self._engine = engine
        self._statements = _statements(_INSERTS[engine.dialect.name])
        self._penalties = penalties
        self._create_student = create_student
        self._assignment = str(assignment.id)
        self._sheets = {
            str(notebook.name): _Sheet(
                str(notebook.id),
                {cell.name: cell.id for cell in notebook.grade_cells + notebook.task_cells},
                {cell.name: cell.id for cell in notebook.solution_cells + notebook.task_cells},
            )
            for notebook in assignment.notebooks
        }

    def settle(self) -> int:
        """Bring the late penalties of all submissions up to date; return how many have changed."""
        with writing(self._engine) as connection:
            return settle(connection, self._penalties, self._assignment)

    def write(self, graded: Iterable[tuple[Graded, datetime | None]]) -> None:
        """Write submissions, each with the time at which it was handed in, if that is known.

        All are written or none. Raises `ValueError` or SQLAlchemy's `DataError` for a student whom
        the gradebook doesn't know or can't hold.

        Several may write at once. Each writes students, then submissions, in the order of their
        names, and so holds whoever writes the same: they wait in a line and never for each other.
        """
        found = {one.student: (one.notebooks, timestamp) for one, timestamp in graded}
        if not found:
            return
        with writing(self._engine) as connection:
            students = sorted(found)
            self._students(connection, students)
            submissions = self._submissions(connection, {s: found[s][1] for s in students})
            notebooks = self._notebooks(connection, [one.id for one in submissions.values()])
            self._cells(
                connection,
                [
                    (
                        sheet,
                        notebooks[submissions[student].id, sheet.id].id,
                        found[student][0].get(name),
                    )
                    for student in students
                    for name, sheet in self._sheets.items()
                ],
            )
            settle(connection, self._penalties, self._assignment, students)

    def _students(self, connection: Connection, students: list[str]) -> None:
        if self._create_student:
            self._insert(connection, Student, [{"id": student} for student in students])
            return
        known = connection.scalars(select(Student.id).where(Student.id.in_(students)))
        if unknown := set(students).difference(known):
            message = f"the gradebook doesn't know the student {', '.join(sorted(unknown))}"
            raise ValueError(message)

    def _submissions(
        self, connection: Connection, times: Mapping[str, datetime | None]
    ) -> dict[str, Any]:
        """Write submissions; return each one's row, by its student."""
        self._insert(
            connection,
            SubmittedAssignment,
            [
                {
                    "assignment_id": self._assignment,
                    "student_id": student,
                    "timestamp": time and utils.parse_utc(time),
                }
                for student, time in times.items()
            ],
        )
        one = SubmittedAssignment
        rows = connection.execute(
            select(one.id, one.student_id).where(
                one.assignment_id == self._assignment, one.student_id.in_(list(times))
            )
        )
        return {row.student_id: row for row in rows}

    def _notebooks(
        self, connection: Connection, submissions: list[str]
    ) -> dict[tuple[str, str], Any]:
        """Write the submissions' notebooks; return each row by its submission's and its sheet's id."""
        self._insert(
            connection,
            SubmittedNotebook,
            [
                {"assignment_id": submission, "notebook_id": sheet.id}
                for submission in submissions
                for sheet in self._sheets.values()
            ],
        )
        one = SubmittedNotebook
        rows = connection.execute(
            select(one.id, one.assignment_id, one.notebook_id).where(
                one.assignment_id.in_(submissions)
            )
        )
        return {(row.assignment_id, row.notebook_id): row for row in rows}

    def _cells(
        self, connection: Connection, notebooks: list[tuple[_Sheet, str, GradedNotebook | None]]
    ) -> None:
        """Write the scores and comments of notebooks: of each its sheet, its row's id, and its marks."""
        grades: list[Row] = []
        comments: list[Row] = []
        for sheet, notebook, graded in notebooks:
            cells = {} if graded is None else _unscored(graded)
            for name, cell in sheet.graded.items():
                score = 0.0 if graded is None else _score(name, graded, cells)
                grades.append(
                    {
                        "notebook_id": notebook,
                        "cell_id": cell,
                        "auto_score": score,
                        "needs_manual_grade": score is None,
                    }
                )
            comments += [
                {
                    "notebook_id": notebook,
                    "cell_id": cell,
                    "auto_comment": _comment(cells.get(name)),
                }
                for name, cell in sheet.commented.items()
            ]
        self._insert(connection, Grade, grades)
        self._insert(connection, Comment, comments)
        absent = [notebook for _, notebook, graded in notebooks if graded is None]
        if absent:  # as nbgrader has it, nobody looks at a notebook that wasn't handed in
            connection.execute(
                update(Grade).where(Grade.notebook_id.in_(absent)).values(needs_manual_grade=False)
            )

    def _insert(self, connection: Connection, kind: Any, rows: list[Row]) -> None:
        if rows:
            connection.execute(self._statements[kind], rows)


def share_rows(book: Gradebook, lab: str, student: str, partner: str) -> None:
    """Make a partner's rows of a lab what a student's are.

    What a person gave to one of the two alone is given to both; where they differ, the student's counts.
    """
    try:
        _share_rows(book, lab, student, partner)
    except (IntegrityError, InvalidEntry):  # somebody else has made the partner's rows meanwhile
        book.db.rollback()
        _share_rows(book, lab, student, partner)


def _share_rows(book: Gradebook, lab: str, student: str, partner: str) -> None:
    mine = book.find_submission(lab, student)
    with book.db.no_autoflush:  # or SQLAlchemy warns of how nbgrader makes one
        theirs = book.update_or_create_submission(lab, partner)
    theirs.timestamp = mine.timestamp
    others = {notebook.notebook_id: notebook for notebook in theirs.notebooks}
    for notebook in mine.notebooks:
        other = others[notebook.notebook_id]
        other.late_submission_penalty = notebook.late_submission_penalty
        for kind, by_hand in (
            ("grades", ("manual_score", "extra_credit")),
            ("comments", ("manual_comment",)),
        ):
            rows = {row.cell_id: row for row in getattr(other, kind)}
            for row in getattr(notebook, kind):
                twin = rows[row.cell_id]
                if kind == "grades":
                    if row.manual_score is None and twin.manual_score is not None:
                        row.needs_manual_grade = twin.needs_manual_grade
                    twin.auto_score, twin.needs_manual_grade = (
                        row.auto_score,
                        row.needs_manual_grade,
                    )
                else:
                    twin.auto_comment = row.auto_comment
                for name in by_hand:
                    if getattr(row, name) is None:
                        setattr(row, name, getattr(twin, name))
                    setattr(twin, name, getattr(row, name))
    book.db.commit()


def _statements(insert: Any) -> dict[Any, Any]:
    """Return what writes rows of each kind, where there may be such a row already."""

    def upsert(kind: Any, key: tuple[str, ...], change: Callable[[Any, Any], Row]) -> Any:
        new = insert(kind.__table__)
        return new.on_conflict_do_update(
            index_elements=key, set_=change(new.excluded, kind.__table__.c)
        )

    return {
        Student: insert(Student.__table__).on_conflict_do_nothing(),
        SubmittedAssignment: upsert(
            SubmittedAssignment,
            ("assignment_id", "student_id"),
            lambda new, old: {"timestamp": func.coalesce(new.timestamp, old.timestamp)},
        ),
        SubmittedNotebook: insert(SubmittedNotebook.__table__).on_conflict_do_nothing(),
        Grade: upsert(
            Grade,
            ("cell_id", "notebook_id"),
            lambda new, old: {
                "auto_score": new.auto_score,
                "needs_manual_grade": or_(new.needs_manual_grade, old.manual_score.is_not(None)),
            },
        ),
        Comment: upsert(
            Comment,
            ("cell_id", "notebook_id"),
            lambda new, _: {"auto_comment": new.auto_comment},
        ),
    }


def _unscored(graded: GradedNotebook) -> dict[str, Any]:
    """Return a notebook's cells that nbgrader knows and the judge gave no score, by their names.

    To read all of it with nbformat would take longer than the rest of recording it.
    """
    return {
        name: nbformat.from_dict({**cell, "source": "".join(cell["source"])})
        for cell in json.loads(graded.text)["cells"]
        if (name := grade_id(cell)) and name not in graded.scores
    }


def _score(name: str, graded: GradedNotebook, cells: Mapping[str, Any]) -> float | None:
    """Return a cell's automatic score as nbgrader has it: None is for a person to say."""
    if name in graded.scores:
        return graded.scores[name]
    if name not in cells:
        return 0.0
    if utils.is_task(cells[name]):
        return None
    score, _ = utils.determine_grade(cells[name])
    return score  # type: ignore[no-any-return]


def _comment(cell: Any) -> str | None:
    """Return nbgrader's comment on an answer: on one that was left as it was given."""
    if cell is None or utils.is_task(cell):
        return None
    silent = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
    return "No response." if silent else None
