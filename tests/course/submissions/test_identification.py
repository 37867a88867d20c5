"""Who hands in is read from literals, whatever else stands in the cell."""

import pytest

from grader.course.submissions.identification import LONGEST, Identity, identities


@pytest.mark.parametrize(
    ("cell", "people"),
    [
        ('carne_1 = ""\nnombre_1 = ""\n\ncarne_2 = ""\nnombre_2 = ""', []),
        (
            'carne_1 = "1"\nnombre_1 = "Ana  Paz"\ncarne_2 = 20240002\nnombre_2 = \'Beto\'',
            [("1", "Ana Paz"), ("20240002", "Beto")],
        ),
        ('nombre_1 = "Ana"\nnombre_1 = "Eva"', [("", "Eva")]),
        ('carne_1 = nombre_1 = "Ana"', [("Ana", "Ana")]),
        ('nombre_1 = "A" + "na"\ncarne_1 = __import__("os").getcwd()\ncarne_2 = True', []),
        ('if True:\n    nombre_1 = "Ana"', []),
        ("nombre_1 = (", []),
        ('nombre_1 = "' + "a" * 999 + '"', [("", "a" * LONGEST)]),
        ('nombre_1 = "Ana"' + " " * 30_000, []),
        ("nombre_1 = " + "(" * 5_000, []),
        ("nombre_1 = b'Ana'\ncarne_1 = 1.5", []),
    ],
)
def test_only_literals_are_read(cell, people):
    """Texts and whole numbers are taken as they stand; what would have to be computed says nothing."""
    assert identities(["import os", cell]) == tuple(Identity(*one) for one in people)


def test_the_first_cell_that_says_it_counts():
    """An empty one is passed over, and a later one changes nothing."""
    cells = ['carne_1 = ""', 'nombre_1 = "Ana"', 'nombre_1 = "Eva"\nnombre_2 = "Beto"']
    assert identities(cells) == (Identity("", "Ana"),)
