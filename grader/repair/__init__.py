"""`find_line`: where no known mistake explains a failed check, the line to look at.

It finds the line of a student's own function whose smallest edits make every case right, and names the
line, never the edit.
"""

from __future__ import annotations

import inspect
import io
import linecache
import tokenize
from contextlib import suppress
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.comparison import answer_difference, is_single
from grader.home import HomeSession
from grader.key import Key
from grader.observation import Tensor, digests
from grader.observing import observe
from grader.repair.child import CannotForkError, OutOfTime, in_child, time_limit
from grader.repair.search import RIGHT, Attempt, Budget, Found, NoSourceError, Place, Search
from grader.session import current_session
from grader.words import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from grader.key import Asked, Brief
    from grader.observation import Value

SECONDS = 2.0
"""How long it computes, by default."""

_WALL = 15  # times longer than that it may take on a busy machine
_LONGEST = 0.25  # seconds of one call
_SHOWN = 2  # ways to name


def find_line(
    function: Any, group: str | None = None, *, name: str | None = None, seconds: float = SECONDS
) -> None:
    """Say which line of `function` to look at, where a check of `group` fails and no hint says why.

    It tries small edits of the function, in a process apart and for `seconds` of computing, until all
    cases are right, and says where the edit was. By default all groups are asked about. What to write
    there is the student's to find out.

    >>> import numpy as np
    >>> def zero_pad(X, pad):
    ...     return X
    >>> find_line(zero_pad)
    No encontré en 2 s ninguna línea de `zero_pad` que con un cambio pequeño lo arregle todo. ...
    """
    print(say(function, group, name=name, seconds=seconds))  # noqa: T201 - the student's answer


def say(
    function: Any, group: str | None = None, *, name: str | None = None, seconds: float = SECONDS
) -> str:
    """Return the sentence that `find_line` shows."""
    session = current_session()
    if not isinstance(session, HomeSession):
        return _("Buscar la línea solo se puede en casa, con la clave del laboratorio.")
    called = name or str(getattr(function, "__name__", ""))
    key = session.find_key()
    brief = key.find(called)
    asked = brief.groups_of(group)
    if brief.sealed:
        sealed = _("`{name}` se comprueba con datos reservados, y ahí no se puede buscar la línea.")
        return sealed.format(name=called)
    functions = _functions(function)
    if not functions:
        other = _("Solo se puede mirar dentro de una función o de una clase, y `{name}` no lo es.")
        return other.format(name=called)

    def work() -> Any:
        for helper in brief.helpers:
            theirs = functions[0].__globals__.get(helper)
            if theirs is not None and not _right(theirs, key, key.find(helper), asked):
                return {"helper": helper}
        attempts = [
            attempt
            for one in (*asked, *(g for g in brief.groups if g not in asked))
            for attempt in _attempts(function, key, brief, one, asked=one in asked)
        ]
        found = Search(functions, attempts, Budget(seconds)).run()
        return {
            "right": found.right,
            "all_right": found.all_right,
            "variants": found.variants,
            "ways": [[[place.file, list(place.lines)] for place in way] for way in found.ways],
        }

    try:
        for part in functions:
            _check_source(part)
        told = in_child(work, cpu=seconds, wall=_WALL * seconds)
    except CannotForkError:
        return _("En este sistema no se puede buscar la línea: hace falta Linux o macOS.")
    except NoSourceError as error:
        unknown = _(
            "No tengo el texto de `{name}` tal como se definió: corre de nuevo su celda y repite."
        )
        return unknown.format(name=error)
    return _sentence(called, group, told, seconds)


def _sentence(called: str, group: str | None, told: Any, seconds: float) -> str:
    nothing = _(
        "No encontré en {seconds:g} s ninguna línea de `{name}` que con un cambio pequeño lo arregle "
        "todo. Dale más tiempo, con `seconds=10`, o revísala paso a paso con un caso chico."
    ).format(name=called, seconds=seconds)
    if told is None:
        return nothing
    if told.get("helper"):
        said = _("Primero arregla `{helper}`, que `{name}` usa y no pasa sus propios casos.")
        return said.format(helper=told["helper"], name=called)
    if told["right"]:
        if group:
            said = _("`{name}` ya pasa todos los casos de este grupo: no hay nada que buscar.")
        else:
            said = _("`{name}` ya pasa todos sus casos: no hay nada que buscar.")
        return said.format(name=called)
    ways = [[Place(file, tuple(lines)) for file, lines in way] for way in told["ways"]]
    if not ways:
        return nothing
    if told["all_right"]:
        said = _("Con {change}, todos los casos salen bien.")
    else:
        said = _(
            "Con {change}, todos los casos de este grupo salen bien (los de otros grupos todavía no)."
        )
    return said.format(change=_(" o con ").join(map(_way, ways[:_SHOWN])))


def _way(way: Sequence[Place]) -> str:
    lines = sorted({(place.file, line) for place in way for line in place.lines})
    shown = [f"{line} (`{_code(linecache.getline(file, line))}`)" for file, line in lines]
    if len(shown) == 1:
        return _("un solo cambio en la línea {line}").format(line=shown[0])
    if len(way) == 1:
        said = _("un mismo cambio en las líneas {lines} y {last}")
    else:
        said = _("dos cambios en las líneas {lines} y {last}")
    return said.format(lines=", ".join(shown[:-1]), last=shown[-1])


