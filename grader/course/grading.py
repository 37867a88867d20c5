"""`grade`: the whole way of one submission, from what was handed in to what is recorded.

    restore -> run in the sandbox -> judge -> a graded notebook, scores, messages and flags

It touches no course folder and no database, so it runs in any process on any machine: what it
needs comes in as a `Lab` and a `Submission`, and all that it found goes out as a `Graded`.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import grader
from grader.course.jobs import cells_to_run, make_job, warm_runner
from grader.course.labs import Lab, LabNotebook, originals
from grader.course.marking import (
    finished,
    flags_of_run,
    flags_of_text,
    judge_run,
    keep_outputs,
    write_verdicts,
)
from grader.course.submissions.files import MAX_TOLD, find_notebooks, printable
from grader.course.submissions.identification import Identity, identities
from grader.course.submissions.originals import grade_id
from grader.course.submissions.reading import RestoreError
from grader.course.submissions.restore import restore
from grader.judging import Answers
from grader.running.runner import SandboxError
from grader.words import _

# The judge's cases are small, and workers run beside each other: one thread each is several times
# faster. It is read when torch is imported, which happens with the first check that needs it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from grader.course.submissions.files import HandedIn
    from grader.judging import BlockVerdict, Flag

GRADED = "graded"
NEEDS_A_PERSON = "needs a person"


@dataclass(frozen=True)
class Submission:
    """One student's files for one lab, and the seeds of the cases that they are judged on.

    The sandbox is told `seed`. It is given sealed cases, never their `sealed_seed`.
    """

    student: str
    files: Mapping[str, bytes]
    seed: int
    sealed_seed: int


@dataclass(frozen=True)
class GradedNotebook:
    """One notebook of a submission, graded: its text, and the score of each graded code cell.

    `blocks` holds every marks block with its messages for the student, by the cell's grade_id, and
    `people` who hands it in, as it says itself.
    """

    text: str
    scores: Mapping[str, float]
    blocks: Mapping[str, tuple[BlockVerdict, ...]]
    repairs: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()
    people: tuple[Identity, ...] = ()


@dataclass(frozen=True)
class Graded:
    """What came of a submission. `status` is GRADED, or NEEDS_A_PERSON with the `reason`.

    `seconds` are of the clock; of `timings`, `cpu_ms` is what the notebook's processes computed,
    `restore_ms` (until the notebook can run) and `judge_ms` what this one did, and the others are
    of the clock too.
    """

    student: str
    lab: str
    status: str
    reason: str = ""
    notebooks: Mapping[str, GradedNotebook] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    seconds: float = 0.0
    timings: Mapping[str, float] = field(default_factory=dict)

    @property
    def score(self) -> float:
        """The automatic marks of all its notebooks."""
        return sum(sum(notebook.scores.values()) for notebook in self.notebooks.values())


def submission(secret: bytes, lab: str, student: str, files: Mapping[str, bytes]) -> Submission:
    """Make a submission, its seeds derived from the course's secret, the student and the files.

    They are the same on regrading, nobody can know them beforehand, and neither tells the other.

    >>> first = submission(b"secret", "01", "ana", {"a.ipynb": b"{}"})
    >>> first == submission(b"secret", "01", "ana", {"a.ipynb": b"{}"})
    True
    >>> first.seed == submission(b"secret", "01", "ana", {"a.ipynb": b"{ }"}).seed
    False
    """
    seeds = []
    for use in ("cases", "sealed cases"):
        mac = hmac.new(secret, digestmod=hashlib.sha256)
        for part in (use, lab, student, digest(files)):
            mac.update(hashlib.sha256(part.encode()).digest())
        seeds.append(int.from_bytes(mac.digest()[:16], "big"))
    return Submission(student, files, *seeds)


def digest(files: Mapping[str, bytes]) -> str:
    """Return a SHA-256 of the files' names and contents, whatever their order."""
    whole = hashlib.sha256()
    for name in sorted(files):
        for part in (name.encode("utf-8", "surrogateescape"), files[name]):
            whole.update(hashlib.sha256(part).digest())
    return whole.hexdigest()


