"""What only pooling promises: a mistake loses its own groups, and no window has two maxima."""

from __future__ import annotations

import numpy as np
import pytest

from grader.exercises.cases import find
from grader.exercises.mistakes import mistakes_of
from grader.hashes import array_hash
from grader.judging.diagnosis import asked_cases, find_problem
from grader.observation import Call, failure_of, freeze

pytestmark = pytest.mark.slow

SEEDS = (2023, 7, 20_000)


def mistaken(exercise_name, mistake_name):
    """Return the function of a named mistake."""
    found = {mistake.name: mistake for mistake in mistakes_of(find(exercise_name))}
    return found[mistake_name].function


def lost_groups(exercise_name, mistake_name, seed):
    """Return the groups of an exercise that reject a mistake."""
    exercise = find(exercise_name)
    function = mistaken(exercise_name, mistake_name)
    lost = set()
    for group in exercise.groups:
        asked = asked_cases(exercise, [group], seed)
        if find_problem(exercise, asked, [called(function, one.case.args) for one in asked]):
            lost.add(group)
    return lost


def called(function, args):
    """Return the observation of one call."""
    try:
        return Call(freeze(function(*args)))
    except (IndexError, ValueError) as error:
        return Call(failure=failure_of(error))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("exercise", "mistake", "groups"),
    [
        ("pool_forward", "ignores_stride_in_windows", {"stride", "combined"}),
        ("pool_forward", "uses_f_as_stride", {"overlap", "overlap_average", "combined"}),
        ("pool_forward", "always_max", {"average", "overlap_average", "combined"}),
        ("pool_forward", "rounds_up", {"remainder", "combined"}),
        ("pool_forward", "assumes_square", {"rectangular", "combined"}),
        ("pool_forward", "caches_output", {"cache"}),
        ("pool_backward", "assigns", {"overlap", "overlap_average", "combined"}),
        ("pool_backward", "ignores_stride", {"stride", "combined"}),
        ("pool_backward", "uses_f_as_stride", {"overlap", "overlap_average", "combined"}),
        ("pool_backward", "always_max", {"average", "overlap_average", "combined"}),
        ("pool_backward", "drops_leftovers", {"remainder", "combined"}),
        ("pool_backward", "assumes_square", {"rectangular", "combined"}),
    ],
)
def test_mistake_loses_its_own_groups_alone(exercise, mistake, groups, seed):
    """A mistake about one idea loses the groups that test it, and no other."""
    assert lost_groups(exercise, mistake, seed) == groups


@pytest.mark.parametrize(
    ("mode", "figure"), [("max", 679.106109527894), ("average", 731.25558068309)]
)
def test_assigning_gives_the_figures_of_public_notebooks(mode, figure):
    """On the course's own case, assigning gives the wrong figure that public notebooks print."""
    np.random.seed(2023)
    A_prev, dA = np.random.randn(5, 5, 3, 2), np.random.randn(5, 4, 2, 2)
    assigns = mistaken("pool_backward", "assigns")
    dA_prev = assigns(dA, (A_prev, {"f": 2, "stride": 1}), mode)
    assert array_hash(dA_prev) == ((5, 5, 3, 2), pytest.approx(figure))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("exercise", ["pool_forward", "create_mask_from_window", "pool_backward"])
def test_no_case_has_two_equal_values(exercise, seed):
    """Inputs hold no value twice, whatever their dtype, so that no maximum is tied."""
    for group in find(exercise).groups:
        for case in find(exercise).cases(group, seed):
            source = case.args[1][0] if exercise == "pool_backward" else case.args[0]
            assert len(np.unique(source)) == source.size
