"""Limits of the process itself: memory, processes, files, CPU time, and which files stay open."""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from grader.running.confine.calls import LINUX

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.running.limits import Limits


def mapped_bytes() -> int:
    """Tell how much memory this process has mapped, its libraries included."""
    with suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    return 1 << 33


def set_limits(limits: Limits, mapped: int) -> None:
    """Set resource limits; memory counts from what the preloaded process had mapped already."""
    wanted = {
        "CORE": 0,
        "CPU": 2 * int(limits.notebook_s) + 10,
        "FSIZE": limits.disk_mb << 20,
        "NOFILE": 256,
    }
    if LINUX:
        memory = mapped + (limits.memory_mb << 20)
        wanted |= {"AS": memory, "NPROC": limits.processes, "MSGQUEUE": 0}
    for name, limit in wanted.items():
        number = getattr(resource, f"RLIMIT_{name}")
        top = resource.getrlimit(number)[1]
        value = limit if top == resource.RLIM_INFINITY else min(limit, top)
        resource.setrlimit(number, (value, value))


def close_files(keep: Iterable[int]) -> None:
    """Close everything but what is kept, and make standard input empty."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    top = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    first = 1
    for number in (*sorted(keep), top if top != resource.RLIM_INFINITY else 1 << 16):
        os.closerange(first, number)
        first = number + 1
