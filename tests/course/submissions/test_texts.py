"""What a cell's text says, read the same for valid Python and for what isn't."""

import tracemalloc

import pytest

from grader.course.submissions.texts import (
    SHORT,
    blocks_in,
    chunks_of,
    defined_in,
    lines_of,
    names_of,
    run_in,
    tree_of,
)


@pytest.mark.parametrize("tail", ["", "\nif (", "\n%time x = 1\n!ls"])
def test_definitions_are_found_in_what_is_not_python_too(tail):
    """Functions and classes are named in order, also beside magics and syntax errors."""
    source = (
        f"@d\ndef pad(x):\n    def inner(): pass\nclass Layer: pass\nasync def go(): pass{tail}"
    )
    assert defined_in(source) == ("pad", "Layer", "go")


def test_marks_blocks_are_found_by_their_ids():
    """The ids of marks blocks are found at the start of a line, in either kind of quotes."""
    source = "with marks(2, \"pad/basic\"):\n    pass\nwith marks(1, 'pad/zero'):\n    pass"
    assert blocks_in(source) == {"pad/basic", "pad/zero"}
    assert blocks_in('x = """\n  with marks(2, "a/b"):"""') == set()


def test_chunks_put_together_are_the_text():
    """No character is lost when a cell is cut into its statements, whether or not it can be run."""
    for source in ("a = 1; b = 2\n\n# end\ndef f():\n    return 1\n", "def f(:\n  x\nprint(\n1)\n"):
        assert "".join(chunks_of(source)) == source


def test_what_can_not_be_run_has_no_tree():
    """A `return` outside a function is as little Python as a missing bracket."""
    assert tree_of("return 1") is None
    assert tree_of("f(") is None
    assert tree_of("%matplotlib inline\nx = 1") is not None


def test_a_run_of_lines_is_found_without_a_gap():
    """Lines are within others only if they follow each other."""
    assert run_in(("b", "c"), ("a", "b", "b", "c"))
    assert not run_in(("a", "c"), ("a", "b", "c"))
    assert not run_in((), ("a",))


def test_long_texts_are_not_kept():
    """However many long cells a class hands in, what is remembered of texts stays small."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(60):
        source = f"x = {number}\n" + "# y\n" * SHORT * 10
        assert lines_of(source)[0] == f"x = {number}"
        assert names_of(source) == ({"x"} if len(source) < 200_000 else set(), set())
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 2e6
