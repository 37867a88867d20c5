"""Give a student's notebook back the instructor's cells, whatever happened to them on the way.

The instructor's test cells are never taken from the student: they are dropped where they stand and
put back, in the instructor's order, after the solutions that they test. The student's solution
cells are found by their id, by the function that they define, or by their likeness to the stub.
Every repair is told in a line; what can't be repaired is a `RestoreError` for a person to see.
"""

from __future__ import annotations

import ast
import copy
import difflib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat import NotebookNode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

LIKENESS = 0.6
"""How alike, from 0 to 1, a cell without an id must be to the released one to be taken for it."""


class RestoreError(ValueError):
    """A submitted file can't be read as a notebook. The message says what a person should do."""


@dataclass(frozen=True)
class Restored:
    """A notebook with the instructor's cells in place, and what had to be repaired."""

    notebook: NotebookNode
    repairs: tuple[str, ...]


def read_notebook(data: bytes) -> NotebookNode:
    """Read a submitted file as a notebook of the present format; raise `RestoreError` if it isn't one.

    >>> read_notebook(b"<html>")
    Traceback (most recent call last):
    grader.course.restore.RestoreError: el archivo no es un notebook: no es JSON (línea 1, columna 1)
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RestoreError("el archivo no es un notebook: no es texto en UTF-8") from error
    if "\n<<<<<<< " in text and "\n>>>>>>> " in text:
        raise RestoreError(
            "el notebook trae marcas de un conflicto de git (<<<<<<<): ábrelo en un editor, quédate "
            "con una de las dos versiones y entrégalo de nuevo"
        )
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as error:
        cut = "parece cortado" if error.pos >= len(text.rstrip()) - 1 else "no es JSON"
        raise RestoreError(
            f"el archivo no es un notebook: {cut} (línea {error.lineno}, columna {error.colno})"
        ) from error
    except RecursionError as error:
        raise RestoreError("el archivo no es un notebook: está anidado sin fin") from error
    if not isinstance(raw, dict) or not isinstance(raw.get("cells", raw.get("worksheets")), list):
        raise RestoreError("el archivo es JSON, pero no es un notebook: no tiene celdas")
    return _upgraded(raw)


def _upgraded(raw: dict[str, Any]) -> NotebookNode:
    """Bring a notebook of any format to the present one, keeping of each cell what grading needs."""
    if "worksheets" in raw:
        try:
            old = nbformat.v3.reads_json(json.dumps(raw))  # type: ignore[no-untyped-call]
            raw = nbformat.convert(old, 4)  # type: ignore[no-untyped-call]
        except Exception as error:  # the format 3 reader raises whatever a damaged cell makes it
            raise RestoreError("el notebook es de un formato viejo y está dañado") from error
    cells = [_cell(cell) for cell in raw["cells"] if isinstance(cell, dict)]
    metadata = raw.get("metadata")
    return nbformat.from_dict(  # type: ignore[no-any-return,no-untyped-call]
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": metadata if isinstance(metadata, dict) else {},
            "cells": cells,
        }
    )


def _cell(raw: dict[str, Any]) -> dict[str, Any]:
    source = raw.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    kind = raw.get("cell_type")
    cell: dict[str, Any] = {
        "cell_type": kind if kind in ("code", "markdown", "raw") else "raw",
        "id": raw.get("id") if isinstance(raw.get("id"), str) else "",
        "metadata": raw["metadata"] if isinstance(raw.get("metadata"), dict) else {},
        "source": source.replace("\r\n", "\n") if isinstance(source, str) else "",
    }
    if cell["cell_type"] == "code":
        cell |= {"outputs": [], "execution_count": None}
    elif isinstance(raw.get("attachments"), dict):
        cell["attachments"] = raw["attachments"]
    return cell


def grade_id(cell: NotebookNode) -> str:
    """Return the nbgrader id of a cell, or an empty string if it has none."""
    found = cell.metadata.get("nbgrader")
    name = found.get("grade_id", "") if isinstance(found, dict) else ""
    return name if isinstance(name, str) else ""


def is_solution(cell: NotebookNode) -> bool:
    """Tell whether a student writes in this cell of the instructor's notebook."""
    return bool(grade_id(cell) and cell.metadata.nbgrader.get("solution"))


