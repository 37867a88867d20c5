"""Verdicts on an exercise's cases: what is wrong in the first that fails, whose fault, which mistake."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.comparison import TOLERANCE, answer_difference, is_single, type_name
from grader.key import CHANGED, fingerprint, matches, narrowed
from grader.observation import digests
from grader.session import Verdict
from grader.verdicts.failures import describe_failure, line_that_called, reason_of
from grader.verdicts.values import as_array, failed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grader.key import Asked, Brief
    from grader.observation import Call, Failure, Observation
    from grader.session import Check
    from grader.verdicts.answers import Answers


def _judge_torch(check: Check, observation: Observation, answers: Answers) -> Verdict:
    exercise = answers.find(check.arguments["name"])
    groups = exercise.groups_of(check.arguments.get("group"))
    outputs = check.arguments.get("outputs", ())
    calls = observation.calls.get(exercise.name, ())
    cases = _cases(exercise, groups, calls, answers, outputs)
    finding = _find_problem(exercise, cases, answers)
    if finding is None:
        problem, flag = _audit(exercise, groups, calls, answers)
        if problem:
            return Verdict(passed=False, message=f"{exercise.name}: {problem}", flag=flag)
        count = f"{len(calls)} caso{'s' if len(calls) != 1 else ''}"
        title = f", {exercise.groups[groups[0]].title}" if len(groups) == 1 else ""
        message = (
            f"{exercise.name}{title}: {count}, igual que torch (tolerancia relativa {TOLERANCE:g})"
        )
        return Verdict(passed=True, message=message, flag=flag)
    broken = _broken_helpers(exercise, observation, groups, finding, answers)
    lines = [*broken.values(), _sentence(f"{exercise.name}, {finding}")]
    failure = finding.failure
    right = set(observation.calls) - {exercise.name, *broken}
    if failure is not None and failure.function in right and line_that_called(failure):
        lines.append(
            f"`{failure.function}` pasa sus propios casos: revisa qué le das en "
            f"`{line_that_called(failure)}`."
        )
    # A helper's mistake isn't to be mended here.
    paired = cases if isinstance(cases, list) and not broken else []
    mistake = _recognise(exercise, paired, answers) if paired else ""
    if mistake:
        lines.append(f"Pista: {answers.hint(exercise.name, mistake)}.")
    used = [name for name in observation.globals_used if name not in exercise.parameters]
    shadowed = [name for name in observation.globals_used if name in exercise.parameters]
    if used or shadowed:
        names = ", ".join(f"`{name}`" for name in [*shadowed, *used])
        lines.append(
            f"Ojo: tu función lee {names} del notebook, y eso no se le da como argumento: usa solo lo "
            "que recibe, porque se la llama con otros datos."
        )
    reason = f"{exercise.name}: {mistake}" if mistake else ""
    if failure is not None:
        reason = reason_of(failure)
    return Verdict(
        passed=False,
        message="\n".join(lines),
        explanations=((mistake,),) if mistake else (),
        reason=f"helpers: {sorted(broken)}" if broken else reason,
        broken=tuple(broken),
    )


def _sentence(text: str) -> str:
    return text if text.endswith("?") else f"{text}."


def _judge_accuracy(check: Check, observation: Observation, answers: Answers) -> Verdict:
    exercise, group = answers.find(check.arguments["name"]), check.arguments["group"]
    (asked,) = answers.asked(exercise.name, group)
    calls = observation.calls.get(exercise.name, ())
    if len(calls) != 1:
        return failed("no se observó ninguna predicción")
    (call,) = calls
    if call.failure is not None:
        told = describe_failure(call.failure, answers)
        return Verdict(passed=False, message=told, reason=reason_of(call.failure))
    truth = np.asarray(asked.expected)
    got = as_array(_concluded(exercise, asked, call, answers).value)
    if not isinstance(got, np.ndarray) or got.dtype.kind not in "biuf" or got.size != truth.size:
        return failed(
            f"se esperaba un array con {truth.size} etiquetas, una por imagen, y llegó {type_name(got)}"
        )
    accuracy = float(np.mean(got.reshape(truth.shape) == truth))
    wanted = float(check.arguments["at_least"])
    told = f"acierta {accuracy:.1%} de {truth.size} imágenes nuevas"
    if accuracy < wanted:
        return failed(f"{told} y este bloque pide al menos {wanted:.0%}")
    problem, flag = answers.audit(exercise.name, group, [call.value])
    if problem:
        return Verdict(passed=False, message=problem, flag=flag)
    return Verdict(passed=True, message=f"{told} (se pedía {wanted:.0%})", flag=flag)


@dataclass(frozen=True)
class _Case:
    """One case of a group, what was observed of it, and the outputs that are compared."""

    group: str
    title: str
    outputs: tuple[str, ...]
    asked: Asked
    call: Call


@dataclass(frozen=True)
class _Finding:
    """What is wrong in one case: a sentence about it, and the exception if it was one."""

    case: _Case | None
    problem: str
    failure: Failure | None = None

    def __str__(self) -> str:
        """Return the group's title, the case, and what is wrong."""
        if self.case is None:
            return self.problem
        note = f" con {self.case.asked.note}" if self.case.asked.note else ""
        return f"{self.case.title}{note}: {self.problem}"


