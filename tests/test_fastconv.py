"""The fast convolution and pooling give what torch gives, also where the labs leave it open."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from grader import fastconv
from grader.checks import observe
from grader.exercises.cases import find
from grader.judging import judge
from grader.observation import Observation
from grader.session import Check, Session, current_session, use_session

SEEDS = (2023, 7, 20_000)
NAMES = ("conv_forward", "conv_backward", "pool_forward", "pool_backward")


@pytest.fixture(autouse=True)
def home_again():
    """Put back the session that a test replaced."""
    session = current_session()
    yield
    use_session(session)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", NAMES)
def test_it_solves_the_exercise_of_the_same_name(name, seed):
    """Every case of the labs' own exercise passes: strides, remainders, overlap, float32, caches."""
    use_session(Session(seed=seed, judge=lambda _check, _observation: None))
    exercise = find(name)
    calls = observe(getattr(fastconv, name), exercise, exercise.groups)
    check = Check("check_torch", {"name": name, "group": None})
    verdict = judge(check, Observation("", 0, "check_torch", calls={name: calls}), seed=seed)
    assert verdict.passed, verdict.message


def test_pooling_gives_a_tie_to_the_first_as_torch_does():
    """Where a window's largest value stands twice, the first place gets the whole gradient."""
    rng = np.random.default_rng(0)
    A_prev = rng.integers(0, 3, (3, 7, 6, 2)).astype(float)
    leaf = torch.tensor(A_prev).permute(0, 3, 1, 2).requires_grad_()
    A = F.max_pool2d(leaf, 3, 2)
    dA = torch.tensor(rng.standard_normal(A.shape))
    (expected,) = torch.autograd.grad(A, leaf, dA)
    cache = (A_prev, {"f": 3, "stride": 2})
    got = fastconv.pool_backward(dA.permute(0, 2, 3, 1).numpy(), cache)
    np.testing.assert_allclose(got, expected.permute(0, 2, 3, 1).numpy())


def test_float32_stays_float32():
    """Nothing on the way turns float32 into float64, which would cost twice the memory and time."""
    rng = np.random.default_rng(0)
    shapes = ((2, 6, 6, 3), (3, 3, 3, 4), (1, 1, 1, 4))
    A_prev, W, b = (rng.standard_normal(shape).astype(np.float32) for shape in shapes)
    Z, conv_cache = fastconv.conv_forward(A_prev, W, b, {"stride": 1, "pad": 1})
    results = [Z, *fastconv.conv_backward(Z, conv_cache)]
    for mode in ("max", "average"):
        A, pool_cache = fastconv.pool_forward(Z, {"f": 2, "stride": 2}, mode)
        results += [A, fastconv.pool_backward(A, pool_cache, mode)]
    assert {result.dtype for result in results} == {np.dtype(np.float32)}
