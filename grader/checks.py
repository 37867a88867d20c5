"""The check functions of a notebook: each observes, and the session's judge decides.

Whatever a check knows that a student's code made travels in an `Observation`; whatever the
instructor wrote in the cell travels in a `Check`. At home both meet in this process, at once. In a
marks block a check that fails is shown when the block ends; anywhere else it raises `CheckFailed`.
Either way `last_failure` returns the case that failed, to play with.
"""

from __future__ import annotations

import dis
import inspect
from dataclasses import dataclass
from functools import lru_cache, partial
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from grader.comparison import shown
from grader.hashes import ArrayHash, array_matches, scalar_matches, string_matches
from grader.key import UnknownNameError, unknown
from grader.marks import Block, current_block, show_panels, unfolded
from grader.observation import (
    Call,
    Failure,
    Observation,
    ObservationError,
    Tensor,
    Value,
    digests,
    failure_of,
    freeze,
)
from grader.session import (
    RANDOM,
    Check,
    Elsewhere,
    FailedCase,
    Session,
    Verdict,
    current_session,
    nowhere,
    use_session,
)
from grader.words import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from grader.key import Asked, Brief, Key

__all__ = [
    "CheckFailed",
    "Session",
    "Verdict",
    "array_matches",
    "check_accuracy",
    "check_gradient",
    "check_hash",
    "check_same",
    "check_scalar",
    "check_str",
    "check_torch",
    "last_failure",
    "scalar_matches",
    "string_matches",
    "use_session",
]


class CheckFailed(AssertionError):  # noqa: N818 - read as a sentence, and an assertion like any other
    """A check outside a marks block failed. The message says what was expected and what came."""


def check_hash(value: Any, expected: ArrayHash) -> bool:
    """Check that the array `value` has the shape and, within 1e-5, the hash that are `expected`.

    For the student's own eyes: marks also need a `check_torch`.

    >>> check_hash(np.array([[1.0, 2.0], [3.0, 4.0]]), ((2, 2), 41.118033988749895))
    ✓ check_hash
    True
    """
    return _check_values(Check("check_hash", {"expected": expected}), value)


def check_scalar(value: Any, expected: str, tol: int = 5) -> bool:
    """Check that the number `value`, within 10**-tol of itself, has the hash `expected`.

    >>> check_scalar(5.0, "0x4954468")
    ✓ check_scalar
    True
    """
    return _check_values(Check("check_scalar", {"expected": expected, "tol": tol}), value)


def check_str(value: Any, expected: str) -> bool:
    """Check that the text `value`, whatever its case, has the hash `expected`.

    >>> check_str("gato", "0x58fe718a")
    ✓ check_str
    True
    """
    return _check_values(Check("check_str", {"expected": expected}), value)


def check_same(got: Any, expected: Any, tolerance: float = 1e-12) -> bool:
    """Check that two arrays have one shape and differ nowhere by more than `tolerance`.

    The tolerance is absolute, and relative to the largest value where that is larger than 1. Both
    arrays are the student's, so marks also need a `check_torch`.

    >>> check_same(np.ones(3) / 3, [1 / 3] * 3)
    ✓ check_same: iguales (la mayor diferencia es 0, la tolerancia 1e-12)
    True
    """
    return _check_values(Check("check_same", {"tolerance": tolerance}), got, expected)


class Layer(Protocol):
    """What `check_gradient` takes: something that goes forward and backward."""

    def forward(self, x: Any, /) -> Any:
        """Return the layer's output for the input `x`."""

    def backward(self, gradient: Any, /) -> Any:
        """Return the gradients of sum(gradient * output)."""


