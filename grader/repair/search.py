"""Search for the smallest edits of a function after which every case is right.

The function itself gets the code of each variant in turn, so whoever calls it, a driver or a class, needs
to know nothing of it; its own code is put back at the end. A search belongs in a process that may be
lost: see `grader.repair.child`.
"""

from __future__ import annotations

import __future__ as future
import ast
import heapq
import inspect
import sys
import textwrap
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import CodeType, FrameType, FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.repair.edits import Edit, Scope, edits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

RIGHT = 1.0
"""How close an answer is that is right."""

MOST_VARIANTS = 6000
_SINGLE = 4000  # of those, tried with one edit
_WIDTH = 8  # of the beam: how many first edits get a second one
_PATIENCE = 1.0  # how much less likely another edit may be to be named too
_FUTURE = sum(getattr(future, name).compiler_flag for name in future.all_feature_names)


class NoSourceError(LookupError):
    """There is no text of a function, or not the one that it was made of."""


@dataclass(frozen=True)
class Attempt:
    """One case: whether the question is about it, and a call that says how close the answer is, 0 to 1."""

    asked: bool
    run: Callable[[], float]


@dataclass(frozen=True)
class Place:
    """The lines of one change, and the file that they are in."""

    file: str
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Found:
    """What was found: nothing, or places to look at, any of which would do.

    Each of `ways` holds one place an edit. `all_right` says that no case is wrong after it, and not
    only those that were asked about. `right` says that nothing is wrong as it is.
    """

    ways: tuple[tuple[Place, ...], ...] = ()
    all_right: bool = False
    right: bool = False
    variants: int = 0


@dataclass
class Budget:
    """CPU time and a number of variants, whichever ends first."""

    seconds: float
    variants: int = MOST_VARIANTS
    tried: int = 0
    start: float = field(default_factory=time.process_time)

    def left(self) -> bool:
        """Tell whether there is any left."""
        return self.tried < self.variants and time.process_time() - self.start < self.seconds


class Part:
    """A function that may be edited: its tree, and its code as it is now."""

    def __init__(self, function: FunctionType) -> None:
        self.function = function
        self.original = function.__code__
        try:
            lines, start = inspect.getsourcelines(self.original)
            tree = ast.parse(textwrap.dedent("".join(lines)))
        except (OSError, TypeError, SyntaxError):
            raise NoSourceError(function.__name__) from None
        (self.tree,) = tree.body[:1] or [None]
        if not isinstance(self.tree, ast.FunctionDef):
            raise NoSourceError(function.__name__)
        self.tree.decorator_list = []
        ast.increment_lineno(self.tree, max(start, 1) - 1)
        free = [ast.arg(name) for name in self.original.co_freevars]
        cells = ast.FunctionDef(
            name="cells",
            args=ast.arguments([], free, None, [], [], None, []),
            body=[self.tree],
            decorator_list=[],
        )
        self.module = ast.fix_missing_locations(ast.Module([cells], []))
        code = self.compiled()
        if code is None or code.co_code != self.original.co_code:
            raise NoSourceError(function.__name__)

    def compiled(self) -> CodeType | None:
        """Compile the tree as it is; return None if it makes no function like the original."""
        flags = self.original.co_flags & _FUTURE
        try:
            code = compile(
                self.module, self.original.co_filename, "exec", flags=flags, dont_inherit=True
            )
        except (SyntaxError, ValueError, TypeError, RecursionError):
            return None
        for _ in range(2):
            code = next(c for c in code.co_consts if isinstance(c, CodeType))
        return code if code.co_freevars == self.original.co_freevars else None

    @contextmanager
    def edited(self, edit: Edit) -> Iterator[bool]:
        """Edit the tree and the function, and say whether that is a function; undo it at the end."""
        undo = [swap.put() for swap in edit.swaps]
        before = self.function.__code__
        try:
            code = self.compiled()
            if code is not None:
                self.function.__code__ = code
            yield code is not None
        finally:
            self.function.__code__ = before
            for swap in reversed(undo):
                swap.put()

    def place(self, edit: Edit) -> Place:
        """Say where an edit is."""
        return Place(self.original.co_filename, edit.lines)


