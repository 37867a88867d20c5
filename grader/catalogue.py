"""The exercises of a course, loaded from their sources: found by name, called, and got wrong.

A `Catalogue` is made of texts alone, so that a lab can bring its exercises along to any machine.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.abc
import importlib.util
import sys
import types
from dataclasses import replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from grader.exercise import StaleEditError, together
from grader.key import UnknownNameError, unknown
from grader.observation import EXERCISES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from pathlib import Path

    from grader.exercise import Exercise
    from grader.fingerprints import Made


def read_sources(folder: Path) -> dict[str, str]:
    """Return the texts of a course's `exercises/`, by their paths in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.py"))
    }


class Catalogue:
    """The exercises of a course, and the solutions of its labs that mistakes are edits of.

    `sources` are the texts of `exercises/` by their paths; `solutions` those of the instructor's
    solution cells by their grade_ids; `modules` those of the Python files that a lab hands out.
    """

    def __init__(
        self,
        sources: Mapping[str, str],
        solutions: Mapping[str, str] = types.MappingProxyType({}),
        modules: Mapping[str, str] = types.MappingProxyType({}),
    ) -> None:
        self._sources = dict(sources)
        self._solutions = dict(solutions)
        self._modules = dict(modules)
        self._texts: dict[tuple[str, Made], str] = {}
        self._package = _package(tuple(sorted(self._sources.items())))
        self._exercises: dict[str, Exercise] = {}
        for topic in self._topics():
            for exercise in self._listed(topic):
                self._add(exercise, topic)

    def _topics(self) -> list[str]:
        """Name the modules and packages that stand directly in `exercises/`."""
        names = {path.partition("/")[0].removesuffix(".py") for path in self._sources}
        return sorted(names - {"__init__"})

    def _listed(self, topic: str) -> Sequence[Exercise]:
        """Return what a topic's module lists; raise `TypeError` where that is no tuple."""
        listed = getattr(self._module(topic), "EXERCISES", ())
        if isinstance(listed, tuple | list):
            return listed
        raise TypeError(
            f"EXERCISES of exercises/{topic} isn't a tuple: write (EXERCISE,), with its comma"
        )

    def _add(self, exercise: Exercise, topic: str) -> None:
        if other := self._exercises.get(exercise.name):
            raise ValueError(
                f"two exercises are called {exercise.name!r}, in exercises/{other.topic} and "
                f"exercises/{topic}: a test cell finds one by its name, so rename one"
            )
        self._exercises[exercise.name] = replace(exercise, topic=topic)

    def _module(self, name: str) -> Any:
        return importlib.import_module(f"{self._package}.{name}")

    def __iter__(self) -> Any:
        """Go through the exercises."""
        return iter(self._exercises.values())

    def __contains__(self, name: object) -> bool:
        """Tell whether there is an exercise of that name."""
        return name in self._exercises

    def find(self, name: str) -> Exercise:
        """Return the exercise called `name`; raise `UnknownNameError` if there is none."""
        try:
            return self._exercises[name]
        except KeyError:
            raise UnknownNameError(unknown("exercise", name, self._exercises)) from None

    def drivers(self, topic: str) -> str:
        """Return the source of a topic's drivers; empty where it has none."""
        return self._sources.get(f"{topic}/drivers.py", "")

    def call(
        self, exercise: Exercise, function: Callable[..., Any], args: Sequence[Any], **beside: Any
    ) -> Any:
        """Call `function` on a case's arguments, as a student's process does."""
        if not exercise.driver:
            return function(*args)
        driver = getattr(self._module(f"{exercise.topic}.drivers"), exercise.driver)
        return driver(function, *args, **beside)

    def facts(self, exercise: Exercise, args: Sequence[Any], observed: Any) -> Any:
        """Return what is compared of what was observed."""
        if not exercise.facts:
            return observed
        return getattr(self._module(f"{exercise.topic}.drivers"), exercise.facts)(args, observed)

    def solution(self, exercise: Exercise) -> Callable[..., Any]:
        """Return the instructor's own solution of `exercise`."""
        return self._define(exercise, self.solution_text(exercise))

    def mutant(self, exercise: Exercise, made: Made) -> Callable[..., Any]:
        """Return what a student who makes one mistake, or two at once, writes.

        Raises `StaleEditError` where that can't be: an edit is of another solution, or the edits of
        one mistake leave no place for those of the other.
        """
        text = self.text_of(exercise, made)
        if not text:
            raise StaleEditError(f"{' and '.join(made)} can't be made at once")
        return self._define(exercise, text)

    def text_of(self, exercise: Exercise, made: Made) -> str:
        """Return the source of one mistake, or of two at once; empty where two can't be.

        Raises `StaleEditError` for an edit of another solution.
        """
        where = (exercise.name, made)
        if where not in self._texts:
            mistakes = [next(m for m in exercise.mistakes if m.name == name) for name in made]
            self._texts[where] = together(mistakes, self.solution_text(exercise))
        return self._texts[where]

    def can_be_made(self, exercise: Exercise, made: Made) -> bool:
        """Tell whether a mistake fits the solution at hand, or two fit it and each other."""
        try:
            return bool(self.text_of(exercise, made))
        except (StaleEditError, LookupError):
            return False

    def has_solution(self, exercise: Exercise) -> bool:
        """Tell whether the solutions at hand hold that of an exercise."""
        return (exercise.solution or exercise.name) in self._solutions

    def solution_text(self, exercise: Exercise) -> str:
        """Return the source of the instructor's solution cell."""
        return self._solutions[exercise.solution or exercise.name]

    def _define(self, exercise: Exercise, text: str) -> Callable[..., Any]:
        """Run a solution's text where the solutions that it calls are at hand."""
        name = exercise.solution or exercise.name
        namespace: dict[str, Any] = {"__name__": "solutions"}
        needed = [cell for cell in self._needed(exercise) if cell != name]
        before = {module: sys.modules.get(module) for module in self._modules}
        try:
            for module, source in self._modules.items():
                sys.modules[module] = types.ModuleType(module)
                exec(_compiled(source), sys.modules[module].__dict__)  # noqa: S102 - the instructor's own
            setup = getattr(self._module(exercise.topic), "SETUP", "import numpy as np")
            for source in (setup, *(self._solutions[cell] for cell in needed), text):
                exec(_compiled(source), namespace)  # noqa: S102 - the same
        finally:
            for module, kept in before.items():
                if kept is None:
                    del sys.modules[module]
                else:
                    sys.modules[module] = kept
        function: Callable[..., Any] = namespace[exercise.binds or name]
        return function

    def _needed(self, exercise: Exercise) -> list[str]:
        """Name the cells of an exercise's helpers, and of theirs, those that others call first."""
        cells: dict[str, None] = {}
        for name in exercise.helpers:
            helper = self.find(name)
            cells |= dict.fromkeys(self._needed(helper))
            cells[helper.solution or helper.name] = None
        return list(cells)


