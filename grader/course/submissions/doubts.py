"""What a person must decide of a submission before it is filed: two notebooks, or another lab's.

A notebook is known as a lab's by what it calls its cells: by nbgrader's names of them, and by ids.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from grader.course.submissions.files import (
    MAX_TOLD,
    ArchiveError,
    is_hidden,
    is_notebook,
    opened_archives,
    printable,
)
from grader.course.submissions.originals import grade_id
from grader.course.submissions.reading import RestoreError, read_notebook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbformat import NotebookNode

Names = frozenset[str]


def cell_names(text: str) -> Names:
    """Return what a notebook of ours calls its cells.

    >>> sorted(cell_names('{"cells": [{"id": "a", "metadata": {"nbgrader": {"grade_id": "b"}}}]}'))
    ['a', 'b']
    """
    cells = json.loads(text)["cells"]
    return frozenset(
        filter(None, (name for cell in cells for name in (grade_id(cell), cell.get("id"))))
    )


class Doubts:
    """What keeps submissions of one lab from being filed.

    `releases` are the lab's notebooks as they were given, and `others` what the other labs call
    their cells.
    """

    def __init__(self, releases: Mapping[str, str], others: Mapping[str, Names]) -> None:
        self._given = {name: _read(text.encode()) for name, text in releases.items()}
        mine = {name: cell_names(text) for name, text in releases.items()}
        self._alone = _alone({**others, **mine})

    def of(self, files: Mapping[str, bytes]) -> list[str]:
        """Say in Spanish what keeps this submission from being filed."""
        try:
            there = opened_archives(files)
        except ArchiveError:
            there = dict(files)  # which will be said when it is graded
        read = {
            name: notebook
            for name, data in sorted(there.items())
            if is_notebook(name, data) and not is_hidden(name) and (notebook := _read(data))
        }
        found: list[str] = []
        strange: dict[str, str] = {}
        versions: dict[str, dict[tuple[str, ...], str]] = {name: {} for name in self._given}
        for name, notebook in read.items():
            lab = _closest(_names(notebook), self._alone)
            if lab in versions:
                versions[lab].setdefault(_texts(notebook), name)
            elif lab:
                strange[name] = lab
        for wanted, texts in versions.items():
            given = self._given[wanted]
            worked_on = {
                t: name for t, name in texts.items() if given is None or t != _texts(given)
            }
            if len(worked_on) > 1:
                shown = ", ".join(map(printable, list(worked_on.values())[:MAX_TOLD]))
                what = _difference([read[name] for name in worked_on.values()])
                found.append(
                    f"trae {len(worked_on)} notebooks distintos de {wanted} ({shown}), que difieren "
                    f"en {what}: deja solo uno"
                )
        if strange and not any(versions.values()):
            shown = ", ".join(f"{printable(name)} es de {lab}" for name, lab in strange.items())
            found.append(f"{shown}, no de {', '.join(self._given)}: es otro laboratorio")
        return found


def _read(data: bytes) -> NotebookNode | None:
    try:
        return read_notebook(data, [])
    except RestoreError:
        return None


def _names(notebook: NotebookNode) -> Names:
    return frozenset(
        filter(None, (name for cell in notebook.cells for name in (grade_id(cell), cell.get("id"))))
    )


def _alone(labs: Mapping[str, Names]) -> dict[str, Names]:
    """Return of each lab which cells no other one calls so."""
    return {
        lab: own.difference(*(other for name, other in labs.items() if name != lab))
        for lab, own in labs.items()
    }


def _closest(names: Names, alone: Mapping[str, Names]) -> str:
    """Return whose cells these are: of what one lab alone calls so, the most."""
    hits = {lab: len(names & own) for lab, own in alone.items()}
    best = max(hits, key=lambda lab: hits[lab], default="")
    return best if hits.get(best) else ""


def _texts(notebook: NotebookNode) -> tuple[str, ...]:
    return tuple(cell.source for cell in notebook.cells)


def _difference(notebooks: list[NotebookNode]) -> str:
    """Name the cells in which notebooks differ."""
    named = [
        {grade_id(cell) or cell.get("id", ""): cell.source for cell in one.cells}
        for one in notebooks
    ]
    keys = dict.fromkeys(key for one in named for key in one if key)
    differing = [key for key in keys if len({one.get(key) for one in named}) > 1]
    shown = ", ".join(map(printable, differing[:MAX_TOLD])) or "su orden o en celdas sin nombre"
    more = len(differing) - MAX_TOLD
    return f"{shown} y {more} celdas más" if more > 0 else shown
