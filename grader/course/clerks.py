"""Clerks: whatever reads what a student wrote does it in a process of its own, which can be killed.

A *desk* is a process that has imported everything and knows the lab. For each submission it forks
a clerk, which has a memory limit and, for each stage of its work, a limit of time: CPU time, so that
a busy machine changes nobody's mark, with a generous one of the clock behind it. What goes wrong in
a clerk is that submission's reason to need a person. Nothing that a clerk says is more than data.

The desk itself is our own and not a pool's worker, because a class may be graded from threads, as
Dask's workers do, and only a process of one thread can be forked safely. It reads no submission.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import pickle
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import nbformat

from grader.course import answers
from grader.course.errors import CourseError
from grader.course.grading import (
    NEEDS_A_PERSON,
    Graded,
    SandboxError,
    grade,
    repairs_of,
)
from grader.course.jobs import prepare, refresh_runners
from grader.course.labs import originals
from grader.course.shapes import from_data, given_shapes, pieces_of, to_data
from grader.course.submissions.doubts import Doubts
from grader.course.submissions.files import tidy
from grader.course.submissions.reading import RestoreError
from grader.course.submissions.restore import restore
from grader.running.confine import die_with_parent
from grader.running.server import exactly, pack_job, receive_whole, send_whole, unpack_job

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import FrameType

    from nbformat import NotebookNode

    from grader.course.grading import Submission
    from grader.course.labs import Lab
    from grader.course.shapes import Piece

TRIES = 2
"""What goes wrong through no fault of a submission's own is tried once more."""

_COPIES = 4  # of its files, which a clerk may make beyond its limit of memory


@dataclass(frozen=True)
class Stage:
    """A step of a clerk's work: what it is called, and its seconds of CPU and of the clock.

    While a notebook runs, its own limits are the runner's; these are for reading what it sends.
    """

    name: str
    cpu_s: float
    wall_s: float


STAGES = {
    "read": Stage("leerla", 20, 300),
    "restore": Stage("repararla", 20, 300),
    "run": Stage("correrla", 60, 3600),
    "judge": Stage("calificarla", 60, 900),
}


@dataclass(frozen=True)
class Limits:
    """What a clerk may use: `memory` is in bytes, beyond what the desk has."""

    stages: Mapping[str, Stage] = field(default_factory=lambda: STAGES)
    memory: int = 2 * 2**30


_WARM, _LAB, _JOB = b"W", b"L", b"J"
_STAGE, _ANSWER, _PROBLEM = b"S", b"A", b"P"
_FRAME = struct.Struct(">cQ")
_STATUS = struct.Struct(">i")
_START_S = 600.0  # for a desk to import everything, from a cold disk on a busy machine


class ClerkError(Exception):
    """A clerk couldn't do its work. The message says why, in Spanish, and at which stage."""


class _DeskEndedError(Exception):
    """The desk has ended, with whatever was on it."""


