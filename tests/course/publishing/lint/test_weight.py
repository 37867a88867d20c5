"""What is too heavy for a course is found, wherever it lies."""

import pytest
from clean import clean_notebook
from sown import CONFIG, add, both, findings, kinds_in, of_cell, of_notebook
from traitlets.config import Config

BIG = "A" * 7_000_000
HEAVY = {
    "an attachment": of_cell("title", attachments={"a.png": {"image/png": BIG}}),
    "attachments together": of_cell(
        "title", attachments={f"{n}.png": {"image/png": BIG[:3_000_000]} for n in range(4)}
    ),
    "an embedded picture": add("title", f"![](data:image/png;base64,{BIG})"),
    "a drawing in the text": add("title", f"<svg>{BIG}</svg>"),
    "metadata": of_notebook(x=BIG),
}


@pytest.mark.parametrize("seed", HEAVY)
def test_what_is_too_heavy_is_found(seed):
    """A part of the notebook, or the whole, over the course's size is found."""
    assert "too-heavy" in kinds_in(HEAVY[seed])


def test_a_file_is_weighed_by_the_courses_own_size(monkeypatch):
    """Files count too, and `c.LabRelease.file_mb` says how much they may weigh."""
    files = {"images.npz": b"\0" * 2_000_000}
    assert kinds_in(both(), files) == set()
    monkeypatch.setitem(CONFIG, "LabRelease", Config(file_mb=1.5))
    (found,) = findings(clean_notebook()[0], files)
    assert "images.npz weighs 2.0 MB and the course allows 1.5" in found.what
