"""What plots of one point per study show and where: Baujat, radial (Galbraith), L'Abbé. Frozen data."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.plots import style, wording
from metamsc.plots.labels import Labelling, place_labels
from metamsc.plots.numbers import decimals_for, format_significant, format_value
from metamsc.plots.sheet import Line, Sheet
from metamsc.plots.ticks import Limits, effect_ticks, linear_ticks

if TYPE_CHECKING:
    from metamsc.analysis.result import Scale
    from metamsc.dataset.rows import EffectRow
    from metamsc.models.results import PooledResult
    from metamsc.sensitivity.coordinates import BaujatPoint, RadialPoint

Ticks = tuple[tuple[float, ...], tuple[str, ...]]

_RADIUS, _LARGEST, _SMALLEST = 2.5, 7.0, 1.8
"""Radii of points in 1/72 inch: without a size; of the largest and the least where areas say a size."""
_MARGIN = 0.08
_TAIL = re.compile(r"(\.0+|(?<=\.\d)0+|(?<=\.\d\d)0+)(?=e|$)")
"""Zeros behind the point that a tick need not show."""
_Z95 = 1.959963984540054
_BESIDE = 12.0
"""Room right of the axes and above that names may use, in points."""


@dataclass(frozen=True, slots=True)
class StudyPoint:
    """One study: values on both axes, radius in points."""

    label: str
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class PointsLayout:
    """Everything a plot of points shows; curves are pairs of x and y values."""

    points: tuple[StudyPoint, ...]
    x: Limits
    y: Limits
    x_ticks: Ticks
    y_ticks: Ticks
    x_label: str
    y_label: str
    labelling: Labelling
    caption: tuple[str, ...]
    pooled: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    null: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    band: float | None = None
    """Half-width of the band around the pooled line."""
    right_ticks: Ticks = ((), ())
    """Effects along the right edge: where a line from the origin through it ends."""
    right_label: str = ""


def baujat_layout(points: Sequence[BaujatPoint], *, size: tuple[float, float]) -> PointsLayout:
    """Place a Baujat plot on axes of that `size` in points. Pure.

    Raises
    ------
    InputError
        If no study has both coordinates.
    """
    shown = [(p.contribution, p.influence, p.label) for p in points if p.influence is not None]
    if not shown:
        raise InputError("no study can be left out of these: a Baujat plot needs refits.")
    high_x, high_y = max(x for x, _, _ in shown) or 1.0, max(y for _, y, _ in shown) or 1.0
    x = Limits(-_MARGIN * high_x, (1 + 2 * _MARGIN) * high_x)
    y = Limits(-_MARGIN * high_y, (1 + _MARGIN) * high_y)
    marks = tuple(StudyPoint(label, a, b, _RADIUS) for a, b, label in shown)
    # the farther from the corner where nothing happens, the earlier a study is named
    far = sorted(range(len(marks)), key=lambda n: -marks[n].x / high_x - marks[n].y / high_y)
    labelling = _names(marks, x, y, size, (), far)
    said = (
        "Across: what each study adds to the heterogeneity statistic. Up: squared change of the pooled "
        "effect without it, over its variance. Studies at the upper right decide both."
    )
    lacking = [p.label for p in points if p.influence is None]
    left_out = (f"Cannot be left out: {wording.names(lacking)}.",) if lacking else ()
    return PointsLayout(
        points=marks,
        x=x,
        y=y,
        x_ticks=_ticks(x),
        y_ticks=_ticks(y),
        x_label="Contribution to heterogeneity",
        y_label="Influence on the pooled effect",
        labelling=labelling,
        caption=(said, *left_out, *labelling.caption()),
    )


def radial_layout(
    points: Sequence[RadialPoint], pooled: PooledResult, scale: Scale | None, *, size: tuple[float, float]
) -> PointsLayout:
    """Place a radial plot on axes of that `size` in points; with a `scale`, effects along the right. Pure.

    Raises
    ------
    InputError
        If there is no study.
    """
    if not points:
        raise InputError("there is no study to draw.")
    reach = 1.14 * max(point.precision for point in points)
    end = pooled.estimate * reach
    values = [0.0, *(p.z for p in points), end + _Z95, end - _Z95, -_Z95, _Z95]
    span = max(values) - min(values)
    x = Limits(0.0, reach)
    y = Limits(min(values) - 0.05 * span, max(values) + 0.05 * span)
    marks = tuple(StudyPoint(p.label, p.precision, p.z, _RADIUS) for p in points)
    sheet = Sheet((x.low, x.high), (y.low, y.high), *size)
    line = (0.0, reach), (0.0, end)
    null = (x.low, x.high), (0.0, 0.0)
    lines = (*sheet.curve(*line), *sheet.curve(*null))
    far = sorted(range(len(marks)), key=lambda n: -abs(marks[n].y - pooled.estimate * marks[n].x))
    beside = _BESIDE if scale is None else -2.0
    labelling = _names(marks, x, y, size, lines, far, right=beside)
    right: Ticks = ((), ())
    if scale is not None:
        ends = Limits(y.low / x.high, y.high / x.high)
        at, words = effect_ticks(ends, ratio=scale.ratio)
        right = tuple(effect * x.high for effect in at), words
    scaled = "" if scale is None else " to its value on the right"
    said = (
        f"A line from 0 through a point leads{scaled}: the effect of that study. Line: pooled effect, "
        f"{_shown(pooled, scale)}; band: ±\u00a01.96, where 95% of studies are expected."
    )
    return PointsLayout(
        points=marks,
        x=x,
        y=y,
        x_ticks=_ticks(x),
        y_ticks=_ticks(y),
        x_label="Precision, 1 / √(v + τ²)",
        y_label="Effect / √(v + τ²)",
        labelling=labelling,
        caption=(said, *labelling.caption()),
        pooled=line,
        null=null,
        band=_Z95,
        right_ticks=right,
        right_label="" if scale is None else wording.capitalise(scale.measure_label),
    )


def labbe_layout(
    rows: Sequence[EffectRow], pooled: PooledResult, *, size: tuple[float, float]
) -> PointsLayout:
    """Place a L'Abbé plot on axes of that `size` in points. Pure.

    Both axes end at the same risk, a quarter above the largest one, so that rare events do not all lie in
    one corner.

    Raises
    ------
    InputError
        If a row has no counts, or the measure is none of these.
    """
    curve = _CURVES.get(pooled.measure)
    if curve is None:
        raise InputError(f"a L'Abbé plot is of {', '.join(_CURVES)}; got {pooled.measure}.")
    marks = _risks(rows)
    reach = min(1.0, 1.25 * max([0.04, *(risk for mark in marks for risk in (mark.x, mark.y))]))
    axis = Limits(-0.03 * reach, 1.03 * reach)
    steps = [reach * step / 200.0 for step in range(1, 200)]
    drawn = [(a, b) for a, b in ((a, curve(a, pooled.estimate)) for a in steps) if 0.0 <= b <= reach]
    pooled_curve = (tuple(a for a, _ in drawn), tuple(b for _, b in drawn)) if drawn else None
    null = (0.0, reach), (0.0, reach)
    sheet = Sheet((axis.low, axis.high), (axis.low, axis.high), *size)
    lines = (*sheet.curve(*null), *(sheet.curve(*pooled_curve) if pooled_curve else ()))
    largest = sorted(range(len(marks)), key=lambda n: -marks[n].radius)
    labelling = _names(marks, axis, axis, size, lines, largest)
    said = (
        "Circles: studies, areas by participants. Dashed: no difference; line: pooled effect, "
        f"{pooled.measure} {format_value(pooled.estimate, ratio=pooled.measure != 'RD', decimals=3)}."
    )
    return PointsLayout(
        points=marks,
        x=axis,
        y=axis,
        x_ticks=_ticks(axis),
        y_ticks=_ticks(axis),
        x_label="Risk with control",
        y_label="Risk with treatment",
        labelling=labelling,
        caption=(said, *labelling.caption()),
        pooled=pooled_curve,
        null=null,
    )


def _risks(rows: Sequence[EffectRow]) -> tuple[StudyPoint, ...]:
    """Return a point per row: both risks, area by participants."""
    if not rows:
        raise InputError("there is no study to draw.")
    people = [(row.treatment.n or 0.0) + (row.control.n or 0.0) for row in rows]
    marks = []
    for row, n in zip(rows, people, strict=True):
        if any(arm.events is None or not arm.n for arm in (row.control, row.treatment)):
            raise InputError(f"{row.label} has no counts: a L'Abbé plot needs events and n of both arms.")
        control, treated = ((arm.events or 0.0) / (arm.n or 1.0) for arm in (row.control, row.treatment))
        radius = max(_LARGEST * math.sqrt(n / max(people)), _SMALLEST)
        marks.append(StudyPoint(row.label, control, treated, radius))
    return tuple(marks)


def _shown(pooled: PooledResult, scale: Scale | None) -> str:
    ratio = scale is not None and scale.ratio
    text = format_value(pooled.estimate, ratio=ratio, decimals=decimals_for([pooled.se]))
    return text if scale is None or not scale.unit else f"{text} {scale.unit}".replace(" %", "%")


def _names(
    marks: Sequence[StudyPoint],
    x: Limits,
    y: Limits,
    size: tuple[float, float],
    lines: Sequence[Line],
    order: Sequence[int],
    *,
    right: float = _BESIDE,
) -> Labelling:
    sheet = Sheet((x.low, x.high), (y.low, y.high), *size)
    return place_labels(
        [sheet.at(mark.x, mark.y) for mark in marks],
        [style.drawable(wording.short_name(mark.label)) for mark in marks],
        sheet.frame(right=right, top=_BESIDE / 2),
        radii=[mark.radius for mark in marks],
        lines=lines,
        order=order,
    )


def _ticks(axis: Limits) -> Ticks:
    """Return at most six round ticks, written no longer than they need."""
    values, _ = linear_ticks(axis, 6)
    return values, tuple(_TAIL.sub("", format_significant(value, 3)) for value in values)


def _odds(x: float, effect: float) -> float:
    odds = x / (1.0 - x) * math.exp(effect)
    return odds / (1.0 + odds)


def _risk(x: float, effect: float) -> float:
    return x * math.exp(effect)


def _difference(x: float, effect: float) -> float:
    return x + effect


_CURVES: dict[str, Callable[[float, float], float]] = {"OR": _odds, "RR": _risk, "RD": _difference}
