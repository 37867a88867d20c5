"""Shapes are what is left of code when what a person changes to disguise it is taken out."""

import ast
import textwrap

import nbformat
import pytest
from tiny import LAB, SOLUTION, tiny_lab

from grader.course.labs import Lab, LabNotebook
from grader.course.shapes import (
    MOST_SHAPES,
    MOST_SHOWN,
    OWN,
    Piece,
    from_data,
    pieces_from,
    pieces_of,
    shapes_of,
    to_data,
)
from grader.course.submissions.reading import RestoreError

ORIGINAL = '''
def zero_pad(X, pad):
    """Agrega ceros."""
    m, h, w, c = X.shape
    tall, wide = h + 2 * pad, w + pad + pad
    out = np.zeros((m, tall, wide, c), dtype=X.dtype)
    for i in range(m):
        for y in range(0, h):
            out[i, y + pad, pad:pad + w] = X[i, y]
    out += np.zeros_like(out)
    return np.ascontiguousarray(out)
'''

DISGUISES = {
    "names": """
def zero_pad(a, b):
    k, l, n, o = a.shape
    p, q = l + 2 * b, n + b + b
    r = np.zeros((k, p, q, o), dtype=a.dtype)
    for s in range(k):
        for t in range(0, l):
            r[s, t + b, b:b + n] = a[s, t]
    r += np.zeros_like(r)
    return np.ascontiguousarray(r)
""",
    "comments, prints and layout": """
def zero_pad(X, pad):
    # my own work
    m, h, w, c = (X
                  .shape)
    print("shape", X.shape)
    tall, wide = (h + 2*pad), (w+pad+pad)   # sizes

    out = np.zeros(  (m, tall, wide, c),
        dtype = X.dtype )
    for i in range(m):
      for y in range(0, h): out[i, y+pad, pad:pad+w] = X[i,y]
    out += np.zeros_like(out); return np.ascontiguousarray( out )
""",
    "order, loops and short forms": """
def zero_pad(X, pad):
    m, h, w, c = X.shape
    wide = w + pad + pad
    tall = h + 2 * pad
    out = np.zeros([m, tall, wide, c], dtype=X.dtype)
    i = 0
    while i < m:
        y = 0
        while y < h:
            out[i, y + pad, pad:pad + w] = X[i, y]
            y += 1
        i = i + 1
    out = out + np.zeros_like(out)
    return np.ascontiguousarray(out)
""",
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_disguise_changes_no_shape(disguise):
    """Other names, comments, prints, layout, order, loops and short forms leave the same shapes."""
    assert shapes_of(DISGUISES[disguise]).keys() == shapes_of(ORIGINAL).keys()


def test_another_way_has_other_shapes():
    """What does the same in another way has hardly a shape in common."""
    other = "def zero_pad(X, pad):\n    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))"
    assert not shapes_of(other).keys() & shapes_of(ORIGINAL).keys()


def test_functions_that_everybody_has_keep_their_names():
    """np.pad isn't taken for an attribute of the student's, who calls an argument pad."""
    ways = ["np.pad(X, pad, mode='edge')", "np.tile(X, pad, mode='edge')"]
    one, two = (shapes_of(f"def f(X, pad):\n    return {way}").keys() for way in ways)
    assert one != two
    renamed = shapes_of("def f(Y, n):\n    return np.pad(Y, n, mode='edge')").keys()
    assert renamed == one


def test_attributes_of_the_students_own_are_names():
    """What a student stores in an object can be called anything."""
    text = (
        "class A:\n    def f(self, x):\n        self.{0} = x + x * 2\n        return self.{0} + x.T"
    )
    assert shapes_of(text.format("kept")).keys() == shapes_of(text.format("memory")).keys()


def test_a_shape_says_where_it_is():
    """The lines are the first statement's that has it; a loop's are those of its head."""
    source = (
        "x = f(a, b, c, d)\n\nfor i in range(len(x) + len(a)):\n    y = f(a,\n        b, c, d)\n"
    )
    assert sorted(shapes_of(source).values()) == [(1, 1), (3, 3)]


# ------------------------------------------------------------------------------- pieces of a notebook


@pytest.fixture(scope="module")
def lab():
    """The tiny lab, with a stub where its solution is."""
    source, release = tiny_lab(), tiny_lab()
    stub = (
        'def zero_pad(X, pad):\n    """Agrega ceros."""\n    raise NotImplementedError("falta", X)'
    )
    release.cells[2].source = f"{stub}\n    return X_pad, (X, pad)"
    return Lab(LAB, {LAB: LabNotebook(nbformat.writes(source), nbformat.writes(release))})


def handed_in(lab, source, *more):
    """Return the files of a submission with this solution, and more cells."""
    notebook = nbformat.reads(lab.notebooks[LAB].release, as_version=4)
    notebook.cells[2].source = source
    notebook.cells += [nbformat.v4.new_code_cell(one) for one in more]
    return {f"{LAB}.ipynb": nbformat.writes(notebook).encode()}


def test_pieces_are_by_exercise_and_without_what_was_given(lab):
    """The stub, the given cells and the tests are nobody's; cells of one's own go together."""
    stub = nbformat.reads(lab.notebooks[LAB].release, as_version=4).cells[2].source
    assert pieces_of(lab, handed_in(lab, stub)) == {}
    found = pieces_of(lab, handed_in(lab, ORIGINAL, "def mine(q):\n    return q + q * 2 - 1"))
    assert {*found} == {"zero_pad", OWN}
    assert found["zero_pad"].shapes.keys() == shapes_of(ORIGINAL).keys()
    kept = pieces_of(lab, handed_in(lab, f"{ORIGINAL}\n    return X_pad, (X, pad)"))
    assert kept["zero_pad"].shapes.keys() == shapes_of(ORIGINAL).keys()


def test_what_is_no_python_or_endless_is_said(lab):
    """Such a piece has no shapes and says why, and the others of its notebook are compared."""
    mine = lab.notebooks[LAB]
    deep = "x = " + "-" * 900 + "1"
    longest = "\n".join(f"a{i} = f(a, b, c, {i})" for i in range(MOST_SHAPES + 500))
    found = pieces_from({"zero_pad": "def f(:", OWN: "y = g(a, b, c, d, e)"}, mine)
    assert "isn't Python" in found["zero_pad"].problem
    assert len(found[OWN].shapes) == 1
    assert pieces_from({OWN: deep}, mine)[OWN].problem or pieces_from({OWN: deep}, mine)[OWN].shapes
    many = pieces_from({OWN: longest}, mine)[OWN]
    assert (len(many.shapes), len(many.source)) == (MOST_SHAPES, MOST_SHOWN)


@pytest.mark.parametrize("data", [b"{}", b"\x00", b'{"cells": 3}'], ids=["empty", "bytes", "cells"])
def test_what_is_no_notebook_is_refused(lab, data):
    """There is a sentence about it, for the instructor."""
    with pytest.raises(RestoreError):
        pieces_of(lab, {f"{LAB}.ipynb": data})


def test_nothing_handed_in_is_said(lab):
    """A folder without a notebook is no empty work."""
    with pytest.raises(RestoreError, match="ningún notebook"):
        pieces_of(lab, {"notes.txt": b""})


def test_pieces_survive_the_way_from_a_clerk():
    """They are written and read as data, and anything else is refused."""
    pieces = {"a": Piece("x = 1", {"0f": (1, 2)}), "b": Piece("?", {}, "why")}
    assert from_data(to_data(pieces)) == pieces
    for wrong in ([], {"a": 1}, {"a": ["x", {"0f": [1]}, ""]}, {"a": ["x" * 10**6, {}, ""]}):
        with pytest.raises(ValueError, match="a clerk's answer"):
            from_data(wrong)


def test_the_instructors_solution_is_taken_apart_too():
    """Marks around a solution are comments, as they should be."""
    assert shapes_of(SOLUTION) == shapes_of(textwrap.dedent(SOLUTION))
    assert ast.parse(SOLUTION)
