"""Each layer of the sandbox is tested by an attempt to cross it."""

# ruff: noqa: E501 - a cell stands on one line
from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from waiting import until

from grader.running import confine
from grader.running import runner as runner_module
from grader.running.limits import Limits
from grader.running.meter import family
from grader.running.runner import Job, Runner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.running.runner import CellRun, Run

    Attempt = Callable[..., str]
    Need = Callable[..., None]
    TextOf = Callable[[CellRun], str]

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the layers are Linux's")


def read(path: Path | str) -> str:
    """Write the cell that tries to read a file."""
    return f"print(open({str(path)!r}, 'rb').read()[:200])"


# ----------------------------------------------------------------------------------------- files


@pytest.mark.parametrize(
    "path",
    [
        ROOT / "pyproject.toml",
        ROOT / "grader/running/runner.py",
        ROOT / "grader/judging/__init__.py",
        ROOT / "grader/exercise.py",
        ROOT / "exercises/convolution.py",
        ROOT / "release/01-convolution/01-convolution.key",
        "/etc/shadow",
        "/etc/hostname",
        "/proc/1/../../etc/hostname",
        "/root/.bashrc",
    ],
)
def test_a_file_of_the_course_or_the_machine_cannot_be_read(
    path: Path | str, attempt: Attempt, need: Need
) -> None:
    """Reading a file that isn't a library's fails."""
    need("mount", "landlock")
    assert attempt(read(path)).startswith(("PermissionError", "FileNotFoundError"))


def test_a_secret_file_beside_the_course_cannot_be_read(
    tmp_path: Path, attempt: Attempt, need: Need
) -> None:
    """A gradebook, wherever it lies, can be neither read nor seen."""
    need("mount")
    (tmp_path / "gradebook.db").write_text("secret")
    path = str(tmp_path / "gradebook.db")
    assert attempt(f"import os\nprint(os.path.exists({path!r}))") == "False\n"
    assert "No such file" in attempt(read(path))


def test_landlock_alone_keeps_files_from_being_read(tmp_path: Path, need: Need) -> None:
    """Without the mount layer, Landlock by itself refuses what isn't on the list."""
    need("landlock")
    secret = tmp_path / "gradebook.db"
    secret.write_text("secret")
    assert _alone("landlock", tmp_path, read(secret)) == "PermissionError"
    assert _alone("landlock", tmp_path, f"open({str(tmp_path / 'new')!r}, 'w')") == (
        "PermissionError"
    )
    assert _alone("landlock", tmp_path, "open('mine', 'w').write('x'); open('mine').read()") == "ok"


def test_the_mount_layer_alone_keeps_files_from_being_seen(tmp_path: Path, need: Need) -> None:
    """Without Landlock, the private root by itself holds no file of the machine's own."""
    need("mount", "user", "pid")
    secret = tmp_path / "gradebook.db"
    secret.write_text("secret")
    assert _alone("mount", tmp_path, read(secret)) == "FileNotFoundError"
    assert _alone("mount", tmp_path, "open('/usr/lib/new', 'w')") == "OSError"
    assert _alone("mount", tmp_path, "open('mine', 'w').write('x'); open('mine').read()") == "ok"


def test_a_control_without_layers_reads_the_file(tmp_path: Path) -> None:
    """The attempts above do cross where no layer holds them."""
    secret = tmp_path / "gradebook.db"
    secret.write_text("secret")
    assert _alone("", tmp_path, read(secret)) == "ok"


