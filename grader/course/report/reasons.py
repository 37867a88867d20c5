"""Why marks were lost, from a submission's record: in a line each, the dearest first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from grader.course.grading import GRADED
from grader.course.plain import line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Record = Mapping[str, Any]

WIDTH = 110
"""Letters of a reason that are shown."""


def reasons(record: Record, say: Callable[[Record], str] | None = None) -> list[tuple[float, str]]:
    """Return what cost marks and how many, the dearest first; blocks lost to one reason add up.

    `say` puts a block's reason into words: `reason` if it isn't given, or `abstract`.
    """
    points: dict[str, float] = {}
    for lost in record.get("lost", ()):
        why = (say or reason)(lost)
        points[why] = points.get(why, 0) + lost["points"]
    return sorted(((cost, why) for why, cost in points.items()), key=lambda one: -one[0])


def reason(lost: Record) -> str:
    """Say why a block was lost: a hint, a helper to mend first, or what it says itself.

    >>> reason({"block": "f/a", "messages": ["f, caso: 3 y no 4. Pista: suma."], "hints": ["suma"]})
    'suma'
    """
    if lost.get("broken"):
        return f"{', '.join(lost['broken'])} fails first"
    if lost.get("hints"):
        return line(lost["hints"][0])
    message = lost["messages"][0].partition("\n")[0]
    exercise = lost["block"].partition("/")[0]
    if message.startswith(
        f"{exercise}, "
    ):  # what follows names the group, which the block does, too
        message = message.partition(": ")[2] or message
    return line(message)


_CODE = re.compile(r"`([^`]*)`")
_NUMBERS = re.compile(r"(?<![\w`.])[-+]?\d[\d.,e+\- ]*(?<![ ,.])(?!\w)")


def abstract(lost: Record) -> str:
    """Say why a block was lost without a value of its cases or a line of code.

    So the reason is the same for all whom it befell, and can be shown to anybody.

    >>> message = "f, caso: Z tiene forma (3, 2) y se esperaba (3, 1), en `Z = g(x, 3)` de `f`"
    >>> abstract({"block": "f/a", "messages": [message]})
    'Z tiene forma (…) y se esperaba (…), en `…` de `f`'
    """
    why = reason(lost)
    if lost.get("mistakes"):  # a mistake's own words are the course's
        return why
    parts = _CODE.split(why)
    parts[::2] = [_NUMBERS.sub("…", part) for part in parts[::2]]
    parts[1::2] = [f"`{part}`" if part.isidentifier() else "`…`" for part in parts[1::2]]
    return "".join(parts)


def told(record: Record, most: int = 2) -> list[str]:
    """Return lines for a table: the dearest reasons, and how many more there are.

    >>> told({"status": "needs a person", "reason": "está cortado", "lost": []})
    ['está cortado']
    """
    if record["status"] != GRADED:
        return [cut(line(str(record["reason"])), 3 * WIDTH)]
    found = reasons(record)
    lines = [f"-{points:g}: {cut(why)}" for points, why in found[:most]]
    if len(found) > most:
        lines.append(f"… and {len(found) - most} more")
    return lines


def cut(text: str, width: int = WIDTH) -> str:
    """Return a text of no more than so many letters."""
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"
