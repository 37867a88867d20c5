"""The one writer: what was graded goes into nbgrader's gradebook and into `autograded/`.

Workers never come here. A submission is written to the gradebook in one go and to its folder by
renaming a finished one, so that a run that is killed leaves whole records or none, and a second run
finishes the class.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbgrader import utils
from nbgrader.api import Comment, Grade, Gradebook, MissingEntry, SubmittedNotebook
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy.exc import SAWarning
from sqlalchemy.orm import joinedload, selectinload

from grader.course.errors import CourseError
from grader.course.grading import GRADED, Graded, GradedNotebook
from grader.course.submissions.files import job_files
from grader.course.submissions.originals import grade_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from types import TracebackType

    from nbgrader.coursedir import CourseDirectory
    from typing_extensions import Self

    from grader.course.labs import Lab

RECORD = "labkit.json"
"""In each autograded folder: what was graded, and the digest of what it was graded from."""


class LabNotGeneratedError(CourseError):
    """The gradebook doesn't know the lab as it is now. The message says which command helps."""


class Recorder:
    """Writes graded submissions of one lab, one after the other."""

    def __init__(
        self,
        coursedir: CourseDirectory,
        lab: Lab,
        *,
        parent: Any = None,
        create_student: bool = True,
    ) -> None:
        self._coursedir = coursedir
        self._create_student = create_student
        self._lab = lab
        self._gradebook = Gradebook(coursedir.db_url, coursedir.course_id)
        self._penalties = AssignLatePenalties(parent=parent)
        self._penalties.init_plugin()
        self._check_generated()

    def __enter__(self) -> Self:
        """Use it in a `with` block, which closes the gradebook."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the gradebook."""
        self._gradebook.close()

    def _check_generated(self) -> None:
        """Refuse a lab whose cells in the gradebook aren't those of `source/`."""
        command = f"run `labkit generate_assignment {self._lab.name} --force`"
        try:
            assignment = self._gradebook.find_assignment(self._lab.name)
        except MissingEntry:
            raise LabNotGeneratedError(
                f"the gradebook doesn't know the lab {self._lab.name}: {command}"
            ) from None
        known = {
            (notebook.name, cell.name): float(cell.max_score)
            for notebook in assignment.notebooks
            for cell in notebook.grade_cells
        }
        mine = {
            (name, grade_id(cell)): float(cell.metadata.nbgrader.points)
            for name, texts in self._lab.notebooks.items()
            for cell in nbformat.reads(texts.source, as_version=4).cells
            if grade_id(cell) and cell.metadata.nbgrader.get("grade")
        }
        if known != mine:
            cells = sorted({"/".join(key) for key, _ in known.items() ^ mine.items()})
            raise LabNotGeneratedError(
                f"source/{self._lab.name} has changed since it was generated ({', '.join(cells)}): "
                f"{command}"
            )

    def record(
        self,
        graded: Graded,
        *,
        digest: str,
        files: Mapping[str, bytes],
        timestamp: datetime | None,
    ) -> None:
        """Record a submission in the gradebook, then in `autograded/`."""
        if graded.status == GRADED:
            self._score(graded, timestamp)
        self._write(graded, digest, files)

    def _score(self, graded: Graded, timestamp: datetime | None) -> None:
        book = self._gradebook
        if self._create_student:
            book.update_or_create_student(graded.student)
        when = {} if timestamp is None else {"timestamp": timestamp}
        with warnings.catch_warnings():
            # nbgrader builds a submission from half-made objects; SQLAlchemy would rather it didn't.
            warnings.simplefilter("ignore", SAWarning)
            submission = book.update_or_create_submission(graded.lab, graded.student, **when)
        late = submission.total_seconds_late
        for notebook in self._notebooks(submission):
            if notebook.name in graded.notebooks:
                self._score_cells(notebook, graded.notebooks[notebook.name])
            else:
                for grade in notebook.grades:
                    grade.auto_score, grade.needs_manual_grade = 0, False
            notebook.late_submission_penalty = None
            if late > 0:
                book.db.flush()
                penalty = self._penalties.plugin_inst.late_submission_penalty(
                    graded.student, notebook.score, late
                )
                if penalty is not None:
                    penalty = self._penalties._check_late_penalty(notebook, penalty)  # noqa: SLF001
                notebook.late_submission_penalty = penalty
        book.db.commit()

    def _notebooks(self, submission: Any) -> list[Any]:
        """Load a submission's notebooks with all that scoring touches, in a few queries.

        Left to themselves, grades and comments ask for the name of their cell one by one.
        """
        return list(
            self._gradebook.db.query(SubmittedNotebook)
            .filter(SubmittedNotebook.assignment_id == submission.id)
            .options(
                joinedload(SubmittedNotebook.notebook),
                selectinload(SubmittedNotebook.grades).joinedload(Grade.cell),
                selectinload(SubmittedNotebook.comments).joinedload(Comment.cell),
            )
        )

    @staticmethod
    def _score_cells(notebook: Any, graded: GradedNotebook) -> None:
        """Set the automatic scores and comments, as nbgrader does, and leave a person's alone."""
        cells = {
            grade_id(cell): cell
            for cell in nbformat.v4.reads_json(graded.text).cells  # ours: it needs no validation
            if grade_id(cell)
        }
        for grade in notebook.grades:
            if grade.name in graded.scores:
                score = graded.scores[grade.name]
            elif grade.name in cells:
                score, _ = utils.determine_grade(cells[grade.name])
            else:
                score = 0
            grade.auto_score = score
            grade.needs_manual_grade = grade.manual_score is not None or score is None
        for comment in notebook.comments:
            cell = cells.get(comment.name)
            silent = cell is not None and cell.metadata.nbgrader.get(
                "checksum"
            ) == utils.compute_checksum(cell)
            comment.auto_comment = "No response." if silent else None

    def folder(self, student: str) -> Path:
        """Return the folder in `autograded/` of a student's submission."""
        directory = self._coursedir.autograded_directory
        return Path(self._coursedir.format_path(directory, student, self._lab.name))

    def _write(self, graded: Graded, digest: str, files: Mapping[str, bytes]) -> None:
        folder = self.folder(graded.student)
        folder.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        texts = {
            f"{name}.ipynb": one.text.encode("utf-8", "replace")
            for name, one in graded.notebooks.items()
        }
        record = json.dumps({"digest": digest, **record_of(graded)}, ensure_ascii=False, indent=1)
        ours = {**self._lab.files, **texts, RECORD: record.encode("utf-8", "replace")}
        for name, data in job_files(files, ours).items():
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        new.chmod(0o755)
        old = folder.with_name(f".{folder.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
        for leftover in folder.parent.glob(f".{folder.name}.*"):
            shutil.rmtree(leftover, ignore_errors=True)  # of runs that were killed

    def recorded(self, student: str) -> dict[str, Any] | None:
        """Return the record of a student's submission, or None if there is none that can be read."""
        return read_record(self.folder(student))


def read_record(folder: Path) -> dict[str, Any] | None:
    """Return the record in an autograded folder, or None if there is none that can be read."""
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def record_of(graded: Graded) -> dict[str, Any]:
    """Return a submission's result as plain data: what `--json` prints and reports read."""
    return {
        "student": graded.student,
        "lab": graded.lab,
        "status": graded.status,
        "reason": graded.reason,
        "score": graded.score,
        "marks": _marks_by_exercise(graded),
        "lost": [
            {"block": block.id, "points": block.points, "mistakes": block.mistakes}
            | {"messages": block.messages}
            for block in _blocks(graded)
            if block.messages
        ],
        "repairs": [line for one in graded.notebooks.values() for line in one.repairs],
        "flags": [asdict(flag) for one in graded.notebooks.values() for flag in one.flags],
        "missing": list(graded.missing),
        "seconds": round(graded.seconds, 3),
        "timings": {name: round(value, 1) for name, value in graded.timings.items()},
    }


def _blocks(graded: Graded) -> list[Any]:
    notebooks = graded.notebooks.values()
    return [block for one in notebooks for cell in one.blocks.values() for block in cell]


def _marks_by_exercise(graded: Graded) -> dict[str, float]:
    marks: dict[str, float] = {}
    for block in _blocks(graded):
        exercise = block.id.partition("/")[0]
        marks[exercise] = marks.get(exercise, 0) + block.awarded
    return marks
