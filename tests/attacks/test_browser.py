"""What a student's notebook shows must not run, or act, in the browser of whoever grades it."""

import html.parser
import json
from pathlib import Path

import arena
import nbformat
import numpy as np
import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_markdown_cell, new_output, new_raw_cell
from nbgrader.server_extensions.formgrader import handlers
from traitlets.config import Config

from grader.comparison import Output
from grader.course.feedback.marks import Standing
from grader.course.feedback.outline import outline
from grader.course.feedback.page import feedback_page, read_handed
from grader.course.grading import GRADED
from grader.marks import render_block
from grader.verdicts.where import panels

pytestmark = pytest.mark.slow

GOOD = arena.SOURCE.cells[2].source
STYLES = Path(handlers.__file__).parent / "static/node_modules/bootstrap/dist/css"
SCRIPT = "<script>STEAL()</script>"
IMAGE = '<img src="x" onerror="STEAL()">'
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SHOWN = {
    "html": ({"text/html": SCRIPT + IMAGE, "text/plain": "x"}, {}),
    "html-in-a-frame": ({"text/html": "<iframe srcdoc='&lt;script>STEAL()&lt;/script>'>"}, {}),
    "html-link": ({"text/html": "<a href='javascript:STEAL()'>full marks</a>"}, {}),
    "javascript": ({"application/javascript": "STEAL()", "text/plain": "x"}, {}),
    "svg": ({"image/svg+xml": f"<svg xmlns='http://www.w3.org/2000/svg'>{SCRIPT}</svg>"}, {}),
    "markdown": ({"text/markdown": IMAGE}, {}),
    "latex": ({"text/latex": f"$x$ {SCRIPT}"}, {}),
    "picture": ({"image/png": f'x" onerror="STEAL()" x="{PNG}'}, {}),
    "size-of-a-picture": (
        {"image/png": PNG},
        {"image/png": {"width": "1 onload=STEAL()", "height": "1 onload=STEAL()"}},
    ),
    "widget": ({"application/vnd.jupyter.widget-view+json": {"model_id": f"x'>{SCRIPT}"}}, {}),
    "unknown": ({"text/x-unknown": SCRIPT}, {}),
}
TEXTS = {
    "script": SCRIPT,
    "image": IMAGE,
    "link": "[full marks](javascript:STEAL())",
    "link-in-html": "<a href=' javascript:STEAL()'>full marks</a>",
    "svg": "<svg><script>STEAL()</script></svg>",
    "math": f"$x {SCRIPT} y$ and $$ {IMAGE} $$",
    "fence": f"```{IMAGE}\n{IMAGE}\n```",
    "heading": f"# {IMAGE}",
    "frame": "<iframe src='javascript:STEAL()'></iframe>",
    "form": "<form action='javascript:STEAL()'><button>full marks</button></form>",
    "style": "<style>@import url(javascript:STEAL());</style>",
    "base": "<base href='javascript:STEAL()//'>",
    "refresh": "<meta http-equiv='refresh' content='0;url=javascript:STEAL()'>",
    # formgrader finds its buttons by class, and its marks by id: an answer could press the one, or
    # be taken for the other.
    "class": '<div class="full-credit STEAL">No sé.</div>',
    "class-in-lines": '<p\n  class="STEAL">No sé.</p>',
    "class-after-a-tag": '<p title="<" class=STEAL>No sé.</p>',
    "class-after-a-slash": "<p/class=STEAL>No sé.</p>",
    "class-in-a-broken-tag": "<p class=STEAL <b>No sé.</p>",
    "class-of-a-list": "- <li class='STEAL'>No sé.</li>",
    "class-in-a-picture": "\\![<b class=STEAL>](x.png)",
    "class-of-a-fence": "```STEAL\nx = 1\n```",
    "class-by-mathjax": "$\\class{STEAL}{x} \\cssId{STEAL}{y}$",
    "id": "<span id='STEAL'>No sé.</span>",
    "id-of-a-heading": "# STEAL",
    "name": "<a name='STEAL'>No sé.</a>",
    # A picture from elsewhere tells its owner who grades, and a page of theirs may be on this server.
    "remote-picture": "![x](https://example.org/STEAL.png)",
    "remote-picture-in-html": "<img src=https://example.org/STEAL.png>",
    "remote-picture-by-reference": "![x][r]\n\n[r]: https://example.org/STEAL.png",
    "remote-picture-in-disguise": "![x](https&#58;//example.org/STEAL.png)",
    "picture-of-the-server": "![x](/logout?STEAL)",
    "picture-set": "<img srcset='https://example.org/STEAL.png 2x'>",
    "link-within-the-server": "[full marks](STEAL.html)",
}


