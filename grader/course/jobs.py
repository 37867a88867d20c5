"""What to run of a restored notebook, and the warm runners that run it.

A test cell needs names that other cells bind: each cell's role says what for, so that the runner
can still give what it needs when a cell of the student's fails.
"""

from __future__ import annotations

import atexit
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from grader.course.labs import groups_wanted, lab_options, originals
from grader.course.submissions.files import job_files
from grader.course.submissions.originals import SHOW_ONLY, is_graded_code, is_solution
from grader.course.submissions.texts import imported_in, names_of
from grader.judging import Answers, judge, read_blocks
from grader.key import write_key
from grader.observation import Call, Observation
from grader.running.runner import Cell, Job, Limits, Runner

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbformat import NotebookNode

    from grader.course.labs import Lab, LabNotebook
    from grader.course.submissions.originals import Originals


def cells_to_run(notebook: NotebookNode, source: NotebookNode) -> list[NotebookNode]:
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


def make_job(
    lab: Lab,
    mine: LabNotebook,
    code: Sequence[NotebookNode],
    others: Mapping[str, bytes],
    seed: int,
    answers: Answers,
) -> Job:
    """Make the job of running these cells of a restored notebook, beside what was handed in with it."""
    own = originals(mine)
    roles = _roles(mine)
    options = lab_options(own.source)
    return Job(
        cells=tuple(_job_cell(cell, own, roles) for cell in code),
        seed=seed,
        key=write_key(answers.for_the_sandbox(groups_wanted(lab, mine)), small=False),
        files=job_files(others, lab.files),
        torch=bool(options.get("torch", False)),
        limits=Limits(**options.get("limits", {})),
    )


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


_runners: dict[tuple[bool, bool], Runner] = {}
_runners_lock = threading.Lock()


def warm_runner(*, torch: bool, require_sandbox: bool) -> Runner:
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
        warm_runner(torch=torch, require_sandbox=require_sandbox).run(Job(cells=()))
        _roles(mine)  # these two are kept, and the same for each submission
        groups_wanted(lab, mine)
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
