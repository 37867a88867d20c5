"""The page that a student gets back: one file that fetches nothing, runs nothing, and can be printed.

What is on it is on a list: the gradebook's marks and comments, the judge's verdicts, the lab's own
titles, and what the student wrote in the lab's own places, as text. Nothing else of a notebook is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from grader.course.feedback.marks import Comments, Mark
from grader.course.feedback.outline import CODE, TEST
from grader.course.feedback.verdicts import verdicts_of
from grader.course.pages import shown
from grader.course.submissions.originals import grade_id
from grader.words import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import timedelta

    from grader.course.feedback.marks import Standing
    from grader.course.feedback.outline import Item, Outline, Section
    from grader.course.feedback.verdicts import Verdict

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""What a browser is told: to fetch nothing and to run nothing, whatever is on the page."""

_PICTURES = 40_000
"""Bytes of pictures on a page; where there are more, the words below each fold tell the rest."""

_CODE = 20_000
"""Letters of a cell of code that are shown."""

_TICKED = re.compile(r"`([^`\n]+)`")
_ATTRIBUTES = r'((?: [a-z]+="[^"]*")*)'
_HEADING = re.compile(rf"<(/?)h[1-6]{_ATTRIBUTES}>")
_LINK = re.compile(rf"<a{_ATTRIBUTES}>")


@dataclass(frozen=True)
class Cell:
    """A cell of a graded notebook: what the student wrote in it, and what the judge said there."""

    source: str = ""
    attachments: Mapping[str, Any] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()


@dataclass(frozen=True)
class Handed:
    """What is told of a graded notebook: its named cells, and what was said of it as a whole."""

    cells: Mapping[str, Cell]
    repairs: str = ""
    graded_by: str = ""
    find: Callable[[str], str] = lambda _name: ""


@dataclass
class _Told:
    """What the page has said so far of tests that passed, and how many bytes pictures may still have."""

    messages: set[str] = field(default_factory=set)
    room: int = _PICTURES

    def fresh(self, verdict: Verdict) -> list[str]:
        """Return of a block's messages those that need telling; of one that failed, all of them."""
        new = [m for m in verdict.messages if not verdict.passed or m not in self.messages]
        self.messages.update(verdict.messages)
        return new

    def pictures(self, verdict: Verdict) -> list[str]:
        """Return of a block's pictures those that there is room for."""
        shown = []
        for svg in verdict.pictures:
            if len(svg) <= self.room:
                self.room -= len(svg)
                shown.append(svg)
        return shown


def read_handed(
    notebook: Mapping[str, Any], find: Callable[[str], str] = lambda _name: ""
) -> Handed:
    """Pick out of a graded notebook what is told of; `find` gives pictures that lie beside it."""
    cells: dict[str, Cell] = {}
    told = {"labkit-repairs": "", "labkit-versions": ""}
    for cell in notebook["cells"]:
        source = "".join(cell.get("source", ""))
        if name := grade_id(cell):
            attached = cell.get("attachments")
            attachments = attached if isinstance(attached, dict) else {}
            cells[name] = Cell(source, attachments, tuple(verdicts_of(cell)))
        elif cell.get("id") in told and cell.get("cell_type") == "markdown":
            told[cell["id"]] = source
    return Handed(cells, told["labkit-repairs"], told["labkit-versions"], find)


def feedback_page(outline: Outline, standing: Standing, handed: Handed) -> str:
    """Return the page of one notebook of one student.

    It is the same as long as the gradebook, the graded notebook and the lab are.
    """
    title = outline.title or standing.notebook
    told = _Told()
    sections = [_Section(number, one, standing) for number, one in enumerate(outline.sections, 1)]
    who = Markup("{} · {}").format(standing.name, standing.student)
    return Markup(
        '<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        "<title>{title} · {student}</title>\n<style>\n{css}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#resultados">{skip}</a>\n'
        '<header><h1>{h1}</h1><p class="who">{who}</p></header>\n'
        '<main id="resultados">\n{total}{repairs}{sections}</main>\n'
        "<footer><p>{by}</p></footer>\n</body>\n</html>\n"
    ).format(
        lang=_("es"),  # the code of the language that these sentences are in
        policy=_POLICY,
        title=title.replace("`", ""),
        student=standing.name or standing.student,
        css=_css(),
        skip=_("Ir a los resultados"),
        h1=_inline(title),
        who=who if standing.name else standing.student,
        total=_total(standing, sections),
        repairs=_repairs(handed.repairs),
        sections=_joined(one.page(handed, told) for one in sections),
        by=_inline(handed.graded_by),
    )


