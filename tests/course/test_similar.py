"""Copies are found, independent work isn't, and what can't be told is said."""

import random
import re
from html.parser import HTMLParser

import nbformat
import pytest
from tiny import GOOD, LAB, MINUS_PAD, labkit

from grader.course.shapes import Piece
from grader.course.similar import compare, least_bits
from grader.course.similar.page import Page

EXERCISES = {"short": 2, "forward": 10, "backward": 14}


def piece(shapes):
    """Return a piece of a line a shape."""
    ordered = sorted(shapes)
    return Piece("\n".join(ordered), {shape: (at, at) for at, shape in enumerate(ordered, 1)})


def independent(students, seed=0):
    """Return a class whose students choose each statement among ways that are more or less usual."""
    rng = random.Random(seed)  # noqa: S311 - the same class each time
    usual = [0.6, 0.2, 0.1, 0.05] + [0.05 / 20] * 20
    return {
        f"student-{number:03d}": {
            exercise: piece(
                {
                    f"{exercise} {slot} {rng.choices(range(len(usual)), usual)[0]}"
                    for slot in range(size)
                }
            )
            for exercise, size in EXERCISES.items()
        }
        for number in range(students)
    }


@pytest.mark.parametrize("students", [20, 120, 400])
@pytest.mark.parametrize("seed", range(5))
def test_independent_work_trips_nothing(students, seed):
    """In classes of any size, nobody is called alike who wasn't."""
    assert compare(independent(students, seed)).pairs == []


def test_a_copy_is_found_unless_it_is_said_that_it_cannot_be():
    """Each student's whole work, copied by one more, is a pair, or the copied one can't be told."""
    works = independent(60)
    told = 0
    for student in works:
        found = compare({**works, "zz-copy": works[student]})
        if student not in found.untold:
            told += 1
            assert [(pair.first, pair.second) for pair in found.pairs] == [(student, "zz-copy")]
    assert told > 50


def test_one_exercise_copied_is_enough_where_it_holds_enough():
    """Two who share one long and unusual exercise, and nothing else, are found by it."""
    works = independent(60)
    unusual = piece({f"backward {slot} own" for slot in range(8)})
    for student in ("student-003", "student-041"):
        works[student] = {**works[student], "backward": unusual}
    (pair,) = compare(works).pairs
    assert (pair.first, pair.second) == ("student-003", "student-041")
    assert [one.exercise for one in pair.exercises if one.counts] == ["backward"]


def test_what_many_share_says_nothing():
    """An exercise that half of the class has from somewhere, word for word, makes no pairs of them."""
    works = independent(60)
    shared = piece({f"forward {slot} web" for slot in range(9)})
    for number in range(0, 60, 2):
        works[f"student-{number:03d}"]["forward"] = shared
    assert compare(works).pairs == []


def test_junk_beside_a_copy_hides_nothing():
    """What a copier adds doesn't make the copy any less alike."""
    works = independent(60)
    source = {"backward": piece({f"backward {slot} own" for slot in range(9)})}
    junk = {*source["backward"].shapes, *(f"junk {number}" for number in range(500))}
    found = compare({**works, "a": source, "b": {"backward": piece(junk)}})
    assert [(pair.first, pair.second) for pair in found.pairs] == [("a", "b")]


def test_the_kits_own_code_is_known():
    """Who handed in the solution, or a sample, is paired with it; others aren't."""
    works = independent(60)
    kit = {
        "the solution": {"backward": piece({f"backward {slot} ours" for slot in range(9)})},
        "the sample wrong": {"backward": piece({f"backward {slot} wrong" for slot in range(9)})},
    }
    works["student-007"] = {**works["student-007"], **kit["the sample wrong"]}
    (pair,) = compare(works, kit).pairs
    assert (pair.first, pair.second, pair.with_kit) == ("student-007", "the sample wrong", True)


def test_short_exercises_are_said_to_be_too_short():
    """Of an exercise of two statements, nobody's can be told alone."""
    (short,) = (one for one in compare(independent(120)).told if one.exercise == "short")
    assert short.written == short.too_short == 120


def test_groups_are_who_is_alike_in_a_row():
    """Three who share one work are three pairs and a group."""
    works = independent(60)
    same = {"backward": piece({f"backward {slot} own" for slot in range(9)})}
    found = compare({**works, "a": same, "b": same, "c": same})
    assert len(found.pairs) == 3
    assert found.groups == [["a", "b", "c"]]


@pytest.mark.parametrize("students", [0, 1, 2])
def test_a_class_of_nobody_is_compared(students):
    """There is nothing to tell, and nothing fails."""
    found = compare(independent(students))
    assert found.pairs == []
    assert len(found.students) == students


def test_a_larger_class_needs_more_bits():
    """There are more pairs in which chance may do it."""
    assert least_bits(20) < least_bits(120) < least_bits(400) < least_bits(120) + 5


# ------------------------------------------------------------------------------------------ the page

EVIL = '<script>alert("x")</script><img src=x onerror=alert(1)>'


