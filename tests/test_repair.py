"""A line to look at is found by editing a student's function, apart, and nothing of the edit is told."""

import ast
import ctypes
import json
import linecache
import os
import re
import sqlite3
import subprocess
import sys
import textwrap
import time
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from tiny import ROOT

from grader import find_line
from grader.home import HomeSession
from grader.key import find_key
from grader.repair import child, say
from grader.repair.edits import Scope, edits, twins
from grader.repair.search import Attempt, Budget, NoSourceError, Search
from grader.session import Session, use_session

pytestmark = pytest.mark.slow

LONG = 60  # seconds of computing: where something is to be found, it is found long before
POOL_FORWARD = """
def pool_forward(A_prev, hparameters, mode="max"):
    m, n_H_prev, n_W_prev, n_C = A_prev.shape
    f, stride = hparameters["f"], hparameters["stride"]
    n_H = (n_H_prev - f) // stride + 1
    n_W = (n_W_prev - f) // stride + 1
    A = np.zeros((m, n_H, n_W, n_C))
    for i in range(m):
        for h in range(n_H):
            vert_start = h * stride
            vert_end = vert_start + f
            for w in range(n_W):
                horiz_start = w * stride
                horiz_end = horiz_start + f
                for c in range(n_C):
                    a_slice = A_prev[i, vert_start:vert_end, horiz_start:horiz_end, c]
                    if mode == "max":
                        A[i, h, w, c] = np.max(a_slice)
                    else:
                        A[i, h, w, c] = np.mean(a_slice)
    return A, (A_prev, hparameters)
"""
ZERO_PAD = """
def zero_pad(X, pad):
    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
"""
_cells = count()


def cell(source, **beside):
    """Run a cell as a notebook does, with its text where tracebacks find it; return what it bound."""
    name = f"<cell {next(_cells)}>"
    source = textwrap.dedent(source).lstrip("\n")
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    bound = {"np": np, "__name__": "__main__", **beside}
    exec(compile(source, name, "exec", dont_inherit=True), bound)
    return bound


def lab(name):
    """Check with another lab's key."""
    use_session(HomeSession.of(partial(find_key, name, "", ROOT / "release" / name)))


def pool(*changes):
    """Return pool_forward with these changes (old, new) made to it."""
    lab("02-pooling")
    source = POOL_FORWARD
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    return cell(source)["pool_forward"]


def lines(said):
    """Return the numbers of the lines that a sentence names."""
    return [int(number) for number in re.findall(r"(\d+) \(`", said)]


def found(source, *attempts, name="f", **budget):
    """Search in a function of a cell; each attempt takes it and says how close it comes."""
    function = cell(source)[name]
    tries = [Attempt(asked=True, size=1, run=partial(attempt, function)) for attempt in attempts]
    return Search([function], tries, Budget(**({"seconds": LONG} | budget))).run()


def gives(*args, expected):
    """Return an attempt: is this what the function gives?"""

    def attempt(function):
        try:
            return float(function(*args) == expected)
        except Exception:  # noqa: BLE001 - a variant may raise anything
            return 0.0

    return attempt


# --------------------------------------------------------------------------------- what a student reads


def test_the_line_is_named_and_the_edit_is_not(capsys):
    """A student reads number and text of the line as it stands, and nothing of what would be right."""
    find_line(pool(("w * stride", "h * stride")), "rectangular", seconds=LONG)
    assert capsys.readouterr().out == (
        "Con un solo cambio en la línea 12 (`horiz_start = h * stride`), todos los casos salen bien.\n"
    )


def test_nothing_is_returned():
    """Neither a repaired function nor an edit comes back."""
    assert find_line(pool(("w * stride", "h * stride")), seconds=LONG) is None


def test_the_same_edit_of_both_axes_is_one_change():
    """Height and width that share a slip are found together, and both lines are named."""
    said = say(pool((" - f) // stride + 1", " - f) // stride")), seconds=LONG)
    assert said.startswith("Con un mismo cambio en las líneas 4 (")
    assert lines(said) == [4, 5]


def test_an_axis_that_copies_the_other_throughout_is_one_change():
    """Where every line of the width was copied from the height, all of them are named together."""
    copied = pool(
        ("n_W = (n_W_prev", "n_W = (n_H_prev"),
        ("range(n_W)", "range(n_H)"),
        ("horiz_start = w", "horiz_start = h"),
        ("horiz_end = horiz", "horiz_end = vert"),
    )
    assert lines(say(copied, seconds=LONG)) == [5, 11, 12, 13]


