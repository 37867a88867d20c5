"""What reading a folder of photographs promises."""

from __future__ import annotations

import io
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from grader.data import folder as module
from grader.data import load_folder

CLASSES = [f"{split}/{name}" for split in ("train", "test") for name in ("cats", "dogs")]
RED, GREEN, BLUE, WHITE = (200, 30, 30), (30, 180, 40), (20, 40, 210), (255, 255, 255)


def save(path: Path, colour=RED, size=(40, 30), mode="RGB", **options) -> Path:
    """Save an image of one colour."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).convert(mode).save(path, **options)
    return path


@pytest.fixture
def root(tmp_path):
    """Make a folder with one photograph of each class in each split."""
    for name, colour in zip(CLASSES, (RED, GREEN, BLUE, WHITE), strict=True):
        save(tmp_path / "photos" / name / "first.png", colour)
    return tmp_path / "photos"


def only_cat(root: Path, name: str) -> Path:
    """Take the training cat away, and return where another can be saved."""
    (root / "train/cats/first.png").unlink()
    return root / "train/cats" / name


def close(image: np.ndarray, colour, by=6) -> bool:
    """Tell whether every pixel of an image has about one colour."""
    return bool((np.abs(image.astype(int) - colour) <= by).all())


def test_arrays(root):
    """Each split comes as uint8 NHWC images and int64 labels, cats 0 and dogs 1."""
    save(root / "train/dogs/second.png", BLUE)
    photos = load_folder(root, size=16)
    assert photos.train_images.shape == (3, 16, 16, 3)
    assert photos.test_images.shape == (2, 16, 16, 3)
    assert photos.train_images.dtype == photos.test_images.dtype == np.uint8
    assert photos.train_labels.dtype == photos.test_labels.dtype == np.int64
    assert photos.train_labels.tolist() == [0, 1, 1]
    assert photos.test_labels.tolist() == [0, 1]


def test_images_go_to_their_split_and_label(root):
    """Every photograph stands in its split, at the place of its label."""
    photos = load_folder(root, size=8)
    found = [*photos.train_images, *photos.test_images]
    for image, colour in zip(found, (RED, GREEN, BLUE, WHITE), strict=True):
        assert close(image, colour, by=0)


def test_default_size(root):
    """Images are 64 pixels a side unless another size is asked."""
    assert load_folder(str(root)).train_images.shape == (2, 64, 64, 3)


def test_order_is_by_name(root, monkeypatch):
    """Images come sorted by name, whatever order the file system lists them in."""
    for name, colour in (("a.png", BLUE), ("Z.png", GREEN), ("é.png", WHITE)):
        save(root / "train/cats" / name, colour)
    expected = load_folder(root, size=8)
    listed = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda self: iter(sorted(listed(self), reverse=True)))
    again = load_folder(root, size=8)
    assert [tuple(image[0, 0]) for image in expected.train_images[:4]] == [GREEN, BLUE, RED, WHITE]
    assert np.array_equal(expected.train_images, again.train_images)


@pytest.mark.parametrize(
    "name", ["cat.jpg", "cat.JPEG", "cat.bmp", "cat.gif", "cat.webp", "cat.tiff", "cat.ppm", "cat"]
)
def test_formats(root, name):
    """Any image format is read, whatever the file is called."""
    save(only_cat(root, name), RED, format=None if "." in name else "PNG")
    assert close(load_folder(root, size=16).train_images[0], RED)


@pytest.mark.parametrize("mode", ["L", "LA", "1", "P", "RGBA", "CMYK", "I;16", "I"])
def test_pixel_modes(root, mode):
    """Grey, palette, transparent, printing and 16-bit images become the same 8-bit RGB."""
    file = only_cat(root, "cat.tif" if mode in {"CMYK", "I"} else "cat.png")
    grey = (255, 255, 255) if mode == "1" else (100, 100, 100)
    if mode.startswith("I"):
        Image.fromarray(np.full((20, 20), 100 * 257 + 90, np.uint16)).convert(mode).save(file)
    else:
        save(file, grey, mode=mode)
    assert close(load_folder(root, size=8).train_images[0], grey, by=2)


def test_sixteen_bit_colour(root):
    """A PNG with 16 bits a channel keeps its colours."""
    rows = b"".join(b"\0" + bytes([200, 0, 30, 0, 90, 0]) * 4 for _ in range(4))
    header = b"\0\0\0\4\0\0\0\4\x10\2\0\0\0"
    png = b"\x89PNG\r\n\x1a\n"
    for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")):
        checksum = zlib.crc32(kind + data).to_bytes(4, "big")
        png += len(data).to_bytes(4, "big") + kind + data + checksum
    only_cat(root, "cat.png").write_bytes(png)
    assert close(load_folder(root, size=4).train_images[0], (200, 30, 90), by=1)


def test_cmyk_jpeg(root):
    """A JPEG made for print keeps its colours."""
    save(only_cat(root, "cat.jpg"), GREEN, mode="CMYK", quality=95)
    assert close(load_folder(root, size=16).train_images[0], GREEN, by=8)


def test_transparency_is_put_on_white(root):
    """What is transparent becomes white, and what is half transparent becomes pale."""
    image = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    image.paste((200, 0, 0, 128), (0, 20, 40, 40))
    image.save(only_cat(root, "cat.png"))
    loaded = load_folder(root, size=40).train_images[0]
    assert close(loaded[:16], WHITE, by=0)
    assert close(loaded[24:], (227, 127, 127), by=2)


def test_transparent_palette_is_put_on_white(root):
    """A palette image with a transparent colour shows white there."""
    image = Image.new("P", (20, 20), 1)
    image.putpalette([0, 0, 0, 10, 200, 10])
    image.save(only_cat(root, "cat.gif"), transparency=1)
    assert close(load_folder(root, size=8).train_images[0], WHITE, by=0)


def test_exif_rotation(root):
    """A photograph taken with the camera turned comes upright."""
    image = Image.new("RGB", (40, 40), BLUE)
    image.paste(RED, (0, 0, 20, 40))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise: what was on the left is on top
    image.save(only_cat(root, "cat.png"), exif=exif)
    loaded = load_folder(root, size=40).train_images[0]
    assert close(loaded[:16], RED, by=2)
    assert close(loaded[24:], BLUE, by=2)


def test_animation_gives_its_first_frame(root):
    """Of an animation the first frame is taken."""
    frames = [Image.new("RGB", (20, 20), colour) for colour in (GREEN, BLUE, RED)]
    frames[0].save(only_cat(root, "cat.gif"), save_all=True, append_images=frames[1:])
    assert close(load_folder(root, size=8).train_images[0], GREEN)


def test_proportions_are_kept(root):
    """A wide photograph loses its sides and isn't squeezed."""
    image = Image.new("RGB", (90, 30), BLUE)
    image.paste(RED, (30, 0, 60, 30))
    image.save(only_cat(root, "cat.png"))
    assert close(load_folder(root, size=30).train_images[0], RED, by=0)


