"""A layout is decided for a whole archive, and each reads its own example."""

import pytest

from grader.course.submissions.layouts import LAYOUTS, blackboard_person, decide, gradescope_people


@pytest.mark.parametrize("layout", LAYOUTS, ids=[one.name for one in LAYOUTS])
def test_each_layout_reads_its_example(layout):
    """The example of a layout is placed by it, and decided to be its own."""
    place = layout.read(layout.example)
    assert place is not None
    assert place.file == "lab.ipynb"
    assert decide([layout.example]).layout == layout


def test_a_system_is_believed_before_folders():
    """A stray folder beside a system's doesn't make the system's own names a person's."""
    names = ["Ana_1_assignsubmission_file_/a.ipynb", "Beto_2_assignsubmission_file_/a.ipynb"]
    assert decide([*names, "otros/a.ipynb"]).layout.name == "Moodle"


def test_a_system_that_one_file_claims_is_not_believed():
    """What one student calls a file doesn't change how all the others are read."""
    names = ["Ana - a.ipynb", "Mallory - x_1_assignsubmission_file_a.ipynb"]
    assert decide(names).layout.name == "Google Classroom"


def test_nothing_is_decided_of_nothing():
    """Without notebooks, or where no name says anything, there is no layout."""
    assert decide([]) is None
    assert decide(["a.ipynb", "b.ipynb"]) is None


def test_metadata_that_is_none_says_nothing():
    """A text that Gradescope or Blackboard didn't write names nobody."""
    assert gradescope_people("- :name: Ana\n:submitters:\n") == {}
    assert blackboard_person("Hola\nName: Ana (ana)\n") is None
