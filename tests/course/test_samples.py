"""A sample is read from its text, and built into the file that its student handed in."""

import copy

import nbformat
import pytest
from tiny import tiny_lab

from grader.course.samples import SampleError, build, read_sample

SOURCE = tiny_lab()
RELEASE = copy.deepcopy(SOURCE)
RELEASE.cells[2].source = "stub"


def sample(tmp_path, text):
    """Read a sample from its text."""
    path = tmp_path / "a-name.py"
    path.write_text(text, encoding="utf-8")
    return read_sample(path)


def sources(tmp_path, text):
    """Return the sources of the built notebook, by cell id."""
    built = nbformat.reads(build(sample(tmp_path, text), SOURCE, RELEASE), as_version=4)
    return {cell.id: cell.source for cell in built.cells}


def test_a_sample_replaces_adds_and_deletes_cells(tmp_path):
    """Each `# %%` does to its cell what it says; the other cells are the instructor's."""
    text = (
        "# Does things.\n# marks: 1.5\n# %% zero_pad\nx = 1\n\ny = 2\n# %% delete see-it\n"
        "# %% prepend zero_pad\nbefore\n# %% append zero_pad\nafter\n"
    )
    one = sample(tmp_path, text)
    assert (one.name, one.about, one.marks) == ("a-name", "Does things.", 1.5)
    found = sources(tmp_path, text)
    assert found["zero_pad"] == "x = 1\n\ny = 2"
    assert "see-it" not in found
    names = list(found)
    at = names.index("zero_pad")
    assert [found[name] for name in names[at - 1 : at + 2]] == ["before", "x = 1\n\ny = 2", "after"]
    assert found["intro"] == "# Mini"


def test_a_sample_may_start_from_the_release(tmp_path):
    """`# base: release` leaves everything unfilled but what the sample says."""
    assert sources(tmp_path, "# Blank.\n# marks: 0\n# base: release\n")["zero_pad"] == "stub"


def test_a_sample_may_be_no_notebook_at_all(tmp_path):
    """`# raw:` is the text of the file."""
    assert build(sample(tmp_path, "# Cut.\n# marks: 0\n# raw: {\n"), SOURCE, RELEASE) == "{\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# No marks.\n", "begins with a comment"),
        ("# Odd.\n# marks: 1\n# base: thin air\n", "`# base:`"),
        ("# Odd.\n# marks: 1\n# %% explode zero_pad\n", "isn't `# %% CELL`"),
    ],
)
def test_a_sample_that_cannot_be_read_says_why(tmp_path, text, said):
    """A missing mark, another base or another action is an error that names the file."""
    with pytest.raises(SampleError, match=said):
        sample(tmp_path, text)


def test_a_sample_of_an_unknown_cell_lists_the_cells(tmp_path):
    """A cell that the lab doesn't have is an error that lists those it has."""
    one = sample(tmp_path, "# Odd.\n# marks: 1\n# %% zero_pat\nx = 1\n")
    with pytest.raises(SampleError, match=r"no cell 'zero_pat'.*test_zero_pad_basic"):
        build(one, SOURCE, RELEASE)