class Desk:
    """A process that forks clerks, and what asks it to. Threads may share one."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._lab: tuple[Lab, bool, bool] | None = None
        self._closed = False
        self._start()

    def close(self) -> None:
        """End it, and every clerk; what is being asked of them fails."""
        with self._lock:
            self._closed = True
            self._forget()

    def warm_up(self) -> None:
        """Have it import what grading needs, while its caller goes on."""
        with self._lock:
            self._control.sendall(_WARM)

    def ask(self, task: str, lab: Lab, *arguments: object, require_sandbox: bool = False) -> bytes:
        """Have a clerk do a task of `TASKS` on a lab; return its answer, which the caller must check.

        Raises `ClerkError` with what went wrong with this task alone, and `SandboxError` where
        nothing could be run at all.
        """
        about = (lab, task == "grade", require_sandbox)
        if task == "grade":
            arguments = (*arguments, {"require_sandbox": require_sandbox})
        job = pickle.dumps((task, arguments, self._limits))  # ours, for a process of ours
        for last in (*[False] * (TRIES - 1), True):
            process = self._process
            try:
                connection, status = self._hand_over(about)
                with connection, os.fdopen(status, "rb") as told:
                    heard = _Heard(self._limits.stages)
                    with contextlib.suppress(OSError):  # it may have ended before it read it all
                        send_whole(connection, job)
                    heard.listen(connection)
                    ended = told.read(_STATUS.size)
                if not (ended or heard.answer or heard.problem):
                    raise _DeskEndedError  # noqa: TRY301 - as when it can't be asked
            except (_DeskEndedError, OSError) as error:
                if process and isinstance(error, _DeskEndedError | ConnectionError):
                    process.kill()
                    process.wait()  # or it would be taken for a living one while it goes
                if last or self._closed:
                    raise ClerkError("el proceso que la calificaba murió dos veces") from None
                continue
            if heard.answer is not None:
                return heard.answer
            again, reason = _why(heard, ended)
            if last or not again:
                raise ClerkError(reason)
        raise AssertionError

    def _hand_over(self, about: tuple[Lab, bool, bool]) -> tuple[socket.socket, int]:
        """Have the desk fork a clerk; return what it is talked to through, and what tells its end."""
        ours, theirs = socket.socketpair()
        reading, writing = os.pipe()
        try:
            with theirs, self._lock:
                self._get_ready(about)
                socket.send_fds(self._control, [_JOB], [theirs.fileno(), writing])
        except BaseException:
            ours.close()
            os.close(reading)
            raise
        finally:
            os.close(writing)
        return ours, reading

    def _get_ready(self, about: tuple[Lab, bool, bool]) -> None:
        """Start the desk if it has ended, and tell it the lab if it knows another one."""
        for _ in range(TRIES):
            if self._closed:
                raise _DeskEndedError
            if self._process is None or self._process.poll() is not None:
                self._forget()
                self._start()
            if self._lab == about:
                return
            said = self._tell_lab(pickle.dumps(about))
            if said:
                raise SandboxError(said.decode(errors="replace"))
            if said is not None:
                self._lab = about
                return
            self._forget()
        raise SandboxError(
            "the process that grades ends as soon as it starts, so nothing can be graded: is there "
            "memory enough for it? What was graded is kept"
        )

    def _tell_lab(self, data: bytes) -> bytes | None:
        """Tell the desk the lab; return what is wrong with that, or None if the desk has ended."""
        ours, theirs = socket.socketpair()
        with ours:
            ours.settimeout(_START_S)
            try:
                with theirs:
                    socket.send_fds(self._control, [_LAB], [theirs.fileno()])
                send_whole(ours, data)
                return _receive(ours)
            except OSError:
                return None

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            program = (
                f"import sys; sys.path[:] = {sys.path!r}\n"
                f"from grader.course import clerks; clerks.serve({theirs.fileno()})"
            )
            self._process = subprocess.Popen(
                [sys.executable, "-c", program],
                pass_fds=(theirs.fileno(),),
                # The judge computes on the CPU: threads that a GPU's driver starts don't bear a fork.
                env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # or Ctrl-C would reach it before us
            )
        self._control = ours
        self._lab = None

    def _forget(self) -> None:
        if self._process is not None:
            self._control.close()
            self._process.kill()
            self._process.wait()
            self._process = None


class _Heard:
    """What a clerk said until it ended: the stage that it was at, and its answer or a problem."""

    def __init__(self, stages: Mapping[str, Stage]) -> None:
        self._stages = stages
        self.stage = stages["read"]
        self.answer: bytes | None = None
        self.problem: dict[str, Any] = {}

    def listen(self, connection: socket.socket) -> None:
        """Take what comes until the other side ends; it may stop anywhere."""
        with contextlib.suppress(EOFError, ConnectionError):
            self._listen(connection)

    def _listen(self, connection: socket.socket) -> None:
        left = answers.MAX_BYTES
        while True:
            kind, size = _FRAME.unpack(exactly(connection, _FRAME.size))
            left -= size
            if left < 0:
                self.problem = {"kind": "size"}
                return
            data = exactly(connection, size)
            if kind == _STAGE:
                self.stage = self._stages[data.decode()]
            elif kind == _PROBLEM:
                self.problem = json.loads(data)
            else:
                self.answer = data


def _why(heard: _Heard, ended: bytes) -> tuple[bool, str]:
    """Say why there is no answer, and whether it is worth another try."""
    doing = heard.stage.name
    kind, said = heard.problem.get("kind"), str(heard.problem.get("said"))
    if kind == "memory":
        return False, f"al {doing}, se pasó de la memoria que hay para una entrega"
    if kind == "depth":
        return False, f"al {doing}, está anidada demasiado hondo"
    if kind == "restore":
        return False, said
    if kind == "size":
        return False, f"al {doing}, dio más de {answers.MAX_BYTES:,} bytes"
    if kind is not None:
        return kind == "sandbox", f"el calificador falló con ella al {doing} ({said})"
    number = os.waitstatus_to_exitcode(_STATUS.unpack(ended)[0])
    if number in (-signal.SIGPROF, -signal.SIGXCPU):
        return False, f"al {doing}, se pasó de los {heard.stage.cpu_s:g} s de CPU que hay para eso"
    if number == -signal.SIGALRM:
        return False, f"al {doing}, se pasó de los {heard.stage.wall_s:g} s que hay para eso"
    return True, f"el proceso que la calificaba murió al {doing} ({_how(number)})"


def _how(number: int) -> str:
    return f"código {number}" if number >= 0 else f"señal {-number}"


def _receive(connection: socket.socket) -> bytes | None:
    """Receive what comes whole, or None if the other side ends first."""
    with contextlib.suppress(EOFError, ConnectionError):
        return receive_whole(connection)
    return None


# ---------------------------------------------------------------------------------------- the desk


def serve(number: int) -> None:
    """Fork clerks as the other side of the socket with this descriptor asks, until it closes it."""
    control = socket.socket(fileno=number)
    wake, woken = socket.socketpair()
    woken.setblocking(False)  # noqa: FBT003 - the signature of socket
    signal.signal(signal.SIGCHLD, _wake_up)
    signal.set_wakeup_fd(woken.fileno())
    clerks: dict[int, int] = {}
    lab: Lab | None = None
    while True:
        ready, _, _ = select.select([control, wake], [], [])
        if wake in ready:
            wake.recv(1 << 12)
            _take_leave(clerks)
        if control not in ready:
            continue
        kind, descriptors, _, _ = socket.recv_fds(control, 1, 2)
        if kind == _JOB and lab is not None:
            refresh_runners()
            desk = os.getpid()
            pid = os.fork()
            if pid == 0:
                inherited = [control.fileno(), wake.fileno(), woken.fileno(), *clerks.values()]
                _be_a_clerk(descriptors[0], [*inherited, descriptors[1]], lab, desk)
            os.close(descriptors[0])
            clerks[pid] = descriptors[1]
        elif kind == _LAB:
            lab = _learn(socket.socket(fileno=descriptors[0])) or lab
        elif kind == _WARM:
            _warm_up()
        else:
            for pid in clerks:
                os.kill(pid, signal.SIGKILL)
            os._exit(0)


def _wake_up(number: int, frame: FrameType | None) -> None:
    """Do nothing: that there is a handler is what makes the signal end a `select`."""


def _take_leave(clerks: dict[int, int]) -> None:
    """Tell of each clerk that has ended how it did."""
    for pid in list(clerks):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            told = clerks.pop(pid)
            with contextlib.suppress(OSError):  # whoever asked may have gone
                os.write(told, _STATUS.pack(status))
            os.close(told)


def _learn(connection: socket.socket) -> Lab | None:
    """Take a lab and prepare what all its submissions need; answer what is wrong, or nothing."""
    with connection:
        data = _receive(connection)
        if data is None:
            return None
        lab, grades, require_sandbox = pickle.loads(data)  # noqa: S301 - from our own process
        said = b""
        if grades:
            _warm_up()
            try:
                prepare(lab, require_sandbox=require_sandbox)
            except SandboxError as error:
                said = str(error).encode(errors="replace") or b"?"
        else:
            with contextlib.suppress(CourseError):  # each clerk will say so
                for mine in lab.notebooks.values():
                    given_shapes(mine)
        gc.collect()
        gc.freeze()  # or each clerk's first collection would copy every page of ours
        send_whole(connection, said)
    return None if said else lab


def _warm_up() -> None:
    if sys.platform == "linux":  # elsewhere torch doesn't bear a fork
        import torch  # noqa: F401 - so that no clerk has to


# ---------------------------------------------------------------------------------------- the clerk


def _grade(
    lab: Lab, stage: Callable[[str], None], one: Submission, options: dict[str, Any]
) -> bytes:
    return answers.to_bytes(grade(lab, one, stage=stage, **options))


def _repairs(lab: Lab, stage: Callable[[str], None], files: Mapping[str, bytes]) -> bytes:
    stage("restore")
    return json.dumps(repairs_of(lab, files)).encode()


def _tidy(
    lab: Lab,
    stage: Callable[[str], None],
    several: Sequence[Mapping[str, bytes]],
    others: Mapping[str, frozenset[str]],
) -> bytes:
    stage("read")
    releases = {name: mine.release for name, mine in lab.notebooks.items()}
    doubts = Doubts(releases, others)
    header: list[dict[str, list[str]]] = []
    blobs: list[bytes] = []
    for files in several:
        found = tidy(files, releases)
        header.append({"names": list(found), "doubts": doubts.of(files)})
        blobs += found.values()
    return pack_job({"done": header}, blobs)


def _restore(lab: Lab, stage: Callable[[str], None], notebook: str, data: bytes) -> bytes:
    stage("restore")
    restored = restore(data, originals(lab.notebooks[notebook]))
    return json.dumps([nbformat.writes(restored.notebook), restored.repairs]).encode()


def _pieces(lab: Lab, stage: Callable[[str], None], files: Mapping[str, bytes]) -> bytes:
    stage("restore")
    return json.dumps(to_data(pieces_of(lab, files))).encode()


TASKS: Mapping[str, Callable[..., bytes]] = {
    "grade": _grade,
    "pieces": _pieces,
    "repairs": _repairs,
    "restore": _restore,
    "tidy": _tidy,
}


def _be_a_clerk(number: int, inherited: list[int], lab: Lab, desk: int) -> NoReturn:
    """Be a clerk in a process that was just forked from the desk, to the end of it."""
    try:
        die_with_parent()
        signal.set_wakeup_fd(-1)
        for descriptor in inherited:
            os.close(descriptor)
        if os.getppid() == desk:
            _clerk(socket.socket(fileno=number), lab)
    finally:
        os._exit(0)


def _clerk(connection: socket.socket, lab: Lab) -> None:
    """Do one task, within limits, and say what came of it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(3):  # what Python warns of in a student's text isn't for the terminal
        os.dup2(nowhere, number)
    data = _receive(connection)
    if data is None:
        return
    task, arguments, limits = pickle.loads(data)  # noqa: S301 - from our own process
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    try:
        stage = partial(_enter, connection, limits)
        stage("read")
        limit_memory(limits.memory + _COPIES * len(data))
        answer = TASKS[task](lab, stage, *arguments)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is this submission's
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
        _send(connection, _PROBLEM, json.dumps(_described(error)).encode())
    else:
        _send(connection, _ANSWER, answer)


