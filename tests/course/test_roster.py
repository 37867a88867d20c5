"""A system's own list of students becomes nbgrader's student table."""

import subprocess
import sys

import pytest
from nbgrader.api import Gradebook
from tiny import labkit

from grader.course.errors import CourseError
from grader.course.roster import decoded, read_sheet
from grader.course.submissions.whose import Person

ANA = ("Ana María", "Pérez Ñandú", "ana@uni.edu")
BETO = ("Beto", "Paz", "beto@uni.edu")

MOODLE = (
    "Nombre,Apellido(s),Número de ID,Institución,Departamento,Dirección de correo,"
    '"Tarea: Lab 1 (Real)",Última descarga de este curso\n'
    "Ana María,Pérez Ñandú,2024-1,,,ana@uni.edu,-,1772625600\n"
    "Beto,Paz,2024-2,,,beto@uni.edu,-,1772625600\n"
)
MOODLE_IN_ENGLISH = (
    "First name\tSurname\tID number\tEmail address\tRoles\n"
    "Ana María\tPérez Ñandú\t2024-1\tana@uni.edu\tStudent\n"
    "Beto\tPaz\t2024-2\tbeto@uni.edu\tStudent\n"
    "Eva\tProfe\t1\teva@uni.edu\tTeacher\n"
)
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Lab 1 (345),Current Score\n"
    ",,,,,Manual Posting,\n"
    "    Points Possible,,,,,65.00,(read only)\n"
    '"Pérez Ñandú, Ana María",71,2024-1,ana@uni.edu,A,60.00,92\n'
    '"Paz, Beto",72,2024-2,beto@uni.edu,A,,\n'
    '"Student, Test",99,,6e7c1d,A,,\n'
)
BRIGHTSPACE = (
    "OrgDefinedId,Username,Last Name,First Name,Email,Lab 1 Points Grade,End-of-Line Indicator\n"
    "#2024-1,#ana,Pérez Ñandú,Ana María,ana@uni.edu,60,#\n"
    "#2024-2,#beto,Paz,Beto,beto@uni.edu,,#\n"
)
BLACKBOARD = (
    '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Last Access"\t"Availability"\n'
    '"Pérez Ñandú"\t"Ana María"\t"ana"\t"2024-1"\t"2026-03-04"\t"Yes"\n'
    '"Paz"\t"Beto"\t"beto"\t"2024-2"\t"2026-03-04"\t"Yes"\n'
)
GRADESCOPE = (
    "Name,SID,Email,Role\n"
    '"Pérez Ñandú, Ana María",2024-1,ana@uni.edu,Student\n"Paz, Beto",2024-2,beto@uni.edu,Student\n'
    "Eva Profe,1,eva@uni.edu,Instructor\n"
)
SPREADSHEET = (
    "sep=;\nCarné;Nombres;Apellidos;Correo electrónico\n;;;\n"
    "2024-1;Ana  María;Pérez Ñandú;ana@uni.edu\n2024-2;Beto;Paz;beto@uni.edu\n"
)


def people(sheet):
    """Return what was read of people, by id."""
    return {one.id: (one.first_name, one.last_name, one.email) for one in sheet.people}


@pytest.mark.parametrize(
    ("data", "email", "left_out"),
    [
        (MOODLE.encode("utf-8-sig"), True, 0),
        (MOODLE.replace(",", ";").encode("cp1252"), True, 0),
        (MOODLE_IN_ENGLISH.encode(), True, 1),
        (CANVAS.encode("utf-8-sig"), False, 3),
        (BRIGHTSPACE.encode(), True, 0),
        (BLACKBOARD.encode("utf-16"), False, 0),
        (GRADESCOPE.encode(), True, 1),
        (SPREADSHEET.encode("cp1252"), True, 0),
    ],
    ids=[
        "moodle",
        "cp1252",
        "english",
        "canvas",
        "brightspace",
        "blackboard",
        "gradescope",
        "sheet",
    ],
)
def test_each_systems_list_is_read(data, email, left_out):
    """Names, emails and ids are found in each system's own columns, and only students are people."""
    sheet = read_sheet(decoded(data))
    expected = {"2024-1": ANA, "2024-2": BETO}
    if not email:
        expected = {one: (*about[:2], "") for one, about in expected.items()}
    assert people(sheet) == expected
    assert len(sheet.left_out) == left_out


def test_canvas_own_number_is_the_lms_user_id():
    """The number that Canvas writes into its files is kept as nbgrader's lms_user_id."""
    assert [one.lms_user_id for one in read_sheet(CANVAS).people] == ["71", "72"]


@pytest.mark.parametrize(
    ("text", "ids", "by"),
    [
        ("Nombre,Correo\nAna Paz,ana@x.edu\nEva Paz,eva@y.edu\n", ["ana", "eva"], "begins with"),
        ("Nombre,Correo\nAna,a@x.edu\nEva,a@y.edu\n", ["a@x.edu", "a@y.edu"], "the email"),
        ("Estudiante\nAna Paz\n", ["ana-paz"], "the name"),
        ("Nombre,Carné,Usuario\nAna,,a1\nEva,2,e1\n", ["a1", "e1"], "'Usuario'"),
        ("Nombre,Carné,Correo\nAna,7,a@x\nEva,7,e@x\n", ["a", "e"], "begins with"),
    ],
)
def test_what_identifies_a_student_is_filled_and_different(text, ids, by):
    """A column in which someone has nothing, or what another has, is no id; the next one is."""
    sheet = read_sheet(text)
    assert [one.id for one in sheet.people] == ids
    assert by in sheet.identified_by


