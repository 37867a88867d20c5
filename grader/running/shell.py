"""Execute cells in an IPython shell with the fidelity of a notebook.

The shell is made, and warmed up, before the fork; `Recorder` carries what the cells put out as
events in the order in which they happened. Whoever gets the events keeps the outputs: an event
may add one, clear those of its cell, or update one that was displayed before.
"""

# mypy: disable-error-code="no-untyped-call"
from __future__ import annotations

import builtins
import codecs
import contextlib
import ctypes
import gc
import io
import os
import signal
import sys
import tempfile
import threading
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from IPython.core import page, payloadpage
from IPython.core.async_helpers import get_asyncio_loop
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell, InteractiveShellABC
from IPython.utils.text import LSString, SList
from traitlets import CBool, Type
from traitlets.config import Config

from grader.running import wire
from grader.running.given import Given, definitions
from grader.running.magics import add_magics, refusal
from grader.words import _, later

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Event = dict[str, Any]
    Cell = dict[str, Any]

FLUSH_S = 0.05  # text waits this long for more of it, as it does in a kernel
FLUSH_CHARS = 1 << 16
TIMES_CLEARED = 8  # times its limit that a cell may put out, if it clears or updates as it goes
_NO_INPUT = later(
    "input() no funciona al corregir: el cuaderno se ejecuta sin nadie delante del teclado. "
    "Asigna el valor a una variable."
)


