"""What a command tells its user instead of a traceback."""

from __future__ import annotations

import errno
import traceback
from typing import Any

_DISK = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk's quota is used up",
    errno.EROFS: "the disk can't be written to",
    errno.EACCES: "you may not",
}
_GRADEBOOK = {
    "locked": "somebody else has been writing to the gradebook for too long ({}): try again when "
    "they have ended",
    "not a database": "the gradebook is damaged, or no gradebook ({}): put a copy of it in its place",
    "malformed": "the gradebook is damaged ({}): put a copy of it in its place",
    "no such": "the gradebook is an older one ({}): run `nbgrader db upgrade`, which keeps a copy",
    "does not exist": "the gradebook is an older one, or isn't there ({}): `nbgrader db upgrade` "
    "brings an older one up to date",
    "disk is full": "the disk is full, so the gradebook can't be written ({})",
    "readonly": "the gradebook can't be written to ({})",
    "unable to open": "the gradebook can't be opened ({})",
    "connection": "the gradebook can't be reached ({})",
}


class CourseError(Exception):
    """Something that a command needs isn't in the course. The message says what to do."""


def sentence(error: BaseException) -> str | None:
    """Say what happened outside of us that no command can mend, or nothing if it may be our fault.

    >>> sentence(OSError(errno.ENOSPC, "No space left on device", "gradebook.db"))
    'the disk is full: gradebook.db'
    """
    if isinstance(error, OSError) and error.errno in _DISK:
        where = f": {error.filename}" if error.filename else ""
        return f"{_DISK[error.errno]}{where}"
    if type(error).__name__ == "TraitError":
        return f"an option, here or in nbgrader_config.py, isn't what it must be: {error}"
    if file := _configuration(error):
        return f"{file} can't be read: {type(error).__name__}: {error}. Nothing was done"
    original = getattr(error, "orig", None)  # sqlalchemy's errors have the database's
    if original is None or not type(error).__module__.startswith("sqlalchemy"):
        return None
    said = str(original).strip().partition("\n")[0]
    for what, told in _GRADEBOOK.items():
        if what in said:
            return told.format(said)
    return None


def _configuration(error: BaseException) -> str:
    """Return the configuration that was being read, with the line it came to; nothing if none was."""
    file, line = "", getattr(error, "lineno", None)
    for frame, number in traceback.walk_tb(error.__traceback__):
        if frame.f_globals.get("__name__") == "traitlets.config.loader":
            loader: Any = frame.f_locals.get("self")
            file = getattr(loader, "full_filename", "") or file
        elif file and frame.f_code.co_filename == file:
            line = number
    return f"{file}, line {line}" if file and line else file