def _alone(layer: str, tmp_path: Path, action: str) -> str:
    """Confine a fresh process by one layer, try the action, and name the error it raises."""
    names = {"mount": ["user", "pid", "mount"], "": []}.get(layer, [layer])
    for name in confine.FOLDERS:
        (tmp_path / "scratch" / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / "scratch" / name).chmod(0o777)
    code = f"""
import os, sys
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a process with threads can't make a user namespace
sys.path.append({str(ROOT)!r})
from grader.running import confine
from grader.running import runner as runner_module
from grader.running.limits import Limits
from grader.running.meter import family
from grader.running.runner import Job, Runner
plan = confine.policy({names!r}, torch=False)
confine.separate(plan)
if os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
try:
    confine.confine(plan, Limits(), {str(tmp_path / "scratch")!r}, (1, 2))
except BaseException as problem:
    os.write(1, f"confine failed: {{problem}}".encode())
    os._exit(1)
try:
    {action}
    answer = "ok"
except Exception as problem:
    answer = type(problem).__name__
os.write(1, b"=" + answer.encode())
os._exit(0)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd="/"
    )
    return done.stdout.partition("=")[2] or done.stdout + done.stderr


def test_another_notebooks_scratch_is_out_of_reach(runner: Runner, run: Callable[..., Run]) -> None:
    """What one notebook writes can't be found by one that runs at the same time."""
    wait = "import time, os\nopen('mine.txt', 'w').write('x')\nopen('/labkit/tmp/m', 'w')\ntime.sleep(2)"
    other = threading.Thread(target=run, args=(wait,))
    other.start()
    time.sleep(0.7)
    look = "import os\nprint([f for d, _, fs in os.walk('/labkit') for f in fs], os.listdir('.'))"
    seen = run(look).cells[0].outputs[0]["text"]
    other.join()
    if "mount" not in runner.missing_layers:
        assert seen == "[] []\n"
    assert "mine.txt" not in seen


def test_nothing_is_left_in_scratch_by_the_notebook_before(run: Callable[..., Run]) -> None:
    """Every notebook starts in an empty folder."""
    run("open('left', 'w').write('x')")
    assert run("import os\nprint(os.listdir('.'))").cells[0].outputs[0]["text"] == "[]\n"


@pytest.mark.parametrize(
    "place", ["/", "/usr/lib", "/etc", "/proc", "/dev", str(ROOT), "/labkit/.."]
)
def test_nothing_can_be_written_outside_scratch(place: str, attempt: Attempt, need: Need) -> None:
    """Writing anywhere but in scratch fails."""
    need("mount", "landlock")
    said = attempt(f"open({place + '/new'!r}, 'w')")
    assert said.startswith(("PermissionError", "OSError", "FileNotFoundError"))


def test_the_installed_libraries_cannot_be_changed(attempt: Attempt, need: Need) -> None:
    """A library's file can't be written, nor a new one put beside it."""
    need("mount", "landlock")
    assert attempt("import numpy\nopen(numpy.__file__, 'a')").startswith(("Permission", "OSError"))
    assert attempt("import numpy, os\nos.unlink(numpy.__file__)").startswith(
        ("Permission", "OSError")
    )


@pytest.mark.parametrize(
    "module",
    ["grader.judging", "grader.running.runner", "grader.exercise", "grader.catalogue", "exercises"],
)
def test_the_judges_half_cannot_be_imported(module: str, attempt: Attempt, need: Need) -> None:
    """The judge, the exercises and the sandbox aren't there to import."""
    need("landlock")
    assert attempt(f"import {module}").startswith("ModuleNotFoundError")


def test_the_students_half_can_be_imported(attempt: Attempt) -> None:
    """What a notebook uses of the kit is there."""
    cell = "import grader, grader.checks, grader.marks, grader.data\nprint(grader.checks.__name__)"
    assert attempt(cell) == "grader.checks\n"


def test_torch_cannot_be_imported_in_a_numpy_lab(attempt: Attempt) -> None:
    """Importing torch fails with a sentence that says why."""
    said = attempt("import torch")
    assert said.startswith("ImportError: Este laboratorio se hace con NumPy")


def test_the_files_of_torch_cannot_be_read_in_a_numpy_lab(attempt: Attempt, need: Need) -> None:
    """Taking our import hook away doesn't give torch: its files are out of reach."""
    need("mount", "landlock")
    pytest.importorskip("torch")
    cell = "import sys\nsys.meta_path[:] = [f for f in sys.meta_path if 'Torch' not in type(f).__name__]\n"
    said = attempt(cell + "import torch\nprint(torch.ones)")
    assert said.startswith(("AttributeError", "ModuleNotFoundError", "ImportError", "Permission"))


# ------------------------------------------------------------------------------- other processes


