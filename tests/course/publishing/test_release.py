"""Nothing broken gets past a release, and what gets past is the same bytes each time."""

import json
import os
import shutil
from types import SimpleNamespace

import pytest
from clean import LAB, NOTEBOOK, clean_course
from nbgrader.coursedir import CourseDirectory
from tiny import labkit
from traitlets.config import Config

from grader.course.publishing import release
from grader.course.publishing.bundle import Wheel
from grader.course.publishing.disk import read_folder
from grader.key import edition_of, read_key, write_key

pytestmark = pytest.mark.slow

WRITTEN = (f"release/{LAB}/{LAB}.ipynb", f"release/{LAB}/{LAB}.key", f"dist/{LAB}.zip")


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A course whose lab was released."""
    root = clean_course(tmp_path_factory.mktemp("released") / "course")
    code, said = labkit(root, "release")
    assert code == 0, said
    assert "✓ clean" in said
    assert "ready" in said
    return root


def written(root):
    """Return what a release wrote, by name."""
    return {name: (root / name).read_bytes() for name in WRITTEN if (root / name).is_file()}


def refused(root, *options):
    """Release a course that must be refused, and return what was said."""
    before = written(root)
    code, said = labkit(root, "release", *options)
    assert code == 1, said
    assert written(root) == before
    return " ".join(said.split())


def swap(name, old, new):
    """Return a change to the clean lab: another text in one of its cells."""

    def change(cells):
        assert old in cells[name]["source"]
        cells[name]["source"] = cells[name]["source"].replace(old, new)

    return change


def no_notebooks_run(_workers):
    """Stand in for the workers where none may be asked for."""
    raise AssertionError("a notebook was run again")


def test_the_table_says_how_it_went(released):
    """Exercises, marks, what the solution and the unfilled release got, and mistakes are told."""
    _, said = labkit(released, "release", LAB)
    (line,) = [line for line in said.splitlines() if line.startswith("✓ clean")]
    assert line.split()[2:] == ["1", "6", "+", "2", "6", "0", "6/6", "unchanged"]


def test_what_has_not_changed_is_not_run_again(released, monkeypatch):
    """A second run asks for no worker, and writes the same bytes."""
    monkeypatch.setattr(release, "local_executor", no_notebooks_run)
    before = written(released)
    code, said = labkit(released, "release")
    assert code == 0, said
    assert written(released) == before


def test_what_has_changed_is_run_again(released, tmp_path, monkeypatch):
    """A changed lab, or `--again`, doesn't lean on what passed before."""
    root = tmp_path / "course"
    shutil.copytree(released, root)
    monkeypatch.setattr(release, "local_executor", no_notebooks_run)
    with pytest.raises(AssertionError, match="run again"):
        labkit(root, "release", "--again")
    path = root / NOTEBOOK
    path.write_text(path.read_text(encoding="utf-8").replace("Cómo trabajar", "Cómo"), "utf-8")
    with pytest.raises(AssertionError, match="run again"):
        labkit(root, "release")


def test_a_release_is_the_same_in_another_folder_on_another_day(released, tmp_path):
    """Folder, dates and umask change no byte of the release or of the bundle."""
    root = clean_course(tmp_path / "another" / "folder")
    for path in root.rglob("*"):
        os.utime(path, (1e9, 1e9))
    before = os.umask(0o077)
    try:
        code, said = labkit(root, "release")
    finally:
        os.umask(before)
    assert code == 0, said
    assert written(root) == written(released)


def test_stock_nbgrader_makes_the_same_release(released, tmp_path):
    """`generate_assignment`, with its gradebook, gives the bytes that `release` gives."""
    root = tmp_path / "course"
    shutil.copytree(released, root)
    shutil.rmtree(root / "release")
    code, said = labkit(root, "generate_assignment", LAB, "--log-level=ERROR")
    assert code == 0, said
    assert read_folder(root / "release" / LAB) == read_folder(released / "release" / LAB)


def test_check_holds_release_to_source(released, tmp_path):
    """With --check a release/ that was touched is told, and left as it is."""
    root = tmp_path / "course"
    shutil.copytree(released, root)
    assert labkit(root, "release", "--check")[0] == 0
    path = root / WRITTEN[0]
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert f"isn't what source/ makes ({LAB}.ipynb)" in refused(root, "--check")