def _cases(
    brief: Brief,
    groups: Sequence[str],
    calls: Sequence[Call],
    answers: Answers,
    outputs: Sequence[str] = (),
) -> list[_Case] | _Finding:
    """Pair the calls that were observed with the cases of `groups`, in the order of both."""
    asked = [(group, one) for group in groups for one in answers.asked(brief.name, group)]
    if len(calls) != len(asked):
        problem = f"se observaron {len(calls)} casos y debían ser {len(asked)}"
        return _Finding(None, problem)
    return [
        _Case(
            group=group,
            title=brief.groups[group].title,
            outputs=tuple(outputs) or brief.groups[group].outputs,
            asked=one,
            call=_concluded(brief, one, call, answers),
        )
        for (group, one), call in zip(asked, calls, strict=True)
    ]


def _concluded(brief: Brief, asked: Asked, call: Call, answers: Answers) -> Call:
    """Return the call with the facts that follow from what was observed, where those are compared."""
    if not brief.facts or call.failure is not None:
        return call
    try:
        return replace(call, value=answers.facts(brief, asked.args, call.value))
    except Exception:  # noqa: BLE001 - what was observed may have any form
        return replace(call, value=None)


def _find_problem(brief: Brief, cases: list[_Case] | _Finding, answers: Answers) -> _Finding | None:
    """Return the first case that isn't answered as expected, or None if all are."""
    if isinstance(cases, _Finding):
        return cases
    for case in cases:
        problem = _problem(brief, case, answers)
        if problem:
            return _Finding(case, problem, case.call.failure)
    return None


def _problem(brief: Brief, case: _Case, answers: Answers) -> str:
    failure = case.call.failure
    if failure is not None:
        told = describe_failure(failure, answers)
        if (
            failure.type_name == "TypeError"
            and "positional argument" in failure.message
            and not failure.line
        ):
            told += f". Se llama así: {brief.name}({', '.join(brief.parameters)})"
        return told
    found = _difference(brief, case)
    if not found and (changed := _changed(brief, case)):
        return (
            f"el resultado es correcto, pero la función cambió su argumento {' y '.join(changed)}: "
            "trabaja sobre una copia (.copy(); .clone() en torch) o sobre un array nuevo"
        )
    return found


def _difference(brief: Brief, case: _Case) -> str:
    single = any(map(is_single, case.asked.args))
    return answer_difference(
        brief.outputs, case.outputs, case.asked.expected, case.call.value, single=single
    )


