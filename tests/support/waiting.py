"""Waiting for something to happen, for as long as a crowded machine may take over it."""

import time

HANGS = 300
"""Seconds after which what was waited for won't happen: nothing that works takes a tenth of it."""


def until(happens, what="it"):
    """Wait until `happens()` is true, and return what it said; fail where it never is."""
    end = time.monotonic() + HANGS
    while not (answer := happens()):
        assert time.monotonic() < end, f"{what} didn't happen in {HANGS} seconds"
        time.sleep(0.02)
    return answer