def test_the_parents_environment_cannot_be_read(attempt: Attempt, need: Need) -> None:
    """The environment of a process outside can't be read."""
    need("pid", "mount")
    for pid in (os.getpid(), os.getppid()):
        assert attempt(read(f"/proc/{pid}/environ")).startswith(("FileNotFound", "Permission"))


def test_only_its_own_processes_are_seen(attempt: Attempt, need: Need) -> None:
    """The pids that it sees are its own, and its own is 1."""
    need("pid", "mount")
    cell = "import os\nprint(os.getpid(), os.getppid(), [p for p in os.listdir('/proc') if p.isdigit()])"
    assert attempt(cell) == "1 0 ['1']\n"


def test_no_process_outside_can_be_signalled(runner: Runner, attempt: Attempt, need: Need) -> None:
    """Killing the parent, the server or everything reaches nobody outside."""
    need("pid")
    process = subprocess.Popen(["sleep", "60"])
    try:
        for pid in (os.getpid(), process.pid, runner.server_pid):
            cell = f"import os\nos.kill({pid}, 9)"
            assert attempt(cell).startswith(("ProcessLookupError", "PermissionError"))
        attempt("import os\nos.kill(-1, 9)\nos.killpg(0, 9)")
        assert process.poll() is None
        assert attempt("print('still here')") == "still here\n"
    finally:
        process.kill()
        process.wait()


def test_nothing_can_be_traced(attempt: Attempt, need: Need) -> None:
    """Calling ptrace is refused, even on a child of one's own."""
    need("seccomp")
    cell = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nprint(libc.ptrace(0, 0, 0, 0), ctypes.get_errno())"
    assert attempt(cell) == "-1 1\n"


def test_the_environment_holds_no_secret(
    monkeypatch: pytest.MonkeyPatch, text_of: TextOf, quick: Limits
) -> None:
    """Of the instructor's environment, only what is on a short list gets in."""
    monkeypatch.setenv("COURSE_SECRET", "s3cret")
    cell = "import os\nprint(dict(os.environ), open('/proc/self/environ').read())"
    with Runner() as fresh:
        cells = fresh.run(Job((cell, "!env"), limits=quick)).cells
    said = text_of(cells[0]) + text_of(cells[1])
    assert "HOME" in said
    assert "s3cret" not in said
    assert str(Path.home()) not in text_of(cells[1])


# --------------------------------------------------------------------------------------- network


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Listen on a port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        yield server


def test_this_machine_cannot_be_reached(
    listener: socket.socket, attempt: Attempt, need: Need
) -> None:
    """Connecting to a port of this very machine fails, and nothing arrives."""
    need("network")
    port = listener.getsockname()[1]
    said = attempt(f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 2)")
    assert said.startswith(("OSError", "PermissionError", "ConnectionRefusedError"))
    with pytest.raises(TimeoutError):
        listener.accept()


@pytest.mark.parametrize("address", ["('1.1.1.1', 53)", "('2606:4700:4700::1111', 53)"])
def test_the_outside_cannot_be_reached(address: str, attempt: Attempt, need: Need) -> None:
    """Connecting to the Internet fails."""
    need("network")
    said = attempt(f"import socket\nsocket.create_connection({address}, 2)")
    assert said.startswith(("OSError", "PermissionError"))


@pytest.mark.parametrize("protocol", ["TCP", "UDP"])
def test_no_packet_leaves(protocol: str, attempt: Attempt, need: Need) -> None:
    """There is no way to any address, with either protocol."""
    need("network")
    kind = "STREAM" if protocol == "TCP" else "DGRAM"
    said = attempt(
        f"import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_{kind})\n"
        "s.connect(('8.8.8.8', 53)); s.send(b'x')"
    )
    assert said.startswith(("OSError", "PermissionError"))


@pytest.mark.parametrize("family", ["AF_PACKET", "AF_VSOCK", "AF_ALG"])
def test_other_kinds_of_socket_are_refused(family: str, attempt: Attempt, need: Need) -> None:
    """Sockets of families that namespaces don't hold can't be made."""
    need("seccomp")
    said = attempt(f"import socket\nsocket.socket(socket.{family}, socket.SOCK_STREAM)")
    assert "OSError: [Errno 97]" in said or "PermissionError" in said


