"""Which names of files are taken: one rule for what is handed in, collected, run and recorded.

It keeps what the disk, and functions that go down a path step by step, can do with room to spare.
"""

from __future__ import annotations

import os
from pathlib import PurePosixPath

MAX_FILES = 5_000
"""More files than this aren't one student's work for one lab."""

MAX_PART = 255
"""Bytes of the name of a file or a folder: no disk takes more."""

MAX_PATH = 1_000
"""Bytes of a whole name. Below Linux's 4096 and macOS's 1024, and a folder comes before it."""

MAX_DEPTH = 30
"""Folders within folders, the file itself counted."""


def is_fit(name: str) -> bool:
    """Tell whether a relative name can be a file's: it stays in its folder, and any disk takes it.

    >>> is_fit("data/cats.csv"), is_fit("../cats.csv"), is_fit("a/" * 1500 + "x")
    (True, False, False)
    """
    try:
        whole = os.fsencode(name)
    except UnicodeEncodeError:  # half a surrogate pair, which is no byte either
        return False
    if not whole or len(whole) > MAX_PATH or b"\0" in whole:
        return False
    path = PurePosixPath(name)
    return (
        bool(path.name)
        and not path.is_absolute()
        and ".." not in path.parts
        and len(path.parts) <= MAX_DEPTH
        and all(len(os.fsencode(part)) <= MAX_PART for part in path.parts)
    )