def test_large_jpeg_keeps_its_detail(root):
    """A large JPEG is decoded small, but no smaller than the detail that its image can show."""
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, np.arange(256) % 8 < 4] = 255
    Image.fromarray(stripes).save(only_cat(root, "cat.jpg"), quality=95)
    row = load_folder(root, size=64).train_images[0, 32, :, 0].astype(int)
    assert np.abs(np.diff(row)).min() > 100


def test_unreadable_files_are_named_and_left_out(root):
    """Files that aren't whole images are left out, and one warning names them all."""
    whole = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (50, 50, 3), dtype=np.uint8)
    Image.fromarray(noise).save(whole, "JPEG")
    (root / "train/cats/half.jpg").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    (root / "train/dogs/notes.txt").write_text("un perro muy bonito")
    (root / "test/dogs/empty.png").touch()
    with pytest.warns(UserWarning, match="Dejé fuera 3 archivos") as caught:
        photos = load_folder(root, size=8)
    message = str(caught[0].message)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    for name in ("train/cats/half.jpg", "train/dogs/notes.txt", "test/dogs/empty.png"):
        assert name in message
    assert photos.train_labels.tolist() == [0, 1]
    assert photos.test_labels.tolist() == [0, 1]


def test_clean_folder_gives_no_warning(root):
    """Where every file is an image nothing is warned of, and hidden files are no files."""
    (root / "train/cats/.DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (root / "train/cats/._first.png").write_bytes(b"\0\5\x16\7")
    (root / "train/cats/more").mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(load_folder(root, size=8).train_labels) == 2


@pytest.mark.parametrize("times", [1.5, 3])
def test_decompression_bombs_are_refused(root, monkeypatch, times):
    """An image of far more pixels than a photograph has is left out without unpacking it."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", int(200 * 200 / times))
    save(root / "train/cats/bomb.png", size=(200, 200))
    with pytest.warns(UserWarning, match=r"train/cats/bomb\.png \(DecompressionBomb"):
        photos = load_folder(root, size=8)
    assert photos.train_labels.tolist() == [0, 1]


def test_postscript_is_refused(root):
    """An EPS file, which Pillow would hand to another program, is left out."""
    save(root / "train/cats/cat.eps")
    with pytest.warns(UserWarning, match=r"cat\.eps \(UnidentifiedImageError"):
        load_folder(root, size=8)


def test_decimal_pixels_are_refused(root):
    """An image whose pixels aren't colours is left out, and the warning says why."""
    Image.fromarray(np.ones((9, 9), np.float32)).save(root / "train/cats/map.tif")
    with pytest.warns(UserWarning, match="números con decimales"):
        load_folder(root, size=8)


@pytest.mark.parametrize("name", ["archive", "archive/cats and dogs"])
def test_wrapping_folder(root, name):
    """A folder that holds only the data's folder, as an archive leaves it, will do."""
    target = root.parent / name
    target.mkdir(parents=True)
    root.rename(target / "photos")
    (root.parent / "archive/__MACOSX").mkdir()
    assert len(load_folder(root.parent / "archive", size=8).train_labels) == 2


def test_capitals_in_folder_names(root):
    """Train/Cats is as good as train/cats."""
    (root / "train/cats").rename(root / "train/Cats")
    (root / "train").rename(root / "Train")
    assert load_folder(root, size=8).train_labels.tolist() == [0, 1]


def test_missing_folder(tmp_path):
    """A folder that doesn't exist is an error that says where it was sought."""
    with pytest.raises(FileNotFoundError, match=r"No existe la carpeta .*fotos.*Revisa"):
        load_folder(tmp_path / "fotos")


def test_zip_instead_of_folder(tmp_path):
    """A file in the folder's place is an error that says to unpack it."""
    (tmp_path / "archive.zip").write_bytes(b"PK")
    with pytest.raises(NotADirectoryError, match="descomprímelo"):
        load_folder(tmp_path / "archive.zip")


@pytest.mark.parametrize(("part", "missing"), [("train", "train"), ("test/dogs", "dogs")])
def test_wrong_layout(root, part, missing):
    """Where a folder is missing the error names it, what is there, and the layout."""
    (root / part).rename(root / part.replace("train", "fotos").replace("dogs", "perros"))
    with pytest.raises(FileNotFoundError) as caught:
        load_folder(root)
    message = str(caught.value)
    assert f"Falta la carpeta «{missing}»" in message
    assert ("fotos/" if missing == "train" else "perros/") in message
    assert module.LAYOUT in message


def test_a_folder_of_something_else(tmp_path):
    """A folder with neither train nor test shows what it holds instead."""
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
    with pytest.raises(FileNotFoundError, match="Ahí encontré: a/, b/"):
        load_folder(tmp_path)


def test_empty_class(root):
    """A class without files is an error that names its folder."""
    (root / "test/dogs/first.png").unlink()
    with pytest.raises(ValueError, match=r"ninguna imagen en .*dogs.* hay una carpeta vacía"):
        load_folder(root)


def test_class_without_a_readable_image(root):
    """A class whose files are all damaged is an error that says so."""
    (root / "test/dogs/first.png").write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"first\.png; ninguno .* se puede leer"):
        load_folder(root)


