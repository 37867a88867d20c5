"""A wrong answer is known by each mistake, or pair of mistakes, that leaves just that, and no other."""

import zlib

import numpy as np
import pytest
from course import LABS, answers_on, catalogue_with, find, source_lab

from grader.judging.answers import Answers
from grader.observation import Call, Observation, digests, freeze
from grader.session import Check
from grader.verdicts import judge

EXERCISES = [
    exercise.name
    for lab in LABS
    for exercise in source_lab(lab).catalogue
    if not exercise.sealed and source_lab(lab).catalogue.has_solution(exercise)
]
QUICK = [name for name in EXERCISES if catalogue_with(name).find(name).pairs]


def observed(exercise, function, group, answers):
    """Observe a function on a group, as a check_torch does."""
    calls = tuple(
        answers.observe(exercise, function, case) for case in answers.cases(exercise.name, group)
    )
    return Observation("", 0, "check_torch", calls={exercise.name: calls})


def verdict_on(name, function, group, answers):
    """Return the verdict on a function in one group."""
    exercise = answers.catalogue.find(name)
    check = Check("check_torch", {"name": name, "group": group})
    return judge(check, observed(exercise, function, group, answers), answers)


def mutant_verdicts(name, made, seed):
    """Return the verdicts on what makes these mistakes, in the groups that it fails."""
    catalogue = catalogue_with(name)
    exercise = catalogue.find(name)
    answers = Answers(catalogue, seed)
    function = catalogue.mutant(exercise, made)
    found = {g: verdict_on(name, function, g, answers) for g in exercise.groups}
    return {group: verdict for group, verdict in found.items() if not verdict.passed}


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_two_mistakes_at_once_are_known_as_such(name):
    """Of pairs of mistakes on fresh seeds, nearly all are known by one of the two at least."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    pairs = answers_on(name).all_pairs(name)
    known = missed = 0
    for at in rng.permutation(len(pairs))[:12]:
        made = pairs[at]
        for verdict in mutant_verdicts(name, made, int(rng.integers(2**31))).values():
            names = {one for found in verdict.explanations for one in found}
            known += bool(names & set(made))
            missed += not names
    assert missed <= 0.25 * (known + missed)


LAYERS = {
    "basic": ("conv_forward", "basic"),
    "stride": ("conv_forward", "stride"),
    "rectangular": ("conv_forward", "rectangular"),
}


def convolution(size):
    """Return a conv_forward whose output size is what `size` makes of n, f, pad and stride."""

    def conv_forward(A_prev, W, b, hparameters):
        m, H, Wd, _ = A_prev.shape
        f, _, _, n_C = W.shape
        s, p = hparameters["stride"], hparameters["pad"]
        A = np.pad(A_prev, ((0, 0), (p, p), (p, p), (0, 0)))
        Z = np.zeros((m, size(H, f, p, s), size(Wd, f, p, s), n_C))
        for i, h, w, c in np.ndindex(Z.shape):
            window = A[i, h * s : h * s + f, w * s : w * s + f]
            Z[i, h, w, c] = np.sum(window * W[..., c]) + b[0, 0, 0, c]
        return Z, (A_prev, W, b, hparameters)

    return conv_forward


@pytest.mark.parametrize("group", LAYERS)
def test_who_has_the_plus_one_isn_t_told_that_it_is_missing(group):
    """Two sizes that come out one too small, with a + 1, never hear that their + 1 is missing."""
    for size in (
        lambda n, f, p, s: (n + 2 * p - f + 1) // s,
        lambda n, f, p, s: (n + p - f) // s + 1,
    ):
        verdict = verdict_on("conv_forward", convolution(size), group, answers_on("conv_forward"))
        assert "falta el + 1" not in verdict.message
        assert verdict.passed or verdict.hint


def asked_everywhere(name, function, group, answers, outputs=()):
    """Return the verdict on a function in one group, where it is known what it answers in all."""
    exercise = answers.catalogue.find(name)
    check = Check("check_torch", {"name": name, "group": group, "outputs": outputs})
    calls = {one: observed(exercise, function, one, answers).calls[name] for one in exercise.groups}
    return judge(check, observed(exercise, function, group, answers), answers, lambda: calls)


def test_what_another_group_refutes_is_not_claimed():
    """Who forgets the bias for stride 1 alone doesn't forget it, and isn't told so."""
    answers = answers_on("conv_forward")
    exercise = answers.catalogue.find("conv_forward")
    right = answers.catalogue.solution(exercise)
    forgets = answers.catalogue.mutant(exercise, ("forgets_bias",))

    def sometimes(A_prev, W, b, hparameters):
        function = forgets if hparameters["stride"] == 1 else right
        return function(A_prev, W, b, hparameters)

    alone = verdict_on("conv_forward", sometimes, "basic", answers)
    assert alone.mistakes == ("forgets_bias",)
    known = asked_everywhere("conv_forward", sometimes, "basic", answers)
    assert known.explanations == ()
    assert answers.hint("conv_forward", "forgets_bias") not in known.message
    always = asked_everywhere("conv_forward", forgets, "basic", answers)
    assert always.mistakes == ("forgets_bias",)


def test_an_output_that_is_not_checked_counts():
    """Who divides db alone isn't told of dW, though only db is asked about."""
    answers = answers_on("conv_backward")
    exercise = answers.catalogue.find("conv_backward")
    right = answers.catalogue.solution(exercise)

    def divides_db(dZ, cache):
        dA_prev, dW, db = right(dZ, cache)
        return dA_prev, dW, db / len(dZ)

    found = asked_everywhere("conv_backward", divides_db, "basic", answers, ("db",))
    assert not found.passed
    assert ("divides_by_m",) not in found.explanations
    both = answers.catalogue.mutant(exercise, ("divides_by_m",))
    found = asked_everywhere("conv_backward", both, "basic", answers, ("db",))
    assert found.mistakes == ("divides_by_m",)


