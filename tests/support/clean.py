"""The clean lab: what `labkit new clean --exercise=centre` writes, with nothing to mend in it."""

import json
import shutil

from tiny import ROOT

from grader.catalogue import Catalogue
from grader.course.publishing.scaffold import _files

LAB = "clean"
EXERCISE = "centre"
NOTEBOOK = f"source/{LAB}/{LAB}.ipynb"
MODULE = f"exercises/{EXERCISE}.py"


def clean_exercise():
    """Return the text of the module of its exercise."""
    return _files(LAB, EXERCISE)[MODULE]


def clean_catalogue():
    """Return the course's exercises: one."""
    return Catalogue({f"{EXERCISE}.py": clean_exercise()})


def clean_notebook():
    """Return the notebook as a dictionary, and its cells by id; changes to these are changes to it."""
    notebook = json.loads(_files(LAB, EXERCISE)[NOTEBOOK])
    cells = {}
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
        cells[cell["id"]] = cell
    return notebook, cells


def clean_course(root, change=None, exercise=None, limits=None):
    """Write a course of the clean lab at `root`, its cells and its exercise's module changed."""
    root.mkdir(parents=True, exist_ok=True)
    for name in ("nbgrader_config.py", "requirements.lock"):
        shutil.copy(ROOT / name, root)
    notebook, cells = clean_notebook()
    if change:
        change(cells)
    if limits:
        notebook["metadata"]["labkit"] = {"limits": limits}
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    module = exercise(clean_exercise()) if exercise else clean_exercise()
    for name, content in ((NOTEBOOK, text), (MODULE, module)):
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text(content, encoding="utf-8")
    return root
