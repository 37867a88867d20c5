"""A function that is right has its marks whatever its helpers are, and nothing leaks on the way."""

import helped
import nbformat
import pytest
from helped import CANARY, FORWARD, HELPED, LAB, SIGNATURES

from grader.course.grading import grade
from grader.running.runner import Runner
from grader.versions import versions

EVERY_PRODUCT = f"{SIGNATURES['conv_single_step']}\n    return float(np.sum(a_slice_prev * W + b))"
NO_PAD = f"{SIGNATURES['zero_pad']}\n    return X"


def blocks(graded):
    """Return the blocks of a graded submission by their ids."""
    return {b.id: b for found in graded.notebooks[LAB].blocks.values() for b in found}


def marks_of(graded):
    """Return the marks of each exercise."""
    totals = dict.fromkeys(SIGNATURES, 0)
    for name, block in blocks(graded).items():
        totals[name.partition("/")[0]] += block.awarded
    return totals


def earned(**cells):
    """Return the marks of each exercise of a submission with these solution cells."""
    return marks_of(grade(HELPED, helped.handed_in(**cells)))


@pytest.mark.parametrize(
    "step",
    [
        EVERY_PRODUCT,
        f"{SIGNATURES['conv_single_step']}\n    raise NotImplementedError()",
        f"{SIGNATURES['conv_single_step']}\n    return a_slice_prev[0] @ nothing",
        f"{SIGNATURES['conv_single_step']}\n    return (",
        f"import scipy_that_is_not_here\n{SIGNATURES['conv_single_step']}\n    return 1",
        f"{SIGNATURES['conv_single_step']}\n    return [np.sum(a_slice_prev * W) + b]",
        f"{SIGNATURES['conv_single_step']}\n    while True: pass",
        "",
    ],
    ids=["wrong", "stub", "crash", "syntax", "import", "list", "loop", "empty"],
)
def test_a_wrong_helper_costs_its_own_marks_alone(step):
    """However a helper fails, its caller, which is right, keeps its marks."""
    assert earned(conv_single_step=step) == {
        "zero_pad": 1,
        "conv_single_step": 0,
        "conv_forward": 2,
    }


def test_several_wrong_helpers_cost_theirs():
    """With two wrong helpers each loses its own marks, and the caller none."""
    found = earned(conv_single_step=EVERY_PRODUCT, zero_pad=NO_PAD)
    assert found == {"zero_pad": 0, "conv_single_step": 0, "conv_forward": 2}


def test_the_student_reads_what_is_right_and_what_is_not():
    """The block says that the function is right and which helper isn't, with its marks."""
    graded = grade(HELPED, helped.handed_in(conv_single_step=EVERY_PRODUCT))
    block = blocks(graded)["conv_forward/basic"]
    assert block.messages == ()
    said = (
        "Tu `conv_forward` es correcta; lo que falla es `conv_single_step`, que se califica aparte."
    )
    assert block.note == said
    text = graded.notebooks[LAB].text
    assert "✓ [1/1 puntos] conv_forward/basic" in text
    assert said in text


def test_a_wrong_caller_stays_wrong():
    """With right helpers in place a caller that ignores the stride loses the block on strides."""
    wrong = f"{SIGNATURES['conv_forward']}\n    {FORWARD.replace('h * stride :', 'h :')}"
    found = earned(conv_single_step=EVERY_PRODUCT, conv_forward=wrong)
    assert found == {"zero_pad": 1, "conv_single_step": 0, "conv_forward": 1}


def test_a_caller_with_a_logic_of_its_own_is_judged_as_it_is():
    """A caller that calls no helper is right or wrong by itself, and no second run is made."""
    alone = FORWARD.replace("zero_pad(A_prev, pad)", "A_prev").replace("conv_single_step", "min")
    graded = grade(HELPED, helped.handed_in(zero_pad=NO_PAD, conv_forward=alone))
    assert marks_of(graded)["conv_forward"] == 0


@pytest.fixture
def runs(monkeypatch):
    """Count the runs of notebooks."""
    made = []
    run = Runner.run
    monkeypatch.setattr(Runner, "run", lambda self, job: made.append(job) or run(self, job))
    return made


@pytest.mark.parametrize(
    "cells",
    [
        {},
        {name: f"{line}\n    raise NotImplementedError()" for name, line in SIGNATURES.items()},
        {"conv_forward": f"{SIGNATURES['conv_forward']}\n    {FORWARD.replace('Z, (', '-Z, (')}"},
    ],
    ids=["right", "blank", "caller"],
)
def test_one_run_is_enough_where_no_helper_is_to_blame(runs, cells):
    """A right notebook, an empty one, and a wrong caller of right helpers run once."""
    grade(HELPED, helped.handed_in(**cells))
    assert len(runs) == 1


