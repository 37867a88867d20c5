"""A student's machine is searched: nothing that comes with a lab solves one of its exercises."""

import importlib
import inspect
import pkgutil
import signal
import types
import warnings

import numpy as np
import pytest
from course import LABS, source_lab

import grader
from grader.judging.answers import Answers
from grader.key import _module
from grader.observation import Observation
from grader.session import PUBLIC_SEED, Check
from grader.verdicts import judge

pytestmark = pytest.mark.slow

OURS = (
    "catalogue",
    "course",
    "exercise",
    "judging",
    "running",
    "repair",
    "words",
)  # never imported by a student
SECONDS = 1  # of processor time, for one call


def modules():
    """Return the modules of the student's side, and those that a key's drivers are run as."""
    names = [one.name for one in pkgutil.walk_packages(grader.__path__, "grader.")]
    found = [importlib.import_module(n) for n in names if n.split(".")[1] not in OURS]
    catalogue = source_lab(LABS[0]).catalogue
    sources = {exercise.topic: catalogue.drivers(exercise.topic) for exercise in catalogue}
    found += [_module(topic, source) for topic, source in sources.items() if source]
    return [grader, *found]


def callables():
    """Return what of them can be called: functions, classes and their methods, by name."""
    found = {}
    for module in modules():
        for name, value in vars(module).items():
            inside = vars(value).items() if isinstance(value, type) else ()
            for label, one in ((name, value), *((f"{name}.{n}", part) for n, part in inside)):
                function = getattr(one, "__func__", one)
                where = str(getattr(function, "__module__", ""))
                if callable(function) and where.startswith("grader"):
                    found.setdefault(id(function), (f"{module.__name__}.{label}", function))
    return [pair for pair in found.values() if not inspect.isabstract(pair[1])]


def out_of_time(*_):
    """End a call that goes on for too long."""
    raise TimeoutError


def passes(function, exercise, group, answers):
    """Tell whether a function passes a group: all of its cases, judged as a student's."""
    cases = answers.cases(exercise.name, group)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        first = answers.observe(exercise, function, cases[0])
        if first.failure is not None:
            return False
        calls = (first, *(answers.observe(exercise, function, case) for case in cases[1:]))
    except BaseException:  # noqa: BLE001 - whatever it does, it solves nothing
        return False
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    seen = Observation("", 0, "check_torch", calls={exercise.name: calls})
    return judge(
        Check("check_torch", {"name": exercise.name, "group": group}), seen, answers
    ).passed


def test_the_search_finds_a_solution():
    """An instructor's own solution is found by the search, so that finding nothing says something."""
    catalogue = source_lab("01-convolution").catalogue
    exercise = catalogue.find("zero_pad")
    answers = Answers(catalogue, PUBLIC_SEED)
    assert passes(catalogue.solution(exercise), exercise, "basic", answers)


@pytest.mark.parametrize("lab", LABS)
def test_nothing_on_a_students_machine_passes_a_group(lab, monkeypatch):
    """No function or class of the student's side, or of a key's drivers, passes any group."""
    monkeypatch.setattr(signal, "raise_signal", lambda _: None)
    before = signal.signal(signal.SIGVTALRM, out_of_time)
    catalogue = source_lab(lab).catalogue
    answers = Answers(catalogue, PUBLIC_SEED)
    mine = [e for e in catalogue if catalogue.has_solution(e) and not e.sealed]
    assert mine
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            solved = [
                (name, exercise.name, group)
                for name, function in callables()
                if not isinstance(function, types.ModuleType)
                for exercise in mine
                for group in exercise.groups
                if passes(function, exercise, group, answers)
            ]
    finally:
        signal.signal(signal.SIGVTALRM, before)
    assert solved == []
