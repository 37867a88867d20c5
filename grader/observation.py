"""The wire format: what leaves the student's process, as plain data and nothing else.

`freeze` takes a plain copy of whatever a student's function returned, `encode` writes an
observation as JSON and raw array bytes, and `decode` reads one that may come from an enemy. Pickle
is never involved, object arrays are refused, and everything is limited in size and number.
"""

from __future__ import annotations

import ast
import hashlib
import json
import linecache
import math
import re
import struct
import sys
import traceback
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.words import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import CodeType

MAGIC = b"OBS1"
_HEADER = struct.Struct("<4sI")
_NUMERIC_KINDS = "biufc"
_DTYPE = re.compile(rf"[<>|=]?[{_NUMERIC_KINDS}]\d{{1,2}}")  # np.dtype reads far more than this
_MAX_AXES = 32  # that every NumPy has
_MAX_DIGITS = 4000  # of an integer: JSON takes 4300
_TOO_LARGE = 10**_MAX_DIGITS
_DAMAGED = (
    ValueError,
    TypeError,
    LookupError,
    OverflowError,
    RecursionError,
    struct.error,
)

Value = Any
"""A frozen value: None, bool, int, float, str, a plain ndarray or NumPy scalar, `Tensor`, `Opaque`,
or a list, tuple or dict (with string keys) of those."""


class ObservationError(ValueError):
    """What came can't be observed or isn't an observation. The message is for a student to read."""


@dataclass(frozen=True)
class Limits:
    """How much one observation may hold."""

    max_bytes: int = 64 * 2**20
    max_header: int = 4 * 2**20
    max_items: int = 20_000
    max_depth: int = 16


LIMITS = Limits()


@dataclass(frozen=True)
class Tensor:
    """A torch tensor's values, as they were detached and copied to NumPy."""

    array: np.ndarray[Any, Any]


@dataclass(frozen=True)
class Opaque:
    """A value that has no plain form, known by the name of its type alone."""

    type_name: str


@dataclass(frozen=True)
class Failure:
    """An exception that student's code raised: its type, its message, and the line that raised it.

    `trail` holds the student's own functions that were running, outermost first, each with its
    name and the line where it was. `written` says that a function that raised NotImplementedError
    holds more than that.
    """

    type_name: str
    message: str
    line: str = ""
    trail: tuple[tuple[str, str], ...] = ()
    written: bool = False

    @property
    def function(self) -> str:
        """The name of the student's function that raised it, or nothing in a cell's own lines."""
        return self.trail[-1][0] if self.trail else ""


EXERCISES = "labkit_exercises"
"""How the name of a package begins that a course's exercises are loaded as, drivers among them."""

_LIBRARIES = ("grader", "numpy", "torch")
_MAX_MESSAGE = 500
_MAX_NAME = 80
_MAX_TRAIL = 6


