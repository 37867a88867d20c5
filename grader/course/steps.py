"""A command that is made of others: it runs them one after the other, and tells how long each took."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from traitlets.config import Config

GENERAL = ("CourseDirectory", "Application")
"""What a command line may say to any command: which course, which gradebook, how much is logged."""


class Steps:
    """The commands of a whole, by their names in the table."""

    def __init__(self) -> None:
        self.console = Console(stderr=True)
        self.wait: list[str] = []
        """The commands that ended with something for a person."""

    def say(self, about: str, what: str = "") -> None:
        """Tell what comes now."""
        self.console.print(f"[bold]{about}[/]  [dim]{what}[/]".rstrip(), highlight=False)

    def run(self, about: str, command: str, *arguments: str, general: Sequence[str] = ()) -> None:
        """Run a command; that a submission needs a person is kept, and ends nothing."""
        from grader.course.cli import COMMANDS  # which has the wholes among them

        started = time.perf_counter()
        self.say(about, f"labkit {command} {' '.join(arguments)}")
        try:
            COMMANDS[command].run([*arguments, *general])
        except SystemExit as end:
            if end.code not in (None, 0, 1):
                raise
            if end.code:
                self.wait.append(command)
        self.console.print(f"  [dim]{time.perf_counter() - started:.1f} s[/]")


def general(config: Config) -> list[str]:
    """Return what a command line said to any command, as options for the next.

    >>> from traitlets.config import Config
    >>> general(Config(CourseDirectory={"db_url": "sqlite:///x.db"}, LabReport={"long": True}))
    ['--CourseDirectory.db_url=sqlite:///x.db']
    """
    return [
        f"--{part}.{name}={value}"
        for part in GENERAL
        for name, value in config.get(part, {}).items()
    ]
