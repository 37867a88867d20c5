"""`labkit collect`: file what a learning system hands out under submitted/STUDENT/LAB/.

nbgrader's own zip_collect wants one regular expression for all file names from the instructor, and
unpacks whatever an archive says wherever it says. Here the systems' ways to name files are known
(`submissions/layouts.py`), and one of them is decided for a whole archive. Nothing is unpacked that
leads out of its folder, and what can't be placed, or two notebooks of one student, are listed for a
person to decide, never guessed. Who a name means is looked up in the roster (`labkit roster`).
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGrader
from traitlets import Bool, Unicode

from grader.course.archives import UNFIT, Entry, opened
from grader.course.clerks import begin, tidy_apart
from grader.course.errors import CourseError
from grader.course.folders import (
    TIMESTAMP,
    UnreadableSubmissionError,
    date_of,
    read_files,
    read_lab,
)
from grader.course.placing import Class, Collected, Handed, Options, Times, may_hold_a_notebook
from grader.course.plain import line, quoted
from grader.course.roster import decoded, people_of, table
from grader.course.submissions.doubts import cell_names
from grader.course.submissions.files import (
    MAX_SUBMISSION_BYTES,
    ArchiveError,
    is_junk,
    job_files,
    printable,
)
from grader.course.submissions.layouts import (
    decide,
)
from grader.course.submissions.whose import People, Person, is_id
from grader.running.names import MAX_FILES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbgrader.coursedir import CourseDirectory

    from grader.course.labs import Lab
    from grader.course.submissions.layouts import Reading


def collect(path: Path, coursedir: CourseDirectory, lab: Lab, options: Options) -> Collected:
    """File the submissions of an archive or a folder; say what was done with each.

    A submission that is already there is replaced only by a newer one, or with `options.force`.
    """
    collected = Collected(dry_run=options.dry_run)
    with opened(path, collected.not_placed) as found:
        work = [one for one in found if not is_junk(one.name)]
        notebooks = [one.name for one in work if may_hold_a_notebook(one.name)]
        if not notebooks:
            raise CourseError(f"{path} holds no notebook, nor a zip with one in it")
        root = path.resolve().name if path.is_dir() else ""
        reading = decide(notebooks, options.known if options.people or options.ids else None, root)
        _refuse_zips_of_nobody(path, notebooks, reading)
        if reading is None or reading.unsure:
            for name in notebooks:
                collected.not_placed[printable(name)] = _why_not_read(reading)
            return collected
        collected.layout = reading.layout.name
        class_ = Class(reading, lab.name, options, collected)
        class_.add_all(work)
        filing = _Filing(coursedir, lab, options, collected)
        for student, handed in sorted(class_.settled().items()):
            filing.take(student, handed)
        filing.file()
    if options.people:
        pattern = coursedir.format_path(coursedir.submitted_directory, "{}", lab.name)
        collected.missing = [
            one
            for one in sorted(options.people.ids.values(), key=lambda one: one.id)
            if one.id not in collected.files and not Path(pattern.replace("{}", one.id)).exists()
        ]
    return collected


def _refuse_zips_of_nobody(path: Path, names: Sequence[str], reading: Reading | None) -> None:
    """Refuse zips of which nothing says whose they are: a class's, a group's, or a student's each."""
    places = {PurePosixPath(name).parent for name in names}
    told = reading is not None and not (reading.layout.general and len(names) > 1)
    if told or len(places) > 1 or not all(name.lower().endswith(".zip") for name in names):
        return
    shown = ", ".join(printable(name) for name in names[:3])
    raise CourseError(
        f"{path} holds {len(names)} zip{'s' * (len(names) > 1)} and no notebook ({shown}), and nothing "
        f"says whose: unpack {path.name}. If what is in it is a class, as a system gave it, collect "
        "that; if each zip is a student's, put it into a folder with their name (Ana Paz/lab.zip), and "
        "collect the folder of those"
    )


def _why_not_read(reading: Reading | None) -> str:
    if reading is None:
        return "su nombre no dice de quién es"
    may_be = " o ".join(f"«{printable(one)}»" for one in reading.unsure)
    return (
        f"no se sabe si quien entrega es {may_be}: lee la lista del curso con labkit roster, o "
        "comprime solo la carpeta con su nombre"
    )


TOGETHER = 16
TOGETHER_BYTES = 32 * 2**20
"""Submissions are sorted out so many at a time, as long as they weigh no more than this."""


