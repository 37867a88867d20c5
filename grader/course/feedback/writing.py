"""Write a class's pages, several at once: each is made anew, and put in its place where it differs.

So no page is ever older than the gradebook, and one that says what it said before keeps its date.
"""

from __future__ import annotations

import base64
import contextlib
import json
import multiprocessing
import os
import re
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from grader.course.clerks import limit_memory
from grader.course.errors import CourseError
from grader.course.feedback.marks import standings
from grader.course.feedback.outline import outline
from grader.course.feedback.page import feedback_page, read_handed
from grader.course.feedback.unchanged import Made
from grader.course.folders import TIMESTAMP, open_regular, replace_file
from grader.course.lateness import settle_all
from grader.course.pages import MOST_PICTURES
from grader.course.submissions.files import MAX_SUBMISSION_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from nbgrader.api import Gradebook
    from nbgrader.coursedir import CourseDirectory

    from grader.course.feedback.marks import Standing
    from grader.course.feedback.outline import Outline
    from grader.course.labs import Lab

SECRET = "submission_secret.txt"  # noqa: S105 - the name of the file, not what is in it
"""Beside a notebook that nbgrader's exchange collected: it finds whose a page is by it."""

MEMORY = 2 * 2**30
"""Bytes that a process which makes pages may take beyond what it has."""

_MAGIC = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
}
_BESIDE = re.compile(r"[\w% -]+(?:[./][\w% -]+)*")


@dataclass(frozen=True)
class Job:
    """One page to write: of a notebook in a folder of `autograded/`, into one of `feedback/`."""

    standing: Standing
    about: Outline
    folder: Path
    into: Path
    mode: int

    @property
    def page(self) -> Path:
        """Where the page is."""
        return self.into / f"{self.standing.notebook}.html"


@dataclass
class Pages:
    """What came of writing a class's pages: by student, and why a page could not be written."""

    written: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    withdrawn: list[str] = field(default_factory=list)


