"""How feedback and formgrader show what a student wrote: as a page in which nothing of it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bleach
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter

if TYPE_CHECKING:
    from jinja2.runtime import Context

TAGS = bleach.ALLOWED_TAGS | {
    *("p", "div", "span", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "img"),
    *("dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td"),
    *("sub", "sup", "del", "s", "u", "details", "summary"),
}
ATTRIBUTES = {
    *("class", "id", "alt", "title", "align"),
    *("width", "height", "colspan", "rowspan"),
}
LINKS = {("a", "href"), ("img", "src")}
_exporter = HTMLExporter()  # type: ignore[no-untyped-call]


@pass_context
def markdown(context: Context, source: str) -> str:
    """Turn Markdown into HTML, as nbconvert's own filter does, and take out whatever could run."""
    page = _exporter.markdown2html(context, source)
    return str(bleach.clean(page, TAGS, _allowed, protocols={"http", "https", "mailto", "data"}))


def _allowed(tag: str, name: str, value: str) -> bool:
    """Tell whether an attribute may stay; a picture may come in the page itself."""
    if value.lstrip().lower().startswith("data:"):
        return (tag, name) == ("img", "src") and value.startswith("data:image/")
    return name in ATTRIBUTES or (tag, name) in LINKS
