"""Read solution cells for names that an exercise forbids, and say on which line they stand.

What is found is flagged to the instructor, who decides; it changes no mark. A name can always be
hidden from a reader of source text, which is why marks don't depend on this.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BUILTINS = ("eval", "exec", "__import__")
ALWAYS_FORBIDDEN = (
    *_BUILTINS,
    "importlib.import_module",
    "grader.judging",
    "grader.exercises",
    "grader.running",
    "grader.course",
    "grader.session",
    "sys.settrace",
    "sys.modules",
    "os.kill",
    "gc.get_objects",
)
"""Names that no solution of any lab needs."""

LINKS = 16
"""Attributes of attributes that are written out: no rule has as many, and each is looked at again."""

LONGEST = 200
"""Letters of a name that are shown: its end says what it is."""


@dataclass(frozen=True)
class Flag:
    """Something in a submission that a person should look at: which cell, which line, and what."""

    cell: str
    line: int
    what: str


def forbidden_names(cell: str, source: str, forbidden: Iterable[str]) -> tuple[Flag, ...]:
    r"""Return a flag for each use in `source` of a name in `forbidden`.

    A plain name is looked for as a variable, an attribute's last part or an import; one with dots
    as an attribute or an import that ends so, with the cell's own `import ... as` spelt out.

    >>> forbidden_names("conv", "import torch.nn.functional as G\nG.conv2d(x, w)", [
    ...     "functional.conv2d"])
    (Flag(cell='conv', line=2, what='uses torch.nn.functional.conv2d, which is forbidden here'),)
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()  # what doesn't parse doesn't run either
    nodes = list(ast.walk(tree))
    aliases = dict(pair for node in nodes for pair in _aliases(node))
    rules = tuple(forbidden)
    flags = {
        Flag(
            cell, getattr(node, "lineno", 0), f"uses {written[-LONGEST:]}, which is forbidden here"
        )
        for node in nodes
        for written in _uses(node, aliases)
        if any(_matches(written, rule) for rule in rules)
    }
    return tuple(sorted(flags, key=lambda flag: (flag.line, flag.what)))


def _matches(written: str, rule: str) -> bool:
    if rule in _BUILTINS:  # model.eval() is another thing
        return written in (rule, f"builtins.{rule}", f"__builtins__.{rule}")
    return written == rule or written.endswith(f".{rule}")


def _aliases(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield the names that an import binds, and what they stand for."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.asname:
                yield alias.asname, alias.name
    elif isinstance(node, ast.ImportFrom) and node.module:
        for alias in node.names:
            yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _uses(node: ast.AST, aliases: dict[str, str]) -> Iterator[str]:
    """Yield the full names that a node uses."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield aliases.get(node.id, node.id)
    elif isinstance(node, ast.Attribute):
        names: list[str] = []
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute) and len(names) < LINKS:
            names.append(inner.attr)
            inner = inner.value
        # What isn't a name isn't written out: that takes hours where it is long, or nested deep.
        root = inner.id if isinstance(inner, ast.Name) else "(...)"
        yield ".".join([aliases.get(root, root), *reversed(names)])
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        for alias in node.names:
            yield f"{node.module}.{alias.name}"
    elif isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name
