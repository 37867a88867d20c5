"""What the documentation tells people to type: the fences of a page, and the commands in them."""

import re

NEW = "07-convolution-1d"
"""The lab that stands where a page for authors says LAB."""

ELSEWHERE = (
    "pip ",  # a network
    "python -m venv",
    "jupyter ",  # they serve until they are ended
    "dask ",
    "labkit autograde 01-convolution --scheduler",  # tests/course/test_cluster.py does
    "make ",  # README's first two are run, and of each target is held that it is one
)
"""How commands begin that no test can run as they stand."""


def fences(page, language):
    """Return the lines of a page's fences that are marked with a language, in order."""
    blocks = re.findall(rf"(?ms)^ *```{language}\n(.*?)^ *```$", page.read_text(encoding="utf-8"))
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def commands(page):
    """Return a page's commands without comments, of a lab of one's own where they say LAB."""
    return [line.partition("  #")[0].strip().replace("LAB", NEW) for line in fences(page, "sh")]


def runnable(page):
    """Return those of a page's commands that a test can run."""
    return [line for line in commands(page) if not line.startswith(ELSEWHERE)]
