"""Try the named mistakes of an exercise on the checks that a lab makes of it, as a student would.

A lab whose checks let a known mistake pass, or take it for another, isn't ready for students.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grader.checks import groups_of, observe
from grader.exercises.cases import find
from grader.exercises.mistakes import mistakes_of
from grader.judging.verdicts import judge
from grader.observation import Observation
from grader.session import Session, current_session, use_session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.exercises.base import Exercise
    from grader.exercises.mistakes import Mistake
    from grader.session import Check


@dataclass(frozen=True)
class Trial:
    """How one mistake fared: why it isn't caught, or an empty string if it is."""

    exercise: str
    mistake: str
    problem: str = ""


def try_mistakes(name: str, checks: Sequence[Check], seed: int) -> tuple[Trial, ...]:
    """Put each mistake of the exercise `name` in place of its solution, under `checks`.

    A mistake is caught if, on cases made from `seed`, some check fails and each that fails knows it
    by its name. (A sealed exercise only counts right answers, so there failing is enough.)

    >>> from grader.session import Check
    >>> basic = Check("check_torch", {"name": "zero_pad", "group": "basic"})
    >>> [t.mistake for t in try_mistakes("zero_pad", [basic], 2023) if t.problem][:1]
    ['slices_with_minus_pad']
    """
    exercise = find(name)
    before = current_session()
    use_session(Session(seed, judge=lambda _check, _observation: None))
    try:
        return tuple(
            Trial(name, mistake.name, _problem(exercise, mistake, checks, seed))
            for mistake in mistakes_of(exercise)
        )
    finally:
        use_session(before)


def _problem(exercise: Exercise, mistake: Mistake, checks: Sequence[Check], seed: int) -> str:
    failed = {}
    for check in checks:
        group = check.arguments["group"]
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            calls = {exercise.name: observe(mistake.function, exercise, groups_of(exercise, group))}
        verdict = judge(check, Observation("", 0, check.kind, calls=calls), seed=seed)
        if not verdict.passed:
            failed[group] = verdict.mistake
    if not failed:
        return "loses no marks: check a group of cases that it gets wrong"
    for group, called in failed.items():
        if called != mistake.name and not exercise.sealed:
            taken = f"taken for {called}" if called else "not recognised"
            return f"is {taken} in the group {group!r}"
    return ""
