"""Whether a figure says in words what it shows."""

import pytest
from sown import add, both, kinds_in, new_cell

PLOT = "import matplotlib.pyplot as plt\n_, axes = plt.subplots()\naxes.plot([1, 2])"

SILENT = {
    "no alt": "gallery([[[1, 2]]])",
    "an empty alt": 'number_grids([([[1, 2]],)], alt="")',
    "one of two": 'gallery([[[1, 2]]], alt="dos números")\ngallery([[[1, 2]]])',
    "by its module": "figures.number_grid([[1, 2]])",
    "pyplot": PLOT,
    "pyplot by another name": "from matplotlib import pyplot\npyplot.plot([1, 2])",
    "pyplot by its whole name": "import matplotlib.pyplot\nmatplotlib.pyplot.plot([1, 2])",
    "an empty description": f'{PLOT}\ndescribe(" ")',
}

TOLD = {
    "alt": 'gallery([[[1, 2]]], alt="una matriz")',
    "a computed alt": 'number_grid([[1, 2]], alt=f"una matriz de {rows} filas")',
    "a part of a figure": f'{PLOT}\nnumber_grid([[1, 2]], axes=axes)\ndescribe("una línea")',
    "what only looks like a figure": "plot([1, 2])\nscreen.imshow()",
}


@pytest.mark.parametrize("source", SILENT.values(), ids=SILENT)
def test_a_figure_without_a_word_is_found(source):
    """A helper without `alt`, and a cell that draws with pyplot without `describe`, are findings."""
    assert kinds_in(new_cell("code", "figure", source)) == {"no-alt"}


@pytest.mark.parametrize("source", TOLD.values(), ids=TOLD)
def test_a_figure_that_says_what_it_shows_is_left_alone(source):
    """An `alt`, also a computed one, or a description of the whole figure is enough."""
    assert kinds_in(new_cell("code", "figure", source)) == set()


def test_pyplot_is_known_in_the_cells_below_its_import():
    """The import may stand in another cell than the drawing."""
    seed = both(
        add("imports", "from matplotlib import pyplot"),
        new_cell("code", "figure", "pyplot.plot([1, 2])"),
    )
    assert kinds_in(seed) == {"no-alt"}


@pytest.mark.parametrize(
    "text", ["![](https://x.org/a.png)", '<img src="https://x.org/a.png">', '<img alt="" src=//x>']
)
def test_an_image_in_the_text_without_a_word_is_found(text):
    """An image of Markdown, or a tag, says what it shows."""
    assert kinds_in(add("title", text)) == {"no-alt"}


@pytest.mark.parametrize(
    "text", ["![un gato](https://x.org/a.png)", '<img src="https://x.org/a.png" alt="un gato">']
)
def test_an_image_in_the_text_with_a_word_is_left_alone(text):
    """Words in its brackets, or in `alt`, are enough."""
    assert kinds_in(add("title", text)) == set()
