"""Marks blocks show how they went, count once, fail the cell for nbgrader and add up in a summary."""

import linecache
import re
import sys
from importlib import metadata

import nbformat
import numpy as np
import pytest
from contrast import contrast, mixed
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.validator import Validator

from grader import array_hash, check_hash, check_torch, marks, reset_marks, summary
from grader.marks import GREEN, GREY, RED, TONE, render_block
from grader.session import Panel, Session, Verdict, current_session, use_session
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
    session = Session(1, lambda check, *_: seen.append(check.kind) or Verdict(passed=False), dict)
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
    """KeyboardInterrupt goes through a block, so that a kernel can be stopped."""
    with pytest.raises(KeyboardInterrupt), marks(1, "pad/stop"):
        raise KeyboardInterrupt


def test_an_exit_ends_its_block_alone(capsys):
    """A student's function that calls exit() fails its block, as any exception does."""
    with marks(1, "pad/exit"):
        raise SystemExit
    assert capsys.readouterr().out.startswith("✗ [0/1 puntos] pad/exit")


def test_in_the_sandbox_a_block_shows_nothing(capsys):
    """Where no verdict comes back, nothing is shown, nothing is counted and nothing fails."""
    home = current_session()
    use_session(Session(1, lambda *_: None, dict))
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


def test_after_a_failed_comparison_what_the_cell_raised_says_nothing(capsys):
    """Who returned one value for two reads what was expected of it, and not how a line of ours fails."""
    with marks(1, "zero_pad/basic"):
        check_torch(right_shape, "basic", name="zero_pad")
        _one, _two = [3]
    out = capsys.readouterr().out
    assert "difiere" in out
    assert "ValueError" not in out


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


# ------------------------------------------------------------------- the line first, then what unfolds

PANEL = Panel("En Z solo coincide la imagen 0.", '<svg role="img"></svg>')
CASE = ("El caso: stride = 2.", "El primero está\nen Z[0, 1].")


@pytest.fixture
def judged():
    """Make every check of a test come to the verdicts given, in order, and the block's end to none."""
    home = current_session()

    def come_to(*verdicts):
        coming = iter(verdicts)
        passed = Verdict(passed=True)
        use_session(
            Session(1, lambda check, *_: passed if check.kind == "marks" else next(coming), dict)
        )

    yield come_to
    use_session(home)


def folded(page):
    """Return what is folded in a page, and what isn't."""
    found = re.search("<details.*</details>", page, re.DOTALL)
    return (found[0], page.replace(found[0], "")) if found else ("", page)


def test_a_block_tells_its_line_and_folds_the_case():
    """The page has the message in sight, and the case and the picture folded below it."""
    text, page = render_block("conv/stride", 5, 0, ["Z difiere."], CASE, [PANEL], passed=False)
    assert text.splitlines() == [
        "✗ [0/5 puntos] conv/stride",
        "Z difiere.",
        "    El caso: stride = 2.",
        "    El primero está",
        "    en Z[0, 1].",
        "    En Z solo coincide la imagen 0.",
    ]
    inside, outside = folded(page)
    assert ">Ver el caso, y dónde</summary>" in inside
    for told in (*CASE, PANEL.text, PANEL.svg):
        assert told in inside
        assert told not in outside
    assert "Z difiere." in outside


def test_without_a_picture_only_the_case_unfolds():
    """What unfolds is called after what is in it, and where nothing is there is nothing to unfold."""
    _, page = render_block("conv/stride", 5, 0, ["Z difiere."], CASE, passed=False)
    assert ">Ver el caso</summary>" in page
    _, page = render_block("conv/stride", 5, 0, ["Z difiere."], passed=False)
    assert "<details" not in page


def test_what_a_block_says_is_text():
    """Messages, details and what a picture shows can't be markup; the picture is."""
    said = '<img src="x" onerror="steal()">'
    _, page = render_block(said, 5, 0, [said], [said], [Panel(said, "<svg></svg>")], passed=False)
    assert "<img" not in page
    assert page.count("&lt;img") == 4
    assert "<svg></svg>" in page


