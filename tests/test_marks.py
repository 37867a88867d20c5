"""Marks blocks show how they went, count once, fail the cell for nbgrader and add up in a summary."""

import linecache
from importlib import metadata

import numpy as np
import pytest

from grader import array_hash, check_hash, check_torch, marks, reset_marks, summary
from grader.session import Session, Verdict, current_session, use_session
from grader.versions import versions

EXPECTED = array_hash([1.0, 2.0])
GOOD = (np.array([1.0, 2.0]), EXPECTED)
BAD = (np.array([1.0, 3.0]), EXPECTED)


@pytest.fixture(autouse=True)
def fresh_tally():
    """Every test begins without marks and leaves none behind."""
    reset_marks()
    yield
    reset_marks()


def run(points, id_, *checks):
    """Run a marks block that makes hash checks."""
    with marks(points, id_):
        for value, expected in checks:
            check_hash(value, expected)


def test_a_passed_block_shows_its_marks(capsys):
    """A block whose checks pass shows ✓ and its points, and writes nothing to stderr."""
    run(5, "pad/basic", GOOD)
    out, err = capsys.readouterr()
    assert out == "✓ [5/5 puntos] pad/basic\n"
    assert err == ""


def test_a_failed_block_shows_why_and_fails_the_cell(capsys):
    """A block with a failed check shows ✗ and the reason, and a line on stderr fails the cell."""
    run(5, "pad/basic", GOOD, BAD)
    out, err = capsys.readouterr()
    assert out.startswith(
        "✗ [0/5 puntos] pad/basic\nla forma (2,) es correcta, pero los valores no"
    )
    assert err == "✗ [0/5 puntos] pad/basic\n"


def test_blocks_after_a_failed_one_still_run(capsys):
    """An exception in a block ends that block alone."""
    with marks(2, "pad/first"):
        raise ZeroDivisionError
    run(3, "pad/second", GOOD)
    assert "✓ [3/3 puntos] pad/second" in capsys.readouterr().out


def test_every_check_of_a_block_is_made():
    """A failed check doesn't keep the ones after it from being observed."""
    seen = []
    home = current_session()
    session = Session(1, lambda check, _: seen.append(check.kind) or Verdict(passed=False), dict)
    use_session(session)
    try:
        run(1, "pad/all", BAD, BAD, BAD)
    finally:
        use_session(home)
    assert seen == ["check_hash", "check_hash", "check_hash", "marks"]


def test_an_assertion_in_a_block_counts(capsys):
    """A plain assert that fails fails the block and shows the line that wasn't true."""
    cell = 'assert len("abc") == 2'
    linecache.cache["<cell>"] = (len(cell), None, [cell], "<cell>")
    with marks(1, "pad/assert"):
        exec(compile(cell, "<cell>", "exec"), {"__name__": "__main__"})
    assert f"no se cumple `{cell}`" in capsys.readouterr().out


def test_a_missing_name_is_explained(capsys):
    """A function that was never defined is said so, with what to do."""
    with marks(1, "pad/name"):
        check_hash(not_defined_anywhere, GOOD[1])  # noqa: F821
    assert "¿corriste la celda donde se define" in capsys.readouterr().out


def test_an_interrupt_is_not_swallowed():
    """KeyboardInterrupt and SystemExit go through a block, so that a kernel can be stopped."""
    for kind in (KeyboardInterrupt, SystemExit):
        with pytest.raises(kind), marks(1, "pad/stop"):
            raise kind


def test_in_the_sandbox_a_block_shows_nothing(capsys):
    """Where no verdict comes back, nothing is shown, nothing is counted and nothing fails."""
    home = current_session()
    use_session(Session(1, lambda _check, _observation: None, dict))
    try:
        run(5, "pad/basic", BAD)
    finally:
        use_session(home)
    assert capsys.readouterr() == ("", "")


