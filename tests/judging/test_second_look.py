"""A second run is planned for what a wrong helper may have cost, and counts for nothing else."""

from dataclasses import replace

import pytest
from course import answers_on

from grader.judging.cells import BlockVerdict
from grader.judging.second_look import Checked, Solution, second_looks, settle

ANSWERS = answers_on("zero_pad")
SOLUTIONS = [
    Solution("zero_pad", "def zero_pad(X, pad):\n    return X"),
    Solution("conv_single_step", "def conv_single_step(a, W, b):\n    return 1"),
    Solution("conv_forward", "def conv_forward(A, W, b, h):\n    return A, None"),
    Solution("conv_backward", "def conv_backward(dZ, cache):\n    return zero_pad(dZ, 1)"),
]


def source(*blocks):
    """Return a test cell with a check_torch in each block."""
    cell = ""
    for block in blocks:
        exercise, _, group = block.partition("/")
        cell += f'with marks(1, "{block}"):\n    check_torch({exercise}, "{group}")\n'
    return cell


def cell_of(*blocks, failed=(), uses=None, broken=()):
    """Return a test cell of which some blocks failed."""
    verdicts = tuple(
        BlockVerdict(
            block,
            1,
            0 if block in failed else 1,
            ("no",) if block in failed else (),
            uses=uses,
            broken=tuple(broken),
        )
        for block in blocks
    )
    return Checked(source(*blocks), verdicts)


STEP_LOST = cell_of("conv_single_step/basic", failed=["conv_single_step/basic"])
PAD_LOST = cell_of("zero_pad/basic", failed=["zero_pad/basic"])
FORWARD_LOST = cell_of("conv_forward/basic", failed=["conv_forward/basic"])


def passed(test):
    """Return the blocks of a test cell, all passed."""
    return tuple(replace(block, awarded=1, messages=()) for block in test.blocks)


def test_a_caller_of_a_failed_helper_is_looked_at_again():
    """The caller's test cell gets the right helper, and its block may be won."""
    looks = second_looks([STEP_LOST, FORWARD_LOST], SOLUTIONS, ANSWERS)
    assert list(looks) == [1]
    assert looks[1].prelude == (SOLUTIONS[1].source,)
    assert looks[1].won == {"conv_forward/basic": ("conv_single_step",)}


def test_a_helper_that_fails_only_under_its_caller_is_replaced_too():
    """What the judge saw of a helper with its caller's check is enough to blame it."""
    test = cell_of("conv_forward/stride", failed=["conv_forward/stride"], broken=["zero_pad"])
    looks = second_looks([cell_of("zero_pad/basic"), test], SOLUTIONS, ANSWERS)
    assert looks[1].prelude == (SOLUTIONS[0].source,)


@pytest.mark.parametrize(
    "tests",
    [
        [cell_of("conv_single_step/basic"), cell_of("conv_forward/basic")],
        [STEP_LOST, cell_of("conv_forward/basic")],
        [cell_of("conv_single_step/basic"), FORWARD_LOST],
        [STEP_LOST, cell_of("conv_forward/basic", failed=["conv_forward/basic"], uses=())],
        [STEP_LOST, cell_of("conv_backward/basic", failed=["conv_backward/basic"])],
        [STEP_LOST, PAD_LOST],
    ],
    ids=["nothing", "no caller", "no helper", "unused", "not its helper", "helpers"],
)
def test_without_a_caller_lost_to_a_helper_there_is_no_second_look(tests):
    """Where no failed function calls a failed one, one run is enough."""
    assert second_looks(tests, SOLUTIONS, ANSWERS) == {}


def test_an_exercise_whose_answer_was_within_reach_wins_nothing_afterwards():
    """A caller that is itself a helper can't be won once its right version has been shown."""
    solutions = [
        Solution("relu", "def relu(Z):\n    return Z"),
        Solution("simple_cnn_model", "def simple_cnn_model(X, p):\n    return relu(X)"),
        Solution("train_epoch", "def train_epoch(*a):\n    return simple_cnn_model(*a)"),
    ]
    blocks = ("relu/basic", "train_epoch/whole", "simple_cnn_model/basic")
    tests = [cell_of(block, failed=[block]) for block in blocks]
    assert list(second_looks(tests, solutions, ANSWERS)) == [1]
    in_order = [tests[0], tests[2], tests[1]]
    assert list(second_looks(in_order, solutions, ANSWERS)) == [1, 2]


