"""How well a colour is seen on another, as WCAG defines it."""


def _parts(color):
    return [int(color[at : at + 2], 16) for at in (1, 3, 5)]


def luminance(color):
    """Return the relative luminance of a colour, #rrggbb: 0 is black and 1 is white."""
    parts = [part / 255 for part in _parts(color)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * p for weight, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    """Return the contrast of two colours: 1 of equal ones, 21 of black and white."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def mixed(one, other, percent):
    """Return the colour that CSS's color-mix makes of so much of one and the rest of another."""
    share = percent / 100
    pairs = zip(_parts(one), _parts(other), strict=True)
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)
