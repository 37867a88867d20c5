"""What the attacks of tests/attacks get from stock nbgrader, and what they get from the kit.

    python benchmarks/attacks.py [--only NAME ...] [--write docs/attacks.md]

Stock nbgrader is `nbgrader autograde` as it is shipped: its own preprocessors, serial, one kernel
a notebook. Each attack gets a course of its own, in which an honest student comes after it in the
same run, a folder for a home, and, where the machine gives one, a pid namespace, so that whatever
it leaves behind ends with it. Attacks that would harm the machine, and those on a channel that
nbgrader doesn't have, are left out of its column, with the reason.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests/support"), str(ROOT / "tests/attacks")]

import arena  # noqa: E402 - found by the line above
import nbformat  # noqa: E402
from test_notebooks import CHANGES  # noqa: E402

from grader.course.grading import grade  # noqa: E402

CANARY = "CANARY-0123456789abcdef0123456789abcdef"
CONFIG = f"""c = get_config()  # {CANARY}
c.CourseDirectory.course_id = "stock"
c.Execute.timeout = 10
"""
TIMEOUT_S = 90
FULL = 3.0
INTRODUCTION = """# The attacks

What submissions that cheat, or that try to break a grader, get for it. `benchmarks/attacks.py` wrote
this table: each attack of `tests/attacks` was graded by stock `nbgrader autograde` as it is shipped,
and by the kit's `grade`, as a worker of `labkit autograde` calls it, with an honest student after it
in the same run or worker. The lab is worth 3 marks; *deserves* is what the attack's honest code earns.

* Stock nbgrader was tried with {tried} of {all} attacks. {fooled} got more marks than they deserve,
  {robbed} got fewer, and {harmed} did harm beside (in bold).
* The kit was tried with all {all}. {kit} got other marks than they deserve, or did harm.

What isn't in the table, because it is no notebook (links, names of files, archives, damaged JSON,
pages that run scripts), is in `tests/attacks/test_files.py`, `test_notebooks.py` and
`test_browser.py`, and what tries to gain by the second run with right helpers in
`tests/course/test_second_run.py`. In stock nbgrader's column the checks of the kit run in the
student's kernel, as any test cell does.

| attack | what it does | deserves | stock nbgrader | the kit |
| --- | --- | ---: | --- | --- |"""


@dataclass(frozen=True)
class Trial:
    """An attack as both graders get it."""

    name: str
    about: str
    marks: float
    text: str
    skip: str = ""


@dataclass(frozen=True)
class Result:
    """What came of it: the marks, and whatever else happened."""

    marks: float | None
    harm: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return it as it stands in the table."""
        marks = "not graded" if self.marks is None else f"{self.marks:g}"
        return "; ".join([marks, *self.harm])


def trials() -> list[Trial]:
    """List all attacks: those of the folder, then what is done to a notebook's cells."""
    found = [
        Trial(one.name, one.about, one.marks, one.text, one.stock.removeprefix("skip: "))
        for one in arena.attacks()
    ]
    for change, solution, marks in CHANGES:
        name = f"{change.__name__.replace('_', '-')}-{'solved' if solution else 'unsolved'}"
        about = (change.__doc__ or "").partition("\n")[0]
        found.append(Trial(name, about, marks, arena.notebook(solution, change)))
    return found


# -------------------------------------------------------------------------------- stock nbgrader


def stock_course(root: Path) -> None:
    """Make a course that knows nothing of the kit's preprocessors."""
    folder = root / "source" / arena.LAB
    folder.mkdir(parents=True)
    (root / "nbgrader_config.py").write_text(CONFIG)
    source = nbformat.writes(arena.SOURCE).replace("# Mini", f"# Mini {CANARY}")
    (folder / arena.FILE).write_text(source)
    done = _nbgrader(root, "generate_assignment", arena.LAB)
    if done.returncode:
        sys.exit(done.stderr)


def _nbgrader(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of nbgrader's, with a folder of the course for a home."""
    home = root / "home"
    home.mkdir(exist_ok=True)
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "TMPDIR": str(home),
        "PYTHONPATH": str(ROOT),
        "LANG": "C.UTF-8",
        "LABKIT_CANARY": CANARY,
        "OMP_NUM_THREADS": "1",
    }
    # A shell in between: the first process of a pid namespace can't be killed from within it.
    shell = ["sh", "-c", '"$@"; exit $?', "sh"]
    own = [sys.executable, "-m", "nbgrader", *arguments, "--log-level=ERROR"]
    command = [*_namespace(), *shell, *own]
    try:
        return subprocess.run(
            command,
            cwd=root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, -1, "", "timeout")


def _namespace() -> list[str]:
    """Return a command that runs another in a pid namespace, or nothing where there is none."""
    command = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if shutil.which("unshare") and not subprocess.run([*command, "true"], check=False).returncode:
        return command
    return []


