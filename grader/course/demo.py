"""`labkit demo`: the whole way of a class, with a sample class that is graded while you watch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from nbgrader.apps import NbGrader

from grader.course.errors import CourseError
from grader.course.samples import build, samples
from grader.course.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(arguments: Sequence[str]) -> None:
    """Release the first lab, hand in the sample class, grade it, write feedback, show the marks."""
    app = NbGrader()
    app.initialize([])
    root = Path(app.coursedir.root)
    lab = arguments[0] if arguments else _first_lab(root)
    steps = Steps()
    quiet = "--log-level=ERROR"
    steps.run("1. Make what students get", "generate_assignment", lab, "--force", quiet)
    steps.say("2. Hand in the sample class")
    count = hand_in(root, lab)
    steps.console.print(f"  {count} submissions in submitted/, each named after what it deserves")
    steps.run("3. Grade them in the sandbox", "autograde", lab)
    steps.run("4. Write what students get back", "generate_feedback", lab, "--force", quiet)
    steps.run("5. The class", "report", lab)
    one = sorted((root / "feedback").glob(f"*/{lab}/*.html"))
    steps.console.print("\n[bold]Where to look next[/]")
    steps.console.print(f"  what students get:       release/{lab}/")
    if one:
        shown = next((p for p in one if "forgets-bias" in p.parts), one[0])
        steps.console.print(
            f"  what a student reads:    {shown.relative_to(root)}  (open it in a browser)",
            soft_wrap=True,
        )
    steps.console.print("  grade by hand:           .venv/bin/labkit desk")
    steps.console.print("  marks for a spreadsheet: .venv/bin/labkit export")


def _first_lab(root: Path) -> str:
    labs = sorted(path.parent.name for path in (root / "source").glob("*/*.ipynb"))
    if not labs:
        raise CourseError(
            f"{root} is no course: source/ holds no labs; `labkit quickstart` makes one"
        )
    return labs[0]


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
