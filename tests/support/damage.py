"""What happens to notebooks on their way: each kind of damage, as a function of a submission.

A damage takes the submission's files and a random generator, and returns the files as they arrive.
`NOTEBOOK` kinds mangle cells; `FILE` kinds mangle the file, so in a chain they come last;
`REFUSED` kinds leave something that a person has to look at, with what is then said of it.
"""

import copy
import difflib
import functools
import io
import json
import re
import zipfile

import nbformat
from tiny import ROOT

from grader.course.samples import build, read_sample

LAB = "01-convolution"
NAME = f"{LAB}.ipynb"
ANSWER = "Una convolucional comparte sus pesos, y una densa no. ¿Cuántos? 224."
OWN = ["# MÍO, arriba\nmi_prueba = zero_pad(batch, 1).shape", "*MÍO*: notas sobre el padding"]

NOTEBOOK = {}
FILE = {}
REFUSED = {}


def _release(lab):
    """Return what students are given of a lab, as nbgrader makes it."""
    given = copy.deepcopy(lab)
    for cell in given.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = (
                re.sub(
                    r"(?s) *### BEGIN SOLUTION.*### END SOLUTION",
                    "    # ESCRIBE TU CÓDIGO AQUÍ\n    raise NotImplementedError()",
                    cell.source,
                )
                if cell.cell_type == "code"
                else "ESCRIBE TU RESPUESTA AQUÍ"
            )
    return given


SOURCE = nbformat.read(ROOT / "source" / LAB / NAME, as_version=4)
RELEASE = _release(SOURCE)
STUBS = {
    cell.id: cell.source
    for cell in RELEASE.cells
    if cell.source.startswith("def ") and "NotImplementedError" in cell.source
}


def submission():
    """Return a submission that deserves every mark, with cells of the student's own."""
    sample = read_sample(ROOT / "examples" / LAB / "vectorised-full-marks.py")
    notebook = nbformat.reads(build(sample, SOURCE, RELEASE), as_version=4)
    at = next(at for at, cell in enumerate(notebook.cells) if cell.id == "see-zero-pad")
    notebook.cells.insert(at, nbformat.v4.new_code_cell(OWN[0], id="mine-1"))
    notebook.cells.insert(at, nbformat.v4.new_markdown_cell(OWN[1], id="mine-2"))
    next(c for c in notebook.cells if c.id == "question_parameters").source = ANSWER
    return {NAME: nbformat.writes(notebook).encode()}


def dump(raw):
    """Write a notebook as Jupyter does."""
    return (json.dumps(raw, ensure_ascii=False, indent=1) + "\n").encode(
        "utf-8", "backslashreplace"
    )


def source(cell):
    """Return a cell's text."""
    return "".join(cell["source"])


def about(cell):
    """Return nbgrader's metadata of a cell."""
    found = cell.get("metadata")
    found = found.get("nbgrader") if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def is_test(cell):
    """Tell whether a cell is one of the lab's tests, and nothing else, by its text."""
    text = source(cell)
    mixed = any(f"def {name}(" in text for name in STUBS)
    return cell["cell_type"] == "code" and "with marks(" in text and not mixed


def is_solution(cell):
    """Tell whether a cell defines one of the lab's functions, and isn't the stub."""
    text = source(cell)
    return cell["cell_type"] == "code" and any(
        f"def {name}(" in text and text != stub for name, stub in STUBS.items()
    )


def _function(cell):
    return next(name for name in STUBS if f"def {name}(" in source(cell))


def _is_imports(cell):
    text = source(cell)
    return cell["cell_type"] == "code" and text.startswith("import numpy") and "def " not in text


def tests(raw):
    """Return the places of the test cells."""
    return [at for at, cell in enumerate(raw["cells"]) if is_test(cell)]


def solutions(raw):
    """Return the places of the cells with answers."""
    return [at for at, cell in enumerate(raw["cells"]) if is_solution(cell)]


def notebook(damage):
    """Register a damage to the cells: it is handed the parsed notebook."""

    @functools.wraps(damage)
    def on_files(files, rng):
        raw = json.loads(files[NAME])
        damage(raw, rng)
        return {**files, NAME: dump(raw)}

    NOTEBOOK[damage.__name__] = on_files
    return on_files


