"""Figures: what is drawn, and what is refused."""

from __future__ import annotations

import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter

from grader.figures import describe, gallery, number_grid, number_grids

mpl.use("agg")
plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def _no_figure_stays_open():
    yield
    plt.close("all")


def test_gallery_draws_each_image_with_its_title_and_its_own_pixels():
    """Each image stands under its title, and no pixel is blended with its neighbours."""
    images = [np.eye(3), np.zeros((4, 5, 1)), np.full((2, 2, 3), 9, dtype=np.uint8)]
    gallery(images, titles=["a", "b", "c"])
    axes = plt.gcf().axes
    assert [one.get_title() for one in axes] == ["a", "b", "c"]
    assert not any(one.axison for one in axes)
    for one, image in zip(axes, images, strict=True):
        (drawn,) = one.get_images()
        assert np.array_equal(drawn.get_array(), np.squeeze(image))
        assert drawn.get_interpolation() == "nearest"


def test_gallery_leaves_the_rest_of_its_last_row_empty():
    """Five images in rows of three take two rows, and the sixth place stays blank."""
    gallery([np.eye(2)] * 5, columns=3)
    assert [len(one.get_images()) for one in plt.gcf().axes] == [1, 1, 1, 1, 1, 0]


@pytest.mark.parametrize(
    ("image", "scale", "bounds"),
    [
        (np.array([[3.0, 7.0]]), None, (3, 7)),
        (np.array([[3, 7]], dtype=np.uint8), None, (0, 255)),
        (np.array([[3.0, 7.0]]), (-1, 10), (-1, 10)),
    ],
)
def test_gallery_chooses_what_is_darkest_and_what_is_lightest(image, scale, bounds):
    """Bytes keep their full range, floats take their own, and `scale` overrules both."""
    gallery([image], scale=scale)
    (drawn,) = plt.gcf().axes[0].get_images()
    assert drawn.get_clim() == bounds


def test_gallery_scales_colours_too():
    """`scale` maps the values of a colour image to 0 and 1, and clips what lies outside."""
    gallery([np.array([[[-9.0, 1.0, 9.0]]])], scale=(-3, 5))
    (drawn,) = plt.gcf().axes[0].get_images()
    assert drawn.get_array().tolist() == [[[0.0, 0.5, 1.0]]]


@pytest.mark.parametrize(
    ("images", "titles", "message"),
    [
        ([], None, "está vacía"),
        ([np.eye(2)], ["uno", "dos"], "1 imagen y 2 títulos"),
        ([np.zeros((2, 2, 4))], None, r"\(2, 2, 4\)"),
        ([np.zeros((0, 2))], None, r"\(0, 2\)"),
    ],
)
def test_gallery_refuses_what_it_cannot_draw(images, titles, message):
    """No image, another number of titles, or another shape is an error that names it."""
    with pytest.raises(ValueError, match=message):
        gallery(images, titles)


def written_in(axes):
    """Return the texts that stand in `axes`, by their place."""
    return {text.get_position(): text.get_text() for text in axes.texts}


def test_number_grid_writes_every_number_in_its_cell():
    """Each number stands in the middle of its cell, rows from the top, with a real minus sign."""
    number_grid([[1, -2.5], [2 / 3, 40]], "X")
    (axes,) = plt.gcf().axes
    assert axes.yaxis_inverted()
    assert written_in(axes) == {
        (1, -0.2): "X",
        (0.5, 0.5): "1",
        (1.5, 0.5): "−2.5",
        (0.5, 1.5): "0.67",
        (1.5, 1.5): "40",
    }


def test_number_grid_frames_a_highlighted_window():
    """A window (row, column, height, width, color) gets a tint and a frame of that colour."""
    _, axes = plt.subplots()
    number_grid(np.zeros((4, 5)), highlight=[(1, 2, 2, 3, "tab:red")], axes=axes)
    tint, frame = axes.patches[20:]
    for patch in (tint, frame):
        assert (*patch.get_xy(), patch.get_width(), patch.get_height()) == (2, 1, 3, 2)
    assert frame.get_edgecolor() == mpl.colors.to_rgba("tab:red")
    assert tint.get_facecolor() == mpl.colors.to_rgba("tab:red", 0.22)


def test_number_grids_stand_beside_each_other_with_cells_of_one_size():
    """Grids stand in a row, each in the middle of the height, and one unit is a cell in all."""
    number_grids([(np.zeros((3, 4)),), ([[7]], "Z", [(0, 0, 1, 1, "tab:green")])])
    (axes,) = plt.gcf().axes
    texts = {text: place for place, text in written_in(axes).items()}
    assert texts["7"] == pytest.approx((4 + 0.9 + 0.5, 1.5))
    assert {(cell.get_width(), cell.get_height()) for cell in axes.patches} == {(1, 1)}
    assert axes.patches[-1].get_xy() == pytest.approx((4.9, 1))


def test_number_grids_keep_their_titles_apart():
    """A title wider than its grid gets the room that it needs."""
    number_grids([([[1]], "una frase larga"), ([[2]], "otra")])
    (axes,) = plt.gcf().axes
    plt.gcf().canvas.draw()
    first, second = (t for t in axes.texts if len(t.get_text()) > 1)
    assert first.get_window_extent().x1 < second.get_window_extent().x0
    assert first.get_window_extent().x0 >= 0


def test_number_grid_refuses_what_is_no_matrix():
    """An array of three axes is an error that names its shape."""
    with pytest.raises(ValueError, match=r"\(2, 2, 2\)"):
        number_grid(np.zeros((2, 2, 2)))


@pytest.fixture
def shown(monkeypatch):
    """Return what a notebook shows in a figure's place, as a function of the figure."""
    displayed = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: displayed.append((data, raw)))

    def show(figure):
        DisplayFormatter().format(figure)
        return displayed

    return show


@pytest.mark.parametrize(
    "draw",
    [
        lambda alt: gallery([np.eye(2)], alt=alt),
        lambda alt: number_grid(np.eye(2), alt=alt),
        lambda alt: number_grids([(np.eye(2),)], alt=alt),
        lambda alt: (plt.plot([1, 2]), describe(alt)),
    ],
)
def test_a_figure_with_an_alternative_text_is_shown_as_an_image_that_has_it(draw, shown):
    """A notebook gets one image, with the text as its `alt`, whatever the text is made of."""
    draw('un "gato" de 2 × 2 & más')
    ((image, raw),) = shown(plt.gcf())
    text = "un &quot;gato&quot; de 2 × 2 &amp; más"
    assert raw
    assert image["text/html"].startswith(f'<img alt="{text}" src="data:image/png;base64,iVBOR')
    # What shows no page has the picture, and what shows no picture the words.
    assert image["image/png"].startswith(b"\x89PNG")
    assert image["text/plain"] == 'un "gato" de 2 × 2 & más'


def test_a_figure_without_alternative_text_is_shown_as_ever(shown):
    """Without `alt` nothing is changed in how a notebook shows a figure."""
    gallery([np.eye(2)])
    assert shown(plt.gcf()) == []


def test_matplotlib_waits_for_the_first_figure():
    """Importing the module alone loads no matplotlib."""
    code = "import sys, grader.figures; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
