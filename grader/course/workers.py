"""Who grades: this machine's clerks, or those of the workers of a Dask cluster."""

from __future__ import annotations

import ipaddress
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import forkserver
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from grader.course import clerks

if TYPE_CHECKING:
    from concurrent.futures import Executor

# torch comes second: the first says how many threads it may have. Elsewhere it doesn't bear a fork.
_PRELOAD = ["grader.course.grading", *(["torch"] if sys.platform == "linux" else [])]


def local_executor(workers: int) -> Executor:
    """Return worker processes of this machine, for what the instructor wrote."""
    forkserver.set_forkserver_preload(_PRELOAD)
    forkserver.ensure_running()
    context = multiprocessing.get_context("forkserver")
    return ProcessPoolExecutor(max_workers=workers, mp_context=context)


class _Threads(ThreadPoolExecutor):
    """Threads that wait for a clerk each, and end with the clerks."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - as it was
        """End; without `wait`, end the clerks too, or the interpreter would wait for them."""
        if not wait:
            clerks.close()
        super().shutdown(wait=wait, cancel_futures=cancel_futures)


def clerks_executor(workers: int) -> Executor:
    """Return threads for what is graded in clerks of this machine, `workers` at a time."""
    return _Threads(max_workers=workers)


def warning_of(address: str) -> str:
    """Say what somebody on the way to a scheduler could do, if nothing keeps them from it.

    >>> warning_of("tcp://127.0.0.1:8786"), warning_of("tls://10.0.0.7:8786")
    ('', '')
    >>> warning_of("tcp://10.0.0.7:8786")[:36]
    'tcp://10.0.0.7:8786 is not encrypted'
    """
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.scheme == "tls" or _is_here(parts.hostname or ""):
        return ""
    return (
        f"{address} is not encrypted, and nobody proves who they are: whoever reaches that network "
        "can read submissions and seeds, change marks, and run programs as you on this machine and "
        "on the workers. Use tls:// with a certificate (docs/cluster.md)"
    )


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
