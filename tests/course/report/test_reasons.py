"""A reason is read off what the record holds, never off the words of a message."""

import pytest

from grader.course.report.reasons import abstract, reason, reasons, told


def lost(points, message, **more):
    """Return a lost block."""
    return {"block": "f/idea", "points": points, "messages": [message], **more}


def test_equal_reasons_add_up_and_the_dearest_comes_first():
    """Blocks lost for one hint are one line with all their points."""
    found = [
        lost(1, "f, caso: x", hints=["falta sumar el bias"]),
        lost(1, "f, otro: lanzó algo"),
        lost(2, "f, otro: y", hints=["falta sumar el bias"]),
    ]
    record = {"status": "graded", "reason": "", "lost": found}
    assert reasons(record) == [(3, "falta sumar el bias"), (1, "lanzó algo")]
    assert told(record) == ["-3: falta sumar el bias", "-1: lanzó algo"]
    assert told(record, most=1)[1] == "… and 1 more"


def test_a_helper_that_is_broken_comes_before_a_hint():
    """Where a helper is to be mended first, that is the reason."""
    assert reason(lost(1, "…", broken=["g"], hints=["otra cosa"])) == "g fails first"


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("f, caso: 3 y no 4", "3 y no 4"),
        ("The cell `f` failed: TypeError: x", "The cell `f` failed: TypeError: x"),
        ("f, sin dos puntos", "f, sin dos puntos"),
        ("primera\nsegunda", "primera"),
    ],
)
def test_without_a_hint_it_is_the_first_line(message, why):
    """What a block says itself stands, in any language, less the name of its exercise and group."""
    assert reason(lost(1, message)) == why


def test_a_record_of_an_older_kit_has_reasons():
    """A record that knows neither hints nor helpers is read as far as it goes."""
    assert reasons({"status": "graded", "lost": [lost(2, "f, caso: mal")]}) == [(2, "mal")]


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("f, caso: Z[0, 1] es -3.5e-2 y no 4.", "Z[…] es … y no …."),
        (
            "f, caso: lanzó E: bad conv2d, en la línea `x = y[3]`",
            "lanzó E: bad conv2d, en la línea `…`",
        ),
        ("La celda `f` falló, línea 12", "La celda `f` falló, línea …"),
    ],
)
def test_an_abstract_reason_has_no_value_and_no_code(message, why):
    """Numbers and lines of code are left out, so that all who did the same have the same reason."""
    assert abstract(lost(1, message)) == why


def test_a_mistakes_own_words_stay():
    """The hint of a named mistake is the course's, with all that stands in it."""
    one = lost(1, "…", hints=["con pad = 0, `x[pad:-pad]` está vacío"], mistakes=["minus_pad"])
    assert abstract(one) == "con pad = 0, `x[pad:-pad]` está vacío"
