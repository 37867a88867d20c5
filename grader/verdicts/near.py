"""What is true of a wrong answer that no known mistake explains: one sentence, the most telling first.

Each holds in every case that failed. None is a guess: it says how the answer and the expected one are
related, and never what to write.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, permutations
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.comparison import TOLERANCE_FLOAT32, Terms, close, differing, part_differences
from grader.fingerprints import LARGEST
from grader.observation import Tensor
from grader.words import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from grader.comparison import Output
    from grader.verdicts.cases import Seen

Array = np.ndarray[Any, Any]

FEWEST = 3
"""How many values an array must have, for a relation between two of them not to be chance."""

MOST_AXES = 4

LEAST_FACTOR = 1e-3
"""What is smaller by more than that is rather nothing than a multiple."""

FEWEST_CASES = 3
"""How many cases must be right, and how many wrong, for what tells them apart not to be chance."""


@dataclass(frozen=True)
class Near:
    """One array of an answer that differs: what was expected, what came, and the case."""

    case: Seen
    output: Output
    expected: Array
    got: Array

    @property
    def name(self) -> str:
        """The output's name."""
        return self.output.name

    @cached_property
    def alike(self) -> bool:
        """Whether both have one shape."""
        return bool(self.expected.shape == self.got.shape)

    @cached_property
    def wrong(self) -> Array:
        """Where they differ."""
        return differing(self.expected, self.got, single=self.case.single)

    def close(self, expected: Array, got: Array) -> bool:
        """Tell whether two arrays are of one shape and agree."""
        return expected.shape == got.shape and close(expected, got, single=self.case.single)


def near_miss(cases: Sequence[Seen], elsewhere: Sequence[Seen] = ()) -> str:
    """Return the most telling sentence that is true of the answers to all cases that failed.

    `elsewhere` are the cases of the exercise's other groups: what only they can show counts too.
    """
    failing = [case for case in cases if not case.right]
    everywhere = [*failing, *(case for case in elsewhere if not case.right)]
    with np.errstate(all="ignore"):  # an answer may hold any numbers
        return (
            _in_other_places(failing)
            # What all groups show is told in each alike, and of more cases a factor tells what it is.
            or _related(_arrays(everywhere))
            or _related(_arrays(failing))
            or _by_option([*cases, *elsewhere])
        )


def _in_other_places(failing: Sequence[Seen]) -> str:
    """Say that the outputs are right, and come in another order."""
    outputs = failing[0].brief.outputs if failing else ()
    if not 1 < len(outputs) <= MOST_AXES:
        return ""
    straight, *orders = permutations(range(len(outputs)))
    if all(_has_order(case, straight) for case in failing):
        return ""  # something else is wrong, as an argument that was changed
    for order in orders:
        if all(_has_order(case, order) for case in failing):
            said = _("lo que devuelves es correcto, pero en otro orden: se devuelve {names}")
            return said.format(names=", ".join(output.name for output in outputs))
    return ""


def _has_order(case: Seen, order: Sequence[int]) -> bool:
    """Tell whether each output of a case is what was expected in the place that `order` says."""
    expected, got = case.asked.expected, case.call.value
    if not all(isinstance(v, tuple | list) and len(v) == len(order) for v in (expected, got)):
        return False
    outputs = case.brief.outputs
    terms = Terms(case.single, case.reveal)
    names = [output.name for output in outputs]
    moved = [expected[at] for at in order]
    return all(
        not differs for *_parts, differs in part_differences(outputs, names, moved, got, terms)
    )


def _related(found: Sequence[Near]) -> str:
    """Return what the first relation that holds says, of arrays of 2 axes and of 4 alike."""
    counts = sorted({one.expected.ndim for one in found})
    if len(counts) > 1:
        said = {_related([one for one in found if one.expected.ndim == n]) for n in counts}
        return said.pop() if len(said) == 1 else ""
    relations = _RELATIONS
    if found and all(one.expected.size == 1 for one in found):
        found, relations = _in_one(found), _OF_NUMBERS
    told = (relation(found) for relation in relations if found)
    return next(filter(None, told), "")


def _in_one(found: Sequence[Near]) -> list[Near]:
    """Return the numbers of all cases as one array."""
    single = next((one for one in found if one.case.single), found[0])
    expected, got = (
        np.array([getattr(one, side).ravel()[:1] for one in found if one.got.size == 1]).ravel()
        for side in ("expected", "got")
    )
    return [replace(single, expected=expected, got=got)] if expected.size == len(found) else []


