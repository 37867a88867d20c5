"""A data set that we draw ourselves: cats and dogs that need no download.

The same seed gives the same bytes on every platform (see ``brush``), and the same pets at every
size, so a test vector is a hash and a class can compare its figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grader.data.brush import Array, Canvas, Dice, Frame
from grader.data.pets import Looks, paint_cat, paint_dog
from grader.data.scenery import paint_background, paint_foreground
from grader.words import _

if TYPE_CHECKING:
    from numpy.typing import NDArray

CAT, DOG = 0, 1
SMALLEST = 8
BATCH = 8
"""Pictures painted at once, to stay in the processor's cache. Another number, other pictures."""


def draw(n: int, size: int = 32, seed: int = 2023) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw ``n`` pictures of cats and dogs.

    Args:
        n: how many; half of them cats. If ``n`` is odd there is one dog more.
        size: side of each picture in pixels.
        seed: another seed gives other animals.

    Returns:
        The images, uint8 of shape (n, size, size, 3), and their labels, int64 of shape (n,):
        0 is a cat and 1 is a dog. They come shuffled.

    Raises:
        ValueError: ``n`` is less than 1, or ``size`` less than 8.

    >>> images, labels = draw(6, size=32, seed=2023)
    >>> images.shape, images.dtype
    ((6, 32, 32, 3), dtype('uint8'))
    >>> sorted(labels.tolist())
    [0, 0, 0, 1, 1, 1]
    """
    if n < 1:
        raise ValueError(
            _("draw necesita dibujar al menos 1 imagen y le pediste n={n}.").format(n=n)
        )
    if size < SMALLEST:
        sentence = _(
            "En {size}×{size} píxeles no cabe ni un bigote: pide size={least} o más (le pediste "
            "size={size})."
        )
        raise ValueError(sentence.format(size=size, least=SMALLEST))

    # Two streams, so that the size of the picture decides how much grain it has and nothing else.
    dice, grain = Dice(seed, 0), Dice(seed, 1)
    order = np.argsort(dice.raw(n), kind="stable")
    images = np.empty((n, size, size, 3), dtype=np.uint8)
    labels = np.empty(n, dtype=np.int64)
    for label, which, paint in (
        (CAT, order[: n // 2], paint_cat),
        (DOG, order[n // 2 :], paint_dog),
    ):
        labels[which] = label
        for start in range(0, len(which), BATCH):
            batch = which[start : start + BATCH]
            canvas = Canvas(len(batch), size)
            paint_background(canvas, dice)
            paint(canvas, pose(canvas.frame, dice, len(batch)), Looks.roll(dice, len(batch)))
            paint_foreground(canvas, dice)
            images[batch] = develop(canvas, dice, grain)
    return images, labels


@dataclass(frozen=True)
class Recipe:
    """How to draw `count` pictures of `side` pixels: a few bytes that stand for all of theirs.

    >>> Recipe(6, 32, 2023).draw()[0].shape
    (6, 32, 32, 3)
    """

    count: int
    side: int
    seed: int

    def draw(self) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Draw the pictures and their labels."""
        return draw(self.count, self.side, self.seed)


def pose(frame: Frame, dice: Dice, count: int) -> Frame:
    """Return the frame of each pet: near or far, left or right, turned, perhaps mirrored."""
    near = dice.uniform(0.0, 1.0, count)
    scale = 0.33 + 0.12 * near + 0.2 * near * near
    x = dice.uniform(-0.35, 0.35, count)
    y = -0.42 + 0.5 * near + dice.uniform(-0.18, 0.18, count)
    placed = frame.placed(x, y, scale, dice.uniform(-0.2, 0.2, count))
    flip = 1.0 - 2.0 * dice.chance(0.5, count)
    return Frame(placed.x * flip, placed.y, placed.pixel)


def develop(canvas: Canvas, dice: Dice, grain: Dice) -> NDArray[np.uint8]:
    """Light each picture from its own side, set contrast and brightness, add grain, round."""
    count, size = canvas.pixels.shape[1:3]
    frame = canvas.frame
    slope_x, slope_y = dice.uniform(-0.18, 0.18, count), dice.uniform(-0.18, 0.18, count)
    light = dice.uniform(0.88, 1.1, count) * (1.0 + slope_x * frame.x + slope_y * frame.y)
    contrast = dice.uniform(0.8, 1.15, count)
    strength = dice.uniform(0.0, 0.08, count)
    words = grain.raw(count * size * size).reshape(count, size, size)
    images = np.empty((count, size, size, 3), dtype=np.uint8)
    shared = noise_bits(words, 48)
    for number, channel in enumerate(canvas.pixels):
        noise = 0.7 * shared + 0.5 * noise_bits(words, 16 * number)
        value = (channel * light - 0.5) * contrast + 0.5 + noise * strength
        images[..., number] = np.floor(np.clip(value, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
    return images


def noise_bits(words: NDArray[np.uint64], shift: int) -> Array:
    """Return 16 of the bits of each word as a number from -1 to 1, most often near 0."""
    one = (words >> np.uint64(shift)) & np.uint64(0xFF)
    other = (words >> np.uint64(shift + 8)) & np.uint64(0xFF)
    return (one + other).astype(np.float32) / 255.0 - 1.0
