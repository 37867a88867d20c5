"""The check functions of a notebook: each observes, and the session's judge decides.

Whatever a check knows that a student's code made travels in an `Observation`; whatever the
instructor wrote in the cell travels in a `Check`. At home both meet in this process, at once. In a
marks block a check that fails is shown when the block ends; anywhere else it raises `CheckFailed`.
"""

from __future__ import annotations

import dis
import inspect
from functools import lru_cache
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from grader.exercises.base import Case, Exercise
from grader.exercises.cases import UnknownNameError, find, unknown
from grader.hashes import ArrayHash, array_matches, scalar_matches, string_matches
from grader.marks import Block, current_block
from grader.observation import (
    Call,
    Failure,
    Observation,
    ObservationError,
    Value,
    decode,
    failure_of,
    freeze,
)
from grader.session import Check, Session, Verdict, current_session, use_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

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
        found = [_differences(model, shapes, returns, partials, rng) for _ in range(samples)]
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
        message = f"backward devolvió {len(gradients)} gradientes y se esperaban {len(names)}: " + (
            ", ".join(names)
        )
        raise ValueError(message)
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
    ✓ check_torch: zero_pad, pad = 0: 1 caso, igual que torch (tolerancia relativa 1e-07)
    True
    """
    exercise = _exercise_of(function, name)
    groups = groups_of(exercise, group)
    for output in outputs:
        known = [o.name for o in exercise.outputs]
        if output not in known:
            raise UnknownNameError(unknown("resultado", output, known))
    check = Check("check_torch", {"name": exercise.name, "group": group, "outputs": tuple(outputs)})
    calls = {exercise.name: observe(function, exercise, groups)}
    for helper in exercise.helpers:
        theirs = _global_named(function, helper)
        if theirs is not None:
            helped = find(helper)
            calls[helper] = observe(theirs, helped, helper_groups(helped, groups))
    return _report(check, calls=calls, globals_used=tuple(data_globals(function)))


def check_accuracy(
    function: Callable[..., Any], at_least: float, *, name: str, group: str = "held_out"
) -> bool:
    """Check that `function` labels at least a share `at_least` (0 to 1) of held-out images rightly.

    `function` takes images, uint8 of shape (n, height, width, 3), and returns n labels. The
    exercise `name` draws the images. When the work is graded they are other ones, drawn elsewhere,
    and their labels never come near the student's code.
    """
    exercise = find(name)
    groups = groups_of(exercise, group)
    check = Check("check_accuracy", {"name": name, "group": group, "at_least": at_least})
    return _report(check, calls={name: observe(function, exercise, groups)})


def groups_of(exercise: Exercise, group: str | None) -> list[str]:
    """Return the names of the groups that a check asks for: `group`, or all if it is None."""
    if group is not None and group not in exercise.groups:
        raise UnknownNameError(unknown("grupo", group, exercise.groups))
    return list(exercise.groups) if group is None else [group]


def helper_groups(helper: Exercise, groups: list[str]) -> list[str]:
    """Return the groups in which a helper is looked at when its caller's `groups` are checked."""
    return [name for name in helper.groups if name == "basic" or name in groups]


def _exercise_of(function: Any, name: str | None) -> Exercise:
    if name is not None:
        return find(name)
    if not callable(function):
        message = f"check_torch necesita la función misma y llegó {type(function).__name__}"
        raise TypeError(message)
    try:
        return find(getattr(function, "__name__", ""))
    except UnknownNameError:
        # A student may bind another function to the exercise's name; the block still says which.
        block = current_block()
        if block is None:
            raise
        return find(block.id.partition("/")[0])


def observe(
    function: Callable[..., Any], exercise: Exercise, groups: Iterable[str]
) -> tuple[Call, ...]:
    """Call `function` on every case of `groups` and return what came of each call."""
    return tuple(
        _observe_call(function, exercise, used, pristine)
        for group in groups
        for used, pristine in zip(_inputs(exercise, group), _inputs(exercise, group), strict=True)
    )


def _inputs(exercise: Exercise, group: str) -> list[Case]:
    session = current_session()
    sealed = session.sealed.get(f"{exercise.name}/{group}")
    if sealed is None:
        return exercise.cases(group, session.seed)
    return [Case(tuple(arguments), "") for arguments in decode(sealed).values]


def _observe_call(
    function: Callable[..., Any], exercise: Exercise, used: Case, pristine: Case
) -> Call:
    value: Value = None
    failure: Failure | None = None
    try:
        value = freeze(exercise.call(function, used))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - student's code may raise anything
        failure = failure_of(error)
    mutated = tuple(
        name
        for name, now, before in zip(exercise.parameters, used.args, pristine.args, strict=False)
        if not _unchanged(now, before)
    )
    return Call(value, failure, mutated)


def _unchanged(now: Any, before: Any) -> bool:
    if isinstance(before, np.ndarray):
        return now.shape == before.shape and np.array_equal(now, before)
    if isinstance(before, tuple | list):
        return len(now) == len(before) and all(map(_unchanged, now, before))
    if isinstance(before, dict):
        return now.keys() == before.keys() and all(_unchanged(now[k], before[k]) for k in before)
    return type(before).__module__ != "builtins" or bool(now == before)


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


def _global_named(function: Any, name: str) -> Callable[..., Any] | None:
    """Return the notebook's function called `name`, if `function` calls it."""
    for part in _functions(function):
        if name in _global_names(part.__code__):
            found = part.__globals__.get(name)
            return found if callable(found) else None
    return None


def data_globals(function: Any) -> list[str]:
    """Name the notebook's data (arrays, tensors, numbers...) that `function` reads as globals.

    Modules, functions, classes and names in capitals, which are constants, are left out.

    >>> stride = 2
    >>> def step(h):
    ...     return np.asarray(h * stride)
    >>> step.__globals__["stride"] = stride
    >>> data_globals(step)
    ['stride']
    """
    seen: dict[str, None] = {}
    waiting = list(_functions(function))
    visited = set()
    while waiting:
        part = waiting.pop()
        if part in visited:
            continue
        visited.add(part)
        for name in _global_names(part.__code__):
            found = part.__globals__.get(name)
            if isinstance(found, FunctionType) and found.__globals__ is part.__globals__:
                waiting.append(found)
            data = isinstance(found, np.ndarray | int | float | dict | list | tuple)
            tensor = type(found).__module__ == "torch" and hasattr(found, "detach")
            if (data or tensor) and not name.isupper() and not name.startswith("__"):
                seen[name] = None
    return list(seen)


def _check_values(check: Check, *values: Any) -> bool:
    try:
        return _report(check, values=tuple(freeze(value) for value in values))
    except ObservationError as error:
        return _report(check, failure=failure_of(error))


def _report(check: Check, **observed: Any) -> bool:
    """Hand an observation to the judge; show or raise the verdict where no block will show it."""
    block = current_block()
    place = block or Block("", 0)
    observation = Observation(place.id, len(place.verdicts), check.kind, **observed)
    verdict = place.record(check, observation)
    if verdict is None:
        return True
    if block is None:
        if not verdict.passed:
            raise CheckFailed(verdict.message)
        detail = f": {verdict.message}" if verdict.message else ""
        print(f"✓ {check.kind}{detail}")  # noqa: T201 - the student's answer
    return verdict.passed
