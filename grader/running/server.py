"""The warm server: a process that has imported everything, and forks a child for each notebook.

It is our own and not multiprocessing's forkserver, which can't do what the sandbox needs: a pid
namespace takes two forks, with a warden between the server and the notebook that waits, kills and
cleans up; a job mustn't pass through the memory of the process that the next student's notebook is
forked from; and that server's socket, its pipes and its unpickling would be within the child's
reach. Ours gets nothing but two descriptors a job, over a socket that has no name.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.abc
import json
import os
import random
import resource
import select
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.running import confine, wire
from grader.running.limits import Limits
from grader.running.meter import family
from grader.running.processors import bind_to
from grader.words import _

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grader.running.shell import NotebookShell

PRELOAD = (
    *(
        "numpy.random",
        "numpy.linalg",
        "matplotlib.pyplot",
        "PIL.Image",
        "PIL.PngImagePlugin",
        "IPython",
        "getpass",
    ),
    *(
        "grader.checks",
        "grader.marks",
        "grader.hashes",
        "grader.figures",
        "grader.sliding",
        "grader.data",
    ),
)
LENGTH = struct.Struct(">Q")
HELLO = b"J"  # what comes with the descriptors of a job
BUFFER_KB = 208  # that a socket holds: Linux's own default, which no notebook may change
USUAL_FILES = 16  # that a process has open without meaning any harm
WATCH_S = 0.1  # how often the warden looks at the memory of processes that the notebook started


# --------------------------------------------------------------------------------------- the job


def pack_job(header: dict[str, Any], blobs: Sequence[bytes]) -> bytes:
    """Write a job down: what JSON can say, then the bytes that it can't.

    >>> unpack_job(pack_job({"seed": 1}, [b"sealed"]))
    ({'seed': 1}, [b'sealed'])
    """
    text = json.dumps({"header": header, "sizes": [len(blob) for blob in blobs]}).encode()
    return LENGTH.pack(len(text)) + text + b"".join(blobs)


def unpack_job(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Read a job; it comes from the parent, who is trusted."""
    (length,) = LENGTH.unpack_from(data)
    place = LENGTH.size + length
    fields = json.loads(data[LENGTH.size : place])
    blobs = []
    for size in fields["sizes"]:
        blobs.append(data[place : place + size])
        place += size
    return fields["header"], blobs


def send_whole(connection: socket.socket, data: bytes) -> None:
    """Send bytes with their length."""
    connection.sendall(LENGTH.pack(len(data)) + data)


def receive_whole(connection: socket.socket) -> bytes:
    """Receive what `send_whole` sent; EOFError when the other side ended before."""
    (length,) = LENGTH.unpack(exactly(connection, LENGTH.size))
    return exactly(connection, length)


def exactly(connection: socket.socket, length: int) -> bytes:
    """Receive so many bytes; EOFError when the other side ended before."""
    data = bytearray()
    while len(data) < length:
        more = connection.recv(min(length - len(data), 1 << 20))
        if not more:
            raise EOFError
        data += more
    return bytes(data)


# ------------------------------------------------------------------------------------ the server


def main(number: int, *, torch: bool, hidden: Sequence[str]) -> None:
    """Serve on the socket with this descriptor until the other side closes it."""
    connection = socket.socket(fileno=number)
    found = confine.layers()
    plan = confine.policy((x.name for x in found if x.available), torch=torch, hidden=hidden)
    shell = _warm_up(torch=torch)
    answer = {"layers": [vars(layer) for layer in found], "pid": os.getpid()}
    send_whole(connection, json.dumps(answer).encode())
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # wardens are nobody's business
    while True:
        data, descriptors, _flags, _address = socket.recv_fds(connection, 1, 2)
        if not data:
            os._exit(0)
        received = time.monotonic()
        server = os.getpid()
        if os.fork() == 0:
            status = 1
            with contextlib.suppress(BaseException):
                connection.close()
                _warden(shell, plan, descriptors, server, received)
                status = 0
            os._exit(status)
        for descriptor in descriptors:
            os.close(descriptor)


