"""The cells of a student's that failed, and the missing names and silences that this explains."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from grader.explanations import explain, first_sentence
from grader.words import _, later

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from grader.observation import Failure, Observation

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_IN_A_CELL = re.compile(r"(?:Cell In\s*\[\d+\]|File \S+), line (\d{1,9})|/\d+\.py:(\d{1,9})")
_IN_A_MESSAGE = re.compile(r"\([^()]*,? ?line (\d{1,9})\)\s*\Z")
_DEFINED = re.compile(r"(?m)^(?:def|class|async def)\s+(\w+)|^(\w+)\s*=[^=]")
_UNDEFINED = re.compile(r"name '(\w+)' is not defined")
_LONGEST = 200
_MOST = 4_000  # letters of a message that are read: patterns are looked for in them


@dataclass(frozen=True)
class Fallen:
    """A cell that an exception ended, or that isn't Python: what was said, and in which line."""

    name: str
    source: str
    type_name: str
    message: str
    number: int = 0

    def __str__(self) -> str:
        """Say which cell failed, why, and in which line, in a sentence without its full stop."""
        lines = self.source.splitlines()
        begins = next(filter(None, map(str.strip, lines)), "")[:60]
        placed = 0 < self.number <= len(lines)
        told = _(_FALLEN[bool(self.name), placed]).format(
            name=self.name,
            begins=begins,
            error=f"{self.type_name}: {first_sentence(self.message)}"[:_LONGEST],
            number=self.number,
            line=lines[self.number - 1].strip()[:_LONGEST] if placed else "",
        )
        meaning = explain(self.type_name, self.message)
        return f"{told} ({meaning})" if meaning else told

    @cached_property
    def defines(self) -> frozenset[str]:
        """The names that the cell would have made, had it run to its end."""
        try:
            tree = ast.parse(self.source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return frozenset(filter(None, (a or b for a, b in _DEFINED.findall(self.source))))
        names: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
                names.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.alias):
                names.add(node.asname or node.name.partition(".")[0])
        return frozenset(names)


_FALLEN = {  # whether the cell has a name, and whether the line is known
    (True, True): later("La celda `{name}` falló: {error}, línea {number}: `{line}`"),
    (True, False): later("La celda `{name}` falló: {error}"),
    (False, True): later(
        "La celda que empieza con `{begins}` falló: {error}, línea {number}: `{line}`"
    ),
    (False, False): later("La celda que empieza con `{begins}` falló: {error}"),
}


def fallen(name: str, source: str, outputs: Iterable[Mapping[str, Any]]) -> Fallen | None:
    """Return how a cell failed, from the outputs of its run, or None if it didn't.

    `name` is what the cell is known by, if it has a name.
    """
    for output in outputs:
        if output.get("output_type") != "error":
            continue
        message = str(output.get("evalue", ""))[:_MOST]
        at = _IN_A_MESSAGE.search(message)
        if at:  # a SyntaxError
            return Fallen(
                name, source, str(output["ename"]), message[: at.start()].rstrip(), int(at[1])
            )
        trace = _COLOURS.sub("", "\n".join(map(str, output.get("traceback", ()))))
        where = _IN_A_CELL.search(trace)
        number = int(where[1] or where[2]) if where else 0
        return Fallen(name, source, str(output.get("ename", "")), message, number)
    return None


def why_silent(test: Fallen, cells: Sequence[Fallen]) -> str:
    """Say why a test cell that failed observed nothing: the cell that should define what it needs."""
    name = _UNDEFINED.search(test.message)
    causes = [cell for cell in cells if name and name[1] in cell.defines and cell != test]
    return f"{causes[-1] if causes else test}."


def why_undefined(
    observations: Iterable[Observation], cells: Sequence[Fallen]
) -> dict[str, Fallen]:
    """Return the cells that failed and would have defined what observed code says isn't defined."""
    failures: list[Failure | None] = []
    for observation in observations:
        failures.append(observation.failure)
        failures += [call.failure for calls in observation.calls.values() for call in calls]
    missing = {
        found[1]
        for failure in failures
        if failure is not None and failure.type_name == "NameError"
        for found in _UNDEFINED.finditer(failure.message)
    }
    return {name: cell for name in sorted(missing) for cell in cells if name in cell.defines}
