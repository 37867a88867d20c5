"""The shape of code: what is left of an expression when its names are taken away."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TELLING = 6
"""From how many parts on an expression says something: x + 1 has three, np.mean(X, axis=0) six."""

_MOST = 20_000  # letters of a text that is looked at line by line
_FENCE = re.compile(r"```[^\n]*\n(.*?)```|~~~[^\n]*\n(.*?)~~~", re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_TAG = re.compile(r"<!--|-->|</?[A-Za-z][^<>]*>")
_BEFORE = re.compile(r"^(?:\s|#|>|-+>?\s*\d+\s|[*-]\s|\.\.\.\s|\d+\s)*")

_Shape = tuple[str, int]


def shapes(code: str) -> Iterator[_Shape]:
    """Yield the shape of each telling expression that a statement is made of, and its size.

    >>> list(shapes("total = a + b * c")) == list(shapes("return x + y * z"))
    True
    """
    for statement in _statements(code):
        for node in _parts_of(statement):
            shape, size = _shape(node)
            if size >= _TELLING:
                yield shape, size


def shown(text: str) -> set[str]:
    """Return the shapes of all expressions in a text: in its code, in comments, prose and strings.

    >>> [(shape, _)] = shapes("Z = X - np.mean(X, axis=0)")
    >>> shape in shown("*así*: `W - n.mean(W, axis=0)`")
    True
    """
    found = set()
    for code in _codes(text):
        for statement in _statements(code):
            for node in ast.walk(statement):
                if isinstance(node, ast.expr):
                    found.add(_shape(node)[0])
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found |= shown(node.value) if node.value != text else set()
    return found


def _codes(text: str) -> Iterator[str]:
    """Yield what in a text may be code."""
    yield text
    for match in _FENCE.finditer(text):
        yield match[1] or match[2] or ""
    for line in _TAG.sub("\n", text[:_MOST]).splitlines():
        yield _BEFORE.sub("", line)
        yield from (match[1] for match in _INLINE.finditer(line))


def _statements(code: str) -> list[ast.stmt]:
    """Parse code, or a line of it; the head of a loop or a condition gets an empty body."""
    for text in (code, f"{code.strip()} pass"):
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        return [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    return []


def _parts_of(statement: ast.stmt) -> Iterator[ast.expr]:
    """Yield what a statement computes, not what those inside it do."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return
    for child in ast.iter_child_nodes(statement):
        plain = isinstance(child, ast.Name | ast.Constant)
        if isinstance(child, ast.expr) and not plain:
            yield child


def _shape(node: ast.expr) -> _Shape:
    """Write an expression with its names numbered as they come, and count its parts."""
    names: dict[str, int] = {}
    words: list[str] = []
    waiting: list[ast.AST] = [node]
    while waiting:
        part = waiting.pop()
        word = type(part).__name__
        if isinstance(part, ast.Name | ast.arg):
            name = part.id if isinstance(part, ast.Name) else part.arg
            word += str(names.setdefault(name, len(names)))
        elif isinstance(part, ast.Constant):
            word += repr(part.value)
        elif isinstance(part, ast.Attribute):
            word += part.attr
        elif isinstance(part, ast.keyword):
            word += str(part.arg)
        inside = [
            one for one in ast.iter_child_nodes(part) if not isinstance(one, ast.expr_context)
        ]
        words.append(f"{word}/{len(inside)}")
        waiting += reversed(inside)
    return " ".join(words), len(words)
