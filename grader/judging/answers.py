"""What the judge knows of a lab's exercises for one seed: torch's answers, and what mistakes answer.

It is asked as a `grader.key.Key` is, and makes keys: for students, from the public seed, and for the
sandbox, which gets inputs alone.
"""

from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass, replace
from itertools import combinations, islice, zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.fingerprints import NOTHING, RIGHT, Prints, fingerprint, is_right
from grader.key import Asked, Key
from grader.observation import Call, Tensor, digests, failure_of, freeze
from grader.observing import copied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from grader.catalogue import Catalogue
    from grader.comparison import Output
    from grader.exercise import Case, Exercise
    from grader.fingerprints import Fingerprint, Made
    from grader.key import Brief
    from grader.observation import Value


class Answers:
    """The answers of a course's exercises on cases made from `seed`; sealed ones from `sealed_seed`."""

    def __init__(self, catalogue: Catalogue, seed: int, sealed_seed: int | None = None) -> None:
        self.catalogue = catalogue
        self._seed = seed
        self._sealed_seed = seed if sealed_seed is None else sealed_seed
        self._cases: dict[tuple[str, str], list[Case]] = {}
        self._asked: dict[tuple[str, str], list[Asked]] = {}
        self._mutants: dict[tuple[str, Made], Callable[..., Any]] = {}
        self._calls: dict[tuple[str, str, int, Made], Call] = {}
        self._left: dict[tuple[str, str, int, Made], Fingerprint] = {}

    def find(self, name: str) -> Brief:
        """Return the brief of an exercise; raise `UnknownNameError` if there is none."""
        return self.catalogue.find(name).brief

    def cases(self, name: str, group: str) -> list[Case]:
        """Return the cases of a group, made once."""
        if (name, group) not in self._cases:
            exercise = self.catalogue.find(name)
            seed = self._sealed_seed if exercise.sealed else self._seed
            self._cases[name, group] = exercise.cases(group, seed)
        return self._cases[name, group]

    def asked(self, name: str, group: str) -> list[Asked]:
        """Return the cases of a group with what torch answers; a sealed case brings its own answer."""
        if (name, group) not in self._asked:
            reference = self.catalogue.find(name).reference
            self._asked[name, group] = [
                Asked(case.args, case.note, _expected(reference, case))
                for case in self.cases(name, group)
            ]
        return self._asked[name, group]

    def facts(self, brief: Brief, args: Sequence[Any], observed: Value) -> Value:
        """Return what is compared of what was observed."""
        return freeze(self.catalogue.facts(self.catalogue.find(brief.name), args, observed))

    def audit(self, name: str, group: str, observed: Sequence[Value]) -> tuple[str, str]:
        """Return what no comparison shows: a problem for the student, a flag for the instructor."""
        audit = self.catalogue.find(name).audit
        if audit is None:
            return "", ""
        found = [
            audit(case, value)
            for case, value in zip(self.cases(name, group), observed, strict=True)
        ]
        problems, flags = [one.problem for one in found], [one.flag for one in found]
        return next(filter(None, problems), ""), next(filter(None, flags), "")

    @property
    def reveals(self) -> bool:
        """No: a case that is fresh for each submission stays unknown."""
        return False

    def mistakes(self, name: str, group: str) -> Sequence[str]:
        """Name the mistakes that can be recognised in a group, those that fit the solution at hand.

        The release tells of those that don't; meanwhile a class is graded.
        """
        exercise = self.catalogue.find(name)
        if not exercise.explains(group) or not self.catalogue.has_solution(exercise):
            return ()
        return [
            m.name for m in exercise.mistakes if self.catalogue.can_be_made(exercise, (m.name,))
        ]

    def left(self, name: str, group: str, at: int, made: Made) -> Fingerprint:
        """Return what one mistake, or two at once, leave on a case."""
        where = (name, group, at, made)
        if where not in self._left:
            self._left[where] = self._leave(*where)
        return self._left[where]

    def _leave(self, name: str, group: str, at: int, made: Made) -> Fingerprint:
        if len(made) > 1:
            one, other = (self.left(name, group, at, (mistake,)) for mistake in made)
            # Where one doesn't show, the other is all there is.
            if is_right(other):
                return one
            if is_right(one):
                return other
        return self._print(name, group, at, self._called(name, group, at, made))

    def _print(self, name: str, group: str, at: int, call: Call) -> Fingerprint:
        brief = self.find(name)
        compared = brief.groups[group].outputs
        expected = self.asked(name, group)[at].expected
        return fingerprint(
            brief.outputs, compared, self.cases(name, group)[at].args, expected, call
        )

    def _called(self, name: str, group: str, at: int, made: Made) -> Call:
        """Call on a case what a student writes who makes these mistakes."""
        where = (name, group, at, made)
        if where in self._calls:
            return self._calls[where]
        exercise = self.catalogue.find(name)
        if (name, made) not in self._mutants:
            self._mutants[name, made] = self.catalogue.mutant(exercise, made)
        call = self.call(exercise, self._mutants[name, made], self.cases(name, group)[at])
        if len(made) == 1:  # of pairs there are many
            self._calls[where] = call
        return call

    def pairs(
        self, name: str, group: str, at: int, call: Call, ours: Fingerprint
    ) -> Sequence[Made]:
        """Return the pairs of mistakes that may have led to `call` on a case, likely ones first.

        Only so many, since each is tried: those of which each mistake alone goes in that direction.
        """
        exercise = self.catalogue.find(name)
        names = self.mistakes(name, group)
        compared = self.find(name).groups[group].outputs
        expected = _parts(self.asked(name, group)[at].expected, exercise.outputs, compared)
        got = _parts(call.value, exercise.outputs, compared)
        gone = {}
        for one in names:
            alone = self._called(name, group, at, (one,))
            left = self.left(name, group, at, (one,))
            value = _parts(alone.value, exercise.outputs, compared)
            gone[one] = Direction.of(left, value, expected)
        aim = Direction.of(ours, got, expected)
        likely = sorted(
            (far, made)
            for made in combinations(names, 2)
            if (far := aim.distance(gone[made[0]], gone[made[1]])) is not None
        )
        fits = (made for _, made in likely if self._at_once(exercise, made))
        return list(islice(fits, exercise.pairs))

    def all_pairs(self, name: str) -> list[Made]:
        """Return the pairs of an exercise's mistakes that can be made at once."""
        exercise = self.catalogue.find(name)
        if not exercise.pairs:
            return []
        names = [mistake.name for mistake in exercise.mistakes]
        return [made for made in combinations(names, 2) if self._at_once(exercise, made)]

    def _at_once(self, exercise: Exercise, made: Made) -> bool:
        """Tell whether two mistakes can be made at once: kin say one thing in two ways."""
        one, other = (next(m for m in exercise.mistakes if m.name == name) for name in made)
        likely = not (one.alone or other.alone) and (one.kin != other.kin or not one.kin)
        return likely and self.catalogue.can_be_made(exercise, made)

    def hint(self, name: str, mistake: str) -> str:
        """Return what a student who made a mistake is told."""
        return next(m.hint for m in self.catalogue.find(name).mistakes if m.name == mistake)

    def kin(self, name: str, mistake: str) -> str:
        """Return what is true of all mistakes that look like one."""
        return next(m.kin for m in self.catalogue.find(name).mistakes if m.name == mistake)

    def call(self, exercise: Exercise, function: Callable[..., Any], case: Case) -> Call:
        """Call a function of ours on a case, and conclude from what was observed."""
        call = self.observe(exercise, function, case)
        if call.failure is not None or not exercise.facts:
            return call
        return replace(call, value=self.facts(exercise.brief, case.args, call.value))

    def observe(self, exercise: Exercise, function: Callable[..., Any], case: Case) -> Call:
        """Call a function of ours on a case as a student's is called."""
        args = copied(case.args)
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                value = freeze(self.catalogue.call(exercise, function, args))
        except Exception as error:  # noqa: BLE001 - a mistake may crash in any way, as a student may
            return Call(failure=failure_of(error), arguments=digests(args))
        return Call(value, arguments=digests(args))

    def for_students(self, wanted: Iterable[tuple[str, str]]) -> Key:
        """Make the key of these groups, with all that a student's machine needs."""
        pairs = sorted(set(wanted))
        names = sorted({name for name, _ in pairs})
        known = [(n, g) for n, g in pairs if not self.catalogue.find(n).sealed]
        prints = {f"{name}/{group}": self.prints(name, group) for name, group in known}
        hints = {
            f"{name}/{mistake.name}": (mistake.hint, mistake.kin)
            for name in names
            for mistake in self.catalogue.find(name).mistakes
        }
        return self._key(pairs, self._with_recipes, prints=prints, hints=hints)

    def prints(self, name: str, group: str) -> Prints:
        """Return what each mistake, and each pair of them, leaves on a group."""
        names = [mistake.name for mistake in self.catalogue.find(name).mistakes]
        exercise = self.catalogue.find(name)
        alone = [(one,) for one in names if self.catalogue.can_be_made(exercise, (one,))]
        count = len(self.cases(name, group))
        left = {
            made: [self.left(name, group, at, made) for at in range(count)]
            for made in [*alone, *self.all_pairs(name)]
        }
        return Prints.of(left, self.find(name).groups[group].outputs)

    def _with_recipes(self, name: str, group: str) -> list[Asked]:
        """Return a group's cases with a recipe, where there is one, in the place of its pictures."""
        pairs = zip(self.cases(name, group), self.asked(name, group), strict=True)
        return [replace(a, args=(c.recipe,)) if c.recipe else a for c, a in pairs]

    def for_the_sandbox(self, wanted: Iterable[tuple[str, str]]) -> Key:
        """Make a key that holds inputs alone."""

        def inputs(name: str, group: str) -> list[Asked]:
            return [Asked(case.args, case.note) for case in self.cases(name, group)]

        return self._key(sorted(set(wanted)), inputs)

    def _key(
        self,
        pairs: Sequence[tuple[str, str]],
        asked: Callable[[str, str], Sequence[Asked]],
        **more: Any,
    ) -> Key:
        briefs = {name: self.find(name) for name in sorted({name for name, _ in pairs})}
        topics = sorted({brief.topic for brief in briefs.values() if brief.driver or brief.facts})
        return Key(
            briefs=briefs,
            drivers={topic: self.catalogue.drivers(topic) for topic in topics},
            cases={f"{name}/{group}": asked(name, group) for name, group in pairs},
            **more,
        )


