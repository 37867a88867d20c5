"""Verdicts on values that a cell shows: their hash, a scalar, a text, two arrays, a gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.comparison import Output, difference, shown, type_name
from grader.hashes import ARRAY_TOLERANCE, array_hash, scalar_matches, string_matches
from grader.observation import Tensor
from grader.session import Verdict
from grader.words import _, listed, ngettext

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.observation import Observation, Value
    from grader.session import Check


def _judge_hash(check: Check, observation: Observation) -> Verdict:
    got = as_array(observation.values[0] if observation.values else None)
    shape, value = check.arguments["expected"]
    shape = tuple(shape)
    if isinstance(got, list):
        sentence = _("llegó una lista y se esperaba un array de forma {shape}: usa np.array(...)")
        return failed(sentence.format(shape=shape))
    if not isinstance(got, np.ndarray | np.generic) or got.dtype.kind not in "biuf":
        sentence = _("llegó {got} y se esperaba un array de números de forma {shape}")
        return failed(sentence.format(got=type_name(got), shape=shape))
    if got.shape != shape:
        return failed(difference(np.empty(shape), np.asarray(got), Output(_("el array"))).told)
    if got.dtype.kind == "f" and not np.isfinite(got).all():
        return failed(_("el array tiene valores que no son números finitos (NaN o infinito)"))
    found = array_hash(got)[1]
    # Not `>`: the hash of numbers that overflow is a NaN, which is never larger than anything.
    if not abs(found - value) <= ARRAY_TOLERANCE * (1 + abs(value)):
        sentence = _(
            "la forma {shape} es correcta, pero los valores no: su hash es {got:.9g} y se esperaba "
            "{expected:.9g} (tolerancia {tolerance:g})"
        )
        return failed(
            sentence.format(shape=shape, got=found, expected=value, tolerance=ARRAY_TOLERANCE)
        )
    return Verdict(passed=True)


def _judge_scalar(check: Check, observation: Observation) -> Verdict:
    got = as_array(observation.values[0] if observation.values else None)
    number = (
        np.asarray(got) if isinstance(got, bool | int | float | np.ndarray | np.generic) else None
    )
    if number is None or number.size != 1 or number.dtype.kind not in "biuf":
        sentence = _("llegó {got} y se esperaba un solo número")
        return failed(sentence.format(got=type_name(got)))
    if not scalar_matches(number, check.arguments["expected"], check.arguments.get("tol", 5)):
        sentence = _("con los datos de esta celda llegó {got}, que no es el valor esperado")
        return failed(sentence.format(got=shown(number.reshape(())[()])))
    return Verdict(passed=True)


def _judge_str(check: Check, observation: Observation) -> Verdict:
    got = observation.values[0] if observation.values else None
    if not isinstance(got, str):
        return failed(_("llegó {got} y se esperaba un texto").format(got=type_name(got)))
    if not string_matches(got, check.arguments["expected"]):
        return failed(_("llegó {got!r}, que no es la respuesta esperada").format(got=got))
    return Verdict(passed=True)


_PAIR = 2


def _judge_same(check: Check, observation: Observation) -> Verdict:
    values = [as_array(value) for value in observation.values]
    if len(values) != _PAIR or not all(map(_is_real, values)):
        sentence = _("se comparan dos arrays de números y llegaron {things}")
        things = listed(map(type_name, values)) if values else _("otra cosa")
        return failed(sentence.format(things=things))
    got, expected = (np.asarray(value, dtype=float) for value in values)
    if got.shape != expected.shape:
        return failed(difference(expected, got, Output(_("el array"))).told)
    if not np.array_equal(np.isfinite(got), np.isfinite(expected)):
        return failed(_("los arrays no coinciden en qué valores son finitos (NaN o infinito)"))
    gaps = np.abs(np.subtract(got, expected, where=np.isfinite(got), out=np.zeros(got.shape)))
    worst = float(gaps.max(initial=0.0))
    asked = float(check.arguments["tolerance"])
    largest = float(np.abs(expected[np.isfinite(expected)]).max(initial=0.0))
    tolerance = asked * max(1.0, largest)
    places: dict[str, Any] = {
        "worst": worst,
        "tolerance": tolerance,
        "asked": asked,
        "largest": shown(largest),
    }
    if worst > tolerance:
        where = tuple(int(i) for i in np.unravel_index(int(gaps.argmax()), gaps.shape))
        places |= {"index": where, "got": shown(got[where]), "expected": shown(expected[where])}
        return failed(_how_unequal(scaled=largest > 1).format(**places))
    return Verdict(passed=True, message=_how_equal(scaled=largest > 1).format(**places))


def _how_unequal(*, scaled: bool) -> str:
    if scaled:
        return _(
            "difieren: la mayor diferencia es {worst:.3g} en el índice {index} ({got} contra "
            "{expected}) y la tolerancia {tolerance:.3g}, que es {asked:g} por el mayor valor, {largest}"
        )
    return _(
        "difieren: la mayor diferencia es {worst:.3g} en el índice {index} ({got} contra {expected}) "
        "y la tolerancia {tolerance:.3g}"
    )


def _how_equal(*, scaled: bool) -> str:
    if scaled:
        return _(
            "iguales (la mayor diferencia es {worst:.3g}, la tolerancia {tolerance:.3g}, que es "
            "{asked:g} por el mayor valor, {largest})"
        )
    return _("iguales (la mayor diferencia es {worst:.3g}, la tolerancia {tolerance:.3g})")


def _is_real(value: Value) -> bool:
    try:
        return np.asarray(value).dtype.kind in "biuf"
    except ValueError:  # a ragged list
        return False


def _judge_gradient(check: Check, observation: Observation) -> Verdict:
    samples = observation.values[0] if observation.values else None
    wanted = check.arguments.get("samples")
    if not isinstance(samples, list) or not samples or (wanted and len(samples) != wanted):
        return failed(_("no se observaron las entradas aleatorias que se pidieron"))
    try:
        parts = [part for sample in samples for part in map(_Partials.read, sample.items())]
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        sentence = _("lo que se observó no son derivadas parciales ({error})")
        return failed(sentence.format(error=error))
    for part in parts:
        if part.got_shape != part.shape:
            sentence = _(
                "el gradiente de {name} tiene forma {got} y debe tener la de {name}, {expected}"
            )
            return failed(sentence.format(name=part.name, got=part.got_shape, expected=part.shape))
    count = sum(part.errors.size for part in parts)
    if count == 0:
        return failed(_("no se observó ninguna derivada parcial"))
    worst = max(
        (part for part in parts if part.errors.size),
        key=lambda part: float(part.errors.max(initial=0.0)),
    )
    where, numeric, analytic = worst.worst()
    largest = float(worst.errors.max())
    tolerance = float(check.arguments["tolerance"])
    partials = ngettext("{n} derivada parcial", "{n} derivadas parciales", count)
    inputs = ngettext("{n} entrada aleatoria", "{n} entradas aleatorias", len(samples))
    places: dict[str, Any] = {
        "partials": partials.format(n=count),
        "inputs": inputs.format(n=len(samples)),
        "largest": largest,
        "where": where,
    }
    if largest >= tolerance:
        sentence = _(
            "de {partials} en {inputs}, la peor tiene un error relativo de {largest:.3g} (tolerancia "
            "{tolerance:g}), en {where}: la derivada numérica es {numeric} y la tuya {analytic}"
        )
        places |= {
            "tolerance": tolerance,
            "numeric": shown(numeric),
            "analytic": shown(analytic),
        }
        return failed(sentence.format(**places))
    sentence = _("{partials} en {inputs}; el peor error relativo es {largest:.2g}, en {where}")
    return Verdict(passed=True, message=sentence.format(**places))


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
            message = _("las derivadas numéricas y las analíticas no son las mismas")
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


def as_array(value: Value) -> Any:
    """Return the array of what was observed, where it is one."""
    return value.array if isinstance(value, Tensor) else value


def failed(message: str) -> Verdict:
    """Return the verdict on a check that failed, with what the student reads."""
    return Verdict(passed=False, message=message)


def _judge_marks(check: Check, observation: Observation) -> Verdict:
    del check, observation
    return Verdict(passed=True)


JUDGES: dict[str, Callable[[Check, Observation], Verdict]] = {
    "marks": _judge_marks,
    "check_hash": _judge_hash,
    "check_scalar": _judge_scalar,
    "check_str": _judge_str,
    "check_same": _judge_same,
    "check_gradient": _judge_gradient,
}
