"""The judge's half: verdicts from what an instructor's cell asks and what was observed."""

from grader.judging.cells import BlockVerdict, CellError, groups_asked, judge_cell, read_blocks
from grader.judging.policy import ALWAYS_FORBIDDEN, Flag, forbidden_names
from grader.verdicts import judge

__all__ = [
    "ALWAYS_FORBIDDEN",
    "BlockVerdict",
    "CellError",
    "Flag",
    "forbidden_names",
    "groups_asked",
    "judge",
    "judge_cell",
    "read_blocks",
]
