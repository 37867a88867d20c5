"""Whose a name is: how systems write people's names, and who of a course is meant by one."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_APOSTROPHES = str.maketrans("", "", "'’`\u00b4\u02bc")
_NUMBER = re.compile(r"(?=[^\s()\[\],;]*\d)[^\s()\[\],;]{4,}")


@dataclass(frozen=True)
class Person:
    """A student, as nbgrader's student table has one: what isn't known is empty."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""

    @property
    def name(self) -> str:
        """The whole name, or nothing."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True)
class Clue:
    """What a system says of a student: a name, its own number for the person, and other keys.

    A key is an id, an email or a user name, of which no two people have the same.
    """

    name: str = ""
    lms: str = ""
    keys: tuple[str, ...] = ()


def words(text: str) -> list[str]:
    """Return the words of a name as they are compared: without case, accents and apostrophes.

    >>> words("Ñandú, María-José"), words("O’Brien")
    (['nandu', 'maria', 'jose'], ['obrien'])
    """
    plain = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES).casefold())
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return re.findall(r"[^\W_]+", letters)


def student_id(who: str) -> str:
    """Make a student's id of a name: plain letters, so that it is a good name of a folder.

    >>> student_id("Ana María Pérez Ñandú")
    'ana-maria-perez-nandu'
    """
    return "-".join(re.findall(r"[a-z0-9]+", " ".join(words(who))))


def is_id(text: str) -> bool:
    """Tell whether a text can be a student's id: it names a folder and a row.

    >>> is_id("2024-1"), is_id("ana@uni.edu"), is_id("../x"), is_id("ana paz")
    (True, True, False, False)
    """
    return re.fullmatch(r"[\w@+-][\w.@+-]{0,127}", text) is not None


class People:
    """Who there is, to be found by whatever a system writes of them.

    >>> people = People([Person("a1", "Ana María", "Pérez", "ana@uni.edu", "77")])
    >>> people.find(Clue("PEREZ, Ana Maria")), people.find(Clue("perezanamaria"))
    ({'a1'}, {'a1'})
    >>> people.find(Clue(lms="77")), people.find(Clue("ana")), people.find(Clue("Ana Pérez"))
    ({'a1'}, {'a1'}, set())
    """

    def __init__(self, people: Iterable[Person] = ()) -> None:
        self.ids: dict[str, Person] = {}
        self._keys: list[dict[str, set[str]]] = [{}, {}, {}]  # ids, emails, what emails begin with
        self._lms: dict[str, set[str]] = {}
        self._names: list[dict[str, set[str]]] = [{}, {}]  # as they are written, and in any order
        for one in people:
            self.add(one)

    def __bool__(self) -> bool:
        return bool(self.ids)

    def add(self, one: Person) -> None:
        """Add a person; one may be added again under another name."""
        self.ids.setdefault(one.id, one)
        email = one.email.casefold()
        for at, key in enumerate((one.id.casefold(), email, email.partition("@")[0])):
            if key:
                self._keys[at].setdefault(key, set()).add(one.id)
        if one.lms_user_id:
            self._lms.setdefault(one.lms_user_id, set()).add(one.id)
        first, last = words(one.first_name), words(one.last_name)
        for at, spellings in enumerate(((first + last, last + first), _turned(first + last))):
            for spelling in spellings:
                for glue in (" ", ""):
                    if spelling:
                        found = self._names[at].setdefault(glue.join(spelling), set())
                        found.add(one.id)

    def find(self, clue: Clue) -> set[str]:
        """Return the ids of those who may be meant: one, if all is well.

        What says it for sure goes before a name; where the two are of different people, both are
        returned, because then nobody can tell.
        """
        sure = self._lms.get(clue.lms, set()) if clue.lms else set()
        for key in (*clue.keys, clue.name):
            sure = sure | self._keyed(key.strip().casefold())
        for number in _NUMBER.findall(clue.name):  # it counts beside words of the person's own name
            rest = {*words(clue.name.replace(number, " "))}
            found = self._keyed(number.casefold())
            sure = sure | {one for one in found if rest <= {*words(self.ids[one].name)}}
        named = self._named(words(clue.name))
        if sure and named:
            return sure & named or sure | named
        return sure or named

    def _named(self, name: list[str]) -> set[str]:
        ways = (" ".join(name), "".join(name)), (" ".join(sorted(name)), "".join(name))
        for names, keys in zip(self._names, ways, strict=True):
            if found := set().union(*(names.get(key, set()) for key in keys if key)):
                return found
        return set()

    def _keyed(self, key: str) -> set[str]:
        return next((found for keys in self._keys if (found := keys.get(key))), set())


def _turned(name: list[str]) -> list[list[str]]:
    """Return a name in no order, and begun with each of its words, as one that is run together may be.

    >>> _turned(["pérez", "ana"])
    [['ana', 'pérez'], ['pérez', 'ana'], ['ana', 'pérez']]
    """
    return [sorted(name), *(name[at:] + name[:at] for at in range(len(name)))]
