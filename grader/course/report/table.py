"""The table in the terminal: a line a student, or with all their reasons, and the class below it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from grader.course.plain import LONGEST_ID, line
from grader.course.plain import student as shown
from grader.course.report.insights import common, spread
from grader.course.report.reasons import cut, reasons, told
from grader.course.report.standings import BY_HAND, MISSING, NOT_GRADED, share

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import RenderableType

    from grader.course.report.standings import LabBook, Standing

_STEPS = "·▁▂▃▄▅▆▇█"
_DIGITS = "0123456789"
_MOST_COMMON = 5
_NAME = 26
"""Letters of a name that are shown, its start and its end."""


def by_marks(standings: Iterable[Standing]) -> list[Standing]:
    """Return students in the order of a table: the most marks first, and last who has none."""

    def key(one: Standing) -> tuple[bool, float, str]:
        return one.score is None, -(one.score or 0.0), one.student

    return sorted(standings, key=key)


def short_table(book: LabBook, *, blocks: bool = True) -> RenderableType:
    """Lay out a class on a screen: a line a student, and below it what the class came to.

    `blocks` says whether the terminal shows more than ASCII.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold", expand=True)
    exercises = book.exercises()
    numbers = [_number(at, name) for at, name in enumerate(exercises, 1)]
    standings = by_marks(book.standings)
    longest = max((len(shown(one.name)) for one in standings), default=0)
    table.add_column("student", no_wrap=True, width=min(longest, _NAME))
    table.add_column(f"of {book.most:g}", justify="right", no_wrap=True, min_width=5)
    table.add_column("".join(numbers), no_wrap=True, width=len(numbers))
    table.add_column("why marks were lost", no_wrap=True, overflow="ellipsis", ratio=1)
    for one in standings:
        if one.state == MISSING:
            continue
        columns = Text()
        for items in exercises.values():
            waits = any(item.key in one.waiting for item in items)
            columns.append_text(_column(share(one, items), waits, bool(one.marks), blocks=blocks))
        name = Text(line(one.name, min(longest, _NAME)))
        table.add_row(name, _score(one), columns, _why(one))
    names = ", ".join(
        f"{number} {line(name)}" for number, name in zip(numbers, exercises, strict=True)
    )
    return Group(table, Text(""), *_below(book), Text(f"columns: {names}", style="dim"))


def _number(at: int, name: str) -> str:
    return "H" if name == BY_HAND else str(at % 10)


def _column(part: float, waits: bool, marked: bool, *, blocks: bool) -> Text:  # noqa: FBT001
    """Draw the share of an exercise's marks, as a letter."""
    if not marked or waits:
        return Text("?" if marked else " ", style="cyan")
    steps = _STEPS if blocks else _DIGITS
    style = "green" if part >= 1 else "red" if part < 0.5 else "yellow"  # noqa: PLR2004 - a half
    filled = math.floor(part * (len(steps) - 1)) if part > 0 else 0
    return Text(steps[max(int(part > 0), min(len(steps) - 1, filled))], style=style)


def _score(one: Standing) -> Text:
    return Text("?" if one.score is None else f"{one.score:g}")


def _why(one: Standing) -> Text:
    """Say in a line what is most worth knowing of a student: what a person must do comes first."""
    said = Text()
    for word, style in _words(one):
        said.append(f"{word}  ", style=style)
    if one.record is None:
        return said
    if one.score is None or one.record.get("reason"):
        said.append(told(one.record)[0])
        return said
    found = reasons(one.record)
    if found:
        points, why = found[0]
        more = f" (1 of {len(found)})" if len(found) > 1 else ""
        said.append(f"-{points:g}{more} {cut(why)}")
    return said


def _words(one: Standing) -> list[tuple[str, str]]:
    words = []
    if one.state not in ("graded", MISSING):
        words.append((one.state, "bold red"))
    words += [(line(note), "red") for note in one.notes]
    if one.penalty:
        words.append((f"late -{one.penalty:g}", "magenta"))
    elif one.seconds_late:
        words.append(("late", "magenta"))
    if one.flags():
        words.append(("flagged", "red"))
    if one.repairs():
        words.append(("repaired", "dim"))
    return words


