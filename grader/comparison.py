"""Compare what was observed with what was expected, and say in Spanish the first thing that differs.

The order is the one that helps most: type, then shape naming the axis, then NaN, then values with
the first index that differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.observation import Opaque, Tensor, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def difference(expected: Value, got: Value, output: Output, *, single: bool = False) -> str:
    """Say how `got` differs from `expected`, or return an empty string if it doesn't.

    `output` names the value and its axes; `single` says that float32 inputs were given.

    >>> difference(np.zeros((2, 3)), np.zeros((2, 4)), Output("Z", ("fila", "columna")))
    'Z tiene forma (2, 4) y se esperaba (2, 3): en el eje 1 (columna) hay 4 y deben ser 3'
    >>> difference(1.5, np.array([[1.5]]), Output("Z"))
    ''
    """
    name = output.name
    if isinstance(expected, Tensor):
        if not isinstance(got, Tensor):
            return f"{name} es {type_name(got)} y se esperaba un tensor de torch"
        return _arrays(expected.array, got.array, output, single=single)
    if isinstance(expected, np.ndarray):
        if not isinstance(got, np.ndarray):
            return f"{name} es {type_name(got)} y se esperaba {_an_array(expected)}{_how_to_array(got)}"
        return _arrays(expected, got, output, single=single)
    if isinstance(expected, tuple | list):
        return _sequences(expected, got, name, single=single)
    if isinstance(expected, dict):
        return _dicts(expected, got, name, single=single)
    if isinstance(expected, bool | int | float | np.generic):
        return _scalars(expected, got, name, single=single)
    same = type(got) is type(expected) and got == expected
    return "" if same else f"{name} es {shown(got)} y se esperaba {shown(expected)}"


def answer_difference(
    outputs: Sequence[Output],
    compared: Sequence[str],
    expected: Value,
    got: Value,
    *,
    single: bool = False,
) -> str:
    """Say how an exercise's answer differs from the expected one in those outputs that are `compared`.

    An exercise with several `outputs` returns a tuple of them.
    """
    if len(outputs) == 1:
        return difference(expected, got, outputs[0], single=single)
    names = ", ".join(output.name for output in outputs)
    if not isinstance(got, tuple | list):
        return f"devuelve {type_name(got)} y se esperaba una tupla ({names})"
    if len(got) != len(outputs):
        return f"devuelve {len(got)} valores y se esperaban {len(outputs)}: {names}"
    parts = zip(outputs, expected, got, strict=True)
    told = (difference(e, g, o, single=single) for o, e, g in parts if o.name in compared)
    return next(filter(None, told), "")


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
        return f"un objeto {value.type_name}"
    if isinstance(value, Tensor):
        return f"un tensor de torch de forma {value.array.shape}"
    if isinstance(value, np.ndarray):
        return f"un array de forma {value.shape}"
    names: dict[type, str] = {
        list: "una lista de Python",
        tuple: "una tupla",
        dict: "un diccionario",
        str: "un texto",
    }
    if value is None:
        return "None (¿falta el return?)"
    return names.get(type(value), f"un {type(value).__name__}")


def shown(value: Value) -> str:
    """Write a value shortly: numbers with six digits, everything else by its type.

    >>> shown(2 / 3), shown("gato")
    ('0.666667', "'gato'")
    """
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int) and abs(value) >= _LONG_INTEGER:
        return f"un entero de {len(str(abs(value)))} cifras"
    if isinstance(value, int | float | np.number):
        return f"{value:.6g}" if np.isrealobj(value) else str(value)
    if isinstance(value, str):
        return repr(value)
    return type_name(value)


def _an_array(expected: np.ndarray[Any, Any]) -> str:
    return f"un array de NumPy de forma {expected.shape}"


def _how_to_array(got: Value) -> str:
    return ": conviértela con np.array(...)" if isinstance(got, list | tuple) else ""


def _arrays(
    expected: np.ndarray[Any, Any], got: np.ndarray[Any, Any], output: Output, *, single: bool
) -> str:
    name = output.name
    if got.shape != expected.shape:
        return _shapes(expected.shape, got.shape, output)
    if got.dtype.kind not in _REAL_KINDS:
        return f"{name} tiene dtype {got.dtype} y se esperaban números reales (float64)"
    tolerance = _tolerance(expected, got, single=single)
    if _all_close(expected, got, tolerance):
        return ""
    bad = ~np.isfinite(got) & np.isfinite(expected)
    if bad.any() and not bad.shape:
        return f"{name} es {shown(got[()])}, que no es un número finito"
    if bad.any():
        return (
            f"{name} tiene {int(bad.sum())} valores que no son números finitos (NaN o infinito); el "
            f"primero está en {_first(bad, output)}: revisa divisiones entre cero y arrays sin llenar"
        )
    # A NaN equals a NaN: no reference returns one, but a mistake that does is to be recognised.
    wrong = ~np.isclose(
        got.astype(float), expected.astype(float), rtol=0, atol=tolerance, equal_nan=True
    )
    if not wrong.any():
        return ""
    where = tuple(np.argwhere(wrong)[0])
    if not where:
        return f"{name} es {shown(got[()])} y se esperaba {shown(expected[()])}"
    message = (
        f"{name} difiere en {int(wrong.sum())} de {wrong.size} valores; el primero está en "
        f"{_first(wrong, output)}: se esperaba {shown(expected[where])} y llegó {shown(got[where])}"
    )
    if got.dtype.kind in "iu" and not np.array_equal(expected, np.round(expected)):
        message += f". Además {name} es de enteros ({got.dtype}) y pierde los decimales"
    return message


def _all_close(expected: np.ndarray[Any, Any], got: np.ndarray[Any, Any], tolerance: float) -> bool:
    """Tell whether all values are numbers and agree: the usual case, at a fifth of isclose's price."""
    with np.errstate(all="ignore"):
        gaps = got.astype(float, copy=False) - expected.astype(float, copy=False)
    return bool((np.abs(gaps) <= tolerance).all())


