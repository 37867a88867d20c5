"""What a Dask cluster answers is bytes; whatever else its workers send runs in no process of ours."""

import os
import subprocess
import sys
import time

import pytest

from grader.course.cluster import ClusterExecutor, WorkerDiedError
from grader.course.errors import CourseError

SCRIPT = """
from distributed import LocalCluster
if __name__ == "__main__":
    cluster = LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None)
    print(cluster.scheduler_address, flush=True)
    input()
"""
EVIL = """type("Evil", (), {{"__reduce__": lambda self: (
    eval, ("__import__('os').mkdir('{folder}/%d' % __import__('os').getpid())",))}})()"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A cluster of one worker, as an executor."""
    path = tmp_path_factory.mktemp("cluster") / "start.py"
    path.write_text(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, path],
        cwd=path.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    executor = ClusterExecutor(process.stdout.readline().strip())
    yield executor
    executor.shutdown()
    process.communicate("\n")


def test_bytes_come_back(cluster):
    """What a worker answers in bytes is the future's result."""
    assert cluster.submit(bytes, 3).result(60) == bytes(3)


def test_what_is_not_bytes_is_refused_and_runs_nowhere_here(cluster, tmp_path):
    """A result that does something when it is unpickled does it in no process of the coordinator's."""
    future = cluster.submit(eval, EVIL.format(folder=tmp_path))
    with pytest.raises(RuntimeError, match="isn't bytes"):
        future.result(60)
    assert str(os.getpid()) not in {path.name for path in tmp_path.iterdir()}


def test_a_workers_exception_is_its_text(cluster):
    """What a worker raised is told, and is no object of its own."""
    with pytest.raises(RuntimeError, match="ValueError: invalid literal"):
        cluster.submit(int, "x").result(60)


def test_a_worker_that_dies_is_told_apart(cluster):
    """A task whose workers die is known as such, and the next one is done."""
    with pytest.raises(WorkerDiedError):
        cluster.submit(os._exit, 1).result(120)
    assert cluster.submit(bytes, 1).result(120) == b"\0"


def test_a_go_between_that_ends_leaves_nobody_waiting(cluster):
    """What is with the cluster when our side of it dies, and what comes after, is known as lost."""
    executor = ClusterExecutor(cluster.address)
    waiting = executor.submit(time.sleep, 60)
    executor._process.kill()
    with pytest.raises(WorkerDiedError):
        waiting.result(60)
    with pytest.raises(WorkerDiedError):
        executor.submit(bytes).result(60)
    executor.shutdown()


def test_no_scheduler_is_an_error_that_names_the_address():
    """An address where no scheduler can be is one sentence."""
    with pytest.raises(CourseError, match="no Dask scheduler answers at nowhere"):
        ClusterExecutor("nowhere://x")
