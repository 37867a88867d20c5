"""The shape of code: what is left of a statement when its names are taken away."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMMENT = re.compile(r"^(\s*)#+ ?(.*)$")
_FENCE = re.compile(r"```\w*\n(.*?)```", re.DOTALL)


def shapes(text: str) -> Iterator[str]:
    """Yield the shape of each statement in a cell: in its code, in comments, in fenced blocks.

    >>> list(shapes("total = a + b")) == list(shapes("# suma = x + y"))
    True
    """
    for code in (text, *(match[1] for match in _FENCE.finditer(text)), _uncommented(text)):
        yield from _of_code(code)


def _uncommented(text: str) -> str:
    lines = [_COMMENT.match(line) for line in text.splitlines()]
    return "\n".join(f"{match[1]}{match[2]}" for match in lines if match)


def _of_code(code: str) -> Iterator[str]:
    statements = _parsed(code) or [one for line in code.splitlines() for one in _of_line(line)]
    yield from (_shape(statement) for statement in statements)


def _of_line(line: str) -> list[ast.stmt]:
    """Parse a line by itself; the head of a loop or a condition gets an empty body."""
    return _parsed(line.strip()) or _parsed(f"{line.strip()} pass")


def _parsed(code: str) -> list[ast.stmt]:
    try:
        return list(_statements(ast.parse(code)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _statements(tree: ast.AST) -> Iterator[ast.stmt]:
    for node in ast.walk(tree):
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node, ast.stmt) and not docstring:
            yield node


class _Anonymous(ast.NodeTransformer):
    """Number names in the order in which they come, and leave bodies out."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """Replace a name by its number."""
        number = self.names.setdefault(node.id, f"n{len(self.names)}")
        return ast.Name(number, node.ctx)


def _shape(statement: ast.stmt) -> str:
    bare = ast.parse(ast.unparse(statement)).body[0]
    for part in ("body", "orelse", "handlers", "finalbody"):
        if hasattr(bare, part):
            setattr(bare, part, [])
    if isinstance(bare, ast.FunctionDef | ast.ClassDef):
        return type(bare).__name__
    return ast.dump(_Anonymous().visit(bare))
