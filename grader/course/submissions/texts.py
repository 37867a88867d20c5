"""What a cell's text says, whether or not it is valid Python: lines, definitions, statements, names."""

from __future__ import annotations

import ast
import re
import warnings
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONG = 200_000
"""A cell of more characters than this is taken as it is: nobody typed it."""

SHORT = 10_000
"""What is known of a text of at most so many characters is kept, for the next time that it comes."""

_Answer = TypeVar("_Answer")

_DEFINITION = re.compile(r"^(?:async +)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)
_BLOCK = re.compile(r"^with +marks\([^\n\"']*[\"']([^\n\"']+)[\"']", re.MULTILINE)
_MAGIC = re.compile(r"^([ \t]*)[%!].*$", re.MULTILINE)


def _remembered(function: Callable[[str], _Answer]) -> Callable[[str], _Answer]:
    """Keep what a function says of short texts: the instructor's cells come back a hundred times."""
    kept = lru_cache(maxsize=1024)(function)

    @wraps(function)
    def answer(source: str) -> _Answer:
        return kept(source) if len(source) <= SHORT else function(source)

    return answer


@_remembered
def lines_of(source: str) -> tuple[str, ...]:
    """Return the lines that say something, without the spaces around them."""
    return tuple(stripped for line in source.splitlines() if (stripped := line.strip()))


@_remembered
def defined_in(source: str) -> tuple[str, ...]:
    """Name the functions and classes that a cell defines, in order, also where it isn't valid."""
    return tuple(_DEFINITION.findall(source))


@_remembered
def blocks_in(source: str) -> frozenset[str]:
    """Return the ids of the marks blocks that a cell holds."""
    return frozenset(_BLOCK.findall(source))


def tree_of(source: str) -> ast.Module | None:
    """Parse a cell, its magics left out; return None for what can't be run."""
    plain = _MAGIC.sub(r"\1pass", source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the student's code: "\d" and the like
            tree = ast.parse(plain)
            compile(tree, "cell", "exec")  # which refuses a `return` outside a function
            return tree
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def chunks_of(source: str) -> list[str]:
    r"""Cut a cell into its statements, and its comments and blank lines into lines.

    >>> chunks_of("x = 1\n# why\nfor i in x:\n    pass")
    ['x = 1\n', '# why\n', 'for i in x:\n    pass']
    """
    lines = source.splitlines(keepends=True)
    tree = tree_of(source)
    spans: list[tuple[int, int]] = []
    if tree is not None:
        for node in tree.body:
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))]) - 1
            last = node.end_lineno or node.lineno
            if spans and first < spans[-1][1]:
                spans[-1] = (spans[-1][0], max(last, spans[-1][1]))  # a; b
            else:
                spans.append((first, last))
    else:
        starts = [at for at, line in enumerate(lines) if re.match(r"[^\s#)\]}]", line)]
        for at, after in zip(starts, [*starts[1:], len(lines)], strict=True):
            body = [n for n in range(at, after) if n == at or re.match(r"[\s)\]}]+\S", lines[n])]
            spans.append((at, body[-1] + 1))
    found = []
    at = 0
    for first, last in spans:
        found += [*lines[at:first], "".join(lines[first:last])]
        at = last
    return found + lines[at:]


def run_in(part: tuple[str, ...], whole: tuple[str, ...]) -> bool:
    """Tell whether `part` is in `whole` without a gap."""
    return bool(part) and any(
        whole[at : at + len(part)] == part for at, line in enumerate(whole) if line == part[0]
    )


def is_code(source: str) -> bool:
    """Tell whether a text has a line that isn't a comment."""
    return any(not line.startswith("#") for line in lines_of(source))


@_remembered
def names_of(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names that a cell binds, and those that it takes from elsewhere.

    >>> [sorted(names) for names in names_of("import numpy as np; x = np.zeros(n)")]
    [['np', 'x'], ['n']]
    """
    tree = tree_of(source) if len(source) < LONG else None
    if tree is None:
        return frozenset(), frozenset()
    binds: set[str] = set()
    inner: set[str] = set()
    loads: set[str] = set()
    for statement in tree.body:
        into = binds
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            binds.add(statement.name)
            into = inner
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                loads.add(node.id)
            else:
                into.update(_bound_by(node))
    return frozenset(binds), frozenset(loads - binds - inner)


def imported_in(source: str) -> set[str]:
    """Return the names that a cell imports at its top level.

    >>> sorted(imported_in("import numpy as np, os.path; from math import pi"))
    ['np', 'os', 'pi']
    """
    tree = tree_of(source) if len(source) < LONG else None
    statements = tree.body if tree is not None else []
    return {
        name
        for one in statements
        if isinstance(one, ast.Import | ast.ImportFrom)
        for alias in one.names
        for name in _bound_by(alias)
    }


def _bound_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
        yield node.name
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).partition(".")[0]
