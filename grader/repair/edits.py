"""Small edits of a function, most likely first: what a slip of the pen would have to be undone by.

An edit changes the tree in place, so that trying one costs a compilation and no copy. Images have a
height and a width, and code for the one stands beside the like for the other: an edit is also tried at
every like place at once, with the names of the other axis.
"""

from __future__ import annotations

import ast
import dataclasses
import difflib
import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import chain, combinations, permutations
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

_Part = tuple[str, "int | None"]

_TWINS = (
    ("vertical", "horizontal"),
    ("vert", "horiz"),
    ("height", "width"),
    ("alto", "ancho"),
    ("fila", "columna"),
    ("row", "col"),
    ("H", "W"),
    ("h", "w"),
    ("y", "x"),
    ("i", "j"),
)
_ARITHMETIC: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult, ast.Div, ast.FloorDiv),
    ast.Sub: (ast.Add, ast.Mult, ast.Div, ast.FloorDiv),
    ast.Mult: (ast.MatMult, ast.Add, ast.Div, ast.FloorDiv, ast.Sub),
    ast.Div: (ast.FloorDiv, ast.Mult, ast.Sub, ast.Add),
    ast.FloorDiv: (ast.Div, ast.Mult, ast.Mod, ast.Sub, ast.Add),
    ast.Mod: (ast.FloorDiv, ast.Div, ast.Mult),
    ast.MatMult: (ast.Mult,),
    ast.Pow: (ast.Mult,),
}
_COMPARISONS: tuple[type[ast.cmpop], ...] = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_FAMILIES = (
    ("max", "min", "mean", "sum", "argmax", "median", "prod", "abs"),
    ("zeros", "ones", "zeros_like", "ones_like", "empty", "full"),
    ("dot", "matmul", "multiply"),
    ("floor", "ceil", "round"),
    ("exp", "log", "sqrt", "square"),
    ("maximum", "minimum"),
    ("argmax", "argmin"),
    ("log", "log2", "log10"),
)
_ALONE = 1.2  # how much less likely a slip is in one of two statements that are like each other
_REDUCTIONS = frozenset({"max", "min", "mean", "sum", "argmax"})


class Swap(NamedTuple):
    """One place of the tree, and what is put there."""

    parent: ast.AST
    field: str
    at: int | None
    new: Any

    def put(self) -> Swap:
        """Put it there, and return the swap that undoes it."""
        if self.at is None:
            old = getattr(self.parent, self.field)
            setattr(self.parent, self.field, self.new)
        else:
            old = getattr(self.parent, self.field)[self.at]
            getattr(self.parent, self.field)[self.at] = self.new
        return self._replace(new=old)


@dataclass(frozen=True)
class Edit:
    """Swaps that are one change, the lines where they are, and how unlikely such a slip is."""

    cost: float
    swaps: tuple[Swap, ...]
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Scope:
    """What is known of a function's names from a run: their kind, such as "int" or "array 4".

    `values` holds the whole numbers that stay what they are: what has the same value there would change
    nothing. `ran` holds the lines that a run came by; `strings` those that stand in the function or are
    keys of what it was given.
    """

    kinds: Mapping[str, str]
    loops: Sequence[str]
    ran: frozenset[int]
    values: Mapping[str, int] = dataclasses.field(default_factory=dict)
    strings: Sequence[str] = ()
    attributes: Sequence[str] = ()

    def like(self, name: str) -> list[tuple[float, str]]:
        """Return the names that may stand in the place of `name`, and how unlikely each is."""
        kind = self.kinds.get(name)
        found = []
        for other, theirs in self.kinds.items():
            if other == name or theirs == "callable" or kind == "callable":
                continue
            if name in self.values and self.values[name] == self.values.get(other):
                continue
            far = 0.0 if kind in (None, theirs) else 1.0
            if far and not (kind or "").partition(" ")[0] == theirs.partition(" ")[0] == "array":
                continue
            ratio = difflib.SequenceMatcher(None, name, other).ratio()
            found.append((1.6 + far - 0.6 * ratio, other))
        return found

    def integers(self, but: int | None = None) -> list[str]:
        """Return the names of whole numbers, without those that are known to be `but`."""
        return [
            name
            for name, kind in self.kinds.items()
            if kind == "int" and (but is None or self.values.get(name) != but)
        ]

    def applied(self, node: ast.expr) -> Iterator[tuple[float, ast.AST]]:
        """Yield what a node gives with one more number: times the stride, plus the padding."""
        for operator, neutral, cost in (
            (ast.Mult(), 1, 2.2),
            (ast.Add(), 0, 2.4),
            (ast.Sub(), 0, 3.0),
        ):
            for name in self.integers(neutral):
                if name not in self.loops:
                    yield cost, ast.BinOp(node, operator, ast.Name(name, ast.Load()))