def _arrays(failing: Sequence[Seen]) -> list[Near]:
    """Return the first output that differs in the first case that failed, in all that failed.

    Empty where some case failed otherwise: by an exception, in another output, in its form.
    """
    found: list[Near] = []
    for case in failing:
        parts = [(o, e, g) for o, e, g, differs in case.parts if differs]
        if not parts:
            return []
        output, expected, got = parts[0]
        one = _near(case, output, expected, got)
        if one is None or (found and output != found[0].output):
            return []
        found.append(one)
    return found


def _near(case: Seen, output: Output, expected: Any, got: Any) -> Near | None:
    arrays = [part.array if isinstance(part, Tensor) else part for part in (expected, got)]
    numbers = [
        np.asarray(part, dtype=float)
        for part in arrays
        if isinstance(part, np.ndarray | float | int | np.generic)
        and np.asarray(part).dtype.kind in "biuf"
        and np.size(part) <= LARGEST
    ]
    if len(numbers) != len(arrays) or not all(np.isfinite(one).all() for one in numbers):
        return None
    one = Near(case, output, *numbers)
    # Where the numbers are right, what is wrong is their kind, and they tell nothing.
    comparable = one.alike or one.expected.size == 1 == one.got.size
    right = comparable and one.close(one.expected.ravel(), one.got.ravel())
    return None if right else one


# ----------------------------------------------------------------- relations between whole arrays


def _an_argument(found: Sequence[Near]) -> str:
    """It is one of the arguments, as it came."""
    parameters = found[0].case.brief.parameters
    for at, parameter in enumerate(parameters):
        given = [one.case.asked.args[at : at + 1] for one in found]
        if all(
            args
            and isinstance(args[0], np.ndarray)
            and args[0].size >= FEWEST
            and one.close(args[0].astype(float), one.got)
            for args, one in zip(given, found, strict=True)
        ):
            said = _("{name} es igual a `{argument}`, tal como llegó")
            return said.format(name=found[0].name, argument=parameter)
    return ""


def _nothing(found: Sequence[Near]) -> str:
    """It is all zeros."""
    if all(not one.got.any() and one.got.size > 1 for one in found):
        said = _("{name} es todo ceros: no se le llega a asignar nada, o lo que se asigna se anula")
        return said.format(name=found[0].name)
    return ""


def _last_everywhere(found: Sequence[Near]) -> str:
    """It has everywhere what belongs in the last place alone."""
    if not _big(found) or not all(one.alike and one.got.ndim > 2 for one in found):  # noqa: PLR2004
        return ""
    for one in found:
        axes = _height_width(one)
        if not axes:
            return ""
        last = np.take(np.take(one.expected, [-1], axes[0]), [-1], axes[1])
        if not one.close(np.broadcast_to(last, one.expected.shape), one.got):
            return ""
    said = _(
        "{name} tiene en todas las posiciones el valor que corresponde solo a la última ventana"
    )
    return said.format(name=found[0].name)


def _negative(found: Sequence[Near]) -> str:
    """It has the other sign."""
    if all(one.alike and one.expected.any() and one.close(-one.expected, one.got) for one in found):
        return _("{name} es correcto, pero con el signo contrario").format(name=found[0].name)
    return ""


def _times(found: Sequence[Near]) -> str:
    """It is right up to a factor, which may be one of the sizes."""
    if not _big(found):
        return ""
    factors = [_factor(one) for one in found]
    if any(factor is None for factor in factors):
        return ""
    known = [factor for factor in factors if factor is not None]
    for said, wanted in (
        (_("{name} es correcto, pero multiplicado por {what}"), known),
        (_("{name} es correcto, pero dividido por {what}"), [1 / factor for factor in known]),
    ):
        what = _quantity(found, wanted)
        if what:
            return said.format(name=found[0].name, what=what)
    if np.allclose(known, known[0]):
        said = _("{name} es correcto, pero multiplicado por {what}")
        return said.format(name=found[0].name, what=f"{known[0]:.6g}")
    return ""


def _quantity(found: Sequence[Near], wanted: Sequence[float]) -> str:
    """Name the size or the option that has these values in the cases, if it is the only one."""
    # Where it is the same in all cases, it may be a size by chance.
    if len({round(one, 9) for one in wanted}) == 1 or any(np.isclose(one, 1) for one in wanted):
        return ""
    kinds: dict[str, str] = {}
    for kind, name, values in _quantities(found):
        if len(values) == len(wanted) and np.allclose(values, wanted):
            kinds.setdefault(kind, name)
    # All in one batch, and as long as the first axis, are one thing.
    return next(iter(kinds.values())) if len(kinds) == 1 else ""


