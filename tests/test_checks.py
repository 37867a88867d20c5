"""Checks observe a student's function and say what a fair teacher would say."""

import linecache
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
import torch
from course import find, key_of
from IPython.core.interactiveshell import InteractiveShell

from grader import (
    CheckFailed,
    UnknownNameError,
    check_gradient,
    check_hash,
    check_same,
    check_scalar,
    check_str,
    check_torch,
    last_failure,
    marks,
    reset_marks,
    string_hash,
)
from grader.judging import judge
from grader.key import Key
from grader.observation import Observation, Tensor, failure_of
from grader.observing import data_globals, observe
from grader.session import (
    Check,
    FailedCase,
    Panel,
    Session,
    Verdict,
    current_session,
    use_session,
)

KEY = key_of("zero_pad")


def zero_pad(X, pad):
    """Pad as lab 1 asks."""
    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))


def conv_single_step(a_slice_prev, W, b):
    """Take one step as lab 1 asks."""
    return np.sum(a_slice_prev * W) + b


def conv_forward(A_prev, W, b, hparameters):
    """Convolve with the two helpers above."""
    stride, pad = hparameters["stride"], hparameters["pad"]
    f, n_C = W.shape[0], W.shape[3]
    A_pad = zero_pad(A_prev, pad)
    n_H, n_W = ((n - f) // stride + 1 for n in A_pad.shape[1:3])
    Z = np.zeros((len(A_prev), n_H, n_W, n_C))
    for i, h, w, c in np.ndindex(Z.shape):
        window = A_pad[i, h * stride : h * stride + f, w * stride : w * stride + f]
        Z[i, h, w, c] = conv_single_step(window, W[..., c], b[..., c]).item()
    return Z, (A_prev, W, b, hparameters)


def test_a_failed_check_in_a_notebook_shows_its_reason_and_none_of_our_code(capsys):
    """Outside a marks block the cell ends, and a student reads ✗ and the reason, without a traceback."""
    shell = InteractiveShell()
    ran = shell.run_cell(
        "from grader import check_str\ncheck_str('perro', '0x58fe718a')\nafter = 1"
    )
    shown = capsys.readouterr().out
    assert isinstance(ran.error_in_exec, CheckFailed)
    assert shown.strip() == f"✗ {ran.error_in_exec}"
    assert "after" not in shell.user_ns


def fails(function, *arguments, **options):
    """Return the message with which a check fails."""
    with pytest.raises(CheckFailed) as caught:
        function(*arguments, **options)
    return str(caught.value)


def test_a_correct_function_passes_and_says_how_much_was_checked(capsys):
    """A passing check says how many cases agreed with torch and within which tolerance."""
    assert check_torch(zero_pad)
    assert (
        "zero_pad: 11 casos, igual que torch (tolerancia relativa 1e-07)" in capsys.readouterr().out
    )


def test_a_one_element_array_counts_as_a_scalar():
    """conv_single_step may return an array of shape (1, 1, 1)."""
    assert check_torch(conv_single_step)


def test_the_exercise_can_be_named():
    """A function of another name is checked as the exercise that `name` says."""
    assert check_torch(partial(zero_pad), name="zero_pad")


def test_an_unknown_exercise_suggests_the_likely_one():
    """A misspelt exercise, group or output is an error that names the one that was meant."""
    with pytest.raises(UnknownNameError, match=r"'zero_padd': ¿querías decir 'zero_pad'"):
        check_torch(zero_pad, name="zero_padd")
    with pytest.raises(UnknownNameError, match=r"grupo 'no_pading': ¿querías decir 'no_padding'"):
        check_torch(zero_pad, "no_pading")
    with pytest.raises(UnknownNameError, match=r"resultado 'Xpad': ¿querías decir 'X_pad'"):
        check_torch(zero_pad, outputs=("Xpad",))


def test_what_is_no_function_is_refused():
    """Giving the result instead of the function is a TypeError that says so."""
    with pytest.raises(TypeError, match="necesita la función misma y llegó ndarray"):
        check_torch(np.zeros(3))


def test_in_a_block_a_function_of_another_name_is_the_blocks_exercise(capsys):
    """A student who binds another function to the exercise's name is still checked on it."""
    reset_marks()
    renamed = partial(zero_pad)
    with marks(1, "zero_pad/basic"):
        assert check_torch(renamed, "basic")
    assert "✓" in capsys.readouterr().out


def test_a_broken_helper_is_named_first():
    """When a function's helper fails its own cases, the message begins with the helper."""

    def zero_pad(X, pad):
        return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)), constant_values=1)

    rebound = type(conv_forward)(
        conv_forward.__code__, {**globals(), "zero_pad": zero_pad}, "conv_forward"
    )
    message = fails(check_torch, rebound, "basic")
    assert message.startswith("Primero arregla `zero_pad`, que `conv_forward` usa")
    assert check_torch(conv_forward, "basic")


