"""A lab's notebooks are found in what was handed in, whatever it is called and packed in."""

import io
import stat
import zipfile

import nbformat
import pytest
from tiny import GOOD, tiny_lab

from grader.course.grading import NEEDS_A_PERSON, Lab, LabNotebook, Submission, grade
from grader.course.submissions import files
from grader.course.submissions.files import find_notebooks, job_files, unzip
from grader.running.names import MAX_FILES

RELEASE = nbformat.writes(tiny_lab())
MINE = RELEASE.replace("Porque sí.", "Porque no.").encode()
OTHER = RELEASE.replace("Porque sí.", "Quién sabe.").encode()


def zipped(members, *, compression=zipfile.ZIP_DEFLATED):
    """Return an archive of files, whose names may be ZipInfos."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return data.getvalue()


def find(handed_in, *names):
    """Find the notebooks `names`, or lab, all of them released alike."""
    return find_notebooks(handed_in, dict.fromkeys(names or ("lab",), RELEASE))


@pytest.mark.parametrize(
    "name",
    [
        *("lab.ipynb", "lab(1).ipynb", "lab (2).ipynb", "Copia de lab.ipynb", "Copy of LAB.IPYNB"),
        *("lab-1.ipynb", "lab_Ana Pérez.ipynb", "lab.ipynb.txt", "lab.ipynb.json", "láb.ipynb"),
        *("tarea.ipynb", "a/b/lab.ipynb", "a/Copia de lab.ipynb", "lab-Copy1.ipynb"),
    ],
)
def test_a_notebook_is_found_under_any_name(name):
    """The only notebook is the one; a new name or a folder is told."""
    found = find({name: MINE, "datos.csv": b"1"})
    assert found.notebooks == {"lab": MINE}
    assert bool(found.repairs["lab"]) == (name != "lab.ipynb")


def test_the_likeliest_name_is_taken_and_the_others_told():
    """The very name comes before a copy's, and what isn't graded is named."""
    found = find({"lab(1).ipynb": OTHER, "lab.ipynb": MINE, "x.ipynb": OTHER})
    assert found.notebooks == {"lab": MINE}
    told = "había otras copias que no se califican: lab(1).ipynb, x.ipynb"
    assert found.repairs["lab"] == (told,)


def test_an_untouched_release_is_not_what_was_handed_in():
    """Beside the notebook as it was given, a copy that was worked on is taken."""
    found = find({"lab.ipynb": RELEASE.encode(), "lab(1).ipynb": MINE})
    assert found.notebooks == {"lab": MINE}


def test_an_untouched_release_alone_is_graded():
    """Nothing done is nothing done, also when it was handed in twice."""
    found = find({"lab.ipynb": RELEASE.encode(), "lab(1).ipynb": RELEASE.encode()})
    assert found.notebooks == {"lab": RELEASE.encode()}


def test_work_under_another_name_beats_the_notebook_as_it_was_given():
    """Whoever hands in the untouched notebook too loses nothing; other notebooks are told of."""
    found = find({"lab.ipynb": RELEASE.encode(), "tarea.ipynb": MINE})
    assert found.notebooks == {"lab": MINE}
    found = find({"lab.ipynb": MINE, "apuntes.ipynb": OTHER})
    assert found.notebooks == {"lab": MINE}
    assert found.repairs["lab"] == ("había otras copias que no se califican: apuntes.ipynb",)


def test_two_that_may_be_meant_are_a_problem():
    """Which of two copies is meant isn't guessed; the same one twice is."""
    found = find({"lab(1).ipynb": MINE, "lab(2).ipynb": OTHER})
    assert "deja solo uno" in found.problems["lab"]
    assert find({"lab(1).ipynb": MINE, "lab(2).ipynb": MINE}).notebooks == {"lab": MINE}


def test_the_notebooks_of_a_lab_of_several_are_told_apart():
    """A name that holds another one's isn't taken for it."""
    found = find({"Copia de lab10.ipynb": OTHER, "lab1 .ipynb": MINE}, "lab1", "lab10")
    assert found.notebooks == {"lab1": MINE, "lab10": OTHER}
    assert find({"otro.ipynb": MINE}, "lab1", "lab10").notebooks == {}


@pytest.mark.parametrize(
    "old",
    [
        *(".Trash-1000/files/lab.ipynb", ".history/lab.ipynb", ".venv/share/lab.ipynb"),
        *("venv/lib/lab.ipynb", "node_modules/x/lab.ipynb", "#recycle/lab.ipynb", ".lab.ipynb"),
    ],
)
def test_a_copy_in_a_hidden_folder_never_beats_the_notebook(old):
    """What editors, trashes and environments keep is taken only where there is nothing else."""
    found = find({"lab-ana.ipynb": MINE, old: OTHER})
    assert found.notebooks == {"lab": MINE}
    assert find({"t.zip": zipped([("lab.ipynb", MINE)]), old: OTHER}).notebooks == {"lab": MINE}
    assert find({old: OTHER}).notebooks == {"lab": OTHER}


@pytest.mark.parametrize("data", [b"", b"\n", b"import numpy as np\n", b"\x7fELF"])
def test_what_holds_no_cells_never_beats_the_notebook(data):
    """A file under the very name that is empty, or a program, isn't taken before a notebook."""
    assert find({"lab (1).ipynb": MINE, "lab.ipynb": data}).notebooks == {"lab": MINE}
    assert find({"lab.ipynb": data}).notebooks == {"lab": data}


