"""Layout of a funnel plot: points, region, contours and words as frozen data. Pure.

Against the standard error, the region is where the given share of studies would lie around the pooled
effect with neither heterogeneity nor bias, and contours show p values of single studies against the null
(Peters et al. 2008, J Clin Epidemiol 61:991-996). The standard error of a standardised difference depends
on the difference itself, so against it a funnel is lopsided without any bias; those are drawn against
1/sqrt(n) (Pustejovsky & Rodgers 2019, Res Synth Methods 10:57-71), where neither region nor contours exist.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.plots import wording
from metamsc.plots.numbers import format_p
from metamsc.plots.pools import find_pool
from metamsc.plots.strata_words import stratum_heading
from metamsc.plots.ticks import Limits, effect_ticks, linear_ticks

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, SmallStudy, Stratum
    from metamsc.dataset.rows import EffectRow
    from metamsc.sensitivity.trim_fill import TrimFill

CONTOURS = (0.10, 0.05, 0.01)
FEWEST = 10
"""Fewer studies say nothing about asymmetry (Sterne et al. 2011, BMJ 343:d4002)."""
_MARGIN = 0.06
REST = "In no group"
FILLED = "Filled"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelPoint:
    """One row: `x` on the analysis scale, `y` on the precision axis."""

    row_id: str
    label: str
    group: str
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelLayout:
    """Everything a funnel plot shows.

    `region` and `contours` are lines from the top (precision without error) to the bottom of the axis:
    half-widths per unit of standard error around `estimate` and around `null`.
    """

    title: str
    points: tuple[FunnelPoint, ...]
    groups: tuple[str, ...]
    null: float
    estimate: float | None
    estimate_label: str
    region: float | None
    region_label: str
    contours: tuple[tuple[float, float], ...]
    """p value and half-width in standard errors, from the inside out."""
    filled: tuple[FunnelPoint, ...] = ()
    """Mirror images that trim and fill puts in."""
    adjusted: float | None = None
    """Pooled effect with them; None where none was put in."""
    x: Limits
    y: Limits
    x_ticks: tuple[tuple[float, ...], tuple[str, ...]]
    y_ticks: tuple[tuple[float, ...], tuple[str, ...]]
    x_label: str
    y_label: str
    caption: tuple[str, ...]


def funnel_layout(
    result: AnalysisResult, *, stratum: str | None = None, title: bool = True, fill: TrimFill | None = None
) -> FunnelLayout:
    """Lay out the funnel plot of an analysis, or of one of its strata.

    Parameters
    ----------
    result : AnalysisResult
    stratum : str, optional
        Label or path of a pool ("T1D", "T1D/bone-marrow", "overall"). Default: all rows, around the overall
        effect, or around none where strata are not pooled together.
    title : bool
        Put the title of the analysis above the figure.
    fill : TrimFill, optional
        Of the same rows (:func:`metamsc.sensitivity.trim_fill.trim_and_fill`).

    Returns
    -------
    FunnelLayout

    Raises
    ------
    OptionError
        If there is no such stratum.
    InputError
        If no row can be drawn.
    """
    chosen = _chosen_pool(result, stratum)
    rows = result.rows_of(chosen) if chosen is not None else result.table.rows
    by_sqrt = result.scale.precision != "se"
    points, without_n = _points(result, rows, by_sqrt=by_sqrt)
    if not points:
        raise InputError(f"analysis {result.name!r} has no row that a funnel plot can show.")
    filled = _filled(rows, fill, by_sqrt=by_sqrt) if fill is not None else ()
    level = chosen.pooled.ci.level if chosen is not None else 0.95
    centre = chosen.pooled.estimate if chosen is not None and chosen.pooled.k > 1 else None
    z = NormalDist().inv_cdf(0.5 + level / 2.0)
    widths = () if by_sqrt else tuple((p, NormalDist().inv_cdf(1.0 - p / 2.0)) for p in CONTOURS)
    y = _y_limits(points, from_zero=not by_sqrt)
    x = _x_limits((*points, *filled), result.scale.null, centre, None if by_sqrt else z * y.high)
    named = (
        f": {stratum_heading(result, chosen)}"
        if chosen is not None and stratum is not None and chosen is not result.overall
        else ""
    )
    return FunnelLayout(
        title=f"{result.title}{named}" if title else "",
        points=points,
        groups=_groups(result, points),
        null=result.scale.null,
        estimate=centre,
        estimate_label="Pooled effect",
        region=None if by_sqrt or centre is None else z,
        region_label=f"Pooled effect ± {z:.2f} SE",
        contours=widths,
        x=x,
        y=y,
        x_ticks=effect_ticks(x, ratio=result.scale.ratio),
        y_ticks=linear_ticks(y, 6),
        x_label=wording.axis_label(result.scale),
        y_label="1/√n (participants)" if by_sqrt else "Standard error",
        caption=(*_caption(result, chosen, points, without_n), *_fill_sentence(fill)),
        filled=filled,
        adjusted=fill.adjusted.estimate if fill is not None and fill.k0 else None,
    )


def _chosen_pool(result: AnalysisResult, stratum: str | None) -> Stratum | None:
    """Return the pool whose effect is the middle of the funnel; None where there is none."""
    if stratum is not None:
        return find_pool(result, stratum)
    if result.overall is not None:
        return result.overall
    first = [found for found in result.strata if len(found.key) == 1]
    return first[0] if len(first) == 1 else None


def _points(
    result: AnalysisResult, rows: Sequence[EffectRow], *, by_sqrt: bool
) -> tuple[tuple[FunnelPoint, ...], int]:
    """Return the points and the number of rows whose precision is not known."""
    group_of = {
        row_id: stratum_heading(result, found)
        for found in result.strata
        if len(found.key) == 1
        for row_id in found.row_ids
    }
    points, without_n = [], 0
    for row in rows:
        y = _one_over_sqrt_n(row) if by_sqrt else row.sei
        if y is None:
            without_n += 1
            continue
        group = group_of.get(row.row_id, REST if group_of else "Study")
        points.append(FunnelPoint(row_id=row.row_id, label=row.label, group=group, x=row.yi, y=y))
    return tuple(points), without_n


def _filled(rows: Sequence[EffectRow], fill: TrimFill, *, by_sqrt: bool) -> tuple[FunnelPoint, ...]:
    """Return the mirror images, each as precise as the row it mirrors."""
    by_variance = {row.vi: row for row in rows}
    points = []
    for number, (yi, vi) in enumerate(zip(fill.filled_yi, fill.filled_vi, strict=True)):
        row = by_variance.get(vi)
        y = math.sqrt(vi) if not by_sqrt else None if row is None else _one_over_sqrt_n(row)
        if y is not None:
            points.append(FunnelPoint(row_id=f"filled:{number}", label="", group=FILLED, x=yi, y=y))
    return tuple(points)


def _fill_sentence(fill: TrimFill | None) -> tuple[str, ...]:
    """Say what the open symbols are."""
    if fill is None:
        return ()
    if fill.k0 == 0:
        return (wording.glue(f"Trim and fill ({fill.estimator}) puts in no study."),)
    noun = "study" if fill.k0 == 1 else "studies"
    return (
        wording.glue(
            f"Open symbols: {fill.k0} {noun} put in by trim and fill ({fill.estimator}), which takes all "
            "asymmetry for missing studies."
        ),
    )


def _groups(result: AnalysisResult, points: Sequence[FunnelPoint]) -> tuple[str, ...]:
    """Return the groups that have a point, in the order of the strata."""
    present = dict.fromkeys(point.group for point in points)
    headings = [stratum_heading(result, found) for found in result.strata]
    ordered = [heading for heading in headings if heading in present]
    return tuple(dict.fromkeys([*ordered, *present]))


def _one_over_sqrt_n(row: EffectRow) -> float | None:
    treatment, control = row.treatment.n, row.control.n
    if treatment is None or control is None or treatment + control <= 0.0:
        return None
    return float((treatment + control) ** -0.5)


def _y_limits(points: Sequence[FunnelPoint], *, from_zero: bool) -> Limits:
    """Return the precision axis: from no error at all where the funnel has its tip there."""
    worst, best = max(point.y for point in points), min(point.y for point in points)
    span = (worst - best) or worst
    return (
        Limits(0.0, worst * (1.0 + _MARGIN)) if from_zero else Limits(best - 0.15 * span, worst + 0.15 * span)
    )


def _x_limits(
    points: Sequence[FunnelPoint], null: float, centre: float | None, half_width: float | None
) -> Limits:
    """Return limits that hold all points and the funnel; wide enough where all lie on one another."""
    found = [null, *(point.x for point in points)]
    if half_width is not None:
        middle = null if centre is None else centre
        found += [middle - half_width, middle + half_width]
    span = (max(found) - min(found)) or 1.0
    return Limits(min(found) - _MARGIN * span, max(found) + _MARGIN * span)


def _caption(
    result: AnalysisResult, chosen: Stratum | None, points: Sequence[FunnelPoint], without_n: int
) -> tuple[str, ...]:
    """Say what can and what cannot be read off this funnel."""
    k = len(points)
    lines = [f"k = {k}: too few studies to judge asymmetry." if k < FEWEST else ""]
    if chosen is None:
        lines.append("Strata are not pooled together: no common centre, so no region is drawn.")
    elif chosen.pooled.k == 1:
        lines.append("One study: nothing is pooled, so no region is drawn.")
    if result.scale.precision != "se":
        lines.append(
            "The standard error of this measure depends on the effect itself; precision is therefore "
            "1/√n, for which there is neither a region nor contours of significance."
        )
    if without_n:
        lines.append(f"{without_n} without a known number of participants not shown.")
    label = chosen.label if chosen is not None else None
    if k >= FEWEST:
        lines.extend(_test_sentence(test) for test in result.small_study if test.label == label)
    lines.append("Asymmetry has other causes than missing studies: heterogeneity, quality, chance.")
    return tuple(wording.glue(line) for line in lines if line)


def _test_sentence(test: SmallStudy) -> str:
    """Return the result of the test for small-study effects, or why it was not done."""
    if test.p is None or test.refused:
        return f"{test.method} test not done ({test.refused})." if test.refused else ""
    return f"{test.method} test for small-study effects: {format_p(test.p)} (k = {test.k})."
