"""`grade`: the whole way of one submission, from what was handed in to what is recorded.

    restore -> run in the sandbox -> judge -> a graded notebook, scores, messages and flags

It touches no course folder and no database, so it runs in any process on any machine: what it
needs comes in as a `Lab` and a `Submission`, and all that it found goes out as a `Graded`.
"""

from __future__ import annotations

import atexit
import hashlib
import hmac
import importlib
import inspect
import os
import threading
import time
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat import NotebookNode

from grader.course.submissions.files import find_notebooks, job_files, printable
from grader.course.submissions.originals import Originals, grade_id, is_graded_code, is_solution
from grader.course.submissions.reading import RestoreError
from grader.course.submissions.restore import repairs_cell, restore
from grader.exercises.cases import exercises, find
from grader.judging import (
    ALWAYS_FORBIDDEN,
    SILENCE,
    BlockVerdict,
    Checked,
    Fallen,
    Flag,
    Solution,
    fallen,
    forbidden_names,
    judge_cell,
    read_blocks,
    sealed_cases,
    second_looks,
    settle,
    told_once,
    why_silent,
)
from grader.marks import render_block
from grader.observation import Observation, encode
from grader.running.runner import Job, Limits, Run, Runner, SandboxError
from grader.versions import versions

# The judge's cases are small, and workers run beside each other: one thread each is several times
# faster. It is read when torch is imported, which happens with the first check that needs it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.course.submissions.files import HandedIn

GRADED = "graded"
NEEDS_A_PERSON = "needs a person"


@dataclass(frozen=True)
class LabNotebook:
    """One notebook of a lab as the instructor has it, and as students were given it, in JSON."""

    source: str
    release: str


@lru_cache(maxsize=8)  # a class comes with the same lab over and over
def originals(mine: LabNotebook) -> Originals:
    """Return what the instructor's copy of a notebook tells of its cells; it is never changed."""
    source, release = (nbformat.reads(text, as_version=4) for text in (mine.source, mine.release))
    return Originals(source, release)


