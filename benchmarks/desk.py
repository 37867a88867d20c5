"""Time what an instructor does around grading with labkit and, where it has the step, stock nbgrader.

Each command is started as an instructor starts it, on the same graded course, start-up included, in
one run. Stock nbgrader collects and exports a whole class; its feedback is slow, so a few students are
timed, and the time of a class is worked out from what each further one takes; the output says so. It
has neither a report nor a comparison of submissions.

    python benchmarks/desk.py [LAB] [--size 400] [--graded 20]

A class of `--graded` submissions is graded and then copied, in `submitted/`, `autograded/` and the
gradebook. Copies are alike: the time of `similar` is that of a class that writes as few things.
"""

import argparse
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
import zipfile
from pathlib import Path

from throughput import ROOT, make_course

LABKIT = str(Path(sys.executable).with_name("labkit"))
NBGRADER = [sys.executable, "-m", "nbgrader"]
PAGES = ["--GenerateFeedback.exporter_class=nbconvert.exporters.HTMLExporter", "--log-level=ERROR"]
PLAIN = ["--ExportApp.plugin_class=nbgrader.plugins.export.CsvExportPlugin"]
NAMES = r"(?P<student_id>[^_]+)_\d+_assignsubmission_file_(?P<file_id>.+)"
"""What stock nbgrader must be told of how Moodle names files."""


def grow(course: Path, lab: str, size: int) -> None:
    """Copy the graded submissions of a course until there are `size` of them."""
    graded = sorted(path.parent.name for path in course.glob(f"autograded/*/{lab}"))
    with sqlite3.connect(course / "gradebook.db") as book:
        for number in range(len(graded), size):
            like, name = graded[number % len(graded)], f"student-{number:05}"
            for step in ("submitted", "autograded"):
                shutil.copytree(course / step / like, course / step / name)
            book.execute("INSERT INTO student (id) VALUES (?)", [name])
            (old,) = book.execute(
                "SELECT id FROM submitted_assignment WHERE student_id = ?", [like]
            )
            new = copied(book, "submitted_assignment", old[0], student_id=name)
            query = "SELECT id FROM submitted_notebook WHERE assignment_id = ?"
            for (notebook,) in book.execute(query, old).fetchall():
                its = copied(book, "submitted_notebook", notebook, assignment_id=new)
                for table in ("grade", "comment"):
                    query = f"SELECT id FROM {table} WHERE notebook_id = ?"  # noqa: S608 - our names
                    for (row,) in book.execute(query, [notebook]).fetchall():
                        copied(book, table, row, notebook_id=its)


def copied(book: sqlite3.Connection, table: str, row: str, **changes: str) -> str:
    """Copy a row of the gradebook, but for what changes; return its new id."""
    found = book.execute(f"SELECT * FROM {table} WHERE id = ?", [row])  # noqa: S608 - our names
    names = [column[0] for column in found.description]
    values = {**dict(zip(names, found.fetchone(), strict=True)), **changes, "id": uuid.uuid4().hex}
    places = ", ".join("?" * len(names))
    book.execute(f"INSERT INTO {table} VALUES ({places})", [*values.values()])  # noqa: S608 - the same
    return values["id"]


def timed(course: Path, *command: str) -> float:
    """Run a command in a course; return the seconds that it took."""
    started = time.perf_counter()
    done = subprocess.run(command, cwd=course, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - started


def hand_out(course: Path, lab: str) -> Path:
    """Put what the class handed in where an instructor has it from Moodle, without folders."""
    path = course / "downloaded" / lab / "archive" / "entregas.zip"
    path.parent.mkdir(parents=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, folder in enumerate(sorted(course.glob(f"submitted/*/{lab}"))):
            name = f"{folder.parent.name}_{number}_assignsubmission_file_{lab}.ipynb"
            archive.write(folder / f"{lab}.ipynb", name)
    shutil.rmtree(course / "submitted")
    return path


def collect(course: Path, lab: str) -> tuple[float, float]:
    """Collect with stock nbgrader and with labkit; return the seconds of both."""
    path = str(hand_out(course, lab))
    regexp = f"--FileNameCollectorPlugin.named_regexp={NAMES}"
    theirs = timed(course, *NBGRADER, "zip_collect", lab, regexp, "--log-level=ERROR")
    shutil.rmtree(course / "submitted")
    return theirs, timed(course, LABKIT, "collect", path, lab)


def feedback(course: Path, lab: str, size: int) -> tuple[float, float]:
    """Write feedback with stock nbgrader, to some, and with labkit; return the seconds of a class."""
    stock = [*NBGRADER, "generate_feedback", *PAGES, lab]
    one = timed(course, *stock, "--student=student-00000")
    ten = timed(course, *stock, "--student=student-0001?")
    shutil.rmtree(course / "feedback")
    return one + (ten - one) / 9 * (size - 1), timed(course, LABKIT, "generate_feedback", lab)


def main() -> None:
    """Time each step and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lab", nargs="?", default="01-convolution")
    parser.add_argument("--size", type=int, default=400)
    parser.add_argument("--graded", type=int, default=20)
    options = parser.parse_args()
    lab, size = options.lab, options.size
    with tempfile.TemporaryDirectory() as folder:
        config = (ROOT / "nbgrader_config.py").read_text()
        course = make_course(Path(folder, "course"), lab, options.graded, config)
        timed(course, LABKIT, "autograde", lab)
        grow(course, lab, size)
        print(
            f"{lab}, {size} students on {os.cpu_count()} cores; stock nbgrader's feedback is of 11"
        )
        told("collect", *reversed(collect(course, lab)))
        told("report", timed(course, LABKIT, "report", lab))
        told("report --html", timed(course, LABKIT, "report", lab, "--html"))
        told("generate_feedback", *reversed(feedback(course, lab, size)))
        told("  nothing has changed", timed(course, LABKIT, "generate_feedback", lab))
        theirs = timed(course, *NBGRADER, "export", "--log-level=ERROR", *PLAIN)
        told("export", timed(course, LABKIT, "export", "--to", "csv"), theirs)
        told("similar", timed(course, LABKIT, "similar", lab))


def told(step: str, ours: float, theirs: float = 0.0) -> None:
    """Print what a step took, and how many times as long stock nbgrader did."""
    more = (
        f"   stock nbgrader {theirs:6.1f} s, {theirs / ours:5.1f} times as long" if theirs else ""
    )
    print(f"{step:<22} {ours:6.1f} s{more}", flush=True)


if __name__ == "__main__":
    main()
