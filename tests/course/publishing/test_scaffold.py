"""A new lab is whole: it passes its own release and its own tests at once."""

import shutil
import subprocess
import sys

import nbformat
import pytest
from nbgrader.coursedir import CourseDirectory
from tiny import ROOT, labkit

from grader.course.errors import CourseError
from grader.course.folders import read_lab
from grader.course.grading import grade, submission
from grader.course.publishing.scaffold import exercise_name, scaffold
from grader.course.samples import build, samples

pytestmark = pytest.mark.slow

LAB = "07-new-lab"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with one lab, which `labkit new` made."""
    root = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    code, said = labkit(root, "new", LAB)
    assert code == 0, said
    return root


def test_a_new_lab_passes_its_release(course):
    """`labkit release` on what `labkit new` wrote ends well, and makes the zip."""
    code, said = labkit(course, "release", LAB)
    assert code == 0, said
    assert "ready" in said
    assert (course / "dist" / f"{LAB}.zip").is_file()


def test_the_samples_of_a_new_lab_get_what_they_deserve(course):
    """Each sample is graded, and gets the marks that its file says."""
    code, said = labkit(course, "generate_assignment", LAB, "--force", "--log-level=ERROR")
    assert code == 0, said
    lab = read_lab(CourseDirectory(root=str(course)), LAB)
    texts = lab.notebooks[LAB]
    source, release = (nbformat.reads(t, as_version=4) for t in (texts.source, texts.release))
    found = samples(course / "examples" / LAB)
    assert len(found) >= 8
    for sample in found:
        files = {f"{LAB}.ipynb": build(sample, source, release).encode()}
        assert (sample.name, grade(lab, submission(b"", LAB, sample.name, files)).score) == (
            sample.name,
            sample.marks,
        )


def test_samples_survive_the_first_change(course):
    """A sample says only what its student wrote: another text of the lab's leaves it whole."""
    texts = [path.read_text(encoding="utf-8") for path in (course / "examples" / LAB).iterdir()]
    cells = {line for text in texts for line in text.splitlines() if line.startswith("# %%")}
    assert cells == {"# %% new_lab"}


def test_a_new_lab_keeps_the_house(course):
    """The module that it writes is linted and formatted as the kit's own."""
    module = course / "exercises" / "new_lab.py"
    for command in (["check"], ["format", "--check"]):
        settings = ["--config", str(ROOT / "pyproject.toml"), "--stdin-filename"]
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *settings, "exercises/new_lab.py", "-"],
            input=module.read_text(encoding="utf-8"),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("lab", "exercise", "said"),
    [
        ("../07", "x", "can't name a lab"),
        ("07-lab", "class", "can't name a function"),
        ("07", "", "can't name a function"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused(tmp_path, lab, exercise, said):
    """Nothing is written, and the message says what to do."""
    with pytest.raises(CourseError, match=said):
        scaffold(tmp_path, lab, exercise)
    assert list(tmp_path.iterdir()) == []


def test_an_exercise_is_made_once(course):
    """A name that an exercise of the course has already is refused."""
    with pytest.raises(CourseError, match="there is an exercise 'new_lab' already"):
        scaffold(course, "08-other", "new_lab")


def test_a_file_that_is_there_is_never_overwritten(tmp_path):
    """A second lab of the same name is refused, and what was written stays."""
    written = scaffold(tmp_path, "07-lab", "fine")
    written[0].write_text("mine", encoding="utf-8")
    with pytest.raises(CourseError, match="is there already"):
        scaffold(tmp_path, "07-lab", "other")
    assert written[0].read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("lab", "name"), [("07-one-hot", "one_hot"), ("My Lab", "my_lab"), ("3", "")]
)
def test_the_exercise_is_named_after_the_lab(lab, name):
    """Numbers in front go, and what is between words becomes an underscore."""
    assert exercise_name(lab) == name
