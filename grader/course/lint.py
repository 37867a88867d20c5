"""Read the instructor's notebooks before anybody runs them, and say what would hurt a student.

Each finding names the notebook, the cell and what to do. Nothing is run: cells are parsed, and what
students would get of them is asked of nbgrader's own preprocessors.
"""

from __future__ import annotations

import ast
import copy
import logging
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import nbformat
import numpy as np
from IPython.core.inputtransformer2 import TransformerManager
from nbformat.validator import iter_validate
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, ClearSolutions
from traitlets.config import Config

from grader.course.grading import lab_options
from grader.course.originals import grade_id, is_graded_code, is_solution
from grader.hashes import array_matches, scalar_matches, string_matches
from grader.judging import CellError, read_blocks
from grader.running.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from nbformat import NotebookNode

    from grader.judging.cells import BlockPlan
    from grader.session import Check

    Told = Iterator[tuple[str, str]]

_QUIET = logging.getLogger(__name__)
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False


@dataclass(frozen=True)
class Finding:
    """Something to mend in a source notebook: its kind, where it is, and what to do.

    >>> print(Finding("kernel", "01.ipynb", "(notebook)", "the kernel is R: choose python3"))
    01.ipynb, (notebook): the kernel is R: choose python3 [kernel]
    """

    kind: str
    notebook: str
    cell: str
    what: str

    def __str__(self) -> str:
        """Write the finding in a line."""
        return f"{self.notebook}, {self.cell}: {self.what} [{self.kind}]"


def lint_notebook(
    name: str, text: str, files: Mapping[str, bytes] | None = None, config: Config | None = None
) -> list[Finding]:
    """Return what is to be mended in the source notebook `name` whose JSON is `text`.

    `files` are the lab's other files, by relative name; `config` is the course's configuration,
    which says what a stub looks like. Nothing to mend is an empty list.

    >>> [finding.kind for finding in lint_notebook("01.ipynb", "<html>")]
    ['format']
    """
    try:
        notebook = nbformat.v4.reads(text)
        problem = next(iter_validate(notebook), None)
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        problem = error
        notebook = None
    if notebook is None or problem is not None:
        first = str(problem).partition("\n")[0]
        what = f"it isn't a notebook of format 4 ({first}): save it again with a present Jupyter"
        return [Finding("format", name, WHOLE, what)]
    book = _Book(name, notebook, files or {}, config or Config())
    return [
        Finding(kind, name, cell, what) for kind, look in KINDS.items() for cell, what in look(book)
    ]


WHOLE = "(notebook)"


@dataclass(frozen=True)
class _Book:
    """A source notebook, and what the checks want to know of it."""

    name: str
    notebook: NotebookNode
    files: Mapping[str, bytes]
    config: Config = field(default_factory=Config)

    @cached_property
    def cells(self) -> list[NotebookNode]:
        return list(self.notebook.cells)

    @cached_property
    def code(self) -> list[NotebookNode]:
        return [cell for cell in self.cells if cell.cell_type == "code"]

    @cached_property
    def graded(self) -> list[NotebookNode]:
        return [cell for cell in self.code if is_graded_code(cell)]

    @cached_property
    def markers(self) -> dict[str, tuple[str, str]]:
        """What opens and closes each kind of region that students don't get."""
        solutions, tests, scheme = self._clearers
        return {
            "solution": (solutions.begin_solution_delimeter, solutions.end_solution_delimeter),
            "hidden tests": (tests.begin_test_delimeter, tests.end_test_delimeter),
            "mark scheme": (
                scheme.begin_mark_scheme_delimeter,
                scheme.end_mark_scheme_delimeter,
            ),
        }

    @cached_property
    def _clearers(self) -> tuple[Any, Any, Any]:
        return tuple(
            clear(config=self.config, log=_QUIET)
            for clear in (ClearSolutions, ClearHiddenTests, ClearMarkScheme)
        )

    @cached_property
    def released(self) -> list[str | None]:
        """What students get of each cell; None where nbgrader refuses its markers."""
        return [self._released(cell) for cell in self.cells]

    def _released(self, cell: NotebookNode) -> str | None:
        cleared = copy.deepcopy(cell)
        try:
            for clearer in self._clearers:
                cleared, _ = clearer.preprocess_cell(cleared, {"language": "python"}, 0)
        except RuntimeError:
            return None
        return str(cleared.source)

    @cached_property
    def blocks(self) -> dict[str, tuple[BlockPlan, ...]]:
        """The marks blocks of each graded code cell, without those of cells that can't be read."""
        read = {called(cell): _read(cell.source) for cell in self.graded}
        return {name: found for name, found in read.items() if not isinstance(found, CellError)}

    def points(self, cell: NotebookNode) -> float:
        about = cell.metadata.get("nbgrader", {})
        return float(about.get("points", 0)) if about.get("grade") else 0.0


