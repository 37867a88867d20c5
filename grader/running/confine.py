"""Confine a process: namespaces, a private root folder, Landlock, seccomp, limits.

The work has two halves, because a pid namespace takes in only the children of the process that
makes it: `separate` runs in the warden, `confine` in the warden's child, before any student code.
Which layers a machine gives is found out once, by trying them (`layers`); `confine` then applies
exactly those, and one that fails all the same is an error, so that nothing runs half confined.
"""

# Plain strings: most of this runs for each notebook, and Path costs time. And /tmp is its own.
# ruff: noqa: PTH102, PTH110, PTH112, PTH114, PTH115, PTH118, PTH120, PTH211, S108
from __future__ import annotations

import ctypes
import errno
import importlib.machinery
import importlib.util
import os
import platform
import resource
import signal
import site
import struct
import sys
import sysconfig
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from grader.running.limits import Limits

SCRATCH = "/labkit"  # a name that no machine gives to a folder of its own
NOTEBOOK = "notebook"  # the folder of the scratch folder where cells run
FOLDERS = (NOTEBOOK, "home", "tmp", "shm")

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
    "verdicts.py",
)
TORCH = ("torch", "torchgen", "functorch", "torchvision", "torchaudio")
PACKAGE = Path(__file__).resolve().parent.parent

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
_DEVICES = ("null", "zero", "full", "random", "urandom")
_STUDENT_ID = 1000  # inside the user namespace
_NOBODY = 65534  # outside it, when the instructor is root

_CLONE = {
    "user": 0x10000000,
    "pid": 0x20000000,
    "mount": 0x00020000,
    "network": 0x40000000,
    "ipc": 0x08000000,
    "uts": 0x04000000,
}
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 1, 2, 4, 8
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18
_MNT_DETACH = 2
_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000
_SYS_MOUNT_SETATTR = 442  # numbers from 424 on are the same on every architecture
_SYS_LANDLOCK_CREATE, _SYS_LANDLOCK_ADD, _SYS_LANDLOCK_RESTRICT = 444, 445, 446

LINUX = sys.platform == "linux"
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Layer:
    """One layer of the sandbox: its name, whether this machine gives it, and what it does or lacks.

    `essential` says that a run without it isn't a sandboxed run.
    """

    name: str
    available: bool
    detail: str
    essential: bool = True


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
    handles = _handles((*read, str(PACKAGE)), concealed) if "landlock" in names else ()
    return Policy(names, _plan_root(read), _covered(read, concealed), handles)


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


# ---------------------------------------------------------------------------------- system calls


def _call(name: str, *args: object) -> int:
    """Call a function of libc that answers -1 when it fails; raise OSError then."""
    result: int = getattr(_libc, name)(*args)
    if result == -1:
        number = ctypes.get_errno()
        shown = ", ".join(str(a) for a in args if isinstance(a, (bytes, str)))
        raise OSError(number, f"{name}({shown}): {os.strerror(number)}")
    return result


def _prctl(option: int, value: int) -> None:
    _call("prctl", option, ctypes.c_ulong(value), 0, 0, 0)


def _unshare(*names: str) -> None:
    flags = 0
    for name in names:
        flags |= _CLONE[name]
    if flags:
        _call("unshare", flags)


def _mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    _call(
        "mount",
        source.encode(),
        target.encode(),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        data.encode(),
    )


def _set_attributes(target: str, *, add: int = 0, clear: int = 0, tree: bool = False) -> None:
    """Change the flags of a mount, or of all those of a tree."""
    attributes = struct.pack("=QQQQ", add, clear, 0, 0)
    flags = _AT_RECURSIVE if tree else 0
    _call("syscall", _SYS_MOUNT_SETATTR, _AT_FDCWD, target.encode(), flags, attributes, 32)


def die_with_parent() -> None:
    """Have the kernel end this process when its parent ends.

    A change of user or of rights undoes it, so `separate` and `confine` end with it; whoever calls
    them looks, after that, whether the parent is still there.
    """
    if LINUX:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, to be able to end them."""
    if LINUX:
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)


# ------------------------------------------------------------------------------------ namespaces


def _is_root() -> bool:
    """Tell whether this is root, and one that can become nobody; a container's root may not."""
    if os.geteuid() != 0:
        return False
    with suppress(OSError):
        lines = Path("/proc/self/uid_map").read_text().splitlines()
        ranges = [tuple(map(int, line.split())) for line in lines]
        return any(first <= _NOBODY < first + count for first, _, count in ranges)
    return False


