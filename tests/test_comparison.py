"""Comparison goes type, shape, NaN, values, and names the first thing that differs."""

import numpy as np
import pytest

from grader.comparison import Output, difference
from grader.observation import Opaque, Tensor

OUT = Output("Z", ("fila", "columna"))
EXPECTED = np.arange(6.0).reshape(2, 3)


def said(expected, got, output=OUT, **options):
    """Return what is said of a difference, and of the first place; nothing if there is none."""
    found = difference(expected, got, output, **options)
    assert bool(found) == bool(found.told)
    return " ".join(filter(None, [found.told, found.first]))


def changed(index, value):
    """Return EXPECTED with one value replaced."""
    array = EXPECTED.copy()
    array[index] = value
    return array


@pytest.mark.parametrize(
    ("got", "sentence"),
    [
        (None, "Z es None (¿falta el return?)"),
        (EXPECTED.tolist(), "Z es una lista de Python y se esperaba un array"),
        (3.0, "Z es un float"),
        (Opaque("set"), "Z es un objeto set"),
        (Tensor(EXPECTED), "Z es un tensor de torch"),
        (EXPECTED[:1], "en el eje 0 (fila) hay 1 y deben ser 2"),
        (EXPECTED.T, "en el eje 0 (fila) hay 3 y deben ser 2, en el eje 1 (columna) hay 2"),
        (EXPECTED[None], "tiene 3 ejes y deben ser 2"),
        (EXPECTED + 0j, "dtype complex128 y se esperaban números reales"),
        (changed((1, 0), np.nan), "El primero está en Z[1, 0] (fila 1, columna 0)"),
        (changed((0, 2), 7), "Z[0, 2] (fila 0, columna 2): se esperaba 2 y llegó 7"),
    ],
)
def test_the_first_difference_is_named(got, sentence):
    """Each kind of difference has its own sentence, with the axis or the index."""
    assert sentence in said(EXPECTED, got)


def test_infinities_and_nans_agree_with_their_like():
    """What isn't finite where it should be is named; where it is expected, it agrees."""
    expected = np.array([[np.inf, -np.inf, np.nan, 1.0]])
    assert said(expected, expected.copy(), OUT) == ""
    assert "se esperaba inf y llegó -inf" in said(expected, -expected, OUT)
    assert said(expected, np.array([[np.inf, -np.inf, np.nan, 2.0]]), OUT) != ""
    assert "no es un número finito" in said(np.ones((1, 2)), np.array([[1, np.inf]]), OUT)


def test_integers_that_lose_decimals_are_told():
    """An integer array where decimals are expected says that the dtype is the reason."""
    assert "pierde los decimales" in said(EXPECTED + 0.5, EXPECTED.astype(int), OUT)


@pytest.mark.parametrize(
    ("expected", "got", "sentence"),
    [
        (3, 3.0, "Z es 3.0 (float) y se esperaba 3 (int)"),
        (3, np.float64(3.5), "Z es 3.5 (float) y se esperaba 3 (int)"),
        (((1, 1), (0, 2)), ((1, 1), (0, 2.0)), "Z[1][1] es 2.0 (float) y se esperaba 2 (int)"),
        (
            np.arange(3),
            np.arange(3.0),
            "Z es de decimales (float64) y se esperaban enteros (int64)",
        ),
        (Tensor(np.arange(3)), Tensor(np.arange(3.0)), "Z es de decimales (float64)"),
    ],
)
def test_a_float_is_no_integer(expected, got, sentence):
    """A size, a count or an index that came as a float, even a whole one, is told with its type."""
    assert sentence in said(expected, got)
    assert "se esperaba 2 " not in said(expected, got, reveal=False)


@pytest.mark.parametrize("got", [3, np.int32(3), np.array([3]), Tensor(np.array(3))])
def test_an_integer_may_be_of_any_library(got):
    """A whole number is one, whoever made it; and where a float is expected, so is an integer."""
    assert said(3, got) == ""
    assert said(3.0, got) == ""


def test_float32_gets_its_own_tolerance():
    """A float32 result passes within float32's tolerance, and float64 doesn't get that much."""
    near = EXPECTED * (1 + 1e-6)
    assert said(EXPECTED, near.astype(np.float32), OUT) == ""
    assert said(EXPECTED, near, OUT) != ""
    assert said(EXPECTED, near, OUT, single=True) == ""
    assert said(EXPECTED, EXPECTED.astype(np.float32) + np.float32(0.01), OUT) != ""


@pytest.mark.parametrize("mask", [bool, int, float, np.uint8])
def test_a_mask_may_be_of_any_kind(mask):
    """A mask of bool, int or float is the same mask."""
    expected = np.array([[1.0, 0.0]])
    assert said(expected, expected.astype(mask), OUT) == ""


@pytest.mark.parametrize("got", [2.5, np.float64(2.5), np.array([[2.5]]), np.float32(2.5)])
def test_a_scalar_may_be_a_one_element_array(got):
    """A number is expected: a Python or NumPy one passes, and so does an array of one element."""
    assert said(2.5, got, Output("Z")) == ""


@pytest.mark.parametrize("got", ["2.5", None, [2.5], np.ones(2), True, 2.6, float("nan")])
def test_what_is_no_such_number_is_not_a_scalar(got):
    """Text, None, lists, several values, a boolean, another number and NaN are refused."""
    assert said(2.5, got, Output("Z")) != ""


def test_tuples_and_dicts_are_compared_part_by_part():
    """A cache is compared by its parts, and the part that differs is named."""
    cache = (EXPECTED, {"stride": 1, "pad": 0})
    assert said(cache, [EXPECTED, {"stride": 1, "pad": 0}], Output("cache")) == ""
    assert "cache[1]['pad'] es 2" in said(
        cache, (EXPECTED, {"stride": 1, "pad": 2}), Output("cache")
    )
    assert "le falta 'pad'" in said(cache, (EXPECTED, {"stride": 1}), Output("cache"))
    assert "1 parte y se esperaban 2" in said(cache, (EXPECTED,), Output("cache"))
    assert "se esperaba una tupla" in said(cache, EXPECTED, Output("cache"))


def test_a_tensor_is_compared_with_a_tensor():
    """Where a tensor is expected an array won't do, and a tensor's values are compared."""
    assert said(Tensor(EXPECTED), Tensor(EXPECTED), OUT) == ""
    assert "se esperaba un tensor de torch" in said(Tensor(EXPECTED), EXPECTED, OUT)
    assert "difiere en 1 de 6" in said(Tensor(EXPECTED), Tensor(changed((0, 0), 9)), OUT)


def test_a_fresh_case_keeps_its_numbers():
    """Where nothing may be revealed, what came is told, and the expected number isn't."""
    wrong = changed((0, 2), 7)
    assert "se esperaba 2" in said(EXPECTED, wrong)
    assert said(EXPECTED, wrong, reveal=False) == (
        "Z difiere en 1 de 6 valores El primero está en Z[0, 2] (fila 0, columna 2): llegó 7."
    )
    assert said(1.5, 2.5, reveal=False) == "Z es 2.5, que no es el valor correcto"
    assert said({"n": 1.25}, {"n": 3.0}, reveal=False) == "Z['n'] es 3, que no es el valor correcto"
    assert "se esperaba True" in said({"ok": True}, {"ok": False}, reveal=False)
