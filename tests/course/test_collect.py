"""What learning systems hand out is filed, student by student, and what is doubtful is told."""

import io
import os
import struct
import zipfile
from datetime import datetime, timezone

import nbformat
import pytest
from nbgrader.api import Gradebook
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

GRADESCOPE = """---
submission_7:
  :submitters:
  - :name: Ana Pérez
    :sid: ana-perez
    :email: ana@uni.edu
  :created_at: 2026-03-04 12:00:00.000000000 Z
  :results:
    :tests:
    - :output: |
        submission_8:
          :submitters:
          - :name: Ana Pérez
submission_8:
  :submitters:
  - :name: Beto Paz
    :sid: beto-paz
    :email: beto@uni.edu
"""

ARCHIVES = {
    "Moodle": {
        "Ana Pérez_12345_assignsubmission_file/tiny.ipynb": MINE,
        "Beto Paz_12346_assignsubmission_file/Tiny (1).ipynb": YOURS,
        "Beto Paz_12346_assignsubmission_onlinetext/onlinetext.html": b"<p>hola",
        "Eva Gil_12347_assignsubmission_onlinetext/onlinetext.html": b"<p>hola",
    },
    "Moodle before 4.1": {
        "Ana Pérez_12345_assignsubmission_file_/tiny.ipynb": MINE,
        "Beto Paz_12346_assignsubmission_file_/mi carpeta/Tiny (1).ipynb": YOURS,
    },
    "Moodle without folders": {
        "Ana Pérez_12345_assignsubmission_file_tiny.ipynb": MINE,
        "Beto Paz_12346_assignsubmission_file_tiny.ipynb": YOURS,
        "Beto Paz_12346_assignsubmission_onlinetext_onlinetext.html": b"<p>hola",
    },
    "Canvas": {
        "perezana_12345_678910_tiny-1.ipynb": MINE,
        "pazbeto_LATE_12346_678911_tiny.ipynb": YOURS,
        "gileva_12347_text.html": b"<p>hola",
    },
    "Canvas in a folder": {
        "entregas/perezana_12345_678910_tiny-1.ipynb": MINE,
        "entregas/pazbeto_12346_678911_tiny.ipynb": YOURS,
        "entregas/leeme.txt": b"",
    },
    "Gradescope": {
        "assignment_1_export/submission_7/tiny.ipynb": MINE,
        "assignment_1_export/submission_8/tiny.ipynb": YOURS,
        "assignment_1_export/submission_metadata.yml": GRADESCOPE.encode(),
    },
    "Blackboard": {
        "Mini lab_ana-perez_attempt_2026-03-04-12-00-00_tiny.ipynb": MINE,
        "Mini lab_ana-perez_attempt_2026-03-04-12-00-00.txt": b"Name: Ana P (ana-perez)\n",
        "Mini lab_beto-paz_attempt_2026-03-04-12-30-00_tiny.ipynb": YOURS,
        "Mini lab_beto-paz_attempt_2026-03-04-12-30-00.txt": b"",
    },
    "Brightspace": {
        "12345-678 - Ana Pérez - Mar 4, 2026 1200 PM/tiny.ipynb": MINE,
        "12346-678 - Beto Paz - 5 marzo 2026 9:05 a. m./tiny.ipynb": YOURS,
        "index.html": b"<html>",
    },
    "Brightspace without folders": {
        "12345-678 - Ana Pérez - Mar 4, 2026 1200 PM - tiny.ipynb": MINE,
        "12346-678 - Beto Paz - Mar 5, 2026 905 AM - Tiny - final.ipynb": YOURS,
    },
    "Teams": {
        "Student Work/Submitted files/Ana Pérez/Mini/Version 2/tiny.ipynb": MINE,
        "Student Work/Submitted files/Beto Paz/Mini/Version 1/tiny.ipynb": YOURS,
        "Student Work/Working files/Eva Gil/Mini/tiny.ipynb": YOURS,
    },
    "GitHub Classroom": {
        "mini-lab-submissions/mini-lab-ana-perez/tiny.ipynb": MINE,
        "mini-lab-submissions/mini-lab-ana-perez/.git/HEAD": b"ref",
        "mini-lab-submissions/mini-lab-beto-paz/tiny.ipynb": YOURS,
    },
    "nbgrader's exchange": {
        "inbound/ana-perez+tiny+2026-03-04 12:00:00.000000 UTC+x7/tiny.ipynb": MINE,
        "inbound/beto-paz+tiny+2026-03-04 12:00:00.000000 UTC/tiny.ipynb": YOURS,
        "inbound/beto-paz+other+2026-03-04 13:00:00.000000 UTC/other.ipynb": MINE,
    },
    "Google Classroom": {
        "Mini lab/Ana Pérez - tiny.ipynb": MINE,
        "Mini lab/Beto Paz - Copia.ipynb": YOURS,
    },
    "folders": {
        "Mini lab/Ana Pérez/tiny.ipynb": MINE,
        "Mini lab/Beto Paz/mío/Copia de tiny - final.ipynb": YOURS,
        "Mini lab/notas.csv": b"",
        "__MACOSX/Mini lab/._Ana Pérez": b"",
    },
    "zipped folders": {
        "Ana Pérez/tarea.zip": zip_of({"tiny/tiny.ipynb": MINE}),
        "Beto Paz/tiny.ipynb": YOURS,
    },
    "nbgrader's submitted": {
        "submitted/ana-perez/tiny/tiny.ipynb": MINE,
        "submitted/beto-paz/tiny/tiny.ipynb": YOURS,
    },
}


