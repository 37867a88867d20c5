"""Files that are made to take all of a grader's time or memory, or to bring it down: one a kind."""

import io
import json
import zipfile

import arena

GOOD = arena.SOURCE.cells[2].source
P = "p" * 50
FIRST = arena.HASHED.partition("\n")[0]


def code(source, name="", **more):
    """Return a code cell as a file has it."""
    fields = {"cell_type": "code", "id": name, "metadata": {}, "outputs": []}
    return {**fields, "execution_count": None, "source": source, **more}


def with_cells(*cells, at=None):
    """Return a good notebook with more cells."""
    raw = json.loads(arena.notebook(GOOD))
    place = len(raw["cells"]) if at is None else at
    raw["cells"][place:place] = cells
    return json.dumps(raw).encode()


def zipped(members, *, depth=0):
    """Return an archive, within as many others as told."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    inner = data.getvalue()
    return zipped([("x.zip", inner)], depth=depth - 1) if depth else inner


def solution(source):
    """Return a notebook whose solution cell holds a text, and nothing else was done."""
    return {arena.FILE: arena.notebook(source).encode()}


def book(data):
    """Return a submission that is one file under the notebook's name."""
    return {arena.FILE: data}


FORGE = """
import json, struct
def forge(values, arrays, data=b""):
    header = {"block": "zero_pad/basic", "index": 0, "kind": "check_hash", "values": values,
              "calls": {}, "globals": [], "failure": None, "arrays": arrays}
    text = json.dumps(header).encode()
    write(struct.pack("<4sI", b"OBS1", len(text)) + text + data)
"""
MANY = FORGE + "forge([['list', [['array', 0]] * 19_000]], [['<f8', [300_000]]], bytes(2_400_000))"
AXES = FORGE + "forge([], [['<f8', [int('9' * 4_000)] * 700 + [0]]])"

MINE = arena.notebook(GOOD).encode()
CHAIN = "    x" + ".a" * 900 + "\n"

HOSTILE = {
    "ids that loop": lambda: book(
        with_cells(*(code("1", f"{P}-{n}") for n in range(10, 90)), code("2", P), code("3", P))
    ),
    "ids of nothing": lambda: book(with_cells(*(code(f"x = {n}", "a") for n in range(2_000)))),
    "marks of conflicts": lambda: book(
        b"<<<<<<< a\n" * 20_000 + b"||||||| b\n" * 20_000 + b"=======\n" * 20_000
    ),
    "marks of conflicts in a cell": lambda: solution("<<<<<<< a\n" * 9_000 + "=======\n" * 9_000),
    "a deep path": lambda: {"t.zip": zipped([(arena.FILE, MINE), ("a/" * 1500 + "x", "x")])},
    "a long name": lambda: {"t.zip": zipped([(arena.FILE, MINE), ("x" * 60_000, "x")])},
    "a function in pieces": lambda: book(
        with_cells(code("def zero_pad(X, pad):\n    pass"), *[code("    x")] * 4_000)
    ),
    "functions in pieces": lambda: book(
        with_cells(*[code("    x = (1,\n" * 40 + "def zero_pad(X, pad):\n    y = (")] * 1_000, at=1)
    ),
    "first lines of a test": lambda: book(with_cells(*[code(FIRST)] * 2_000)),
    "a test again and again": lambda: book(with_cells(*[code(arena.HASHED)] * 2_000)),
    "a given line again and again": lambda: solution(
        arena.SOURCE.cells[1].source + "\n" + "import numpy as np\n" * 9_000 + GOOD
    ),
    "attributes of attributes": lambda: solution("if 0:\n" + CHAIN * 60 + GOOD),
    "braces": lambda: book(b'{"cells":[' + b"{}," * 1_000_000 + b"{}]}"),
    "brackets": lambda: book(b"[" * 3_000_000),
    "nested metadata": lambda: book(b'{"cells":[{"metadata":' + b'{"a":' * 90_000),
    "a number without end": lambda: book(b'{"cells":[' + b"1" * 3_000_000 + b"]}"),
    "backslashes": lambda: book(b'{"cells":["' + b"\\" * 6_000_000 + b'"]}'),
    "outputs that never end": lambda: book(b'{"outputs": [' * 400_000),
    "spaces": lambda: book(b'"outputs"' + b" " * 6_000_000 + b"{}"),
    "a source of empty strings": lambda: book(
        with_cells(code([""] * 300_000)),
    ),
    "parentheses": lambda: solution("x = " + "(" * 90_000),
    "minus signs": lambda: solution("x = " + "-" * 90_000 + "1"),
    "sums": lambda: solution("if 0:\n    x = " + "1+" * 90_000 + "1\n" + GOOD),
    "blocks in blocks": lambda: solution("".join(" " * n + "if 1:\n" for n in range(400))),
    "strings in strings": lambda: solution("x = " + "f'{" * 5_000),
    "marks without a quote": lambda: solution(
        "\n".join(f"with marks({'(' * n}" for n in range(600))
    ),
    "decorators": lambda: solution("@x\n" * 40_000 + GOOD),
    "a line of megabytes": lambda: solution(f"{GOOD}\n#" + "x" * 8_000_000),
    "lines of nothing": lambda: solution(f"{GOOD}\n" + "\n" * 300_000),
    "a long identifier": lambda: solution(f"{GOOD}\nif 0: {'x' * 1_000_000}.{'y' * 1_000_000}"),
    "bytes that are no text": lambda: book(MINE.replace(b"pad", b"\xff\x00\xfe")),
    "half characters": lambda: solution("x = '\ud800'\n" + GOOD),
    "a null": lambda: solution(GOOD + "\n\0"),
    "names that are lists": lambda: book(
        with_cells(code("1", metadata={"nbgrader": {"grade_id": ["a"], "points": "x"}}))
    ),
    "cells that are lists": lambda: book(b'{"cells": [[1], null, {"source": {"a": 1}}, "x"]}'),
    "sheets in sheets": lambda: book(b'{"worksheets": [{"worksheets": [{"cells": [{}]}]}]}'),
    "pictures": lambda: book(
        with_cells(
            {
                "cell_type": "markdown",
                "source": "x",
                "attachments": {str(n): {} for n in range(9_999)},
            }
        )
    ),
    "zeros in zips": lambda: {"t.zip": zipped([("a.txt", bytes(200 << 20))], depth=3)},
    "zips": lambda: {"t.zip": zipped([(f"{n}.zip", zipped([])) for n in range(4_000)])},
    "notebooks": lambda: {f"{n}/{arena.FILE}": MINE + b" " * n for n in range(1_500)},
    "names without end": lambda: {f"{n}{'ñ' * 120}.ipynb": b"{}" for n in range(4_900)},
    "files in files": lambda: book(MINE) | {"a": b"", "a/b": b"", "a/b/c": b""},
    "names that are no text": lambda: book(MINE) | {"caf\udce9/\udcff.py": b"", "\ud800": b""},
    "what a program wrote": lambda: book(b"\x7fELF" + bytes(1_000_000)),
    "a page": lambda: book(b"<html>" * 100_000),
    "many arrays": lambda: book(with_cells(code(arena.DIG + MANY), at=2)),
    "axes": lambda: book(with_cells(code(arena.DIG + AXES), at=2)),
}
