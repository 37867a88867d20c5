"""Cells give what they give in a notebook: checked against nbclient with a real kernel."""

# ruff: noqa: E501 - a cell stands on one line
from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import pytest

from grader.running.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.running.runner import Run

    Runs = Callable[..., Run]

pytestmark = pytest.mark.slow

# Each is a notebook: a list of cells that share a kernel.
NOTEBOOKS: dict[str, list[str]] = {
    "results": ["1 + 1", "x = 3", "x", "None", "'a\\nb'", "_", "_1, Out[1], In[1]", "x;", "  \n"],
    "numpy": [
        "import numpy as np",
        "np.arange(12.).reshape(3, 4)",
        "np.float64(2.5)",
        "np.random.seed(2023); np.random.randn(2, 3)",
        "np.zeros(3) / 0",
        "np.ones((2, 3)) @ np.ones((2, 3))",
    ],
    "prints": [
        "print('a'); print('b', end=''); print('c')",
        "import sys\nprint('out'); print('err', file=sys.stderr); print('out again')",
        "print('before')\n5",
        "for i in range(3):\n    print(i, flush=True)",
        "import warnings\nwarnings.warn('careful')",
        "sys.stdout.write('no newline')",
        "print('ñandú €', '\\u2713')",
    ],
    "errors": [
        "1 / 0",
        "def f(x):\n    return g(x)\n\ndef g(x):\n    raise ValueError('bad ' + str(x))\n\nf(3)",
        "print('runs after an error')",
        "this is no python",
        "undefined_name",
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise RuntimeError('second') from e",
        "assert 1 == 2, 'numbers differ'",
        "print('one'); raise KeyError('k'); print('two')",
        "class Odd(Exception):\n    def __str__(self):\n        return 'odd ' * 3\nraise Odd",
        "raise KeyboardInterrupt",
        "def f():\n  x = 1\n y = 2",
    ],
    "exits": ["import sys\nsys.exit()", "sys.exit(3)", "sys.exit('bye')", "raise SystemExit", "7"],
    "displays": [
        "from IPython.display import display, HTML, Markdown, JSON, Latex",
        "display('a', 5)",
        "HTML('<b>x</b>')",
        "Markdown('**x**')",
        "display(HTML('<i>y</i>'), metadata={'k': 1})",
        "Latex('$x$')",
        "JSON({'a': [1, 2]})",
        "print('p'); display(1); print('q'); 2",
        "class R:\n    def _repr_html_(self): return '<r>'\n    def __repr__(self): return 'R!'\nR()",
        "class M:\n    def _repr_mimebundle_(self, **k): return {'text/plain': 'm', 'application/x+json': {'z': None}}\nM()",
        "class Bad:\n    def __repr__(self): raise ValueError('no repr')\nBad()",
    ],
    "updates": [
        "from IPython.display import display, clear_output, update_display",
        "h = display('first', display_id='one')",
        "h.update('second')",
        "display('x', display_id='two'); update_display('y', display_id='two'); print('z')",
        "print('gone'); clear_output(); print('stays')",
        "print('gone too'); clear_output(wait=True); print('replaced')",
        "print('kept'); clear_output(wait=True)",
        "print('later')",
        "for i in range(3):\n    clear_output(wait=True)\n    display(i)",
    ],
    "magics": [
        "%matplotlib inline",
        "%config InlineBackend.figure_formats",
        "a = %pwd\ntype(a)",
        "%%capture out\nprint('hidden')",
        "out.stdout",
        "%who_ls int",
        "%%writefile m.py\nvalue = 5",
        "import m\nm.value",
        "%run m.py",
        "%no_such_magic",
        "%%no_such_cell_magic\nx",
        "%precision 3",
        "3.14159265",
        "%alias_magic t timeit",
        "get_ipython().run_line_magic('xmode', 'Plain')",
        "1 / 0",
    ],
    "shell": [
        "!echo hello",
        "!echo one; echo two >&2",
        "x = !echo captured\nx",
        "!exit 3",
        "_exit_code",
        "name = 'v'\n!echo {name} $name",
        "%%bash\necho from bash\necho to err >&2",
        "%sx echo s",
        "!printf 'a\\nb\\n' | wc -l",
        "!no-such-command-here",
    ],
    "descriptors": [
        "import os, time\n_ = os.system('echo from a child'); time.sleep(0.4)",
        "os.write(1, b'raw\\n'); time.sleep(0.4)",
        "import subprocess\nsubprocess.run(['echo', 'sub']); time.sleep(0.4)",
        "subprocess.run(['echo', 'sub'], capture_output=True).stdout",
    ],
    "async": [
        "import asyncio\nasync def f():\n    await asyncio.sleep(0.01)\n    return 5\nawait f()",
        "async with asyncio.Lock():\n    print('locked')",
        "r = await asyncio.gather(f(), f())\nr",
        "await asyncio.sleep(0); raise ValueError('async')",
    ],
    "figures": [
        "import matplotlib.pyplot as plt, numpy as np",
        "plt.plot([1, 2, 3]);",
        "plt.plot([1, 2, 3])",
        "fig, ax = plt.subplots(1, 2, figsize=(4, 2))\nax[0].imshow(np.eye(3)); print('text first')",
        "plt.figure(figsize=(1, 1)); plt.show(); print('after')",
        "fig",
        "fig.suptitle('again')",
        "for i in range(2):\n    plt.figure(figsize=(1, 1)); plt.plot([i]); plt.title('$x^2$ ñ')",
        "%config InlineBackend.figure_format = 'svg'",
        "plt.figure(figsize=(1, 1)); plt.plot([1]); raise ValueError('after a figure')",
    ],
    "names": [
        "__name__",
        "import __main__\n__main__.__dict__ is globals()",
        "import pickle\nclass C: pass\ntype(pickle.loads(pickle.dumps(C()))).__name__",
        "get_ipython() is not None, callable(display)",
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    a: int\nP(1)",
        "globals().get('__file__')",
    ],
    "bars": [
        "from tqdm import tqdm\nfor _ in tqdm(range(3), ncols=40, bar_format='{n}/{total}'):\n    pass",
        "import sys\nfor i in tqdm(range(2), file=sys.stdout, bar_format='{n}'):\n    print('x')",
    ],
}
FREE_OF_ADDRESSES = (
    (re.compile(r"0x[0-9a-f]{6,}"), "0x"),
    (re.compile(r"(/tmp/ipykernel_\d+/)?\d{5,}\.py"), "FILE"),
    (re.compile(r"/[^\s'\":]*/(ipykernel|grader/running|IPython)/\S+\.py"), "LIBRARY"),
    (re.compile(r"matplotlib\.[\d.]+|mpl_[\w]+"), "MPL"),
)


