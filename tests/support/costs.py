"""What a mistake costs: the marks of the blocks of a lab that it fails."""

import copy
import json
from functools import cache
from pathlib import Path

import numpy as np

from grader.catalogue import Catalogue, read_sources
from grader.comparison import TOLERANCE, TOLERANCE_FLOAT32, is_single
from grader.judging import read_blocks

ROOT = Path(__file__).parents[2]


@cache
def cells(lab):
    """Return the cells of a lab's source."""
    path = ROOT / "source" / lab / f"{lab}.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


@cache
def catalogue(lab):
    """Return the course's exercises, with a lab's solutions."""
    named = [(cell["metadata"].get("nbgrader", {}), "".join(cell["source"])) for cell in cells(lab)]
    solutions = {nbgrader["grade_id"]: text for nbgrader, text in named if nbgrader.get("solution")}
    return Catalogue(read_sources(ROOT / "exercises"), solutions)


def said_in(lab, words):
    """Tell whether a lab's text says `words`, however its lines are broken."""
    text = " ".join(" ".join("".join(cell["source"]).split()) for cell in cells(lab))
    return words in text


def plain(value):
    """Return what came of a call as nested lists of arrays, and words and None as they are."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, tuple | list):
        return [plain(part) for part in value]
    return value if value is None or isinstance(value, str) else np.asarray(value, dtype=float)


def agree(one, other, tolerance=TOLERANCE):
    """Tell whether two results agree, within the tolerance that checks have."""
    if isinstance(one, list) and isinstance(other, list):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(agree(*pair, tolerance) for pair in pairs)
    if not (isinstance(one, np.ndarray) and isinstance(other, np.ndarray)):
        return type(one) is type(other) and one == other
    scale = max(1.0, np.abs(other).max(initial=0.0))
    return one.shape == other.shape and bool(
        np.abs(one - other).max(initial=0.0) <= tolerance * scale
    )


def group_passes(catalogue, name, group, function, seed, outputs=()):
    """Tell whether `function` answers every case of a group as torch does, in what it compares."""
    exercise = catalogue.find(name)
    names = [output.name for output in exercise.outputs]
    kept = [
        place
        for place, output in enumerate(names)
        if output in (outputs or exercise.compared_in(group))
    ]

    def compared(result):
        results = [result] if len(names) == 1 else list(result)
        return plain([results[place] for place in kept]) if len(results) == len(names) else None

    return all(
        agree(
            compared(catalogue.call(exercise, function, copy.deepcopy(case.args))),
            compared(exercise.reference(*case.args)),
            TOLERANCE_FLOAT32 if any(map(is_single, case.args)) else TOLERANCE,
        )
        for case in exercise.cases(group, seed)
    )


def _fails(catalogue, name, function, seed, check):
    arguments = check.arguments
    if arguments.get("name") != name:
        return False
    try:
        passed = group_passes(
            catalogue, name, arguments["group"], function, seed, arguments.get("outputs") or ()
        )
    except Exception:  # noqa: BLE001 - whatever a wrong solution raises
        return True
    return not passed


def costs(lab, name, mistake, seed=2023):
    """Return the marks of each block that `mistake`, made in the exercise `name`, fails."""
    exercises = catalogue(lab)
    function = exercises.mutant(exercises.find(name), (mistake,))
    code = [cell for cell in cells(lab) if cell["cell_type"] == "code"]
    graded = [cell for cell in code if cell["metadata"].get("nbgrader", {}).get("grade")]
    blocks = [block for cell in graded for block in read_blocks("".join(cell["source"]))]
    return {
        block.id: block.points
        for block in blocks
        if any(_fails(exercises, name, function, seed, check) for check in block.checks)
    }
