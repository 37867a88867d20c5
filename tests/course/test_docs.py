"""What README and the site tell people to type works as it stands, in a fresh copy of the tree.

A line of a fence marked `sh` is run as somebody types it, page by page and one after the other: README's
and the instructors' here, the authors' by `publishing/test_outside.py`. What can't be run is in
`ELSEWHERE`, with the reason, and what it names is held to be there.
"""

import csv
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import numpy as np
import pytest
from needs import need
from tiny import ROOT
from told import ELSEWHERE, NEW, commands, fences, runnable

from grader import CheckFailed, check_torch, reset_marks, use_key
from grader.course.cli import COMMANDS
from grader.course.export import LabExport
from grader.course.lateness import LatePolicy
from grader.course.preprocessors import StartAnywhere
from grader.course.publishing.bundle import Marks, readme
from grader.course.samples import build, read_sample
from grader.running.confine import layers

LAB = "01-convolution"
CLASS = {"Ana Paz": "full-marks", "Beto Ríos": "forgets-bias"}
STUDENTS = ROOT / "docs/estudiantes"  # whose pages say what LEEME.txt says
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]
PAGES = [page for page in PAGES if page.parent != STUDENTS]


def here(page):
    """Return those of a page's commands that can run on this machine."""
    lacking = any(layer.essential and not layer.available for layer in layers())
    return [line for line in runnable(page) if not (lacking and line == "labkit doctor")]