@dataclass(order=True)
class _State:
    """A first edit: how many cases are right after it, and how close the others come."""

    score: tuple[int, float]
    order: int
    part: Part = field(compare=False)
    edit: Edit = field(compare=False)
    probe: int = field(compare=False)


class Search:
    """A search in one function, or in the methods of one class."""

    def __init__(
        self, functions: Sequence[FunctionType], attempts: Sequence[Attempt], budget: Budget
    ) -> None:
        self.parts = [Part(function) for function in functions]
        self.attempts = attempts
        self.budget = budget
        self.base: list[float] = []
        self.costs: list[float] = []
        self.seen: set[Any] = set()
        self.ways: list[tuple[float, bool, tuple[Place, ...]]] = []

    def run(self) -> Found:
        """Look for one edit, then for two."""
        for attempt in self.attempts:
            start = time.process_time()
            self.base.append(attempt.run())
            self.costs.append(time.process_time() - start)
        asked = [i for i, attempt in enumerate(self.attempts) if attempt.asked]
        wrong = [i for i in asked if self.base[i] < RIGHT]
        if not wrong:
            return Found(right=True)
        probe = min(wrong, key=self.costs.__getitem__)
        best = self._one(probe)
        if not self.ways:
            self._two(best)
        return self._found()

    def _found(self) -> Found:
        tried = self.budget.tried
        if not self.ways:
            return Found(variants=tried)
        whole = any(all_right for _, all_right, _ in self.ways)
        likely = sorted((cost, way) for cost, fits, way in self.ways if fits == whole)
        least = likely[0][0]
        ways = dict.fromkeys(way for cost, way in likely if cost <= least + _PATIENCE)
        return Found(tuple(ways), whole, variants=tried)

    def _candidates(self, probe: int) -> list[tuple[float, int, Part, Edit]]:
        scopes = self._scopes(probe)
        found = [
            (edit.cost, part, edit)
            for part, scope in zip(self.parts, scopes, strict=True)
            if scope.ran
            for edit in edits(part.tree, scope)
        ]
        found.sort(key=lambda one: one[0])
        return [(cost, order, part, edit) for order, (cost, part, edit) in enumerate(found)]

    def _one(self, probe: int) -> list[_State]:
        best: list[_State] = []
        base = (sum(value >= RIGHT for value in self.base), self.base[probe])
        limit = float("inf")
        for cost, order, part, edit in self._candidates(probe):
            if cost > limit or order > _SINGLE or not self.budget.left():
                break
            score, next_probe = self._try(part, edit, probe, cost, ())
            if score is None:
                limit = min(limit, cost + _PATIENCE)
            elif score > base and score != base:
                heapq.heappush(best, _State(score, -order, part, edit, next_probe))
                if len(best) > _WIDTH:
                    heapq.heappop(best)
        return sorted(best, reverse=True)

    def _two(self, best: Sequence[_State]) -> None:
        queues = []
        for state in best:
            with state.part.edited(state.edit):
                candidates = self._candidates(state.probe)
            queues.append((state, candidates))
        merged = sorted(
            (
                (cost + 0.3 * rank, rank, order, state, part, edit)
                for rank, (state, candidates) in enumerate(queues)
                for cost, order, part, edit in candidates
            ),
            key=lambda one: one[:3],
        )
        limit = float("inf")
        for cost, _, _, state, part, edit in merged:
            if cost > limit or not self.budget.left():
                break
            with state.part.edited(state.edit):
                first = state.part.place(state.edit)
                score, _ = self._try(part, edit, state.probe, cost, (first,))
            if score is None:
                limit = min(limit, cost + _PATIENCE)

    def _try(
        self, part: Part, edit: Edit, probe: int, cost: float, before: tuple[Place, ...]
    ) -> tuple[tuple[int, float] | None, int]:
        """Try an edit; return how well it does and the first case that is still wrong.

        The score is None if it makes right all that was asked about, which is then kept.
        """
        nothing = (-1, 0.0)
        with part.edited(edit) as works:
            code = part.function.__code__
            mark = (part.function.__qualname__, code.co_code, repr(code.co_consts), code.co_names)
            mark += (code.co_varnames,)
            if not works or mark in self.seen:
                return nothing, probe
            self.seen.add(mark)
            self.budget.tried += 1
            closeness = self.attempts[probe].run()
            if closeness < RIGHT:
                return (sum(v >= RIGHT for v in self.base), closeness), probe
            values = [
                RIGHT if i == probe else attempt.run() for i, attempt in enumerate(self.attempts)
            ]
        asked = [v for v, attempt in zip(values, self.attempts, strict=True) if attempt.asked]
        worse = any(b >= RIGHT > v for b, v in zip(self.base, values, strict=True))
        right = sum(v >= RIGHT for v in values)
        if min(asked) >= RIGHT and not worse:
            place = part.place(edit)
            way = tuple(dict.fromkeys(sorted((*before, place), key=lambda p: (p.file, p.lines))))
            self.ways.append((cost, right == len(values), way))
            return None, probe
        wrong = [i for i, v in enumerate(values) if v < RIGHT and self.attempts[i].asked]
        wrong = wrong or [i for i, v in enumerate(values) if v < RIGHT]
        probe = min(wrong, key=self.costs.__getitem__)
        return (right, values[probe]), probe

    def _scopes(self, probe: int) -> list[Scope]:
        """Run a case and see which lines it comes by, and of what kind each name is."""
        codes = {part.function.__code__: i for i, part in enumerate(self.parts)}
        lines: list[set[int]] = [set() for _ in self.parts]
        kinds: list[dict[str, str]] = [{} for _ in self.parts]
        keys: dict[str, None] = {}

        def local(frame: FrameType, event: str, _: Any) -> Any:
            where = codes[frame.f_code]
            if event == "line":
                lines[where].add(frame.f_lineno)
            if event == "return":
                for name, value in list(frame.f_locals.items()):
                    kinds[where].setdefault(name, _kind(value))
                    keys.update(dict.fromkeys(_keys(value)))
            return local

        def started(frame: FrameType, *_: Any) -> Any:
            return local if frame.f_code in codes else None

        before = sys.gettrace()
        sys.settrace(started)
        try:
            self.attempts[probe].run()
        finally:
            sys.settrace(before)
        return [
            Scope(
                kinds=theirs,
                loops=[n for n in _loops(part.tree) if theirs.get(n) in ("int", None)],
                ran=frozenset(ran),
                strings=list(dict.fromkeys((*keys, *_strings(part.tree)))),
                attributes=[a for p in self.parts for a in _attributes(p.tree)],
            )
            for part, ran, theirs in zip(self.parts, lines, kinds, strict=True)
        ]


def _kind(value: Any) -> str:
    if callable(value):
        return "callable"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | np.integer):
        return "int"
    if isinstance(value, float):
        return "float"
    if hasattr(value, "ndim"):
        return f"array {value.ndim}"
    return type(value).__name__


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (key for key in value if isinstance(key, str))
    elif isinstance(value, tuple):
        for part in value:
            yield from _keys(part)


def _loops(tree: ast.AST) -> list[str]:
    targets = [n.target for n in ast.walk(tree) if isinstance(n, ast.For | ast.comprehension)]
    return list(
        dict.fromkeys(n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name))
    )


def _strings(tree: ast.FunctionDef) -> list[str]:
    found = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    return [s for s in found if isinstance(s, str) and s.isidentifier()]


def _attributes(tree: ast.AST) -> list[str]:
    return list(
        dict.fromkeys(
            n.attr
            for n in ast.walk(tree)
            if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == "self"
        )
    )
