"""Orchard plot: every study of every pool as a circle by its precision, with mean and both intervals.

The thick bar is the confidence interval of the mean, the thin one the prediction interval. Artists have a
`gid`: ``est:<pool>:<row id>``, ``mean:<pool>``, ``ci:<pool>``, ``pi:<pool>``, ``null``, ``mid``.

After Nakagawa et al. (2021), Research Synthesis Methods 12:4-12.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.plots import page, style, wording
from metamsc.plots.numbers import decimals_for, format_value
from metamsc.plots.ticks import Limits, effect_limits, effect_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.result import AnalysisResult, Stratum

_WIDTH, _GAP = 300.0, 10.0
_LARGEST, _SMALLEST = 6.0, 1.7
"""Radii of circles in points; areas are proportional to precision (1/√v)."""
_SPACE = 1.0
"""Least room between circles, in points."""
_LEAST_BAND = 30.0
"""Height of one pool, in points; more where circles need it."""


@dataclass(frozen=True, slots=True)
class Fruit:
    """One study: effect, and where its circle stands in points above (+) or below (-) the bar."""

    row_id: str
    x: float
    rise: float
    radius: float


@dataclass(frozen=True, slots=True)
class Branch:
    """One pool: its bars, its studies, its words."""

    label: str
    k: int
    estimate: float
    ci: tuple[float, float]
    pi: tuple[float, float] | None
    fruits: tuple[Fruit, ...]
    words: str
    centre: float
    """Distance of the bar from the top, in points."""
    is_overall: bool


@dataclass(frozen=True, slots=True)
class OrchardLayout:
    """Everything an orchard plot shows; y is in points from the top."""

    branches: tuple[Branch, ...]
    x: Limits
    ticks: tuple[tuple[float, ...], tuple[str, ...]]
    x_label: str
    null: float
    mid: float | None
    height: float
    header: str
    caption: tuple[str, ...]


def orchard_layout(result: AnalysisResult) -> OrchardLayout:
    """Place pools and studies. Pure.

    Raises
    ------
    InputError
        If nothing was pooled.
    """
    if not result.pools:
        raise InputError(f"analysis {result.name!r} pooled nothing: there is nothing to draw.")
    rows = [row for pool in result.pools for row in result.rows_of(pool)]
    x = effect_limits(
        [row.yi for row in rows] + [pool.pooled.estimate for pool in result.pools],
        [(pool.pooled.ci.low, pool.pooled.ci.high) for pool in result.pools],
        [(pi.low, pi.high) for pool in result.pools if (pi := pool.pooled.pi) is not None],
        result.scale.null,
    )
    finest = max(1.0 / math.sqrt(row.vi) for row in rows)
    decimals = decimals_for(pool.pooled.se for pool in result.pools)
    branches, top = [], 0.0
    for pool in result.pools:
        fruits = _fruits(result, pool, x, finest)
        reach = max(abs(fruit.rise) + fruit.radius for fruit in fruits)
        half = max(_LEAST_BAND / 2.0, reach + 4.0)
        branches.append(_branch(result, pool, fruits, top + half, decimals))
        top += 2.0 * half
    mid = result.scale.mid
    sign = -1.0 if result.scale.lower_is_better else 1.0
    directed = mid is not None and result.scale.lower_is_better is not None
    return OrchardLayout(
        branches=tuple(branches),
        x=x,
        ticks=effect_ticks(x, ratio=result.scale.ratio),
        x_label=wording.axis_label(result.scale),
        null=result.scale.null,
        mid=sign * mid if directed and mid is not None else None,
        height=top,
        header=f"{result.scale.measure} ({wording.percent(result.pools[0].pooled.level)} CI) [PI]",
        caption=_caption(result),
    )


def _branch(
    result: AnalysisResult, pool: Stratum, fruits: tuple[Fruit, ...], centre: float, decimals: int
) -> Branch:
    pooled = pool.pooled

    def shown(value: float) -> str:
        return format_value(value, ratio=result.scale.ratio, decimals=decimals)

    words = f"{shown(pooled.estimate)} ({shown(pooled.ci.low)} to {shown(pooled.ci.high)})"
    if pooled.pi is not None:
        words += f" [{shown(pooled.pi.low)} to {shown(pooled.pi.high)}]"
    return Branch(
        label=pool.label,
        k=pooled.k,
        estimate=pooled.estimate,
        ci=(pooled.ci.low, pooled.ci.high),
        pi=None if pooled.pi is None else (pooled.pi.low, pooled.pi.high),
        fruits=fruits,
        words=words,
        centre=centre,
        is_overall=pool is result.overall,
    )


def _fruits(result: AnalysisResult, pool: Stratum, x: Limits, finest: float) -> tuple[Fruit, ...]:
    """Set circles beside each other: each as near to the bar as it touches none that is there already."""
    per_point = (x.high - x.low) / _WIDTH
    placed: list[tuple[float, float, float]] = []
    made = {}
    rows = result.rows_of(pool)
    for row in sorted(rows, key=lambda row: row.vi):
        radius = max(_LARGEST * math.sqrt(1.0 / math.sqrt(row.vi) / finest), _SMALLEST)
        at = (row.yi - x.low) / per_point
        rise = _free_rise(at, radius, placed)
        placed.append((at, rise, radius))
        made[row.row_id] = Fruit(row.row_id, row.yi, rise, radius)
    return tuple(made[row.row_id] for row in rows)


def _free_rise(at: float, radius: float, placed: Sequence[tuple[float, float, float]]) -> float:
    """Return the smallest rise, up before down, at which a circle touches none of the others."""
    near = [(x - at, y, r + radius + _SPACE) for x, y, r in placed if abs(x - at) < r + radius + _SPACE]
    tried = [0.0]
    for dx, y, reach in near:
        step = math.sqrt(reach**2 - dx**2)
        tried += [y + step, y - step]
    for rise in sorted(tried, key=lambda value: (abs(value), value < 0.0)):
        if all(dx**2 + (rise - y) ** 2 >= reach**2 - 1e-6 for dx, y, reach in near):
            return rise
    return max(tried)  # never reached: the farthest touches none


def _caption(result: AnalysisResult) -> tuple[str, ...]:
    parts = ["Circles are studies, their area the precision (1/standard error). Diamond: pooled effect."]
    drawn = "Thick bar: confidence interval of the mean"
    if any(pool.pooled.pi is not None for pool in result.pools):
        drawn += "; thin bar: prediction interval, where the true effect of a new study is expected"
    parts.append(f"{drawn}.")
    alone = [pool.label for pool in result.pools if pool.pooled.k == 1]
    if alone:
        parts.append(f"One study, not pooled: {', '.join(alone)}.")
    return (" ".join(parts), wording.method_line([pool.pooled for pool in result.pools]))


def draw_orchard(result: AnalysisResult, *, ax: Axes | None = None, title: bool = True) -> Axes:
    """Draw the orchard plot of an analysis: every pool with its studies.

    Parameters
    ----------
    result : AnalysisResult
    ax : Axes, optional
        Where to draw; leave room on both sides for text. Default: a new figure with caption.
    title : bool
        Put the title of the analysis above a new figure.

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
    names = [f"{branch.label} (k = {branch.k})" for branch in layout.branches]
    if ax is None:
        margins = page.Margins(
            left=max(style.text_width(name, bold=True) for name in names) + _GAP,
            right=max(
                style.text_width(text, bold=True)
                for text in (layout.header, *(b.words for b in layout.branches))
            )
            + _GAP,
            top=16.0,
            bottom=34.0,
        )
        ax = page.new_axes(
            _WIDTH, layout.height, margins, title=result.title if title else "", caption=layout.caption
        )
    style.quiet_axes(ax)
    ax.set_xlim(layout.x.low, layout.x.high)
    ax.set_ylim(layout.height, 0.0)
    ax.set_xticks(*layout.ticks)
    ax.set_yticks([])
    ax.minorticks_off()
    page.heading_texts(ax, layout.x_label)
    ax.axvline(layout.null, color=style.INK, linewidth=0.7, zorder=1, gid="null")
    if layout.mid is not None and layout.x.low < layout.mid < layout.x.high:
        ax.axvline(layout.mid, color=style.MID, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1, gid="mid")
    for branch, name in zip(layout.branches, names, strict=True):
        _draw_branch(ax, branch)
        _beside(ax, 0.0, branch.centre, name, bold=branch.is_overall, left=True)
        _beside(ax, 1.0, branch.centre, branch.words, bold=branch.is_overall, left=False)
    _beside(ax, 1.0, -8.0, layout.header, bold=True, left=False)
    return ax


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
            ax.plot([edge], [y], marker=marker, color=color, markersize=4.5, clip_on=False, zorder=5)


def _beside(ax: Axes, edge: float, y: float, text: str, *, bold: bool, left: bool) -> None:
    shown = style.drawable(text)
    ax.annotate(
        shown, (edge, y), xycoords=ax.get_yaxis_transform(), xytext=(-_GAP if left else _GAP, 0.0),
        textcoords="offset points", ha="right" if left else "left", va="center_baseline",
        annotation_clip=False, **style.text_style(shown, bold=bold),
    )  # fmt: skip