class Tags(HTMLParser):
    """The elements of a page, and what they point to."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        """Keep it."""
        self.tags.append(tag)
        self.links += [
            value for name, value in attributes if name in ("src", "href", "data", "action")
        ]
        self.links += [name for name, _ in attributes if name.startswith("on")]


@pytest.fixture
def page():
    """A page on two evil students who share a work."""
    works = independent(30)
    lines = [f'x{n} = "{EVIL}"  # {EVIL} de Ana' for n in range(9)]
    shapes = {f"own {n}": (n + 1, n + 1) for n in range(9)}
    works[EVIL] = works["ana"] = {"forward": Piece("\n".join(lines), shapes)}
    return Page(EVIL, compare(works), works, {}, {"broken": EVIL}).html()


def test_the_page_holds_nothing_that_acts(page):
    """It has no scripts, no network and no element that somebody else wrote."""
    found = Tags(page)
    assert not {"script", "img", "iframe", "link", "object", "form"} & {*found.tags}
    assert all(re.fullmatch(r"#pair-\d+", link) for link in found.links)
    assert "url(" not in page
    assert "@import" not in page
    assert page.count("&lt;script&gt;") > 9


def test_names_and_comments_are_hidden_by_one_switch(page):
    """Every name stands beside an alias, and the switch of the style shows one or the other."""
    assert page.count('class="name"') == page.count('class="alias"')
    assert (
        "body:has(#hide:checked) .name, body:has(#hide:checked) .comment { display: none; }" in page
    )
    without = re.sub(r'<(b|span) class="(name|comment)">.*?</\1>', "", page)
    assert "ana" not in re.findall(r"[\w-]+", without)
    assert "de Ana" not in without
    assert "Student 1" in without


def test_the_same_class_makes_the_same_page():
    """Nothing in it depends on chance or the clock."""
    works = independent(30)
    works["b"] = works["a"] = {"forward": piece({f"own {n}" for n in range(9)})}
    pages = {Page(LAB, compare(works), works, {}, {}).html() for _ in range(2)}
    assert len(pages) == 1


# --------------------------------------------------------------------------------------- the command

LONG = """def zero_pad(X, pad):
    m, tall, wide, deep = np.asarray(X).shape
    out = np.full((m, tall + pad * 2, wide + pad * 2, deep), 0.0 * X.sum())
    rows = np.arange(tall)[:, None] + pad
    columns = np.arange(wide)[None, :] + np.int64(pad)
    for one, image in zip(out, np.ascontiguousarray(X), strict=True):
        one[rows, columns] = np.where(np.isnan(image), image, image * 1)
    corner = out[:, :pad].sum() + out[:, tall + pad:].sum()
    assert corner == 0 or np.isnan(X).any() or not pad
    out = np.moveaxis(np.moveaxis(out, 0, -1), -1, 0)
    return out.astype(np.result_type(X, out[:0]))"""


@pytest.mark.slow
def test_a_class_is_compared_and_what_is_nasty_costs_itself(course, hand_in):
    """A renamed copy is found; broken, endless and deep files are listed, and stop nothing."""
    ways = (GOOD, MINUS_PAD)
    for number in range(12):
        hand_in(f"student-{number:02d}", ways[number % 2])
    hand_in("ana", LONG)
    names = dict(
        zip(("X", "pad", "m", "tall", "wide", "deep", "out", "rows"), "abcdefgh", strict=True)
    )
    renamed = re.sub(r"(?<![.\w])\w+", lambda match: names.get(match[0], match[0]), LONG)
    hand_in("luis", renamed.replace("\n", "  # mío\n", 1))
    hand_in("broken", b'{"cells": [')
    hand_in("no-python", "def zero_pad(X, pad):\n    return (X")
    hand_in("deep", "def zero_pad(X, pad):\n    return " + "(" * 5000 + "X" + ")" * 5000)
    hand_in("long", "def zero_pad(X, pad):\n    return X" + "+ X" * 60_000)
    code, said = labkit(course, "similar", LAB)
    assert code == 0, said
    assert "not compared: broken: “el archivo no es un notebook" in said
    pairs = [line.split()[2:4] for line in said.splitlines() if re.match(r" *\d+ bits", line)]
    assert pairs == [["ana", "luis"]]
    page = (course / f"similar-{LAB}.html").read_text(encoding="utf-8")
    assert page.count("corner") >= 4
    assert "# mío" in page


@pytest.mark.slow
def test_the_solution_and_the_samples_are_compared(course, hand_in):
    """Who has a sample's code is told which, as far as it is unusual in the class."""
    folder = course / "examples" / LAB
    folder.mkdir(parents=True)
    sample = f"# Pads by hand.\n# marks: 3\n# %% zero_pad\n{LONG}\n"
    (folder / "by-hand.py").write_text(sample, encoding="utf-8")
    for number in range(12):
        hand_in(f"student-{number:02d}", GOOD if number else LONG)
    code, said = labkit(course, "similar", LAB, "--output=page.html")
    assert code == 0, said
    assert re.search(r"bits  student-00  the sample by-hand  \(zero_pad\)", said)
    assert (course / "page.html").is_file()


@pytest.mark.slow
def test_what_cannot_be_compared_is_said(course):
    """Without submissions, or a place for the page, there is a sentence."""
    code, said = labkit(course, "similar", LAB)
    assert (code, "nobody handed in" in said) == (1, True)
    folder = course / "submitted" / "ana" / LAB
    folder.mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(), folder / f"{LAB}.ipynb")
    code, said = labkit(course, "similar", LAB, "--output=no/where.html")
    assert (code, "can't be written" in said) == (1, True)
