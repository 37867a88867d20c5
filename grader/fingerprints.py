"""What tells one wrong answer from another: its form and a number for each array, and not its values.

A student's machine holds what each known mistake leaves, alone and in pairs, so that it can be
recognised there, and nothing that solves an exercise.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.comparison import Terms, is_single, part_differences
from grader.observation import Call, Tensor, Value, digests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from grader.comparison import Output

LARGEST = 2**20
"""Values of an array that is looked at value by value: of a larger one its form says enough."""

TOLERANCE = 2e-6
TOLERANCE_FLOAT32 = 1e-3


@dataclass(frozen=True)
class Mark:
    """What one output of an answer leaves: its form, and a number and a scale for each array in it."""

    form: str
    numbers: tuple[float, ...] = ()
    scales: tuple[float, ...] = ()


RIGHT = Mark("=")
CHANGED = Mark("≠")  # right, but an argument isn't what it was
NOTHING = Mark("-")  # in the place of an output, where the answer has another form

Fingerprint = tuple[Mark, ...]
"""The marks of the outputs that a group compares; where the answer has no such parts, of the whole."""


def fingerprint(
    outputs: Sequence[Output],
    compared: Sequence[str],
    args: Sequence[Any],
    expected: Value,
    call: Call,
) -> Fingerprint:
    """Return what an answer to a case leaves, in the outputs that are `compared`."""
    if call.failure is not None:
        failure = call.failure
        place = f" in {failure.function}" if failure.function else ""
        said = _said(failure.message)
        return _whole(Mark(f"raised {failure.type_name}{place}: {said}"), compared)
    terms = Terms(single=any(map(is_single, args)))
    parts = list(part_differences(outputs, compared, expected, call.value, terms))
    if len(outputs) > 1 and parts[0][2] is call.value:  # no tuple of them
        return _whole(_mark(call.value), compared)
    marks = [_mark(got) if differs else RIGHT for _, _, got, differs in parts]
    if all(mark is RIGHT for mark in marks) and any(
        map(operator.ne, digests(args), call.arguments)
    ):
        return _whole(CHANGED, compared)
    return tuple(marks)


_AXES = re.compile(r"([(\[])(?:\s*\d+\s*,)*?((?:\s*\d+\s*,)?\s*\d+),?\s*([)\]])")
_BY_CHANCE = re.compile(r"0x[0-9a-f]+|\baxis -?\d+")
_IN_QUOTES = re.compile(r"'[^']*'")


def _said(message: str) -> str:
    """Return what a message says, with its sizes, however many axes come before the last two.

    Whoever goes image by image and whoever takes a whole batch make one mistake with arrays that differ
    in their first axes; sizes and names that differ are of another mistake, a typo among them.

    >>> _said("operands could not be broadcast together with shapes (2,1,3,4) (5,3,2)")
    'operands could not be broadcast together with shapes (3,4) (3,2)'
    >>> _said("[Errno 2] No such file or directory: '/tmp/tmpx1/model.pt'")
    "[Errno 2] No such file or directory: 'model.pt'"
    """
    said = _IN_QUOTES.sub(lambda found: "'" + re.split(r"[/\\]", found[0][1:-1])[-1] + "'", message)
    said = _AXES.sub(lambda found: "".join(found.groups()).replace(" ", ""), said)
    return " ".join(_BY_CHANCE.sub("", said).split())


def _whole(mark: Mark, compared: Sequence[str]) -> Fingerprint:
    return (mark, *[NOTHING] * (len(compared) - 1))


def narrowed(left: Fingerprint, held: Sequence[str], wanted: Sequence[str]) -> Fingerprint:
    """Return what is left of a fingerprint of the outputs `held` where only those `wanted` count."""
    if tuple(held) == tuple(wanted):
        return left
    if left[0] == CHANGED or NOTHING in left:
        return _whole(left[0], wanted)
    by_name = dict(zip(held, left, strict=True))
    return tuple(by_name[name] for name in wanted)


def is_right(left: Fingerprint) -> bool:
    """Tell whether a fingerprint is that of a right answer."""
    return all(mark.form == RIGHT.form for mark in left)


def matches(ours: Fingerprint, other: Fingerprint, *, single: bool = False) -> bool:
    """Tell whether two fingerprints are of one answer, but for rounding, to the scale of `ours`."""
    return len(ours) == len(other) and all(
        _match(a, b, single=single) for a, b in zip(ours, other, strict=True)
    )


def _match(ours: Mark, other: Mark, *, single: bool) -> bool:
    tolerance = TOLERANCE_FLOAT32 if single else TOLERANCE
    return ours.form == other.form and all(
        abs(a - b) <= tolerance * scale
        for a, b, scale in zip(ours.numbers, other.numbers, ours.scales, strict=False)
    )


def _mark(value: Value) -> Mark:
    forms: list[str] = []
    numbers: list[tuple[float, float]] = []
    _walk(value, forms, numbers)
    return Mark(" ".join(forms), tuple(n for n, _ in numbers), tuple(s for _, s in numbers))


def _walk(value: Value, forms: list[str], numbers: list[tuple[float, float]]) -> None:
    """Add what a value leaves, part by part."""
    kind = "tensor" if isinstance(value, Tensor) else "array"
    if isinstance(value, Tensor):
        value = value.array
    if isinstance(value, bool | int | float | np.generic | np.ndarray):
        array = np.asarray(value)
        if array.size == 1:
            kind, array = "number", array.reshape(())
        forms.append(f"{kind}{array.shape}")
        if array.dtype.kind in "biuf" and array.size <= LARGEST:
            numbers.append(_projection(array.astype(float)))
        else:
            forms.append(str(array.dtype))
    elif isinstance(value, tuple | list):
        forms.append(f"{len(value)} parts")
        for part in value:
            _walk(part, forms, numbers)
    elif isinstance(value, dict):
        forms.append(f"named {sorted(map(str, value))}")
        for _, part in sorted(value.items(), key=lambda item: str(item[0])):
            _walk(part, forms, numbers)
    else:
        forms.append(f"{type(value).__name__} {value}")


def _projection(array: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Return a sum of the values, with weights that nobody meets by chance, and its scale."""
    flat = np.nan_to_num(array.ravel(), nan=0.731, posinf=2.17, neginf=-3.19)
    with np.errstate(all="ignore"):  # numbers near the largest ones overflow
        total = float(_weights(flat.size) @ flat) / max(flat.size, 1) ** 0.5
        # A float32 holds it: a key isn't larger than it must be.
        number = float(np.clip(np.nan_to_num(total), -1e38, 1e38).astype(np.float32))
    return number, max(1.0, min(float(np.abs(flat).max(initial=0.0)), 1e38))


