"""Each run has a processor of its own."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from grader.running.processors import bind_to, processor

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity"), reason="processes can't be bound to a processor here"
)


def test_runs_at_once_have_different_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs share no processor while there is one that nobody has."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1000, 1001})
    with processor() as one, processor() as other:
        assert {one, other} == {1000, 1001}
        with processor() as third:
            assert third in (1000, 1001)


def test_a_processor_is_free_again_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs one after the other take the same."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1000, 1001})
    for _ in range(3):
        with ExitStack() as stack:
            assert stack.enter_context(processor()) == 1000


def test_what_goes_wrong_in_a_run_is_told_as_it_is() -> None:
    """An error of the operating system's inside the block leaves it unchanged."""
    with pytest.raises(BrokenPipeError), processor():
        raise BrokenPipeError


def test_a_processor_that_is_gone_is_no_error() -> None:
    """Being bound to a processor that isn't there leaves things as they are."""
    before = os.sched_getaffinity(0)
    bind_to(1 << 9)
    bind_to(None)
    assert os.sched_getaffinity(0) == before


def test_a_notebook_stays_on_its_processor(
    attempt: Callable[..., str], need: Callable[..., None]
) -> None:
    """A notebook has one processor, and so do its children; asking for more is refused."""
    need("seccomp")
    cell = (
        "import os, subprocess\nprint(len(os.sched_getaffinity(0)))\n"
        "print(subprocess.check_output(['nproc']).strip().decode())\n"
        "os.sched_setaffinity(0, range(os.cpu_count()))"
    )
    assert attempt(cell).startswith("1\n1\nPermissionError")
