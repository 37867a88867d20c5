"""Magics and `!commands` end as they do in a kernel, but for what would wait for a network."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

import pytest

from grader.running import magics
from grader.running.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.running.runner import Run

# A notebook that uses every magic, each as a student would.
CELLS = (
    "%%writefile m.py\nvalue = 5",
    "def f(x):\n    return x",
    "%alias hey echo hi",
    "%alias_magic t timeit",
    "%autoawait",
    "%autocall 0",
    "%automagic on",
    "%autosave 60",
    "%bookmark here",
    "%cat m.py",
    "%cd .",
    "%cd /content/drive/MyDrive",
    "%cd -",
    "%clear",
    "%code_wrap",
    "%colors nocolor",
    "%conda list",
    "%config InlineBackend.figure_format = 'retina'",
    "%connect_info",
    "%cp m.py n.py",
    "%debug",
    "%dhist",
    "%dirs",
    "%doctest_mode",
    "%ed",
    "%edit m.py",
    "%env A=1",
    "%gui",
    "%hist",
    "%history",
    "%killbgscripts",
    "%ldir",
    "%less m.py",
    "%lf",
    "%lk",
    "%ll",
    "%load m.py",
    "%load_ext autoreload",
    "%load_ext no_such_extension",
    "%loadpy m.py",
    "%logoff",
    "%logon",
    "%logstart",
    "%logstate",
    "%logstop",
    "%ls",
    "%lsmagic",
    "%lx",
    "%macro again 1-2",
    "%magic",
    "%mamba list",
    "%man ls",
    "%matplotlib inline",
    "%matplotlib widget",
    "%matplotlib notebook",
    "%micromamba list",
    "%mkdir sub",
    "%more m.py",
    "%mv n.py o.py",
    "%notebook x.ipynb",
    "%page 5",
    "%pdb off",
    "%pdef f",
    "%pdoc f",
    "%pfile f",
    "%pinfo f",
    "%pinfo2 f",
    "f?",
    "%pip --version",
    "%pushd sub\n%popd",
    "%pprint",
    "%precision 3",
    "%prun sum(range(10))",
    "%psearch f*",
    "%psource f",
    "%pushd sub",
    "%pwd",
    "%pycat m.py",
    "%pylab inline",
    "%quickref",
    "%recall 1",
    "%rehashx",
    "%reload_ext autoreload",
    "%rep 1",
    "%rerun 2",
    "%reset_selective -f nothing",
    "%rm o.py",
    "%cd ..\n%rmdir sub",
    "%run m.py",
    "%save mine.py 1-2",
    "%sc -l x = ls",
    "%set_env B 2",
    "y = 1\n%store y",
    "%store -r",
    "%subshell",
    "%sx echo a",
    "%system echo a",
    "%tb",
    "%time 1",
    "%timeit -n1 -r1 1",
    "%unalias hey",
    "%unload_ext autoreload",
    "%uv --version",
    "%who",
    "%who_ls",
    "%whos",
    "%xdel y",
    "%xmode Context",
    "%reset -f",
    "%%!\necho a",
    "%%HTML\n<b>x</b>",
    "%%SVG\n<svg/>",
    "%%bash\necho a",
    "%%capture\nprint(1)",
    "%%code_wrap tmp\n__code__",
    "%%debug\n1",
    "%%file p.txt\nx",
    "%%html\n<b>x</b>",
    "%%javascript\n1",
    "%%js\n1",
    "%%latex\n$x$",
    "%%markdown\n*x*",
    "%%perl\nprint 1",
    "%%prun\n1",
    "%%pypy\n1",
    "%%python\nprint(1)",
    "%%python2\nprint(1)",
    "%%python3\nprint(1)",
    "%%ruby\nputs 1",
    "%%script bash\necho a",
    "%%sh\necho a",
    "%%svg\n<svg/>",
    "%%sx\necho a",
    "%%system\necho a",
    "%%time\n1",
    "%%timeit -n1 -r1\n1",
    "%%writefile q.txt\nx",
    "%tensorflow_version 2.x",
)
OTHERWISE = {
    "conda": "it says that there is no network",
    "mamba": "it says that there is no network",
    "micromamba": "it says that there is no network",
    "debug": "a kernel asks the frontend for input, and there is none",
    "python2": "a machine may have it or not",
    "pypy": "a machine may have it or not",
    "ruby": "a machine may have it or not",
    "perl": "a machine may have it or not",
    "pastebin": "where there is a network it works",
    "tb": "it shows the last error, which may be of one of these",
    "qtconsole": "it would open a window",
}


@pytest.fixture(scope="module")
def in_kernel(tmp_path_factory: pytest.TempPathFactory) -> tuple[set[str], list[Any]]:
    """Run the notebook in a real kernel; give the names of its magics, and the cells as they ended."""
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    ask = (
        "import json\nfound = get_ipython().magics_manager.lsmagic()\n"
        "print(json.dumps([*found['line'], *found['cell']]))"
    )
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in (ask, *CELLS)]
    )
    folder = str(tmp_path_factory.mktemp("kernel"))
    client = nbclient.NotebookClient(
        notebook, allow_errors=True, timeout=120, resources={"metadata": {"path": folder}}
    )
    client.execute(env={**os.environ, "IPYTHONDIR": str(tmp_path_factory.mktemp("ipython"))})
    return set(json.loads(notebook.cells[0].outputs[0].text)), notebook.cells[1:]


def names_in(source: str) -> list[str]:
    """Name the magics that a cell uses."""
    return re.findall(r"(?m)^%%?([\w!]+)", source)


@pytest.mark.filterwarnings("ignore")  # zmq's and jupyter_client's own
def test_a_magic_raises_where_it_raises_in_a_kernel(
    run: Callable[..., Run], in_kernel: tuple[set[str], list[Any]]
) -> None:
    """Each magic of a kernel ends with an error here if, and only if, it does there."""
    known, theirs = in_kernel
    used = {name for source in CELLS for name in names_in(source)}
    assert known - used <= OTHERWISE.keys()
    ours = run(*CELLS, limits=Limits(cell_s=30, notebook_s=120))
    assert ours.status == "ok", ours.reason
    for source, mine, other in zip(CELLS, ours.cells, theirs, strict=True):
        if not OTHERWISE.keys() & set(names_in(source)):
            assert errors(mine.outputs) == errors(other.outputs), source


def errors(outputs: list[Any]) -> list[str]:
    """Name the exceptions among a cell's outputs."""
    return [output["ename"] for output in outputs if output["output_type"] == "error"]


