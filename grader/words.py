"""The words that a student reads from the engine: in Spanish, or from another language's catalogue.

Sentences are whole, with named places to fill in, so that another language can order them in its way.
A course's own words, its titles and hints, are the course's.
"""

from __future__ import annotations

import gettext
import os
from pathlib import Path

DOMAIN = "grader"
FOLDER = Path(__file__).with_name("locale")

_words: list[gettext.NullTranslations] = []


def use_words(translations: gettext.NullTranslations) -> None:
    """Speak with these words from now on: `gettext.NullTranslations()` is Spanish."""
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


use_words(find_words(os.environ.get("LABKIT_LANGUAGE", "")))