class Recorder:
    """Turn what cells put out into events, in order, up to a limit for each cell.

    `send` gets each event, a dict. Text of the same stream is merged while nothing comes between;
    what child processes and C code write to the descriptors 1 and 2 takes its place in the order.
    """

    def __init__(self, send: Callable[[Event], None], limit: int) -> None:
        self._sink = send
        self._limit = limit
        self._quiet = False
        self._left = limit
        self._reserve = TIMES_CLEARED * limit
        self._chunks: list[tuple[str, str]] = []
        self._waiting = 0
        self._flushed = time.monotonic()
        self._lock = threading.RLock()
        self._owner = os.getpid()
        self._descriptors: list[_Descriptor] = []

    def capture(self) -> None:
        """Take what this process and its family write to the descriptors 1 and 2 from now on."""
        self._descriptors = [_Descriptor(1, "stdout"), _Descriptor(2, "stderr")]

    def _send(self, event: Event) -> None:
        if not self._quiet:
            self._sink(event)

    @contextlib.contextmanager
    def quiet(self) -> Iterator[None]:
        """Throw away what comes meanwhile."""
        self.flush()
        before, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self.flush()
            self._quiet = before

    def begin(self) -> None:
        """Start a cell: it has the whole limit."""
        self._owner = os.getpid()
        self._left = self._limit
        self._reserve = TIMES_CLEARED * self._limit

    def write(self, name: str, text: str) -> None:
        """Take text that the notebook printed."""
        if os.getpid() != self._owner:  # a process that the notebook forked
            os.write(1 if name == "stdout" else 2, text.encode(errors="replace"))
            return
        with _uninterrupted(), self._lock:
            self._drain()
            self._take(name, text)
            late = time.monotonic() - self._flushed > FLUSH_S
            if late or self._waiting > FLUSH_CHARS:
                self._flush()

    def event(self, event: Event, size: int = 0) -> None:
        """Take an output other than text; `size` is about how many bytes it has."""
        if os.getpid() != self._owner:
            return
        with _uninterrupted(), self._lock:
            self._drain()
            self._flush()
            if ("clear" in event or event.get("update")) and self._reserve > size:
                self._reserve -= max(size, self._limit - self._left)
                self._left = self._limit if "clear" in event else self._left
                self._send(event)
            elif size > self._left:
                notice = _("[salida omitida: más de {most} KB]").format(most=self._limit // 1000)
                self._take("stderr", f"{notice}\n")
                self._flush()
            else:
                self._left -= size
                self._send(event)

    def whole(self, action: Callable[[bytes], None]) -> Callable[[bytes], None]:
        """Make an action that no interrupt or thread cuts in two; forked processes don't do it."""

        def act(data: bytes) -> None:
            if os.getpid() == self._owner and not self._quiet:
                with _uninterrupted(), self._lock:
                    action(data)

        return act

    @property
    def descriptors(self) -> list[int]:
        """The file descriptors that it needs."""
        return [1, 2, *(descriptor.reading for descriptor in self._descriptors)]

    def flush(self) -> None:
        """Send the text that waits."""
        if os.getpid() == self._owner:
            with _uninterrupted(), self._lock:
                self._drain()
                self._flush()

    def _take(self, name: str, text: str) -> None:
        if self._left <= 0 or not text:
            return
        if len(text) >= self._left:
            notice = _("[salida recortada: la celda pasa de {most} KB]")
            text = f"{text[: self._left]}\n{notice.format(most=self._limit // 1000)}\n"
            self._left = 0
        self._left -= len(text)
        self._waiting += len(text)
        self._chunks.append((name, text))

    def _drain(self) -> None:
        for descriptor in self._descriptors:
            text = descriptor.read(max(self._left, 0))
            if text:
                self._take(descriptor.name, text)

    def _flush(self) -> None:
        chunks, self._chunks, self._waiting = self._chunks, [], 0
        self._flushed = time.monotonic()
        merged: list[list[Any]] = []
        for name, text in chunks:
            if merged and merged[-1][0] == name:
                merged[-1][1].append(text)
            else:
                merged.append([name, [text]])
        for name, texts in merged:
            self._send({"output_type": "stream", "name": name, "text": "".join(texts)})


class _Descriptor:
    """What processes write to a file descriptor, kept in memory until it is read.

    A file and not a pipe: nobody has to read it for the writer to go on, and what has been written
    when `print` comes next is known, which keeps the order.
    """

    def __init__(self, number: int, name: str) -> None:
        self.name = name
        self.reading, writing = _memory_file()
        os.dup2(writing, number)
        os.close(writing)
        self._place = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def read(self, most: int) -> str:
        """Read what came since the last time; what comes beyond `most` bytes is thrown away."""
        end = os.lseek(self.reading, 0, os.SEEK_END)
        if end <= self._place:
            return ""
        data = os.pread(self.reading, min(end - self._place, most), self._place)
        self._place = end
        if not most:
            with contextlib.suppress(OSError):
                os.ftruncate(self.reading, 0)
            self._place = 0
        return self._decoder.decode(data)


def _memory_file() -> tuple[int, int]:
    """Open a nameless file twice, to read and to append; both are closed in new programs."""
    if hasattr(os, "memfd_create"):
        number = os.memfd_create("output", os.MFD_CLOEXEC)
        path = f"/proc/self/fd/{number}"
    else:
        number, path = tempfile.mkstemp()
    writing = os.open(path, os.O_WRONLY | os.O_APPEND)
    reading = os.open(path, os.O_RDWR)
    os.close(number)
    if not path.startswith("/proc"):
        Path(path).unlink()
    return reading, writing


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold the cell's interrupt back, so that an event is never cut in two."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGXCPU})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Stream(io.TextIOBase):
    """What `sys.stdout` and `sys.stderr` are in a notebook."""

    encoding = "UTF-8"
    errors = "replace"

    def __init__(self, name: str, recorder: Recorder) -> None:
        super().__init__()
        self.name = f"<{name}>"
        self._stream = name
        self._recorder = recorder

    def write(self, text: Any) -> int:
        """Put text out."""
        if not isinstance(text, str):
            msg = f"write() argument must be str, not {type(text).__name__}"
            raise TypeError(msg)
        self._recorder.write(self._stream, str(text))
        return len(text)

    def writable(self) -> bool:
        """Say that it may be written."""
        return True

    def flush(self) -> None:
        """Do nothing: text is sent when it is time, and always before what comes after it."""

    def fileno(self) -> int:
        """Give the descriptor that a child process may write to."""
        return 1 if self._stream == "stdout" else 2


class _Results(DisplayHook):
    """Record the value of a cell's last expression."""

    _data: dict[str, Any] | None = None
    _metadata: dict[str, Any] | None = None

    def write_output_prompt(self) -> None:
        """Print no prompt: the event carries the number."""

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        """Keep the representations until the value has been stored in Out."""
        self._data, self._metadata = format_dict, md_dict

    def finish_displayhook(self) -> None:
        """Send the result."""
        data, self._data = self._data, None
        if data:
            self.shell.recorder.event(  # type: ignore[union-attr]
                {
                    "output_type": "execute_result",
                    "data": data,
                    "metadata": self._metadata or {},
                    "execution_count": self.prompt_count,
                },
                _size(data),
            )


class _Displays(DisplayPublisher):
    """Record what `display` shows, and what `clear_output` takes away."""

    def publish(  # type: ignore[override]
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **_: object,
    ) -> None:
        """Send representations of an object, new ones or in the place of those shown before."""
        event: Event = {"output_type": "display_data", "data": data, "metadata": metadata or {}}
        if transient and transient.get("display_id"):
            event["display_id"] = str(transient["display_id"])
        if update:
            event["update"] = True
        self.shell.recorder.event(event, _size(data))

    def clear_output(self, wait: bool = False) -> None:  # noqa: FBT001, FBT002 - IPython's own
        """Clear the cell's outputs, at once or when the next one comes."""
        self.shell.recorder.event({"clear": "wait" if wait else "now"})


def _size(data: dict[str, Any]) -> int:
    return sum(len(v) if isinstance(v, (str, bytes)) else len(repr(v)) for v in data.values())


class _Compiler(CachingCompiler):
    """Name cells as a kernel does, which decides how IPython shows the lines around an error."""

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:  # noqa: ARG002
        """Give the name of a file that isn't there."""
        return f"/tmp/ipykernel_1/{zlib.crc32(raw_code.encode(errors='replace'))}.py"  # noqa: S108


class NotebookShell(InteractiveShell):
    """An IPython shell that behaves as the one of a notebook's kernel, and writes to a recorder."""

    compiler_class = Type(_Compiler)
    displayhook_class = Type(_Results)
    display_pub_class = Type(_Displays)
    autoindent = CBool(False)  # noqa: FBT003 - a traitlet
    colors_force = CBool(True)  # noqa: FBT003 - tracebacks keep their colours, as in a kernel
    recorder: Recorder
    given: Given

    def init_environment(self) -> None:
        """Ask programs for colours and no pager."""
        os.environ |= {
            "TERM": "xterm-color",
            "CLICOLOR": "1",
            "FORCE_COLOR": "1",
            "CLICOLOR_FORCE": "1",
            "PAGER": "cat",
            "GIT_PAGER": "cat",
        }

    def init_hooks(self) -> None:
        """Show help as a kernel does: not in the outputs."""
        super().init_hooks()
        self.set_hook("show_in_pager", page.as_hook(payloadpage.page), 99)

    def enable_gui(self, gui: object = None) -> None:
        """Do nothing: there are no windows (`%matplotlib inline` comes this way)."""

    def system_piped(self, cmd: str) -> None:
        """Run a command in a terminal of its own, or without one where none can be had."""
        if self._refused(cmd):
            return
        try:
            super().system_piped(cmd)
        except OSError as problem:
            if "pty" not in str(problem):
                raise
            self.system_raw(cmd)

    system = system_piped

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:  # noqa: FBT001, FBT002 - IPython's own
        """Run a command and give what it prints."""
        if self._refused(cmd):
            return SList() if split else LSString("")
        return super().getoutput(cmd, split, depth + 1)

    def _refused(self, cmd: str) -> bool:
        """Answer a command that would wait for a network, in its place."""
        told = refusal(self.var_expand(cmd, depth=2))
        if told:
            print(told)  # noqa: T201 - the student's answer
            self.user_ns["_exit_code"] = 1
        return bool(told)

    def ask_exit(self) -> NoReturn:
        """Make `exit` and `quit` end the cell, not the notebook."""
        raise SystemExit

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        try:
            value = str(evalue)
        except Exception:  # noqa: BLE001 - the student's own __str__
            value = "<unprintable>"
        error = {
            "output_type": "error",
            "ename": etype.__name__,
            "evalue": value,
            "traceback": list(stb),
        }
        self.recorder.event(error, len(value) + sum(map(len, stb)))
        self._last_traceback = stb


InteractiveShellABC.register(NotebookShell)


def make_shell(folder: str) -> NotebookShell:
    """Make the shell and warm it up; `folder` is for the settings that IPython wants to have.

    Everything that a first cell, a first figure and a first error import and prepare is so
    prepared once, before the fork.
    """
    os.environ["IPYTHONDIR"] = folder
    settings = Config({"HistoryManager": {"enabled": False}})  # a database, and a thread for it
    shell: NotebookShell = NotebookShell.instance(ipython_dir=folder, config=settings)
    add_magics(shell)
    events: list[Event] = []
    shell.recorder = Recorder(events.append, 1 << 20)
    cells = (
        "import matplotlib.pyplot as plt\nprint('a')\n1 + 1",
        "_ = plt.figure().add_subplot().plot([1, 2], label='$x$')\nplt.legend()",
        "def f(x):\n    return 1 / x\nf(0)",
        "await __import__('asyncio').sleep(0)",
        "!true",
        "syntax error",
        "%bookmark -l",  # opens the shell's small database
    )
    with _streams(shell.recorder):
        for cell in cells:
            shell.run_cell(cell, store_history=True)
    kinds = {event["output_type"] for event in events}
    if kinds != {"stream", "execute_result", "display_data", "error"}:
        msg = f"the shell doesn't work here: trying it out gave {events}"
        raise RuntimeError(msg)
    plt = sys.modules["matplotlib.pyplot"]
    plt.close("all")
    plt.draw_if_interactive.called = False  # or %run would think that it has something to draw
    get_asyncio_loop().close()
    shell.reset(new_session=True)
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        if hasattr(sys, name):
            delattr(sys, name)
    builtins.input = _no_input
    shell.given = Given(shell)
    gc.collect()
    return shell


@contextlib.contextmanager
def _streams(recorder: Recorder) -> Iterator[None]:
    """Send what is printed to a recorder."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Stream("stdout", recorder), Stream("stderr", recorder)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def _no_input(prompt: object = "") -> NoReturn:  # noqa: ARG001 - the signature of input
    raise StdinNotImplementedError(_(_NO_INPUT))


def run_cells(
    shell: NotebookShell,
    cells: Sequence[Cell],
    recorder: Recorder,
    cell_s: float,
    send: Callable[[bytes, bytes], None],
) -> None:
    """Run the cells in order, whatever happens in them.

    `send` gets a frame at the start and the end of each cell, and when all is done. After an error
    the next cell still runs. A cell that takes longer than `cell_s` is interrupted from outside.
    Blank cells don't run, as in Jupyter. Each cell has the fields of `grader.running.runner.Cell`,
    a `mode` (see `Runner.run`) and the `count` that it is numbered with.
    """
    shell.recorder = recorder
    shell.ipython_dir = os.environ["IPYTHONDIR"]
    shell.db = type(shell.db)(f"{shell.ipython_dir}/db")
    shell.home_dir = os.environ["HOME"]
    shell.user_ns["_dh"][:] = [Path.cwd()]  # where `%cd -` goes back to
    sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - for as long as we live
    sys.modules["getpass"].getpass = _no_input  # type: ignore[attr-defined]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGXCPU})
    with _streams(recorder):
        turns = _Turns(shell, recorder, cell_s)
        for cell in cells:
            loud = cell["mode"] == "run"
            count = cell["count"] if loud and cell["source"].strip() else None
            recorder.begin()
            send(wire.START, b"")
            with contextlib.nullcontext() if loud else recorder.quiet():
                ok = turns.take(cell)
            recorder.flush()
            send(wire.END, wire.encode({"execution_count": count, "ok": ok}))
    send(wire.DONE, b"")


class _Turns:
    """Runs one cell after the other, each as what it is: given, a solution, a test, or own."""

    def __init__(self, shell: NotebookShell, recorder: Recorder, cell_s: float) -> None:
        self._shell = shell
        self._recorder = recorder
        self._earliest = cell_s / 2  # an interrupt that comes sooner was meant for the cell before
        self._streams = sys.stdout, sys.stderr
        self._given = shell.given
        self._given.begin()

    def take(self, cell: Cell) -> bool:
        """Run one cell, and say whether it ended without an error."""
        self._began = time.monotonic()
        signal.signal(signal.SIGXCPU, self._interrupt)
        sys.stdout, sys.stderr = self._streams
        kind, source, binds = cell["kind"], cell["source"], cell["binds"]
        self._given.fill()
        if kind == "given" and cell["original"]:
            self._give(cell["original"], binds)
            self._given.fill()
        if cell["mode"] == "part":
            source = definitions(self._shell.transform_cell(source), test=kind == "test")
        count = cell["count"] if cell["mode"] == "run" else None
        if not source.strip():
            return True
        if kind == "test":
            with self._given.hold():
                ok = self._run(source, count)
            self._given.keep(binds)
            return ok
        ok = self._run(source, count)
        if kind == "solution":
            self._given.keep_solution(binds)
        elif kind == "given" and not cell["original"]:
            if ok:
                self._given.keep(binds)
            else:
                self._give(source, binds)
        return ok

    def _give(self, source: str, binds: Sequence[str]) -> None:
        """Run the instructor's own cell, with what it puts out thrown away."""
        with self._recorder.quiet():
            if not self._run(source, None):
                with self._given.hold():
                    self._run(source, None)
            self._given.keep(binds)

    def _run(self, source: str, count: int | None) -> bool:
        """Run a cell's source; without a `count` it leaves no trace in the notebook's history."""
        shell = self._shell
        if count is not None:
            shell.execution_count = count
        try:
            try:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGXCPU})
                result = shell.run_cell(
                    source, store_history=count is not None, silent=count is None
                )
                _flush_c()
            finally:
                signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGXCPU})
        except BaseException:  # noqa: BLE001 - an interrupt between two of IPython's own lines
            with contextlib.suppress(Exception):
                shell.showtraceback()
            return False
        return bool(result.success)

    def _interrupt(self, *_: object) -> None:
        if time.monotonic() - self._began >= self._earliest:
            raise KeyboardInterrupt


def _flush_c() -> None:
    """Write out what C code has put in its own buffers."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).fflush(None)
