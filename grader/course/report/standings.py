"""Where each student stands in a lab: what the gradebook says, and the record that goes with it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from nbgrader.api import (
    BaseCell,
    Grade,
    MissingEntry,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import select

from grader.course.errors import CourseError
from grader.course.folders import (
    UnreadableSubmissionError,
    read_files,
    read_source,
    submitted_folders,
)
from grader.course.gradebook import read_record
from grader.course.grading import GRADED, NEEDS_A_PERSON, digest
from grader.course.labs import read_notebook
from grader.course.lateness import seconds_late
from grader.course.submissions.originals import grade_id, is_graded_code
from grader.judging.cells import CellError, read_blocks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from nbgrader.api import Assignment, Gradebook
    from nbgrader.coursedir import CourseDirectory

    Key = tuple[str, str]

MISSING = "missing"
NOT_GRADED = "not graded"
BY_HAND = "by hand"
"""What open answers stand under, where a lab's exercises are listed."""


@dataclass(frozen=True)
class Item:
    """A graded cell of a lab: its notebook and name, its exercise, what it asks, and its points."""

    key: Key
    exercise: str
    label: str
    points: float
    by_hand: bool


@dataclass(frozen=True)
class Standing:
    """Where a student stands in a lab.

    `state` is GRADED, NEEDS_A_PERSON, NOT_GRADED or MISSING. `marks` are those of each cell, a
    person's included, before the `penalty`; there are none where nothing is graded. `record` tells
    the reasons for these very marks, or is None, and `notes` say what isn't as it should be.
    """

    student: str
    name: str
    state: str
    marks: Mapping[Key, float] = field(default_factory=dict)
    penalty: float = 0.0
    handed_in: datetime | None = None
    seconds_late: float = 0.0
    waiting: tuple[Key, ...] = ()
    record: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()
    folder: Path = Path()
    page: Path | None = None

    @property
    def raw(self) -> float:
        """The marks before the penalty."""
        return sum(self.marks.values())

    @property
    def score(self) -> float | None:
        """The marks that count, as export has them; None where there are none."""
        return max(0.0, self.raw - self.penalty) if self.marks else None

    @property
    def pair_of(self) -> str:
        """Who handed in for this student, too; nobody mostly."""
        return str((self.record or {}).get("pair_of") or "")

    def flags(self) -> list[str]:
        """Return what was flagged, each with its cell."""
        return [f"{one['cell']} {one['what']}".strip() for one in self._recorded("flags")]

    def repairs(self) -> list[str]:
        """Return what was repaired."""
        return [str(one) for one in self._recorded("repairs")]

    def lost(self) -> list[Mapping[str, Any]]:
        """Return the blocks that were lost, as the record has them."""
        return self._recorded("lost")

    def _recorded(self, what: str) -> list[Any]:
        return list((self.record or {}).get(what, ()))


@dataclass(frozen=True)
class LabBook:
    """A lab as the gradebook has it, and where everybody stands."""

    lab: str
    items: tuple[Item, ...]
    standings: tuple[Standing, ...]
    due: datetime | None = None

    @property
    def most(self) -> float:
        """The most marks that the lab gives."""
        return sum(item.points for item in self.items)

    def exercises(self) -> dict[str, list[Item]]:
        """Return the lab's items by exercise, in the lab's order."""
        found: dict[str, list[Item]] = {}
        for item in self.items:
            found.setdefault(item.exercise, []).append(item)
        return found

    def graded(self) -> list[Standing]:
        """Return those who have marks."""
        return [one for one in self.standings if one.marks]

    def of(self, *states: str) -> list[Standing]:
        """Return those in one of these states."""
        return [one for one in self.standings if one.state in states]


def share(standing: Standing, items: Sequence[Item]) -> float:
    """Return the share of the marks of `items` that a student has."""
    most = sum(item.points for item in items)
    return sum(standing.marks.get(item.key, 0.0) for item in items) / most if most else 0.0


def read_book(coursedir: CourseDirectory, book: Gradebook, lab: str, student: str = "*") -> LabBook:
    """Read a lab of the gradebook, for the students that the pattern says; raise `CourseError`.

    Who is in the course and handed nothing in is there, too.
    """
    try:
        assignment = book.find_assignment(lab)
    except MissingEntry:
        known = ", ".join(sorted(one.name for one in book.assignments)) or "none"
        raise CourseError(
            f"the gradebook doesn't know the lab {lab!r} (it knows: {known}): "
            f"run `labkit generate_assignment {lab}`"
        ) from None
    items = _items(coursedir, assignment)
    reader = _Reader(coursedir, book, lab, items)
    people = {one.id: one for one in book.students}
    everybody = sorted({*people, *reader.folders, *reader.submissions})
    return LabBook(
        lab,
        items,
        tuple(
            reader.standing(one, _name(people.get(one), one))
            for one in everybody
            if fnmatchcase(one, student)
        ),
        assignment.duedate,
    )


def _name(person: Any, student: str) -> str:
    if person is None:
        return student
    return " ".join(filter(None, (person.first_name, person.last_name))) or student


