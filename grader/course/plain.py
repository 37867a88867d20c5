"""What may come from a student, as text that a terminal or a spreadsheet shows and doesn't obey."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

LONGEST_ID = 60
"""Letters of a student's id that are shown: its start and its end."""

_FORMULA = re.compile(r"(^|[;,|])(\s*)([=+\-@＝＋－＠])")  # noqa: RUF001 - Excel takes these, too


def plain(text: str) -> str:
    """Return a text without what a terminal obeys; its lines stay.

    >>> plain("a" + chr(27) + "[2J")
    'a�[2J'
    """
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text)


def line(text: str, longest: int = 0) -> str:
    """Return a text as one plain line, its middle left out beyond `longest` letters.

    >>> line("one" + chr(10) + "two"), line("abcdefghij", 7)
    ('one two', 'abc…hij')
    """
    whole = plain(" ".join(text.split()))
    if not longest or len(whole) <= longest:
        return whole
    half = (longest - 1) // 2
    return f"{whole[: longest - 1 - half]}…{whole[len(whole) - half :]}"


def quoted(text: str, longest: int = 0) -> str:
    """Return a text as a line in quotes: what students read, told in their language to whom isn't one.

    Names in it stand in « », so these quotes are others.

    >>> quoted("«Ana» no está en la lista", 20)
    '“«Ana» no e… la lista”'
    """
    return f"“{line(text, longest)}”"


def student(name: str) -> str:
    """Return a student's id as it is shown: one line, and not a long one."""
    return line(name, LONGEST_ID)


def json_line(value: Any) -> str:
    r"""Return a value as a line of JSON, with whatever a terminal would obey escaped.

    >>> json_line({"año": "a" + chr(0x9B) + "2J"})
    '{"año": "a\\u009b2J"}'
    """
    written = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in written)


def cell(value: Any) -> str:
    """Return a value as a cell of a spreadsheet: text is never a formula, nor more than a line.

    >>> cell("=1+1"), cell(-1.5), cell(None)
    ("'=1+1", '-1.5', '')
    """
    if value is None:
        return ""
    return _FORMULA.sub(r"\1\2'\3", line(value)) if isinstance(value, str) else str(value)


class PlainLogs(logging.Filter):
    """For nbgrader's commands: paths hold students' ids, and errors hold what they wrote."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, as text that can be shown."""
        record.msg, record.args = plain(record.getMessage()), ()
        return True
