"""What Moodle, Canvas and Google Classroom hand out is filed, student by student."""

import io
import os
import struct
import zipfile
from datetime import datetime, timezone

import nbformat
import pytest
from tiny import GOOD, LAB, labkit, tiny_lab

NOON = (2026, 3, 4, 12, 0, 0)


def notebook(text=GOOD):
    """Return the tiny lab as a student hands it in."""
    lab = tiny_lab()
    lab.cells[2].source = text
    return nbformat.writes(lab).encode()


def zip_of(files, when=NOON, *, extra=b""):
    """Return an archive of files by name, all of one time."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, when)
            info.extra = extra
            archive.writestr(info, content)
    return data.getvalue()


@pytest.fixture
def collect(course, tmp_path):
    """Run `labkit collect` on files, as an archive; return code, what was said, and what is filed."""

    def run(files, *options, when=NOON, extra=b""):
        path = tmp_path / "entregas.zip"
        path.write_bytes(zip_of(files, when, extra=extra) if isinstance(files, dict) else files)
        code, said = labkit(course, "collect", str(path), LAB, *options)
        return code, said, filed(course)

    return run


def filed(course):
    """Return the files under submitted/ by student, but for their timestamps."""
    found = {}
    for path in sorted((course / "submitted").rglob("*")):
        if path.is_file() and path.name != "timestamp.txt":
            student, lab, *rest = path.relative_to(course / "submitted").parts
            assert lab == LAB
            found.setdefault(student, {})["/".join(rest)] = path.read_bytes()
    return found


def timestamp(course, student):
    """Return what nbgrader will take for the time of a submission."""
    return (course / "submitted" / student / LAB / "timestamp.txt").read_text()


MINE, YOURS = notebook(), notebook("# nada")


@pytest.mark.parametrize(
    ("files", "students"),
    [
        (
            {
                "Ana Pérez_12345_assignsubmission_file_/tiny.ipynb": MINE,
                "Beto Paz_12346_assignsubmission_file_/Tiny (1).ipynb": YOURS,
                "Beto Paz_12346_assignsubmission_onlinetext_/onlinetext.html": b"<p>hola",
            },
            ("ana-perez", "beto-paz"),
        ),
        (
            {
                "Ana Pérez_12345_assignsubmission_file_tiny.ipynb": MINE,
                "Beto Paz_12346_assignsubmission_file_tiny.ipynb": YOURS,
            },
            ("ana-perez", "beto-paz"),
        ),
        (
            {
                "perezana_12345_678910_tiny-1.ipynb": MINE,
                "pazbeto_LATE_12346_678911_tiny.ipynb": YOURS,
            },
            ("perezana", "pazbeto"),
        ),
        (
            {"Mini lab/Ana Pérez - tiny.ipynb": MINE, "Mini lab/Beto Paz - Copia.ipynb": YOURS},
            ("ana-perez", "beto-paz"),
        ),
        (
            {
                "Mini lab/Ana Pérez/tiny.ipynb": MINE,
                "Mini lab/Beto Paz/mío/Copia de tiny - final.ipynb": YOURS,
                "__MACOSX/Mini lab/._Ana Pérez": b"",
            },
            ("ana-perez", "beto-paz"),
        ),
        (
            {
                "Ana Pérez/tarea.zip": zip_of({"tiny/tiny.ipynb": MINE}),
                "Beto Paz/tiny.ipynb": YOURS,
            },
            ("ana-perez", "beto-paz"),
        ),
    ],
    ids=["moodle", "moodle-flat", "canvas", "classroom", "classroom-folders", "zipped"],
)
def test_each_systems_files_find_their_students(collect, files, students):
    """Each layout is filed under the lab's own name, and nothing is left over."""
    code, said, found = collect(files)
    assert code == 0, said
    assert "2 filed, 0 replaced by a newer one, 0 unchanged, 0 not placed" in said
    assert found == {
        students[0]: {f"{LAB}.ipynb": MINE},
        students[1]: {f"{LAB}.ipynb": YOURS},
    }


