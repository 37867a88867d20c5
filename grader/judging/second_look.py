"""Which blocks were lost to a wrong helper, and what a second run with right helpers makes of them.

A second run puts the instructor's own helpers in place of those that failed, just before the test
cells of a function that calls them. The student's code can read them there, so nothing comes of that
run but whether those blocks pass, and an exercise whose answer has been within reach can't win a
block any more.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grader.judging.cells import BlockVerdict, read_blocks
from grader.key import UnknownNameError
from grader.words import listed, ngettext

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from grader.verdicts import Answers


@dataclass(frozen=True)
class Solution:
    """One solution cell of the instructor's: its exercise, its source, and the names it makes."""

    exercise: str
    source: str

    @property
    def provides(self) -> frozenset[str]:
        """The functions and classes that the cell defines, or adds something to."""
        names: set[str] = set()
        for node in _statements(self.source):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Assign):
                targets = (t.value for t in node.targets if isinstance(t, ast.Attribute))
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
        return frozenset(names)


def _statements(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except SyntaxError:  # an instructor's cell may hold a magic
        return []


@dataclass(frozen=True)
class Checked:
    """A test cell as the first run left it: the instructor's source, and how its blocks went."""

    source: str
    blocks: tuple[BlockVerdict, ...]


@dataclass(frozen=True)
class Look:
    """What a second run does at one test cell.

    `prelude` is the code of the right helpers, to run before it, and `won` says for each block that
    may be won which helpers took it from the student.
    """

    prelude: tuple[str, ...]
    won: Mapping[str, tuple[str, ...]]


def second_looks(
    tests: Sequence[Checked], solutions: Sequence[Solution], answers: Answers
) -> dict[int, Look]:
    """Plan a second run: the test cells, by their place in `tests`, that deserve another look.

    There is none for a student whose functions failed by themselves.
    """
    failed = _failed(tests)
    if not failed:
        return {}
    makers = _makers(solutions)
    looks: dict[int, Look] = {}
    shown: set[str] = set()  # the exercises whose right answers have been within reach
    for at, test in enumerate(tests):
        blamed = {
            block.id: _to_blame(names, block, failed, makers, answers)
            for block, names in _exercises_of(test)
            if block.failed and not names & shown
        }
        bound = [
            solution
            for solution in solutions
            if any(solution in makers[name] for names in blamed.values() for name in names)
        ]
        within_reach = shown | {solution.exercise for solution in bound}
        within_reach |= {name for names in blamed.values() for name in names}
        won = {
            block.id: blamed[block.id]
            for block, names in _exercises_of(test)
            if blamed.get(block.id) and not names & within_reach
        }
        if won:
            looks[at] = Look(tuple(solution.source for solution in bound), won)
            shown = within_reach
    return looks


def _exercises_of(test: Checked) -> list[tuple[BlockVerdict, set[str]]]:
    """Return the blocks of a test cell that check exercises, and which."""
    plans = {plan.id: plan for plan in read_blocks(test.source)}
    named = [
        (block, {c.arguments["name"] for c in plans[block.id].checks if "name" in c.arguments})
        for block in test.blocks
    ]
    return [(block, names) for block, names in named if names]


def _failed(tests: Iterable[Checked]) -> set[str]:
    """Name the exercises that failed some block, their own or one of a caller's."""
    failed: set[str] = set()
    for test in tests:
        for block, names in _exercises_of(test):
            if block.failed:
                failed |= names | set(block.broken)
    return failed


def _makers(solutions: Iterable[Solution]) -> dict[str, list[Solution]]:
    """Return the cells that make each function or class, in the notebook's order."""
    makers: dict[str, list[Solution]] = {}
    for solution in solutions:
        for name in solution.provides:
            makers.setdefault(name, []).append(solution)
    return makers


def _to_blame(
    checked: set[str],
    block: BlockVerdict,
    failed: set[str],
    makers: Mapping[str, Sequence[Solution]],
    answers: Answers,
) -> tuple[str, ...]:
    """Name the failed helpers, near and far, that a block's functions call."""
    waiting = [
        helper
        for name in sorted(checked)
        for helper in _helpers(name, answers)
        if block.uses is None or helper in block.uses
    ]
    near: dict[str, None] = {}
    while waiting:
        name = waiting.pop(0)
        if name in near or name not in makers:
            continue
        near[name] = None
        for maker in makers[name]:
            waiting += [*_helpers(name, answers), *_helpers(maker.exercise, answers)]
    return tuple(
        name
        for name in near
        if failed & {name, *(maker.exercise for maker in makers[name])}
        and not checked & {name, *(maker.exercise for maker in makers[name])}
    )


def _helpers(name: str, answers: Answers) -> tuple[str, ...]:
    try:
        return answers.find(name).helpers
    except UnknownNameError:
        return ()


def settle(
    tests: Sequence[Checked],
    looks: Mapping[int, Look],
    seen: Mapping[int, Sequence[BlockVerdict]],
) -> list[tuple[BlockVerdict, ...]]:
    """Return the blocks of each test cell after `seen`, what the second run made of its looks.

    A block that a look may win is won if it passed; nothing else of the second run is kept.
    """
    won = {
        block.id: looks[at].won[block.id]
        for at, blocks in seen.items()
        for block in blocks
        if block.id in looks[at].won and not block.failed
    }
    settled = [
        Checked(test.source, tuple(_won(one) if one.id in won else one for one in test.blocks))
        for test in tests
    ]
    still = _failed(settled)  # a helper that was itself lost to another one isn't to blame
    return [
        tuple(
            replace(one, note=_note(one.id, [n for n in won[one.id] if n in still] or won[one.id]))
            if one.id in won
            else one
            for one in test.blocks
        )
        for test in settled
    ]


def _won(block: BlockVerdict) -> BlockVerdict:
    return BlockVerdict(block.id, block.points, block.points, uses=block.uses, flags=block.flags)


def _note(block: str, helpers: Sequence[str]) -> str:
    sentence = ngettext(
        "Tu `{name}` es correcta; lo que falla es {helpers}, que se califica aparte.",
        "Tu `{name}` es correcta; lo que falla es {helpers}, que se califican aparte.",
        len(helpers),
    )
    names = listed(f"`{name}`" for name in helpers)
    return sentence.format(name=block.partition("/")[0], helpers=names)
