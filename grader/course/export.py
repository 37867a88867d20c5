"""`labkit export`: the gradebook as nbgrader, Moodle, Canvas and a spreadsheet read it.

What each system's import does, by its own source (Moodle's `gradeimport_csv_load_data`, Canvas's
`GradebookImporter`) and documentation, and what follows:

    moodle  Grades > Import > CSV file. A person says which column tells students apart (ID number,
            email, username) and which grade item each other one is. A row whose cell there is empty
            is given to the student of the row before, and one student whom Moodle doesn't know
            stops it all: so a column that isn't filled for everybody is left out, and said.
            No mark is `-`, as in Moodle's own export: an empty cell would be no mark in an item that
            exists, and 0 in a new one; `-` is none in either. A new item's maximum is 100.
    canvas  Grades > Import. Columns by their names and places: Student, ID, SIS User ID, SIS Login
            ID, Section, then an assignment each; the second row has Points Possible. A student is
            found by ID (Canvas's own number), then by SIS ids, then by "Last, First"; an assignment
            by its title, and a new one is made. An empty cell is no mark, and changes none.
    csv     A row a student for a spreadsheet. It begins with a byte order mark: without one, Excel
            reads accents as something else.

Everywhere: a mark is the gradebook's (a person's where there is one, less the late penalty), no mark
is never 0, and no name is a formula or a new row.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from nbgrader.api import Grade, Gradebook, SubmittedAssignment, SubmittedNotebook
from nbgrader.apps import ExportApp
from nbgrader.plugins import ExportPlugin
from sqlalchemy import and_, case, func, select
from traitlets import Bool, Dict, Float, Unicode

from grader.course.errors import CourseError
from grader.course.folders import expect_course
from grader.course.lateness import settle_all
from grader.course.plain import cell, line
from grader.course.underway import warn_of_grading

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from nbgrader.api import Assignment, Student

COLUMNS = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score"),
)
COURSE = "course"
"""What `--grades` calls the course's mark, and the column that holds it."""

OUT_OF = 100.0
"""The course's mark is out of this."""


@dataclass(frozen=True)
class Mark:
    """What the gradebook says of one submission; `open` answers wait for a person."""

    timestamp: datetime | None
    raw: float
    penalty: float
    open: int

    @property
    def score(self) -> float:
        """The mark, as nbgrader has it."""
        return max(0.0, self.raw - self.penalty)


def read_marks(gradebook: Gradebook, lab: str) -> dict[str, Mark]:
    """Return the marks of a lab by student; nobody is here of whom nothing is graded."""
    none = and_(Grade.auto_score.is_(None), Grade.manual_score.is_(None))
    cells = (
        select(
            SubmittedNotebook.assignment_id.label("id"),
            func.sum(case((none, 1), else_=0)).label("open"),
            func.sum(case((none, 0), else_=1)).label("graded"),
        )
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .group_by(SubmittedNotebook.assignment_id)
        .subquery()
    )
    one = SubmittedAssignment
    rows = gradebook.db.execute(
        select(
            one.student_id,
            one.timestamp,
            one.score,
            one.late_submission_penalty,
            cells.c.open,
        )
        .join(cells, cells.c.id == one.id)
        .where(one.assignment_id == gradebook.find_assignment(lab).id, cells.c.graded > 0)
    )
    return {
        row.student_id: Mark(row.timestamp, row.score, row.late_submission_penalty, row.open)
        for row in rows
    }


class CsvExport(ExportPlugin):
    """Writes nbgrader's columns, a row for each student and lab; stock `nbgrader export` uses it."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the file that --to names, or grades.csv; late penalties as they are due now."""
        settle_all(gradebook, self)
        path = Path(self.to or "grades.csv")
        self.log.info("Exporting grades to %s", path)
        students = [one for one in gradebook.students if _chosen(one.id, self.student)]
        rows: list[Sequence[Any]] = [COLUMNS]
        for lab in gradebook.assignments:
            if _chosen(lab.name, self.assignment):
                marks = read_marks(gradebook, lab.name)
                rows += [_row(lab, student, marks.get(student.id)) for student in students]
        write(path, ([*map(cell, row)] for row in rows))


