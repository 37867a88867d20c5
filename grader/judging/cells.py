"""Read the instructor's test cells: which marks blocks they hold, and which checks in each block.

The cell is parsed, never run: what a block is worth and what its checks expect comes from literals
in the instructor's own copy, so nothing that a student's process says can change it.
"""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from grader import checks
from grader.judging.fallen import why_undefined
from grader.key import Key
from grader.marks import same_as, worth_telling
from grader.observation import Observation, ObservationError, decode
from grader.session import Check, Verdict
from grader.verdicts import judge
from grader.words import _, later

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from grader.judging.fallen import Fallen
    from grader.observation import Call
    from grader.session import Panel
    from grader.verdicts import Answers

TRUSTED = {
    "check_hash": ("expected",),
    "check_scalar": ("expected", "tol"),
    "check_str": ("expected",),
    "check_same": ("tolerance",),
    "check_gradient": ("tolerance", "samples"),
    "check_torch": ("name", "group", "outputs"),
    "check_accuracy": ("name", "group", "at_least"),
}
"""The arguments of each check that the instructor writes, and that must be literals."""

LONGEST = 4_000
"""Letters of a message: more isn't read by anybody, and it may be what a student's code made up."""


class CellError(ValueError):
    """An instructor's test cell can't be judged. The message says which line and what to write."""


@dataclass(frozen=True)
class BlockPlan:
    """A marks block as the instructor wrote it: its id, its points, its checks in order."""

    id: str
    points: float
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class BlockVerdict:
    """How a marks block went: the marks awarded, and what each failed check has to say.

    `messages` are lines, the `hints` in them too; `details` and `panels` unfold below them. `mistakes`
    are those that were made for sure. `reasons` are those of the failed checks, where they are known.
    `uses` names the helpers that the checked functions call, or is None if they weren't observed, and
    `broken` those of them that don't pass their own cases. `note` is for a student who has the marks,
    `flags` are for a person.
    """

    id: str
    points: float
    awarded: float
    messages: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    panels: tuple[Panel, ...] = ()
    hints: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    uses: tuple[str, ...] | None = None
    broken: tuple[str, ...] = ()
    note: str = ""
    flags: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether a check of the block failed."""
        return bool(self.messages)


@lru_cache(maxsize=1024)  # a class hands in the same test cells over and over
def read_blocks(source: str) -> tuple[BlockPlan, ...]:
    r"""Return the marks blocks of a test cell, in order; raise `CellError` for what can't be judged.

    >>> read_blocks('with marks(5, "a/b"):\n    check_str(answer, "0x58fe718a")')[0].points
    5
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        message = f"line {error.lineno}: the cell isn't Python ({error.msg})"
        raise CellError(message) from error
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.With) and _marks_call(node)]
    plans = tuple(_block(node) for node in sorted(blocks, key=lambda node: node.lineno))
    ids = [plan.id for plan in plans]
    for one in ids:
        if ids.count(one) > 1:
            message = f"two marks blocks are called {one!r}: give each an id of its own"
            raise CellError(message)
    return plans


def _marks_call(node: ast.With) -> ast.Call | None:
    for item in node.items:
        call = item.context_expr
        if isinstance(call, ast.Call) and _name(call.func) == "marks":
            return call
    return None


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def _block(node: ast.With) -> BlockPlan:
    call = _marks_call(node)
    assert call is not None  # noqa: S101 - for the type checker: read_blocks has looked
    try:
        points, block_id = (ast.literal_eval(argument) for argument in call.args)
    except ValueError as error:
        message = f'line {node.lineno}: write marks(points, "exercise/idea") with literals'
        raise CellError(message) from error
    found = tuple(_read_check(call) for call in _check_calls(node))
    return BlockPlan(block_id, points, found)


def _check_calls(block: ast.With) -> Iterator[ast.Call]:
    """Yield the check calls of a block in the order they run in; refuse those that may not run."""
    for statement in block.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and _name(node.func) in TRUSTED:
                if not isinstance(statement, ast.Expr | ast.Assert | ast.Assign):
                    message = (
                        f"line {node.lineno}: {_name(node.func)} stands in a loop or a condition; a "
                        "graded block makes each check once, one a line"
                    )
                    raise CellError(message)
                yield node