def test_a_function_that_reads_globals_is_told_which():
    """A wrong function that reads the notebook's data instead of its arguments is told its name."""
    space = {"np": np, "pad": 1}
    exec("def zero_pad(X, width): return np.pad(X, ((0,0),(pad,pad),(pad,pad),(0,0)))", space)
    message = fails(check_torch, space["zero_pad"], "basic")
    assert "tu función lee `pad` del notebook" in message


def test_constants_and_helpers_are_no_data():
    """Names in capitals, modules and functions don't count as the notebook's data; nested code does."""
    space = {"np": np, "EPS": 1e-8, "A_prev": np.zeros(3), "helper": None}
    exec(
        "def helper(x): return [A_prev for _ in x]\n"
        "def f(x): return np.sum(helper(x)) + EPS + len(x)",
        space,
    )
    assert data_globals(space["f"]) == ["A_prev"]


def test_observing_does_not_share_inputs():
    """Each call gets fresh inputs: what one call changes isn't seen by the next."""

    def greedy(X, pad):
        X[...] = 0
        return zero_pad(X, pad)

    calls = observe(greedy, KEY, find("zero_pad"), ["basic"])
    again = observe(zero_pad, KEY, find("zero_pad"), ["basic"])
    for one, other in zip(calls, again, strict=True):
        assert one.arguments[0] != other.arguments[0]
        assert one.arguments[1] == other.arguments[1]
    assert all(np.abs(call.value).sum() > 0 for call in again)


def test_a_sys_exit_in_a_function_is_a_failure_like_any_other():
    """A function that calls sys.exit fails its case and doesn't end the notebook."""
    message = fails(check_torch, lambda X, pad: sys.exit(3), "basic", name="zero_pad")
    assert "lanzó SystemExit" in message


def test_a_wrong_signature_is_told_the_right_one():
    """A function that takes other arguments is told how it is called."""
    message = fails(check_torch, lambda X: X, "basic", name="zero_pad")
    assert "Se llama así: zero_pad(X, pad)" in message


def test_a_wrong_call_inside_a_function_is_not_about_its_own_signature():
    """A call with too many arguments in the student's code isn't answered with how theirs is called."""
    message = fails(check_torch, lambda X, pad: np.zeros(1, 2, 3, pad), "basic", name="zero_pad")
    assert "takes from 1 to 3 positional arguments" in message
    assert "Se llama así" not in message


def test_a_question_ends_without_a_full_stop():
    """A message whose last sentence is a question has no full stop after it."""
    message = fails(check_torch, lambda X, pad: None + pad, "basic", name="zero_pad")
    assert "había que reemplazar?" in message
    assert "?." not in message


def test_another_exception_of_the_same_kind_is_no_named_mistake():
    """A ValueError that says something else doesn't get the hint of a mistake that raises one."""

    def unpacks(X, pad):
        a, b = X.shape
        return a + b

    message = fails(check_torch, unpacks, "no_padding", name="zero_pad")
    assert "too many values to unpack" in message
    assert "Pista" not in message


