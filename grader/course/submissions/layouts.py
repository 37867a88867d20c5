"""How systems name the files that they hand out: one layout for a whole archive.

A layout reads a student only from what the system wrote, from the beginning of a path on. What stands
behind it is of the student's own choosing, and says nothing. What each system writes was looked up:

    Moodle      mod/assign/classes/downloader.php: `{full name}_{number}_assignsubmission_file` and the
                files in it, `..._file_` before 4.1; without folders `..._file_{file}`. A name has no
                `_`, and the number is of this assignment alone: "Participant" where marking is blind.
                A text that was typed is in `..._onlinetext/onlinetext.html`
    Canvas      lib/content_zipper.rb: `{sortable name, run together}_LATE_{user}_{upload}_{file}`, late
                or not; `anon_{id}` where marking is anonymous; `_text.html` and `_link.html` for what is
                no file. The times of its files are when the archive was made
    Gradescope  `submission_{number}/`, and whose each is in `submission_metadata.yml` beside them
    Blackboard  `{assignment}_{user}_attempt_{date}_{file}`, and beside it a `.txt` of the attempt
    Brightspace `{number}-{folder} - {name} - {date}/{file}`, or ` - {file}`, again for each time that
                something was handed in; some courses have the id before the name
    Teams       `Submitted files/{name}/{assignment}/Version {n}/{file}`, in SharePoint's Student Work
    GitHub      `gh classroom clone student-repos`: `{assignment}-submissions/{assignment}-{user}/`; a
                clone's times are its own
    nbgrader    the exchange's inbound: `{user}+{lab}+{date}+{random}/{file}`
    Classroom   a folder in Drive, with `{name} - {file}` where Classroom made each a copy. A file that a
                student uploads keeps its own name, and nobody can tell one from the other
    folders     a folder a student, as a person lays them out, and nbgrader's `submitted/`
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from grader.course.submissions.whose import Clue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MAX_CARD_BYTES = 32 * 2**20
"""A file of a system's own about an archive is read as far as this."""


@dataclass(frozen=True)
class Place:
    """What a path says of a file: whose it is, how it is called there, and when it was handed in.

    `number` tells people of one name apart. Files of one `attempt` were handed in together. `told` is
    why a file is nobody's notebook, though it is somebody's.
    """

    clue: Clue
    file: str
    number: str = ""
    attempt: str = ""
    upload: int = 0
    when: datetime | None = None
    late: bool = False
    title: str = ""
    told: str = ""


@dataclass(frozen=True)
class Layout:
    """A system's way to name files: a pattern for paths, with an example.

    `lms` says that its number is the person's own, as in the roster, and `namesakes` that it at least
    tells two people apart. `dated` says that the times of the files are when they were handed in,
    `users` that a person is called by a user name, and `general` that nothing in such a path shows
    which system wrote it.
    """

    name: str
    example: str
    pattern: re.Pattern[str]
    lms: bool = False
    namesakes: bool = False
    dated: bool = True
    users: bool = False
    general: bool = False

    def read(self, path: str) -> Place | None:
        """Return what a path says; None if this system didn't write it."""
        match = self.pattern.fullmatch(path)
        if not match:
            return None
        found = {name: value or "" for name, value in match.groupdict().items()}
        who, number = found.get("who", ""), found.get("number", "")
        if self.general and _MARKS.search(who):
            return None
        if anonymous := found.get("anon"):
            who = number = anonymous
        when = found.get("when", "")
        upload = int(found.get("upload") or 0)
        return Place(
            clue=Clue(who.strip(), number if self.lms else ""),
            file=found.get("file", ""),
            number=number if self.namesakes else "",
            attempt=when or found.get("version", ""),
            upload=upload or int(found.get("version") or 0),
            when=_date(when) if when else None,
            late=bool(found.get("late")),
            title=found.get("title", ""),
            told=_TOLD.get(found.get("told", ""), ""),
        )


