"""Call a student's function on an exercise's cases, and see what it reads besides its arguments."""

from __future__ import annotations

import dis
import inspect
from functools import lru_cache, partial
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.observation import Call, Failure, Value, digests, failure_of, freeze
from grader.session import RANDOM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from grader.key import Asked, Brief, Key


def observe(
    function: Callable[..., Any], key: Key, exercise: Brief, groups: Iterable[str], **beside: Any
) -> tuple[Call, ...]:
    """Call `function` on every case of `groups` and return what came of each call."""
    return tuple(
        _observe_call(partial(key.call, exercise, function, **beside), asked)
        for group in groups
        for asked in key.asked(exercise.name, group)
    )


def _observe_call(call: Callable[..., Any], asked: Asked) -> Call:
    value: Value = None
    failure: Failure | None = None
    args = copied(asked.args)
    try:
        value = freeze(call(args))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - student's code may raise anything
        failure = failure_of(error)
    return Call(value, failure, digests(args))


def copied(value: Any) -> Any:
    """Copy a case's arguments, so that no call finds what another one left.

    Unlike a deep copy, it keeps how an array lies in memory.
    """
    if isinstance(value, np.ndarray):
        return value.copy() if value.flags.c_contiguous else np.repeat(value, 2, axis=-1)[..., ::2]
    if isinstance(value, tuple | list):
        return type(value)(copied(part) for part in value)
    if isinstance(value, dict):
        return {name: copied(part) for name, part in value.items()}
    return value


def _functions(thing: Any) -> Iterator[FunctionType]:
    """Yield the plain functions behind `thing`: itself, or a class's methods."""
    thing = inspect.unwrap(thing) if callable(thing) else thing
    if isinstance(thing, FunctionType):
        yield thing
    elif isinstance(thing, type):
        yield from (part for part in vars(thing).values() if isinstance(part, FunctionType))


@lru_cache(maxsize=256)  # reading bytecode takes longer than many a student's function
def _global_names(code: CodeType) -> tuple[str, ...]:
    names = [
        str(instruction.argval)
        for instruction in dis.get_instructions(code)
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME")
    ]
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names += _global_names(constant)
    return tuple(dict.fromkeys(names))


def globals_read(function: Any) -> dict[str, Any]:
    """Return the globals that `function` names, and those that the notebook's functions it calls do.

    What it names and isn't there is None.
    """
    read: dict[str, Any] = {}
    waiting = list(_functions(function))
    visited = set()
    while waiting:
        part = waiting.pop()
        if part in visited:
            continue
        visited.add(part)
        for name in _global_names(part.__code__):
            found = read[name] = part.__globals__.get(name)
            if isinstance(found, FunctionType | type):
                waiting += [f for f in _functions(found) if f.__globals__ is part.__globals__]
    return read


def undefined(name: str) -> Callable[..., Any]:
    """Stand in for a function that a student's code calls and that isn't there."""

    def absent(*_arguments: Any) -> None:
        message = f"name {name!r} is not defined"
        raise NameError(message)

    return absent


def data_globals(function: Any) -> list[str]:
    """Name the notebook's data (arrays, tensors, numbers...) that `function` reads as globals.

    Modules, functions, classes and constants are left out. A constant has a name in capitals, and
    is no array: those that a notebook calls `A` or `W` are data.

    >>> stride = 2
    >>> def step(h):
    ...     return np.asarray(h * stride)
    >>> step.__globals__["stride"] = stride
    >>> data_globals(step)
    ['stride']
    """
    return [
        name
        for name, found in globals_read(function).items()
        if not name.startswith("__")
        and (
            _is_array(found)
            or (isinstance(found, int | float | dict | list | tuple) and not name.isupper())
        )
    ]


def _is_array(thing: Any) -> bool:
    tensor = type(thing).__module__.partition(".")[0] == "torch" and hasattr(thing, "detach")
    return tensor or isinstance(thing, np.ndarray)


def draws_by_chance(function: Any, exercise: Brief) -> tuple[str, ...]:
    """Tell whether a function that answers for its arguments alone draws random numbers of NumPy's."""
    names = {name for part in _functions(function) for name in part.__code__.co_names}
    return (RANDOM,) if {"np", "random"} <= names and not exercise.driver else ()
