"""Stock `nbgrader generate_feedback`, and formgrader's button, write the page that labkit writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbconvert.exporters import Exporter
from nbgrader.api import Gradebook

from grader.course.feedback.marks import standings
from grader.course.feedback.outline import outline
from grader.course.feedback.writing import page_of
from grader.course.folders import read_source
from grader.course.lateness import settle_all

if TYPE_CHECKING:
    from nbgrader.coursedir import CourseDirectory


class FeedbackExporter(Exporter):
    """What nbgrader's converter asks for the page of one notebook in `autograded/`."""

    file_extension = ".html"

    def from_filename(  # type: ignore[override]  # the base class returns a notebook, its heirs a text
        self, filename: str, resources: dict[str, Any] | None = None, **_options: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the page, and where nbgrader's writer is to put it."""
        resources = resources or {}
        about = resources["nbgrader"]
        course: CourseDirectory = self.parent.coursedir  # type: ignore[union-attr]
        lab = read_source(course, about["assignment"])
        with Gradebook(course.db_url, course.course_id) as gradebook:
            settle_all(gradebook, self, lab.name)
            standing = standings(gradebook, lab.name)[about["student"], about["notebook"]]
        ours = outline(lab.notebooks[about["notebook"]].source)
        page = page_of(standing, ours, Path(filename).parent)
        return page, {**resources, "output_extension": self.file_extension}