def file(damage):
    """Register a damage to the file itself."""
    FILE[damage.__name__] = damage
    return damage


def refused(said):
    """Register a damage after which a person is asked, and told `said`."""

    def register(damage):
        REFUSED[damage.__name__] = (damage, said)
        return damage

    return register


def _some(rng, places):
    return rng.choice(places) if places else None


@notebook
def delete_a_test(raw, rng):
    """Delete one test cell."""
    at = _some(rng, tests(raw))
    if at is not None:
        del raw["cells"][at]


@notebook
def delete_every_test(raw, rng):
    """Delete all test cells."""
    raw["cells"] = [cell for cell in raw["cells"] if not is_test(cell)]


@notebook
def edit_a_test(raw, rng):
    """Make a test worth more and ask for nothing."""
    at = _some(rng, tests(raw))
    if at is not None:
        text = source(raw["cells"][at])
        raw["cells"][at]["source"] = text[: text.index("with marks(")] + (
            f'with marks(40, "{text.split(chr(34))[1]}"):\n    assert True'
        )
        about(raw["cells"][at])["points"] = 40


@notebook
def empty_a_test(raw, rng):
    """Delete the text of a test cell."""
    at = _some(rng, tests(raw))
    if at is not None and about(raw["cells"][at]):
        raw["cells"][at]["source"] = []


@notebook
def duplicate_a_test(raw, rng):
    """Copy a test cell to somewhere else, metadata, id and all."""
    at = _some(rng, tests(raw))
    if at is not None:
        copied = copy.deepcopy(raw["cells"][at])
        raw["cells"].insert(rng.randrange(len(raw["cells"]) + 1), copied)


@notebook
def duplicate_every_test(raw, rng):
    """Paste all the tests once more at the end, as cells without a name."""
    for at in tests(raw):
        copied = copy.deepcopy(raw["cells"][at])
        copied["metadata"], copied["id"] = {}, f"copy-{at}-{rng.randrange(10**6)}"
        raw["cells"].append(copied)


def _split(raw, rng, at, *, keeping):
    cell = raw["cells"][at]
    lines = source(cell).splitlines(keepends=True)
    cut = rng.randrange(1, len(lines)) if len(lines) > 1 else 1
    other = copy.deepcopy(cell)
    cell["source"], other["source"] = lines[:cut], lines[cut:]
    other["id"] = f"split-{at}-{rng.randrange(10**6)}"
    if not keeping:
        other["metadata"] = {}
    raw["cells"].insert(at + 1, other)


@notebook
def split_a_test(raw, rng):
    """Split a test cell; the second part has no name."""
    at = _some(rng, tests(raw))
    if at is not None:
        _split(raw, rng, at, keeping=False)


@notebook
def split_a_test_with_its_name(raw, rng):
    """Split a test cell; both parts carry its name."""
    at = _some(rng, tests(raw))
    if at is not None:
        _split(raw, rng, at, keeping=True)


@notebook
def split_a_solution(raw, rng):
    """Split an answer within its function."""
    at = _some(rng, solutions(raw))
    if at is not None:
        lines = source(raw["cells"][at]).splitlines(keepends=True)
        inside = [n for n, line in enumerate(lines) if n and line.startswith("    return")]
        if inside:
            cell = raw["cells"][at]
            other = {**copy.deepcopy(cell), "id": f"split-{at}", "metadata": {}}
            cell["source"], other["source"] = lines[: inside[0]], lines[inside[0] :]
            raw["cells"].insert(at + 1, other)


def _merge(raw, places, *, into):
    cells = [raw["cells"][at] for at in places]
    merged = {**raw["cells"][into], "source": "\n\n".join(map(source, cells))}
    for at in sorted(places, reverse=True):
        del raw["cells"][at]
    raw["cells"].insert(places[0], merged)


def _answer_and_test(raw, rng):
    """Choose an answer; return it and the first test below it, or nothing where there is none."""
    at = _some(rng, solutions(raw))
    return () if at is None else next(((at, test) for test in tests(raw) if test > at), ())


