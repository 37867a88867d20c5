"""What a class tells its instructor: what is hard, which mistakes are made, and who needs help."""

from __future__ import annotations

import ast
import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.course.plain import plain
from grader.course.report.reasons import abstract
from grader.course.report.standings import share
from grader.course.submissions.originals import grade_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from grader.course.report.standings import Item, LabBook, Standing

HALF = 0.5
LONGEST = 20_000
"""Letters of an example that is parsed, which takes a thousand times the bytes that it is."""

MOST_LINES = 40
"""Lines of an example that are shown."""

STUB = "NotImplementedError"
"""What a function that wasn't written says: an example of nothing."""

MOST_TRIED = 5
"""Submissions that are looked into for an example."""


@dataclass(frozen=True)
class Spread:
    """How the marks of a class lie."""

    count: int
    least: float
    lower: float
    median: float
    upper: float
    most: float
    mean: float


def spread(marks: Sequence[float]) -> Spread | None:
    """Return how marks lie, or None for no marks.

    >>> spread([1, 2, 3, 10]).median
    2.5
    """
    if not marks:
        return None
    least, lower, median, upper, most = map(float, np.percentile(marks, [0, 25, 50, 75, 100]))
    return Spread(len(marks), least, lower, median, upper, most, float(np.mean(marks)))


@dataclass(frozen=True)
class Success:
    """How a class did in an exercise or a group: the mean share of its marks, and how many had all.

    `count` are those who have marks there, `waiting` those who wait for a person to give some.
    """

    name: str
    points: float
    mean: float
    full: int
    none: int
    count: int
    waiting: int


def success(name: str, items: Sequence[Item], standings: Sequence[Standing]) -> Success:
    """Say how a class did in some items of a lab; what waits for a person isn't counted."""
    keys = {item.key for item in items}
    shares = [share(one, items) for one in standings if keys.isdisjoint(one.waiting)]
    return Success(
        name,
        sum(item.points for item in items),
        float(np.mean(shares)) if shares else 0.0,
        sum(one >= 1 for one in shares),
        sum(one <= 0 for one in shares),
        len(shares),
        len(standings) - len(shares),
    )


@dataclass(frozen=True)
class Common:
    """A reason that several lost marks to: in which exercise, who, how many marks, an example.

    `name` is the mistake's, where it is known for sure; `example` is code of the student `by`.
    """

    exercise: str
    name: str
    hint: str
    students: tuple[Standing, ...]
    points: float
    example: str = ""
    by: Standing | None = None


def common(book: LabBook) -> list[Common]:
    """Return what marks were lost to, what most students did first."""
    who: dict[tuple[str, str], dict[str, Standing]] = defaultdict(dict)
    points: dict[tuple[str, str], float] = defaultdict(float)
    hints: dict[tuple[str, str], str] = {}
    for standing in book.standings:
        for lost in standing.lost():
            if lost.get("broken"):
                continue  # what is wrong with the helper is told of its own blocks
            exercise = lost["block"].partition("/")[0]
            names = lost.get("mistakes", ())
            hint = abstract(lost)
            for name in names or [""]:
                key = (exercise, name or f"\n{hint}")
                who[key][standing.student] = standing
                points[key] += lost["points"]
                if len(names) <= 1:
                    hints.setdefault(key, hint)
    found = []
    for key, standings in who.items():
        exercise, name = key
        known = "" if name.startswith("\n") else name
        example, by = _example(exercise, known, list(standings.values()))
        people = tuple(standings.values())
        found.append(Common(exercise, known, hints.get(key, ""), people, points[key], example, by))

    def order(
        one: Common,
    ) -> tuple[int, bool, float, str, str]:  # what is known for sure goes first
        return -len(one.students), not one.name, -one.points, one.exercise, one.name

    return sorted(found, key=order)


