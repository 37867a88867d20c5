"""The words that a student reads from the engine: in Spanish, or from another language's catalogue.

Sentences are whole, with named places to fill in, so that another language can order them in its way.
A course's own words, its titles and hints, are the course's.
"""

from __future__ import annotations

import gettext
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

DOMAIN = "grader"
FOLDER = Path(__file__).with_name("locale")
LANGUAGE = "LABKIT_LANGUAGE"
"""The environment variable that names a language; without it, or without its catalogue: Spanish."""

_words: list[gettext.NullTranslations] = []


def use_words(translations: gettext.NullTranslations) -> None:
    """Speak with these words from now on: `gettext.NullTranslations()` is Spanish."""
    if not isinstance(translations, gettext.NullTranslations):
        raise TypeError(f"words are gettext's translations, not {type(translations).__name__}")
    _words[:] = [translations]


def find_words(language: str) -> gettext.NullTranslations:
    """Return the words of a language; those of Spanish where there is no catalogue for it."""
    languages = [language] if language else []
    return gettext.translation(DOMAIN, FOLDER, languages=languages, fallback=True)


def _(sentence: str) -> str:
    """Return a sentence in the language in use.

    >>> _("falta el return")
    'falta el return'
    """
    return _words[0].gettext(sentence) if sentence else ""


def ngettext(one: str, many: str, count: int) -> str:
    """Return the sentence for one thing or for many, in the language in use.

    >>> ngettext("{n} caso", "{n} casos", 2).format(n=2)
    '2 casos'
    """
    return _words[0].ngettext(one, many, count)


def later(sentence: str) -> str:
    """Mark a sentence of a table as one to translate, which `_` does where it is used."""
    return sentence


def listed(things: Iterable[str]) -> str:
    """Write things as a sentence counts them up.

    >>> listed(["`W`"]), listed(["`W`", "`b`", "`Z`"])
    ('`W`', '`W`, `b` y `Z`')
    """
    *some, last = things
    return _("{some} y {last}").format(some=", ".join(some), last=last) if some else last


def and_more(things: Iterable[str], most: int) -> str:
    """Count up so many things at most, and say how many more there are.

    >>> and_more("abcd", 4), and_more("abcd", 2)
    ('a, b, c, d', 'a, b y 2 más')
    """
    all_ = list(things)
    some, more = ", ".join(all_[:most]), len(all_) - most
    if more <= 0:
        return some
    sentence = ngettext("{some} y {more} más", "{some} y {more} más", more)
    return sentence.format(some=some, more=more)


use_words(find_words(os.environ.get(LANGUAGE, "")))