def test_a_pair_of_sockets_can_be_made(attempt: Attempt) -> None:
    """What asyncio and multiprocessing need of sockets works."""
    cell = (
        "import asyncio, multiprocessing, socket\na, b = socket.socketpair()\na.send(b'x')\n"
        "await asyncio.sleep(0)\nwith multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "    print(b.recv(1), pool.map(abs, [-1, 2]))"
    )
    assert attempt(cell) == "b'x' [1, 2]\n"


@pytest.mark.parametrize("size", ["SO_SNDBUF", "SO_RCVBUF"])
def test_buffers_cannot_be_made_larger(size: str, attempt: Attempt, need: Need) -> None:
    """A socket's buffer, and a pipe's, stay of the size that the warden counts with."""
    need("seccomp")
    for cell in (
        f"import socket\nsocket.socketpair()[0].setsockopt(socket.SOL_SOCKET, socket.{size}, 1 << 20)",
        "import fcntl, os\nfcntl.fcntl(os.pipe()[0], 1031, 1 << 20)",
    ):
        assert attempt(cell).startswith("PermissionError")
    other = "import socket\nsocket.socketpair()[0].setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)\n'on'"
    assert attempt(other) == "'on'"


SOCKETS = (
    "import socket\nfor family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK):\n"
    "    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):\n        try:\n            socket.socket(family, kind)\n"
    "        except OSError:\n            continue\n        print(family, kind)\n"
    "a, b = socket.socketpair()\na.send(b'x')\nprint(b.recv(1))"
)


@LINUX
def test_without_a_network_namespace_no_socket_can_be_made(
    monkeypatch: pytest.MonkeyPatch, quick: Limits, text_of: TextOf
) -> None:
    """Where no namespace holds a socket, of any kind, seccomp refuses it, but for a pair."""
    usual = runner_module._program

    def with_seccomp_alone(*arguments: object) -> str:
        head, main = usual(*arguments).rsplit("\n", 1)
        layer = "server.confine.Layer('seccomp', available=True, detail='')"
        return f"{head}\nserver.confine.layers = lambda: ({layer},)\n{main}"

    monkeypatch.setattr(runner_module, "_program", with_seccomp_alone)
    with Runner() as bare:
        cell = bare.run(Job((SOCKETS,), limits=quick)).cells[0]
    assert text_of(cell) == "b'x'\n"


def test_a_raw_socket_is_refused(attempt: Attempt, need: Need) -> None:
    """A raw socket can't be made."""
    need("user")
    cell = "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)"
    assert attempt(cell).startswith("PermissionError")


def test_an_abstract_socket_cannot_be_reached(attempt: Attempt, need: Need) -> None:
    """A Unix socket without a file, outside, can't be connected to."""
    need("network")
    name = f"\0labkit-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        cell = f"import socket\nsocket.socket(socket.AF_UNIX).connect({name!r})"
        assert attempt(cell).startswith(("ConnectionRefusedError", "PermissionError"))


# -------------------------------------------------------------------------------- what is granted


@pytest.mark.parametrize(
    "call",
    [
        "unshare(0x10000000)",
        "setns(0, 0)",
        "mount(b'none', b'/labkit/tmp', b'tmpfs', 0, None)",
        "syscall(321, 0, 0, 0)",
        "syscall(425, 1, 0)",
        "memfd_create(b'x', 0)",
        "shmget(0, 4096, 0o1600)",
    ],
)
def test_a_system_call_that_no_notebook_needs_is_refused(
    call: str, attempt: Attempt, need: Need
) -> None:
    """Making namespaces, mounting, bpf, io_uring and uncounted memory are refused."""
    need("seccomp")
    cell = f"import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nprint(libc.{call}, ctypes.get_errno())"
    assert attempt(cell) == "-1 1\n"


def test_it_is_nobody_and_has_no_capability(attempt: Attempt, need: Need) -> None:
    """Its user is an ordinary one, without capabilities, and can't get any."""
    need("user", "mount", "seccomp")
    said = attempt("print(open('/proc/self/status').read())")
    assert "Uid:\t1000\t1000\t1000\t1000" in said
    assert "CapEff:\t0000000000000000" in said
    assert "CapPrm:\t0000000000000000" in said
    assert "NoNewPrivs:\t1" in said
    assert "Seccomp:\t2" in said
    assert attempt("import os\nos.setuid(0)").startswith(("PermissionError", "OSError"))


