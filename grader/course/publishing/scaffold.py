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

import grader
from grader.course.errors import CourseError
from grader.exercises.cases import exercises

if TYPE_CHECKING:
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


def exercise_name(lab: str) -> str:
    """Name the exercise of a new lab after the lab.

    >>> exercise_name("07-one-hot")
    'one_hot'
    """
    return re.sub(r"\W+", "_", re.sub(r"^[\d\W]+", "", lab)).strip("_").lower()


def scaffold(root: Path, lab: str, exercise: str) -> list[Path]:
    """Write a new lab's files into the course at `root`, and return them.

    Raises `CourseError` for a name that can't be used, a file that is there already, or a course
    that isn't a clone of the kit: the exercise goes into the `grader` package.
    """
    if not re.fullmatch(r"[A-Za-z0-9][\w-]*", lab):
        raise CourseError(f"{lab!r} can't name a lab: take letters, digits and -, as 07-my-lab")
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", exercise) or keyword.iskeyword(exercise):
        raise CourseError(
            f"{exercise!r} can't name a function: say another with --exercise=my_function"
        )
    if exercise in exercises():
        raise CourseError(
            f"there is an exercise {exercise!r} already: say another with --exercise="
        )
    if Path(grader.__file__).resolve().parents[1] != root.resolve():
        raise CourseError(
            "a new exercise goes into the grader package, and this Python has another one "
            f"({Path(grader.__file__).parent}): clone the kit, `pip install -e .`, and run this there"
        )
    files = {root / name: text for name, text in _files(lab, exercise).items()}
    there = [path for path in files if path.exists()]
    if there:
        raise CourseError(f"{there[0]} is there already: take another name, or move it away")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(files)


def _files(lab: str, exercise: str) -> dict[str, str]:
    """Return the new files by name, from the templates."""
    folder = resources.files("grader.course.publishing").joinpath("templates", "new")
    places = {
        "lab.ipynb": f"source/{lab}/{lab}.ipynb",
        "cases.py.txt": f"grader/exercises/cases/{exercise}.py",
        "references.py.txt": f"grader/exercises/references/{exercise}.py",
        "mistakes.py.txt": f"grader/exercises/mistakes/{exercise}.py",
        "test_mistakes.py.txt": f"tests/exercises/mistakes/test_{exercise}.py",
    }
    templates: dict[str, Traversable] = {to: folder / name for name, to in places.items()}
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
