"""Compare what was observed with what was expected, and say in Spanish the first thing that differs.

The order is the one that helps most: type, then shape naming the axis, then NaN, then values with
the first index that differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.observation import Opaque, Tensor, Value
from grader.words import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TOLERANCE = 1e-7
"""Relative to the largest expected value, where the student computed in float64."""

TOLERANCE_FLOAT32 = 1e-4
"""The same, where a float32 took part."""

_REAL_KINDS = "biuf"
_SINGLE_PRECISION = 4  # bytes of a float32
_LONG_INTEGER = 10**100  # which may be too large for a float


@dataclass(frozen=True)
class Output:
    """One thing that an exercise returns: its name and, for an array, what each axis is."""

    name: str
    axes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """How one value differs from another, in a line, and where it does first. False if it doesn't."""

    told: str = ""
    first: str = ""

    def __bool__(self) -> bool:
        return bool(self.told)


SAME = Difference()


@dataclass(frozen=True)
class Terms:
    """How two values are compared.

    `single` says that float32 inputs were given; `reveal`, whether what was expected may be told.
    """

    single: bool = False
    reveal: bool = True


def difference(
    expected: Value, got: Value, output: Output, *, single: bool = False, reveal: bool = True
) -> Difference:
    """Say how `got` differs from `expected`; the `Difference` is false if it doesn't.

    `output` names the value and its axes; `single` says that float32 inputs were given; without
    `reveal` no expected number is told.

    >>> difference(np.zeros((2, 3)), np.zeros((2, 4)), Output("Z", ("fila", "columna"))).told
    'Z tiene forma (2, 4) y se esperaba (2, 3): en el eje 1 (columna) hay 4 y deben ser 3'
    >>> bool(difference(1.5, np.array([[1.5]]), Output("Z")))
    False
    """
    return _differ(expected, got, output, Terms(single, reveal))


def _differ(expected: Value, got: Value, output: Output, terms: Terms) -> Difference:
    name = output.name
    if isinstance(expected, Tensor):
        if not isinstance(got, Tensor):
            return Difference(
                _("{name} es {got} y se esperaba un tensor de torch").format(
                    name=name, got=type_name(got)
                )
            )
        return _arrays(expected.array, got.array, output, terms)
    if isinstance(expected, np.ndarray):
        if not isinstance(got, np.ndarray):
            return Difference(_no_array(name, got, expected.shape))
        return _arrays(expected, got, output, terms)
    if isinstance(expected, tuple | list):
        return _sequences(expected, got, name, terms)
    if isinstance(expected, dict):
        return _dicts(expected, got, name, terms)
    if isinstance(expected, bool | int | float | np.generic):
        return _scalars(expected, got, name, terms)
    same = type(got) is type(expected) and got == expected
    return SAME if same else _unlike(name, expected, got, terms)


def _no_array(name: str, got: Value, shape: tuple[int, ...]) -> str:
    """Say what came in the place of an array, and what makes one of it."""
    if got is None and "[" not in name:
        return _("{name} es None (¿falta el return?)").format(name=name)
    if isinstance(got, tuple):
        said = _(
            "{name} es {got} y se esperaba un array de NumPy de forma {shape}: devuelve solo {name}"
        )
    elif isinstance(got, list):
        said = _(
            "{name} es {got} y se esperaba un array de NumPy de forma {shape}: conviértela con "
            "np.array(...)"
        )
    else:
        said = _("{name} es {got} y se esperaba un array de NumPy de forma {shape}")
    return said.format(name=name, got=type_name(got), shape=shape)


def _unlike(name: str, expected: Value, got: Value, terms: Terms) -> Difference:
    """Say that one value came where another was expected; a truth is no secret, a number may be."""
    if terms.reveal or isinstance(expected, bool | np.bool_ | str | None):
        said = _("{name} es {got} y se esperaba {expected}")
    else:
        said = _("{name} es {got}, que no es el valor correcto")
    return Difference(said.format(name=name, got=shown(got), expected=shown(expected)))


