"""A cell that needs what grading doesn't make, or what nobody checks, is found."""

import pytest
from sown import TEST, about, add, both, grading, kinds_in, new_cell, swap

BIAS, MEMORY = "test_centre_bias", "test_centre_memory"
KEY = 'use_key("clean")'

LEANS = {
    "another test's variable": add(BIAS, "print(X)"),
    "read, and then made": add(BIAS, "X = X + 1"),
    "changed in place": add(BIAS, "X += 1"),
    "a comprehension's own": add(BIAS, "[X for X in range(3)]\nprint(X)"),
    "another test's function": both(add(TEST, "def mk():\n    return 1"), add(BIAS, "mk()")),
    "a show-only constant": both(add("see-centre", "EPS = 1"), add(TEST, "print(EPS)")),
    "a show-only import": both(add("see-centre", "import math"), add(TEST, "print(math.pi)")),
    "a show-only class": both(
        add("see-centre", "class Cfg:\n    eps = 3"), add(TEST, "print(Cfg.eps)")
    ),
    "a show-only constant in a solution": both(
        add("see-centre", "AXES = 0"), swap("centre", "axis=0", "axis=AXES")
    ),
    "a show-only constant in a helper": both(
        add("see-centre", "K = 1"), add("imports", "def help(x):\n    return x + K")
    ),
    "a name that only an argument has": both(
        add("see-centre", "EPS = 1"), add(TEST, "f = lambda EPS: EPS\nprint(EPS)")
    ),
    "a later test's": both(add(MEMORY, "LATER = 1"), add(TEST, "print(LATER)")),
    "a later cell's": both(new_cell("code", "late", "LATER = 1", at=13), add(TEST, "print(LATER)")),
    "a solution that needs a test": both(swap("centre", "axis=0", "axis=AX"), add(TEST, "AX = 0")),
}
FREE = {
    "made in the same cell": add(BIAS, "X = np.ones((2, 3))\nX += 1\n[y for y in X]"),
    "made by a given cell": both(add("imports", "EPS = 1"), add(TEST, "print(EPS)")),
    "a function's own": add(BIAS, "def f(X):\n    return X\nf(1)"),
    "functions that call each other": add(
        BIAS, "def a():\n    return b()\n\ndef b():\n    return 1\n\na()"
    ),
    "shown from a test": add("see-centre", "print(len(points))"),
}
UNLOCKED = {
    "unlocked": grading(TEST, locked=False),
    "no word of it": lambda cells, _: about(cells[TEST]).pop("locked"),
    "a test that is a solution": grading(TEST, solution=True),
    "a block that isn't graded": lambda cells, _: cells[MEMORY]["metadata"].clear(),
}
UNCHECKED = {
    "a group": lambda cells, notebook: notebook["cells"].remove(cells[MEMORY]),
    "all": both(
        *(
            lambda cells, notebook, name=name: notebook["cells"].remove(cells[name])
            for name in (TEST, BIAS, MEMORY)
        )
    ),
    "for no points": swap(MEMORY, "marks(1,", "marks(0,"),
    "of another name": swap(MEMORY, "check_torch(centre", "check_torch(center"),
}
UNKNOWN = {
    "a group": swap(TEST, '"basic"', '"Basic"'),
    "a function": swap(TEST, "check_torch(centre", "check_torch(center"),
    "outside a test": add("see-centre", 'check_torch(centre, "nothing")'),
}
NO_KEY = {
    "none": swap("imports", KEY, ""),
    "a comment": swap("imports", KEY, f"# {KEY}"),
    "behind a statement": swap("imports", KEY, f"pass  # {KEY}"),
    "never reached": swap("imports", KEY, f"if False:\n    {KEY}"),
    "another lab's": swap("imports", KEY, 'use_key("dirty")'),
    "a variable": swap("imports", KEY, 'LAB = "clean"\nuse_key(LAB)'),
    "an edition already": swap("imports", KEY, 'use_key("clean", "abc")'),
    "too late": both(swap("imports", KEY, ""), new_cell("code", "late", KEY, at=13)),
    "show-only": both(swap("imports", KEY, ""), add("see-centre", KEY)),
    "not imported": swap("imports", ", use_key", ""),
}


@pytest.mark.parametrize("seed", LEANS)
def test_a_cell_that_leans_is_found(seed):
    """What a cell needs must be made before it, by a cell that always runs and is no test."""
    assert "leans" in kinds_in(LEANS[seed])


@pytest.mark.parametrize("seed", FREE)
def test_a_cell_that_stands_alone_is_left_alone(seed):
    """Names of a function's own, made here or given before are no finding."""
    assert kinds_in(FREE[seed]) == set()


@pytest.mark.parametrize("seed", UNLOCKED)
def test_a_test_that_students_may_change_is_found(seed):
    """A marks block stands in a locked test cell, or is found."""
    assert "not-locked" in kinds_in(UNLOCKED[seed])


@pytest.mark.parametrize("seed", UNCHECKED)
def test_a_group_that_earns_nothing_is_found(seed):
    """A group that no marks depend on is found."""
    assert "unchecked" in kinds_in(UNCHECKED[seed])


@pytest.mark.parametrize("seed", UNKNOWN)
def test_a_check_of_nothing_is_found(seed):
    """A check of an exercise or a group that doesn't exist is found, graded or not."""
    assert "unknown-check" in kinds_in(UNKNOWN[seed])


@pytest.mark.parametrize("seed", NO_KEY)
def test_a_notebook_that_lacks_its_key_is_found(seed):
    """The lab's own key is asked for, in a line that always runs, before the first check."""
    assert "no-key" in kinds_in(NO_KEY[seed])
