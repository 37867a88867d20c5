"""Exercises are loaded from texts, under a name of their own, with what the lab's solutions are."""

import numpy as np
import pytest

from grader.catalogue import Catalogue, read_sources
from grader.key import UnknownNameError

TOPIC = """
from grader.exercise import Case, Exercise, Group, Mistake, Output
from .tools import doubled

SETUP = "from helpers import two"

def _cases(rng):
    yield Case((rng.standard_normal(3),), "x")

EXERCISES = (
    Exercise(
        name="double",
        parameters=("x",),
        outputs=(Output("y"),),
        groups={"basic": Group("caso básico", _cases)},
        reference=doubled,
        mistakes=(Mistake("halves", ("* two", "/ two"), "…"),),
    ),
    Exercise(
        name="quadruple",
        parameters=("x",),
        outputs=(Output("y"),),
        groups={"basic": Group("caso básico", _cases)},
        helpers=("double",),
        driver="call_twice",
        topic="",
    ),
)
"""
SOURCES = {
    "topic/__init__.py": TOPIC.replace("from .tools", "from ..tools"),
    "topic/drivers.py": "def call_twice(function, x):\n    return function(x), function(x)\n",
    "tools.py": "def doubled(x):\n    return x * 2\n",
}
SOLUTIONS = {
    "double": "def double(x):\n    return x * two",
    "quadruple": "def quadruple(x):\n    return double(double(x))",
}
MODULES = {"helpers": "two = 2"}


@pytest.fixture
def catalogue():
    """Two exercises, one of which calls the other."""
    return Catalogue(SOURCES, SOLUTIONS, MODULES)


def test_exercises_know_their_topic(catalogue):
    """Each module or package with EXERCISES is a topic, and one without is none."""
    assert {e.name: e.topic for e in catalogue} == {"double": "topic", "quadruple": "topic"}


def test_a_solution_has_its_helpers_and_its_lab_s_modules(catalogue):
    """A solution runs with those that it calls, and with the files that the lab hands out."""
    assert catalogue.solution(catalogue.find("quadruple"))(3) == 12


def test_a_mutant_is_the_solution_edited(catalogue):
    """A mistake's function does what the edit says, and its helpers are the right ones."""
    double = catalogue.find("double")
    assert catalogue.mutant(double, ("halves",))(3) == 1.5


def test_a_lab_s_module_stays_out_of_the_process(catalogue):
    """What a lab hands out can be imported by its solutions alone."""
    catalogue.solution(catalogue.find("double"))
    with pytest.raises(ModuleNotFoundError):
        __import__("helpers")


def test_a_driver_calls_what_is_no_plain_function(catalogue):
    """An exercise's driver stands in the topic's drivers.py, and gets the case's arguments."""
    assert catalogue.call(catalogue.find("quadruple"), abs, (-1,)) == (1, 1)
    assert "def call_twice" in catalogue.drivers("topic")


def test_two_courses_live_in_one_process(catalogue):
    """Exercises of the same names from other sources are other exercises."""
    other = Catalogue(
        {**SOURCES, "tools.py": "def doubled(x):\n    return x * 3\n"}, SOLUTIONS, MODULES
    )
    references = [c.find("double").reference(np.ones(1)).item() for c in (catalogue, other)]
    assert references == [2, 3]


def test_an_unknown_exercise_suggests_the_likely_one(catalogue):
    """A misspelt name is an error that says which one was meant."""
    with pytest.raises(UnknownNameError, match="'dubble': ¿querías decir 'double'"):
        catalogue.find("dubble")


def test_sources_are_read_by_their_paths(tmp_path):
    """A folder of exercises is the texts of its modules, packages too."""
    for name, text in SOURCES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_sources(tmp_path) == SOURCES


def test_two_exercises_of_one_name_are_refused():
    """A name that two topics use is an error that says where, and neither hides the other."""
    twice = {**SOURCES, "another.py": TOPIC}
    with pytest.raises(ValueError, match="'double', in exercises/another and exercises/topic"):
        Catalogue(twice, SOLUTIONS)