def is_locked(cell: NotebookNode) -> bool:
    """Tell whether this cell of the instructor's is put back as it is: a test, or a given one."""
    return bool(grade_id(cell)) and not is_solution(cell)


def is_graded_code(cell: NotebookNode) -> bool:
    """Tell whether this cell of the instructor's is a test cell that the judge awards marks for."""
    return cell.cell_type == "code" and is_locked(cell) and bool(cell.metadata.nbgrader.get("grade"))


def restore(data: bytes, source: NotebookNode, release: NotebookNode) -> Restored:
    """Read a student's file and put the instructor's cells of `source` back into it.

    `release` is the notebook that students were given: it tells a stub that was left alone from a
    student's answer, and what each cell looked like. Raises `RestoreError` for what is no notebook.
    """
    notebook = read_notebook(data)
    repairs: list[str] = []
    labels = _label(notebook.cells, source, release, repairs)
    cells = _student_cells(notebook.cells, labels, source, release, repairs)
    first = min(labels, default=len(notebook.cells))
    merged = _in_order(cells, source, release, first, repairs)
    _name_cells(merged)
    notebook.cells = merged
    notebook.metadata = copy.deepcopy(source.metadata)
    return Restored(notebook, tuple(repairs))


def _label(
    cells: Sequence[NotebookNode],
    source: NotebookNode,
    release: NotebookNode,
    repairs: list[str],
) -> dict[int, str]:
    """Say which of the student's cells are which of the instructor's: by position, their grade_id."""
    mine = {grade_id(cell): cell for cell in source.cells if grade_id(cell)}
    labels: dict[int, str] = {}
    for at, cell in enumerate(cells):
        name = grade_id(cell)
        if name in mine and cell.cell_type == mine[name].cell_type:
            labels[at] = name
    repeated = _drop_repeated(cells, labels, release)
    if repeated:
        repairs.append(f"celdas repetidas, se toma la que fue resuelta: {_names(repeated)}")
    ids = {cell.get("id"): grade_id(cell) for cell in source.cells if grade_id(cell)}
    given = {grade_id(cell): cell for cell in release.cells if grade_id(cell)}
    finders: tuple[tuple[str, Callable[[NotebookNode, str], bool]], ...] = (
        ("su id", lambda cell, name: ids.get(cell.get("id")) == name),
        ("la función que define", lambda cell, name: _defines(cell, mine[name])),
        ("su parecido", lambda cell, name: _alike(cell, given.get(name)) >= LIKENESS),
    )
    for how, fits in finders:
        for name in [name for name in mine if name not in labels.values()]:
            at = next(
                (
                    at
                    for at, cell in enumerate(cells)
                    if at not in labels
                    and cell.cell_type == mine[name].cell_type
                    and fits(cell, name)
                ),
                None,
            )
            if at is not None:
                labels[at] = name
                repairs.append(f"{name}: la celda había perdido sus datos; reconocida por {how}")
    return labels


def _drop_repeated(
    cells: Sequence[NotebookNode], labels: dict[int, str], release: NotebookNode
) -> list[str]:
    """Leave one label a cell: the last one that isn't the untouched stub."""
    given = {grade_id(cell): cell.source for cell in release.cells if grade_id(cell)}
    repeated = []
    for name in dict.fromkeys(labels.values()):
        places = [at for at, label in labels.items() if label == name]
        if len(places) > 1:
            repeated.append(name)
            answered = [at for at in places if cells[at].source.strip() != given[name].strip()]
            keep = (answered or places)[-1]
            for at in places:
                if at != keep:
                    del labels[at]
    return repeated


