"""What students get: nothing of the answers, and nothing that is broken."""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import numpy as np

from grader.course.publishing.lint.book import (
    HEADING,
    WHOLE,
    Book,
    called,
    calls_in,
    dotted,
    parse,
    tree_of,
)
from grader.course.publishing.lint.shapes import shapes, shown
from grader.course.publishing.lint.weight import hidden_texts, readable_files
from grader.course.submissions.originals import is_graded_code, is_solution
from grader.hashes import array_matches, scalar_matches, string_matches
from grader.judging import CellError, read_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from nbformat import NotebookNode

    from grader.course.publishing.lint.book import Findings
    from grader.session import Check


def bad_markers(book: Book) -> Findings:
    """Yield markers of what students don't get that nbgrader refuses."""
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


def surviving(book: Book) -> Findings:
    """Yield what students would get of the answers."""
    texts = list(_texts(book))
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
    yield from _surviving_shapes(book, texts)


def _texts(book: Book) -> Iterator[tuple[str, str]]:
    """Yield all that students get to read, seen or unseen, each with where it is."""
    for cell, text in zip(book.cells, book.released, strict=True):
        if text is not None:
            yield called(cell), text
    yield from readable_files(book)
    for cell in (*book.cells, book.notebook):
        where = WHOLE if cell is book.notebook else called(cell)
        yield from ((where, text) for _, text in hidden_texts(cell))


def _surviving_shapes(book: Book, texts: list[tuple[str, str]]) -> Findings:
    """Look in what students get for a solution with other names, or commented out."""
    prose = {called(cell) for cell in book.prose}
    places = [(name, shown(text)) for name, text in texts]
    for cell, released in zip(book.cells, book.released, strict=True):
        if cell.cell_type != "code" or not is_solution(cell) or released is None:
            continue
        secret = Counter(shapes(cell.source)) - Counter(shapes(released))
        whole = sum(size for _, size in secret)
        for name, found in places:
            there = [size for shape, size in secret if shape in found]
            telling = _TELLING_IN_PROSE if name in prose else _TELLING_SHAPE
            if sum(there) > _SHARE * whole and max(there) >= telling:
                yield (
                    name,
                    (
                        f"students would read the solution of {called(cell)!r} here, with other "
                        "names or commented out: take it out, or put it between markers"
                    ),
                )


_TELLING_SHAPE = 8
_TELLING_IN_PROSE = 10  # a hint may name a piece


def _secrets(book: Book) -> Iterator[tuple[str, list[str]]]:
    """Yield, for each cell, the telling lines that students mustn't get."""
    for cell, released in zip(book.cells, book.released, strict=True):
        if released is None or released == cell.source:
            continue
        hidden = Counter(line.strip() for line in cell.source.splitlines())
        hidden -= Counter(line.strip() for line in released.splitlines())
        telling = [line for line in hidden if len(line) >= _LONG_LINE and not line.startswith("#")]
        if telling:
            yield called(cell), telling


_HASHERS = ("array_hash", "scalar_hash", "string_hash")
_TELLING_DIGITS = 4