def part_differences(
    outputs: Sequence[Output],
    compared: Sequence[str],
    expected: Value,
    got: Value,
    terms: Terms | None = None,
) -> Iterable[tuple[Output, Value, Value, Difference]]:
    """Compare an exercise's answer with the expected one, output by output, in those `compared`.

    An exercise with several `outputs` returns a tuple of them; an answer of another form differs as
    a whole, under the first output.
    """
    terms = terms or Terms()
    if len(outputs) == 1:
        yield outputs[0], expected, got, _differ(expected, got, outputs[0], terms)
        return
    names = ", ".join(output.name for output in outputs)
    if not isinstance(got, tuple | list):
        if got is None:
            said = _("devuelve None y se esperaba una tupla ({names}): ¿falta el return?")
        else:
            said = _("devuelve {got} y se esperaba una tupla ({names})")
        yield outputs[0], None, got, Difference(said.format(got=type_name(got), names=names))
        return
    if len(got) != len(outputs):
        said = ngettext(
            "devuelve {n} valor y se esperaban {wanted}: {names}",
            "devuelve {n} valores y se esperaban {wanted}: {names}",
            len(got),
        )
        told = said.format(n=len(got), wanted=len(outputs), names=names)
        yield outputs[0], None, got, Difference(told)
        return
    for output, wanted, came in zip(outputs, expected, got, strict=True):
        if output.name in compared:
            yield output, wanted, came, _differ(wanted, came, output, terms)


def answer_difference(
    outputs: Sequence[Output],
    compared: Sequence[str],
    expected: Value,
    got: Value,
    *,
    single: bool = False,
    reveal: bool = True,
) -> Difference:
    """Say how an exercise's answer differs first from the expected one, in what is `compared`."""
    parts = part_differences(outputs, compared, expected, got, Terms(single, reveal))
    return next((found for *_parts, found in parts if found), SAME)


def is_single(argument: Any) -> bool:
    """Tell whether there is an array of float32 among a case's arguments."""
    if isinstance(argument, tuple | list):
        return any(map(is_single, argument))
    return isinstance(argument, np.ndarray) and argument.dtype == np.float32


def type_name(value: Value) -> str:
    """Name the type of a frozen value as a student knows it.

    >>> type_name([1, 2])
    'una lista de Python'
    """
    if isinstance(value, Opaque):
        return _("un objeto {type}").format(type=value.type_name)
    if isinstance(value, Tensor):
        return _("un tensor de torch de forma {shape}").format(shape=value.array.shape)
    if isinstance(value, np.ndarray):
        return _("un array de forma {shape}").format(shape=value.shape)
    if value is None:
        return "None"
    if isinstance(value, list | tuple | dict | str):
        named: tuple[tuple[type, str], ...] = (
            (list, _("una lista de Python")),
            (tuple, _("una tupla")),
            (dict, _("un diccionario")),
            (str, _("un texto")),
        )
        return next(name for kind, name in named if isinstance(value, kind))
    return _("un {type}").format(type=type(value).__name__)


def shown(value: Value) -> str:
    """Write a value shortly: numbers with six digits, everything else by its type.

    >>> shown(2 / 3), shown("gato")
    ('0.666667', "'gato'")
    """
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int) and abs(value) >= _LONG_INTEGER:
        return _("un entero de {n} cifras").format(n=len(str(abs(value))))
    if isinstance(value, int | float | np.number):
        return f"{value:.6g}" if np.isrealobj(value) else str(value)
    if isinstance(value, str):
        return repr(value)
    return type_name(value)


