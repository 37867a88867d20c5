"""`labkit roster FILE`: who is in the course: nbgrader's student table, from a system's own list.

What each system gives, and which of its columns identifies a student (the first that is there, filled
for everybody, and different for each; `--id` names another):

    nbgrader    id, first_name, last_name, email, lms_user_id: `nbgrader db student import`'s own; id
    Moodle      the grader's report or the participants' list: First name, Last name (or Surname), ID
                number, Email address; in Spanish Nombre, Apellido(s), Número de ID, Dirección de
                correo; commas, semicolons or tabs, as was chosen. A list with Roles has teachers, too
    Canvas      the gradebook: Student ("Pérez, Ana"), ID, SIS User ID, SIS Login ID, Section; its
                second row has the "Points Possible", and its last is the "Student, Test"
    Brightspace OrgDefinedId, Username, Last Name, First Name, Email; values begin with #
    Blackboard  Last Name, First Name, Username, Student ID; in UTF-16, with tabs
    Gradescope  Name (or First Name, Last Name), SID, Email, Role
    Classroom   has no list to download: a spreadsheet with names and emails
    spreadsheet whatever is called like these: Carné, Nombre, Apellidos, Correo

Where no column does, the id is what the email begins with, and last a name: `ana-perez`, as `labkit
collect` makes one of a name where there is no roster. Whoever is known by email or by the system's
number keeps the id that there is, and an empty cell never takes away what is known.
"""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nbgrader.api import Gradebook
from nbgrader.apps import NbGrader
from sqlalchemy import select
from traitlets import Bool, Unicode

from grader.course.errors import CourseError
from grader.course.folders import expect_course
from grader.course.plain import line
from grader.course.submissions.whose import People, Person, is_id, student_id, words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nbgrader.coursedir import CourseDirectory

MAX_ROSTER_BYTES = 20 * 2**20
LONGEST = 128
"""Letters of a name that nbgrader's table holds."""

_FIRST = ("firstname", "nombre", "nombres", "givenname", "primernombre")
_LAST = ("lastname", "surname", "apellidos", "apellido", "familyname")
_WHOLE = (
    *("student", "fullname", "nombrecompleto", "name", "studentname", "estudiante", "alumno"),
    *("nombreapellidos", "nombreyapellidos", "nombreyapellido", "firstnamelastname"),
    *("firstnamesurname", "apellidosynombres", "apellidosynombre", "apellidosnombres"),
)
_EMAIL = (
    *("email", "emailaddress", "mail", "correo", "correoelectronico", "direcciondecorreo"),
    *("direcciondecorreoelectronico", "direccionemail", "direcciondeemail", "correoinstitucional"),
)
_LMS = ("lmsuserid",)
_ROLE = ("role", "roles", "rol")
_IDS = (
    *("id", "idnumber", "numerodeid", "numerodeidentificacion", "sisuserid", "studentid", "sid"),
    *("orgdefinedid", "carne", "carnet", "matricula", "codigo", "codigodeestudiante", "legajo"),
    *("idestudiante", "numerodecarne", "studentnumber", "username", "nombredeusuario"),
    *("sisloginid", "loginid", "usuario", "login"),
)
_STUDENTS = ("student", "estudiante", "alumn", "learner", "aprendiz")
_TEST = ({"student", "test"}, {"estudiante", "prueba"}, {"estudiante", "de", "prueba"})


@dataclass
class Sheet:
    """A list of students that was read: who they are, what their ids are, and which rows are nobody."""

    people: list[Person] = field(default_factory=list)
    identified_by: str = ""
    left_out: list[str] = field(default_factory=list)


@dataclass
class Changes:
    """What a list changes in the roster."""

    new: list[Person] = field(default_factory=list)
    changed: list[tuple[Person, Person]] = field(default_factory=list)
    unchanged: list[Person] = field(default_factory=list)
    other_id: list[tuple[str, Person]] = field(default_factory=list)
    absent: list[Person] = field(default_factory=list)


