"""`judge`: the verdict on one check, from the instructor's check and the observation alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.checks import groups_of, helper_groups
from grader.exercises.base import Output
from grader.exercises.cases import find
from grader.hashes import ARRAY_TOLERANCE, array_hash, scalar_matches, string_matches
from grader.judging.comparison import TOLERANCE, difference, shown, type_name
from grader.judging.diagnosis import (
    asked_cases,
    describe_failure,
    find_problem,
    line_that_called,
    recognise,
    reference_of,
)
from grader.observation import Tensor, freeze
from grader.session import Check, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grader.exercises.base import Exercise
    from grader.judging.diagnosis import Asked, Finding
    from grader.observation import Call, Failure, Observation, Value


def judge(
    check: Check, observation: Observation, *, seed: int, sealed_seed: int | None = None
) -> Verdict:
    """Return the verdict on `check`, given what was observed of it on cases made from `seed`.

    The cases of a sealed exercise were made from `sealed_seed`; at home it is the same seed.
    Nothing that the observation says of itself is trusted but its values: a check of another kind,
    or one whose values don't have the right form, is a failed check.

    >>> from grader.observation import Observation
    >>> check = Check("check_str", {"expected": "0x58fe718a"})
    >>> judge(check, Observation("", 0, "check_str", values=("Gato",)), seed=0).passed
    True
    """
    if observation.kind != check.kind:
        return Verdict(passed=False, message=f"se esperaba {check.kind} y llegó {observation.kind}")
    if observation.failure is not None:
        failure = observation.failure
        return Verdict(passed=False, message=_failed_outside(failure), reason=_reason_of(failure))
    if (
        "name" in check.arguments
        and sealed_seed is not None
        and find(check.arguments["name"]).sealed
    ):
        seed = sealed_seed
    return _JUDGES[check.kind](check, observation, seed)


def _failed_outside(failure: Failure) -> str:
    """Say what ended a block: the instructor's own lines, or a student's function called from them."""
    if failure.type_name == "NameError" and not failure.function:
        return (
            f"{failure.message}: ¿corriste la celda donde se define, y se llama exactamente así? "
            "(Kernel → Reiniciar y correr todo lo aclara)"
        )
    if failure.type_name == "AssertionError" and not failure.message:
        return f"no se cumple `{failure.line}`" if failure.line else "no se cumple una condición"
    return describe_failure(failure)


def _reason_of(failure: Failure) -> str:
    """Return what two failures have in common that have one cause: the line, not what it was given."""
    return f"{failure.type_name} in {failure.function}: {failure.line}"


def _judge_marks(check: Check, observation: Observation, seed: int) -> Verdict:
    del check, observation, seed
    return Verdict(passed=True)


def _judge_hash(check: Check, observation: Observation, seed: int) -> Verdict:
    del seed
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


def _judge_scalar(check: Check, observation: Observation, seed: int) -> Verdict:
    del seed
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


def _judge_str(check: Check, observation: Observation, seed: int) -> Verdict:
    del seed
    got = observation.values[0] if observation.values else None
    if not isinstance(got, str):
        return _fail(f"llegó {type_name(got)} y se esperaba un texto")
    if not string_matches(got, check.arguments["expected"]):
        return _fail(f"llegó {got!r}, que no es la respuesta esperada")
    return Verdict(passed=True)


_PAIR = 2


def _judge_same(check: Check, observation: Observation, seed: int) -> Verdict:
    del seed
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


def _judge_gradient(check: Check, observation: Observation, seed: int) -> Verdict:
    del seed
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


def _judge_torch(check: Check, observation: Observation, seed: int) -> Verdict:
    exercise = find(check.arguments["name"])
    groups = groups_of(exercise, check.arguments.get("group"))
    asked = asked_cases(exercise, groups, seed, check.arguments.get("outputs", ()))
    calls = observation.calls.get(exercise.name, ())
    finding = find_problem(exercise, asked, calls)
    if finding is None:
        cases = f"{len(asked)} caso{'s' if len(asked) != 1 else ''}"
        title = f", {exercise.groups[groups[0]].title}" if len(groups) == 1 else ""
        message = (
            f"{exercise.name}{title}: {cases}, igual que torch (tolerancia relativa {TOLERANCE:g})"
        )
        return Verdict(passed=True, message=message)
    broken = _broken_helpers(check, observation, seed, groups, finding)
    lines = [*broken.values(), f"{exercise.name}, {finding}."]
    failure = finding.failure
    right = set(observation.calls) - {exercise.name, *broken}
    if failure is not None and failure.function in right and line_that_called(failure):
        lines.append(
            f"`{failure.function}` pasa sus propios casos: revisa qué le das en "
            f"`{line_that_called(failure)}`."
        )
    mistake = recognise(exercise, asked, calls) if len(calls) == len(asked) else None
    if mistake is not None and not broken:  # a helper's mistake isn't to be mended here
        lines.append(f"Pista: {mistake.hint}.")
    used = [name for name in observation.globals_used if name not in exercise.parameters]
    shadowed = [name for name in observation.globals_used if name in exercise.parameters]
    if used or shadowed:
        names = ", ".join(f"`{name}`" for name in [*shadowed, *used])
        lines.append(
            f"Ojo: tu función lee {names} del notebook, que no es un argumento suyo: usa solo lo que "
            "recibe, porque se la llama con otros datos."
        )
    name = mistake.name if mistake is not None and not broken else ""
    reason = f"{exercise.name}: {name}" if name else ""
    if failure is not None:
        reason = _reason_of(failure)
    return Verdict(
        passed=False,
        message="\n".join(lines),
        mistake=name,
        reason=f"helpers: {sorted(broken)}" if broken else reason,
        broken=tuple(broken),
    )


def _judge_accuracy(check: Check, observation: Observation, seed: int) -> Verdict:
    exercise = find(check.arguments["name"])
    (case,) = exercise.cases(check.arguments["group"], seed)
    calls = observation.calls.get(exercise.name, ())
    if len(calls) != 1:
        return _fail("no se observó ninguna predicción")
    (call,) = calls
    if call.failure is not None:
        told = describe_failure(call.failure)
        return Verdict(passed=False, message=told, reason=_reason_of(call.failure))
    truth = np.asarray(case.answer)
    got = _array(call.value)
    if not isinstance(got, np.ndarray) or got.dtype.kind not in "biuf" or got.size != truth.size:
        return _fail(
            f"se esperaba un array con {truth.size} etiquetas, una por imagen, y llegó {type_name(got)}"
        )
    accuracy = float(np.mean(got.reshape(truth.shape) == truth))
    wanted = float(check.arguments["at_least"])
    told = f"acierta {accuracy:.1%} de {truth.size} imágenes nuevas"
    if accuracy < wanted:
        return _fail(f"{told} y este bloque pide al menos {wanted:.0%}")
    return Verdict(passed=True, message=f"{told} (se pedía {wanted:.0%})")


def _broken_helpers(
    check: Check, observation: Observation, seed: int, groups: list[str], finding: Finding
) -> dict[str, str]:
    """Say of each helper that isn't as its caller needs it what is wrong, by its name."""
    exercise = find(check.arguments["name"])
    lines = {}
    for name in exercise.helpers:
        helper = find(name)
        asked = asked_cases(helper, helper_groups(helper, groups), seed)
        if name not in observation.calls or not asked:
            continue
        calls = observation.calls[name]
        problem = find_problem(helper, asked, calls)
        apart = f"Al calificar, `{exercise.name}` se prueba aparte, con una `{name}` correcta."
        if problem is not None:
            lines[name] = (
                f"Primero arregla `{name}`, que `{exercise.name}` usa y no pasa sus propios casos "
                f"({problem}). {apart}"
            )
        elif finding.failure is not None and (shape := _shape_of_a_number(helper, asked, calls)):
            lines[name] = (
                f"Primero arregla `{name}`, que `{exercise.name}` usa y devuelve un array de forma "
                f"{shape} donde se espera un número: haz que devuelva un número, por ejemplo con "
                f".item(). {apart}"
            )
    return lines


def _shape_of_a_number(
    helper: Exercise, asked: Sequence[Asked], calls: Sequence[Call]
) -> tuple[int, ...]:
    """Return the shape, if it has axes, of what a helper returned in the place of a number."""
    got = _array(calls[0].value)
    if not isinstance(got, np.ndarray) or not got.shape or len(helper.outputs) > 1:
        return ()
    expected = freeze(reference_of(helper)(*asked[0].case.args))
    return got.shape if isinstance(expected, float | int | np.generic) else ()


def _array(value: Value) -> Any:
    return value.array if isinstance(value, Tensor) else value


def _fail(message: str) -> Verdict:
    return Verdict(passed=False, message=message)


_JUDGES: dict[str, Callable[[Check, Observation, int], Verdict]] = {
    "marks": _judge_marks,
    "check_hash": _judge_hash,
    "check_scalar": _judge_scalar,
    "check_str": _judge_str,
    "check_same": _judge_same,
    "check_gradient": _judge_gradient,
    "check_torch": _judge_torch,
    "check_accuracy": _judge_accuracy,
}
