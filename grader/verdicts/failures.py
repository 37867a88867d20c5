"""What an exception says to a student: what was raised, where, and what to do where that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.explanations import explain, first_sentence

if TYPE_CHECKING:
    from grader.observation import Failure
    from grader.verdicts.answers import Answers


def describe_ending(failure: Failure, answers: Answers) -> str:
    """Say what ended a block: the instructor's own lines, or a student's function called from them."""
    if failure.type_name == "NameError" and not failure.function:
        return (
            f"{failure.message}: ¿corriste la celda donde se define sin que diera error, y se llama "
            "exactamente así? (Kernel → Restart Kernel and Run All Cells lo aclara)"
        )
    if failure.type_name == "AssertionError" and not failure.message:
        return f"no se cumple `{failure.line}`" if failure.line else "no se cumple una condición"
    return describe_failure(failure, answers)


def reason_of(failure: Failure) -> str:
    """Return what two failures have in common that have one cause: the line, not what it was given."""
    return f"{failure.type_name} in {failure.function}: {failure.line}"


def describe_failure(failure: Failure, answers: Answers) -> str:
    """Say what a student's code raised and where, and what to do where that is known."""
    if failure.type_name == "NotImplementedError" and not failure.message:
        return _unfinished(failure, answers)
    if failure.type_name == "ObservationError":
        return failure.message
    said = first_sentence(failure.message)
    text = f"lanzó {failure.type_name}: {said}" if said else f"lanzó {failure.type_name}"
    if failure.line:
        text += f", en la línea `{failure.line}`"
        if calling := line_that_called(failure):
            text += f" de `{failure.function}`, a la que llamó tu línea `{calling}`"
    meaning = explain(failure.type_name, failure.message)
    return f"{text}. {meaning[0].upper()}{meaning[1:]}" if meaning else text


def line_that_called(failure: Failure) -> str:
    """Return the student's line that called the function that raised, if that is another one's."""
    return failure.trail[-2][1] if len(failure.trail) > 1 else ""


def _unfinished(failure: Failure, answers: Answers) -> str:
    """Tell a stub, or one that was called by something else, from a `raise` that was left behind."""
    helper = failure.function if len(failure.trail) > 1 else ""
    if failure.written:
        where = f" en `{failure.function}`" if failure.function else ""
        return (
            f"quedó `{failure.line}`{where}, junto a tu solución: borra el raise, que no deja "
            "llegar a lo que escribiste"
        )
    if helper and _is_exercise(helper, answers):
        return f"llama a `{helper}`, que todavía no está implementada"
    return "todavía no está implementada: escribe tu solución en su celda"


def _is_exercise(name: str, answers: Answers) -> bool:
    try:
        answers.find(name)
    except LookupError:
        return False
    return True
