"""Windows that slide, and what several layers see: what is drawn, what moves, and what is refused."""

import base64
import html
import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from contrast import contrast, mixed

from grader.figures import INK
from grader.sliding import CELL, FRAME, GREEN, ORANGE, WEIGHT, receptive_field, seen, sliding_window

IMAGE = np.array([[1, 2, 0, 7], [3, 1, 1, 0], [0, 2, 4, 5]])
KERNEL = [[1, -1], [0, 2]]
CALM = "@media screen and (prefers-reduced-motion:no-preference)"


@pytest.fixture
def drawn(monkeypatch):
    """Return what a call shows: its alternative text, its SVG and all of its HTML."""
    displayed = []
    monkeypatch.setattr("IPython.display.display", displayed.append)

    def draw(show, *arguments, **options):
        show(*arguments, **options)
        whole = displayed.pop().data
        alt, coded = re.search(
            r'<img alt="([^"]*)" src="data:image/svg\+xml;base64,([^"]*)"', whole
        ).groups()
        return html.unescape(alt), base64.b64decode(coded).decode(), whole

    return draw


def rules(svg):
    """Return the style's rules that hold for everybody, and those that move."""
    style = re.search(r"<style>(.*?)</style>", svg)[1]
    still, _, moving = style.partition(CALM)
    return still, moving


def stops(svg, name):
    """Return where the keyframes of an animation stop, in cells, from the top and from the left."""
    keys = re.search(rf"@keyframes {name}{{(.*?}})}}", rules(svg)[1])[1]
    found = re.findall(r"translate\((\d+)px, (\d+)px\)", keys)
    return [(int(y) // CELL, int(x) // CELL) for x, y in found]


def texts(svg):
    """Return the numbers that stand in cells, in their order."""
    everything = ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")  # noqa: S314 - ours
    return [one.text for one in everything if one.get("class", "z")[0] == "z"]


@pytest.mark.parametrize(("stride", "shape"), [(1, (2, 3)), (2, (1, 2))])
def test_the_window_stops_where_each_value_comes_from(drawn, stride, shape):
    """It visits the output's places in order, a stride apart, and a frame in the output goes along."""
    _, svg, _ = drawn(sliding_window, IMAGE, KERNEL, np.zeros(shape), stride=stride)
    places = [(h, w) for h in range(shape[0]) for w in range(shape[1])]
    assert stops(svg, "at") == [(h * stride, w * stride) for h, w in places]
    assert stops(svg, "out") == places


def test_each_value_appears_when_the_window_arrives_and_stays(drawn):
    """Values of the output begin to be seen one after the other, the first one at once."""
    _, svg, _ = drawn(sliding_window, IMAGE, 2, [[5, 6, 7], [8, 9, 1]])
    begins = [float(x) for x in re.findall(r"@keyframes z\d+{.*?([\d.]+)%,100%{opacity:1}}", svg)]
    assert len(begins) == 6
    assert begins == sorted(begins)
    assert begins[0] < 1
    assert len(set(begins)) == 6


def test_captions_say_the_rows_and_the_columns_of_each_window(drawn):
    """As a slice says them, in the image with its frame; one is seen at a time."""
    _, svg, _ = drawn(sliding_window, IMAGE, 3, [[0, 0], [0, 0]], pad=1, stride=2)
    assert re.findall(r'class="said c\d">([^<]*)<', svg) == [
        "salida[0, 0]: filas 0:3, columnas 0:3",
        "salida[0, 1]: filas 0:3, columnas 2:5",
        "salida[1, 0]: filas 2:5, columnas 0:3",
        "salida[1, 1]: filas 2:5, columnas 2:5",
    ]
    shown = re.findall(r"@keyframes c\d+{.*?([\d.]+)%,([\d.]+)%{opacity:1}", svg)
    spans = [(float(a), float(b)) for a, b in shown]
    assert all(end < begin for (_, end), (begin, _) in pairwise(spans))


def test_the_image_stands_in_its_frame_of_zeros(drawn):
    """All numbers are written: frame, image, filter and output, with the weights in the window."""
    _, svg, _ = drawn(sliding_window, [[1.5, 2], [3, -4]], KERNEL, [[6, 7, 8]] * 3, pad=1)
    framed = ["0", "0", "0", "0", "0", "1.5", "2", "0", "0", "3", "−4", "0", "0", "0", "0", "0"]
    assert texts(svg) == [*framed, "1", "−1", "0", "2", *["6", "7", "8"] * 3]
    assert svg.count(f'fill="{FRAME}"') == 12
    assert re.findall(r'class="weight">([^<]*)<', svg) == ["×1", "×−1", "×0", "×2"]


def test_a_window_without_weights_has_none(drawn):
    """With its side alone there is no filter to draw."""
    _, svg, _ = drawn(sliding_window, IMAGE, 2, [[1, 2, 3]])
    assert "×" not in re.sub("<style.*?</style>", "", svg)
    assert "filtro" not in svg


def test_who_asks_for_less_motion_sees_the_first_place_and_the_whole_output(drawn):
    """Nothing moves outside of the question for motion, and all is there without it."""
    _, svg, _ = drawn(sliding_window, IMAGE, KERNEL, [[5, 6, 7], [8, 9, 1]])
    still, moving = rules(svg)
    assert "animation" not in still
    assert "@keyframes" not in still
    assert "animation" in moving
    assert ".said{opacity:0}.c0{opacity:1}" in still
    assert texts(svg)[-6:] == ["5", "6", "7", "8", "9", "1"]


def test_the_animation_can_be_put_away(drawn):
    """It lies in something that is open, and that a click or a key closes."""
    _, _, whole = drawn(sliding_window, IMAGE, 2, [[1]])
    assert whole.startswith(
        "<details open><summary>Animación: ciérrala para detenerla</summary><img"
    )


def test_the_alternative_text_says_what_is_seen(drawn):
    """Sizes, frame, step, how often it stops, and each value."""
    alt, _, _ = drawn(sliding_window, IMAGE, 3, [[5, -6.25], [7, 8]], pad=1, stride=2)
    for said in ("3×3", "3×4", "marco de 1", "de 2 en 2", "2 filas y 2 columnas", "5 −6.25; 7 8"):
        assert said in alt
    assert "marco" not in drawn(sliding_window, IMAGE, 3, [[1, 2]])[0]


def test_an_animation_is_small_and_asks_for_nothing(drawn):
    """The largest fits into 150 kB, is well-formed, and holds neither a script nor an address."""
    _, svg, whole = drawn(sliding_window, np.ones((10, 10)), [[0.25]], np.full((10, 10), -0.25))
    assert len(whole) < 150_000
    assert ET.fromstring(svg).tag.endswith("svg")  # noqa: S314 - ours
    assert "script" not in svg
    assert svg.count("http") == 1  # its namespace


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        ((IMAGE, 2, np.zeros((3, 3))), {}, r"\[2, 2\] empezaría en la fila 2 y la columna 2.*3×4"),
        ((IMAGE, 2, np.zeros((2, 3))), {"stride": 2}, r"se sale de la imagen"),
        ((np.zeros((11, 11)), 1, np.zeros((11, 11))), {}, "121 ventanas.*100"),
        ((IMAGE, np.zeros((2, 3)), [[1]]), {}, r"cuadrado.*\(2, 3\)"),
        ((IMAGE[None], 2, [[1]]), {}, r"\(1, 3, 4\)"),
        ((IMAGE, 2, np.zeros((0, 2))), {}, r"\(0, 2\)"),
    ],
)
def test_what_can_not_be_watched_is_refused(arguments, options, said):
    """A window outside of the image, too many of them, or another shape is an error that says so."""
    with pytest.raises(ValueError, match=said):
        sliding_window(*arguments, **options)


