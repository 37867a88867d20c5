"""The key: what a student's machine needs to check a lab at home, as data.

A lab's release writes one beside the notebook. For the public seed it holds the inputs of each case
and what torch answers, for each known mistake a fingerprint of what it would answer and its hint, and
the source of the lab's drivers: no reference, no solution. What a graded notebook gets in the sandbox
is a key too, for a fresh seed, and without answers.
"""

from __future__ import annotations

import difflib
import glob
import hashlib
import types
import zlib
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from grader.comparison import Output
from grader.data import Recipe
from grader.fingerprints import TOLERANCE, TOLERANCE_FLOAT32, Prints
from grader.observation import (
    Call,
    Limits,
    Observation,
    ObservationError,
    Tensor,
    Value,
    decode,
    encode,
    freeze,
)
from grader.words import _, later

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from grader.fingerprints import Fingerprint, Made

SUFFIX = ".key"
MAGIC = b"LABKEY2 "
EDITION = 12  # letters of a digest that name an edition
LIMITS = Limits(max_bytes=256 * 2**20, max_header=64 * 2**20, max_items=2_000_000)


class KeyFileError(RuntimeError):
    """A lab's key isn't there, or isn't the notebook's. The message says where to get it."""


class UnknownNameError(LookupError):
    """No exercise, group or output has that name. The message says which ones are like it."""


def unknown(kind: Literal["exercise", "group", "output"], name: str, known: Iterable[str]) -> str:
    """Say that `name` is no `kind`, which known names are like it, and which ones there are.

    >>> unknown("group", "basik", ["basic", "stride"])
    "no hay ningún grupo 'basik': ¿querías decir 'basic'? (hay: basic, stride)"
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    sentence = (_UNKNOWN_BUT_LIKE if close else _UNKNOWN)[kind]
    return _(sentence).format(name=name, close="".join(close), known=", ".join(names))


_UNKNOWN = {
    "exercise": later("no hay ningún ejercicio {name!r} (hay: {known})"),
    "group": later("no hay ningún grupo {name!r} (hay: {known})"),
    "output": later("no hay ningún resultado {name!r} (hay: {known})"),
}
_UNKNOWN_BUT_LIKE = {
    "exercise": later("no hay ningún ejercicio {name!r}: ¿querías decir {close!r}? (hay: {known})"),
    "group": later("no hay ningún grupo {name!r}: ¿querías decir {close!r}? (hay: {known})"),
    "output": later("no hay ningún resultado {name!r}: ¿querías decir {close!r}? (hay: {known})"),
}


# ------------------------------------------------------------------------------------- what it holds


@dataclass(frozen=True)
class GroupBrief:
    """A group's title, and the names of the outputs that it compares."""

    title: str
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Brief:
    """What a check must know of an exercise to call a student's function and to speak of it."""

    name: str
    topic: str
    parameters: tuple[str, ...]
    outputs: tuple[Output, ...]
    groups: Mapping[str, GroupBrief]
    helpers: tuple[str, ...] = ()
    driver: str = ""
    facts: str = ""
    sealed: bool = False
    quick: bool = True

    def groups_of(self, group: str | None) -> list[str]:
        """Name the groups that a check asks for: `group`, or all if it is None."""
        if group is not None and group not in self.groups:
            raise UnknownNameError(unknown("group", group, self.groups))
        return list(self.groups) if group is None else [group]

    def groups_as_helper(self, groups: Sequence[str]) -> list[str]:
        """Name the groups in which it is looked at when a caller's `groups` are checked.

        A caller's "combined" turns everything at once, and so it may need any of them.
        """
        if "combined" in groups:
            return list(self.groups)
        return [name for name in self.groups if name == "basic" or name in groups]


@dataclass(frozen=True)
class Asked:
    """One case: its arguments, a note that describes it, and what is expected of it."""

    args: tuple[Any, ...]
    note: str
    expected: Value = None


