"""What pyproject.toml says that the kit needs is what it imports, each where it is needed."""

import ast
import re
import sys
from pathlib import Path

import pytest

if sys.version_info < (3, 11):
    pytest.skip("tomllib reads what is declared", allow_module_level=True)
import tomllib

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NAMES = {"ipython": "IPython", "pillow": "PIL"}
"""Packages whose modules are called otherwise."""
UNSEEN = {
    "jupyter": "the notebooks' own program, all of it",
    "jupyterlab": "what a student opens a notebook with",
    "psycopg": "found by SQLAlchemy, through a database's address",
}
"""What is needed and imported by no module of ours."""
TRIED = {"jupyter_client", "typing_extensions"}
"""What is imported where it is there, or for types alone."""
STUDENTS = next(
    contract["source_modules"]
    for contract in PROJECT["tool"]["importlinter"]["contracts"]
    if contract["name"].startswith("The student's side")
)


def imported(*paths):
    """Name the packages, neither Python's nor ours, that modules import anywhere in them."""
    found = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {one.name.partition(".")[0] for one in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names - {"grader"} - TRIED


def declared(*extras):
    """Name the modules of what is declared, for everybody and for those who install an extra."""
    optional = PROJECT["project"]["optional-dependencies"]
    lines = [
        *PROJECT["project"]["dependencies"],
        *(line for one in extras for line in optional[one]),
    ]
    names = {re.match(r"[\w-]+", line)[0] for line in lines} - {"cnn-labkit"}
    return {NAMES.get(name, name) for name in names}


def test_a_students_side_imports_what_students_install():
    """No module of the student's side needs more than the plain installation brings, and all of it."""
    rooms = [ROOT / name.replace(".", "/") for name in STUDENTS]
    files = [file for room in rooms for file in (*room.rglob("*.py"), room.with_suffix(".py"))]
    assert imported(*filter(Path.is_file, files)) == declared() - UNSEEN.keys()


def test_the_kit_imports_what_it_declares():
    """Whoever gives the course gets each package that a module imports, and none that none does."""
    everything = declared("torch", "instructor", "cluster", "postgres")
    assert imported(*ROOT.glob("grader/**/*.py")) == everything - UNSEEN.keys() | {"jupyterlab"}
