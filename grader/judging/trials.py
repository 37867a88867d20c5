"""Try the named mistakes of an exercise on the checks that a lab makes of it, as a student would.

A lab whose checks let a known mistake pass, or take it for another, isn't ready for students.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from grader.fingerprints import is_right, matches
from grader.observation import Observation
from grader.session import Check
from grader.verdicts import judge

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grader.exercise import Exercise, Mistake
    from grader.fingerprints import Fingerprint
    from grader.judging.answers import Answers


@dataclass(frozen=True)
class Trial:
    """How one mistake fared: why it isn't caught, or an empty string if it is."""

    exercise: str
    mistake: str
    problem: str = ""


def try_mistakes(name: str, checks: Sequence[Check], answers: Answers) -> tuple[Trial, ...]:
    """Put each mistake of the exercise `name` in place of its solution, under `checks`.

    A mistake is caught if some check fails and each that fails knows it by its name, be it among
    others that look the same there. (A sealed exercise only counts right answers, so there failing is
    enough.)
    """
    exercise = answers.catalogue.find(name)
    return tuple(
        Trial(name, mistake.name, _problem(exercise, mistake, checks, answers))
        for mistake in exercise.mistakes
    )


def try_solution(name: str, answers: Answers) -> list[str]:
    """Say where the instructor's solution of an exercise and its reference disagree."""
    exercise = answers.catalogue.find(name)
    if exercise.sealed or not answers.catalogue.has_solution(exercise):
        return []
    function = answers.catalogue.solution(exercise)
    problems = []
    for group in exercise.groups:
        check = Check("check_torch", {"name": name, "group": group})
        verdict = judge(check, _observed(exercise, function, [group], answers), answers)
        if not verdict.passed:
            problems.append(
                f"the solution of {name} and its reference disagree in the group {group!r}: "
                f"{verdict.message}"
            )
    return problems


def twins(name: str, answers: Answers) -> list[tuple[str, str]]:
    """Name the mistakes of an exercise that no group of it tells apart."""
    exercise = answers.catalogue.find(name)
    if exercise.sealed:
        return []
    alike: dict[tuple[str, str], list[bool]] = {}
    for group in exercise.groups:
        left = _left_alone(name, group, answers)
        for one, other in combinations(left, 2):
            same = all(map(matches, left[one], left[other]))
            alike.setdefault((one, other), []).append(same)
    return [pair for pair, same in alike.items() if all(same)]


def alike_in_groups(name: str, answers: Answers) -> dict[str, list[tuple[str, str]]]:
    """Name, by group, the mistakes that it fails and can't tell apart."""
    exercise = answers.catalogue.find(name)
    if exercise.sealed:
        return {}
    found: dict[str, list[tuple[str, str]]] = {}
    for group in exercise.groups:
        left = {
            mistake: marks
            for mistake, marks in _left_alone(name, group, answers).items()
            if not all(map(is_right, marks))
        }
        found[group] = [
            (one, other)
            for one, other in combinations(left, 2)
            if all(map(matches, left[one], left[other]))
        ]
    return {group: pairs for group, pairs in found.items() if pairs}


def _left_alone(name: str, group: str, answers: Answers) -> dict[str, list[Fingerprint]]:
    """Return what each mistake leaves on the cases of a group."""
    exercise = answers.catalogue.find(name)
    count = len(answers.cases(name, group))
    return {
        mistake.name: [answers.left(name, group, at, (mistake.name,)) for at in range(count)]
        for mistake in exercise.mistakes
    }


def _observed(
    exercise: Exercise, function: Callable[..., Any], groups: Sequence[str], answers: Answers
) -> Observation:
    """Observe a function on the cases of groups, as a check_torch does."""
    calls = tuple(
        answers.observe(exercise, function, case)
        for group in groups
        for case in answers.cases(exercise.name, group)
    )
    return Observation("", 0, "check_torch", calls={exercise.name: calls})


def _problem(
    exercise: Exercise, mistake: Mistake, checks: Sequence[Check], answers: Answers
) -> str:
    function = answers.catalogue.mutant(exercise, (mistake.name,))
    failed = {}
    for check in checks:
        group = check.arguments["group"]
        observed = _observed(exercise, function, exercise.brief.groups_of(group), answers)
        verdict = judge(check, replace(observed, kind=check.kind), answers)
        if not verdict.passed:
            failed[group] = verdict.explanations
    if not failed:
        return "loses no marks: check a group of cases that it gets wrong"
    if exercise.sealed:
        return ""
    for group, found in failed.items():
        if (mistake.name,) not in found and exercise.explains(group):
            taken = " or ".join(name for made in found for name in made)
            called = f"taken for {taken}" if taken else "not recognised"
            return f"is {called} in the group {group!r}"
    return ""
