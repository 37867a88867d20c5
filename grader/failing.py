"""`last_failure`: the case in which a student's function failed last, to play with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.comparison import shown
from grader.observation import Tensor, Value
from grader.observing import copied
from grader.session import FailedCase, current_session
from grader.words import _

if TYPE_CHECKING:
    from grader.key import Brief


@dataclass(frozen=True, repr=False)
class LastFailure:
    """A case in which a student's function failed. What it gives are copies, new ones each time."""

    case: FailedCase
    brief: Brief

    @property
    def args(self) -> tuple[Any, ...]:
        """What the function was called with."""
        return tuple(_plain(arg) for arg in self.case.args)

    @property
    def got(self) -> Any:
        """What it returned; None if it raised an exception."""
        return _plain(self.case.got)

    @property
    def expected(self) -> Any:
        """What it should have returned; None where that isn't told."""
        return _plain(self.case.expected)

    @property
    def note(self) -> str:
        """What is special about the case."""
        return self.case.note

    def __repr__(self) -> str:
        """Say what it holds, and how to use it."""
        name, args, got, expected = self.brief.name, self.args, self.got, self.expected
        if self.note:
            lines = [_("Un caso en que falla {name}: {note}").format(name=name, note=self.note)]
        else:
            lines = [_("Un caso en que falla {name}").format(name=name)]
        names = self.brief.parameters
        if len(names) != len(args):
            names = tuple(f"args[{at}]" for at in range(len(args)))
        lines.append(_("  .args      lo que recibe:"))
        lines += [f"      {one} = {_held(arg)}" for one, arg in zip(names, args, strict=True)]
        if got is None:
            lines.append(_("  .got       None: no devolvió nada, o lanzó una excepción"))
        else:
            lines.append(_("  .got       lo que devolvió: {value}").format(value=_held(got)))
        if expected is not None:
            said = _("  .expected  lo que se esperaba: {value}")
            lines.append(said.format(value=_held(expected)))
        if not self.brief.driver:
            said = _("Para probarlo: caso = last_failure(); {name}(*caso.args)")
            lines.append(said.format(name=name))
        return "\n".join(lines)


def _plain(value: Value) -> Any:
    """Copy a case's value, as something that NumPy works with."""
    if isinstance(value, Tensor):
        return value.array.copy()
    if isinstance(value, tuple | list):
        return type(value)(_plain(part) for part in value)
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return copied(value)


_SHORT = 8  # parts of a tuple, list or dictionary that are told one by one


def _held(value: Any) -> str:
    """Write a value shortly: an array by its shape, and what holds few things by those."""
    if isinstance(value, tuple | list) and 0 < len(value) <= _SHORT:
        around = "({})" if isinstance(value, tuple) else "[{}]"
        return around.format(", ".join(map(_held, value)))
    if isinstance(value, dict) and 0 < len(value) <= _SHORT:
        return f"{{{', '.join(f'{name!r}: {_held(part)}' for name, part in value.items())}}}"
    return shown(value)


_last_failure: list[LastFailure] = []


def keep_failure(case: FailedCase) -> None:
    """Remember a case that failed, until the next one does."""
    _last_failure[:] = [LastFailure(case, current_session().find_key().find(case.exercise))]


def last_failure() -> LastFailure:
    """Return the case in which a function failed last, to play with.

    It holds the arguments, `args`, what the function returned for them, `got`, and what it should
    have returned, `expected`. Raises `LookupError` if no function has failed, and while a work is
    graded, since nothing is judged there.

    >>> from grader import check_torch
    >>> def zero_pad(X, pad):
    ...     return X
    >>> check_torch(zero_pad, "basic")
    Traceback (most recent call last):
    grader.checks.CheckFailed: ...
    >>> caso = last_failure()
    >>> caso.got.shape == caso.args[0].shape
    True
    """
    if not _last_failure:
        raise LookupError(
            _(
                "last_failure() da el último caso en que falló una de tus funciones, y todavía no ha "
                "fallado ninguna: corre antes una comprobación, como check_torch(...)"
            )
        )
    return _last_failure[0]