@dataclass
class _Site:
    """A node, where it hangs, and the way to it from its statement."""

    parent: ast.AST
    field: str
    index: int | None
    node: ast.AST
    statement: ast.stmt
    path: tuple[_Part, ...] = dataclasses.field(default_factory=tuple)


def edits(function: ast.FunctionDef, scope: Scope) -> list[Edit]:
    """Return the edits of `function` that may matter where `scope` was seen, most likely first."""
    enumerator = _Enumerator(function, scope)
    return sorted(enumerator.all(), key=lambda edit: edit.cost)


def names_of(tree: ast.AST) -> list[str]:
    """Return the names that stand in a tree, each once, in order."""
    return list(dict.fromkeys(n.id for n in ast.walk(tree) if isinstance(n, ast.Name)))


def twins(names: Iterable[str]) -> dict[str, str]:
    """Pair the names of one axis with those of the other.

    >>> twins(["n_H", "n_W", "vert_start", "horiz_start", "W", "f"])
    {'n_H': 'n_W', 'n_W': 'n_H', 'vert_start': 'horiz_start', 'horiz_start': 'vert_start'}
    """
    known = list(dict.fromkeys(names))
    found: dict[str, str] = {}
    for name in known:
        for one, other in _TWINS:
            for found_at in re.finditer(re.escape(one), name):
                start, end = found_at.span()
                twin = name[:start] + other + name[end:]
                if len(one) == 1 and one in "yxij" and name != one:
                    continue
                if twin in known and name not in found and twin not in found:
                    found[name], found[twin] = twin, name
    return found


def _mirrored(node: Any, pairs: Mapping[str, str]) -> Any:
    """Write a tree with the names of the other axis; what has none of them is shared, not copied."""
    if isinstance(node, list):
        new = [_mirrored(part, pairs) for part in node]
        return new if any(a is not b for a, b in zip(new, node, strict=True)) else node
    if isinstance(node, ast.Name):
        twin = pairs.get(node.id)
        return ast.copy_location(ast.Name(twin, node.ctx), node) if twin else node
    if not isinstance(node, ast.AST) or isinstance(node, ast.Constant | ast.operator):
        return node
    parts = {name: _mirrored(value, pairs) for name, value in ast.iter_fields(node)}
    if all(parts[name] is getattr(node, name) for name in parts):
        return node
    return ast.copy_location(type(node)(**parts), node)


