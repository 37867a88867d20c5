"""What of a student's code is left when its names, its layout and the given code are taken out.

A *shape* is a statement without what a person changes to disguise it: comments, docstrings, prints
and layout are gone, names that the student gave are numbered as they come, `a, b = x, y` is two
statements, `x += y` is `x = x + y`, lists are tuples, and a `for` over a range is what a `while` to
its end is. Where a statement stands doesn't matter, nor how often. What stays is what it computes
and how: the functions of NumPy and of the lab, attributes, constants. Tiny statements have no shape.

This reads what a student wrote, so it runs in a clerk, and what comes out is checked data.
"""

from __future__ import annotations

import ast
import hashlib
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from grader.course.labs import originals, read_notebook
from grader.course.submissions.files import find_notebooks
from grader.course.submissions.originals import grade_id, is_solution
from grader.course.submissions.reading import RestoreError
from grader.course.submissions.restore import restore
from grader.course.submissions.texts import LONG, tree_of
from grader.words import _

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from grader.course.labs import Lab, LabNotebook

OWN = "other cells"
"""What a student wrote in cells of their own goes by this name."""

LEAST = 5
"""A statement of fewer parts than this is alike in everybody's code."""

MOST_SHAPES = 2_000
"""Nobody writes an exercise of more different statements: those after them aren't looked at."""

MOST_SHOWN = 40_000
"""Characters of a piece that are kept to be shown."""

Lines = tuple[int, int]
Shapes = dict[str, Lines]
"""Shapes, as hashes, and the first and the last line of the first statement that has each."""


@dataclass(frozen=True)
class Piece:
    """What a student wrote for one exercise; `problem` says why it has no shapes, if it has none."""

    source: str
    shapes: Mapping[str, Lines]
    problem: str = ""


def pieces_of(lab: Lab, files: Mapping[str, bytes]) -> dict[str, Piece]:
    """Return what was written in a submission, by exercise; raise `RestoreError` if it can't be read."""
    found = find_notebooks(files, {name: mine.release for name, mine in lab.notebooks.items()})
    if found.problems or not found.notebooks:
        raise RestoreError("; ".join(found.problems.values()) or _("no hay ningún notebook"))
    pieces: dict[str, Piece] = {}
    for name, data in found.notebooks.items():
        lab_cells = originals(lab.notebooks[name])
        sources: dict[str, str] = {}
        for cell in restore(data, lab_cells).notebook.cells:
            one = lab_cells.named.get(grade_id(cell))
            if cell.cell_type != "code" or (one.locked if one else lab_cells.given_as_it_was(cell)):
                continue
            exercise = one.name if one else OWN
            sources[exercise] = f"{sources.get(exercise, '')}\n\n{cell.source}".lstrip("\n")
        pieces |= pieces_from(sources, lab.notebooks[name])
    return pieces


def pieces_from(sources: Mapping[str, str], mine: LabNotebook) -> dict[str, Piece]:
    """Return the pieces of what was written by exercise; stubs that were left alone are nobody's."""
    trees = {name: tree_of(text) if len(text) < LONG else None for name, text in sources.items()}
    lab_names = originals(mine).functions
    names = _named([tree for tree in trees.values() if tree is not None]) - lab_names
    given = given_shapes(mine)
    pieces = {}
    for name, tree in trees.items():
        source = sources[name][:MOST_SHOWN]
        if tree is None:
            pieces[name] = Piece(source, {}, "it isn't Python, so it isn't compared")
            continue
        try:
            found = shapes_in(tree, names)
        except RecursionError:
            pieces[name] = Piece(source, {}, "it is nested too deep to be compared")
            continue
        if left := {shape: lines for shape, lines in found.items() if shape not in given[name]}:
            pieces[name] = Piece(source, left)
    return pieces


@lru_cache(maxsize=8)
def given_shapes(mine: LabNotebook) -> Mapping[str, frozenset[str]]:
    """Return the shapes of what students were given, by exercise, and of all else as `OWN`."""
    texts: dict[str, list[str]] = defaultdict(list)
    for cell in read_notebook(mine.release).cells:
        if cell.cell_type == "code":
            texts[grade_id(cell) if is_solution(cell) else OWN].append(cell.source)
    lab_names = originals(mine).functions
    found: dict[str, frozenset[str]] = defaultdict(frozenset)
    for name, sources in texts.items():
        trees = [tree for source in sources if (tree := tree_of(source)) is not None]
        shapes = (shapes_in(tree, _named([tree]) - lab_names) for tree in trees)
        found[name] = frozenset(shape for some in shapes for shape in some)
    return found


def solutions_of(lab: Lab) -> dict[str, str]:
    """Return the instructor's own solutions, by exercise."""
    return {
        grade_id(cell): cell.source
        for mine in lab.notebooks.values()
        for cell in originals(mine).source.cells
        if cell.cell_type == "code" and is_solution(cell)
    }


def to_data(pieces: Mapping[str, Piece]) -> dict[str, list[Any]]:
    """Return pieces as JSON has them."""
    return {name: [one.source, dict(one.shapes), one.problem] for name, one in pieces.items()}


def from_data(data: Any) -> dict[str, Piece]:
    """Read what `to_data` wrote, believing nothing of it; raise `ValueError` for anything else."""
    pieces = {}
    try:
        for name, (source, shapes, problem) in data.items():
            lines = {str(shape): (int(first), int(last)) for shape, (first, last) in shapes.items()}
            if len(lines) > MOST_SHAPES or len(source) > MOST_SHOWN:
                raise ValueError("it is longer than it can be")  # noqa: TRY301 - one message for all
            pieces[str(name)] = Piece(str(source), lines, str(problem))
    except (AttributeError, TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"a clerk's answer isn't pieces of code: {error}"[:300]) from None
    return pieces


