"""Nothing broken gets past a release, and what gets past is the same bytes each time."""

import json
import os
import shutil

import pytest
from clean import LAB, clean_course
from tiny import labkit

from grader.course.publishing import release
from grader.course.publishing.release import _kit_digest, _modules, read_folder

pytestmark = pytest.mark.slow

WRITTEN = (f"release/{LAB}/{LAB}.ipynb", f"dist/{LAB}.zip")


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
    assert line.split()[2:] == ["1", "6", "+", "2", "6", "0", "12/12", "unchanged"]


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
    path = root / "source" / LAB / f"{LAB}.ipynb"
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


def test_a_file_that_was_taken_out_leaves_the_release(released, tmp_path):
    """A release holds what source/ has, and nothing of an older one."""
    root = tmp_path / "course"
    shutil.copytree(released, root)
    stray = root / "release" / LAB / "solution.txt"
    stray.write_text("old", encoding="utf-8")
    code, said = labkit(root, "release")
    assert code == 0, said
    assert not stray.exists()


def tell(cells):
    """Change: a solution that is wrong, forbidden, and too slow to learn of it; a lost mistake."""
    for change in (
        swap("centre", "(pad, pad), (pad, pad)", "(pad, pad), (0, pad)"),
        swap("centre", "Z = np.pad", 'exec("")\n    Z = np.pad'),
        swap("see-centre", "plt.legend()", "plt.legen()"),
        swap(
            "see-centre",
            "rng =",
            "try:\n    centre(np.ones((1, 1, 1, 1)), 1)\nexcept NotImplementedError:\n"
            "    while True:\n        pass\nrng =",
        ),
        swap("test_centre_bias", '(centre, "no_padding")', '(centre, "basic")'),
    ):
        change(cells)


# What is wrong with the lab, and what is told of it.
BROKEN = {
    "a finding": (swap("centre", "### END SOLUTION", ""), ["is never closed"]),
    "many things at once": (
        tell,
        [
            "the solution loses centre/basic (test_centre_basic)",
            "the solution is flagged: uses exec",
            "see-centre: with the solution filled in it raises AttributeError",
            "see-centre: in the unfilled release it doesn't end",
            "the mistake slices_with_minus_pad of centre loses no marks",
        ],
    ),
    "marks for nothing": (
        swap(
            "centre",
            "    ### BEGIN SOLUTION\n    Z = np.pad(",
            "    Z = np.pad(X, ((0,) * 2, (pad,) * 2, (pad,) * 2, (0,) * 2))\n"
            "    if X is None:\n        ### BEGIN SOLUTION\n        Z = np.pad(",
        ),
        ["the unfilled release gets 3 marks in centre/basic"],
    ),
    "what nbgrader refuses": (
        lambda cells: cells["centre"]["metadata"]["nbgrader"].update(schema_version=99),
        ["nbgrader refuses to make the release"],
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_lab_that_is_not_as_it_must_be_is_refused(broken, tmp_path):
    """What is wrong is told in a line each, the exit code is 1, and nothing is written."""
    change, lines = BROKEN[broken]
    root = clean_course(tmp_path / "course", change)
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


def test_a_lab_does_not_depend_on_other_families(tmp_path):
    """A family's modules are its own, and those that they import."""
    for room in ("cases", "references", "mistakes"):
        (tmp_path / "exercises" / room).mkdir(parents=True)
        for name in ("one", "two", "three"):
            (tmp_path / "exercises" / room / f"{name}.py").write_text("", encoding="utf-8")
    (tmp_path / "exercises" / "cases" / "one.py").write_text(
        "from grader.exercises.cases.two import x\n", encoding="utf-8"
    )
    assert sorted(_modules(tmp_path, ("one",))) == [
        "exercises/cases/one.py",
        "exercises/cases/two.py",
        "exercises/mistakes/one.py",
        "exercises/references/one.py",
    ]
    assert _kit_digest(("pooling",)) != _kit_digest(("convolution",))
