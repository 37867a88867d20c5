"""Folders as files by relative name: read, written, replaced and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.course.folders import replace_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KEPT_OUT = (".ipynb_checkpoints", "__pycache__")


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return the files below `folder` by relative name, sorted, without what tools leave behind."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not set(KEPT_OUT) & set(path.parts)
    }


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files, by relative name, below `folder`: each is the old one or the new one, and whole."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data)


def replace_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make `folder` hold these files and no others; whatever ends it, none of them is missing."""
    gone = read_folder(folder).keys() - files.keys()
    in_the_way = {name for name in gone if any(new.startswith(f"{name}/") for new in files)}
    for name in in_the_way:
        (folder / name).unlink()
    write_folder(folder, files)
    for name in gone - in_the_way:
        (folder / name).unlink()


def differing(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> list[str]:
    """Name the files that two folders don't have alike.

    >>> differing({"a": b"1", "b": b"2"}, {"a": b"1", "c": b"3"})
    ['b', 'c']
    """
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
