"""`labkit new`: a small lab that is whole and passes its own release, to be made into another one."""

from __future__ import annotations

import keyword
import re
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from nbgrader.apps import NbGrader
from rich.console import Console
from traitlets import Unicode

from grader.catalogue import Catalogue, read_sources
from grader.course.errors import CourseError
from grader.course.folders import EXERCISES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.resources.abc import Traversable


class LabNew(NbGrader):
    """Make a new lab, named by the argument, with one exercise that works."""

    name = "labkit-new"
    description = __doc__
    exercise = Unicode("", help="The function that students write; by default from the lab's name.")
    exercise = exercise.tag(config=True)
    aliases = {**NbGrader.aliases, "exercise": "LabNew.exercise"}  # noqa: RUF012 - traitlets' form

    def start(self) -> None:
        """Write the lab's files and say what to do next."""
        super().start()
        if len(self.extra_args) != 1:
            raise CourseError("labkit new takes one lab, as in: labkit new 07-my-lab")
        (lab,) = self.extra_args
        root = Path(self.coursedir.root)
        written = scaffold(root, lab, self.exercise or exercise_name(lab))
        console = Console(highlight=False)
        for path in written:
            console.print(f"  {path.relative_to(root)}", markup=False)
        console.print(f"next: labkit release {lab}    (docs/authoring.md goes on from here)")


def start_course(arguments: Sequence[str]) -> None:
    """Make a new course, in a new folder named by the argument, with a first lab that works."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        raise CourseError("labkit quickstart takes one folder, as in: labkit quickstart my-course")
    folder = Path(arguments[0])
    quickstart(folder)
    console = Console(highlight=False)
    console.print(f"{folder} is a course with one lab, {FIRST_LAB}. Next:", markup=False)
    for command in (f"cd {folder}", "labkit demo", "labkit new 02-another-lab"):
        console.print(f"  {command}", markup=False)


FIRST_LAB = "01-my-lab"


def quickstart(folder: Path) -> list[Path]:
    """Write a course into a folder that holds nothing yet, and return the files."""
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"{folder} is a file: name a new folder for the course")
    if folder.exists() and any(path.name != ".git" for path in folder.iterdir()):
        raise CourseError(f"{folder} holds something already: name a new folder for the course")
    course = {
        path.name.removesuffix(".txt").replace("dot-", ".", 1): path.read_text(encoding="utf-8")
        for path in sorted((_TEMPLATES / "course").iterdir(), key=lambda path: path.name)
    }
    files = {name: text.replace("@COURSE@", folder.resolve().name) for name, text in course.items()}
    return _write(folder, files | _files(FIRST_LAB, exercise_name(FIRST_LAB)))


def exercise_name(lab: str) -> str:
    """Name the exercise of a new lab after the lab.

    >>> exercise_name("07-one-hot")
    'one_hot'
    """
    return re.sub(r"\W+", "_", re.sub(r"^[\d\W]+", "", lab)).strip("_").lower()


def scaffold(root: Path, lab: str, exercise: str) -> list[Path]:
    """Write a new lab's files into the course at `root`, and return them.

    Raises `CourseError` for a name that can't be used, or a file that is there already.
    """
    if not re.fullmatch(r"[A-Za-z0-9][\w-]*", lab):
        raise CourseError(f"{lab!r} can't name a lab: take letters, digits and -, as 07-my-lab")
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", exercise) or keyword.iskeyword(exercise):
        raise CourseError(
            f"{exercise!r} can't name a function: say another with --exercise=my_function"
        )
    if exercise in Catalogue(read_sources(root / EXERCISES)):
        raise CourseError(
            f"there is an exercise {exercise!r} already: say another with --exercise="
        )
    return _write(root, _files(lab, exercise))


def _write(root: Path, files: dict[str, str]) -> list[Path]:
    """Write files that aren't there yet."""
    paths = {root / name: text for name, text in files.items()}
    there = [path for path in paths if path.exists()]
    if there:
        raise CourseError(f"{there[0]} is there already: take another name, or move it away")
    for path, text in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(paths)


_TEMPLATES = resources.files("grader.course.publishing").joinpath("templates")


def _files(lab: str, exercise: str) -> dict[str, str]:
    """Return the new files by name, from the templates."""
    folder = _TEMPLATES / "new"
    templates: dict[str, Traversable] = {
        f"source/{lab}/{lab}.ipynb": folder / "lab.ipynb",
        f"{EXERCISES}/{exercise}.py": folder / "exercise.py.txt",
    }
    for sample in sorted((folder / "samples").iterdir(), key=lambda path: path.name):
        templates[f"examples/{lab}/{sample.name.removesuffix('.txt')}"] = sample
    words = {
        "@LAB@": lab,
        "@EXERCISE@": exercise,
        "@UPPER@": exercise.upper(),
        "@DASHED@": exercise.replace("_", "-"),
    }
    files = {}
    for to, template in templates.items():
        text = template.read_text(encoding="utf-8")
        for word, value in words.items():
            text = text.replace(word, value)
        files[to] = text
    return files
