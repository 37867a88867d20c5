"""nbgrader's own `autograde`, formgrader's button too, with our restoring, sandbox and judge.

`nbgrader_config.py` names these instead of nbgrader's `OverwriteCells`, `Execute` and
`SaveAutoGrades`, so that stock commands give the grades that `labkit autograde` gives, only slower.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from traitlets import Unicode

from grader.course import answers
from grader.course.autograde import lab_digest, whole_digest
from grader.course.clerks import ClerkError, grade_apart, restore_apart
from grader.course.folders import course_secret, read_files, read_lab, read_source
from grader.course.gradebook import RECORD, record_text
from grader.course.grading import digest, submission
from grader.course.labs import USE_KEY, make_key
from grader.course.patience import told
from grader.course.plain import line
from grader.course.starting import start_cells
from grader.course.submissions.originals import grade_id
from grader.course.underway import grading
from grader.key import SUFFIX, edition_of

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from grader.course.labs import Lab

Resources = dict[str, Any]


class _InCourse(NbGraderPreprocessor):
    """A preprocessor that knows the course, the lab and the student it works for."""

    def course(self) -> CourseDirectory:
        """Return the course directory of the running application."""
        found = getattr(self.parent, "coursedir", None) or getattr(
            getattr(self.parent, "parent", None), "coursedir", None
        )
        return found if found is not None else CourseDirectory(parent=self)

    def lab(self, resources: Resources) -> Lab:
        """Return the instructor's copy of the lab that is being graded."""
        return read_lab(self.course(), resources["nbgrader"]["assignment"])

    def submitted(self, resources: Resources) -> dict[str, bytes]:
        """Return the files that the student handed in."""
        course = self.course()
        about = resources["nbgrader"]
        folder = course.format_path(
            course.submitted_directory, about["student"], about["assignment"]
        )
        return read_files(Path(folder))


class WriteKey(_InCourse):
    """Write a lab's key beside the released notebook, and its edition into the notebook.

    It stands first in `GenerateAssignment.preprocessors`, before checksums are taken.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Fill in `use_key("LAB")`, and put the key among the files to write."""
        name = resources["nbgrader"]["assignment"]
        lab = read_source(self.course(), name)
        with told(f"making the key of {name}"):
            data = make_key(lab)
        edition = edition_of(data)
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.source = USE_KEY.sub(rf'use_key("\1", edition="{edition}")', cell.source)
        resources.setdefault("outputs", {})[f"{name}{SUFFIX}"] = data
        return nb, resources


class StartAnywhere(NbGraderPreprocessor):
    """Let a released notebook start on Colab and Kaggle: badges, and a cell that installs the kit."""

    address = Unicode(
        "",
        help="Where the course's bundles are: https://github.com/OWNER/REPO, whose releases hold "
        "dist/'s zips, or a folder on the web with those zips in it. Empty: no badges, no cell.",
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Put the cells below the title."""
        about = resources["nbgrader"]
        cells = start_cells(self.address, about["assignment"], about["notebook"])
        below = 1 if nb.cells and nb.cells[0].cell_type == "markdown" else 0
        nb.cells[below:below] = cells
        return nb, resources


class Restore(_InCourse):
    """Put the instructor's cells back, as `grader.course.submissions.restore` does."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Replace the notebook by the restored one."""
        del nb  # the file is read anew: what nbconvert reads has lost what was wrong with it
        name = resources["nbgrader"]["notebook"]
        data = self.submitted(resources)[f"{name}.ipynb"]
        notebook, repairs = restore_apart(self.lab(resources), name, data)
        for repair in repairs:
            self.log.warning("%s: %s", name, line(repair))
        return notebook, resources


class Judge(_InCourse):
    """Run the submission in the sandbox and judge it, as `labkit autograde` does."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Replace the notebook by the graded one and remember its scores."""
        del nb  # grading restores the submitted file itself
        about = resources["nbgrader"]
        name = about["notebook"]
        lab = self.lab(resources)
        files = self.submitted(resources)
        secret = course_secret(Path(self.course().root))
        one = submission(secret, lab.name, about["student"], files)
        with grading(self.course(), lab.name):
            whole = answers.from_bytes(grade_apart(lab, one), lab, one.student)
        if name not in whole.notebooks:
            raise ClerkError(whole.reason)
        if name == max(whole.notebooks):  # the last one: what is recorded is graded whole
            handed = whole_digest(files, lab_digest(lab))
            record = record_text(whole, handed, digest(files))
            resources.setdefault("outputs", {})[RECORD] = record
        graded = whole.notebooks[name]
        for flag in graded.flags:
            self.log.warning("%s, line %d: %s", flag.cell or name, flag.line, line(flag.what))
        resources["labkit"] = dict(graded.scores)
        return nbformat.reads(graded.text, as_version=4), resources


class SaveVerdicts(SaveAutoGrades):
    """Save the judge's scores where nbgrader would read them off a cell's outputs."""

    def _add_score(self, cell: NotebookNode, resources: Resources) -> None:
        super()._add_score(cell, resources)
        scores = resources["labkit"]
        if grade_id(cell) in scores:
            about = resources["nbgrader"]
            grade_row = self.gradebook.find_grade(
                grade_id(cell), about["notebook"], about["assignment"], about["student"]
            )
            grade_row.auto_score = scores[grade_id(cell)]
            grade_row.needs_manual_grade = grade_row.manual_score is not None
            self.gradebook.db.commit()