@dataclass(frozen=True)
class Lab:
    """The instructor's copy of a lab: all that grading a submission of it takes."""

    name: str
    notebooks: Mapping[str, LabNotebook]
    files: Mapping[str, bytes] = field(default_factory=dict)


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

    `blocks` holds every marks block with its messages for the student, by the cell's grade_id.
    """

    text: str
    scores: Mapping[str, float]
    blocks: Mapping[str, tuple[BlockVerdict, ...]]
    repairs: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()


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


def grade(lab: Lab, submission: Submission, *, require_sandbox: bool = False) -> Graded:
    """Grade one submission.

    What is wrong with the submission becomes its status, its marks or its messages, never an
    exception. `SandboxError` is raised when this machine lacks the sandbox that is required.
    """
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
                lab, name, found, submission, require_sandbox=require_sandbox
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
    handed_in = ", ".join(map(printable, sorted(files))) or "nada"
    wanted = ", ".join(f"{name}.ipynb" for name in lab.notebooks)
    return f"se esperaba {wanted} y se entregó {handed_in}"


def _grade_notebook(
    lab: Lab, name: str, found: HandedIn, submission: Submission, *, require_sandbox: bool
) -> tuple[GradedNotebook, dict[str, float]]:
    began = time.thread_time()
    mine = originals(lab.notebooks[name])
    source = mine.source
    restored = restore(found.notebooks[name], mine)
    notebook = restored.notebook
    repairs = (*found.repairs[name], *restored.repairs)
    options = lab_options(source)
    code = _to_run(notebook, source)
    job = Job(
        cells=tuple(cell.source for cell in code),
        seed=submission.seed,
        sealed=_sealed_inputs(source, submission.sealed_seed),
        modules={name: _source_of(name) for name in options.get("modules", ())},
        files=job_files(found.others, lab.files),
        torch=bool(options.get("torch", False)),
        limits=Limits(**options.get("limits", {})),
    )
    ready_at = time.thread_time()
    runner = _runner(torch=job.torch, require_sandbox=require_sandbox)
    run = runner.run(job)
    ran_at = time.thread_time()
    for cell, ran in zip(code, run.cells, strict=True):
        cell.outputs = [nbformat.from_dict(_tame(output)) for output in ran.outputs]
        cell.execution_count = ran.execution_count
    scores: dict[str, float] = {}
    blocks: dict[str, tuple[BlockVerdict, ...]] = {}
    spent = dict(run.timings)
    judged = _judge_tests(code, run, submission)
    judged, again = _look_again(code, job, run, judged, _solutions(source), submission, runner)
    for key, value in again.items():
        spent[key] = spent.get(key, 0.0) + value
    told = told_once(block for at in judged for block in judged[at])
    for at, found_blocks in judged.items():
        cell = code[at]
        blocks[grade_id(cell)] = found_blocks
        scores[grade_id(cell)] = _score(cell, found_blocks)
        cell.outputs.extend(_shown(block, told[block.id]) for block in found_blocks)
    flags = [
        flag
        for cell in notebook.cells
        if is_solution(cell) and cell.cell_type == "code"
        for flag in forbidden_names(
            grade_id(cell), cell.source, _forbidden(grade_id(cell), options)
        )
    ]
    if run.status != "ok":
        flags.append(Flag("", 0, f"the run ended early ({run.status}): {run.reason}"))
    if repairs:
        notebook.cells.insert(0, repairs_cell(repairs))
    notebook.cells.append(nbformat.from_dict(_graded_by()))
    graded = GradedNotebook(
        text=str(nbformat.v4.writes_json(notebook)) + "\n",
        scores=scores,
        blocks=blocks,
        repairs=repairs,
        flags=tuple(flags),
    )
    own = {
        "restore_ms": 1000 * (ready_at - began),
        "judge_ms": 1000 * (time.thread_time() - ran_at),
    }
    return graded, {**spent, **own}


Judged = dict[int, tuple[BlockVerdict, ...]]
"""The blocks of the test cells, by their place among the cells that were run."""


def _judge_tests(code: Sequence[NotebookNode], run: Run, submission: Submission) -> Judged:
    """Judge the test cells of a run, and give what failed in other cells as the reason where it is."""
    failed = [
        fallen(grade_id(cell), cell.source, ran.outputs)
        for cell, ran in zip(code, run.cells, strict=True)
    ]
    cells = [one for one in failed if one is not None]
    return {
        at: judge_cell(
            cell.source,
            run.cells[at].observations,
            seed=submission.seed,
            sealed_seed=submission.sealed_seed,
            cells=cells,
            silence=_silence(run, at, failed[at], cells),
        )
        for at, cell in enumerate(code)
        if is_graded_code(cell)
    }


def _look_again(
    code: Sequence[NotebookNode],
    job: Job,
    run: Run,
    judged: Judged,
    solutions: Sequence[Solution],
    submission: Submission,
    runner: Runner,
) -> tuple[Judged, Mapping[str, float]]:
    """Run the notebook once more, with right helpers, where a block may have been lost to a wrong one.

    Of that run's outputs nothing is kept. A cell that ran out of time isn't given more, and what
    comes after the last block in question, a long training for one, isn't run again.
    """
    tests = [Checked(code[at].source, blocks) for at, blocks in judged.items()]
    places = list(judged)
    looks = {places[n]: look for n, look in second_looks(tests, solutions).items()}
    if not looks:
        return judged, {}
    cells: list[str] = []
    at_last: dict[int, int] = {}
    for at, cell in enumerate(code[: max(looks) + 1]):
        if at in looks:
            cells += looks[at].prelude
            at_last[at] = len(cells)
        cells.append("" if run.cells[at].status == "timeout" and at not in looks else cell.source)
    again = runner.run(replace(job, cells=tuple(cells)))
    seen = {
        places.index(at): judge_cell(
            code[at].source,
            again.cells[place].observations,
            seed=submission.seed,
            sealed_seed=submission.sealed_seed,
        )
        for at, place in at_last.items()
    }
    settled = settle(tests, {places.index(at): look for at, look in looks.items()}, seen)
    return dict(zip(places, settled, strict=True)), again.timings


def _solutions(source: NotebookNode) -> list[Solution]:
    """Return the instructor's solution cells."""
    return [
        Solution(grade_id(cell), cell.source)
        for cell in source.cells
        if cell.cell_type == "code" and is_solution(cell)
    ]


def _sealed_inputs(source: NotebookNode, seed: int) -> dict[str, bytes]:
    """Make the inputs, without their answers, of the sealed cases that a notebook's tests need."""
    wanted = {
        needed
        for cell in source.cells
        if is_graded_code(cell)
        for needed in sealed_cases(cell.source)
    }
    return {
        f"{name}/{group}": encode(
            Observation("", 0, "sealed", tuple(case.args for case in find(name).cases(group, seed)))
        )
        for name, group in sorted(wanted)
    }


