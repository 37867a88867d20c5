"""Landlock: opening only the files that a policy names, whatever else the root folder shows."""

# Plain strings: this runs for each notebook, and Path costs time.
# ruff: noqa: PTH112
from __future__ import annotations

import ctypes
import os
import resource
import struct
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from grader.running.confine.calls import LINUX, syscall
from grader.running.confine.root import DEVICES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.running.confine.allowed import Policy

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_FIRST_ABI = (1 << 13) - 1
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_FOR_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_NET, _SCOPES = 3, 3
ABI_NET, ABI_SCOPES = 4, 6


def abi() -> int:
    """Tell the version of Landlock that this kernel has, 0 for none."""
    if not LINUX:
        return 0
    try:
        return syscall("landlock_create_ruleset", None, ctypes.c_size_t(0), 1)
    except OSError:
        return 0


def _handled(abi: int) -> int:
    by_version = {2: _REFER, 3: _TRUNCATE, 5: _IOCTL_DEV}
    return _FIRST_ABI | sum(bit for version, bit in by_version.items() if abi >= version)


def restrict(plan: Policy, scratch: str) -> None:
    """Allow reading what the plan says and writing in scratch; nothing else, and no TCP."""
    version = abi()
    handled = _handled(version)
    fields = [handled]
    if version >= ABI_NET:
        fields.append(_NET)
    if version >= ABI_SCOPES:
        fields.append(_SCOPES)
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    size = ctypes.c_size_t(len(attributes))
    rules = syscall("landlock_create_ruleset", attributes, size, 0)
    for handle, access in plan.handles:
        _add_rule(rules, handle, access)
    devices = [f"/dev/{name}" for name in DEVICES]
    if "mount" in plan.layers:  # without it these would be the machine's
        _allow(rules, "/proc", _READ_FILE | _READ_DIR)
        devices.append("/dev/pts")
    for path in devices:
        _allow(rules, path, _READ_FILE | _READ_DIR | _WRITE_FILE | (handled & _IOCTL_DEV))
    _allow(rules, "/etc/passwd", _READ_FILE)
    _allow(rules, scratch, handled & ~(_MAKE_CHAR | _MAKE_BLOCK | _IOCTL_DEV))
    syscall("landlock_restrict_self", rules, 0)
    os.close(rules)


def _add_rule(rules: int, handle: int, access: int) -> None:
    rule = struct.pack("=Qi", access, handle)
    syscall("landlock_add_rule", rules, 1, rule, 0)


def _allow(rules: int, path: str, access: int) -> None:
    """Add one rule; a path that isn't there needs none."""
    with suppress(FileNotFoundError):
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        _add_rule(rules, handle, access if os.path.isdir(path) else access & _FOR_FILES)
        os.close(handle)


def open_rules(read: Iterable[str], hidden: Iterable[str]) -> tuple[tuple[int, int], ...]:
    """Open what Landlock is to allow; a rule holds for the file itself, under whichever name."""
    wanted = _rules(read, hidden)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = len(wanted) + 256 if hard == resource.RLIM_INFINITY else min(len(wanted) + 256, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    flags = os.O_PATH | os.O_CLOEXEC
    return tuple(
        (os.open(path, flags), access if os.path.isdir(path) else access & _FOR_FILES)
        for path, access in wanted
    )


def _rules(read: Iterable[str], hidden: Iterable[str]) -> list[tuple[str, int]]:
    """Turn paths into rules.

    Landlock can't subtract, so a folder that holds a hidden path is allowed entry by entry (its
    names may be listed, what is hidden in it can't be opened).
    """
    reading = _READ_FILE | _READ_DIR | _EXECUTE
    secret = {os.path.realpath(path) for path in hidden}
    rules: dict[str, int] = {}
    waiting = [os.path.realpath(path) for path in read]
    while waiting:
        path = waiting.pop()
        if path in secret or rules.get(path) == reading:
            continue
        if any(other.startswith(f"{path}/") for other in secret):
            rules[path] = _READ_DIR
            waiting += [entry.path for entry in os.scandir(path) if not entry.is_symlink()]
        else:
            rules[path] = reading
    folders = {path for path, access in rules.items() if access == reading}
    return [
        (path, access)
        for path, access in rules.items()
        if not any(str(parent) in folders for parent in Path(path).parents)
    ]
