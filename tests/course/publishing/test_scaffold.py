"""A new lab is whole: it passes its own release and its own tests at once."""

import os
import shutil
import subprocess
import sys

import pytest
from tiny import ROOT

import grader
from grader.course.errors import CourseError
from grader.course.publishing.scaffold import exercise_name, scaffold

pytestmark = pytest.mark.slow

LAB = "07-new-lab"


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A clone of the kit without its labs, and a lab that `labkit new` made in it."""
    root = tmp_path_factory.mktemp("clone")
    for name in ("grader", "tests"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "nbgrader_config.py", "requirements.lock", "LICENSE"):
        shutil.copy(ROOT / name, root)
    done = run(root, "-m", "grader.course.cli", "new", LAB)
    assert done.returncode == 0, done.stdout
    return root


def run(root, *arguments):
    """Run this Python in a clone, whose package comes before the installed one."""
    script = ["-c", "from grader.course.cli import main; main()"]
    command = [*script, *arguments[2:]] if arguments[1] == "grader.course.cli" else arguments
    return subprocess.run(
        [sys.executable, *command],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def test_a_new_lab_passes_its_release(clone):
    """`labkit release` on what `labkit new` wrote ends well, and makes the zip."""
    done = run(clone, "-m", "grader.course.cli", "release", LAB)
    assert done.returncode == 0, done.stdout
    assert "ready" in done.stdout
    assert (clone / "dist" / f"{LAB}.zip").is_file()


def test_a_new_lab_passes_its_tests(clone):
    """Its mistakes lose the marks that they should, and its samples get what they deserve."""
    run(clone, "-m", "grader.course.cli", "release", LAB)
    tests = ["tests/exercises/mistakes/test_new_lab.py", "tests/exercises/test_families.py"]
    tests += ["tests/course/test_labs.py"]
    done = run(clone, "-m", "pytest", "-q", "-x", "-k", "new_lab or 07-new-lab", *tests)
    assert done.returncode == 0, done.stdout


def test_a_new_lab_keeps_the_house(clone):
    """The modules that it writes are linted and formatted as the kit's own."""
    files = sorted(map(str, clone.glob("grader/exercises/*/new_lab.py")))
    files += sorted(map(str, clone.glob("tests/exercises/mistakes/test_new_lab.py")))
    assert len(files) == 4
    for command in (["check"], ["format", "--check"]):
        done = run(clone, "-m", "ruff", *command, *files)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("lab", "exercise", "said"),
    [
        ("../07", "x", "can't name a lab"),
        ("07-lab", "class", "can't name a function"),
        ("07", "", "can't name a function"),
        ("07-lab", "zero_pad", "already"),
        ("07-lab", "fine", "another one"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused(tmp_path, lab, exercise, said):
    """Nothing is written, and the message says what to do."""
    with pytest.raises(CourseError, match=said):
        scaffold(tmp_path, lab, exercise)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_never_overwritten(tmp_path, monkeypatch):
    """A second lab of the same name is refused."""
    monkeypatch.setattr(grader, "__file__", str(tmp_path / "grader" / "__init__.py"))
    written = scaffold(tmp_path, "07-lab", "fine")
    written[0].write_text("mine")
    with pytest.raises(CourseError, match="is there already"):
        scaffold(tmp_path, "07-lab", "fine")
    assert written[0].read_text() == "mine"


@pytest.mark.parametrize(
    ("lab", "name"), [("07-one-hot", "one_hot"), ("My Lab", "my_lab"), ("3", "")]
)
def test_the_exercise_is_named_after_the_lab(lab, name):
    """Numbers in front go, and what is between words becomes an underscore."""
    assert exercise_name(lab) == name