@cache
def _graded_by() -> dict[str, Any]:
    """Return the cell that says what ran and judged a notebook: the sandbox's Python is this one."""
    return {
        "cell_type": "markdown",
        "id": "labkit-versions",
        "metadata": {},
        "source": f"Calificado con {versions()}.",
    }


@cache
def _source_of(module: str) -> str:
    """Return the source of a module of this package that a lab gives to its students."""
    return inspect.getsource(importlib.import_module(module))


SHOW_ONLY = "show-only"
"""Cell tag: the instructor's cell only shows something, so an unchanged one isn't run for a grade."""


def _to_run(notebook: NotebookNode, source: NotebookNode) -> list[NotebookNode]:
    """Return the code cells to run: all but those that only show something and were left alone."""
    shown = {
        (cell.get("id"), cell.source)
        for cell in source.cells
        if SHOW_ONLY in cell.metadata.get("tags", ())
    }
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and (cell.get("id"), cell.source) not in shown
    ]


SAFE_TYPES = ("text/plain", "image/png", "image/jpeg")
"""What of a student's outputs is kept: nothing that runs a script in the browser of who grades."""


def _tame(output: dict[str, Any]) -> dict[str, Any]:
    """Leave of a student's output what only shows something."""
    if "data" not in output:
        return output
    kept = {kind: data for kind, data in output["data"].items() if kind in SAFE_TYPES}
    told = {"text/plain": f"[{', '.join(output['data'])}]"}
    return {**output, "metadata": {}, "data": kept or told}


def _forbidden(cell: str, options: Mapping[str, Any]) -> list[str]:
    """Return the names forbidden in a solution cell: everywhere, in the lab, and in its exercise."""
    exercise = exercises().get(cell)
    return [
        *ALWAYS_FORBIDDEN,
        *options.get("forbidden", ()),
        *(exercise.forbidden if exercise else ()),
    ]


def lab_options(source: NotebookNode) -> dict[str, Any]:
    """Return what a lab's notebook declares of itself: `torch`, `limits`, `forbidden`, `modules`."""
    return dict(source.metadata.get("labkit", {}))


def _score(cell: NotebookNode, blocks: Sequence[BlockVerdict]) -> float:
    points = float(cell.metadata.nbgrader.points)
    return min(points, sum(block.awarded for block in blocks))


def _shown(block: BlockVerdict, messages: Sequence[str]) -> NotebookNode:
    """Return the output that tells a student how a block went."""
    text, page = render_block(
        block.id, block.points, block.awarded, messages, passed=not block.failed
    )
    return nbformat.from_dict(  # type: ignore[no-any-return]
        {
            "output_type": "display_data",
            "data": {"text/plain": text, "text/html": page},
            "metadata": {},
        }
    )


def _silence(run: Run, at: int, failed: Fallen | None, cells: Sequence[Fallen]) -> str:
    """Say why a test cell observed nothing, should that be so."""
    status = run.cells[at].status
    if status == "timeout":
        return "La celda se quedó sin tiempo: ¿hay un ciclo que no termina?"
    if status == "not-run":
        return f"La celda no corrió porque el notebook terminó antes: {run.reason}."
    return SILENCE if failed is None else why_silent(failed, cells)


def total_marks(source: NotebookNode) -> float:
    """Return the automatic marks of an instructor's notebook, as its marks blocks award them."""
    return sum(
        block.points
        for cell in source.cells
        if is_graded_code(cell)
        for block in read_blocks(cell.source)
    )


_runners: dict[tuple[bool, bool], Runner] = {}
_runners_lock = threading.Lock()


def _runner(*, torch: bool, require_sandbox: bool) -> Runner:
    """Return this process's warm runner for labs with or without torch."""
    key = (torch, require_sandbox)
    with _runners_lock:  # a Dask worker may grade in several threads
        if key not in _runners:
            _runners[key] = Runner(torch=torch, require_sandbox=require_sandbox)
            atexit.register(_runners[key].close)
        return _runners[key]


__all__ = [
    "GRADED",
    "NEEDS_A_PERSON",
    "Graded",
    "GradedNotebook",
    "Lab",
    "LabNotebook",
    "SandboxError",
    "Submission",
    "digest",
    "grade",
    "lab_options",
    "originals",
    "repairs_of",
    "submission",
    "total_marks",
]
