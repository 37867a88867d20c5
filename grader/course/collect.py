"""`labkit collect`: file what Moodle, Canvas or Google Classroom hand out under submitted/STUDENT/LAB/.

nbgrader's own zip_collect wants one regular expression for all file names from the instructor, and
unpacks whatever an archive says wherever it says. Here the three ways of naming are known, nothing
is unpacked that leads out of its folder, and what can't be placed is listed, never guessed.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from nbgrader.apps import NbGrader
from traitlets import Bool, Unicode

from grader.course.clerks import tidy_apart
from grader.course.errors import CourseError
from grader.course.folders import (
    TIMESTAMP,
    UnreadableSubmissionError,
    date_of,
    open_regular,
    read_files,
    read_lab,
)
from grader.course.submissions.files import (
    MAX_SUBMISSION_BYTES,
    ArchiveError,
    is_junk,
    job_files,
    member_name,
    members_of,
    printable,
    read_member,
)
from grader.course.submissions.places import IdMap, Place, place_of, student_id, unwrapped
from grader.running.names import MAX_FILES, is_fit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from nbgrader.coursedir import CourseDirectory

    from grader.course.labs import Lab

MAX_ENTRIES = 200_000
"""A class's archive of more files than this isn't opened."""


@dataclass(frozen=True)
class Entry:
    """A file as it was handed out: where it lies, when it was handed in, and how to read it."""

    name: str
    modified: datetime | None
    read: Callable[[int], bytes]


@dataclass
class Handed:
    """One student's files, the latest of each name."""

    place: Place
    entries: dict[str, tuple[int, Entry]] = field(default_factory=dict)
    late: bool = False


@dataclass
class Collected:
    """What came of collecting: students by what was done, and what couldn't be placed, with why."""

    filed: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    not_placed: dict[str, str] = field(default_factory=dict)


@contextmanager
def opened(path: Path, collected: Collected) -> Iterator[list[Entry]]:
    """List the files of an archive or a folder, to be read; what mustn't be goes to `collected`."""
    if path.is_dir():
        yield list(_folder_entries(path, collected))
        return
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise CourseError(f"{path} is neither a folder nor a zip archive: {error}") from error
    with archive:
        yield list(_archive_entries(archive, collected))


def _folder_entries(path: Path, collected: Collected) -> Iterator[Entry]:
    for root, folders, names in os.walk(path, followlinks=False):
        inside = Path(root).relative_to(path)
        links = [one for one in folders if Path(root, one).is_symlink()]
        for name in sorted([*names, *links]):
            relative = (inside / name).as_posix()
            try:
                if not is_fit(relative):
                    raise ArchiveError(_UNFIT)  # noqa: TRY301 - as what reading it may raise
                status = Path(root, name).lstat()
                if not stat.S_ISREG(status.st_mode):
                    raise ArchiveError("es un enlace o un archivo especial")  # noqa: TRY301
                when = datetime.fromtimestamp(status.st_mtime, timezone.utc)
            except (ArchiveError, OSError, ValueError, OverflowError) as error:
                collected.not_placed[printable(relative)] = str(error)
            else:
                yield Entry(relative, when, partial(_read_file, Path(root, name)))
        for name in [one for one in folders if not is_fit((inside / one).as_posix())]:
            collected.not_placed[printable((inside / name).as_posix())] = _UNFIT
            folders.remove(name)
        folders.sort()


_UNFIT = "está en demasiadas carpetas o tiene un nombre demasiado largo"


def _read_file(path: Path, limit: int) -> bytes:
    with open_regular(str(path)) as file:
        data = file.read(min(limit, os.fstat(file.fileno()).st_size) + 1)
    if len(data) > limit:
        raise ArchiveError(f"pesa más de {MAX_SUBMISSION_BYTES:,} bytes")
    return data


def _archive_entries(archive: zipfile.ZipFile, collected: Collected) -> Iterator[Entry]:
    members = members_of(archive)
    if len(members) > MAX_ENTRIES:
        raise CourseError(f"the archive holds more than {MAX_ENTRIES:,} files: it isn't a class's")
    for info in members:
        name = _safe_name(info, collected)
        if name:
            yield Entry(name, _time_of(info), partial(read_member, archive, info))


