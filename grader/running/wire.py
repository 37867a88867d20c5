"""The frames that a notebook's process sends: how they are written, and how they are distrusted.

A frame is four bytes of length, one of kind, and the rest. The writer runs in the student's
process, so the reader believes nothing: every field is checked and copied, and what can't be a
message of ours raises `BadFrameError`.
"""

from __future__ import annotations

import json
import math
import os
import re
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.running.limits import Limits

READY, START, OUTPUT, OBSERVATION, END, DONE = b"R", b"S", b"O", b"B", b"E", b"Z"
FAILED = b"F"  # in the place of READY
HEADER = struct.Struct(">IB")
MAX_FRAMES = 100_000
MAX_UPDATES = 1_000_000  # outputs that updates of displays may touch, all together
MAX_OUTPUTS = 2_000  # that a cell keeps
MAX_OBSERVATIONS = 10_000
MAX_SMALL = 4096  # bytes of a frame that marks a start or an end
MAX_DEPTH = 40
MAX_SECONDS = 1e12
TIMES_CLEARED = 16  # times its limit that a cell may put out, if it clears or updates as it goes
_ESCAPES = 8  # times longer that text may get in JSON
_SLACK = 1 << 16  # for the JSON around an output
_MIME = re.compile(r"[\w.+-]{1,64}/[\w.+;=, -]{1,128}")


class BadFrameError(ValueError):
    """What came through the pipe can't be a message of ours, or is too much (`limit`)."""

    def __init__(self, message: str, *, limit: bool = False) -> None:
        super().__init__(message)
        self.limit = limit


def write(pipe: int, kind: bytes, payload: bytes) -> None:
    """Write one frame, whole."""
    view = memoryview(HEADER.pack(len(payload), kind[0]) + payload)
    while view:
        view = view[os.write(pipe, view) :]


def encode(value: object) -> bytes:
    """Encode as strict JSON, with text in the place of what JSON doesn't have.

    >>> encode({"a": float("nan")})
    b'{"a": "nan"}'
    """
    try:
        return json.dumps(value, allow_nan=False).encode()
    except (TypeError, ValueError):
        return json.dumps(_plain(value, MAX_DEPTH), allow_nan=False).encode()


def _plain(value: object, depth: int) -> object:
    if isinstance(value, dict) and depth:
        return {str(k): _plain(v, depth - 1) for k, v in value.items()}
    if isinstance(value, (list, tuple)) and depth:
        return [_plain(v, depth - 1) for v in value]
    if isinstance(value, float) and math.isfinite(value):
        return value
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


@dataclass
class CellRecord:
    """What is known of one cell while it runs; `number` is its place in the notebook, from 1."""

    number: int = 0
    kept: list[dict[str, Any]] = field(default_factory=list)  # the text of a stream is a list here
    ids: list[str | None] = field(default_factory=list)  # the display_id of each output
    observations: list[bytes] = field(default_factory=list)
    execution_count: int | None = None
    ok: bool = False
    started: float | None = None
    ended: float | None = None
    size: int = 0  # of the outputs that it keeps
    total: int = 0  # of all outputs that it sent
    clear_first: bool = False
    interrupted: bool = False  # by us, for its time
    quiet: bool = False  # it runs again for what it defines, and what it sends is thrown away

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """The outputs as nbformat has them."""
        streams = ({**o, "text": "".join(o["text"])} if "name" in o else o for o in self.kept)
        return list(streams)


