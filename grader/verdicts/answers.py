"""What a verdict asks of whoever knows what is right: a key at home, torch when graded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.fingerprints import Fingerprint, Made
    from grader.key import Asked, Brief
    from grader.observation import Call, Value


class Answers(Protocol):
    """What a verdict asks of whoever knows what is right."""

    def find(self, name: str) -> Brief:
        """Return what may be said of an exercise; raise `UnknownNameError` if there is none."""

    def asked(self, name: str, group: str) -> Sequence[Asked]:
        """Return the cases of a group, and what is expected of each."""

    def facts(self, brief: Brief, args: Sequence[Any], observed: Value) -> Value:
        """Return what is compared of what was observed."""

    def audit(self, name: str, group: str, observed: Sequence[Value]) -> tuple[str, str]:
        """Return what no comparison shows: a problem for the student, a flag for the instructor."""

    @property
    def reveals(self) -> bool:
        """Whether a student may be told what was expected."""

    def mistakes(self, name: str, group: str) -> Sequence[str]:
        """Name the mistakes that can be recognised in a group of an exercise."""

    def left(self, name: str, group: str, at: int, made: Made) -> Fingerprint:
        """Return what one mistake, or two at once, leave on a case, by its place in its group."""

    def pairs(
        self, name: str, group: str, at: int, call: Call, ours: Fingerprint
    ) -> Sequence[Made]:
        """Return the pairs of mistakes that may have left `ours`, or led to `call`, on a case."""

    def hint(self, name: str, mistake: str) -> str:
        """Return what a student who made a mistake is told."""

    def kin(self, name: str, mistake: str) -> str:
        """Return what is true of all mistakes that look like one; empty where that isn't known."""
