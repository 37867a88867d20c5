"""Array, scalar and string hashes: pure functions that a notebook's expected figures are made of.

A hash is for a student's own eyes. It is short enough to stand in a cell and to survive a copy by
hand, and weak enough to be forged, so marks depend on `check_torch` beside it.
"""

from __future__ import annotations

import warnings
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

ARRAY_TOLERANCE = 1e-5
"""Relative and absolute tolerance between two array hashes."""

ArrayHash = tuple[tuple[int, ...], float]


def array_hash(array: ArrayLike) -> ArrayHash:
    """Return the shape of `array` and one number that depends on its values and their order.

    The number is the sum of maximum, minimum, mean, median, standard deviation (ddof 0), sum, and
    sum of each value times its position in C order. NaNs are left out and booleans count as 0 and 1.
    Raises `TypeError` for anything that isn't an array of numbers.

    >>> shape, value = array_hash([[1.0, 2.0], [3.0, 4.0]])
    >>> shape, round(value, 6)
    ((2, 2), 41.118034)
    >>> array_hash([True, False])
    ((2,), 3.5)
    """
    values = np.asarray(array)
    if values.dtype.kind not in "biuf":
        message = f"array_hash takes an array of real numbers, but got dtype {values.dtype}"
        raise TypeError(message)
    if values.size == 0:
        return values.shape, 0.0
    flat = values.ravel().astype(float)
    with warnings.catch_warnings():
        # An array of NaNs alone has no maximum: its hash is 0, and NumPy needn't warn of it.
        warnings.simplefilter("ignore", RuntimeWarning)
        parts = [
            np.nanmax(flat),
            np.nanmin(flat),
            np.nanmean(flat),
            np.nanmedian(flat),
            np.nanstd(flat),
            np.nansum(flat),
            np.nansum(flat * np.arange(len(flat))),
        ]
        return values.shape, float(np.nansum(parts))


def array_matches(array: ArrayLike, expected: ArrayHash) -> bool:
    """Tell whether `array` has the expected shape and, within `ARRAY_TOLERANCE`, the expected hash.

    >>> array_matches([[1.0, 2.0], [3.0, 4.0]], ((2, 2), 41.118034))
    True
    >>> array_matches([1.0, 2.0, 3.0, 4.0], ((2, 2), 41.118034))
    False
    """
    shape, value = array_hash(array)
    expected_shape, expected_value = expected
    tolerance = ARRAY_TOLERANCE * (1 + abs(expected_value))
    return shape == tuple(expected_shape) and abs(value - expected_value) <= tolerance


def scalar_hash(value: float) -> str:
    """Return the CRC-32, in hex without leading zeros, of `value` written with six digits.

    >>> scalar_hash(5.0)
    '0x4954468'
    """
    return hex(zlib.crc32(f"{value:1.5e}".encode("ascii")))


def scalar_matches(value: Any, expected: str, tol: int = 5) -> bool:
    """Tell whether `value`, or a neighbour within 10**-tol of it, has the hash `expected`.

    `value` is a number or an array of one element. The neighbours, a tenth of that distance away,
    keep a value that lies on the edge between two roundings from failing.

    >>> scalar_matches(17.154767154043057, "0x92594c5b")
    True
    >>> scalar_matches(17.2, "0x92594c5b")
    False
    """
    number = np.asarray(value)
    if number.size != 1 or number.dtype.kind not in "biuf":
        message = f"scalar_matches takes one real number, but got {value!r}"
        raise TypeError(message)
    x = float(number.reshape(()))
    step = 10.0 ** (-tol) * x * 0.1
    return expected in {scalar_hash(x), scalar_hash(x + step), scalar_hash(x - step)}


def string_hash(text: str) -> str:
    """Return the CRC-32, in hex, of `text` in lower case.

    >>> string_hash("Gato") == string_hash("gato")
    True
    """
    return hex(zlib.crc32(text.lower().encode("utf8", "surrogatepass")))


def string_matches(text: str, expected: str) -> bool:
    """Tell whether `text`, whatever its case, has the hash `expected`.

    >>> string_matches("GATO", string_hash("gato"))
    True
    """
    return string_hash(text) == expected
