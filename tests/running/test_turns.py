"""After a process has ended, what is left runs in another one."""

# ruff: noqa: E501 - a cell stands on one line
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.running.limits import Limits
from grader.running.runner import Cell, Job
from grader.running.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.running.runner import Run, Runner

    Runs = Callable[..., Run]
    TextOf = Callable[..., str]

LIMITS = Limits(cell_s=0.5, notebook_s=20, memory_mb=256, observation_mb=1)
DEAF = "while True:\n    try:\n        while True: sum(range(99))\n    except BaseException: pass"


def modes(turns: Turns) -> list[tuple[str, str]]:
    """Return what would run in the next process, and how."""
    return [(cell["source"], cell["mode"]) for cell in turns.next()[0]]


def test_what_does_harm_again_is_left_out() -> None:
    """A cell that ends a process even by what it defines doesn't run any more."""
    turns = Turns(("a", "b", "c"))
    turns.next()
    turns.blame(1, "limit")
    assert modes(turns) == [("a", "again"), ("b", "part"), ("c", "run")]
    turns.blame(1, "limit")
    assert modes(turns) == [("a", "again"), ("c", "run")]
    turns.blame(1, "ok")
    assert turns.done
    assert [fate for _, fate in turns.ran()] == [None, "limit", None]


def test_a_test_that_ended_the_process_gets_one_more_turn_without_the_cells_before() -> None:
    """The first time it is a scratch cell that is suspected, the second time the test."""
    turns = Turns((Cell("a"), Cell("t", "test"), Cell("u", "test")))
    turns.next()
    turns.blame(1, "died")
    assert modes(turns) == [("a", "part"), ("t", "run"), ("u", "run")]
    turns.blame(1, "died")
    assert modes(turns) == [("a", "part"), ("u", "run")]


def test_a_test_is_run_again_for_what_it_binds_only() -> None:
    """A test whose names no other test needs isn't run again."""
    turns = Turns((Cell("t", "test", binds=("x",)), Cell("u", "test"), Cell("a"), Cell("b")))
    turns.next()
    turns.blame(2, "timeout")
    assert modes(turns) == [("t", "part"), ("a", "part"), ("b", "run")]


HARMS = {
    "swallows its interrupt": (DEAF, "timeout"),
    "sleeps in two commands": ("!sleep 100\n!sleep 100\n!sleep 100", "timeout"),
    "exits": ("import os\nos._exit(0)", "died"),
    "crashes": ("import ctypes\nctypes.string_at(0)", "died"),
    "closes the channel": ("import os\nos.closerange(3, 4096)", "died"),
    "takes memory in children": (
        "import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n        x = bytearray(100 << 20)\n        time.sleep(50)\ntime.sleep(50)",
        "limit",
    ),
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_cell_that_ends_its_process_costs_itself(harm: str, run: Runs, text_of: TextOf) -> None:
    """The cells before count once, what they and the guilty cell define is there, the rest runs."""
    source, status = HARMS[harm]
    done = run(
        "print('before')\nn = 1",
        f"def kept():\n    return n\n{source}",
        "n += 1\n(n, kept())",
        limits=LIMITS,
    )
    assert [cell.status for cell in done.cells] == ["ok", status, "ok"]
    assert (done.status, "cell 2" in done.reason) == (status, True), done.reason
    assert text_of(done.cells[0]) == "before\n"
    assert text_of(done.cells[2]) == "(2, 2)"
    assert [cell.execution_count for cell in done.cells] == [1, None, 3]


def test_several_cells_may_end_their_process(run: Runs, text_of: TextOf) -> None:
    """Each of them costs itself."""
    bad = "import os\nos._exit(1)"
    done = run(bad, "1", bad, bad, "2", bad)
    assert [cell.status for cell in done.cells] == ["died", "ok", "died", "died", "ok", "died"]


def test_a_notebook_is_not_started_for_ever(run: Runs) -> None:
    """A notebook in which cell after cell ends its process is given up."""
    done = run(*["import os\nos._exit(1)"] * 30)
    assert done.cells[0].status == "died"
    assert done.cells[-1].status == "not-run"


def test_a_test_that_was_observed_is_not_observed_again(runner: Runner) -> None:
    """Observations that came before the process ended stand, and none comes twice."""
    check = "from grader import check_scalar\nx = 5.0\nif True:\n    check_scalar(x, '0x4954468')"
    cells = (Cell(check, "test", binds=("x",)), Cell("import os\nos._exit(1)"), Cell("x", "test"))
    done = runner.run(Job(cells, limits=LIMITS))
    assert [len(cell.observations) for cell in done.cells] == [1, 0, 0]
    assert done.cells[2].outputs[0]["data"]["text/plain"] == "5.0"


def test_running_again_has_a_limit_of_its_own(run: Runs) -> None:
    """What is run again doesn't use up the notebook's time, and is limited too."""
    slow = "import time\nend = time.process_time() + 0.4\nwhile time.process_time() < end: pass"
    limits = Limits(cell_s=2, notebook_s=1)
    done = run(slow, "import os\nos._exit(1)", slow, limits=limits)
    assert [cell.status for cell in done.cells] == ["ok", "died", "ok"]
