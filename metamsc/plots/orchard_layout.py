"""Layout of an orchard plot: every pool with its bars, its studies as circles, its words. Frozen data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.plots import column, wording
from metamsc.plots.numbers import decimals_for, format_value
from metamsc.plots.strata_words import stratum_heading
from metamsc.plots.ticks import Limits, effect_limits

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Stratum

WIDTH = 300.0
"""Usual width of the axes, in points."""
_LARGEST, _SMALLEST = 6.0, 1.7
"""Radii of circles in points; areas are proportional to precision (1/√v)."""
_SPACE = 1.0
"""Least room between circles, in points."""
_LEAST_BAND = 30.0
"""Height of one pool, in points; more where circles need it."""
_NO_MEASURE = "effect"
"""What :class:`~metamsc.analysis.result.Scale` calls effects whose measure nobody named."""


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
    """What its artists are called by."""
    name: str
    """What a reader sees: "Type 1 diabetes (k = 2)"."""
    k: int
    estimate: float
    ci: tuple[float, float]
    pi: tuple[float, float] | None
    fruits: tuple[Fruit, ...]
    words: str
    top: float
    """Distance of the upper edge of its room from the top, in points."""
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


def orchard_layout(result: AnalysisResult, *, above: float = 0.0, width: float = WIDTH) -> OrchardLayout:
    """Place pools and studies. Pure.

    Parameters
    ----------
    result : AnalysisResult
    above : float
        Room over each pool for a line of words, in points.
    width : float
        Of the axes, in points: decides which circles would touch.

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
        fruits = _fruits(result, pool, x, finest, width)
        reach = max(abs(fruit.rise) + fruit.radius for fruit in fruits)
        half = max(_LEAST_BAND / 2.0, reach + 4.0)
        branches.append(
            _branch(result, pool, fruits, (top, top + above + half), decimals, beside=above == 0.0)
        )
        top += above + 2.0 * half
    mid = result.scale.mid
    sign = -1.0 if result.scale.lower_is_better else 1.0
    directed = mid is not None and result.scale.lower_is_better is not None
    return OrchardLayout(
        branches=tuple(branches),
        x=x,
        ticks=column.ticks_within(x, width, ratio=result.scale.ratio),
        x_label=wording.axis_label(result.scale),
        null=result.scale.null,
        mid=sign * mid if directed and mid is not None else None,
        height=top,
        header=f"{_measure(result)} ({wording.percent(result.pools[0].pooled.level)} CI) [PI]",
        caption=_caption(result),
    )


def _measure(result: AnalysisResult) -> str:
    """Return the code of the measure, or what effects are called where a file does not say their measure."""
    known = result.scale.measure_label != _NO_MEASURE
    return result.scale.measure if known else wording.capitalise(_NO_MEASURE)


def _branch(
    result: AnalysisResult,
    pool: Stratum,
    fruits: tuple[Fruit, ...],
    place: tuple[float, float],
    decimals: int,
    *,
    beside: bool,
) -> Branch:
    pooled = pool.pooled

    def shown(value: float) -> str:
        return format_value(value, ratio=result.scale.ratio, decimals=decimals)

    words = "" if beside else f"{_measure(result)} "
    words += f"{shown(pooled.estimate)} ({shown(pooled.ci.low)} to {shown(pooled.ci.high)})"
    if pooled.pi is not None:
        words += f" [{shown(pooled.pi.low)} to {shown(pooled.pi.high)}]"
    return Branch(
        label=pool.label,
        name=f"{stratum_heading(result, pool)} (k = {pooled.k})",
        k=pooled.k,
        estimate=pooled.estimate,
        ci=(pooled.ci.low, pooled.ci.high),
        pi=None if pooled.pi is None else (pooled.pi.low, pooled.pi.high),
        fruits=fruits,
        words=words,
        top=place[0],
        centre=place[1],
        is_overall=pool is result.overall,
    )


def _fruits(
    result: AnalysisResult, pool: Stratum, x: Limits, finest: float, width: float
) -> tuple[Fruit, ...]:
    """Set circles beside each other: each as near to the bar as it touches none that is there already."""
    per_point = (x.high - x.low) / width
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
    alone = [stratum_heading(result, pool) for pool in result.pools if pool.pooled.k == 1]
    if alone:
        parts.append(f"One study, not pooled: {', '.join(alone)}.")
    return (" ".join(parts), wording.method_line([pool.pooled for pool in result.pools]))
