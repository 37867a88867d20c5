"""Grade the same class with stock nbgrader and with labkit, and print how much faster labkit is.

Both are started as an instructor starts them, on the same lab and the same submissions, start-up
included, in one run. Stock nbgrader runs as shipped: its own `Execute`, one submission after the
other, the checks judging inside the kernel. It is slow, so a part of the class is timed and scaled,
and the output says so.

    python benchmarks/throughput.py [LAB] [--sizes 40 400] [--stock 20] [--torch]

With `--torch` the notebook imports torch itself, in its first code cell, as labs about torch do.

Last comes the overhead: what all of labkit's processes compute for a submission with full marks, less
what its cells take in a plain warm IPython, where a check only calls the student's functions. With
`--overhead` nothing else is measured.
"""

import argparse
import contextlib
import copy
import ctypes
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib_inline.backend_inline import configure_inline_support

from grader import checks
from grader.course.samples import build, samples
from grader.session import current_session, use_session

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from tiny import begin_course  # noqa: E402 - found through the line above

STOCK = """c = get_config()
c.CourseDirectory.course_id = "stock"
c.Execute.timeout = 60
"""
PR_SET_CHILD_SUBREAPER = 36


def make_course(
    folder: Path, lab: str, size: int, config: str, *, torch: bool = False, only: str = ""
) -> Path:
    """Make a course of one generated lab, with `size` submissions by turns from its samples.

    `only` names the one sample to take.
    """
    begin_course(folder)
    shutil.copytree(ROOT / "source" / lab, folder / "source" / lab)
    shutil.copy(ROOT / "release" / lab / f"{lab}.key", folder / "source" / lab)
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
        if (sample.name == only if only else "loops" not in sample.name and not sample.raw)
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
    """How long a command took: seconds of the clock, of its own process's computing, of all's."""

    clock: float
    cpu: float
    cpu_of_all: float


def timed(folder: Path, *command: str) -> Times:
    """Run a command in a course, until all that it started has ended; return how long it took."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # orphans are counted here
    before = children_cpu()
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        run = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said)
        _, status, used = os.wait4(run.pid, 0)
        clock = time.perf_counter() - started
        run.returncode = os.waitstatus_to_exitcode(status)
        if status:
            said.seek(0)
            sys.exit(f"{' '.join(command)} failed:\n{said.read()}")
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    return Times(clock, used.ru_utime + used.ru_stime, children_cpu() - before)


def children_cpu() -> float:
    """Return the seconds that the processes which this one has waited for computed."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def records(folder: Path, lab: str) -> list[dict[str, Any]]:
    """Return what was recorded of a class."""
    return [json.loads(p.read_text()) for p in folder.glob(f"autograded/*/{lab}/labkit.json")]


def spent(folder: Path, lab: str) -> str:
    """Say what a submission's computing went to, in milliseconds, as medians over the class."""
    names = {"restore": "restore_ms", "fork and confine and run": "cpu_ms", "judge": "judge_ms"}
    median = {
        name: statistics.median(record["timings"][name] for record in records(folder, lab))
        for name in (*names.values(), "fork_ms", "confine_ms", "run_ms")
    }
    parts = ", ".join(f"{said} {median[name]:.0f}" for said, name in names.items())
    clock = ", ".join(f"{n} {median[f'{n}_ms']:.0f}" for n in ("fork", "confine", "run"))
    return f"CPU ms a submission (median): {parts}; of the clock: {clock}"


def overhead(lab: str, few: int = 10, more: int = 210) -> str:
    """Say what grading a submission with full marks computes besides its cells."""
    config = (ROOT / "nbgrader_config.py").read_text()
    labkit = str(Path(sys.executable).with_name("labkit"))
    with tempfile.TemporaryDirectory() as temporary:
        courses = [
            make_course(Path(temporary, str(size)), lab, size, config, only="full-marks")
            for size in (few, more)
        ]
        # By turns, because a machine that others share is not as fast in one minute as in the next.
        own = [own_cpu(courses[0], lab)]
        cpu = [timed(course, labkit, "autograde", lab).cpu_of_all for course in courses]
        own.append(own_cpu(courses[0], lab))
        parts = spent(courses[1], lab)
        # Whoever watches over a notebook's run is waited for by nobody, and so isn't in the sum.
        runs = statistics.median(record["timings"]["cpu_ms"] for record in records(courses[1], lab))
    whole = 1000 * (cpu[1] - cpu[0]) / (more - few) + runs
    cells = 1000 * statistics.mean(own)
    return (
        f"{lab}, full marks: {whole:.0f} ms of CPU a submission; its cells take {cells:.0f} in a plain "
        f"warm IPython, so the overhead is {whole - cells:.0f} ms\n        {parts}"
    )


def own_cpu(course: Path, lab: str, runs: int = 9) -> float:
    """Return the seconds that the cells of a submission compute in a warm IPython (median).

    They are those that are run for a grade. What a check does is noted in the first run; in the
    others it only calls the student's functions again. (A class is observed as ever.)
    """
    path = next(course.glob(f"submitted/*/{lab}/{lab}.ipynb"))
    cells = [
        cell.source
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code" and "show-only" not in cell.metadata.get("tags", ())
    ]
    noted: list[list[tuple[Any, ...]]] = []
    again: Iterator[list[tuple[Any, ...]]] = iter(())
    observe, session = checks.observe, current_session()

    def note(function: Callable[..., Any], *about: Any) -> Any:
        noted.append([])

        @wraps(function)
        def noting(*arguments: Any) -> Any:
            noted[-1].append(copy.deepcopy(arguments))
            return function(*arguments)

        return observe(function if isinstance(function, type) else noting, *about)

    def repeat(function: Callable[..., Any], *about: Any) -> Any:
        calls = next(again)
        if isinstance(function, type):
            return observe(function, *about)
        for arguments in calls:
            function(*arguments)
        return ()

    shell = InteractiveShell.instance()
    configure_inline_support(shell, "module://matplotlib_inline.backend_inline")
    os.chdir(course / "release" / lab)
    took = []
    try:
        for run in range(1 + runs):  # the first imports what the others find
            use_session(replace(session, judge=lambda _check, _observation: None))
            checks.observe = repeat if run else note
            again = iter(noted)
            shell.reset(new_session=False)
            with capture_output():
                started = time.process_time()
                results = [shell.run_cell(cell) for cell in cells]
                took.append(time.process_time() - started)
            if not all(result.success for result in results):
                sys.exit(f"a cell of {path} fails in a plain IPython")
    finally:
        checks.observe = observe
        use_session(session)
        os.chdir(ROOT)
    return statistics.median(took[1:])


def main() -> None:
    """Time both graders and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lab", nargs="?", default="01-convolution")
    parser.add_argument("--sizes", nargs="+", type=int, default=[40, 400])
    parser.add_argument("--stock", type=int, default=20, help="submissions timed with nbgrader")
    parser.add_argument("--torch", action="store_true", help="the notebook imports torch")
    parser.add_argument("--overhead", action="store_true", help="measure the overhead alone")
    options = parser.parse_args()
    lab = options.lab
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    if options.overhead:
        print(overhead(lab))
        return
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
        print(f"        and the coordinator, which records: {each:.1f}")
    print(overhead(lab))


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
