"""How lab 5's functions are called where a plain call doesn't show what they do."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.observation import ObservationError

if TYPE_CHECKING:
    from collections.abc import Callable

NOTHING = "nada"
"""What an update is to change of what it receives."""


def gradients_in_order(function: Callable[..., Any], *args: Any) -> Any:
    """Call `function` and put the gradients of the dictionary that came back in order."""
    gradients = function(*args)
    if isinstance(gradients, dict):
        return tuple(gradients[name] for name in ("dW1", "db1", "dW2", "db2"))
    return gradients


def look_back(function: Callable[..., Any], *args: Any) -> Any:
    """Call an update on copies; return its result, and which of the copies it changed.

    Without copies, whoever updates in place would lose every group and not that one alone.
    """
    copied = copy.deepcopy(args)
    result = function(*copied)
    pairs = zip(("parameters", "gradients"), args, copied)  # noqa: B905 - the rate is a number
    changed = [
        called
        for called, old, new in pairs
        if not all(np.array_equal(old[name], new[name]) for name in old)
    ]
    return result, ", ".join(changed) or NOTHING


def on_copies(function: Callable[..., Any], images: Any, Y: Any, *args: Any) -> Any:
    """Call `function` on copies: an update in place isn't this exercise's business.

    The images and their labels are nobody's to shuffle in place.
    """
    return function(images, Y, *copy.deepcopy(args))


def with_model(
    function: Callable[..., Any],
    images: Any,
    model: Any = None,
    folder: Any = None,
    photos: bool = False,  # noqa: FBT001, FBT002
) -> dict[str, Any]:
    """Return the labels that `function` gives, beside the parameters of the network behind it.

    A network that learned from the photographs in `folder` knows no drawings, and is told so by name.
    A folder that isn't there, so that it learned from drawings, is told beside the labels.
    """
    labels = function(images)
    if photos:
        told = (
            f"tu red aprendió de las fotos de «{folder}», y aquí se le muestran dibujos, que no "
            "conoce: pon DATA_FOLDER = None, corre todo de nuevo y entrega eso"
        )
        raise ObservationError(told)
    absent = {} if folder is None else {"absent": str(folder)}
    return {"labels": labels, "parameters": model, **absent}


def labels_alone(_: Any, observed: Any) -> Any:
    """Return the labels of what `with_model` observed."""
    return observed.get("labels") if isinstance(observed, dict) else observed
