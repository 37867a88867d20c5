"""Hold a notebook to its time: interrupt a cell that has had all of its own, and end what goes on.

Time is what the notebook's processes compute; what they sleep is counted apart, up to the same limit.
How busy the machine is changes neither. Behind both stands the clock, generously.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING

from grader.running.meter import Meter

if TYPE_CHECKING:
    from grader.running.limits import Limits
    from grader.running.wire import CellRecord

LOOK_S = 0.1  # how often a cell that goes on is looked at
GRACE_S = 2.0  # between a cell's interrupt, which its code may swallow, and the end of it all
CLOCK = 10  # times its limit that a cell or a notebook may last, and this much more:
CLOCK_S = 30.0


class _Spent:
    """What was spent since some moment: computing, sleeping, and on the clock."""

    def __init__(self) -> None:
        self.computed = self.slept = self.passed = 0.0

    def add(self, computed: float, slept: float, passed: float) -> None:
        self.computed += computed
        self.slept += slept
        self.passed += passed

    def beyond(self, limit: float) -> bool:
        return max(self.computed, self.slept) >= limit or self.passed >= CLOCK * limit + CLOCK_S


class Watch:
    """Watches over the processes that run a notebook, one after the other.

    `exhausted` says that the notebook has had all the time that it may have. Running cells again
    after a kill has as much time of its own.
    """

    def __init__(self, limits: Limits) -> None:
        self.exhausted = False
        self._limits = limits
        self._notebook, self._again = _Spent(), _Spent()

    def begin(self, pid: int) -> None:
        """Watch over a process that is about to run its first cell."""
        self._meter = Meter(pid)
        self._computed = self._meter.spent()
        self._looked = time.monotonic()
        self._cell: CellRecord | None = None
        self._since = _Spent()

    @property
    def due(self) -> float:
        """The seconds until it is time to look again."""
        return max(0.0, self._looked + LOOK_S - time.monotonic())

    def look(self, cell: CellRecord | None, *, waited: bool) -> str:
        """Take note of what was spent until now, and of the cell that is open.

        `waited` says that nothing came through the pipe: only then can it have slept. A cell that is
        beyond its time is interrupted, once. Answers why the process must be ended, or nothing.
        """
        now, computed = time.monotonic(), self._meter.spent()
        passed, step = now - self._looked, computed - self._computed
        self._looked, self._computed = now, computed
        slept = 0.0
        if waited and not self._meter.wants_more():
            slept = max(0.0, min(passed, 2 * LOOK_S) - step)
        again = self._cell is not None and self._cell.quiet
        total = self._again if again else self._notebook
        total.add(step, slept, passed)
        if cell is self._cell:
            self._since.add(step, slept, passed)
        else:
            self._cell, self._since = cell, _Spent()
        if total.beyond(self._limits.notebook_s):
            self.exhausted = True
            return f"the notebook took more than {self._limits.notebook_s:g} s"
        if cell is None:
            return ""
        if cell.interrupted and self._since.beyond(GRACE_S):
            return (
                f"a cell took more than {self._limits.cell_s:g} s and didn't stop when interrupted"
            )
        if not cell.interrupted and self._since.beyond(self._limits.cell_s):
            cell.interrupted, self._since = True, _Spent()
            with contextlib.suppress(OSError):
                os.kill(self._meter.pid, signal.SIGXCPU)
        return ""
