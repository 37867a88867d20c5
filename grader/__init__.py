"""The CNN lab kit: what a notebook imports. It needs NumPy, and no torch."""

import sys

from grader.consoles import speak_there

# `python -m grader` says what an installation lacks, which may be what these need.
if not (sys.argv[:1] == ["-m"] and "grader" in sys.orig_argv):
    from grader.checks import (
        CheckFailed,
        check_accuracy,
        check_gradient,
        check_hash,
        check_same,
        check_scalar,
        check_str,
        check_torch,
        last_failure,
    )
    from grader.hashes import array_hash, scalar_hash, string_hash
    from grader.home import use_key
    from grader.key import KeyFileError, UnknownNameError
    from grader.marks import marks, reset_marks, summary
    from grader.repair import find_line

speak_there()

__all__ = [
    "CheckFailed",
    "KeyFileError",
    "UnknownNameError",
    "array_hash",
    "check_accuracy",
    "check_gradient",
    "check_hash",
    "check_same",
    "check_scalar",
    "check_str",
    "check_torch",
    "find_line",
    "last_failure",
    "marks",
    "reset_marks",
    "scalar_hash",
    "string_hash",
    "summary",
    "use_key",
]
