"""`judge`: the verdict on one check, from the instructor's check and the observation alone.

What is right is asked of `Answers`: a lab's key at home, torch and the course's exercises when graded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from grader.comparison import (
    TOLERANCE,
    Output,
    answer_difference,
    difference,
    is_single,
    shown,
    type_name,
)
from grader.explanations import explain, first_sentence
from grader.hashes import ARRAY_TOLERANCE, array_hash, scalar_matches, string_matches
from grader.key import CHANGED, fingerprint, matches, narrowed
from grader.observation import Tensor, digests
from grader.session import Check, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from grader.key import Asked, Brief
    from grader.observation import Call, Failure, Observation, Value


class Answers(Protocol):
    """What a verdict asks of whoever knows what is right."""

    def find(self, name: str) -> Brief:
        """Return what may be said of an exercise; raise `UnknownNameError` if there is none."""

    def asked(self, name: str, group: str) -> Sequence[Asked]:
        """Return the cases of a group, and what is expected of each."""

    def facts(self, brief: Brief, args: Sequence[Any], observed: Value) -> Value:
        """Return what is compared of what was observed."""

    def audit(self, name: str, group: str, observed: Sequence[Value]) -> tuple[str, str]:
        """Return what no comparison shows: a problem for the student, a flag for the instructor."""

    def marks(self, name: str, group: str) -> Mapping[str, Sequence[Any]]:
        """Return the fingerprints that each mistake leaves on a group that it fails."""

    def hint(self, name: str, mistake: str) -> str:
        """Return what a student who made a mistake is told."""


def judge(check: Check, observation: Observation, answers: Answers) -> Verdict:
    """Return the verdict on `check`, given what was observed of it.

    Nothing that the observation says of itself is trusted but its values: a check of another kind,
    or one whose values don't have the right form, is a failed check.

    >>> from grader.key import Key
    >>> from grader.observation import Observation
    >>> check = Check("check_str", {"expected": "0x58fe718a"})
    >>> judge(check, Observation("", 0, "check_str", values=("Gato",)), Key()).passed
    True
    """
    if observation.kind != check.kind:
        return Verdict(passed=False, message=f"se esperaba {check.kind} y llegó {observation.kind}")
    if observation.failure is not None:
        failure = observation.failure
        told = _failed_outside(failure, answers)
        return Verdict(passed=False, message=told, reason=_reason_of(failure))
    return _JUDGES[check.kind](check, observation, answers)


def _failed_outside(failure: Failure, answers: Answers) -> str:
    """Say what ended a block: the instructor's own lines, or a student's function called from them."""
    if failure.type_name == "NameError" and not failure.function:
        return (
            f"{failure.message}: ¿corriste la celda donde se define, y se llama exactamente así? "
            "(Kernel → Reiniciar y correr todo lo aclara)"
        )
    if failure.type_name == "AssertionError" and not failure.message:
        return f"no se cumple `{failure.line}`" if failure.line else "no se cumple una condición"
    return describe_failure(failure, answers)


def _reason_of(failure: Failure) -> str:
    """Return what two failures have in common that have one cause: the line, not what it was given."""
    return f"{failure.type_name} in {failure.function}: {failure.line}"


def _judge_marks(check: Check, observation: Observation, answers: Answers) -> Verdict:
    del check, observation, answers
    return Verdict(passed=True)


def _judge_hash(check: Check, observation: Observation, answers: Answers) -> Verdict:
    del answers
    got = _array(observation.values[0] if observation.values else None)
    shape, value = check.arguments["expected"]
    shape = tuple(shape)
    if isinstance(got, list):
        return _fail(f"llegó una lista y se esperaba un array de forma {shape}: usa np.array(...)")
    if not isinstance(got, np.ndarray | np.generic) or got.dtype.kind not in "biuf":
        return _fail(f"llegó {type_name(got)} y se esperaba un array de números de forma {shape}")
    if got.shape != shape:
        return _fail(difference(np.empty(shape), np.asarray(got), Output("el array")))
    if got.dtype.kind == "f" and not np.isfinite(got).all():
        return _fail("el array tiene valores que no son números finitos (NaN o infinito)")
    _, found = array_hash(got)
    # Not `>`: the hash of numbers that overflow is a NaN, which is never larger than anything.
    if not abs(found - value) <= ARRAY_TOLERANCE * (1 + abs(value)):
        return _fail(
            f"la forma {shape} es correcta, pero los valores no: su hash es {found:.9g} y se esperaba "
            f"{value:.9g} (tolerancia {ARRAY_TOLERANCE:g})"
        )
    return Verdict(passed=True)


def _judge_scalar(check: Check, observation: Observation, answers: Answers) -> Verdict:
    del answers
    got = _array(observation.values[0] if observation.values else None)
    number = (
        np.asarray(got) if isinstance(got, bool | int | float | np.ndarray | np.generic) else None
    )
    if number is None or number.size != 1 or number.dtype.kind not in "biuf":
        return _fail(f"llegó {type_name(got)} y se esperaba un solo número")
    if not scalar_matches(number, check.arguments["expected"], check.arguments.get("tol", 5)):
        return _fail(
            f"con los datos de esta celda llegó {shown(number.reshape(())[()])}, que no es el valor "
            "esperado"
        )
    return Verdict(passed=True)


def _judge_str(check: Check, observation: Observation, answers: Answers) -> Verdict:
    del answers
    got = observation.values[0] if observation.values else None
    if not isinstance(got, str):
        return _fail(f"llegó {type_name(got)} y se esperaba un texto")
    if not string_matches(got, check.arguments["expected"]):
        return _fail(f"llegó {got!r}, que no es la respuesta esperada")
    return Verdict(passed=True)


_PAIR = 2


def _judge_same(check: Check, observation: Observation, answers: Answers) -> Verdict:
    del answers
    values = [_array(value) for value in observation.values]
    if len(values) != _PAIR or not all(map(_is_real, values)):
        kinds = " y ".join(map(type_name, values))
        return _fail(f"se comparan dos arrays de números y llegaron {kinds or 'otra cosa'}")
    got, expected = (np.asarray(value, dtype=float) for value in values)
    if got.shape != expected.shape:
        return _fail(difference(expected, got, Output("el array")))
    if not np.array_equal(np.isfinite(got), np.isfinite(expected)):
        return _fail("los arrays no coinciden en qué valores son finitos (NaN o infinito)")
    gaps = np.abs(np.subtract(got, expected, where=np.isfinite(got), out=np.zeros(got.shape)))
    worst = float(gaps.max(initial=0.0))
    asked = float(check.arguments["tolerance"])
    largest = float(np.abs(expected[np.isfinite(expected)]).max(initial=0.0))
    tolerance = asked * max(1.0, largest)
    told = f"la tolerancia {tolerance:.3g}"
    if largest > 1:
        told += f", que es {asked:g} por el mayor valor, {shown(largest)}"
    if worst > tolerance:
        where = tuple(int(i) for i in np.unravel_index(int(gaps.argmax()), gaps.shape))
        return _fail(
            f"difieren: la mayor diferencia es {worst:.3g} en el índice {where} "
            f"({shown(got[where])} contra {shown(expected[where])}) y {told}"
        )
    return Verdict(passed=True, message=f"iguales (la mayor diferencia es {worst:.3g}, {told})")


def _is_real(value: Value) -> bool:
    try:
        return np.asarray(value).dtype.kind in "biuf"
    except ValueError:  # a ragged list
        return False


def _judge_gradient(check: Check, observation: Observation, answers: Answers) -> Verdict:
    del answers
    samples = observation.values[0] if observation.values else None
    wanted = check.arguments.get("samples")
    if not isinstance(samples, list) or not samples or (wanted and len(samples) != wanted):
        return _fail("no se observaron las entradas aleatorias que se pidieron")
    try:
        parts = [part for sample in samples for part in map(_Partials.read, sample.items())]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return _fail(f"lo que se observó no son derivadas parciales ({error})")
    for part in parts:
        if part.got_shape != part.shape:
            return _fail(
                f"el gradiente de {part.name} tiene forma {part.got_shape} y debe tener la de "
                f"{part.name}, {part.shape}"
            )
    count = sum(part.errors.size for part in parts)
    if count == 0:
        return _fail("no se observó ninguna derivada parcial")
    worst = max(parts, key=lambda part: float(part.errors.max(initial=0.0)))
    text = f"{count} derivadas parciales en {len(samples)} entradas aleatorias"
    where, numeric, analytic = worst.worst()
    largest = float(worst.errors.max())
    tolerance = float(check.arguments["tolerance"])
    if largest >= tolerance:
        return _fail(
            f"de {text}, la peor tiene un error relativo de {largest:.3g} (tolerancia {tolerance:g}), "
            f"en {where}: la derivada numérica es {shown(numeric)} y la tuya {shown(analytic)}"
        )
    return Verdict(
        passed=True, message=f"{text}; el peor error relativo es {largest:.2g}, en {where}"
    )


@dataclass(frozen=True)
class _Partials:
    """Some partial derivatives by the entries of one array, numeric and analytic."""

    name: str
    shape: tuple[int, ...]
    got_shape: tuple[int, ...]
    index: np.ndarray[Any, Any]
    numeric: np.ndarray[Any, Any]
    analytic: np.ndarray[Any, Any]

    @classmethod
    def read(cls, item: tuple[str, Any]) -> _Partials:
        """Read what `check_gradient` observed of one array; any other form is a `ValueError`."""
        name, found = item
        shape = tuple(int(n) for n in found["shape"])
        if "got" in found:
            nothing = np.zeros(0)
            got = tuple(int(n) for n in found["got"])
            return cls(name, shape, got, nothing, nothing, nothing)
        index = np.asarray(found["index"], dtype=int).ravel()
        numeric, analytic = (np.asarray(found[k], dtype=float) for k in ("numeric", "analytic"))
        if not numeric.shape == analytic.shape == index.shape:
            message = "las derivadas numéricas y las analíticas no son las mismas"
            raise ValueError(message)
        np.unravel_index(index, shape)  # a ValueError for an entry that the array doesn't have
        return cls(name, shape, shape, index, numeric, analytic)

    @property
    def errors(self) -> np.ndarray[Any, Any]:
        """The relative error of each derivative; infinite where it isn't a number."""
        scale = np.maximum(1, np.abs(self.numeric) + np.abs(self.analytic))
        errors = np.abs(self.numeric - self.analytic) / scale
        return np.where(np.isfinite(errors), errors, np.inf)

    def worst(self) -> tuple[str, float, float]:
        """Return the entry with the largest error, and its numeric and analytic derivatives."""
        at = int(self.errors.argmax())
        place = np.unravel_index(int(self.index[at]), self.shape)
        index = ", ".join(str(int(i)) for i in place)
        where = f"{self.name}[{index}]" if place else self.name
        return where, float(self.numeric[at]), float(self.analytic[at])


