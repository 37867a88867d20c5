"""The gallery of mistakes shows what a student reads today."""

import subprocess
import sys

import pytest
from tiny import ROOT


@pytest.mark.slow
def test_the_gallery_is_what_the_course_says():
    """docs/mistakes.md is what `.ci/mistakes.py` writes from the exercises and the released keys."""
    command = [sys.executable, str(ROOT / ".ci/mistakes.py")]
    page = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
    assert page.rstrip() == (ROOT / "docs/mistakes.md").read_text(encoding="utf-8").rstrip()
