"""The warm server and its wardens: what they hand over, and that they end what they started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from waiting import until

from grader.key import Key, write_key
from grader.observation import Observation, decode
from grader.running import server
from grader.running.limits import Limits
from grader.running.meter import family
from grader.running.runner import Job, Runner
from grader.session import Check, Session, nowhere

NOTEBOOK_RUNS = 3
"""Processes that there are while a notebook runs, at least: the server, a warden, the notebook."""


def test_a_job_survives_the_way() -> None:
    """What is packed is what is unpacked, whatever the bytes."""
    header, blobs = {"cells": ["ñ"], "n": 1}, [b"", b"\x00\xff" * 10, b"x"]
    assert server.unpack_job(server.pack_job(header, blobs)) == (header, blobs)


def test_a_message_that_is_cut_off_raises() -> None:
    """The other side's end in the middle of a message is an EOFError."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(server.LENGTH.pack(10) + b"half")
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(EOFError):
            server.receive_whole(ours)


def test_a_notebook_does_not_see_the_one_before(runner: Runner, quick: Limits) -> None:
    """Nothing of a notebook, neither names nor modules nor memory, is left for the next."""
    mark = "a-very-special-" + "mark"
    left = f"x = {mark!r}\nimport numpy\nnumpy.left = x\nimport sys\nsys.modules['left'] = sys"
    look = (
        "import gc, sys, numpy\n"
        "found = ['special-' + 'mark' in o for o in gc.get_objects() if isinstance(o, str)]\n"
        "print('x' in globals(), hasattr(numpy, 'left'), 'left' in sys.modules, any(found))"
    )
    runner.run(Job((left,), limits=quick))
    done = runner.run(Job((look,), limits=quick))
    assert done.cells[0].outputs[0]["text"] == "False False False False\n"


def test_warming_up_leaves_no_trace(runner: Runner, quick: Limits) -> None:
    """A notebook starts with number one, an empty history and no names of ours."""
    cells = (
        "print(In, Out, len(_ih), [n for n in dir() if not n.startswith('_')])",
        "import sys, matplotlib.pyplot as plt\nprint(hasattr(sys, 'last_value'), plt.get_fignums())",
        "print([m for m in sys.modules if m.startswith('grader.running')])",
    )
    done = runner.run(Job(cells, limits=quick))
    assert done.cells[0].execution_count == 1
    texts = [cell.outputs[0]["text"] for cell in done.cells]
    assert "['In', 'Out', 'exit', 'get_ipython', 'open', 'quit']" in texts[0]
    assert texts[1:] == ["False []\n", "[]\n"]


def test_the_seed_and_the_key_reach_the_session(runner: Runner, quick: Limits) -> None:
    """The checks' session has the job's seed, and its key."""
    cell = (
        "from grader.session import current_session\n"
        "print(current_session().seed, current_session().find_key().drivers)"
    )
    data = write_key(Key(drivers={"layer": "x = 1"}))
    done = runner.run(Job((cell,), seed=41, key=data, limits=quick))
    assert done.cells[0].outputs[0]["text"] == "41 {'layer': 'x = 1'}\n"


def test_an_observation_of_a_check_comes_out(runner: Runner, quick: Limits) -> None:
    """What a check observed arrives with its cell, encoded, and no verdict is printed."""
    from grader import observation

    cells = ("from grader import check_scalar", "check_scalar(5.0, '0x4954468')", "1")
    done = runner.run(Job(cells, limits=quick))
    assert [len(cell.observations) for cell in done.cells] == [0, 1, 0]
    observation.decode(done.cells[1].observations[0])


def test_a_notebook_ends_with_whoever_asked_for_it(tmp_path: Path) -> None:
    """Killing the parent ends the server and the notebook that runs."""
    script = tmp_path / "parent.py"
    script.write_text(
        f"import sys; sys.path.append({str(Path(__file__).parents[2])!r})\n"
        "from grader.running.runner import Limits, Runner, Job\n"
        "r = Runner()\nprint(r.server_pid, flush=True)\nlimits = Limits(cell_s=900, notebook_s=900)\n"
        "r.run(Job(('import time; time.sleep(900)',), limits=limits))\n"
    )
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    try:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        until(lambda: len(_descendants(pid)) >= NOTEBOOK_RUNS)
        found = _descendants(pid)
    finally:  # a failure here mustn't leave processes that other tests look for
        parent.kill()
        parent.communicate()
    until(lambda: not any(map(_alive, found)))


def test_a_server_that_was_killed_is_started_again(quick: Limits) -> None:
    """The next job after the server's death runs."""
    with Runner() as fresh:
        first = fresh.server_pid
        os.kill(first, signal.SIGKILL)
        until(lambda: not _alive(first))
        done = fresh.run(Job(("1",), limits=quick))
        assert done.status == "ok"
        assert fresh.server_pid != first


def test_a_server_that_dies_meanwhile_takes_its_notebook_along() -> None:
    """The run in progress says that it died; nothing of it goes on."""
    with Runner() as fresh:
        pid = fresh.server_pid
        found: list[int] = []

        def kill() -> None:
            until(lambda: len(_descendants(pid)) >= NOTEBOOK_RUNS)
            found.extend(_descendants(pid))
            os.kill(pid, signal.SIGKILL)

        thread = threading.Thread(target=kill)
        thread.start()
        forever = Limits(cell_s=900, notebook_s=900)
        done = fresh.run(Job(("import time; time.sleep(900)",), limits=forever))
        thread.join()
        assert done.status == "died"
        until(lambda: not any(map(_alive, found)))


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _descendants(pid: int) -> list[int]:
    return family(pid)


def test_large_observations_leave_room_for_those_that_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However large results are, all that a notebook sends is accepted, and a small one still counts."""
    opened: list[Session] = []
    monkeypatch.setattr("grader.session.use_session", opened.append)
    sent: list[bytes] = []
    server._open_session(1, b"", sent.append, 400_000)
    for size in (*(5000, 9000) * 15, 9):
        seen = Observation("", 0, "check_hash", values=(np.zeros(size),))
        opened[0].judge(Check("check_hash"), seen, nowhere)
    assert sum(map(len, sent)) < 400_000
    told = [decode(one).failure for one in sent]
    assert told[0] is None
    assert told[1] is not None
    assert "demasiado grande" in told[1].message
    assert told[-1] is None
