"""Whether a lab is being graded right now: who grades holds a lock, and who reads marks looks for it."""

from __future__ import annotations

import fcntl
import sys
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nbgrader.coursedir import CourseDirectory

FOLDER = ".labkit-cache/grading"


@contextmanager
def grading(course: CourseDirectory, lab: str) -> Iterator[None]:
    """Hold the lock of a lab while it is graded; several may, and it goes with whoever holds it."""
    path = Path(course.root, FOLDER, lab)
    with ExitStack() as stack:
        with suppress(OSError):  # a disk that can't be written to, or that knows no locks
            path.parent.mkdir(parents=True, exist_ok=True)
            fcntl.flock(stack.enter_context(path.open("a")), fcntl.LOCK_SH)
        yield


def is_graded_now(course: CourseDirectory, lab: str) -> bool:
    """Tell whether somebody is grading a lab."""
    try:
        with Path(course.root, FOLDER, lab).open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # nobody ever has
        return False
    return False


def warn_of_grading(course: CourseDirectory, labs: Iterable[str] | None = None) -> None:
    """Say which of these labs, or of all, are being graded right now: marks are still to come."""
    if labs is None:
        labs = sorted(path.name for path in Path(course.root, FOLDER).glob("*"))
    if now := [lab for lab in labs if is_graded_now(course, lab)]:
        sys.stderr.write(
            f"{', '.join(now)}: being graded right now, so marks are still to come: run this again "
            "when that has ended\n"
        )