_TOLD = {
    "onlinetext": "es texto en línea, no un archivo: no se califica",
    "text": "es texto en línea, no un archivo: no se califica",
    "link": "es un enlace, no un archivo: no se califica",
    ".txt": "",
    "Working files": "es un borrador que no se entregó",
}
_MARKS = re.compile(r"_assignsubmission_|_attempt_\d{4}-|^\d+-\d+(?: - |$)|\+\d{4}-\d\d-\d\d ")
_MONTH_FIRST = r"[^\W\d]+\.? \d{1,2},? \d{4}"
_DAY_FIRST = r"\d{1,2} (?:de )?[^\W\d]+\.? (?:de )?\d{4}"
_CLOCK = r"\d{1,2}[:.]?\d{2}(?: ?[AaPp]\.? ?[Mm]\.?)?"


def _layout(name: str, example: str, pattern: str, **about: bool) -> Layout:
    return Layout(name, example, re.compile(pattern, re.DOTALL), **about)


LAYOUTS = (
    _layout(
        "Moodle",
        "Ana Pérez_12345_assignsubmission_file/lab.ipynb",
        r"(?P<who>[^/_]+)(?:_(?P<number>\d+))?_assignsubmission_"
        r"(?:file(?:_?/|_)(?P<file>.+)|(?P<told>[a-z]+)(?:_?/|_).+)",
        namesakes=True,
    ),
    _layout(
        "Canvas",
        "perezana_LATE_12345_678910_lab.ipynb",
        r"(?:(?P<who>[\w-]+?)_(?P<late>(?i:late_))?(?P<number>\d+)"
        r"|(?i:late_)?(?P<anon>anon_[A-Za-z0-9]+))"
        r"_(?:(?P<upload>\d+)_(?P<file>[^/]+)|(?P<told>text|link)\.html)",
        lms=True,
        namesakes=True,
        dated=False,
    ),
    _layout(
        "Gradescope",
        "submission_12345/lab.ipynb",
        r"(?P<who>submission_\d+)/(?P<file>.+)",
        dated=False,
    ),
    _layout(
        "Blackboard",
        "Lab 1_aperez_attempt_2026-03-04-12-00-00_lab.ipynb",
        r"(?P<title>[^/]+?)_(?P<who>[^_/]+)_attempt_(?P<when>\d{4}(?:-\d\d){5})"
        r"(?:_(?P<file>[^/]+)|(?P<told>\.txt))",
        users=True,
    ),
    _layout(
        "Brightspace",
        "12345-678 - Ana Pérez - Mar 4, 2026 1200 PM/lab.ipynb",
        r"\d+-\d+ - (?P<who>[^/]+?) - "
        rf"(?P<when>(?:{_MONTH_FIRST}|{_DAY_FIRST}),? {_CLOCK})(?:/| - )(?P<file>.+)",
    ),
    _layout(
        "Teams",
        "Submitted files/Ana Pérez/Lab 1/Version 2/lab.ipynb",
        r"(?:(?:Submitted files|Archivos enviados)|(?P<told>Working files))/(?P<who>[^/]+)/"
        r"(?P<title>[^/]+)/(?:Versi[oó]n (?P<version>\d+)/)?(?P<file>.+)",
    ),
    _layout(
        "GitHub Classroom",
        "lab-1-submissions/lab-1-anaperez/lab.ipynb",
        r"(?P<title>[^/]+)-submissions/(?P=title)-(?P<who>[A-Za-z0-9][A-Za-z0-9-]*)/(?P<file>.+)",
        dated=False,
        users=True,
    ),
    _layout(
        "nbgrader's exchange",
        "ana+01-convolution+2026-03-04 12:00:00.000000 UTC+x7/lab.ipynb",
        r"(?P<who>[^/+]+)\+(?P<title>[^/+]+)\+"
        r"(?P<when>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [A-Z][\w-]*)(?:\+[^/]*)?/(?P<file>.+)",
        users=True,
    ),
    _layout(
        "Google Classroom",
        "Ana Pérez - lab.ipynb",
        r"(?P<who>[^/]+?) - (?P<file>[^/]+\.(?i:ipynb|zip)(?:\.\w+)?)",
        general=True,
    ),
    _layout("folders", "Ana Pérez/lab.ipynb", r"(?P<who>[^/]+)/(?P<file>.+)", general=True),
)


