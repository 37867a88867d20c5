"""What a worker answers, as bytes: a `Graded` in JSON, read back without believing a word of it.

A worker may be on another machine, and the process in it that graded has read what a student wrote.
So an answer is data: each field is of its type, and no score is beyond what its test cell gives.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import json
import math
import types
import typing
from functools import cache
from typing import TYPE_CHECKING, Any

from grader import judging, session
from grader.course import grading
from grader.course.grading import GRADED, NEEDS_A_PERSON, Graded
from grader.course.labs import originals
from grader.course.submissions.originals import is_graded_code

if TYPE_CHECKING:
    from grader.course.grading import GradedNotebook
    from grader.course.labs import Lab

MAX_BYTES = 256 * 2**20
"""An answer of more bytes than this isn't read."""

_SCALARS = (str, bool, int)


class AnswerError(ValueError):
    """What came isn't the answer of a worker of ours. The message says what is wrong with it."""


def to_bytes(graded: Graded) -> bytes:
    """Write a result as JSON."""
    return json.dumps(dataclasses.asdict(graded)).encode()


def from_bytes(data: object, lab: Lab, student: str) -> Graded:
    """Read the result of a student's submission of `lab`; raise `AnswerError` for anything else."""
    if not isinstance(data, bytes) or len(data) > MAX_BYTES:
        raise AnswerError(f"expected bytes, {MAX_BYTES:,} at the most")
    try:
        graded: Graded = _read(Graded, json.loads(data))
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise AnswerError(f"{type(error).__name__}: {error}"[:300]) from error
    if (graded.student, graded.lab) != (student, lab.name):
        raise AnswerError("it is about another student, or another lab")
    if graded.status not in (GRADED, NEEDS_A_PERSON):
        raise AnswerError(f"there is no status {graded.status[:40]!r}")
    for name, notebook in graded.notebooks.items():
        if name not in lab.notebooks:
            raise AnswerError(f"the lab has no notebook {name[:40]!r}")
        _check_scores(notebook, lab, name)
        _check_text(notebook.text)
    return graded


def _check_scores(notebook: GradedNotebook, lab: Lab, name: str) -> None:
    most = {
        cell.metadata.nbgrader.grade_id: float(cell.metadata.nbgrader.points)
        for cell in originals(lab.notebooks[name]).source.cells
        if is_graded_code(cell)
    }
    for cell, score in notebook.scores.items():
        if not 0 <= score <= most.get(cell, -1):
            raise AnswerError(f"{score} isn't a score of {cell[:40]!r}")


def _check_text(text: str) -> None:
    """Check that a graded notebook has what recording reads of its cells."""
    try:
        cells = json.loads(text)["cells"]
        sound = all(
            isinstance(cell["source"], str | list) and isinstance(cell["metadata"], dict)
            for cell in cells
        )
    except (ValueError, TypeError, LookupError, RecursionError):
        sound = False
    if not sound:
        raise AnswerError("its graded notebook isn't a notebook")


@cache
def _fields(kind: type) -> dict[str, Any]:
    """Return the types of a dataclass's fields; some are imported for annotations alone."""
    names = {**vars(collections.abc), **vars(session), **vars(judging), **vars(grading)}
    return typing.get_type_hints(kind, localns=names)


def _read(kind: Any, value: Any) -> Any:
    """Return a JSON value as what an annotation says; raise `TypeError` if it is something else."""
    origin = typing.get_origin(kind)
    inner = typing.get_args(kind)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        fields = _fields(kind)
        return kind(**{name: _read(fields[name], part) for name, part in _as(dict, value).items()})
    if kind is float and type(value) in (int, float) and math.isfinite(value):
        return float(value)
    if kind in _SCALARS or kind is type(None):
        return _as(kind, value)
    if origin in (tuple, collections.abc.Sequence, list):
        parts = (_read(inner[0], part) for part in _as(list, value))
        return list(parts) if origin is list else tuple(parts)
    if origin in (dict, collections.abc.Mapping):
        return {name: _read(inner[1], part) for name, part in _as(dict, value).items()}
    if origin in (typing.Union, types.UnionType) and type(None) in inner:
        (other,) = (one for one in inner if one is not type(None))
        return None if value is None else _read(other, value)
    raise TypeError(f"expected {kind}, got {type(value).__name__}")


def _as(kind: Any, value: Any) -> Any:
    """Return a JSON value that is exactly of this type."""
    if type(value) is not kind:
        raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")
    return value