# ------------------------------------------------------------------------------- exercises' cases


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
        if failure.type_name == "TypeError" and "positional argument" in failure.message:
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


def describe_failure(failure: Failure, answers: Answers) -> str:
    """Say what a student's code raised and where, and what to do where that is known."""
    if failure.type_name == "NotImplementedError" and not failure.message:
        return _unfinished(failure, answers)
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


def _unfinished(failure: Failure, answers: Answers) -> str:
    """Tell a stub, or one that was called by something else, from a `raise` that was left behind."""
    helper = failure.function if len(failure.trail) > 1 else ""
    if failure.written:
        where = f" en `{failure.function}`" if failure.function else ""
        return (
            f"quedó `{failure.line}`{where}, junto a tu solución: borra el raise, que no deja "
            "llegar a lo que escribiste"
        )
    if helper and _is_exercise(helper, answers):
        return f"llama a `{helper}`, que todavía no está implementada"
    return "todavía no está implementada: escribe tu solución en su celda"


def _is_exercise(name: str, answers: Answers) -> bool:
    try:
        answers.find(name)
    except LookupError:
        return False
    return True


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
    lines = [*broken.values(), f"{exercise.name}, {finding}."]
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
            f"Ojo: tu función lee {names} del notebook, que no es un argumento suyo: usa solo lo que "
            "recibe, porque se la llama con otros datos."
        )
    reason = f"{exercise.name}: {mistake}" if mistake else ""
    if failure is not None:
        reason = _reason_of(failure)
    return Verdict(
        passed=False,
        message="\n".join(lines),
        mistake=mistake,
        reason=f"helpers: {sorted(broken)}" if broken else reason,
        broken=tuple(broken),
    )


