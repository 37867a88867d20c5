"""What only lab 5 promises: mistakes lose their own groups, and the sealed images keep their secret."""

from __future__ import annotations

import numpy as np
import pytest

from grader.checks import observe
from grader.exercises.cases import find
from grader.exercises.mistakes import mistakes_of
from grader.exercises.mistakes import network as mistakes
from grader.judging import judge
from grader.judging.diagnosis import asked_cases, find_problem, reference_of
from grader.observation import Observation
from grader.session import Check, Session, current_session, use_session

pytestmark = pytest.mark.slow

SEEDS = (2023, 7, 20_000)


@pytest.fixture(autouse=True)
def home_again():
    """Put back the session that a test replaced."""
    session = current_session()
    yield
    use_session(session)


def lost_groups(name, function, seed):
    """Return the groups of an exercise that reject `function`."""
    use_session(Session(seed=seed, judge=lambda _check, _observation: None))
    exercise = find(name)
    return {
        group
        for group in exercise.groups
        if find_problem(
            exercise,
            asked_cases(exercise, [group], seed),
            observe(function, exercise, [group]),
        )
    }


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("backward_propagation", lambda *args: mistakes._backward(*args, wrong="")),
        ("update_parameters", mistakes._update),
        ("train_epoch", reference_of(find("train_epoch"))),
    ],
)
def test_a_right_solution_passes_where_the_call_is_special(name, right, seed):
    """Without its mistake, the solution agrees with torch in every group."""
    assert lost_groups(name, right, seed) == set()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("exercise", "mistake", "groups"),
    [
        ("one_hot_encode", "rows_from_first_axis", {"shapes"}),
        ("one_hot_encode", "counts_classes_that_appear", {"absent"}),
        ("relu", "caches_output", {"cache"}),
        ("relu_backward", "passes_at_zero", {"zeros"}),
        ("softmax", "overflows", {"large"}),
        ("softmax", "one_maximum_for_all", {"large"}),
        ("cross_entropy", "log_of_zero", {"certain"}),
        ("softmax_cross_entropy_backward", "forgets_batch_mean", {"batch"}),
        ("fully_connected_backward", "divides_weights", {"weights"}),
        ("fully_connected_backward", "flat_bias", {"bias"}),
        ("simple_cnn_model", "caches_activation", {"caches"}),
        ("backward_propagation", "forgets_batch_mean", {"output_layer", "filters", "sizes"}),
        ("backward_propagation", "divides_conv_again", {"filters", "sizes"}),
        ("update_parameters", "in_place", {"untouched"}),
        ("train_epoch", "drops_last_batch", {"remainder"}),
        ("train_epoch", "sums_costs", {"cost"}),
    ],
)
def test_mistake_loses_its_own_groups_alone(exercise, mistake, groups, seed):
    """A mistake about one idea loses the groups that test it, and no other."""
    found = {one.name: one.function for one in mistakes_of(find(exercise))}
    with np.errstate(all="ignore"):
        assert lost_groups(exercise, found[mistake], seed) == groups


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("guard", [lambda A: A + 1e-8, lambda A: np.clip(A, 1e-15, 1)])
def test_any_guard_of_the_logarithm_passes(guard, seed):
    """The cases of cross_entropy don't tell one way to avoid log(0) from another."""

    def cross_entropy(A, Y):
        return -np.sum(Y * np.log(guard(A))) / len(Y)

    assert lost_groups("cross_entropy", cross_entropy, seed) == set()


def accuracy_verdict(function, seed, at_least=0.65):
    """Judge a function that labels the held-out images of `seed`."""
    use_session(Session(seed=seed, judge=lambda _check, _observation: None))
    exercise = find("cats_vs_dogs")
    calls = observe(function, exercise, ["held_out"])
    check = Check(
        "check_accuracy", {"name": "cats_vs_dogs", "group": "held_out", "at_least": at_least}
    )
    observation = Observation("", 0, "check_accuracy", calls={"cats_vs_dogs": calls})
    return judge(check, observation, seed=seed)


def test_a_constant_answer_stays_under_every_band():
    """Answering cat to everything is right half of the time, and earns nothing."""
    verdict = accuracy_verdict(lambda images: np.zeros(len(images)), seed=1)
    assert not verdict.passed
    assert "50" in verdict.message


def test_knowing_the_labels_passes_and_other_images_have_others():
    """The right labels pass, those of another seed's images don't."""
    labels = find("cats_vs_dogs").cases("held_out", 1)[0].answer
    assert accuracy_verdict(lambda _images: labels, seed=1, at_least=1.0).passed
    assert not accuracy_verdict(lambda _images: labels, seed=2).passed


def test_a_student_who_changes_the_images_changes_only_a_copy():
    """The cases of one seed are drawn once, and nobody can spoil them for who comes next."""
    first = find("cats_vs_dogs").cases("held_out", 1)[0].args[0]
    first[:] = 0
    assert find("cats_vs_dogs").cases("held_out", 1)[0].args[0].any()