def failure_of(error: BaseException, *, within: str = "") -> Failure:
    """Describe `error`, with the student's own functions and lines that it came through.

    Of a file beside the notebook only the function that the notebook called is one of them.
    `within` is the name of what holds the instructor's lines, which is no function of a student's.
    """
    line = ""
    code: CodeType | None = None
    trail: list[tuple[str, str]] = []
    notebook = last = ""
    for frame, number in traceback.walk_tb(error.__traceback__):
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] in _LIBRARIES or module.startswith(EXERCISES):
            continue
        code = frame.f_code
        line = linecache.getline(code.co_filename, number).strip() or line
        name = code.co_name
        beside = module == last != notebook  # called by what is in the same file as itself
        if trail and (beside or name.startswith("<")):  # a comprehension is a part of its function
            name = trail.pop()[0]
        if name == within or (name.startswith("<") and name != "<lambda>"):
            continue
        if trail and trail[-1][0] == name:  # it called itself
            trail.pop()
        trail.append((name[:_MAX_NAME], line[:_MAX_MESSAGE]))
        notebook, last = notebook or module, module
    try:
        message = str(error)
    except Exception:  # noqa: BLE001 - the exception's class is the student's, and so is its __str__
        message = ""
    if len(trail) > _MAX_TRAIL:
        trail = [*trail[: _MAX_TRAIL // 2], *trail[-_MAX_TRAIL // 2 :]]
    return Failure(
        type_name=type(error).__name__[:_MAX_NAME],
        message=message[:_MAX_MESSAGE],
        line=line[:_MAX_MESSAGE],
        trail=tuple(trail),
        written=isinstance(error, NotImplementedError) and code is not None and _is_written(code),
    )


def _is_written(code: CodeType) -> bool:
    """Tell whether a function that raised NotImplementedError holds more than a stub does."""
    try:
        tree = ast.parse("".join(linecache.getlines(code.co_filename)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name == code.co_name
        and code.co_firstlineno in (node.lineno, *(one.lineno for one in node.decorator_list))
        and not all(map(_is_stub, node.body))
        for node in ast.walk(tree)
    )


def _is_stub(statement: ast.stmt) -> bool:
    """Tell whether a statement is one that stubs have: a text, a raise, or a return of mere names."""
    text = ast.unparse(statement)
    if isinstance(statement, ast.Raise):
        return "NotImplementedError" in text
    if isinstance(statement, ast.Return):
        return not re.search(r"[^\w\s,()]|\w\(", text)
    constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return constant or isinstance(statement, ast.Pass) or text == "super().__init__()"


@dataclass(frozen=True)
class Call:
    """What one call of a student's function did: it returned `value`, or failed with `failure`.

    `arguments` are the digests of its arguments as it left them.
    """

    value: Value = None
    failure: Failure | None = None
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Observation:
    """All that the judge may know of one check.

    `block` is the id of the marks block it stands in and `index` its place there, `kind` the name of
    the check function. `values` holds what was given to a check on values, and `calls` the calls of
    an exercise's cases, by the exercise's name: the checked function's and its helpers'.
    """

    block: str
    index: int
    kind: str
    values: tuple[Value, ...] = ()
    calls: dict[str, tuple[Call, ...]] = field(default_factory=dict)
    globals_used: tuple[str, ...] = ()
    failure: Failure | None = None


def freeze(value: Any, limits: Limits = LIMITS) -> Value:
    """Return a plain copy of `value` that no later code of the student's can change.

    Array subclasses become arrays and tensors become `Tensor`; what has no plain form becomes
    `Opaque`. Raises `ObservationError` for object arrays and for what is larger than `limits`.

    >>> freeze((1, [2.5, "a"]))
    (1, [2.5, 'a'])
    >>> freeze(len)
    Opaque(type_name='builtin_function_or_method')
    """
    return _Freezer(limits).freeze(value, 0)


class _Freezer:
    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.items = 0
        self.bytes = 0

    def freeze(self, value: Any, depth: int) -> Value:
        self.items += 1
        if self.items > self.limits.max_items or depth > self.limits.max_depth:
            sentence = _(
                "el resultado tiene demasiadas partes: se aceptan {items} valores en {depth} niveles; "
                "devuelve arrays, no listas anidadas"
            )
            items, deepest = self.limits.max_items, self.limits.max_depth
            raise ObservationError(sentence.format(items=items, depth=deepest))
        kind = type(value)  # unlike __class__, it can't be made up; a subclass is as good
        if issubclass(kind, np.generic | np.ndarray) and not issubclass(kind, str):
            scalar = issubclass(kind, np.generic)
            return self._array(np.asarray(value))[()] if scalar else self._array(value)
        if issubclass(kind, list | tuple):
            plain = list if issubclass(kind, list) else tuple
            return plain(self.freeze(part, depth + 1) for part in value)
        if issubclass(kind, dict) and all(isinstance(key, str) for key in value):
            return {str(key): self.freeze(part, depth + 1) for key, part in value.items()}
        return self._atom(kind, value)

    def _atom(self, kind: type, value: Any) -> Value:
        """Freeze what has no parts."""
        if value is None:
            return None
        for plain in (bool, int, float):
            if issubclass(kind, plain):
                return self._number(value if kind is plain else plain(value))
        if issubclass(kind, str):
            self._spend(len(value))
            return str(value)
        torch = sys.modules.get("torch")
        if torch is not None and issubclass(kind, torch.Tensor):
            tensor = value.as_subclass(torch.Tensor).detach().resolve_conj().resolve_neg()
            return Tensor(self._array(tensor.cpu().numpy()))
        return Opaque(kind.__name__[:_MAX_NAME])

    @staticmethod
    def _number(number: float) -> float:
        if isinstance(number, int) and abs(number) >= _TOO_LARGE:
            sentence = _(
                "el resultado es un entero de más de {most} cifras, que no se puede calificar"
            )
            raise ObservationError(sentence.format(most=_MAX_DIGITS))
        return number

    def _array(self, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        if array.dtype.kind not in _NUMERIC_KINDS:
            sentence = _(
                "un array de dtype {dtype} no se puede calificar: se espera un array de números; "
                "revisa que todas sus filas tengan el mismo largo"
            )
            raise ObservationError(sentence.format(dtype=array.dtype))
        if array.ndim > _MAX_AXES:
            sentence = _(
                "un array de {n} ejes no se puede calificar: se aceptan {most}; revisa las formas de lo "
                "que devuelves"
            )
            raise ObservationError(sentence.format(n=array.ndim, most=_MAX_AXES))
        self._spend(array.nbytes)
        # np.array of a subclass's own buffer, so that no overridden method takes part in the copy.
        plain = np.ndarray.view(array, np.ndarray)
        return np.array(plain, dtype=array.dtype.newbyteorder("="), order="C", copy=True)

    def _spend(self, size: int) -> None:
        self.bytes += size
        if self.bytes > self.limits.max_bytes:
            sentence = _(
                "el resultado es demasiado grande: se aceptan {most:,} bytes y ya van {size:,}; revisa "
                "las formas de lo que devuelves"
            )
            raise ObservationError(sentence.format(most=self.limits.max_bytes, size=self.bytes))


def digests(arguments: Iterable[Any]) -> tuple[str, ...]:
    """Return a hash of each argument: the same for what has the same type, shape and values.

    The judge, which makes the same arguments itself, so learns which of them a call has changed.

    >>> before, after = digests([np.zeros(2)]), digests([np.ones(2)])
    >>> before == digests([np.zeros(2)]), before == after
    (True, False)
    """
    return tuple(map(_digest, arguments))


def _digest(argument: Any) -> str:
    whole = hashlib.blake2b(digest_size=16)
    try:
        _feed(whole.update, argument)
    except Exception:  # noqa: BLE001 - what it was made into may raise anything
        return ""
    return whole.hexdigest()


def _feed(update: Callable[[bytes], None], value: Any) -> None:
    """Hash a value and its parts; unlike freezing it, that copies no array."""
    kind = type(value)
    if kind is np.ndarray:
        update(f"{value.dtype.str}{value.shape}".encode())
        update(value.tobytes())
    elif kind in (list, tuple):
        update(f"{kind.__name__} of {len(value)}:".encode())
        for part in value:
            _feed(update, part)
    elif kind is dict:
        update(f"dict of {len(value)}:".encode())
        for key in sorted(value):
            _feed(update, key)
            _feed(update, value[key])
    else:
        arrays: list[np.ndarray[Any, Any]] = []
        update(f"{kind.__name__} {_pack(freeze(value), arrays)!r}:".encode())
        for array in arrays:
            _feed(update, array)


def fitted(observation: Observation, limits: Limits = LIMITS) -> Observation:
    """Return the observation as it can be sent: without what is too large, and with what says so.

    The largest results give way first, so that a helper's costs nothing of whoever calls it.

    >>> call, large = Call(np.zeros(9)), Call(np.zeros(99999))
    >>> seen = Observation("", 0, "check_torch", calls={"f": (call,), "g": (call, large)})
    >>> [one.failure is None for one in fitted(seen, Limits(max_bytes=9999)).calls["g"]]
    [True, False]
    """
    shares = {
        (name, at): _share(call.value, limits)
        for name, calls in observation.calls.items()
        for at, call in enumerate(calls)
    }
    left = _ROOM - sum(shares.values()) - _share(observation.values, limits)
    if left >= 0:
        return observation
    sentence = _(
        "el resultado es demasiado grande para calificarlo: se aceptan {most:,} bytes entre todos los "
        "casos; revisa las formas de lo que devuelves"
    )
    failure = Failure("ObservationError", sentence.format(most=limits.max_bytes))
    too_large = set()
    for place in sorted(shares, key=lambda place: -shares[place]):
        if left < 0:
            left += shares[place]
            too_large.add(place)
    calls = {
        name: tuple(
            replace(call, value=None, failure=failure) if (name, at) in too_large else call
            for at, call in enumerate(calls)
        )
        for name, calls in observation.calls.items()
    }
    if left < 0:  # what was given to a check on values
        return replace(observation, calls=calls, values=(), failure=failure)
    return replace(observation, calls=calls)


_ROOM = 0.9  # of what is accepted, for values: the rest is for what stands around them


def _share(value: Value, limits: Limits) -> float:
    """Return which share of the limits a frozen value takes: of bytes, of parts or of text."""
    items = size = text = 0
    waiting = [value]
    while waiting:
        one = waiting.pop()
        items += 1
        text += _PART
        if isinstance(one, Tensor):
            one = one.array
        if isinstance(one, np.ndarray | np.generic):
            size += one.nbytes
        elif isinstance(one, str):
            text += _ESCAPED * len(one)
        elif isinstance(one, int):
            text += one.bit_length()
        elif isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, tuple | list):
            waiting += one
    return max((size + text) / limits.max_bytes, text / limits.max_header, items / limits.max_items)


_PART = 40  # characters that a part takes in JSON, a float or an array with its shape among them
_ESCAPED = 6  # characters that one may take


def encode(observation: Observation, limits: Limits = LIMITS) -> bytes:
    """Write `observation` as bytes: a header in JSON, then the raw bytes of its arrays.

    >>> data = encode(Observation("zero_pad/basic", 0, "check_hash", values=(np.eye(2),)))
    >>> decode(data).values[0].tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    arrays: list[np.ndarray[Any, Any]] = []
    header = {
        "block": observation.block,
        "index": observation.index,
        "kind": observation.kind,
        "values": [_pack(value, arrays) for value in observation.values],
        "calls": {
            name: [_pack_call(call, arrays) for call in calls]
            for name, calls in observation.calls.items()
        },
        "globals": list(observation.globals_used),
        "failure": _pack_failure(observation.failure),
    }
    little = [a.astype(a.dtype.newbyteorder("<"), copy=False) for a in arrays]
    header["arrays"] = [[a.dtype.str, list(a.shape)] for a in little]
    text = json.dumps(header).encode()
    data = b"".join([_HEADER.pack(MAGIC, len(text)), text, *(a.tobytes() for a in little)])
    if len(data) > limits.max_bytes:
        sentence = _(
            "la observación es demasiado grande: se aceptan {most:,} bytes y tiene {size:,}; revisa "
            "las formas de lo que devuelves"
        )
        raise ObservationError(sentence.format(most=limits.max_bytes, size=len(data)))
    return data


def _pack(value: Value, arrays: list[np.ndarray[Any, Any]]) -> Any:
    """Turn a frozen value into JSON, where each list is a tagged value: `["float", "0x1p+0"]`."""
    if value is None or isinstance(value, bool | str) or type(value) is int:
        return value
    if type(value) is float:
        return ["float", value.hex()]
    if isinstance(value, np.ndarray | np.generic):
        arrays.append(np.asarray(value))
        return ["array" if isinstance(value, np.ndarray) else "scalar", len(arrays) - 1]
    if isinstance(value, Tensor):
        arrays.append(value.array)
        return ["tensor", len(arrays) - 1]
    if isinstance(value, list | tuple):
        return [type(value).__name__, [_pack(part, arrays) for part in value]]
    if isinstance(value, dict):
        return ["dict", {key: _pack(part, arrays) for key, part in value.items()}]
    if isinstance(value, Opaque):
        return ["opaque", value.type_name]
    message = f"encode takes frozen values, but got {type(value).__name__}: freeze it first"
    raise ObservationError(message)


def _pack_call(call: Call, arrays: list[np.ndarray[Any, Any]]) -> list[Any]:
    return [_pack(call.value, arrays), _pack_failure(call.failure), list(call.arguments)]


def _pack_failure(failure: Failure | None) -> list[Any] | None:
    if failure is None:
        return None
    trail = [list(frame) for frame in failure.trail]
    return [failure.type_name, failure.message, failure.line, trail, failure.written]


def decode(data: bytes, limits: Limits = LIMITS) -> Observation:
    """Read the observation that `encode` wrote, trusting nothing about `data`.

    Raises `ObservationError` whatever is wrong with it.
    """
    if len(data) > limits.max_bytes:
        sentence = _(
            "la observación es demasiado grande: se aceptan {most:,} bytes y llegaron {size:,}"
        )
        raise ObservationError(sentence.format(most=limits.max_bytes, size=len(data)))
    try:
        return _Reader(data, limits).observation()
    except ObservationError:
        raise
    except _DAMAGED as error:
        sentence = _("la observación está dañada o incompleta ({kind}: {error})")
        told = sentence.format(kind=type(error).__name__, error=error)
        raise ObservationError(told) from error


class _Reader:
    def __init__(self, data: bytes, limits: Limits) -> None:
        magic, length = _HEADER.unpack_from(data)
        start = _HEADER.size + length
        if magic != MAGIC or start > len(data):
            sentence = _("la observación está dañada: no empieza con {magic!r} o está cortada")
            raise ObservationError(sentence.format(magic=MAGIC))
        if length > limits.max_header:  # JSON takes twenty times its size to read
            sentence = _("la observación trae más de {most:,} bytes fuera de sus arrays")
            raise ObservationError(sentence.format(most=limits.max_header))
        self.limits = limits
        self.items = 0
        self.header = json.loads(data[_HEADER.size : start])
        self.used: set[int] = set()
        self.arrays = self._arrays(memoryview(data)[start:])

    def _arrays(self, buffer: memoryview) -> list[np.ndarray[Any, Any]]:
        arrays = []
        offset = 0
        for dtype_text, shape in self.header["arrays"]:
            dtype, native = _dtypes(_expect(dtype_text, str))
            dimensions = tuple(_expect(n, int) for n in shape)
            most = self.limits.max_bytes
            if len(dimensions) > _MAX_AXES or not all(0 <= n <= most for n in dimensions):
                sentence = _("la observación trae un array de una forma imposible: {shape!r:.80}")
                raise ObservationError(sentence.format(shape=shape))
            size = math.prod(dimensions) * dtype.itemsize
            if size > len(buffer) - offset:
                raise ObservationError(_("la observación está cortada: faltan bytes de un array"))
            array = np.frombuffer(buffer[offset : offset + size], dtype=dtype)
            arrays.append(array.reshape(dimensions).astype(native, copy=True))
            offset += size
        if offset != len(buffer):
            sentence = _("a la observación le sobran {extra} bytes")
            raise ObservationError(sentence.format(extra=len(buffer) - offset))
        return arrays

    def observation(self) -> Observation:
        header = self.header
        return Observation(
            block=_expect(header["block"], str),
            index=_expect(header["index"], int),
            kind=_expect(header["kind"], str),
            values=tuple(self._value(part, 0) for part in _expect(header["values"], list)),
            calls={
                name: tuple(self._call(part) for part in _expect(calls, list))
                for name, calls in _expect(header["calls"], dict).items()
            },
            globals_used=tuple(_expect(name, str) for name in _expect(header["globals"], list)),
            failure=self._failure(header["failure"]),
        )

    def _call(self, packed: Any) -> Call:
        value, failure, arguments = _expect(packed, list)
        return Call(
            value=self._value(value, 0),
            failure=self._failure(failure),
            arguments=tuple(_expect(one, str) for one in _expect(arguments, list)),
        )

    @staticmethod
    def _failure(packed: Any) -> Failure | None:
        if packed is None:
            return None
        *said, trail, written = _expect(packed, list)
        type_name, message, line = (_expect(part, str) for part in said)
        frames = [_expect(frame, list) for frame in _expect(trail, list)[:_MAX_TRAIL]]
        told = tuple(
            (_expect(name, str)[:_MAX_NAME], _expect(where, str)[:_MAX_MESSAGE])
            for name, where in frames
        )
        # As long as `failure_of` makes them, whoever made these: what reads them is quick then.
        return Failure(
            type_name[:_MAX_NAME],
            message[:_MAX_MESSAGE],
            line[:_MAX_MESSAGE],
            told,
            _expect(written, bool),
        )

    def _value(self, packed: Any, depth: int) -> Value:
        self.items += 1
        if self.items > self.limits.max_items or depth > self.limits.max_depth:
            sentence = _("la observación tiene más de {most} valores o niveles de más")
            raise ObservationError(sentence.format(most=self.limits.max_items))
        if packed is None or isinstance(packed, bool | str) or type(packed) is int:
            return packed
        tag, content = _expect(packed, list)
        if tag == "float":
            return float.fromhex(content)
        if tag in ("array", "scalar", "tensor"):
            return self._from_array(tag, self._array(_expect(content, int)))
        if tag in ("list", "tuple"):
            parts = [self._value(part, depth + 1) for part in _expect(content, list)]
            return parts if tag == "list" else tuple(parts)
        if tag == "dict":
            return {k: self._value(part, depth + 1) for k, part in _expect(content, dict).items()}
        if tag == "opaque":
            return Opaque(_expect(content, str))
        sentence = _("la observación trae un valor de clase desconocida: {kind!r}")
        raise ObservationError(sentence.format(kind=tag))

    def _array(self, number: int) -> np.ndarray[Any, Any]:
        """Return an array, once: named again and again, one of megabytes would be gigabytes."""
        if number in self.used or number < 0:
            sentence = _("la observación nombra más de una vez su array {number}")
            raise ObservationError(sentence.format(number=number))
        self.used.add(number)
        return self.arrays[number]

    @staticmethod
    def _from_array(tag: str, array: np.ndarray[Any, Any]) -> Value:
        if tag == "tensor":
            return Tensor(array)
        if tag == "array":
            return array
        if array.shape != ():
            sentence = _("la observación trae un escalar de forma {shape}")
            raise ObservationError(sentence.format(shape=array.shape))
        return array[()]


@lru_cache(maxsize=64)
def _dtypes(text: str) -> tuple[np.dtype[Any], np.dtype[Any]]:
    """Return the dtype that `text` names, and the same in this machine's byte order."""
    if not _DTYPE.fullmatch(text):
        sentence = _("la observación trae un array de dtype {dtype!r}, que no es numérico")
        raise ObservationError(sentence.format(dtype=text))
    return np.dtype(text), np.dtype(text).newbyteorder("=")


def _expect(value: Any, kind: type) -> Any:
    """Return `value` if it is exactly of `kind`, as JSON reads it."""
    if type(value) is not kind:
        sentence = _("se esperaba {expected} y llegó {got}")
        raise TypeError(sentence.format(expected=kind.__name__, got=type(value).__name__))
    return value
