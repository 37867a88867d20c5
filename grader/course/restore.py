"""Give a student's notebook back the instructor's cells, whatever happened to them on the way.

The instructor's test cells are never taken from the student: they are dropped where they stand and
put back, in the instructor's order, after the solutions that they test. What a student wrote is
never dropped: their solution cells are found again, and every other cell of theirs stays.

A solution cell that carries its name is believed, unless it doesn't define the exercise's function
and another cell does: marks depend on what is defined. Without a name a cell is known by its id, by
the function it defines, and then by its place between its neighbours and its likeness to the stub.

Every repair is told in a line; what can't be repaired is a `RestoreError` for a person to see.
"""

from __future__ import annotations

import ast
import copy
import re
import warnings
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from nbformat.v4 import new_markdown_cell

from grader.course.reading import RestoreError, has_conflict, read_notebook

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nbformat import NotebookNode

LIKENESS = 0.6
"""How alike, from 0 to 1, a cell that lost its name must be to be found far from its place."""

LONG = 200_000
"""A cell of more characters than this is taken as it is: nobody typed it."""

_DEFINITION = re.compile(r"^(?:async +)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)
_BLOCK = re.compile(r"^with +marks\([^\n\"']*[\"']([^\n\"']+)[\"']", re.MULTILINE)
_MAGIC = re.compile(r"^([ \t]*)[%!].*$", re.MULTILINE)


@dataclass(frozen=True)
class Restored:
    """A notebook with the instructor's cells in place, and what had to be repaired."""

    notebook: NotebookNode
    repairs: tuple[str, ...]


def grade_id(cell: NotebookNode) -> str:
    """Return the nbgrader id of a cell, or an empty string if it has none."""
    found = cell.metadata.get("nbgrader")
    name = found.get("grade_id", "") if isinstance(found, dict) else ""
    return name if isinstance(name, str) else ""


def is_solution(cell: NotebookNode) -> bool:
    """Tell whether a student writes in this cell of the instructor's notebook."""
    return bool(grade_id(cell) and cell.metadata.nbgrader.get("solution"))


def is_locked(cell: NotebookNode) -> bool:
    """Tell whether this cell of the instructor's is put back as it is: a test, or a given one."""
    return bool(grade_id(cell)) and not is_solution(cell)


def is_graded_code(cell: NotebookNode) -> bool:
    """Tell whether this cell of the instructor's is a test cell that the judge awards marks for."""
    return (
        cell.cell_type == "code" and is_locked(cell) and bool(cell.metadata.nbgrader.get("grade"))
    )


def repairs_cell(repairs: Iterable[str]) -> NotebookNode:
    """Return the text that tells a student, at the top of their notebook, what was repaired."""
    lines = "\n".join(f"- {line}" for line in repairs)
    return new_markdown_cell(  # type: ignore[no-any-return]
        f"**Reparaciones.** Para calificar tu notebook hubo que arreglar algo en él:\n\n{lines}",
        id="labkit-repairs",
    )


def restore(data: bytes, source: NotebookNode, release: NotebookNode) -> Restored:
    """Read a student's file and put the instructor's cells of `source` back into it.

    `release` is the notebook that students were given: it tells a stub that was left alone from a
    student's answer, and what each cell looked like. Raises `RestoreError` for what is no notebook,
    holds no cell of this lab, or leaves it to us which of two answers is the student's.
    """
    repairs: list[str] = []
    notebook = read_notebook(data, repairs)
    lab = _Originals(source, release)
    told: dict[str, list[str]] = {}
    cells = _join_tests(notebook.cells, lab, told)
    cells = _join_solutions(cells, lab, told)
    cells = _part_merged(cells, lab, told)
    labels = _label(cells, lab, told)
    if lab.named and not labels:
        raise RestoreError("el notebook no tiene ninguna celda de este laboratorio: ¿es otro?")
    kept = _kept(cells, labels, lab, told)
    _refuse_conflicts(kept)
    merged = _in_order(kept, lab, told)
    merged = _with_given(merged, lab, told)
    _name_cells(merged, lab)
    notebook.cells = merged
    notebook.metadata = copy.deepcopy(source.metadata)
    repairs += [f"{what}: {', '.join(dict.fromkeys(names))}" for what, names in told.items()]
    return Restored(notebook, tuple(repairs))


@dataclass
class _Original:
    """One named cell of the instructor's: as it is in `source` and as it was released."""

    name: str
    at: int
    mine: NotebookNode
    given: NotebookNode
    lines: list[str]
    defines: set[str] = field(default_factory=set)
    blocks: set[str] = field(default_factory=set)
    chunks: set[str] = field(default_factory=set)

    @property
    def locked(self) -> bool:
        return is_locked(self.mine)

    @property
    def code(self) -> bool:
        return bool(self.mine.cell_type == "code")

    def untouched(self, source: str) -> bool:
        """Tell whether a cell says what was released."""
        return _lines(source) == self.lines

    def tested_in(self, cell: NotebookNode) -> bool:
        """Tell whether a cell holds a test of this exercise, by the names of its marks blocks."""
        ids = set(_BLOCK.findall(cell.source))
        return any(block.partition("/")[0] in self.defines | {self.name} for block in ids)

    def cell(self) -> NotebookNode:
        """Return the instructor's cell with the metadata that was released, which has its checksum."""
        cell = copy.deepcopy(self.mine)
        cell.metadata = copy.deepcopy(self.given.metadata)
        if not self.locked:
            cell.source = ""  # never the instructor's answer
        return cell


class _Originals:
    """What the instructor's notebook tells of its cells."""

    def __init__(self, source: NotebookNode, release: NotebookNode) -> None:
        given = {grade_id(cell): cell for cell in release.cells if grade_id(cell)}
        self.source = source
        self.named = {
            name: _Original(name, at, cell, given[name], _lines(given[name].source))
            for at, cell in enumerate(source.cells)
            if (name := grade_id(cell))
        }
        self.ids = {one.mine.get("id"): one.name for one in self.named.values()}
        self.tests = [one for one in self.named.values() if one.locked and one.code]
        self.solutions = [one for one in self.named.values() if not one.locked]
        for test in self.tests:
            test.blocks = set(_BLOCK.findall(test.mine.source))
            test.chunks = {chunk.strip() for chunk in _chunks(test.given.source)} - {""}
        counts = Counter(
            n for one in self.solutions if one.code for n in _defined(one.given.source)
        )
        for one in self.solutions:
            if one.code:
                # A name that two exercises define tells neither from the other.
                one.defines = {n for n in _defined(one.given.source) if counts[n] == 1}
        self.functions = {name for one in self.solutions for name in one.defines}
        self._given_ids: dict[str, int] = {}
        self._given_texts: dict[tuple[str, ...], int] = {}
        for at, cell in enumerate(source.cells):
            if not grade_id(cell):
                self._given_ids[cell.get("id")] = at
                self._given_texts[(cell.cell_type, *_lines(cell.source))] = at
        self.given_code = {
            at: (_lines(cell.source), {chunk.strip() for chunk in _chunks(cell.source)} - {""})
            for at, cell in enumerate(source.cells)
            if cell.cell_type == "code" and not grade_id(cell)
        }

    def answers(self) -> set[str]:
        """Name the cells that a student writes in."""
        return {one.name for one in self.solutions}

    def given_at(self, cell: NotebookNode) -> int | None:
        """Return where in `source` a cell stands that was given, isn't named, and may be changed."""
        if grade_id(cell):
            return None
        text = (cell.cell_type, *_lines(cell.source))
        return self._given_texts.get(text, self._given_ids.get(cell.get("id", "")))

    def given_as_it_was(self, cell: NotebookNode) -> bool:
        """Tell whether a cell is one that was given, unchanged."""
        return (cell.cell_type, *_lines(cell.source)) in self._given_texts

    def place_of(self, cell: NotebookNode) -> int:
        """Return where in `source` a cell stands, or -1 if it is the student's own."""
        one = self.named.get(grade_id(cell))
        at = one.at if one is not None else self.given_at(cell)
        return -1 if at is None else at

    def test_of(self, source: str) -> str:
        """Name the test that a text is a copy of, word for word."""
        lines = _lines(source)
        return next((one.name for one in self.tests if one.lines == lines), "")

    def test_in(self, source: str) -> str:
        """Name a test that a text is a copy of, with or without changes, and nothing else."""
        if len(source) > LONG or not _BLOCK.search(source):
            return self.test_of(source)
        cut = _cut(source, self)
        return cut.tests[0] if cut.tests and not _is_code(cut.mine) else ""

    def stub_in(self, cell: NotebookNode) -> str:
        """Name the exercise whose stub a cell is a copy of: it would undo an answer above it."""
        same = (
            one.name
            for one in self.solutions
            if one.mine.cell_type == cell.cell_type
            and one.untouched(cell.source)
            and (one.defines or grade_id(cell) == one.name)
        )
        return next(same, "")


def _lines(source: str) -> list[str]:
    return [stripped for line in source.splitlines() if (stripped := line.strip())]


def _defined(source: str) -> set[str]:
    """Name the functions and classes that a cell defines, also where it isn't valid Python."""
    return set(_DEFINITION.findall(source))


def _tree(source: str) -> ast.Module | None:
    """Parse a cell, its magics left out; return None for what can't be run."""
    plain = _MAGIC.sub(r"\1pass", source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the student's code: "\d" and the like
            tree = ast.parse(plain)
            compile(tree, "cell", "exec")  # which refuses a `return` outside a function
            return tree
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _chunks(source: str) -> list[str]:
    r"""Cut a cell into its statements, and its comments and blank lines into lines.

    >>> _chunks("x = 1\n# why\nfor i in x:\n    pass")
    ['x = 1\n', '# why\n', 'for i in x:\n    pass']
    """
    lines = source.splitlines(keepends=True)
    tree = _tree(source)
    spans: list[tuple[int, int]] = []
    if tree is not None:
        for node in tree.body:
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))]) - 1
            last = node.end_lineno or node.lineno
            if spans and first < spans[-1][1]:
                spans[-1] = (spans[-1][0], max(last, spans[-1][1]))  # a; b
            else:
                spans.append((first, last))
    else:
        starts = [at for at, line in enumerate(lines) if re.match(r"[^\s#)\]}]", line)]
        for at, after in zip(starts, [*starts[1:], len(lines)], strict=True):
            body = [n for n in range(at, after) if n == at or re.match(r"[\s)\]}]+\S", lines[n])]
            spans.append((at, body[-1] + 1))
    found = []
    at = 0
    for first, last in spans:
        found += [*lines[at:first], "".join(lines[first:last])]
        at = last
    return found + lines[at:]


