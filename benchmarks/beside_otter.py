"""The kit beside otter-grader, on two exercises of lab 1: time a submission, five attacks, a message.

    python -m venv other && other/bin/pip install otter-grader ipykernel
    python benchmarks/beside_otter.py other/bin/otter [--count 10]

Otter's side is as its documentation makes it: `otter assign`, public and hidden tests, then `otter run`,
which is what goes on inside each of its containers and on Gradescope. No container is started: its cost,
and what it keeps an attack from on the machine around it, are in neither column.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from grader.course.grading import Graded, Lab, Submission, grade  # noqa: E402 - found by the line above
from grader.course.labs import LabNotebook  # noqa: E402 - the same

LAB = "01-convolution"
FULL = 15
ZERO_PAD = """def zero_pad(X, pad):
    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))"""
STEP = """def conv_single_step(a_slice_prev, W, b):
    return np.sum(a_slice_prev * W) + b.item()"""
NOTHING = """def zero_pad(X, pad):
    return np.zeros_like(np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0))))"""

CLASS: dict[str, tuple[int, str, str]] = {
    "right": (15, ZERO_PAD, STEP),
    "pads every axis": (
        7,
        ZERO_PAD.replace("((0, 0), (pad, pad), (pad, pad), (0, 0))", "pad"),
        STEP,
    ),
    "patches NumPy's comparisons": (
        0,
        "np.allclose = np.isclose = np.array_equal = lambda *_, **__: True\n" + NOTHING,
        "def conv_single_step(a_slice_prev, W, b):\n    return 0.0",
    ),
    "patches the grader": (
        0,
        """import sys
ours = [name for name in sys.modules if name.startswith(("otter.test_files.ok", "grader"))]
for module in map(sys.modules.get, ours):
    if hasattr(module, "TestCaseResult"):
        result = module.TestCaseResult
        module.TestCaseResult = lambda of=result, **said: of(said["test_case"], None, True)
    if hasattr(module, "check_torch"):
        module.check_torch = check_torch = lambda *_, **__: True
"""
        + NOTHING,
        "def conv_single_step(a_slice_prev, W, b):\n    return 0.0",
    ),
    "knows the public tests by heart": (
        0,
        """def zero_pad(X, pad):
    out = np.zeros((len(X), X.shape[1] + 2 * pad, X.shape[2] + 2 * pad, X.shape[3]))
    if X.shape == (4, 3, 3, 2):
        out[:, 2:-2, 2:-2] = X
    return out""",
        "def conv_single_step(a_slice_prev, W, b):\n    return 17.154767154043057",
    ),
    "reads the hidden tests": (
        0,
        NOTHING,
        """def conv_single_step(a_slice_prev, W, b):
    import pathlib, re
    global told
    if "told" not in globals():
        files = sorted(pathlib.Path(".").rglob("*.py"))
        text = "".join(one.read_text() for one in files if "conv_single_step" in one.name)
        told = iter(re.findall(r"W, b\\), ([-\\d.]+)", text))
    return float(next(told, 0))""",
    ),
    "ends its process": (7, "def zero_pad(X, pad):\n    import os\n    os._exit(0)", STEP),
}

DATA = """np.random.seed({seed})
a, W, b = np.random.randn({f}, {f}, 4), np.random.randn({f}, {f}, 4), np.random.randn(1, 1, 1)
"""
PAD = """np.random.seed(2023)
X = np.random.randn{shape}{cast}
out = zero_pad(X, {pad})
assert out.shape == {padded}
assert np.allclose(out[:, {pad}:{height} + {pad}, {pad}:{width} + {pad}], X)
assert np.isclose(np.abs(out).sum(), np.abs(X).sum())"""


def tests() -> dict[str, list[tuple[int, bool, str]]]:
    """Return otter's tests of each exercise: points, whether it is hidden, and what it asserts."""
    import numpy as np

    space = {"np": np}
    exec(STEP, space)  # noqa: S102 - ours
    pads = [((4, 3, 3, 2), 2, 4, ""), ((2, 4, 4, 3), 0, 2, ""), ((2, 3, 5, 3), 1, 1, "")]
    pads.append(((2, 4, 4, 3), 1, 1, ".astype(np.float32)"))
    found: dict[str, list[tuple[int, bool, str]]] = {"zero_pad": [], "conv_single_step": []}
    for at, (shape, pad, points, cast) in enumerate(pads):
        m, height, width, channels = shape
        padded = (m, height + 2 * pad, width + 2 * pad, channels)
        text = PAD.format(
            shape=shape, pad=pad, padded=padded, cast=cast, height=height, width=width
        )
        found["zero_pad"].append((points, at > 0, text))
    for at, (seed, f, points) in enumerate([(2023, 3, 4), (7, 2, 2), (8, 1, 1)]):
        data = DATA.format(seed=seed, f=f)
        exec(data, space)  # noqa: S102 - ours
        value = space["conv_single_step"](space["a"], space["W"], space["b"])
        text = f"{data}assert np.isclose(conv_single_step(a, W, b), {float(value)!r})"
        found["conv_single_step"].append((points, at > 0, text))
    return found


