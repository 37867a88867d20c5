"""What a student wrote is shown with all that only shows something, and nothing that acts."""

import html

import jinja2
import pytest
from nbconvert.exporters import HTMLExporter

from grader.course import pages
from grader.course.pages import markdown, shown, tame

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


def test_a_page_shows_what_it_can_of_an_answer():
    """An attachment under an accented name is found; one that is missing is named, and nothing stops."""
    attachments = {"cuánto 1.png": {"image/png": "AAAA"}}
    context = jinja2.Environment(autoescape=True).from_string("").new_context
    found = markdown(
        context({"cell": {"attachments": attachments}}), "![f](attachment:cu%C3%A1nto%201.png)"
    )
    assert 'src="data:image/png;base64,AAAA"' in found
    missing = markdown(context({"cell": {}}), "![f](attachment:a.png) y **sigue**")
    assert "(falta la imagen a.png)" in missing
    assert "<strong>sigue</strong>" in missing


@pytest.mark.parametrize(
    "attachments",
    [
        {"a.png": {"image/png": 'x" onerror="f()'}},
        {"a.png": {"image/png": ["AA", "<b>"]}},
        {"a.png": {"text/html": "AAAA"}},
        {"a.png": {}},
        {"a.png": "AAAA"},
        {},
    ],
)
def test_an_attachment_that_is_no_picture_is_missing(attachments):
    """What isn't a picture's bytes, written as pictures are, is told missing and shown nowhere."""
    assert (
        shown("![f](attachment:a.png)", attachments) == "<p><em>(falta la imagen a.png)</em></p>\n"
    )


@pytest.mark.parametrize("find", [None, lambda _name: "data:image/png;base64," + "A" * 78])
def test_a_picture_that_is_shown_a_thousand_times_has_its_bounds(monkeypatch, find):
    """A text's pictures weigh so much together; of those beyond it their names are told."""
    monkeypatch.setattr(pages, "MOST_PICTURES", 1000)
    name = "attachment:a.png" if find is None else "a.png"
    page = shown(f"![f]({name})\n" * 200, {"a.png": {"image/png": "A" * 78}}, find=find)
    assert page.count("AAAA" * 19) == 10
    assert page.count("(falta la imagen a.png)") == 190


def test_what_cannot_be_read_is_shown_as_it_was_typed(monkeypatch):
    """A text that Markdown's parser stumbles over, or too long for anybody, is shown as text."""
    assert shown("*a*" * 100_000).startswith("<pre>*a*")

    def stumble(_text):
        raise RecursionError

    monkeypatch.setattr(pages, "_markdown", lambda _formulas: stumble)
    assert shown("**a** <b>") == "<pre>**a** &lt;b&gt;</pre>"


def test_formgrader_waits_for_no_text(monkeypatch):
    """A text on which Markdown's parser goes on and on is shown as it was typed, and nobody waits."""
    monkeypatch.setattr(pages, "PATIENCE_S", 0.05)
    context = jinja2.Environment(autoescape=True).from_string("").new_context({"cell": {}})
    text = "<div>" * (pages._LONG // 5)
    assert markdown(context, text) == f"<pre>{html.escape(text)}</pre>"


def test_formulas_are_for_mathjax_or_as_they_were_typed():
    """Where there is no MathJax a formula is shown as code, and none of it becomes HTML."""
    assert shown("$a<b$ y\n\n$$x_1$$") == "<p>$a&lt;b$ y</p>\n<p>$$x_1$$</p>\n"
    typed = shown("$a<b$ y\n\n$$x_1$$", formulas_as_text=True)
    assert "<code>$a&lt;b$</code> y" in typed
    assert "<pre>$$x_1$$</pre>" in typed