def test_a_right_result_that_changed_its_input_gets_no_other_hint():
    """An in-place change of a right result is told as such, and not by another mistake's name."""

    def careless(X, pad):
        result = zero_pad(X, pad)
        X += 1
        return result

    message = fails(check_torch, careless, "no_padding", name="zero_pad")
    assert "cambió su argumento `X`" in message
    assert "Pista" not in message


def test_numpy_24s_typeerror_is_explained():
    """The TypeError of float(array) on a newer NumPy comes with what to write instead."""

    def newer(a_slice_prev, W, b):
        raise TypeError("only 0-dimensional arrays can be converted to Python scalars")

    message = fails(check_torch, newer, "basic", name="conv_single_step")
    assert "b.item()" in message


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([1.0, 2.0], "llegó una lista y se esperaba un array de forma (2,)"),
        (np.zeros(3), "tiene forma (3,) y se esperaba (2,)"),
        (np.array([1.0, np.nan]), "no son números finitos"),
        (np.array([1.0, 2.5]), "la forma (2,) es correcta, pero los valores no"),
        (None, "llegó None y se esperaba un array"),
        (np.array(["a", "b"]), "se espera un array de números"),
    ],
)
def test_check_hash_says_what_is_wrong(value, said):
    """A hash check goes type, shape, finite, values, and says which of them failed."""
    assert said in fails(check_hash, value, ((2,), 9.0))


def test_check_scalar_takes_a_number_only():
    """A matching number passes, another is shown, and an array of two is refused."""
    assert check_scalar(np.float32(5.0), "0x4954468")
    assert "llegó 4, que no es el valor esperado" in fails(check_scalar, 4, "0x4954468")
    assert "se esperaba un solo número" in fails(check_scalar, np.ones(2), "0x4954468")


def test_check_str_compares_whatever_the_case():
    """A text passes in any case; another text and a number fail."""
    assert check_str("Correlación", string_hash("correlación"))
    assert "que no es la respuesta" in fails(check_str, "suma", string_hash("correlación"))
    assert "se esperaba un texto" in fails(check_str, 3, string_hash("correlación"))


def test_check_same_says_where_arrays_differ():
    """Arrays within the tolerance pass; the message of others gives the worst place and values."""
    a = np.arange(6.0).reshape(2, 3)
    assert check_same(a, a + 1e-13)
    b = a.copy()
    b[1, 2] += 0.5
    assert "la mayor diferencia es 0.5 en el índice (1, 2) (5.5 contra 5)" in fails(
        check_same, b, a
    )
    assert "tiene forma (6,)" in fails(check_same, a.ravel(), a)
    assert "finitos" in fails(check_same, np.where(a == 0, np.nan, a), a)


def test_check_same_takes_a_tensor():
    """A torch tensor and an array of the same values are the same."""
    assert check_same(torch.ones(3, dtype=torch.float64), np.ones(3))


def test_check_gradient_counts_what_it_checked(capsys):
    """A right gradient passes, with the number of partial derivatives and of random inputs."""
    pair = (lambda x, w: x @ w, lambda g, x, w: (g @ w.T, x.T @ g))
    assert check_gradient(pair, {"x": (2, 3), "w": (3, 4)}, samples=5)
    assert "90 derivadas parciales en 5 entradas aleatorias" in capsys.readouterr().out


def test_check_gradient_finds_the_worst_derivative():
    """A wrong gradient fails with the entry, its numeric derivative and the student's."""

    def backward(g, x):
        gradient = 2 * x * g
        gradient[1, 2] *= -1
        return gradient

    message = fails(check_gradient, (lambda x: x**2, backward), {"x": (2, 3)})
    assert "x[1, 2]: la derivada numérica es" in message