def decoded(data: bytes) -> str:
    """Return a spreadsheet's text, whose encoding depends on who saved it.

    >>> decoded("año".encode("cp1252")), decoded("año".encode("utf-8-sig"))
    ('año', 'año')
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def table(text: str) -> list[tuple[int, list[str]]]:
    r"""Return a CSV's rows that hold something, with their lines, whatever it parts them by.

    >>> table("Nombre;Correo\n\n'Ana';a@b.c")
    [(1, ['Nombre', 'Correo']), (3, ["'Ana'", 'a@b.c'])]
    """
    first = next((one for one in text.splitlines() if one.strip()), "")
    if first.casefold().startswith("sep="):  # what Excel is told so
        delimiter = first[4:5] or ","
    else:
        delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = []
    try:
        for row in reader:
            cells = [" ".join(cell.split()) for cell in row]
            if any(cells) and not (reader.line_num == 1 and cells[0].casefold()[:4] == "sep="):
                rows.append((reader.line_num, cells))
    except csv.Error as error:
        raise CourseError(f"line {reader.line_num} can't be read as CSV: {error}") from None
    return rows


def read_sheet(text: str, id_column: str = "") -> Sheet:
    r"""Read a list of students as a system, or a spreadsheet, gives it.

    >>> sheet = read_sheet("Nombre,Apellido(s),Número de ID\nAna,Pérez,2024-1\n")
    >>> sheet.people
    [Person(id='2024-1', first_name='Ana', last_name='Pérez', email='', lms_user_id='')]
    >>> sheet.identified_by
    "the column 'Número de ID'"
    """
    rows = table(text)
    if not rows:
        raise CourseError("there is nothing in it: expected a row of columns, then one a student")
    columns = _Columns(rows[0][1])
    sheet = Sheet()
    students = _students(rows[1:], columns, sheet)
    identify, sheet.identified_by = _identified(columns, [row for _, row in students], id_column)
    found: dict[str, tuple[int, Person]] = {}
    for number, row in students:
        one = columns.person(row, identify(row))
        _check(one, number)
        before = found.setdefault(one.id, (number, one))
        if before[1] != one:
            raise CourseError(
                f"lines {before[0]} and {number} are of different people, and both have the id "
                f"{one.id!r} ({sheet.identified_by}): correct them, or say --id COLUMN"
            )
    sheet.people = [one for _, one in found.values()]
    return sheet


def _students(
    rows: Sequence[tuple[int, list[str]]], columns: _Columns, sheet: Sheet
) -> list[tuple[int, dict[str, str]]]:
    """Return the rows that are a student's, with their lines; the others are left out, and said."""
    students = []
    for number, cells in rows:
        if any(cells[len(columns.titles) :]):
            raise CourseError(
                f"line {number} has {len(cells)} cells and the first has {len(columns.titles)}: is "
                "there a comma in a name without quotes around it?"
            )
        row = dict(zip(columns.keys, cells, strict=False))
        if why := columns.why_nobody(row):
            sheet.left_out.append(f"line {number}: {' '.join(filter(None, cells[:3]))} ({why})")
        else:
            students.append((number, row))
    if not students:
        raise CourseError("there is no student in it, only a row of columns")
    return students


def _check(one: Person, number: int) -> None:
    if not is_id(one.id):
        raise CourseError(
            f"line {number}: {one.id!r} can't be a student's id: letters, digits, - . _ @ +"
        )
    for about in fields(Person):
        if len(getattr(one, about.name)) > LONGEST:
            raise CourseError(f"line {number}: its {about.name} is longer than {LONGEST} letters")


class _Columns:
    """What each column of a list is."""

    def __init__(self, titles: Sequence[str]) -> None:
        self.titles = list(titles)
        self.keys = ["".join(words(title)) for title in titles]
        self.canvas = "student" in self.keys and {"sisuserid", "sisloginid"} & {*self.keys}
        self._first, self._last = self._of(_FIRST), self._of(_LAST)
        self._whole, self.email, self._role = map(self._of, (_WHOLE, _EMAIL, _ROLE))
        self._lms = "id" if self.canvas and "id" in self.keys else self._of(_LMS)
        if not (self._first or self._last or self._whole or self.email):
            raise CourseError(
                "expected columns for names or emails, as in Nombre, Apellidos, Correo, Carné; its "
                f"first row is: {line(', '.join(self.titles), 200)}"
            )
        self.ids = [key for key in _IDS if key in self.keys and key != self._lms]

    def _of(self, names: Sequence[str]) -> str:
        return next((name for name in names if name in self.keys), "")

    def title(self, key: str) -> str:
        """Return a column's title as it stands in the file."""
        return self.titles[self.keys.index(key)]

    def called(self, title: str) -> str:
        """Return the key of the column that somebody means by a title."""
        key = "".join(words(title))
        if key not in self.keys:
            raise CourseError(f"there is no column {title!r}: {', '.join(self.titles)}")
        return key

    def why_nobody(self, row: Mapping[str, str]) -> str:
        """Say why a row is no student's, or nothing."""
        role = row.get(self._role, "").casefold() if self._role else ""
        if role and not any(one in role for one in _STUDENTS):
            return f"{self.title(self._role)}: {role}"
        whole = row.get(self._whole, "") if self._whole else ""
        if self.canvas and {*words(whole)} in _TEST:
            return "Canvas's own test student"
        if self.canvas and self._lms and not row.get(self._lms):
            return "no student's row"
        return ""

    def person(self, row: Mapping[str, str], one: str) -> Person:
        """Return a row as a person with this id."""
        first, last = (row.get(key, "") if key else "" for key in (self._first, self._last))
        if not last and (whole := (row.get(self._whole, "") if self._whole else "") or first):
            last, comma, first = whole.partition(",")
            if not comma:  # where the first name ends, nobody knows
                first, last = whole, ""
        email = row.get(self.email, "") if self.email else ""
        lms = row.get(self._lms, "") if self._lms else ""
        return Person(one, first.strip(), last.strip(), email, _plain(lms))


