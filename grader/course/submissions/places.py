"""Whose a file is: how Moodle, Canvas and Google Classroom name files, and what a name stands for."""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from grader.course.errors import CourseError

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOODLE = re.compile(
    r"(?P<who>[^/]+?)_(?P<number>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?"
)
_CANVAS = re.compile(
    r"(?P<who>[^_/ ]+)_(?P<late>LATE_)?(?P<number>\d+)_(?P<upload>\d+)_(?P<file>.+)"
)
_CLASSROOM = re.compile(r"(?P<who>.+?) - (?P<file>.+\.(?:ipynb|zip)(?:\.\w+)?)", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """Whose a file is: the name and the number that a system gives a student, and the file's name."""

    who: str
    number: str
    file: str
    late: bool = False
    upload: int = 0


def place_of(name: str) -> Place | None:
    """Read from a file's path whose it is, as Moodle, Canvas and Google Classroom name files.

    What stands after a student's name is of the student's own choosing, and says nothing.

    >>> place_of("Ana Pérez_12345_assignsubmission_file_/lab.ipynb")
    Place(who='Ana Pérez', number='12345', file='lab.ipynb', late=False, upload=0)
    >>> place_of("perezana_LATE_12345_678910_lab-1.ipynb")
    Place(who='perezana', number='12345', file='lab-1.ipynb', late=True, upload=678910)
    >>> place_of("Ana Pérez - lab.ipynb").who, place_of("Ana Pérez/mi tarea/lab.ipynb").who
    ('Ana Pérez', 'Ana Pérez')
    >>> place_of("lab.ipynb")
    """
    first, *rest = PurePosixPath(name).parts or ("",)
    file = "/".join(rest)
    match = None if rest else _CANVAS.fullmatch(first)
    if match:
        upload = int(match["upload"])
        return Place(match["who"], match["number"], match["file"], bool(match["late"]), upload)
    match = _MOODLE.fullmatch(first)
    if match and (file or match["file"]):
        return Place(match["who"], match["number"], file or match["file"])
    if rest:
        return Place(first, "", file)
    match = _CLASSROOM.fullmatch(first)
    return Place(match["who"].strip(), "", match["file"]) if match else None


def unwrapped(names: Iterable[str]) -> dict[str, str]:
    """Return names without the folders that hold them all, where they say whose they are without.

    >>> unwrapped(["Lab 1/Ana Pérez/lab.ipynb", "Lab 1/Beto Paz/lab.ipynb"])["Lab 1/Beto Paz/lab.ipynb"]
    'Beto Paz/lab.ipynb'
    >>> unwrapped(["Ana Pérez/lab.ipynb"])
    {'Ana Pérez/lab.ipynb': 'Ana Pérez/lab.ipynb'}
    """
    parts = {name: PurePosixPath(name).parts for name in names}
    while parts:
        inner = {name: one[1:] for name, one in parts.items()}
        shared = len({one[:1] for one in parts.values()}) == 1 and all(inner.values())
        if not shared or not all(place_of("/".join(one)) for one in inner.values()):
            break
        parts = inner
    named = {name: _from_the_system(one) for name, one in parts.items()}
    return {name: "/".join(one) for name, one in (named if all(named.values()) else parts).items()}


def _from_the_system(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return a path from the part on that Moodle or Canvas named; nothing if there is none.

    A student can name a file so, too, but not everybody's: it counts where all files have such a part.
    """
    for at, part in enumerate(parts):
        if _MOODLE.fullmatch(part) or (part is parts[-1] and _CANVAS.fullmatch(part)):
            return parts[at:]
    return ()


def student_id(who: str) -> str:
    """Make a student's id of a name: plain letters, so that it is a good name of a folder.

    >>> student_id("Ana María Pérez Ñandú")
    'ana-maria-perez-nandu'
    """
    return "-".join(_tokens(who))


def _tokens(who: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", who.casefold())
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return re.findall(r"[a-z0-9]+", letters)


class IdMap:
    """Which id a name, or a system's number for a student, stands for; from a CSV of two columns."""

    def __init__(self, text: str) -> None:
        self._ids: dict[str, set[str]] = {}
        lines = [line for line in text.splitlines() if line.strip()]
        delimiter = ";" if lines and lines[0].count(";") > lines[0].count(",") else ","
        for row in csv.reader(lines, delimiter=delimiter):
            if len(row) < 2 or not row[0].strip() or not row[1].strip():  # noqa: PLR2004
                raise CourseError(f"--id-map: expected two columns, name and id, in {row}")
            one = row[1].strip()
            if not re.fullmatch(r"[\w.@-]+", one) or one.startswith("."):
                raise CourseError(f"--id-map: {one!r} can't be a student's id: letters, digits, -")
            for key in _spellings(row[0]):
                self._ids.setdefault(key, set()).add(one)

    def find(self, place: Place) -> set[str]:
        """Return the ids that a file's name may stand for; one, if all is well."""
        by_number = self._ids.get(place.number, set()) if place.number else set()
        if by_number:
            return by_number
        return set().union(*(self._ids.get(key, set()) for key in _spellings(place.who)))


def _spellings(who: str) -> set[str]:
    """Return the ways to write a name: in whatever order, and run together as Canvas does.

    >>> sorted(_spellings("Ana Pérez"))
    ['ana perez', 'anaperez', 'perez ana', 'perezana']
    """
    tokens = _tokens(who)
    turned = [tokens[at:] + tokens[:at] for at in range(len(tokens))]
    return {glue.join(words) for words in turned for glue in (" ", "")}