def shapes_of(source: str) -> Shapes:
    r"""Return the shapes of a text that is valid Python.

    >>> one = shapes_of("def f(x, w):\n    for i in range(len(x)):\n        t += x[i] * w  # why\n")
    >>> two = shapes_of("def g(a, b):\n  j = 0\n  while j < len(a):\n    s = s + a[j] * b; j += 1")
    >>> one.keys() == two.keys()
    True
    """
    tree = ast.parse(source)
    return shapes_in(tree, _named([tree]))


def shapes_in(tree: ast.Module, names: set[str]) -> Shapes:
    """Return the shapes of a tree, where these names are the student's own."""
    found: Shapes = {}
    for kind, parts, lines in _statements(tree.body):
        text, size = _Shape(names).of(parts)
        if size >= LEAST:
            key = hashlib.blake2b(f"{kind} {text}".encode(), digest_size=8).hexdigest()
            found.setdefault(key, lines)
        if len(found) == MOST_SHAPES:
            break
    return found


def _named(trees: Sequence[ast.Module]) -> set[str]:
    """Return the names that a student gave, those of attributes with their dot."""
    names: set[str] = set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                names.add(node.id)
            elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
                names.add(f".{node.attr}")
            elif isinstance(node, ast.arg):
                names.add(node.arg)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.add(node.name)
    return names


_Statement = tuple[str, tuple[ast.AST, ...], Lines]


def _statements(body: Sequence[ast.stmt]) -> Iterator[_Statement]:
    """Yield what is looked at of each statement: its kind, its parts, and its lines."""
    stack = [*reversed(body)]
    while stack:
        node = stack.pop()
        inner = [
            one
            for field in ("body", "handlers", "orelse", "finalbody")
            for one in getattr(node, field, [])
        ]
        stack += reversed(inner)
        last = max(node.lineno, inner[0].lineno - 1) if inner else node.end_lineno or node.lineno
        for kind, parts in _parts(node):
            yield kind, parts, (node.lineno, last)


def _parts(node: ast.AST) -> Iterator[tuple[str, tuple[ast.AST, ...]]]:  # noqa: C901, PLR0912 - a table
    match node:
        case (
            ast.Expr(value=ast.Constant())
            | ast.Expr(value=ast.Call(func=ast.Name(id="print" | "display")))
        ):
            pass
        case ast.Expr(value=value):
            yield "do", (value,)
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _assigned(target, value)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield from _assigned(target, value)
        case ast.AugAssign(target=target, op=op, value=value):
            yield "=", (target, ast.BinOp(target, op, value))
        case ast.For(target=target, iter=over) | ast.AsyncFor(target=target, iter=over):
            end = _end_of_range(over)
            yield ("until", (end,)) if end is not None else ("for", (target, over))
        case ast.While(test=ast.Compare(ops=[ast.Lt() | ast.NotEq()], comparators=[end])):
            yield "until", (end,)
        case ast.If(test=test) | ast.While(test=test) | ast.Assert(test=test):
            yield type(node).__name__, (test,)
        case ast.Return(value=ast.expr() as value):
            yield "return", (value,)
        case ast.With(items=items):
            yield "with", tuple(items)
        case ast.Delete() | ast.Raise():
            yield type(node).__name__, (node,)
        case ast.Match(subject=subject):
            yield "match", (subject,)


def _assigned(target: ast.AST, value: ast.AST) -> Iterator[tuple[str, tuple[ast.AST, ...]]]:
    if (
        isinstance(target, ast.Tuple | ast.List)
        and isinstance(value, ast.Tuple | ast.List)
        and len(target.elts) == len(value.elts)
    ):
        for one, its in zip(target.elts, value.elts, strict=True):
            yield from _assigned(one, its)
    else:
        yield "=", (target, value)


def _end_of_range(over: ast.AST) -> ast.expr | None:
    match over:
        case ast.Call(func=ast.Name(id="range"), args=[end]):
            return end
        case ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=0), end]):
            return end
        case ast.Call(
            func=ast.Name(id="range"),
            args=[ast.Constant(value=0), end, ast.Constant(value=1)],
        ):
            return end
    return None


class _Shape:
    """Writes a statement's shape, and counts its parts."""

    def __init__(self, names: set[str]) -> None:
        self._names = names
        self._numbers: dict[str, int] = {}
        self._size = 0

    def of(self, parts: Sequence[ast.AST]) -> tuple[str, int]:
        return ",".join(map(self._text, parts)), self._size

    def _name(self, name: str) -> str:
        if name not in self._names:
            return name
        return f"${self._numbers.setdefault(name, len(self._numbers))}"

    def _text(self, node: Any) -> str:
        if isinstance(node, list):
            return f"[{','.join(map(self._text, node))}]"
        if not isinstance(node, ast.AST):
            return repr(node)
        kind = "Tuple" if isinstance(node, ast.List) else type(node).__name__
        self._size += not isinstance(node, ast.Tuple | ast.List | ast.expr_context | ast.operator)
        match node:
            case ast.Name(id=name):
                return self._name(name)
            case ast.arg(arg=name):
                return self._name(name)
            case ast.Attribute(value=value, attr=name):
                return f"{self._text(value)}.{self._name(f'.{name}')}"
            case ast.Constant(value=value):
                return repr(value)
            # Which item it is says little: shape[0], shape[1], shape[2] are one habit.
            case ast.Subscript(value=value, slice=ast.Constant(value=int())):
                return f"item({self._text(value)})"
        fields = (getattr(node, one, None) for one in node._fields if one not in ("ctx", "kind"))
        return f"{kind}({','.join(map(self._text, fields))})"
