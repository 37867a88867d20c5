"""Tests of lab 6's exercises: what is observed is data, and what degenerate data says is nothing."""

import copy
import json
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from grader.catalogue import Catalogue, read_sources
from grader.observation import ObservationError, Tensor, freeze

ROOT = Path(__file__).parents[2]
LAB = ROOT / "source" / "06-pytorch"
SEED = 7


def solutions():
    """Return the texts of the lab's solution cells."""
    cells = json.loads((LAB / "06-pytorch.ipynb").read_text(encoding="utf-8"))["cells"]
    marked = [(c["metadata"].get("nbgrader", {}), "".join(c["source"])) for c in cells]
    return {
        mine["grade_id"]: text
        for (mine, text), c in zip(marked, cells, strict=True)
        if mine.get("solution") and c["cell_type"] == "code"
    }


COURSE = Catalogue(read_sources(ROOT / "exercises"), solutions())
NAMES = [e.name for e in COURSE if e.topic == "pytorch" and not e.sealed]


def seen(exercise, function, case):
    """Return what crosses to the judge: frozen data."""
    return freeze(COURSE.call(exercise, function, copy.deepcopy(case.args)))


def agrees(exercise, group, case, observed):
    """Tell whether what was observed is what torch answers."""
    want = freeze(exercise.reference(*copy.deepcopy(case.args)))
    try:
        got = COURSE.facts(exercise, case.args, observed)
        got = freeze(got) if exercise.facts else got
    except (TypeError, ValueError, LookupError, AttributeError):
        return False
    if len(exercise.outputs) == 1:
        return same(want, got)
    if not isinstance(got, tuple | list) or len(got) != len(want):
        return False
    compared = exercise.compared_in(group)
    parts = zip(exercise.outputs, want, got, strict=True)
    return all(same(w, g) for output, w, g in parts if output.name in compared)


def same(want, got):
    """Tell whether two frozen values are the same."""
    if isinstance(want, dict):
        return isinstance(got, dict) and all(k in got and same(v, got[k]) for k, v in want.items())
    if isinstance(want, str | tuple | list) or want is None:
        return want == got
    if isinstance(want, Tensor) and not isinstance(got, Tensor):
        return False
    if got is None or isinstance(got, str):
        return False
    w, g = (np.asarray(getattr(v, "array", v)) for v in (want, got))
    return w.shape == g.shape and np.allclose(w, g, atol=1e-4, rtol=1e-4)


def earned(name, function, seeds=(SEED,)):
    """Return the groups that a function earns."""
    exercise = COURSE.find(name)

    def right(group, case):
        try:
            return agrees(exercise, group, case, seen(exercise, function, case))
        except Exception:  # noqa: BLE001 - a wrong solution may raise anything
            return False

    return {
        group
        for group in exercise.groups
        if all(right(group, case) for seed in seeds for case in exercise.cases(group, seed))
    }


def mutant(name, mistake):
    """Return what a student who makes a mistake writes."""
    exercise = COURSE.find(name)
    return COURSE.mutant(exercise, (mistake,))


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_earns_every_group(name):
    """The instructor's own solution earns each group of its exercise."""
    exercise = COURSE.find(name)
    assert earned(name, COURSE.solution(exercise)) == set(exercise.groups)


def nothing(*_, **__):
    """Return None."""
    return


def always_raises(*_, **__):
    """Raise, whatever comes."""
    raise ValueError


def first_argument(*args, **_):
    """Return what came, untouched."""
    return args[0] if args else 0


def zeros(*_, **__):
    """Return constants."""
    return 0.0, 0.0


def ready_model(*args, **_):
    """Return what came, in eval mode."""
    return args[0].eval()


def tensor_of_zeros(X, *_, **__):
    """Return zeros of a likely shape."""
    return torch.zeros(len(X), 3, *X.shape[1:3])


DEGENERATE = (nothing, always_raises, first_argument, zeros, ready_model, tensor_of_zeros)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("function", DEGENERATE)
def test_what_does_nothing_earns_nothing(name, function):
    """Functions that return nothing, an argument, a constant or an error earn no group."""
    assert earned(name, function) == set()


@pytest.mark.parametrize("name", [n for n in NAMES if COURSE.find(n).facts])
def test_data_of_other_cases_earns_nothing(name):
    """Data that was recorded on the public cases says nothing of fresh ones."""
    exercise = COURSE.find(name)
    solution = COURSE.solution(exercise)
    for group in exercise.groups:
        pairs = zip(exercise.cases(group, 2023), exercise.cases(group, SEED), strict=True)
        recorded = [(fresh, seen(exercise, solution, public)) for public, fresh in pairs]
        assert not all(agrees(exercise, group, fresh, data) for fresh, data in recorded), group


