"""A course that isn't a clone of the kit: all commands work with the installed wheel alone."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from tiny import ROOT
from told import NEW, runnable

from grader.course.publishing.bundle import build_wheel

pytestmark = pytest.mark.slow

LAB = "01-my-lab"


def lend(libraries, site):
    """Put the installed libraries into an environment, as links where that can be, without the kit.

    The sandbox shows an environment's own folder, so that lending them by path isn't enough.
    """
    ours = ("cnn_labkit", "__editable__", "grader", "pip", "_virtualenv", "__pycache__")
    for path in libraries.iterdir():
        if not path.name.startswith(ours):
            if path.is_dir():
                shutil.copytree(path, site / path.name, copy_function=link, dirs_exist_ok=True)
            else:
                link(path, site / path.name)


def link(one, other):
    """Make a hard link of a file, or a copy on another disk."""
    try:
        os.link(one, other)
    except OSError:
        shutil.copyfile(one, other)


@pytest.fixture(scope="module")
def labkit(tmp_path_factory):
    """The `labkit` of an environment that has the kit's wheel; what it needs is lent by this one."""
    where = tmp_path_factory.mktemp("outside")
    wheel = build_wheel(ROOT)
    (where / wheel.name).write_bytes(wheel.data)
    venv.create(where / "venv", with_pip=False, symlinks=True)
    python = where / "venv" / "bin" / "python"
    alone = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PIP_CONFIG_FILE")}
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-qq", "--no-index"]
    pip += ["--disable-pip-version-check", "--ignore-installed", "--no-deps"]
    subprocess.run([*pip, str(where / wheel.name)], check=True, env=alone)
    script = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.check_output([str(python), "-c", script], text=True).strip())
    lend(Path(sysconfig.get_path("purelib")), site)
    (where / "venv" / "share").mkdir(exist_ok=True)
    (where / "venv" / "share" / "jupyter").symlink_to(Path(sys.prefix, "share", "jupyter"))

    # nbgrader finds alembic on PATH, where an installation has put it beside Python.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"

    def run(folder, *arguments):
        command = [str(python), "-c", "from grader.course.cli import main; main()", *arguments]
        done = subprocess.run(
            command,
            cwd=folder,
            env={**alone, "COLUMNS": "140", "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    script = "import grader; print(grader.__file__)"
    said = subprocess.check_output([str(python), "-c", script], cwd=where, text=True, env=alone)
    assert said.startswith(str(site))
    return run


def test_a_course_is_made_released_and_graded_outside_the_clone(labkit, tmp_path):
    """In a git repository of its own a course is begun, gets a lab more, is released and graded.

    It is done as docs/authoring.md says, word for word.
    """
    course, folder = tmp_path / "my-course", tmp_path
    subprocess.run(["git", "init", "-q", str(course)], check=True)
    told = [shlex.split(line) for line in runnable(ROOT / "docs/authoring.md")]
    assert [words[1] for words in told][:3] == ["quickstart", "my-course", "new"]
    for program, *arguments in (*told, ["labkit", "demo"]):
        if program == "cd":
            folder /= arguments[0]
            continue
        code, said = labkit(folder, *arguments)
        assert code == 0, (arguments, said)
    files = {path.name for path in (course / "release" / LAB).iterdir()}
    assert files == {f"{LAB}.ipynb", f"{LAB}.key"}
    assert {path.name for path in (course / "dist").iterdir()} == {
        *(f"{LAB}.zip", f"{LAB}-alike.txt"),
        *(f"{NEW}.zip", f"{NEW}-alike.txt"),
    }
    code, said = labkit(course / "demo", "autograde", LAB)
    assert code == 0, said
    assert re.search(r"^0 graded, [1-9]", said, re.MULTILINE)  # the demo has graded them
    code, said = labkit(course / "demo", "report", LAB)
    assert code == 0, said
    assert "full-marks" in said
    tracked = subprocess.check_output(
        ["git", "-C", str(course), "status", "--porcelain", "-uall"], text=True
    )
    private = (
        "demo/",
        "submitted/",
        "autograded/",
        "feedback/",
        "gradebook.db",
        ".labkit",
        "dist/",
    )
    assert [line for line in tracked.splitlines() if line[3:].startswith(private)] == []


def test_a_folder_that_holds_something_is_no_new_course(labkit, tmp_path):
    """Nothing is written over, and the sentence says what to do."""
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    code, said = labkit(tmp_path, "quickstart", ".")
    assert code == 1
    assert "holds something already: name a new folder" in said
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    code, said = labkit(tmp_path, "quickstart", "mine.txt")
    assert code == 1
    assert "mine.txt is a file: name a new folder" in said
