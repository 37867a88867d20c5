"""Lab 5's labels earn marks when a network gave them that began as the lab's and was trained."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from grader.catalogue import Catalogue, read_sources
from grader.data import draw
from grader.exercise import Audit, Case
from grader.observation import ObservationError

ROOT = Path(__file__).parents[2]
CATALOGUE = Catalogue(read_sources(ROOT / "exercises"))
EXERCISE = CATALOGUE.find("cats_vs_dogs")
PETS = CATALOGUE._module("network.pets")
WHOLE = CATALOGUE._module("network.whole")
CELLS = {
    cell["id"]: "".join(cell["source"])
    for cell in json.loads((ROOT / "source/05-cats-vs-dogs/05-cats-vs-dogs.ipynb").read_text())[
        "cells"
    ]
}
SIDE = 8
IMAGES, LABELS = draw(100, SIDE, seed=3)


def initial(seed, n_C=16):
    """Return what the notebook's own cell makes of a seed."""
    namespace = {"np": np, "SIDE": SIDE}
    exec(CELLS["initialize"], namespace)
    return namespace["initialize_parameters"](np.random.default_rng(seed), n_C=n_C)


def trained(seed=1, n_C=16, steps=30):
    """Train a network on the pictures, as the notebook does: plain steps down the gradient."""
    leaves = WHOLE.leaves_of(initial(seed, n_C))
    optimizer = torch.optim.SGD(list(leaves.values()), lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        F.cross_entropy(scores(leaves), torch.tensor(LABELS)).backward()
        optimizer.step()
    return {name: leaf.detach().numpy().astype(np.float32) for name, leaf in leaves.items()}


def scores(leaves):
    """Return the network's scores of the pictures."""
    return WHOLE.forward(IMAGES / 127.5 - 1, leaves)[-1]


def labels_of(parameters):
    """Return the labels that the network gives."""
    return scores(WHOLE.leaves_of(parameters)).argmax(1).numpy()


def audit(parameters, labels=None):
    """Audit labels, by default the network's own."""
    labels = labels_of(parameters) if labels is None else labels
    return EXERCISE.audit(Case((IMAGES,), ""), {"labels": labels, "parameters": parameters})


HONEST = trained()


@pytest.mark.parametrize("options", [{}, {"seed": 999}, {"n_C": 6}, {"seed": 0, "steps": 2}])
def test_a_trained_network_and_its_own_labels_are_left_alone(options):
    """Whatever its seed, its number of filters and its training, nothing is said of it."""
    assert audit(trained(**options)) == Audit()


def test_many_labels_that_are_not_the_networks_are_a_problem_and_a_few_a_flag():
    """One in twenty is the limit: who averages over mirror images changes fewer."""
    labels = labels_of(HONEST)
    for changed, attribute in ((12, "problem"), (1, "flag")):
        others = np.where(np.arange(len(labels)) < changed, 1 - labels, labels)
        found = audit(HONEST, others)
        assert f"{changed} de 100 imágenes" in getattr(found, attribute)
        assert bool(found.problem) == (attribute == "problem")


def test_where_scores_nearly_tie_either_label_is_the_networks():
    """What float32 rounds either way is held against nobody."""
    tied = {**HONEST, "W2": HONEST["W2"] * 0, "b2": np.array([[1.0, 1.0 + 1e-6]])}
    assert PETS._others(IMAGES, tied, LABELS) == 0
    clear = {**tied, "b2": np.array([[1.0, 1.1]])}
    assert PETS._others(IMAGES, clear, LABELS) == np.sum(LABELS == 0)


def ridge(parameters):
    """Fit the dense layer in one go, on filters as they are."""
    *_, flat, _ = WHOLE.forward(IMAGES / 127.5 - 1, WHOLE.leaves_of(parameters))
    flat = flat.detach().numpy()
    inverse = np.linalg.inv(flat @ flat.T + np.eye(len(flat)))
    weights = flat.T @ inverse @ (2.0 * LABELS - 1)
    return {**parameters, "W2": np.stack([-weights, weights], axis=1)}


def test_filters_that_never_trained_are_a_problem_however_well_they_do():
    """A dense layer fitted on the first filters labels every picture rightly, and earns nothing."""
    first = ridge(initial(1))
    assert np.mean(labels_of(first) == LABELS) > 0.95
    assert "siguen como empezaron" in audit(first).problem
    louder = {**first, "W1": 3 * first["W1"]}
    assert "siguen como empezaron" in audit(louder).problem


def test_filters_from_elsewhere_are_a_problem():
    """Filters that no seed of the lab begins with weren't reached by training it."""
    assert "no salieron de initialize_parameters" in audit(ridge(initial(123_456))).problem


def test_a_dense_layer_from_elsewhere_is_a_problem():
    """So is a fitted dense layer on filters that moved by chance."""
    noise = 0.1 * np.random.default_rng(0).standard_normal(HONEST["W1"].shape)
    moved = {**initial(1), "W1": initial(1)["W1"] + noise}
    assert "W2 no salieron" in audit(ridge(moved)).problem


def test_a_bias_that_stayed_at_zero_is_only_flagged():
    """Who forgets the biases in the update has trained filters all the same."""
    found = audit({**HONEST, "b1": np.zeros_like(HONEST["b1"])})
    assert not found.problem
    assert "b1" in found.flag


@pytest.mark.parametrize(
    "parameters",
    [
        None,
        [],
        {},
        {"W1": 1, "b1": 2, "W2": 3, "b2": 4},
        dict.fromkeys(HONEST, np.zeros(())),
        dict.fromkeys(HONEST, np.zeros((0,))),
        {name: np.zeros_like(array) for name, array in HONEST.items()},
        {name: array.astype(int) for name, array in HONEST.items()},
        {**HONEST, "W1": HONEST["W1"] * np.nan},
        {**HONEST, "W2": HONEST["W2"] * np.float32(1e30)},
        {**HONEST, "W2": HONEST["W2"].T},
        {**HONEST, "W1": np.zeros((3, 3, 3, 100_000), np.float32)},
    ],
)
def test_what_is_no_network_of_the_lab_is_a_problem_and_not_a_crash(parameters):
    """Anything that a student hands over as a model gets a sentence."""
    assert audit(parameters, LABELS).problem


@pytest.mark.parametrize("labels", [None, "gato", [1, 0], [[1], [2, 3]], LABELS[:5], [None] * 100])
def test_what_are_no_labels_is_left_to_the_comparison(labels):
    """The audit speaks of labels that could be the network's, and of no other."""
    observed = {"labels": labels, "parameters": HONEST}
    assert EXERCISE.audit(Case((IMAGES,), ""), observed) == Audit()


def test_the_notebook_keeps_to_the_seeds_that_are_tried():
    """Its train refuses a seed under which the beginning wouldn't be found."""
    assert f"0 <= seed < {PETS.SEEDS}:" in CELLS["train"]
    W1 = initial(PETS.SEEDS - 1)["W1"].astype(float)
    assert PETS._beginning(W1.tobytes(), W1.size)[1] == PETS.SEEDS - 1


def test_the_notebook_asks_for_one_thread_before_numpy_is_there():
    """NumPy reads it once: training took six times the time with a thread for each core."""
    before, found, _ = CELLS["imports"].partition("import numpy")
    assert found
    for library in ("OPENBLAS", "MKL"):
        assert f'os.environ["{library}_NUM_THREADS"] = ' in before


def test_the_model_travels_beside_the_labels_and_only_labels_are_compared():
    """The driver sends both out as data, and facts picks the labels."""
    observed = CATALOGUE._module("network.drivers").with_model(len, IMAGES, model=HONEST)
    assert observed == {"labels": 100, "parameters": HONEST}
    assert CATALOGUE.facts(EXERCISE, (IMAGES,), observed) == 100


def test_a_network_that_learned_from_photographs_is_told_so_by_name():
    """Its labels of drawings aren't read: the message names the folder, and what to do."""
    drivers = CATALOGUE._module("network.drivers")
    with pytest.raises(ObservationError, match=r"fotos de «mis-fotos».*DATA_FOLDER = None"):
        drivers.with_model(len, IMAGES, model=HONEST, folder="mis-fotos", photos=True)


def test_a_folder_that_is_not_here_is_told_and_costs_nothing():
    """A notebook that asks for photographs which grading doesn't have is flagged, whatever it names."""
    drivers = CATALOGUE._module("network.drivers")
    observed = drivers.with_model(lambda _: labels_of(HONEST), IMAGES, HONEST, Path("mis-fotos"))
    found = EXERCISE.audit(Case((IMAGES,), ""), observed)
    assert not found.problem
    assert "mis-fotos" in found.flag


def test_the_recipe_of_the_held_out_pictures_draws_them_and_their_labels():
    """A key that holds the recipe needs no picture."""
    (case,) = EXERCISE.cases("held_out", 5)
    images, labels = case.recipe.draw()
    assert np.array_equal(images, case.args[0])
    assert np.array_equal(labels, case.answer)


def test_numbers_that_torch_does_not_have_are_no_parameters():
    """Parameters in extended precision are refused in words: torch can't read them."""
    found = audit(HONEST | {"W1": HONEST["W1"].astype(np.longdouble)}, labels_of(HONEST))
    assert "cuatro arrays de números reales" in found.problem
