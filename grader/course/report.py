"""The table that an instructor reads: each student's marks, and why each mark was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from grader.course.grading import GRADED
from grader.course.plain import LONGEST_ID, line, student

if TYPE_CHECKING:
    from collections.abc import Sequence

Record = dict[str, Any]
WIDTH = 110
"""Letters of a reason that are shown."""


def reasons(record: Record) -> str:
    """Say in a line or two why a student lost marks: the named mistakes, or the first messages."""
    if record["status"] != GRADED:
        return _cut(line(str(record["reason"])), 3 * WIDTH)
    lines: dict[str, float] = {}
    for lost in record["lost"]:
        why = _why([one for text in lost["messages"] for one in text.splitlines()])
        lines[why] = lines.get(why, 0) + lost["points"]
    told = sorted(lines.items(), key=lambda item: -item[1])
    return "\n".join(f"-{points:g}: {_cut(line(why))}" for why, points in told[:2]) + (
        f"\n… y {len(told) - 2} motivos más" if len(told) > 2 else ""  # noqa: PLR2004
    )


def _why(lines: Sequence[str]) -> str:
    """Pick what helps most: a cell that failed, a broken helper, a mistake's hint, what differs."""
    for start in ("La celda ", "Primero arregla ", "Pista: "):
        for one in lines:
            if one.startswith(start):
                return one.removeprefix("Pista: ").partition(" (")[0]
    return lines[0].partition(": ")[2] or lines[0]


def _cut(text: str, width: int = WIDTH) -> str:
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def marks_table(records: Sequence[Record], total: float) -> Table:
    """Lay out the class: student, marks out of `total`, and the reasons marks were lost."""
    table = Table(show_lines=True)
    table.add_column("student", overflow="fold", max_width=LONGEST_ID // 2)
    table.add_column(f"marks (of {total:g})", justify="right", no_wrap=True)
    table.add_column("why marks were lost")
    for record in sorted(records, key=lambda r: (-r["score"], r["student"])):
        graded = record["status"] == GRADED
        score = f"{record['score']:g}" if graded else "?"
        told = [reasons(record)]
        told += [f"flagged: {_cut(line(f['cell'] + ' ' + f['what']))}" for f in record["flags"]]
        told += [f"repaired: {_cut(line(repair))}" for repair in record["repairs"]]
        # Text, not markup: [0:0] in a message, or a student's words, must stay as they are.
        table.add_row(Text(student(record["student"])), score, Text("\n".join(filter(None, told))))
    return table