class _Enumerator:
    """All edits of one function."""

    def __init__(self, function: ast.FunctionDef, scope: Scope) -> None:
        self.function = function
        self.scope = scope
        self.pairs = twins(names_of(function) + [a.arg for a in function.args.args])
        self.sites = list(_sites(function))
        self.dumps = {id(site.node): ast.dump(site.node) for site in self.sites}
        self.alike: dict[str, list[_Site]] = defaultdict(list)
        for site in self.sites:
            self.alike[self.dumps[id(site.node)]].append(site)
        texts: dict[str, ast.Subscript] = {}
        for site in self.sites:
            if isinstance(site.node, ast.Subscript) and isinstance(site.node.ctx, ast.Load):
                texts.setdefault(self.dumps[id(site.node)], site.node)
        self.loads = [load for load in texts.values() if not isinstance(load.slice, ast.Constant)]
        self.statements: dict[str, list[ast.stmt]] = defaultdict(list)
        self.heads: dict[int, str] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.stmt) and node is not function:
                self.heads[id(node)] = head = _head(node)
                self.statements[head].append(node)

    def all(self) -> Iterator[Edit]:
        """Yield every edit, in the order of the function's text."""
        yield from self._as_its_twin()
        for site in self.sites:
            if not self._ran(site.statement):
                continue
            seen = set()
            for cost, new in self._rewrites(site):
                dump = ast.dump(new)
                if dump in seen or dump == self.dumps[id(site.node)]:
                    continue
                seen.add(dump)
                yield from self._spread(site, new, cost)
        yield from self._of_statements()
        yield from self._strides()

    # ------------------------------------------------------------------ the same at every like place

    def _spread(self, site: _Site, new: ast.AST, cost: float) -> Iterator[Edit]:
        own = _swap(site, new)
        by_statement = [
            [own, _swap(place, self._mirrored(new))]
            for other in self._twin_statements(site.statement)
            if (place := _follow(other, site.path)) is not None
        ]
        beside = [self._like_parents(site, own, new), self._likes_beside(site, own, new)]
        groups = [*by_statement, *(group for group in beside if len(group) > 1)]
        if not groups and isinstance(new, ast.Name) and isinstance(new.ctx, ast.Load):
            same = [s for s in self.alike[self.dumps[id(site.node)]] if s is not site]
            if same and isinstance(site.node, ast.Name):
                yield self._edit([own, *(_swap(s, new) for s in same)], cost + 0.5)
        seen = set()
        for group in groups:
            places = frozenset((id(s.parent), s.field, s.at) for s in group)
            if places not in seen:
                seen.add(places)
                yield self._edit(group, cost)
        yield self._edit([own], cost + _ALONE if by_statement else cost)

    def _like_parents(self, site: _Site, own: Swap, new: ast.AST) -> list[Swap]:
        """Return the edit wherever the expression around it stands too, or its twin does."""
        around = self.dumps.get(id(site.parent))
        if around is None or not isinstance(site.parent, ast.expr):
            return [own]
        return [own] + [
            Swap(like.node, site.field, site.index, _placed(there, like.node))
            for text in dict.fromkeys((around, self._mirror_text(around)))
            for like in self.alike.get(text, ())
            if like.node is not site.parent
            for there in [new if text == around else self._mirrored(new)]
        ]

    def _likes_beside(self, site: _Site, own: Swap, new: ast.AST) -> list[Swap]:
        """Return the edit wherever the expression, or its twin, stands in the same statement."""
        text = self.dumps[id(site.node)]
        twin = self._mirror_text(text)
        simple = isinstance(site.node, ast.Name | ast.Constant)
        return [own] + [
            _swap(other, new if like == text else self._mirrored(new))
            for like in dict.fromkeys((text, twin))
            if not (simple and like == text)
            for other in self.alike.get(like, ())
            if other is not site
            and other.statement is site.statement
            and len(other.path) == len(site.path)
        ]

    def _edit(self, swaps: Sequence[Swap], cost: float) -> Edit:
        lines = {getattr(_now(swap), "lineno", 0) or _line(swap) for swap in swaps}
        return Edit(cost, tuple(swaps), tuple(sorted(lines)))

    def _twin_statements(self, statement: ast.stmt) -> list[ast.stmt]:
        head = self.heads.get(id(statement), "")
        twin = self._mirror_text(head)
        return [] if twin == head else self.statements.get(twin, [])

    def _mirror_text(self, text: str) -> str:
        return re.sub(
            r"id='(\w+)'", lambda found: f"id='{self.pairs.get(found[1], found[1])}'", text
        )

    def _mirrored(self, node: Any) -> Any:
        return _mirrored(node, self.pairs)

    def _as_its_twin(self) -> Iterator[Edit]:
        """Yield statements written as the other axis's: `horiz_start`'s by `vert_start`'s."""
        firsts = set(list(self.pairs)[::2])
        bound = [
            (one, ast.dump(_target(one)), "iter" if isinstance(one, ast.For) else "value")
            for holder in self._lists()
            for one in _statements(holder)
            if isinstance(one, ast.Assign | ast.AugAssign | ast.For) and self._ran(one)
        ]
        sides: dict[bool, list[Swap]] = {True: [], False: []}
        for (one, target, value), (other, theirs, _) in permutations(bound, 2):
            if (
                target == theirs
                or self._mirror_text(target) != theirs
                or type(one) is not type(other)
            ):
                continue
            old, new = getattr(one, value), self._mirrored(getattr(other, value))
            if ast.dump(new) != ast.dump(old):
                swap = Swap(one, value, None, _placed(new, old))
                sides[not firsts.isdisjoint(names_of(_target(one)))].append(swap)
                yield self._edit([swap], 0.5)
        yield from (self._edit(swaps, 0.6) for swaps in sides.values() if len(swaps) > 1)

    def _strides(self) -> Iterator[Edit]:
        """Yield a loop's counter times a number, `h * stride`, wherever it is no index, on both axes."""
        counted: dict[frozenset[str], list[_Site]] = defaultdict(list)
        for site in self.sites:
            node = site.node
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and not _indexes(site):
                counted[frozenset((node.id, self.pairs.get(node.id, node.id)))].append(site)
        for names, sites in counted.items():
            if names <= set(self.scope.loops) and any(self._ran(site.statement) for site in sites):
                for name in self.scope.integers(1):
                    if name not in self.scope.loops:
                        times = ast.Name(name, ast.Load())
                        swaps = [
                            _swap(s, ast.BinOp(s.node, ast.Mult(), times))  # type: ignore[arg-type]
                            for s in sites
                        ]
                        yield self._edit(swaps, 1.1)

    # ------------------------------------------------------------------------------------ expressions

    def _rewrites(self, site: _Site) -> Iterator[tuple[float, ast.AST]]:
        node = site.node
        yield from _BY_TYPE.get(type(node), _none)(self, site, node)
        if isinstance(node, ast.BinOp | ast.Slice | ast.Tuple | ast.Subscript | ast.Call):
            yield 1.1, self._mirrored(node)

    def name(self, site: _Site, node: ast.Name) -> Iterator[tuple[float, ast.AST]]:
        """Another name; one more or less; times the stride; one of its rows."""
        called = isinstance(site.parent, ast.Call) and site.field == "func"
        if called:
            yield from ((1.3, ast.Name(other, ast.Load())) for other in _family(node.id))
            return
        kind = self.scope.kinds.get(node.id)
        for cost, other in self.scope.like(node.id):
            near = 0.8 if self.pairs.get(node.id) == other else cost
            yield (near if isinstance(node.ctx, ast.Load) else near + 2), ast.Name(other, node.ctx)
        if not isinstance(node.ctx, ast.Load):
            return
        if kind == "int":
            lone = not (isinstance(site.parent, ast.BinOp) and site.parent.op.__class__ is ast.Add)
            yield from _one_more(node, 1.5 if lone else 2.2)
            yield from self.scope.applied(node)
            if _indexes(site):
                yield 2.6, ast.Slice()
        elif kind is not None and kind.startswith("array"):
            for loop in self.scope.loops:
                yield 2.6, ast.Subscript(node, ast.Name(loop, ast.Load()), ast.Load())
            yield 3.5, ast.Attribute(node, "T", ast.Load())
            yield from ((2.4, load) for load in self.loads)

    def constant(self, site: _Site, node: ast.Constant) -> Iterator[tuple[float, ast.AST]]:
        """A number near it, a name in its place; another key."""
        value = node.value
        if isinstance(value, bool):
            yield 1.5, ast.Constant(not value)
        elif isinstance(value, int | float):
            for other in dict.fromkeys((value - 1, value + 1, 0, 1, 2, -1)):
                yield 1.3, ast.Constant(other)
            if isinstance(value, int):
                bonus = -0.4 if _indexes(site) else 0.0
                names = self.scope.integers(value)
                yield from ((2.2 + bonus, ast.Name(name, ast.Load())) for name in names)
        elif isinstance(value, str):
            yield from ((1.2, ast.Constant(other)) for other in self.scope.strings)

    def binary(self, site: _Site, node: ast.BinOp) -> Iterator[tuple[float, ast.AST]]:
        """Another operator; one side alone; other parentheses; one more or less."""
        for rank, other in enumerate(_ARITHMETIC.get(type(node.op), ())):
            yield 1.4 + 0.2 * rank, ast.BinOp(node.left, other(), node.right)
        yield 1.7, node.left
        yield 2.0, node.right
        if isinstance(node.op, ast.Sub | ast.Div | ast.FloorDiv | ast.MatMult):
            yield 2.0, ast.BinOp(node.right, node.op, node.left)
        if isinstance(node.left, ast.BinOp):
            low = node.left
            yield 1.8, ast.BinOp(ast.BinOp(low.left, node.op, node.right), low.op, low.right)
            yield 1.9, ast.BinOp(low.left, low.op, ast.BinOp(low.right, node.op, node.right))
        if isinstance(node.right, ast.BinOp):
            low = node.right
            yield 1.9, ast.BinOp(ast.BinOp(node.left, node.op, low.left), low.op, low.right)
        if not isinstance(site.parent, ast.BinOp):
            yield from _one_more(node, 1.6)
        if isinstance(node.op, ast.Div):
            yield 1.4, ast.Call(ast.Name("int", ast.Load()), [node], [])
        yield from self.scope.applied(node)

    def unary(self, site: _Site, node: ast.UnaryOp) -> Iterator[tuple[float, ast.AST]]:
        """Without the sign; the end of a slice `[pad:-pad]`, also where pad is 0."""
        yield 1.5, node.operand
        if site.field == "upper":
            yield 1.1, ast.BoolOp(ast.Or(), [node, ast.Constant(None)])

    def compare(self, _: _Site, node: ast.Compare) -> Iterator[tuple[float, ast.AST]]:
        """Another comparison."""
        if len(node.ops) == 1:
            for other in _COMPARISONS:
                yield 1.5, ast.Compare(node.left, [other()], node.comparators)

    def boolean(self, _: _Site, node: ast.BoolOp) -> Iterator[tuple[float, ast.AST]]:
        """`and` for `or`."""
        yield 2.0, ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)

    def call(self, _: _Site, node: ast.Call) -> Iterator[tuple[float, ast.AST]]:
        """Its arguments swapped, one fewer, as one tuple; what it is given, as it is."""
        args, keywords = node.args, node.keywords
        for swapped in _exchanged(args):
            yield 2.1, ast.Call(node.func, swapped, keywords)
        for i in range(len(keywords)):
            yield 1.9, ast.Call(node.func, args, [*keywords[:i], *keywords[i + 1 :]])
        if args and not isinstance(args[0], ast.Starred):
            yield 2.3, args[0]
        if len(args) > 1:
            yield 2.0, ast.Call(node.func, [ast.Tuple(args, ast.Load())], keywords)
            for i in range(len(args)):
                yield 2.5, ast.Call(node.func, [*args[:i], *args[i + 1 :]], keywords)
            if isinstance(node.func, ast.Name) and node.func.id == "range":
                yield 1.4, ast.Call(node.func, [args[1]], [])
        if isinstance(node.func, ast.Attribute):
            yield from self._numpy_call(node, node.func)

    def _numpy_call(self, node: ast.Call, func: ast.Attribute) -> Iterator[tuple[float, ast.AST]]:
        """Zeros for random numbers; an axis, or that it is kept; an array for a copy of it."""
        args, keywords = node.args, node.keywords
        have = {keyword.arg for keyword in keywords}
        if func.attr in ("randn", "rand"):
            zeros = ast.Attribute(ast.Name("np", ast.Load()), "zeros", ast.Load())
            yield 1.3, ast.Call(zeros, [ast.Tuple(args, ast.Load())], [])
        if func.attr in _REDUCTIONS:
            for axis in (0, 1, -1):
                more = ast.keyword("axis", ast.Constant(axis))
                yield 2.8, ast.Call(func, args, [*(k for k in keywords if k.arg != "axis"), more])
            if "keepdims" not in have and ("axis" in have or len(args) > 1):
                more = ast.keyword("keepdims", ast.Constant(value=True))
                yield 1.8, ast.Call(func, args, [*keywords, more])
        if not args and func.attr in ("copy", "transpose", "sum", "mean"):
            yield 2.2, func.value

    def attribute(self, site: _Site, node: ast.Attribute) -> Iterator[tuple[float, ast.AST]]:
        """Another function of NumPy's, another attribute of its own; not transposed."""
        for other in _family(node.attr):
            yield 1.3, ast.Attribute(node.value, other, node.ctx)
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            called = isinstance(site.parent, ast.Call) and site.field == "func"
            if not called:
                for other in self.scope.attributes:
                    ratio = difflib.SequenceMatcher(None, node.attr, other).ratio()
                    yield 1.8 - 0.6 * ratio, ast.Attribute(node.value, other, node.ctx)
        if node.attr == "T":
            yield 1.5, node.value

    def sequence(self, _: _Site, node: ast.Tuple) -> Iterator[tuple[float, ast.AST]]:
        """Two of its parts swapped."""
        for swapped in _exchanged(node.elts):
            yield 1.6, ast.Tuple(swapped, node.ctx)
        parts = node.elts
        for i in range(len(parts)):
            if len(parts) > 1:
                yield 2.1, ast.Tuple([*parts[:i], *parts[i + 1 :]], node.ctx)
        for start, end in permutations(range(len(parts)), 2):
            if abs(start - end) > 1:
                moved = [*parts[:start], *parts[start + 1 :]]
                moved.insert(end, parts[start])
                yield 2.0, ast.Tuple(moved, node.ctx)

    def subscript(self, _: _Site, node: ast.Subscript) -> Iterator[tuple[float, ast.AST]]:
        """The whole of it; one axis fewer, or one more."""
        if not isinstance(node.ctx, ast.Load):
            return
        yield 2.2, node.value
        yield from ((2.2, load) for load in self.loads)
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for loop in self.scope.loops:
            index = ast.Name(loop, ast.Load())
            longer = ast.Tuple([*parts, index], ast.Load())
            first = ast.Tuple([index, *parts], ast.Load())
            yield 2.6, ast.Subscript(node.value, longer, ast.Load())
            yield 2.6, ast.Subscript(node.value, first, ast.Load())

    def slice(self, _: _Site, node: ast.Slice) -> Iterator[tuple[float, ast.AST]]:
        """From the start, to the end, all of it; or the one of a loop's."""
        if node.lower is not None:
            yield 1.9, ast.Slice(None, node.upper, node.step)
        if node.upper is not None:
            yield 1.9, ast.Slice(node.lower, None, node.step)
        if node.step is not None:
            yield 1.9, ast.Slice(node.lower, node.upper, None)
        for loop in self.scope.loops:
            yield 2.3, ast.Name(loop, ast.Load())
        lower = node.lower
        if isinstance(lower, ast.Name) and node.upper is not None:
            yield 1.9, ast.Slice(lower, ast.BinOp(lower, ast.Add(), node.upper), node.step)

    def choice(self, _: _Site, node: ast.IfExp) -> Iterator[tuple[float, ast.AST]]:
        """The other way round."""
        yield 2.5, ast.IfExp(node.test, node.orelse, node.body)

    # ------------------------------------------------------------------------------------- statements

    def _of_statements(self) -> Iterator[Edit]:
        for holder in self._lists():
            body = _statements(holder)
            for i, one in enumerate(body):
                if not self._ran(one) or _is_text(one):
                    continue
                for cost, new in self._rewritten(one):
                    yield from self._swapped(holder, one, new, cost)
                before, after = body[:i], body[i + 1 :]
                if not isinstance(one, ast.Return | ast.For | ast.FunctionDef):
                    rest = [*before, *after] or [ast.copy_location(ast.Pass(), one)]
                    yield Edit(2.2, (Swap(*holder, None, rest),), (one.lineno,))
                if isinstance(one, ast.For):
                    yield from self._moved(holder, one, before, after)

    def _rewritten(self, one: ast.stmt) -> Iterator[tuple[float, ast.stmt]]:
        if isinstance(one, ast.AugAssign):
            target = one.target
            yield 1.0, ast.Assign([target], one.value)
            other = ast.Sub() if isinstance(one.op, ast.Add) else ast.Add()
            yield 1.6, ast.AugAssign(target, other, one.value)
        elif isinstance(one, ast.Assign) and isinstance(
            one.targets[0], ast.Name | ast.Subscript | ast.Attribute
        ):
            if len(one.targets) == 1:
                yield 1.0, ast.AugAssign(one.targets[0], ast.Add(), one.value)
        elif isinstance(one, ast.If) and one.orelse:
            yield 2.4, ast.If(one.test, one.orelse, one.body)

    def _swapped(
        self, holder: tuple[ast.AST, str], one: ast.stmt, new: ast.stmt, cost: float
    ) -> Iterator[Edit]:
        body = _statements(holder)
        yield Edit(cost, (Swap(*holder, body.index(one), _placed(new, one)),), (one.lineno,))

    def _moved(
        self,
        holder: tuple[ast.AST, str],
        loop: ast.For,
        before: list[ast.stmt],
        after: list[ast.stmt],
    ) -> Iterator[Edit]:
        """Yield what moves one statement out of a loop, or into it."""

        def edit(cost: float, moved: ast.stmt, *around: list[ast.stmt]) -> Edit:
            outer, inner = around
            swaps = (Swap(*holder, None, outer), Swap(loop, "body", None, inner))
            return Edit(cost, swaps, (moved.lineno,))

        inside = loop.body
        for i, one in enumerate(inside):
            rest = [*inside[:i], *inside[i + 1 :]]
            if rest and isinstance(one, ast.Assign):
                yield edit(2.3, one, [*before, one, loop, *after], rest)
        if len(inside) > 1:
            last = inside[-1]
            yield edit(2.2, last, [*before, loop, last, *after], inside[:-1])
        if after and not isinstance(after[0], ast.Return):
            yield edit(2.2, after[0], [*before, loop, *after[1:]], [*inside, after[0]])

    def _lists(self) -> list[tuple[ast.AST, str]]:
        return [
            (node, name)
            for node in ast.walk(self.function)
            for name in ("body", "orelse")
            if isinstance(getattr(node, name, None), list) and getattr(node, name)
        ]

    def _ran(self, statement: ast.stmt) -> bool:
        body = getattr(statement, "body", None)
        end = body[0].lineno - 1 if isinstance(body, list) else statement.end_lineno
        lines = range(statement.lineno, max(statement.lineno, end or 0) + 1)
        return not self.scope.ran.isdisjoint(lines)


