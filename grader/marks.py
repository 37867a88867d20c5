"""Marks: `with marks(5, "zero_pad/basic")` groups checks that earn marks together.

At home a block shows a green ✓ or a red ✗ as soon as it ends, and `summary` draws the total. The
tally is the student's own view: what counts is decided by the judge, from the instructor's copy of
the cell.
"""

from __future__ import annotations

import html
import os
import sys
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grader.consoles import HOSTED
from grader.observation import Observation, failure_of
from grader.session import Check, Elsewhere, Verdict, current_session, nowhere
from grader.versions import NUMPY, other_numpy, versions
from grader.words import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from types import TracebackType

    from grader.session import Panel

GREEN = "#238a45"
RED = "#d9403f"
GREY = "#808080"
TONE = 70  # percent
"""Of a colour in what is written in it; the rest is the page's own colour of text.

No colour has a contrast of 4.5 both on white and on a dark theme's black: the best has 4.34. So what
is written is darker on a light page and lighter on a dark one, whoever shows it.
"""


@dataclass
class Block:
    """One open marks block: its id, its points, and the verdicts of the checks made in it so far."""

    id: str
    points: float
    verdicts: list[Verdict | None] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)

    def record(
        self, check: Check, observation: Observation, elsewhere: Elsewhere = nowhere
    ) -> Verdict | None:
        """Ask the session's judge for a verdict on `observation` and keep it."""
        verdict = current_session().judge(check, observation, elsewhere)
        self.verdicts.append(verdict)
        self.kinds.append(check.kind)
        return verdict

    @property
    def judged(self) -> bool:
        """Whether verdicts came back, as they do at home and don't in the sandbox."""
        return None not in self.verdicts

    @property
    def passed(self) -> bool:
        """Whether every check of the block passed."""
        return all(verdict is not None and verdict.passed for verdict in self.verdicts)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why its checks failed, as their verdicts name it."""
        return tuple(v.reason for v in worth_telling(zip(self.kinds, self.verdicts, strict=True)))


SECONDARY = ("check_hash", "check_scalar", "marks")
"""Kinds that tell nothing after a failed check_torch; "marks" is what the cell itself raised."""


def worth_telling(verdicts: Iterable[tuple[str, Verdict | None]]) -> list[Verdict]:
    """Return the failed verdicts of a block, by kind of check, that tell a student something new.

    After a failed check_torch a hash tells nothing, nor what the cell raised, nor the same reason again.
    """
    told: list[Verdict] = []
    compared = False
    for kind, verdict in verdicts:
        if verdict is None or verdict.passed or (compared and kind in SECONDARY):
            continue
        compared = compared or kind == "check_torch"
        again = any(
            verdict.message in one.message or (verdict.reason and verdict.reason == one.reason)
            for one in told
        )
        if not again:
            told.append(verdict)
    return told


def same_as(block: str) -> str:
    """Say that a block fails for the same reason as another one, which a student has read of."""
    return _("Igual que en {block}.").format(block=block)


_open_blocks: list[Block] = []
_tally: dict[str, Block] = {}


def current_block() -> Block | None:
    """Return the marks block that is running, if any."""
    return _open_blocks[-1] if _open_blocks else None


def reset_marks() -> None:
    """Forget all marks earned so far."""
    _tally.clear()


class marks:  # noqa: N801 - a context manager, read as a word: `with marks(5, ...)`
    """Group checks that earn `points` together: all of them, or none.

    `id` reads "exercise/idea" and is the block's name in messages and in the summary; a block that
    runs twice counts once, as it was the last time. An exception ends the block, not the cell, so
    the blocks that follow still run. A block that fails writes to stderr, by which nbgrader knows that
    the cell failed, and, where it validates a notebook, why.

    >>> from grader import check_str
    >>> with marks(2, "demo/answer"):
    ...     _ = check_str("gato", "0x58fe718a")
    ✓ [2/2 puntos] demo/answer
    """

    def __init__(self, points: Any, id: Any) -> None:  # noqa: A002 - nbgrader's word for it
        if not isinstance(id, str) or not id:
            said = _('marks necesita un nombre, como marks(5, "zero_pad/basic"), y llegó {got}')
            raise TypeError(said.format(got=repr(id)))
        if isinstance(points, bool) or not isinstance(points, int | float) or points < 0:
            said = _("marks necesita una cantidad de puntos que no sea negativa y llegó {got}")
            raise TypeError(said.format(got=repr(points)))
        self.block = Block(id, points)

    def __enter__(self) -> Block:
        """Open the block: the checks that follow belong to it."""
        _open_blocks.append(self.block)
        return self.block

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        """Close the block, show how it went, and swallow whatever student's code raised."""
        block = _open_blocks.pop()
        if error is not None and not isinstance(error, Exception | SystemExit):
            return False
        cell = "" if traceback is None else traceback.tb_frame.f_code.co_name
        failure = None if error is None else failure_of(error, within=cell)
        observation = Observation(block.id, len(block.verdicts), "marks", failure=failure)
        block.record(Check("marks"), observation)
        if block.judged:
            _tally[block.id] = block
            _show_block(block)
        return True