def test_a_block_beside_its_caller_is_not_won():
    """Of a cell that tests a helper and its caller, only the caller's block may be won."""
    both = ("zero_pad/basic", "conv_forward/basic")
    looks = second_looks([cell_of(*both, failed=both)], SOLUTIONS, ANSWERS)
    assert looks[0].won == {"conv_forward/basic": ("zero_pad",)}


def test_a_block_that_checks_a_helper_too_is_not_won():
    """A block that itself checks what would be put in place can't be won with it."""
    cell = (
        'with marks(1, "conv_forward/basic"):\n    check_torch(zero_pad, "basic")\n'
        '    check_torch(conv_forward, "basic")\n'
    )
    test = Checked(cell, (BlockVerdict("conv_forward/basic", 1, 0, ("no",)),))
    assert second_looks([PAD_LOST, test], SOLUTIONS, ANSWERS) == {}


def test_a_class_comes_with_what_other_cells_add_to_it():
    """A class is made again by its own cell and by those that add a method, in their order."""
    solutions = [
        Solution("Conv2D", "class Conv2D:\n    pass"),
        Solution("Conv2D_backward", "def backward(self, d):\n    pass\nConv2D.backward = backward"),
        Solution("build_cnn", "def build_cnn():\n    return Conv2D()"),
    ]
    check = 'check_torch(Conv2D, "basic", name="Conv2D_backward")'
    lost = f'with marks(1, "Conv2D_backward/basic"):\n    {check}'
    backward = Checked(lost, (BlockVerdict("Conv2D_backward/basic", 1, 0, ("no",)),))
    caller = cell_of("build_cnn/forward", failed=["build_cnn/forward"])
    looks = second_looks([backward, caller], solutions, ANSWERS)
    assert looks[1].prelude == (solutions[0].source, solutions[1].source)


def test_only_the_blocks_that_were_looked_at_are_won():
    """Blocks that pass in the second run without having been asked about stay lost."""
    tests = [STEP_LOST, FORWARD_LOST]
    looks = second_looks(tests, SOLUTIONS, ANSWERS)
    other = (BlockVerdict("conv_single_step/basic", 1, 1), *passed(FORWARD_LOST))
    (step,), (forward,) = settle(tests, looks, {1: other})
    assert (step.awarded, forward.awarded) == (0, 1)
    assert forward.messages == ()
    assert forward.note == (
        "Tu `conv_forward` es correcta; lo que falla es `conv_single_step`, que se califica aparte."
    )


def test_a_block_that_fails_again_keeps_its_first_messages():
    """Nothing of what the second run said is in the verdict."""
    tests = [STEP_LOST, FORWARD_LOST]
    again = (replace(FORWARD_LOST.blocks[0], messages=("a secret",)),)
    settled = settle(tests, second_looks(tests, SOLUTIONS, ANSWERS), {1: again})
    assert settled == [STEP_LOST.blocks, FORWARD_LOST.blocks]


def test_a_helper_that_was_lost_to_another_is_not_blamed():
    """Of a chain of helpers the note names the one that is wrong, not the one that called it."""
    solutions = [
        Solution("relu", "def relu(Z):\n    return Z"),
        Solution("simple_cnn_model", "def simple_cnn_model(X, p):\n    return relu(X)"),
        Solution("train_epoch", "def train_epoch(*a):\n    return simple_cnn_model(*a)"),
    ]
    blocks = ("relu/basic", "simple_cnn_model/basic", "train_epoch/whole")
    tests = [cell_of(block, failed=[block]) for block in blocks]
    looks = second_looks(tests, solutions, ANSWERS)
    settled = settle(tests, looks, {at: passed(tests[at]) for at in looks})
    assert "lo que falla es `relu`, que se califica aparte" in settled[2][0].note
