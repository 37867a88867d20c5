"""Photographs of cats and dogs from a folder, as arrays.

The layout is that of the Kaggle set "Cats and Dogs image classification"::

    folder/
      train/
        cats/  *.jpg ...
        dogs/
      test/
        cats/
        dogs/
"""

from __future__ import annotations

import unicodedata
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from grader.words import _, and_more, later, ngettext

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray
    from PIL import Image

CLASSES = ("cats", "dogs")
"""Folder names in the order of their labels: 0 is a cat, 1 a dog."""

SPLITS = ("train", "test")

LAYOUT = later(
    """\
    carpeta/
      train/
        cats/   fotos de gatos
        dogs/   fotos de perros
      test/
        cats/
        dogs/"""
)

NEEDS_A_PROGRAM = "EPS"
"""A format that Pillow reads by starting Ghostscript: not on files that came from the internet."""


class Photos(NamedTuple):
    """Photographs for training and for testing, and their labels (0 cat, 1 dog)."""

    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.int64]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.int64]


def load_folder(path: str | os.PathLike[str], size: int = 64) -> Photos:
    """Read a folder of photographs into arrays.

    Each photograph is turned as its EXIF data says, put on white where it is transparent, cropped
    to its central square, and scaled. Cats come before dogs, each sorted by file name, so the order
    is the same on every computer. Hidden files are skipped. A folder that holds nothing but the
    data's folder (as unpacking an archive often makes) is looked into.

    Args:
        path: the folder that holds ``train`` and ``test``.
        size: side of each image in pixels.

    Returns:
        Images uint8 of shape (n, size, size, 3) and labels int64 of shape (n,), for each split.

    Raises:
        FileNotFoundError: ``path``, or one of the six folders, doesn't exist.
        NotADirectoryError: ``path`` is a file.
        ValueError: a class has no readable image, or ``size`` is less than 1.

    Warns:
        UserWarning: once, naming every file that isn't an image or is damaged; they're left out.

    >>> photos = load_folder("photos/of/mine")
    Traceback (most recent call last):
    ...
    FileNotFoundError: No existe la carpeta photos/of/mine...
    """
    if size < 1:
        sentence = _(
            "El lado de las imágenes tiene que ser de 1 píxel o más (pediste size={size})."
        )
        raise ValueError(sentence.format(size=size))
    root = find_root(Path(path))
    left_out: list[str] = []
    arrays: list[NDArray[np.uint8] | NDArray[np.int64]] = []
    for split in SPLITS:
        images: list[NDArray[np.uint8]] = []
        labels: list[int] = []
        for label, name in enumerate(CLASSES):
            found = read_class(root, split, name, size, left_out)
            images += found
            labels += [label] * len(found)
        arrays += [np.stack(images), np.array(labels, dtype=np.int64)]
    if left_out:
        sentence = ngettext(
            "Dejé fuera {n} archivo de {folder} que no pude leer como imagen:\n{lines}\n"
            "Si eran fotos, descárgalas de nuevo; si no, puedes borrarlos.",
            "Dejé fuera {n} archivos de {folder} que no pude leer como imagen:\n{lines}\n"
            "Si eran fotos, descárgalas de nuevo; si no, puedes borrarlos.",
            len(left_out),
        )
        lines = "\n".join(f"  - {line}" for line in left_out)
        warnings.warn(sentence.format(n=len(left_out), folder=root, lines=lines), stacklevel=2)
    return Photos(*arrays)  # type: ignore[arg-type]  # images and labels in turn


def find_root(path: Path) -> Path:
    """Return the folder that holds ``train`` and ``test``: ``path``, or the only folder in it."""
    if not path.exists():
        sentence = _(
            "No existe la carpeta {path} (busqué en {place}). Revisa que la ruta esté bien escrita y "
            "que el cuaderno corra donde crees; puedes dar una ruta absoluta."
        )
        raise FileNotFoundError(sentence.format(path=path, place=path.absolute()))
    if not path.is_dir():
        sentence = _(
            "{path} es un archivo y hace falta una carpeta. Si es un .zip, descomprímelo y da la "
            "carpeta que sale."
        )
        raise NotADirectoryError(sentence.format(path=path))
    root = path
    while subfolder(root, "train") is None and subfolder(root, "test") is None:
        inside = folders(root)
        if len(inside) != 1:
            raise FileNotFoundError(wrong_layout(path, "train"))
        root = inside[0]
    return root