@pytest.fixture(scope="module")
def in_kernel(tmp_path_factory: pytest.TempPathFactory) -> Callable[[list[str]], list[Any]]:
    """Run cells through nbclient and ipykernel."""
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")

    def execute(cells: list[str]) -> list[Any]:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
        folder = str(tmp_path_factory.mktemp("kernel"))
        client = nbclient.NotebookClient(
            notebook,
            allow_errors=True,
            startup_timeout=600,
            timeout=600,
            resources={"metadata": {"path": folder}},
        )
        # ipykernel doesn't watch the descriptors 1 and 2 when it thinks that it is being tested
        env = {key: value for key, value in os.environ.items() if key != "PYTEST_CURRENT_TEST"}
        client.execute(env=env | {"SHELL": "/bin/bash"})
        return list(notebook.cells)

    return execute


@pytest.mark.filterwarnings("ignore")  # zmq's and jupyter_client's own
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_outputs_are_those_of_a_notebook(
    name: str, run: Runs, in_kernel: Callable[[list[str]], list[Any]]
) -> None:
    """A notebook gives the same outputs and numbers through nbclient and through the runner."""
    if name == "bars":
        pytest.importorskip("tqdm")
    cells = NOTEBOOKS[name]
    ours = run(*cells, limits=Limits(cell_s=20, notebook_s=60))
    assert ours.status == "ok", ours.reason
    for source, theirs, mine in zip(cells, in_kernel(cells), ours.cells, strict=True):
        assert comparable(mine.outputs) == comparable(theirs.outputs), source
        assert mine.execution_count == theirs.execution_count, source


def comparable(outputs: list[Any]) -> list[Any]:
    """Take out what differs from run to run.

    Text of one stream is put together up to the next output that isn't text, and stdout comes
    first: a kernel sends each stream when it finds the time.
    """
    result: list[dict[str, Any]] = []
    texts = {"stdout": "", "stderr": ""}

    def put_texts() -> None:
        result.extend({"name": name, "text": text} for name, text in texts.items() if text)
        texts.update(stdout="", stderr="")

    for output in outputs:
        if output["output_type"] == "stream":
            texts[output["name"]] += output["text"]
        else:
            put_texts()
            result.append(
                {key: value for key, value in output.items() if key != "metadata" or value}
            )
    put_texts()
    return [_scrubbed(output) for output in result]


