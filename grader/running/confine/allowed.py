"""What a confined process may do and read: the layers, and the paths that each of them lets through."""

# Plain strings: Landlock and mounts take them.
from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import site
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grader.running.confine.landlock import open_rules
from grader.running.confine.root import SCRATCH, covered, plan_root

if TYPE_CHECKING:
    from collections.abc import Iterable

# All that a student's process may read of our package: what a student has at home. The rest of it
# (the judge, what an exercise is, this sandbox) stays out of reach, as do the course's exercises.
STUDENT_SIDE = (
    "__init__.py",
    "checks.py",
    "comparison.py",
    "data",
    "explanations.py",
    "figures.py",
    "hashes.py",
    "home.py",
    "key.py",
    "marks.py",
    "observation.py",
    "session.py",
    "sliding.py",
    "verdicts",
)
TORCH = ("torch", "torchgen", "functorch", "torchvision", "torchaudio")
PACKAGE = Path(__file__).resolve().parents[2]

_SYSTEM = (
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/lib",
    "/lib32",
    "/lib64",
    "/bin",
    "/usr/bin",
    "/usr/local/lib",
    "/usr/local/bin",
    "/usr/share/fonts",
    "/usr/share/fontconfig",
    "/usr/share/locale",
    "/usr/share/zoneinfo",
    "/usr/local/share/fonts",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
)


@dataclass(frozen=True)
class Policy:
    """What a confined process may do: the layers to apply, and what it may read, for each of them.

    All that takes time, or needs to look around, is done when a policy is made: once for all the
    children that it will confine. With the mount layer the scratch folder is in memory, at
    `SCRATCH`.
    """

    layers: frozenset[str]
    steps: tuple[tuple[str, str, str], ...] = ()  # to the private root
    covered: tuple[str, ...] = ()  # in the private root
    handles: tuple[tuple[int, int], ...] = ()  # for Landlock: what is open, and what it may do

    def scratch(self, fallback: str) -> str:
        """Where the scratch folder is seen from inside; `fallback` is the one outside."""
        return SCRATCH if "mount" in self.layers else fallback


def policy(names: Iterable[str], *, torch: bool, hidden: Iterable[str] = ()) -> Policy:
    """Make the policy of a lab from the names of the layers to apply.

    `hidden` are paths that mustn't be readable, even where Python's own folders hold them.

    >>> policy((), torch=True).layers
    frozenset()
    """
    if "torch" in sys.modules and not torch:
        msg = "torch is imported already: a NumPy lab must start from a process without it"
        raise RuntimeError(msg)
    libraries = [] if torch else [path for name in TORCH for path in _locations(name)]
    names = frozenset(names)
    read = tuple(dict.fromkeys(filter(os.path.exists, _readable())))
    concealed = (*libraries, *_rest_of_package(), *map(str, hidden))
    handles = open_rules((*read, str(PACKAGE)), concealed) if "landlock" in names else ()
    return Policy(names, plan_root(read), covered(read, concealed), handles)


def _readable() -> list[str]:
    """List what Python and its libraries need, then the student's side of our package."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    paths = [*_SYSTEM, *(sysconfig.get_path(name) for name in names), *site.getsitepackages()]
    if site.ENABLE_USER_SITE:
        paths.append(site.getusersitepackages())
    for prefix in dict.fromkeys((sys.prefix, sys.base_prefix)):
        paths += [f"{prefix}/bin", f"{prefix}/lib", f"{prefix}/pyvenv.cfg"]
    return paths + [str(PACKAGE / name) for name in STUDENT_SIDE]


def _rest_of_package() -> list[str]:
    """List what of our package isn't the student's side (it may lie in site-packages)."""
    ours = {PACKAGE / name for name in STUDENT_SIDE}
    folders = {parent for path in ours for parent in path.parents if parent.is_relative_to(PACKAGE)}
    entries = (entry for folder in folders if folder.is_dir() for entry in folder.iterdir())
    return [str(entry) for entry in entries if entry not in ours | folders]


def _locations(name: str) -> list[str]:
    """Find the files or folders of a library, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None:
        return []
    folders = list(spec.submodule_search_locations or ())
    return folders or ([spec.origin] if spec.origin else [])
