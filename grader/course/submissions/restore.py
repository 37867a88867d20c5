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

import copy
import re
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from itertools import count, islice
from typing import TYPE_CHECKING

from nbformat.v4 import new_markdown_cell

from grader.course.submissions.originals import grade_id
from grader.course.submissions.reading import RestoreError, has_conflict, read_notebook
from grader.course.submissions.texts import (
    LONG,
    blocks_in,
    defined_in,
    is_code,
    lines_of,
    names_of,
    tree_of,
)
from grader.words import _, later

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nbformat import NotebookNode

    from grader.course.submissions.originals import Original, Originals

MOST_TRIED = 8
"""How many ways to put a split function together are tried."""

LIKENESS = 0.6
"""How alike, from 0 to 1, a cell that lost its name must be to be found far from its place."""


@dataclass(frozen=True)
class Restored:
    """A notebook with the instructor's cells in place, and what had to be repaired."""

    notebook: NotebookNode
    repairs: tuple[str, ...]


# What a repair is called, with the names of the cells.
_SPLIT_TEST = later("celdas de prueba partidas, se vuelven a unir: {names}")
_SPLIT_SOLUTION = later("soluciones partidas en dos celdas, se unen: {names}")
_MERGED = later("celdas pegadas a otras, se separan: {names}")
_KNOWN_BY_ID = later("celdas que habían perdido sus datos, reconocidas por su id: {names}")
_KNOWN_BY_TEXT = later("celdas que habían perdido sus datos, reconocidas por su texto: {names}")
_KNOWN_BY_FUNCTION = later(
    "celdas que habían perdido sus datos, reconocidas por la función que definen: {names}"
)
_KNOWN_BY_PLACE = later("celdas que habían perdido sus datos, reconocidas por su lugar: {names}")
_OTHER_TYPE = later("celdas que habían cambiado de tipo, vuelven al suyo: {names}")
_CHANGED = later("celdas de prueba cambiadas, se usan las originales: {names}")
_COPIED = later("copias de celdas de prueba, se quitan: {names}")
_REPEATED = later("celdas repetidas, se toma la que fue resuelta: {names}")
_OUT_OF_PLACE = later("celdas de prueba fuera de lugar, vuelven al suyo: {names}")
_DELETED = later("celdas borradas, se vuelven a poner: {names}")
_GIVEN_DELETED = later("celdas dadas que faltaban, se vuelven a poner: {names}")


def repairs_cell(repairs: Iterable[str]) -> NotebookNode:
    """Return the text that tells a student, at the top of their notebook, what was repaired."""
    lines = "\n".join(f"- {line}" for line in repairs)
    told = _("**Reparaciones.** Para calificar tu notebook hubo que arreglar algo en él:")
    return new_markdown_cell(f"{told}\n\n{lines}", id="labkit-repairs")  # type: ignore[no-any-return]


def restore(data: bytes, lab: Originals) -> Restored:
    """Read a student's file and put the instructor's cells back into it.

    Raises `RestoreError` for what is no notebook,
    holds no cell of this lab, or leaves it to us which of two answers is the student's.
    """
    repairs: list[str] = []
    notebook = read_notebook(data, repairs)
    told: dict[str, list[str]] = {}
    cells = [cell for cell in notebook.cells if not lab.only_starts(cell)]
    cells = _join_tests(cells, lab, told)
    cells = _join_solutions(cells, lab, told)
    cells = _part_merged(cells, lab, told)
    labels = _label(cells, lab, told)
    if lab.named and not labels:
        raise RestoreError(_("el notebook no tiene ninguna celda de este laboratorio: ¿es otro?"))
    kept = _kept(cells, labels, lab, told)
    _refuse_conflicts(kept)
    merged = _in_order(kept, lab, told)
    merged = _with_given(merged, lab, told)
    _name_cells(merged, lab)
    notebook.cells = merged
    notebook.metadata = copy.deepcopy(lab.source.metadata)
    repairs += [
        _(repair).format(names=", ".join(dict.fromkeys(names))) for repair, names in told.items()
    ]
    return Restored(notebook, tuple(repairs))


def _join_tests(
    cells: Sequence[NotebookNode], lab: Originals, told: dict[str, list[str]]
) -> list[NotebookNode]:
    """Make one cell again of a test that was split."""
    joined = []
    at = 0
    while at < len(cells):
        cell = cells[at]
        pieces = 1
        first = next(iter(lines_of(cell.source)), "")
        for test in lab.tests:
            if test.lines[:1] == (first,):
                pieces = _pieces(cells, at, test.lines)
            if pieces > 1:
                cell = test.cell()
                told.setdefault(_SPLIT_TEST, []).append(test.name)
                break
        joined.append(cell)
        at += pieces
    return joined