def test_a_folder_is_collected_like_an_archive(course, tmp_path):
    """A folder's files keep the times of their files; links in it are listed, not followed."""
    folder = tmp_path / "bajado" / "Ana Pérez"
    folder.mkdir(parents=True)
    (folder / "tiny.ipynb").write_bytes(MINE)
    os.utime(folder / "tiny.ipynb", (1_772_625_600, 1_772_625_600))
    (tmp_path / "bajado" / "Beto Paz").symlink_to(folder)
    code, said = labkit(course, "collect", str(tmp_path / "bajado"), LAB)
    assert (code, list(filed(course))) == (1, ["ana-perez"])
    assert "not placed: Beto Paz: es un enlace" in said
    assert timestamp(course, "ana-perez") == "2026-03-04 12:00:00 UTC"


def test_what_is_collected_is_graded(course, collect):
    """`labkit autograde` takes it from there."""
    collect({"Ana Pérez - tiny.ipynb": MINE, "Ana Pérez - datos.csv.zip": zip_of({"a": b""})})
    code, said = labkit(course, "autograde", LAB, "--workers=1")
    assert code == 0, said
    assert "1 graded" in said


def test_times_come_from_the_archive(course, collect):
    """An archive's UTC time is kept to the second; without one, its local time is."""
    extra = struct.pack("<HHBi", 0x5455, 5, 1, 1_772_625_601)
    collect({"Ana/tiny.ipynb": MINE}, extra=extra)
    assert timestamp(course, "ana") == "2026-03-04 12:00:01 UTC"
    collect({"Beto/tiny.ipynb": MINE})
    local = datetime(*NOON).astimezone(timezone.utc)  # the machine's own time
    assert timestamp(course, "beto") == local.strftime("%Y-%m-%d %H:%M:%S UTC")
    collect({"Eva/tiny.ipynb": MINE}, when=(1980, 1, 1, 0, 0, 0))
    assert not (course / "submitted" / "eva" / LAB / "timestamp.txt").exists()


def test_a_students_own_timestamp_is_not_believed(course, collect):
    """A timestamp.txt among the student's files is dropped: it would undo a late penalty."""
    files = {"Ana/tiny.ipynb": MINE, "Ana/timestamp.txt": b"1999-01-01 00:00:00 UTC"}
    collect(files, when=(1980, 1, 1, 0, 0, 0))
    assert not (course / "submitted" / "ana" / LAB / "timestamp.txt").exists()


def test_canvas_late_mark_is_told(collect):
    """A submission that Canvas marks late is named."""
    _, said, _ = collect({"perezana_LATE_1_2_tiny.ipynb": MINE})
    assert "marked late: perezana" in said


def test_of_canvas_uploads_the_last_is_taken(collect):
    """The same name uploaded twice is the later upload's."""
    found = collect({"perezana_1_20_tiny.ipynb": MINE, "perezana_1_7_tiny.ipynb": YOURS})[2]
    assert found == {"perezana": {"tiny.ipynb": MINE}}


def test_only_a_newer_submission_replaces_one(course, collect):
    """An older or undated one is listed unless forced, a newer one replaces and says so."""
    later, earlier = (2026, 3, 5, 1, 0, 0), (2026, 3, 3, 1, 0, 0)
    collect({"Ana/tiny.ipynb": MINE, "Ana/viejo.py": b""})
    assert collect({"Ana/tiny.ipynb": YOURS})[2]["ana"]["tiny.ipynb"] == MINE
    code, said, found = collect({"Ana/tiny.ipynb": YOURS}, when=earlier)
    assert (code, found["ana"]["tiny.ipynb"]) == (1, MINE)
    assert "not placed: ana: ya hay una entrega que no es más vieja" in said
    code, said, found = collect({"Ana/tiny.ipynb": YOURS}, when=later)
    assert (code, found["ana"]) == (0, {"tiny.ipynb": YOURS})
    assert "1 replaced by a newer one" in said
    assert "1 unchanged" in collect({"Ana/tiny.ipynb": YOURS}, when=later)[1]
    assert collect({"Ana/tiny.ipynb": MINE}, "--force", when=earlier)[0] == 0
    assert filed(course)["ana"] == {"tiny.ipynb": MINE}
    assert [path.name for path in (course / "submitted" / "ana").iterdir()] == [LAB]


