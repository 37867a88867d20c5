"""What lies in submitted/ is read as it is, whatever it is and whoever changes it meanwhile."""

import os
import socket
import threading
from datetime import datetime

import pytest
from tiny import labkit

from grader.course import folders
from grader.course.folders import UnreadableSubmissionError, date_of, is_name, read_files
from grader.running.names import MAX_FILES


def test_files_are_read_by_their_names(tmp_path):
    """Files in folders, and with names that are no text, are there; what systems leave isn't."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_bytes(b"1")
    (tmp_path / os.fsdecode(b"caf\xe9")).write_bytes(b"2")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_bytes(b"3")
    assert read_files(tmp_path) == {"data/a.csv": b"1", os.fsdecode(b"caf\xe9"): b"2"}


def special(kind, path):
    """Put something at a path that is no file."""
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as one:
            here = os.open(path.parent, os.O_RDONLY)
            try:
                one.bind(f"/proc/self/fd/{here}/{path.name}")
            finally:
                os.close(here)
    elif kind == "sparse":
        path.touch()
        os.truncate(path, 1 << 40)
    else:
        path.symlink_to("/dev/zero" if kind == "link" else path.parent)


@pytest.mark.parametrize("kind", ["fifo", "socket", "sparse", "link", "loop"])
def test_what_is_no_file_is_refused_unread(kind, tmp_path):
    """A pipe, a socket, a link, and a file of a terabyte are named, and nothing waits for them."""
    special(kind, tmp_path / "x")
    with pytest.raises(UnreadableSubmissionError, match=r"x es un|pesa más de"):
        read_files(tmp_path)


def test_a_submission_is_no_tree_without_end(tmp_path):
    """A path of a hundred folders, and files without number, are refused as soon as that is known."""
    deep = os.open(tmp_path, os.O_RDONLY)
    for _ in range(100):
        os.mkdir("d", dir_fd=deep)
        inner = os.open("d", os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = inner
    os.close(deep)
    with pytest.raises(UnreadableSubmissionError, match="demasiadas carpetas"):
        read_files(tmp_path)
    many = tmp_path / "many"
    many.mkdir()
    for number in range(MAX_FILES + 1):
        (many / str(number)).touch()
    with pytest.raises(UnreadableSubmissionError, match="archivos"):
        read_files(many)


def test_a_folder_that_is_not_there_is_a_reason(tmp_path):
    """What was removed meanwhile is a reason for a person, as every error of a disk is."""
    with pytest.raises(UnreadableSubmissionError, match="no se puede leer"):
        read_files(tmp_path / "gone")


@pytest.mark.parametrize("kind", ["fifo", "link"])
def test_a_file_that_is_swapped_after_a_look_is_not_read(kind, tmp_path, monkeypatch):
    """What is opened counts, not what was looked at: it may have become a link or a pipe."""
    path = tmp_path / "x"
    path.touch()
    look = os.stat

    def swap(*arguments, **named):
        found = look(*arguments, **named)
        if "dir_fd" in named:  # the look at the file itself
            path.unlink()
            special(kind, path)
        return found

    monkeypatch.setattr(folders.os, "stat", swap)
    with pytest.raises(UnreadableSubmissionError, match="no se puede leer"):
        read_files(tmp_path)


def test_somebody_who_changes_everything_meanwhile_stops_nobody(tmp_path):
    """Read again and again while files grow, go, and become links, it ends with files or a reason."""
    done = threading.Event()

    def change():
        path, other = tmp_path / "x", tmp_path / "y"
        while not done.is_set():
            path.write_bytes(b"1" * 100_000)
            other.unlink(missing_ok=True)
            other.symlink_to("/dev/zero")
            other.replace(path)
            path.unlink()
            os.mkfifo(path)
            path.unlink()

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(300):
            try:
                found = read_files(tmp_path)
            except UnreadableSubmissionError:
                continue
            assert set(b"".join(found.values())) <= {ord("1")}
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-03-04 12:00:00 UTC", datetime(2026, 3, 4, 12)),  # noqa: DTZ001 - as nbgrader has it
        ("2026-03-04 12:00:00.123456 UTC\n", datetime(2026, 3, 4, 12, 0, 0, 123456)),  # noqa: DTZ001
        ("2026-03-04 07:00:00 America/Bogota", datetime(2026, 3, 4, 12)),  # noqa: DTZ001
        *((text, None) for text in ("", "not a date", "9" * 40, "nan", "1e999999999", "\0", "ñ")),
        *(
            (f"2020-01-01 00:00:00 {zone}", None)
            for zone in ("/dev/zero", "../../x", "+" + "9" * 30)
        ),
        ("0001-01-01 00:00:00 +9999", None),
        ("Jan" * 10**6, None),
        ("2026-03-04 " + " " * 10**6, None),
    ],
)
def test_a_timestamp_is_a_date_or_nothing(text, when):
    """What nbgrader reads as a date is one; anything else is no date, and no error."""
    assert date_of(text.encode()) == when


def test_a_zone_is_looked_for_in_no_file_of_a_student(tmp_path, monkeypatch):
    """A timestamp can't have a file of the student's choice opened as a time zone."""
    opened = []
    monkeypatch.setattr("dateutil.tz.tz.os.path.isfile", opened.append)
    date_of(f"2026-03-04 12:00:00 {tmp_path}".encode())
    date_of(b"2026-03-04 12:00:00 a/../../../x")
    assert opened == []


@pytest.mark.parametrize("name", ["ana", "ana-maría 2", "2024-1", "a.b@c"])
def test_a_folders_name_is_a_students(name):
    """What prints is a name."""
    assert is_name(name)


@pytest.mark.parametrize("name", [os.fsdecode(b"caf\xe9"), "a\x1b[2J", "a\nb", " ", "a\u202eb"])
def test_a_folders_name_that_does_not_print_is_nobodys(name):
    """Bytes that are no text, and characters that act on a terminal, aren't a student's name."""
    assert not is_name(name)


@pytest.mark.parametrize(
    "command", [["report"], ["report", "01-a"], ["export"], ["export", "--to=moodle"], ["roster"]]
)
def test_a_folder_that_is_no_course_is_told_and_left_alone(tmp_path, command):
    """A command in the wrong folder says so, and makes no gradebook there."""
    code, said = labkit(tmp_path, *command)
    assert code == 1
    assert f"{tmp_path} is no course: expected source/, nbgrader_config.py" in said
    assert list(tmp_path.iterdir()) == []
