"""Try the named mistakes of an exercise on the checks that a lab makes of it, as a student would.

A lab whose checks let a known mistake pass, or take it for another, isn't ready for students.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.observation import Observation
from grader.verdicts import judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.exercise import Exercise, Mistake
    from grader.judging.answers import Answers
    from grader.session import Check


@dataclass(frozen=True)
class Trial:
    """How one mistake fared: why it isn't caught, or an empty string if it is."""

    exercise: str
    mistake: str
    problem: str = ""


def try_mistakes(name: str, checks: Sequence[Check], answers: Answers) -> tuple[Trial, ...]:
    """Put each mistake of the exercise `name` in place of its solution, under `checks`.

    A mistake is caught if some check fails and each that fails knows it by its name. (A sealed
    exercise only counts right answers, so there failing is enough.)
    """
    exercise = answers.catalogue.find(name)
    return tuple(
        Trial(name, mistake.name, _problem(exercise, mistake, checks, answers))
        for mistake in exercise.mistakes
    )


def _problem(
    exercise: Exercise, mistake: Mistake, checks: Sequence[Check], answers: Answers
) -> str:
    function = answers.catalogue.mutant(exercise, mistake)
    failed = {}
    for check in checks:
        group = check.arguments["group"]
        calls = tuple(
            answers.observe(exercise, function, case)
            for one in exercise.brief.groups_of(group)
            for case in answers.cases(exercise.name, one)
        )
        observed = Observation("", 0, check.kind, calls={exercise.name: calls})
        verdict = judge(check, observed, answers)
        if not verdict.passed:
            failed[group] = verdict.mistake
    if not failed:
        return "loses no marks: check a group of cases that it gets wrong"
    for group, called in failed.items():
        if called != mistake.name and not exercise.sealed:
            taken = f"taken for {called}" if called else "not recognised"
            return f"is {taken} in the group {group!r}"
    return ""
