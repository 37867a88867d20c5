"""The limits of a notebook."""

from __future__ import annotations

from dataclasses import fields

import pytest

from grader.running.limits import Limits


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_a_limit_that_lets_nothing_run_is_refused(name: str, value: float) -> None:
    """A limit of zero, less, or no number raises and names itself."""
    with pytest.raises(ValueError, match=f"Limits.{name} must be above 0"):
        Limits(**{name: value})