def by_stock(trial: Trial, course: Path) -> Result:
    """Grade an attack, and an honest student after it, by stock nbgrader."""
    with tempfile.TemporaryDirectory(prefix="labkit-attacks-") as folder:
        root = Path(folder) / "course"
        shutil.copytree(course, root)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(0)
            port = listener.getsockname()[1]
            victim = arena.notebook(f"# {CANARY}\n{arena.SOURCE.cells[2].source}")
            texts = {
                "mallory": arena.armed(trial.text, COURSE=root, PORT=port),
                "victim": victim,
            }
            for student, text in texts.items():
                path = root / "submitted" / student / arena.LAB / arena.FILE
                path.parent.mkdir(parents=True)
                path.write_text(text)
            before = (root / "submitted/victim" / arena.LAB / arena.FILE).read_text()
            done = _nbgrader(root, "autograde", arena.LAB)
            harm = []
            marks = _marks(root)
            if done.stderr == "timeout":
                harm.append(f"hangs for more than {TIMEOUT_S} s")
            if marks.get("victim") != FULL:
                got = marks.get("victim")
                harm.append(
                    "**the next student isn't graded**"
                    if got is None
                    else f"**the next student has {got:g}**"
                )
            graded = root / "autograded/mallory" / arena.LAB / arena.FILE
            if graded.is_file() and CANARY in arena.outputs(graded.read_text()):
                harm.append("**reads what isn't its own**")
            if (root / "submitted/victim" / arena.LAB / arena.FILE).read_text() != before:
                harm.append("**spoils another submission**")
            if _was_called(listener):
                harm.append("**connects**")
            for left in Path("/tmp").glob(f"labkit-attack-{port}*"):  # noqa: S108 - as the attack does
                left.unlink()
                harm.append("**writes files where it likes**")
        return Result(marks.get("mallory"), tuple(harm))


def _was_called(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def _marks(root: Path) -> dict[str, float]:
    """Return the marks for code of each student whom the gradebook knows."""
    query = """
        select submitted_assignment.student_id, sum(coalesce(manual_score, auto_score, 0))
        from grade
        join submitted_notebook on grade.notebook_id = submitted_notebook.id
        join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id
        join grade_cells on grade.cell_id = grade_cells.id
        where grade_cells.cell_type = 'code'
        group by submitted_assignment.student_id
    """
    with closing(sqlite3.connect(root / "gradebook.db", timeout=10)) as book:
        graded = {path.parent.parent.name for path in root.glob("autograded/*/*/*.ipynb")}
        return {who: float(marks) for who, marks in book.execute(query) if who in graded}


# --------------------------------------------------------------------------------------- the kit


def by_kit(trial: Trial, course: Path) -> Result:
    """Grade an attack, and an honest student after it, in one worker of the kit's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        port = listener.getsockname()[1]
        text = arena.armed(trial.text, COURSE=course, PORT=port)
        graded = grade(arena.ATTACKED, arena.handed_in(text))
        harm = []
        if CANARY in repr(graded):
            harm.append("**reads what isn't its own**")
        if grade(arena.ATTACKED, arena.honest()).score != FULL:
            harm.append("**the next student loses marks**")
        if _was_called(listener):
            harm.append("**connects**")
    return Result(graded.score if graded.notebooks else None, tuple(harm))


# ------------------------------------------------------------------------------------- the table


def table(rows: list[tuple[Trial, Result | None, Result]]) -> str:
    """Write the table and what it adds up to."""
    tried = [(trial, stock) for trial, stock, _ in rows if stock is not None]
    fooled = [
        trial for trial, stock in tried if stock.marks is not None and stock.marks > trial.marks
    ]
    robbed = [trial for trial, stock in tried if (stock.marks or 0) < trial.marks]
    harmed = [trial for trial, stock in tried if stock.harm]
    kit_fooled = [trial for trial, _, kit in rows if kit.marks != trial.marks or kit.harm]
    lines = [
        INTRODUCTION.format(
            tried=len(tried),
            all=len(rows),
            fooled=len(fooled),
            robbed=len(robbed),
            harmed=len(harmed),
            kit=len(kit_fooled),
        )
    ]
    for trial, stock, kit in rows:
        told = f"not tried: {trial.skip}" if stock is None else str(stock)
        if stock is not None and stock.marks is not None and stock.marks > trial.marks:
            told = told.replace(f"{stock.marks:g}", f"**{stock.marks:g}**", 1)
        lines.append(f"| `{trial.name}` | {trial.about} | {trial.marks:g} | {told} | {kit} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the attacks, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="*", help="names of attacks")
    parser.add_argument("--write", type=Path, help="the file to write the table to")
    options = parser.parse_args()
    chosen = [one for one in trials() if not options.only or one.name in options.only]
    rows = []
    with tempfile.TemporaryDirectory(prefix="labkit-attacks-") as folder:
        course = Path(folder) / "course"
        stock_course(course)
        for trial in chosen:
            started = time.perf_counter()
            stock = None if trial.skip else by_stock(trial, course)
            kit = by_kit(trial, course)
            rows.append((trial, stock, kit))
            took = time.perf_counter() - started
            print(f"{trial.name:40} {trial.marks:g} | {stock} | {kit}  ({took:.0f} s)", flush=True)
    text = table(rows)
    if options.write:
        options.write.parent.mkdir(parents=True, exist_ok=True)
        options.write.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
