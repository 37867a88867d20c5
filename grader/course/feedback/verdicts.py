"""How a test cell's blocks went, read from the outputs that `grader.marks.render_block` made.

Nothing of them is put on a page as it stands: texts are texts, and of a picture stays what draws.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LINE = re.compile(r"([✓✗]) \[([\d.]+)/([\d.]+) [^\]]*\] (.*)", re.DOTALL)
_DRAWN = {
    "svg": {"viewbox": "viewBox", "width": "width", "height": "height", "fill": "fill"},
    "g": {},
    "path": {"d": "d", "transform": "transform"},
    "text": {"x": "x", "y": "y"},
}
_DRAWN["g"] = {
    name: name
    for name in (
        *("stroke", "stroke-width", "stroke-linecap", "stroke-dasharray"),
        *("fill", "font-family", "font-size"),
    )
}
_VALUE = re.compile(r"[\w\s.,()#+-]*")
"""What an attribute of a picture may say: numbers, paths, colours; nothing that is fetched."""


@dataclass
class Verdict:
    """How one marks block went, as a student reads it; `pictures` are SVG that only draws."""

    block: str
    passed: bool
    awarded: float
    points: float
    messages: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)


def verdicts_of(cell: Mapping[str, Any]) -> Iterator[Verdict]:
    """Yield the verdicts among the outputs of a graded test cell."""
    for output in cell.get("outputs", ()):
        if output.get("output_type") != "display_data":
            continue
        page = "".join(output.get("data", {}).get("text/html", ""))
        seen = _Reader(page).verdict if page else None
        if seen is not None:
            yield seen


class _Reader(HTMLParser):
    """The verdict that a block's HTML tells, if it is one."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.verdict: Verdict | None = None
        self._folded = False
        self._text: list[str] = []
        self._drawing: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a text that begins, or a piece of a picture."""
        if tag == "svg" or self._open:
            self._draw(tag, {name: value or "" for name, value in attrs})
        elif tag == "details":
            self._folded = True
        self._text = [] if not self._open else self._text

    def _draw(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag not in _DRAWN:
            return
        kept = {
            name: attributes[low]
            for low, name in _DRAWN[tag].items()
            if low in attributes and _VALUE.fullmatch(attributes[low])
        }
        if tag == "svg":
            kept["role"] = "img"
            kept["aria-label"] = attributes.get("aria-label", "")
        told = "".join(f' {name}="{html.escape(value)}"' for name, value in kept.items())
        self._drawing.append(f"<{tag}{told}>")
        self._open.append(tag)

    def handle_data(self, data: str) -> None:
        """Take a text, or one in a picture."""
        if not self._open:
            self._text.append(data)
        elif self._open[-1] == "text":
            self._drawing.append(html.escape(data))

    def handle_endtag(self, tag: str) -> None:
        """Keep what has ended."""
        if self._open:
            if tag == self._open[-1]:
                self._drawing.append(f"</{self._open.pop()}>")
                if not self._open and self.verdict is not None:
                    self.verdict.pictures.append("".join(self._drawing))
                    self._drawing = []
            return
        text, self._text = "".join(self._text), []
        if tag == "b" and self.verdict is None:
            self.verdict = _read_line(text)
        elif tag == "div" and text and self.verdict is not None:
            (self.verdict.details if self._folded else self.verdict.messages).append(text)


def _read_line(line: str) -> Verdict | None:
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    return Verdict(found[4], found[1] == "✓", float(found[2]), float(found[3]))