def read_class(
    root: Path, split: str, name: str, size: int, left_out: list[str]
) -> list[NDArray[np.uint8]]:
    """Return the images of one class, and add the files that can't be read to ``left_out``."""
    split_folder = subfolder(root, split)
    if split_folder is None:
        raise FileNotFoundError(wrong_layout(root, split))
    folder = subfolder(split_folder, name)
    if folder is None:
        raise FileNotFoundError(wrong_layout(split_folder, name))
    images: list[NDArray[np.uint8]] = []
    rejected: list[str] = []
    files = [entry for entry in visible(folder) if entry.is_file()]
    for file in files:
        try:
            images.append(read_image(file, size))
        except Exception as error:  # noqa: BLE001, PERF203  a damaged file raises anything at all
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            rejected.append(f"{file.relative_to(root).as_posix()} ({reason})")
    if not images:
        sentence = _(
            "No encontré ninguna imagen en {folder}. Esperaba al menos una foto de la clase «{name}» y "
            "hay {found}. Revisa que la descarga esté completa o copia ahí las fotos."
        )
        if rejected:
            sentence = _(
                "No encontré ninguna imagen en {folder}. Esperaba al menos una foto de la clase "
                "«{name}» y hay {found}; ninguno de esos archivos se puede leer como imagen. Revisa que "
                "la descarga esté completa o copia ahí las fotos."
            )
        raise ValueError(sentence.format(folder=folder, name=name, found=listing(folder)))
    left_out += rejected
    return images


def read_image(file: Path, size: int) -> NDArray[np.uint8]:
    """Return one file as an RGB square, uint8 of shape (size, size, 3); an animation's first frame.

    Raises whatever Pillow raises when the file is no image, is damaged, or would unpack into far
    more pixels than a photograph has (a decompression bomb).
    """
    from PIL import Image, ImageOps  # only who has photographs needs Pillow

    Image.init()
    formats = [name for name in Image.ID if name != NEEDS_A_PROGRAM]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's remarks on odd metadata
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(file, formats=formats) as image:
            # A JPEG can be decoded at a fraction of its size, which is several times faster.
            image.draft("RGB", (2 * size, 2 * size))
            upright = ImageOps.exif_transpose(image)
            square = ImageOps.fit(to_rgb(upright), (size, size), Image.Resampling.BICUBIC)
    return np.array(square, dtype=np.uint8)


def to_rgb(image: Image.Image) -> Image.Image:
    """Return the image in 8-bit RGB: grey, palette, 16-bit and CMYK converted, white behind."""
    from PIL import Image  # only who has photographs needs Pillow

    if image.mode == "F":
        raise ValueError(_("los píxeles son números con decimales, no colores"))
    if image.mode.startswith("I"):
        # Pillow would clip the 16 bits at 255: keep the 8 high ones.
        values = np.clip(np.asarray(image, dtype=np.int64), 0, 0xFFFF) // 257
        image = Image.fromarray(values.astype(np.uint8))
    if image.has_transparency_data:
        colour = image.convert("RGBA")
        white = Image.new("RGBA", colour.size, "white")
        return Image.alpha_composite(white, colour).convert("RGB")
    return image.convert("RGB")


def visible(folder: Path) -> list[Path]:
    """Return what a folder holds, hidden files left out, in an order that any computer gives."""
    entries = [entry for entry in folder.iterdir() if not entry.name.startswith((".", "__MACOSX"))]
    # macOS may store é as e and an accent: compare the names as one letter.
    return sorted(entries, key=lambda entry: (unicodedata.normalize("NFC", entry.name), entry.name))


def folders(folder: Path) -> list[Path]:
    """Return the folders in a folder."""
    return [entry for entry in visible(folder) if entry.is_dir()]


def subfolder(folder: Path, name: str) -> Path | None:
    """Return the folder called ``name`` in a folder, in small letters or capitals, or None."""
    same = [entry for entry in folders(folder) if entry.name.lower() == name]
    return same[-1] if same else None


def listing(folder: Path, most: int = 6) -> str:
    """Say what a folder holds, in a few words."""
    names = [entry.name + ("/" if entry.is_dir() else "") for entry in visible(folder)]
    return and_more(names, most) if names else _("una carpeta vacía")


def wrong_layout(folder: Path, missing: str) -> str:
    """Say what was expected, what was found, and what to do."""
    sentence = _(
        "Falta la carpeta «{missing}» en {folder}. Ahí encontré: {found}.\n"
        "Esperaba esta estructura:\n{layout}\n"
        "Da a load_folder la carpeta que contiene train y test."
    )
    return sentence.format(missing=missing, folder=folder, found=listing(folder), layout=_(LAYOUT))
