"""What labs 4 and 5 refuse that once passed, and what they accept however it is written."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from grader.catalogue import Catalogue, read_sources

CATALOGUE = Catalogue(read_sources(Path(__file__).parents[2] / "exercises"))
SEEDS = (2023, 7, 20_000)


def plain(value):
    """Return what came of a call as nested lists of arrays."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, tuple | list):
        return [plain(part) for part in value]
    return np.asarray(value, dtype=float)


def agree(one, other):
    """Tell whether two results agree, within the tolerance that checks have."""
    if isinstance(one, list):
        return len(one) == len(other) and all(map(agree, one, other))
    scale = max(1.0, np.abs(other).max(initial=0.0))
    return one.shape == other.shape and bool(np.abs(one - other).max() <= 1e-7 * scale)


def passes(name, group, function, seed):
    """Tell whether `function` answers every case of a group as torch does, in what it compares."""
    exercise = CATALOGUE.find(name)

    def compared(result):
        outputs = [output.name for output in exercise.outputs]
        results = [result] if len(outputs) == 1 else result
        pairs = zip(outputs, results, strict=True)
        return plain([one for output, one in pairs if output in exercise.compared_in(group)])

    return all(
        agree(
            compared(CATALOGUE.call(exercise, function, copy.deepcopy(case.args))),
            compared(exercise.reference(*case.args)),
        )
        for case in exercise.cases(group, seed)
    )


def pads_outside(size, kernel_size, stride, padding, dilation):
    """Add the padding after the division."""
    return tuple(
        (n - dilation * (k - 1) - 1) // stride + 1 + 2 * padding
        for n, k in zip(size, kernel_size, strict=True)
    )


def one_option_at_a_time(X, kernel_size, stride, padding, dilation):
    """Forget dilation where there is a stride."""
    return F.unfold(X, kernel_size, 1 if stride > 1 else dilation, padding, stride)


def never_together(X, W, b, stride, padding, dilation):
    """Return zeros where a stride and a padding come together."""
    right = F.conv2d(X, W, b, stride, padding, dilation)
    return 0 * right if stride > 1 and padding else right


def never_together_backwards(dH, W, input_size, stride, padding, dilation):
    """Go back without dilation where there is a padding."""
    if padding and dilation > 1:
        return dH.new_zeros(len(dH), W.shape[1], *input_size)
    columns = W.flatten(1).T @ dH.flatten(2)
    return F.fold(columns, input_size, tuple(W.shape[2:]), dilation, padding, stride)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("name", "function", "alone"),
    [
        ("calculate_out", pads_outside, ("padding", "stride", "dilation")),
        ("im2col", one_option_at_a_time, ("padding", "stride", "dilation")),
        ("conv_naive", never_together, ("padding", "stride", "dilation")),
        ("input_backward", never_together_backwards, ("options",)),
    ],
)
def test_who_is_right_about_each_option_alone_loses_all_at_once(name, function, alone, seed):
    """The combined group rejects what every group of one option lets through."""
    assert all(passes(name, group, function, seed) for group in alone)
    assert not passes(name, "combined", function, seed)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "guard",
    [
        lambda A: np.maximum(A, 1e-12),
        lambda A: A + 1e-8,
        lambda A: np.clip(A, 1e-15, 1),
        lambda A: np.clip(A, 1e-7, 1 - 1e-7),
    ],
)
def test_any_guard_of_the_logarithm_passes(guard, seed):
    """The cases of cross_entropy don't tell one usual way to avoid log(0) from another."""

    def cross_entropy(A, Y):
        return -np.sum(Y * np.log(guard(A))) / len(Y)

    for group in CATALOGUE.find("cross_entropy").groups:
        assert passes("cross_entropy", group, cross_entropy, seed)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("name", "group", "idle"),
    [
        ("relu", "cache", lambda Z: (Z, Z)),
        ("update_parameters", "untouched", lambda parameters, *_: parameters),
        ("col2im", "gaps", lambda cols, size, *_: torch.zeros(len(cols), 1, *size).double()),
        ("one_hot_encode", "absent", lambda labels, n: np.eye(n)[np.zeros(labels.size, int)]),
    ],
)
def test_a_group_about_what_must_not_happen_isnt_passed_by_doing_nothing(name, group, idle, seed):
    """Who hands back the input, zeros or the same row has done none of it."""
    assert not passes(name, group, idle, seed)
