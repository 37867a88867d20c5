"""How a released notebook starts where nothing is installed: on Colab and on Kaggle, with one cell.

The course says once where its bundles are, `c.StartAnywhere.address` in nbgrader_config.py. A release
without an address has no such cell.
"""

from __future__ import annotations

import re
from string import Template
from typing import TYPE_CHECKING

from nbformat.v4 import new_code_cell, new_markdown_cell

from grader.course.errors import CourseError

if TYPE_CHECKING:
    from nbformat import NotebookNode

START = "start-anywhere"
"""The tag of these cells, which belong to the release alone: source/ hasn't them, nor has grading."""

_GITHUB = re.compile(
    r"https://github\.com/(?P<repo>[\w.-]+/[\w.-]+?)(?:\.git)?(?:/tree/(?P<branch>[\w./-]+?))?/?"
)

_ADDRESS = re.compile(r"(https://|http://(localhost|127\.0\.0\.1)[:/])[\w.~:/%@+-]+")
"""What is installed from there must come from there: over https, or from this machine."""

_CELL = Template("""\
# En Colab y en Kaggle, esta celda instala las pruebas y trae lo que va junto
# al notebook. En tu computadora no hace nada.
import os

if os.environ.keys() & {"COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE"}:
    import importlib
    import io
    import subprocess
    import sys
    import urllib.request
    import zipfile
    from pathlib import Path

    lab = Path("$lab")
    if Path.cwd().name != lab.name:
        if not ((lab / f"{lab}.key").exists() and any(lab.glob("*.whl"))):
            try:
                with urllib.request.urlopen("$bundle", timeout=60) as page:
                    zipfile.ZipFile(io.BytesIO(page.read())).extractall()
            except Exception as error:
                raise RuntimeError(
                    f"No se pudo bajar el laboratorio: {error}. Revisa que haya internet (en "
                    "Kaggle: Settings → Internet) y corre esta celda de nuevo."
                ) from None
        # Colab y Kaggle ya tienen lo demás: NumPy, matplotlib y PyTorch.
        (wheel,) = lab.glob("*.whl")
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*pip, "--no-deps", str(wheel)], check=True)
        importlib.invalidate_caches()
        os.chdir(lab)
    print("Listo: ya puedes correr las celdas que siguen.")""")


def start_cells(address: str, lab: str, notebook: str) -> list[NotebookNode]:
    """Return the cells that a released notebook gets, or none where the course has no address.

    `address` is that of a GitHub repository whose releases hold the bundles, and which has badges that
    open its notebooks; or of any folder on the web where `labkit release`'s dist/ lies.

    >>> [cell.id for cell in start_cells("https://github.com/ana/cnn", "01-a", "01-a")]
    ['start-badges', 'start-anywhere']
    >>> [cell.id for cell in start_cells("https://example.edu/cnn", "01-a", "01-a")]
    ['start-anywhere']
    """
    if not address:
        return []
    if not _ADDRESS.fullmatch(address):
        raise CourseError(
            f"c.StartAnywhere.address is {address!r}: expected a web address with https, as "
            "https://github.com/OWNER/REPO or https://example.edu/course"
        )
    bundles = address.rstrip("/")
    cells = []
    if github := _GITHUB.fullmatch(address):
        branch = github["branch"] or "main"
        place = f"{github['repo']}/blob/{branch}/release/{lab}/{notebook}.ipynb"
        cells.append(new_markdown_cell(_badges(place), id="start-badges"))
        bundles = f"https://github.com/{github['repo']}/releases/latest/download"
    text = _CELL.substitute(lab=lab, bundle=f"{bundles}/{lab}.zip")
    cells.append(new_code_cell(text, id="start-anywhere"))
    for cell in cells:
        cell.metadata["tags"] = [START]
    return cells


def _badges(place: str) -> str:
    colab = f"https://colab.research.google.com/github/{place}"
    kaggle = f"https://kaggle.com/kernels/welcome?src=https://github.com/{place}"
    return (
        f"[![Abrir en Colab](https://colab.research.google.com/assets/colab-badge.svg)]({colab})\n"
        f"[![Abrir en Kaggle](https://kaggle.com/static/images/open-in-kaggle.svg)]({kaggle})"
    )
