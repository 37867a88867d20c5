"""The classes that benchmarks grade can be made: what a benchmark takes of the course is there."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest
from tiny import LAB, ROOT, labkit

pytestmark = pytest.mark.slow


@pytest.fixture
def benchmark(monkeypatch):
    """Load a benchmark as a module."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")

    def load(name):
        spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)  # where a dataclass looks its types up
        spec.loader.exec_module(module)
        return module

    return load


def assert_handed_in(course, lab, students):
    """Assert that a lab was released with its key, and that so many students handed something in."""
    assert (course / "release" / lab / f"{lab}.ipynb").is_file()
    assert (course / "release" / lab / f"{lab}.key").is_file()
    assert len(list(course.glob(f"submitted/*/{lab}/{lab}.ipynb"))) == students


def test_the_class_that_grows_is_made(benchmark, tmp_path):
    """`scale.py` lays out a course of the tiny lab, with submissions."""
    benchmark("scale").make_course(tmp_path / "course", 2)
    assert_handed_in(tmp_path / "course", LAB, 2)


@pytest.mark.parametrize("ours", [True, False])
def test_the_class_that_is_graded_twice_is_made(benchmark, tmp_path, ours):
    """`throughput.py` lays out a course for labkit and one for stock nbgrader, which has the key."""
    throughput, lab = benchmark("throughput"), "01-convolution"
    config = (ROOT / "nbgrader_config.py").read_text() if ours else throughput.STOCK
    course = throughput.make_course(tmp_path / "course", lab, 2, config, only="full-marks")
    assert_handed_in(course, lab, 2)


def test_a_graded_class_grows_by_copies(benchmark, monkeypatch, tmp_path):
    """`desk.py` copies who is graded, marks too, and labkit writes everybody's page."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    course = benchmark("scale").make_course(tmp_path / "course", 1) or tmp_path / "course"
    assert labkit(course, "autograde", LAB)[0] == 0
    benchmark("desk").grow(course, LAB, 3)
    assert labkit(course, "generate_feedback", LAB)[0] == 0
    pages = [path.read_text() for path in course.glob(f"feedback/*/{LAB}/{LAB}.html")]
    assert len(pages) == 3
    assert all("<strong>3</strong> de 5 puntos" in page for page in pages)


def test_each_attack_stands_on_its_page(benchmark):
    """docs/attacks.md has a row for each attack that there is, as it describes itself, and no other."""
    page = (ROOT / "docs/attacks.md").read_text(encoding="utf-8")
    rows = [line.split(" | ")[:3] for line in page.splitlines() if line.startswith("| `")]
    assert rows == [
        [f"| `{t.name}`", t.about, f"{t.marks:g}"] for t in benchmark("attacks").trials()
    ]


@pytest.mark.parametrize("name", ["right", "patches the grader", "ends its process"])
def test_what_is_measured_beside_otter_gets_what_it_deserves(benchmark, name):
    """`beside_otter.py` has the kit grade its class, and an attack gets what is right in it."""
    beside = benchmark("beside_otter")
    assert beside.graded_by_the_kit(beside.lab(), name, 1).score == beside.CLASS[name][0]
