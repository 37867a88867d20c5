"""Verdicts on an exercise's cases: what is wrong in the first that fails, whose fault, which mistake."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

from grader.comparison import TOLERANCE, type_name
from grader.session import RANDOM, FailedCase, Verdict
from grader.verdicts.cases import Seen, concluded, seen
from grader.verdicts.failures import describe_failure, line_that_called, reason_of
from grader.verdicts.near import near_miss
from grader.verdicts.recognise import STUB, explanations, hint_of
from grader.verdicts.values import as_array, failed
from grader.verdicts.where import panels
from grader.words import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from grader.key import Brief
    from grader.observation import Call, Observation
    from grader.session import Check, Elsewhere, Panel
    from grader.verdicts.answers import Answers


def _judge_torch(
    check: Check, observation: Observation, answers: Answers, elsewhere: Elsewhere
) -> Verdict:
    exercise = answers.find(check.arguments["name"])
    groups = exercise.groups_of(check.arguments.get("group"))
    calls = observation.calls.get(exercise.name, ())
    try:
        cases = seen(exercise, groups, calls, answers, check.arguments.get("outputs", ()))
    except ValueError as error:
        return failed(f"{exercise.name}: {error}")
    first = next((case for case in cases if not case.right), None)
    if first is None:
        return _all_right(exercise, groups, calls, answers)
    broken = _broken_helpers(exercise, observation, groups, first, answers)
    # A helper's mistake isn't to be mended here.
    whole = cases if check.arguments.get("outputs") else []
    others = cache(partial(_other_cases, exercise, groups, elsewhere, answers, whole))
    found = () if broken else explanations(cases, answers, others)
    hint = hint_of(exercise, found, answers)
    if not hint and not broken and first.call.failure is None:
        hint = near_miss(cases, others())
    known = found[0] if len(found) == 1 else ()
    reason = f"{exercise.name}: {' + '.join(known)}" if known else ""
    if first.call.failure is not None:
        reason = reason_of(first.call.failure)
    return Verdict(
        passed=False,
        message=_line(first, observation, broken, hint, answers),
        details=_details(first, observation, broken, answers, known=bool(found)),
        panels=_panels(first),
        explanations=found,
        hint=hint,
        reason=f"helpers: {sorted(broken)}" if broken else reason,
        broken=tuple(broken),
        case=_to_play_with(first),
    )


def _other_cases(
    exercise: Brief,
    groups: Sequence[str],
    elsewhere: Elsewhere,
    answers: Answers,
    narrowed: Sequence[Seen],
) -> list[Seen]:
    """Pair what was observed of other groups with their cases, as far as those fit together.

    Cases of which only some outputs are checked come again, with all of them.
    """
    found = [replace(case, outputs=exercise.groups[case.group].outputs) for case in narrowed]
    for group, calls in elsewhere().items():
        with contextlib.suppress(ValueError):
            found += seen(exercise, [group], calls, answers) if group not in groups else []
    return found


def _all_right(
    exercise: Brief, groups: Sequence[str], calls: Sequence[Call], answers: Answers
) -> Verdict:
    problem, flag = _audit(exercise, groups, calls, answers)
    if problem:
        return Verdict(passed=False, message=f"{exercise.name}: {problem}", flag=flag)
    values = {"name": exercise.name, "n": len(calls), "tolerance": f"{TOLERANCE:g}"}
    if len(groups) == 1:
        said = ngettext(
            "{name}, {title}: {n} caso, igual que torch (tolerancia relativa {tolerance})",
            "{name}, {title}: {n} casos, igual que torch (tolerancia relativa {tolerance})",
            len(calls),
        )
        message = said.format(**values, title=exercise.groups[groups[0]].title)
    else:
        said = ngettext(
            "{name}: {n} caso, igual que torch (tolerancia relativa {tolerance})",
            "{name}: {n} casos, igual que torch (tolerancia relativa {tolerance})",
            len(calls),
        )
        message = said.format(**values)
    return Verdict(passed=True, message=message, flag=flag)


def _line(
    first: Seen, observation: Observation, broken: Mapping[str, str], hint: str, answers: Answers
) -> str:
    """Say in a line what is wrong, what helps, and what may lie behind it."""
    if broken:
        return "\n".join(broken.values())
    values = {"name": first.brief.name, "title": first.title, "problem": first.problem(answers)}
    if hint:
        line = _("{name}, {title}: {problem}. Pista: {hint}.").format(**values, hint=hint)
    else:
        line = _("{name}, {title}: {problem}.").format(**values)
    behind = _reads_the_notebook(first.brief, observation)
    if first.changed and first.difference:
        names = ", ".join(f"`{name}`" for name in first.changed)
        behind = _("Ojo: tu función cambió {names}, que recibió: trabaja sobre una copia.").format(
            names=names
        )
    return " ".join(filter(None, [line.replace("?.", "?"), behind]))


def _details(
    first: Seen,
    observation: Observation,
    broken: Mapping[str, str],
    answers: Answers,
    *,
    known: bool,
) -> tuple[str, ...]:
    """Return what unfolds: the case, where it differs first, and what was called with what."""
    exercise, failure = first.brief, first.call.failure
    if failure is not None and failure.type_name == STUB and not broken:
        return ()
    lines = []
    if broken:
        problem = _title_and_problem(first, answers)
        lines.append(_("{name}, {problem}.").format(name=exercise.name, problem=problem))
    if first.asked.note:
        lines.append(_("El caso: {note}.").format(note=first.asked.note))
    lines.append(first.difference.first)
    right = set(observation.calls) - {exercise.name, *broken}
    if not broken and failure and failure.function in right and line_that_called(failure):
        said = _("`{helper}` pasa sus propios casos: revisa qué le das en `{line}`.")
        lines.append(said.format(helper=failure.function, line=line_that_called(failure)))
    unanswered = failure is None and any(got is None for _out, _e, got, _d in first.parts)
    explained = known or broken or exercise.driver or unanswered
    helped = answers.reveals and hasattr(os, "fork")  # which looking for a line needs
    if failure is None and helped and not explained:
        said = _(
            "¿No ves por qué? `from grader import find_line` y `find_line({name}, {group})`: busca la "
            "línea que conviene mirar."
        )
        lines.append(said.format(name=exercise.name, group=repr(first.group)))
    return tuple(filter(None, lines))


def _reads_the_notebook(exercise: Brief, observation: Observation) -> str:
    """Warn of what a function takes from elsewhere than its arguments."""
    read = [name for name in observation.globals_used if name != RANDOM]
    shadowed = [name for name in read if name in exercise.parameters]
    used = [name for name in read if name not in exercise.parameters]
    if RANDOM in observation.globals_used:
        return _(
            "Ojo: tu función usa `np.random`, y con los mismos argumentos da cada vez otra cosa: aquí "
            "nada empieza con números al azar."
        )
    if not read:
        return ""
    return _(
        "Ojo: tu función lee {names} del notebook, y eso no se le da como argumento: usa solo lo que "
        "recibe, porque se la llama con otros datos."
    ).format(names=", ".join(f"`{name}`" for name in [*shadowed, *used]))


def _panels(first: Seen) -> tuple[Panel, ...]:
    """Return pictures of where the first output that differs does."""
    for output, expected, got, differs in first.parts:
        if differs:
            return panels(expected, got, output, single=first.single)
    return ()


def _to_play_with(first: Seen) -> FailedCase:
    asked = first.asked
    expected = asked.expected if first.reveal else None
    return FailedCase(first.brief.name, asked.note, asked.args, first.call.value, expected)


def _judge_accuracy(
    check: Check, observation: Observation, answers: Answers, elsewhere: Elsewhere
) -> Verdict:
    del elsewhere
    exercise, group = answers.find(check.arguments["name"]), check.arguments["group"]
    (asked,) = answers.asked(exercise.name, group)
    calls = observation.calls.get(exercise.name, ())
    if len(calls) != 1:
        return failed(_("no se observó ninguna predicción"))
    (call,) = calls
    if call.failure is not None:
        told = describe_failure(call.failure, answers)
        return Verdict(passed=False, message=told, reason=reason_of(call.failure))
    truth = np.asarray(asked.expected)
    got = as_array(concluded(exercise, asked, call, answers).value)
    if not isinstance(got, np.ndarray) or got.dtype.kind not in "biuf" or got.size != truth.size:
        said = _("se esperaba un array con {n} etiquetas, una por imagen, y llegó {got}")
        return failed(said.format(n=truth.size, got=type_name(got)))
    accuracy = float(np.mean(got.reshape(truth.shape) == truth))
    wanted = float(check.arguments["at_least"])
    values = {"accuracy": f"{accuracy:.1%}", "n": truth.size, "wanted": f"{wanted:.0%}"}
    if accuracy < wanted:
        said = _("acierta {accuracy} de {n} imágenes nuevas y este bloque pide al menos {wanted}")
        return failed(said.format(**values))
    problem, flag = answers.audit(exercise.name, group, [call.value])
    if problem:
        return Verdict(passed=False, message=problem, flag=flag)
    said = _("acierta {accuracy} de {n} imágenes nuevas (se pedía {wanted})")
    return Verdict(passed=True, message=said.format(**values), flag=flag)


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
    first: Seen,
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
        try:
            cases = seen(helper, theirs, observation.calls[name], answers)
            problem = next((_title_and_problem(c, answers) for c in cases if not c.right), "")
        except ValueError as error:
            cases, problem = [], str(error)
        values = {"helper": name, "caller": exercise.name, "problem": problem}
        if problem:
            lines[name] = _(
                "Primero arregla `{helper}`, que `{caller}` usa y no pasa sus propios casos "
                "({problem}). Al calificar, `{caller}` se prueba aparte, con una `{helper}` correcta."
            ).format(**values)
        elif (shape := _shape_of_a_number(helper, cases)) and _wants_a_number(first, shape):
            lines[name] = _(
                "Primero arregla `{helper}`, que `{caller}` usa y devuelve un array de forma {shape} "
                "donde se espera un número: haz que devuelva un número, por ejemplo con .item(). Al "
                "calificar, `{caller}` se prueba aparte, con una `{helper}` correcta."
            ).format(**values, shape=shape)
    return lines


def _title_and_problem(case: Seen, answers: Answers) -> str:
    problem = case.problem(answers)
    return _("{title}: {problem}").format(title=case.title, problem=problem)


_WANTS_A_NUMBER = re.compile(
    r"array element with a sequence|scalar|0-dimensional|-1 arrays|passed to numpy\.ndarray"
)


def _wants_a_number(case: Seen, shape: tuple[int, ...]) -> bool:
    """Tell whether a case failed because an array of that shape stood where a number belongs."""
    failure = case.call.failure
    if failure is None:
        return False
    shapes = str(shape).replace(" ", "")
    said = failure.message.replace(" ", "")
    return shapes in said or _WANTS_A_NUMBER.search(failure.message) is not None


def _shape_of_a_number(helper: Brief, cases: Sequence[Seen]) -> tuple[int, ...]:
    """Return the shape, if it has axes, of what a helper returned in the place of a number."""
    if not cases or len(helper.outputs) > 1:
        return ()
    got = as_array(cases[0].call.value)
    number = isinstance(cases[0].asked.expected, float | int | np.generic)
    return got.shape if number and isinstance(got, np.ndarray) else ()


JUDGES: dict[str, Callable[[Check, Observation, Answers, Elsewhere], Verdict]] = {
    "check_torch": _judge_torch,
    "check_accuracy": _judge_accuracy,
}
