"""The named mistakes are tried on a lab's checks, and those that it would miss are told."""

from dataclasses import replace

import pytest
from course import answers_on, find

from grader.judging.trials import alike_in_groups, try_mistakes, twins
from grader.session import Check

ANSWERS = answers_on("zero_pad")
MISTAKES = ANSWERS.catalogue.find("zero_pad").mistakes


def checks(*groups):
    """Return check_torch on groups of zero_pad."""
    return [Check("check_torch", {"name": "zero_pad", "group": group}) for group in groups]


def problems(*groups, answers=ANSWERS):
    """Return what is wrong with each mistake that isn't caught by checks on `groups`."""
    found = try_mistakes("zero_pad", checks(*groups), answers)
    return {trial.mistake: trial.problem for trial in found if trial.problem}


def test_all_groups_together_catch_every_mistake():
    """Each mistake fails some group of its exercise and is known by its name."""
    found = try_mistakes("zero_pad", checks(*find("zero_pad").groups), ANSWERS)
    assert [trial.mistake for trial in found] == [mistake.name for mistake in MISTAKES]
    assert [trial.problem for trial in found if trial.problem] == []


def test_a_mistake_that_a_lab_does_not_test_is_told():
    """Without the group on pad 0, the slice that fails there loses nothing."""
    assert "loses no marks" in problems("basic", "rectangular")["slices_with_minus_pad"]


def test_without_checks_every_mistake_is_told():
    """A lab that makes no check of an exercise catches none of its mistakes."""
    assert len(problems()) == len(MISTAKES)


@pytest.fixture
def with_twin(monkeypatch):
    """The answers where an exercise has two mistakes that do the same."""
    twin = replace(MISTAKES[0], name="twin")
    answers = answers_on.__wrapped__("zero_pad")
    exercise = replace(answers.catalogue.find("zero_pad"), mistakes=(MISTAKES[0], twin))
    monkeypatch.setattr(answers.catalogue, "find", lambda _name: exercise)
    return answers


def test_mistakes_that_look_alike_are_listed(with_twin):
    """Two mistakes that do the same are known as one of two, and named for the release to tell."""
    assert problems("basic", answers=with_twin) == {}
    assert twins("zero_pad", with_twin) == [(MISTAKES[0].name, "twin")]
    assert alike_in_groups("zero_pad", with_twin)["basic"] == [(MISTAKES[0].name, "twin")]


def test_a_mistake_taken_for_another_is_told(monkeypatch):
    """A mistake that the judge takes for another one isn't caught by its name."""
    answers = answers_on.__wrapped__("zero_pad")
    left = answers.left

    def swapped(name, group, at, made):
        names = [MISTAKES[1].name if one == MISTAKES[0].name else "" for one in made]
        return left(name, group, at, tuple(names) if all(names) else made)

    monkeypatch.setattr(answers, "left", swapped)
    assert problems("basic", "no_padding", answers=answers) == {
        MISTAKES[0].name: "is not recognised in the group 'basic'"
    }