def test_a_block_that_runs_twice_counts_once(capsys):
    """The same block run again replaces what it earned before."""
    run(5, "pad/basic", GOOD)
    run(5, "pad/basic", GOOD)
    capsys.readouterr()
    summary({"pad": 10})
    assert "pad     5 / 10" in capsys.readouterr().out
    run(5, "pad/basic", BAD)
    capsys.readouterr()
    summary({"pad": 10})
    assert "pad     0 / 10" in capsys.readouterr().out


def test_summary_has_a_line_an_exercise_and_a_total(capsys):
    """The summary shows each exercise of the plan, run or not, a bar, and the total."""
    run(5, "pad/basic", GOOD)
    run(2, "pad/none", BAD)
    capsys.readouterr()
    summary({"pad": 7, "conv_forward": 13})
    assert capsys.readouterr().out.splitlines()[:-1] == [
        "pad            5 /  7  ██████████████░░░░░░",
        "conv_forward   0 / 13  ░░░░░░░░░░░░░░░░░░░░",
        "Total          5 / 20  █████░░░░░░░░░░░░░░░",
    ]


def test_summary_refuses_a_block_of_no_exercise():
    """A block whose id begins with no exercise of the plan is an error that names it."""
    run(5, "pool/basic", GOOD)
    with pytest.raises(ValueError, match=r"'pool/basic' no es de ningún ejercicio.*pad"):
        summary({"pad": 5})


@pytest.mark.parametrize("points", [-1, "5", True, None])
def test_marks_refuses_odd_points(points):
    """Points that aren't a number of zero or more are a TypeError that shows what came."""
    with pytest.raises(TypeError, match="puntos"):
        marks(points, "pad/basic")


def test_marks_refuses_a_block_without_a_name():
    """A block needs an id, by which it counts once."""
    with pytest.raises(TypeError, match="necesita un nombre"):
        marks(5, "")


def wrong(X, pad):
    """Fail by an exception."""
    return X[pad:, "a"]


def right_shape(X, pad):
    """Return an array of the right shape and the wrong values."""
    return np.zeros((X.shape[0], X.shape[1] + 2 * pad, X.shape[2] + 2 * pad, X.shape[3]))


def test_after_a_failed_comparison_a_hash_says_nothing(capsys):
    """A block that failed check_torch tells that, and not that its hash is another one too."""
    with marks(1, "zero_pad/basic"):
        check_hash(np.ones(3), EXPECTED)
        check_torch(right_shape, "basic", name="zero_pad")
        check_hash(np.ones(4), EXPECTED)
    out = capsys.readouterr().out
    assert "tiene forma (3,)" in out
    assert "tiene forma (4,)" not in out


def test_a_second_block_that_fails_for_the_same_reason_says_so(capsys):
    """The exception of an earlier block isn't told again, and another reason is."""
    for group in ("basic", "no_padding"):
        with marks(1, f"zero_pad/{group}"):
            check_torch(wrong, group, name="zero_pad")
    first, second = capsys.readouterr().out.split("✗ [0/1 puntos] zero_pad/no_padding")
    assert "lanzó IndexError" in first
    assert second == "\nIgual que en zero_pad/basic.\n"
    with marks(1, "zero_pad/rectangular"):
        check_torch(right_shape, "rectangular", name="zero_pad")
    assert "Igual que" not in capsys.readouterr().out


def test_a_block_that_runs_again_tells_its_reason_again(capsys):
    """A block is never said to fail as itself does, nor as one that came after it."""
    for group in ("basic", "no_padding", "basic"):
        with marks(1, f"zero_pad/{group}"):
            check_torch(wrong, group, name="zero_pad")
    assert capsys.readouterr().out.count("lanzó IndexError") == 2


def test_the_summary_names_the_versions(capsys, monkeypatch):
    """Below the total stands what computed it, and that another NumPy grades, if so."""
    summary({"pad": 10})
    assert f"Con {versions()}.\n" in capsys.readouterr().out
    known = {"numpy": "9.9.9", "torch": "2.0"}
    monkeypatch.setattr(metadata, "version", known.__getitem__)
    summary({"pad": 10})
    assert "El curso se califica con NumPy 2." in capsys.readouterr().out
