"""`labkit release`: everything that must hold before students see a lab, then what they get.

    lint -> nbgrader makes the release, twice -> the solution gets every mark, the unfilled release
    none, each named mistake is caught -> release/LAB and dist/LAB.zip

Nothing is written for a lab that fails. The quick steps are always done; what has to run notebooks
is skipped for a lab that is as it was when it last passed.
"""

from __future__ import annotations

import ast
import copy
import hashlib
import json
import logging
import math
import os
import sys
import tempfile
import time
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbgrader.apps import NbGrader
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from rich.console import Console
from rich.table import Table
from traitlets import Bool, Float, Int

import grader
from grader.course.errors import CourseError
from grader.course.folders import read_exercises
from grader.course.grading import GRADED, Graded, digest, grade, submission
from grader.course.labs import Lab, LabNotebook, lab_options, read_notebook
from grader.course.patience import told
from grader.course.publishing.bundle import (
    ABOUT,
    BundleError,
    Marks,
    Wheel,
    build_wheel,
    bundle,
    installed_wheel,
)
from grader.course.publishing.disk import differing, read_folder, replace_folder, write_folder
from grader.course.publishing.lint import Finding, lint_notebook
from grader.course.publishing.lint.seen import COLUMNS
from grader.course.publishing.lint.weight import FILE_MB, MEGABYTE
from grader.course.publishing.pictures import changed_pictures, errors_of, with_figures
from grader.course.publishing.sync import sync_marks
from grader.course.publishing.tried import Tried, broken_exercises, try_exercise
from grader.course.submissions.originals import is_graded_code
from grader.course.workers import local_executor
from grader.judging import read_blocks
from grader.key import SUFFIX, edition_of, same_key
from grader.versions import numpy_warning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor, Future

    from traitlets.config import Config

    from grader.catalogue import Catalogue
    from grader.session import Check

SEEDED_BY = b"labkit release"
BUSY = 2.0
"""From how many waiting processes a core on a machine is told to be busy."""

CACHE = ".labkit-cache/release.json"
ALIKE = (
    "Mistakes that leave the same answer in a group, where a student reads what is true of both:"
)


@dataclass
class Row:
    """How one lab's release went: a line of the table, and the problems that it is refused for."""

    lab: str
    exercises: int = 0
    marks: Marks = field(default_factory=lambda: Marks(0, 0, {}))
    solution: float | None = None
    unfilled: float | None = None
    mistakes: int = 0
    caught: int = 0
    seconds: float = 0.0
    unchanged: bool = False
    load: float = 0.0
    problems: list[str] = field(default_factory=list)
    alike: list[str] = field(default_factory=list)


class LabRelease(NbGrader):
    """Check labs, make what students get of them, and bundle it; name labs, or none for all."""

    name = "labkit-release"
    description = __doc__
    check = Bool(
        default_value=False,
        help="Leave release/ as it is, and fail if it isn't what source/ makes: for CI.",
    ).tag(config=True)
    again = Bool(default_value=False, help="Run everything, also what has not changed.").tag(
        config=True
    )
    fix = Bool(
        default_value=False, help="First write marks everywhere from those of the blocks."
    ).tag(config=True)
    bundle_mb = Float(30.0, help="How large a lab's bundle may be.").tag(config=True)
    columns = Int(COLUMNS, help="How long a line of a lab's code may be.").tag(config=True)
    file_mb = Float(FILE_MB, help="How large a file or a picture of a lab may be.").tag(config=True)
    workers = Int(0, help="Worker processes; 0 is one a core.").tag(config=True)
    aliases = {**NbGrader.aliases, "workers": "LabRelease.workers"}  # noqa: RUF012 - traitlets' form
    flags = {  # noqa: RUF012 - the same
        **NbGrader.flags,
        "check": ({"LabRelease": {"check": True}}, "leave release/ alone; fail if it differs"),
        "again": ({"LabRelease": {"again": True}}, "run everything, also what has not changed"),
        "fix": ({"LabRelease": {"fix": True}}, "write marks everywhere from the blocks' own"),
    }

    def start(self) -> None:
        """Release the labs, print the table, and exit with 1 if something isn't right."""
        super().start()
        started = time.perf_counter()
        console = Console()
        if warning := numpy_warning():
            console.print(warning, style="yellow", markup=False)
        release = Release(self.coursedir, self.config, check=self.check, again=self.again)
        release.most = self.bundle_mb * MEGABYTE
        if self.fix:
            for path, cells in release.fix(self.extra_args):
                console.print(f"{path}: wrote the marks of {', '.join(cells)}", markup=False)
        rows = release.run(self.extra_args, self.workers or os.cpu_count() or 1)
        console.print(table(rows))
        problems = [f"{row.lab}: {problem}" for row in rows for problem in row.problems]
        for problem in problems:
            console.print(f"✗ {problem}", highlight=False, markup=False, soft_wrap=True)
        busy = max((row.load for row in rows if row.problems), default=0.0)
        if busy > BUSY:
            console.print(
                f"this machine is busy (a load of {busy:.1f} for each core): what says that it takes "
                "too long may be the machine's, not the lab's; run it again when it is idle",
                style="yellow",
                highlight=False,
                soft_wrap=True,
            )
        verdict = (
            f"{len(problems)} to mend, nothing written for those labs" if problems else "ready"
        )
        console.print(f"{verdict}, in {time.perf_counter() - started:.1f} s", highlight=False)
        if problems:
            sys.exit(1)