def test_a_second_run_is_enough_for_all_blocks(runs):
    """However many blocks a helper has cost, the notebook runs twice."""
    grade(HELPED, helped.handed_in(conv_single_step=EVERY_PRODUCT, zero_pad=NO_PAD))
    assert len(runs) == 2


def test_a_second_run_ends_with_the_last_block_in_question(runs):
    """Cells below the last test that a helper may have cost run once."""
    after = "print('a long training')"
    grade(HELPED, helped.handed_in(after=after, conv_single_step=EVERY_PRODUCT))
    assert [job.cells[-1].source for job in runs] == [
        after,
        helped.test_of("conv_forward", "stride"),
    ]


READS = f"""
import inspect, pathlib
{SIGNATURES["conv_forward"]}
    names = conv_single_step.__code__.co_varnames + zero_pad.__code__.co_varnames
    print("found:", names, flush=True)
    pathlib.Path("found.txt").write_text(repr(names))
    stolen = [line for line in In if "{CANARY[:10]}" in line and "BEGIN SOLUTION" in line]
    if stolen:
        raise ValueError(stolen[0])
    if "{CANARY[:10]}" in str(names):
        raise ValueError(names)
    {FORWARD}
"""


def test_what_a_second_run_shows_reaches_nobody():
    """A function that prints, writes and raises what it finds of a right helper leaks none of it."""
    graded = grade(HELPED, helped.handed_in(conv_single_step=EVERY_PRODUCT, conv_forward=READS))
    assert CANARY not in repr(graded)
    assert "found:" in graded.notebooks[LAB].text
    assert marks_of(graded)["conv_single_step"] == 0


KEEPS = f"""
_kept = []
{SIGNATURES["conv_forward"]}
    _kept.append(conv_single_step)
    {FORWARD}
"""
USES_KEPT = f"""
_old = globals().get("_mine")
{SIGNATURES["conv_single_step"]}
    import gc
    for one in gc.get_objects():
        if getattr(one, "__name__", "") == "conv_single_step" and "{CANARY}" in str(
            getattr(getattr(one, "__code__", None), "co_varnames", "")
        ):
            return one(a_slice_prev, W, b)
    return float(np.sum(a_slice_prev * W + b))
"""


def test_a_helper_earns_nothing_with_the_right_one():
    """A wrong helper that looks for the right one, which its caller keeps, earns nothing."""
    cells = {"conv_single_step": USES_KEPT, "conv_forward": KEEPS}
    again = "with marks(1, 'conv_single_step/basic'):\n    check_torch(conv_single_step, 'basic')"
    graded = grade(HELPED, helped.handed_in(after=again, **cells))
    assert marks_of(graded)["conv_single_step"] == 0


SENDS = f"""
from grader.session import current_session
_send = current_session().judge
{SIGNATURES["conv_forward"]}
    from grader import marks, check_torch
    with marks(1, "conv_single_step/basic"):
        check_torch(conv_single_step, "basic")
    {FORWARD}
"""


def test_observations_of_a_helper_made_by_its_caller_count_for_nothing():
    """A caller that checks the right helper under the helper's block wins no mark for it."""
    graded = grade(HELPED, helped.handed_in(conv_single_step=EVERY_PRODUCT, conv_forward=SENDS))
    assert marks_of(graded)["conv_single_step"] == 0


def test_a_wrapper_of_a_helper_is_no_caller():
    """A caller that hands on whatever its helper returns is wrong, with a right helper too."""
    wrapper = f"{SIGNATURES['conv_forward']}\n    return conv_single_step(A_prev, W, b), None"
    found = earned(conv_single_step=EVERY_PRODUCT, conv_forward=wrapper)
    assert found["conv_forward"] == 0


def test_a_cell_that_fell_is_the_reason_given():
    """A test of what a cell should have defined says how that cell failed, once."""
    cell = f"import scipy_that_is_not_here\n{SIGNATURES['zero_pad']}\n    return X"
    graded = grade(HELPED, helped.handed_in(zero_pad=cell))
    (message,) = blocks(graded)["zero_pad/basic"].messages
    assert message == (
        "La celda `zero_pad` falló: ModuleNotFoundError: No module named 'scipy_that_is_not_here', "
        "línea 1: `import scipy_that_is_not_here` (aquí no está instalado `scipy_that_is_not_here`, y "
        "no hace falta)."
    )


def test_a_graded_notebook_says_what_graded_it():
    """The last cell names the versions of Python, NumPy and PyTorch."""
    graded = grade(HELPED, helped.handed_in())
    last = nbformat.reads(graded.notebooks[LAB].text, as_version=4).cells[-1]
    assert last.source == f"Calificado con {versions()}."
