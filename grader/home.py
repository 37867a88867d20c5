"""At home: the key beside the notebook, and a judge in the same process.

Nobody's mark depends on it. When a work is graded its session is another one, and stays.
"""

from __future__ import annotations

import sys
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from grader.key import SUFFIX, Key, KeyFileError, find_key, together
from grader.session import PUBLIC_SEED, Session, current_session, use_session
from grader.verdicts import judge
from grader.words import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.observation import Observation
    from grader.session import Check, Elsewhere, Verdict


def use_key(lab: str, edition: str = "") -> None:
    """Check a lab with its key, the file LAB.key beside the notebook.

    `edition` is filled in when the lab is released, and is that of the key it was released with.
    Raises `KeyFileError` if the key isn't there, is cut, or is of another edition.
    """
    if isinstance(current_session(), HomeSession):  # or this is being graded
        session = HomeSession.of(partial(find_key, lab, edition, _folder(lab)))
        session.find_key()
        use_session(session)


def _folder(lab: str) -> Path:
    """Return the notebook's folder, which isn't everywhere the one that its kernel was started in.

    VS Code may start it in the workspace's, and tells the notebook's path in a variable.
    """
    here = Path.cwd()
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    notebook = Path(str(getattr(shell, "user_ns", {}).get("__vsc_ipynb_file__", here / "here")))
    places = (here, notebook.parent, here / lab)
    return next((one for one in places if (one / f"{lab}{SUFFIX}").is_file()), here)


class HomeSession(Session):
    """A session that judges at once, with the key."""

    @classmethod
    def of(cls, find: Callable[[], Key]) -> HomeSession:
        """Make a session of how its key is found, which happens once."""
        once = cache(find)

        def judge_here(check: Check, seen: Observation, elsewhere: Elsewhere) -> Verdict:
            needs_key = "name" in check.arguments
            return judge(check, seen, once() if needs_key else Key(), elsewhere)

        return cls(PUBLIC_SEED, judge_here, once)


def _keys_at_hand() -> Key:
    """Return the keys of a notebook that names none: those beside it, or a whole course's."""
    here = Path.cwd()
    course = Path(__file__).parents[1] / "release"  # in a clone of the kit
    for found in (
        here.glob(f"*{SUFFIX}"),
        *(r.glob(f"*/*{SUFFIX}") for r in (here / "release", course)),
    ):
        keys = [find_key(path.stem, "", path.parent) for path in sorted(found)]
        if keys:
            return together(keys)
    sentence = _(
        "Para comprobar tus respuestas hace falta la clave del laboratorio, un archivo {suffix} en la "
        "misma carpeta que el notebook, y en {folder} no hay ninguna. La celda de las importaciones "
        'dice cuál es, con use_key("..."): córrela primero.'
    )
    raise KeyFileError(sentence.format(suffix=SUFFIX, folder=here))


use_session(HomeSession.of(_keys_at_hand))
