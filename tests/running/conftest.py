"""What the tests of this room share: warm runners, and what to do where a layer is missing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from grader.running.limits import Limits
from grader.running.runner import Job, Runner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.running.runner import CellRun, Run

QUICK = Limits(cell_s=10, notebook_s=20, memory_mb=512, processes=32, disk_mb=32)


@pytest.fixture(scope="session")
def runner() -> Iterator[Runner]:
    """Keep one warm server for NumPy labs."""
    with Runner() as warm:
        yield warm


@pytest.fixture(scope="session")
def torch_runner() -> Iterator[Runner]:
    """Keep one warm server for labs with torch."""
    pytest.importorskip("torch")
    with Runner(torch=True) as warm:
        yield warm


@pytest.fixture
def need(runner: Runner) -> Callable[..., None]:
    """Skip where the machine lacks a layer, and fail in CI, where none may be lacking."""

    def check(*names: str) -> None:
        lacking = [x for x in runner.layers if x.name in names and not x.available]
        if lacking:
            reason = "; ".join(f"no {layer.name}: {layer.detail}" for layer in lacking)
            if os.environ.get("CI") == "true":
                pytest.fail(f"CI must have every layer: {reason}")
            pytest.skip(reason)

    return check


@pytest.fixture
def run(runner: Runner) -> Callable[..., Run]:
    """Run cells in the sandbox."""

    def run_cells(
        *cells: str, limits: Limits = QUICK, files: dict[str, bytes] | None = None
    ) -> Run:
        return runner.run(Job(cells, seed=7, files=files or {}, limits=limits))

    return run_cells


@pytest.fixture
def attempt(run: Callable[..., Run]) -> Callable[..., str]:
    """Run one cell in the sandbox, and give all that it printed or raised."""

    def try_it(source: str, limits: Limits = QUICK) -> str:
        return _text_of(run(source, limits=limits).cells[0])

    return try_it


@pytest.fixture
def text_of() -> Callable[[CellRun], str]:
    """Give the function that joins what a cell printed, and the error that it ended with."""
    return _text_of


@pytest.fixture
def quick() -> Limits:
    """Give limits that a test can wait for."""
    return QUICK


def _text_of(cell: CellRun) -> str:
    """Join what a cell printed, and the error that it ended with."""
    texts = []
    for output in cell.outputs:
        if output["output_type"] == "error":
            texts.append(f"{output['ename']}: {output['evalue']}")
        else:
            texts.append(output.get("text") or output["data"].get("text/plain", ""))
    return "".join(texts)
