"""What is true of a wrong answer that no known mistake explains is said in one sentence."""

from dataclasses import replace

import numpy as np
import pytest
from course import catalogue_with, verdicts

from grader.comparison import Output
from grader.key import Asked, Brief, GroupBrief
from grader.observation import Call, Tensor, freeze
from grader.verdicts.cases import Seen
from grader.verdicts.near import near_miss

AXES = ("imagen del lote", "alto", "ancho", "canal")
BRIEF = Brief(
    name="layer",
    topic="layers",
    parameters=("A_prev", "hparameters"),
    outputs=(Output("Z", AXES),),
    groups={"basic": GroupBrief("caso básico", ("Z",))},
)
SHAPES = ((2, 5, 6, 3), (3, 6, 5, 4))


def arrays(seed=0):
    """Return two expected arrays, of different sizes."""
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape) for shape in SHAPES]


def seen(expected, got, at=0, **options):
    """Return a case whose function answered `got`."""
    args = (np.ones((len(expected), 7, 7, 5)), {"stride": 2, "pad": 1} | options)
    asked = Asked(args, "", expected)
    return Seen(BRIEF, "basic", at, ("Z",), asked, Call(freeze(got)), reveal=True)


def told(wrong, expected=None, **options):
    """Return what is said of a function that makes `wrong` of what was expected."""
    pairs = expected or arrays()
    return near_miss([seen(one, wrong(one), at, **options) for at, one in enumerate(pairs)])


def last_everywhere(a):
    """Fill an array with what its last window holds."""
    return np.broadcast_to(a[:, -1:, -1:, :], a.shape).copy()


def only(index, axis):
    """Return a mistake that is right at one index of an axis only."""

    def wrong(a):
        new = a + 1 + np.random.default_rng(3).standard_normal(a.shape)
        place = [slice(None)] * a.ndim
        place[axis] = index
        new[tuple(place)] = a[tuple(place)]
        return new

    return wrong


def but(index, axis):
    """Return a mistake that is wrong at one index of an axis only."""

    def wrong(a):
        new = a.copy()
        place = [slice(None)] * a.ndim
        place[axis] = index
        new[tuple(place)] = np.random.default_rng(3).standard_normal(new[tuple(place)].shape)
        return new

    return wrong


def inside(a):
    """Change an array in its inside only."""
    new = a.copy()
    new[:, 1:-1, 1:-1] = np.random.default_rng(5).standard_normal(new[:, 1:-1, 1:-1].shape)
    return new


def border(a):
    """Change an array in its border only."""
    new = np.random.default_rng(5).standard_normal(a.shape)
    new[:, 1:-1, 1:-1] = a[:, 1:-1, 1:-1]
    return new


BIAS = np.array([1.0, -2.0, 0.5, 3.0])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (np.zeros_like, "Z es todo ceros"),
        (np.negative, "con el signo contrario"),
        (lambda a: a * 1.5, "multiplicado por 1.5"),
        (lambda a: a * 2, "multiplicado por 2"),
        (lambda a: a / 2, "multiplicado por 0.5"),
        (lambda a: a * len(a), "multiplicado por la cantidad de imágenes del lote"),
        (lambda a: a / len(a), "dividido por la cantidad de imágenes del lote"),
        (lambda a: a + 0.25, "lo mismo en todas las posiciones: mira"),
        (lambda a: a + BIAS[: a.shape[-1]], "en todas las posiciones de cada canal"),
        (lambda a: 3 * a + BIAS[: a.shape[-1]], "multiplicado por 3"),
        (lambda a: a.swapaxes(1, 2), "sus ejes vienen en el orden (0, 2, 1, 3)"),
        (lambda a: a.ravel(), "están en orden: solo le falta su forma"),
        (lambda a: a[:, ::-1], "al revés en el eje 1 (alto)"),
        (
            lambda a: np.roll(a, 1, 2) + np.eye(a.shape[2], 1)[:, 0, None] * 9,
            "hacia adelante en el eje 2",
        ),
        (lambda a: np.roll(a, -1, 1), "hacia atrás en el eje 1 (alto)"),
        (lambda a: np.maximum(a, 0), "vale 0 donde debía ser negativo"),
        (lambda a: a * (1 + 1e-6), "solo difiere en el redondeo"),
        (last_everywhere, "el valor que corresponde solo a la última ventana"),
        (lambda a: a[:, :-1], "le falta el final"),
        (
            lambda a: np.pad(a, ((0, 0), (0, 2), (0, 0), (0, 0)), constant_values=7),
            "le sobra el final",
        ),
        (lambda a: np.pad(a, ((0, 0), (1, 1), (1, 1), (0, 0))), "con un marco alrededor que sobra"),
        (only(0, 0), "solo es correcto en el primer índice del eje 0 (imagen del lote)"),
        (only(-1, 3), "solo es correcto en el último índice del eje 3 (canal)"),
        (but(-1, 1), "es correcto menos en el último índice del eje 1 (alto)"),
        (but(0, 2), "es correcto menos en el primer índice del eje 2 (ancho)"),
        (inside, "es correcto en el borde y difiere solo por dentro"),
        (border, "es correcto por dentro y difiere solo en el borde"),
    ],
)
def test_a_relation_is_named(wrong, said):
    """Each way in which an answer is nearly right has its own sentence."""
    assert said in told(wrong)