@dataclass(frozen=True)
class Key:
    """The exercises of a lab by name, their drivers by topic, and their cases by "exercise/group".

    `prints` holds, by "exercise/group", what each mistake and each pair of them leaves, and `hints`,
    by "exercise/mistake", a hint and what is true of all mistakes that look like it. A key for the
    sandbox has neither, and expects nothing.
    """

    briefs: Mapping[str, Brief] = field(default_factory=dict)
    drivers: Mapping[str, str] = field(default_factory=dict)
    cases: Mapping[str, Sequence[Asked]] = field(default_factory=dict)
    prints: Mapping[str, Prints] = field(default_factory=dict)
    hints: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    reveals = True
    """What was expected may be told: the cases are public."""

    def find(self, name: str) -> Brief:
        """Return the exercise called `name`; raise `UnknownNameError` if there is none."""
        try:
            return self.briefs[name]
        except KeyError:
            raise UnknownNameError(unknown("exercise", name, self.briefs)) from None

    def asked(self, name: str, group: str) -> Sequence[Asked]:
        """Return the cases of a group; pictures that a recipe stands for are drawn now."""
        return [replace(one, args=_prepared(one.args)) for one in self.cases[f"{name}/{group}"]]

    def call(
        self, brief: Brief, function: Callable[..., Any], args: Sequence[Any], **beside: Any
    ) -> Any:
        """Call a student's function on a case's arguments; a driver may want something `beside`."""
        if not brief.driver:
            return function(*args)
        driver = getattr(_module(brief.topic, self.drivers[brief.topic]), brief.driver)
        return driver(function, *args, **beside)

    def facts(self, brief: Brief, args: Sequence[Any], observed: Value) -> Value:
        """Return what is compared of what was observed."""
        if not brief.facts:
            return observed
        module = _module(brief.topic, self.drivers[brief.topic])
        return freeze(getattr(module, brief.facts)(args, observed))

    def audit(self, name: str, group: str, observed: Sequence[Value]) -> tuple[str, str]:
        """Find nothing: at home nobody looks for more than a comparison shows."""
        del name, group, observed
        return "", ""

    def mistakes(self, name: str, group: str) -> Sequence[str]:
        """Name the mistakes that can be recognised in a group of an exercise."""
        prints = self.prints.get(f"{name}/{group}", Prints())
        return [made[0] for made in prints if len(made) == 1]

    def left(self, name: str, group: str, at: int, made: Made) -> Fingerprint:
        """Return what one mistake, or two at once, leave on a case."""
        return self.prints[f"{name}/{group}"].left(made, at)

    def pairs(
        self, name: str, group: str, at: int, call: Call, ours: Fingerprint
    ) -> Sequence[Made]:
        """Return the pairs of mistakes that may have left `ours` on a case: all of them."""
        del at, call, ours
        prints = self.prints.get(f"{name}/{group}", Prints())
        return [made for made in prints if len(made) > 1]

    def hint(self, name: str, mistake: str) -> str:
        """Return what a student who made a mistake is told."""
        return self.hints[f"{name}/{mistake}"][0]

    def kin(self, name: str, mistake: str) -> str:
        """Return what is true of all mistakes that look like one."""
        return self.hints[f"{name}/{mistake}"][1]


def together(keys: Sequence[Key]) -> Key:
    """Return one key that holds what several hold."""
    parts = ("briefs", "drivers", "cases", "prints", "hints")
    return Key(*({k: v for key in keys for k, v in getattr(key, part).items()} for part in parts))