def write_pages(
    course: CourseDirectory,
    lab: Lab,
    gradebook: Gradebook,
    *,
    parent: Any,
    workers: int,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Pages:
    """Write the pages of those students of a lab whom the course's options name.

    What a student's folder is missing, or holds in too strange a form, costs nobody else a page. A page
    whose submission isn't graded any more is taken away. Raises `CourseError` if nobody is graded.
    """
    settle_all(gradebook, parent, lab.name)
    found = standings(gradebook, lab.name)
    gradebook.db.rollback()  # or what was read would hold a transaction open
    jobs = [*_jobs(course, lab, found)]
    pages = Pages(withdrawn=[*_withdraw(course, lab)])
    if not jobs:
        raise CourseError(f"nothing of {lab.name} is graded: run `labkit autograde {lab.name}`")
    made = Made(Path(course.root))
    changed = []
    for job in jobs:
        if made.is_there(job):
            pages.unchanged.append(job.standing.student)
        else:
            changed.append(job)
    progress(len(pages.unchanged), len(jobs))
    for number, (job, done) in enumerate(_worked_off(changed, workers), 1 + len(pages.unchanged)):
        student = job.standing.student
        if isinstance(done, str):
            pages.problems[student] = done
        else:
            (pages.written if done else pages.unchanged).append(student)
            made.keep(job)
        progress(number, len(jobs))
    made.save()
    return pages


def _graded(course: CourseDirectory, lab: Lab) -> Iterator[tuple[str, Path]]:
    """Yield the students who have a folder in `autograded/`, or a page, with their folders there."""
    excluded = set(filter(None, course.student_id_exclude.split(",")))
    root = Path(course.root)
    for directory in (course.autograded_directory, course.feedback_directory):
        pattern = Path(course.format_path(directory, course.student_id, lab.name))
        part = _part(course, directory, lab)
        for folder in sorted(root.glob(str(pattern.relative_to(root)))):
            student = folder.parts[part]
            if folder.is_dir() and not student.startswith(".") and student not in excluded:
                yield student, folder


def _part(course: CourseDirectory, directory: str, lab: Lab) -> int:
    """Return which part of a folder's path is the student's id."""
    mark = "student-id-goes-here"
    return Path(course.format_path(directory, mark, lab.name)).parts.index(mark)


def _jobs(
    course: CourseDirectory, lab: Lab, found: dict[tuple[str, str], Standing]
) -> Iterator[Job]:
    for student in dict.fromkeys(student for student, _ in _graded(course, lab)):
        folder = Path(course.format_path(course.autograded_directory, student, lab.name))
        into = Path(course.format_path(course.feedback_directory, student, lab.name))
        for name, texts in lab.notebooks.items():
            standing = found.get((student, name))
            if not fnmatch(name, course.notebook_id):
                continue
            if standing is not None and (folder / f"{name}.ipynb").is_file():
                mode = 0o664 if course.groupshared else 0o644
                yield Job(standing, outline(texts.source), folder, into, mode)


def _withdraw(course: CourseDirectory, lab: Lab) -> Iterator[str]:
    """Take away the pages of notebooks that aren't graded any more; yield whose they were."""
    for student in dict.fromkeys(student for student, _ in _graded(course, lab)):
        folder = Path(course.format_path(course.autograded_directory, student, lab.name))
        into = Path(course.format_path(course.feedback_directory, student, lab.name))
        for name in lab.notebooks:
            page = into / f"{name}.html"
            if page.is_file() and folder.is_dir() and not (folder / f"{name}.ipynb").is_file():
                page.unlink()
                yield student


def _worked_off(jobs: Sequence[Job], workers: int) -> Iterator[tuple[Job, bool | str]]:
    """Yield what came of each job: whether the page was written, or what is wrong with it.

    Whatever ends a worker is one page's fault: what it may have held is tried again, one by one.
    """
    if workers < 2 or len(jobs) < 2:  # noqa: PLR2004 - one page needs no second process
        yield from ((job, _write(job)) for job in jobs)
        return
    left = dict(enumerate(jobs))
    with contextlib.suppress(BrokenExecutor), _pool(workers) as pool:
        waiting = {pool.submit(_write, job): number for number, job in left.items()}
        for future in as_completed(waiting):
            done = future.result()
            yield left.pop(waiting[future]), done
    for job in left.values():
        try:
            with _pool(1) as pool:
                done = pool.submit(_write, job).result()
        except BrokenExecutor:
            done = "the process that made the page died"
        yield job, done


def _pool(workers: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "bleach", "nbconvert.filters.markdown_mistune"])
    return ProcessPoolExecutor(workers, context, initializer=limit_memory, initargs=(MEMORY,))


def _write(job: Job) -> bool | str:
    """Make a page, and write it where it differs; return whether it did, or what is wrong."""
    try:
        page = page_of(job.standing, job.about, job.folder).encode("utf-8", "replace")
        job.into.mkdir(parents=True, exist_ok=True)
        for name in (TIMESTAMP, SECRET):  # the exchange reads them beside the page
            if (job.folder / name).is_file():
                replace_file(job.into / name, _content(job.folder / name), job.mode)
        return replace_file(job.page, page, job.mode)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this page's
        return f"{type(error).__name__}: {error}"[:300]


def page_of(standing: Standing, about: Outline, folder: Path) -> str:
    """Return the page of a notebook of the lab `about` that lies graded in a folder."""
    notebook = json.loads(_content(folder / f"{standing.notebook}.ipynb"))

    def find(name: str) -> str:
        return _picture(folder, name)

    return feedback_page(about, standing, read_handed(notebook, find))


def _picture(folder: Path, name: str) -> str:
    """Return a picture that lies beside a notebook as an address that holds it, or nothing."""
    path = folder / name
    if not _BESIDE.fullmatch(name) or ".." in path.parts:
        return ""
    try:
        data = _content(path, MOST_PICTURES)
    except OSError:
        return ""
    if len(data) >= MOST_PICTURES:
        return ""
    kind = next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), "")
    return f"data:{kind};base64,{base64.b64encode(data).decode()}" if kind else ""


def _content(path: Path, most: int = MAX_SUBMISSION_BYTES) -> bytes:
    """Read a file that lies on a disk, within bounds: a student may have handed it in."""
    with open_regular(str(path)) as file:
        return file.read(min(most, os.fstat(file.fileno()).st_size))