def _enter_user_namespace() -> None:
    """Be an ordinary user of a new user namespace, with power only over what it makes itself."""
    uid, gid = os.geteuid(), os.getegid()
    _unshare("user")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{_STUDENT_ID} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{_STUDENT_ID} {gid} 1")


def _become_nobody() -> None:
    """Give root up. Limits on processes hold for nobody, and not for root."""
    os.setgroups([])
    os.setresgid(_NOBODY, _NOBODY, _NOBODY)
    os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    _prctl(_PR_SET_DUMPABLE, 1)  # or /proc/self stays root's, and the maps can't be written


def _drop_capabilities() -> None:
    header = struct.pack("=Ii", 0x20080522, 0)
    _call("capset", header, struct.pack("=6I", *[0] * 6))


def separate(plan: Policy) -> None:
    """Do the warden's half: make the pid namespace that its next child will be the first of."""
    if "user" in plan.layers and not _is_root():
        _enter_user_namespace()
    if "pid" in plan.layers:
        _unshare("pid")
    die_with_parent()


def confine(plan: Policy, limits: Limits, scratch: str, keep: Iterable[int]) -> None:
    """Do the child's half, in an order in which each step still has the rights it needs.

    `scratch` is a folder outside, used where there is no mount layer; `keep` are the only file
    descriptors that stay open. Afterwards the working folder is the notebook's, and standard input
    is empty. Raises OSError when a layer that the plan names can't be applied: then no student
    code may run.
    """
    mapped = _mapped_bytes()
    _unshare(*plan.layers.intersection(("mount", "network", "ipc", "uts")))
    if "mount" in plan.layers:
        _private_root(plan, limits)
    inside = plan.scratch(scratch)
    if "user" in plan.layers and _is_root():
        _become_nobody()
        _enter_user_namespace()
    os.chdir(f"{inside}/{NOTEBOOK}")
    if LINUX:
        if "user" in plan.layers:
            _drop_capabilities()
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    die_with_parent()
    if "landlock" in plan.layers:
        _landlock(plan, inside)
    _close_files(keep)
    _set_limits(limits, mapped)
    if "seccomp" in plan.layers:
        _seccomp(_families(plan.layers))


def _close_files(keep: Iterable[int]) -> None:
    """Close everything but what is kept, and make standard input empty."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    top = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    first = 1
    for number in (*sorted(keep), top if top != resource.RLIM_INFINITY else 1 << 16):
        os.closerange(first, number)
        first = number + 1


def give_away(path: str, plan: Policy) -> None:
    """Make a path belong to the user that a confined process will be."""
    if "user" in plan.layers and _is_root():
        os.chown(path, _NOBODY, _NOBODY)


# ---------------------------------------------------------------------------------- private root


def _private_root(plan: Policy, limits: Limits) -> None:
    """Change to a root folder that holds only what the plan lets this process read.

    It is built in memory, on top of /sys (which exists everywhere, and holds nothing we bind), and
    the old root is let go of. All of it is read-only but the scratch folder.
    """
    root = "/sys"
    _mount("none", "/", None, _MS_REC | _MS_PRIVATE)
    size = f"size={limits.disk_mb}m,nr_inodes=65536,mode=755"
    _mount("tmpfs", root, "tmpfs", _MS_NOSUID | _MS_NODEV, size)
    for step in plan.steps:
        _take(root, step)
    _hide(root, plan.covered)
    inner = root + SCRATCH
    for name in ("", *FOLDERS):
        Path(inner, name).mkdir()
        give_away(f"{inner}/{name}", plan)
    _mount(inner, inner, None, _MS_BIND)
    with suppress(FileExistsError):  # Python itself may be installed under /tmp
        Path(f"{root}/tmp").symlink_to(f"{SCRATCH}/tmp")
    _folder(f"{root}/etc")
    Path(root, "etc/passwd").write_text(
        f"student:x:{_STUDENT_ID}:{_STUDENT_ID}::{SCRATCH}/home:/bin/sh\n"
    )
    _devices(root)
    _set_attributes(root, add=_MS_RDONLY | _MS_NOSUID, tree=True)
    _set_attributes(inner, add=_MS_NOSUID | _MS_NODEV, clear=_MS_RDONLY)
    _terminals(root)
    if "pid" in plan.layers:
        _processes(root)
    os.chdir(root)
    _call("syscall", _PIVOT_ROOT, b".", b".")
    _call("umount2", b".", _MNT_DETACH)
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


def _plan_root(paths: Iterable[str]) -> tuple[tuple[str, str, str], ...]:
    """Plan how the paths come to appear in another root, with the symbolic links on the way.

    A step is ("folder" | "file" | "bind", path, "") or ("link", path, target).

    >>> _plan_root(["/dev/null"])
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
        _mount(path, root + path, None, _MS_BIND | _MS_REC)