def test_other_groups_decide_between_mistakes_that_look_alike():
    """Two sizes that are one too small in a group are told apart by what they are in others."""
    answers = answers_on("conv_forward")
    for name in ("forgets_plus_one", "adds_one_before_dividing"):
        exercise = answers.catalogue.find("conv_forward")
        function = answers.catalogue.mutant(exercise, (name,))
        assert asked_everywhere("conv_forward", function, "remainder", answers).mistakes == (name,)


def test_a_right_function_gets_no_complaint():
    """What answers every case rightly has no explanation, no hint and nothing that unfolds."""
    right = convolution(lambda n, f, p, s: (n + 2 * p - f) // s + 1)
    for group in find("conv_forward").groups:
        verdict = verdict_on("conv_forward", right, group, answers_on("conv_forward"))
        assert verdict.passed
        assert verdict.explanations == ()
        assert (verdict.hint, verdict.details, verdict.panels) == ("", (), ())


def test_a_group_that_is_right_is_part_of_the_explanation():
    """A check of all groups is explained by a mistake that fails some of them and no other ones."""
    catalogue = catalogue_with("conv_forward")
    exercise = catalogue.find("conv_forward")
    answers = answers_on("conv_forward")
    function = catalogue.mutant(exercise, ("ignores_stride_in_windows",))
    calls = tuple(
        answers.observe(exercise, function, case)
        for group in exercise.groups
        for case in answers.cases("conv_forward", group)
    )
    check = Check("check_torch", {"name": "conv_forward", "group": None})
    seen = Observation("", 0, "check_torch", calls={"conv_forward": calls})
    verdict = judge(check, seen, answers)
    assert verdict.mistakes == ("ignores_stride_in_windows",)


def test_a_key_knows_what_the_judge_knows():
    """At home a mistake, and two at once, are known by what the key holds, without running any."""
    answers = answers_on("zero_pad")
    groups = list(find("zero_pad").groups)
    key = answers.for_students(("zero_pad", group) for group in groups)
    catalogue = catalogue_with("zero_pad")
    exercise = catalogue.find("zero_pad")
    check = Check("check_torch", {"name": "zero_pad", "group": "basic"})
    for made in (("pads_one_side",), ("pads_twice", "pads_with_ones")):
        function = catalogue.mutant(exercise, made)
        verdict = judge(check, observed(exercise, function, "basic", answers), key)
        assert verdict.mistakes == made
        assert all(answers.hint("zero_pad", name) in verdict.message for name in made)


def test_what_several_mistakes_would_leave_is_told_as_such():
    """Where two mistakes leave the same, both are named, or what is true of both."""
    key = answers_on("zero_pad").for_students([("zero_pad", "basic")])
    call = Call(np.zeros(3))
    args = key.asked("zero_pad", "basic")
    calls = tuple(Call(freeze(one.args[0]), arguments=digests(one.args)) for one in args)
    check = Check("check_torch", {"name": "zero_pad", "group": "basic"})
    verdict = judge(check, Observation("", 0, "check_torch", calls={"zero_pad": calls}), key)
    assert verdict.mistakes == ("returns_input",)
    assert call.failure is None


def test_no_expected_number_of_a_fresh_case_is_told():
    """When a work is graded, a student reads what came and where, and not what was expected."""
    answers = Answers(catalogue_with("conv_forward"), 77)
    wrong = convolution(lambda n, f, p, s: (n + 2 * p - f) // s + 1)

    def conv_forward(*args):
        Z, cache = wrong(*args)
        return Z + np.random.default_rng(0).standard_normal(Z.shape), cache

    verdict = verdict_on("conv_forward", conv_forward, "basic", answers)
    told = " ".join([verdict.message, *verdict.details])
    expected = answers.asked("conv_forward", "basic")[0].expected[0]
    assert "llegó" in told
    assert "se esperaba" not in told
    assert f"{expected.flat[0]:.6g}" not in told
    assert verdict.case.expected is None


def test_two_mistakes_of_which_one_raises_are_known():
    """Where two mistakes end in an exception, other groups tell which two they were."""
    answers = answers_on("conv_forward")
    exercise = answers.catalogue.find("conv_forward")
    made = ("forgets_bias", "forgets_to_pad")
    found = asked_everywhere(
        "conv_forward", answers.catalogue.mutant(exercise, made), "basic", answers
    )
    assert found.mistakes == made


@pytest.mark.parametrize(("answer", "offered"), [(None, False), (np.ones((2, 2)), True)])
def test_a_line_is_sought_where_something_came_back(answer, offered, monkeypatch):
    """`find_line` is offered for a wrong answer that no hint explains, and not for None."""
    monkeypatch.setattr(Answers, "reveals", property(lambda _self: True))
    verdict = verdict_on("zero_pad", lambda *_: answer, "basic", answers_on("zero_pad"))
    assert any("find_line" in line for line in verdict.details) == offered


@pytest.mark.parametrize(
    ("name", "typo", "told"),
    [
        ("Linear", ("dO.T @ self.X", "self.X @ dO.T"), "matmul"),
        ("conv_forward", ("A_prev_pad[i,", "A_prev_padd[i,"), "A_prev_padd"),
        ("max_pool_im2col", ("H_pool, W_pool = ", "H_pool, W_pol = "), "W_pool"),
        ("MaxPool2D", ("range(n_H)", "range(n_H + 1)"), "índice"),
    ],
)
def test_a_typo_gets_no_hint_of_a_mistake(name, typo, told):
    """What raises by a slip that is no known mistake is told by its exception alone."""
    answers = answers_on(name)
    exercise = answers.catalogue.find(name)
    text = answers.catalogue.solution_text(exercise)
    assert typo[0] in text
    function = answers.catalogue._define(exercise, text.replace(*typo))
    failed = [verdict_on(name, function, group, answers) for group in exercise.groups]
    assert any(told in verdict.message for verdict in failed)
    assert [verdict.hint for verdict in failed if "lanzó" in verdict.message and verdict.hint] == []
