"""A released notebook starts on Colab and Kaggle with the cell that only the release has."""

import http.server
import os
import subprocess
import sys
import threading
import venv
from functools import partial
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from grader.course.errors import CourseError
from grader.course.folders import read_lab
from grader.course.labs import LabNotebook, originals
from grader.course.preprocessors import StartAnywhere
from grader.course.publishing.bundle import build_wheel, make_zip
from grader.course.starting import start_cells
from grader.course.submissions.restore import restore

ROOT = Path(__file__).parents[2]
LAB = "01-convolution"
ADDRESS = "https://github.com/ana/cnn-course/tree/2027"


def started(address):
    """What the preprocessor makes of a small notebook in a course with this address."""
    cells = [new_markdown_cell("# Lab", id="title"), new_code_cell("import grader", id="imports")]
    step = StartAnywhere(config=Config({"StartAnywhere": {"address": address}}))
    about = {"nbgrader": {"assignment": LAB, "notebook": LAB}}
    return step.preprocess(new_notebook(cells=cells), about)[0]


def test_without_an_address_a_release_has_no_such_cell():
    """A course that says no address releases what it released before."""
    assert [cell.id for cell in started("").cells] == ["title", "imports"]


def test_badges_open_the_released_notebook_of_the_repository():
    """A GitHub address gives badges to its branch, and a cell that fetches the latest bundle."""
    notebook = started(ADDRESS)
    assert [cell.id for cell in notebook.cells] == [
        "title",
        "start-badges",
        "start-anywhere",
        "imports",
    ]
    _, badges, start, _ = notebook.cells
    there = f"ana/cnn-course/blob/2027/release/{LAB}/{LAB}.ipynb"
    assert f"(https://colab.research.google.com/github/{there})" in badges.source
    assert f"src=https://github.com/{there})" in badges.source
    assert "[![Abrir en Colab]" in badges.source
    latest = f"https://github.com/ana/cnn-course/releases/latest/download/{LAB}.zip"
    assert f'urlopen("{latest}"' in start.source
    nbformat.validate(notebook)
    assert notebook == started(ADDRESS)


@pytest.mark.parametrize(
    "address", ["github.com/ana/cnn", "http://example.edu/cnn", "https://a b", 'https://x")+evil("']
)
def test_an_address_that_is_none_is_refused(address):
    """What is no web address is named in a sentence that shows what was expected."""
    with pytest.raises(CourseError, match="expected a web address with https"):
        start_cells(address, LAB, LAB)


def lab_with_start():
    """Lab 1 as a course with an address releases it: its source, and its release."""
    mine = read_lab(CourseDirectory(root=str(ROOT)), LAB).notebooks[LAB]
    release = nbformat.reads(mine.release, as_version=4)
    release.cells[1:1] = start_cells(ADDRESS, LAB, LAB)
    return LabNotebook(mine.source, nbformat.writes(release))


def test_what_starts_a_notebook_is_no_part_of_what_is_graded():
    """Restoring takes the release's own cells away, says nothing of it, and leaves a student's."""
    lab = lab_with_start()
    notebook = nbformat.reads(lab.release, as_version=4)
    restored = restore(lab.release.encode(), originals(lab))
    assert (
        restored.repairs
        == restore(
            nbformat.writes(nbformat.reads(lab.source, as_version=4)).encode(), originals(lab)
        ).repairs
    )
    assert not any(cell.get("id", "").startswith("start-") for cell in restored.notebook.cells)
    # A cell that a student wrote in is the student's.
    start = next(cell for cell in notebook.cells if cell.get("id") == "start-anywhere")
    start.source += "\nmine = 1"
    kept = restore(nbformat.writes(notebook).encode(), originals(lab)).notebook
    assert any(cell.source.endswith("mine = 1") for cell in kept.cells)


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    """A folder on the web, with the bundle of lab 1 as it is released; yields its address."""
    folder = tmp_path_factory.mktemp("web")
    wheel = build_wheel(ROOT)
    files = {f"{LAB}/{wheel.name}": wheel.data}
    for path in (ROOT / "release" / LAB).iterdir():
        files[f"{LAB}/{path.name}"] = path.read_bytes()
    (folder / f"{LAB}.zip").write_bytes(make_zip(files))
    handler = partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """A Python that has what Colab has: NumPy, IPython and matplotlib, and not the kit."""
    folder = tmp_path_factory.mktemp("colab") / "venv"
    venv.create(folder, with_pip=True)
    (theirs,) = folder.glob("lib/python*/site-packages")
    # Only that folder: the kit's own .pth in it, an editable install's, isn't read.
    (theirs / "has.pth").write_text(str(Path(np.__file__).parents[1]))
    return folder / "bin" / "python"


CHECK = """
from grader import check_torch, marks, use_key
use_key("01-convolution")
with marks(4, "zero_pad/basic"):
    framed = lambda X, pad: np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    check_torch(framed, "basic", name="zero_pad")
"""


def run(python, address, folder, **environment):
    """Run the release's first cell, and a check after it, in a folder of Colab's."""
    start = start_cells(address, LAB, LAB)[-1].source
    lines = ["import sys", "sys.path[:] = [p for p in sys.path if p]", start, "import numpy as np"]
    return subprocess.run(
        [python, "-c", "\n".join(lines) + CHECK],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": "", "PIP_NO_INDEX": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_cell_brings_what_a_lab_needs_and_brings_it_once(python, web, tmp_path):
    """In Colab's folder, without the kit and with no web but the course's, checks work after it."""
    nowhere = "http://127.0.0.1:9"
    lost = run(python, nowhere, tmp_path, COLAB_RELEASE_TAG="release")
    assert lost.stderr.splitlines()[-1].startswith("RuntimeError: No se pudo bajar el laboratorio")
    assert "corre esta celda de nuevo" in lost.stderr
    assert not list(tmp_path.iterdir())

    first = run(python, web, tmp_path, COLAB_RELEASE_TAG="release")
    assert "Listo" in first.stdout, first.stderr
    assert "✓ [4/4 puntos] zero_pad/basic" in first.stdout, first.stderr
    # What was interrupted half-way is brought again.
    (wheel,) = tmp_path.glob("*/*.whl")
    wheel.unlink()
    whole = run(python, web, tmp_path, COLAB_RELEASE_TAG="release")
    assert "✓ [4/4 puntos] zero_pad/basic" in whole.stdout, whole.stderr
    # A second time, as after a restart, nothing is brought.
    again = run(python, nowhere, tmp_path, KAGGLE_KERNEL_RUN_TYPE="Interactive")
    assert "✓ [4/4 puntos] zero_pad/basic" in again.stdout, again.stderr


def test_at_home_the_cell_does_nothing(tmp_path):
    """On a student's own machine the cell brings nothing and says nothing."""
    start = start_cells("https://example.edu/cnn", LAB, LAB)[-1].source
    done = subprocess.run(
        [sys.executable, "-c", start], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == done.stderr == ""
    assert not list(tmp_path.iterdir())