def _factor(one: Near) -> float | None:
    if not one.alike or not one.expected.any():
        return None
    factor = float((one.got * one.expected).sum() / (one.expected**2).sum())
    if not LEAST_FACTOR < abs(factor) < 1 / LEAST_FACTOR:
        return None
    return factor if one.close(one.expected, one.got / factor) else None


def _quantities(found: Sequence[Near]) -> Iterator[tuple[str, str, list[float]]]:
    """Yield what a factor may be: its kind, its name, and how much it is in each case."""
    if found[0].output.axes[:1] and "lote" in found[0].output.axes[0]:
        sizes = [float(one.expected.shape[0]) for one in found if one.expected.ndim]
        yield "images", _("la cantidad de imágenes del lote"), sizes
    for at, parameter in enumerate(found[0].case.brief.parameters):
        given = [one.case.asked.args[at] for one in found if len(one.case.asked.args) > at]
        yield from _of_argument(f"{parameter}", given)


def _of_argument(name: str, given: Sequence[Any]) -> Iterator[tuple[str, str, list[float]]]:
    """Yield the quantities that one argument, or a part of it, brings to each case."""
    if not given:
        return
    if all(isinstance(value, bool | str) for value in given):
        return
    if all(isinstance(value, int | float) for value in given):
        yield "option", f"`{name}`", [float(value) for value in given]
    elif all(isinstance(value, dict) for value in given):
        for key in given[0]:
            yield from _of_argument(f"{name}[{key!r}]", [value.get(key) for value in given])
    elif all(isinstance(value, tuple | list) for value in given):
        for at in range(min(map(len, given))):
            yield from _of_argument(f"{name}[{at}]", [value[at] for value in given])
    elif all(isinstance(value, np.ndarray) for value in given):
        yield from _sizes_of(name, given)


def _sizes_of(name: str, given: Sequence[Array]) -> Iterator[tuple[str, str, list[float]]]:
    axes = min(value.ndim for value in given)
    for axis in range(axes):
        kind = "images" if axis == 0 and axes == MOST_AXES else "size"
        yield kind, f"`{name}.shape[{axis}]`", [float(v.shape[axis]) for v in given]
    for first, last in combinations(range(axes), 2):
        if last - first < MOST_AXES - 1:
            said = " * ".join(f"{name}.shape[{axis}]" for axis in range(first, last + 1))
            yield "size", f"`{said}`", [float(np.prod(v.shape[first : last + 1])) for v in given]


def _plus(found: Sequence[Near]) -> str:
    """It is off by the same everywhere, or in each channel."""
    if not _big(found) or not all(one.alike for one in found):
        return ""
    gaps = [one.got - one.expected for one in found]
    if any(
        np.abs(gap).max() > _scale(one) / LEAST_FACTOR for one, gap in zip(found, gaps, strict=True)
    ):
        return ""
    if all(
        one.close(np.full(gap.shape, gap.mean()), gap) for one, gap in zip(found, gaps, strict=True)
    ):
        said = _(
            "a {name} le sobra o le falta lo mismo en todas las posiciones: mira lo que se suma"
        )
        return said.format(name=found[0].name)
    axes = [_channel(one) for one in found]
    if all(
        axis is not None
        and gap.shape[axis] < gap.size
        and one.close(np.broadcast_to(_mean_but(gap, axis), gap.shape), gap)
        for one, gap, axis in zip(found, gaps, axes, strict=True)
    ):
        said = _(
            "a {name} le sobra o le falta lo mismo en todas las posiciones de cada {axis}: mira lo que "
            "se suma, como el bias"
        )
        return said.format(name=found[0].name, axis=found[0].output.axes[axes[0] or 0])
    return ""


