"""How long a verdict takes: on a right block, and on blocks that fail in known and unknown ways.

    python benchmarks/judging.py [EXERCISE ...]

Each is judged on cases of a seed of its own, as a class's submissions are, so that mistakes are called
anew; the peer is the function itself, called on the same cases in the same run. The aims: a right block
in under 10 ms, a failed one in under 100 ms, the blocks of lab 1 in under 40 ms where nothing failed.
"""

from __future__ import annotations

import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

import numpy as np  # noqa: E402 - found by the line above
from nbgrader.coursedir import CourseDirectory  # noqa: E402

from grader.course.folders import read_source  # noqa: E402
from grader.judging.answers import Answers  # noqa: E402
from grader.judging.trials import observed  # noqa: E402
from grader.session import Check  # noqa: E402
from grader.verdicts import judge  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.catalogue import Catalogue
    from grader.exercise import Exercise

Function = Callable[..., Any]
EXERCISES = ("zero_pad", "conv_single_step", "conv_forward", "conv_backward", "pool_forward")
SEEDS = range(11, 14)


def shaken(function: Function) -> Function:
    """Return a function that is wrong in a way that nobody knows."""

    def wrong(*args: Any) -> Any:
        answer = function(*args)
        parts = answer if isinstance(answer, tuple) else (answer,)
        rng = np.random.default_rng(0)
        noisy = [p + rng.standard_normal(np.shape(p)) if np.ndim(p) else p for p in parts]
        return tuple(noisy) if isinstance(answer, tuple) else noisy[0]

    return wrong


def verdicts(
    catalogue: Catalogue, exercise: Exercise, function: Function
) -> Iterator[tuple[float, float, bool]]:
    """Yield the milliseconds of a verdict and of the calls, and whether it passed, group by group."""
    for seed in SEEDS:
        for group in exercise.groups:
            answers = Answers(catalogue, seed)
            called = time.perf_counter()
            seen = observed(exercise, function, [group], answers)
            started = time.perf_counter()
            check = Check("check_torch", {"name": exercise.name, "group": group})
            passed = judge(check, seen, answers).passed
            ended = time.perf_counter()
            yield 1000 * (ended - started), 1000 * (started - called), passed


def row(title: str, times: Sequence[tuple[float, float, bool]]) -> None:
    """Print the median and the worst of verdicts, and their ratio to the calls'."""
    if times:
        took, calls = ([one[at] for one in times] for at in (0, 1))
        ratio = sum(took) / sum(calls)
        print(
            f"  {title:<22} median {statistics.median(took):6.1f} ms   worst {max(took):6.1f} ms"
            f"   {ratio:5.1f} times the calls"
        )


def main(names: Sequence[str]) -> None:
    """Time the exercises."""
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    rng = np.random.default_rng(3)
    labs = sorted(path.name for path in (ROOT / "source").iterdir() if path.is_dir())
    for lab in labs:
        catalogue = read_source(CourseDirectory(root=str(ROOT)), lab).catalogue
        for exercise in catalogue:
            if exercise.name not in names or not catalogue.has_solution(exercise):
                continue
            print(f"{exercise.name}: {len(exercise.mistakes)} mistakes, alone and in pairs")
            right = catalogue.solution(exercise)
            list(verdicts(catalogue, exercise, right))  # what is imported and compiled once
            row("right", list(verdicts(catalogue, exercise, right)))
            alone = [m.name for m in exercise.mistakes]
            pairs = Answers(catalogue, SEEDS[0]).all_pairs(exercise.name)
            for title, made in (
                ("one mistake", [(alone[i],) for i in rng.permutation(len(alone))[:8]]),
                ("two at once", [pairs[i] for i in rng.permutation(len(pairs))[:8]]),
            ):
                found = [
                    one
                    for some in made
                    for one in verdicts(catalogue, exercise, catalogue.mutant(exercise, some))
                ]
                row(title, [one for one in found if not one[2]])
            failed = list(verdicts(catalogue, exercise, shaken(right)))
            row("nothing that is known", [one for one in failed if not one[2]])


if __name__ == "__main__":
    main(sys.argv[1:] or EXERCISES)
