"""A bundle is the same bytes each time, and all that a student needs."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from clean import LAB, clean_course
from tiny import ROOT, labkit

from grader.course.publishing.bundle import (
    NEEDS,
    BundleError,
    Marks,
    build_wheel,
    bundle,
    make_zip,
    readme,
    requirements,
)

pytestmark = pytest.mark.slow

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
MARKS = Marks(6, 2, {"centre": 6})


@pytest.fixture(scope="module")
def wheel():
    """The kit's wheel."""
    return build_wheel(ROOT)


@pytest.fixture(scope="module")
def files(wheel, tmp_path_factory):
    """The files of a lab's bundle, by name."""
    root = clean_course(tmp_path_factory.mktemp("files") / "course")
    code, said = labkit(root, "generate_assignment", LAB, "--log-level=ERROR")
    assert code == 0, said
    released = {path.name: path.read_bytes() for path in (root / "release" / LAB).iterdir()}
    assert set(released) == {f"{LAB}.ipynb", f"{LAB}.key"}
    return unzip(bundle(LAB, {**released, "data/points.csv": b"1,2\n"}, MARKS, wheel, LOCK))


def unzip(data):
    """Return a zip's files by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_zip_says_nothing_of_when_or_where_it_was_made():
    """Order, dates, modes and compression are fixed."""
    one = make_zip({"b": b"2", "a": b"1" * 99})
    with zipfile.ZipFile(io.BytesIO(one)) as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == ["a", "b"]
    assert {(e.date_time, e.external_attr, e.compress_type) for e in entries} == {
        ((1980, 1, 1, 0, 0, 0), 0o100644 << 16, zipfile.ZIP_STORED)
    }


def test_the_wheel_is_the_same_from_another_folder_on_another_day(wheel, tmp_path):
    """Neither the folder, the files' dates and modes, nor what lies about changes a byte."""
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / name).is_file():
            shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "grader", tmp_path / "grader")
    (tmp_path / "build" / "lib" / "grader").mkdir(parents=True)
    (tmp_path / "build" / "lib" / "grader" / "stray.py").write_text("stray = 1\n")
    for path in tmp_path.rglob("*.py"):
        os.utime(path, (1e9, 1e9))
        path.chmod(0o600)
    again = build_wheel(tmp_path)
    assert (again.name, hashlib.sha256(again.data).digest()) == (
        wheel.name,
        hashlib.sha256(wheel.data).digest(),
    )


def test_the_wheel_holds_the_kit(wheel):
    """Modules, templates and what pip needs to know are in the wheel, and nothing else."""
    names = unzip(wheel.data)
    assert "grader/checks.py" in names
    assert "grader/course/publishing/templates/new/lab.ipynb" in names
    about = wheel.name.removesuffix("-py3-none-any.whl") + ".dist-info"
    assert {name.partition("/")[0] for name in names} == {"grader", about}
    assert {Path(name).suffix for name in names if name.startswith("grader/")} <= HELD


HELD = {".py", ".typed", ".txt", ".ipynb", ".css", ".j2", ".js", ".png"}


def test_a_corrected_kit_has_a_version_of_its_own(wheel, tmp_path):
    """A changed byte makes another version, and pip replaces an installed kit by it."""
    shutil.copytree(ROOT / "grader", tmp_path / "kit" / "grader")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path / "kit")
    with (tmp_path / "kit" / "grader" / "marks.py").open("a", encoding="utf-8") as module:
        module.write("CORRECTED = True\n")
    corrected = build_wheel(tmp_path / "kit")
    assert corrected.name != wheel.name
    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    for one in (wheel, corrected):
        (tmp_path / one.name).write_bytes(one.data)
        pip = [sys.executable, "-m", "pip", "--python", python, "install", "-qq", "--no-index"]
        pip += ["--disable-pip-version-check", "--no-deps", str(tmp_path / one.name)]
        subprocess.run(pip, check=True)
    (site,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    assert (site / "grader" / "marks.py").read_text(encoding="utf-8").endswith("CORRECTED = True\n")
    assert len(list(site.glob("cnn_labkit-*.dist-info"))) == 1


def test_the_source_archive_holds_the_engine(tmp_path):
    """The sdist has the package and what builds it; neither exercises, labs nor tests."""
    sources = tmp_path / "kit"
    for name in ("grader", "exercises", "source", "tests/support"):
        shutil.copytree(ROOT / name, sources / name)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, sources)
    script = "import sys; from setuptools.build_meta import build_sdist; build_sdist(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=sources,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as held:
        names = {Path(name).parts[1] for name in held.getnames() if len(Path(name).parts) > 1}
    meta = {"PKG-INFO", "setup.cfg", "cnn_labkit.egg-info"}
    assert names - meta == {"grader", "pyproject.toml", "README.md", "LICENSE"}


