"""What README tells people to type works as it stands, in a fresh copy of the tree."""

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
import pytest
from needs import need
from tiny import ROOT

from grader.course.samples import build, read_sample
from grader.running.confine import layers

pytestmark = pytest.mark.slow

LAB = "01-convolution"
CLASS = {"Ana Paz": "full-marks", "Beto Ríos": "forgets-bias"}
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands(heading):
    """Return the lines of the code block below a heading, comments and all."""
    section = README.partition(f"{heading}\n")[2].partition("\n## ")[0]
    block = re.search(r"(?ms)^```\n(.*?)^```$", section)
    return block[1].splitlines()


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


def typed(clone, line):
    """Run a line as somebody types it there; return its exit code and what it said."""
    strange = ("PYTEST_", "MAKE", "MFLAGS", "COV_")
    here = {k: v for k, v in os.environ.items() if not k.startswith(strange)}
    here["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    here["PYTHONPATH"] = str(clone)  # the environment's own kit is the tree that this was copied of
    ran = subprocess.run(
        ["bash", "-c", line],
        cwd=clone,
        env=here,
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


def test_the_first_two_commands(clone):
    """`make demo` grades the sample class and shows it, and `make test` runs the tests."""
    demo, test = commands("# CNN lab kit")
    code, said = typed(clone, demo)
    assert code == 0, said
    assert all(name in said for name in CLASS.values())
    assert "2 graded, 0 unchanged and skipped, 0 flagged, 0 need a person" in said
    code, said = typed(clone, test)
    assert code == 0, said
    assert " passed" in said


def test_an_instructors_commands(clone):
    """Each command does what its comment says, one after the other, and release/ stays the same."""
    hand_in(clone)
    before = files(clone / "release")
    lacking = [layer.name for layer in layers() if layer.essential and not layer.available]
    for line in commands("## For instructors"):
        code, said = typed(clone, line)
        assert code == 0 or (line.startswith("labkit doctor") and lacking), f"$ {line}\n{said}"
        assert "Traceback" not in said
    assert files(clone / "release") == before
    assert sorted(marks(clone).values(), reverse=True) == deserved()
    assert len(list(clone.glob(f"feedback/*/{LAB}/{LAB}.html"))) == len(CLASS)


def test_the_same_commands_of_nbgrader(clone):
    """Stock nbgrader's own commands, with nothing of ours before them but filing, give the same."""
    hand_in(clone)
    before = files(clone / "release")
    for line in commands("## For instructors"):
        stock = line.replace("labkit", "nbgrader", 1)
        name = line.split()[1]
        if name in ("generate_assignment", "autograde", "generate_feedback", "export"):
            code, said = typed(clone, stock)
        elif name == "collect":
            code, said = typed(clone, line)
        assert code == 0, f"$ {stock}\n{said}"
        assert "Traceback" not in said
    assert files(clone / "release") == before
    assert sorted(marks(clone).values(), reverse=True) == deserved()
    assert len(list(clone.glob(f"feedback/*/{LAB}/{LAB}.html"))) == len(CLASS)


def test_every_file_that_a_command_names_is_there():
    """A path in a code block is one of the tree, or is said to be somebody else's."""
    for block in re.findall(r"(?ms)^```\n(.*?)^```$", README):
        for path in re.findall(r"[\w.-]+/[\w./-]+\.\w+|[\w-]+\.(?:lock|py)\b", block):
            assert (ROOT / path).exists(), path
