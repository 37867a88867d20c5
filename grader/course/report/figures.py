"""The figures of a report, as SVG that takes its colours from the page, by day and by night."""

from __future__ import annotations

import html
import io
import re
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.course.report.insights import Spread, Success

# Each stands for a variable of the page's style: no figure is drawn in these.
_COLOURS = {
    "#010101": "var(--ink)",
    "#020202": "var(--soft)",
    "#030303": "var(--line)",
    "#040404": "var(--accent)",
    "#050505": "var(--good)",
    "#060606": "var(--some)",
    "#070707": "var(--bad)",
    "#080808": "var(--band)",
}
INK, SOFT, LINE, ACCENT, GOOD, SOME, BAD, BAND = _COLOURS
_BINS = 12
_MOST_UPRIGHT = 3
WIDE = 4.8
"""Inches of a figure."""


def distribution(marks: Sequence[float], most: float, found: Spread) -> str:
    """Draw how many students have which marks, with the median and the middle half."""
    figure, axes = _axes(2.3)
    bins = np.linspace(0, max(most, *marks), _BINS + 1)
    axes.axvspan(found.lower, found.upper, color=BAND, zorder=0)
    axes.hist(marks, bins=bins, color=ACCENT, rwidth=0.92, zorder=2)
    axes.axvline(found.median, color=INK, linewidth=1.6, zorder=3)
    top = axes.get_ylim()[1] * 1.18
    axes.set_ylim(0, top)
    right = found.median > most / 2
    axes.annotate(
        f"median {found.median:g}",
        (found.median, top),
        (-5 if right else 5, -3),
        textcoords="offset points",
        ha="right" if right else "left",
        va="top",
        color=INK,
        fontweight="bold",
        fontsize=9,
    )
    axes.set_xlim(bins[0], bins[-1])
    axes.set_xlabel("marks", color=SOFT, fontsize=9)
    axes.set_ylabel("students", color=SOFT, fontsize=9)
    axes.yaxis.get_major_locator().set_params(integer=True)
    return _svg(
        figure,
        f"Distribution of the marks of {found.count} students: median {found.median:g}, the middle half "
        f"from {found.lower:g} to {found.upper:g}, of {most:g}",
    )


def exercises(found: Sequence[Success]) -> str:
    """Draw how many students have all, some and none of each exercise's marks."""
    figure, axes = _axes(0.5 + 0.33 * len(found))
    names = [one.name for one in found]
    full, none = (np.array([getattr(one, part) for one in found]) for part in ("full", "none"))
    some = np.array([one.count for one in found]) - full - none
    left = np.zeros(len(found))
    for count, colour, label in ((full, GOOD, "all"), (some, SOME, "some"), (none, BAD, "none")):
        axes.barh(names, count, left=left, color=colour, height=0.68, label=label)
        for y, (start, width) in enumerate(zip(left, count, strict=True)):
            if width:
                axes.text(
                    start + width / 2,
                    y,
                    f"{width}",
                    ha="center",
                    va="center",
                    color=INK,
                    fontsize=9,
                )
        left += count
    axes.invert_yaxis()
    axes.set_xlim(0, max(1, left.max()))
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1, 1),
        ncols=3,
        frameon=False,
        fontsize=9,
        labelcolor=SOFT,
        handlelength=1,
        handleheight=1,
    )
    told = "; ".join(f"{one.name}: {one.full} all, {one.none} none" for one in found)
    return _svg(figure, f"Students with all, some and none of each exercise's marks. {told}")


def progress(labs: Sequence[str], shares: Sequence[Sequence[float]]) -> str:
    """Draw the course's labs side by side: median, the middle half, and the rest of each."""
    figure, axes = _axes(2.5)
    drawn = [list(one) or [float("nan")] for one in shares]
    axes.boxplot(
        drawn,
        widths=0.5,
        patch_artist=True,
        showfliers=False,
        boxprops={"facecolor": BAND, "edgecolor": ACCENT},
        medianprops={"color": INK, "linewidth": 2},
        whiskerprops={"color": ACCENT},
        capprops={"color": ACCENT},
    )
    for place, marks in enumerate(shares, 1):
        # Beside each other where there are several alike, and the same each time.
        shift = np.linspace(-0.18, 0.18, max(1, len(marks)))[_shuffled(len(marks))]
        axes.scatter(place + shift, sorted(marks), s=7, color=ACCENT, alpha=0.55, linewidths=0)
    slanted = {"rotation": 25, "ha": "right"} if len(labs) > _MOST_UPRIGHT else {}
    axes.set_xticks(range(1, len(labs) + 1), labs, **slanted)
    axes.set_ylim(-0.03, 1.03)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    axes.grid(axis="y", color=LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    told = "; ".join(
        f"{lab}: median {100 * float(np.median(one)):.0f} %" if one else f"{lab}: no marks"
        for lab, one in zip(labs, shares, strict=True)
    )
    return _svg(figure, f"Share of each lab's marks. {told}")


def _shuffled(count: int) -> Any:
    return np.random.default_rng(0).permutation(count) if count else []


def _axes(height: float) -> tuple[Figure, Any]:
    """Begin a figure of so many inches: narrow, so that it can be read on a phone."""
    with mpl.rc_context({"font.size": 9}):
        figure = Figure(figsize=(WIDE, height), layout="constrained")
        axes = figure.subplots()
    axes.tick_params(colors=SOFT, labelcolor=INK)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(LINE)
    axes.tick_params(axis="y", length=0)
    figure.patch.set_visible(False)
    axes.patch.set_visible(False)
    return figure, axes


def _svg(figure: Figure, alt: str) -> str:
    """Write a figure that is to stand in a page: named for who can't see it, without ids that clash."""
    text = io.StringIO()
    options: Any = {"svg.fonttype": "none", "svg.hashsalt": alt, "font.family": "sans-serif"}
    with mpl.rc_context(options):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r"#0[1-8]0[1-8]0[1-8]\b", lambda found: _COLOURS[found[0]], svg)
    svg = re.sub(r"font: ([^;\"]*)'[^;\"]*sans-serif[^;\"]*", r"font: \1sans-serif", svg)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    label = html.escape(alt)
    return svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
