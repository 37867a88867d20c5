"""The reader believes nothing: hostile frames end the run they came from, and hurt nobody."""

# ruff: noqa: PT012 - what raises is one of many messages
from __future__ import annotations

import json
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.running import wire
from grader.running.limits import Limits
from grader.running.wire import BadFrameError, Reader

LIMITS = Limits(output_kb=10, observation_mb=1)
READY = b"{}"


def frame(kind: bytes, payload: bytes = b"") -> bytes:
    """Make a frame."""
    return wire.HEADER.pack(len(payload), kind[0]) + payload


def output(**fields: object) -> bytes:
    """Make the frame of an output."""
    return frame(wire.OUTPUT, json.dumps(fields).encode())


def text(value: str, name: str = "stdout") -> bytes:
    """Make the frame of some text."""
    return output(output_type="stream", name=name, text=value)


@pytest.fixture
def reader() -> Reader:
    """Give a reader whose first cell of three runs."""
    reader = Reader(3, LIMITS)
    reader.feed(frame(wire.READY, READY) + frame(wire.START), 1.0)
    return reader


def test_a_whole_conversation_is_understood(reader: Reader) -> None:
    """Text, observations and the end of a cell are kept with their cell."""
    data = text("a") + frame(wire.OBSERVATION, b"\x00raw") + text("b")
    data += frame(wire.END, b'{"execution_count": 1, "ok": true}')
    data += frame(wire.START) + frame(wire.END, b"{}") + frame(wire.START) + frame(wire.END, b"{}")
    reader.feed(data + frame(wire.DONE), 2.0)
    first = reader.cells[0]
    assert first.outputs == [{"output_type": "stream", "name": "stdout", "text": "ab"}]
    assert first.observations == [b"\x00raw"]
    assert (first.execution_count, first.ok, first.started, first.ended) == (1, True, 1.0, 2.0)
    assert reader.done


def test_bytes_may_come_one_by_one(reader: Reader) -> None:
    """A frame is understood however it is cut on its way."""
    for byte in text("hello"):
        reader.feed(bytes([byte]), 1.0)
    assert reader.cells[0].outputs[0]["text"] == "hello"


@pytest.mark.parametrize(
    "data",
    [
        frame(b"X"),
        frame(wire.READY, READY),
        frame(wire.FAILED, b"{}"),
        frame(wire.START),
        frame(wire.DONE),
        frame(wire.END, b"[]"),
        frame(wire.END, b"{"),
        frame(wire.OUTPUT, b"\xff\xfe"),
        frame(wire.OUTPUT, b'{"a": NaN}'),
        frame(wire.OUTPUT, b"9" * 5000),
        frame(wire.OUTPUT, b'{"a": ' + b"[" * 9000 + b"]" * 9000 + b"}"),
        frame(wire.OUTPUT, b'{"a":' * 5000 + b"1" + b"}" * 5000),
        frame(wire.OUTPUT, b'{"a": ' + b"9" * 5000 + b"}"),
        frame(wire.END, b"{}") + frame(wire.END, b"{}"),
        frame(wire.END, b"{}") + text("after"),
        frame(wire.END, b"{}") + frame(wire.OBSERVATION, b"x"),
        b"\xff" * 100,
    ],
)
def test_what_cannot_be_a_message_is_refused(data: bytes, reader: Reader) -> None:
    """A malformed, repeated or misplaced message raises, and earlier output stays."""
    reader.feed(text("before"), 1.0)
    with pytest.raises(BadFrameError, match=r"^it sent"):
        reader.feed(data, 2.0)
    assert reader.cells[0].outputs[0]["text"] == "before"


@pytest.mark.parametrize("kind", [wire.START, wire.END, wire.OUTPUT, wire.OBSERVATION, wire.DONE])
def test_a_giant_message_is_refused_by_its_header(kind: bytes, reader: Reader) -> None:
    """A length of four gigabytes raises before anything of it has come."""
    with pytest.raises(BadFrameError, match="4294967295 bytes") as caught:
        reader.feed(wire.HEADER.pack(0xFFFFFFFF, kind[0]), 1.0)
    assert caught.value.limit


def test_nothing_may_come_before_the_sandbox_is_ready() -> None:
    """A cell can't start in a process that hasn't said that it is confined."""
    with pytest.raises(BadFrameError, match="out of order"):
        Reader(1, LIMITS).feed(frame(wire.START), 1.0)


def test_nothing_may_come_after_the_end() -> None:
    """A message after the last is refused."""
    reader = Reader(0, LIMITS)
    reader.feed(frame(wire.READY, READY) + frame(wire.DONE), 1.0)
    with pytest.raises(BadFrameError, match="out of order"):
        reader.feed(frame(wire.START), 1.0)


def test_text_without_end_is_refused(reader: Reader) -> None:
    """Text far beyond the limit raises, even in small pieces."""
    with pytest.raises(BadFrameError, match="far more than its 10 KB"):
        for _ in range(1000):
            reader.feed(text("x" * 1000), 1.0)


def test_clearing_does_not_let_a_cell_send_without_end(reader: Reader) -> None:
    """A cell that clears its output again and again is ended at a multiple of its limit."""
    with pytest.raises(BadFrameError, match="far more than its 10 KB"):
        for _ in range(10_000):
            reader.feed(output(clear="now") + text("x" * 1000), 1.0)


def test_observations_without_end_are_refused(reader: Reader) -> None:
    """Observations beyond the limit raise, by size and by number."""
    with pytest.raises(BadFrameError, match="more than 1 MB"):
        for _ in range(20):
            reader.feed(frame(wire.OBSERVATION, bytes(100_000)), 1.0)
    reader = Reader(1, LIMITS)
    reader.feed(frame(wire.READY, READY) + frame(wire.START), 1.0)
    with pytest.raises(BadFrameError, match="more than 10000 observations"):
        reader.feed(frame(wire.OBSERVATION) * 10_001, 1.0)