@notebook
def merge_a_test_into_its_solution(raw, rng):
    """Merge an answer and a test below it; the merged cell is the answer's."""
    if pair := _answer_and_test(raw, rng):
        at, test = pair
        _merge(raw, [at, test], into=at)


@notebook
def merge_a_solution_into_a_test(raw, rng):
    """Merge an answer and a test below it; the merged cell is the test's."""
    if pair := _answer_and_test(raw, rng):
        at, test = pair
        _merge(raw, [at, test], into=test)


@notebook
def merge_and_edit_a_test(raw, rng):
    """Merge an answer and a test whose expected value was changed."""
    if pair := _answer_and_test(raw, rng):
        at, test = pair
        text = source(raw["cells"][test]).replace("check_torch(", "assert True or (")
        raw["cells"][test]["source"] = text
        _merge(raw, [at, test], into=at)


@notebook
def merge_an_exercise(raw, rng):
    """Merge an answer with the code cells below it, tests and all."""
    at = _some(rng, solutions(raw))
    if at is not None:
        code = [n for n, cell in enumerate(raw["cells"]) if cell["cell_type"] == "code"]
        _merge(raw, [n for n in code if n >= at][:4], into=at)


@notebook
def merge_the_tests(raw, rng):
    """Merge two tests that follow each other."""
    pairs = [at for at in tests(raw) if at + 1 in tests(raw)]
    at = _some(rng, pairs)
    if at is not None:
        _merge(raw, [at, at + 1], into=at)


@notebook
def merge_two_solutions(raw, rng):
    """Merge the first two answers into one cell."""
    places = solutions(raw)[:2]
    if len(places) == 2:
        _merge(raw, places, into=places[0])


@notebook
def merge_all_code(raw, rng):
    """Paste all the code into one cell, as a script."""
    code = [at for at, cell in enumerate(raw["cells"]) if cell["cell_type"] == "code"]
    if code:
        _merge(raw, code, into=code[0])
        raw["cells"][code[0]]["metadata"] = {}


@notebook
def move_a_test_to_the_top(raw, rng):
    """Move a test above everything."""
    at = _some(rng, tests(raw))
    if at is not None:
        raw["cells"].insert(0, raw["cells"].pop(at))


@notebook
def move_a_test_to_the_end(raw, rng):
    """Move a test below everything."""
    at = _some(rng, tests(raw))
    if at is not None:
        raw["cells"].append(raw["cells"].pop(at))


@notebook
def shuffle_the_tests(raw, rng):
    """Put the tests into another order."""
    places = tests(raw)
    cells = [raw["cells"][at] for at in places]
    rng.shuffle(cells)
    for at, cell in zip(places, cells, strict=True):
        raw["cells"][at] = cell


@notebook
def move_a_solution_to_the_end(raw, rng):
    """Move an answer below all the tests."""
    at = _some(rng, solutions(raw))
    if at is not None:
        raw["cells"].append(raw["cells"].pop(at))


@notebook
def lose_the_names(raw, rng):
    """Lose all of nbgrader's metadata."""
    for cell in raw["cells"]:
        if isinstance(cell.get("metadata"), dict):
            cell["metadata"].pop("nbgrader", None)


@notebook
def lose_names_and_ids(raw, rng):
    """Lose every cell's metadata and id, as pasting into another editor does."""
    for number, cell in enumerate(raw["cells"]):
        cell["metadata"], cell["id"] = {}, f"{rng.randrange(16**8):08x}-{number}"


@notebook
def lose_the_ids(raw, rng):
    """Lose every cell's id."""
    for cell in raw["cells"]:
        cell.pop("id", None)


@notebook
def repeat_one_id(raw, rng):
    """Give every cell the same id."""
    for cell in raw["cells"]:
        cell["id"] = "zero_pad"


@notebook
def spoil_the_ids(raw, rng):
    """Give cells ids that no notebook may have."""
    for cell in raw["cells"]:
        cell["id"] = rng.choice([3, None, "", "á b", "x" * 99, ["a"], {}])


