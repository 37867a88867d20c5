"""What tests need of the machine: where it is missing a test skips, and in CI it fails."""

import os
import shutil
from pathlib import Path

import pytest


def need(found, what):
    """Skip the test with the reason unless `found`; in CI, where all is installed, fail."""
    if found:
        return
    if os.environ.get("CI"):
        pytest.fail(f"CI must have {what}")
    pytest.skip(f"this machine has no {what}")


def postgres_folder():
    """Return the folder of PostgreSQL's server programs."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    found = next((f for f in reversed(folders) if (f / "initdb").exists()), None)
    if found is None and (initdb := shutil.which("initdb")):
        found = Path(initdb).parent
    need(found is not None, "PostgreSQL server (initdb)")
    return found