def test_many_small_messages_cost_little_and_end(reader: Reader) -> None:
    """Endless tiny messages are refused after a number that takes seconds, not minutes."""
    began = time.process_time()
    with pytest.raises(BadFrameError, match="messages") as caught:
        for _ in range(200):
            reader.feed(output(output_type="none") * 1000, 1.0)
    assert caught.value.limit
    assert time.process_time() - began < 10


def test_updates_of_many_displays_cost_little_and_end(reader: Reader) -> None:
    """Updating a thousand displays of one name without end is refused."""
    show = {"output_type": "display_data", "data": {}, "metadata": {}, "display_id": "d"}
    began = time.process_time()
    with pytest.raises(BadFrameError):
        for _ in range(100):
            reader.feed(output(**show) * 10 + output(**show, update=True) * 100, 1.0)
            reader.cells[0].size = reader.cells[0].total = 0
    assert time.process_time() - began < 10


def test_a_megabyte_of_single_letters_costs_little() -> None:
    """Text in many tiny pieces isn't copied again with each piece."""
    reader = Reader(1, Limits(output_kb=100_000))
    reader.feed(frame(wire.READY, READY) + frame(wire.START), 1.0)
    began = time.process_time()
    for _ in range(90):
        reader.feed(text("y" * 500) * 1000, 1.0)
    assert len(reader.cells[0].outputs[0]["text"]) == 45_000_000
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"output_type": "stream", "name": "stdin", "text": "x"},
        {"output_type": "stream", "name": "stdout", "text": ["x"]},
        {"output_type": "error", "ename": "E", "evalue": 5, "traceback": []},
        {"output_type": "error", "ename": "E", "evalue": "", "traceback": [1]},
        {"output_type": "error", "ename": "E", "evalue": ""},
        {"output_type": "display_data", "data": [], "metadata": {}},
        {"output_type": "display_data", "data": {}},
        {"output_type": "execute_result", "data": {}, "metadata": {}, "execution_count": "1"},
        {"output_type": "execute_result", "data": {}, "metadata": {}, "execution_count": True},
        {"output_type": ["stream"]},
    ],
)
def test_an_output_that_nbformat_does_not_know_is_dropped(
    fields: dict[str, object], reader: Reader
) -> None:
    """An output with wrong or missing fields is left out."""
    reader.feed(output(**fields), 1.0)
    assert reader.cells[0].outputs == []


def test_only_known_fields_are_kept(reader: Reader) -> None:
    """Extra fields, odd MIME types and values of the wrong type go, the rest stays."""
    data = {"text/plain": "x", "../../etc": "x", "image/png": 5, "application/json": {"a": [1]}}
    shown = {"output_type": "display_data", "data": data, "metadata": {"k": 1}, "grade": 1000}
    reader.feed(output(**shown), 1.0)
    kept = {"text/plain": "x", "application/json": {"a": [1]}}
    assert reader.cells[0].outputs == [
        {"output_type": "display_data", "data": kept, "metadata": {"k": 1}}
    ]


def test_text_can_always_be_written_to_a_file(reader: Reader) -> None:
    """Halves of surrogate pairs are replaced, in text, names and nested values."""
    frame_ = frame(
        wire.OUTPUT,
        b'{"output_type": "display_data", "metadata": {"\\ud800": "\\udfff"},'
        b' "data": {"text/plain": "\\ud800", "application/json": ["\\ud800"]}}',
    )
    reader.feed(text("x") + frame_, 1.0)
    json.dumps(reader.cells[0].outputs, ensure_ascii=False).encode()


def test_deep_json_is_cut(reader: Reader) -> None:
    """A value that is nested deeply, but can be parsed, is cut at a depth that all tools take."""
    value: object = 1
    for _ in range(200):
        value = [value]
    shown = {"output_type": "display_data", "metadata": {}, "data": {"application/json": value}}
    reader.feed(output(**shown), 1.0)
    assert json.dumps(reader.cells[0].outputs).count("[") < 50


def test_an_update_reaches_what_an_earlier_cell_displayed(reader: Reader) -> None:
    """A display that is updated changes where it was shown first."""
    show = {"output_type": "display_data", "metadata": {}, "display_id": "d"}
    reader.feed(output(**show, data={"text/plain": "a"}) + frame(wire.END, b"{}"), 1.0)
    reader.feed(frame(wire.START) + output(**show, data={"text/plain": "b"}, update=True), 1.0)
    assert reader.cells[0].outputs[0]["data"] == {"text/plain": "b"}
    assert reader.cells[1].outputs == []


@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_any_bytes_are_taken_or_refused(data: bytes) -> None:
    """Random bytes never raise anything but BadFrameError."""
    reader = Reader(2, LIMITS)
    reader.feed(frame(wire.READY, READY) + frame(wire.START), 1.0)
    try:
        reader.feed(data, 1.0)
    except BadFrameError:
        return


def test_damaged_conversations_are_taken_or_refused() -> None:
    """A conversation with a byte changed never raises anything but BadFrameError."""
    whole = frame(wire.READY, READY) + frame(wire.START) + text("hello", "stderr")
    whole += frame(wire.OBSERVATION, b"abc") + frame(wire.END, b'{"ok": true}') + frame(wire.DONE)
    rng = random.Random(2023)  # noqa: S311 - a test
    refused = 0
    for _ in range(2000):
        damaged = bytearray(whole)
        damaged[rng.randrange(len(whole))] = rng.randrange(256)
        try:
            Reader(1, LIMITS).feed(bytes(damaged), 1.0)
        except BadFrameError:
            refused += 1
    assert refused > 500
