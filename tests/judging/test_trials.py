"""The named mistakes are tried on a lab's checks, and those that it would miss are told."""

from dataclasses import replace

import pytest
from course import answers_on, find

from grader.judging.trials import try_mistakes
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


@pytest.mark.parametrize("twin_first", [True, False])
def test_a_mistake_taken_for_another_is_told(monkeypatch, twin_first):
    """Of two mistakes that do the same, the second one isn't known by its own name."""
    twin = replace(MISTAKES[0], name="twin")
    both = (twin, MISTAKES[0]) if twin_first else (MISTAKES[0], twin)
    answers = answers_on.__wrapped__("zero_pad")
    exercise = replace(answers.catalogue.find("zero_pad"), mistakes=both)
    monkeypatch.setattr(answers.catalogue, "find", lambda _name: exercise)
    assert problems("basic", answers=answers) == {
        both[1].name: f"is taken for {both[0].name} in the group 'basic'"
    }
