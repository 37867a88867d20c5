"""What a student reads from the engine can be translated: nothing of it misses gettext."""

import ast
import html
import os
import random
import re
import shutil
import subprocess
import sys
from dataclasses import replace

import damage
import nbformat
import numpy as np
import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from course import answers_on, catalogue_with
from pseudo import PACKAGE, Pseudo, left_over, texts_of
from tiny import GOOD, MINUS_PAD, ROOT, tiny_lab

from grader import data, figures, sliding, words
from grader.course import grading
from grader.course.grading import GRADED, Lab, LabNotebook, Submission, grade, repairs_of
from grader.course.submissions.files import printable
from grader.explanations import _EXPLANATIONS
from grader.judging.fallen import Fallen
from grader.key import Key, KeyFileError, find_key, unknown
from grader.observation import (
    Failure,
    Observation,
    ObservationError,
    decode,
    encode,
    freeze,
)
from grader.running import runner as running
from grader.session import Check
from grader.verdicts import judge

TEMPLATE = PACKAGE / "locale" / "grader.pot"


@pytest.fixture(autouse=True)
def nobodys_language():
    """Speak the language that nobody speaks, and afterwards as before."""
    before = words._words[0]
    words.use_words(Pseudo())
    yield
    words.use_words(before)


# ---------------------------------------------------------------------------------- the catalogue


def test_the_template_is_what_the_sources_say(tmp_path):
    """`make words` has nothing to write: the template holds every sentence, and no other."""
    command = re.search(r"pybabel (.*) -o \S+ grader\n", (ROOT / "Makefile").read_text())[1]
    made = tmp_path / "grader.pot"
    subprocess.run(
        [sys.executable, "-m", "babel.messages.frontend", *command.split(), "-o", made, "grader"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    assert made.read_text() == TEMPLATE.read_text(), "run `make words`"


def test_an_edition_in_another_language_is_a_file(tmp_path):
    """A catalogue in its folder is found by its language; without one, the words are Spanish."""
    compiled(tmp_path / "grader")
    program = "from grader.key import unknown; print(unknown('group', 'a', ['b']))"
    said = {}
    for language in ("xx", "yy", ""):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, words.LANGUAGE: language, "PYTHONPATH": str(tmp_path)},
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
        )
        said[language] = done.stdout.strip()
    assert said["yy"] == said[""] == "no hay ningún grupo 'a' (hay: b)"
    assert said["xx"] == Pseudo().gettext("no hay ningún grupo {a} (hay: {b})").replace(
        "{a}", "'a'"
    ).replace("{b}", "b")


def compiled(package):
    """Copy the package to a folder, with a catalogue of the language that nobody speaks: `xx`."""
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    folder = package / "locale" / "xx" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with TEMPLATE.open("rb") as file:
        catalogue = read_po(file, locale="en")
    for message in catalogue:
        one, *many = [message.id] if isinstance(message.id, str) else message.id
        if one:
            told = tuple(Pseudo().gettext(form) for form in (one, *many))
            message.string = told if many else told[0]
    with (folder / "grader.mo").open("wb") as file:
        write_mo(file, catalogue)


# ------------------------------------------------------------------------------------- the sources

EXCUSED = {
    "verdicts/where.py": "the axes' names, which are the course's, and the text of an SVG",
    "course/publishing": "for who writes labs, or patterns of what those say, or a bundle's own page",
    "course/archives.py": "for who grades: what of an archive isn't filed",
    "course/autograde.py": "for who grades: why a submission needs a person",
    "course/clerks.py": "the same",
    "course/collect.py": "the same, of what was collected",
    "course/gradebook.py": "the same, of partners",
    "course/pairs.py": "the same",
    "course/starting.py": "a cell that a course gives its students, in its own language",
    "course/placing.py": "the same, of what was collected",
    "course/roster.py": "how systems call the columns of a roster",
    "course/submissions/doubts.py": "for who grades: what is doubtful of a submission",
    "course/submissions/layouts.py": "how systems name what they hand out",
}
SPANISH = re.compile(
    r"[áéíóúüñ¿¡«»]|\b(?:el|la|los|las|del?|que|un|una|y|con|por|para|al|su|tu|sin)\b",
    re.IGNORECASE,
)