def _tolerance(expected: np.ndarray[Any, Any], got: np.ndarray[Any, Any], *, single: bool) -> float:
    finite = np.abs(expected[np.isfinite(expected)].astype(float))
    scale = max(1.0, float(finite.max(initial=0.0)))
    low = got.dtype.kind == "f" and got.dtype.itemsize <= _SINGLE_PRECISION
    return scale * (TOLERANCE_FLOAT32 if low or single else TOLERANCE)


def _shapes(expected: tuple[int, ...], got: tuple[int, ...], output: Output) -> str:
    message = f"{output.name} tiene forma {got} y se esperaba {expected}"
    if len(got) != len(expected):
        axes = "1 eje" if len(got) == 1 else f"{len(got)} ejes"
        return f"{message}: tiene {axes} y deben ser {len(expected)}"
    parts = [
        f"en el eje {axis}{_axis_name(output, axis)} hay {g} y deben ser {e}"
        for axis, (g, e) in enumerate(zip(got, expected, strict=True))
        if g != e
    ]
    return f"{message}: {', '.join(parts)}"


def _axis_name(output: Output, axis: int) -> str:
    name = output.axes[axis] if axis < len(output.axes) else ""
    return f" ({name})" if name else ""


def _first(wrong: np.ndarray[Any, Any], output: Output) -> str:
    where = [int(i) for i in np.argwhere(wrong)[0]]
    index = f"{output.name}[{', '.join(map(str, where))}]"
    named = [f"{name} {i}" for name, i in zip(output.axes, where, strict=False) if name]
    return f"{index} ({', '.join(named)})" if named else index


def _scalars(expected: Any, got: Value, name: str, *, single: bool) -> str:
    number = np.asarray(got.array if isinstance(got, Tensor) else got) if _numeric(got) else None
    if number is None or number.dtype.kind not in _REAL_KINDS:
        return f"{name} es {type_name(got)} y se esperaba un solo número"
    if number.size != 1:
        return f"{name} tiene forma {number.shape} y se esperaba un solo número"
    if np.asarray(expected).dtype.kind != "b" and number.dtype.kind == "b":
        return f"{name} es True o False y se esperaba un número"
    return _arrays(
        np.asarray(expected).reshape(()), number.reshape(()), Output(name), single=single
    )


def _numeric(value: Value) -> bool:
    return isinstance(value, bool | int | float | np.ndarray | np.generic | Tensor)


def _sequences(expected: Any, got: Value, name: str, *, single: bool) -> str:
    if not isinstance(got, tuple | list):
        return f"{name} es {type_name(got)} y se esperaba una tupla de {len(expected)} partes"
    if len(got) != len(expected):
        return f"{name} tiene {len(got)} partes y se esperaban {len(expected)}"
    found = (
        difference(e, g, Output(f"{name}[{i}]"), single=single)
        for i, (e, g) in enumerate(zip(expected, got, strict=True))
    )
    return next(filter(None, found), "")


def _dicts(expected: Any, got: Value, name: str, *, single: bool) -> str:
    if not isinstance(got, dict):
        return f"{name} es {type_name(got)} y se esperaba un diccionario"
    missing = [key for key in expected if key not in got]
    if missing:
        return f"a {name} le falta {', '.join(map(repr, missing))} (tiene: {', '.join(got)})"
    found = (
        difference(e, got[key], Output(f"{name}[{key!r}]"), single=single)
        for key, e in expected.items()
    )
    return next(filter(None, found), "")
