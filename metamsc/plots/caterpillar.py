"""Caterpillar plot: the studies of one pool sorted by their effect, each with its interval, pool below.

Artists have a `gid`: ``est:<row id>``, ``ci:<row id>``, ``mean``, ``pi``, ``null``, ``whole``, ``whole-ci``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.plots import column, page, style, wording
from metamsc.plots.pools import chosen_pool
from metamsc.plots.preset_room import POINTS_PER_MM
from metamsc.plots.strata_words import stratum_heading
from metamsc.plots.ticks import Limits, effect_limits, effect_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.result import AnalysisResult, Stratum

_WIDTH, _GAP = 260.0, 8.0
_NAME_COLUMNS, _FEWEST_COLUMNS = 44, 14
"""Longest name of a study, and how short it may become in a narrow figure; the rest is "…"."""
_MOST_NAMES = 0.45
"""Share of a figure of given width that names may take."""
_Z = 1.959963984540054
"""Half-width of a 95% interval of a study, in standard errors."""
_NAMED, _ROW, _THIN = 60, 11.0, 3.2
"""Up to so many studies have their names; heights of a row in points with and without."""
_FOOT = 2.2
"""Rows below the studies for the pooled effect and its prediction interval."""


@dataclass(frozen=True, slots=True)
class CaterpillarRow:
    """One study, from the top down."""

    row_id: str
    label: str
    estimate: float
    low: float
    high: float
    excludes_null: bool


@dataclass(frozen=True, slots=True)
class CaterpillarLayout:
    """Everything a caterpillar plot shows."""

    rows: tuple[CaterpillarRow, ...]
    estimate: float
    ci: tuple[float, float]
    pi: tuple[float, float] | None
    x: Limits
    ticks: tuple[tuple[float, ...], tuple[str, ...]]
    x_label: str
    null: float
    named: bool
    row_height: float
    caption: tuple[str, ...]


def caterpillar_layout(
    result: AnalysisResult, *, stratum: str | None = None, columns: int = _NAME_COLUMNS
) -> CaterpillarLayout:
    """Sort the studies of a pool by their effect, smallest on top; equal ones by name. Pure.

    Parameters
    ----------
    result : AnalysisResult
    stratum : str, optional
        Label of a pool.
    columns : int
        Letters of the longest name.

    Raises
    ------
    OptionError
        If there is no such pool, or none is named and there are several.
    InputError
        If nothing was pooled.
    """
    pool = chosen_pool(result, stratum)
    null = result.scale.null
    rows = [
        CaterpillarRow(
            row.row_id, wording.short_name(row.label, columns), row.yi,
            row.yi - _Z * row.sei, row.yi + _Z * row.sei,
            not row.yi - _Z * row.sei <= null <= row.yi + _Z * row.sei,
        )
        for row in result.rows_of(pool)
    ]  # fmt: skip
    rows.sort(key=lambda row: (row.estimate, row.label))
    pooled = pool.pooled
    pi = None if pooled.pi is None else (pooled.pi.low, pooled.pi.high)
    ends = [(pooled.ci.low, pooled.ci.high), *([] if pi is None else [pi])]
    estimates = [*(row.estimate for row in rows), pooled.estimate]
    x = effect_limits(estimates, [(row.low, row.high) for row in rows], ends, null)
    return CaterpillarLayout(
        rows=tuple(rows),
        estimate=pooled.estimate,
        ci=(pooled.ci.low, pooled.ci.high),
        pi=pi,
        x=x,
        ticks=effect_ticks(x, ratio=result.scale.ratio),
        x_label=wording.axis_label(result.scale),
        null=null,
        named=len(rows) <= _NAMED,
        row_height=_ROW if len(rows) <= _NAMED else _THIN,
        caption=_caption(stratum_heading(result, pool), pool, rows),
    )


def _caption(name: str, pool: Stratum, rows: list[CaterpillarRow]) -> tuple[str, ...]:
    apart = sum(row.excludes_null for row in rows)
    if len(rows) == 1:
        return (f"{name}: one study, not pooled. {wording.method_line([])}",)
    told = (
        f"{name}: {len(rows)} estimates sorted by size; filled: the 95% interval excludes no effect "
        f"({apart} of {len(rows)})."
    )
    drawn = "Diamond and grey band: pooled effect with its confidence interval"
    drawn += "; bar below: prediction interval." if pool.pooled.pi is not None else "."
    return (told, f"{drawn} {wording.method_line([pool.pooled])}")


def draw_caterpillar(
    result: AnalysisResult,
    *,
    ax: Axes | None = None,
    stratum: str | None = None,
    title: bool = True,
    width: float | None = None,
) -> Axes:
    """Draw the studies of one pool sorted by their effect.

    Parameters
    ----------
    result : AnalysisResult
    ax : Axes, optional
        Where to draw; leave room on the left for names. Default: a new figure with caption.
    stratum : str, optional
        Label of a pool; default: the overall one, or the only one.
    title : bool
        Put the title of the analysis above a new figure.
    width : float, optional
        Of a new figure, in millimetres.

    Returns
    -------
    Axes
        x is the analysis scale; y counts the studies from 0, on top.

    Raises
    ------
    OptionError
        If there is no such pool, or none is named and there are several.
    InputError
        If nothing was pooled.
    """
    layout, margins = _fitting(result, stratum, width if ax is None else None)
    k = len(layout.rows)
    graphic = page.graphic_width(width if ax is None else None, margins, _WIDTH)
    words, margins = page.below_axis(layout.x_label, margins, graphic)
    if ax is None:
        ax = page.new_axes(
            graphic,
            (k + _FOOT) * layout.row_height if layout.named else k * _THIN + _FOOT * _ROW, margins,
            title=result.title if title else "", caption=layout.caption,
        )  # fmt: skip
    style.quiet_axes(ax)
    foot = _FOOT if layout.named else _FOOT * _ROW / _THIN
    ax.set_xlim(layout.x.low, layout.x.high)
    ax.set_ylim(k - 0.5 + foot, -0.5)
    ax.set_xticks(*column.ticks_within(layout.x, page.size_of(ax)[0], ratio=result.scale.ratio))
    ax.set_yticks([])
    ax.minorticks_off()
    page.heading_texts(ax, words)
    ax.axvline(layout.null, color=style.INK, linewidth=0.7, zorder=1, gid="null")
    for y, row in enumerate(layout.rows):
        _draw_row(ax, y, row, layout)
    if k > 1:
        _draw_pool(ax, k - 0.5 + 0.32 * foot, k - 0.5 + 0.72 * foot, layout)
    return ax


def _fitting(
    result: AnalysisResult, stratum: str | None, width: float | None
) -> tuple[CaterpillarLayout, page.Margins]:
    """Return the layout with names as long as the width has room for, and the margins."""
    for columns in range(_NAME_COLUMNS, _FEWEST_COLUMNS - 1, -2):
        layout = caterpillar_layout(result, stratum=stratum, columns=columns)
        left = max(style.text_width(row.label) for row in layout.rows) + _GAP if layout.named else 14.0
        margins = page.Margins(left=left, right=8.0, top=2.0, bottom=34.0)
        whole = math.inf if width is None else width * POINTS_PER_MM
        if left <= min(_MOST_NAMES * whole, whole - margins.right - 2 * page.EDGE - page.NARROWEST):
            break
    return layout, margins


def _draw_row(ax: Axes, y: int, row: CaterpillarRow, layout: CaterpillarLayout) -> None:
    low, high = layout.x.low, layout.x.high
    ax.plot(
        [max(row.low, low), min(row.high, high)], [y, y], color=style.STUDY, zorder=2,
        linewidth=1.0 if layout.named else 0.7, gid=f"ci:{row.row_id}",
    )  # fmt: skip
    for beyond, edge, marker in ((row.low < low, low, "<"), (row.high > high, high, ">")):
        if beyond:
            ax.plot(
                [edge], [y], marker=marker, color=style.STUDY, markersize=3.0, clip_on=False, zorder=3,
                gid=f"arrow{marker}:{row.row_id}",
            )  # fmt: skip
    ax.plot(
        [row.estimate], [y], "o", markersize=4.2 if layout.named else 2.2, markeredgecolor=style.STUDY,
        markeredgewidth=0.9 if layout.named else 0.5, zorder=3, gid=f"est:{row.row_id}",
        markerfacecolor=style.STUDY if row.excludes_null else "white",
    )  # fmt: skip
    if layout.named:
        shown = style.drawable(row.label)
        ax.annotate(
            shown, (0.0, y), xycoords=ax.get_yaxis_transform(), xytext=(-_GAP, 0.0), va="center_baseline",
            textcoords="offset points", ha="right", annotation_clip=False, gid=f"name:{row.row_id}",
            **style.text_style(shown),
        )  # fmt: skip


def _draw_pool(ax: Axes, y: float, below: float, layout: CaterpillarLayout) -> None:
    """Draw the pooled effect: band, line, diamond; and the prediction interval below."""
    ax.axvspan(*layout.ci, color=style.BAND, linewidth=0.0, zorder=0, gid="whole-ci")
    ax.axvline(
        layout.estimate, color=style.POOLED, linewidth=0.8, linestyle=(0, (3, 2)), zorder=1, gid="whole"
    )
    half = (below - y) * 0.62
    low, high = (min(max(end, layout.x.low), layout.x.high) for end in layout.ci)
    ax.fill([low, layout.estimate, high, layout.estimate], [y, y - half, y, y + half], color=style.POOLED,
            linewidth=0.0, zorder=3, gid="mean")  # fmt: skip
    if layout.pi is not None:
        ends = [max(layout.pi[0], layout.x.low), min(layout.pi[1], layout.x.high)]
        ax.plot(
            ends,
            [below] * 2,
            color=style.PREDICTION,
            linewidth=2.2,
            solid_capstyle="butt",
            zorder=3,
            gid="pi",
        )
        for beyond, edge, marker in (
            (layout.pi[0] < layout.x.low, ends[0], "<"),
            (layout.pi[1] > layout.x.high, ends[1], ">"),
        ):
            if beyond:
                ax.plot(
                    [edge],
                    [below],
                    marker=marker,
                    color=style.PREDICTION,
                    markersize=4.5,
                    clip_on=False,
                    zorder=4,
                    gid=f"arrow{marker}:pi",
                )
