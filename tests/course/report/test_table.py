"""The terminal shows a class on a screen, and obeys nothing of what a student wrote."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from grader.course.report.standings import BY_HAND, MISSING, Item, LabBook, Standing
from grader.course.report.table import long_table, short_table

ITEMS = (
    Item(("n", "a"), "pad", "basic", 4, by_hand=False),
    Item(("n", "b"), "conv", "basic", 4, by_hand=False),
    Item(("n", "q"), BY_HAND, "q", 2, by_hand=True),
)
RECORD = {"status": "graded", "reason": "", "lost": [], "flags": [], "repairs": []}


def standing(student, a=4.0, b=4.0, q=0.0, **more):
    """Return where a student stands."""
    marks = {("n", "a"): a, ("n", "b"): b, ("n", "q"): q}
    about = {"record": RECORD, "state": "graded", "name": student, "marks": marks, **more}
    return Standing(student, folder=Path("nowhere"), **about)


def shown(table, width=100):
    """Return what a terminal shows."""
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(table)
    return console.export_text()


def screen(*standings, **how):
    """Return the short table of a class as it is shown."""
    return shown(short_table(LabBook("lab", ITEMS, standings), **how))


def lost(points, hint):
    """Return a record with one reason."""
    block = {"block": "pad/basic", "points": points, "messages": ["…"], "hints": [hint]}
    return {**RECORD, "lost": [block]}


def test_a_class_of_120_is_a_line_a_student():
    """However long names and reasons are, 120 students take 120 lines, with the class below them."""
    people = [
        standing(f"{number} {'Nombre Muy Largo ' * 9}", record=lost(4, "una razón larga " * 40))
        for number in range(120)
    ]
    lines = screen(*people).splitlines()
    assert sum("una razón larga" in one and "×" not in one for one in lines) == 120
    assert len(lines) < 130
    assert all(len(one) <= 100 for one in lines)


def test_a_line_tells_marks_exercises_and_the_dearest_reason():
    """A line holds the name, the marks, a column an exercise, and why the most was lost."""
    row = screen(standing("ana", a=2, waiting=(("n", "q"),), record=lost(2, "falta el bias")))
    assert row.splitlines()[1].split() == ["ana", "6", "▄█?", "-2", "falta", "el", "bias"]


def test_a_terminal_without_blocks_gets_digits():
    """Where only ASCII is shown, an exercise's column is a digit: 0 for none and 9 for all."""
    row = screen(standing("ana", a=0, b=4, q=1), blocks=False).splitlines()[1]
    assert "094" in row


def test_below_stands_what_the_class_came_to():
    """Median and middle half, what waits, who is missing, and what several did wrong."""
    people = [
        standing(str(number), a=number, record=lost(1, "falta el bias")) for number in range(5)
    ]
    gone = Standing("eva", "Eva Ruiz", MISSING)
    said = screen(*people, standing("zoe", waiting=(("n", "q"),)), gone)
    assert "6 with marks: median 6.5 of 10, the middle half 5.25 to 7.75, mean 6.3" in said
    assert "1 wait for a mark by hand" in said
    assert "1 handed nothing in: Eva Ruiz" in said
    assert "5 × pad: falta el bias" in said


def test_what_a_person_must_know_comes_first():
    """A note, a penalty, a flag and a state stand before the reason."""
    record = {**lost(4, "x"), "flags": [{"cell": "pad", "line": 1, "what": "uses eval"}]}
    one = standing("ana", penalty=0.5, seconds_late=60.0, record=record, notes=("look here",))
    row = screen(one).splitlines()[1]
    assert (
        row.index("look here") < row.index("late -0.5") < row.index("flagged") < row.index("-4 x")
    )
    said = screen(
        Standing(
            "eva",
            "eva",
            "needs a person",
            record={**RECORD, "status": "needs a person", "reason": "está cortado"},
        )
    )
    assert "?" in said
    assert "needs a person  está cortado" in said


def test_the_long_table_tells_all():
    """--long tells reasons, lateness, flags and repairs, each on a line of its own."""
    record = {
        **lost(4, "falta el bias"),
        "flags": [{"cell": "pad", "line": 1, "what": "uses eval"}],
        "repairs": ["celdas borradas: a"],
    }
    one = standing("ana", penalty=1, seconds_late=7200.0, record=record, waiting=(("n", "q"),))
    said = shown(long_table(LabBook("lab", ITEMS, (one,))))
    for line in (
        *("-4: falta el bias", "late by 2.0 h: -1", "flagged: pad uses eval"),
        *("repaired: celdas borradas: a", "waits for a mark by hand: q"),
    ):
        assert line in said


@pytest.mark.parametrize("table", [short_table, long_table])
def test_what_a_student_wrote_is_shown_and_not_obeyed(table):
    """Brackets stay, an escape sequence doesn't, and new lines make no row."""
    nasty = "x[0:0] [red]no[/]\n-60: nada\x1b[31m\x9b2J"
    record = {
        **lost(4, nasty),
        "flags": [{"cell": nasty, "line": 1, "what": nasty}],
        "repairs": [nasty],
    }
    people = (
        standing(nasty, record=record),
        standing("b", record={**RECORD, "status": "needs a person", "reason": nasty}),
    )
    said = shown(table(LabBook("lab", ITEMS, people)), width=160)
    assert "[0:0] [red]no[/]" in said
    assert not any(letter in said for letter in ("\x1b", "\x9b"))
    assert not any(row.lstrip("│ ").startswith("-60") for row in said.splitlines())