def _none(_: _Enumerator, __: _Site, ___: Any) -> Iterator[tuple[float, ast.AST]]:
    return iter(())


_BY_TYPE: dict[type[ast.AST], Callable[[_Enumerator, _Site, Any], Iterator[tuple[float, ast.AST]]]]
_BY_TYPE = {
    ast.Name: _Enumerator.name,
    ast.Constant: _Enumerator.constant,
    ast.BinOp: _Enumerator.binary,
    ast.UnaryOp: _Enumerator.unary,
    ast.Compare: _Enumerator.compare,
    ast.BoolOp: _Enumerator.boolean,
    ast.Call: _Enumerator.call,
    ast.Attribute: _Enumerator.attribute,
    ast.Tuple: _Enumerator.sequence,
    ast.Subscript: _Enumerator.subscript,
    ast.Slice: _Enumerator.slice,
    ast.IfExp: _Enumerator.choice,
}


def _target(one: ast.Assign | ast.AugAssign | ast.For) -> ast.expr:
    return one.targets[0] if isinstance(one, ast.Assign) else one.target


def _statements(holder: tuple[ast.AST, str]) -> list[ast.stmt]:
    found: list[ast.stmt] = getattr(*holder)
    return found


def _sites(function: ast.FunctionDef) -> Iterator[_Site]:
    for one in function.body:
        yield from _below(one, one, ())