def _code(line: str) -> str:
    """Return a line without its comment.

    >>> _code("    pad = 1  # el 'marco'"), _code("    color = '#fff'")
    ('pad = 1', "color = '#fff'")
    """
    end = len(line)
    with suppress(tokenize.TokenError, SyntaxError):  # a line may be part of a longer statement
        for token in tokenize.generate_tokens(io.StringIO(line.strip()).readline):
            if token.type == tokenize.COMMENT:
                end = token.start[1]
    return line.strip()[:end].strip()


def _functions(thing: Any) -> list[FunctionType]:
    """Return the functions that a student wrote: the one, or a class's methods."""
    if isinstance(thing, type):
        return [part for part in vars(thing).values() if isinstance(part, FunctionType)]
    thing = inspect.unwrap(thing) if callable(thing) else thing
    return [thing] if isinstance(thing, FunctionType) else []


def _check_source(function: FunctionType) -> None:
    from grader.repair.search import Part

    Part(function)


# ------------------------------------------------------------------------------------- how close it is


def _one_case(key: Key, brief: Brief, asked: Asked) -> Key:
    return Key({brief.name: brief}, key.drivers, {f"{brief.name}/one": [asked]})


def _attempts(
    function: Any, key: Key, brief: Brief, group: str, *, asked: bool
) -> Iterable[Attempt]:
    for case in key.asked(brief.name, group):
        size = sum(np.size(one) for one in _leaves((case.args, case.expected)))
        yield Attempt(
            asked, size, _Closeness(function, key, brief, brief.groups[group].outputs, case)
        )


def _leaves(value: Any) -> Iterable[Any]:
    if isinstance(value, tuple | list):
        for part in value:
            yield from _leaves(part)
    elif hasattr(value, "shape"):
        yield value


def _right(function: Any, key: Key, brief: Brief, groups: Sequence[str]) -> bool:
    return all(
        attempt.run() >= RIGHT
        for group in brief.groups_as_helper(groups)
        for attempt in _attempts(function, key, brief, group, asked=True)
    )


class _Closeness:
    """Calls the function on one case, and says how close the answer comes: 1 is right."""

    def __init__(
        self, function: Any, key: Key, brief: Brief, outputs: Sequence[str], case: Asked
    ) -> None:
        self.function = function
        self.key = _one_case(key, brief, case)
        self.brief = brief
        self.outputs = outputs
        self.case = case
        self.given = digests(case.args)
        self.single = any(map(is_single, case.args))

    def __call__(self) -> float:
        try:
            with time_limit(_LONGEST):
                (call,) = observe(self.function, self.key, self.brief, ["one"])
                if call.failure is not None:
                    return 0.0
                value = self.key.facts(self.brief, self.case.args, call.value)
        except (OutOfTime, Exception):  # noqa: BLE001 - a variant may do anything
            return 0.0
        expected, brief = self.case.expected, self.brief
        if not answer_difference(brief.outputs, self.outputs, expected, value, single=self.single):
            return RIGHT if call.arguments == self.given else 0.99
        return 0.05 + 0.9 * _closeness(expected, value)


def _closeness(expected: Value, got: Value) -> float:
    """Say how close an answer is that isn't right, from 0 to 1.

    >>> _closeness(np.zeros((2, 3)), np.zeros((2, 2))) < _closeness(np.zeros(3), np.ones(3))
    True
    """
    if isinstance(expected, tuple | list):
        if not isinstance(got, tuple | list) or len(got) != len(expected):
            return 0.0
        parts = [_closeness(e, g) for e, g in zip(expected, got, strict=True)]
        return float(np.mean(parts)) if parts else 1.0
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return 0.0
        parts = [_closeness(e, got.get(name)) for name, e in expected.items()]
        return float(np.mean(parts)) if parts else 1.0
    one, other = (v.array if isinstance(v, Tensor) else v for v in (expected, got))
    numbers = (bool, int, float, np.generic, np.ndarray)
    if not isinstance(one, numbers) or not isinstance(other, numbers):
        return 1.0 if type(one) is type(other) and one == other else 0.0
    return _arrays(np.asarray(one, float), np.asarray(other, float))


def _arrays(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    if one.ndim != other.ndim:
        return 0.1
    if one.shape != other.shape:
        same = sum(a == b for a, b in zip(one.shape, other.shape, strict=True))
        return float(0.2 + 0.1 * same / one.ndim)
    if not one.size:
        return 1.0
    scale = max(1.0, float(np.abs(one).max()))
    equal = float(np.mean(np.abs(one - other) <= 1e-6 * scale))
    a, b = (v.ravel() - v.mean() for v in (one, np.nan_to_num(other)))
    size = float(np.sqrt((a @ a) * (b @ b)))
    alike: float = max(0.0, float(a @ b) / size) if size else 0.0
    return float(0.4 + 0.4 * equal + 0.2 * alike)


__all__ = ["SECONDS", "Found", "find_line", "say"]