def test_what_cannot_be_placed_is_listed(collect):
    """Files of nobody and of no notebook are named with the reason, the rest is filed, exit is 1."""
    code, said, found = collect(
        {
            "tiny.ipynb": MINE,
            "Ana_1_assignsubmission_file_/tarea.pdf": b"%PDF",
            "Beto_2_assignsubmission_file_/tiny.ipynb": MINE,
        }
    )
    assert (code, list(found)) == (1, ["beto"])
    assert "not placed: tiny.ipynb: su nombre no dice de quién es" in said
    assert "tarea.pdf: no es un notebook ni un zip" in said


def test_two_people_of_one_name_are_not_mixed(collect):
    """Neither of two students who would share a folder is filed until a map tells them apart."""
    files = {
        "Ana Pérez_1_assignsubmission_file_/tiny.ipynb": MINE,
        "Ana Perez_2_assignsubmission_file_/tiny.ipynb": YOURS,
    }
    code, said, found = collect(files)
    assert (code, found) == (1, {})
    assert said.count("dos personas se llaman igual (ana-perez)") == 2


def test_a_name_that_makes_no_id_is_told(collect):
    """A name of other letters can't become an id, and what is said is what to do about it."""
    code, said, found = collect({"李 小龙_7_assignsubmission_file_/tiny.ipynb": MINE})
    assert (code, found) == (1, {})
    assert "de 李 小龙 no sale un id (letras a-z y dígitos): di cuál es en --id-map" in said


def test_an_id_map_says_who_is_who(collect, tmp_path):
    """Names in any order and run together, and a system's numbers, become the course's ids."""
    path = tmp_path / "ids.csv"
    path.write_bytes(
        "Nombre;carné\nAna María Pérez;2024-1\n77;2024-2\nEva Ñu;2024-3\n".encode("cp1252")
    )
    code, said, found = collect(
        {
            "perezanamaria_1_2_tiny.ipynb": MINE,
            "Beto_77_assignsubmission_file_/tiny.ipynb": YOURS,
            "Ñu, Eva_8_assignsubmission_file_/tiny.ipynb": YOURS,
            "Leo_9_assignsubmission_file_/tiny.ipynb": YOURS,
        },
        f"--id-map={path}",
    )
    assert (code, sorted(found)) == (1, ["2024-1", "2024-2", "2024-3"])
    assert "Leo no está en --id-map" in said


def test_a_dangerous_archive_harms_nothing(course, collect):
    """A name that climbs out of the archive is listed, nothing is written outside submitted/."""
    code, said, found = collect({"../../Ana/tiny.ipynb": MINE, "Beto/tiny.ipynb": MINE})
    assert (code, list(found)) == (1, ["beto"])
    assert "se sale del archivo zip" in said
    assert not (course.parent / "Ana").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([LAB], "takes an archive or a folder, and a lab"),
        (["nothing.zip", LAB], "nothing.zip doesn't exist"),
        (["nbgrader_config.py", LAB], "neither a folder nor a zip archive"),
        (["source", LAB, "--id-map=x.csv"], "x.csv can't be read"),
        (["source", "02-nothing"], "there is no lab '02-nothing'"),
    ],
)
def test_a_wrong_use_is_one_sentence(course, arguments, said):
    """What can't be run says what to do, with exit code 1."""
    code, output = labkit(course, "collect", *arguments)
    assert code == 1
    assert said in output
    assert "Traceback" not in output
