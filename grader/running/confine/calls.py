"""System calls for which Python has no function, and one table of their numbers by architecture."""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
import sys

LINUX = sys.platform == "linux"

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000

_CLONE = {
    "user": 0x10000000,
    "pid": 0x20000000,
    "mount": 0x00020000,
    "network": 0x40000000,
    "ipc": 0x08000000,
    "uts": 0x04000000,
}

_SHARED = {  # numbers from 424 on are the same on every architecture
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "clone3": 435,
    "pidfd_getfd": 438,
    "process_madvise": 440,
    "mount_setattr": 442,
    "quotactl_fd": 443,
    "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "landlock_restrict_self": 446,
    "memfd_secret": 447,
    "open_tree_attr": 467,
}
ARCHITECTURES = ("x86_64", "aarch64")
_OWN = {  # on the one, and on the other
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "fanotify_init": (300, 262),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "memfd_create": (319, 279),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "acct": (163, 89),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "quotactl": (179, 60),
    "syslog": (103, 116),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "personality": (135, 92),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "sched_setaffinity": (203, 122),
    "clone": (56, 220),
    "socket": (41, 198),
    "setsockopt": (54, 208),
    "fcntl": (72, 25),
    "seccomp": (317, 277),
}


def numbers(machine: str) -> dict[str, int]:
    """Return the numbers of system calls on an architecture, as far as we know them.

    >>> numbers("x86_64")["ptrace"], numbers("aarch64")["ptrace"], "ptrace" in numbers("vax")
    (101, 117, False)
    """
    if machine not in ARCHITECTURES:
        return _SHARED
    column = ARCHITECTURES.index(machine)
    own = {name: columns[column] for name, columns in _OWN.items()}
    return {name: number for name, number in own.items() if number is not None} | _SHARED


NUMBERS = numbers(platform.machine())
_libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, *args: object) -> int:
    """Call a function of libc that answers -1 when it fails; raise OSError then."""
    result: int = getattr(_libc, name)(*args)
    if result == -1:
        number = ctypes.get_errno()
        shown = ", ".join(str(a) for a in args if isinstance(a, (bytes, str)))
        raise OSError(number, f"{name}({shown}): {os.strerror(number)}")
    return result


def syscall(name: str, *args: object) -> int:
    """Make a system call by its name; an unknown one is missing, as it would be in an old kernel."""
    return call("syscall", NUMBERS.get(name, -1), *args)


def prctl(option: int, value: int) -> None:
    """Change how the kernel treats this process."""
    call("prctl", option, ctypes.c_ulong(value), 0, 0, 0)


def unshare(*names: str) -> None:
    """Leave the namespaces of these kinds for new ones."""
    flags = 0
    for name in names:
        flags |= _CLONE[name]
    if flags:
        call("unshare", flags)


def mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    """Mount something at a target."""
    call(
        "mount",
        source.encode(),
        target.encode(),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        data.encode(),
    )


def set_attributes(target: str, *, add: int = 0, clear: int = 0, tree: bool = False) -> None:
    """Change the flags of a mount, or of all those of a tree."""
    attributes = struct.pack("=QQQQ", add, clear, 0, 0)
    flags = _AT_RECURSIVE if tree else 0
    syscall("mount_setattr", _AT_FDCWD, target.encode(), flags, attributes, 32)


def die_with_parent() -> None:
    """Have the kernel end this process when its parent ends.

    A change of user or of rights undoes it, so `separate` and `confine` end with it; whoever calls
    them looks, after that, whether the parent is still there.
    """
    if LINUX:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, to be able to end them."""
    if LINUX:
        prctl(PR_SET_CHILD_SUBREAPER, 1)