@dataclass(frozen=True)
class Direction:
    """How an answer went wrong, output by output: right, of another form, or by how much where.

    It may have gone wrong as a `whole`, as by an exception. Two mistakes at once go, roughly, where
    each alone goes.
    """

    left: Fingerprint
    whole: bool
    right: tuple[bool, ...]
    forms: tuple[str, ...]
    gaps: tuple[np.ndarray[Any, Any] | None, ...]

    @classmethod
    def of(cls, left: Fingerprint, got: Sequence[Any], expected: Sequence[Any]) -> Direction:
        """Return how an answer `got`, which left a fingerprint, differs from the expected one."""
        whole = NOTHING in left or left[0].form.startswith("raised")
        right = tuple(mark == RIGHT for mark in left)
        forms = tuple("" if mark in (RIGHT, NOTHING) else mark.form for mark in left)
        pairs = zip_longest(got[: len(left)], expected[: len(left)])
        return cls(left, whole, right, forms, tuple(_gap(g, e) for g, e in pairs))

    def distance(self, one: Direction, other: Direction) -> float | None:
        """Return how far this is from two mistakes' directions together, or None if it can't be."""
        both = (one, other)
        if any(all(way.right) for way in both):  # a case where only one of the two shows
            return 0.0 if self.left in (one.left, other.left) else None
        if self.whole:
            return 1.0 if self.forms[0] in (one.forms[0], other.forms[0]) else FORMS_APART
        if any(way.whole for way in both):
            return None
        total = 0.0
        for at, right in enumerate(self.right):
            if right != (one.right[at] and other.right[at]):
                return None
            if right:
                continue
            total += self._far(at, one, other)
        return total

    def _far(self, at: int, one: Direction, other: Direction) -> float:
        mine, theirs = self.gaps[at], (one.gaps[at], other.gaps[at])
        if mine is None or any(gap is None for gap in theirs):
            alike = self.forms[at] in (one.forms[at], other.forms[at])
            return 1.0 if alike else FORMS_APART
        with np.errstate(all="ignore"):  # an answer may hold any numbers
            size = float(np.abs(mine).sum())
            return float(np.abs(mine - theirs[0] - theirs[1]).sum()) / size if size else 0.0


FORMS_APART = 10.0


def _gap(got: Any, expected: Any) -> np.ndarray[Any, Any] | None:
    """Return by how much an array differs from the expected one, if they are of one shape."""
    arrays = [a.array if isinstance(a, Tensor) else a for a in (got, expected)]
    try:
        left, right = map(np.asarray, arrays)
    except ValueError:  # a ragged list
        return None
    if left.shape != right.shape or {left.dtype.kind, right.dtype.kind} - set("biuf"):
        return None
    with np.errstate(all="ignore"):
        gap: np.ndarray[Any, Any] = np.nan_to_num(left.astype(float) - right.astype(float))
    return gap


def _parts(value: Value, outputs: Sequence[Output], compared: Sequence[str]) -> list[Any]:
    """Return the outputs of an answer that are compared, where it has them."""
    if len(outputs) == 1:
        return [value]
    if not isinstance(value, tuple | list) or len(value) != len(outputs):
        return []
    return [part for o, part in zip(outputs, value, strict=True) if o.name in compared]


def _expected(reference: Callable[..., Any] | None, case: Case) -> Value:
    return freeze(case.answer if reference is None else reference(*copy.deepcopy(case.args)))
