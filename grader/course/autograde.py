"""Grade a class: hand each submission to a worker, record what comes back, never lose one.

Workers are threads that wait for clerks of this machine, or a Dask cluster's; both are a
`concurrent.futures.Executor` here, and what they answer is bytes. A submission is dealt with in a
clerk, a process that is limited and dies alone; a worker of a cluster may still die, and then the
submissions that it may have held are tried once more, each by itself.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import (
    FIRST_COMPLETED,
    Executor,
    Future,
    wait,
)
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from grader.course import answers
from grader.course.clerks import grade_apart
from grader.course.cluster import WorkerDiedError
from grader.course.errors import CourseError
from grader.course.folders import (
    TIMESTAMP,
    UnreadableSubmissionError,
    course_secret,
    is_name,
    read_submission,
    submitted_folders,
)
from grader.course.gradebook import Entry
from grader.course.grading import (
    NEEDS_A_PERSON,
    Graded,
    SandboxError,
    digest,
    kit_digest,
    submission,
)
from grader.course.labs import has_sealed_cases
from grader.course.plain import line, quoted, student
from grader.course.submissions.files import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from nbgrader.coursedir import CourseDirectory

    from grader.course.gradebook import Recorder
    from grader.course.labs import Lab

TRIES = 2

BAD_NAME = "el nombre de su carpeta no es texto: ponle el de su estudiante y vuelve a calificar"


@dataclass
class Handed:
    """A submission on its way: where it lies, and how often a worker has died with it."""

    student: str
    folder: Path
    files: dict[str, bytes] = field(default_factory=dict)
    handed_in: datetime | None = None
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
    flagged: dict[str, str] = field(default_factory=dict)
    needs_a_person: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    partners: dict[str, str] = field(default_factory=dict)
    penalties: int = 0


def grade_class(
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

    Raises `CourseError` if nobody handed anything in.
    """
    run = _ClassRun(
        coursedir=coursedir,
        lab=lab,
        recorder=recorder,
        make_executor=make_executor,
        in_flight=2 * workers,
        force=force,
        require_sandbox=require_sandbox,
        progress=progress or (lambda student, status: None),  # noqa: ARG005 - nobody is told
    )
    return run.grade(_handed_in(coursedir, lab))


class _ClassRun:
    """One run over a class.

    At most `in_flight` submissions are with the workers at a time, so that memory doesn't grow with
    the class. When a worker dies, any submission that was in flight may be guilty: each is a
    suspect, and suspects go one at a time, so that the next death has one culprit.
    """

    def __init__(
        self,
        *,
        coursedir: CourseDirectory,
        lab: Lab,
        recorder: Recorder,
        make_executor: Callable[[], Executor],
        in_flight: int,
        force: bool,
        require_sandbox: bool,
        progress: Progress,
    ) -> None:
        self._coursedir = coursedir
        self._lab = lab
        self._recorder = recorder
        self._make_executor = make_executor
        self._in_flight = in_flight
        self._force = force
        self._require_sandbox = require_sandbox
        self._progress = progress
        self._secret = course_secret(Path(coursedir.root))
        self._sealed = has_sealed_cases(lab)
        self._edition = lab_digest(lab)
        self._flying: dict[Future[bytes], Handed] = {}
        self._suspects: deque[Handed] = deque()
        self._done: list[tuple[Graded, Handed]] = []
        self._outcome = Outcome()

    def grade(self, handed_in: Iterable[Handed]) -> Outcome:
        """Grade and record the class."""
        waiting = deque(handed_in)
        self._executor = self._make_executor()
        try:
            while waiting or self._suspects or self._flying:
                while waiting and not self._suspects and len(self._flying) < self._in_flight:
                    self._launch(waiting.popleft())
                if self._suspects and not self._flying:
                    self._launch(self._suspects.popleft())
                self._land()
                self._record()
        except BaseException:
            self._record()  # whatever ended the run, what was graded is kept
            self._executor.shutdown(wait=False, cancel_futures=True)
            raise
        self._executor.shutdown()
        self._outcome.penalties = self._recorder.settle_penalties()
        return self._outcome

    def _launch(self, handed: Handed) -> None:
        """Hand a submission to a worker, unless it can't be read or is graded already."""
        if not is_name(handed.student):
            self._note(_for_a_person(self._lab, handed, BAD_NAME))
            return
        try:
            handed.files, handed.handed_in = read_submission(handed.folder)
        except UnreadableSubmissionError as error:
            self._keep(_for_a_person(self._lab, handed, str(error)), handed)
            return
        if TIMESTAMP in handed.files and handed.handed_in is None:
            self._outcome.notes[handed.student] = (
                f"{TIMESTAMP} holds no date, so nobody knows whether it was late"
            )
        recorded = self._recorder.recorded(handed.student)
        if recorded and recorded.get("digest") == self._digest(handed) and not self._force:
            self._outcome.skipped.append(handed.student)
            if recorded.get("status") == NEEDS_A_PERSON:  # as long as nobody has decided
                self._outcome.needs_a_person[printable(handed.student)] = str(
                    recorded.get("reason")
                )
            self._progress(handed.student, "skipped")
            return
        one = submission(self._secret, self._lab.name, handed.student, handed.files)
        if not self._sealed:
            one = replace(one, sealed_seed=0)  # a worker needn't know it
        future = self._executor.submit(
            grade_apart, self._lab, one, require_sandbox=self._require_sandbox
        )
        self._flying[future] = handed

    def _land(self) -> None:
        """Wait for the next submissions that are done, and record them."""
        died: list[Handed] = []
        done = wait(self._flying, return_when=FIRST_COMPLETED).done if self._flying else set()
        for future in done:
            handed = self._flying.pop(future)
            error = future.exception()
            if error is None:
                self._keep(self._read(future.result(), handed), handed)
            elif isinstance(error, SandboxError):
                raise error
            elif isinstance(error, WorkerDiedError):
                died.append(handed)
            else:
                self._keep(_for_a_person(self._lab, handed, _internal(error)), handed)
        if died:
            self._replace_workers(died)

    def _replace_workers(self, died: list[Handed]) -> None:
        """Start new workers, and try what the old ones held once more."""
        suspects = [*died, *self._flying.values()]
        self._flying.clear()
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor = self._make_executor()
        for handed in suspects:
            handed.tries += 1
            if handed.tries < TRIES or len(suspects) > 1:
                self._suspects.append(handed)
            else:
                reason = "el proceso que la calificaba murió dos veces"
                self._keep(_for_a_person(self._lab, handed, reason), handed)

    def _read(self, data: bytes, handed: Handed) -> Graded:
        """Read what a worker answered."""
        try:
            return answers.from_bytes(data, self._lab, handed.student)
        except answers.AnswerError as error:
            return _for_a_person(self._lab, handed, f"el calificador no dio un resultado: {error}")

    def _keep(self, graded: Graded, handed: Handed) -> None:
        """Take what came of a submission, to be recorded with all that came meanwhile."""
        self._done.append((graded, handed))

    def _record(self) -> None:
        """Record what is done, together, and take note of it."""
        done, self._done = self._done, []
        problems = self._recorder.record([self._entry(*one) for one in done])
        for graded, handed in done:
            handed.files = {}
            if graded.student in problems:
                why = f"no se pudo guardar ({problems[graded.student]})"
                self._note(_for_a_person(self._lab, handed, why))
            else:
                self._note(graded)

    def _entry(self, graded: Graded, handed: Handed) -> Entry:
        return Entry(
            graded,
            self._digest(handed),
            _others(handed.files),
            handed.handed_in,
            digest(handed.files),
        )

    def _note(self, graded: Graded) -> None:
        if graded.status == NEEDS_A_PERSON:
            self._outcome.needs_a_person[printable(graded.student)] = graded.reason
        else:
            self._outcome.graded.append(graded.student)
        flags = [flag for one in graded.notebooks.values() for flag in one.flags]
        if flags:
            told = (f"{flag.cell} {flag.what}".strip() for flag in flags[-3:])
            self._outcome.flagged[graded.student] = "; ".join(told)
        self._progress(graded.student, graded.status)

    def _digest(self, handed: Handed) -> str:
        return whole_digest(handed.files, self._edition)


