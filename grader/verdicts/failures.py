"""What an exception says to a student: what was raised, where, and what to do where that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.explanations import explain, first_sentence
from grader.words import _

if TYPE_CHECKING:
    from grader.observation import Failure
    from grader.verdicts.answers import Answers


def describe_ending(failure: Failure, answers: Answers) -> str:
    """Say what ended a block: the instructor's own lines, or a student's function called from them."""
    if failure.type_name == "NameError" and not failure.function:
        sentence = _(
            "{message}: ¿corriste la celda donde se define sin que diera error, y se llama "
            "exactamente así? (Kernel → Restart Kernel and Run All Cells lo aclara)"
        )
        return sentence.format(message=failure.message)
    if failure.type_name == "AssertionError" and not failure.message:
        if failure.line:
            return _("no se cumple `{line}`").format(line=failure.line)
        return _("no se cumple una condición")
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
    text = _raised(failure)
    meaning = explain(failure.type_name, failure.message)
    return f"{text}. {meaning[0].upper()}{meaning[1:]}" if meaning else text


def _raised(failure: Failure) -> str:
    """Say what was raised and, as far as it is known, in which line."""
    said = first_sentence(failure.message)
    error = f"{failure.type_name}: {said}" if said else failure.type_name
    calling = line_that_called(failure)
    if not failure.line:
        return _("lanzó {error}").format(error=error)
    if not calling:
        return _("lanzó {error}, en la línea `{line}`").format(error=error, line=failure.line)
    sentence = _(
        "lanzó {error}, en la línea `{line}` de `{function}`, a la que llamó tu línea `{calling}`"
    )
    return sentence.format(
        error=error, line=failure.line, function=failure.function, calling=calling
    )


def line_that_called(failure: Failure) -> str:
    """Return the student's line that called the function that raised, if that is another one's."""
    return failure.trail[-2][1] if len(failure.trail) > 1 else ""


def _unfinished(failure: Failure, answers: Answers) -> str:
    """Tell a stub, or one that was called by something else, from a `raise` that was left behind."""
    helper = failure.function if len(failure.trail) > 1 else ""
    if failure.written:
        if not failure.function:
            sentence = _(
                "quedó `{line}`, junto a tu solución: borra el raise, que no deja llegar a lo que "
                "escribiste"
            )
            return sentence.format(line=failure.line)
        sentence = _(
            "quedó `{line}` en `{function}`, junto a tu solución: borra el raise, que no deja llegar "
            "a lo que escribiste"
        )
        return sentence.format(line=failure.line, function=failure.function)
    if helper and _is_exercise(helper, answers):
        return _("llama a `{helper}`, que todavía no está implementada").format(helper=helper)
    return _("todavía no está implementada: escribe tu solución en su celda")


def _is_exercise(name: str, answers: Answers) -> bool:
    try:
        answers.find(name)
    except LookupError:
        return False
    return True