def _read(source: str) -> tuple[BlockPlan, ...] | CellError:
    try:
        return read_blocks(source)
    except CellError as error:
        return error


def called(cell: NotebookNode) -> str:
    """Return what an instructor knows a cell by: its grade_id, or its id."""
    return grade_id(cell) or str(cell.get("id", "")) or "(a cell without an id)"


# --- ids ---------------------------------------------------------------------------------------

_READABLE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_RANDOM = re.compile(r"(?:cell-)?(?=[0-9a-f-]*[0-9])[0-9a-f]{6,}(?:-[0-9a-f]+)*")


def _duplicate_ids(book: _Book) -> Told:
    for what, names in (
        ("grade_id", [grade_id(cell) for cell in book.cells if grade_id(cell)]),
        ("cell id", [cell.id for cell in book.cells]),
        ("marks block", [block.id for blocks in book.blocks.values() for block in blocks]),
    ):
        for name, times in Counter(names).items():
            if times > 1:
                yield name, f"{times} cells have this {what}: give each its own"


def _unreadable_ids(book: _Book) -> Told:
    for at, cell in enumerate(book.cells, 1):
        name = grade_id(cell)
        if name and cell.id != name:
            yield (
                name,
                (
                    f"its cell id is {cell.id!r}: make it {name!r} too, so that a cell that loses "
                    "its metadata is known by it"
                ),
            )
        for one in {name, cell.id} - {""}:
            if not _READABLE.fullmatch(one) or _RANDOM.fullmatch(one):
                yield (
                    one,
                    (
                        f"nobody can read this id of cell {at}: name it after what it does, such "
                        "as test_zero_pad_basic"
                    ),
                )


# --- marks -------------------------------------------------------------------------------------

_POINTS = re.compile(r"\((\d+(?:[.,]\d+)?) puntos?\)")
_TOTAL = re.compile(r"vale (\d+(?:[.,]\d+)?) puntos?")
_PARTS = re.compile(r"(\d+(?:[.,]\d+)?) automáticos?(?: y (\d+(?:[.,]\d+)?))?")
_HEADING = re.compile(r"(#{1,6}) ")
_EXERCISE = re.compile(r"#+ Ejercicio (\d+)\b.*\((\d+(?:[.,]\d+)?) puntos?\)")
_ROW = re.compile(r"\|\s*(\d+)\s*\|.*\|\s*(\d+(?:[.,]\d+)?)\s*\|$")


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _disagreeing_marks(book: _Book) -> Told:
    for cell in book.graded:
        yield from _marks_of_cell(book, cell)
    yield from _marks_of_sections(book)
    if len(book.blocks) == len(book.graded):  # what a cell that can't be read is worth isn't known
        yield from _marks_of_whole(book)


def _marks_of_cell(book: _Book, cell: NotebookNode) -> Told:
    name = called(cell)
    points = book.points(cell)
    if name in book.blocks:
        earned = sum(block.points for block in book.blocks[name])
        if earned != points:
            yield (
                name,
                (
                    f"nbgrader's metadata says {points:g} points and marks() {earned:g}: make "
                    "them equal"
                ),
            )
    first = cell.source.partition("\n")[0]
    told = _POINTS.search(first) if first.startswith("#") else None
    if told and _number(told[1]) != points:
        yield (
            name,
            (
                f"its first line says {told[1]} puntos and nbgrader's metadata {points:g}: make "
                "them equal"
            ),
        )