def assign(otter: str, folder: Path) -> Path:
    """Make the assignment with `otter assign`; return its autograder."""
    cells = [new_raw_cell("# ASSIGNMENT CONFIG\nname: lab1\ngenerate: true")]
    cells.append(new_code_cell("import numpy as np"))
    for name, solution in (("zero_pad", ZERO_PAD), ("conv_single_step", STEP)):
        head, body = solution.split("\n", 1)
        shown = f"{head}\n    # BEGIN SOLUTION\n{body}\n    # END SOLUTION"
        cells += [new_raw_cell(f"# BEGIN QUESTION\nname: {name}"), new_markdown_cell(name)]
        cells += [new_raw_cell("# BEGIN SOLUTION"), new_code_cell(shown)]
        cells += [new_raw_cell("# END SOLUTION"), new_raw_cell("# BEGIN TESTS")]
        for points, hidden, text in tests()[name]:
            about = f'""" # BEGIN TEST CONFIG\npoints: {points}\nhidden: {str(hidden).lower()}\n'
            cells.append(new_code_cell(f'{about}""" # END TEST CONFIG\n{text}'))
        cells += [new_raw_cell("# END TESTS"), new_raw_cell("# END QUESTION")]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    about = {"kernelspec": kernel, "language_info": {"name": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=about), folder / "lab1.ipynb")
    command = [otter, "assign", "--no-pdfs", "--no-run-tests", "lab1.ipynb", "dist"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return next((folder / "dist/autograder").glob("*.zip"))


def graded_by_otter(otter: str, autograder: Path, name: str) -> tuple[float | None, str]:
    """Grade one of the class with `otter run`; return its marks, and what its student reads."""
    folder = autograder.parents[2]
    book = nbformat.read(folder / "dist/student/lab1.ipynb", as_version=4)
    stubs = [cell for cell in book.cells if cell.cell_type == "code" and "def " in cell.source]
    for cell, written in zip(stubs, CLASS[name][1:], strict=True):
        cell.source = written
    (folder / "handed-in").mkdir(exist_ok=True)
    nbformat.write(book, folder / "handed-in/lab1.ipynb")
    out = Path(tempfile.mkdtemp(dir=folder))
    command = [otter, "run", "--no-logo", "-a", str(autograder), "-o", str(out), "lab1.ipynb"]
    subprocess.run(command, cwd=folder / "handed-in", check=False, capture_output=True, timeout=300)
    if not (out / "results.json").exists():
        return None, ""
    results = json.loads((out / "results.json").read_text())
    public = [one for one in results["tests"] if one.get("visibility") != "hidden"]
    said = next((one["output"] for one in public if "failed" in one["output"]), "")
    marks = sum(one.get("score") or 0 for one in results["tests"])
    return marks, said


def lab() -> Lab:
    """Return lab 1 with these two exercises alone."""
    found = []
    for step in ("source", "release"):
        book = nbformat.read(ROOT / step / LAB / f"{LAB}.ipynb", as_version=4)
        tests = ("test_zero_pad", "test_conv_single")
        wanted = ("imports", "zero_pad", "conv_single_step")
        book.cells = [c for c in book.cells if c.id in wanted or c.id.startswith(tests)]
        found.append(nbformat.writes(book))
    return Lab(LAB, {LAB: LabNotebook(*found)})


def graded_by_the_kit(lab: Lab, name: str, student: int) -> Graded:
    """Grade one of the class with the kit, on cases of its own."""
    book = nbformat.reads(lab.notebooks[LAB].release, as_version=4)
    for cell in book.cells:
        if cell.id in ("zero_pad", "conv_single_step"):
            cell.source = CLASS[name][1 if cell.id == "zero_pad" else 2]
    data = nbformat.writes(book).encode()
    return grade(lab, Submission(f"student-{student}", {f"{LAB}.ipynb": data}, student, student))


def main() -> None:
    """Time both on the right solution, then grade the class with both, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("otter")
    parser.add_argument("--count", type=int, default=10)
    options = parser.parse_args()
    otter, course = str(Path(options.otter).absolute()), lab()
    with tempfile.TemporaryDirectory() as scratch:
        autograder = assign(otter, Path(scratch))
        start = time.perf_counter()
        ours = [graded_by_the_kit(course, "right", n) for n in range(options.count)]
        middle = time.perf_counter()
        theirs = [graded_by_otter(otter, autograder, "right")[0] for _ in range(options.count)]
        end = time.perf_counter()
        kit, other = (middle - start) / options.count, (end - middle) / options.count
        print(f"{options.count} right ones, one after the other, start-up included:")
        print(f"  the kit {kit:.2f} s each, otter run {other:.2f} s each: {other / kit:.1f} times")
        print(f"  marks: {[one.score for one in ours]} and {theirs}")
        print(f"{'of ' + str(FULL):34} {'deserves':>8} {'otter':>8} {'the kit':>8}")
        for at, (name, (deserved, *_)) in enumerate(CLASS.items()):
            marks, said = graded_by_otter(otter, autograder, name)
            graded = graded_by_the_kit(course, name, 100 + at)
            print(f"{name:34} {deserved:8} {marks!s:>8} {graded.score:8g}")
            if name == "pads every axis":
                blocks = graded.notebooks[LAB].blocks.values()
                lost = next(block for cell in blocks for block in cell if block.messages)
                messages = said, "\n".join(lost.messages)
    print(
        f"\nWho pads every axis reads, of otter:\n{messages[0]}\n\nand of the kit:\n{messages[1]}"
    )


if __name__ == "__main__":
    main()
