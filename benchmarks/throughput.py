"""Grade the same class with stock nbgrader and with labkit, and print how much faster labkit is.

Both are started as an instructor starts them, on the same lab and the same submissions, start-up
included, in one run. Stock nbgrader runs as shipped: its own `Execute`, one submission after the
other, the checks judging inside the kernel. It is slow, so a part of the class is timed and scaled,
and the output says so.

    python benchmarks/throughput.py [LAB] [--sizes 40 400] [--stock 20] [--torch]

With `--torch` the notebook imports torch itself, in its first code cell, as labs about torch do.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import nbformat

from grader.course.samples import build, samples

ROOT = Path(__file__).parents[1]
STOCK = """c = get_config()
c.CourseDirectory.course_id = "stock"
c.Execute.timeout = 60
"""


def make_course(folder: Path, lab: str, size: int, config: str, *, torch: bool = False) -> Path:
    """Make a course of one generated lab, with `size` submissions by turns from its samples."""
    shutil.copytree(ROOT / "source" / lab, folder / "source" / lab)
    if torch:
        import_torch(folder / "source" / lab / f"{lab}.ipynb")
    (folder / "nbgrader_config.py").write_text(config)
    command = ["generate_assignment", lab, "--log-level=ERROR"]
    subprocess.run([sys.executable, "-m", "nbgrader", *command], cwd=folder, check=True)
    source = nbformat.read(folder / "source" / lab / f"{lab}.ipynb", as_version=4)
    release = nbformat.read(folder / "release" / lab / f"{lab}.ipynb", as_version=4)
    found = [
        sample
        for sample in samples(ROOT / "examples" / lab)
        if "loops" not in sample.name and not sample.raw
    ]
    for number in range(size):
        path = folder / "submitted" / f"student-{number:05}" / lab / f"{lab}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(build(found[number % len(found)], source, release))
    return folder


def import_torch(path: Path) -> None:
    """Have a notebook import torch, and say of itself that it does."""
    notebook = nbformat.read(path, as_version=4)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    first.source = f"import torch\n{first.source}"
    notebook.metadata.labkit["torch"] = True
    nbformat.write(notebook, path)


class Times(NamedTuple):
    """How long a command took: seconds of the clock, and of its own process's computing."""

    clock: float
    cpu: float


def timed(folder: Path, *command: str) -> Times:
    """Run a command in a course and return how long it took."""
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        run = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said)
        _, status, used = os.wait4(run.pid, 0)
        if status:
            said.seek(0)
            sys.exit(f"{' '.join(command)} failed:\n{said.read()}")
    return Times(time.perf_counter() - started, used.ru_utime + used.ru_stime)


def spent(folder: Path, lab: str) -> str:
    """Say what a submission's computing went to, in milliseconds, as medians over the class."""
    records = [json.loads(p.read_text()) for p in folder.glob(f"autograded/*/{lab}/labkit.json")]
    names = {"restore": "restore_ms", "fork and confine and run": "cpu_ms", "judge": "judge_ms"}
    median = {
        name: statistics.median(record["timings"][name] for record in records)
        for name in (*names.values(), "fork_ms", "confine_ms", "run_ms")
    }
    parts = ", ".join(f"{said} {median[name]:.0f}" for said, name in names.items())
    clock = ", ".join(f"{n} {median[f'{n}_ms']:.0f}" for n in ("fork", "confine", "run"))
    return f"CPU ms a submission (median): {parts}; of the clock: {clock}"


def main() -> None:
    """Time both graders and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lab", nargs="?", default="01-convolution")
    parser.add_argument("--sizes", nargs="+", type=int, default=[40, 400])
    parser.add_argument("--stock", type=int, default=20, help="submissions timed with nbgrader")
    parser.add_argument("--torch", action="store_true", help="the notebook imports torch")
    options = parser.parse_args()
    lab = options.lab
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    about = f"{lab}, importing torch" if options.torch else lab
    with tempfile.TemporaryDirectory() as temporary:
        few, more = (
            make_course(Path(temporary, f"stock-{size}"), lab, size, STOCK, torch=options.torch)
            for size in (1, 1 + options.stock)
        )
        first = timed(few, *stock_command(lab)).clock
        # Twice, because a machine that others share is not as fast in one minute as in the next.
        before = (timed(more, *stock_command(lab)).clock - first) / options.stock
        graded_in = [graded(Path(temporary), size, options) for size in options.sizes]
        after = (timed(more, *stock_command(lab), "--force").clock - first) / options.stock
    each = (before + after) / 2
    print(
        f"{about}: stock nbgrader {first:.1f} s for one, then {before:.2f} s a submission "
        f"before labkit ran and {after:.2f} s after"
    )
    for size, (times, where) in zip(options.sizes, graded_in, strict=True):
        stock = first + each * (size - 1)
        print(
            f"{size:6} submissions: nbgrader {stock:8.1f} s (scaled from {1 + options.stock}), "
            f"labkit {times.clock:6.1f} s, {stock / times.clock:5.1f} times faster"
        )
        print(f"        {where}")
    if len(options.sizes) > 1:
        (size, (times, _)), (larger, (longer, _)) = (
            (options.sizes[at], graded_in[at]) for at in (0, -1)
        )
        each = 1000 * (longer.cpu - times.cpu) / (larger - size)
        print(f"        and the coordinator, which records: {each:.0f}")


def stock_command(lab: str) -> tuple[str, ...]:
    """Return the command that grades with stock nbgrader."""
    return (sys.executable, "-m", "nbgrader", "autograde", lab, "--log-level=CRITICAL")


def graded(folder: Path, size: int, options: argparse.Namespace) -> tuple[Times, str]:
    """Grade a class with labkit; return how long it took, and what a submission's time went to."""
    labkit = str(Path(sys.executable).with_name("labkit"))
    config = (ROOT / "nbgrader_config.py").read_text()
    course = make_course(folder / f"labkit-{size}", options.lab, size, config, torch=options.torch)
    return timed(course, labkit, "autograde", options.lab), spent(course, options.lab)


if __name__ == "__main__":
    main()