def _below(node: ast.AST, statement: ast.stmt, path: tuple[_Part, ...]) -> Iterator[_Site]:
    if _is_text(node):
        return
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "ctx", "op", "ops", "returns", "decorator_list", "args") and (
            name != "args" or isinstance(node, ast.FunctionDef | ast.Lambda)
        ):
            continue
        parts = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
        for index, child in parts:
            if isinstance(child, ast.stmt):
                yield from _below(child, child, ())
            elif isinstance(child, ast.AST):
                here = (*path, (name, index))
                yield _Site(node, name, index, child, statement, here)
                yield from _below(child, statement, here)


def _follow(statement: ast.stmt, path: tuple[_Part, ...]) -> _Site | None:
    node: ast.AST = statement
    site = None
    for name, index in path:
        child = getattr(node, name, None)
        if index is not None:
            child = child[index] if isinstance(child, list) and index < len(child) else None
        if not isinstance(child, ast.AST):
            return None
        site = _Site(node, name, index, child, statement)
        node = child
    return site


def _head(statement: ast.stmt) -> str:
    """Write a statement without those that it holds."""
    if isinstance(statement, ast.For):
        return f"for {ast.dump(statement.target)} in {ast.dump(statement.iter)}"
    if isinstance(statement, ast.If | ast.While):
        return f"if {ast.dump(statement.test)}"
    return "" if hasattr(statement, "body") else ast.dump(statement)


