"""What stands behind a pet and in front of it: walls, gardens, balls and leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grader.data.brush import (
    WHITE,
    Array,
    Canvas,
    Dice,
    Frame,
    bands,
    colours,
    ink,
    mix,
    pick,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

WALLS = colours(
    (0.98, 0.85, 0.80), (0.82, 0.91, 0.98), (0.86, 0.95, 0.84), (0.99, 0.95, 0.80),
    (0.88, 0.84, 0.96), (0.78, 0.90, 0.88), (0.95, 0.88, 0.92), (0.70, 0.80, 0.92),
    (0.94, 0.78, 0.62), (0.62, 0.74, 0.68), (0.48, 0.54, 0.66), (0.66, 0.52, 0.50),
    (0.22, 0.30, 0.50), (0.44, 0.26, 0.42), (0.18, 0.38, 0.36), (0.62, 0.32, 0.26),
    (0.16, 0.44, 0.54), (0.30, 0.26, 0.40),
)  # fmt: skip
GREENS = colours((0.55, 0.76, 0.42), (0.44, 0.66, 0.44), (0.68, 0.80, 0.44), (0.36, 0.56, 0.40))
TOYS = colours(
    (0.90, 0.32, 0.32), (0.24, 0.56, 0.82), (0.98, 0.78, 0.26), (0.42, 0.72, 0.46),
    (0.70, 0.46, 0.76),
)  # fmt: skip


def paint_background(canvas: Canvas, dice: Dice) -> None:
    """Paint a wall, a garden or a texture behind each picture of the batch."""
    kinds = (paint_gradient, paint_hills, paint_room, paint_dots, paint_clouds, paint_stripes)
    count, size = canvas.pixels.shape[1:3]
    kind = dice.choice(len(kinds), count)
    for number, paint in enumerate(kinds):
        chosen = np.flatnonzero(kind == number)
        if len(chosen):
            part = Canvas(len(chosen), size)
            paint(part, dice)
            canvas.pixels[:, chosen] = part.pixels


def wall(canvas: Canvas, dice: Dice) -> tuple[Array, Array]:
    """Fill each picture with a soft gradient between two tones, and return the two."""
    count = canvas.pixels.shape[1]
    one = pick(WALLS, dice.choice(len(WALLS), count))
    other = mix(one, pick(WALLS, dice.choice(len(WALLS), count)), 0.6)
    turned = canvas.frame.placed(0.0, 0.0, turn=dice.uniform(-1.0, 1.0, count))
    canvas.pixels[:] = mix(one, other, np.clip(0.5 + 0.5 * turned.y, 0.0, 1.0))
    return one, other


def paint_gradient(canvas: Canvas, dice: Dice) -> None:
    """Paint a wall with a big soft spot of light."""
    wall(canvas, dice)
    count = canvas.pixels.shape[1]
    x, y = dice.uniform(-0.8, 0.8, count), dice.uniform(-0.9, 0.1, count)
    glow = np.clip(1.0 - canvas.frame.circle(x, y, 0.0) / 0.9, 0.0, 1.0)
    canvas.paint(glow * glow, WHITE, 0.5)


def paint_hills(canvas: Canvas, dice: Dice) -> None:
    """Paint a garden by day or by night: sky, a sun or a moon, a cloud, and two hills."""
    count, frame = canvas.pixels.shape[1], canvas.frame
    sky = mix(ink(0.60, 0.80, 0.96), ink(0.99, 0.80, 0.70), dice.uniform(0.0, 1.0, count))
    night = dice.chance(0.3, count)
    sky = mix(sky, ink(0.20, 0.24, 0.46), night)
    canvas.pixels[:] = mix(sky, WHITE, np.clip(0.3 + 0.3 * frame.y, 0.0, 1.0) * (1.0 - 0.6 * night))
    x, y = dice.uniform(-0.9, 0.9, count), dice.uniform(-0.9, -0.5, count)
    sun = mix(ink(1.0, 0.90, 0.50), ink(0.98, 0.97, 0.88), night)
    canvas.paint(frame.cover(frame.circle(x, y, 0.17)), sun)
    x, y = dice.uniform(-0.8, 0.8, count), dice.uniform(-0.8, -0.3, count)
    cloud = np.minimum(
        np.minimum(frame.circle(x, y, 0.15), frame.circle(x + 0.18, y + 0.05, 0.11)),
        frame.circle(x - 0.17, y + 0.05, 0.1),
    )
    canvas.paint(frame.cover(cloud), WHITE, 0.85 - 0.6 * night)
    hills = mix(pick(GREENS, dice.choice(len(GREENS), count)), sky, 0.5 * night)
    for depth, tone in ((0.0, 0.4), (0.3, 0.0)):
        x, y = dice.uniform(-0.8, 0.8, count), dice.uniform(0.05, 0.25, count) + depth
        hill = frame.ellipse(x, y + 1.1, 2.0, 1.1)
        canvas.paint(frame.cover(hill), mix(hills, sky, tone))


def paint_room(canvas: Canvas, dice: Dice) -> None:
    """Paint a room: wall, floor, and a picture or a window on the wall."""
    one, other = wall(canvas, dice)
    count, frame = canvas.pixels.shape[1], canvas.frame
    floor = frame.box(0.0, 1.0 + dice.uniform(0.4, 0.7, count), 2.0, 1.0)
    canvas.paint(frame.cover(floor - 0.05), mix(one, WHITE, 0.6))
    canvas.paint(frame.cover(floor), mix(other, ink(0.45, 0.28, 0.18), 0.55))
    x, y = dice.uniform(-0.8, 0.8, count), dice.uniform(-0.6, -0.2, count)
    a, b = dice.uniform(0.2, 0.4, count), dice.uniform(0.2, 0.4, count)
    canvas.paint(frame.cover(frame.box(x, y, a + 0.06, b + 0.06)), mix(one, WHITE, 0.7))
    sky = pick(WALLS, dice.choice(len(WALLS), count))
    canvas.paint(frame.cover(frame.box(x, y, a, b)), sky)


def paint_dots(canvas: Canvas, dice: Dice) -> None:
    """Paint wallpaper with dots."""
    one, _ = wall(canvas, dice)
    count = canvas.pixels.shape[1]
    frame = canvas.frame.placed(
        dice.uniform(-0.3, 0.3, count),
        dice.uniform(-0.3, 0.3, count),
        dice.uniform(0.45, 0.7, count),
        dice.uniform(-0.4, 0.4, count),
    )
    cell = Frame(frame.x - np.floor(frame.x), frame.y - np.floor(frame.y), frame.pixel)
    canvas.paint(cell.cover(cell.circle(0.5, 0.5, 0.22)), mix(one, WHITE, 0.7), 0.8)


def paint_stripes(canvas: Canvas, dice: Dice) -> None:
    """Paint wallpaper with broad, pale stripes."""
    one, _ = wall(canvas, dice)
    count = canvas.pixels.shape[1]
    turned = canvas.frame.placed(0.0, 0.0, turn=dice.uniform(-1.0, 1.0, count))
    broad = bands(turned.x, dice.uniform(0.6, 0.9, count), 0.5, turned.pixel)
    canvas.paint(broad, mix(one, WHITE, 0.5), dice.uniform(0.3, 0.8, count))


def paint_clouds(canvas: Canvas, dice: Dice) -> None:
    """Paint a soft blotchy texture, like a lawn or a blanket: two layers of value noise."""
    one, other = wall(canvas, dice)
    count = canvas.pixels.shape[1]
    tone = mix(other, ink(0.35, 0.42, 0.40), 0.4)
    for cells, strength in ((5, 0.6), (9, 0.4)):
        grid = dice.uniform(0.0, 1.0, count * (cells + 1) * (cells + 1))
        blotch = value_noise(grid.reshape(count, cells + 1, cells + 1), canvas.frame)
        canvas.paint(blotch, mix(one, tone, 0.7), strength)


def value_noise(grid: Array, frame: Frame) -> Array:
    """Return random values on a grid, joined smoothly between its points."""
    cells = grid.shape[1] - 1
    low, part = _cells(frame.x.reshape(-1), cells)
    rows = grid[:, low, :] + (grid[:, low + 1, :] - grid[:, low, :]) * part[:, np.newaxis]
    return rows[:, :, low] + (rows[:, :, low + 1] - rows[:, :, low]) * part


def _cells(centres: Array, cells: int) -> tuple[NDArray[np.int64], Array]:
    """Return which cell each coordinate falls in, and how far along it, smoothed."""
    place = (centres + 1.0) * 0.5 * cells
    low = np.floor(place)
    part = place - low
    return low.astype(np.int64), part * part * (3.0 - 2.0 * part)


def paint_foreground(canvas: Canvas, dice: Dice) -> None:
    """Hide a little of some pets behind a ball or a leaf."""
    count, frame = canvas.pixels.shape[1], canvas.frame
    ball = dice.chance(0.3, count)
    x, y = dice.uniform(-0.95, 0.95, count), dice.uniform(0.6, 0.95, count)
    radius = dice.uniform(0.14, 0.26, count)
    toy = pick(TOYS, dice.choice(len(TOYS), count))
    canvas.paint(frame.cover(frame.circle(x, y, radius)), toy, ball)
    band = np.maximum(frame.circle(x, y, radius), np.abs(frame.y - y) - 0.25 * radius)
    canvas.paint(frame.cover(band), mix(toy, WHITE, 0.7), ball)

    leaf = dice.chance(0.3, count)
    x, y = dice.uniform(-1.0, 1.0, count), dice.uniform(-1.0, 1.0, count)
    edge = dice.chance(0.5, count)
    x, y = mix(x, 0.95 * np.sign(x), edge), mix(0.9 * np.sign(y), y, edge)
    blade = frame.placed(x, y, dice.uniform(0.35, 0.5, count), dice.uniform(-1.0, 1.0, count))
    green = pick(GREENS, dice.choice(len(GREENS), count))
    canvas.paint(blade.cover(blade.ellipse(0.0, 0.0, 1.0, 0.36)), green, leaf)
    canvas.paint(blade.cover(blade.box(0.0, 0.0, 0.9, 0.03)), mix(green, WHITE, 0.5), leaf)
