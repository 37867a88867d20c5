"""What a lab weighs, and what lies in it that nobody sees."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING

from grader.course.publishing.lint.book import WHOLE, Book, called

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbformat import NotebookNode

    from grader.course.publishing.lint.book import Findings

MEGABYTE = 1_000_000
FILE_MB = 5.0
"""How large a file, an attachment or an embedded picture may be, unless `LabRelease.file_mb` says."""

_EMBEDDED = re.compile(r"data:[\w/+.-]+;base64,([A-Za-z0-9+/=\s]+)")


def heavy_parts(book: Book) -> Findings:
    """Yield files, attachments and embedded pictures that are larger than the course allows."""
    most = float(book.config.LabRelease.get("file_mb", FILE_MB)) * MEGABYTE
    for name, data in book.files.items():
        if len(data) > most:
            yield WHOLE, _too_heavy(name, len(data), most)
    told = False
    for cell in book.cells:
        for what, size in _parts(cell):
            if size > most:
                told = True
                yield called(cell), _too_heavy(what, size, most)
    whole = len(json.dumps(book.notebook, ensure_ascii=False).encode())
    if whole > most and not told:
        yield WHOLE, _too_heavy("the notebook", whole, most)


def _too_heavy(what: str, size: int, most: float) -> str:
    return (
        f"{what} weighs {size / MEGABYTE:.1f} MB and the course allows {most / MEGABYTE:g}: make it "
        "smaller, or set c.LabRelease.file_mb"
    )


def _parts(cell: NotebookNode) -> Iterator[tuple[str, int]]:
    for name, kinds in cell.get("attachments", {}).items():
        for data in kinds.values():
            yield f"the attachment {name}", len(str(data)) * 3 // 4
    for match in _EMBEDDED.finditer(cell.source):
        yield "an embedded picture", len(match[1]) * 3 // 4


def readable_files(book: Book) -> Iterator[tuple[str, str]]:
    """Yield the lab's other files that are text, by name."""
    for name, data in book.files.items():
        if b"\0" not in data[:4096]:
            yield name, data.decode("utf-8", "replace")


def hidden_texts(cell: NotebookNode) -> Iterator[tuple[str, str]]:
    """Yield the texts of a cell that its source doesn't show, each with what it is."""
    yield from (("metadata", text) for text in _strings(cell.metadata))
    for name, kinds in cell.get("attachments", {}).items():
        for data in kinds.values():
            yield f"the attachment {name}", str(data)
            yield f"the attachment {name}", _plain(str(data))
    for output in cell.get("outputs", ()):
        yield from (("an output", text) for text in _strings(output))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield str(name)
            yield from _strings(part)
    elif isinstance(value, list):
        if value and all(isinstance(part, str) for part in value):
            yield "".join(value)
        for part in value:
            yield from _strings(part)


def _plain(data: str) -> str:
    """Return the text that a base64 holds, empty where it holds something else."""
    try:
        return base64.b64decode(data, validate=False).decode("utf-8")
    except ValueError:
        return ""
