"""Measure what a notebook's processes spend, from outside and whatever else the machine does."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

LINUX = hasattr(os, "sched_getaffinity")
_TICK = os.sysconf("SC_CLK_TCK")
_ALL, _WAITED, _THREADS = slice(11, 15), slice(13, 15), 17  # of the fields from the third on


def family(pid: int) -> list[int]:
    """List a process and its descendants."""
    found = [pid]
    for member in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{member}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


class Meter:
    """The processor time of a process and its descendants, and whether any of them wants more.

    Where the system doesn't tell (macOS), time is that of the clock.

    >>> Meter(os.getpid()).spent() > 0
    True
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._began = time.monotonic()
        self._last = 0.0
        self._clock = (~pid << 3) | 2  # CPUCLOCK_SCHED, as the kernel makes a clock of a process

    def spent(self) -> float:
        """Tell the seconds of processor time until now, children's included."""
        if not LINUX:
            return time.monotonic() - self._began
        with contextlib.suppress(OSError):  # it has ended
            own = _fields(f"/proc/{self.pid}/stat")
            spent = time.clock_gettime(self._clock) + _seconds(own[_WAITED])
            if own[_THREADS] != b"1" or _read(f"/proc/{self.pid}/task/{self.pid}/children"):
                spent += sum(map(_seconds_of, family(self.pid)[1:]))
            self._last = max(self._last, spent)
        return self._last

    def wants_more(self) -> bool:
        """Tell whether any thread of them computes, waits for its turn to, or for a disk."""
        if not LINUX:
            return True
        for pid in family(self.pid):
            with contextlib.suppress(OSError):
                for task in Path(f"/proc/{pid}/task").iterdir():
                    if _fields(f"{task}/stat")[0] in (b"R", b"D"):
                        return True
        return False


def _read(path: str) -> bytes:
    """Read a file of /proc; this happens for each cell, and Path costs time."""
    number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(number, 1 << 16)
    finally:
        os.close(number)


def _fields(path: str) -> list[bytes]:
    """Read the fields of a stat file from the third on; the second may hold anything."""
    return _read(path).rpartition(b")")[2].split()


def _seconds(ticks: list[bytes]) -> float:
    return sum(map(int, ticks)) / _TICK


def _seconds_of(pid: int) -> float:
    with contextlib.suppress(OSError):
        return _seconds(_fields(f"/proc/{pid}/stat")[_ALL])
    return 0.0
