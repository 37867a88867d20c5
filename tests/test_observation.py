"""Observations travel as plain data, and a damaged or hostile one is refused with a clear error."""

import contextlib
import json
import linecache
import struct
from collections import OrderedDict
from typing import NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.observation import (
    Call,
    Failure,
    Limits,
    Observation,
    ObservationError,
    Opaque,
    Tensor,
    decode,
    digests,
    encode,
    failure_of,
    fitted,
    freeze,
)


def same(one, other):
    """Tell whether two frozen values are equal, NaN included."""
    if isinstance(one, np.ndarray | np.generic):
        return (
            type(one) is type(other)
            and one.dtype.newbyteorder("=") == other.dtype.newbyteorder("=")
            and one.shape == other.shape
            and np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
        )
    if isinstance(one, Tensor):
        return isinstance(other, Tensor) and same(one.array, other.array)
    if isinstance(one, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return type(one) is type(other) and (one == other or one != one)  # noqa: PLR0124 - NaN


ARRAYS = hnp.arrays(
    dtype=st.one_of(
        hnp.boolean_dtypes(),
        hnp.integer_dtypes(),
        hnp.unsigned_integer_dtypes(),
        hnp.floating_dtypes(sizes=(16, 32, 64)),
        hnp.complex_number_dtypes(sizes=(64, 128)),
    ),
    shape=hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | ARRAYS,
    lambda part: (
        st.lists(part, max_size=3)
        | st.lists(part, max_size=3).map(tuple)
        | st.dictionaries(st.text(), part, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES)
def test_what_is_encoded_is_decoded(value):
    """Any plain value comes back from the wire as it was frozen: type, dtype, shape and NaNs."""
    frozen = freeze(value)
    sent = Observation("a/b", 3, "check_hash", values=(frozen,))
    assert same(decode(encode(sent)).values, (frozen,))


def test_a_whole_observation_comes_back():
    """Calls with their failures and changed arguments, globals and tensors all travel."""
    calls = (
        Call(value=(np.eye(2), {"stride": 1})),
        Call(failure=Failure("ValueError", "no", "x[pad:-pad]"), arguments=("a1",)),
        Call(value=Tensor(np.ones((1, 2), dtype=np.float32))),
    )
    sent = Observation(
        "conv_forward/basic",
        1,
        "check_torch",
        calls={"conv_forward": calls, "zero_pad": ()},
        globals_used=("stride",),
        failure=Failure("TypeError", "mal"),
    )
    got = decode(encode(sent))
    assert (got.block, got.index, got.kind) == ("conv_forward/basic", 1, "check_torch")
    assert got.calls.keys() == sent.calls.keys()
    assert same(got.calls["conv_forward"][0].value, calls[0].value)
    assert got.calls["conv_forward"][1] == calls[1]
    assert same(got.calls["conv_forward"][2].value, calls[2].value)
    assert got.globals_used == ("stride",)
    assert got.failure == Failure("TypeError", "mal")


def test_freeze_takes_a_copy():
    """Changing an array after it was frozen doesn't change what was observed."""
    array = np.zeros(3)
    frozen = freeze([array])
    array += 1
    assert frozen[0].tolist() == [0, 0, 0]


def test_freeze_takes_the_values_of_a_subclass_not_its_methods():
    """An array subclass whose comparisons always say yes becomes a plain array of its values."""

    class Agreeable(np.ndarray):
        def __eq__(self, other):
            return True

        __hash__ = None

        def __array__(self, *arguments, **options):
            return np.ones(3)

    frozen = freeze(np.zeros(3).view(Agreeable))
    assert type(frozen) is np.ndarray
    assert frozen.tolist() == [0, 0, 0]


def test_freeze_detaches_a_tensor():
    """A torch tensor that takes part in autograd is observed as its values."""
    frozen = freeze(torch.ones(2, requires_grad=True) * 2)
    assert isinstance(frozen, Tensor)
    assert frozen.array.tolist() == [2.0, 2.0]


def test_freeze_names_what_has_no_plain_form():
    """A function, a set and a dict with other keys are known by the name of their type alone."""
    assert freeze((len, {1, 2})) == (Opaque("builtin_function_or_method"), Opaque("set"))
    assert freeze({1: 2}) == Opaque("dict")


@pytest.mark.parametrize("bad", [np.array([object()]), np.array([[1], [1, 2]], dtype=object)])
def test_freeze_refuses_object_arrays(bad):
    """An object array is an error that says what is expected."""
    with pytest.raises(ObservationError, match=r"dtype object.*array de números"):
        freeze(bad)


def test_freeze_refuses_what_is_too_large():
    """Bytes, parts and depth over the limits are errors that give the limit and what came."""
    with pytest.raises(ObservationError, match=r"demasiado grande: se aceptan 1,000 bytes"):
        freeze(np.zeros(1000), Limits(max_bytes=1000))
    with pytest.raises(ObservationError, match="demasiadas partes: se aceptan 10"):
        freeze(list(range(11)), Limits(max_items=10))
    nested = []
    nested.append(nested)
    with pytest.raises(ObservationError, match="demasiadas partes"):
        freeze(nested)


def test_encode_refuses_what_is_too_large():
    """An observation larger than the limit isn't sent at all."""
    big = Observation("", 0, "check_hash", values=(np.zeros(1000),))
    with pytest.raises(ObservationError, match="demasiado grande"):
        encode(big, Limits(max_bytes=1000))


@pytest.mark.parametrize(
    "large",
    [np.zeros(20_000), "x" * 20_000, [0] * 900, [1.5] * 900, Tensor(np.zeros(20_000))],
    ids=["array", "text", "integers", "floats", "tensor"],
)
def test_what_is_too_large_gives_way_alone(large):
    """The largest result is left out, with a failure that says so, and all others are sent."""
    limits = Limits(max_bytes=50_000, max_header=30_000, max_items=600)
    small = Call(np.arange(50.0))
    calls = {"f": (small, small), "helper": (small, Call(large, arguments=("a",)))}
    sent = fitted(Observation("", 0, "check_torch", calls=calls), limits)
    came = decode(encode(sent, limits), limits)
    told = [call.failure for calls in came.calls.values() for call in calls]
    assert [failure is None for failure in told] == [True, True, True, False]
    assert "demasiado grande" in told[-1].message
    assert came.calls["helper"][1].arguments == ("a",)
    values = fitted(Observation("", 0, "check_hash", values=(large,)), limits)
    assert "demasiado grande" in decode(encode(values, limits), limits).failure.message


@pytest.mark.parametrize(
    ("value", "said"),
    [(np.zeros((1,) * 33), "33 ejes"), (10**4001, "4000 cifras"), ([10**5000], "4000 cifras")],
    ids=["axes", "digits", "digits inside"],
)
def test_freeze_refuses_what_nobody_can_read(value, said):
    """An array of too many axes and an integer of too many digits are told to who made them."""
    with pytest.raises(ObservationError, match=said):
        freeze(value)


GOOD = encode(Observation("a/b", 0, "check_hash", values=(np.arange(6.0), [1.5, "a"])))


def forged(**changes):
    """Return GOOD with fields of its header replaced."""
    length = struct.unpack_from("<4sI", GOOD)[1]
    header = {**json.loads(GOOD[8 : 8 + length]), **changes}
    text = json.dumps(header).encode()
    return struct.pack("<4sI", b"OBS1", len(text)) + text + GOOD[8 + length :]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"OBS",
        b"\x80\x04\x95" + GOOD,
        GOOD[:-1],
        GOOD + b"\0",
        GOOD[:20],
        forged(arrays=[["|O", [6]]]),
        forged(arrays=[["<f8", [7]]]),
        forged(arrays=[["<f8", [-6]]]),
        forged(arrays=[["<f8", [2**62, 2**62]]]),
        forged(arrays=[["<f8", ["6"]]]),
        forged(arrays=[["nonsense", [6]]]),
        forged(arrays=[["<U4", [3]], ["<f8", [4]]]),
        forged(arrays="x"),
        forged(index="0"),
        forged(block=None),
        forged(values=[["array", 9]]),
        forged(values=[["scalar", 0]]),
        forged(values=[["float", "many"]]),
        forged(values=[["float", "0x1p999999999"]]),
        forged(values=[["pickle", "gASV"]]),
        forged(values=[["list", [["list", "x"]]]]),
        forged(values={"a": 1}),
        forged(calls=[1]),
        forged(calls={"f": [[1, 2]]}),
        forged(failure=["a", 1, "b"]),
        struct.pack("<4sI", b"OBS1", 200_000) + b"[" * 200_000,
    ],
)
def test_decode_refuses_damage(data):
    """Cut, forged, deeply nested or foreign bytes are an ObservationError, whatever they hold."""
    with pytest.raises(ObservationError):
        decode(data)


def test_decode_refuses_too_many_parts():
    """A header that asks for more parts than the limit is refused while it is read."""
    data = forged(values=[["list", [0] * 500]])
    with pytest.raises(ObservationError, match="más de 100"):
        decode(data, Limits(max_items=100))


@given(st.binary(max_size=64), st.integers(0, len(GOOD)))
def test_decode_survives_any_bytes(noise, at):
    """Bytes written over a good observation give an observation or an ObservationError, no crash."""
    data = GOOD[:at] + noise + GOOD[at + len(noise) :]
    with contextlib.suppress(ObservationError):
        assert isinstance(decode(data), Observation)


def test_failure_of_names_the_students_line():
    """A failure holds the deepest line of the student's code, not NumPy's."""

    def student(x):
        return np.concatenate([x, np.zeros((2, 2))])

    try:
        student(np.zeros(3))
    except ValueError as error:
        failure = failure_of(error)
    assert failure.type_name == "ValueError"
    assert failure.line == "return np.concatenate([x, np.zeros((2, 2))])"


def test_failure_of_survives_an_exception_that_cannot_be_written():
    """An exception whose __str__ raises is still described."""

    class RudeError(Exception):
        def __str__(self):
            raise RuntimeError

    assert failure_of(RudeError()) == Failure("RudeError", "")


class Row(NamedTuple):
    """A named tuple, as a student may return one."""

    height: int
    width: int


class Number(float):
    """A float of a class of its own."""


class Rows(list):
    """A list of a class of its own."""


class Liar:
    """Something that says that it is a tuple."""

    __class__ = tuple


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (torch.Size([2, 3]), (2, 3)),
        (Row(2, 3), (2, 3)),
        (Number(2.5), 2.5),
        (Rows([1, (2,)]), [1, (2,)]),
        (np.str_("gato"), "gato"),
        (OrderedDict(a=1), {"a": 1}),
        (Liar(), Opaque("Liar")),
    ],
    ids=["size", "namedtuple", "float", "list", "text", "dict", "liar"],
)
def test_a_subclass_is_as_good_as_its_class(value, plain):
    """What is of a subclass freezes to the plain value; what only says so stays opaque."""
    frozen = freeze(value)
    assert type(frozen) is type(plain)
    assert frozen == plain