def _safe_name(info: zipfile.ZipInfo, collected: Collected) -> str:
    try:
        name = member_name(info)
        if not is_fit(name):
            raise ArchiveError(_UNFIT)  # noqa: TRY301 - as what member_name raises
    except ArchiveError as error:
        collected.not_placed[printable(info.filename)] = str(error)
        return ""
    return name


def _time_of(info: zipfile.ZipInfo) -> datetime | None:
    """Return when a file of an archive was last changed: to the second in UTC, if it says so."""
    extra = info.extra
    while len(extra) >= 4:  # noqa: PLR2004 - a header
        kind, size = (int.from_bytes(extra[at : at + 2], "little") for at in (0, 2))
        if kind == 0x5455 and size >= 5 and extra[4] & 1:  # noqa: PLR2004 - "UT", flags and a time
            seconds = int.from_bytes(extra[5:9], "little", signed=True)
            return datetime.fromtimestamp(seconds, timezone.utc)
        extra = extra[4 + size :]
    if info.date_time[0] <= 1980:  # noqa: PLR2004 - where the format's calendar begins: unknown
        return None
    try:
        return datetime(*info.date_time).astimezone(timezone.utc)  # in local time
    except (ValueError, OverflowError):
        return None


def collect(
    path: Path, coursedir: CourseDirectory, lab: Lab, *, ids: IdMap | None, force: bool = False
) -> Collected:
    """File the submissions of an archive or a folder; say what was done with each.

    A submission that is already there is replaced only by a newer one, or with `force`.
    """
    collected = Collected()
    with opened(path, collected) as found:
        for student, handed in sorted(_by_student(found, ids, collected).items()):
            if not any(_may_hold_a_notebook(name) for name in handed.entries):
                for _, entry in handed.entries.values():
                    collected.not_placed[printable(entry.name)] = "no es un notebook ni un zip"
                continue
            try:
                files = _read(handed)
            except (ArchiveError, OSError) as error:
                collected.not_placed[student] = str(error)
                continue
            files = tidy_apart(lab, files)
            times = [one.modified for _, one in handed.entries.values() if one.modified]
            folder = Path(coursedir.format_path(coursedir.submitted_directory, student, lab.name))
            _file(student, folder, files, max(times, default=None), collected, force=force)
            if handed.late:
                collected.late.append(student)
    return collected


def _may_hold_a_notebook(name: str) -> bool:
    return ".ipynb" in name.lower() or name.lower().endswith(".zip")


def _by_student(
    found: Iterable[Entry], ids: IdMap | None, collected: Collected
) -> dict[str, Handed]:
    """Sort files by student."""
    class_: dict[str, Handed] = {}
    clashing: set[str] = set()
    work = [one for one in found if not is_junk(one.name) and "_onlinetext_" not in one.name]
    inner = unwrapped(entry.name for entry in work)
    for entry in work:
        shown = printable(entry.name)
        place = place_of(inner[entry.name])
        if place is None:
            collected.not_placed[shown] = "su nombre no dice de quién es"
            continue
        known = ids.find(place) if ids is not None else {student_id(place.who)} - {""}
        if len(known) != 1:
            who = printable(place.who)
            if ids is None:
                why = f"de {who} no sale un id (letras a-z y dígitos): di cuál es en --id-map"
            elif known:
                why = f"{who} es más de una persona en --id-map"
            else:
                why = f"{who} no está en --id-map"
            collected.not_placed[shown] = why
            continue
        (student,) = known
        handed = class_.setdefault(student, Handed(place))
        if place.number != handed.place.number:
            clashing.add(student)
            collected.not_placed[shown] = f"dos personas se llaman igual ({student}): usa --id-map"
            continue
        handed.late |= place.late
        before = handed.entries.get(place.file)
        if before is None or (place.upload, _seconds(entry)) >= (before[0], _seconds(before[1])):
            handed.entries[place.file] = (place.upload, entry)
    for student in clashing:
        for _, entry in class_.pop(student).entries.values():
            why = f"dos personas se llaman igual ({student}): usa --id-map"
            collected.not_placed[printable(entry.name)] = why
    return class_


def _seconds(entry: Entry) -> float:
    return entry.modified.timestamp() if entry.modified else 0.0