def modules():
    """Return every module of the package that isn't excused, by its name there."""
    named = {path.relative_to(PACKAGE).as_posix(): path for path in PACKAGE.rglob("*.py")}
    return {name: path for name, path in named.items() if not name.startswith(tuple(EXCUSED))}


@pytest.mark.parametrize("name", modules())
def test_no_spanish_misses_gettext(name):
    """A Spanish text in a module is a docstring, or an argument of `_`, `ngettext` or `later`."""
    tree = ast.parse(modules()[name].read_text())
    found = [text for _, text in texts_of(tree) if " " in text and SPANISH.search(text)]
    assert found == []


def test_what_is_excused_is_there():
    """Every module that is excused exists, and has Spanish of its own: or its excuse is dropped."""
    for name in EXCUSED:
        paths = [
            p for p in PACKAGE.rglob("*.py") if p.relative_to(PACKAGE).as_posix().startswith(name)
        ]
        texts = [text for p in paths for _, text in texts_of(ast.parse(p.read_text()))]
        assert any(map(SPANISH.search, texts)), name


@pytest.mark.parametrize("name", modules())
def test_an_underscore_is_gettext_wherever_it_is_called(name):
    """No function of a module gives `_` another meaning and calls it."""
    for node in ast.walk(ast.parse(modules()[name].read_text())):
        if isinstance(node, ast.FunctionDef):
            calls = [n for n in ast.walk(node) if isinstance(n, ast.Call)]
            bound = {
                n.id for n in own(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
            }
            bound |= {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
            assert "_" not in bound or "_" not in {getattr(c.func, "id", "") for c in calls}, (
                node.name
            )


def own(function):
    """Yield the nodes of a function that aren't in a comprehension, which has names of its own."""
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.GeneratorExp | ast.ListComp | ast.SetComp | ast.DictComp):
            yield node
            waiting += ast.iter_child_nodes(node)


# ------------------------------------------------------------------------------------ the verdicts

ONES = np.ones((2, 2))
PARTIALS = {"shape": [2], "index": [0, 1], "numeric": [1.0, 2.0], "analytic": [1.0, 2.5]}
VALUES = [
    *(("check_hash", {"expected": ((2, 2), 1.0)}, (v,)) for v in (ONES, [1], "a", None, ONES[0])),
    ("check_hash", {"expected": ((2, 2), 1.0)}, (ONES * np.nan,)),
    *(("check_scalar", {"expected": "0x1", "tol": 5}, (v,)) for v in (1.5, ONES, "a", {})),
    *(("check_str", {"expected": "0x1"}, (v,)) for v in ("gato", 3, None)),
    *(
        ("check_same", {"tolerance": 1e-9}, v)
        for v in [
            (ONES, ONES),
            (5 * ONES, 5 * ONES),
            (ONES, ONES + 1),
            (ONES, ONES / 2),
            (ONES, ONES[0]),
            (ONES, ONES * np.nan),
            (ONES, "a"),
            (ONES,),
            (),
        ]
    ),
    *(
        ("check_gradient", {"tolerance": 1e-5, "samples": 1}, v)
        for v in [
            ([{"x": PARTIALS}],),
            ([{"x": {**PARTIALS, "analytic": [1.0, 2.0]}}],),
            ([{"x": {**PARTIALS, "analytic": [1.0]}}],),
            ([{"x": {"shape": [2], "got": [3]}}],),
            ([{}],),
            ([],),
            ([3],),
        ]
    ),
]


@pytest.mark.parametrize(("kind", "arguments", "values"), VALUES)
def test_no_word_is_left_over_of_a_verdict_on_values(kind, arguments, values):
    """Whatever a check on values gets, all that it says went through gettext."""
    seen = Observation("", 0, kind, values=freeze(values))
    verdict = judge(Check(kind, arguments), seen, Key())
    assert left_over(verdict.message, ["x", "int", "object has no attribute"]) == []
    assert kind in ("check_same", "check_gradient") or "⟦" in verdict.message


def test_no_word_is_left_over_of_a_damaged_observation():
    """Whatever is wrong with an observation's bytes is told through gettext."""
    data = encode(Observation("a/b", 0, "check_hash", values=(np.eye(2), 1.5, "a")))
    damaged = [data + b"x", *(data[:at] for at in range(len(data)))]
    damaged += [data[:at] + b"\xff" + data[at + 1 :] for at in range(len(data))]
    told = {said.partition("(")[0] for said in map(refused, damaged)}
    assert len(told) > 3
    assert [word for text in told for word in left_over(text, ["a", "b"])] == []


def refused(data):
    """Return why an observation isn't taken, or nothing."""
    try:
        decode(data)
    except ObservationError as error:
        return str(error)
    return ""


def test_no_word_is_left_over_of_what_cannot_be_observed():
    """What can't be taken out of a student's process is refused through gettext."""
    nested = []
    for _ in range(20):
        nested = [nested]
    for value in (np.array([None]), nested, "a" * 2**26 + "b"):
        with pytest.raises(ObservationError) as caught:
            freeze(value)
        assert left_over(str(caught.value), ["object"]) == []


FAILURES = [
    Failure("NameError", "name 'b' is not defined"),
    Failure("AssertionError", ""),
    Failure("AssertionError", "", "assert 1 == 2"),
    Failure("NotImplementedError", "", "raise NotImplementedError", (("f", "raise"),)),
    Failure("NotImplementedError", "", "raise", (("f", "raise"),), written=True),
    Failure("NotImplementedError", "", "raise", written=True),
    Failure("NotImplementedError", "", "raise", (("f", "zero_pad()"), ("zero_pad", "raise"))),
    Failure("ValueError", ""),
    Failure("ValueError", "bad luck", "f(1)"),
    Failure("ValueError", "bad luck", "f(1)", (("g", "h(2)"), ("h", "f(1)"))),
]


@pytest.mark.parametrize("failure", FAILURES)
def test_no_word_is_left_over_of_an_exception(failure):
    """However a student's code fails, only what Python said isn't ours."""
    seen = Observation("", 0, "marks", failure=failure)
    verdict = judge(Check("marks"), seen, answers_on("zero_pad"))
    assert "⟦" in verdict.message
    assert left_over(verdict.message, [failure.message, failure.type_name]) == []


def test_every_explanation_is_translated_when_it_is_used():
    """What an exception means is looked up in the language that is spoken at that time."""
    for name, pattern, meaning in _EXPLANATIONS:
        told = words._(meaning)
        assert told.startswith("⟦"), (name, pattern)
        assert re.findall(r"{\d}", told) == re.findall(r"{\d}", meaning)
    fallen = Fallen("", "a = 1\nb[5]", "IndexError", "list index out of range", 2)
    for one in (fallen, replace(fallen, name="mine"), replace(fallen, number=0)):
        assert left_over(str(one), ["IndexError: list index out of range"]) == []


def test_no_word_is_left_over_of_a_name_that_is_not_there():
    """A misspelt exercise, group or output is told through gettext, a name that is like it too."""
    for kind in ("exercise", "group", "output"):
        for name in ("basik", "zzz"):
            told = unknown(kind, name, ["basic", "stride"])
            assert told.startswith("⟦")
            assert left_over(told, ["basic, stride"]) == []


def test_no_word_is_left_over_of_a_key_that_is_not_there(tmp_path):
    """A key that is missing, cut, or of another edition is told of through gettext."""
    lab = "01-convolution"
    whole = (ROOT / "release" / lab / f"{lab}.key").read_bytes()
    for there in (None, whole[:50], b"LABKEY0" + whole[7:], whole):
        if there is not None:
            (tmp_path / f"{lab}.key").write_bytes(there)
        with pytest.raises(KeyFileError) as caught:
            find_key(lab, "000000", tmp_path)
        assert left_over(str(caught.value), [f"{lab}.key", str(tmp_path)]) == []


# --------------------------------------------------------------------------------- a course's own


def course_words(exercise):
    """Return what is the course's own in a message: names, titles, notes and hints."""
    brief, ours = exercise.brief, answers_on(exercise.name)
    yield from (brief.name, *brief.parameters)
    for output in brief.outputs:
        yield from (output.name, *output.axes)
    for name, group in brief.groups.items():
        yield from (name, group.title, *(one.note for one in ours.asked(brief.name, name)))
    for mistake in exercise.mistakes:
        yield from (mistake.hint, mistake.kin)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["zero_pad", "conv_forward", "pool_backward", "Conv2D"])