def _folder(path: str) -> None:
    """Make a folder, unless it is there."""
    with suppress(FileExistsError):
        os.mkdir(path)


def _covered(read: Iterable[str], hidden: Iterable[str]) -> tuple[str, ...]:
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
        _mount(covers[not os.path.isdir(path)], root + path, None, _MS_BIND)


def _devices(root: str) -> None:
    Path(root, "dev").mkdir()
    for name in _DEVICES:
        Path(root, "dev", name).touch()
        _mount(f"/dev/{name}", f"{root}/dev/{name}", None, _MS_BIND)
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
        _mount("devpts", f"{root}/dev/pts", "devpts", _MS_NOSUID | _MS_NOEXEC, options)


def _processes(root: str) -> None:
    """Mount the /proc of its own pid namespace; it does without where that isn't allowed."""
    flags = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    for options in ("subset=pid", ""):
        with suppress(OSError):
            _mount("proc", f"{root}/proc", "proc", flags, options)
            return


# -------------------------------------------------------------------------------------- Landlock

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_FIRST_ABI = (1 << 13) - 1
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_FOR_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_NET, _SCOPES = 3, 3
_ABI_NET, _ABI_SCOPES = 4, 6


def _landlock_abi() -> int:
    """Tell the version of Landlock that this kernel has, 0 for none."""
    if not LINUX:
        return 0
    return max(0, int(_libc.syscall(_SYS_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)))


def _handled(abi: int) -> int:
    by_version = {2: _REFER, 3: _TRUNCATE, 5: _IOCTL_DEV}
    return _FIRST_ABI | sum(bit for version, bit in by_version.items() if abi >= version)


def _landlock(plan: Policy, scratch: str) -> None:
    """Allow reading what the plan says and writing in scratch; nothing else, and no TCP."""
    abi = _landlock_abi()
    handled = _handled(abi)
    fields = [handled]
    if abi >= _ABI_NET:
        fields.append(_NET)
    if abi >= _ABI_SCOPES:
        fields.append(_SCOPES)
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    size = ctypes.c_size_t(len(attributes))
    rules = _call("syscall", _SYS_LANDLOCK_CREATE, attributes, size, 0)
    for handle, access in plan.handles:
        _add_rule(rules, handle, access)
    devices = [f"/dev/{name}" for name in _DEVICES]
    if "mount" in plan.layers:  # without it these would be the machine's
        _allow(rules, "/proc", _READ_FILE | _READ_DIR)
        devices.append("/dev/pts")
    for path in devices:
        _allow(rules, path, _READ_FILE | _READ_DIR | _WRITE_FILE | (handled & _IOCTL_DEV))
    _allow(rules, "/etc/passwd", _READ_FILE)
    _allow(rules, scratch, handled & ~(_MAKE_CHAR | _MAKE_BLOCK | _IOCTL_DEV))
    _call("syscall", _SYS_LANDLOCK_RESTRICT, rules, 0)
    os.close(rules)


def _add_rule(rules: int, handle: int, access: int) -> None:
    rule = struct.pack("=Qi", access, handle)
    _call("syscall", _SYS_LANDLOCK_ADD, rules, 1, rule, 0)


def _allow(rules: int, path: str, access: int) -> None:
    """Add one rule; a path that isn't there needs none."""
    with suppress(FileNotFoundError):
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        _add_rule(rules, handle, access if os.path.isdir(path) else access & _FOR_FILES)
        os.close(handle)


def _handles(read: Iterable[str], hidden: Iterable[str]) -> tuple[tuple[int, int], ...]:
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


# --------------------------------------------------------------------------------------- seccomp