def _read_check(call: ast.Call) -> Check:
    kind = _name(call.func)
    try:
        signature = inspect.signature(getattr(checks, kind))
        keywords = {keyword.arg or "**": keyword.value for keyword in call.keywords}
        bound = signature.bind(*call.args, **keywords)
    except TypeError as error:
        message = f"line {call.lineno}: {kind}: {error}"
        raise CellError(message) from error
    arguments: dict[str, Any] = {}
    for name in TRUSTED[kind]:
        if name not in bound.arguments:
            arguments[name] = signature.parameters[name].default
            continue
        try:
            arguments[name] = ast.literal_eval(bound.arguments[name])
        except ValueError as error:
            message = f"line {call.lineno}: {kind} needs a literal for {name}, not an expression"
            raise CellError(message) from error
    if kind == "check_torch":
        arguments["name"] = arguments["name"] or _name(bound.arguments["function"])
    return Check(kind, arguments)


def groups_asked(source: str) -> list[tuple[str, str | None]]:
    """Name the exercises whose cases a cell's checks ask for, each with a group, or None for all.

    Checks outside a marks block are looked for too, as far as they are written in literals.
    """
    found: list[tuple[str, str | None]] = []
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a magic, for one: a test cell has none
        return found
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in ("check_torch", "check_accuracy"):
            try:
                arguments = _read_check(node).arguments
            except CellError:
                continue
            found.append((arguments["name"], arguments["group"]))
    return found


_SILENCE = later(
    "esta celda no llegó a mostrar ningún resultado: se quedó sin tiempo, el programa terminó antes o "
    "la celda no corrió"
)


def judge_cell(
    source: str,
    observed: Sequence[bytes],
    answers: Answers,
    *,
    cells: Sequence[Fallen] = (),
    silence: str = "",
    answered: Callable[[str], Mapping[str, Sequence[Call]]] = lambda _name: {},
) -> tuple[BlockVerdict, ...]:
    """Judge a test cell: the instructor's `source` against what its run in the sandbox observed.

    `answers` know what is right. The first observation of each check counts. A check without one
    has failed, and a block without checks earns nothing.
    `cells` are those of the notebook that failed, and `silence` says why nothing was observed, where
    that is known. `answered` tells what a function answered in the whole notebook, group by group.
    """
    found, damaged = _decoded(observed)

    def judge_one(check: Check, observation: Observation) -> Verdict:
        return judge(
            check, observation, answers, partial(answered, check.arguments.get("name", ""))
        )

    return tuple(
        _judge_block(plan, found, damaged or silence or _(_SILENCE), cells, judge_one)
        for plan in read_blocks(source)
    )


def _decoded(observed: Sequence[bytes]) -> tuple[dict[tuple[str, int], Observation], str]:
    """Return a cell's observations by their place, the first of each, and what is wrong with others."""
    found: dict[tuple[str, int], Observation] = {}
    damaged = ""
    for data in observed:
        try:
            observation = decode(data)
        except ObservationError as error:
            damaged = str(error)
            continue
        found.setdefault((observation.block, observation.index), observation)
    return found, damaged


def answered_in(
    tests: Iterable[tuple[str, Sequence[bytes]]],
) -> dict[str, dict[str, Sequence[Call]]]:
    """Return what functions answered in test cells, given by source and observations, by group."""
    answered: dict[str, dict[str, Sequence[Call]]] = {}
    for source, observed in tests:
        found, _damaged = _decoded(observed)
        for plan in read_blocks(source):
            for index, check in enumerate(plan.checks):
                observation = found.get((plan.id, index))
                name, group = (check.arguments.get(key) for key in ("name", "group"))
                if observation is not None and name and group and observation.kind == check.kind:
                    calls = observation.calls.get(name, ())
                    answered.setdefault(name, {}).setdefault(group, calls)
    return answered


