"""What a student reads of their marks, and what the page is for whoever reads it."""

import html.parser
import itertools
import re
from datetime import timedelta
from pathlib import Path

import nbformat
import numpy as np
import pytest
from contrast import contrast
from nbformat.v4 import new_output
from pseudo import Pseudo, left_over
from tiny import LAB, tiny_lab

from grader import words
from grader.comparison import Output
from grader.course.feedback import page as page_module
from grader.course.feedback.marks import Comments, Mark, Standing
from grader.course.feedback.outline import outline
from grader.course.feedback.page import feedback_page, read_handed
from grader.course.submissions.restore import repairs_cell
from grader.marks import render_block
from grader.verdicts.where import panels

SOURCE = nbformat.writes(tiny_lab())
MESSAGE = "zero_pad: X_pad difiere. Pista: usa `np.pad`."


def graded_notebook(answer="Porque **sí**.", attachments=None):
    """Return the tiny lab as it lies graded: one block passed, and one failed."""
    notebook = tiny_lab()
    for cell, passed in zip(notebook.cells[4:6], (True, False), strict=True):
        said = () if passed else [MESSAGE]
        _, shown = render_block(
            f"zero_pad/{cell.id}", 2, 2 * passed, said, ["El caso."], passed=passed
        )
        cell.outputs = [new_output("display_data", {"text/html": shown})]
    notebook.cells[-1].source = answer
    if attachments is not None:
        notebook.cells[-1]["attachments"] = attachments
    notebook.cells.insert(0, repairs_cell(["una celda volvió a su lugar"]))
    return notebook


def page(notebook=None, *, find=lambda _name: "", **about):
    """Return the page of the tiny lab."""
    standing = {
        "student": "avila",
        "name": "José Ávila",
        "notebook": LAB,
        "timestamp": None,
        "late": None,
        "penalty": 0.0,
        "marks": {
            "test_zero_pad_basic": Mark(2, 2, None, 0),
            "test_zero_pad_no_padding": Mark(1, 0, None, 0),
            "question_why": Mark(2, None, None, 0),
        },
        "comments": {},
        **about,
    }
    handed = read_handed(notebook or graded_notebook(), find)
    return feedback_page(outline(SOURCE), Standing(**standing), handed)


def text(shown):
    """Return what a page says, in one line."""
    body = shown.partition("<body>")[2]
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


def test_the_total_is_on_top_with_what_still_may_come():
    """Before anything else a student reads their marks, and how many a person has yet to give."""
    said = text(page())
    assert "Tus puntos 2 de 5 puntos" in said
    assert "Falta que una persona califique 1 respuesta: puede darte hasta 2 puntos más." in said
    assert said.index("Tus puntos") < said.index("zero_pad")


def test_a_penalty_is_taken_off_and_told():
    """Who was late reads what that cost, and by how much they missed the deadline."""
    said = text(page(penalty=0.5, late=timedelta(days=1, hours=3, minutes=5)))
    assert "1.5 de 5 puntos" in said
    assert "2 por lo que hiciste, menos 0.5 por entregar tarde." in said
    assert "Entregaste 1 día y 3 horas después de la fecha límite." in said
    assert "0 de 5 puntos" in text(page(penalty=3.0))


@pytest.mark.parametrize(
    ("late", "said"),
    [
        (timedelta(seconds=1), "1 minuto"),
        (timedelta(minutes=59), "59 minutos"),
        (timedelta(hours=2, minutes=30), "2 horas"),
        (timedelta(days=2), "2 días"),
    ],
)
def test_lateness_is_told_as_people_tell_it(late, said):
    """In minutes, hours, or days, whatever is the largest."""
    assert f"Entregaste {said} después" in text(page(late=late))


def test_what_a_person_gave_goes_before_what_the_judge_gave():
    """A mark by hand counts, with what was added; the page says that a person gave it."""
    marks = {
        "test_zero_pad_basic": Mark(2, 2, None, 0),
        "test_zero_pad_no_padding": Mark(1, 0, 1, 0),
        "question_why": Mark(2, None, 1.5, 0.25),
    }
    said = text(page(marks=marks))
    assert "4.75 de 5 puntos" in said
    assert "(puestos a mano)" in said
    assert "(puestos a mano, +0.25 extra)" in said
    assert "Falta que" not in said


