"""Where a dose–response plot puts studies, names and ticks, and what its caption says. Frozen data. Pure."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.plots import style, wording
from metamsc.plots.labels import Labelling, place_labels
from metamsc.plots.numbers import format_p
from metamsc.plots.sheet import Sheet
from metamsc.plots.ticks import Limits, effect_limits, effect_ticks
from metamsc.vocabulary import DiabetesType

if TYPE_CHECKING:
    from metamsc.analysis.doses import DoseResponse
    from metamsc.analysis.result import Scale

WIDTH, HEIGHT = 330.0, 220.0
"""Usual size of the axes, in points."""
_APART = 9.0
"""Least room between intervals, in points."""
_Z = 1.959963984540054
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LABELS = {
    "kg": "Cells per kg of body weight, all infusions",
    "recipient": "Cells per recipient, all infusions",
}


@dataclass(frozen=True, slots=True)
class DoseLayout:
    """Axes and words; x is the natural logarithm of the dose."""

    places: tuple[tuple[float, float, float, float], ...]
    """x, y and both ends of the interval, a study each, in the order of the points."""
    kinds: tuple[str, ...]
    """Types of diabetes, in the order of the markers."""
    x: Limits
    y: Limits
    x_ticks: tuple[tuple[float, ...], tuple[str, ...]]
    y_ticks: tuple[tuple[float, ...], tuple[str, ...]]
    x_label: str
    y_label: str
    caption: tuple[str, ...]
    labelling: Labelling


def dose_layout(
    doses: DoseResponse, scale: Scale, *, size: tuple[float, float] = (WIDTH, HEIGHT)
) -> DoseLayout:
    """Place every study with a dose; the others are in the caption. Pure.

    Parameters
    ----------
    doses : DoseResponse
        From :func:`metamsc.analysis.doses.dose_response`.
    scale : Scale
        How effects are shown.
    size : tuple of two floats
        Of the axes in points; decides where names have room and how far equal doses stand apart.

    Raises
    ------
    InputError
        If no study has such a dose.
    """
    if not doses.points:
        without = wording.names(doses.without) if doses.without else "there is no study"
        raise InputError(f"no study has a dose of cells per {doses.per}: {without}.")
    logs = [math.log(point.dose) for point in doses.points]
    margin = max(0.08 * (max(logs) - min(logs)), math.log(2.0) / 2.0)
    x = Limits(min(logs) - margin, max(logs) + margin)
    apart = _side_by_side(logs, _APART * (x.high - x.low) / size[0])
    places = tuple(
        (at, p.yi, p.yi - _Z * math.sqrt(p.vi), p.yi + _Z * math.sqrt(p.vi))
        for at, p in zip(apart, doses.points, strict=True)
    )
    wide = [] if doses.bands is None else [(item.ci.low, item.ci.high) for item in doses.bands.line]
    y = effect_limits([y for _, y, *_ in places], [(a, b) for *_, a, b in places], wide, scale.null)
    labelling = _names(doses, places, Sheet((x.low, x.high), (y.low, y.high), *size), scale.null)
    order = [str(kind) for kind in DiabetesType]
    kinds = {point.diabetes_type for point in doses.points}
    return DoseLayout(
        places=places,
        kinds=tuple(sorted(kinds, key=lambda kind: (order.index(kind) if kind in order else -1, kind))),
        x=x,
        y=y,
        x_ticks=dose_ticks(x, size[0]),
        y_ticks=effect_ticks(y, ratio=scale.ratio),
        x_label=f"{_LABELS[doses.per]} (log scale)",
        y_label=wording.axis_label(scale),
        caption=(*_caption(doses, moved=apart != logs), *labelling.caption()),
        labelling=labelling,
    )


def _side_by_side(logs: list[float], step: float) -> list[float]:
    """Return the places with those nearer than `step` set apart by it, about their middle."""
    found = list(logs)
    order = sorted(range(len(logs)), key=lambda n: (logs[n], n))
    group: list[int] = []
    for at, number in enumerate(order):
        group.append(number)
        following = order[at + 1] if at + 1 < len(order) else None
        if following is not None and logs[following] - logs[number] < step:
            continue
        middle = sum(logs[n] for n in group) / len(group)
        if len(group) > 1:
            for place, n in enumerate(group):
                found[n] = middle + (place - (len(group) - 1) / 2.0) * step
        group = []
    return found


def _names(
    doses: DoseResponse, places: tuple[tuple[float, float, float, float], ...], sheet: Sheet, null: float
) -> Labelling:
    """Place the names, the most precise first, over no interval and no line."""
    low, high = sheet.y
    lines = [*sheet.curve(sheet.x, (null, null))]
    for x, _, bottom, top in places:
        lines += sheet.curve((x, x), (max(bottom, low), min(top, high)))
    if doses.bands is not None:
        line = doses.bands.line
        lines += sheet.curve([math.log(float(item.value)) for item in line], [item.estimate for item in line])
    return place_labels(
        [sheet.at(x, y) for x, y, *_ in places],
        [style.drawable(wording.short_name(point.label)) for point in doses.points],
        sheet.frame(),
        radii=[3.5] * len(places),
        lines=lines,
        order=sorted(range(len(places)), key=lambda n: doses.points[n].vi),
    )


def dose_ticks(x: Limits, room: float = WIDTH) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Return ticks at 1, 2 and 5 tens (tens alone over long axes), as logarithms with their labels.

    Parameters
    ----------
    x : Limits
        Natural logarithms.
    room : float
        Width of the axis in points: labels stand apart on it.
    """
    exponents = range(math.floor(x.low / math.log(10.0)) - 1, math.ceil(x.high / math.log(10.0)) + 2)
    for steps in ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
        inside = [
            (s, e) for e in exponents for s in steps if x.low <= math.log(s) + e * math.log(10.0) <= x.high
        ]
        if len(inside) <= 6 and _stand_apart(inside, x, room):
            break
    return (
        tuple(math.log(step) + exponent * math.log(10.0) for step, exponent in inside),
        tuple(_dose_label(step, exponent) for step, exponent in inside),
    )


