"""`grade`: the whole way of one submission, from what was handed in to what is recorded.

    restore -> run in the sandbox -> judge -> a graded notebook, scores, messages and flags

It touches no course folder and no database, so it runs in any process on any machine: what it
needs comes in as a `Lab` and a `Submission`, and all that it found goes out as a `Graded`.
"""

from __future__ import annotations

import atexit
import hashlib
import hmac
import json
import os
import threading
import time
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Literal

import nbformat
from nbformat import NotebookNode

from grader.course.labs import Lab, LabNotebook, groups_wanted, lab_options, originals
from grader.course.pages import tame
from grader.course.submissions.files import MAX_TOLD, find_notebooks, job_files, printable
from grader.course.submissions.originals import (
    SHOW_ONLY,
    grade_id,
    is_graded_code,
    is_locked,
    is_solution,
)
from grader.course.submissions.reading import RestoreError
from grader.course.submissions.restore import repairs_cell, restore
from grader.course.submissions.texts import imported_in, names_of
from grader.judging import (
    ALWAYS_FORBIDDEN,
    SILENCE,
    Answers,
    BlockVerdict,
    Checked,
    Code,
    Fallen,
    Flag,
    Solution,
    fallen,
    forbidden_names,
    judge,
    judge_cell,
    read_blocks,
    second_looks,
    settle,
    told_once,
    why_silent,
)
from grader.key import write_key
from grader.marks import render_block
from grader.observation import Call, Observation, ObservationError, decode
from grader.running.runner import Cell, Job, Limits, Run, Runner, SandboxError
from grader.versions import versions

# The judge's cases are small, and workers run beside each other: one thread each is several times
# faster. It is read when torch is imported, which happens with the first check that needs it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from grader.course.submissions.files import HandedIn
    from grader.course.submissions.originals import Originals
    from grader.running.runner import CellRun

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
    handed_in = ", ".join(map(printable, sorted(files)[:MAX_TOLD])) or "nada"
    wanted = ", ".join(f"{name}.ipynb" for name in lab.notebooks)
    return f"se esperaba {wanted} y se entregó {handed_in}"


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
    source = mine.source
    roles = _roles(lab.notebooks[name])
    restored = restore(found.notebooks[name], mine)
    notebook = restored.notebook
    repairs = (*found.repairs[name], *restored.repairs)
    options = lab_options(source)
    code = _to_run(notebook, source)
    answers = Answers(lab.catalogue, submission.seed, submission.sealed_seed)
    job = Job(
        cells=tuple(_job_cell(cell, mine, roles) for cell in code),
        seed=submission.seed,
        key=write_key(answers.for_the_sandbox(groups_wanted(lab, source)), small=False),
        files=job_files(found.others, lab.files),
        torch=bool(options.get("torch", False)),
        limits=Limits(**options.get("limits", {})),
    )
    ready_at = time.thread_time()
    stage("run")
    runner = _runner(torch=job.torch, require_sandbox=require_sandbox)
    run = runner.run(job)
    stage("judge")
    ran_at = time.thread_time()
    for cell, ran in zip(code, run.cells, strict=True):
        cell.outputs = [nbformat.from_dict(_tame(output)) for output in ran.outputs]
        cell.execution_count = ran.execution_count
    scores: dict[str, float] = {}
    blocks: dict[str, tuple[BlockVerdict, ...]] = {}
    spent = dict(run.timings)
    judged = _judge_tests(code, run, answers)
    judged, again = _look_again(code, job, run, judged, _solutions(source), answers, runner)
    for key, value in again.items():
        spent[key] = spent.get(key, 0.0) + value
    told = told_once(block for at in judged for block in judged[at])
    for at, found_blocks in judged.items():
        cell = code[at]
        blocks[grade_id(cell)] = found_blocks
        scores[grade_id(cell)] = _score(cell, found_blocks)
        cell.outputs.extend(_shown(block, told[block.id]) for block in found_blocks)
    forbidden = (*ALWAYS_FORBIDDEN, *options.get("forbidden", ()))
    flags = [*forbidden_names(_written(notebook, mine, found.others, lab), forbidden)]
    if run.status != "ok":
        flags.append(
            Flag("", 0, f"the notebook had to go on without a cell ({run.status}): {run.reason}")
        )
    flags += [
        Flag(test, 0, what)
        for test, found_blocks in blocks.items()
        for block in found_blocks
        for what in block.flags
    ]
    flags += _lost_to_an_error(blocks, list(zip(code, run.cells, strict=True)))
    for cell in notebook.cells:
        if cell.cell_type != "code" and not is_locked(cell) and not mine.given_as_it_was(cell):
            cell.source = tame(cell.source)
    if repairs:
        notebook.cells.insert(0, repairs_cell(repairs))
    notebook.cells.append(nbformat.from_dict(_graded_by()))
    graded = GradedNotebook(
        text=json.dumps(notebook, ensure_ascii=False) + "\n",  # nbformat's indenting is slow
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


def has_sealed_cases(lab: Lab) -> bool:
    """Tell whether a lab has cases whose seed the sandbox isn't told."""
    return any(
        lab.catalogue.find(name).sealed
        for mine in lab.notebooks.values()
        for name, _ in groups_wanted(lab, originals(mine).source)
    )


Judged = dict[int, tuple[BlockVerdict, ...]]
"""The blocks of the test cells, by their place among the cells that were run."""


def _judge_tests(code: Sequence[NotebookNode], run: Run, answers: Answers) -> Judged:
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
            answers,
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
    answers: Answers,
    runner: Runner,
) -> tuple[Judged, Mapping[str, float]]:
    """Run the notebook once more, with right helpers, where a block may have been lost to a wrong one.

    Of that run's outputs nothing is kept. A cell that ran out of time isn't given more, and what
    comes after the last block in question, a long training for one, isn't run again.
    """
    tests = [Checked(code[at].source, blocks) for at, blocks in judged.items()]
    places = list(judged)
    looks = {places[n]: look for n, look in second_looks(tests, solutions, answers).items()}
    if not looks:
        return judged, {}
    cells: list[Cell | str] = []
    at_last: dict[int, int] = {}
    for at in range(max(looks) + 1):
        if at in looks:
            cells += looks[at].prelude
            at_last[at] = len(cells)
        cells.append("" if run.cells[at].status == "timeout" and at not in looks else job.cells[at])
    again = runner.run(replace(job, cells=tuple(cells)))
    seen = {
        places.index(at): judge_cell(
            code[at].source,
            again.cells[place].observations,
            answers,
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


@cache
def _graded_by() -> dict[str, Any]:
    """Return the cell that says what ran and judged a notebook: the sandbox's Python is this one."""
    return {
        "cell_type": "markdown",
        "id": "labkit-versions",
        "metadata": {},
        "source": f"Calificado con {versions()}.",
    }


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


def _written(
    notebook: NotebookNode, mine: Originals, others: Mapping[str, bytes], lab: Lab
) -> list[Code]:
    """Return the code of a submission, each piece with the instructor's text in its place."""
    codes = [
        Code(name, data.decode("utf-8", "replace"))
        for name, data in others.items()
        if name.endswith(".py")
    ]
    for number, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), 1):
        name = grade_id(cell)
        if name in mine.named:
            text = cell.source if is_locked(cell) else mine.named[name].given.source
        elif mine.given_as_it_was(cell):
            text = cell.source
        else:
            at = mine.given_at(cell)
            text = "" if at is None else mine.source.cells[at].source
            name = str(cell.get("id")) if text else f"code cell {number}"
        forbidden = lab.catalogue.find(name).forbidden if name in lab.catalogue else ()
        codes.append(
            Code(name, cell.source, text, is_answer=is_solution(cell), forbidden=forbidden)
        )
    return codes


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
    told = _WHY_NOT.get(run.cells[at].status)
    if told is not None:
        return told
    return SILENCE if failed is None else why_silent(failed, cells)


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