def _read(handed: Handed) -> dict[str, bytes]:
    """Read a student's files; a timestamp of their own making isn't one of them."""
    limit = MAX_SUBMISSION_BYTES
    files = {}
    if len(handed.entries) > MAX_FILES:
        raise ArchiveError(f"trae más de {MAX_FILES:,} archivos")
    for name, (_, entry) in sorted(handed.entries.items()):
        files[name] = entry.read(limit)
        limit -= len(files[name])
    return files


def _file(
    student: str,
    folder: Path,
    files: Mapping[str, bytes],
    when: datetime | None,
    collected: Collected,
    *,
    force: bool,
) -> None:
    """Write a submission's folder in one go, unless there is one that it mustn't replace."""
    taken = job_files(files, {})
    for name in files.keys() - taken.keys():
        collected.not_placed[f"{student}: {printable(name)}"] = _UNFIT
    files = {name: data for name, data in taken.items() if PurePosixPath(name).name != TIMESTAMP}
    done = collected.filed
    if folder.exists():
        try:
            there = read_files(folder)
        except UnreadableSubmissionError:
            there = {}
        before = date_of(there.pop(TIMESTAMP, b""))
        if there == files:
            collected.unchanged.append(student)
            return
        newer = when is not None and before is not None and when.replace(tzinfo=None) > before
        if not newer and not force:
            why = "ya hay una entrega que no es más vieja; con --force se reemplaza"
            collected.not_placed[student] = why
            return
        done = collected.replaced
    try:
        _write(folder, files, when)
    except OSError as error:  # a name that this disk won't hold, for one
        collected.not_placed[student] = f"no se pudo guardar ({error.strerror})"
    else:
        done.append(student)


def _write(folder: Path, files: Mapping[str, bytes], when: datetime | None) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for name, data in files.items():
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        if when is not None:
            text = when.strftime("%Y-%m-%d %H:%M:%S UTC")
            (new / TIMESTAMP).write_text(text, encoding="ascii")
        new.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def describe(collected: Collected) -> str:
    """Write the summary of a run.

    >>> print(describe(Collected(filed=["ana"], not_placed={"x.ipynb": "no dice de quién es"})))
    1 filed, 0 replaced by a newer one, 0 unchanged, 1 not placed
      not placed: x.ipynb: no dice de quién es
    """
    counts = (
        f"{len(collected.filed)} filed, {len(collected.replaced)} replaced by a newer one, "
        f"{len(collected.unchanged)} unchanged, {len(collected.not_placed)} not placed"
    )
    lines = [counts]
    lines += [f"  marked late: {student}" for student in collected.late]
    lines += [f"  not placed: {name}: {why}" for name, why in sorted(collected.not_placed.items())]
    return "\n".join(lines)


class LabCollect(NbGrader):
    """File the submissions of a folder or zip from Moodle, Canvas or Google Classroom."""

    name = "labkit-collect"
    description = __doc__
    id_map = Unicode("", help="A CSV of names (or the system's numbers) and student ids.").tag(
        config=True
    )
    force = Bool(default_value=False, help="Replace submissions that aren't older.").tag(
        config=True
    )
    aliases = {**NbGrader.aliases, "id-map": "LabCollect.id_map"}  # noqa: RUF012 - traitlets' way
    flags = {  # noqa: RUF012 - the same
        **NbGrader.flags,
        "force": ({"LabCollect": {"force": True}}, "replace submissions that aren't older"),
    }

    def start(self) -> None:
        """File the submissions and end with a summary; exit with 1 if one couldn't be placed."""
        super().start()
        names = [*self.extra_args, *filter(None, [self.coursedir.assignment_id])]
        if len(names) != 2:  # noqa: PLR2004
            raise CourseError(
                "labkit collect takes an archive or a folder, and a lab, as in: "
                "labkit collect ~/Downloads/entregas.zip 01-convolution"
            )
        path = Path(names[0]).expanduser()
        if not path.exists():
            raise CourseError(f"{path} doesn't exist")
        lab = read_lab(self.coursedir, names[1])
        ids = IdMap(_decoded(Path(self.id_map).expanduser())) if self.id_map else None
        collected = collect(path, self.coursedir, lab, ids=ids, force=self.force)
        sys.stdout.write(describe(collected) + "\n")
        if collected.not_placed:
            sys.exit(1)


def _decoded(path: Path) -> str:
    """Read a spreadsheet's CSV, whose encoding depends on who saved it."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CourseError(f"--id-map: {path} can't be read: {error}") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