class Network(nn.Module):
    """One convolution and its mean over the image."""

    def __init__(self, size):
        super().__init__()
        del size
        self.conv, self.fc = nn.Conv2d(3, 64, 3, padding=1), nn.Linear(64, 2)

    def forward(self, X):
        """Answer."""
        return self.fc(F.relu(self.conv(X)).mean((2, 3)))


class Constant(Network):
    """It answers 0 to everything."""

    def forward(self, X):
        """Answer."""
        return torch.zeros(len(X), 2) + 0 * super().forward(X)


class Noise(Network):
    """It answers anything."""

    def forward(self, X):
        """Answer."""
        return torch.randn(len(X), 2) + 0 * super().forward(X)


class InAList(Network):
    """Its convolution is in a list."""

    def __init__(self, size):
        super().__init__(size)
        self.layers = [[self.conv]]
        del self.conv

    def forward(self, X):
        """Answer."""
        return self.fc(F.relu(self.layers[0][0](X)).mean((2, 3)))


class Beside(nn.Module):
    """A linear classifier of mean colours, beside a convolution that does nothing."""

    def __init__(self, size):
        super().__init__()
        del size
        self.conv, self.fc = nn.Conv2d(3, 1, 1), nn.Linear(3 * 16 * 16, 2)

    def forward(self, X):
        """Answer."""
        return self.fc(F.adaptive_avg_pool2d(X, 16).flatten(1)) + 1e-6 * self.conv(X).mean()


@pytest.mark.parametrize("network", [Constant, Noise])
def test_a_network_that_looks_at_no_image_earns_nothing(network):
    """Answers that don't depend on the image earn no group of PetNet."""
    assert earned("PetNet", network) == set()


@pytest.mark.parametrize("group", ["parameters", "learning"])
def test_layers_in_a_list_are_named_whatever_else_the_network_is(group):
    """A list of layers leaves the same facts as the mistake of that name, which say so."""
    exercise = COURSE.find("PetNet")
    (case,) = exercise.cases(group, SEED)
    facts = [
        COURSE.facts(exercise, case.args, seen(exercise, network, case))
        for network in (InAList, mutant("PetNet", "layers_in_a_list"))
    ]
    assert facts[0] == facts[1]
    assert "en una lista de Python" in str(facts[0])


@pytest.mark.parametrize(
    ("container", "told"),
    [
        (list, "en una lista de Python"),
        (tuple, "en una tupla de Python"),
        (lambda layers: dict(enumerate(layers)), "en un diccionario de Python"),
    ],
)
def test_the_container_in_which_layers_hide_is_named(container, told):
    """Who keeps layers in a tuple isn't told of a list."""

    class Hidden(InAList):
        def __init__(self, size):
            super().__init__(size)
            self.layers = container(self.layers)

    exercise = COURSE.find("PetNet")
    (case,) = exercise.cases("parameters", SEED)
    facts = COURSE.facts(exercise, case.args, seen(exercise, Hidden, case))
    assert told in str(facts)


def test_layers_that_the_network_also_holds_may_stand_in_a_list():
    """A list of layers that nn.Module knows too is no fault."""

    class Twice(Network):
        def __init__(self, size):
            super().__init__(size)
            self.layers = [self.conv, nn.ReLU()]

    assert "parameters" not in earned("PetNet", InAList)
    exercise = COURSE.find("PetNet")
    (case,) = exercise.cases("parameters", SEED)
    observed = seen(exercise, Twice, case)
    assert not observed["hidden"]


def test_a_convolution_that_does_nothing_is_told():
    """A network whose answers don't depend on its convolutions loses its parameters group."""
    exercise = COURSE.find("PetNet")
    (case,) = exercise.cases("parameters", SEED)
    facts = COURSE.facts(exercise, case.args, seen(exercise, Beside, case))
    assert facts["tiene convoluciones (nn.Conv2d)"]
    assert not facts["lo que responde depende de sus convoluciones"]


def test_labels_of_new_images_stay_outside():
    """The student's process gets labels of the images to learn from, and of no others."""
    (case,) = COURSE.find("PetNet").cases("learning", SEED)
    _, _, X, labels, new = case.args
    assert len(labels) == len(X) < len(new)


def never_trains(model, loader, loss_function, optimizer, augment=None):
    """Return the right loss, and take no step."""
    del optimizer, augment
    losses = [loss_function(model(X), y).item() * len(y) for X, y in loader]
    return sum(losses) / len(loader.dataset)


