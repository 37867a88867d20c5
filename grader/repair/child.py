"""Work in a child process that may be lost: it changes nothing here, says nothing, and ends in time."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
import warnings
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MEMORY = 2**30  # bytes that it may take beyond what the notebook holds already
_OUTSIDE = ("ctypes.", "os.", "shutil.", "socket.", "sqlite3.", "subprocess.")
_HARMLESS = ("os.listdir", "os.scandir", "os.fspath")  # what an import does


class CannotForkError(OSError):
    """This system makes no child process that knows what this one knows."""


class OutOfTime(BaseException):
    """A variant took too long."""


def in_child(work: Callable[[], Any], *, cpu: float, wall: float) -> Any:
    """Return what `work` returns in a child process, as JSON carries it, or None if it was lost.

    The child is killed after `cpu` seconds of computing or `wall` seconds. Raises `CannotForkError`
    where there is no fork, as on Windows.
    """
    if not hasattr(os, "fork"):
        raise CannotForkError
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a kernel has other threads: the child uses none of theirs
        child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            os.setsid()  # whatever it starts ends with it
            _confine(cpu)
            answer = json.dumps(work()).encode()
            os.write(writing, answer)
        finally:
            os._exit(0)
    os.close(writing)
    try:
        return _answer(reading, time.monotonic() + wall)
    finally:
        os.close(reading)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _answer(reading: int, deadline: float) -> Any:
    data = b""
    while True:
        ready, _, _ = select.select([reading], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return None
        got = os.read(reading, 1 << 16)
        if not got:
            break
        data += got
    try:
        return json.loads(data)
    except ValueError:
        return None


def _confine(cpu: float) -> None:
    """Limit this process, silence it, and keep it from changing files."""
    import resource

    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - for as long as it lives
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    whole = int(cpu) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (whole, whole))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, ValueError):  # macOS has neither
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        held = pages * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, held + MEMORY))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGVTALRM, _out_of_time)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)  # its threads stayed behind
    warnings.simplefilter("ignore")
    sys.addaudithook(_refuse)


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if event == "open":
        mode, flags = args[1], args[2]
        writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if writes or any(letter in str(mode or "") for letter in "wax+"):
            raise PermissionError("a variant writes no file")
    elif event not in _HARMLESS and event.startswith(_OUTSIDE):
        raise PermissionError(event)


def _out_of_time(*_: Any) -> None:
    raise OutOfTime


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `OutOfTime` after so many seconds of computing here, and again until it is heard."""
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, seconds)
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