@cache
def _css() -> Markup:
    return Markup(Path(__file__).with_name("page.css").read_text(encoding="utf-8"))  # noqa: S704 - ours


# ------------------------------------------------------------------------------------- on the top


def _total(standing: Standing, sections: Iterable[_Section]) -> Markup:
    """Show the marks of the whole: what they are less for being late, and what may still come."""
    earned = sum(mark.score for mark in standing.marks.values())
    notes = []
    if standing.penalty:
        said = _("{earned} por lo que hiciste, menos {penalty} por entregar tarde.")
        notes.append(said.format(earned=_number(earned), penalty=_number(standing.penalty)))
    if standing.late:
        notes.append(
            _("Entregaste {time} después de la fecha límite.").format(time=_time(standing.late))
        )
    waiting = [mark.points for mark in standing.marks.values() if mark.is_waiting]
    rows = _joined(one.row() for one in sections)
    return Markup(
        '<section class="total" aria-labelledby="total"><h2 id="total">{title}</h2>'
        '<p class="sum">{sum}</p>{bar}{notes}{waiting}'
        '<nav aria-label="{caption}"><table class="plan"><caption class="spoken">{caption}</caption>'
        "<tbody>\n{rows}</tbody></table></nav></section>\n"
    ).format(
        title=_("Tus puntos"),
        sum=_filled(
            _("{score} de {points} puntos"),
            score=Markup("<strong>{}</strong>").format(_number(standing.score)),
            points=_number(standing.points),
        ),
        bar=_bar(standing.score, standing.points),
        notes=_joined(Markup("<p>{}</p>").format(note) for note in notes),
        waiting=_waiting(waiting),
        caption=_("Puntos de cada parte"),
        rows=rows,
    )


def _waiting(points: list[float]) -> Markup:
    if not points:
        return Markup("")
    said = ngettext(
        "Falta que una persona califique {n} respuesta: puede darte hasta {points} puntos más.",
        "Falta que una persona califique {n} respuestas: pueden darte hasta {points} puntos más.",
        len(points),
    )
    told = said.format(n=len(points), points=_number(sum(points)))
    return Markup('<p class="wait">{}</p>').format(told)


