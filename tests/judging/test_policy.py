"""The policy check finds forbidden names in whatever a student wrote, with their line."""

import ast

import pytest

from grader.judging import ALWAYS_FORBIDDEN, Code, Flag, forbidden_names, policy

RULES = ("eval", "F.conv2d", "functional.conv2d", "torch.autograd")
IMPORTS = "import torch\nimport torch.nn.functional as F"
GIVEN = Code("imports", IMPORTS, IMPORTS)


def flags(*sources, rules=RULES, forbidden=()):
    """Return the flags of cells below the given imports; the last one is the answer."""
    *mine, answer = sources
    codes = [Code(f"mine-{number}", source) for number, source in enumerate(mine)]
    last = Code("conv", answer, is_answer=True, forbidden=forbidden)
    return forbidden_names([GIVEN, *codes, last], rules)


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
        "pass\nimport torch.autograd.functional",
        "pass\ng = torch.autograd.grad(y, x)",
        "G = torch.nn\nG.functional.conv2d(x)",
        "G, n = torch.nn.functional, 3\nG.conv2d(x)",
        "from torch.nn.functional import *\nconv2d(x)",
        "from torch.nn import *\nfunctional.conv2d(x)",
        "class A:  op = F\nA.op.conv2d(x)",
        "self.op = F\nself.op.conv2d(x)",
        "def f(x, op=F):\n    return op.conv2d(x)",
        "(G := F)\nG.conv2d(x)",
        "def conv2d(x): return x\nF.conv2d(1)",
        "def eval(x): return x\neval('x')",
        "pass\ngetattr(F, 'conv2d')(x)",
        "pass\noperator.attrgetter('functional.conv2d')(torch.nn)",
        "pass\nF.__dict__['conv2d'](x)",
        "pass\nvars(F)['conv2d'](x)",
        "pass\nF.__getattribute__('conv2d')",
        "pass\nglobals()['F'].conv2d(x)",
        "pass\n__builtins__['eval']('x')",
        "%%time\nF.conv2d(x)",
        "%%capture out\nF.conv2d(x)",
        "%%timeit -n 3\nF.conv2d(x)",
        "%%prun -q\nF.conv2d(x)",
        "%%writefile mine.py\nop = F.conv2d",
        "\n%%time F.conv2d(x)",
        "%matplotlib inline\nF.conv2d(x)",
        "pass\n%time F.conv2d(x)",
        "pass\n%timeit -n 10 -r 2 F.conv2d(x)",
        "pass\ny = %timeit -o F.conv2d(x)",
        "!ls\nF.conv2d(x)",
        "np.pad?\nF.conv2d(x)",
        "if x:\n    %time F.conv2d(x)",
        "%%bash\npython -c 'import torch; torch.nn.functional.conv2d(x)'",
        "pass\n!echo {F.conv2d(x)}",
        "pass\nget_ipython().run_cell('F.conv2d(x)')",
    ],
)
def test_a_forbidden_name_is_found_however_it_is_reached(source):
    """A path, an alias, an import, a look-up by name and a magic are all found, on their line."""
    found = flags(source)
    assert {flag.line for flag in found} == {2}
    assert all(flag.cell == "conv" for flag in found)


def test_magics_within_magics_are_read():
    """A magic in a magic's body is read, on its own line."""
    (flag,) = flags("%%capture\n\n%%time\nF.conv2d(x)")
    assert flag.line == 4


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
        "F.conv2d?",
        "%pip install torch.autograd",
        "!pip install torch.autograd",
        "!eval x",
        "%%html\n<p>torch.autograd</p>",
        "%%time\ndef broken(:",
        "torch.nn.functional.pad(x)",
    ],
)
def test_what_only_looks_alike_is_left_alone(source):
    """Other names, comments, texts, help, installing and cells that don't run raise no flag."""
    assert flags(source, rules=[*RULES, *ALWAYS_FORBIDDEN]) == ()


def test_a_function_of_the_students_own_may_have_a_forbidden_name():
    """A name that the student defines isn't the library's, unless the library's comes with it."""
    own = "def conv2d(x): return x\nconv2d(1)"
    assert flags(own, rules=["conv2d"]) == ()
    assert len(flags("from torch.nn.functional import *", own, rules=["conv2d"])) == 1