def _times_and_plus(found: Sequence[Near]) -> str:
    """It is right up to a factor, once a constant is taken from each channel."""
    if not _big(found) or not all(one.alike for one in found):
        return ""
    factors = []
    for one in found:
        axis = _channel(one)
        if axis is None or _factor(one) is not None:
            return ""
        expected, got = (array - _mean_but(array, axis) for array in (one.expected, one.got))
        near = replace(one, expected=expected, got=got)
        factor = _factor(near)
        if factor is None:
            return ""
        factors.append(factor)
    if not np.allclose(factors, factors[0]):
        return ""
    said = _(
        "quitando una constante en cada {axis}, {name} es el correcto multiplicado por {factor}"
    )
    axis_name = found[0].output.axes[_channel(found[0]) or 0]
    return said.format(name=found[0].name, axis=axis_name, factor=f"{factors[0]:.6g}")


def _mean_but(array: Array, axis: int) -> Array:
    others = tuple(a for a in range(array.ndim) if a != axis)
    mean: Array = array.mean(axis=others, keepdims=True)
    return mean


def _in_other_order(found: Sequence[Near]) -> str:
    """Its axes come in another order."""
    axes = found[0].expected.ndim
    if not 1 < axes <= MOST_AXES or any(one.got.ndim != axes for one in found):
        return ""
    for order in list(permutations(range(axes)))[1:]:
        if all(one.close(one.expected.transpose(order), one.got) for one in found):
            said = _(
                "los valores de {name} son correctos, pero sus ejes vienen en el orden {order}"
            )
            return said.format(name=found[0].name, order=order)
    return ""


def _otherwise_laid_out(found: Sequence[Near]) -> str:
    """It has the right values in the right order, and another shape."""
    if all(
        not one.alike
        and one.expected.size >= FEWEST
        and one.close(one.expected.ravel(), one.got.ravel())
        for one in found
    ):
        said = _("los valores de {name} son correctos y están en orden: solo le falta su forma")
        return said.format(name=found[0].name)
    return ""


def _flipped(found: Sequence[Near]) -> str:
    """It runs backwards along an axis."""
    if not all(one.alike for one in found):
        return ""
    for axis in range(found[0].expected.ndim):
        if all(one.close(np.flip(one.expected, axis), one.got) for one in found):
            said = _("{name} es correcto, pero viene al revés en el eje {axis}")
            return said.format(name=found[0].name, axis=_axis(found[0].output, axis))
    return ""


def _shifted(found: Sequence[Near]) -> str:
    """It lies one place further, or one less, along an axis."""
    if not all(one.alike for one in found):
        return ""
    for axis in range(found[0].expected.ndim):
        if any(one.expected.shape[axis] < 3 for one in found):  # noqa: PLR2004 - else it says little
            continue
        for step, said in (
            (1, _("{name} está corrido una posición hacia adelante en el eje {axis}")),
            (-1, _("{name} está corrido una posición hacia atrás en el eje {axis}")),
        ):
            if all(_is_shifted(one, axis, step) for one in found):
                return said.format(name=found[0].name, axis=_axis(found[0].output, axis))
    return ""


def _is_shifted(one: Near, axis: int, step: int) -> bool:
    length = one.expected.shape[axis]
    head, tail = np.arange(length - 1), np.arange(1, length)
    here, there = (head, tail) if step > 0 else (tail, head)
    expected, got = np.take(one.expected, here, axis), np.take(one.got, there, axis)
    return bool(np.ptp(expected)) and one.close(expected, got)


def _cut(found: Sequence[Near]) -> str:
    """What is there is right, and some is missing; or what should be there is, and some is too much."""
    if any(one.alike or one.got.ndim != one.expected.ndim or not one.got.size for one in found):
        return ""
    for said, swap in (
        (
            _("lo que hay en {name} es correcto, pero le falta el final: la forma dice en qué eje"),
            False,
        ),
        (_("{name} empieza bien, pero le sobra el final: la forma dice en qué eje"), True),
    ):
        if all(_begins_with(one, swap=swap) for one in found):
            return said.format(name=found[0].name)
    if all(_frames(one) for one in found):
        said = _("{name} trae dentro lo correcto, con un marco alrededor que sobra")
        return said.format(name=found[0].name)
    return ""


def _begins_with(one: Near, *, swap: bool) -> bool:
    large, small = (one.got, one.expected) if swap else (one.expected, one.got)
    if any(n > m for n, m in zip(small.shape, large.shape, strict=True)) or small.size < FEWEST:
        return False
    return one.close(large[tuple(slice(n) for n in small.shape)], small) and bool(np.ptp(small))


