"""A result is read back as it was written, and nothing else is read as one."""

import contextlib
import dataclasses
import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "attacks"))

import arena
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.course.answers import AnswerError, from_bytes, to_bytes
from grader.course.grading import Graded, grade

GRADED = grade(
    arena.ATTACKED, arena.handed_in(arena.notebook("def zero_pad(X, pad): return eval('X')"))
)
PLAIN = json.loads(to_bytes(GRADED))


def read(plain):
    """Read a result that is given as plain data."""
    return from_bytes(json.dumps(plain).encode(), arena.ATTACKED, "mallory")


def changed(path, value):
    """Return the plain result with another value at a place."""
    plain = json.loads(json.dumps(PLAIN))
    inner = plain
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return plain


def test_a_result_is_read_back():
    """Every field of a result, with its flags, blocks and messages, comes back equal."""
    assert GRADED.notebooks["tiny"].flags
    assert read(PLAIN) == GRADED


NOTEBOOK = ("notebooks", "tiny")
TEST = "test_zero_pad_basic"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("student",), "ana"),
        (("lab",), "other"),
        (("status",), "perfect"),
        (("reason",), None),
        (("missing",), "tiny"),
        (("seconds",), "1"),
        (("seconds",), float("nan")),
        (("timings",), {"a": True}),
        (("more",), 1),
        (("notebooks",), {"other": PLAIN["notebooks"]["tiny"]}),
        ((*NOTEBOOK, "scores"), {TEST: 2.5}),
        ((*NOTEBOOK, "scores"), {TEST: -1}),
        ((*NOTEBOOK, "scores"), {TEST: float("inf")}),
        ((*NOTEBOOK, "scores"), {"question_why": 1}),
        ((*NOTEBOOK, "scores"), {TEST: True}),
        ((*NOTEBOOK, "text"), "{"),
        ((*NOTEBOOK, "text"), '{"cells": 3}'),
        ((*NOTEBOOK, "text"), '{"cells": [{"source": 3}]}'),
        ((*NOTEBOOK, "flags"), [{"cell": "a", "line": "b", "what": "c"}]),
        ((*NOTEBOOK, "blocks"), {TEST: [{}]}),
    ],
)
def test_a_result_with_another_field_is_refused(path, value):
    """A field of another type, a score that no test gives, and another's result are no answer."""
    with pytest.raises(AnswerError):
        read(changed(path, value))


@pytest.mark.parametrize("data", [None, 5, b"", b"\xff", b"[]", b"3", b"[" * 10**6, "text"])
def test_what_is_no_result_is_refused(data):
    """Anything at all is an `AnswerError`, whatever is wrong with it."""
    with pytest.raises(AnswerError):
        from_bytes(data, arena.ATTACKED, "mallory")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
FIELDS = [field.name for field in dataclasses.fields(Graded)]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_any_fields_are_a_result_or_an_answer_error(fields):
    """With whatever JSON in its fields, an answer is read, or refused, and nothing else happens."""
    with contextlib.suppress(AnswerError):
        assert isinstance(read(PLAIN | fields), Graded)
