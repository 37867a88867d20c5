"""How long `import grader` takes, against `import numpy` alone: the goal is under 0.3 s more."""

import statistics
import subprocess
import sys
import time

RUNS = 9


def seconds(statement: str) -> float:
    """Return the median time of a fresh Python that runs `statement`."""
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], check=True)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


numpy, grader = seconds("import numpy"), seconds("import grader")
print(f"import numpy   {numpy:.3f} s")
print(f"import grader  {grader:.3f} s   {grader - numpy:+.3f} s, {grader / numpy:.2f} times numpy")
