"""Graded cells: the judge can read them, they observe something, and the same thing each time."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from grader.course.publishing.lint.book import (
    Book,
    blocks_of,
    called,
    calls_in,
    dotted,
    tree_of,
)
from grader.course.submissions.originals import is_graded_code
from grader.judging import CellError

if TYPE_CHECKING:
    from grader.course.publishing.lint.book import Findings


def unjudgeable(book: Book) -> Findings:
    """Yield test cells that the judge can't read."""
    for cell in book.graded:
        found = blocks_of(cell.source)
        if isinstance(found, CellError):
            yield called(cell), f"the judge can't read it: {found}"


def observing_nothing(book: Book) -> Findings:
    """Yield graded cells and blocks whose marks nobody can earn."""
    for cell in book.graded:
        name = called(cell)
        blocks = book.blocks.get(name, ())
        if name in book.blocks and not blocks:
            yield (
                name,
                (
                    "it is graded and holds no marks block, so nobody can earn its points: write "
                    '`with marks(points, "exercise/idea"):` around its checks'
                ),
            )
        for block in blocks:
            if not block.checks:
                yield (
                    name,
                    (
                        f"the block {block.id!r} makes no check, so it observes nothing and "
                        "nobody can earn it: add a check_torch"
                    ),
                )


_FRESH = ("check_torch", "check_accuracy")


def lone_hashes(book: Book) -> Findings:
    """Yield checks that earn marks with no comparison on fresh cases before them."""
    for name, blocks in book.blocks.items():
        for block in blocks:
            kinds = [check.kind for check in block.checks]
            fresh = next((at for at, kind in enumerate(kinds) if kind in _FRESH), len(kinds))
            for kind in dict.fromkeys(kinds[:fresh]):
                yield (
                    name,
                    (
                        f"{kind} stands in {block.id!r} without a check_torch before it: a hash "
                        "can be hit by a made-up value, so begin the block with a check_torch"
                    ),
                )


_MODULE_RANDOM = {
    "numpy.random": "numpy.random.seed",
    "random": "random.seed",
    "torch": "torch.manual_seed",
}
_GENERATORS = ("numpy.random.default_rng", "numpy.random.RandomState", "random.Random")
_NEVER_THE_SAME = ("secrets.", "os.urandom", "uuid.uuid1", "uuid.uuid4", "random.SystemRandom")
_TORCH_RANDOM = re.compile(r"torch\.(?:rand|normal|bernoulli|multinomial|poisson)")


def unseeded(book: Book) -> Findings:
    """Yield random numbers that aren't the same each time."""
    aliases: dict[str, str] = {}
    for cell in book.code:
        aliases |= _imports(tree_of(cell.source))
        if not is_graded_code(cell):
            continue
        seeded: dict[str, int] = {}
        calls = sorted(
            calls_in(tree_of(cell.source)), key=lambda call: (call.lineno, call.col_offset)
        )
        for call in calls:
            root, dot, rest = dotted(call.func).partition(".")
            name = f"{aliases.get(root, root)}{dot}{rest}"
            if name in _MODULE_RANDOM.values() or name in _GENERATORS:
                if not call.args or any(isinstance(n, ast.Call) for n in ast.walk(call.args[0])):
                    yield (
                        called(cell),
                        f"line {call.lineno}: {name} has no fixed seed: write one, such as 2023",
                    )
                seeded[name] = call.lineno
            elif name.startswith(_NEVER_THE_SAME):
                yield (
                    called(cell),
                    (
                        f"line {call.lineno}: {name} never gives the same twice: take "
                        "numpy.random.default_rng(2023)"
                    ),
                )
            elif (module := _draws_from(name)) and _MODULE_RANDOM[module] not in seeded:
                yield (
                    called(cell),
                    (
                        f"line {call.lineno}: {name} draws without a seed, so that each "
                        f"run tests other numbers: call {_MODULE_RANDOM[module]}(2023) before it, here"
                    ),
                )


def _draws_from(name: str) -> str:
    """Name the module whose global generator a function draws from, if it does."""
    module, _, _ = name.rpartition(".")
    if module in ("numpy.random", "random") and name not in _GENERATORS:
        return module if "Generator" not in name and "SeedSequence" not in name else ""
    return "torch" if _TORCH_RANDOM.match(name) else ""


def _imports(tree: ast.Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {a.asname: a.name for a in node.names if a.asname}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    return found
