"""Grade a class: hand each submission to a worker, record what comes back, never lose one.

Workers are processes of this machine or of a Dask cluster; both are a `concurrent.futures.Executor`
here. The class keeps going whatever a submission does to its worker: one that dies is replaced, and
the submissions it may have held are tried once more, each by itself.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import grader
from grader.course.folders import (
    CourseError,
    UnreadableSubmissionError,
    course_secret,
    read_files,
    submitted_folders,
)
from grader.course.grading import (
    NEEDS_A_PERSON,
    Graded,
    Lab,
    SandboxError,
    digest,
    grade,
    submission,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from nbgrader.coursedir import CourseDirectory

    from grader.course.gradebook import Recorder

TRIES = 2


@dataclass
class Handed:
    """A submission on its way: where it lies, and how often a worker has died with it."""

    student: str
    folder: Path
    files: dict[str, bytes] = field(default_factory=dict)
    tries: int = 0


class Progress(Protocol):
    """Something that is told of each submission as it is done."""

    def __call__(self, student: str, status: str, /) -> None:
        """Take note of `student`."""


@dataclass
class Outcome:
    """How a class went, student by student."""

    graded: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    flagged: list[str] = field(default_factory=list)
    needs_a_person: dict[str, str] = field(default_factory=dict)


def local_executor(workers: int) -> Executor:
    """Return worker processes of this machine, forked from a server that has all imported."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # one core a worker; read when torch is imported
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["grader.course.grading"])
    return ProcessPoolExecutor(max_workers=workers, mp_context=context)


def cluster_executor(address: str) -> Executor:
    """Return the workers of the Dask cluster whose scheduler is at `address`."""
    try:
        from distributed import Client
    except ImportError:
        raise CourseError(
            "--scheduler needs Dask: pip install 'cnn-labkit[cluster]'"
        ) from None
    try:
        client = Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise CourseError(f"no Dask scheduler answers at {address}: {error}") from error
    executor: Executor = client.get_executor(pure=False, retries=0)
    return executor