@notebook
def lose_some_names(raw, rng):
    """Lose nbgrader's metadata in every other cell."""
    for cell in raw["cells"]:
        if rng.random() < 0.5:
            cell["metadata"] = {}


@notebook
def swap_two_names(raw, rng):
    """Exchange the metadata and ids of two answers."""
    places = solutions(raw)
    if len(places) > 1:
        one, other = (raw["cells"][at] for at in rng.sample(places, 2))
        for key in ("metadata", "id"):
            one[key], other[key] = other.get(key), one.get(key)


@notebook
def spoil_the_metadata(raw, rng):
    """Put all sorts of things where metadata belongs."""
    for cell in raw["cells"]:
        if rng.random() < 0.5:
            cell["metadata"] = rng.choice(
                [[], "x", None, {"nbgrader": []}, {"nbgrader": {"grade_id": 7}}, {"tags": "t"}]
            )


@notebook
def lose_what_code_cells_must_have(raw, rng):
    """Lose the outputs, counts and metadata that the format asks for."""
    for cell in raw["cells"]:
        for key in ("outputs", "execution_count", "metadata"):
            if key != "metadata" or not about(cell):
                cell.pop(key, None)


@notebook
def become_format_4_0(raw, rng):
    """Be of format 4.0, with lines in lists and without ids."""
    raw["nbformat_minor"] = 0
    for cell in raw["cells"]:
        cell.pop("id", None)
        cell["source"] = source(cell).splitlines(keepends=True)


@notebook
def be_of_another_language(raw, rng):
    """Say that it is a notebook of R."""
    raw["metadata"] = {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}}


@notebook
def lose_the_notebooks_metadata(raw, rng):
    """Have no kernelspec, and no format number."""
    for key in ("metadata", "nbformat", "nbformat_minor"):
        raw.pop(key, None)


@notebook
def end_lines_as_windows_does(raw, rng):
    """End the lines of every cell with CRLF."""
    for cell in raw["cells"]:
        cell["source"] = source(cell).replace("\r", "").replace("\n", "\r\n")


@notebook
def paste_the_stub_below_an_answer(raw, rng):
    """Put the stub below an answer, under the same name, as an undone cell is."""
    at = _some(rng, solutions(raw))
    if at is not None:
        stub = STUBS[_function(raw["cells"][at])]
        copied = {**copy.deepcopy(raw["cells"][at]), "source": stub, "id": f"stub-{at}"}
        raw["cells"].insert(at + 1, copied)


@notebook
def answer_below_the_tests(raw, rng):
    """Leave the stub alone and write the answer in a new cell at the end."""
    at = _some(rng, solutions(raw))
    if at is not None:
        cell = raw["cells"][at]
        mine = {**copy.deepcopy(cell), "id": f"own-{at}", "metadata": {}}
        cell["source"] = STUBS[_function(cell)]
        raw["cells"].append(mine)


@notebook
def turn_an_answer_into_text(raw, rng):
    """Press M in an answer, which makes it Markdown."""
    at = _some(rng, [at for at in solutions(raw) if about(raw["cells"][at])])
    if at is not None:
        raw["cells"][at]["cell_type"] = rng.choice(["markdown", "raw"])
        for key in ("outputs", "execution_count"):
            raw["cells"][at].pop(key, None)


@notebook
def turn_a_test_into_text(raw, rng):
    """Press M in a test."""
    at = _some(rng, tests(raw))
    if at is not None:
        raw["cells"][at]["cell_type"] = "markdown"
        for key in ("outputs", "execution_count"):
            raw["cells"][at].pop(key, None)


@notebook
def delete_the_imports(raw, rng):
    """Delete the cell that imports the checks."""
    raw["cells"] = [cell for cell in raw["cells"] if not (_is_imports(cell))]


@notebook
def spoil_the_imports(raw, rng):
    """Import less than was given."""
    for cell in raw["cells"]:
        if _is_imports(cell):
            cell["source"] = re.sub(r"\b(check_torch|marks),\s*", "", source(cell))


