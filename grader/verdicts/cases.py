"""An exercise's cases with what was observed of them: which are answered as expected, and what isn't."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from grader.comparison import SAME, Difference, Terms, is_single, part_differences
from grader.fingerprints import fingerprint
from grader.observation import digests
from grader.verdicts.failures import describe_failure
from grader.words import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.comparison import Output
    from grader.fingerprints import Fingerprint
    from grader.key import Asked, Brief
    from grader.observation import Call, Value
    from grader.verdicts.answers import Answers


@dataclass(frozen=True)
class Seen:
    """One case of a group, by its place there, and what was observed of it.

    `outputs` names those outputs that are compared, and `reveal` says whether what was expected of
    them may be told.
    """

    brief: Brief
    group: str
    at: int
    outputs: tuple[str, ...]
    asked: Asked
    call: Call
    reveal: bool

    @property
    def title(self) -> str:
        """The group's title."""
        return self.brief.groups[self.group].title

    @property
    def single(self) -> bool:
        """Whether float32 takes part."""
        return any(map(is_single, self.asked.args))

    @cached_property
    def parts(self) -> list[tuple[Output, Value, Value, Difference]]:
        """The outputs that are compared: what was expected, what came, and how they differ."""
        if self.call.failure is not None:
            return []
        terms = Terms(self.single, self.reveal)
        expected, got = self.asked.expected, self.call.value
        return list(part_differences(self.brief.outputs, self.outputs, expected, got, terms))

    @property
    def difference(self) -> Difference:
        """How the answer differs from the expected one, first."""
        return next((differs for *_parts, differs in self.parts if differs), SAME)

    @cached_property
    def changed(self) -> list[str]:
        """The arguments that the call left otherwise than they were given."""
        given = digests(self.asked.args)
        named = zip(self.brief.parameters, given, self.call.arguments, strict=False)
        return [name for name, before, after in named if before != after]

    @property
    def right(self) -> bool:
        """Whether it was answered as expected."""
        return self.call.failure is None and not self.difference and not self.changed

    @cached_property
    def left(self) -> Fingerprint:
        """What the answer leaves, to be recognised by."""
        asked = self.asked
        return fingerprint(self.brief.outputs, self.outputs, asked.args, asked.expected, self.call)

    def problem(self, answers: Answers) -> str:
        """Say what is wrong in a line; nothing if nothing is."""
        if self.call.failure is not None:
            return self._raised(answers)
        if self.difference:
            return self.difference.told
        if self.changed:
            return ngettext(
                "el resultado es correcto, pero la función cambió su argumento {names}: trabaja sobre "
                "una copia (.copy(); .clone() en torch) o sobre un array nuevo",
                "el resultado es correcto, pero la función cambió sus argumentos {names}: trabaja sobre "
                "copias (.copy(); .clone() en torch) o sobre arrays nuevos",
                len(self.changed),
            ).format(names=", ".join(f"`{name}`" for name in self.changed))
        return ""

    def _raised(self, answers: Answers) -> str:
        failure = self.call.failure
        assert failure is not None  # noqa: S101 - for the type checker
        told = describe_failure(failure, answers)
        called_wrong = failure.type_name == "TypeError" and "positional argument" in failure.message
        if called_wrong and not failure.line:
            call = f"{self.brief.name}({', '.join(self.brief.parameters)})"
            return _("{told}. Se llama así: {call}").format(told=told, call=call)
        return told


def seen(
    brief: Brief,
    groups: Sequence[str],
    calls: Sequence[Call],
    answers: Answers,
    outputs: Sequence[str] = (),
) -> list[Seen]:
    """Pair the calls that were observed with the cases of `groups`, in the order of both.

    There are as many of both, or a `ValueError` says so in a student's words.
    """
    asked = [
        (group, at, one)
        for group in groups
        for at, one in enumerate(answers.asked(brief.name, group))
    ]
    if len(calls) != len(asked):
        said = ngettext(
            "se observó {n} caso y debían ser {wanted}",
            "se observaron {n} casos y debían ser {wanted}",
            len(calls),
        )
        raise ValueError(said.format(n=len(calls), wanted=len(asked)))
    return [
        Seen(
            brief=brief,
            group=group,
            at=at,
            outputs=tuple(outputs) or brief.groups[group].outputs,
            asked=one,
            call=concluded(brief, one, call, answers),
            reveal=answers.reveals,
        )
        for (group, at, one), call in zip(asked, calls, strict=True)
    ]


def concluded(brief: Brief, asked: Asked, call: Call, answers: Answers) -> Call:
    """Return the call with the facts that follow from what was observed, where those are compared."""
    if not brief.facts or call.failure is not None:
        return call
    try:
        return replace(call, value=answers.facts(brief, asked.args, call.value))
    except Exception:  # noqa: BLE001 - what was observed may have any form
        return replace(call, value=None)