def _marks_of_sections(book: _Book) -> Told:
    """Compare each heading that says its points with the graded cells that follow it."""
    open_sections: list[tuple[int, str, str, float, list[float]]] = []
    done = []
    for cell in book.cells:
        if cell.cell_type == "markdown" and not book.points(cell):
            for line in cell.source.splitlines():
                heading, told = _HEADING.match(line), _POINTS.search(line)
                if heading and told:
                    level = len(heading[1])
                    while open_sections and open_sections[-1][0] >= level:
                        done.append(open_sections.pop())
                    title = line.lstrip("# ")
                    open_sections.append((level, called(cell), title, _number(told[1]), []))
            yield from _marks_of_items(cell)
        elif book.points(cell) and not open_sections:
            yield (
                called(cell),
                (
                    f"no heading above it says its {book.points(cell):g} points: write "
                    "`## Ejercicio N · name (P puntos)`"
                ),
            )
        for section in open_sections:
            section[-1].append(book.points(cell))
    for _, name, title, points, found in [*done, *open_sections]:
        if sum(found) != points:
            yield (
                name,
                f"`{title}`, and the graded cells below add up to {sum(found):g}: make them equal",
            )


def _marks_of_items(cell: NotebookNode) -> Told:
    """Compare the points of a heading with those of the items of its own cell, if they have any."""
    lines = cell.source.splitlines()
    heading = next(
        (m for line in lines if _HEADING.match(line) and (m := _POINTS.search(line))), None
    )
    items = [m for line in lines if not _HEADING.match(line) for m in _POINTS.finditer(line)]
    if heading and items and sum(_number(m[1]) for m in items) != _number(heading[1]):
        total = sum(_number(m[1]) for m in items)
        yield (
            called(cell),
            (
                f"its items add up to {total:g} puntos and its heading says "
                f"{heading[1]}: make them equal"
            ),
        )


def _marks_of_whole(book: _Book) -> Told:
    manual = sum(book.points(cell) for cell in book.cells if not is_graded_code(cell))
    automatic = sum(book.points(cell) for cell in book.graded)
    worth: dict[str, float] = {}
    for blocks in book.blocks.values():
        for block in blocks:
            exercise = block.id.partition("/")[0]
            worth[exercise] = worth.get(exercise, 0) + block.points
    lines = [
        (called(cell), line)
        for cell in book.cells
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
    ]
    totals = [
        (name, line)
        for name, line in lines
        if _TOTAL.search(line) and "laboratorio" in line.lower()
    ]
    if not totals and automatic + manual:
        yield (
            WHOLE,
            (
                "no line says what it is worth: write `**Este laboratorio vale "
                f"{automatic + manual:g} puntos**` at the top"
            ),
        )
    for name, line in totals:
        yield from ((name, problem) for problem in _wrong_total(line, automatic, manual))
    headings = {m[1]: m[2] for _, line in lines if (m := _EXERCISE.match(line))}
    for name, line in lines:
        row = _ROW.match(line.strip())
        if row and _number(headings.get(row[1], row[2])) != _number(row[2]):
            yield (
                name,
                (
                    f"its table says {row[2]} for exercise {row[1]}, whose heading says "
                    f"{headings[row[1]]}: make them equal"
                ),
            )
    for cell in book.code:
        yield from _marks_of_plan(cell, worth)


def _wrong_total(line: str, automatic: float, manual: float) -> Iterator[str]:
    """Compare a line such as `vale 65 puntos: 60 automáticos y 5 de una pregunta` with the cells."""
    said = [*_TOTAL.findall(line), *(part for parts in _PARTS.findall(line) for part in parts)]
    meant = (
        ("the lab", automatic + manual),
        ("what is graded by itself", automatic),
        ("what is graded by hand", manual),
    )
    for number, (what, points) in zip(said, meant, strict=False):
        if number and _number(number) != points:
            yield f"it says {number} for {what}, and the cells add up to {points:g}: make them equal"


def _marks_of_plan(cell: NotebookNode, worth: Mapping[str, float]) -> Told:
    for call in _calls(_tree(cell.source)):
        if _dotted(call.func) == "summary" and call.args:
            try:
                plan = ast.literal_eval(call.args[0])
            except ValueError:
                yield called(cell), "summary() needs a literal, such as {'zero_pad': 8}"
                continue
            for name in sorted(plan.keys() | worth.keys()):
                said, found = plan.get(name, 0), worth.get(name, 0)
                if said != found:
                    yield (
                        called(cell),
                        (
                            f"summary() says {said:g} for {name!r}, and its blocks add up "
                            f"to {found:g}: make them equal"
                        ),
                    )


# --- graded cells ------------------------------------------------------------------------------


def _unjudgeable(book: _Book) -> Told:
    for cell in book.graded:
        found = _read(cell.source)
        if isinstance(found, CellError):
            yield called(cell), f"the judge can't read it: {found}"


def _observing_nothing(book: _Book) -> Told:
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