def test_an_argument_that_came_back_is_named():
    """An answer that is an argument, as it came, is called by the argument's name."""
    cases = []
    for at in range(2):
        case = seen(arrays()[at], arrays()[at])
        got = case.asked.args[0]
        cases.append(seen(arrays()[at], got, at))
    assert near_miss(cases) == "Z es igual a `A_prev`, tal como llegó"


def test_nothing_is_said_of_an_answer_that_is_like_nothing():
    """Random numbers are close to nothing, and nothing is guessed, on 200 seeds."""
    for seed in range(200):
        rng = np.random.default_rng(1000 + seed)
        assert told(lambda a, rng=rng: rng.standard_normal(a.shape), arrays(seed)) == ""


def test_a_relation_must_hold_in_every_case():
    """What is so in one case and not in the next isn't said."""
    one, other = arrays()
    cases = [seen(one, -one), seen(other, other + 1, 1)]
    assert near_miss(cases) == ""


def test_a_factor_that_may_be_two_things_is_a_number():
    """Where a factor is the same in all cases, no size is named that has that value, too."""
    same = [np.random.default_rng(s).standard_normal((2, 4, 5, 3)) for s in (1, 2)]
    said = told(lambda a: a * 2, same)
    assert said == "Z es correcto, pero multiplicado por 2"


def test_what_tells_right_cases_from_wrong_ones_is_named():
    """A function that is right for one stride, or for square images, hears so."""
    right, wrong = arrays()
    rng = np.random.default_rng(7)
    noise = rng.standard_normal(wrong.shape)
    cases = [seen(wrong, noise, 1, stride=stride) for stride in (2, 3, 4)]
    elsewhere = [seen(right, right, stride=1) for _ in range(3)]
    assert near_miss(cases, elsewhere) == (
        "sale bien cuando `hparameters['stride']` es 1, y mal en los demás casos"
    )
    assert near_miss(cases, elsewhere[:1]) == ""
    square = rng.standard_normal((2, 4, 4, 2))
    cases = [seen(square, square) for _ in range(3)] + [seen(wrong, noise, 1) for _ in range(3)]
    assert near_miss(cases) == "sale bien con imágenes cuadradas, y mal con las que no lo son"


def test_a_factor_is_named_by_what_other_groups_show():
    """Which size a factor is, that one case can't tell, the cases of other groups do."""
    cases = [seen(one, one / len(one), at) for at, one in enumerate(arrays())]
    assert near_miss(cases[:1]) == "Z es correcto, pero multiplicado por 0.5"
    said = near_miss(cases[:1], cases[1:])
    assert said == "Z es correcto, pero dividido por la cantidad de imágenes del lote"


def test_a_frame_may_be_wide():
    """Who is wrong in a frame of two places hears that the inside is right."""

    def framed(a):
        wrong = a + 1 + np.arange(a.size).reshape(a.shape) ** 2
        wrong[:, 2:-2, 2:-2] = a[:, 2:-2, 2:-2]
        return wrong

    large = [np.random.default_rng(s).standard_normal((2, 8, 7, 3)) for s in (1, 2)]
    assert told(framed, large) == "Z es correcto por dentro y difiere solo en el borde"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda z: -z, "Z es correcto, pero con el signo contrario"),
        (lambda z: 3 * z, "Z es correcto, pero multiplicado por 3"),
        (
            lambda z: max(z, 0.0),
            "Z es correcto donde es positivo, y vale 0 donde debía ser negativo",
        ),
        (
            lambda z: float(int(z)),
            "Z perdió los decimales: busca dónde algo se redondea o se convierte en entero",
        ),
        (lambda z: round(z, 2), "Z solo tiene 2 decimales: no hay que redondear"),
        (lambda z: z**2, ""),
    ],
)
def test_numbers_of_several_cases_are_looked_at_together(wrong, said):
    """What is true of a number shows in several cases, those of other groups too."""
    numbers = [float(z) for z in np.random.default_rng(3).standard_normal(7) * 9]
    cases = [seen_number(z, wrong(z), at) for at, z in enumerate(numbers)]
    assert near_miss(cases[:2], cases[2:]) == said