def _enter(connection: socket.socket, limits: Limits, name: str) -> None:
    """Begin a stage: the kernel ends this process when its time is over, whatever it is doing."""
    stage = limits.stages[name]
    signal.setitimer(signal.ITIMER_PROF, stage.cpu_s)
    signal.setitimer(signal.ITIMER_REAL, stage.wall_s)
    _send(connection, _STAGE, name.encode())


def limit_memory(more: int) -> None:
    """Limit what this process may take to so many bytes beyond what it has."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    with contextlib.suppress(OSError, ValueError):  # no /proc, or a limit that is lower already
        with open("/proc/self/statm") as file:  # noqa: PTH123 - it is no file on a disk
            has = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (has + more, hard))


def _described(error: BaseException) -> dict[str, str]:
    said = f"{type(error).__name__}: {error}"[:300]
    if isinstance(error, MemoryError) or "allocate memory" in said:  # torch says it in words alone
        kind = "memory"
    elif isinstance(error, RecursionError):
        kind = "depth"
    elif isinstance(error, RestoreError):
        return {"kind": "restore", "said": str(error)}
    else:
        # The sandbox's server may have ended just now, and the desk starts it again.
        kind = "sandbox" if isinstance(error, SandboxError | OSError) else "error"
    return {"kind": kind, "said": said}


def _send(connection: socket.socket, kind: bytes, data: bytes) -> None:
    connection.sendall(_FRAME.pack(kind, len(data)) + data)


# ----------------------------------------------------------------------------------- for the others

_desk: Desk | None = None
_desk_lock = threading.Lock()


def get_ready() -> None:
    """Start this process's desk; it imports what grading needs while its caller goes on."""
    _our_desk().warm_up()


