"""The judge's half: verdicts from what an instructor's cell asks and what was observed."""

from grader.judging.answers import Answers
from grader.judging.cells import (
    BlockVerdict,
    CellError,
    answered_in,
    groups_asked,
    judge_cell,
    read_blocks,
    told_once,
)
from grader.judging.fallen import Fallen, fallen, why_silent
from grader.judging.policy import ALWAYS_FORBIDDEN, Code, Flag, forbidden_names
from grader.judging.second_look import Checked, Solution, second_looks, settle
from grader.verdicts import judge

__all__ = [
    "ALWAYS_FORBIDDEN",
    "Answers",
    "BlockVerdict",
    "CellError",
    "Checked",
    "Code",
    "Fallen",
    "Flag",
    "Solution",
    "answered_in",
    "fallen",
    "forbidden_names",
    "groups_asked",
    "judge",
    "judge_cell",
    "read_blocks",
    "second_looks",
    "settle",
    "told_once",
    "why_silent",
]