@dataclass
class _Cut:
    """A cell cut where its text changes hands: the student's pieces, and given cells by their place.

    `tests` names the tests that were in it; their text isn't in `pieces`.
    """

    pieces: list[str | int]
    tests: list[str]

    @property
    def mine(self) -> str:
        """The student's text, all together."""
        return "\n".join(piece for piece in self.pieces if isinstance(piece, str))


def _cut(source: str, lab: _Originals) -> _Cut:
    """Cut a cell into what the student wrote and what was given."""
    ids = set(_BLOCK.findall(source))
    lines = _lines(source)
    tests = [one for one in lab.tests if one.blocks & ids or _run_in(one.lines, lines)]
    given = {at: chunks for at, (text, chunks) in lab.given_code.items() if _run_in(text, lines)}
    if not tests and not (given and _defined(source) & lab.functions):
        return _Cut([source], [])
    owners = {chunk: at for at, chunks in given.items() for chunk in chunks}
    dropped = {chunk for one in tests for chunk in one.chunks}
    blocks = {block for one in tests for block in one.blocks}
    pieces: list[str | int] = [""]
    for chunk in _chunks(source):
        text = chunk.strip()
        last = pieces[-1]
        if text and (text in dropped or blocks & set(_BLOCK.findall(chunk))):
            pieces.append("")
        elif text in owners:
            pieces += [owners[text], ""] if owners[text] not in pieces else [""]
        elif isinstance(last, str):
            pieces[-1] = last + chunk
    kept = [one.strip("\n") if isinstance(one, str) else one for one in pieces]
    return _Cut([one for one in kept if one != ""], [one.name for one in tests])


