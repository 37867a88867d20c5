"""Say which cells of a notebook run in which process: after one has ended, the rest goes on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from grader.running.wire import CellRecord

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Status = Literal["ok", "timeout", "died", "limit"]
    Fate = Literal["timeout", "died", "limit"]


@dataclass(frozen=True)
class Cell:
    """A cell to run, and what it is for whoever grades.

    `kind` is "given" for an instructor's cell that tests need, "test", "solution", or "own" for any
    other. `original` is the text that was given, where the student changed it. `binds` are the names
    that the instructor's copy of it binds, and that must hold when tests run.
    """

    source: str
    kind: Literal["own", "given", "solution", "test"] = "own"
    original: str = ""
    binds: tuple[str, ...] = ()


class Turns:
    """The cells of a notebook, what is known of each, and where to go on.

    A cell in which a process ended has had its turn. In the processes after that one the cells before
    run again, quietly, for what they define: the test cells without their blocks, which have
    been observed, and what did harm only its definitions. What does harm in spite of that is left out.
    A cell that isn't the student's own has one more turn, for what ended the process may be a thread,
    a program or the memory that a cell before it left behind.

    >>> turns = Turns(("1", "2", "3"))
    >>> turns.blame(1, "died")
    True
    >>> [(cell["source"], cell["mode"]) for cell in turns.next()[0]]
    [('1', 'again'), ('2', 'part'), ('3', 'run')]
    """

    def __init__(self, cells: Sequence[Cell | str]) -> None:
        self._cells = [cell if isinstance(cell, Cell) else Cell(cell) for cell in cells]
        self._records = [CellRecord(n + 1) for n in range(len(cells))]
        self._fates: dict[int, Fate] = {}
        self._modes = [
            "again" if cell.kind != "test" else "part" if cell.binds else "skip"
            for cell in self._cells
        ]
        self._left = 0  # the first cell that hasn't had its turn
        self._now = list(range(len(cells)))
        self._careful = False

    @property
    def done(self) -> bool:
        """Whether every cell has had its turn."""
        return self._left == len(self._cells)

    def next(self) -> tuple[list[dict[str, Any]], list[CellRecord]]:
        """Return the cells for the next process, as it takes them, and where each is recorded."""
        again = [n for n in range(self._left) if self._modes[n] != "skip"]
        self._now = [*again, *range(self._left, len(self._cells))]
        counts, count = [], 0
        for cell in self._cells:
            count += bool(cell.source.strip())
            counts.append(count)
        cells = [
            {**asdict(self._cells[n]), "mode": self._mode(n), "count": counts[n]} for n in self._now
        ]
        records = [
            CellRecord(n + 1, quiet=True) if n < self._left else self._records[n] for n in self._now
        ]
        return cells, records

    def _mode(self, number: int) -> str:
        return self._modes[number] if number < self._left else "run"

    def blame(self, place: int | None, status: Status) -> bool:
        """Take note of how a process ended, at which place of its cells; say if there was any.

        >>> Turns(()).blame(None, "died")
        False
        """
        if status == "ok":
            self._left = len(self._cells)
        if place is None:
            return False
        number = self._now[place]
        if status != "ok" and number >= self._left and self._may_be_innocent(number, status):
            self._careful = True
            self._left = number
            self._records[number] = CellRecord(number + 1)
            self._modes = [
                "part" if cell.kind == "own" and mode == "again" else mode
                for cell, mode in zip(self._cells, self._modes, strict=True)
            ]
        elif status != "ok" and number >= self._left:
            self._fates[number] = status
            self._left = number + 1
            if self._modes[number] == "again":
                self._modes[number] = "part"
        elif status != "ok":
            self._modes[number] = "skip" if self._modes[number] == "part" else "part"
        return True

    def _may_be_innocent(self, number: int, status: Status) -> bool:
        return not self._careful and status != "timeout" and self._cells[number].kind != "own"

    def ran(self) -> Iterator[tuple[CellRecord, Fate | None]]:
        """Yield what is known of each cell, and how its process ended if it ended there."""
        for number, record in enumerate(self._records):
            yield record, self._fates.get(number)