def test_a_comment_stands_by_what_it_is_about():
    """A person's comment is shown as they wrote it, below the answer; an empty answer is told."""
    shown = page(
        comments={
            "question_why": Comments("Casi: **¿y si** $x<0$?"),
            "zero_pad": Comments(is_unanswered=True),
        }
    )
    said = text(shown)
    assert said.index("Porque") < said.index("Comentario de quien calificó")
    assert "<strong>¿y si</strong> <code>$x&lt;0$</code>" in shown
    assert "Dejaste zero_pad como estaba." in said
    assert "def zero_pad" not in said


def test_what_failed_is_told_with_its_hint_and_what_passed_in_a_line():
    """A failure is a heading, its message, its hint on a line of its own, and its case, folded."""
    shown = page()
    failed = re.search(r'<li class="failed">.*?</li>', shown, re.DOTALL)[0]
    assert "<h3>" in failed
    assert '<p class="said hint"><strong>Pista:</strong> usa <code>np.pad</code>.</p>' in failed
    assert "<details><summary>Ver el caso</summary>" in failed
    passed = re.search(r'<li class="passed">.*?</li>', shown, re.DOTALL)[0]
    assert "<h3>" not in passed
    assert "Bien:" in passed


def test_what_is_said_of_several_that_passed_is_said_once():
    """A note on blocks that earned their marks all the same stands by the first of them alone."""
    notebook = graded_notebook()
    for cell in notebook.cells[5:7]:
        _, shown = render_block("zero_pad/a", 1, 1, ["Lo que falla es otra."], passed=True)
        cell.outputs = [new_output("display_data", {"text/html": shown})]
    assert text(page(notebook)).count("Lo que falla es otra.") == 1


def test_a_students_code_and_repairs_are_folded():
    """Code is below a fold, as text; so is what had to be repaired."""
    shown = page()
    code = re.search(
        r"<details><summary>Tu código de <code>zero_pad</code></summary><pre><code>(.*?)</code>",
        shown,
        re.DOTALL,
    )
    assert "def zero_pad(X, pad):" in code[1]
    assert "una celda volvió a su lugar" in shown


AXES = ("imagen", "alto", "ancho", "canal")
PNG = "iVBORw0KGgo="


@pytest.mark.parametrize(
    ("answer", "attachments", "held"),
    [
        ("![f](attachment:f.png)", {"f.png": {"image/png": PNG}}, True),
        ("![f](attachment:f.png)", None, False),
        ("![f](attachment:f.png)", {"f.png": {"text/html": "<b>"}}, False),
        ("![f](attachment:f.png)", {"f.png": None}, False),
        ("![f](attachment:cu%C3%A1nto%201.png)", {"cuánto 1.png": {"image/png": PNG}}, True),
        ("![f](attachment:cua\u0301nto.png)", {"cuánto.png": {"image/png": [PNG]}}, True),
        ("<img src='attachment:f.png' width='30'>", {"f.png": {"image/png": PNG}}, True),
        ("![f](foto.png)", None, True),
        ("![f](otra.png)", None, False),
    ],
)
def test_an_answers_picture_is_on_the_page_or_told_missing(answer, attachments, held):
    """Attached under whatever name, or beside the notebook, it is shown; a missing one is named."""
    found = {"foto.png": f"data:image/png;base64,{PNG}"}
    notebook = graded_notebook(answer, attachments)
    shown = page(notebook, find=lambda name: found.get(name, ""))
    assert (f'src="data:image/png;base64,{PNG}"' in shown) == held
    assert ("(falta la imagen " in shown) != held


def test_a_page_says_the_same_as_long_as_nothing_changes():
    """Twice made, it is the same to the letter."""
    assert page() == page()


# ------------------------------------------------------------------------- for whoever reads it