@dataclass(frozen=True)
class Reading:
    """A layout, decided for an archive, and the folder in which it begins, or that holds it all.

    `unsure` names the folders of which nobody can say which one is the student's.
    """

    layout: Layout
    folder: str = ""
    root: str = ""
    unsure: tuple[str, ...] = ()

    def read(self, path: str) -> Place | None:
        """Return what a path of the archive says; None if it says nothing, or lies elsewhere."""
        if self.folder and not path.startswith(f"{self.folder}/"):
            return None
        inner = path[len(self.folder) + 1 :] if self.folder else path
        return self.layout.read(f"{self.root}/{inner}" if self.root else inner)


def decide(
    notebooks: Sequence[str], known: Callable[[Clue], bool] | None = None, root: str = ""
) -> Reading | None:
    """Decide by which layout an archive is named: that which places the most of its notebooks.

    A system that shows in its names is believed as soon as it places more than half. `known` tells
    whether somebody is in the course: what lies in a person's folder is that person's, whatever it is
    called. Without that nobody can tell whose is what lies alone in folders, one in another. `root` is
    the name of the folder that was given.

    >>> reading = decide(["Lab 1/Ana Paz/lab.ipynb", "Lab 1/Beto Gil/lab.ipynb"])
    >>> reading.layout.name, reading.folder
    ('folders', 'Lab 1')
    >>> decide(["perezana_1_2_lab.ipynb", "lab.ipynb"]).layout.name
    'Canvas'
    """
    shared = _shared([PurePosixPath(name).parts[:-1] for name in notebooks])
    if known is not None:
        at = next((at for at, part in enumerate(shared) if known(Clue(part))), len(shared))
        shared = shared[:at]
    readings = {
        layout: [Reading(layout, "/".join(shared[:depth])) for depth in range(len(shared) + 1)]
        for layout in LAYOUTS
    }
    tried = [
        (_placed(one, notebooks), one)
        for layout, several in readings.items()
        if not layout.general
        for one in (*several, *([Reading(layout, root=root)] if root else []))
    ]
    most, best = max(tried, key=lambda one: one[0])  # the first of those
    if 2 * most <= len(notebooks):
        for layout, several in readings.items():
            if layout.general:
                inner = max(reversed(several), key=lambda one: _placed(one, notebooks))
                # A folder that holds everything is somebody's only where nothing says more.
                alone = layout.name == "folders" and len(_people(inner, notebooks)) == 1
                tried.append((1 if alone else _placed(inner, notebooks), inner))
        most, best = max(tried, key=lambda one: one[0])
    people = _people(best, notebooks)
    if best.folder and len(people) == 1 and known is None and not _OURS.search(best.folder):
        best = replace(best, unsure=(*PurePosixPath(best.folder).parts, *people))
    return best if most else None


_OURS = re.compile(r"(?:^|/)(?:Student Work|inbound|assignment_\d+_export|[^/]*submi[^/]*)$")


def _people(reading: Reading, names: Sequence[str]) -> list[str]:
    places = (reading.read(name) for name in names)
    return list(dict.fromkeys(place.clue.name for place in places if place))


def _placed(reading: Reading, names: Sequence[str]) -> int:
    return sum(reading.read(name) is not None for name in names)