def test_no_file_descriptor_of_ours_is_inherited(attempt: Attempt, need: Need) -> None:
    """The open files are its standard three, its pipe, and the two it captures output with."""
    need("mount")
    cell = "import os\nprint([os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd') if os.path.lexists(f'/proc/self/fd/{n}')])"
    said = attempt(cell)
    open_files = sorted(name.strip("' []").partition(":")[0] for name in said.split(","))
    kinds = [name.split(" ")[0] for name in open_files]
    assert kinds.count("pipe") == 1
    assert kinds.count("/dev/null") == 2  # standard input, and sys.stdin
    assert kinds.count("/memfd") == 4
    assert "socket" not in kinds


# ---------------------------------------------------------------------------------------- limits


def test_a_memory_bomb_gets_a_memory_error(run: Callable[..., Run], text_of: TextOf) -> None:
    """Asking for too much memory raises MemoryError, and the next cell runs."""
    done = run("x = bytearray(10 << 30)", "import numpy\nnumpy.ones(1 << 31)", "print('on')")
    assert text_of(done.cells[0]).startswith("MemoryError")
    assert text_of(done.cells[1]).startswith("MemoryError: Unable to allocate")
    assert text_of(done.cells[2]) == "on\n"


def test_memory_that_grows_step_by_step_is_limited(
    run: Callable[..., Run], text_of: TextOf
) -> None:
    """Memory that grows in small pieces ends in MemoryError too."""
    done = run(
        "x = []\nwhile True:\n    x.append(bytearray(1 << 20))", limits=Limits(memory_mb=256)
    )
    assert text_of(done.cells[0]).startswith("MemoryError")


def test_memory_of_many_processes_is_limited_together(
    run: Callable[..., Run], text_of: TextOf, need: Need
) -> None:
    """Processes that each stay below the limit are ended when together they go beyond it."""
    need("limits", "pid")
    bomb = (
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n"
        "        x = bytearray(150 << 20)\n        time.sleep(900)\n        os._exit(0)\n"
        "time.sleep(900)"
    )
    limits = Limits(memory_mb=300, cell_s=900, notebook_s=900)
    done = run("print('before')", bomb, limits=limits)
    assert done.status == "limit"
    assert "memory" in done.reason
    assert text_of(done.cells[0]) == "before\n"


def test_memory_in_the_buffers_of_sockets_counts(run: Callable[..., Run], need: Need) -> None:
    """Processes that hold their memory in sockets are ended when it is too much."""
    need("limits", "pid")
    hoard = (
        "import os, socket, time\nfor _ in range(12):\n    if os.fork() == 0:\n"
        "        pairs = [socket.socketpair() for _ in range(60)]\n        time.sleep(20)\n        os._exit(0)\n"
        "time.sleep(15)"
    )
    done = run(hoard, "1", limits=Limits(memory_mb=200, cell_s=16))
    assert done.cells[0].status == "limit"
    assert "memory" in done.reason


def test_a_fork_bomb_is_contained(runner: Runner, run: Callable[..., Run], need: Need) -> None:
    """A fork bomb gets no more processes than the limit, and all of them end."""
    need("limits", "pid")
    bomb = "import os\nfor _ in range(20):\n    try:\n        os.fork()\n    except OSError:\n        pass"
    done = run(
        bomb, "import time\ntime.sleep(1)", limits=Limits(cell_s=3, notebook_s=4, processes=32)
    )
    assert done.status in ("ok", "timeout", "died", "limit")
    until(lambda: not _left(runner), "the end of all processes")


def test_there_are_no_more_processes_than_the_limit(attempt: Attempt, need: Need) -> None:
    """Forking beyond the limit raises BlockingIOError."""
    need("limits", "user")
    cell = (
        "import os, time\nn = 0\ntry:\n    while n < 100:\n        if os.fork() == 0:\n"
        "            time.sleep(60); os._exit(0)\n        n += 1\n"
        "except BlockingIOError:\n    pass\nprint(n)"
    )
    assert 0 < int(attempt(cell)) < 32


