"""Whose each file of an archive is: sorted by student, by attempt, and by what a person must decide."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from grader.course.folders import is_name
from grader.course.submissions.files import ArchiveError, printable
from grader.course.submissions.layouts import (
    MAX_CARD_BYTES,
    blackboard_person,
    gradescope_people,
)
from grader.course.submissions.whose import Clue, People, Person, is_id, student_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from grader.course.archives import Entry
    from grader.course.submissions.layouts import Layout, Place, Reading


@dataclass(frozen=True)
class Options:
    """What a run knows and does: who is in the course, and what the other labs call their cells.

    `ids` is what --id-map says, and goes before the roster. `due` is when the lab is due.
    """

    people: People = field(default_factory=People)
    ids: People = field(default_factory=People)
    others: Mapping[str, frozenset[str]] = field(default_factory=dict)
    due: datetime | None = None
    force: bool = False
    dry_run: bool = False

    def known(self, clue: Clue) -> bool:
        """Tell whether exactly one person of the course is meant."""
        return len(self.ids.find(clue) or self.people.find(clue)) == 1


@dataclass(frozen=True)
class Times:
    """When a submission was handed in, and what its archive says of its files, where they say."""

    handed_in: datetime | None
    archived: datetime | None

    def newer(self, before: datetime | None, folder: Path) -> bool:
        """Tell whether it is newer than one of that time, in that folder."""
        if before is not None and self.handed_in is not None:
            return self.handed_in.replace(tzinfo=None) > before
        if before is None and self.handed_in is None and self.archived is not None:
            return self.archived.timestamp() > folder.stat().st_mtime
        return False


class Handed:
    """What one student handed in: files, by the attempt that they belong to."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._attempts: dict[str, list[tuple[Place, Entry]]] = {}
        self.people: set[str] = set()
        self.names: set[str] = set()
        self.entries: dict[str, tuple[int, Entry]] = {}
        self._when: datetime | None = None
        self.late = False

    def add(self, entry: Entry, place: Place) -> None:
        """Add a file."""
        self._attempts.setdefault(place.attempt, []).append((place, entry))
        self.people.add(place.number or place.clue.name)
        self.names.add(place.clue.name)

    def all_entries(self) -> list[Entry]:
        """Return all files, of all attempts."""
        return [entry for files in self._attempts.values() for _, entry in files]

    def keep_latest(self) -> list[Entry]:
        """Take the last attempt, of its files the latest of each name; return the other files."""
        latest = max(self._attempts.values(), key=_order)
        for place, entry in latest:
            rank = (place.upload, _seconds(entry.modified))
            before = self.entries.get(place.file)
            if before is None or rank >= (before[0], _seconds(before[1].modified)):
                self.entries[place.file] = (place.upload, entry)
            self.late |= place.late
            self._when = self._when or place.when
        taken = {id(entry) for _, entry in self.entries.values()}
        return [entry for entry in self.all_entries() if id(entry) not in taken]

    def times(self, due: datetime | None) -> Times:
        """Return its times; late without a time is a second after it was due."""
        modified = [entry.modified for _, entry in self.entries.values() if entry.modified]
        archived = max(modified, default=None)
        when = self._when or (archived if self._layout.dated else None)
        if when is None and self.late and due is not None:
            when = due + timedelta(seconds=1)
        return Times(when, None if self._layout.dated else archived)


def _order(files: list[tuple[Place, Entry]]) -> tuple[float, int]:
    return (
        max(_seconds(place.when or entry.modified) for place, entry in files),
        max(place.upload for place, _ in files),
    )


def _seconds(when: datetime | None) -> float:
    return when.timestamp() if when else 0.0


@dataclass
class Collected:
    """What came of collecting, by student or by file, and what a person must decide, with why."""

    layout: str = ""
    filed: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    files: dict[str, list[str]] = field(default_factory=dict)
    earlier: dict[str, list[str]] = field(default_factory=dict)
    late: list[str] = field(default_factory=list)
    made_up: dict[str, str] = field(default_factory=dict)
    missing: list[Person] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    not_placed: dict[str, str] = field(default_factory=dict)
    dry_run: bool = False


def may_hold_a_notebook(name: str) -> bool:
    """Tell whether a file's name is a notebook's, or an archive's."""
    return ".ipynb" in name.lower() or name.lower().endswith(".zip")


class _NotPlacedError(Exception):
    """A file can't be filed, and a person must decide. The message says why, in Spanish."""


class _LeftOutError(Exception):
    """A file isn't filed, and needn't be. The message says why, in Spanish."""


