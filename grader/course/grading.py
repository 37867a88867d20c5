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
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Literal

import nbformat
from nbformat import NotebookNode

from grader.course.submissions.files import find_notebooks, job_files, printable
from grader.course.submissions.originals import Originals, grade_id, is_graded_code, is_solution
from grader.course.submissions.reading import RestoreError
from grader.course.submissions.restore import repairs_cell, restore
from grader.course.submissions.texts import imported_in, names_of
from grader.exercises.cases import exercises, find
from grader.judging import (
    ALWAYS_FORBIDDEN,
    BlockVerdict,
    Flag,
    forbidden_names,
    judge_cell,
    read_blocks,
    sealed_cases,
)
from grader.marks import render_block
from grader.observation import Observation, ObservationError, decode, encode
from grader.running.runner import Cell, Job, Limits, Runner, SandboxError

# The judge's cases are small, and workers run beside each other: one thread each is several times
# faster. It is read when torch is imported, which happens with the first check that needs it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.course.submissions.files import HandedIn
    from grader.running.runner import CellRun

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
    roles = _roles(lab.notebooks[name])
    restored = restore(found.notebooks[name], mine)
    notebook = restored.notebook
    repairs = (*found.repairs[name], *restored.repairs)
    options = lab_options(source)
    code = _to_run(notebook, source)
    job = Job(
        cells=tuple(_job_cell(cell, mine, roles) for cell in code),
        seed=submission.seed,
        sealed=_sealed_inputs(source, submission.sealed_seed),
        modules={name: _source_of(name) for name in options.get("modules", ())},
        files=job_files(found.others, lab.files),
        torch=bool(options.get("torch", False)),
        limits=Limits(**options.get("limits", {})),
    )
    ready_at = time.thread_time()
    run = _runner(torch=job.torch, require_sandbox=require_sandbox).run(job)
    ran_at = time.thread_time()
    scores: dict[str, float] = {}
    blocks: dict[str, tuple[BlockVerdict, ...]] = {}
    for cell, ran in zip(code, run.cells, strict=True):
        cell.outputs = [nbformat.from_dict(_tame(output)) for output in ran.outputs]
        cell.execution_count = ran.execution_count
        if is_graded_code(cell):
            test = grade_id(cell)
            blocks[test] = judge_cell(
                cell.source,
                ran.observations,
                seed=submission.seed,
                sealed_seed=submission.sealed_seed,
            )
            scores[test] = _score(cell, blocks[test])
            cell.outputs.extend(_shown(block, ran) for block in blocks[test])
    flags = [
        flag
        for cell in notebook.cells
        if is_solution(cell) and cell.cell_type == "code"
        for flag in forbidden_names(
            grade_id(cell), cell.source, _forbidden(grade_id(cell), options)
        )
    ]
    if run.status != "ok":
        flags.append(
            Flag("", 0, f"the notebook had to go on without a cell ({run.status}): {run.reason}")
        )
    flags += _lost_to_an_error(blocks, list(zip(code, run.cells, strict=True)))
    if repairs:
        notebook.cells.insert(0, repairs_cell(repairs))
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
    return graded, {**run.timings, **own}


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


@dataclass(frozen=True)
class _Role:
    """What an instructor's code cell is for who runs it, and the names that it is to bind."""

    kind: Literal["given", "solution", "test"]
    binds: tuple[str, ...]


@lru_cache(maxsize=8)
def _roles(mine: LabNotebook) -> dict[int, _Role]:
    """Say what the instructor's code cells are, by their place, as far as tests need them.

    What is imported is needed as well: solutions rely on it.
    """
    cells = [
        (at, cell, *names_of(cell.source))
        for at, cell in enumerate(originals(mine).source.cells)
        if cell.cell_type == "code"
    ]
    needed = {name for _, cell, _, loads in cells if is_graded_code(cell) for name in loads}
    needed |= {name for _, cell, _, _ in cells for name in imported_in(cell.source)}
    found: dict[int, _Role] = {}
    for at, cell, binds, loads in reversed(cells):
        if is_graded_code(cell):
            found[at] = _Role("test", tuple(sorted(binds & needed)))
        elif is_solution(cell):
            found[at] = _Role("solution", tuple(sorted(binds)))
        elif binds & needed:
            found[at] = _Role("given", tuple(sorted(binds & needed)))
            needed |= loads
    return found


def _job_cell(cell: NotebookNode, mine: Originals, roles: Mapping[int, _Role]) -> Cell:
    """Make the cell to run of a restored one, with what the instructor's copy tells of it."""
    at = mine.place_of(cell)
    role = roles.get(at)
    if role is None:
        return Cell(cell.source)
    given = mine.source.cells[at].source
    changed = role.kind == "given" and cell.source != given
    return Cell(cell.source, role.kind, given if changed else "", role.binds)


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


def _shown(block: BlockVerdict, ran: CellRun) -> NotebookNode:
    """Return the output that tells a student how a block went."""
    messages = block.messages
    if messages and ran.status in _WHY_NOT:
        messages = (*messages, _WHY_NOT[ran.status])
    text, page = render_block(block.id, block.points, block.awarded, messages)
    return nbformat.from_dict(  # type: ignore[no-any-return]
        {
            "output_type": "display_data",
            "data": {"text/plain": text, "text/html": page},
            "metadata": {},
        }
    )


_WHY_NOT = {
    "timeout": "La celda se quedó sin tiempo: ¿hay un ciclo que no termina?",
    "died": "El programa terminó en medio de esta celda: ¿llama a `os._exit`, o usa algo escrito en C?",
    "limit": "La celda pasó de un límite (de memoria, de procesos o de salida) y hubo que terminarla.",
    "not-run": "La celda no corrió: el notebook ya había usado todo su tiempo.",
}

NEARLY_ALL = 0.8
"""The share of a notebook's marks, and of those that were lost, that is nearly all of them."""


def _lost_to_an_error(
    blocks: Mapping[str, tuple[BlockVerdict, ...]], ran: Sequence[tuple[NotebookNode, CellRun]]
) -> list[Flag]:
    """Flag a notebook that lost nearly everything to a cell of its own, and not to wrong answers."""
    lost = {block.id: block.points - block.awarded for test in blocks.values() for block in test}
    whole = sum(block.points for test in blocks.values() for block in test)
    guilty = next(
        ((cell, one) for cell, one in ran if not is_graded_code(cell) and one.status != "ok"), None
    )
    if guilty is None or not whole or sum(lost.values()) < NEARLY_ALL * whole:
        return []
    answered = {name for _, one in ran for data in one.observations for name in _answered(data)}
    if sum(points for name, points in lost.items() if name not in answered) < NEARLY_ALL * whole:
        return []
    cell, one = guilty
    errors = [output for output in one.outputs if output["output_type"] == "error"]
    told = f"{errors[-1]['ename']}: {errors[-1]['evalue'][:200]}" if errors else one.status
    what = f"nearly everything was lost to this cell, not to wrong answers: {told}"
    return [Flag(grade_id(cell) or cell.get("id", ""), 0, what)]


def _answered(data: bytes) -> list[str]:
    """Name the block of an observation, if the student's function was there to be asked."""
    try:
        seen = decode(data)
    except ObservationError:
        return []
    calls = [call for made in seen.calls.values() for call in made]
    failures = [call.failure for call in calls] or [seen.failure]
    unknown = all(one is not None and one.type_name in _UNKNOWN for one in failures)
    return [] if seen.kind == "marks" or unknown else [seen.block]


_UNKNOWN = ("NameError", "ImportError", "ModuleNotFoundError")


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