def _pieces(cells: Sequence[NotebookNode], start: int, lines: tuple[str, ...]) -> int:
    """Count the cells from `start` on that make up `lines` together, or return 1."""
    have = 0
    for pieces, cell in enumerate(islice(cells, start, None), start=1):
        more = lines_of(cell.source)
        if not more or cell.cell_type != "code" or lines[have : have + len(more)] != more:
            return 1
        have += len(more)
        if have == len(lines):
            return pieces
    return 1


def _join_solutions(
    cells: Sequence[NotebookNode], lab: Originals, told: dict[str, list[str]]
) -> list[NotebookNode]:
    """Make one cell again of a function whose body was split off it."""
    wanted = {name: one.name for one in lab.solutions for name in one.defines}
    joined: list[NotebookNode] = []
    at = 0
    while at < len(cells):
        cell = cells[at]
        names = _wanted_in(cell, wanted)
        rest = _rest_of(cells, at, wanted, lab) if names else []
        more = _whole(cell, rest)
        if more:
            cell.source = "\n".join(one.source for one in (cell, *rest[:more]))
            metadata = (one.metadata for one in (cell, *rest[:more]) if one.metadata)
            cell.metadata = next(metadata, cell.metadata)
            told.setdefault(_SPLIT_SOLUTION, []).append(_wanted_in(cell, wanted)[-1])
        joined.append(cell)
        at += 1 + more
    return joined


def _wanted_in(cell: NotebookNode, wanted: Mapping[str, str]) -> list[str]:
    """Name the exercises whose functions a code cell defines."""
    defined = defined_in(cell.source) if cell.cell_type == "code" else ()
    return [wanted[name] for name in defined if name in wanted]


def _rest_of(
    cells: Sequence[NotebookNode], at: int, wanted: Mapping[str, str], lab: Originals
) -> list[NotebookNode]:
    """Return the cells behind a definition that may be the rest of it, another one's at most last."""
    head = cells[at]
    names = _wanted_in(head, wanted)
    rest: list[NotebookNode] = []
    size = len(head.source)
    for cell in islice(cells, at + 1, None):
        more = _wanted_in(cell, wanted)
        size += len(cell.source) + 1
        if (
            cell.cell_type != "code"
            or grade_id(cell) not in ("", grade_id(head), *names, *more)
            or not re.match(r"(\s*\n)?[ \t]+\S", cell.source)
            or any(set(lines_of(cell.source)) <= set(test.lines) for test in lab.tests)
            or size >= LONG
        ):
            break
        rest.append(cell)
        if more:
            break
    return rest


def _whole(head: NotebookNode, rest: Sequence[NotebookNode]) -> int:
    """Count how many of the cells behind a definition make one with it that can be run."""
    for most in range(len(rest), max(0, len(rest) - MOST_TRIED), -1):
        if tree_of("\n".join(one.source for one in (head, *rest[:most]))) is not None:
            return most
    return 0


def _part_merged(
    cells: Sequence[NotebookNode], lab: Originals, told: dict[str, list[str]]
) -> list[NotebookNode]:
    """Cut cells in which something of the student's was merged with what was given.

    A test cell in which only a few lines were changed isn't one of those: it is replaced whole.
    """
    parted = []
    for cell in cells:
        name = grade_id(cell) if grade_id(cell) in lab.named else lab.ids.get(cell.id, "")
        mine = lab.named.get(name)
        locked = mine is not None and mine.locked
        given = defined_in(mine.mine.source) if mine is not None else ()
        if cell.cell_type != "code" or len(cell.source) > LONG or lab.test_of(cell.source):
            parted.append(cell)
            continue
        cut = lab.cut(cell.source)
        theirs = not locked or set(defined_in(cut.mine)).difference(given)
        if not is_code(cut.mine) or not theirs or (cut.pieces == [cell.source] and not locked):
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
    cells: Sequence[NotebookNode], lab: Originals, told: dict[str, list[str]]
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
                told.setdefault(how, []).append(one.name)
    for one in lab.solutions:
        if one.name not in labels.values():
            found = _find_by_place(cells, {*tags, *labels}, labels, lab, one)
            if found is not None:
                labels[found] = one.name
                told.setdefault(_KNOWN_BY_PLACE, []).append(one.name)
    return labels


def _tags(
    cells: Sequence[NotebookNode], lab: Originals, told: dict[str, list[str]]
) -> dict[int, str]:
    """Say which cells carry a name: nbgrader's or, for a name that none carries, by the cell's id."""
    tags = {at: grade_id(cell) for at, cell in enumerate(cells) if grade_id(cell) in lab.named}
    carried = set(tags.values())
    for at, cell in enumerate(cells):
        name = lab.ids.get(cell.id, "")
        if at not in tags and name and name not in carried:
            tags[at] = name
            told.setdefault(_KNOWN_BY_ID, []).append(name)
    return tags


def _lies(cell: NotebookNode, one: Original) -> bool:
    """Tell whether a cell carries the name of an exercise whose function it doesn't define."""
    return bool(one.defines) and not one.defines.issubset(defined_in(cell.source))