# System calls that no notebook needs, and that reach other processes, the kernel's configuration,
# memory that no limit counts, or new namespaces (in which a process has rights again).
_DENIED_X86_64 = (
    *(101, 310, 311, 312, 438, 440),  # ptrace process_vm_* kcmp pidfd_getfd process_madvise
    *(248, 249, 250),  # add_key request_key keyctl
    *(321, 298, 323, 425, 426, 427, 300),  # bpf perf_event userfaultfd io_uring_* fanotify
    *(165, 166, 155, 161, 272, 308),  # mount umount2 pivot_root chroot unshare setns
    *(319, 447, 29, 30, 68, 64, 240),  # memfd_* shmget shmat msgget semget mq_open
    *(246, 320, 175, 313, 176),  # kexec_* *_module
    *(163, 167, 168, 169, 179, 103),  # acct swapon swapoff reboot quotactl syslog
    *(303, 304, 135, 172, 173, 154),  # *_handle_at personality iopl ioperm modify_ldt
    203,  # sched_setaffinity: each run has a processor of its own
)
_DENIED_AARCH64 = (
    *(117, 270, 271, 272, 438, 440),
    *(217, 218, 219),
    *(280, 241, 282, 425, 426, 427, 262),
    *(40, 39, 41, 51, 97, 268),
    *(279, 447, 194, 196, 186, 190, 180),
    *(104, 294, 105, 273, 106),
    *(89, 224, 225, 142, 60, 116),
    *(264, 265, 92),
    122,
)
_DENIED_EVERYWHERE = (
    *(428, 429, 430, 431, 432, 433, 442, 467, 443),  # open_tree move_mount fs* mount_setattr quota
)
_SYS_CLONE3 = 435


@dataclass(frozen=True)
class _Machine:
    audit: int
    denied: tuple[int, ...]
    clone: int
    socket: int
    setsockopt: int
    fcntl: int
    seccomp: int
    pivot_root: int


_MACHINES = {
    "x86_64": _Machine(0xC000003E, _DENIED_X86_64, 56, 41, 54, 72, 317, 155),
    "aarch64": _Machine(0xC00000B7, _DENIED_AARCH64, 220, 198, 208, 25, 277, 41),
}
_MACHINE = _MACHINES.get(platform.machine())
_PIVOT_ROOT = _MACHINE.pivot_root if _MACHINE else -1

_LOAD, _JUMP_EQ, _JUMP_GE, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NR, _ARCH, _ARG0, _ARG1, _ARG2 = 0, 4, 16, 24, 32
_UNIX, _NETWORK = 1, (2, 10, 16)  # unix; inet, inet6, netlink
_SOL_SOCKET, _SIZES = 1, (7, 8, 32, 33)  # SO_SNDBUF SO_RCVBUF SO_SNDBUFFORCE SO_RCVBUFFORCE
_F_SETPIPE_SZ = 1031
_NEW_NAMESPACES = 0x7E020080  # every CLONE_NEW*; NEWTIME shares its bit with the exit signal


def _families(layers: Iterable[str]) -> tuple[int, ...]:
    """Tell which sockets may be made: those that namespaces hold, and without them none.

    A pair of sockets, which asyncio needs and which leads nowhere else, may always be made.

    >>> _families(["network"]), _families(["seccomp"])
    ((2, 10, 16), ())
    """
    network = _NETWORK if "network" in layers else ()
    return (_UNIX, *network) if network and "mount" in layers else network