def test_a_flag_says_what_and_where():
    """A flag names the cell, the line of the first use, and the full name that was used."""
    (flag,) = flags("x = 1\ny = eval('x')\nz = eval('y')")
    assert flag == Flag("conv", 2, "uses eval, which is forbidden here")


def test_names_are_followed_from_cell_to_cell():
    """An alias made in one cell is the same name in another, and each cell is flagged itself."""
    found = flags("G = torch.nn", "op = G.functional", "op.conv2d(x)")
    assert [flag.cell for flag in found] == ["conv"]
    assert "torch.nn.functional.conv2d" in found[0].what
    assert [flag.cell for flag in flags("op = F.conv2d", "op(x)")] == ["mine-0", "conv"]


def test_what_an_answer_may_not_use_it_may_not_have_others_use():
    """A name forbidden to one exercise is looked for in all that its answer uses, and only there."""
    helper = "def help_me(x): return F.unfold(x)"
    assert flags(helper, "np.pad(x)", forbidden=("unfold",)) == ()
    (flag,) = flags(
        helper, "def between(x): return help_me(x)", "between(x)", forbidden=("unfold",)
    )
    assert flag.cell == "mine-0"


def test_what_was_given_is_not_flagged_unless_an_answer_uses_it():
    """The given lines of a changed cell are the instructor's, until an answer is made of them."""
    given = "table = [F.conv2d]\nprint(table)"
    changed = Code("see-it", given + "\nprint(1)", given)
    answer = Code("conv", "np.pad(x)", is_answer=True)
    assert forbidden_names([GIVEN, changed, answer], RULES) == ()
    added = Code("see-it", given + "\nop = F.conv2d", given)
    assert [f.line for f in forbidden_names([GIVEN, added, answer], RULES)] == [3]
    uses = Code("conv", "table[0](x)", is_answer=True)
    assert [f.cell for f in forbidden_names([GIVEN, changed, uses], RULES)] == ["see-it"]
    as_given = Code("see-it", given, given)
    assert forbidden_names([GIVEN, as_given, uses], RULES) == ()


@pytest.mark.parametrize(
    "source", ["x = 1\n" * 100_000, "%time 1\n" * 400, "%%time\n" * 3_000 + "1", "%%capture\n" * 20]
)
def test_what_would_take_long_to_read_is_flagged_as_unread(source):
    """A cell that is too long, or has magics beyond reason, is a person's to read."""
    (flag,) = flags(source)
    assert "can't be read for forbidden names" in flag.what


@pytest.mark.parametrize(
    "source",
    [
        "x" + ".a" * 90_000,
        "f" + "(1)" * 60_000,
        "f(x)" + ".a()" * 3_000,
        "(" * 5_000 + ")" * 5_000,
        "\n".join(f"a{n} = a{n + 1}" for n in range(10_000)),
        "\n".join(f"a = b{n}\nb{n} = a" for n in range(5_000)),
        "x = a" + ".a" * 2_000 + "\nx = x.x",
        "!" + "a." * 20_000,
    ],
)
def test_no_name_is_written_out_without_end(source, monkeypatch):
    """Chains and names that stand for each other are looked at a bounded number of times."""
    nodes = 0
    walk = ast.walk

    def counted(tree):
        nonlocal nodes
        for node in walk(tree):
            nodes += 1
            yield node

    longest = 0
    written_out = policy._Whole.written_out

    def measured(self, use):
        nonlocal longest
        for written in written_out(self, use):
            longest = max(longest, len(written))
            yield written

    monkeypatch.setattr(ast, "walk", counted)
    monkeypatch.setattr(policy._Whole, "written_out", measured)
    assert flags(source) == ()
    assert nodes < 5 * len(source)
    assert longest < 1_000


def test_a_notebook_has_so_many_flags_and_no_more():
    """A submission full of forbidden names doesn't fill the instructor's screen."""
    assert len(flags(*["eval('x')"] * 100)) == policy.MOST_FLAGS
