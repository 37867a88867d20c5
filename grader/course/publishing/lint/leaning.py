"""Cells that lean on others: what they need must be there when a submission is graded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.course.publishing.lint.book import Book, binds, called, reads, tree_of
from grader.course.submissions.originals import SHOW_ONLY, is_graded_code, is_solution

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from grader.course.publishing.lint.book import Told


def unlocked_tests(book: Book) -> Told:
    """Yield test cells that a student may change."""
    for cell in book.graded:
        if not cell.metadata.nbgrader.get("locked"):
            yield (
                called(cell),
                "its test isn't locked: make it read-only, or students may change it",
            )


def leaning_cells(book: Book) -> Told:
    """Yield cells that need a name which only a test, or a cell that isn't run for a grade, makes."""
    makers: dict[str, list[NotebookNode]] = {}
    for cell in book.code:
        for name in binds(tree_of(cell.source)):
            makers.setdefault(name, []).append(cell)
    for cell in book.code:
        if _only_shows(cell) or not (is_graded_code(cell) or is_solution(cell)):
            continue
        for name in sorted(reads(tree_of(cell.source)) & makers.keys()):
            others = [one for one in makers[name] if one is not cell]
            if others and all(map(_only_shows, others)):
                yield (
                    called(cell),
                    (
                        f"it needs `{name}`, which only {called(others[0])!r} makes, a show-only cell "
                        "that grading doesn't run: take that tag off, or make it elsewhere"
                    ),
                )
            elif others and all(map(is_graded_code, others)):
                yield (
                    called(cell),
                    (
                        f"it needs `{name}`, which only the test {called(others[0])!r} makes: make it "
                        "in this cell too, so that each test stands alone"
                    ),
                )


def _only_shows(cell: NotebookNode) -> bool:
    return SHOW_ONLY in cell.metadata.get("tags", ())


def unchecked_groups(book: Book) -> Told:
    """Yield exercises of this lab, and groups of theirs, that no cell makes a graded check of."""
    asked = [
        (check.arguments["name"], check.arguments["group"])
        for blocks in book.blocks.values()
        for block in blocks
        for check in block.checks
        if "group" in check.arguments
    ]
    solutions = {called(cell) for cell in book.code if is_solution(cell)}
    for exercise in book.catalogue:
        cell = exercise.solution or exercise.name
        if exercise.sealed:  # one solution cell may be checked on one lab's pictures or another's
            continue
        if cell not in solutions and not any(name == exercise.name for name, _ in asked):
            continue
        groups = [group for name, group in asked if name == exercise.name]
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


def unknown_checks(book: Book) -> Told:
    """Yield checks of an exercise, or of a group, that doesn't exist."""
    for name, blocks in book.blocks.items():
        for block in blocks:
            for check in block.checks:
                if "group" in check.arguments:
                    try:
                        brief = book.catalogue.find(check.arguments["name"]).brief
                        brief.groups_of(check.arguments["group"])
                    except LookupError as error:
                        yield name, f"the judge can't read it: {check.kind}: {error}"