def _defined(source: str) -> set[str]:
    """Name the functions and classes that a cell defines at its top level."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
    }


def _defines(cell: NotebookNode, mine: NotebookNode) -> bool:
    wanted = _defined(mine.source) if is_solution(mine) and mine.cell_type == "code" else set()
    return bool(wanted) and wanted <= _defined(cell.source)


def _alike(cell: NotebookNode, given: NotebookNode | None) -> float:
    if given is None or not given.source.strip():
        return 0.0
    matcher = difflib.SequenceMatcher(None, cell.source, given.source, autojunk=False)
    if matcher.real_quick_ratio() < LIKENESS or matcher.quick_ratio() < LIKENESS:
        return 0.0
    return matcher.ratio()


def _student_cells(
    cells: Sequence[NotebookNode],
    labels: dict[int, str],
    source: NotebookNode,
    release: NotebookNode,
    repairs: list[str],
) -> list[NotebookNode]:
    """Return what is kept of the student's: everything but the instructor's locked cells."""
    mine = {grade_id(cell): cell for cell in source.cells if grade_id(cell)}
    given = {grade_id(cell): cell for cell in release.cells if grade_id(cell)}
    kept = []
    edited = []
    for at, cell in enumerate(cells):
        name = labels.get(at, "")
        if not name and grade_id(cell) in mine and is_locked(mine[grade_id(cell)]):
            continue  # one more copy of a test cell
        new = copy.deepcopy(cell)
        if name:
            locked = is_locked(mine[name])
            if locked and cell.source.strip() != given[name].source.strip():
                edited.append(name)
            new = _given(mine[name], given[name])
            if not locked:
                new.source = cell.source
        else:
            new.metadata.pop("nbgrader", None)
        kept.append(new)
    if edited:
        repairs.append(f"celdas de prueba cambiadas, se usan las originales: {_names(edited)}")
    return kept


def _in_order(
    cells: list[NotebookNode],
    source: NotebookNode,
    release: NotebookNode,
    first: int,
    repairs: list[str],
) -> list[NotebookNode]:
    """Put back the instructor's cells that are missing, and locked ones that come too early.

    A locked cell belongs after all the instructor's cells that precede it; `first` is where the
    first of them goes if none is left.
    """
    given = {grade_id(cell): cell for cell in release.cells if grade_id(cell)}
    merged = list(cells)
    missing = []
    moved = []
    end = first
    for mine in source.cells:
        name = grade_id(mine)
        if not name:
            continue
        at = next((i for i, cell in enumerate(merged) if grade_id(cell) == name), None)
        if at is None:
            missing.append(name)
            new = _given(mine, given[name])
            if not is_locked(mine):
                new.source = ""  # as if nothing had been written: never the instructor's answer
            merged.insert(end, new)
            end += 1
        elif at >= end:
            end = at + 1
        elif is_locked(mine):
            moved.append(name)
            merged.insert(end - 1, merged.pop(at))
    if missing:
        repairs.append(f"celdas borradas, se vuelven a poner: {_names(missing)}")
    if moved:
        repairs.append(f"celdas de prueba fuera de lugar, vuelven al suyo: {_names(moved)}")
    return merged


def _given(mine: NotebookNode, given: NotebookNode) -> NotebookNode:
    """Return the instructor's cell with the metadata that was released, which has its checksum."""
    cell = copy.deepcopy(mine)
    cell.metadata = copy.deepcopy(given.metadata)
    return cell


def _name_cells(cells: Iterable[NotebookNode]) -> None:
    """Give every cell an id of its own, the instructor's cells their own."""
    used: set[str] = set()
    for number, cell in enumerate(cells):
        wanted = cell.get("id") or f"cell-{number}"
        cell.id = wanted if wanted not in used else f"cell-{number}-{len(used)}"
        used.add(cell.id)


def _names(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
