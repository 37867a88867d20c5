"""Lab 3's exercises: what their drivers observe, and who doesn't pass their groups."""

import ast

import costs
import pytest
from course import catalogue_with, verdicts

LAB = "03-conv2d-layer"


@pytest.fixture(scope="module")
def catalogue():
    """Return the course's exercises, with lab 3's solutions."""
    return costs.catalogue(LAB)


def observed(catalogue, exercise, function, group, seed):
    """Return what `function` is seen to do in each case of a group, and what torch does."""
    cases = exercise.cases(group, seed)
    seen = [catalogue.call(exercise, function, case.args) for case in cases]
    return seen, [exercise.reference(*case.args) for case in cases]


def refuse(*_, **__):
    """Refuse whatever comes."""
    raise ValueError("no")


class Refuses:
    """A layer that can't be built."""

    def __init__(self, *_, **__):
        refuse()


class Accepts:
    """A layer that takes everything."""

    def __init__(self, *_, **__):
        pass


def accept(*_):
    """Pad nothing, whatever comes."""
    return (0, 0), (0, 0)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    ("name", "functions"), [("resolve_padding", (refuse, accept)), ("Conv2D", (Refuses, Accepts))]
)
def test_neither_who_refuses_everything_nor_who_refuses_nothing_passes(
    catalogue, name, functions, seed
):
    """What is refused stands beside what isn't, so that one answer for all fails."""
    exercise = catalogue.find(name)
    at = [output.name for output in exercise.outputs].index("error")
    for function in functions:
        seen, expected = observed(catalogue, exercise, function, "errors", seed)
        assert [value[at] for value in seen] != [value[at] for value in expected]


def test_a_refusal_without_a_message_is_not_one_with_it(catalogue):
    """The driver tells a `ValueError` that explains itself from one that doesn't."""

    def resolve_padding(*_):
        raise ValueError

    exercise = catalogue.find("resolve_padding")
    seen, expected = observed(catalogue, exercise, resolve_padding, "errors", 2023)
    assert {error for _, error in seen} == {"ValueError sin mensaje"}
    assert {error for _, error in expected} == {"ValueError", "ninguno"}


def test_an_error_that_no_case_asks_for_is_the_students_own(catalogue):
    """Where a group isn't about errors, the driver lets a `ValueError` out, message and all."""
    exercise = catalogue.find("resolve_padding")
    with pytest.raises(ValueError, match="no"):
        observed(catalogue, exercise, refuse, "same", 2023)


def test_no_padding_of_one_seed_serves_the_next(catalogue):
    """Paddings are drawn: what the public seed asks is hardly asked again."""
    exercise = catalogue.find("resolve_padding")
    for group in ("basic", "same_even", "rectangular", "combined"):
        asked = [{case.args for case in exercise.cases(group, seed)} for seed in (2023, 7, 8, 9)]
        assert all(later - asked[0] for later in asked[1:])


def test_the_cell_that_adds_a_method_gives_the_class(catalogue):
    """A cell that binds another name than its own is found by what it binds."""
    backward = catalogue.find("Conv2D_backward")
    for layer in (catalogue.solution(backward), catalogue.mutant(backward, ("forgets_db",))):
        assert isinstance(layer, type)
        assert callable(layer.backward)
    assert not hasattr(catalogue.solution(catalogue.find("Conv2D")), "backward")


@pytest.mark.parametrize("name", ["ReLU", "Flatten", "Bias", "MaxPool2D", "Linear", "Sequential"])
def test_a_layer_may_let_go_of_what_backward_needed(name):
    """Who empties its cache once the gradients are out is right: forward comes before each backward."""
    catalogue = catalogue_with(name)
    exercise = catalogue.find(name)

    class Frugal(catalogue.solution(exercise)):
        """A layer that after backward is as it was built."""

        def forward(self, X):
            self.built = {key: value for key, value in vars(self).items() if key != "built"}
            return super().forward(X)

        def backward(self, dO):
            result = super().backward(dO)
            built = self.built
            vars(self).clear()
            vars(self).update(built)
            return result

    assert {g: v.message for g, v in verdicts(exercise, Frugal).items() if not v.passed} == {}


def test_drivers_need_nothing_but_numpy(catalogue):
    """What is shipped to students imports NumPy and the standard library, and no torch."""
    tree = ast.parse(catalogue.drivers("layer"))
    imported = {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module]
        )
    }
    assert imported == {"__future__", "typing", "collections.abc", "numpy"}


@pytest.mark.parametrize(
    ("name", "mistake", "lost", "said"),
    [
        (
            "Conv2D",
            "hard_codes_stride_one",
            {"Conv2D/stride": 2, "Conv2D/remainder": 1, "Conv2D/combined": 1},
            "siempre con stride 1 pierde 4 de 14 puntos: los dos de *stride*, el del resto y el de",
        ),
        (
            "Conv2D_backward",
            "averages_db",
            {"Conv2D.backward/db": 1, "Conv2D.backward/combined": 1, "Conv2D.backward/gradient": 1},
            "un `db` equivocado, 3 de 15: el suyo, el de *todo junto* y el de las derivadas parciales",
        ),
    ],
)
def test_a_mistake_costs_what_lab_3_says(name, mistake, lost, said):
    """What how to work tells of a mistake is what it loses, and no block besides."""
    assert costs.costs(LAB, name, mistake) == lost
    assert costs.said_in(LAB, said)


@pytest.mark.parametrize(
    ("name", "mistake", "lost"),
    [
        ("Bias", "one_db_an_image", {"Bias/backward": 1}),
        ("Bias", "subtracts_bias", {"Bias/forward": 1}),
        ("conv_block", "conv_keeps_a_bias", {"conv_block/combined": 1}),
        ("MaxPool2D", "stride_is_pool_size", {"MaxPool2D/stride": 2, "MaxPool2D/combined": 1}),
        # What shows only in a layer that is used twice, or beside another one.
        ("Conv2D", "weights_in_the_class", {"Conv2D/parameters": 2, "Conv2D/combined": 1}),
        ("Conv2D", "options_in_the_class", {"Conv2D/combined": 1}),
        ("Conv2D", "input_in_the_class", {"Conv2D/combined": 1}),
        ("Conv2D", "drops_axes_of_one", {"Conv2D/remainder": 1, "Conv2D/combined": 1}),
        ("Bias", "accumulates_over_calls", {"Bias/backward": 1}),
        ("ReLU", "keeps_it_in_the_class", {"ReLU/backward": 1}),
        ("ReLU", "keeps_the_first", {"ReLU/backward": 1}),
        ("MaxPool2D", "accumulates_over_calls", {"MaxPool2D/backward": 1}),
        ("Linear", "accumulates_over_calls", {"Linear/backward": 2}),
        ("Linear", "weights_in_the_class", {"Linear/forward": 1, "Linear/backward": 2}),
        ("Sequential", "accumulates_over_calls", {"Sequential/backward": 2}),
    ],
)
def test_a_mistake_costs_where_it_shows(name, mistake, lost):
    """A mistake of one idea loses the blocks of that idea, and leaves the others'."""
    assert costs.costs(LAB, name, mistake) == lost