def test_check_gradient_checks_a_layers_parameters():
    """A layer's parameters are perturbed in place, found by the names that `returns` gives."""

    class Scale:
        def __init__(self):
            self.w = np.array([1.5, -2.0])
            self.sign = 1

        def forward(self, x):
            self.x = x
            return x * self.w

        def backward(self, g):
            return self.sign * (g * self.x).sum(0), g * self.w

    layer = Scale()
    assert check_gradient(layer, {"x": (3, 2)}, returns=("w", "x"))
    layer.sign = -1
    assert ", en w[" in fails(check_gradient, layer, {"x": (3, 2)}, returns=("w", "x"))


def test_check_gradient_copies_what_backward_returns():
    """A layer that writes its next gradients into the same array is still judged by the first ones."""

    class Reuses:
        def __init__(self):
            self.buffer = np.zeros((2, 3))

        def forward(self, x):
            self.buffer[...] = 7
            return x**2

        def backward(self, g):
            self.buffer[...] = 2 * self.x * g
            return self.buffer

    layer = Reuses()
    forward = layer.forward

    def remember(x):
        layer.x = x.copy()
        return forward(x)

    layer.forward = remember
    assert check_gradient(layer, {"x": (2, 3)}, samples=1)


def test_check_gradient_names_a_wrong_shape_and_a_wrong_number():
    """A gradient of another shape, or too few of them, is said plainly."""
    flat = (lambda x: x**2, lambda g, x: (2 * x * g).ravel())
    assert "tiene forma (6,) y debe tener la de x, (2, 3)" in fails(
        check_gradient, flat, {"x": (2, 3)}
    )
    short = (lambda x, w: x * w, lambda g, x, w: (g * w,))
    assert "devolvió 1 gradiente y se esperaban 2: x, w" in fails(
        check_gradient, short, {"x": (2,), "w": (2,)}
    )


def test_check_gradient_fails_on_nan():
    """A gradient of NaNs fails: a comparison with NaN is never small."""
    nan = (lambda x: x**2, lambda g, x: np.full_like(x, np.nan))
    assert "error relativo de inf" in fails(check_gradient, nan, {"x": (2,)})


