"""What takes long is told on a terminal while it lasts."""

import io

import pytest
from rich.console import Console
from waiting import until

from grader.course import patience
from grader.course.patience import told


@pytest.mark.parametrize("terminal", [True, False])
def test_what_takes_long_is_told_on_a_terminal_alone(monkeypatch, terminal):
    """A line says what is done and how far it is; in a pipe there is nothing."""
    monkeypatch.setattr(patience, "LONG_S", 0.0)
    said = io.StringIO()
    with told("making a key", Console(file=said, force_terminal=terminal)) as say:
        say("1 of 2")
        if terminal:
            until(lambda: "making a key: 1 of 2" in said.getvalue())
    assert ("making a key" in said.getvalue()) == terminal


def test_what_is_done_soon_says_nothing(monkeypatch):
    """What ends before it is long leaves a terminal as it was."""
    monkeypatch.setattr(patience, "LONG_S", 1000.0)
    said = io.StringIO()
    with told("making a key", Console(file=said, force_terminal=True)) as say:
        say("1 of 2")
    assert said.getvalue() == ""
