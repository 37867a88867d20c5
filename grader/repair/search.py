"""Search for the smallest edits of a function after which every case is right.

The function itself gets the code of each variant in turn, so whoever calls it, a driver or a class,
needs to know nothing of it; its own code is put back at the end. A search belongs in a process that may
be lost: see `grader.repair.child`.
"""

from __future__ import annotations

import ast
import heapq
import inspect
import sys
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
_WIDTH = 10  # how many first edits get a second one
_GAIN = 0.01  # how much closer the answer must come for that
_PATIENCE = 1.0  # how much less likely another edit may be to be named too
_VARIES = -(2**40)
_FUTURE = annotations.compiler_flag


class NoSourceError(LookupError):
    """There is no text of a function, or not the one that it was made of."""


@dataclass(frozen=True)
class Attempt:
    """One case: whether the question is about it, and a call that says how close the answer is, 0 to 1.

    Of two cases that are wrong the smaller one, in numbers that it is given, is the quicker to try.
    """

    asked: bool
    size: int
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
        self.tree, shift = _parsed(function)
        self.tree.decorator_list = []
        ast.increment_lineno(self.tree, shift)
        free = self.original.co_freevars
        own = "pass" if self.tree.name in free else f"global {self.tree.name}"
        around = ast.parse(f"def around({', '.join(free)}): {own}")
        around.body[0].body.append(self.tree)  # type: ignore[attr-defined]
        self.module = around
        code = self.compiled()
        if code is None or _gist(code) != _gist(self.original):
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


def _parsed(function: FunctionType) -> tuple[ast.FunctionDef, int]:
    """Return a function's tree, and by how many lines it stands higher than the function itself."""
    try:
        lines, start = inspect.getsourcelines(function.__code__)
        # A method is indented, and is parsed in a block: its text, and so its docstring, stays as it is.
        before = "if 1:\n" if lines[0][0].isspace() else ""
        (outer,) = ast.parse(before + "".join(lines)).body
    except (OSError, TypeError, ValueError, SyntaxError):
        raise NoSourceError(function.__name__) from None
    tree = outer.body[0] if isinstance(outer, ast.If) else outer
    if not isinstance(tree, ast.FunctionDef):
        raise NoSourceError(function.__name__)
    return tree, max(start, 1) - 1 - bool(before)


def _gist(code: CodeType) -> tuple[Any, ...]:
    """Return what two compilations of one text have in common: a cell that imports has other bytes."""
    constants = [c for c in code.co_consts if not isinstance(c, CodeType)]
    return code.co_names, code.co_varnames, repr(constants)


@dataclass(frozen=True)
class _State:
    """The function as it is, or after a first edit: what may be tried next, most likely first."""

    candidates: Iterator[tuple[float, Part, Edit]]
    probe: int
    penalty: float = 0.0
    first: tuple[Part, Edit] | None = None