class Reader:
    """Cut a stream of bytes into frames, and keep what they say about each cell.

    `cells` is how many cells there are, or where to keep what is known of each.

    >>> from grader.running.limits import Limits
    >>> reader = Reader(1, Limits())
    >>> reader.feed(HEADER.pack(2, READY[0]) + b"{}" + HEADER.pack(0, START[0]), 0.5)
    >>> reader.cells[0].started
    0.5
    """

    def __init__(self, cells: int | Sequence[CellRecord], limits: Limits) -> None:
        self.cells = [CellRecord(n + 1) for n in range(cells)] if isinstance(cells, int) else cells
        self.ready: dict[str, float] | None = None
        self.ready_at: float | None = None
        self.problem = ""  # why no cell could be run
        self.about_files = False  # whether it is the job's files that couldn't be put in place
        self.done = False
        self._limits = limits
        self._buffer = bytearray()
        self._next = 0  # the cell that starts next
        self._frames = 0
        self._observed = 0
        self._observations = 0
        self._updates = 0
        self._most = _ESCAPES * 1000 * limits.output_kb + _SLACK

    @property
    def last_number(self) -> int | None:
        """The place of the cell that started last, from 0."""
        return self._next - 1 if self._next else None

    @property
    def open_cell(self) -> CellRecord | None:
        """The cell that runs now."""
        if self._next == 0:
            return None
        cell = self.cells[self._next - 1]
        return cell if cell.ended is None else None

    @property
    def open_number(self) -> int | None:
        """The place of the cell that runs now, from 0."""
        return None if self.open_cell is None else self._next - 1

    def feed(self, data: bytes, now: float) -> None:
        """Take what came through the pipe at the time `now`.

        Raises BadFrameError, with a sentence for the instructor, and keeps what came before it.
        """
        self._buffer += data
        for kind, payload in self._cut():
            self._frames += 1
            if self._frames > MAX_FRAMES:
                msg = f"it sent more than {MAX_FRAMES} messages"
                raise BadFrameError(msg, limit=True)
            self._take(kind, payload, now)

    def _cut(self) -> Iterator[tuple[bytes, bytes]]:
        place = 0
        try:
            while len(self._buffer) - place >= HEADER.size:
                length, number = HEADER.unpack_from(self._buffer, place)
                kind = bytes([number])
                self._check_length(kind, length)
                start = place + HEADER.size
                if len(self._buffer) < start + length:
                    break
                place = start + length
                yield kind, bytes(self._buffer[start:place])
        finally:
            del self._buffer[:place]

    def _check_length(self, kind: bytes, length: int) -> None:
        """Refuse a frame by its header alone, before there is memory for it."""
        most = {
            READY: MAX_SMALL,
            FAILED: MAX_SMALL,
            START: 0,
            END: MAX_SMALL,
            DONE: 0,
            OUTPUT: self._most,
            OBSERVATION: self._limits.observation_mb << 20,
        }.get(kind)
        if most is None:
            msg = f"it sent something that isn't a message of ours (kind {kind!r})"
            raise BadFrameError(msg)
        if length > most:
            msg = f"it sent a message of {length} bytes, and {most} is the most of its kind"
            raise BadFrameError(msg, limit=True)

    def _take(self, kind: bytes, payload: bytes, now: float) -> None:
        if self.done or self.problem or (self.ready is None) != (kind in (READY, FAILED)):
            msg = f"it sent a message out of order (kind {kind!r})"
            raise BadFrameError(msg)
        if kind == READY:
            fields = _object(payload)
            self.ready = {k: float(v) for k, v in fields.items() if _is_number(v)}
            self.ready_at = now
        elif kind == FAILED:
            fields = _object(payload)
            self.problem = str(fields.get("problem")) or "?"
            self.about_files = fields.get("files") is True
        elif kind in (START, DONE):
            self._start_or_done(kind, now)
        else:
            cell = self.open_cell
            if cell is None:
                msg = f"it sent a message outside of any cell (kind {kind!r})"
                raise BadFrameError(msg)
            if kind == END:
                _end(cell, _object(payload), now)
            elif cell.quiet:
                pass
            elif kind == OBSERVATION:
                self._observe(cell, payload)
            else:
                self._output(cell, payload)

    def _start_or_done(self, kind: bytes, now: float) -> None:
        started_all = self._next == len(self.cells)
        if self.open_cell is not None or started_all != (kind == DONE):
            msg = "it sent the start or the end of a cell out of order"
            raise BadFrameError(msg)
        if kind == DONE:
            self.done = True
        else:
            self.cells[self._next].started = now
            self._next += 1

    def _observe(self, cell: CellRecord, payload: bytes) -> None:
        self._observed += len(payload)
        self._observations += 1
        if self._observed > self._limits.observation_mb << 20:
            msg = f"its observations are more than {self._limits.observation_mb} MB"
            raise BadFrameError(msg, limit=True)
        if self._observations > MAX_OBSERVATIONS:
            msg = f"it made more than {MAX_OBSERVATIONS} observations"
            raise BadFrameError(msg, limit=True)
        cell.observations.append(payload)

    def _output(self, cell: CellRecord, payload: bytes) -> None:
        """Do as nbclient does with displays, updates, and clearing."""
        cell.total += len(payload)
        event = _object(payload)
        if "clear" in event:
            if event["clear"] == "wait":
                cell.clear_first = True
            else:
                _clear(cell)
            return
        output = valid_output(event)
        if output is None:
            return
        name = event.get("display_id")
        name = name if isinstance(name, str) and kind_of_display(output) else None
        if name is not None:
            self._update(name, output)
        if event.get("update") is True:
            return
        if cell.clear_first:
            _clear(cell)
            cell.clear_first = False
        cell.size += len(payload)
        too_much = cell.size > self._most or cell.total > TIMES_CLEARED * self._most
        if too_much or len(cell.kept) >= MAX_OUTPUTS:
            msg = f"a cell put out far more than its {self._limits.output_kb} KB"
            raise BadFrameError(msg, limit=True)
        last = cell.kept[-1] if cell.kept else {}
        if "name" in output and output["name"] == last.get("name"):
            last["text"].append(output["text"])
            return
        if "name" in output:
            output["text"] = [output["text"]]
        cell.kept.append(output)
        cell.ids.append(name)

    def _update(self, name: str, output: dict[str, Any]) -> None:
        """Renew what was displayed under this name, in whichever cell."""
        for cell in self.cells[: self._next]:
            self._updates += len(cell.ids)
            if self._updates > MAX_UPDATES:
                msg = "it updated its displays too often"
                raise BadFrameError(msg, limit=True)
            for place, other in enumerate(cell.ids):
                if other == name:
                    shown = cell.kept[place]
                    shown["data"], shown["metadata"] = output["data"], output["metadata"]