def test_who_never_trains_earns_nothing():
    """A train_one_epoch that takes no step earns no group, though its loss is right."""
    assert earned("train_one_epoch", never_trains) == set()


def test_a_dataset_transforms_each_time_that_it_is_asked():
    """Transforming once, when the dataset is built, loses the transform group alone."""
    every = set(COURSE.find("PetDataset").groups)
    assert earned("PetDataset", mutant("PetDataset", "transforms_once")) == every - {"transform"}


def test_weights_only_has_to_be_said():
    """Leaving weights_only to what torch takes by itself isn't safe."""

    def load_weights(model, path):
        model.load_state_dict(torch.load(path))
        return model.eval()

    assert earned("load_weights", load_weights) == {"basic", "eval_mode"}


class Untrained(nn.Module):
    """A linear network that never learned."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3 * 32 * 32, 2)

    def forward(self, X):
        """Answer."""
        return self.fc(X.flatten(1))


@pytest.fixture(scope="module")
def held_out():
    """The sealed exercise and its case."""
    exercise = COURSE.find("cats_vs_dogs_torch")
    (case,) = exercise.cases("held_out", SEED)
    return exercise, case


def beside(exercise, case, predict, model, **more):
    """Return what is observed of a predict and a model."""
    drivers = COURSE._module("pytorch.drivers")

    def to_tensor(images):
        return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1

    given = {"model": model, "to_tensor": to_tensor, **more}
    return freeze(getattr(drivers, exercise.driver)(predict, case.args[0], **given))


def test_a_predict_that_asks_its_model_is_not_flagged(held_out):
    """Labels that are the network's own raise no flag, however few are right."""
    exercise, case = held_out
    torch.manual_seed(0)
    model = Untrained()

    def predict(images):
        X = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1
        return model(X).argmax(dim=1).numpy()

    observed = beside(exercise, case, predict, model)
    assert exercise.audit(case, observed).flag == ""
    assert np.array_equal(COURSE.facts(exercise, case.args, observed), predict(case.args[0]))


def test_a_network_that_learned_from_photographs_is_told_so_by_name(held_out):
    """Its labels of drawings aren't read: the message names the folder, and what to do."""
    exercise, case = held_out
    with pytest.raises(ObservationError, match=r"fotos de «mis-fotos».*DATA_FOLDER = None"):
        beside(exercise, case, lambda _: case.answer, None, folder="mis-fotos", photos=True)


def test_a_folder_that_is_not_here_is_told_and_costs_nothing(held_out):
    """A notebook that asks for photographs which grading doesn't have is flagged, and judged as any."""
    exercise, case = held_out
    model = Untrained()

    def predict(images):
        X = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1
        return model(X).argmax(dim=1).numpy()

    observed = beside(exercise, case, predict, model, folder=Path("mis-fotos"))
    found = exercise.audit(case, observed)
    assert not found.problem
    assert "mis-fotos" in found.flag
    assert np.array_equal(COURSE.facts(exercise, case.args, observed), predict(case.args[0]))


@pytest.mark.parametrize("careful", [torch.no_grad, torch.inference_mode])
def test_either_way_to_take_no_notes_is_right(careful):
    """An evaluate under no_grad earns what one under inference_mode does."""
    exercise = COURSE.find("evaluate")
    mistaken = mutant("evaluate", "forgets_no_grad")

    def evaluate(model, loader):
        with careful():
            return mistaken(model, loader)

    assert earned("evaluate", evaluate) == set(exercise.groups)


@pytest.mark.parametrize(
    ("mistake", "kept"),
    [("upside_down", "shift"), ("flips_none", "shift"), ("rows_only", "flip"), ("rolls", "flip")],
)
def test_who_moves_wrongly_one_way_keeps_the_other(mistake, kept):
    """A wrong mirror leaves the marks of shifting, and a wrong shift those of the mirror."""
    assert earned("move_images", mutant("move_images", mistake)) == {kept}


class Total(nn.Module):
    """A network whose answer is one number, with no axis at all."""

    def __init__(self):
        """Have a weight without axes."""
        super().__init__()
        self.w = nn.Parameter(torch.ones(()))

    def forward(self, X):
        """Return the sum of all pixels."""
        return (X * self.w).sum()


@pytest.mark.parametrize("model", [Untrained(), None, nn.Identity(), Total()])
def test_a_predict_that_does_better_than_its_model_is_flagged(held_out, model):
    """Right labels beside a network that never learned, or none, are for a person to look at."""
    exercise, case = held_out
    found = exercise.audit(case, beside(exercise, case, lambda _: case.answer, model))
    assert found.flag
    assert not found.problem
