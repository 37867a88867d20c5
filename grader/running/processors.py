"""Give each run a processor of its own, so that no notebook slows another one down."""

from __future__ import annotations

import contextlib
import os
import random
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def processor() -> Iterator[int | None]:
    """Take a processor that no other run of this user has, for as long as the block lasts.

    Where all are taken it is any of them, and None where a process can't be bound to one. Who has
    which is told by Unix sockets without a file: the kernel frees them with their process.

    >>> with processor() as mine:
    ...     mine is None or mine in os.sched_getaffinity(0)
    True
    """
    if not hasattr(os, "sched_getaffinity"):
        yield None
        return
    ours = sorted(os.sched_getaffinity(0))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as claim:
        free = next((number for number in ours if _claims(claim, number)), None)
        yield random.choice(ours) if free is None else free  # noqa: S311 - any will do


def _claims(claim: socket.socket, number: int) -> bool:
    """Tell whether nobody has had this processor until now."""
    try:
        claim.bind(f"\0labkit-{os.getuid()}-processor-{number}")
    except OSError:
        return False
    return True


def bind_to(number: int | None) -> None:
    """Compute on this processor alone, and so does whatever this process starts."""
    if number is not None:
        with contextlib.suppress(OSError):  # it may have been taken away meanwhile
            os.sched_setaffinity(0, {number})