def _stand_apart(inside: list[tuple[float, int]], x: Limits, room: float) -> bool:
    """Say whether ticks of (step, exponent) have labels that do not touch."""
    places = [room * (math.log(s) + e * math.log(10.0) - x.low) / (x.high - x.low) for s, e in inside]
    halves = [style.text_width(_dose_label(s, e)) / 2.0 for s, e in inside]
    pairs = zip(itertools.pairwise(places), itertools.pairwise(halves), strict=True)
    return all(b - a > left + right + 3.0 for (a, b), (left, right) in pairs)


def _dose_label(step: float, exponent: int) -> str:
    return f"{step:g}×10{str(exponent).translate(_RAISED)}"


def _caption(doses: DoseResponse, *, moved: bool) -> tuple[str, ...]:
    parts = ["Bars: 95% intervals of the studies."]
    if moved:
        parts[0] += " Studies of (nearly) one dose stand side by side."
    if any(point.from_weight for point in doses.points):
        parts[0] += " Hollow: dose turned by a body weight of the same record."
    if doses.bands is not None:
        bands = doses.bands
        p = "" if bands.p is None else f", {format_p(bands.p)}"
        parts.append(
            f"Line: meta-regression on the logarithm of the dose, all types together (k = {bands.k}{p}), "
            "with confidence (inner) and prediction (outer) bands; differences between studies, not in one."
        )
    else:
        parts.append(f"{wording.capitalise(doses.note)}.")
    if doses.without:
        n = len(doses.points) + len(doses.without)
        parts.append(f"Without such a dose, {len(doses.without)} of {n}: {'; '.join(doses.without)}.")
    return tuple(parts)
