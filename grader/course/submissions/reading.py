"""Read what a student handed in as a notebook, whatever wrote it: any format, encoding or editor.

Only what grading needs of a cell is kept: its kind, text, id, nbgrader's name of it and a text's
pictures. So what comes out is valid and small, whatever went in.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import nbformat
from nbformat import NotebookNode

from grader.words import _, ngettext

BIG = 4 * 2**20
"""A file of more bytes than this has its outputs cut out before it is parsed."""

MAX_VALUES = 500_000
"""JSON of more values than this isn't parsed: each takes a hundred times the bytes that it is."""

MAX_CELLS = 5_000
"""A notebook of more cells than this isn't one that somebody wrote."""

_OUTPUTS = re.compile(rb'"outputs"\s*:\s*\[')
_MARK = re.compile(rb'["\[\]]')
_CONFLICT_MARK = re.compile(r"^(?:<{7}|\|{7}|={7}|>{7})[^\n]*(?:\n|\Z)", re.MULTILINE)
_SPANISH = "áéíóúüñÁÉÍÓÚÜÑ¿¡"
_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class RestoreError(ValueError):
    """A submission can't be repaired. The message says why, and what a person can do."""


def read_notebook(data: bytes, repairs: list[str]) -> NotebookNode:
    """Read a submitted file as a notebook of the present format, without its outputs.

    What had to be mended is added to `repairs`, a line each. Raises `RestoreError` for what is no
    notebook, or only a part of one.

    >>> read_notebook(b"<html>", [])
    Traceback (most recent call last):
    grader...RestoreError: el archivo no es un notebook: no es JSON (línea 1, columna 1)
    """
    if len(data) > BIG or _values(data) > MAX_VALUES:
        data = _without_outputs(data)
    if _values(data) > MAX_VALUES:
        sentence = _("el archivo trae más de {most:,} valores: nadie escribió eso en un notebook")
        raise RestoreError(sentence.format(most=MAX_VALUES))
    text = _decoded(data, repairs)
    if has_conflict(text):
        raw = _settled(text)
        repairs.append(
            _(
                "el archivo traía marcas de un conflicto de git que no tocaban lo que escribiste; se "
                "quitan"
            )
        )
    else:
        raw = _parsed(text)
    _tell_language(raw, repairs)
    return nbformat.from_dict(  # type: ignore[no-any-return]
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {},
            "cells": _cells(raw, repairs),
        }
    )


def _values(data: bytes) -> int:
    """Count what begins a value in JSON; that some of it may stand in a text doesn't matter."""
    return data.count(b",") + data.count(b"[") + data.count(b"{")


def has_conflict(text: str) -> bool:
    r"""Tell whether a text holds what git leaves where two versions can't be merged.

    >>> has_conflict("<<<<<<< HEAD\na = 1\n=======\na = 2\n>>>>>>> mine\n")
    True
    """
    return "<<<<<<<" in text and bool(_conflicts(text))


@dataclass
class _Conflict:
    """Where in a text a conflict lies: it begins, ours, theirs, and it ends."""

    begin: int
    ours: slice
    theirs: slice
    end: int


def _conflicts(text: str) -> list[_Conflict]:
    """Find conflicts, looking at each mark once.

    One pattern for a whole conflict would take years to find that thousands of marks are none.
    """
    found = []
    marks: dict[str, re.Match[str]] = {}  # of the conflict that is open, the first of each kind
    for mark in _CONFLICT_MARK.finditer(text):
        kind = mark[0][0]
        if kind == "<" or (kind in "|=" and "<" in marks and "=" not in marks):
            marks.setdefault(kind, mark)
        elif kind == ">" and "=" in marks:
            base = marks.get("|", marks["="])
            ours = slice(marks["<"].end(), base.start())
            theirs = slice(marks["="].end(), mark.start())
            found.append(_Conflict(marks["<"].start(), ours, theirs, mark.end()))
            marks = {}
    return found


def _decoded(data: bytes, repairs: list[str]) -> str:
    """Decode a file: UTF-8, or what its byte order mark says, or what old Windows editors write."""
    try:
        return data.decode(json.detect_encoding(data))
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    lost = text.count("\ufffd")
    if 2 * lost < sum(map(text.count, _SPANISH)):
        sentence = ngettext(
            "el archivo no era del todo UTF-8: {n} carácter no se pudo leer",
            "el archivo no era del todo UTF-8: {n} caracteres no se pudieron leer",
            lost,
        )
        repairs.append(sentence.format(n=lost))
        return text
    repairs.append(_("el archivo no estaba en UTF-8: se leyó como Windows-1252"))
    return data.decode("cp1252", "replace")


def _without_outputs(data: bytes) -> bytes:
    """Cut the outputs out of a notebook's text: parsing them would take gigabytes.

    A key can't be told from a text by its looks alone, but this one can: within a string of JSON
    its quotes would be escaped.
    """
    kept = []
    at = 0
    while match := _OUTPUTS.search(data, at):
        end = _end_of_list(data, match.end())
        if end < 0:
            break
        kept += [data[at : match.end()], b"]"]
        at = end
    return b"".join([*kept, data[at:]])


def _end_of_list(data: bytes, at: int) -> int:
    """Return where the list ends that begins just before `at`, or -1 if it never does."""
    depth = 1
    while depth:
        match = _MARK.search(data, at)
        if match is None:
            return -1
        at = match.end()
        if match[0] == b'"':
            at = _end_of_string(data, at)
            if at < 0:
                return -1
        else:
            depth += 1 if match[0] == b"[" else -1
    return at


