"""Whatever wrote a notebook, its cells are read; what is no notebook says why."""

import json
import subprocess
import sys

import nbformat
import pytest
from tiny import ROOT, tiny_lab

from grader.course.submissions import reading
from grader.course.submissions.reading import RestoreError, has_conflict, read_notebook

TEXT = nbformat.writes(tiny_lab())
SOURCES = [cell.source for cell in tiny_lab().cells]


def sources(data):
    """Read a file; return its cells' texts and what was told."""
    repairs = []
    notebook = read_notebook(data, repairs)
    return [cell.source for cell in notebook.cells], repairs


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "está vacío"),
        (b"\n ", "está vacío"),
        (b"\xff\xfe\x00", "no es JSON"),
        (b"hello", "no es JSON"),
        (TEXT.encode()[:-200], "el archivo no es un notebook"),
        (b"[1, 2]", "no es un notebook: no tiene celdas"),
        (b'{"a": 1}', "no es un notebook: no tiene celdas"),
        (b'{"cells": 3}', "no es un notebook: no tiene celdas"),
        (b"[" * 100_000, "anidado sin fin"),
        (b"{\n<<<<<<< HEAD\n1\n=======\n2\n>>>>>>> x\n}", "conflicto de git"),
    ],
)
def test_what_is_no_notebook_says_why(data, said):
    """Empty, foreign, cut, nested or conflicted files are a RestoreError with a reason to act on."""
    with pytest.raises(RestoreError, match=said):
        read_notebook(data, [])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_any_unicode_is_read(encoding):
    """What old Windows editors call Unicode, and a byte order mark, don't matter."""
    assert sources(TEXT.encode(encoding)) == (SOURCES, [])


def test_a_windows_encoding_is_read_and_told():
    """A file in Windows-1252 keeps its accents."""
    found, repairs = sources(TEXT.encode("cp1252"))
    assert found == SOURCES
    assert repairs == ["el archivo no estaba en UTF-8: se leyó como Windows-1252"]


def test_a_few_bad_bytes_cost_those_characters_alone():
    """In a file that is UTF-8 but for a byte, the other accents stay what they are."""
    text = TEXT.replace("# Mini", "# Tamaño, época, qué")
    found, repairs = sources(text.encode().replace("sí".encode(), b"s\xff"))
    assert (found[0], found[-1]) == ("# Tamaño, época, qué", "Porque s\ufffd.")
    assert "1 carácter no se pudo leer" in repairs[0]


@pytest.mark.parametrize("big", [0, 10**9])
@pytest.mark.parametrize("indent", [None, 1])
def test_outputs_are_cut_and_nothing_else(monkeypatch, big, indent):
    """A list of outputs goes, however it is nested; the same words within a text stay."""
    monkeypatch.setattr(reading, "BIG", big)
    lab = json.loads(TEXT)
    tricky = 'x = {"outputs": [1, 2]}  # " ] \\ [ \\"'
    data = {"text/plain": ['a "]]]] \\', '"]', "]"], "outputs": [[[]]]}
    lab["cells"][1]["source"] = tricky
    lab["cells"][1]["outputs"] = [{"output_type": "display_data", "data": data}]
    found, _ = sources(json.dumps(lab, indent=indent).encode())
    assert found == [SOURCES[0], tricky, *SOURCES[2:]]