def _frames(one: Near) -> bool:
    """Tell whether what came holds the expected array in its middle."""
    more = [n - m for n, m in zip(one.got.shape, one.expected.shape, strict=True)]
    if any(n < 0 or n % 2 for n in more):
        return False
    inside = tuple(slice(n // 2, n // 2 + m) for n, m in zip(more, one.expected.shape, strict=True))
    return one.close(one.expected, one.got[inside])


def _rectified(found: Sequence[Near]) -> str:
    """It is right where it is positive, and zero elsewhere."""
    if _big(found) and all(
        one.alike and (one.expected < 0).any() and one.close(np.maximum(one.expected, 0), one.got)
        for one in found
    ):
        said = _("{name} es correcto donde es positivo, y vale 0 donde debía ser negativo")
        return said.format(name=found[0].name)
    return ""


def _rounded(found: Sequence[Near]) -> str:
    """It is right but for the rounding of float32."""
    if all(
        one.alike and np.abs(one.got - one.expected).max() <= TOLERANCE_FLOAT32 * _scale(one)
        for one in found
    ):
        said = _(
            "{name} es casi correcto: solo difiere en el redondeo, como si se calculara en float32"
        )
        return said.format(name=found[0].name)
    return ""


MOST_DECIMALS = 3


def _few_decimals(found: Sequence[Near]) -> str:
    """It is right but for the decimals, which were cut."""
    for decimals, said in (
        (
            0,
            _("{name} perdió los decimales: busca dónde algo se redondea o se convierte en entero"),
        ),
        *(
            (n, _("{name} solo tiene {n} decimales: no hay que redondear"))
            for n in range(1, MOST_DECIMALS + 1)
        ),
    ):
        if all(one.alike and _is_cut(one, decimals) for one in found):
            return said.format(name=found[0].name, n=decimals)
    return ""


def _is_cut(one: Near, decimals: int) -> bool:
    """Tell whether what came is what was expected, rounded or cut after so many decimals."""
    if len(np.unique(one.got)) < FEWEST:  # as a mask's are, by chance
        return False
    ways = (np.round, np.trunc, np.floor, np.ceil)
    return any(
        np.allclose(way(one.expected * 10**decimals), one.got * 10**decimals) for way in ways
    )


def _scale(one: Near) -> float:
    return float(np.abs(one.expected).max(initial=0.0))


# -------------------------------------------------------------------------- where it is right


def _where(found: Sequence[Near]) -> str:
    """It is right in some images, channels or filters, or inside, and wrong elsewhere."""
    if not _big(found) or not all(one.alike for one in found):
        return ""
    output = found[0].output
    for axis in range(found[0].expected.ndim):
        if all(one.expected.shape[axis] > 1 for one in found):
            said = _along(found, axis, _axis(output, axis))
            if said:
                return said
    return _border(found)


def _along(found: Sequence[Near], axis: int, word: str) -> str:
    """Say which of an axis' places are right, where those are the first, the last, or all but one."""
    right = [_right_along(one, axis) for one in found]
    if not all(some.any() and not some.all() for some in right):
        return ""
    for which, only, but in (
        (
            0,
            _("{name} solo es correcto en el primer índice del eje {axis}"),
            _("{name} es correcto menos en el primer índice del eje {axis}"),
        ),
        (
            -1,
            _("{name} solo es correcto en el último índice del eje {axis}"),
            _("{name} es correcto menos en el último índice del eje {axis}"),
        ),
    ):
        if all(some[which] and some.sum() == 1 for some in right):
            return only.format(name=found[0].name, axis=word)
        if all(not some[which] and some.sum() == len(some) - 1 for some in right):
            return but.format(name=found[0].name, axis=word)
    return ""


def _right_along(one: Near, axis: int) -> Array:
    """Return which of an axis' places are right altogether."""
    others = tuple(a for a in range(one.wrong.ndim) if a != axis)
    right: Array = np.logical_not(one.wrong.any(axis=others))
    return right


def _border(found: Sequence[Near]) -> str:
    axes = [_height_width(one) for one in found]
    if not all(axes):
        return ""
    pairs = [(one, pair) for one, pair in zip(found, axes, strict=True) if pair]
    masks = [_inside(one, pair) for one, pair in pairs]
    if not all(mask.any() and not mask.all() for mask in masks):
        return ""
    name = found[0].name
    if all(_is_right_inside(one, pair) for one, pair in pairs):
        return _("{name} es correcto por dentro y difiere solo en el borde").format(name=name)
    if all(not (one.wrong & ~mask).any() for one, mask in zip(found, masks, strict=True)):
        return _("{name} es correcto en el borde y difiere solo por dentro").format(name=name)
    return ""


def _is_right_inside(one: Near, axes: tuple[int, int]) -> bool:
    """Tell whether all that differs is in a frame, one that leaves an inside of four places at least."""
    widest = (min(one.expected.shape[axis] for axis in axes) - 2) // 2
    return any(not (one.wrong & _inside(one, axes, width)).any() for width in range(1, widest + 1))


def _inside(one: Near, axes: tuple[int, int], width: int = 1) -> Array:
    """Return which places are in no frame of that width."""
    mask = np.ones(one.expected.shape, bool)
    for axis in axes:
        for edge in (slice(width), slice(-width, None)):
            place: list[Any] = [slice(None)] * mask.ndim
            place[axis] = edge
            mask[tuple(place)] = False
    return mask


# ---------------------------------------------------------------------- in which cases it is right


def _by_option(cases: Sequence[Seen]) -> str:
    """Say what the cases that are right have in common and the others don't."""
    right = [case for case in cases if case.right]
    wrong = [case for case in cases if not case.right]
    if min(len(right), len(wrong)) < FEWEST_CASES:
        return ""
    for name, values in _options(cases):
        good = {v for v, case in zip(values, cases, strict=True) if case.right}
        bad = {v for v, case in zip(values, cases, strict=True) if not case.right}
        if len(good) == 1 and not good & bad:
            said = _("sale bien cuando {option} es {value}, y mal en los demás casos")
            return said.format(option=name, value=good.pop())
    square = [_is_square(case) for case in cases]
    if None not in square and all(
        is_square == case.right for is_square, case in zip(square, cases, strict=True)
    ):
        return _("sale bien con imágenes cuadradas, y mal con las que no lo son")
    return ""


def _options(cases: Sequence[Seen]) -> Iterator[tuple[str, list[Any]]]:
    """Yield the options that all cases set, and how."""
    for at, parameter in enumerate(cases[0].brief.parameters):
        given = [case.asked.args[at] for case in cases if len(case.asked.args) > at]
        if len(given) < len(cases):
            continue
        if all(isinstance(value, dict) for value in given):
            for key in given[0] if given else ():
                values = [value.get(key) for value in given]
                if all(isinstance(value, int | str) for value in values):
                    yield f"`{parameter}[{key!r}]`", values
        elif all(isinstance(value, int | str) for value in given):
            yield f"`{parameter}`", given


def _is_square(case: Seen) -> bool | None:
    """Tell whether a case's answer is as high as it is wide; None where it has no such sides."""
    for output, expected, *_rest in case.parts:
        array = expected.array if isinstance(expected, Tensor) else expected
        names = output.axes
        if isinstance(array, np.ndarray) and array.ndim == len(names) and "alto" in names:
            return bool(array.shape[names.index("alto")] == array.shape[names.index("ancho")])
    return None


# ------------------------------------------------------------------------------------ tools


def _big(found: Sequence[Near]) -> bool:
    return all(one.expected.size >= FEWEST for one in found)


def _height_width(one: Near) -> tuple[int, int] | None:
    """Return the axes of height and width, by their names."""
    names = one.output.axes
    found = [at for at, name in enumerate(names) if name in ("alto", "ancho")]
    if len(found) != 2 or one.expected.ndim != len(names):  # noqa: PLR2004
        return None
    return found[0], found[1]


def _channel(one: Near) -> int | None:
    """Return the axis of the channels, or filters, that come out."""
    names = one.output.axes
    if one.expected.ndim != len(names):
        return None
    found = [at for at, name in enumerate(names) if name in ("canal", "filtro")]
    return found[-1] if found else None


def _axis(output: Output, axis: int) -> str:
    name = output.axes[axis] if axis < len(output.axes) else ""
    return f"{axis} ({name})" if name else str(axis)


_OF_NUMBERS: tuple[Callable[[Sequence[Near]], str], ...] = (
    _few_decimals,
    _negative,
    _rounded,
    _times,
    _rectified,
)
_RELATIONS: tuple[Callable[[Sequence[Near]], str], ...] = (
    _few_decimals,
    _nothing,
    _negative,
    _in_other_order,
    _otherwise_laid_out,
    _flipped,
    _rounded,
    _times,
    _plus,
    _times_and_plus,
    _rectified,
    _last_everywhere,
    _shifted,
    _an_argument,
    _cut,
    _where,
)
