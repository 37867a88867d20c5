"""A clerk that goes wrong, however it does, is its own submission's matter and nobody else's."""

import io
import os
import signal
import sys
import threading
import time
import zipfile
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "attacks"))

import arena
import nbformat
import pytest

from grader.course import answers
from grader.course.clerks import STAGES, ClerkError, Desk, Limits, Stage, grade_apart
from grader.course.grading import (
    GRADED,
    NEEDS_A_PERSON,
    Lab,
    LabNotebook,
    SandboxError,
    Submission,
    grade,
)


@pytest.fixture(scope="module")
def desk():
    """A desk, whose clerks have the usual limits."""
    one = Desk()
    yield one
    one.close()


def ask(desk, submission):
    """Have a submission graded at a desk; return what came of it."""
    data = desk.ask("grade", arena.ATTACKED, submission)
    return answers.from_bytes(data, arena.ATTACKED, submission.student)


def limited(desk, **changes):
    """Return limits with other seconds of CPU, or of the clock, for some stages."""
    stages = {
        name: Stage(stage.name, *changes.get(name, (stage.cpu_s, stage.wall_s)))
        for name, stage in STAGES.items()
    }
    return Limits(stages, changes.get("memory", Limits().memory))


def clerks_of(desk):
    """Return the processes of a desk's clerks: forks of it, so they are called as it is."""
    pid = desk._process.pid
    whole = command(pid)
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(one) for one in children if command(one) == whole]


def command(pid):
    """Return a process's command line, or nothing if it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


SLOW = arena.notebook("import time\ntime.sleep(1.5)\n" + arena.SOURCE.cells[2].source)


def test_a_clerk_gives_what_grading_gives(desk):
    """The result is the one that `grade` returns here, times aside."""
    here, there = grade(arena.ATTACKED, arena.honest()), ask(desk, arena.honest())
    assert (there.status, there.score) == (GRADED, arena.FULL)
    assert there.notebooks == here.notebooks


@pytest.mark.parametrize(
    ("stage", "limits", "said"),
    [
        ("read", (1e-6, 300), "al leerla, se pasó de los 1e-06 s de CPU"),
        ("restore", (1e-6, 300), "al repararla, se pasó de los 1e-06 s de CPU"),
        ("judge", (1e-6, 300), "al calificarla, se pasó de los 1e-06 s de CPU"),
        ("run", (60, 1e-3), "al correrla, se pasó de los 0.001 s"),
    ],
)
def test_a_stage_that_takes_too_long_says_which(desk, monkeypatch, stage, limits, said):
    """A clerk is ended when a stage's time is over, and the reason names the stage and the time."""
    monkeypatch.setattr(desk, "_limits", limited(desk, **{stage: limits}))
    files = {"tarea.zip": zipped(arena.notebook(change=add_cells), 100 << 20)}
    with pytest.raises(ClerkError, match=said):
        desk.ask("grade", arena.ATTACKED, Submission("ana", files, 1, 2))


def add_cells(notebook):
    """Give a notebook so many cells that restoring it takes a while."""
    cells = [nbformat.v4.new_code_cell(f"x = {number}") for number in range(2000)]
    notebook.cells[2:2] = [nbformat.from_dict(cell | {"id": ""}) for cell in cells]


