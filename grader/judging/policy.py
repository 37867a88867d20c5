"""Read what a student wrote for names that a lab forbids, and say in which cell and line they stand.

All code that isn't as given is read: answers, cells of the student's own, given cells that were
changed, Python files that came along; what IPython makes of magics, too. Names are followed through
imports and assignments from cell to cell, `getattr(F, "conv2d")` and `from x import *` included.
Names that are built while the code runs (`"con" + "v2d"`, a loop over `dir(F)`) are out of reach. So
what is found is flagged to the instructor, who decides; it changes no mark.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_BUILTINS = ("eval", "exec", "__import__")
ALWAYS_FORBIDDEN = (
    *_BUILTINS,
    "importlib.import_module",
    "grader.judging",
    "grader.exercises",
    "grader.running",
    "grader.course",
    "grader.session",
    "sys.settrace",
    "sys.modules",
    "os.kill",
    "gc.get_objects",
)
"""Names that no solution of any lab needs."""

LINKS = 16
"""Attributes of attributes that are written out: no rule has as many, and each is looked at again."""

LONGEST = 200
"""Letters of a name that are shown: its end says what it is."""

MOST_FLAGS = 20
"""A notebook's flags beyond these tell nobody anything new."""

_LONG = 200_000  # characters of a cell; nobody typed a longer one
_TRANSFORMS = 100_000  # lines of IPython's own syntax times characters: it reads all for each line
_NESTED = 8  # magics within magics, and names that stand for names
_MEANINGS = 16  # that one name may have
_ATTRIBUTES = 8  # of a chain `a.b.c` that are looked at, from its end
_ANYTHING = "(...)"


@dataclass(frozen=True)
class Flag:
    """Something in a submission that a person should look at: which cell, which line, and what."""

    cell: str
    line: int
    what: str


@dataclass(frozen=True)
class Code:
    """A piece of code of a submission: its name, its text, and the instructor's text in its place.

    What is in `given` word for word isn't flagged. An answer has `forbidden` names of its own; they,
    and what was given, count in whatever else of the student's it uses, too.
    """

    name: str
    source: str
    given: str = ""
    is_answer: bool = False
    forbidden: tuple[str, ...] = ()


def forbidden_names(codes: Sequence[Code], forbidden: Iterable[str]) -> tuple[Flag, ...]:
    r"""Return a flag for each name in `forbidden` that `codes`, in order, use: the first use in each.

    A plain name is looked for as a variable, an attribute's last part or an import; one with dots
    as an attribute or an import that ends so, with what names stand for spelt out.

    >>> forbidden_names([Code("mine", "import torch.nn.functional as G"),
    ...                  Code("conv", "%%time\nop = G.conv2d", is_answer=True)], ["functional.conv2d"])
    (Flag(cell='conv', line=2, what='uses torch.nn.functional.conv2d, which is forbidden here'),)
    """
    whole = _Whole([(code, _read(code.source)) for code in codes])
    rules = _Rules(forbidden)
    flags: dict[tuple[str, str], Flag] = {}
    for code, read in whole.codes:
        if code.given == code.source:
            continue
        if read.unreadable:
            what = "can't be read for forbidden names: it is too long, or has too many magics"
            flags[code.name, what] = Flag(code.name, 1, what)
        given = {line.strip() for line in code.given.splitlines()}
        lines = code.source.splitlines()
        for statement in read.statements:
            mine = rules.also(whole.reached.get(id(statement), ()))
            for use in statement.uses:
                told = lines[use.line - 1].strip() if 0 < use.line <= len(lines) else ""
                if told in given and id(statement) not in whole.reached:
                    continue
                if written := mine.broken(use, whole):
                    what = f"uses {written[-LONGEST:]}, which is forbidden here"
                    flags.setdefault((code.name, what), Flag(code.name, use.line, what))
    return tuple(flags.values())[:MOST_FLAGS]


# ------------------------------------------------------------------------------------ what it says


@dataclass(frozen=True)
class _Use:
    """A name and its attributes, as written: `F.conv2d` is ("F", ("conv2d",))."""

    line: int
    root: str
    path: tuple[str, ...]
    is_word: bool = False


