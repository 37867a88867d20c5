"""Named wrong solutions, one module a family: each diagnoses students, and proves a check can fail."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.exercises.base import Exercise


@dataclass(frozen=True)
class Mistake:
    """A wrong solution: a name, the function itself, and the hint that a student who made it gets."""

    name: str
    function: Callable[..., Any]
    hint: str


def mistakes_of(exercise: Exercise) -> tuple[Mistake, ...]:
    """Return the named mistakes of `exercise`, the likelier ones first.

    >>> from grader.exercises.cases import find
    >>> mistakes_of(find("zero_pad"))[0].name
    'pads_channels_too'
    """
    module = importlib.import_module(f"{__name__}.{exercise.family}")
    found: tuple[Mistake, ...] = module.MISTAKES[exercise.name]
    return found