@lru_cache(maxsize=4096)  # the same mistakes are tried for each submission of a class
def _compiled(source: str) -> types.CodeType:
    return compile(source, "<solution>", "exec")


class _Sources(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Import one course's exercises from texts, under a name that is theirs alone."""

    def __init__(self, package: str, sources: Mapping[str, str]) -> None:
        self.package = package
        self.sources = {"__init__.py": "", **sources}

    def _path(self, name: str) -> str | None:
        inner = name.removeprefix(self.package).lstrip(".").replace(".", "/")
        paths = (f"{inner}.py", f"{inner}/__init__.py".lstrip("/"))
        return next((path for path in paths if path in self.sources), None)

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """Find a module of this package."""
        if name != self.package and not name.startswith(f"{self.package}."):
            return None
        path = self._path(name)
        return path and importlib.util.spec_from_loader(name, self, origin=f"exercises/{path}")  # type: ignore[return-value]

    def is_package(self, name: str) -> bool:
        """Tell whether a module has others inside."""
        return str(self._path(name)).endswith("__init__.py")

    def get_source(self, name: str) -> str:
        """Return a module's text."""
        return self.sources[str(self._path(name))]

    def get_code(self, name: str) -> types.CodeType:
        """Compile a module's text, under the name that its errors give."""
        return self.source_to_code(self.get_source(name), f"exercises/{self._path(name)}")


@cache
def _package(sources: tuple[tuple[str, str], ...]) -> str:
    """Make the sources importable, and return the name of their package."""
    digest = hashlib.sha256(repr(sources).encode()).hexdigest()[:16]
    name = f"{EXERCISES}_{digest}"
    sys.meta_path.append(_Sources(name, dict(sources)))
    return name