@cache
def kit_digest() -> str:
    """Return a digest of what decides marks in this package: its code, that which draws data too."""
    root = Path(grader.__file__).parent
    return digest({p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*.py")})


def _on_our_way(stage: str) -> None:
    """Take no note of a stage: nobody sets limits."""


def grade(
    lab: Lab,
    submission: Submission,
    *,
    require_sandbox: bool = False,
    stage: Callable[[str], None] = _on_our_way,
) -> Graded:
    """Grade one submission.

    What is wrong with the submission becomes its status, its marks or its messages, never an
    exception. `SandboxError` is raised when this machine lacks the sandbox that is required.
    It limits nothing but the run; `grader.course.clerks` calls it in a process that can be killed,
    and is told by `stage` as each of `read`, `restore`, `run` and `judge` begins.
    """
    stage("read")
    started = time.perf_counter()
    notebooks: dict[str, GradedNotebook] = {}
    timings: dict[str, float] = {}
    reasons = []
    missing = []
    found = find_notebooks(
        submission.files, {name: mine.release for name, mine in lab.notebooks.items()}
    )
    for name in lab.notebooks:
        if name in found.problems:
            reasons.append(f"{name}.ipynb: {found.problems[name]}")
            continue
        if name not in found.notebooks:
            missing.append(name)
            continue
        try:
            notebooks[name], spent = _grade_notebook(
                lab, name, found, submission, require_sandbox=require_sandbox, stage=stage
            )
        except RestoreError as error:
            reasons.append(f"{name}.ipynb: {error}")
            continue
        for key, value in spent.items():
            timings[key] = timings.get(key, 0.0) + value
    if len(missing) == len(lab.notebooks):
        reasons.append(_nothing_found(lab, submission.files))
    return Graded(
        student=submission.student,
        lab=lab.name,
        status=NEEDS_A_PERSON if reasons else GRADED,
        reason="; ".join(reasons),
        notebooks=notebooks,
        missing=tuple(missing),
        seconds=time.perf_counter() - started,
        timings=timings,
    )


def repairs_of(lab: Lab, files: Mapping[str, bytes]) -> tuple[list[str], list[str]]:
    """Return what would be repaired in a submission, and why it needs a person, without grading."""
    releases = {name: mine.release for name, mine in lab.notebooks.items()}
    found = find_notebooks(files, releases)
    repairs = []
    problems = [f"{name}.ipynb: {why}" for name, why in found.problems.items()]
    for name, data in found.notebooks.items():
        lab_cells = originals(lab.notebooks[name])
        try:
            repairs += [*found.repairs[name], *restore(data, lab_cells).repairs]
        except RestoreError as error:
            problems.append(f"{name}.ipynb: {error}")
    if not found.notebooks and not problems:
        problems.append(_nothing_found(lab, files))
    return repairs, problems


def _nothing_found(lab: Lab, files: Mapping[str, bytes]) -> str:
    handed_in = ", ".join(map(printable, sorted(files)[:MAX_TOLD])) or _("nada")
    wanted = ", ".join(f"{name}.ipynb" for name in lab.notebooks)
    sentence = _("se esperaba {wanted} y se entregó {handed_in}")
    return sentence.format(wanted=wanted, handed_in=handed_in)


def _grade_notebook(
    lab: Lab,
    name: str,
    found: HandedIn,
    submission: Submission,
    *,
    require_sandbox: bool,
    stage: Callable[[str], None],
) -> tuple[GradedNotebook, dict[str, float]]:
    stage("restore")
    began = time.thread_time()
    mine = originals(lab.notebooks[name])
    restored = restore(found.notebooks[name], mine)
    notebook = restored.notebook
    repairs = (*found.repairs[name], *restored.repairs)
    code = cells_to_run(notebook, mine.source)
    answers = Answers(lab.catalogue, submission.seed, submission.sealed_seed)
    job = make_job(lab, lab.notebooks[name], code, found.others, submission.seed, answers)
    ready_at = time.thread_time()
    stage("run")
    runner = warm_runner(torch=job.torch, require_sandbox=require_sandbox)
    run = runner.run(job)
    stage("judge")
    ran_at = time.thread_time()
    keep_outputs(code, run)
    judged, again = judge_run(code, job, run, mine.source, answers, runner)
    scores = write_verdicts(code, judged)
    flags = flags_of_text(notebook, mine, found.others, lab) + flags_of_run(code, run, judged)
    graded = GradedNotebook(
        text=finished(notebook, mine, repairs),
        scores=scores,
        blocks={grade_id(code[at]): blocks for at, blocks in judged.items()},
        repairs=repairs,
        flags=tuple(flags),
        people=identities(cell.source for cell in notebook.cells if cell.cell_type == "code"),
    )
    spent = {
        key: run.timings.get(key, 0.0) + again.get(key, 0.0) for key in {**run.timings, **again}
    }
    spent["restore_ms"] = 1000 * (ready_at - began)
    spent["judge_ms"] = 1000 * (time.thread_time() - ran_at)
    return graded, spent


__all__ = [
    "GRADED",
    "NEEDS_A_PERSON",
    "Graded",
    "GradedNotebook",
    "Identity",
    "Lab",
    "LabNotebook",
    "SandboxError",
    "Submission",
    "digest",
    "grade",
    "originals",
    "repairs_of",
    "submission",
]