class Image(torch.Tensor):
    """A tensor of a class of its own."""


@pytest.mark.parametrize(
    "tensor",
    [
        torch.Tensor([1.0, 2.0]).as_subclass(Image),
        torch.nn.Parameter(torch.tensor([1.0, 2.0])),
        torch.tensor([1 - 1j, 1 - 2j]).conj().imag,
        torch._neg_view(torch.tensor([-1.0, -2.0])),
        torch.tensor([1.0, 2.0], requires_grad=True) * 1,
    ],
    ids=["subclass", "parameter", "conjugate", "negative", "graph"],
)
def test_any_tensor_freezes_to_its_values(tensor):
    """A Tensor subclass, a parameter and one with a negative or a conjugate bit have values too."""
    assert freeze(tensor).array.tolist() == [1.0, 2.0]


def test_digests_tell_a_change_of_any_kind():
    """A changed value, shape, dtype, key, length or order of parts changes the fingerprint."""
    base = {"a": np.zeros((2, 3)), "b": [1, 2.0, "x"], "c": (None, True)}
    (before,) = digests([base])
    assert digests([{**base}]) == (before,)
    for change in (
        {"a": np.zeros((3, 2))},
        {"a": np.zeros((2, 3), dtype=np.float32)},
        {"a": np.full((2, 3), np.nan)},
        {"b": [1, "x", 2.0]},
        {"c": (None, True, 1)},
        {"d": 1},
    ):
        assert digests([{**base, **change}]) != (before,)


