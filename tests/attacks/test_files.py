"""Attacks by files: what lies beside the notebook, what they are called, and where they lead."""

import json
import os
import zipfile
from dataclasses import replace

import arena
import nbformat
import numpy as np
import pytest
from tiny import LAB, begin_course, labkit

from grader.course.folders import UnreadableSubmissionError, read_files
from grader.course.grading import GRADED, NEEDS_A_PERSON, Lab, Submission, grade
from grader.judging.answers import Answers
from grader.key import Asked, write_key
from grader.session import PUBLIC_SEED

pytestmark = pytest.mark.slow

GOOD = arena.SOURCE.cells[2].source
SHADOWS = ("grader/__init__.py", "grader/checks.py", "numpy.py", "IPython.py", "sitecustomize.py")


BESIDE = {
    "a-name-that-is-no-text": {b"caf\xe9.txt": b""},
    "a-name-that-clears-the-screen": {"a\x1b[2J\x1b]0;title\x07.txt": b""},
    "a-folder-where-our-record-goes": {"labkit.json/x": b""},
    "a-record-of-full-marks": {"labkit.json": b'{"score": 1000, "digest": ""}'},
    "a-file-where-the-lab-has-a-folder": {"data": b""},
    "a-folder-where-the-lab-has-a-file": {"data/cats.csv/x": b""},
    "a-timestamp-beyond-all-numbers": {"timestamp.txt": b"9" * 40},
    "a-timestamp-before-the-calendar": {"timestamp.txt": b"0001-01-01 00:00:00 +23:00"},
    "a-timestamp-that-is-no-text": {"timestamp.txt": b"\xff\xfe\x00"},
    "a-timestamp-that-is-a-folder": {"timestamp.txt/x": b""},
    "more-than-fits": {f"many/f{n}": b"" for n in range(1_000)} | {"big": bytes(17 << 20)},
    "modules-of-its-own": dict.fromkeys(SHADOWS, b"raise SystemExit"),
    "a-course-of-its-own": {
        f"{LAB}.key": b"LABKEY1 0123456789ab\n",
        "exercises/__init__.py": b"raise SystemExit",
        "exercises/convolution.py": b"raise SystemExit",
        "usercustomize.py": b"raise SystemExit",
    },
    "a-configuration-of-its-own": {
        "nbgrader_config.py": b"raise SystemExit",
        ".ipython/profile_default/startup/a.py": b"raise SystemExit",
        "ipython_config.py": b"raise SystemExit",
    },
}
LINKS = {
    "a-link-to-the-gradebook": (arena.FILE, "gradebook.db"),
    "a-link-to-the-source": (arena.FILE, f"source/{LAB}/{arena.FILE}"),
    "a-link-to-the-secret": ("notes.txt", ".labkit-secret"),
    "a-link-to-a-folder": ("data", "source"),
    "a-whole-link-to-the-source": ("", f"source/{LAB}"),
    "a-whole-link-to-another-student": ("", f"submitted/aaron/{LAB}"),
}
HONEST = ("aaron", "n-honest", "zoe")
BROKEN = "def zero_pad(X, pad):\n    raise ValueError('[/red][link=x] \\x1b[2J')"


def hand_in(root, student, files):
    """Write a submission whose names may be no text."""
    folder = root / "submitted" / student / LAB
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        path = folder / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def classroom(tmp_path_factory):
    """A class of attackers, with honest students first, last and in between, graded in one run."""
    root = tmp_path_factory.mktemp("attacked")
    begin_course(root)
    source = root / "source" / LAB
    (source / "data").mkdir(parents=True)
    (source / "data" / "cats.csv").write_text("1,2")
    nbformat.write(arena.SOURCE, source / f"{LAB}.ipynb")
    code, said = labkit(root, "generate_assignment", LAB, "--log-level=ERROR")
    assert code == 0, said
    notebook = {arena.FILE: arena.notebook(GOOD).encode()}
    for student in HONEST:
        hand_in(root, student, notebook)
    for student, files in BESIDE.items():
        hand_in(root, student, notebook | files)
    for student, (name, target) in LINKS.items():
        if name:
            folder = hand_in(root, student, notebook)
            (folder / name).unlink(missing_ok=True)
        else:
            folder = root / "submitted" / student
            folder.mkdir()
        (folder / (name or LAB)).symlink_to(root / target)
    hand_in(root, "a-message-with-markup", {arena.FILE: arena.notebook(BROKEN).encode()})
    _, said = labkit(root, "autograde", LAB, "--workers=1")
    return root, said


def record_of(classroom, student):
    """Return what was recorded of a student."""
    root, said = classroom
    path = root / "autograded" / student / LAB / "labkit.json"
    assert path.is_file(), said
    return json.loads(path.read_text())


@pytest.mark.parametrize("student", HONEST)
def test_honest_students_of_an_attacked_class_are_graded(student, classroom):
    """Whatever the others handed in, who did what was asked has full marks."""
    assert record_of(classroom, student)["score"] == arena.FULL


@pytest.mark.parametrize("student", BESIDE)
def test_files_beside_a_notebook_earn_nothing(student, classroom):
    """Such a submission is graded, or a person is told why not; its files change no mark."""
    record = record_of(classroom, student)
    assert record["score"] <= arena.FULL
    assert record["score"] == arena.FULL or record["reason"] or record["flags"]