def begin() -> None:
    """Start this process's desk; it gets ready to read while its caller goes on."""
    _our_desk()


def close() -> None:
    """End this process's desk, and every clerk of it."""
    global _desk  # noqa: PLW0603 - there is one a process, and atexit must find it
    with _desk_lock:
        if _desk is not None:
            _desk.close()
        _desk = None


def _our_desk() -> Desk:
    global _desk  # noqa: PLW0603 - the same
    with _desk_lock:
        if _desk is None:
            _desk = Desk()
            atexit.register(close)
        return _desk


def grade_apart(lab: Lab, one: Submission, *, require_sandbox: bool = False) -> bytes:
    """Grade a submission as `grade` does, in a clerk; return what `answers.from_bytes` reads.

    Whatever goes wrong with the submission is its status. `SandboxError` is raised where not even an
    empty notebook can be run, or where the sandbox that is required isn't there.
    """
    try:
        return _our_desk().ask("grade", lab, one, require_sandbox=require_sandbox)
    except ClerkError as error:
        return answers.to_bytes(Graded(one.student, lab.name, NEEDS_A_PERSON, str(error)))


def repairs_apart(lab: Lab, files: Mapping[str, bytes]) -> tuple[list[str], list[str]]:
    """Do what `repairs_of` does in a clerk."""
    try:
        repairs, problems = json.loads(_our_desk().ask("repairs", lab, files))
    except ClerkError as error:
        return [], [str(error)]
    return repairs, problems


