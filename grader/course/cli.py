"""The `labkit` command: a table of commands, each imported when it is asked for."""

from __future__ import annotations

import importlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from grader.consoles import speak_there
from grader.course import clerks
from grader.course.errors import CourseError, sentence
from grader.course.plain import plain
from grader.running.runner import SandboxError

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Command:
    """A command: where it is, as "module:name", and what it does.

    It is one of nbgrader's applications, one built like them, or a function that takes arguments.
    """

    where: str
    about: str
    grades: bool = False

    def run(self, arguments: Sequence[str]) -> None:
        """Import the command, and run it."""
        module, _, name = self.where.partition(":")
        found = getattr(importlib.import_module(module), name)
        if not isinstance(found, type):
            found(arguments)
            return
        try:
            found.launch_instance(argv=list(arguments))  # type: ignore[attr-defined]
        finally:
            found.clear_instance()  # type: ignore[attr-defined]  # or the demo can't run several


COMMANDS = {
    "demo": Command(
        "grader.course.demo:run",
        "grade a sample class on the first lab, from release to feedback",
        grades=True,
    ),
    "quickstart": Command(
        "grader.course.publishing.scaffold:start_course",
        "make a course in a new folder, with a first lab that works",
    ),
    "new": Command(
        "grader.course.publishing.scaffold:LabNew",
        "make a new lab that works, to be changed into yours",
    ),
    "release": Command(
        "grader.course.publishing.release:LabRelease",
        "check labs, then make release/LAB and dist/LAB.zip",
    ),
    "generate_assignment": Command(
        "nbgrader.apps:GenerateAssignmentApp", "make release/LAB from source/LAB"
    ),
    "autograde": Command(
        "grader.course.apps:LabAutograde",
        "grade the submissions of LAB in the sandbox",
        grades=True,
    ),
    "roster": Command(
        "grader.course.roster:LabRoster", "read who is in the course from a system's own list"
    ),
    "collect": Command(
        "grader.course.collect:LabCollect", "file the submissions that a system hands out"
    ),
    "grade": Command(
        "grader.course.whole:run",
        "do it all: collect, autograde, report, generate_feedback, export",
        grades=True,
    ),
    "restore": Command(
        "grader.course.apps:LabRestore", "print what would be repaired, without grading"
    ),
    "report": Command(
        "grader.course.report.app:LabReport", "show a class: its marks, and why they were lost"
    ),
    "desk": Command("grader.course.desk:run", "open formgrader on this course, to mark by hand"),
    "similar": Command(
        "grader.course.apps:LabSimilar", "find submissions that are alike in what is rare"
    ),
    "generate_feedback": Command(
        "grader.course.apps:LabFeedback",
        "write what students get back: feedback/STUDENT/LAB/*.html",
    ),
    "export": Command(
        "grader.course.export:LabExport",
        "write the gradebook for Moodle, Canvas or a spreadsheet",
    ),
    "doctor": Command(
        "grader.course.apps:doctor", "say which layers of the sandbox this machine gives"
    ),
}


def main(argv: Sequence[str] | None = None) -> None:
    """Run `labkit COMMAND ...`; a mistake in its use is a sentence and exit code 1, no traceback."""
    name, *arguments = [*(sys.argv[1:] if argv is None else argv), ""]
    arguments = arguments[:-1]
    if name in ("", "-h", "--help", "help"):
        print("labkit COMMAND [LAB] [options]     (labkit COMMAND --help says more)\n")
        for command, found in COMMANDS.items():
            print(f"  {command:<20} {found.about}")
        return
    if name not in COMMANDS:
        print(
            f"labkit: there is no command {name!r}; there are: {', '.join(COMMANDS)}",
            file=sys.stderr,
        )
        sys.exit(2)
    # nbgrader runs alembic from PATH, and it lies beside this Python.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    # Read when traitlets is imported, which goes on without a configuration that can't be read, and
    # without its penalties.
    os.environ["TRAITLETS_APPLICATION_RAISE_CONFIG_FILE_ERROR"] = "1"
    if COMMANDS[name].grades:
        clerks.get_ready()
    speak_there()
    _run(COMMANDS[name], arguments)


def _run(command: Command, arguments: Sequence[str]) -> None:
    """Run a command; what isn't its fault is a sentence and exit code 1, too."""
    try:
        command.run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # who read it has read enough
        _end()
    except KeyboardInterrupt:
        _fail("interrupted: what was done is kept, and the same line again does the rest")
    except (CourseError, SandboxError) as error:
        _fail(str(error))
    except Exception as error:
        if (said := sentence(error)) is None:
            raise
        _fail(said)


def _fail(why: str) -> NoReturn:
    """End with a sentence."""
    print(f"labkit: {plain(why)}", file=sys.stderr)
    _end()


def _end() -> NoReturn:
    """End in vain; what can't be printed any more isn't tried again."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(1)