@lru_cache(maxsize=256)  # there are many answers of one size
def _weights(size: int) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(size)
    weights: np.ndarray[Any, Any] = rng.uniform(0.5, 1.5, size) * rng.choice([-1.0, 1.0], size)
    return weights


Made = tuple[str, ...]
"""The mistakes that were made: one, or two at once."""


@dataclass(frozen=True)
class Prints:
    """What each known mistake, and each pair of them, leaves on the cases of a group, packed.

    `rows` gives each one of `made` its row; a row of `forms_at` says by number which of the `forms`
    each output of each case has, and `numbers` holds, one after the other, what those forms hold.
    """

    made: tuple[Made, ...] = ()
    compared: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    counts: np.ndarray[Any, Any] = field(default_factory=lambda: np.zeros(0, np.uint16))
    rows: np.ndarray[Any, Any] = field(default_factory=lambda: np.zeros(0, np.uint16))
    forms_at: np.ndarray[Any, Any] = field(default_factory=lambda: np.zeros((0, 0), np.uint16))
    numbers: np.ndarray[Any, Any] = field(default_factory=lambda: np.zeros(0, np.float32))

    @classmethod
    def of(cls, left: Mapping[Made, Sequence[Fingerprint]], compared: Sequence[str]) -> Prints:
        """Pack what was left; rows that say the same are kept once."""
        forms: dict[str, int] = {}
        counts: list[int] = []
        rows: dict[tuple[Any, ...], int] = {}
        at = []
        for marks in left.values():
            flat = [mark for case in marks for mark in case]
            for mark in flat:
                if mark.form not in forms:
                    forms[mark.form] = len(forms)
                    counts.append(len(mark.numbers))
            row = tuple((forms[mark.form], mark.numbers) for mark in flat)
            at.append(rows.setdefault(row, len(rows)))
        numbers = [n for row in rows for _, held in row for n in held]
        places = [[form for form, _ in row] for row in rows]
        return cls(
            tuple(left),
            tuple(compared),
            tuple(forms),
            np.array(counts, np.uint16),
            np.array(at, np.uint16),
            np.array(places, np.uint16).reshape(len(rows), len(places[0]) if places else 0),
            np.array(numbers, np.float32),
        )

    @cached_property
    def _row_of(self) -> dict[Made, int]:
        return dict(zip(self.made, self.rows.tolist(), strict=True))

    @cached_property
    def _starts(self) -> np.ndarray[Any, Any]:
        """Where the numbers of each place begin."""
        held = self.counts[self.forms_at].astype(np.int64)
        return np.concatenate(([0], np.cumsum(held.ravel())[:-1])).reshape(self.forms_at.shape)

    def left(self, made: Made, at: int) -> Fingerprint:
        """Return what `made` left on a case, which is at the place `at` in its group."""
        row = self._row_of[made]
        width = len(self.compared)
        marks = []
        for place in range(at * width, (at + 1) * width):
            form = int(self.forms_at[row, place])
            start = int(self._starts[row, place])
            held = self.numbers[start : start + int(self.counts[form])]
            marks.append(Mark(self.forms[form], tuple(held.tolist())))
        return tuple(marks)

    def __iter__(self) -> Iterator[Made]:
        """Go through the mistakes and pairs."""
        return iter(self.made)

    def plain(self) -> dict[str, Any]:
        """Return it as plain data."""
        names = sorted({name for made in self.made for name in made})
        by_number = [[names.index(name) for name in (made[0], made[-1])] for made in self.made]
        return {
            "names": names,
            "made": np.array(by_number, np.uint16).reshape(-1, 2),
            "compared": list(self.compared),
            "forms": list(self.forms),
            "counts": self.counts,
            "rows": self.rows,
            "forms_at": self.forms_at,
            "numbers": self.numbers,
        }

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Prints:
        """Read what `plain` returned; raise `ValueError` where its parts don't fit together."""
        names = plain["names"]
        read = cls(
            tuple(tuple(dict.fromkeys(names[n] for n in made)) for made in plain["made"].tolist()),
            tuple(plain["compared"]),
            tuple(plain["forms"]),
            *(plain[name] for name in ("counts", "rows", "forms_at", "numbers")),
        )
        whole = (
            len(read.rows) == len(read.made)
            and len(read.counts) == len(read.forms)
            and read.rows.max(initial=0) < max(len(read.forms_at), 1)
            and read.forms_at.max(initial=0) < max(len(read.forms), 1)
            and len(read.numbers) == int(read.counts[read.forms_at].sum())
        )
        if not whole:
            raise ValueError("the fingerprints of mistakes aren't whole")
        return read
