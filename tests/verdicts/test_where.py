"""Where two arrays differ is shown as a small picture, and said in a sentence that is exactly true."""

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from contrast import contrast

from grader.comparison import Output
from grader.observation import Tensor
from grader.verdicts.where import (
    DIFFERS,
    EQUAL,
    LARGEST,
    MOST_CELLS,
    MOST_MAPS,
    Where,
    panels,
)

IMAGES = Output("Z", ("imagen del lote", "alto", "ancho", "canal"))
CHANNELS_FIRST = Output("Z", ("imagen del lote", "canal", "alto", "ancho"))
FILTERS = Output("dW", ("fila del filtro", "columna del filtro", "canal de entrada", "filtro"))
SVG = "{http://www.w3.org/2000/svg}"


def shown(mask, output=IMAGES):
    """Return the panel of an array that differs where a mask says."""
    (panel,) = panels(np.zeros(np.shape(mask)), np.where(mask, 2.0, 0.0), output)
    return panel


def read(svg):
    """Return a picture's elements."""
    return ET.fromstring(svg)  # noqa: S314 - it is our own


def at(shape, *places):
    """Return a mask that is true in some places."""
    mask = np.zeros(shape, bool)
    for place in places:
        mask[place] = True
    return mask


SHAPE = (10, 7, 7, 8)
EDGES = (np.s_[:, [0, 6]], np.s_[:, :, [0, 6]])
SENTENCES = {
    "En Z difieren todas las posiciones.": at(SHAPE, np.s_[:]),
    "En Z difiere por completo el canal 2, y lo demás coincide.": at(SHAPE, np.s_[..., 2]),
    "En Z difieren por completo las imágenes 1, 3 y 4, y lo demás coincide.": at(
        SHAPE, np.s_[[1, 3, 4]]
    ),
    "En Z solo coincide la imagen 0.": at(SHAPE, np.s_[1:]),
    "En Z difiere todo el borde (las filas 0 y 6 y las columnas 0 y 6), y lo demás coincide.": at(
        SHAPE, *EDGES
    ),
    "En Z difieren por completo la fila 6 (la última) y la columna 6 (la última), y lo demás "
    "coincide.": at(SHAPE, np.s_[:, 6], np.s_[:, :, 6]),
    "En Z solo difiere la posición [3, 0, 1, 2].": at(SHAPE, np.s_[3, 0, 1, 2]),
    "En Z solo coincide la posición [3, 0, 1, 2].": ~at(SHAPE, np.s_[3, 0, 1, 2]),
    "En Z solo coincide lo que está donde se cruzan la fila 0 y la columna 0.": ~at(
        SHAPE, np.s_[:, 0, 0]
    ),
    "En Z difiere lo que está donde se cruzan las imágenes 1 a 9 y el canal 2, y lo demás "
    "coincide.": at(SHAPE, np.s_[1:, ..., 2]),
    "En Z, solo en el canal 2, difiere todo el borde (las filas 0 y 6 y las columnas 0 y 6), y lo "
    "demás coincide.": at(SHAPE, np.s_[:, [0, 6], :, 2], np.s_[:, :, [0, 6], 2]),
    "En todos los mapas de Z difieren las mismas 2 de 49 posiciones, que están donde se cruzan las "
    "filas 1 y 2 y las columnas 3 y 4.": at(SHAPE, np.s_[:, [1, 2], [3, 4]]),
    "En Z difieren 2 de 3920 posiciones, y todas están donde se cruzan las imágenes 0 y 3, las filas "
    "0 y 1, las columnas 0 y 2 y los canales 1 y 5.": at(
        SHAPE, np.s_[0, 0, 2, 1], np.s_[3, 1, 0, 5]
    ),
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_says_where(sentence):
    """Whole rows, columns, images and channels are named, and the border is called so."""
    assert shown(SENTENCES[sentence]).text == sentence


def test_a_wider_border_is_one():
    """A border of two is told with its width."""
    mask = at((7, 8), np.s_[[0, 1, -2, -1]], np.s_[:, [0, 1, -2, -1]])
    assert shown(mask, Output("mask", ("fila", "columna"))).text == (
        "En mask difiere todo un borde de 2 de ancho (las filas 0, 1, 5 y 6 y las columnas 0, 1, 6 y "
        "7), y lo demás coincide."
    )


def test_height_and_width_are_those_so_called():
    """Rows and columns are found by the axes' names, wherever they are."""
    mask = at((2, 3, 5, 4), np.s_[:, :, 4])
    assert "la fila 4 (la última)" in shown(mask, CHANNELS_FIRST).text
    assert "la columna 4 (la última)" in shown(mask, IMAGES).text
    assert Where(mask, FILTERS).maps.shape == (20, 2, 3)


def test_axes_without_a_name_are_told_by_number():
    """Where an exercise names no axis, or in words of its own, the axis's number does."""
    mask = at((3, 4, 5), np.s_[1])
    for output in (Output("x"), Output("x", ("época", "", ""))):
        assert "el índice 1 del eje 0" in shown(mask, output).text


# ------------------------------------------------------------- what a sentence says, read back

NOUNS = {
    "filas?": (1,),
    "columnas?": (2,),
    "im[aá]gen(?:es)?": (0,),
    "canal(?:es)?": (3,),
}
RANGE = r"(?:\d+ a )?\d+"
PLACE = re.compile(rf"(?:la|las|el|los) ({'|'.join(NOUNS)}) ({RANGE}(?:, {RANGE})*(?: y {RANGE})?)")


def read_sets(text, shape):
    """Read the indices that a sentence names, by axis."""
    sets = {}
    for noun, numbers in PLACE.findall(text):
        (axis,) = next(axes for name, axes in NOUNS.items() if re.fullmatch(name, noun))
        those = np.zeros(shape[axis], bool)
        for piece in re.findall(RANGE, numbers):
            first, _, last = piece.partition(" a ")
            those[int(first) : int(last or first) + 1] = True
        assert axis not in sets
        sets[axis] = those.reshape([-1 if one == axis else 1 for one in range(len(shape))])
    return sets


def union(sets, shape):
    """Return where any of the sets has its index."""
    return np.any([np.broadcast_to(those, shape) for those in sets], axis=0)


def crossing(sets, shape):
    """Return where all of the sets have their index."""
    return np.all([np.broadcast_to(those, shape) for those in sets], axis=0)


def touched(mask, axis):
    """Return which indices of an axis have something that differs."""
    return mask.any(axis=tuple(other for other in range(mask.ndim) if other != axis))


def counted(text, mask, sets, count, size):
    """Tell whether so many differ, and whether what is named is just what holds them all."""
    whole = mask[:1, :, :, :1] if "En todos los mapas" in text else mask
    named = {axis: those.ravel() for axis, those in sets.items()}
    if "repartidas" in text:
        named = {axis: np.ones(size, bool) for axis, size in enumerate(mask.shape)}
    return (
        np.array_equal(np.broadcast_to(whole, mask.shape), mask)
        and (count, size) == (whole.sum(), whole.size)
        and all(np.array_equal(touched(mask, axis), those) for axis, those in named.items())
    )


def claims(text, mask):
    """Tell whether a sentence about an array of images is true, and as much as it seems to say."""
    shape = mask.shape
    sets = read_sets(text, shape)
    if numbers := re.search(r"difieren (?:las mismas )?(\d+) de (\d+) posiciones", text):
        return counted(text, mask, sets, *map(int, numbers.groups()))
    if "difieren todas las posiciones" in text:
        said = np.ones(shape, bool)
    elif index := re.search(r"la posición \[([\d, ]+)\]", text):
        said = at(shape, tuple(map(int, index[1].split(","))))
    elif within := re.search(r", solo (?:en|donde se cruzan) (.*), difiere", text):
        inside = read_sets(within[1], shape)
        rest = read_sets(text[within.end() :], shape)
        said = crossing(inside.values(), shape) & union(rest.values(), shape)
    elif "solo coincide" in text or "donde se cruzan" in text:
        said = crossing(sets.values(), shape)
    else:
        said = union(sets.values(), shape)
    return np.array_equal(said, ~mask if "solo coincide" in text else mask)


def random_mask(rng):
    """Return a mask of images in which something differs, of one of many forms."""
    shape = tuple(rng.integers(1, 6, 4))
    parts = [
        (rng.random(size) < rng.choice([0.2, 0.5, 0.8])).reshape(
            [-1 if axis == one else 1 for one in range(4)]
        )
        for axis, size in enumerate(shape)
    ]
    chosen = [part for part in parts if rng.random() < 0.6] or parts
    plane = rng.random((1, *shape[1:3], 1)) < 0.4
    maps = rng.random((shape[0], 1, 1, shape[3])) < 0.4
    forms = [
        rng.random(shape) < rng.choice([0.02, 0.3, 0.7, 0.98]),
        union(chosen, shape),
        crossing(chosen, shape),
        crossing([parts[0], parts[3]], shape) & union(parts[1:3], shape),
        crossing([parts[0], plane], shape),
        np.broadcast_to(plane, shape),
        crossing([parts[3], union(parts[1:3], shape)], shape),
        crossing([maps, union(parts[1:3], shape)], shape),
    ]
    mask = forms[rng.integers(len(forms))].copy()
    if not mask.any():
        mask.flat[rng.integers(mask.size)] = True
    return mask


@pytest.mark.parametrize("seed", range(8))
def test_a_sentence_is_exactly_true(seed):
    """Read back, each sentence about a random mask says what differs, and no more than that."""
    rng = np.random.default_rng(seed)
    forms = set()
    for _ in range(400):
        mask = random_mask(rng)
        text = Where(mask, IMAGES).told()
        assert claims(text, mask), (text, mask.astype(int))
        forms.add(re.sub(PLACE, "…", re.sub(r"\[.*\]", "[]", text))[:40])
    assert len(forms) > 10


def test_a_false_sentence_is_seen():
    """The eyes of the test above see a sentence of another mask."""
    masks = list(SENTENCES.values())
    for sentence, mask in zip(SENTENCES, [*masks[1:], masks[0]], strict=True):
        assert claims(sentence, SENTENCES[sentence])
        assert not claims(sentence, mask)


def test_a_long_list_of_numbers_is_cut():
    """Of many scattered indices the first ones are named, and how many there are."""
    text = shown(at((40, 2), np.s_[[0, 3, 5, 8, 11, 14, 20]]), Output("x")).text
    assert "los índices 0, 3, 5… (7 en total) del eje 0" in text


# --------------------------------------------------------------------------------------- the picture


def squares(svg):
    """Return the cells of each map that the picture marks, as sets of (row, column)."""
    paths = read(svg).findall(f"{SVG}g[@stroke='{DIFFERS}']/{SVG}path")
    found = []
    for path in paths[:-1]:  # the last one is the legend's
        x = y = 0
        cells = set()
        for across, down, length in re.findall(r"m(-?\d+) (-?\d+)h(\d+)", path.get("d")):
            x, y = x + int(across), y + int(down)
            cells |= {(y, x + one) for one in range(int(length))}
            x += int(length)
        found.append(cells)
    return found


def test_the_picture_marks_the_places_that_differ():
    """Each map's squares are its mask, and the map that differs most comes first."""
    rng = np.random.default_rng(1)
    mask = rng.random((2, 5, 6, 2)) < 0.4
    maps = Where(mask, IMAGES).maps
    expected = [set(map(tuple, np.argwhere(one).tolist())) for one in maps]
    drawn = squares(shown(mask).svg)
    assert drawn == sorted(expected, key=len, reverse=True)
    assert len(drawn) == 4


def test_each_map_says_which_it_is():
    """A map's caption is its index as NumPy writes it."""
    svg = shown(at((2, 3, 3, 2), np.s_[1, :, :, 0])).svg
    texts = [text.text for text in read(svg).iter(f"{SVG}text")]
    captions = ["[1, :, :, 0]", "[0, :, :, 0]", "[0, :, :, 1]", "[1, :, :, 1]"]
    assert texts == [*captions, "difiere", "coincide"]


def test_a_row_is_drawn_of_an_array_of_one_axis():
    """An array of one axis, or of one that is longer than one, is a row."""
    for shape in ((5,), (1, 1, 1, 5), (5, 1)):
        mask = at(shape, np.unravel_index(3, shape))
        assert squares(shown(mask, Output("b")).svg) == [{(0, 3)}]


def test_a_large_array_is_said_to_be_cut():
    """Of many maps the worst are drawn, a large one in blocks, and the picture says both."""
    mask = at((20, 70, 70), np.s_[4, 69, 69], np.s_[7, :3, :3])
    svg = shown(mask, Output("x")).svg
    assert "6 de 20 mapas, el que más difiere primero" in svg
    assert "cada cuadro son 3 × 3 posiciones" in svg
    drawn = squares(svg)
    assert len(drawn) == MOST_MAPS
    assert drawn[:2] == [{(0, 0)}, {(23, 23)}]


@pytest.mark.parametrize(
    "shape", [(MOST_CELLS, MOST_CELLS), (9, 64, 64), (10, 7, 7, 8), (6, 32, 32), (3, 1000), (500,)]
)
def test_a_picture_is_small(shape):
    """Whatever differs, a picture has less than 6 kB."""
    rng = np.random.default_rng(2)
    for mask in (
        np.ones(shape, bool),
        np.indices(shape).sum(axis=0) % 2 == 0,
        rng.random(shape) < 0.5,
    ):
        assert len(shown(mask, Output("Z")).svg.encode()) < 6000


def test_the_picture_can_be_read_aloud():
    """A picture has a role and a label, which is the sentence beside it."""
    panel = shown(SENTENCES["En Z solo coincide la imagen 0."])
    picture = read(panel.svg)
    assert picture.get("role") == "img"
    assert picture.get("aria-label") == panel.text


def test_a_name_is_text_in_the_picture():
    """What an output is called can't be markup."""
    panel = shown(at((2, 3), np.s_[0, 1]), Output('<b onload="x">&'))
    assert read(panel.svg).get("aria-label") == panel.text


@pytest.mark.parametrize("color", [DIFFERS, EQUAL])
def test_the_picture_stands_out_in_light_and_dark_themes(color):
    """Its colours have a contrast of three and more on white and on what dark themes have."""
    for background in ("#ffffff", "#111111", "#1e1e1e", "#212121"):
        assert contrast(color, background) >= 3


def test_no_value_is_in_it():
    """Arrays that differ in the same places by other values have the same panel: it tells places."""
    mask = at((2, 4, 4, 2), np.s_[0, 1:3])
    few = panels(np.zeros(mask.shape), np.where(mask, 1.0, 0.0), IMAGES)
    many = panels(np.where(mask, 987654.0, 3.0), np.where(mask, -55.0, 3.0), IMAGES)
    assert few == many


# ------------------------------------------------------------------------------- where there is none

ONES = np.ones((2, 3))
NOTHING = {
    "equal": (ONES, ONES),
    "another shape": (ONES, np.ones((3, 2))),
    "a scalar": (np.array(1.0), np.array(2.0)),
    "numbers": (1.0, 2.0),
    "one entry": (np.ones(1), np.zeros(1)),
    "empty": (np.ones((0, 3)), np.ones((0, 3))),
    "a list": (ONES, [[0.0] * 3] * 2),
    "nothing": (ONES, None),
    "a text": (ONES, "Z"),
    "complex numbers": (ONES, ONES * 2j),
    "objects": (ONES, np.full((2, 3), None, dtype=object)),
    "texts": (ONES, np.full((2, 3), "a")),
    "dates": (ONES, np.full((2, 3), np.datetime64("2020-01-01"))),
    "fields": (ONES, np.zeros((2, 3), dtype=[("a", float)])),
    "too large": (np.broadcast_to(1.0, LARGEST + 1), np.broadcast_to(2.0, LARGEST + 1)),
}


@pytest.mark.parametrize("name", NOTHING)
def test_what_has_no_places_has_no_picture(name):
    """Where shapes differ, or what came is no array of real numbers, there is none, and no error."""
    assert panels(*NOTHING[name], Output("Z")) == ()


ODD = {
    "NaN": np.full((2, 3), np.nan),
    "infinite": np.full((2, 3), -np.inf),
    "integers": np.full((2, 3), 7),
    "large integers": np.full((2, 3), 2**63 - 1),
    "booleans": np.zeros((2, 3), bool),
    "float16": np.full((2, 3), 60000, np.float16),
    "longdouble": np.full((2, 3), np.finfo(np.longdouble).max),
    "not contiguous": np.full((3, 4), 5.0).T[::2],
    "another byte order": np.full((2, 3), 5.0).astype(">f8"),
    "a tensor": Tensor(np.full((2, 3), 5.0)),
}


@pytest.mark.parametrize("name", ODD)
def test_any_real_numbers_have_a_picture(name):
    """NaN, infinities, integers, booleans and every precision are compared and drawn."""
    (panel,) = panels(ONES, ODD[name], Output("Z"))
    assert panel.text == "En Z difieren todas las posiciones."


def test_the_tolerance_is_the_comparisons():
    """What is rounding to the check differs nowhere: float32 is given more room."""
    wrong = ONES + 1e-5
    assert panels(ONES, wrong, Output("Z"))
    assert not panels(ONES, wrong, Output("Z"), single=True)
    assert not panels(ONES, wrong.astype(np.float32), Output("Z"))
