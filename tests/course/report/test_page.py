"""The page holds the class, needs no network, and nothing of a student's acts on it."""

import base64
import csv
import hashlib
import html.parser
import json
import re
from datetime import datetime

import pytest
from browser import chromium
from tiny import LAB, MINUS_PAD, labkit

EVIL = '<script>STEAL()</script><img src=x onerror="STEAL()">'


class Page(html.parser.HTMLParser):
    """What a page is made of: its tags, and its text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        """Take note of an element."""
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        """Take note of text."""
        self.text += data


@pytest.fixture
def made(record, gradebook, course):
    """A class of four, with mean names and code, and the page of it."""
    with_name = {"first_name": EVIL, "last_name": "=1+1"}
    record("ana", 2, 1, when=datetime(2030, 1, 2))  # noqa: DTZ001
    record("beto", 2, 0, code=f"{MINUS_PAD}\n# {EVIL}")
    record("eva", 2, 0, code=f"{MINUS_PAD}\n# {EVIL} y más\n# todavía", repairs=(EVIL,))
    gradebook.add_student("zoe", **with_name)
    gradebook.update_or_create_student("beto", **with_name)
    gradebook.update_or_create_assignment(LAB, duedate="2030-01-01 00:00:00 UTC")
    folder = course / "feedback" / "ana" / LAB
    folder.mkdir(parents=True)
    (folder / f"{LAB}.html").write_text("…")
    code, said = labkit(course, "report", LAB, "--html")
    assert code == 0, said
    assert said.split() == [str(course / "report" / f"{LAB}{end}") for end in (".html", ".csv")]
    return Page((course / "report" / f"{LAB}.html").read_text())


def test_nothing_of_a_students_acts(made):
    """Of names, code and repairs nothing becomes an element, and nothing is fetched."""
    scripts = [about for tag, about in made.tags if tag == "script"]
    assert scripts == [{}]
    assert not [tag for tag, _ in made.tags if tag in ("img", "link", "iframe", "object", "form")]
    for _, about in made.tags:
        assert not [name for name in about if name.startswith("on") or name == "src"]
        assert "STEAL" not in about.get("href", "")
    assert EVIL in made.text


def test_the_policy_lets_only_our_script_run(made, course):
    """The page names its own script by its hash, and forbids all else, the network too."""
    text = (course / "report" / f"{LAB}.html").read_text()
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = (a["content"] for t, a in made.tags if a.get("http-equiv") is not None)
    assert policy.startswith("default-src 'none';")
    assert f"script-src 'sha256-{digest}'" in policy
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", text).replace("http-equiv", "")


def test_the_class_is_on_it(made):
    """It shows the mistake that several made with an example, who waits, is late, and is missing."""
    for said in (
        *("minus_pad", "escribe el final del corte", "def zero_pad(X, pad):", "no_padding"),
        *("median", "Open answers to grade", "Late", "24.0 h", "Handed nothing in", "Repaired"),
    ):
        assert said in made.text
    names = [about["href"] for tag, about in made.tags if tag == "a"]
    assert set(names) == {f"../feedback/ana/{LAB}/{LAB}.html"}
    figures = [about for tag, about in made.tags if tag == "svg"]
    assert len(figures) == 2
    assert all(about["role"] == "img" and about["aria-label"] for about in figures)


def test_figures_take_the_pages_colours(made, course):
    """No colour of a figure is its own: by night they are those of the night."""
    text = (course / "report" / f"{LAB}.html").read_text()
    figures = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    colours = {one for figure in figures for one in re.findall(r": (#\w{6})", figure)}
    assert colours <= {"#000000", "#ffffff"}
    assert all("var(--ink)" in figure for figure in figures)
    assert not re.findall(r' id="(?![mpC])', "".join(figures))


def test_names_are_hidden_by_one_switch(made):
    """Each name stands beside an alias, and nothing else of the page tells who it is."""
    kinds = [about.get("class") for _, about in made.tags]
    assert kinds.count("name") == kinds.count("alias") > 4
    assert ("button", "names") in [(tag, about.get("id")) for tag, about in made.tags]
    assert {f"Student {number}" for number in (1, 2, 3, 4)} <= set(
        re.findall(r"Student \d+", made.text)
    )


def test_the_csv_beside_it_holds_no_formula(made, course):
    """It has a row a student, ungraded is empty, and no cell is computed."""
    with (course / "report" / f"{LAB}.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file, strict=True)}
    assert list(rows) == ["ana", "beto", "eva", "zoe"]
    assert [row["score"] for row in rows.values()] == ["3.0", "2.0", "2.0", ""]
    assert rows["ana"]["hours_late"] == "24.0"
    assert rows["beto"]["reasons"] == "escribe el final del corte (-1)"
    assert not any(value.startswith("=") for row in rows.values() for value in row.values())


def test_json_is_a_record_a_student(made, course):
    """--json prints where each stands, a line each, and nothing but."""
    code, said = labkit(course, "report", LAB, "--json")
    assert code == 0
    found = [json.loads(line) for line in said.splitlines()]
    assert [(one["student"], one["score"], one["state"]) for one in found] == [
        ("ana", 3, "graded"),
        ("beto", 2, "graded"),
        ("eva", 2, "graded"),
        ("zoe", None, "missing"),
    ]
    assert found[1]["mistakes"] == ["minus_pad"]
    assert found[0]["to_grade_by_hand"] == ["question_why"]
    assert found[0]["seconds_late"] == 86_400


def test_the_course_is_a_page_too(made, course):
    """Without LAB the page shows labs side by side, and leads to theirs; the terminal has a table."""
    code, said = labkit(course, "report", "--html")
    assert code == 0, said
    page = Page((course / "report" / "course.html").read_text())
    assert f"{LAB}.html" in [about.get("href") for tag, about in page.tags if tag == "a"]
    assert "Who needs help" in page.text
    assert [tag for tag, _ in page.tags].count("script") == 1
    code, said = labkit(course, "report")
    assert code == 0
    assert re.search(r"ana +100 % +100 %", said)


def test_a_file_can_be_named_and_must_be_a_page(made, course, tmp_path):
    """--html FILE writes there, and links lead from there; a lab's name isn't taken for a file."""
    where = tmp_path / "deep" / "mine.html"
    assert labkit(course, "report", LAB, "--html", str(where))[0] == 0
    links = [about["href"] for tag, about in Page(where.read_text()).tags if tag == "a"]
    assert all((where.parent / one).resolve().is_file() for one in links)
    code, said = labkit(course, "report", "--html", LAB)
    assert code == 1
    assert "ends with .html" in said


def test_nothing_graded_is_a_sentence(course):
    """A lab that nobody handed in is an error that names the command that grades."""
    code, said = labkit(course, "report", LAB)
    assert code == 1
    assert f"labkit autograde {LAB}" in said


@pytest.mark.slow
def test_a_word_without_end_widens_no_page(record, gradebook, course, tmp_path):
    """However long a word in a name, a reason or a repair is, nobody scrolls sideways."""
    record("ana", 2, 0, mistake="m" * 900, repairs=("r" * 900,))
    gradebook.update_or_create_student("ana", first_name="a" * 150)
    assert labkit(course, "report", LAB, "--html")[0] == 0
    with chromium(tmp_path) as browser:
        browser.open(f"file://{course}/report/{LAB}.html")
        page = "document.documentElement"
        assert browser.run(f"return {page}.scrollWidth <= {page}.clientWidth")