class _Filing:
    """Files what students handed in, unless a person must look at it first."""

    def __init__(
        self, coursedir: CourseDirectory, lab: Lab, options: Options, collected: Collected
    ) -> None:
        self._coursedir = coursedir
        self._lab = lab
        self._options = options
        self._collected = collected
        self._read: dict[str, tuple[Handed, dict[str, bytes]]] = {}
        self._bytes = 0

    def take(self, student: str, handed: Handed) -> None:
        """Read what one student handed in, to be filed."""
        entries, collected = handed.entries, self._collected
        collected.files[student] = [
            printable(entry.name)
            for name, (_, entry) in sorted(entries.items())
            if may_hold_a_notebook(name)
        ]
        if not any(may_hold_a_notebook(name) for name in entries):
            for _, entry in entries.values():
                collected.not_placed[printable(entry.name)] = "no es un notebook ni un zip"
            return
        try:
            files = _read(entries)
        except (ArchiveError, OSError) as error:
            collected.not_placed[student] = str(error)
            return
        weight = sum(map(len, files.values()))
        if len(self._read) >= TOGETHER or self._bytes + weight > TOGETHER_BYTES:
            self.file()
        self._read[student] = (handed, files)
        self._bytes += weight

    def file(self) -> None:
        """File what was read."""
        read, self._read, self._bytes = self._read, {}, 0
        if read:
            all_files = [files for _, files in read.values()]
            done = tidy_apart(self._lab, all_files, self._options.others)
            for (student, (handed, _)), (files, doubts) in zip(read.items(), done, strict=True):
                self._file(student, handed, files, doubts)

    def _file(
        self, student: str, handed: Handed, files: Mapping[str, bytes], doubts: Sequence[str]
    ) -> None:
        options, collected = self._options, self._collected
        if doubts:
            collected.not_placed[student] = "; ".join(doubts)
            return
        if handed.late:
            given = handed.times(None).handed_in is not None
            collected.late.append(student if given else f"{student} ({_late(options.due)})")
        course, lab = self._coursedir, self._lab
        folder = Path(course.format_path(course.submitted_directory, student, lab.name))
        _file(student, folder, files, handed.times(options.due), collected, force=options.force)


def _late(due: datetime | None) -> str:
    """Say what is recorded of a lateness that has no time."""
    if due is None:
        return "no time is given and the lab has no due date, so none is recorded"
    return "no time is given: a second after the due date is recorded"


def _read(entries: Mapping[str, tuple[int, Entry]]) -> dict[str, bytes]:
    """Read a student's files."""
    limit = MAX_SUBMISSION_BYTES
    files = {}
    if len(entries) > MAX_FILES:
        raise ArchiveError(f"trae más de {MAX_FILES:,} archivos")
    for name, (_, entry) in sorted(entries.items()):
        files[name] = entry.read(limit)
        limit -= len(files[name])
    return files


def _file(
    student: str,
    folder: Path,
    files: Mapping[str, bytes],
    times: Times,
    collected: Collected,
    *,
    force: bool,
) -> None:
    """Write a submission's folder in one go, unless there is one that it mustn't replace."""
    taken = job_files(files, {})
    for name in files.keys() - taken.keys():
        collected.not_placed[f"{student}: {printable(name)}"] = UNFIT
    # A timestamp of the student's own making isn't one: it would undo a late penalty.
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
        if not times.newer(before, folder) and not force:
            why = "ya hay una entrega que no es más vieja; con --force se reemplaza"
            collected.not_placed[student] = why
            return
        done = collected.replaced
    try:
        if not collected.dry_run:
            _write(folder, files, times)
    except OSError as error:  # a name that this disk won't hold, for one
        collected.not_placed[student] = f"no se pudo guardar ({error.strerror})"
    else:
        done.append(student)