def test_two_slips_are_found():
    """Where no single edit is enough, two are tried, and the place of each is named."""
    wrong = pool(("w * stride", "h * stride"), ("np.mean", "np.sum"))
    said = say(wrong, seconds=LONG)
    assert said.startswith("Con dos cambios en las líneas 12 (")
    assert lines(said) == [12, 19]


def test_a_comment_is_no_part_of_the_line():
    """What is shown of a line is its code."""
    said = say(pool(("w * stride", "h * stride  # la 'columna'")), seconds=LONG)
    assert "(`horiz_start = h * stride`)" in said


def test_two_known_slips_at_once_are_found():
    """Windows that don't follow the stride and a crop of [pad:-pad] are told together."""
    lab("01-convolution")
    source = """
    def conv_backward(dZ, cache):
        A_prev, W, b, hparameters = cache
        f, stride, pad = W.shape[0], hparameters["stride"], hparameters["pad"]
        m, n_H, n_W, n_C = dZ.shape
        A_pad = zero_pad(A_prev, pad)
        dA_pad = np.zeros(A_pad.shape)
        dW, db = np.zeros(W.shape), np.zeros(b.shape)
        for h in range(n_H):
            for w in range(n_W):
                window = np.s_[:, h : h + f, w : w + f]
                for c in range(n_C):
                    dz = dZ[:, h, w, c][:, None, None, None]
                    dA_pad[window] += W[..., c] * dz
                    dW[..., c] += (A_pad[window] * dz).sum(axis=0)
                    db[..., c] += dz.sum()
        return dA_pad[:, pad:-pad, pad:-pad], dW, db
    """
    helper = cell(ZERO_PAD)["zero_pad"]
    said = say(cell(source, zero_pad=helper)["conv_backward"], seconds=LONG)
    assert lines(said) == [10, 16]


def test_a_group_alone_is_said_to_be_alone():
    """An edit that makes only the asked group right is told as that."""
    wrong = cell("def zero_pad(X, pad):\n    if pad == 0:\n        return X * 2\n    return X\n")
    said = say(wrong["zero_pad"], "no_padding", seconds=0.5)
    assert "todos los casos salen bien" not in said
    half = pool(
        ("w * stride", "h * stride"),
        ("np.mean(a_slice)", "np.mean(a_slice) ** 2 / np.abs(a_slice).sum()"),
    )
    said = say(half, "rectangular", seconds=LONG)
    assert said.endswith(
        "todos los casos de este grupo salen bien (los de otros grupos todavía no)."
    )
    assert lines(said) == [12]


def test_a_right_function_is_told_so():
    """Where nothing fails there is nothing to look for."""
    assert say(pool()) == "`pool_forward` ya pasa todos sus casos: no hay nada que buscar."
    assert "los casos de este grupo" in say(pool(), "basic")


def test_not_finding_is_admitted():
    """A function that is far from right gets no line."""
    said = say(cell("def zero_pad(X, pad):\n    return X\n")["zero_pad"], seconds=0.5)
    assert said.startswith("No encontré en 0.5 s ninguna línea de `zero_pad`")


def test_a_wrong_helper_comes_first():
    """A function whose helper is wrong isn't searched: the helper is named."""
    forward = """
    def conv_forward(A_prev, W, b, hparameters):
        return zero_pad(A_prev, 1)
    """
    broken = cell("def zero_pad(X, pad):\n    return X\n")["zero_pad"]
    wrong = cell(forward, zero_pad=broken)["conv_forward"]
    assert say(wrong) == (
        "Primero arregla `zero_pad`, que `conv_forward` usa y no pasa sus propios casos."
    )


def test_a_method_is_found_in_its_class():
    """A class is searched method by method, by way of its driver."""
    lab("03-conv2d-layer")
    source = """
    class ReLU:
        def forward(self, x):
            self.mask = x > 0
            return x * self.mask

        def backward(self, dout):
            return dout + self.mask
    """
    said = say(cell(source)["ReLU"], seconds=LONG)
    assert lines(said) == [7]


def test_what_has_no_text_cant_be_looked_at():
    """A function that was made of no cell is said to have no text."""
    bound = {"np": np}
    exec(ZERO_PAD.replace("(0, 0)))", "(1, 0)))"), bound)
    assert say(bound["zero_pad"]).startswith("No tengo el texto de `zero_pad`")


def test_a_text_that_has_changed_since_isnt_taken_for_the_function():
    """Lines of another version of the function are never named."""
    function = cell(ZERO_PAD.replace("(0, 0)))", "(1, 0)))"))["zero_pad"]
    file = function.__code__.co_filename
    other = "def zero_pad(X, pad):\n    return X\n"
    linecache.cache[file] = (len(other), None, other.splitlines(keepends=True), file)
    assert say(function).startswith("No tengo el texto")


