"""The course on disk: read a lab of `source/` and the submissions of `submitted/`, trusting no file."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from nbgrader.utils import parse_utc

from grader.catalogue import read_sources
from grader.course.errors import CourseError
from grader.course.labs import Lab, LabNotebook
from grader.course.submissions.files import MAX_SUBMISSION_BYTES, is_junk, printable
from grader.running.names import MAX_FILES, is_fit
from grader.words import _

if TYPE_CHECKING:
    from datetime import datetime

    from nbgrader.coursedir import CourseDirectory

EXERCISES = "exercises"
CONFIG = "nbgrader_config.py"
TIMESTAMP = "timestamp.txt"
"""Beside the notebook: when it was handed in, as nbgrader's exchange and `labkit collect` write it."""

MAX_TIMESTAMP = 100
"""Bytes of a date: a longer text isn't one, and parsing it takes longer than it is worth."""

_DATE = re.compile(rb"[\w:.,+ -]+( \w[\w/+-]*)?\s*")

SECRET = ".labkit-secret"  # noqa: S105 - the name of the file, not what is in it


class UnreadableSubmissionError(Exception):
    """A submission holds what can't be read safely. The message says which file, and why."""


def expect_course(coursedir: CourseDirectory) -> None:
    """Raise `CourseError` where a command stands in no course: a gradebook would be made there."""
    database = coursedir.db_url.removeprefix("sqlite:///")
    source = Path(coursedir.format_path(coursedir.source_directory, ".", "."))
    signs = (source, Path(coursedir.root, CONFIG), Path(database))
    if "://" not in database and not any(path.exists() for path in signs):
        raise CourseError(
            f"{coursedir.root} is no course: expected source/, {CONFIG} or a gradebook there; go to the "
            "course's folder, or make one with `labkit quickstart`"
        )


def read_lab(coursedir: CourseDirectory, name: str) -> Lab:
    """Read the instructor's copy of a lab: its notebooks, what was released of them, its files."""
    lab = read_source(coursedir, name)
    release = Path(coursedir.format_path(coursedir.release_directory, ".", name))
    notebooks = {}
    for one, notebook in lab.notebooks.items():
        released = release / f"{one}.ipynb"
        if not released.is_file():
            raise CourseError(
                f"{released} is missing: run `labkit generate_assignment {name}` first"
            )
        notebooks[one] = LabNotebook(notebook.source, released.read_text(encoding="utf-8"))
    return replace(lab, notebooks=notebooks)


def read_source(coursedir: CourseDirectory, name: str) -> Lab:
    """Read a lab as it is before its release, which its notebooks are given the source for."""
    source = Path(coursedir.format_path(coursedir.source_directory, ".", name))
    if not source.is_dir():
        root = Path(coursedir.format_path(coursedir.source_directory, ".", "."))
        labs = sorted(path.name for path in root.glob("*") if path.is_dir())
        raise CourseError(
            f"there is no lab {name!r}: expected the folder {source}; "
            + (f"the labs here are {', '.join(labs)}" if labs else f"{root} holds no labs at all")
        )
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(source.glob("*.ipynb"))}
    if not texts:
        raise CourseError(f"{source} holds no notebook")
    notebooks = {one: LabNotebook(text, text) for one, text in texts.items()}
    files = {
        path.relative_to(source).as_posix(): path.read_bytes()
        for path in sorted(source.rglob("*"))
        if path.is_file() and path.suffix != ".ipynb" and ".ipynb_checkpoints" not in path.parts
    }
    return Lab(name, notebooks, files, read_exercises(coursedir))


def read_exercises(coursedir: CourseDirectory) -> dict[str, str]:
    """Read the sources of the course's exercises."""
    try:
        return read_sources(Path(coursedir.root) / EXERCISES)
    except UnicodeDecodeError as error:
        raise CourseError(
            f"a file of {EXERCISES}/ isn't UTF-8 ({error}): save it as UTF-8"
        ) from None


def submitted_folders(
    coursedir: CourseDirectory, lab: str, student: str = "*"
) -> list[tuple[str, Path]]:
    """Return the students who handed something in for `lab`, and their folders, by name."""
    pattern = coursedir.format_path(coursedir.submitted_directory, student, lab)
    root = Path(coursedir.root)
    depth = len(Path(coursedir.format_path(coursedir.submitted_directory, "x", lab)).parts)
    part = _student_part(coursedir, lab)
    return [
        (path.parts[part], path)
        for path in sorted(root.glob(str(Path(pattern).relative_to(root))))
        if path.is_dir() and len(path.parts) == depth
    ]


def _student_part(coursedir: CourseDirectory, lab: str) -> int:
    """Return which part of a submission's path is the student's id."""
    mark = "student-id-goes-here"
    return Path(coursedir.format_path(coursedir.submitted_directory, mark, lab)).parts.index(mark)


def is_name(student: str) -> bool:
    """Tell whether a folder's name can be a student's id: it is text, of characters that show."""
    return student.isprintable() and is_fit(student) and bool(student.strip())


def read_submission(folder: Path) -> tuple[dict[str, bytes], datetime | None]:
    """Read a submission's files, and when it was handed in, if its timestamp says so."""
    files = read_files(folder)
    return files, date_of(files.get(TIMESTAMP, b""))