def test_a_column_may_be_named():
    """`--id` names the column, whatever it is called, as long as everybody has something there."""
    text = "Nombre,Carné,Clave\nAna,1,x\nEva,2,\n"
    assert [one.id for one in read_sheet(text, "carne").people] == ["1", "2"]
    with pytest.raises(CourseError, match="1 have no Clave: Eva"):
        read_sheet(text, "Clave")
    with pytest.raises(CourseError, match="no column 'Otra': Nombre, Carné, Clave"):
        read_sheet(text, "Otra")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "nothing in it"),
        ("Nombre,Correo\n", "no student in it"),
        ("Nota,Lugar\n7,A\n", "its first row is: Nota, Lugar"),
        ("Nombre,Correo\nPaz, Ana,a@x\n", "line 2 has 3 cells and the first has 2"),
        ("Nombre\n李小龙\n", "1 have neither an id, nor an email"),
        ("Nombre\nAna Paz\nana paz\n", "lines 2 and 3 are of different people"),
        ("Nombre,Carné\n" + "a" * 200 + ",1\n", "line 2: its first_name is longer than 128"),
    ],
)
def test_a_list_that_cannot_be_read_says_why(text, said):
    """What is wrong with a list is a sentence with the line."""
    with pytest.raises(CourseError, match=said):
        read_sheet(text)


@pytest.fixture
def roster(course, tmp_path):
    """Run `labkit roster` on a text; return code, what was said, and the student table."""

    def run(text, *options):
        path = tmp_path / "alumnos.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        code, said = labkit(course, "roster", str(path), *options)
        return code, said, in_table(course)

    return run


def in_table(course):
    """Return nbgrader's student table, as people."""
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        return [
            Person(one.id, one.first_name, one.last_name, one.email, one.lms_user_id)
            for one in sorted(book.students, key=lambda one: one.id)
        ]


def test_the_table_is_filled_and_updated(course, roster):
    """A list is imported; another one adds what it knows by email, and takes nothing away."""
    code, said, table = roster(MOODLE)
    assert code == 0, said
    assert "2 new, 0 changed, 0 unchanged; a student's id is the column 'Número de ID'" in said
    assert table == [Person("2024-1", *ANA, None), Person("2024-2", *BETO, None)]
    later = "Username,Email,LMS user id,Name\nbpaz,BETO@uni.edu,72,\neva,eva@uni.edu,73,Eva\n"
    code, said, table = roster(later)
    assert code == 0, said
    assert "1 new, 1 changed, 0 unchanged" in said
    assert "keeps the id 2024-2, not bpaz: Beto Paz" in said
    assert "in the course and not in the file: 2024-1 Ana María Pérez Ñandú" in said
    assert table[1] == Person("2024-2", "Beto", "Paz", "BETO@uni.edu", "72")
    assert [one.id for one in table] == ["2024-1", "2024-2", "eva"]
    assert "0 new, 0 changed, 2 unchanged" in roster(later)[1]
    code, said = labkit(course, "roster")
    assert (code, said.splitlines()[0]) == (0, "2024-1 Ana María Pérez Ñandú <ana@uni.edu>")


def test_a_dry_run_says_and_does_nothing(roster):
    """With --dry-run each change is told, and the table stays as it is."""
    code, said, table = roster(CANVAS, "--dry-run")
    assert (code, table) == (0, [])
    assert "new: 2024-1 Ana María Pérez Ñandú 71" in said
    assert "left out: line 6: Student, Test 99 (Canvas's own test student)" in said


def test_a_bad_list_changes_nothing(roster):
    """A list with an error is refused whole, with its name; so is what is no list."""
    code, said, table = roster("Nombre,Carné\nAna,1\nEva,2,3\n")
    assert (code, table) == (1, [])
    assert "alumnos.csv: line 3 has 3 cells" in said
    assert "save it as CSV" in roster(b"PK\x03\x04...")[1]
    assert "expected a CSV" in roster(b"\0\1\2")[1]
    assert "Traceback" not in said


def test_two_rows_of_one_person_are_told(roster):
    """Two rows that mean one person of the roster are an error: nobody is lost in another."""
    roster("Carné,Nombre,Correo\n1,Ana,ana@x\n")
    code, said, _ = roster("Carné,Nombre,Correo\n1,Ana,ana@x\n7,Ana,ana@x\n")
    assert code == 1
    assert "two rows are of 1 (Ana)" in said


def test_nbgraders_own_import_gives_the_same(course, roster, tmp_path):
    """A file for `nbgrader db student import` fills the table alike by both commands."""
    text = "id,first_name,last_name,email,lms_user_id\nana,Ana,Pérez,ana@x.edu,7\nbeto,Beto,,,\n"
    _, said, mine = roster(text)
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        for one in ("ana", "beto"):
            book.remove_student(one)
    command = [sys.executable, "-m", "nbgrader", "db", "student", "import"]
    subprocess.run([*command, str(tmp_path / "alumnos.csv")], cwd=course, check=True)
    assert in_table(course) == mine, said