class _Reader:
    """A lab's rows of the gradebook, read at once, and its folders."""

    def __init__(
        self, coursedir: CourseDirectory, book: Gradebook, lab: str, items: Sequence[Item]
    ) -> None:
        self._coursedir = coursedir
        self._lab = lab
        self._items = {item.key: item for item in items}
        self.folders = dict(submitted_folders(coursedir, lab))
        whole, one = SubmittedAssignment, SubmittedNotebook
        assignment = book.find_assignment(lab)
        self.submissions: dict[str, Any] = {
            row.student_id: row
            for row in book.db.execute(
                select(whole.student_id, whole.timestamp, whole.extension).where(
                    whole.assignment_id == assignment.id
                )
            )
        }
        self._due = assignment.duedate
        self._penalties: dict[str, float] = defaultdict(float)
        for student, penalty in book.db.execute(
            select(whole.student_id, one.late_submission_penalty)
            .join(one, one.assignment_id == whole.id)
            .where(whole.assignment_id == assignment.id)
        ):
            self._penalties[student] += penalty or 0.0
        self._grades: dict[str, dict[Key, Any]] = defaultdict(dict)
        for row in book.db.execute(
            select(
                whole.student_id,
                Notebook.name.label("notebook"),
                BaseCell.name,
                Grade.score,
                Grade.auto_score,
                Grade.manual_score,
                Grade.needs_manual_grade,
            )
            .join(one, one.assignment_id == whole.id)
            .join(Grade, Grade.notebook_id == one.id)
            .join(BaseCell, BaseCell.id == Grade.cell_id)
            .join(Notebook, Notebook.id == one.notebook_id)
            .where(whole.assignment_id == assignment.id)
        ):
            self._grades[row.student_id][row.notebook, row.name] = row

    def standing(self, student: str, name: str) -> Standing:
        """Say where a student stands."""
        record = read_record(self._folder("autograded", student))
        grades = self._grades.get(student, {})
        scored = any(
            score is not None for row in grades.values() for score in row[4:6]
        )  # stock nbgrader leaves rows without scores where it failed
        if not scored:
            return self._without_marks(student, name, record)
        row = self.submissions[student]
        notes = []
        state = GRADED
        auto = sum(grade.auto_score or 0.0 for grade in grades.values())
        if record is None:
            notes.append("no reasons: no record goes with these marks; grade it again")
        elif record.get("status") == NEEDS_A_PERSON:
            state = NEEDS_A_PERSON
            notes.append("the marks are of an earlier submission")
        elif abs(auto - float(record.get("score", -1))) > 1e-6:  # noqa: PLR2004 - rounding
            record = None
            notes.append("no reasons: the record is of other marks; grade it again")
        elif self._handed_in_again(student, record):
            notes.append("handed in again since: these are the marks of before")
        late = SimpleNamespace(timestamp=row.timestamp, duedate=self._due, extension=row.extension)
        waiting = (key for key, one in grades.items() if one.needs_manual_grade)
        return Standing(
            student,
            name,
            state,
            {key: float(one.score or 0.0) for key, one in grades.items()},
            self._penalties[student],
            row.timestamp,
            seconds_late(late),
            tuple(key for key in waiting if key in self._items),
            record,
            tuple(notes),
            self._folder("autograded", student),
            self._page(student),
        )

    def _without_marks(self, student: str, name: str, record: Mapping[str, Any] | None) -> Standing:
        """Say of a student without marks whether anything was handed in, and what became of it."""
        folder = self._folder("autograded", student)
        if record is not None and record.get("status") == NEEDS_A_PERSON:
            return Standing(student, name, NEEDS_A_PERSON, record=record, folder=folder)
        if student not in self.folders and record is None:
            return Standing(student, name, MISSING)
        note = f"run `labkit autograde {self._lab}`"
        if record is not None:
            note = f"its marks aren't in the gradebook: {note} --force"
        return Standing(student, name, NOT_GRADED, notes=(note,))

    def _handed_in_again(self, student: str, record: Mapping[str, Any]) -> bool:
        """Tell whether what lies in submitted/ isn't what the record is of; a pair has one's."""
        folder = self.folders.get(str(record.get("pair_of") or student))
        if folder is None or not record.get("handed"):
            return False
        try:
            return digest(read_files(folder)) != str(record["handed"])
        except UnreadableSubmissionError:
            return True

    def _folder(self, step: str, student: str) -> Path:
        directory = getattr(self._coursedir, f"{step}_directory")
        return Path(self._coursedir.format_path(directory, student, self._lab))

    def _page(self, student: str) -> Path | None:
        folder = self._folder("feedback", student)
        names = dict.fromkeys(key[0] for key in self._items)
        pages = (folder / f"{name}.html" for name in names)
        return next((page for page in pages if page.is_file()), None)


def _items(coursedir: CourseDirectory, assignment: Assignment) -> tuple[Item, ...]:
    """Return a lab's graded cells, in the order of its notebooks, as far as source/ says it."""
    labels: dict[Key, tuple[str, str, bool]] = {}
    try:
        notebooks = read_source(coursedir, assignment.name).notebooks
    except CourseError:
        notebooks = {}
    for name, texts in notebooks.items():
        for cell in read_notebook(texts.source).cells:
            if grade_id(cell):
                labels[name, grade_id(cell)] = _label(cell)
    places = {key: place for place, key in enumerate(labels)}
    items = []
    for notebook in assignment.notebooks:
        for cell in (*notebook.grade_cells, *notebook.task_cells):
            key = (str(notebook.name), str(cell.name))
            by_hand = cell.cell_type != "code"
            exercise, label, by_hand = labels.get(key, (BY_HAND, key[1], by_hand))
            if not by_hand and exercise == BY_HAND:
                exercise = key[1]
            items.append(Item(key, exercise, label, float(cell.max_score), by_hand))
    return tuple(sorted(items, key=lambda item: (places.get(item.key, len(places)), item.key)))


def _label(cell: Any) -> tuple[str, str, bool]:
    """Return a cell's exercise, what it is about, and whether a person grades it."""
    name = grade_id(cell)
    if not is_graded_code(cell):
        return BY_HAND, name, True
    try:
        ids = [block.id for block in read_blocks(cell.source)]
    except CellError:
        ids = []
    if not ids:
        return name, name, False
    exercise = ids[0].partition("/")[0]
    ideas = [one.removeprefix(f"{exercise}/") for one in ids]
    return exercise, ", ".join(ideas), False
