"""`grades.csv`, as nbgrader writes it, but a student's name in it is never a formula or a new row."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbgrader.api import MissingEntry
from nbgrader.plugins import ExportPlugin

from grader.course.lateness import settle_all
from grader.course.plain import cell

if TYPE_CHECKING:
    from nbgrader.api import Assignment, Gradebook, Student

COLUMNS = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score"),
)


class CsvExport(ExportPlugin):
    """Writes nbgrader's columns, a row for each student and lab."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the file that --to names, or grades.csv; late penalties as they are due now."""
        settle_all(gradebook, self)
        path = Path(self.to or "grades.csv")
        self.log.info("Exporting grades to %s", path)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for assignment in gradebook.assignments:
                if not self.assignment or assignment.name in map(str, self.assignment):
                    for student in gradebook.students:
                        if not self.student or student.id in map(str, self.student):
                            writer.writerow(map(cell, _row(gradebook, assignment, student)))


def _row(gradebook: Gradebook, assignment: Assignment, student: Student) -> list[Any]:
    """Return a student's row; who handed nothing in has 0."""
    try:
        submission = gradebook.find_submission(assignment.name, student.id)
    except MissingEntry:
        timestamp, raw, penalty = None, 0.0, 0.0
    else:
        timestamp, raw = submission.timestamp, submission.score
        penalty = submission.late_submission_penalty
    who = (student.id, student.last_name, student.first_name, student.email)
    marks = (raw, penalty, max(0.0, raw - penalty), assignment.max_score)
    return [assignment.name, assignment.duedate, timestamp, *who, *marks]