def _lone_hashes(book: _Book) -> Told:
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


def _unseeded(book: _Book) -> Told:
    aliases: dict[str, str] = {}
    for cell in book.code:
        aliases |= _imports(_tree(cell.source))
        if not is_graded_code(cell):
            continue
        seeded: dict[str, int] = {}
        calls = sorted(_calls(_tree(cell.source)), key=lambda call: (call.lineno, call.col_offset))
        for call in calls:
            root, dot, rest = _dotted(call.func).partition(".")
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


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _parse(source: str) -> ast.Module:
    """Parse a cell as IPython would run it, its magics too."""
    return ast.parse(TransformerManager().transform_cell(source))


def _tree(source: str) -> ast.Module:
    """Parse a cell; one that isn't Python is an empty module."""
    try:
        return _parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module(body=[], type_ignores=[])


# --- what students get --------------------------------------------------------------------------


def _bad_markers(book: _Book) -> Told:
    for cell in book.cells:
        name = called(cell)
        for what, (begin, end) in book.markers.items():
            yield from ((name, problem) for problem in _unbalanced(cell.source, what, begin, end))
        begin, end = book.markers["solution"]
        has = begin in cell.source or end in cell.source
        if has and not is_solution(cell):
            yield (
                name,
                (
                    f"it holds {begin!r} and isn't a solution cell: mark it as one, or it can't "
                    "be released"
                ),
            )
        if is_solution(cell) and cell.cell_type == "code" and begin not in cell.source:
            yield (
                name,
                (
                    f"it has no ### {begin} and ### {end}, so students would lose the whole cell, "
                    "its `def` and docstring too: put them around what students write"
                ),
            )


def _unbalanced(source: str, what: str, begin: str, end: str) -> Iterator[str]:
    inside = False
    likeness = re.compile(rf"^\s*#+\s*(begin|end)[\s_-]*{what[:4]}", re.IGNORECASE)
    for number, line in enumerate(source.splitlines(), 1):
        if begin in line:
            if inside:
                yield f"line {number}: {begin!r} again before {end!r}: regions can't be nested"
            inside = True
        elif end in line:
            if not inside:
                yield f"line {number}: {end!r} closes nothing: write {begin!r} above it"
            inside = False
        elif likeness.match(line):
            yield (
                f"line {number}: `{line.strip()}` isn't a marker, so what it guards would reach "
                f"students: write {begin!r} and {end!r}"
            )
    if inside:
        yield f"{begin!r} is never closed: write {end!r}"


_LONG_LINE = 15
_TELLING_LINE = 25
_SHARE = 0.6


def _surviving(book: _Book) -> Told:
    texts = [
        (called(cell), text)
        for cell, text in zip(book.cells, book.released, strict=True)
        if text is not None
    ]
    texts += [
        (name, data.decode("utf-8", "replace"))
        for name, data in book.files.items()
        if b"\0" not in data[:4096]
    ]
    for owner, secret in _secrets(book):
        for name, text in texts:
            lines = {line.strip("> \t") for line in text.splitlines()}
            kept = [line for line in secret if line in lines]
            if (
                len(kept) >= _SHARE * len(secret)
                and max(map(len, kept), default=0) >= _TELLING_LINE
            ):
                yield (
                    name,
                    (
                        f"students would read what is hidden in {owner!r} here (`{kept[0]}`): "
                        "take it out, or put it between markers"
                    ),
                )
    for what, (begin, end) in book.markers.items():
        for name, text in texts:
            if begin in text or end in text:
                yield name, f"{what} would reach students: nbgrader leaves this region where it is"
    yield from _surviving_values(book)


def _secrets(book: _Book) -> Iterator[tuple[str, list[str]]]:
    """Yield, for each cell, the telling lines that students mustn't get."""
    for cell, released in zip(book.cells, book.released, strict=True):
        if released is None or released == cell.source:
            continue
        kept = {line.strip() for line in released.splitlines()}
        hidden = [line.strip() for line in cell.source.splitlines()]
        telling = [
            line
            for line in dict.fromkeys(hidden)
            if len(line) >= _LONG_LINE and not line.startswith("#") and line not in kept
        ]
        if telling:
            yield called(cell), telling


_HASHERS = ("array_hash", "scalar_hash", "string_hash")
_TELLING_DIGITS = 4


