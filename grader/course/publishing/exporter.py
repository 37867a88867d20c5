"""`nbgrader generate_assignment`, and formgrader's button, leave a release whole however they end."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbgrader.converters import GenerateAssignment

from grader.course.publishing.disk import read_folder, replace_folder


class ReleaseExporter(NotebookExporter):
    """nbgrader's exporter of a release; it is made before nbgrader takes the old release away."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        if type(self.parent) is GenerateAssignment:
            self.parent.__class__ = WholeRelease  # nbgrader's configuration can't name a converter


class WholeRelease(GenerateAssignment):
    """nbgrader's way to make a release, on a copy of what is there, which then takes its place.

    Making it takes a while, and nbgrader begins by removing what students have.
    """

    def convert_notebooks(self) -> None:
        """Do all of it with a folder for the copy, which goes however it ends."""
        with tempfile.TemporaryDirectory(prefix="labkit-release-") as scratch:
            self._scratch = Path(scratch)
            super().convert_notebooks()

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        """Make the copy, unless all of it is replaced, and let nbgrader decide on it."""
        self._real = Path(super()._format_dest(assignment_id, student_id))
        if self._real.is_dir() and not (self.force and self.coursedir.notebook_id == "*"):
            shutil.copytree(self._real, self._copy)
        return bool(super().init_destination(assignment_id, student_id))

    @property
    def _copy(self) -> Path:
        return self._scratch / self._real.name

    def _format_dest(self, assignment_id: str, student_id: str, escape: bool = False) -> str:  # noqa: ARG002, FBT001, FBT002 - theirs
        return str(self._copy)

    def set_permissions(self, assignment_id: str, student_id: str) -> None:
        """Put what was made into its place: nothing of the release is left to do."""
        super().set_permissions(assignment_id, student_id)
        replace_folder(self._real, read_folder(self._copy))
        for made in (self._copy, *self._copy.rglob("*")):
            place = self._real / made.relative_to(self._copy)
            if place.exists():
                shutil.copymode(made, place)