_WHY_NOT = {
    "timeout": "La celda se quedó sin tiempo: ¿hay un ciclo que no termina?",
    "died": "El programa terminó en medio de esta celda: ¿llama a `os._exit`, o usa algo escrito en C?",
    "limit": "La celda pasó de un límite (de memoria, de procesos o de salida) y hubo que terminarla.",
    "not-run": "La celda no corrió: el notebook ya había usado todo su tiempo.",
}


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


def refresh_runners() -> None:
    """Start the sandbox's server of each warm runner again if it has ended."""
    for runner in _runners.values():
        runner.refresh()


def prepare(lab: Lab, *, require_sandbox: bool = False) -> None:
    """Do what grading any submission of a lab needs, once; raise `SandboxError` if nothing can run.

    Afterwards a fork of this process may grade.
    """
    for mine in lab.notebooks.values():
        source = originals(mine).source
        torch = bool(lab_options(source).get("torch", False))
        _runner(torch=torch, require_sandbox=require_sandbox).run(Job(cells=()))
        for cell in source.cells:
            if is_graded_code(cell):
                _warm_up_judge(cell.source, Answers(lab.catalogue, 0))


def _warm_up_judge(source: str, answers: Answers) -> None:
    """Judge wrong answers to a test cell, so that what this loads and keeps is there for all."""
    for block in read_blocks(source):
        for check in block.checks:
            calls = {}
            if "group" in check.arguments:
                brief = answers.find(check.arguments["name"])
                groups = brief.groups_of(check.arguments["group"])
                count = sum(len(answers.asked(brief.name, group)) for group in groups)
                calls[brief.name] = (Call(0.0),) * count
            judge(check, Observation(block.id, 0, check.kind, calls=calls), answers)


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
    "has_sealed_cases",
    "lab_options",
    "originals",
    "prepare",
    "refresh_runners",
    "repairs_of",
    "submission",
]