def check_gradient(
    model: Layer | tuple[Callable[..., Any], Callable[..., Any]],
    shapes: dict[str, tuple[int, ...]],
    *,
    returns: Sequence[str] = (),
    samples: int = 3,
    partials: int = 100,
    tolerance: float = 1e-5,
) -> bool:
    """Compare a backward with central differences of its forward, on random inputs.

    `model` is a pair `(forward, backward)` of functions, called as `forward(*inputs)` and
    `backward(gradient, *inputs)`, or a layer with `forward(x)` and `backward(gradient)`. `shapes`
    names each input and gives its shape. `returns` names the gradients in the order in which
    backward returns them: inputs or, for a layer, attributes that hold its parameters; by default
    they are the inputs in order. Each of `samples` random inputs has up to `partials` partial
    derivatives checked in each array; the relative error |n - a| / max(1, |n| + |a|) of each must
    stay below `tolerance`.

    >>> square = (lambda x: x**2, lambda gradient, x: 2 * x * gradient)
    >>> check_gradient(square, {"x": (2, 3)})
    ✓ check_gradient: 18 derivadas parciales en 3 entradas aleatorias; el peor error relativo es ...
    True
    """
    check = Check("check_gradient", {"tolerance": tolerance, "samples": samples})
    rng = np.random.default_rng(current_session().seed)
    try:
        found = [_differences(model, shapes, returns, partials, rng) for _sample in range(samples)]
    except Exception as error:  # noqa: BLE001 - the student's forward and backward may raise anything
        return _report(check, failure=failure_of(error))
    return _check_values(check, found)