def _surviving_values(book: _Book) -> Told:
    """Look in what students get for a value whose hash a check expects."""
    checks = [
        (name, check)
        for name, blocks in book.blocks.items()
        for block in blocks
        for check in block.checks
    ]
    checks += [
        (called(cell), check)
        for cell in book.code
        if not is_graded_code(cell)
        for check in _loose_checks(cell.source)
    ]
    places = [called(cell) for cell in book.cells]
    for at, (cell, text) in enumerate(zip(book.cells, book.released, strict=True)):
        tree = _tree(text) if text is not None and cell.cell_type == "code" else ast.Module([], [])
        for call in _calls(tree):
            if _dotted(call.func).rpartition(".")[2] in _HASHERS:
                yield (
                    called(cell),
                    (
                        f"line {call.lineno}: {_dotted(call.func)} makes the hash that a "
                        "check expects, before students' eyes: write the hash itself"
                    ),
                )
        values = list(_literals(tree)) + [float(number) for number in _telling_numbers(text or "")]
        for owner, check in checks:
            # Further down it is the lab's example that goes on from what the exercise gave.
            before = at <= places.index(owner)
            if before and any(_hashes_to(value, check) for value in values):
                yield (
                    called(cell),
                    (
                        f"students would read the very value whose hash {check.kind} of "
                        f"{owner!r} expects: take it out"
                    ),
                )


def _loose_checks(source: str) -> Iterator[Check]:
    """Yield the hash checks of a cell that isn't graded, as if they stood in a block."""
    for call in _calls(_tree(source)):
        if _dotted(call.func) in ("check_hash", "check_scalar", "check_str"):
            try:
                (block,) = read_blocks(f"with marks(0, 'x/y'):\n    {ast.unparse(call)}")
            except CellError:
                continue
            yield from block.checks


def _telling_numbers(text: str) -> Iterator[str]:
    for found in re.finditer(r"(?<![\w.])-?\d+\.?\d*(?:e[+-]?\d+)?(?![\w.]\d)", text):
        digits = re.sub(r"e.*|\D", "", found[0]).strip("0")
        if len(digits) >= _TELLING_DIGITS:
            yield found[0]


def _literals(tree: ast.AST) -> Iterator[Any]:
    """Yield the strings and the nested lists of numbers that a cell writes out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.strip():
            yield node.value
        elif isinstance(node, ast.List):
            try:
                yield ast.literal_eval(node)
            except ValueError:
                continue


def _hashes_to(value: Any, check: Check) -> bool:
    expected: Any = check.arguments.get("expected")
    if isinstance(value, str):
        return check.kind == "check_str" and string_matches(value, expected)
    if isinstance(value, float):
        return check.kind == "check_scalar" and scalar_matches(
            value, expected, check.arguments["tol"]
        )
    try:
        long = np.asarray(value).size >= _TELLING_DIGITS  # shorter ones hit by chance
        return check.kind == "check_hash" and long and array_matches(value, expected)
    except (TypeError, ValueError):  # a list that is no array of numbers
        return False


def _leftovers(book: _Book) -> Told:
    for cell in book.code:
        if cell.get("outputs") or cell.get("execution_count") is not None:
            yield (
                called(cell),
                (
                    "it keeps outputs or an execution count: clear them (Kernel → Restart "
                    "Kernel and Clear Outputs), they may show the solution's"
                ),
            )


_ABSOLUTE = re.compile(
    r"(?<![\w.:/\\-])(?:/(?:home|Users|root|tmp|mnt|media|opt|srv|var|etc|data|content|work)/[\w.-]+"
    r"|~/[\w.-]+|[A-Za-z]:\\\w+)|file://"
)


def _absolute_paths(book: _Book) -> Told:
    for cell in book.cells:
        for found in dict.fromkeys(match[0] for match in _ABSOLUTE.finditer(cell.source)):
            yield (
                called(cell),
                (
                    f"`{found}` is a path of one machine: put the file beside the "
                    "notebook and name it relatively"
                ),
            )


def _broken_stubs(book: _Book) -> Told:
    for cell, text in zip(book.cells, book.released, strict=True):
        if cell.cell_type != "code" or text is None:
            continue
        try:
            _parse(text)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", 0)
            yield (
                called(cell),
                (
                    f"line {line} of what students get isn't Python ({error}): leave a "
                    "complete `def` outside the markers, and indent the markers as its body"
                ),
            )


def _missing_docstrings(book: _Book) -> Told:
    for cell, text in zip(book.cells, book.released, strict=True):
        if cell.cell_type != "code" or not is_solution(cell) or text is None:
            continue
        for name, node in _definitions(_tree(text)):
            if ast.get_docstring(node) is None:
                yield (
                    called(cell),
                    (
                        f"{name} has no docstring: say what it takes and returns, with "
                        "shapes, above the solution"
                    ),
                )


def _definitions(
    tree: ast.Module,
) -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    """Yield what students are asked to write: functions, classes, and their public methods."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.FunctionDef) and not part.name.startswith("_"):
                    yield f"{node.name}.{part.name}", part


_LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^\s)>]+)>?(?:\s+[\"'][^)]*)?\)")
_TAG = re.compile(r"<(?:img|a)\b[^>]*?\b(?:src|href)\s*=\s*[\"']([^\"']+)[\"']", re.IGNORECASE)
_REFERENCE = re.compile(r"^\s{0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)", re.MULTILINE)
_VERBATIM = re.compile(r"```.*?```|`[^`\n]+`|\$\$.*?\$\$|\$[^$\n]+\$", re.DOTALL)


def _broken_links(book: _Book) -> Told:
    prose = {called(cell): cell.source for cell in book.cells if cell.cell_type == "markdown"}
    anchors = set(_anchors(prose.values()))
    for cell in book.cells:
        if cell.cell_type != "markdown":
            continue
        text = _VERBATIM.sub("", cell.source)
        targets = [m[1] for how in (_LINK, _TAG, _REFERENCE) for m in how.finditer(text)]
        for target in dict.fromkeys(targets):
            if not _leads_somewhere(target, cell, anchors, book.files):
                yield (
                    called(cell),
                    (
                        f"`{target}` leads nowhere: put the file into the lab's folder, or "
                        "mend the name"
                    ),
                )


def _anchors(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for line in text.splitlines():
            if _HEADING.match(line):
                yield line.lstrip("#").strip().replace(" ", "-")
        yield from re.findall(r"\b(?:id|name)\s*=\s*[\"']([^\"']+)[\"']", text)


def _leads_somewhere(
    target: str, cell: NotebookNode, anchors: set[str], files: Mapping[str, bytes]
) -> bool:
    if re.match(r"(?:https?|mailto|data):|//", target):
        return True  # the network isn't asked: a release is the same with and without it
    if target.startswith("attachment:"):
        return unquote(target.removeprefix("attachment:")) in cell.get("attachments", {})
    if target.startswith("#"):
        return unquote(target[1:]) in anchors
    path = unquote(re.split(r"[?#]", target)[0]).removeprefix("./")
    return path in files or any(name.startswith(f"{path.rstrip('/')}/") for name in files)


# --- the notebook itself --------------------------------------------------------------------------


def _other_kernel(book: _Book) -> Told:
    found = book.notebook.metadata.get("kernelspec", {}).get("name", "")
    if found != "python3":
        yield (
            WHOLE,
            (
                f"its kernel is {found or 'missing'!r}: choose `Python 3 (ipykernel)`, whose name "
                "is python3 on every machine"
            ),
        )


OPTIONS = ("torch", "limits", "forbidden", "modules")
"""What `metadata.labkit` of a notebook may say."""


def _unknown_options(book: _Book) -> Told:
    options = lab_options(book.notebook)
    for name in sorted(options.keys() - set(OPTIONS)):
        yield WHOLE, f"metadata.labkit.{name} means nothing: there are {', '.join(OPTIONS)}"
    try:
        Limits(**options.get("limits", {}))
    except (TypeError, ValueError) as error:
        yield WHOLE, f"metadata.labkit.limits can't be used ({error}): see grader/running/limits.py"


KINDS: dict[str, Callable[[_Book], Told]] = {
    "duplicate-id": _duplicate_ids,
    "unreadable-id": _unreadable_ids,
    "marks-disagree": _disagreeing_marks,
    "unjudgeable": _unjudgeable,
    "no-observation": _observing_nothing,
    "lone-hash": _lone_hashes,
    "unseeded": _unseeded,
    "markers": _bad_markers,
    "survives": _surviving,
    "leftovers": _leftovers,
    "absolute-path": _absolute_paths,
    "broken-stub": _broken_stubs,
    "no-docstring": _missing_docstrings,
    "broken-link": _broken_links,
    "kernel": _other_kernel,
    "option": _unknown_options,
}
"""Every kind of finding, and the function that looks for it."""
