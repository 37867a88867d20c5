"""What the judge knows of a lab's exercises for one seed: torch's answers, and what mistakes answer.

It is asked as a `grader.key.Key` is, and makes keys: for students, from the public seed, and for the
sandbox, which gets inputs alone.
"""

from __future__ import annotations

import copy
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.checks import copied
from grader.comparison import answer_difference, is_single
from grader.exercise import StaleEditError
from grader.key import CHANGED, Asked, Key, fingerprint
from grader.observation import Call, digests, failure_of, freeze

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from grader.catalogue import Catalogue
    from grader.exercise import Case, Exercise, Mistake
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
        self._marks: dict[tuple[str, str], dict[str, list[Any]]] = {}

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

    def marks(self, name: str, group: str) -> Mapping[str, Sequence[Any]]:
        """Return the fingerprints that each mistake leaves on a group that it fails."""
        if (name, group) not in self._marks:
            exercise = self.catalogue.find(name)
            self._marks[name, group] = {
                mistake.name: left
                for mistake in exercise.mistakes
                if (left := self._left(exercise, group, mistake))
            }
        return self._marks[name, group]

    def hint(self, name: str, mistake: str) -> str:
        """Return what a student who made a mistake is told."""
        return next(m.hint for m in self.catalogue.find(name).mistakes if m.name == mistake)

    def _left(self, exercise: Exercise, group: str, mistake: Mistake) -> list[Any]:
        """Return the fingerprints that a mistake leaves; none where it is right everywhere.

        One that fits no solution at hand leaves none: the release tells, and a class is graded.
        """
        try:
            mutant = self.catalogue.mutant(exercise, mistake)
        except (StaleEditError, LookupError):
            return []
        brief = exercise.brief
        calls = [self.call(exercise, mutant, case) for case in self.cases(exercise.name, group)]
        right = [
            is_right(brief, group, asked, call)
            for asked, call in zip(self.asked(exercise.name, group), calls, strict=True)
        ]
        marks = [
            fingerprint(
                brief,
                brief.groups[group].outputs,
                call,
                changed=ok and digests(case.args) != call.arguments,
            )
            for case, call, ok in zip(self.cases(exercise.name, group), calls, right, strict=True)
        ]
        return [] if all(right) and CHANGED not in marks else marks

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
        prints = {
            f"{name}/{group}": self.marks(name, group)
            for name, group in pairs
            if not self.catalogue.find(name).sealed
        }
        hints = {
            f"{name}/{mistake.name}": mistake.hint
            for name in names
            for mistake in self.catalogue.find(name).mistakes
        }
        return self._key(pairs, self._with_recipes, prints=prints, hints=hints)

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


def is_right(brief: Brief, group: str, asked: Asked, call: Call) -> bool:
    """Tell whether a call answered as expected."""
    compared = brief.groups[group].outputs
    single = any(map(is_single, asked.args))
    return call.failure is None and not answer_difference(
        brief.outputs, compared, asked.expected, call.value, single=single
    )


def _expected(reference: Callable[..., Any] | None, case: Case) -> Value:
    return freeze(case.answer if reference is None else reference(*copy.deepcopy(case.args)))
