"""Whoever sends a class to other machines is told what isn't safe about it."""

import pytest

from grader.course.workers import warning_of


@pytest.mark.parametrize(
    ("address", "warned"),
    [
        ("tcp://127.0.0.1:8786", False),
        ("tcp://[::1]:8786", False),
        ("localhost:8786", False),
        ("tls://10.0.0.7:8786", False),
        ("tcp://10.0.0.7:8786", True),
        ("10.0.0.7:8786", True),
        ("ws://host:8786", True),
        ("tcp://localhost.example.org:8786", True),
    ],
)
def test_an_open_cluster_is_warned_of(address, warned):
    """Without TLS, beyond this machine, the warning says what an attacker could do."""
    said = warning_of(address)
    assert bool(said) == warned
    assert not said or ("change marks" in said and "tls://" in said)
