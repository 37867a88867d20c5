"""How feedback and formgrader show what a student wrote: as a page in which nothing of it runs.

Nor does anything of it act on the page: formgrader's own buttons are found by their class and id.
And nothing is fetched: a picture from elsewhere would tell its owner who grades, and when.
"""

from __future__ import annotations

import html
import re
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from jinja2 import pass_context

if TYPE_CHECKING:
    from jinja2.runtime import Context
    from nbconvert.exporters import HTMLExporter

TAGS = frozenset(
    [
        *("a", "abbr", "acronym", "b", "blockquote", "code", "em", "i", "li", "ol", "strong", "ul"),
        *("p", "div", "span", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "img"),
        *("dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td"),
        *("sub", "sup", "del", "ins", "s", "u", "details", "summary", "center", "font", "caption"),
        *("big", "small", "mark", "kbd", "samp", "var", "q", "cite", "figure", "figcaption"),
    ]
)
ATTRIBUTES = frozenset(["alt", "title", "align", "width", "height", "colspan", "rowspan"])
_LINK = re.compile(r"(?:https?://|mailto:|#)", re.IGNORECASE)
_NEAR = r"(?:data:image/|attachment:|[\w%-]+(?:[./][\w%-]+)*(?=[\s)>]|$))"
_PICTURE = re.compile(_NEAR)
_NEAR_PICTURE = re.compile(rf"!\[[^\[\]<]*\]\(\s*<?{_NEAR}")
_TAG = re.compile(
    r"""</?[A-Za-z][A-Za-z0-9]*(?:\s+[\w-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)*\s*/?>"""
)
_OPENS = re.compile(r"<(?!(?:https?:|mailto:)[^\s<>\"']*>)[A-Za-z][^<>\s/$]*[\s/]")
_ACTS = ("class", "cssId", "style", "href", "require", "html", "includegraphics")  # MathJax, KaTeX
_FOUND = re.compile(rf"<|!\[|\\(?={'|'.join(_ACTS)})")
_LONG = 200_000  # characters; nobody typed a longer text


@cache
def _exporter() -> HTMLExporter:
    from nbconvert.exporters import HTMLExporter

    return HTMLExporter(exclude_anchor_links=True)  # type: ignore[no-untyped-call]


@pass_context
def markdown(context: Context, source: str) -> str:
    """Turn Markdown into HTML, as nbconvert's own filter does, and take out whatever could act."""
    import bleach

    page = _exporter().markdown2html(context, source)
    protocols = {"http", "https", "mailto", "data", "attachment"}
    return str(bleach.clean(page, TAGS, _allowed, protocols=protocols))


def _allowed(tag: str, name: str, value: str) -> bool:
    """Tell whether an attribute may stay; a picture may come with the notebook, and not from afar."""
    value = value.strip()
    if (tag, name) == ("img", "src"):
        return _PICTURE.match(value) is not None
    if (tag, name) == ("a", "href"):
        return _LINK.match(value) is not None
    return name in ATTRIBUTES


def tame(source: str) -> str:
    """Take out of Markdown, or raw text, what could act on whatever page shows it.

    Tags keep the attributes that only show something, and a picture from elsewhere becomes a link.
    What can't be told for sure isn't HTML any more: a space after its `<` makes it text.

    >>> tame('<b id="x" class="full-credit">a</b> ![b](http://c.org/d.png) $a<b$')
    '<b>a</b> ! [b](http://c.org/d.png) $a<b$'
    """
    if len(source) > _LONG:
        return source.replace("<", "< ").replace("![", "! [").replace("\\", "\\ ")
    pieces = []
    done = 0
    for found in _FOUND.finditer(source):
        at = found.start()
        if at < done:
            continue
        pieces.append(source[done:at])
        done = found.end()
        if near := _NEAR_PICTURE.match(source, at):
            done = near.end()
            pieces.append(near[0])
        elif found[0] != "<":
            pieces.append(f"{found[0][0]} {found[0][1:]}")
        elif tag := _TAG.match(source, at):
            done = tag.end()
            pieces.append(_without_actions(tag[0]))
        else:
            pieces.append("< " if _OPENS.match(source, at) else "<")
    return "".join([*pieces, source[done:]])


def _without_actions(tag: str) -> str:
    """Return a tag with those of its attributes that only show something, or as text."""
    seen = _Tag(tag)
    if seen.name not in TAGS:
        return f"< {tag[1:]}"
    if tag.startswith("</"):
        return f"</{seen.name}>"
    away = [url for name, url in seen.attributes if (seen.name, name) == ("img", "src")]
    if away and not _allowed("img", "src", away[0]):
        url = html.escape(away[0])
        return f'<a href="{url}">{url}</a>' if _LINK.match(away[0]) else url
    kept = [f' {n}="{html.escape(v)}"' for n, v in seen.attributes if _allowed(seen.name, n, v)]
    return f"<{seen.name}{''.join(kept)}>"


class _Tag(HTMLParser):
    """One tag, read."""

    def __init__(self, tag: str) -> None:
        super().__init__()
        self.name = ""
        self.attributes: list[tuple[str, str]] = []
        self.feed(tag)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of the name and the attributes."""
        self.name = tag
        self.attributes = [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        """Take note of the name."""
        self.name = tag
