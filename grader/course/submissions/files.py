"""What a student handed in: the notebooks that a lab asks for, whatever they are called now.

They may come renamed by a browser or a drive, in a folder, or zipped. Nothing here touches a disk,
and an archive can't make it: what it holds is read, never unpacked, and within limits.
"""

from __future__ import annotations

import io
import re
import stat
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from grader.course.submissions.reading import RestoreError, read_notebook
from grader.running.names import MAX_FILES, is_fit
from grader.words import _, and_more

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_SUBMISSION_BYTES = 512 * 2**20
"""More than this, all files together, isn't read: a person has to look at it."""

MAX_ZIPS = 3
"""A zip within a zip within a zip is opened; what is deeper isn't."""

MAX_TOLD = 5
"""Names of files that a message lists."""

_ZIP = b"PK\x03\x04"
_JUNK = ("__MACOSX", ".ipynb_checkpoints", "__pycache__", ".git")
_JUNK_FILES = (".ds_store", "thumbs.db", "desktop.ini")
_COPIES = ("venv", "env", "site-packages", "node_modules", "trash", "papelera", "lost+found")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)


class ArchiveError(ValueError):
    """An archive can't be read, or holds what no archive of a student should."""


@dataclass(frozen=True)
class HandedIn:
    """A submission sorted out.

    `notebooks` are keyed by the lab's names for them, `others` by their place beside the notebook.
    `repairs` says how a notebook was found, and `problems` why one that is there can't be taken.
    """

    notebooks: Mapping[str, bytes]
    others: Mapping[str, bytes]
    repairs: Mapping[str, tuple[str, ...]]
    problems: Mapping[str, str]


