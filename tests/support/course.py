"""The course's own exercises, as the judge has them, for any seed."""

import warnings
from functools import cache

import numpy as np
from nbgrader.coursedir import CourseDirectory
from tiny import ROOT

from grader.course.folders import read_source
from grader.judging import judge
from grader.judging.answers import Answers
from grader.observation import Observation, decode, encode
from grader.observing import observe
from grader.session import PUBLIC_SEED, Check, Session, use_session

LABS = sorted(path.name for path in (ROOT / "source").glob("*") if path.is_dir())


@cache
def source_lab(name):
    """Return a lab as it is before its release."""
    return read_source(CourseDirectory(root=str(ROOT)), name)


@cache
def catalogue_with(exercise):
    """Return the catalogue of the lab whose solutions hold an exercise."""
    for lab in LABS:
        catalogue = source_lab(lab).catalogue
        if exercise in catalogue and catalogue.has_solution(catalogue.find(exercise)):
            return catalogue
    return source_lab(LABS[0]).catalogue


@cache
def answers_on(exercise, seed=PUBLIC_SEED):
    """Return the judge's answers for an exercise, which are worked out once."""
    return Answers(catalogue_with(exercise), seed)


def find(name):
    """Return the brief of an exercise."""
    return catalogue_with(name).find(name).brief


def key_of(exercise, groups=None, seed=PUBLIC_SEED):
    """Return what the sandbox gets to check an exercise."""
    brief = find(exercise)
    return answers_on(exercise, seed).for_the_sandbox(
        (exercise, group) for group in groups or brief.groups
    )


def sandboxed(exercise, seed=PUBLIC_SEED):
    """Observe as in the sandbox: nobody judges."""
    use_session(Session(seed, lambda *_: None, lambda: key_of(exercise, seed=seed)))


def by_wire(observation):
    """Send an observation through the wire."""
    return decode(encode(observation))


def verdicts(exercise, function, seed=2023):
    """Return the verdict on `function` in each group, by way of the wire."""
    return judged(exercise, observed(exercise, function, seed), answers_on(exercise.name, seed))


def observed(exercise, function, seed=2023):
    """Return what `function` answers in each group, as it comes by the wire."""
    ours = answers_on(exercise.name, seed)
    return {
        group: _sent(exercise, (ours.observe(exercise, function, case) for case in cases))
        for group in exercise.groups
        for cases in [ours.cases(exercise.name, group)]
    }


def observed_at_home(exercise, function, key):
    """Return the same as a student's machine sees it, with the key's drivers and cases."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return {
            group: _sent(exercise, observe(function, key, key.find(exercise.name), [group]))
            for group in exercise.groups
        }


def _sent(exercise, calls):
    return by_wire(Observation("", 0, "check_torch", calls={exercise.name: tuple(calls)}))


def judged(exercise, sent, answers):
    """Return the verdict on what was sent of each group."""
    return {
        group: judge(Check("check_torch", {"name": exercise.name, "group": group}), one, answers)
        for group, one in sent.items()
    }
