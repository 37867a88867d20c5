"""What is printed on a console that lacks letters is printed with others, and never raises."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.consoles import ALIKE, alike

ROOT = Path(__file__).parents[1]
LAB = "01-convolution"
SCRIPT = """
from grader import *
use_key("01-convolution")
def zero_pad(X, pad):
    return X
with marks(4, "zero_pad/basic"):
    check_torch(zero_pad, "basic")
print(check_str("gato", "0x58fe718a"), "\\U0001f408 ñandú, ∑")
summary({"zero_pad": 8})
print(last_failure())
find_line(zero_pad, seconds=0.1)
print("the end")
"""


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii", "utf-8"])
def test_a_script_of_checks_runs_to_its_end_on_any_console(encoding):
    """Checks, the summary, the failed case and a student's own print work whatever letters there are."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT / "release" / LAB,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    said = done.stdout.decode(encoding)
    assert done.returncode == 0, done.stderr
    assert "[0/4 puntos] zero_pad/basic" in said
    assert said.splitlines()[-1] == "the end"
    fails = "✗" if encoding == "utf-8" else "x"
    assert said.startswith(f"{fails} [0/4")
    assert done.stderr.decode(encoding).startswith(f"{fails} [0/4")
    assert ("ñandú" if encoding != "ascii" else "nandu") in said


def test_an_installation_is_looked_over_on_any_console():
    """`python -m grader` says what it finds where the console has ASCII alone."""
    done = subprocess.run(
        [sys.executable, "-m", "grader", "no-such-folder"],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    said = done.stdout.decode("ascii")
    assert done.returncode == 1
    assert "+ numpy" in said
    assert "x En " in said
    assert not done.stderr


def test_what_stands_for_a_letter_is_ascii():
    """What replaces a letter can be written on every console, and passed is not failed."""
    assert all(one.isascii() for one in ALIKE.values())
    assert alike("✓") != alike("✗")
    assert [alike(c) for c in "áÑ猫\ud800"] == ["a", "N", "?", "?"]
