"""Photographs of cats and dogs from a folder, as arrays.

A folder may be laid out as the well-known sets are. What tells a cat from a dog is the name of its
folder, or else of its file; where nothing says what is for testing, a fifth of each class is::

    train/cats/*.jpg  train/dogs/  test/cats/  test/dogs/     Kaggle, Cats and Dogs image classification
    Cat/0.jpg         Dog/0.jpg                               Microsoft's PetImages
    train/cat.0.jpg   train/dog.0.jpg                         Kaggle, Dogs vs. Cats
    images/Abyssinian_1.jpg  images/beagle_2.jpg              Oxford-IIIT Pets: a cat's breed in capitals
"""

from __future__ import annotations

import re
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
"""The classes in the order of their labels: 0 is a cat, 1 a dog."""

SPLITS = ("train", "test")
ONE_IN = 5
"""One in so many photographs of a class is for testing, where the folder doesn't say which."""

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
OTHER_LAYOUTS = later(
    "También sirve una carpeta con Cat/ y Dog/, o una con todas las fotos y la clase en su nombre: "
    "cat.0.jpg y dog.0.jpg, o Abyssinian_1.jpg y beagle_1.jpg (con mayúscula, la raza de un gato)."
)

CALLED = re.compile(r"(cat|dog)s?(?![a-z])", re.IGNORECASE)
BREED = re.compile(r"([a-z]+_)+[0-9]+", re.IGNORECASE)

NEEDS_A_PROGRAM = "EPS"
"""A format that Pillow reads by starting Ghostscript: not on files that came from the internet."""


Split = tuple[tuple["Path", list["Path"]], tuple["Path", list["Path"]]]
"""Cats and dogs: for each the folder where they lie, and the files."""


class Photos(NamedTuple):
    """Photographs for training and for testing, and their labels (0 cat, 1 dog)."""

    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.int64]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.int64]


def load_folder(path: str | os.PathLike[str], size: int = 64, most: int | None = None) -> Photos:
    """Read a folder of photographs into arrays.

    Each photograph is turned as its EXIF data says, put on white where it is transparent, cropped
    to its central square, and scaled. Cats come before dogs, each sorted by file name, so the order
    is the same on every computer. Hidden files are skipped. A folder that holds nothing but the
    data's folder (as unpacking an archive often makes) is looked into.

    Args:
        path: the folder, laid out in one of the ways that this module's text shows.
        size: side of each image in pixels.
        most: how many photographs of a class are read of each split, taken evenly from all that
            there are; None for all.

    Returns:
        Images uint8 of shape (n, size, size, 3) and labels int64 of shape (n,), for each split.

    Raises:
        FileNotFoundError: ``path`` doesn't exist, or holds no photographs of cats and dogs.
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
    root, found = find_photos(Path(path))
    left_out: list[str] = []
    arrays: list[NDArray[np.uint8] | NDArray[np.int64]] = []
    for split in found:
        images: list[NDArray[np.uint8]] = []
        labels: list[int] = []
        for label, (folder, files) in enumerate(split):
            chosen = files if most is None else evenly(files, most)
            read = read_class(root, folder, CLASSES[label], chosen, size, left_out)
            images += read
            labels += [label] * len(read)
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


def find_photos(path: Path) -> tuple[Path, tuple[Split, Split]]:
    """Return the folder that holds the photographs, and what is there for training and testing."""
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
    while True:
        train, test = (subfolder(root, name) for name in SPLITS)
        if train is not None and test is not None:
            return root, (split_of(train), split_of(test))
        if train is not None:
            return root, parted(split_of(train))
        if test is None and (whole := classes_of(root)) is not None:
            return root, parted(whole)
        images = subfolder(root, "images")
        inside = [images] if images is not None else folders(root)
        if test is not None or len(inside) != 1:
            raise FileNotFoundError(wrong_layout(path, "train"))
        root = inside[0]


def split_of(folder: Path) -> Split:
    """Return the photographs of both classes in a folder; say what is missing where there are none."""
    found = classes_of(folder)
    if found is None:
        missing = next((n for n in CLASSES if class_folder(folder, n) is None), CLASSES[0])
        raise FileNotFoundError(wrong_layout(folder, missing))
    return found


def classes_of(folder: Path) -> Split | None:
    """Return the files of cats and those of dogs, each with its folder; None where neither shows."""
    apart = [class_folder(folder, name) for name in CLASSES]
    if all(apart):
        cats, dogs = ((one, files_of(one)) for one in apart if one is not None)
        return cats, dogs
    if any(apart):
        return None
    files = [(class_of(file.stem), file) for file in files_of(folder)]
    cats, dogs = ((folder, [file for name, file in files if name == one]) for one in CLASSES)
    return (cats, dogs) if cats[1] and dogs[1] else None


def class_of(stem: str) -> str:
    """Return the class that the name of a file tells, or nothing.

    >>> [class_of(stem) for stem in ("cat.0", "Dog_12", "Abyssinian_1", "great_pyrenees_7", "notes")]
    ['cats', 'dogs', 'cats', 'dogs', '']
    """
    called = CALLED.match(stem)
    if called is not None:
        return f"{called[1].lower()}s"
    if BREED.fullmatch(stem) is None:
        return ""
    return CLASSES[0] if stem[0].isupper() else CLASSES[1]


def parted(split: Split) -> tuple[Split, Split]:
    """Take a fifth of each class for testing: every fifth file, so that it has some of all breeds.

    Of fewer than five files it is the last one; of a single one nothing is left to train with.
    """
    for (folder, files), name in zip(split, CLASSES, strict=True):
        if len(files) == 1:
            sentence = _(
                "En {folder} hay una sola foto de la clase «{name}», {file}, y hacen falta dos o más: "
                "unas para entrenar y otras para probar."
            )
            raise ValueError(sentence.format(folder=folder, name=name, file=files[0].name))

    def part(*, testing: bool) -> Split:
        cats, dogs = (
            (
                folder,
                [
                    file
                    for i, file in enumerate(files, 1)
                    if (i % min(ONE_IN, len(files)) == 0) == testing
                ],
            )
            for folder, files in split
        )
        return cats, dogs

    return part(testing=False), part(testing=True)


def evenly(files: list[Path], most: int) -> list[Path]:
    """Return up to `most` files, the same number from each stretch of the list.

    >>> evenly(["a", "b", "c", "d", "e", "f"], 3)
    ['a', 'c', 'e']
    """
    if len(files) <= most:
        return files
    return [files[i * len(files) // most] for i in range(most)]


def read_class(
    root: Path, folder: Path, name: str, files: list[Path], size: int, left_out: list[str]
) -> list[NDArray[np.uint8]]:
    """Return the images of one class, and add the files that can't be read to ``left_out``."""
    images: list[NDArray[np.uint8]] = []
    rejected: list[str] = []
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


def files_of(folder: Path) -> list[Path]:
    """Return the files in a folder."""
    return [entry for entry in visible(folder) if entry.is_file()]


def class_folder(folder: Path, name: str) -> Path | None:
    """Return the folder of a class: cats, or cat."""
    return subfolder(folder, name) or subfolder(folder, name.removesuffix("s"))


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
        "Esperaba esta estructura:\n{layout}\n{others}"
    )
    return sentence.format(
        missing=missing,
        folder=folder,
        found=listing(folder),
        layout=_(LAYOUT),
        others=_(OTHER_LAYOUTS),
    )
