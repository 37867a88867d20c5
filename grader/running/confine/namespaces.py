"""Namespaces: an ordinary user with power over nothing outside, and processes of one's own."""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from grader.running.confine.calls import (
    PR_SET_DUMPABLE,
    call,
    die_with_parent,
    prctl,
    unshare,
)

if TYPE_CHECKING:
    from grader.running.confine.allowed import Policy

STUDENT_ID = 1000  # inside the user namespace
_NOBODY = 65534  # outside it, when the instructor is root


def is_root() -> bool:
    """Tell whether this is root, and one that can become nobody; a container's root may not."""
    if os.geteuid() != 0:
        return False
    with suppress(OSError):
        lines = Path("/proc/self/uid_map").read_text().splitlines()
        ranges = [tuple(map(int, line.split())) for line in lines]
        return any(first <= _NOBODY < first + count for first, _, count in ranges)
    return False


def enter_user_namespace() -> None:
    """Be an ordinary user of a new user namespace, with power only over what it makes itself."""
    uid, gid = os.geteuid(), os.getegid()
    unshare("user")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{STUDENT_ID} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{STUDENT_ID} {gid} 1")


def become_nobody() -> None:
    """Give root up. Limits on processes hold for nobody, and not for root."""
    os.setgroups([])
    os.setresgid(_NOBODY, _NOBODY, _NOBODY)
    os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    prctl(PR_SET_DUMPABLE, 1)  # or /proc/self stays root's, and the maps can't be written


def drop_capabilities() -> None:
    """Give up what rights there are inside the user namespace."""
    header = struct.pack("=Ii", 0x20080522, 0)
    call("capset", header, struct.pack("=6I", *[0] * 6))


def separate(plan: Policy) -> None:
    """Do the warden's half: make the pid namespace that its next child will be the first of."""
    if "user" in plan.layers and not is_root():
        enter_user_namespace()
    if "pid" in plan.layers:
        unshare("pid")
    die_with_parent()


def give_away(path: str, plan: Policy) -> None:
    """Make a path belong to the user that a confined process will be."""
    if "user" in plan.layers and is_root():
        os.chown(path, _NOBODY, _NOBODY)