def test_an_argument_that_was_made_unspeakable_has_no_fingerprint():
    """What can't be frozen any more differs from whatever it was, and stops nothing."""
    endless = []
    endless.append(endless)
    assert digests([endless, 1])[0] == ""


def ran(source, call):
    """Run a cell's source and a call of what it defines, and describe the exception."""
    linecache.cache["<student>"] = (
        len(source),
        None,
        source.splitlines(keepends=True),
        "<student>",
    )
    space = {"np": np, "__name__": "__main__"}
    exec(compile(source, "<student>", "exec"), space)
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - each raises its own
        exec(compile(call, "<check>", "exec"), space)
    return failure_of(caught.value, within="ran")


def test_a_failure_knows_the_functions_that_it_came_through():
    """The trail has each function of the student's once, and the line where it was."""
    source = (
        "def inner(n):\n    return [1 / x for x in range(n)]\n"
        "def again(n):\n    return again(n - 1) if n else inner(2)\n"
        "def outer():\n    return again(9)\n"
    )
    failure = ran(source, "outer()")
    assert failure.line == "return [1 / x for x in range(n)]"
    assert failure.trail == (
        ("outer", "return again(9)"),
        ("again", "return again(n - 1) if n else inner(2)"),
        ("inner", "return [1 / x for x in range(n)]"),
    )