@dataclass
class _Statement:
    """A statement of a cell: names that it binds and reads, and what names stand for after it."""

    binds: set[str] = field(default_factory=set)
    reads: set[str] = field(default_factory=set)
    defines: set[str] = field(default_factory=set)
    uses: list[_Use] = field(default_factory=list)
    aliases: list[tuple[str, str]] = field(default_factory=list)
    stars: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Read:
    statements: tuple[_Statement, ...]
    unreadable: bool = False


_UNREADABLE = _Read((), unreadable=True)


@lru_cache(maxsize=1024)  # the instructor's cells, and a shared answer, come back a hundred times
def _read_short(source: str) -> _Read:
    return _read_text(source, 0, 0)


def _read(source: str) -> _Read:
    """Read a cell. What doesn't parse doesn't run either, and says nothing."""
    if len(source) > _LONG:
        return _UNREADABLE
    return _read_short(source) if len(source) < 10_000 else _read_text(source, 0, 0)  # noqa: PLR2004


def _read_text(source: str, above: int, depth: int) -> _Read:
    """Read Python or IPython that stands below `above` lines of its cell."""
    if depth > _NESTED:
        return _UNREADABLE
    tree = _parsed(source)
    if tree is None:
        plain = _without_magics(source)
        if plain is None:
            return _UNREADABLE
        tree = _parsed(plain)
        above += source[: len(source) - len(source.lstrip())].count("\n")  # IPython drops them
    if tree is None:
        return _Read(())
    found = [_statement(node, above) for node in tree.body]
    inner = [_magics(node, above, depth) for node in tree.body]
    statements = [*found, *(one for read in inner for one in read.statements)]
    return _Read(tuple(statements), any(read.unreadable for read in inner))


