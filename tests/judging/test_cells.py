"""The judge reads an instructor's cell, and pairs its checks with what was observed."""

import json
from dataclasses import replace

import numpy as np
import pytest
from course import answers_on, find, key_of

from grader.hashes import array_hash
from grader.judging.cells import (
    BlockVerdict,
    CellError,
    answered_in,
    groups_asked,
    judge_cell,
    read_blocks,
    told_once,
)
from grader.observation import Call, Failure, Observation, encode
from grader.observing import observe
from grader.session import Check

SEED = 99
ANSWERS = answers_on("zero_pad", SEED)
KEY = key_of("zero_pad", seed=SEED)
CELL = """
np.random.seed(2023)
x = np.random.randn(2, 3)
with marks(4, "zero_pad/basic"):
    check_torch(zero_pad, "basic")
    check_hash(zero_pad(x, 2), ((1, 2), -3.5))
with marks(1.5, "zero_pad/none"):
    assert check_torch(my.zero_pad, group="no_padding", outputs=("X_pad",))
"""


def zero_pad(X, pad):
    """Pad as lab 1 asks."""
    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))


def torch_observation(block="zero_pad/basic", index=0, group="basic", function=zero_pad):
    """Return the bytes that a check_torch of zero_pad sends."""
    calls = {"zero_pad": observe(function, KEY, find("zero_pad"), [group])}
    return encode(Observation(block, index, "check_torch", calls=calls))


ONE = 'with marks(4, "zero_pad/basic"):\n    check_torch(zero_pad, "basic")\n'


def test_what_a_notebook_answers_elsewhere_weighs_a_hint():
    """A mistake that one cell shows isn't claimed where another cell of the notebook refutes it."""

    def ones_in_squares(X, pad):
        ones = X.shape[1] == X.shape[2]
        return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)), constant_values=int(ones))

    other = ONE.replace("basic", "rectangular")
    here = [torch_observation(function=ones_in_squares)]
    there = [torch_observation("zero_pad/rectangular", 0, "rectangular", ones_in_squares)]
    answered = answered_in([(ONE, here), (other, there)])
    assert {name: sorted(groups) for name, groups in answered.items()} == {
        "zero_pad": ["basic", "rectangular"]
    }
    (alone,) = judge_cell(ONE, here, ANSWERS)
    assert alone.mistakes == ("pads_with_ones",)
    (known,) = judge_cell(ONE, here, ANSWERS, answered=lambda name: answered[name])
    assert known.mistakes == ()
    assert (known.awarded, known.failed) == (alone.awarded, alone.failed) == (0, True)


def test_blocks_are_read_with_their_points_and_literals():
    """Points, ids, expected values, exercise, group and outputs come from the cell's text."""
    first, second = read_blocks(CELL)
    assert (first.id, first.points) == ("zero_pad/basic", 4)
    assert first.checks == (
        Check("check_torch", {"name": "zero_pad", "group": "basic", "outputs": ()}),
        Check("check_hash", {"expected": ((1, 2), -3.5)}),
    )
    assert (second.id, second.points) == ("zero_pad/none", 1.5)
    assert second.checks[0].arguments == {
        "name": "zero_pad",
        "group": "no_padding",
        "outputs": ("X_pad",),
    }


def test_a_cell_without_blocks_has_none():
    """Code that awards no marks is no block."""
    assert read_blocks("x = 1\nprint(x)") == ()


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("with marks(4", "isn't Python"),
        ("with marks(n, 'a/b'):\n    check_torch(zero_pad)", "marks\\(points"),
        ("with marks(1, 'a/b'):\n    check_hash(x, expected)", "literal for expected"),
        ("with marks(1, 'a/b'):\n    check_hash(x)", "expected"),
        ("with marks(1, 'a/b'):\n    for i in y:\n        check_torch(zero_pad)", "loop"),
        (ONE + ONE, "two marks blocks are called 'zero_pad/basic'"),
    ],
)
def test_a_cell_that_cannot_be_judged_says_why(cell, said):
    """What isn't literal, is repeated, loops, or names nothing is a CellError for the instructor."""
    with pytest.raises(CellError, match=said):
        read_blocks(cell)


def test_the_groups_that_a_cell_asks_for_are_named():
    """Graded or not, each check of an exercise's cases is found, with its group or with all."""
    cell = "check_torch(zero_pad)\n" + ONE + "check_accuracy(predict, 0.9, name='pets')"
    assert groups_asked(cell) == [
        ("zero_pad", None),
        ("pets", "held_out"),
        ("zero_pad", "basic"),
    ]


def test_an_observed_solution_earns_its_marks():
    """A correct function's observation, made from the submission's seed, earns the block's marks."""
    (block,) = judge_cell(ONE, [torch_observation()], ANSWERS)
    assert (block.awarded, block.messages) == (4, ())


def test_answers_prepared_for_another_seed_earn_nothing():
    """What was right for the public seed is wrong for the submission's."""
    (block,) = judge_cell(ONE, [torch_observation()], answers_on("zero_pad", SEED + 1))
    assert block.awarded == 0


