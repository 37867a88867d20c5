"""One rule says which names of files are taken, wherever files come in."""

import os

import pytest

from grader.course.submissions.files import job_files
from grader.running.names import MAX_DEPTH, MAX_PART, is_fit
from grader.running.runner import Job


@pytest.mark.parametrize(
    ("name", "fit"),
    [
        ("lab.ipynb", True),
        ("datos/gato ñandú.png", True),
        (os.fsdecode(b"caf\xe9.txt"), True),
        ("a/" * (MAX_DEPTH - 1) + "x", True),
        ("a/" * MAX_DEPTH + "x", False),
        ("x" * MAX_PART, True),
        ("x" * (MAX_PART + 1), False),
        ("ñ" * MAX_PART, False),
        ("/".join(["x" * 200] * 6), False),
        *((name, False) for name in ("", ".", "/", "/etc/passwd", "../x", "a/../x", "a\0b")),
        ("\ud800", False),
    ],
)
def test_a_name_is_fit_or_not_everywhere_alike(name, fit):
    """A name is taken where a disk holds it within its folder; a job and its files agree."""
    assert is_fit(name) is fit
    assert bool(job_files({name: b""}, {})) is fit
    if fit:
        Job(cells=(), files={name: b""})
    else:
        with pytest.raises(ValueError, match="can't be the name of a file"):
            Job(cells=(), files={name: b""})
