"""`labkit demo`: the whole way of a class, with a sample class that is graded while you watch."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from nbgrader.apps import NbGrader
from rich.console import Console

from grader.course.errors import CourseError
from grader.course.samples import build, samples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.course.cli import Command


def run(arguments: Sequence[str]) -> None:
    """Release the first lab, hand in the sample class, grade it, write feedback, show the marks."""
    from grader.course.cli import COMMANDS  # the demo is made of the other commands

    app = NbGrader()
    app.initialize([])
    root = Path(app.coursedir.root)
    lab = arguments[0] if arguments else _first_lab(root)
    console = Console(stderr=True)

    def step(about: str, command: str, *options: str) -> None:
        started = time.perf_counter()
        console.print(f"[bold]{about}[/]  [dim]labkit {command} {lab} {' '.join(options)}[/]")
        _carry_on(COMMANDS[command], [lab, *options])
        console.print(f"  [dim]{time.perf_counter() - started:.1f} s[/]")

    step("1. Make what students get", "generate_assignment", "--force", "--log-level=ERROR")
    console.print("[bold]2. Hand in the sample class[/]")
    count = hand_in(root, lab)
    console.print(f"  {count} submissions in submitted/, each named after what it deserves")
    step("3. Grade them in the sandbox", "autograde")
    step("4. Write what students get back", "generate_feedback", "--force", "--log-level=ERROR")
    step("5. The class", "report")
    one = sorted((root / "feedback").glob(f"*/{lab}/*.html"))
    console.print("\n[bold]Where to look next[/]")
    console.print(f"  what students get:       release/{lab}/")
    if one:
        shown = next((p for p in one if "forgets-bias" in p.parts), one[0])
        console.print(
            f"  what a student reads:    {shown.relative_to(root)}  (open it in a browser)",
            soft_wrap=True,
        )
    console.print("  grade by hand:           .venv/bin/jupyter lab   then Nbgrader → Formgrader")
    console.print("  marks for a spreadsheet: .venv/bin/labkit export")


def _first_lab(root: Path) -> str:
    labs = sorted(path.parent.name for path in (root / "source").glob("*/*.ipynb"))
    if not labs:
        raise CourseError(
            f"{root} is no course: source/ holds no labs; `labkit quickstart` makes one"
        )
    return labs[0]


def _carry_on(command: Command, arguments: Sequence[str]) -> None:
    """Run a command; one that only says that a submission needs a person doesn't end the demo."""
    try:
        command.run(arguments)
    except SystemExit as end:
        if end.code not in (None, 0, 1):
            raise


def hand_in(root: Path, lab: str) -> int:
    """Put the sample class of `lab` into submitted/; leave files that are already so alone."""
    folder = root / "examples" / lab
    found = samples(folder)
    if not found:
        raise CourseError(f"there are no samples in {folder}")
    name = f"{lab}.ipynb"
    source, release = (
        nbformat.read(root / step / lab / name, as_version=4) for step in ("source", "release")
    )
    for sample in found:
        text = build(sample, source, release)
        path = root / "submitted" / sample.name / lab / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    return len(found)