def test_a_mistake_is_named_in_the_verdict():
    """The verdict holds the name of the recognised mistake and its hint."""
    data = torch_observation(function=lambda X, pad: X)
    (block,) = judge_cell(ONE, [data], ANSWERS)
    assert block.mistakes == ("returns_input",)
    assert "Pista: devolviste X sin el marco" in block.messages[0]


@pytest.mark.parametrize(
    "observed",
    [
        [],
        [b"not an observation"],
        [torch_observation.__name__.encode()],
        [encode(Observation("zero_pad/basic", 0, "check_hash", values=(np.zeros(1),)))],
        [encode(Observation("zero_pad/basic", 1, "check_torch"))],
        [encode(Observation("another/block", 0, "check_torch"))],
        [encode(Observation("zero_pad/basic", 0, "check_torch"))],
        [encode(Observation("zero_pad/basic", 0, "check_torch", calls={"zero_pad": ()}))],
        [encode(Observation("zero_pad/basic", 0, "marks"))],
    ],
    ids=["none", "noise", "text", "kind", "place", "block", "no-calls", "empty", "ending"],
)
def test_without_the_right_observation_there_are_no_marks(observed):
    """Silence, noise, another check's observation or an empty one earn nothing and say something."""
    (block,) = judge_cell(ONE, observed, ANSWERS)
    assert block.awarded == 0
    assert block.messages


def test_the_first_observation_of_a_check_counts():
    """A second, better observation of the same check doesn't replace the first."""
    wrong = torch_observation(function=lambda X, pad: X)
    (block,) = judge_cell(ONE, [wrong, torch_observation()], ANSWERS)
    assert block.awarded == 0


def test_the_order_of_observations_does_not_matter():
    """Checks are found by their block and place, in whatever order they arrive."""
    cell = ONE + 'with marks(2, "zero_pad/none"):\n    check_torch(zero_pad, "no_padding")\n'
    data = [torch_observation("zero_pad/none", 0, "no_padding"), torch_observation()]
    assert [block.awarded for block in judge_cell(cell, data, ANSWERS)] == [4, 2]


def test_a_block_without_checks_earns_nothing():
    """Marks need a check: an instructor's block of plain statements awards none."""
    (block,) = judge_cell('with marks(3, "a/b"):\n    f()', [], ANSWERS)
    assert block.awarded == 0


def test_the_hash_is_recomputed_from_the_array():
    """A hash check is decided by the raw array that was observed."""
    cell = f'with marks(1, "a/b"):\n    check_hash(x, {array_hash([1.0, 2.0])!r})'
    good = encode(Observation("a/b", 0, "check_hash", values=(np.array([1.0, 2.0]),)))
    bad = encode(Observation("a/b", 0, "check_hash", values=(np.array([1.0, 2.1]),)))
    assert judge_cell(cell, [good], ANSWERS)[0].awarded == 1
    assert judge_cell(cell, [bad], ANSWERS)[0].awarded == 0


def test_an_exception_before_a_check_is_told():
    """When the cell raised before its check was made, the student reads what it raised."""
    failure = Failure("NameError", "name 'zero_pad' is not defined", "check_torch(zero_pad)")
    ending = encode(Observation("zero_pad/basic", 0, "marks", failure=failure))
    (block,) = judge_cell(ONE, [ending], ANSWERS)
    assert "¿corriste la celda donde se define" in block.messages[0]


def test_an_exception_after_the_last_check_costs_the_block():
    """Instructor's code that raises after the checks, such as an assertion, fails the block."""
    failure = Failure("AssertionError", "", "assert X.flags.writeable")
    ending = encode(Observation("zero_pad/basic", 1, "marks", failure=failure))
    (block,) = judge_cell(ONE, [torch_observation(), ending], ANSWERS)
    assert block.awarded == 0
    assert block.messages == ("no se cumple `assert X.flags.writeable`",)


def gradient(sample):
    """Judge an observation of check_gradient with one forged sample."""
    cell = 'with marks(1, "a/b"):\n    check_gradient(pair, shapes, samples=1)'
    data = encode(Observation("a/b", 0, "check_gradient", values=([sample],)))
    return judge_cell(cell, [data], ANSWERS)[0]


PARTIALS = {
    "shape": (2,),
    "index": np.arange(2),
    "numeric": np.ones(2),
    "analytic": np.ones(2),
}


NOTHING = dict.fromkeys(("index", "numeric", "analytic"), np.zeros(0))


def test_a_gradient_is_judged_from_its_derivatives():
    """Observed derivatives that agree earn the mark, beside an array that has no entries, too."""
    assert gradient({"x": PARTIALS}).awarded == 1
    assert gradient({"b": {**NOTHING, "shape": (0,)}, "x": PARTIALS}).awarded == 1