def _program(machine: _Machine, families: Iterable[int]) -> bytes:
    """Assemble the filter: a list of (code, jump if true, jump if false, value)."""
    end = {
        "allow": _ALLOW,
        "kill": _KILL,
        "deny": _ERRNO | errno.EPERM,
        "missing": _ERRNO | errno.ENOSYS,
        "family": _ERRNO | errno.EAFNOSUPPORT,
    }
    lines: list[tuple[int, str, str, int]] = [
        (_LOAD, "", "", _ARCH),
        (_JUMP_EQ, "", "kill", machine.audit),
        (_LOAD, "", "", _NR),
        (_JUMP_GE, "deny", "", 0x40000000),  # the x32 names of the same calls
        (_JUMP_EQ, "missing", "", _SYS_CLONE3),  # its flags can't be seen: libc falls back
        *((_JUMP_EQ, "deny", "", call) for call in machine.denied + _DENIED_EVERYWHERE),
        (_JUMP_EQ, "", "+2", machine.clone),
        (_LOAD, "", "", _ARG0),
        (_JUMP_BITS, "deny", "allow", _NEW_NAMESPACES & ~0xFF),
        (_JUMP_EQ, "", "+2", machine.fcntl),
        (_LOAD, "", "", _ARG1),
        (_JUMP_EQ, "deny", "allow", _F_SETPIPE_SZ),
        (_JUMP_EQ, "", f"+{len(_SIZES) + 4}", machine.setsockopt),  # buffers count: see the warden
        (_LOAD, "", "", _ARG1),
        (_JUMP_EQ, "", "allow", _SOL_SOCKET),
        (_LOAD, "", "", _ARG2),
        *((_JUMP_EQ, "deny", "", size) for size in _SIZES),
        (_RETURN, "", "", _ALLOW),
        (_JUMP_EQ, "", "allow", machine.socket),
        (_LOAD, "", "", _ARG0),
        *((_JUMP_EQ, "allow", "", family) for family in families),
        (_RETURN, "", "", end["family"]),
    ]
    places = {name: len(lines) + place for place, name in enumerate(end)}
    code = b""
    for here, (operation, true, false, value) in enumerate(lines):
        jumps = [
            int(to) if to.startswith("+") else places[to] - here - 1 if to else 0
            for to in (true, false)
        ]
        code += struct.pack("=HBBI", operation, *jumps, value)
    return code + b"".join(struct.pack("=HBBI", _RETURN, 0, 0, value) for value in end.values())


def _seccomp(families: Iterable[int]) -> None:
    """Install the filter; SPEC_ALLOW, since it isn't there against speculation, which costs."""
    if _MACHINE is None:
        raise OSError(errno.ENOSYS, f"no seccomp filter is written for {platform.machine()}")
    code = ctypes.create_string_buffer(_program(_MACHINE, families))
    program = struct.pack("@HP", (len(code) - 1) // 8, ctypes.addressof(code))
    _call("syscall", _MACHINE.seccomp, 1, 4, program)


# ---------------------------------------------------------------------------------------- limits


def _mapped_bytes() -> int:
    """Tell how much memory this process has mapped, its libraries included."""
    with suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    return 1 << 33


def _set_limits(limits: Limits, mapped: int) -> None:
    """Set resource limits; memory counts from what the preloaded process had mapped already."""
    wanted = {
        "CORE": 0,
        "CPU": 2 * int(limits.notebook_s) + 10,
        "FSIZE": limits.disk_mb << 20,
        "NOFILE": 256,
    }
    if LINUX:
        memory = mapped + (limits.memory_mb << 20)
        wanted |= {"AS": memory, "NPROC": limits.processes, "MSGQUEUE": 0}
    for name, limit in wanted.items():
        number = getattr(resource, f"RLIMIT_{name}")
        top = resource.getrlimit(number)[1]
        value = limit if top == resource.RLIM_INFINITY else min(limit, top)
        resource.setrlimit(number, (value, value))


# ----------------------------------------------------------------------------------------- probe


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
    root = _is_root()
    if not root:
        _enter_user_namespace()
    if name != "user":
        _unshare(name)
    elif root:
        _become_nobody()
        _enter_user_namespace()


def _try_private_root(limits: Limits) -> None:
    plan = Policy(frozenset({"user", "pid", "mount"}), _plan_root(["/usr/lib"]))
    separate(plan)
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            _unshare("mount")
            _private_root(plan, limits)
            os._exit(0)
        os._exit(1)
    if os.waitpid(child, 0)[1]:
        raise OSError(errno.EPERM, "a private root folder can't be mounted")


def _try_seccomp() -> None:
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _seccomp((_UNIX, *_NETWORK))


def layers(limits: Limits | None = None) -> tuple[Layer, ...]:
    """Find out which layers of the sandbox this machine gives, by trying each one.

    >>> {"user", "mount", "landlock", "limits"} <= {layer.name for layer in layers()}
    True
    """
    from grader.running.limits import Limits  # elsewhere it is only a type

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
    abi = _landlock_abi()
    wanted = (
        ("landlock", 1, "opens only the files it needs", True),
        ("landlock-network", _ABI_NET, "opens no TCP connection", False),
        ("landlock-scopes", _ABI_SCOPES, "signals nobody outside", False),
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
