"""Whether a figure says in words what it shows, and a narrow window shows code whole."""

import pytest
from sown import CONFIG, add, both, kinds_in, new_cell, swap
from traitlets.config import Config

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


NARROW, WIDE = "#" * 70, "#" * 71


@pytest.mark.parametrize("source", [WIDE, f"{NARROW}\n{WIDE}"])
def test_a_line_that_a_narrow_window_cuts_off_is_found(source):
    """A line of more than 70 columns is a finding, wherever it stands in what students get."""
    assert kinds_in(new_cell("code", "wide", source)) == {"too-wide"}


@pytest.mark.parametrize("source", [NARROW, "á" * 70, f"{NARROW}\n{NARROW}"])
def test_a_line_that_fits_is_left_alone(source):
    """Seventy columns fit."""
    assert kinds_in(new_cell("code", "wide", source)) == set()


def test_a_solution_may_be_wide():
    """What students don't get of a cell, and prose, which wraps, may be wider."""
    solution = swap("centre", "### END SOLUTION", f"{WIDE}\n    ### END SOLUTION")
    assert kinds_in(solution) == set()
    assert kinds_in(add("title", WIDE)) == set()


def test_a_course_says_how_wide_its_code_is(monkeypatch):
    """`c.LabRelease.columns` is the course's own width."""
    monkeypatch.setitem(CONFIG, "LabRelease", Config(columns=71))
    assert kinds_in(new_cell("code", "wide", WIDE)) == set()