@pytest.mark.parametrize("system", ARCHIVES)
def test_each_systems_files_find_their_students(collect, system):
    """Each layout is filed under the lab's own name, and what was taken from where is told."""
    code, said, found = collect(ARCHIVES[system])
    assert code == 0, said
    assert "2 filed, 0 replaced by a newer one, 0 unchanged, 0 not placed" in said
    ids = ("perezana", "pazbeto") if "Canvas" in system else ("ana-perez", "beto-paz")
    assert found == {
        one: {f"{LAB}.ipynb": data} for one, data in zip(ids, (MINE, YOURS), strict=True)
    }
    first = min(name for name in ARCHIVES[system] if "ana" in name.casefold() or "_7/" in name)
    assert f"{ids[0]} <- {first.rpartition('.git')[0] or first}"[:40] in said


@pytest.mark.parametrize(
    ("system", "said"),
    [
        (
            "Moodle",
            "left out: Eva Gil_12347_assignsubmission_onlinetext/onlinetext.html: “de «Eva Gil»",
        ),
        ("Canvas", "left out: gileva_12347_text.html: “de «gileva»: es texto en línea"),
        ("Teams", "Eva Gil/Mini/tiny.ipynb: “de «Eva Gil»: es un borrador que no se entregó"),
        ("nbgrader's exchange", "UTC/other.ipynb: “es de other"),
        ("folders", "left out: Mini lab/notas.csv: “no es de nadie”"),
    ],
)
def test_what_is_no_submission_is_told(collect, system, said):
    """A typed text, a draft, another lab's submission and a stray file are named, with the reason."""
    assert said in collect(ARCHIVES[system])[1]


def test_a_copy_without_a_name_takes_nobody_along(collect):
    """A file that nobody's name stands on is listed; the others are still each their student's."""
    code, said, found = collect({**ARCHIVES["Google Classroom"], "Mini lab/tiny.ipynb": MINE})
    assert (code, sorted(found)) == (1, ["ana-perez", "beto-paz"])
    assert "not placed: Mini lab/tiny.ipynb: “su nombre no es de Google Classroom" in said