def _differences(
    model: Any,
    shapes: dict[str, tuple[int, ...]],
    returns: Sequence[str],
    partials: int,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Return numeric and analytic derivatives and their indices, by the name of each array."""
    inputs = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    if isinstance(model, tuple):
        forward, backward = model
        pristine = {name: array.copy() for name, array in inputs.items()}
        gradient = rng.standard_normal(np.shape(forward(*inputs.values())))
        analytic = backward(gradient, *(array.copy() for array in pristine.values()))
    else:
        forward = model.forward
        gradient = rng.standard_normal(np.shape(forward(*inputs.values())))
        analytic = model.backward(gradient)
    names = list(returns or shapes)
    # Copied now, because a layer may write its next gradients into the same arrays.
    gradients = [
        np.array(g) for g in (analytic if isinstance(analytic, tuple | list) else [analytic])
    ]
    if len(gradients) != len(names):
        sentence = ngettext(
            "backward devolvió {got} gradiente y se esperaban {expected}: {names}",
            "backward devolvió {got} gradientes y se esperaban {expected}: {names}",
            len(gradients),
        )
        places = {"got": len(gradients), "expected": len(names), "names": ", ".join(names)}
        raise ValueError(sentence.format(**places))
    return {
        name: _partials(
            lambda: float(np.sum(np.asarray(forward(*inputs.values())) * gradient)),
            inputs[name] if name in inputs else getattr(model, name),
            derivative,
            partials,
            rng,
        )
        for name, derivative in zip(names, gradients, strict=True)
    }


def _partials(
    loss: Callable[[], float],
    array: np.ndarray[Any, Any],
    analytic: np.ndarray[Any, Any],
    partials: int,
    rng: np.random.Generator,
    step: float = 1e-5,
) -> dict[str, Any]:
    """Differentiate `loss` by entries of `array`, changing them in place and back."""
    if analytic.shape != array.shape:
        return {"shape": array.shape, "got": analytic.shape}
    chosen = np.sort(rng.permutation(array.size)[:partials])
    numeric = []
    for flat in chosen:
        index = np.unravel_index(flat, array.shape)
        kept = array[index]
        values = []
        for shift in (step, -step):
            array[index] = kept + shift
            values.append(loss())
        array[index] = kept
        numeric.append((values[0] - values[1]) / (2 * step))
    return {
        "shape": array.shape,
        "index": chosen,
        "numeric": np.array(numeric),
        "analytic": analytic.ravel()[chosen],
    }


def check_torch(
    function: Callable[..., Any],
    group: str | None = None,
    *,
    name: str | None = None,
    outputs: Sequence[str] = (),
) -> bool:
    """Run an exercise's cases through `function` and compare what it returns with torch in float64.

    The exercise is called `name`, by default the function's own name. `group` picks one named
    group of its cases (all of them by default) and `outputs` some of what it returns. Raises
    `UnknownNameError` for an exercise, a group or an output that doesn't exist.

    >>> def zero_pad(X, pad):
    ...     return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    >>> check_torch(zero_pad, "no_padding")
    ✓ check_torch: zero_pad, pad = 0: 2 casos, igual que torch (tolerancia relativa 1e-07)
    True
    """
    key = current_session().find_key()
    exercise = _exercise_of(function, name, key)
    groups = exercise.groups_of(group)
    for output in outputs:
        known = [o.name for o in exercise.outputs]
        if output not in known:
            raise UnknownNameError(unknown("output", output, known))
    check = Check("check_torch", {"name": exercise.name, "group": group, "outputs": tuple(outputs)})
    calls = {exercise.name: observe(function, key, exercise, groups)}
    read = _globals_read(function) if exercise.helpers else {}
    for helper in exercise.helpers:
        if helper in read:
            helped = key.find(helper)
            theirs = read[helper] if callable(read[helper]) else _undefined(helper)
            calls[helper] = observe(theirs, key, helped, helped.groups_as_helper(groups))
    used = (*data_globals(function), *_by_chance(function, exercise))
    return _report(
        check, partial(_in_other_groups, function, exercise, groups), calls=calls, globals_used=used
    )


def _by_chance(function: Any, exercise: Brief) -> tuple[str, ...]:
    """Tell whether a function that answers for its arguments alone draws random numbers of NumPy's."""
    names = {name for part in _functions(function) for name in part.__code__.co_names}
    return (RANDOM,) if {"np", "random"} <= names and not exercise.driver else ()


def _in_other_groups(
    function: Callable[..., Any], exercise: Brief, groups: Sequence[str]
) -> dict[str, tuple[Call, ...]]:
    """Observe a function on its exercise's other groups, where no call trains a network."""
    key = current_session().find_key()
    others = [g for g in exercise.groups if g not in groups and f"{exercise.name}/{g}" in key.cases]
    if not exercise.quick:
        return {}
    return {group: observe(function, key, exercise, [group]) for group in others}


def check_accuracy(
    function: Callable[..., Any],
    at_least: float,
    *,
    name: str,
    group: str = "held_out",
    **beside: Any,
) -> bool:
    """Check that `function` labels at least a share `at_least` (0 to 1) of held-out images rightly.

    `function` takes images, uint8 of shape (n, height, width, 3), and returns n labels. The
    exercise `name` draws the images. When the work is graded they are other ones, drawn elsewhere,
    and their labels never come near the student's code. What the exercise looks at `beside` the
    labels, such as the network that was trained, is named as the exercise asks for it.
    """
    key = current_session().find_key()
    exercise = key.find(name)
    check = Check("check_accuracy", {"name": name, "group": group, "at_least": at_least})
    calls = {name: observe(function, key, exercise, exercise.groups_of(group), **beside)}
    return _report(check, calls=calls)


def _exercise_of(function: Any, name: str | None, key: Key) -> Brief:
    if name is not None:
        return key.find(name)
    if not callable(function):
        sentence = _("check_torch necesita la función misma y llegó {got}")
        raise TypeError(sentence.format(got=type(function).__name__))
    try:
        return key.find(getattr(function, "__name__", ""))
    except UnknownNameError:
        # A student may bind another function to the exercise's name; the block still says which.
        block = current_block()
        if block is None:
            raise
        return key.find(block.id.partition("/")[0])


def observe(
    function: Callable[..., Any], key: Key, exercise: Brief, groups: Iterable[str], **beside: Any
) -> tuple[Call, ...]:
    """Call `function` on every case of `groups` and return what came of each call."""
    return tuple(
        _observe_call(partial(key.call, exercise, function, **beside), asked)
        for group in groups
        for asked in key.asked(exercise.name, group)
    )


def _observe_call(call: Callable[..., Any], asked: Asked) -> Call:
    value: Value = None
    failure: Failure | None = None
    args = copied(asked.args)
    try:
        value = freeze(call(args))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - student's code may raise anything
        failure = failure_of(error)
    return Call(value, failure, digests(args))


def copied(value: Any) -> Any:
    """Copy a case's arguments, so that no call finds what another one left.

    Unlike a deep copy, it keeps how an array lies in memory.
    """
    if isinstance(value, np.ndarray):
        return value.copy() if value.flags.c_contiguous else np.repeat(value, 2, axis=-1)[..., ::2]
    if isinstance(value, tuple | list):
        return type(value)(copied(part) for part in value)
    if isinstance(value, dict):
        return {name: copied(part) for name, part in value.items()}
    return value


def _functions(thing: Any) -> Iterator[FunctionType]:
    """Yield the plain functions behind `thing`: itself, or a class's methods."""
    thing = inspect.unwrap(thing) if callable(thing) else thing
    if isinstance(thing, FunctionType):
        yield thing
    elif isinstance(thing, type):
        yield from (part for part in vars(thing).values() if isinstance(part, FunctionType))


@lru_cache(maxsize=256)  # reading bytecode takes longer than many a student's function
def _global_names(code: CodeType) -> tuple[str, ...]:
    names = [
        str(instruction.argval)
        for instruction in dis.get_instructions(code)
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME")
    ]
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names += _global_names(constant)
    return tuple(dict.fromkeys(names))


def _globals_read(function: Any) -> dict[str, Any]:
    """Return the globals that `function` names, and those that the notebook's functions it calls do.

    What it names and isn't there is None.
    """
    read: dict[str, Any] = {}
    waiting = list(_functions(function))
    visited = set()
    while waiting:
        part = waiting.pop()
        if part in visited:
            continue
        visited.add(part)
        for name in _global_names(part.__code__):
            found = read[name] = part.__globals__.get(name)
            if isinstance(found, FunctionType | type):
                waiting += [f for f in _functions(found) if f.__globals__ is part.__globals__]
    return read


def _undefined(name: str) -> Callable[..., Any]:
    """Stand in for a function that a student's code calls and that isn't there."""

    def absent(*_arguments: Any) -> None:
        message = f"name {name!r} is not defined"
        raise NameError(message)

    return absent


def data_globals(function: Any) -> list[str]:
    """Name the notebook's data (arrays, tensors, numbers...) that `function` reads as globals.

    Modules, functions, classes and constants are left out. A constant has a name in capitals, and
    is no array: those that a notebook calls `A` or `W` are data.

    >>> stride = 2
    >>> def step(h):
    ...     return np.asarray(h * stride)
    >>> step.__globals__["stride"] = stride
    >>> data_globals(step)
    ['stride']
    """
    return [
        name
        for name, found in _globals_read(function).items()
        if not name.startswith("__")
        and (
            _is_array(found)
            or (isinstance(found, int | float | dict | list | tuple) and not name.isupper())
        )
    ]


def _is_array(thing: Any) -> bool:
    tensor = type(thing).__module__.partition(".")[0] == "torch" and hasattr(thing, "detach")
    return tensor or isinstance(thing, np.ndarray)


def _check_values(check: Check, *values: Any) -> bool:
    try:
        return _report(check, values=tuple(freeze(value) for value in values))
    except ObservationError as error:
        return _report(check, failure=failure_of(error))


def _report(check: Check, elsewhere: Elsewhere = nowhere, **observed: Any) -> bool:
    """Hand an observation to the judge; show or raise the verdict where no block will show it."""
    block = current_block()
    place = block or Block("", 0)
    observation = Observation(place.id, len(place.verdicts), check.kind, **observed)
    verdict = place.record(check, observation, elsewhere)
    if verdict is None:
        return True
    if verdict.case is not None:
        brief = current_session().find_key().find(verdict.case.exercise)
        _last_failure[:] = [LastFailure(verdict.case, brief)]
    if block is None:
        if not verdict.passed:
            panels = () if show_panels(verdict.panels) else verdict.panels
            raise CheckFailed("\n".join([verdict.message, *unfolded(verdict.details, panels)]))
        detail = f": {verdict.message}" if verdict.message else ""
        print(f"✓ {check.kind}{detail}")  # noqa: T201 - the student's answer
    return verdict.passed


# ------------------------------------------------------------------- the case that failed, to play with


@dataclass(frozen=True, repr=False)
class LastFailure:
    """A case in which a student's function failed. What it gives are copies, new ones each time."""

    case: FailedCase
    brief: Brief

    @property
    def args(self) -> tuple[Any, ...]:
        """What the function was called with."""
        return tuple(_plain(arg) for arg in self.case.args)

    @property
    def got(self) -> Any:
        """What it returned; None if it raised an exception."""
        return _plain(self.case.got)

    @property
    def expected(self) -> Any:
        """What it should have returned; None where that isn't told."""
        return _plain(self.case.expected)

    @property
    def note(self) -> str:
        """What is special about the case."""
        return self.case.note

    def __repr__(self) -> str:
        """Say what it holds, and how to use it."""
        name, args, got, expected = self.brief.name, self.args, self.got, self.expected
        if self.note:
            lines = [_("Un caso en que falla {name}: {note}").format(name=name, note=self.note)]
        else:
            lines = [_("Un caso en que falla {name}").format(name=name)]
        names = self.brief.parameters
        if len(names) != len(args):
            names = tuple(f"args[{at}]" for at in range(len(args)))
        lines.append(_("  .args      lo que recibe:"))
        lines += [f"      {one} = {_held(arg)}" for one, arg in zip(names, args, strict=True)]
        if got is None:
            lines.append(_("  .got       None: no devolvió nada, o lanzó una excepción"))
        else:
            lines.append(_("  .got       lo que devolvió: {value}").format(value=_held(got)))
        if expected is not None:
            said = _("  .expected  lo que se esperaba: {value}")
            lines.append(said.format(value=_held(expected)))
        if not self.brief.driver:
            said = _("Para probarlo: caso = last_failure(); {name}(*caso.args)")
            lines.append(said.format(name=name))
        return "\n".join(lines)


def _plain(value: Value) -> Any:
    """Copy a case's value, as something that NumPy works with."""
    if isinstance(value, Tensor):
        return value.array.copy()
    if isinstance(value, tuple | list):
        return type(value)(_plain(part) for part in value)
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return copied(value)


_SHORT = 8  # parts of a tuple, list or dictionary that are told one by one


def _held(value: Any) -> str:
    """Write a value shortly: an array by its shape, and what holds few things by those."""
    if isinstance(value, tuple | list) and 0 < len(value) <= _SHORT:
        around = "({})" if isinstance(value, tuple) else "[{}]"
        return around.format(", ".join(map(_held, value)))
    if isinstance(value, dict) and 0 < len(value) <= _SHORT:
        return f"{{{', '.join(f'{name!r}: {_held(part)}' for name, part in value.items())}}}"
    return shown(value)


_last_failure: list[LastFailure] = []


def last_failure() -> LastFailure:
    """Return the case in which a function failed last, to play with.

    It holds the arguments, `args`, what the function returned for them, `got`, and what it should
    have returned, `expected`. Raises `LookupError` if no function has failed, and while a work is
    graded, since nothing is judged there.

    >>> def zero_pad(X, pad):
    ...     return X
    >>> check_torch(zero_pad, "basic")
    Traceback (most recent call last):
    grader.checks.CheckFailed: ...
    >>> caso = last_failure()
    >>> caso.got.shape == caso.args[0].shape
    True
    """
    if not _last_failure:
        raise LookupError(
            _(
                "last_failure() da el último caso en que falló una de tus funciones, y todavía no ha "
                "fallado ninguna: corre antes una comprobación, como check_torch(...)"
            )
        )
    return _last_failure[0]