def _arrays(
    expected: np.ndarray[Any, Any], got: np.ndarray[Any, Any], output: Output, terms: Terms
) -> Difference:
    name = output.name
    if form := _other_form(expected, got, output, terms):
        return Difference(form)
    if close(expected, got, single=terms.single):
        return SAME
    bad = ~np.isfinite(got) & np.isfinite(expected)
    if bad.any() and not bad.shape:
        said = _("{name} es {got}, que no es un número finito")
        return Difference(said.format(name=name, got=shown(got[()])))
    if bad.any():
        return Difference(
            ngettext(
                "{name} tiene {n} valor que no es un número finito (NaN o infinito): revisa divisiones "
                "entre cero y arrays sin llenar",
                "{name} tiene {n} valores que no son números finitos (NaN o infinito): revisa "
                "divisiones entre cero y arrays sin llenar",
                int(bad.sum()),
            ).format(name=name, n=int(bad.sum())),
            _("El primero está en {where}.").format(where=_first(bad, output)),
        )
    wrong = differing(expected, got, single=terms.single)
    if not wrong.any():
        return SAME
    where = tuple(np.argwhere(wrong)[0])
    if not where:
        return _unlike(name, expected[()], got[()], terms)
    values = {"name": name, "n": int(wrong.sum()), "all": wrong.size, "dtype": got.dtype}
    if got.dtype.kind in "iu" and not np.array_equal(expected, np.round(expected)):
        said = _(
            "{name} difiere en {n} de {all} valores, y es de enteros ({dtype}): pierde los decimales"
        )
    else:
        said = _("{name} difiere en {n} de {all} valores")
    if terms.reveal:
        first = _("El primero está en {where}: se esperaba {expected} y llegó {got}.")
    else:
        first = _("El primero está en {where}: llegó {got}.")
    place = {"where": _first(wrong, output), "got": shown(got[where])}
    return Difference(said.format(**values), first.format(**place, expected=shown(expected[where])))


def _other_form(
    expected: np.ndarray[Any, Any], got: np.ndarray[Any, Any], output: Output, terms: Terms
) -> str:
    """Say which other shape or kind of numbers came; nothing if none did."""
    if got.shape != expected.shape:
        return _shapes(expected.shape, got.shape, output)
    if got.dtype.kind not in _REAL_KINDS:
        said = _("{name} tiene dtype {dtype} y se esperaban números reales (float64)")
        return said.format(name=output.name, dtype=got.dtype)
    if expected.dtype.kind in "iu" and got.dtype.kind == "f":
        return _no_integers(output.name, expected, got, terms)
    return ""


def _no_integers(
    name: str, expected: np.ndarray[Any, Any], got: np.ndarray[Any, Any], terms: Terms
) -> str:
    """Say that floats came where integers are expected, which may be used as sizes or as indices."""
    if got.shape:
        said = _("{name} es de decimales ({dtype}) y se esperaban enteros ({wanted})")
        return said.format(name=name, dtype=got.dtype, wanted=expected.dtype)
    places = {"name": name, "got": got[()], "kind": "float", "expected": expected[()]}
    if not terms.reveal:
        said = _("{name} es {got} ({kind}) y se esperaba un entero (int)")
    else:
        said = _("{name} es {got} ({kind}) y se esperaba {expected} (int)")
    return said.format(**places)


def close(
    expected: np.ndarray[Any, Any], got: np.ndarray[Any, Any], *, single: bool = False
) -> bool:
    """Tell whether all values are numbers and agree: the usual case, at a fifth of isclose's price."""
    with np.errstate(all="ignore"):
        gaps = got.astype(float, copy=False) - expected.astype(float, copy=False)
    return bool((np.abs(gaps) <= tolerance_of(expected, got, single=single)).all())


def differing(
    expected: np.ndarray[Any, Any], got: np.ndarray[Any, Any], *, single: bool = False
) -> np.ndarray[Any, Any]:
    """Return where two arrays of real numbers, of one shape, differ.

    A NaN equals a NaN: no reference returns one, but a mistake that does is to be recognised.
    """
    tolerance = tolerance_of(expected, got, single=single)
    alike = np.isclose(
        got.astype(float), expected.astype(float), rtol=0, atol=tolerance, equal_nan=True
    )
    return np.logical_not(alike)


def tolerance_of(
    expected: np.ndarray[Any, Any], got: np.ndarray[Any, Any], *, single: bool
) -> float:
    """Return by how much two values may differ and be the same."""
    finite = np.abs(expected[np.isfinite(expected)].astype(float))
    scale = max(1.0, float(finite.max(initial=0.0)))
    low = got.dtype.kind == "f" and got.dtype.itemsize <= _SINGLE_PRECISION
    return scale * (TOLERANCE_FLOAT32 if low or single else TOLERANCE)


