"""The named mistakes are tried on a lab's checks, and those that it would miss are told."""

import pytest

from grader.exercises.cases import find
from grader.exercises.mistakes import Mistake, mistakes_of
from grader.judging import trials
from grader.judging.trials import try_mistakes
from grader.session import Check, current_session


def checks(*groups):
    """Return check_torch on groups of zero_pad."""
    return [Check("check_torch", {"name": "zero_pad", "group": group}) for group in groups]


def problems(*groups):
    """Return what is wrong with each mistake that isn't caught by checks on `groups`."""
    found = try_mistakes("zero_pad", checks(*groups), 2023)
    return {trial.mistake: trial.problem for trial in found if trial.problem}


def test_all_groups_together_catch_every_mistake():
    """Each mistake fails some group of its exercise and is known by its name."""
    found = try_mistakes("zero_pad", checks(*find("zero_pad").groups), 2023)
    assert [trial.mistake for trial in found] == [m.name for m in mistakes_of(find("zero_pad"))]
    assert [trial.problem for trial in found if trial.problem] == []


def test_a_mistake_that_a_lab_does_not_test_is_told():
    """Without the group on pad 0, the slice that fails there loses nothing."""
    assert "loses no marks" in problems("basic", "rectangular")["slices_with_minus_pad"]


def test_without_checks_every_mistake_is_told():
    """A lab that makes no check of an exercise catches none of its mistakes."""
    assert len(problems()) == len(mistakes_of(find("zero_pad")))


@pytest.mark.parametrize("twin_first", [True, False])
def test_a_mistake_taken_for_another_is_told(monkeypatch, twin_first):
    """Of two mistakes that do the same, the second one isn't known by its own name."""
    first = mistakes_of(find("zero_pad"))[0]
    twin = Mistake("twin", first.function, "otra")
    both = (twin, first) if twin_first else (first, twin)
    monkeypatch.setattr(trials, "mistakes_of", lambda _exercise: both)
    monkeypatch.setattr("grader.judging.diagnosis.mistakes_of", lambda _exercise: both)
    assert problems("basic") == {both[1].name: f"is taken for {both[0].name} in the group 'basic'"}


def test_trying_leaves_the_session_as_it_was():
    """A notebook's own session, its seed and its judge, are there again afterwards."""
    before = current_session()
    try_mistakes("zero_pad", checks("basic"), 7)
    assert current_session() is before