@pytest.mark.parametrize("student", LINKS)
def test_a_link_is_not_followed(student, classroom):
    """What leads elsewhere needs a person, earns nothing, and nothing of it is copied."""
    record = record_of(classroom, student)
    assert (record["status"], record["score"]) == (NEEDS_A_PERSON, 0)
    root, _ = classroom
    left = [path.name for path in (root / "autograded" / student).rglob("*") if path.is_file()]
    assert set(left) <= {"labkit.json", "cats.csv"}


def test_names_and_messages_do_not_reach_the_terminal_as_commands(classroom):
    """What a student wrote is shown in the summary and in the report as text."""
    root, said = classroom
    assert "\x1b[2J" not in said
    code, said = labkit(root, "report", LAB)
    assert code == 0, said
    assert "\x1b[2J" not in said


@pytest.mark.parametrize("kind", ["fifo", "sparse"])
def test_a_pipe_or_a_file_of_a_terabyte_is_not_read(kind, tmp_path):
    """What would block or fill the memory of whoever reads it is refused unread."""
    if kind == "fifo":
        os.mkfifo(tmp_path / arena.FILE)
    else:
        with (tmp_path / arena.FILE).open("wb") as file:
            file.truncate(1 << 40)
    with pytest.raises(UnreadableSubmissionError):
        read_files(tmp_path)


@pytest.mark.parametrize("name", ["../escaped", "/tmp/escaped", "a/../../escaped", "a\0b", ""])  # noqa: S108
def test_a_name_that_leads_out_is_a_status(name, ground):
    """Names that no folder holds, as a broken archive may, are refused without an exception."""
    notebook = arena.notebook(GOOD)
    graded = ground.fight(notebook, **{name: b"x"})
    assert graded.status == NEEDS_A_PERSON or graded.score <= arena.FULL


def test_an_archive_that_leads_out_or_explodes_is_a_status(ground, tmp_path):
    """A zip with `..` in its names, or of zeros without end, is refused or harmless."""
    with zipfile.ZipFile(tmp_path / "bad.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../escaped", "x")
        archive.writestr("zeros.txt", bytes(600 << 20))
    data = (tmp_path / "bad.zip").read_bytes()
    for name in ("tiny.zip", "tiny.ipynb"):
        graded = grade(arena.ATTACKED, Submission("mallory", {name: data}, 1, 2))
        assert graded.status == NEEDS_A_PERSON
    ground.unharmed()


def test_the_labs_own_files_win(ground):
    """A student's file can't take the place of a file that the lab brings."""
    lab = Lab(LAB, arena.ATTACKED.notebooks, {"data/truth.txt": b"the lab's"})
    look = f"{GOOD}\nprint(open('data/truth.txt').read())"
    files = {"data/truth.txt": b"forged"}
    graded = grade(lab, arena.handed_in(arena.notebook(look), **files))
    assert "the lab's" in graded.notebooks[LAB].text
    assert "forged" not in graded.notebooks[LAB].text
    ground.unharmed()


MODULE = b"def conv_forward():\n    return %r\n"
EASY = [Asked((np.ones((1, 2, 2, 1)), 0), "")]


def easy_key():
    """Return a key whose every case is the one that an untouched input answers."""
    key = Answers(arena.ATTACKED.catalogue, PUBLIC_SEED).for_students(
        ("zero_pad", group) for group in ("basic", "no_padding")
    )
    return write_key(replace(key, cases=dict.fromkeys(key.cases, EASY)))


@pytest.mark.parametrize(
    ("solution", "marks"), [(GOOD, arena.FULL), ("def zero_pad(X, pad):\n    return X", 0)]
)
@pytest.mark.parametrize("key", [easy_key(), b"LABKEY1 0123456789ab\n"], ids=["easy", "broken"])
def test_a_students_own_key_asks_nothing(solution, marks, key, ground):
    """A key that is handed in beside the notebook, easy or broken, changes no mark."""
    uses = f"from grader import use_key\nuse_key({LAB!r})\n{solution}"
    assert ground.fight(arena.notebook(uses), **{f"{LAB}.key": key}).score == marks


def test_the_module_that_a_lab_hands_out_wins(ground):
    """A file of the student's can't take the place of a module that the lab hands out."""
    lab = replace(arena.ATTACKED, files={"fastconv.py": MODULE % "the lab's"})
    files = {"fastconv.py": MODULE % "forged", "fastconv/__init__.py": MODULE % "forged"}
    look = f"{GOOD}\nimport fastconv\nprint(fastconv.conv_forward())"
    text = grade(lab, arena.handed_in(arena.notebook(look), **files)).notebooks[LAB].text
    assert "the lab's" in text
    assert "forged" not in text
    ground.unharmed()


@pytest.mark.parametrize("name", ["sitecustomize.py", "exercises/__init__.py", "grader/key.py"])
def test_code_beside_the_notebook_runs_only_where_it_is_imported(name, ground):
    """Modules named as Python's and the kit's own aren't run, and don't replace those."""
    graded = ground.fight(arena.notebook(GOOD), **{name: b"print('taken in')\nraise SystemExit"})
    assert (graded.status, graded.score) == (GRADED, arena.FULL)
    assert "taken in" not in graded.notebooks[LAB].text