class Danger(html.parser.HTMLParser):
    """Collect what a page would run, or load, of an attacker's."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.script = False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        """Look at the attributes of an element."""
        self.script = tag == "script"
        for name, value in attributes:
            acts = name in ("srcdoc", "src", "srcset", "action", "content", "class", "id", "name")
            acts |= name == "href" and not (value or "").startswith("https://")
            picture = tag == "img" and (value or "").startswith("data:image/")
            if (acts or name.startswith("on")) and not picture and "STEAL" in (value or ""):
                self.found.append((tag, name, value))

    def handle_endtag(self, tag):
        """Leave an element."""
        self.script = False

    def handle_data(self, text):
        """Look at the text of a script."""
        if self.script and "STEAL" in text:
            self.found.append(("script", "", text))
        if "\\class{STEAL" in text or "\\cssId{STEAL" in text:
            self.found.append(("math", "", text))


def pages(text):
    """Return a graded notebook as formgrader and as feedback show it."""
    config = Config()
    namespace = {"get_config": lambda: config}
    exec((arena.HERE.parents[1] / "nbgrader_config.py").read_text(), namespace)
    resources = {
        "nbgrader": dict.fromkeys(("score", "max_score", "late_penalty"), 0) | {"notebook": "tiny"},
        **dict.fromkeys(("base_url", "notebook_id", "assignment_id", "submission_id"), ""),
        **dict.fromkeys(("index", "total", "last_name", "first_name", "student"), 0),
    }
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    config.HTMLExporter.extra_template_paths = [str(STYLES)]
    exporter = HTMLExporter(config=config)
    notebook = nbformat.reads(text, as_version=4)
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.update(score=0, comment="")
    yield exporter.from_notebook_node(notebook, json.loads(json.dumps(resources)))[0]
    outlined = outline(nbformat.writes(arena.SOURCE))
    nobody = Standing("ana", "", arena.LAB, None, None, 0.0, {}, {})
    yield feedback_page(outlined, nobody, read_handed(json.loads(text)))


def danger(graded):
    """Return what runs on either page of a graded notebook."""
    assert graded.status == GRADED, graded.reason
    return [
        found for page in pages(graded.notebooks[arena.LAB].text) for found in Danger(page).found
    ]


def test_what_a_student_wrote_is_on_the_page():
    """The pages that these tests look at hold the student's answer, and their code."""
    notebook = nbformat.from_dict(arena.SOURCE)
    notebook.cells[-1].source = "Porque **sí**."
    for whole in pages(nbformat.writes(notebook)):
        assert "<strong>sí</strong>" in whole
        assert "zero_pad" in whole


def test_what_is_dangerous_is_seen():
    """The eyes of these tests see a script, an event, a link that runs, a class and an id."""
    page = SCRIPT + IMAGE + "<a href='javascript:STEAL()'><b class='STEAL'><b id='STEAL'>"
    assert len(Danger(page).found) == 5