@pytest.mark.parametrize(
    "name",
    [
        "Mallory_999_assignsubmission_file_/Ana Pérez_12345_assignsubmission_file_/tiny.ipynb",
        "Mallory_999_assignsubmission_file_x_12345_assignsubmission_file_tiny.ipynb",
        "Mallory_999_assignsubmission_file_/anaperez_12345_2_tiny.ipynb",
        "mallory_999_1_ana-perez_12345_2_tiny.ipynb",
        "Mallory/Ana Pérez_12345_2_tiny.ipynb",
        "Mallory/Ana Pérez_12345_assignsubmission_file_/tiny.ipynb",
        "Mallory - Ana Pérez - tiny.ipynb",
        "Mallory - x_12345_assignsubmission_file_tiny.ipynb",
        "L_mallory_attempt_2026-03-04-12-00-00_L_ana-perez_attempt_2026-03-04-13-00-00_tiny.ipynb",
        "1-2 - Mallory - Mar 4, 2026 1200 PM/3-2 - Ana Pérez - Mar 5, 2026 1200 PM/tiny.ipynb",
        "1-2 - Mallory - Mar 4, 2026 1200 PM - 3-2 - Ana Pérez - Mar 5, 2026 1200 PM - t.ipynb",
        "Submitted files/Mallory/T/Version 1/Submitted files/Ana Pérez/T/Version 2/tiny.ipynb",
        "x-submissions/x-mallory/x-submissions/x-ana-perez/tiny.ipynb",
        "mallory+tiny+2026-03-04 12:00:00 UTC/ana-perez+tiny+2026-03-05 12:00:00 UTC/tiny.ipynb",
    ],
)
@pytest.mark.parametrize("alone", [True, False])
def test_a_files_own_name_hands_in_for_nobody_else(collect, name, alone):
    """Whatever a student calls a file or a folder, it is filed as that student's, or listed."""
    beside = name.replace("Mallory", "Beto").replace("mallory", "beto").replace("999", "998")
    beside = "Beto - tiny.ipynb" if name.startswith("Mallory - x") else beside
    _, said, found = collect({name: MINE} if alone else {name: MINE, beside: YOURS})
    assert not {"ana-perez", "anaperez"} & {*found}, said
    assert ("not placed: Mallory" in said) == (not found)
    if not alone:
        assert found == {"beto": {"tiny.ipynb": YOURS}, "mallory": {"tiny.ipynb": MINE}}


def test_a_folder_is_collected_like_an_archive(course, tmp_path):
    """A folder's files keep the times of their files; links in it are listed, not followed."""
    folder = tmp_path / "bajado" / "Ana Pérez"
    folder.mkdir(parents=True)
    (folder / "tiny.ipynb").write_bytes(MINE)
    os.utime(folder / "tiny.ipynb", (1_772_625_600, 1_772_625_600))
    (tmp_path / "bajado" / "Beto Paz").symlink_to(folder)
    code, said = labkit(course, "collect", str(tmp_path / "bajado"), LAB)
    assert (code, list(filed(course))) == (1, ["ana-perez"])
    assert "not placed: Beto Paz: “es un enlace" in said
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
    assert "marked late: perezana (no time is given and the lab has no due date" in said


def test_canvas_late_mark_is_recorded(course, collect):
    """Who is late in Canvas, which gives no time, is a second late; who isn't has no time at all."""
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        book.update_or_create_assignment(LAB, duedate="2026-03-01 23:59:59 UTC")
    collect({"perezana_LATE_1_2_tiny.ipynb": MINE, "pazbeto_3_4_tiny.ipynb": MINE})
    assert timestamp(course, "perezana") == "2026-03-02 00:00:00 UTC"
    assert not (course / "submitted" / "pazbeto" / LAB / "timestamp.txt").exists()


def test_a_later_download_of_canvas_replaces(collect):
    """Where no time of handing in is known, a newer archive is newer, and an older one isn't."""
    newer = (2026, 3, 5, 12, 0, 0)
    collect({"perezana_1_2_tiny.ipynb": MINE})
    assert "1 replaced" in collect({"perezana_1_3_tiny.ipynb": YOURS}, when=newer)[1]
    code, _, found = collect({"perezana_1_2_tiny.ipynb": MINE})
    assert (code, found) == (1, {"perezana": {"tiny.ipynb": YOURS}})


def test_canvas_without_names_is_listed(collect, tmp_path):
    """An anonymous download is nobody's, until a map says whose."""
    files = {"anon_aB3dE_2_tiny.ipynb": MINE, "LATE_anon_fG4hI_3_tiny.ipynb": YOURS}
    code, said, found = collect(files)
    assert (code, found) == (1, {})
    assert said.count("Canvas lo entregó sin nombre") == 2
    path = tmp_path / "ids.csv"
    path.write_text("anon_aB3dE,ana\nanon_fG4hI,beto\n")
    assert sorted(collect(files, f"--id-map={path}")[2]) == ["ana", "beto"]


