"""A language that nobody speaks: whatever went through gettext is told at sight from what didn't.

Its sentences are ours in ⟦brackets⟧ and in wide letters, with the {places} as they were.
"""

import ast
import gettext
import re

from tiny import ROOT

PACKAGE = ROOT / "grader"
_CODE = re.compile(r"`[^`]*`|'[\w.-]*'|[\w./-]+\.(?:ipynb|json|zip|txt|key)\b")
WIDE = 0xFEE0  # from a letter to the wide one


class Pseudo(gettext.NullTranslations):
    """The translations into that language."""

    def gettext(self, message):
        """Return a sentence of ours in it."""
        return f"⟦{re.sub(r'{[^{}]*}|[A-Za-z]', _wide, message)}⟧"

    def ngettext(self, one, many, n):
        """Return a sentence of ours in it, for one thing or for many."""
        return self.gettext(one if n == 1 else many)


def _wide(found):
    if not found[0].startswith("{"):
        return chr(ord(found[0]) + WIDE)
    place, colon, counted = found[0].partition(":")
    # What is counted stands in its place, in one and in many: {1:eje/ejes}.
    return place + colon + (re.sub("[a-z]", _wide, counted) if "/" in counted else counted)


def left_over(text, known=()):
    """Return the words of a text that nothing explains.

    A word is explained by wide letters, which come from gettext; by what is `known`, such as a course's
    words; by standing in code; or by being a file's name or an identifier, with digits or underscores.
    """
    text = _CODE.sub("`", text)
    for thing in sorted({_CODE.sub("`", one).strip() for one in known}, key=len)[::-1]:
        if re.search(r"\w", thing):
            text = re.sub(rf"(?<!\w){re.escape(thing)}(?!\w)", " ", text)
    found = re.findall(r"(?<!\w)[^\W\d_]+(?!\w)", text)
    pythons = ("None", "True", "False")
    return [w for w in found if w not in pythons and not re.search("[\uff21-\uff5a]", w)]


def texts_of(tree):
    """Return the texts of a module, each with its line, but docstrings and what gettext is given."""
    inside = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):  # docstrings stand by themselves
            inside |= {id(one.value) for one in body if isinstance(one, ast.Expr)}
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in GETTEXT:
            inside |= {id(argument) for argument in node.args}
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside
    ]


GETTEXT = ("_", "ngettext", "later")
