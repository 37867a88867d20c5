"""Diagnose a student's function: run the cases through torch, compare, and recognise named mistakes."""

from __future__ import annotations

import copy
import importlib
import re
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.exercises.base import Output
from grader.exercises.cases import exercises
from grader.exercises.mistakes import mistakes_of
from grader.judging.comparison import difference, type_name
from grader.judging.explanations import explain, first_sentence
from grader.observation import Call, Failure, failure_of, fingerprints, freeze

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grader.exercises.base import Case, Exercise
    from grader.exercises.mistakes import Mistake


@dataclass(frozen=True)
class Asked:
    """One case of an exercise, the outputs that it compares, and its group's title."""

    case: Case
    title: str
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Finding:
    """What is wrong in one case: the case, a sentence about it, and the exception if it was one."""

    asked: Asked
    problem: str
    failure: Failure | None = None

    def __str__(self) -> str:
        """Return the group's title, the case, and what is wrong."""
        note = f" con {self.asked.case.note}" if self.asked.case.note else ""
        return f"{self.asked.title}{note}: {self.problem}"


def asked_cases(
    exercise: Exercise, groups: Sequence[str], seed: int, outputs: Sequence[str] = ()
) -> list[Asked]:
    """Regenerate the cases of `groups`, in the order in which they were observed."""
    return [
        Asked(case, exercise.groups[group].title, tuple(outputs) or exercise.compared_in(group))
        for group in groups
        for case in exercise.cases(group, seed)
    ]


def reference_of(exercise: Exercise) -> Callable[..., Any]:
    """Return the torch oracle of `exercise`; the first call in a process imports torch."""
    module = importlib.import_module(f"grader.exercises.references.{exercise.family}")
    reference: Callable[..., Any] = getattr(module, exercise.name)
    return reference


def find_problem(
    exercise: Exercise, asked: Sequence[Asked], calls: Sequence[Call]
) -> Finding | None:
    """Return the first case whose call differs from the reference, or None if all agree."""
    if len(calls) != len(asked):
        problem = f"se observaron {len(calls)} casos y debían ser {len(asked)}"
        return Finding(asked[0], problem)
    for one, call in zip(asked, calls, strict=True):
        problem = _problem(exercise, one, call)
        if problem:
            return Finding(one, problem, call.failure)
    return None


def _problem(exercise: Exercise, asked: Asked, call: Call) -> str:
    if call.failure is not None:
        told = describe_failure(call.failure)
        if call.failure.type_name == "TypeError" and "positional argument" in call.failure.message:
            told += f". Se llama así: {exercise.name}({', '.join(exercise.parameters)})"
        return told
    expected = freeze(reference_of(exercise)(*asked.case.args))
    found = _first_difference(exercise, asked, expected, call.value)
    if not found and (changed := _changed(exercise, asked, call)):
        return (
            f"el resultado es correcto, pero la función cambió su argumento {' y '.join(changed)}: "
            "trabaja sobre una copia (.copy(); .clone() en torch) o sobre un array nuevo"
        )
    return found


def _changed(exercise: Exercise, asked: Asked, call: Call) -> list[str]:
    """Name the arguments that a call left otherwise than the judge, who makes them too, knows them."""
    given = fingerprints(asked.case.args)
    named = zip(exercise.parameters, given, call.arguments, strict=False)
    return [name for name, before, after in named if before != after]


def describe_failure(failure: Failure) -> str:
    """Say what a student's code raised and where, and what to do where that is known.

    >>> describe_failure(Failure("NotImplementedError", ""))
    'todavía no está implementada: escribe tu solución en su celda'
    """
    if failure.type_name == "NotImplementedError" and not failure.message:
        return _unfinished(failure)
    if failure.type_name == "ObservationError":
        return failure.message
    said = first_sentence(failure.message)
    text = f"lanzó {failure.type_name}: {said}" if said else f"lanzó {failure.type_name}"
    if failure.line:
        text += f", en la línea `{failure.line}`"
        if calling := line_that_called(failure):
            text += f" de `{failure.function}`, a la que llamó tu línea `{calling}`"
    meaning = explain(failure.type_name, failure.message)
    return f"{text}. {meaning[0].upper()}{meaning[1:]}" if meaning else text


