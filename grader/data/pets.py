"""A cat and a dog, painted from the chest up or whole, each with its own looks and mood.

Both use one set of looks (coats, eyes, noses, light): what tells them apart is their shape and the
pattern of their fur. Lengths are in heads: the head is about one unit in radius, its centre at the
origin, and the paws stand at y = 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grader.data.brush import (
    WHITE,
    Array,
    Canvas,
    Dice,
    Frame,
    Number,
    bands,
    colours,
    ink,
    mix,
    pick,
    soft_minimum,
)

# Fur and marking of each coat.
COATS = (
    colours(
        (0.97, 0.90, 0.76), (0.95, 0.64, 0.30), (0.62, 0.42, 0.27), (0.66, 0.68, 0.72),
        (0.36, 0.36, 0.42), (0.97, 0.96, 0.94), (0.89, 0.73, 0.46), (0.52, 0.60, 0.68),
        (0.80, 0.53, 0.38), (0.84, 0.76, 0.64),
    ),
    colours(
        (0.70, 0.50, 0.32), (0.70, 0.35, 0.12), (0.33, 0.20, 0.13), (0.34, 0.36, 0.41),
        (0.70, 0.70, 0.74), (0.48, 0.46, 0.48), (0.58, 0.38, 0.18), (0.24, 0.31, 0.40),
        (0.46, 0.25, 0.17), (0.45, 0.36, 0.28),
    ),
)  # fmt: skip
EYES = colours(
    (0.55, 0.72, 0.30), (0.90, 0.68, 0.20), (0.40, 0.66, 0.80), (0.52, 0.34, 0.18),
    (0.35, 0.62, 0.52),
)  # fmt: skip
NOSES = colours((0.20, 0.15, 0.16), (0.36, 0.22, 0.20), (0.90, 0.52, 0.54))
COLLARS = colours(
    (0.84, 0.22, 0.26), (0.20, 0.48, 0.74), (0.22, 0.62, 0.46), (0.95, 0.74, 0.20),
    (0.58, 0.34, 0.66),
)  # fmt: skip
DARK = ink(0.14, 0.10, 0.12)
PINK = ink(0.96, 0.66, 0.66)
TONGUE = ink(0.93, 0.45, 0.50)
NEARLY_WHITE = 0.85


@dataclass
class Looks:
    """How one pet (or a batch of them) looks; numbers, or one number per picture."""

    fur: Array
    marking: Array
    iris: Array
    nose: Array
    collar: Array
    wears: Number = 1.0
    look_x: Number = 0.0
    look_y: Number = 0.0
    nod: Number = 0.0
    happy: Number = 0.0
    pupil: Number = 0.09
    ear: Number = 0.0
    upright: Number = 0.0
    tongue: Number = 0.0
    patch: Number = 0.0
    dots: Number = 0.0
    blush: Number = 0.4
    band: Number = 0.36
    phase: Number = 0.0
    stripes: Number = 1.0

    @classmethod
    def roll(cls, dice: Dice, count: int) -> Looks:
        """Return the looks of ``count`` pets, the same odds for cats and dogs."""
        coat = dice.choice(len(COATS[0]), count)
        swap = dice.chance(0.5, count)
        fur, marking = pick(COATS[0], coat), pick(COATS[1], coat)
        fur, marking = mix(fur, marking, swap), mix(marking, fur, swap)
        tint = np.stack([dice.uniform(-0.025, 0.025, count) for _ in range(3)])
        return cls(
            fur=np.clip(fur + tint, 0.0, 1.0),
            marking=np.clip(marking + tint, 0.0, 1.0),
            iris=pick(EYES, dice.choice(len(EYES), count)),
            nose=pick(NOSES, dice.choice(len(NOSES), count)),
            collar=pick(COLLARS, dice.choice(len(COLLARS), count)),
            wears=dice.chance(0.5, count),
            look_x=dice.uniform(-0.14, 0.14, count),
            look_y=dice.uniform(-0.08, 0.08, count),
            nod=dice.uniform(-0.12, 0.12, count),
            happy=dice.chance(0.25, count),
            pupil=dice.uniform(0.05, 0.15, count),
            ear=dice.uniform(-0.12, 0.12, count),
            upright=dice.chance(0.3, count),
            tongue=dice.chance(0.45, count),
            patch=dice.chance(0.5, count),
            dots=dice.chance(0.35, count),
            blush=dice.uniform(0.0, 0.6, count),
            phase=dice.uniform(0.0, 1.0, count),
            stripes=dice.uniform(0.75, 1.0, count),
        )


def paint_cat(canvas: Canvas, frame: Frame, looks: Looks) -> None:
    """Paint a tabby: pointed ears, whiskers, stripes, and a tail that curls."""
    pale = mix(looks.fur, WHITE, 0.55)
    outline = mix(looks.marking, DARK, 0.55)

    # The tail: up and curled at the tip, with rings.
    bend = frame.moved(1.05, 2.3)
    tail = np.maximum(np.abs(bend.circle(0.0, 0.0, 0.62)) - 0.19, np.minimum(0.1 - bend.x, -bend.y))
    tail = np.minimum(tail, bend.circle(0.1, -0.61, 0.19))
    fur_with_outline(canvas, frame, tail, looks.fur, outline)
    rings = bands(bend.y - 0.5 * bend.x, looks.band, 0.5, frame.pixel)
    canvas.paint(frame.cover(tail) * rings, looks.marking, looks.stripes)

    body = paint_body(canvas, frame, looks, pale, outline, width=0.86)
    sides = frame.mirrored()
    torso = frame.cover(body)
    rows = bands(sides.y + 0.45 * sides.x + looks.phase, looks.band, 0.5, frame.pixel)
    flanks = np.clip((sides.x - 0.34) / 0.12, 0.0, 1.0)
    canvas.paint(torso * rows * flanks, looks.marking, looks.stripes)
    paint_legs(canvas, frame, looks, pale, outline)
    paint_collar(canvas, frame, looks, body)

    head = frame.placed(0.0, 0.0, turn=looks.nod)
    sides = head.mirrored()
    ear = sides.triangle((0.18, -0.55), (0.80 + looks.ear, -1.34), (0.98, -0.10), rounding=0.12)
    skull = sides.ellipse(0.0, 0.0, 1.0, 0.84)
    cheek = sides.ellipse(0.55, 0.28, 0.55, 0.46)
    skull = soft_minimum(skull, cheek, 0.2)
    shape = np.minimum(skull, ear)
    fur_with_outline(canvas, head, shape, looks.fur, outline)
    canvas.paint(head.cover(ear + 0.15) * head.cover(-skull - 0.06), PINK, 0.85)

    inside = head.cover(skull)
    crown = bands(
        sides.x * (1.0 - 0.2 * sides.y) + 0.5 * looks.band, looks.band, 0.5, head.pixel
    ) * head.cover(sides.y + 0.30 + 0.2 * sides.x)
    jowls = bands(sides.y - 0.3 * sides.x + looks.phase, looks.band, 0.5, head.pixel)
    jowls *= head.cover(0.62 - sides.x - 0.2 * sides.y) * head.cover(-sides.y - 0.25)
    canvas.paint(inside * np.maximum(crown, jowls), looks.marking, looks.stripes)

    face = head.moved(looks.look_x, looks.look_y)
    sides = face.mirrored()
    canvas.paint(face.cover(sides.ellipse(0.19, 0.43, 0.27, 0.22)), pale)
    canvas.paint(face.cover(face.ellipse(0.0, 0.62, 0.17, 0.13)), pale)
    canvas.paint(face.cover(sides.circle(0.62, 0.32, 0.15), soft=3.0), PINK, looks.blush)
    paint_eyes(canvas, sides, looks, x=0.42, slit=1.0)
    canvas.paint(
        face.cover(face.triangle((-0.13, 0.22), (0.13, 0.22), (0.0, 0.37), rounding=0.08)),
        looks.nose,
    )
    blep = face.capsule(0.0, 0.5, 0.02, 0.64, 0.11, 0.11)
    canvas.paint(face.cover(blep - 0.03), DARK, 0.5 * looks.tongue)
    canvas.paint(face.cover(blep), TONGUE, looks.tongue)
    canvas.paint(face.cover(sides.smile(0.14, 0.38, 0.13, 0.06)), DARK, 0.85)
    # White whiskers, or dark ones where they would be lost on a white cat.
    white = (looks.fur[1] > NEARLY_WHITE).astype(np.float32)
    whiskers = mix(WHITE, DARK, 0.75 * white)
    for start, end in ((0.38, 0.12), (0.50, 0.44), (0.60, 0.74)):
        hair = sides.capsule(0.36, start, 1.28, end, 0.03, 0.012)
        canvas.paint(face.cover(hair), whiskers, 0.9)


def paint_dog(canvas: Canvas, frame: Frame, looks: Looks) -> None:
    """Paint a dog: floppy or rounded ears, a long muzzle, often a tongue, patches, a short tail."""
    pale = mix(looks.fur, WHITE, 0.55)
    outline = mix(looks.marking, DARK, 0.55)

    tail = frame.capsule(0.7, 2.65, 1.35, 1.75, 0.2, 0.12)
    fur_with_outline(canvas, frame, tail, looks.fur, outline)
    body = paint_body(canvas, frame, looks, pale, outline, width=0.95)
    torso = frame.cover(body)
    saddle = frame.cover(frame.ellipse(0.75, 1.75, 0.5, 0.6))
    canvas.paint(torso * saddle, looks.marking, looks.patch)
    for x, y, radius in ((-0.62, 1.62, 0.15), (-0.68, 2.2, 0.19), (0.6, 2.35, 0.14)):
        canvas.paint(torso * frame.cover(frame.circle(x, y, radius)), looks.marking, looks.dots)
    paint_legs(canvas, frame, looks, pale, outline)
    paint_collar(canvas, frame, looks, body)

    head = frame.placed(0.0, 0.0, turn=looks.nod)
    sides = head.mirrored()
    skull = sides.ellipse(0.0, -0.08, 0.84, 0.86)
    chops = sides.ellipse(0.0, 0.42, 0.62, 0.52)
    skull = soft_minimum(skull, chops, 0.3)
    # Rounded ears stand behind the head; floppy ones hang in front of it.
    standing = sides.triangle((0.05, -0.45), (0.82 + looks.ear, -1.42), (0.98, 0.0), rounding=0.5)
    standing = standing - 0.06
    apart = 9.0 * (1.0 - looks.upright)
    fur_with_outline(canvas, head, standing + apart, looks.marking, outline)
    canvas.paint(head.cover(standing + 0.17 + apart), PINK, 0.7)
    fur_with_outline(canvas, head, skull, looks.fur, outline)

    face = head.moved(looks.look_x, looks.look_y)
    sides = face.mirrored()
    inside = head.cover(skull)
    spot = face.ellipse(0.40, -0.10, 0.36, 0.42, turn=-0.1)
    canvas.paint(inside * face.cover(spot), looks.marking, looks.patch)
    blaze = face.ellipse(0.0, -0.45, 0.13, 0.55)
    canvas.paint(inside * face.cover(blaze), pale, 1.0 - looks.patch)
    canvas.paint(face.cover(sides.circle(0.56, 0.28, 0.15), soft=3.0), PINK, looks.blush)

    hanging = head.mirrored().ellipse(0.88 + looks.ear, 0.08, 0.29, 0.68, turn=-0.13 + looks.ear)
    fur_with_outline(canvas, head, hanging + 9.0 * looks.upright, looks.marking, outline)

    tongue = face.capsule(0.0, 0.68, 0.04, 1.0, 0.17, 0.19)
    canvas.paint(face.cover(tongue - 0.04), DARK, 0.5 * looks.tongue)
    canvas.paint(face.cover(tongue), TONGUE, looks.tongue)
    canvas.paint(
        face.cover(face.capsule(0.0, 0.7, 0.03, 0.98, 0.025, 0.025)), DARK, 0.4 * looks.tongue
    )
    muzzle = np.minimum(sides.ellipse(0.17, 0.46, 0.33, 0.29), face.ellipse(0.0, 0.30, 0.27, 0.33))
    canvas.paint(face.cover(muzzle), pale)
    paint_eyes(canvas, sides, looks, x=0.37, slit=0.0)
    canvas.paint(face.cover(face.ellipse(0.0, 0.22, 0.21, 0.145)), looks.nose)
    canvas.paint(face.cover(face.ellipse(-0.06, 0.17, 0.07, 0.035)), WHITE, 0.65)
    canvas.paint(face.cover(face.box(0.0, 0.42, 0.03, 0.09)), DARK, 0.85)
    canvas.paint(face.cover(sides.smile(0.19, 0.47, 0.19, 0.065)), DARK, 0.85)


def fur_with_outline(
    canvas: Canvas, frame: Frame, shape: Array, fur: Array, outline: Array
) -> None:
    """Paint a shape with a thin darker rim."""
    canvas.paint(frame.cover(shape - 0.05), outline, 0.8)
    canvas.paint(frame.cover(shape), fur)


def paint_body(
    canvas: Canvas, frame: Frame, looks: Looks, pale: Array, outline: Array, width: float
) -> Array:
    """Paint a sitting body with its shadow and a pale chest; return the distance to its edge."""
    canvas.shade(frame.cover(frame.ellipse(0.1, 3.1, 1.35, 0.22), soft=3.0), 0.75)
    body = np.minimum(
        frame.ellipse(0.0, 2.0, width, 1.2),
        frame.mirrored().ellipse(0.55, 2.65, 0.5, 0.5),
    )
    fur_with_outline(canvas, frame, body, looks.fur, outline)
    canvas.paint(frame.cover(np.maximum(body, frame.ellipse(0.0, 1.5, 0.36, 0.7))), pale)
    return body


def paint_legs(canvas: Canvas, frame: Frame, looks: Looks, pale: Array, outline: Array) -> None:
    """Paint the front legs and paws."""
    sides = frame.mirrored()
    leg = sides.capsule(0.3, 2.0, 0.32, 2.85, 0.2, 0.22)
    fur_with_outline(canvas, frame, leg, looks.fur, outline)
    fur_with_outline(canvas, frame, sides.ellipse(0.36, 3.0, 0.3, 0.18), pale, outline)


def paint_collar(canvas: Canvas, frame: Frame, looks: Looks, body: Array) -> None:
    """Paint a collar with a golden tag, and the shadow that the head throws on the body."""
    shadow = frame.cover(frame.ellipse(0.0, 0.9, 0.8, 0.36), soft=4.0)
    canvas.shade(shadow * frame.cover(body), 0.8)
    ring = np.maximum(frame.smile(0.0, 0.45, 0.75, 0.17), body - 0.06)
    canvas.paint(frame.cover(ring), looks.collar, looks.wears)
    canvas.paint(frame.cover(frame.circle(0.0, 1.3, 0.13)), ink(0.98, 0.82, 0.30), looks.wears)


def paint_eyes(canvas: Canvas, sides: Frame, looks: Looks, x: float, slit: float) -> None:
    """Paint two eyes: open with a spark in each, or closed and smiling."""
    open_eyes = 1.0 - looks.happy
    size = 0.2 if slit else 0.18
    canvas.paint(sides.cover(sides.ellipse(x, -0.06, size + 0.05, size + 0.07)), DARK, open_eyes)
    canvas.paint(sides.cover(sides.ellipse(x, -0.06, size, size + 0.02)), looks.iris, open_eyes)
    if slit:
        pupil = sides.ellipse(x, -0.06, looks.pupil, size)
    else:
        pupil = sides.circle(x, -0.05, 0.12 + 0.3 * looks.pupil)
    canvas.paint(sides.cover(pupil), DARK, open_eyes)
    canvas.paint(sides.cover(sides.circle(x + 0.06, -0.14, 0.065)), WHITE, open_eyes)
    arch = Frame(sides.x, -sides.y, sides.pixel).smile(x, -0.02, 0.17, 0.09)
    canvas.paint(sides.cover(arch), DARK, looks.happy)
