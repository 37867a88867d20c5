"""At home: the key beside the notebook, and a judge in the same process.

Nobody's mark depends on it. When a work is graded its session is another one, and stays.
"""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from grader.key import SUFFIX, Key, KeyFileError, find_key
from grader.session import PUBLIC_SEED, Session, has_session, use_session

if TYPE_CHECKING:
    from grader.observation import Observation
    from grader.session import Check, Verdict


def use_key(lab: str, edition: str = "") -> None:
    """Check a lab with its key, the file LAB.key beside the notebook.

    `edition` is filled in when the lab is released, and is that of the key it was released with.
    Raises `KeyFileError` if the key isn't there, is cut, or is of another edition.
    """
    if not has_session():  # or this is graded
        use_session(_session(partial(find_key, lab, edition, Path.cwd())))


def _only_key() -> Key:
    """Return the key of a notebook that names none: the only one beside it."""
    found = sorted(Path.cwd().glob(f"*{SUFFIX}"))
    if len(found) == 1:
        return find_key(found[0].stem, "", found[0].parent)
    there = f"hay varias ({', '.join(path.name for path in found)})" if found else "no hay ninguna"
    raise KeyFileError(
        f"Para comprobar tus respuestas hace falta la clave del laboratorio, un archivo {SUFFIX} en la "
        f"misma carpeta que el notebook, y en {Path.cwd()} {there}. La celda de las importaciones dice "
        'cuál es, con use_key("..."): córrela primero.'
    )


def _session(find: Callable[[], Key]) -> Session:
    once = cache(find)
    return Session(PUBLIC_SEED, lambda check, seen: judge(check, seen, once), once)


use_session(_session(_only_key))