def grade_class(  # noqa: PLR0913 - each says another thing of the run
    coursedir: CourseDirectory,
    lab: Lab,
    recorder: Recorder,
    make_executor: Callable[[], Executor],
    *,
    workers: int,
    force: bool = False,
    require_sandbox: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Grade every submission of `lab` that has changed since it was graded; record each at once.

    At most two submissions a worker are in flight, so that memory doesn't grow with the class.
    Raises `CourseError` if nobody handed anything in.
    """
    outcome = Outcome()
    waiting = deque(_handed_in(coursedir, lab))
    tell = progress or (lambda student, status: None)  # noqa: ARG005
    secret = course_secret(Path(coursedir.root))
    edition = lab_digest(lab)
    suspects: deque[Handed] = deque()
    flying: dict[Future[Graded], Handed] = {}
    executor = make_executor()

    def keep(graded: Graded, handed: Handed) -> None:
        recorder.record(
            graded,
            digest=digest({**handed.files, "": edition.encode()}),
            files=_others(handed.files),
            timestamp=_timestamp(coursedir, handed.folder),
        )
        flags = [flag for one in graded.notebooks.values() for flag in one.flags]
        if graded.status == NEEDS_A_PERSON:
            outcome.needs_a_person[graded.student] = graded.reason
        else:
            outcome.graded.append(graded.student)
        if flags:
            outcome.flagged.append(graded.student)
        tell(graded.student, graded.status)

    def launch(handed: Handed) -> None:
        try:
            handed.files = read_files(handed.folder)
        except (UnreadableSubmissionError, OSError) as error:
            keep(_for_a_person(lab, handed, str(error)), handed)
            return
        recorded = recorder.recorded(handed.student)
        unchanged = recorded is not None and recorded.get("digest") == digest(
            {**handed.files, "": edition.encode()}
        )
        if unchanged and not force:
            outcome.skipped.append(handed.student)
            tell(handed.student, "skipped")
            return
        one = submission(secret, lab.name, handed.student, handed.files)
        future = executor.submit(grade, lab, one, require_sandbox=require_sandbox)
        flying[future] = handed

    try:
        while waiting or suspects or flying:
            while waiting and not suspects and len(flying) < 2 * workers:
                launch(waiting.popleft())
            if suspects and not flying:
                launch(suspects.popleft())
            done, _ = wait(flying, return_when=FIRST_COMPLETED) if flying else (set(), None)
            died: list[Handed] = []
            for future in done:
                handed = flying.pop(future)
                error = future.exception()
                if error is None:
                    keep(future.result(), handed)
                elif isinstance(error, SandboxError):
                    raise error
                elif _is_death(error):
                    died.append(handed)
                else:
                    keep(_for_a_person(lab, handed, _internal(error)), handed)
            if died:
                # The pool is broken, and with it all that was in flight: any of it may be guilty.
                died += flying.values()
                flying.clear()
                executor.shutdown(wait=False, cancel_futures=True)
                executor = make_executor()
                for handed in died:
                    handed.tries += 1
                    if handed.tries < TRIES or len(died) > 1:
                        suspects.append(handed)
                    else:
                        reason = "el proceso que la calificaba murió dos veces"
                        keep(_for_a_person(lab, handed, reason), handed)
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
    return outcome


def _handed_in(coursedir: CourseDirectory, lab: Lab) -> list[Handed]:
    folders = submitted_folders(coursedir, lab.name, coursedir.student_id)
    if not folders:
        where = coursedir.format_path(
            coursedir.submitted_directory, coursedir.student_id, lab.name
        )
        raise CourseError(f"nobody handed in {lab.name}: expected a folder {where}")
    return [Handed(student, folder) for student, folder in folders]


def _others(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if not name.endswith(".ipynb")}


def _timestamp(coursedir: CourseDirectory, folder: Path) -> datetime | None:
    try:
        found: datetime | None = coursedir.get_existing_timestamp(str(folder))
    except ValueError:
        return None  # a timestamp.txt that holds no date
    return found


def _for_a_person(lab: Lab, handed: Handed, reason: str) -> Graded:
    return Graded(handed.student, lab.name, NEEDS_A_PERSON, reason)


def _internal(error: BaseException) -> str:
    return f"el calificador falló con ella ({type(error).__name__}: {error})"


def _is_death(error: BaseException) -> bool:
    """Tell whether the worker died, as a process pool says it and as Dask does."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"BrokenExecutor", "KilledWorker", "CancelledError", "CommClosedError"})


def lab_digest(lab: Lab) -> str:
    """Return a digest of all that a mark depends on besides the submission: the lab and the kit."""
    texts = {f"{name}.ipynb": texts.source.encode() for name, texts in lab.notebooks.items()}
    return digest({**lab.files, **texts, "": _kit_digest().encode()})


@cache
def _kit_digest() -> str:
    """Return a digest of what decides marks in this package."""
    root = Path(grader.__file__).parent
    whole = hashlib.sha256()
    for path in _deciding(root):
        whole.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()


def _deciding(root: Path) -> Iterable[Path]:
    return sorted(path for path in root.rglob("*.py") if "data" not in path.parts)


def describe(outcome: Outcome, seconds: float) -> str:
    """Write the last lines of a run: graded, skipped, flagged, failed, and how long it took.

    >>> print(describe(Outcome(graded=["ana", "beto"], needs_a_person={"eva": "cortado"}), 1.5))
    2 graded, 0 unchanged and skipped, 0 flagged, 1 needs a person, in 1.5 s
      needs a person: eva: cortado
    """
    people = outcome.needs_a_person
    lines = [
        f"{len(outcome.graded)} graded, {len(outcome.skipped)} unchanged and skipped, "
        f"{len(outcome.flagged)} flagged, {len(people)} need{'s' * (len(people) == 1)} a person, "
        f"in {seconds:.1f} s"
    ]
    lines += [f"  flagged: {student}" for student in sorted(outcome.flagged)]
    lines += [f"  needs a person: {student}: {why}" for student, why in sorted(people.items())]
    return "\n".join(lines)


def results(recorder: Recorder, students: Iterable[str]) -> list[dict[str, Any]]:
    """Return the records of `students`, those that can be read."""
    found = (recorder.recorded(student) for student in students)
    return [record for record in found if record is not None]
