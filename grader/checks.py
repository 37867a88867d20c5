"""The check functions of a notebook: each observes, and the session's judge decides.

Whatever a check knows that a student's code made travels in an `Observation`; whatever the
instructor wrote in the cell travels in a `Check`. At home both meet in this process, at once. In a
marks block a check that fails is shown when the block ends; anywhere else it raises `CheckFailed`.
Either way `last_failure` returns the case that failed, to play with.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from grader.failing import keep_failure, last_failure
from grader.hashes import ArrayHash, array_matches, scalar_matches, string_matches
from grader.key import UnknownNameError, unknown
from grader.marks import Block, current_block, show_panels, unfolded
from grader.observation import (
    Call,
    Observation,
    ObservationError,
    failure_of,
    freeze,
)
from grader.observing import (
    data_globals,
    draws_by_chance,
    globals_read,
    observe,
    undefined,
)
from grader.session import (
    Check,
    Elsewhere,
    Session,
    Verdict,
    current_session,
    nowhere,
    use_session,
)
from grader.words import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grader.key import Brief, Key

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

    def _render_traceback_(self) -> list[str]:
        """Show the message alone where IPython runs: where in our code it was raised helps nobody."""
        return [f"✗ {self}"]


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
    derivatives checked in each array; the relative error of each, `|n - a| / max(1, |n| + |a|)`, must
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
    ✓ check_torch: zero_pad, pad = 0...: 2 casos, igual que torch (tolerancia relativa 1e-07)
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
    read = globals_read(function) if exercise.helpers else {}
    for helper in exercise.helpers:
        if helper in read:
            helped = key.find(helper)
            theirs = read[helper] if callable(read[helper]) else undefined(helper)
            calls[helper] = observe(theirs, key, helped, helped.groups_as_helper(groups))
    used = (*data_globals(function), *draws_by_chance(function, exercise))
    return _report(
        check, partial(_in_other_groups, function, exercise, groups), calls=calls, globals_used=used
    )


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
        keep_failure(verdict.case)
    if block is None:
        if not verdict.passed:
            panels = () if show_panels(verdict.panels) else verdict.panels
            raise CheckFailed("\n".join([verdict.message, *unfolded(verdict.details, panels)]))
        detail = f": {verdict.message}" if verdict.message else ""
        print(f"✓ {check.kind}{detail}")  # noqa: T201 - the student's answer
    return verdict.passed