def test_a_key_that_another_machine_made_is_kept(released, tmp_path):
    """A key that says the same in other bytes stays, and is no difference."""
    root = tmp_path / "course"
    shutil.copytree(released, root)
    folder = root / "release" / LAB
    key, notebook = folder / f"{LAB}.key", folder / f"{LAB}.ipynb"
    old, theirs = key.read_bytes(), write_key(read_key(key.read_bytes()), small=False)
    key.write_bytes(theirs)
    text = notebook.read_text(encoding="utf-8")
    assert edition_of(old) in text
    text = text.replace(edition_of(old), edition_of(theirs))
    notebook.write_text(text, encoding="utf-8")
    for options in (["--check"], ["--again"]):
        code, said = labkit(root, "release", *options)
        assert code == 0, said
        assert key.read_bytes() == theirs
        assert notebook.read_text(encoding="utf-8") == text


def test_a_file_that_was_taken_out_leaves_the_release(released, tmp_path):
    """A release holds what source/ has, and nothing of an older one."""
    root = tmp_path / "course"
    shutil.copytree(released, root)
    stray = root / "release" / LAB / "solution.txt"
    stray.write_text("old", encoding="utf-8")
    code, said = labkit(root, "release")
    assert code == 0, said
    assert not stray.exists()


def edit(old, new):
    """Return a change to the clean exercise's module."""

    def change(text):
        assert old in text
        return text.replace(old, new)

    return change


def as_it_is(_cells):
    """Change nothing in the notebook."""


def tell(cells):
    """Change: a solution that is wrong, forbidden, and too slow to learn of it; a lost mistake."""
    for change in (
        swap("centre", " + bias\n", " + bias\n    Z = Z + bias\n"),
        swap("centre", "Z = X", 'exec("")\n    Z = X'),
        swap("see-centre", "plt.legend()", "plt.legen()"),
        swap(
            "see-centre",
            "rng =",
            "try:\n    centre(np.ones((1, 1)), 1)\nexcept NotImplementedError:\n"
            "    while True:\n        pass\nrng =",
        ),
    ):
        change(cells)
    cells["see-centre"]["metadata"]["tags"] = ["show-only", "raises-exception"]


def slow(cells):
    """Change: a test that sleeps longer than a student's may compute."""
    swap("test_centre_bias", "with marks", "import time\ntime.sleep(8)\nwith marks")(cells)


TWIN = 'Mistake("adds_nothing", (" + bias", " + 0 * bias"), "no sumaste bias"),\n    Mistake(\n'

BIAS, MEMORY = (f"def _{name}(rng: Generator) -> Iterator[Case]:\n" for name in ("bias", "memory"))

LIMITS = {"f14d: a test that sleeps": {"cell_s": 5}}