def job_files(others: Mapping[str, bytes], given: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return a student's files and the lab's as they are laid out beside a notebook that runs.

    The lab's win. A file whose name isn't fit, or where the lab has a folder, is left out, and what
    Python would import in the place of a module of the lab's: a package, or compiled code.

    >>> sorted(job_files({"data": b"", "mine.py": b""}, {"data/cats.csv": b""}))
    ['data/cats.csv', 'mine.py']
    >>> sorted(job_files({"fast/__init__.py": b"", "fast.abi3.so": b""}, {"fast.py": b""}))
    ['fast.py']
    """
    files = dict(given)
    modules = {name.removesuffix(".py") for name in given if name.endswith(".py")}
    folders = {str(parent) for name in files for parent in PurePosixPath(name).parents}
    for name, data in sorted(others.items()):
        path = PurePosixPath(name)
        if not is_fit(name):
            continue
        above = {str(parent) for parent in path.parents}
        compiled = str(path.parent / path.name.partition(".")[0]) if path.suffix == ".so" else ""
        if modules & {*above, compiled}:
            continue
        if str(path) not in files.keys() | folders and not above & files.keys():
            files[str(path)] = data
            folders |= above
    return files


def is_hidden(name: str) -> bool:
    """Tell whether a file lies where editors, trashes, syncs and environments keep copies.

    >>> is_hidden(".history/lab.ipynb"), is_hidden("venv/lib/lab.ipynb"), is_hidden("a/lab.ipynb")
    (True, True, False)
    """
    parts = PurePosixPath(name).parts
    kept = (part.startswith((".", "#", "@", "$")) or part.lower() in _COPIES for part in parts[:-1])
    return any(kept) or PurePosixPath(name).name.startswith(".")


def is_junk(name: str) -> bool:
    """Tell whether a file is what systems leave behind, and no student's work.

    >>> is_junk("__MACOSX/._lab.ipynb"), is_junk("lab.ipynb")
    (True, False)
    """
    *folders, last = PurePosixPath(name).parts or ("",)
    return (
        any(folder in _JUNK for folder in folders)
        or last.startswith("._")
        or last.lower() in _JUNK_FILES
    )


def is_notebook(name: str, data: bytes) -> bool:
    """Tell whether a file's name is a notebook's, also after a browser added an ending to it."""
    named = re.search(r"\.ipynb(\.json|\.txt)?$", name, re.IGNORECASE)
    return named is not None and not data.startswith(_ZIP)


def printable(name: str) -> str:
    """Return a file's name as it can be shown anywhere: no markup of HTML, Markdown or a console.

    >>> printable("lab [1] <b>.ipynb")
    'lab _1_ _b_.ipynb'
    """
    shown = "".join(c if c.isprintable() and c not in "[]<>`\\*&" else "_" for c in name)
    return shown if len(shown) <= 100 else f"{shown[:60]}…{shown[-30:]}"  # noqa: PLR2004


def member_name(info: zipfile.ZipInfo) -> str:
    """Return where a file of an archive lies, in the encoding it was written in.

    Raises `ArchiveError` for a link and for a name that leads out of the archive.
    """
    name = info.filename
    if not info.flag_bits & 0x800:  # the archive doesn't say that its names are UTF-8: many are
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = info.filename
    name = name.replace("\\", "/")
    path = PurePosixPath(name)
    if stat.S_ISLNK(info.external_attr >> 16):
        raise ArchiveError(_("{name} es un enlace y no se abre").format(name=printable(name)))
    if path.is_absolute() or {"..", ""} & {*path.parts, path.name} or re.match("[A-Za-z]:", name):
        sentence = _("{name} se sale del archivo zip y no se abre")
        raise ArchiveError(sentence.format(name=printable(name)))
    return path.as_posix()


def members_of(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return what an archive holds, without the folders; names may be empty."""
    return [info for info in archive.infolist() if not info.filename.endswith("/")]


def read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    """Read one file of an archive; raise `ArchiveError` if it is damaged or larger than `limit`."""
    try:
        with archive.open(info) as file:
            data = file.read(limit + 1)
    except _BROKEN as error:
        sentence = _("{name} está dañado y no se puede leer")
        if info.flag_bits & 0x1:
            sentence = _("{name} tiene contraseña y no se puede leer")
        raise ArchiveError(sentence.format(name=printable(info.filename))) from error
    if len(data) > limit:
        sentence = _("el zip trae más de {most:,} bytes y no se abre")
        raise ArchiveError(sentence.format(most=MAX_SUBMISSION_BYTES))
    return data


def unzip(data: bytes, limit: int = MAX_SUBMISSION_BYTES) -> dict[str, bytes]:
    """Return the files of an archive by their names; raise `ArchiveError` for a dangerous one.

    Files that lie too deep, or whose names are too long, are left where they are.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _BROKEN as error:
        raise ArchiveError(_("el zip está dañado y no se puede leer")) from error
    files: dict[str, bytes] = {}
    with archive:
        members = members_of(archive)
        if len(members) > MAX_FILES:
            sentence = _("el zip trae más de {most:,} archivos y no se abre")
            raise ArchiveError(sentence.format(most=MAX_FILES))
        for info in members:
            name = member_name(info)
            if is_fit(name) and not is_junk(name):
                files[name] = read_member(archive, info, limit)
                limit -= len(files[name])
    return files


def find_notebooks(files: Mapping[str, bytes], releases: Mapping[str, str]) -> HandedIn:
    """Find in a submission the notebooks of a lab, given by name with the text that was released.

    One with the very name is taken first; then one whose name holds it; then the only one there.
    Archives are opened where something is still missing, and only after that are hidden folders
    looked into: what lies there is mostly an old copy.

    >>> found = find_notebooks({"Copia de lab (1).ipynb": b"{}"}, {"lab": "{}"})
    >>> found.notebooks, found.repairs["lab"]
    ({'lab': b'{}'}, ('el archivo se llamaba Copia de lab (1).ipynb: se toma como lab.ipynb',))
    """
    there = {name: data for name, data in files.items() if not is_junk(name)}
    found = _sorted_out(there, releases)
    for _time in range(MAX_ZIPS):
        missing = releases.keys() - found.notebooks.keys() - found.problems.keys()
        archives = {n for n, data in there.items() if _is_archive(n, data) and not is_hidden(n)}
        if not missing or not archives:
            break
        try:
            there = _opened(there, archives)
        except ArchiveError as error:
            problems = {**found.problems, **dict.fromkeys(missing, str(error))}
            return HandedIn(found.notebooks, found.others, found.repairs, problems)
        found = _sorted_out(there, releases)
    if releases.keys() - found.notebooks.keys() - found.problems.keys():
        found = _sorted_out(there, releases, hidden=True)
    return found


def tidy(files: Mapping[str, bytes], releases: Mapping[str, str]) -> dict[str, bytes]:
    """Return a submission under the lab's own names, or as it is where that isn't clear."""
    found = find_notebooks(files, releases)
    if not found.notebooks or found.problems:
        return dict(files)
    return dict(found.others) | {f"{name}.ipynb": data for name, data in found.notebooks.items()}


def _is_archive(name: str, data: bytes) -> bool:
    return data.startswith(_ZIP) and name.lower().endswith((".zip", ".ipynb"))


def opened_archives(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files with what their archives hold in place of them; raise `ArchiveError`."""
    for _round in range(MAX_ZIPS):
        archives = {n for n, data in files.items() if _is_archive(n, data) and not is_hidden(n)}
        if not archives:
            break
        files = _opened(files, archives)
    return dict(files)


def _opened(files: Mapping[str, bytes], archives: set[str]) -> dict[str, bytes]:
    """Return the files with what archives hold in place of them, as if they were folders."""
    opened = {name: data for name, data in files.items() if name not in archives}
    limit = MAX_SUBMISSION_BYTES
    for archive in sorted(archives):
        for name, data in unzip(files[archive], limit).items():
            opened[f"{archive}/{name}"] = data
            limit -= len(data)
        if len(opened) > MAX_FILES:
            sentence = _("los zip traen más de {most:,} archivos y no se abren")
            raise ArchiveError(sentence.format(most=MAX_FILES))
    return opened


def _sorted_out(
    files: Mapping[str, bytes], releases: Mapping[str, str], *, hidden: bool = False
) -> HandedIn:
    """Match notebooks and names; `hidden` ones too, where there is no other."""
    named = {name for name, data in files.items() if is_notebook(name, data)}
    left = {name for name in named if hidden or not is_hidden(name)}
    left = {name for name in left if _has_cells(files[name])} or left
    chosen: dict[str, str] = {}
    repairs: dict[str, tuple[str, ...]] = {}
    problems: dict[str, str] = {}
    for wanted in sorted(releases, key=len, reverse=True):  # lab10 before lab1, which it holds
        groups = _likely(wanted, left)
        if len(releases) == 1:  # work under another name, beside the notebook as it was given
            groups.append(sorted(left - {name for group in groups for name in group}))
        names = [name for group in groups for name in group]
        worked_on = _worked_on(names, files, releases[wanted])
        best = next((kept for group in groups if (kept := worked_on & set(group))), None)
        if best is not None:
            chosen[wanted] = min(best)
            if len({files[name] for name in best}) > 1:
                shown = ", ".join(map(printable, sorted(best)[:MAX_TOLD]))
                sentence = _(
                    "hay más de un notebook que puede ser {wanted}.ipynb ({found}): deja solo uno"
                )
                problems[wanted] = sentence.format(wanted=wanted, found=shown)
            repairs[wanted] = _told(wanted, chosen[wanted], names)
        left -= set(names)
    notebooks = {name: files[path] for name, path in chosen.items() if name not in problems}
    folder = PurePosixPath(next(iter(chosen.values()), "")).parent
    others = {
        _beside(folder, name): data
        for name, data in files.items()
        if PurePosixPath(name).suffix.lower() != ".ipynb" and name not in chosen.values()
    }
    return HandedIn(notebooks, others, repairs, problems)


def _has_cells(data: bytes) -> bool:
    """Tell whether a file may be a notebook by what it holds, in any encoding, also if it was cut."""
    return bool(re.search(rb'"\0*c\0*e\0*l\0*l\0*s\0*"', data))


def _likely(wanted: str, names: set[str]) -> list[list[str]]:
    """Return groups of names that may be the wanted notebook, the likeliest group first."""
    last = {name: PurePosixPath(name).name for name in names}
    exact = {name for name in names if name == f"{wanted}.ipynb"}
    nested = {name for name in names if last[name] == f"{wanted}.ipynb"} - exact
    alike = {name for name in names if _key(wanted) in _key(last[name])} - nested - exact
    return [sorted(group) for group in (exact, nested, alike) if group]


def _key(name: str) -> str:
    """Return what stays of a name whatever a system does to it.

    >>> _key("Copia de LAB_ 01-Convolución (2).ipynb")
    'copiadelab01convolucion2ipynb'
    """
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in plain if c.isascii() and c.isalnum())