def _parsed(source: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the student's code: "\d" and the like
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


_MAGIC_LINE = re.compile(r"(?m)^[ \t]*[%!?/,;]|\?[ \t]*$|=[ \t]*[%!]")


def _without_magics(source: str) -> str | None:
    """Return what IPython makes of a cell before Python sees it; None if that would take long."""
    from IPython.core.inputtransformer2 import TransformerManager

    if len(source) * sum(1 for _ in _MAGIC_LINE.finditer(source)) > _TRANSFORMS:
        return None
    try:
        return TransformerManager().transform_cell(source)
    except (SyntaxError, ValueError, RuntimeError, RecursionError, MemoryError, IndexError):
        return source  # IPython refuses it, as Python did


def _statement(node: ast.stmt, above: int) -> _Statement:
    said = _Statement()
    for inner in ast.walk(node):
        said.uses += (
            _Use(above + getattr(inner, "lineno", 0), root, path) for root, path in _uses(inner)
        )
        said.aliases += _aliases(inner)
        if isinstance(inner, ast.Name):
            (said.reads if isinstance(inner.ctx, ast.Load) else said.binds).add(inner.id)
        elif isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            said.binds.add(inner.name)
            said.defines.add(inner.name)
        elif isinstance(inner, ast.Import | ast.ImportFrom):
            said.binds.update((one.asname or one.name).partition(".")[0] for one in inner.names)
            if isinstance(inner, ast.ImportFrom) and any(one.name == "*" for one in inner.names):
                said.stars.append(inner.module or "")
        elif isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
            said.binds.add(_chain(inner)[0])  # Conv2D.backward = ... changes Conv2D
    return said


_LOOKS_UP = ("getattr", "__getattribute__", "__getattr__")
_GETTERS = ("attrgetter", "methodcaller")
_NAMESPACES = ("globals", "locals", "vars")


def _chain(node: ast.expr) -> tuple[str, tuple[str, ...]]:
    """Return what `F.conv2d`, or another way to write that, begins with, and its attributes.

    What isn't a name isn't written out, and of a long chain only its end is: either takes hours.
    """
    path: list[str] = []
    while len(path) < _ATTRIBUTES:
        if isinstance(node, ast.Name):
            return node.id, tuple(reversed(path))
        inner = _looked_up(node)
        if inner is None:
            break
        base, name = inner
        path += reversed(name.split("."))
        if base is None:
            return path[-1], tuple(reversed(path[:-1]))
        node = base
    return _ANYTHING, tuple(reversed(path[:_ATTRIBUTES]))


def _looked_up(node: ast.expr) -> tuple[ast.expr | None, str] | None:
    """Return whose attribute an expression is (None: a name of the notebook), and which."""
    if isinstance(node, ast.Attribute):
        return node.value, node.attr
    if isinstance(node, ast.Call) and node.args:
        return _looked_up_by(node, node.func, node.args)
    if isinstance(node, ast.Subscript):
        return _in_namespace(node.value, node.slice)
    return None


def _looked_up_by(
    node: ast.Call, function: ast.expr, arguments: list[ast.expr]
) -> tuple[ast.expr | None, str] | None:
    """Read `getattr(F, "conv2d")` and the like, and `attrgetter("conv2d")(F)`."""
    if isinstance(function, ast.Call) and function.args and _called(function) in _GETTERS:
        name = _text(function.args[0])
        return (arguments[0], name) if name else None
    if _called(node) in _LOOKS_UP:
        name = _text(arguments[min(1, len(arguments) - 1)])
        if len(arguments) == 1 and isinstance(function, ast.Attribute):
            return (function.value, name) if name else None
        return (arguments[0], name) if name else None
    if _called(node) in ("get", "pop", "__getitem__") and isinstance(function, ast.Attribute):
        return _in_namespace(function.value, arguments[0])
    return None


def _in_namespace(space: ast.expr, key: ast.expr) -> tuple[ast.expr | None, str] | None:
    """Read `F.__dict__["conv2d"]`, `vars(F)["conv2d"]` and `globals()["conv2d"]`."""
    name = _text(key)
    if not name:
        return None
    if isinstance(space, ast.Attribute) and space.attr == "__dict__":
        return space.value, name
    if isinstance(space, ast.Call) and _called(space) in _NAMESPACES:
        return (space.args[0] if space.args else None), name
    if isinstance(space, ast.Name) and space.id == "__builtins__":
        return space, name
    return None


def _called(node: ast.Call) -> str:
    """Return the last part of the name of what is called."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _text(node: ast.expr) -> str:
    found = node.value if isinstance(node, ast.Constant) else None
    return found if isinstance(found, str) else ""


def _uses(node: ast.AST) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the names that a node uses, with the attributes that are read of them."""
    if isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Load):
            yield node.id, ()
    elif isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        if _looked_up(node) is not None:
            yield _chain(node)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield from _packages(node.module)
        for alias in node.names:
            yield "", (*node.module.split(".")[-_ATTRIBUTES:], alias.name)
    elif isinstance(node, ast.Import):
        for alias in node.names:
            yield from _packages(alias.name)


def _packages(module: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what is imported with a module: itself, and what it is in."""
    parts = module.split(".")[:_ATTRIBUTES]
    for end in range(1, len(parts) + 1):
        yield "", tuple(parts[:end])


def _aliases(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield the names that a node binds, attributes with a dot before them, and what they stand for."""
    if isinstance(node, ast.Import):
        yield from ((alias.asname, alias.name) for alias in node.names if alias.asname)
    elif isinstance(node, ast.ImportFrom) and node.module:
        for alias in node.names:
            yield alias.asname or alias.name, f"{node.module}.{alias.name}"
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _assigned(target, node.value)
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        yield from _assigned(node.target, node.value)
    elif isinstance(node, ast.ClassDef):
        for one in node.body:
            yield from ((f".{name}", what) for name, what in _aliases(one) if name[0] != ".")
    elif isinstance(node, ast.arguments):
        yield from _defaults(node)


def _defaults(node: ast.arguments) -> Iterator[tuple[str, str]]:
    plain = [*node.posonlyargs, *node.args]
    pairs = [*zip(reversed(plain), reversed(node.defaults), strict=False)]
    pairs += [(a, d) for a, d in zip(node.kwonlyargs, node.kw_defaults, strict=True) if d]
    for argument, value in pairs:
        yield from _stands_for(argument.arg, value)


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, str]]:
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        for one, its in zip(target.elts, value.elts, strict=False):
            if not isinstance(one, ast.Tuple | ast.List):
                yield from _assigned(one, its)
    elif isinstance(target, ast.Name):
        yield from _stands_for(target.id, value)
    elif isinstance(target, ast.Attribute):
        yield from _stands_for(f".{target.attr}", value)