def test_an_array_in_the_place_of_a_number_is_like_nothing():
    """Where numbers were expected and arrays came, nothing is said of numbers."""
    got = np.ones(4)
    assert near_miss([seen_number(1.5, got, 0), seen_number(2.5, got, 1)]) == ""


def seen_number(expected, got, at):
    """Return a case of an exercise that answers with a number."""
    brief = replace(BRIEF, outputs=(Output("Z"),))
    asked = Asked((np.ones(3), {}), "", expected)
    return Seen(brief, "basic", at, ("Z",), asked, Call(freeze(got)), reveal=True)


def test_outputs_in_another_order_are_known_as_right():
    """Whoever mixes up the order of what is returned hears so, whatever the order."""
    names = ("dX", "dF", "db")
    brief = replace(BRIEF, outputs=tuple(map(Output, names)))
    rng = np.random.default_rng(0)
    dX, dF, db = (rng.standard_normal(shape) for shape in ((2, 3), (4, 5), (4,)))

    def said(got):
        asked = Asked((dX,), "", (dX, dF, db))
        return near_miss([Seen(brief, "basic", 0, names, asked, Call(freeze(got)), reveal=True)])

    for got in ((dF, db, dX), (dX, db, dF), (db, dF, dX)):
        told = "lo que devuelves es correcto, pero en otro orden: se devuelve dX, dF, db"
        assert said(got) == told
    assert "orden" not in said((dF, db, dX + 1))
    assert "orden" not in said((dX, dF))


@pytest.mark.parametrize(
    "got",
    [
        None,
        "gato",
        [1, [2, 3]],
        {"a": np.ones(3)},
        np.zeros((0, 5)),
        np.full((2, 5, 6, 3), np.nan),
        np.full((2, 5, 6, 3), 1e308),
        np.ones((2, 5, 6, 3), bool),
        np.ones((2, 5, 6, 3), np.float16) * 60000,
        np.ones((2, 5, 6, 3)) + 1j,
        Tensor(np.ones((2, 5, 6, 3))),
        np.float64(3),
        10**400,
    ],
)
def test_any_answer_may_come(got):
    """An answer of any form has a sentence or none, and never an exception."""
    case = seen(arrays()[0], 0)
    object.__setattr__(case, "call", Call(got))
    assert isinstance(near_miss([case]), str)


@pytest.mark.parametrize(
    "kind", [lambda a: a.reshape(1, 1), lambda a: a.item(), lambda a: a.copy()]
)
def test_right_numbers_of_another_kind_are_called_neither_rounded_nor_turned(kind):
    """Where only the form or the kind of a right value is wrong, nothing is said of its numbers."""
    expected = [np.array([number]) for number in (0.25, -1.5, 3.0)]
    assert told(kind, expected) == ""


def test_a_mask_is_no_value_without_its_decimals():
    """Zeros and ones near what was expected, as a mask's, aren't called what was rounded."""
    rng = np.random.default_rng(5)
    expected = [rng.uniform(-1, 1, shape) for shape in SHAPES]
    assert "decimales" not in told(lambda a: (a > 0).astype(float), expected)
    assert "decimales" in told(np.trunc, [9 * one for one in arrays()])


def test_cases_of_two_and_of_four_axes_are_looked_at_apart():
    """What a layer gets wrong in images and in rows has no relation in common, and no crash either."""
    catalogue = catalogue_with("ReLU")
    exercise = catalogue.find("ReLU")

    class Leaky(catalogue.solution(exercise)):
        """A ReLU that lets a part of the negative values pass, and rolls the gradient."""

        def forward(self, X):
            return np.where(super().forward(X) > 0, X, 0.01 * X)

        def backward(self, dO):
            return np.roll(super().backward(dO), 1)

    found = verdicts(exercise, Leaky)
    assert not found["forward"].passed
    assert not found["backward"].passed
    assert "corrid" not in found["forward"].message


def test_right_outputs_are_in_no_other_order():
    """A layer that only changes its argument is told that, and not that its outputs are moved."""
    catalogue = catalogue_with("Bias")
    exercise = catalogue.find("Bias")

    class InPlace(catalogue.solution(exercise)):
        """A Bias that adds itself to what it was given."""

        def forward(self, X):
            X += self.bias[:, np.newaxis, np.newaxis]
            return X

    said = verdicts(exercise, InPlace)["forward"]
    assert "cambió su argumento" in said.message
    assert "otro orden" not in said.message + said.hint
