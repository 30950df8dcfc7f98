"""What a bubble plot shows and where: studies, bands, axes and words. Frozen data, no drawing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.names import is_known, moderator_name, word
from metamsc.plots import style, wording
from metamsc.plots.labels import Labelling, place_labels
from metamsc.plots.numbers import format_p, format_significant
from metamsc.plots.sheet import Line, Sheet
from metamsc.plots.ticks import Limits, effect_ticks, linear_ticks, ratio_ticks

if TYPE_CHECKING:
    from metamsc.analysis.bands import RegressionBands
    from metamsc.analysis.result import Scale

_LARGEST = 8.0
"""Radius of the heaviest study, in points; areas are proportional to weights. Smaller from 40 studies on."""
_MANY = 40
_SMALLEST = 1.6
_REACH = 1.0
"""How far bands may reach past all studies and means, in spans of these."""
HALF_LEVEL = 0.36
"""Half of the width of a level's bands, in levels."""
_SPREAD = 0.13
"""How far studies of one level stand apart, in levels."""


@dataclass(frozen=True, slots=True)
class BubblePoint:
    """One study: place on the axes, radius in points."""

    row_id: str
    label: str
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class BandLine:
    """Mean and bands at one place of the moderator."""

    x: float
    name: str
    """The level; "" for a continuous moderator."""
    estimate: float
    ci: tuple[float, float]
    pi: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class BubbleLayout:
    """Everything a bubble plot shows."""

    points: tuple[BubblePoint, ...]
    line: tuple[BandLine, ...]
    categorical: bool
    x: Limits
    y: Limits
    x_ticks: tuple[tuple[float, ...], tuple[str, ...]]
    y_ticks: tuple[tuple[float, ...], tuple[str, ...]]
    x_label: str
    y_label: str
    null: float
    caption: tuple[str, ...]
    logarithmic: bool
    labelling: Labelling


def bubble_layout(
    bands: RegressionBands,
    scale: Scale,
    *,
    x_label: str = "",
    logarithmic: bool = False,
    names: bool = True,
    size: tuple[float, float] = (330.0, 220.0),
) -> BubbleLayout:
    """Place studies and bands. Pure.

    Parameters
    ----------
    bands : RegressionBands
        From :func:`metamsc.analysis.bands.bands_of`.
    scale : Scale
        How effects are shown.
    x_label : str
        Default: the name of the moderator.
    logarithmic : bool
        Place a continuous moderator by its logarithm.
    names : bool
        Name the studies, by a number and the caption where there is no room.
    size : tuple of two floats
        Of the axes in points.

    Raises
    ------
    InputError
        If the moderator has a single value, or a logarithm is asked for of values that have none.
    """
    if len({bubble.value for bubble in bands.bubbles}) < 2:
        value = bands.bubbles[0].value
        raise InputError(f"{bands.moderator} has a single value, {value}: there is no line along it.")
    levels = [str(point.value) for point in bands.line] if bands.categorical else []
    places = _places(bands, levels, logarithmic=logarithmic)
    heaviest = max(bubble.weight_percent for bubble in bands.bubbles)
    largest = _LARGEST * min(1.0, math.sqrt(_MANY / len(bands.bubbles)))
    points = tuple(
        BubblePoint(
            bubble.row_id, bubble.label, x, bubble.yi,
            max(largest * math.sqrt(bubble.weight_percent / heaviest), _SMALLEST),
        )
        for bubble, x in zip(bands.bubbles, places, strict=True)
    )  # fmt: skip
    line = tuple(
        BandLine(
            float(number) if bands.categorical else _position(point.value, logarithmic=logarithmic),
            str(point.value) if bands.categorical else "",
            point.estimate,
            (point.ci.low, point.ci.high),
            None if point.pi is None else (point.pi.low, point.pi.high),
        )
        for number, point in enumerate(bands.line)
    )
    x = Limits(-0.6, len(levels) - 0.4) if bands.categorical else _x_limits(line)
    y = _y_limits(points, line, scale.null)
    labelling = Labelling(())
    if names:
        labelling = _names(points, line, bands, Sheet((x.low, x.high), (y.low, y.high), *size), scale.null)
    return BubbleLayout(
        points=points,
        line=line,
        categorical=bands.categorical,
        x=x,
        y=y,
        x_ticks=_x_ticks(x, levels, logarithmic=logarithmic),
        y_ticks=effect_ticks(y, ratio=scale.ratio),
        x_label=x_label or wording.capitalise(moderator_name(bands.moderator)),
        y_label=wording.axis_label(scale),
        null=scale.null,
        caption=(*_caption(bands), *labelling.caption()),
        logarithmic=logarithmic,
        labelling=labelling,
    )


