"""`python -m grader` says what an installation lacks for the labs of a folder, and what mends it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader import installation
from grader.installation import look_over, main, notebooks_in

ROOT = Path(__file__).parents[1]
LAB = "01-convolution"


@pytest.fixture
def folder(tmp_path):
    """A student's folder: a released lab and its key."""
    shutil.copytree(ROOT / "release" / LAB, tmp_path / LAB)
    return tmp_path / LAB


def wrong(folder):
    """What is to mend, each with what mends it."""
    return [(one.said, one.mend) for one in look_over(folder) if not one.good]


def rename_kernel(path, name):
    """Make a notebook ask for another kernel."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["metadata"]["kernelspec"]["name"] = name
    path.write_text(json.dumps(notebook), encoding="utf-8")


def lose(monkeypatch, package):
    """Make a package one that isn't installed."""
    version = installation.metadata.version

    def without(name):
        if name == package:
            raise installation.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(installation.metadata, "version", without)


def test_a_whole_installation_is_ready(folder, capsys):
    """Where nothing is missing every line is good, the lab and its key too, and the exit code is 0."""
    assert main([str(folder)]) == 0
    said = capsys.readouterr().out
    assert f"{LAB}.ipynb, con su clave" in said
    assert "✗" not in said
    assert said.rstrip().endswith("Todo está listo.")
    assert main([str(folder / f"{LAB}.ipynb")]) == 0


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda key: key.unlink(), f"Falta {LAB}.key"),
        (lambda key: key.write_bytes(key.read_bytes()[:-9]), "cortado"),
        (lambda key: key.rename(key.with_name(f"{LAB} (1).key")), f"Ponle {LAB}.key"),
        (lambda key: key.rename(key.with_name(f"{LAB}.key.txt")), f"Ponle {LAB}.key"),
    ],
)
def test_a_key_that_does_not_fit_is_told(folder, damage, told, capsys):
    """A key that is missing, cut, or named otherwise by a browser is named, with what to do."""
    damage(folder / f"{LAB}.key")
    assert main([str(folder)]) == 1
    assert told in capsys.readouterr().out


def test_another_lab_s_key_is_no_misnamed_one(folder):
    """A file that only begins like the key isn't taken for it: its edition is another."""
    other = ROOT / "release" / "02-pooling" / "02-pooling.key"
    (folder / f"{LAB}.key").unlink()
    shutil.copy(other, folder / f"{LAB} (1).key")
    ((_, mend),) = wrong(folder)
    assert f"Falta {LAB}.key" in mend


def test_torch_is_asked_for_only_where_a_lab_needs_it(folder, monkeypatch):
    """Without torch a NumPy lab is ready; beside a lab of torch's, its CPU build is what to install."""
    lose(monkeypatch, "torch")
    assert wrong(folder) == []
    shutil.copytree(ROOT / "release" / "04-im2col", folder / "04-im2col")
    ((said, mend),) = wrong(folder)
    assert said == "Falta torch."
    assert "-m pip install" in mend
    assert ("whl/cpu" in mend) == (sys.platform == "linux")


def test_colab_needs_no_jupyter_of_its_own(folder, monkeypatch):
    """JupyterLab is asked for at home, and not where there is a page for notebooks."""
    lose(monkeypatch, "jupyterlab")
    ((said, _),) = wrong(folder)
    assert said == "Falta jupyterlab."
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release")
    assert wrong(folder) == []


def test_an_old_or_broken_package_is_told(folder, monkeypatch):
    """A package that is too old says both versions; one that can't be imported says why."""
    version = installation.metadata.version
    monkeypatch.setattr(
        installation.metadata, "version", lambda n: "1.21.6" if n == "numpy" else version(n)
    )
    ((said, mend),) = wrong(folder)
    assert said == "numpy es 1.21.6, y hace falta 1.26 o más nuevo."
    assert '"numpy>=1.26"' in mend
    monkeypatch.undo()

    def broken(name):
        if name == "matplotlib":
            raise ImportError("DLL load failed while importing ft2font")
        return __import__(name)

    monkeypatch.setattr(installation.importlib, "import_module", broken)
    ((said, mend),) = wrong(folder)
    assert "DLL load failed" in said
    assert "--force-reinstall" in mend


