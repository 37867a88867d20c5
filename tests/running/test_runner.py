"""The public face: jobs in, runs out, and hostile children in between."""

# ruff: noqa: E501 - a cell stands on one line
from __future__ import annotations

import concurrent.futures
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.running import confine
from grader.running import runner as runner_module
from grader.running.limits import Limits
from grader.running.runner import Job, Runner, SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.running.runner import Run

    Runs = Callable[..., Run]
    TextOf = Callable[..., str]


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "", ".", "a\0b"])
def test_a_file_that_would_leave_its_folder_is_refused(name: str) -> None:
    """A job whose file has an absolute name, or one with `..`, can't be made."""
    with pytest.raises(ValueError, match="must stay in its folder"):
        Job((), files={name: b""})


def test_a_notebook_without_cells_runs(run: Runs) -> None:
    """Nothing to do is done at once."""
    done = run()
    assert (done.status, done.cells) == ("ok", ())


def test_timings_are_told(run: Runs) -> None:
    """Each phase has its milliseconds, none of them negative or without end."""
    timings = run("sum(range(10**6))").timings
    assert {"fork_ms", "confine_ms", "run_ms", "cpu_ms"} <= set(timings)
    assert all(
        0 < timings[name] < 600_000 for name in ("fork_ms", "confine_ms", "run_ms", "cpu_ms")
    )


def test_threads_may_share_a_runner(runner: Runner, quick: Limits) -> None:
    """Jobs of several threads run at once, each with its own answer."""
    jobs = [Job((f"import time; time.sleep(0.3); {n}",), limits=quick) for n in range(6)]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        done = list(pool.map(runner.run, jobs))
    texts = [run.cells[0].outputs[0]["data"]["text/plain"] for run in done]
    assert texts == [str(n) for n in range(6)]


def test_a_job_for_torch_is_refused_without_it(runner: Runner) -> None:
    """A runner for NumPy labs doesn't take a job that needs torch."""
    with pytest.raises(ValueError, match="needs torch"):
        runner.run(Job(("1",), torch=True))


def test_torch_works_where_a_lab_declares_it(torch_runner: Runner) -> None:
    """In a lab with torch it can be imported, computes, and differentiates."""
    cell = (
        "import torch\nx = torch.arange(4., requires_grad=True)\n(x ** 2).sum().backward()\n"
        "print(x.grad.tolist(), torch.nn.Conv2d(1, 2, 3)(torch.ones(1, 1, 5, 5)).shape)"
    )
    done = torch_runner.run(Job((cell,), torch=True))
    assert done.cells[0].outputs[0]["text"] == "[0.0, 2.0, 4.0, 6.0] torch.Size([1, 2, 3, 3])\n"


def test_a_closed_runner_refuses_jobs() -> None:
    """After `close` a job raises, and closing again is allowed."""
    fresh = Runner()
    fresh.close()
    fresh.close()
    with pytest.raises(SandboxError, match="closed"):
        fresh.run(Job(("1",)))


def test_a_lacking_layer_is_refused_when_all_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `require_sandbox`, a machine without a layer gets an error that names it."""
    start = Runner._start

    def start_and_lack(self: Runner) -> None:
        start(self)
        self.layers = (confine.Layer("mount", available=False, detail="not here"),)

    monkeypatch.setattr(Runner, "_start", start_and_lack)
    with pytest.raises(SandboxError, match="mount: not here"):
        Runner(require_sandbox=True)
    with Runner() as lenient:
        assert lenient.missing_layers == ("mount",)


def test_root_is_refused_where_there_are_no_user_namespaces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What students wrote doesn't run as root, unless the environment says that it may."""
    start = Runner._start

    def start_and_lack(self: Runner) -> None:
        start(self)
        self.layers = (confine.Layer("user", available=False, detail="not here"),)

    monkeypatch.setattr(Runner, "_start", start_and_lack)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.delenv("LABKIT_ALLOW_ROOT", raising=False)
    with pytest.raises(SandboxError, match="this is root"):
        Runner()
    monkeypatch.setenv("LABKIT_ALLOW_ROOT", "1")
    Runner().close()
    monkeypatch.delenv("LABKIT_ALLOW_ROOT")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    Runner().close()


def test_the_sandbox_can_be_required_here(need: Callable[..., None]) -> None:
    """Where every layer is available, requiring them changes nothing."""
    need("user", "pid", "mount", "network", "ipc", "uts", "landlock", "seccomp", "limits")
    with Runner(require_sandbox=True) as strict:
        assert strict.run(Job(("1",))).status == "ok"


