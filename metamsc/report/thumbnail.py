"""A forest plot of the pooled results as a few lines of SVG, for the cards of the index."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

from metamsc.plots.wording import directions
from metamsc.tables.labels import shown_effect, stratum_title

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Stratum

WIDTH, ROW, LEFT, RIGHT = 384.0, 26.0, 150.0, 376.0
_REACH = 3.0
"""Intervals wider than this many times the farthest estimate end in an arrow."""


def thumbnail(result: AnalysisResult) -> str:
    """Return an ``svg`` element with one diamond per first-level stratum; "" when nothing was pooled."""
    pools = [stratum for stratum in result.pools if len(stratum.key) <= 1]
    if not pools:
        return ""
    null = result.scale.null
    reach = _half_width(pools, null)
    height = ROW * len(pools) + 24.0

    def x(value: float) -> float:
        share = (value - null + reach) / (2.0 * reach)
        return LEFT + (RIGHT - LEFT) * min(max(share, 0.0), 1.0)

    told = "; ".join(f"{stratum_title(result, s)} {shown_effect(result, s.pooled.estimate)}" for s in pools)
    middle, bottom = f"{x(null):.1f}", f"{ROW * len(pools):.1f}"
    line = f'<line x1="{middle}" y1="2" x2="{middle}" y2="{bottom}"'
    parts = [
        f'<svg viewBox="0 0 {WIDTH:.0f} {height:.0f}" role="img" aria-label="{escape(told)}">',
        f'{line} stroke="currentColor" stroke-opacity=".35"/>',
    ]
    for number, stratum in enumerate(pools):
        parts.append(_row(result, stratum, ROW * (number + 0.5), x, reach))
    lower, higher = directions(result.scale)
    parts.append(f'<text x="{LEFT:.0f}" y="{height - 8:.0f}">← {escape(lower)}</text>')
    parts.append(f'<text x="{RIGHT:.0f}" y="{height - 8:.0f}" text-anchor="end">{escape(higher)} →</text>')
    parts.append("</svg>")
    return "".join(parts)


def _half_width(pools: list[Stratum], null: float) -> float:
    """Return how far the axis reaches on both sides: the intervals, but not the widest at any price."""
    ends = [abs(end - null) for s in pools for end in (s.pooled.ci.low, s.pooled.ci.high)]
    estimates = [abs(s.pooled.estimate - null) for s in pools]
    limit = _REACH * max(estimates) if max(estimates) > 0.0 else max(ends)
    return max(min(max(ends), max(limit, min(ends))), 1e-12)


def _row(
    result: AnalysisResult, stratum: Stratum, y: float, x: Callable[[float], float], reach: float
) -> str:
    pooled, null = stratum.pooled, result.scale.null
    low, point, high = x(pooled.ci.low), x(pooled.estimate), x(pooled.ci.high)
    title = stratum_title(result, stratum) if stratum.key else "All together"
    label = title if len(title) <= 26 else f"{title[:25]}…"
    cut_low, cut_high = pooled.ci.low < null - reach, pooled.ci.high > null + reach
    shape = (
        f'<path d="M{low:.1f} {y:.1f}L{point:.1f} {y - 6:.1f}L{high:.1f} {y:.1f}L{point:.1f} {y + 6:.1f}Z" '
        'fill="currentColor"/>'
        if pooled.k > 1
        else f'<path d="M{low:.1f} {y:.1f}H{high:.1f}" stroke="currentColor" stroke-width="1.5"/>'
        f'<rect x="{point - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="currentColor"/>'
    )
    arrows = "".join(
        f'<path d="M{end + 5 * sign:.1f} {y - 4:.1f}L{end:.1f} {y:.1f}L{end + 5 * sign:.1f} {y + 4:.1f}" '
        'fill="none" stroke="currentColor" stroke-width="1.5"/>'
        for cut, end, sign in ((cut_low, low, 1), (cut_high, high, -1))
        if cut
    )
    return f'<text x="0" y="{y + 3.5:.1f}">{escape(label)}</text>{shape}{arrows}'
