"""How feedback and formgrader show what a student wrote: as a page in which nothing of it runs.

Nor does anything of it act on the page: formgrader's own buttons are found by their class and id.
And nothing is fetched: a picture from elsewhere would tell its owner who grades, and when.
"""

from __future__ import annotations

import contextlib
import html
import re
import signal
import threading
import unicodedata
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from jinja2 import pass_context

from grader.words import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jinja2.runtime import Context

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
PATIENCE_S = 5
"""Seconds of computing for one text, whatever a student wrote: formgrader serves nothing meanwhile."""

MOST_PICTURES = 32 * 2**20
"""Letters of the pictures of one text: one that is shown a thousand times is on the page as often."""


@pass_context
def markdown(context: Context, source: str) -> str:
    """Turn Markdown into HTML, as nbconvert's own filter does, and take out whatever could act."""
    cell = context.get("cell") or {}
    return shown(source, cell.get("attachments") or {})


def shown(
    source: str,
    attachments: Mapping[str, Any] | None = None,
    *,
    find: Callable[[str], str] | None = None,
    formulas_as_text: bool = False,
) -> str:
    r"""Return the HTML of a student's Markdown, in which nothing acts and nothing is fetched.

    `attachments` are those of its cell. `find` gives the address of a picture that lies beside the
    notebook, or nothing; without it, it is left where it is. Formulas are for MathJax, or else shown
    as they were typed. What can't be made HTML is shown as it is: no answer keeps a page from others.

    >>> shown("**a** ![b](attachment:c.png)")
    '<p><strong>a</strong> <em>(falta la imagen c.png)</em></p>\n'
    """
    import bleach

    if len(source) > _LONG:
        return _as_typed(source)
    protocols = {"http", "https", "mailto", "data", "attachment"}
    try:
        with _patience():
            page = _markdown(formulas_as_text)(source)
            clean = str(bleach.clean(page, TAGS, _allowed, protocols=protocols))
    except Exception:  # noqa: BLE001 - whatever it is that a parser stumbles over
        return _as_typed(source)

    room = MOST_PICTURES

    def picture(found: re.Match[str]) -> str:
        nonlocal room
        attributes = dict(_ATTRIBUTE.findall(found[0]))
        url = html.unescape(attributes.pop("src", ""))
        if url.startswith(_ATTACHED):
            name = unquote(url.removeprefix(_ATTACHED))
            url = _attached(url, attachments or {}) if room > 0 else ""
        else:
            name = unquote(url) if not url.startswith("data:") else ""
            if name and find is not None:
                url = find(name) if room > 0 else ""
        room -= len(url)
        if not url or room < 0:
            missing = html.escape(name) or attributes.get("alt", "")
            return "<em>" + _("(falta la imagen {name})").format(name=missing) + "</em>"
        attributes = {"alt": "", **attributes, "src": html.escape(url)}
        told = "".join(f' {key}="{value}"' for key, value in attributes.items())
        return f"<img{told}>"

    return _IMAGE.sub(picture, clean)


_ATTACHED = "attachment:"
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')
_IMAGE = re.compile(r'<img(?: [a-z]+="[^"]*")*>')
_BASE64 = re.compile(r"[A-Za-z0-9+/=]*")
_PICTURES = ("image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp")


def _attached(url: str, attachments: Mapping[str, Any]) -> str:
    """Return an attached picture as an address that holds it, or nothing if it isn't there."""
    wanted = _plain_name(url.removeprefix(_ATTACHED))
    for name, kinds in attachments.items():
        if _plain_name(name) == wanted and isinstance(kinds, dict):
            for kind in _PICTURES:
                data = "".join("".join(kinds.get(kind) or "").split())
                if data and _BASE64.fullmatch(data):
                    return f"data:{kind};base64,{data}"
    return ""


def _plain_name(name: str) -> str:
    """Return a name as a person reads it: editors and Markdown write accents in several ways."""
    return unicodedata.normalize("NFC", unquote(name))


@contextlib.contextmanager
def _patience() -> Iterator[None]:
    """Interrupt what takes too long, where that can be done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def enough(_number: int, _frame: object) -> None:
        raise TimeoutError("too long to read")

    before = signal.signal(signal.SIGPROF, enough)
    signal.setitimer(signal.ITIMER_PROF, PATIENCE_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _as_typed(source: str) -> str:
    return f"<pre>{html.escape(source)}</pre>"


@cache
def _markdown(formulas_as_text: bool) -> Callable[[str], str]:  # noqa: FBT001 - a cache's key
    """Return what makes HTML of Markdown as nbconvert does, and leaves pictures to be found."""
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        def _embed_image_or_attachment(self, src: str) -> str:
            return src

    class Typed(Renderer):
        def block_math(self, body: str) -> str:
            return f"<pre>$${self.escape_html(body)}$$</pre>"

        def inline_math(self, body: str) -> str:
            return f"<code>${self.escape_html(body)}$</code>"

        def latex_environment(self, name: str, body: str) -> str:
            return f"<pre>{super().latex_environment(name, body)}</pre>"

    renderer = Typed if formulas_as_text else Renderer
    made = renderer(escape=False, exclude_anchor_links=True)
    return MarkdownWithMath(renderer=made).render


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