def test_refuses_no_pixels(root):
    """Images have at least one pixel a side."""
    with pytest.raises(ValueError, match="size=0"):
        load_folder(root, size=0)


OTHER_LAYOUTS = {
    "Cat/0.jpg": ("Cat/{}.jpg", "Dog/{}.jpg"),
    "cats/0.jpg": ("cats/{}.jpg", "dogs/{}.jpg"),
    "archive/PetImages/Cat/0.jpg": ("archive/PetImages/Cat/{}.jpg", "archive/PetImages/Dog/{}.jpg"),
    "cat.0.jpg": ("cat.{}.jpg", "dog.{}.jpg"),
    "train/cat.0.jpg": ("train/cat.{}.jpg", "train/dog.{}.jpg"),
    "Abyssinian_1.jpg": ("Abyssinian_{}.jpg", "great_pyrenees_{}.jpg"),
    "images/Abyssinian_1.jpg": ("images/British_Shorthair_{}.jpg", "images/beagle_{}.jpg"),
}


@pytest.mark.parametrize("layout", OTHER_LAYOUTS)
def test_other_layouts(tmp_path, layout):
    """Sets that don't say what is for testing give a fifth of each class, and no photograph twice."""
    for label, name in enumerate(OTHER_LAYOUTS[layout]):
        for i in range(10):
            save(tmp_path / name.format(i), (200 * label, 20 * i, 0), (8, 8), quality=95)
    if "images" in layout:
        (tmp_path / "annotations").mkdir()
    photos = load_folder(tmp_path, size=8)
    assert photos.train_labels.tolist() == [0] * 8 + [1] * 8
    assert photos.test_labels.tolist() == [0] * 2 + [1] * 2
    images = [*photos.train_images, *photos.test_images]
    labels = [*photos.train_labels, *photos.test_labels]
    assert [bool(image[..., 0].mean() > 100) for image in images] == [bool(n) for n in labels]
    assert len({image.tobytes() for image in images}) == 20


