"""Labkit's own commands on one lab, built as nbgrader builds its applications."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from nbgrader.api import Gradebook
from nbgrader.apps import GenerateFeedbackApp, NbGrader
from nbgrader.apps.autogradeapp import AutogradeApp
from nbgrader.converters import Autograde
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text
from traitlets import Bool, Float, Int, Unicode

from grader.course.autograde import Outcome, describe, grade_class, results
from grader.course.clerks import ClerkError, pieces_apart, repairs_apart
from grader.course.cluster import ClusterExecutor
from grader.course.errors import CourseError
from grader.course.feedback.writing import write_pages
from grader.course.folders import (
    UnreadableSubmissionError,
    read_files,
    read_lab,
    submitted_folders,
)
from grader.course.gradebook import Recorder
from grader.course.pairs import pair_up
from grader.course.plain import json_line, line, quoted
from grader.course.plain import student as shown
from grader.course.roster import people_of
from grader.course.similar import compare
from grader.course.similar.kit import kit_works
from grader.course.similar.page import Page
from grader.course.underway import grading, warn_of_grading
from grader.course.workers import clerks_executor, warning_of
from grader.running.confine import layers
from grader.versions import numpy_warning, versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.course.labs import Lab
    from grader.course.shapes import Piece


class _LabApp(NbGrader):
    """A command on one lab, named as nbgrader names it: an argument, or --assignment."""

    def lab(self) -> Lab:
        """Read the lab that the command line names; raise `CourseError` if it names none."""
        names = [*self.extra_args, *filter(None, [self.coursedir.assignment_id])]
        if len(names) != 1:
            raise CourseError(
                f"labkit {self.command} takes one lab, as in: labkit {self.command} 01-convolution"
            )
        self.coursedir.assignment_id = names[0]
        return read_lab(self.coursedir, names[0])

    command = ""


class LabAutograde(_LabApp):
    """Grade a lab's submissions in the sandbox and record their marks."""

    name = "labkit-autograde"
    command = "autograde"
    description = __doc__
    workers = Int(0, help="Worker processes; 0 is one a core.").tag(config=True)
    scheduler = Unicode("", help="Address of a Dask scheduler to send the work to.").tag(
        config=True
    )
    require_sandbox = Bool(
        default_value=False, help="Refuse to run where a layer of the sandbox is missing."
    ).tag(config=True)
    json = Bool(default_value=False, help="Print one JSON record a student.").tag(config=True)
    aliases = {  # noqa: RUF012 - traitlets wants a plain dict here
        **AutogradeApp.aliases,
        "workers": "LabAutograde.workers",
        "scheduler": "LabAutograde.scheduler",
    }
    flags = {  # noqa: RUF012 - the same
        **{name: flag for name, flag in AutogradeApp.flags.items() if name != "no-execute"},
        "require-sandbox": ({"LabAutograde": {"require_sandbox": True}}, "see --help-all"),
        "json": ({"LabAutograde": {"json": True}}, "print one JSON record a student"),
    }

    def start(self) -> None:
        """Grade, record, and end with a summary; exit with 1 if a submission needs a person."""
        super().start()
        started = time.perf_counter()
        lab = self.lab()
        options = Autograde(coursedir=self.coursedir, parent=self)
        workers = self.workers or os.cpu_count() or 1
        make = (
            (lambda: ClusterExecutor(self.scheduler))
            if self.scheduler
            else (lambda: clerks_executor(workers))
        )
        console = Console(stderr=True)
        if warning := numpy_warning():
            console.print(warning, style="yellow", markup=False)
        _warn_of_missing_layers(console)
        if self.scheduler and (warning := warning_of(self.scheduler)):
            console.print(f"warning: {warning}", style="yellow", highlight=False, markup=False)
        students = submitted_folders(self.coursedir, lab.name, self.coursedir.student_id)
        with (
            grading(self.coursedir, lab.name),
            Recorder(
                self.coursedir, lab, parent=self, create_student=options.create_student
            ) as recorder,
        ):
            with _progress(console) as bars:
                bar = bars.add_task(f"grading {lab.name}", total=len(students))
                outcome = grade_class(
                    self.coursedir,
                    lab,
                    recorder,
                    make,
                    workers=workers,
                    force=options.force,
                    require_sandbox=self.require_sandbox,
                    progress=lambda student, status: bars.advance(bar),  # noqa: ARG005
                )
            pairs = pair_up(self.coursedir, lab.name, recorder, people_of(self.coursedir))
            outcome.partners |= pairs.partners
            outcome.notes |= {
                who: "; ".join(filter(None, (outcome.notes.get(who), quoted(what))))
                for who, what in pairs.notes.items()
            }
            if self.json:
                for record in results(recorder, [student for student, _ in students]):
                    print(json_line(record))
        self._finish(console, outcome, time.perf_counter() - started)

    def _finish(self, console: Console, outcome: Outcome, seconds: float) -> None:
        console.print(describe(outcome, seconds), highlight=False, markup=False)
        if outcome.needs_a_person:
            sys.exit(1)


