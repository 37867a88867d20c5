"""What processes spend is measured from outside."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from waiting import until

from grader.running.meter import LINUX, Meter, family

pytestmark = pytest.mark.skipif(not LINUX, reason="time is the clock's where there is no /proc")
BURN = "import time\nwhile time.process_time() < 0.5: pass\n"


def test_time_of_children_counts_when_they_have_ended() -> None:
    """What a child has computed is its parent's, once the parent knows that it has ended."""
    meter = Meter(os.getpid())
    before = meter.spent()
    subprocess.run([sys.executable, "-c", BURN], check=True)
    assert meter.spent() - before >= 0.4


def test_time_of_children_counts_while_they_run() -> None:
    """A child that still runs counts too, and asleep it wants nothing."""
    meter = Meter(os.getpid())
    before = meter.spent()
    code = BURN + "print(flush=True)\ninput()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as child:
        child.stdout.read(1)
        assert child.pid in family(os.getpid())
        assert meter.spent() - before >= 0.4
        child.communicate(b"\n")


def test_what_sleeps_wants_no_more() -> None:
    """A process that waits for somebody isn't waiting for a processor."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdin.write(b"x")
        child.stdin.flush()
        child.stdout.read(1)
        until(lambda: not Meter(child.pid).wants_more())
        child.communicate()


def test_a_process_that_has_ended_has_spent_what_was_last_known() -> None:
    """Asking about a process that is gone is no error."""
    child = subprocess.Popen(["true"])
    meter = Meter(child.pid)
    child.wait()
    assert meter.spent() >= 0
    assert not meter.wants_more()
