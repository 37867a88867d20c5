"""A Dask cluster as an executor of grading: what comes back from it is bytes, and nothing runs here.

Dask's processes unpickle what they are sent, results and exceptions, so whoever holds one of them can
run programs in every other. Our side of Dask is therefore a process of its own, a *go-between*: it is
told what to grade, and all that we take from it is numbers and bytes.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import socket
import struct
import subprocess
import sys
import threading
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any

from grader.course import answers
from grader.course.errors import CourseError
from grader.running.server import exactly, receive_whole, send_whole

if TYPE_CHECKING:
    from collections.abc import Callable

_FRAME = struct.Struct(">QcQ")
_READY, _REFUSED, _ANSWER, _FAILED, _DIED = b"R", b"N", b"A", b"F", b"D"
_CONNECT_S = 60.0
_DEATHS = {"KilledWorker", "CancelledError", "CommClosedError", "FutureCancelledError"}


class WorkerDiedError(Exception):
    """The worker that a submission was with has died, or the cluster was lost."""


class ClusterExecutor(Executor):
    """The workers of the cluster whose scheduler is at `address`; raises `CourseError` if it isn't."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._lock = threading.Lock()
        self._pending: dict[int, Future[Any]] = {}
        self._count = 0
        self._ended = False
        self._listener: threading.Thread | None = None
        self._socket, theirs = socket.socketpair()
        with theirs:
            program = (
                f"import sys; sys.path[:] = {sys.path!r}\n"
                f"from grader.course import cluster; cluster.go_between({theirs.fileno()}, {address!r})"
            )
            self._process = subprocess.Popen(
                [sys.executable, "-c", program],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._socket.settimeout(_CONNECT_S)
        try:
            _, kind, said = _receive(self._socket)
        except (OSError, EOFError):
            kind, said = _REFUSED, b"no answer"
        self._socket.settimeout(None)
        if kind != _READY:
            self.shutdown()
            raise CourseError(said.decode(errors="replace")[:1000])
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def submit(  # type: ignore[override]
        self, function: Callable[..., bytes], /, *arguments: object, **named: object
    ) -> Future[Any]:
        """Have a worker call a function of ours; the future's result is bytes, from wherever."""
        future: Future[Any] = Future()
        with self._lock:
            self._count += 1
            self._pending[self._count] = future
            if self._ended:
                self._lose()
                return future
            job = pickle.dumps((self._count, function, arguments, named))
            try:
                send_whole(self._socket, job)
            except OSError:
                self._lose()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - as it is
        """End the go-between; what the cluster still does is of no more use."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._process.kill()
        self._process.wait()
        if self._listener is not None:
            self._listener.join()
        self._socket.close()

    def _listen(self) -> None:
        """Take what the go-between says until it ends, or says what makes no sense."""
        with contextlib.suppress(OSError, EOFError):
            while True:
                number, kind, data = _receive(self._socket)
                with self._lock:
                    future = self._pending.pop(number, None)
                if future is None:
                    continue
                if kind == _ANSWER:
                    future.set_result(data)
                elif kind == _DIED:
                    future.set_exception(WorkerDiedError())
                else:
                    future.set_exception(RuntimeError(data.decode(errors="replace")[:300]))
        with self._lock:
            self._ended = True
            self._lose()

    def _lose(self) -> None:
        for future in self._pending.values():
            future.set_exception(WorkerDiedError())
        self._pending.clear()


def _receive(connection: socket.socket) -> tuple[int, bytes, bytes]:
    number, kind, size = _FRAME.unpack(exactly(connection, _FRAME.size))
    if size > answers.MAX_BYTES:
        raise EOFError
    return number, kind, exactly(connection, size)


# -------------------------------------------------------------------------------- the go-between


def go_between(number: int, address: str) -> None:
    """Pass on to Dask what comes through the socket with this descriptor, and what Dask answers."""
    connection = socket.socket(fileno=number)
    lock = threading.Lock()

    def say(number: int, kind: bytes, data: bytes) -> None:
        with lock, contextlib.suppress(OSError):
            connection.sendall(_FRAME.pack(number, kind, len(data)) + data)

    try:
        from distributed import Client

        client = Client(address, timeout="10s", set_as_default=False)
    except ImportError:
        return say(0, _REFUSED, b"--scheduler needs Dask: pip install 'cnn-labkit[cluster]'")
    except Exception as error:  # noqa: BLE001 - whatever it is, there is no cluster
        said = f"no Dask scheduler answers at {address}: {error}"
        return say(0, _REFUSED, said.encode(errors="replace"))
    say(0, _READY, b"")
    while True:
        try:
            one, function, arguments, named = pickle.loads(receive_whole(connection))  # noqa: S301 - from our own process
        except (OSError, EOFError):
            os._exit(0)
        future = client.submit(function, *arguments, **named, pure=False)
        future.add_done_callback(lambda done, one=one: say(one, *_outcome(done)))


def _outcome(future: Any) -> tuple[bytes, bytes]:
    """Say what came of a task, in bytes."""
    try:
        result = future.result()
    except BaseException as error:  # noqa: BLE001 - Dask raises what the worker said it raised
        names = {kind.__name__ for kind in type(error).__mro__}
        said = f"{type(error).__name__}: {error}"
        return _DIED if names & _DEATHS else _FAILED, said.encode(errors="replace")[:1000]
    if type(result) is not bytes or len(result) > answers.MAX_BYTES:
        return _FAILED, b"the worker's answer isn't bytes"
    return _ANSWER, result
