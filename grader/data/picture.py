"""One picture of our own, to pad, convolve and pool: a ginger cat at a window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grader.data.brush import WHITE, Canvas, Frame, bands, ink, mix
from grader.data.pets import Looks, paint_cat
from grader.words import _

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALLEST = 8

WOOD = ink(0.66, 0.43, 0.27)
CURTAIN = ink(0.86, 0.34, 0.34)
CLAY = ink(0.80, 0.42, 0.26)
LEAF = ink(0.30, 0.56, 0.34)


def picture(size: int = 96) -> NDArray[np.uint8]:
    """Draw a cat that sits at a window: uint8, of shape (size, size, 3).

    It has what a filter likes: straight edges across, down and slanted, curves, thin lines, stripes
    and flat areas. The bytes are the same on every platform.

    >>> picture(size=96).shape
    (96, 96, 3)
    """
    if size < SMALLEST:
        sentence = _("El gato necesita al menos size={least} (le pediste size={size}).")
        raise ValueError(sentence.format(least=SMALLEST, size=size))
    canvas = Canvas(1, size)
    paint_garden(canvas, canvas.frame)
    paint_window(canvas, canvas.frame)
    paint_sill(canvas, canvas.frame)
    cat = Looks(
        fur=ink(0.96, 0.66, 0.33),
        marking=ink(0.70, 0.34, 0.12),
        iris=ink(0.56, 0.74, 0.30),
        nose=ink(0.88, 0.48, 0.50),
        collar=ink(0.16, 0.46, 0.70),
        look_x=0.04,
        nod=0.06,
        pupil=0.08,
        blush=0.5,
    )
    paint_cat(canvas, canvas.frame.placed(-0.1, -0.2, 0.36), cat)
    values = np.floor(np.clip(canvas.pixels[:, 0], 0.0, 1.0) * 255.0 + 0.5)
    return np.ascontiguousarray(values.transpose(1, 2, 0)).astype(np.uint8)


def paint_garden(canvas: Canvas, frame: Frame) -> None:
    """Paint what is outside: sky, sun, a cloud, hills, and a tree."""
    down = np.clip(0.5 + 0.5 * frame.y, 0.0, 1.0)
    canvas.pixels[:] = mix(ink(0.45, 0.72, 0.94), ink(0.90, 0.96, 0.98), down)
    canvas.paint(frame.cover(frame.circle(0.38, -0.60, 0.14)), ink(1.0, 0.88, 0.42))
    for x, y, radius in ((-0.58, -0.66, 0.11), (-0.46, -0.70, 0.14), (-0.33, -0.65, 0.10)):
        canvas.paint(frame.cover(frame.circle(x, y, radius)), WHITE)
    canvas.paint(frame.cover(frame.ellipse(-0.6, 0.95, 1.2, 0.85)), ink(0.62, 0.80, 0.50))
    canvas.paint(frame.cover(frame.ellipse(0.7, 0.95, 1.0, 0.72)), ink(0.46, 0.70, 0.40))
    canvas.paint(frame.cover(frame.box(0.6, 0.2, 0.04, 0.2)), WOOD)
    for x, y, radius in ((0.6, -0.12, 0.2), (0.5, 0.02, 0.13), (0.71, 0.02, 0.13)):
        canvas.paint(frame.cover(frame.circle(x, y, radius)), LEAF)


def paint_window(canvas: Canvas, frame: Frame) -> None:
    """Paint a white window with four panes, and two curtains tied back."""
    hole = frame.box(0.0, -0.1, 0.84, 0.80)
    white = ink(0.97, 0.95, 0.91)
    canvas.paint(frame.cover(-hole), white)
    for bar in (frame.box(0.0, 0.0, 0.035, 1.0), frame.box(0.0, -0.22, 1.0, 0.03)):
        canvas.paint(frame.cover(bar), white)
    canvas.shade(frame.cover(np.abs(hole) - 0.012), 0.6)

    sides = frame.mirrored()
    curtain = sides.triangle((0.42, -1.2), (1.6, -1.2), (1.0, 0.62))
    canvas.paint(frame.cover(curtain - 0.02), mix(CURTAIN, ink(0.3, 0.1, 0.1), 0.5))
    canvas.paint(frame.cover(curtain), CURTAIN)
    folds = bands((sides.x - 1.0) / (0.75 - 0.6 * frame.y), 0.22, 0.4, frame.pixel)
    canvas.shade(frame.cover(curtain) * folds, 0.82)
    canvas.paint(frame.cover(frame.box(0.0, -0.93, 1.0, 0.035)), WOOD)


def paint_sill(canvas: Canvas, frame: Frame) -> None:
    """Paint a wooden board with a pot of flowers and a ball of wool."""
    board = frame.box(0.0, 0.95, 2.0, 0.27)
    canvas.paint(frame.cover(board), WOOD)
    grain = bands(frame.y + 0.03 * frame.x * frame.x, 0.1, 0.16, frame.pixel)
    canvas.shade(frame.cover(board) * grain, 0.8)
    canvas.paint(frame.cover(frame.box(0.0, 0.67, 2.0, 0.02)), mix(WOOD, WHITE, 0.4))

    pot = frame.moved(0.72, 0.66)
    for x, y in ((-0.14, -0.36), (0.02, -0.50), (0.16, -0.33)):
        canvas.paint(pot.cover(pot.capsule(0.0, -0.1, x, y, 0.015, 0.015)), LEAF)
        for turn_x, turn_y in ((0.07, 0.0), (-0.07, 0.0), (0.0, 0.07), (0.0, -0.07)):
            petal = pot.circle(x + turn_x, y + turn_y, 0.06)
            canvas.paint(pot.cover(petal), ink(0.96, 0.92, 0.98))
        canvas.paint(pot.cover(pot.circle(x, y, 0.05)), ink(0.98, 0.78, 0.24))
    body = np.maximum(pot.mirrored().x - 0.17 + 0.25 * pot.y, np.abs(pot.y - 0.06) - 0.16)
    canvas.paint(pot.cover(body), CLAY)
    canvas.paint(pot.cover(pot.box(0.0, -0.1, 0.21, 0.045)), mix(CLAY, WHITE, 0.2))

    wool = frame.placed(-0.78, 0.72, turn=0.3)
    ball = wool.circle(0.0, 0.0, 0.15)
    canvas.paint(wool.cover(ball), ink(0.40, 0.56, 0.80))
    threads = np.where(
        wool.x > 0.0,
        bands(wool.y + wool.x * wool.x, 0.06, 0.35, wool.pixel),
        bands(wool.x - wool.y * wool.y, 0.06, 0.35, wool.pixel),
    )
    canvas.shade(wool.cover(ball) * threads, 0.72)
    canvas.paint(
        frame.cover(frame.capsule(-0.72, 0.86, -0.3, 0.93, 0.014, 0.014)), ink(0.40, 0.56, 0.80)
    )
