"""A file's name says whose it is, and a map says who that is here."""

import pytest

from grader.course.errors import CourseError
from grader.course.submissions.places import IdMap


@pytest.mark.parametrize("text", ["Ana\n", "Ana,\n", "Ana,../x\n", "Ana,.x\n"])
def test_a_map_that_cannot_be_used_says_which_line(text):
    """A missing column, and an id that is no good name of a folder, are errors."""
    with pytest.raises(CourseError, match=r"expected two columns|can't be a student's id"):
        IdMap(text)