class Elements(html.parser.HTMLParser):
    """The elements of a page, in order, with their attributes."""

    def __init__(self, shown):
        super().__init__()
        self.found = []
        self.open = []
        self.feed(shown)

    def handle_starttag(self, tag, attributes):
        """Take note of an element."""
        self.found.append((tag, dict(attributes)))
        if tag not in ("meta", "img", "br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        """See that it is the last one that was opened."""
        assert self.open.pop() == tag


def test_a_page_is_whole_and_in_order_for_a_screen_reader():
    """Its language, landmarks, headings without a gap, unique ids, and names for what is drawn."""
    shown = page(
        graded_notebook("# Grande\n\n![f](attachment:f.png)", {"f.png": {"image/png": PNG}})
    )
    seen = Elements(shown)
    assert seen.open == []
    assert seen.found[0] == ("html", {"lang": "es"})
    tags = [tag for tag, _ in seen.found]
    assert [tags.count(tag) for tag in ("header", "main", "nav", "footer", "h1")] == [1] * 5
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), levels
    ids = [named["id"] for _, named in seen.found if "id" in named]
    assert len(ids) == len(set(ids))
    for _tag, named in seen.found:
        assert named.get("aria-labelledby", ids[0]) in ids
        assert not named.get("href", "").startswith("#") or named["href"][1:] in ids
    assert all(named.get("alt") == "f" for tag, named in seen.found if tag == "img")


def test_a_page_fetches_nothing():
    """Nothing on it has an address but links that a person follows, and a browser is told so too."""
    shown = page()
    policies = [named["content"] for _, named in Elements(shown).found if "http-equiv" in named]
    assert policies == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]
    assert not re.search(r"<script|<link|@import|url\(|src=\"(?!data:)", shown)


def test_a_page_is_small_however_much_failed():
    """Less than 100 kB, also where 60 blocks fail, each for a reason and with a picture of its own."""
    rng = np.random.default_rng(1)
    wrong = np.zeros((2, 20, 20, 5))
    notebook, test = graded_notebook(), graded_notebook().cells[5]
    test.outputs = []
    for number in range(60):
        shown = panels(wrong, (rng.random(wrong.shape) < 0.5) * 1.0, Output("Z", AXES))
        said = [f"{number}: Z difiere en {number} valores. Pista: {'mira bien ' * 20}"]
        _, told = render_block(
            f"zero_pad/{number}", 1, 0, said, ["El caso: A."], shown, passed=False
        )
        test.outputs.append(new_output("display_data", {"text/html": told}))
    notebook.cells[5] = test
    notebook.cells[3].source = "x = 1\n" * 10_000
    large = page(notebook)
    assert len(page().encode()) < 20_000 < len(large.encode()) < 100_000
    assert large.count("<svg") >= 5
    assert large.count("Ver el caso, y dónde") == 60


def test_every_color_is_read_on_both_grounds():
    """On a light screen, a dark one and on paper, letters have a contrast of 4.5 and more."""
    css = Path(page_module.__file__).with_name("page.css").read_text()
    grounds = [dict(re.findall(r"--(\w+): (#\w+)", one)) for one in css.split(":root")[1:]]
    grounds = [
        {k: v if len(v) == 7 else "#" + "".join(c * 2 for c in v[1:]) for k, v in one.items()}
        for one in grounds
    ]
    assert len(grounds) == 3
    for ground in grounds:
        for letters in ("ink", "soft", "good", "bad", "hand", "wait"):
            for behind in ("paper", "card"):
                assert contrast(ground[letters], ground[behind]) >= 4.5, (letters, behind)


def test_no_word_is_left_over_of_a_page():
    """All that the page says besides the lab, the student and who marked goes through gettext."""
    before = words._words[0]
    words.use_words(Pseudo())
    try:
        shown = page(
            penalty=1.0,
            late=timedelta(hours=1),
            marks={"zero_pad": Mark(1, 0, 1, 1), "question_why": Mark(2, None, None, 0)},
            comments={"question_why": Comments("x"), "zero_pad": Comments(is_unanswered=True)},
        )
    finally:
        words.use_words(before)
    said = re.sub(r"<pre>.*?</pre>|aria-label=\"[^\"]*\"", " ", shown, flags=re.DOTALL)
    theirs = [
        "José Ávila",
        "avila",
        "Mini",
        "zero_pad",
        "Porque",
        "sí",
        "x",
        "tiny",
        MESSAGE,
        "El caso",
    ]
    theirs += ["una celda volvió a su lugar", "test_zero_pad_basic", "test_zero_pad_no_padding"]
    assert left_over(text(said), [*theirs, MESSAGE.replace("`", "")]) == []