def test_without_any_layer_notebooks_still_run_and_leave_nothing(
    monkeypatch: pytest.MonkeyPatch, quick: Limits, text_of: TextOf
) -> None:
    """On a machine that gives no layer cells run, files go, and the processes left behind end."""
    usual = runner_module._program

    def without_layers(*arguments: object) -> str:
        head, main = usual(*arguments).rsplit("\n", 1)
        return f"{head}\nserver.confine.layers = lambda: ()\n{main}"

    monkeypatch.setattr(runner_module, "_program", without_layers)
    cells = (
        "import os\nprint(os.getcwd(), open('a.txt').read())",
        "import subprocess\nprint(subprocess.Popen(['sleep', '60'], start_new_session=True).pid)",
        "!echo hello",
    )
    with Runner() as bare:
        done = bare.run(Job(cells, files={"a.txt": b"text"}, limits=quick))
    assert done.status == "ok", done.reason
    folder, said = text_of(done.cells[0]).split()
    assert said == "text"
    assert not Path(folder).exists()
    assert text_of(done.cells[2]) == "hello\r\n"
    with pytest.raises(ProcessLookupError):
        os.kill(int(text_of(done.cells[1])), 0)


# ------------------------------------------------------------------------ the child breaks the rules

FIND_PIPE = (
    "import os, stat\n"
    "fd = next(n for n in range(3, 1024) if os.path.exists(f'/proc/self/fd/{n}') "
    "and stat.S_ISFIFO(os.fstat(n).st_mode))\n"
)
HOSTILE = {
    "garbage": "os.write(fd, b'\\xff' * 1000)",
    "a giant": "os.write(fd, b'\\xff\\xff\\xff\\xffO')",
    "an unknown kind": "os.write(fd, b'\\0\\0\\0\\0X')",
    "ready again": "os.write(fd, b'\\0\\0\\0\\2R{}')",
    "a start too many": "os.write(fd, b'\\0\\0\\0\\0S')",
    "half a frame": "os.write(fd, b'\\0\\0\\1\\0Oabc'); os._exit(0)",
    "a JSON bomb": "p = b'[' * 100000; os.write(fd, len(p).to_bytes(4, 'big') + b'O' + p)",
    "endless frames": "while True: os.write(fd, b'\\0\\0\\0\\2O{}' * 1000)",
    "endless observations": "while True: os.write(fd, b'\\0\\0\\0\\1Bx' * 1000)",
    "big observations": "p = bytes(1 << 20)\nwhile True:\n    os.write(fd, len(p).to_bytes(4, 'big') + b'B' + p)",
    "a closed pipe": "os.close(fd); import time; time.sleep(900)",
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_a_child_that_breaks_the_rules_ends_only_itself(
    attack: str, run: Runs, text_of: TextOf
) -> None:
    """Whatever a child sends, its run ends with a reason, and what came before counts."""
    limits = Limits(cell_s=300, notebook_s=300, observation_mb=8)
    done = run("print('before')", FIND_PIPE + HOSTILE[attack], "print('after')", limits=limits)
    assert done.status in ("died", "limit")
    assert done.reason
    assert text_of(done.cells[0]) == "before\n"
    assert text_of(run("print('the next one')").cells[0]) == "the next one\n"


def test_a_child_can_end_its_own_run_early_but_gains_nothing(run: Runs) -> None:
    """Forged ends of cells give cells without observations, in order, and no more."""
    forge = (
        FIND_PIPE
        + 'os.write(fd, b\'\\0\\0\\0\\x0bE{"ok":true}\\0\\0\\0\\0S\\0\\0\\0\\x0bE{"ok":true}\\0\\0\\0\\0Z\')'
    )
    done = run(forge, "1 / 0")
    assert done.status in ("ok", "died")
    assert all(cell.observations == () for cell in done.cells)


def test_nothing_of_ours_is_left_open(runner: Runner, quick: Limits) -> None:
    """Runs, also those that break the rules, leave no file descriptor open in the parent."""
    runner.run(Job(("1",), limits=quick))
    before = _open_files()
    for cell in ("1", "import os; os._exit(1)", FIND_PIPE + HOSTILE["garbage"]):
        runner.run(Job((cell,), limits=quick))
    assert _open_files() == before


def _open_files() -> list[str]:
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())