@pytest.mark.parametrize("thing", [partial(np.pad), np.pad.__call__, 3])
def test_what_is_neither_function_nor_class_cant_be_looked_at(thing):
    """Other things that can be called are told what can be looked at."""
    assert say(thing, name="zero_pad").startswith("Solo se puede mirar dentro de una función")


def test_it_is_for_home_only():
    """In a graded notebook there are no answers, and nothing is searched."""
    use_session(Session(7, lambda _check, _seen, _elsewhere: None, dict))
    assert say(lambda: None).startswith("Buscar la línea solo se puede en casa")


def test_a_system_without_fork_says_so(monkeypatch):
    """On Windows a student reads what it takes."""
    monkeypatch.delattr(os, "fork")
    assert "hace falta Linux o macOS" in say(pool())


# ------------------------------------------------------------------------------------ it does no harm


def test_a_variant_leaves_nothing_behind(capfd, tmp_path):
    """Globals, files, outputs and the function's own code are as they were."""
    source = f"""
    seen = []

    def zero_pad(X, pad):
        print("variant")
        seen.append(pad)
        with open({str(tmp_path / "file")!r}, "w") as file:
            file.write("variant")
        return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (1, 0)))
    """
    bound = cell(source)
    code = bound["zero_pad"].__code__
    say(bound["zero_pad"], seconds=0.5)
    assert bound["seen"] == []
    assert bound["zero_pad"].__code__ is code
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "line",
    [
        "while pad: pass",
        "while pad:\n        try:\n            pad += 0\n        except: pass",
        "np.ones((pad, 10**7, 10**7))",
        "bytearray(2 ** 31 * pad)",
        "__import__('os')._exit(pad)",
        "__import__('sys').exit(pad)",
        "raise KeyboardInterrupt",
        "return zero_pad(X, pad)",
    ],
    ids=["loop", "deaf", "array", "bytes", "gone", "exit", "interrupt", "endless"],
)
def test_a_nasty_function_ends(line):
    """Endless loops, too much memory and processes that vanish cost the answer, and nothing else."""
    function = cell(f"def zero_pad(X, pad):\n    {line}\n    return X\n")["zero_pad"]
    said = say(function, seconds=0.5)
    assert said.startswith(("No encontré", "Con "))
    assert "dos cambios" in said or "línea 2 " in said or said.startswith("No encontré")


def test_a_variant_that_loops_forever_is_left():
    """An edit that never ends costs its own time, and the next one is tried."""
    source = """
    def zero_pad(X, pad):
        out = np.zeros((X.shape[0], X.shape[1] + 2 * pad, X.shape[2] + 2 * pad, X.shape[3]))
        i = 0
        while i < X.shape[0]:
            out[i, pad : pad + X.shape[1], pad : pad + X.shape[2]] = X[0]
            i += 1
        return out
    """
    said = say(cell(source)["zero_pad"], seconds=LONG)
    assert lines(said) == [5]