class Search:
    """A search in one function, or in the methods of one class."""

    def __init__(
        self, functions: Sequence[FunctionType], attempts: Sequence[Attempt], budget: Budget
    ) -> None:
        self.parts = [Part(function) for function in functions]
        self.attempts = attempts
        self.budget = budget
        self.base: list[float] = []
        self.scores: set[tuple[int, float]] = set()
        self.seen: set[Any] = set()
        self.pushed = 0
        self.ways: list[tuple[float, bool, tuple[Place, ...]]] = []

    def run(self) -> Found:
        """Look for one edit, and for a second one where a first brought the answer closer."""
        for attempt in self.attempts:
            if not self.budget.left():
                return Found()
            self.base.append(attempt.run())
        wrong = [
            i for i, attempt in enumerate(self.attempts) if attempt.asked and self.base[i] < RIGHT
        ]
        if not wrong:
            return Found(right=True)
        probe = self._smallest(wrong)
        queue: list[tuple[float, int, Part, Edit, _State]] = []
        self._push(queue, _State(self._candidates(probe), probe))
        count = 0
        limit = float("inf")
        while queue and self.budget.left():
            cost, _, part, edit, state = heapq.heappop(queue)
            if cost > limit:
                break
            self._push(queue, state)
            if state.first is None:
                further = self._try(part, edit, probe, cost)
            else:
                before, edit_before = state.first
                with before.edited(edit_before):
                    further = self._try(part, edit, state.probe, cost, state.first)
            if self.ways:
                limit = min(cost for cost, _, _ in self.ways) + _PATIENCE
            elif further is not None and state.first is None and count < _WIDTH:
                count += 1
                self._push(queue, further)
        return self._found()

    def _push(self, queue: list[Any], state: _State) -> None:
        following = next(state.candidates, None)
        if following is not None:
            cost, part, edit = following
            self.pushed += 1
            heapq.heappush(queue, (cost + state.penalty, self.pushed, part, edit, state))

    def _smallest(self, cases: Sequence[int]) -> int:
        return min(cases, key=lambda i: self.attempts[i].size)

    def _found(self) -> Found:
        tried = self.budget.tried
        if not self.ways:
            return Found(variants=tried)
        whole = any(all_right for _, all_right, _ in self.ways)
        likely = [(cost, way) for cost, fits, way in self.ways if fits == whole]
        likely.sort(key=lambda one: one[0])
        least = likely[0][0]
        ways = dict.fromkeys(way for cost, way in likely if cost <= least + _PATIENCE)
        return Found(tuple(ways), whole, variants=tried)

    def _candidates(self, probe: int) -> Iterator[tuple[float, Part, Edit]]:
        found = [
            (edit.cost, part, edit)
            for part, scope in zip(self.parts, self._scopes(probe), strict=True)
            if scope.ran
            for edit in edits(part.tree, scope)
        ]
        return iter(sorted(found, key=lambda one: one[0]))

    def _try(
        self,
        part: Part,
        edit: Edit,
        probe: int,
        cost: float,
        first: tuple[Part, Edit] | None = None,
    ) -> _State | None:
        """Try an edit: keep it where it makes right all that was asked about.

        Return what may be tried after it, where it only brings the answer closer.
        """
        with part.edited(edit) as works:
            code = part.function.__code__
            mark = (part.function.__qualname__, code.co_code, repr(code.co_consts), code.co_names)
            if not works or (*mark, code.co_varnames) in self.seen:
                return None
            self.seen.add((*mark, code.co_varnames))
            self.budget.tried += 1
            values = list(self.base)
            values[probe] = self.attempts[probe].run()
            if values[probe] >= RIGHT:
                values = [
                    RIGHT if i == probe else attempt.run()
                    for i, attempt in enumerate(self.attempts)
                ]
                if self._keep(part, edit, values, cost, first):
                    return None
            return None if first or self.ways else self._closer(part, edit, values, probe)

    def _keep(
        self,
        part: Part,
        edit: Edit,
        values: Sequence[float],
        cost: float,
        first: tuple[Part, Edit] | None,
    ) -> bool:
        asked = [v for v, attempt in zip(values, self.attempts, strict=True) if attempt.asked]
        worse = any(b >= RIGHT > v for b, v in zip(self.base, values, strict=True))
        if min(asked) < RIGHT or worse:
            return False
        places = {part.place(edit), *([first[0].place(first[1])] if first else [])}
        way = tuple(sorted(places, key=lambda place: (place.file, place.lines)))
        self.ways.append((cost, min(values) >= RIGHT, way))
        return True

    def _closer(self, part: Part, edit: Edit, values: Sequence[float], probe: int) -> _State | None:
        more = sum(v >= RIGHT for v in values) - sum(v >= RIGHT for v in self.base)
        gain = values[probe] - self.base[probe]
        score = (more, round(values[probe], 6))
        if more < 0 or gain < _GAIN or score in self.scores:
            return None
        self.scores.add(score)
        wrong = [i for i, v in enumerate(values) if v < RIGHT and self.attempts[i].asked]
        following = probe
        if values[probe] >= RIGHT:
            following = self._smallest(wrong or [i for i, v in enumerate(values) if v < RIGHT])
        penalty = 0.5 if more else 1.5 - min(0.7, 1.5 * gain)
        return _State(self._candidates(following), following, penalty, (part, edit))

    def _scopes(self, probe: int) -> list[Scope]:
        """Run a case and see which lines it comes by, and of what kind each name is."""
        codes = {part.function.__code__: i for i, part in enumerate(self.parts)}
        lines: list[set[int]] = [set() for _ in self.parts]
        kinds: list[dict[str, str]] = [{} for _ in self.parts]
        values: list[dict[str, int]] = [{} for _ in self.parts]
        keys: dict[str, None] = {}

        def local(frame: FrameType, event: str, _: Any) -> Any:
            where = codes[frame.f_code]
            if event == "line":
                lines[where].add(frame.f_lineno)
            if event == "return":
                for name, value in list(frame.f_locals.items()):
                    kind = kinds[where].setdefault(name, _kind(value))
                    if kind == "int" and values[where].setdefault(name, value) != value:
                        values[where][name] = _VARIES
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
                values={n: v for n, v in known.items() if n in _once(part.tree) and v != _VARIES},
                strings=list(dict.fromkeys((*keys, *_strings(part.tree)))),
                attributes=[a for p in self.parts for a in _attributes(p.tree)],
            )
            for part, ran, theirs, known in zip(self.parts, lines, kinds, values, strict=True)
        ]


def _once(tree: ast.FunctionDef) -> frozenset[str]:
    """Return the names that are bound in one place, and not by a loop."""
    loops = set(_loops(tree))
    bound = [
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    ]
    bound += [a.arg for a in ast.walk(tree.args) if isinstance(a, ast.arg)]
    return frozenset(name for name in bound if bound.count(name) == 1 and name not in loops)


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
            if isinstance(n, ast.Attribute)
            and isinstance(n.value, ast.Name)
            and n.value.id == "self"
        )
    )
