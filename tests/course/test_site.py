"""The site that `make docs` makes: whole, found by its readers, and by itself."""

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import urldefrag, urlsplit

import pytest
from tiny import ROOT

pytestmark = pytest.mark.slow

TASKS = {
    "start lab 1 in Colab": "estudiantes/colab.html",
    "grade a zip from Moodle": "instructors/index.html",
    "add a lab": "authors/index.html#a-lab-in-a-minute",
    "what the sandbox doesn't promise": "sandbox.html#what-it-doesn-t-promise",
}


class Page(HTMLParser):
    """What a page links to in its text, what it loads, and its places."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loads, self.ids = [], [], set()
        self._articles = 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        """Take note of a tag."""
        given = dict(attrs)
        self.ids.add(given.get("id"))
        self._articles += tag == "article"
        if tag == "a" and self._articles and given.get("href"):
            self.links.append(given["href"])
        if tag in ("script", "img", "iframe", "source"):
            self.loads.append(given.get("src") or "")
        if tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload"):
            self.loads.append(given["href"])

    def handle_endtag(self, tag):
        """Leave the page's text at its end."""
        self._articles -= tag == "article"


def build(source, target):
    """Make a site as `make docs` does; return its exit code and what it said."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    options = re.search(r"sphinx-build (\S+) .* docs site$", makefile, re.MULTILINE)[1]
    command = [
        sys.executable,
        "-m",
        "sphinx",
        options,
        "-d",
        target.parent / "cache",
        source,
        target,
    ]
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    return ran.returncode, ran.stderr


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, made of docs/ as it is."""
    made = tmp_path_factory.mktemp("site") / "site"
    code, said = build(ROOT / "docs", made)
    assert code == 0, said
    return made


def test_it_loads_nothing_from_elsewhere(site):
    """Neither a page nor a style sheet of the site needs a network."""
    pages = list(site.rglob("*.html"))
    assert pages
    for path in pages:
        assert [one for one in Page(path).loads if urlsplit(one).netloc] == [], path.name
    for path in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import) *['\"]?(https?:)?//", path.read_text("utf-8")), path


def test_each_link_to_elsewhere_is_one(site):
    """A link to another site is https, and names a host."""
    for path in site.rglob("*.html"):
        for link in Page(path).links:
            if (parts := urlsplit(link)).scheme:
                assert parts.scheme == "https", link
                assert re.fullmatch(r"[\w-]+(\.[\w-]+)+", parts.netloc), link


def test_a_page_says_its_language(site):
    """Students' pages are Spanish, what stands around them too, and the others English."""
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        spanish = path.parent.name == "estudiantes"
        assert f'lang="{"es" if spanish else "en"}"' in text, path.name
        assert ('placeholder="Buscar"' in text) == spanish, path.name


@pytest.mark.parametrize("task", TASKS)
def test_its_readers_find_it(task, site):
    """The first page links to where each reader's commonest question is answered."""
    assert TASKS[task] in Page(site / "index.html").links
    name, place = urldefrag(TASKS[task])
    assert not place or place in Page(site / name).ids


def test_a_broken_link_is_an_error(tmp_path):
    """No site is made of a page that links to a page, or to a heading, that isn't there."""
    docs = tmp_path / "docs"
    shutil.copytree(ROOT / "docs/_static", docs / "_static")
    shutil.copy(ROOT / "docs/conf.py", docs)
    broken = ("other.md", "#nowhere", "index.md#nowhere")
    text = "\n".join(["# A page", "", *(f"[here]({one})" for one in broken)])
    (docs / "index.md").write_text(text, encoding="utf-8")
    code, said = build(docs, tmp_path / "site")
    assert code
    assert said.count("myst.xref_missing") == len(broken)
