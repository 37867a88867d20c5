"""Of a block's output a page takes texts as texts, and of its picture what draws."""

import numpy as np
import pytest

from grader.comparison import Output
from grader.course.feedback.verdicts import verdicts_of
from grader.marks import render_block
from grader.verdicts.where import panels


def told(page):
    """Return the verdicts in a cell that displays a page."""
    return [
        *verdicts_of({"outputs": [{"output_type": "display_data", "data": {"text/html": page}}]})
    ]


def test_a_block_is_read_as_it_was_written():
    """Its line, its messages, its details and its pictures come back, whatever is in them."""
    shown = panels(np.zeros((5, 5)), np.eye(5), Output("Z", ("alto", "ancho")))
    messages = ["f: Z < 3 & «a»\nPista: usa `x`.", "Igual que en a/b."]
    _, page = render_block("f/some idea", 4, 1.5, messages, ["El caso: <b>."], shown, passed=False)
    (seen,) = told(page)
    assert (seen.block, seen.passed, seen.awarded, seen.points) == ("f/some idea", False, 1.5, 4)
    assert seen.messages == messages
    assert seen.details == ["El caso: <b>.", shown[0].text]
    (picture,) = seen.pictures
    assert picture.count("<path") == shown[0].svg.count("<path")
    assert f'aria-label="{shown[0].text}"' in picture
    assert all(piece in picture for piece in ('role="img"', "viewBox=", "difiere</text>"))


def test_a_block_that_passed_is_its_line():
    """A block that passed says nothing else."""
    (seen,) = told(render_block("f/basic", 4, 4, (), passed=True)[1])
    assert (seen.passed, seen.messages, seen.details, seen.pictures) == (True, [], [], [])


@pytest.mark.parametrize(
    "page",
    [
        "",
        "<b>hola</b>",
        "<script>f()</script>",
        "<div><b>✓ [4/4 puntos]",
        "<svg><path d='M0 0'/></svg>",
    ],
)
def test_what_is_no_block_is_nothing(page):
    """Other HTML among the outputs isn't taken for a verdict."""
    assert told(page) == []


def test_of_a_picture_stays_what_draws():
    """Scripts, events, links and addresses in a picture are gone; shapes and letters stay."""
    svg = (
        '<svg viewBox="0 0 9 9" onload="f()"><script>f()</script><a href="https://c.org">'
        '<path d="M0 0h9" fill="url(https://c.org)" onclick="f()"/></a><image href="https://c.org"/>'
        "<style>@import 'https://c.org'</style><text x='1' y='2'>3 &lt; 4</text></svg>"
    )
    page = render_block("f/a", 1, 0, ["no"], passed=False)[1]
    (seen,) = told(page.replace("</div></div>", f"</div><div>{svg}</div></div>"))
    (picture,) = seen.pictures
    assert 'd="M0 0h9"' in picture
    assert "3 &lt; 4</text>" in picture
    assert not any(
        word in picture for word in ("script", "onload", "onclick", "c.org", "href", "f()")
    )
