"""The table that an instructor reads: each student's marks, and why each mark was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from grader.course.grading import GRADED

if TYPE_CHECKING:
    from collections.abc import Sequence

Record = dict[str, Any]


def reasons(record: Record) -> str:
    """Say in a line or two why a student lost marks: the named mistakes, or the first messages."""
    if record["status"] != GRADED:
        return plain(str(record["reason"]))
    lines: dict[str, float] = {}
    for lost in record["lost"]:
        why = _why([line for text in lost["messages"] for line in text.splitlines()])
        lines[why] = lines.get(why, 0) + lost["points"]
    told = sorted(lines.items(), key=lambda item: -item[1])
    return "\n".join(f"-{points:g}: {plain(_cut(why))}" for why, points in told[:2]) + (
        f"\n… y {len(told) - 2} motivos más" if len(told) > 2 else ""  # noqa: PLR2004
    )


def plain(text: str) -> str:
    """Return a text that may come from a student as a terminal can show it, and not obey it.

    >>> plain("a" + chr(27) + "[2J")
    'a�[2J'
    """
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text)


def _why(lines: Sequence[str]) -> str:
    """Pick what helps most: a cell that failed, a broken helper, a mistake's hint, what differs."""
    for start in ("La celda ", "Primero arregla ", "Pista: "):
        for line in lines:
            if line.startswith(start):
                return line.removeprefix("Pista: ").partition(" (")[0]
    return lines[0].partition(": ")[2] or lines[0]


def _cut(text: str, width: int = 110) -> str:
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def marks_table(records: Sequence[Record], total: float) -> Table:
    """Lay out the class: student, marks out of `total`, and the reasons marks were lost."""
    table = Table(show_lines=True)
    table.add_column("student", no_wrap=True)
    table.add_column(f"marks (of {total:g})", justify="right", no_wrap=True)
    table.add_column("why marks were lost")
    for record in sorted(records, key=lambda r: (-r["score"], r["student"])):
        graded = record["status"] == GRADED
        score = f"{record['score']:g}" if graded else "?"
        told = [reasons(record)]
        told += [f"flagged: {plain(f['cell'] + ' ' + f['what'])}" for f in record["flags"]]
        told += [f"repaired: {_cut(plain(line))}" for line in record["repairs"]]
        # Text, not markup: [0:0] in a message, or a student's words, must stay as they are.
        table.add_row(Text(record["student"]), score, Text("\n".join(filter(None, told))))
    return table
