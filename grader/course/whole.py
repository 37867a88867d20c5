"""`labkit grade`: the whole way of a class in one command, from a system's zip to its file of marks.

It runs the commands that there are for each step, and nothing else: what it does can be done one by
one, and whatever ended it, the same line goes on where it was. A submission that a person must decide on
stops itself and nobody else; it is told at the end, and the exit code is 1.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGrader
from traitlets import Enum, Int, Unicode

from grader.course.collect import LabCollect
from grader.course.errors import CourseError
from grader.course.export import SHEETS
from grader.course.folders import read_source, submitted_folders
from grader.course.steps import Steps, general

if TYPE_CHECKING:
    from collections.abc import Sequence

OTHERS = "csv"
"""What is written for a system that has no file of its own."""


class LabGrade(NbGrader):
    """Collect a lab's submissions, grade them, report, write feedback and the file of marks."""

    name = "labkit-grade"
    description = __doc__
    examples = """
        What Moodle gave out, to grades-moodle.csv:

            labkit grade entregas.zip 01-convolution

        The same, when something was decided, mended or marked since:

            labkit grade entregas.zip 01-convolution
        """
    id_map = Unicode("", help="A CSV of names (or the system's numbers) and student ids.").tag(
        config=True
    )
    to = Enum(
        ["", *SHEETS], "", help="Whose file of marks; what the zip is of where it isn't said."
    ).tag(config=True)
    workers = Int(0, help="Worker processes; 0 is one a core.").tag(config=True)
    aliases = {  # noqa: RUF012 - traitlets' way
        **NbGrader.aliases,
        "id-map": "LabGrade.id_map",
        "to": "LabGrade.to",
        "workers": "LabGrade.workers",
    }

    def start(self) -> None:
        """Take the steps, and say what waits for a person."""
        super().start()
        if len(self.extra_args) != 2:  # noqa: PLR2004
            raise CourseError(
                "labkit grade takes what your system gave you, and a lab, as in: "
                "labkit grade ~/Downloads/entregas.zip 01-convolution"
            )
        archive, lab = self.extra_args
        if not Path(archive).expanduser().exists():
            raise CourseError(f"{archive} doesn't exist")
        read_source(self.coursedir, lab)
        said = general(self.cli_config)
        steps = Steps()
        if not self._is_generated(lab):
            steps.run("The lab", "generate_assignment", lab, "--log-level=ERROR", general=said)
        layout = self._collect(steps, archive, lab, said)
        if not submitted_folders(self.coursedir, lab):
            raise CourseError(f"nothing of {archive} could be filed, so there is nothing to grade")
        many = [f"--workers={self.workers}"] if self.workers else []
        to = self.to or (layout.lower() if layout.lower() in SHEETS else OTHERS)
        steps.run("Marks", "autograde", lab, *many, general=said)
        steps.run("The class", "report", lab, general=said)
        steps.run("What students get", "generate_feedback", lab, *many, general=said)
        steps.run("The class's page", "report", lab, "--html", general=said)
        steps.run("For your system", "export", f"--to={to}", f"--grades={lab}", general=said)
        if steps.wait:
            told = ", ".join(f"labkit {command}" for command in dict.fromkeys(steps.wait))
            print(f"something waits for you (see above, {told}); then run the same line again")
            sys.exit(1)

    def _is_generated(self, lab: str) -> bool:
        """Return whether the gradebook knows the lab, and students have it."""
        release = self.coursedir.format_path(self.coursedir.release_directory, ".", lab)
        with (
            Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook,
            suppress(MissingEntry),
        ):
            gradebook.find_assignment(lab)
            return Path(release).is_dir()
        return False

    def _collect(self, steps: Steps, archive: str, lab: str, said: Sequence[str]) -> str:
        """File the submissions; return whose layout the archive has."""
        names = [f"--id-map={self.id_map}"] if self.id_map else []
        steps.say("Submissions", " ".join(["labkit collect", archive, lab, *names]))
        app = LabCollect()
        app.initialize([archive, lab, *names, *said])
        try:
            app.start()
        except SystemExit:
            steps.wait.append(app.command)
        return app.layout


def run(arguments: Sequence[str]) -> None:
    """Grade a class; each step is an application of its own, and so this is none that is installed."""
    app = LabGrade()
    app.initialize(list(arguments))
    app.start()