def render_block(
    block: str,
    points: float,
    awarded: float,
    messages: Sequence[str],
    details: Sequence[str] = (),
    panels: Sequence[Panel] = (),
    *,
    passed: bool,
) -> tuple[str, str]:
    """Return how a block went as text and as HTML: ✓ or ✗, the marks, and what there is to say.

    `details` and `panels` are below that: indented in the text, and folded in the HTML.

    >>> render_block("zero_pad/basic", 4, 4, (), passed=True)[0]
    '✓ [4/4 puntos] zero_pad/basic'
    """
    sign, color = ("✓", GREEN) if passed else ("✗", RED)
    said = _("{sign} [{awarded}/{points} puntos] {block}")
    line = said.format(sign=sign, awarded=f"{awarded:g}", points=f"{points:g}", block=block)
    below = "".join(map(_paragraph, messages)) + _folded(details, panels)
    page = f'<div><b style="{_written_in(color)}">{html.escape(line)}</b>{below}</div>'
    return "\n".join([line, *messages, *unfolded(details, panels)]), page


def unfolded(details: Sequence[str], panels: Sequence[Panel]) -> list[str]:
    """Return what is below a message as text: details and what panels show, indented."""
    return [textwrap.indent(text, "    ") for text in (*details, *(p.text for p in panels))]


def _folded(details: Sequence[str], panels: Sequence[Panel]) -> str:
    if not details and not panels:
        return ""
    title = _("Ver el caso, y dónde") if panels else _("Ver el caso")
    # Some pages take away the triangle and the hand by which one knows that there is more.
    return (
        '<details style="margin:.3em 0 0 1.4em"><summary style="display:list-item;cursor:pointer">'
        f"{html.escape(title)}</summary>"
        f"{''.join(map(_paragraph, details))}{''.join(map(_figure, panels))}</details>"
    )


def _paragraph(text: str) -> str:
    style = "white-space:pre-wrap;overflow-wrap:anywhere;margin:.3em 0 0 1.4em"
    return f'<div style="{style}">{html.escape(text)}</div>'


def _figure(panel: Panel) -> str:
    return f'{_paragraph(panel.text)}<div style="margin:.5em 0 0 1.4em">{panel.svg}</div>'


def _written_in(color: str) -> str:
    """Return the style of what is written in a colour, also where colours can't be mixed."""
    return f"color:{color};color:color-mix(in srgb,{color} {TONE}%,currentColor)"


def show_panels(panels: Sequence[Panel]) -> bool:
    """Show pictures, and the same in words, where there is a notebook; tell whether there is."""
    if not panels or not _in_notebook():
        return False
    _show("\n".join(panel.text for panel in panels), "".join(map(_figure, panels)))
    return True


def _show_block(block: Block) -> None:
    told = worth_telling(zip(block.kinds, block.verdicts, strict=True))
    messages = [verdict.message for verdict in told]
    details = [line for verdict in told for line in verdict.details]
    panels = [panel for verdict in told for panel in verdict.panels]
    like = _first_like(block)
    if like:
        messages, details, panels = [same_as(like)], [], []
    passed = not messages
    awarded = block.points if passed else 0
    text, page = render_block(
        block.id, block.points, awarded, messages, details, panels, passed=passed
    )
    _show(text, page)
    if messages:
        first = text.partition("\n")[0]
        # Who runs the notebook unseen, as `nbgrader validate` does, tells the student this alone.
        unseen = _in_notebook() and not os.environ.keys() & _SEEN
        sys.stderr.write("\n    ".join([first, *messages] if unseen else [first]) + "\n")