def _worked_on(names: list[str], files: Mapping[str, bytes], release: str) -> set[str]:
    """Leave out of several notebooks those that are still as they were given, unless all are."""
    if len(names) == 1:
        return set(names)
    untouched = _texts(release.encode())
    return {name for name in names if _texts(files[name]) != untouched} or set(names)


def _texts(data: bytes) -> list[str] | None:
    try:
        return [cell.source for cell in read_notebook(data, []).cells]
    except RestoreError:
        return None


def _told(wanted: str, name: str, names: list[str]) -> tuple[str, ...]:
    """Say how a notebook was found."""
    lines = []
    path = PurePosixPath(name)
    if path.name != f"{wanted}.ipynb":
        sentence = _("el archivo se llamaba {name}: se toma como {wanted}.ipynb")
        lines.append(sentence.format(name=printable(path.name), wanted=wanted))
    if path.name != name:
        sentence = _("el archivo venía dentro de {folder}")
        lines.append(sentence.format(folder=printable(str(path.parent))))
    others = [other for other in names if other != name]
    if others:
        shown = and_more(map(printable, others), MAX_TOLD)
        lines.append(_("había otras copias que no se califican: {names}").format(names=shown))
    return tuple(lines)


def _beside(folder: PurePosixPath, name: str) -> str:
    path = PurePosixPath(name)
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else name
