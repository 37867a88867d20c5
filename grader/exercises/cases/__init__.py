"""The cases of all exercises, one module a family, and `find`, which looks an exercise up by name."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.exercises.base import Exercise


class UnknownNameError(LookupError):
    """No exercise, group or output has that name. The message says which ones are like it."""


@cache
def exercises() -> dict[str, Exercise]:
    """Return every exercise by its name, from the `EXERCISES` of each module in this folder."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        for exercise in importlib.import_module(f"{__name__}.{module.name}").EXERCISES:
            found[exercise.name] = replace(exercise, family=module.name)
    return found


def find(name: str) -> Exercise:
    """Return the exercise called `name`; raise `UnknownNameError` if there is none.

    >>> find("zero_pad").parameters
    ('X', 'pad')
    """
    try:
        return exercises()[name]
    except KeyError:
        raise UnknownNameError(unknown("ejercicio", name, exercises())) from None


def unknown(kind: str, name: str, known: object) -> str:
    """Say that `name` is no `kind`, which known names are like it, and which ones there are.

    >>> unknown("grupo", "basik", ["basic", "stride"])
    "no hay ningún grupo 'basik': ¿querías decir 'basic'? (hay: basic, stride)"
    """
    names = sorted(known)  # type: ignore[call-overload]
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f": ¿querías decir {close[0]!r}?" if close else ""
    return f"no hay ningún {kind} {name!r}{hint} (hay: {', '.join(names)})"