def line_that_called(failure: Failure) -> str:
    """Return the student's line that called the function that raised, if that is another one's."""
    return failure.trail[-2][1] if len(failure.trail) > 1 else ""


def _unfinished(failure: Failure) -> str:
    """Tell a stub, or one that was called by something else, from a `raise` that was left behind."""
    helper = failure.function if len(failure.trail) > 1 else ""
    if failure.written:
        where = f" en `{failure.function}`" if failure.function else ""
        return (
            f"quedó `{failure.line}`{where}, junto a tu solución: borra el raise, que no deja "
            "llegar a lo que escribiste"
        )
    if helper in exercises():
        return f"llama a `{helper}`, que todavía no está implementada"
    return "todavía no está implementada: escribe tu solución en su celda"


def _first_difference(exercise: Exercise, asked: Asked, expected: Any, got: Any) -> str:
    single = any(_is_single(argument) for argument in asked.case.args)
    outputs = exercise.outputs
    if len(outputs) == 1:
        return difference(expected, got, outputs[0], single=single)
    names = ", ".join(output.name for output in outputs)
    if not isinstance(got, tuple | list):
        return f"devuelve {type_name(got)} y se esperaba una tupla ({names})"
    if len(got) != len(outputs):
        return f"devuelve {len(got)} valores y se esperaban {len(outputs)}: {names}"
    parts = _chosen(outputs, asked.outputs, expected, got)
    return next(filter(None, (difference(e, g, o, single=single) for o, e, g in parts)), "")


def _chosen(
    outputs: Sequence[Output], names: Sequence[str], expected: Any, got: Any
) -> list[tuple[Output, Any, Any]]:
    every = zip(outputs, expected, got, strict=True)
    return [(output, e, g) for output, e, g in every if output.name in names]


def _is_single(argument: Any) -> bool:
    if isinstance(argument, tuple | list):
        return any(map(_is_single, argument))
    return isinstance(argument, np.ndarray) and argument.dtype == np.float32


def recognise(exercise: Exercise, asked: Sequence[Asked], calls: Sequence[Call]) -> Mistake | None:
    """Return the named mistake that does, in every case, exactly what the student's function did.

    Where all results are right, because the function only changed its arguments, so does the mistake.
    """
    pairs = list(zip(asked, calls, strict=True))
    if all(call.failure and call.failure.type_name == "NotImplementedError" for call in calls):
        return None  # a stub is no mistake
    changes = all(_is_right(exercise, one, call) for one, call in pairs)
    for mistake in mistakes_of(exercise):
        if all(
            _does_the_same(exercise, mistake, one, call, changes=changes) for one, call in pairs
        ):
            return mistake
    return None


def _is_right(exercise: Exercise, asked: Asked, call: Call) -> bool:
    return not _problem(exercise, asked, replace(call, arguments=()))


def _does_the_same(
    exercise: Exercise, mistake: Mistake, asked: Asked, call: Call, *, changes: bool
) -> bool:
    # A copy, because a mistake may change it, and the next one is tried on the same case.
    case = replace(asked.case, args=copy.deepcopy(asked.case.args))
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            value = freeze(exercise.call(mistake.function, case))
    except Exception as error:  # noqa: BLE001 - a mistake may crash in any way, as a student may
        return call.failure is not None and _same_failure(call.failure, failure_of(error))
    if call.failure is not None:
        return False
    if changes and not difference(freeze(asked.case.args), freeze(case.args), Output("args")):
        return False
    if _has_form(exercise, value):
        return not _first_difference(exercise, asked, value, call.value)
    return not difference(value, call.value, Output("el resultado"))


def _same_failure(one: Failure, other: Failure) -> bool:
    """Tell whether two exceptions say the same, but for numbers, shapes and what is in quotes."""
    said = [re.sub(r"'[^']*'|[\d\s,()\[\]]+", " ", failure.message) for failure in (one, other)]
    return one.type_name == other.type_name and said[0] == said[1]


def _has_form(exercise: Exercise, value: Any) -> bool:
    """Tell whether a value has as many parts as the exercise has outputs."""
    wanted = len(exercise.outputs)
    return wanted == 1 or (isinstance(value, tuple | list) and len(value) == wanted)
