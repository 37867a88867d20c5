"""The NumPy at hand is compared with the one that the lock installs."""

import re
import sys

import numpy as np
from tiny import ROOT

from grader import versions


def test_the_expected_numpy_is_the_locks():
    """The minor version of NumPy in the code is the one in requirements.lock, for this Python too."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = dict(re.findall(r'(?m)^numpy==(\d+\.\d+)\.\S+ ; python_version (<|>=) "3\.11"', lock))
    assert len(pinned) == 2
    wanted = "<" if sys.version_info < (3, 11) else ">="
    assert [minor for minor, sign in pinned.items() if sign == wanted] == [versions.NUMPY]


def test_another_minor_version_is_warned_of(monkeypatch):
    """A newer or an older NumPy gets a warning that says which is expected; a patch doesn't."""
    known = {"numpy": f"{versions.NUMPY}.99"}
    monkeypatch.setattr(versions.metadata, "version", known.__getitem__)
    assert (versions.other_numpy(), versions.numpy_warning()) == ("", "")
    for other in ("2.4.0", "1.26.4", "2.30.1"):
        known["numpy"] = other
        assert versions.other_numpy() == other
        assert f"this is NumPy {other}" in versions.numpy_warning()
        assert f'"numpy=={versions.NUMPY}.*"' in versions.numpy_warning()


def test_versions_are_those_that_compute():
    """Python, NumPy and PyTorch are named with their versions, or PyTorch as absent."""
    python = ".".join(map(str, sys.version_info[:3]))
    assert versions.versions().startswith(f"Python {python}, NumPy {np.__version__}, PyTorch ")


def test_without_torch_it_is_said(monkeypatch):
    """A machine without PyTorch is said to have none."""

    def version(name):
        if name == "torch":
            raise versions.metadata.PackageNotFoundError(name)
        return "2.3.0"

    monkeypatch.setattr(versions.metadata, "version", version)
    assert versions.versions().endswith("NumPy 2.3.0, sin PyTorch")
