"""What a verdict asks of whoever knows what is right: a key at home, torch when graded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.key import Asked, Brief
    from grader.observation import Value


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

    def marks(self, name: str, group: str) -> Mapping[str, Sequence[Any]]:
        """Return the fingerprints that each mistake leaves on a group that it fails."""

    def hint(self, name: str, mistake: str) -> str:
        """Return what a student who made a mistake is told."""
