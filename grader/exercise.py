"""What an exercise is: its groups of cases, its torch reference, and its mistakes as edits.

A course keeps its exercises in the folder `exercises/`, one module (or small package) a topic, each
with a tuple `EXERCISES`. None of it reaches a student: see `grader.key` for what does.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.comparison import Output
from grader.key import Brief, GroupBrief

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from grader.data import Recipe


@dataclass(frozen=True)
class Case:
    """The inputs of one call, and a note that describes them to a student.

    `answer` is what a sealed case expects: it never enters the process of a student whose work is
    graded. Where the one argument is pictures, `recipe` draws them again: a key holds it in their
    place.
    """

    args: tuple[Any, ...]
    note: str
    answer: Any = None
    recipe: Recipe | None = None


@dataclass(frozen=True)
class Group:
    """Cases that test one idea, under a title that a student reads.

    `make` draws them, sizes and values, from a generator. `outputs` names the outputs that this
    group compares; left empty, it compares the exercise's `compared`. Where it isn't `explained`, as
    where each call trains a network, no mistake is tried on it while a class is graded.
    """

    title: str
    make: Callable[[np.random.Generator], Iterable[Case]]
    outputs: tuple[str, ...] = ()
    explained: bool = True


@dataclass(frozen=True)
class Audit:
    """What an exercise's own judgement adds to a comparison, when a work is graded.

    A `problem` fails the check and is told to the student; a `flag` is for the instructor alone.
    """

    problem: str = ""
    flag: str = ""


class StaleEditError(ValueError):
    """An edit no longer applies to the solution that it was written for. The message says which."""


@dataclass(frozen=True)
class Mistake:
    """A named wrong solution, written as an edit of the right one, with the hint that it deserves.

    `edits` is a pair (old, new), or several; each `old` must stand in the solution, and every place
    where it stands is replaced. Where no edit says it, `edits` is the text of a whole solution.
    `kin` is what is true of all mistakes that look like it, told where a group can't tell them apart.
    One that stands `alone` isn't tried together with others: it raises, and hides what else is wrong.

    >>> Mistake("takes_minimum", ("np.max(", "np.min("), "…").applied_to("return np.max(a)")
    'return np.min(a)'
    """

    name: str
    edits: tuple[str, str] | tuple[tuple[str, str], ...] | str
    hint: str
    kin: str = ""
    alone: bool = False

    def applied_to(self, solution: str) -> str:
        """Return the source of the mistake; raise `StaleEditError` for an edit that fits nowhere."""
        if isinstance(self.edits, str):
            return self.edits
        for old, new in self._pairs():
            if not old or old not in solution:
                raise StaleEditError(
                    f"the mistake {self.name!r} replaces {old!r}, which isn't in the solution: write "
                    "the edit anew, as the solution is now"
                )
            solution = solution.replace(old, new)
        return solution

    def _pairs(self) -> Iterable[tuple[str, str]]:
        first = self.edits[0]
        return [self.edits] if isinstance(first, str) else self.edits  # type: ignore[list-item, return-value]


def together(mistakes: Sequence[Mistake], solution: str) -> str:
    """Return the source of mistakes that are made at once, or nothing where they can't be.

    They can where the edits of each leave alone what those of the others replace. Raises
    `StaleEditError` for an edit that doesn't fit the solution.

    >>> one = Mistake("takes_minimum", ("np.max(", "np.min("), "…")
    >>> two = Mistake("forgets_sign", ("-a", "a"), "…")
    >>> together([one, two], "return np.max(-a)")
    'return np.min(a)'
    """
    texts = [mistake.applied_to(solution) for mistake in mistakes]
    if len(mistakes) == 1:
        return texts[0]
    if any(isinstance(mistake.edits, str) for mistake in mistakes):
        return ""
    try:
        made = {
            first.applied_to(second.applied_to(solution))
            for first, second in permutations(mistakes, 2)
        }
    except StaleEditError:
        return ""
    return made.pop() if len(made) == 1 and not made & {solution, *texts} else ""


@dataclass(frozen=True)
class Exercise:
    """One function or class that a student writes.

    `parameters` names its arguments, `outputs` what it returns (a tuple where there is more than
    one), `compared` those of the outputs that groups compare unless they say otherwise, `helpers`
    the other exercises that its solution calls. `reference` takes a case's arguments and returns
    what torch makes of them, in float64.

    What isn't a plain function is called by a `driver`: the name of a function in the topic's
    `drivers.py`, which takes the student's function or class and then the case's arguments, and
    returns what is observed. Where what was observed can't be compared as it is, `facts` names a
    function there that takes the case's arguments and what was observed, and returns what is
    compared; it runs where verdicts are made. Neither holds an answer.

    An `audit` takes a case and what was observed of it, and looks, when the work is graded, for what
    no comparison shows: it may hold answers, and never leaves the instructor's side.

    `solution` is the grade_id of the cell that holds the solution, by default the exercise's name;
    `binds` is what that cell binds and a driver takes, by default the grade_id (a cell that adds a
    method to a helper's class binds the class). A use of a `forbidden` name in it is flagged to the
    instructor. The cases of a `sealed` exercise are made from a seed that the sandbox isn't told.
    Of two mistakes made at once as many `pairs` are tried on a case while a class is graded: none where
    each trains a network.
    """

    name: str
    parameters: tuple[str, ...]
    outputs: tuple[Output, ...]
    groups: Mapping[str, Group]
    reference: Callable[..., Any] | None = None
    mistakes: tuple[Mistake, ...] = ()
    compared: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    driver: str = ""
    facts: str = ""
    audit: Callable[[Case, Any], Audit] | None = None
    solution: str = ""
    binds: str = ""
    forbidden: tuple[str, ...] = ()
    sealed: bool = False
    pairs: int = 96
    topic: str = ""

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

    def explains(self, group: str | None) -> bool:
        """Tell whether mistakes are tried on a group, or on all, while a class is graded."""
        return all(g.explained for name, g in self.groups.items() if group in (None, name))

    @property
    def brief(self) -> Brief:
        """What the student's side may know of it."""
        groups = {
            name: GroupBrief(group.title, self.compared_in(name))
            for name, group in self.groups.items()
        }
        return Brief(
            name=self.name,
            topic=self.topic,
            parameters=self.parameters,
            outputs=self.outputs,
            groups=groups,
            helpers=self.helpers,
            driver=self.driver,
            facts=self.facts,
            sealed=self.sealed,
            quick=self.pairs > 0,
        )


__all__ = ["Audit", "Case", "Exercise", "Group", "Mistake", "Output", "StaleEditError", "together"]
