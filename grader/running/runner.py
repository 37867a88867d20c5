"""Run notebooks in the sandbox: what they put out, and what their checks observed."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from grader.running import server
from grader.running.confine import PACKAGE, Layer
from grader.running.limits import Limits
from grader.running.names import is_fit
from grader.running.processors import processor
from grader.running.turns import Cell, Turns
from grader.running.watch import Watch
from grader.running.wire import BadFrameError, Reader
from grader.words import LANGUAGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from typing_extensions import Self

    from grader.running.wire import CellRecord

__all__ = ["Cell", "CellRun", "Job", "Limits", "Run", "Runner", "SandboxError"]

START_S = 60.0  # for a notebook to reach its first cell: on a crowded machine it may take long
WARM_S = 300.0  # for the server to import everything, from a cold disk
STARTS = 12  # processes that may run one notebook, one after the other
END_S = 20.0  # for the warden to report
ALLOW_ROOT = "LABKIT_ALLOW_ROOT"  # the environment variable that says so
_PASSED_ON = ("LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", LANGUAGE)


class SandboxError(RuntimeError):
    """The sandbox can't be had as it was asked for."""


@dataclass(frozen=True)
class Job:
    """A notebook to run: its code cells in order, and what it needs. A text is a cell of its own.

    `files` are written into the folder where the cells run, so their names are relative and stay
    in it. `key` is what the checks read their cases from: see `grader.key`.

    >>> Job(cells=("1 + 1",), files={"../x": b""})
    Traceback (most recent call last):
    ValueError: '../x' can't be the name of a file of a job: it must stay in its folder
    """

    cells: tuple[Cell | str, ...]
    seed: int = 0
    files: Mapping[str, bytes] = field(default_factory=dict)
    key: bytes = b""
    torch: bool = False
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        """Refuse names of files that would leave the folder."""
        for name in self.files:
            if not is_fit(name):
                msg = f"{name!r} can't be the name of a file of a job: it must stay in its folder"
                raise ValueError(msg)


@dataclass(frozen=True)
class CellRun:
    """What came of one cell. `outputs` are nbformat 4 outputs; `observations` are as sent.

    `status` is "timeout" when it was interrupted, or ended, for its time; "died" or "limit" when the
    notebook's process ended, or had to be ended, in it.
    """

    outputs: list[dict[str, Any]]
    execution_count: int | None
    observations: tuple[bytes, ...]
    seconds: float
    status: Literal["ok", "error", "timeout", "died", "limit", "not-run"]


@dataclass(frozen=True)
class Run:
    """What came of a notebook.

    `status` is "ok" when one process ran it all, whatever happened in the cells; "timeout" when that
    process had to be ended; "died" when it ended by itself, or broke the rules of its channel; "limit"
    when it went beyond one of its limits. `reason` says it in a sentence. What was left then ran in a
    fresh process, without the cell that did it. `timings` are in milliseconds: fork_ms, confine_ms,
    run_ms, and cpu_ms, all processes together.
    """

    cells: tuple[CellRun, ...]
    status: Literal["ok", "timeout", "died", "limit"]
    reason: str
    timings: Mapping[str, float]
    missing_layers: tuple[str, ...]


