"""Every exercise of the course: its solution passes, its mistakes fail and are known by name."""

import itertools
import re

import numpy as np
import pytest
from course import answers_on, catalogue_with, judged, observed, observed_at_home, verdicts
from tiny import ROOT

from grader.catalogue import read_sources
from grader.course.labs import Lab
from grader.judging.answers import Answers
from grader.key import read_key, write_key
from grader.observation import Tensor

pytestmark = pytest.mark.slow

SEEDS = (2023, 7, 2**100 + 1)
EVERY = list(Lab("", {}, {}, read_sources(ROOT / "exercises")).catalogue)
EXERCISES = [exercise for exercise in EVERY if not exercise.sealed]  # those have no oracle
MISTAKES = [(e, m) for e in EXERCISES for m in e.mistakes]
SPECIFIC_MISTAKES = 5


def as_student(exercise):
    """Return the oracle as a student's function: it returns arrays or tensors, not observations."""
    return lambda *arguments: plain(exercise.reference(*arguments))


def plain(value):
    """Turn what an oracle returns into what a student's function returns."""
    if isinstance(value, Tensor):
        import torch

        return torch.tensor(value.array)
    if isinstance(value, tuple):
        return tuple(plain(part) for part in value)
    return value


PLAIN = [e for e in EXERCISES if not e.driver and not e.facts]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_solution_passes_every_group(exercise, seed):
    """What the instructor wrote agrees with torch in all groups, whatever the seed."""
    found = verdicts(exercise, catalogue_with(exercise.name).solution(exercise), seed)
    assert {group: v.message for group, v in found.items() if not v.passed} == {}


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES, ids=lambda x: getattr(x, "name", x))
@pytest.mark.parametrize("seed", SEEDS[:2])
def test_a_mistake_is_rejected_and_recognised(exercise, mistake, seed):
    """A named mistake fails some group, and wherever it fails it is among what explains that."""
    function = catalogue_with(exercise.name).mutant(exercise, (mistake.name,))
    failed = {g: v for g, v in verdicts(exercise, function, seed).items() if not v.passed}
    assert failed
    known = [v for group, v in failed.items() if exercise.explains(group)]
    assert all((mistake.name,) in v.explanations for v in known)
    assert all(mistake.hint in v.message for v in known if v.mistakes)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_a_key_knows_what_the_judge_knows(exercise, monkeypatch):
    """With its key and its drivers alone, a lab sees and knows of each mistake what the judge does."""
    # Pairs of mistakes are thousands of calls, and `verdicts/test_recognise.py`'s.
    monkeypatch.setattr(Answers, "all_pairs", lambda *_: [])
    answers = answers_on(exercise.name)
    key = read_key(write_key(answers.for_students((exercise.name, g) for g in exercise.groups)))
    catalogue = catalogue_with(exercise.name)
    for mistake in exercise.mistakes:
        function = catalogue.mutant(exercise, (mistake.name,))
        here, there = observed_at_home(exercise, function, key), observed(exercise, function)
        assert [*map(failures_of, here.values())] == [*map(failures_of, there.values())]
        at_home, graded = judged(exercise, here, key), judged(exercise, there, answers)
        for group in filter(exercise.explains, exercise.groups):
            assert known_of(at_home[group]) == known_of(graded[group])


def failures_of(sent):
    """Return which exceptions came, and of which function, whoever drove it."""
    failures = [call.failure for calls in sent.calls.values() for call in calls]
    return [failure and (failure.type_name, failure.function) for failure in failures]


def known_of(verdict):
    """Return what is known of why a check failed, whatever may be told of what was expected."""
    return verdict.passed, verdict.explanations, verdict.hint if verdict.explanations else ""


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_an_exercise_names_its_likely_mistakes(exercise):
    """Each exercise has at least five mistakes of its own, with names that differ."""
    names = [mistake.name for mistake in exercise.mistakes]
    assert len(set(names)) == len(names) >= SPECIFIC_MISTAKES


def nothing(_value):
    """Answer None."""
    return


DEGENERATE = {
    "zeros": lambda value: changed(value, np.zeros_like),
    "ones": lambda value: changed(value, np.ones_like),
    "mean": lambda value: changed(value, lambda a: np.full(a.shape, a.mean() if a.size else 0)),
    "nothing": nothing,
}


def changed(value, how):
    """Apply `how` to the numbers of an answer."""
    if isinstance(value, Tensor):
        return Tensor(changed(value.array, how))
    if isinstance(value, tuple | list):
        return type(value)(changed(part, how) for part in value)
    if isinstance(value, dict):
        return {name: changed(part, how) for name, part in value.items()}
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        return how(value)
    if isinstance(value, float | int) and not isinstance(value, bool):
        return how(np.asarray([value, value + 1])).tolist()[0]
    return value


