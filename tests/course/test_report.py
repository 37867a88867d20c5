"""The table tells why marks were lost, in the words that the student reads."""

import io

from rich.console import Console

from grader.course.report import marks_table, reasons

RECORD = {
    "student": "ana",
    "status": "graded",
    "reason": "",
    "score": 3.0,
    "flags": [],
    "repairs": [],
    "lost": [],
}


def lost(points, *lines):
    """Return a lost block with one message of several lines."""
    return {"block": "a/b", "points": points, "mistakes": [], "messages": ["\n".join(lines)]}


def table(*records):
    """Return the table as a terminal shows it."""
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(marks_table(records, 5))
    return console.export_text()


def test_a_hint_is_the_reason_and_equal_reasons_add_up():
    """Blocks lost for the same mistake are one line with all their points, the largest first."""
    record = {
        **RECORD,
        "lost": [
            lost(1, "f, caso: x", "Pista: falta sumar el bias."),
            lost(2, "f, otro: y", "Pista: falta sumar el bias."),
            lost(1, "g, caso: otra cosa"),
        ],
    }
    assert reasons(record) == "-3: falta sumar el bias.\n-1: otra cosa"


def test_a_broken_helper_comes_before_a_hint():
    """Where a helper is to be mended first, that is the reason."""
    record = {**RECORD, "lost": [lost(1, "Primero arregla `g`, que (x).", "f: y", "Pista: z")]}
    assert reasons(record) == "-1: Primero arregla `g`, que"


def test_a_person_is_told_the_reason():
    """A submission that needs a person has no marks, and its reason stands in the table."""
    shown = table({**RECORD, "status": "needs a person", "reason": "está cortado"})
    assert "?" in shown
    assert "está cortado" in shown


def test_brackets_and_control_characters_are_shown_not_obeyed():
    """`[0:0]` stays as it is written, and an escape sequence doesn't reach the terminal."""
    record = {**RECORD, "lost": [lost(1, "f: x[pad:-pad] es [0:0] [red]no[/] \x1b[2J")]}
    shown = table(record)
    assert "x[pad:-pad] es [0:0] [red]no[/]" in shown
    assert "\x1b" not in shown


def test_flags_and_repairs_stand_in_the_table():
    """What was flagged comes with its cell, and what was repaired with what it was."""
    flag = {"cell": "zero_pad", "line": 2, "what": "uses eval, which is forbidden here"}
    shown = table({**RECORD, "flags": [flag], "repairs": ["celdas borradas: a"]})
    assert "flagged: zero_pad uses eval" in shown
    assert "repaired: celdas borradas: a" in shown


def test_a_name_makes_no_rows_and_obeys_nobody():
    """New lines and escapes in names, reasons, flags and repairs make neither a row nor a colour."""
    nasty = "x\n-60: nada\x1b[31m\x9b2J"
    flag = {"cell": nasty, "line": 2, "what": nasty}
    record = {**RECORD, "student": nasty, "flags": [flag], "repairs": [nasty]}
    for shown in (
        table({**record, "lost": [lost(1, f"f: {nasty}")]}),
        table({**record, "status": "needs a person", "reason": nasty}),
    ):
        assert not any(c in shown for c in ("\x1b", "\x9b"))
        assert not any(row.lstrip("│ ").startswith("-60") for row in shown.splitlines())


def test_a_long_name_leaves_room_for_the_reasons():
    """One id of hundreds of letters takes no more than its column, and the reasons keep theirs."""
    shown = table(
        {**RECORD, "student": "x" * 500},
        {**RECORD, "lost": [lost(1, "f: una razón que cabe en una sola línea de la tabla")]},
    )
    assert "una razón que cabe en una sola línea de la tabla" in shown
    assert shown.count("x") <= 60