_SEEN = {"JPY_SESSION_NAME", *HOSTED}
"""What a kernel's environment has where somebody looks at the notebook: Jupyter's server, and others."""


def _first_like(block: Block) -> str:
    """Name the exercise's first block that failed for the very same reasons, if not this one.

    Another exercise's may have run long ago, and what it called may be right by now.
    """
    if not block.reasons or not all(block.reasons):
        return ""
    exercise = block.id.partition("/")[0]
    alike = (
        id_
        for id_, one in _tally.items()
        if id_.partition("/")[0] == exercise and one.reasons == block.reasons
    )
    first = next(alike, block.id)
    return "" if first == block.id else first


@dataclass(frozen=True)
class _Shown:
    """Something that a notebook shows as HTML and anything else as text."""

    text: str
    html: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None


def _show(text: str, page: str) -> None:
    if _in_notebook():
        sys.modules["IPython"].display.display(_Shown(text, page))
    else:
        print(text)  # noqa: T201 - a student outside a notebook reads it on the terminal


BAR_WIDTH = 20


def summary(plan: Mapping[str, float]) -> None:
    """Show the marks earned so far: a line an exercise, a bar, and the total.

    `plan` says how many marks each exercise of the lab is worth; a block counts for the exercise
    that its id begins with. Raises `ValueError` when a block belongs to no exercise of the plan.

    >>> reset_marks()
    >>> with marks(0, "demo/nothing"):
    ...     pass
    ✓ [0/0 puntos] demo/nothing
    >>> summary({"demo": 4})
    demo   0 / 4  ░░░░░░░░░░░░░░░░░░░░
    Total  0 / 4  ░░░░░░░░░░░░░░░░░░░░
    Con Python ..., NumPy ..., PyTorch ...
    """
    earned = dict.fromkeys(plan, 0.0)
    for block in _tally.values():
        exercise = block.id.partition("/")[0]
        if exercise not in earned:
            said = _("el bloque {block} no es de ningún ejercicio del resumen (hay: {known})")
            raise ValueError(said.format(block=repr(block.id), known=", ".join(plan)))
        earned[exercise] += block.points if block.passed else 0
    rows = [(name, earned[name], plan[name]) for name in plan]
    rows.append((_("Total"), sum(earned.values()), sum(plan.values())))
    by = _("Con {versions}.").format(versions=versions())
    if other_numpy():
        other = _(
            "El curso se califica con NumPy {numpy}: con otra versión el resultado puede cambiar."
        )
        by += " " + other.format(numpy=NUMPY)
    _show(
        f"{_summary_text(rows)}\n{by}",
        f"{_summary_html(rows)}<small>{html.escape(by)}</small>",
    )


def _share(got: float, full: float) -> float:
    return min(got / full, 1.0) if full else 0.0


def _summary_text(rows: list[tuple[str, float, float]]) -> str:
    width = max(len(name) for name, _, _ in rows)
    digits = max(len(f"{full:g}") for _, _, full in rows)
    lines = []
    for name, got, full in rows:
        filled = round(BAR_WIDTH * _share(got, full))
        bar = "█" * filled + "░" * (BAR_WIDTH - filled)
        lines.append(f"{name:<{width}}  {got:>{digits}g} / {full:>{digits}g}  {bar}")
    return "\n".join(lines)


def _summary_html(rows: list[tuple[str, float, float]]) -> str:
    lines = []
    for number, (name, got, full) in enumerate(rows, 1):
        weight = "bold" if number == len(rows) else "normal"
        bar = (
            f'<div style="width:12em;max-width:25vw;height:.8em;border:1px solid {GREY};'
            f'border-radius:.4em;overflow:hidden"><div style="height:100%;background:{GREEN};'
            f'width:{100 * _share(got, full):.0f}%"></div></div>'
        )
        cells = [html.escape(name), f"{got:g} / {full:g}", bar]
        lines.append(
            f'<tr style="font-weight:{weight}">'
            + "".join(f'<td style="text-align:left">{cell}</td>' for cell in cells)
            + "</tr>"
        )
    titles = "".join(
        f"<th>{html.escape(title)}</th>" for title in (_("Ejercicio"), _("Puntos"), "")
    )
    head = f"<tr>{titles}</tr>"
    return f"<table>{head}{''.join(lines)}</table>"