def _stands_for(name: str, value: ast.expr) -> Iterator[tuple[str, str]]:
    root, path = _chain(value)
    if root not in (_ANYTHING, name):
        yield name, ".".join((root, *path))


# --------------------------------------------------------------------------------- IPython's magics

_SHELLS = ("bash", "sh", "script", "system", "sx", "!", "getoutput", "cmd", "perl", "ruby")
_NO_CODE = (
    *("pip", "conda", "mamba", "micromamba", "uv", "load_ext", "matplotlib", "cd", "env", "pylab"),
    *("pinfo", "pinfo2", "psearch", "pdoc", "pdef", "psource", "pfile"),
    *("html", "HTML", "latex", "markdown", "javascript", "js", "svg", "SVG"),
)
_INSTALLS = re.compile(
    r"\s*(?:sudo\s+)?(?:python[\d.]*\s+-m\s+)?(?:pip|conda|mamba|uv|apt)[\w-]*\b"
)
_WORD = re.compile(r"[^\W\d][\w.]*")
_TAILS = 12


def _magics(node: ast.stmt, above: int, depth: int) -> _Read:
    """Read the code that a statement hands to IPython as text: that of magics, and of a shell."""
    reads: list[_Read] = []
    for call in ast.walk(node):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            continue
        texts = [_text(argument) for argument in call.args]
        at = above + call.lineno - 1
        if call.func.attr in ("run_cell", "ex", "ev") and texts:
            reads.append(_read_text(texts[0], at, depth + 1))
        elif call.func.attr in ("system", "getoutput", "getoutput_pexpect") and texts:
            reads.append(_shell(texts[0], at))
        elif call.func.attr in ("run_line_magic", "run_cell_magic") and len(texts) > 1:
            name, line, *body = texts
            if name in _SHELLS:
                reads += (_shell(text, at + i) for i, text in enumerate((line, *body[:1])))
            elif name not in _NO_CODE:
                reads.append(_read_tail(line, at, depth + 1))
                reads += (_read_text(text, at + 1, depth + 1) for text in body[:1])
    return _Read(
        tuple(s for read in reads for s in read.statements), any(r.unreadable for r in reads)
    )


def _read_tail(line: str, above: int, depth: int) -> _Read:
    """Read the Python of a magic's line, after its options: `-n 10 F.conv2d(x)`."""
    for _ in range(_TAILS):
        if _parsed(line) is not None:
            return _read_text(line, above, depth)
        _, _, line = line.strip().partition(" ")
    return _Read(())


def _shell(text: str, above: int) -> _Read:
    """Read the words of what a shell is told; `{F.conv2d(x)}` in it is Python."""
    said = _Statement()
    for number, line in enumerate(text.splitlines(), 1):
        if not _INSTALLS.match(line):
            for word in _WORD.findall(line):
                root, *path = word.strip(".").split(".")[-_ATTRIBUTES:]
                said.uses.append(_Use(above + number, root, tuple(path), is_word=True))
                said.reads.add(root)
    return _Read((said,))


# ---------------------------------------------------------------------------------- what it comes to


