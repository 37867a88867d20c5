"""Which known mistakes, one or two made at once, leave just what was observed, and their hint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.fingerprints import is_right, matches, narrowed
from grader.words import _

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grader.fingerprints import Made
    from grader.key import Brief
    from grader.verdicts.answers import Answers
    from grader.verdicts.cases import Seen

STUB = "NotImplementedError"
FEW = 3
"""How many causes a student can weigh."""


def explanations(
    cases: Sequence[Seen], answers: Answers, elsewhere: Callable[[], Sequence[Seen]]
) -> tuple[Made, ...]:
    """Return what leaves in every case just what was observed: every known mistake, or pairs of them.

    A case that is right is explained by whoever answers it rightly. `elsewhere` gives the cases of the
    exercise's other groups, and of this one with all that it returns: what doesn't explain those, too,
    isn't claimed, since an answer to one group may have come about in many ways.
    """
    failing = [case for case in cases if not case.right]
    if not failing or all(_is_stub(case) for case in failing):
        return ()  # a stub is no mistake
    # The smallest failing case first, since each mistake may have to be called on it.
    first = min(failing, key=lambda case: _size(case.asked.args))
    ordered = [first, *(case for case in cases if case is not first)]
    brief = first.brief
    groups = {case.group for case in cases}
    names = set.intersection(*(set(answers.mistakes(brief.name, group)) for group in groups))
    tried = [(one,) for one in answers.mistakes(brief.name, first.group) if one in names]
    alone = _that_fit(tried, ordered, answers)
    others = elsewhere()
    if sure := _that_fit(alone, others, answers):
        return tuple(sure)
    if not names:
        return ()
    # An exception says little of which two mistakes were made, and what came elsewhere says more.
    wrong = [first, *(case for case in [*ordered, *others] if not case.right)]
    telling = next((case for case in wrong if case.call.failure is None), first)
    likely = answers.pairs(brief.name, telling.group, telling.at, telling.call, telling.left)
    return tuple(_that_fit(likely, [*ordered, *others], answers))


def _is_stub(case: Seen) -> bool:
    return case.call.failure is not None and case.call.failure.type_name == STUB


def _that_fit(tried: Sequence[Made], cases: Sequence[Seen], answers: Answers) -> list[Made]:
    """Return those mistakes that leave in each of the cases what was observed."""
    left = list(tried)
    for case in cases:
        left = [made for made in left if _fits(made, case, answers)]
        if not left:
            break
    return left


def _fits(made: Made, case: Seen, answers: Answers) -> bool:
    brief = case.brief
    theirs = answers.left(brief.name, case.group, case.at, made)
    theirs = narrowed(theirs, brief.groups[case.group].outputs, case.outputs)
    if case.right or is_right(theirs):
        return case.right and is_right(theirs)
    return matches(case.left, theirs, single=case.single)


def _size(value: object) -> int:
    if isinstance(value, tuple | list):
        return sum(map(_size, value))
    return int(getattr(value, "size", 1))


def hint_of(brief: Brief, found: Sequence[Made], answers: Answers) -> str:
    """Return the hint of what explains an answer; empty where nothing that is certain can be said.

    One cause is told; of several, what they have in common, or else all of them if they are few.
    """
    hints = [[answers.hint(brief.name, name) for name in made] for made in found]
    if len(hints) == 1:
        return _told(hints[0])
    if not hints:
        return ""
    shared = [name for name in found[0] if all(name in made for made in found)]
    if shared:  # pairs of which one mistake is certain
        return _("{hint}. Y hay algo más").format(hint=answers.hint(brief.name, shared[0]))
    if len(found[0]) > 1:
        return ""
    kins = {answers.kin(brief.name, name) for (name,) in found}
    if len(kins) == 1 and "" not in kins:
        return kins.pop()
    if len(hints) <= FEW:
        return _("{first}; o bien {others}").format(
            first=hints[0][0], others=_("; o bien ").join(one for (one,) in hints[1:])
        )
    return ""


def _told(hints: Sequence[str]) -> str:
    if len(hints) == 1:
        return hints[0]
    return _("son dos cosas a la vez. Una: {one}. La otra: {other}").format(
        one=hints[0], other=hints[1]
    )