def test_of_few_photographs_one_is_for_testing(tmp_path):
    """Of three photographs of a class one is for testing."""
    for name in ("Cat/1.png", "Cat/2.png", "Cat/3.png", "Dog/1.png", "Dog/2.png"):
        save(tmp_path / name, size=(4, 4))
    photos = load_folder(tmp_path, size=4)
    assert photos.train_labels.tolist() == [0, 0, 1]
    assert photos.test_labels.tolist() == [0, 1]


def test_a_single_photograph_cant_be_parted(tmp_path):
    """Where a class has one photograph and nothing says what is for testing, that is told."""
    for name in ("Cat/1.png", "Cat/2.png", "Dog/1.png"):
        save(tmp_path / name, size=(4, 4))
    with pytest.raises(ValueError, match=r"una sola foto de la clase «dogs», 1\.png"):
        load_folder(tmp_path, size=4)


def test_files_whose_names_tell_no_class_are_none(tmp_path):
    """Beside Oxford's photographs a read-me or a catalogue is no cat."""
    for name in ("Bengal_1.png", "Bengal_2.png", "pug_1.png", "pug_2.png", "Catalogue.png"):
        for copy in range(5):
            save(tmp_path / name.replace("_", f"_{copy}"), size=(4, 4))
    photos = load_folder(tmp_path, size=4)
    assert len(photos.train_labels) + len(photos.test_labels) == 20


def test_most_takes_photographs_evenly(root):
    """Of each class no more photographs are read than are asked for, from all over the folder."""
    for i in range(9):
        save(root / f"train/dogs/photo{i}.png", (0, 20 * i, 0))
    photos = load_folder(root, size=4, most=5)
    assert photos.train_labels.tolist() == [0] + [1] * 5
    assert [int(image[0, 0, 1]) for image in photos.train_images[2:]] == [20, 60, 100, 140]
