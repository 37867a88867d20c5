"""Many pictures on one sheet, to look at a data set at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grader.words import _

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FRAMES = np.array([(240, 140, 50), (50, 120, 190)], dtype=np.uint8)
"""The colour round each label's pictures: cats orange, dogs blue (told apart by everyone)."""

PAPER = 255


def contact_sheet(
    images: NDArray[np.uint8], labels: ArrayLike, columns: int = 8
) -> NDArray[np.uint8]:
    """Lay pictures out in rows, each in a thin frame: orange for a cat, blue for a dog.

    Args:
        images: uint8 of shape (n, height, width, 3).
        labels: n zeros (cat) and ones (dog).
        columns: pictures in a row; a last row that isn't full ends in white.

    Returns:
        One uint8 picture of shape (rows * cell height, columns * cell width, 3).

    Raises:
        ValueError: the images or labels have another type, shape or value; or no columns.

    >>> images = np.zeros((5, 32, 32, 3), dtype=np.uint8)
    >>> contact_sheet(images, [0, 1, 0, 1, 0], columns=4).shape
    (76, 152, 3)
    """
    labels = np.asarray(labels)
    if images.ndim != 4 or images.shape[3] != 3 or images.dtype != np.uint8:  # noqa: PLR2004
        sentence = _(
            "contact_sheet esperaba imágenes uint8 de forma (n, alto, ancho, 3) y recibió {dtype} de "
            "forma {shape}."
        )
        raise ValueError(sentence.format(dtype=images.dtype, shape=images.shape))
    if labels.shape != images.shape[:1]:
        sentence = _(
            "contact_sheet esperaba una etiqueta por imagen, de forma {expected}, y recibió forma {got}."
        )
        raise ValueError(sentence.format(expected=images.shape[:1], got=labels.shape))
    if not np.isin(labels, (0, 1)).all():
        raise ValueError(_("contact_sheet esperaba solo etiquetas 0 (gato) y 1 (perro)."))
    if columns < 1:
        sentence = _("Una hoja tiene al menos una columna (pediste columns={columns}).")
        raise ValueError(sentence.format(columns=columns))
    n, height, width = images.shape[:3]
    line = max(1, height // 24)
    margin = line + max(2, height // 12)
    gap = margin - line
    rows = -(-n // columns)
    cell_height, cell_width = height + 2 * margin, width + 2 * margin
    sheet = np.full((rows * cell_height, columns * cell_width, 3), PAPER, dtype=np.uint8)
    for index, (image, label) in enumerate(zip(images, labels, strict=True)):
        top, left = (index // columns) * cell_height, (index % columns) * cell_width
        cell = sheet[top : top + cell_height, left : left + cell_width]
        cell[gap:-gap, gap:-gap] = FRAMES[int(label)]
        cell[margin:-margin, margin:-margin] = image
    return sheet