def _run_in(part: Sequence[str], whole: Sequence[str]) -> bool:
    """Tell whether `part` is in `whole` without a gap."""
    return bool(part) and any(
        list(whole[at : at + len(part)]) == list(part)
        for at, line in enumerate(whole)
        if line == part[0]
    )


def _is_code(source: str) -> bool:
    return any(not line.startswith("#") for line in _lines(source))


def _join_tests(
    cells: Sequence[NotebookNode], lab: _Originals, told: dict[str, list[str]]
) -> list[NotebookNode]:
    """Make one cell again of a test that was split."""
    joined = []
    at = 0
    while at < len(cells):
        cell = cells[at]
        count = 1
        first = next(iter(_lines(cell.source)), "")
        for test in lab.tests:
            if test.lines[:1] == [first]:
                count = _pieces(cells[at:], test.lines)
            if count > 1:
                cell = test.cell()
                told.setdefault("celdas de prueba partidas, se vuelven a unir", []).append(
                    test.name
                )
                break
        joined.append(cell)
        at += count
    return joined


def _pieces(cells: Sequence[NotebookNode], lines: list[str]) -> int:
    """Count the first cells that make up `lines` together, or return 1."""
    have: list[str] = []
    for count, cell in enumerate(cells, start=1):
        more = _lines(cell.source)
        if not more or cell.cell_type != "code" or lines[len(have) : len(have) + len(more)] != more:
            return 1
        have += more
        if len(have) == len(lines):
            return count
    return 1


