"""The course on disk: read a lab of `source/` and the submissions of `submitted/`, trusting no file."""

from __future__ import annotations

import os
import secrets
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from grader.catalogue import read_sources
from grader.course.errors import CourseError
from grader.course.labs import Lab, LabNotebook
from grader.course.submissions.files import MAX_SUBMISSION_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbgrader.coursedir import CourseDirectory

EXERCISES = "exercises"
SECRET = ".labkit-secret"  # noqa: S105 - the name of the file, not what is in it


class UnreadableSubmissionError(Exception):
    """A submission holds what can't be read safely. The message says which file, and why."""


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
    return read_sources(Path(coursedir.root) / EXERCISES)


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


def read_files(folder: Path) -> dict[str, bytes]:
    """Read the files of a submission by their relative names; follow no link.

    Raises `UnreadableSubmissionError` for links, devices and pipes, and for more than
    `MAX_SUBMISSION_BYTES`.
    """
    if folder.is_symlink() or folder.parent.is_symlink():
        raise UnreadableSubmissionError("la entrega es un enlace a otra carpeta y no se abre")
    files = {}
    total = 0
    for path in _walk(folder):
        name = path.relative_to(folder).as_posix()
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            kind = "un enlace" if stat.S_ISLNK(status.st_mode) else "un archivo especial"
            raise UnreadableSubmissionError(f"{name} es {kind} y no se abre: entrega el archivo")
        total += status.st_size
        if total > MAX_SUBMISSION_BYTES:
            raise UnreadableSubmissionError(
                f"la entrega pesa más de {MAX_SUBMISSION_BYTES:,} bytes: borra las salidas del "
                "notebook y los archivos que no se piden"
            )
        # O_NOFOLLOW: the file may have been swapped for a link since it was looked at.
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as file:
            files[name] = file.read()
    return files


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder, followlinks=False):
        for name in sorted(names):
            yield Path(root, name)
        for name in sorted(folders):
            if Path(root, name).is_symlink():
                yield Path(root, name)
        folders[:] = sorted(name for name in folders if name != ".ipynb_checkpoints")


def course_secret(root: Path) -> bytes:
    """Return the course's secret, which cases' seeds are derived from; make it the first time."""
    path = root / SECRET
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    return path.read_text(encoding="ascii").strip().encode()
