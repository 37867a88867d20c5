"""What a person must decide before a submission is filed is said, with what differs."""

import json

import pytest
from nbformat import writes
from tiny import GOOD, MINUS_PAD, tiny_lab

from grader.course.submissions.doubts import Doubts, cell_names


def notebook(text=GOOD, **other):
    """Return the tiny lab with a solution, and with other sources of cells."""
    lab = tiny_lab()
    for cell in lab.cells:
        cell.source = {"zero_pad": text, **other}.get(cell.id, cell.source)
    return writes(lab).encode()


RELEASES = {"tiny": notebook("raise NotImplementedError()").decode()}
OTHER = json.dumps({"cells": [{"id": "pool", "metadata": {}, "source": "", "cell_type": "code"}]})
OTHERS = {"02-pool": cell_names(OTHER)}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.ipynb": notebook()}, []),
        ({"a.ipynb": notebook(), "b.ipynb": notebook()}, []),
        ({"a.ipynb": notebook(), "b.ipynb": RELEASES["tiny"].encode()}, []),
        ({"a.ipynb": RELEASES["tiny"].encode()}, []),
        ({"a.ipynb": notebook(), ".history/a.ipynb": notebook(MINUS_PAD)}, []),
        ({"a.ipynb": notebook(), "b.ipynb": OTHER.encode()}, []),
        ({"a.ipynb": notebook(), "b.ipynb": b'{"cells": []}'}, []),
        ({"a.ipynb": b"not a notebook", "b.zip": b"PK\x03\x04"}, []),
        ({}, []),
        (
            {"a.ipynb": notebook(), "b.ipynb": notebook(MINUS_PAD, intro="Otro")},
            [
                "trae 2 notebooks distintos de tiny (a.ipynb, b.ipynb), que difieren en intro, zero_pad:"
            ],
        ),
        (
            {"x/a.ipynb": OTHER.encode()},
            ["x/a.ipynb es de 02-pool, no de tiny: es otro laboratorio"],
        ),
    ],
)
def test_what_is_doubtful(files, said):
    """Two notebooks with different work, and another lab's alone, are; copies and given ones aren't."""
    found = Doubts(RELEASES, OTHERS).of(files)
    assert len(found) == len(said)
    for one, start in zip(found, said, strict=True):
        assert one.startswith(start)
