"""The one writer: what was graded goes into nbgrader's gradebook and into `autograded/`.

Workers never come here. Submissions are written to the gradebook as many at a time as there are,
and then each to its folder by renaming a finished one. So a run that is killed leaves whole records
or none, and a second run finishes the class: it grades what has no folder.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from sqlalchemy.exc import DataError

from grader.course.errors import CourseError
from grader.course.grading import GRADED, Graded
from grader.course.lateness import penalties_of
from grader.course.rows import Rows
from grader.course.submissions.files import job_files
from grader.course.submissions.originals import grade_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType

    from nbgrader.api import Assignment
    from nbgrader.coursedir import CourseDirectory
    from typing_extensions import Self

    from grader.course.labs import Lab

RECORD = "labkit.json"
"""In each autograded folder: what was graded, and the digest of what it was graded from."""

LOCK = ".labkit-lock"
"""In the course's root: held by the run that is replacing folders."""


class LabNotGeneratedError(CourseError):
    """The gradebook doesn't know the lab as it is now. The message says which command helps."""


@dataclass(frozen=True)
class Entry:
    """A graded submission, and what is recorded with it.

    `digest` is of what was handed in and all else that decides its marks, `files` lie beside its
    notebooks, `timestamp` is when it was handed in, where anything says so, and `handed` is a digest
    of what was handed in alone.
    """

    graded: Graded
    digest: str
    files: Mapping[str, bytes]
    timestamp: datetime | None = None
    handed: str = ""


class Recorder:
    """Writes graded submissions of one lab, many at a time."""

    def __init__(
        self,
        coursedir: CourseDirectory,
        lab: Lab,
        *,
        parent: Any = None,
        create_student: bool = True,
    ) -> None:
        self._coursedir = coursedir
        self._lab = lab
        self._gradebook = Gradebook(coursedir.db_url, coursedir.course_id)
        self._rows = Rows(
            self._gradebook.engine,
            self._generated(),
            penalties_of(parent),
            create_student=create_student,
        )
        self._gradebook.db.rollback()  # or what was read would hold a transaction open

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

    def _generated(self) -> Assignment:
        """Return the lab in the gradebook; refuse one whose cells there aren't those of `source/`."""
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
        return assignment

    def record(self, entries: Sequence[Entry]) -> dict[str, str]:
        """Record submissions in the gradebook, in one transaction, then in `autograded/`.

        Returns why a submission can't be recorded, by its student; it costs no other one anything.
        """
        graded = [one for one in entries if one.graded.status == GRADED]
        try:
            self._rows.write((one.graded, one.timestamp) for one in graded)
        except (ValueError, DataError) as error:  # a name that the database can't hold, for one
            if len(entries) == 1:
                return {entries[0].graded.student: str(getattr(error, "orig", error))}
            return {name: why for one in entries for name, why in self.record([one]).items()}
        with self._alone():
            return {one.graded.student: why for one in entries if (why := self._write(one))}

    def settle_penalties(self) -> int:
        """Bring the late penalties of the whole class up to date; return how many have changed."""
        return self._rows.settle()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other runs over this course from replacing folders meanwhile."""
        with Path(self._coursedir.root, LOCK).open("a") as file:
            with suppress(OSError):  # a disk that knows no locks
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def folder(self, student: str) -> Path:
        """Return the folder in `autograded/` of a student's submission."""
        directory = self._coursedir.autograded_directory
        return Path(self._coursedir.format_path(directory, student, self._lab.name))

    def _write(self, entry: Entry) -> str:
        """Put a submission's folder in its place; return why this disk won't have it, or nothing."""
        try:
            self._replace_folder(entry)
        except (OSError, ValueError) as error:
            return str(error)
        return ""

    def _replace_folder(self, entry: Entry) -> None:
        graded = entry.graded
        folder = self.folder(graded.student)
        folder.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        texts = {
            f"{name}.ipynb": one.text.encode("utf-8", "replace")
            for name, one in graded.notebooks.items()
        }
        ours = {**self._lab.files, **texts, RECORD: record_text(graded, entry.digest, entry.handed)}
        for name, data in job_files(entry.files, ours).items():
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


def record_text(graded: Graded, digest: str, handed: str) -> bytes:
    """Return what a submission's folder holds as its record, whoever graded it.

    `digest` is of all that its marks depend on, and `handed` of what was handed in alone.
    """
    record = {"digest": digest, "handed": handed, **record_of(graded)}
    return json.dumps(record, ensure_ascii=False, indent=1).encode("utf-8", "replace")


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
            {
                "block": block.id,
                "points": block.points,
                "mistakes": block.mistakes,
                "hints": block.hints,
                "broken": block.broken,
                "messages": block.messages,
            }
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