def _chosen(name: str, names: Iterable[Any]) -> bool:
    return name in (wanted := [*map(str, names)]) or not wanted


def _row(lab: Assignment, student: Student, mark: Mark | None) -> list[Any]:
    """Return a student's row of nbgrader's columns; no mark is an empty cell."""
    who = (student.id, student.last_name, student.first_name, student.email)
    marks = (mark.raw, mark.penalty, mark.score) if mark else (None, None, None)
    return [lab.name, lab.duedate, mark and mark.timestamp, *who, *marks, lab.max_score]


def write(path: Path, rows: Iterable[Sequence[Any]], encoding: str = "utf-8") -> None:
    """Write rows as a CSV."""
    try:
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    except OSError as error:
        raise CourseError(f"{path} can't be written: {error.strerror}") from None


@dataclass(frozen=True)
class Column:
    """A lab's marks, or the course's: by student, out of `most`."""

    name: str
    most: float
    marks: Mapping[str, float]


def course_column(columns: Sequence[Column], weights: Mapping[str, float]) -> Column:
    """Return the course's marks: of each lab the share that was reached, by the lab's weight.

    A lab that nobody has a mark in doesn't count yet. In one that others have, no mark counts as 0
    here, or leaving a lab out would pay; who has no mark at all gets none.

    >>> one, two = Column("1", 10, {"ana": 5, "eva": 10}), Column("2", 20, {"ana": 20})
    >>> course_column([one, two], {"1": 1, "2": 3}).marks
    {'ana': 87.5, 'eva': 25.0}
    """
    counting = [one for one in columns if one.marks and one.most and weights.get(one.name)]
    whole = sum(weights[one.name] for one in counting)
    students = dict.fromkeys(student for one in counting for student in one.marks)
    return Column(
        COURSE,
        OUT_OF,
        {
            student: OUT_OF
            * sum(weights[one.name] * one.marks.get(student, 0.0) / one.most for one in counting)
            / whole
            for student in students
        },
    )


def number(mark: float | None, none: str = "") -> str:
    """Return a mark as every system reads it.

    >>> number(57.0), number(2 / 3), number(0.0), number(None)
    ('57', '0.67', '0', '')
    """
    return none if mark is None else f"{mark:.2f}".rstrip("0").rstrip(".")


class _Sheet:
    """A class's marks as one system imports them: `rows`, and what a person must know."""

    encoding: ClassVar[str] = "utf-8"
    none: ClassVar[str] = ""
    """What is written where there is no mark."""

    how: ClassVar[str]
    """What to do with the file."""

    def __init__(self, students: Sequence[Student], columns: Sequence[Column]) -> None:
        self.students, self.columns = students, columns
        self.told: list[str] = []

    def rows(self) -> list[list[str]]:
        raise NotImplementedError

    def marks(self, student: Student) -> list[str]:
        return [number(one.marks.get(student.id), self.none) for one in self.columns]


class MoodleSheet(_Sheet):
    """Columns as Moodle's own export calls them."""

    none = "-"
    how = "Grades > Import > CSV file; map ID number or Email address, then each lab to its item"

    _IDENTIFY = (("User ID", "lms_user_id"), ("ID number", "id"), ("Email address", "email"))

    def rows(self) -> list[list[str]]:
        """Return a row of columns, then one a student."""
        filled = [
            (title, name)
            for title, name in self._IDENTIFY
            if all(getattr(one, name) for one in self.students)
        ]
        if ("Email address", "email") not in filled:
            lacking = [one.id for one in self.students if not one.email]
            self.told.append(
                f"there is no email of {', '.join(map(line, lacking[:3]))}"
                f"{f' and {len(lacking) - 3} more' if len(lacking) > 3 else ''}"  # noqa: PLR2004
                ", so the column is left out: Moodle would give their marks to others"
            )
        if above := [one.name for one in self.columns if one.most > OUT_OF]:
            self.told.append(
                f"{', '.join(above)}: Moodle takes no mark above {OUT_OF:g} unless its "
                "administrator allows it"
            )
        titles = ["First name", "Last name", *(title for title, _ in filled)]
        rows = [titles + [one.name for one in self.columns]]
        for one in self.students:
            who = [one.first_name, one.last_name, *(getattr(one, name) for _, name in filled)]
            rows.append([*map(cell, who), *self.marks(one)])
        return rows