def _below(book: LabBook) -> list[Text]:
    """Say what the class came to."""
    marks = [one.score for one in book.standings if one.score is not None]
    lines = []
    found = spread(marks)
    if found:
        lines.append(
            f"{found.count} with marks: median {found.median:g} of {book.most:g}, the middle half "
            f"{found.lower:g} to {found.upper:g}, mean {found.mean:.1f}"
        )
    waiting = sum(bool(one.waiting) for one in book.standings)
    counts = {
        "wait for a mark by hand": waiting,
        "late": sum(bool(one.seconds_late) for one in book.standings),
        "flagged": sum(bool(one.flags()) for one in book.standings),
        "repaired": sum(bool(one.repairs()) for one in book.standings),
        "needs a person": len(book.of("needs a person")),
        NOT_GRADED: len(book.of(NOT_GRADED)),
    }
    lines.append(" · ".join(f"{count} {what}" for what, count in counts.items() if count))
    missing = book.of(MISSING)
    if missing:
        names = ", ".join(shown(one.name) for one in missing[:12])
        more = f" and {len(missing) - 12} more" if len(missing) > 12 else ""  # noqa: PLR2004
        lines.append(f"{len(missing)} handed nothing in: {names}{more}")
    most = [one for one in common(book) if len(one.students) > 1][:_MOST_COMMON]
    lines += [
        cut(f"{len(one.students):>3} × {line(one.exercise)}: {one.hint or line(one.name)}")
        for one in most
    ]
    return [Text(one, no_wrap=True, overflow="ellipsis") for one in lines if one]


def long_table(book: LabBook) -> Table:
    """Lay out the class with all its reasons, flags and repairs."""
    table = Table(show_lines=True)
    table.add_column("student", overflow="fold", max_width=LONGEST_ID // 2)
    table.add_column(f"marks (of {book.most:g})", justify="right", no_wrap=True)
    table.add_column("why marks were lost")
    for one in by_marks(book.standings):
        if one.state == MISSING:
            continue
        lines = told(one.record) if one.record else []
        if one.waiting:
            names = ", ".join(line(cell) for _, cell in one.waiting)
            lines.append(f"waits for a mark by hand: {names}")
        if one.seconds_late:
            lines.append(f"late by {lateness(one.seconds_late)}: -{one.penalty:g}")
        lines += [f"flagged: {cut(line(flag))}" for flag in one.flags()]
        lines += [f"repaired: {cut(line(repair))}" for repair in one.repairs()]
        lines = [*(line(note) for note in one.notes), *filter(None, lines)]
        # Text, not markup: [0:0] in a message, or a student's words, must stay as they are.
        table.add_row(Text(shown(one.name)), _score(one), Text("\n".join(lines)))
    return table


def lateness(seconds: float) -> str:
    """Say how late something is.

    >>> lateness(90), lateness(5 * 3600), lateness(3 * 86400)
    ('2 min', '5.0 h', '3.0 days')
    """
    if seconds < 3600:  # noqa: PLR2004
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86400:.1f} days"  # noqa: PLR2004


def course_table(
    labs: Sequence[str], people: Mapping[str, str], shares: Mapping[str, Sequence[float | None]]
) -> Table:
    """Lay out a course: a line a student, their share of each lab's marks, and the mean."""
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold")
    table.add_column("student", no_wrap=True, overflow="ellipsis", max_width=28)
    for lab in labs:
        table.add_column(line(lab)[:12], justify="right", no_wrap=True)
    table.add_column("mean", justify="right")

    def mean(student: str) -> float:
        return sum(one or 0.0 for one in shares[student]) / max(1, len(labs))

    for student in sorted(shares, key=lambda one: (-mean(one), one)):
        cells = ["-" if one is None else f"{100 * one:.0f} %" for one in shares[student]]
        table.add_row(Text(shown(people[student])), *cells, f"{100 * mean(student):.0f} %")
    return table