@pytest.mark.parametrize(
    ("names", "when"),
    [
        (
            (
                "1-678 - Ana - Mar 4, 2026 1155 AM/tiny.ipynb",
                "2-678 - Ana - Mar 4, 2026 1200 PM/tiny.ipynb",
            ),
            datetime(2026, 3, 4, 12, 0),  # noqa: DTZ001 - the machine's own zone
        ),
        (
            (
                "L_ana_attempt_2026-03-04-11-55-00_tiny.ipynb",
                "L_ana_attempt_2026-03-04-12-00-00_tiny.ipynb",
            ),
            datetime(2026, 3, 4, 12, 0),  # noqa: DTZ001 - the machine's own zone
        ),
        (
            (
                "Submitted files/Ana/T/Version 9/tiny.ipynb",
                "Submitted files/Ana/T/Version 10/tiny.ipynb",
            ),
            datetime(*NOON),  # noqa: DTZ001 - the machine's own zone
        ),
        (
            (
                "ana+tiny+2026-03-04 12:00:00.1 UTC/tiny.ipynb",
                "ana+tiny+2026-03-04 12:00:00.2 UTC/tiny.ipynb",
            ),
            datetime(2026, 3, 4, 12, 0, tzinfo=timezone.utc),
        ),
    ],
)
def test_what_is_handed_in_again_counts_last(course, collect, names, when):
    """Of what one student handed in again and again the last is taken, at its time, and it is told."""
    code, said, found = collect({names[0]: YOURS, names[1]: MINE})
    assert (code, found) == (0, {"ana": {"tiny.ipynb": MINE}}), said
    assert f"earlier, not taken: ana: {names[0]}" in said
    assert timestamp(course, "ana") == when.astimezone(timezone.utc).strftime(
        "%Y-%m-%d %H:%M:%S UTC"
    )


def test_gradescope_says_who_and_when(course, collect):
    """Whose a submission is, also a pair's, and when it was made, is in the export's metadata."""
    pair = GRADESCOPE.replace(
        "  :created_at", "  - :name: Eva Gil\n    :sid: eva\n    :email: e@uni.edu\n  :created_at"
    )
    files = {
        "submission_7/tiny.ipynb": MINE,
        "submission_8/tiny.ipynb": YOURS,
        "submission_9/tiny.ipynb": YOURS,
        "submission_metadata.yml": pair.encode(),
    }
    code, said, found = collect(files)
    assert (code, sorted(found)) == (1, ["ana-perez", "beto-paz", "eva"])
    assert "not placed: submission_9/tiny.ipynb: “submission_metadata.yml no dice" in said
    assert timestamp(course, "eva") == "2026-03-04 12:00:00 UTC"


def test_a_clone_says_nothing_of_time(course, collect):
    """The files of GitHub's clone are as old as the clone, which makes nobody late."""
    collect(ARCHIVES["GitHub Classroom"])
    assert not (course / "submitted" / "ana-perez" / LAB / "timestamp.txt").exists()


def test_a_given_folder_may_be_the_systems_own(course, tmp_path):
    """The name of a folder that is given counts where a system wrote it."""
    folder = tmp_path / "mini-lab-submissions"
    (folder / "mini-lab-anaperez").mkdir(parents=True)
    (folder / "mini-lab-anaperez" / "tiny.ipynb").write_bytes(MINE)
    code, said = labkit(course, "collect", str(folder), LAB)
    assert (code, list(filed(course))) == (0, ["anaperez"]), said


def test_one_folder_in_another_is_a_persons_to_decide(course, collect):
    """Whose a notebook deep in folders is can't be told if it is alone, but by who is in the course."""
    code, said, found = collect({"Lab 1/Ana Pérez/tiny.ipynb": MINE})
    assert (code, found) == (1, {})
    assert "no se sabe si quien entrega es «Lab 1» o «Ana Pérez»" in said
    enrol(course, "a1,Ana,Pérez,")
    assert list(collect({"Lab 1/Ana Pérez/x/tiny.ipynb": MINE})[2]) == ["a1"]


def test_what_lies_in_a_persons_folder_is_that_persons(course, collect):
    """Nobody hands in for others by what a folder of one's own holds, if it comes alone."""
    enrol(course, "m1,Mallory,,", "a1,Ana,Pérez,")
    assert list(collect({"Mallory/anaperez_1_2_tiny.ipynb": MINE})[2]) == ["m1"]


