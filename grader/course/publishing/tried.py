"""Try a course's exercises before its release: their cases, references, solutions and mistakes."""

from __future__ import annotations

import ast
import copy
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.exercise import StaleEditError
from grader.judging.answers import Answers
from grader.judging.trials import Trial, alike_in_groups, try_mistakes, try_solution, twins
from grader.session import PUBLIC_SEED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.catalogue import Catalogue
    from grader.course.labs import Lab
    from grader.exercise import Exercise, Mistake
    from grader.session import Check


@dataclass(frozen=True)
class Tried:
    """What came of trying an exercise's mistakes, and its solution, in a worker.

    `alike` names the mistakes that some group can't tell apart, a line a pair.
    """

    trials: tuple[Trial, ...]
    problems: tuple[str, ...]
    alike: tuple[str, ...]
    seconds: float


def try_exercise(lab: Lab, name: str, checks: Sequence[Check]) -> Tried:
    """Try the mistakes of an exercise on a lab's checks, and its solution on every group."""
    started = time.perf_counter()
    answers = Answers(lab.catalogue, PUBLIC_SEED)
    problems = try_solution(name, answers)
    problems += (
        f"no group of {name} tells the mistakes {one} and {other} apart: add a case that does, or "
        "drop one"
        for one, other in twins(name, answers)
    )
    trials = try_mistakes(name, checks, answers)
    alike = (
        f"{name}/{group}: {one}, {other}"
        for group, pairs in alike_in_groups(name, answers).items()
        for one, other in pairs
    )
    return Tried(trials, tuple(problems), tuple(alike), time.perf_counter() - started)


def broken_exercises(lab: Lab) -> Iterator[str]:
    """Yield what is wrong with the exercises themselves, before anything runs them."""
    try:
        catalogue = lab.catalogue
    except Exception as error:  # noqa: BLE001 - the course's own modules may raise anything
        yield f"exercises/ can't be loaded: {_told(error)}"
        return
    for exercise in catalogue:
        if not catalogue.has_solution(exercise):
            continue
        if problem := _no_python(catalogue.solution_text(exercise)):
            yield f"{exercise.solution or exercise.name}: the solution isn't Python ({problem})"
            continue
        problems = [_unfit(catalogue, exercise, mistake) for mistake in exercise.mistakes]
        undrawn = (_undrawn(exercise, group) for group in exercise.groups)
        problems.append(next(filter(None, undrawn), ""))  # the others are mostly the same again
        for problem in filter(None, problems):
            yield f"exercises/{exercise.topic}, {exercise.name}: {problem}"


def _undrawn(exercise: Exercise, group: str) -> str:
    """Say why the cases of a group can't be made, or can't be answered by the reference."""
    try:
        cases = exercise.cases(group, PUBLIC_SEED)
    except Exception as error:  # noqa: BLE001 - the course's own functions may raise anything
        return f"the cases of the group {group!r} can't be made: {_told(error)}"
    if not cases:
        return f"the group {group!r} makes no cases, so that anything passes it: yield some"
    try:
        if exercise.reference is not None:
            exercise.reference(*copy.deepcopy(cases[0].args))
    except Exception as error:  # noqa: BLE001 - the same
        return f"the reference fails on the first case of the group {group!r}: {_told(error)}"
    return ""


def _told(error: Exception) -> str:
    """Return an error and, where it was raised in exercises/, the last place there."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [
        f" ({f.filename}, line {f.lineno})" for f in frames if f.filename.startswith("exercises/")
    ]
    return f"{type(error).__name__}: {error}{places[-1] if places else ''}"


def _unfit(catalogue: Catalogue, exercise: Exercise, mistake: Mistake) -> str:
    """Say why the edits of a mistake can't be made, or make no Python of the solution."""
    try:
        text = catalogue.text_of(exercise, (mistake.name,))
    except StaleEditError as error:
        return str(error)
    except (AttributeError, TypeError, ValueError) as error:
        return (
            f"the edits of the mistake {mistake.name!r} can't be read ({error}): write a pair of "
            "what the solution says and what it would say, or several such pairs"
        )
    if problem := _no_python(text):
        return f"the mistake {mistake.name!r} isn't Python ({problem}): mend its edit"
    return ""


def _no_python(text: str) -> str:
    try:
        ast.parse(text)
    except SyntaxError as error:
        return f"{error.msg}, line {error.lineno}"
    except ValueError as error:
        return str(error)
    return ""