def _warm_up(*, torch: bool) -> NotebookShell:
    """Import what notebooks import, and run a few cells, so that no child has to do it."""
    folder = tempfile.mkdtemp(prefix="labkit-")
    try:
        for name in (*PRELOAD, *(("torch",) if torch else ())):
            importlib.import_module(name)
        if torch:
            _warm_torch()
        from grader.running.shell import make_shell  # it imports IPython

        shell = make_shell(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if not torch:
        sys.meta_path.insert(0, _NoTorch())
    tasks = Path("/proc/self/task")
    if tasks.is_dir() and len(list(tasks.iterdir())) > 1:
        msg = "a library started a thread while it was imported: this process can't be forked"
        raise RuntimeError(msg)
    gc.collect()
    gc.freeze()  # or each child's first collection would copy every page of ours
    return shell


def _warm_torch() -> None:
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    x = torch.ones(1, 1, 4, 4, requires_grad=True)
    torch.nn.functional.conv2d(x, torch.ones(1, 1, 3, 3)).sum().backward()


class _NoTorch(importlib.abc.MetaPathFinder):
    """Say why torch can't be imported in a NumPy lab (its files can't be read there either)."""

    def find_spec(self, name: str, *_where: object) -> None:
        """Refuse torch, and leave every other name to the next finder."""
        if name.partition(".")[0] in confine.TORCH:
            msg = _("Este laboratorio se hace con NumPy: aquí no se puede importar {name}.")
            raise ImportError(msg.format(name=name), name=name)


# ------------------------------------------------------------------------------------ the warden


def _warden(
    shell: NotebookShell,
    plan: confine.Policy,
    descriptors: list[int],
    server: int,
    received: float,
) -> None:
    """Start one notebook, watch it, end it, clean up, and report on it.

    It ends the notebook when told to, and when whoever asked for it is gone. The notebook is the
    first process of its pid namespace, so that all that it started ends with it.
    """
    started = time.monotonic()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    pipe, number = descriptors
    control = socket.socket(fileno=number)
    header, blobs = unpack_job(receive_whole(control))
    limits = Limits(**header["limits"])
    scratch = "" if "mount" in plan.layers else _scratch_outside(plan)
    if "pid" not in plan.layers:
        confine.adopt_orphans()
    confine.separate(plan)
    if os.getppid() != server:
        return
    times = {"received": received, "started": started}
    life, held = os.pipe()  # the child reads the end of it when this process is no more
    child = os.fork()
    if child == 0:
        os.close(held)
        control.close()
        _child(shell, plan, limits, scratch, (pipe, life), header, blobs, times)
    os.close(pipe)
    del blobs
    with contextlib.suppress(OSError):
        send_whole(control, json.dumps({"pid": child}).encode())
    reason = _watch(child, control, limits)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    _pid, status, usage = os.wait4(child, 0)
    if "pid" not in plan.layers:
        _end_descendants(child)
    if scratch:
        shutil.rmtree(scratch, ignore_errors=True)
    own = resource.getrusage(resource.RUSAGE_SELF)
    cpu = usage.ru_utime + usage.ru_stime + own.ru_utime + own.ru_stime
    report = {"status": status, "reason": reason, "cpu_s": cpu, "peak_kb": usage.ru_maxrss}
    with contextlib.suppress(OSError):
        send_whole(control, json.dumps(report).encode())


def _scratch_outside(plan: confine.Policy) -> str:
    """Make a scratch folder on disk, where there is no mount layer."""
    scratch = tempfile.mkdtemp(prefix="labkit-")
    for name in ("", *confine.FOLDERS):
        path = Path(scratch, name)
        path.mkdir(exist_ok=True)
        confine.give_away(str(path), plan)
    return scratch


def _watch(child: int, control: socket.socket, limits: Limits) -> str:
    """Wait until the notebook ends, or must; answer why it must, or nothing."""
    poll = select.poll()
    poll.register(control, select.POLLIN)
    ended = os.pidfd_open(child) if hasattr(os, "pidfd_open") else None
    if ended is not None:
        poll.register(ended, select.POLLIN)
    base = _anonymous_kb(os.getpid())
    while True:
        ready = dict(poll.poll(WATCH_S * 1000 if ended is not None else 20))
        if control.fileno() in ready:
            return "killed"
        if ended in ready or (ended is None and _has_ended(child)):
            return ""
        members = family(child) if confine.LINUX else []
        if len(members) > 2 * limits.processes:  # where the kernel's own limit isn't kept
            return "processes"
        if len(members) > 1:
            used = sum(max(_anonymous_kb(pid) - base, 0) + _buffers_kb(pid) for pid in members)
            if used > limits.memory_mb << 10:
                return "memory"


def _has_ended(child: int) -> bool:
    """Look whether a child has ended, and leave it to be waited for."""
    options = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, child, options) is not None


def _anonymous_kb(pid: int) -> int:
    """Tell how much memory a process has that no file backs, shared memory included."""
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return sum(int(x.split()[1]) for x in lines if x.startswith(("RssAnon:", "RssShmem:")))
    return 0


def _buffers_kb(pid: int) -> int:
    """Tell how much the kernel may hold in the buffers of a process's sockets and pipes."""
    with contextlib.suppress(OSError):
        return BUFFER_KB * max(0, len(os.listdir(f"/proc/{pid}/fd")) - USUAL_FILES)  # noqa: PTH208 - names
    return 0