@notebook
def delete_what_was_given(raw, rng):
    """Delete all the text and code that isn't an exercise."""
    raw["cells"] = [
        cell
        for cell in raw["cells"]
        if about(cell)
        or is_test(cell)
        or is_solution(cell)
        or "MÍO" in source(cell)
        or source(cell) == ANSWER
        or is_solution(cell)
        or "MÍO" in source(cell)
        or source(cell) == ANSWER
    ]


@notebook
def time_the_answers(raw, rng):
    """Put a magic before each answer."""
    for at in solutions(raw):
        raw["cells"][at]["source"] = "%matplotlib inline\n" + source(raw["cells"][at])


@notebook
def fill_with_odd_characters(raw, rng):
    """Add a cell with half a surrogate pair, zeros and emoji."""
    raw["cells"].append(
        {"cell_type": "markdown", "metadata": {}, "id": "odd", "source": "\ud800 🐈 \x00 \u2028"}
    )


@notebook
def print_a_lot(raw, rng):
    """Leave some megabytes of outputs."""
    line = 'época 1: costo \\ "0.6931" [1, 2] 🐈\n'
    for cell in raw["cells"]:
        if cell["cell_type"] == "code":
            text = [line] * 400
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": text}]


@file
def begin_with_a_bom(files, rng):
    """Begin with a byte order mark."""
    return {**files, NAME: b"\xef\xbb\xbf" + files[NAME]}


@file
def end_the_files_lines_as_windows_does(files, rng):
    """End the lines of the file with CRLF."""
    return {**files, NAME: files[NAME].replace(b"\n", b"\r\n")}


@file
def become_utf_16(files, rng):
    """Be saved as "Unicode" by an old Windows editor."""
    return {**files, NAME: _text(files).encode("utf-16", "replace")}


@file
def become_windows_1252(files, rng):
    """Be saved as "ANSI" by an old Windows editor."""
    text = _text(files).encode("cp1252", "replace")
    return {**files, NAME: text}


def _text(files):
    return files[NAME].decode("utf-8", "replace")


@file
def become_format_3(files, rng):
    """Be saved in format 3."""
    raw = json.loads(files[NAME])
    cells = []
    for cell in raw["cells"]:
        old = {"cell_type": cell["cell_type"], "metadata": cell.get("metadata", {})}
        if cell["cell_type"] == "code":
            old |= {"input": cell["source"], "outputs": [], "language": "python"}
        elif source(cell).startswith("## "):
            old |= {"cell_type": "heading", "level": 2, "source": source(cell)[3:]}
        else:
            old["source"] = cell["source"]
        cells.append(old)
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}}
    return {**files, NAME: dump({**old, "worksheets": [{"cells": cells, "metadata": {}}]})}


def renamed(name, new):
    """Register the damage of a new name."""

    def rename(files, rng):
        left = dict(files)
        return {new: left.pop(NAME), **left}

    rename.__doc__ = f"Be called {new!r}."
    FILE[name] = rename


renamed("be_downloaded_twice", f"{LAB}(1).ipynb")
renamed("be_a_copy_in_a_drive", f"Copia de {LAB}.ipynb")
renamed("be_called_in_capitals", "01-Convolution.IPYNB")
renamed("be_called_with_spaces", "01 - convolution  ana pérez.ipynb")
renamed("be_called_something_else", "Tarea final [v2] <Ana>.ipynb")
renamed("be_saved_as_text", f"{NAME}.txt")
renamed("be_saved_as_json", f"{NAME}.json")
renamed("be_in_a_folder", f"Tarea 1/entrega/{NAME}")


def zipped(files):
    """Return an archive of files."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


@file
def be_zipped(files, rng):
    """Be zipped, with what a Mac adds."""
    junk = {f"__MACOSX/lab/._{NAME}": b"\0\5", "lab/.DS_Store": b"\0"}
    return {"entrega.zip": zipped({f"lab/{name}": data for name, data in files.items()} | junk)}


@file
def be_zipped_twice(files, rng):
    """Be zipped, and zipped again."""
    return {"entrega.zip": zipped({"lab.zip": zipped(files)})}


@file
def be_a_zip_called_a_notebook(files, rng):
    """Be zipped, and the archive named as the notebook should be."""
    return {NAME: zipped(files)}


@file
def come_with_the_untouched_release(files, rng):
    """Come as a copy, beside the notebook as it was given."""
    return {**files, NAME: nbformat.writes(RELEASE).encode(), f"{LAB} (1).ipynb": files[NAME]}


@file
def hold_a_conflict_in_its_outputs(files, rng):
    """Hold git's marks of a conflict that touches no text: it was run on two machines."""
    raw = json.loads(files[NAME])
    texts = []
    for count in (1, 2):
        new = copy.deepcopy(raw)
        new["metadata"] = {"language_info": {"version": f"3.{count}"}}
        texts.append(dump(new).decode())
    return {**files, NAME: conflict(*texts).encode()}


