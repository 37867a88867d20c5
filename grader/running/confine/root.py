"""A root folder of one's own, in memory: only what a policy lets a process read is mounted in it."""

# Plain strings: this runs for each notebook, and Path costs time. And /tmp is its own.
# ruff: noqa: PTH102, PTH110, PTH112, PTH114, PTH115, PTH118, PTH120, PTH211, S108
from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from grader.running.confine.calls import (
    MS_BIND,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    call,
    mount,
    set_attributes,
    syscall,
)
from grader.running.confine.namespaces import STUDENT_ID, give_away

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.running.confine.allowed import Policy
    from grader.running.limits import Limits

SCRATCH = "/labkit"  # a name that no machine gives to a folder of its own
NOTEBOOK = "notebook"  # the folder of the scratch folder where cells run
FOLDERS = (NOTEBOOK, "home", "tmp", "shm")
DEVICES = ("null", "zero", "full", "random", "urandom")
_MNT_DETACH = 2


def private_root(plan: Policy, limits: Limits) -> None:
    """Change to a root folder that holds only what the plan lets this process read.

    It is built in memory, on top of /sys (which exists everywhere, and holds nothing we bind), and
    the old root is let go of. All of it is read-only but the scratch folder.
    """
    root = "/sys"
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    size = f"size={limits.disk_mb}m,nr_inodes=65536,mode=755"
    mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, size)
    for step in plan.steps:
        _take(root, step)
    _hide(root, plan.covered)
    inner = root + SCRATCH
    for name in ("", *FOLDERS):
        Path(inner, name).mkdir()
        give_away(f"{inner}/{name}", plan)
    mount(inner, inner, None, MS_BIND)
    with suppress(FileExistsError):  # Python itself may be installed under /tmp
        Path(f"{root}/tmp").symlink_to(f"{SCRATCH}/tmp")
    _folder(f"{root}/etc")
    Path(root, "etc/passwd").write_text(
        f"student:x:{STUDENT_ID}:{STUDENT_ID}::{SCRATCH}/home:/bin/sh\n"
    )
    _devices(root)
    set_attributes(root, add=MS_RDONLY | MS_NOSUID, tree=True)
    set_attributes(inner, add=MS_NOSUID | MS_NODEV, clear=MS_RDONLY)
    _terminals(root)
    if "pid" in plan.layers:
        _processes(root)
    os.chdir(root)
    syscall("pivot_root", b".", b".")
    call("umount2", b".", _MNT_DETACH)
    os.chdir("/")


def _outermost(paths: Iterable[str]) -> list[str]:
    """Keep the paths that lie in none of the others, as seen with and without symbolic links.

    >>> _outermost(["/nowhere/a", "/nowhere/a/b", "/nowhere/c"])
    ['/nowhere/a', '/nowhere/c']
    """
    kept: list[str] = []
    for path in sorted(paths, key=len):
        if not any(path.startswith(f"{folder}/") for folder in kept):
            kept.append(path)
    return kept


def plan_root(paths: Iterable[str]) -> tuple[tuple[str, str, str], ...]:
    """Plan how the paths come to appear in another root, with the symbolic links on the way.

    A step is ("folder" | "file" | "bind", path, "") or ("link", path, target).

    >>> plan_root(["/dev/null"])
    (('folder', '/dev', ''), ('file', '/dev/null', ''), ('bind', '/dev/null', ''))
    """
    steps: dict[tuple[str, str, str], None] = {}
    bound: set[str] = set()
    for path in _outermost(paths):
        parts, seen = [part for part in path.split("/") if part], ""
        while parts:
            seen += "/" + parts.pop(0)
            came = any(seen == folder or seen.startswith(f"{folder}/") for folder in bound)
            if os.path.islink(seen):
                link = os.readlink(seen)
                if not came:
                    steps["link", seen, link] = None
                joined = os.path.normpath(os.path.join(os.path.dirname(seen), link))
                parts, seen = [part for part in joined.split("/") if part] + parts, ""
            elif not came:
                kind = "folder" if parts or os.path.isdir(seen) else "file"
                steps[kind, seen, ""] = None
                if not parts:
                    steps["bind", seen, ""] = None
                    bound.add(seen)
    return tuple(steps)


def _take(root: str, step: tuple[str, str, str]) -> None:
    """Take one step of the plan under `root`."""
    kind, path, link = step
    if kind == "folder":
        os.mkdir(root + path)
    elif kind == "file":
        os.close(os.open(root + path, os.O_CREAT | os.O_WRONLY))
    elif kind == "link":
        os.symlink(link, root + path)
    else:
        mount(path, root + path, None, MS_BIND | MS_REC)


def _folder(path: str) -> None:
    """Make a folder, unless it is there."""
    with suppress(FileExistsError):
        os.mkdir(path)


def covered(read: Iterable[str], hidden: Iterable[str]) -> tuple[str, ...]:
    """List what comes along with a readable folder and mustn't be seen."""
    folders = [f"{os.path.realpath(path)}/" for path in read if os.path.isdir(path)]
    real = (os.path.realpath(path) for path in hidden if os.path.exists(path))
    return tuple(path for path in real if path.startswith(tuple(folders)))


def _hide(root: str, covered: Iterable[str]) -> None:
    """Cover files and folders with empty ones."""
    covers = (f"{root}/.folder", f"{root}/.file")
    Path(covers[0]).mkdir(0o555)
    Path(covers[1]).touch(0o444)
    for path in covered:
        mount(covers[not os.path.isdir(path)], root + path, None, MS_BIND)


def _devices(root: str) -> None:
    Path(root, "dev").mkdir()
    for name in DEVICES:
        Path(root, "dev", name).touch()
        mount(f"/dev/{name}", f"{root}/dev/{name}", None, MS_BIND)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        Path(root, "dev", name).symlink_to(f"/proc/self/fd/{number}")
    Path(root, "dev/fd").symlink_to("/proc/self/fd")
    Path(root, "dev/shm").symlink_to(f"{SCRATCH}/shm")
    Path(root, "dev/ptmx").symlink_to("pts/ptmx")
    Path(root, "dev/pts").mkdir()
    Path(root, "proc").mkdir()


def _terminals(root: str) -> None:
    """Mount terminals of its own, for `!command`; it does without where they aren't allowed."""
    with suppress(OSError):
        options = "newinstance,ptmxmode=0666,mode=0620"
        mount("devpts", f"{root}/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, options)


def _processes(root: str) -> None:
    """Mount the /proc of its own pid namespace; it does without where that isn't allowed."""
    flags = MS_NOSUID | MS_NODEV | MS_NOEXEC
    for options in ("subset=pid", ""):
        with suppress(OSError):
            mount("proc", f"{root}/proc", "proc", flags, options)
            return
