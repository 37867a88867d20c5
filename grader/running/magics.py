"""What a kernel's magics and `!commands` do where there is no network and no frontend."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from grader.words import _, later

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_NO_NETWORK = later(
    "Aquí no hay red: mientras se califica no se instala ni se descarga nada, y {program} se deja de "
    "lado."
)
_FOR_A_FRONTEND = (
    *("autosave", "connect_info", "ed", "edit"),
    *("less", "more", "qtconsole", "subshell"),
)
_COMMAND = re.compile(
    r"""(?:^|[;&|(])\s*                                    # where a command begins
    (?:(?:\w+=\S*|sudo|env|time|nohup|exec)\s+(?:-\S+\s+)*)*
    ["']?(?:[^\s;&|"']*/)?(?:python[\d.]*["']?\s+(?:-\w\s+)*?-m\s+)?
    (pip[\d.]*|uv|conda|mamba|micromamba|apt|apt-get|wget|curl|git)(?![\w.-])""",
    re.VERBOSE,
)


def refusal(command: str) -> str:
    """Return what to answer in the place of a command that would wait for a network, or nothing.

    >>> refusal("python -m pip install numpy").partition(":")[0]
    'Aquí no hay red'
    >>> refusal("echo pip")
    ''
    """
    found = _COMMAND.search(command)
    return _(_NO_NETWORK).format(program=found[1]) if found else ""


def add_magics(shell: InteractiveShell) -> None:
    """Give a shell the magics that a kernel has, and that IPython by itself hasn't."""
    shell.extension_manager.load_extension("storemagic")  # type: ignore[union-attr]
    add: Any = shell.magics_manager.register_function
    for name in ("conda", "mamba", "micromamba"):
        add(partial(_no_network, name), "line", name)
    for name in _FOR_A_FRONTEND:
        add(_nothing, "line", name)


def _no_network(name: str, _line: str) -> None:
    print(_(_NO_NETWORK).format(program=name))  # noqa: T201 - the student's answer


def _nothing(_line: str) -> None:
    pass