def _shapes(expected: tuple[int, ...], got: tuple[int, ...], output: Output) -> str:
    values = {"name": output.name, "got": got, "expected": expected}
    if len(got) != len(expected):
        said = ngettext(
            "{name} tiene forma {got} y se esperaba {expected}: tiene {n} eje y deben ser {wanted}",
            "{name} tiene forma {got} y se esperaba {expected}: tiene {n} ejes y deben ser {wanted}",
            len(got),
        )
        return said.format(**values, n=len(got), wanted=len(expected))
    parts = [
        _("en el eje {axis} hay {got} y deben ser {expected}").format(
            axis=_axis(output, axis), got=g, expected=e
        )
        for axis, (g, e) in enumerate(zip(got, expected, strict=True))
        if g != e
    ]
    said = _("{name} tiene forma {got} y se esperaba {expected}: {axes}")
    return said.format(**values, axes=", ".join(parts))


def _axis(output: Output, axis: int) -> str:
    name = output.axes[axis] if axis < len(output.axes) else ""
    return f"{axis} ({name})" if name else str(axis)


def _first(wrong: np.ndarray[Any, Any], output: Output) -> str:
    where = [int(i) for i in np.argwhere(wrong)[0]]
    index = f"{output.name}[{', '.join(map(str, where))}]"
    axes = output.axes if len(output.axes) == len(where) else ()
    named = [f"{name} {i}" for name, i in zip(axes, where, strict=False) if name]
    return f"{index} ({', '.join(named)})" if named else index


def _scalars(expected: Any, got: Value, name: str, terms: Terms) -> Difference:
    number = np.asarray(got.array if isinstance(got, Tensor) else got) if _numeric(got) else None
    if got is None and "[" not in name:
        return Difference(_("{name} es None (¿falta el return?)").format(name=name))
    if number is None or number.dtype.kind not in _REAL_KINDS:
        said = _("{name} es {got} y se esperaba un solo número")
        return Difference(said.format(name=name, got=type_name(got)))
    if number.size != 1:
        said = _("{name} tiene forma {shape} y se esperaba un solo número")
        return Difference(said.format(name=name, shape=number.shape))
    if np.asarray(expected).dtype.kind != "b" and number.dtype.kind == "b":
        return Difference(_("{name} es True o False y se esperaba un número").format(name=name))
    if np.asarray(expected).dtype.kind == "b" and number.dtype.kind == "b":
        same = bool(expected) == bool(number.reshape(()))
        return SAME if same else _unlike(name, bool(expected), bool(number.reshape(())), terms)
    return _arrays(np.asarray(expected).reshape(()), number.reshape(()), Output(name), terms)


def _numeric(value: Value) -> bool:
    return isinstance(value, bool | int | float | np.ndarray | np.generic | Tensor)


def _sequences(expected: Any, got: Value, name: str, terms: Terms) -> Difference:
    if not isinstance(got, tuple | list):
        said = ngettext(
            "{name} es {got} y se esperaba una tupla de {n} parte",
            "{name} es {got} y se esperaba una tupla de {n} partes",
            len(expected),
        )
        return Difference(said.format(name=name, got=type_name(got), n=len(expected)))
    if len(got) != len(expected):
        said = ngettext(
            "{name} tiene {n} parte y se esperaban {wanted}",
            "{name} tiene {n} partes y se esperaban {wanted}",
            len(got),
        )
        return Difference(said.format(name=name, n=len(got), wanted=len(expected)))
    found = (
        _differ(e, g, Output(f"{name}[{i}]"), terms)
        for i, (e, g) in enumerate(zip(expected, got, strict=True))
    )
    return next(filter(None, found), SAME)


def _dicts(expected: Any, got: Value, name: str, terms: Terms) -> Difference:
    if not isinstance(got, dict):
        said = _("{name} es {got} y se esperaba un diccionario")
        return Difference(said.format(name=name, got=type_name(got)))
    missing = [key for key in expected if key not in got]
    if missing:
        said = _("a {name} le falta {missing} (tiene: {has})")
        told = said.format(name=name, missing=", ".join(map(repr, missing)), has=", ".join(got))
        return Difference(told)
    found = (_differ(e, got[key], Output(f"{name}[{key!r}]"), terms) for key, e in expected.items())
    return next(filter(None, found), SAME)
