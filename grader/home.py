"""At home: the key beside the notebook, and a judge in the same process.

Nobody's mark depends on it. When a work is graded its session is another one, and stays.
"""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from grader.key import SUFFIX, Key, KeyFileError, find_key
from grader.session import PUBLIC_SEED, Session, current_session, use_session
from grader.verdicts import judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.observation import Observation
    from grader.session import Check, Verdict


def use_key(lab: str, edition: str = "") -> None:
    """Check a lab with its key, the file LAB.key beside the notebook.

    `edition` is filled in when the lab is released, and is that of the key it was released with.
    Raises `KeyFileError` if the key isn't there, is cut, or is of another edition.
    """
    if isinstance(current_session(), HomeSession):  # or this is being graded
        session = HomeSession.of(partial(find_key, lab, edition, Path.cwd()))
        session.find_key()
        use_session(session)


class HomeSession(Session):
    """A session that judges at once, with the key."""

    @classmethod
    def of(cls, find: Callable[[], Key]) -> HomeSession:
        """Make a session of how its key is found, which happens once."""
        once = cache(find)

        def judge_here(check: Check, observation: Observation) -> Verdict:
            needs_key = "name" in check.arguments
            return judge(check, observation, once() if needs_key else Key())

        return cls(PUBLIC_SEED, judge_here, once)


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


use_session(HomeSession.of(_only_key))