def _plain(cell: str) -> str:
    """Return an id without what Brightspace writes before it, or a spreadsheet's apostrophe."""
    return cell.lstrip("#'").strip()


def _identified(
    columns: _Columns, rows: Sequence[Mapping[str, str]], id_column: str
) -> tuple[Callable[[Mapping[str, str]], str], str]:
    """Return what gives a row's id, and what that is called."""
    if id_column:
        key = columns.called(id_column)
        empty = [row for row in rows if not row.get(key)]
        if empty:
            who = columns.person(empty[0], "").name or columns.person(empty[0], "").email
            raise CourseError(f"{len(empty)} have no {columns.title(key)}: {who} is one of them")
        return (lambda row: _plain(row[key])), f"the column {columns.title(key)!r}"
    for key in columns.ids:
        ids = [_plain(row.get(key, "")) for row in rows]
        if all(map(is_id, ids)) and _one_each(columns, rows, ids):
            return (lambda row, key=key: _plain(row[key])), f"the column {columns.title(key)!r}"
    if columns.email:
        emails = [row.get(columns.email, "").casefold() for row in rows]
        short = [email.partition("@")[0] for email in emails]
        if all(map(is_id, short)) and _one_each(columns, rows, short):
            return (
                lambda row: row[columns.email].casefold().partition("@")[0]
            ), "what the email begins with"
        if all(map(is_id, emails)):
            return (lambda row: row[columns.email].casefold()), "the email"
    nameless = [row for row in rows if not student_id(columns.person(row, "").name)]
    if nameless:
        raise CourseError(
            f"{len(nameless)} have neither an id, nor an email, nor a name in plain letters to make "
            "one of: add a column for the id"
        )
    return (lambda row: student_id(columns.person(row, "").name)), "the name"


def _one_each(columns: _Columns, rows: Sequence[Mapping[str, str]], ids: Sequence[str]) -> bool:
    """Tell whether no two people would have the same id; a person may be there twice."""
    found: dict[str, Person] = {}
    return all(
        found.setdefault(one.casefold(), person) == person
        for one, person in (
            (one, columns.person(row, one)) for row, one in zip(rows, ids, strict=True)
        )
    )


def read_roster(book: Gradebook) -> list[Person]:
    """Return nbgrader's student table, by id."""
    from nbgrader.api import Student

    names = [about.name for about in fields(Person)]
    rows = book.db.execute(select(*(getattr(Student, name) for name in names)).order_by(Student.id))
    return [Person(*(value or "" for value in row)) for row in rows]


def people_of(coursedir: CourseDirectory) -> People:
    """Return who is in the course, or nobody where there is no roster.

    A table that only grading has filled, with ids and nothing else, is none.
    """
    with Gradebook(coursedir.db_url, coursedir.course_id) as book:
        people = read_roster(book)
    known = any(one.name or one.email or one.lms_user_id for one in people)
    return People(people if known else ())


