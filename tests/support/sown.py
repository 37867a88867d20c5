"""Seeds of faults for the clean notebook, and what lint finds in it."""

import json

from clean import LAB, clean_catalogue, clean_notebook
from tiny import ROOT
from traitlets.config import PyFileConfigLoader

from grader.course.publishing.lint import lint_notebook

TEST = "test_centre_basic"
CONFIG = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()


def findings(notebook, files=None, catalogue=None):
    """Lint a notebook given as a dictionary."""
    text = json.dumps(notebook)
    return lint_notebook("lab.ipynb", text, files, CONFIG, catalogue or clean_catalogue(), LAB)


def about(cell):
    """Return a cell's nbgrader metadata."""
    return cell["metadata"]["nbgrader"]


def swap(name, old, new):
    """Seed: replace a text in a cell, which must have it."""

    def seed(cells, _notebook):
        assert old in cells[name]["source"]
        cells[name]["source"] = cells[name]["source"].replace(old, new)

    return seed


def add(name, text):
    """Seed: add lines at the end of a cell."""

    def seed(cells, _notebook):
        cells[name]["source"] += f"\n{text}"

    return seed


def grading(name, **values):
    """Seed: change a cell's nbgrader metadata."""
    return lambda cells, _notebook: about(cells[name]).update(values)


def renamed(name, cell_id, grade_id=None):
    """Seed: give a cell another id, and another grade_id if it has one."""

    def seed(cells, _notebook):
        cells[name]["id"] = cell_id
        if grade_id:
            about(cells[name])["grade_id"] = grade_id

    return seed


def twice(cells, notebook):
    """Seed: the same cell again."""
    notebook["cells"].append(json.loads(json.dumps(cells[TEST])))


def of_cell(name, **values):
    """Seed: change a cell itself."""
    return lambda cells, _notebook: cells[name].update(values)


def of_notebook(**values):
    """Seed: change the notebook's metadata."""
    return lambda _cells, notebook: notebook["metadata"].update(values)


def new_cell(kind, name, source, at=3):
    """Seed: one more cell."""

    def seed(_cells, notebook):
        cell = {"cell_type": kind, "id": name, "metadata": {}, "source": source}
        code = {"outputs": [], "execution_count": None}
        notebook["cells"].insert(at, cell | (code if kind == "code" else {}))

    return seed


def both(*seeds):
    """Seed: several."""

    def seed(cells, notebook):
        for one in seeds:
            one(cells, notebook)

    return seed


def kinds_in(seed, files=None):
    """Return the kinds of finding in the clean notebook that was sown with `seed`."""
    notebook, cells = clean_notebook()
    seed(cells, notebook)
    return {finding.kind for finding in findings(notebook, files)}