def _join_solutions(
    cells: Sequence[NotebookNode], lab: _Originals, told: dict[str, list[str]]
) -> list[NotebookNode]:
    """Make one cell again of a function whose body was split off it."""
    wanted = {name: one.name for one in lab.solutions for name in one.defines}
    joined: list[NotebookNode] = []
    for cell in cells:
        last = joined[-1] if joined else None
        whole = f"{last.source}\n{cell.source}" if last is not None else ""
        names = [wanted[name] for name in _DEFINITION.findall(whole) if name in wanted]
        if (
            last is not None
            and names
            and last.cell_type == cell.cell_type == "code"
            and grade_id(cell) in ("", grade_id(last), *names)
            and re.match(r"(\s*\n)?[ \t]+\S", cell.source)
            and not any(set(_lines(cell.source)) <= set(test.lines) for test in lab.tests)
            and len(whole) < LONG
            and _tree(whole) is not None
        ):
            last.source = whole
            last.metadata = last.metadata or cell.metadata
            told.setdefault("soluciones partidas en dos celdas, se unen", []).append(names[-1])
        else:
            joined.append(cell)
    return joined


def _part_merged(
    cells: Sequence[NotebookNode], lab: _Originals, told: dict[str, list[str]]
) -> list[NotebookNode]:
    """Cut cells in which something of the student's was merged with what was given.

    A test cell in which only a few lines were changed isn't one of those: it is replaced whole.
    """
    parted = []
    for cell in cells:
        name = grade_id(cell) if grade_id(cell) in lab.named else lab.ids.get(cell.id, "")
        mine = lab.named.get(name)
        locked = mine is not None and mine.locked
        given = _defined(mine.mine.source) if mine is not None else set()
        if cell.cell_type != "code" or len(cell.source) > LONG or lab.test_of(cell.source):
            parted.append(cell)
            continue
        cut = _cut(cell.source, lab)
        theirs = not locked or _defined(cut.mine) - given
        if not _is_code(cut.mine) or not theirs or (cut.pieces == [cell.source] and not locked):
            parted.append(cell)
            continue
        told.setdefault(_MERGED, []).extend(cut.tests or [name])
        if locked:
            cell.metadata, cell.id = {}, ""
        for piece in cut.pieces:
            if isinstance(piece, int):
                parted.append(copy.deepcopy(lab.source.cells[piece]))
            else:
                parted.append(copy.deepcopy(cell))
                parted[-1].source = piece
                cell.metadata, cell.id = {}, ""
    return parted


