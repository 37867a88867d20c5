"""Consoles that lack letters, as Windows' cp1252 lacks ✓: what is said there is said with others.

A check that passes must not end in a UnicodeEncodeError, and nor must what a student prints of it.
"""

from __future__ import annotations

import codecs
import contextlib
import sys
import unicodedata

HOSTED = {"COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE"}
"""What the environment has on Colab and Kaggle, which have a page of their own for notebooks."""

ALIKE = {
    "✓": "+",
    "✗": "x",
    "█": "#",
    "░": ".",
    "−": "-",
    "–": "-",
    "—": "-",
    "×": "x",
    "·": ".",
    "…": "...",
    "→": "->",
    "←": "<-",
    "≈": "~",
    "≥": ">=",
    "≤": "<=",
    "«": '"',
    "»": '"',
    "“": '"',
    "”": '"',
    "’": "'",
    "¿": "",
    "¡": "",
    "⌊": "floor(",
    "⌋": ")",
    "∂": "d",
    "∇": "grad ",
    "²": "^2",
    "ᵀ": "^T",
}
"""What stands for a letter that a console lacks; a letter with an accent loses it."""


def alike(letter: str) -> str:
    """Return what ASCII has for a letter, or a question mark.

    >>> alike("✗"), alike("ñ"), alike("猫")
    ('x', 'n', '?')
    """
    if letter in ALIKE:
        return ALIKE[letter]
    bare = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
    return bare or "?"


def speak_there() -> None:
    """Let what is printed reach the console it is printed on, whatever letters that has."""
    codecs.register_error(_NAME, _replace)
    for stream in (sys.stdout, sys.stderr):
        # A notebook's streams are other things, and take every letter.
        if getattr(stream, "errors", "") in ("strict", "backslashreplace"):
            with contextlib.suppress(AttributeError, ValueError, OSError):
                stream.reconfigure(errors=_NAME)  # type: ignore[union-attr]


_NAME = "labkit.alike"


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(alike, error.object[error.start : error.end])), error.end
