"""What the instructor gave holds when a test runs, whatever the student's cells did."""

# ruff: noqa: E501 - a cell stands on one line
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader import observation
from grader.running.given import definitions
from grader.running.runner import Cell, Job, Runner

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.running.limits import Limits
    from grader.running.runner import Run

    TextOf = Callable[..., str]

GIVEN = "import numpy as np\nfrom grader import check_scalar, marks\nSIZES = [1, 2]\n\ndef helper(x):\n    return np.asarray(x)"
BINDS = ("np", "check_scalar", "marks", "SIZES", "helper")
SOLUTION = "def twice(x):\n    return np.asarray(x) * FACTOR\nFACTOR = 2"
TEST = (
    "np.random.seed(1)\nassert abs(sum(SIZES) - len(SIZES)) == 1\n"
    "with marks(1, 'twice/basic'):\n    check_scalar(float(twice(helper(max([2.5, 1])))), '0x4954468')"
)


@pytest.fixture
def tested(runner: Runner, quick: Limits) -> Callable[..., Run]:
    """Run the imports, a solution, a cell of the student's, and a test."""

    def run(scratch: str, imports: str = GIVEN, solution: str = SOLUTION) -> Run:
        cells = (
            Cell(imports, "given", "" if imports == GIVEN else GIVEN, BINDS),
            Cell(solution, "solution", binds=("twice", "FACTOR")),
            Cell(scratch),
            Cell(TEST, "test"),
        )
        return runner.run(Job(cells, limits=quick))

    return run


def observed(run: Run) -> list[object]:
    """Return the values that the test's checks observed."""
    seen = [observation.decode(data) for data in run.cells[-1].observations]
    return [value for one in seen for value in one.values]


ABOVE_THE_IMPORTS = (
    "import torch",
    "from google.colab import drive",
    "import no_such_module",
    "%matplotlib widget",
    "%load_ext no_such_extension",
    "import os; os.chdir('/content')",
    "%cd /content/drive/MyDrive",
    "import locale; locale.setlocale(locale.LC_ALL, 'xx_XX.UTF-8')",
    "raise SystemExit",
    "import os; os._exit(1)",
    "this is no python",
)


@pytest.mark.parametrize("line", ABOVE_THE_IMPORTS)
def test_a_line_that_fails_above_the_imports_costs_nothing(
    line: str, tested: Callable[..., Run]
) -> None:
    """A given cell that a student's line breaks has given its names all the same."""
    assert observed(tested("1", f"{line}\n{GIVEN}")) == [5.0]


def test_imports_that_the_student_took_out_are_there(tested: Callable[..., Run]) -> None:
    """A given cell that was emptied has given its names."""
    assert observed(tested("1", "")) == [5.0]


IN_A_SCRATCH_CELL = (
    "sum = 0; max = min = len = abs = float = list = print = None",
    "marks = 60; check_scalar = helper = 'x'",
    "np = 5",
    "del np, marks, helper",
    "import numpy as marks",
    "%reset -f",
    "globals().clear()",
    "for name in list(globals()): del globals()[name]",
    "SIZES.append(10**6)",
    "SIZES[:] = []",
    "from math import *; from numpy import *",
    "twice = twice(3)",
    "del twice",
    "np.seterr(all='raise'); np.set_printoptions(precision=1)",
    "np.asarray = np.random.seed = None",
    "import warnings; warnings.simplefilter('error')",
    "import os; os.makedirs('a'); os.chdir('a'); os.rmdir('../a')",
    "import os; os.environ.clear()",
    "import sys; sys.stdout = sys.stderr = None",
    "import sys; sys.stdout = open('log', 'w'); sys.stdout.close()",
    "import sys; sys.setrecursionlimit(60)",
    "import sys; sys.path.clear(); sys.modules.clear()",
    "import sys; sys.settrace(lambda *a: 1 / 0)",
    "import builtins; builtins.len = builtins.print = None; del builtins.sum",
    "__builtins__ = {}; __name__ = 'x'",
    "get_ipython = In = Out = _ = None",
    "get_ipython().ast_transformers.append(None)",
    "get_ipython().input_transformers_post.append(lambda lines: ['1 / 0'])",
    "import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)",
    "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "import threading, os, time; threading.Thread(target=lambda: (time.sleep(0.02), os._exit(1))).start(); time.sleep(1)",
)


