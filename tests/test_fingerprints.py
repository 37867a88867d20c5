"""A fingerprint tells one wrong answer from another, and not its rounding."""

import numpy as np
import pytest

from grader.comparison import Output
from grader.fingerprints import (
    CHANGED,
    RIGHT,
    Mark,
    Prints,
    fingerprint,
    is_right,
    matches,
    narrowed,
)
from grader.observation import Call, Failure, Opaque, Tensor, digests

ONE = (Output("X"),)
TWO = (Output("A"), Output("B"))
X = np.random.default_rng(0).standard_normal((4, 5))


def left(value, expected=0, outputs=ONE, compared=None, args=()):
    """Return what an answer leaves where something else was expected."""
    names = compared or [output.name for output in outputs]
    return fingerprint(outputs, names, args, expected, Call(value))


def test_it_is_of_the_values_and_not_of_the_rounding():
    """The same answer in another order of summing leaves the same fingerprint, another one doesn't."""
    same, other, near = (left(value) for value in (X + 1e-12, X[::-1], X + 1e-4))
    assert matches(left(X), same)
    assert not matches(left(X), other)
    assert not matches(left(X), near)
    assert matches(left(X), near, single=True)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "a",
        [1, None, ["x"]],
        {"a": np.ones(2), "b": "c"},
        np.full(3, np.nan),
        np.full(3, np.inf),
        np.full(3, 1e308),
        np.array(["a"]),
        np.array([], int),
        Tensor(np.ones(2)),
        Opaque("set"),
        10**30,
        True,
    ],
)
def test_anything_leaves_one(value):
    """Whatever an answer is, it leaves a fingerprint that matches itself and no other answer's."""
    mine = left(value, np.ones((5, 5)))
    assert matches(mine, left(value, np.ones((5, 5))))
    assert not matches(mine, left(np.ones((3, 5)), np.ones((5, 5))))


def test_each_output_leaves_a_mark_of_its_own():
    """What is right leaves nothing of its value, and narrowing keeps the outputs that count."""
    mine = left((X, X + 1), (X, X), TWO)
    assert mine[0] == RIGHT
    assert mine[1].numbers
    assert not is_right(mine)
    assert is_right(narrowed(mine, ("A", "B"), ("A",)))
    assert narrowed(mine, ("A", "B"), ("B",)) == mine[1:]


def test_an_answer_without_the_outputs_leaves_a_whole():
    """An exception, or what is no tuple, stays whole when fewer outputs count."""
    raised = fingerprint(
        TWO, ("A", "B"), (), (X, X), Call(failure=Failure("ValueError", "no (3,4)"))
    )
    assert narrowed(raised, ("A", "B"), ("B",)) == (Mark("raised ValueError: no (3,4)"),)
    assert narrowed(left(X, (X, X), TWO), ("A", "B"), ("B",)) == left(X, (X, X), TWO)[:1]


@pytest.mark.parametrize(
    ("said", "alike"),
    [
        ("name 'b' is odd (2,3)", False),
        ("name 'a' is odd (3,3)", False),
        ("name 'a' is even (2,3)", False),
        ("name 'a' is odd (7, 1, 2, 3)", True),
    ],
)
def test_an_exception_is_of_its_names_and_sizes(said, alike):
    """Another name or size is of another mistake; axes before the last two are a way of writing."""
    one, other = (
        fingerprint(ONE, ("X",), (), X, Call(failure=Failure("ValueError", text)))
        for text in ("name 'a' is odd (2,3)", said)
    )
    assert matches(one, other) == alike


def test_an_exception_is_of_the_function_that_raised_it():
    """What forward raises isn't what backward does, though both say the same."""
    one, same, other = (
        fingerprint(ONE, ("X",), (), X, Call(failure=Failure("ValueError", "no", line, trail)))
        for line, trail in (
            ("a @ b", (("forward", "a @ b"),)),
            ("c @ d", (("driver", "call()"), ("forward", "c @ d"))),
            ("a @ b", (("backward", "a @ b"),)),
        )
    )
    assert matches(one, same)
    assert not matches(one, other)


def test_a_changed_argument_is_a_fingerprint_of_its_own():
    """An answer that is right leaves a mark if an argument isn't what it was."""
    call = Call(X, arguments=digests((X + 1,)))
    assert fingerprint(ONE, ("X",), (X,), X, call) == (CHANGED,)
    assert is_right(fingerprint(ONE, ("X",), (X,), X, Call(X, arguments=digests((X,)))))


def test_what_many_mistakes_leave_is_packed_and_read_again():
    """Every mistake and pair leaves, packed and as plain data, what it left before."""
    rng = np.random.default_rng(4)
    made = [("a",), ("b",), ("a", "b"), ("c",)]
    kept = {
        one: [left((X, X + rng.standard_normal()), (X, X), TWO), left([1, "x"], (X, X), TWO)]
        for one in made
    }
    kept["b", "c"] = kept["a",]
    prints = Prints.of(kept, ("A", "B"))
    read = Prints.read(prints.plain())
    assert list(read) == list(kept)
    for one, cases in kept.items():
        for at, mark in enumerate(cases):
            assert matches(mark, prints.left(one, at))
            assert matches(mark, read.left(one, at))
    assert len(prints.forms_at) == len(made)


@pytest.mark.parametrize("part", ["rows", "forms_at", "numbers", "counts"])
def test_a_pack_that_is_not_whole_is_refused(part):
    """A part that points beyond the others, or is too short for them, is no IndexError later."""
    kept = {("a",): [left((X, X + 1), (X, X), TWO)], ("b",): [left([1, "x"], (X, X), TWO)]}
    plain = Prints.of(kept, ("A", "B")).plain()
    cut, beyond = plain[part][:-1], plain[part] + 100
    for spoilt in (cut,) if part == "numbers" else (cut, beyond):
        with pytest.raises(ValueError, match="whole"):
            Prints.read({**plain, part: spoilt.astype(plain[part].dtype)})


def test_an_array_of_megabytes_is_told_apart_by_its_form():
    """Of an array that is far too large no number is kept, so that it costs no memory."""
    huge = np.broadcast_to(np.uint8(1), (2**10, 2**11))
    assert left(huge, X)[0].numbers == ()
    assert not matches(left(huge, X), left(huge.T, X))


def test_an_empty_pack_is_read_again():
    """A group that no mistake is known of has prints too."""
    assert list(Prints.read(Prints.of({}, ("A",)).plain())) == []
