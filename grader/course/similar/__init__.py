"""`labkit similar LAB`: submissions that are alike in what hardly anybody else wrote.

Each exercise is compared by the shapes of its statements (`grader.course.shapes`). A shape that both
wrote counts for a copy, by as many bits as it is rare among the others: what everybody writes says
nothing, and what nobody else wrote most. One that only one of them wrote counts against it, as few
copies change more than a statement in five. So the bits are the logarithm of how much likelier a
copy makes what is seen than independent work does, and a pair is worth a look from `least_bits` on:
more than the best of all pairs of a class reaches by chance, with a `MARGIN`, because statements of
one person aren't independent: a habit shows more than once.

Why not a kept library: copydetect (MIT, winnowing) compares token by token, so by its design a changed
order weakens a match (it wasn't tried here); and it takes out names, but doesn't know what is rare in
a class, and short functions are written alike by many.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from grader.course.shapes import Piece

    Work = Mapping[str, Piece]

MARGIN = 8.0
"""Bits beyond those that the best of all pairs of a class has by chance.

Set by hand on functions of public notebooks: if statements were independent of each other, and it
were known how usual each one is, one class in 256 would have such a pair. Neither quite holds.
"""

KEPT, CHANGED = math.log2(0.8), math.log2(0.2)
"""What a statement counts, besides its rarity, that a copy keeps, and that it doesn't."""


@dataclass(frozen=True)
class Alike:
    """How alike two pieces of an exercise are.

    `kept` is how many of the shorter one's statements are in the other, of `of`; `holders` says how
    many of the class wrote each of those.
    """

    exercise: str
    bits: float
    kept: int
    of: int
    holders: Mapping[str, int]

    @property
    def counts(self) -> bool:
        """Tell whether it adds to what the pair is ranked by."""
        return self.bits >= 1


@dataclass(frozen=True)
class Pair:
    """Two submissions, or one and something of the kit's own, and how alike their exercises are."""

    first: str
    second: str
    exercises: tuple[Alike, ...]
    with_kit: bool = False

    @property
    def bits(self) -> float:
        """What the exercises that are alike add up to."""
        return sum(one.bits for one in self.exercises if one.counts)


@dataclass(frozen=True)
class Told:
    """What can be told of one exercise: who wrote it, and whose is too short or too common alone."""

    exercise: str
    written: int
    too_short: int


@dataclass(frozen=True)
class Comparison:
    """A class compared: pairs worth a look, the most alike first, and what can't be told."""

    students: Sequence[str]
    least_bits: float
    pairs: Sequence[Pair]
    told: Sequence[Told]
    untold: Sequence[str]
    groups: Sequence[Sequence[str]] = field(default=())


def rarity(holders: int, of: int) -> float:
    """Return the bits that a shape counts which so many of the others wrote.

    >>> [round(rarity(holders, 118), 1) for holders in (0, 30, 118)]
    [6.9, 2.0, 0.0]
    """
    return -math.log2((holders + 1) / (of + 2))


