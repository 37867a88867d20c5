"""Where attacks are made and fought: a small lab, how an attack is read, how it is handed in.

An attack is a sample submission (`grader.course.samples`) with more lines at its top:

    # reaches: TEXT     the graded notebook holds TEXT, which shows that the attack got that far
    # ends: STATUS      how its run ends, if not "ok": timeout, died or limit
    # stock: skip: WHY  it isn't tried on stock nbgrader

and a `raise` above its first cell, so that whoever imports the file does nothing but fail.
`@COURSE@` stands for the course's folder, `@PORT@` for a port that somebody listens on, and `@DIG@`
for code that digs the emitting function and the pipe out of the session of the sandbox.
"""

import copy
import json
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from tiny import LAB, tiny_lab

from grader.course.grading import Lab, LabNotebook, Submission
from grader.course.samples import build, read_sample

HERE = Path(__file__).parent
FILE = f"{LAB}.ipynb"
FULL = 3
GUARD = 'raise RuntimeError("an attack: it is run in the sandbox alone")\n'
LIMITS = {
    "cell_s": 2,
    "notebook_s": 6,
    "memory_mb": 256,
    "processes": 24,
    "disk_mb": 16,
    "output_kb": 100,
    "observation_mb": 4,
}
HASHED = """A = np.random.default_rng(1).standard_normal((2, 3, 3, 2))
with marks(2, "zero_pad/basic"):
    check_hash(zero_pad(A, 1), ((2, 5, 5, 2), 85.99739556177109))
    check_torch(zero_pad, "basic")"""
DIG = """
from grader.session import current_session

def free(function):
    return dict(zip(function.__code__.co_freevars, [c.cell_contents for c in function.__closure__]))

judge = current_session().judge
emit = free(judge)["emit"]
write = free(emit)["action"]
pipe = write.args[0]
"""


@dataclass(frozen=True)
class Attack:
    """One attack: what it tries, the mark it deserves, and how its run is to end."""

    name: str
    about: str
    marks: float
    reaches: str
    ends: str
    stock: str
    text: str


def lab_notebook():
    """Return the instructor's notebook: the tiny lab with a hash that can be read in its test cell."""
    notebook = tiny_lab()
    notebook.cells[
        1
    ].source = "import numpy as np\nfrom grader import check_hash, check_torch, marks"
    next(c for c in notebook.cells if c.id == "test_zero_pad_basic").source = HASHED
    notebook.metadata.labkit = {"torch": False, "limits": LIMITS}
    return notebook


SOURCE = lab_notebook()
RELEASE = copy.deepcopy(SOURCE)
RELEASE.cells[2].source = "def zero_pad(X, pad):\n    raise NotImplementedError()"
ATTACKED = Lab(LAB, {LAB: LabNotebook(nbformat.writes(SOURCE), nbformat.writes(RELEASE))})


def read_attack(path):
    """Read an attack and make its notebook; what `@...@` stands for is still to be filled in."""
    sample = read_sample(path)
    header = path.read_text(encoding="utf-8").partition("# %%")[0]
    if GUARD not in header:
        message = f"{path}: there is no guard above the first cell: {GUARD}"
        raise ValueError(message)
    said = dict(re.findall(r"(?m)^# (reaches|ends|stock): (.*)$", header))
    return Attack(
        name=sample.name,
        about=sample.about,
        marks=sample.marks,
        reaches=said.get("reaches", ""),
        ends=said.get("ends", "ok"),
        stock=said.get("stock", ""),
        text=build(sample, SOURCE, RELEASE),
    )


def attacks():
    """Read every attack of the folder, by name."""
    return [read_attack(path) for path in sorted((HERE / "submissions").glob("*.py"))]


def armed(text, **values):
    """Fill in what `@...@` stands for, in a notebook's JSON."""
    for name, value in {"DIG": DIG, **values}.items():
        text = text.replace(f"@{name}@", json.dumps(str(value))[1:-1])
    return text


def handed_in(text, student="mallory", **files):
    """Return the submission of a notebook's text, or bytes, and of other files by name."""
    data = text if isinstance(text, bytes) else text.encode()
    return Submission(student, {FILE: data} | files, 0xC0FFEE, 0x5EA1ED)


def notebook(solution=None, change=None):
    """Return a released notebook with a solution, changed by a function that takes it."""
    made = copy.deepcopy(RELEASE)
    if solution is not None:
        made.cells[2].source = solution
    if change is not None:
        made = change(made) or made
    return json.dumps(made)


def honest():
    """Return the submission of somebody who does what was asked."""
    return handed_in(notebook(SOURCE.cells[2].source), "honest")


def outputs(text):
    """Return all that the student's cells put out, as one text."""
    cells = nbformat.reads(text, as_version=4).cells
    return json.dumps([cell.get("outputs") for cell in cells], ensure_ascii=False)


def descendants(pid):
    """Return the processes that come of `pid`."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                about = (folder / "stat").read_text().rpartition(")")[2]
                parents[int(folder.name)] = int(about.split()[1])
            except OSError:
                continue
    family, more = {pid}, {pid}
    while more:
        more = {one for one, parent in parents.items() if parent in more} - family
        family |= more
    return family - {pid}
