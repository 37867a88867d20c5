"""Where the two halves of a check meet: who judges what was observed, and from which seed.

At home the session judges at once, in the same process. In the sandbox it only sends observations
out, and no verdict comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grader.observation import Call, Observation

if TYPE_CHECKING:
    from grader.key import Key

PUBLIC_SEED = 2023
"""The seed of the cases that a student sees at home. Autograde takes another one a submission."""


@dataclass(frozen=True)
class Check:
    """What an instructor's cell asks for: the check's name and those arguments that can be trusted.

    `arguments` holds literals of the cell (an expected hash, an exercise's name, a tolerance), never
    a value that student's code made.
    """

    kind: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Panel:
    """Where an array differs: a picture of it, as SVG, and the same in words."""

    text: str
    svg: str


@dataclass(frozen=True)
class FailedCase:
    """The first case that a function didn't answer as expected: for a student to play with.

    `expected` is None where that isn't for the student to know.
    """

    exercise: str
    note: str
    args: tuple[Any, ...]
    got: Any
    expected: Any = None


@dataclass(frozen=True)
class Verdict:
    """Whether a check passed, what a student should read, and which named mistakes explain it.

    `message` is one line: what is wrong, and the `hint` where there is one. `details` and `panels`
    unfold below it. Each of the `explanations` names the mistakes, one or two made at once, that
    leave just what was observed: where there are several, nobody knows which was made. `reason` is
    the same for two checks that fail for the same reason, and empty where that isn't known. `broken`
    names the helpers that don't pass their own cases. `flag` is for the instructor.
    """

    passed: bool
    message: str = ""
    details: tuple[str, ...] = ()
    panels: tuple[Panel, ...] = ()
    explanations: tuple[tuple[str, ...], ...] = ()
    hint: str = ""
    reason: str = ""
    broken: tuple[str, ...] = ()
    flag: str = ""
    case: FailedCase | None = None

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The mistakes that were made, where only one explanation fits."""
        return self.explanations[0] if len(self.explanations) == 1 else ()


Elsewhere = Callable[[], Mapping[str, Sequence[Call]]]
"""What the function that is checked answers to its exercise's other groups, by their names.

It tells mistakes apart that leave the same in one group, and is asked for only where a check failed.
"""


RANDOM = "np.random"
"""What a function is said to read that draws random numbers."""


def nowhere() -> Mapping[str, Sequence[Call]]:
    """Know nothing of other groups."""
    return {}


@dataclass(frozen=True)
class Session:
    """The seed of what a notebook draws, the judge, and the key, which is sought when it is needed.

    `judge` returns a verdict at home and None in the sandbox.
    """

    seed: int
    judge: Callable[[Check, Observation, Elsewhere], Verdict | None]
    find_key: Callable[[], Key]


_current: list[Session] = []


def use_session(session: Session) -> None:
    """Make `session` the one that all checks and marks of this process report to."""
    _current[:] = [session]


def current_session() -> Session:
    """Return the session in use."""
    return _current[0]