def _scrubbed(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            k: _picture(v) if k.startswith("image/") else _scrubbed(v) for k, v in value.items()
        }
    if isinstance(value, list):
        return [_scrubbed(item) for item in value]
    if isinstance(value, str):
        for pattern, plain in FREE_OF_ADDRESSES:
            value = pattern.sub(plain, value)
    return value


def _picture(value: str) -> str:
    """Compare pictures exactly, but for the ids and dates that SVG has."""
    if value.lstrip().startswith("<"):
        value = re.sub(r'(id="|#|url\(#)\w+|<dc:date>[^<]*', "", value)
    return value


# ------------------------------------------------------------------- what a kernel does otherwise


def test_input_fails_with_a_sentence(run: Runs, text_of: Callable[..., str]) -> None:
    """Asking for input raises at once, and says what to do."""
    done = run("x = input('name? ')", "import getpass\ngetpass.getpass()", "print('on')")
    for cell in done.cells[:2]:
        assert text_of(cell).startswith("StdinNotImplementedError: input() no funciona")
    assert text_of(done.cells[2]) == "on\n"


@pytest.mark.parametrize("way", ["exit()", "quit()", "exit", "quit"])
def test_exit_ends_the_cell_and_not_the_notebook(
    way: str, run: Runs, text_of: Callable[..., str]
) -> None:
    """After `exit` the next cells run."""
    done = run(way, "print('on')")
    assert text_of(done.cells[1]) == "on\n"


def test_a_slow_cell_is_interrupted_and_the_next_one_runs(
    run: Runs, text_of: Callable[..., str]
) -> None:
    """A cell that takes too long gets a KeyboardInterrupt, at the line where it is."""
    limits = Limits(cell_s=0.5, notebook_s=20)
    done = run("print('a')\nwhile True:\n    pass", "print('b')", limits=limits)
    assert [cell.status for cell in done.cells] == ["timeout", "ok"]
    assert text_of(done.cells[0]) == "a\nKeyboardInterrupt: "
    assert "Cell" in done.cells[0].outputs[1]["traceback"][2]
    assert text_of(done.cells[1]) == "b\n"


def test_a_cell_that_swallows_its_interrupt_is_killed_and_the_rest_goes_on(
    run: Runs, text_of: Callable[..., str]
) -> None:
    """Code that catches the interrupt is ended, what was done before counts, and the rest runs."""
    deaf = "while True:\n    try:\n        while True: sum(range(99))\n    except BaseException:\n        pass"
    limits = Limits(cell_s=0.5, notebook_s=20)
    done = run("x = 5; print('a')", deaf, "x", limits=limits)
    assert done.status == "timeout"
    assert "cell 2" in done.reason
    assert [cell.status for cell in done.cells] == ["ok", "timeout", "ok"]
    assert [text_of(done.cells[n]) for n in (0, 2)] == ["a\n", "5"]
    assert done.cells[2].execution_count == 3


def test_a_notebook_that_takes_too_long_is_killed(run: Runs) -> None:
    """The notebook's own limit ends it, however short each cell is."""
    cells = ["import time\ntime.sleep(0.4)"] * 20
    done = run(*cells, limits=Limits(cell_s=5, notebook_s=1.5))
    assert done.status == "timeout"
    statuses = [cell.status for cell in done.cells]
    assert statuses[0] == "ok"
    assert statuses[-1] == "not-run"


def test_too_much_output_is_cut_and_the_cell_goes_on(
    run: Runs, text_of: Callable[..., str]
) -> None:
    """A gigabyte of prints is cut with a notice, and the cell's value still comes to the next."""
    loud = "for _ in range(1000):\n    print('x' * 1000000)\nvalue = 5"
    done = run(loud, "print(value)", limits=Limits(output_kb=100))
    text = text_of(done.cells[0])
    assert "recortada" in text
    assert len(text) < 101_000
    assert text_of(done.cells[1]) == "5\n"


def test_too_much_output_of_a_child_process_is_cut(run: Runs, text_of: Callable[..., str]) -> None:
    """A program that writes without end is cut the same way."""
    done = run("import os\n_ = os.system('head -c 20000000 /dev/zero | tr \"\\\\0\" y')", "1")
    assert "recortada" in text_of(done.cells[0])
    assert text_of(done.cells[1]) == "1"


def test_a_figure_that_is_too_big_is_left_out_with_a_notice(
    run: Runs, text_of: Callable[..., str]
) -> None:
    """A display beyond the limit gives a notice in its place."""
    done = run(
        "from IPython.display import HTML\nHTML('x' * 200_000)", limits=Limits(output_kb=100)
    )
    assert "omitida" in text_of(done.cells[0])


