"""What it costs that each submission is dealt with in a process of its own, in CPU time.

    python benchmarks/clerks.py [LAB] [--count 40]

The same full-mark submission is graded in this process, warm, and by clerks; the notebook's own
computing is in neither figure.
"""

import argparse
import os
import statistics
import time
from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from grader.course import answers
from grader.course.clerks import Desk
from grader.course.folders import read_lab
from grader.course.grading import grade, submission

ROOT = Path(__file__).parents[1]


def cpu_of(pid: int) -> float:
    """Return the milliseconds that a process, and those children that it has seen end, computed."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return 1000 * sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Grade both ways and print milliseconds of CPU a submission."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lab", nargs="?", default="01-convolution")
    parser.add_argument("--count", type=int, default=40)
    options = parser.parse_args()
    name = options.lab
    lab = read_lab(CourseDirectory(root=str(ROOT)), name)
    source = lab.notebooks[name].source
    class_ = [
        submission(b"benchmark", name, f"student-{number}", {f"{name}.ipynb": source.encode()})
        for number in range(options.count)
    ]
    here = []
    for one in class_:
        before = time.process_time()
        grade(lab, one)
        here.append(1000 * (time.process_time() - before))
    desk = Desk()
    desk.ask("grade", lab, class_[0])
    pid = desk._process.pid  # noqa: SLF001 - nobody else needs it
    before, began = cpu_of(pid), time.process_time()
    stages = []
    for one in class_:
        timings = answers.from_bytes(desk.ask("grade", lab, one), lab, one.student).timings
        stages.append(timings["restore_ms"] + timings["judge_ms"])
    there = (cpu_of(pid) - before) / options.count
    asking = 1000 * (time.process_time() - began) / options.count
    desk.close()
    print(
        f"{name}: {statistics.median(here):.0f} ms of CPU a submission in one warm process; "
        f"by clerks {there:.0f} ms and {asking:.0f} ms of who asks, of which restoring and judging "
        f"{statistics.median(stages):.0f} ms"
    )


if __name__ == "__main__":
    main()