class Runner:
    """A warm server, and a way to run notebooks in children of it. Threads may share one.

    `torch` says which labs it is for: with False, torch can't be imported by what it runs. With
    `require_sandbox`, a machine that lacks an essential layer is refused with SandboxError.
    `hidden` are folders that mustn't be readable even if Python's own folders hold them. Root where
    there are no user namespaces is refused too, unless the environment says LABKIT_ALLOW_ROOT=1.
    """

    layers: tuple[Layer, ...]
    server_pid: int

    def __init__(
        self,
        *,
        torch: bool = False,
        require_sandbox: bool = False,
        hidden: Sequence[str | Path] = (),
    ) -> None:
        self._torch = torch
        self._hidden = [str(Path(path).resolve()) for path in hidden]
        self._lock = threading.Lock()
        self._owner = os.getpid()
        self._process: subprocess.Popen[bytes] | None = None
        self._start()
        lacking = [layer for layer in self.layers if layer.essential and not layer.available]
        if require_sandbox and lacking:
            self.close()
            told = "; ".join(f"{layer.name}: {layer.detail}" for layer in lacking)
            msg = f"the sandbox lacks layers on this machine, and all are required: {told}"
            raise SandboxError(msg)
        if "user" in self.missing_layers and os.geteuid() == 0 and not os.environ.get(ALLOW_ROOT):
            self.close()
            msg = (
                "this is root, and without user namespaces what students wrote would run as root: "
                f"grade as another user, or set {ALLOW_ROOT}=1 where this machine is theirs to break"
            )
            raise SandboxError(msg)

    def __enter__(self) -> Self:
        """Use it in a `with` block, which closes it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    @property
    def missing_layers(self) -> tuple[str, ...]:
        """The names of the layers that this machine doesn't give."""
        return tuple(layer.name for layer in self.layers if not layer.available)

    def close(self) -> None:
        """End the server, and any notebook that still runs."""
        with self._lock:
            self._forget()

    def _start(self) -> None:
        """Start the server with an environment that holds nothing of ours."""
        ours, theirs = socket.socketpair()
        number = theirs.fileno()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-B", "-c", _program(number, self._torch, self._hidden)],
                env=_environment(),
                pass_fds=(number,),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                cwd="/",
                start_new_session=True,
            )
        self._socket = ours
        ours.settimeout(WARM_S)
        try:
            answer = json.loads(server.receive_whole(ours))
        except (EOFError, OSError) as problem:
            self._process.kill()
            _, errors = self._process.communicate()
            msg = f"the sandbox's server didn't start:\n{errors.decode(errors='replace')[-4000:]}"
            raise SandboxError(msg) from problem
        ours.settimeout(None)
        self.server_pid = answer["pid"]
        self.layers = tuple(Layer(**fields) for fields in answer["layers"])

    def run(self, job: Job) -> Run:
        """Run a notebook. Afterwards nothing of it is left: no process, no file.

        A cell in which its process ends costs itself: the others run in a fresh process, where what
        ran before is run again, quietly, for what it defines. What the notebook did before it was
        ended is in the answer, cell by cell.
        """
        if job.torch and not self._torch:
            msg = "this job needs torch, and this runner is for labs without it"
            raise ValueError(msg)
        turns, watch = Turns(job.cells), Watch(job.limits)
        timings: dict[str, float] = {}
        first = _End()
        with processor() as number:
            for _ in range(STARTS):
                end, spent = self._run_on(job, turns, watch, number)
                timings = {name: timings.get(name, 0.0) + ms for name, ms in spent.items()}
                if end.status != "ok":
                    first.say(end.status, end.reason)
                if turns.done or watch.exhausted or end.final:
                    break
        cells = tuple(_cell_run(*one) for one in turns.ran())
        return Run(cells, first.status, first.reason, timings, self.missing_layers)

    def _run_on(
        self, job: Job, turns: Turns, watch: Watch, number: int | None
    ) -> tuple[_End, dict[str, float]]:
        """Run, in one process, what is left to run, until it is done or that process ends."""
        asked = time.monotonic()
        cells, records = turns.next()
        reader, end = Reader(records, job.limits), _End()
        pipe, control = self._launch()
        try:
            header = {
                "cells": cells,
                "seed": job.seed,
                "files": list(job.files),
                "limits": asdict(job.limits),
                "processor": number,
            }
            data = server.pack_job(header, [*job.files.values(), job.key])
            control.settimeout(START_S)
            try:
                server.send_whole(control, data)
                pid = json.loads(server.receive_whole(control))["pid"]
                _follow(pipe, reader, watch, pid, end)
            except (OSError, EOFError):
                end.say("died", "the sandbox's server ended while the notebook ran")
            report = _finish(control)
        finally:
            os.close(pipe)
            control.close()
        _conclude(reader, end, report)
        end.final |= not turns.blame(reader.last_number, end.status)
        return end, _timings(reader, report, asked)

    def _launch(self) -> tuple[int, socket.socket]:
        """Hand the server the two descriptors of a job; start it again if it has ended."""
        reading, writing = os.pipe()
        ours, theirs = socket.socketpair()
        try:
            self.refresh()
            with self._lock:
                socket.send_fds(self._socket, [server.HELLO], [writing, theirs.fileno()])
        except BaseException:
            os.close(reading)
            ours.close()
            raise
        finally:
            os.close(writing)
            theirs.close()
        return reading, ours

    def refresh(self) -> None:
        """Start the server again if it has ended; a fork of the process that made it can't."""
        with self._lock:
            if os.getpid() == self._owner and self._alive().poll() is not None:
                self._forget()
                self._start()

    def _alive(self) -> subprocess.Popen[bytes]:
        """Give the server, of a runner that isn't closed."""
        if self._process is None:
            msg = "this runner is closed"
            raise SandboxError(msg)
        return self._process

    def _forget(self) -> None:
        """Let go of a server, and end it if it hasn't ended."""
        if self._process is not None:
            self._socket.close()
            self._process.kill()
            self._process.communicate()
            self._process = None


def _program(number: int, torch: bool, hidden: Sequence[str]) -> str:  # noqa: FBT001
    """Write the server's program; only our package is added to what it can import."""
    return (
        f"import sys; sys.path[0:1] = []; sys.path.append({str(PACKAGE.parent)!r})\n"
        f"from grader.running import server\n"
        f"server.main({number}, torch={torch!r}, hidden={list(hidden)!r})"
    )


