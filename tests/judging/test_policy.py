"""The policy check finds forbidden names in solution cells, with their line."""

import pytest

from grader.judging import ALWAYS_FORBIDDEN, Flag, forbidden_names

RULES = ("eval", "F.conv2d", "functional.conv2d", "torch.autograd")


@pytest.mark.parametrize(
    "source",
    [
        "def f(x):\n    return eval('x')",
        "def f(x):\n    return F.conv2d(x)",
        "def f(x):\n    return torch.nn.functional.conv2d(x)",
        "import torch.nn.functional as G\nG.conv2d(x)",
        "pass\nfrom torch.nn.functional import conv2d",
        "pass\nfrom torch import autograd",
        "pass\nimport torch.autograd",
        "pass\ng = torch.autograd.grad(y, x)",
    ],
)
def test_a_forbidden_name_is_found_however_it_is_reached(source):
    """A call, a dotted path, an alias and an import are all found, on their line."""
    flags = forbidden_names("conv", source, RULES)
    assert {flag.line for flag in flags} == {2}
    assert all(flag.cell == "conv" for flag in flags)


@pytest.mark.parametrize(
    "source",
    [
        "def conv2d(x):\n    return x\nconv2d(1)",
        "model.eval_loss()",
        "model.eval()",
        "# eval(x)",
        "text = 'F.conv2d'",
        "def broken(:",
        "for m in model.modules(): pass",
        "np.exp(x)",
    ],
)
def test_what_only_looks_alike_is_left_alone(source):
    """Other names, comments, texts and cells that don't parse raise no flag."""
    assert forbidden_names("conv", source, [*RULES, *ALWAYS_FORBIDDEN]) == ()


def test_a_flag_says_what_and_where():
    """A flag names the cell, the line and the full name that was used."""
    (flag,) = forbidden_names("pad", "x = 1\ny = eval('x')", RULES)
    assert flag == Flag("pad", 2, "uses eval, which is forbidden here")