def zipped(notebook, zeros):
    """Return an archive of a notebook and a file of zeros, which takes a while to open."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(arena.FILE, notebook)
        archive.writestr("zeros", bytes(zeros))
    return data.getvalue()


def test_a_clerk_without_memory_says_so(desk, monkeypatch):
    """What takes more memory than there is for it is told with the stage, and the next is graded."""
    monkeypatch.setattr(desk, "_limits", limited(desk, memory=16 << 20))
    files = {"tarea.zip": zipped(arena.notebook(), 100 << 20)}
    with pytest.raises(ClerkError, match="al leerla, se pasó de la memoria"):
        desk.ask("grade", arena.ATTACKED, Submission("ana", files, 1, 2))
    monkeypatch.setattr(desk, "_limits", Limits())
    assert ask(desk, arena.honest()).score == arena.FULL


def outcome(desk):
    """Return the score of a slow notebook, or the reason why there is none."""
    try:
        return ask(desk, arena.handed_in(SLOW)).score
    except ClerkError as error:
        return str(error)


def killed(desk, number, times):
    """Have a slow notebook graded, with its clerk killed so often; return what came of it."""
    said = []
    thread = threading.Thread(target=lambda: said.append(outcome(desk)))
    thread.start()
    for _ in range(times):
        while not (found := clerks_of(desk)):
            assert thread.is_alive(), said
        os.kill(found[0], number)
        while found[0] in clerks_of(desk):
            pass
    thread.join()
    return said[0]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_clerk_that_dies_is_tried_again(desk, number):
    """One death costs nothing: it may be the machine's fault. Two are a reason."""
    ask(desk, arena.honest())
    assert killed(desk, number, 1) == arena.FULL
    assert f"(señal {int(number)})" in killed(desk, number, 2)
    assert ask(desk, arena.honest()).score == arena.FULL


def test_a_desk_that_dies_is_started_again(desk):
    """Whoever was at a desk that was killed is graded at the next one."""
    ask(desk, arena.honest())
    desk._process.kill()
    assert ask(desk, arena.honest()).score == arena.FULL
    desk._process.kill()
    desk._process.wait()
    assert ask(desk, arena.honest()).score == arena.FULL


def test_a_sandbox_server_that_dies_is_started_again(desk):
    """A clerk finds the sandbox's server of its desk as alive as a runner's own."""
    ask(desk, arena.honest())
    pid = desk._process.pid
    (server,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    os.kill(int(server), signal.SIGKILL)
    assert ask(desk, arena.honest()).score == arena.FULL


def test_nothing_outlives_a_desk():
    """With the desk end its clerks and their notebooks, and whoever waits is told at once."""
    one = Desk()
    ask(one, arena.honest())
    said = []
    endless = arena.handed_in(arena.notebook("while True: pass"))

    def wait():
        try:
            said.append(ask(one, endless))
        except ClerkError as error:
            said.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    while not (found := clerks_of(one)):
        assert thread.is_alive()
    family = {one._process.pid, *arena.descendants(one._process.pid)}
    assert set(found) <= family
    one.close()
    thread.join()
    assert isinstance(said[0], ClerkError)
    deadline = time.monotonic() + 60
    while any(Path(f"/proc/{pid}").exists() for pid in family):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_where_no_notebook_can_run_nobody_is_to_blame(monkeypatch):
    """A desk that ends as it starts is an error of the machine's, not a submission's reason."""
    monkeypatch.setattr("grader.course.clerks.sys.executable", "/bin/false")
    with pytest.raises(SandboxError, match="ends as soon as it starts"):
        Desk().ask("grade", arena.ATTACKED, arena.honest())


def test_threads_share_a_desk(desk):
    """Several submissions of several labs are graded at once, each by its own lab."""
    other = Lab("other", {"tiny": LabNotebook(*vars(arena.ATTACKED.notebooks["tiny"]).values())})
    found = []

    def grade_some(lab):
        for _ in range(3):
            data = desk.ask("grade", lab, arena.honest())
            found.append((lab.name, answers.from_bytes(data, lab, "honest").score))

    threads = [threading.Thread(target=grade_some, args=(lab,)) for lab in (arena.ATTACKED, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [("other", 3.0)] * 3 + [("tiny", 3.0)] * 3


def test_a_reason_is_a_status():
    """What goes wrong in a clerk is a result like any other: a submission that needs a person."""
    nested = arena.handed_in(b"[" * 100_000)
    graded = answers.from_bytes(grade_apart(arena.ATTACKED, nested), arena.ATTACKED, "mallory")
    assert graded.status == NEEDS_A_PERSON
    assert "anidado sin fin" in graded.reason
