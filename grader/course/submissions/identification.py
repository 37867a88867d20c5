"""Who hands a notebook in, as its identification cell says: literals that are read, never run."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_CELL = 20_000
"""Letters of a cell that is looked at: nobody's name is longer."""

LONGEST = 128
"""Letters of a name or a number that are kept."""

_NAMED = re.compile(r"(carne|nombre)_([1-9])")


@dataclass(frozen=True)
class Identity:
    """A person as a notebook names one."""

    number: str
    name: str


def identities(cells: Iterable[str]) -> tuple[Identity, ...]:
    r"""Return who hands in, by the first cell that assigns `carne_1` or `nombre_1`; empty ones aren't.

    >>> identities(["import os", 'carne_1 = "2024-1"; nombre_1 = "Ana"\ncarne_2 = ""; nombre_2 = ""'])
    (Identity(number='2024-1', name='Ana'),)
    >>> identities(['nombre_1 = input()'])
    ()
    """
    for cell in cells:
        if len(cell) <= MAX_CELL and ("nombre_1" in cell or "carne_1" in cell):
            said = dict(_literals(cell))
            people = (
                Identity(said.get(("carne", at), ""), said.get(("nombre", at), ""))
                for at in sorted({at for _, at in said})
            )
            if found := tuple(one for one in people if one.number or one.name):
                return found
    return ()


def _literals(cell: str) -> Iterator[tuple[tuple[str, str], str]]:
    """Return what a cell's own lines assign to the names that we ask for, where that is a literal."""
    try:
        lines = ast.parse(cell).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for line in lines:
        if not isinstance(line, ast.Assign) or not isinstance(line.value, ast.Constant):
            continue
        value = line.value.value
        for target in line.targets:
            named = _NAMED.fullmatch(target.id) if isinstance(target, ast.Name) else None
            if named and type(value) in (str, int):  # and no bool
                text = " ".join(str(value)[: 4 * LONGEST].split())[:LONGEST]
                yield (named[1], named[2]), text