def _judge_block(
    plan: BlockPlan,
    found: dict[tuple[str, int], Observation],
    silence: str,
    cells: Sequence[Fallen],
    judge_one: Callable[[Check, Observation], Verdict],
) -> BlockVerdict:
    seen = [one for (block, _index), one in found.items() if block == plan.id]
    causes = why_undefined(seen, cells)
    ending = found.get((plan.id, len(plan.checks)))
    verdicts: list[Verdict | None] = []
    caused: list[Verdict] = []  # what the cells that failed say better
    for index, check in enumerate(plan.checks):
        observation = found.get((plan.id, index))
        if observation is None or observation.kind != check.kind:
            verdicts.append(None)
            continue
        verdict = judge_one(check, observation)
        verdicts.append(verdict)
        if _is_told_by(causes, observation):
            caused.append(verdict)
    kinds = [check.kind for check in plan.checks]
    if ending is not None and ending.failure is not None:
        # Code of the cell raised after its last check, an assertion of the instructor's for one.
        kinds.append("marks")
        verdict = judge_one(Check("marks"), ending)
        verdicts.append(verdict)
        if _is_told_by(causes, ending):
            caused.append(verdict)
    failed = worth_telling(zip(kinds, verdicts, strict=True))
    messages = [_cut(one.message) for one in failed if not any(one is other for other in caused)]
    missing = None in verdicts or not plan.checks
    ended = _ended_by(plan, found, verdicts) if missing else None
    if missing and not (ended and _is_told_by(causes, ended)):
        why = judge(Check("marks"), ended, Key()).message if ended else silence
        if not any(why in message for message in messages):  # a stub fails every check alike
            messages.append(why)
    if failed or missing:
        messages = [*(f"{cell}." for cell in dict.fromkeys(causes.values())), *messages]
    calls = [one.calls for one in seen]
    return BlockVerdict(
        id=plan.id,
        points=plan.points,
        awarded=0 if messages else plan.points,
        messages=tuple(messages),
        details=tuple(_cut(line) for verdict in failed for line in verdict.details),
        panels=tuple(panel for verdict in failed for panel in verdict.panels),
        hints=tuple(verdict.hint for verdict in failed if verdict.hint),
        mistakes=tuple(name for verdict in failed for name in verdict.mistakes),
        reasons=tuple(verdict.reason for verdict in failed),
        uses=tuple(sorted({name for names in calls for name in names})) if calls else None,
        broken=tuple(sorted({name for verdict in failed for name in verdict.broken})),
        flags=tuple(verdict.flag for verdict in verdicts if verdict and verdict.flag),
    )


def _cut(message: str) -> str:
    return f"{message[:LONGEST]}…" if len(message) > LONGEST else message


def told_once(blocks: Iterable[BlockVerdict]) -> dict[str, tuple[str, ...]]:
    """Return what a student reads of each block, by its id: the same reason is told once.

    >>> one, two = (BlockVerdict(f"a/{n}", 1, 0, ("lanzó…",), reasons=("x",)) for n in "12")
    >>> told_once([one, two])["a/2"]
    ('Igual que en a/1.',)
    """
    told: dict[str, tuple[str, ...]] = {}
    first: dict[tuple[str, ...], str] = {}
    for block in blocks:
        told[block.id] = block.messages or ((block.note,) if block.note else ())
        known = block.reasons if len(block.reasons) == len(block.messages) else block.messages
        if block.failed and all(known):
            like = first.setdefault(known, block.id)
            if like != block.id:
                told[block.id] = (same_as(like),)
    return told


def _ended_by(
    plan: BlockPlan, found: dict[tuple[str, int], Observation], verdicts: list[Verdict | None]
) -> Observation | None:
    """Return what ended the block before the first check without an observation, if an exception did."""
    first = verdicts.index(None) if None in verdicts else 0
    ending = found.get((plan.id, first))
    return ending if ending and ending.kind == "marks" and ending.failure else None


def _is_told_by(causes: Mapping[str, Fallen], observation: Observation) -> bool:
    """Tell whether the instructor's lines ended for want of a name that a cell that failed explains."""
    failure = observation.failure
    return (
        failure is not None
        and failure.type_name == "NameError"
        and not failure.function
        and any(failure.message.startswith(f"name {name!r} is not") for name in causes)
    )
