"""`labkit demo`: the whole way of a class, with a sample class that is graded while you watch.

It happens in a course of its own, `demo/`: no gradebook, submission or page of yours is touched.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from nbgrader.apps import NbGrader

from grader.course.errors import CourseError
from grader.course.folders import CONFIG, EXERCISES
from grader.course.publishing.disk import read_folder, replace_folder, write_folder
from grader.course.samples import build, samples
from grader.course.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = "demo"
STEPS = ("source", "release", "submitted", "autograded", "feedback")


def run(arguments: Sequence[str]) -> None:
    """Release the first lab, hand in the sample class, grade it, write feedback, show the marks."""
    app = NbGrader()
    app.initialize([])
    root = Path(app.coursedir.root)
    lab = arguments[0] if arguments else _first_lab(root)
    examples = root / "examples" / lab
    source = Path(app.coursedir.format_path(app.coursedir.source_directory, ".", lab))
    demo = root / FOLDER
    lay_out(demo, root, source)
    os.chdir(demo)
    said = [f"--CourseDirectory.{name}={value}" for name, value in _where(demo).items()]
    steps = Steps()
    quiet = "--log-level=ERROR"
    steps.run(
        "1. Make what students get", "generate_assignment", lab, "--force", quiet, general=said
    )
    steps.say("2. Hand in the sample class")
    count = hand_in(demo, lab, examples)
    steps.console.print(
        f"  {count} submissions in {FOLDER}/submitted/, each named after what it deserves"
    )
    steps.run("3. Grade them in the sandbox", "autograde", lab, general=said)
    steps.run(
        "4. Write what students get back", "generate_feedback", lab, "--force", quiet, general=said
    )
    steps.run("5. The class", "report", lab, general=said)
    one = sorted((demo / "feedback").glob(f"*/{lab}/*.html"))
    steps.console.print("\n[bold]Where to look next[/]")
    steps.console.print(f"  what students get:       {FOLDER}/release/{lab}/")
    if one:
        shown = next((p for p in one if "forgets-bias" in p.parts), one[0])
        steps.console.print(
            f"  what a student reads:    {shown.relative_to(root)}  (open it in a browser)",
            soft_wrap=True,
        )
    ours = (root / ".venv/bin/labkit").exists()
    command = "../.venv/bin/labkit" if ours else "labkit"
    steps.console.print(f"  grade by hand:           cd {FOLDER}; {command} desk")
    steps.console.print(f"  marks for a spreadsheet: cd {FOLDER}; {command} export")


def lay_out(demo: Path, root: Path, source: Path) -> None:
    """Make the demo's course of one lab: the configuration, the exercises and the lab's source."""
    if not source.is_dir():
        raise CourseError(f"there is no lab {source.name!r}: expected the folder {source}")
    if (root / CONFIG).is_file():
        write_folder(demo, {CONFIG: (root / CONFIG).read_bytes()})
    replace_folder(demo / EXERCISES, read_folder(root / EXERCISES))
    replace_folder(demo / "source" / source.name, read_folder(source))


def _where(demo: Path) -> dict[str, str]:
    """Say where everything of the demo is, whatever a course's configuration says of its own."""
    folders = {f"{step}_directory": step for step in STEPS}
    return {"root": str(demo), "db_url": f"sqlite:///{demo / 'gradebook.db'}", **folders}


def _first_lab(root: Path) -> str:
    labs = sorted(path.parent.name for path in (root / "source").glob("*/*.ipynb"))
    if not labs:
        raise CourseError(
            f"{root} is no course: source/ holds no labs; `labkit quickstart` makes one"
        )
    return labs[0]


def hand_in(root: Path, lab: str, examples: Path) -> int:
    """Put the sample class of `lab` into submitted/; leave files that are already so alone."""
    found = samples(examples)
    if not found:
        raise CourseError(f"there are no samples in {examples}")
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