def test_two_notebooks_of_one_student_are_a_persons_to_decide(collect):
    """Neither is filed, what differs is named, and the others are filed; a copy changes nothing."""
    code, said, found = collect(
        {
            "Ana/tiny.ipynb": MINE,
            "Ana/tiny (1).ipynb": YOURS,
            "Beto/tiny.ipynb": MINE,
            "Beto/copia.ipynb": MINE,
            "Eva/tiny.ipynb": notebook("raise NotImplementedError()"),
            "Eva/t.zip": zip_of({"tiny.ipynb": MINE, "tiny2.ipynb": YOURS}),
        }
    )
    assert (code, list(found)) == (1, ["beto"])
    assert (
        "not placed: ana: “trae 2 notebooks distintos de tiny (tiny (1).ipynb, tiny.ipynb)" in said
    )
    assert "que difieren en zero_pad: deja solo uno" in said
    assert "not placed: eva: “trae 3 notebooks distintos de tiny" in said


def test_the_wrong_lab_is_a_persons_to_decide(course, collect):
    """A notebook with another lab's cells is refused by that lab's name; beside this lab's it isn't."""
    text = MINE.decode().replace("zero_pad", "pool").replace("question_why", "question_pool")
    text = text.replace('"intro"', '"i2"').replace('"imports"', '"m2"').replace('"see-it"', '"s2"')
    other = course / "release" / "02-other"
    other.mkdir(parents=True)
    (other / "other.ipynb").write_text(text)
    enrol(course, "ana,Ana,,", "beto,Beto,,")
    code, said, found = collect(
        {"Ana/tiny.ipynb": text.encode(), "Beto/tiny.ipynb": MINE, "Beto/02.ipynb": text.encode()}
    )
    assert (code, list(found)) == (1, ["beto"])
    assert "nothing from" not in said
    assert "not placed: ana: “tiny.ipynb es de 02-other, no de tiny: es otro laboratorio" in said


def enrol(course, *rows):
    """Put people into the roster, by nbgrader's columns."""
    path = course / "alumnos.csv"
    path.write_text("\n".join(["id,first_name,last_name,lms_user_id", *rows]), encoding="utf-8")
    code, said = labkit(course, "roster", str(path))
    assert code == 0, said


def test_the_roster_says_who_is_who(course, collect):
    """Names, in any order and run together, numbers and ids are the roster's; others are listed."""
    enrol(
        course, "a1,Ana María,Pérez Ñandú,71", "b1,Beto,O'Hara,72", "e1,Eva,Gil,73", "l1,Leo,Paz,"
    )
    code, said, found = collect(
        {
            "PEREZ ÑANDU, Ana Maria_1_assignsubmission_file_/tiny.ipynb": MINE,
            "Beto OHara_2_assignsubmission_file_/tiny.ipynb": MINE,
            "Eva Gil Ruiz_3_assignsubmission_file_/tiny.ipynb": MINE,
        }
    )
    assert (code, sorted(found)) == (1, ["a1", "b1"])
    assert (
        "not placed: Eva Gil Ruiz_3_assignsubmission_file_/tiny.ipynb: “«Eva Gil Ruiz» no está"
        in said
    )
    assert "nothing from: e1 Eva Gil" in said
    assert "nothing from: l1 Leo Paz" in said
    assert "no roster" not in said
    code, said, found = collect(
        {"pérezñandúanamaría_71_2_tiny.ipynb": MINE, "evaotra_73_3_tiny.ipynb": MINE}
    )
    assert (code, sorted(found)) == (0, ["a1", "b1", "e1"]), said
    assert "l1" in collect({"x/l1/tiny.ipynb": MINE, "x/b1/tiny.ipynb": MINE})[2]


def test_who_may_be_two_people_is_nobody(course, collect):
    """Two of one name in the roster, or a number and a name of different people, are listed."""
    enrol(course, "a1,Ana,Pérez,71", "a2,Ana,Perez,72", "b1,Beto,Paz,73")
    code, said, found = collect(
        {
            "perezana_71_2_tiny.ipynb": MINE,
            "pazbeto_72_3_tiny.ipynb": MINE,
            "anaperez_9_4_t.ipynb": MINE,
        }
    )
    assert (code, list(found)) == (1, ["a1"])
    assert "«pazbeto» puede ser más de una persona: a2, b1" in said
    assert "«anaperez» puede ser más de una persona: a1, a2" in said