@pytest.mark.parametrize("name", SHOWN)
def test_an_output_runs_nothing(name, ground):
    """Whatever a cell displays, feedback and formgrader hold nothing of it that a browser runs."""
    data, metadata = SHOWN[name]
    cell = (
        f"from IPython.display import display\ndisplay({data!r}, metadata={metadata!r}, raw=True)"
    )
    graded = ground.fight(arena.notebook(f"{GOOD}\n{cell}"))
    assert graded.score == arena.FULL
    assert not danger(graded)


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_runs_nothing_and_acts_on_nothing(name, ground):
    """Nor does what a student writes in an answer, a text of their own, or a cell of raw text."""

    def write(notebook):
        notebook.cells[-1].source = TEXTS[name]
        notebook.cells.insert(1, new_raw_cell(TEXTS[name], id="mine"))
        notebook.cells.insert(1, new_markdown_cell(TEXTS[name], id="mine-too"))

    assert not danger(ground.fight(arena.notebook(GOOD, write)))


ACTIONS = [name for name in TEXTS if name.startswith(("class", "id", "remote", "picture"))]


@pytest.mark.parametrize("name", sorted({*ACTIONS} - {"class-of-a-fence", "id-of-a-heading"}))
def test_a_graded_notebook_acts_on_no_page(name, ground):
    """What is kept in autograded/ has no class, id or far picture in it, whoever shows it."""

    def write(notebook):
        notebook.cells[-1].source = TEXTS[name]

    graded = ground.fight(arena.notebook(GOOD, write)).notebooks[arena.LAB]
    notebook = nbformat.reads(graded.text, as_version=4)
    page = HTMLExporter().from_notebook_node(notebook)[0]
    assert not [found for found in Danger(page).found if found[1] != "href"]


def test_names_of_cells_and_pictures_run_nothing(ground):
    """Nor do ids, tags, kinds and names of pictures."""

    def write(notebook):
        cell = notebook.cells[0]
        cell["id"] = f'"{IMAGE}'
        cell.metadata["tags"] = [f'"{IMAGE}']
        cell["attachments"] = {"a.png": {f'image/png,"{IMAGE}': f'"{IMAGE}'}}
        cell.source = f"![x](attachment:a.png) ![{IMAGE}](attachment:a.png)"

    assert not danger(ground.fight(arena.notebook(GOOD, write)))


def test_a_message_of_the_judge_runs_nothing(ground):
    """What a student's exception says is shown as text."""
    code = f"def zero_pad(X, pad):\n    raise ValueError({IMAGE!r})"
    graded = ground.fight(arena.notebook(code))
    assert IMAGE in str(graded.notebooks[arena.LAB].blocks)
    assert not danger(graded)


class Tags(html.parser.HTMLParser):
    """List the elements of a page, with their attributes in whatever order."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        """Take note of an element."""
        self.found.append((tag, dict(attributes)))


def test_a_picture_of_ours_is_on_both_pages():
    """Feedback and formgrader show all that a block unfolds, and it acts on nothing of theirs."""
    shown = panels(np.zeros((5, 5)), np.eye(5), Output("Z", ("alto", "ancho")))
    text, page = render_block("a/b", 1, 0, ["Z difiere."], ["El caso."], shown, passed=False)
    output = new_output("display_data", {"text/plain": text, "text/html": page})
    notebook = nbformat.from_dict(arena.SOURCE)
    next(cell for cell in notebook.cells if cell.id == "test_zero_pad_basic").outputs = [output]
    ours = Tags(page).found
    assert {"details", "summary", "svg", "path"} <= {tag for tag, _ in ours}
    formgrader, feedback = (Tags(whole).found for whole in pages(nbformat.writes(notebook)))
    first = formgrader.index(ours[1]) - 1
    assert formgrader[first : first + len(ours)] == ours
    drawn = [one for one in ours if one[0] in ("g", "path", "text")]
    first = feedback.index(drawn[0])
    assert feedback[first : first + len(drawn)] == drawn
    assert {name for _, named in ours for name in named}.isdisjoint(["id", "class", "href", "src"])
    assert "url(" not in page
