"""`judge`: the verdict on one check, from the instructor's check and the observation alone.

What is right is asked of `Answers`: a lab's key at home, torch and the course's exercises when graded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.session import Elsewhere, Verdict, nowhere
from grader.verdicts import diagnosis, values
from grader.verdicts.answers import Answers
from grader.verdicts.failures import describe_ending, reason_of
from grader.words import _

if TYPE_CHECKING:
    from grader.observation import Observation
    from grader.session import Check


def judge(
    check: Check, observation: Observation, answers: Answers, elsewhere: Elsewhere = nowhere
) -> Verdict:
    """Return the verdict on `check`, given what was observed of it.

    `elsewhere` tells what the same function answers to other groups of its exercise: no verdict depends
    on that, but which of its mistakes explains it.

    Nothing that the observation says of itself is trusted but its values: a check of another kind,
    or one whose values don't have the right form, is a failed check.

    >>> from grader.key import Key
    >>> from grader.observation import Observation
    >>> from grader.session import Check
    >>> check = Check("check_str", {"expected": "0x58fe718a"})
    >>> judge(check, Observation("", 0, "check_str", values=("Gato",)), Key()).passed
    True
    """
    if observation.kind != check.kind:
        told = _("se esperaba {expected} y llegó {got}")
        told = told.format(expected=check.kind, got=observation.kind)
        return Verdict(passed=False, message=told)
    if observation.failure is not None:
        told = describe_ending(observation.failure, answers)
        return Verdict(passed=False, message=told, reason=reason_of(observation.failure))
    if check.kind in values.JUDGES:
        return values.JUDGES[check.kind](check, observation)
    return diagnosis.JUDGES[check.kind](check, observation, answers, elsewhere)


__all__ = ["Answers", "judge"]
