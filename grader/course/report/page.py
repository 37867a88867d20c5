"""A report as one page that needs no network, and on which nothing of a student's acts.

Whatever comes from a student is text, escaped by the template; the page's own script is named by its
hash in the page's policy, so that a browser runs no other.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import asdict
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from grader.course.grading import NEEDS_A_PERSON
from grader.course.plain import line
from grader.course.plain import student as shown
from grader.course.report import figures
from grader.course.report.insights import (
    common,
    computed,
    falling,
    mean_share,
    needing_help,
    share_of,
    shares_of,
    spread,
    success,
)
from grader.course.report.reasons import abstract, cut, reasons, told
from grader.course.report.standings import MISSING, NOT_GRADED, share
from grader.course.report.table import by_marks, lateness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from grader.course.report.standings import LabBook, Standing

    Person = dict[str, Any]

LONGEST = 300
"""Letters of a hint or a note on the page."""


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("grader.course.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _page(template: str, title: str, subtitle: str, **about: Any) -> str:
    folder = Path(__file__).with_name("templates")
    style, script = (
        (folder / name).read_text(encoding="utf-8") for name in ("page.css", "page.js")
    )
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    # Ours, and so not escaped: a browser reads neither as HTML.
    return (
        _environment()
        .get_template(template)
        .render(
            title=title,
            subtitle=subtitle,
            style=Markup(style),  # noqa: S704
            script=Markup(script),  # noqa: S704
            script_hash=digest,
            when=_minute(datetime.now(timezone.utc)),
            **about,
        )
    )


def _minute(when: datetime) -> str:
    return f"{when.replace(tzinfo=None).isoformat(' ', 'minutes')} UTC"


class _People:
    """How people are shown on a page: by name with a link, or, where names are hidden, by a number."""

    def __init__(self, students: Iterable[str], beside: Path) -> None:
        def order(student: str) -> str:  # one that tells nothing of names or marks
            return hashlib.sha256(student.encode("utf-8", "surrogateescape")).hexdigest()

        everybody = sorted(students, key=order)
        self._numbers = {student: number for number, student in enumerate(everybody, 1)}
        self._beside = beside.resolve().parent

    def person(self, one: Standing, **more: Any) -> Person:
        """Return how a student is shown."""
        link = _link(one.page, self._beside) if one.page else ""
        return {
            "name": shown(one.name),
            "alias": f"Student {self._numbers[one.student]}",
            "link": link,
            **more,
        }


def _link(path: Path, beside: Path) -> str:
    """Return a file's address as seen from a folder."""
    relative = os.path.relpath(path.resolve(), beside)
    return quote(Path(relative).as_posix().encode("utf-8", "surrogateescape"))


def lab_page(book: LabBook, path: Path) -> str:
    """Return the page of a lab, to be written to `path`, from which its links lead."""
    people = _People((one.student for one in book.standings), path)
    graded = book.graded()
    marks = [one.score or 0.0 for one in graded]
    found = spread(marks)
    exercises = [
        (
            success(name, items, graded),
            [success(item.label, [item], graded) for item in items],
        )
        for name, items in book.exercises().items()
    ]
    made = common(book)
    shared = [one for one in made if len(one.students) > 1] or made
    drawn = [whole for whole, _ in exercises if whole.count and not whole.waiting]
    due = f" · due {_minute(book.due)}" if book.due else ""
    return _page(
        "lab.html.j2",
        book.lab,
        f"{len(book.standings)} students{due}",
        tiles=_tiles(book, found),
        spread=found,
        distribution=_drawn(figures.distribution, marks, book.most, found) if found else "",
        exercises_figure=_drawn(figures.exercises, drawn) if drawn else "",
        exercises=exercises,
        mistakes=[
            {
                "count": len(one.students),
                "hint": cut(line(one.hint), LONGEST),
                "name": line(one.name),
                "exercise": line(one.exercise),
                "points": one.points,
                "people": [people.person(student) for student in one.students],
                "example": one.example,
                "by": people.person(one.by) if one.by else None,
            }
            for one in shared
        ],
        rest=len(made) - len(shared),
        lists=_lists(book, people),
        columns=[whole.name for whole, _ in exercises],
        students=[_row(book, one, people) for one in by_marks(book.standings)],
    )


