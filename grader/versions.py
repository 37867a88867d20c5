"""Which Python, NumPy and PyTorch are at hand, and whether NumPy is the one of the lock."""

from __future__ import annotations

import platform
import sys
from importlib import metadata

from grader.words import _

NUMPY = "2.2" if sys.version_info < (3, 11) else "2.3"
"""The minor version of NumPy in requirements.lock, which isn't in the wheel. A test compares them."""


def versions() -> str:
    """Name what computes here, and its versions.

    >>> versions()
    'Python ..., NumPy ..., PyTorch ...'
    """
    here = f"Python {platform.python_version()}, NumPy {_version('numpy')}"
    torch = _version("torch")
    return f"{here}, PyTorch {torch}" if torch else _("{here}, sin PyTorch").format(here=here)


def other_numpy() -> str:
    """Return the version of NumPy if it isn't of the minor version in the lock, or nothing."""
    here = _version("numpy")
    return "" if here.split(".")[:2] == NUMPY.split(".") else here


def numpy_warning() -> str:
    """Warn an instructor of a NumPy that the course wasn't tried with, or return nothing."""
    here = other_numpy()
    if not here:
        return ""
    return (
        f"warning: this is NumPy {here}, and the course was tried with {NUMPY} (requirements.lock): "
        "the same code may fail here, or work here and fail for others. Install "
        f'"numpy=={NUMPY}.*", or check the labs with `labkit release`.'
    )


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