class CanvasSheet(_Sheet):
    """Columns as Canvas's own gradebook export has them."""

    how = "Grades > Import"

    def rows(self) -> list[list[str]]:
        """Return the row of columns, that of the possible points, then one a student."""
        titles = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
        points = [
            "    Points Possible",
            "",
            "",
            "",
            "",
            *(number(one.most) for one in self.columns),
        ]
        rows = [titles + [one.name for one in self.columns], points]
        for one in self.students:
            # Another system's number could be somebody else's in Canvas.
            known = one.lms_user_id or ""
            number_there = known if known.isascii() and known.isdigit() else ""
            name = ", ".join(filter(None, (one.last_name, one.first_name))) or one.id
            who = [name, number_there, one.id, one.id, ""]
            rows.append([*map(cell, who), *self.marks(one)])
        return rows


class TableSheet(_Sheet):
    """Columns for a person, in a spreadsheet."""

    encoding = "utf-8-sig"
    how = "open it in a spreadsheet"

    def rows(self) -> list[list[str]]:
        """Return a row of columns with what each lab is out of, then one a student."""
        who = ("id", "last_name", "first_name", "email", "lms_user_id")
        titles = [*who, *(f"{one.name} ({number(one.most)})" for one in self.columns)]
        people = [
            [*(cell(getattr(s, name)) for name in who), *self.marks(s)] for s in self.students
        ]
        return [titles, *people]


SHEETS: Mapping[str, type[_Sheet]] = {
    "moodle": MoodleSheet,
    "canvas": CanvasSheet,
    "csv": TableSheet,
}