def test_a_failed_block_shows_what_unfolds(judged, capsys):
    """The details and the pictures of all that a block tells stand below its lines."""
    judged(
        Verdict(passed=False, message="Z difiere.", details=CASE[:1]),
        Verdict(passed=False, message="dW difiere.", panels=(PANEL,)),
    )
    run(5, "conv/stride", BAD, BAD)
    out, err = capsys.readouterr()
    assert out.splitlines()[1:] == [
        "Z difiere.",
        "dW difiere.",
        f"    {CASE[0]}",
        f"    {PANEL.text}",
    ]
    assert err == "✗ [0/5 puntos] conv/stride\n"


def test_a_block_that_fails_as_another_unfolds_nothing(judged, capsys):
    """Where a student is sent to another block, its details are there, and not here again."""
    judged(*[Verdict(passed=False, message="Z difiere.", details=CASE, reason="conv: stride")] * 2)
    run(5, "conv/basic", BAD)
    run(5, "conv/stride", BAD)
    out = capsys.readouterr().out
    assert out.count(CASE[0]) == 1
    assert out.endswith("✗ [0/5 puntos] conv/stride\nIgual que en conv/basic.\n")


PAGES = {
    "JupyterLab, light": ("#212121", "#ffffff"),
    "nbgrader": ("#333333", "#ffffff"),
    "JupyterLab, dark": ("#ffffff", "#111111"),
    "JupyterLab, dark, a cell": ("#dedede", "#212121"),
    "VS Code, dark": ("#cccccc", "#1f1f1f"),
}
"""The colours of text and background of pages that show a block."""


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("color", [GREEN, RED])
def test_what_is_green_or_red_is_read_in_light_and_dark_themes(color, page):
    """The line of a block has a contrast of 4.5 and more; where colours can't be mixed, 3.5."""
    text, background = PAGES[page]
    assert contrast(mixed(color, text, TONE), background) >= 4.5
    assert contrast(color, background) >= 3.5
    assert contrast(GREY, background) >= 3


def test_no_single_colour_would_do():
    """No grey has a contrast of 4.5 both on white and on JupyterLab's black, nor has any colour."""
    greys = (f"#{level:02x}{level:02x}{level:02x}" for level in range(256))
    assert max(min(contrast(g, "#ffffff"), contrast(g, "#111111")) for g in greys) < 4.4


def test_a_line_is_written_in_a_mix_of_its_colour():
    """The style mixes the colour with the page's own; where that isn't known the colour stays."""
    for passed, color in ((True, GREEN), (False, RED)):
        _, page = render_block("a/b", 1, 1, [], passed=passed)
        mix = f"color-mix(in srgb,{color} {TONE}%,currentColor)"
        assert f'style="color:{color};color:{mix}"' in page


def test_a_summary_has_a_frame_and_a_filled_part(monkeypatch):
    """How far a bar is filled is seen without its colour: the rest of it is empty."""
    pages = []
    monkeypatch.setattr(
        sys.modules["grader.marks"], "_show", lambda _text, page: pages.append(page)
    )
    summary({"pad": 10})
    assert f"border:1px solid {GREY}" in pages[0]
    assert f"background:{GREY}" not in pages[0]


VALIDATED = """\
from grader import check_str, marks
with marks(2, "demo/answer"):
    check_str("perro", "0x58fe718a")"""


@pytest.mark.slow
@pytest.mark.parametrize("seen", [False, True])
def test_nbgrader_validate_says_why_a_block_fails(seen, tmp_path, monkeypatch):
    """Who validates a notebook reads the reason; where Jupyter shows it already, one line is enough."""
    cell = new_code_cell(VALIDATED)
    about = {"grade": True, "grade_id": "answer", "locked": True, "points": 2, "schema_version": 3}
    cell.metadata["nbgrader"] = {**about, "solution": False, "task": False, "cell_type": "code"}
    if seen:
        monkeypatch.setenv("JPY_SESSION_NAME", "lab.ipynb")
    else:
        monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    lab = tmp_path / "lab.ipynb"
    nbformat.write(new_notebook(cells=[cell]), lab)
    validator = Validator()
    validator.ignore_checksums = True
    (failed,) = validator.validate(str(lab))["failed"]
    assert "✗ [0/2 puntos] demo/answer" in failed["raw_error"]
    assert ("no es la respuesta esperada" in failed["raw_error"]) == (not seen)