def conflict(ours, theirs):
    """Return what git makes of two texts that it can't merge."""
    ours, theirs = ours.splitlines(keepends=True), theirs.splitlines(keepends=True)
    found = []
    for kind, a, b, c, d in difflib.SequenceMatcher(
        None, ours, theirs, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            found += ours[a:b]
        else:
            found += ["<<<<<<< HEAD\n", *ours[a:b], "=======\n", *theirs[c:d], ">>>>>>> mío\n"]
    return "".join(found)


@refused("parece cortado")
def be_cut(files, rng):
    """Lose its second half."""
    return {**files, NAME: files[NAME][: len(files[NAME]) // 2].rstrip(b"\xc3\xe2")}


@refused("está vacío")
def be_empty(files, rng):
    """Be a file of no bytes."""
    return {**files, NAME: b""}


@refused("marcas de un conflicto de git")
def hold_a_conflict_in_an_answer(files, rng):
    """Hold two answers with git's marks, and which is the student's isn't ours to say."""
    text = files[NAME].decode()
    return {**files, NAME: conflict(text, text.replace("X_pad", "padded")).encode()}


@refused("la celda zero_pad trae marcas de un conflicto")
def hold_a_conflict_within_a_cell(files, rng):
    """Hold git's marks in the text of an answer."""
    raw = json.loads(files[NAME])
    cell = raw["cells"][solutions(raw)[0]]
    text = source(cell) + "\n"
    cell["source"] = conflict(text, text.replace("X_pad", "padded"))
    return {**files, NAME: dump(raw)}


@refused("no es JSON")
def be_a_web_page(files, rng):
    """Be the page on which the notebook is shown."""
    return {**files, NAME: b"<!DOCTYPE html><html></html>"}


@refused("no es un notebook")
def be_a_pdf(files, rng):
    """Be a PDF under a notebook's name."""
    return {**files, NAME: b"%PDF-1.7\n\x81\x8d\x00\xff"}


@refused("se esperaba 01-convolution.ipynb y se entreg. tarea.pdf")
def be_another_file(files, rng):
    """Be a PDF under its own name."""
    return {"tarea.pdf": b"%PDF-1.7\n"}


@refused("ninguna celda de este laboratorio")
def be_of_another_lab(files, rng):
    """Be some other notebook."""
    cells = [{"cell_type": "code", "metadata": {}, "id": "a", "source": "print('hola')"}]
    return {
        **files,
        NAME: dump({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}),
    }


@refused("ninguna celda de este laboratorio")
def hold_no_cells(files, rng):
    """Be a notebook without cells."""
    return {**files, NAME: dump({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []})}


@refused("hay más de un notebook que puede ser 01-convolution.ipynb")
def be_two(files, rng):
    """Be two notebooks, both worked on."""
    raw = json.loads(files[NAME])
    raw["cells"].append({"cell_type": "code", "metadata": {}, "id": "a", "source": "otra = 1"})
    return {f"{LAB}(1).ipynb": files[NAME], f"{LAB}(2).ipynb": dump(raw)}


@refused("el zip está dañado")
def be_a_broken_zip(files, rng):
    """Be an archive that lost its end."""
    return {"entrega.zip": zipped(files)[:-40]}


@refused("se sale del archivo zip")
def be_a_zip_that_climbs(files, rng):
    """Be an archive that would write outside of its folder."""
    return {"entrega.zip": zipped({f"../{NAME}": files[NAME]})}