def test_a_file_beside_the_notebook_is_one_function_of_a_trail():
    """What a file's function calls in its own file is that function's, as no student wrote it."""
    space = {"__name__": "beside"}
    exec(
        "def _deep(n):\n    return [1 / n for _ in 'ab']\ndef pool(n):\n    return _deep(n)\n",
        space,
    )
    source = "def mine(pool):\n    return pool(0)\n"
    linecache.cache["<student>"] = (
        len(source),
        None,
        source.splitlines(keepends=True),
        "<student>",
    )
    own = {"__name__": "__main__"}
    exec(compile(source, "<student>", "exec"), own)
    with pytest.raises(ZeroDivisionError) as caught:
        own["mine"](space["pool"])
    trail = failure_of(
        caught.value, within="test_a_file_beside_the_notebook_is_one_function_of_a_trail"
    ).trail
    assert [name for name, _ in trail] == ["mine", "pool"]


def test_a_long_trail_keeps_its_ends():
    """Of many functions the first and the last are told."""
    source = "".join(f"def f{n}():\n    return f{n + 1}()\n" for n in range(50))
    failure = ran(source + "def f50():\n    return 1 / 0\n", "f0()")
    assert [name for name, _ in failure.trail] == ["f0", "f1", "f2", "f48", "f49", "f50"]


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ("raise NotImplementedError()", False),
        ("'''Text.'''\n    raise NotImplementedError\n    return X_pad", False),
        ("raise NotImplementedError()\n    return a, (b, c)", False),
        ("super().__init__()\n    raise NotImplementedError()", False),
        ("X = 1\n    raise NotImplementedError()\n    return X", True),
        ("raise NotImplementedError()\n    return np.pad(X, 1)", True),
        ("raise NotImplementedError()\n    return X * 2", True),
        ("for i in range(3):\n        pass\n    raise NotImplementedError()", True),
    ],
)
def test_a_finished_function_is_told_from_a_stub(body, written):
    """A function that raises NotImplementedError beside code of its own is known as written."""
    source = f"class super:\n    def __init__(self): pass\ndef f():\n    {body}\n"
    assert ran(source, "f()").written is written


def test_a_failure_that_was_made_up_is_cut():
    """However long a forged failure's texts are, what comes out of the wire is as one that happened."""
    long = "remapped shapes " * 20_000
    forged = Failure(long, long, long, ((long, long),))
    seen = Observation(
        "a/b", 0, "check_torch", calls={"f": (Call(failure=forged),)}, failure=forged
    )
    read = decode(encode(seen))
    for failure in (read.failure, read.calls["f"][0].failure):
        texts = [failure.type_name, failure.message, failure.line, *failure.trail[0]]
        assert all(0 < len(text) <= 500 for text in texts)


def test_a_failure_travels_with_its_trail():
    """The trail and whether the function is written come back from the wire."""
    failure = Failure("E", "m", "x", (("f", "y"), ("g", "x")), written=True)
    sent = Observation("a/b", 0, "marks", failure=failure)
    assert decode(encode(sent)).failure == failure