def least_bits(students: int) -> float:
    """Return the bits that make a pair worth a look: the more pairs there are, the more.

    >>> round(least_bits(20), 1), round(least_bits(120), 1), round(least_bits(400), 1)
    (15.6, 20.8, 24.3)
    """
    return math.log2(max(1, students * (students - 1) // 2)) + MARGIN


def compare(
    works: Mapping[str, Work], kit: Mapping[str, Work] | None = None, least: float | None = None
) -> Comparison:
    """Compare each submission with each other one, and with the kit's own works.

    `works` holds a class's pieces by student and exercise, `kit` those of the kit by what they are
    called. A pair needs `least` bits; where it isn't said, as many as `least_bits` says.
    """
    students = sorted(works)
    least = least_bits(len(students)) if least is None else least
    names = dict.fromkeys(name for work in works.values() for name in work)
    exercises = [one for name in names if (one := _Exercise(name, students, works)).students]
    pairs = [pair for pair in _pairs(exercises, students, least) if pair.bits >= least]
    groups = _groups(pairs)
    pairs += [one for one in _with_kit(exercises, students, kit or {}) if one.bits >= least]
    whole: Counter[str] = Counter()
    for one in exercises:
        whole.update(one.totals)
    return Comparison(
        students=students,
        least_bits=least,
        pairs=sorted(pairs, key=lambda pair: (-pair.bits, pair.first, pair.second)),
        told=[
            Told(one.name, len(one.students), sum(bits < least for bits in one.totals.values()))
            for one in exercises
        ],
        untold=[student for student in students if whole[student] < least],
        groups=groups,
    )


class _Exercise:
    """One exercise of a class: who wrote what, and how rare that is."""

    def __init__(self, name: str, students: Sequence[str], works: Mapping[str, Work]) -> None:
        self.name = name
        self.shapes = {s: works[s][name].shapes for s in students if _written(works[s], name)}
        self.students = [*self.shapes]
        self.holders = Counter(shape for shapes in self.shapes.values() for shape in shapes)
        # Of what a pair shares, and of what one wrote, rarity is among the others.
        of = len(self.students)
        self._shared = [rarity(max(0, n - 2), max(0, of - 2)) for n in range(of + 1)]
        self.totals: dict[str, float] = {
            student: sum(self._shared[self.holders[shape]] + KEPT for shape in shapes)
            for student, shapes in self.shapes.items()
        }

    def alike(self) -> np.ndarray:
        """Return the bits of each two, in the order of `students`."""
        common = [shape for shape, n in self.holders.items() if n > 1 and self._shared[n] > 0]
        column = {shape: at for at, shape in enumerate(common)}
        wrote = np.zeros((len(self.students), len(common)), dtype=np.float32)
        for row, shapes in enumerate(self.shapes.values()):
            wrote[row, [column[shape] for shape in shapes if shape in column]] = 1
        bits = np.array([self._shared[self.holders[shape]] for shape in common], np.float32)
        return np.asarray((wrote * bits) @ wrote.T)

    def pair(self, first: str, second: str) -> Alike | None:
        """Say how alike two students' pieces are, if both wrote one."""
        if first not in self.shapes or second not in self.shapes:
            return None
        return self._alike(
            self.shapes[first].keys(),
            self.shapes[second].keys(),
            lambda shape: self._shared[self.holders[shape]],
        )

    def with_kit(self, student: str, theirs: Iterable[str]) -> Alike | None:
        """Say how alike a student's piece and one of the kit's are."""
        if student not in self.shapes:
            return None
        of = len(self.students) - 1
        return self._alike(
            self.shapes[student].keys(),
            {*theirs},
            lambda shape: rarity(self.holders[shape] - 1, of),
        )

    def _alike(
        self, mine: AbstractSet[str], theirs: AbstractSet[str], worth: Callable[[str], float]
    ) -> Alike:
        both = mine & theirs
        # What was added to a copy hides nothing: the shorter one says what was changed.
        of = min(len(mine), len(theirs))
        bits = sum(worth(shape) + KEPT for shape in both) + CHANGED * (of - len(both))
        return Alike(self.name, bits, len(both), of, {one: self.holders[one] for one in both})


def _written(work: Work, name: str) -> bool:
    return name in work and bool(work[name].shapes)


def _pairs(exercises: Sequence[_Exercise], students: Sequence[str], least: float) -> list[Pair]:
    """Return the pairs that may have so many bits."""
    row = {student: at for at, student in enumerate(students)}
    most = np.zeros((len(students), len(students)), dtype=np.float32)
    for one in exercises:
        rows = [row[student] for student in one.students]
        most[np.ix_(rows, rows)] += one.alike()
    above = np.argwhere(np.triu(most >= least - 0.01, 1))
    return [
        Pair(first, second, tuple(filter(None, (one.pair(first, second) for one in exercises))))
        for first, second in ((students[i], students[j]) for i, j in above)
    ]


def _with_kit(
    exercises: Sequence[_Exercise], students: Sequence[str], kit: Mapping[str, Work]
) -> list[Pair]:
    """Return each student with what they are most alike of the kit."""
    best = []
    for student in students:
        found = [
            Pair(student, name, tuple(alike), with_kit=True)
            for name, work in kit.items()
            if (
                alike := [
                    one
                    for exercise in exercises
                    if _written(work, exercise.name)
                    and (one := exercise.with_kit(student, work[exercise.name].shapes))
                ]
            )
        ]
        best += [max(found, key=lambda pair: pair.bits)] if found else []
    return best


def _groups(pairs: Iterable[Pair]) -> list[list[str]]:
    """Return who is alike in a row: students that pairs lead to each other, three at the least.

    >>> _groups([Pair("ana", "eva", ()), Pair("luz", "eva", ()), Pair("leo", "sol", ())])
    [['ana', 'eva', 'luz']]
    """
    group: dict[str, set[str]] = {}
    for pair in pairs:
        joined = group.get(pair.first, {pair.first}) | group.get(pair.second, {pair.second})
        group.update(dict.fromkeys(joined, joined))
    unique = {id(one): sorted(one) for one in group.values() if len(one) > 2}  # noqa: PLR2004
    return sorted(unique.values(), key=lambda one: (-len(one), one))