def test_importing_grader_loads_nothing_heavy():
    """`import grader` brings in neither torch, matplotlib, nbgrader, dask nor IPython."""
    code = (
        "import sys, grader; heavy = {'torch', 'matplotlib', 'nbgrader', 'dask', 'distributed', "
        "'IPython', 'PIL'}; print(sorted(heavy & {name.partition('.')[0] for name in sys.modules}))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_hash_checks_work_without_torch():
    """Where torch can't be imported, hash checks still answer."""
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import numpy as np\nfrom grader import array_hash, check_hash\n"
        "print(check_hash(np.eye(2), array_hash(np.eye(2))))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip().endswith("True")


def defined(source, name, **more):
    """Run a cell's source, and return what it defines by a name."""
    file = f"<{name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    space = {"np": np, "__name__": "__main__", **more}
    exec(compile(source, file, "exec"), space)
    return space[name]


def test_a_raise_that_was_left_behind_is_named():
    """A finished function under a `raise NotImplementedError()` is told to take it away."""
    source = (
        "def zero_pad(X, pad):\n    padded = np.pad(X, pad)\n"
        "    raise NotImplementedError()\n    return padded\n"
    )
    message = fails(check_torch, defined(source, "zero_pad"), "basic")
    assert "quedó `raise NotImplementedError()` en `zero_pad`" in message
    assert "borra el raise" in message


STUB_STEP = "def conv_single_step(a_slice_prev, W, b):\n    raise NotImplementedError()\n"
FORWARD = (
    "def conv_forward(A_prev, W, b, hparameters):\n"
    "    return conv_single_step(A_prev[0], W[..., 0], b), None\n"
)


def test_a_stub_that_was_called_is_named():
    """A caller of a function that isn't written yet isn't told that it isn't written itself."""
    message = fails(check_torch, defined(STUB_STEP + FORWARD, "conv_forward"), "basic")
    assert message.startswith("Primero arregla `conv_single_step`, que `conv_forward` usa")
    assert "llama a `conv_single_step`, que todavía no está implementada" in message


def test_a_helper_that_is_not_there_is_blamed():
    """A caller of a function that no cell has defined is told so of the helper."""
    message = fails(check_torch, defined(FORWARD, "conv_forward"), "basic")
    assert message.startswith("Primero arregla `conv_single_step`")
    assert "NameError: name 'conv_single_step' is not defined" in message
    assert "Al calificar, `conv_forward` se prueba aparte" in message


def test_a_right_helper_called_wrongly_is_not_blamed():
    """An exception in a right helper is told with the student's line that called it."""
    source = (
        "def zero_pad(X, pad):\n"
        "    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))\n"
        "def conv_backward(dZ, cache):\n    return zero_pad(cache[0].shape, 1), 0, 0\n"
    )
    message = fails(check_torch, defined(source, "conv_backward"), "basic")
    assert "de `zero_pad`, a la que llamó tu línea `return zero_pad(cache[0].shape, 1), 0, 0`" in (
        message
    )
    assert "`zero_pad` pasa sus propios casos: revisa qué le das" in message


def test_a_helper_that_only_fails_without_padding_is_blamed_where_all_is_combined():
    """What a helper gets wrong in a group of its own is told in its caller's "combined" as well."""
    source = (
        "def zero_pad(X, pad):\n    X_pad = np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))\n"
        "    X_pad[:, pad:-pad, pad:-pad, :] = X\n    return X_pad\n"
        "def conv_backward(dZ, cache):\n    return zero_pad(cache[0], 0), 0, 0\n"
    )
    message = fails(check_torch, defined(source, "conv_backward"), "combined")
    assert message.startswith("Primero arregla `zero_pad`, que `conv_backward` usa")


def test_a_name_that_is_missing_in_a_function_is_told_with_its_line():
    """A NameError within a function that the cell itself calls names the function's line."""
    source = "def zero_pad(X, pad):\n    return np.pad(X, padding)\n"
    with pytest.raises(NameError) as caught:
        defined(source, "zero_pad")(np.ones(2), 1)
    here = sys._getframe().f_code.co_name
    failure = failure_of(caught.value, within=here)
    told = judge(Check("marks"), Observation("a/b", 0, "marks", failure=failure), Key()).message
    assert "en la línea `return np.pad(X, padding)`" in told
    assert "nada que se llame `padding`" in told


def test_a_helper_that_returns_axes_for_a_number_is_named():
    """A caller that fails on a helper's array of one element is told of the helper's shape."""
    source = (
        "def conv_single_step(a_slice_prev, W, b):\n    return np.sum(a_slice_prev * W) + b\n"
        "def conv_forward(A_prev, W, b, hparameters):\n"
        "    step = conv_single_step(A_prev[0, :3, :3], W[..., 0], b[..., 0])\n"
        "    return f'{step:.3f}', None\n"
    )
    message = fails(check_torch, defined(source, "conv_forward"), "basic")
    assert message.startswith("Primero arregla `conv_single_step`")
    assert "devuelve un array de forma (1, 1, 1) donde se espera un número" in message


@pytest.mark.parametrize("name", ["Z", "A", "W", "X", "A_prev", "DATA"])
def test_an_array_is_data_whatever_its_name(name):
    """An array or a tensor that a function reads from the notebook is told, in capitals or not."""
    source = f"def zero_pad(X_, pad):\n    return {name}\n"
    for data in (np.ones(2), torch.ones(2)):
        assert data_globals(defined(source, "zero_pad", **{name: data})) == [name]


def test_data_that_a_class_reads_is_told():
    """What the methods of the notebook's classes read counts, when a function uses the class."""
    source = (
        "class Padder:\n    def pad(self, X):\n        return X[:stride]\n"
        "def zero_pad(X, pad):\n    return Padder().pad(X)\n"
    )
    assert data_globals(defined(source, "zero_pad", stride=2)) == ["stride"]


def test_a_change_hidden_in_the_callers_is_seen():
    """A function that also changes whatever its callers hold has changed its argument still."""

    def sly(X, pad):
        result = zero_pad(X, pad)
        frame = sys._getframe(1)
        while frame:
            for value in list(frame.f_locals.values()):
                for one in (value, *getattr(value, "args", ())):
                    if isinstance(one, np.ndarray) and one.shape == X.shape:
                        one[...] = 7
            frame = frame.f_back
        return result

    message = fails(check_torch, sly, "no_padding", name="zero_pad")
    assert "cambió su argumento `X`" in message


def test_check_same_states_the_tolerance_that_it_applied(capsys):
    """With values larger than 1 the tolerance that holds is told, and where it comes from."""
    large = np.array([1e6, 2e6])
    assert check_same(large, large + 1e-7)
    assert "la tolerancia 2e-06, que es 1e-12 por el mayor valor, 2e+06" in capsys.readouterr().out
    assert "la tolerancia 2e-06, que es 1e-12 por" in fails(check_same, large + 1, large)


# ------------------------------------------------------------------ a check that fails outside a block

PANEL = Panel("En X_pad difiere todo el borde.", "<svg></svg>")


@pytest.fixture
def judged(monkeypatch):
    """Make every check of a test come to the verdict given, or to none, with no failure before it."""
    home = current_session()
    monkeypatch.setattr("grader.failing._last_failure", [])

    def come_to(verdict, key=KEY):
        use_session(Session(1, lambda _check, _seen, _elsewhere: verdict, lambda: key))

    yield come_to
    use_session(home)


def test_outside_a_block_the_details_are_in_the_error(judged):
    """The error's message is the line, and below it what unfolds elsewhere."""
    details = ("El caso: pad = 2.",)
    judged(Verdict(passed=False, message="X_pad difiere.", details=details, panels=(PANEL,)))
    assert fails(check_str, "a", "0x0").splitlines() == [
        "X_pad difiere.",
        "    El caso: pad = 2.",
        "    En X_pad difiere todo el borde.",
    ]


def test_outside_a_block_a_notebook_shows_the_picture(judged, monkeypatch):
    """In a notebook the picture is an output, with its words, and the error doesn't repeat them."""
    shown = []
    ours = sys.modules["grader.marks"]
    monkeypatch.setattr(ours, "_in_notebook", lambda: True)
    monkeypatch.setattr(ours, "_show", lambda text, page: shown.append((text, page)))
    judged(Verdict(passed=False, message="X_pad difiere.", panels=(PANEL,)))
    assert fails(check_str, "a", "0x0") == "X_pad difiere."
    ((text, page),) = shown
    assert text == PANEL.text
    assert PANEL.svg in page
    assert PANEL.text in page


# -------------------------------------------------------------------------------- the case that failed


def failed_case(**changes):
    """Return a verdict with a case of zero_pad that failed."""
    fields = {
        "exercise": "zero_pad",
        "note": "pad = 1",
        "args": (np.ones((1, 2, 2, 1)), 1),
        "got": np.zeros((1, 4, 4, 1)),
        "expected": zero_pad(np.ones((1, 2, 2, 1)), 1),
    }
    case = FailedCase(**{**fields, **changes})
    return Verdict(passed=False, message="X_pad difiere.", case=case)


@pytest.mark.parametrize("inside", [True, False])
def test_the_case_that_failed_is_at_hand(judged, inside, capsys):
    """In a block or out of one, the last case that failed gives its arguments and both answers."""
    judged(failed_case())
    if inside:
        with marks(1, "zero_pad/basic"):
            check_str("a", "0x0")
        reset_marks()
        capsys.readouterr()
    else:
        fails(check_str, "a", "0x0")
    case = last_failure()
    assert np.array_equal(zero_pad(*case.args), case.expected)
    assert not case.got.any()
    assert case.note == "pad = 1"


def test_a_case_isnt_spoiled_by_playing(judged):
    """What is written into a case's arrays, or tuples and dictionaries of them, isn't there again."""
    inner = np.ones(2)
    judged(failed_case(args=(inner, {"stride": 1, "cache": (inner, [inner])})))
    fails(check_str, "a", "0x0")
    case = last_failure()
    first, named = case.args
    first[:] = 9
    named["stride"] = 9
    named["cache"][0][:] = 9
    named["cache"][1][0][:] = 9
    for again in (case.args, last_failure().args):
        assert again[0].tolist() == [1, 1]
        assert again[1]["stride"] == 1
        assert again[1]["cache"][0].tolist() == again[1]["cache"][1][0].tolist() == [1, 1]
    case.expected[:] = 9
    case.got[:] = 9
    assert case.expected.max() == 1
    assert not case.got.any()


def test_a_tensor_is_given_as_its_array(judged):
    """What torch returned can be looked at with NumPy alone."""
    judged(failed_case(got=Tensor(np.zeros(3)), expected=Tensor(np.ones(3))))
    fails(check_str, "a", "0x0")
    assert last_failure().got.tolist() == [0, 0, 0]
    assert last_failure().expected.tolist() == [1, 1, 1]


def test_a_case_says_what_it_holds_and_how_to_use_it(judged):
    """Written out, a case names its arguments, and shows the call to make."""
    judged(failed_case())
    fails(check_str, "a", "0x0")
    assert repr(last_failure()).splitlines() == [
        "Un caso en que falla zero_pad: pad = 1",
        "  .args      lo que recibe:",
        "      X = un array de forma (1, 2, 2, 1)",
        "      pad = 1",
        "  .got       lo que devolvió: un array de forma (1, 4, 4, 1)",
        "  .expected  lo que se esperaba: un array de forma (1, 4, 4, 1)",
        "Para probarlo: caso = last_failure(); zero_pad(*caso.args)",
    ]


def test_a_case_says_what_it_doesnt_hold(judged):
    """An answer that isn't told isn't written out, nor one that never came."""
    judged(failed_case(note="", args=(1, [], {"a": (2, 3)}), got=None, expected=None))
    fails(check_str, "a", "0x0")
    assert repr(last_failure()).splitlines() == [
        "Un caso en que falla zero_pad",
        "  .args      lo que recibe:",
        "      args[0] = 1",
        "      args[1] = una lista de Python",
        "      args[2] = {'a': (2, 3)}",
        "  .got       None: no devolvió nada, o lanzó una excepción",
        "Para probarlo: caso = last_failure(); zero_pad(*caso.args)",
    ]


def test_a_case_of_a_driver_shows_no_call(judged):
    """Where an exercise isn't a function to be called with the arguments, no such call is shown."""
    key = key_of("Conv2D")
    judged(failed_case(exercise="Conv2D"), key)
    fails(check_str, "a", "0x0")
    assert "Para probarlo" not in repr(last_failure())


def test_a_later_failure_without_a_case_leaves_the_last_one(judged):
    """A text that is another one has no case: the function that failed before it is still there."""
    judged(failed_case())
    fails(check_str, "a", "0x0")
    judged(Verdict(passed=False, message="llegó 'a'"))
    fails(check_str, "a", "0x0")
    assert last_failure().note == "pad = 1"


def test_without_a_failure_there_is_no_case(judged):
    """Before any function fails, and in the sandbox, where nothing is judged, an error says so."""
    judged(None)
    assert check_str("a", "0x0")
    with pytest.raises(LookupError, match="todavía no ha fallado ninguna"):
        last_failure()
