"""The CNN lab kit: what a notebook imports. Torch is loaded by the first check that needs it."""

from grader.checks import (
    CheckFailed,
    check_accuracy,
    check_gradient,
    check_hash,
    check_same,
    check_scalar,
    check_str,
    check_torch,
)
from grader.exercises.base import PUBLIC_SEED
from grader.exercises.cases import UnknownNameError
from grader.hashes import array_hash, scalar_hash, string_hash
from grader.marks import marks, reset_marks, summary
from grader.observation import Observation
from grader.session import Check, Session, Verdict, use_session

__all__ = [
    "CheckFailed",
    "UnknownNameError",
    "array_hash",
    "check_accuracy",
    "check_gradient",
    "check_hash",
    "check_same",
    "check_scalar",
    "check_str",
    "check_torch",
    "marks",
    "reset_marks",
    "scalar_hash",
    "string_hash",
    "summary",
]


_NO_TORCH = (
    "falta PyTorch, con el que se compara tu respuesta: no es un error de tu código. Instálalo con "
    "`pip install torch`, reinicia el kernel y corre la celda otra vez"
)


def _judge_at_home(check: Check, observation: Observation) -> Verdict:
    from grader.judging import judge  # here, not above: the judge's half isn't in the sandbox

    try:
        return judge(check, observation, seed=PUBLIC_SEED)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "torch":
            raise
    return Verdict(passed=False, message=_NO_TORCH, reason="no torch")


use_session(Session(seed=PUBLIC_SEED, judge=_judge_at_home))