def _label(
    cells: Sequence[NotebookNode], lab: _Originals, told: dict[str, list[str]]
) -> dict[int, str]:
    """Say which of the student's cells are which of the instructor's: by position, their names."""
    tags = _tags(cells, lab, told)
    labels: dict[int, str] = {}
    for one in lab.named.values():
        tagged = [at for at, name in tags.items() if name == one.name]
        free = [at for at in range(len(cells)) if at not in tags and at not in labels]
        if one.locked:
            found, how = _find_locked(cells, tagged, free, one)
        elif one.defines:
            free += [at for at, name in tags.items() if _lies(cells[at], lab.named[name])]
            found, how = _find_function(cells, tagged, free, one)
        else:
            found, how = _last([at for at in tagged if not one.untouched(cells[at].source)], tagged)
        if found is not None:
            labels[found] = one.name
            if how:
                told.setdefault(_LOST.format(how), []).append(one.name)
    for one in lab.solutions:
        if one.name not in labels.values():
            found = _find_by_place(cells, {*tags, *labels}, labels, lab, one)
            if found is not None:
                labels[found] = one.name
                told.setdefault(_LOST.format("su lugar"), []).append(one.name)
    return labels


_MERGED = "celdas pegadas a otras, se separan"
_LOST = "celdas que habían perdido sus datos, reconocidas por {}"


def _tags(
    cells: Sequence[NotebookNode], lab: _Originals, told: dict[str, list[str]]
) -> dict[int, str]:
    """Say which cells carry a name: nbgrader's or, for a name that none carries, by the cell's id."""
    tags = {at: grade_id(cell) for at, cell in enumerate(cells) if grade_id(cell) in lab.named}
    carried = set(tags.values())
    for at, cell in enumerate(cells):
        name = lab.ids.get(cell.id, "")
        if at not in tags and name and name not in carried:
            tags[at] = name
            told.setdefault(_LOST.format("su id"), []).append(name)
    return tags


def _lies(cell: NotebookNode, one: _Original) -> bool:
    """Tell whether a cell carries the name of an exercise whose function it doesn't define."""
    return bool(one.defines) and not one.defines <= _defined(cell.source)


def _last(*groups: Sequence[int]) -> tuple[int | None, str]:
    """Return the last place of the first group that has any; it needs no telling how it was found."""
    return next((group[-1] for group in groups if group), None), ""


def _find_locked(
    cells: Sequence[NotebookNode], tagged: list[int], free: list[int], one: _Original
) -> tuple[int | None, str]:
    """Find a test, or another locked cell: the copy that was changed least."""
    places = tagged or [
        at
        for at in free
        if cells[at].cell_type == one.mine.cell_type
        and (one.untouched(cells[at].source) or one.blocks & set(_BLOCK.findall(cells[at].source)))
    ]
    whole = [at for at in places if one.untouched(cells[at].source)]
    blocks = [at for at in places if one.blocks & set(_BLOCK.findall(cells[at].source))]
    return _last(whole, blocks, places)[0], "" if tagged else "su texto"


def _find_function(
    cells: Sequence[NotebookNode], tagged: list[int], free: list[int], one: _Original
) -> tuple[int | None, str]:
    """Find the cell that defines an exercise's function, the stub as it was given last."""
    answered = [at for at in [*tagged, *free] if not one.untouched(cells[at].source)]
    defining = [
        at
        for at in [*tagged, *free]
        if one.defines <= _defined(cells[at].source)
        and (cells[at].cell_type == "code" or _tree(cells[at].source) is not None)
    ]
    both = [at for at in answered if at in defining]
    groups = (
        [at for at in both if at in tagged],
        [at for at in both if at not in tagged],
        [at for at in answered if at in tagged],
        tagged,
        defining,
    )
    found = next((group for group in groups if group), None)
    if found is None:
        return None, ""
    tests = [at for at, cell in enumerate(cells) if one.tested_in(cell)]
    before = [at for at in found if not tests or at < tests[0]]
    at = (before or found)[-1]
    return at, "" if at in tagged else "la función que definen"