def _changed(brief: Brief, case: _Case) -> list[str]:
    """Name the arguments that a call left otherwise than they were given."""
    given = digests(case.asked.args)
    named = zip(brief.parameters, given, case.call.arguments, strict=False)
    return [name for name, before, after in named if before != after]


def _recognise(brief: Brief, cases: Sequence[_Case], answers: Answers) -> str:
    """Return the mistake that leaves, in every case, the fingerprint that these calls left, if any.

    Where all results are right, because the function only changed its arguments, so does the mistake.
    """
    failures = [case.call.failure for case in cases]
    if all(failure and failure.type_name == "NotImplementedError" for failure in failures):
        return ""  # a stub is no mistake
    by_group: dict[str, list[_Case]] = {}
    for case in cases:
        by_group.setdefault(case.group, []).append(case)
    known = None
    for group, ours in by_group.items():
        here = {
            name
            for name, marks in answers.marks(brief.name, group).items()
            if len(marks) == len(ours)
            and all(_left(brief, case, mark) for case, mark in zip(ours, marks, strict=True))
        }
        known = here if known is None else known & here
    names = answers.marks(brief.name, cases[0].group) if known else ()
    return next((name for name in names if name in (known or ())), "")


def _left(brief: Brief, case: _Case, mark: Any) -> bool:
    """Tell whether an answer is the one that left this fingerprint."""
    changed = mark == CHANGED and not _difference(brief, case) and bool(_changed(brief, case))
    ours = fingerprint(brief, case.outputs, case.call, changed=changed)
    return matches(ours, narrowed(mark, case.outputs), single=any(map(is_single, case.asked.args)))


def _audit(
    brief: Brief, groups: Sequence[str], calls: Sequence[Call], answers: Answers
) -> tuple[str, str]:
    """Return the first problem and the first flag that audits of these calls find."""
    found = []
    left = list(calls)
    for group in groups:
        count = len(answers.asked(brief.name, group))
        found.append(answers.audit(brief.name, group, [call.value for call in left[:count]]))
        del left[:count]
    problems, flags = zip(*found, strict=True) if found else ((), ())
    return next(filter(None, problems), ""), next(filter(None, flags), "")


def _broken_helpers(
    exercise: Brief,
    observation: Observation,
    groups: Sequence[str],
    finding: _Finding,
    answers: Answers,
) -> dict[str, str]:
    """Say of each helper that isn't as its caller needs it what is wrong, by its name."""
    lines = {}
    for name in exercise.helpers:
        if name not in observation.calls:
            continue
        helper = answers.find(name)
        theirs = helper.groups_as_helper(groups)
        if not theirs:
            continue
        cases = _cases(helper, theirs, observation.calls[name], answers)
        problem = _find_problem(helper, cases, answers)
        apart = f"Al calificar, `{exercise.name}` se prueba aparte, con una `{name}` correcta."
        if problem is not None:
            lines[name] = (
                f"Primero arregla `{name}`, que `{exercise.name}` usa y no pasa sus propios casos "
                f"({problem}). {apart}"
            )
        elif finding.failure is not None and (shape := _shape_of_a_number(helper, cases)):
            lines[name] = (
                f"Primero arregla `{name}`, que `{exercise.name}` usa y devuelve un array de forma "
                f"{shape} donde se espera un número: haz que devuelva un número, por ejemplo con "
                f".item(). {apart}"
            )
    return lines


def _shape_of_a_number(helper: Brief, cases: list[_Case] | _Finding) -> tuple[int, ...]:
    """Return the shape, if it has axes, of what a helper returned in the place of a number."""
    if isinstance(cases, _Finding) or len(helper.outputs) > 1:
        return ()
    got = as_array(cases[0].call.value)
    number = isinstance(cases[0].asked.expected, float | int | np.generic)
    return got.shape if number and isinstance(got, np.ndarray) else ()


JUDGES: dict[str, Callable[[Check, Observation, Answers], Verdict]] = {
    "check_torch": _judge_torch,
    "check_accuracy": _judge_accuracy,
}