@pytest.mark.parametrize(
    "sample",
    [
        {},
        3,
        {"x": 3},
        {"x": {}},
        {"x": {**PARTIALS, "numeric": np.ones(3)}},
        {"x": {**PARTIALS, "numeric": "many"}},
        {"x": {**PARTIALS, "analytic": np.array([1.0, np.nan])}},
        {"x": {**NOTHING, "shape": (0,)}},
        {"x": {"shape": (2,), "got": (3,)}},
        {"x": {**PARTIALS, "index": np.array([0, 7])}},
        {"x": {**PARTIALS, "shape": ("a",)}},
        {"x": {**PARTIALS, "shape": (float("inf"),)}},
        {"x": {**PARTIALS, "shape": (10**30,)}},
        {"x": {**PARTIALS, "index": [10**30, 1]}},
        {"x": {**PARTIALS, "numeric": [10**400, 1]}},
    ],
)
def test_a_forged_gradient_earns_nothing(sample):
    """Derivatives of the wrong form, number or value fail, and the judge goes on."""
    assert gradient(sample).awarded == 0


def test_a_text_that_no_file_can_hold_is_a_wrong_answer():
    """Half a surrogate pair has a hash as any text, and the judge goes on."""
    cell = 'with marks(1, "a/b"):\n    check_str(answer, "0x58fe718a")'
    data = encode(Observation("a/b", 0, "check_str", values=("\ud800",)))
    assert judge_cell(cell, [data], ANSWERS)[0].awarded == 0


def test_forged_numbers_of_calls_earn_nothing():
    """An observation with more or fewer calls than cases is no pass, however good each call is."""
    good = observe(zero_pad, KEY, find("zero_pad"), ["basic"])
    for calls in (good[:1], good * 2):
        data = encode(Observation("zero_pad/basic", 0, "check_torch", calls={"zero_pad": calls}))
        (block,) = judge_cell(ONE, [data], ANSWERS)
        assert block.awarded == 0
        assert json.dumps(block.messages)


def test_forged_calls_of_a_helper_are_no_trouble():
    """Calls of a helper that wasn't asked for, or too few or odd ones, leave the judge standing."""
    cell = 'with marks(1, "build_cnn/options"):\n    check_torch(build_cnn, "options")\n'
    odd = Call(value=((1, np.ones(2)), "x", None))
    for calls in ((), (odd,), (odd,) * 50):
        helpers = dict.fromkeys(("Linear", "ReLU", "zero_pad", "no such exercise"), calls)
        failed = (Call(failure=Failure("E", "m", "x", (("ReLU", "x"),))),)
        data = encode(
            Observation(
                "build_cnn/options", 0, "check_torch", calls={**helpers, "build_cnn": failed}
            )
        )
        (block,) = judge_cell(cell, [data], ANSWERS)
        assert block.awarded == 0
        assert block.messages


def test_an_exercise_whose_solution_is_not_at_hand_is_judged_without_a_hint():
    """A lab may check an exercise that another one solves; then its mistakes aren't recognised."""
    calls = observe(lambda Z: (Z, Z), key_of("relu", seed=SEED), find("relu"), ["basic"])
    data = encode(Observation("relu/basic", 0, "check_torch", calls={"relu": calls}))
    cell = 'with marks(1, "relu/basic"):\n    check_torch(relu, "basic")\n'
    (block,) = judge_cell(cell, [data], ANSWERS)
    assert (block.awarded, block.mistakes) == (0, ())


def test_a_helper_may_return_anything_to_a_caller_that_fails():
    """A right helper that returns a tuple isn't taken for one that should return a number."""
    cell = 'with marks(1, "simple_cnn_model/basic"):\n    check_torch(simple_cnn_model, "basic")\n'
    right = observe(
        lambda Z: (np.maximum(Z, 0), Z), key_of("relu", seed=SEED), find("relu"), ["basic"]
    )
    failed = (Call(failure=Failure("E", "m", "x")),) * 2
    calls = {"simple_cnn_model": failed, "relu": right}
    data = encode(Observation("simple_cnn_model/basic", 0, "check_torch", calls=calls))
    (block,) = judge_cell(cell, [data], answers_on("simple_cnn_model", SEED))
    assert block.broken == ()


def test_blocks_that_share_their_reason_are_told_once():
    """What a student reads of a second block with the same reason is a reference to the first."""
    one = BlockVerdict("a/one", 1, 0, ("x fails",), reasons=("r",))
    blocks = [
        one,
        replace(one, id="a/two", messages=("x fails with other numbers",)),
        replace(one, id="a/three", reasons=("",)),
        replace(one, id="a/four", reasons=("other",)),
        BlockVerdict("a/five", 1, 1, note="well done"),
        BlockVerdict("a/six", 1, 1),
    ]
    assert told_once(blocks) == {
        "a/one": ("x fails",),
        "a/two": ("Igual que en a/one.",),
        "a/three": ("x fails",),
        "a/four": ("x fails",),
        "a/five": ("well done",),
        "a/six": (),
    }
