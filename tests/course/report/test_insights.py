"""What a class tells of itself: common mistakes with an example, what is hard, who needs help."""

import json
from pathlib import Path

from grader.course.report import insights
from grader.course.report.insights import code_of, common, needing_help, success
from grader.course.report.standings import Item, LabBook, Standing

ITEM = Item(("n", "t"), "pad", "basic", 4, by_hand=False)


def standing(student, mark=0.0, lost=(), folder=Path("nowhere"), **more):
    """Return where a student stands who lost blocks to (mistake, hint)."""
    blocks = [
        {"block": "pad/basic", "points": 4, "mistakes": [name] * bool(name), "hints": [hint]}
        for name, hint in lost
    ]
    record = {"lost": blocks, "status": "graded"}
    return Standing(
        student, student, "graded", {ITEM.key: mark}, record=record, folder=folder, **more
    )


def handed_in(folder, source):
    """Write an autograded notebook with such code in the exercise's cell."""
    about = {"metadata": {"nbgrader": {"grade_id": "pad", "solution": True}}, "cell_type": "code"}
    folder.mkdir(parents=True)
    cells = [{**about, "source": source.splitlines(keepends=True)}]
    (folder / "lab.ipynb").write_text(json.dumps({"cells": cells}))
    return folder


def test_mistakes_are_counted_by_who_made_them(tmp_path):
    """A mistake that two made comes first, once each, with the shortest code of theirs."""
    long = handed_in(
        tmp_path / "a", 'def pad(x):\n    """Doc.\n\n    More.\n    """\n    y = x\n    return y\n'
    )
    short = handed_in(tmp_path / "b", "def pad(x):\n    return x\n")
    book = LabBook(
        "lab",
        (ITEM,),
        (
            standing("ana", lost=[("edge", "h"), ("edge", "h")], folder=long),
            standing("beto", lost=[("edge", "h")], folder=short),
            standing("eva", lost=[("", "otra")]),
        ),
    )
    first, second = common(book)
    assert (first.name, first.hint, first.points) == ("edge", "h", 12)
    assert [one.student for one in first.students] == ["ana", "beto"]
    assert (first.example, first.by.student) == ("def pad(x):\n    return x", "beto")
    assert (second.name, second.hint, second.example) == ("", "otra", "")


def test_an_example_comes_without_its_docstring_and_not_endless(tmp_path):
    """Of a long function 40 lines are shown; what isn't Python is shown as it stands."""
    code = 'def pad(x):\n    """Doc.\n\n    More.\n    """\n' + "    x += 1\n" * 99
    shown = code_of(standing("ana", folder=handed_in(tmp_path / "a", code)), "pad").splitlines()
    assert (shown[:2], shown[-1], len(shown)) == (["def pad(x):", "    x += 1"], "…", 41)
    broken = handed_in(tmp_path / "b", "def pad(x:\n    \x1b[2J")
    assert code_of(standing("b", folder=broken), "pad") == "def pad(x:\n    �[2J"
    assert code_of(standing("c"), "pad") == ""


def test_an_example_that_nobody_typed_is_not_parsed(tmp_path, monkeypatch):
    """Of megabytes the first lines are shown, and no tree is made, which would take gigabytes."""
    parse, parsed = insights.ast.parse, []
    monkeypatch.setattr(insights.ast, "parse", lambda text: parsed.append(len(text)) or parse(text))
    code = "def pad(x):\n" + "    x += 1\n" * 5000
    shown = code_of(standing("ana", folder=handed_in(tmp_path / "a", code)), "pad").splitlines()
    assert (shown[1], shown[-1], len(shown)) == ("    x += 1", "…", 41)
    assert max(parsed) <= insights.LONGEST < len(code)


def test_a_stub_and_a_broken_helper_are_no_example(tmp_path):
    """What wasn't written isn't shown as code, and a caller's blocks don't repeat a helper's mistake."""
    stub = handed_in(tmp_path / "a", "def pad(x):\n    raise NotImplementedError()\n")
    one = standing("ana", lost=[("", "falta")], folder=stub)
    other = standing("beto")
    other.record["lost"].append({"block": "conv/a", "points": 1, "broken": ["pad"], "hints": []})
    (found,) = common(LabBook("lab", (ITEM,), (one, other)))
    assert (found.hint, found.example) == ("falta", "")


def test_success_counts_who_has_all_and_none_but_not_who_waits():
    """The mean share is of those who have marks there."""
    people = [standing("a", 4), standing("b", 1), standing("c"), standing("d", waiting=(ITEM.key,))]
    found = success("pad", [ITEM], people)
    assert (found.full, found.none, found.count, found.waiting) == (1, 1, 3, 1)
    assert found.mean == 5 / 12


def test_who_has_less_than_half_needs_help_the_fewest_first():
    """What waits for a person counts for nobody's need."""
    book = LabBook(
        "lab", (ITEM,), (standing("a", 1), standing("b", 2), standing("c"), standing("d", 3))
    )
    assert [one.student for one in needing_help(book)] == ["c", "a"]
