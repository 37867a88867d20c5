"""The names that a cell makes, and those that it needs from cells before it."""

from __future__ import annotations

import ast
import symtable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def made_at_top(tree: ast.Module) -> set[str]:
    r"""Return the names that other cells find once a cell has run.

    >>> sorted(made_at_top(ast.parse("import os.path\nfor i in x:\n    y = [j for j in i]")))
    ['i', 'os', 'y']
    """
    return {
        symbol.get_name()
        for symbol in _table(tree).get_symbols()
        if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
    }


def needs(tree: ast.Module) -> tuple[set[str], set[str]]:
    r"""Return the names that a cell needs when it runs, and those that its functions need later.

    >>> needs(ast.parse("x = x + 1\ny = x\ndef f(a):\n    return a + b"))
    ({'x'}, {'b'})
    """
    made: set[str] = set()
    now: set[str] = set()
    later: set[str] = set()
    for statement in _steps(tree.body):
        here = ast.Module([statement], [])
        table = _table(here)
        top = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
        inner = set(_globals_of(table))
        deferred = isinstance(statement, ast.FunctionDef | ast.ClassDef)
        if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            top.add(statement.target.id)
        now |= (top if deferred else top | inner) - made
        later |= inner if deferred else set()
        made |= made_at_top(here)
    return now, later - made - now


def _steps(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements in the order in which they run, what is inside after its head."""
    for statement in body:
        inside = [getattr(statement, part, []) for part in ("body", "orelse", "finalbody")]
        if isinstance(statement, ast.For | ast.While | ast.If | ast.With):
            head = ast.parse(ast.unparse(statement)).body[0]
            head.body, head.orelse = [ast.Pass()], []  # type: ignore[attr-defined]
            yield ast.fix_missing_locations(head)
            for part in inside:
                yield from _steps(part)
        else:
            yield statement


def _table(tree: ast.Module) -> symtable.SymbolTable:
    return symtable.symtable(ast.unparse(tree), "cell", "exec")


def _globals_of(table: symtable.SymbolTable) -> Iterator[str]:
    for child in table.get_children():
        for symbol in child.get_symbols():
            if symbol.is_global() and symbol.is_referenced():
                yield symbol.get_name()
        yield from _globals_of(child)
