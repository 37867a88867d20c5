"""`labkit grade` takes a class from its zip to its marks, and does what the commands do one by one."""

import csv
import re
import shutil
import zipfile
from pathlib import Path

import nbformat
import pytest
from tiny import GOOD, LAB, MINUS_PAD, ROOT, labkit

CLASS = {"a1": ("Ana Paz", GOOD), "b1": ("Beto Ríos", MINUS_PAD), "c1": ("Carla Gil", GOOD)}
PAGE = (ROOT / "docs/grading.md").read_text(encoding="utf-8")


def told(heading):
    """Return the commands that the page gives below a heading, for the lab and the files of a test."""
    section = PAGE.partition(f"# {heading}\n")[2].partition("\n## ")[0]
    lines = "".join(re.findall(r"(?ms)^```sh\n(.*?)^```$", section)).splitlines()
    commands = [line.partition("  #")[0].split() for line in lines]
    assert all(words[0] == "labkit" for words in commands)
    return [[word.replace("01-convolution", LAB) for word in words[1:]] for words in commands]


@pytest.fixture
def handed_out(course):
    """Put into a course what Moodle gives: the list, and a zip."""
    rows = [f"{one},{name},{one}@uni.edu" for one, (name, _) in CLASS.items()]
    (course / "alumnos.csv").write_text("\n".join(["ID,Nombre completo,Correo", *rows, ""]))
    source = nbformat.read(course / "source" / LAB / f"{LAB}.ipynb", as_version=4)
    with zipfile.ZipFile(course / "entregas.zip", "w") as archive:
        for number, (name, what) in enumerate(CLASS.values()):
            next(c for c in source.cells if c.id == "zero_pad").source = what
            folder = f"{name}_{number}_assignsubmission_file"
            archive.writestr(f"{folder}/{LAB}.ipynb", nbformat.writes(source))
    return course


def run(root, commands):
    """Run commands; return their exit codes and all that they said."""
    ran = [labkit(root, *words) for words in commands]
    assert not any("Traceback" in said for _, said in ran)
    return [code for code, _ in ran], "\n".join(said for _, said in ran)


def made(root):
    """Return the marks for Moodle, and the feedback, by their names."""
    with (root / "grades-moodle.csv").open(encoding="utf-8") as file:
        rows = [tuple(row.values()) for row in csv.DictReader(file)]
    return rows, {p.relative_to(root): p.read_text() for p in root.glob("feedback/*/*/*.html")}


@pytest.mark.slow
def test_one_command_is_six(handed_out, tmp_path):
    """The page's one command does what its six do, and either can be run again."""
    apart = tmp_path / "apart"
    shutil.copytree(handed_out, apart)
    secret = "one and the same"  # noqa: S105 - cases are fresh for each course
    for root in (handed_out, apart):
        (root / ".labkit-secret").write_text(secret)
        assert run(root, told("A class, from its zip to its marks"))[0] == [0]
    one, six = told("In one command"), told("In six")
    assert (len(one), len(six)) == (1, 6)
    for _ in range(2):
        codes, said = run(handed_out, one)
        assert codes == [0], said
        codes, _ = run(apart, six)
        assert codes == [0] * 6
        rows, pages = made(handed_out)
        assert (rows, pages) == made(apart)
        assert len(rows) == len(pages) == 3
        assert (handed_out / f"report/{LAB}.html").exists()
    assert "3 unchanged and skipped" in said


@pytest.mark.slow
def test_what_a_person_must_decide_stops_nobody_else(handed_out):
    """Two notebooks of one student wait, and have no mark; the others have theirs."""
    run(handed_out, told("A class, from its zip to its marks"))
    with zipfile.ZipFile(handed_out / "entregas.zip", "a") as archive:
        text = archive.read(f"Beto Ríos_1_assignsubmission_file/{LAB}.ipynb").decode()
        archive.writestr("Beto Ríos_1_assignsubmission_file/otra.ipynb", text.replace("pad:-", "-"))
    code, said = labkit(handed_out, "grade", "entregas.zip", LAB)
    assert code == 1
    assert "not placed: b1" in said
    assert said.splitlines()[-1].startswith("something waits for you (see above, labkit collect)")
    rows, pages = made(handed_out)
    (beto,) = (row for row in rows if "b1" in row)
    assert beto[-1] == "-"
    assert len(pages) == 2


@pytest.mark.slow
def test_a_lab_that_the_gradebook_does_not_know(handed_out):
    """A course that was just made needs nothing before: the lab is generated on the way."""
    shutil.rmtree(handed_out / "release")
    code, said = labkit(handed_out, "grade", "entregas.zip", LAB, "--to=csv", "--workers=1")
    assert code == 0, said
    assert (handed_out / "release" / LAB).is_dir()
    assert (handed_out / "grades-csv.csv").is_file()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([LAB], "takes what your system gave you, and a lab"),
        (["nothing.zip", LAB], "nothing.zip doesn't exist"),
        (["nbgrader_config.py", "lab-9"], "there is no lab 'lab-9'"),
    ],
)
def test_what_is_missing_is_told_before_anything_is_done(course, arguments, why):
    """A wrong line is a sentence, and nothing is filed, graded or written."""
    before = {*Path(course).rglob("*")}
    code, said = labkit(course, "grade", *arguments)
    assert (code, why in said, "Traceback" in said) == (1, True, False)
    assert {*Path(course).rglob("*")} - before <= {course / ".nbgrader.log"}