def test_what_is_written_is_seen_on_its_tint():
    """Numbers and weights have a contrast of 4.5 or more on all that they stand on."""
    for tint in (
        mixed(ORANGE, "#ffffff", 22),
        mixed(ORANGE, FRAME, 22),
        mixed(GREEN, "#ffffff", 22),
    ):
        assert contrast(INK, tint) >= 4.5
    for tint in (mixed(ORANGE, "#ffffff", 22), mixed(ORANGE, FRAME, 22)):
        assert contrast(WEIGHT, tint) >= 4.5


def reached(layers, size=64):
    """Return how many pixels reach one value, found by sending each one alone through the layers."""
    maps = np.eye(size, dtype=bool)
    for f, stride in layers:
        starts = range(0, maps.shape[1] - f + 1, stride)
        maps = np.stack([maps[:, at : at + f].any(axis=1) for at in starts], axis=1)
    return int(maps[:, 0].sum())


@pytest.mark.parametrize(
    "layers",
    [[(3, 1)], [(3, 1)] * 3, [(3, 2)] * 3, [(5, 1), (2, 3)], [(2, 3), (3, 1)], [(1, 2), (2, 2)]],
)
def test_one_value_sees_what_reaches_it(layers):
    """As many pixels as change it, through all of the layers, gaps and all."""
    assert len(seen(layers)[-1]) == reached(layers)


def cells(svg):
    """Return the middles of the cells of each row, from the top."""
    found = {}
    for x, y in re.findall(r'<rect x="([\d.]+)" y="(\d+)" width="26"', svg):
        found.setdefault(int(y), []).append(float(x) + 13)
    return [found[y] for y in sorted(found)]


def test_each_cell_stands_above_the_middle_of_what_it_sees(drawn):
    """Rows hold what the top sees of each layer, in pixels of the image."""
    _, svg, _ = drawn(receptive_field, [(3, 1), (3, 2), (2, 1)])
    top, second, first, image = cells(svg)
    assert [len(row) for row in (top, second, first, image)] == [1, 2, 5, 7]
    assert np.mean(image) == pytest.approx(top[0])
    assert second == pytest.approx([np.mean(first[:3]), np.mean(first[2:])])
    assert first == pytest.approx([np.mean(image[at : at + 3]) for at in range(5)])
    assert svg.count("<path") == 2 * (1 + 2 + 5)


def test_a_receptive_field_is_told_in_words(drawn):
    """How much of each layer is seen, and with which filters."""
    alt, svg, _ = drawn(receptive_field, [(3, 2), (3, 1)])
    for said in ("capa 2: 1 valor", "capa 1: 3 valores", "imagen: 7 píxeles"):
        assert said in alt
        assert said in svg
    assert "f = 3 y stride 2, f = 3 y stride 1" in alt


def test_what_is_too_large_to_watch_is_refused_at_once():
    """No picture is drawn of thousands of windows or pixels, nor of steps that are none."""
    big = np.zeros((2000, 2000))
    small = np.zeros((3, 3))
    for wrong in (
        lambda: sliding_window(big, 2, big),
        lambda: sliding_window(big, 2, [[0]]),
        lambda: sliding_window(small, 2, [[0]], pad=500),
        lambda: sliding_window(small, 2, [[0]], stride=0),
        lambda: sliding_window(small, 2, [[0]], pad=-1),
        lambda: receptive_field([(10**4, 1)] * 2),
        lambda: receptive_field([]),
        lambda: receptive_field([(3, 0)]),
    ):
        with pytest.raises(ValueError, match=r"ventanas|píxeles|stride|capas"):
            wrong()
