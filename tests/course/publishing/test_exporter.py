"""A release that is made anew is the old one until it is the new one, whatever ends its making."""

import pytest
from tiny import LAB, labkit

from grader.course import preprocessors
from grader.course.publishing import disk
from grader.course.publishing.disk import read_folder

COMMAND = ("generate_assignment", LAB, "--force", "--log-level=CRITICAL")


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_what_ends_while_a_release_is_made_leaves_the_old_one(course, monkeypatch, error):
    """All that students have is there while a key is made, and when that was interrupted."""
    release = course / "release" / LAB
    before, seen = read_folder(release), []

    def interrupted(_lab):
        seen.append(read_folder(release))  # what a kill at this moment would leave
        raise error

    monkeypatch.setattr(preprocessors, "make_key", interrupted)
    try:
        code, _ = labkit(course, *COMMAND)
    except KeyboardInterrupt:
        code = 1
    assert (code, seen, read_folder(release)) == (1, [before], before)
    assert len(before) > 1


def test_what_ends_while_a_release_takes_its_place_leaves_no_file_out(course, monkeypatch):
    """Whenever the swap ends, each name of the release is there, whole: the old one or the new one."""
    release = course / "release" / LAB
    before = read_folder(release)
    notebook = course / "source" / LAB / f"{LAB}.ipynb"
    notebook.write_text(notebook.read_text().replace("# Mini", "# Otro"))
    write, states = disk.replace_file, []

    def watched(path, data):
        states.append(read_folder(release))
        return write(path, data)

    monkeypatch.setattr(disk, "replace_file", watched)
    assert labkit(course, *COMMAND)[0] == 0
    after = read_folder(release)
    assert after != before
    assert states[0] == before
    for state in states:
        assert state.keys() == before.keys()
        assert all(data in (before[name], after[name]) for name, data in state.items())


def test_one_notebook_made_anew_leaves_the_others_and_files_nobody_wants_go(course):
    """`--notebook` changes that one alone; a whole release holds what source/ makes and no more."""
    release = course / "release" / LAB
    (release / "otro.ipynb").write_text("{}")
    code, said = labkit(course, *COMMAND, f"--notebook={LAB}")
    assert code == 0, said
    assert (release / "otro.ipynb").exists()
    assert labkit(course, *COMMAND)[0] == 0
    assert not (release / "otro.ipynb").exists()


def test_a_folder_takes_the_place_of_a_file(tmp_path):
    """A file that is a folder now is no obstacle."""
    disk.replace_folder(tmp_path, {"data": b"1", "old": b"2"})
    disk.replace_folder(tmp_path, {"data/a": b"3"})
    assert read_folder(tmp_path) == {"data/a": b"3"}
