"""seccomp: a filter that refuses the system calls that no notebook needs."""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from typing import TYPE_CHECKING

from grader.running.confine.calls import numbers, syscall

if TYPE_CHECKING:
    from collections.abc import Iterable

# System calls that no notebook needs, and that reach other processes, the kernel's configuration,
# memory that no limit counts, or new namespaces (in which a process has rights again).
DENIED = (
    *("ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "process_madvise"),
    *("add_key", "request_key", "keyctl"),
    *("bpf", "perf_event_open", "userfaultfd", "fanotify_init"),
    *("io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("mount", "umount2", "pivot_root", "chroot", "unshare", "setns"),
    *("open_tree", "open_tree_attr", "move_mount", "mount_setattr"),
    *("fsopen", "fsconfig", "fsmount", "fspick"),
    *("memfd_create", "memfd_secret", "shmget", "shmat", "msgget", "semget", "mq_open"),
    *("kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module"),
    *("acct", "swapon", "swapoff", "reboot", "quotactl", "quotactl_fd", "syslog"),
    *("name_to_handle_at", "open_by_handle_at", "personality", "iopl", "ioperm", "modify_ldt"),
    "sched_setaffinity",  # each run has a processor of its own
)
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

_LOAD, _JUMP_EQ, _JUMP_GE, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NR, _ARCH, _ARG0, _ARG1, _ARG2 = 0, 4, 16, 24, 32
UNIX, NETWORK = 1, (2, 10, 16)  # unix; inet, inet6, netlink
_SOL_SOCKET, _SIZES = 1, (7, 8, 32, 33)  # SO_SNDBUF SO_RCVBUF SO_SNDBUFFORCE SO_RCVBUFFORCE
_F_SETPIPE_SZ = 1031
_NEW_NAMESPACES = 0x7E020080  # every CLONE_NEW*; NEWTIME shares its bit with the exit signal


def families(layers: Iterable[str]) -> tuple[int, ...]:
    """Tell which sockets may be made: those that namespaces hold, and without them none.

    A pair of sockets, which asyncio needs and which leads nowhere else, may always be made.

    >>> families(["network"]), families(["seccomp"])
    ((2, 10, 16), ())
    """
    network = NETWORK if "network" in layers else ()
    return (UNIX, *network) if network and "mount" in layers else network


def _program(machine: str, families: Iterable[int]) -> bytes:
    """Assemble the filter: a list of (code, jump if true, jump if false, value)."""
    known = numbers(machine)
    denied = [known[name] for name in DENIED if name in known]
    end = {
        "allow": _ALLOW,
        "kill": _KILL,
        "deny": _ERRNO | errno.EPERM,
        "missing": _ERRNO | errno.ENOSYS,
        "family": _ERRNO | errno.EAFNOSUPPORT,
    }
    lines: list[tuple[int, str, str, int]] = [
        (_LOAD, "", "", _ARCH),
        (_JUMP_EQ, "", "kill", _AUDIT[machine]),
        (_LOAD, "", "", _NR),
        (_JUMP_GE, "deny", "", 0x40000000),  # the x32 names of the same calls
        (_JUMP_EQ, "missing", "", known["clone3"]),  # its flags can't be seen: libc falls back
        *((_JUMP_EQ, "deny", "", call) for call in denied),
        (_JUMP_EQ, "", "+2", known["clone"]),
        (_LOAD, "", "", _ARG0),
        (_JUMP_BITS, "deny", "allow", _NEW_NAMESPACES & ~0xFF),
        (_JUMP_EQ, "", "+2", known["fcntl"]),
        (_LOAD, "", "", _ARG1),
        (_JUMP_EQ, "deny", "allow", _F_SETPIPE_SZ),
        (_JUMP_EQ, "", f"+{len(_SIZES) + 4}", known["setsockopt"]),  # buffers count: see the warden
        (_LOAD, "", "", _ARG1),
        (_JUMP_EQ, "", "allow", _SOL_SOCKET),
        (_LOAD, "", "", _ARG2),
        *((_JUMP_EQ, "deny", "", size) for size in _SIZES),
        (_RETURN, "", "", _ALLOW),
        (_JUMP_EQ, "", "allow", known["socket"]),
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


def install(families: Iterable[int]) -> None:
    """Install the filter; SPEC_ALLOW, since it isn't there against speculation, which costs."""
    machine = platform.machine()
    if machine not in _AUDIT:
        raise OSError(errno.ENOSYS, f"no seccomp filter is written for {machine}")
    code = ctypes.create_string_buffer(_program(machine, families))
    program = struct.pack("@HP", (len(code) - 1) // 8, ctypes.addressof(code))
    syscall("seccomp", 1, 4, program)