def _warn_of_missing_layers(console: Console) -> None:
    """Say what the sandbox lacks here, while there is still time to grade elsewhere."""
    missing = [layer for layer in layers() if layer.essential and not layer.available]
    for layer in missing:
        console.print(
            f"warning: the sandbox lacks {layer.name} here: {layer.detail}", style="yellow"
        )
    if missing:
        console.print("it grades all the same; see `labkit doctor`", style="yellow")


class _Rate(ProgressColumn):
    """Submissions a second, so far."""

    def render(self, task: Task) -> Text:
        """Write the rate of `task`."""
        return Text(f"{task.speed:.1f}/s" if task.speed else "–", style="dim")


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    )


class LabFeedback(_LabApp):
    """Write what students get back, a page for each notebook: feedback/STUDENT/LAB/NOTEBOOK.html."""

    name = "labkit-generate_feedback"
    command = "generate_feedback"
    description = __doc__
    workers = Int(0, help="Worker processes; 0 is one a core.").tag(config=True)
    aliases = {**GenerateFeedbackApp.aliases, "workers": "LabFeedback.workers"}  # noqa: RUF012 - as above
    force = Bool(default_value=False, help="For nbgrader's sake: every page is made anew.").tag(
        config=True
    )
    flags = {  # noqa: RUF012 - the same
        **GenerateFeedbackApp.flags,
        **dict.fromkeys(("force", "f"), ({"LabFeedback": {"force": True}}, "see --help-all")),
    }

    def start(self) -> None:
        """Write the pages that differ from what is there; exit with 1 if one can't be written."""
        super().start()
        started = time.perf_counter()
        lab = self.lab()
        console = Console(stderr=True)
        with (
            Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook,
            _progress(console) as bars,
        ):
            bar = bars.add_task(f"feedback on {lab.name}", total=None)
            pages = write_pages(
                self.coursedir,
                lab,
                gradebook,
                parent=self,
                workers=self.workers or os.cpu_count() or 1,
                progress=lambda done, whole: bars.update(bar, completed=done, total=whole),
            )
        seconds = time.perf_counter() - started
        said = f"{len(pages.written)} pages written, {len(pages.unchanged)} unchanged"
        if pages.withdrawn:
            said += f", {len(pages.withdrawn)} taken away whose submission needs a person now"
        console.print(f"{said}, in {seconds:.1f} s", highlight=False)
        warn_of_grading(self.coursedir, [lab.name])
        for student, why in sorted(pages.problems.items()):
            told = f"  no page: {shown(student)}: {line(why)}"
            console.print(told, highlight=False, markup=False)
        if pages.problems:
            sys.exit(1)


class LabRestore(_LabApp):
    """Print what would be repaired in each submission of a lab, without grading any."""

    name = "labkit-restore"
    command = "restore"
    description = __doc__

    def start(self) -> None:
        """Print a line a repair; exit with 1 if a submission needs a person."""
        super().start()
        lab = self.lab()
        folders = submitted_folders(self.coursedir, lab.name, self.coursedir.student_id)
        if not folders:
            raise CourseError(f"nobody handed in {lab.name}")
        helpless = False
        for student, folder in folders:
            try:
                repairs, problems = repairs_apart(lab, read_files(folder))
            except UnreadableSubmissionError as error:
                repairs, problems = [], [str(error)]
            helpless |= bool(problems)
            told = [*(f"needs a person: {quoted(problem)}" for problem in problems)]
            told += map(quoted, repairs)
            print(f"{shown(student)}: {'nothing to repair' if not told else ''}".rstrip())
            for one in told:
                print(f"  {line(one)}")
        if helpless:
            sys.exit(1)


