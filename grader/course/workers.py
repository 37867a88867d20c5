"""Who grades: processes of this machine, or the workers of a Dask cluster."""

from __future__ import annotations

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import forkserver
from typing import TYPE_CHECKING

from grader.course.errors import CourseError

if TYPE_CHECKING:
    from concurrent.futures import Executor

# torch comes second: the first says how many threads it may have. Elsewhere it doesn't bear a fork.
_PRELOAD = ["grader.course.grading", *(["torch"] if sys.platform == "linux" else [])]


def get_ready() -> None:
    """Start the process that workers of this machine are forked from, with all that they import.

    It imports while its caller goes on, so the earlier this is called, the sooner workers start.
    """
    forkserver.set_forkserver_preload(_PRELOAD)
    forkserver.ensure_running()


def local_executor(workers: int) -> Executor:
    """Return worker processes of this machine."""
    get_ready()
    context = multiprocessing.get_context("forkserver")
    return ProcessPoolExecutor(max_workers=workers, mp_context=context)


def cluster_executor(address: str) -> Executor:
    """Return the workers of the Dask cluster whose scheduler is at `address`."""
    try:
        from distributed import Client
    except ImportError:
        raise CourseError("--scheduler needs Dask: pip install 'cnn-labkit[cluster]'") from None
    try:
        client = Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise CourseError(f"no Dask scheduler answers at {address}: {error}") from error
    executor: Executor = client.get_executor(pure=False, retries=0)
    return executor
