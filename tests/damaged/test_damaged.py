"""A full-mark submission keeps its marks whatever happens to its file, or a person is told why not."""

import json
import random
import re

import damage
import nbformat
import pytest
from damage import ANSWER, FILE, LAB, NAME, NOTEBOOK, OWN, REFUSED, RELEASE, SOURCE
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.course.grading import GRADED, NEEDS_A_PERSON, Lab, LabNotebook, Submission, grade
from grader.course.submissions.files import find_notebooks
from grader.course.submissions.originals import Originals, grade_id, is_graded_code
from grader.course.submissions.reading import RestoreError
from grader.course.submissions.restore import restore

pytestmark = pytest.mark.slow

CONVOLUTION = Lab(LAB, {LAB: LabNotebook(nbformat.writes(SOURCE), nbformat.writes(RELEASE))})
TESTS = [(grade_id(c), c.source) for c in SOURCE.cells if is_graded_code(c)]
WHOLE = damage.submission()
ANSWERS = {
    cell.id: cell.source
    for cell in nbformat.reads(WHOLE[NAME].decode(), as_version=4).cells
    if cell.id in damage.STUBS
}


def rng(seed):
    """Return random numbers, the same each time."""
    return random.Random(seed)  # noqa: S311 - damage, not secrets


def restored(files):
    """Find the notebook in a submission's files and restore it."""
    found = find_notebooks(files, {LAB: CONVOLUTION.notebooks[LAB].release})
    if LAB not in found.notebooks:
        raise RestoreError(found.problems.get(LAB, "nothing was found"))
    result = restore(found.notebooks[LAB], Originals(SOURCE, RELEASE))
    return result.notebook, (*found.repairs[LAB], *result.repairs)


def check(notebook):
    """Check what holds after any repair: a valid notebook, the instructor's tests, in order."""
    nbformat.validate(json.loads(nbformat.writes(notebook)))
    nbformat.writes(notebook).encode()
    found = [(grade_id(c), c.source) for c in notebook.cells if is_graded_code(c)]
    assert found == TESTS
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)


def words(text):
    """Return a text without what damage may change of it: spaces."""
    return "".join(text.split())


_IMPORT = re.compile(r"^(?:from \S+ )?import (\([^)]*\)|.*)$", re.MULTILINE)


def check_marks(notebook):
    """Check that every test runs after the student's answer, and after nothing that undoes it."""
    defined = {}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        if is_graded_code(cell):
            needed = [name for name in ANSWERS if grade_id(cell).startswith(f"test_{name}_")]
            assert [defined.get(name) for name in needed] == ["answered"], grade_id(cell)
            assert {"np", "marks", "check_torch", "check_hash"} <= defined.keys()
            continue
        text = words(cell.source)
        for name, answer in ANSWERS.items():
            if words(damage.STUBS[name]) in text:
                defined[name] = "stub"
            if words(answer) in text:
                defined[name] = "answered"
        for match in re.finditer(_IMPORT, cell.source):
            names = (name.split()[-1] for name in match[1].strip("()").split(",") if name.strip())
            defined |= dict.fromkeys(names, "imported")


def check_kept(notebook):
    """Check that every line that the student wrote is still there."""
    whole = {words(line) for cell in notebook.cells for line in cell.source.splitlines()}
    for text in [*ANSWERS.values(), ANSWER, *OWN]:
        assert {words(line) for line in text.splitlines()} - {""} <= whole, text


def test_the_undamaged_submission_needs_no_repair():
    """What nothing happened to is restored to itself, and nothing is told."""
    notebook, repairs = restored(WHOLE)
    check(notebook)
    check_marks(notebook)
    assert repairs == ()
    handed_in = nbformat.reads(WHOLE[NAME].decode(), as_version=4)
    assert [(c.id, c.source) for c in notebook.cells] == [(c.id, c.source) for c in handed_in.cells]


@pytest.mark.parametrize("kind", [*NOTEBOOK, *FILE])
@pytest.mark.parametrize("seed", range(2))
def test_one_damage_costs_no_mark_and_loses_no_word(kind, seed):
    """After one damage the tests are whole, in order, and find each answer; all texts are there."""
    files = {**NOTEBOOK, **FILE}[kind](WHOLE, rng(seed))
    notebook, _ = restored(files)
    check(notebook)
    check_marks(notebook)
    if kind != "become_windows_1252":  # which has no letter for everything
        check_kept(notebook)