def changes_of(sheet: Sheet, there: Sequence[Person]) -> Changes:
    """Say what a list changes in the roster that there is."""
    changes = Changes()
    ids = {one.id: one for one in there}
    by: dict[tuple[str, str], list[Person]] = {}
    for one in there:
        for key in (("email", one.email.casefold()), ("lms", one.lms_user_id)):
            if key[1]:
                by.setdefault(key, []).append(one)
    seen = set()
    for one in sheet.people:
        before = ids.get(one.id)
        if before is None:
            same = [
                *by.get(("email", one.email.casefold()), []),
                *by.get(("lms", one.lms_user_id), []),
            ]
            if len({other.id for other in same}) == 1:
                before = same[0]
                changes.other_id.append((one.id, before))
        if before is None:
            changes.new.append(one)
            continue
        if before.id in seen:
            raise CourseError(
                f"two rows are of {before.id} ({before.name}), who is in the roster: by the id, the "
                "email or the system's number; correct one of them"
            )
        seen.add(before.id)
        given = {about.name: value for about in fields(one) if (value := getattr(one, about.name))}
        after = replace(before, **{**given, "id": before.id})
        if after == before:
            changes.unchanged.append(before)
        else:
            changes.changed.append((before, after))
    changes.absent = [one for one in there if one.id not in seen]
    return changes


def describe(sheet: Sheet, changes: Changes, *, each: bool) -> str:
    """Write what a list changes; `each` new one, too.

    >>> print(describe(Sheet(identified_by="the email"), Changes(new=[Person("ana")]), each=True))
    1 new, 0 changed, 0 unchanged; a student's id is the email
      new: ana
    """
    counts = ((changes.new, "new"), (changes.changed, "changed"), (changes.unchanged, "unchanged"))
    told = ", ".join(f"{len(some)} {what}" for some, what in counts)
    lines = [f"{told}; a student's id is {sheet.identified_by}"]
    if each:
        lines += [f"  new: {_told(one)}" for one in changes.new]
    lines += [f"  changed: {_told(a)}, was {_told(b)}" for b, a in changes.changed]
    lines += [f"  keeps the id {one.id}, not {id_}: {one.name}" for id_, one in changes.other_id]
    lines += [f"  left out: {why}" for why in sheet.left_out]
    lines += [f"  in the course and not in the file: {_told(one)}" for one in changes.absent]
    return "\n".join(line_ if at == 0 else f"  {line(line_)}" for at, line_ in enumerate(lines))


def _told(one: Person) -> str:
    about = [one.id, one.name, f"<{one.email}>" if one.email else "", one.lms_user_id]
    return " ".join(filter(None, about))


class LabRoster(NbGrader):
    """Read a system's list of students into the course, or print who is in it."""

    name = "labkit-roster"
    description = __doc__
    id_column = Unicode("", help="The column that identifies a student.").tag(config=True)
    dry_run = Bool(default_value=False, help="Say what would change, and change nothing.").tag(
        config=True
    )
    aliases = {**NbGrader.aliases, "id": "LabRoster.id_column"}  # noqa: RUF012 - traitlets' way
    flags = {  # noqa: RUF012 - the same
        **NbGrader.flags,
        "dry-run": ({"LabRoster": {"dry_run": True}}, "say what would change"),
    }

    def start(self) -> None:
        """Read the file into nbgrader's student table, all of it or nothing."""
        super().start()
        if len(self.extra_args) > 1:
            raise CourseError("labkit roster takes one file, as in: labkit roster alumnos.csv")
        coursedir = self.coursedir
        expect_course(coursedir)
        with Gradebook(coursedir.db_url, coursedir.course_id, self.authenticator) as book:
            there = read_roster(book)
            if not self.extra_args:
                told = [_told(one) for one in there]
                sys.stdout.write("".join(f"{line(one)}\n" for one in told))
                return
            path = Path(self.extra_args[0]).expanduser()
            try:
                sheet = read_sheet(_read(path), self.id_column)
                changes = changes_of(sheet, there)
            except CourseError as error:
                raise CourseError(f"{path.name}: {error}") from None
            if not self.dry_run:
                for one in [*changes.new, *(after for _, after in changes.changed)]:
                    known = {about.name: getattr(one, about.name) or None for about in fields(one)}
                    book.update_or_create_student(known.pop("id"), **known)
        sys.stdout.write(describe(sheet, changes, each=self.dry_run) + "\n")


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_ROSTER_BYTES + 1)
    except OSError as error:
        raise CourseError(f"it can't be read ({error.strerror})") from error
    if data.startswith(b"PK\x03\x04"):
        raise CourseError("it is a spreadsheet's own file or a zip: save it as CSV")
    utf_16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if len(data) > MAX_ROSTER_BYTES or (b"\0" in data and not utf_16):
        raise CourseError("it isn't a list of students: expected a CSV")
    return decoded(data)
