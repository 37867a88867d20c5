"""What an exercise is: its cases in named groups, and how a student's function is called on them.

This room knows NumPy alone. The torch references and the named mistakes of an exercise live beside
it, in `references` and `mistakes`, under the same family and the same name.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

PUBLIC_SEED = 2023
"""The seed of the cases that a student sees at home. Autograde takes another one a submission."""


@dataclass(frozen=True)
class Case:
    """The inputs of one call, and a note that describes them to a student.

    `answer` is what a sealed case expects: it never enters the process of a student whose work is
    graded.
    """

    args: tuple[Any, ...]
    note: str
    answer: Any = None


@dataclass(frozen=True)
class Output:
    """One thing that an exercise returns: its name and, for an array, what each axis is."""

    name: str
    axes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """Cases that test one idea, under a title that a student reads.

    `outputs` names the outputs that this group compares; left empty, it compares the exercise's
    `compared`.
    """

    title: str
    make: Callable[[np.random.Generator], Iterable[Case]]
    outputs: tuple[str, ...] = ()


def call_function(function: Callable[..., Any], case: Case) -> Any:
    """Call a student's function as an exercise on a plain function does."""
    return function(*case.args)


@dataclass(frozen=True)
class Exercise:
    """One function or class that a student writes.

    `parameters` names its arguments, `outputs` what it returns (a tuple where there is more than
    one), `compared` those of the outputs that groups compare unless they say otherwise, `helpers`
    the other exercises that its solution calls, and `call` drives what isn't a plain function. A
    use of a `forbidden` name in its solution is flagged to the instructor. The cases of a `sealed`
    exercise are made outside the sandbox, from a seed that it isn't told.
    """

    name: str
    parameters: tuple[str, ...]
    outputs: tuple[Output, ...]
    groups: Mapping[str, Group]
    compared: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    call: Callable[[Any, Case], Any] = call_function
    forbidden: tuple[str, ...] = ()
    sealed: bool = False
    family: str = ""

    def cases(self, group: str, seed: int) -> list[Case]:
        """Make the cases of `group`: the same ones for the same seed, on every machine.

        Raises `KeyError` for a group that doesn't exist.
        """
        stream = zlib.crc32(f"{self.name}/{group}".encode())
        return list(self.groups[group].make(np.random.default_rng([seed, stream])))

    def compared_in(self, group: str) -> tuple[str, ...]:
        """Name the outputs that `group` compares."""
        names = tuple(output.name for output in self.outputs)
        return self.groups[group].outputs or self.compared or names
