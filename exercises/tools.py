"""What several topics draw and compute with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.random import Generator

Array = np.ndarray[Any, Any]


def between(rng: Generator, low: int, high: int) -> int:
    """Draw a whole number from `low` to `high`, both included."""
    return int(rng.integers(low, high + 1))


def strided(array: Array) -> Array:
    """Return the same values in an array that isn't contiguous in memory.

    >>> strided(np.ones((2, 3))).flags.c_contiguous
    False
    """
    return np.repeat(array, 2, axis=-1)[..., ::2]


def single(array: Array) -> Array:
    """Return the array in float32."""
    return array.astype(np.float32)


def tensor(array: Array) -> torch.Tensor:
    """Return `array` as a float64 tensor of its own."""
    return torch.tensor(np.ascontiguousarray(array), dtype=torch.float64)