def _swap(site: _Site, new: Any) -> Swap:
    return Swap(site.parent, site.field, site.index, _placed(new, site.node))


def _placed(new: Any, old: Any) -> Any:
    """Return `new`, at the line of `old` where it says none: a part of the old tree keeps its own."""
    if isinstance(new, ast.AST) and not hasattr(new, "lineno"):
        ast.copy_location(new, old)
    if isinstance(new, ast.AST):
        line, column = getattr(new, "lineno", 1), getattr(new, "col_offset", 0)
        for child in ast.walk(new):
            if isinstance(child, ast.expr | ast.stmt | ast.keyword) and not hasattr(
                child, "lineno"
            ):
                child.lineno = child.end_lineno = line
                child.col_offset = child.end_col_offset = column
    return new


def _now(swap: Swap) -> Any:
    held = getattr(swap.parent, swap.field)
    return held if swap.at is None else held[swap.at]


def _line(swap: Swap) -> int:
    return next((n.lineno for n in ast.walk(swap.parent) if hasattr(n, "lineno")), 0)


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _family(name: str) -> list[str]:
    found = chain.from_iterable(family for family in _FAMILIES if name in family)
    return [other for other in dict.fromkeys(found) if other != name]


def _one_more(node: ast.expr, cost: float) -> Iterator[tuple[float, ast.AST]]:
    yield cost, ast.BinOp(node, ast.Add(), ast.Constant(1))
    yield cost, ast.BinOp(node, ast.Sub(), ast.Constant(1))


def _exchanged(parts: Sequence[Any]) -> Iterator[list[Any]]:
    for i, j in combinations(range(len(parts)), 2):
        new = list(parts)
        new[i], new[j] = new[j], new[i]
        yield new


def _indexes(site: _Site) -> bool:
    """Tell whether a node is an index, alone or among others."""
    if isinstance(site.parent, ast.Subscript):
        return site.field == "slice"
    steps = [name for name, _ in site.path[-2:]]
    return steps == ["slice", "elts"]
