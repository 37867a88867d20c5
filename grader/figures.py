"""Figures for a notebook: pictures side by side, and a matrix drawn with its numbers.

Both draw with matplotlib, which is loaded by the first figure, and return nothing: a notebook shows
the figure when the cell ends. Who can't see it hears its alternative text, `alt`; `describe` gives
one to any other figure.
"""

from __future__ import annotations

import base64
import html
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.words import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    Array = np.ndarray[Any, Any]
    Window = tuple[int, int, int, int, str]
    Grid = tuple[ArrayLike] | tuple[ArrayLike, str] | tuple[ArrayLike, str, Sequence[Window]]

WIDEST = 10.0
"""Inches that a row of pictures takes at most: what fits in a notebook's column."""

PICTURE = 3.0
"""Inches that one picture takes at most."""

TITLE = 0.35

CELL = 0.52
"""Inches of a number's cell. What follows is in cells."""

GAP = 0.9
MARGIN = 0.06
LETTER = 0.16
LINE = 0.5
MOST_COLUMNS = 4
COLOR_CHANNELS = 3
INK = "#1f2328"
LINES = "#8c959f"


def gallery(
    images: Sequence[ArrayLike],
    titles: Sequence[str] | None = None,
    columns: int | None = None,
    cmap: str | None = None,
    scale: tuple[float, float] | None = None,
    *,
    alt: str = "",
) -> None:
    """Draw images side by side, with crisp pixels, a title each and no axes.

    Each image has shape (n_H, n_W), (n_H, n_W, 1) or (n_H, n_W, 3). One with a single channel takes
    its colours from `cmap` (gray by default). `scale` holds the values drawn darkest and lightest
    in all images; without it bytes go from 0 to 255, colours in floats from 0 to 1, and anything
    else from its own minimum to its own maximum. A row holds `columns` images, four by default.
    `alt` says in words what is seen.

    Raises `ValueError` where there is no image, a title too many or too few, or another shape.

    >>> picture = np.arange(12.0).reshape(3, 4)
    >>> gallery([picture, -picture], titles=["original", "negativo"])
    """
    drawn = [_drawable(image, scale) for image in images]
    if not drawn:
        raise ValueError(_("gallery necesita al menos una imagen y la lista está vacía"))
    if titles is not None and len(titles) != len(drawn):
        pictures = ngettext("{n} imagen", "{n} imágenes", len(drawn)).format(n=len(drawn))
        texts = ngettext("{n} título", "{n} títulos", len(titles)).format(n=len(titles))
        sentence = _("gallery recibió {images} y {titles}")
        raise ValueError(sentence.format(images=pictures, titles=texts))
    import matplotlib.pyplot as plt

    columns = min(columns or MOST_COLUMNS, len(drawn))
    rows = -(-len(drawn) // columns)
    width = min(PICTURE, WIDEST / columns)
    height = width * max(image.shape[0] / image.shape[1] for image in drawn)
    lines = max((title.count("\n") + 1 for title in titles), default=0) if titles else 0
    figure, grid = plt.subplots(
        rows,
        columns,
        figsize=(width * columns, (height + TITLE * lines) * rows),
        squeeze=False,
        layout="constrained",
    )
    low, high = scale or (None, None)
    for index, axes in enumerate(grid.flat):
        axes.set_axis_off()
        if index < len(drawn):
            image = drawn[index]
            bounds = (0, 255) if scale is None and image.dtype == np.uint8 else (low, high)
            axes.imshow(
                image,
                cmap=cmap or "gray",
                vmin=bounds[0],
                vmax=bounds[1],
                interpolation="nearest",
            )
            axes.set_title(titles[index] if titles else "", fontsize=10, color=INK)
    _describe(figure, alt)


def _drawable(image: ArrayLike, scale: tuple[float, float] | None) -> Array:
    """Return `image` as (n_H, n_W) numbers, or as (n_H, n_W, 3) colours for matplotlib."""
    array = np.asarray(image)
    if array.ndim == COLOR_CHANNELS and array.shape[2] == 1:
        array = array[:, :, 0]
    color = array.ndim == COLOR_CHANNELS and array.shape[2] == COLOR_CHANNELS
    if (not color and array.ndim != 2) or array.size == 0:  # noqa: PLR2004 - height and width
        sentence = _(
            "gallery dibuja imágenes de forma (alto, ancho), (alto, ancho, 1) o (alto, ancho, 3) y "
            "llegó una de forma {shape}"
        )
        raise ValueError(sentence.format(shape=np.shape(image)))
    if color and scale is not None:
        low, high = scale
        return np.clip((array - low) / (high - low), 0.0, 1.0)
    return np.clip(array, 0.0, 1.0) if color and array.dtype != np.uint8 else array


def number_grid(
    matrix: ArrayLike,
    title: str = "",
    highlight: Sequence[Window] | None = None,
    *,
    axes: Axes | None = None,
    alt: str = "",
) -> None:
    """Draw a matrix as a grid of cells with their numbers.

    `highlight` lists windows (row, column, height, width, color), which are tinted and framed in
    that colour. The grid makes a figure of its own, or goes into `axes`. `alt` says in words what is
    seen.

    Raises `ValueError` where `matrix` has no two axes.

    >>> number_grid([[1, 2], [3, 4]], "entrada", highlight=[(0, 0, 1, 2, "tab:orange")])
    """
    number_grids([(matrix, title, highlight or ())], axes=axes, alt=alt)


def number_grids(grids: Sequence[Grid], *, axes: Axes | None = None, alt: str = "") -> None:
    """Draw several matrices in a row, all with cells of one size.

    Each grid is a tuple (matrix, title, highlight), with the same meaning as in `number_grid`; the
    last two may be left out. `alt` says in words what is seen.

    >>> number_grids([([[1, 2]], "entrada"), ([[3]], "salida", [(0, 0, 1, 1, "tab:green")])])
    """
    full = [(np.asarray(matrix), *_title_and_windows(*rest)) for matrix, *rest in grids]
    for values, *_rest in full:
        if values.ndim != 2:  # noqa: PLR2004 - rows and columns
            sentence = _(
                "number_grid dibuja una matriz de dos ejes y llegó un array de forma {shape}"
            )
            raise ValueError(sentence.format(shape=values.shape))
    slots = [max(values.shape[1], LETTER * _longest(title)) for values, title, _ in full]
    width = sum(slots) + GAP * (len(slots) - 1)
    height = max(values.shape[0] for values, _, _ in full)
    above = LINE * max(len(title.splitlines()) for _, title, _ in full)
    if axes is None:
        import matplotlib.pyplot as plt

        size = (CELL * (width + 2 * MARGIN), CELL * (height + above + 2 * MARGIN))
        axes = plt.figure(figsize=size).add_axes((0, 0, 1, 1))
    axes.set(xlim=(-MARGIN, width + MARGIN), ylim=(height + MARGIN, -above - MARGIN))
    axes.set(aspect="equal")
    axes.set_axis_off()
    left = 0.0
    for slot, (values, title, windows) in zip(slots, full, strict=True):
        corner = (left + (slot - values.shape[1]) / 2, (height - values.shape[0]) / 2)
        _draw_grid(axes, values, title, windows, corner)
        left += slot + GAP
    _describe(axes.get_figure(), alt)


def describe(alt: str) -> None:
    """Give the figure that is being drawn an alternative text: what it shows, in words.

    >>> import matplotlib.pyplot as plt
    >>> _ = plt.plot([3, 1, 0.5])
    >>> describe("Una curva que baja: la pérdida de tres épocas.")
    """
    import matplotlib.pyplot as plt

    _describe(plt.gcf(), alt)


def _describe(figure: Any, alt: str) -> None:
    """Make IPython show `figure` as an image with `alt`, which the image's own formats can't carry."""
    if alt:
        figure._ipython_display_ = lambda: _show(figure, alt)


def _show(figure: Any, alt: str) -> None:
    from IPython.core.pylabtools import print_figure
    from IPython.display import display

    # The picture itself, too, for what shows no page: a graded notebook keeps no HTML.
    picture = print_figure(figure)
    tag = image_tag(picture, "png", alt)
    display({"text/html": tag, "image/png": picture, "text/plain": alt}, raw=True)


def image_tag(data: bytes, kind: str, alt: str) -> str:
    """Write an image of a kind such as png as a tag that holds it whole, no wider than its page.

    >>> image_tag(b"", "png", "un gato")
    '<img alt="un gato" src="data:image/png;base64," style="max-width: 100%">'
    """
    source = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    return f'<img alt="{html.escape(alt)}" src="{source}" style="max-width: 100%">'


def _title_and_windows(title: str = "", highlight: Sequence[Window] = ()) -> tuple[str, Any]:
    return title, highlight


def _longest(title: str) -> int:
    return max(map(len, title.splitlines()), default=0)


def _draw_grid(
    axes: Axes, values: Array, title: str, windows: Sequence[Window], corner: tuple[float, float]
) -> None:
    """Draw one grid whose upper left corner is at `corner`, one unit a cell."""
    from matplotlib.patches import Rectangle

    x, y = corner
    rows, columns = values.shape
    axes.text(x + columns / 2, y - 0.2, title, ha="center", va="bottom", size=10, color=INK)
    for row in range(rows):
        for column in range(columns):
            place = (x + column, y + row)
            axes.add_patch(Rectangle(place, 1, 1, fill=False, edgecolor=LINES, linewidth=0.8))
            middle = (place[0] + 0.5, place[1] + 0.5)
            text = short(values[row, column])
            axes.text(*middle, text, ha="center", va="center", size=10, color=INK)
    for row, column, height, width, color in windows:
        place = (x + column, y + row)
        tint = Rectangle(place, width, height, facecolor=color, alpha=0.22, zorder=0)
        frame = Rectangle(
            place, width, height, fill=False, edgecolor=color, linewidth=2.5, zorder=3
        )
        axes.add_patch(tint)
        axes.add_patch(frame)


def short(value: float) -> str:
    """Write a number with two decimals at most, and a real minus sign.

    >>> short(3.0), short(-0.25), short(2 / 3), short(-0.001)
    ('3', '−0.25', '0.67', '0')
    """
    return f"{round(value, 2) + 0.0:.6g}".replace("-", "−")