def _shared(folders: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the folders, from the outermost on, in which everything lies."""
    if not folders:
        return ()
    least, most = min(folders), max(folders)
    same = 0
    while same < min(len(least), len(most)) and least[same] == most[same]:
        same += 1
    return least[:same]


# ------------------------------------------------------------------ what systems write beside the files


def gradescope_people(text: str) -> dict[str, tuple[list[Clue], datetime | None]]:
    r"""Return who handed in each submission of a Gradescope export, and when: from its metadata.

    It is read line by line and not as YAML: it holds all that every test said, too.

    >>> people, when = gradescope_people('''submission_7:
    ...   :submitters:
    ...   - :name: Ana Pérez
    ...     :sid: '2024-1'
    ...     :email: ana@uni.edu
    ...   :created_at: 2026-03-04 12:00:00.000000000 Z
    ... ''')["submission_7"]
    >>> people, when.isoformat()
    ([Clue(name='Ana Pérez', lms='', keys=('2024-1', 'ana@uni.edu'))], '2026-03-04T12:00:00+00:00')
    """
    found: dict[str, tuple[list[Clue], datetime | None]] = {}
    current, section = "", ""
    for line in text.splitlines():
        if top := re.fullmatch(r"(submission_\d+):\s*", line):
            current, section = top[1], ""
            found[current] = ([], None)
        elif not current:
            continue
        elif inner := re.fullmatch(r"  (:[a-z_]+):(?: (.*))?", line):
            section = inner[1]
            if section == ":created_at":
                found[current] = (found[current][0], _date(_scalar(inner[2] or "")))
        elif section == ":submitters":
            people = found[current][0]
            if name := re.fullmatch(r"  - :name: (.*)", line):
                people.append(Clue(_scalar(name[1])))
            elif people and (key := re.fullmatch(r"    :(?:sid|email): (.+)", line)):
                people[-1] = replace(people[-1], keys=(*people[-1].keys, _scalar(key[1])))
    return found


def _scalar(text: str) -> str:
    text = text.strip()
    if text[:1] in "'\"" and text[:1] == text[-1:] and len(text) > 1:
        inner = text[1:-1].replace("''", "'")
        return re.sub(
            r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4}))",
            lambda m: chr(int(m[1] or m[2], 16)),
            inner,
        )
    return "" if text in ("''", "null", "~") else text


def blackboard_person(text: str) -> Clue | None:
    r"""Return who handed in an attempt, from the text that Blackboard writes of it.

    >>> blackboard_person("Name: Ana Pérez (aperez)\nAssignment: Lab 1\n")
    Clue(name='Ana Pérez', lms='', keys=('aperez',))
    """
    text = text[:1000]
    match = re.match(r"\s*(?:Name|Nombre): (.+) \(([^()\n]+)\)\s*$", text, re.MULTILINE)
    return Clue(match[1].strip(), keys=(match[2],)) if match else None


# ------------------------------------------------------------------------------------------------ dates

_MONTHS: Mapping[str, int] = {
    month: at
    for names in (
        "jan feb mar apr may jun jul aug sep oct nov dec",
        "ene feb mar abr may jun jul ago sep oct nov dic",
    )
    for at, month in enumerate(names.split(), 1)
}


def _date(text: str) -> datetime | None:
    """Return a time that a name says, in UTC; one without a zone is this machine's.

    >>> _date("2026-03-04 12:00:00.5 UTC").isoformat()
    '2026-03-04T12:00:00.500000+00:00'
    >>> [_date(one).astimezone().strftime("%m-%d %H:%M") for one in ("Oct 10, 2025 234 PM",
    ...     "05 de marzo de 2026 6:12 p. m.", "2026-03-04-12-30-00")]
    ['10-10 14:34', '03-05 18:12', '03-04 12:30']
    """
    numbers = [int(one) for one in re.findall(r"\d+", text)]
    try:
        if re.match(r"\d{4}-", text):
            when = datetime(*numbers[:6])  # type: ignore[arg-type]  # noqa: DTZ001 - zoned below
            if fraction := re.search(r"\.(\d{1,6})", text):
                when = when.replace(microsecond=int(fraction[1].ljust(6, "0")))
            in_utc = re.search(r" (?:UTC|GMT|Z)$", text)
            return when.replace(tzinfo=timezone.utc) if in_utc else _here(when)
        named = re.search(r"[^\W\d]{3,}", text)
        month = _MONTHS[named[0][:3].casefold()] if named else 0
        day, year, *clock = numbers
        minutes = clock[0] * 100 + clock[1] if len(clock) > 1 else clock[0]
        hour, minute = divmod(minutes, 100)
        if half := re.search(r"\d ?([AaPp])\.? ?[Mm]", text):
            hour = hour % 12 + 12 * (half[1] in "Pp")
        return _here(datetime(year, month, day, hour, minute))  # noqa: DTZ001 - zoned by _here
    except (ValueError, KeyError, IndexError, OverflowError, TypeError):
        return None


def _here(when: datetime) -> datetime:
    return when.astimezone(timezone.utc)
