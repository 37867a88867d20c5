"""What the picture of labs 1 to 4 promises."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from grader.data import picture

SHA = "20ecf8f7ee484430c936844006ea4a627da355e86186e95053802e40686602db"


def test_shape_and_type():
    """The picture is a uint8 square of the size that was asked."""
    image = picture(48)
    assert image.shape == (48, 48, 3)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous


def test_default_size():
    """Unless told otherwise it is 96 pixels a side."""
    assert picture().shape == (96, 96, 3)


def test_bytes_are_the_same_everywhere():
    """The picture has these bytes, on any platform and with any version of NumPy."""
    assert hashlib.sha256(picture(96).tobytes()).hexdigest() == SHA


def test_edges_in_all_directions():
    """It has strong edges across, down and along both diagonals, for filters to find."""
    grey = picture(96).astype(np.int64).sum(axis=2) // 3
    across = np.abs(grey[:, 2:] - grey[:, :-2])
    down = np.abs(grey[2:] - grey[:-2])
    falling = np.abs(grey[2:, 2:] - grey[:-2, :-2])
    rising = np.abs(grey[2:, :-2] - grey[:-2, 2:])
    for edges in (across, down, falling, rising):
        assert np.mean(edges > 50) > 0.05
    dominant = np.abs(across[1:-1]) > 4 * np.maximum(down[:, 1:-1], 5)
    assert np.mean(dominant) > 0.02
    assert np.mean(down[:, 1:-1] > 4 * np.maximum(across[1:-1], 5)) > 0.02


def test_refuses_a_tiny_size():
    """A size in which no cat fits is refused."""
    with pytest.raises(ValueError, match="size=8"):
        picture(7)
