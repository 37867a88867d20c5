"""`labkit report`: a lab, or the whole course, in the terminal, as a page, and as data."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbgrader.api import Gradebook
from nbgrader.apps import NbGrader
from rich.console import Console
from traitlets import Bool, Unicode

from grader.course.errors import CourseError
from grader.course.folders import expect_course, replace_file
from grader.course.lateness import settle_all
from grader.course.plain import cell, json_line
from grader.course.plain import student as shown
from grader.course.report.insights import mean_share, shares_of
from grader.course.report.reasons import abstract, reasons
from grader.course.report.standings import MISSING, read_book
from grader.course.report.table import course_table, long_table, short_table
from grader.course.underway import is_graded_now, warn_of_grading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from grader.course.report.standings import LabBook, Standing

FOLDER = "report"
COURSE = "course"
BESIDE = "\n"
"""What --html holds where no file is named."""


class LabReport(NbGrader):
    """Show a lab's marks and why they were lost, or without LAB the whole course.

    In the terminal it is a line a student (--long tells all reasons); with --html it is a page, with
    a CSV beside it; with --json a record a student.
    """

    name = "labkit-report"
    description = __doc__
    long = Bool(default_value=False, help="Print all reasons.").tag(config=True)
    json = Bool(default_value=False, help="Print one JSON record a student.").tag(config=True)
    html = Unicode("", help="Write a page to this file: report/LAB.html if none is named.").tag(
        config=True
    )
    aliases = {  # noqa: RUF012 - traitlets wants a plain dict here
        "log-level": "Application.log_level",
        "student": "CourseDirectory.student_id",
        "assignment": "CourseDirectory.assignment_id",
        "db": "CourseDirectory.db_url",
        "course": "CourseDirectory.course_id",
        "html": "LabReport.html",
    }
    flags = {  # noqa: RUF012 - the same
        "long": ({"LabReport": {"long": True}}, "print all reasons"),
        "json": ({"LabReport": {"json": True}}, "print one JSON record a student"),
        "html": ({"LabReport": {"html": BESIDE}}, "write a page, to report/LAB.html"),
    }

    def start(self) -> None:
        """Print the table, or write the page."""
        super().start()
        names = [*self.extra_args, *filter(None, [self.coursedir.assignment_id])]
        if len(names) > 1:
            raise CourseError("labkit report takes one lab, or none for the whole course")
        if self.html not in ("", BESIDE) and not self.html.endswith((".html", ".htm")):
            raise CourseError(
                f"a page's file ends with .html, and {self.html!r} doesn't: write "
                "`labkit report LAB --html`, or --html=FILE.html"
            )
        expect_course(self.coursedir)
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as book:
            settle_all(book, self, names[0] if names else "")
            labs = names or sorted(one.name for one in book.assignments)
            books = [
                read_book(self.coursedir, book, lab, self.coursedir.student_id) for lab in labs
            ]
        books = [one for one in books if len(one.of(MISSING)) < len(one.standings)]
        if not books:
            lab = names[0] if names else "LAB"
            if names and is_graded_now(self.coursedir, lab):
                raise CourseError(f"{lab} is being graded right now, and no mark is there yet")
            raise CourseError(f"nothing is graded yet: run `labkit autograde {lab}`")
        if self.json:
            for one in books:
                for standing in one.standings:
                    print(json_line(as_data(one, standing)))
        if self.html:
            self._write(books, names[0] if names else COURSE)
        elif not self.json:
            self._print(books, whole=not names)
        warn_of_grading(self.coursedir, [one.lab for one in books])

    def _print(self, books: Sequence[LabBook], *, whole: bool) -> None:
        console = Console()
        if whole:
            people = {one.student: one.name for book in books for one in book.standings}
            console.print(course_table([one.lab for one in books], people, shares_of(books)))
        elif self.long:
            console.print(long_table(books[0]))
        else:
            blocks = console.encoding.lower().startswith("utf")
            console.print(short_table(books[0], blocks=blocks), highlight=False)
        if not whole:
            for one in books[0].standings:
                if one.pair_of:
                    print(f"{shown(one.student)} handed in with {shown(one.pair_of)}")

    def _write(self, books: Sequence[LabBook], name: str) -> None:
        """Write the page and the CSV, and say where they are."""
        from grader.course.report.page import course_page, lab_page  # draws: matplotlib takes long

        path = Path(self.html)
        if self.html == BESIDE:
            path = Path(self.coursedir.root, FOLDER, f"{name}.html")
        whole = name == COURSE
        page = course_page(books, path) if whole else lab_page(books[0], path)
        rows = course_rows(books) if whole else lab_rows(books[0])
        data = io.StringIO()
        csv.writer(data, lineterminator="\n").writerows([map(cell, row) for row in rows])
        told = [path, path.with_suffix(".csv")]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            for file, text in zip(told, (page, data.getvalue()), strict=True):
                replace_file(file, text.encode("utf-8", "replace"))
        except OSError as error:
            raise CourseError(f"the report can't be written: {error}") from None
        if not self.json:
            print("\n".join(map(str, told)))


def as_data(book: LabBook, one: Standing) -> dict[str, Any]:
    """Return where a student stands, as plain data."""
    return {
        "lab": book.lab,
        "student": one.student,
        "name": one.name,
        "state": one.state,
        "score": one.score,
        "raw_score": one.raw if one.marks else None,
        "late_penalty": one.penalty,
        "max_score": book.most,
        "handed_in": one.handed_in and one.handed_in.isoformat(),
        "seconds_late": one.seconds_late,
        "marks": {
            name: sum(one.marks.get(item.key, 0.0) for item in items)
            for name, items in book.exercises().items()
        }
        if one.marks
        else {},
        "to_grade_by_hand": [name for _, name in one.waiting],
        "lost": [
            {"points": cost, "reason": why} for cost, why in reasons(one.record or {}, abstract)
        ],
        "mistakes": sorted({name for lost in one.lost() for name in lost.get("mistakes", ())}),
        "flags": one.flags(),
        "repairs": one.repairs(),
        "notes": list(one.notes),
    }


def lab_rows(book: LabBook) -> Iterable[list[Any]]:
    """Yield the rows of a lab's CSV, its header first."""
    exercises = book.exercises()
    yield [
        *("student_id", "name", "state", "score", "raw_score", "late_penalty", "max_score"),
        *("hours_late", "to_grade_by_hand", *exercises, "reasons", "notes"),
    ]
    for one in book.standings:
        marks = [
            sum(one.marks.get(item.key, 0.0) for item in items) if one.marks else None
            for items in exercises.values()
        ]
        told = "; ".join(
            f"{why} (-{points:g})" for points, why in reasons(one.record or {}, abstract)
        )
        yield [
            *(one.student, one.name, one.state, one.score, one.raw if one.marks else None),
            *(one.penalty, book.most, round(one.seconds_late / 3600, 2), len(one.waiting)),
            *(*marks, told, "; ".join(one.notes)),
        ]


def course_rows(books: Sequence[LabBook]) -> Iterable[list[Any]]:
    """Yield the rows of a course's CSV: marks of each lab, and the mean of their shares."""
    yield ["student_id", "name", *(book.lab for book in books), "mean_share"]
    shares = shares_of(books)
    people = {one.student: one.name for book in books for one in book.standings}
    scores = {(b.lab, one.student): one.score for b in books for one in b.standings}
    for student in sorted(shares):
        marks = [scores.get((book.lab, student)) for book in books]
        yield [student, people[student], *marks, round(mean_share(shares[student]), 4)]
