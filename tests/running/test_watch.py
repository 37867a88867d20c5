"""Time is what the notebook's processes compute or sleep, and not how busy the machine is."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from grader.running import watch
from grader.running.limits import Limits
from grader.running.wire import CellRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.running.runner import Run

    Runs = Callable[..., Run]

LIMITS = Limits(cell_s=1, notebook_s=20)


class FakeMeter:
    """A meter that says what a test wants."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.computed = 0.0
        self.wants = True

    def spent(self) -> float:
        """Tell the seconds that the test has set."""
        return self.computed

    def wants_more(self) -> bool:
        """Tell what the test has set."""
        return self.wants


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give a clock that stands still, and meters and interrupts that do nothing."""
    now = [0.0]
    monkeypatch.setattr(watch, "Meter", FakeMeter)
    monkeypatch.setattr(watch.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(watch.os, "kill", lambda pid, number: None)
    return now


def watched(limits: Limits = LIMITS) -> tuple[watch.Watch, FakeMeter, CellRecord]:
    """Return a watch over a process in which a cell has begun, and its meter."""
    made, cell = watch.Watch(limits), CellRecord()
    made.begin(1)
    made.look(cell, waited=False)
    meter = made._meter
    assert isinstance(meter, FakeMeter)
    return made, meter, cell


def test_waiting_for_a_turn_costs_nothing(clock: list[float]) -> None:
    """A cell that gets a tenth of a processor may take ten times as long."""
    made, meter, cell = watched()
    for _ in range(90):
        clock[0] += 0.1
        meter.computed += 0.01
        assert made.look(cell, waited=True) == ""
    assert not cell.interrupted


def test_a_cell_that_computes_beyond_its_limit_is_interrupted_and_then_ended(
    clock: list[float],
) -> None:
    """First comes one interrupt, and the end when it goes on all the same."""
    made, meter, cell = watched()
    clock[0] += 1
    meter.computed = 1.0
    assert made.look(cell, waited=False) == ""
    assert cell.interrupted
    meter.computed += watch.GRACE_S
    assert "didn't stop when interrupted" in made.look(cell, waited=False)


def test_sleeping_counts_apart_and_not_what_is_left_of_the_machine(clock: list[float]) -> None:
    """Time in which nothing of the notebook wants the processor counts as sleep, a little at a time."""
    made, meter, cell = watched()
    meter.wants = False
    for _ in range(9):
        clock[0] += 0.1
        made.look(cell, waited=True)
    assert not cell.interrupted
    for _ in range(2):
        clock[0] += 0.1
        made.look(cell, waited=True)
    assert cell.interrupted


def test_behind_it_all_stands_the_clock(clock: list[float]) -> None:
    """A cell that neither computes nor sleeps, for all we know, ends some time."""
    made, _, cell = watched()
    clock[0] += watch.CLOCK * LIMITS.cell_s + watch.CLOCK_S
    made.look(cell, waited=True)
    assert cell.interrupted


def test_a_notebook_has_a_limit_whatever_its_cells_have(clock: list[float]) -> None:
    """Many short cells end together, and then nothing more may run."""
    made, meter, cell = watched(Limits(cell_s=5, notebook_s=2))
    for _ in range(3):
        clock[0] += 1
        meter.computed += 0.9
        told = made.look(cell, waited=False)
        cell = CellRecord()
    assert "the notebook took more than 2 s" in told
    assert made.exhausted


def test_what_runs_again_has_as_much_once_more(clock: list[float]) -> None:
    """Time of quiet cells isn't the notebook's."""
    made, meter, _ = watched(Limits(cell_s=5, notebook_s=2))
    quiet = CellRecord(quiet=True)
    made.look(quiet, waited=False)
    clock[0] += 1
    meter.computed = 1.9
    assert made.look(CellRecord(), waited=False) == ""
    meter.computed = 3.7
    assert made.look(CellRecord(), waited=False) == ""
    assert not made.exhausted


# ------------------------------------------------------------------------------------ for real


@pytest.fixture
def busy() -> Iterator[None]:
    """Have 16 processes want the processors too."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(16)]
    yield
    for loop in loops:
        loop.kill()
        loop.wait()


BURN = "import time\nend = time.process_time() + 0.7\nwhile time.process_time() < end: pass"


@pytest.mark.usefixtures("busy")
def test_a_busy_machine_interrupts_nobody(run: Runs) -> None:
    """A cell within its limit ends well, and one beyond it doesn't, whoever else computes."""
    done = run(BURN, "while True: pass", "1", limits=LIMITS)
    assert [cell.status for cell in done.cells] == ["ok", "timeout", "ok"]


def test_children_count(run: Runs) -> None:
    """What a cell's child processes compute is the cell's."""
    child = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'while True: pass'])"
    done = run(child, "1", limits=LIMITS)
    assert [cell.status for cell in done.cells] == ["timeout", "ok"]


def test_a_cell_that_sleeps_is_interrupted_where_it_is(run: Runs) -> None:
    """What a cell did before it fell asleep is kept."""
    done = run("x = 5\nimport time\ntime.sleep(1000)", "x", limits=LIMITS)
    assert [cell.status for cell in done.cells] == ["timeout", "ok"]
    assert done.status == "ok"


def test_a_stopped_process_is_not_waited_for(run: Runs) -> None:
    """A notebook that stops itself is ended."""
    done = run("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", "1", limits=LIMITS)
    assert [cell.status for cell in done.cells] in (["timeout", "ok"], ["ok", "ok"])


def test_an_interrupt_is_not_meant_for_the_next_cell(run: Runs) -> None:
    """An interrupt that comes when a cell has just begun is ignored: it is late."""
    late = f"import os\nos.kill(os.getpid(), {int(signal.SIGXCPU)})\n'on'"
    assert run(late, limits=Limits(cell_s=30, notebook_s=60)).cells[0].status == "ok"
