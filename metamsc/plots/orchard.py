"""Orchard plot: every study of every pool as a circle by its precision, with mean and both intervals.

The thick bar is the confidence interval of the mean, the thin one the prediction interval. Artists have a
`gid`: ``est:<pool>:<row id>``, ``mean:<pool>``, ``ci:<pool>``, ``pi:<pool>``,
``null``, ``mid``, ``name:<pool>``, ``effect:<pool>``, ``header``, ``arrow<:<y>``.

After Nakagawa et al. (2021), Research Synthesis Methods 12:4-12.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from metamsc.plots import page, style
from metamsc.plots.orchard_layout import WIDTH, Branch, OrchardLayout, orchard_layout
from metamsc.plots.preset_room import POINTS_PER_MM

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.result import AnalysisResult

__all__ = ["draw_orchard", "orchard_layout"]

_GAP = 10.0
_LEAST, _ABOVE = 140.0, 22.0
"""Least width of a graphic with words beside it, height of two lines above the bars; in points."""


def draw_orchard(
    result: AnalysisResult, *, ax: Axes | None = None, title: bool = True, width: float | None = None
) -> Axes:
    """Draw the orchard plot of an analysis: every pool with its studies.

    Parameters
    ----------
    result : AnalysisResult
    ax : Axes, optional
        Where to draw; leave room on both sides for text. Default: a new figure with caption.
    title : bool
        Put the title of the analysis above a new figure.
    width : float, optional
        Of a new figure, in millimetres; where it is too little, names and numbers stand above the bars.

    Returns
    -------
    Axes
        x is the analysis scale (logarithms for ratios), y points from the top.

    Raises
    ------
    InputError
        If nothing was pooled.
    """
    layout = orchard_layout(result)
    margins = _margins(layout, narrow=False)
    taken = margins.left + margins.right + 2 * page.EDGE
    narrow = width is not None and width * POINTS_PER_MM - taken < _LEAST
    margins = _margins(layout, narrow=narrow)
    words = max(
        style.text_width(text, bold=bold)
        for branch in layout.branches
        for text, bold in ((branch.name, True), (branch.words, False))
    )
    least = words - margins.right if narrow else 0.0
    graphic = page.graphic_width(width, margins, WIDTH, least=least)
    x_words, margins = page.below_axis(layout.x_label, margins, graphic)
    layout = orchard_layout(result, above=_ABOVE if narrow else 0.0, width=graphic)
    if ax is None:
        heading = result.title if title else ""
        ax = page.new_axes(graphic, layout.height, margins, title=heading, caption=layout.caption)
    style.quiet_axes(ax)
    ax.set_xlim(layout.x.low, layout.x.high)
    ax.set_ylim(layout.height, 0.0)
    ax.set_xticks(*layout.ticks)
    ax.set_yticks([])
    ax.minorticks_off()
    page.heading_texts(ax, x_words)
    above = _ABOVE if narrow else 0.0
    ends = [
        end
        for branch in layout.branches
        for end in (branch.top + above, 2 * branch.centre - branch.top - above)
    ]
    _upright(ax, layout.null, ends, color=style.INK, linewidth=0.7, gid="null")
    if layout.mid is not None and layout.x.low < layout.mid < layout.x.high:
        _upright(ax, layout.mid, ends, color=style.MID, linewidth=0.8, linestyle=(0, (1, 2)), gid="mid")
    for branch in layout.branches:
        _draw_branch(ax, branch)
        if narrow:
            _write_above(ax, branch)
        else:
            page.beside(
                ax, 0.0, branch.centre, branch.name, gap=_GAP, bold=branch.is_overall,
                gid=f"name:{branch.label}",
            )  # fmt: skip
            page.beside(
                ax, 1.0, branch.centre, branch.words, gap=_GAP, bold=branch.is_overall,
                gid=f"effect:{branch.label}",
            )  # fmt: skip
    if not narrow:
        page.beside(ax, 1.0, -8.0, layout.header, gap=_GAP, bold=True, gid="header")
    return ax


def _upright(ax: Axes, x: float, ends: list[float], **look: Any) -> None:
    """Draw a line from the top down, with gaps where words stand between the pools."""
    y = [end for low, high in zip(ends[::2], ends[1::2], strict=True) for end in (low, high, math.nan)]
    ax.plot([x] * len(y), y, zorder=1, **look)


def _write_above(ax: Axes, branch: Branch) -> None:
    """Write name and numbers of a pool over its bars."""
    for line, kind, text in ((10.0, "name", branch.name), (19.5, "effect", branch.words)):
        shown = style.drawable(text)
        ax.annotate(
            shown, (0.0, branch.top), xycoords=ax.get_yaxis_transform(), xytext=(0.0, -line),
            textcoords="offset points", annotation_clip=False, gid=f"{kind}:{branch.label}",
            **style.text_style(shown, bold=kind == "name"),
        )  # fmt: skip


def _margins(layout: OrchardLayout, *, narrow: bool) -> page.Margins:
    """Return the room that names and numbers need beside the axes; none where they stand above the bars."""
    if narrow:
        return page.Margins(left=4.0, right=4.0, top=2.0, bottom=34.0)
    names = max(style.text_width(branch.name, bold=True) for branch in layout.branches)
    words = (layout.header, *(branch.words for branch in layout.branches))
    numbers = max(style.text_width(text, bold=True) for text in words)
    return page.Margins(left=names + _GAP, right=numbers + _GAP, top=16.0, bottom=34.0)


def _draw_branch(ax: Axes, branch: Branch) -> None:
    for fruit in branch.fruits:
        ax.plot(
            [fruit.x], [branch.centre - fruit.rise], "o", markersize=2 * fruit.radius, color=style.STUDY,
            markeredgecolor="white", markeredgewidth=0.5, alpha=0.55, zorder=2,
            gid=f"est:{branch.label}:{fruit.row_id}",
        )  # fmt: skip
    y = [branch.centre] * 2
    low, high = ax.get_xlim()
    if branch.pi is not None:
        ax.plot(
            _cut(branch.pi, low, high),
            y,
            color=style.PREDICTION,
            linewidth=1.1,
            zorder=3,
            gid=f"pi:{branch.label}",
        )
        _arrows(ax, branch.pi, branch.centre, style.PREDICTION)
    ax.plot(
        _cut(branch.ci, low, high), y, color=style.POOLED, linewidth=3.4, zorder=4, solid_capstyle="butt",
        gid=f"ci:{branch.label}",
    )  # fmt: skip
    _arrows(ax, branch.ci, branch.centre, style.POOLED)
    ax.plot([branch.estimate], y[:1], "D", markersize=6.5, color=style.POOLED, markeredgecolor="white",
            markeredgewidth=0.8, zorder=5, gid=f"mean:{branch.label}")  # fmt: skip


def _cut(interval: tuple[float, float], low: float, high: float) -> list[float]:
    return [max(interval[0], low), min(interval[1], high)]


def _arrows(ax: Axes, interval: tuple[float, float], y: float, color: str) -> None:
    """End an interval that leaves the axis in an arrowhead."""
    low, high = ax.get_xlim()
    for beyond, edge, marker in ((interval[0] < low, low, "<"), (interval[1] > high, high, ">")):
        if beyond:
            ax.plot(
                [edge], [y], marker=marker, color=color, markersize=4.5, clip_on=False, zorder=5,
                gid=f"arrow{marker}:{y:g}",
            )  # fmt: skip