def test_no_word_is_left_over_of_a_mistake(name):
    """Each known mistake, in each group, is told of in a course's words and in gettext's."""
    catalogue, ours = catalogue_with(name), answers_on(name)
    exercise = catalogue.find(name)
    known = {*course_words(exercise)}
    for helper in exercise.helpers:
        known |= {*course_words(catalogue.find(helper))}
    for mistake in exercise.mistakes:
        function = catalogue.mutant(exercise, (mistake.name,))
        for group in exercise.groups:
            cases = ours.cases(name, group)
            calls = tuple(ours.observe(exercise, function, case) for case in cases)
            seen = Observation("", 0, "check_torch", calls={name: calls})
            verdict = judge(Check("check_torch", {"name": name, "group": group}), seen, ours)
            raised = [c.failure for c in calls if c.failure]
            theirs = {text for f in raised for text in (f.type_name, f.message, f.message[:-1])}
            told = [verdict.message, *verdict.details, *(panel.text for panel in verdict.panels)]
            assert left_over("\n".join(told), known | theirs) == [], (mistake.name, group)


# ------------------------------------------------------------------------- figures, pictures, photos


REFUSED = [
    lambda folder: figures.gallery([]),
    lambda folder: figures.gallery([np.eye(2)], ["a", "b"]),
    lambda folder: figures.gallery([np.ones(3)]),
    lambda folder: figures.number_grid(np.ones(3)),
    lambda folder: sliding.sliding_window(np.ones(3), 1, [[1]]),
    lambda folder: sliding.sliding_window([[1]], [[1, 2]], [[1]]),
    lambda folder: sliding.sliding_window([[1]], 1, [[1, 2]]),
    lambda folder: sliding.sliding_window(np.ones((11, 11)), 1, np.ones((11, 11))),
    lambda folder: data.draw(0),
    lambda folder: data.draw(1, size=1),
    lambda folder: data.picture(1),
    lambda folder: data.contact_sheet(np.ones((1, 2, 2, 3)), [0]),
    lambda folder: data.contact_sheet(np.ones((1, 9, 9, 3), np.uint8), [0, 1]),
    lambda folder: data.contact_sheet(np.ones((1, 9, 9, 3), np.uint8), [2]),
    lambda folder: data.contact_sheet(np.ones((1, 9, 9, 3), np.uint8), [1], columns=0),
    lambda folder: data.load_folder(folder, size=0),
    lambda folder: data.load_folder(folder / "nothing"),
    lambda folder: data.load_folder(folder / "photo.jpg"),
    data.load_folder,
    lambda folder: data.load_folder(folder / "empty"),
]