class LabSimilar(_LabApp):
    """Find submissions of a lab that are alike in what hardly anybody else wrote."""

    name = "labkit-similar"
    command = "similar"
    description = __doc__
    workers = Int(0, help="Submissions read at once; 0 is one a core.").tag(config=True)
    output = Unicode("", help="The page to write; similar-LAB.html where it isn't said.").tag(
        config=True
    )
    least = Float(0.0, help="Bits that make a pair worth a look; 0 goes by the class's size.").tag(
        config=True
    )
    aliases = {  # noqa: RUF012 - the same
        **NbGrader.aliases,
        "workers": "LabSimilar.workers",
        "output": "LabSimilar.output",
        "least": "LabSimilar.least",
    }

    def start(self) -> None:
        """Compare, write the page, and print the pairs."""
        super().start()
        lab = self.lab()
        folders = submitted_folders(self.coursedir, lab.name)
        if not folders:
            raise CourseError(f"nobody handed in {lab.name}")
        works, unread = self._read(lab, folders)
        kit = kit_works(lab, Path(self.coursedir.root, "examples", lab.name))
        found = compare(works, kit, self.least or None)
        path = Path(self.output or f"similar-{lab.name}.html")
        try:
            path.write_text(Page(lab.name, found, works, kit, unread).html(), encoding="utf-8")
        except OSError as error:
            raise CourseError(f"{path} can't be written: {error.strerror}") from None
        for student, why in unread.items():
            print(f"not compared: {shown(student)}: {quoted(why)}")
        for pair in found.pairs:
            alike = ", ".join(one.exercise for one in pair.exercises if one.counts)
            print(f"{pair.bits:5.0f} bits  {shown(pair.first)}  {shown(pair.second)}  ({alike})")
        print(
            f"{path}: {len(works)} submissions, {len(found.pairs)} pairs of {found.least_bits:.0f} "
            f"bits or more; of {len(found.untold)} submissions it can't be told"
        )

    def _read(
        self, lab: Lab, folders: list[tuple[str, Path]]
    ) -> tuple[dict[str, dict[str, Piece]], dict[str, str]]:
        """Return what each student wrote, and why what others handed in can't be read."""
        works, unread = {}, {}

        def read(folder: Path) -> dict[str, Piece] | str:
            try:
                return pieces_apart(lab, read_files(folder))
            except (ClerkError, UnreadableSubmissionError) as error:
                return str(error)

        console = Console(stderr=True)
        with _progress(console) as bars, clerks_executor(self.workers or os.cpu_count() or 1) as at:
            bar = bars.add_task(f"reading {lab.name}", total=len(folders))
            for (student, _), found in zip(
                folders, at.map(read, [folder for _, folder in folders]), strict=True
            ):
                bars.advance(bar)
                if isinstance(found, str):
                    unread[student] = found
                else:
                    works[student] = found
        return works, unread


def doctor(arguments: Sequence[str]) -> None:
    """Print which layers of the sandbox this machine gives, and what the missing ones mean."""
    del arguments
    table = Table(title="The sandbox's layers on this machine")
    for column in ("layer", "here", "detail"):
        table.add_column(column)
    found = layers()
    for layer in found:
        mark = "[green]yes[/]" if layer.available else "[red]no[/]"
        table.add_row(layer.name, mark, layer.detail)
    Console().print(table)
    print(numpy_warning() or versions())
    lacking = [layer.name for layer in found if layer.essential and not layer.available]
    if lacking:
        print(
            f"missing: {', '.join(lacking)}. Grading works without, and says so; "
            "`labkit autograde --require-sandbox` refuses. Without user namespaces root is refused "
            "anyway, unless LABKIT_ALLOW_ROOT=1."
        )
        sys.exit(1)
    print("every essential layer is here")
