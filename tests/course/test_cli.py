"""The `labkit` command is a table of commands that costs little until one is asked for."""

import importlib
import subprocess
import sys

import pytest
from tiny import labkit

from grader.course.cli import COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there(name):
    """Each command's place in the table leads to an application or a function."""
    module, _, attribute = COMMANDS[name].where.partition(":")
    found = getattr(importlib.import_module(module), attribute)
    assert callable(found)
    assert not isinstance(found, type) or hasattr(found, "launch_instance")


def test_the_table_is_told(tmp_path):
    """Without a command, or with --help, every command is listed with what it does."""
    for arguments in ([], ["--help"], ["help"]):
        code, said = labkit(tmp_path, *arguments)
        assert code == 0
        assert all(f"  {name} " in said and it.about in said for name, it in COMMANDS.items())


def test_the_table_loads_no_command():
    """Neither nbgrader nor torch, nor the parsers of formats that no notebook has, are imported."""
    heavy = ("nbgrader", "sqlalchemy", "torch", "lark")
    program = f"import sys, grader.course.cli; print([m for m in {heavy} if m in sys.modules])"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"
