"""A course full of canaries, a port that listens, and an honest neighbour for every attack."""

import os
import secrets
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

import arena
from waiting import until

from grader.course import grading, jobs
from grader.course.grading import grade

# Attacks are data. Nobody may import them, not even to look for doctests.
collect_ignore_glob = ["submissions/*"]


@dataclass
class Ground:
    """What an attack is let loose on, and what must not come out of it."""

    course: Path
    port: int
    canary: str
    listener: socket.socket

    def fight(self, text, student="mallory", **files):
        """Grade the submission of a notebook's text and check that nobody came to harm."""
        before = snapshot(self.course)
        graded = grade(
            arena.ATTACKED,
            arena.handed_in(
                text
                if isinstance(text, bytes)
                else arena.armed(text, COURSE=self.course, PORT=self.port),
                student,
                **files,
            ),
        )
        self.unharmed()
        assert snapshot(self.course) == before
        assert self.canary not in repr(graded)
        return graded

    def unharmed(self):
        """Check that an honest neighbour has full marks, and that nothing was left behind."""
        neighbour = arena.notebook(f"# {self.canary}\n{arena.SOURCE.cells[2].source}")
        graded = grade(arena.ATTACKED, arena.handed_in(neighbour, "honest"))
        assert (graded.status, graded.score) == (grading.GRADED, arena.FULL), graded
        until(lambda: not left_running(), "the end of all that the attack started")
        assert not left_files(self.port)
        assert not self.connections()

    def connections(self):
        """Say who connected to the port."""
        try:
            connection, address = self.listener.accept()
        except BlockingIOError:
            return None
        connection.close()
        return address


def snapshot(folder):
    """Return the contents of a folder's files, by name."""
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def left_running():
    """Return what still runs below the warm servers of this process."""
    servers = [runner.server_pid for runner in jobs._runners.values()]
    return set().union(*map(arena.descendants, servers))


def left_files(port):
    """Return an attack's files, which have the port in their names, wherever it might write."""
    folders = ("/tmp", "/dev/shm", "/var/tmp", "~", ".")  # noqa: S108 - where anybody may write
    names = f"labkit-attack-{port}*"
    return [path for folder in folders for path in Path(folder).expanduser().glob(names)]


@pytest.fixture(scope="session")
def ground(tmp_path_factory):
    """Lay out a course with a canary wherever there is something to read, and a port to call."""
    canary = f"CANARY-{secrets.token_hex(16)}"
    course = tmp_path_factory.mktemp("ground") / "course"
    files = {
        "source/tiny/tiny.ipynb": arena.nbformat.writes(arena.SOURCE).replace("# Mini", canary),
        "gradebook.db": canary,
        ".labkit-secret": canary,
        "nbgrader_config.py": f"# {canary}",
        "submitted/victim/tiny/tiny.ipynb": arena.notebook(
            f"# {canary}\n{arena.SOURCE.cells[2].source}"
        ),
        "autograded/victim/tiny/tiny.ipynb": canary,
    }
    for name, text in files.items():
        path = course / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    os.environ["LABKIT_TEST_CANARY"] = canary  # of this process, as an instructor's tokens are
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        yield Ground(course, listener.getsockname()[1], canary, listener)
    del os.environ["LABKIT_TEST_CANARY"]
