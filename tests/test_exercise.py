"""A mistake is an edit of the instructor's solution, and says so at once where it no longer fits."""

import pytest

from grader.exercise import Mistake, StaleEditError

SOLUTION = """def f(h, w):
    return h * 2, w * 2
"""


def test_an_edit_replaces_every_place_where_it_stands():
    """One pair edits all the like places, and several pairs one after the other."""
    twice = Mistake("twice", ("* 2", "* 3"), "").applied_to(SOLUTION)
    assert twice.count("* 3") == 2
    pairs = Mistake("pairs", (("h * 2", "h"), ("w * 2", "w + 1")), "").applied_to(SOLUTION)
    assert "return h, w + 1" in pairs


def test_a_whole_text_takes_the_solutions_place():
    """Where no edit says what was done, a mistake is a text of its own."""
    assert Mistake("other", "def f(h, w): ...", "").applied_to(SOLUTION) == "def f(h, w): ..."


@pytest.mark.parametrize("edits", [("* 4", "* 5"), (("h * 2", "h"), ("h * 2", "h")), ("", "x")])
def test_a_stale_edit_is_named(edits):
    """An edit of what the solution doesn't say is an error that names the mistake and the text."""
    with pytest.raises(
        StaleEditError, match=r"the mistake 'old' replaces .* isn't in the solution"
    ):
        Mistake("old", edits, "").applied_to(SOLUTION)