def _last(*groups: Sequence[int]) -> tuple[int | None, str]:
    """Return the last place of the first group that has any; it needs no telling how it was found."""
    return next((group[-1] for group in groups if group), None), ""


def _find_locked(
    cells: Sequence[NotebookNode], tagged: list[int], free: list[int], one: Original
) -> tuple[int | None, str]:
    """Find a test, or another locked cell: the copy that was changed least."""
    places = tagged or [
        at
        for at in free
        if cells[at].cell_type == one.mine.cell_type
        and (one.untouched(cells[at].source) or one.blocks & blocks_in(cells[at].source))
    ]
    whole = [at for at in places if one.untouched(cells[at].source)]
    blocks = [at for at in places if one.blocks & blocks_in(cells[at].source)]
    return _last(whole, blocks, places)[0], "" if tagged else _KNOWN_BY_TEXT


def _find_function(
    cells: Sequence[NotebookNode], tagged: list[int], free: list[int], one: Original
) -> tuple[int | None, str]:
    """Find the cell that defines an exercise's function, the stub as it was given last."""
    answered = [at for at in [*tagged, *free] if not one.untouched(cells[at].source)]
    defining = [
        at
        for at in [*tagged, *free]
        if one.defines.issubset(defined_in(cells[at].source))
        and (cells[at].cell_type == "code" or tree_of(cells[at].source) is not None)
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
    return at, "" if at in tagged else _KNOWN_BY_FUNCTION


def _find_by_place(
    cells: Sequence[NotebookNode],
    taken: set[int],
    labels: dict[int, str],
    lab: Originals,
    one: Original,
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
    lab: Originals,
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
                told.setdefault(_OTHER_TYPE, []).append(one.name)
            elif one.locked and not one.untouched(cell.source):
                told.setdefault(_CHANGED, []).append(one.name)
            kept.append(new)
            continue
        if cell.cell_type == "code" and (test := lab.test_in(cell.source)):
            told.setdefault(_COPIED, []).append(test)
            continue
        copied = lab.stub_in(cell)
        if copied or grade_id(cell) in lab.named:
            told.setdefault(_REPEATED, []).append(copied or grade_id(cell))
        if not copied:
            cell.metadata = {}
            kept.append(cell)
    return kept


def _refuse_conflicts(cells: Iterable[NotebookNode]) -> None:
    for cell in cells:
        if grade_id(cell) and has_conflict(cell.source):
            sentence = _(
                "la celda {name} trae marcas de un conflicto de git (<<<<<<<): quédate con una de las "
                "dos versiones y entrégalo de nuevo"
            )
            raise RestoreError(sentence.format(name=grade_id(cell)))


def _in_order(
    cells: list[NotebookNode], lab: Originals, told: dict[str, list[str]]
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
                told.setdefault(_OUT_OF_PLACE, []).append(one.name)
            elif one.name not in told.get(_MERGED, ()):
                told.setdefault(_DELETED, []).append(one.name)
            at = _place_for(one, body, end, lab)
            body.insert(at, one.cell())
        end = max(end, at + 1)
    return body


def _in_place(places: dict[str, int], lab: Originals) -> set[str]:
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


def _place_for(one: Original, body: Sequence[NotebookNode], end: int, lab: Originals) -> int:
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
    cells: list[NotebookNode], lab: Originals, told: dict[str, list[str]]
) -> list[NotebookNode]:
    """Put back given cells, such as the imports, that bind a name which the tests need."""
    there = {lab.given_at(cell) for cell in cells if lab.given_as_it_was(cell)}
    given = [
        (at, cell)
        for at, cell in enumerate(lab.source.cells)
        if cell.cell_type == "code" and not grade_id(cell)
    ]
    if all(at in there for at, _cell in given):
        return cells
    bound = {
        name for cell in cells if cell.cell_type == "code" for name in names_of(cell.source)[0]
    }
    needed = {
        name for one in lab.named.values() if one.code for name in names_of(one.mine.source)[1]
    }
    for at, cell in reversed(given):
        binds, needs = names_of(cell.source)
        if not binds & needed:
            continue
        needed |= needs
        if not binds & needed <= bound:
            told.setdefault(_GIVEN_DELETED, []).append(cell.id)
            after = (n for n, other in enumerate(cells) if lab.place_of(other) > at)
            cells.insert(next(after, len(cells)), copy.deepcopy(cell))
    return cells


def _name_cells(cells: Iterable[NotebookNode], lab: Originals) -> None:
    """Give every cell an id of its own, the instructor's cells their own."""
    used = {one.mine.id for one in lab.named.values()}
    fresh = (f"labkit-{number}" for number in count())
    for number, cell in enumerate(cells):
        if grade_id(cell):
            continue
        given = lab.given_at(cell)
        wanted = lab.source.cells[given].id if given is not None else cell.id
        wanted = wanted or f"cell-{number}"
        if wanted in used:
            wanted = f"{wanted[:50]}-{number}"
        while wanted in used:
            wanted = next(fresh)
        used.add(wanted)
        cell.id = wanted