def _example(exercise: str, mistake: str, standings: list[Standing]) -> tuple[str, Standing | None]:
    """Return the shortest code of a few who made a mistake, those first who made no other."""

    def others(standing: Standing) -> int:
        made = {name for lost in standing.lost() for name in lost.get("mistakes", ())}
        return len(made - {mistake})

    tried = sorted(standings, key=others)[:MOST_TRIED]
    codes = [(code, one) for one in tried if (code := code_of(one, exercise)) and STUB not in code]
    if not codes:
        return "", None
    return min(codes, key=lambda found: found[0].count("\n"))


def code_of(standing: Standing, exercise: str) -> str:
    """Return what a student wrote for an exercise, without its docstring; empty if it isn't found."""
    paths = sorted(standing.folder.glob("*.ipynb"))
    return next((code for path in paths if (code := _cell_of(path, exercise))), "")


def _cell_of(path: Path, name: str) -> str:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        found = next((cell for cell in cells if grade_id(cell) == name), {"source": ""})
        return _shortened("".join(found["source"]))
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        return ""


def _shortened(source: str) -> str:
    lines = plain(source).splitlines()
    try:
        tree = ast.parse(source if len(source) <= LONGEST else "")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tree = ast.Module([], [])
    texts = [
        node.body[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and len(node.body) > 1
        and ast.get_docstring(node, clean=False) is not None
    ]
    gone = {n for text in texts for n in range(text.lineno - 1, text.end_lineno or 0)}
    kept = [one.rstrip() for number, one in enumerate(lines) if number not in gone]
    kept = [one for one in kept if one]
    return "\n".join([*kept[:MOST_LINES], *(["…"] if len(kept) > MOST_LINES else [])])


def needing_help(book: LabBook) -> list[Standing]:
    """Return who has less than half of what is marked so far, the fewest marks first."""
    found = []
    for standing in book.graded():
        marked = [item for item in book.items if item.key not in standing.waiting]
        had = share(standing, marked)
        if marked and had < HALF:
            found.append((had, standing.student, standing))
    return [standing for *_, standing in sorted(found, key=lambda one: one[:2])]


def falling(shares: Mapping[str, Sequence[float | None]]) -> list[str]:
    """Return who needs help in a course, from everybody's shares lab by lab; None is missing.

    That is whoever has less than half on the whole, missed two labs, or fell by a third in the last.

    >>> falling({"ana": [1, 0.9], "beto": [0.9, 0.4], "eva": [None, None, 0.9]})
    ['beto', 'eva']
    """
    return [student for student, marks in shares.items() if _falls(marks)]


def _falls(marks: Iterable[float | None]) -> bool:
    all_ = list(marks)
    had = [one for one in all_ if one is not None]
    fell = len(had) > 1 and had[-1] < float(np.mean(had[:-1])) - 1 / 3
    low = bool(all_) and sum(had) / len(all_) < HALF
    return fell or low or all_.count(None) > 1


def computed(book: LabBook) -> Spread | None:
    """Return how many seconds the class's notebooks computed, one by one."""
    times = [_cpu(one.record) for one in book.standings if one.record]
    return spread([one for one in times if one is not None])


def _cpu(record: Mapping[str, Any]) -> float | None:
    took = record.get("timings", {}).get("cpu_ms")
    return None if took is None else float(took) / 1000


def share_of(book: LabBook, one: Standing) -> float | None:
    """Return the share of the marks that a student could have so far."""
    marked = sum(item.points for item in book.items if item.key not in one.waiting)
    return None if one.score is None or not marked else one.score / marked


def shares_of(books: Sequence[LabBook]) -> dict[str, list[float | None]]:
    """Return everybody's share of each lab's marks; None where there are none."""
    found: dict[str, list[float | None]] = {}
    for place, book in enumerate(books):
        for one in book.standings:
            found.setdefault(one.student, [None] * len(books))[place] = share_of(book, one)
    return found


def mean_share(shares: Sequence[float | None]) -> float:
    """Return a student's mean over labs, where a missing one counts nothing.

    >>> mean_share([1, None])
    0.5
    """
    return sum(one or 0.0 for one in shares) / max(1, len(shares))