def _drawn(draw: Callable[..., str], *about: Any) -> Markup:
    return Markup(draw(*about))  # noqa: S704 - ours: matplotlib escapes what stands in it


def _tiles(book: LabBook, found: Any) -> list[dict[str, Any]]:
    graded = len(book.graded())
    took = computed(book)
    tiles = [("", f"{found.median:g} / {book.most:g}", "median")] if found else []
    tiles.append(("", f"{graded} / {len(book.standings)}", "have marks"))
    counts = (
        ("alert", len(book.of(NEEDS_A_PERSON)), "need a person"),
        ("alert", len(book.of(NOT_GRADED)), "aren't graded"),
        ("", sum(bool(one.waiting) for one in book.standings), "to grade by hand"),
        ("", len(needing_help(book)), "need help"),
        ("alert", sum(bool(one.flags()) for one in book.standings), "flagged"),
        ("", sum(bool(one.repairs()) for one in book.standings), "repaired"),
        ("", sum(bool(one.seconds_late) for one in book.standings), "late"),
        ("", len(book.of(MISSING)), "missing"),
    )
    tiles += [(kind, str(count), what) for kind, count, what in counts if count]
    if took:
        tiles.append(("", f"{took.median:.1f} s", f"computing, median (most {took.most:.1f} s)"))
    return [{"kind": kind, "value": value, "what": what} for kind, value, what in tiles]


def _lists(book: LabBook, people: _People) -> list[dict[str, Any]]:
    """Return the lists of students that a person should look at, each with what is said of them."""
    everybody = book.standings
    by_id = {one.student: one for one in everybody}

    def listed(title: str, students: Iterable[Standing], say: Any, *, es: bool = False) -> Any:
        shown_ = [people.person(one, said=cut(line(say(one)), LONGEST)) for one in students]
        return {"title": title, "people": shown_, "es": es}

    def late(one: Standing) -> str:
        return lateness(one.seconds_late) + (f": -{one.penalty:g}" if one.penalty else "")

    return [
        listed("Need a person", book.of(NEEDS_A_PERSON), _why, es=True),
        listed("Not graded", book.of(NOT_GRADED), _notes),
        listed("Not as it should be", (s for s in everybody if s.marks and s.notes), _notes),
        listed("Flagged", (s for s in everybody if s.flags()), lambda s: "; ".join(s.flags())),
        listed(
            "Open answers to grade",
            (s for s in everybody if s.waiting),
            lambda s: ", ".join(cell for _, cell in s.waiting),
        ),
        listed(
            "Need help: less than half of what is marked",
            needing_help(book),
            lambda s: f"{s.score:g} of {book.most:g}. {_why(s)}",
            es=True,
        ),
        listed("Late", (s for s in everybody if s.seconds_late), late),
        listed(
            "Repaired",
            (s for s in everybody if s.repairs()),
            lambda s: "; ".join(s.repairs()),
            es=True,
        ),
        {
            "title": "Handed in by two",
            "people": [
                people.person(one, said="", partner=people.person(by_id[one.pair_of]))
                for one in everybody
                if one.pair_of in by_id
            ],
        },
        listed("Handed nothing in", book.of(MISSING), lambda _: ""),
    ]


def _notes(one: Standing) -> str:
    return "; ".join(one.notes)


def _why(one: Standing) -> str:
    """Say what cost a student the most, or why a person must look; no values, and no code."""
    if one.record is None:
        return ""
    if one.record["status"] == NEEDS_A_PERSON:
        return told(one.record)[0]
    found = reasons(one.record, abstract)
    return f"-{found[0][0]:g}: {found[0][1]}" if found else ""


