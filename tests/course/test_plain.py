"""Names and messages of students are shown, whatever is in them, and obeyed by nothing."""

import json
import logging
import subprocess
import sys

import pytest
from tiny import LAB

from grader.course.plain import LONGEST_ID, PlainLogs, cell, json_line, line, plain, student

NASTY = {
    "an escape": "ana\x1b[2J\x1b]0;title\x07",
    "an escape of one letter": "ana\x9b2J",
    "a new line": "ana\nbeto: 60",
    "a carriage return": "ana\rbeto",
    "a line separator": "ana\u2028beto",
    "a turn of direction": "ana\u202egpj.exe",
    "half a character": "ana\udcff",
    "a bell, a tab and a zero": "\a\t\0",
}


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
def test_a_line_is_one_line_that_can_be_printed(text):
    """No escape, no control character and no second line is left, in no line and in no JSON."""
    for shown in (line(text), student(text), cell(text), json_line({"id": text})):
        assert shown.isprintable()
        shown.encode()


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
def test_json_says_what_it_was_told(text):
    """What is escaped for the terminal reads back as it was."""
    assert json.loads(json_line({text: [text, "año 🐈", 1.5]})) == {text: [text, "año 🐈", 1.5]}


def test_what_can_be_shown_stays():
    """Accents, other alphabets, emoji and the lines of a long message are left alone."""
    for text in ("José Ñandú", "O'Brien-Ana", "张伟", "año 🐈 [0:0] <b>"):
        assert plain(text) == line(text) == text
    assert plain("uno\ndos") == "uno\ndos"


def test_a_long_id_is_shown_by_its_ends():
    """An id of any length takes little room, and its start and its end are seen."""
    shown = student("ana" + "x" * 10_000 + "fin")
    assert len(shown) == LONGEST_ID
    assert shown.startswith("anax")
    assert shown.endswith("xfin")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1+1",
        " =1",
        "\r=1",
        "ana;=1+1",
        "\uff1d1+1",
        '=cmd|" /C"!A0',
    ],
)
def test_a_cell_is_never_a_formula(text):
    """Text that a spreadsheet would compute is marked as text, also behind another separator."""
    assert "'" in cell(text)
    assert not cell(text).lstrip().startswith(("=", "+", "-", "@"))
    assert ";=" not in cell(text)


def test_a_number_stays_a_number():
    """Marks, negative ones too, and what is missing are written as nbgrader writes them."""
    assert [cell(v) for v in (-1.5, 0.0, None, "ana@uni.edu")] == ["-1.5", "0.0", "", "ana@uni.edu"]


def test_what_is_logged_is_plain():
    """The filter of nbgrader's logs lets no escape through, and keeps a traceback's lines."""
    record = logging.LogRecord("x", logging.ERROR, "", 0, "a\x1b[2J %s\nb", ("\x9bc",), None)
    assert PlainLogs().filter(record)
    assert record.getMessage() == "a�[2J �c\nb"


def test_nbgraders_commands_log_what_is_plain(course, hand_in):
    """With the course's configuration a stock command shows a student's id, and doesn't obey it."""
    hand_in("eva\x1b[2J", b"{")
    command = [sys.executable, "-m", "nbgrader", "autograde", LAB]
    ran = subprocess.run(command, cwd=course, check=False, capture_output=True, text=True)
    assert "eva�[2J" in ran.stderr
    assert "\x1b[2J" not in ran.stderr