def test_a_child_that_is_lost_gives_nothing():
    """A child that dies, or takes too long, gives None; one that ends gives what it found."""
    assert child.in_child(lambda: [1, "a"], cpu=5, wall=30) == [1, "a"]
    assert child.in_child(lambda: os.kill(os.getpid(), 9), cpu=5, wall=30) is None
    assert child.in_child(lambda: time.sleep(60), cpu=5, wall=0.2) is None
    assert child.in_child(lambda: 1 // 0, cpu=5, wall=30) is None


def test_what_a_child_started_ends_with_it(monkeypatch):
    """A process that a variant started, past all that is refused, doesn't outlive the search."""
    monkeypatch.setattr(child, "_refuse", lambda _event, _args: None)
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    started = child.in_child(lambda: subprocess.Popen(sleep).pid, cpu=5, wall=30)
    assert isinstance(started, int)
    for _ in range(6000):  # it was killed: the system only has to hear of it
        if not alive(started):
            return
        time.sleep(0.01)
    raise AssertionError(f"process {started} is still there")


def alive(process):
    """Tell whether a process runs, and isn't only waiting to be counted."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_child_reads_files_and_changes_none(tmp_path):
    """What would change files, start programs or use the network is refused in the child."""
    file = tmp_path / "file"
    file.write_text("kept", encoding="utf-8")

    def tries():
        for harm in (
            lambda: file.write_text("lost", encoding="utf-8"),
            file.unlink,
            lambda: subprocess.run(["true"], check=False),
            lambda: os.open(file, os.O_WRONLY),
            lambda: sqlite3.connect(tmp_path / "new.db"),
            lambda: ctypes.CDLL(None),
        ):
            with pytest.raises(PermissionError):
                harm()
        return file.read_text(encoding="utf-8")

    assert child.in_child(tries, cpu=5, wall=30) == "kept"
    assert file.read_text(encoding="utf-8") == "kept"


# ----------------------------------------------------------------------------------------- the search


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("h * stride", "h", 9),
        ("vert_start + f", "vert_start + f - 1", 10),
        ("horiz_start + f", "vert_start + f", 13),
        ("horiz_start:horiz_end", "vert_start:vert_end", 15),
        ("A_prev[i,", "A_prev[0,", 15),
        (
            "[i, vert_start:vert_end, horiz_start:horiz_end, c]",
            "[i, c, vert_start:vert_end, horiz_start:horiz_end]",
            15,
        ),
        ("A[i, h, w, c] = np.mean", "A[i, h, w, c] += np.max", 19),
        ("np.max", "np.min", 17),
        ('== "max"', '!= "max"', 16),
        ('hparameters["f"]', 'hparameters["stride"]', 3),
        ("range(n_W)", "range(n_H)", 11),
        ("n_H, n_W, n_C))", "n_W, n_H, n_C))", 6),
        ("(n_W_prev - f) // stride + 1", "(n_W_prev - f) / stride + 1", 5),
        ("(n_W_prev - f) // stride + 1", "(n_W_prev - f + 1) // stride", 5),
        ("    return A, (A", "    A = A.T\n    return A, (A", 20),
        ("    return A, (A", "        return A, (A", 20),
    ],
)
def test_a_slip_is_found_in_its_line(old, new, line):
    """Each kind of slip is found where it was made."""
    said = say(pool((old, new)), seconds=LONG)
    assert line in lines(said), said


def test_the_result_is_the_same_each_time():
    """A search makes the same variants in the same order, and finds the same."""
    wrong = ("np.mean", "np.sum")
    assert say(pool(wrong), seconds=LONG) == say(pool(wrong), seconds=LONG)


def test_equal_ways_are_all_told():
    """Where two lines would do, the search says both, and doesn't choose."""
    source = "def f(n):\n    a = n + 2\n    b = a * 1\n    return b\n"
    ways = found(source, gives(3, expected=4), gives(5, expected=6)).ways
    assert {way[0].lines for way in ways} >= {(2,), (3,)}


def test_what_makes_a_right_case_wrong_is_no_repair():
    """A case that was right must stay so."""
    source = "def f(n):\n    return n + 2\n"
    assert found(source, gives(3, expected=4), gives(4, expected=6), variants=300).ways == ()


def test_a_budget_ends_the_search():
    """No more variants are made than were asked for."""
    source = "def f(n):\n    return n + 2\n"
    assert found(source, gives(3, expected="?"), variants=7).variants == 7


def test_a_closure_keeps_what_it_holds():
    """A function within a function is edited with the variables around it."""
    source = """
    def around(k):
        def f(n):
            return n - k
        return f

    f = around(3)
    """
    ways = found(source, gives(2, expected=5), gives(4, expected=7)).ways
    assert [place.lines for way in ways for place in way] == [(3,)]


def test_a_lambda_has_no_lines_to_look_at():
    """What isn't a `def` is refused."""
    with pytest.raises(NoSourceError):
        Search([cell("f = lambda n: n\n")["f"]], [], Budget(1))


def test_names_of_the_two_axes_are_paired():
    """Height and width are told by any of the usual names, and W of the filters isn't one."""
    assert twins(["h", "w", "W"]) == {"h": "w", "w": "h"}
    assert twins(["fila", "columna", "n_alto", "n_ancho"])["n_alto"] == "n_ancho"
    assert twins(["stride", "pad", "W", "b"]) == {}


def test_edits_leave_the_tree_as_it_was():
    """An edit that is put and undone changes nothing, and each gives another program."""
    tree = ast.parse(POOL_FORWARD).body[0]
    before = ast.dump(tree)
    scope = Scope({"n_H": "int", "n_W": "int", "A": "array 4"}, ["h", "w"], frozenset(range(1, 30)))
    many = edits(tree, scope)
    assert len(many) > 500
    assert [edit.cost for edit in many] == sorted(edit.cost for edit in many)
    same = 0
    for edit in many:
        undo = [swap.put() for swap in edit.swaps]
        same += ast.dump(tree) == before
        for swap in reversed(undo):
            swap.put()
        assert ast.dump(tree) == before
    assert same == 0
    assert json.dumps([edit.lines for edit in many])
