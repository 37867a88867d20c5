"""What a course's `nbgrader_config.py` hands to nbgrader, so that stock commands do what ours do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from traitlets.config import Config

_OURS = "grader.course.preprocessors"
_THEIRS = "nbgrader.preprocessors"


def wire(c: Config) -> None:
    """Put our steps among nbgrader's; what the course sets itself comes after it, and stays."""
    # release/ is committed, and an older one must not stay: students get, and the gradebook knows,
    # what source/ holds now. Each lab gets a key; the rest of the list is nbgrader's own.
    c.GenerateAssignment.force = True
    c.GenerateAssignment.exporter_class = "grader.course.publishing.exporter.ReleaseExporter"
    c.GenerateAssignment.preprocessors = [
        f"{_OURS}.WriteKey",
        f"{_THEIRS}.IncludeHeaderFooter",
        f"{_OURS}.StartAnywhere",
        f"{_THEIRS}.InstantiateTests",
        f"{_THEIRS}.LockCells",
        f"{_THEIRS}.ClearSolutions",
        f"{_THEIRS}.ClearOutput",
        f"{_THEIRS}.CheckCellMetadata",
        f"{_THEIRS}.ComputeChecksums",
        f"{_THEIRS}.SaveCells",
        f"{_THEIRS}.ClearHiddenTests",
        f"{_THEIRS}.ClearMarkScheme",
        f"{_THEIRS}.ComputeChecksums",
        f"{_THEIRS}.CheckCellMetadata",
    ]
    # Stock `nbgrader autograde` and formgrader's button: the same restoring, sandbox and judge.
    c.Autograde.sanitize_preprocessors = [
        f"{_THEIRS}.ClearOutput",
        f"{_OURS}.Restore",
        f"{_THEIRS}.CheckCellMetadata",
    ]
    c.Autograde.autograde_preprocessors = [
        f"{_OURS}.Judge",
        f"{_THEIRS}.LimitOutput",
        f"{_OURS}.SaveVerdicts",
        f"{_THEIRS}.AssignLatePenalties",
        f"{_THEIRS}.CheckCellMetadata",
    ]
    # Costs nothing until the course says what a day late costs: c.LatePolicy.share_a_day.
    c.AssignLatePenalties.plugin_class = "grader.course.lateness.LatePolicy"
    # Stock `nbgrader generate_feedback` and formgrader's button: the same page, made anew each time.
    c.GenerateFeedback.exporter_class = "grader.course.feedback.exporter.FeedbackExporter"
    c.GenerateFeedback.force = True
    # What a student wrote in Markdown must not run, or act, in the browser of who grades it, nor a
    # name be a formula in a spreadsheet, or a command to a terminal.
    c.HTMLExporter.filters = {"markdown2html": "grader.course.pages.markdown"}
    c.ExportApp.plugin_class = "grader.course.export.CsvExport"
    c.Application.logging_config = {
        "filters": {"plain": {"()": "grader.course.plain.PlainLogs"}},
        "handlers": {"console": {"filters": ["plain"]}},
    }
