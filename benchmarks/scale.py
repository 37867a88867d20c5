"""How time and the coordinator's work grow with the class: one small lab, more and more submissions.

The coordinator reads what was handed in and records what was graded, while others grade. The rate
that it could keep up with caps any cluster: submissions by the seconds that it computes.

python benchmarks/scale.py [--sizes 500 1000 2000]     (10000 takes some ten minutes)
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from tiny import GOOD, LAB, begin_course, tiny_lab  # noqa: E402 - found through the line above


def make_course(folder: Path, size: int) -> None:
    """Make a course of the tiny lab with `size` submissions, no two the same."""
    bin_folder = str(Path(sys.executable).parent)
    os.environ["PATH"] = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
    begin_course(folder)
    (folder / "source" / LAB).mkdir(parents=True)
    nbformat.write(tiny_lab(), folder / "source" / LAB / f"{LAB}.ipynb")
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", LAB, "--log-level=ERROR"]
    subprocess.run(command, cwd=folder, check=True)
    notebook = tiny_lab()
    for number in range(size):
        next(c for c in notebook.cells if c.id == "zero_pad").source = f"{GOOD}\n# {number}"
        path = folder / "submitted" / f"student-{number:05}" / LAB / f"{LAB}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(nbformat.writes(notebook))


def memory(pid: int) -> int:
    """Return the megabytes that a process, without those that it started, holds now."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def main() -> None:
    """Grade classes of each size and print seconds and megabytes, against the first one's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", type=int, default=[500, 1000, 2000])
    first = None
    before = (0, 0.0)
    for size in parser.parse_args().sizes:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            make_course(folder, size)
            started = time.perf_counter()
            command = [str(Path(sys.executable).with_name("labkit")), "autograde", LAB]
            run = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL)
            most = 0
            while not (ended := os.wait4(run.pid, os.WNOHANG))[0]:
                most = max(most, memory(run.pid))
                time.sleep(0.2)
            seconds = time.perf_counter() - started
            run.returncode = os.waitstatus_to_exitcode(ended[1])
            cpu = ended[2].ru_utime + ended[2].ru_stime
            if run.returncode:
                sys.exit(f"grading {size} submissions failed")
        first = first or (size, seconds, most)
        ratio = (seconds / size) / (first[1] / first[0])
        print(
            f"{size:6} submissions: {seconds:7.1f} s, {1000 * seconds / size:6.1f} ms each "
            f"({ratio:.2f} times the first), the coordinator at most {most} MiB "
            f"({most / first[2]:.2f} times)"
        )
        if before[0]:  # start-up, which both have, is left out
            rate = (size - before[0]) / (cpu - before[1])
            print(f"       the coordinator's rate: {rate:.0f} submissions a second")
        before = (size, cpu)


if __name__ == "__main__":
    main()