def date_of(data: bytes) -> datetime | None:
    """Return the time that a timestamp's text says: in UTC and without a zone, as nbgrader has it.

    >>> date_of(b"2026-03-04 12:00:00 UTC")
    datetime.datetime(2026, 3, 4, 12, 0)
    >>> date_of(b"not a date")
    """
    # nbgrader looks for a zone among the files of this machine, by whatever path it is called.
    if len(data) > MAX_TIMESTAMP or not _DATE.fullmatch(data) or b".." in data:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a zone that dateutil doesn't know
            when: datetime = parse_utc(data.decode().strip())
    except Exception:  # noqa: BLE001 - dateutil raises whatever its parser stumbles over
        return None
    return when


def read_files(folder: Path) -> dict[str, bytes]:
    """Read the files of a submission by their relative names, also while somebody changes them.

    No link is followed, nothing is waited for, and what is read is what was looked at: each file is
    opened below its open folder, and judged by its descriptor. Raises `UnreadableSubmissionError`
    for links, devices and pipes, for names that aren't fit, and for more than
    `MAX_SUBMISSION_BYTES` or `MAX_FILES`.
    """
    try:
        with contextlib.ExitStack() as stack:
            if folder.is_symlink() or folder.parent.is_symlink():
                raise UnreadableSubmissionError(
                    _("la entrega es un enlace a otra carpeta y no se abre")
                )
            above = _closing(stack, os.open(folder.parent, _FOLDER))
            return _Reading().read(_closing(stack, os.open(folder.name, _FOLDER, dir_fd=above)))
    except OSError as error:
        why = error.strerror or type(error).__name__
        told = _("la entrega no se puede leer ({why})").format(why=why)
        raise UnreadableSubmissionError(told) from error


def open_regular(name: str, folder: int | None = None) -> BinaryIO:
    """Open a file to be read: one that lies on a disk, no link, and nothing that blocks."""
    descriptor = os.open(name, _FILE, dir_fd=folder)
    file = os.fdopen(descriptor, "rb")
    mode = os.fstat(descriptor).st_mode  # it may have been swapped since it was looked at
    if not stat.S_ISREG(mode):
        file.close()
        raise OSError(errno.EINVAL, _special(name, mode))
    return file


_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


def _closing(stack: contextlib.ExitStack, descriptor: int) -> int:
    stack.callback(os.close, descriptor)
    return descriptor


class _Reading:
    """The files of a folder that have been read, and how much more may be."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}
        self._left = MAX_SUBMISSION_BYTES
        self._entries = 0

    def read(self, folder: int, prefix: str = "") -> dict[str, bytes]:
        """Read what lies below an open folder; `is_fit` bounds how deep that goes."""
        for name in self._names(folder):
            whole = f"{prefix}{name}"
            mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
            if is_junk(f"{whole}/x" if stat.S_ISDIR(mode) else whole):
                continue
            if not is_fit(whole):
                sentence = _("{name} está en demasiadas carpetas o tiene un nombre demasiado largo")
                raise UnreadableSubmissionError(sentence.format(name=printable(whole)))
            if stat.S_ISDIR(mode):
                with contextlib.ExitStack() as stack:
                    inner = _closing(stack, os.open(name, _FOLDER, dir_fd=folder))
                    self.read(inner, f"{whole}/")
            elif stat.S_ISREG(mode):
                self._files[whole] = self._content(folder, name, whole)
            elif whole == TIMESTAMP:
                self._files[whole] = b""  # it says nothing, and costs nobody their marks
            else:
                raise UnreadableSubmissionError(_special(whole, mode))
        return self._files

    def _names(self, folder: int) -> list[str]:
        names = []
        with os.scandir(folder) as entries:
            for entry in entries:
                self._entries += 1
                if self._entries > MAX_FILES:
                    sentence = _(
                        "la entrega trae más de {most:,} archivos: deja solo los que se piden"
                    )
                    raise UnreadableSubmissionError(sentence.format(most=MAX_FILES))
                names.append(entry.name)
        return sorted(names)

    def _content(self, folder: int, name: str, whole: str) -> bytes:
        with open_regular(name, folder) as file:
            size = MAX_TIMESTAMP if whole == TIMESTAMP else os.fstat(file.fileno()).st_size
            if size > self._left:
                sentence = _(
                    "la entrega pesa más de {most:,} bytes: borra las salidas del notebook y los "
                    "archivos que no se piden"
                )
                raise UnreadableSubmissionError(sentence.format(most=MAX_SUBMISSION_BYTES))
            data = file.read(size + 1)
        if len(data) > size and whole != TIMESTAMP:
            told = _("{name} cambió mientras se leía").format(name=printable(whole))
            raise UnreadableSubmissionError(told)
        self._left -= len(data)
        return data


def _special(name: str, mode: int) -> str:
    sentence = _("{name} es un archivo especial y no se abre: entrega el archivo")
    if stat.S_ISLNK(mode):
        sentence = _("{name} es un enlace y no se abre: entrega el archivo")
    return sentence.format(name=printable(name))


def course_secret(root: Path) -> bytes:
    """Return the course's secret, which cases' seeds are derived from; make it the first time."""
    path = root / SECRET
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    return path.read_text(encoding="ascii").strip().encode()


def replace_file(path: Path, data: bytes, mode: int = 0o644) -> bool:
    """Put a file in its place in one go, unless it is there already; tell whether it was written."""
    with contextlib.suppress(OSError):
        if path.read_bytes() == data:
            return False
    descriptor, new = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.chmod(new, mode)  # noqa: PTH101 - it is a name that mkstemp gave
        os.replace(new, path)  # noqa: PTH105 - the same
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(new)  # noqa: PTH108 - the same
        raise
    return True
