"""A soft brush: shapes as signed distances, painted on a batch of pictures at once.

Everything here is made of ``+ - * /``, ``sqrt``, ``floor`` and comparisons, one NumPy operation at
a time. IEEE 754 fixes the result of each to the last bit, so a picture has the same bytes on every
platform. Sines, powers, matrix products and float sums don't have that property, and stay out.

All arrays are float32: half the memory to move, so twice as fast. No NumPy scalar of 64 bits may
meet them (``np.sqrt`` of a Python float is one): NumPy 1 and 2 disagree about the result's type.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.floating[Any]]
"""Float32, one number per picture: (m, 1, 1), or one per pixel: (m, size, size)."""

Number: TypeAlias = float | Array
Point: TypeAlias = tuple[Number, Number]


class Dice:
    """Random numbers whose stream NumPy promises never to change (NEP 19: raw bit generators).

    >>> Dice(2023).uniform(0.0, 1.0, 2).shape
    (2, 1, 1)
    """

    def __init__(self, *seed: int) -> None:
        self._bits = np.random.PCG64(seed)

    def raw(self, count: int) -> NDArray[np.uint64]:
        """Return ``count`` words of 64 random bits."""
        return np.asarray(self._bits.random_raw(count), dtype=np.uint64)

    def uniform(self, low: float, high: float, count: int) -> Array:
        """Return ``count`` numbers between ``low`` and ``high``, of shape (count, 1, 1)."""
        unit = (self.raw(count) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return (low + (high - low) * unit).astype(np.float32).reshape(count, 1, 1)

    def chance(self, probability: float, count: int) -> Array:
        """Return ``count`` ones and zeros, of shape (count, 1, 1)."""
        return (self.uniform(0.0, 1.0, count) < probability).astype(np.float32)

    def choice(self, options: int, count: int) -> NDArray[np.int64]:
        """Return ``count`` indices below ``options``, of shape (count,)."""
        high = self.raw(count) >> np.uint64(32)
        return ((high * np.uint64(options)) >> np.uint64(32)).astype(np.int64)


@dataclass(frozen=True)
class Frame:
    """Coordinates of every pixel's centre (x to the right, y down) and the side of a pixel."""

    x: Array
    y: Array
    pixel: Number

    @classmethod
    def of_size(cls, size: int) -> Frame:
        """Return the frame of a square picture: from -1 to 1 in both directions.

        >>> Frame.of_size(2).x.ravel().tolist()
        [-0.5, 0.5]
        """
        centres = ((2.0 * np.arange(size) + 1.0) / size - 1.0).astype(np.float32)
        return cls(centres.reshape(1, 1, size), centres.reshape(1, size, 1), 2.0 / size)

    def placed(self, x: Number, y: Number, scale: Number = 1.0, turn: Number = 0.0) -> Frame:
        """Return a frame with its origin at (x, y), its unit ``scale`` long, and turned.

        ``turn`` is the tangent of half the angle, clockwise as seen: the cosine and the sine are
        rational functions of it, so no trigonometry is needed.
        """
        square = turn * turn
        cosine, sine = (1.0 - square) / (1.0 + square), 2.0 * turn / (1.0 + square)
        cosine, sine = cosine / scale, sine / scale
        u, v = self.x - x, self.y - y
        return Frame(cosine * u + sine * v, cosine * v - sine * u, self.pixel / scale)

    def moved(self, x: Number, y: Number) -> Frame:
        """Return the frame with its origin at (x, y)."""
        return Frame(self.x - x, self.y - y, self.pixel)

    def mirrored(self) -> Frame:
        """Return the frame in which a shape on the right is on the left too."""
        return Frame(np.abs(self.x), self.y, self.pixel)

    def cover(self, distance: Array, soft: float = 1.0) -> Array:
        """Return how much of each pixel lies inside (0 to 1), from the distance to the edge.

        ``soft`` is how many pixels wide the edge is.
        """
        return np.clip(0.5 - distance * (1.0 / (self.pixel * soft)), 0.0, 1.0)

    def ellipse(self, x: Number, y: Number, a: Number, b: Number, turn: Number = 0.0) -> Array:
        """Return the distance to an ellipse with half axes ``a`` and ``b``, negative inside."""
        frame = (
            self.moved(x, y)
            if isinstance(turn, float) and turn == 0
            else self.placed(x, y, turn=turn)
        )
        across, down = 1.0 / a, 1.0 / b
        u, v = frame.x * across, frame.y * down
        level = u * u + v * v - 1.0
        u, v = u * across, v * down
        # The value over the length of its gradient: exact on the edge, where the brush looks.
        distance: Array = level / (2.0 * np.sqrt(u * u + v * v) + 1e-9)
        return distance

    def circle(self, x: Number, y: Number, radius: Number) -> Array:
        """Return the distance to a circle, negative inside."""
        u, v = self.x - x, self.y - y
        distance: Array = np.sqrt(u * u + v * v) - radius
        return distance

    def box(self, x: Number, y: Number, a: Number, b: Number) -> Array:
        """Return the distance to an upright box with half sides ``a`` and ``b``."""
        distance: Array = np.maximum(np.abs(self.x - x) - a, np.abs(self.y - y) - b)
        return distance

    def capsule(
        self, x0: Number, y0: Number, x1: Number, y1: Number, r0: Number, r1: Number
    ) -> Array:
        """Return the distance to a stroke from (x0, y0) to (x1, y1) with a radius at each end."""
        dx, dy = x1 - x0, y1 - y0
        u, v = self.x - x0, self.y - y0
        along = np.clip((u * dx + v * dy) / (dx * dx + dy * dy), 0.0, 1.0)
        u, v = u - along * dx, v - along * dy
        distance: Array = np.sqrt(u * u + v * v) - (r0 + (r1 - r0) * along)
        return distance

    def triangle(self, one: Point, two: Point, three: Point, *, rounding: Number = 0.0) -> Array:
        """Return the distance to a triangle, given clockwise as seen, with rounded corners."""
        sides = soft_maximum(self.beyond(one, two), self.beyond(two, three), rounding)
        return soft_maximum(sides, self.beyond(three, one), rounding)

    def beyond(self, start: Point, end: Point) -> Array:
        """Return the distance to the left of the line from ``start`` to ``end``."""
        dx, dy = end[0] - start[0], end[1] - start[1]
        across = (self.x - start[0]) * dy - (self.y - start[1]) * dx
        distance: Array = across / np.sqrt(np.asarray(dx * dx + dy * dy, dtype=np.float32))
        return distance

    def smile(self, x: Number, y: Number, radius: Number, width: Number) -> Array:
        """Return the distance to the lower half of a ring: a curved stroke ``width`` wide."""
        u, v = self.x - x, self.y - y
        ring = np.abs(np.sqrt(u * u + v * v) - radius) - width / 2.0
        distance: Array = np.maximum(ring, -v)
        return distance


