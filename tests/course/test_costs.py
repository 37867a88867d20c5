"""What a mistake costs in the first labs: the groups in which it is seen, and what the texts say."""

import re
from contextlib import nullcontext
from functools import cache

import nbformat
import numpy as np
import pytest
from course import answers_on, by_wire, catalogue_with
from tiny import ROOT

from grader.course.submissions.originals import is_graded_code
from grader.hashes import array_matches, scalar_matches
from grader.judging import judge, read_blocks
from grader.observation import Observation

LABS = ("01-convolution", "02-pooling")
FIGURES = ("check_hash", "check_scalar")
SAID = {
    "01-convolution": ("conv_forward", "ignores_stride_in_windows"),
    "02-pooling": ("pool_backward", "assigns"),
}
COUNTED = {"una": 1, "dos": 2, "tres": 3, "cuatro": 4}


def graded(lab):
    """Return the test cells of a lab, and the marks block of each."""
    cells = nbformat.read(ROOT / "source" / lab / f"{lab}.ipynb", as_version=4).cells
    return [(c.source, *read_blocks(c.source)) for c in cells if is_graded_code(c)]


@cache
def calls(name, mistake, group):
    """Return what the solution with a mistake is seen to do in the cases of a group."""
    exercise, ours = catalogue_with(name).find(name), answers_on(name)
    function = catalogue_with(name).mutant(exercise, (mistake,))
    return tuple(ours.observe(exercise, function, case) for case in ours.cases(name, group))


def fails(check, mistake):
    """Tell whether a check_torch fails the solution with a mistake."""
    name = check.arguments["name"]
    made = calls(name, mistake, check.arguments["group"])
    sent = Observation("", 0, "check_torch", calls={name: made})
    return not judge(check, by_wire(sent), answers_on(name)).passed


def misses_a_figure(source, name, mistake):
    """Run a test cell on the solution with a mistake; tell whether a known figure isn't met."""
    catalogue = catalogue_with(name)
    missed = []
    space = {
        "np": np,
        name: catalogue.mutant(catalogue.find(name), (mistake,)),
        "marks": lambda *_: nullcontext(),
        "check_torch": lambda *_, **__: None,
        "check_hash": lambda got, known: missed.append(not array_matches(got, known)),
        "check_scalar": lambda got, known: missed.append(not scalar_matches(got, known)),
    }
    try:
        exec(source, space)
    except Exception:  # noqa: BLE001 - what raises earns nothing either
        return True
    return any(missed)


WITH_FIGURES = [
    (source, block)
    for lab in LABS
    for source, block in graded(lab)
    if any(check.kind in FIGURES for check in block.checks)
]


@pytest.mark.slow
@pytest.mark.parametrize(("source", "block"), WITH_FIGURES, ids=lambda x: getattr(x, "id", ""))
def test_a_known_figure_costs_nothing_that_its_group_does_not(source, block):
    """A mistake that leaves a group's cases right leaves right the figures in its cell, too.

    But for one that raises where sizes don't happen to fit: there is no figure then.
    """
    name = block.id.partition("/")[0]
    (compared,) = [check for check in block.checks if check.kind == "check_torch"]
    mistakes = [m.name for m in catalogue_with(name).find(name).mistakes if not m.alone]
    unseen = [one for one in mistakes if not fails(compared, one)]
    assert [one for one in unseen if misses_a_figure(source, name, one)] == []


@pytest.mark.parametrize("lab", LABS)
def test_a_mistake_costs_what_the_text_says(lab):
    """The example of how marks are lost names as many tests and marks as it costs."""
    text = (ROOT / "source" / lab / f"{lab}.ipynb").read_text(encoding="utf-8")
    text = re.sub(r'\\n",\s*"\s*', " ", text)
    name, mistake = SAID[lab]
    said = re.search(
        rf"si tu `{name}` [^.]*fallan (\w+) \([^)]*\) y pierdes (\d+) de sus (\d+) puntos", text
    )
    blocks = [block for _, block in graded(lab) if block.id.startswith(f"{name}/")]
    lost = [
        b for b in blocks if any(fails(c, mistake) for c in b.checks if c.kind == "check_torch")
    ]
    assert COUNTED[said[1]] == len(lost)
    assert int(said[2]) == sum(block.points for block in lost)
    assert int(said[3]) == sum(block.points for block in blocks)