def _end_of_string(data: bytes, at: int) -> int:
    while (quote := data.find(b'"', at)) >= 0:
        back = quote
        while data[back - 1 : back] == b"\\":  # two of them are one that escapes nothing
            back -= 1
        at = quote + 1
        if (quote - back) % 2 == 0:
            return at
    return -1


def _parsed(text: str) -> dict[str, Any]:
    if not text.strip():
        raise RestoreError(_("el archivo no es un notebook: está vacío"))
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as error:
        sentence = _("el archivo no es un notebook: no es JSON (línea {line}, columna {column})")
        if _is_cut(text, error):
            sentence = _(
                "el archivo no es un notebook: parece cortado (línea {line}, columna {column})"
            )
        raise RestoreError(sentence.format(line=error.lineno, column=error.colno)) from error
    except RecursionError as error:
        raise RestoreError(_("el archivo no es un notebook: está anidado sin fin")) from error
    except ValueError as error:  # Python reads no number of more than 4300 digits
        raise RestoreError(_("el archivo no es un notebook: trae un número sin fin")) from error
    if not isinstance(raw, dict) or not isinstance(raw.get("cells", raw.get("worksheets")), list):
        raise RestoreError(_("el archivo es JSON, pero no es un notebook: no tiene celdas"))
    return raw


def _is_cut(text: str, error: json.JSONDecodeError) -> bool:
    """Tell whether the text ends where something more had to come."""
    at_end = error.pos >= len(text.rstrip()) - 1
    return at_end or error.msg.startswith("Unterminated string")


def _settled(text: str) -> dict[str, Any]:
    """Take the marks of a conflict out, where both sides hold the same text in the same cells."""
    found = _conflicts(text)
    places = [0, *(at for one in found for at in (one.begin, one.end)), len(text)]
    plain = [text[at:after] for at, after in zip(places[::2], places[1::2], strict=True)]
    sides = ([text[one.ours] for one in found], [text[one.theirs] for one in found])
    try:
        ours, theirs = (
            _parsed("".join(map("".join, zip_longest(plain, side, fillvalue="")))) for side in sides
        )
    except RestoreError:
        ours, theirs = {"cells": [{}]}, {"cells": []}
    if _texts(ours) != _texts(theirs):
        raise RestoreError(
            _(
                "el notebook trae marcas de un conflicto de git (<<<<<<<): ábrelo en un editor, quédate "
                "con una de las dos versiones y entrégalo de nuevo"
            )
        )
    return ours


def _texts(raw: dict[str, Any]) -> list[tuple[str, str]]:
    return [(cell["cell_type"], cell["source"]) for cell in _cells(raw, [])]


def _tell_language(raw: dict[str, Any], repairs: list[str]) -> None:
    metadata = raw.get("metadata")
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    language = kernel.get("language") if isinstance(kernel, dict) else None
    if isinstance(language, str) and language.lower() not in ("python", ""):
        repairs.append(_("el notebook decía que es de otro lenguaje: se corre con Python"))


def _cells(raw: dict[str, Any], repairs: list[str]) -> list[dict[str, Any]]:
    """Return the cells of a notebook of any format."""
    found = raw.get("cells")
    if not isinstance(found, list):
        sheets = [sheet for sheet in raw["worksheets"] if isinstance(sheet, dict)]
        lists = [cells for sheet in sheets if isinstance(cells := sheet.get("cells"), list)]
        found = [cell for cells in lists for cell in cells]
        repairs.append(_("el notebook estaba en un formato viejo: se pasa al actual"))
    if len(found) > MAX_CELLS:
        raise RestoreError(_("el notebook trae más de {most:,} celdas").format(most=MAX_CELLS))
    return [_cell(cell) for cell in found if isinstance(cell, dict)]


def _cell(raw: dict[str, Any]) -> dict[str, Any]:
    metadata = raw["metadata"] if isinstance(raw.get("metadata"), dict) else {}
    about = metadata.get("nbgrader")
    name = about.get("grade_id") if isinstance(about, dict) else None
    # Colab keeps a cell's id in its metadata.
    ids = (one for one in (raw.get("id"), metadata.get("id")) if isinstance(one, str))
    source = _text(raw.get("source", raw.get("input")))
    kind = raw.get("cell_type")
    if kind == "heading":
        level = raw.get("level")
        source = "#" * (level if isinstance(level, int) and 0 < level < 7 else 1) + f" {source}"  # noqa: PLR2004
    if kind not in ("code", "markdown", "raw"):
        kind = "code" if raw.keys() & {"outputs", "execution_count", "input"} else "markdown"
    cell: dict[str, Any] = {
        "cell_type": kind,
        "id": next((one for one in ids if _ID.fullmatch(one)), ""),
        "metadata": {"nbgrader": {"grade_id": name}} if isinstance(name, str) and name else {},
        "source": source,
    }
    if cell["cell_type"] == "code":
        cell |= {"outputs": [], "execution_count": None}
    elif attachments := _attachments(raw.get("attachments")):
        cell["attachments"] = attachments
    return cell


def _text(value: Any) -> str:
    """Return the text of a string or of a list of strings, with line ends and characters as ours."""
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    text = value if isinstance(value, str) else ""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _attachments(value: Any) -> dict[str, dict[str, str]]:
    """Keep the pictures of a text: its answer may be a photo."""
    if not isinstance(value, dict):
        return {}
    bundles = {_text(name): bundle for name, bundle in value.items() if isinstance(bundle, dict)}
    return {
        name: {_text(kind): _text(one) for kind, one in bundle.items()}
        for name, bundle in bundles.items()
    }
