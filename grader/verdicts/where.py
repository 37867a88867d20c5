"""Where two arrays differ, as a small picture and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.comparison import Output
    from grader.observation import Value
    from grader.session import Panel


def panels(
    expected: Value, got: Value, output: Output, *, single: bool = False
) -> tuple[Panel, ...]:
    """Return no picture yet."""
    del expected, got, output, single
    return ()
