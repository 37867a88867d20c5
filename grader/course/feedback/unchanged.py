"""Which pages say already what they would say anew, found out without making them."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.course.folders import replace_file
from grader.course.grading import digest, kit_digest
from grader.words import LANGUAGE

if TYPE_CHECKING:
    from grader.course.feedback.writing import Job

CACHE = ".labkit-cache/feedback.json"


class Made:
    """What each page was made of, and how it looked on the disk; losing it costs time alone."""

    def __init__(self, root: Path) -> None:
        self._file = root / CACHE
        self._known: dict[str, Any] = {}
        with suppress(OSError, ValueError):
            found = json.loads(self._file.read_text(encoding="utf-8"))
            self._known = found if isinstance(found, dict) else {}
        css = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
        self._kit = f"{kit_digest()} {css} {os.environ.get(LANGUAGE)}"

    def is_there(self, job: Job) -> bool:
        """Tell whether a page is the one that was made of what there is now."""
        made = self._known.get(str(job.page))
        return made is not None and made == self._state(job)

    def keep(self, job: Job) -> None:
        """Take note of a page that was just made."""
        self._known[str(job.page)] = self._state(job)

    def save(self) -> None:
        """Write down what was noted."""
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self._file, json.dumps(self._known).encode())

    def _state(self, job: Job) -> list[Any] | None:
        """Return a digest of what a page is made of, and its size and time; None without a page."""
        try:
            files = [(one.name, *_seen(Path(one))) for one in os.scandir(job.folder)]
            told = repr((self._kit, job.standing, job.about, job.mode, sorted(files)))
            return [digest({"": told.encode("utf-8", "replace")}), *_seen(job.page)]
        except OSError:
            return None


def _seen(path: Path) -> tuple[int, int]:
    """Return what shows that a file was written anew; grading replaces a folder as a whole."""
    status = path.lstat()
    return status.st_size, status.st_mtime_ns