def _write(folder: Path, files: Mapping[str, bytes], times: Times) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for name, data in files.items():
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        if times.handed_in is not None:
            text = times.handed_in.strftime("%Y-%m-%d %H:%M:%S UTC")
            (new / TIMESTAMP).write_text(text, encoding="ascii")
        new.chmod(0o755)
        if times.archived is not None:
            os.utime(new, (times.archived.timestamp(),) * 2)
        if folder.exists():
            shutil.rmtree(folder)
        new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def describe(collected: Collected) -> str:
    """Write what a run did: each student and the file that was taken, then what a person must know.

    >>> print(describe(Collected("Canvas", filed=["ana"], files={"ana": ["ana_1_2_x.ipynb"]},
    ...     not_placed={"x.ipynb": "no dice de quién es"})))
      ana <- ana_1_2_x.ipynb
    Canvas: 1 filed, 0 replaced by a newer one, 0 unchanged, 1 not placed
      not placed: x.ipynb: “no dice de quién es”
    """
    lines = []
    for what, students in (
        ("", collected.filed),
        (" (replaced)", collected.replaced),
        (" (unchanged)", collected.unchanged),
    ):
        lines += [f"{one} <- {', '.join(collected.files[one][:3])}{what}" for one in students]
    lines.sort()
    notes = [f"earlier, not taken: {s}: {', '.join(one)}" for s, one in collected.earlier.items()]
    notes += [f"marked late: {student}" for student in collected.late]
    notes += [
        f"left out: {name}: {quoted(why)}" for name, why in sorted(collected.left_out.items())
    ]
    if collected.made_up:
        student, who = min(collected.made_up.items())
        notes.append(
            f"no roster: {len(collected.made_up)} ids were made of names, as {student} of "
            f"{printable(who)}; `labkit roster FILE` says who is in the course"
        )
    notes += [f"nothing from: {one.id} {one.name}" for one in collected.missing]
    notes += [
        f"not placed: {name}: {quoted(why)}" for name, why in sorted(collected.not_placed.items())
    ]
    layout = f"{collected.layout}: " if collected.layout else ""
    counts = (
        f"{layout}{len(collected.filed)} filed, {len(collected.replaced)} replaced by a newer one, "
        f"{len(collected.unchanged)} unchanged, {len(collected.not_placed)} not placed"
    )
    if collected.dry_run:
        counts += "; a dry run: nothing was written"
    return "\n".join(
        [*(f"  {line(one)}" for one in lines), counts, *(f"  {line(n)}" for n in notes)]
    )


class LabCollect(NbGrader):
    """File the submissions of a folder or zip that a learning system gave out."""

    name = "labkit-collect"
    command = "collect"
    description = __doc__
    layout = ""
    """Whose way of naming files was found, once it is started."""

    id_map = Unicode("", help="A CSV of names (or the system's numbers) and student ids.").tag(
        config=True
    )
    force = Bool(default_value=False, help="Replace submissions that aren't older.").tag(
        config=True
    )
    dry_run = Bool(default_value=False, help="Say what would be filed, and file nothing.").tag(
        config=True
    )
    aliases = {**NbGrader.aliases, "id-map": "LabCollect.id_map"}  # noqa: RUF012 - traitlets' way
    flags = {  # noqa: RUF012 - the same
        **NbGrader.flags,
        "force": ({"LabCollect": {"force": True}}, "replace submissions that aren't older"),
        "dry-run": ({"LabCollect": {"dry_run": True}}, "say what would be filed"),
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
        begin()
        lab = read_lab(self.coursedir, names[1])
        options = Options(
            people=people_of(self.coursedir),
            ids=id_map(Path(self.id_map).expanduser()) if self.id_map else People(),
            others=_other_labs(self.coursedir, lab),
            due=_due(self.coursedir, lab.name),
            force=self.force,
            dry_run=self.dry_run,
        )
        collected = collect(path, self.coursedir, lab, options)
        self.layout = collected.layout
        sys.stdout.write(describe(collected) + "\n")
        if collected.not_placed:
            sys.exit(1)


def id_map(path: Path) -> People:
    """Read which id a name, or a system's number for a student, stands for; from two columns."""
    try:
        text = decoded(path.read_bytes())
    except OSError as error:
        raise CourseError(f"--id-map: {path} can't be read: {error}") from error
    people = People()
    for _, row in table(text):
        if len(row) < 2 or not row[0] or not row[1]:  # noqa: PLR2004
            raise CourseError(f"--id-map: expected two columns, name and id, in {row}")
        if not is_id(row[1]):
            raise CourseError(f"--id-map: {row[1]!r} can't be a student's id: letters, digits, -")
        people.add(Person(row[1], row[0], lms_user_id=row[0]))
    return people


def _other_labs(coursedir: CourseDirectory, lab: Lab) -> dict[str, frozenset[str]]:
    """Return what the course's other labs call their cells."""
    root = Path(coursedir.format_path(coursedir.release_directory, ".", "."))
    found: dict[str, frozenset[str]] = {}
    for path in sorted(root.glob("*/*.ipynb")):
        if path.parent.name != lab.name:
            with suppress(OSError, ValueError, LookupError, TypeError):
                names = cell_names(path.read_text(encoding="utf-8"))
                found[path.parent.name] = found.get(path.parent.name, frozenset()) | names
    return found


def _due(coursedir: CourseDirectory, lab: str) -> datetime | None:
    """Return when a lab is due, in UTC, if the gradebook says so."""
    with Gradebook(coursedir.db_url, coursedir.course_id) as book, suppress(MissingEntry):
        due: datetime | None = book.find_assignment(lab).duedate
        return due.replace(tzinfo=timezone.utc) if due else None
    return None