def _handed_in(coursedir: CourseDirectory, lab: Lab) -> list[Handed]:
    folders = submitted_folders(coursedir, lab.name, coursedir.student_id)
    if not folders:
        where = coursedir.format_path(coursedir.submitted_directory, coursedir.student_id, lab.name)
        raise CourseError(f"nobody handed in {lab.name}: expected a folder {where}")
    return [Handed(student, folder) for student, folder in folders]


def _others(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if not name.endswith(".ipynb")}


def _for_a_person(lab: Lab, handed: Handed, reason: str) -> Graded:
    return Graded(handed.student, lab.name, NEEDS_A_PERSON, reason)


def _internal(error: BaseException) -> str:
    return f"el calificador falló con ella ({type(error).__name__}: {error})"


def lab_digest(lab: Lab) -> str:
    """Return a digest of all that a mark depends on besides the submission: the lab and the kit."""
    texts = {f"{name}.ipynb": texts.source.encode() for name, texts in lab.notebooks.items()}
    return digest({**lab.files, **texts, "": kit_digest().encode()})


def whole_digest(files: Mapping[str, bytes], edition: str) -> str:
    """Return a digest of all that a mark depends on: what was handed in, and the lab's `edition`."""
    return digest({**files, "": edition.encode()})


def describe(outcome: Outcome, seconds: float) -> str:
    """Write the last lines of a run: graded, skipped, flagged, failed, and how long it took.

    >>> print(describe(Outcome(graded=["ana", "beto"], needs_a_person={"eva": "cortado"}), 1.5))
    2 graded, 0 unchanged and skipped, 0 flagged, 1 needs a person, in 1.5 s
      needs a person: eva: “cortado”
    """
    people = outcome.needs_a_person
    first = (
        f"{len(outcome.graded)} graded, {len(outcome.skipped)} unchanged and skipped, "
        f"{len(outcome.flagged)} flagged, {len(people)} need{'s' * (len(people) == 1)} a person, "
        f"in {seconds:.1f} s"
    )
    lines = [first]
    lines += [
        f"  flagged: {student(who)}: {line(why, 400)}"
        for who, why in sorted(outcome.flagged.items())
    ]
    lines += [
        f"  pair: {student(who)} has the marks of {student(whose)}"
        for who, whose in sorted(outcome.partners.items())
    ]
    if outcome.penalties:
        lines.append(
            f"  late penalties of {outcome.penalties} submitted "
            f"notebook{'s' * (outcome.penalties != 1)} brought up to date"
        )
    lines += [f"  note: {student(who)}: {what}" for who, what in sorted(outcome.notes.items())]
    lines += [
        f"  needs a person: {student(who)}: {quoted(why, 400)}"
        for who, why in sorted(people.items())
    ]
    return "\n".join(lines)


def results(recorder: Recorder, students: Iterable[str]) -> list[dict[str, Any]]:
    """Return the records of `students` and of their partners, those that can be read."""
    all_ = list(students)
    partners = [one for one, student in recorder.shared().items() if student in all_]
    found = (recorder.recorded(one) for one in dict.fromkeys([*all_, *partners]))
    return [record for record in found if record is not None]