def _find_by_place(
    cells: Sequence[NotebookNode],
    taken: set[int],
    labels: dict[int, str],
    lab: _Originals,
    one: _Original,
) -> int | None:
    """Find the answer that stands where the stub stood, or else the cell that is most like it."""
    anchors = {lab.named[name].at: at for at, name in labels.items()}
    for at, cell in enumerate(cells):
        if at not in taken and (given := lab.given_at(cell)) is not None:
            anchors[given] = at
    if not anchors:
        return None
    low = anchors[max(before)] if (before := [n for n in anchors if n < one.at]) else -1
    high = anchors[min(after)] if (after := [n for n in anchors if n > one.at]) else len(cells)
    kind = one.mine.cell_type
    free = [
        at
        for at, cell in enumerate(cells)
        if at not in taken and at not in anchors.values() and cell.cell_type == kind
    ]
    likeness = {at: _likeness(cells[at].source, one.given.source) for at in free}
    here = [at for at in free if low < at < high and (kind != "code" or likeness[at] >= LIKENESS)]
    alike = [at for at in free if likeness[at] >= LIKENESS]
    return max(here or alike, key=lambda at: likeness[at], default=None)


def _likeness(source: str, stub: str) -> float:
    """Tell how much of a stub is still in a cell, from 0 to 1.

    >>> _likeness("def f(x): return 2 * x", "def f(x): pass")
    0.75
    """
    if len(source) > LONG:
        return 0.0
    mine, given = (Counter(re.findall(r"\w+", text)) for text in (source, stub))
    return (mine & given).total() / max(1, given.total())


def _kept(
    cells: Sequence[NotebookNode],
    labels: dict[int, str],
    lab: _Originals,
    told: dict[str, list[str]],
) -> list[NotebookNode]:
    """Return what stays: the instructor's cells as they were, the student's with what they wrote."""
    kept = []
    for at, cell in enumerate(cells):
        one = lab.named.get(labels.get(at, ""))
        if one is not None:
            new = one.cell()
            if not one.locked:
                new.source = cell.source
                if cell.get("attachments") and new.cell_type != "code":
                    new.attachments = cell.attachments
            if cell.cell_type != new.cell_type:
                what = "celdas que habían cambiado de tipo, vuelven al suyo"
                told.setdefault(what, []).append(one.name)
            elif one.locked and not one.untouched(cell.source):
                what = "celdas de prueba cambiadas, se usan las originales"
                told.setdefault(what, []).append(one.name)
            kept.append(new)
            continue
        if cell.cell_type == "code" and (test := lab.test_in(cell.source)):
            told.setdefault("copias de celdas de prueba, se quitan", []).append(test)
            continue
        copied = lab.stub_in(cell)
        if copied or grade_id(cell) in lab.named:
            what = "celdas repetidas, se toma la que fue resuelta"
            told.setdefault(what, []).append(copied or grade_id(cell))
        if not copied:
            cell.metadata = {}
            kept.append(cell)
    return kept


def _refuse_conflicts(cells: Iterable[NotebookNode]) -> None:
    for cell in cells:
        if grade_id(cell) and has_conflict(cell.source):
            raise RestoreError(
                f"la celda {grade_id(cell)} trae marcas de un conflicto de git (<<<<<<<): quédate con "
                "una de las dos versiones y entrégalo de nuevo"
            )


def _in_order(
    cells: list[NotebookNode], lab: _Originals, told: dict[str, list[str]]
) -> list[NotebookNode]:
    """Put back locked cells that are missing or out of place, moving as few as can be.

    A locked cell belongs after the locked ones and the solutions that precede it in `source`.
    What a student wrote stays where it is.
    """
    places = {grade_id(cell): at for at, cell in enumerate(cells) if grade_id(cell)}
    staying = _in_place(places, lab)
    body = [
        cell for cell in cells if not grade_id(cell) or grade_id(cell) in staying | lab.answers()
    ]
    end = 0
    for one in lab.named.values():
        at = next((at for at, cell in enumerate(body) if grade_id(cell) == one.name), None)
        if at is None:
            if one.name in places:
                told.setdefault("celdas de prueba fuera de lugar, vuelven al suyo", []).append(
                    one.name
                )
            elif one.name not in told.get(_MERGED, ()):
                told.setdefault("celdas borradas, se vuelven a poner", []).append(one.name)
            at = _place_for(one, body, end, lab)
            body.insert(at, one.cell())
        end = max(end, at + 1)
    return body


