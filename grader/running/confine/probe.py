"""Which layers this machine gives: each is tried, in a process of its own."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from grader.running.confine import landlock, seccomp
from grader.running.confine.allowed import Policy
from grader.running.confine.calls import LINUX, PR_SET_NO_NEW_PRIVS, prctl, unshare
from grader.running.confine.namespaces import (
    become_nobody,
    enter_user_namespace,
    is_root,
    separate,
)
from grader.running.confine.root import plan_root, private_root
from grader.running.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Layer:
    """One layer of the sandbox: its name, whether this machine gives it, and what it does or lacks.

    `essential` says that a run without it isn't a sandboxed run.
    """

    name: str
    available: bool
    detail: str
    essential: bool = True


def _attempt(action: Callable[[], object]) -> str:
    """Try something in a process of its own; answer what went wrong, or nothing."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            try:
                action()
            except Exception as problem:  # noqa: BLE001 - whatever it is, it is the answer
                os.write(writing, f"{problem}".encode()[:400] or b"?")
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        said = answer.read().decode(errors="replace")
    status = os.waitpid(child, 0)[1]
    return said or (f"died with status {status}" if status else "")


def _try_namespace(name: str) -> None:
    root = is_root()
    if not root:
        enter_user_namespace()
    if name != "user":
        unshare(name)
    elif root:
        become_nobody()
        enter_user_namespace()


def _try_private_root(limits: Limits) -> None:
    plan = Policy(frozenset({"user", "pid", "mount"}), plan_root(["/usr/lib"]))
    separate(plan)
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            unshare("mount")
            private_root(plan, limits)
            os._exit(0)
        os._exit(1)
    if os.waitpid(child, 0)[1]:
        raise OSError(errno.EPERM, "a private root folder can't be mounted")


def _try_seccomp() -> None:
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    seccomp.install((seccomp.UNIX, *seccomp.NETWORK))


def layers(limits: Limits | None = None) -> tuple[Layer, ...]:
    """Find out which layers of the sandbox this machine gives, by trying each one.

    >>> {"user", "mount", "landlock", "limits"} <= {layer.name for layer in layers()}
    True
    """
    limits = limits or Limits()
    purposes = {
        "user": "is nobody outside, and has no rights inside",
        "pid": "sees no process but its own, and all of them end together",
        "network": "has no network, not even this machine's",
        "ipc": "shares no memory or queues with other processes",
        "uts": "has its own host name",
    }
    tries: dict[str, Callable[[], object]] = {
        name: partial(_try_namespace, name) for name in purposes
    }
    purposes["mount"] = "sees only the files it needs, and writes to memory"
    tries["mount"] = partial(_try_private_root, limits)
    purposes["seccomp"] = "can't call what no notebook needs"
    tries["seccomp"] = _try_seccomp
    found = []
    for name, attempt in tries.items():
        problem = _attempt(attempt) if LINUX else f"{sys.platform} has none"
        found.append(Layer(name, not problem, problem or purposes[name]))
    return (*found, *_landlock_layers(), _limits_layer())


def _landlock_layers() -> list[Layer]:
    abi = landlock.abi()
    wanted = (
        ("landlock", 1, "opens only the files it needs", True),
        ("landlock-network", landlock.ABI_NET, "opens no TCP connection", False),
        ("landlock-scopes", landlock.ABI_SCOPES, "signals nobody outside", False),
    )
    return [
        Layer(
            name,
            abi >= version,
            f"{purpose} (version {abi})" if abi >= version else f"needs {version}, this is {abi}",
            essential,
        )
        for name, version, purpose, essential in wanted
    ]


def _limits_layer() -> Layer:
    if LINUX:
        return Layer(
            "limits", available=True, detail="memory, processes, files and CPU are limited"
        )
    detail = f"{sys.platform} limits files and CPU, and not memory"
    return Layer("limits", available=False, detail=detail)
