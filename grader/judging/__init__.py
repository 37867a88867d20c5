"""The judge's half: verdicts from what an instructor's cell asks and what was observed."""

from grader.judging.cells import BlockVerdict, CellError, judge_cell, read_blocks, sealed_cases
from grader.judging.policy import ALWAYS_FORBIDDEN, Code, Flag, forbidden_names
from grader.judging.verdicts import judge

__all__ = [
    "ALWAYS_FORBIDDEN",
    "BlockVerdict",
    "CellError",
    "Code",
    "Flag",
    "forbidden_names",
    "judge",
    "judge_cell",
    "read_blocks",
    "sealed_cases",
]