def kind_of_display(output: dict[str, Any]) -> bool:
    """Say whether an output shows an object: those may have a name, and be updated."""
    return output["output_type"] in ("display_data", "execute_result")


def _clear(cell: CellRecord) -> None:
    cell.kept.clear()
    cell.ids.clear()
    cell.size = 0


def _end(cell: CellRecord, fields: dict[str, Any], now: float) -> None:
    count = fields.get("execution_count")
    cell.execution_count = count if _is_count(count) else None
    cell.ok = fields.get("ok") is True
    cell.ended = now


def _object(payload: bytes) -> dict[str, Any]:
    """Parse JSON that may be anything."""
    try:
        value = json.loads(payload, parse_constant=_refuse)
    except (ValueError, RecursionError) as problem:
        msg = "it sent a message that isn't JSON"
        raise BadFrameError(msg) from problem
    if not isinstance(value, dict):
        msg = "it sent a message that isn't an object"
        raise BadFrameError(msg)
    return value


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def _is_number(value: object) -> bool:
    return (
        isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < MAX_SECONDS
    )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 31


def valid_output(event: dict[str, Any]) -> dict[str, Any] | None:
    """Copy the fields that nbformat 4 gives an output of this type; None if it can't be one.

    >>> valid_output({"output_type": "stream", "name": "stdout", "text": "hi", "more": 1})
    {'output_type': 'stream', 'name': 'stdout', 'text': 'hi'}
    >>> valid_output({"output_type": "stream", "name": "stdlog", "text": "hi"})
    """
    kind = event.get("output_type")
    if kind == "stream":
        name, text = event.get("name"), event.get("text")
        if name not in ("stdout", "stderr") or not isinstance(text, str):
            return None
        return {"output_type": "stream", "name": name, "text": _sound(text)}
    if kind == "error":
        lines = event.get("traceback")
        texts = [
            event.get("ename"),
            event.get("evalue"),
            *(lines if isinstance(lines, list) else [0]),
        ]
        if not all(isinstance(text, str) for text in texts):
            return None
        ename, evalue, *traceback = map(_sound, texts)
        return {
            "output_type": "error",
            "ename": ename,
            "evalue": evalue,
            "traceback": traceback,
        }
    if kind in ("display_data", "execute_result"):
        return _valid_display(kind, event)
    return None


def _valid_display(kind: str, event: dict[str, Any]) -> dict[str, Any] | None:
    data, metadata = event.get("data"), event.get("metadata")
    if not isinstance(data, dict) or not isinstance(metadata, dict):
        return None
    kept = {}
    for mime, value in data.items():
        if not _MIME.fullmatch(mime):
            continue
        if mime.split(";")[0].endswith("json"):
            kept[mime] = _clean(value, MAX_DEPTH)
        elif isinstance(value, str):
            kept[mime] = _sound(value)
    output = {"output_type": kind, "data": kept, "metadata": _clean(metadata, MAX_DEPTH)}
    if kind == "execute_result":
        count = event.get("execution_count")
        if not _is_count(count):
            return None
        output["execution_count"] = count
    return output


def _clean(value: Any, depth: int) -> Any:
    """Copy a JSON value, cutting what is nested too deep."""
    if isinstance(value, str):
        return _sound(value)
    if not isinstance(value, (dict, list)):
        return value
    if depth == 0:
        return None
    if isinstance(value, list):
        return [_clean(item, depth - 1) for item in value]
    return {_sound(key): _clean(item, depth - 1) for key, item in value.items()}


def _sound(text: str) -> str:
    """Replace halves of surrogate pairs, which no file can be written with."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