REFUSED = (
    "!pip install torch",
    "%pip install -q torch",
    "x = !pip list",
    "!!pip list",
    "%sx git status",
    "!pip3 install torch",
    "!sudo apt-get -y install graphviz",
    "!apt update && apt install -y graphviz",
    "!cd /tmp && git clone https://example.org/x.git",
    "!wget -q https://example.org/data.zip",
    "!/usr/bin/curl -O https://example.org/data.zip",
    "!yes | pip uninstall torch",
    "%conda install numpy",
    "%mamba install numpy",
    "import sys\n!{sys.executable} -m pip install torch",
    'import sys\n!"{sys.executable}" -m pip install torch',
)


def test_what_needs_a_network_is_answered_at_once(
    run: Callable[..., Run], text_of: Callable[..., str]
) -> None:
    """Installing and downloading says that there is no network, and the rest of the cell runs."""
    done = run(*(f"{command}\nprint('on')" for command in REFUSED))
    for command, cell in zip(REFUSED, done.cells, strict=True):
        said = text_of(cell)
        assert said.startswith("Aquí no hay red"), command
        assert said.endswith("on\n"), command
        assert cell.status == "ok", command


@pytest.mark.parametrize(
    "command", ["echo pip install", "ls git", "python -c 'import pip'", "./gitlab", "cat pip.txt"]
)
def test_other_commands_are_let_through(command: str) -> None:
    """A command that only names such a program isn't refused."""
    assert magics.refusal(command) == ""


def test_pip_gives_up_at_once_however_it_is_called(
    run: Callable[..., Run], text_of: Callable[..., str]
) -> None:
    """Where pip isn't called with `!` it is told not to try again and again."""
    assert text_of(run("import os\nprint(os.environ['PIP_RETRIES'])").cells[0]) == "0\n"


def test_going_to_a_folder_that_is_not_there_breaks_nothing(
    run: Callable[..., Run], text_of: Callable[..., str]
) -> None:
    """After `%cd` to a folder that only Colab has, and back, files of the notebook are found."""
    cells = ("%cd /content/drive/MyDrive", "%cd sub", "%cd -", "open('a.txt').read()")
    done = run(*cells, files={"a.txt": b"cat", "sub/b.txt": b""})
    assert text_of(done.cells[3]) == "'cat'"