@pytest.mark.parametrize("ask", REFUSED)
def test_no_word_is_left_over_of_what_cannot_be_drawn(ask, tmp_path):
    """A figure, a picture or photographs that can't be had are refused through gettext."""
    (tmp_path / "photo.jpg").write_bytes(b"no")
    for name in ("cats", "dogs"):
        (tmp_path / "empty" / "train" / name).mkdir(parents=True)
    with pytest.raises((ValueError, OSError)) as caught:
        ask(tmp_path)
    known = [f"{tmp_path}/{name}" for name in ("nothing", "photo.jpg", "empty/train/cats", "empty")]
    known += [str(tmp_path), "photo.jpg", "train", "test", "cats", "dogs", "train/", "empty/"]
    assert left_over(str(caught.value), known) == []


# ---------------------------------------------------------------------------- grading, and restoring


def kinds_of_damage():
    """Return every kind of damage to a notebook's file, with its name."""
    return {**damage.NOTEBOOK, **damage.FILE, **{k: v[0] for k, v in damage.REFUSED.items()}}


DAMAGED = Lab(
    damage.LAB,
    {damage.LAB: LabNotebook(nbformat.writes(damage.SOURCE), nbformat.writes(damage.RELEASE))},
)


@pytest.mark.parametrize("kind", kinds_of_damage())
def test_no_word_is_left_over_of_restoring(kind):
    """Whatever happened to a notebook, each repair, or why there is none, is told through gettext."""
    rng = random.Random(3)  # noqa: S311 - damage, not secrets
    files = kinds_of_damage()[kind](damage.submission(), rng)
    told = [line for lines in repairs_of(DAMAGED, files) for line in lines]
    known = [
        *files,
        *map(printable, files),
        damage.LAB,
        "lab",
        *(cell.get("id", "") for cell in damage.SOURCE.cells),
    ]
    known += [part for name in files for part in name.split("/")]
    assert [word for line in told for word in left_over(line, known)] == []