def _position(value: float | str, *, logarithmic: bool) -> float:
    number = float(value)
    if logarithmic and number <= 0.0:
        raise InputError(f"a logarithmic axis needs values above 0; got {number:g}.")
    return math.log(number) if logarithmic else number


def _places(bands: RegressionBands, levels: list[str], *, logarithmic: bool) -> list[float]:
    """Return where each study stands; those of one level side by side, in the order of the rows."""
    if not bands.categorical:
        return [_position(bubble.value, logarithmic=logarithmic) for bubble in bands.bubbles]
    of_level = {level: [b for b in bands.bubbles if b.value == level] for level in levels}
    found = []
    for bubble in bands.bubbles:
        inside = of_level[str(bubble.value)]
        middle = (len(inside) - 1) / 2.0
        step = min(_SPREAD, 0.5 / max(len(inside) - 1, 1))
        found.append(levels.index(str(bubble.value)) + step * (inside.index(bubble) - middle))
    return found


def _names(
    points: tuple[BubblePoint, ...],
    line: tuple[BandLine, ...],
    bands: RegressionBands,
    sheet: Sheet,
    null: float,
) -> Labelling:
    """Place the names of the studies, the heaviest first, over no line of the graphic."""
    lines: list[Line] = [*sheet.curve(sheet.x, (null, null))]
    if bands.categorical:
        for item in line:
            ends = (item.x - HALF_LEVEL, item.x + HALF_LEVEL)
            lines += sheet.curve(ends, (item.estimate, item.estimate))
            for edge in item.pi or ():
                lines += sheet.curve(ends, (edge, edge))
    else:
        x = [item.x for item in line]
        lines += sheet.curve(x, [item.estimate for item in line])
        outer = [item.pi for item in line if item.pi is not None]
        if len(outer) == len(line):
            lines += [
                *sheet.curve(x, [low for low, _ in outer]),
                *sheet.curve(x, [high for _, high in outer]),
            ]
    return place_labels(
        [sheet.at(point.x, point.y) for point in points],
        [style.drawable(wording.short_name(point.label)) for point in points],
        sheet.frame(),
        radii=[point.radius for point in points],
        lines=lines,
        order=sorted(range(len(points)), key=lambda n: -points[n].radius),
    )


def _x_limits(line: tuple[BandLine, ...]) -> Limits:
    low, high = line[0].x, line[-1].x
    margin = 0.06 * (high - low) or max(abs(low) * 0.1, 0.5)
    return Limits(low - margin, high + margin)


def _y_limits(points: tuple[BubblePoint, ...], line: tuple[BandLine, ...], null: float) -> Limits:
    """Return an axis with every study and mean on it; bands may leave it, but only far away from them."""
    core = [null, *(point.y for point in points), *(item.estimate for item in line)]
    span = max(core) - min(core) or 1.0
    ends = [end for item in line for end in (*item.ci, *(item.pi or ()))]
    low = max(min([*core, *ends]), min(core) - _REACH * span)
    high = min(max([*core, *ends]), max(core) + _REACH * span)
    return Limits(low - 0.05 * (high - low), high + 0.05 * (high - low))


def _x_ticks(x: Limits, levels: list[str], *, logarithmic: bool) -> tuple[tuple[float, ...], tuple[str, ...]]:
    if levels:
        return tuple(float(number) for number in range(len(levels))), tuple(
            wording.wrap(_level_words(level), 16, 2) for level in levels
        )
    return ratio_ticks(x) if logarithmic else linear_ticks(x)


def _level_words(level: str) -> str:
    """Return a level as it is headed: words of the vocabularies in words, those of a CSV as written."""
    return wording.capitalise(word(level)) if is_known(level) else level


def _caption(bands: RegressionBands) -> tuple[str, ...]:
    level = wording.percent(bands.line[0].ci.level)
    drawn = f"{'Bars' if bands.categorical else 'Bands'}: {level} interval of the mean effect (inner)"
    if any(point.pi is not None for point in bands.line):
        drawn += " and of the true effect of a new study (outer, prediction interval)"
    parts = [f"{drawn}. Areas of the circles: weights."]
    told = [f"k = {bands.k}", f"τ² = {format_significant(bands.tau2)}"]
    told += [] if bands.R2 is None else [f"R² = {bands.R2:.0f}%"]
    told += [] if bands.p is None else [f"test of the moderators: {format_p(bands.p)}"]
    parts.append(wording.glue(", ".join(told)) + ".")
    if bands.held:
        parts.append(f"Held at their means over the studies: {', '.join(bands.held)}.")
    if bands.left_out:
        parts.append(f"Without a value, not in the model: {wording.names(bands.left_out)}.")
    return tuple(parts)
