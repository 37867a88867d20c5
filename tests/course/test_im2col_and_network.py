"""What labs 4 and 5 refuse that once passed, and what they accept however it is written."""

import json
import re
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from costs import catalogue, costs, group_passes, said_in
from tiny import ROOT

from grader.judging import Code, forbidden_names

CATALOGUE = catalogue("04-im2col")
SEEDS = (2023, 7, 20_000)

passes = partial(group_passes, CATALOGUE)


def pads_outside(size, kernel_size, stride, padding, dilation):
    """Add the padding after the division."""
    return tuple(
        (n - dilation * (k - 1) - 1) // stride + 1 + 2 * padding
        for n, k in zip(size, kernel_size, strict=True)
    )


def one_option_at_a_time(X, kernel_size, stride, padding, dilation):
    """Forget dilation where there is a stride."""
    return F.unfold(X, kernel_size, 1 if stride > 1 else dilation, padding, stride)


def never_together_backwards(dH, X_col, W, input_size, stride, padding, dilation):
    """Go back without an image's gradient where padding and dilation come together."""
    dW = (dH.movedim(1, 0).flatten(1) @ X_col.movedim(1, 0).flatten(1).T).reshape(W.shape)
    columns = W.flatten(1).T @ dH.flatten(2)
    dX = F.fold(columns, input_size, tuple(W.shape[2:]), dilation, padding, stride)
    return dW, dH.sum(dim=(0, 2, 3)), 0 * dX if padding and dilation > 1 else dX


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("name", "function", "alone"),
    [
        ("calculate_out", pads_outside, ("options",)),
        ("im2col", one_option_at_a_time, ("padding", "stride", "dilation")),
        ("conv_im2col_backward", never_together_backwards, ("options",)),
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


@pytest.mark.parametrize(
    ("name", "mistake", "lost"),
    [
        ("im2col", "ignores_dilation", {"im2col/dilation": 1, "im2col/combined": 3}),
        ("im2col", "channel_last", {"im2col/batch_channels": 2, "im2col/combined": 3}),
        ("col2im", "assigns", {"col2im/overlap": 2, "col2im/combined": 3}),
        (
            "conv_im2col_backward",
            "reshapes_X_col",
            {"conv_im2col_backward/batch": 2, "conv_im2col_backward/combined": 2},
        ),
        ("head_backward", "forgets_the_mean", {"head_backward/batch": 2}),
        ("head_forward", "overflowing_exponential", {"head_forward/extreme": 2}),
    ],
)
def test_a_mistake_costs_where_it_shows(name, mistake, lost):
    """A mistake in lab 4 loses the blocks of its own idea, and leaves the others'."""
    assert costs("04-im2col", name, mistake) == lost


def test_what_lab_4_says_a_mistake_costs_is_what_it_costs():
    """The example in how to work is what `ignores_dilation` loses, of what im2col is worth."""
    assert said_in("04-im2col", "no use `dilation` pierde 4 de 10 puntos")
    assert sum(costs("04-im2col", "im2col", "ignores_dilation").values()) == 4


CONVOLVES = re.compile(
    r"(^|_)(conv(olution|_|\d|transpose|$)|max_?(un)?pool)|^(lazy)?conv|maxpool", re.IGNORECASE
)


def test_every_way_of_torch_s_to_convolve_is_forbidden_in_lab_4():
    """What torch has for convolving, pooling and their gradients is flagged, whatever name it has."""
    lab = json.loads((ROOT / "source/04-im2col/04-im2col.ipynb").read_text(encoding="utf-8"))
    forbidden = lab["metadata"]["labkit"]["forbidden"]
    modules = {"torch": torch, "F": F, "torch.nn": torch.nn, "torch._C._nn": torch._C._nn}
    uses = {
        f"{where}.{name}"
        for where, module in modules.items()
        for name in dir(module)
        if CONVOLVES.search(name) and callable(getattr(module, name))
    }
    uses |= {f"torch.ops.aten.{name}" for name in ("convolution", "im2col", "col2im", "max_pool2d")}
    uses |= {"torch._C._nn.im2col", "torch._C._nn.col2im", "torch.func.grad", "torch.func.jvp"}
    assert len(uses) > 50
    missed = [
        use
        for use in sorted(uses)
        if not forbidden_names([Code("mine", f"y = {use}(x)", is_answer=True)], forbidden)
    ]
    assert missed == []