def _prepared(args: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(_drawn(one).copy() if isinstance(one, Recipe) else one for one in args)


@lru_cache(maxsize=2)
def _drawn(recipe: Recipe) -> np.ndarray[Any, Any]:
    return recipe.draw()[0]


@lru_cache(maxsize=32)
def _module(topic: str, source: str) -> types.ModuleType:
    """Make a topic's drivers of their source. Their name keeps them out of a student's tracebacks."""
    module = types.ModuleType(f"grader.drivers.{topic}")
    exec(compile(source, f"<drivers of {topic}>", "exec"), module.__dict__)  # noqa: S102 - ours
    return module


# --------------------------------------------------------------------------------- as bytes, and back

_STRIDED = "__strided__"  # an array that isn't contiguous in memory
_DRAWN = "__drawn__"  # pictures, by their recipe


def write_key(key: Key, *, small: bool = True) -> bytes:
    """Write a key as bytes: the same ones for the same key. Its edition is in them.

    Being `small` takes longer to write.
    """
    tree = {
        "briefs": {name: _from_brief(brief) for name, brief in key.briefs.items()},
        "drivers": dict(key.drivers),
        "cases": {
            path: [[freeze(_mark(one.args), LIMITS), one.note, one.expected] for one in cases]
            for path, cases in key.cases.items()
        },
        "prints": {path: prints.plain() for path, prints in key.prints.items()},
        "hints": {path: list(told) for path, told in key.hints.items()},
    }
    data = encode(Observation("", 0, "key", values=(tree,)), LIMITS)
    packed = zlib.compress(data, 9 if small else 0)
    return MAGIC + _edition(packed).encode() + b"\n" + packed


def _edition(packed: bytes) -> str:
    return hashlib.sha256(packed).hexdigest()[:EDITION]


def _is_of_another_version(data: bytes) -> bool:
    return data.startswith(MAGIC[:6]) and not data.startswith(MAGIC)


def edition_of(data: bytes) -> str:
    """Return the edition of a key's bytes; raise `KeyFileError` if they are no key, or cut."""
    head, _end, packed = data.partition(b"\n")
    edition = head.removeprefix(MAGIC).decode("ascii", "replace")
    if _is_of_another_version(data):
        raise KeyFileError(_("es de otra versión del kit que la que está instalada"))
    if not head.startswith(MAGIC) or edition != _edition(packed):
        raise KeyFileError(_("está cortado o no es la clave de un laboratorio"))
    return edition


def read_key(data: bytes) -> Key:
    """Read what `write_key` wrote; raise `KeyFileError` if it isn't whole."""
    tree = _tree(data)
    try:
        return Key(
            briefs={name: _to_brief(fields) for name, fields in tree["briefs"].items()},
            drivers=tree["drivers"],
            cases={
                path: [Asked(_unmark(args), note, expected) for args, note, expected in cases]
                for path, cases in tree["cases"].items()
            },
            prints={path: Prints.read(plain) for path, plain in tree["prints"].items()},
            hints={path: tuple(told) for path, told in tree["hints"].items()},
        )
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise KeyFileError(_("no se puede leer ({error})").format(error=error)) from error


def _tree(data: bytes) -> dict[str, Any]:
    edition_of(data)
    try:
        inflater = zlib.decompressobj()
        plain = inflater.decompress(data.partition(b"\n")[2], LIMITS.max_bytes)
        (tree,) = decode(plain, LIMITS).values
        return dict(tree)
    except (ObservationError, zlib.error, TypeError, ValueError) as error:
        raise KeyFileError(_("no se puede leer ({error})").format(error=error)) from error


def same_key(one: bytes, other: bytes) -> bool:
    """Tell whether two keys say the same, but for what another machine rounds or packs in its way."""
    try:
        left, right = _tree(one), _tree(other)
    except KeyFileError:
        return False
    return _alike(left, right)


def _alike(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_alike(one[name], other[name]) for name in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, Tensor):
        return _alike(one.array, other.array)
    if isinstance(one, float | np.ndarray):
        return _alike_numbers(np.asarray(one), np.asarray(other))
    return bool(one == other)


def _alike_numbers(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    if (one.shape, one.dtype) != (other.shape, other.dtype):
        return False
    if one.dtype.kind not in "fc":
        return np.array_equal(one, other)
    single = one.dtype.itemsize < np.dtype(float).itemsize
    tolerance = TOLERANCE_FLOAT32 if single else TOLERANCE
    scale = float(np.abs(np.nan_to_num(one, posinf=0, neginf=0)).max(initial=1.0))
    return np.allclose(one, other, tolerance, tolerance * scale, equal_nan=True)


def _from_brief(brief: Brief) -> dict[str, Any]:
    return {
        **vars(brief),
        "outputs": [[output.name, list(output.axes)] for output in brief.outputs],
        "groups": {name: [g.title, list(g.outputs)] for name, g in brief.groups.items()},
    }


def _to_brief(fields: dict[str, Any]) -> Brief:
    return Brief(
        **{
            **fields,
            "outputs": tuple(Output(name, tuple(axes)) for name, axes in fields["outputs"]),
            "groups": {
                name: GroupBrief(title, tuple(outputs))
                for name, (title, outputs) in fields["groups"].items()
            },
        }
    )


def _mark(value: Any) -> Any:
    """Replace what a file can't hold as it is."""
    if isinstance(value, tuple | list):
        return type(value)(_mark(part) for part in value)
    if isinstance(value, dict):
        return {name: _mark(part) for name, part in value.items()}
    if isinstance(value, np.ndarray) and not value.flags.c_contiguous:
        return {_STRIDED: value}
    if isinstance(value, Recipe):
        return {_DRAWN: [value.count, value.side, value.seed]}
    return value


def _unmark(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return type(value)(_unmark(part) for part in value)
    if isinstance(value, dict) and value.keys() == {_STRIDED}:
        return np.repeat(value[_STRIDED], 2, axis=-1)[..., ::2]
    if isinstance(value, dict) and value.keys() == {_DRAWN}:
        return Recipe(*value[_DRAWN])
    if isinstance(value, dict):
        return {name: _unmark(part) for name, part in value.items()}
    return value


# -------------------------------------------------------------------------------- beside the notebook


def find_key(lab: str, edition: str, folder: Path) -> Key:
    """Return the key of a lab that lies in `folder`; raise `KeyFileError` if it isn't the notebook's.

    The instructor's own notebook, which names no edition, is also content with what was released.
    """
    name = f"{lab}{SUFFIX}"
    again = _(
        "Baja de nuevo el laboratorio y deja {name} en la misma carpeta que el notebook, que es "
        "{folder}."
    ).format(name=name, folder=folder)
    places = [folder / name]
    if not edition:
        places.append(folder / ".." / ".." / "release" / lab / name)
    try:
        data = next((path.read_bytes() for path in places if path.is_file()), None)
    except OSError as error:  # another program's, or in a cloud and not here
        sentence = _("{name} no se puede leer ({error}). {again}")
        raise KeyFileError(sentence.format(name=name, error=error, again=again)) from None
    if data is None and (misnamed := _misnamed(lab, edition, folder)):
        sentence = _(
            "Hace falta {name}, y en {folder} se llama {found!r}, porque se bajó dos veces o algo "
            "le cambió el nombre. Ponle {name} y corre la celda de nuevo."
        )
        raise KeyFileError(sentence.format(name=name, folder=folder, found=misnamed))
    if data is None:
        sentence = _("Falta {name}, el archivo con el que se comprueban tus respuestas. {again}")
        raise KeyFileError(sentence.format(name=name, again=again))
    try:
        found = edition_of(data)
    except KeyFileError:
        sentence = _("{name} está cortado o no es la clave de un laboratorio. {again}")
        if _is_of_another_version(data):
            sentence = _("{name} es de otra versión del kit que la que está instalada. {again}")
        raise KeyFileError(sentence.format(name=name, again=again)) from None
    if edition and found != edition:
        sentence = _(
            "{name} es de otra edición que este notebook ({found}, y el notebook pide {wanted}). {again}"
        )
        raise KeyFileError(sentence.format(name=name, found=found, wanted=edition, again=again))
    try:
        return read_key(data)
    except KeyFileError as error:
        sentence = _("{name} no se puede leer ({error}). {again}")
        told = sentence.format(name=name, error=error.__cause__, again=again)
        raise KeyFileError(told) from None


def _misnamed(lab: str, edition: str, folder: Path) -> str:
    """Name the file beside a notebook that is its key under a name that a browser gave it."""
    for path in sorted(folder.glob(f"{glob.escape(lab)}*{SUFFIX}*")):
        with suppress(KeyFileError, OSError):
            if path.is_file() and (edition_of(path.read_bytes()) == edition or not edition):
                return path.name
    return ""
