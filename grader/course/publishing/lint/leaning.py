"""Cells that lean on others: what they need must be there when a submission is graded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.course.publishing.lint.book import Book, blocks_of, called, tree_of
from grader.course.publishing.lint.names import made_at_top, needs
from grader.course.submissions.originals import SHOW_ONLY, is_graded_code, is_solution
from grader.judging import CellError
from grader.judging.cells import groups_asked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbformat import NotebookNode

    from grader.course.publishing.lint.book import Findings


def unlocked_tests(book: Book) -> Findings:
    """Yield test cells that a student may change."""
    for cell in book.code:
        if is_graded_code(cell):
            if cell.metadata.nbgrader.get("locked") is not True:
                yield (
                    called(cell),
                    "its test isn't locked: make it read-only, or students may change it",
                )
        elif not isinstance(found := blocks_of(cell.source), CellError) and found:
            yield (
                called(cell),
                "it holds a marks block and isn't a test: make it `Autograded tests`, read-only",
            )


def leaning_cells(book: Book) -> Findings:
    """Yield cells that need a name which only a test, or a cell that isn't run for a grade, makes."""
    makers: dict[str, list[int]] = {}
    for at, cell in enumerate(book.code):
        for name in made_at_top(tree_of(cell.source)):
            makers.setdefault(name, []).append(at)
    for at, cell in enumerate(book.code):
        if _only_shows(cell):
            continue
        now, later = needs(tree_of(cell.source))
        for name in sorted((now | later) & makers.keys()):
            others = [one for one in makers[name] if one < at or (name in later and one > at)]
            cells = [book.code[one] for one in others]
            for problem in _leans(cell, name, cells):
                yield called(cell), problem
            if not others and makers[name] != [at]:
                maker = called(book.code[makers[name][-1]])
                yield (
                    called(cell),
                    f"it needs `{name}`, which only {maker!r} makes, further down: make it before",
                )


def _leans(cell: NotebookNode, name: str, makers: list[NotebookNode]) -> Iterator[str]:
    run = [one for one in makers if not _only_shows(one)]
    if makers and not run:
        yield (
            f"it needs `{name}`, which only {called(makers[0])!r} makes, a show-only cell "
            "that grading doesn't run: take that tag off, or make it elsewhere"
        )
    elif run and all(map(is_graded_code, run)) and (is_graded_code(cell) or is_solution(cell)):
        yield (
            f"it needs `{name}`, which only the test {called(run[0])!r} makes: make it "
            "in this cell too, so that each test stands alone"
        )


def _only_shows(cell: NotebookNode) -> bool:
    return SHOW_ONLY in cell.metadata.get("tags", ())


def unchecked_groups(book: Book) -> Findings:
    """Yield exercises of this lab, and groups of theirs, that no cell makes a graded check of."""
    asked = [
        (check.arguments["name"], check.arguments["group"])
        for blocks in book.blocks.values()
        for block in blocks
        for check in block.checks
        if "group" in check.arguments and block.points
    ]
    cells_asked = {
        block.id.partition("/")[0]
        for blocks in book.blocks.values()
        for block in blocks
        if block.points and any("group" in check.arguments for check in block.checks)
    }
    solutions = {called(cell) for cell in book.code if is_solution(cell)}
    for exercise in book.catalogue:
        cell = exercise.solution or exercise.name
        if exercise.sealed:  # one solution cell may be checked on one lab's pictures or another's
            continue
        if cell not in solutions and not any(name == exercise.name for name, _ in asked):
            continue
        groups = [group for name, group in asked if name == exercise.name]
        if not groups and cell in cells_asked:
            continue  # an exercise of another lab, whose solution has the same name
        if not groups:
            yield (
                cell,
                (
                    f"no test checks the exercise {exercise.name!r}: add "
                    f'`check_torch({cell}, "{next(iter(exercise.groups))}")`'
                ),
            )
        elif None not in groups:
            for group in exercise.groups:
                if group not in groups:
                    yield cell, f"no test checks the group {group!r} of {exercise.name!r}: add one"


def unknown_checks(book: Book) -> Findings:
    """Yield checks of an exercise, or of a group, that doesn't exist, graded or not."""
    for cell in book.code:
        for exercise, group in groups_asked(cell.source):
            if problem := _unknown(book, exercise, group):
                yield called(cell), f"the judge can't read it: {problem}"


def _unknown(book: Book, exercise: str, group: str | None) -> str:
    try:
        book.catalogue.find(exercise).brief.groups_of(group)
    except LookupError as error:
        return str(error)
    return ""
