"""`labkit demo` shows a class without touching the course that it is shown in."""

import pytest
from tiny import LAB, labkit

SAMPLE = "# Todo bien.\n# marks: 3\n"


@pytest.mark.slow
def test_the_demo_has_a_course_of_its_own(course, hand_in):
    """The sample class is graded in demo/; the course has what it had, and no student more."""
    hand_in("ana")
    assert labkit(course, "autograde", LAB)[0] == 0
    (course / "examples" / LAB).mkdir(parents=True)
    (course / "examples" / LAB / "full-marks.py").write_text(SAMPLE)
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(f"c.CourseDirectory.db_url = 'sqlite:///{course}/gradebook.db'\n")

    def held():
        """Return all files but the demo's and those that say nothing of the course."""
        kept = (p.relative_to(course) for p in course.rglob("*") if p.is_file())
        names = [one for one in kept if one.parts[0] not in ("demo", ".labkit-cache")]
        return {one: (course / one).read_bytes() for one in names if "__pycache__" not in one.parts}

    before = held()
    for graded in ("1 graded, 0 unchanged", "0 graded, 1 unchanged"):
        code, said = labkit(course, "demo")
        assert code == 0, said
        assert graded in said
    assert held() == before
    assert labkit(course / "demo", "report", LAB)[1].count("full-marks") == 1
    assert "full-marks" not in labkit(course, "report", LAB)[1]