@pytest.mark.parametrize("kind", [kind for kind in NOTEBOOK if kind.startswith("merge_")])
def test_a_merged_test_leaves_no_line_behind(kind):
    """Of a test that was merged with something, its first lines are in no other cell either."""
    notebook, _ = restored(NOTEBOOK[kind](WHOLE, rng(2)))
    seeding = [cell.id for cell in notebook.cells if "np.random.seed(" in cell.source]
    assert seeding == [name for name, text in TESTS if "np.random.seed(" in text]


def test_swapped_names_go_back_to_the_functions():
    """Two answers that exchanged names are called by what they define."""
    raw = json.loads(WHOLE[NAME])
    one, other = (raw["cells"][at] for at in damage.solutions(raw)[:2])
    one["source"], other["source"] = other["source"], one["source"]
    notebook, repairs = restored({NAME: damage.dump(raw)})
    cells = {grade_id(cell): cell.source for cell in notebook.cells if grade_id(cell)}
    assert {name: cells[name] for name in ANSWERS} == ANSWERS
    assert "la función que definen: zero_pad, conv_single_step" in repairs[0]


SILENT = {
    *("begin_with_a_bom", "end_lines_as_windows_does", "end_the_files_lines_as_windows_does"),
    *("become_utf_16", "become_format_4_0", "lose_the_ids", "repeat_one_id", "spoil_the_ids"),
    *("lose_the_notebooks_metadata", "lose_what_code_cells_must_have", "print_a_lot"),
    *("time_the_answers", "fill_with_odd_characters"),
}
"""Kinds that take away nothing which the student, or a person who grades, could miss."""


@pytest.mark.parametrize("kind", [*NOTEBOOK, *FILE])
def test_each_repair_is_told(kind):
    """Whatever was repaired is told in lines that name no more than they must."""
    _, repairs = restored({**NOTEBOOK, **FILE}[kind](WHOLE, rng(1)))
    assert bool(repairs) == (kind not in SILENT), repairs
    assert all("\n" not in line for line in repairs)


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_repaired_is_a_status(kind):
    """What a person has to look at says so, with the reason, and gives no marks by itself."""
    broken, said = REFUSED[kind]
    files = broken(WHOLE, rng(0))
    graded = grade(CONVOLUTION, Submission("ana", files, 1, 2))
    assert (graded.status, graded.score) == (NEEDS_A_PERSON, 0)
    assert re.search(said, graded.reason)


@pytest.mark.parametrize(
    "kinds",
    [
        ["merge_all_code", "be_zipped"],
        ["lose_names_and_ids", "merge_an_exercise", "become_format_3"],
        ["answer_below_the_tests", "delete_the_imports", "be_a_copy_in_a_drive"],
        ["split_a_solution", "split_a_test_with_its_name", "shuffle_the_tests"],
        ["turn_an_answer_into_text", "swap_two_names", "hold_a_conflict_in_its_outputs"],
    ],
)
def test_marks_are_all_there_after_repair(kinds):
    """Graded in the sandbox, a damaged submission gets what the whole one does, and is told why."""
    files = WHOLE
    for kind in kinds:
        files = {**NOTEBOOK, **FILE}[kind](files, rng(3))
    graded = grade(CONVOLUTION, Submission("ana", files, 1, 2))
    assert (graded.status, graded.score, graded.reason) == (GRADED, 60, "")
    first = nbformat.reads(graded.notebooks[LAB].text, as_version=4).cells[0]
    assert first.source.startswith("**Reparaciones.**")
    assert all(line in first.source for line in graded.notebooks[LAB].repairs)


def test_there_are_more_than_thirty_kinds():
    """The kinds of damage are as many as a course sees."""
    assert len(NOTEBOOK) + len(FILE) + len(REFUSED) >= 30


@settings(max_examples=40)
@given(
    kinds=st.lists(st.sampled_from(sorted(NOTEBOOK)), max_size=6),
    last=st.sampled_from(["", *sorted(FILE)]),
    seed=st.integers(0, 2**32),
)
def test_any_chain_of_damage_loses_nothing(kinds, last, seed):
    """After any chain the notebook is valid, its tests are the instructor's, and no text is lost."""
    numbers = rng(seed)
    files = WHOLE
    for kind in kinds:
        files = NOTEBOOK[kind](files, numbers)
    if last:
        files = FILE[last](files, numbers)
    notebook, _ = restored(files)
    check(notebook)
    if last != "become_windows_1252":
        check_kept(notebook)