@pytest.mark.parametrize("cut", [40, 400])
def test_a_big_file_that_is_cut_is_a_cut_file(monkeypatch, cut):
    """Cutting the outputs of a file that ends within them leaves the reason what it is."""
    monkeypatch.setattr(reading, "BIG", 0)
    lab = json.loads(TEXT)
    lab["cells"][1]["outputs"] = [{"output_type": "stream", "name": "x", "text": "a" * 500}]
    data = json.dumps(lab).encode()
    with pytest.raises(RestoreError, match="parece cortado"):
        read_notebook(data[: data.index(b"aaa") + cut], [])


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_two_hundred_megabytes_of_outputs_take_seconds_and_little_memory(tmp_path):
    """Memory stays below twice the file, also where a character makes all of it wide."""
    path = tmp_path / "big.ipynb"
    before, after = TEXT.encode().split(b'"outputs": []', 1)
    with path.open("wb") as file:
        file.write(before + b'"outputs": [{"output_type": "stream", "name": "x", "text": [\n')
        line = '"época 🐈 {}\\n",\n'.format("[x] " * 46).encode()
        for _ in range(1000):
            file.write(line * 1000)
        file.write(b'"fin"]}]' + after)
    program = (
        "import re, sys, time; from pathlib import Path\n"
        "from grader.course.submissions.reading import read_notebook\n"
        "data = Path(sys.argv[1]).read_bytes(); before = time.process_time()\n"
        "cells = read_notebook(data, []).cells\n"
        "print(len(cells), len(data), time.process_time() - before,\n"
        "      1024 * int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    cells, size, seconds, memory = map(float, said.stdout.split())
    assert (cells, size > 200e6) == (len(SOURCES), True)
    assert seconds < 30
    assert memory < 2 * size


def test_format_3_keeps_headings_and_code():
    """Worksheets, `input` and headings of the old format become cells of the present one."""
    cells = [
        {"cell_type": "heading", "level": 2, "source": ["Uno"]},
        {"cell_type": "code", "input": ["x = 1\n", "y = 2"], "outputs": [], "language": "python"},
        {"cell_type": "markdown", "source": "texto"},
    ]
    data = json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}, {"cells": 3}, 4]}).encode()
    assert sources(data) == (
        ["## Uno", "x = 1\ny = 2", "texto"],
        ["el notebook estaba en un formato viejo: se pasa al actual"],
    )


def test_a_cell_of_no_known_kind_is_kept():
    """A cell without a kind is code if it has what code has, and text if it hasn't."""
    cells = [{"source": "a", "outputs": 3}, {"source": "b"}, {"cell_type": 4}, 5, None]
    notebook = read_notebook(json.dumps({"cells": cells}).encode(), [])
    assert [(c.cell_type, c.source) for c in notebook.cells] == [
        ("code", "a"),
        ("markdown", "b"),
        ("markdown", ""),
    ]


def test_the_pictures_of_a_text_are_kept():
    """An answer that is a photo is still there; what isn't a picture isn't."""
    pictures = {"a.png": {"image/png": "iVBO"}, "b.png": 3}
    cells = [{"cell_type": "markdown", "source": "![](attachment:a.png)", "attachments": pictures}]
    notebook = read_notebook(json.dumps({"cells": cells}).encode(), [])
    assert notebook.cells[0].attachments == {"a.png": {"image/png": "iVBO"}}


def test_half_a_character_does_not_stop_writing():
    """A lone surrogate, which no file can hold, becomes a question mark."""
    assert sources(b'{"cells": [{"source": "\\ud800!"}]}')[0] == ["?!"]


def test_a_cell_id_in_the_metadata_is_the_cells():
    """Colab's place for a cell's id is read; an id that no notebook may have isn't."""
    cells = [{"metadata": {"id": "zero_pad"}}, {"id": "á b"}]
    notebook = read_notebook(json.dumps({"cells": cells}).encode(), [])
    assert [cell.id for cell in notebook.cells] == ["zero_pad", ""]


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("<<<<<<< a\n1\n=======\n2\n>>>>>>> b\n", True),
        ("<<<<<<< a\n1\n||||||| c\n3\n=======\n2\n>>>>>>> b", True),
        ("x\n=======\ny\n", False),
        (" <<<<<<< a\n1\n=======\n2\n>>>>>>> b\n", False),
    ],
)
def test_conflicts_are_known_by_their_three_marks(text, has):
    """All of git's marks must stand at the beginning of lines, in order."""
    assert has_conflict(text) is has


@pytest.mark.parametrize("base", ["", "||||||| base\n   0,\n"])
def test_a_conflict_that_touches_no_text_is_settled(base):
    """Where both sides hold the same texts, the notebook is read and the repair told."""
    text = TEXT.replace(
        '"nbformat_minor": 5',
        f'"x":\n<<<<<<< HEAD\n1,\n{base}=======\n2,\n>>>>>>> b\n"nbformat_minor": 5',
    )
    found, repairs = sources(text.encode())
    assert found == SOURCES
    assert "conflicto de git" in repairs[0]


def test_another_language_is_told():
    """A notebook that says it is of R is read, and that it runs as Python is told."""
    lab = json.loads(TEXT)
    lab["metadata"]["kernelspec"] = {"name": "ir", "language": "R"}
    assert sources(json.dumps(lab).encode())[1] == [
        "el notebook decía que es de otro lenguaje: se corre con Python"
    ]