@pytest.fixture
def clone(tmp_path):
    """Copy what git would give, with the sample class cut to two and this environment lent.

    Of the tests it keeps one file, or `make test` would run this one again.
    """
    need(shutil.which("git") and (ROOT / ".git").exists(), "clone of the kit, and git")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    copy = tmp_path.resolve() / "clone"
    shared = ("support/course.py", "support/tiny.py")
    kept = {Path("tests", name) for name in ("conftest.py", "test_hashes.py", *shared)}
    for name in filter(None, names.split("\0")):
        path = Path(name)
        left_out = (path.parts[0] == "tests" and path not in kept) or (
            path.parent == Path("examples", LAB) and path.stem not in CLASS.values()
        )
        if not left_out and (ROOT / path).is_file():
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, copy / path)
    (copy / ".venv").mkdir()
    (copy / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    version = subprocess.run([sys.executable, "-V"], check=True, capture_output=True, text=True)
    (copy / ".venv" / ".made-by-make").write_text(f"{version.stdout.strip()} in {copy}\n")
    return copy


def typed(clone, *lines):
    """Run lines as somebody types them there, up to one that fails: its exit code, and all said."""
    strange = ("PYTEST_", "MAKE", "MFLAGS", "COV_")
    given = {k: v for k, v in os.environ.items() if not k.startswith(strange)}
    given["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    given["PYTHONPATH"] = str(
        clone
    )  # the environment's own kit is the tree that this was copied of
    ran = subprocess.run(
        ["bash", "-exc", "\n".join(lines)],
        cwd=clone,
        env=given,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return ran.returncode, ran.stdout


def hand_in(clone):
    """Put what Moodle gives for the class into entregas.zip."""
    source, release = (
        nbformat.read(clone / step / LAB / f"{LAB}.ipynb", as_version=4)
        for step in ("source", "release")
    )
    roster = "".join(f"{student},{at}@uni.edu\n" for at, student in enumerate(CLASS))
    (clone / "alumnos.csv").write_text(f"Nombre completo,Correo\n{roster}", encoding="utf-8")
    with zipfile.ZipFile(clone / "entregas.zip", "w") as archive:
        for number, (student, sample) in enumerate(CLASS.items()):
            text = build(read_sample(clone / "examples" / LAB / f"{sample}.py"), source, release)
            folder = f"{student}_{number}_assignsubmission_file_"
            archive.writestr(f"{folder}/{LAB}.ipynb", text)


def marks(clone):
    """Return each student's marks, as grades.csv has them."""
    text = (clone / "grades.csv").read_text(encoding="utf-8")
    return {row["student_id"]: float(row["score"]) for row in csv.DictReader(io.StringIO(text))}


def deserved():
    """Return the marks that the class deserves, the best first."""
    found = (read_sample(ROOT / "examples" / LAB / f"{name}.py").marks for name in CLASS.values())
    return sorted(found, reverse=True)


def files(folder):
    """Return a folder's files by name."""
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.slow
def test_the_first_two_commands(clone):
    """`make demo` grades the sample class and shows it, and `make test` runs the tests."""
    demo, test = [
        line for line in fences(ROOT / "README.md", "sh") if line[:6] in ("make d", "make t")
    ]
    code, said = typed(clone, demo)
    assert code == 0, said
    assert all(name in said for name in CLASS.values())
    assert "2 graded, 0 unchanged and skipped, 0 flagged, 0 need a person" in said
    code, said = typed(clone, test)
    assert code == 0, said
    assert " passed" in said


@pytest.mark.slow
def test_an_instructors_commands(clone):
    """Those of the instructors' pages, read in order, grade a zip of Moodle's with the policies told."""
    hand_in(clone)
    before = files(clone / "release")
    first, *others = (ROOT / "docs/instructors" / f"{n}.md" for n in ("index", "policies", "after"))
    with (clone / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write("\n".join(["", *fences(others[0], "python"), ""]))
    code, said = typed(clone, *(line for page in (first, *others) for line in here(page)))
    assert code == 0, said
    assert "Traceback" not in said
    assert files(clone / "release") == before
    assert sorted(marks(clone).values(), reverse=True) == deserved()
    assert len(list(clone.glob(f"feedback/*/{LAB}/{LAB}.html"))) == len(CLASS)
    for made in (f"report/{LAB}.html", f"similar-{LAB}.html", "grades-moodle.csv"):
        assert (clone / made).exists(), made


@pytest.mark.slow
def test_the_same_commands_of_nbgrader(clone):
    """Stock nbgrader's own commands, with nothing of ours before them but filing, give the same."""
    hand_in(clone)
    before = files(clone / "release")
    (filing,) = (
        one for one in fences(ROOT / "README.md", "sh") if one.startswith("labkit collect")
    )
    stock = [f"nbgrader {name} {LAB}" for name in ("autograde", "generate_feedback")]
    code, said = typed(
        clone, f"nbgrader generate_assignment {LAB}", filing, *stock, "nbgrader export"
    )
    assert code == 0, said
    assert "Traceback" not in said
    assert files(clone / "release") == before
    assert sorted(marks(clone).values(), reverse=True) == deserved()
    assert len(list(clone.glob(f"feedback/*/{LAB}/{LAB}.html"))) == len(CLASS)


def test_every_other_command_is_held_too():
    """A command that the tests above don't run is one that they do, or can't be run here."""
    others = ("authoring", "grading")  # which test_outside and test_whole run
    run = [*sorted(ROOT.glob("docs/instructors/*.md"))]
    run += [ROOT / f"docs/{name}.md" for name in others]
    known = {line for page in run for line in commands(page)}
    for page in PAGES:
        for line in commands(page):
            assert line in known or line.startswith(ELSEWHERE), f"{page.name}: {line}"


def test_what_cannot_run_here_is_there():
    """Of such a command each file is in the tree, each target in the Makefile, and each extra ours."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for page in PAGES:
        for line in commands(page):
            if not line.startswith(ELSEWHERE) or NEW in line:
                continue
            if line.startswith("make "):
                assert f"\n{line.split()[1]}: " in makefile, line
            for extras in re.findall(r"\.\[([\w,]+)\]", line):
                assert all(f"\n{one} = [" in project for one in extras.split(",")), line
            for path in re.findall(r"[\w.-]+/[\w./-]+\.\w+|[\w-]+\.(?:lock|py)\b", line):
                assert (ROOT / path).exists(), line


def test_each_script_that_a_page_names_is_there():
    """A script of ours that a page speaks of, with its folder, is in the tree."""
    for page in [*PAGES, *STUDENTS.glob("*.md")]:
        text = page.read_text(encoding="utf-8")
        for path in re.findall(
            r"`(?:python )?((?:benchmarks|tests|\.ci|grader)/[\w/.-]+\.\w+)", text
        ):
            assert (ROOT / path).is_file(), f"{page.name}: {path}"


def test_each_command_that_a_page_names_is_one():
    """A command of labkit's that stands in a sentence, where no test runs it, exists."""
    for page in PAGES:
        for name in re.findall(r"`labkit (\w+)", page.read_text(encoding="utf-8")):
            assert name in COMMANDS, f"{page.name}: labkit {name}"


def test_a_students_lines_are_those_of_the_zip():
    """What a student's pages say to type, on each system and in Colab, is what LEEME.txt says."""
    wheel = "cnn_labkit-0.2.0-py3-none-any.whl"
    told = readme(LAB, [f"{LAB}.ipynb", f"{LAB}.key"], Marks(60, 5, {}), wheel, "numpy")
    said = {line.strip() for line in told.splitlines()}
    pages = sorted(STUDENTS.glob("*.md"))
    lines = [
        line.strip()
        for page in pages
        for mark in ("sh", "bat", "ipython3")
        for line in fences(page, mark)
    ]
    assert len(lines) >= 9
    assert [line for line in lines if line not in said] == []


def test_what_a_message_means_is_a_message(monkeypatch, capsys):
    """The message that the students' page explains is what that mistake gets, and its help works."""
    page = STUDENTS / "mensajes.md"
    monkeypatch.chdir(ROOT / "release" / LAB)
    reset_marks()
    use_key(LAB)

    def zero_pad(X, pad):
        return np.pad(X, ((0, 0), (pad, pad), (pad, 0), (0, 0)))

    with pytest.raises(CheckFailed) as failed:
        check_torch(zero_pad, "basic")
    quoted = " ".join(re.findall(r"(?m)^> ?(.*)$", page.read_text(encoding="utf-8"))[2:])
    assert " ".join(quoted.replace("**", "").split()) in " ".join(str(failed.value).split())
    space = {"zero_pad": zero_pad}
    exec("\n".join(fences(page, "python")), space)
    assert space["caso"].got.shape != space["caso"].expected.shape
    assert "en la línea" in capsys.readouterr().out


def test_every_option_of_the_course_is_one():
    """What a page sets in nbgrader_config.py is an option of the class that it names."""
    classes = {one.__name__: one for one in (LatePolicy, LabExport, StartAnywhere)}
    for page in PAGES:
        for line in fences(page, "python"):
            if found := re.match(r"c\.(\w+)\.(\w+) =", line):
                assert found[2] in classes[found[1]].class_trait_names(config=True), line
