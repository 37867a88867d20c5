"""The clean lab: the notebook that `labkit new` writes, for zero_pad, with nothing to mend in it."""

import json
import shutil

from tiny import ROOT

from grader.course.publishing.scaffold import _files

LAB = "clean"
GROUPS = {"bias": "no_padding"}
SOLUTION = {
    "(X, bias)": "(X, pad)",
    "    Z = X - np.mean(X, axis=0) + bias\n": (
        "    Z = np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))\n"
    ),
    "def zero_pad(X, bias)": "def zero_pad(X, pad)",
    "zero_pad(points, 0.0)": "zero_pad(points[None, :, :, None], 1)[0, ..., 0]",
}


def clean_notebook():
    """Return the notebook as a dictionary, and its cells by id; changes to these are changes to it."""
    text = _files(LAB, "zero_pad")[f"source/{LAB}/{LAB}.ipynb"]
    notebook = json.loads(text)
    cells = {}
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        for old, new in SOLUTION.items():
            source = source.replace(old, new)
        for old, new in GROUPS.items():
            source = source.replace(f'"{old}"', f'"{new}"').replace(f"/{old}", f"/{new}")
        if cell["id"] == "test_zero_pad_basic":
            source = source.partition("    check_hash")[0].rstrip()
        cell["source"] = source
        cells[cell["id"]] = cell
    return notebook, cells


def clean_course(root, change=lambda cells: None):
    """Write a course of the clean lab at `root`, its cells changed by `change`."""
    root.mkdir(parents=True, exist_ok=True)
    for name in ("nbgrader_config.py", "requirements.lock"):
        shutil.copy(ROOT / name, root)
    folder = root / "source" / LAB
    folder.mkdir(parents=True)
    notebook, cells = clean_notebook()
    change(cells)
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    (folder / f"{LAB}.ipynb").write_text(text, encoding="utf-8")
    return root