def test_a_kernel_of_another_python_is_told(folder, tmp_path, monkeypatch):
    """The kernel that Jupyter would start is looked up: one that is missing, or another Python's."""
    notebook = folder / f"{LAB}.ipynb"
    rename_kernel(notebook, "course")
    ((said, mend),) = wrong(folder)
    assert said == "El kernel course del notebook no está instalado."
    assert "ipykernel install --sys-prefix --name course" in mend
    kernel = tmp_path / "jupyter" / "kernels" / "course"
    kernel.mkdir(parents=True)
    spec = {"argv": ["/opt/other/bin/python", "-m", "ipykernel_launcher"], "display_name": "x"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    ((said, _),) = wrong(folder)
    assert said.endswith("/opt/other/bin/python")
    spec["argv"][0] = sys.executable
    (kernel / "kernel.json").write_text(json.dumps(spec))
    assert wrong(folder) == []


@pytest.mark.parametrize(
    ("python", "system", "typed"),
    [
        ("lab 1/.venv/bin/python", "linux", ".venv/bin/python -m pip"),
        ("Ana Paz/python", "linux", '"{0}" -m pip'),
        ("Ana Paz/python", "win32", '& "{0}" -m pip'),
    ],
)
def test_what_mends_it_can_be_typed(python, system, typed, tmp_path, monkeypatch):
    """Python is named from the folder where one is, and in quotes where its path has spaces."""
    (tmp_path / "lab 1").mkdir()
    monkeypatch.chdir(tmp_path / "lab 1")
    monkeypatch.setattr(installation.sys, "executable", str(tmp_path / python))
    monkeypatch.setattr(installation.sys, "platform", system)
    lose(monkeypatch, "pillow")
    told = [mend for said, mend in wrong(Path()) if said == "Falta pillow."]
    assert told == [f'Instálalo: {typed.format(tmp_path / python)} install "pillow>=10.1"']


@pytest.mark.parametrize("missing", ["numpy", "IPython"])
def test_it_works_where_what_it_looks_for_is_missing(missing, folder):
    """Without NumPy, or IPython, `python -m grader` still says what is missing, with no traceback."""
    (folder / "sitecustomize.py").write_text(f"import sys\nsys.modules[{missing!r}] = None\n")
    done = subprocess.run(
        [sys.executable, "-m", "grader"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"{missing.lower()} " in done.stdout
    assert "no se puede importar" in done.stdout
    assert "Traceback" not in done.stderr


def test_only_labs_are_looked_at(folder):
    """Another's notebook and a file that is none are passed over; labs one folder down aren't."""
    (folder / "mine.ipynb").write_text('{"cells": [], "metadata": {}}')
    (folder / "broken.ipynb").write_text('{"cells": [1')
    (folder / "odd.ipynb").write_text("[]")
    assert [one.lab for one in notebooks_in(folder)] == [LAB]
    assert [one.lab for one in notebooks_in(folder.parent)] == [LAB]
    assert wrong(folder.parent) == []


def test_a_folder_without_labs_is_told(tmp_path):
    """Where no lab lies one reads where to run it."""
    ((said, mend),) = wrong(tmp_path)
    assert "no hay ningún laboratorio" in said
    assert "-m grader CARPETA" in mend


def test_a_folder_of_hostile_files_neither_stops_nor_speaks(tmp_path, capsys):
    """A pipe, endless nesting, and names that a terminal would obey are passed over or shown bare."""
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "deep.ipynb").write_text("[" * 200_000)
    lab = {"cells": [{"source": 'use_key("/etc/passwd")'}], "metadata": {}}
    (tmp_path / "far.ipynb").write_text(json.dumps(lab))
    lab["cells"][0]["source"] = 'use_key("q")'
    (tmp_path / "a\x1b[2Jb.ipynb").write_text(json.dumps(lab))
    lab["metadata"] = {"kernelspec": {"name": "x; rm"}}
    (tmp_path / "kernel.ipynb").write_text(json.dumps(lab))
    os.mkfifo(tmp_path / "q (1).key")
    assert [one.lab for one in notebooks_in(tmp_path)] == ["q"]
    assert main([str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "Falta q.key" in said
    assert "\x1b" not in said
    assert "rm" not in said