class Class:
    """Sorts files by student, as one layout reads them."""

    def __init__(self, reading: Reading, lab: str, options: Options, collected: Collected) -> None:
        self._reading = reading
        self._lab = lab
        self._options = options
        self._collected = collected
        self._students: dict[str, Handed] = {}
        self._cards: dict[str, tuple[list[Clue], datetime | None]] = {}

    def add_all(self, entries: Sequence[Entry]) -> None:
        """Sort files, those first that a system wrote about the others."""
        places = [(entry, self._reading.read(entry.name)) for entry in entries]
        for entry, place in places:
            self._read_card(entry, place)
        for entry, place in places:
            self._add(entry, place)

    def _read_card(self, entry: Entry, place: Place | None) -> None:
        """Read what a system wrote of whose files are, if this is it."""
        name = self._reading.layout.name
        inner = entry.name.removeprefix(f"{self._reading.folder}/")
        try:
            if name == "Gradescope" and inner == "submission_metadata.yml":
                self._cards |= gradescope_people(
                    entry.read(MAX_CARD_BYTES).decode("utf-8", "replace")
                )
            elif name == "Blackboard" and place and not place.file:
                person = blackboard_person(entry.read(MAX_CARD_BYTES).decode("utf-8", "replace"))
                if person:
                    self._cards[f"{place.title}_{place.clue.name}"] = ([person], None)
        except (ArchiveError, OSError) as error:
            self._collected.not_placed[printable(entry.name)] = str(error)

    def _add(self, entry: Entry, place: Place | None) -> None:
        shown = printable(entry.name)
        try:
            for one in self._places(entry, place):
                handed = self._students.setdefault(self._student(one), Handed(self._reading.layout))
                handed.add(entry, one)
        except _LeftOutError as why:
            self._collected.left_out[shown] = str(why)
        except _NotPlacedError as why:
            self._collected.not_placed[shown] = str(why)

    def _places(self, entry: Entry, place: Place | None) -> list[Place]:
        """Return a file's place for each whose it is."""
        layout = self._reading.layout.name
        if place is None:
            if may_hold_a_notebook(entry.name):
                raise _NotPlacedError(f"su nombre no es de {layout}, como los demás")
            raise _LeftOutError("no es de nadie")
        if place.told:
            raise _LeftOutError(f"de «{printable(place.clue.name)}»: {place.told}")
        if layout == "nbgrader's exchange" and place.title != self._lab:
            raise _LeftOutError(f"es de {printable(place.title)}")
        if not place.file:
            return []
        card = self._cards.get(place.clue.name) or self._cards.get(
            f"{place.title}_{place.clue.name}"
        )
        if layout == "Gradescope" and not (card and card[0]):
            raise _NotPlacedError("submission_metadata.yml no dice de quién es")
        if card is None:
            return [place]
        clues, when = card
        attempt = place.attempt or place.clue.name
        return [replace(place, clue=one, when=when or place.when, attempt=attempt) for one in clues]

    def _student(self, place: Place) -> str:
        """Return the id of whom a place means."""
        clue, options = place.clue, self._options
        who = f"«{printable(clue.name)}»"
        mapped = options.ids.find(replace(clue, lms=place.number)) if options.ids else set()
        found = mapped or (options.people.find(clue) if options.people else set())
        if len(found) > 1:
            raise _NotPlacedError(f"{who} puede ser más de una persona: {', '.join(sorted(found))}")
        if not found:
            return self._made_up(place, who)
        (student,) = found
        if options.people and student not in options.people.ids:
            raise _NotPlacedError(
                f"{who} es {student} en --id-map, y no está en la lista del curso"
            )
        if not is_name(student) or "/" in student:
            raise _NotPlacedError(f"{printable(student)} no puede ser el nombre de una carpeta")
        return student

    def _made_up(self, place: Place, who: str) -> str:
        """Return the id that is made of a name, where no list says who there is."""
        clue = place.clue
        if place.number.startswith("anon_"):
            raise _NotPlacedError(
                f"Canvas lo entregó sin nombre ({printable(place.number)}): di de quién es en --id-map"
            )
        if self._options.people:
            raise _NotPlacedError(f"{who} no está en la lista del curso (labkit roster)")
        if self._options.ids:
            raise _NotPlacedError(f"{who} no está en --id-map")
        keys = (*clue.keys, *([clue.name] if self._reading.layout.users else []))
        if student := next((key for key in keys if is_id(key)), ""):
            return student
        if not (student := student_id(clue.name)):
            raise _NotPlacedError(
                f"de {who} no sale un id (letras a-z y dígitos): di cuál es en --id-map"
            )
        self._collected.made_up[student] = clue.name
        return student

    def settled(self) -> dict[str, Handed]:
        """Return what each student handed in last; what can't be one person's is said."""
        settled = {}
        for student, handed in self._students.items():
            if len(handed.people) > 1:
                names = " y ".join(f"«{printable(name)}»" for name in sorted(handed.names))
                why = f"{names} dan con la misma persona ({student}): di quién es quién en --id-map"
                if len(handed.names) == 1:
                    why = f"dos personas se llaman igual ({student}): usa --id-map"
                for entry in handed.all_entries():
                    self._collected.not_placed[printable(entry.name)] = why
                self._collected.made_up.pop(student, None)
                continue
            for entry in handed.keep_latest():
                self._collected.earlier.setdefault(student, []).append(printable(entry.name))
            settled[student] = handed
        return settled