def test_a_disk_filler_is_contained(attempt: Attempt, need: Need) -> None:
    """Scratch takes as much as its limit, in one file or in many."""
    need("mount")
    one = "f = open('x', 'wb')\nfor _ in range(100):\n    f.write(bytes(1 << 20))"
    many = "for n in range(100):\n    open(f'x{n}', 'wb').write(bytes(1 << 20))"
    assert attempt(one).startswith("OSError")
    assert attempt(many).startswith("OSError: [Errno 28]")
    assert attempt("for n in range(200000):\n    open(f'x{n}', 'wb').close()").startswith("OSError")


SLEEP = 900_000 + os.getpid()  # seconds that nobody else sleeps
LEFT_BEHIND = {
    "double fork": "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(900)\n    os._exit(0)",
    "daemon": f"import subprocess\nsubprocess.Popen(['sleep', '{SLEEP}'], start_new_session=True)",
    "nohup": f"import os\nos.system('nohup sleep {SLEEP} >/dev/null 2>&1 &')",
    "thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(900,)).start()",
    "deaf": "import os, time, signal\nif os.fork() == 0:\n    for n in range(1, 65):\n        try:\n            signal.signal(n, signal.SIG_IGN)\n        except (OSError, ValueError):\n            pass\n    time.sleep(900)",
}


@pytest.mark.parametrize("way", LEFT_BEHIND)
def test_nothing_is_left_running(
    way: str, runner: Runner, run: Callable[..., Run], need: Need
) -> None:
    """Whatever a notebook leaves behind has ended when the run returns, or is about to."""
    need("pid")
    done = run(LEFT_BEHIND[way])
    assert done.status == "ok", done.reason
    until(lambda: not _left(runner), "the end of all processes")


def _left(runner: Runner) -> list[str]:
    """List what a runner's notebooks have left: what came of its server, and this file's sleepers.

    Other tests run beside this one, with servers and sleepers of their own.
    """
    left = list(map(str, family(runner.server_pid)[1:]))
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if f"sleep\0{SLEEP}\0".encode() in (folder / "cmdline").read_bytes():
                left.append(folder.name)
    return left


# ---------------------------------------------------------------------------------- the functions


def test_every_layer_says_what_it_is() -> None:
    """Each layer has a name of its own and a detail to print, available or not."""
    found = confine.layers()
    assert len({layer.name for layer in found}) == len(found)
    assert all(layer.detail for layer in found)


def test_probing_leaves_this_process_as_it_was() -> None:
    """Trying the layers out confines only the processes that try."""
    before = (os.getpid(), os.geteuid(), Path.cwd(), sorted(Path("/").iterdir()))
    confine.layers()
    assert (os.getpid(), os.geteuid(), Path.cwd(), sorted(Path("/").iterdir())) == before


@LINUX
def test_a_layer_that_fails_after_all_runs_no_student_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A layer that was promised and can't be applied raises, so that nothing runs half confined."""
    monkeypatch.setattr(confine.seccomp, "_AUDIT", {})
    with pytest.raises(OSError, match="no seccomp filter"):
        confine.seccomp.install(())


@LINUX
def test_a_policy_for_numpy_refuses_a_process_that_has_torch() -> None:
    """A NumPy lab can't be run from a process in which torch is imported."""
    code = "import torch\nfrom grader.running import confine\nconfine.policy((), torch=False)"
    pytest.importorskip("torch")
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert "RuntimeError: torch is imported already" in done.stderr


def test_a_hidden_folder_inside_a_readable_one_is_taken_out(tmp_path: Path) -> None:
    """Rules for Landlock go entry by entry where something must stay hidden."""
    (tmp_path / "lib/secret").mkdir(parents=True)
    (tmp_path / "lib/open").mkdir()
    rules = dict(confine.landlock._rules([str(tmp_path / "lib")], [str(tmp_path / "lib/secret")]))
    assert rules[str(tmp_path / "lib/open")] & 4
    assert rules[str(tmp_path / "lib")] == 8
    assert str(tmp_path / "lib/secret") not in rules
