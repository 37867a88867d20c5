"""What importing `grader.data` brings along."""

from __future__ import annotations

import subprocess
import sys


def test_import_is_light():
    """Importing the data room loads NumPy, and neither torch, matplotlib nor Pillow."""
    code = (
        "import sys, grader.data\n"
        "print(sorted({'numpy', 'torch', 'matplotlib', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['numpy']"