def _surviving_values(book: Book) -> Findings:
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
        tree = (
            tree_of(text) if text is not None and cell.cell_type == "code" else ast.Module([], [])
        )
        for call in calls_in(tree):
            if dotted(call.func).rpartition(".")[2] in _HASHERS:
                yield (
                    called(cell),
                    (
                        f"line {call.lineno}: {dotted(call.func)} makes the hash that a "
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
    for call in calls_in(tree_of(source)):
        if dotted(call.func) in ("check_hash", "check_scalar", "check_str"):
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


def leftovers(book: Book) -> Findings:
    """Yield outputs and execution counts."""
    for cell in book.code:
        if cell.get("outputs") or cell.get("execution_count") is not None:
            yield (
                called(cell),
                (
                    "it keeps outputs or an execution count: clear them (Kernel → Restart "
                    "Kernel and Clear Outputs), they may show the solution's"
                ),
            )


_ROOTS = (
    "home|Users|root|tmp|mnt|media|opt|srv|var|etc|data|datasets|content|work|workspaces?|usr|kaggle|"
    "private|Volumes|scratch|gdrive|dbfs|cygdrive|github|run|nix|storage|sdcard|Library|Applications|"
    "System|teamspace|notebooks|gpfs|lustre|nfs|proc|sys|dev|export|net|app|snap|boot|wsl\\$|"
    "Documents and Settings|Program Files"
)
_VARIABLES = "HOME|USER|USERPROFILE|PWD|TMPDIR|TEMP|TMP|SCRATCH|WORK|XDG_\\w+"
_ABSOLUTE = re.compile(
    rf"(?<![\w.:/\\-])(?!/dev/null|/bin/)(?:/(?:{_ROOTS})/[^\W\d][\w.-]*|~\w*[/\\][\w.-]+"
    r"|[A-Za-z]:(?:\\{1,2}|/(?!/))\w+|\\{2,4}[\w?.]+\\+\w+|%[A-Z_]{2,}%[\\/]"
    rf"|\$(?:{_VARIABLES}|\{{(?:{_VARIABLES})\}})[/\\])"
    r"|(?:file|dbfs):/+|\bPath\.home\(|\bexpanduser\("
)
_WRITTEN_PATH = re.compile(r"(?:/[\w.$ -]*\w)+/?")


def absolute_paths(book: Book) -> Findings:
    """Yield paths that only this machine has."""
    texts = [(called(cell), cell.source) for cell in book.cells]
    texts += readable_files(book)
    for cell in (*book.cells, book.notebook):
        where = WHOLE if cell is book.notebook else called(cell)
        texts += [(where, text) for _, text in hidden_texts(cell)]
    found = [(name, match[0]) for name, text in texts for match in _ABSOLUTE.finditer(text)]
    for cell in book.code:
        for node in ast.walk(tree_of(cell.source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole = _WRITTEN_PATH.fullmatch(node.value)
                found += [(called(cell), node.value)] if whole else []
    told: set[str] = set()
    for name, path in dict.fromkeys(found):
        if not any(other.startswith(f"{name} {path}") for other in told):
            yield (
                name,
                (
                    f"`{path}` is a path of one machine: put the file beside the "
                    "notebook and name it relatively"
                ),
            )
        told.add(f"{name} {path}")


def broken_stubs(book: Book) -> Findings:
    """Yield what students get that isn't Python."""
    for cell, text in zip(book.cells, book.released, strict=True):
        if cell.cell_type != "code" or text is None:
            continue
        try:
            parse(text)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", 0)
            yield (
                called(cell),
                (
                    f"line {line} of what students get isn't Python ({error}): leave a "
                    "complete `def` outside the markers, and indent the markers as its body"
                ),
            )


def missing_docstrings(book: Book) -> Findings:
    """Yield functions to write that don't say what they do."""
    for cell, text in zip(book.cells, book.released, strict=True):
        if cell.cell_type != "code" or not is_solution(cell) or text is None:
            continue
        for name, node in _definitions(tree_of(text)):
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


_STUB = re.compile(
    r"\b[A-ZÁÉÍÓÚÑ]+(?: [A-ZÁÉÍÓÚÑ]+)+\b|raise NotImplementedError|# ?TODO\b"
    r"|(?i:\b(?:your|tu|su) (?:code|answer|solution|c[óo]digo|respuesta|solución) (?:here|aqu[íi]))"
)
_OF_A_STUB = re.compile(
    r"(?i:\b(?:CODE|ANSWER|SOLUTION|CÓDIGO|CODIGO|RESPUESTA|SOLUCIÓN|HERE|AQUÍ|AQUI)\b)|raise|TODO"
)


def other_stubs(book: Book) -> Findings:
    """Yield what quotes another stub than the one that students find."""
    stubs = " ".join(book.stubs)
    for cell, text in zip(book.cells, book.released, strict=True):
        if text is None or (cell.cell_type == "markdown" and is_solution(cell)):
            continue
        if cell.cell_type == "code":
            text = "\n".join(_told_in(text))  # noqa: PLW2901 - only what is told, not what is done
        for quoted in dict.fromkeys(match[0] for match in _STUB.finditer(text)):
            if _OF_A_STUB.search(quoted) and quoted.lower() not in stubs.lower():
                yield (
                    called(cell),
                    (
                        f"it speaks of `{quoted}`, and students find `{' … '.join(book.stubs)}`: "
                        "quote what c.ClearSolutions says"
                    ),
                )


def _told_in(code: str) -> Iterator[str]:
    """Yield the comments and the docstrings of a cell."""
    yield from (line.strip() for line in code.splitlines() if line.strip().startswith("#"))
    for node in ast.walk(tree_of(code)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield ast.get_docstring(node) or ""


_CODE = re.compile(r"```.*?```|~~~.*?~~~|``.*?``|`[^`\n]+`", re.DOTALL)
_FORMULA = re.compile(r"\$\$(.*?)\$\$", re.DOTALL)
_PAIRS = (
    (re.compile(r"(?<!\\)\\\\\["), re.compile(r"(?<!\\)\\\\\]"), "\\\\[", "\\\\]"),
    (re.compile(r"\\begin\{"), re.compile(r"\\end\{"), "\\begin", "\\end"),
)
_BRACES = re.compile(r"\\.|([{}])", re.DOTALL)


def open_formulas(book: Book) -> Findings:
    """Yield a formula that is opened and never closed, or only beyond an empty line."""
    for cell in book.prose:
        text = _CODE.sub("", cell.source)
        yield from ((called(cell), problem) for problem in _open_in(text))


def _open_in(text: str) -> Iterator[str]:
    if text.count("$$") % 2:
        yield "a formula is opened with $$ and never closed: write $$ at its end"
        return
    for begin, end, opens, closes in _PAIRS:
        beside = text if opens == "\\begin" else _FORMULA.sub("", text)  # \\[2pt] is inside
        if len(begin.findall(beside)) != len(end.findall(beside)):
            yield f"it has a {opens} without its {closes}, or the other way: write both"
    for formula in _FORMULA.finditer(text):
        if re.search(r"\n[ \t]*\n", formula[1]):
            yield "a formula goes over an empty line: close it with $$ before, or take the line out"
        braces = [match[1] for match in _BRACES.finditer(formula[1]) if match[1]]
        if braces.count("{") != braces.count("}"):
            yield f"a brace isn't closed in `{formula[1].strip()}`: write its other half"
    for paragraph in re.split(r"\n[ \t]*\n", _FORMULA.sub("", re.sub(r"[A-Z]{2}\$\d", "", text))):
        marks = re.findall(r"(?<![\\\w$])\$(?=[A-Za-z\\])|(?<![\\$])\$", paragraph)
        if len(marks) % 2 and re.search(r"(?<![\\\w$])\$(?=[A-Za-z\\])", paragraph):
            yield "a formula is opened with $ and never closed in its paragraph: write $ at its end"


_LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^\s)>]+)>?(?:\s+[\"'][^)]*)?\)")
_TAG = re.compile(r"<(?:img|a)\b[^>]*?\b(?:src|href)\s*=\s*[\"']([^\"']+)[\"']", re.IGNORECASE)
_REFERENCE = re.compile(r"^\s{0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)", re.MULTILINE)
_VERBATIM = re.compile(r"```.*?```|`[^`\n]+`|\$\$.*?\$\$|\$[^$\n]+\$", re.DOTALL)


def broken_links(book: Book) -> Findings:
    """Yield links and pictures that lead nowhere."""
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
            if HEADING.match(line):
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