def _row(book: LabBook, one: Standing, people: _People) -> Person:
    cells: list[dict[str, Any]] = []
    for items in book.exercises().values():
        if not one.marks:
            cells.append({"text": "", "share": None, "sort": -1})
        elif any(item.key in one.waiting for item in items):
            cells.append({"text": "?", "share": None, "sort": -1})
        else:
            had = sum(one.marks.get(item.key, 0.0) for item in items)
            part = share(one, items)
            cells.append({"text": f"{had:g}", "share": min(1.0, max(0.0, part)), "sort": part})
    words = [
        ("alert", one.state, one.state in (NEEDS_A_PERSON, NOT_GRADED)),
        ("", MISSING, one.state == MISSING),
        ("", f"late -{one.penalty:g}" if one.penalty else "late", bool(one.seconds_late)),
        ("alert", "flagged", bool(one.flags())),
        ("", "repaired", bool(one.repairs())),
        ("", "pair", bool(one.pair_of)),
        ("alert", "look", bool(one.marks and one.notes)),
    ]
    return people.person(
        one,
        score="" if one.score is None else f"{one.score:g}",
        sort=-1 if one.score is None else one.score,
        cells=cells,
        words=[{"kind": kind, "text": text} for kind, text, there in words if there],
        why=cut(_why(one), LONGEST),
    )


def course_page(books: Sequence[LabBook], path: Path) -> str:
    """Return the page of a course, to be written to `path`: its labs, and everybody's way."""
    everybody: dict[str, Standing] = {}
    for book in books:
        for one in book.standings:
            everybody.setdefault(one.student, one)
    people = _People(everybody, path)
    shares = shares_of(books)
    marks = [
        [part for one in book.graded() if (part := share_of(book, one)) is not None]
        for book in books
    ]
    helped = falling(shares)
    return _page(
        "course.html.j2",
        "The course",
        f"{len(everybody)} students, {len(books)} labs",
        tiles=[
            {"kind": "", "value": len(everybody), "what": "students"},
            {"kind": "", "value": len(helped), "what": "need help"},
            {
                "kind": "",
                "value": sum(bool(one.waiting) for book in books for one in book.standings),
                "what": "submissions to grade by hand",
            },
        ],
        progress=_drawn(figures.progress, [book.lab for book in books], marks),
        labs=[_lab(book, part, path) for book, part in zip(books, marks, strict=True)],
        help=[people.person(_unlinked(everybody[one])) for one in helped],
        students=[
            people.person(
                _unlinked(everybody[student]),
                cells=[*map(_percent, shares[student]), _percent(mean_share(shares[student]))],
            )
            for student in sorted(shares, key=lambda one: (-mean_share(shares[one]), one))
        ],
    )


def _unlinked(one: Standing) -> Standing:
    """Return a student as of no lab: which page would the link lead to?"""
    return type(one)(one.student, one.name, one.state)


def _lab(book: LabBook, marks: Sequence[float], path: Path) -> dict[str, Any]:
    graded = book.graded()
    exercises = [success(name, items, graded) for name, items in book.exercises().items()]
    counted = [one for one in exercises if one.count and not one.waiting]
    page = path.with_name(f"{book.lab}.html")
    return {
        "name": book.lab,
        "link": _link(page, path.resolve().parent) if page.is_file() else "",
        "most": book.most,
        "median": float(np.median(marks)) if marks else None,
        "handed_in": len(book.standings) - len(book.of(MISSING)),
        "missing": len(book.of(MISSING)),
        "late": sum(bool(one.seconds_late) for one in book.standings),
        "waiting": sum(bool(one.waiting) for one in book.standings),
        "hardest": asdict(min(counted, key=lambda one: one.mean)) if counted else None,
    }


def _percent(part: float | None) -> dict[str, Any]:
    if part is None:
        return {"text": "", "share": None, "sort": -1}
    return {"text": f"{100 * part:.0f} %", "share": min(1.0, max(0.0, part)), "sort": part}
