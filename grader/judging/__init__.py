"""The judge's half: verdicts from what an instructor's cell asks and what was observed."""

from grader.judging.verdicts import judge

__all__ = ["judge"]