class LabExport(ExportApp):
    """Write the gradebook as Moodle, Canvas or a spreadsheet imports it (--to moodle|canvas|csv).

    Without --to, or with a file's name there, it does what nbgrader's own export does.
    """

    name = "labkit-export"
    description = __doc__
    examples = """
        Every lab, as Moodle imports it, in grades-moodle.csv:

            labkit export --to moodle

        One lab for Canvas; every lab and the course's mark, for a spreadsheet:

            labkit export --to canvas --grades 01-convolution
            labkit export --to csv --grades course --output final.csv

        The course's mark weighs labs as nbgrader_config.py says:

            c.LabExport.weights = {"01-convolution": 20, "02-pooling": 10}
        """
    grades = Unicode("", help="A lab, or 'course': every lab, and the course's mark.").tag(
        config=True
    )
    output = Unicode("", help="The file to write; grades-SYSTEM.csv where it isn't said.").tag(
        config=True
    )
    final = Bool(
        default_value=False, help="No mark for who has answers that wait for a person."
    ).tag(config=True)
    weights = Dict(
        value_trait=Float(min=0.0),
        key_trait=Unicode(),
        help="What each lab weighs in the course's mark; one that isn't here doesn't count.",
    ).tag(config=True)
    aliases = {  # noqa: RUF012 - traitlets wants a plain dict here
        **ExportApp.aliases,
        "grades": "LabExport.grades",
        "output": "LabExport.output",
    }
    flags = {  # noqa: RUF012 - the same
        **ExportApp.flags,
        "final": (
            {"LabExport": {"final": True}},
            "leave out the marks of who has answers that a person must still grade",
        ),
    }

    def start(self) -> None:
        """Write the file, and say what isn't in it."""
        asked = ExportPlugin(parent=self)
        if asked.to not in SHEETS:
            if asked.to and not Path(asked.to).suffix:
                raise CourseError(
                    f"--to takes {', '.join(SHEETS)}, or a file's name such as grades.csv: it can't "
                    f"be {asked.to!r}"
                )
            if self.grades or self.output or self.final or self.extra_args:
                raise CourseError(
                    f"say for whom, as in --to moodle (or {', '.join([*SHEETS][1:])})"
                )
            expect_course(self.coursedir)
            super().start()
            warn_of_grading(self.coursedir)
            return
        super(ExportApp, self).start()
        expect_course(self.coursedir)
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            settle_all(gradebook, self)
            self._write(gradebook, asked)

    @cached_property
    def _lab(self) -> str:
        """The lab that is asked for, 'course', or nothing for all labs."""
        named = [*self.extra_args, *filter(None, [self.grades])]
        if len(named) > 1:
            raise CourseError("--grades takes one lab, or 'course'; without it, it is every lab")
        return named[0] if named else ""

    def _write(self, gradebook: Gradebook, asked: ExportPlugin) -> None:
        labs = {str(lab.name): lab for lab in gradebook.assignments}
        names = [self._lab] if self._lab not in ("", COURSE) else [*labs]
        for name in names:
            if name not in labs:
                raise CourseError(
                    f"the gradebook has no lab {name!r}; it has {', '.join(labs) or 'none'}"
                )
        students = [one for one in gradebook.students if _chosen(one.id, asked.student)]
        students.sort(key=lambda s: (s.last_name or "", s.first_name or "", s.id))
        marks = {n: read_marks(gradebook, n) for n in names if _chosen(n, asked.assignment)}
        waiting = {s for of_lab in marks.values() for s, mark in of_lab.items() if mark.open}
        columns = [
            Column(
                name,
                float(labs[name].max_score),
                {s: m.score for s, m in of_lab.items() if not (self.final and m.open)},
            )
            for name, of_lab in marks.items()
        ]
        if self._lab == COURSE:
            column = course_column(columns, self.weights or dict.fromkeys(marks, 1.0))
            if self.final:
                kept = {s: m for s, m in column.marks.items() if s not in waiting}
                column = Column(column.name, column.most, kept)
            columns.append(column)
        sheet = SHEETS[asked.to](students, columns)
        path = Path(self.output or f"grades-{asked.to}.csv")
        write(path, sheet.rows(), sheet.encoding)
        self._tell(path, sheet, waiting & {s.id for s in students})
        warn_of_grading(self.coursedir, marks)

    def _tell(self, path: Path, sheet: _Sheet, waiting: set[str]) -> None:
        """Say what was written, and what a person must know before it is imported."""
        print(f"{path}: {len(sheet.students)} students ({sheet.how})")
        for one in sheet.columns:
            without = sum(student.id not in one.marks for student in sheet.students)
            graded = len(sheet.students) - without
            print(
                f"  {one.name}, out of {number(one.most)}: {graded} with a mark, {without} without"
            )
        told = list(sheet.told)
        if waiting:
            told.append(
                f"{len(waiting)} have answers that a person must still grade, so they have no mark"
                if self.final
                else f"{len(waiting)} have answers that a person must still grade: their marks are "
                "what they have so far (--final leaves them out)"
            )
        if self._lab == COURSE:
            told.append(
                "in the course's mark, a lab without a mark counts as 0 once others have one"
                + (
                    ""
                    if self.weights
                    else ", and each lab weighs the same: see c.LabExport.weights"
                )
            )
            if unknown := self.weights.keys() - {one.name for one in sheet.columns}:
                told.append(
                    f"not in the gradebook yet, so not counted: {', '.join(sorted(unknown))}"
                )
        for note in told:
            print(f"note: {note}", file=sys.stderr)
