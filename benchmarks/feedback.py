"""Write a class's feedback with stock nbgrader and with labkit, and print how much faster labkit is.

Both are started as an instructor starts them, on the same graded course, start-up included, in one run.
Stock nbgrader writes its own page, one after the other. It is slow, so a few students are timed, and
the time of a class is worked out from what each further one takes; the output says so.

    python benchmarks/feedback.py [LAB] [--size 400] [--graded 20]

A class of `--graded` submissions is graded and then copied, in `autograded/` and in the gradebook.
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
from pathlib import Path

from throughput import ROOT, make_course

STOCK = [
    *(sys.executable, "-m", "nbgrader", "generate_feedback"),
    "--GenerateFeedback.exporter_class=nbconvert.exporters.HTMLExporter",
    "--log-level=ERROR",
]
LABKIT = [str(Path(sys.executable).with_name("labkit")), "generate_feedback"]


def grow(course: Path, lab: str, size: int) -> None:
    """Copy the graded submissions of a course until there are `size` of them."""
    graded = sorted(path.parent.name for path in course.glob(f"autograded/*/{lab}"))
    with sqlite3.connect(course / "gradebook.db") as book:
        for number in range(len(graded), size):
            like, name = graded[number % len(graded)], f"student-{number:05}"
            shutil.copytree(course / "autograded" / like, course / "autograded" / name)
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


def timed(course: Path, command: list[str], lab: str, *options: str) -> float:
    """Run a command in a course; return the seconds that it took."""
    started = time.perf_counter()
    done = subprocess.run(
        [*command, lab, *options], cwd=course, check=False, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return time.perf_counter() - started


def main() -> None:
    """Time both and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lab", nargs="?", default="01-convolution")
    parser.add_argument("--size", type=int, default=400)
    parser.add_argument("--graded", type=int, default=20)
    options = parser.parse_args()
    lab, size = options.lab, options.size
    with tempfile.TemporaryDirectory() as folder:
        config = (ROOT / "nbgrader_config.py").read_text()
        course = make_course(Path(folder, "course"), lab, options.graded, config)
        timed(course, [LABKIT[0], "autograde"], lab)
        grow(course, lab, size)
        one = timed(course, STOCK, lab, "--student=student-00000")
        ten = timed(course, STOCK, lab, "--student=student-0001?")
        each = (ten - one) / 9
        whole = one + each * (size - 1)
        shutil.rmtree(course / "feedback")
        ours = timed(course, LABKIT, lab)
        sizes = sorted(path.stat().st_size for path in course.glob(f"feedback/*/{lab}/*.html"))
        again = timed(course, LABKIT, lab)
    print(
        f"{lab}, {len(sizes)} students on {os.cpu_count()} cores: labkit {ours:.1f} s, {again:.1f} s "
        f"when nothing has changed; stock nbgrader {whole:.0f} s (from 11 students: {one:.1f} s for "
        f"the first, {each:.2f} s for each further one): {whole / ours:.0f} times as long\n"
        f"pages of {sizes[0] / 1000:.0f} to {sizes[-1] / 1000:.0f} kB"
    )


if __name__ == "__main__":
    main()