def test_an_animation_may_clear_and_show_again(run: Runs) -> None:
    """Output that is cleared doesn't count against the limit at once."""
    cell = (
        "from IPython.display import clear_output, HTML, display\nfor i in range(6):\n"
        "    clear_output(wait=True)\n    display(HTML(str(i) * 60_000))"
    )
    done = run(cell, limits=Limits(output_kb=100))
    assert [output["data"]["text/html"][0] for output in done.cells[0].outputs] == ["5"]


@pytest.mark.parametrize(
    ("way", "how"),
    [
        ("import os\nos._exit(3)", "code 3"),
        ("import ctypes\nctypes.string_at(0)", "signal 11"),
        ("import os\nos.abort()", "signal"),
    ],
)
def test_a_cell_in_which_the_process_dies_costs_itself(
    way: str, how: str, run: Runs, text_of: Callable[..., str]
) -> None:
    """A process that ends itself is reported with its cell; the cells before and after it count."""
    done = run("x = 1; print('before')", f"def f():\n    return x\nx = 2\n{way}", "f(), x")
    assert done.status == "died"
    assert how in done.reason
    assert "cell 2" in done.reason
    assert [cell.status for cell in done.cells] == ["ok", "died", "ok"]
    assert text_of(done.cells[0]) == "before\n"
    assert text_of(done.cells[2]) == "(1, 1)"


def test_prints_of_threads_are_kept_whole(run: Runs, text_of: Callable[..., str]) -> None:
    """Threads that print at once lose no text."""
    cell = (
        "import threading\ndef f(n):\n    for _ in range(500):\n        print(n)\n"
        "ts = [threading.Thread(target=f, args=(n,)) for n in range(4)]\n"
        "[t.start() for t in ts]; [t.join() for t in ts];"
    )
    text = text_of(run(cell).cells[0])
    assert all(text.count(str(n)) == 500 for n in range(4))


def test_prints_of_forked_processes_are_kept(run: Runs, text_of: Callable[..., str]) -> None:
    """What a forked process prints is in the output of the cell."""
    cell = (
        "import os\nif os.fork() == 0:\n    print('from the fork')\n    os._exit(0)\n"
        "os.wait()\nprint('from the notebook')"
    )
    assert text_of(run(cell).cells[0]) == "from the fork\nfrom the notebook\n"


def test_text_of_child_processes_keeps_its_place(run: Runs, text_of: Callable[..., str]) -> None:
    """What a child process writes stands between what was printed before and after."""
    cell = "import os\nprint('a')\n_ = os.system('echo b')\nprint('c')"
    assert text_of(run(cell).cells[0]) == "a\nb\nc\n"


def test_unseeded_numbers_are_the_same_every_time(run: Runs) -> None:
    """A notebook that forgets to seed gives the same numbers when it is graded again."""
    cell = "import random, numpy\n(random.random(), numpy.random.rand(), hash('a'))"
    first, second = (run(cell).cells[0].outputs for _ in range(2))
    assert first == second


def test_a_file_of_the_job_lies_in_the_working_folder(
    run: Runs, text_of: Callable[..., str]
) -> None:
    """Files that come with a notebook can be opened and imported by their names."""
    files = {"helper.py": b"value = 5", "images/a.txt": b"cat"}
    done = run("import helper\nhelper.value", "open('images/a.txt').read()", files=files)
    assert [text_of(cell) for cell in done.cells] == ["5", "'cat'"]


def test_the_interrupt_never_cuts_a_message(run: Runs) -> None:
    """Cells that are interrupted while they print leave the channel whole."""
    cells = ["while True:\n    print('x' * 50, flush=True)"] * 6
    done = run(*cells, limits=Limits(cell_s=0.15, notebook_s=20, output_kb=100_000))
    assert done.status == "ok", done.reason
    assert {cell.status for cell in done.cells} == {"timeout"}


def test_a_strange_object_cannot_break_the_channel(run: Runs, text_of: Callable[..., str]) -> None:
    """Odd text, metadata and representations give outputs or errors, and the notebook goes on."""
    cells = (
        "print('\\ud800 half a pair \\x00 \\x1b[31m')",
        "display({'text/plain': 'x', 'application/json': {'a': float('nan')}}, raw=True)",
        "display({'text/plain': 5, 'image/png': b'abc'}, raw=True)",
        "d = {}\nd['d'] = d\ndisplay({'application/json': d}, raw=True)",
        "class E(Exception):\n    def __str__(self): raise ValueError\nraise E",
        "print('on')",
    )
    done = run(*cells)
    assert done.status == "ok", done.reason
    assert text_of(done.cells[-1]) == "on\n"
    text_of(done.cells[0]).encode()