def test_a_dry_run_files_nothing(course, collect):
    """With --dry-run all is told and nothing is written; without a roster, what was made up too."""
    code, said, found = collect(
        {"Ana Pérez/tiny.ipynb": MINE, "Beto/tiny.ipynb": MINE}, "--dry-run"
    )
    assert (code, found) == (0, {})
    assert "ana-perez <- Ana Pérez/tiny.ipynb" in said
    assert "2 filed, 0 replaced by a newer one, 0 unchanged, 0 not placed; a dry run" in said
    assert "no roster: 2 ids were made of names, as ana-perez of Ana Pérez" in said
    assert not (course / "submitted").exists()


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
    assert "not placed: ana: “ya hay una entrega que no es más vieja" in said
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
    assert "not placed: tiny.ipynb: “su nombre no es de Moodle, como los demás" in said
    assert "tarea.pdf: “no es un notebook ni un zip" in said


def test_two_people_of_one_name_are_not_mixed(collect):
    """Neither of two students who would share a folder is filed until a map tells them apart."""
    files = {
        "Ana Pérez_1_assignsubmission_file_/tiny.ipynb": MINE,
        "Ana Pérez_2_assignsubmission_file_/tiny.ipynb": YOURS,
    }
    code, said, found = collect(files)
    assert (code, found) == (1, {})
    assert collect({"Ana Pérez/tiny.ipynb": MINE, "Ana Perez/tiny.ipynb": YOURS})[0] == 1
    assert said.count("dos personas se llaman igual (ana-perez)") == 2


def test_a_name_that_makes_no_id_is_told(collect):
    """A name of other letters can't become an id, and what is said is what to do about it."""
    code, said, found = collect({"李 小龙_7_assignsubmission_file_/tiny.ipynb": MINE})
    assert (code, found) == (1, {})
    assert "de «李 小龙» no sale un id (letras a-z y dígitos): di cuál es en --id-map" in said


def test_an_id_map_says_who_is_who(collect, tmp_path):
    """Names in any order and run together, and a system's numbers, become the course's ids."""
    path = tmp_path / "ids.csv"
    path.write_bytes(
        "Nombre;carné\nAna María Pérez;2024-1\n77;2024-2\nEva Ñu;2024-3\n".encode("cp1252")
    )
    code, said, found = collect(
        {
            "PerezAnaMaria_1_assignsubmission_file_/tiny.ipynb": MINE,
            "Beto_77_assignsubmission_file_/tiny.ipynb": YOURS,
            "Ñu, Eva_8_assignsubmission_file_/tiny.ipynb": YOURS,
            "Leo_9_assignsubmission_file_/tiny.ipynb": YOURS,
        },
        f"--id-map={path}",
    )
    assert (code, sorted(found)) == (1, ["2024-1", "2024-2", "2024-3"])
    assert "«Leo» no está en --id-map" in said


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
        (["exercises", LAB], "exercises holds no notebook, nor a zip with one in it"),
    ],
)
def test_a_wrong_use_is_one_sentence(course, arguments, said):
    """What can't be run says what to do, with exit code 1."""
    code, output = labkit(course, "collect", *arguments)
    assert code == 1
    assert said in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    "names", [["Lab 1-entregas.zip"], ["Ana Paz.zip", "Beto.zip"], ["x/Ana Paz.zip", "x/Beto.zip"]]
)
def test_zips_of_nobody_are_refused_with_what_to_do(course, names):
    """A zip of zips that no system named is a class, a group or a student each: a person knows."""
    with zipfile.ZipFile(course / "class.zip", "w") as archive:
        for name in names:
            archive.writestr(name, b"PK\x03\x04")
    code, said = labkit(course, "collect", "class.zip", LAB)
    assert code == 1
    count = f"{len(names)} zip{'s' * (len(names) > 1)} and no notebook ({names[0]}"
    assert "Traceback" not in said
    assert count in said
    assert "unpack class.zip" in said
    assert not (course / "submitted").exists()