def _environment() -> dict[str, str]:
    """Make the environment of the server: what is listed here, and nothing else."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "labkit/matplotlib"
    once = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")}
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return (
        {"LANG": "C.UTF-8"}
        | kept
        | once
        | {
            "PATH": f"{sys.prefix}/bin:/usr/local/bin:/usr/bin:/bin",
            "SHELL": next(filter(os.path.exists, ("/bin/bash", "/bin/sh"))),
            "PYTHONHASHSEED": "0",  # the same notebook gives the same outputs
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "MPLCONFIGDIR": str(folder),
        }
    )


class _End:
    """How a run ended; the first to say it is right. `final` says that going on makes no sense."""

    def __init__(self) -> None:
        self.status: Literal["ok", "timeout", "died", "limit"] = "ok"
        self.reason = ""
        self.final = False

    def say(self, status: Literal["timeout", "died", "limit"], reason: str) -> None:
        if self.status == "ok":
            self.status, self.reason = status, reason


def _follow(pipe: int, reader: Reader, watch: Watch, pid: int, end: _End) -> None:
    """Read what the notebook sends until it is done, ends, or must be ended."""
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    latest = time.monotonic() + START_S
    while not reader.done:
        ready, cell = reader.ready is not None, reader.open_cell
        left = watch.due if ready else latest - time.monotonic()
        came = poll.poll(max(1.0, 1000 * left))
        if came:
            data = os.read(pipe, 1 << 16)
            if not data:
                return
            try:
                reader.feed(data, time.monotonic())
            except BadFrameError as problem:
                kind: Literal["limit", "died"] = "limit" if problem.limit else "died"
                end.say(kind, f"the notebook was ended: {problem}")
                return
        if not ready and reader.ready is not None:
            watch.begin(pid)
        elif not ready and time.monotonic() >= latest:
            end.say("died", f"the notebook didn't start in {START_S:g} s")
            return
        if reader.ready is not None and (reader.open_cell is not cell or not watch.due):
            problem_of_time = watch.look(reader.open_cell, waited=not came)
            if problem_of_time:
                end.say("timeout", f"{problem_of_time}{_where(reader)}")
                return


def _where(reader: Reader) -> str:
    return "" if reader.open_cell is None else f", in cell {reader.open_cell.number}"


def _finish(control: socket.socket) -> dict[str, Any]:
    """Have the warden end whatever is left, and get its report."""
    control.settimeout(END_S)
    try:
        with contextlib.suppress(OSError):  # it may have ended already, and left its report
            control.shutdown(socket.SHUT_WR)
        report: dict[str, Any] = json.loads(server.receive_whole(control))
    except (EOFError, OSError, ValueError):
        return {}
    return report


def _conclude(reader: Reader, end: _End, report: dict[str, Any]) -> None:
    """Say how a process ended, if nobody has said it yet."""
    if reader.problem and not reader.about_files:
        msg = f"the sandbox couldn't be entered: {reader.problem}"
        raise SandboxError(msg)
    if reader.problem:
        end.say("limit", f"its files can't be put in place: {reader.problem}")
        end.final = True
    if report.get("reason") in ("memory", "processes"):
        end.say(
            "limit", f"the notebook went beyond its limit of {report['reason']}{_where(reader)}"
        )
    if not reader.done:
        how = f"the notebook's process ended: {_how(report.get('status'))}"
        end.say("died", how + (_where(reader) or ", between two cells"))


def _timings(reader: Reader, report: dict[str, Any], asked: float) -> dict[str, float]:
    """Tell what a process took."""
    times = reader.ready or {}
    run_ms = (time.monotonic() - reader.ready_at) * 1000 if reader.ready_at is not None else 0.0
    return {
        "fork_ms": max(0.0, times.get("forked", asked) - asked) * 1000,
        "confine_ms": max(0.0, times.get("confined", 0.0) - times.get("forked", 0.0)) * 1000,
        "run_ms": run_ms,
        "cpu_ms": 1000 * float(report.get("cpu_s", 0.0)),
        "peak_mb": float(report.get("peak_kb", 0)) / 1024,
    }


def _cell_run(cell: CellRecord, fate: Literal["timeout", "died", "limit"] | None) -> CellRun:
    status: Literal["ok", "error", "timeout", "died", "limit", "not-run"]
    if cell.started is None:
        return CellRun([], None, (), 0.0, "not-run")
    if fate is not None:
        status = fate
    elif cell.ok:
        status = "ok"
    else:
        status = "timeout" if cell.interrupted else "error"
    seconds = cell.started if cell.ended is None else cell.ended
    return CellRun(
        cell.outputs,
        cell.execution_count,
        tuple(cell.observations),
        seconds - cell.started,
        status,
    )


def _how(status: int | None) -> str:
    """Say how a process ended."""
    if status is None:
        return "its warden didn't say how"
    if os.WIFEXITED(status):
        return f"it exited with code {os.WEXITSTATUS(status)}"
    number = os.WTERMSIG(status)
    return f"signal {number} ({signal.strsignal(number)}) ended it"
