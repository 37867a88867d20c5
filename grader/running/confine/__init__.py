"""Confine a process: namespaces, a private root folder, Landlock, seccomp, limits.

The work has two halves, because a pid namespace takes in only the children of the process that
makes it: `separate` runs in the warden, `confine` in the warden's child, before any student code.
Which layers a machine gives is found out once, by trying them (`layers`); `confine` then applies
exactly those, and one that fails all the same is an error, so that nothing runs half confined.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from grader.running.confine import landlock, seccomp
from grader.running.confine.allowed import PACKAGE, TORCH, Policy, policy
from grader.running.confine.calls import (
    LINUX,
    PR_SET_NO_NEW_PRIVS,
    adopt_orphans,
    die_with_parent,
    prctl,
    unshare,
)
from grader.running.confine.namespaces import (
    become_nobody,
    drop_capabilities,
    enter_user_namespace,
    give_away,
    is_root,
    separate,
)
from grader.running.confine.probe import Layer, layers
from grader.running.confine.resources import close_files, mapped_bytes, set_limits
from grader.running.confine.root import FOLDERS, NOTEBOOK, private_root

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.running.limits import Limits


def confine(plan: Policy, limits: Limits, scratch: str, keep: Iterable[int]) -> None:
    """Do the child's half, in an order in which each step still has the rights it needs.

    `scratch` is a folder outside, used where there is no mount layer; `keep` are the only file
    descriptors that stay open. Afterwards the working folder is the notebook's, and standard input
    is empty. Raises OSError when a layer that the plan names can't be applied: then no student
    code may run.
    """
    mapped = mapped_bytes()
    unshare(*plan.layers.intersection(("mount", "network", "ipc", "uts")))
    if "mount" in plan.layers:
        private_root(plan, limits)
    inside = plan.scratch(scratch)
    if "user" in plan.layers and is_root():
        become_nobody()
        enter_user_namespace()
    os.chdir(f"{inside}/{NOTEBOOK}")
    if LINUX:
        if "user" in plan.layers:
            drop_capabilities()
        prctl(PR_SET_NO_NEW_PRIVS, 1)
    die_with_parent()
    if "landlock" in plan.layers:
        landlock.restrict(plan, inside)
    close_files(keep)
    set_limits(limits, mapped)
    if "seccomp" in plan.layers:
        seccomp.install(seccomp.families(plan.layers))


__all__ = [
    "FOLDERS",
    "LINUX",
    "PACKAGE",
    "TORCH",
    "Layer",
    "Policy",
    "adopt_orphans",
    "confine",
    "die_with_parent",
    "give_away",
    "layers",
    "policy",
    "separate",
]
