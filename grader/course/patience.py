"""What a command shows on a terminal while it does something long, and nowhere else."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONG_S = 2.0
"""What is done by then needs no words."""


@contextmanager
def told(what: str, console: Console | None = None) -> Iterator[Callable[[str], None]]:
    """Show what is being done, and for how long, once it takes long; nothing of it stays.

    It gives a function that says how far it got.
    """
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield lambda _far: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    line = Progress(*columns, console=console, transient=True)
    task = line.add_task(what, total=None)
    timer = threading.Timer(LONG_S, line.start)
    timer.daemon = True
    timer.start()
    try:
        yield lambda far: line.update(task, description=f"{what}: {far}")
    finally:
        timer.cancel()
        timer.join()
        line.stop()