SOURCE = tiny_lab()
RELEASE = tiny_lab()
RELEASE.cells[2].source = "def zero_pad(X, pad):\n    raise NotImplementedError()"
TINY = Lab("tiny", {"tiny": LabNotebook(nbformat.writes(SOURCE), nbformat.writes(RELEASE))})
FAILING = {
    "stub": RELEASE.cells[2].source,
    "mistake": MINUS_PAD,
    "crash": "def zero_pad(X, pad):\n    return X[nothing]",
    "list": "def zero_pad(X, pad):\n    return X.tolist()",
    "objects": "def zero_pad(X, pad):\n    return np.array([None])",
    "undefined": "import not_there\n" + GOOD,
    "syntax": "def zero_pad(X, pad):\n    return (",
    "ends": GOOD + "\nimport os\nos._exit(1)",
    "asks": "name = input()\n" + GOOD,
    "installs": "!pip install numpy\n" + GOOD,
    "torch": "import torch\n" + GOOD,
    "prints": "print('x' * 10**7)\n" + GOOD,
    "draws": "from grader.data import draw\ndraw(0)\n" + GOOD,
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    """A warm runner whose notebooks speak the language that nobody speaks."""
    package = tmp_path_factory.mktemp("words") / "grader"
    compiled(package)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "PACKAGE", package)
        patch.setenv(words.LANGUAGE, "xx")
        with running.Runner() as runner:
            yield runner


@pytest.mark.slow
@pytest.mark.parametrize("how", FAILING)
def test_no_word_is_left_over_of_feedback(how, sandbox, monkeypatch):
    """However a notebook fails, what its student reads beside Python's own words is translated."""
    monkeypatch.setattr(grading, "warm_runner", lambda **_: sandbox)
    notebook = tiny_lab()
    notebook.cells[2].source = FAILING[how]
    notebook.cells[4].metadata = {}  # something to repair
    files = {"Copia de tiny.ipynb": nbformat.writes(notebook).encode()}
    graded = grade(TINY, Submission("ana", files, 11, 12))
    assert graded.status == GRADED
    cells = nbformat.reads(graded.notebooks["tiny"].text, as_version=4).cells
    told = [cell.source for cell in cells if cell.id in ("labkit-repairs", "labkit-versions")]
    python = []
    for output in (one for cell in cells if cell.cell_type == "code" for one in cell.outputs):
        if output.output_type == "error":
            python += [output.evalue, output.evalue.partition(" (")[0], output.ename]
        elif output.output_type == "display_data":
            told += [
                output.data["text/plain"],
                html.unescape(re.sub("<[^>]*>", " ", output.data["text/html"])),
            ]
    ours = answers_on("zero_pad", 11)
    cases = [
        case
        for group in catalogue_with("zero_pad").find("zero_pad").groups
        for case in ours.asked("zero_pad", group)
    ]
    known = {*course_words(catalogue_with("zero_pad").find("zero_pad")), *files, *python, *PYTHONS}
    known |= {case.note for case in cases}
    assert [word for one in told for word in left_over(one, known)] == []
    assert len(told) >= 4


PYTHONS = (
    *("Python", "NumPy", "PyTorch", "cpu", "tiny", "object", "ValueError", "ModuleNotFoundError"),
    *("No module named", "could not broadcast input array from shape", "into shape"),
    *("NameError: name", "is not defined"),
)
"""What Python says in messages, and names."""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["asks", "installs", "torch", "prints", "draws"])
def test_the_sandbox_speaks_the_language_of_who_grades(how, sandbox):
    """What a notebook is told while it runs in the sandbox comes from the same catalogue."""
    run = sandbox.run(running.Job(cells=(FAILING[how],)))
    (cell,) = run.cells
    texts = [one.get("text", "") + one.get("evalue", "") for one in cell.outputs]
    (said,) = re.findall("⟦.*⟧", "".join(texts).replace("\n", " "))
    assert left_over(said, ["torch", "pip", "KB"]) == []


@pytest.mark.slow
def test_a_notebook_is_not_told_the_language(sandbox):
    """The language isn't in the environment of what a student wrote."""
    source = f"import os\nprint({words.LANGUAGE!r} in os.environ)"
    (cell,) = sandbox.run(running.Job(cells=(source,))).cells
    assert cell.outputs[0]["text"] == "False\n"
