"""What was handed out: the files of an archive or a folder, to be read one by one, unpacking nothing."""

from __future__ import annotations

import os
import stat
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from grader.course.errors import CourseError
from grader.course.folders import open_regular
from grader.course.submissions.files import (
    MAX_SUBMISSION_BYTES,
    ArchiveError,
    member_name,
    members_of,
    printable,
    read_member,
)
from grader.running.names import is_fit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_ENTRIES = 200_000
"""A class's archive of more files than this isn't opened."""


@dataclass(frozen=True)
class Entry:
    """A file as it was handed out: where it lies, when it was handed in, and how to read it."""

    name: str
    modified: datetime | None
    read: Callable[[int], bytes]


@contextmanager
def opened(path: Path, refused: dict[str, str]) -> Iterator[list[Entry]]:
    """List the files of an archive or a folder, to be read; what mustn't be is told in `refused`."""
    if path.is_dir():
        yield list(_folder_entries(path, refused))
        return
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise CourseError(f"{path} is neither a folder nor a zip archive: {error}") from error
    with archive:
        yield list(_archive_entries(archive, refused))


def _folder_entries(path: Path, refused: dict[str, str]) -> Iterator[Entry]:
    for root, folders, names in os.walk(path, followlinks=False):
        inside = Path(root).relative_to(path)
        links = [one for one in folders if Path(root, one).is_symlink()]
        for name in sorted([*names, *links]):
            relative = (inside / name).as_posix()
            try:
                if not is_fit(relative):
                    raise ArchiveError(UNFIT)  # noqa: TRY301 - as what reading it may raise
                status = Path(root, name).lstat()
                if not stat.S_ISREG(status.st_mode):
                    raise ArchiveError("es un enlace o un archivo especial")  # noqa: TRY301
                when = datetime.fromtimestamp(status.st_mtime, timezone.utc)
            except (ArchiveError, OSError, ValueError, OverflowError) as error:
                refused[printable(relative)] = str(error)
            else:
                yield Entry(relative, when, partial(_read_file, Path(root, name)))
        for name in [one for one in folders if not is_fit((inside / one).as_posix())]:
            refused[printable((inside / name).as_posix())] = UNFIT
            folders.remove(name)
        folders.sort()


UNFIT = "está en demasiadas carpetas o tiene un nombre demasiado largo"


def _read_file(path: Path, limit: int) -> bytes:
    with open_regular(str(path)) as file:
        data = file.read(min(limit, os.fstat(file.fileno()).st_size) + 1)
    if len(data) > limit:
        raise ArchiveError(f"pesa más de {MAX_SUBMISSION_BYTES:,} bytes")
    return data


def _archive_entries(archive: zipfile.ZipFile, refused: dict[str, str]) -> Iterator[Entry]:
    members = members_of(archive)
    if len(members) > MAX_ENTRIES:
        raise CourseError(f"the archive holds more than {MAX_ENTRIES:,} files: it isn't a class's")
    for info in members:
        name = _safe_name(info, refused)
        if name:
            yield Entry(name, _time_of(info), partial(read_member, archive, info))


def _safe_name(info: zipfile.ZipInfo, refused: dict[str, str]) -> str:
    try:
        name = member_name(info)
        if not is_fit(name):
            raise ArchiveError(UNFIT)  # noqa: TRY301 - as what member_name raises
    except ArchiveError as error:
        refused[printable(info.filename)] = str(error)
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
