"""Hashes reproduce the course's figures and refuse what isn't a number."""

import numpy as np
import pytest
from course import catalogue_with

from grader.hashes import (
    array_hash,
    array_matches,
    scalar_hash,
    scalar_matches,
    string_hash,
    string_matches,
)

SEED = 2023


def torch_of(exercise):
    """Return the torch oracle of an exercise."""
    return catalogue_with(exercise).find(exercise).reference


@pytest.fixture
def layer():
    """The layer of the course's figures: 10 images of 7×7×5, 8 filters of 3×3, pad 1, stride 1."""
    np.random.seed(SEED)
    A_prev = np.random.randn(10, 7, 7, 5)
    W = np.random.randn(3, 3, 5, 8)
    b = np.random.randn(1, 1, 1, 8)
    return A_prev, W, b, {"stride": 1, "pad": 1}


def test_zero_pad_has_the_courses_hash():
    """A padded batch made from seed 2023 has the hash that the course prints."""
    np.random.seed(SEED)
    x_pad = torch_of("zero_pad")(np.random.randn(4, 3, 3, 2), 2)
    assert array_matches(x_pad, ((4, 7, 7, 2), -1274.231087426035))


def test_conv_single_step_has_the_courses_hash():
    """One step of convolution on seed 2023 has the scalar hash that the course prints."""
    np.random.seed(SEED)
    a, W, b = np.random.randn(4, 3, 3), np.random.randn(4, 3, 3), np.random.randn(1, 1, 1)
    Z = torch_of("conv_single_step")(a, W, b)
    assert pytest.approx(17.154767154043057) == Z
    assert scalar_matches(Z, "0x92594c5b")


def test_conv_forward_has_the_courses_hashes(layer):
    """The layer's output, its cached input and the output's mean have the course's hashes."""
    Z, cache = torch_of("conv_forward")(*layer)
    assert array_matches(Z, ((10, 7, 7, 8), 2116728.6653762255))
    assert array_matches(cache[0], ((10, 7, 7, 5), -12937.39104655015))
    assert scalar_matches(np.mean(Z), "0xb416d11a")


def test_conv_backward_has_the_courses_hashes(layer):
    """The three gradients of the layer have the course's hashes."""
    Z, cache = torch_of("conv_forward")(*layer)
    dA, dW, db = torch_of("conv_backward")(Z, cache)
    assert array_matches(dA, ((10, 7, 7, 5), 5720525.244018247))
    assert array_matches(dW, ((3, 3, 5, 8), -2261214.2801842494))
    assert array_matches(db, ((1, 1, 1, 8), 11211.666220998337))


def test_booleans_count_as_zero_and_one():
    """A mask of booleans has the course's hash, and so has the same mask of numbers."""
    np.random.seed(SEED)
    x = np.random.randn(2, 3)
    for dtype in (bool, int, float):
        assert array_matches((x == x.max()).astype(dtype), ((2, 3), 2.5393446629166316))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (10260.319168811471, "0xd574bb64"),
        (0.0, "0x75c2e82a"),
        (5 / 49, "0x23121715"),
        (5.0, "0x4954468"),
    ],
)
def test_scalars_have_the_courses_hashes(value, expected):
    """A number's hash is the CRC-32 of its six digits, without zeros in front."""
    assert scalar_hash(value) == expected
    assert scalar_matches(value, expected)


def test_a_scalar_on_the_edge_of_rounding_still_matches():
    """A value whose sixth digit is on the edge matches the hash of either side."""
    below, above = 1.234565 - 1e-9, 1.234565 + 1e-9
    assert scalar_hash(below) != scalar_hash(above)
    assert scalar_matches(below, scalar_hash(above))


def test_array_hash_sees_order_and_shape():
    """Swapped values and another shape both change what array_hash returns."""
    shape, value = array_hash([1.0, 2.0, 3.0])
    assert array_hash([3.0, 2.0, 1.0]) != (shape, value)
    assert not array_matches([[1.0, 2.0, 3.0]], (shape, value))


def test_array_matches_within_its_tolerance_only():
    """A hash matches within 1e-5 relative and no further."""
    shape, value = array_hash(np.arange(100.0))
    assert array_matches(np.arange(100.0), (shape, value * (1 + 0.9e-5)))
    assert not array_matches(np.arange(100.0), (shape, value * (1 + 1.2e-5)))


def test_array_hash_leaves_nans_out():
    """NaNs take no part in the hash, and an array of them alone hashes to 0 without a warning."""
    assert array_hash([1.0, np.nan])[1] == pytest.approx(1 + 1 + 1 + 1 + 0 + 1 + 0)
    assert array_hash([np.nan]) == ((1,), 0.0)


def test_array_hash_of_nothing_is_zero():
    """An empty array has its shape and the hash 0."""
    assert array_hash(np.zeros((0, 3))) == ((0, 3), 0.0)


@pytest.mark.parametrize("bad", [np.array(["a"]), np.array([None]), np.array([1j])])
def test_array_hash_refuses_what_is_not_real(bad):
    """Texts, objects and complex numbers are a TypeError that names the dtype."""
    with pytest.raises(TypeError, match=str(bad.dtype)):
        array_hash(bad)


def test_scalar_matches_takes_an_array_of_one_element():
    """A one-element array counts as its number; two elements are a TypeError."""
    assert scalar_matches(np.array([[5.0]]), "0x4954468")
    with pytest.raises(TypeError, match="one real number"):
        scalar_matches(np.array([5.0, 5.0]), "0x4954468")


def test_strings_hash_whatever_their_case():
    """A text matches in any case, accents included, and another text doesn't."""
    assert string_matches("CORRELACIÓN", string_hash("correlación"))
    assert not string_matches("correlacion", string_hash("correlación"))