def _in_place(places: dict[str, int], lab: _Originals) -> set[str]:
    """Name the most locked cells that can stay where they are: a longest increasing subsequence."""
    ends: list[int] = []  # of the best sequence of each length, the place where it ends
    chains: list[list[str]] = []
    need = -1
    for one in lab.named.values():
        at = places.get(one.name, -1)
        if not one.locked:
            need = max(need, at)
        elif at > need:
            length = bisect_left(ends, at)
            chain = [*(chains[length - 1] if length else ()), one.name]
            ends[length : length + 1] = [at]
            chains[length : length + 1] = [chain]
    return set(chains[-1]) if chains else set()


def _place_for(one: _Original, body: Sequence[NotebookNode], end: int, lab: _Originals) -> int:
    """Return where to put a cell back: behind the last given cell that it followed, if it can be."""
    later = {other.name for other in lab.named.values() if other.at > one.at}
    high = next(
        (at for at, cell in enumerate(body) if at >= end and grade_id(cell) in later), len(body)
    )
    for at in range(high - 1, end - 1, -1):
        given = lab.given_at(body[at])
        if given is not None and given < one.at:
            return at + 1
    return end or high


def _with_given(
    cells: list[NotebookNode], lab: _Originals, told: dict[str, list[str]]
) -> list[NotebookNode]:
    """Put back given cells, such as the imports, that bind a name which the tests need."""
    there = {lab.given_at(cell) for cell in cells if lab.given_as_it_was(cell)}
    given = [
        (at, cell)
        for at, cell in enumerate(lab.source.cells)
        if cell.cell_type == "code" and not grade_id(cell)
    ]
    if all(at in there for at, _ in given):
        return cells
    bound = {name for cell in cells if cell.cell_type == "code" for name in _names(cell.source)[0]}
    needed = {name for one in lab.named.values() if one.code for name in _names(one.mine.source)[1]}
    for at, cell in reversed(given):
        binds, needs = _names(cell.source)
        if not binds & needed:
            continue
        needed |= needs
        if not binds & needed <= bound:
            told.setdefault("celdas dadas que faltaban, se vuelven a poner", []).append(cell.id)
            after = (n for n, other in enumerate(cells) if lab.place_of(other) > at)
            cells.insert(next(after, len(cells)), copy.deepcopy(cell))
    return cells


@lru_cache(maxsize=1024)  # the instructor's cells come back with every submission
def _names(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names that a cell binds, and those that it takes from elsewhere.

    >>> [sorted(names) for names in _names("import numpy as np; x = np.zeros(n)")]
    [['np', 'x'], ['n']]
    """
    tree = _tree(source) if len(source) < LONG else None
    if tree is None:
        return frozenset(), frozenset()
    binds: set[str] = set()
    inner: set[str] = set()
    loads: set[str] = set()
    for statement in tree.body:
        into = binds
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            binds.add(statement.name)
            into = inner
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                loads.add(node.id)
            else:
                into.update(_bound_by(node))
    return frozenset(binds), frozenset(loads - binds - inner)


def _bound_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
        yield node.name
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).partition(".")[0]


def _name_cells(cells: Iterable[NotebookNode], lab: _Originals) -> None:
    """Give every cell an id of its own, the instructor's cells their own."""
    used = {one.mine.id for one in lab.named.values()}
    for number, cell in enumerate(cells):
        if grade_id(cell):
            continue
        given = lab.given_at(cell)
        wanted = lab.source.cells[given].id if given is not None else cell.id
        wanted = wanted or f"cell-{number}"
        while wanted in used:
            wanted = f"{wanted[:50]}-{number}"
        used.add(wanted)
        cell.id = wanted