class _Whole:
    """All the code of a submission: what each name stands for, and what each answer uses."""

    def __init__(self, codes: Sequence[tuple[Code, _Read]]) -> None:
        self.codes = codes
        statements = [one for _, read in codes for one in read.statements]
        self.defined = {name for one in statements for name in one.defines}
        self._stars = [star for one in statements for star in one.stars][:_MEANINGS]
        self._aliases: dict[str, dict[str, None]] = {}
        for one in statements:
            for name, meaning in one.aliases:
                known = self._aliases.setdefault(name, {})
                if len(known) < _MEANINGS:
                    known[meaning] = None
        self._known: dict[str, tuple[str, ...]] = {}
        self.reached = self._reach()

    def meanings(self, root: str) -> tuple[str, ...]:
        """Return what a name may stand for, itself first."""
        if root not in self._known:
            found = {root: None}
            for _ in range(_NESTED):
                more = [m for name in found for m in self._one_step(name) if m not in found]
                if not more or len(found) >= _MEANINGS:
                    break
                found |= dict.fromkeys(more[:_MEANINGS])
            if root and root != _ANYTHING:
                found |= dict.fromkeys(f"{star}.{root}" for star in self._stars)
            self._known[root] = tuple(found)
        return self._known[root]

    def _one_step(self, name: str) -> Iterator[str]:
        first, dot, rest = name.partition(".")
        for meaning in self._aliases.get(first, ()):
            yield f"{meaning}{dot}{rest}"

    def written_out(self, use: _Use) -> Iterator[str]:
        """Yield the names that a use may be a use of."""
        for meaning in self.meanings(use.root):
            yield ".".join(filter(None, (meaning, *use.path)))
        for at, part in enumerate(use.path):  # self.op = F, then self.op.conv2d
            for meaning in self._aliases.get(f".{part}", ()):
                for whole in self.meanings(meaning.partition(".")[0]):
                    rest = meaning.partition(".")[2]
                    yield ".".join(filter(None, (whole, rest, *use.path[at + 1 :])))

    def _reach(self) -> dict[int, tuple[str, ...]]:
        """Return the statements that answers use, with the names that are forbidden to those."""
        binding: dict[str, list[_Statement]] = {}
        for code, read in self.codes:
            if code.given != code.source:
                for one in read.statements:
                    for name in one.binds:
                        binding.setdefault(name, []).append(one)
        reached: dict[int, tuple[str, ...]] = {}
        for code, read in self.codes:
            if not code.is_answer:
                continue
            seen: set[str] = set()
            done: set[int] = set()
            waiting = list(read.statements)
            while waiting:
                one = waiting.pop()
                if id(one) in done:
                    continue
                done.add(id(one))
                known = reached.get(id(one), ())
                new = tuple(rule for rule in code.forbidden if rule not in known)
                reached[id(one)] = (*known, *new)
                for name in one.reads - seen:
                    seen.add(name)
                    waiting += binding.get(name, ())
        return reached


class _Rules:
    """Forbidden names, found by their last part."""

    def __init__(self, rules: Iterable[str]) -> None:
        self._all = tuple(dict.fromkeys(rules))
        self._by_last: dict[str, list[str]] = {}
        for rule in self._all:
            self._by_last.setdefault(rule.rpartition(".")[2], []).append(rule)
        self._more: dict[tuple[str, ...], _Rules] = {}

    def also(self, rules: tuple[str, ...]) -> _Rules:
        """Return these rules and others."""
        if not rules:
            return self
        if rules not in self._more:
            self._more[rules] = _Rules((*self._all, *rules))
        return self._more[rules]

    def broken(self, use: _Use, whole: _Whole) -> str:
        """Return the forbidden name that a use is a use of, written out; an empty text for none."""
        found = ""
        for written in whole.written_out(use):
            for rule in self._by_last.get(written.rpartition(".")[2], ()):
                if self._matches(written, rule) and not self._is_own(written, use, rule, whole):
                    found = written
        return found

    @staticmethod
    def _matches(written: str, rule: str) -> bool:
        if rule in _BUILTINS:  # model.eval() is another thing
            return written in (rule, f"builtins.{rule}", f"__builtins__.{rule}")
        return written == rule or written.endswith(f".{rule}")

    @staticmethod
    def _is_own(written: str, use: _Use, rule: str, whole: _Whole) -> bool:
        """Tell whether a name is that of a function of the student's own, or a shell's word."""
        if rule in _BUILTINS:
            return use.is_word
        return written == use.root and written in whole.defined


__all__ = ["ALWAYS_FORBIDDEN", "Code", "Flag", "forbidden_names"]
