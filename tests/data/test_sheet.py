"""What a contact sheet shows."""

from __future__ import annotations

import numpy as np
import pytest

from grader.data import contact_sheet
from grader.data.sheet import FRAMES


def squares(n: int) -> np.ndarray:
    """Return n grey images, each of its own grey."""
    greys = np.arange(1, n + 1, dtype=np.uint8) * 10
    return np.broadcast_to(greys[:, None, None, None], (n, 24, 24, 3)).copy()


def test_pictures_come_in_rows():
    """Pictures fill each row from the left, and rows from the top."""
    sheet = contact_sheet(squares(5), [0, 1, 0, 1, 0], columns=3)
    cell = sheet.shape[0] // 2
    assert sheet.dtype == np.uint8
    assert sheet.shape == (2 * cell, 3 * cell, 3)
    middles = sheet[cell // 2 :: cell, cell // 2 :: cell, 0]
    assert middles.tolist() == [[10, 20, 30], [40, 50, 255]]


def test_pictures_are_whole():
    """Every pixel of a picture is on the sheet."""
    image = np.arange(20 * 30 * 3).reshape(1, 20, 30, 3).astype(np.uint8)
    sheet = contact_sheet(image, [1], columns=1)
    top, left = (sheet.shape[0] - 20) // 2, (sheet.shape[1] - 30) // 2
    assert np.array_equal(sheet[top : top + 20, left : left + 30], image[0])


def test_frames_tell_the_labels():
    """A cat's frame has one colour and a dog's another, and white paper is round both."""
    sheet = contact_sheet(squares(2), [0, 1], columns=2)
    cell = sheet.shape[1] // 2
    edge = (cell - 24) // 2 - 1
    assert np.array_equal(sheet[cell // 2, edge], FRAMES[0])
    assert np.array_equal(sheet[cell // 2, cell + edge], FRAMES[1])
    assert (sheet[0] == 255).all()
    assert not np.array_equal(FRAMES[0], FRAMES[1])


@pytest.mark.parametrize(
    "images", [np.zeros((2, 8, 8), np.uint8), np.zeros((2, 8, 8, 3)), np.zeros((2, 3, 8, 8))]
)
def test_refuses_other_arrays(images):
    """Images that aren't uint8 NHWC are refused, and the message tells what came."""
    with pytest.raises(ValueError, match=r"uint8 de forma \(n, alto, ancho, 3\) y recibió"):
        contact_sheet(images, [0, 1])


@pytest.mark.parametrize("labels", [[0], [[0, 1]], [0, 1, 1]])
def test_refuses_labels_that_dont_match(labels):
    """There must be one label per image."""
    with pytest.raises(ValueError, match="una etiqueta por imagen"):
        contact_sheet(squares(2), labels)


def test_refuses_labels_that_are_no_class():
    """A label that is neither 0 nor 1 is refused."""
    with pytest.raises(ValueError, match=r"etiquetas 0 .* y 1"):
        contact_sheet(squares(2), [0, -1])


def test_refuses_no_columns():
    """A sheet has at least one column."""
    with pytest.raises(ValueError, match="columns=0"):
        contact_sheet(squares(2), [0, 1], columns=0)


def test_an_empty_set_is_an_empty_sheet():
    """No pictures make a sheet with no rows."""
    assert contact_sheet(squares(0), [], columns=2).shape[0] == 0
