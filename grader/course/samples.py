"""The sample class: `examples/LAB/NAME.py` says what a student did, and this makes the notebook of it.

A sample is a text in percent format. Its first comment says what the student did, `# marks: N` what
that deserves, `# base: release` that everything else was left unfilled. Each `# %% CELL` replaces
the source of a cell; `# %% delete CELL`, `# %% prepend CELL` and `# %% append CELL` do as they say.
`# raw: text` at the top makes a file that isn't a notebook at all.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import nbformat
from nbformat.v4 import new_code_cell

if TYPE_CHECKING:
    from pathlib import Path

    from nbformat import NotebookNode

_HEADER = re.compile(r"^# (marks|base|raw): (.*)$")
_CELL = re.compile(r"^# %% (?:(delete|prepend|append) )?([\w-]+)$")


class SampleError(ValueError):
    """A sample can't be made into a submission. The message says which line and why."""


@dataclass(frozen=True)
class Step:
    """One thing that the student did to one cell."""

    action: str
    cell: str
    source: str


@dataclass(frozen=True)
class Sample:
    """A sample submission: what it is called, what it deserves, and what the student did."""

    name: str
    about: str
    marks: float
    base: str
    raw: str
    steps: tuple[Step, ...]


def read_sample(path: Path) -> Sample:
    """Read a sample; raise `SampleError` where its first comment or its marks are missing."""
    header, *parts = re.split(r"(?m)^(?=# %%)", path.read_text(encoding="utf-8"))
    about = header.partition("\n")[0].removeprefix("# ").strip()
    found = filter(None, map(_HEADER.match, header.splitlines()))
    said = {str(match[1]): str(match[2]) for match in found}
    if not about or "marks" not in said or said.get("base", "source") not in ("source", "release"):
        message = (
            f"{path}: a sample begins with a comment that says what the student did, then "
            "`# marks: N`, and `# base:` is `source` or `release`"
        )
        raise SampleError(message)
    return Sample(
        name=path.stem,
        about=about,
        marks=float(said["marks"]),
        base=said.get("base", "source"),
        raw=said.get("raw", ""),
        steps=tuple(_read_step(path, part) for part in parts),
    )


def _read_step(path: Path, part: str) -> Step:
    first, _, source = part.partition("\n")
    match = _CELL.match(first)
    if match is None:
        message = f"{path}: `{first}` isn't `# %% CELL`, `# %% delete CELL` or the like"
        raise SampleError(message)
    return Step(match[1] or "replace", match[2], source.strip("\n"))


def samples(folder: Path) -> list[Sample]:
    """Read every sample of a lab's folder in `examples/`, by name."""
    return [read_sample(path) for path in sorted(folder.glob("*.py"))]


def build(sample: Sample, source: NotebookNode, release: NotebookNode) -> str:
    """Return the text of the file that the student of `sample` handed in."""
    if sample.raw:
        return sample.raw + "\n"
    notebook = copy.deepcopy(source if sample.base == "source" else release)
    for step in sample.steps:
        _take(sample, step, notebook)
    return str(nbformat.writes(notebook)) + "\n"


def _take(sample: Sample, step: Step, notebook: NotebookNode) -> None:
    names = [
        cell.metadata.get("nbgrader", {}).get("grade_id", cell.get("id")) for cell in notebook.cells
    ]
    if step.cell not in names:
        message = f"{sample.name}: there is no cell {step.cell!r} (there are: {', '.join(names)})"
        raise SampleError(message)
    at = names.index(step.cell)
    if step.action == "replace":
        notebook.cells[at].source = step.source
    elif step.action == "delete":
        del notebook.cells[at]
    else:
        # An id made from the neighbour's keeps the file the same each time it is made.
        cell = new_code_cell(step.source, id=f"{step.action}-{step.cell}"[:64])
        notebook.cells.insert(at + (step.action == "append"), cell)
