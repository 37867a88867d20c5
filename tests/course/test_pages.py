"""What a student wrote is shown with all that only shows something, and nothing that acts."""

import jinja2
import pytest
from nbconvert.exporters import HTMLExporter

from grader.course.pages import markdown, tame

KEPT = [
    "una **palabra**, `código` y <https://example.org>",
    "| a | b |\n| --- | --- |\n| 1 | 2 |",
    '<p align="center" title="t">hola <b>y</b></p>',
    '<table><tr><td colspan="2">1</td></tr></table>',
    "$a<b$, $n![k]$ y $\\alpha$".replace("n![k]", "n!"),
    "![foto](attachment:foto.png)",
    "![foto](<attachment:cuánto 1.png>)",
    '<img src="attachment:foto.png" width="300">',
    "![foto](foto.png) y ![otra](sub/foto.png)",
    "![punto](data:image/png;base64,AAAA)",
    "[enlace](https://example.org)",
]


@pytest.mark.parametrize("text", KEPT)
def test_what_only_shows_something_stays(text):
    """Markdown, mathematics, safe tags and pictures that came along are left word for word."""
    assert tame(text) == text


@pytest.mark.parametrize(
    ("text", "tamed"),
    [
        ('<div id="x" class="full-credit">no</div>', "<div>no</div>"),
        ('<p class="a" title="t" onclick="f()">no</p>', '<p title="t">no</p>'),
        ("<script>f()</script>", "< script>f()< /script>"),
        ("![x](https://c.org/d.png)", "! [x](https://c.org/d.png)"),
        ("![x][r]", "! [x][r]"),
        ("<img src=https://c.org/d.png>", '<a href="https://c.org/d.png">https://c.org/d.png</a>'),
        ("<a href='javascript:f()'>no</a>", "<a>no</a>"),
        ("<p/class=x>", "< p/class=x>"),
        ("<p class=x <b>", "< p class=x <b>"),
        ("$\\class{x}{y}$", "$\\ class{x}{y}$"),
    ],
)
def test_what_acts_is_taken_out_or_made_text(text, tamed):
    """Attributes that act go, far pictures become links, and what isn't a safe tag becomes text."""
    assert tame(text) == tamed
    assert tame(tamed) == tamed


@pytest.mark.parametrize("text", ['<a b="', "<a ", "![a", "![](", "![](a", "<a b='x", "\\class"])
def test_a_long_text_is_tamed_in_one_pass(text):
    """Text of any length is read once: what comes out is what each piece gives, one after the other."""
    many = 20_000
    assert len(tame(text * many)) <= 2 * len(text) * many
    assert "<a b=" not in tame("<a b=" * 100_000)


def test_a_page_has_neither_class_nor_id():
    """The filter of feedback and formgrader lets no class or id through, not even Markdown's own."""
    source = (
        "# Título\n\n```python\nx = 1\n```\n\n<p class='x' id='y'>no</p>\n\n![x](https://c.org/d)"
    )
    context = jinja2.Environment(autoescape=True).from_string("").new_context({"cell": {}})
    page = markdown(context, source)
    assert not any(word in page for word in ("class=", "id=", "https://c.org"))
    assert "Título" in page
    assert "x" in page
    assert "class=" in HTMLExporter().markdown2html(context, source)