def _time(late: timedelta) -> str:
    """Say how long somebody was late: in days and hours, in hours, or in minutes."""
    minutes = max(1, int(late.total_seconds() // 60))
    days, hours = divmod(minutes // 60, 24)
    in_days = ngettext("{n} día", "{n} días", days).format(n=days)
    in_hours = ngettext("{n} hora", "{n} horas", hours).format(n=hours)
    if days:
        both = _("{days} y {hours}").format(days=in_days, hours=in_hours)
        return both if hours else in_days
    return in_hours if hours else ngettext("{n} minuto", "{n} minutos", minutes).format(n=minutes)


def _repairs(source: str) -> Markup:
    if not source:
        return Markup("")
    return Markup('<details><summary>{}</summary><div class="answer">{}</div></details>\n').format(
        _("Lo que hubo que arreglar en tu notebook"), _prose(source)
    )


# ---------------------------------------------------------------------------------- part by part


@dataclass(frozen=True)
class _Section:
    """A part of the lab, and what the gradebook says of it."""

    number: int
    about: Section
    standing: Standing

    @property
    def title(self) -> Markup:
        return _inline(self.about.title or _("Ejercicios"))

    @property
    def marks(self) -> list[Mark]:
        found = (self.standing.marks.get(item.name) for item in self.about.items)
        return [mark for mark in found if mark is not None]

    def row(self) -> Markup:
        if not self.marks:
            return Markup("")
        score, points = (sum(m.score for m in self.marks), sum(m.points for m in self.marks))
        return Markup(
            '<tr><th scope="row"><a href="#parte-{n}">{title}</a></th>'
            '<td class="drawn">{bar}</td><td class="earned">{marks}</td></tr>'
        ).format(n=self.number, title=self.title, bar=_bar(score, points), marks=_marks(self.marks))

    def page(self, handed: Handed, told: _Told) -> Markup:
        items = [(item, handed.cells.get(item.name, Cell())) for item in self.about.items]
        tests = _joined(self._test(*one, told) for one in items if one[0].kind == TEST)
        written = _joined(self._written(*one, handed) for one in items if one[0].kind != TEST)
        return Markup(
            '<section aria-labelledby="parte-{n}"><div class="title"><h2 id="parte-{n}">{title}</h2>'
            "{marks}</div>\n{tests}{written}</section>\n"
        ).format(
            n=self.number,
            title=self.title,
            marks=_marks(self.marks, by_whom=True),
            tests=Markup('<ul class="tests" role="list">\n{}</ul>\n').format(tests)
            if tests
            else "",
            written=written,
        )

    def _test(self, item: Item, cell: Cell, told: _Told) -> Markup:
        """Show how one test went; what a person said of its marks goes before what the judge did."""
        mark = self.standing.marks.get(item.name)
        passed = all(verdict.passed for verdict in cell.verdicts) and bool(cell.verdicts)
        if mark is not None and (mark.by_hand is not None or not cell.verdicts):
            passed = mark.score >= mark.points
        names = [verdict.block for verdict in cell.verdicts]
        below = _joined(_verdict(verdict, told) for verdict in cell.verdicts)
        return Markup(
            '<li class="{kind}"><span class="sign {color}" aria-hidden="true">{sign}</span>'
            '<div class="line"><{tag}><span class="spoken">{spoken}</span> {title} '
            '<code class="name">{name}</code></{tag}>{marks}</div>{below}</li>\n'
        ).format(
            kind="passed" if passed else "failed",
            tag="p" if passed else "h3",
            color="good" if passed else "bad",
            sign="✓" if passed else "✗",
            spoken=_("Bien:") if passed else _("Falló:"),
            title=_inline(item.title),
            name=", ".join(names) if names else item.name,
            marks=_marks([] if mark is None else [mark], by_whom=True),
            below=below,
        )

    def _written(self, item: Item, cell: Cell, handed: Handed) -> Markup:
        """Show what a student wrote: code folded, words as they stand; and what was said of it."""
        mark = self.standing.marks.get(item.name)
        told = Markup("")
        if mark is not None and len(self.about.items) > 1:
            told = Markup("<p>{}</p>").format(_marks([mark], by_whom=True))
        comment = self.standing.comments.get(item.name, Comments())
        if item.kind == CODE:
            summary = _filled(_("Tu código de {name}"), name=_inline(f"`{item.name}`"))
            rest = "\n…" if len(cell.source) > _CODE else ""
            body = Markup("<pre><code>{}{}</code></pre>").format(cell.source[:_CODE], rest)
        else:
            summary = escape(_("Tu respuesta"))
            prose = _prose(cell.source, cell.attachments, handed.find)
            body = Markup('<div class="answer">{}</div>').format(prose)
        if comment.is_unanswered:
            said = _("Dejaste {name} como estaba.")
            told += Markup('<p class="soft">{}</p>\n').format(
                _filled(said, name=_inline(f"`{item.name}`"))
            )
        elif cell.source.strip():
            told += Markup("<details{}><summary>{}</summary>{}</details>\n").format(
                "" if item.kind == CODE else Markup(" open"), summary, body
            )
        if comment.by_hand.strip():
            told += Markup('<div class="comment"><h3>{}</h3>{}</div>\n').format(
                _("Comentario de quien calificó"), _prose(comment.by_hand)
            )
        return told


def _said(message: str) -> Markup:
    """Show a message, its hint on a line of its own: it is what helps most."""
    hint = _("Pista:")
    first, found, rest = message.partition(f" {hint} ")
    said = Markup('<p class="said">{}</p>').format(_inline(first))
    if found:
        about = Markup('<p class="said hint"><strong>{}</strong> {}</p>')
        said += about.format(hint, _inline(rest))
    return said


def _verdict(verdict: Verdict, told: _Told) -> Markup:
    """Show what the judge said of a block; cases and pictures are folded."""
    said = _joined(map(_said, told.fresh(verdict)))
    if not verdict.details and not verdict.pictures:
        return said
    title = _("Ver el caso, y dónde") if verdict.pictures else _("Ver el caso")
    return said + Markup("<details><summary>{}</summary>{}{}</details>").format(
        title,
        _joined(Markup('<p class="said">{}</p>').format(_inline(t)) for t in verdict.details),
        _joined(
            Markup("<figure>{}</figure>").format(Markup(svg))  # noqa: S704 - made anew, piece by piece
            for svg in told.pictures(verdict)
        ),
    )


def _marks(marks: list[Mark], *, by_whom: bool = False) -> Markup:
    """Say what was earned of what could be; of a single mark also whether a person said so."""
    if not marks:
        return Markup("")
    score, points = (sum(m.score for m in marks), sum(m.points for m in marks))
    color = "good" if score >= points else ""
    said = _("{score} / {points}").format(score=_number(score), points=_number(points))
    spoken = _("{score} de {points} puntos").format(score=_number(score), points=_number(points))
    note = ""
    if all(mark.is_waiting for mark in marks):
        said, spoken, color = _("por calificar"), "", "wait"
    elif by_whom and len(marks) == 1:
        note = _by_whom(marks[0])
    return Markup(
        '<span class="marks {}"><span{}>{}</span><span class="spoken">{}</span>{}</span>'
    ).format(
        color,
        Markup(' aria-hidden="true"') if spoken else "",
        said,
        spoken,
        Markup(' <span class="hand">{}</span>').format(note) if note else "",
    )


def _by_whom(mark: Mark) -> str:
    """Say what a person changed of a mark, if anybody did."""
    extra = _("{extra} extra").format(extra=f"{mark.extra:+g}") if mark.extra else ""
    if mark.by_hand is None:
        return f"({extra})" if extra else ""
    by = _("puestos a mano")
    return f"({by}, {extra})" if extra else f"({by})"


# ------------------------------------------------------------------------------------------ texts


def _bar(score: float, points: float) -> Markup:
    share = min(max(score / points, 0.0), 1.0) if points else 0.0
    return Markup(
        '<span class="bar" aria-hidden="true"><span style="width:{}%"></span></span>'
    ).format(f"{100 * share:.0f}")


def _number(value: float) -> str:
    return f"{round(value, 2):g}"


def _joined(pieces: Iterable[Markup]) -> Markup:
    return Markup("").join(pieces)


def _filled(sentence: str, **places: Any) -> Markup:
    """Fill in a sentence's places, of which some hold HTML."""
    return escape(sentence).format(**places)


def _inline(text: str) -> Markup:
    """Return a text of ours, or a title, with what is between backticks as code."""
    return Markup(_TICKED.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped first


def _prose(
    source: str,
    attachments: Mapping[str, Any] | None = None,
    find: Callable[[str], str] = lambda _name: "",
) -> Markup:
    """Return what a person wrote in Markdown as HTML that takes its place below our headings."""
    page = shown(source, attachments, find=find, formulas_as_text=True)
    page = _HEADING.sub(r"<\1h4\2>", page)
    return Markup(_LINK.sub(r'<a\1 rel="nofollow noopener noreferrer">', page))  # noqa: S704 - cleaned
