"""What a run came to: the verdicts on its test cells, what a person should see, the graded notebook."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import nbformat

from grader.course.labs import lab_options
from grader.course.pages import tame
from grader.course.submissions.originals import grade_id, is_graded_code, is_locked, is_solution
from grader.course.submissions.restore import repairs_cell
from grader.judging import (
    ALWAYS_FORBIDDEN,
    BlockVerdict,
    Checked,
    Code,
    Flag,
    Solution,
    answered_in,
    fallen,
    forbidden_names,
    judge_cell,
    second_looks,
    settle,
    told_once,
    why_silent,
)
from grader.marks import render_block
from grader.observation import ObservationError, decode
from grader.versions import versions
from grader.words import _, later

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbformat import NotebookNode

    from grader.course.labs import Lab
    from grader.course.submissions.originals import Originals
    from grader.judging import Answers, Fallen
    from grader.observation import Call
    from grader.running.runner import Cell, CellRun, Job, Run, Runner

Judged = dict[int, tuple[BlockVerdict, ...]]
"""The blocks of the test cells, by their place among the cells that were run."""


def judge_run(
    code: Sequence[NotebookNode],
    job: Job,
    run: Run,
    source: NotebookNode,
    answers: Answers,
    runner: Runner,
) -> tuple[Judged, Mapping[str, float]]:
    """Judge a run's test cells, and say what a second run with right helpers cost, if one was made."""
    judged = _judge_tests(code, run, answers)
    return _look_again(code, job, run, judged, _solutions(source), answers, runner)


def _judge_tests(code: Sequence[NotebookNode], run: Run, answers: Answers) -> Judged:
    """Judge the test cells of a run, and give what failed in other cells as the reason where it is."""
    failed = [
        fallen(grade_id(cell), cell.source, ran.outputs)
        for cell, ran in zip(code, run.cells, strict=True)
    ]
    cells = [one for one in failed if one is not None]
    tests = [at for at, cell in enumerate(code) if is_graded_code(cell)]

    @cache
    def answered() -> Mapping[str, Mapping[str, Sequence[Call]]]:
        return answered_in((code[at].source, run.cells[at].observations) for at in tests)

    return {
        at: judge_cell(
            code[at].source,
            run.cells[at].observations,
            answers,
            cells=cells,
            silence=_silence(run, at, failed[at], cells),
            answered=lambda name: answered().get(name, {}),
        )
        for at in tests
    }


def _silence(run: Run, at: int, failed: Fallen | None, cells: Sequence[Fallen]) -> str:
    """Say why a test cell observed nothing, should that be so, where it is known."""
    told = _WHY_NOT.get(run.cells[at].status)
    if told is not None:
        return _(told)
    return "" if failed is None else why_silent(failed, cells)


_WHY_NOT = {
    "timeout": later("La celda se quedó sin tiempo: ¿hay un ciclo que no termina?"),
    "died": later(
        "El programa terminó en medio de esta celda: ¿llama a `os._exit`, o usa algo escrito en C?"
    ),
    "limit": later(
        "La celda pasó de un límite (de memoria, de procesos o de salida) y hubo que terminarla."
    ),
    "not-run": later("La celda no corrió: el notebook ya había usado todo su tiempo."),
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


# ----------------------------------------------------------------------- the graded notebook


def keep_outputs(code: Sequence[NotebookNode], run: Run) -> None:
    """Write into the cells what they put out, as far as it only shows something."""
    for cell, ran in zip(code, run.cells, strict=True):
        cell.outputs = [nbformat.from_dict(_only_shows(output)) for output in ran.outputs]
        cell.execution_count = ran.execution_count


SAFE_TYPES = ("text/plain", "image/png", "image/jpeg")
"""What of a student's outputs is kept: nothing that runs a script in the browser of who grades."""


def _only_shows(output: dict[str, Any]) -> dict[str, Any]:
    """Leave of a student's output what only shows something."""
    if "data" not in output:
        return output
    kept = {kind: data for kind, data in output["data"].items() if kind in SAFE_TYPES}
    told = {"text/plain": f"[{', '.join(output['data'])}]"}
    return {**output, "metadata": {}, "data": kept or told}


def write_verdicts(code: Sequence[NotebookNode], judged: Judged) -> dict[str, float]:
    """Write into the test cells how their blocks went; return the cells' scores, by grade_id."""
    told = told_once(block for blocks in judged.values() for block in blocks)
    for at, blocks in judged.items():
        code[at].outputs.extend(_shown(block, told[block.id]) for block in blocks)
    return {grade_id(code[at]): _score(code[at], blocks) for at, blocks in judged.items()}


def _score(cell: NotebookNode, blocks: Sequence[BlockVerdict]) -> float:
    points = float(cell.metadata.nbgrader.points)
    return min(points, sum(block.awarded for block in blocks))


def _shown(block: BlockVerdict, messages: Sequence[str]) -> NotebookNode:
    """Return the output that tells a student how a block went."""
    details, panels = (block.details, block.panels) if messages == block.messages else ((), ())
    passed = not block.failed
    text, page = render_block(
        block.id, block.points, block.awarded, messages, details, panels, passed=passed
    )
    return nbformat.from_dict(  # type: ignore[no-any-return]
        {
            "output_type": "display_data",
            "data": {"text/plain": text, "text/html": page},
            "metadata": {},
        }
    )


def finished(notebook: NotebookNode, mine: Originals, repairs: Sequence[str]) -> str:
    """Return the graded notebook's text: prose tamed, repairs on top, and below what graded it."""
    for cell in notebook.cells:
        if cell.cell_type != "code" and not is_locked(cell) and not mine.given_as_it_was(cell):
            cell.source = tame(cell.source)
    if repairs:
        notebook.cells.insert(0, repairs_cell(repairs))
    notebook.cells.append(nbformat.from_dict(_graded_by()))
    return json.dumps(notebook, ensure_ascii=False) + "\n"  # nbformat's indenting is slow


_computing_here = cache(versions)


def _graded_by() -> dict[str, Any]:
    """Return the cell that says what ran and judged a notebook: the sandbox's Python is this one."""
    return {
        "cell_type": "markdown",
        "id": "labkit-versions",
        "metadata": {},
        "source": _("Calificado con {versions}.").format(versions=_computing_here()),
    }


# ---------------------------------------------------------------- what a person should see


def flags_of_run(code: Sequence[NotebookNode], run: Run, judged: Judged) -> list[Flag]:
    """Return what a person should see of a run and of its verdicts."""
    blocks = {grade_id(code[at]): found for at, found in judged.items()}
    flags = []
    if run.status != "ok":
        flags.append(
            Flag("", 0, f"the notebook had to go on without a cell ({run.status}): “{run.reason}”")
        )
    flags += [
        Flag(test, 0, what)
        for test, found in blocks.items()
        for block in found
        for what in block.flags
    ]
    return flags + _lost_to_an_error(blocks, list(zip(code, run.cells, strict=True)))


def flags_of_text(
    notebook: NotebookNode, mine: Originals, others: Mapping[str, bytes], lab: Lab
) -> list[Flag]:
    """Return the names in what a student wrote that the kit, the lab or the exercise forbids."""
    forbidden = (*ALWAYS_FORBIDDEN, *lab_options(mine.source).get("forbidden", ()))
    return [*forbidden_names(_written(notebook, mine, others, lab), forbidden)]


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
    answered = {name for _cell, one in ran for data in one.observations for name in _answered(data)}
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