def test_files_lie_beside_the_notebook_they_came_with():
    """A module from the notebook's own folder, or archive, can be imported from it."""
    handed_in = {"t/lab.ipynb": MINE, "t/mine.py": b"x", "readme.md": b""}
    assert find(handed_in).others == {"mine.py": b"x", "readme.md": b""}
    packed = zipped([("a/lab.ipynb", MINE), ("a/mine.py", b"x"), ("__MACOSX/a/._lab.ipynb", b"")])
    assert find({"t.zip": packed}).others == {"mine.py": b"x"}


def test_an_archive_stays_closed_when_nothing_is_missing():
    """A zip beside the notebook is a file like any other."""
    found = find({"lab.ipynb": MINE, "fotos.zip": zipped([("lab.ipynb", OTHER)])})
    assert found.notebooks == {"lab": MINE}
    assert list(found.others) == ["fotos.zip"]


def test_zips_in_zips_are_opened_to_a_depth():
    """Three are opened; a fourth stays shut."""
    data = MINE
    for level in range(4):
        data = zipped([("lab.ipynb" if level == 0 else "x.zip", data)])
        found = find({"x.zip": data})
        assert bool(found.notebooks) == (level < 3)


def link(name):
    """Return the entry of a symbolic link."""
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([("../lab.ipynb", MINE)], "se sale del archivo zip"),
        ([("/etc/lab.ipynb", MINE)], "se sale del archivo zip"),
        ([("C:\\lab.ipynb", MINE)], "se sale del archivo zip"),
        ([("a\\..\\lab.ipynb", MINE)], "se sale del archivo zip"),
        ([(link("lab.ipynb"), "/etc/passwd")], "es un enlace"),
        ([(zipfile.ZipInfo("\0"), "x")], "se sale del archivo zip"),
        ([(f"{n}", b"") for n in range(MAX_FILES + 1)], "archivos y no se abre"),
        ([(f"{n}", bytes(2**20)) for n in range(3)], "bytes y no se abre"),
    ],
)
def test_a_dangerous_archive_is_a_problem(members, said, monkeypatch):
    """Names that climb, links, and archives that swell are refused, with the reason."""
    monkeypatch.setattr(files, "MAX_SUBMISSION_BYTES", 2**21)
    assert said in find({"x.zip": zipped(members)}).problems["lab"]


def test_a_damaged_or_locked_archive_is_a_problem():
    """A zip that was cut, whose bytes changed, or that asks for a password, says so."""
    whole = zipped([("lab.ipynb", MINE)], compression=zipfile.ZIP_STORED)
    assert "está dañado" in find({"x.zip": whole[:-30]}).problems["lab"]
    assert "está dañado" in find({"x.zip": whole.replace(b"Porque", b"PORQUE")}).problems["lab"]
    locked = bytearray(whole)
    locked[6] |= 1
    locked[whole.rindex(b"PK\1\2") + 8] |= 1
    assert "tiene contraseña" in find({"x.zip": bytes(locked)}).problems["lab"]


def test_names_in_utf_8_are_read_though_the_archive_does_not_say_so():
    """Many systems write UTF-8 names without the flag for it."""
    data = bytearray(zipped([("abé.txt", b"")]))
    for flags in (6, data.rindex(b"PK\1\2") + 8):
        data[flags + 1] &= ~0x8 & 0xFF
    assert list(unzip(bytes(data))) == ["abé.txt"]


def test_a_students_files_never_clash_with_the_labs():
    """A file where the lab has a folder, or whose name no disk takes, doesn't reach the sandbox."""
    given = {"data/a.csv": b"lab"}
    others = {
        "data": b"",
        "data/a.csv": b"mine",
        "data/a.csv/x": b"",
        "m/n": b"",
        "m": b"",
        "y" * 300: b"",
    }
    assert job_files(others, given) == {"data/a.csv": b"lab", "m": b""}


def test_a_name_is_shown_without_markup():
    """A file's name can't write HTML, Markdown or a console's markup into a report."""
    lab = Lab("tiny", {"tiny": LabNotebook(RELEASE, RELEASE)})
    graded = grade(lab, Submission("ana", {"[/red]<b>`x`.pdf": b""}, 1, 2))
    assert graded.status == NEEDS_A_PERSON
    assert graded.reason.endswith("se entregó _/red__b__x_.pdf")


def test_a_notebook_in_a_zip_is_graded():
    """What a student zipped gets its marks, and how it was found is told at the top."""
    notebook = nbformat.reads(RELEASE, as_version=4)
    notebook.cells[2].source = GOOD
    data = zipped([("carpeta/Tiny (1).ipynb", nbformat.writes(notebook))])
    lab = Lab("tiny", {"tiny": LabNotebook(RELEASE, RELEASE)})
    graded = grade(lab, Submission("ana", {"tarea.zip": data}, 1, 2))
    assert graded.score == 3
    assert graded.notebooks["tiny"].repairs == (
        "el archivo se llamaba Tiny (1).ipynb: se toma como tiny.ipynb",
        "el archivo venía dentro de tarea.zip/carpeta",
    )
