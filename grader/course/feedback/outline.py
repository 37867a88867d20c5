"""What a lab's notebook consists of, in its own titles: its exercises, their tests, their questions.

It is read from the instructor's notebook, of which a student may have lost a heading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import nbformat

from grader.course.submissions.originals import grade_id, is_solution

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbformat import NotebookNode

CODE, TEST, TEXT = "code", "test", "text"
"""The kinds of items: code that a student writes, a test of it, an answer in words."""

_FENCED = re.compile(r"^(```|~~~).*?(^\1|\Z)", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^(#{1,2})[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_MARKS = re.compile(r"\s*\(\d+(?:[.,]\d+)? puntos?\)\s*$")
_TITLE = re.compile(r"#\s*[^·\n]+·\s*([^\n]+)")


@dataclass(frozen=True)
class Item:
    """A cell that a student is told about: its name to nbgrader, its kind, and a test's title."""

    name: str
    kind: str
    title: str = ""


@dataclass(frozen=True)
class Section:
    """What stands under one heading: its title, in Markdown, and its cells."""

    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Outline:
    """A notebook's title, in Markdown, and those of its sections that hold something to tell of."""

    title: str
    sections: tuple[Section, ...]


@lru_cache(maxsize=8)  # a class comes with the same lab over and over
def outline(source: str) -> Outline:
    """Return what an instructor's notebook, in JSON, consists of."""
    title = heading = ""
    found: list[tuple[str, list[Item]]] = []
    for cell in nbformat.reads(source, as_version=4).cells:
        item = _item(cell)
        if item is not None:
            if not found or found[-1][0] != heading:
                found.append((heading, []))
            found[-1][1].append(item)
        elif cell.cell_type == "markdown":
            for level, text in _headings(cell.source):
                if level == 1 and not title:
                    title = text
                else:
                    heading = text
    return Outline(title, tuple(Section(about, tuple(items)) for about, items in found))


def _headings(source: str) -> Iterator[tuple[int, str]]:
    """Yield the levels of a text's great headings, and what they say without their marks."""
    for found in _HEADING.finditer(_FENCED.sub("", source)):
        yield len(found[1]), _MARKS.sub("", found[2])


def _item(cell: NotebookNode) -> Item | None:
    name = grade_id(cell)
    about = cell.metadata.get("nbgrader", {})
    if not name or not (is_solution(cell) or about.get("grade") or about.get("task")):
        return None
    if cell.cell_type != "code":
        return Item(name, TEXT)
    if is_solution(cell):
        return Item(name, CODE)
    told = _TITLE.match(cell.source)
    return Item(name, TEST, _MARKS.sub("", told[1]) if told else "")