def soft_maximum(one: Array, other: Array, rounding: Number) -> Array:
    """Return the larger of two distances, with the corner between them rounded off."""
    if isinstance(rounding, float) and rounding == 0:
        sharp: Array = np.maximum(one, other)
        return sharp
    blend: Array = np.maximum(rounding - np.abs(one - other), 0.0)
    larger: Array = np.maximum(one, other)
    return larger + blend * blend / (4.0 * rounding)


def soft_minimum(one: Array, other: Array, rounding: Number) -> Array:
    """Return the smaller of two distances, with the crease between them filled."""
    blend: Array = np.maximum(rounding - np.abs(one - other), 0.0)
    smaller: Array = np.minimum(one, other)
    return smaller - blend * blend / (4.0 * rounding)


def bands(along: Array, period: Number, duty: Number, pixel: Number) -> Array:
    """Return the cover of stripes: ``duty`` of each ``period`` of the coordinate ``along``."""
    turns = along / period
    offset = np.abs(turns - np.floor(turns) - 0.5)
    cover: Array = np.clip(0.5 - (offset - duty / 2.0) * period / pixel, 0.0, 1.0)
    return cover


class Canvas:
    """A batch of pictures in the making: ``pixels`` of shape (3, m, size, size), 0 to 1."""

    def __init__(self, count: int, size: int) -> None:
        self.pixels: Array = np.zeros((3, count, size, size), dtype=np.float32)
        self.frame = Frame.of_size(size)

    def paint(self, cover: Array, colour: Array, strength: Number = 1.0) -> None:
        """Lay ``colour`` (of shape (3, m or 1, ...)) over the pictures where ``cover`` says."""
        if not (isinstance(strength, float) and strength == 1.0):
            cover = cover * strength
        for channel, value in enumerate(colour):
            layer = value - self.pixels[channel]
            layer *= cover
            self.pixels[channel] += layer

    def shade(self, cover: Array, factor: Number) -> None:
        """Multiply the light by ``factor`` where ``cover`` says."""
        light = 1.0 + cover * (factor - 1.0)
        self.pixels *= light


def colours(*values: tuple[float, float, float]) -> Array:
    """Return a table of colours, of shape (count, 3)."""
    return np.array(values, dtype=np.float32)


def ink(red: float, green: float, blue: float) -> Array:
    """Return one colour for every picture, of shape (3, 1, 1, 1)."""
    return np.array((red, green, blue), dtype=np.float32).reshape(3, 1, 1, 1)


def pick(table: Array, index: NDArray[np.int64]) -> Array:
    """Return the colour that each picture chose, of shape (3, m, 1, 1)."""
    return np.ascontiguousarray(table[index].T).reshape(3, -1, 1, 1)


def mix(one: Array, other: Array, part: Number) -> Array:
    """Return ``one`` with ``part`` (0 to 1) of ``other`` in it."""
    return one + (other - one) * part


WHITE = ink(1.0, 1.0, 1.0)