def pieces_apart(lab: Lab, files: Mapping[str, bytes]) -> dict[str, Piece]:
    """Do what `pieces_of` does in a clerk; raise `ClerkError` for what can't be read."""
    try:
        return from_data(json.loads(_our_desk().ask("pieces", lab, files)))
    except (ValueError, RecursionError) as error:
        raise ClerkError(str(error)) from None


def restore_apart(lab: Lab, notebook: str, data: bytes) -> tuple[NotebookNode, list[str]]:
    """Do what `restore` does in a clerk; raise `ClerkError` for what can't be restored."""
    text, repairs = json.loads(_our_desk().ask("restore", lab, notebook, data))
    return nbformat.reads(text, as_version=4), repairs


Tidied = tuple[dict[str, bytes], list[str]]
"""A submission under the lab's own names, and what keeps it from being filed."""


def tidy_apart(
    lab: Lab, several: Sequence[Mapping[str, bytes]], others: Mapping[str, frozenset[str]]
) -> list[Tidied]:
    """Sort out submissions in a clerk, together: each takes a moment, and a clerk of its own longer.

    Where that goes wrong each gets its own, and what none can sort out stays as it is.
    """
    try:
        header, blobs = unpack_job(_our_desk().ask("tidy", lab, list(several), others))
    except ClerkError:
        if len(several) > 1:
            return [done for files in several for done in tidy_apart(lab, [files], others)]
        return [(dict(files), []) for files in several]
    left = iter(blobs)
    return [
        (dict(zip(one["names"], left, strict=False)), [str(why) for why in one["doubts"]])
        for one in header["done"]
    ]
