"""Write requirements.lock: the newest versions that pyproject.toml allows, one set for all Pythons.

Usage, with Python 3.11 or newer: python .ci/lock.py python3.10 python3.11 python3.12 python3.13

pip resolves the project for each Python without installing anything. The second oldest decides:
newer Pythons must take its versions, and the oldest has its own where a package has left it behind.
torch is left out of it and pinned by hand, as a trial would download its gigabytes for each Python.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import tomllib

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"

# The course's own choices. NumPy 2.4 refuses float() of a one-element array, which most students
# and tutorials write; 2.2 is the last NumPy for Python 3.10. soupsieve 3 wants Python 3.11.5, and
# Debian 12 has 3.11.2.
TORCH = "torch==2.13.0"
TORCH_NEEDS = ["filelock", "fsspec", "jinja2", "networkx", "setuptools", "sympy"]
CHOICES = [
    'numpy==2.3.* ; python_version >= "3.11"',
    'numpy==2.2.* ; python_version < "3.11"',
    "soupsieve<3",
]

HEAD = f"""\
# Exact versions of everything that the demo, the tests and CI run on, Python 3.10 to 3.13:
#     pip install -c requirements.lock -e ".[instructor,cluster,postgres,test]"
# Made by `make lock` (.ci/lock.py), which says how; don't edit it by hand. Not pinned: what only
# macOS or Windows need, and the CUDA libraries, which {TORCH} itself asks for exactly.
"""


def project_requirements() -> list[str]:
    """Everything that pyproject.toml asks for, extras included, except torch and ourselves."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    ours = re.compile(rf"(torch|{project['name']})\b")
    return [asked for group in groups for asked in group if not ours.match(asked)]


def resolve(python: str, constraints: list[str]) -> dict[str, str]:
    """The versions that pip would install for `python`: {"numpy": "2.3.5", ...}."""
    with tempfile.TemporaryDirectory() as scratch:
        limits, report = Path(scratch, "limits.txt"), Path(scratch, "report.json")
        limits.write_text("\n".join(constraints), encoding="utf-8")
        pip = [python, "-m", "pip", "install", "-qq", "--dry-run", "--ignore-installed"]
        how = ["--only-binary=:all:", "-c", str(limits), "--report", str(report)]
        subprocess.run([*pip, *how, *project_requirements(), *TORCH_NEEDS], check=True)
        found = json.loads(report.read_text(encoding="utf-8"))["install"]
    return {
        re.sub(r"[-_.]+", "-", p["metadata"]["name"]).lower(): p["metadata"]["version"]
        for p in found
    }


def main(pythons: list[str]) -> int:
    """Resolve for each of `pythons`, oldest first, and write the lock."""
    oldest, decides, *newer = pythons
    print(f"{decides} decides", flush=True)
    pins = resolve(decides, CHOICES)
    for python in newer:
        print(f"{python} follows", flush=True)
        pins |= resolve(python, [f"{name}=={version}" for name, version in pins.items()])
    print(f"{oldest} has its own where it must", flush=True)
    old = resolve(oldest, CHOICES)

    lines = [TORCH]
    for name in sorted(pins.keys() | old.keys()):
        ours, theirs = pins.get(name), old.get(name)
        if ours and theirs and ours != theirs:
            lines.append(f'{name}=={ours} ; python_version >= "3.11"')
            lines.append(f'{name}=={theirs} ; python_version < "3.11"')
        else:
            lines.append(f"{name}=={ours or theirs}")
    LOCK.write_text(HEAD + "\n".join(sorted(lines)) + "\n", encoding="utf-8")
    print(f"requirements.lock: {len(lines)} pins")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