def _judge_accuracy(check: Check, observation: Observation, answers: Answers) -> Verdict:
    exercise, group = answers.find(check.arguments["name"]), check.arguments["group"]
    (asked,) = answers.asked(exercise.name, group)
    calls = observation.calls.get(exercise.name, ())
    if len(calls) != 1:
        return _fail("no se observó ninguna predicción")
    (call,) = calls
    if call.failure is not None:
        told = describe_failure(call.failure, answers)
        return Verdict(passed=False, message=told, reason=_reason_of(call.failure))
    truth = np.asarray(asked.expected)
    got = _array(_concluded(exercise, asked, call, answers).value)
    if not isinstance(got, np.ndarray) or got.dtype.kind not in "biuf" or got.size != truth.size:
        return _fail(
            f"se esperaba un array con {truth.size} etiquetas, una por imagen, y llegó {type_name(got)}"
        )
    accuracy = float(np.mean(got.reshape(truth.shape) == truth))
    wanted = float(check.arguments["at_least"])
    told = f"acierta {accuracy:.1%} de {truth.size} imágenes nuevas"
    if accuracy < wanted:
        return _fail(f"{told} y este bloque pide al menos {wanted:.0%}")
    problem, flag = answers.audit(exercise.name, group, [call.value])
    if problem:
        return Verdict(passed=False, message=problem, flag=flag)
    return Verdict(passed=True, message=f"{told} (se pedía {wanted:.0%})", flag=flag)


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
    got = _array(cases[0].call.value)
    number = isinstance(cases[0].asked.expected, float | int | np.generic)
    return got.shape if number and isinstance(got, np.ndarray) else ()


def _array(value: Value) -> Any:
    return value.array if isinstance(value, Tensor) else value


def _fail(message: str) -> Verdict:
    return Verdict(passed=False, message=message)


_JUDGES: dict[str, Callable[[Check, Observation, Answers], Verdict]] = {
    "marks": _judge_marks,
    "check_hash": _judge_hash,
    "check_scalar": _judge_scalar,
    "check_str": _judge_str,
    "check_same": _judge_same,
    "check_gradient": _judge_gradient,
    "check_torch": _judge_torch,
    "check_accuracy": _judge_accuracy,
}