def _end_descendants(child: int) -> None:
    """End what a notebook left behind, where no pid namespace does it."""
    with contextlib.suppress(OSError):
        os.killpg(child, signal.SIGKILL)
    for _time in range(1000):
        for pid in family(os.getpid())[1:] if confine.LINUX else []:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.005)
        except ChildProcessError:
            return


# ---------------------------------------------------------------------------------- the notebook


def _child(
    shell: NotebookShell,
    plan: confine.Policy,
    limits: Limits,
    scratch: str,
    ends: tuple[int, int],
    header: dict[str, Any],
    blobs: list[bytes],
    times: dict[str, float],
) -> None:
    """Confine this process, then run the notebook in it; it never returns.

    `ends` are the pipe that messages go into, and the one that tells whether the warden lives.
    """
    from grader.running.shell import Recorder, run_cells  # it imports IPython

    pipe, life = ends
    try:
        os.setsid()
        bind_to(header["processor"])
        times["forked"] = time.monotonic()
        os.set_inheritable(pipe, False)  # noqa: FBT003 - the signature of os
        recorder = Recorder(
            lambda event: wire.write(pipe, wire.OUTPUT, wire.encode(event)),
            1000 * limits.output_kb,
        )
        recorder.capture()
        confine.confine(plan, limits, scratch, (pipe, life, *recorder.descriptors))
        if select.select([life], [], [], 0)[0]:
            os._exit(1)
        os.close(life)
        times["confined"] = time.monotonic()
        _settle(plan.scratch(scratch), header)
        try:
            _put(header["files"], blobs)
        except OSError as problem:  # they may be more than fits, and that is no fault of ours
            told = {"problem": str(problem)[:1000], "files": True}
            wire.write(pipe, wire.FAILED, wire.encode(told))
            os._exit(1)
        cells = header["cells"]
        seed, key = header["seed"], blobs[-1]
        del blobs, header
        wire.write(pipe, wire.READY, wire.encode(times))
    except BaseException as problem:  # noqa: BLE001 - no student code may run now
        with contextlib.suppress(OSError):
            wire.write(pipe, wire.FAILED, wire.encode({"problem": repr(problem)[:1000]}))
        os._exit(1)
    try:
        send = partial(wire.write, pipe)
        emit = recorder.whole(partial(send, wire.OBSERVATION))
        _open_session(seed, key, emit, limits.observation_mb << 20)
        _forget_ourselves()
        run_cells(shell, cells, recorder, limits.cell_s, send)
    finally:
        os._exit(0)


def _put(names: list[str], blobs: list[bytes]) -> None:
    """Write the files of a job into the folder where its cells run."""
    for name, content in zip(names, blobs, strict=False):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(content)


def _settle(scratch: str, header: dict[str, Any]) -> None:
    """Put the environment, the folders and the random state in place."""
    home = f"{scratch}/home"
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    os.environ.clear()
    os.environ |= kept | {
        "HOME": home,
        "TMPDIR": f"{scratch}/tmp",  # noqa: S108 - its own
        "MPLCONFIGDIR": f"{home}/.matplotlib",
        "IPYTHONDIR": f"{home}/.ipython",
        "USER": "student",
        "PIP_RETRIES": "0",  # or it waits for a network that never comes
    }
    tempfile.tempdir = None
    sys.path.insert(0, "")
    random.seed(header["seed"])
    sys.modules["numpy"].random.seed(header["seed"] % (1 << 32))
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(header["seed"] % (1 << 63))


KEPT = (
    *("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "SHELL", "PYTHONHASHSEED", "MPLBACKEND"),
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
    *("TERM", "CLICOLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "PAGER", "GIT_PAGER"),
)


def _forget_ourselves() -> None:
    """Take this room out of what can be imported."""
    for name in [name for name in sys.modules if name.startswith("grader.running")]:
        del sys.modules[name]
    del sys.modules["grader"].running


def _open_session(seed: int, data: bytes, emit: Callable[[bytes], None], most: int) -> None:
    """Make the checks of this notebook send their observations to us instead of judging them.

    We accept `most` bytes of all of them: each takes a part, and leaves room for those that come.
    """
    observation = importlib.import_module("grader.observation")
    read_key = importlib.import_module("grader.key").read_key
    session = importlib.import_module("grader.session")

    left = most

    def judge(_check: object, observed: object, _elsewhere: object) -> None:
        nonlocal left
        limits = observation.Limits(max_bytes=min(most, 4 * left) // 8)
        sent = observation.encode(observation.fitted(observed, limits))
        left -= len(sent)
        emit(sent)

    session.use_session(session.Session(seed, judge, cache(partial(read_key, data))))