@pytest.mark.parametrize("scratch", IN_A_SCRATCH_CELL)
def test_what_a_scratch_cell_does_costs_nothing(scratch: str, tested: Callable[..., Run]) -> None:
    """Names, builtins and the state of the process are for a test as they were given."""
    assert observed(tested(scratch)) == [5.0]


def test_a_thread_that_ends_the_process_in_a_test_costs_nothing(
    runner: Runner, quick: Limits
) -> None:
    """A test in which the process ended runs again without what a scratch cell left behind."""
    thread = "import threading, os, time\nthreading.Thread(target=lambda: (time.sleep(0.2), os._exit(1))).start()"
    cells = (
        Cell(GIVEN, "given", binds=BINDS),
        Cell(thread),
        Cell("import time\ntime.sleep(0.5)\ncheck_scalar(5.0, '0x4954468')", "test"),
    )
    assert observed(runner.run(Job(cells, limits=quick))) == [5.0]


def test_a_students_function_keeps_the_students_names(tested: Callable[..., Run]) -> None:
    """What a solution reads of the student's own names is what the student made of it."""
    own = "def twice(x):\n    return x * FACTOR + sum\nFACTOR = 2"
    assert observed(tested("FACTOR = 1; sum = 0.5", solution=own)) == [3.0]


def test_a_function_that_was_written_again_is_the_one_tested(tested: Callable[..., Run]) -> None:
    """A later cell that defines the function anew isn't taken for one that destroyed it."""
    assert observed(tested("def twice(x):\n    return x + 1")) == [3.5]


def test_what_a_test_binds_reaches_the_next_test_and_the_student(
    runner: Runner, quick: Limits, text_of: TextOf
) -> None:
    """A test's names are there for the student's cells, and for later tests as the test left them."""
    cells = (
        Cell("x = [1, 2]", "test", binds=("x",)),
        Cell("print(x)\nx.append(3)\nx = 4"),
        Cell("print(x)", "test"),
        Cell("x"),
    )
    done = runner.run(Job(cells, limits=quick))
    assert [text_of(cell) for cell in done.cells[1:]] == ["[1, 2]\n", "[1, 2]\n", "4"]


def test_the_original_of_a_given_cell_leaves_no_trace(
    runner: Runner, quick: Limits, text_of: TextOf
) -> None:
    """What a changed cell was given as runs first, and what it puts out isn't shown."""
    cells = (Cell("print('mine', size)", "given", "print('theirs')\nsize = 3\nsize", ("size",)),)
    (cell,) = runner.run(Job((*cells,), limits=quick)).cells
    assert text_of(cell) == "mine 3\n"
    assert cell.execution_count == 1


def test_a_students_value_of_a_given_name_is_the_students(
    runner: Runner, quick: Limits, text_of: TextOf
) -> None:
    """Where a student changes a given constant, their cells see theirs and a test what was given."""
    cells = (
        Cell("rate = 5", "given", "rate = 1", ("rate",)),
        Cell("def mine():\n    return rate", "solution", binds=("mine",)),
        Cell("print(rate, mine())", "test"),
    )
    assert text_of(runner.run(Job(cells, limits=quick)).cells[2]) == "1 5\n"


@pytest.mark.parametrize("source", ["this is no python", "", "x = 1\nprint(x)", "\0"])
def test_a_cell_that_defines_nothing_has_no_definitions(source: str) -> None:
    """Text that isn't Python, or that only does something, gives nothing to run again."""
    assert definitions(source, test=False) == ""