# What is wrong with the lab: its cells, its exercise; and what is told of it.
BROKEN = {
    "a finding": (swap("centre", "### END SOLUTION", ""), None, ["is never closed"]),
    "many things at once": (
        tell,
        None,
        [
            "the solution loses centre/bias (test_centre_bias)",
            "the solution is flagged: uses exec",
            "see-centre: with the solution filled in it raises AttributeError",
            "see-centre: in the unfilled release it doesn't end",
            "the solution of centre and its reference disagree in the group 'bias'",
        ],
    ),
    "marks for nothing": (
        swap(
            "centre",
            "    ### BEGIN SOLUTION\n    Z = X - np.mean(X, axis=0) + bias\n    ### END SOLUTION",
            "    Z = X - np.mean(X, axis=0)\n    if bias:\n        ### BEGIN SOLUTION\n"
            "        Z = X - np.mean(X, axis=0) + bias\n        ### END SOLUTION",
        ),
        None,
        ["the unfilled release gets 3 marks in centre/basic"],
    ),
    "what nbgrader refuses": (
        lambda cells: cells["centre"]["metadata"]["nbgrader"].update(schema_version=99),
        None,
        ["nbgrader refuses to make the release"],
    ),
    "a stale edit": (
        as_it_is,
        edit('(" + bias", "")', '(" + sesgo", "")'),
        ["the mistake 'forgets_bias' replaces ' + sesgo', which isn't in the solution"],
    ),
    "a module that can't be loaded": (
        as_it_is,
        edit("EXERCISES = (", "EXERCISES = (missing, "),
        ["exercises/ can't be loaded: NameError"],
    ),
    "what no tuple lists": (
        as_it_is,
        edit("EXERCISES = (CENTRE,)", "EXERCISES = (CENTRE)"),
        ["EXERCISES of exercises/centre isn't a tuple"],
    ),
    "cases that can't be made": (
        as_it_is,
        edit(BIAS, BIAS + "    1 / 0\n"),
        ["the cases of the group 'bias' can't be made: ZeroDivisionError", "(exercises/centre.py,"],
    ),
    "a group of no cases": (
        as_it_is,
        edit(MEMORY, MEMORY + "    return\n"),
        ["the group 'memory' makes no cases"],
    ),
    "a reference that raises": (
        as_it_is,
        edit("values.mean(", "values.means("),
        ["the reference fails on the first case of the group 'basic': AttributeError"],
    ),
    "a solution that isn't Python": (
        swap("centre", "+ bias\n", "+ bias)\n"),
        None,
        ["centre: the solution isn't Python (unmatched ')', line "],
    ),
    "a mistake that isn't Python": (
        as_it_is,
        edit('(" + bias", "")', '(" + bias", " + ")'),
        ["the mistake 'forgets_bias' isn't Python (invalid syntax"],
    ),
    "a mistake of three parts": (
        as_it_is,
        edit('(" + bias", "")', '((" + bias", "", ""),)'),
        ["the edits of the mistake 'forgets_bias' can't be read"],
    ),
    "a reference that disagrees": (
        as_it_is,
        edit("keepdim=True) + bias", "keepdim=True) - bias"),
        ["the solution of centre and its reference disagree in the group 'bias'"],
    ),
    "twins": (
        as_it_is,
        edit(
            "Mistake(\n",
            TWIN,
        ),
        ["no group of centre tells the mistakes forgets_bias and adds_nothing apart"],
    ),
    "a mistake that is none": (
        as_it_is,
        edit('(" + bias", "")', '("+ bias", "+  bias")'),
        ["the mistake forgets_bias of centre loses no marks"],
    ),
    "f16: a show-only name in a test": (
        lambda cells: (
            swap("see-centre", "rng =", "EPS = 1e-5\nrng =")(cells),
            swap("test_centre_basic", "with marks", "print(EPS)\nwith marks")(cells),
        ),
        None,
        ["it needs `EPS`", "show-only"],
    ),
    "f16b: a show-only name in the solution": (
        lambda cells: (
            swap("see-centre", "rng =", "AXES = 0\nrng =")(cells),
            swap("centre", "axis=0", "axis=AXES")(cells),
        ),
        edit("axis=0", "axis=AXES"),
        ["it needs `AXES`", "show-only"],
    ),
    "a show-only name that no rule sees": (
        lambda cells: (
            swap("see-centre", "rng =", "np.EPS = 1e-5\nrng =")(cells),
            swap("test_centre_bias", "with marks", "print(np.EPS)\nwith marks")(cells),
        ),
        None,
        ["the solution loses centre/bias (test_centre_bias)"],
    ),
    "f14d: a test that sleeps": (
        slow,
        None,
        ["the solution loses centre/bias (test_centre_bias)"],
    ),
    "a figure that changes": (
        swap("see-centre", "default_rng(2023)", "default_rng()"),
        None,
        ["see-centre: its picture changes from run to run"],
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_lab_that_is_not_as_it_must_be_is_refused(broken, tmp_path):
    """What is wrong is told in a line each, the exit code is 1, and nothing is written."""
    change, exercise, lines = BROKEN[broken]
    root = clean_course(tmp_path / "course", change, exercise, LIMITS.get(broken, {}))
    said = refused(root)
    assert [line for line in lines if line not in said] == []
    assert written(root) == {}


def test_a_release_that_differs_each_time_is_refused(tmp_path, monkeypatch):
    """A release that isn't made the same twice is told, and no notebook is run for it."""
    generate = release.Release._generate
    times = iter((b"1", b"2"))

    def differently(self, *arguments, **options):
        return {**generate(self, *arguments, **options), "note.txt": next(times)}

    monkeypatch.setattr(release.Release, "_generate", differently)
    monkeypatch.setattr(release, "local_executor", no_notebooks_run)
    root = clean_course(tmp_path / "course")
    assert "made twice, the release isn't the same (note.txt)" in refused(root)


def test_a_lab_that_does_not_exist_is_a_sentence(tmp_path):
    """A wrong name is told with what was expected, and no traceback."""
    root = clean_course(tmp_path / "course")
    code, said = labkit(root, "release", "nothing")
    assert code == 1
    assert "there is no lab 'nothing'" in said


def test_a_damaged_cache_is_as_none(tmp_path):
    """A cache that can't be read is forgotten, never a traceback."""
    path = tmp_path / "release.json"
    path.write_text("{", encoding="utf-8")
    assert release._read_json(path) == {}
    path.write_text(json.dumps([1]), encoding="utf-8")
    assert release._read_json(path) == {}


def test_a_lab_depends_on_its_own_topics_and_what_they_import(tmp_path):
    """Of the exercises, those that a lab checks and the modules that they import count."""
    root = clean_course(tmp_path / "course")
    for name, text in {
        "centre.py": "from .tools import x\nfrom . import more\n",
        "tools.py": "x = 1\n",
        "more/__init__.py": "from .inner import y\n",
        "more/inner.py": "y = 1\n",
        "other.py": "",
    }.items():
        path = root / "exercises" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    found = release.Release(CourseDirectory(root=str(root)), Config())._sources_of(["centre"])
    assert sorted(name for name, _ in found) == [
        "centre.py",
        "more/__init__.py",
        "more/inner.py",
        "tools.py",
    ]


def test_a_bundle_over_its_size_is_refused(released, tmp_path):
    """A bundle that weighs more than the course allows is told, with what to do, and not written."""
    root = tmp_path / "course"
    shutil.copytree(released, root)
    said = refused(root, "--LabRelease.bundle_mb=0.1")
    assert "MB and the course allows 0.1: make its files smaller" in said


@pytest.mark.parametrize(("load", "told"), [(9.0, True), (0.5, False)])
def test_a_busy_machine_is_told_of(load, told, tmp_path, monkeypatch):
    """Where a lab has something to mend and the machine was busy, both are said."""
    monkeypatch.setattr(release, "_load", lambda: load)
    root = clean_course(tmp_path / "course", swap("see-centre", "plt.legend()", "plt.legen()"))
    assert ("this machine is busy" in refused(root)) == told


def test_fix_writes_the_marks_and_then_releases(tmp_path):
    """With --fix a block's new points reach every place that says them, and the lab is ready."""
    root = clean_course(tmp_path / "course", swap("test_centre_bias", 'marks(2, "', 'marks(4, "'))
    assert "marks-disagree" in refused(root)
    code, said = labkit(root, "release", "--fix")
    assert code == 0, said
    assert "wrote the marks of" in said
    assert "✓ clean" in said


def test_a_wheel_whose_readme_changed_is_another_one(tmp_path, monkeypatch):
    """What is in the wheel besides the package counts among its sources; what changes alone is told."""
    (tmp_path / "grader").mkdir()
    (tmp_path / "pyproject.toml").touch()
    readme = tmp_path / "README.md"
    monkeypatch.setattr(release, "grader", SimpleNamespace(__file__=str(tmp_path / "grader" / "x")))
    monkeypatch.setattr(release, "build_wheel", lambda kit: Wheel("kit", readme.read_bytes()))
    one = object.__new__(release.Release)
    one.passed = {}
    draft = SimpleNamespace(row=SimpleNamespace(problems=[]))
    for text in (b"one", b"two", b"two"):
        readme.write_bytes(text)
        assert one._wheel([draft]).data == text
    monkeypatch.setattr(release, "build_wheel", lambda _: Wheel("kit", b"three"))
    assert one._wheel([draft]) is None
    assert draft.row.problems == ["made twice, the kit's wheel isn't the same"]