@dataclass
class _Draft:
    """A lab on its way: its row, what it is made of, and what was made of it."""

    row: Row
    source: dict[str, bytes]
    released: dict[str, bytes] = field(default_factory=dict)
    lab: Lab = field(default_factory=lambda: Lab("", {}))
    checks: dict[str, list[Check]] = field(default_factory=dict)
    key: str = ""
    figures: dict[str, str] = field(default_factory=dict)


class Release:
    """One run of the pipeline over a course.

    `config` is the course's configuration, as nbgrader's commands have it. With `check` release/ is
    left as it is, and must be what source/ makes, byte for byte. `again` forgets what passed before.
    """

    def __init__(
        self, course: CourseDirectory, config: Config, *, check: bool = False, again: bool = False
    ) -> None:
        self.course = course
        self.config = config
        self.check = check
        self.again = again
        self.root = Path(course.root)
        self.cache_file = self.root / CACHE
        self.passed: dict[str, Any] = {} if again else _read_json(self.cache_file)
        self.exercises = read_exercises(course)
        self.most = math.inf

    def run(self, labs: Sequence[str], workers: int) -> list[Row]:
        """Release `labs`, or all there are; return a row for each."""
        drafts = [self._draft(name) for name in labs or self._all_labs()]
        self._run_notebooks([draft for draft in drafts if not draft.row.problems], workers)
        good = [draft for draft in drafts if not draft.row.problems]
        wheel = self._wheel(good)
        for draft in good:
            if wheel is not None:
                self._finish(draft, wheel)
        return [draft.row for draft in drafts]

    def fix(self, labs: Sequence[str]) -> Iterator[tuple[Path, list[str]]]:
        """Write the marks of labs everywhere from those of their blocks; tell which cells changed."""
        for name in labs or self._all_labs():
            for path in sorted(self._folder(self.course.source_directory, name).glob("*.ipynb")):
                notebook = read_notebook(path.read_text(encoding="utf-8"))
                cells = sync_marks(notebook)
                if cells:
                    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
                    yield path.relative_to(self.root), cells

    def _all_labs(self) -> list[str]:
        folder = self._folder(self.course.source_directory, ".")
        labs = sorted(path.parent.name for path in folder.glob("*/*.ipynb"))
        if not labs:
            raise CourseError(f"{folder} holds no labs: `labkit new 01-name` makes one")
        return list(dict.fromkeys(labs))

    def _folder(self, step: str, lab: str) -> Path:
        return Path(self.course.format_path(step, ".", lab))

    def _draft(self, name: str) -> _Draft:
        """Do what runs no notebook: read, lint, and have nbgrader make the release, twice."""
        started = time.perf_counter()
        folder = self._folder(self.course.source_directory, name)
        source = read_folder(folder)
        if not any(file.endswith(".ipynb") for file in source):
            raise CourseError(f"there is no lab {name!r}: expected a notebook in {folder}")
        draft = _Draft(Row(name), source)
        lab = _unreleased(name, source, self.exercises)
        found = list(broken_exercises(lab))
        if not found:
            found += map(str, lint_files(source, self.config, lab.catalogue, name))
        draft.row.problems += found
        if not found:
            self._make(draft)
        draft.row.seconds = time.perf_counter() - started
        return draft

    def _make(self, draft: _Draft) -> None:
        row = draft.row
        try:
            with tempfile.TemporaryDirectory(prefix="labkit-release-") as scratch:
                elsewhere = Path(scratch, "elsewhere")
                write_folder(elsewhere / row.lab, draft.source)
                draft.released = self._generate(row.lab, Path(scratch, "one"))
                again = self._generate(row.lab, Path(scratch, "two"), source=elsewhere)
        except NbGraderException as error:
            row.problems.append(f"nbgrader refuses to make the release: {error}")
            return
        if draft.released != again:
            names = ", ".join(differing(draft.released, again))
            row.problems.append(f"made twice, the release isn't the same ({names})")
        self._keep_key(draft)
        texts = {
            name.removesuffix(".ipynb"): LabNotebook(data.decode(), draft.released[name].decode())
            for name, data in draft.source.items()
            if name.endswith(".ipynb") and "/" not in name
        }
        draft.lab = Lab(row.lab, texts, _others(draft.source), self.exercises)
        row.marks, draft.checks = _plan(draft.lab)
        row.exercises = len(row.marks.exercises)
        if self.check:
            row.problems += self._stale(draft)

    def _keep_key(self, draft: _Draft) -> None:
        """Leave students the key that they have where a new one would say the same.

        Another machine rounds in the last bits and packs in its own way, which changes nothing.
        """
        name = f"{draft.row.lab}{SUFFIX}"
        kept = self._folder(self.course.release_directory, draft.row.lab) / name
        made = draft.released.get(name)
        if made is None or not kept.is_file() or not same_key(made, kept.read_bytes()):
            return
        old, new = (edition_of(key).encode() for key in (kept.read_bytes(), made))
        for file, data in draft.released.items():
            if file.endswith(".ipynb"):
                draft.released[file] = data.replace(new, old)
        draft.released[name] = kept.read_bytes()

    def _generate(self, lab: str, to: Path, source: Path | None = None) -> dict[str, bytes]:
        """Have nbgrader make the release of `lab` in the folder `to`, and return its files.

        It runs without a gradebook: what students get must not depend on what a gradebook holds.
        """
        config = copy.deepcopy(self.config)
        config.SaveCells.enabled = False
        config.GenerateAssignment.no_database = True
        config.CourseDirectory.root = str(self.root)
        config.CourseDirectory.release_directory = str(to)
        config.CourseDirectory.assignment_id = lab
        if source is not None:
            config.CourseDirectory.source_directory = str(source)
        said = _Listener()
        converter = GenerateAssignment(
            coursedir=CourseDirectory(config=config), config=config, log=said.log
        )
        try:
            converter.start()
        except NbGraderException as error:
            raise NbGraderException("; ".join(said.lines) or str(error)) from error
        return read_folder(to / lab)

    def _stale(self, draft: _Draft) -> Iterator[str]:
        folder = self._folder(self.course.release_directory, draft.row.lab)
        names = differing(read_folder(folder), draft.released)
        if names:
            yield (
                f"release/{draft.row.lab} isn't what source/ makes ({', '.join(names)}): run "
                "`labkit release` and commit it"
            )

    def _run_notebooks(self, drafts: Sequence[_Draft], workers: int) -> None:
        """Run the solution, the unfilled release and the mistakes of each lab that has changed."""
        waiting = []
        for draft in drafts:
            topics = {draft.lab.catalogue.find(name).topic for name in draft.checks}
            depends = {f"exercises/{n}": t.encode() for n, t in self._sources_of(topics)}
            parts = {**draft.source, **depends, "": _engine_digest().encode()}
            draft.key = digest(parts)
            remembered = self.passed.get("labs", {}).get(draft.row.lab, {})
            if remembered.get("key") == draft.key:
                row = draft.row
                row.solution, row.unfilled = row.marks.automatic, 0.0
                row.mistakes = row.caught = remembered["mistakes"]
                row.unchanged = True
            else:
                waiting.append(draft)
        if waiting:
            executor = local_executor(workers)
            try:
                self._gather(executor, waiting)
            finally:
                executor.shutdown(wait=False, cancel_futures=True)

    def _sources_of(self, topics: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield the modules of these topics, and those that they import."""
        waiting = [f"{topic}{end}" for topic in sorted(topics) for end in (".py", "/__init__.py")]
        seen = set()
        while waiting:
            name = waiting.pop()
            if name in seen or name not in self.exercises:
                continue
            seen.add(name)
            yield name, self.exercises[name]
            inside = name.rpartition("/")[0]
            for node in ast.walk(ast.parse(self.exercises[name])):
                if isinstance(node, ast.ImportFrom) and node.level:
                    place = inside if node.level == 1 and inside else ""
                    path = "/".join(filter(None, [place, *(node.module or "").split(".")]))
                    names = [f"{path}/{alias.name}".lstrip("/") for alias in node.names]
                    waiting += [f"{one}.py" for one in (path, *names)]
                    waiting += [f"{one}/__init__.py" for one in (path, *names)]

    def _gather(self, executor: Executor, drafts: Sequence[_Draft]) -> None:
        tasks: dict[Future[Any], tuple[_Draft, Callable[[_Draft, Any], None]]] = {}
        for draft in drafts:
            # Marks come of grading as a student's submission is graded; with more time, and with
            # the cells that only show something, it is seen whether anything raises.
            whole = with_figures(draft.lab)
            answers: tuple[tuple[Lab, str, Callable[[_Draft, Any], None]], ...] = (
                (draft.lab, "source", self._take_solution),
                (whole, "source", self._take_figures),
                (whole, "source", self._take_figures),  # twice: a figure is the same each time
                (whole, "release", self._take_unfilled),
            )
            for lab, step, take in answers:
                files = {
                    f"{name}.ipynb": getattr(texts, step).encode()
                    for name, texts in draft.lab.notebooks.items()
                }
                one = submission(SEEDED_BY, draft.row.lab, step, files)
                tasks[executor.submit(grade, lab, one)] = (draft, take)
            for name, checks in draft.checks.items():
                future = executor.submit(try_exercise, draft.lab, name, checks)
                tasks[future] = (draft, self._take_trials)
        with told("running notebooks and mistakes") as say:
            for number, future in enumerate(as_completed(tasks), 1):
                draft, take = tasks[future]
                draft.row.load = max(draft.row.load, _load())
                try:
                    take(draft, future.result())
                except BrokenProcessPool:
                    draft.row.problems.append("a worker died with it: is there memory enough?")
                say(f"{number} of {len(tasks)}")

    def _take_solution(self, draft: _Draft, graded: Graded) -> None:
        row = draft.row
        row.solution = graded.score
        row.seconds += graded.seconds
        row.problems += (f"the solution {said}" for said in _amiss(graded))
        for one in graded.notebooks.values():
            for cell, blocks in one.blocks.items():
                row.problems += (
                    f"the solution loses {block.id} ({cell}): {' '.join(block.messages)}"
                    for block in blocks
                    if block.awarded != block.points
                )
            row.problems += (f"the solution is flagged: {flag.what}" for flag in one.flags)
            row.problems += (f"the solution had to be repaired: {line}" for line in one.repairs)

    def _take_figures(self, draft: _Draft, graded: Graded) -> None:
        row = draft.row
        row.seconds += graded.seconds
        texts = {name: one.text for name, one in graded.notebooks.items()}
        errors = [error for text in texts.values() for error in errors_of(text)]
        row.problems += dict.fromkeys(
            said
            for cell, error in errors
            if (said := f"{cell}: with the solution filled in it raises {error}")
            not in row.problems
        )
        for name, before in draft.figures.items():
            if not errors and name in texts:
                row.problems += (
                    f"{cell}: its picture changes from run to run: seed what it draws, such as "
                    "np.random.default_rng(2023), and let it show no time"
                    for cell in changed_pictures(before, texts[name])
                )
        draft.figures = texts

    def _take_unfilled(self, draft: _Draft, graded: Graded) -> None:
        row = draft.row
        row.unfilled = graded.score
        row.seconds += graded.seconds
        row.problems += (f"the unfilled release {said}" for said in _amiss(graded))
        for one in graded.notebooks.values():
            row.problems += (
                f"the unfilled release gets {block.awarded:g} marks in {block.id} ({cell}): nobody "
                "has to write anything to earn them"
                for cell, blocks in one.blocks.items()
                for block in blocks
                if block.awarded
            )
            row.problems += (f"the unfilled release: {f.what}" for f in one.flags if not f.cell)
            row.problems += (
                f"{cell}: in the unfilled release it doesn't end"
                for cell, error in errors_of(one.text)
                if error.startswith("KeyboardInterrupt")
            )

    def _take_trials(self, draft: _Draft, tried: Tried) -> None:
        trials = tried.trials
        draft.row.seconds += tried.seconds
        draft.row.mistakes += len(trials)
        draft.row.caught += sum(not trial.problem for trial in trials)
        draft.row.problems += tried.problems
        draft.row.alike += tried.alike
        draft.row.problems += (
            f"the mistake {trial.mistake} of {trial.exercise} {trial.problem}"
            for trial in trials
            if trial.problem
        )

    def _wheel(self, drafts: Sequence[_Draft]) -> Wheel | None:
        """Build the kit's wheel, and hold it to what it was when its sources were the same."""
        if not drafts:
            return None
        kit = Path(grader.__file__).parents[1]
        make = partial(build_wheel, kit) if (kit / "pyproject.toml").is_file() else installed_wheel
        try:
            wheel = make()
            sha = hashlib.sha256(wheel.data).hexdigest()
            about = {n: (kit / n).read_bytes() for n in ABOUT if (kit / n).is_file()}
            sources = digest({**read_folder(kit / "grader"), **about})
            before = self.passed.get("wheel", {})
            known = before.get("sha") if before.get("sources") == sources else None
            if (known or hashlib.sha256(make().data).hexdigest()) != sha:
                raise BundleError("made twice, the kit's wheel isn't the same")  # noqa: TRY301
        except BundleError as error:
            for draft in drafts:
                draft.row.problems.append(str(error))
            return None
        self.passed["wheel"] = {"sources": sources, "sha": sha}
        return wheel

    def _finish(self, draft: _Draft, wheel: Wheel) -> None:
        """Bundle a lab that passed, write it and its release, and remember that it passed."""
        row = draft.row
        lock = self.root / "requirements.lock"
        pins = lock.read_text(encoding="utf-8") if lock.is_file() else ""
        torch = any(
            lab_options(read_notebook(texts.source)).get("torch")
            for texts in draft.lab.notebooks.values()
        )
        make = partial(bundle, row.lab, draft.released, row.marks, wheel, pins, torch=bool(torch))
        one = make()
        if one != make():
            row.problems.append("made twice, the bundle isn't the same")
            return
        if len(one) > self.most:
            row.problems.append(
                f"its bundle weighs {len(one) / MEGABYTE:.1f} MB and the course allows "
                f"{self.most / MEGABYTE:g}: make its files smaller, or set c.LabRelease.bundle_mb"
            )
            return
        if not self.check:
            replace_folder(self._folder(self.course.release_directory, row.lab), draft.released)
        alike = "".join(f"{line}\n" for line in [ALIKE, *sorted(row.alike)]).encode()
        texts = {} if row.unchanged else {f"{row.lab}-alike.txt": alike}
        write_folder(self.root / "dist", {f"{row.lab}.zip": one, **texts})
        self.passed.setdefault("labs", {})[row.lab] = {"key": draft.key, "mistakes": row.mistakes}
        write_folder(self.cache_file.parent, {self.cache_file.name: _to_json(self.passed)})


def lint_files(
    files: Mapping[str, bytes], config: Config, catalogue: Catalogue | None = None, lab: str = ""
) -> list[Finding]:
    """Lint the notebooks among a lab's source files."""
    others = _others(files)
    return [
        finding
        for name, data in files.items()
        if name.endswith(".ipynb")
        for finding in lint_notebook(
            name, data.decode("utf-8", "replace"), others, config, catalogue, lab
        )
    ]


def _others(source: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in source.items() if not name.endswith(".ipynb")}


def _unreleased(name: str, source: Mapping[str, bytes], exercises: Mapping[str, str]) -> Lab:
    """Return a lab whose release isn't made yet."""
    texts = {
        file.removesuffix(".ipynb"): data.decode("utf-8", "replace")
        for file, data in source.items()
        if file.endswith(".ipynb") and "/" not in file
    }
    notebooks = {one: LabNotebook(text, text) for one, text in texts.items()}
    return Lab(name, notebooks, _others(source), exercises)


def _plan(lab: Lab) -> tuple[Marks, dict[str, list[Check]]]:
    """Return what a lab is worth, and the checks with fresh cases that it makes of each exercise."""
    exercises: dict[str, float] = {}
    checks: dict[str, list[Check]] = {}
    manual = 0.0
    for texts in lab.notebooks.values():
        for cell in read_notebook(texts.source).cells:
            about = cell.metadata.get("nbgrader", {})
            if not is_graded_code(cell):
                manual += float(about.get("points", 0)) if about.get("grade") else 0
                continue
            for block in read_blocks(cell.source):
                name = block.id.partition("/")[0]
                exercises[name] = exercises.get(name, 0) + block.points
                for check in block.checks:
                    if "group" in check.arguments and block.points:
                        checks.setdefault(check.arguments["name"], []).append(check)
    return Marks(sum(exercises.values()), manual, exercises), checks


def _amiss(graded: Graded) -> Iterator[str]:
    if graded.status != GRADED:
        yield f"can't be graded: {graded.reason}"


class _Listener(logging.Handler):
    """Keeps what nbgrader says while it works, to be told if it fails."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []
        self.log = logging.Logger("nbgrader")  # noqa: LOG001 - heard by nobody else
        self.log.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the last line of a message: of a traceback it is the one that says why."""
        self.lines.append(record.getMessage().strip().splitlines()[-1])


def _load() -> float:
    """Return how many processes want each core of this machine, as far as it tells."""
    try:
        return os.getloadavg()[0] / (os.cpu_count() or 1)
    except (AttributeError, OSError):  # Windows has none
        return 0.0


@cache
def _engine_digest() -> str:
    """Return a digest of the engine, which every lab depends on."""
    files = read_folder(Path(grader.__file__).parent)
    return digest(
        {n: d for n, d in files.items() if not n.startswith("course/publishing/templates")}
    )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _to_json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()


def table(rows: Iterable[Row]) -> Table:
    """Lay out the run: a line a lab, red where something isn't as it must be."""
    laid = Table(box=None, padding=(0, 1, 0, 0), header_style="bold underline")
    laid.add_column("lab", no_wrap=True)
    for column in ("exercises", "marks", "solution", "unfilled", "mistakes", "seconds"):
        laid.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        marks = row.marks
        by_hand = f" + {marks.manual:g}" if marks.manual else ""
        laid.add_row(
            f"[red]✗[/] {row.lab}" if row.problems else f"[green]✓[/] {row.lab}",
            str(row.exercises),
            f"{marks.automatic:g}{by_hand}",
            _shown(row.solution, marks.automatic),
            _shown(row.unfilled, 0),
            f"{row.caught}/{row.mistakes}",
            "unchanged" if row.unchanged else f"{row.seconds:.1f}",
        )
    return laid


def _shown(got: float | None, wanted: float) -> str:
    if got is None:
        return "–"
    return f"{got:g}" if got == wanted else f"[red]{got:g}[/]"


__all__ = ["LabRelease", "Release", "Row", "table"]
