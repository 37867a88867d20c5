"""What a filled-in lab shows: its figures run as well, what raises, and what changes from run to run."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import nbformat

from grader.course.labs import Lab, LabNotebook, read_notebook
from grader.course.submissions.originals import SHOW_ONLY

if TYPE_CHECKING:
    from collections.abc import Iterator

TIME_TO_DRAW = 5


def with_figures(lab: Lab) -> Lab:
    """Return the lab without its show-only tags: before a release its figures are run as well.

    They import matplotlib and draw, which the lab's own time limits needn't allow for.
    """
    notebooks = {}
    for name, texts in lab.notebooks.items():
        source = read_notebook(texts.source)
        for cell in source.cells:
            # Such a cell may fail while the lab is being filled in, but not once it is.
            if SHOW_ONLY in cell.metadata.get("tags", ()):
                free = {SHOW_ONLY, "raises-exception"}
                cell.metadata.tags = [tag for tag in cell.metadata.tags if tag not in free]
        limits = source.metadata.get("labkit", {}).get("limits", {})
        for limit in {"cell_s", "notebook_s"} & limits.keys():
            limits[limit] *= TIME_TO_DRAW
        notebooks[name] = LabNotebook(nbformat.writes(source), texts.release)
    return replace(lab, notebooks=notebooks)


def errors_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield the cells of a graded notebook that raised, and what."""
    for cell in nbformat.reads(text, as_version=4).cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "error" and "raises-exception" not in cell.metadata.get(
                "tags", ()
            ):
                yield cell.id, f"{output.ename}: {output.evalue}"


_TIMES = re.compile(r"perf_counter|process_time|time\.time\(|timeit")


def changed_pictures(one: str, other: str) -> list[str]:
    """Name the cells whose pictures aren't the same in two runs of a notebook, nor show a time."""
    left, right = (
        {
            cell.id: [
                data
                for output in cell.get("outputs", ())
                for kind, data in output.get("data", {}).items()
                if kind.startswith("image/")
            ]
            for cell in nbformat.reads(text, as_version=4).cells
        }
        for text in (one, other)
    )
    timed = {
        cell.id for cell in nbformat.reads(one, as_version=4).cells if _TIMES.search(cell.source)
    }
    return [cell for cell in left if left[cell] != right.get(cell) and cell not in timed]