@pytest.mark.parametrize("kind", DEGENERATE)
@pytest.mark.parametrize("exercise", PLAIN, ids=lambda e: e.name)
def test_no_group_is_passed_without_an_answer(exercise, kind):
    """Zeros, ones, a mean or None earn nothing anywhere, and nor does an argument given back."""
    right = []

    def lazy(*arguments):
        answer = exercise.reference(*arguments)
        right.append(repr(answer) == repr(DEGENERATE[kind](answer)))
        return plain(DEGENERATE[kind](answer))

    found = verdicts(exercise, lazy)
    if all(right):  # the mean of what is the same everywhere
        return
    assert [group for group, verdict in found.items() if verdict.passed] == []
    count = len(exercise.outputs)
    echoed = verdicts(exercise, lambda *a: a[0] if count == 1 else (a[0],) * count)
    assert [group for group, verdict in echoed.items() if verdict.passed] == []


def arrays_in(value):
    """Yield the arrays inside a tree of arguments."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, tuple | list):
        yield from itertools.chain.from_iterable(map(arrays_in, value))


def spoil(value, how):
    """Apply `how` to each float array of an output."""
    if isinstance(value, tuple):
        return tuple(spoil(part, how) for part in value)
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return how(value)
    return value


def with_nan(array):
    """Return `array` with its last value replaced by NaN."""
    spoiled = np.array(array)
    spoiled.reshape(-1)[-1] = np.nan
    return spoiled


OUTPUT_MUTANTS = {
    "nan": with_nan,
    "list": lambda array: array.tolist(),
    "complex": lambda array: array + 0j,
    "object": lambda array: array.astype(object),
    "transposed": lambda array: array[np.newaxis],
    "slightly_off": lambda array: array + 1e-3 * max(1, np.abs(array).max()),
    "half_precision": lambda array: (array + np.pi).astype(np.float16) - np.float16(np.pi),
}


def returns_float_arrays(exercise):
    """Tell whether the exercise's oracle returns an array of floats on its first case."""
    case = exercise.cases(next(iter(exercise.groups)), 1)[0]
    result = exercise.reference(*case.args)
    parts = result if isinstance(result, tuple) else (result,)
    return all(isinstance(p, np.ndarray | tuple) for p in parts) and any(
        isinstance(p, np.ndarray) and p.dtype.kind == "f" and p.size for p in parts
    )


SPOILED = [
    (exercise, mutant)
    for exercise in filter(returns_float_arrays, PLAIN)
    for mutant in OUTPUT_MUTANTS
    if (exercise.name, mutant) != ("one_hot_encode", "half_precision")  # which holds zeros and ones
]


@pytest.mark.parametrize(("exercise", "mutant"), SPOILED, ids=lambda x: getattr(x, "name", x))
def test_a_spoiled_result_is_rejected(exercise, mutant):
    """NaN, a list, another dtype, another shape or lost precision fail the first group."""
    oracle = as_student(exercise)
    found = verdicts(exercise, lambda *a: spoil(oracle(*a), OUTPUT_MUTANTS[mutant]))
    assert not next(iter(found.values())).passed


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_an_unfilled_stub_is_rejected_kindly(exercise):
    """A stub that raises NotImplementedError fails every group and is told what to do."""

    def stub(*_arguments, **_options):
        raise NotImplementedError

    found = verdicts(exercise, stub)
    assert not any(v.passed for v in found.values())
    assert all("todavía no está implementada" in v.message for v in found.values())


def takes_arrays(exercise):
    """Tell whether the exercise's first case has arrays among its arguments."""
    case = exercise.cases(next(iter(exercise.groups)), 1)[0]
    return any(array.flags.writeable for array in arrays_in(case.args))


@pytest.mark.parametrize("exercise", [e for e in PLAIN if takes_arrays(e)], ids=lambda e: e.name)
def test_changing_an_argument_in_place_is_rejected(exercise):
    """A correct result doesn't excuse a function that changes its input."""
    oracle = as_student(exercise)

    def careless(*arguments):
        result = oracle(*arguments)
        for array in arrays_in(arguments):
            np.add(array, 1, out=array, casting="unsafe")
        return result

    first = next(iter(verdicts(exercise, careless).values()))
    assert not first.passed
    assert re.search("cambió sus? argumento", first.message)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_cases_come_from_their_seed_alone(exercise):
    """The same seed makes the same cases, whatever was drawn before, and another seed others."""

    def flat(seed):
        cases = [c for g in exercise.groups for c in exercise.cases(g, seed)]
        return [a.ravel().tolist() for c in cases for a in arrays_in(c.args)]

    once = flat(1)
    np.random.rand(3)
    assert flat(1) == once
    if any(len(values) > 1 for values in once):
        assert flat(2) != once