def test_without_sources_there_is_no_wheel(tmp_path):
    """A folder that isn't a clone of the kit is refused, and the message says what is needed."""
    with pytest.raises(BundleError, match="clone"):
        build_wheel(tmp_path)


def test_a_build_that_fails_says_why(tmp_path):
    """What the build said is in the error."""
    (tmp_path / "grader").mkdir()
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 3\n")
    with pytest.raises(BundleError, match="name"):
        build_wheel(tmp_path)


def test_requirements_are_the_courses_own_versions(wheel):
    """All that students need is pinned as in the course's lock, and nothing else."""
    lines = requirements(LOCK, wheel.name).splitlines()
    assert {line.partition("==")[0] for line in lines[1:-1]} == set(NEEDS)
    assert set(lines[1:-1]) <= set(LOCK.splitlines())
    assert lines[-1] == f"./{wheel.name}"


def test_the_manifest_is_true(files):
    """The manifest has the marks, and every file of the bundle with its SHA-256."""
    manifest = json.loads(files.pop(f"{LAB}/MANIFEST.json"))
    assert manifest["marks"] == {"automatic": 6, "manual": 2, "exercises": {"centre": 6}}
    assert manifest["sha256"] == {
        name.removeprefix(f"{LAB}/"): hashlib.sha256(data).hexdigest()
        for name, data in files.items()
    }


def test_a_student_is_told_how_to_start(files, wheel):
    """The text for students names the notebook, the wheel, the marks, and leaves no blank."""
    text = files[f"{LAB}/LEEME.txt"].decode()
    assert "@" not in text
    assert "vale 8 puntos:\n6 automáticos y 2 que pone una persona" in text
    assert f"%pip install -q --no-deps {LAB}/{wheel.name}" in text
    assert f"jupyterlab {LAB}.ipynb" in text
    assert all(f"En {system}" in text for system in SYSTEMS)
    assert "whl/cpu" not in text
    assert max(map(len, text.splitlines())) <= 110


def test_on_linux_torch_comes_without_cuda(wheel):
    """A lab of torch's says to Linux, before the rest, the line that brings torch's CPU build."""
    needs = requirements(LOCK, wheel.name, torch=True)
    pin = next(line for line in needs.splitlines() if line.startswith("torch=="))
    text = readme(LAB, [f"{LAB}.ipynb"], Marks(6, 2, {}), wheel.name, needs)
    linux = text.partition("En Linux")[2].partition("En VS Code")[0].splitlines()
    (cpu,) = (at for at, line in enumerate(linux) if "whl/cpu" in line)
    assert f"pip install {pin} --index-url" in linux[cpu]
    assert "requirements.txt" in linux[cpu + 1]
    assert text.count("whl/cpu") == 1


SYSTEMS = ("Windows", "macOS", "Linux", "VS Code", "Google Colab", "Kaggle")


RUN = """
import sys, nbclient, nbformat, grader
notebook = nbformat.read(sys.argv[1], 4)
nbclient.NotebookClient(notebook, startup_timeout=600, kernel_name="python3", timeout=600).execute()
print(grader.__file__)
for cell in notebook.cells:
    for output in cell.get("outputs", ()):
        print(output.get("data", {}).get("text/plain", ""))
"""


def test_a_fresh_environment_with_only_the_bundle_runs_the_lab(files, tmp_path):
    """The wheel of the bundle installs into a new environment, where a solution earns its marks.

    What the wheel needs is lent by this environment, so that nothing is downloaded.
    """
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    folder = tmp_path / LAB
    notebook = folder / f"{LAB}.ipynb"
    stub = '# ESCRIBE TU CÓDIGO AQUÍ\\n",\n    "    raise NotImplementedError()'
    text = notebook.read_text(encoding="utf-8")
    assert stub in text
    solved = text.replace(stub, "Z = X - np.mean(X, axis=0) + bias")
    notebook.write_text(solved, encoding="utf-8")
    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.check_output([python, "-c", where], text=True).strip())
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (wheel,) = folder.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "-qq", "--no-index"]
    pip += ["--disable-pip-version-check", "--ignore-installed", "--no-deps", str(wheel)]
    alone = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PIP_CONFIG_FILE")}
    subprocess.run(pip, check=True, env=alone)
    said = subprocess.check_output(
        [python, "-c", RUN, f"{LAB}.ipynb"], cwd=folder, text=True, env=alone
    )
    assert said.startswith(str(site))
    assert said.count("✓ [") == 3
    assert "✗" not in said
